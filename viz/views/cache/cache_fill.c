/* The keys and values that are kept: a column a token, a block a layer and
 * key-value head, and beside it the queries that read it. */
#include "viz/views/cache/cache.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"

#include <math.h>
#include <stdio.h>

#define BLOCK_U     44.0f /* the least height of a block, */
#define BLOCK_MIN_U 20.0f /* where all layers and heads then have room */
#define BLOCK_MAX_U 150.0f
#define COLUMN_U    3.0f /* the least width of a token */
#define COLUMN_MAX  96.0f
#define SIDE_U      112.0f /* layer and queries */
#define QUERIES_MAX 8      /* strips drawn of a key-value head */

typedef struct Fill {
    Rect keys, values; /* values.w 0: below the keys there is no room */
    int n_columns, column_w, first; /* tokens shown, from `first` on */
    int first_layer, n_layers;
    int first_kv, n_kv; /* key-value heads of each */
    int block_h, gap, layer_gap;
    Site query;
} Fill;

static Site query_site(const Arch *a) {
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].kind == OP_SCORES) return a->ops[i].in[0];
    return SITE_NONE;
}

/* ---- where --------------------------------------------------------------- */

/* Whole layers or, where one has too many heads, some of those, about the
 * current ones. */
static void choose_blocks(const Stage *s, Fill *f, int h) {
    const Config *c = s->config;
    const int kv = s->head / (c->n_heads / c->n_kv_heads);
    const int low = stage_u(s, BLOCK_MIN_U) + f->gap;
    const bool all = h / (c->n_kv_heads * low + f->layer_gap) >= c->n_layers;
    const int least = all ? low : stage_u(s, BLOCK_U) + f->gap;
    f->n_kv = num_clamp(h / least, 1, c->n_kv_heads);
    f->n_layers =
        num_clamp(h / (f->n_kv * least + f->layer_gap), 1, c->n_layers);
    f->first_kv = stage_window(c->n_kv_heads, f->n_kv, kv);
    f->first_layer = stage_window(c->n_layers, f->n_layers, s->layer);
    const int blocks = f->n_layers * f->n_kv;
    const int air = f->gap * blocks + f->layer_gap * f->n_layers;
    f->block_h = num_clamp((h - air) / blocks, 1, stage_u(s, BLOCK_MAX_U));
}

/* Keys beside values; where that is too narrow the operation's alone. */
static void lay_out(const Stage *s, Rect r, Fill *f) {
    const int side = stage_u(s, SIDE_U), head = stage_u(s, 40);
    const int foot = stage_u(s, 34), air = stage_u(s, 26);
    f->gap = stage_u(s, 5);
    f->layer_gap = stage_u(s, 12);
    f->query = query_site(s->config->arch);
    const Rect area = {r.x + side, r.y + head, num_max(r.w - side, 1),
                       num_max(r.h - head - foot, 1)};
    const bool both = area.w >= stage_u(s, 420);
    const int w = both ? (area.w - air) / 2 : area.w;
    choose_blocks(s, f, area.h);
    f->n_columns = num_clamp(w / num_max(stage_u(s, COLUMN_U), 1), 1, s->n_pos);
    f->column_w = num_clamp(w / f->n_columns, 1, stage_u(s, COLUMN_MAX));
    f->first = stage_window(s->n_pos, f->n_columns, s->pos);
    f->keys = (Rect){area.x, area.y, f->n_columns * f->column_w, area.h};
    f->values = f->keys;
    f->values.x += both ? w + air : 0;
    if (both) return;
    if (s->op == CACHE_VALUES)
        f->keys.w = 0;
    else
        f->values.w = 0;
}

static int block_y(const Fill *f, int y, int layer, int kv) {
    const int at = layer - f->first_layer, head = kv - f->first_kv;
    return y + at * (f->n_kv * (f->block_h + f->gap) + f->layer_gap) +
           head * (f->block_h + f->gap);
}

/* ---- one block ----------------------------------------------------------- */

static const float *row_at(const Stage *s, Site site, int layer, int pos,
                           int kv) {
    const float *row = stage_row(s, site, layer, pos);
    return row ? row + (size_t)kv * (size_t)s->config->head_dim : NULL;
}

/* The strongest of the elements that fall on one row of pixels. */
static float strongest(const float *v, int from, int to) {
    float best = v[from];
    for (int i = from; i < to; i++)
        if (fabsf(v[i]) > fabsf(best) || isnan(v[i])) best = v[i];
    return best;
}

/* True: some are not numbers. */
static bool color_column(const Stage *s, const float *v, int rows, float hi,
                         int n_cols, int col) {
    bool any_nan = false;
    const int K = s->config->head_dim;
    for (int i = 0; i < rows; i++) {
        const float x = strongest(v, (int)((int64_t)i * K / rows),
                                  (int)((int64_t)(i + 1) * K / rows));
        Color c = stage_value_color(s, isnan(x) ? 0 : x, hi);
        if (isnan(x)) c.a = 0;
        any_nan |= isnan(x);
        s->cells[(size_t)i * (size_t)n_cols + (size_t)col] = c;
    }
    return any_nan;
}

