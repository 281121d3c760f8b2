/* Three layouts, each a table of what follows what:
 *
 *     v0   7 x i32 header (28 bytes); a negative vocab_size means that the
 *          classifier is a tensor of its own, the last one
 *     v1   magic, version, the same 7 x i32, u8 shared classifier, zeros up
 *          to byte 256
 *     v2   as v1, with an i32 group size after the shared classifier; norms
 *          are f32, of every other tensor come the values (i8), then an f32
 *          scale for each group of them, counted through the whole tensor
 *
 * A role that comes once per layer is stored for all layers in a row. */
#include "engine/format/llama2c.h"

#include "engine/base/guess.h"
#include "engine/base/reader.h"
#include "engine/base/writer.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOND            "LLNTOKEN" /* 8 bytes */
#define V0_HEADER_BYTES 28
#define V1_HEADER_BYTES 256         /* and of v2 */
#define V2_GROUP_AT     37          /* byte of the group size */
#define MAGIC           0x616b3432u /* "ak42" */
#define MAGIC_SWAPPED   0x32346b61u

/* Hard-wired in run.c, so not in the file. */
#define NORM_EPS   1e-5f
#define ROPE_THETA 10000.0f

/* ---- layout -------------------------------------------------------------- */

/* cos and sin tables that v0 carries; nothing reads them, run.c neither. */
#define ROPE_TABLES TENSOR_ROLES

typedef struct Layout {
    const char *format;
    size_t header_bytes;
    int n_parts;
    int parts[TENSOR_ROLES + 1]; /* TensorRole or ROPE_TABLES, in file order */
} Layout;

static const Layout layout_v0 = {
    "llama2.c v0",
    V0_HEADER_BYTES,
    13,
    {TENSOR_TOKEN_EMBED, TENSOR_ATTN_NORM, TENSOR_WQ, TENSOR_WK, TENSOR_WV,
     TENSOR_WO, TENSOR_FFN_NORM, TENSOR_W_GATE, TENSOR_W_DOWN, TENSOR_W_UP,
     TENSOR_FINAL_NORM, ROPE_TABLES, TENSOR_CLASSIFIER}};

/* And of version 2. */
static const Layout layout_v1 = {
    "llama2.c v1",
    V1_HEADER_BYTES,
    12,
    {TENSOR_ATTN_NORM, TENSOR_FFN_NORM, TENSOR_FINAL_NORM, TENSOR_TOKEN_EMBED,
     TENSOR_WQ, TENSOR_WK, TENSOR_WV, TENSOR_WO, TENSOR_W_GATE, TENSOR_W_DOWN,
     TENSOR_W_UP, TENSOR_CLASSIFIER}};

/* Shape and number of one part of the layout; number 0 when it is absent. */
static int part_shape(const Config *c, int part, int *rows, int *cols) {
    if (part == ROPE_TABLES) { /* cos and sin, [S, K/2] each */
        *rows = c->seq_len_max;
        *cols = c->head_dim;
        return 1;
    }
    arch_shape(c, (TensorRole)part, rows, cols);
    return arch_copies(c, (TensorRole)part);
}

/* Bytes of one tensor, whose values are in groups unless group is 0; false
 * when it does not fit 64 bits or is no whole number of groups. */
static bool part_bytes(int rows, int cols, int group, uint64_t *out) {
    const uint64_t n = (uint64_t)rows * (uint64_t)cols; /* < 2^40 */
    if (group == 0 || rows == 1) return size_mul(n, sizeof(float), out);
    if (n % (uint64_t)group != 0) return false;
    *out = n + n / (uint64_t)group * sizeof(float);
    return true;
}

