/* The run that another is compared with. */
#include "lessons/state_private.h"

#include <string.h>

/* What may differ between two runs that are compared: all else is the same
 * model seen in the same way. */
static const StateKey may_differ[] = {
    STATE_MODEL, STATE_PROMPT, STATE_THEN,  STATE_EDIT, STATE_TEMPERATURE,
    STATE_TOP_K, STATE_TOP_P,  STATE_MIN_P, STATE_SEED};
enum { N_MAY_DIFFER = sizeof may_differ / sizeof *may_differ };

/* There is no third run to take from. */
static bool takes_nothing(const Edits *e, Err *err) {
    char part[EDITS_PART_MAX];
    for (int i = 0; i < e->n; i++) {
        if (!edits_takes(&e->list[i])) continue;
        edits_format_part(&e->list[i], part);
        return err_set(err, ERR_USAGE, 0,
                       "edit: found %s, which takes from the run that is "
                       "compared with: it can stand in edit= alone, not in "
                       "against=",
                       part);
    }
    return true;
}

bool state_read_against(State *s, const char *text, Err *err) {
    if (!state_parse(s, text, err)) return false;
    StateKeys others = s->set;
    for (int i = 0; i < N_MAY_DIFFER; i++)
        others &= ~STATE_BIT(may_differ[i]);
    for (int k = 0; k < STATE_KEYS; k++)
        if (others & STATE_BIT((StateKey)k))
            return err_set(err, ERR_USAGE, 0,
                           "found \"%s\", need model, prompt, then, edit, "
                           "temperature, top_k, top_p, min_p or seed",
                           state_key_name((StateKey)k));
    return takes_nothing(&s->edits, err);
}

bool state_compares(const State *s) {
    if (strcmp(s->against, "off") == 0) return false;
    return s->against[0] || s->edits.n > 0 || s->edits.no_mask;
}

bool state_against(const State *s, State *out, bool *same_tokens, Err *err) {
    *same_tokens = true;
    if (!state_copy(out, s, err)) return false;
    if (!s->against[0]) {
        out->edits = (Edits){0};
        return true;
    }
    State given;
    state_init(&given);
    const bool ok = state_read_against(&given, s->against, err) &&
                    state_apply(out, &given, err);
    out->edits = edits_without_taken(&out->edits);
    *same_tokens =
        !(given.set & (STATE_BIT(STATE_PROMPT) | STATE_BIT(STATE_THEN)));
    state_free(&given);
    return ok;
}
