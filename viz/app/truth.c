/* From words of the world to tokens. */
#include "viz/app/truth.h"

#include "viz/app/source_world.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_MAX WORLD_TEXT_MAX /* bytes; no story is longer */

/* What the tokens up to pos say. */
static bool text_until(const Tokenizer *tok, const Trace *t, int pos,
                       char out[PREFIX_MAX], size_t *n, Err *err) {
    char piece[TOKENIZER_PIECE_MAX + 8];
    Decoder d = {0};
    *n = 0;
    for (int i = 0; i <= pos; i++) {
        const size_t more =
            (size_t)tokenizer_decode(tok, &d, trace_token(t, i), piece);
        if (more > PREFIX_MAX - *n)
            return err_set(err, ERR_LIMIT, 0,
                           "truth: no story is longer than %d bytes",
                           PREFIX_MAX);
        memcpy(out + *n, piece, more);
        *n += more;
    }
    return true;
}

/* The next words of a story or, where none begins so, of one with a
 * question. */
static bool next_words(const World *w, const char *text, size_t n,
                       WorldNext *out, Err *err) {
    if (!world_next(w, WORLD_STORY, text, n, out, err) ||
        (out->n == 0 && !world_next(w, WORLD_QUIZ, text, n, out, err)))
        return false;
    return out->n > 0 ||
           err_set(err, ERR_USAGE, 0,
                   "truth: no story of the world begins like this text");
}

/* The token that a word is written beginning with; the end of a story is the
 * one that begins a text.  -1: none. */
static bool first_token(const Tokenizer *tok, const char *word, bool is_first,
                        Encoding *e, int *id, Err *err) {
    *id = tokenizer_bos(tok);
    if (strcmp(word, "\n") == 0) return true;
    const int flags = is_first ? 0 : TOKENIZER_BARE;
    if (!tokenizer_encode(tok, word, strlen(word), flags, e, err)) return false;
    *id = e->n > 0 ? e->tokens[0].id : -1;
    return true;
}

bool truth_of(const World *w, const Tokenizer *tok, const Trace *t, int pos,
              int id, double *prob, Err *err) {
    char text[PREFIX_MAX];
    size_t n;
    Encoding e = {0};
    WorldNext *next = malloc(sizeof *next);
    if (!next) return err_memory(err, "the next words", sizeof *next);
    int first;
    bool ok = text_until(tok, t, pos, text, &n, err) &&
              next_words(w, text, n, next, err);
    *prob = 0;
    for (int i = 0; ok && i < next->n; i++) {
        const char *word = next->words[i].text;
        ok = first_token(tok, word, n == 0, &e, &first, err);
        const bool ends = ok && strcmp(word, "\n") == 0;
        if (ok && (id == first || (ends && id == tokenizer_byte(tok, '\n'))))
            *prob += next->words[i].prob;
    }
    encoding_free(&e);
    free(next);
    return ok;
}

/* ---- for a study --------------------------------------------------------- */

static void add(StudyTruth *out, int id, double prob) {
    int i = 0;
    while (i < out->n && out->id[i] != id)
        i++;
    if (id < 0 || i == STUDY_TRUTH_MAX) return;
    if (i == out->n) out->n++;
    out->id[i] = id;
    out->prob[i] += prob;
}

/* NULL: it could not be opened. */
static const World *world_of(TruthTeller *who, Err *err) {
    if (!who->is_opened) who->world = source_world(NULL, err);
    who->is_opened = true;
    return who->world;
}

void truth_tell(void *teller, const Tokenizer *tok, const Trace *t, int pos,
                StudyTruth *out) {
    TruthTeller *who = teller;
    char text[PREFIX_MAX];
    size_t n;
    int id;
    Err ignored = {0};
    Encoding e = {0};
    const World *w = world_of(who, &ignored);
    WorldNext *next = malloc(sizeof *next);
    const bool known = next && w &&
                       text_until(tok, t, pos, text, &n, &ignored) &&
                       next_words(w, text, n, next, &ignored);
    for (int i = 0; known && i < next->n; i++)
        if (first_token(tok, next->words[i].text, n == 0, &e, &id, &ignored))
            add(out, id, next->words[i].prob);
    encoding_free(&e);
    free(next);
}

bool truth_roles(void *teller, const Tokenizer *tok, const Model *m,
                 SessionWatch watch, StudyRoles *out, Err *err) {
    TruthTeller *who = teller;
    const Config *c = model_config(m);
    const size_t n = (size_t)c->n_layers * (size_t)c->n_heads;
    const World *w = world_of(who, err);
    const StudyRoles *roles =
        w ? roles_keep(&who->roles, w, tok, m, watch, err) : NULL;
    if (roles) memcpy(out, roles, sizeof *out + n * sizeof *out->list);
    return roles != NULL;
}

void truth_close(TruthTeller *teller) {
    roles_forget(&teller->roles);
    world_close(teller->world);
    *teller = (TruthTeller){0};
}
