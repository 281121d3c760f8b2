#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/next/next.h"

#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define ROWS_MAX 64

/* Columns in pixels; a column that is left out has its place at 0. */
typedef struct Table {
    const StudyNext *next;   /* what could follow */
    const StudyNext *before; /* and could before the change; NULL */
    const StudyTruth *truth; /* what truly may; NULL or n 0: nobody knows */
    int rows[ROWS_MAX];      /* indices of the candidates listed, best first */
    int n_rows, n_others;
    int following; /* as next_following */
    int row_h, head_h;
    int rank, token, token_w; /* right end; left end */
    int logit, scaled, prob;  /* right ends; scaled may be left out */
    int bar, bar_w;
    int final; /* right end; left out when nothing is cut */
    int end;   /* of the table */
    int number_w;
    float axis; /* probability at the bars' right end */
    TextStyle number, text;
} Table;

/* ---- numbers ------------------------------------------------------------- */

void next_count_text(int n, char out[16]) {
    if (n >= 1000000)
        snprintf(out, 16, "%d,%03d,%03d", n / 1000000, n / 1000 % 1000,
                 n % 1000);
    else if (n >= 1000)
        snprintf(out, 16, "%d,%03d", n / 1000, n % 1000);
    else
        snprintf(out, 16, "%d", n);
}

void next_coin_text(float coin, char out[16]) {
    snprintf(out, 16, "%s", number_fixed(fmin((double)coin, .9999), 4).s);
}

/* Three places for all, so that the points stand under each other. */
static void logit_text(float v, char out[16]) {
    snprintf(out, 16, "%s",
             number_signed((double)v, fabsf(v) < 1e5f ? 3 : 0).s);
}

int next_following(const Stage *s, const StudyNext *next) {
    const int id = masked_told(s, s->pos);
    for (int i = 0; i < next->n; i++)
        if (next->candidates[i].id == id) return i;
    return -1;
}

int next_opened_id(const Stage *s, const StudyNext *next) {
    const int opened = stage_opened_token(s);
    if (opened >= 0) return opened;
    return next ? next->candidates[0].id : -1;
}

static bool is_greedy(const Stage *s) {
    return s->state->sampler.temperature == 0 && !masked_tells(s);
}

/* Cuts drop from the end, so the last candidate tells. */
static bool has_cuts(const Table *t, const Stage *s) {
    return !is_greedy(s) && !next_is_certain(s) &&
           t->next->candidates[t->next->n - 1].cut != SAMPLER_KEPT;
}

static const char *cut_word(SamplerCut cut) {
    static const char *const words[] = {
        [SAMPLER_KEPT] = "",
        [SAMPLER_CUT_TOP_K] = "top-k",
        [SAMPLER_CUT_TOP_P] = "top-p",
        [SAMPLER_CUT_MIN_P] = "min-p",
    };
    return words[cut];
}

bool next_is_tempered(const Stage *s) {
    return !is_greedy(s) && !masked_tells(s) &&
           s->state->sampler.temperature != 1;
}

/* p^(1/T) of each, as dividing logits by T does, to a sum of 1. */
double next_truth_shown(const Stage *s, const StudyTruth *truth, int i) {
    if (!next_is_tempered(s)) return truth->prob[i];
    const double power = 1 / (double)s->state->sampler.temperature;
    double most = 0, sum = 0;
    for (int k = 0; k < truth->n; k++)
        most = fmax(most, truth->prob[k]);
    for (int k = 0; k < truth->n; k++)
        sum += pow(truth->prob[k] / most, power);
    return most > 0 ? pow(truth->prob[i] / most, power) / sum : 0;
}

/* ---- which rows ---------------------------------------------------------- */

/* The last rows go to what else is to be seen: rank `also`, kept in order.  The
 * first *n_best rows are still the best ones. */
static void list_also(Table *t, int *n_best, int also) {
    if (also < *n_best || *n_best < 2) return;
    for (int i = *n_best; i < t->n_rows; i++)
        if (t->rows[i] == also) return;
    int at = --*n_best;
    for (; at + 1 < t->n_rows && t->rows[at + 1] < also; at++)
        t->rows[at] = t->rows[at + 1];
    t->rows[at] = also;
}

