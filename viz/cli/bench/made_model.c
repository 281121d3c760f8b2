/* Model files of shapes of the field, made in memory: right in every byte of
 * their heads, pseudo-random in their weights. */
#include "viz/cli/bench/made_model.h"

#include "engine/base/memory.h"
#include "engine/base/team.h"
#include "engine/format/gguf_write.h"
#include "engine/spec/arch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64 /* tensors begin on cache lines, as in a mapped file */

/* ---- shapes -------------------------------------------------------------- */

/* heads, then key-value heads. */
#define SIZES(d, f, l, h, g, v, s, is_tied)                                    \
    .dim = (d), .hidden_dim = (f), .n_layers = (l), .n_heads = (h),            \
    .n_kv_heads = (g), .head_dim = (d) / (h), .vocab_size = (v),               \
    .seq_len_max = (s), .norm_eps = 1e-5f, .rope_theta = 10000,                \
    .tied = (is_tied)
#define SHAPE(...)                                                             \
    { SIZES(__VA_ARGS__), .arch = &arch_llama }
#define GPT2(d, l, h)                                                          \
    {                                                                          \
        SIZES(d, 4 * (d), l, h, h, 50257, 1024, true),                         \
            .arch = &arch_gpt2, .activation = ACTIVATION_GELU_TANH             \
    }

const MadeShape *made_shape(const char *name) {
    static const MadeShape shapes[] = {
        {"small", SHAPE(128, 352, 4, 8, 4, 1024, 256, true)},
        {"15M", SHAPE(288, 768, 6, 6, 6, 32000, 256, true)},
        {"110M", SHAPE(768, 2048, 12, 12, 12, 32000, 1024, true)},
        {"1.1B", SHAPE(2048, 5632, 22, 32, 4, 32000, 2048, false)},
        {"7B", SHAPE(4096, 11008, 32, 32, 32, 32000, 4096, false)},
        {"gpt2", GPT2(768, 12, 12)},
        {"gpt2-xl", GPT2(1600, 48, 25)},
        {"qwen3-0.6b", /* heads of 128, wider than D / H */
         {.arch = &arch_qwen3,
          .dim = 1024,
          .hidden_dim = 3072,
          .n_layers = 28,
          .n_heads = 16,
          .n_kv_heads = 8,
          .head_dim = 128,
          .vocab_size = 151936,
          .seq_len_max = 40960,
          .norm_eps = 1e-6f,
          .rope_theta = 1e6f,
          .tied = true}},
        {"bert",
         {.arch = &arch_bert_encoder,
          .activation = ACTIVATION_GELU,
          .dim = 768,
          .hidden_dim = 3072,
          .n_layers = 12,
          .n_heads = 12,
          .n_kv_heads = 12,
          .head_dim = 64,
          .vocab_size = 30522,
          .seq_len_max = 512,
          .norm_eps = 1e-12f}},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shapes[i].name, name) == 0) return &shapes[i];
    return NULL;
}

/* ---- weights ------------------------------------------------------------- */

/* Blocks are made once and then repeated: a prime number of them, so that rows
 * differ. */
#define PATTERN_BLOCKS 4099

/* Source: Marsaglia 2003, Xorshift RNGs (the 64-bit one). */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void put_half(uint8_t *p, unsigned half) {
    p[0] = (uint8_t)half;
    p[1] = (uint8_t)(half >> 8);
}

/* One block of any bytes, made into one of weights about as large as trained
 * ones are, within +-1/32: what is no number slows arithmetic down, as do
 * numbers that are close to none. */
static void tame_block(DType type, uint8_t *p) {
    const unsigned scale = 0x1000; /* the half 2^-11, for q of -16..15 */
    switch (type) {
    case DTYPE_F32:
        p[3] = (uint8_t)((p[3] & 0x80) | 0x3C); /* +-2^-7 to 2^-5 */
        break;
    case DTYPE_F16:
        p[1] = (uint8_t)((p[1] & 0x83) | 0x24); /* +-2^-6 to 2^-5 */
        break;
    case DTYPE_BF16:
        p[1] = (uint8_t)((p[1] & 0x80) | 0x3C);
        break;
    case DTYPE_Q6_K:
        put_half(p + 208, 0x0010); /* 2^-20, for scales of -128..127 too */
        break;
    case DTYPE_Q8_0:
        put_half(p, 0x0400); /* 2^-14, for q of -128..127 */
        break;
    case DTYPE_Q4_K:
    case DTYPE_Q5_K:
        put_half(p, 0x0100); /* 2^-16, for scales of 0..63 too */
        put_half(p + 2, 0x0400);
        break;
    case DTYPE_Q4_1:
    case DTYPE_Q5_1:
        put_half(p + 2, 0xA000); /* -2^-7 */
        put_half(p, scale);
        break;
    default:
        put_half(p, scale);
    }
}

