/* A question on its slide: a box with what is asked, and what there is to
 * choose, to type or to do.  Its answer comes with the beat after it. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"
#include "viz/paint/formula_draw.h"
#include "viz/views/number.h"
#include "viz/views/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PILL_U    38
#define PILL_LINE 1.25f /* of its text, if it has several lines */
#define BUTTON_U  30
#define BARS_U    42 /* of both votes */

/* ---- what is known of it ------------------------------------------------- */

static bool is_revealed(const Page *p, const DeckBlock *b) {
    return p->beat > b->beat;
}

/* It can be answered here and now. */
static bool waits(const Page *p, const DeckBlock *b) {
    return p->scene && p->beat == b->beat;
}

float slide_ask_given(const Scene *scene, const DeckAsk *ask) {
    return scene ? scene->state->answer.at[ask->number] : STATE_NONE;
}

bool slide_ask_chose(const Scene *scene, const DeckAsk *ask, int i) {
    const float given = slide_ask_given(scene, ask);
    return given > (float)i && given < (float)(i + 2);
}

int slide_ask_votes(const Scene *scene, const DeckAsk *ask, int vote) {
    int sum = 0;
    for (int i = 0; scene && i < ask->n_options; i++)
        sum += scene->state->votes.at[ask->number][vote][i];
    return sum;
}

/* Hands are counted, or were. */
static bool is_counted(const Page *p, const DeckBlock *b) {
    const DeckAsk *ask = b->ask;
    const bool counts =
        slide_ask_votes(p->scene, ask, 0) || slide_ask_votes(p->scene, ask, 1);
    return counts || (waits(p, b) && p->scene->state->vote > 0 &&
                      p->scene->question == ask);
}

static Color option_color(const Page *p, const DeckBlock *b, int i) {
    const bool chosen = slide_ask_chose(p->scene, b->ask, i);
    if (!is_revealed(p, b)) return p->t->text;
    return i == b->ask->answer ? p->t->good : chosen ? p->t->bad : p->t->text;
}

/* ---- answers to choose from ---------------------------------------------- */

/* A HIT_ANSWER's or HIT_VOTE's `arg`. */
static int arg_of(const DeckAsk *ask, int option) {
    return ask->number * DECK_OPTIONS_MAX + option;
}

/* One option as a pill, with the digit that chooses it; after the reveal, the
 * question's next beat, the right one says so. */
static void draw_option(Page *p, const DeckBlock *b, int i, int *x, int *row_h,
                        int left, int right) {
    Canvas *c = p->c;
    const DeckAsk *ask = b->ask;
    const bool chosen = slide_ask_chose(p->scene, ask, i);
    const bool right_one = is_revealed(p, b) && i == ask->answer;
    const bool wrong_one = is_revealed(p, b) && chosen && !right_one;
    char digit[16];
    snprintf(digit, sizeof digit, "%d  ", i + 1);
    const char *const text[] = {digit, ask->options[i],
                                right_one   ? "  ✓"
                                : wrong_one ? "  ✗"
                                            : ""};
    const Color color = option_color(p, b, i);
    bool framed = right_one || chosen;
    TextStyle style =
        text_style(right_one ? FACE_MEDIUM : FACE_SANS, TYPE_BODY, color);
    int pad = canvas_u(c, 12), h = canvas_u(c, PILL_U);
    int w = 2 * pad + 1;
    for (int k = 0; k < 3; k++)
        w += formula_text_width(c, style, text[k]);
    if (w > right - left) w = right - left;
    if (*x + w > right && *x > left) {
        *x = left;
        p->y += *row_h + canvas_u(c, 8);
        *row_h = h;
    }
    const int text_h =
        paragraph_parts(c, 0, 0, w - 2 * pad, style, PILL_LINE, text, 3, false);
    h = num_max(h, text_h + pad);
    *row_h = num_max(*row_h, h);
    Rect r = {*x, p->y, w, h};
    canvas_round(c, r, (float)canvas_u(c, 8), p->t->panel);
    canvas_frame(c, r, (float)canvas_u(c, 8),
                 (float)canvas_u(c, framed ? 2 : 1),
                 framed ? color : p->t->rule);
    paragraph_parts(c, r.x + pad, r.y + (h - text_h) / 2, w - 2 * pad, style,
                    PILL_LINE, text, 3, true);
    hits_add(p->hits,
             (Hit){.rect = r, .kind = HIT_ANSWER, .arg = arg_of(ask, i)});
    *x += w + canvas_u(c, 8);
}

