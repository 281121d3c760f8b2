/* Multiply-adds with the cache and without it, and what it keeps, for this
 * model and two that are known. */
#include "viz/views/cache/cache.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- this step ----------------------------------------------------------- */

static int draw_counter(const Stage *s, Rect r, const char *name, uint64_t n,
                        uint64_t most, Color color, bool lit) {
    TextStyle style =
        text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_BODY, s->theme->text);
    mono.align = ALIGN_RIGHT;
    char text[32];
    stage_count_text(n, text);
    canvas_text(s->canvas, style, r.x, r.y + stage_u(s, 16), name);
    canvas_text(s->canvas, mono, r.x + r.w, r.y + stage_u(s, 16), text);
    Rect bar = {r.x, r.y + stage_u(s, 23), r.w, stage_u(s, 12)};
    canvas_fill(s->canvas, bar, s->theme->well);
    const double part = most > 0 ? (double)n / (double)most : 0;
    bar.w = num_max((int)lround(part * (double)r.w), 1);
    canvas_fill(s->canvas, bar, color);
    return stage_u(s, 46);
}

static void draw_formulas(const Stage *s, Rect r, const Cost *c) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    char text[192], shorter[192], weights[32], output[32], pair[32], first[32];
    char pairs[32];
    const int n = s->pos + 1;
    stage_count_text(c->weights, weights);
    stage_count_text(c->output, output);
    stage_count_text(c->pair, pair);
    snprintf(text, sizeof text,
             "with: %s weights + %s of the output + %s × %d keys", weights,
             output, pair, n);
    snprintf(shorter, sizeof shorter, "with: %s + %s + %s × %d keys", weights,
             output, pair, n);
    if (!cache_holds(s)) {
        stage_count_text(c->first, first);
        snprintf(text, sizeof text,
                 "with: %d × %s fewer, layer 0's keys and values", n - 1,
                 first);
        snprintf(shorter, sizeof shorter, "with: %d × %s fewer", n - 1, first);
    }
    canvas_text_either(s->canvas, style, r.x, r.y + stage_u(s, 14), r.w, text,
                       shorter);
    const uint64_t square = (uint64_t)n * (uint64_t)n;
    stage_count_text(cache_holds(s) ? (square + (uint64_t)n) / 2 : square,
                     pairs);
    snprintf(text, sizeof text,
             "without: %d × %s + %s + %s × %s query-key pairs", n, weights,
             output, pair, pairs);
    snprintf(shorter, sizeof shorter, "without: %d × %s + %s + %s × %s", n,
             weights, output, pair, pairs);
    canvas_text_either(s->canvas, style, r.x, r.y + stage_u(s, 31), r.w, text,
                       shorter);
}

/* A token's, with what is kept of those before it. */
static uint64_t cost_with(const Stage *s, const Cost *c, int pos) {
    return cache_holds(s) ? cost_cached(c, pos) : cost_kept_first(c, pos);
}

/* Where a text is one whole: what it costs, and what one token more would. */
static int draw_pass(const Stage *s, Rect r, const Cost *c) {
    const Theme *t = s->theme;
    const int n = s->n_pos, line = stage_u(s, 17);
    const uint64_t now = cost_anew(c, n - 1, false);
    const uint64_t more = cost_anew(c, n, false);
    const TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, t->text);
    const TextStyle tiny = text_style(FACE_SANS, TYPE_TINY, t->soft);
    char text[192], shorter[192], weights[32], output[32], pair[32], pairs[32];
    canvas_textf(s->canvas, bold, r.x, r.y + stage_u(s, 14),
                 "Multiply-adds for %d token%s, in one pass", n,
                 n == 1 ? "" : "s");
    int y = r.y + stage_u(s, 24);
    y += draw_counter(s, (Rect){r.x, y, r.w, 0}, "the whole text", now, more,
                      t->value, s->op == CACHE_COST);
    y += draw_counter(s, (Rect){r.x, y, r.w, 0},
                      "one token more: all of it again", more, more,
                      t->residual, false);
    stage_count_text(c->weights, weights);
    stage_count_text(c->output, output);
    stage_count_text(c->pair, pair);
    stage_count_text((uint64_t)n * (uint64_t)n, pairs);
    snprintf(text, sizeof text,
             "%d × %s + %s of the head + %s × %s query-key pairs", n, weights,
             output, pair, pairs);
    if (c->output == 0)
        snprintf(text, sizeof text, "%d × %s + %s × %s query-key pairs", n,
                 weights, pair, pairs);
    snprintf(shorter, sizeof shorter, "%d × %s + %s + %s × %s", n, weights,
             output, pair, pairs);
    canvas_text_either(s->canvas, tiny, r.x, y + stage_u(s, 14), r.w, text,
                       shorter);
    canvas_text_either(s->canvas, tiny, r.x, y + stage_u(s, 14) + line, r.w,
                       "pairs grow as the square of the text's length: each "
                       "token looks at all",
                       "pairs grow as the length squared");
    hits_pick(s->hits, (Rect){r.x, r.y, r.w, y - r.y},
              pick_word(STATE_OP, "cost"));
    return y + stage_u(s, 46) - r.y;
}

