/* Counting a model's parameters, and the tensors of architectures that are
 * only counted here. */
#include "engine/spec/params.h"

#include <string.h>

int params_copies(const Config *c, const ArchTensor *t) {
    if (t->per_layer) return c->n_layers;
    return t->tied_to != TENSOR_NONE && c->tied && !t->has_bias ? 0 : 1;
}

uint64_t params_each(const Config *c, const ArchTensor *t) {
    const uint64_t rows = (uint64_t)arch_dim_size(c, t->rows);
    const uint64_t cols = (uint64_t)arch_dim_size(c, t->cols);
    const uint64_t bias = t->rows == ARCH_ONE ? cols : rows;
    const bool shared = t->tied_to != TENSOR_NONE && c->tied;
    return (shared ? 0 : rows * cols) + (arch_has_bias(c, t) ? bias : 0);
}

uint64_t params_of(const Config *c, const ArchTensor *t) {
    return (uint64_t)params_copies(c, t) * params_each(c, t);
}

uint64_t params_total(const Config *c) {
    uint64_t n = 0;
    for (int i = 0; i < c->arch->n_tensors; i++)
        n += params_of(c, &c->arch->tensors[i]);
    return n;
}

const char *params_part_name(ParamsPart part) {
    static const char *const text[PARAMS_PARTS] = {
        [PARAMS_EMBEDDING] = "embedding",
        [PARAMS_ATTENTION] = "attention",
        [PARAMS_MLP] = "MLP",
        [PARAMS_NORMS] = "norms",
        [PARAMS_OUTPUT] = "output"};
    return text[part];
}

static bool is_of_attention(SiteRole role) {
    return role == SITE_ROLE_QUERY || role == SITE_ROLE_KEY ||
           role == SITE_ROLE_VALUE || role == SITE_ROLE_MIXED;
}

ParamsPart params_part(const Arch *a, TensorRole role) {
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->weight != role) continue;
        if (op->kind == OP_GAIN) return PARAMS_NORMS;
        if (op->kind != OP_LINEAR) return PARAMS_EMBEDDING;
        if (op->part != ARCH_LAYER) return PARAMS_OUTPUT;
        return is_of_attention(site_role(op->out)) ||
                       is_of_attention(site_role(op->in[0]))
                   ? PARAMS_ATTENTION
                   : PARAMS_MLP;
    }
    return PARAMS_OUTPUT;
}

uint64_t params_of_part(const Config *c, ParamsPart part) {
    uint64_t n = 0;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (params_part(c->arch, t->role) == part) n += params_of(c, t);
    }
    return n;
}

const char *params_dim_text(ArchDim d) {
    static const char *const text[] = {
        [ARCH_ONE] = "1",  [ARCH_D] = "D",    [ARCH_F] = "F",
        [ARCH_V] = "V",    [ARCH_S] = "S",    [ARCH_K] = "K",
        [ARCH_HK] = "H·K", [ARCH_GK] = "G·K", [ARCH_SEGMENTS] = "2"};
    return text[d];
}

/* ---- counted, not run ---------------------------------------------------- */

/* clang-format off */
/* Of no role, as nothing here runs them; no files and nothing tied. */
#define ROW(ROWS, COLS, LAYER, BIAS) \
    {TENSOR_NONE, ROWS, COLS, LAYER, BIAS, TENSOR_NONE, {{0}}}
#define TABLE(ROWS)         ROW(ROWS, ARCH_D, false, false)
#define NORM(LAYER)         ROW(ARCH_ONE, ARCH_D, LAYER, true)
#define MATRIX(ROWS, COLS)  ROW(ROWS, COLS, true, true)
#define ATTENTION           MATRIX(ARCH_HK, ARCH_D), MATRIX(ARCH_GK, ARCH_D), \
                            MATRIX(ARCH_GK, ARCH_D), MATRIX(ARCH_D, ARCH_HK)
#define MLP                 MATRIX(ARCH_F, ARCH_D), MATRIX(ARCH_D, ARCH_F)

/* The first GPT normed after its blocks: there is no last norm. */
static const ArchTensor gpt[] = {
    TABLE(ARCH_V), TABLE(ARCH_S),
    NORM(true), ATTENTION, NORM(true), MLP,
};

static const ArchTensor bert[] = {
    TABLE(ARCH_V), TABLE(ARCH_S), TABLE(ARCH_SEGMENTS), NORM(false),
    ATTENTION, NORM(true), MLP, NORM(true),
    /* The pooler of the first token's vector. */
    ROW(ARCH_D, ARCH_D, false, true),
};
/* clang-format on */

enum { N_GPT = sizeof gpt / sizeof *gpt, N_BERT = sizeof bert / sizeof *bert };

static const Arch counted[] = {
    {.name = "gpt1", .title = "GPT", .tensors = gpt, .n_tensors = N_GPT},
    {.name = "bert", .title = "BERT", .tensors = bert, .n_tensors = N_BERT},
};

const Arch *params_arch(const char *name) {
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (strcmp(counted[i].name, name) == 0) return &counted[i];
    return arch_find(name, strlen(name));
}
