/* Model: the weights of a LLaMA-2 architecture, constant after model_open.
 *
 *     Err err = {0};
 *     Model *m = model_open("stories260K.bin", &err);
 *     if (!m) { fprintf(stderr, "llantern: %s\n", err.msg); return 1; }
 *     const Config *c = model_config(m);
 *     ...
 *     model_close(m);
 *
 * Does NOT run anything (see session.h) and does not tokenize.
 *
 * THE DIMS ALPHABET, used in every shape comment of this project:
 *     T positions        D model dimension     H query heads
 *     G key-value heads  K head dimension      F feed-forward dimension
 *     V vocabulary       L layers              S longest sequence
 * D = H*K.  Shapes are [rows, cols], row-major.  A weight W [out, in] is
 * applied as y = W x.  Query head h reads key-value head h / (H/G).
 *
 * Source: Touvron et al. 2023 (Llama 2), arXiv:2307.09288; grouped-query
 * attention: Ainslie et al. 2023, arXiv:2305.13245.
 */
#ifndef ENGINE_MODEL_MODEL_H
#define ENGINE_MODEL_MODEL_H

#include "engine/base/err.h"
#include "engine/base/file.h"

#include <stdint.h>

/* Limits on what a file may ask for; all far above real Llama files. */
#define MODEL_DIM_MAX      1048576 /* D, F, V, S */
#define MODEL_LAYERS_MAX   1024
#define MODEL_HEADS_MAX    1024
#define MODEL_HEAD_DIM_MAX 1024 /* K; even, for RoPE pairs */

typedef struct Config {
    int dim;         /* D */
    int hidden_dim;  /* F */
    int n_layers;    /* L */
    int n_heads;     /* H */
    int n_kv_heads;  /* G, divides H */
    int head_dim;    /* K = D/H, even */
    int vocab_size;  /* V */
    int seq_len_max; /* S, as trained */
    float norm_eps;
    float rope_theta;
    bool tied; /* the classifier is the token embedding */
    /* What each pair's RoPE frequency is divided by: the same for all in linear
     * scaling, more for the slow ones in Llama 3.1 and on. */
    bool rope_scaled;
    float rope_divisors[MODEL_HEAD_DIM_MAX / 2]; /* [K/2], if rope_scaled */
} Config;

/* How far pair i of a head turns from one position to the next, in radians:
 * theta^(-2i/K), divided by the pair's divisor.
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864, eq. 34. */
double config_rope_freq(const Config *c, int pair);

/* Element types.  The quantised ones are blocks of small integers that share
 * a scale, and from Q4_1 on those marked so a minimum: w = scale * q + min.
 * Source: their bit layouts are ggml's (the GGUF file format). */
typedef enum DType {
    DTYPE_F32,
    DTYPE_F16,  /* IEEE half */
    DTYPE_BF16, /* the upper half of an f32 */
    DTYPE_Q8_0,
    DTYPE_Q4_0,
    DTYPE_Q4_1, /* with minimum */
    DTYPE_Q5_0,
    DTYPE_Q5_1, /* with minimum */
    DTYPE_Q4_K, /* with minima */
    DTYPE_Q5_K, /* with minima */
    DTYPE_Q6_K,
    DTYPE_Q8_GROUPS, /* llama2.c: all values, then all scales; see Tensor */
    DTYPE_COUNT
} DType;

typedef struct DTypeInfo {
    const char *name;
    int block_items; /* values per block; a row is a whole number of blocks */
    int block_bytes; /* bytes per block */
    bool quantised;  /* products take activations quantised too: kern.h */
} DTypeInfo;
const DTypeInfo *dtype_info(DType type);