static int rank_of(const StudyNext *next, int id) {
    for (int i = 0; i < next->n; i++)
        if (next->candidates[i].id == id) return i;
    return -1;
}

/* From the row scrolled to; unscrolled the best of all, with the drawn one, the
 * one in the text and the opened one. */
static void choose_rows(Table *t, const Stage *s, int height) {
    int n = t->next->n;
    int roomy = stage_u(s, 46), tight = stage_u(s, 23);
    t->head_h = stage_u(s, height > stage_u(s, 260) ? 34 : 28);
    t->row_h = (height - t->head_h) / 11;
    t->row_h = t->row_h > roomy ? roomy : t->row_h < tight ? tight : t->row_h;
    int fit = (height - t->head_h) / t->row_h;
    if (fit > ROWS_MAX) fit = ROWS_MAX;
    t->n_rows = fit >= n ? n : fit > 1 ? fit - 1 : fit; /* 1 for the others */
    const int first = num_clamp(s->state->row, 0, n - t->n_rows);
    for (int i = 0; i < t->n_rows; i++)
        t->rows[i] = first + i;
    t->following = next_following(s, t->next);
    if (first == 0) {
        int n_best = t->n_rows;
        if (!next_is_certain(s)) list_also(t, &n_best, t->next->drawn);
        list_also(t, &n_best, t->following);
        list_also(t, &n_best, rank_of(t->next, s->elem));
    }
    t->n_others = fit > 1 ? n - t->n_rows : 0;
}

/* ---- columns ------------------------------------------------------------- */

static int text_width(const Stage *s, TextStyle style, const char *text) {
    return canvas_text_width(s->canvas, style, text);
}

static int widest_token(const Stage *s, const Table *t) {
    int widest = stage_u(s, 70);
    for (int i = 0; i < t->n_rows; i++) {
        char text[STAGE_LABEL_MAX];
        tokenizer_show(s->tokenizer, t->next->candidates[t->rows[i]].id, text,
                       sizeof text);
        int w = text_width(s, t->text, text);
        if (w > widest) widest = w;
    }
    int most = stage_u(s, 190);
    return widest < most ? widest : most;
}

static int widest_number(const Stage *s, const Table *t) {
    int widest = 0;
    for (int i = 0; i < t->n_rows; i++) {
        char text[16];
        logit_text(t->next->candidates[t->rows[i]].scaled, text);
        int w = text_width(s, t->number, text);
        logit_text(t->next->candidates[t->rows[i]].logit, text);
        if (text_width(s, t->number, text) > w)
            w = text_width(s, t->number, text);
        if (w > widest) widest = w;
    }
    return widest;
}

/* End of the bars' scale: the least of 100, 50, 20, 10, 5, ... % that holds
 * them all. */
static float axis_for(const Table *t, const Stage *s) {
    const Candidate *best = &t->next->candidates[0];
    float most = best->final > best->prob && !is_greedy(s) && !next_is_bare(s)
                     ? best->final
                     : best->prob;
    if (t->before) most = fmaxf(most, t->before->candidates[0].prob);
    for (int i = 0; t->truth && i < t->truth->n; i++)
        most = fmaxf(most, (float)next_truth_shown(s, t->truth, i));
    float axis = 1;
    for (int i = 0; i < 12; i++) {
        float next = i % 3 == 1 ? axis * .4f : axis * .5f;
        if (next < most) break;
        axis = next;
    }
    return axis;
}

/* From left to right; what is left goes to the bars.  The divided logits, then
 * the logits yield to them. */
