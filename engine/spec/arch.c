/* Questions to an architecture's tables, each a walk along one of them. */
#include "engine/spec/arch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ARCH_ADDRESS(NAME) &arch_##NAME,
static const Arch *const archs[] = {ARCH_LIST(ARCH_ADDRESS)};
enum { ARCHS = sizeof archs / sizeof *archs };

const Arch *arch_find(const char *name, size_t n) {
    for (int i = 0; i < ARCHS; i++)
        if (strlen(archs[i]->name) == n && memcmp(archs[i]->name, name, n) == 0)
            return archs[i];
    return NULL;
}

#define ARCH_SPACE(NAME) " " #NAME
const char *arch_names(void) {
    static const char all[] = ARCH_LIST(ARCH_SPACE);
    return all + 1;
}

void arch_names_gguf(char *out, size_t size) {
    size_t n = 0;
    for (int i = 0; i < ARCHS && n < size; i++)
        if (!archs[i]->hf_only)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "",
                                  archs[i]->name);
}

/* ---- sites --------------------------------------------------------------- */

bool arch_predicts(const Arch *a) {
    return arch_op(a, SITE_LOGITS) != NULL;
}

int arch_ahead(const Arch *a) {
    return a->causal ? 1 : 0;
}

const ArchOp *arch_op(const Arch *a, Site site) {
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].out == site) return &a->ops[i];
    return NULL;
}

int arch_order(const Arch *a, Site site) {
    const ArchOp *op = arch_op(a, site);
    assert(op);
    return (int)(op - a->ops);
}

SiteMask arch_sites(const Arch *a) {
    SiteMask mask = 0;
    for (int i = 0; i < a->n_ops; i++)
        mask |= SITE_BIT(a->ops[i].out);
    return mask;
}

SiteMask arch_part_sites(const Arch *a, ArchPart part) {
    SiteMask mask = 0;
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].part == part) mask |= SITE_BIT(a->ops[i].out);
    return mask;
}

SiteMask arch_kind_sites(const Arch *a, OpKind kind) {
    SiteMask mask = 0;
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].kind == kind) mask |= SITE_BIT(a->ops[i].out);
    return mask;
}

SiteMask arch_up_to(const Arch *a, Site site) {
    SiteMask mask = 0;
    for (int i = arch_order(a, site); i >= 0; i--)
        mask |= SITE_BIT(a->ops[i].out);
    return mask;
}

/* The operation that a layer begins with. */
static const ArchOp *enter_op(const Arch *a) {
    const ArchOp *op = a->ops;
    while (op->kind != OP_ENTER)
        op++;
    return op;
}

Site arch_last_in_layer(const Arch *a, SiteMask mask) {
    const ArchOp *op = enter_op(a);
    Site last = op->out;
    for (; op < a->ops + a->n_ops && op->part == ARCH_LAYER; op++)
        if (mask & SITE_BIT(op->out)) last = op->out;
    return last;
}

Site arch_stage_end(const Arch *a, Site site) {
    const ArchOp *op = arch_op(a, site);
    while (!op->ends_stage && op + 1 < a->ops + a->n_ops)
        op++;
    return op->out;
}

Site arch_norm_mean(const Arch *a, Site scale) {
    const ArchOp *op = arch_op(a, scale);
    return op ? op->in[1] : SITE_NONE;
}

Site arch_stream_first(const Arch *a) {
    return enter_op(a)->in[0];
}

Site arch_stream_next(const Arch *a) {
    return enter_op(a)->in[1];
}

SiteMask arch_stream_sites(const Arch *a) {
    const ArchOp *op = enter_op(a);
    return SITE_BIT(op->out) | SITE_BIT(op->in[0]) | SITE_BIT(op->in[1]);
}

/* The layer's operation of a kind that reads a site. */
static const ArchOp *reads(const Arch *a, OpKind kind, Site site) {
    const ArchOp *op = a->ops;
    while (op->part != ARCH_LAYER || op->kind != kind || op->in[0] != site)
        op++;
    return op;
}

Site arch_stream_after(const Arch *a, Site sum) {
    if (!a->norm_after) return sum;
    return reads(a, OP_GAIN, reads(a, OP_NORMALIZE, sum)->out)->out;
}

bool arch_is_stream(const Arch *a, Site site) {
    if (arch_stream_sites(a) & SITE_BIT(site)) return true;
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].part == ARCH_LAYER && a->ops[i].kind == OP_ADD &&
            arch_stream_after(a, a->ops[i].out) == site)
            return true;
    return false;
}

SiteMask arch_cached_sites(const Arch *a) {
    return SITE_BIT(a->cached_key) | SITE_BIT(a->cached_value);
}

