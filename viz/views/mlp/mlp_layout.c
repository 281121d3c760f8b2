/* Which neurons are shown wide, and where everything lies. */
#include "viz/views/mlp/mlp.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"

#include <math.h>

#define LABEL_U    124.0f
#define COLUMN_U   80.0f
#define COLUMN_MAX 132.0f
#define HEAD_U     40.0f
#define LANE_U     32.0f
#define LANE_MAX_U 76.0f
#define LINE_U     18.0f
#define PAST_U     66.0f
#define WITHOUT_U  58.0f
#define OUT_U      58.0f
#define GAP_U      12.0f

/* ---- which --------------------------------------------------------------- */

int mlp_selected(const Stage *s, const StudyNeurons *now) {
    if (s->elem >= 0 && s->elem < s->config->hidden_dim) return s->elem;
    /* One that is switched off would else be out of sight. */
    const Edits *e = trace_edits(s->trace);
    for (int i = 0; i < e->n; i++)
        if (e->list[i].kind == EDIT_NEURON && e->list[i].layer == s->layer)
            return e->list[i].index;
    return now ? now->order[0] : -1;
}

bool mlp_is_wide(const MlpLayout *l, int neuron) {
    for (int i = 0; i < l->n_wide; i++)
        if (l->wide[i] == neuron) return true;
    return false;
}

/* The strongest, but the last places go to those that must be seen. */
static void choose_wide(const Stage *s, MlpLayout *l, int room) {
    const Edits *e = trace_edits(s->trace);
    int must[MLP_WIDE_MAX], n_must = 0;
    l->n_wide = num_min(room, l->now->n);
    for (int i = 0; i < l->n_wide; i++)
        l->wide[i] = l->now->order[i];
    if (!mlp_is_wide(l, l->selected)) must[n_must++] = l->selected;
    for (int i = 0; i < e->n && n_must < l->n_wide / 2; i++)
        if (e->list[i].kind == EDIT_NEURON && e->list[i].layer == s->layer &&
            e->list[i].index != l->selected &&
            !mlp_is_wide(l, e->list[i].index))
            must[n_must++] = e->list[i].index;
    for (int at = l->n_wide - 1, i = 0; at >= 0 && i < n_must; at--)
        if (l->wide[at] != l->selected) l->wide[at] = must[i++];
}

/* ---- where --------------------------------------------------------------- */

/* Small windows have larger type for their size, so it is measured. */
static int label_width(const Stage *s) {
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    return num_max(stage_u(s, LABEL_U),
                   stage_u(s, 12) + canvas_text_width(s->canvas, style,
                                                      "its lead on ␣played"));
}

static void lay_out_width(const Stage *s, Rect r, MlpLayout *l) {
    l->label_x = r.x;
    l->label_w = num_min(label_width(s), r.w / 3);
    const int room = num_max(r.w - l->label_w, 1), gap = stage_u(s, 20);
    int bars = room * 3 / 10;
    if (bars < stage_u(s, 150)) bars = 0;
    const int columns = room - bars - (bars ? gap : 0);
    choose_wide(s, l,
                num_clamp(columns / stage_u(s, COLUMN_U), 1, MLP_WIDE_MAX));
    l->column_w = num_clamp(columns / l->n_wide, 1, stage_u(s, COLUMN_MAX));
    l->columns.x = r.x + l->label_w;
    l->columns.w = l->column_w * l->n_wide;
    l->bars.x = l->columns.x + l->columns.w + gap;
    l->bars.w = bars ? num_max(r.x + r.w - l->bars.x, 0) : 0;
}

/* Takes a part's height where there is room for it. */
static int take(int *left, int h) {
    if (*left < h) return 0;
    *left -= h;
    return h;
}

/* What answers the question first: the lanes, then what the neurons say. */
static void lay_out_height(const Stage *s, Rect r, MlpLayout *l) {
    const int gap = stage_u(s, GAP_U), line = stage_u(s, LINE_U);
    l->head_h = stage_u(s, HEAD_U);
    l->lane_h = num_max(stage_u(s, LANE_U), 1);
    int left = r.h - l->head_h - l->lane_h * l->n_lanes;
    const Arch *a = s->config->arch;
    const int up = study_neurons_say(a) ? take(&left, 3 * line + 2 * gap) : 0;
    if (!up) take(&left, gap);
    l->past_h = take(&left, stage_u(s, PAST_U) + gap);
    l->without_h = arch_predicts(a) ? take(&left, stage_u(s, WITHOUT_U)) : 0;
    l->out.h = take(&left, stage_u(s, OUT_U));
    const int down = up ? take(&left, 3 * line + gap) : 0;
    const int more = down ? take(&left, 2 * line) : 0;
    l->n_up = up == 0 ? 0 : more ? 5 : 3;
    l->n_down = down ? 3 : 0;
    if (left < 0) l->lane_h = num_max(l->lane_h + left / l->n_lanes, 1);
    const int grow = num_clamp(left / l->n_lanes, 0,
                               stage_u(s, LANE_MAX_U) - stage_u(s, LANE_U));
    l->lane_h += left > 0 ? grow : 0;
    left = left > 0 ? left - grow * l->n_lanes : 0;
    if (l->past_h) {
        const int taller = num_min(left, stage_u(s, 60));
        l->past_h += taller;
        left -= taller;
    }
    const int lines = l->n_up + l->n_down;
    l->line_h = line + (lines ? num_min(left / lines, stage_u(s, 8)) : 0);
}

static void place_parts(const Stage *s, Rect r, MlpLayout *l) {
    const int gap = stage_u(s, GAP_U);
    l->columns.y = l->bars.y = r.y + l->head_h;
    l->columns.h = l->bars.h = l->lane_h * l->n_lanes;
    int y = l->says_y = l->columns.y + l->columns.h + gap;
    y += l->line_h * (l->n_up + l->n_down);
    if (l->n_up) y += l->n_down ? 2 * gap : gap;
    l->past_y = y;
    l->without_y = y + l->past_h;
    l->out.x = l->columns.x;
    l->out.w = num_max(r.x + r.w - l->out.x, 0);
    l->out.y = r.y + r.h - l->out.h;
    l->curve = (Rect){l->bars.x, l->says_y, l->bars.w,
                      num_max(r.y + r.h - l->out.h - gap - l->says_y, 0)};
}

/* The gate and what SiLU makes of it share a scale, to be compared. */
static void find_scales(MlpLayout *l) {
    for (int k = 0; k < l->n_lanes; k++) {
        float hi = 0;
        for (int i = 0; i < l->now->n; i++)
            hi = fmaxf(hi, fabsf(mlp_value(&l->now->list[i], l->lane[k])));
        if (!(hi > 0) || isinf(hi)) hi = 1;
        l->hi[l->lane[k]] = hi;
    }
    l->hi[MLP_ACT] = l->hi[MLP_GATE];
}

bool mlp_layout(const Stage *s, Rect r, MlpLayout *l) {
    *l = (MlpLayout){.now = study_neurons(s->study, s->layer, s->pos)};
    if (!l->now) return false;
    const int at = before_is_alike(s) ? before_pos(s, s->pos) : -1;
    if (at >= 0) l->before = study_neurons(s->against_study, s->layer, at);
    if (l->before && l->before->n != l->now->n) l->before = NULL;
    l->n_lanes = mlp_lanes(s->config->arch, l->lane);
    l->selected = mlp_selected(s, l->now);
    lay_out_width(s, r, l);
    lay_out_height(s, r, l);
    place_parts(s, r, l);
    find_scales(l);
    return true;
}
