/* What one more token costs: multiply-adds and bytes, part by part, and how
 * that grows with the text. */
#include "viz/views/model/model_view.h"

#include "engine/base/num.h"
#include "engine/spec/cost.h"
#include "viz/views/glossary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LENGTHS 5

/* What is counted: a model, and n tokens. */
typedef struct Counted {
    const Config *config;
    const Model *model;
    int n;
} Counted;

static uint64_t bytes_of(const Counted *k, CostPart part) {
    const Config *c = k->config;
    uint64_t n = 0;
    if (part == COST_ATTENTION) /* keys and values are kept as floats */
        return cost_of(c).kept * sizeof(float) * (uint64_t)k->n;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (cost_part_of(c->arch, t->role) != part) continue;
        for (int layer = 0; layer < (t->per_layer ? c->n_layers : 1); layer++) {
            const Tensor *stored = model_tensor(k->model, t->role, layer);
            if (stored)
                n += part == COST_EMBEDDING
                         ? stored->size_bytes / (uint64_t)stored->rows
                         : stored->size_bytes;
        }
    }
    return n;
}

uint64_t model_part_bytes(const Stage *s, CostPart part, int pos) {
    const Counted k = {s->config, s->model, pos + 1};
    return bytes_of(&k, part);
}

static Color color_of(const Stage *s, CostPart part) {
    const Theme *t = s->theme;
    const Color colors[COST_PARTS] = {[COST_EMBEDDING] = t->soft,
                                      [COST_PROJECTIONS] = t->query,
                                      [COST_ATTENTION] = t->key,
                                      [COST_MLP] = t->mlp,
                                      [COST_OUTPUT] = t->residual};
    return colors[part];
}

/* ---- this token, or this text -------------------------------------------- */

/* Where a text is one whole it is all of it that is counted: n tokens in one
 * pass, their logits once; else the last of n. */
static uint64_t part_cost(const Counted *k, CostPart part) {
    const uint64_t one = cost_part(k->config, part, k->n - 1);
    const bool once = k->config->arch->causal || part == COST_OUTPUT;
    return once ? one : one * (uint64_t)k->n;
}

static uint64_t whole_cost(const Counted *k) {
    const Cost cost = cost_of(k->config);
    return k->config->arch->causal ? cost_cached(&cost, k->n - 1)
                                   : cost_anew(&cost, k->n - 1, false);
}

/* Of a row a token; weights are read once. */
static double part_bytes(const Counted *k, CostPart part) {
    const double bytes = (double)bytes_of(k, part);
    const bool each = !k->config->arch->causal && part == COST_EMBEDDING;
    return each ? bytes * k->n : bytes;
}

static Counted counted(const Stage *s) {
    const bool causal = s->config->arch->causal;
    return (Counted){s->config, s->model, causal ? s->pos + 1 : s->n_pos};
}

/* The same of the run that is compared with; false: there is none that counts
 * in the same way, or nothing of it is another number. */
static bool counted_before(const Stage *s, Counted *out) {
    if (!s->against) return false;
    const Counted now = counted(s);
    const Model *m = trace_model(s->against);
    const Config *c = model_config(m);
    const int at = before_pos(s, s->pos);
    *out = (Counted){c, m, c->arch->causal ? at + 1 : trace_n_pos(s->against)};
    bool differs = false;
    if (at < 0 || c->arch->causal != s->config->arch->causal) return false;
    for (int i = 0; i < COST_PARTS; i++)
        differs |=
            part_cost(out, (CostPart)i) != part_cost(&now, (CostPart)i) ||
            bytes_of(out, (CostPart)i) != bytes_of(&now, (CostPart)i);
    return differs;
}

/* ---- its rows ------------------------------------------------------------ */

/* A part, or all of them. */
typedef struct Row {
    const char *name;
    const Color *color; /* NULL: of all */
    uint64_t n, was;
    double bytes, bytes_were;
    bool compares;
    uint64_t most; /* fills the width */
} Row;

/* A number below another, where it was another. */
static void draw_was(const Stage *s, int right, int y, const char *number) {
    TextStyle tiny = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    char text[48];
    tiny.align = ALIGN_RIGHT;
    snprintf(text, sizeof text, "was %s", number);
    canvas_text(s->canvas, tiny, right, y, text);
}

static Rect bar_of(const Row *row, Rect all, uint64_t n) {
    const double part = row->most > 0 ? (double)n / (double)row->most : 0;
    all.w = (int)lround((double)all.w * part);
    return all;
}

