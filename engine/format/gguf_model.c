/* From keys and tensors by name to a Config and tensors by role.  What is
 * there and not asked for would be another computation, so it is refused. */
#include "engine/format/gguf_model.h"

#include "engine/format/gguf.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_BYTES      4
#define ROPE_THETA_USUAL 10000.0f
#define ROPE_DIVISORS    "rope_freqs.weight"

bool gguf_model_sniff(const File *f) {
    return f->size >= MAGIC_BYTES && memcmp(f->data, "GGUF", MAGIC_BYTES) == 0;
}

/* ---- the config ---------------------------------------------------------- */

/* One of several files that only together are a model. */
static bool check_whole(const GgufFile *g, Err *err) {
    const char *name = "split.count";
    const GgufKey *key = gguf_key(g, name);
    if (!key || key->is_array || key->type != GGUF_U16) return true;
    Reader r = gguf_reader(g, key, err);
    const int n = reader_u16(&r, name);
    return n <= 1 ||
           err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: split.count: found %d, need 1: join the files first",
                   g->file->path, n);
}

/* Whether a tensor or its bias is there. */
static bool has_tensor(const GgufFile *g, const Arch *a, TensorRole role) {
    char name[sizeof((Tensor *)0)->name];
    arch_tensor_name(a, ARCH_GGUF, role, 0, name, sizeof name);
    if (gguf_tensor(g, name)) return true;
    arch_bias_name(name);
    return gguf_tensor(g, name) != NULL;
}

/* Of an architecture with and without a prediction head: a part of one asks
 * for all of it. */
static bool has_head(const GgufFile *g, const Arch *a) {
    for (int i = 0; i < a->n_tensors; i++) {
        const TensorRole role = a->tensors[i].role;
        if (!arch_tensor(a->headless, role) && has_tensor(g, a, role))
            return true;
    }
    return false;
}

static bool read_architecture(const GgufFile *g, Config *c, Err *err) {
    GgufText name;
    char names[128];
    if (!gguf_text(g, "general.architecture", NULL, &name, err)) return false;
    c->arch = arch_find(name.bytes, name.len);
    if (c->arch && c->arch->hf_only) c->arch = NULL;
    if (c->arch && c->arch->headless && !has_head(g, c->arch))
        c->arch = c->arch->headless;
    if (c->arch) return true;
    arch_names_gguf(names, sizeof names);
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: general.architecture: found \"%.*s\", need one of %s",
                   g->file->path, (int)(name.len < 32 ? name.len : 32),
                   name.bytes, names);
}

/* Keys of the architecture begin with its name. */
typedef struct ArchKey {
    char name[GGUF_NAME_MAX + 1];
} ArchKey;

static ArchKey arch_key(const Config *c, const char *rest) {
    ArchKey key;
    snprintf(key.name, sizeof key.name, "%s.%s", c->arch->name, rest);
    return key;
}

static bool read_count(const GgufFile *g, const Config *c, const char *rest,
                       int min, int max, int fallback, int *out, Err *err) {
    const ArchKey key = arch_key(c, rest);
    return gguf_count(g, key.name, min, max, fallback, out, err);
}

static bool read_float(const GgufFile *g, const Config *c, const char *rest,
                       float fallback, float *out, Err *err) {
    const ArchKey key = arch_key(c, rest);
    return gguf_float(g, key.name, fallback, out, err);
}

/* Another mask would make another computation of it. */
static bool check_mask(const GgufFile *g, const Config *c, Err *err) {
    const ArchKey key = arch_key(c, "attention.causal");
    const bool need = c->arch->causal;
    bool found;
    if (!gguf_flag(g, key.name, need, &found, err)) return false;
    if (found == need) return true;
    return err_set(err, ERR_UNSUPPORTED, 0, "%s: %s: found %s, need %s or none",
                   g->file->path, key.name, found ? "true" : "false",
                   need ? "true" : "false");
}

/* So would other numbers.  Each is only allowed as the one that means nothing
 * special. */
