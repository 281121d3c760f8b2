/* Config: the sizes of a model, a value.
 *
 * THE DIMS ALPHABET, used in every shape comment of this project:
 *     T positions        D model dimension     H query heads
 *     G key-value heads  K head dimension      F feed-forward dimension
 *     V vocabulary       L layers              S longest sequence
 * D = H*K, but where an Arch says otherwise.  Shapes are [rows, cols],
 * row-major.  A weight W [out, in] is applied as y = W x.  Query head h reads
 * key-value head h / (H/G).
 *
 * Source: Touvron et al. 2023 (Llama 2), arXiv:2307.09288; grouped-query
 * attention: Ainslie et al. 2023, arXiv:2305.13245.
 *
 * Does NOT say what is computed, or in which order: its Arch does.
 */
#ifndef ENGINE_SPEC_CONFIG_H
#define ENGINE_SPEC_CONFIG_H

#include "engine/base/err.h"
#include "engine/spec/activation.h"

/* Limits on what a file may ask for; all far above real Llama files. */
#define CONFIG_DIM_MAX      1048576 /* D, F, V, S */
#define CONFIG_LAYERS_MAX   1024
#define CONFIG_HEADS_MAX    1024
#define CONFIG_HEAD_DIM_MAX 1024 /* K */

typedef struct Config {
    const struct Arch *arch; /* what is computed: arch.h */
    int dim;                 /* D */
    int hidden_dim;          /* F */
    int n_layers;            /* L */
    int n_heads;             /* H */
    int n_kv_heads;          /* G, divides H */
    int head_dim;            /* K = D/H, or its own (Arch.own_head_dim); even
                                where RoPE turns pairs */
    int vocab_size;          /* V */
    int seq_len_max;         /* S, as trained */
    float norm_eps;
    float rope_theta; /* of no use where the Arch does not rotate */
    bool tied;        /* the classifier is the token embedding */
    bool no_bias;     /* those biases that its Arch has are left out */
    Activation activation;
    /* What each pair's RoPE frequency is divided by: the same for all in linear
     * scaling, more for the slow ones in Llama 3.1 and on. */
    bool rope_scaled;
    float rope_divisors[CONFIG_HEAD_DIM_MAX / 2]; /* [K/2], if rope_scaled */
} Config;

/* Checks every dimension of c against the limits above and against each other.
 * `name` is the file.  One-line error "name: field: found X, ...". */
bool config_check(const Config *c, const char *name, Err *err);

/* What a message calls them: by the keys that the file has. */
typedef enum ConfigField {
    CONFIG_DIM,
    CONFIG_HIDDEN_DIM,
    CONFIG_LAYERS,
    CONFIG_HEADS,
    CONFIG_KV_HEADS,
    CONFIG_HEAD_DIM,
    CONFIG_VOCAB,
    CONFIG_SEQ_LEN,
    CONFIG_NORM_EPS,
    CONFIG_ROPE_THETA,
    CONFIG_FIELDS
} ConfigField;

/* The same.  A NULL among the keys: as config_check calls it, which is
 * llama2.c's word. */
bool config_check_as(const Config *c, const char *name,
                     const char *const keys[CONFIG_FIELDS], Err *err);

#endif