/* Whether everything made from a site is in mask, and something is. */
static bool leads_only_to(const Arch *a, Site site, SiteMask mask) {
    bool used = false;
    for (int i = 0; i < a->n_ops; i++)
        for (int k = 0; k < 2; k++)
            if (a->ops[i].in[k] == site) {
                used = true;
                if (!(mask & SITE_BIT(a->ops[i].out))) return false;
            }
    return used;
}

SiteMask arch_cache_path(const Arch *a) {
    SiteMask mask = arch_cached_sites(a);
    for (int i = a->n_ops - 1; i >= 0; i--)
        if (a->ops[i].part == ARCH_LAYER &&
            leads_only_to(a, a->ops[i].out, mask))
            mask |= SITE_BIT(a->ops[i].out);
    return mask;
}

/* ---- tensors ------------------------------------------------------------- */

const ArchTensor *arch_tensor(const Arch *a, TensorRole role) {
    for (int i = 0; i < a->n_tensors; i++)
        if (a->tensors[i].role == role) return &a->tensors[i];
    return NULL;
}

int arch_copies(const Config *c, TensorRole role) {
    const ArchTensor *t = arch_tensor(c->arch, role);
    if (!t || (c->tied && t->tied_to != TENSOR_NONE && !t->has_bias)) return 0;
    return t->per_layer ? c->n_layers : 1;
}

bool arch_has_bias(const Config *c, const ArchTensor *t) {
    return t->has_bias && !c->no_bias;
}

TensorRole arch_tensor_shared(const Config *c, TensorRole role) {
    const ArchTensor *t = arch_tensor(c->arch, role);
    return c->tied && t && t->has_bias ? t->tied_to : TENSOR_NONE;
}

int arch_dim_size(const Config *c, ArchDim dim) {
    switch (dim) {
    case ARCH_ONE:
        return 1;
    case ARCH_D:
        return c->dim;
    case ARCH_F:
        return c->hidden_dim;
    case ARCH_V:
        return c->vocab_size;
    case ARCH_S:
        return c->seq_len_max;
    case ARCH_K:
        return c->head_dim;
    case ARCH_HK:
        return c->n_heads * c->head_dim;
    case ARCH_GK:
        return c->n_kv_heads * c->head_dim;
    case ARCH_SEGMENTS:
        return 2;
    }
    return 0;
}

void arch_shape(const Config *c, TensorRole role, int *rows, int *cols) {
    const ArchTensor *t = arch_tensor(c->arch, role);
    *rows = arch_dim_size(c, t->rows);
    *cols = arch_dim_size(c, t->cols);
}

/* How many of the first `n` rows of the table come once a layer. */
static size_t n_per_layer(const Arch *a, int n) {
    size_t count = 0;
    for (int i = 0; i < n; i++)
        count += a->tensors[i].per_layer;
    return count;
}

/* The layers' lie together, layer by layer, where the first of them stands in
 * the table. */
size_t arch_tensor_index(const Config *c, TensorRole role, int layer) {
    const Arch *a = c->arch;
    const ArchTensor *t = arch_tensor(a, role);
    const size_t in_layer = n_per_layer(a, a->n_tensors);
    const size_t at = (size_t)(t - a->tensors);
    const size_t before = n_per_layer(a, (int)at);
    const size_t rest = (size_t)c->n_layers - 1;
    if (!t->per_layer) return at + before * rest;
    assert(layer >= 0 && layer < c->n_layers);
    return at + (size_t)layer * in_layer;
}

size_t arch_tensor_count(const Config *c) {
    const Arch *a = c->arch;
    const size_t in_layer = n_per_layer(a, a->n_tensors);
    return (size_t)a->n_tensors + in_layer * ((size_t)c->n_layers - 1);
}

void arch_tensor_name(const Arch *a, ArchNaming naming, TensorRole role,
                      int layer, char *out, size_t size) {
    const ArchTensor *t = arch_tensor(a, role);
    const char *stem = t->in[naming].stem;
    const char *before = naming == ARCH_HF ? a->hf_layers : "blk.";
    if (naming == ARCH_LLAMA2C && t->per_layer)
        snprintf(out, size, "%s.%d", stem, layer);
    else if (naming == ARCH_LLAMA2C)
        snprintf(out, size, "%s", stem);
    else if (t->per_layer)
        snprintf(out, size, "%s%d.%s.weight", before, layer, stem);
    else
        snprintf(out, size, "%s.weight", stem);
}

void arch_bias_name(char *tensor_name) {
    static const char *const ends[][2] = {{".weight", ".bias"},
                                          {".gamma", ".beta"}};
    const size_t n = strlen(tensor_name);
    for (int i = 0; i < 2; i++) {
        const size_t end = strlen(ends[i][0]);
        if (n < end || strcmp(tensor_name + n - end, ends[i][0]) != 0) continue;
        memcpy(tensor_name + n - end, ends[i][1], strlen(ends[i][1]) + 1);
        return;
    }
}