/* What a tensor is for.  Order: that of the computation. */
typedef enum TensorRole {
    TENSOR_TOKEN_EMBED, /* [V, D]            one per model */
    TENSOR_ATTN_NORM,   /* [1, D]            per layer */
    TENSOR_WQ,          /* [H*K, D]          per layer */
    TENSOR_WK,          /* [G*K, D]          per layer */
    TENSOR_WV,          /* [G*K, D]          per layer */
    TENSOR_WO,          /* [D, H*K]          per layer */
    TENSOR_FFN_NORM,    /* [1, D]            per layer */
    TENSOR_W_GATE,      /* [F, D]            per layer (w1) */
    TENSOR_W_UP,        /* [F, D]            per layer (w3) */
    TENSOR_W_DOWN,      /* [D, F]            per layer (w2) */
    TENSOR_FINAL_NORM,  /* [1, D]            one per model */
    TENSOR_CLASSIFIER,  /* [V, D]            one per model; may be tied */
    TENSOR_ROLES
} TensorRole;

typedef struct Tensor {
    char name[64]; /* as the file format names it */
    DType type;
    int rows, cols;
    const void *data;    /* borrowed from the Model: in the file, or a copy */
    uint64_t offset;     /* of the first byte in the file */
    uint64_t size_bytes; /* 0: absent */
    const File *file;    /* that it lies in; NULL: the one that was opened */
    int half_split; /* K: of each head's K rows in the file i and i + K/2 are
                         rows 2i and 2i + 1 here; 0: the same rows */
    /* DTYPE_Q8_GROUPS: an f32 scale for every `group` values, counted through
     * the whole tensor, so that a group may go on in the next row.  They follow
     * the values and count in size_bytes; of any alignment. */
    const uint8_t *scales;
    int group;
} Tensor;

typedef struct Model Model;
/* Somebody who waits for a model: told now and then how many bytes of its
 * weights are in memory; who returns false wants no more. */
typedef struct ModelWatch {
    bool (*go_on)(void *ud, uint64_t bytes, uint64_t total);
    void *ud;
} ModelWatch;

struct Kern;
struct Tokenizer;

/* Files over this are not read whole to be checked; see model_open. */
#define MODEL_CHECK_MAX (64u << 20) /* bytes */
#define MODEL_PEEK_MAX  (4u << 20)  /* bytes; likewise of model_peek */
/* Weights up to this are copied to where they are read fastest. */
#define MODEL_PLACE_MAX (64u << 20) /* bytes */

/* Opens any supported model file, or a folder from Hugging Face; the kind is
 * told by the name and the first bytes.
 * Everything is checked before it returns: sizes against the file, shapes
 * against the config, weights finite: all numbers, and all scales of quantised
 * blocks, or in a file over MODEL_CHECK_MAX those of tensors that are small
 * (norms), so that opening does not read it all.  NULL and err on failure. */
Model *model_open(const char *path, Err *err);

/* As model_open, which may take a while where weights have to be put in another
 * order.  Stopped by the watch, which may be NULL: NULL, with ERR_CANCELLED. */
Model *model_open_watched(const char *path, const ModelWatch *watch, Err *err);

/* Reads the weights of an open model into memory, in the order of use, so that
 * running does not wait for the disk at every page; those of a model that is
 * larger than memory are left.  False when the watch, which may be NULL,
 * stopped it. */
bool model_prefetch(const Model *m, const ModelWatch *watch);

/* A model for looking at, not for running: everything is checked and told but
 * the weights, which are not read where the file has more than MODEL_PEEK_MAX
 * bytes; the data of its tensors must not be used.  Takes some milliseconds
 * whatever the file's size. */
Model *model_peek(const char *path, Err *err);
bool model_is_peek(const Model *m); /* the weights were not read */

/* The same over bytes that outlive the model (the embedded model). */
Model *model_open_memory(const char *name, const void *data, size_t size,
                         Err *err);
void model_close(Model *m); /* NULL is fine */

const Config *model_config(const Model *m);
const char *model_name(const Model *m);   /* file name without folder, ext */
const char *model_path(const Model *m);   /* of the file; in a folder, too */
const char *model_format(const Model *m); /* "llama2.c v0" */

/* One line about what was tolerated in the file, or NULL. */
const char *model_warning(const Model *m);
uint64_t model_n_params(const Model *m); /* a tied classifier counts once */

/* The tensor in a role; layer is ignored for one-per-model roles.  A tied
 * classifier is the embedding tensor.  Never NULL for valid arguments. */
