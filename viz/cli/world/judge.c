/* Probabilities of the right name against those of the others, where the story
 * has settled which it is. */
#include "viz/cli/world/judge.h"

#include "engine/base/escape.h"
#include "engine/run/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum RefKind { REF_NAME, REF_PRONOUN, REF_THING, REF_KINDS } RefKind;

static const char *const titles[REF_KINDS] = {
    [REF_NAME] = "names", [REF_PRONOUN] = "pronouns", [REF_THING] = "things"};

struct Judge {
    const Tokenizer *tokenizer;
    const World *world;
    Session *session;
    int vocab;
    WorldRefs refs;
    Encoding encoding;
    char text[2 * WORLD_TEXT_MAX]; /* a beginning and a rival */
    int story[JUDGE_TOKENS_MAX];   /* tokens of the whole story */
    int n_story;
    int recall[JUDGE_TOKENS_MAX];
    float *logits; /* [V] where the candidates part */
    int n[REF_KINDS], n_right[REF_KINDS];
};

Judge *judge_open(const Model *m, const Tokenizer *t, const World *w,
                  Err *err) {
    Judge *j = calloc(1, sizeof *j);
    if (!j) {
        err_memory(err, "references", sizeof *j);
        return NULL;
    }
    j->tokenizer = t;
    j->world = w;
    j->vocab = model_config(m)->vocab_size;
    j->logits = calloc((size_t)j->vocab, sizeof *j->logits);
    if (!j->logits)
        err_memory(err, "logits", (size_t)j->vocab * sizeof *j->logits);
    else
        j->session = session_open(m, &(SessionOptions){0}, err);
    if (j->session) return j;
    judge_close(j);
    return NULL;
}

void judge_close(Judge *j) {
    if (!j) return;
    session_close(j->session);
    encoding_free(&j->encoding);
    free(j->logits);
    free(j);
}

static RefKind kind_of(const WorldRef *r) {
    const bool is_someone =
        strcmp(r->table, "person") == 0 || strcmp(r->table, "elder") == 0;
    if (!is_someone) return REF_THING;
    return strcmp(r->column, "name") == 0 ? REF_NAME : REF_PRONOUN;
}

/* ---- scoring ------------------------------------------------------------- */

/* The story up to the reference with `words` in its place, as tokens in
 * j->encoding. */
static bool encode(Judge *j, const char *story, const WorldRef *r,
                   const char *words, size_t n, Err *err) {
    memcpy(j->text, story, r->start);
    memcpy(j->text + r->start, words, n);
    return tokenizer_encode(j->tokenizer, j->text, r->start + n, TOKENIZER_BOS,
                            &j->encoding, err);
}

/* How far the encoding agrees with the story's tokens. */
static int agreement(const Judge *j) {
    int n = 0;
    while (n < j->encoding.n && n < j->n_story &&
           j->encoding.tokens[n].id == j->story[n])
        n++;
    return n;
}

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
    for (int i = from; i < j->encoding.n; i++) {
        const int id = j->encoding.tokens[i].id;
        *out += surprise(logits, j->vocab, id);
        if (*out > most || i + 1 == j->encoding.n) return true;
        logits = session_feed(j->session, &id, 1, err);
        if (!logits) return false;
    }
    return true;
}

/* Where the true words and all rivals still agree with the story: the first
 * token that tells them apart; 0 when the reference is past the context. */
static bool find_parting(Judge *j, const char *story, const WorldRef *r,
                         int *from, Err *err) {
    const char *words = story + r->start;
    if (!encode(j, story, r, words, r->end - r->start, err)) return false;
    int longest = j->encoding.n;
    *from = agreement(j);
    if (*from == j->encoding.n) *from -= 1;
    for (int i = 0; (words = world_rival(j->world, r, i)); i++) {
        if (!encode(j, story, r, words, strlen(words), err)) return false;
        const int n = agreement(j);
        if (n < *from) *from = n;
        if (j->encoding.n > longest) longest = j->encoding.n;
    }
    if (longest > session_seq_len(j->session)) *from = 0;
    return true;
}

/* Feeds the story up to `from` and keeps the logits there. */
static bool feed_to(Judge *j, int from, Err *err) {
    Session *s = j->session;
    const int *fed = session_tokens(s);
    int at = 0; /* what the last reference left is of this story, or not */
    while (at < from - 1 && at < session_pos(s) && fed[at] == j->story[at])
        at++;
    session_rewind(s, at);
    const float *logits = session_feed(s, j->story + at, from - at, err);
    if (!logits) return false;
    memcpy(j->logits, logits, (size_t)j->vocab * sizeof *logits);
    return true;
}

static bool judge(Judge *j, const char *story, const WorldRef *r, Err *err) {
    int from;
    if (!find_parting(j, story, r, &from, err)) return false;
    if (from == 0) return true;
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
    const RefKind kind = kind_of(r);
    j->n[kind]++;
    j->n_right[kind] += is_right;
    if (kind == REF_NAME) j->recall[from - 1] = j->story[from];
    return true;
}

bool judge_story(Judge *j, const char *text, size_t n, Err *err) {
    for (int i = 0; i < JUDGE_TOKENS_MAX; i++)
        j->recall[i] = -1;
    if (!world_references(j->world, WORLD_STORY, text, n, &j->refs, err) ||
        !tokenizer_encode(j->tokenizer, text, n - 1, TOKENIZER_BOS,
                          &j->encoding, err))
        return false;
    j->n_story = j->encoding.n;
    for (int i = 0; i < j->n_story; i++)
        j->story[i] = j->encoding.tokens[i].id;
    for (int i = 0; i < j->refs.n; i++)
        if (!judge(j, text, &j->refs.list[i], err)) return false;
    return true;
}

const int *judge_recall(const Judge *j) {
    return j->recall;
}

/* ---- the figures --------------------------------------------------------- */

static void print_line(const char *title, int n_right, int n) {
    if (n > 0)
        escape_line(stdout, "%s: %d of %d right, %.1f %%", title, n_right, n,
                    100.0 * n_right / n);
}

void judge_print(const Judge *j) {
    int n = 0, n_right = 0;
    for (int k = 0; k < REF_KINDS; k++) {
        print_line(titles[k], j->n_right[k], j->n[k]);
        n += j->n[k];
        n_right += j->n_right[k];
    }
    print_line("references", n_right, n);
}
