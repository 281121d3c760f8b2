/* The header is JSON of a length that comes first; tensors follow it without
 * gaps and overlaps, which is checked: in either something could hide. */
#include "engine/format/safetensors.h"

#include "engine/base/guess.h"
#include "engine/base/jsonfile.h"
#include "engine/base/reader.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 8
/* A tensor's object, its two lists, and its values but the first of each. */
#define VALUES_PER_TENSOR 10

typedef struct SafeType {
    const char *name;
    uint64_t size_bytes;
} SafeType;

static const SafeType types[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
    {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8},
};

bool safetensors_sniff(const File *f) {
    static const char end[] = ".safetensors";
    size_t n = strlen(f->path), n_end = sizeof end - 1;
    if (n >= n_end && strcmp(f->path + n - n_end, end) == 0) return true;
    return f->size > LENGTH_BYTES + 1 &&
           memcmp(f->data + LENGTH_BYTES, "{\"", 2) == 0;
}

/* ---- one tensor ---------------------------------------------------------- */

/* "FILE: NAME.field: ..."; names may be long. */
static bool fail(const JsonFile *j, const SafetensorsEntry *e,
                 const char *field, const char *what) {
    return err_set(j->err, ERR_FORMAT, 0, "%s: %.64s.%s: %s", j->name, e->name,
                   field, what);
}

static const SafeType *read_type(const JsonFile *j, const json_t *object,
                                 const SafetensorsEntry *e) {
    const char *name = json_string_value(json_object_get(object, "dtype"));
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) return &types[i];
    fail(j, e, "dtype", "found no known type, need F32, F16 or BF16");
    return NULL;
}

/* A number that counts something. */
static bool read_count(const json_t *value, uint64_t *out) {
    json_int_t found = json_integer_value(value);
    *out = (uint64_t)found;
    return json_is_integer(value) && found >= 0;
}

/* Fills in the shape; *size: the bytes it asks for. */
static bool read_shape(const JsonFile *j, const json_t *object,
                       SafetensorsEntry *e, uint64_t *size) {
    const json_t *shape = json_object_get(object, "shape");
    const size_t n = json_array_size(shape);
    if (!json_is_array(shape) || n > SAFETENSORS_DIMS_MAX)
        return fail(j, e, "shape", "need a list of at most 8 numbers");
    for (size_t i = 0; i < n; i++) {
        if (!read_count(json_array_get(shape, i), &e->dims[i]))
            return fail(j, e, "shape", "need whole numbers from 0 on");
        if (!size_mul(*size, e->dims[i], size))
            return fail(j, e, "shape", "the product passes 64 bits");
    }
    e->n_dims = (int)n;
    return true;
}

/* Offsets in the data, which begins at data_at in the file. */
static bool read_place(const JsonFile *j, const json_t *object,
                       SafetensorsEntry *e, const File *f, uint64_t data_at,
                       uint64_t size) {
    const json_t *place = json_object_get(object, "data_offsets");
    uint64_t begin, end;
    if (json_array_size(place) != 2 ||
        !read_count(json_array_get(place, 0), &begin) ||
        !read_count(json_array_get(place, 1), &end))
        return fail(j, e, "data_offsets", "need two whole numbers from 0 on");
    if (begin > end || end > f->size - data_at)
        return fail(j, e, "data_offsets", "out of order or past the end");
    if (end - begin != size)
        return fail(j, e, "data_offsets",
                    "not the size that type and shape ask for");
    e->offset = data_at + begin;
    e->size_bytes = size;
    return true;
}

/* The three members that an entry has. */
#define ENTRY_MEMBERS 3

static bool read_entry(const JsonFile *j, const json_t *object,
                       SafetensorsEntry *e, const File *f, uint64_t data_at) {
    if (!json_is_object(object)) return fail(j, e, "entry", "need an object");
    const SafeType *type = read_type(j, object, e);
    if (!type) return false;
    uint64_t size = type->size_bytes;
    e->type = type->name;
    return read_shape(j, object, e, &size) &&
           read_place(j, object, e, f, data_at, size);
}

/* ---- all of them --------------------------------------------------------- */

static bool is_metadata(const char *name) {
    return strcmp(name, "__metadata__") == 0;
}

static bool check_metadata(const JsonFile *j) {
    json_t *metadata = json_object_get(j->root, "__metadata__");
    const char *key;
    json_t *value;
    if (!metadata) return true;
    bool ok = json_is_object(metadata);
    json_object_foreach(metadata, key, value) ok = ok && json_is_string(value);
    return ok || jsonfile_fail(j, ERR_FORMAT, "__metadata__",
                               "need an object of strings");
}

static bool allocate(Safetensors *s, const JsonFile *j) {
    size_t n = 0, names_size = 0;
    const char *name;
    json_t *value;
    json_object_foreach(j->root, name, value) {
        n++;
        names_size += strlen(name) + 1;
    }
    if (n > SAFETENSORS_TENSORS_MAX)
        return jsonfile_fail(j, ERR_LIMIT, "header",
                             "found %zu tensors, allowed %d", n,
                             SAFETENSORS_TENSORS_MAX);
    json_object_foreach(json_object_get(j->root, "__metadata__"), name, value) {
        n++;
        names_size += strlen(name) + 1;
    }
    const size_t size = (n + 1) * sizeof *s->entries; /* never 0 */
    s->entries = calloc(1, size);
    s->names = malloc(names_size + 1);
    if (s->entries && s->names) return true;
    return err_memory(j->err, j->name, size + names_size);
}

