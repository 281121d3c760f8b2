/* The lanes: a column a neuron for the strongest, the others as bars on the
 * same axes. */
#include "viz/views/mlp/mlp.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_AIR 4.0f /* left and right of a cell's number */

typedef struct LaneLabel {
    const char *name, *formula; /* name NULL: mlp_value_name */
} LaneLabel;

static const LaneLabel gated[MLP_LANES] = {
    [MLP_GATE] = {"gate", "W_gate · x"},
    [MLP_ACT] = {"SiLU", "gate × σ(gate)"},
    [MLP_UP] = {"up", "W_up · x"},
    [MLP_PRODUCT] = {"product", "SiLU × up"},
    [MLP_DOWN] = {"down", "W_down · product"},
};

static const LaneLabel gelu_gated[MLP_LANES] = {
    [MLP_ACT] = {"GELU", "gate × share"},
    [MLP_PRODUCT] = {"product", "GELU × up"},
};

static const LaneLabel ungated[MLP_LANES] = {
    [MLP_GATE] = {"up", "W_up · x"},
    [MLP_PRODUCT] = {NULL, "what up becomes"},
    [MLP_DOWN] = {"down", "W_down · that"},
};

static const LaneLabel *label_of(const Arch *a, MlpLane lane) {
    if (!mlp_is_gated(a)) return &ungated[lane];
    return a->activation != ACTIVATION_SILU && gelu_gated[lane].name
               ? &gelu_gated[lane]
               : &gated[lane];
}

float mlp_value(const StudyNeuron *n, MlpLane lane) {
    return lane == MLP_GATE      ? n->gate
           : lane == MLP_ACT     ? n->act
           : lane == MLP_UP      ? n->up
           : lane == MLP_PRODUCT ? n->product
                                 : n->adds;
}

void mlp_text(const Stage *s, TextStyle style, int x, int y, int w,
              const char *text) {
    if (w <= 0) return;
    canvas_text_fit(s->canvas, style, x, y, w, text);
    if (canvas_text_width(s->canvas, style, text) <= w)
        glossary_note(s->hits, s->canvas, style, x, y, text);
}

static Rect lane_rect(const MlpLayout *l, Rect of, int lane) {
    return (Rect){of.x, of.y + lane * l->lane_h, of.w, l->lane_h};
}

/* How far v reaches from the middle of a lane. */
static int height_of(const MlpLayout *l, MlpLane lane, float v) {
    if (isnan(v)) return 0;
    const float part = fmaxf(-1, fminf(1, v / l->hi[lane]));
    return (int)lroundf(part * ((float)l->lane_h / 2 - 2));
}

static Color color_of(const Stage *s, float v) {
    return v >= 0 ? s->theme->positive : s->theme->negative;
}

/* The bar from the middle line to v; at least a pixel for what is not 0. */
static Rect bar_rect(const MlpLayout *l, Rect lane, MlpLane which, float v,
                     int x, int w) {
    const int middle = lane.y + lane.h / 2;
    int h = height_of(l, which, v);
    if (h == 0 && v != 0 && !isnan(v)) h = v > 0 ? 1 : -1;
    return (Rect){x, h > 0 ? middle - h : middle, w, abs(h)};
}

/* ---- one column ---------------------------------------------------------- */

/* What it was, where that is another number: a hollow bar. */
static bool was_value(const MlpLayout *l, MlpLane lane, int neuron,
                      float *was) {
    if (!l->before) return false;
    const bool same = l->before->a == l->now->a && l->before->b == l->now->b;
    const bool turned = l->before->a == l->now->b && l->before->b == l->now->a;
    if (lane == MLP_DOWN && !same && !turned) return false;
    *was = mlp_value(&l->before->list[neuron], lane);
    if (lane == MLP_DOWN && turned) *was = -*was;
    const float now = mlp_value(&l->now->list[neuron], lane);
    return fabsf(*was - now) >= BEFORE_LEAST;
}

static void number_text(float v, char out[16]) {
    const float size = fabsf(v);
    snprintf(out, 16, "%s",
             v == 0           ? "0"
             : size < .00005f ? "≈0"
                              : number_signed((double)v, size < .0005f    ? 4
                                                         : size < .1f     ? 3
                                                         : size < 99.995f ? 2
                                                                          : 0)
                                    .s);
}

