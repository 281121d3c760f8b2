/* Models that others made, beside the one that is opened: as squares in one
 * scale, and over time. */
#include "viz/views/model/model_view.h"

#include "assets/embed.h"
#include "engine/base/num.h"
#include "viz/views/number.h"
#include "viz/views/span.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TABLE    "assets/known/models.tsv"
#define UNITS    4000 /* a side of the zoomed picture, for the mouse */
#define LABELS   (2 * KNOWN_MAX)
#define NOW_YEAR 2024 /* the axis goes so far at least */

/* ---- the table ----------------------------------------------------------- */

int model_known(Known out[KNOWN_MAX]) {
    Err err = {0};
    for (const Embed *e = embed_table; e->name; e++)
        if (strcmp(e->name, TABLE) == 0)
            return num_max(known_parse((const char *)e->begin,
                                       (size_t)(e->end - e->begin), out, &err),
                           0);
    return 0;
}

int model_known_elem(const Stage *s, int n) {
    return s->elem >= 0 && s->elem < n ? s->elem : -1;
}

/* ---- labels -------------------------------------------------------------- */

/* Places taken by words. */
typedef struct Used {
    Rect at[LABELS];
    int n;
} Used;

static bool is_free(const Used *t, Rect r) {
    for (int i = 0; i < t->n; i++) {
        const Rect both = rect_intersect(t->at[i], r);
        if (both.w > 0 && both.h > 0) return false;
    }
    return true;
}

/* Writes where nothing else stands and all of it is within; false: nothing. */
static bool place_label(const Stage *s, Used *t, TextStyle style, Rect within,
                        int x, int y, const char *text) {
    const FontMetrics m = canvas_metrics(s->canvas, style);
    const int pad = stage_u(s, 2);
    const Rect r = {x - pad, y - m.ascent,
                    canvas_text_width(s->canvas, style, text) + 2 * pad,
                    m.ascent + m.descent};
    const Rect in = rect_intersect(r, within);
    if (in.w < r.w || in.h < r.h || t->n == LABELS || !is_free(t, r))
        return false;
    t->at[t->n++] = r;
    /* Over the edge of a square that is hardly smaller. */
    const Rect ground = {r.x, y - m.cap - pad, r.w, m.cap + 2 * pad};
    canvas_fill(s->canvas, ground, color_alpha(s->theme->panel, .9f));
    canvas_text(s->canvas, style, x, y, text);
    return true;
}

/* ---- one of them, in numbers --------------------------------------------- */

/* "12 layers × 768" */
static void shape_text(const Config *c, char out[48]) {
    char dim[32];
    stage_count_text((uint64_t)c->dim, dim);
    snprintf(out, 48, "%d layers × %.20s", c->n_layers, dim);
}

/* What comes once, and once a layer. */
static void count_text(const Config *c, char *out, size_t size) {
    uint64_t once = 0, each = 0;
    char a[32], b[32], all[32];
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (t->per_layer)
            each += params_each(c, t);
        else
            once += params_of(c, t);
    }
    stage_count_text(once, a);
    stage_count_text(each, b);
    stage_count_text(params_total(c), all);
    snprintf(out, size, "%s = %s once + %d × %s a layer", all, a, c->n_layers,
             b);
}

static void draw_source(const Stage *s, Rect r, int y, const Known *k) {
    const TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    char text[KNOWN_SOURCE_MAX + 16];
    snprintf(text, sizeof text, "Source: %s", k->source);
    canvas_text_fit(s->canvas, soft, r.x, y, r.w, text);
}

/* The opened one: how it is counted, and where its sizes are from. */
static void draw_details(const Stage *s, Rect r, const Known *k) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int line = stage_u(s, 19);
    char text[192];
    int y = r.y + line;
    if (r.h < 4 * line) return;
    if (!k) {
        canvas_text_either(s->canvas, soft, r.x, y, r.w,
                           "Click a model, or Shift and the arrows: how it is "
                           "counted, and the source of its sizes.",
                           "Click, or Shift+arrows: how it is counted");
        return;
    }
    canvas_text_fit(s->canvas, bold, r.x, y, r.w, k->name);
    if (!k->arch) {
        canvas_text_fit(s->canvas, soft, r.x, y += line, r.w,
                        "Neither its sizes nor its weights were published: "
                        "there is nothing to count.");
        draw_source(s, r, y + line, k);
        return;
    }
    const Config c = known_config(k);
    snprintf(text, sizeof text, "D %d  F %d  H %d  G %d  V %d  L %d  S %d",
             c.dim, c.hidden_dim, c.n_heads, c.n_kv_heads, c.vocab_size,
             c.n_layers, c.seq_len_max);
    canvas_text_fit(s->canvas, mono, r.x, y += line, r.w, text);
    count_text(&c, text, sizeof text);
    canvas_text_fit(s->canvas, mono, r.x, y += line, r.w, text);
    draw_source(s, r, y + line, k);
}