static bool read_entries(Safetensors *s, const JsonFile *j, const File *f,
                         uint64_t data_at, char **names_end) {
    char *names = s->names;
    const char *name;
    json_t *object;
    json_object_foreach(j->root, name, object) {
        if (is_metadata(name)) continue;
        size_t size = strlen(name) + 1;
        SafetensorsEntry *e = &s->entries[s->n++];
        e->name = memcpy(names, name, size);
        names += size;
        if (!read_entry(j, object, e, f, data_at)) return false;
        if (json_object_size(object) > ENTRY_MEMBERS)
            s->odd = "header: found unknown fields of tensors";
    }
    *names_end = names;
    return true;
}

/* __metadata__ may say for a name which tensor it shares.  Not among those that
 * cover the file, so called after that was checked; the names lie behind the
 * others'. */
static void add_aliases(Safetensors *s, const JsonFile *j, char *names) {
    char *at = names;
    const int n = s->n;
    const char *name;
    json_t *target;
    json_object_foreach(json_object_get(j->root, "__metadata__"), name,
                        target) {
        const char *shared = json_string_value(target);
        const SafetensorsEntry *of = NULL;
        bool is_there = false;
        for (int i = 0; i < n; i++) {
            is_there |= strcmp(s->entries[i].name, name) == 0;
            if (strcmp(s->entries[i].name, shared) == 0) of = &s->entries[i];
        }
        if (!of || is_there) continue;
        const size_t size = strlen(name) + 1;
        SafetensorsEntry *e = &s->entries[s->n++];
        *e = *of;
        e->name = memcpy(at, name, size);
        e->is_alias = true;
        at += size;
    }
}

static int by_place(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return (x->size_bytes > y->size_bytes) - (x->size_bytes < y->size_bytes);
}

static int by_name(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Each tensor begins where the one before ends, and the last ends the file. */
static bool check_cover(const Safetensors *s, const JsonFile *j, const File *f,
                        uint64_t data_at) {
    uint64_t at = data_at;
    qsort(s->entries, (size_t)s->n, sizeof *s->entries, by_place);
    for (int i = 0; i < s->n; i++) {
        const SafetensorsEntry *e = &s->entries[i];
        if (e->offset != at)
            return fail(j, e, "data_offsets",
                        e->offset < at ? "overlaps the tensor before"
                                       : "leaves a hole before");
        at += e->size_bytes;
    }
    if (at == f->size) return true;
    return jsonfile_fail(j, ERR_FORMAT, "size",
                         "found %llu bytes after the last tensor",
                         (unsigned long long)(f->size - at));
}

static bool read_header(Safetensors *s, const File *f, Err *err) {
    Reader r = reader_init(f->data, f->size, f->path, err);
    const uint64_t n = reader_u64(&r, "header length");
    const size_t left = reader_left(&r);
    const size_t max =
        left < SAFETENSORS_HEADER_MAX ? left : SAFETENSORS_HEADER_MAX;
    if (r.ok && (n < 2 || n > max)) {
        const char *what = guess_describe(f->data, f->size);
        return reader_fail(&r, "header length", "found %llu%s%s, need 2..%zu",
                           (unsigned long long)n, what ? " as in " : "",
                           what ? what : "", max);
    }
    const uint8_t *text = reader_take(&r, (size_t)n, "header");
    JsonFile j;
    if (!text || !jsonfile_open(
                     &j, f->path, text, (size_t)n,
                     VALUES_PER_TENSOR * (size_t)SAFETENSORS_TENSORS_MAX, err))
        return false;
    const uint64_t data_at = r.pos;
    if (text[0] != '{') s->odd = "header: found white space before it";
    char *names = NULL;
    bool ok = check_metadata(&j) && allocate(s, &j) &&
              read_entries(s, &j, f, data_at, &names) &&
              check_cover(s, &j, f, data_at);
    if (ok) add_aliases(s, &j, names);
    jsonfile_close(&j);
    return ok;
}

bool safetensors_open(Safetensors *s, const File *f, Err *err) {
    *s = (Safetensors){0};
    if (!read_header(s, f, err)) {
        safetensors_close(s);
        return false;
    }
    qsort(s->entries, (size_t)s->n, sizeof *s->entries, by_name);
    return true;
}

void safetensors_close(Safetensors *s) {
    free(s->entries);
    free(s->names);
    *s = (Safetensors){0};
}

const SafetensorsEntry *safetensors_find(const Safetensors *s,
                                         const char *name) {
    const SafetensorsEntry want = {.name = name};
    if (s->n == 0) return NULL;
    return bsearch(&want, s->entries, (size_t)s->n, sizeof *s->entries,
                   by_name);
}