static bool check_special(const GgufFile *g, const Config *c, Err *err) {
    const struct {
        const char *key;
        int only;
    } counts[] = {
        {"expert_count", 0},
        {"rope.dimension_count", c->arch->rotates ? c->head_dim : 0},
        {"attention.value_length", c->head_dim},
        {"vocab_size", c->vocab_size},
    };
    const float root = 1 / sqrtf((float)c->head_dim);
    const struct {
        const char *key;
        float only;
    } factors[] = {{"attention.scale", root},
                   {"logit_scale", 1},
                   {"residual_scale", 1},
                   {"embedding_scale", 1}};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        const ArchKey key = arch_key(c, factors[i].key);
        const float only = factors[i].only;
        float found;
        if (!gguf_float(g, key.name, only, &found, err)) return false;
        if (fabsf(found - only) > 1e-6f * only)
            return err_set(err, ERR_UNSUPPORTED, 0,
                           "%s: %s: found %g, need %g or none", g->file->path,
                           key.name, (double)found, (double)only);
    }
    int window;
    if (!read_count(g, c, "attention.sliding_window", c->seq_len_max, INT_MAX,
                    c->seq_len_max, &window, err))
        return false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int n;
        if (!read_count(g, c, counts[i].key, counts[i].only, counts[i].only,
                        counts[i].only, &n, err))
            return false;
    }
    return true;
}

/* A factor for all pairs, which is linear scaling whether that is said or not;
 * its older spelling is one key. */
static bool read_rope_scaling(const GgufFile *g, Config *c, Err *err) {
    GgufText type;
    float factor, old_factor;
    const ArchKey kind = arch_key(c, "rope.scaling.type");
    if (!gguf_text(g, kind.name, "linear", &type, err) ||
        !read_float(g, c, "rope.scale_linear", 1, &old_factor, err) ||
        !read_float(g, c, "rope.scaling.factor", old_factor, &factor, err))
        return false;
    if (gguf_text_is(type, "none") || factor == 1) return true;
    if (gguf_text_is(type, "linear")) {
        rope_scale_linear(c, factor);
        return true;
    }
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: %s: found \"%.*s\", need none or linear", g->file->path,
                   kind.name, (int)(type.len < 32 ? type.len : 32), type.bytes);
}

/* What Llama 3's scaling divides the frequency of each pair by is a tensor, not
 * one of the computation's own.  Absent: nothing. */
static bool read_rope_divisors(const GgufFile *g, Config *c, Err *err) {
    const GgufTensor *t = gguf_tensor(g, ROPE_DIVISORS);
    if (!t) return true;
    const int n = c->head_dim / 2;
    if (t->type != DTYPE_F32 || t->n_dims != 1 || t->dims[0] != (uint64_t)n)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found another shape or type, need %d of f32",
                       g->file->path, ROPE_DIVISORS, n);
    Reader r = reader_init(g->file->data, g->file->size, g->file->path, err);
    r.pos = (size_t)t->offset;
    for (int i = 0; i < n; i++) {
        const float f = reader_f32(&r, ROPE_DIVISORS);
        if (!(isfinite(f) && f > 0))
            return reader_fail(&r, ROPE_DIVISORS, "found %g, need more than 0",
                               (double)f);
        c->rope_divisors[i] = f;
    }
    c->rope_scaled = true;
    return true;
}

const char *gguf_model_norm_key(const Config *c) {
    return arch_kind_sites(c->arch, OP_MEAN)
               ? "attention.layer_norm_epsilon"
               : "attention.layer_norm_rms_epsilon";
}

/* The sizes against each other, by the file's keys. */
static bool check_sizes(const GgufFile *g, const Config *c, Err *err) {
    static const char *const rest[CONFIG_FIELDS] = {
        [CONFIG_DIM] = "embedding_length",
        [CONFIG_HIDDEN_DIM] = "feed_forward_length",
        [CONFIG_LAYERS] = "block_count",
        [CONFIG_HEADS] = "attention.head_count",
        [CONFIG_KV_HEADS] = "attention.head_count_kv",
        [CONFIG_HEAD_DIM] = "attention.key_length",
        [CONFIG_SEQ_LEN] = "context_length",
        [CONFIG_ROPE_THETA] = "rope.freq_base"};
    ArchKey keys[CONFIG_FIELDS];
    const char *names[CONFIG_FIELDS];
    for (int i = 0; i < CONFIG_FIELDS; i++) {
        keys[i] = arch_key(c, rest[i] ? rest[i] : gguf_model_norm_key(c));
        names[i] = keys[i].name;
    }
    names[CONFIG_VOCAB] = "token_embd.weight";
    return config_check_as(c, g->file->path, names, err);
}

