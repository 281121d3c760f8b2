/* What is studied of a BERT's predictions: the lens goes through its own head;
 * what parts add goes through every norm after them, and adds up; a part that
 * is off is off for the whole text.  Against the same arithmetic written down
 * here once more, in doubles, forwards. */
#include "engine/spec/arch.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_TOKENS 12
#define D_MAX    16

static void rig_open(StudyRig *r, const char *edits, uint64_t budget) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    tiny_family_now = TINY_BERT;
    study_rig_open(r, spec, budget, edits, N_TOKENS, STUDY_RIG_BUDGET);
    ck_assert_int_eq(r->config->dim, D_MAX);
}

/* ---- the head, in doubles ------------------------------------------------ */

/* (x - mean) / scale * gain + bias; `scale` < 0: x's own. */
static void norm(const StudyRig *r, TensorRole role, int layer, double scale,
                 bool biased, double *x) {
    double gain[D_MAX] = {0}, mean = 0, square = 0;
    for (int i = 0; i < D_MAX; i++)
        mean += x[i] / D_MAX;
    for (int i = 0; i < D_MAX; i++)
        square += (x[i] - mean) * (x[i] - mean);
    if (scale < 0) scale = sqrt(square / D_MAX + (double)r->config->norm_eps);
    study_rig_row(r, role, layer, 0, gain, D_MAX);
    for (int i = 0; i < D_MAX; i++)
        x[i] = (x[i] - mean) / scale * gain[i] +
               (biased ? study_rig_bias(r, role, layer, i) : 0);
}

static void dense(const StudyRig *r, bool biased, double *x) {
    double out[D_MAX], row[D_MAX];
    for (int i = 0; i < D_MAX; i++) {
        study_rig_row(r, TENSOR_HEAD, 0, i, row, D_MAX);
        out[i] = biased ? study_rig_bias(r, TENSOR_HEAD, 0, i) : 0;
        for (int k = 0; k < D_MAX; k++)
            out[i] += row[k] * x[k];
    }
    memcpy(x, out, sizeof out);
}

static double classify(const StudyRig *r, const double *x, int id) {
    double row[D_MAX], sum = 0;
    study_rig_row(r, TENSOR_CLASSIFIER, 0, id, row, D_MAX);
    for (int i = 0; i < D_MAX; i++)
        sum += row[i] * x[i];
    return sum;
}

static double share(double x) {
    return .5 * (1 + erf(x / sqrt(2)));
}

/* ---- the lens ------------------------------------------------------------ */

static void check_lens(StudyRig *r, Site site, int layer, int pos) {
    double x[D_MAX];
    memcpy(x, study_rig_wanted(r, site, layer, pos), sizeof x);
    dense(r, true, x);
    for (int i = 0; i < D_MAX; i++)
        x[i] *= share(x[i]);
    norm(r, TENSOR_FINAL_NORM, 0, -1, true, x);
    for (int id = 0; id < 300; id += 37) {
        const double want =
            classify(r, x, id) + study_rig_bias(r, TENSOR_CLASSIFIER, 0, id);
        study_rank(r->study, site, layer, pos, id);
        study_rig_make(r);
        const StudyRank *got = study_rank(r->study, site, layer, pos, id);
        ck_assert_double_eq_tol(got->logit, want, 1e-4 * fmax(1, fabs(want)));
    }
}

START_TEST(the_lens_goes_through_the_head) {
    StudyRig r;
    rig_open(&r, "", 0);
    for (int pos = 0; pos < N_TOKENS; pos += 5) {
        check_lens(&r, SITE_FULL_EMBED, 0, pos);
        for (int layer = 0; layer < 2; layer++) {
            check_lens(&r, SITE_LN1_OUT, layer, pos);
            check_lens(&r, SITE_RESID_NORMED, layer, pos);
        }
    }
    study_rig_close(&r);
}
END_TEST

