/* Site: the fixed points of the computation that can be watched.
 *
 * Names are those of TransformerLens (HookedTransformer; hook_out of the norms
 * as in its TransformerBridge), so that notebooks written for it read our
 * traces; of BERT those of its HookedEncoder, without the "embed." before
 * hook_embed and its like, and with ln_final for the head's norm, which it
 * calls mlm_head.ln.  What it has no name for (means, sums of embeddings, the
 * head's vectors) is named alike.  A LayerNorm's hook_normalized is what it has
 * once gains and biases are folded into what follows, as it does when it loads
 * a GPT-2; not folded, as in its BERT, its hook_normalized is our hook_out.
 * "N" in a name stands for the layer.  See site.c for the one table.
 */
#ifndef ENGINE_SPEC_SITE_H
#define ENGINE_SPEC_SITE_H

#include "engine/spec/tensor.h"

typedef enum Site {
    SITE_EMBED,               /* hook_embed                      [D]   model */
    SITE_SCALED_EMBED,        /* embed.hook_scaled               [D]   model
                            times sqrt(D): TransformerLens, which scales the
                            table itself, calls this hook_embed          */
    SITE_POS_EMBED,           /* hook_pos_embed                  [D]   model */
    SITE_POS_SUM,             /* embed.hook_pos_sum              [D]   model
                            token and position, where more is added      */
    SITE_SEGMENT_EMBED,       /* hook_token_type_embed           [D]   model */
    SITE_EMBED_SUM,           /* embed.hook_sum                  [D]   model
                            of all three                                 */
    SITE_EMBED_LN_MEAN,       /* embed.ln.hook_mean              [1]   model */
    SITE_EMBED_LN_SCALE,      /* embed.ln.hook_scale             [1]   model */
    SITE_EMBED_LN_NORMALIZED, /* embed.ln.hook_normalized        [D]   model */
    SITE_FULL_EMBED,          /* hook_full_embed     [D]   model their sum,
                            of BERT after its norm                       */
    SITE_RESID_PRE,           /* blocks.N.hook_resid_pre         [D]         */
    SITE_LN1_MEAN,            /* blocks.N.ln1.hook_mean          [1]         */
    SITE_LN1_SCALE,           /* blocks.N.ln1.hook_scale         [1]         */
    SITE_LN1_NORMALIZED,      /* blocks.N.ln1.hook_normalized    [D] x/scale,
                            of a LayerNorm (x - mean)/scale */
    SITE_LN1_OUT,             /* blocks.N.ln1.hook_out           [D] * gain,
                            of a LayerNorm + bias                       */
    SITE_Q,                   /* blocks.N.attn.hook_q            [H, K]      */
    SITE_K,                   /* blocks.N.attn.hook_k            [G, K]      */
    SITE_V,                   /* blocks.N.attn.hook_v            [G, K]      */
    SITE_Q_NORM_SCALE,        /* blocks.N.attn.q_norm.hook_scale      [H, 1] */
    SITE_Q_NORM_NORMALIZED,   /* blocks.N.attn.q_norm.hook_normalized [H, K] */
    SITE_Q_NORM_OUT,          /* blocks.N.attn.q_norm.hook_out        [H, K] */
    SITE_K_NORM_SCALE,        /* blocks.N.attn.k_norm.hook_scale      [G, 1] */
    SITE_K_NORM_NORMALIZED,   /* blocks.N.attn.k_norm.hook_normalized [G, K] */
    SITE_K_NORM_OUT,          /* blocks.N.attn.k_norm.hook_out        [G, K] */
    SITE_ROT_Q,               /* blocks.N.attn.hook_rot_q        [H, K]      */
    SITE_ROT_K,               /* blocks.N.attn.hook_rot_k        [G, K]      */
    SITE_ATTN_SCORES,         /* blocks.N.attn.hook_attn_scores  [H, keys]
                            q.k / sqrt(K), keys the mask lets through only */
    SITE_PATTERN,             /* blocks.N.attn.hook_pattern      [H, keys]   */
    SITE_Z,                   /* blocks.N.attn.hook_z            [H, K] after
                            head interventions */
    SITE_ATTN_OUT,            /* blocks.N.hook_attn_out          [D]         */
    SITE_RESID_MID,           /* blocks.N.hook_resid_mid         [D]         */
    SITE_LN2_MEAN,            /* blocks.N.ln2.hook_mean          [1]         */
    SITE_LN2_SCALE,           /* blocks.N.ln2.hook_scale         [1]         */
    SITE_LN2_NORMALIZED,      /* blocks.N.ln2.hook_normalized    [D]         */
    SITE_LN2_OUT,             /* blocks.N.ln2.hook_out           [D]         */
    SITE_MLP_PRE,             /* blocks.N.mlp.hook_pre           [F] gate, or
                            what is activated where there is no gate    */
    SITE_MLP_PRE_LINEAR,      /* blocks.N.mlp.hook_pre_linear    [F] up      */
    SITE_MLP_POST,            /* blocks.N.mlp.hook_post  [F] silu(gate)*up, or
                            the activation of pre, after neuron interventions */
    SITE_MLP_OUT,             /* blocks.N.hook_mlp_out           [D]         */
    SITE_RESID_POST,          /* blocks.N.hook_resid_post        [D]         */
    SITE_RESID_NORMED,   /* blocks.N.hook_normalized_resid_post [D] that sum, by
                            ln2, where norms come after sums             */
    SITE_HEAD_PRE,       /* mlm_head.hook_dense             [D]   model   */
    SITE_HEAD_POST,      /* mlm_head.hook_dense_post        [D]   model   */
    SITE_LN_FINAL_MEAN,  /* ln_final.hook_mean              [1]   model */
    SITE_LN_FINAL_SCALE, /* ln_final.hook_scale             [1]   model */
    SITE_LN_FINAL_NORMALIZED, /* ln_final.hook_normalized   [D]   model */
    SITE_LN_FINAL_OUT,        /* ln_final.hook_out               [D]   model */
    SITE_LOGITS,              /* logits                          [V]   model */
    SITE_COUNT
} Site;

