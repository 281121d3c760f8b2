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

uint64_t model_part_bytes(const Stage *s, CostPart part, int pos) {
    const Config *c = s->config;
    uint64_t n = 0;
    if (part == COST_ATTENTION) /* keys and values are kept as floats */
        return cost_of(c).kept * sizeof(float) * ((uint64_t)pos + 1);
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (cost_part_of(c->arch, t->role) != part) continue;
        for (int layer = 0; layer < (t->per_layer ? c->n_layers : 1); layer++) {
            const Tensor *stored = model_tensor(s->model, t->role, layer);
            if (stored)
                n += part == COST_EMBEDDING
                         ? stored->size_bytes / (uint64_t)stored->rows
                         : stored->size_bytes;
        }
    }
    return n;
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
static uint64_t part_cost(const Stage *s, CostPart part, int n) {
    const uint64_t one = cost_part(s->config, part, n - 1);
    const bool once = s->config->arch->causal || part == COST_OUTPUT;
    return once ? one : one * (uint64_t)n;
}

static uint64_t whole_cost(const Stage *s, int n) {
    const Cost cost = cost_of(s->config);
    return s->config->arch->causal ? cost_cached(&cost, n - 1)
                                   : cost_anew(&cost, n - 1, false);
}

static int n_counted(const Stage *s) {
    return s->config->arch->causal ? s->pos + 1 : s->n_pos;
}

/* Of a row a token; weights are read once. */
static double part_bytes(const Stage *s, CostPart part, int n) {
    const double bytes = (double)model_part_bytes(s, part, n - 1);
    const bool each = !s->config->arch->causal && part == COST_EMBEDDING;
    return each ? bytes * n : bytes;
}

