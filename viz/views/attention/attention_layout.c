/* Where the map stands, its colour bar, and the small maps beside it. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"

static int widest_label(const Stage *s, float type, int first, int n, int max) {
    TextStyle style = text_style(FACE_BOLD, type, s->theme->text);
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
#define SUMS_U     80
#define SUMS_MAX_U 150
/* Sides of a cell from which on labels are larger, and still larger. */
#define ROOMY_U     56
#define LARGE_U     96
#define LABEL_MAX_U 130

/* What all tokens send is 1, so what they receive has the longer bars. */
static void measure_sums(Map *m, Rect r) {
    const Stage *s = m->s;
    if (m->op != SHOW_SUMS) return;
    m->sums_w = stage_u(s, SUMS_U);
    m->sums_h = num_clamp(r.h / 6, m->sums_w, stage_u(s, SUMS_MAX_U));
}

/* That of all tokens, so that the map does not move while it is zoomed. */
static void measure_labels(Map *m, Rect r) {
    const Stage *s = m->s;
    const bool few = s->n_pos <= STAGE_TOKENS_MAX;
    const int n = few ? s->n_pos : m->n;
    const int cell = num_min(r.w, r.h) / num_max(n, 1);
    m->type = cell >= stage_u(s, LARGE_U)   ? TYPE_LEAD
              : cell >= stage_u(s, ROOMY_U) ? TYPE_BODY
                                            : TYPE_SMALL;
    m->label_w = widest_label(s, m->type, few ? 0 : m->span.row0, n,
                              stage_u(s, LABEL_MAX_U));
    m->is_level = m->label_w + stage_u(s, 12) <= cell * 3 / 4;
}

/* Above the map: the sine of 55 degrees of sloping labels, or a line. */
static int labels_height(const Map *m) {
    return m->is_level ? stage_u(m->s, 36)
                       : m->label_w * 82 / 100 + stage_u(m->s, 26);
}

/* Of the colour bar and its name: small windows have larger type for their
 * size. */
static int bar_width(const Map *m) {
    const Stage *s = m->s;
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int name =
        canvas_text_width(s->canvas, style, attention_scale_name(m->op, true));
    return num_max(stage_u(s, ATTENTION_BAR_W), stage_u(s, 34 + 4) + name);
}

Map attention_lay_out(const Stage *s, Rect r) {
    const int n_max = num_clamp(r.h, 1, STAGE_TOKENS_MAX);
    Map m = {.s = s, .op = s->op, .span = span_of(s, s->n_pos, n_max)};
    m.n = m.span.n;
    measure_labels(&m, r);
    measure_sums(&m, r);
    /* The strips that say which part this is. */
    const bool part = span_is_part(m.span);
    const int strip_w = (part ? stage_u(s, SPAN_W) : 0) + m.sums_w;
    if (part) r.h -= stage_u(s, SPAN_H);
    r.h -= m.sums_h;
    int left = m.label_w + stage_u(s, 16), right = bar_width(&m) + strip_w;
    const int top = labels_height(&m);
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
    return m->grid.x + m->grid.w + strip + m->sums_w;
}

int attention_below(const Map *m) {
    const int strip = span_is_part(m->span) ? stage_u(m->s, SPAN_H) : 0;
    return m->grid.y + m->grid.h + strip + m->sums_h;
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
