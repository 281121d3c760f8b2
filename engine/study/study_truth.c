/* STUDY_TRUTH: what may truly come next, as somebody who knows tells it.  A
 * model whose positions see the whole text is not asked what comes next. */
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdlib.h>

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Arch *a = trace_config(w->trace)->arch;
    if (!w->teller.tell || !w->tokenizer || arch_ahead(a) == 0 || key.pos < 0 ||
        key.pos >= trace_n_pos(w->trace))
        return NULL;
    *bytes = sizeof(StudyTruth);
    StudyTruth *out = calloc(1, sizeof *out);
    if (out) w->teller.tell(w->teller.ud, w->tokenizer, w->trace, key.pos, out);
    return out;
}

const StudyKindInfo study_kind_truth = {.name = "truth", .make = make};
