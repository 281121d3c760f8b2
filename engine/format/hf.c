/* From names in one file or several to tensors by role.  Shards are files of
 * the same folder and nothing else, whatever the index says. */
#include "engine/format/hf_private.h"

#include "engine/base/jsonfile.h"
#include "engine/base/reader.h"
#include "engine/format/safetensors.h"
#include "engine/spec/arch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HF_SHARDS_MAX     1024
#define HF_INDEX_SIZE_MAX (16u << 20)
#define MODEL_NAME        "model.safetensors"
#define INDEX_END         ".safetensors.index.json"

/* A tensor by its name, and which file it is in. */
typedef struct Named {
    const char *name;
    int shard;
} Named;

/* One file of tensors. */
typedef struct Shard {
    const File *file;
    Safetensors header;
} Shard;

typedef struct Hf {
    const File *f; /* the one opened */
    Err *err;
    ModelFile parts; /* in the making */
    Shard *shards;
    int n_shards;
    bool as_linear; /* what Transformers turns is not turned */
} Hf;

/* ---- paths --------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* The path of a file beside `path`. */
static bool beside(const char *path, const char *name, char out[PATH_MAX],
                   Err *err) {
    int dir = (int)(file_name(path) - path);
    int n = snprintf(out, PATH_MAX, "%.*s%s", dir, path, name);
    if (n >= 0 && n < PATH_MAX) return true;
    return err_set(err, ERR_IO, 0, "%.80s...: path: found %d bytes, allowed %d",
                   path, n, PATH_MAX - 1);
}

bool hf_sniff(const File *f) {
    return ends_with(f->path, INDEX_END) || safetensors_sniff(f);
}

/* ---- files --------------------------------------------------------------- */

/* A shard's name is a file of the same folder and nothing else. */
static bool is_plain_name(const char *name) {
    return *name && *name != '.' && !strchr(name, '/') &&
           ends_with(name, ".safetensors");
}

static bool is_open(const Hf *h, const char *name) {
    for (int i = 0; i < h->parts.n_shards; i++)
        if (strcmp(file_name(h->parts.shards[i].path), name) == 0) return true;
    return false;
}

static bool open_shard(Hf *h, const JsonFile *j, const char *name) {
    char path[PATH_MAX];
    ModelFile *p = &h->parts;
    if (!name || !is_plain_name(name))
        return jsonfile_fail(j, ERR_FORMAT, "weight_map",
                             "found \"%.64s\", need the name of a .safetensors "
                             "file in this folder",
                             name ? name : "");
    if (is_open(h, name)) return true;
    if (p->n_shards == HF_SHARDS_MAX)
        return jsonfile_fail(j, ERR_LIMIT, "weight_map",
                             "found more than %d files", HF_SHARDS_MAX);
    if (!beside(h->f->path, name, path, h->err) ||
        !file_open(&p->shards[p->n_shards], path, FILE_SIZE_MAX, h->err))
        return false;
    p->n_shards++;
    return true;
}

static bool open_shards(Hf *h, const JsonFile *j) {
    json_t *map = json_object_get(j->root, "weight_map"), *name;
    const char *tensor;
    if (json_object_size(map) == 0)
        return jsonfile_fail(j, ERR_FORMAT, "weight_map",
                             "need an object of names");
    h->parts.shards = calloc(HF_SHARDS_MAX, sizeof *h->parts.shards);
    if (!h->parts.shards)
        return err_memory(h->err, j->name,
                          HF_SHARDS_MAX * sizeof *h->parts.shards);
    json_object_foreach(map, tensor, name) {
        if (!open_shard(h, j, json_string_value(name))) return false;
    }
    return true;
}

