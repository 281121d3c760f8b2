/* A small model while it is trained: its loss step by step, how fast it learns,
 * what it says by now, and how the loss of the next batch comes about. */
#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/learn/learn.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDE_U  820.0f /* the narrowest with texts beside the curves */
#define TITLE_U 32.0f
#define AXIS_U  24.0f
#define LINE_U  22.0f
#define LOW     .25f /* of the loss's axis */
#define HIGH    8.0f
#define APART   .06f /* of the width is step 0 away from step 1 */

/* ---- in words ------------------------------------------------------------ */

static Rect rest_below(Rect r, int h) {
    return (Rect){r.x, r.y + h, r.w, num_max(r.h - h, 0)};
}

static TextStyle small(Face face, Color color) {
    return text_style(face, TYPE_SMALL, color);
}

/* Of as many lines as it takes; their height. */
static int draw_line_of(const Stage *s, Rect r, TextStyle style,
                        const char *text) {
    const int baseline = r.y + stage_u(s, style.size * 1.1f);
    if (canvas_text_width(s->canvas, style, text) > r.w)
        return paragraph_plain(s->canvas, r.x, r.y, r.w, style, 1.55f, text,
                               true);
    canvas_text(s->canvas, style, r.x, baseline, text);
    glossary_note(s->hits, s->canvas, style, r.x, baseline, text);
    return stage_u(s, style.size * 1.55f);
}

static void sentence(const LiveTraining *t, char *out, size_t size) {
    char step[16], read[16];
    learn_count_text(t->step, step);
    learn_count_text(t->step * LIVE_ROWS * LIVE_CONTEXT, read);
    if (t->step == 0)
        snprintf(out, size, "Before training it knows nothing: loss %s.",
                 number_fixed((double)t->loss, 2).s);
    else
        snprintf(out, size, "After %s step%s, %s tokens read, its loss is %s.",
                 step, t->step == 1 ? "" : "s", read,
                 number_fixed((double)t->loss, 2).s);
}

/* What is trained, and how far behind it is. */
static void details(const LiveTraining *t, char *out, size_t size) {
    char weights[32], now[16], wanted[16];
    stage_count_text((uint64_t)t->n_weights, weights);
    learn_count_text(t->step, now);
    learn_count_text(t->wanted, wanted);
    if (t->step != t->wanted)
        snprintf(out, size, "At step %s, on its way to step %s of seed %llu.",
                 now, wanted, (unsigned long long)t->seed);
    else
        snprintf(
            out, size,
            "%s weights in %d layers of %d learn %s; seed %llu; %d rows of "
            "%d tokens a step",
            weights, t->n_layers, t->dim,
            t->is_own ? "your text by heart" : "stories",
            (unsigned long long)t->seed, LIVE_ROWS, LIVE_CONTEXT);
}

static Rect draw_words(const Stage *s, Rect r) {
    char text[160];
    sentence(s->live, text, sizeof text);
    TextStyle style = text_style(FACE_SANS, TYPE_TITLE, s->theme->text);
    if (canvas_text_width(s->canvas, style, text) > r.w) style.size = TYPE_BODY;
    r = rest_below(r, draw_line_of(s, r, style, text));
    details(s->live, text, sizeof text);
    return rest_below(
        r, draw_line_of(s, r, small(FACE_SANS, s->theme->soft), text) +
               stage_u(s, 8));
}

/* ---- what can be done ---------------------------------------------------- */

static int draw_button(const Stage *s, Rect r, int x, const char *text,
                       Command command, int arg) {
    const TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->text);
    const int pad = stage_u(s, 9);
    const Rect b = {x, r.y, canvas_text_width(s->canvas, style, text) + 2 * pad,
                    stage_u(s, LINE_U)};
    if (b.x + b.w > r.x + r.w || b.y + b.h > r.y + r.h) return x;
    canvas_round(s->canvas, b, (float)stage_u(s, 5), s->theme->well);
    canvas_text(s->canvas, style, b.x + pad, b.y + stage_u(s, 15), text);
    hits_command(s->hits, b, command, arg);
    return b.x + b.w + stage_u(s, 8);
}

