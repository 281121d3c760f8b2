/* The cache: what need not be computed again. */
#include "viz/views/cache/cache.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    ViewOp op;
    const char *title, *text;
    const char *whole; /* where a text is read as one whole */
} modes[CACHE_OPS] = {
    [CACHE_KEYS] = {{"keys", "keys"},
                    "an element of the new key",
                    "A token's keys depend on the tokens up to it alone, as "
                    "the mask hides later ones. So they are computed once and "
                    "kept; the queries of later tokens read them.",
                    "Above layer 0 a token's keys depend on the whole text, as "
                    "each token has looked at all. Whatever is changed or "
                    "added, all of them are computed anew: there is no cache, "
                    "and none is needed where nothing is written token by "
                    "token."},
    [CACHE_VALUES] = {{"values", "values"},
                      "an element of the new value",
                      "Values are kept like keys: one vector for each token, "
                      "layer and key-value head.",
                      "Values are like keys: one vector for each token, layer "
                      "and head, made anew whenever the text changes."},
    [CACHE_COST] = {{"cost", "cache: cost"},
                    "multiply-adds for this token",
                    "With the cache only the new token goes through the "
                    "layers, and looks at the keys kept. Without it every "
                    "token before it would go through them again.",
                    "All tokens go through the layers together, once, and each "
                    "looks at all. With one token more the whole text is "
                    "computed again."},
};

int cache_last(const Stage *s) {
    return s->config->arch->causal ? s->pos : s->n_pos - 1;
}

bool cache_holds(const Stage *s) {
    return s->config->arch->causal && !trace_edits(s->trace)->no_mask;
}

static Site site_of(const Stage *s) {
    const Arch *a = s->config->arch;
    return s->op == CACHE_VALUES ? a->cached_value : a->cached_key;
}

/* The element that is opened, within the current head's key-value head. */
static int selected(const Stage *s, Site site) {
    const Config *c = s->config;
    const int kv = s->head / (c->n_heads / c->n_kv_heads), K = c->head_dim;
    if (s->elem >= 0 && s->elem < K) return kv * K + s->elem;
    const float *v = stage_row(s, site, s->layer, s->pos);
    if (!v) return -1;
    int best = kv * K;
    for (int i = kv * K; i < (kv + 1) * K; i++)
        if (fabsf(v[i]) > fabsf(v[best])) best = i;
    return best;
}

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* whatever attends has keys and values */
    if (i >= CACHE_OPS) return false;
    *out = modes[i].op;
    return true;
}

/* ---- drawing ------------------------------------------------------------- */

static void draw_sentence(const Stage *s, Rect r) {
    const Config *c = s->config;
    const Cost cost = cost_of(c);
    const int vectors = 2 * c->n_layers * c->n_kv_heads;
    char text[2][256], read[32], token[STAGE_SAID_MAX];
    stage_say_token(s, stage_read_id(s, s->pos), token);
    stage_count_text((uint64_t)vectors * (uint64_t)s->pos, read);
    snprintf(text[1], sizeof text[1],
             "%s times fewer multiply-adds than without it.",
             number_fixed((double)cost_anew(&cost, s->pos, true) /
                              (double)cost_cached(&cost, s->pos),
                          1)
                 .s);
    snprintf(text[0], sizeof text[0],
             "For %s %d new key and value vectors are computed; the %s of "
             "earlier tokens are only read: %.100s",
             token, vectors, read, text[1]);
    if (!c->arch->causal) {
        snprintf(text[0], sizeof text[0],
                 "No cache: the whole text is read at once, and a token "
                 "changed or added changes all keys above layer 0.");
        snprintf(text[1], sizeof text[1],
                 "No cache: the whole text is read at once.");
    } else if (!cache_holds(s)) {
        snprintf(text[0], sizeof text[0],
                 "Without the mask each new token changes all earlier keys "
                 "above layer 0: only layer 0's can be kept.");
        snprintf(text[1], sizeof text[1],
                 "Without the mask only layer 0's keys can be kept.");
    }
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->text);
    const bool fits = canvas_text_width(s->canvas, style, text[0]) <= r.w;
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, TYPE_BODY), r.w,
                    text[fits ? 0 : 1]);
}

static void draw(const Stage *s, Rect r) {
    static const char *const titles[] = {"keys", "values", "cost"};
    const char *words[CACHE_OPS];
    for (int i = 0; i < CACHE_OPS; i++)
        words[i] = modes[i].op.name;
    const Rect all = r;
    r = stage_heading_beside(s, r, stage_tabs_width(s, titles, CACHE_OPS),
                             view_cache.title,
                             "What need not be computed again?");
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, CACHE_OPS,
               s->op);
    canvas_push_clip(s->canvas, r);
    draw_sentence(s, r);
    const int sentence = stage_u(s, 32), air = stage_u(s, 30);
    const Rect below = {r.x, r.y + sentence, r.w, num_max(r.h - sentence, 1)};
    const bool both = r.w >= stage_u(s, 1000);
    const int cost_w = both ? below.w * 36 / 100 : below.w;
    if (both || s->op != CACHE_COST)
        cache_draw_fill(s, (Rect){below.x, below.y,
                                  both ? below.w - cost_w - air : below.w,
                                  below.h});
    if (both || s->op == CACHE_COST)
        cache_draw_cost(
            s, (Rect){below.x + below.w - cost_w, below.y, cost_w, below.h});
    canvas_pop_clip(s->canvas);
}

/* ---- what is opened ------------------------------------------------------ */

static void opened(const Stage *s, Opened *out) {
    const bool is_cost = s->op == CACHE_COST;
    const Site site = site_of(s);
    const int index = is_cost ? 0 : selected(s, site);
    const bool whole = !s->config->arch->causal;
    const char *title = is_cost && whole ? "multiply-adds for the whole text"
                        : !whole         ? modes[s->op].title
                        : s->op == CACHE_KEYS
                            ? "an element of the token's key"
                            : "an element of the token's value";
    *out = (Opened){.kind = OPENED_LATER,
                    .site = is_cost ? SITE_NONE : site,
                    .layer = s->layer,
                    .pos = s->pos,
                    .index = index,
                    .made = {.kind = STUDY_COST,
                             .pos = cache_last(s),
                             .index = whole            ? 2
                                      : cache_holds(s) ? 0
                                                       : 3},
                    .text = whole ? modes[s->op].whole : modes[s->op].text};
    snprintf(out->kicker, sizeof out->kicker, "Token %d, layer %d", s->pos,
             s->layer);
    if (index < 0) return;
    out->kind = is_cost ? OPENED_MADE : OPENED_CELL;
    out->title[out->n_title++] = (TextSpan){.text = title,
                                            .len = (int)strlen(title),
                                            .face = FACE_BOLD,
                                            .color = s->theme->text};
}

static int beside(const Stage *s, int dir) {
    const int K = s->config->head_dim, at = selected(s, site_of(s));
    const int elem = at < 0 ? -1 : at % K + dir;
    return elem >= 0 && elem < K ? elem : -1;
}

const View view_cache = {
    .name = "cache",
    .title = "Cache",
    .key = "Shift+1",
    .family = FAMILY_ATTENTION,
    .op = op_at,
    .default_op = "keys",
    .draw = draw,
    .opened = opened,
    .beside = beside,
};
