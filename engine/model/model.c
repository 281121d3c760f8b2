/* Opening a model: one table of formats, then every check that does not depend
 * on the format. */
#include "engine/model/model.h"

#include "engine/base/guess.h"
#include "engine/base/reader.h"
#include "engine/format/gguf.h"
#include "engine/format/hf.h"
#include "engine/format/llama2c.h"
#include "engine/kernel/kern.h"
#include "engine/run/forward.h"
#include "engine/run/session.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tensors up to this are checked even in huge files. */
#define SMALL_TENSOR (1u << 20) /* bytes */

struct Model {
    File file;
    ModelFile parts; /* format, config, tensors */
    const Kern *kern;
    char *name;
    bool is_peek;
};

/* ---- roles and shapes ---------------------------------------------------- */

const DTypeInfo *dtype_info(DType type) {
    static const DTypeInfo infos[DTYPE_COUNT] = {
        [DTYPE_F32] = {"f32", 1, 4, false},
        [DTYPE_F16] = {"f16", 1, 2, false},
        [DTYPE_BF16] = {"bf16", 1, 2, false},
        [DTYPE_Q8_0] = {"q8_0", 32, 34, true},
        [DTYPE_Q4_0] = {"q4_0", 32, 18, true},
        [DTYPE_Q4_1] = {"q4_1", 32, 20, true},
        [DTYPE_Q5_0] = {"q5_0", 32, 22, true},
        [DTYPE_Q5_1] = {"q5_1", 32, 24, true},
        [DTYPE_Q4_K] = {"q4_k", 256, 144, true},
        [DTYPE_Q5_K] = {"q5_k", 256, 176, true},
        [DTYPE_Q6_K] = {"q6_k", 256, 210, true},
        [DTYPE_Q8_GROUPS] = {"q8", 1, 1, true},
    };
    assert(type < DTYPE_COUNT);
    return &infos[type];
}

/* The roles from TENSOR_ATTN_NORM to TENSOR_W_DOWN come once per layer. */
enum { LAYER_ROLES = TENSOR_W_DOWN - TENSOR_ATTN_NORM + 1 };

bool model_role_is_per_layer(TensorRole role) {
    return role >= TENSOR_ATTN_NORM && role <= TENSOR_W_DOWN;
}

size_t model_tensor_index(TensorRole role, int layer, int n_layers) {
    assert(role < TENSOR_ROLES);
    if (role == TENSOR_TOKEN_EMBED) return 0;
    if (!model_role_is_per_layer(role))
        return 1 + (size_t)n_layers * LAYER_ROLES + (role - TENSOR_FINAL_NORM);
    assert(layer >= 0 && layer < n_layers);
    return 1 + (size_t)layer * LAYER_ROLES + (role - TENSOR_ATTN_NORM);
}

size_t model_tensor_count(int n_layers) {
    return TENSOR_ROLES - LAYER_ROLES + (size_t)n_layers * LAYER_ROLES;
}

void config_shape(const Config *c, TensorRole role, int *rows, int *cols) {
    const int q = c->n_heads * c->head_dim, kv = c->n_kv_heads * c->head_dim;
    const int shapes[TENSOR_ROLES][2] = {
        [TENSOR_TOKEN_EMBED] = {c->vocab_size, c->dim},
        [TENSOR_ATTN_NORM] = {1, c->dim},
        [TENSOR_WQ] = {q, c->dim},
        [TENSOR_WK] = {kv, c->dim},
        [TENSOR_WV] = {kv, c->dim},
        [TENSOR_WO] = {c->dim, q},
        [TENSOR_FFN_NORM] = {1, c->dim},
        [TENSOR_W_GATE] = {c->hidden_dim, c->dim},
        [TENSOR_W_UP] = {c->hidden_dim, c->dim},
        [TENSOR_W_DOWN] = {c->dim, c->hidden_dim},
        [TENSOR_FINAL_NORM] = {1, c->dim},
        [TENSOR_CLASSIFIER] = {c->vocab_size, c->dim},
    };
    *rows = shapes[role][0];
    *cols = shapes[role][1];
}

