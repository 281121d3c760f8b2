/* Study: nothing is made by asking; what is made is what the trace gives;
 * what a frame asks for stays, the rest goes by budget. */
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#define N_TOKENS 20

static void rig_open(StudyRig *r, uint64_t trace_budget,
                     uint64_t study_budget) {
    study_rig_open(r, tiny_spec(), trace_budget, "", N_TOKENS, study_budget);
}

static uint64_t layers_run(const StudyRig *r) {
    return trace_stats(r->c.trace).n_recomputed;
}

START_TEST(stored_rows_are_there_at_once) {
    StudyRig r;
    rig_open(&r, TRACE_BUDGET_DEFAULT, 1000);
    for (int s = 0; s < SITE_COUNT; s++)
        for (int pos = 0; tiny_has(r.config, s) && pos < N_TOKENS; pos++) {
            const float *row = trace_row(r.c.trace, (Site)s, 1, pos);
            ck_assert_ptr_eq(study_row(r.study, (Site)s, 1, pos), row);
        }
    ck_assert(study_is_settled(r.study));
    ck_assert_int_eq(study_rig_make(&r), 0);
    study_rig_close(&r);
}
END_TEST

/* A prompt computes the end of the model at its last position alone. */
START_TEST(an_end_is_made_once_and_then_stored) {
    StudyRig r;
    rig_open(&r, TRACE_BUDGET_DEFAULT, 1 << 20);
    ck_assert_ptr_nonnull(study_row(r.study, SITE_LOGITS, 0, N_TOKENS - 1));
    ck_assert_ptr_null(study_row(r.study, SITE_LOGITS, 0, 9));
    ck_assert_ptr_null(trace_find(r.c.trace, SITE_LN_FINAL_OUT, 0, 9));
    ck_assert_int_eq(study_rig_make(&r), 1);
    ck_assert_ptr_nonnull(study_row(r.study, SITE_LOGITS, 0, 9));
    ck_assert_ptr_nonnull(trace_find(r.c.trace, SITE_LN_FINAL_OUT, 0, 9));
    ck_assert_uint_eq(trace_stats(r.c.trace).n_ends, 1);
    ck_assert_uint_eq(layers_run(&r), 0);
    study_rig_close(&r);
}
END_TEST

START_TEST(evicted_rows_come_from_the_one_that_makes) {
    StudyRig r;
    int rows, cols;
    rig_open(&r, 0, 1 << 20);
    ck_assert_ptr_null(study_row(r.study, SITE_PATTERN, 1, 9));
    ck_assert_ptr_null(study_row(r.study, SITE_PATTERN, 1, 9));
    ck_assert_ptr_null(study_row(r.study, SITE_LOGITS, 0, 9));
    ck_assert_int_eq(layers_run(&r), 0);
    ck_assert(!study_is_settled(r.study));
    ck_assert_int_eq(study_rig_make(&r), 2);
    ck_assert(study_is_settled(r.study));
    ck_assert_int_ne(layers_run(&r), 0);
    uint64_t run = layers_run(&r);
    const float *row = study_row(r.study, SITE_PATTERN, 1, 9);
    ck_assert_int_eq(layers_run(&r), run);
    ck_assert_ptr_nonnull(row);
    site_shape(SITE_PATTERN, trace_config(r.c.trace), 10, &rows, &cols);
    ck_assert_mem_eq(row, trace_row(r.c.trace, SITE_PATTERN, 1, 9),
                     (size_t)(rows * cols) * sizeof(float));
    study_rig_close(&r);
}
END_TEST

/* Whatever the trace let go comes back as the reference has it. */
START_TEST(rows_made_again_are_the_references) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    for (int s = 0; s < SITE_COUNT; s++) {
        const int pos = N_TOKENS - 3;
        int rows, cols;
        if (!tiny_has(r.config, s)) continue;
        study_row(r.study, (Site)s, 1, pos);
        study_rig_make(&r);
        const float *row = study_row(r.study, (Site)s, 1, pos);
        const double *want = study_rig_wanted(&r, (Site)s, 1, pos);
        site_shape((Site)s, r.config, pos + 1, &rows, &cols);
        double most = 0;
        for (int i = 0; i < rows * cols; i++)
            most = fmax(most, fabs(want[i]));
        for (int i = 0; i < rows * cols; i++)
            ck_assert_double_eq_tol((double)row[i], want[i],
                                    1e-4 * most + 1e-9);
    }
    study_rig_close(&r);
}
END_TEST

