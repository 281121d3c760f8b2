/* Charts over the steps of training, with one axis and one cursor: three, or
 * one alone. */
#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/learn/learn.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AXIS_U  44.0f
#define TITLE_U 32.0f
#define LEAST_U 96.0f /* the least height of a chart with its title */
#define NAME_U  16.0f /* from one name to the next */

/* The smallest letters; larger where a chart is alone. */
static float tiny_size(bool alone) {
    return alone ? TYPE_BODY : TYPE_TINY;
}

static float small_size(bool alone) {
    return alone ? TYPE_TITLE : TYPE_SMALL;
}

typedef struct Chart {
    const Stage *s;
    Rect plot;
    float low, high; /* of the values, bottom and top */
    bool is_log, alone;
    int last; /* the step that its lines end with */
    int side; /* room for names at the right */
} Chart;

/* ---- places -------------------------------------------------------------- */

/* Step 0 stands apart: a log axis has no place for it. */
static float x_of(const Stage *s, Rect plot, int i) {
    const Training *t = s->training;
    const float apart = t->steps[0].step == 0 ? .09f : 0;
    if (t->steps[i].step == 0) return (float)plot.x;
    const float low = logf((float)t->steps[t->steps[0].step == 0].step);
    const float high = logf((float)t->steps[t->n - 1].step);
    const float at =
        high > low ? (logf((float)t->steps[i].step) - low) / (high - low) : 1;
    return (float)plot.x + (apart + (1 - apart) * at) * (float)plot.w;
}

static float y_of(const Chart *c, float v) {
    const float low = c->is_log ? logf(c->low) : c->low;
    const float high = c->is_log ? logf(c->high) : c->high;
    const float at = c->is_log ? logf(fmaxf(v, c->low)) : v;
    const float part = num_clamp_float((at - low) / (high - low), 0, 1);
    return (float)(c->plot.y + c->plot.h) - part * (float)c->plot.h;
}

/* ---- lines --------------------------------------------------------------- */