bool config_check(const Config *c, const char *name, Err *err) {
    const struct {
        const char *field;
        int value, min, max;
    } ranges[] = {
        {"dim", c->dim, 1, MODEL_DIM_MAX},
        {"hidden_dim", c->hidden_dim, 1, MODEL_DIM_MAX},
        {"n_layers", c->n_layers, 1, MODEL_LAYERS_MAX},
        {"n_heads", c->n_heads, 1, MODEL_HEADS_MAX},
        {"n_kv_heads", c->n_kv_heads, 1, c->n_heads},
        {"vocab_size", c->vocab_size, 3, MODEL_DIM_MAX}, /* unk, bos, eos */
        {"seq_len", c->seq_len_max, 1, MODEL_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return err_set(err, ERR_FORMAT, 0, "%s: %s: found %d, need %d..%d",
                           name, ranges[i].field, ranges[i].value,
                           ranges[i].min, ranges[i].max);
    if (c->dim % c->n_heads != 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: n_heads: found %d, need a divisor of dim %d", name,
                       c->n_heads, c->dim);
    if (c->n_heads % c->n_kv_heads != 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: n_kv_heads: found %d, need a divisor of n_heads %d",
                       name, c->n_kv_heads, c->n_heads);
    if (c->head_dim != c->dim / c->n_heads || c->head_dim % 2 != 0 ||
        c->head_dim > MODEL_HEAD_DIM_MAX)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: head_dim: found %d, need dim / n_heads = %d, even, "
                       "at most %d",
                       name, c->head_dim, c->dim / c->n_heads,
                       MODEL_HEAD_DIM_MAX);
    if (!(isfinite(c->norm_eps) && c->norm_eps > 0))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: norm_eps: found %g, need more than 0", name,
                       (double)c->norm_eps);
    if (!(isfinite(c->rope_theta) && c->rope_theta > 0))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: rope_theta: found %g, need more than 0", name,
                       (double)c->rope_theta);
    for (int i = 0; c->rope_scaled && i < c->head_dim / 2; i++)
        if (!(isfinite(c->rope_divisors[i]) && c->rope_divisors[i] > 0))
            return err_set(err, ERR_FORMAT, 0,
                           "%s: rope divisor %d: found %g, need more than 0",
                           name, i, (double)c->rope_divisors[i]);
    return true;
}

void config_scale_rope(Config *c, float factor) {
    for (int i = 0; i < c->head_dim / 2; i++)
        c->rope_divisors[i] = factor;
    c->rope_scaled = true;
}

double config_rope_freq(const Config *c, int pair) {
    double freq = pow(c->rope_theta, -(double)(2 * pair) / c->head_dim);
    return c->rope_scaled ? freq / c->rope_divisors[pair] : freq;
}

/* ---- opening ------------------------------------------------------------- */

typedef struct Format {
    bool (*sniff)(const File *f);
    bool (*read)(const File *f, ModelFile *out, Err *err);
} Format;

/* Most specific first; llama2.c version 0 has no magic, so it is last. */
static const Format formats[] = {
    {gguf_sniff, gguf_read},
    {hf_sniff, hf_read},
    {llama2c_sniff, llama2c_read},
};

static bool read_format(const File *f, ModelFile *out, Err *err) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].sniff(f)) return formats[i].read(f, out, err);
    const char *what = guess_describe(f->data, f->size);
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: format: found %s%s, need a GGUF or llama2.c model file",
                   f->path, what ? "what looks like " : "unknown first bytes",
                   what ? what : "");
}

/* Bytes that a tensor of this shape and type takes; false when a row is no
 * whole number of blocks. */
static bool tensor_size(const Tensor *t, uint64_t *size) {
    const DTypeInfo *type = dtype_info(t->type);
    const uint64_t items = (uint64_t)type->block_items;
    const uint64_t n = (uint64_t)t->rows * (uint64_t)t->cols; /* < 2^40 */
    if ((uint64_t)t->cols % items != 0) return false;
    *size = n / items * (uint64_t)type->block_bytes;
    if (t->type != DTYPE_Q8_GROUPS) return true;
    if (t->group < 1 || n % (uint64_t)t->group != 0) return false;
    *size += n / (uint64_t)t->group * sizeof(float);
    return true;
}

/* Shape, place and bytes of one tensor against what the config asks for. */
static bool check_tensor(const Model *m, TensorRole role, const Tensor *t,
                         Err *err) {
    const File *f = t->file ? t->file : &m->file;
    int rows, cols;
    config_shape(&m->parts.config, role, &rows, &cols);
    if (t->rows != rows || t->cols != cols)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found shape [%d, %d], need [%d, %d]", f->path,
                       t->name, t->rows, t->cols, rows, cols);
    uint64_t size;
    if (!tensor_size(t, &size) || t->size_bytes != size)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %llu bytes, need [%d, %d] of %s", f->path,
                       t->name, (unsigned long long)t->size_bytes, rows, cols,
                       dtype_info(t->type)->name);
    if (size > f->size || t->offset > f->size - size)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %llu bytes from byte %llu, past the end",
                       f->path, t->name, (unsigned long long)size,
                       (unsigned long long)t->offset);
    return true;
}

