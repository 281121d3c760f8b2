#include "engine/spec/sampler.h"
#include "tests/support/bytes.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_MAX 600

static void draw_logits(float *logits, int n, uint64_t *state) {
    for (int i = 0; i < n; i++)
        logits[i] = 12.0f * ((float)(random_next(state) >> 40) * 0x1p-24f) - 6;
}

/* The rank of token id: how many come before it. */
static int rank_of(const float *logits, int n, int id) {
    int rank = 0;
    for (int i = 0; i < n; i++)
        rank += logits[i] > logits[id] || (logits[i] == logits[id] && i < id);
    return rank;
}

/* Every number of every stage, worked out from its definition. */
static void check_stages(const SamplerParams *p, const float *logits, int n) {
    static Candidate c[N_MAX];
    const double t = p->temperature > 0 ? (double)p->temperature : 1;
    const int n_kept = sampler_stages(p, logits, n, c);
    double total = 0, cumul = 0, kept = 0, sum = 0;
    int seen = 0;
    for (int i = 0; i < n; i++)
        total += exp((double)logits[i] / t);
    for (int i = 0; i < n; i++) {
        const double prob = exp((double)c[i].logit / t) / total;
        const double best = exp((double)c[0].logit / t) / total;
        ck_assert_int_eq(rank_of(logits, n, c[i].id), i);
        ck_assert(c[i].logit == logits[c[i].id]);
        ck_assert_double_eq_tol((double)c[i].scaled, (double)c[i].logit / t,
                                1e-6 * fabs((double)c[i].logit / t));
        ck_assert_double_eq_tol((double)c[i].prob, prob, 1e-6 * prob + 1e-37);
        SamplerCut cut = SAMPLER_KEPT;
        if (p->min_p > 0 && prob < (double)p->min_p * best)
            cut = SAMPLER_CUT_MIN_P;
        if (p->top_p > 0 && p->top_p < 1 && cumul >= (double)p->top_p)
            cut = SAMPLER_CUT_TOP_P;
        if (p->temperature == 0 ? i > 0 : p->top_k > 0 && i >= p->top_k)
            cut = SAMPLER_CUT_TOP_K;
        ck_assert_msg(c[i].cut == cut, "rank %d: cut %d, need %d", i, c[i].cut,
                      cut);
        cumul += prob;
        ck_assert_double_eq_tol((double)c[i].cumul, cumul, 1e-6);
        if (cut == SAMPLER_KEPT) {
            kept += prob;
            seen++;
        }
    }
    ck_assert_int_eq(n_kept, seen);
    for (int i = 0; i < n; i++) {
        const double prob = exp((double)c[i].logit / t) / total;
        const double want = c[i].cut == SAMPLER_KEPT ? prob / kept : 0;
        ck_assert_double_eq_tol((double)c[i].final, want, 1e-5 * want + 1e-37);
        ck_assert(i == 0 || c[i].cumul >= c[i - 1].cumul);
        sum += (double)c[i].final;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-5);
}

START_TEST(every_stage_follows_its_definition) {
    static const SamplerParams some[] = {
        {.temperature = 1},
        {.temperature = 0},
        {.temperature = 0.3f},
        {.temperature = 5},
        {.temperature = 1, .top_k = 1},
        {.temperature = 1, .top_k = 40},
        {.temperature = 1, .top_k = 100000},
        {.temperature = 1, .top_p = 0.5f},
        {.temperature = 1, .top_p = 0.9f},
        {.temperature = 1, .top_p = 1e-6f},
        {.temperature = 1, .top_p = 1},
        {.temperature = 1, .min_p = 0.05f},
        {.temperature = 1, .min_p = 0.999f},
        {.temperature = 0.8f, .top_k = 20, .top_p = 0.7f, .min_p = 0.1f},
        {.temperature = 2, .top_k = 200, .top_p = 0.99f, .min_p = 0.3f},
    };
    static const int sizes[] = {1, 2, 3, 17, 512};
    uint64_t state = 1;
    float logits[N_MAX];
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        for (size_t j = 0; j < 5; j++)
            for (int round = 0; round < 3; round++) {
                draw_logits(logits, sizes[j], &state);
                check_stages(&some[i], logits, sizes[j]);
            }
}
END_TEST

START_TEST(ties_go_to_the_lowest_id) {
    const float logits[] = {1, 3, 2, 3, 3, 1};
    const int order[] = {1, 3, 4, 2, 0, 5};
    Candidate c[6];
    sampler_stages(&(SamplerParams){.temperature = 1}, logits, 6, c);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(c[i].id, order[i]);
    ck_assert_int_eq(sampler_draw(&(SamplerParams){0}, logits, 6, 0.99f, c), 1);
}
END_TEST

