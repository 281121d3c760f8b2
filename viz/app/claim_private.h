/* What the parts of claim_eval share. */
#ifndef VIZ_APP_CLAIM_PRIVATE_H
#define VIZ_APP_CLAIM_PRIVATE_H

#include "engine/study/study.h"
#include "viz/app/claim_eval.h"
#include "viz/app/roles.h"

/* What role() has measured. */
typedef struct ClaimRoles {
    float *scores; /* [n_layers, H, HEAD_ROLES]; NULL: nothing */
    uint64_t sum;  /* checksum of the model */
    int n_layers;  /* the first, whose heads have been measured */
    int n;         /* stories */
    RolesOn on;    /* what has been measured */
} ClaimRoles;

#define CLAIM_ROLES_MAX 8 /* that are kept; the oldest goes */

struct ClaimEval {
    int n_threads;      /* of the runs that claims need; 0: one per core */
    const World *world; /* NULL: not opened yet */
    World *own_world;   /* NULL: it is another's */
    ClaimRoles roles[CLAIM_ROLES_MAX];
    int n_roles; /* measured so far */
};

/* A run that values are looked up in. */
typedef struct ClaimRun {
    const Trace *trace; /* NULL: there is none */
    const State *state;
    Study *study; /* of that trace, opened when it is first asked */
} ClaimRun;

/* What every function works on. */
typedef struct ClaimWork {
    ClaimEval *kept;
    const Claim *claim;
    const ClaimNode *call; /* the function */
    ClaimRun *run;         /* that it is asked of */
    ClaimRun *before;      /* what that is compared with */
    const Tokenizer *tok;
    double deadline; /* by clock_seconds */
    Err *err;
} ClaimWork;

/* ---- claim_eval.c -------------------------------------------------------- */

/* The value of a node; and of the argument called `name`. */
bool claim_value(ClaimWork *k, int node, double *value);

/* The world; NULL and an error: there is no memory. */
const World *claim_world(ClaimWork *k);

/* False, with an error, when the claim has taken too long. */
bool claim_in_time(const ClaimWork *k);

/* ---- claim_args.c -------------------------------------------------------- */

const ClaimArg *claim_given(const ClaimWork *k, const char *name);
const char *claim_given_text(const ClaimWork *k, const char *name);

/* A number below n. */
bool claim_index(const ClaimWork *k, const char *name, int n, int *out);

/* A position: a number, or the last token that reads as the text; the last one
 * without the argument. */
bool claim_position(const ClaimWork *k, const char *name, int *out);

/* A token of the vocabulary: an id, or a piece's exact bytes. */
bool claim_token(const ClaimWork *k, const char *name, int *out);

/* The site of a layer that the arguments site and layer name. */
bool claim_site(const ClaimWork *k, Site *site, int *layer);

/* ---- claim_study.c ------------------------------------------------------- */

/* The run's study, with the sampler's settings of p (NULL: temperature 1 and
 * nothing cut); NULL and an error: no memory. */
Study *claim_study(ClaimWork *k, const SamplerParams *p, uint64_t seed);

/* A number made; NULL and an error: there is none. */
const void *claim_made(ClaimWork *k, Study *s, StudyKey key);

/* ---- claim_rerun.c ------------------------------------------------------- */

/* A run of one's own, zeroed at first. */
typedef struct ClaimRerun {
    Session *session;
    Trace *trace;
    ClaimRun run;
} ClaimRerun;

/* With the model and state of another, and these edits, which take from donor;
 * gives: others will take from it.  Closed in any case. */
bool claim_rerun_open(ClaimWork *k, const ClaimRun *like, const Edits *edits,
                      const Trace *donor, bool gives, ClaimRerun *out);
void claim_rerun_close(ClaimRerun *r);
/* These tokens in the place of those before. */
bool claim_rerun_feed(ClaimWork *k, ClaimRerun *r, const int *tokens, int n);

/* ---- the functions ------------------------------------------------------- */

/* claim_trace.c: what the trace and studies of it hold. */
bool claim_attn(ClaimWork *k, double *value);
bool claim_score(ClaimWork *k, double *value);
bool claim_received(ClaimWork *k, double *value);
bool claim_valued(ClaimWork *k, double *value);
bool claim_rollout(ClaimWork *k, double *value);
bool claim_prob(ClaimWork *k, double *value);
bool claim_rank(ClaimWork *k, double *value);
bool claim_logit(ClaimWork *k, double *value);
bool claim_entropy(ClaimWork *k, double *value);
bool claim_norm(ClaimWork *k, double *value);
bool claim_act(ClaimWork *k, double *value);
bool claim_tokens(ClaimWork *k, double *value);
bool claim_lens(ClaimWork *k, double *value);
bool claim_why(ClaimWork *k, double *value);
bool claim_added(ClaimWork *k, double *value);
bool claim_surprise(ClaimWork *k, double *value);

/* claim_rerun.c, claim_mean.c: an expression in other runs. */
bool claim_with(ClaimWork *k, double *value);
bool claim_cut(ClaimWork *k, double *value);
bool claim_mean(ClaimWork *k, double *value);

/* claim_text.c: what is drawn, what texts are made of, what is true. */
bool claim_drawn(ClaimWork *k, double *value);
bool claim_pieces(ClaimWork *k, double *value);
bool claim_truth(ClaimWork *k, double *value);

/* claim_role.c: what `evaluate` measures. */
bool claim_role(ClaimWork *k, double *value);

/* claim_model.c: the model, whatever it reads. */
bool claim_params(ClaimWork *k, double *value);
bool claim_bytes(ClaimWork *k, double *value);
bool claim_cost(ClaimWork *k, double *value);
bool claim_cos(ClaimWork *k, double *value);
bool claim_checksum(ClaimWork *k, double *value);

#endif
