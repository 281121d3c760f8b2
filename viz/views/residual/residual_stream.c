/* The residual stream as it grows: the vector after each half layer, and what
 * every head and MLP adds, with lengths and cosines. */
#include "viz/views/residual/residual.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_U     18.0f
#define ROW_MAX_U 34.0f
#define NAME_U    132.0f
#define NUMBER_U  54.0f /* the narrowest number; small type is wider for it */
#define BAR_U     54.0f /* the narrowest bar beside a number */
#define BAR_MAX_U 120.0f
#define STRIP_U   180.0f /* the narrowest */
#define ROWS_MAX  160
#define CELLS_MAX 1024 /* of a strip */
#define SHOWN_RMS 3    /* a strip's strongest colour is so many times the RMS */

typedef struct Line {
    ResidualVector of;
    bool is_whole; /* a layer, folded: the stream after it */
} Line;

typedef struct Column {
    StudyMeasure measure;
    int x, bar_w; /* the bar, and the number behind it */
} Column;

typedef struct Table {
    ResidualDepth depth;
    int token; /* towards which vectors are measured */
    Line lines[ROWS_MAX];
    int n_lines;
    int n_hidden; /* lines above and below, that have no room */
    Rect r;       /* of the rows */
    int row_h, name_w, strip_x, strip_w, number_w;
    Column columns[STUDY_MEASURES];
    int n_columns;
    float hi; /* of the strips' colours */
    double longest;
} Table;

/* ---- which rows ---------------------------------------------------------- */

/* How much of a model is unfolded: heads of all layers, of the current one, or
 * of none; and half layers of all or of the current one. */
typedef struct Folds {
    bool all_heads, heads, all_halves;
} Folds;

static bool has_heads(const Stage *s, const Folds *f, int layer) {
    return f->all_heads || (f->heads && layer == s->layer);
}

static int rows_of(const Stage *s, const ResidualDepth *d, const Folds *f,
                   int layer) {
    if (!f->all_halves && layer != s->layer) return 1;
    int rows = 2 * d->n_sums;
    for (int i = 0; i < d->n_sums; i++)
        if (residual_is_attention(d->arch, d->sums[i]) &&
            has_heads(s, f, layer))
            rows += s->config->n_heads - 1;
    return rows;
}

static int rows_all(const Stage *s, const ResidualDepth *d, const Folds *f) {
    int rows = 1;
    for (int layer = 0; layer < s->config->n_layers; layer++)
        rows += rows_of(s, d, f, layer);
    return rows;
}

/* As much unfolded as has room.  Heads of a layer whose head is opened come
 * first: the others go out of the picture then. */
static Folds choose_folds(const Stage *s, const ResidualDepth *d, int room) {
    static const Folds folds[] = {{true, true, true},
                                  {false, true, true},
                                  {false, false, true},
                                  {false, true, false},
                                  {false, false, false}};
    const bool heads = strcmp(s->state->part, "head") == 0;
    for (int i = 0; i < 5; i++)
        if (!(heads && !folds[i].heads) && rows_all(s, d, &folds[i]) <= room)
            return folds[i];
    return folds[heads ? 3 : 4];
}

typedef struct Rows {
    Table *t;
    int at, first; /* the row written next, and the first that is shown */
} Rows;

static void put(Rows *rows, Line line) {
    Table *t = rows->t;
    if (rows->at++ < rows->first || t->n_lines == ROWS_MAX) return;
    t->lines[t->n_lines++] = line;
}

static void put_layer(const Stage *s, Rows *rows, const Folds *f, int layer) {
    const ResidualDepth *d = &rows->t->depth;
    if (!f->all_halves && layer != s->layer) {
        put(rows, (Line){{STUDY_VECTOR_STREAM, d->n_sums - 1, layer}, true});
        return;
    }
    for (int i = 0; i < d->n_sums; i++) {
        const bool heads = residual_is_attention(d->arch, d->sums[i]) &&
                           has_heads(s, f, layer);
        for (int h = 0; heads && h < s->config->n_heads; h++)
            put(rows, (Line){{STUDY_VECTOR_HEAD, h, layer}, false});
        if (!heads) put(rows, (Line){{STUDY_VECTOR_ADDED, i, layer}, false});
        put(rows, (Line){{STUDY_VECTOR_STREAM, i, layer}, false});
    }
}