typedef uint64_t SiteMask; /* bit s for Site s */
#define SITE_BIT(s) ((SiteMask)1 << (s))
#define SITE_ALL    (SITE_BIT(SITE_COUNT) - 1)

typedef struct SiteInfo {
    const char *name; /* "blocks.%d.attn.hook_q", or without %d */
    bool per_layer;
    bool per_key;  /* the last axis is keys, its length grows with position */
    bool per_head; /* rows are heads of a vector, even when there is one */
} SiteInfo;

const SiteInfo *site_info(Site s);

/* What the numbers of a site are to the computation: told by colour. */
typedef enum SiteRole {
    SITE_ROLE_NONE, /* sizes, scores, weights, logits */
    SITE_ROLE_STREAM,
    SITE_ROLE_QUERY,
    SITE_ROLE_KEY,
    SITE_ROLE_VALUE,
    SITE_ROLE_MIXED, /* values, as the heads mix them */
    SITE_ROLE_NEURON,
    SITE_ROLES
} SiteRole;
SiteRole site_role(Site s);

/* Full name for a layer, NUL-terminated. */
void site_name(Site s, int layer, char *out, size_t size);

/* The shortest name that site_find takes for it: "q", "ln1.hook_scale". */
const char *site_short(Site s);

/* Site and layer of a full name or, with *layer = -1, of a short one ("q",
 * "attn.hook_q", "hook_resid_pre"): the end of one site's name, from a dot or
 * "hook_" on.  False if there is none, or several: "mean", "scale" and "out"
 * are of the norms before attention and MLP and of the last one.  Whether a
 * model has the site is up to arch_sites. */
bool site_find(const char *name, Site *s, int *layer);

/* Shape at one position: rows x cols ([D] is 1 x D, [H,K] is H x K).  n_keys
 * is used for per_key sites only. */
void site_shape(Site s, const Config *c, int n_keys, int *rows, int *cols);

/* A hook: called on the thread that runs the session, in the order of the
 * computation.  data is borrowed and dies with the call. */
typedef struct Tap {
    Site site;
    int layer;         /* 0 for model sites */
    int pos;           /* first position */
    int n_pos;         /* rows; 1 for per_key sites */
    const float *data; /* [n_pos, rows*cols], row i at data + i*stride */
    int stride;        /* floats between positions */
    int n_keys;        /* for per_key sites */
} Tap;

/* For a hook that keeps rows: they are computed where it keeps them, so that
 * each is written once.  All get the hook's ud. */
typedef struct SiteStore {
    /* Before a batch: the sites wanted of positions pos .. pos+n-1, in place of
     * the hook's mask.  May lower *n, to at least 1, unless the mask of the
     * attention is removed: the others come in a later batch. */
    SiteMask (*begin)(void *ud, int pos, int *n);
    /* Where the rows of a tap, whose data and stride are not set, are to be
     * computed, one after the other; NULL: anywhere, and those of a per_key
     * site not at all.  Called on several threads at once. */
    float *(*place)(void *ud, const Tap *tap);
    /* After a batch: all of pos .. pos+n-1 is there. */
    void (*end)(void *ud, int pos, int n);
} SiteStore;

typedef struct SiteHook {
    SiteMask mask; /* 0: no hook, no cost */
    void (*fn)(void *ud, const Tap *tap);
    void *ud;
    const SiteStore *store; /* NULL: none.  With one fn is not told of per_key
                               sites, and of a row that is already where it was
                               to be placed as of any other */
} SiteHook;

#endif