START_TEST(the_lens_at_the_end_is_the_model) {
    StudyRig r;
    float logits[300];
    rig_open(&r, "", TRACE_BUDGET_DEFAULT);
    const Arch *a = r.config->arch;
    ck_assert_int_eq(arch_stream_after(a, SITE_RESID_MID), SITE_LN1_OUT);
    ck_assert_int_eq(arch_stream_after(a, SITE_RESID_POST),
                     arch_stream_next(a));
    ck_assert_int_eq(arch_stream_after(&arch_gpt2, SITE_RESID_MID),
                     SITE_RESID_MID);
    trace_lens(
        r.c.trace, 4,
        trace_row(r.c.trace, SITE_RESID_NORMED, r.config->n_layers - 1, 4),
        logits);
    ck_assert_mem_eq(logits, trace_row(r.c.trace, SITE_LOGITS, 0, 4),
                     sizeof logits);
    study_rig_close(&r);
}
END_TEST

/* ---- what parts add ------------------------------------------------------ */

/* What is left of a vector that the sum of a layer adds, where the logits are:
 * through all norms that follow, and the head, with what they divide by and let
 * through held.  after: 0 the layer's first sum, 1 its second; layer -1: the
 * embedding. */
static double pushed(StudyRig *r, const double *v, int layer, int sum, int pos,
                     int a, int b) {
    double x[D_MAX];
    memcpy(x, v, sizeof x);
    for (int l = layer < 0 ? 0 : layer; l < r->config->n_layers; l++) {
        if (l != layer || sum == 0)
            norm(r, TENSOR_ATTN_NORM, l,
                 study_rig_wanted(r, SITE_LN1_SCALE, l, pos)[0], false, x);
        norm(r, TENSOR_FFN_NORM, l,
             study_rig_wanted(r, SITE_LN2_SCALE, l, pos)[0], false, x);
    }
    dense(r, false, x);
    const double *pre = study_rig_wanted(r, SITE_HEAD_PRE, 0, pos);
    for (int i = 0; i < D_MAX; i++)
        x[i] *= share(pre[i]);
    norm(r, TENSOR_FINAL_NORM, 0,
         study_rig_wanted(r, SITE_LN_FINAL_SCALE, 0, pos)[0], false, x);
    return classify(r, x, a) - (b < 0 ? 0 : classify(r, x, b));
}

static void head_vector(StudyRig *r, int layer, int head, int pos, double scale,
                        double *out) {
    const int k = r->config->head_dim;
    const double *z = study_rig_wanted(r, SITE_Z, layer, pos);
    double row[D_MAX];
    for (int i = 0; i < D_MAX; i++) {
        study_rig_row(r, TENSOR_WO, layer, i, row, D_MAX);
        out[i] = 0;
        for (int j = head * k; j < (head + 1) * k; j++)
            out[i] += scale * row[j] * z[j];
    }
}

static void check_part(double got, double want) {
    ck_assert_double_eq_tol(got, want, 2e-5 * fmax(1, fabs(want)));
}

static void check_why(StudyRig *r, int pos, int a, int b, double attention) {
    const Config *c = r->config;
    double sum = 0, v[D_MAX];
    study_why(r->study, pos, a, b);
    study_rig_make(r);
    const StudyWhy *why = study_why(r->study, pos, a, b);
    ck_assert_int_eq(why->n_parts, 2 + c->n_layers * (c->n_heads + 1));
    const double *part = why->parts;
    check_part(*part++, pushed(r, study_rig_wanted(r, SITE_FULL_EMBED, 0, pos),
                               -1, 0, pos, a, b));
    for (int layer = 0; layer < c->n_layers; layer++) {
        for (int head = 0; head < c->n_heads; head++) {
            head_vector(r, layer, head, pos, layer == 0 ? attention : 1, v);
            check_part(*part++, pushed(r, v, layer, 0, pos, a, b));
        }
        check_part(*part++,
                   pushed(r, study_rig_wanted(r, SITE_MLP_OUT, layer, pos),
                          layer, 1, pos, a, b));
    }
    for (int i = 0; i < why->n_parts; i++)
        sum += why->parts[i];
    const double *l = study_rig_wanted(r, SITE_LOGITS, 0, pos);
    const double total = l[a] - (b < 0 ? 0 : l[b]);
    ck_assert_double_eq_tol(why->total, total, 1e-4 * fmax(1, fabs(total)));
    ck_assert_double_eq_tol(sum, total, 1e-4 * fmax(1, fabs(total)));
}