static void place_columns(Table *t, const Stage *s, Rect r) {
    char rank[16];
    int gap = stage_u(s, 26), bar_least = stage_u(s, 120);
    snprintf(rank, sizeof rank, "%d", t->rows[t->n_rows - 1] + 1);
    TextStyle small = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    t->rank = r.x + text_width(s, small, rank);
    if (t->rank < r.x + stage_u(s, 22)) t->rank = r.x + stage_u(s, 22);
    t->token = t->rank + stage_u(s, 16);
    t->token_w = widest_token(s, t);
    t->number_w = widest_number(s, t);
    int percent_w = text_width(s, t->number, ">99.99 %");
    int label_w = text_width(s, small, "probability");
    if (percent_w < label_w) percent_w = label_w;
    int right = t->end = r.x + r.w;
    t->final = has_cuts(t, s) ? right : 0;
    if (has_cuts(t, s)) right -= percent_w + gap;
    int x = t->token + t->token_w;
    int room = right - x - gap - percent_w - stage_u(s, 16) - bar_least;
    int column = t->number_w + gap;
    t->logit = t->scaled = 0;
    const bool full = !next_is_bare(s);
    if (full && room >= column) t->logit = x += column;
    if (full && room >= 2 * column && !is_greedy(s) && !masked_tells(s))
        t->scaled = x += column;
    t->prob = x + gap + percent_w;
    t->bar = t->prob + stage_u(s, 16);
    t->bar_w = right > t->bar ? right - t->bar : 0;
    t->axis = axis_for(t, s);
}

/* ---- drawing ------------------------------------------------------------- */

static void draw_tick(const Stage *s, const Table *t, Rect r, float f) {
    int x = t->bar + (int)lroundf(f * (float)t->bar_w);
    int h = t->n_rows * t->row_h;
    canvas_fill(s->canvas, (Rect){x, r.y + t->head_h, stage_u(s, 1), h},
                s->theme->rule);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = f == 1 ? ALIGN_RIGHT : f > 0 ? ALIGN_CENTER : ALIGN_LEFT;
    canvas_textf(s->canvas, style, x, r.y + stage_u(s, 14), "%s %%",
                 number_round((double)roundf(1e4f * f * t->axis) / 100, 6).s);
}

static void head_word(const Stage *s, TextStyle style, int x, int baseline,
                      const char *text) {
    canvas_text(s->canvas, style, x, baseline, text);
    glossary_note(s->hits, s->canvas, style, x, baseline, text);
}

static void draw_head(const Stage *s, const Table *t, Rect r) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    int baseline = r.y + stage_u(s, 14);
    head_word(s, style, t->token, baseline, "token");
    style.align = ALIGN_RIGHT;
    if (t->logit) head_word(s, style, t->logit, baseline, "logit");
    if (t->scaled) {
        char text[24];
        const int term = glossary_find("temperature", 11);
        snprintf(text, sizeof text, "÷ %s",
                 number_round((double)s->state->sampler.temperature, 4).s);
        canvas_text(s->canvas, style, t->scaled, baseline, text);
        const int w = text_width(s, style, text);
        hits_term(s->hits, (Rect){t->scaled - w, r.y, w, stage_u(s, 20)}, term);
    }
    head_word(s, style, t->prob, baseline,
              is_greedy(s) && !next_is_bare(s) ? "at T = 1" : "probability");
    if (t->final) head_word(s, style, t->final, baseline, "after cuts");
    draw_tick(s, t, r, 0);
    draw_tick(s, t, r, .5f);
    draw_tick(s, t, r, 1);
}

static bool is_dropped(const Stage *s, const Candidate *c) {
    return !next_is_certain(s) && c->cut != SAMPLER_KEPT;
}