static void draw_row(const Stage *s, Rect r, const char *name, uint64_t n,
                     uint64_t all, double bytes, const Color *color) {
    TextStyle style =
        text_style(color ? FACE_SANS : FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    const int y = r.y + r.h / 2, box = stage_u(s, 11);
    const int left = r.x + stage_u(s, 20), right = r.x + r.w;
    const int bytes_w = stage_u(s, 90), count = right - bytes_w;
    char text[32];
    mono.align = ALIGN_RIGHT;
    if (color) canvas_fill(s->canvas, (Rect){r.x, y - box, box, box}, *color);
    stage_count_text(n, text);
    const int w = canvas_text_width(s->canvas, mono, text);
    canvas_text_fit(s->canvas, style, left, y,
                    num_max(count - w - left - stage_u(s, 8), 0), name);
    glossary_note(s->hits, s->canvas, style, left, y, name);
    canvas_text(s->canvas, mono, count, y, text);
    mono.color = s->theme->soft;
    stage_bytes_text(bytes, text);
    canvas_text(s->canvas, mono, right, y, text);
    if (!color || r.h < stage_u(s, 30)) return;
    const double part = all > 0 ? (double)n / (double)all : 0;
    canvas_fill(s->canvas,
                (Rect){left, y + stage_u(s, 6),
                       (int)lround((double)(count - left) * part),
                       num_max(r.h / 6, stage_u(s, 4))},
                *color);
}

/* Returns the height used. */
static int draw_token(const Stage *s, Rect r) {
    const int n = n_counted(s);
    const uint64_t all = whole_cost(s, n);
    const int line =
        num_clamp(r.h / (COST_PARTS + 3), stage_u(s, 22), stage_u(s, 84));
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    double bytes = 0;
    int y = r.y + stage_u(s, 16);
    char text[STAGE_LABEL_MAX + 64];
    snprintf(text, sizeof text, "Token %d, %s", s->pos, s->reads[s->pos]);
    if (!s->config->arch->causal)
        snprintf(text, sizeof text, "%d token%s in one pass", n,
                 n == 1 ? "" : "s");
    const int w = stage_u(s, 190);
    canvas_text_fit(s->canvas, bold, r.x, y, num_max(r.w - w, 0), text);
    soft.align = ALIGN_RIGHT;
    canvas_text(s->canvas, soft, r.x + r.w - stage_u(s, 90), y,
                "multiply-adds");
    canvas_text(s->canvas, soft, r.x + r.w, y, "bytes read");
    y += stage_u(s, 8);
    for (int i = 0; i < COST_PARTS && y + line <= r.y + r.h; i++) {
        const CostPart part = (CostPart)i;
        const Color color = color_of(s, part);
        const double b = part_bytes(s, part, n);
        bytes += b;
        draw_row(s, (Rect){r.x, y, r.w, line}, cost_part_name(part),
                 part_cost(s, part, n), all, b, &color);
        y += line;
    }
    if (y + line > r.y + r.h) return y - r.y;
    canvas_fill(s->canvas, (Rect){r.x, y, r.w, 1}, s->theme->soft);
    draw_row(s, (Rect){r.x, y, r.w, line}, "all", all, all, bytes, NULL);
    hits_pick(s->hits, (Rect){r.x, r.y, r.w, y + line - r.y},
              pick_word(STATE_OP, "cost"));
    return y + line - r.y;
}

/* ---- by the length of the text ------------------------------------------- */

static void lengths_of(const Stage *s, int out[LENGTHS]) {
    const int S = s->config->seq_len_max;
    out[0] = 1;
    out[1] = n_counted(s);
    out[2] = S;
    out[3] = num_min(S, CONFIG_DIM_MAX / 8) * 8;
    out[4] = num_min(S, CONFIG_DIM_MAX / 64) * 64;
}

/* One stacked bar of n tokens; `most` fills the width. */
static void draw_bar(const Stage *s, Rect r, int tokens, uint64_t most) {
    uint64_t sum = 0;
    for (int i = 0; i < COST_PARTS; i++) {
        const uint64_t n = part_cost(s, (CostPart)i, tokens);
        const int a = (int)lround((double)r.w * (double)sum / (double)most);
        sum += n;
        const int b = (int)lround((double)r.w * (double)sum / (double)most);
        canvas_fill(s->canvas, (Rect){r.x + a, r.y, b - a, r.h},
                    color_of(s, (CostPart)i));
    }
}

static void draw_lengths(const Stage *s, Rect r) {
    const int line = num_min((r.h - stage_u(s, 24)) / LENGTHS, stage_u(s, 180));
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    int lengths[LENGTHS], y = r.y + stage_u(s, 24);
    if (line < stage_u(s, 40)) return;
    lengths_of(s, lengths);
    canvas_text_fit(s->canvas, bold, r.x, r.y + stage_u(s, 16), r.w,
                    s->config->arch->causal
                        ? "One more token: shares, by the length of the text"
                        : "One pass: shares, by the length of the text");
    mono.align = ALIGN_RIGHT;
    for (int i = 0; i < LENGTHS; i++, y += line) {
        const uint64_t n = whole_cost(s, lengths[i]);
        const double attention =
            (double)part_cost(s, COST_ATTENTION, lengths[i]);
        char text[96], count[32], share[16];
        stage_count_text((uint64_t)lengths[i], count);
        stage_percent_text(attention / (double)n, share);
        snprintf(text, sizeof text, "%s token%s%s: attention %s", count,
                 lengths[i] == 1 ? "" : "s",
                 i == 1   ? ", as here"
                 : i == 2 ? ", its context"
                 : i > 2  ? ", more than it learnt"
                          : "",
                 share);
        stage_count_text(n, count);
        const int w = canvas_text_width(s->canvas, mono, count);
        canvas_text_fit(s->canvas, style, r.x, y + stage_u(s, 16),
                        num_max(r.w - w - stage_u(s, 10), 0), text);
        canvas_text(s->canvas, mono, r.x + r.w, y + stage_u(s, 16), count);
        draw_bar(s, (Rect){r.x, y + stage_u(s, 22), r.w, line - stage_u(s, 34)},
                 lengths[i], n);
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
