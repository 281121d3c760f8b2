/* Asking a study for one number, and having it made at once. */
#include "viz/app/claim_private.h"

#define STUDY_BUDGET (64ull << 20) /* bytes; one claim asks for little */

Study *claim_study(ClaimWork *k, const SamplerParams *p, uint64_t seed) {
    const SamplerParams plain = {.temperature = 1};
    ClaimRun *r = k->run;
    if (!r->study) {
        r->study = study_open(r->trace, STUDY_BUDGET, k->err);
        if (!r->study) return NULL;
        study_set_vocabulary(r->study, tokenizer_drawn(k->tok));
        study_set_tokenizer(r->study, k->tok);
    }
    study_set_sampler(r->study, p ? p : &plain, seed);
    return r->study;
}

const void *claim_made(ClaimWork *k, Study *s, StudyKey key) {
    bool missing;
    study_frame(s);
    const void *made = study_get(s, key, &missing);
    while (missing && claim_in_time(k)) {
        study_step(s);
        made = study_get(s, key, &missing);
    }
    if (!made)
        err_set(k->err, ERR_MEMORY, 0, "%s: the value cannot be made",
                claim_fn(k->call->fn)->name);
    return made;
}