/* Right of `left`, where the cell's bars end. */
static void draw_number(const Stage *s, Rect cell, int left, float v,
                        bool above, bool is_was) {
    char text[16];
    TextStyle style = text_style(FACE_MONO, is_was ? TYPE_TINY : TYPE_SMALL,
                                 is_was ? s->theme->soft : s->theme->text);
    style.align = ALIGN_RIGHT;
    number_text(v, text);
    const int right = cell.x + cell.w - stage_u(s, NUMBER_AIR);
    stage_number_fit(s, style, right - left, text);
    const bool halves = cell.h >= stage_u(s, 38);
    const int y = halves && !above ? cell.y + cell.h / 2 : cell.y;
    const int h = halves ? cell.h / 2 : cell.h;
    canvas_text_row(s->canvas, style, right, y, h, text);
}

/* The bar of a cell and the hollow one beside it, in design units: as broad as
 * the longest number leaves them. */
typedef struct Bars {
    float air, now, gap, was;
} Bars;

static Bars bars_of(const Stage *s, int cell_w, bool changed) {
    static const Bars sizes[] = {
        {7, 14, 2, 7}, {3, 9, 2, 4}, {2, 6, 1, 3}, {1, 4, 1, 2}};
    enum { N = sizeof sizes / sizeof *sizes };
    const TextStyle style = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    const int room = cell_w - canvas_text_width(s->canvas, style, "+00.00") -
                     stage_u(s, 2 * NUMBER_AIR);
    int i = 0;
    for (; i < N - 1; i++) {
        const Bars b = sizes[i];
        const float w = b.air + b.now + (changed ? b.gap + b.was : 0);
        if (stage_u(s, w) <= room) break;
    }
    return sizes[i];
}

static void draw_cell(const Stage *s, const MlpLayout *l, Rect cell,
                      MlpLane lane, int neuron) {
    const float v = mlp_value(&l->now->list[neuron], lane);
    float was = 0;
    const bool changed = was_value(l, lane, neuron, &was);
    const Bars bars = bars_of(s, cell.w, changed);
    const int x = cell.x + stage_u(s, bars.air), w = stage_u(s, bars.now);
    if (isnan(v))
        canvas_hatch(s->canvas, (Rect){x, cell.y, w, cell.h}, s->theme->soft);
    else
        canvas_fill(s->canvas, bar_rect(l, cell, lane, v, x, w),
                    color_of(s, v));
    int left = x + w;
    if (changed) {
        const int ghost_w = stage_u(s, bars.was);
        const Rect ghost =
            bar_rect(l, cell, lane, was, left + stage_u(s, bars.gap), ghost_w);
        stage_dashed(s, ghost, s->theme->soft);
        left = ghost.x + ghost_w;
        if (cell.h >= stage_u(s, 38))
            draw_number(s, cell, left, was, v < 0, true);
    }
    draw_number(s, cell, left, v, v >= 0, false);
}

/* "off", "×0.5": what is done to it. */
static void draw_edit(const Stage *s, const MlpLayout *l, int x, int neuron) {
    const float scale =
        edits_get(trace_edits(s->trace), EDIT_NEURON, s->layer, neuron);
    if (scale == 1) return;
    char text[24];
    TextStyle style = text_style(FACE_BOLD, TYPE_TINY, s->theme->bad);
    snprintf(text, sizeof text, scale == 0 ? "off" : "× %s",
             number_round((double)scale, 3).s);
    style.align = ALIGN_CENTER;
    canvas_text(s->canvas, style, x + l->column_w / 2,
                l->columns.y - stage_u(s, 5), text);
}

static void draw_column(const Stage *s, const MlpLayout *l, int i) {
    const int neuron = l->wide[i], x = l->columns.x + i * l->column_w;
    const int gap = stage_u(s, 4);
    const Rect card = {x, l->columns.y, l->column_w - gap, l->columns.h};
    canvas_fill(s->canvas, card, s->theme->panel);
    char text[16];
    TextStyle style = text_style(FACE_BOLD, TYPE_BODY, s->theme->mlp);
    style.align = ALIGN_CENTER;
    snprintf(text, sizeof text, "%d", neuron);
    canvas_text(s->canvas, style, x + l->column_w / 2,
                l->columns.y - stage_u(s, 20), text);
    draw_edit(s, l, x, neuron);
    for (int k = 0; k < l->n_lanes; k++) {
        Rect cell = lane_rect(l, card, k);
        draw_cell(s, l, cell, l->lane[k], neuron);
        ViewOp op;
        if (view_mlp.op(s->config->arch, k, &op))
            hits_pick(s->hits, cell,
                      pick_and(pick_number(STATE_ELEM, neuron),
                               pick_word(STATE_OP, op.name)));
    }
}

