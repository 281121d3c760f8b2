/* The one table of sites: a new one is a line of the header's enum and a row
 * here. */
#include "engine/spec/site.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What the shape at one position is made of; see site_shape. */
typedef enum Shape {
    SHAPE_ONE,      /* [1] */
    SHAPE_DIM,      /* [D] */
    SHAPE_HIDDEN,   /* [F] */
    SHAPE_VOCAB,    /* [V] */
    SHAPE_HEADS,    /* [H, K] */
    SHAPE_KV,       /* [G, K] */
    SHAPE_HEAD_ONE, /* [H, 1] */
    SHAPE_KV_ONE,   /* [G, 1] */
    SHAPE_KEYS      /* [H, keys] */
} Shape;

typedef struct SiteRow {
    SiteInfo info;
    Shape shape;
    SiteRole role;
} SiteRow;

#define MODEL_SITE(name, shape, role)                                          \
    { {name, false, false, false}, shape, role }
#define LAYER_SITE(name, shape, role)                                          \
    {                                                                          \
        {"blocks.%d." name, true, (shape) == SHAPE_KEYS,                       \
         (shape) == SHAPE_HEADS || (shape) == SHAPE_KV ||                      \
             (shape) == SHAPE_HEAD_ONE || (shape) == SHAPE_KV_ONE},            \
            shape, role                                                        \
    }

static const SiteRow site_rows[] = {
    [SITE_EMBED] = MODEL_SITE("hook_embed", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_SCALED_EMBED] =
        MODEL_SITE("embed.hook_scaled", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_POS_EMBED] =
        MODEL_SITE("hook_pos_embed", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_POS_SUM] =
        MODEL_SITE("embed.hook_pos_sum", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_SEGMENT_EMBED] =
        MODEL_SITE("hook_token_type_embed", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_EMBED_SUM] =
        MODEL_SITE("embed.hook_sum", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_EMBED_LN_MEAN] =
        MODEL_SITE("embed.ln.hook_mean", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_EMBED_LN_SCALE] =
        MODEL_SITE("embed.ln.hook_scale", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_EMBED_LN_NORMALIZED] =
        MODEL_SITE("embed.ln.hook_normalized", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_FULL_EMBED] =
        MODEL_SITE("hook_full_embed", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_RESID_PRE] =
        LAYER_SITE("hook_resid_pre", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN1_MEAN] = LAYER_SITE("ln1.hook_mean", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN1_SCALE] = LAYER_SITE("ln1.hook_scale", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN1_NORMALIZED] =
        LAYER_SITE("ln1.hook_normalized", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN1_OUT] = LAYER_SITE("ln1.hook_out", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_Q] = LAYER_SITE("attn.hook_q", SHAPE_HEADS, SITE_ROLE_QUERY),
    [SITE_K] = LAYER_SITE("attn.hook_k", SHAPE_KV, SITE_ROLE_KEY),
    [SITE_V] = LAYER_SITE("attn.hook_v", SHAPE_KV, SITE_ROLE_VALUE),
    [SITE_Q_NORM_SCALE] =
        LAYER_SITE("attn.q_norm.hook_scale", SHAPE_HEAD_ONE, SITE_ROLE_NONE),
    [SITE_Q_NORM_NORMALIZED] =
        LAYER_SITE("attn.q_norm.hook_normalized", SHAPE_HEADS, SITE_ROLE_QUERY),
    [SITE_Q_NORM_OUT] =
        LAYER_SITE("attn.q_norm.hook_out", SHAPE_HEADS, SITE_ROLE_QUERY),
    [SITE_K_NORM_SCALE] =
        LAYER_SITE("attn.k_norm.hook_scale", SHAPE_KV_ONE, SITE_ROLE_NONE),
    [SITE_K_NORM_NORMALIZED] =
        LAYER_SITE("attn.k_norm.hook_normalized", SHAPE_KV, SITE_ROLE_KEY),
    [SITE_K_NORM_OUT] =
        LAYER_SITE("attn.k_norm.hook_out", SHAPE_KV, SITE_ROLE_KEY),
    [SITE_ROT_Q] = LAYER_SITE("attn.hook_rot_q", SHAPE_HEADS, SITE_ROLE_QUERY),
    [SITE_ROT_K] = LAYER_SITE("attn.hook_rot_k", SHAPE_KV, SITE_ROLE_KEY),
    [SITE_ATTN_SCORES] =
        LAYER_SITE("attn.hook_attn_scores", SHAPE_KEYS, SITE_ROLE_NONE),
    [SITE_PATTERN] =
        LAYER_SITE("attn.hook_pattern", SHAPE_KEYS, SITE_ROLE_NONE),
    [SITE_Z] = LAYER_SITE("attn.hook_z", SHAPE_HEADS, SITE_ROLE_MIXED),
    [SITE_ATTN_OUT] = LAYER_SITE("hook_attn_out", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_RESID_MID] =
        LAYER_SITE("hook_resid_mid", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN2_MEAN] = LAYER_SITE("ln2.hook_mean", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN2_SCALE] = LAYER_SITE("ln2.hook_scale", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN2_NORMALIZED] =
        LAYER_SITE("ln2.hook_normalized", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN2_OUT] = LAYER_SITE("ln2.hook_out", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_MLP_PRE] = LAYER_SITE("mlp.hook_pre", SHAPE_HIDDEN, SITE_ROLE_NEURON),
    [SITE_MLP_PRE_LINEAR] =
        LAYER_SITE("mlp.hook_pre_linear", SHAPE_HIDDEN, SITE_ROLE_NEURON),
    [SITE_MLP_POST] =
        LAYER_SITE("mlp.hook_post", SHAPE_HIDDEN, SITE_ROLE_NEURON),
    [SITE_MLP_OUT] = LAYER_SITE("hook_mlp_out", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_RESID_POST] =
        LAYER_SITE("hook_resid_post", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_RESID_NORMED] =
        LAYER_SITE("hook_normalized_resid_post", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_HEAD_PRE] =
        MODEL_SITE("mlm_head.hook_dense", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_HEAD_POST] =
        MODEL_SITE("mlm_head.hook_dense_post", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN_FINAL_MEAN] =
        MODEL_SITE("ln_final.hook_mean", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN_FINAL_SCALE] =
        MODEL_SITE("ln_final.hook_scale", SHAPE_ONE, SITE_ROLE_NONE),
    [SITE_LN_FINAL_NORMALIZED] =
        MODEL_SITE("ln_final.hook_normalized", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LN_FINAL_OUT] =
        MODEL_SITE("ln_final.hook_out", SHAPE_DIM, SITE_ROLE_STREAM),
    [SITE_LOGITS] = MODEL_SITE("logits", SHAPE_VOCAB, SITE_ROLE_NONE),
};
_Static_assert(sizeof site_rows / sizeof *site_rows == SITE_COUNT,
               "every site has a row");