static void draw_pills(Page *p, const DeckBlock *b, int left, int right) {
    int x = left, row_h = canvas_u(p->c, PILL_U);
    for (int i = 0; i < b->ask->n_options; i++)
        draw_option(p, b, i, &x, &row_h, left, right);
    p->y += row_h;
}

/* ---- votes --------------------------------------------------------------- */

void slide_ask_buttons(Canvas *c, const Theme *t, Hits *hits,
                       const DeckAsk *ask, int option, Rect r) {
    static const char *const texts[] = {"−", "+"};
    TextStyle style = text_style(FACE_MEDIUM, TYPE_BODY, t->text);
    style.align = ALIGN_CENTER;
    for (int i = 0; i < 2; i++) {
        const Rect button = {r.x + i * (r.w / 2), r.y, r.w / 2 - canvas_u(c, 4),
                             r.h};
        canvas_frame(c, button, (float)canvas_u(c, 6), (float)canvas_u(c, 1),
                     t->rule);
        canvas_text_row(c, style, button.x + button.w / 2, button.y, button.h,
                        texts[i]);
        hits_add(hits, (Hit){.rect = button,
                             .kind = HIT_VOTE,
                             .arg = arg_of(ask, option),
                             .rows = i ? 1 : -1});
    }
}

/* Before the answer the room sees how many were counted, and no more. */
static void draw_counted(Page *p, const DeckBlock *b, int left, int right,
                         bool measure) {
    const int vote = p->scene->state->vote == 2;
    char text[120];
    snprintf(text, sizeof text,
             "%s vote: %d counted. The bars come with the answer.",
             vote ? "Second" : "First",
             slide_ask_votes(p->scene, b->ask, vote));
    p->y += paragraph_plain(p->c, left, p->y, right - left,
                            text_style(FACE_SANS, TYPE_SMALL, p->t->soft),
                            1.35f, text, !measure) +
            canvas_u(p->c, 6);
}

void slide_ask_bar(Canvas *c, const Theme *t, Rect r, int vote, Color color) {
    if (vote)
        canvas_round(c, r, (float)canvas_u(c, 2), color);
    else
        stage_dashed(&(Stage){.canvas = c}, r, t->soft);
}

/* Where the bars begin, right of the answers. */
static int bars_from(int left, int right) {
    return left + (right - left) * 47 / 100;
}

/* Some answer's probability is there, and so a column for them. */
static bool has_says(const Page *p, const DeckAsk *ask) {
    for (int i = 0; p->scene && i < ask->n_options; i++)
        if (p->scene->says[ask->number][i] > STATE_NONE) return true;
    return false;
}

#define SAYS_U    86
#define SAYS_HEAD "the model says"

/* Over the column: in the legend's row if w is left of it, else above it. */
static void draw_says_head(Page *p, int legend_right, int left, int right) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, p->t->soft);
    const int x = right - canvas_u(p->c, 10);
    const int w = canvas_text_width(p->c, style, SAYS_HEAD);
    style.align = ALIGN_RIGHT;
    if (legend_right + canvas_u(p->c, 12) > x - w && legend_right > left)
        p->y += canvas_u(p->c, TYPE_SMALL * 1.6f);
    canvas_text(p->c, style, x, p->y + canvas_u(p->c, TYPE_SMALL), SAYS_HEAD);
}