START_TEST(a_site_of_the_model_is_made_once_whatever_the_layer) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    study_row(r.study, SITE_LOGITS, 0, 9);
    study_row(r.study, SITE_LOGITS, 1, 9);
    ck_assert_int_eq(study_rig_make(&r), 1);
    study_rig_close(&r);
}
END_TEST

/* A budget for nothing at all: the frame's own rows stay nevertheless, for as
 * long as it asks for them again. */
START_TEST(what_a_frame_asks_for_stays_beyond_the_budget) {
    StudyRig r;
    rig_open(&r, 0, 1);
    for (int frame = 0; frame < 20; frame++) {
        study_frame(r.study);
        for (int pos = 0; pos < N_TOKENS; pos++) {
            const float *row = study_row(r.study, SITE_PATTERN, 0, pos);
            ck_assert_int_eq(row != NULL, frame > 0);
        }
        ck_assert_int_eq(study_rig_make(&r), frame ? 0 : N_TOKENS);
    }
    ck_assert_int_gt(study_stats(r.study).bytes, 1);
    study_rig_close(&r);
}
END_TEST

START_TEST(what_no_frame_asks_for_any_more_goes) {
    StudyRig r;
    bool missing;
    rig_open(&r, 0, 1);
    study_row(r.study, SITE_PATTERN, 0, 3);
    study_rig_make(&r);
    ck_assert_int_eq(study_stats(r.study).n_kept, 1);
    for (int i = 0; i < STUDY_FRAMES; i++)
        study_frame(r.study);
    study_row(r.study, SITE_PATTERN, 0, 4);
    study_rig_make(&r);
    ck_assert_int_eq(study_stats(r.study).n_kept, 1);
    StudyKey gone = {
        .kind = STUDY_ROW, .site = SITE_PATTERN, .layer = 0, .pos = 3};
    ck_assert_ptr_null(study_get(r.study, gone, &missing));
    ck_assert(missing);
    study_rig_close(&r);
}
END_TEST

START_TEST(the_least_recently_asked_for_goes_first) {
    StudyRig r;
    /* Room for two rows of z: 4 heads by 4 numbers. */
    rig_open(&r, 0, 2 * 16 * sizeof(float));
    const int asked[] = {1, 2, 1, 3};
    for (int i = 0; i < 4; i++) {
        for (int f = 0; f < STUDY_FRAMES; f++)
            study_frame(r.study);
        study_row(r.study, SITE_Z, 0, asked[i]);
        study_rig_make(&r);
    }
    ck_assert_ptr_nonnull(study_row(r.study, SITE_Z, 0, 1));
    ck_assert_ptr_nonnull(study_row(r.study, SITE_Z, 0, 3));
    ck_assert_ptr_null(study_row(r.study, SITE_Z, 0, 2));
    study_rig_close(&r);
}
END_TEST

START_TEST(what_was_wanted_long_ago_is_not_made) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    study_row(r.study, SITE_Z, 0, 1);
    for (int f = 0; f < STUDY_FRAMES; f++)
        study_frame(r.study);
    study_row(r.study, SITE_Z, 0, 2);
    ck_assert_int_eq(study_rig_make(&r), 1);
    ck_assert(study_is_settled(r.study));
    ck_assert_ptr_null(study_row(r.study, SITE_Z, 0, 1));
    study_rig_close(&r);
}
END_TEST

START_TEST(a_rewind_forgets_what_came_after) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    study_row(r.study, SITE_Z, 0, 4);
    study_row(r.study, SITE_Z, 0, 5);
    study_rig_make(&r);
    study_row(r.study, SITE_Z, 1, 5); /* wanted */
    study_forget(r.study, 5);
    ck_assert(study_is_settled(r.study));
    ck_assert_int_eq(study_stats(r.study).n_kept, 1);
    ck_assert_ptr_nonnull(study_row(r.study, SITE_Z, 0, 4));
    ck_assert_ptr_null(study_row(r.study, SITE_Z, 0, 5));
    study_rig_close(&r);
}
END_TEST

