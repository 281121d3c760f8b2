/* From words of the world to tokens. */
#include "viz/app/truth.h"

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

/* Whether a word is written beginning with token id. */
static bool begins_with(const Tokenizer *tok, const char *word, bool is_first,
                        int id, Encoding *e, bool *begins, Err *err) {
    if (strcmp(word, "\n") == 0) {
        *begins = id == tokenizer_bos(tok) || id == tokenizer_byte(tok, '\n');
        return true;
    }
    const int flags = is_first ? 0 : TOKENIZER_BARE;
    if (!tokenizer_encode(tok, word, strlen(word), flags, e, err)) return false;
    *begins = e->n > 0 && e->tokens[0].id == id;
    return true;
}

bool truth_of(const World *w, const Tokenizer *tok, const Trace *t, int pos,
              int id, double *prob, Err *err) {
    char text[PREFIX_MAX];
    size_t n;
    Encoding e = {0};
    WorldNext *next = malloc(sizeof *next);
    if (!next) return err_memory(err, "the next words", sizeof *next);
    bool begins, ok = text_until(tok, t, pos, text, &n, err) &&
                      next_words(w, text, n, next, err);
    *prob = 0;
    for (int i = 0; ok && i < next->n; i++) {
        ok =
            begins_with(tok, next->words[i].text, n == 0, id, &e, &begins, err);
        if (ok && begins) *prob += next->words[i].prob;
    }
    encoding_free(&e);
    free(next);
    return ok;
}
