/* Runs of a claim's own: the same model with other changes, or on other
 * texts. */
#include "viz/app/claim_private.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes kept of a run that another takes from.  Of the others little is asked:
 * that is computed again, which is sooner than keeping all. */
#define TRACE_BUDGET (64ull << 20)
#define ROOM         64 /* a prompt about others may be longer */

static bool is_in_time(void *ud) {
    const ClaimWork *k = ud;
    return clock_seconds() <= k->deadline;
}

bool claim_rerun_open(ClaimWork *k, const ClaimRun *like, const Edits *edits,
                      const Trace *donor, bool gives, ClaimRerun *out) {
    const int longest = trace_config(like->trace)->seq_len_max;
    const int room = 2 * trace_n_pos(like->trace) + ROOM;
    const SessionOptions opt = {.seq_len = num_min(room, longest),
                                .n_threads = k->kept->n_threads};
    *out = (ClaimRerun){.run.state = like->state};
    out->session = session_open(trace_model(like->trace), &opt, k->err);
    if (!out->session) return false;
    if (donor) session_set_donor(out->session, trace_donor(donor));
    if (!session_set_edits(out->session, edits, k->err)) return false;
    session_set_watch(out->session,
                      (SessionWatch){.go_on = is_in_time, .ud = k});
    out->trace = trace_open(out->session, gives ? TRACE_BUDGET : 0, k->err);
    out->run.trace = out->trace;
    return out->trace != NULL;
}

void claim_rerun_close(ClaimRerun *r) {
    study_close(r->run.study);
    trace_close(r->trace);
    session_close(r->session);
    *r = (ClaimRerun){0};
}

/* How many positions stay as they are: what is computed does not depend on what
 * comes later, where nothing is taken from another run and the mask stands. */
static int kept_positions(const ClaimRerun *r, const int *tokens, int n) {
    const Edits *e = session_edits(r->session);
    const int *fed = session_tokens(r->session);
    const int most = num_min(session_pos(r->session), n - 1);
    int same = 0;
    if (trace_two_way(r->trace) || edits_take(e)) return 0;
    while (same < most && fed[same] == tokens[same])
        same++;
    return same;
}

bool claim_rerun_feed(ClaimWork *k, ClaimRerun *r, const int *tokens, int n) {
    const int same = kept_positions(r, tokens, n);
    session_rewind(r->session, same);
    trace_sync(r->trace);
    if (r->run.study) study_forget(r->run.study, same);
    return claim_in_time(k) &&
           (session_feed(r->session, tokens + same, n - same, k->err) != NULL ||
            claim_in_time(k));
}

/* The same tokens again. */
static bool feed_again(ClaimWork *k, ClaimRerun *r, const Trace *of) {
    const int n = trace_n_pos(of);
    int *tokens = calloc((size_t)n, sizeof *tokens);
    if (!tokens)
        return err_memory(k->err, "tokens", (size_t)n * sizeof *tokens);
    for (int i = 0; i < n; i++)
        tokens[i] = trace_token(of, i);
    const bool ok = claim_rerun_feed(k, r, tokens, n);
    free(tokens);
    return ok;
}

/* Those of the run and more of them. */
static bool more_edits(const ClaimWork *k, const char *text, Edits *out) {
    const Trace *t = k->run->trace;
    Edits more = {0};
    Err err = {0};
    *out = *trace_edits(t);
    bool ok = edits_parse(&more, text, NULL, &err);
    edits_name_mask(&more, tokenizer_mask(k->tok));
    if (!ok || !edits_check(&more, trace_config(t), &err))
        return err_set(k->err, ERR_USAGE, 0, "edit: %s", err.msg);
    out->no_mask = out->no_mask || more.no_mask;
    for (int i = 0; i < more.n; i++)
        if (!edits_put(out, more.list[i]))
            return err_set(k->err, ERR_LIMIT, 0, "edit: more than %d parts",
                           EDITS_MAX);
    return true;
}

/* What these words take from: the run that is compared with or, where there is
 * none, the one without them. */
static const Trace *donor_of(const ClaimWork *k) {
    const ClaimRun *b = k->before;
    return b && b->trace ? b->trace : k->run->trace;
}

/* What would do nothing, for want of a position in either run, is refused. */
static bool check_places(const ClaimWork *k, const Edits *e) {
    const Trace *donor = donor_of(k);
    const int own = trace_n_pos(k->run->trace), other = trace_n_pos(donor);
    for (int i = 0; i < e->n; i++) {
        const Edit *part = &e->list[i];
        const bool takes = part->kind == EDIT_PATCH || part->kind == EDIT_APART;
        const int pos = edits_position(part);
        char name[EDITS_PART_MAX];
        if (pos < own && (!takes || pos < other)) continue;
        edits_format_part(part, name);
        if (!takes)
            return err_set(k->err, ERR_USAGE, 0,
                           "edit: %s: found %d, need 0 to %d", name, pos,
                           own - 1);
        return err_set(k->err, ERR_USAGE, 0,
                       "edit: %s: found %d tokens in the run %s, need %d", name,
                       part->index < own ? other : own,
                       part->index < own ? "compared with" : "that is changed",
                       part->index + 1);
    }
    return true;
}

/* A value with these words of edit= on top. */
static bool value_with(ClaimWork *k, const char *text,
                       bool (*what)(ClaimWork *, double *), double *value) {
    ClaimRerun r = {0};
    ClaimWork there = *k;
    Edits edits;
    bool ok = more_edits(k, text, &edits) && check_places(k, &edits) &&
              claim_rerun_open(k, k->run, &edits, donor_of(k), false, &r) &&
              feed_again(k, &r, k->run->trace);
    there.run = &r.run;
    ok = ok && what(&there, value);
    claim_rerun_close(&r);
    return ok;
}

static bool expression(ClaimWork *k, double *value) {
    return claim_value(k, claim_given(k, "EXPRESSION")->at, value);
}

bool claim_with(ClaimWork *k, double *value) {
    return value_with(k, claim_given_text(k, "edit"), expression, value);
}

/* ---- attention cut ------------------------------------------------------- */

static bool token_value(ClaimWork *k, double *value) {
    const char *as = claim_given_text(k, "as");
    return as && strcmp(as, "logit") == 0  ? claim_logit(k, value)
           : as && strcmp(as, "rank") == 0 ? claim_rank(k, value)
                                           : claim_prob(k, value);
}

bool claim_cut(ClaimWork *k, double *value) {
    const Config *c = trace_config(k->run->trace);
    char edit[48];
    int to, layer, head;
    double before, after;
    if (!claim_position(k, "to", &to)) return false;
    snprintf(edit, sizeof edit, "cut%d", to);
    if (claim_given(k, "head")) {
        if (!claim_index(k, "layer", c->n_layers, &layer) ||
            !claim_index(k, "head", c->n_heads, &head))
            return false;
        snprintf(edit, sizeof edit, "cut%d.%d=%d", layer, head, to);
    }
    if (!token_value(k, &before) || !value_with(k, edit, token_value, &after))
        return false;
    *value = after - before;
    return true;
}
