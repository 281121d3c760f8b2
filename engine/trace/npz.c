/* An .npz is a zip archive of .npy files: each a short header in Python's
 * notation, then the raw array.  libzip writes the archive into memory, from
 * where it goes to disk in one atomic save. */
#include "engine/trace/npz.h"

#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define NPY_HEADER_MAX 192
#define NPY_ALIGN      64 /* the data starts at a multiple of this */
#define NPZ_NAME_MAX   80
#define NPZ_SHOWN_MAX  16 /* of a wrong name, so that the right ones fit */

/* 1 January 1980, midnight: the zero of a zip's clock. */
#define DOS_DATE 0x0021
#define DOS_TIME 0

/* What a zip adds to its members: a header before each, one in the directory
 * (both followed by the name), and the end of the directory. */
#define ZIP_LOCAL_BYTES     30
#define ZIP_DIRECTORY_BYTES 46
#define ZIP_END_BYTES       22

static bool in_mask(Site s, SiteMask mask) {
    return (mask & SITE_BIT(s)) != 0;
}

/* ---- one array --------------------------------------------------------- */

typedef struct Shape {
    int n;
    int dim[3];
} Shape;

static Shape site_array_shape(Site site, const Config *c, int n_pos) {
    int rows, cols;
    site_shape(site, c, n_pos, &rows, &cols);
    if (site_info(site)->per_key) return (Shape){3, {rows, n_pos, n_pos}};
    if (site_info(site)->per_head) return (Shape){3, {n_pos, rows, cols}};
    return (Shape){2, {n_pos, rows * cols}};
}

static uint64_t shape_items(Shape s) {
    uint64_t n = 1;
    for (int i = 0; i < s.n; i++)
        n *= (uint64_t)s.dim[i];
    return n;
}

/* The .npy header: magic, version, length, a Python dictionary, padded with
 * spaces.  Returns its length.  Source: NumPy NEP 1. */
static size_t npy_header(uint8_t out[NPY_HEADER_MAX], char kind, Shape s) {
    static const uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    const size_t start = sizeof magic + 2;
    char dict[NPY_HEADER_MAX];
    int n =
        snprintf(dict, sizeof dict,
                 "{'descr': '<%c4', 'fortran_order': False, 'shape': (", kind);
    for (int i = 0; i < s.n; i++)
        n += snprintf(dict + n, sizeof dict - n, "%d, ", s.dim[i]);
    n += snprintf(dict + n, sizeof dict - n, "), }");

    size_t size = start + n + 1;
    size += (NPY_ALIGN - size % NPY_ALIGN) % NPY_ALIGN;
    memset(out, ' ', size);
    memcpy(out, magic, sizeof magic);
    out[sizeof magic] = (uint8_t)(size - start);
    out[sizeof magic + 1] = (uint8_t)((size - start) >> 8);
    memcpy(out + start, dict, n);
    out[size - 1] = '\n';
    return size;
}

static void put_u32(uint8_t *to, uint32_t v) {
    to[0] = (uint8_t)v;
    to[1] = (uint8_t)(v >> 8);
    to[2] = (uint8_t)(v >> 16);
    to[3] = (uint8_t)(v >> 24);
}

static void put_f32(uint8_t *to, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_u32(to, bits);
}

/* Puts the row of one position in its place.  [H, keys] goes to column pos of
 * [H, T, T]; keys it does not see get what masking gives them. */
static void put_row(uint8_t *data, const Trace *t, Site site, int layer,
                    int pos) {
    const float *x = trace_row(t, site, layer, pos);
    int n_pos = trace_n_pos(t), n_keys = trace_n_keys(t, pos), rows, cols;
    site_shape(site, trace_config(t), n_keys, &rows, &cols);
    if (!site_info(site)->per_key) {
        size_t n = (size_t)rows * cols;
        for (size_t i = 0; i < n; i++)
            put_f32(data + 4 * (pos * n + i), x[i]);
        return;
    }
    const Arch *a = trace_config(t)->arch;
    float unseen = arch_op(a, site)->kind == OP_SCORES ? -INFINITY : 0;
    for (int h = 0; h < rows; h++) {
        uint8_t *to = data + 4 * ((size_t)h * n_pos + pos) * n_pos;
        for (int key = 0; key < n_pos; key++)
            put_f32(to + 4 * (size_t)key,
                    key < n_keys ? x[(size_t)h * n_keys + key] : unseen);
    }
}

/* ---- the archive ------------------------------------------------------- */

typedef struct Npz {
    const Trace *t;
    zip_source_t *file; /* the archive's bytes, in memory */
    zip_t *zip;
    uint8_t **arrays; /* [n_arrays], the members; zip_close reads them */
    int n_arrays;
    const char *path; /* for messages */
    Err *err;
} Npz;

