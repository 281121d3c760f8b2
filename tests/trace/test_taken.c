/* What is taken from another run: a norm's scale, a vector, how far the two are
 * apart.  What it must change, and what it must not. */
#include "engine/study/study.h"
#include "engine/trace/explain.h"
#include "tests/support/every_family.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N         12
#define TOLERANCE 1e-4 /* of the largest value of the row */

typedef struct OneRun {
    Session *session;
    Trace *trace;
    Edits edits;
    int tokens[N], n;
} OneRun;

/* One that takes, and the one that it takes from. */
typedef struct Pair {
    TinyModel tiny;
    const Config *config;
    OneRun donor, run;
} Pair;

static void run_open_one(Pair *p, OneRun *r, const char *edits, uint64_t budget,
                         const Kern *kern, const Trace *donor) {
    Err err = {0};
    const SessionOptions opt = {.n_threads = 1, .kern = kern};
    r->session = session_open(p->tiny.model, &opt, &err);
    ck_assert_msg(r->session != NULL, "%s", err.msg);
    ck_assert_msg(edits_parse(&r->edits, edits, p->config, &err), "%s",
                  err.msg);
    if (donor) session_set_donor(r->session, trace_donor(donor));
    ck_assert_msg(session_set_edits(r->session, &r->edits, &err), "%s",
                  err.msg);
    r->trace = trace_open(r->session, budget, &err);
    ck_assert_msg(r->trace != NULL, "%s", err.msg);
}

/* In two feeds: what is taken may be of either. */
static void run_feed(OneRun *r) {
    Err err = {0};
    const int first = r->n > 5 ? 5 : r->n - 1;
    ck_assert(session_feed(r->session, r->tokens, first, &err));
    ck_assert(session_feed(r->session, r->tokens + first, r->n - first, &err));
}

static void draw_tokens(OneRun *r, int n, int seed) {
    r->n = n;
    for (int i = 0; i < n; i++)
        r->tokens[i] = (seed * 37 + i * 11) % 300;
}

typedef struct Setting {
    const char *donor, *run; /* edits */
    int n_donor;             /* tokens; the run has N */
    bool same_text;
    uint64_t budget;
    const Kern *kern;
} Setting;

static void pair_open(Pair *p, const Setting *s) {
    TinySpec spec = tiny_spec();
    *p = (Pair){0};
    spec.n_layers = 3;
    ck_assert(tiny_open(&p->tiny, &spec));
    p->config = model_config(p->tiny.model);
    draw_tokens(&p->donor, s->n_donor, 1);
    draw_tokens(&p->run, N, s->same_text ? 1 : 2);
    run_open_one(p, &p->donor, s->donor, s->budget, s->kern, NULL);
    run_feed(&p->donor);
    run_open_one(p, &p->run, s->run, s->budget, s->kern, p->donor.trace);
    run_feed(&p->run);
}

static void one_close(OneRun *r) {
    trace_close(r->trace);
    session_close(r->session);
}

static void pair_close(Pair *p) {
    one_close(&p->run);
    one_close(&p->donor);
    tiny_close(&p->tiny);
}

static int row_length(const Pair *p, Site s, int pos) {
    int rows, cols;
    site_shape(s, p->config, trace_n_keys(p->run.trace, pos), &rows, &cols);
    return rows * cols;
}

static int n_layers_of(const Pair *p, Site s) {
    if (!tiny_has(p->config, (int)s)) return 0;
    return site_info(s)->per_layer ? p->config->n_layers : 1;
}

static bool same_row(const Pair *p, const Trace *a, const Trace *b, Site s,
                     int layer, int pos) {
    const size_t n = (size_t)row_length(p, s, pos);
    return memcmp(trace_row(a, s, layer, pos), trace_row(b, s, layer, pos),
                  n * sizeof(float)) == 0;
}

/* ---- against the reference ----------------------------------------------- */