/* Every tensor is a whole number of groups. */
static bool check_group(const Layout *l, const Config *c, int group,
                        const char *path, Err *err) {
    for (int i = 0; group != 0 && i < l->n_parts; i++) {
        int rows, cols;
        uint64_t size;
        if (part_shape(c, l->parts[i], &rows, &cols) > 0 &&
            !part_bytes(rows, cols, group, &size))
            return err_set(err, ERR_FORMAT, V2_GROUP_AT,
                           "%s: group_size: found %d, need a divisor of the "
                           "%d * %d values of %s",
                           path, group, rows, cols,
                           arch_tensor(c->arch, (TensorRole)l->parts[i])
                               ->in[ARCH_LLAMA2C]
                               .stem);
    }
    return true;
}

/* The size of the whole file; false when it does not fit 64 bits. */
static bool layout_size(const Layout *l, const Config *c, int group,
                        uint64_t *out) {
    uint64_t total = l->header_bytes;
    for (int i = 0; i < l->n_parts; i++) {
        int rows, cols;
        const int n = part_shape(c, l->parts[i], &rows, &cols);
        uint64_t size;
        if (n == 0) continue;
        if (!part_bytes(rows, cols, group, &size) ||
            !size_mul(size, (uint64_t)n, &size) ||
            !size_add(total, size, &total))
            return false;
    }
    *out = total;
    return true;
}

/* Fills in where each tensor is, in a file of just the right size. */
static void layout_place(const Layout *l, const Config *c, int group,
                         const File *f, Tensor *tensors) {
    uint64_t offset = l->header_bytes;
    for (int i = 0; i < l->n_parts; i++) {
        int part = l->parts[i], rows, cols;
        int n = part_shape(c, part, &rows, &cols);
        uint64_t size = 0;
        if (n > 0) part_bytes(rows, cols, group, &size);
        for (int layer = 0; layer < n; layer++, offset += size) {
            if (part == ROPE_TABLES) continue;
            TensorRole role = (TensorRole)part;
            Tensor *t = &tensors[arch_tensor_index(c, role, layer)];
            *t = (Tensor){.type = DTYPE_F32,
                          .rows = rows,
                          .cols = cols,
                          .data = f->data + offset,
                          .offset = offset,
                          .size_bytes = size};
            if (group > 0 && rows > 1) {
                t->type = DTYPE_Q8_GROUPS;
                t->group = group;
                t->scales = f->data + offset + (size_t)rows * (size_t)cols;
            }
            arch_tensor_name(c->arch, ARCH_LLAMA2C, role, layer, t->name,
                             sizeof t->name);
        }
    }
}

/* ---- header -------------------------------------------------------------- */

typedef enum Kind { KIND_NONE, KIND_BIG_ENDIAN, KIND_V0, KIND_MAGIC } Kind;

static uint32_t swap(uint32_t v) {
    return __builtin_bswap32(v);
}

/* Version 0 has no magic: it is what looks like nothing else and has sizes in
 * most of its seven numbers.  One that is off, or a cut header, is better
 * refused by its name than as an unknown file. */
static Kind file_kind(const File *f) {
    Reader r = reader_init(f->data, f->size, f->path, NULL);
    if (f->size < V0_HEADER_BYTES) return KIND_V0;
    uint32_t first = reader_u32(&r, "magic");
    if (first == MAGIC) return KIND_MAGIC;
    if (first == MAGIC_SWAPPED) return KIND_BIG_ENDIAN;
    if (guess_describe(f->data, f->size)) return KIND_NONE;
    int n_sizes = 0, n_swapped = 0;
    for (int i = 0; i < 7; i++) {
        n_sizes += first - 1 < CONFIG_DIM_MAX;
        n_swapped += swap(first) - 1 < CONFIG_DIM_MAX;
        first = reader_u32(&r, "header");
    }
    if (n_sizes >= 4) return KIND_V0;
    return n_swapped >= 4 ? KIND_BIG_ENDIAN : KIND_NONE;
}

bool llama2c_sniff(const File *f) {
    return file_kind(f) != KIND_NONE;
}

