/* Which pairs and keys are shown, and where everything lies. */
#include "viz/views/qk/qk.h"

#include "engine/base/num.h"

#include <math.h>

#define LABEL_U    132.0f
#define COLUMN_U   38.0f
#define NOTES_U    270.0f
#define CELL_U     23.0f
#define DIAL_U     48.0f
#define DIAL_MAX_U 96.0f
#define SUM_U      64.0f
#define SUM_MAX_U  190.0f
#define LOWER_U    190.0f /* the least of the lower half */
#define KEY_U      14.0f  /* the least of a key's bar */
#define KEY_ALL_U  8.0f   /* the least where so all keys are shown */

/* ---- which --------------------------------------------------------------- */

const StudyMeet *qk_meet_unmoved(const Stage *s) {
    if (!s->key_known) return NULL;
    return study_meet(
        s->study, study_meet_key(s->trace, s->layer, s->head, s->pos, s->key));
}

const StudyMeet *qk_meet(const Stage *s) {
    const QkPlaces p = qk_places(s);
    if (!s->key_known || !p.moved) return qk_meet_unmoved(s);
    const StudyKey at =
        study_meet_key(s->trace, s->layer, s->head, s->pos, s->key);
    return study_shifted(s->study, study_shifted_key(at, p.shift, p.apart));
}

bool qk_key_before(const Stage *s, StudyKey *out) {
    const int pos = before_pos(s, s->pos), key = before_pos(s, s->key);
    if (!s->key_known || !before_is_alike(s) || pos < 0 || key < 0)
        return false;
    *out = study_meet_key(s->against, s->layer, s->head, pos, key);
    return true;
}

const StudyMeet *qk_meet_before(const Stage *s) {
    StudyKey at;
    const QkPlaces p = qk_places(s);
    if (!qk_key_before(s, &at)) return NULL;
    if (!p.moved) return study_meet(s->against_study, at);
    return study_shifted(s->against_study,
                         study_shifted_key(at, p.shift, p.apart));
}

int qk_selected(const Stage *s, const StudyMeet *m) {
    if (s->elem >= 0 && s->elem < s->config->head_dim) return s->elem;
    int best = 0;
    for (int i = 1; m && i < m->size; i++)
        if (fabsf(m->products[i]) > fabsf(m->products[best])) best = i;
    return m ? best : -1;
}

static bool is_among(const int *list, int n, int x) {
    for (int i = 0; i < n; i++)
        if (list[i] == x) return true;
    return false;
}

/* All pairs or, where there are too many, the strongest, in their order, and
 * the others in one column before them. */
static void choose_columns(QkLayout *l, int room) {
    const StudyMeet *m = l->m;
    const int n = num_min(m->n_pairs, QK_COLUMNS_MAX);
    if (m->n_pairs <= room && m->n_pairs <= QK_COLUMNS_MAX) {
        for (int i = 0; i < n; i++)
            l->pair[l->n_columns++] = i;
        return;
    }
    const int shown = num_clamp(room - 1, 1, QK_COLUMNS_MAX - 1);
    l->pair[l->n_columns++] = -1;
    for (int i = 0; i < m->n_pairs; i++) {
        const bool opened = i == l->selected / 2;
        if (opened || is_among(m->order, shown - 1, i)) {
            if (l->n_columns < QK_COLUMNS_MAX) l->pair[l->n_columns++] = i;
        } else {
            l->others += m->adds[i];
            l->n_others++;
        }
    }
}

/* ---- where --------------------------------------------------------------- */

static void lay_out_columns(const Stage *s, Rect r, QkLayout *l) {
    l->label_x = r.x;
    l->label_w = num_min(stage_u(s, LABEL_U), r.w / 3);
    int room = num_max(r.w - l->label_w, 1);
    int notes = stage_u(s, NOTES_U);
    if (room - notes < stage_u(s, 560)) notes = 0;
    room -= notes;
    choose_columns(l, num_max(room / num_max(stage_u(s, COLUMN_U), 1), 2));
    l->column_w = num_max(room / l->n_columns, 1);
    l->x = r.x + l->label_w;
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    l->numerals = canvas_text_width(s->canvas, mono, "-00.0") <
                  (l->column_w - stage_u(s, 4)) / 2;
    if (notes)
        l->notes = (Rect){l->x + l->n_columns * l->column_w + stage_u(s, 24),
                          r.y, notes - stage_u(s, 24), 0};
}