/* As many as are asked for at a time; the others are told apart from what is
 * still to come. */
START_TEST(more_keys_than_there_is_room_for_are_none) {
    StudyRig r;
    bool missing = true;
    rig_open(&r, 0, 1);
    for (int i = 0; i < STUDY_KEYS_MAX; i++) {
        StudyKey key = {.kind = STUDY_CELL, .pos = 1, .index = 1000000 + i};
        ck_assert_ptr_null(study_get(r.study, key, &missing));
        ck_assert(missing);
    }
    StudyKey more = {.kind = STUDY_NEXT, .pos = 1};
    ck_assert_ptr_null(study_get(r.study, more, &missing));
    ck_assert(!missing);
    ck_assert_int_eq(study_rig_make(&r), STUDY_KEYS_MAX);
    study_get(r.study, more, &missing);
    study_rig_close(&r);
}
END_TEST

START_TEST(next_is_sorted_drawn_and_follows_the_sampler) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    SamplerParams p = {.temperature = 1, .top_k = 5};
    Candidate expected[300];
    for (uint64_t seed = 3; seed < 6; seed++) {
        study_set_sampler(r.study, &p, seed);
        ck_assert_ptr_null(study_next(r.study, 6));
        ck_assert_int_eq(study_rig_make(&r) > 0, 1);
        const StudyNext *next = study_next(r.study, 6);
        ck_assert_ptr_nonnull(next);
        sampler_stages(&p, trace_row(r.c.trace, SITE_LOGITS, 0, 6), 300,
                       expected);
        ck_assert_int_eq(next->n, 300);
        for (int i = 0; i < 300; i++)
            ck_assert_int_eq(next->candidates[i].id, expected[i].id);
        ck_assert_float_eq(next->coin, sampler_coin(seed, 7));
        ck_assert_int_eq(next->candidates[next->drawn].id,
                         sampler_pick(expected, 300, next->coin));
        study_set_sampler(r.study, &p, seed); /* the same: kept */
        ck_assert_ptr_eq(study_next(r.study, 6), next);
    }
    ck_assert_int_eq(study_stats(r.study).n_sorts, 3);
    study_rig_close(&r);
}
END_TEST

START_TEST(a_cell_is_what_explain_says) {
    StudyRig r;
    Err err = {0};
    Explain ex = {0};
    bool missing;
    rig_open(&r, 0, 1 << 20);
    StudyKey key = {.kind = STUDY_CELL,
                    .site = SITE_MLP_OUT,
                    .layer = 1,
                    .pos = 5,
                    .index = 3};
    StudyKey none = key;
    none.index = 16;
    ck_assert_ptr_null(study_get(r.study, key, &missing));
    ck_assert(missing);
    ck_assert_ptr_null(study_get(r.study, none, &missing));
    ck_assert_int_eq(study_rig_make(&r), 2);
    const Explain *made = study_get(r.study, key, &missing);
    ck_assert(!missing);
    ck_assert(explain(r.c.trace, SITE_MLP_OUT, 1, 5, 3, &ex, &err));
    ck_assert_double_eq(made->total, ex.total);
    ck_assert_int_eq(made->n_terms, ex.n_terms);
    ck_assert(made->matches);
    ck_assert_ptr_null(study_get(r.study, none, &missing));
    ck_assert(!missing);
    explain_free(&ex);
    study_rig_close(&r);
}
END_TEST

START_TEST(a_softmax_row_is_what_explain_says) {
    StudyRig r;
    bool missing;
    rig_open(&r, 0, 1 << 20);
    StudyKey key = {
        .kind = STUDY_SOFTMAX, .layer = 1, .pos = 5, .index = 2 * 6 + 3};
    study_get(r.study, key, &missing);
    study_rig_make(&r);
    const Explain *made = study_get(r.study, key, &missing);
    ck_assert_ptr_nonnull(made);
    ck_assert_int_eq(made->kind, EXPLAIN_SOFTMAX);
    ck_assert_int_eq(made->row, 2);
    ck_assert_int_eq(made->col, 3);
    ck_assert_int_eq(made->n_terms, 6);
    study_rig_close(&r);
}
END_TEST