const SiteInfo *site_info(Site s) {
    assert(s >= 0 && s < SITE_COUNT);
    return &site_rows[s].info;
}

SiteRole site_role(Site s) {
    assert(s >= 0 && s < SITE_COUNT);
    return site_rows[s].role;
}

void site_name(Site s, int layer, char *out, size_t size) {
    const SiteInfo *info = site_info(s);
    const char *tail = strstr(info->name, "%d");
    if (!tail)
        snprintf(out, size, "%s", info->name);
    else
        snprintf(out, size, "%.*s%d%s", (int)(tail - info->name), info->name,
                 layer, tail + strlen("%d"));
}

/* Reads "blocks.N." at name.  Returns what follows it, or name itself with
 * *layer = -1.  N has no leading zero, so a site has one full name. */
static const char *skip_layer(const char *name, int *layer) {
    static const char head[] = "blocks.";
    const char *p = name;
    int n = 0;
    *layer = -1;
    if (strncmp(p, head, sizeof head - 1) != 0) return name;
    p += sizeof head - 1;
    if (p[0] == '0' && p[1] != '.') return name;
    const char *digits = p;
    for (; *p >= '0' && *p <= '9' && n < CONFIG_LAYERS_MAX; p++)
        n = 10 * n + (*p - '0');
    if (p == digits || *p != '.' || n >= CONFIG_LAYERS_MAX) return name;
    *layer = n;
    return p + 1;
}

/* True when `end` ends `name` at the start of a word: of the whole name, after
 * a dot, or after "hook_". */
static bool is_ending(const char *name, const char *end) {
    static const char hook[] = "hook_";
    size_t n = strlen(name), n_end = strlen(end), n_hook = sizeof hook - 1;
    if (n_end == 0 || n_end > n || strcmp(name + n - n_end, end) != 0)
        return false;
    size_t at = n - n_end;
    return at == 0 || name[at - 1] == '.' ||
           (at >= n_hook && memcmp(name + at - n_hook, hook, n_hook) == 0);
}

bool site_find(const char *name, Site *s, int *layer) {
    static const char head[] = "blocks.%d.";
    const char *tail = skip_layer(name, layer);
    int n_found = 0;
    for (int i = 0; i < SITE_COUNT; i++) {
        const SiteInfo *info = site_info(i);
        const char *own =
            info->per_layer ? info->name + sizeof head - 1 : info->name;
        bool whole = info->per_layer == (*layer >= 0) && strcmp(own, tail) == 0;
        if (whole && (!info->per_layer || *layer >= 0)) {
            if (!info->per_layer) *layer = 0;
            *s = i;
            return true;
        }
        if (*layer < 0 && is_ending(own, name)) {
            *s = i;
            n_found++;
        }
    }
    return n_found == 1;
}

const char *site_short(Site s) {
    const char *name = site_info(s)->name;
    const char *hook = strstr(name, "hook_");
    const char *tail = strstr(name, "%d.");
    Site found;
    int layer;
    if (hook && site_find(hook + strlen("hook_"), &found, &layer) && found == s)
        return hook + strlen("hook_");
    return tail ? tail + strlen("%d.") : name;
}

void site_shape(Site s, const Config *c, int n_keys, int *rows, int *cols) {
    *rows = 1;
    switch (site_rows[s].shape) {
    case SHAPE_ONE:
        *cols = 1;
        break;
    case SHAPE_DIM:
        *cols = c->dim;
        break;
    case SHAPE_HIDDEN:
        *cols = c->hidden_dim;
        break;
    case SHAPE_VOCAB:
        *cols = c->vocab_size;
        break;
    case SHAPE_HEADS:
        *rows = c->n_heads;
        *cols = c->head_dim;
        break;
    case SHAPE_KV:
        *rows = c->n_kv_heads;
        *cols = c->head_dim;
        break;
    case SHAPE_HEAD_ONE:
        *rows = c->n_heads;
        *cols = 1;
        break;
    case SHAPE_KV_ONE:
        *rows = c->n_kv_heads;
        *cols = 1;
        break;
    case SHAPE_KEYS:
        *rows = c->n_heads;
        *cols = n_keys;
        break;
    }
}