/* The header of each file. */
static bool read_shards(Hf *h) {
    const bool is_split = h->parts.n_shards > 0;
    const int n = is_split ? h->parts.n_shards : 1;
    h->shards = calloc((size_t)n, sizeof *h->shards);
    if (!h->shards)
        return err_memory(h->err, h->f->path, (size_t)n * sizeof *h->shards);
    for (; h->n_shards < n; h->n_shards++) {
        Shard *s = &h->shards[h->n_shards];
        s->file = is_split ? &h->parts.shards[h->n_shards] : h->f;
        if (!safetensors_open(&s->header, s->file, h->err)) return false;
    }
    return true;
}

static const char *shard_name(const Hf *h, int shard) {
    return file_name(h->shards[shard].file->path);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

static int compare_named(const void *a, const void *b) {
    const Named *x = a, *y = b;
    const int order = compare_names(a, b);
    return order ? order : x->shard - y->shard;
}

/* What all files have, by name: each tensor once.  The caller frees; NULL and
 * err on failure. */
static Named *name_all(const Hf *h, size_t *n) {
    size_t total = 0;
    for (int i = 0; i < h->n_shards; i++)
        total += (size_t)h->shards[i].header.n;
    Named *all = calloc(total + 1, sizeof *all);
    if (!all) {
        err_memory(h->err, h->f->path, total * sizeof *all);
        return NULL;
    }
    *n = 0;
    for (int i = 0; i < h->n_shards; i++)
        for (int k = 0; k < h->shards[i].header.n; k++)
            all[(*n)++] = (Named){h->shards[i].header.entries[k].name, i};
    qsort(all, total, sizeof *all, compare_named);
    for (size_t i = 1; i < total; i++)
        if (strcmp(all[i - 1].name, all[i].name) == 0) {
            err_set(h->err, ERR_FORMAT, 0,
                    "%s: %.64s: found one, and another in %.64s",
                    h->shards[all[i].shard].file->path, all[i].name,
                    shard_name(h, all[i - 1].shard));
            free(all);
            return NULL;
        }
    return all;
}

/* A tensor may be in another file than the index says: it is found all the
 * same. */
static bool check_map(Hf *h, const JsonFile *j) {
    json_t *map = json_object_get(j->root, "weight_map"), *said;
    const char *tensor;
    size_t n;
    Named *all = name_all(h, &n);
    if (!all) return false;
    json_object_foreach(map, tensor, said) {
        const Named key = {tensor, 0};
        const Named *found = bsearch(&key, all, n, sizeof *all, compare_names);
        if (found &&
            strcmp(shard_name(h, found->shard), json_string_value(said)) != 0)
            model_file_doubt(&h->parts, h->f,
                             "weight_map: found %.48s in %.32s, not where "
                             "it says",
                             tensor, shard_name(h, found->shard));
    }
    free(all);
    return true;
}

static bool open_index(Hf *h) {
    const size_t values_max = (size_t)2 * SAFETENSORS_TENSORS_MAX;
    JsonFile j;
    if (h->f->size > HF_INDEX_SIZE_MAX)
        return err_set(h->err, ERR_LIMIT, 0,
                       "%s: size: found %zu bytes, allowed %u", h->f->path,
                       h->f->size, HF_INDEX_SIZE_MAX);
    if (!jsonfile_open(&j, h->f->path, h->f->data, h->f->size, values_max,
                       h->err))
        return false;
    bool ok = open_shards(h, &j) && read_shards(h) && check_map(h, &j);
    jsonfile_close(&j);
    return ok;
}

/* Five digits; -1: they are not. */
static int five_digits(const char *text) {
    int n = 0;
    for (int i = 0; i < 5; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        n = 10 * n + (text[i] - '0');
    }
    return n;
}

/* "model-00001-of-00003.safetensors": how many there are, and the length of
 * "model-"; 0: it is no such name. */
static int numbered(const char *name, int *stem) {
    const char *of = strstr(name, "-of-");
    if (!of || of - name < 6) return 0;
    *stem = (int)(of - name) - 5;
    const int number = five_digits(name + *stem), n = five_digits(of + 4);
    if (n < 0 || strcmp(of + 9, ".safetensors") != 0) return 0;
    return number >= 1 && number <= n && n <= HF_SHARDS_MAX ? n : 0;
}

/* Without an index the names say how many files there are. */
static bool open_numbered(Hf *h, int n, int stem) {
    ModelFile *p = &h->parts;
    p->shards = calloc((size_t)n, sizeof *p->shards);
    if (!p->shards)
        return err_memory(h->err, h->f->path, (size_t)n * sizeof *p->shards);
    for (; p->n_shards < n; p->n_shards++) {
        char name[PATH_MAX], path[PATH_MAX];
        snprintf(name, sizeof name, "%.*s%05d-of-%05d.safetensors", stem,
                 file_name(h->f->path), p->n_shards + 1, n);
        if (!beside(h->f->path, name, path, h->err) ||
            !file_open(&p->shards[p->n_shards], path, FILE_SIZE_MAX, h->err))
            return false;
    }
    return true;
}

static bool read_headers(Hf *h) {
    int stem = 0;
    size_t n;
    const int n_numbered = numbered(file_name(h->f->path), &stem);
    if (ends_with(h->f->path, INDEX_END)) return open_index(h);
    if (n_numbered > 0 && !open_numbered(h, n_numbered, stem)) return false;
    if (!read_shards(h)) return false;
    Named *all = name_all(h, &n);
    free(all);
    return all != NULL;
}

/* ---- tensors ------------------------------------------------------------- */

static bool find_type(const char *name, DType *out) {
    static const struct {
        const char *name;
        DType type;
    } types[] = {{"F32", DTYPE_F32}, {"F16", DTYPE_F16}, {"BF16", DTYPE_BF16}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) {
            *out = types[i].type;
            return true;
        }
    return false;
}

static bool fail(const Hf *h, const Shard *s, const Tensor *t,
                 const char *what) {
    return err_set(h->err, ERR_FORMAT, t->offset, "%s: %s: %s",
                   s ? s->file->path : h->f->path, t->name, what);
}

/* The whole that t is a part of, n_slices of which lie together. */
static bool has_shape(const Tensor *t, const SafetensorsEntry *e,
                      int n_slices) {
    const uint64_t rows = (uint64_t)t->rows * (uint64_t)n_slices;
    const uint64_t cols = (uint64_t)t->cols;
    const bool turned = t->stored == TENSOR_TRANSPOSED;
    if (t->rows == 1 && n_slices == 1)
        return e->n_dims == 1 && e->dims[0] == cols;
    return e->n_dims == 2 && e->dims[0] == (turned ? cols : rows) &&
           e->dims[1] == (turned ? rows : cols);
}

/* "[16, 8]" */
static void shape_text(const uint64_t *dims, int n, char *out, size_t size) {
    size_t len = (size_t)snprintf(out, size, "[");
    for (int i = 0; i < n && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%llu", i ? ", " : "",
                                (unsigned long long)dims[i]);
    if (len < size) snprintf(out + len, size - len, "]");
}

static bool fail_shape(const Hf *h, const Shard *s, const Tensor *t,
                       const SafetensorsEntry *e, int n_slices) {
    const bool turned = t->stored == TENSOR_TRANSPOSED;
    const uint64_t rows = (uint64_t)t->rows * (uint64_t)n_slices;
    const uint64_t cols = (uint64_t)t->cols;
    const uint64_t need[] = {turned ? cols : rows, turned ? rows : cols};
    const bool vector = t->rows == 1 && n_slices == 1;
    char found[64], needed[64], what[192];
    shape_text(e->dims, e->n_dims, found, sizeof found);
    shape_text(vector ? &cols : need, vector ? 1 : 2, needed, sizeof needed);
    snprintf(what, sizeof what, "shape: found %s, need %s by config.json",
             found, needed);
    return fail(h, s, t, what);
}

/* An entry and the file it is in; NULL: no file has it. */
static const SafetensorsEntry *find_exactly(const Hf *h, const char *name,
                                            const Shard **in) {
    for (int i = 0; i < h->n_shards; i++) {
        *in = &h->shards[i];
        const SafetensorsEntry *e = safetensors_find(&(*in)->header, name);
        if (e) return e;
    }
    return NULL;
}

/* What torch.compile puts before every name of what it compiled. */
#define COMPILED "_orig_mod."

/* The same with what may come before every name, or without; the name becomes
 * that under which it was found. */
static const SafetensorsEntry *find_entry(const Hf *h, char name[64],
                                          const Shard **in) {
    const char *prefix = h->parts.config.arch->hf_prefix;
    if (!prefix) prefix = "";
    const char *const before[][2] = {
        {"", prefix}, {"", ""}, {COMPILED, prefix}, {COMPILED, ""}};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        char full[128];
        if (snprintf(full, sizeof full, "%s%s%s", before[i][0], before[i][1],
                     name) >= 64)
            continue;
        const SafetensorsEntry *e = find_exactly(h, full, in);
        if (e) memcpy(name, full, strlen(full) + 1);
        if (e) return e;
    }
    return NULL;
}