START_TEST(nan_and_infinite_logits_are_harmless) {
    static const float sets[][4] = {
        {NAN, 1, NAN, 0},
        {NAN, NAN, NAN, NAN},
        {-INFINITY, -INFINITY, -INFINITY, 2},
        {-INFINITY, NAN, -INFINITY, -INFINITY},
        {INFINITY, 1, INFINITY, 0},
        {3e38f, -3e38f, 3e38f, NAN},
    };
    static const int best[] = {1, 0, 3, 0, 0, 0};
    static const float temperatures[] = {0, 1e-30f, 1, 1e30f};
    Candidate c[4];
    for (size_t i = 0; i < 6; i++)
        for (size_t t = 0; t < 4; t++) {
            const SamplerParams p = {.temperature = temperatures[t],
                                     .top_p = 0.9f};
            double sum = 0;
            ck_assert_int_ge(sampler_stages(&p, sets[i], 4, c), 1);
            ck_assert_int_eq(c[0].id, best[i]);
            for (int j = 0; j < 4; j++) {
                ck_assert(!isnan(c[j].logit));
                ck_assert(c[j].prob >= 0 && c[j].prob <= 1);
                sum += (double)c[j].final;
            }
            ck_assert_double_eq_tol(sum, 1, 1e-6);
        }
    sampler_stages(&(SamplerParams){.temperature = 1}, sets[0], 4, c);
    ck_assert(c[2].final == 0 && c[3].final == 0);
}
END_TEST

START_TEST(pick_takes_the_first_that_passes_the_coin) {
    const Candidate c[] = {
        {.id = 7, .final = 0.5f},
        {.id = 5, .cut = SAMPLER_CUT_TOP_P},
        {.id = 3, .final = 0.25f},
        {.id = 9, .final = 0.25f},
        {.id = 1, .cut = SAMPLER_CUT_TOP_K},
    };
    static const struct {
        float coin;
        int id;
    } some[] = {{0, 7},       {0.49f, 7}, {0.5f, 3},
                {0.7499f, 3}, {0.75f, 9}, {0.99999994f, 9}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        ck_assert_int_eq(sampler_pick(c, 5, some[i].coin), some[i].id);
    const Candidate short_sum[] = {{.id = 4, .final = 0.3f},
                                   {.id = 6, .final = 0.3f},
                                   {.id = 8, .cut = SAMPLER_CUT_MIN_P}};
    ck_assert_int_eq(sampler_pick(short_sum, 3, 0.9f), 6);
}
END_TEST

/* Coins of many positions fall as often as the probabilities say. */
START_TEST(draws_follow_the_final_probabilities) {
    enum { N = 12, DRAWS = 200000 };
    const SamplerParams p = {.temperature = 0.9f, .top_k = 9, .top_p = 0.95f};
    float logits[N];
    Candidate c[N], scratch[N];
    int counts[N] = {0};
    uint64_t state = 3;
    for (int i = 0; i < N; i++)
        logits[i] = 3.0f * ((float)(random_next(&state) >> 40) * 0x1p-24f);
    sampler_stages(&p, logits, N, c);
    for (int pos = 0; pos < DRAWS; pos++) {
        const float coin = sampler_coin(42, pos);
        const int id = sampler_pick(c, N, coin);
        if (pos % 100 == 0)
            ck_assert_int_eq(sampler_draw(&p, logits, N, coin, scratch), id);
        counts[id]++;
    }
    for (int i = 0; i < N; i++) {
        const double want = (double)c[i].final * DRAWS;
        ck_assert_double_eq_tol(counts[c[i].id], want, 5 * sqrt(want + 1));
        if (c[i].cut != SAMPLER_KEPT) ck_assert_int_eq(counts[c[i].id], 0);
    }
}
END_TEST

/* A draw sorts no more than it needs; what it takes is the same. */
START_TEST(a_draw_takes_what_the_stages_say) {
    enum { N = 5000 };
    static const SamplerParams params[] = {
        {.temperature = 0.1f, .top_p = 0.9f}, {.temperature = 1, .top_k = 40},
        {.temperature = 0.1f, .min_p = 0.1f}, {.temperature = 1, .top_k = 256},
        {.temperature = 1, .top_p = 0.9f},    {.temperature = 2, .top_k = 300},
        {.temperature = 4, .top_p = 0.99f},   {.temperature = 1},
    };
    static float logits[N];
    static Candidate all[N], scratch[N];
    uint64_t state = 5;
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
        for (int round = 0; round < 20; round++) {
            draw_logits(logits, N, &state);
            for (int k = 1; k < N; k += 7)
                logits[k] = k % 5 ? logits[k - 1] : NAN;
            const int n_kept = sampler_stages(&params[i], logits, N, all);
            ck_assert_int_ge(n_kept, 1);
            for (int k = 0; k < 20; k++) {
                const float coin = (float)k / 20;
                ck_assert_int_eq(
                    sampler_draw(&params[i], logits, N, coin, scratch),
                    sampler_pick(all, N, coin));
            }
        }
}
END_TEST

START_TEST(coins_are_uniform_and_repeatable) {
    enum { N = 100000, BINS = 20 };
    int bins[BINS] = {0};
    int repeats = 0;
    for (int pos = 0; pos < N; pos++) {
        const float coin = sampler_coin(7, pos);
        ck_assert(coin >= 0 && coin < 1);
        ck_assert(coin == sampler_coin(7, pos));
        repeats += coin == sampler_coin(8, pos);
        repeats += coin == sampler_coin(7, pos + 1);
        bins[(int)(coin * BINS)]++;
    }
    for (int i = 0; i < BINS; i++)
        ck_assert_int_lt(abs(bins[i] - N / BINS), 400);
    ck_assert_int_lt(repeats, 5);
}
END_TEST

START_TEST(parameters_outside_their_range_are_refused) {
    static const struct {
        SamplerParams p;
        const char *word; /* NULL: fine */
    } some[] = {
        {{0}, NULL},
        {{.temperature = 2, .top_k = 5, .top_p = 1, .min_p = 0.99f}, NULL},
        {{.temperature = -1}, "temperature: found -1"},
        {{.temperature = NAN}, "temperature"},
        {{.temperature = INFINITY}, "temperature"},
        {{.top_k = -1}, "top-k: found -1"},
        {{.top_p = -0.1f}, "top-p"},
        {{.top_p = 1.5f}, "top-p: found 1.5"},
        {{.top_p = NAN}, "top-p"},
        {{.min_p = 1}, "min-p: found 1"},
        {{.min_p = -1}, "min-p"},
        {{.min_p = NAN}, "min-p"},
        {{.temperature = 101}, "temperature: found 101"},
        {{.top_k = CONFIG_DIM_MAX + 1}, "top-k"},
    };
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        Err err = {0};
        ck_assert_int_eq(sampler_check(&some[i].p, &err), !some[i].word);
        if (!some[i].word) continue;
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(strstr(err.msg, some[i].word) == err.msg, "%s", err.msg);
    }
}
END_TEST