static void draw_says(const Page *p, const DeckAsk *ask, int i, Rect r) {
    const float says = p->scene->says[ask->number][i];
    const bool right_one = i == ask->answer;
    TextStyle style = text_style(right_one ? FACE_BOLD : FACE_SANS, TYPE_BODY,
                                 right_one ? p->t->good : p->t->text);
    char text[16];
    if (!(says > STATE_NONE)) return;
    style.align = ALIGN_RIGHT;
    stage_percent_text((double)says, text);
    canvas_text_row(p->c, style, r.x + r.w, r.y, r.h, text);
}

/* Which bars are which, above them where there is room for it. */
static void draw_legend(Page *p, const DeckBlock *b, int left, int right) {
    Canvas *c = p->c;
    const TextStyle style = text_style(FACE_SANS, TYPE_SMALL, p->t->soft);
    const int h = canvas_u(c, 10), key = canvas_u(c, 22), gap = canvas_u(c, 8);
    char texts[2][48] = {"", ""};
    int w = 0;
    for (int i = 0; i < 2; i++) {
        const int n = slide_ask_votes(p->scene, b->ask, i);
        if (n == 0) continue;
        snprintf(texts[i], sizeof texts[i], "%s vote, of %d",
                 i ? "second" : "first", n);
        w += key + 3 * gap + canvas_text_width(c, style, texts[i]);
    }
    const bool says = has_says(p, b->ask);
    const int room = right - (says ? canvas_u(c, SAYS_U) : 0);
    int x = num_max(num_min(bars_from(left, right), room - w), left);
    for (int i = 0; i < 2; i++) {
        if (!texts[i][0]) continue;
        if (i && w > right - left) { /* a row each */
            x = left;
            p->y += canvas_u(c, TYPE_SMALL * 1.6f);
        }
        slide_ask_bar(c, p->t,
                      (Rect){x, p->y + canvas_u(c, TYPE_SMALL) - h, key, h}, i,
                      p->t->query);
        x += key + gap;
        x += canvas_text_fit(c, style, x, p->y + canvas_u(c, TYPE_SMALL),
                             num_max(right - x, 0), texts[i]) +
             2 * gap;
    }
    if (says) draw_says_head(p, x - 2 * gap, left, right);
    p->y += canvas_u(c, TYPE_SMALL * 1.9f);
}

/* The most of any answer, in either vote. */
static int most_votes(const Page *p, const DeckAsk *ask) {
    int most = 1;
    for (int i = 0; i < 2 * ask->n_options; i++)
        most =
            num_max(most, p->scene->state->votes.at[ask->number][i & 1][i / 2]);
    return most;
}

/* Both votes of an answer, in r. */
static void draw_bars(Page *p, const DeckBlock *b, int i, Rect r) {
    Canvas *c = p->c;
    const DeckAsk *ask = b->ask;
    const bool right_one = i == ask->answer;
    const int label = canvas_u(c, 44), h = canvas_u(c, 13);
    const int most = most_votes(p, ask);
    int y = r.y + r.h / 2 - h - canvas_u(c, 2);
    for (int v = 0; v < 2; v++, y += h + canvas_u(c, 4)) {
        const int n = p->scene->state->votes.at[ask->number][v][i];
        const int w = (int)((int64_t)(r.w - label) * n / most);
        char text[16];
        if (slide_ask_votes(p->scene, ask, v) == 0) continue;
        const Rect bar = {r.x, y, num_max(w, canvas_u(c, 2)), h};
        slide_ask_bar(c, p->t, bar, v, right_one ? p->t->good : p->t->query);
        snprintf(text, sizeof text, "%d", n);
        canvas_text_row(c,
                        text_style(v ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                   v ? p->t->text : p->t->soft),
                        r.x + bar.w + canvas_u(c, 7), y, h, text);
    }
}