/* The row, of all, that must be seen: that of the current layer, or of its head
 * where one is opened. */
static int row_here(const Stage *s, const ResidualDepth *d, const Folds *f) {
    int row = 1;
    for (int layer = 0; layer < s->layer; layer++)
        row += rows_of(s, d, f, layer);
    return strcmp(s->state->part, "head") == 0
               ? row + s->head
               : row + rows_of(s, d, f, s->layer) / 2;
}

static void choose_lines(const Stage *s, Table *t, int room) {
    room = num_clamp(room, 1, ROWS_MAX);
    const Folds f = choose_folds(s, &t->depth, room);
    const int all = rows_all(s, &t->depth, &f);
    const int first =
        stage_window(all, num_min(room, all), row_here(s, &t->depth, &f));
    Rows rows = {t, 0, first};
    put(&rows, (Line){{STUDY_VECTOR_EMBED, 0, 0}, false});
    for (int layer = 0; layer < s->config->n_layers; layer++)
        put_layer(s, &rows, &f, layer);
    t->n_lines = num_min(t->n_lines, room);
    t->n_hidden = all - t->n_lines;
}

/* ---- their numbers ------------------------------------------------------- */

static const StudyAdded *measured(const Stage *s, const Table *t,
                                  const Line *l) {
    return study_added(s->study,
                       residual_vector_key(s, l->of, s->pos, t->token));
}

static const StudyAdded *measured_before(const Stage *s, const Table *t,
                                         const Line *l) {
    const int at = before_sums_alike(s) ? before_pos(s, s->pos) : -1;
    return at < 0 ? NULL
                  : study_added(s->against_study,
                                residual_vector_key(s, l->of, at, t->token));
}

/* The vector itself, of one run or the other; NULL: not there yet. */
static const float *vector_of(const Stage *s, ResidualVector v, bool before) {
    const ResidualDepth d = residual_depth(s->config);
    const int pos = before ? before_pos(s, s->pos) : s->pos;
    Study *study = before ? s->against_study : s->study;
    if (pos < 0 || (before && !before_sums_alike(s))) return NULL;
    if (v.kind == STUDY_VECTOR_EMBED)
        return study_row(study, arch_stream_first(d.arch), 0, pos);
    if (v.kind == STUDY_VECTOR_HEAD) {
        const float *all = study_wrote(study, v.layer, pos);
        return all ? all + (size_t)v.number * (size_t)s->config->dim : NULL;
    }
    const Site sum = d.sums[v.number];
    return study_row(study,
                     v.kind == STUDY_VECTOR_STREAM
                         ? arch_stream_after(d.arch, sum)
                         : arch_op(d.arch, sum)->in[1],
                     v.layer, pos);
}

static void find_scales(const Stage *s, Table *t) {
    const ResidualVector end = {STUDY_VECTOR_STREAM, t->depth.n_sums - 1,
                                s->config->n_layers - 1};
    const Line last = {end, false};
    const StudyAdded *is = measured(s, t, &last);
    t->hi = 1;
    if (is && is->length > 0)
        t->hi = (float)(SHOWN_RMS * is->length / sqrt((double)s->config->dim));
    t->longest = is ? is->length : 1;
    for (int i = 0; i < t->n_lines; i++) {
        const StudyAdded *a = measured(s, t, &t->lines[i]);
        const StudyAdded *was = measured_before(s, t, &t->lines[i]);
        if (a) t->longest = fmax(t->longest, a->length);
        if (was) t->longest = fmax(t->longest, was->length);
    }
    if (!(t->longest > 0) || !isfinite(t->longest)) t->longest = 1;
}

/* ---- where --------------------------------------------------------------- */

/* The strip, then lengths, and the cosine towards the token; the others where
 * there is room. */