static void draw_cells(const Stage *s, const Fill *f, Site site, int layer,
                       int kv, Rect r) {
    const float *rows[STAGE_TOKENS_MAX];
    const int K = s->config->head_dim, n_rows = num_min(K, num_max(r.h, 1));
    const int n = num_min(num_min(cache_last(s) + 1 - f->first, f->n_columns),
                          STAGE_TOKENS_MAX);
    float hi = 0;
    bool missing = false;
    for (int i = 0; i < n; i++) {
        rows[i] = row_at(s, site, layer, f->first + i, kv);
        missing |= !rows[i];
        if (rows[i]) hi = fmaxf(hi, stage_max_abs(rows[i], K));
    }
    if (missing || n_rows > STAGE_TOKENS_MAX || n < 1) {
        stage_draw_missing(s, r);
        return;
    }
    const Rect filled = {r.x, r.y, n * f->column_w, r.h};
    bool any_nan = false;
    if (!canvas_shows(s->canvas, filled)) return;
    for (int i = 0; i < n; i++)
        any_nan |= color_column(s, rows[i], n_rows, hi, n, i);
    if (any_nan) canvas_hatch(s->canvas, filled, s->theme->soft);
    canvas_cells(s->canvas, filled, s->cells, n_rows, n, 0);
}

/* Whether a vector is not as it was before. */
static bool has_changed(const Stage *s, Site site, int layer, int pos, int kv) {
    const float *was = before_row(s, site, layer, pos);
    const float *v = row_at(s, site, layer, pos, kv);
    if (!was || !v) return false;
    was += (size_t)kv * (size_t)s->config->head_dim;
    for (int i = 0; i < s->config->head_dim; i++)
        if (fabsf(was[i] - v[i]) >= BEFORE_LEAST) return true;
    return false;
}

/* A mark under each vector that a change has altered. */
static void mark_changes(const Stage *s, const Fill *f, Site site, int layer,
                         int kv, Rect r) {
    if (!s->against) return;
    for (int i = 0; i < f->n_columns && f->first + i <= cache_last(s); i++)
        if (has_changed(s, site, layer, f->first + i, kv))
            canvas_fill(s->canvas,
                        (Rect){r.x + i * f->column_w, r.y + r.h,
                               num_max(f->column_w - 1, 1), stage_u(s, 3)},
                        s->theme->bad);
}

/* Whether a vector shown is another than before, or not there yet. */
static bool may_have_changed(const Stage *s, const Fill *f, Site site) {
    for (int layer = f->first_layer; layer < f->first_layer + f->n_layers;
         layer++)
        for (int i = 0; i < f->n_columns && f->first + i <= cache_last(s); i++)
            for (int kv = f->first_kv; kv < f->first_kv + f->n_kv; kv++) {
                const int pos = f->first + i;
                if (!row_at(s, site, layer, pos, kv) ||
                    has_changed(s, site, layer, pos, kv))
                    return true;
            }
    return false;
}

static void draw_block(const Stage *s, const Fill *f, Rect all, Site site,
                       int layer, int kv) {
    const int K = s->config->head_dim;
    const int group = s->config->n_heads / s->config->n_kv_heads;
    const CacheOp op =
        site == s->config->arch->cached_key ? CACHE_KEYS : CACHE_VALUES;
    const Rect r = {all.x, block_y(f, all.y, layer, kv), all.w, f->block_h};
    canvas_fill(s->canvas, r, s->theme->well);
    draw_cells(s, f, site, layer, kv, r);
    mark_changes(s, f, site, layer, kv, r);
    ViewOp word;
    if (!view_cache.op(s->config->arch, (int)op, &word)) return;
    const int head = s->head / group == kv ? s->head : kv * group;
    hits_add(s->hits,
             (Hit){.rect = r,
                   .kind = HIT_GRID,
                   .row_key = STATE_ELEM,
                   .rows = K,
                   .col_key = STATE_TOKEN,
                   .cols = f->n_columns,
                   .col0 = f->first,
                   .pick = pick_and(pick_and(pick_number(STATE_LAYER, layer),
                                             pick_number(STATE_HEAD, head)),
                                    pick_word(STATE_OP, word.name))});
}

/* ---- queries ------------------------------------------------------------- */

