/* Sorting a vocabulary takes longer than anything else in drawing a token,
 * so a draw sorts a few hundred of the best first, and more only if these do
 * not settle it. */
#include "engine/spec/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAW_FIRST 256 /* candidates that a draw looks at first ... */
#define DRAW_MORE  8   /* and how many times as many then */

/* ---- the stages ---------------------------------------------------------- */

/* Best first: by logit, then by id.  Ids differ, so the order is total and
 * every qsort gives the same. */
static int candidate_compare(const void *pa, const void *pb) {
    const Candidate *a = pa, *b = pb;
    if (a->logit != b->logit) return a->logit > b->logit ? -1 : 1;
    return a->id < b->id ? -1 : 1;
}

static float logit_of(const float *logits, int id) {
    return isnan(logits[id]) ? -INFINITY : logits[id];
}

/* exp((logit - best) / temperature), 1 for the best.  In double, and from the
 * difference, so that no temperature overflows it. */
static double weight_of(float logit, float best, float temperature) {
    if (logit == best) return 1; /* both may be infinite */
    return exp(((double)logit - best) / temperature);
}

static float temperature_of(const SamplerParams *p) {
    return p->temperature > 0 ? p->temperature : 1.0f;
}

/* Of all tokens, in the order of their ids, so that it does not depend on how
 * many are sorted. */
static double total_weight(const SamplerParams *p, const float *logits, int n,
                           int best) {
    double total = 0;
    for (int i = 0; i < n; i++)
        total += weight_of(logit_of(logits, i), logit_of(logits, best),
                           temperature_of(p));
    return total;
}

/* scaled, prob and cumul of the n best, which are sorted. */
static void fill_probs(Candidate *c, int n, double total, float temperature) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double w = weight_of(c[i].logit, c[0].logit, temperature);
        sum += w;
        c[i].scaled = c[i].logit / temperature;
        c[i].prob = (float)(w / total);
        c[i].cumul = (float)(sum / total);
    }
}

static bool top_p_is_on(const SamplerParams *p) {
    return p->top_p > 0 && p->top_p < 1;
}

/* Whether any stage may drop a candidate. */
static bool cuts(const SamplerParams *p) {
    return p->temperature == 0 || p->top_k > 0 || top_p_is_on(p) ||
           p->min_p > 0;
}

/* The first stage that drops candidate i; cumul_before is the probability of
 * those above it. */
static SamplerCut cut_of(const SamplerParams *p, const Candidate *c, int i,
                         float cumul_before) {
    if (i == 0) return SAMPLER_KEPT;
    if (p->temperature == 0 || (p->top_k > 0 && i >= p->top_k))
        return SAMPLER_CUT_TOP_K;
    if (top_p_is_on(p) && cumul_before >= p->top_p) return SAMPLER_CUT_TOP_P;
    if (c[i].prob < p->min_p * c[0].prob) return SAMPLER_CUT_MIN_P;
    return SAMPLER_KEPT;
}

/* Every stage of the n best, which are sorted; how many are kept. */
static int run_stages(const SamplerParams *p, double total, Candidate *c,
                      int n) {
    int n_kept = 0;
    double kept = 0;
    fill_probs(c, n, total, temperature_of(p));
    for (int i = 0; i < n; i++) {
        c[i].cut = cut_of(p, c, i, i ? c[i - 1].cumul : 0);
        if (c[i].cut != SAMPLER_KEPT) continue;
        kept += c[i].prob;
        n_kept++;
    }
    for (int i = 0; i < n; i++)
        if (c[i].cut == SAMPLER_KEPT) c[i].final = (float)(c[i].prob / kept);
    return n_kept;
}

/* All of them, sorted. */
static int all_stages(const SamplerParams *p, double total, const float *logits,
                      int n, Candidate *out) {
    for (int i = 0; i < n; i++)
        out[i] = (Candidate){.id = i, .logit = logit_of(logits, i)};
    qsort(out, n, sizeof *out, candidate_compare);
    return run_stages(p, total, out, n);
}

static int best_id(const float *logits, int n) {
    int best = 0;
    float most = logit_of(logits, 0);
    for (int i = 1; i < n; i++)
        if (logits[i] > most) { /* NaN is not */
            best = i;
            most = logits[i];
        }
    return best;
}

const float *sampler_among(const SamplerIds *ids, const float *logits,
                           float *scratch) {
    if (ids->n_without == 0) return logits;
    if (scratch != logits)
        memcpy(scratch, logits, (size_t)ids->n * sizeof *scratch);
    for (int i = 0; i < ids->n_without; i++)
        scratch[ids->without[i]] = -INFINITY;
    return scratch;
}

int sampler_stages(const SamplerParams *p, const float *logits, int n,
                   Candidate *out) {
    assert(n > 0 && p->temperature >= 0);
    return all_stages(p, total_weight(p, logits, n, best_id(logits, n)), logits,
                      n, out);
}

/* ---- drawing ------------------------------------------------------------- */

int sampler_pick(const Candidate *c, int n, float coin) {
    double sum = 0;
    int last = 0; /* rounding may leave the sum just below a coin near 1 */
    for (int i = 0; i < n; i++) {
        if (c[i].final <= 0) continue;
        sum += c[i].final;
        last = i;
        if (sum > coin) break;
    }
    return c[last].id;
}