static void draw_tick(const Chart *c, float v, const char *text) {
    const Stage *s = c->s;
    const int y = (int)lroundf(y_of(c, v));
    TextStyle style =
        text_style(FACE_SANS, tiny_size(c->alone), s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_fill(s->canvas, (Rect){c->plot.x, y, c->plot.w, 1}, s->theme->rule);
    canvas_text(s->canvas, style, c->plot.x - stage_u(s, 12), y + stage_u(s, 4),
                text);
}

/* Between two points, with gaps where it is dashed. */
static void draw_piece(const Chart *c, const float from[2], const float to[2],
                       Color color, bool dashed) {
    const float thick = (float)stage_u(c->s, 2);
    const float w = to[0] - from[0], h = to[1] - from[1];
    const float dash = (float)stage_u(c->s, 6);
    const int n = dashed ? (int)(sqrtf(w * w + h * h) / dash) : 0;
    for (int i = 0; i < n; i += 2) {
        const float a = (float)i / (float)n, b = (float)(i + 1) / (float)n;
        canvas_line(c->s->canvas, from[0] + a * w, from[1] + a * h,
                    from[0] + b * w, from[1] + b * h, thick, color);
    }
    if (n == 0)
        canvas_line(c->s->canvas, from[0], from[1], to[0], to[1], thick, color);
}

/* Values of the steps; NaN: not there yet. */
static void draw_line(const Chart *c, const float *v, Color color,
                      bool dashed) {
    const Stage *s = c->s;
    float last[2] = {0, 0};
    bool had = false;
    for (int i = 0; i <= c->last; i++) {
        const float at[2] = {x_of(s, c->plot, i), y_of(c, v[i])};
        const bool is = !isnan(v[i]);
        if (is && had) draw_piece(c, last, at, color, dashed);
        had = is;
        memcpy(last, at, sizeof last);
    }
    for (int i = 0; i <= c->last; i++)
        if (!isnan(v[i])) {
            const bool here = i == learn_at(s);
            const float x = x_of(s, c->plot, i), y = y_of(c, v[i]);
            if (here)
                canvas_circle(s->canvas, x, y, (float)stage_u(s, 7),
                              s->theme->window);
            canvas_circle(s->canvas, x, y, (float)stage_u(s, here ? 5 : 3),
                          color);
        }
}

/* ---- names where lines end ----------------------------------------------- */

typedef struct Name {
    const char *text;
    float y; /* where its line ends, then where it stands */
    Color color;
    bool bold;
} Name;

/* Each at its line's end, pushed apart where they would meet, within the
 * chart. */
static void place_names(const Chart *c, Name *names, int n) {
    const float step =
        (float)stage_u(c->s, NAME_U * tiny_size(c->alone) / TYPE_TINY);
    for (int i = 1; i < n; i++) /* the topmost first; there are few */
        for (int k = i; k > 0 && names[k].y < names[k - 1].y; k--) {
            const Name swap = names[k];
            names[k] = names[k - 1];
            names[k - 1] = swap;
        }
    float y = (float)(c->plot.y + c->plot.h);
    for (int i = n - 1; i >= 0; i--) { /* room below for those that follow */
        names[i].y = fminf(names[i].y, y);
        y = names[i].y - step;
    }
    y = (float)c->plot.y;
    for (int i = 0; i < n; i++) {
        names[i].y = fmaxf(names[i].y, y);
        y = names[i].y + step;
    }
}

static void draw_names(const Chart *c, Name *names, int n) {
    const Stage *s = c->s;
    place_names(c, names, n);
    for (int i = 0; i < n; i++) {
        const TextStyle style =
            text_style(names[i].bold ? FACE_BOLD : FACE_SANS,
                       tiny_size(c->alone), names[i].color);
        const int x = (int)x_of(s, c->plot, c->last) + stage_u(s, 14);
        const int y = (int)names[i].y + stage_u(s, 4);
        canvas_text_fit(s->canvas, style, x, y, c->side, names[i].text);
        glossary_note(s->hits, s->canvas, style, x, y, names[i].text);
    }
}

/* ---- titles -------------------------------------------------------------- */

/* What the chart is about, and at the right what it says of the step walked
 * to, which yields last. */
static void draw_title(const Chart *c, Rect r, const char *title,
                       const char *what, const char *here) {
    const Stage *s = c->s;
    const float size = small_size(c->alone);
    const TextStyle bold = text_style(FACE_BOLD, size, s->theme->text);
    const TextStyle soft = text_style(FACE_SANS, size, s->theme->soft);
    TextStyle lit = text_style(FACE_BOLD, size, s->theme->accent);
    const int baseline = r.y + stage_u(s, size), gap = stage_u(s, 10);
    const int w = num_min(canvas_text_width(s->canvas, lit, here), r.w);
    const int end = r.x + r.w - w - (w > 0 ? gap : 0);
    canvas_text_fit(s->canvas, lit, r.x + r.w - w, baseline, w, here);
    int x = r.x;
    if (x < end) {
        x += canvas_text_fit(s->canvas, bold, x, baseline, end - x, title);
        glossary_note(s->hits, s->canvas, bold, r.x, baseline, title);
    }
    x += gap;
    if (canvas_text_width(s->canvas, soft, what) <= end - x)
        canvas_text(s->canvas, soft, x, baseline, what);
}

/* ---- the charts ---------------------------------------------------------- */

static void draw_loss(Chart *c, Rect title) {
    const Stage *s = c->s;
    const Training *t = s->training;
    static const float ticks[] = {.5f, 1, 2, 4, 8};
    static const char *const texts[] = {"0.5", "1", "2", "4", "8"};
    const float floor = t->steps[t->n - 1].entropy;
    float v[TRAINING_STEPS_MAX] = {0}, most = 0;
    for (int i = 0; i < t->n; i++)
        most = fmaxf(most, v[i] = t->steps[i].loss);
    c->is_log = true;
    c->low = fmaxf(floor, .01f) * .8f;
    c->high = most * 1.1f;
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++)
        if (ticks[i] > c->low * 1.2f && ticks[i] < c->high)
            draw_tick(c, ticks[i], texts[i]);
    const Rect line = {c->plot.x, (int)y_of(c, floor), c->plot.w,
                       stage_u(s, 2)};
    if (!c->alone) canvas_fill(s->canvas, line, s->theme->good);
    draw_line(c, v, s->theme->text, false);
    char here[48], last[32], entropy[32], stories[48];
    const TrainingStep *at = &t->steps[learn_at(s)];
    snprintf(here, sizeof here, "%s", number_fixed((double)at->loss, 4).s);
    snprintf(last, sizeof last, "loss %s",
             number_fixed((double)v[c->last], 4).s);
    snprintf(entropy, sizeof entropy, "entropy %s",
             number_fixed((double)floor, 4).s);
    snprintf(stories, sizeof stories, "Loss on %d stories it has not read",
             at->texts);
    draw_title(c, title, stories,
               c->alone ? "" : "nats a token; green: best on average", here);
    Name names[] = {{last, y_of(c, v[c->last]), s->theme->text, true},
                    {entropy, y_of(c, floor) + 1, s->theme->good, false}};
    draw_names(c, names, c->alone ? 1 : 2);
}

