/* Sizes by letters, and the parameters that they make. */
#include "viz/views/model/model_view.h"
#include "viz/views/slider.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OCTAVES_DOWN 3 /* a slider goes from an eighth of the model's own ... */
#define OCTAVES_UP   6 /* ... to 64 times that */

static const char *const letter_names[SHAPE_DIMS] = {
    [SHAPE_D] = "vector",   [SHAPE_F] = "MLP",    [SHAPE_H] = "heads",
    [SHAPE_G] = "kv heads", [SHAPE_V] = "pieces", [SHAPE_L] = "layers"};

/* ---- what is shown ------------------------------------------------------- */

int model_n_elems(const Stage *s) {
    return MODEL_FIRST_COUNT + s->config->arch->n_tensors + 1 + PARAMS_PARTS;
}

int model_elem(const Stage *s) {
    const bool asked = s->elem >= 0 && s->elem < model_n_elems(s);
    return asked ? s->elem : MODEL_FIRST_COUNT + s->config->arch->n_tensors;
}

/* The letter that A and Shift+A change. */
static ShapeDim turned(const Stage *s) {
    const bool asked = s->elem >= 0 && s->elem < SHAPE_DIMS;
    return asked ? (ShapeDim)s->elem : SHAPE_D;
}

bool model_sizes(const Stage *s, Config *out, Err *err) {
    if (shape_apply(&s->state->shape, s->config, out, err)) return true;
    *out = *s->config;
    return false;
}

const Config *model_sizes_before(const Stage *s) {
    const Config *c = s->against ? trace_config(s->against) : NULL;
    if (!c || c == s->config) return NULL;
    bool same = c->arch == s->config->arch;
    for (int i = 0; same && i < c->arch->n_tensors; i++)
        same = params_of(c, &c->arch->tensors[i]) ==
               params_of(s->config, &c->arch->tensors[i]);
    return same ? NULL : c;
}

bool model_turn_letter(const Stage *s, int dir, State *next) {
    const ShapeDim d = turned(s);
    const int own = shape_of(s->config).n[d];
    Shape *shape = &next->shape;
    const double now = shape->n[d] ? shape->n[d] : own;
    const int size =
        shape_nearest(shape, s->config, d, dir > 0 ? now * 2 : now / 2);
    if (size == 0) return false;
    shape->n[d] = size == own ? 0 : size;
    next->set |= STATE_BIT(STATE_SHAPE);
    return true;
}

const char *model_tensor_name(const ArchTensor *t) {
    static const char *const names[TENSOR_ROLES] = {
        [TENSOR_TOKEN_EMBED] = "token embedding",
        [TENSOR_POS_EMBED] = "position embedding",
        [TENSOR_SEGMENT_EMBED] = "segment embedding",
        [TENSOR_EMBED_NORM] = "embedding norm",
        [TENSOR_ATTN_NORM] = "attention norm",
        [TENSOR_WQ] = "W_Q",
        [TENSOR_WK] = "W_K",
        [TENSOR_WV] = "W_V",
        [TENSOR_Q_NORM] = "query norm",
        [TENSOR_K_NORM] = "key norm",
        [TENSOR_WO] = "W_O",
        [TENSOR_FFN_NORM] = "MLP norm",
        [TENSOR_W_GATE] = "gate",
        [TENSOR_W_UP] = "up",
        [TENSOR_W_DOWN] = "down",
        [TENSOR_HEAD] = "head",
        [TENSOR_FINAL_NORM] = "last norm",
        [TENSOR_CLASSIFIER] = "output matrix"};
    return t->role < TENSOR_ROLES && names[t->role] ? names[t->role] : "";
}

/* More of a role's colour than its tint has, and still a ground for text. */
static Color fill_of(Color tint, Color role) {
    return color_mix(tint, role, .15f);
}

static Color part_color(const Stage *s, ParamsPart part) {
    const Theme *t = s->theme;
    switch (part) {
    case PARAMS_ATTENTION:
        return fill_of(t->query_tint, t->query);
    case PARAMS_MLP:
        return fill_of(t->mlp_tint, t->mlp);
    case PARAMS_NORMS:
        return t->soft;
    default:
        return fill_of(t->residual_tint, t->residual);
    }
}