/* A number that can be opened: its right end, and its text. */
static void draw_openable(const Stage *s, const Table *t, int op, int right,
                          int y, const Candidate *c, const char *text) {
    int pad = stage_u(s, 8);
    TextStyle style = t->number;
    int w = text_width(s, style, text);
    if (op == NEXT_OP_LOGIT) w = t->number_w;
    int end = right + pad < t->end ? right + pad : t->end;
    Rect cell = {right - w - pad, y + stage_u(s, 2), end - (right - w - pad),
                 t->row_h - stage_u(s, 4)};
    bool is_opened = s->op == op && c->id == next_opened_id(s, t->next);
    if (is_opened)
        canvas_round(s->canvas, cell, (float)stage_u(s, 6), s->theme->well);
    if (rect_contains(cell, s->mouse_x, s->mouse_y))
        canvas_frame(s->canvas, cell, (float)stage_u(s, 6),
                     (float)stage_u(s, 1), s->theme->soft);
    if (is_opened) style.face = FACE_MONO_BOLD;
    if (is_dropped(s, c)) style.color = s->theme->soft;
    canvas_text_row(s->canvas, style, right, y, t->row_h, text);
    hits_pick(s->hits, cell,
              pick_and(pick_word(STATE_OP, next_ops[op].name),
                       pick_number(STATE_ELEM, c->id)));
}

static void draw_logit(const Stage *s, const Table *t, int y,
                       const Candidate *c) {
    char text[16];
    logit_text(c->logit, text);
    draw_openable(s, t, NEXT_OP_LOGIT, t->logit, y, c, text);
}

/* Words must fit into a bar of a low row, too. */
static int bar_height(const Stage *s, const Table *t) {
    int h = t->row_h * 5 / 9, least = stage_u(s, 18);
    return h > least ? h : least < t->row_h ? least : t->row_h;
}

static int bar_length(const Table *t, double p) {
    int w = (int)lround(p / (double)t->axis * t->bar_w);
    return w < t->bar_w ? w : t->bar_w;
}

/* A word right of what the bar reaches to, or, where there is no room, at the
 * end of its filled part. */
static void draw_tag(const Stage *s, const Table *t, Rect filled, int reach,
                     Color fill, const char *text) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    int w = text_width(s, style, text), pad = stage_u(s, 10);
    int x = t->bar + reach + pad;
    if (x + w > t->bar + t->bar_w) {
        x = filled.x + filled.w - pad - w;
        style.color = theme_ink(fill);
    }
    if (x > t->bar)
        canvas_text_row(s->canvas, style, x, filled.y, filled.h, text);
}

/* Of the die and the cuts a bare table says nothing; in a hidden place the best
 * stands for what is drawn. */
static bool is_drawn(const Stage *s, const Table *t, int candidate) {
    if (masked_tells(s)) return candidate == 0 && masked_at(s, s->pos);
    return !next_is_bare(s) && candidate == t->next->drawn;
}

/* The probability filled; what the cuts make of it as a frame around. */
static void draw_bar(const Stage *s, const Table *t, int y, int candidate) {
    const Theme *theme = s->theme;
    const Candidate *c = &t->next->candidates[candidate];
    bool drawn = is_drawn(s, t, candidate), follows = candidate == t->following;
    bool dropped = is_dropped(s, c);
    Color fill = drawn     ? theme->accent
                 : dropped ? color_mix(theme->window, theme->soft, .3f)
                           : color_mix(theme->window, theme->query, .55f);
    int h = bar_height(s, t);
    Rect bar = {t->bar, y + (t->row_h - h) / 2, bar_length(t, c->prob), h};
    float radius = (float)stage_u(s, 3);
    int reach = bar.w;
    if (t->final && c->final > c->prob) {
        Rect after = bar;
        after.w = reach = bar_length(t, c->final);
        canvas_frame(s->canvas, after, radius, (float)stage_u(s, 1.5f), fill);
    }
    canvas_round(s->canvas, bar, radius, fill);
    for (int i = 0; t->truth && i < t->truth->n; i++) /* not on its mark */
        if (t->truth->id[i] == c->id)
            reach =
                num_max(reach, bar_length(t, next_truth_shown(s, t->truth, i)));
    const bool fills = masked_tells(s);
    if (drawn || follows)
        draw_tag(s, t, bar, reach, fill,
                 !drawn    ? "in the text"
                 : follows ? fills ? "filled in, as in the text"
                                   : "drawn, and in the text"
                 : fills   ? "filled in"
                           : "drawn");
}