/* The seven numbers both versions have, as they are in the file. */
static void read_sizes(Reader *r, Config *c) {
    c->arch = &arch_llama;
    c->dim = reader_i32(r, "dim");
    c->hidden_dim = reader_i32(r, "hidden_dim");
    c->n_layers = reader_i32(r, "n_layers");
    c->n_heads = reader_i32(r, "n_heads");
    c->n_kv_heads = reader_i32(r, "n_kv_heads");
    c->vocab_size = reader_i32(r, "vocab_size");
    c->seq_len_max = reader_i32(r, "seq_len");
    if (c->n_heads > 0) c->head_dim = c->dim / c->n_heads;
    c->norm_eps = NORM_EPS;
    c->rope_theta = ROPE_THETA;
}

static bool read_header_v0(Reader *r, Config *c) {
    read_sizes(r, c);
    c->tied = c->vocab_size > 0;
    /* INT_MIN has no opposite; config_check refuses it as it is. */
    if (c->vocab_size < 0 && c->vocab_size != INT_MIN)
        c->vocab_size = -c->vocab_size;
    return r->ok;
}

/* Versions 1 and 2; *group is 0 in version 1. */
static bool read_header_v1(Reader *r, Config *c, int *group) {
    reader_u32(r, "magic");
    int version = reader_i32(r, "version");
    if (r->ok && version != 1 && version != 2)
        return reader_fail(r, "version", "found %d, need 1 or 2", version);
    read_sizes(r, c);
    uint8_t shared = reader_u8(r, "shared_classifier");
    if (r->ok && shared > 1)
        return reader_fail(r, "shared_classifier", "found %d, need 0 or 1",
                           shared);
    c->tied = shared;
    *group = version == 2 ? reader_i32(r, "group_size") : 0;
    if (r->ok && version == 2 && *group < 1)
        return reader_fail(r, "group_size", "found %d, need at least 1",
                           *group);
    size_t pad = V1_HEADER_BYTES - r->pos;
    const uint8_t *p = reader_take(r, pad, "header");
    for (size_t i = 0; p && i < pad; i++)
        if (p[i])
            return reader_fail(r, "header",
                               "found byte %02X in the padding, "
                               "need 00",
                               p[i]);
    return r->ok;
}

/* The sum behind the weights, which end at byte `at`; 0: none stands there. */
static uint64_t read_bond(const File *f, uint64_t at) {
    if (f->size < LLAMA2C_BOND_BYTES || f->size - LLAMA2C_BOND_BYTES != at ||
        memcmp(f->data + at, BOND, strlen(BOND)) != 0)
        return 0;
    Reader r = reader_init(f->data, f->size, f->path, NULL);
    r.pos = (size_t)at + strlen(BOND);
    return reader_u64(&r, "tokenizer");
}

bool llama2c_read(const File *f, ModelFile *out, Err *err) {
    *out = (ModelFile){0};
    Kind kind = file_kind(f);
    if (kind == KIND_BIG_ENDIAN)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: byte order: found big-endian, need little-endian",
                       f->path);
    Reader r = reader_init(f->data, f->size, f->path, err);
    Config c = {0};
    int group = 0;
    uint64_t size;
    if (!(kind == KIND_MAGIC ? read_header_v1(&r, &c, &group)
                             : read_header_v0(&r, &c)) ||
        !config_check(&c, f->path, err))
        return false;
    const Layout *l = kind == KIND_MAGIC ? &layout_v1 : &layout_v0;
    if (!check_group(l, &c, group, f->path, err)) return false;
    if (!layout_size(l, &c, group, &size))
        return err_set(err, ERR_LIMIT, 0, "%s: header: sizes overflow",
                       f->path);
    const uint64_t bond = read_bond(f, size);
    if (size != f->size && bond == 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: size: found %zu bytes, need %llu by the header",
                       f->path, f->size, (unsigned long long)size);
    size_t n = arch_tensor_count(&c);
    Tensor *tensors = calloc(n, sizeof *tensors);
    if (!tensors) return err_memory(err, f->path, n * sizeof *tensors);
    layout_place(l, &c, group, f, tensors);
    *out = (ModelFile){.format = group ? "llama2.c v2" : l->format,
                       .config = c,
                       .tensors = tensors,
                       .tokenizer_sum = bond};
    return true;
}