static void draw_keycap(Page *p, int i, int x, Rect r, Color color,
                        bool filled) {
    Canvas *c = p->c;
    const int side = canvas_u(c, 26);
    const Rect cap = {x, r.y + (r.h - side) / 2, side, side};
    char text[12];
    if (filled) canvas_round(c, cap, (float)canvas_u(c, 5), color);
    canvas_frame(c, cap, (float)canvas_u(c, 5), (float)canvas_u(c, 1),
                 filled ? color : p->t->soft);
    TextStyle style =
        text_style(FACE_MEDIUM, TYPE_BODY, filled ? theme_ink(color) : color);
    style.align = ALIGN_CENTER;
    snprintf(text, sizeof text, "%d", i + 1);
    canvas_text_row(c, style, cap.x + cap.w / 2, cap.y, cap.h, text);
}

/* Bars stand below the answers. */
static bool is_narrow(const Page *p, int left, int right) {
    return right - left < canvas_u(p->c, 440);
}

/* An answer with its votes: a row as high as its text needs. */
static void draw_row(Page *p, const DeckBlock *b, int i, int left, int right) {
    Canvas *c = p->c;
    const DeckAsk *ask = b->ask;
    const bool revealed = is_revealed(p, b);
    const bool right_one = revealed && i == ask->answer;
    const int pad = canvas_u(c, 10), cap = canvas_u(c, 26 + 12);
    const int button = canvas_u(c, BUTTON_U), gap = canvas_u(c, 8);
    const bool below = revealed && is_narrow(p, left, right);
    const int bars = below ? canvas_u(c, BARS_U) : 0;
    const int middle = below      ? right
                       : revealed ? bars_from(left, right)
                                  : right - pad - 2 * button - gap;
    const int text_w = num_max(middle - left - cap - 2 * pad, canvas_u(c, 40));
    const Color color = option_color(p, b, i);
    const TextStyle style =
        text_style(right_one ? FACE_BOLD : FACE_SANS, TYPE_BODY, color);
    const char *const text[] = {ask->options[i],
                                right_one ? "  ✓\u00a0right" : ""};
    const int text_h =
        paragraph_parts(c, 0, 0, text_w, style, 1.25f, text, 2, false);
    const int h = num_max(text_h + pad, canvas_u(c, 44)) + bars;
    const Rect r = {left, p->y, right - left, h};
    canvas_round(c, r, (float)canvas_u(c, 8), p->t->panel);
    canvas_frame(c, r, (float)canvas_u(c, 8),
                 (float)canvas_u(c, right_one ? 2 : 1),
                 right_one ? p->t->good : p->t->rule);
    draw_keycap(p, i, left + pad, r, color, right_one);
    paragraph_parts(c, left + pad + cap, r.y + (h - bars - text_h) / 2, text_w,
                    style, 1.25f, text, 2, true);
    const Rect side =
        below ? (Rect){left + pad + cap, r.y + h - bars - canvas_u(c, 5),
                       right - left - cap - 2 * pad, bars}
              : (Rect){middle, r.y, right - middle - pad, h};
    const int says = revealed && has_says(p, ask) ? canvas_u(c, SAYS_U) : 0;
    if (says) draw_says(p, ask, i, side);
    if (revealed)
        draw_bars(p, b, i, (Rect){side.x, side.y, side.w - says, side.h});
    else
        slide_ask_buttons(
            c, p->t, p->hits, ask, i,
            (Rect){side.x, r.y + (h - button) / 2, side.w, button});
    p->y += h + canvas_u(c, 7);
}

static void draw_rows(Page *p, const DeckBlock *b, int left, int right,
                      bool measure) {
    if (is_revealed(p, b))
        draw_legend(p, b, left, right);
    else
        draw_counted(p, b, left, right, measure);
    for (int i = 0; i < b->ask->n_options; i++)
        draw_row(p, b, i, left, right);
}

/* ---- a guess ------------------------------------------------------------- */