/* What it was before the change: a dashed outline, and the number. */
static void draw_before(const Stage *s, const Table *t, int y,
                        const Candidate *now) {
    const Candidate *was = before_candidate(t->before, now->id);
    if (!was || fabsf(was->prob - now->prob) < BEFORE_LEAST) return;
    int h = bar_height(s, t) + stage_u(s, 4);
    Rect bar = {t->bar, y + (t->row_h - h) / 2, bar_length(t, was->prob), h};
    if (bar.w > stage_u(s, 2)) stage_dashed(s, bar, s->theme->text);
    char text[16], label[32];
    stage_probability_text(was->prob, text);
    snprintf(label, sizeof label, "was %s", text);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    style.align = ALIGN_RIGHT;
    const int taken = num_max(bar.w, bar_length(t, now->prob));
    if (taken + canvas_text_width(s->canvas, style, label) + stage_u(s, 90) <
        t->bar_w)
        canvas_text_row(s->canvas, style, t->bar + t->bar_w, y, t->row_h,
                        label);
}

/* How likely the token truly is: a mark on the bars' scale. */
static void draw_truth(const Stage *s, const Table *t, int y, int id) {
    for (int i = 0; t->truth && i < t->truth->n; i++) {
        if (t->truth->id[i] != id) continue;
        TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->text);
        style.align = ALIGN_CENTER;
        const int x = t->bar + bar_length(t, next_truth_shown(s, t->truth, i));
        const int half = stage_u(s, 9);
        const Rect at = {x - half, y, 2 * half, t->row_h};
        canvas_text_row(s->canvas, style, x, y, t->row_h, NEXT_TRUTH_MARK);
        if (!rect_contains(at, s->mouse_x, s->mouse_y)) return;
        char text[112], percent[16], shown[16];
        stage_percent_text(t->truth->prob[i], percent);
        stage_percent_text(next_truth_shown(s, t->truth, i), shown);
        const int n = snprintf(text, sizeof text,
                               "in the world of its stories truly %s", percent);
        if (next_is_tempered(s))
            snprintf(text + n, sizeof text - (size_t)n,
                     "; at temperature %s that is %s",
                     number_round((double)s->state->sampler.temperature, 4).s,
                     shown);
        tip_set(s->tip, at, text);
        return;
    }
}

static void draw_percent(const Stage *s, TextStyle style, int right, int y,
                         int row_h, double p) {
    char text[16];
    stage_percent_text(p, text);
    canvas_text_row(s->canvas, style, right, y, row_h, text);
}

static void draw_small(const Stage *s, int right, int y, int row_h,
                       const char *text) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, style, right, y, row_h, text);
}

static void draw_final(const Stage *s, const Table *t, int y,
                       const Candidate *c) {
    char text[24];
    if (c->cut == SAMPLER_KEPT) {
        stage_percent_text((double)c->final, text);
        draw_openable(s, t, NEXT_OP_SHARE, t->final, y, c, text);
        return;
    }
    snprintf(text, sizeof text, "cut: %s", cut_word(c->cut));
    draw_small(s, t->final, y, t->row_h, text);
}

/* Clicked anywhere but on a number, a row's token is taken. */
static void add_row_hit(const Stage *s, Rect row, int id) {
    if (rect_contains(row, s->mouse_x, s->mouse_y))
        canvas_round(s->canvas, row, (float)stage_u(s, 6),
                     color_alpha(s->theme->well, .6f));
    hits_pick(s->hits, row, pick_number(STATE_THEN, id));
}

