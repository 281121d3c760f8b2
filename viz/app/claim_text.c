/* Claims about text: what is drawn next, what a text is made of, and what truly
 * comes next in the world that the embedded model has read of. */
#include "viz/app/claim_private.h"

#include "viz/app/truth.h"

#include <string.h>

/* ---- drawing ------------------------------------------------------------- */

/* The beat's settings, and those given in their place. */
static SamplerParams settings(const ClaimWork *k) {
    SamplerParams p = k->run->state->sampler;
    float *const fields[] = {&p.temperature, &p.top_p, &p.min_p};
    static const char *const names[] = {"temperature", "top_p", "min_p"};
    for (int i = 0; i < 3; i++)
        if (claim_given(k, names[i]))
            *fields[i] = (float)claim_given(k, names[i])->number;
    if (claim_given(k, "top_k")) p.top_k = (int)claim_given(k, "top_k")->number;
    return p;
}

static const Candidate *candidate(const StudyNext *next, int id) {
    for (int i = 0; i < next->n; i++)
        if (next->candidates[i].id == id) return &next->candidates[i];
    return NULL;
}

static int count_kept(const StudyNext *next) {
    int n = 0;
    for (int i = 0; i < next->n; i++)
        n += next->candidates[i].cut == SAMPLER_KEPT;
    return n;
}

bool claim_drawn(ClaimWork *k, double *value) {
    const SamplerParams p = settings(k);
    const ClaimArg *seed = claim_given(k, "seed");
    const bool has_token = claim_given(k, "token") != NULL;
    int pos, id = -1;
    Study *s = claim_study(k, &p, seed ? (uint64_t)seed->number : 0);
    if (!s || !claim_position(k, "at", &pos) ||
        (has_token && !claim_token(k, "token", &id)))
        return false;
    const StudyNext *next =
        claim_made(k, s, (StudyKey){.kind = STUDY_NEXT, .pos = pos});
    if (!next) return false;
    const int drawn = next->candidates[next->drawn].id;
    const Candidate *own = has_token ? candidate(next, id) : NULL;
    *value = seed && has_token ? drawn == id
             : seed            ? drawn
             : has_token       ? (own ? (double)own->final : 0)
                               : count_kept(next);
    return true;
}

/* ---- pieces -------------------------------------------------------------- */

bool claim_pieces(ClaimWork *k, double *value) {
    const char *text = claim_given_text(k, "text");
    int index;
    *value = 0;
    if (!*text) /* to the study, the word of the token that is looked at */
        return !claim_given(k, "index") ||
               err_set(k->err, ERR_USAGE, 0, "index: the text has no tokens");
    Study *s = claim_study(k, NULL, 0);
    if (!s) return false;
    study_set_word(s, text);
    const StudyLadder *ladder = claim_made(
        k, s, (StudyKey){.kind = STUDY_LADDER, .index = STUDY_LADDER_WORD});
    if (!ladder) return false;
    *value = ladder->n_tokens;
    if (!claim_given(k, "index")) return true;
    if (!claim_index(k, "index", ladder->n_tokens, &index)) return false;
    *value = ladder->tokens[index].id;
    return true;
}

/* ---- truth --------------------------------------------------------------- */

bool claim_truth(ClaimWork *k, double *value) {
    int pos, id;
    if (!claim_position(k, "at", &pos) || !claim_token(k, "token", &id))
        return false;
    const World *world = claim_world(k);
    return world &&
           truth_of(world, k->tok, k->run->trace, pos, id, value, k->err);
}