static const char *const some[] = {
    "freeze0.ln1",
    "freeze1.ln2",
    "freeze.final",
    "freeze",
    "patch0.resid_pre@3",
    "patch1.resid_mid@4",
    "patch1.resid_post@5",
    "patch2.attn_out@0",
    "patch0.mlp_out@7",
    "patch1.2@6",
    "patch1.2@6,patch1.3@6,patch0.0@2",
    "patch1.resid_post",
    "patch0.resid_pre",
    "patch2.3,patch0.1,patch1.mlp_out,patch1.attn_out,patch1.2@6",
    "patch1.resid_mid,patch1.resid_mid@4",
    "steer1@4*2",
    "steer0@0*-1,steer0@3*0.5",
    "steer2@4,steer1=3-9*2,mlp1*0.5",
    "freeze0.ln2,patch1.attn_out@2,patch2.resid_post@2,steer1@6*-3,1.2,raw0.1",
    "mask,patch1.mlp_out@5,freeze2.ln1,steer1@3*2",
};
enum { N_SOME = sizeof some / sizeof *some };

static void check_rows(const Pair *p, const Reference *ref) {
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; layer < n_layers_of(p, s); layer++)
            for (int pos = 0; pos < N; pos++) {
                const double *want = reference_row(ref, s, layer, pos);
                const int n = row_length(p, s, pos);
                double largest = 0;
                /* A mean is the rest of a sum: as large as what is summed. */
                if (arch_op(p->config->arch, s)->kind == OP_MEAN)
                    largest = *reference_row(ref, (Site)(s + 1), layer, pos);
                for (int i = 0; i < n; i++)
                    largest = fmax(largest, fabs(want[i]));
                for (int i = 0; i < n; i++) {
                    const float *got = trace_row(p->run.trace, s, layer, pos);
                    const double off = fabs((double)got[i] - want[i]);
                    ck_assert_msg(off <= TOLERANCE * largest,
                                  "%s of layer %d at %d, element %d: off %g",
                                  site_info(s)->name, layer, pos, i, off);
                }
            }
}

/* The donor with other tokens, fewer of them, and edits of its own. */
static void check_reference(const char *edits, uint64_t budget,
                            const Kern *kern) {
    Pair p;
    pair_open(&p, &(Setting){.donor = "0.1,mlp1*0.5",
                             .run = edits,
                             .n_donor = N - 2,
                             .budget = budget,
                             .kern = kern});
    Reference *donor =
        reference_run(p.tiny.model, &p.donor.edits, p.donor.tokens, p.donor.n);
    Reference *ref =
        reference_run_from(p.tiny.model, &p.run.edits, donor, p.run.tokens, N);
    check_rows(&p, ref);
    reference_free(ref);
    reference_free(donor);
    pair_close(&p);
}

START_TEST(every_site_is_the_references) {
    const Kern *tables[KERN_TABLES_MAX];
    const int n = kern_list(tables, KERN_TABLES_MAX);
    for (int i = 0; i < N_SOME; i++)
        for (int k = 0; k < n; k++)
            check_reference(some[i], TRACE_BUDGET_DEFAULT, tables[k]);
}
END_TEST

/* ---- the same bits ------------------------------------------------------- */

/* Rows that are not kept are computed again, from what was taken then: the
 * donor is another meanwhile. */
START_TEST(what_was_evicted_has_the_same_bits) {
    for (int i = 0; i < N_SOME; i++) {
        Pair kept, p;
        Setting s = {.donor = "0.1", .run = some[i], .n_donor = N};
        pair_open(&p, &s);
        s.budget = TRACE_BUDGET_DEFAULT;
        pair_open(&kept, &s);
        session_rewind(p.donor.session, 0);
        trace_sync(p.donor.trace);
        p.donor.tokens[0] = 7;
        run_feed(&p.donor);
        for (int site = 0; site < SITE_COUNT; site++)
            for (int layer = 0; layer < n_layers_of(&p, site); layer++)
                for (int pos = 0; pos < N; pos++)
                    ck_assert_msg(same_row(&p, p.run.trace, kept.run.trace,
                                           site, layer, pos),
                                  "%s: %s of layer %d at %d", some[i],
                                  site_info(site)->name, layer, pos);
        pair_close(&kept);
        pair_close(&p);
    }
}
END_TEST