static void lay_out_columns(const Stage *s, Table *t, Rect r) {
    static const StudyMeasure order[] = {STUDY_LENGTH, STUDY_ASKS, STUDY_ALONG,
                                         STUDY_END};
    const TextStyle mono =
        text_style(FACE_MONO_BOLD, TYPE_TINY, s->theme->text);
    const int air = stage_u(s, 16);
    const int number =
        num_max(stage_u(s, NUMBER_U),
                canvas_text_width(s->canvas, mono, "1000.00") + stage_u(s, 8));
    t->number_w = number;
    const int least = number + air + stage_u(s, BAR_U);
    t->name_w = num_min(stage_u(s, NAME_U), r.w / 3);
    const int room = num_max(r.w - t->name_w, 1);
    const int n =
        num_clamp((room - stage_u(s, STRIP_U)) / least, 0, STUDY_MEASURES);
    const int spare = num_max(room - stage_u(s, STRIP_U) - n * least, 0);
    const int bar = num_min(stage_u(s, BAR_U) + spare / num_max(2 * n, 1),
                            stage_u(s, BAR_MAX_U));
    const int each = bar + number + air;
    t->strip_x = r.x + t->name_w;
    t->strip_w = num_max(room - n * each, 1);
    for (int m = 0; m < STUDY_MEASURES; m++) {
        bool shown = false;
        for (int i = 0; i < n; i++)
            shown |= order[i] == (StudyMeasure)m;
        if (m == STUDY_ASKS) shown &= arch_predicts(s->config->arch);
        if (!shown) continue;
        const int x = t->strip_x + t->strip_w + t->n_columns * each + air;
        t->columns[t->n_columns++] = (Column){(StudyMeasure)m, x, bar};
    }
}

static void lay_out(const Stage *s, Table *t, Rect r) {
    const int head = stage_u(s, 40), foot = stage_u(s, 34);
    const int height = num_max(r.h - head - foot, 1);
    choose_lines(s, t, height / num_max(stage_u(s, ROW_U), 1));
    t->row_h =
        num_clamp(height / num_max(t->n_lines, 1), 1, stage_u(s, ROW_MAX_U));
    t->r = (Rect){r.x, r.y + head, r.w, t->row_h * t->n_lines};
    lay_out_columns(s, t, r);
}

static int line_y(const Table *t, int i) {
    return t->r.y + i * t->row_h;
}

/* ---- strips -------------------------------------------------------------- */

/* Where a vector has more elements than the strip has cells, a cell is that of
 * those it stands for that is the furthest from 0. */
static float cell_value(const float *v, int dim, int i, int n) {
    const int from = (int)((int64_t)i * dim / n);
    const int to = num_max((int)((int64_t)(i + 1) * dim / n), from + 1);
    float most = v[from];
    for (int k = from + 1; k < to; k++)
        if (fabsf(v[k]) > fabsf(most) || isnan(v[k])) most = v[k];
    return most;
}

/* By the root of its size, so that short vectors show their pattern, too. */
static Color strip_color(const Stage *s, const Table *t, float v) {
    return stage_value_color(s, copysignf(sqrtf(fabsf(v) / t->hi), v), 1);
}

static void draw_vector(const Stage *s, const Table *t, Rect r,
                        const float *v) {
    Color cells[CELLS_MAX];
    const int dim = s->config->dim;
    const int n = num_clamp(num_min(dim, r.w), 1, CELLS_MAX);
    if (!v) {
        stage_draw_missing(s, r);
        return;
    }
    bool any_nan = false;
    for (int i = 0; i < n; i++) {
        const float x = cell_value(v, dim, i, n);
        cells[i] = isnan(x) ? (Color){0} : strip_color(s, t, x);
        any_nan |= isnan(x);
    }
    if (any_nan) canvas_hatch(s->canvas, r, s->theme->soft);
    canvas_cells(s->canvas, r, cells, 1, n, 0);
}

static bool differ(const float *a, const float *b, int n) {
    return a && b && memcmp(a, b, (size_t)n * sizeof *a) != 0;
}

/* The element that the mouse is on. */
static void tell_element(const Stage *s, Rect r, const float *v,
                         const float *was) {
    if (!v || !rect_contains(r, s->mouse_x, s->mouse_y)) return;
    const int dim = s->config->dim;
    const int i = num_clamp(
        (int)((int64_t)(s->mouse_x - r.x) * dim / num_max(r.w, 1)), 0, dim - 1);
    char text[96], value[16], before[16];
    stage_value_text(v[i], value);
    snprintf(text, sizeof text, "element %d: %s", i, value);
    if (was) {
        stage_value_text(was[i], before);
        snprintf(text, sizeof text, "element %d: %s, before %s", i, value,
                 before);
    }
    tip_set(s->tip, r, text);
}