static bool zip_failed(Npz *z, zip_error_t *e) {
    bool memory = zip_error_code_zip(e) == ZIP_ER_MEMORY;
    return err_set(z->err, memory ? ERR_MEMORY : ERR_IO, 0, "%s: zip: %s",
                   z->path, zip_error_strerror(e));
}

static bool npz_open(Npz *z) {
    size_t n = 1 + (size_t)SITE_COUNT * trace_config(z->t)->n_layers;
    z->arrays = calloc(n, sizeof *z->arrays);
    if (!z->arrays) return err_memory(z->err, "npz", n * sizeof *z->arrays);
    zip_error_t e;
    zip_error_init(&e);
    z->file = zip_source_buffer_create(NULL, 0, 0, &e);
    if (z->file) z->zip = zip_open_from_source(z->file, ZIP_TRUNCATE, &e);
    if (z->zip)
        zip_source_keep(z->file); /* closing the archive drops its own hold */
    else
        zip_failed(z, &e);
    zip_error_fini(&e);
    return z->zip != NULL;
}

static void arrays_free(Npz *z) {
    for (int i = 0; i < z->n_arrays; i++)
        free(z->arrays[i]);
    free(z->arrays);
    z->arrays = NULL;
    z->n_arrays = 0;
}

static void npz_close(Npz *z) {
    if (z->zip) zip_discard(z->zip);
    zip_source_free(z->file);
    arrays_free(z);
}

/* Adds an array, to be filled before the archive is closed.  Returns where its
 * data goes, or NULL. */
static uint8_t *npz_add(Npz *z, const char *name, char kind, Shape shape) {
    uint8_t header[NPY_HEADER_MAX];
    size_t n_header = npy_header(header, kind, shape);
    uint64_t size = n_header + shape_items(shape) * 4;
    uint8_t *bytes = malloc(size);
    if (!bytes) {
        err_memory(z->err, "npz: array", size);
        return NULL;
    }
    z->arrays[z->n_arrays++] = bytes;
    memcpy(bytes, header, n_header);

    char member[NPZ_NAME_MAX];
    snprintf(member, sizeof member, "%s.npy", name);
    zip_source_t *source = zip_source_buffer(z->zip, bytes, size, 0);
    zip_int64_t i = -1;
    if (source) i = zip_file_add(z->zip, member, source, ZIP_FL_ENC_UTF_8);
    if (i < 0) zip_source_free(source);
    if (i < 0 || zip_set_file_compression(z->zip, i, ZIP_CM_STORE, 0) < 0 ||
        zip_file_set_dostime(z->zip, i, DOS_TIME, DOS_DATE, 0) < 0) {
        zip_failed(z, zip_get_error(z->zip));
        return NULL;
    }
    return bytes + n_header;
}

static bool npz_add_tokens(Npz *z) {
    int n_pos = trace_n_pos(z->t);
    uint8_t *data = npz_add(z, "tokens", 'i', (Shape){1, {n_pos}});
    for (int pos = 0; pos < n_pos && data; pos++)
        put_u32(data + 4 * (size_t)pos, (uint32_t)trace_token(z->t, pos));
    return data != NULL;
}

/* Adds the sites in mask, all being of this layer or all of the model.  The
 * last site is put first, so that a layer that must be run again is run to
 * its end at once. */
static bool npz_add_layer(Npz *z, SiteMask mask, int layer) {
    const Arch *a = trace_config(z->t)->arch;
    int n_pos = trace_n_pos(z->t);
    uint8_t *data[SITE_COUNT] = {0};
    for (int i = 0; i < a->n_ops; i++) {
        const Site s = a->ops[i].out;
        char name[NPZ_NAME_MAX];
        if (!in_mask(s, mask)) continue;
        site_name(s, layer, name, sizeof name);
        Shape shape = site_array_shape(s, trace_config(z->t), n_pos);
        data[s] = npz_add(z, name, 'f', shape);
        if (!data[s]) return false;
    }
    for (int pos = 0; pos < n_pos; pos++)
        for (int i = a->n_ops - 1; i >= 0; i--) {
            const Site s = a->ops[i].out;
            if (data[s]) put_row(data[s], z->t, s, layer, pos);
        }
    return true;
}

static bool npz_add_all(Npz *z, SiteMask mask) {
    bool ok = npz_add_tokens(z);
    const Arch *a = trace_config(z->t)->arch;
    const SiteMask of_layers = mask & arch_part_sites(a, ARCH_LAYER);
    for (int layer = 0; layer < trace_config(z->t)->n_layers && ok; layer++)
        ok = npz_add_layer(z, of_layers, layer);
    return ok && npz_add_layer(z, mask & ~of_layers, 0);
}