static Rect draw_buttons(const Stage *s, Rect r) {
    if (s->is_figure) return r;
    int x = draw_button(s, r, r.x, "P  train / pause", CMD_PLAY, 0);
    x = draw_button(s, r, x, "→  one step", CMD_TOKEN_NEXT, 0);
    x = draw_button(s, r, x, "R  from step 0", CMD_RESET, 0);
    x = draw_button(s, r, x, "A  another seed", CMD_FACTOR_UP, 0);
    draw_button(s, r, x,
                s->live->is_own ? "Shift+R  on stories"
                                : "Shift+R  on your text",
                CMD_OVER, 0);
    return rest_below(r, stage_u(s, LINE_U + 14));
}

/* ---- the curves ---------------------------------------------------------- */

/* Step 0 stands apart: a log axis has no place for it. */
static float x_of(Rect plot, int step) {
    const float at = step == 0 ? 0
                               : APART + (1 - APART) * logf((float)step) /
                                             logf((float)LIVE_STEPS_MAX);
    return (float)plot.x + at * (float)plot.w;
}

static float y_of(Rect plot, float part) {
    return (float)(plot.y + plot.h) -
           num_clamp_float(part, 0, 1) * (float)plot.h;
}

static float y_of_loss(Rect plot, float loss) {
    return y_of(plot, logf(fmaxf(loss, LOW) / LOW) / logf(HIGH / LOW));
}

static float y_of_rate(const LiveTraining *t, Rect plot, int step) {
    float most = 0;
    for (int i = 0; i <= LIVE_STEPS_MAX; i++)
        most = fmaxf(most, t->rates[i]);
    return y_of(plot, t->rates[step] / most);
}

static void draw_tick(const Stage *s, Rect plot, float y, const char *text) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_fill(s->canvas, (Rect){plot.x, (int)y, plot.w, 1}, s->theme->rule);
    canvas_text(s->canvas, style, plot.x - stage_u(s, 8),
                (int)y + stage_u(s, 4), text);
}

/* The loss of step i, and of the batch that comes next. */
static float loss_of(const LiveTraining *t, int i) {
    return i < t->step ? t->losses[i] : t->loss;
}

/* Where many steps share a column it is their mean. */
static void draw_losses(const Stage *s, Rect plot) {
    const LiveTraining *t = s->live;
    float last[2] = {0, 0};
    bool had = false;
    for (int i = 0; i <= t->step;) {
        const int column = (int)x_of(plot, i);
        float sum = 0;
        int n = 0;
        for (; i <= t->step && (int)x_of(plot, i) == column; i++, n++)
            sum += loss_of(t, i);
        const float at[2] = {(float)column, y_of_loss(plot, sum / (float)n)};
        if (had)
            canvas_line(s->canvas, last[0], last[1], at[0], at[1],
                        (float)stage_u(s, 2), s->theme->text);
        had = true;
        last[0] = at[0];
        last[1] = at[1];
    }
    canvas_circle(s->canvas, x_of(plot, t->step), y_of_loss(plot, t->loss),
                  (float)stage_u(s, 5), s->theme->accent);
}

static void draw_title(const Stage *s, Rect r, const char *title,
                       const char *what, const char *here) {
    const TextStyle bold = small(FACE_BOLD, s->theme->text);
    const TextStyle soft = small(FACE_SANS, s->theme->soft);
    const TextStyle lit = small(FACE_BOLD, s->theme->accent);
    const int baseline = r.y + stage_u(s, 14), gap = stage_u(s, 10);
    const int w = num_min(canvas_text_width(s->canvas, lit, here), r.w);
    const int end = r.x + r.w - w - gap;
    canvas_text_fit(s->canvas, lit, r.x + r.w - w, baseline, w, here);
    if (end <= r.x) return;
    const int x =
        r.x + gap +
        canvas_text_fit(s->canvas, bold, r.x, baseline, end - r.x, title);
    glossary_note(s->hits, s->canvas, bold, r.x, baseline, title);
    if (canvas_text_width(s->canvas, soft, what) <= end - x)
        canvas_text(s->canvas, soft, x, baseline, what);
}