/* Of the block that an element is in. */
static uint64_t element_offset(const Tensor *t, int row, int col) {
    const DTypeInfo *type = dtype_info(t->type);
    uint64_t block = (uint64_t)(col / type->block_items);
    return model_row_offset(t, row) + block * (uint64_t)type->block_bytes;
}

/* Numbers of one kind in a tensor, each `stride` bytes after the one before. */
typedef struct Numbers {
    const uint8_t *at;
    DType type; /* f32, f16 or bf16 */
    size_t stride, n;
    bool times_bytes; /* f32 that bytes are multiplied by */
} Numbers;

/* From these exponents on a number is infinite or none, or it would be with a
 * byte for a factor: 2^7 * 2^121 is past what an f32 holds. */
static uint32_t bad_exponent(Numbers m) {
    if (m.type == DTYPE_F16) return 0x7C00;
    return m.times_bytes ? (121u + 127) << 7 : 0x7F80;
}

/* Index of the first that is infinite or no number; n if there is none. */
static size_t first_bad(Numbers m) {
    const uint32_t mask = m.type == DTYPE_F16 ? 0x7C00 : 0x7F80;
    const uint32_t bad = bad_exponent(m);
    const size_t high = m.type == DTYPE_F32 ? 2 : 0; /* of its two halves */
    for (size_t i = 0; i < m.n; i++, m.at += m.stride) {
        const uint32_t half = m.at[high] | (uint32_t)m.at[high + 1] << 8;
        if ((half & mask) >= bad) return i;
    }
    return m.n;
}

/* What the bad number i is: bits beside the exponent make it a NaN. */
static const char *bad_name(Numbers m, size_t i) {
    const uint8_t *p = m.at + i * m.stride;
    const uint32_t half = p[0] | (uint32_t)p[1] << 8;
    const uint32_t beside = m.type == DTYPE_F32
                                ? half | (p[2] & 0x7Fu)
                                : half & (m.type == DTYPE_F16 ? 0x3FFu : 0x7Fu);
    return beside ? "nan" : "inf";
}

/* The numbers of a tensor that can be bad: all of floats, the scales and
 * minima of blocks.  Returns how many kinds there are. */
static int numbers_of(const Tensor *t, Numbers out[2]) {
    const DTypeInfo *info = dtype_info(t->type);
    const size_t n_values = (size_t)t->rows * (size_t)t->cols;
    const uint8_t *data = t->data;
    if (t->type == DTYPE_Q8_GROUPS) {
        out[0] = (Numbers){.at = t->scales,
                           .type = DTYPE_F32,
                           .stride = sizeof(float),
                           .n = n_values / (size_t)t->group,
                           .times_bytes = true};
        return 1;
    }
    const size_t n = n_values / (size_t)info->block_items;
    const size_t stride = (size_t)info->block_bytes;
    const DType type = info->quantised ? DTYPE_F16 : t->type;
    out[0] = (Numbers){.at = data, .type = type, .stride = stride, .n = n};
    if (t->type == DTYPE_Q6_K) out[0].at += 208; /* after the values */
    out[1] = (Numbers){.at = data + 2, .type = type, .stride = stride, .n = n};
    return t->type == DTYPE_Q4_1 || t->type == DTYPE_Q5_1 ||
                   t->type == DTYPE_Q4_K || t->type == DTYPE_Q5_K
               ? 2
               : 1;
}

static bool check_finite(const Model *m, TensorRole role, const Tensor *t,
                         Err *err) {
    const File *f = t->file ? t->file : &m->file;
    Numbers kinds[2];
    (void)role;
    if (f->size > MODEL_CHECK_MAX && t->size_bytes > SMALL_TENSOR) return true;
    const int n_kinds = numbers_of(t, kinds);
    for (int k = 0; k < n_kinds; k++) {
        const size_t i = first_bad(kinds[k]), cols = (size_t)t->cols;
        if (i == kinds[k].n) continue;
        if (dtype_info(t->type)->quantised)
            return err_set(err, ERR_FORMAT, t->offset + i * kinds[k].stride,
                           "%s: %s: found a scale in block %zu that gives no "
                           "finite numbers",
                           f->path, t->name, i);
        return err_set(err, ERR_FORMAT,
                       element_offset(t, (int)(i / cols), (int)(i % cols)),
                       "%s: %s[%zu, %zu]: found %s, need a finite number",
                       f->path, t->name, i / cols, i % cols,
                       bad_name(kinds[k], i));
    }
    return true;
}

