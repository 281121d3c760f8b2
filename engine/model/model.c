/* Opening a model: read by its format, checked, put in its place. */
#include "engine/model/model_private.h"

#include "engine/format/format.h"
#include "engine/spec/arch.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Model {
    File file;
    ModelFile parts; /* format, config, tensors */
    char *name;
    bool is_peek;
    /* Where a role's first tensor is, and from one layer to the next: every
     * product asks. */
    struct {
        size_t first, step;
    } at[TENSOR_ROLES];
};

/* ---- opening ------------------------------------------------------------- */

/* What a look at a file leaves out. */
static bool bring_weights(Model *m, const Watch *watch, Err *err) {
    return model_place(&m->parts, &m->file, watch, err) &&
           model_check_finite(&m->parts, &m->file, err);
}

static void find_roles(Model *m) {
    const Config *c = &m->parts.config;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        const bool is_tied = arch_copies(c, t->role) == 0;
        const TensorRole role = is_tied ? t->tied_to : t->role;
        m->at[t->role].first = arch_tensor_index(c, role, 0);
        if (t->per_layer && c->n_layers > 1)
            m->at[t->role].step =
                arch_tensor_index(c, role, 1) - m->at[t->role].first;
    }
}

/* What the model's name is made from: its file's, or what one in memory is
 * called by, as "bert" of "embedded:bert". */
static const char *named_after(const File *f) {
    const char *colon = f->borrowed ? strrchr(f->path, ':') : NULL;
    return colon ? colon + 1 : f->path;
}

/* Takes over *f, whatever the outcome. */
static Model *open_file(File *f, bool is_peek, const Watch *watch, Err *err) {
    Model *m = calloc(1, sizeof *m);
    if (!m) {
        err_memory(err, f->path, sizeof *m);
        file_close(f);
        return NULL;
    }
    m->file = *f;
    m->is_peek = is_peek;
    m->name = format_model_name(named_after(&m->file), err);
    if (m->name && format_read(&m->file, &m->parts, err) &&
        model_check_shapes(&m->parts, &m->file, err) &&
        (is_peek || bring_weights(m, watch, err))) {
        find_roles(m);
        return m;
    }
    model_close(m);
    return NULL;
}

static Model *open_path(const char *path, const Watch *watch, Err *err) {
    char found[PATH_MAX];
    File f;
    if (!format_path(path, found, sizeof found, err) ||
        !file_open(&f, found, FILE_SIZE_MAX, err))
        return NULL;
    return open_file(&f, false, watch, err);
}

Model *model_open(const char *path, Err *err) {
    return open_path(path, NULL, err);
}

Model *model_open_watched(const char *path, const Watch *watch, Err *err) {
    return open_path(path, watch, err);
}

Model *model_peek(const char *path, Err *err) {
    char found[PATH_MAX];
    File f;
    if (!format_path(path, found, sizeof found, err) ||
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

const char *model_doubt(const Model *m) {
    return m->parts.is_doubt ? m->parts.warning : NULL;
}

bool model_has_tokenizer(const Model *m) {
    return m->parts.has_tokenizer;
}

uint64_t model_tokenizer_sum(const Model *m) {
    return m->parts.tokenizer_sum;
}

const File *model_file(const Model *m) {
    return &m->file;
}

bool model_check(const Model *m, Err *err) {
    for (int i = 0; i < m->parts.n_shards; i++)
        if (!file_check(&m->parts.shards[i], err)) return false;
    return file_check(&m->file, err);
}

const Tensor *model_tensor(const Model *m, TensorRole role, int layer) {
    return &m->parts
                .tensors[m->at[role].first + m->at[role].step * (size_t)layer];
}

/* The tensors that are there, in index order: an absent one has size 0. */
uint64_t model_n_params(const Model *m) {
    uint64_t n = 0;
    for (size_t i = 0; i < arch_tensor_count(&m->parts.config); i++) {
        const Tensor *t = &m->parts.tensors[i];
        if (t->size_bytes && !t->is_shared)
            n += (uint64_t)t->rows * (uint64_t)t->cols;
        n += (uint64_t)tensor_bias_len(t);
    }
    return n;
}

uint64_t model_weight_bytes(const Model *m) {
    uint64_t n = 0;
    for (size_t i = 0; i < arch_tensor_count(&m->parts.config); i++)
        n += tensor_own_bytes(&m->parts.tensors[i]);
    return n;
}

/* Source: Fowler, Noll, Vo, FNV-1a (RFC 9923). */
static uint64_t hash_bytes(uint64_t hash, const uint8_t *p, uint64_t n) {
    for (uint64_t k = 0; k < n; k++)
        hash = (hash ^ p[k]) * 0x100000001B3u;
    return hash;
}

uint64_t model_checksum(const Model *m) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < arch_tensor_count(&m->parts.config); i++) {
        const Tensor *t = &m->parts.tensors[i];
        if (!t->is_shared) hash = hash_bytes(hash, t->data, t->size_bytes);
        hash = hash_bytes(hash, (const uint8_t *)t->bias,
                          (uint64_t)tensor_bias_len(t) * sizeof(float));
    }
    return hash;
}