/* The strongest of the weights on each cell, the slow way. */
static float strongest(const Trace *t, int head, int cells, int y, int x) {
    int n = trace_n_pos(t);
    float most = -1;
    for (int pos = 0; pos < n; pos++)
        for (int key = 0; key < trace_n_keys(t, pos); key++) {
            int row = 0, col = 0;
            while ((row + 1) * n / cells <= pos)
                row++;
            while ((col + 1) * n / cells <= key)
                col++;
            float w = trace_row(t, SITE_PATTERN, 1,
                                pos)[head * trace_n_keys(t, pos) + key];
            if (row == y && col == x && w > most) most = w;
        }
    return most;
}

START_TEST(maps_hold_the_strongest_weights) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    const int sides[] = {1, 7, N_TOKENS};
    for (int i = 0; i < 3; i++) {
        int cells = sides[i];
        ck_assert_ptr_null(study_maps(r.study, 1, N_TOKENS - 1, cells));
        study_rig_make(&r);
        const float *m = study_maps(r.study, 1, N_TOKENS - 1, cells);
        for (int at = 0; at < 4 * cells * cells; at++)
            ck_assert_float_eq(m[at],
                               strongest(r.c.trace, at / cells / cells, cells,
                                         at / cells % cells, at % cells));
    }
    study_rig_close(&r);
}
END_TEST

/* The strongest of n queries and keys from row0 and col0 on, as it lies in cell
 * (y, x). */
static float strongest_of(const Trace *t, int head, int row0, int col0, int n,
                          int cells, int y, int x) {
    float most = -1;
    for (int pos = row0 + y * n / cells; pos < row0 + (y + 1) * n / cells;
         pos++) {
        const float *row = trace_row(t, SITE_PATTERN, 1, pos);
        const int n_keys = trace_n_keys(t, pos);
        for (int k = col0 + x * n / cells;
             k < col0 + (x + 1) * n / cells && k < n_keys; k++)
            most = fmaxf(most, row[head * n_keys + k]);
    }
    return most;
}

START_TEST(maps_of_a_part_begin_where_they_are_asked_to) {
    static const int parts[][4] = {/* row0, col0, n, cells */
                                   {9, 2, 8, 8},  {2, 9, 8, 8}, {12, 0, 8, 3},
                                   {0, 12, 8, 5}, {5, 5, 4, 4}, {0, 0, 20, 7}};
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const int row0 = parts[i][0], col0 = parts[i][1], n = parts[i][2];
        const int cells = parts[i][3];
        study_maps_part(r.study, 1, row0, col0, n, cells);
        study_rig_make(&r);
        const float *m = study_maps_part(r.study, 1, row0, col0, n, cells);
        ck_assert_ptr_nonnull(m);
        for (int at = 0; at < 4 * cells * cells; at++)
            ck_assert_float_eq(
                m[at], strongest_of(r.c.trace, at / cells / cells, row0, col0,
                                    n, cells, at / cells % cells, at % cells));
    }
    study_maps_part(r.study, 1, -1, 3, 4, 4); /* there is no such part */
    study_rig_make(&r);
    ck_assert_ptr_null(study_maps_part(r.study, 1, -1, 3, 4, 4));
    study_rig_close(&r);
}
END_TEST

/* The rows made for one number are there for the next. */
START_TEST(scores_and_maps_run_the_layer_once) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    ck_assert_ptr_null(study_heads(r.study, 1, N_TOKENS - 1));
    study_maps(r.study, 1, N_TOKENS - 1, 5);
    study_rig_make(&r);
    ck_assert_int_eq(layers_run(&r), N_TOKENS);
    const StudyHead *heads = study_heads(r.study, 1, N_TOKENS - 1);
    HeadScores scores = {0};
    for (int pos = 0; pos < N_TOKENS; pos++)
        head_scores_add(
            &scores, trace_row(r.c.trace, SITE_PATTERN, 1, pos) + 2 * (pos + 1),
            pos, -1);
    ck_assert_float_eq(heads[2].mean[HEAD_FIRST],
                       head_scores_mean(&scores, HEAD_FIRST));
    study_rig_close(&r);
}
END_TEST