/* ---- all of them, in rows ------------------------------------------------ */

#define ROW_U      26.0f
#define ROW_MAX_U  40.0f
#define TIMES_MOST "1,000,000 ×" /* the widest number of its column */

/* That no name is cut in. */
static int rows_width(const Stage *s) {
    const TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    return canvas_text_width(s->canvas, bold, "GPT-2 124M") +
           canvas_text_width(s->canvas, mono, "174,604,259,328") +
           canvas_text_width(s->canvas, mono, TIMES_MOST) + 2 * stage_u(s, 18);
}

/* Letters grow with the rows. */
static float growth(const Stage *s, Rect row) {
    const float by_h = (float)row.h / (float)num_max(stage_u(s, ROW_U), 1);
    const float by_w = (float)row.w / (float)num_max(rows_width(s), 1);
    return num_clamp_float(fminf(by_h, by_w), 1, ROW_MAX_U / ROW_U);
}

/* Where the columns of numbers end, and the shape begins. */
typedef struct Columns {
    int count, times, shape, shape_w; /* shape_w 0: it has no room */
} Columns;

static Columns columns_of(const Stage *s, Rect r) {
    const float g = growth(s, r);
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY * g, s->theme->text);
    const int shape = r.w >= stage_u(s, 480 * g) ? stage_u(s, 150 * g) : 0;
    const int times = r.x + r.w - shape, gap = stage_u(s, 18 * g);
    const int each = canvas_text_width(s->canvas, mono, TIMES_MOST) + gap;
    return (Columns){.count = times - each,
                     .times = times,
                     .shape = times + stage_u(s, 16),
                     .shape_w = shape - (shape ? stage_u(s, 16) : 0)};
}

static void draw_head(const Stage *s, Rect r) {
    TextStyle soft =
        text_style(FACE_SANS, TYPE_TINY * growth(s, r), s->theme->soft);
    const Columns k = columns_of(s, r);
    const int y = r.y + r.h * 2 / 3;
    canvas_text(s->canvas, soft, r.x, y, "model");
    if (k.shape_w) canvas_text(s->canvas, soft, k.shape, y, "layers × vector");
    soft.align = ALIGN_RIGHT;
    canvas_text(s->canvas, soft, k.count, y, "parameters");
    canvas_text(s->canvas, soft, k.times, y, "times this one");
    canvas_fill(s->canvas, (Rect){r.x, r.y + r.h - 1, r.w, 1}, s->theme->rule);
}

/* c NULL: its sizes were not published. */
static void draw_row(const Stage *s, Rect r, const char *name, const Config *c,
                     uint64_t own, bool lit) {
    const float g = growth(s, r);
    TextStyle style = text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_SMALL * g,
                                 lit ? s->theme->accent : s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY * g, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY * g, s->theme->soft);
    const int y = r.y + r.h * 2 / 3, gap = stage_u(s, 18 * g);
    const Columns k = columns_of(s, r);
    const uint64_t n = c ? params_total(c) : 0;
    char text[48] = "not published";
    mono.align = ALIGN_RIGHT;
    if (c) stage_count_text(n, text);
    const int count = canvas_text_width(s->canvas, mono, text);
    canvas_text_fit(s->canvas, style, r.x, y,
                    num_max(k.count - count - gap - r.x, 0), name);
    canvas_text(s->canvas, mono, k.count, y, text);
    canvas_fill(s->canvas, (Rect){r.x, r.y + r.h - 1, r.w, 1}, s->theme->rule);
    if (!c) return;
    if ((double)n / (double)own < 9.5)
        snprintf(text, sizeof text, "%s ×",
                 number_round((double)n / (double)own, 2).s);
    else {
        stage_count_text((uint64_t)llround((double)n / (double)own), text);
        snprintf(text + strlen(text), sizeof text - strlen(text), " ×");
    }
    canvas_text(s->canvas, mono, k.times, y, text);
    shape_text(c, text);
    if (k.shape_w)
        canvas_text_fit(s->canvas, soft, k.shape, y, k.shape_w, text);
}