typedef struct Pattern {
    uint8_t *bytes;
    size_t size;
} Pattern;

static bool pattern_make(Pattern *p, DType type, Err *err) {
    const size_t block = (size_t)dtype_info(type)->block_bytes;
    uint64_t state = 0x9E3779B97F4A7C15u;
    p->size = PATTERN_BLOCKS * block;
    p->bytes = calloc(1, p->size);
    if (!p->bytes) return err_memory(err, "made weights", p->size);
    for (size_t i = 0; i < PATTERN_BLOCKS; i++) {
        uint8_t *at = p->bytes + i * block;
        for (size_t k = 0; k < block; k++)
            at[k] = (uint8_t)(next_random(&state) >> 32);
        tame_block(type, at);
    }
    return true;
}

/* ---- the file ------------------------------------------------------------ */

typedef struct Key {
    char name[64];
} Key;

static Key arch_key(const Config *c, const char *rest) {
    Key key;
    snprintf(key.name, sizeof key.name, "%s.%s", c->arch->name, rest);
    return key;
}

static GgufWriter head_begin(const Config *c) {
    GgufWriter g = {.version = 3, .alignment = LINE_BYTES};
    const Arch *a = c->arch;
    const bool has_mean = arch_norm_mean(a, SITE_LN1_SCALE) != SITE_NONE;
    const struct {
        const char *key;
        int n; /* 0: the architecture has no such key */
    } counts[] = {
        {"context_length", c->seq_len_max},
        {"embedding_length", c->dim},
        {"block_count", c->n_layers},
        {"feed_forward_length", c->hidden_dim},
        {"attention.head_count", c->n_heads},
        {"attention.head_count_kv", a->rotates ? c->n_kv_heads : 0},
        {"attention.key_length", a->own_head_dim ? c->head_dim : 0},
        {"attention.value_length", a->own_head_dim ? c->head_dim : 0},
    };
    gguf_write_text(&g, "general.architecture", a->name);
    gguf_write_count(&g, "general.alignment", LINE_BYTES);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].n)
            gguf_write_count(&g, arch_key(c, counts[i].key).name,
                             (uint32_t)counts[i].n);
    gguf_write_float(&g,
                     arch_key(c, has_mean ? "attention.layer_norm_epsilon"
                                          : "attention.layer_norm_rms_epsilon")
                         .name,
                     c->norm_eps);
    if (a->rotates)
        gguf_write_float(&g, arch_key(c, "rope.freq_base").name, c->rope_theta);
    return g;
}

/* A tensor of the file: where its data lies, counted from the first. */
typedef struct Place {
    int rows, cols;
    DType type;
    float vector; /* what a vector is filled with: gains 1, biases 0 */
    uint64_t offset, size_bytes;
} Place;

/* Adds a tensor to the head. */
static Place place(GgufWriter *g, const char *name, int rows, int cols,
                   DType type) {
    Place p = {.rows = rows, .cols = cols, .type = type, .vector = 1};
    if (rows == 1) p.type = DTYPE_F32;
    p.offset = gguf_write_tensor(g, name, rows, cols, p.type);
    p.size_bytes = g->data_bytes - p.offset;
    return p;
}

typedef void (*PlaceFn)(void *ud, const Place *p);

/* One role of a layer, its bias after it; those that a file has as one tensor
 * come with the first of them. */