void slide_ask_amount(const DeckAsk *ask, double value, char *out,
                      size_t size) {
    snprintf(out, size, "%s%s%s", number_round(value, 6).s,
             *ask->unit ? " " : "", ask->unit);
}

static int axis_x(const DeckAsk *ask, Rect axis, double value) {
    const double at = (value - ask->low) / (ask->high - ask->low);
    return axis.x + (int)lround(fmin(fmax(at, 0), 1) * axis.w);
}

/* A word over or under a point of the axis, kept within it. */
static void draw_mark_text(Page *p, Rect axis, int x, int baseline,
                           TextStyle style, const char *text) {
    const int w = canvas_text_width(p->c, style, text);
    const int left = num_max(num_min(x - w / 2, axis.x + axis.w - w), axis.x);
    canvas_text_fit(p->c, style, left, baseline, axis.w, text);
}

/* The guess stands above the axis, dashed once the right number is there. */
static void draw_guess(Page *p, const DeckBlock *b, Rect axis) {
    Canvas *c = p->c;
    const double given = (double)slide_ask_given(p->scene, b->ask);
    const int side = canvas_u(c, 16);
    char amount[64], text[96];
    if (!(given > (double)STATE_NONE)) return;
    const int x = axis_x(b->ask, axis, given);
    const Rect knob = {x - side / 2, axis.y + axis.h / 2 - side / 2, side,
                       side};
    if (is_revealed(p, b))
        stage_dashed(&(Stage){.canvas = c}, knob, p->t->text);
    else
        canvas_round(c, knob, (float)side / 2, p->t->accent);
    slide_ask_amount(b->ask, given, amount, sizeof amount);
    snprintf(text, sizeof text, "guessed: %s", amount);
    draw_mark_text(p, axis, x, axis.y - canvas_u(c, 12),
                   text_style(FACE_SANS, TYPE_BODY, p->t->text), text);
}

/* The right number stands below it. */
static void draw_truth(Page *p, const DeckBlock *b, Rect axis) {
    Canvas *c = p->c;
    const int x = axis_x(b->ask, axis, b->ask->value);
    const float half = (float)canvas_u(c, 9);
    const float top = (float)(axis.y + axis.h);
    const Point mark[] = {{(float)x, top},
                          {(float)x + half, top + 1.6f * half},
                          {(float)x - half, top + 1.6f * half}};
    char amount[64], text[96];
    canvas_poly(c, mark, 3, p->t->good);
    canvas_fill(c,
                (Rect){x - canvas_u(c, 1), axis.y - canvas_u(c, 4),
                       canvas_u(c, 3), axis.h + canvas_u(c, 8)},
                p->t->good);
    slide_ask_amount(b->ask, b->ask->value, amount, sizeof amount);
    snprintf(text, sizeof text, "✓ right: %s", amount);
    draw_mark_text(p, axis, x, axis.y + axis.h + canvas_u(c, 36),
                   text_style(FACE_BOLD, TYPE_BODY, p->t->good), text);
}

/* What it goes from and to, at its ends, where no mark's word is. */
static void draw_ends(Page *p, const DeckAsk *ask, Rect axis, int baseline) {
    char text[64];
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, p->t->soft);
    slide_ask_amount(ask, ask->low, text, sizeof text);
    canvas_text(p->c, style, axis.x, baseline, text);
    style.align = ALIGN_RIGHT;
    slide_ask_amount(ask, ask->high, text, sizeof text);
    canvas_text(p->c, style, axis.x + axis.w, baseline, text);
}

/* How to guess, or what is being typed. */
static void draw_how(Page *p, const DeckBlock *b, int left, int right, int y) {
    const bool types = p->scene->mode == APP_GUESSING;
    char text[96];
    if (types)
        snprintf(text, sizeof text, "%s▏ %s   Enter takes it", p->scene->amount,
                 b->ask->unit);
    else
        snprintf(text, sizeof text, "Type a number, or click on the line.");
    canvas_text_fit(p->c,
                    text_style(types ? FACE_MEDIUM : FACE_SANS,
                               types ? TYPE_BODY : TYPE_SMALL,
                               types ? p->t->text : p->t->soft),
                    left, y, right - left, text);
}

