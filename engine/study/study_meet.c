/* STUDY_MEET, SHIFTED, TURNED and DISTANCE: a query and a key of one head,
 * pair by pair. With a pair as a complex number, turned by the angle m t at
 * position m, Re(q e^(i m t) conj(k e^(i n t))) = Re(q conj(k) e^(i (m - n)
 * t)) so that a score depends on the two positions by their distance alone.
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864, eq. 16. */
#include "engine/study/study_meet.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Pairing {
    int layer, head, query, key;
    Site turned_q, turned_k, q, k; /* q, k: before they are turned */
    Site scores, pattern;
    bool turns, rotates; /* the architecture; and this run */
    double divisor;      /* of the stored scores */
} Pairing;

StudyKey study_meet_key(const Trace *t, int layer, int head, int query,
                        int key) {
    StudyKey at = study_raw_key(t, layer, head, query, key);
    at.kind = STUDY_MEET;
    return at;
}

static void find_sites(const Arch *a, Pairing *p) {
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->kind == OP_SOFTMAX) p->pattern = op->out;
        if (op->kind != OP_SCORES) continue;
        p->scores = op->out;
        p->turned_q = p->q = op->in[0];
        p->turned_k = p->k = op->in[1];
    }
    const ArchOp *q = arch_op(a, p->turned_q), *k = arch_op(a, p->turned_k);
    if (q->kind == OP_ROTATE) p->q = q->in[0];
    if (k->kind == OP_ROTATE) p->k = k->in[0];
    p->turns = q->kind == OP_ROTATE;
}

static Pairing pairing_of(const StudyWork *w, StudyKey key) {
    const Config *c = trace_config(w->trace);
    const StudyPair pair = study_pair_of(w, key);
    Pairing p = {.layer = key.layer,
                 .head = pair.head,
                 .query = pair.query,
                 .key = pair.key};
    const Edits *e = trace_edits(w->trace);
    find_sites(c->arch, &p);
    p.rotates = p.turns && !edits_left_out(e, EDIT_ROPE, p.layer, 0);
    p.divisor =
        edits_left_out(e, EDIT_RAW, p.layer, p.head) ? 1 : sqrt(c->head_dim);
    return p;
}

/* One head's K numbers of a row of queries, or of the keys it shares. */
static void read_head(const StudyWork *w, const Pairing *p, Site site,
                      bool is_query, float *out) {
    const Config *c = trace_config(w->trace);
    const int head =
        is_query ? p->head : p->head / (c->n_heads / c->n_kv_heads);
    const float *row = w->row(w, site, p->layer, is_query ? p->query : p->key);
    memcpy(out, row + (size_t)head * (size_t)c->head_dim,
           (size_t)c->head_dim * sizeof *out);
}

/* What one pair adds at this distance. */
static double pair_at(const float *q, const float *k, double angle) {
    const double same = (double)q[0] * k[0] + (double)q[1] * k[1];
    const double across = (double)q[1] * k[0] - (double)q[0] * k[1];
    return same * cos(angle) - across * sin(angle);
}

/* Both turned, each by its own angle, then multiplied. */
static double pair_turned(const float *q, double q_angle, const float *k,
                          double k_angle) {
    const double q0 = q[0] * cos(q_angle) - q[1] * sin(q_angle);
    const double q1 = q[0] * sin(q_angle) + q[1] * cos(q_angle);
    const double k0 = k[0] * cos(k_angle) - k[1] * sin(k_angle);
    const double k1 = k[0] * sin(k_angle) + k[1] * cos(k_angle);
    return q0 * k0 + q1 * k1;
}

/* ---- how they meet ------------------------------------------------------- */

typedef struct Block {
    StudyMeet m;
    float *floats;
    double *doubles;
    int *order;
} Block;