/* The output matrix, or what is called so where the embedding is it, and its
 * name; NULL: there is none. */
static const SafetensorsEntry *find_output(const Hf *h, char name[64],
                                           const Shard **in) {
    const Arch *a = h->parts.config.arch;
    if (!arch_predicts(a)) return NULL;
    arch_tensor_name(a, ARCH_HF, TENSOR_CLASSIFIER, 0, name, 64);
    return find_entry(h, name, in);
}

/* The same of a norm by the name that it had before: LayerNorm.gamma. */
static const SafetensorsEntry *find_gamma(const Hf *h, char name[64],
                                          const Shard **in) {
    static const char now[] = "LayerNorm.weight", before[] = "LayerNorm.gamma";
    const size_t n = strlen(name), n_now = sizeof now - 1;
    char old[64];
    if (n < n_now || strcmp(name + n - n_now, now) != 0) return NULL;
    memcpy(old, name, n + 1);
    memcpy(old + n - n_now, before, sizeof before);
    const SafetensorsEntry *e = find_entry(h, old, in);
    if (e) memcpy(name, old, sizeof old);
    return e;
}

/* Of two tensors that are one, either may be the one that was stored: the one
 * that is tied to `role`, under its own name, which the tensor takes. */
static const SafetensorsEntry *find_tied(const Hf *h, TensorRole role,
                                         Tensor *t, const Shard **in) {
    const Config *c = &h->parts.config;
    for (int i = 0; c->tied && i < c->arch->n_tensors; i++) {
        char name[sizeof t->name];
        if (c->arch->tensors[i].tied_to != role) continue;
        arch_tensor_name(c->arch, ARCH_HF, c->arch->tensors[i].role, 0, name,
                         sizeof name);
        const SafetensorsEntry *e = find_entry(h, name, in);
        if (e) memcpy(t->name, name, sizeof name);
        if (e) return e;
    }
    return NULL;
}