static void draw_row(const Stage *s, Rect r, const Row *row) {
    const Color *color = row->color;
    TextStyle style =
        text_style(color ? FACE_SANS : FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    const int y = r.y + r.h / 2, box = stage_u(s, 11);
    const int left = r.x + stage_u(s, 20), right = r.x + r.w;
    const int count = right - stage_u(s, row->compares ? 140 : 90);
    const bool changed = row->compares && row->n != row->was;
    const bool tall = r.h >= stage_u(s, 40);
    char text[32];
    mono.align = ALIGN_RIGHT;
    if (color) canvas_fill(s->canvas, (Rect){r.x, y - box, box, box}, *color);
    stage_count_text(row->n, text);
    const int w = canvas_text_width(s->canvas, mono, text);
    canvas_text_fit(s->canvas, style, left, y,
                    num_max(count - w - left - stage_u(s, 8), 0), row->name);
    glossary_note(s->hits, s->canvas, style, left, y, row->name);
    canvas_text(s->canvas, mono, count, y, text);
    const int below = y + stage_u(s, 17);
    stage_count_text(row->was, text);
    if (changed) draw_was(s, tall ? count : right, tall ? below : y, text);
    mono.color = s->theme->soft;
    stage_bytes_text(row->bytes, text);
    if (tall || !changed) canvas_text(s->canvas, mono, right, y, text);
    stage_bytes_text(row->bytes_were, text);
    if (tall && row->compares && row->bytes != row->bytes_were)
        draw_was(s, right, below, text);
    if (!color || r.h < stage_u(s, 30)) return;
    const int end = count - (row->compares ? stage_u(s, 100) : 0);
    const Rect all = {left, y + stage_u(s, 6), num_max(end - left, 1),
                      num_max(r.h / 6, stage_u(s, 4))};
    canvas_fill(s->canvas, bar_of(row, all, row->n), *color);
    if (changed) stage_dashed(s, bar_of(row, all, row->was), s->theme->text);
}

/* Above the columns: what is counted, and in what. */
static void draw_token_head(const Stage *s, Rect r, const Counted *now,
                            bool compares) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int y = r.y + stage_u(s, 16), w = stage_u(s, 190);
    char text[STAGE_LABEL_MAX + 64];
    snprintf(text, sizeof text, "Token %d, %s", s->pos, s->labels[s->pos]);
    if (!s->config->arch->causal)
        snprintf(text, sizeof text, "%d token%s in one pass", now->n,
                 now->n == 1 ? "" : "s");
    canvas_text_fit(s->canvas, bold, r.x, y, num_max(r.w - w, 0), text);
    soft.align = ALIGN_RIGHT;
    canvas_text(s->canvas, soft, r.x + r.w - stage_u(s, compares ? 140 : 90), y,
                "multiply-adds");
    canvas_text(s->canvas, soft, r.x + r.w, y, "bytes read");
}

/* Returns the height used. */
static int draw_token(const Stage *s, Rect r) {
    const Counted now = counted(s);
    Counted was = now;
    const bool compares = counted_before(s, &was);
    if (!compares) was = now;
    Row all = {.name = "all",
               .n = whole_cost(&now),
               .was = whole_cost(&was),
               .compares = compares};
    const uint64_t most = all.n > all.was ? all.n : all.was;
    const int line =
        num_clamp(r.h / (COST_PARTS + 3), stage_u(s, 22), stage_u(s, 84));
    int y = r.y + stage_u(s, 16) + stage_u(s, 8);
    draw_token_head(s, r, &now, compares);
    for (int i = 0; i < COST_PARTS && y + line <= r.y + r.h; i++) {
        const CostPart part = (CostPart)i;
        const Color color = color_of(s, part);
        const Row row = {.name = cost_part_name(part),
                         .color = &color,
                         .n = part_cost(&now, part),
                         .was = part_cost(&was, part),
                         .bytes = part_bytes(&now, part),
                         .bytes_were = part_bytes(&was, part),
                         .compares = compares,
                         .most = most};
        all.bytes += row.bytes;
        all.bytes_were += row.bytes_were;
        draw_row(s, (Rect){r.x, y, r.w, line}, &row);
        y += line;
    }
    if (y + line > r.y + r.h) return y - r.y;
    canvas_fill(s->canvas, (Rect){r.x, y, r.w, 1}, s->theme->soft);
    draw_row(s, (Rect){r.x, y, r.w, line}, &all);
    const Rect whole = {r.x, r.y, r.w, y + line - r.y};
    hits_pick(
        s->hits, whole,
        pick_and(pick_word(STATE_OP, "cost"), pick_word(STATE_OPENED, "now")));
    const int left = r.x + r.w - stage_u(s, 220);
    if (compares && all.n != all.was && line >= stage_u(s, 40))
        hits_pick(s->hits,
                  (Rect){left, y + line / 2 + stage_u(s, 4), r.x + r.w - left,
                         line / 2 - stage_u(s, 4)},
                  pick_and(pick_word(STATE_OP, "cost"),
                           pick_word(STATE_OPENED, "before")));
    return y + line - r.y;
}

/* ---- by the length of the text ------------------------------------------- */

/* A length of a text, and what it is to this model. */
typedef struct Length {
    int n;
    const char *is;
} Length;