static void draw_role(Chart *c, TrainingRole role, Name *name) {
    const Stage *s = c->s;
    const Training *t = s->training;
    const bool lit = role == TRAINING_INDUCTION;
    float v[TRAINING_STEPS_MAX] = {0};
    for (int i = 0; i < t->n; i++)
        v[i] = t->steps[i].heads[role].score;
    draw_line(c, v, lit ? s->theme->text : s->theme->residual,
              role == TRAINING_RECALL);
    *name =
        (Name){lit                       ? "induction"
               : role == TRAINING_RECALL ? "recall"
                                         : "previous token",
               y_of(c, v[c->last]), lit ? s->theme->text : s->theme->soft, lit};
}

static void draw_roles(Chart *c, Rect title) {
    const Stage *s = c->s;
    static const TrainingRole roles[] = {TRAINING_INDUCTION, TRAINING_PREVIOUS,
                                         TRAINING_RECALL};
    const int n = c->alone ? 1 : 3;
    Name names[3];
    c->high = 1;
    draw_tick(c, 0, "0");
    draw_tick(c, .5f, "0.5");
    draw_tick(c, 1, "1");
    for (int k = n - 1; k >= 0; k--)
        draw_role(c, roles[k], &names[k]);
    const TrainingHead at =
        s->training->steps[learn_at(s)].heads[TRAINING_INDUCTION];
    char here[96];
    snprintf(here, sizeof here,
             c->alone ? "%s (head %d.%d)" : "induction %s (head %d.%d)",
             number_fixed((double)at.score, 2).s, at.layer, at.head);
    draw_title(
        c, title,
        c->alone ? "Weight on what came next last time" : "What heads do",
        c->alone ? "of the best head" : "the best head of each; 1: always",
        here);
    draw_names(c, names, n);
}

/* Those of the two that are known. */
static int draw_word_lines(Chart *c, const int ids[2], Name names[2],
                           char texts[2][STAGE_LABEL_MAX + 24]) {
    const Stage *s = c->s;
    const Training *t = s->training;
    const Color colors[] = {s->theme->key, s->theme->query};
    int n = 0;
    for (int k = 1; k >= 0; k--) {
        if (ids[k] < 0) continue;
        float v[TRAINING_STEPS_MAX] = {0};
        char label[STAGE_LABEL_MAX], percent[16];
        for (int i = 0; i < t->n; i++)
            v[i] = t->steps[i].after ? t->steps[i].after[ids[k]] : NAN;
        draw_line(c, v, colors[k], k == 1);
        tokenizer_show(s->tokenizer, ids[k], label, sizeof label);
        stage_probability_text((double)v[c->last], percent);
        snprintf(texts[n], sizeof texts[n], "%s %s", label, percent);
        names[n] = (Name){texts[n], y_of(c, v[c->last]), colors[k], k == 0};
        n++;
    }
    return n;
}

static void here_text(const Stage *s, const int ids[2], char *out,
                      size_t size) {
    const TrainingStep *at = &s->training->steps[learn_at(s)];
    size_t n = 0;
    out[0] = '\0';
    for (int k = 0; k < 2 && at->after && ids[k] >= 0; k++) {
        char label[STAGE_LABEL_MAX], percent[16];
        tokenizer_show(s->tokenizer, ids[k], label, sizeof label);
        stage_probability_text((double)at->after[ids[k]], percent);
        const int more = snprintf(out + n, size - n, "%s%s %s", k ? " · " : "",
                                  label, percent);
        n += more > 0 && (size_t)more < size - n ? (size_t)more : 0;
    }
}

static void draw_words(Chart *c, Rect title) {
    const Stage *s = c->s;
    int ids[2];
    Name names[2];
    char texts[2][STAGE_LABEL_MAX + 24], what[80], here[128];
    c->high = 1;
    draw_tick(c, 0, "0 %");
    draw_tick(c, .5f, "50 %");
    draw_tick(c, 1, "100 %");
    learn_rivals(s, ids);
    here_text(s, ids, here, sizeof here);
    snprintf(what, sizeof what, "What comes after %s?", s->labels[s->pos]);
    draw_title(c, title, what,
               !s->training->reads   ? ""
               : learn_leaves_out(s) ? "with nothing changed"
               : c->alone            ? ""
                                     : "your text, read by every step",
               here);
    if (!s->training->reads) {
        canvas_text_fit(
            s->canvas,
            text_style(FACE_SANS, small_size(c->alone), s->theme->text),
            c->plot.x + stage_u(s, 8), c->plot.y + c->plot.h * 3 / 8, c->plot.w,
            "The steps have other tokens than the open model.");
        return;
    }
    const int n = draw_word_lines(c, ids, names, texts);
    if (n == 0)
        stage_draw_missing(s, c->plot);
    else
        draw_names(c, names, n);
}

/* ---- the axis ------------------------------------------------------------ */

