/* Both sides of a claim worked out: the tree's arithmetic, and which run a
 * function is asked of. */
#include "viz/app/claim_private.h"

#include "engine/base/clock.h"
#include "engine/spec/arch.h"
#include "viz/app/source_world.h"

#include <math.h>
#include <stdlib.h>

ClaimEval *claim_eval_open(int n_threads, const ClaimEval *like, Err *err) {
    ClaimEval *e = calloc(1, sizeof *e);
    if (e)
        *e = (ClaimEval){.n_threads = n_threads,
                         .world = like ? like->world : NULL};
    else
        err_memory(err, "claims", sizeof *e);
    return e;
}

void claim_eval_close(ClaimEval *e) {
    if (!e) return;
    for (int i = 0; i < CLAIM_ROLES_MAX; i++)
        free(e->roles[i].scores);
    world_close(e->own_world);
    free(e);
}

bool claim_eval_open_world(ClaimEval *e, Err *err) {
    if (!e->world) e->world = e->own_world = source_world(NULL, err);
    return e->world != NULL;
}

const World *claim_world(ClaimWork *k) {
    return claim_eval_open_world(k->kept, k->err) ? k->kept->world : NULL;
}

bool claim_in_time(const ClaimWork *k) {
    if (clock_seconds() <= k->deadline) return true;
    return err_set(k->err, ERR_LIMIT, 0, "claim: not done after %d seconds",
                   CLAIM_SECONDS_MAX);
}

/* ---- functions ----------------------------------------------------------- */

/* The expression within, in the run that this one is compared with. */
static bool before(ClaimWork *k, double *value) {
    ClaimWork there = *k;
    if (!k->before || !k->before->trace)
        return err_set(k->err, ERR_USAGE, 0,
                       "before: there is no run to compare with: nothing is "
                       "changed and the stage names no against=, or this "
                       "stands in another before()");
    there.run = k->before;
    there.before = NULL;
    return claim_value(&there, claim_given(k, "EXPRESSION")->at, value);
}

static bool (*const fns[CLAIM_FNS])(ClaimWork *, double *) = {
    [CLAIM_ATTN] = claim_attn,         [CLAIM_PROB] = claim_prob,
    [CLAIM_RANK] = claim_rank,         [CLAIM_LOGIT] = claim_logit,
    [CLAIM_NORM] = claim_norm,         [CLAIM_ACT] = claim_act,
    [CLAIM_ENTROPY] = claim_entropy,   [CLAIM_TOKENS] = claim_tokens,
    [CLAIM_SCORE] = claim_score,       [CLAIM_LENS] = claim_lens,
    [CLAIM_WHY] = claim_why,           [CLAIM_DRAWN] = claim_drawn,
    [CLAIM_PIECES] = claim_pieces,     [CLAIM_TRUTH] = claim_truth,
    [CLAIM_CHECKSUM] = claim_checksum, [CLAIM_ROLE] = claim_role,
    [CLAIM_CUT] = claim_cut,           [CLAIM_RECEIVED] = claim_received,
    [CLAIM_VALUED] = claim_valued,     [CLAIM_ROLLOUT] = claim_rollout,
    [CLAIM_ADDED] = claim_added,       [CLAIM_SURPRISE] = claim_surprise,
    [CLAIM_BEFORE] = before,           [CLAIM_COS] = claim_cos,
    [CLAIM_PARAMS] = claim_params,     [CLAIM_BYTES] = claim_bytes,
    [CLAIM_COST] = claim_cost,         [CLAIM_WITH] = claim_with,
    [CLAIM_MEAN] = claim_mean,
};

/* Whether the model has what a function is about: logits, or a token to come.
 */
static bool is_told(const ClaimWork *k, ClaimFn fn) {
    const bool of_next = fn == CLAIM_DRAWN || fn == CLAIM_TRUTH;
    const bool of_logits =
        of_next || fn == CLAIM_PROB || fn == CLAIM_RANK || fn == CLAIM_LOGIT ||
        fn == CLAIM_LENS || fn == CLAIM_WHY || fn == CLAIM_SURPRISE ||
        fn == CLAIM_CUT || (fn == CLAIM_ENTROPY && !claim_given(k, "head")) ||
        (fn == CLAIM_ADDED && claim_given(k, "token"));
    const Arch *a = k->run->trace ? trace_config(k->run->trace)->arch : NULL;
    if (!a || !of_logits || (arch_predicts(a) && !(of_next && !arch_ahead(a))))
        return true;
    return err_set(k->err, ERR_USAGE, 0, "%s: %s %s", claim_fn(fn)->name,
                   a->title,
                   arch_predicts(a) ? "tells what stands at a place, not what "
                                      "comes next"
                                    : "without a head predicts nothing");
}

static bool call(ClaimWork *k, const ClaimNode *node, double *value) {
    const ClaimNode *outer = k->call;
    k->call = node;
    const bool ok =
        claim_in_time(k) && is_told(k, node->fn) && fns[node->fn](k, value);
    k->call = outer;
    return ok;
}

/* ---- arithmetic ---------------------------------------------------------- */

static bool operate(ClaimWork *k, const ClaimNode *node, double *value) {
    double a, b = 0;
    if (!claim_value(k, node->a, &a) ||
        (node->kind != CLAIM_NEGATIVE && !claim_value(k, node->b, &b)))
        return false;
    if (node->kind == CLAIM_OVER && b == 0)
        return err_set(k->err, ERR_USAGE, 0, "claim: %g is divided by 0", a);
    *value = node->kind == CLAIM_NEGATIVE ? -a
             : node->kind == CLAIM_PLUS   ? a + b
             : node->kind == CLAIM_MINUS  ? a - b
             : node->kind == CLAIM_TIMES  ? a * b
                                          : a / b;
    return true;
}

bool claim_value(ClaimWork *k, int at, double *value) {
    const ClaimNode *node = &k->claim->nodes[at];
    if (node->kind == CLAIM_NUMBER) {
        *value = node->number;
        return true;
    }
    if (node->kind == CLAIM_CALL ? !call(k, node, value)
                                 : !operate(k, node, value))
        return false;
    if (isfinite(*value)) return true;
    return err_set(k->err, ERR_USAGE, 0, "%s: the value is no finite number",
                   node->kind == CLAIM_CALL ? claim_fn(node->fn)->name
                                            : "claim");
}

bool claim_eval(ClaimEval *e, const Claim *c, const ClaimCase *at,
                ClaimFound *out, Err *err) {
    ClaimRun runs[2] = {{.trace = at->trace, .state = at->state},
                        {.trace = at->against, .state = at->against_state}};
    ClaimWork k = {.kept = e,
                   .claim = c,
                   .run = &runs[0],
                   .before = &runs[1],
                   .tok = at->tokenizer,
                   .deadline = clock_seconds() + CLAIM_SECONDS_MAX,
                   .err = err};
    double within = 0;
    bool ok = claim_value(&k, c->left, &out->left) &&
              claim_value(&k, c->right, &out->right) &&
              (c->within < 0 || claim_value(&k, c->within, &within));
    if (ok && within < 0)
        ok = err_set(err, ERR_USAGE, 0,
                     "claim: within: found %.9g, need 0 or more", within);
    if (ok) out->holds = claim_holds(c, out->left, out->right, within);
    study_close(runs[0].study);
    study_close(runs[1].study);
    return ok;
}