/* Against the sampler's own stages at temperature 1. */
START_TEST(the_best_is_the_samplers_first_candidate) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    study_set_sampler(r.study, &(SamplerParams){.temperature = 1}, 3);
    for (int pos = 0; pos < N_TOKENS; pos++) {
        study_best(r.study, pos);
        study_next(r.study, pos);
        study_row(r.study, SITE_LOGITS, 0, pos);
        study_rig_make(&r);
        const StudyBest *best = study_best(r.study, pos);
        const StudyNext *next = study_next(r.study, pos);
        const float *logits = study_row(r.study, SITE_LOGITS, 0, pos);
        ck_assert_int_eq(best->id, next->candidates[0].id);
        ck_assert_float_eq(best->logit, next->candidates[0].logit);
        for (int i = 0; i < next->n; i++) {
            const Candidate *c = &next->candidates[i];
            const double p = exp((double)logits[c->id] - best->log_sum);
            ck_assert_double_eq_tol(p, c->prob, 1e-6);
        }
        study_frame(r.study);
    }
    study_rig_close(&r);
}
END_TEST

/* Ids without a piece count for nothing, as for who draws. */
START_TEST(what_has_no_piece_is_no_candidate) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    const SamplerParams p = {.temperature = 1};
    const int n = 120, pos = N_TOKENS - 1;
    study_set_vocabulary(r.study, (SamplerIds){.n = n});
    study_set_sampler(r.study, &p, 3);
    study_next(r.study, pos);
    study_best(r.study, pos);
    study_rig_make(&r);
    const StudyNext *next = study_next(r.study, pos);
    Candidate want[300];
    sampler_stages(&p, trace_row(r.c.trace, SITE_LOGITS, 0, pos), n, want);
    ck_assert_int_eq(next->n, n);
    ck_assert_mem_eq(next->candidates, want, sizeof *want * (size_t)n);
    ck_assert_int_eq(study_best(r.study, pos)->id, want[0].id);
    study_rig_close(&r);
}
END_TEST

/* Nor do those between: here the best of all, one beside it, and the first. */
START_TEST(what_lies_between_pieces_is_no_candidate) {
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    const int n = 300, pos = N_TOKENS - 1;
    SamplerParams p = {.temperature = 1};
    Candidate all[300];
    trace_row(r.c.trace, SITE_LOGITS, 0, pos);
    sampler_stages(&p, trace_row(r.c.trace, SITE_LOGITS, 0, pos), n, all);
    const int best = all[0].id > 1 ? all[0].id : all[1].id;
    const int without[] = {0, best, best + 1};
    const SamplerIds ids = {n, without, best + 1 < n ? 3 : 2};
    study_set_vocabulary(r.study, ids);
    study_set_sampler(r.study, &p, 3);
    const StudyKey prob = {.kind = STUDY_PROB, .pos = pos, .index = 1};
    bool missing;
    study_next(r.study, pos);
    study_best(r.study, pos);
    study_get(r.study, prob, &missing);
    study_rig_make(&r);
    const StudyNext *next = study_next(r.study, pos);
    ck_assert_int_eq(next->n, n - ids.n_without);
    double sum = 0;
    for (int i = 0; i < next->n; i++) {
        for (int k = 0; k < ids.n_without; k++)
            ck_assert_int_ne(next->candidates[i].id, without[k]);
        sum += (double)next->candidates[i].prob;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-5);
    const StudyBest *top = study_best(r.study, pos);
    ck_assert_int_eq(top->id, next->candidates[0].id);
    const Explain *ex = study_get(r.study, prob, &missing);
    ck_assert(ex && ex->matches);
    ck_assert_int_eq(ex->n_terms, next->n);
    for (int i = 0; i < next->n; i++)
        if (next->candidates[i].id == 1)
            ck_assert_double_eq_tol(ex->total, (double)next->candidates[i].prob,
                                    1e-6);
    study_rig_close(&r);
}
END_TEST

/* ---- stopping ------------------------------------------------------------ */

static bool says(void *ud) {
    return *(bool *)ud;
}

static bool counts_down(void *ud) {
    return --*(int *)ud >= 0;
}