static StudyMeet *allocate(int K, Block *b, uint64_t *bytes) {
    const size_t k = (size_t)K, pairs = k / 2;
    *bytes = sizeof(StudyMeet) + 2 * pairs * sizeof(double) +
             5 * k * sizeof(float) + pairs * sizeof(int);
    StudyMeet *out = calloc(1, *bytes);
    if (!out) return NULL;
    b->doubles = (double *)(void *)(out + 1);
    b->floats = (float *)(void *)(b->doubles + 2 * pairs);
    b->order = (int *)(void *)(b->floats + 5 * k);
    *out = (StudyMeet){.size = K,
                       .n_pairs = K / 2,
                       .q = b->floats,
                       .k = b->floats + k,
                       .turned_q = b->floats + 2 * k,
                       .turned_k = b->floats + 3 * k,
                       .products = b->floats + 4 * k,
                       .adds = b->doubles,
                       .turn = b->doubles + pairs,
                       .order = b->order};
    return out;
}

static void fill_pairs(const Config *c, const Pairing *p, Block *b,
                       StudyMeet *out) {
    for (int i = 0; i < out->n_pairs; i++) {
        const int at = 2 * i;
        double sum = 0;
        for (int j = at; j < at + 2; j++) {
            const double x = (double)out->turned_q[j] * out->turned_k[j];
            b->floats[4 * out->size + j] = (float)x;
            sum += x;
        }
        b->doubles[i] = sum;
        b->doubles[out->n_pairs + i] = p->rotates ? rope_freq(c, i) : 0;
        out->raw += sum;
        out->moved += pair_turned(
            out->q + at,
            (p->query + STUDY_MOVED) * b->doubles[out->n_pairs + i],
            out->k + at, (p->key + STUDY_MOVED) * b->doubles[out->n_pairs + i]);
    }
}