/* The last of a heap moves down to where it is not better than those below. */
static void sink(Candidate *heap, int n, Candidate last) {
    int at = 0;
    for (int below; (below = 2 * at + 1) < n; at = below) {
        if (below + 1 < n &&
            candidate_compare(&heap[below], &heap[below + 1]) < 0)
            below++;
        if (candidate_compare(&last, &heap[below]) >= 0) break;
        heap[at] = heap[below];
    }
    heap[at] = last;
}

/* The best n of n_all, sorted.  The worst of those so far is at hand. */
static void best_of(const float *logits, int n_all, Candidate *out, int n) {
    for (int i = 0; i < n; i++)
        out[i] = (Candidate){.id = i, .logit = logit_of(logits, i)};
    /* Sorted worst first is a heap. */
    qsort(out, n, sizeof *out, candidate_compare);
    for (int i = 0; i < n / 2; i++) {
        const Candidate c = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = c;
    }
    for (int i = n; i < n_all; i++)
        if (logits[i] > out[0].logit) /* as good is worse: its id is higher */
            sink(out, n, (Candidate){.id = i, .logit = logits[i]});
    qsort(out, n, sizeof *out, candidate_compare);
}

int sampler_draw(const SamplerParams *p, const float *logits, int n, float coin,
                 Candidate *scratch) {
    const int best = best_id(logits, n);
    /* One candidate needs no sorting. */
    if (p->temperature == 0 || p->top_k == 1) return best;
    const double total = total_weight(p, logits, n, best);
    /* Those that are kept come first: sorting goes on until one is not. */
    for (int m = DRAW_FIRST; cuts(p) && m <= n / DRAW_MORE; m *= DRAW_MORE) {
        best_of(logits, n, scratch, m);
        if (run_stages(p, total, scratch, m) < m)
            return sampler_pick(scratch, m, coin);
    }
    all_stages(p, total, logits, n, scratch);
    return sampler_pick(scratch, n, coin);
}

float sampler_coin(uint64_t seed, int pos) {
    uint64_t z = seed + ((uint64_t)pos + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (float)(z >> 40) * 0x1p-24f; /* all bits that a float in [0,1) has */
}

/* ---- the parameters ------------------------------------------------------ */

/* clang-format off */
static const SamplerParamInfo params[SAMPLER_PARAMS] = {
    [SAMPLER_TEMPERATURE] = {
        .name = "temperature", .most = SAMPLER_TEMPERATURE_MAX,
        .hand_most = 2, .slider_most = 2,
        .step = .1f, .notches = 20, .off = -1},
    [SAMPLER_TOP_K] = {
        .name = "top-k", .most = SAMPLER_TOP_K_MAX,
        .hand_most = SAMPLER_TOP_K_MAX, .slider_most = 100,
        .step = 1, .notches = 1, .off = 0},
    [SAMPLER_TOP_P] = {
        .name = "top-p", .most = SAMPLER_TOP_P_MAX,
        .hand_least = .05f, .hand_most = 1, .slider_most = 1,
        .step = .05f, .notches = 100, .off = 1},
    [SAMPLER_MIN_P] = {
        .name = "min-p", .most = SAMPLER_MIN_P_MAX,
        .hand_most = .5f, .slider_most = .5f,
        .step = .01f, .notches = 100, .off = 0},
};
/* clang-format on */

const SamplerParamInfo *sampler_param(SamplerParam i) {
    return &params[i];
}

float sampler_get(const SamplerParams *p, SamplerParam i) {
    const float values[SAMPLER_PARAMS] = {
        [SAMPLER_TEMPERATURE] = p->temperature,
        [SAMPLER_TOP_K] = (float)p->top_k,
        [SAMPLER_TOP_P] = p->top_p,
        [SAMPLER_MIN_P] = p->min_p,
    };
    return values[i];
}

void sampler_set(SamplerParams *p, SamplerParam i, float v, int n_vocab) {
    const SamplerParamInfo *info = &params[i];
    const float most = i == SAMPLER_TOP_K
                           ? fminf(info->hand_most, (float)n_vocab)
                           : info->hand_most;
    const float fit = fminf(fmaxf(v, info->hand_least), most);
    const float value = roundf(fit * info->notches) / info->notches;
    if (i == SAMPLER_TEMPERATURE) p->temperature = value;
    if (i == SAMPLER_TOP_K) p->top_k = (int)value;
    if (i == SAMPLER_TOP_P) p->top_p = value;
    if (i == SAMPLER_MIN_P) p->min_p = value;
}

bool sampler_check(const SamplerParams *p, Err *err) {
    for (int i = 0; i < SAMPLER_PARAMS; i++) {
        const SamplerParamInfo *info = &params[i];
        const double v = (double)sampler_get(p, (SamplerParam)i);
        if (!(v >= 0 && v <= info->most)) /* NaN fails the test */
            return err_set(err, ERR_USAGE, 0, "%s: found %g, need %g to %g",
                           info->name, v, 0.0, info->most);
    }
    return true;
}