/* With a change that shows: what was before stands below, lower. */
static void draw_strip(const Stage *s, const Table *t, const Line *l, int y) {
    const bool is_stream =
        l->of.kind == STUDY_VECTOR_STREAM || l->of.kind == STUDY_VECTOR_EMBED;
    const int inset = is_stream ? 1 : num_max(t->row_h / 6, 1);
    Rect r = {t->strip_x, y + inset, t->strip_w,
              num_max(t->row_h - 2 * inset, 1)};
    const float *v = vector_of(s, l->of, false);
    const float *was = vector_of(s, l->of, true);
    const bool changed = differ(v, was, s->config->dim);
    tell_element(s, r, v, changed ? was : NULL);
    if (changed) {
        const int h = num_max(r.h * 2 / 5, 1);
        draw_vector(s, t, (Rect){r.x, r.y + r.h - h, r.w, h}, was);
        r.h = num_max(r.h - h - 1, 1);
    }
    draw_vector(s, t, r, v);
}

/* ---- numbers ------------------------------------------------------------- */

static bool is_opened(const Stage *s, const Line *l, StudyMeasure m) {
    ResidualVector v;
    StudyMeasure opened;
    residual_opened_vector(s, &v, &opened);
    return opened == m && v.kind == l->of.kind && v.number == l->of.number &&
           v.layer == l->of.layer;
}

/* A length from the left; a cosine to both sides of the middle. */
static Rect bar_of(const Table *t, const Column *c, int y, double value) {
    const int h = num_max(t->row_h / 2, 2), top = y + (t->row_h - h) / 2;
    if (c->measure == STUDY_LENGTH)
        return (Rect){
            c->x, top,
            num_clamp((int)lround(value / t->longest * c->bar_w), 1, c->bar_w),
            h};
    const int half = c->bar_w / 2;
    const int w = num_clamp((int)lround(fabs(value) * half), 1, half);
    return (Rect){value < 0 ? c->x + half - w : c->x + half, top, w, h};
}

/* A length never has more than six characters: "841.42", "23164", "1.0e7". */
static void length_text(double v, char out[16]) {
    snprintf(out, 16, "%s",
             v < 99999.5 ? number_fixed(v, v < 999.5 ? 2 : 0).s
                         : number_power(v, 1).s);
    char *e = isfinite(v) ? strchr(out, 'e') : NULL;
    if (!e) return;
    const int power = (int)strtol(e + 1, NULL, 10);
    snprintf(e, (size_t)(out + 16 - e), "e%d", power);
}

static void number_text(StudyMeasure m, double v, char out[16]) {
    if (m == STUDY_LENGTH)
        length_text(v, out);
    else
        snprintf(out, 16, "%s", number_signed(v, 2).s);
}

static void tell_number(const Stage *s, Rect r, StudyMeasure m, double was) {
    char number[16], text[48];
    if (!rect_contains(r, s->mouse_x, s->mouse_y)) return;
    number_text(m, was, number);
    snprintf(text, sizeof text, "before the change: %s", number);
    tip_set(s->tip, r, text);
}

static void draw_number(const Stage *s, const Table *t, const Line *l,
                        const Column *c, int y) {
    const StudyAdded *a = measured(s, t, l), *b = measured_before(s, t, l);
    const Theme *theme = s->theme;
    const Rect all = {c->x, y, c->bar_w + t->number_w, t->row_h};
    if (!a) {
        stage_draw_missing(s, rect_inset(all, 0, t->row_h / 4));
        return;
    }
    const double v = study_added_value(a, c->measure);
    const double was = b ? study_added_value(b, c->measure) : v;
    if (c->measure == STUDY_ALONG && l->of.kind == STUDY_VECTOR_EMBED)
        return; /* nothing was there before */
    const bool opened = is_opened(s, l, c->measure);
    if (opened) canvas_round(s->canvas, all, (float)stage_u(s, 4), theme->well);
    if (isfinite(v))
        canvas_fill(s->canvas, bar_of(t, c, y, v),
                    c->measure == STUDY_LENGTH ? theme->residual
                    : v >= 0                   ? theme->accent
                                               : theme->query);
    const bool changed = isfinite(was) && !(fabs(was - v) < .005);
    if (changed) {
        stage_dashed(s, rect_inset(bar_of(t, c, y, was), 0, -1), theme->text);
        tell_number(s, all, c->measure, was);
    }
    char text[16];
    TextStyle style =
        text_style(opened ? FACE_MONO_BOLD : FACE_MONO, TYPE_TINY, theme->text);
    style.align = ALIGN_RIGHT;
    number_text(c->measure, v, text);
    stage_number_fit(s, style, t->number_w - stage_u(s, 4), text);
    canvas_text_row(s->canvas, style, all.x + all.w - stage_u(s, 4), y,
                    t->row_h, text);
    hits_pick(s->hits, all, residual_pick_number(s, l->of, c->measure));
}