/* The part of it that t is: of rows, or of columns where it is turned. */
static void take_slice(Tensor *t, const ArchStored *how, uint64_t size) {
    const uint64_t slice = (uint64_t)how->slice, n = (uint64_t)how->n_slices;
    const bool turned = t->stored == TENSOR_TRANSPOSED;
    t->stored_ld = t->rows * (n ? how->n_slices : 1);
    t->stored_first = t->rows * how->slice;
    t->size_bytes = n ? size / n : size;
    if (!n) return;
    t->offset += turned ? slice * (t->size_bytes / (uint64_t)t->cols)
                        : slice * t->size_bytes;
}

/* The entry of a tensor's bias, and its name. */
static const SafetensorsEntry *find_bias_entry(const Hf *h, TensorRole role,
                                               const Tensor *t, char name[64],
                                               const Shard **in) {
    const Arch *a = h->parts.config.arch;
    memcpy(name, t->name, sizeof t->name);
    if (t->is_shared) arch_tensor_name(a, ARCH_HF, role, 0, name, 64);
    arch_bias_name(name);
    const SafetensorsEntry *e = find_entry(h, name, in);
    if (e || role != TENSOR_CLASSIFIER || !a->hf_output_bias) return e;
    snprintf(name, 64, "%s", a->hf_output_bias);
    return find_entry(h, name, in);
}