START_TEST(what_parts_add_is_the_logit) {
    StudyRig r;
    rig_open(&r, "", 0);
    check_why(&r, N_TOKENS - 1, 40, 41, 1);
    check_why(&r, 0, 299, -1, 1);
    check_why(&r, 5, 7, 260, 1);
    study_rig_close(&r);
    rig_open(&r, "attn0*0.5,1.2,mlp1*2", TRACE_BUDGET_DEFAULT);
    check_why(&r, 5, 40, 41, .5);
    study_rig_close(&r);
}
END_TEST

/* The same numbers, opened to their products. */
START_TEST(what_a_part_adds_opens) {
    static const struct {
        StudyVectorKind kind;
        int number, layer, part;
    } of[] = {{STUDY_VECTOR_EMBED, 0, 0, 0},
              {STUDY_VECTOR_HEAD, 2, 0, 3},
              {STUDY_VECTOR_ADDED, 1, 0, 5},
              {STUDY_VECTOR_HEAD, 3, 1, 9}};
    StudyRig r;
    rig_open(&r, "", 0);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        bool missing;
        const StudyKey key = study_adds_key(
            study_added_key(of[i].kind, of[i].number, of[i].layer, 5, 40), 40,
            41);
        study_why(r.study, 5, 40, 41);
        study_get(r.study, key, &missing);
        study_rig_make(&r);
        const Explain *ex = study_get(r.study, key, &missing);
        ck_assert_ptr_nonnull(ex);
        ck_assert(ex->matches);
        ck_assert_double_eq_tol(
            ex->total, study_why(r.study, 5, 40, 41)->parts[of[i].part], 1e-6);
    }
    study_rig_close(&r);
}
END_TEST

/* The neurons' shares and the matrix's bias are the MLP's part. */
START_TEST(neurons_add_up_to_their_part) {
    StudyRig r;
    bool missing;
    rig_open(&r, "", TRACE_BUDGET_DEFAULT);
    for (int layer = 0; layer < 2; layer++) {
        study_neurons(r.study, layer, 5);
        study_rig_make(&r);
        const StudyNeurons *n = study_neurons(r.study, layer, 5);
        study_why(r.study, 5, n->a, n->b);
        study_rig_make(&r);
        const StudyWhy *why = study_why(r.study, 5, n->a, n->b);
        check_part(n->adds, why->parts[5 * (layer + 1)]);
        const StudyKey key = {
            .kind = STUDY_NEURON_ADDS, .layer = layer, .pos = 5, .index = 3};
        study_get(r.study, key, &missing);
        study_rig_make(&r);
        ck_assert(
            ((const Explain *)study_get(r.study, key, &missing))->matches);
    }
    ck_assert(!study_neurons_say(r.config->arch));
    ck_assert(study_neurons_say(&arch_gpt2));
    const StudyKey says = {.kind = STUDY_NEURON_SAYS, .layer = 1, .index = 3};
    study_get(r.study, says, &missing);
    study_rig_make(&r);
    ck_assert_ptr_null(study_get(r.study, says, &missing));
    study_rig_close(&r);
}
END_TEST

/* A cosine with what is asked for is one with what the elements count for. */
START_TEST(what_is_asked_for_is_asked_there) {
    StudyRig r;
    double v[D_MAX], e[D_MAX], sum = 0, own = 0, other = 0;
    const StudyKey key = study_added_key(STUDY_VECTOR_HEAD, 1, 0, 5, 40);
    rig_open(&r, "", TRACE_BUDGET_DEFAULT);
    study_added(r.study, key);
    study_rig_make(&r);
    const StudyAdded *got = study_added(r.study, key);
    head_vector(&r, 0, 1, 5, 1, v);
    for (int i = 0; i < D_MAX; i++) {
        memset(e, 0, sizeof e);
        e[i] = 1;
        const double counts = pushed(&r, e, 0, 0, 5, 40, -1);
        sum += v[i] * counts;
        own += v[i] * v[i];
        other += counts * counts;
    }
    ck_assert_double_eq_tol(got->asks, sum / sqrt(own * other), 1e-4);
    study_rig_close(&r);
}
END_TEST