/* What is made of many rows, or of the whole vocabulary. */
static const StudyKey long_ones[] = {
    {.kind = STUDY_HEADS, .layer = 1, .pos = N_TOKENS - 1},
    {.kind = STUDY_MAPS, .layer = 1, .pos = N_TOKENS - 1, .index = 5},
    {.kind = STUDY_SUMS, .layer = 1, .pos = N_TOKENS - 1, .index = 2},
    {.kind = STUDY_VALUED, .layer = 1, .pos = N_TOKENS - 1, .index = 40},
    {.kind = STUDY_MASKED, .layer = 1, .pos = N_TOKENS - 1, .index = 9},
    {.kind = STUDY_MEAN, .layer = 1, .pos = N_TOKENS - 1, .index = 0},
    {.kind = STUDY_ROLLOUT, .layer = 1, .pos = N_TOKENS - 1},
    {.kind = STUDY_NEURONS, .layer = 1, .pos = 7},
    {.kind = STUDY_NEURON_PAST, .layer = 1, .pos = N_TOKENS - 1, .index = 3},
    {.kind = STUDY_NEURON_SAYS, .layer = 1, .pos = STUDY_NO_POS, .index = 3},
    {.kind = STUDY_WHY, .layer = 1, .pos = 7, .index = 5},
    {.kind = STUDY_OFF, .layer = 1, .pos = 7, .index = EDIT_MLP},
    {.kind = STUDY_OFF, .pos = N_TOKENS - 1, .index = EDIT_CUT},
    {.kind = STUDY_NEAR, .pos = STUDY_NO_POS, .index = 3},
    {.kind = STUDY_TABLE, .pos = STUDY_NO_POS},
    {.kind = STUDY_MAP, .pos = STUDY_NO_POS, .index = STUDY_MAP_ALL},
};

/* At once, whatever they are made of, and later all the same. */
START_TEST(long_ones_are_stopped_by_who_waits) {
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        StudyRig r;
        bool wanted = false, missing;
        rig_open(&r, 0, 1 << 20);
        study_set_watch(r.study, (SessionWatch){says, &wanted});
        study_get(r.study, long_ones[i], &missing);
        ck_assert(missing);
        ck_assert(study_step(r.study));
        const TraceStats stats = trace_stats(r.c.trace);
        ck_assert_msg(stats.n_recomputed + stats.n_ends <= 2, "%zu: %d + %d", i,
                      (int)stats.n_recomputed, (int)stats.n_ends);
        ck_assert_msg(!study_get(r.study, long_ones[i], &missing), "%zu", i);
        ck_assert_msg(missing, "%zu is not made any more", i);
        wanted = true;
        study_rig_make(&r);
        ck_assert_msg(study_get(r.study, long_ones[i], &missing) != NULL, "%zu",
                      i);
        study_rig_close(&r);
    }
}
END_TEST

/* Where a number that is stopped is stopped, one question later each time, it
 * stays unmade; how many questions it takes to be made. */
static int made_after(Study *s, StudyKey key) {
    bool missing;
    int n = 1;
    for (; !study_get(s, key, &missing) && n < 200; n++) {
        int left = n;
        study_set_watch(s, (SessionWatch){counts_down, &left});
        study_step(s);
    }
    return n;
}

/* Nothing of what was stopped halfway stays behind. */
START_TEST(stopped_anywhere_the_numbers_are_the_same) {
    StudyRig whole, r;
    bool missing;
    rig_open(&whole, 0, 1 << 20);
    const StudyKey key = long_ones[1];
    study_get(whole.study, key, &missing);
    study_rig_make(&whole);
    rig_open(&r, 0, 1 << 20);
    made_after(r.study, key);
    ck_assert_mem_eq(study_get(r.study, key, &missing),
                     study_get(whole.study, key, &missing),
                     4 * 5 * 5 * sizeof(float));
    study_rig_close(&whole);
    study_rig_close(&r);
}
END_TEST