static void sort_pairs(const double *adds, int *order, int n) {
    for (int i = 0; i < n; i++) {
        int at = i;
        while (at > 0 && fabs(adds[order[at - 1]]) < fabs(adds[i])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

static void *make_meet(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const Pairing p = pairing_of(w, key);
    const int n_keys = trace_n_keys(w->trace, p.query);
    Block b;
    if (p.key >= n_keys) return NULL; /* masked */
    StudyMeet *out = allocate(c->head_dim, &b, bytes);
    if (!out) return NULL;
    const size_t k = (size_t)c->head_dim;
    read_head(w, &p, p.q, true, b.floats);
    read_head(w, &p, p.k, false, b.floats + k);
    read_head(w, &p, p.turned_q, true, b.floats + 2 * k);
    read_head(w, &p, p.turned_k, false, b.floats + 3 * k);
    fill_pairs(c, &p, &b, out);
    sort_pairs(b.doubles, b.order, out->n_pairs);
    const size_t at = (size_t)p.head * (size_t)n_keys + (size_t)p.key;
    out->score = w->row(w, p.scores, p.layer, p.query)[at];
    out->weight = w->row(w, p.pattern, p.layer, p.query)[at];
    return out;
}

/* ---- how they would meet elsewhere --------------------------------------- */

/* One pair turned to the angle of a position. */
static void turn_pair(const float *x, double angle, float *out) {
    out[0] = (float)(x[0] * cos(angle) - x[1] * sin(angle));
    out[1] = (float)(x[0] * sin(angle) + x[1] * cos(angle));
}

/* Both vectors turned to these positions; pairs and the sum in double. */
static void fill_shifted(const Config *c, const Pairing *p, int query, int key,
                         Block *b, StudyMeet *out) {
    float *turned_q = b->floats + 2 * (size_t)out->size;
    float *turned_k = turned_q + out->size;
    float *products = turned_k + out->size;
    for (int i = 0; i < out->n_pairs; i++) {
        const int at = 2 * i;
        const double turn = p->rotates ? rope_freq(c, i) : 0;
        turn_pair(out->q + at, query * turn, turned_q + at);
        turn_pair(out->k + at, key * turn, turned_k + at);
        for (int j = at; j < at + 2; j++)
            products[j] = out->turned_q[j] * out->turned_k[j];
        b->doubles[i] =
            pair_turned(out->q + at, query * turn, out->k + at, key * turn);
        b->doubles[out->n_pairs + i] = turn;
        out->raw += b->doubles[i];
    }
    out->moved = out->raw;
}

/* A score's share with the other keys' scores of the row as they are. */
static double share_of(const float *scores, int n, int key, double score) {
    double most = score, sum = 0;
    for (int i = 0; i < n; i++)
        if (i != key) most = fmax(most, (double)scores[i]);
    for (int i = 0; i < n; i++)
        sum += exp((i == key ? score : (double)scores[i]) - most);
    return exp(score - most) / sum;
}

/* Where both stand; false: nowhere. */
static bool places_of(const Pairing *p, StudyKey key, int *query, int *to) {
    const bool allowed =
        abs(key.a) <= STUDY_SHIFT_MAX && abs(key.b) <= STUDY_SHIFT_MAX;
    if (!allowed) return false;
    *to = p->key + key.a;
    *query = p->query + key.a + key.b;
    return *to >= 0 && *query >= 0;
}

static void *make_shifted(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const Pairing p = pairing_of(w, key);
    const int n_keys = trace_n_keys(w->trace, p.query);
    int query, to;
    Block b;
    if (p.key >= n_keys || !places_of(&p, key, &query, &to)) return NULL;
    StudyMeet *out = allocate(c->head_dim, &b, bytes);
    if (!out) return NULL;
    read_head(w, &p, p.q, true, b.floats);
    read_head(w, &p, p.k, false, b.floats + c->head_dim);
    fill_shifted(c, &p, query, to, &b, out);
    sort_pairs(b.doubles, b.order, out->n_pairs);
    const float *scores =
        w->row(w, p.scores, p.layer, p.query) + (size_t)p.head * (size_t)n_keys;
    out->score = (float)(out->raw / p.divisor);
    out->weight = (float)share_of(scores, n_keys, p.key, out->raw / p.divisor);
    return out;
}

/* Its score, or the weight that follows, opened: the products of what has been
 * turned. */
static Explain *open_shifted(const StudyWork *w, StudyKey key,
                             const StudyMeet *m, const Pairing *p) {
    int query = 0, to = 0;
    Explain *ex = study_explain_open(m->size);
    if (!ex) return NULL;
    places_of(p, key, &query, &to);
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_ELEMENT;
    ex->row = p->head;
    ex->col = p->key;
    ex->a_role = SITE_ROLE_QUERY;
    ex->b_role = SITE_ROLE_KEY;
    snprintf(ex->a_name, sizeof ex->a_name, "query at %d", query);
    snprintf(ex->b_name, sizeof ex->b_name, "key at %d", to);
    snprintf(ex->formula, sizeof ex->formula,
             "q · k / %s, q turned by φ = %d × θ, k by φ = %d × θ",
             p->divisor != 1 ? "√K" : "1", query, to);
    const int size = m->size; /* borrowed until the row is asked for */
    for (int i = 0; i < size; i++)
        study_explain_term(ex, i, m->turned_q[i], m->turned_k[i],
                           (double)m->turned_q[i] * (double)m->turned_k[i]);
    study_explain_before(
        ex,
        w->row(w, p->scores, p->layer,
               p->query)[(size_t)p->head *
                             (size_t)trace_n_keys(w->trace, p->query) +
                         (size_t)p->key],
        "the score where they stand");
    study_explain_step(ex, study_explain_sum(ex), "Σ of %d products", size);
    study_explain_step(ex, study_explain_sum(ex) / p->divisor,
                       p->divisor != 1 ? "÷ √%d: the score" : "the score",
                       size);
    return ex;
}

/* What f32 loses of the turned numbers, in the sum. */
static double lost_of(const StudyMeet *m) {
    double sum = 0;
    for (int i = 0; i < m->size; i++)
        sum += fabs((double)m->products[i]);
    return sum * (m->size + STUDY_ROUNDINGS) * STUDY_UNIT + 1e-30;
}

static void *make_shifted_cell(const StudyWork *w, StudyKey key,
                               uint64_t *bytes) {
    const bool of_weight = key.kind == STUDY_SHIFTED_WEIGHT;
    const Pairing p = pairing_of(w, key);
    StudyKey at = key;
    at.kind = STUDY_SHIFTED;
    const StudyMeet *m = w->made(w, at);
    if (!m) return NULL;
    const float shown = of_weight ? m->weight : m->score;
    const double lost = lost_of(m) / p.divisor;
    Explain *ex = open_shifted(w, key, m, &p);
    if (!ex) return NULL;
    if (of_weight) {
        const int n = trace_n_keys(w->trace, p.query);
        const float *scores =
            w->row(w, p.scores, p.layer, p.query) + (size_t)p.head * (size_t)n;
        study_explain_step(ex, share_of(scores, n, p.key, ex->total),
                           "softmax, %d other scores as they are", n - 1);
    }
    study_explain_finish(ex, key, shown, STUDY_UNIT, bytes);
    ex->bound = of_weight ? ex->total * (2 * lost + STUDY_UNIT) : lost;
    ex->matches = fabs(ex->total - (double)shown) <= ex->bound;
    return ex;
}

/* ---- one element, turned ------------------------------------------------- */

/* What stands for it in the picture is rounded to f32. */
static void *make_turned(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    int rows, cols;
    site_shape(key.site, c, 1, &rows, &cols);
    if (key.index < 0 || key.index >= rows * cols || key.a < 0) return NULL;
    const int pair = key.index / 2 * 2, odd = key.index % 2;
    const float *row = w->row(w, key.site, key.layer, key.pos);
    const bool rotates =
        !edits_left_out(trace_edits(w->trace), EDIT_ROPE, key.layer, 0);
    const double theta = rotates ? rope_freq(c, pair % c->head_dim / 2) : 0;
    const double angle = key.a * theta;
    const double a = odd ? sin(angle) : cos(angle);
    const double b = odd ? cos(angle) : -sin(angle);
    Explain *ex = row ? study_explain_open(2) : NULL;
    if (!ex) return NULL;
    ex->kind = EXPLAIN_ROTATE;
    snprintf(ex->a_name, sizeof ex->a_name, "before");
    snprintf(ex->b_name, sizeof ex->b_name, "turn");
    snprintf(ex->formula, sizeof ex->formula,
             odd ? "x0·sin φ + x1·cos φ, φ = m × θ"
                 : "x0·cos φ − x1·sin φ, φ = m × θ");
    study_explain_before(ex, key.a, "m: the position");
    study_explain_before(ex, theta, "θ: rad a position");
    study_explain_term(ex, pair, row[pair], (float)a, (double)row[pair] * a);
    study_explain_term(ex, pair + 1, row[pair + 1], (float)b,
                       (double)row[pair + 1] * b);
    study_explain_step(ex, study_explain_sum(ex), "Σ");
    return study_explain_finish(ex, key, (float)ex->total, STUDY_UNIT, bytes);
}

/* ---- at any distance ----------------------------------------------------- */

static void *make_distance(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const Pairing p = pairing_of(w, key);
    float q[CONFIG_HEAD_DIM_MAX], k[CONFIG_HEAD_DIM_MAX];
    const int n = study_n_distances(c);
    *bytes = (uint64_t)n * sizeof(float);
    float *out = p.turns ? malloc(*bytes) : NULL;
    if (!out) return NULL;
    read_head(w, &p, p.q, true, q);
    read_head(w, &p, p.k, false, k);
    for (int apart = 0; apart < n; apart++) {
        double sum = 0;
        for (int i = 0; i < c->head_dim; i += 2)
            sum += pair_at(q + i, k + i,
                           p.rotates ? apart * rope_freq(c, i / 2) : 0);
        out[apart] = (float)(sum / p.divisor);
    }
    return out;
}

const StudyKindInfo study_kind_meet = {.name = "meet", .make = make_meet};
const StudyKindInfo study_kind_shifted = {.name = "shifted",
                                          .make = make_shifted};
const StudyKindInfo study_kind_shifted_cell = {.name = "shifted cell",
                                               .make = make_shifted_cell,
                                               .close = study_explain_close};
const StudyKindInfo study_kind_shifted_weight = {.name = "shifted weight",
                                                 .make = make_shifted_cell,
                                                 .close = study_explain_close};
const StudyKindInfo study_kind_turned = {
    .name = "turned", .make = make_turned, .close = study_explain_close};
const StudyKindInfo study_kind_distance = {.name = "distance",
                                           .make = make_distance};
