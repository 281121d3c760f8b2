/* Probabilities of the right name against those of the others, where the story
 * has settled which it is. */
#include "viz/cli/world/judge.h"

#include "engine/base/escape.h"
#include "engine/run/session.h"
#include "viz/app/references.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct Judge {
    const World *world;
    References *refs;
    const Encoding *encoding; /* of refs: a beginning and what is scored */
    Session *session;
    int vocab;
    float *logits; /* [V] where the candidates part */
    int n[REFERENCE_KINDS], n_right[REFERENCE_KINDS];
};

Judge *judge_open(const Model *m, const Tokenizer *t, const World *w,
                  Err *err) {
    Judge *j = calloc(1, sizeof *j);
    if (!j) {
        err_memory(err, "references", sizeof *j);
        return NULL;
    }
    j->world = w;
    j->vocab = model_config(m)->vocab_size;
    j->logits = calloc((size_t)j->vocab, sizeof *j->logits);
    if (!j->logits)
        err_memory(err, "logits", (size_t)j->vocab * sizeof *j->logits);
    else
        j->session = session_open(m, &(SessionOptions){0}, err);
    if (j->session)
        j->refs = references_open(t, w, session_seq_len(j->session), err);
    if (j->refs) return j;
    judge_close(j);
    return NULL;
}

void judge_close(Judge *j) {
    if (!j) return;
    session_close(j->session);
    references_close(j->refs);
    free(j->logits);
    free(j);
}

/* ---- scoring ------------------------------------------------------------- */

/* log of the sum of exp, less one of them: its surprise in nats. */
static double surprise(const float *logits, int n, int id) {
    double sum = 1;
    for (int i = 0; i < n; i++)
        if (i != id) sum += exp((double)logits[i] - (double)logits[id]);
    return log(sum);
}

/* The surprise of the encoding's tokens from `from` on, given those before;
 * stops where it exceeds `most`.  j->logits are those at `from`. */
static bool score(Judge *j, int from, double most, double *out, Err *err) {
    const float *logits = j->logits;
    *out = 0;
    session_rewind(j->session, from);
    for (int i = from; i < j->encoding->n; i++) {
        const int id = j->encoding->tokens[i].id;
        *out += surprise(logits, j->vocab, id);
        if (*out > most || i + 1 == j->encoding->n) return true;
        logits = session_feed(j->session, &id, 1, err);
        if (!logits) return false;
    }
    return true;
}

/* The story with `words` in the reference's place. */
static bool encode(Judge *j, const char *story, const WorldRef *r,
                   const char *words, size_t n, Err *err) {
    j->encoding = references_encode(j->refs, story, r, words, n, err);
    return j->encoding != NULL;
}

/* Feeds the story up to `from` and keeps the logits there. */
static bool feed_to(Judge *j, int from, Err *err) {
    Session *s = j->session;
    const int *fed = session_tokens(s), *story = references_tokens(j->refs);
    int at = 0; /* what the last reference left is of this story, or not */
    while (at < from - 1 && at < session_pos(s) && fed[at] == story[at])
        at++;
    session_rewind(s, at);
    const float *logits = session_feed(s, story + at, from - at, err);
    if (!logits) return false;
    memcpy(j->logits, logits, (size_t)j->vocab * sizeof *logits);
    return true;
}

static bool judge(Judge *j, const char *story, const WorldRef *r, int from,
                  Err *err) {
    if (from == 0) return true; /* past the context */
    double own, rival;
    if (!feed_to(j, from, err) ||
        !encode(j, story, r, story + r->start, r->end - r->start, err) ||
        !score(j, from, INFINITY, &own, err))
        return false;
    bool is_right = true;
    const char *words;
    for (int i = 0; is_right && (words = world_rival(j->world, r, i)); i++) {
        if (!encode(j, story, r, words, strlen(words), err) ||
            !score(j, from, own, &rival, err))
            return false;
        is_right = rival > own;
    }
    const ReferenceKind kind = references_kind(r);
    j->n[kind]++;
    j->n_right[kind] += is_right;
    return true;
}

bool judge_story(Judge *j, const char *text, size_t n, Err *err) {
    if (!references_read(j->refs, text, n, err)) return false;
    for (int i = 0; i < references_n(j->refs); i++)
        if (!judge(j, text, references_at(j->refs, i),
                   references_parting(j->refs, i), err))
            return false;
    return true;
}

const int *judge_recall(const Judge *j) {
    return references_recall(j->refs);
}

/* ---- the figures --------------------------------------------------------- */

static void print_line(const char *title, int n_right, int n) {
    if (n > 0)
        escape_line(stdout, "%s: %d of %d right, %.1f %%", title, n_right, n,
                    100.0 * n_right / n);
}

void judge_print(const Judge *j) {
    int n = 0, n_right = 0;
    for (int k = 0; k < REFERENCE_KINDS; k++) {
        print_line(references_kind_name((ReferenceKind)k), j->n_right[k],
                   j->n[k]);
        n += j->n[k];
        n_right += j->n_right[k];
    }
    print_line("references", n_right, n);
}