/* What is set by hand is in reach, at a notch, and is the one asked for. */
START_TEST(hands_set_one_parameter_to_a_notch) {
    static const struct {
        SamplerParam i;
        float v, want;
    } some[] = {
        {SAMPLER_TEMPERATURE, .83f, .85f},
        {SAMPLER_TEMPERATURE, -1, 0},
        {SAMPLER_TEMPERATURE, 9, 2},
        {SAMPLER_TOP_K, 6.6f, 7},
        {SAMPLER_TOP_K, -1, 0},
        {SAMPLER_TOP_K, 300, 200},
        {SAMPLER_TOP_P, 0, .05f},
        {SAMPLER_TOP_P, 2, 1},
        {SAMPLER_TOP_P, .333f, .33f},
        {SAMPLER_MIN_P, .126f, .13f},
        {SAMPLER_MIN_P, 1, .5f},
        {SAMPLER_MIN_P, -1, 0},
    };
    for (size_t n = 0; n < sizeof some / sizeof *some; n++) {
        const SamplerParams before = {1, 40, .9f, .1f};
        SamplerParams p = before;
        sampler_set(&p, some[n].i, some[n].v, 200);
        for (int i = 0; i < SAMPLER_PARAMS; i++)
            ck_assert(sampler_get(&p, (SamplerParam)i) ==
                      (i == (int)some[n].i
                           ? some[n].want
                           : sampler_get(&before, (SamplerParam)i)));
        ck_assert(sampler_check(&p, NULL));
    }
}
END_TEST

/* Every parameter has its row, and none is put where it may not be. */
START_TEST(every_parameter_has_a_row) {
    for (int i = 0; i < SAMPLER_PARAMS; i++) {
        const SamplerParamInfo *info = sampler_param((SamplerParam)i);
        ck_assert_ptr_nonnull(info->name);
        ck_assert(info->hand_least >= 0 && info->hand_least < info->hand_most);
        ck_assert(info->slider_most > info->hand_least);
        ck_assert(info->slider_most <= info->hand_most);
        ck_assert((double)info->hand_most <= info->most);
        ck_assert(info->step > 0 && info->notches >= 1);
        ck_assert(info->off <= info->hand_most);
    }
}
END_TEST

/* As many candidates as any model may have, all alike and all different. */
START_TEST(a_million_candidates) {
    enum { N = 1 << 20 };
    float *logits = malloc(N * sizeof *logits);
    Candidate *c = malloc(N * sizeof *c);
    ck_assert(logits && c);
    for (int i = 0; i < N; i++)
        logits[i] = 0;
    const SamplerParams p = {.temperature = 1, .top_p = 0.5f};
    ck_assert_int_eq(sampler_stages(&p, logits, N, c), N / 2);
    ck_assert_int_eq(c[N - 1].id, N - 1);
    for (int i = 0; i < N; i++)
        logits[i] = (float)(i * 7919ll % N) * 1e-5f;
    sampler_stages(&p, logits, N, c);
    for (int i = 1; i < N; i++)
        ck_assert(c[i - 1].logit > c[i].logit);
    free(logits);
    free(c);
}
END_TEST

TEST_MAIN("sampler", every_stage_follows_its_definition,
          ties_go_to_the_lowest_id, nan_and_infinite_logits_are_harmless,
          pick_takes_the_first_that_passes_the_coin,
          draws_follow_the_final_probabilities,
          a_draw_takes_what_the_stages_say, coins_are_uniform_and_repeatable,
          parameters_outside_their_range_are_refused,
          hands_set_one_parameter_to_a_notch, every_parameter_has_a_row,
          a_million_candidates)