Color model_tensor_color(const Stage *s, TensorRole role) {
    const Arch *a = s->config->arch;
    for (int i = 0; i < a->n_ops; i++) {
        if (a->ops[i].weight != role || a->ops[i].kind != OP_LINEAR) continue;
        if (site_role(a->ops[i].out) == SITE_ROLE_KEY)
            return fill_of(s->theme->key_tint, s->theme->key);
        if (site_role(a->ops[i].out) == SITE_ROLE_VALUE)
            return fill_of(s->theme->value_tint, s->theme->value);
    }
    return part_color(s, params_part(a, role));
}

/* ---- sliders ------------------------------------------------------------- */

static void draw_track(const Stage *s, Rect r, int own, int now) {
    const float octaves = OCTAVES_DOWN + OCTAVES_UP;
    const float up = log2f((float)now / (float)own) + OCTAVES_DOWN;
    const int h = stage_u(s, 6);
    slider_draw(s, (Rect){r.x, r.y + (r.h - h) / 2, r.w, h}, up / octaves,
                OCTAVES_DOWN / octaves);
}

static void draw_slider(const Stage *s, Rect r, ShapeDim d, int now) {
    const Theme *t = s->theme;
    const int own = shape_of(s->config).n[d], line = stage_u(s, 20);
    const bool lit = d == turned(s);
    TextStyle bold =
        text_style(FACE_BOLD, TYPE_BODY, lit ? t->accent : t->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, t->soft);
    TextStyle mono =
        text_style(FACE_MONO, TYPE_SMALL, now == own ? t->text : t->accent);
    const char letter[] = {shape_letter(d), '\0'};
    const int y = r.y + stage_u(s, 15);
    const int x = r.x + canvas_text(s->canvas, bold, r.x, y, letter);
    canvas_text_either(s->canvas, soft, x + stage_u(s, 5), y,
                       num_max(r.x + r.w - x - stage_u(s, 5), 0),
                       letter_names[d], d == SHAPE_G ? "kv" : letter_names[d]);
    hits_pick(s->hits, (Rect){r.x, r.y, r.w, line},
              pick_number(STATE_ELEM, (int)d));
    const Rect track = {r.x, r.y + line, r.w, line};
    draw_track(s, track, own, now);
    const float low = log2f((float)own) - OCTAVES_DOWN;
    hits_add(s->hits, (Hit){.rect = track,
                            .kind = HIT_SLIDER,
                            .slider_key = STATE_SHAPE,
                            .arg = (int)d,
                            .lo = low,
                            .hi = low + OCTAVES_DOWN + OCTAVES_UP});
    char text[32];
    stage_count_text((uint64_t)now, text);
    canvas_text_fit(s->canvas, mono, r.x, r.y + 2 * line + stage_u(s, 13), r.w,
                    text);
}

/* All six, in one row or in two; returns the height used. */
static int draw_sliders(const Stage *s, Rect r, const Config *c) {
    const Shape now = shape_of(c);
    const int gap = stage_u(s, 16), h = stage_u(s, 64);
    const int rows = r.w < stage_u(s, 480) ? 2 : 1, cols = SHAPE_DIMS / rows;
    const int w = num_max((r.w - (cols - 1) * gap) / cols, 1);
    for (int i = 0; i < SHAPE_DIMS; i++)
        draw_slider(
            s, (Rect){r.x + i % cols * (w + gap), r.y + i / cols * h, w, h},
            (ShapeDim)i, now.n[i]);
    return rows * h;
}

/* ---- counts -------------------------------------------------------------- */

/* Right edges of the table's columns. */
typedef struct Columns {
    int name, formula, sizes, count, share;
    int line;
    float size, big;      /* of type: a tensor's, a part's */
    const Config *before; /* whose counts stand in place of shares; or NULL */
} Columns;