static void draw_axis(const Stage *s, Rect plot, int y, bool alone) {
    const Training *t = s->training;
    const int at = learn_at(s), line = y + stage_u(s, 6);
    const float size = tiny_size(alone);
    TextStyle tiny = text_style(FACE_SANS, size, s->theme->soft);
    TextStyle lit = text_style(FACE_BOLD, small_size(alone), s->theme->accent);
    char text[48], count[16];
    canvas_fill(s->canvas, (Rect){plot.x, line, plot.w, stage_u(s, 1)},
                s->theme->soft);
    tiny.align = ALIGN_CENTER;
    int free_from = plot.x - stage_u(s, 30);
    for (int i = 0; i < t->n; i++) {
        const int x = (int)lroundf(x_of(s, plot, i));
        learn_count_text(t->steps[i].step, count);
        const int w = canvas_text_width(s->canvas, tiny, count);
        canvas_circle(s->canvas, (float)x, (float)line, (float)stage_u(s, 3),
                      s->theme->soft);
        if (x - w / 2 < free_from) continue;
        canvas_text(s->canvas, tiny, x, line + stage_u(s, size + 5), count);
        free_from = x + w / 2 + stage_u(s, 6);
    }
    learn_count_text(t->steps[at].step, count);
    snprintf(text, sizeof text, "step %s, %d of %d", count, at + 1, t->n);
    const int w = canvas_text_width(s->canvas, lit, text);
    const int x = (int)x_of(s, plot, at);
    canvas_circle(s->canvas, (float)x, (float)line, (float)stage_u(s, 6),
                  s->theme->accent);
    canvas_text_fit(s->canvas, lit,
                    num_max(num_min(x - w / 2, plot.x + plot.w - w), plot.x),
                    line + stage_u(s, size + small_size(alone) + 9), plot.w,
                    text);
}

/* A step's strip over all charts: from half way to the one before to half way
 * to the one after. */
static void note_hits(const Stage *s, Rect plot, Rect r) {
    const int n = s->training->n;
    int from = plot.x;
    for (int i = 0; i < n; i++) {
        const float x = x_of(s, plot, i);
        const int to =
            i + 1 < n ? (int)((x + x_of(s, plot, i + 1)) / 2) : plot.x + plot.w;
        hits_pick(s->hits, (Rect){from, r.y, num_max(to - from, 0), r.h},
                  learn_pick(s, i));
        from = to;
    }
}

/* Through a chart alone: the titles between them have values where it ends. */
static void draw_cursor(const Stage *s, Rect plot) {
    const int x = (int)x_of(s, plot, learn_at(s));
    canvas_fill(s->canvas,
                (Rect){x - stage_u(s, 10), plot.y, stage_u(s, 20), plot.h},
                color_alpha(s->theme->accent, .1f));
    canvas_fill(s->canvas, (Rect){x, plot.y, stage_u(s, 1), plot.h},
                s->theme->accent);
}

/* The charts from `first` on, under each other. */
static void draw_charts(const Stage *s, Rect r, LearnChart first, int n,
                        bool alone) {
    static void (*const draws[LEARN_CHARTS])(Chart * c, Rect title) = {
        draw_loss, draw_roles, draw_words};
    const float wider = tiny_size(alone) / TYPE_TINY;
    const int axis = stage_u(s, AXIS_U * wider),
              title = stage_u(s, TITLE_U * wider);
    const TextStyle tiny =
        text_style(FACE_SANS, tiny_size(alone), s->theme->soft);
    const TextStyle bold =
        text_style(FACE_BOLD, tiny_size(alone), s->theme->text);
    const int side =
        num_min(canvas_text_width(s->canvas, bold, "entropy 0.0000"), r.w / 4);
    const int left =
        canvas_text_width(s->canvas, tiny, "100 %") + stage_u(s, 12);
    const int h = (r.h - axis) / n, gap = stage_u(s, 14);
    Rect plot = {r.x + left, r.y,
                 num_max(r.w - left - side - stage_u(s, 14), 1), 1};
    for (int i = 0; i < n; i++) {
        Chart c = {.s = s,
                   .plot = plot,
                   .side = side,
                   .alone = alone,
                   .last = alone ? learn_at(s) : s->training->n - 1};
        c.plot.y = r.y + i * h + title;
        c.plot.h = num_max(h - title - gap, 1);
        draw_cursor(s, c.plot);
        draws[(int)first + i](&c, (Rect){r.x, r.y + i * h, r.w, title});
    }
    draw_axis(s, plot, r.y + n * h, alone);
    note_hits(s, plot, r);
}

void learn_draw_curves(const Stage *s, Rect r) {
    const int room = (r.h - stage_u(s, AXIS_U)) / stage_u(s, LEAST_U);
    draw_charts(s, r, LEARN_LOSS, num_clamp(room, 1, LEARN_CHARTS), false);
}

void learn_draw_chart(const Stage *s, Rect r, LearnChart chart) {
    draw_charts(s, r, chart, 1, true);
}