static void draw_strip(const Stage *s, const Fill *f, int layer, int head,
                       Rect r) {
    const int K = s->config->head_dim, n = num_min(K, num_max(r.h, 1));
    const float *row = stage_row(s, f->query, layer, s->pos);
    if (!row) {
        stage_draw_missing(s, r);
        return;
    }
    const float *v = row + (size_t)head * (size_t)K;
    color_column(s, v, n, stage_max_abs(v, K), 1, 0);
    canvas_fill(s->canvas, r, s->theme->window);
    canvas_cells(s->canvas, r, s->cells, n, 1, 0);
    const bool current = head == s->head && layer == s->layer;
    canvas_frame(s->canvas, rect_inset(r, -stage_u(s, 1), -stage_u(s, 1)),
                 (float)stage_u(s, 2), (float)stage_u(s, current ? 2 : 1),
                 current ? s->theme->accent : s->theme->query);
    hits_pick(s->hits, r,
              pick_and(pick_number(STATE_LAYER, layer),
                       pick_number(STATE_HEAD, head)));
}

/* The query heads that share this key-value head, wired to it. */
static void draw_queries(const Stage *s, const Fill *f, int layer, int kv,
                         int right, int y) {
    const int group = s->config->n_heads / s->config->n_kv_heads;
    const int n = num_min(group, QUERIES_MAX), wire = stage_u(s, 16);
    const int room = stage_u(s, SIDE_U) - stage_u(s, 34) - wire;
    const int pitch = num_min(room / n, stage_u(s, 22));
    const int w = num_max(pitch - stage_u(s, 7), 2), thin = stage_u(s, 1);
    const int middle = y + f->block_h / 2;
    for (int i = 0; i < n; i++) {
        const int x = right - wire - (n - i) * pitch;
        const Rect r = {x, y, w, f->block_h};
        draw_strip(s, f, layer, kv * group + i, r);
    }
    canvas_fill(
        s->canvas,
        (Rect){right - wire - pitch + w, middle, wire + pitch - w - thin, thin},
        s->theme->key);
    canvas_fill(s->canvas,
                (Rect){right - stage_u(s, 3), y, stage_u(s, 2), f->block_h},
                s->theme->key);
}

static void draw_layer_label(const Stage *s, const Fill *f, Rect r, int layer) {
    const int y = block_y(f, f->keys.y, layer, f->first_kv);
    const bool current = layer == s->layer;
    TextStyle style = text_style(current ? FACE_BOLD : FACE_SANS, TYPE_BODY,
                                 current ? s->theme->text : s->theme->soft);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int h = f->n_kv * (f->block_h + f->gap);
    canvas_textf(s->canvas, style, r.x, y + h / 2 + stage_u(s, 8), "%d", layer);
    canvas_text(s->canvas, soft, r.x, y + h / 2 - stage_u(s, 8), "layer");
    hits_pick(s->hits, (Rect){r.x, y, stage_u(s, 30), h},
              pick_number(STATE_LAYER, layer));
}

/* ---- around the blocks --------------------------------------------------- */

/* A position above its column, within those: what is beside them is another
 * block's. */
static void draw_position(const Stage *s, const Fill *f, Rect r, Face face,
                          Color color, int pos) {
    TextStyle style = text_style(face, TYPE_TINY, color);
    char text[16];
    snprintf(text, sizeof text, "%d", pos);
    const int w = canvas_text_width(s->canvas, style, text);
    const int middle = r.x + (pos - f->first) * f->column_w + f->column_w / 2;
    const int right = r.x + f->n_columns * f->column_w;
    canvas_text(s->canvas, style,
                num_max(num_min(middle - w / 2, right - w), r.x),
                r.y - stage_u(s, 6), text);
}

static void draw_head(const Stage *s, const Fill *f, Rect r, const char *name,
                      Color color, bool lit) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, color);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int y = r.y - stage_u(s, 24);
    canvas_text(s->canvas, bold, r.x, y, name);
    glossary_note(s->hits, s->canvas, bold, r.x, y, name);
    const int x = r.x + canvas_text_width(s->canvas, bold, name);
    if (lit)
        canvas_fill(s->canvas,
                    (Rect){r.x, y + stage_u(s, 3), x - r.x, stage_u(s, 2)},
                    color);
    char text[96];
    const Arch *a = s->config->arch;
    const bool keys = name[0] == 'k';
    const Site site = keys ? a->cached_key : a->cached_value;
    const bool compares = before_has(s, site);
    const char *const changed =
        may_have_changed(s, f, site) ? "red: changed" : "none changed";
    snprintf(text, sizeof text, "%s%sa column a token, %d numbers%s",
             compares ? changed : "", compares ? "; " : "", s->config->head_dim,
             keys && a->rotates ? ", after RoPE" : "");
    canvas_text_either(s->canvas, soft, x + stage_u(s, 10), y,
                       num_max(r.x + r.w - x - stage_u(s, 10), 0), text,
                       compares ? changed : "a column a token");
    /* As many positions as have room. */
    const int step =
        num_max((stage_u(s, 52) + f->column_w - 1) / f->column_w, 1);
    for (int i = 0; i < f->n_columns; i += step) {
        /* The current one's stands there, in bold. */
        const int apart = f->first + i - s->pos;
        if (apart > -step && apart < step) continue;
        draw_position(s, f, r, FACE_MONO, s->theme->soft, f->first + i);
    }
}