/* Nothing is changed from `from` on up to `to`, at any site. */
static void check_same(const char *donor, const char *run, const char *other,
                       int n_donor, bool same_text, int to) {
    Pair p, plain;
    pair_open(&p, &(Setting){.donor = donor,
                             .run = run,
                             .n_donor = n_donor,
                             .same_text = same_text,
                             .budget = TRACE_BUDGET_DEFAULT});
    pair_open(&plain, &(Setting){.donor = "",
                                 .run = other,
                                 .n_donor = N,
                                 .same_text = same_text,
                                 .budget = TRACE_BUDGET_DEFAULT});
    for (int site = 0; site < SITE_COUNT; site++)
        for (int layer = 0; layer < n_layers_of(&p, site); layer++)
            for (int pos = 0; pos < to; pos++)
                ck_assert_msg(same_row(&p, p.run.trace, plain.run.trace, site,
                                       layer, pos),
                              "%s: %s of layer %d at %d", run,
                              site_info(site)->name, layer, pos);
    pair_close(&plain);
    pair_close(&p);
}

START_TEST(a_run_that_takes_from_its_like_stays_as_it_is) {
    for (int i = 0; i < N_SOME; i++)
        if (!strstr(some[i], "raw") && !strstr(some[i], "mask") &&
            !strstr(some[i], "="))
            check_same("", some[i], "", N, true, N);
    check_same("1.2,cut3", "freeze,patch1.3@6,1.2,cut3,steer1@2*5", "1.2,cut3",
               N, true, N);
}
END_TEST

START_TEST(positions_before_are_as_they_were) {
    check_same("0.1", "patch0.resid_pre@4", "", N, false, 4);
    check_same("0.1", "patch1.attn_out@4,patch2.1@6", "", N, false, 4);
    check_same("0.1", "patch2.resid_post@11", "", N, false, 11);
    check_same("0.1", "steer1@7*3", "", N, false, 7);
}
END_TEST

START_TEST(what_the_other_run_does_not_hold_stays) {
    check_same("0.1", "patch1.resid_post@4,steer1@5*3", "", 4, false, N);
    check_same("0.1", "patch1.2@9,mlp1", "mlp1", 9, false, N);
}
END_TEST

/* The logits of both runs. */
static bool same_logits(const Pair *p, int pos) {
    return same_row(p, p->run.trace, p->donor.trace, SITE_LOGITS, 0, pos);
}

START_TEST(the_last_layers_stream_makes_the_logits) {
    char edits[EDITS_TEXT_MAX] = "";
    Pair p;
    for (int pos = 0; pos < N; pos++) {
        const size_t n = strlen(edits);
        snprintf(edits + n, sizeof edits - n, "%spatch2.resid_post@%d",
                 pos ? "," : "", pos);
    }
    pair_open(&p,
              &(Setting){.donor = "0.1,n1.3*4", .run = edits, .n_donor = N});
    for (int pos = 0; pos < N; pos++)
        ck_assert(same_logits(&p, pos));
    pair_close(&p);
    pair_open(&p,
              &(Setting){.donor = "", .run = "patch2.resid@5", .n_donor = N});
    for (int pos = 0; pos < N; pos++)
        ck_assert(same_logits(&p, pos) == (pos == 5));
    pair_close(&p);
}
END_TEST

/* All the embeddings are all that a text is. */
START_TEST(the_embeddings_make_the_run) {
    char edits[EDITS_TEXT_MAX] = "";
    Pair p;
    for (int pos = 0; pos < N; pos++) {
        const size_t n = strlen(edits);
        snprintf(edits + n, sizeof edits - n, "%spatch0.resid_pre@%d",
                 pos ? "," : "", pos);
    }
    pair_open(&p, &(Setting){.donor = "", .run = edits, .n_donor = N});
    for (int site = arch_stream_first(p.config->arch); site < SITE_COUNT;
         site++)
        for (int layer = 0; layer < n_layers_of(&p, site); layer++)
            for (int pos = 0; pos < N; pos++)
                ck_assert(
                    same_row(&p, p.run.trace, p.donor.trace, site, layer, pos));
    pair_close(&p);
}
END_TEST

/* ---- what it must change ------------------------------------------------- */

/* The site is the other run's at that position, and nothing of the layers and
 * sites before it is changed. */