/* What goes through the vocabulary asks on the way, too, not only before. */
START_TEST(whole_tables_are_stopped_halfway) {
    StudyRig whole, r;
    bool missing;
    rig_open(&whole, 0, 1 << 20);
    rig_open(&r, 0, 1 << 20);
    study_near(whole.study, 3);
    study_table(whole.study);
    study_map(whole.study, STUDY_MAP_ALL);
    study_rig_make(&whole);

    StudyKey key = {.kind = STUDY_NEAR, .pos = STUDY_NO_POS, .index = 3};
    ck_assert_int_ge(made_after(r.study, key), 5);
    ck_assert_mem_eq(study_near(r.study, 3), study_near(whole.study, 3),
                     sizeof(StudyNear));
    key = (StudyKey){.kind = STUDY_TABLE, .pos = STUDY_NO_POS};
    ck_assert_int_ge(made_after(r.study, key), 5);
    const StudyTable *t = study_table(whole.study);
    ck_assert_mem_eq(study_get(r.study, key, &missing), t,
                     sizeof *t +
                         (size_t)t->rows * (size_t)t->cols * sizeof(float));
    key = (StudyKey){
        .kind = STUDY_MAP, .pos = STUDY_NO_POS, .index = STUDY_MAP_ALL};
    ck_assert_int_ge(made_after(r.study, key), 5);
    const StudyMap *m = study_map(whole.study, STUDY_MAP_ALL);
    const StudyMap *again = study_map(r.study, STUDY_MAP_ALL);
    ck_assert_int_eq(again->n, m->n);
    ck_assert_mem_eq(again->points, m->points,
                     (size_t)m->n * sizeof *m->points);
    study_rig_close(&whole);
    study_rig_close(&r);
}
END_TEST

typedef struct Turned {
    Study *study;
    int asked;
} Turned;

/* Another number is shown from the third question on, in two frames. */
static bool turns_away(void *ud) {
    Turned *t = ud;
    if (++t->asked < 3) return true;
    study_frame(t->study);
    study_maps(t->study, 0, N_TOKENS - 1, 5);
    return true;
}

START_TEST(what_is_shown_no_more_makes_way) {
    StudyRig r;
    bool missing;
    rig_open(&r, 0, 1 << 20);
    Turned t = {r.study, 0};
    study_frame(r.study);
    study_get(r.study, long_ones[0], &missing);
    study_set_watch(r.study, (SessionWatch){turns_away, &t});
    ck_assert(study_step(r.study));
    ck_assert_int_lt(t.asked, 7); /* not all of its rows */
    ck_assert(!study_get(r.study, long_ones[0], &missing));
    study_set_watch(r.study, (SessionWatch){0});
    study_frame(r.study);
    study_maps(r.study, 0, N_TOKENS - 1, 5);
    study_rig_make(&r);
    ck_assert_ptr_nonnull(study_maps(r.study, 0, N_TOKENS - 1, 5));
    study_rig_close(&r);
}
END_TEST

/* ---- ahead --------------------------------------------------------------- */

static bool is_made(Study *s, StudyKey key) {
    bool missing;
    return study_get(s, key, &missing) && !missing;
}

static void ask_ahead(Study *s, StudyKey key) {
    study_ask_ahead(s);
    const bool made = is_made(s, key);
    ck_assert(study_end_ahead(s) == made);
}

/* No frame waits for it, and study_step leaves it alone; then a frame finds
 * it. */
START_TEST(what_is_asked_ahead_is_made_when_nothing_is_wanted) {
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        StudyRig r;
        const StudyKey other = {.kind = STUDY_HEADS, .layer = 0, .pos = 4};
        rig_open(&r, 0, 1 << 20);
        study_frame(r.study);
        ask_ahead(r.study, long_ones[i]);
        ck_assert(study_is_whole(r.study) && study_is_settled(r.study));
        ck_assert(!study_is_ahead(r.study) && !study_step(r.study));
        is_made(r.study, other);
        ck_assert(!study_is_whole(r.study));
        ck_assert(!study_step_ahead(r.study)); /* a number is wanted */
        study_rig_make(&r);
        ck_assert(is_made(r.study, other) && !study_is_ahead(r.study));
        ck_assert(study_step_ahead(r.study));
        while (study_step_ahead(r.study)) {
        }
        ck_assert(study_is_ahead(r.study));
        ck_assert_msg(is_made(r.study, long_ones[i]), "%zu", i);
        study_rig_close(&r);
    }
}
END_TEST

