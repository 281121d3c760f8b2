#include "engine/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

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

/* scaled, prob and cumul of all, which are sorted. */
static void fill_probs(Candidate *c, int n, float temperature) {
    double total = 0, sum = 0;
    for (int i = 0; i < n; i++)
        total += weight_of(c[i].logit, c[0].logit, temperature);
    for (int i = 0; i < n; i++) {
        const double w = weight_of(c[i].logit, c[0].logit, temperature);
        sum += w;
        c[i].scaled = c[i].logit / temperature;
        c[i].prob = (float)(w / total);
        c[i].cumul = (float)(sum / total);
    }
}

/* The first stage that drops candidate i; cumul_before is the probability of
 * those above it. */
static SamplerCut cut_of(const SamplerParams *p, const Candidate *c, int i,
                         float cumul_before) {
    const bool top_p_on = p->top_p > 0 && p->top_p < 1;
    if (i == 0) return SAMPLER_KEPT;
    if (p->temperature == 0 || (p->top_k > 0 && i >= p->top_k))
        return SAMPLER_CUT_TOP_K;
    if (top_p_on && cumul_before >= p->top_p) return SAMPLER_CUT_TOP_P;
    if (c[i].prob < p->min_p * c[0].prob) return SAMPLER_CUT_MIN_P;
    return SAMPLER_KEPT;
}

int sampler_stages(const SamplerParams *p, const float *logits, int n,
                   Candidate *out) {
    int n_kept = 0;
    double kept = 0;
    assert(n > 0 && p->temperature >= 0);
    for (int i = 0; i < n; i++)
        out[i] = (Candidate){.id = i, .logit = logit_of(logits, i)};
    qsort(out, n, sizeof *out, candidate_compare);
    fill_probs(out, n, p->temperature > 0 ? p->temperature : 1.0f);
    for (int i = 0; i < n; i++) {
        out[i].cut = cut_of(p, out, i, i ? out[i - 1].cumul : 0);
        if (out[i].cut != SAMPLER_KEPT) continue;
        kept += out[i].prob;
        n_kept++;
    }
    for (int i = 0; i < n; i++)
        if (out[i].cut == SAMPLER_KEPT)
            out[i].final = (float)(out[i].prob / kept);
    return n_kept;
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

static int best_id(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (logit_of(logits, i) > logit_of(logits, best)) best = i;
    return best;
}

int sampler_draw(const SamplerParams *p, const float *logits, int n, float coin,
                 Candidate *scratch) {
    /* One candidate needs no sorting. */
    if (p->temperature == 0 || p->top_k == 1) return best_id(logits, n);
    sampler_stages(p, logits, n, scratch);
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