/* What the embedded model's steps were measured against; 0: it is not known. */
static float entropy(const Stage *s) {
    const Training *t = s->training;
    if (s->live->is_own) return 0; /* that of the stories */
    return t && t->reads ? t->steps[t->n - 1].entropy : 0;
}

static void draw_cursor(const Stage *s, Rect plot) {
    canvas_fill(
        s->canvas,
        (Rect){(int)x_of(plot, s->live->step), plot.y, stage_u(s, 1), plot.h},
        s->theme->accent);
}

static void draw_loss_chart(const Stage *s, Rect plot, Rect title) {
    static const float ticks[] = {.5f, 1, 2, 4, 8};
    static const char *const texts[] = {"0.5", "1", "2", "4", "8"};
    const float floor = entropy(s);
    char here[32];
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++)
        draw_tick(s, plot, y_of_loss(plot, ticks[i]), texts[i]);
    if (floor > 0)
        canvas_fill(
            s->canvas,
            (Rect){plot.x, (int)y_of_loss(plot, floor), plot.w, stage_u(s, 2)},
            s->theme->good);
    draw_cursor(s, plot);
    draw_losses(s, plot);
    snprintf(here, sizeof here, "%s", number_fixed((double)s->live->loss, 4).s);
    draw_title(s, title, "Loss of each batch",
               floor > 0 ? "nats a token; green: the entropy, best on average"
                         : "nats a token",
               here);
}

/* 0, 1, 2, 3, 5, 7, 10, 20, ...: where a click goes, and what the axis says.
 * Returns the next one after `step`, -1: it was the last. */
static int next_mark(int step) {
    static const int steps[] = {2, 3, 5, 7, 10};
    if (step == 0) return 1;
    int unit = 1;
    while (unit * 10 <= step)
        unit *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * unit > step)
            return steps[i] * unit <= LIVE_STEPS_MAX ? steps[i] * unit : -1;
    return -1;
}

/* From one step to another, straight pieces in between. */
static void draw_rates(const Stage *s, Rect plot, int from, int to) {
    enum { PIECES = 8 };
    int a = from;
    for (int k = 1; k <= PIECES; k++) {
        const int b = from + (to - from) * k / PIECES;
        if (b == a) continue;
        canvas_line(s->canvas, x_of(plot, a), y_of_rate(s->live, plot, a),
                    x_of(plot, b), y_of_rate(s->live, plot, b),
                    (float)stage_u(s, 2), s->theme->residual);
        a = b;
    }
}

static void draw_rate_chart(const Stage *s, Rect plot, Rect title) {
    const LiveTraining *t = s->live;
    char here[32];
    draw_tick(s, plot, y_of(plot, 0), "0");
    draw_tick(s, plot, y_of(plot, 1), "0.01");
    draw_cursor(s, plot);
    for (int i = 0, next; (next = next_mark(i)) >= 0; i = next)
        draw_rates(s, plot, i, next);
    canvas_circle(s->canvas, x_of(plot, t->step), y_of_rate(t, plot, t->step),
                  (float)stage_u(s, 5), s->theme->accent);
    snprintf(here, sizeof here, "%s",
             number_fixed((double)t->rates[t->step], 5).s);
    draw_title(s, title, "Learning rate", "how far a step moves the weights",
               here);
}

/* right: where the view ends. */
static void draw_axis(const Stage *s, Rect plot, int right, int y) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_CENTER;
    int free_from = plot.x - stage_u(s, 20);
    for (int i = 0; i >= 0; i = next_mark(i)) {
        char text[16];
        learn_count_text(i, text);
        const int w = canvas_text_width(s->canvas, style, text);
        const int x = num_min((int)x_of(plot, i), right - (w + 1) / 2);
        if (x - w / 2 < free_from) continue;
        canvas_text(s->canvas, style, x, y + stage_u(s, 14), text);
        free_from = x + w / 2 + stage_u(s, 8);
    }
}