static void each_part(GgufWriter *g, const Config *c, DType type,
                      TensorRole role, int layer, PlaceFn fn, void *ud) {
    const ArchTensor *row = arch_tensor(c->arch, role);
    const ArchStored *how = &row->in[ARCH_GGUF];
    const int n = how->n_slices ? how->n_slices : 1;
    char name[64];
    int rows, cols;
    if (how->slice > 0) return;
    arch_shape(c, role, &rows, &cols);
    arch_tensor_name(c->arch, ARCH_GGUF, role, layer, name, sizeof name);
    Place p = place(g, name, n * rows, cols, type);
    if (fn) fn(ud, &p);
    if (!row->has_bias) return;
    arch_bias_name(name);
    p = place(g, name, 1, rows == 1 ? cols : n * rows, type);
    p.vector = 0;
    if (fn) fn(ud, &p);
}

/* Calls fn, which may be NULL, for every tensor in the order of the file. */
static void each_tensor(GgufWriter *g, const Config *c, DType type, PlaceFn fn,
                        void *ud) {
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n = arch_copies(c, (TensorRole)role);
        for (int layer = 0; layer < n; layer++)
            each_part(g, c, type, (TensorRole)role, layer, fn, ud);
    }
}

/* ---- filling ------------------------------------------------------------- */

#define PIECE_BYTES (4u << 20) /* that one thread fills at a time */

typedef struct Fill {
    uint8_t *data; /* of the file */
    const Pattern *pattern;
    Place at; /* what is being filled */
} Fill;

static void fill_piece(void *ud, int i) {
    const Fill *f = ud;
    const Pattern *p = f->pattern;
    uint64_t at = (uint64_t)i * PIECE_BYTES, end = at + PIECE_BYTES;
    if (end > f->at.size_bytes) end = f->at.size_bytes;
    while (at < end) {
        const uint64_t from = at % p->size;
        const uint64_t n =
            end - at < p->size - from ? end - at : p->size - from;
        memcpy(f->data + f->at.offset + at, p->bytes + from, n);
        at += n;
    }
}

/* In pieces side by side: most of the time goes into getting pages. */
static void fill_tensor(void *ud, const Place *p) {
    Fill *f = ud;
    f->at = *p;
    if (p->rows == 1) {
        float *gains = (float *)(void *)(f->data + p->offset);
        for (int i = 0; i < p->cols; i++)
            gains[i] = p->vector;
        return;
    }
    team_parallel(fill_piece, f,
                  (int)((p->size_bytes + PIECE_BYTES - 1) / PIECE_BYTES), 0);
}

/* The whole file, malloc'ed, in large pages, as a file comes into memory. */
static uint8_t *file_make(const MadeShape *shape, DType type, size_t *size,
                          Err *err) {
    const Config *c = &shape->config;
    GgufWriter g = head_begin(c), again = {.alignment = LINE_BYTES};
    Pattern pattern = {0};
    uint8_t *file = NULL;
    size_t head_size = 0;
    each_tensor(&g, c, type, NULL, NULL);
    *size = (size_t)(g.data_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    uint8_t *head = gguf_write_head(&g, &head_size, err);
    if (!head || !pattern_make(&pattern, type, err)) goto done;
    *size += head_size;
    file = memory_alloc(*size);
    if (!file) {
        err_memory(err, "made model", *size);
        goto done;
    }
    memcpy(file, head, head_size);
    Fill fill = {.data = file + head_size, .pattern = &pattern};
    each_tensor(&again, c, type, fill_tensor, &fill);
done:
    free(again.tensors.data);
    free(head);
    free(pattern.bytes);
    return file;
}

Model *made_model_open(const MadeShape *shape, DType type, void **bytes,
                       Err *err) {
    const int items = dtype_info(type)->block_items;
    size_t size;
    assert(type != DTYPE_Q8_GROUPS);
    *bytes = NULL;
    if (shape->config.dim % items || shape->config.hidden_dim % items) {
        err_set(err, ERR_UNSUPPORTED, 0,
                "%s: type %s: found rows of %d and %d, need whole blocks of %d",
                shape->name, dtype_info(type)->name, shape->config.dim,
                shape->config.hidden_dim, items);
        return NULL;
    }
    char name[32];
    snprintf(name, sizeof name, "%s-%s.gguf", shape->name,
             dtype_info(type)->name);
    uint8_t *file = file_make(shape, type, &size, err);
    Model *m = file ? model_open_memory(name, file, size, err) : NULL;
    if (m)
        *bytes = file;
    else
        free(file);
    return m;
}