/* ---- the others ---------------------------------------------------------- */

typedef struct Span {
    float low[MLP_LANES], high[MLP_LANES];
    float was_low[MLP_LANES], was_high[MLP_LANES];
    int neuron; /* the first, which is the strongest */
} Span;

/* How far it reached, a line where that is another height. */
static void draw_span_was(const Stage *s, const MlpLayout *l, Rect lane,
                          MlpLane which, float now, float was, Rect r) {
    const int h = height_of(l, which, was);
    if (h == height_of(l, which, now)) return;
    const int line = num_max(stage_u(s, 1), 1);
    r.y = lane.y + lane.h / 2 - h - (h > 0 ? 0 : line);
    r.h = line;
    canvas_fill(s->canvas, r, s->theme->text);
}

static void draw_span(const Stage *s, const MlpLayout *l, const Span *span,
                      int x, int w) {
    for (int k = 0; k < l->n_lanes; k++) {
        const Rect lane = lane_rect(l, l->bars, k);
        const MlpLane which = l->lane[k];
        const float ends[] = {span->high[k], span->low[k]};
        const float were[] = {span->was_high[k], span->was_low[k]};
        for (int i = 0; i < 2; i++)
            if (ends[i] != 0)
                canvas_fill(s->canvas, bar_rect(l, lane, which, ends[i], x, w),
                            color_of(s, ends[i]));
        for (int i = 0; l->before && i < 2; i++)
            draw_span_was(s, l, lane, which, ends[i], were[i],
                          (Rect){x, 0, w, 0});
    }
    hits_pick(s->hits, (Rect){x, l->bars.y, w, l->bars.h},
              pick_number(STATE_ELEM, span->neuron));
}

static void span_add(Span *span, const MlpLayout *l, int neuron) {
    for (int k = 0; k < l->n_lanes; k++) {
        const float v = mlp_value(&l->now->list[neuron], l->lane[k]);
        span->low[k] = fminf(span->low[k], v);
        span->high[k] = fmaxf(span->high[k], v);
        float was = v;
        if (!was_value(l, l->lane[k], neuron, &was)) was = v;
        span->was_low[k] = fminf(span->was_low[k], was);
        span->was_high[k] = fmaxf(span->was_high[k], was);
    }
}

/* Each has a bar or, where there are more of them than pixels, a pixel shows
 * how far the ones that fall on it reach. */
static void draw_others(const Stage *s, const MlpLayout *l) {
    const int n = l->now->n - l->n_wide, w = l->bars.w;
    const int n_spans = num_min(n, w);
    int at = 0;
    for (int i = 0; i < n_spans; i++) {
        const int end = (int)((int64_t)(i + 1) * n / n_spans);
        const int x0 = (int)((int64_t)i * w / n_spans);
        const int x1 = (int)((int64_t)(i + 1) * w / n_spans);
        Span span = {.neuron = -1};
        for (int rest = end - (int)((int64_t)i * n / n_spans); rest > 0;) {
            const int neuron = l->now->order[at++];
            if (mlp_is_wide(l, neuron)) continue;
            if (span.neuron < 0) span.neuron = neuron;
            span_add(&span, l, neuron);
            rest--;
        }
        const int air = x1 - x0 > 2 ? 1 : 0;
        draw_span(s, l, &span, l->bars.x + x0, x1 - x0 - air);
    }
}

