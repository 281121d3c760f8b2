#include "engine/spec/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

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

bool sampler_check(const SamplerParams *p, Err *err) {
    /* Written so that NaN fails every test. */
    if (!(p->temperature >= 0) || !isfinite(p->temperature))
        return err_set(err, ERR_USAGE, 0, "temperature: found %g, need >= 0",
                       (double)p->temperature);
    if (p->top_k < 0)
        return err_set(err, ERR_USAGE, 0, "top-k: found %d, need >= 0",
                       p->top_k);
    if (!(p->top_p >= 0 && p->top_p <= 1))
        return err_set(err, ERR_USAGE, 0, "top-p: found %g, need 0 to 1",
                       (double)p->top_p);
    if (!(p->min_p >= 0 && p->min_p < 1))
        return err_set(err, ERR_USAGE, 0,
                       "min-p: found %g, need 0 or more, below 1",
                       (double)p->min_p);
    return true;
}