/* Returns the height used. */
static int draw_rows(const Stage *s, Rect r, const Known *known, int n) {
    const int least = num_max(stage_u(s, 19), 1);
    const bool named = r.h / (n + 2) >= least;
    const int line = num_clamp(r.h / (n + 1 + named), least,
                               num_max(stage_u(s, ROW_MAX_U), least));
    const uint64_t own = params_total(s->config);
    const int elem = model_known_elem(s, n),
              fit = num_max(r.h / line - 1 - named, 0);
    const int first = stage_window(n, num_min(fit, n), num_max(elem, 0));
    if (r.h < line) return 0;
    if (named) {
        draw_head(s, (Rect){r.x, r.y, r.w, line});
        r.y += line;
    }
    draw_row(s, (Rect){r.x, r.y, r.w, line}, "this model", s->config, own,
             elem < 0);
    hits_pick(s->hits, (Rect){r.x, r.y, r.w, line},
              pick_number(STATE_ELEM, -1));
    for (int i = 0; i < num_min(fit, n); i++) {
        const Rect row = {r.x, r.y + (i + 1) * line, r.w, line};
        const Known *k = &known[first + i];
        const Config c = k->arch ? known_config(k) : (Config){0};
        draw_row(s, row, k->name, k->arch ? &c : NULL, own, first + i == elem);
        hits_pick(s->hits, row, pick_number(STATE_ELEM, first + i));
    }
    return (num_min(fit, n) + 1 + named) * line;
}

/* ---- scale --------------------------------------------------------------- */

int model_side(uint64_t n, uint64_t most, int side, float zoom) {
    const double s = sqrt((double)n / (double)most) * side * (double)zoom;
    return (int)lround(fmin(s, INT32_MAX / 4));
}

/* From its lower left corner, which all share. */
static Rect square(Rect area, int side) {
    return (Rect){area.x, area.y + area.h - side, side, side};
}

static void draw_square(const Stage *s, Rect area, int side, Color fill,
                        bool lit) {
    const Theme *t = s->theme;
    const Rect seen = rect_intersect(square(area, side), area);
    const float line = (float)num_max(stage_u(s, lit ? 2 : 1), 1);
    canvas_fill(s->canvas, seen, fill);
    if (side > area.h || seen.w < 2) return;
    canvas_frame(s->canvas, seen, 0, line, lit ? t->accent : t->soft);
}

/* A name in the upper right corner of its square. */
static void label_square(const Stage *s, Used *taken, Rect area, int side,
                         const char *name, bool lit) {
    TextStyle style = text_style(lit ? FACE_BOLD : FACE_MEDIUM, TYPE_SMALL,
                                 lit ? s->theme->accent : s->theme->text);
    const int w = canvas_text_width(s->canvas, style, name);
    const Rect r = square(area, side);
    const int x = r.x + r.w - w - stage_u(s, 6);
    if (side > area.h || x < r.x + stage_u(s, 2)) return;
    place_label(s, taken, style, area, x, r.y + stage_u(s, 18), name);
}

static void draw_own(const Stage *s, Rect area, int side, Used *taken) {
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->accent);
    draw_square(s, area, num_max(side, 1), s->theme->key_tint, true);
    if (side >= stage_u(s, 90)) {
        label_square(s, taken, area, side, "this model", true);
        return;
    }
    const int radius = stage_u(s, 8);
    const int y = area.y + area.h - num_max(side, 1) / 2;
    if (side < radius)
        canvas_frame(
            s->canvas,
            (Rect){area.x - radius, y - radius, 2 * radius, 2 * radius},
            (float)radius, (float)num_max(stage_u(s, 2), 1), s->theme->accent);
    char text[48];
    snprintf(text, sizeof text, "this model: %d pixel%s wide", num_max(side, 1),
             side > 1 ? "s" : "");
    canvas_text_fit(s->canvas, style, area.x + radius + stage_u(s, 4),
                    area.y + area.h + stage_u(s, 18),
                    num_max(area.w - radius, 0), text);
}