/* ---- writing ------------------------------------------------------------- */

/* The cosines of every position and pair, or the sines. */
static void write_turns(Writer *w, const Config *c, bool sines) {
    float turns[CONFIG_HEAD_DIM_MAX];
    for (int pos = 0; pos < c->seq_len_max; pos++) {
        rope_turns(turns, c, pos);
        for (int i = sines; i < c->head_dim; i += 2)
            writer_f32(w, turns[i]);
    }
}

/* The scale of a group: its largest weight is 127 of it, as in export.py. */
static float group_scale(const float *x, int group) {
    float most = 0;
    for (int i = 0; i < group; i++)
        if (fabsf(x[i]) > most) most = fabsf(x[i]);
    return most / 127;
}

/* All values, then all scales. */
static void write_groups(Writer *w, const float *x, size_t n, int group) {
    for (size_t i = 0; i < n; i += (size_t)group) {
        const float scale = group_scale(x + i, group);
        for (int k = 0; k < group; k++) {
            const float q = scale > 0 ? roundf(x[i + (size_t)k] / scale) : 0;
            const int8_t value = (int8_t)q;
            writer_bytes(w, &value, 1);
        }
    }
    for (size_t i = 0; i < n; i += (size_t)group)
        writer_f32(w, group_scale(x + i, group));
}

static void write_part(Writer *w, const Config *c, int part, int group,
                       const float *const *tensors) {
    int rows, cols;
    const int n = part_shape(c, part, &rows, &cols);
    if (part == ROPE_TABLES) {
        write_turns(w, c, false);
        write_turns(w, c, true);
        return;
    }
    for (int layer = 0; layer < n; layer++) {
        const float *x = tensors[arch_tensor_index(c, (TensorRole)part, layer)];
        const size_t size = (size_t)rows * (size_t)cols;
        if (group > 0 && rows > 1)
            write_groups(w, x, size, group);
        else
            writer_floats(w, x, size);
    }
}

bool llama2c_holds(const Arch *a) {
    return a == &arch_llama;
}

/* group: 0 for version 0, which says with a sign what version 2 has a byte
 * for. */
static void write_header(Writer *w, const Config *c, int group) {
    const bool is_negative = group == 0 && !c->tied;
    const int sizes[] = {
        c->dim,        c->hidden_dim,
        c->n_layers,   c->n_heads,
        c->n_kv_heads, is_negative ? -c->vocab_size : c->vocab_size,
        c->seq_len_max};
    if (group > 0) {
        writer_u32(w, MAGIC);
        writer_u32(w, 2);
    }
    for (int i = 0; i < 7; i++)
        writer_u32(w, (uint32_t)sizes[i]);
    if (group == 0) return;
    const uint8_t shared = c->tied, zero = 0;
    writer_bytes(w, &shared, 1);
    writer_u32(w, (uint32_t)group);
    while (w->size < V1_HEADER_BYTES && !w->failed)
        writer_bytes(w, &zero, 1);
}

void *llama2c_write(const Config *c, const float *const *tensors, int group,
                    uint64_t tokenizer_sum, size_t *size, Err *err) {
    const Layout *l = group > 0 ? &layout_v1 : &layout_v0;
    Writer w = {0};
    write_header(&w, c, group);
    for (int i = 0; i < l->n_parts; i++)
        write_part(&w, c, l->parts[i], group, tensors);
    if (tokenizer_sum) {
        writer_bytes(&w, BOND, strlen(BOND));
        writer_u64(&w, tokenizer_sum);
    }
    return writer_take(&w, size, l->format, err);
}
