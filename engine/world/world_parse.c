/* Parsing: every option is chosen at once, and what the text refuses dies.
 *
 * A branch is one derivation of the bytes fed so far, with its share of their
 * probability; the shares sum to 1, and log2_p has what was divided out, so
 * that no text is too long for a double.
 */
#include "engine/world/world_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Branch {
    Machine m;
    double share;
    int n_choices;
    unsigned char choices[WORLD_CHOICES_MAX];
} Branch;

typedef struct Branches {
    int n, max;
    Branch *list;
} Branches;

struct WorldParse {
    const World *w;
    WorldKind kind;
    size_t pos;
    bool is_refused;
    double log2_p;
    Branches now;
    Branches scratch; /* for looking ahead */
};

/* ---- branches ------------------------------------------------------------ */

static bool reserve(Branches *b, int n, Err *err) {
    if (n <= b->max) return true;
    if (n > WORLD_BRANCHES_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "world: the text can have come about in more than %d "
                       "ways; choose things where they are first told",
                       WORLD_BRANCHES_MAX);
    int max = b->max ? b->max : 64;
    while (max < n)
        max *= 2;
    Branch *list = realloc(b->list, (size_t)max * sizeof *list);
    if (!list) return err_memory(err, "world", (size_t)max * sizeof *list);
    b->list = list;
    b->max = max;
    return true;
}

static bool copy_branches(Branches *to, const Branches *from, Err *err) {
    if (!reserve(to, from->n, err)) return false;
    to->n = from->n;
    if (from->n > 0)
        memcpy(to->list, from->list, (size_t)from->n * sizeof *to->list);
    return true;
}

/* Branch i takes the first option, and its copies the others. */
static bool fork_branch(const World *w, Branches *b, int i, Err *err) {
    Choices c;
    if (!world_choices(w, &b->list[i].m, &c, err) ||
        !reserve(b, b->n + c.n - 1, err))
        return false;
    Branch *from = &b->list[i];
    if (c.n > 1 && from->n_choices == WORLD_CHOICES_MAX)
        return err_set(err, ERR_LIMIT, 0, "world: more than %d choices",
                       WORLD_CHOICES_MAX);
    for (int k = c.n - 1; k >= 0; k--) {
        Branch *to = k == 0 ? from : &b->list[b->n++];
        if (to != from) *to = *from;
        to->share *= c.weight[k] / c.total;
        if (c.n > 1) to->choices[to->n_choices++] = (unsigned char)c.index[k];
        world_choose(w, &to->m, c.index[k]);
    }
    return true;
}

/* Runs every branch until it has a byte to tell; those at their end stay
 * with none. */
static bool settle(const World *w, Branches *b, Err *err) {
    for (int i = 0; i < b->n;) {
        Machine *m = &b->list[i].m;
        const MachineStop stop =
            m->left > 0 ? MACHINE_TEXT : world_run(w, m, err);
        if (stop == MACHINE_FAULT) return false;
        if (stop == MACHINE_CHOICE) {
            if (!fork_branch(w, b, i, err)) return false;
        } else {
            i++;
        }
    }
    return true;
}

/* Keeps the settled branches whose next byte is `byte`; returns their share,
 * 0 when none is left. */
static double keep_byte(Branches *b, char byte) {
    double share = 0;
    int n = 0;
    for (int i = 0; i < b->n; i++) {
        Machine *m = &b->list[i].m;
        if (m->left == 0 || *m->text != byte) continue;
        m->text++;
        m->left--;
        share += b->list[i].share;
        if (n != i) b->list[n] = b->list[i];
        n++;
    }
    b->n = n;
    return share;
}

/* ---- the parse ----------------------------------------------------------- */

WorldParse *world_parse_open(const World *w, WorldKind kind, Err *err) {
    WorldParse *p = calloc(1, sizeof *p);
    if (!p) {
        err_memory(err, "world", sizeof *p);
        return NULL;
    }
    p->w = w;
    p->kind = kind;
    if (!reserve(&p->now, 1, err)) {
        world_parse_close(p);
        return NULL;
    }
    world_parse_reset(p);
    return p;
}