static void hit_scale(const Stage *s, Rect area, float zoom) {
    const int n = num_clamp((int)lroundf(UNITS / zoom), SPAN_LEAST, UNITS);
    hits_add(s->hits, (Hit){.rect = area,
                            .kind = HIT_GRID,
                            .row_key = STATE_ZOOM,
                            .col_key = STATE_AT,
                            .rows = n,
                            .cols = n,
                            .row0 = UNITS - n,
                            .n_all = UNITS,
                            .n_fit = UNITS,
                            .has_here = true,
                            .here_row = UNITS - 1});
}

static uint64_t largest(const Stage *s, const Known *known, int n) {
    uint64_t most = params_total(s->config);
    for (int i = 0; i < n; i++)
        if (known[i].parameters > most) most = known[i].parameters;
    return most;
}

/* Of the rows the i-th largest. */
static int by_size(const Known *known, int n, int i) {
    for (int k = 0; k < n; k++) {
        int above = 0;
        for (int j = 0; j < n; j++)
            above += known[j].parameters > known[k].parameters ||
                     (j < k && known[j].parameters == known[k].parameters);
        if (above == i) return k;
    }
    return 0;
}

static void draw_squares(const Stage *s, Rect area, const Known *known, int n) {
    const float zoom = fmaxf(s->state->zoom, 1);
    const uint64_t most = largest(s, known, n), own = params_total(s->config);
    const int elem = model_known_elem(s, n);
    Used taken = {0};
    char text[96], each[32];
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    canvas_fill(s->canvas, area, s->theme->well);
    for (int i = 0; i < n; i++) {
        const int k = by_size(known, n, i);
        draw_square(
            s, area, model_side(known[k].parameters, most, area.h, zoom),
            i % 2 ? s->theme->residual_tint : s->theme->panel, k == elem);
    }
    hit_scale(s, area, zoom);
    for (int i = 0; i < n; i++) {
        const int k = by_size(known, n, i);
        const int side = model_side(known[k].parameters, most, area.h, zoom);
        label_square(s, &taken, area, side, known[k].name, k == elem);
        if (side <= area.h && side >= stage_u(s, 12))
            hits_pick(s->hits, rect_intersect(square(area, side), area),
                      pick_number(STATE_ELEM, k));
    }
    draw_own(s, area, model_side(own, most, area.h, zoom), &taken);
    const double side = (double)area.h * (double)zoom;
    stage_count_text((uint64_t)llround((double)most / side / side), each);
    snprintf(text, sizeof text, "1 pixel = %s parameters%s", each,
             s->is_figure ? "" : " · wheel, Ctrl+=: from largest to this");
    canvas_text_phrases(s->canvas, soft, area.x,
                        area.y + area.h + stage_u(s, 36), area.w, text);
}

void model_draw_scale(const Stage *s, Rect r) {
    Known known[KNOWN_MAX];
    const int n = model_known(known), foot = stage_u(s, 42);
    const bool wide = r.w >= stage_u(s, 780);
    const int edge = stage_u(s, 10), details = stage_u(s, 84);
    const int beside = r.w - rows_width(s) - stage_u(s, 46);
    const int most = wide ? num_min(num_min(r.w * 55 / 100, beside), r.h - foot)
                          : num_min(r.w - edge, r.h / 2 - foot);
    const Rect area = {r.x + edge, r.y, num_max(most - edge, 0),
                       num_max(most - edge, 0)};
    const int elem = model_known_elem(s, n);
    if (area.w < 8) return;
    canvas_push_clip(s->canvas, r);
    draw_squares(s, area, known, n);
    Rect rest = {area.x + area.w + stage_u(s, 36), r.y, 0, r.h};
    if (!wide)
        rest = (Rect){r.x, area.y + area.h + foot, 0,
                      r.y + r.h - area.y - area.h - foot};
    rest.w = num_max(r.x + r.w - rest.x, 0);
    const int used = draw_rows(
        s, (Rect){rest.x, rest.y, rest.w, num_max(rest.h - details, 0)}, known,
        n);
    draw_details(s,
                 (Rect){rest.x, rest.y + used + stage_u(s, 6), rest.w,
                        rest.h - used - stage_u(s, 6)},
                 elem < 0 ? NULL : &known[elem]);
    canvas_pop_clip(s->canvas);
}