/* Returns where the upper half ends. */
static int lay_out_pairs(const Stage *s, Rect r, int h, QkLayout *l) {
    const int gap = stage_u(s, 4), head = stage_u(s, 36);
    /* Where nothing is turned there are neither dials nor turned vectors. */
    const bool turns = qk_sites(s->config->arch).turns;
    const int n_cells = turns ? 5 : 3;
    const float least_dial = turns ? DIAL_U : 0;
    const int cells = n_cells * (stage_u(s, CELL_U) + gap) + 3 * gap;
    const int least = head + cells + stage_u(s, least_dial) + stage_u(s, SUM_U);
    int left = h - least;
    const int dial = num_clamp(left / 3, 0, stage_u(s, DIAL_MAX_U - DIAL_U));
    l->cell_h = stage_u(s, CELL_U);
    l->dial_h = turns ? num_min(stage_u(s, DIAL_U) + dial, l->column_w) : 0;
    left -= num_max(l->dial_h - stage_u(s, least_dial), 0);
    const float more = turns ? 0 : DIAL_U + 2 * CELL_U;
    l->sum_h = stage_u(s, SUM_U) +
               num_clamp(left, 0, stage_u(s, SUM_MAX_U + more - SUM_U));
    l->head_y = r.y;
    l->q_y = r.y + head;
    l->turned_q_y = turns ? l->q_y + l->cell_h + gap : l->q_y;
    l->dial_y = l->turned_q_y + l->cell_h + gap;
    l->turned_k_y = turns ? l->dial_y + l->dial_h + gap : l->dial_y;
    l->k_y = turns ? l->turned_k_y + l->cell_h + gap : l->dial_y;
    l->product_y = l->k_y + l->cell_h + 2 * gap;
    l->sum_y = l->product_y + l->cell_h + 2 * gap;
    l->notes.y = l->q_y;
    l->notes.h = l->sum_y + l->sum_h - l->q_y;
    return l->sum_y + l->sum_h;
}

/* What stands beside the clock. */
static int words_w(const Stage *s, const QkLayout *l) {
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    int w = 0;
    for (int key = 0; key < 2; key++) {
        char text[48];
        qk_hand_text(l, key, text, sizeof text);
        w = num_max(w, canvas_text_width(s->canvas, style, text));
    }
    return w + stage_u(s, 14);
}

/* Where the turn is shown, the opened pair's clock stands at the notes' foot,
 * in place of those on the turn. */
static void lay_out_clock(const Stage *s, QkLayout *l) {
    const int steps = stage_u(s, 3 * 40 + 8), words = words_w(s, l);
    const int side = num_min(l->notes.h - steps, l->notes.w - words);
    const bool shows = qk_op(s) == QK_TURNED && qk_sites(s->config->arch).turns;
    if (!shows || side < stage_u(s, 90)) return;
    const int w = num_min(side, stage_u(s, 180));
    l->clock = (Rect){l->notes.x, l->notes.y + l->notes.h - w, w, w};
    l->notes.h -= w;
}

/* The row and the curve side by side on one axis or, where that is too narrow,
 * the one that the operation is about. */
static void lay_out_plots(const Stage *s, Rect r, int y, QkLayout *l) {
    const int top = stage_u(s, 46), bottom = stage_u(s, 92);
    const int left = stage_u(s, 46), air = stage_u(s, 24);
    const int h = r.y + r.h - y - top - bottom;
    const bool turns = qk_sites(s->config->arch).turns;
    if (h < stage_u(s, 40)) return;
    const bool both = turns && r.w >= stage_u(s, 760);
    /* What the operation is about has the larger part. */
    const int part = qk_op(s) == QK_DISTANCE ? 6 : 3;
    const int curve_w = both ? r.w * part / 10 : r.w - left - air;
    const int row_w =
        both ? r.w - curve_w - 2 * left - 2 * air : r.w - left - air;
    const bool curve_alone = !both && turns && qk_op(s) == QK_DISTANCE;
    if (!curve_alone) l->row = (Rect){r.x + left, y + top, row_w, h};
    if (both)
        l->curve_r = (Rect){r.x + r.w - curve_w - air, y + top, curve_w, h};
    if (curve_alone) l->curve_r = (Rect){r.x + left, y + top, curve_w, h};
}