void world_parse_close(WorldParse *p) {
    if (!p) return;
    free(p->now.list);
    free(p->scratch.list);
    free(p);
}

void world_parse_reset(WorldParse *p) {
    p->pos = 0;
    p->is_refused = false;
    p->log2_p = 0;
    p->now.n = 1;
    p->now.list[0] = (Branch){.m = world_machine(p->w, p->kind), .share = 1};
}

static bool feed_byte(WorldParse *p, char byte, Err *err) {
    if (!settle(p->w, &p->now, err)) return false;
    const double share = keep_byte(&p->now, byte);
    p->is_refused = share == 0;
    if (p->is_refused) return true;
    if (share != 1) {
        for (int i = 0; i < p->now.n; i++)
            p->now.list[i].share /= share;
        p->log2_p += log2(share);
    }
    p->pos++;
    return true;
}

bool world_parse_feed(WorldParse *p, const char *text, size_t n, Err *err) {
    for (size_t i = 0; i < n && !p->is_refused; i++)
        if (!feed_byte(p, text[i], err)) return false;
    return true;
}

size_t world_parse_pos(const WorldParse *p) {
    return p->pos;
}

int world_parse_n_branches(const WorldParse *p) {
    return p->now.n;
}

bool world_parse_is_refused(const WorldParse *p) {
    return p->is_refused;
}

double world_parse_log2(const WorldParse *p) {
    return p->is_refused ? -INFINITY : p->log2_p;
}

int world_parse_choices(const WorldParse *p, const unsigned char **choices) {
    const Branch *best = &p->now.list[0];
    for (int i = 1; i < p->now.n; i++)
        if (p->now.list[i].share > best->share) best = &p->now.list[i];
    *choices = best->choices;
    return best->n_choices;
}

/* ---- words --------------------------------------------------------------- */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' ||
           (unsigned char)c >= 0x80;
}

bool world_parse_can_say(WorldParse *p, const char *text, size_t n,
                         bool *answer, Err *err) {
    Branches *b = &p->scratch;
    if (!copy_branches(b, &p->now, err)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!settle(p->w, b, err)) return false;
        keep_byte(b, text[i]);
    }
    if (!settle(p->w, b, err)) return false;
    *answer = false;
    for (int i = 0; i < b->n; i++)
        if (b->list[i].m.left == 0 || !is_letter(*b->list[i].m.text))
            *answer = true;
    return true;
}

/* How far a word has come. */
typedef struct Tail {
    int n;
    bool has_letter, is_done;
    char text[WORLD_WORD_MAX];
} Tail;

/* Takes c if it belongs to the word; the word is done if not, and after a byte
 * that is a word of its own. */
static bool tail_take(Tail *t, char c) {
    const bool is_blank = c == ' ';
    if (t->has_letter && !is_letter(c)) t->is_done = true;
    if (t->is_done || t->n == WORLD_WORD_MAX - 1) return false;
    t->text[t->n++] = c;
    t->text[t->n] = '\0';
    t->has_letter = is_letter(c);
    t->is_done = !is_blank && !t->has_letter;
    return true;
}

static bool add_word(WorldNext *out, const Tail *t, double prob, Err *err) {
    for (int i = 0; i < out->n; i++)
        if (strcmp(out->words[i].text, t->text) == 0) {
            out->words[i].prob += prob;
            return true;
        }
    if (out->n == WORLD_NEXT_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "world: more than %d different words can be next",
                       WORLD_NEXT_MAX);
    WorldWord *word = &out->words[out->n++];
    memcpy(word->text, t->text, sizeof word->text);
    word->prob = prob;
    return true;
}

