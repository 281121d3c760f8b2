/* STUDY_PLACED: what the rows of two positions give to q·k, where positions are
 * rows that are added to the tokens' and nothing turns.
 *
 *     q = q_place + q_rest,   k = k_place + k_rest
 *     q · k = q_place · k_place + q_place · k_rest
 *             + q_rest · k_place + q_rest · k_rest
 *
 * q_place is the position's row on its way along the residual stream to the
 * head's query, through nothing but norms and the query's matrix: linear, once
 * what norms divide by is held at what it is in this run.  What heads and MLPs
 * made of it before is in q_rest, as the token's row and the biases are.
 * Source: Ke et al. 2020, "Rethinking positional encoding in language
 * pre-training", arXiv:2006.15595, eq. 6, for the first layer. */
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/study/study_meet.h"
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of the two, and room for its rows. */
typedef struct Walk {
    const StudyWork *w;
    int pos;
    double *v;  /* [D] the row, as far as it has come */
    float *row; /* [D] */
} Walk;

/* Through a norm: the mean is taken off it, it is divided and stretched. */
static void pass_norm(Walk *k, const ArchOp *gain, int layer) {
    const Config *c = trace_config(k->w->trace);
    const ArchOp *divide = arch_op(c->arch, gain->in[0]);
    const Tensor *weight =
        model_tensor(trace_model(k->w->trace), gain->weight, layer);
    const double scale = k->w->row(k->w, divide->in[1], layer, k->pos)[0];
    double mean = 0;
    for (int i = 0; i < c->dim; i++)
        mean += k->v[i] / c->dim;
    if (arch_norm_mean(c->arch, divide->in[1]) == SITE_NONE) mean = 0;
    kern_row(k->row, weight, 0);
    for (int i = 0; i < c->dim; i++)
        k->v[i] = k->row[i] * (k->v[i] - mean) / scale;
}

/* What is left of the position's row in a site of the stream, or in a norm of
 * it.  A vector that was put in from another run has none of it. */
static void reach(Walk *k, Site site, int layer) {
    const StudyWork *w = k->w;
    const Config *c = trace_config(w->trace);
    const ArchOp *op = arch_op(c->arch, site);
    const bool first = op->part == ARCH_START;
    if (!first && taken_patch(trace_taken(w->trace), site, layer, 0, k->pos)) {
        memset(k->v, 0, (size_t)c->dim * sizeof *k->v);
        return;
    }
    if (op->kind == OP_ADD &&
        arch_op(c->arch, op->in[1])->kind == OP_POSITION) {
        const float *row = w->row(w, op->in[1], 0, k->pos);
        for (int i = 0; i < c->dim; i++)
            k->v[i] = row[i];
    } else if (op->kind == OP_ENTER && layer > 0) {
        reach(k, op->in[1], layer - 1);
    } else if (op->kind == OP_GAIN) {
        reach(k, arch_op(c->arch, op->in[0])->in[0], layer);
        pass_norm(k, op, layer);
    } else {
        reach(k, op->in[0], layer);
    }
}

/* The head's K numbers that the matrix makes of it. */
static bool place_of(const StudyWork *w, Site site, int layer, int head,
                     int pos, double *out) {
    const Config *c = trace_config(w->trace);
    const ArchOp *op = arch_op(c->arch, site);
    const size_t dim = (size_t)c->dim;
    Walk k = {.w = w,
              .pos = pos,
              .v = calloc(dim, sizeof *k.v),
              .row = malloc(dim * sizeof *k.row)};
    const bool ok = k.v && k.row;
    if (ok) {
        const Tensor *m =
            model_tensor(trace_model(w->trace), op->weight, layer);
        reach(&k, op->in[0], layer);
        for (int i = 0; i < c->head_dim; i++) {
            kern_row(k.row, m, head * c->head_dim + i);
            out[i] = 0;
            for (int j = 0; j < c->dim; j++)
                out[i] += k.row[j] * k.v[j];
        }
    }
    free(k.v);
    free(k.row);
    return ok;
}

/* Of a query or a key, what comes of its place, or the rest. */
static bool part_of(const StudyWork *w, Site site, int layer, int head, int pos,
                    bool place, double *out) {
    const int K = trace_config(w->trace)->head_dim;
    if (!place_of(w, site, layer, head, pos, out)) return false;
    const float *all = w->row(w, site, layer, pos) + (size_t)head * (size_t)K;
    for (int i = 0; !place && i < K; i++)
        out[i] = all[i] - out[i];
    return true;
}

static const char *const names[2] = {"the rest", "its place"};

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const int K = c->head_dim, group = c->n_heads / c->n_kv_heads;
    const StudyPair p = study_pair_of(w, key);
    const ArchOp *scores = arch_op(c->arch, SITE_ATTN_SCORES);
    double q[CONFIG_HEAD_DIM_MAX] = {0}, k[CONFIG_HEAD_DIM_MAX] = {0};
    const bool of_query = key.a & STUDY_PLACE_OF_QUERY;
    const bool of_key = key.a & STUDY_PLACE_OF_KEY;
    if (!c->arch->learned_positions || p.key >= trace_n_keys(w->trace, p.query))
        return NULL;
    if (!part_of(w, scores->in[0], key.layer, p.head, p.query, of_query, q) ||
        !part_of(w, scores->in[1], key.layer, p.head / group, p.key, of_key, k))
        return NULL;
    Explain *ex = study_explain_open(K);
    if (!ex) return NULL;
    double lost = 0;
    for (int i = 0; i < K; i++) {
        study_explain_term(ex, i, (float)q[i], (float)k[i], q[i] * k[i]);
        lost += fabs(q[i] * k[i]);
    }
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_ELEMENT;
    ex->row = p.head;
    ex->col = p.key;
    ex->a_role = SITE_ROLE_QUERY;
    ex->b_role = SITE_ROLE_KEY;
    snprintf(ex->a_name, sizeof ex->a_name, "query: %s", names[of_query]);
    snprintf(ex->b_name, sizeof ex->b_name, "key: %s", names[of_key]);
    snprintf(ex->formula, sizeof ex->formula, FORMULA("\\sum q_i k_i"));
    study_explain_step(ex, study_explain_sum(ex), "Σ of %d products", K);
    study_explain_finish(ex, key, (float)ex->total, STUDY_UNIT, bytes);
    ex->bound = lost * STUDY_UNIT + 1e-30;
    return ex;
}

const StudyKindInfo study_kind_placed = {
    .name = "placed", .make = make, .close = study_explain_close};