/* For n rows of r: larger type where all of them fit so. */
static Columns columns_of(const Stage *s, Rect r, int n) {
    const bool wide = r.w >= stage_u(s, 520);
    const bool tall = wide && n * stage_u(s, 27) <= r.h;
    const Config *before = model_sizes_before(s);
    const int share = stage_u(s, before ? 120 : tall ? 70 : 62);
    const int count = stage_u(s, tall ? 148 : wide ? 128 : 112);
    const int right = r.x + r.w;
    Columns c = {.before = before,
                 .share = right,
                 .count = right - share,
                 .line = stage_u(s, tall ? 27 : 21),
                 .size = tall ? TYPE_SMALL : TYPE_TINY,
                 .big = tall ? TYPE_BODY : TYPE_SMALL};
    c.sizes = c.count - count;
    c.name = r.x + num_min(stage_u(s, 168), num_max(c.sizes - r.x, 0) / 2);
    c.formula = wide ? c.name + (c.sizes - c.name) * 58 / 100 : c.sizes;
    return c;
}

static void draw_count(const Stage *s, const Columns *x, int y, uint64_t n,
                       uint64_t total, bool bold) {
    TextStyle mono =
        text_style(FACE_MONO, bold ? x->big : x->size, s->theme->text);
    char count[32], share[16];
    mono.align = ALIGN_RIGHT;
    stage_count_text(n, count);
    stage_percent_text((double)n / (double)total, share);
    canvas_text(s->canvas, mono, x->count, y, count);
    mono.color = bold ? s->theme->text : s->theme->soft;
    if (!x->before) canvas_text(s->canvas, mono, x->share, y, share);
}

static Pick pick_count(int count, const char *opened) {
    return pick_and(pick_number(STATE_ELEM, MODEL_FIRST_COUNT + count),
                    pick_word(STATE_OPENED, opened));
}

/* What the other model has there, where that is another number: a click opens
 * it.  count: what STUDY_PARAMS calls it there, -1: it has no such. */
static void draw_before(const Stage *s, const Columns *x, Rect r, int y,
                        uint64_t now, uint64_t was, int count) {
    TextStyle mono = text_style(FACE_MONO, x->size, s->theme->soft);
    char number[32], text[48];
    mono.align = ALIGN_RIGHT;
    if (!x->before || now == was) return;
    stage_count_text(was, number);
    snprintf(text, sizeof text, "was %s", number);
    canvas_text(s->canvas, mono, x->share, y, text);
    const int w = canvas_text_width(s->canvas, mono, text);
    if (count >= 0)
        hits_pick(s->hits, (Rect){x->share - w, r.y, w, r.h},
                  pick_count(count, "before"));
}

static void open_on_click(const Stage *s, Rect r, int count) {
    const int elem = MODEL_FIRST_COUNT + count;
    if (model_elem(s) == elem && s->elem >= 0 && !before_is_opened(s))
        canvas_fill(s->canvas, (Rect){r.x, r.y + r.h - 1, r.w, 1},
                    s->theme->accent);
    hits_pick(s->hits, r, pick_count(count, "now"));
}

/* A tensor's row in the other model's table; -1: it has none of the role. */
static int row_before(const Config *before, TensorRole role) {
    for (int i = 0; before && i < before->arch->n_tensors; i++)
        if (before->arch->tensors[i].role == role) return i;
    return -1;
}

/* "L · H·K · D", with a bias "L · (H·K · D + H·K)", of a tied matrix its bias
 * alone; tight: with no blanks. */
static void letters_text(const Config *c, const ArchTensor *t, bool tight,
                         char *out, size_t size) {
    const char *times = tight ? "·" : " · ", *plus = tight ? "+" : " + ";
    const char *rows = params_dim_text(t->rows),
               *cols = params_dim_text(t->cols);
    const char *layers = t->per_layer ? "L" : "";
    const bool vector = t->rows == ARCH_ONE;
    char one[32];
    snprintf(one, sizeof one, "%s%s%s", vector ? "" : rows, vector ? "" : times,
             cols);
    if (arch_tensor_shared(c, t->role) != TENSOR_NONE)
        snprintf(out, size, "%s", rows);
    else if (!arch_has_bias(c, t))
        snprintf(out, size, "%s%s%s", layers, t->per_layer ? times : "", one);
    else if (!t->per_layer)
        snprintf(out, size, "%s%s%s", one, plus, vector ? cols : rows);
    else
        snprintf(out, size, "%s%s(%s%s%s)", layers, tight ? "" : times, one,
                 plus, vector ? cols : rows);
}