static int draw_step(const Stage *s, Rect r, const Cost *c) {
    if (!s->config->arch->causal) return draw_pass(s, r, c);
    const Theme *t = s->theme;
    const uint64_t anew = cost_anew(c, s->pos, cache_holds(s));
    const uint64_t cached = cost_with(s, c, s->pos);
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, t->text);
    canvas_textf(s->canvas, bold, r.x, r.y + stage_u(s, 14),
                 "Multiply-adds for token %d", s->pos);
    int y = r.y + stage_u(s, 24);
    const bool lit = s->op == CACHE_COST;
    y += draw_counter(s, (Rect){r.x, y, r.w, 0},
                      cache_holds(s) ? "with the cache"
                                     : "with layer 0's kept: no mask",
                      cached, anew, t->value, lit);
    y += draw_counter(s, (Rect){r.x, y, r.w, 0}, "without", anew, anew,
                      t->residual, false);
    draw_formulas(s, (Rect){r.x, y, r.w, 0}, c);
    hits_pick(s->hits, (Rect){r.x, r.y, r.w, y - r.y},
              pick_word(STATE_OP, "cost"));
    return y + stage_u(s, 46) - r.y;
}

/* ---- every step ---------------------------------------------------------- */

static void draw_plot(const Stage *s, Rect r, const Cost *c) {
    const Theme *t = s->theme;
    const double top = (double)cost_anew(c, cache_last(s), cache_holds(s));
    const int n = cache_last(s) + 1, steps = num_min(n, num_max(r.w, 2));
    float last_x = 0, last_with = 0, last_without = 0;
    canvas_fill(s->canvas, (Rect){r.x, r.y + r.h, r.w, 1}, t->soft);
    for (int i = 0; i < steps; i++) {
        const int pos =
            steps > 1 ? (int)((int64_t)i * (n - 1) / (steps - 1)) : 0;
        const double anew = (double)cost_anew(c, pos, cache_holds(s));
        const double with =
            s->config->arch->causal ? (double)cost_with(s, c, pos) : 0;
        const float x =
            (float)r.x + (n > 1 ? (float)pos / (float)(n - 1) : 0) * (float)r.w;
        const float y0 = (float)(r.y + (1 - with / top) * r.h);
        const float y1 = (float)(r.y + (1 - anew / top) * r.h);
        if (i > 0) {
            const Point saved[] = {
                {last_x, last_without}, {x, y1}, {x, y0}, {last_x, last_with}};
            canvas_poly(s->canvas, saved, 4, t->value_tint);
            if (s->config->arch->causal)
                canvas_line(s->canvas, last_x, last_with, x, y0,
                            (float)stage_u(s, 2), t->value);
            canvas_line(s->canvas, last_x, last_without, x, y1,
                        (float)stage_u(s, 1), t->residual);
        }
        last_x = x;
        last_with = y0;
        last_without = y1;
    }
}

static void draw_history(const Stage *s, Rect r, const Cost *c) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const uint64_t anew = cost_anew_sum(c, s->pos, cache_holds(s));
    const uint64_t with = cache_holds(s) ? cost_cached_sum(c, s->pos)
                                         : cost_kept_first_sum(c, s->pos);
    const bool whole = !s->config->arch->causal;
    const char *title =
        whole ? "One pass, by the length of the text" : "Every step so far";
    char text[128], a[32], b[32];
    canvas_text(s->canvas, bold, r.x, r.y + stage_u(s, 14), title);
    const bool many = anew - with >= 10000000;
    const uint64_t unit = many ? 1000000 : 1;
    stage_count_text((anew - with + unit / 2) / unit, a);
    stage_count_text((anew + unit / 2) / unit, b);
    snprintf(text, sizeof text, "saved: %s of %s%s", a, b,
             many ? " million" : "");
    const int x = r.x + canvas_text_width(s->canvas, bold, title);
    if (!whole)
        canvas_text_fit(s->canvas, soft, x + stage_u(s, 12),
                        r.y + stage_u(s, 14),
                        num_max(r.x + r.w - x - stage_u(s, 12), 0), text);
    const Rect plot = {r.x, r.y + stage_u(s, 26), r.w,
                       num_max(r.h - stage_u(s, 50), 1)};
    draw_plot(s, plot, c);
    const int y = plot.y + plot.h + stage_u(s, 16);
    canvas_text(s->canvas, mono, plot.x, y, whole ? "1" : "0");
    mono.align = ALIGN_RIGHT;
    canvas_textf(s->canvas, mono, plot.x + plot.w, y, "%d",
                 whole ? s->n_pos : s->pos);
    mono.align = ALIGN_CENTER;
    canvas_text_fit(s->canvas, soft, plot.x + stage_u(s, 24), y,
                    num_max(plot.w - stage_u(s, 70), 0),
                    whole ? "tokens: multiply-adds for all of them"
                          : "token: green with, grey without the cache");
}

