#include "viz/cli/bench/made_model.h"

#include "engine/base/memory.h"
#include "engine/base/writer.h"
#include "engine/kernel/kern.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64 /* tensors begin on cache lines, as in a mapped file */

/* ---- shapes -------------------------------------------------------------- */

/* heads, then key-value heads. */
#define SHAPE(d, f, l, h, g, v, s, is_tied)                                    \
    {                                                                          \
        .dim = (d), .hidden_dim = (f), .n_layers = (l), .n_heads = (h),        \
        .n_kv_heads = (g), .head_dim = (d) / (h), .vocab_size = (v),           \
        .seq_len_max = (s), .norm_eps = 1e-5f, .rope_theta = 10000,            \
        .tied = (is_tied)                                                      \
    }

const MadeShape *made_shape(const char *name) {
    static const MadeShape shapes[] = {
        {"small", SHAPE(128, 352, 4, 8, 4, 1024, 256, true)},
        {"15M", SHAPE(288, 768, 6, 6, 6, 32000, 256, true)},
        {"110M", SHAPE(768, 2048, 12, 12, 12, 32000, 1024, true)},
        {"1.1B", SHAPE(2048, 5632, 22, 32, 4, 32000, 2048, false)},
        {"7B", SHAPE(4096, 11008, 32, 32, 32, 32000, 4096, false)},
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

static void put_text(Writer *w, const char *s) {
    writer_u64(w, strlen(s));
    writer_bytes(w, s, strlen(s));
}

static void put_count(Writer *w, const char *key, int n) {
    put_text(w, key);
    writer_u32(w, 4); /* a u32 */
    writer_u32(w, (uint32_t)n);
}

static void put_keys(Writer *w, const Config *c) {
    put_text(w, "general.architecture");
    writer_u32(w, 8); /* a string */
    put_text(w, "llama");
    put_count(w, "general.alignment", LINE_BYTES);
    put_count(w, "llama.context_length", c->seq_len_max);
    put_count(w, "llama.embedding_length", c->dim);
    put_count(w, "llama.block_count", c->n_layers);
    put_count(w, "llama.feed_forward_length", c->hidden_dim);
    put_count(w, "llama.attention.head_count", c->n_heads);
    put_count(w, "llama.attention.head_count_kv", c->n_kv_heads);
    put_text(w, "llama.attention.layer_norm_rms_epsilon");
    writer_u32(w, 6); /* an f32 */
    writer_f32(w, c->norm_eps);
}
enum { N_KEYS = 9 };

static uint32_t gguf_number(DType type) {
    static const uint8_t numbers[DTYPE_COUNT] = {
        [DTYPE_F32] = 0,   [DTYPE_F16] = 1,   [DTYPE_BF16] = 30,
        [DTYPE_Q8_0] = 8,  [DTYPE_Q4_0] = 2,  [DTYPE_Q4_1] = 3,
        [DTYPE_Q5_0] = 6,  [DTYPE_Q5_1] = 7,  [DTYPE_Q4_K] = 12,
        [DTYPE_Q5_K] = 13, [DTYPE_Q6_K] = 14,
    };
    return numbers[type];
}

static const char *const role_names[TENSOR_ROLES] = {
    [TENSOR_TOKEN_EMBED] = "token_embd.weight",
    [TENSOR_ATTN_NORM] = "attn_norm.weight",
    [TENSOR_WQ] = "attn_q.weight",
    [TENSOR_WK] = "attn_k.weight",
    [TENSOR_WV] = "attn_v.weight",
    [TENSOR_WO] = "attn_output.weight",
    [TENSOR_FFN_NORM] = "ffn_norm.weight",
    [TENSOR_W_GATE] = "ffn_gate.weight",
    [TENSOR_W_UP] = "ffn_up.weight",
    [TENSOR_W_DOWN] = "ffn_down.weight",
    [TENSOR_FINAL_NORM] = "output_norm.weight",
    [TENSOR_CLASSIFIER] = "output.weight",
};

/* A tensor of the file: where its data lies, counted from the first. */
typedef struct Place {
    TensorRole role;
    int layer, rows, cols;
    DType type;
    uint64_t offset, size_bytes;
} Place;

static uint64_t whole_lines(uint64_t n) {
    return (n + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

static Place place(const Config *c, DType type, TensorRole role, int layer) {
    Place p = {.role = role, .layer = layer, .type = type};
    tensor_shape(c, role, &p.rows, &p.cols);
    if (p.rows == 1) p.type = DTYPE_F32;
    const DTypeInfo *info = dtype_info(p.type);
    p.size_bytes = (uint64_t)p.rows * (uint64_t)p.cols /
                   (uint64_t)info->block_items * (uint64_t)info->block_bytes;
    return p;
}

/* Calls fn for every tensor in the order of the file; returns the bytes of
 * all. */
static uint64_t each_tensor(const Config *c, DType type,
                            void (*fn)(void *ud, const Place *p), void *ud) {
    uint64_t offset = 0;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        if (role == TENSOR_CLASSIFIER && c->tied) continue;
        const bool many = tensor_is_per_layer((TensorRole)role);
        for (int layer = 0; layer < (many ? c->n_layers : 1); layer++) {
            Place p = place(c, type, (TensorRole)role, layer);
            p.offset = offset;
            fn(ud, &p);
            offset += whole_lines(p.size_bytes);
        }
    }
    return offset;
}

/* The head's list of tensors. */
typedef struct Infos {
    Writer w;
    uint64_t n;
} Infos;

static void put_info(void *ud, const Place *p) {
    Infos *infos = ud;
    Writer *w = &infos->w;
    char name[64];
    if (tensor_is_per_layer(p->role))
        snprintf(name, sizeof name, "blk.%d.%s", p->layer, role_names[p->role]);
    else
        snprintf(name, sizeof name, "%s", role_names[p->role]);
    put_text(w, name);
    writer_u32(w, p->rows == 1 ? 1 : 2);
    writer_u64(w, (uint64_t)p->cols);
    if (p->rows > 1) writer_u64(w, (uint64_t)p->rows);
    writer_u32(w, gguf_number(p->type));
    writer_u64(w, p->offset);
    infos->n++;
}

/* What stands before the data, in whole lines; *data_bytes gets the latter's
 * size. */
static uint8_t *head_make(const Config *c, DType type, size_t *size,
                          uint64_t *data_bytes, Err *err) {
    static const uint8_t zeros[LINE_BYTES];
    Infos infos = {0};
    Writer w = {0};
    *data_bytes = each_tensor(c, type, put_info, &infos);
    writer_bytes(&w, "GGUF", 4);
    writer_u32(&w, 3);
    writer_u64(&w, infos.n);
    writer_u64(&w, N_KEYS);
    put_keys(&w, c);
    writer_bytes(&w, infos.w.data, infos.w.size);
    writer_bytes(&w, zeros, (size_t)whole_lines(w.size) - w.size);
    w.failed = w.failed || infos.w.failed;
    free(infos.w.data);
    return writer_take(&w, size, "made model", err);
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
            gains[i] = 1;
        return;
    }
    team_parallel(fill_piece, f,
                  (int)((p->size_bytes + PIECE_BYTES - 1) / PIECE_BYTES), 0);
}

/* The whole file, malloc'ed, in large pages, as a file comes into memory. */
static uint8_t *file_make(const MadeShape *shape, DType type, size_t *size,
                          Err *err) {
    const Config *c = &shape->config;
    Pattern pattern;
    uint64_t data_bytes;
    uint8_t *file = NULL, *head = NULL;
    if (!pattern_make(&pattern, type, err)) return NULL;
    head = head_make(c, type, size, &data_bytes, err);
    if (!head) goto done;
    file = memory_alloc(*size + data_bytes);
    if (!file) {
        err_memory(err, "made model", *size + data_bytes);
        goto done;
    }
    memcpy(file, head, *size);
    Fill fill = {.data = file + *size, .pattern = &pattern};
    *size += each_tensor(c, type, fill_tensor, &fill);
done:
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
