/* One pass through the file, in which every length is compared with the
 * bytes left; then keys and tensors are sorted, so that each name is found
 * fast and a second one of a name is seen. */
#include "engine/format/gguf.h"

#include "engine/base/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "GGUF"
/* The least that a key with its value and a tensor's description take. */
#define KEY_BYTES_MIN    14
#define TENSOR_BYTES_MIN 33
#define ALIGNMENT_USUAL  32
#define FIELD_MAX        80

/* ---- names --------------------------------------------------------------- */

bool gguf_text_is(GgufText t, const char *s) {
    return t.len == strlen(s) && memcmp(t.bytes, s, t.len) == 0;
}

static int compare_texts(GgufText a, GgufText b) {
    const int order = memcmp(a.bytes, b.bytes, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(const void *a, const void *b) {
    return compare_texts(((const GgufKey *)a)->name,
                         ((const GgufKey *)b)->name);
}

static int compare_tensors(const void *a, const void *b) {
    return compare_texts(((const GgufTensor *)a)->name,
                         ((const GgufTensor *)b)->name);
}

/* A name cut to fit a message. */
static const char *field_of(GgufText t, char out[FIELD_MAX]) {
    const int n = (int)(t.len < FIELD_MAX - 1 ? t.len : FIELD_MAX - 1);
    snprintf(out, FIELD_MAX, "%.*s", n, t.bytes);
    return out;
}

GgufText gguf_take_text(Reader *r, const char *field) {
    const uint64_t len = reader_u64(r, field);
    if (r->ok && (len > reader_left(r) || len > GGUF_STRING_MAX))
        reader_fail(r, field,
                    "found length %llu with %zu bytes left, need 0..%u",
                    (unsigned long long)len, reader_left(r), GGUF_STRING_MAX);
    const uint8_t *p = r->ok ? reader_take(r, (size_t)len, field) : NULL;
    return p ? (GgufText){(const char *)p, (size_t)len} : (GgufText){"", 0};
}

/* A name of 1..max bytes of UTF-8 without a NUL. */
static GgufText take_name(Reader *r, const char *field, size_t max) {
    const GgufText t = gguf_take_text(r, field);
    if (!r->ok) return t;
    if (t.len < 1 || t.len > max)
        reader_fail(r, field, "found length %zu, need 1..%zu", t.len, max);
    else if (memchr(t.bytes, 0, t.len) || !utf8_valid(t.bytes, t.len))
        reader_fail(r, field, "found bytes that are no text, need UTF-8");
    return t;
}

/* ---- values -------------------------------------------------------------- */

static size_t type_bytes(GgufType type) {
    static const uint8_t sizes[GGUF_TYPES] = {
        [GGUF_U8] = 1,     [GGUF_I8] = 1,     [GGUF_U16] = 2, [GGUF_I16] = 2,
        [GGUF_U32] = 4,    [GGUF_I32] = 4,    [GGUF_F32] = 4, [GGUF_BOOL] = 1,
        [GGUF_ARRAY] = 12, [GGUF_STRING] = 8, [GGUF_U64] = 8, [GGUF_I64] = 8,
        [GGUF_F64] = 8,
    };
    return sizes[type];
}

static const char *type_name(GgufType type) {
    static const char *const names[GGUF_TYPES] = {
        "u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
        "bool", "string", "array", "u64", "i64", "f64"};
    return names[type];
}

static GgufType take_type(Reader *r, const char *field) {
    const uint32_t type = reader_u32(r, field);
    if (type < GGUF_TYPES) return (GgufType)type;
    reader_fail(r, field, "found value type %u, need 0..%d", type,
                GGUF_TYPES - 1);
    return GGUF_U8;
}

/* Steps over one value that is no array. */
static void skip_scalar(Reader *r, GgufType type, const char *field) {
    if (type == GGUF_STRING) {
        gguf_take_text(r, field);
    } else if (type == GGUF_BOOL) {
        const uint8_t flag = reader_u8(r, field);
        if (flag > 1) reader_fail(r, field, "found bool %u, need 0 or 1", flag);
    } else {
        reader_take(r, type_bytes(type), field);
    }
}

static void take_array(Reader *r, GgufKey *key, const char *field) {
    uint64_t n, size;
    key->is_array = true;
    key->type = take_type(r, field);
    n = reader_u64(r, field);
    if (r->ok && key->type == GGUF_ARRAY)
        reader_fail(r, field, "found an array of arrays, need plain elements");
    if (r->ok &&
        (!size_mul(n, type_bytes(key->type), &size) || size > reader_left(r)))
        reader_fail(r, field, "found %llu elements with %zu bytes left",
                    (unsigned long long)n, reader_left(r));
    key->at = r->pos;
    key->n = r->ok ? (size_t)n : 0;
    if (key->type != GGUF_STRING && key->type != GGUF_BOOL)
        reader_take(r, key->n * type_bytes(key->type), field);
    else
        for (size_t i = 0; i < key->n && r->ok; i++)
            skip_scalar(r, key->type, field);
}

static void take_key(Reader *r, GgufKey *key) {
    char field[FIELD_MAX];
    *key = (GgufKey){.name = take_name(r, "key", GGUF_KEY_MAX), .n = 1};
    field_of(key->name, field);
    key->type = take_type(r, field);
    key->at = r->pos;
    if (key->type == GGUF_ARRAY)
        take_array(r, key, field);
    else
        skip_scalar(r, key->type, field);
}

/* ---- tensors ------------------------------------------------------------- */

/* Numbers of our types in the file. */
static const struct {
    uint32_t number;
    DType type;
} type_numbers[] = {{0, DTYPE_F32},   {1, DTYPE_F16},  {30, DTYPE_BF16},
                    {2, DTYPE_Q4_0},  {3, DTYPE_Q4_1}, {6, DTYPE_Q5_0},
                    {7, DTYPE_Q5_1},  {8, DTYPE_Q8_0}, {12, DTYPE_Q4_K},
                    {13, DTYPE_Q5_K}, {14, DTYPE_Q6_K}};
enum { N_TYPE_NUMBERS = sizeof type_numbers / sizeof *type_numbers };

uint32_t gguf_type_number(DType type) {
    int i = 0;
    while (i < N_TYPE_NUMBERS - 1 && type_numbers[i].type != type)
        i++;
    assert(type_numbers[i].type == type);
    return type_numbers[i].number;
}

/* The type of a number in the file; DTYPE_COUNT where we have none. */
static DType dtype_of(uint32_t number) {
    for (int i = 0; i < N_TYPE_NUMBERS; i++)
        if (type_numbers[i].number == number) return type_numbers[i].type;
    return DTYPE_COUNT;
}

/* What the others are called; NULL: none that was heard of. */
static const char *unsupported_name(uint32_t type) {
    static const struct {
        uint32_t number;
        const char *name;
    } names[] = {
        {4, "q4_2"},     {5, "q4_3"},    {9, "q8_1"},     {10, "q2_k"},
        {11, "q3_k"},    {15, "q8_k"},   {16, "iq2_xxs"}, {17, "iq2_xs"},
        {18, "iq3_xxs"}, {19, "iq1_s"},  {20, "iq4_nl"},  {21, "iq3_s"},
        {22, "iq2_s"},   {23, "iq4_xs"}, {24, "i8"},      {25, "i16"},
        {26, "i32"},     {27, "i64"},    {28, "f64"},     {29, "iq1_m"},
        {34, "tq1_0"},   {35, "tq2_0"},  {39, "mxfp4"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == type) return names[i].name;
    return NULL;
}

/* Bytes of the tensor's data, from dims and type. */
static bool entry_size(Reader *r, GgufTensor *t, const char *field) {
    const DTypeInfo *type = dtype_info(t->type);
    const uint64_t items = (uint64_t)type->block_items;
    if (t->dims[0] % items != 0)
        return reader_fail(r, field, "found rows of %llu, need blocks of %d",
                           (unsigned long long)t->dims[0], type->block_items);
    uint64_t size = t->dims[0] / items;
    bool ok = size_mul(size, (uint64_t)type->block_bytes, &size);
    for (int i = 1; i < GGUF_DIMS_MAX; i++)
        ok = ok && size_mul(size, t->dims[i], &size);
    if (!ok || size > r->size)
        return reader_fail(r, field,
                           "found a size of more than the file's "
                           "%zu bytes",
                           r->size);
    t->size_bytes = size;
    return true;
}

static void take_tensor(Reader *r, GgufTensor *t) {
    char field[FIELD_MAX];
    *t = (GgufTensor){.name = take_name(r, "tensor name", GGUF_NAME_MAX)};
    field_of(t->name, field);
    const uint32_t n_dims = reader_u32(r, field);
    if (r->ok && (n_dims < 1 || n_dims > GGUF_DIMS_MAX))
        reader_fail(r, field, "found %u dimensions, need 1..%d", n_dims,
                    GGUF_DIMS_MAX);
    for (uint32_t i = 0; i < GGUF_DIMS_MAX; i++)
        t->dims[i] = r->ok && i < n_dims ? reader_u64(r, field) : 1;
    t->n_dims = r->ok ? (int)n_dims : 0;
    for (int i = 0; i < t->n_dims; i++)
        if (r->ok && t->dims[i] < 1)
            reader_fail(r, field, "found dimension %d of 0, need at least 1",
                        i);
    const uint32_t type = reader_u32(r, field);
    t->type = dtype_of(type);
    if (r->ok && t->type == DTYPE_COUNT) {
        const char *name = unsupported_name(type);
        r->ok = err_set(r->err, ERR_UNSUPPORTED, r->pos,
                        "%s: %s: found tensor type %u%s%s%s, need f32, f16, "
                        "bf16, q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k or "
                        "q6_k",
                        r->name, field, type, name ? " (" : "",
                        name ? name : "", name ? ")" : "");
        return;
    }
    t->offset = reader_u64(r, field);
    if (r->ok) entry_size(r, t, field);
}

/* ---- the file ------------------------------------------------------------ */

static void take_version(Reader *r) {
    const uint8_t *magic = reader_take(r, 4, "magic");
    if (magic && memcmp(magic, MAGIC, 4) != 0)
        reader_fail(r, "magic", "found other bytes, need " MAGIC);
    const uint32_t version = reader_u32(r, "version");
    if (!r->ok || version == 2 || version == 3) return;
    const bool swapped = version == 0x02000000 || version == 0x03000000;
    r->ok = err_set(r->err, ERR_UNSUPPORTED, 4,
                    "%s: version: found %u%s, need 2 or 3", r->name, version,
                    swapped ? " (big-endian)" : "");
}

/* A number of things of at least `bytes` bytes each. */
static int take_count(Reader *r, const char *field, int max, size_t bytes) {
    const uint64_t n = reader_u64(r, field);
    if (!r->ok) return 0;
    if (n > (uint64_t)max || n > reader_left(r) / bytes) {
        reader_fail(r, field, "found %llu with %zu bytes left, need 0..%d",
                    (unsigned long long)n, reader_left(r), max);
        return 0;
    }
    return (int)n;
}

static uint32_t alignment(const GgufFile *g, Err *err) {
    const char *name = "general.alignment";
    const GgufKey *key = gguf_key(g, name);
    if (!key) return ALIGNMENT_USUAL;
    if (key->is_array || key->type != GGUF_U32) {
        err_set(err, ERR_FORMAT, key->at, "%s: %s: found %s, need u32",
                g->file->path, name,
                key->is_array ? "an array" : type_name(key->type));
        return 0;
    }
    Reader r = gguf_reader(g, key, err);
    const uint32_t n = reader_u32(&r, name);
    if (n >= GGUF_ALIGNMENT_MIN && n <= GGUF_ALIGNMENT_MAX && !(n & (n - 1)))
        return n;
    reader_fail(&r, name, "found %u, need a power of two in %d..%u", n,
                GGUF_ALIGNMENT_MIN, GGUF_ALIGNMENT_MAX);
    return 0;
}

static bool no_duplicate(const GgufFile *g, GgufText a, GgufText b,
                         const char *what, Err *err) {
    char field[FIELD_MAX];
    if (compare_texts(a, b) != 0) return true;
    return err_set(err, ERR_FORMAT, 0, "%s: %s: found this %s twice",
                   g->file->path, field_of(a, field), what);
}

/* The tensors' data follow each other in the order of their descriptions, each
 * on the alignment; from `at`, the end of the descriptions. */
static bool place_tensors(GgufFile *g, size_t at, Err *err) {
    const uint64_t align = alignment(g, err);
    if (!align) return false;
    const uint64_t size = g->file->size;
    const uint64_t begin = (at + align - 1) / align * align;
    uint64_t next = begin;
    for (int i = 0; i < g->n_tensors; i++) {
        GgufTensor *t = &g->tensors[i];
        char field[FIELD_MAX];
        if (t->offset != next - begin)
            return err_set(err, ERR_FORMAT, at,
                           "%s: %s: found offset %llu, need %llu",
                           g->file->path, field_of(t->name, field),
                           (unsigned long long)t->offset,
                           (unsigned long long)(next - begin));
        if (next > size || t->size_bytes > size - next)
            return err_set(err, ERR_FORMAT, at,
                           "%s: %s: found %llu bytes from byte %llu, past the "
                           "end",
                           g->file->path, field_of(t->name, field),
                           (unsigned long long)t->size_bytes,
                           (unsigned long long)next);
        t->offset = next;
        next = (next + t->size_bytes + align - 1) / align * align;
    }
    g->end = next;
    return true;
}

static bool sort_names(GgufFile *g, Err *err) {
    qsort(g->tensors, (size_t)g->n_tensors, sizeof *g->tensors,
          compare_tensors);
    for (int i = 1; i < g->n_tensors; i++)
        if (!no_duplicate(g, g->tensors[i - 1].name, g->tensors[i].name,
                          "tensor", err))
            return false;
    return true;
}

static bool sort_keys(GgufFile *g, Err *err) {
    qsort(g->keys, (size_t)g->n_keys, sizeof *g->keys, compare_keys);
    for (int i = 1; i < g->n_keys; i++)
        if (!no_duplicate(g, g->keys[i - 1].name, g->keys[i].name, "key", err))
            return false;
    return true;
}

static bool read_all(GgufFile *g, Reader *r, Err *err) {
    take_version(r);
    g->n_tensors =
        take_count(r, "n_tensors", GGUF_TENSORS_MAX, TENSOR_BYTES_MIN);
    g->n_keys = take_count(r, "n_kv", GGUF_KEYS_MAX, KEY_BYTES_MIN);
    if (!r->ok) return false;
    const size_t n_keys = (size_t)g->n_keys + 1; /* malloc(0) may be NULL */
    const size_t n_tensors = (size_t)g->n_tensors + 1;
    g->keys = malloc(n_keys * sizeof *g->keys);
    g->tensors = malloc(n_tensors * sizeof *g->tensors);
    if (!g->keys || !g->tensors)
        return err_memory(err, r->name,
                          n_keys * sizeof *g->keys +
                              n_tensors * sizeof *g->tensors);
    for (int i = 0; i < g->n_keys && r->ok; i++)
        take_key(r, &g->keys[i]);
    if (!r->ok || !sort_keys(g, err)) return false;
    for (int i = 0; i < g->n_tensors && r->ok; i++)
        take_tensor(r, &g->tensors[i]);
    return r->ok && place_tensors(g, r->pos, err) && sort_names(g, err);
}

bool gguf_open(GgufFile *g, const File *f, Err *err) {
    Reader r = reader_init(f->data, f->size, f->path, err);
    *g = (GgufFile){.file = f};
    if (read_all(g, &r, err)) return true;
    gguf_close(g);
    return false;
}

void gguf_close(GgufFile *g) {
    free(g->keys);
    free(g->tensors);
    *g = (GgufFile){0};
}

/* ---- asking -------------------------------------------------------------- */

const GgufKey *gguf_key(const GgufFile *g, const char *name) {
    const GgufKey wanted = {.name = {name, strlen(name)}};
    return bsearch(&wanted, g->keys, (size_t)g->n_keys, sizeof wanted,
                   compare_keys);
}

const GgufTensor *gguf_tensor(const GgufFile *g, const char *name) {
    const GgufTensor wanted = {.name = {name, strlen(name)}};
    return bsearch(&wanted, g->tensors, (size_t)g->n_tensors, sizeof wanted,
                   compare_tensors);
}

Reader gguf_reader(const GgufFile *g, const GgufKey *key, Err *err) {
    const File *f = g->file;
    Reader r = reader_init(f->data, f->size, f->path, err);
    r.pos = key->at;
    return r;
}

static bool missing(const GgufFile *g, const char *name, Err *err) {
    return err_set(err, ERR_FORMAT, 0, "%s: %s: found no such key",
                   g->file->path, name);
}

static bool wrong_type(const GgufFile *g, const GgufKey *key, const char *name,
                       const char *need, Err *err) {
    return err_set(err, ERR_FORMAT, key->at, "%s: %s: found %s%s, need %s",
                   g->file->path, name, key->is_array ? "an array of " : "",
                   type_name(key->type), need);
}

static bool is_whole_type(GgufType type) {
    return type == GGUF_U64 || type == GGUF_U32 || type == GGUF_I32;
}

static uint64_t read_whole(Reader *r, const GgufKey *key, const char *name) {
    return key->type == GGUF_U64 ? reader_u64(r, name) : reader_u32(r, name);
}

/* The number itself or, where there is one for each layer, the number that all
 * of them are. */
static bool one_number(Reader *r, const GgufKey *key, const char *name,
                       uint64_t *out) {
    *out = read_whole(r, key, name);
    for (size_t i = 1; i < key->n && r->ok; i++) {
        const uint64_t n = read_whole(r, key, name);
        if (n != *out)
            return reader_fail(r, name,
                               "found %llu and %llu, need the same in every "
                               "layer",
                               (unsigned long long)*out, (unsigned long long)n);
    }
    return r->ok;
}

bool gguf_count(const GgufFile *g, const char *name, int min, int max,
                int fallback, int *out, Err *err) {
    const GgufKey *key = gguf_key(g, name);
    *out = fallback;
    if (!key) return fallback != GGUF_REQUIRED || missing(g, name, err);
    if (!is_whole_type(key->type) || key->n == 0)
        return wrong_type(g, key, name, "u32, u64 or i32", err);
    Reader r = gguf_reader(g, key, err);
    uint64_t n;
    if (!one_number(&r, key, name, &n)) return false;
    const long long found =
        key->type == GGUF_I32 ? (long long)(int32_t)n : (long long)n;
    if ((n < (uint64_t)min || n > (uint64_t)max) && min == max)
        return reader_fail(&r, name, "found %lld, need %d", found, min);
    if (n < (uint64_t)min || n > (uint64_t)max)
        return reader_fail(&r, name, "found %lld, need %d..%d", found, min,
                           max);
    *out = (int)n;
    return true;
}

bool gguf_float(const GgufFile *g, const char *name, float fallback, float *out,
                Err *err) {
    const GgufKey *key = gguf_key(g, name);
    *out = fallback;
    if (!key) return fallback != GGUF_REQUIRED || missing(g, name, err);
    if (key->type != GGUF_F32 || key->n == 0)
        return wrong_type(g, key, name, "f32", err);
    Reader r = gguf_reader(g, key, err);
    *out = reader_f32(&r, name);
    for (size_t i = 1; i < key->n && r.ok; i++)
        if (reader_f32(&r, name) != *out)
            return reader_fail(&r, name,
                               "found different numbers, need the same in "
                               "every layer");
    if (!r.ok) return false;
    if (isfinite(*out) && *out > 0) return true;
    return reader_fail(&r, name, "found %g, need more than 0", (double)*out);
}

bool gguf_flag(const GgufFile *g, const char *name, bool fallback, bool *out,
               Err *err) {
    const GgufKey *key = gguf_key(g, name);
    *out = fallback;
    if (!key) return true;
    if (key->is_array || key->type != GGUF_BOOL)
        return wrong_type(g, key, name, "bool", err);
    Reader r = gguf_reader(g, key, err);
    *out = reader_u8(&r, name);
    return true;
}

bool gguf_text(const GgufFile *g, const char *name, const char *fallback,
               GgufText *out, Err *err) {
    const GgufKey *key = gguf_key(g, name);
    if (!key && !fallback) return missing(g, name, err);
    if (!key) {
        *out = (GgufText){fallback, strlen(fallback)};
        return true;
    }
    if (key->is_array || key->type != GGUF_STRING)
        return wrong_type(g, key, name, "string", err);
    Reader r = gguf_reader(g, key, err);
    *out = gguf_take_text(&r, name);
    return r.ok;
}

const GgufKey *gguf_array(const GgufFile *g, const char *name, GgufType type,
                          size_t n, Err *err) {
    const GgufKey *key = gguf_key(g, name);
    if (!key) {
        missing(g, name, err);
        return NULL;
    }
    if (!key->is_array || key->type != type) {
        char need[24];
        snprintf(need, sizeof need, "an array of %s", type_name(type));
        wrong_type(g, key, name, need, err);
        return NULL;
    }
    if (key->n == n) return key;
    err_set(err, ERR_FORMAT, key->at, "%s: %s: found %zu elements, need %zu",
            g->file->path, name, key->n, n);
    return NULL;
}