static void draw_row(const Stage *s, const Table *t, Rect r, int i) {
    int candidate = t->rows[i];
    const Candidate *c = &t->next->candidates[candidate];
    bool dropped = is_dropped(s, c), drawn = is_drawn(s, t, candidate);
    int y = r.y + t->head_h + i * t->row_h;
    char label[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, c->id, label, sizeof label);
    add_row_hit(s, (Rect){r.x, y, r.w, t->row_h}, c->id);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    int cap = canvas_metrics(s->canvas, t->text).cap;
    int baseline = y + (t->row_h + cap) / 2;
    style.align = ALIGN_RIGHT;
    canvas_textf(s->canvas, style, t->rank, baseline, "%d", candidate + 1);
    style = t->text;
    style.face = drawn ? FACE_BOLD : FACE_SANS;
    style.color = drawn     ? s->theme->accent
                  : dropped ? s->theme->soft
                            : s->theme->text;
    canvas_text_fit(s->canvas, style, t->token, baseline, t->token_w, label);
    if (t->logit) draw_logit(s, t, y, c);
    style = t->number;
    if (dropped) style.color = s->theme->soft;
    if (t->scaled) {
        char text[16];
        logit_text(c->scaled, text);
        canvas_text_row(s->canvas, style, t->scaled, y, t->row_h, text);
    }
    char percent[16];
    stage_probability_text((double)c->prob, percent);
    draw_openable(s, t, next_is_bare(s) ? NEXT_OP_BARS : NEXT_OP_PROB, t->prob,
                  y, c, percent);
    draw_bar(s, t, y, candidate);
    draw_before(s, t, y, c);
    draw_truth(s, t, y, c->id);
    if (t->final) draw_final(s, t, y, c);
}

/* All that is not listed, in one row. */
static void draw_others(const Stage *s, const Table *t, Rect r) {
    double prob = 0, final = 0;
    int next = 0;
    for (int i = 0; i < t->next->n; i++) {
        if (next < t->n_rows && t->rows[next] == i) {
            next++;
            continue;
        }
        prob += t->next->candidates[i].prob;
        final += t->next->candidates[i].final;
    }
    int y = r.y + t->head_h + t->n_rows * t->row_h;
    TextStyle style = t->text;
    style.color = s->theme->soft;
    char text[32], count[16];
    next_count_text(t->n_others, count);
    snprintf(text, sizeof text, "%s other%s", count,
             t->n_others == 1 ? "" : "s");
    canvas_text_row(s->canvas, style, t->token, y, t->row_h, text);
    style = t->number;
    style.color = s->theme->soft;
    draw_percent(s, style, t->prob, y, t->row_h, prob);
    if (t->final && final > 0)
        draw_percent(s, style, t->final, y, t->row_h, final);
    else if (t->final)
        draw_small(s, t->final, y, t->row_h, "all cut");
    int h = bar_height(s, t);
    /* A bar that would leave the scale would lie; the number stands alone. */
    if (prob <= (double)t->axis)
        canvas_round(
            s->canvas,
            (Rect){t->bar, y + (t->row_h - h) / 2, bar_length(t, prob), h},
            (float)stage_u(s, 3),
            color_mix(s->theme->window, s->theme->soft, .2f));
}

/* What the wheel scrolls. */
static void add_list(const Stage *s, const Table *t, Rect r) {
    r.h = t->head_h + (t->n_rows + (t->n_others > 0)) * t->row_h;
    hits_add(s->hits, (Hit){.rect = r,
                            .kind = HIT_LIST,
                            .rows = t->next->n,
                            .row0 = num_max(s->state->row, 0),
                            .arg = t->n_rows});
}

int next_table_draw(const Stage *s, const StudyNext *next, Rect r) {
    Table t = {.next = next,
               .before = before_next(s, s->pos),
               .truth = study_truth(s->study, s->pos),
               .number = text_style(FACE_MONO, TYPE_BODY, s->theme->text)};
    t.number.align = ALIGN_RIGHT;
    choose_rows(&t, s, r.h);
    if (t.n_rows < 1) return 0;
    t.text =
        text_style(FACE_SANS, t.row_h >= stage_u(s, 40) ? TYPE_LEAD : TYPE_BODY,
                   s->theme->text);
    place_columns(&t, s, r);
    draw_head(s, &t, r);
    add_list(s, &t, r);
    for (int i = 0; i < t.n_rows; i++)
        draw_row(s, &t, r, i);
    if (t.n_others) draw_others(s, &t, r);
    return t.head_h + (t.n_rows + (t.n_others > 0)) * t.row_h;
}