static void note_hits(const Stage *s, Rect plot, Rect r) {
    int from = plot.x;
    for (int i = 0, next; i >= 0; i = next) {
        next = next_mark(i);
        const int to = next < 0 ? plot.x + plot.w
                                : (int)((x_of(plot, i) + x_of(plot, next)) / 2);
        hits_pick(s->hits, (Rect){from, r.y, num_max(to - from, 0), r.h},
                  pick_number(STATE_STEP, i));
        from = to;
    }
}

static void draw_curves(const Stage *s, Rect r) {
    const TextStyle tiny = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int left = canvas_text_width(s->canvas, tiny, "0.01") + stage_u(s, 8);
    const int title = stage_u(s, TITLE_U), axis = stage_u(s, AXIS_U);
    const int inner = r.h - axis;
    const bool both = inner >= stage_u(s, 260);
    const int first = both ? inner * 7 / 10 : inner;
    Rect plot = {r.x + left, r.y + title,
                 num_max(r.w - left - stage_u(s, 12), 1),
                 num_max(first - title - stage_u(s, 16), 1)};
    draw_loss_chart(s, plot, (Rect){r.x, r.y, r.w, title});
    draw_axis(s, plot, r.x + r.w, r.y + inner);
    note_hits(s, plot, r);
    if (!both) return;
    plot.y = r.y + first + title;
    plot.h = num_max(inner - first - title - stage_u(s, 10), 1);
    draw_rate_chart(s, plot, (Rect){r.x, r.y + first, r.w, title});
}

/* ---- what it says -------------------------------------------------------- */

/* Appends a token as it stands in a text, its blank as one; the new length. */
static size_t add_piece(const Stage *s, int id, char *text, size_t n,
                        size_t size) {
    static const char box[] = "␣";
    char label[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, id, label, sizeof label);
    const bool blank = strncmp(label, box, sizeof box - 1) == 0;
    const char *rest = blank ? label + sizeof box - 1 : label;
    if (blank && n > 0 && n + 1 < size) text[n++] = ' ';
    const size_t len = strlen(rest);
    if (n + len + 1 > size) return n;
    memcpy(text + n, rest, len + 1);
    return n + len;
}

static Rect draw_story(const Stage *s, Rect r) {
    const LiveTraining *t = s->live;
    char text[LIVE_STORY_MAX * STAGE_LABEL_MAX + 1] = "";
    size_t n = 0;
    for (int i = 0; i < t->n_story; i++)
        n = add_piece(s, t->story[i], text, n, sizeof text);
    const int head = draw_line_of(s, r, small(FACE_BOLD, s->theme->text),
                                  "A story it tells now");
    if (n == 0) n = (size_t)snprintf(text, sizeof text, "It ends at once.");
    const TextSpan span = {.text = text,
                           .len = (int)n,
                           .face = FACE_SANS,
                           .color = s->theme->text};
    const Rect in = rest_below(r, head);
    const int h = paragraph_text(s->canvas, in.x, in.y, in.w, TYPE_SMALL, 1.4f,
                                 &span, 1, in.h > stage_u(s, 20));
    return rest_below(in, h + stage_u(s, 14));
}

/* ---- how the loss comes about -------------------------------------------- */

static float surprise(const LiveTraining *t, int i) {
    return -logf(fmaxf(t->p[i], 1e-30f));
}

/* The token of the row that is opened: the greatest surprise unless one is. */
static int opened_token(const Stage *s) {
    if (s->elem >= 0 && s->elem < LIVE_CONTEXT) return s->elem;
    int most = 0;
    for (int i = 1; i < LIVE_CONTEXT; i++)
        if (s->live->p[i] < s->live->p[most]) most = i;
    return most;
}