/* The bias that belongs to a tensor that was found. */
static bool find_bias(Hf *h, TensorRole role, const ArchStored *how,
                      Tensor *t) {
    char name[sizeof t->name];
    const Shard *s = NULL;
    const uint64_t n_slices = how->n_slices ? (uint64_t)how->n_slices : 1;
    const uint64_t n = t->rows == 1 ? (uint64_t)t->cols : (uint64_t)t->rows;
    const SafetensorsEntry *e = find_bias_entry(h, role, t, name, &s);
    if (!e)
        return err_set(h->err, ERR_FORMAT, 0, "%s: %s: found none, need one",
                       h->f->path, name);
    if (!find_type(e->type, &t->bias_type) || e->n_dims != 1 ||
        e->dims[0] != n * n_slices)
        return err_set(h->err, ERR_FORMAT, e->offset,
                       "%s: %s: need %llu of F32, F16 or BF16", s->file->path,
                       name, (unsigned long long)(n * n_slices));
    t->bias_offset =
        e->offset + (uint64_t)how->slice * (e->size_bytes / n_slices);
    t->bias_data = s->file->data + t->bias_offset;
    if (s->file != h->f) t->bias_file = s->file;
    return true;
}

/* How a tensor lies in these files. */
static TensorStored stored_as(const Hf *h, const ArchStored *how) {
    return how->rows == TENSOR_TRANSPOSED && h->as_linear ? TENSOR_AS_IS
                                                          : how->rows;
}

/* One that is another's, which was found before, but for its bias. */
static bool share_tensor(Hf *h, TensorRole role, Tensor *t) {
    const Config *c = &h->parts.config;
    const TensorRole of = arch_tensor_shared(c, role);
    *t = h->parts.tensors[arch_tensor_index(c, of, 0)];
    t->is_shared = true;
    return find_bias(h, role, &arch_tensor(c->arch, role)->in[ARCH_HF], t);
}

/* Fills in one tensor. */
static bool find_tensor(Hf *h, TensorRole role, int layer) {
    const Config *c = &h->parts.config;
    const ArchTensor *row = arch_tensor(c->arch, role);
    const ArchStored *how = &row->in[ARCH_HF];
    const SafetensorsEntry *e = NULL;
    const Shard *s = NULL;
    Tensor *t = &h->parts.tensors[arch_tensor_index(c, role, layer)];
    if (arch_tensor_shared(c, role) != TENSOR_NONE)
        return share_tensor(h, role, t);
    arch_tensor_name(c->arch, ARCH_HF, role, layer, t->name, sizeof t->name);
    e = find_entry(h, t->name, &s);
    if (!e) e = find_gamma(h, t->name, &s);
    if (!e) e = find_tied(h, role, t, &s);
    if (!e) return fail(h, NULL, t, "found none, need one");
    arch_shape(c, role, &t->rows, &t->cols);
    t->offset = e->offset;
    if (s->file != h->f) t->file = s->file;
    t->stored = stored_as(h, how);
    if (!find_type(e->type, &t->type))
        return fail(h, s, t, "dtype: need F32, F16 or BF16");
    if (!has_shape(t, e, how->n_slices ? how->n_slices : 1))
        return fail_shape(h, s, t, e, how->n_slices ? how->n_slices : 1);
    if (t->stored == TENSOR_HALF_SPLIT) t->head_dim = c->head_dim;
    take_slice(t, how, e->size_bytes);
    t->data = s->file->data + t->offset;
    return !arch_has_bias(c, row) || find_bias(h, role, how, t);
}