static void check_patch(const char *edits, Site site, int layer, int pos,
                        int from, int to) {
    Pair p, plain;
    Setting s = {.donor = "", .run = edits, .n_donor = N};
    pair_open(&p, &s);
    s.run = "";
    pair_open(&plain, &s);
    const float *row = trace_row(p.run.trace, site, layer, pos);
    const float *donor = trace_row(p.donor.trace, site, layer, pos);
    const float *own = trace_row(plain.run.trace, site, layer, pos);
    for (int i = 0; i < row_length(&p, site, pos); i++)
        ck_assert(row[i] == (i >= from && i < to ? donor[i] : own[i]));
    for (int t = 0; t < N; t++) {
        if (t != pos)
            ck_assert(
                same_row(&p, p.run.trace, plain.run.trace, site, layer, t));
        ck_assert(same_row(&p, p.run.trace, plain.run.trace, SITE_RESID_PRE,
                           layer, t));
    }
    ck_assert(!same_row(&p, p.run.trace, plain.run.trace, SITE_LOGITS, 0, pos));
    pair_close(&plain);
    pair_close(&p);
}

START_TEST(a_vector_is_the_other_runs_there_alone) {
    check_patch("patch1.2@6", SITE_Z, 1, 6, 8, 12);
    check_patch("patch1.attn_out@6", SITE_ATTN_OUT, 1, 6, 0, 16);
    check_patch("patch2.resid_mid@0", SITE_RESID_MID, 2, 0, 0, 16);
    check_patch("patch1.mlp_out@11", SITE_MLP_OUT, 1, 11, 0, 16);
    check_patch("patch1.resid_post@11", SITE_RESID_POST, 1, 11, 0, 16);
}
END_TEST

/* What the norm takes off x. */
static float mean_of(const Pair *p, Site scale, int layer, int pos) {
    const Site mean = arch_norm_mean(p->config->arch, scale);
    return mean == SITE_NONE ? 0 : *trace_row(p->run.trace, mean, layer, pos);
}

/* The norms that are frozen have the other run's scale at every position that
 * it holds, and their vectors follow from it. */
static void check_frozen(const char *edits, Site scale, int layer) {
    Pair p;
    pair_open(&p, &(Setting){.donor = "", .run = edits, .n_donor = N - 2});
    for (int pos = 0; pos < N - 2; pos++) {
        const float s = *trace_row(p.run.trace, scale, layer, pos);
        ck_assert(s == *trace_row(p.donor.trace, scale, layer, pos));
        const Site in = scale == SITE_LN1_SCALE   ? SITE_RESID_PRE
                        : scale == SITE_LN2_SCALE ? SITE_RESID_MID
                                                  : SITE_RESID_POST;
        const int from = scale == SITE_LN_FINAL_SCALE ? 2 : layer;
        for (int i = 0; i < 16; i++) {
            const float x = trace_row(p.run.trace, in, from, pos)[i];
            const float got = trace_row(p.run.trace, scale + 1, layer, pos)[i];
            const float mean = mean_of(&p, scale, layer, pos);
            ck_assert(got == (x - mean) / s);
        }
    }
    pair_close(&p);
}

START_TEST(a_frozen_norm_divides_as_the_other_run) {
    check_frozen("freeze0.ln1", SITE_LN1_SCALE, 0);
    check_frozen("freeze2.ln2", SITE_LN2_SCALE, 2);
    check_frozen("freeze.final", SITE_LN_FINAL_SCALE, 0);
    check_frozen("freeze", SITE_LN1_SCALE, 1);
    check_frozen("freeze", SITE_LN_FINAL_SCALE, 0);
}
END_TEST

/* Once the runs are as far apart again from its position on, and a patch where
 * it takes all of it away. */
START_TEST(the_difference_is_added) {
    Pair p, plain;
    Setting s = {.donor = "", .run = "steer1@4*2", .n_donor = N};
    pair_open(&p, &s);
    s.run = "";
    pair_open(&plain, &s);
    const float *mine = trace_row(plain.run.trace, SITE_RESID_POST, 1, 4);
    const float *theirs = trace_row(p.donor.trace, SITE_RESID_POST, 1, 4);
    for (int pos = 4; pos < N; pos++) {
        const float *was = trace_row(plain.run.trace, SITE_RESID_POST, 1, pos);
        const float *is = trace_row(p.run.trace, SITE_RESID_POST, 1, pos);
        for (int i = 0; i < 16; i++)
            ck_assert_double_eq_tol(is[i], was[i] + 2 * (mine[i] - theirs[i]),
                                    1e-5);
    }
    pair_close(&plain);
    pair_close(&p);
}
END_TEST