/* ---- what it keeps ------------------------------------------------------- */

typedef struct Known {
    const char *name;
    int layers, heads, kv_heads, head_dim, bytes, context;
} Known;

/* Source: Touvron et al. 2023 (Llama 2), arXiv:2307.09288, table 1 and the
 * files' configurations; kept in f16. */
static const Known known[] = {{"Llama 2 7B", 32, 32, 32, 128, 2, 4096},
                              {"Llama 2 70B", 80, 64, 8, 128, 2, 4096}};

#define COLUMNS 3
#define ROWS    9

static double token_bytes(const Known *k, int kv_heads) {
    return 2.0 * k->layers * kv_heads * k->head_dim * k->bytes;
}

static void cell_text(const Known *k, int row, char out[32]) {
    char size[16] = "";
    const int numbers[] = {k->layers, k->heads, k->kv_heads, k->head_dim,
                           k->bytes};
    if (row == 0) {
        snprintf(out, 32, "%s", k->name);
    } else if (row <= 5) {
        snprintf(out, 32, "%d", numbers[row - 1]);
    } else {
        const double one = token_bytes(k, row == 8 ? k->heads : k->kv_heads);
        stage_bytes_text(row == 6 ? one : one * k->context, size);
        snprintf(out, 32, "%s",
                 row == 8 && k->heads == k->kv_heads ? "the same" : size);
    }
}

static void draw_table(const Stage *s, Rect r) {
    static const char *const names[ROWS] = {
        "What it keeps",   "layers",         "query heads",
        "key-value heads", "numbers each",   "bytes each",
        "one token",       "a full context", "... if each head had its own"};
    static const char *const shorter[ROWS] = {[0] = "Kept",
                                              [3] = "kv heads",
                                              [4] = "numbers",
                                              [8] = "... of its own"};
    const Config *c = s->config;
    const Known own = {"this model",  c->n_layers, c->n_heads,
                       c->n_kv_heads, c->head_dim, (int)sizeof(float),
                       c->seq_len_max};
    const Known *columns[COLUMNS] = {&own, &known[0], &known[1]};
    const int h = num_min(r.h / ROWS, stage_u(s, 32));
    const int shown = r.w < stage_u(s, 330) ? 1 : COLUMNS;
    const int w = num_min(stage_u(s, 104), r.w / (shown + 1));
    for (int row = 0; row < ROWS; row++) {
        const bool bold = row == 0 || row == 3 || row == 6;
        TextStyle style = text_style(bold ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                     row == 8 ? s->theme->key : s->theme->text);
        const int y = r.y + row * h;
        const int cap = canvas_metrics(s->canvas, style).cap;
        canvas_text_either(s->canvas, style, r.x, y + (h + cap) / 2,
                           num_max(r.w - shown * w, 0), names[row],
                           shorter[row] ? shorter[row] : names[row]);
        style.face = row == 0 ? FACE_BOLD : bold ? FACE_MONO_BOLD : FACE_MONO;
        style.size = TYPE_TINY;
        style.align = ALIGN_RIGHT;
        for (int i = 0; i < shown; i++) {
            char text[32];
            cell_text(columns[i], row, text);
            if (i == 0 && row >= 6 && !c->arch->causal)
                snprintf(text, sizeof text, "nothing");
            canvas_text_row(s->canvas, style, r.x + r.w - (shown - 1 - i) * w,
                            y, h, text);
        }
        canvas_fill(s->canvas, (Rect){r.x, y + h - 1, r.w, 1}, s->theme->rule);
    }
}

void cache_draw_cost(const Stage *s, Rect r) {
    const Cost c = cost_of(s->config);
    const int air = stage_u(s, 14), table = ROWS * stage_u(s, 26);
    int y = r.y + draw_step(s, r, &c);
    int left = r.y + r.h - y;
    const int plot = num_min(left - table - air, stage_u(s, 320));
    if (plot >= stage_u(s, 100)) {
        draw_history(s, (Rect){r.x, y, r.w, plot}, &c);
        y += plot + air;
        left -= plot + air;
    }
    if (left >= ROWS * stage_u(s, 15)) draw_table(s, (Rect){r.x, y, r.w, left});
}
