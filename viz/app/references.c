/* Where in a story's tokens a name is settled. */
#include "viz/app/references.h"

#include <stdlib.h>
#include <string.h>

struct References {
    const Tokenizer *tokenizer;
    const World *world;
    int seq_len;
    WorldRefs refs;
    int parting[WORLD_REFS_MAX];
    Encoding encoding;
    char text[2 * WORLD_TEXT_MAX]; /* a beginning and a rival */
    int story[REFERENCES_TOKENS_MAX];
    int n_story;
    int recall[REFERENCES_TOKENS_MAX];
};

References *references_open(const Tokenizer *t, const World *w, int seq_len,
                            Err *err) {
    References *r = calloc(1, sizeof *r);
    if (!r) {
        err_memory(err, "references", sizeof *r);
        return NULL;
    }
    r->tokenizer = t;
    r->world = w;
    r->seq_len = seq_len;
    return r;
}

void references_close(References *r) {
    if (!r) return;
    encoding_free(&r->encoding);
    free(r);
}

/* ---- one reference ------------------------------------------------------- */

ReferenceKind references_kind(const WorldRef *ref) {
    if (strcmp(ref->table, "person") != 0 && strcmp(ref->table, "elder") != 0)
        return REFERENCE_THING;
    return strcmp(ref->column, "name") == 0 ? REFERENCE_NAME
                                            : REFERENCE_PRONOUN;
}

const char *references_kind_name(ReferenceKind k) {
    static const char *const names[REFERENCE_KINDS] = {
        [REFERENCE_NAME] = "names",
        [REFERENCE_PRONOUN] = "pronouns",
        [REFERENCE_THING] = "things"};
    return names[k];
}

const Encoding *references_encode(References *r, const char *story,
                                  const WorldRef *ref, const char *words,
                                  size_t n, Err *err) {
    memcpy(r->text, story, ref->start);
    memcpy(r->text + ref->start, words, n);
    return tokenizer_encode(r->tokenizer, r->text, ref->start + n,
                            TOKENIZER_BOS, &r->encoding, err)
               ? &r->encoding
               : NULL;
}

/* How far the encoding agrees with the story's tokens. */
static int agreement(const References *r) {
    int n = 0;
    while (n < r->encoding.n && n < r->n_story &&
           r->encoding.tokens[n].id == r->story[n])
        n++;
    return n;
}

/* Where the true words and all rivals still agree with the story. */
static bool find_parting(References *r, const char *story, const WorldRef *ref,
                         int *from, Err *err) {
    const char *words = story + ref->start;
    if (!references_encode(r, story, ref, words, ref->end - ref->start, err))
        return false;
    int longest = r->encoding.n;
    *from = agreement(r);
    if (*from == r->encoding.n) *from -= 1;
    for (int i = 0; (words = world_rival(r->world, ref, i)); i++) {
        if (!references_encode(r, story, ref, words, strlen(words), err))
            return false;
        const int n = agreement(r);
        if (n < *from) *from = n;
        if (r->encoding.n > longest) longest = r->encoding.n;
    }
    if (longest > r->seq_len) *from = 0;
    return true;
}

/* ---- a story ------------------------------------------------------------- */

bool references_read(References *r, const char *text, size_t n, Err *err) {
    for (int i = 0; i < REFERENCES_TOKENS_MAX; i++)
        r->recall[i] = -1;
    if (!world_references(r->world, WORLD_STORY, text, n, &r->refs, err) ||
        !tokenizer_encode(r->tokenizer, text, n - 1, TOKENIZER_BOS,
                          &r->encoding, err))
        return false;
    r->n_story = r->encoding.n;
    for (int i = 0; i < r->n_story; i++)
        r->story[i] = r->encoding.tokens[i].id;
    for (int i = 0; i < r->refs.n; i++) {
        const WorldRef *ref = &r->refs.list[i];
        int *from = &r->parting[i];
        if (!find_parting(r, text, ref, from, err)) return false;
        if (*from > 0 && references_kind(ref) == REFERENCE_NAME)
            r->recall[*from - 1] = r->story[*from];
    }
    return true;
}

int references_n(const References *r) {
    return r->refs.n;
}
const WorldRef *references_at(const References *r, int i) {
    return &r->refs.list[i];
}
int references_parting(const References *r, int i) {
    return r->parting[i];
}
const int *references_tokens(const References *r) {
    return r->story;
}
const int *references_recall(const References *r) {
    return r->recall;
}