const Tensor *model_tensor(const Model *m, TensorRole role, int layer);
bool model_role_is_per_layer(TensorRole role);

/* The row of the stored tensor that is row `row` of t, and the byte of the
 * tensor's file where it begins. */
int model_stored_row(const Tensor *t, int row);
uint64_t model_row_offset(const Tensor *t, int row);

/* The tokenizer inside the model's file: the caller closes it.  NULL and err on
 * failure; model_has_tokenizer is false where the format has none. */
bool model_has_tokenizer(const Model *m);
struct Tokenizer *model_tokenizer(const Model *m, Err *err);

/* False, with a message, when a file of the model has been changed on disk
 * since it was opened, so that its weights are not what they were: file_check
 * of each. */
bool model_check(const Model *m, Err *err);

/* The kernels chosen for this CPU when the model was opened. */
const struct Kern *model_kern(const Model *m);

/* Bytes needed to run at seq_len positions: weights held in memory, KV cache,
 * activations (an estimate: see model.c).  Excludes the trace. */
typedef struct ModelMemory {
    uint64_t weights, kv_cache, activations;
} ModelMemory;
ModelMemory model_memory(const Model *m, int seq_len);

/* 64-bit FNV-1a of the weights' bytes: shows that running changes nothing. */
uint64_t model_checksum(const Model *m);

/* ---- for format modules (engine/format/llama2c.c and its kind) ---------------- */

/* What a format module hands over: numbers and where the bytes are.  A format
 * module knows bytes, not transformers; model.c checks the rest. */
typedef struct ModelFile {
    const char *format; /* static string */
    Config config;
    Tensor *tensors; /* [model_tensor_index(...)], malloc'ed, TENSOR_ROLES * L
                        entries at most; size_bytes 0 where absent */
    File *shards;    /* files beside the one opened, malloc'ed; NULL: none */
    int n_shards;
    void *copies;      /* malloc'ed; see model_place */
    char warning[320]; /* what was tolerated; "": nothing */

    /* Reads the tokenizer inside; NULL where the format has none. */
    struct Tokenizer *(*tokenizer)(const File *f, int vocab_size, Err *err);
} ModelFile;

void model_file_free(ModelFile *parts); /* leaves it zeroed */

/* Whether floats lie where floats may lie; quantised blocks lie anywhere. */
bool model_is_aligned(const Tensor *t);

/* Makes the data of checked tensors what it is for running: copies of what is
 * not aligned or has rows in another order; and, where model_places_all, of
 * everything, on cache lines and in large pages.  A small model's weights are
 * read for every token almost as fast as from the cache, so where they lie
 * counts: at stories15M's shape it is a seventh to a third of the speed.
 * f: that was opened; what is borrowed stays where it is. */
bool model_place(ModelFile *parts, const File *f, const ModelWatch *watch,
                 Err *err);

/* Whether a file with so many bytes of weights is copied, where there is so
 * much memory: at most MODEL_PLACE_MAX, and an eighth of it. */
bool model_places_all(uint64_t weights, uint64_t memory);

/* Asks the watch, which may be NULL; ERR_CANCELLED when it wants no more. */
bool model_go_on(const ModelWatch *w, uint64_t bytes, uint64_t total,
                 const char *name, Err *err);

/* Notes something that the format does not allow and that does no harm:
 * "FILE: <fmt>".  The first of several is kept. */
void model_file_tolerate(ModelFile *parts, const File *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Index of (role, layer) in ModelFile.tensors for L layers. */
size_t model_tensor_index(TensorRole role, int layer, int n_layers);
size_t model_tensor_count(int n_layers);

/* Checks every dimension of c against the limits above and against each other.
 * `name` is the file.  One-line error "name: field: found X, ...". */
bool config_check(const Config *c, const char *name, Err *err);

/* Linear rope scaling (position interpolation): every frequency is divided by
 * the factor.  Source: Chen et al. 2023, arXiv:2306.15595. */
void config_scale_rope(Config *c, float factor);

/* Expected shape of a role under c. */
void config_shape(const Config *c, TensorRole role, int *rows, int *cols);

#endif