/* The current token's column stands in a frame: with a cache it is the new one,
 * and all before it is only read. */
static void draw_new(const Stage *s, const Fill *f, Rect r) {
    const int bottom = block_y(f, r.y, f->first_layer + f->n_layers - 1,
                               f->first_kv + f->n_kv - 1) +
                       f->block_h;
    const int x = r.x + (s->pos - f->first) * f->column_w, t = stage_u(s, 2);
    canvas_frame(
        s->canvas,
        (Rect){x - t, r.y - t, f->column_w + 2 * t, bottom - r.y + 2 * t},
        (float)t, (float)t, s->theme->text);
    draw_position(s, f, r, FACE_MONO_BOLD, s->theme->text, s->pos);
}

/* "layers 3–7 of 32", "kv head 2 of 8": which are shown; "" for all. */
static void name_range(const char *what, int first, int n, int all, char *out,
                       size_t size) {
    out[0] = '\0';
    if (n == all) return;
    if (n == 1)
        snprintf(out, size, "%s %d of %d", what, first, all);
    else
        snprintf(out, size, "%ss %d–%d of %d", what, first, first + n - 1, all);
}

/* What is shown of the layers and heads; false: all of them. */
static bool range_text(const Stage *s, const Fill *f, char *out, size_t size) {
    const Config *c = s->config;
    char layers[40], heads[40];
    name_range("layer", f->first_layer, f->n_layers, c->n_layers, layers,
               sizeof layers);
    name_range("kv head", f->first_kv, f->n_kv, c->n_kv_heads, heads,
               sizeof heads);
    snprintf(out, size, "shown: %s%s%s", layers,
             layers[0] && heads[0] ? ", " : "", heads);
    return layers[0] || heads[0];
}

/* The last says what is shown, where that is not all. */
static void draw_foot(const Stage *s, const Fill *f, Rect r, bool last) {
    const Config *c = s->config;
    char text[128], read[32], fresh[32];
    const uint64_t one = cost_of(c).kept / 2;
    stage_count_text(one * (uint64_t)s->pos, read);
    stage_count_text(one, fresh);
    if (!c->arch->causal) {
        stage_count_text(one * (uint64_t)s->n_pos, fresh);
        snprintf(text, sizeof text, "%s numbers, all computed anew", fresh);
    } else if (!cache_holds(s) && c->n_layers > 1) {
        snprintf(text, sizeof text, "above layer 0 all computed anew");
    } else {
        snprintf(text, sizeof text, "%s numbers read, %s new", read, fresh);
    }
    if (last) {
        char range[sizeof text];
        if (range_text(s, f, range, sizeof range))
            snprintf(text, sizeof text, "%s", range);
    }
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->text);
    canvas_text_fit(s->canvas, style, r.x, r.y + r.h + stage_u(s, 22),
                    num_max(r.w, stage_u(s, 120)), text);
}

static void draw_queries_label(const Stage *s, Rect r) {
    canvas_text_fit(
        s->canvas, text_style(FACE_SANS, TYPE_TINY, s->theme->query), r.x,
        r.y + stage_u(s, 32), stage_u(s, SIDE_U) - stage_u(s, 6), "queries");
}

void cache_draw_fill(const Stage *s, Rect r) {
    Fill f = {0};
    lay_out(s, r, &f);
    const Arch *a = s->config->arch;
    draw_queries_label(s, r);
    if (f.keys.w)
        draw_head(s, &f, f.keys, "keys", s->theme->key, s->op == CACHE_KEYS);
    if (f.values.w)
        draw_head(s, &f, f.values, "values", s->theme->value,
                  s->op == CACHE_VALUES);
    for (int layer = f.first_layer; layer < f.first_layer + f.n_layers;
         layer++) {
        draw_layer_label(s, &f, r, layer);
        for (int kv = f.first_kv; kv < f.first_kv + f.n_kv; kv++) {
            const int y = block_y(&f, f.keys.y, layer, kv);
            draw_queries(s, &f, layer, kv, r.x + stage_u(s, SIDE_U), y);
            if (f.keys.w) draw_block(s, &f, f.keys, a->cached_key, layer, kv);
            if (f.values.w)
                draw_block(s, &f, f.values, a->cached_value, layer, kv);
        }
    }
    if (f.keys.w) {
        draw_new(s, &f, f.keys);
        draw_foot(s, &f, f.keys, f.values.w == 0);
    }
    if (f.values.w) {
        draw_new(s, &f, f.values);
        draw_foot(s, &f, f.values, true);
    }
}
