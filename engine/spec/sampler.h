/* Sampler: logits and a random number to a token.  Pure: no state, no clock.
 *
 * The stages, in this order: divide by temperature; softmax; keep the top k;
 * keep the smallest set whose probability reaches p (top-p); drop what is
 * below min_p times the best; renormalise; draw.  Temperature 0 takes the
 * highest logit (lowest id on ties): the probabilities shown are then those of
 * temperature 1, and all but one candidate count as cut by top-k.
 * Source: top-k Fan et al. 2018, arXiv:1805.04833; top-p Holtzman et al. 2019,
 * arXiv:1904.09751; min-p Nguyen et al. 2024, arXiv:2407.01082.
 */
#ifndef ENGINE_SPEC_SAMPLER_H
#define ENGINE_SPEC_SAMPLER_H

#include "engine/base/err.h"
#include "engine/spec/config.h"

#include <stdint.h>

typedef struct SamplerParams {
    float temperature; /* >= 0 */
    int top_k;         /* 0: off */
    float top_p;       /* in (0, 1]; 0 or 1: off */
    float min_p;       /* in [0, 1); 0: off */
} SamplerParams;

/* The largest value of each; the least is 0. */
#define SAMPLER_TEMPERATURE_MAX 100
#define SAMPLER_TOP_K_MAX       CONFIG_DIM_MAX
#define SAMPLER_TOP_P_MAX       1
#define SAMPLER_MIN_P_MAX       0.999999

typedef enum SamplerParam {
    SAMPLER_TEMPERATURE,
    SAMPLER_TOP_K,
    SAMPLER_TOP_P,
    SAMPLER_MIN_P,
    SAMPLER_PARAMS
} SamplerParam;

/* What is known of a parameter, beside what it does.  Defaults are not here:
 * they are the callers', and differ. */
typedef struct SamplerParamInfo {
    const char *name; /* "top-p" */
    double most;      /* 0 to this is allowed */
    /* Sliders and keys reach less, so that a hand can aim. */
    float hand_least, hand_most, slider_most;
    float step;    /* what a key adds */
    float notches; /* values in 1, so that what is set is short to say */
    float off;     /* the value at which it does nothing; below 0: none */
} SamplerParamInfo;

const SamplerParamInfo *sampler_param(SamplerParam i);

/* A parameter's value. */
float sampler_get(const SamplerParams *p, SamplerParam i);

/* Sets a parameter by hand: brought into hand_least..hand_most and to a notch;
 * the top k are at most the n_vocab tokens there are. */
void sampler_set(SamplerParams *p, SamplerParam i, float v, int n_vocab);

/* Which stage dropped a candidate. */
typedef enum SamplerCut {
    SAMPLER_KEPT,
    SAMPLER_CUT_TOP_K,
    SAMPLER_CUT_TOP_P,
    SAMPLER_CUT_MIN_P
} SamplerCut;

typedef struct Candidate {
    int id;
    float logit;
    float scaled; /* logit / temperature (the logit at temperature 0) */
    float prob;   /* softmax over the whole vocabulary, after temperature */
    float cumul;  /* sum of prob down to and including this one */
    SamplerCut cut;
    float final; /* probability to be drawn; 0 when cut */
} Candidate;

/* The ids that may be drawn: those below n but for a few, which rise and are
 * borrowed. */
typedef struct SamplerIds {
    int n;
    const int *without; /* [n_without] */
    int n_without;
} SamplerIds;

/* Logits [n] with those never drawn at -inf: `logits` itself where there are
 * none, else scratch [n], which may be the same. */
const float *sampler_among(const SamplerIds *ids, const float *logits,
                           float *scratch);

/* All n candidates, best first (lowest id on ties), with every stage's
 * numbers.  out: [n], caller's.  Returns how many are kept, >= 1.  NaN logits
 * count as -inf. */
int sampler_stages(const SamplerParams *p, const float *logits, int n,
                   Candidate *out);

/* The token that coin in [0,1) falls on, given sampler_stages' result: the
 * first kept candidate at which the running sum of `final` passes coin. */
int sampler_pick(const Candidate *c, int n, float coin);

/* Both at once with scratch [n]. */
int sampler_draw(const SamplerParams *p, const float *logits, int n, float coin,
                 Candidate *scratch);

/* The coin for a position: uniform in [0,1), a function of both numbers only,
 * so a run can be replayed from anywhere.  SplitMix64, Steele et al. 2014. */
float sampler_coin(uint64_t seed, int pos);

/* Refuses values outside 0..most, and NaN: "temperature: found -1, ...". */
bool sampler_check(const SamplerParams *p, Err *err);

#endif
