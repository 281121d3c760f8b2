/* One word masked at a time, and what both sides of it leave possible. */
#include "viz/cli/world/cloze.h"

#include "engine/base/escape.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Cloze {
    const World *world;
    const Tokenizer *tokenizer;
    int mask, vocab;
    Session *session;
    WorldParse *parse;
    Encoding story, other; /* the story, and with another word in it */
    int *ids;              /* [context] of the story, then masked */
    int first, last;       /* tokens that are masked */
    bool is_restored;      /* all of them, in the run that was fed last */
    float *logits;         /* [V] at the first of them */
    WorldRefs places;
    WorldNext words; /* that can stand at the masked place */
    ClozeCounts counts;
};

/* ---- opening ------------------------------------------------------------- */

static int likeliest(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

static void watch(void *ud, const Tap *tap) {
    Cloze *c = ud;
    for (int i = 0; i < tap->n_pos; i++) {
        const int pos = tap->pos + i;
        if (pos < c->first || pos > c->last) continue;
        const float *logits = tap->data + (size_t)i * (size_t)tap->stride;
        if (likeliest(logits, c->vocab) != c->story.tokens[pos].id)
            c->is_restored = false;
        if (pos == c->first)
            memcpy(c->logits, logits, (size_t)c->vocab * sizeof *logits);
    }
}

static bool check(const Model *m, const Tokenizer *t, Err *err) {
    const Arch *a = model_config(m)->arch;
    if (!arch_predicts(a) || arch_ahead(a) != 0)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: it does not predict masked words", model_path(m));
    return tokenizer_mask(t) >= 0 ||
           err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: its tokenizer has no token that masks a word",
                   model_path(m));
}

static bool open_parts(Cloze *c, const Model *m, Err *err) {
    c->vocab = model_config(m)->vocab_size;
    c->session = session_open(m, &(SessionOptions){0}, err);
    if (!c->session) return false;
    const size_t n = (size_t)session_seq_len(c->session);
    c->logits = calloc((size_t)c->vocab, sizeof *c->logits);
    c->ids = calloc(n, sizeof *c->ids);
    if (!c->logits || !c->ids)
        return err_memory(err, "logits",
                          (size_t)c->vocab * sizeof *c->logits + n);
    session_set_hook(
        c->session,
        (SiteHook){.mask = SITE_BIT(SITE_LOGITS), .fn = watch, .ud = c});
    c->parse = world_parse_open(c->world, WORLD_STORY, err);
    return c->parse != NULL;
}

Cloze *cloze_open(const Model *m, const Tokenizer *t, const World *w,
                  Err *err) {
    if (!check(m, t, err)) return NULL;
    Cloze *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "masked words", sizeof *c);
        return NULL;
    }
    c->world = w;
    c->tokenizer = t;
    c->mask = tokenizer_mask(t);
    if (open_parts(c, m, err)) return c;
    cloze_close(c);
    return NULL;
}

void cloze_close(Cloze *c) {
    if (!c) return;
    session_close(c->session);
    world_parse_close(c->parse);
    encoding_free(&c->story);
    encoding_free(&c->other);
    free(c->logits);
    free(c->ids);
    free(c);
}

/* ---- one word ------------------------------------------------------------ */

/* What is masked: bytes [start, end) of text[0..n). */
typedef struct Gap {
    const char *text;
    size_t n, start, end;
} Gap;

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* The last word of the place; false: it is part of a longer one. */
static bool find_gap(const WorldRef *ref, const char *text, size_t n,
                     Gap *out) {
    *out = (Gap){text, n, ref->start, ref->end};
    for (size_t i = ref->start; i < ref->end; i++)
        if (text[i] == ' ') out->start = i + 1;
    return out->start < out->end && !is_letter(text[out->end]) &&
           (out->start == 0 || !is_letter(text[out->start - 1]));
}

/* The tokens of the gap, with the blank before it; false: one of them holds
 * more. */
static bool find_tokens(Cloze *c, const Gap *g) {
    const Token *t = c->story.tokens;
    c->first = c->last = -1;
    for (int i = 0; i < c->story.n; i++) {
        if (t[i].end <= g->start || t[i].begin >= g->end) continue;
        if (c->first < 0) c->first = i;
        c->last = i;
    }
    return c->first >= 0 && t[c->last].end == g->end &&
           (t[c->first].begin == g->start ||
            (t[c->first].begin + 1 == g->start &&
             g->text[t[c->first].begin] == ' '));
}

static bool run_masked(Cloze *c, Err *err) {
    for (int i = 0; i < c->story.n; i++)
        c->ids[i] =
            i >= c->first && i <= c->last ? c->mask : c->story.tokens[i].id;
    c->is_restored = true;
    session_rewind(c->session, 0);
    return session_feed(c->session, c->ids, c->story.n, err) != NULL;
}