int qk_rival(const Stage *s, const QkLayout *l) {
    int best = -1;
    for (int i = 0; i < l->n_keys; i++)
        if (i != s->key && (best < 0 || l->scores[i] > l->scores[best]))
            best = i;
    return best;
}

/* The axis holds v, too, if it is a number. */
static void reach(QkLayout *l, double v) {
    if (!isfinite(v)) return;
    l->low = fmin(l->low, v);
    l->high = fmax(l->high, v);
}

static void find_axis(const Stage *s, QkLayout *l) {
    l->low = l->high = 0;
    reach(l, (double)l->m->score);
    reach(l, (double)l->unmoved->score);
    for (int i = l->first_key; i < l->first_key + l->keys_shown; i++) {
        if (l->scores) reach(l, (double)l->scores[i]);
        if (l->was) reach(l, (double)l->was[i]);
    }
    const int rival = l->scores ? qk_rival(s, l) : -1; /* shown or not */
    if (rival >= 0) reach(l, (double)l->scores[rival]);
    const int n = study_n_distances(s->config);
    for (int i = 0; l->curve_r.w && l->curve && i < n; i++)
        reach(l, (double)l->curve[i]);
    if (!(l->high - l->low > 1e-6)) l->high = l->low + 1;
}

static void ask(const Stage *s, QkLayout *l) {
    const StudyKey at =
        study_meet_key(s->trace, s->layer, s->head, s->pos, s->key);
    const QkSites sites = qk_sites(s->config->arch);
    l->n_keys = trace_n_keys(s->trace, s->pos);
    const size_t row = (size_t)s->head * (size_t)l->n_keys;
    const float *scores = stage_row(s, sites.scores, s->layer, s->pos);
    const float *weights = stage_row(s, sites.pattern, s->layer, s->pos);
    const float *was = before_same_keys(s, s->pos)
                           ? before_row(s, sites.scores, s->layer, s->pos)
                           : NULL;
    if (scores) l->scores = scores + row;
    if (weights) l->weights = weights + row;
    if (was) l->was = was + row;
    if (sites.turns) l->curve = study_distance(s->study, at);
}

/* All, the one that reads among them, or as many as are easily told apart. */
static int keys_that_fit(const Stage *s, const QkLayout *l) {
    if (l->row.w >= l->n_keys * stage_u(s, KEY_ALL_U)) return l->n_keys;
    return num_clamp(l->row.w / num_max(stage_u(s, KEY_U), 1), 1, l->n_keys);
}

bool qk_layout(const Stage *s, Rect r, QkLayout *l) {
    *l = (QkLayout){
        .m = qk_meet(s), .unmoved = qk_meet_unmoved(s), .places = qk_places(s)};
    if (!l->m || !l->unmoved) return false;
    l->selected = qk_selected(s, l->m);
    ask(s, l);
    lay_out_columns(s, r, l);
    const int least = stage_u(s, 290), lower = stage_u(s, LOWER_U);
    const int sliders =
        qk_sites(s->config->arch).turns ? qk_sliders_height(s) : 0;
    const bool room = r.h >= least + lower + sliders;
    if (sliders && (room || (qk_op(s) == QK_DISTANCE && r.h > 3 * sliders))) {
        r.h -= sliders;
        l->sliders = (Rect){r.x, r.y + r.h, r.w, sliders};
    }
    const bool both = r.h >= least + lower;
    int y = r.y;
    if (both)
        y = lay_out_pairs(
            s, r,
            r.h - num_max(lower, r.h * (qk_op(s) == QK_DISTANCE ? 3 : 2) / 5),
            l);
    else if (qk_op(s) < QK_SOFTMAX || qk_op(s) == QK_PLACES)
        y = lay_out_pairs(s, r, r.h, l);
    lay_out_clock(s, l);
    lay_out_plots(s, r, y, l);
    l->keys_shown = keys_that_fit(s, l);
    l->first_key = stage_window(l->n_keys, l->keys_shown, s->key);
    find_axis(s, l);
    return true;
}
