/* role(): what `evaluate` measures of a head, by the same code, on the same
 * held-out stories. */
#include "viz/app/claim_private.h"

#include "viz/app/references.h"
#include "viz/app/source_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1 /* of evaluate, without --seed */

static bool go_on(void *ud) {
    return claim_in_time(ud);
}

static bool read_story(ClaimWork *k, HeadTable *t, References *refs, RolesOn on,
                       const WorldStory *story) {
    const size_t n = story->n - 1;
    if (on == ROLES_ON_REPEATS)
        return head_table_note(t, story->text, n, k->err);
    if (on == ROLES_ON_STORIES)
        return head_table_text(t, story->text, n, NULL, k->err);
    return references_read(refs, story->text, story->n, k->err) &&
           head_table_text(t, story->text, n, references_recall(refs), k->err);
}

static bool read_stories(ClaimWork *k, HeadTable *t, References *refs,
                         RolesOn on, int n) {
    WorldStream stream =
        world_stream(k->kept->world, WORLD_STORY, WORLD_HELD_OUT, SEED);
    WorldStory story;
    for (int i = 0; i < n; i++)
        if (!world_draw(&stream, &story, k->err) ||
            !read_story(k, t, refs, on, &story))
            return false;
    return on != ROLES_ON_REPEATS ||
           head_table_repeats(t, SEED, HEAD_TABLE_REPEATS, k->err);
}

/* Keeps the scores alone: the model may be closed before the next claim. */
static const ClaimRoles *keep(ClaimWork *k, const HeadTable *t,
                              ClaimRoles roles) {
    const Config *c = trace_config(k->run->trace);
    const size_t n = (size_t)c->n_layers * (size_t)c->n_heads * HEAD_ROLES;
    ClaimRoles *kept = &k->kept->roles[k->kept->n_roles % CLAIM_ROLES_MAX];
    roles.scores = malloc(n * sizeof *roles.scores);
    if (!roles.scores) {
        err_memory(k->err, "heads", n * sizeof *roles.scores);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const int head = (int)(i / HEAD_ROLES);
        roles.scores[i] =
            head_table_score(t, head / c->n_heads, head % c->n_heads,
                             (HeadRole)(i % HEAD_ROLES));
    }
    free(kept->scores);
    *kept = roles;
    k->kept->n_roles++;
    return kept;
}

static References *open_references(const ClaimWork *k, const HeadTable *t) {
    return references_open(k->tok, k->kept->world, head_table_seq_len(t),
                           k->err);
}

/* NULL and an error: they could not be measured. */
static const ClaimRoles *measure(ClaimWork *k, const Model *m,
                                 ClaimRoles roles) {
    ClaimEval *e = k->kept;
    const ClaimRoles *made = NULL;
    if (!e->world) e->world = source_world(NULL, k->err);
    HeadTable *t =
        e->world ? head_table_open(m, k->tok, e->n_threads, k->err) : NULL;
    References *refs = t ? open_references(k, t) : NULL;
    if (refs) {
        head_table_watch(t, (SessionWatch){.go_on = go_on, .ud = k});
        if (read_stories(k, t, refs, roles.on, roles.n))
            made = keep(k, t, roles);
    }
    references_close(refs);
    head_table_close(t);
    return made;
}

/* NULL: it has not been measured. */
static const ClaimRoles *find_kept(const ClaimEval *e, ClaimRoles want) {
    for (int i = 0; i < CLAIM_ROLES_MAX; i++) {
        const ClaimRoles *r = &e->roles[i];
        if (r->scores && r->sum == want.sum && r->n == want.n &&
            r->on == want.on)
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
    const ClaimRoles want = {.sum = model_checksum(m),
                             .n = given ? (int)given->number
                                        : HEAD_TABLE_STORIES,
                             .on = measured_on((HeadRole)r)};
    if (!claim_index(k, "layer", c->n_layers, &layer) ||
        !claim_index(k, "head", c->n_heads, &head))
        return false;
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