/* The letters, and "4 × 128 × 128". */
static void draw_formula(const Stage *s, const Columns *x, int y,
                         const Config *c, const ArchTensor *t) {
    TextStyle mono = text_style(FACE_MONO, x->size, s->theme->soft);
    char text[64];
    const int gap = stage_u(s, 8), L = params_copies(c, t);
    const int rows = arch_dim_size(c, t->rows),
              cols = arch_dim_size(c, t->cols);
    const bool vector = t->rows == ARCH_ONE;
    const bool tied = arch_tensor_shared(c, t->role) != TENSOR_NONE;
    char brief[64];
    letters_text(c, t, false, text, sizeof text);
    letters_text(c, t, true, brief, sizeof brief);
    canvas_text_either(s->canvas, mono, x->name + gap, y,
                       num_max(x->formula - x->name - gap, 0), text, brief);
    if (x->formula == x->sizes) return;
    char copies[16] = "";
    if (t->per_layer) snprintf(copies, sizeof copies, "%d × ", L);
    char size[48];
    if (vector)
        snprintf(size, sizeof size, "%d", cols);
    else
        snprintf(size, sizeof size, "%d × %d", rows, cols);
    snprintf(text, sizeof text, "%s%s", copies, size);
    snprintf(brief, sizeof brief, "%s", text);
    if (tied) {
        snprintf(text, sizeof text, "tied + %d", rows);
        snprintf(brief, sizeof brief, "+%d", rows);
    } else if (arch_has_bias(c, t)) {
        const int bias = vector ? cols : rows;
        snprintf(text, sizeof text, "%s(%s + %d)", copies, size, bias);
        if (!vector) snprintf(size, sizeof size, "%d×%d", rows, cols);
        if (t->per_layer) snprintf(copies, sizeof copies, "%d×", L);
        snprintf(brief, sizeof brief, "%s(%s+%d)", copies, size, bias);
    }
    char count[32];
    stage_count_text(params_of(c, t), count);
    const int end = x->count - canvas_text_width(s->canvas, mono, count) - gap;
    canvas_text_either(s->canvas, mono, x->formula + gap, y,
                       num_max(end - x->formula - gap, 0), text, brief);
}

/* Below the part's own name, "embedding". */
static const char *short_name(const char *name) {
    return strcmp(name, "token embedding") == 0      ? "tokens"
           : strcmp(name, "position embedding") == 0 ? "positions"
                                                     : name;
}

static void draw_tensor(const Stage *s, Rect r, const Columns *x, int row,
                        const Config *c, uint64_t total) {
    const ArchTensor *t = &c->arch->tensors[row];
    TextStyle style = text_style(FACE_SANS, x->size, s->theme->text);
    const int y = r.y + r.h * 2 / 3, left = r.x + stage_u(s, 20);
    canvas_fill(s->canvas,
                (Rect){r.x + stage_u(s, 6), y - stage_u(s, 8), stage_u(s, 8),
                       stage_u(s, 8)},
                model_tensor_color(s, t->role));
    canvas_text_either(s->canvas, style, left, y, num_max(x->name - left, 0),
                       model_tensor_name(t), short_name(model_tensor_name(t)));
    glossary_note(s->hits, s->canvas, style, left, y, model_tensor_name(t));
    draw_formula(s, x, y, c, t);
    draw_count(s, x, y, params_of(c, t), total, false);
    open_on_click(s, r, row);
    const int at = row_before(x->before, t->role);
    draw_before(
        s, x, r, y, params_of(c, t),
        at < 0 ? 0 : params_of(x->before, &x->before->arch->tensors[at]), at);
}

