/* role(): what `evaluate` measures of a head, by the same code, on the same
 * held-out stories. */
#include "engine/spec/arch.h"
#include "viz/app/claim_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool go_on(void *ud) {
    return claim_in_time(ud);
}

/* Keeps the scores alone: the model may be closed before the next claim. */
static const ClaimRoles *keep(ClaimWork *k, const Roles *r, ClaimRoles roles) {
    const Config *c = trace_config(k->run->trace);
    const size_t n = (size_t)roles.n_layers * (size_t)c->n_heads * HEAD_ROLES;
    ClaimRoles *kept = &k->kept->roles[k->kept->n_roles % CLAIM_ROLES_MAX];
    roles.scores = malloc(n * sizeof *roles.scores);
    if (!roles.scores) {
        err_memory(k->err, "heads", n * sizeof *roles.scores);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const int head = (int)(i / HEAD_ROLES);
        roles.scores[i] = roles_score(r, head / c->n_heads, head % c->n_heads,
                                      (HeadRole)(i % HEAD_ROLES));
    }
    free(kept->scores);
    *kept = roles;
    k->kept->n_roles++;
    return kept;
}

/* NULL and an error: they could not be measured. */
static const ClaimRoles *measure(ClaimWork *k, const Model *m,
                                 ClaimRoles roles) {
    const World *world = claim_world(k);
    const RolesOptions o = {.model = m,
                            .tokenizer = k->tok,
                            .world = world,
                            .on = roles.on,
                            .n = roles.n,
                            .n_layers = roles.n_layers,
                            .n_threads = k->kept->n_threads};
    Roles *r = world ? roles_open(&o, k->err) : NULL;
    const bool is_read =
        r && roles_read(r, (SessionWatch){.go_on = go_on, .ud = k}, k->err);
    const ClaimRoles *made = is_read ? keep(k, r, roles) : NULL;
    roles_close(r);
    return made;
}

/* NULL: it has not been measured. */
static const ClaimRoles *find_kept(const ClaimEval *e, ClaimRoles want) {
    for (int i = 0; i < CLAIM_ROLES_MAX; i++) {
        const ClaimRoles *r = &e->roles[i];
        if (r->scores && r->sum == want.sum && r->n == want.n &&
            r->on == want.on && r->n_layers >= want.n_layers)
            return r;
    }
    return NULL;
}

static RolesOn measured_on(HeadRole r) {
    return r == HEAD_ROLE_RECALL      ? ROLES_ON_NAMES
           : r == HEAD_ROLE_INDUCTION ? ROLES_ON_REPEATS
                                      : ROLES_ON_STORIES;
}

bool claim_role(ClaimWork *k, double *value) {
    const Model *m = trace_model(k->run->trace);
    const Config *c = model_config(m);
    const char *kind = claim_given_text(k, "kind");
    const ClaimArg *given = claim_given(k, "n");
    int layer, head, r = 0;
    while (strcmp(head_role_name((HeadRole)r), kind) != 0)
        r++;
    if (!claim_index(k, "layer", c->n_layers, &layer) ||
        !claim_index(k, "head", c->n_heads, &head))
        return false;
    if (!head_role_applies((HeadRole)r, c->arch->causal))
        return err_set(k->err, ERR_USAGE, 0,
                       "role: \"%s\" says nothing of a model of %s, where each "
                       "token sees %s",
                       kind, c->arch->title,
                       c->arch->causal ? "none after it" : "all of the text");
    const ClaimRoles want = {.sum = model_checksum(m),
                             .n_layers = layer + 1,
                             .n = given ? (int)given->number
                                        : HEAD_TABLE_STORIES,
                             .on = measured_on((HeadRole)r)};
    const ClaimRoles *roles = find_kept(k->kept, want);
    if (!roles) roles = measure(k, m, want);
    if (!roles) return false;
    *value =
        (double)roles->scores[(layer * c->n_heads + head) * HEAD_ROLES + r];
    return !isnan(*value) ||
           err_set(k->err, ERR_USAGE, 0,
                   "role: %d stories have nothing to measure \"%s\" on", want.n,
                   kind);
}