/* ---- rows ---------------------------------------------------------------- */

static Color line_color(const Stage *s, const Line *l) {
    const ResidualDepth d = residual_depth(s->config);
    if (l->of.kind == STUDY_VECTOR_HEAD) return s->theme->value;
    if (l->of.kind != STUDY_VECTOR_ADDED) return s->theme->text;
    return residual_is_attention(d.arch, d.sums[l->of.number]) ? s->theme->value
                                                               : s->theme->mlp;
}

static void draw_line(const Stage *s, const Table *t, int i) {
    const Line *l = &t->lines[i];
    const int y = line_y(t, i), pad = stage_u(s, 4);
    const bool is_stream =
        l->of.kind == STUDY_VECTOR_STREAM || l->of.kind == STUDY_VECTOR_EMBED;
    char name[32];
    residual_vector_name(s, l->of, name, sizeof name);
    if (l->is_whole) snprintf(name, sizeof name, "after layer %d", l->of.layer);
    TextStyle style = text_style(is_stream ? FACE_BOLD : FACE_SANS, TYPE_TINY,
                                 line_color(s, l));
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int x = t->r.x + (is_stream ? 0 : stage_u(s, 12));
    canvas_text_fit(s->canvas, style, x, y + (t->row_h + cap) / 2,
                    num_max(t->strip_x - x - pad, 0), name);
    hits_pick(s->hits, (Rect){t->r.x, y, t->name_w + t->strip_w, t->row_h},
              residual_pick_number(s, l->of, STUDY_LENGTH));
    draw_strip(s, t, l, y);
    for (int c = 0; c < t->n_columns; c++)
        draw_number(s, t, l, &t->columns[c], y);
}

/* ---- around -------------------------------------------------------------- */

static void head_text(const Stage *s, const Table *t, StudyMeasure m,
                      char *upper, char *lower, size_t size) {
    char token[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, t->token, token, sizeof token);
    const bool of_length = m == STUDY_LENGTH;
    snprintf(upper, size, of_length ? "length" : "cosine");
    snprintf(lower, size, "%s",
             of_length          ? "of the vector"
             : m == STUDY_ALONG ? "with the stream"
             : m == STUDY_END   ? "with the end"
                                : "");
    if (m == STUDY_ASKS) snprintf(lower, size, "towards %s", token);
}

static void draw_head(const Stage *s, const Table *t) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int y = t->r.y - stage_u(s, 8), up = stage_u(s, 15);
    char upper[STAGE_LABEL_MAX + 32], lower[STAGE_LABEL_MAX + 32];
    canvas_text_fit(s->canvas, style, t->r.x, y, t->name_w - stage_u(s, 4),
                    "stream and parts");
    snprintf(upper, sizeof upper, "the vector's %d numbers", s->config->dim);
    canvas_text_fit(s->canvas, style, t->strip_x, y, t->strip_w, upper);
    for (int i = 0; i < t->n_columns; i++) {
        const Column *c = &t->columns[i];
        const int w = c->bar_w + t->number_w;
        head_text(s, t, c->measure, upper, lower, sizeof upper);
        canvas_text_fit(s->canvas, style, c->x, y - up, w, upper);
        glossary_note(s->hits, s->canvas, style, c->x, y - up, upper);
        canvas_text_fit(s->canvas, style, c->x, y, w, lower);
        if (c->measure != STUDY_LENGTH)
            canvas_fill(s->canvas,
                        (Rect){c->x + c->bar_w / 2, t->r.y, 1, t->r.h},
                        s->theme->rule);
    }
}