/* Finishes the archive and takes its bytes out of libzip. */
static void *npz_bytes(Npz *z, size_t *size) {
    if (zip_close(z->zip) < 0) {
        zip_failed(z, zip_get_error(z->zip));
        return NULL;
    }
    z->zip = NULL;
    arrays_free(z); /* copied: at its peak this takes twice the file's size */
    zip_stat_t stat;
    zip_stat_init(&stat);
    uint8_t *bytes = NULL;
    bool opened = zip_source_open(z->file) == 0;
    bool ok = opened && zip_source_stat(z->file, &stat) == 0;
    if (ok && !(bytes = malloc(stat.size)))
        err_memory(z->err, "npz: file", stat.size);
    if (bytes &&
        zip_source_read(z->file, bytes, stat.size) != (zip_int64_t)stat.size) {
        free(bytes);
        bytes = NULL;
        ok = false;
    }
    if (!ok) zip_failed(z, zip_source_error(z->file));
    if (opened) zip_source_close(z->file);
    *size = stat.size;
    return bytes;
}

bool npz_save(const Trace *t, SiteMask mask, const char *path, Err *err) {
    if (trace_n_pos(t) == 0)
        return err_set(err, ERR_USAGE, 0, "%s: found no token, need one", path);
    uint64_t need = npz_size(t, mask);
    if (need > NPZ_SIZE_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: size: found %llu bytes, need at most %llu; choose "
                       "fewer sites",
                       path, (unsigned long long)need, NPZ_SIZE_MAX);
    Npz z = {.t = t, .path = path, .err = err};
    size_t size = 0;
    void *bytes =
        npz_open(&z) && npz_add_all(&z, mask) ? npz_bytes(&z, &size) : NULL;
    npz_close(&z);
    bool ok = bytes && file_save(path, bytes, size, err);
    free(bytes);
    return ok;
}

/* ---- size -------------------------------------------------------------- */

static uint64_t member_size(const char *name, char kind, Shape shape) {
    uint8_t header[NPY_HEADER_MAX];
    return npy_header(header, kind, shape) + shape_items(shape) * 4 +
           ZIP_LOCAL_BYTES + ZIP_DIRECTORY_BYTES +
           2 * (strlen(name) + strlen(".npy"));
}

uint64_t npz_size(const Trace *t, SiteMask mask) {
    const Config *c = trace_config(t);
    int n_pos = trace_n_pos(t);
    uint64_t size =
        ZIP_END_BYTES + member_size("tokens", 'i', (Shape){1, {n_pos}});
    for (int i = 0; i < c->arch->n_ops; i++) {
        const Site s = c->arch->ops[i].out;
        if (!in_mask(s, mask)) continue;
        Shape shape = site_array_shape(s, c, n_pos);
        int n_layers = site_info(s)->per_layer ? c->n_layers : 1;
        for (int layer = 0; layer < n_layers; layer++) {
            char name[NPZ_NAME_MAX];
            site_name(s, layer, name, sizeof name);
            size += member_size(name, 'f', shape);
        }
    }
    return size;
}

/* ---- choosing sites ---------------------------------------------------- */

/* The shortest ending of the name that site_find takes: from a dot or a "hook_"
 * on, if it is unique, else without "blocks.N.". */
static const char *short_name(Site s) {
    static const char head[] = "blocks.%d.", hook[] = "hook_";
    const char *name = site_info(s)->name;
    if (site_info(s)->per_layer) name += sizeof head - 1;
    for (const char *p = name + strlen(name); p > name; p--) {
        const bool begins =
            p[-1] == '.' ||
            (p - name >= (int)sizeof hook - 1 &&
             strncmp(p - (sizeof hook - 1), hook, sizeof hook - 1) == 0);
        Site found;
        int layer;
        if (begins && site_find(p, &found, &layer)) return p;
    }
    return name;
}

static bool no_such_site(const char *list, size_t at, int n, Err *err) {
    char names[sizeof err->msg] = "all";
    for (int s = 0; s < SITE_COUNT; s++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, " %s", short_name((Site)s));
    }
    return err_set(err, ERR_USAGE, at, "sites: found \"%.*s\", need %s",
                   n < NPZ_SHOWN_MAX ? n : NPZ_SHOWN_MAX, list + at, names);
}

bool npz_parse_sites(const char *list, SiteMask *mask, Err *err) {
    *mask = 0;
    size_t at = 0;
    for (;;) {
        size_t n = strcspn(list + at, ",");
        char name[NPZ_NAME_MAX];
        Site s;
        int layer;
        snprintf(name, sizeof name, "%.*s", (int)n, list + at);
        if (strcmp(name, "all") == 0)
            *mask |= SITE_ALL;
        else if (n < sizeof name && site_find(name, &s, &layer))
            *mask |= SITE_BIT(s);
        else
            return no_such_site(list, at, (int)n, err);
        if (list[at + n] == '\0') return true;
        at += n + 1;
    }
}