/* Each once, in order; returns how many. */
static int lengths_of(const Stage *s, Length out[LENGTHS]) {
    const int S = s->config->seq_len_max, here = counted(s).n;
    const char *const beyond = s->config->arch->learned_positions
                                   ? ", beyond its last position"
                                   : ", more than it learnt";
    int n = 0;
    if (here > 1) out[n++] = (Length){1, ""};
    out[n++] = (Length){here, here == S ? ", as here: its whole context"
                                        : ", as here"};
    if (here < S) out[n++] = (Length){S, ", its context"};
    out[n++] = (Length){num_min(S, CONFIG_DIM_MAX / 8) * 8, beyond};
    out[n++] = (Length){num_min(S, CONFIG_DIM_MAX / 64) * 64, beyond};
    return n;
}

/* A part of a bar has its name where that fits: its colour is not all that
 * tells it. */
static void draw_part(const Stage *s, Rect r, CostPart part) {
    const Color fill = color_of(s, part);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, theme_ink(fill));
    const char *const name = cost_part_name(part);
    canvas_fill(s->canvas, r, fill);
    if (r.h < stage_u(s, 18) ||
        canvas_text_width(s->canvas, style, name) + stage_u(s, 8) > r.w)
        return;
    style.align = ALIGN_CENTER;
    canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y, r.h, name);
}

/* One stacked bar; `most` fills the width. */
static void draw_bar(const Stage *s, Rect r, const Counted *k, uint64_t most) {
    uint64_t sum = 0;
    for (int i = 0; i < COST_PARTS; i++) {
        const uint64_t n = part_cost(k, (CostPart)i);
        const int a = (int)lround((double)r.w * (double)sum / (double)most);
        sum += n;
        const int b = (int)lround((double)r.w * (double)sum / (double)most);
        draw_part(s, (Rect){r.x + a, r.y, b - a, r.h}, (CostPart)i);
    }
}

/* "800,768 (was 813,056)": of k's length, by another model. */
static void length_text(const Stage *s, const Counted *k, char out[80]) {
    char now[32], was[32];
    Counted other;
    stage_count_text(whole_cost(k), now);
    snprintf(out, 80, "%s", now);
    if (!counted_before(s, &other)) return;
    other.n = k->n;
    if (whole_cost(&other) == whole_cost(k)) return;
    stage_count_text(whole_cost(&other), was);
    snprintf(out, 80, "%s (was %s)", now, was);
}

static void draw_lengths(const Stage *s, Rect r) {
    Length lengths[LENGTHS];
    const int n_lengths = lengths_of(s, lengths);
    const int line =
        num_min((r.h - stage_u(s, 24)) / n_lengths, stage_u(s, 180));
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    int y = r.y + stage_u(s, 24);
    if (line < stage_u(s, 40)) return;
    canvas_text_fit(s->canvas, bold, r.x, r.y + stage_u(s, 16), r.w,
                    s->config->arch->causal
                        ? "One more token: shares, by the length of the text"
                        : "One pass: shares, by the length of the text");
    mono.align = ALIGN_RIGHT;
    for (int i = 0; i < n_lengths; i++, y += line) {
        const Counted k = {s->config, s->model, lengths[i].n};
        const uint64_t n = whole_cost(&k);
        const double attention = (double)part_cost(&k, COST_ATTENTION);
        char text[160], count[80], share[16];
        stage_count_text((uint64_t)k.n, count);
        stage_percent_text(attention / (double)n, share);
        snprintf(text, sizeof text, "%s token%s%s: attention %s", count,
                 k.n == 1 ? "" : "s", lengths[i].is, share);
        length_text(s, &k, count);
        const int w = canvas_text_width(s->canvas, mono, count);
        canvas_text_fit(s->canvas, style, r.x, y + stage_u(s, 16),
                        num_max(r.w - w - stage_u(s, 10), 0), text);
        canvas_text(s->canvas, mono, r.x + r.w, y + stage_u(s, 16), count);
        draw_bar(s, (Rect){r.x, y + stage_u(s, 22), r.w, line - stage_u(s, 34)},
                 &k, n);
    }
}

void model_draw_cost(const Stage *s, Rect r) {
    const bool wide = r.w >= stage_u(s, 860);
    const int air = stage_u(s, 40), w = wide ? (r.w - air) * 45 / 100 : r.w;
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int foot = stage_u(s, 24);
    canvas_push_clip(s->canvas, r);
    r.h = num_max(r.h - foot, 0);
    const int used =
        draw_token(s, (Rect){r.x, r.y, w, wide ? r.h : r.h * 45 / 100});
    const Rect rest = wide ? (Rect){r.x + w + air, r.y, r.w - w - air, r.h}
                           : (Rect){r.x, r.y + used + stage_u(s, 12), r.w,
                                    r.h - used - stage_u(s, 12)};
    draw_lengths(s, rest);
    canvas_text_phrases(
        s->canvas, soft, r.x, r.y + r.h + stage_u(s, 16), r.w,
        !s->config->arch->causal
            ? "All tokens are computed together, and nothing is kept; what "
              "goes by element, as norms, is left out"
        : trace_edits(s->trace)->no_mask
            ? "Without the mask all earlier tokens are computed again: see the "
              "cache"
            : "Keys and values of earlier tokens are kept; what goes by "
              "element, as norms, is left out");
    canvas_pop_clip(s->canvas);
}
