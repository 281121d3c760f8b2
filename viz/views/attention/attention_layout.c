/* Where the map stands, its colour bar, and the small maps beside it. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"

static int widest_label(const Stage *s, int first, int n, int max) {
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    int widest = 0;
    for (int i = first; i < first + n; i++) {
        int w = canvas_text_width(s->canvas, style, s->reads[i]);
        if (w > widest) widest = w;
    }
    return widest < max ? widest : max;
}

/* In design units. */
#define CELL_MAX_U 240 /* of a cell: a few tokens fill the stage, too */
#define BAR_H      62  /* below the grid instead */
#define KEY_W      52  /* what "key" and a sloping label need */
#define STEPS_GAP  50

/* Bars of sums beside the map and below it, in pixels. */
static int sums_size(const Map *m) {
    return m->op == SHOW_SUMS ? stage_u(m->s, ATTENTION_SUMS_U) : 0;
}

Map attention_lay_out(const Stage *s, Rect r) {
    const int n_max = num_clamp(r.h, 1, STAGE_TOKENS_MAX);
    Map m = {.s = s, .op = s->op, .span = span_of(s, s->n_pos, n_max)};
    m.n = m.span.n;
    /* That of all tokens, so that the map does not move while it is zoomed. */
    const bool few = s->n_pos <= STAGE_TOKENS_MAX;
    const int name_w = widest_label(s, few ? 0 : m.span.row0,
                                    few ? s->n_pos : m.n, stage_u(s, 130));
    m.label_w = name_w;
    /* The strips that say which part this is. */
    const bool part = span_is_part(m.span);
    const int sums = sums_size(&m);
    const int strip_w = (part ? stage_u(s, SPAN_W) : 0) + sums;
    if (part) r.h -= stage_u(s, SPAN_H);
    r.h -= sums;
    int left = name_w + stage_u(s, 16),
        right = stage_u(s, ATTENTION_BAR_W) + strip_w;
    /* Sloping labels: their height is the sine of 55 degrees. */
    int top = name_w * 82 / 100 + stage_u(s, 26);
    int side = num_min(r.w - left - right, r.h - top);
    /* In a high stage the bar costs less below, beside "key" alone. */
    int below = num_min(r.w - left - stage_u(s, KEY_W) - strip_w,
                        r.h - top - stage_u(s, BAR_H));
    m.bar_below = below > side;
    if (m.bar_below) {
        side = below;
        right = stage_u(s, KEY_W) + strip_w;
    }
    if (side > m.n * stage_u(s, CELL_MAX_U))
        side = m.n * stage_u(s, CELL_MAX_U);
    /* Whole pixels make all cells alike, where that costs little; but what is
     * zoomed keeps its size. */
    if (!part && side % m.n * 8 <= side) side -= side % m.n;
    int spare = r.w - left - right - side;
    if (m.op < N_STEPS && spare > stage_u(s, ATTENTION_STEPS_W + STEPS_GAP))
        spare -= stage_u(s, ATTENTION_STEPS_W + STEPS_GAP);
    m.grid =
        (Rect){r.x + left + (spare > 0 ? spare / 2 : 0), r.y + top, side, side};
    return m;
}

int attention_beside(const Map *m) {
    const int strip = span_is_part(m->span) ? stage_u(m->s, SPAN_W) : 0;
    return m->grid.x + m->grid.w + strip + sums_size(m);
}

int attention_below(const Map *m) {
    const int strip = span_is_part(m->span) ? stage_u(m->s, SPAN_H) : 0;
    return m->grid.y + m->grid.h + strip + sums_size(m);
}

int attention_steps_side(const Map *m, Rect r, int *x) {
    const Stage *s = m->s;
    *x = attention_beside(m) + stage_u(s, ATTENTION_BAR_W + STEPS_GAP);
    int side = m->grid.h / N_STEPS - stage_u(s, 44);
    if (side > stage_u(s, ATTENTION_STEPS_W))
        side = stage_u(s, ATTENTION_STEPS_W);
    bool fits = m->op < N_STEPS &&
                *x + stage_u(s, ATTENTION_STEPS_W) <= r.x + r.w &&
                side >= stage_u(s, 60);
    return fits ? side : 0;
}