START_TEST(without_another_run_it_is_refused) {
    static const char *const words[] = {"freeze1.ln1", "patch1.2@3",
                                        "steer1@3*2"};
    for (int i = 0; i < 3; i++) {
        Pair p;
        Err err = {0};
        Edits e;
        pair_open(&p, &(Setting){.donor = "", .run = "1.2", .n_donor = N});
        ck_assert(edits_parse(&e, words[i], p.config, &err));
        ck_assert(!session_set_edits(p.donor.session, &e, &err));
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert(strstr(err.msg, words[i]) != NULL);
        ck_assert_int_eq(trace_n_pos(p.donor.trace), N);
        pair_close(&p);
    }
}
END_TEST

/* ---- what is made of it -------------------------------------------------- */

START_TEST(every_number_is_explained) {
    for (int i = 0; i < N_SOME; i++) {
        Pair p;
        Explain ex = {0};
        pair_open(&p, &(Setting){.donor = "0.1", .run = some[i], .n_donor = 8});
        for (int site = 0; site < SITE_COUNT; site++)
            for (int layer = 0; layer < n_layers_of(&p, site); layer++)
                for (int pos = 0; pos < N; pos++)
                    for (int e = 0; e < row_length(&p, site, pos); e += 3) {
                        ck_assert(explain(p.run.trace, site, layer, pos, e, &ex,
                                          NULL));
                        ck_assert_msg(ex.matches, "%s: %s of layer %d at %d",
                                      some[i], site_info(site)->name, layer,
                                      pos);
                    }
        explain_free(&ex);
        pair_close(&p);
    }
}
END_TEST

static Study *study_of(const Pair *p) {
    Err err = {0};
    Study *s = study_open(p->run.trace, 1 << 22, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    study_frame(s);
    return s;
}

START_TEST(the_parts_still_sum_to_the_logit) {
    for (int i = 0; i < N_SOME; i++) {
        Pair p;
        pair_open(&p, &(Setting){.donor = "0.1", .run = some[i], .n_donor = N});
        Study *s = study_of(&p);
        for (int pos = 0; pos < N; pos++)
            study_why(s, pos, 4, 9);
        while (study_step(s))
            ;
        for (int pos = 0; pos < N; pos++) {
            const StudyWhy *why = study_why(s, pos, 4, 9);
            double sum = 0, size = 0;
            for (int k = 0; k < why->n_parts; k++) {
                sum += why->parts[k];
                size += fabs(why->parts[k]);
            }
            ck_assert_msg(fabs(sum - why->total) <= 1e-4 * size,
                          "%s at %d: %g, need %g", some[i], pos, sum,
                          why->total);
        }
        study_close(s);
        pair_close(&p);
    }
}
END_TEST

START_TEST(a_part_switched_off_keeps_what_was_taken) {
    static const char run[] = "freeze1.ln2,patch1.mlp_out@4,steer0@3*2";
    bool missing;
    Pair p, off;
    pair_open(&p, &(Setting){.donor = "0.1", .run = run, .n_donor = N});
    pair_open(&off, &(Setting){.donor = "0.1",
                               .run = "1.3,freeze1.ln2,patch1.mlp_out@4,"
                                      "steer0@3*2",
                               .n_donor = N});
    Study *s = study_of(&p);
    const StudyKey key = study_off_key(N - 1, EDIT_HEAD, 1, 3);
    study_off(s, key, &missing);
    while (study_step(s))
        ;
    const StudyOff *got = study_off(s, key, &missing);
    ck_assert(got != NULL);
    ck_assert_mem_eq(got->logits,
                     trace_row(off.run.trace, SITE_LOGITS, 0, N - 1),
                     300 * sizeof(float));
    study_close(s);
    pair_close(&off);
    pair_close(&p);
}
END_TEST

TEST_MAIN_EVERY_FAMILY(
    "taken", every_site_is_the_references, what_was_evicted_has_the_same_bits,
    a_run_that_takes_from_its_like_stays_as_it_is,
    positions_before_are_as_they_were, what_the_other_run_does_not_hold_stays,
    the_last_layers_stream_makes_the_logits, the_embeddings_make_the_run,
    a_vector_is_the_other_runs_there_alone,
    a_frozen_norm_divides_as_the_other_run, the_difference_is_added,
    without_another_run_it_is_refused, every_number_is_explained,
    the_parts_still_sum_to_the_logit, a_part_switched_off_keeps_what_was_taken)