static bool read_config(const GgufFile *g, Config *c, Err *err) {
    const int most = CONFIG_DIM_MAX, must = GGUF_REQUIRED;
    *c = (Config){.tied = !gguf_tensor(g, "output.weight")};
    if (!check_whole(g, err) || !read_architecture(g, c, err) ||
        !read_count(g, c, "context_length", 1, most, must, &c->seq_len_max,
                    err) ||
        !read_count(g, c, "embedding_length", 1, most, must, &c->dim, err) ||
        !read_count(g, c, "block_count", 1, CONFIG_LAYERS_MAX, must,
                    &c->n_layers, err) ||
        !read_count(g, c, "feed_forward_length", 1, most, must, &c->hidden_dim,
                    err) ||
        !read_count(g, c, "attention.head_count", 1, CONFIG_HEADS_MAX, must,
                    &c->n_heads, err) ||
        !read_count(g, c, "attention.head_count_kv", 1, c->n_heads, c->n_heads,
                    &c->n_kv_heads, err) ||
        !read_float(g, c, gguf_model_norm_key(c), GGUF_REQUIRED, &c->norm_eps,
                    err) ||
        !read_float(g, c, "rope.freq_base", ROPE_THETA_USUAL, &c->rope_theta,
                    err))
        return false;
    c->activation = c->arch->activation;
    c->head_dim = c->dim / c->n_heads;
    /* Where it may not be its own, check_sizes says what it must be. */
    if (!read_count(g, c, "attention.key_length", c->arch->own_head_dim ? 2 : 1,
                    CONFIG_HEAD_DIM_MAX, c->head_dim, &c->head_dim, err))
        return false;
    const char *table = "token_embd.weight";
    const GgufTensor *t = gguf_tensor(g, table);
    if (!t)
        return err_set(err, ERR_FORMAT, 0, "%s: %s: found no such tensor",
                       g->file->path, table);
    c->vocab_size = t->dims[1] <= CONFIG_DIM_MAX ? (int)t->dims[1] : -1;
    return check_sizes(g, c, err) && check_mask(g, c, err) &&
           check_special(g, c, err) &&
           (!c->arch->rotates ||
            (read_rope_scaling(g, c, err) && read_rope_divisors(g, c, err)));
}

/* ---- tensors ------------------------------------------------------------- */

/* The part of a matrix that a tensor is: some of its rows. */
static bool take_slice(const GgufFile *g, Tensor *t, const ArchStored *how,
                       Err *err) {
    if (t->rows % how->n_slices != 0)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %d rows, need a multiple of %d",
                       g->file->path, t->name, t->rows, how->n_slices);
    t->rows /= how->n_slices;
    t->size_bytes /= (uint64_t)how->n_slices;
    t->offset += (uint64_t)how->slice * t->size_bytes;
    t->stored_first = how->slice * t->rows;
    return true;
}

static bool place_bias(const GgufFile *g, Tensor *t, const ArchStored *how,
                       Err *err) {
    char name[sizeof t->name];
    const uint64_t n_slices = how->n_slices ? (uint64_t)how->n_slices : 1;
    const uint64_t n = t->rows == 1 ? (uint64_t)t->cols : (uint64_t)t->rows;
    memcpy(name, t->name, sizeof name);
    arch_bias_name(name);
    const GgufTensor *bias = gguf_tensor(g, name);
    if (!bias)
        return err_set(err, ERR_FORMAT, 0, "%s: %s: found no such tensor",
                       g->file->path, name);
    if (bias->n_dims != 1 || bias->dims[0] != n * n_slices ||
        dtype_info(bias->type)->quantised)
        return err_set(err, ERR_FORMAT, bias->offset,
                       "%s: %s: need %llu of f32, f16 or bf16", g->file->path,
                       name, (unsigned long long)(n * n_slices));
    t->bias_type = bias->type;
    t->bias_offset =
        bias->offset + (uint64_t)how->slice * (bias->size_bytes / n_slices);
    t->bias_data = g->file->data + t->bias_offset;
    return true;
}

/* One that is another's, which was placed before, but for its bias. */
static bool share_tensor(const GgufFile *g, Tensor *out, TensorRole role,
                         const Config *c, const Tensor *tensors, Err *err) {
    const TensorRole of = arch_tensor_shared(c, role);
    *out = tensors[arch_tensor_index(c, of, 0)];
    out->is_shared = true;
    arch_tensor_name(c->arch, ARCH_GGUF, role, 0, out->name, sizeof out->name);
    return place_bias(g, out, &arch_tensor(c->arch, role)->in[ARCH_GGUF], err);
}

/* A vector has one dimension in the file, a matrix two; how large they are is
 * for engine/model to judge. */
