/* STUDY_TRUTH: what may truly come next, as somebody who knows tells it. */
#include "engine/study/study_private.h"

#include <stdlib.h>

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    if (!w->teller.tell || !w->tokenizer || key.pos < 0 ||
        key.pos >= trace_n_pos(w->trace))
        return NULL;
    *bytes = sizeof(StudyTruth);
    StudyTruth *out = calloc(1, sizeof *out);
    if (out) w->teller.tell(w->teller.ud, w->tokenizer, w->trace, key.pos, out);
    return out;
}

const StudyKindInfo study_kind_truth = {.name = "truth", .make = make};