/* The token of another word in the gap; -1: it is several. */
static bool token_of(Cloze *c, const Gap *g, const char *word, int *id,
                     Err *err) {
    char text[WORLD_TEXT_MAX + WORLD_WORD_MAX];
    const int n =
        snprintf(text, sizeof text, "%.*s%s%.*s", (int)g->start, g->text, word,
                 (int)(g->n - 1 - g->end), g->text + g->end);
    if (!tokenizer_encode(c->tokenizer, text, (size_t)n, TOKENIZER_BOS,
                          &c->other, err))
        return false;
    *id = c->other.n == c->story.n ? c->other.tokens[c->first].id : -1;
    return true;
}

/* log of the sum of exp. */
static double log_sum(const float *logits, int n) {
    const int best = likeliest(logits, n);
    double sum = 1;
    for (int i = 0; i < n; i++)
        if (i != best) sum += exp((double)(logits[i] - logits[best]));
    return log(sum) + (double)logits[best];
}

/* How far the model's distribution is from the world's, among words of one
 * token: the mask tells how many tokens there are. */
static bool add_loss(Cloze *c, const Gap *g, Err *err) {
    const double all = log_sum(c->logits, c->vocab);
    double sum = 0, loss = 0, logs = 0;
    for (int i = 0; i < c->words.n; i++) {
        const double p = c->words.words[i].prob;
        int id;
        if (!token_of(c, g, c->words.words[i].text, &id, err)) return false;
        if (id < 0) continue;
        sum += p;
        loss += p * (all - (double)c->logits[id]);
        logs += p * log(p);
    }
    if (sum > 0) { /* the story's own word is there */
        c->counts.n_short++;
        c->counts.loss += loss / sum;
        c->counts.entropy += log(sum) - logs / sum;
    }
    return true;
}

static bool add_word(Cloze *c, const WorldRef *ref, const Gap *g, Err *err) {
    const ReferenceKind kind = references_kind(ref);
    const size_t pos = world_parse_pos(c->parse);
    if (!world_parse_feed(c->parse, g->text + pos, g->start - pos, err) ||
        !world_parse_between(c->parse, g->text + g->end, g->n - g->end,
                             &c->words, err) ||
        !run_masked(c, err))
        return false;
    c->counts.n_masked++;
    if (c->words.n == 1) {
        c->counts.n_fixed[kind]++;
        c->counts.n_restored[kind] += c->is_restored;
    }
    return c->first < c->last || add_loss(c, g, err);
}

bool cloze_story(Cloze *c, const char *text, size_t n, Err *err) {
    if (!world_places(c->world, WORLD_STORY, text, n, &c->places, err) ||
        !tokenizer_encode(c->tokenizer, text, n - 1, TOKENIZER_BOS, &c->story,
                          err))
        return false;
    if (c->story.n > session_seq_len(c->session)) return true;
    world_parse_reset(c->parse);
    for (int i = 0; i < c->places.n; i++) {
        const WorldRef *ref = &c->places.list[i];
        Gap g;
        if (find_gap(ref, text, n, &g) && find_tokens(c, &g) &&
            !add_word(c, ref, &g, err))
            return false;
    }
    return true;
}

/* ---- what came out ------------------------------------------------------- */

ClozeCounts cloze_counts(const Cloze *c) {
    return c->counts;
}

static void print_line(const char *title, int n_right, int n) {
    if (n > 0)
        escape_line(stdout, "%s: %d of %d restored, %.1f %%", title, n_right, n,
                    100.0 * n_right / n);
}

void cloze_print(const Cloze *c) {
    const ClozeCounts *k = &c->counts;
    int n = 0, n_right = 0;
    for (int i = 0; i < REFERENCE_KINDS; i++) {
        n += k->n_fixed[i];
        n_right += k->n_restored[i];
    }
    escape_line(stdout,
                "masked: %d words, each alone; the rest of its story leaves "
                "one word for %d of them",
                k->n_masked, n);
    for (int i = 0; i < REFERENCE_KINDS; i++)
        print_line(references_kind_name((ReferenceKind)i), k->n_restored[i],
                   k->n_fixed[i]);
    print_line("all of these", n_right, n);
    if (k->n_short == 0) return;
    escape_line(stdout, "loss: %.4f nats a masked word over %ld of one token",
                k->loss / (double)k->n_short, k->n_short);
    if (k->entropy > 0)
        escape_line(stdout,
                    "entropy: %.4f nats a masked word, both sides known; the "
                    "loss is %.2f %% above it",
                    k->entropy / (double)k->n_short,
                    100 * (k->loss / k->entropy - 1));
}