static bool place_tensor(const GgufFile *g, Tensor *out, TensorRole role,
                         int layer, const Config *c, Err *err) {
    arch_tensor_name(c->arch, ARCH_GGUF, role, layer, out->name,
                     sizeof out->name);
    const GgufTensor *t = gguf_tensor(g, out->name);
    if (!t)
        return err_set(err, ERR_FORMAT, 0, "%s: %s: found no such tensor",
                       g->file->path, out->name);
    const ArchTensor *row = arch_tensor(c->arch, role);
    const ArchStored *how = &row->in[ARCH_GGUF];
    int rows, cols;
    arch_shape(c, role, &rows, &cols);
    const int n_dims = rows == 1 ? 1 : 2;
    if (t->n_dims != n_dims || t->dims[0] > CONFIG_DIM_MAX ||
        t->dims[1] > CONFIG_DIM_MAX)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %d dimensions of %llu and %llu, need %d "
                       "of at most %d",
                       g->file->path, out->name, t->n_dims,
                       (unsigned long long)t->dims[0],
                       (unsigned long long)t->dims[1], n_dims, CONFIG_DIM_MAX);
    out->type = t->type;
    out->rows = (int)t->dims[1];
    out->cols = (int)t->dims[0];
    out->offset = t->offset;
    out->size_bytes = t->size_bytes;
    out->stored = how->rows;
    if (out->stored == TENSOR_HALF_SPLIT) out->head_dim = c->head_dim;
    if (how->n_slices && !take_slice(g, out, how, err)) return false;
    out->data = g->file->data + out->offset;
    return !arch_has_bias(c, row) || place_bias(g, out, how, err);
}

/* Whether a name is that of a tensor or of its bias. */
static bool is_of(const Tensor *t, GgufText name) {
    char bias[sizeof t->name];
    if (gguf_text_is(name, t->name)) return true;
    memcpy(bias, t->name, sizeof bias);
    arch_bias_name(bias);
    return t->bias_data && gguf_text_is(name, bias);
}

/* A tensor that nothing asks for would be part of another computation. */
static bool check_all_used(const GgufFile *g, const Config *c, int n_used,
                           const Tensor *tensors, Err *err) {
    const size_t n = arch_tensor_count(c);
    for (int i = 0; n_used != g->n_tensors && i < g->n_tensors; i++) {
        const GgufText name = g->tensors[i].name;
        size_t k = 0;
        while (k < n && !is_of(&tensors[k], name))
            k++;
        if (k == n && !(c->arch->rotates && gguf_text_is(name, ROPE_DIVISORS)))
            return err_set(err, ERR_UNSUPPORTED, 0,
                           "%s: %.*s: found a tensor that is not part of a "
                           "%s model of this many layers, or not supported",
                           g->file->path, (int)name.len, name.bytes,
                           c->arch->name);
    }
    return true;
}

static bool place_tensors(const GgufFile *g, const Config *c, Tensor *tensors,
                          Err *err) {
    int n_used = c->arch->rotates && gguf_tensor(g, ROPE_DIVISORS) != NULL;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n = arch_copies(c, (TensorRole)role);
        for (int layer = 0; layer < n; layer++) {
            const size_t at = arch_tensor_index(c, (TensorRole)role, layer);
            Tensor *t = &tensors[at];
            const bool ok =
                arch_tensor_shared(c, (TensorRole)role) != TENSOR_NONE
                    ? share_tensor(g, t, (TensorRole)role, c, tensors, err)
                    : place_tensor(g, t, (TensorRole)role, layer, c, err);
            if (!ok) return false;
            /* Parts of one tensor are one tensor of the file. */
            if (arch_tensor(c->arch, (TensorRole)role)->in[ARCH_GGUF].slice ==
                0)
                n_used += !t->is_shared + (t->bias_data != NULL);
        }
    }
    return check_all_used(g, c, n_used, tensors, err);
}

bool gguf_model_read(const File *f, ModelFile *out, Err *err) {
    GgufFile g;
    Config c;
    Tensor *tensors = NULL;
    *out = (ModelFile){0};
    bool ok = gguf_open(&g, f, err) && read_config(&g, &c, err);
    if (ok) {
        const size_t n = arch_tensor_count(&c);
        tensors = calloc(n, sizeof *tensors);
        ok = tensors ? place_tensors(&g, &c, tensors, err)
                     : err_memory(err, f->path, n * sizeof *tensors);
    }
    const uint64_t end = g.end;
    gguf_close(&g);
    if (ok)
        *out = (ModelFile){.format = f->data[MAGIC_BYTES] == 2 ? "GGUF v2"
                                                               : "GGUF v3",
                           .config = c,
                           .tensors = tensors,
                           .has_tokenizer = true};
    else
        free(tensors);
    if (ok && f->size > end)
        model_file_tolerate(out, f,
                            "size: found %llu bytes after the last tensor",
                            (unsigned long long)(f->size - end));
    if (ok && f->size < end)
        model_file_tolerate(out, f,
                            "size: found no padding after the last tensor");
    return ok;
}