static Rect draw_sum(const Stage *s, Rect r) {
    const LiveTraining *t = s->live;
    char text[160];
    r = rest_below(r, draw_line_of(s, r, small(FACE_BOLD, s->theme->text),
                                   "The loss of the next batch"));
    snprintf(text, sizeof text,
             "Mean of its rows: (%s + %s + %s + %s) / 4 = %s",
             number_fixed((double)t->rows[0], 2).s,
             number_fixed((double)t->rows[1], 2).s,
             number_fixed((double)t->rows[2], 2).s,
             number_fixed((double)t->rows[3], 2).s,
             number_fixed((double)t->loss, 4).s);
    r = rest_below(r,
                   draw_line_of(s, r, small(FACE_SANS, s->theme->text), text));
    const int i = opened_token(s);
    char before[STAGE_LABEL_MAX], next[STAGE_LABEL_MAX], percent[16];
    tokenizer_show(s->tokenizer, t->tokens[i], before, sizeof before);
    tokenizer_show(s->tokenizer, t->tokens[i + 1], next, sizeof next);
    stage_probability_text((double)t->p[i], percent);
    snprintf(text, sizeof text, "After %s comes %s: p %s, −ln p = %s", before,
             next, percent, number_fixed((double)surprise(t, i), 2).s);
    return rest_below(
        r, draw_line_of(s, r, small(FACE_MEDIUM, s->theme->accent), text) +
               stage_u(s, 2));
}

/* The first row's tokens, darker the greater the surprise. */
static void draw_row(const Stage *s, Rect r) {
    const LiveTraining *t = s->live;
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    const int line = stage_u(s, LINE_U), pad = stage_u(s, 3);
    int x = r.x, y = r.y;
    for (int i = 0; i < LIVE_CONTEXT; i++) {
        char label[STAGE_LABEL_MAX];
        tokenizer_show(s->tokenizer, t->tokens[i + 1], label, sizeof label);
        const int w = canvas_text_width(s->canvas, style, label) + 2 * pad;
        if (x + w > r.x + r.w) {
            x = r.x;
            y += line;
        }
        if (y + line > r.y + r.h || x + w > r.x + r.w) return;
        const Rect at = {x, y, w, line - stage_u(s, 3)};
        const float part = fminf(surprise(t, i) / 8, 1);
        canvas_round(s->canvas, at, (float)pad,
                     color_alpha(s->theme->key, .45f * part));
        if (i == opened_token(s))
            canvas_frame(s->canvas, at, (float)pad, (float)stage_u(s, 1),
                         s->theme->accent);
        canvas_text(s->canvas, style, x + pad, y + stage_u(s, 14), label);
        hits_pick(s->hits, at, pick_number(STATE_ELEM, i));
        x += w + stage_u(s, 2);
    }
}

/* ---- all of it ----------------------------------------------------------- */

static void draw_texts(const Stage *s, Rect r) {
    static const int nobody[2] = {-1, -1};
    char title[64];
    const int next = stage_u(s, 176), least = stage_u(s, 150);
    snprintf(title, sizeof title, "What it says after %s", s->labels[s->pos]);
    if (r.h >= next) {
        learn_draw_guesses(s, (Rect){r.x, r.y, r.w, next}, title,
                           s->live->after, s->live->n_vocab, nobody);
        r = rest_below(r, next + stage_u(s, 8));
    }
    if (r.h >= least) r = draw_story(s, r);
    if (r.h >= least) draw_row(s, draw_sum(s, r));
}

static void draw_why(const Stage *s, Rect r, const char *why) {
    paragraph_plain(s->canvas, r.x, r.y, r.w,
                    text_style(FACE_SANS, TYPE_BODY, s->theme->text), 1.45f,
                    why, true);
}

void learn_draw_live(const Stage *s, Rect r) {
    const LiveTraining *t = s->live;
    if (t && t->why) {
        draw_why(s, r, t->why);
        return;
    }
    if (!t || t->step < 0) {
        stage_draw_missing(s, r);
        return;
    }
    r = draw_buttons(s, draw_words(s, r));
    const bool wide = r.w >= stage_u(s, WIDE_U);
    const int texts = wide ? r.w * 40 / 100 : r.w, air = stage_u(s, 24);
    const int h = wide ? r.h : num_min(r.h * 45 / 100, stage_u(s, 320));
    draw_curves(s, (Rect){r.x, r.y, wide ? r.w - texts - air : r.w, h});
    if (wide)
        draw_texts(s, (Rect){r.x + r.w - texts, r.y, texts, r.h});
    else
        draw_texts(s, rest_below(r, h + stage_u(s, 14)));
}