static void draw_foot(const Stage *s, const Table *t, Rect r) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int y = t->r.y + t->r.h + stage_u(s, 22);
    char text[256], full[16];
    if (t->hi < 999.5f)
        snprintf(full, sizeof full, "%s",
                 t->hi < 10 ? number_round((double)t->hi, 2).s
                            : number_fixed((double)t->hi, 0).s);
    else
        length_text((double)t->hi, full);
    snprintf(text, sizeof text,
             "strips: orange above 0, blue below, by the root of the size, "
             "full at ±%s%s%s.",
             full, s->against ? "; changed ones: now above, before below" : "",
             t->n_hidden > 0 ? "; ↑ and ↓ move to other layers" : "");
    canvas_text_fit(s->canvas, style, r.x, y, r.w, text);
}

/* The addition, of those shown, whose measure is the largest; -1: none. */
static int largest(const Stage *s, const Table *t, StudyMeasure m) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < t->n_lines; i++) {
        const Line *l = &t->lines[i];
        const StudyAdded *a = measured(s, t, l);
        if (l->of.kind == STUDY_VECTOR_STREAM ||
            l->of.kind == STUDY_VECTOR_EMBED || !a)
            continue;
        const double v = study_added_value(a, m);
        if (v > most) most = v, best = i;
    }
    return best;
}

/* "; head 3.2 points most towards ␣Mia (cosine +0.31)": the addition, of those
 * shown, that does; "" where none does. */
static void say_aim(const Stage *s, const Table *t, int longest, char *out,
                    size_t size) {
    char token[STAGE_SAID_MAX], name[32], who[40] = " and";
    const int aims =
        arch_predicts(s->config->arch) ? largest(s, t, STUDY_ASKS) : -1;
    out[0] = '\0';
    if (aims < 0) return;
    stage_say_token(s, t->token, token);
    residual_vector_name(s, t->lines[aims].of, name, sizeof name);
    if (aims != longest) snprintf(who, sizeof who, "; %s", name + 2);
    snprintf(out, size, "%s points most towards %s (cosine %s)", who, token,
             number_signed(measured(s, t, &t->lines[aims])->asks, 2).s);
}

/* "From length 1.20 to 25.31: MLP 3 adds the longest vector" and say_aim, where
 * there is room for both. */
static void draw_sentence(const Stage *s, const Table *t, Rect r) {
    const Line first = {{STUDY_VECTOR_EMBED, 0, 0}, false};
    const Line last = {
        {STUDY_VECTOR_STREAM, t->depth.n_sums - 1, s->config->n_layers - 1},
        false};
    const StudyAdded *from = measured(s, t, &first);
    const StudyAdded *to = measured(s, t, &last);
    const int longest = largest(s, t, STUDY_LENGTH);
    if (!from || !to || longest < 0) return;
    char text[256], aim[STAGE_SAID_MAX + 96], name[32], begins[16], ends[16];
    length_text(from->length, begins);
    length_text(to->length, ends);
    residual_vector_name(s, t->lines[longest].of, name, sizeof name);
    say_aim(s, t, longest, aim, sizeof aim);
    const int n = snprintf(text, sizeof text,
                           "From length %s to %s: %s adds the longest "
                           "vector%s",
                           begins, ends, name + 2,
                           t->n_hidden > 0 ? " of those shown" : "");
    snprintf(text + n, sizeof text - (size_t)n, "%s.", aim);
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->text);
    if (canvas_text_width(s->canvas, style, text) > r.w)
        snprintf(text + n, sizeof text - (size_t)n, ".");
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, TYPE_BODY), r.w,
                    text);
}

static bool prepare(const Stage *s, Rect r, Table *t) {
    int rival;
    *t = (Table){.depth = residual_depth(s->config)};
    if (arch_predicts(s->config->arch) &&
        !residual_tokens(s, &t->token, &rival))
        return false;
    lay_out(s, t, r);
    return true;
}

void residual_draw_stream(const Stage *s, Rect r) {
    Table t;
    const int sentence = stage_u(s, 28);
    const Rect below = {r.x, r.y + sentence, r.w, num_max(r.h - sentence, 1)};
    if (!prepare(s, below, &t)) {
        stage_draw_missing(s, r);
        return;
    }
    find_scales(s, &t);
    draw_sentence(s, &t, r);
    draw_head(s, &t);
    for (int i = 0; i < t.n_lines; i++)
        draw_line(s, &t, i);
    draw_foot(s, &t, below);
}