static void draw_axis(Page *p, const DeckBlock *b, int left, int right) {
    Canvas *c = p->c;
    const int grip = canvas_u(c, 14);
    const Rect axis = {left, p->y + canvas_u(c, 34), right - left,
                       num_max(canvas_u(c, 6), 1)};
    const int below = axis.y + axis.h + canvas_u(c, 22);
    canvas_round(c, axis, (float)axis.h / 2, p->t->rule);
    draw_guess(p, b, axis);
    p->y = below + canvas_u(c, 8);
    if (is_revealed(p, b)) {
        draw_truth(p, b, axis);
        draw_ends(p, b->ask, axis, below + canvas_u(c, 34));
        p->y = below + canvas_u(c, 40);
        return;
    }
    draw_ends(p, b->ask, axis, below);
    if (!waits(p, b)) return;
    draw_how(p, b, left, right, below + canvas_u(c, 30));
    p->y = below + canvas_u(c, 38);
    hits_add(p->hits,
             (Hit){.rect = {axis.x, axis.y - grip, axis.w, axis.h + 2 * grip},
                   .kind = HIT_SLIDER,
                   .slider_key = STATE_ANSWER,
                   .arg = b->ask->number,
                   .lo = (float)b->ask->low,
                   .hi = (float)b->ask->high});
}

/* ---- a task -------------------------------------------------------------- */

static void draw_done(Page *p, const DeckBlock *b, int left, int right,
                      bool measure) {
    const bool done = slide_ask_given(p->scene, b->ask) > 0;
    const TextStyle style = text_style(done ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                       done ? p->t->good : p->t->soft);
    const char *text = done          ? "✓ done"
                       : waits(p, b) ? "Ticked once you did it. Space goes on."
                                     : "not done";
    p->y += paragraph_plain(p->c, left, p->y, right - left, style, 1.35f, text,
                            !measure);
}

/* The box before the sentence. */
static void draw_box(Page *p, const DeckBlock *b, int x, int y) {
    Canvas *c = p->c;
    const bool done = slide_ask_given(p->scene, b->ask) > 0;
    const int side = canvas_u(c, 20);
    const Rect box = {x, y + canvas_u(c, 4), side, side};
    TextStyle style = text_style(FACE_BOLD, TYPE_LEAD, p->t->good);
    style.align = ALIGN_CENTER;
    canvas_frame(c, box, (float)canvas_u(c, 3), (float)canvas_u(c, 2),
                 done ? p->t->good : p->t->text);
    if (done) canvas_text_row(c, style, box.x + side / 2, box.y, side, "✓");
}

/* ---- words --------------------------------------------------------------- */

/* A text and its formulas behind n spans; how many there are. */
static int put_text(Page *p, const char *text, TextSpan out[PAGE_SPANS_MAX],
                    int n) {
    FormulaPiece piece;
    while (n + 3 < PAGE_SPANS_MAX && formula_next(&text, &piece)) {
        const TextSpan span = {.text = piece.text,
                               .len = piece.len,
                               .face = FACE_SANS,
                               .color = p->t->text,
                               .formula = piece.formula};
        if (piece.formula)
            out[n++] = span;
        else
            n = panel_put_span(p, span, out, n);
    }
    return n;
}

/* ---- hints --------------------------------------------------------------- */

static void draw_hint_way(Page *p, const DeckBlock *b, int left, int shown) {
    const TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, p->t->accent);
    char text[48];
    const int h = canvas_u(p->c, 24);
    snprintf(text, sizeof text, "%s ▸  Ctrl+H", shown ? "next hint" : "hint");
    canvas_text_row(p->c, style, left, p->y, h, text);
    hits_command(p->hits,
                 (Rect){left, p->y, canvas_text_width(p->c, style, text), h},
                 CMD_HINT, b->ask->number + 1);
    p->y += h;
}