static bool is_tied_classifier(const Model *m, TensorRole role) {
    return role == TENSOR_CLASSIFIER && m->parts.config.tied;
}

/* Calls check for every tensor that a model of this config has. */
static bool check_each(const Model *m,
                       bool (*check)(const Model *m, TensorRole role,
                                     const Tensor *t, Err *err),
                       Err *err) {
    for (int role = 0; role < TENSOR_ROLES; role++) {
        if (is_tied_classifier(m, role)) continue;
        const int n =
            model_role_is_per_layer(role) ? m->parts.config.n_layers : 1;
        for (int layer = 0; layer < n; layer++)
            if (!check(m, role, model_tensor(m, role, layer), err))
                return false;
    }
    return true;
}

static bool check_model(const Model *m, Err *err) {
    return config_check(&m->parts.config, m->file.path, err) &&
           check_each(m, check_tensor, err);
}

/* What a look at a file leaves out. */
static bool bring_weights(Model *m, const ModelWatch *watch, Err *err) {
    return model_place(&m->parts, &m->file, watch, err) &&
           check_each(m, check_finite, err);
}

/* "stories260K" of "models/stories260K.bin"; of a file that is called like
 * all of its kind, the folder: "TinyLlama-1.1B" of
 * "TinyLlama-1.1B/model.safetensors". */
static char *copy_name(const char *path, Err *err) {
    const char *base = file_name(path), *dot = strrchr(base, '.');
    size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    if (strncmp(base, "model.safetensors", 17) == 0 && base > path + 1) {
        const char *end = base - 1; /* the slash */
        for (base = end; base > path && base[-1] != '/';)
            base--;
        n = (size_t)(end - base);
    }
    char *name = malloc(n + 1);
    if (!name) {
        err_memory(err, path, n + 1);
        return NULL;
    }
    memcpy(name, base, n);
    name[n] = 0;
    return name;
}

/* Takes over *f, whatever the outcome. */
static Model *open_file(File *f, bool is_peek, const ModelWatch *watch,
                        Err *err) {
    Model *m = calloc(1, sizeof *m);
    if (!m) {
        err_memory(err, f->path, sizeof *m);
        file_close(f);
        return NULL;
    }
    m->file = *f;
    m->is_peek = is_peek;
    m->kern = kern_get(NULL);
    m->name = copy_name(m->file.path, err);
    if (m->name && read_format(&m->file, &m->parts, err) &&
        check_model(m, err) && (is_peek || bring_weights(m, watch, err)))
        return m;
    model_close(m);
    return NULL;
}

static Model *open_path(const char *path, const ModelWatch *watch, Err *err) {
    char found[PATH_MAX];
    File f;
    if (!hf_find(path, found, sizeof found, err) ||
        !file_open(&f, found, FILE_SIZE_MAX, err))
        return NULL;
    return open_file(&f, false, watch, err);
}

Model *model_open(const char *path, Err *err) {
    return open_path(path, NULL, err);
}

Model *model_open_watched(const char *path, const ModelWatch *watch, Err *err) {
    return open_path(path, watch, err);
}

Model *model_peek(const char *path, Err *err) {
    char found[PATH_MAX];
    File f;
    if (!hf_find(path, found, sizeof found, err) ||
        !file_map(&f, found, FILE_SIZE_MAX, err))
        return NULL;
    return open_file(&f, f.size > MODEL_PEEK_MAX, NULL, err);
}

bool model_is_peek(const Model *m) {
    return m->is_peek;
}

Model *model_open_memory(const char *name, const void *data, size_t size,
                         Err *err) {
    File f;
    return file_borrow(&f, name, data, size, err)
               ? open_file(&f, false, NULL, err)
               : NULL;
}

void model_file_tolerate(ModelFile *parts, const File *f, const char *fmt,
                         ...) {
    char what[160];
    Err line = {0}; /* one plain line, whatever the name holds */
    va_list args;
    if (parts->warning[0]) return;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    err_set(&line, ERR_FORMAT, 0, "%.32s: %s", file_name(f->path), what);
    snprintf(parts->warning, sizeof parts->warning, "%s", line.msg);
}