/* A tensor that the other model has alone. */
static void draw_gone(const Stage *s, Rect r, const Columns *x, int row) {
    const ArchTensor *t = &x->before->arch->tensors[row];
    TextStyle soft = text_style(FACE_SANS, x->size, s->theme->soft);
    const int y = r.y + r.h * 2 / 3, left = r.x + stage_u(s, 20);
    canvas_text_either(s->canvas, soft, left, y, num_max(x->name - left, 0),
                       model_tensor_name(t), short_name(model_tensor_name(t)));
    draw_count(s, x, y, 0, 1, false);
    draw_before(s, x, r, y, 0, params_of(x->before, t), row);
}

static void draw_part(const Stage *s, Rect r, const Columns *x, ParamsPart part,
                      const Config *c, uint64_t total) {
    TextStyle bold = text_style(FACE_BOLD, x->big, s->theme->text);
    const int y = r.y + r.h * 2 / 3, box = stage_u(s, 11);
    const int left = r.x + stage_u(s, 20);
    canvas_fill(s->canvas, (Rect){r.x, y - box, box, box}, part_color(s, part));
    canvas_text_fit(s->canvas, bold, left, y, num_max(x->name - left, 0),
                    params_part_name(part));
    glossary_note(s->hits, s->canvas, bold, left, y, params_part_name(part));
    draw_count(s, x, y, params_of_part(c, part), total, true);
    open_on_click(s, r, c->arch->n_tensors + 1 + (int)part);
    if (x->before)
        draw_before(s, x, r, y, params_of_part(c, part),
                    params_of_part(x->before, part),
                    x->before->arch->n_tensors + 1 + (int)part);
}

static bool is_row_of(const Config *c, int i, ParamsPart part) {
    const ArchTensor *t = &c->arch->tensors[i];
    return params_copies(c, t) > 0 && params_part(c->arch, t->role) == part;
}

/* Whether row i of the other model's table has none here. */
static bool is_gone(const Config *c, const Config *before, int i,
                    ParamsPart part) {
    return is_row_of(before, i, part) &&
           row_before(c, before->arch->tensors[i].role) < 0;
}

static int n_rows_of(const Config *c, const Config *before, ParamsPart part) {
    int n = 0;
    for (int i = 0; i < c->arch->n_tensors; i++)
        n += is_row_of(c, i, part);
    for (int i = 0; before && i < before->arch->n_tensors; i++)
        n += is_gone(c, before, i, part);
    return n;
}

/* The tensors of a part; returns where the next part begins. */
static int draw_tensors(const Stage *s, Rect r, const Columns *x,
                        ParamsPart part, const Config *c, uint64_t total) {
    const Config *before = x->before;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        if (!is_row_of(c, i, part)) continue;
        draw_tensor(s, r, x, i, c, total);
        r.y += r.h;
    }
    for (int i = 0; before && i < before->arch->n_tensors; i++) {
        if (!is_gone(c, before, i, part)) continue;
        draw_gone(s, r, x, i);
        r.y += r.h;
    }
    return r.y;
}

/* The parts and, where all of them fit, their tensors; returns the height. */
static int draw_table(const Stage *s, Rect r, const Config *c, uint64_t total) {
    int n = 0, y = r.y;
    for (int part = 0; part < PARAMS_PARTS; part++) {
        const int rows = n_rows_of(c, model_sizes_before(s), (ParamsPart)part);
        n += rows ? rows + 1 : 0;
    }
    const Columns x = columns_of(s, r, n);
    const bool all = n * x.line <= r.h;
    for (int part = 0; part < PARAMS_PARTS; part++) {
        if (!n_rows_of(c, x.before, (ParamsPart)part)) continue;
        if (y + x.line > r.y + r.h) break;
        draw_part(s, (Rect){r.x, y, r.w, x.line}, &x, (ParamsPart)part, c,
                  total);
        y += x.line;
        if (all)
            y = draw_tensors(s, (Rect){r.x, y, r.w, x.line}, &x,
                             (ParamsPart)part, c, total);
    }
    return y - r.y;
}

/* ---- the whole ----------------------------------------------------------- */

