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

static bool read_stories(ClaimWork *k, HeadTable *t, References *refs, int n) {
    WorldStream stream =
        world_stream(k->kept->world, WORLD_STORY, WORLD_HELD_OUT, SEED);
    WorldStory story;
    for (int i = 0; i < n; i++)
        if (!world_draw(&stream, &story, k->err) ||
            !references_read(refs, story.text, story.n, k->err) ||
            !head_table_text(t, story.text, story.n - 1,
                             references_recall(refs), k->err))
            return false;
    return head_table_repeats(t, SEED, HEAD_TABLE_REPEATS, k->err);
}

/* Keeps the scores alone: the model may be closed before the next claim. */
static void keep(ClaimWork *k, const HeadTable *t, const Model *m, int n) {
    const Config *c = model_config(m);
    const size_t n_heads = (size_t)c->n_layers * (size_t)c->n_heads;
    float *roles = malloc(n_heads * HEAD_ROLES * sizeof *roles);
    if (!roles) {
        err_memory(k->err, "heads", n_heads * HEAD_ROLES * sizeof *roles);
        return;
    }
    for (size_t i = 0; i < n_heads * HEAD_ROLES; i++) {
        const int head = (int)(i / HEAD_ROLES);
        roles[i] = head_table_score(t, head / c->n_heads, head % c->n_heads,
                                    (HeadRole)(i % HEAD_ROLES));
    }
    k->kept->roles = roles;
    k->kept->roles_n = n;
    k->kept->roles_sum = model_checksum(m);
}

/* [L, H, HEAD_ROLES]; NULL and an error: they could not be measured. */
static const float *measure(ClaimWork *k, const Model *m, int n) {
    ClaimEval *e = k->kept;
    free(e->roles);
    e->roles = NULL;
    if (!e->world) e->world = source_world(NULL, k->err);
    HeadTable *t = e->world ? head_table_open(m, k->tok, k->err) : NULL;
    References *refs =
        t ? references_open(k->tok, e->world, head_table_seq_len(t), k->err)
          : NULL;
    if (refs) {
        head_table_watch(t, (SessionWatch){.go_on = go_on, .ud = k});
        if (read_stories(k, t, refs, n)) keep(k, t, m, n);
    }
    references_close(refs);
    head_table_close(t);
    return e->roles;
}

bool claim_role(ClaimWork *k, double *value) {
    const Model *m = trace_model(k->run->trace);
    const Config *c = model_config(m);
    const ClaimEval *e = k->kept;
    const char *kind = claim_given_text(k, "kind");
    const ClaimArg *given = claim_given(k, "n");
    const int n = given ? (int)given->number : HEAD_TABLE_STORIES;
    int layer, head, r = 0;
    if (!claim_index(k, "layer", c->n_layers, &layer) ||
        !claim_index(k, "head", c->n_heads, &head))
        return false;
    const bool is_known =
        e->roles && e->roles_n == n && e->roles_sum == model_checksum(m);
    const float *roles = is_known ? e->roles : measure(k, m, n);
    if (!roles) return false;
    while (strcmp(head_role_name((HeadRole)r), kind) != 0)
        r++;
    *value = (double)roles[(layer * c->n_heads + head) * HEAD_ROLES + r];
    return !isnan(*value) ||
           err_set(k->err, ERR_USAGE, 0,
                   "role: %d stories have nothing to measure \"%s\" on", n,
                   kind);
}
