/* The other way of gguf_model.c: the keys of a Config, and tensors under the
 * names that the architecture's table has for them. */
#include "engine/format/gguf_model.h"

#include "engine/spec/arch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_count(GgufWriter *g, const Config *c, const char *rest,
                        int v) {
    char key[GGUF_NAME_MAX + 1];
    snprintf(key, sizeof key, "%s.%s", c->arch->name, rest);
    gguf_write_count(g, key, (uint32_t)v);
}

static void write_float(GgufWriter *g, const Config *c, const char *rest,
                        float v) {
    char key[GGUF_NAME_MAX + 1];
    snprintf(key, sizeof key, "%s.%s", c->arch->name, rest);
    gguf_write_float(g, key, v);
}

static void write_flag(GgufWriter *g, const Config *c, const char *rest,
                       bool v) {
    char key[GGUF_NAME_MAX + 1];
    snprintf(key, sizeof key, "%s.%s", c->arch->name, rest);
    gguf_write_flag(g, key, v);
}

/* llama.cpp takes a model for a causal one unless the file says that it is
 * not, a BERT, too. */
static void write_config(GgufWriter *g, const Config *c) {
    gguf_write_text(g, "general.architecture", c->arch->name);
    write_count(g, c, "context_length", c->seq_len_max);
    write_count(g, c, "embedding_length", c->dim);
    write_count(g, c, "block_count", c->n_layers);
    write_count(g, c, "feed_forward_length", c->hidden_dim);
    write_count(g, c, "attention.head_count", c->n_heads);
    write_count(g, c, "attention.head_count_kv", c->n_kv_heads);
    write_float(g, c, gguf_model_norm_key(c), c->norm_eps);
    if (!c->arch->causal) write_flag(g, c, "attention.causal", false);
    if (!c->arch->rotates) return;
    write_count(g, c, "rope.dimension_count", c->head_dim);
    write_float(g, c, "rope.freq_base", c->rope_theta);
}

/* ---- data ---------------------------------------------------------------- */

#define F16_MAX 65504.0f

/* The nearest half, of two the even one; beyond the largest, the largest. */
static uint16_t half_of(float v) {
    uint32_t bits;
    v = v > F16_MAX ? F16_MAX : v < -F16_MAX ? -F16_MAX : v;
    memcpy(&bits, &v, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7FFFFFFFu;
    const int exponent = (int)(size >> 23) - 112; /* of a half */
    if (exponent < -10) return (uint16_t)sign;
    /* What is below the least exponent loses further places. */
    const int shift = exponent > 0 ? 13 : 14 - exponent;
    const uint32_t all =
        exponent > 0 ? size - (112u << 23) : (size & 0x7FFFFFu) | 0x800000u;
    const uint32_t kept = all >> shift, rest = all & ((1u << shift) - 1);
    const uint32_t middle = 1u << (shift - 1);
    const bool up = rest > middle || (rest == middle && (kept & 1));
    return (uint16_t)(sign | (kept + up));
}

static void write_values(Writer *w, const float *values, size_t n, DType type) {
    if (type == DTYPE_F32) {
        writer_floats(w, values, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint16_t half = half_of(values[i]);
        const uint8_t bytes[] = {(uint8_t)half, (uint8_t)(half >> 8)};
        writer_bytes(w, bytes, sizeof bytes);
    }
}

static void pad(Writer *w, uint64_t to) {
    const uint8_t zero = 0;
    while (!w->failed && w->size < to)
        writer_bytes(w, &zero, 1);
}

/* ---- tensors ------------------------------------------------------------- */

typedef struct Out {
    GgufWriter *g;
    const Config *c;
    const float *const *tensors, *const *biases;
    DType matrices;
    Writer data;
} Out;

/* The values of one tensor of the file, those of its parts after each other. */
static void write_tensor(Out *o, const char *name, const ArchTensor *first,
                         const float *const *values, int layer, bool is_bias) {
    const Arch *a = o->c->arch;
    const ArchStored *how = &first->in[ARCH_GGUF];
    const int n_parts = how->n_slices ? how->n_slices : 1;
    int rows, cols;
    arch_shape(o->c, first->role, &rows, &cols);
    const bool is_vector = is_bias || rows == 1;
    if (is_bias && rows > 1) cols = rows;
    if (is_bias) rows = 1;
    const DType type = is_vector ? DTYPE_F32 : o->matrices;
    pad(&o->data, gguf_write_tensor(o->g, name, is_vector ? 1 : rows * n_parts,
                                    is_vector ? cols * n_parts : cols, type));
    for (const ArchTensor *t = a->tensors; t < a->tensors + a->n_tensors; t++) {
        const char *stem = t->in[ARCH_GGUF].stem;
        if (strcmp(stem, how->stem) == 0)
            write_values(&o->data,
                         values[arch_tensor_index(o->c, t->role, layer)],
                         (size_t)rows * (size_t)cols, type);
    }
}

static void write_role(Out *o, const ArchTensor *t, int layer) {
    char name[sizeof((Tensor *)0)->name];
    arch_tensor_name(o->c->arch, ARCH_GGUF, t->role, layer, name, sizeof name);
    if (arch_tensor_shared(o->c, t->role) == TENSOR_NONE)
        write_tensor(o, name, t, o->tensors, layer, false);
    if (!arch_has_bias(o->c, t)) return;
    arch_bias_name(name);
    write_tensor(o, name, t, o->biases, layer, true);
}

void *gguf_model_write(GgufWriter *g, const Config *c,
                       const float *const *tensors, const float *const *biases,
                       DType matrices, size_t *size, Err *err) {
    const Arch *a = c->arch;
    Out o = {g, c, tensors, biases, matrices, {0}};
    write_config(g, c);
    for (int i = 0; i < a->n_tensors; i++) {
        const ArchTensor *t = &a->tensors[i];
        assert(t->in[ARCH_GGUF].rows == TENSOR_AS_IS);
        for (int layer = 0; layer < arch_copies(c, t->role); layer++)
            if (t->in[ARCH_GGUF].slice == 0) write_role(&o, t, layer);
    }
    pad(&o.data,
        (o.data.size + g->alignment - 1) / g->alignment * g->alignment);
    size_t n_head;
    uint8_t *head = gguf_write_head(g, &n_head, err);
    Writer all = {.failed = !head || o.data.failed};
    writer_bytes(&all, head, n_head);
    writer_bytes(&all, o.data.data, o.data.size);
    free(head);
    free(o.data.data);
    return writer_take(&all, size, "GGUF", err);
}