void model_file_free(ModelFile *parts) {
    for (int i = 0; i < parts->n_shards; i++)
        file_close(&parts->shards[i]);
    free(parts->shards);
    free(parts->copies);
    free(parts->tensors);
    *parts = (ModelFile){0};
}

void model_close(Model *m) {
    if (!m) return;
    model_file_free(&m->parts);
    free(m->name);
    file_close(&m->file);
    free(m);
}

/* ---- asking -------------------------------------------------------------- */

const Config *model_config(const Model *m) {
    return &m->parts.config;
}

const char *model_name(const Model *m) {
    return m->name;
}

const char *model_path(const Model *m) {
    return m->file.path;
}

const char *model_format(const Model *m) {
    return m->parts.format;
}

const char *model_warning(const Model *m) {
    return m->parts.warning[0] ? m->parts.warning : NULL;
}

bool model_has_tokenizer(const Model *m) {
    return m->parts.tokenizer != NULL;
}

struct Tokenizer *model_tokenizer(const Model *m, Err *err) {
    assert(model_has_tokenizer(m));
    return m->parts.tokenizer(&m->file, m->parts.config.vocab_size, err);
}

bool model_check(const Model *m, Err *err) {
    for (int i = 0; i < m->parts.n_shards; i++)
        if (!file_check(&m->parts.shards[i], err)) return false;
    return file_check(&m->file, err);
}

const Kern *model_kern(const Model *m) {
    return m->kern;
}

const Tensor *model_tensor(const Model *m, TensorRole role, int layer) {
    if (is_tied_classifier(m, role)) role = TENSOR_TOKEN_EMBED;
    return &m->parts.tensors[model_tensor_index(role, layer,
                                                m->parts.config.n_layers)];
}

int model_stored_row(const Tensor *t, int row) {
    if (!t->half_split) return row;
    int i = row % t->half_split;
    return row - i + i / 2 + i % 2 * (t->half_split / 2);
}

uint64_t model_row_offset(const Tensor *t, int row) {
    const DTypeInfo *type = dtype_info(t->type);
    uint64_t row_bytes =
        (uint64_t)t->cols / type->block_items * (uint64_t)type->block_bytes;
    return t->offset + row_bytes * (uint64_t)model_stored_row(t, row);
}

/* The tensors that are there, in index order: an absent one has size 0. */
uint64_t model_n_params(const Model *m) {
    uint64_t n = 0;
    for (size_t i = 0; i < model_tensor_count(m->parts.config.n_layers); i++) {
        const Tensor *t = &m->parts.tensors[i];
        if (t->size_bytes) n += (uint64_t)t->rows * (uint64_t)t->cols;
    }
    return n;
}

/* Activations as forward_init lays them out, for one batch of positions: six
 * vectors of D, one of K, one of G*K, two of F and one of V each; then scores
 * and pattern of a few positions, [H, S] each, and the products' scratch. */
ModelMemory model_memory(const Model *m, int seq_len) {
    const Config *c = &m->parts.config;
    const uint64_t kv = (uint64_t)c->n_kv_heads * (uint64_t)c->head_dim;
    const uint64_t s = (uint64_t)seq_len;
    const uint64_t rows = s < SESSION_BATCH ? s : SESSION_BATCH;
    const uint64_t attended = s < FORWARD_ATTEND_ROWS ? s : FORWARD_ATTEND_ROWS;
    ModelMemory out = {0};
    for (size_t i = 0; i < model_tensor_count(c->n_layers); i++)
        out.weights += m->parts.tensors[i].size_bytes;
    out.kv_cache = 2 * (uint64_t)c->n_layers * s * kv * sizeof(float);
    uint64_t per_row = 6 * (uint64_t)c->dim + (uint64_t)c->head_dim + kv +
                       2 * (uint64_t)c->hidden_dim + (uint64_t)c->vocab_size;
    const int widest = c->dim > c->hidden_dim ? c->dim : c->hidden_dim;
    out.activations =
        sizeof(float) *
            (rows * per_row + 2 * attended * (uint64_t)c->n_heads * s) +
        kern_scratch_bytes(widest);
    return out;
}

/* Source: Fowler, Noll, Vo, FNV-1a (RFC 9923). */
uint64_t model_checksum(const Model *m) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < model_tensor_count(m->parts.config.n_layers); i++) {
        const Tensor *t = &m->parts.tensors[i];
        const uint8_t *p = t->data;
        for (uint64_t k = 0; k < t->size_bytes; k++)
            hash = (hash ^ p[k]) * 0x100000001B3u;
    }
    return hash;
}