/* Before it is made, or another is asked for ahead. */
START_TEST(what_is_asked_ahead_may_be_wanted_or_passed_over) {
    const StudyKey one = {.kind = STUDY_HEADS, .layer = 1, .pos = 9};
    const StudyKey two = {.kind = STUDY_HEADS, .layer = 0, .pos = 9};
    StudyRig r;
    rig_open(&r, 0, 1 << 20);
    ask_ahead(r.study, one);
    study_frame(r.study);
    ck_assert(!is_made(r.study, one));
    ck_assert(!study_is_whole(r.study) && study_is_ahead(r.study));
    study_rig_make(&r);
    ck_assert(is_made(r.study, one));
    study_forget(r.study, 0);
    ask_ahead(r.study, one);
    ask_ahead(r.study, two);
    while (study_step_ahead(r.study)) {
    }
    study_frame(r.study);
    ck_assert(is_made(r.study, two) && !is_made(r.study, one));
    ask_ahead(r.study, (StudyKey){.kind = STUDY_HEADS, .layer = 1, .pos = 12});
    study_forget(r.study, 11);
    ck_assert(study_is_ahead(r.study));
    study_rig_close(&r);
}
END_TEST

typedef struct Comes {
    Study *study;
    StudyKey key;
    int asked;
} Comes;

/* A frame wants a number while another is made. */
static bool comes(void *ud) {
    Comes *c = ud;
    if (c->asked++ == 0) {
        study_frame(c->study);
        is_made(c->study, c->key);
    }
    return true;
}

/* Unless it is that very one. */
START_TEST(who_makes_ahead_stops_for_a_frame) {
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
        for (int same = 0; same < 2; same++) {
            StudyRig r;
            const StudyKey other = study_off_key(4, EDIT_CUT, 0, 2);
            rig_open(&r, 0, 1 << 20);
            Comes c = {r.study, same ? long_ones[i] : other, 0};
            study_set_watch(r.study, (SessionWatch){comes, &c});
            study_frame(r.study);
            ask_ahead(r.study, long_ones[i]);
            ck_assert(study_step_ahead(r.study));
            if (same) {
                ck_assert_msg(is_made(r.study, c.key), "%zu", i);
            } else if (c.asked > 0) {
                ck_assert(!study_is_settled(r.study));
                ck_assert_msg(c.asked <= 2, "%zu: %d", i, c.asked);
            }
            study_rig_make(&r);
            ck_assert(c.asked == 0 || is_made(r.study, c.key));
            /* Some ask once and are done. */
            const bool many = long_ones[i].kind == STUDY_HEADS ||
                              long_ones[i].kind == STUDY_ROLLOUT ||
                              long_ones[i].index == EDIT_CUT;
            ck_assert(same || !many || !is_made(r.study, long_ones[i]));
            study_rig_close(&r);
        }
}
END_TEST

TEST_MAIN_EVERY_FAMILY(
    "study", what_is_asked_ahead_is_made_when_nothing_is_wanted,
    what_is_asked_ahead_may_be_wanted_or_passed_over,
    who_makes_ahead_stops_for_a_frame, long_ones_are_stopped_by_who_waits,
    rows_made_again_are_the_references,
    stopped_anywhere_the_numbers_are_the_same, whole_tables_are_stopped_halfway,
    what_is_shown_no_more_makes_way, what_lies_between_pieces_is_no_candidate,
    what_has_no_piece_is_no_candidate, the_best_is_the_samplers_first_candidate,
    stored_rows_are_there_at_once, an_end_is_made_once_and_then_stored,
    evicted_rows_come_from_the_one_that_makes,
    a_site_of_the_model_is_made_once_whatever_the_layer,
    what_a_frame_asks_for_stays_beyond_the_budget,
    what_no_frame_asks_for_any_more_goes,
    the_least_recently_asked_for_goes_first,
    what_was_wanted_long_ago_is_not_made, a_rewind_forgets_what_came_after,
    more_keys_than_there_is_room_for_are_none,
    next_is_sorted_drawn_and_follows_the_sampler, a_cell_is_what_explain_says,
    a_softmax_row_is_what_explain_says, maps_hold_the_strongest_weights,
    maps_of_a_part_begin_where_they_are_asked_to,
    scores_and_maps_run_the_layer_once)