/* ---- history ------------------------------------------------------------- */

/* Time from left to right, parameters upwards, a decade being a step. */
typedef struct Axes {
    Rect r;
    int year0, year1;
    int decade0, decade1; /* powers of ten */
} Axes;

static int x_of(const Axes *a, int year, int month) {
    const float t = (float)(year - a->year0) + ((float)month - .5f) / 12;
    return a->r.x +
           (int)lroundf(t / (float)(a->year1 - a->year0) * (float)a->r.w);
}

static int y_of(const Axes *a, uint64_t n) {
    const double f =
        (log10((double)n) - a->decade0) / (double)(a->decade1 - a->decade0);
    return a->r.y + a->r.h - (int)lround(f * a->r.h);
}

/* One whose size was not published stands above all others, as it may be of
 * any. */
static int y_of_known(const Stage *s, const Axes *a, const Known *k) {
    return k->arch ? y_of(a, k->parameters) : a->r.y - stage_u(s, 6);
}

static Axes axes_of(const Stage *s, Rect r, const Known *known, int n) {
    const uint64_t own = params_total(s->config);
    const uint64_t most = largest(s, known, n);
    uint64_t least = own;
    for (int i = 0; i < n; i++)
        if (known[i].arch && known[i].parameters < least)
            least = known[i].parameters;
    return (Axes){.r = r,
                  .year0 = n ? known[0].year : NOW_YEAR - 1,
                  .year1 =
                      n ? num_max(known[n - 1].year + 1, NOW_YEAR) : NOW_YEAR,
                  .decade0 = (int)floor(log10((double)least)),
                  .decade1 = (int)ceil(log10((double)most)) + (most == least)};
}

static void draw_axes(const Stage *s, const Axes *a, Used *taken, Rect within) {
    static const char *const unit[] = {"", " thousand", " million", " billion",
                                       " trillion"};
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int cap = canvas_metrics(s->canvas, soft).cap;
    char text[32];
    for (int d = a->decade0; d <= a->decade1; d++) {
        const int y = a->r.y + a->r.h -
                      a->r.h * (d - a->decade0) / (a->decade1 - a->decade0);
        canvas_fill(s->canvas, (Rect){a->r.x, y, a->r.w, 1}, s->theme->rule);
        snprintf(text, sizeof text, "%d%s",
                 d % 3 == 2   ? 100
                 : d % 3 == 1 ? 10
                              : 1,
                 unit[num_clamp(d / 3, 0, 4)]);
        const int w = canvas_text_width(s->canvas, soft, text);
        place_label(s, taken, soft, within, a->r.x - stage_u(s, 8) - w,
                    y + cap / 2, text);
    }
    for (int year = a->year0; year <= a->year1; year++) {
        const int x =
            a->r.x + a->r.w * (year - a->year0) / (a->year1 - a->year0);
        canvas_fill(s->canvas, (Rect){x, a->r.y, 1, a->r.h}, s->theme->rule);
        snprintf(text, sizeof text, "%d", year);
        place_label(s, taken, soft, within,
                    x - canvas_text_width(s->canvas, soft, text) / 2,
                    a->r.y + a->r.h + stage_u(s, 18), text);
    }
}

/* Beside its point: right, left, above or below, where there is room. */
static void label_point(const Stage *s, Used *taken, Rect within, int x, int y,
                        const char *name, bool lit) {
    TextStyle style = text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                 lit ? s->theme->accent : s->theme->text);
    const int w = canvas_text_width(s->canvas, style, name);
    const int cap = canvas_metrics(s->canvas, style).cap, gap = stage_u(s, 10);
    const struct {
        int x, y;
    } at[] = {{x + gap, y + cap / 2}, {x - gap - w, y + cap / 2},
              {x - w / 2, y - gap},   {x - w / 2, y + gap + cap},
              {x + gap, y - gap},     {x + gap, y + gap + cap},
              {x - gap - w, y - gap}, {x - gap - w, y + gap + cap}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (place_label(s, taken, style, within, at[i].x, at[i].y, name))
            return;
}