/* "2.5", and from a hundred on whole: "8,556". */
static void times_text(double times, char out[32]) {
    if (times < 100)
        snprintf(out, 32, "%s", number_round(times, 3).s);
    else
        stage_count_text((uint64_t)llround(times), out);
}

/* What was asked for, and how many times the model's own that is. */
static int draw_total(const Stage *s, Rect r, const Config *c, uint64_t total,
                      const char *wrong) {
    const Theme *t = s->theme;
    const uint64_t own = params_total(s->config);
    TextStyle bold = text_style(FACE_BOLD, TYPE_LEAD, t->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    TextStyle big = text_style(FACE_BOLD, TYPE_TITLE, t->accent);
    char count[32], text[160], times[32];
    const int y = r.y + stage_u(s, 24);
    stage_count_text(total, count);
    const int w = canvas_text_width(s->canvas, big, count);
    big.align = ALIGN_RIGHT;
    canvas_text(s->canvas, big, r.x + r.w, y, count);
    hits_pick(
        s->hits,
        (Rect){r.x + num_max(r.w - w, 0), r.y, num_min(w, r.w), stage_u(s, 32)},
        pick_count(c->arch->n_tensors, "now"));
    canvas_text_fit(s->canvas, bold, r.x, y,
                    num_max(r.w - w - stage_u(s, 12), 0),
                    total == own ? "This model" : "What if");
    /* Heads may have a width of their own. */
    const char *k = c->arch->own_head_dim ? "K" : "K = D / H";
    const char *tied = c->tied ? " · the embedding is the output matrix, too"
                               : " · an output matrix of its own";
    snprintf(text, sizeof text, "%s = %d%s", k, c->head_dim, tied);
    if (total != own) {
        times_text((double)total / (double)own, times);
        snprintf(text, sizeof text, "%s times this model · %s = %d%s", times, k,
                 c->head_dim, tied);
    }
    const Config *before = model_sizes_before(s);
    if (before && total == own) {
        stage_count_text(params_total(before), count);
        snprintf(text, sizeof text, "was %s in %s · %s = %d%s", count,
                 model_name(trace_model(s->against)), k, c->head_dim, tied);
    }
    if (wrong[0]) {
        soft.color = t->bad;
        snprintf(text, sizeof text, "✗ no model can have that: %s", wrong);
    }
    canvas_text_fit(s->canvas, soft, r.x, y + stage_u(s, 22), r.w, text);
    return stage_u(s, 58);
}

/* Letters, the total and the table, one below the other. */
static int draw_column(const Stage *s, Rect r, const Config *c,
                       const char *wrong) {
    const uint64_t total = params_total(c);
    const int gap = stage_u(s, 14);
    int y = draw_sliders(s, r, c) + gap;
    y += draw_total(s, (Rect){r.x, r.y + y, r.w, 0}, c, total, wrong);
    return y + draw_table(s, (Rect){r.x, r.y + y, r.w, num_max(r.h - y, 0)}, c,
                          total);
}

void model_draw_params(const Stage *s, Rect r) {
    Config c;
    Err err = {0};
    const int air = stage_u(s, 32);
    model_sizes(s, &c, &err);
    const Config *before = model_sizes_before(s);
    const bool asked = params_total(&c) != params_total(s->config);
    const Config *other = before && !asked ? before : s->config;
    canvas_push_clip(s->canvas, r);
    if (r.w >= stage_u(s, 860)) {
        const int w = num_min(r.w * 46 / 100, stage_u(s, 640));
        draw_column(s, (Rect){r.x, r.y, w, r.h}, &c, err.msg);
        model_draw_tree(s, &c, other,
                        (Rect){r.x + w + air, r.y, r.w - w - air, r.h});
    } else {
        const int y =
            draw_column(s, (Rect){r.x, r.y, r.w, r.h * 55 / 100}, &c, err.msg) +
            stage_u(s, 12);
        model_draw_tree(s, &c, other,
                        (Rect){r.x, r.y + y, r.w, num_max(r.h - y, 0)});
    }
    canvas_pop_clip(s->canvas);
}