/* Likeliest first, then by spelling, so that the order is total. */
static int compare_words(const void *pa, const void *pb) {
    const WorldWord *a = pa, *b = pb;
    if (a->prob != b->prob) return a->prob > b->prob ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Follows the branches from i on, which all have told the tail so far: those
 * that go on with the same byte go on together.  Without recursion: a branch
 * leaves the list when its word is done, and its copies queue up behind. */
static bool finish_word(const World *w, Branches *b, Tail *tails, int i,
                        WorldNext *out, Err *err) {
    while (!tails[i].is_done) {
        Machine *m = &b->list[i].m;
        if (m->left > 0) {
            if (!tail_take(&tails[i], *m->text)) break;
            m->text++;
            m->left--;
            continue;
        }
        const MachineStop stop = world_run(w, m, err);
        if (stop == MACHINE_FAULT) return false;
        if (stop == MACHINE_END) break;
        if (stop != MACHINE_CHOICE) continue;
        const int n_before = b->n;
        if (!fork_branch(w, b, i, err)) return false;
        for (int k = n_before; k < b->n; k++)
            tails[k] = tails[i];
    }
    return tails[i].n == 0 || add_word(out, &tails[i], b->list[i].share, err);
}

bool world_parse_next(WorldParse *p, WorldNext *out, Err *err) {
    out->n = 0;
    if (p->is_refused) return true;
    const size_t size = WORLD_BRANCHES_MAX * sizeof(Tail);
    Tail *tails = malloc(size);
    if (!tails) return err_memory(err, "world", size);
    bool ok = copy_branches(&p->scratch, &p->now, err);
    for (int i = 0; ok && i < p->now.n; i++)
        tails[i] = (Tail){0};
    for (int i = 0; ok && i < p->scratch.n; i++)
        ok = finish_word(p->w, &p->scratch, tails, i, out, err);
    free(tails);
    if (ok) qsort(out->words, out->n, sizeof *out->words, compare_words);
    return ok;
}

/* The share of the branches in b that tell text[0..n), of which only those are
 * kept. */
static bool follow(const World *w, Branches *b, const char *text, size_t n,
                   double *share, Err *err) {
    *share = 0;
    for (size_t i = 0; i < n && b->n > 0; i++) {
        if (!settle(w, b, err)) return false;
        *share = keep_byte(b, text[i]);
    }
    return true;
}

bool world_parse_between(WorldParse *p, const char *rest, size_t n,
                         WorldNext *out, Err *err) {
    int n_words = 0;
    double sum = 0;
    if (!world_parse_next(p, out, err)) return false;
    for (int i = 0; i < out->n; i++) {
        WorldWord *word = &out->words[i];
        double share;
        if (!copy_branches(&p->scratch, &p->now, err) ||
            !follow(p->w, &p->scratch, word->text, strlen(word->text), &share,
                    err) ||
            !follow(p->w, &p->scratch, rest, n, &share, err))
            return false;
        if (share == 0) continue;
        word->prob = share;
        sum += share;
        out->words[n_words++] = *word;
    }
    out->n = n_words;
    for (int i = 0; i < n_words; i++)
        out->words[i].prob /= sum;
    qsort(out->words, (size_t)n_words, sizeof *out->words, compare_words);
    return true;
}

/* ---- whole texts --------------------------------------------------------- */

bool world_next(const World *w, WorldKind kind, const char *prefix, size_t n,
                WorldNext *out, Err *err) {
    WorldParse *p = world_parse_open(w, kind, err);
    const bool ok = p && world_parse_feed(p, prefix, n, err) &&
                    world_parse_next(p, out, err);
    world_parse_close(p);
    return ok;
}

bool world_score(const World *w, WorldKind kind, const char *text, size_t n,
                 double *log2_prefix, WorldScore *out, Err *err) {
    WorldParse *p = world_parse_open(w, kind, err);
    bool ok = p != NULL;
    if (log2_prefix) log2_prefix[0] = 0;
    for (size_t i = 0; ok && i < n; i++) {
        ok = world_parse_feed(p, text + i, 1, err);
        if (ok && log2_prefix) log2_prefix[i + 1] = world_parse_log2(p);
    }
    if (ok) {
        out->fail_at = world_parse_pos(p);
        out->accepted = out->fail_at == n && n > 0 && text[n - 1] == '\n';
        out->log2_prob = out->accepted ? world_parse_log2(p) : -INFINITY;
    }
    world_parse_close(p);
    return ok;
}