static void known_name(const Known *k, char out[KNOWN_NAME_MAX + 32]) {
    snprintf(out, KNOWN_NAME_MAX + 32, "%s%s", k->name,
             k->arch ? "" : ": size not published");
}

/* A ring over a line through all sizes. */
static void draw_unknown(const Stage *s, const Axes *a, Rect ring,
                         Color color) {
    const int dash = num_max(stage_u(s, 4), 1),
              line = num_max(stage_u(s, 1), 1);
    const int x = ring.x + ring.w / 2;
    for (int y = ring.y + ring.h; y < a->r.y + a->r.h; y += 2 * dash)
        canvas_fill(s->canvas,
                    (Rect){x, y, line, num_min(dash, a->r.y + a->r.h - y)},
                    color);
    canvas_frame(s->canvas, ring, (float)ring.w / 2,
                 (float)num_max(stage_u(s, 2), 1), color);
}

static void draw_points(const Stage *s, const Axes *a, Used *taken, Rect within,
                        const Known *known, int n) {
    const int radius = stage_u(s, 6), elem = model_known_elem(s, n);
    /* Points first: no word may lie on one. */
    for (int i = 0; i < n; i++) {
        const int x = x_of(a, known[i].year, known[i].month);
        const int y = y_of_known(s, a, &known[i]);
        const Rect r = {x - radius, y - radius, 2 * radius, 2 * radius};
        const Color color = i == elem ? s->theme->accent : s->theme->query;
        if (known[i].arch)
            canvas_circle(s->canvas, (float)x, (float)y, (float)radius, color);
        else
            draw_unknown(s, a, r, color);
        if (taken->n < LABELS) taken->at[taken->n++] = r;
        hits_pick(s->hits, rect_intersect(r, within),
                  pick_number(STATE_ELEM, i));
        if (rect_contains(r, s->mouse_x, s->mouse_y))
            tip_set(s->tip, r, known[i].name);
    }
    for (int i = n; i >= 0; i--) { /* the opened one first */
        const int at = i == n ? elem : i;
        char name[KNOWN_NAME_MAX + 32];
        if (at < 0 || (i < n && at == elem)) continue;
        known_name(&known[at], name);
        label_point(s, taken, within, x_of(a, known[at].year, known[at].month),
                    y_of_known(s, a, &known[at]), name, at == elem);
    }
}

static void draw_own_line(const Stage *s, const Axes *a, Used *taken,
                          Rect within) {
    const uint64_t own = params_total(s->config);
    const int y = y_of(a, own), dash = stage_u(s, 6);
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->accent);
    char text[64], n[32];
    for (int x = a->r.x; x < a->r.x + a->r.w; x += 2 * dash)
        canvas_fill(s->canvas, (Rect){x, y, dash, num_max(stage_u(s, 1), 1)},
                    s->theme->accent);
    stage_count_text(own, n);
    snprintf(text, sizeof text, "this model, %s", n);
    const int at[] = {y - stage_u(s, 6), y + stage_u(s, 18)};
    for (int i = 0; i < 2; i++)
        if (place_label(s, taken, style, within, a->r.x + stage_u(s, 10), at[i],
                        text))
            return;
}

void model_draw_history(const Stage *s, Rect r) {
    Known known[KNOWN_MAX];
    const int n = model_known(known), elem = model_known_elem(s, n);
    const int left = stage_u(s, 96), foot = stage_u(s, 30);
    const int details = stage_u(s, 84);
    const Rect plot = {r.x + left, r.y + stage_u(s, 14),
                       r.w - left - stage_u(s, 30),
                       r.h - foot - details - stage_u(s, 14)};
    if (plot.w < stage_u(s, 60) || plot.h < stage_u(s, 60)) return;
    const Rect within = {r.x, r.y, r.w, plot.y + plot.h + foot - r.y};
    const Axes a = axes_of(s, plot, known, n);
    Used taken = {0};
    draw_axes(s, &a, &taken, within);
    draw_points(s, &a, &taken, within, known, n);
    draw_own_line(s, &a, &taken, within);
    draw_details(s,
                 (Rect){r.x + left, within.y + within.h, r.w - left, details},
                 elem < 0 ? NULL : &known[elem]);
}