/* Code that is not Transformers' has the same names and the matrices as they
 * are multiplied: told by the shape of one that is a part of a whole, which is
 * not square. */
static void find_layout(Hf *h) {
    const Config *c = &h->parts.config;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *row = &c->arch->tensors[i];
        const ArchStored *how = &row->in[ARCH_HF];
        char name[64];
        const Shard *s;
        if (how->rows != TENSOR_TRANSPOSED || how->n_slices < 2) continue;
        arch_tensor_name(c->arch, ARCH_HF, row->role, 0, name, sizeof name);
        const SafetensorsEntry *e = find_entry(h, name, &s);
        Tensor t = {.stored = TENSOR_AS_IS};
        arch_shape(c, row->role, &t.rows, &t.cols);
        h->as_linear = e && has_shape(&t, e, how->n_slices);
        return;
    }
}

static bool is_buffer(const Arch *a, const char *name) {
    for (int i = 0; a->hf_buffers && a->hf_buffers[i]; i++)
        if (ends_with(name, a->hf_buffers[i])) return true;
    return false;
}

static bool is_used_bias(const Hf *h, const Shard *s,
                         const SafetensorsEntry *e) {
    const size_t n = arch_tensor_count(&h->parts.config);
    for (size_t i = 0; i < n; i++)
        if (h->parts.tensors[i].bias_data == s->file->data + e->offset)
            return true;
    return false;
}

static bool is_used(const Hf *h, const Shard *s, const SafetensorsEntry *e) {
    const size_t n = arch_tensor_count(&h->parts.config);
    for (size_t i = 0; i < n; i++)
        if (h->parts.tensors[i].data == s->file->data + e->offset) return true;
    return false;
}

/* What files hold beside weights and no run needs: RoPE's speeds, which the
 * configuration gives; the output matrix of a model that has none of its own,
 * of which note_odd tells. */
static bool is_known(const Hf *h, const SafetensorsEntry *e) {
    const Config *c = &h->parts.config;
    const Shard *s;
    char output[64];
    return e->is_alias || is_buffer(c->arch, e->name) ||
           ends_with(e->name, ".rotary_emb.inv_freq") ||
           (c->tied && e == find_output(h, output, &s));
}

/* What nothing here uses would be part of another computation: a bias, a norm
 * more, layers past the number in config.json. */
static bool check_others(const Hf *h) {
    for (int i = 0; i < h->n_shards; i++)
        for (int k = 0; k < h->shards[i].header.n; k++) {
            const Shard *s = &h->shards[i];
            const SafetensorsEntry *e = &s->header.entries[k];
            if (!is_used(h, s, e) && !is_used_bias(h, s, e) && !is_known(h, e))
                return err_set(h->err, ERR_UNSUPPORTED, 0,
                               "%s: %.64s: found one, need none by config.json",
                               s->file->path, e->name);
        }
    return true;
}

#define COMPARED_PAGE  4096
#define COMPARED_PAGES 1024

/* Whether n bytes are the same: all of them, or, of many, pages from the first
 * to the last at even distances.  All of 100 MB twice would take 70 ms and,
 * not yet read, the disk's time; what another training left differs in every
 * page. */
static bool is_same(const uint8_t *a, const uint8_t *b, uint64_t n) {
    const uint64_t most = (uint64_t)COMPARED_PAGE * COMPARED_PAGES;
    if (n <= most) return memcmp(a, b, (size_t)n) == 0;
    for (uint64_t i = 0; i < COMPARED_PAGES; i++) {
        const uint64_t last = n - COMPARED_PAGE;
        const uint64_t at = last / (COMPARED_PAGES - 1) * i;
        const uint64_t from = i + 1 < COMPARED_PAGES ? at : last;
        if (memcmp(a + from, b + from, COMPARED_PAGE) != 0) return false;
    }
    return true;
}