static void draw_others_head(const Stage *s, const MlpLayout *l) {
    const int n = l->now->n - l->n_wide;
    char text[96];
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const char *mark = l->before ? " · line: before" : "";
    snprintf(text, sizeof text, "the other %d%s%s in the same order%s", n, mark,
             l->before ? " ·" : ",", n > l->bars.w ? ", several a pixel" : "");
    if (canvas_text_width(s->canvas, style, text) > l->bars.w)
        snprintf(text, sizeof text, "the other %d%s", n, mark);
    if (canvas_text_width(s->canvas, style, text) > l->bars.w)
        snprintf(text, sizeof text, "the other %d", n);
    canvas_text_fit(s->canvas, style, l->bars.x, l->columns.y - stage_u(s, 14),
                    l->bars.w, text);
    for (int k = 0; k < l->n_lanes; k++) {
        const Rect lane = lane_rect(l, l->bars, k);
        TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
        mono.align = ALIGN_RIGHT;
        snprintf(text, sizeof text, "±%s",
                 number_round((double)l->hi[l->lane[k]], 3).s);
        canvas_text(s->canvas, mono, lane.x + lane.w, lane.y + stage_u(s, 12),
                    text);
    }
}

/* ---- all ----------------------------------------------------------------- */

static void draw_label(const Stage *s, const MlpLayout *l, int k) {
    const MlpLane lane = l->lane[k];
    const bool current = k == s->op;
    const Rect r = {l->label_x, l->columns.y + k * l->lane_h, l->label_w,
                    l->lane_h};
    char adds[2 * STAGE_LABEL_MAX + 32], question[2 * STAGE_LABEL_MAX + 16];
    const Arch *arch = s->config->arch;
    const LaneLabel *label = label_of(arch, lane);
    const char *formula = label->formula;
    if (lane == MLP_DOWN) {
        mlp_question(s, l->now, question, sizeof question);
        snprintf(adds, sizeof adds, "to %s", question);
        formula = adds;
    }
    if (lane == MLP_GATE && words_has_bias(s->config, mlp_sites(arch).gate)) {
        snprintf(adds, sizeof adds, "%s + b", formula);
        formula = adds;
    }
    TextStyle style = text_style(current ? FACE_BOLD : FACE_MEDIUM, TYPE_BODY,
                                 current ? s->theme->mlp : s->theme->text);
    TextStyle small = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int w = l->label_w - stage_u(s, 8), middle = r.y + r.h / 2;
    const bool two = r.h >= stage_u(s, 34);
    mlp_text(s, style, r.x + stage_u(s, 6), middle + stage_u(s, two ? -1 : 5),
             w, label->name ? label->name : mlp_value_name(s));
    if (two)
        mlp_text(s, small, r.x + stage_u(s, 6), middle + stage_u(s, 15), w,
                 formula);
    ViewOp op;
    if (view_mlp.op(s->config->arch, k, &op))
        hits_pick(s->hits, r, pick_word(STATE_OP, op.name));
}

static void draw_axes(const Stage *s, const MlpLayout *l) {
    const int right =
        l->bars.w ? l->bars.x + l->bars.w : l->columns.x + l->columns.w;
    for (int k = 0; k < l->n_lanes; k++) {
        const int y = l->columns.y + k * l->lane_h;
        if (k == s->op)
            canvas_round(s->canvas,
                         (Rect){l->label_x, y, right - l->label_x, l->lane_h},
                         (float)stage_u(s, 4), s->theme->well);
    }
}

static void draw_zero_lines(const Stage *s, const MlpLayout *l) {
    const int thin = stage_u(s, 1);
    for (int k = 0; k < l->n_lanes; k++) {
        const int y = l->columns.y + k * l->lane_h + l->lane_h / 2;
        canvas_fill(s->canvas, (Rect){l->columns.x, y, l->columns.w, thin},
                    s->theme->rule);
        if (l->bars.w)
            canvas_fill(s->canvas, (Rect){l->bars.x, y, l->bars.w, thin},
                        s->theme->rule);
    }
}

void mlp_draw_lanes(const Stage *s, const MlpLayout *l) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    mlp_text(s, style, l->label_x + stage_u(s, 6),
             l->columns.y - stage_u(s, 20), l->label_w - stage_u(s, 8),
             "neuron");
    char order[32];
    snprintf(order, sizeof order, "by |%s|", mlp_value_name(s));
    mlp_text(s, style, l->label_x + stage_u(s, 6), l->columns.y - stage_u(s, 6),
             l->label_w - stage_u(s, 8), order);
    draw_axes(s, l);
    for (int k = 0; k < l->n_lanes; k++)
        draw_label(s, l, k);
    for (int i = 0; i < l->n_wide; i++)
        draw_column(s, l, i);
    draw_zero_lines(s, l);
    if (!l->bars.w) return;
    draw_others(s, l);
    draw_others_head(s, l);
}