/* ---- switched off -------------------------------------------------------- */

static void check_off(int pos, EditKind kind, int layer, int index,
                      const char *word) {
    StudyRig r, off;
    bool missing;
    rig_open(&r, "", TRACE_BUDGET_DEFAULT);
    const StudyKey key = study_off_key(pos, kind, layer, index);
    study_off(r.study, key, &missing);
    study_rig_make(&r);
    const StudyOff *got = study_off(r.study, key, &missing);
    rig_open(&off, word, TRACE_BUDGET_DEFAULT);
    ck_assert_ptr_nonnull(got);
    ck_assert_mem_eq(got->logits, trace_row(off.c.trace, SITE_LOGITS, 0, pos),
                     300 * sizeof(float));
    study_rig_close(&off);
    study_rig_close(&r);
}

START_TEST(what_is_off_is_off_for_the_whole_text) {
    check_off(3, EDIT_HEAD, 0, 1, "0.1");
    check_off(0, EDIT_MLP, 1, 0, "mlp1");
    check_off(3, EDIT_CUT, 0, 9, "cut9"); /* a later token */
    check_off(N_TOKENS - 1, EDIT_CUT, 0, 4, "cut4");
}
END_TEST

/* ---- without a head ------------------------------------------------------ */

START_TEST(without_a_head_nothing_is_predicted) {
    static const StudyKind none[] = {
        STUDY_NEXT,    STUDY_BEST,        STUDY_PROB,       STUDY_SHARE,
        STUDY_ENTROPY, STUDY_LENS,        STUDY_RANK,       STUDY_WHY,
        STUDY_OFF,     STUDY_SURPRISE,    STUDY_WORTH,      STUDY_SURPRISE_CELL,
        STUDY_ADDS,    STUDY_NEURON_ADDS, STUDY_NEURON_SAYS};
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.short_weights = true;
    Err err = {0};
    Model *m = tiny_family_open(&spec, &(TinyForm){.no_head = true}, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    Trace *t = trace_open(s, TRACE_BUDGET_DEFAULT, &err);
    Study *study = study_open(t, STUDY_RIG_BUDGET, &err);
    const int tokens[] = {5, 36, 67, 98};
    bool missing;
    ck_assert_ptr_nonnull(session_feed(s, tokens, 4, &err));
    study_frame(study);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
            const StudyKey key = {.kind = none[i],
                                  .site = SITE_RESID_NORMED,
                                  .pos = 2,
                                  .index = 7};
            ck_assert_ptr_null(study_get(study, key, &missing));
            ck_assert_int_eq(missing, round == 0);
        }
        study_neurons(study, 1, 2);
        study_added(study, study_added_key(STUDY_VECTOR_HEAD, 1, 0, 2, 0));
        while (study_step(study))
            ;
    }
    const StudyNeurons *n = study_neurons(study, 1, 2);
    ck_assert_int_eq(n->a, -1);
    ck_assert(n->adds == 0);
    ck_assert(study_added(study, study_added_key(STUDY_VECTOR_HEAD, 1, 0, 2, 0))
                  ->length > 0);
    ck_assert_ptr_null(study_row(study, SITE_LOGITS, 0, 2));
    study_close(study);
    trace_close(t);
    session_close(s);
    model_close(m);
}
END_TEST

TEST_MAIN("masked word", the_lens_goes_through_the_head,
          the_lens_at_the_end_is_the_model, what_parts_add_is_the_logit,
          what_a_part_adds_opens, neurons_add_up_to_their_part,
          what_is_asked_for_is_asked_there,
          what_is_off_is_off_for_the_whole_text,
          without_a_head_nothing_is_predicted)