/* Whether an entry has the numbers of the embedding. */
static bool is_embedding(const Hf *h, const Shard *s,
                         const SafetensorsEntry *e) {
    const Config *c = &h->parts.config;
    const Tensor *t =
        &h->parts.tensors[arch_tensor_index(c, TENSOR_TOKEN_EMBED, 0)];
    DType type;
    return find_type(e->type, &type) && type == t->type &&
           e->size_bytes == t->size_bytes &&
           is_same(s->file->data + e->offset, t->data, e->size_bytes);
}

/* What is read in spite of the format, or has no use. */
static void note_odd(Hf *h) {
    const Shard *s;
    char name[64];
    for (int i = 0; i < h->n_shards; i++)
        if (h->shards[i].header.odd)
            model_file_tolerate(&h->parts, h->shards[i].file, "%s",
                                h->shards[i].header.odd);
    if (!h->parts.config.tied) return;
    const SafetensorsEntry *e = find_output(h, name, &s);
    if (!e || e->is_alias || is_used(h, s, e)) return;
    const bool same = is_embedding(h, s, e);
    (same ? model_file_tolerate : model_file_doubt)(
        &h->parts, s->file,
        "%s: found %s, but config.json says tie_word_embeddings", name,
        same ? "one" : "one that is not the embedding");
}

static void note_unaligned(Hf *h) {
    const size_t n = arch_tensor_count(&h->parts.config);
    for (size_t i = 0; i < n; i++) {
        const Tensor *t = &h->parts.tensors[i];
        if (t->size_bytes > 0 && !tensor_is_aligned(t))
            model_file_tolerate(&h->parts, t->file ? t->file : h->f,
                                "%s: found at byte %llu, which is not aligned",
                                t->name, (unsigned long long)t->offset);
    }
}

static bool find_tensors(Hf *h) {
    const Config *c = &h->parts.config;
    const size_t n = arch_tensor_count(c);
    h->parts.tensors = calloc(n, sizeof *h->parts.tensors);
    if (!h->parts.tensors)
        return err_memory(h->err, h->f->path, n * sizeof *h->parts.tensors);
    find_layout(h);
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n_copies = arch_copies(c, (TensorRole)role);
        for (int layer = 0; layer < n_copies; layer++)
            if (!find_tensor(h, (TensorRole)role, layer)) return false;
    }
    note_odd(h);
    note_unaligned(h);
    return check_others(h);
}

/* The embedding and the output are one where only one of them was stored,
 * whichever that is. */
static void tie_if_alone(Hf *h) {
    const Shard *s;
    char embedding[64], output[64];
    arch_tensor_name(h->parts.config.arch, ARCH_HF, TENSOR_TOKEN_EMBED, 0,
                     embedding, sizeof embedding);
    h->parts.config.tied =
        !find_output(h, output, &s) || !find_entry(h, embedding, &s);
}

/* A file may be without the head. */
static void drop_head(Hf *h) {
    const Arch *a = h->parts.config.arch;
    const Shard *s;
    char name[64];
    if (!a->headless) return;
    arch_tensor_name(a, ARCH_HF, TENSOR_HEAD, 0, name, sizeof name);
    if (!find_entry(h, name, &s)) h->parts.config.arch = a->headless;
}

bool hf_read(const File *f, ModelFile *out, Err *err) {
    Hf h = {.f = f, .err = err};
    HfConfig read = {0};
    char config[PATH_MAX];
    h.parts.format = "safetensors";
    bool ok = beside(f->path, "config.json", config, err) &&
              hf_config_read(config, &read, err);
    h.parts.config = read.config;
    ok = ok && read_headers(&h);
    if (ok) drop_head(&h);
    if (ok && read.tied_if_alone) tie_if_alone(&h);
    ok = ok && find_tensors(&h);
    for (int i = 0; i < h.n_shards; i++)
        safetensors_close(&h.shards[i].header);
    free(h.shards);
    if (!ok) model_file_free(&h.parts);
    *out = h.parts;
    return ok;
}