static void draw_hints(Page *p, const DeckBlock *b, int left, int right,
                       bool measure) {
    const DeckAsk *ask = b->ask;
    const float asked =
        p->scene ? p->scene->state->hints.at[ask->number] : STATE_NONE;
    const int shown = asked > 0 ? num_min((int)asked, ask->n_hints) : 0;
    if (shown || (waits(p, b) && ask->n_hints)) p->y += canvas_u(p->c, 10);
    for (int i = 0; i < shown; i++) {
        TextSpan spans[PAGE_SPANS_MAX];
        panel_clear_terms(p);
        spans[0] = panel_span(FACE_MEDIUM, p->t->soft, "Hint: ");
        const int n = put_text(p, ask->hints[i], spans, 1);
        p->y += paragraph_text(p->c, left, p->y, right - left, TYPE_BODY, 1.35f,
                               spans, n, !measure) +
                canvas_u(p->c, 4);
        if (!measure) panel_note_terms(p, n);
    }
    if (waits(p, b) && shown < ask->n_hints) draw_hint_way(p, b, left, shown);
}

/* ---- all of it ----------------------------------------------------------- */

static void draw_sentence(Page *p, const DeckBlock *b, int left, int right,
                          bool measure) {
    const DeckAsk *ask = b->ask;
    const bool does = ask->kind == ASK_DO;
    TextSpan spans[PAGE_SPANS_MAX];
    int n = 1;
    const int x = does ? left + canvas_u(p->c, 30) : left;
    panel_clear_terms(p);
    spans[0] = panel_span(FACE_BOLD, p->t->text,
                          does                ? "Your turn: "
                          : is_revealed(p, b) ? "Asked before: "
                                              : "Before you look: ");
    if (*ask->question)
        n = put_text(p, ask->question, spans, n);
    else if (does)
        spans[n++] = panel_span(FACE_MONO, p->t->text, ask->goal_text);
    else
        spans[n++] = panel_span(FACE_SANS, p->t->text, "your guess?");
    if (does) draw_box(p, b, left, p->y);
    p->y += paragraph_text(p->c, x, p->y, right - x, TYPE_LEAD - 2, 1.4f, spans,
                           n, !measure) +
            canvas_u(p->c, 12);
    if (!measure) panel_note_terms(p, n);
}

static void draw_question(Page *p, const DeckBlock *b, bool measure) {
    Canvas *c = p->c;
    const int pad = canvas_u(c, 20), left = p->x + pad + canvas_u(c, 4);
    const int right = p->x + p->w - pad, top = p->y;
    p->y += canvas_u(c, 16);
    draw_sentence(p, b, left, right, measure);
    if (b->ask->kind == ASK_GUESS)
        draw_axis(p, b, left, right);
    else if (b->ask->kind == ASK_DO)
        draw_done(p, b, left + canvas_u(c, 30), right, measure);
    else if (is_counted(p, b))
        draw_rows(p, b, left, right, measure);
    else
        draw_pills(p, b, left, right);
    draw_hints(p, b, left, right, measure);
    p->y += canvas_u(c, 18);
    if (measure) p->y -= top;
}

void slide_ask_draw(Page *p, const DeckBlock *b) {
    Page trial = *p;
    int n_hits = p->hits->n;
    canvas_push_clip(p->c, (Rect){0, 0, 0, 0}); /* the trial leaves no mark */
    draw_question(&trial, b, true);
    canvas_pop_clip(p->c);
    p->hits->n = n_hits;
    canvas_fill(p->c, (Rect){p->x, p->y, p->w, trial.y}, p->t->window);
    canvas_fill(p->c, (Rect){p->x, p->y, canvas_u(p->c, 4), trial.y},
                p->t->accent);
    draw_question(p, b, false);
    p->y += canvas_u(p->c, 14);
}
