/* mean(EXPRESSION, over="girl,boy"): the prompt told of every girl and every
 * boy of the world in the place of those that it tells of.  The expression's
 * own texts go with it: token=" Mia" is " Zoe" where the prompt says Zoe. */
#include "viz/app/claim_private.h"

#include "engine/base/chance.h"
#include "viz/app/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_MAX 4 /* words of over */

/* One of those words: the row that the prompt tells of, and all that it may be
 * told of instead. */
typedef struct Kind {
    int told, n;
    int rows[WORLD_KIND_MAX];
    bool is_told[WORLD_KIND_MAX]; /* whether the prompt tells of it, too */
} Kind;

typedef struct Mean {
    ClaimWork *k;
    const World *world;
    Kind kinds[KINDS_MAX];
    WorldSwap swaps[KINDS_MAX]; /* of the prompt at hand */
    int n_kinds;
    ClaimRerun now, before;
    Claim claim; /* with its texts swapped */
    Encoding encoding;
    double sum;
    int n_done;
} Mean;

/* ---- what varies --------------------------------------------------------- */

static bool refuse_kind(const Mean *m, const char *word) {
    char list[640] = "";
    for (int i = 0; world_table(m->world, i); i++) {
        const size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, " %s", world_table(m->world, i));
    }
    return err_set(m->k->err, ERR_USAGE, 0,
                   "mean: over: the world has no \"%s\"; it has%s, and what "
                   "their rows say, such as girl",
                   word, list);
}

/* The prompt tells of it; of several of one kind, of one after the other. */
static bool add_kind(Mean *m, const char *word) {
    const State *s = m->k->run->state;
    if (m->n_kinds == KINDS_MAX)
        return err_set(m->k->err, ERR_LIMIT, 0, "mean: over: more than %d",
                       KINDS_MAX);
    Kind *kind = &m->kinds[m->n_kinds++];
    kind->n = world_kind(m->world, word, kind->rows);
    if (kind->n == 0) return refuse_kind(m, word);
    int skip = 0;
    for (int i = 0; i + 1 < m->n_kinds; i++)
        for (int row = 0; row < kind->n; row++)
            skip += kind->rows[row] == m->kinds[i].told;
    kind->told = world_told(m->world, kind->rows, kind->n,
                            s->prompt ? s->prompt : "", s->prompt_len, skip);
    for (int i = 0; i < kind->n; i++)
        kind->is_told[i] =
            world_told(m->world, &kind->rows[i], 1, s->prompt ? s->prompt : "",
                       s->prompt_len, 0) >= 0;
    if (kind->told >= 0) return true;
    return err_set(m->k->err, ERR_USAGE, 0,
                   "mean: over: the prompt tells of no %s\"%s\"",
                   skip ? "other " : "", word);
}

static bool read_kinds(Mean *m) {
    const char *over = claim_given_text(m->k, "over");
    for (const char *at = over;; at++) {
        char word[CLAIM_TEXT_MAX];
        const size_t n = strcspn(at, ",");
        memcpy(word, at, n);
        word[n] = '\0';
        if (!add_kind(m, word)) return false;
        at += n;
        if (!*at) return true;
    }
}

/* Whether that row of a kind stays in the prompt where another is swapped for
 * it: the two could not be told apart there. */
static bool is_kept(const Mean *m, int k, int i) {
    const Kind *kind = &m->kinds[k];
    for (int other = 0; other < m->n_kinds; other++)
        if (m->kinds[other].told == kind->rows[i]) return false;
    return kind->is_told[i];
}

/* Combination i: no row of a table twice, as the world tells its stories.  Of
 * them all the last kind changes fastest: prompts in a row begin the same. */
static bool choose(Mean *m, uint64_t i, bool all) {
    for (int step = 0; step < m->n_kinds; step++) {
        const int k = all ? m->n_kinds - 1 - step : step;
        const Kind *kind = &m->kinds[k];
        const int row = (int)(i % (uint64_t)kind->n);
        if (is_kept(m, k, row)) return false;
        m->swaps[k] = (WorldSwap){kind->told, kind->rows[row]};
        i /= (uint64_t)kind->n;
    }
    for (int k = 0; k < m->n_kinds; k++)
        for (int other = 0; other < k; other++)
            if (m->swaps[other].to == m->swaps[k].to) return false;
    return true;
}

/* ---- one prompt ---------------------------------------------------------- */

/* The claim's texts, swapped. */
static bool swap_claim(Mean *m) {
    const Claim *from = m->k->claim;
    m->claim = *from;
    m->claim.n_text_bytes = 0;
    for (int i = 0; i < from->n_args; i++) {
        ClaimArg *arg = &m->claim.args[i];
        if (arg->kind != CLAIM_ARG_TEXT) continue;
        const char *text = claim_text(from, &from->args[i]);
        arg->at = m->claim.n_text_bytes;
        const size_t room = (size_t)(CLAIM_TEXTS_MAX - arg->at);
        const size_t n =
            world_swap(m->world, m->swaps, m->n_kinds, text, strlen(text),
                       m->claim.texts + arg->at, room);
        if (n >= room)
            return err_set(m->k->err, ERR_LIMIT, 0,
                           "mean: more than %d bytes of texts",
                           CLAIM_TEXTS_MAX);
        m->claim.n_text_bytes += (int)n + 1;
    }
    return true;
}

/* Feeds a state's prompt, swapped. */
static bool feed(Mean *m, ClaimRerun *r) {
    const State *s = r->run.state;
    const char *prompt = s->prompt ? s->prompt : "";
    const size_t n = world_swap(m->world, m->swaps, m->n_kinds, prompt,
                                s->prompt_len, NULL, 0);
    char *text = malloc(n + 1);
    int *ids = NULL;
    if (!text) return err_memory(m->k->err, "a prompt", n + 1);
    world_swap(m->world, m->swaps, m->n_kinds, prompt, s->prompt_len, text,
               n + 1);
    bool ok = tokenizer_encode(m->k->tok, text, n, app_encode_flags(s),
                               &m->encoding, m->k->err);
    if (ok) {
        ids = malloc((size_t)m->encoding.n * sizeof *ids);
        if (!ids)
            ok = err_memory(m->k->err, "tokens",
                            (size_t)m->encoding.n * sizeof *ids);
    }
    for (int i = 0; ok && i < m->encoding.n; i++)
        ids[i] = m->encoding.tokens[i].id;
    ok = ok && claim_rerun_feed(m->k, r, ids, m->encoding.n);
    free(ids);
    free(text);
    return ok;
}

static bool add_prompt(Mean *m, int node) {
    const bool compares = m->before.session != NULL;
    ClaimWork there = *m->k;
    double value;
    if (!swap_claim(m) || (compares && !feed(m, &m->before)) ||
        !feed(m, &m->now))
        return false;
    there.claim = &m->claim;
    there.run = &m->now.run;
    there.before = compares ? &m->before.run : NULL;
    if (!claim_value(&there, node, &value)) return false;
    m->sum += value;
    m->n_done++;
    return true;
}

/* ---- all of them --------------------------------------------------------- */

/* The prompts tell all that is read: nothing was put behind them. */
static bool check_run(const Mean *m, const ClaimRun *r) {
    const State *s = r->state;
    Encoding e = {0};
    if (!tokenizer_encode(m->k->tok, s->prompt ? s->prompt : "", s->prompt_len,
                          app_encode_flags(s), &e, m->k->err))
        return false;
    const int n = e.n;
    encoding_free(&e);
    return n == trace_n_pos(r->trace) ||
           err_set(m->k->err, ERR_USAGE, 0,
                   "mean: the text goes on after the prompt, by then= or "
                   "length=: write all of it into the prompt");
}

/* What an expression says is asked of the run before, too. */
static bool looks_back(const Claim *c, int node) {
    const ClaimNode *n = &c->nodes[node];
    if (n->kind == CLAIM_NUMBER) return false;
    if (n->kind != CLAIM_CALL)
        return looks_back(c, n->a) ||
               (n->kind != CLAIM_NEGATIVE && looks_back(c, n->b));
    bool back = n->fn == CLAIM_BEFORE || n->fn == CLAIM_WITH;
    for (int i = 0; !back && i < n->b; i++) {
        const ClaimArg *arg = &c->args[n->a + i];
        back = arg->kind == CLAIM_ARG_EXPRESSION && looks_back(c, arg->at);
    }
    return back;
}

/* The run before is fed as well where something is taken from it. */
static bool open_runs(Mean *m) {
    ClaimWork *k = m->k;
    const ClaimRun *b = k->before;
    const Edits *edits = trace_edits(k->run->trace);
    const bool back = edits_take(edits) ||
                      looks_back(k->claim, claim_given(k, "EXPRESSION")->at);
    if (back && b && b->trace &&
        (!check_run(m, b) ||
         !claim_rerun_open(k, b, trace_edits(b->trace), NULL, edits_take(edits),
                           &m->before)))
        return false;
    return check_run(m, k->run) &&
           claim_rerun_open(k, k->run, edits, m->before.trace, false, &m->now);
}

/* How many prompts; *n_all: of how many combinations. */
static bool count(const Mean *m, uint64_t *n_all, int *n) {
    const ClaimArg *given = claim_given(m->k, "n");
    *n_all = 1;
    for (int i = 0; i < m->n_kinds; i++)
        *n_all *= (uint64_t)m->kinds[i].n;
    if (!given && *n_all > CLAIM_PROMPTS_MAX)
        return err_set(m->k->err, ERR_LIMIT, 0,
                       "mean: over: these are %llu prompts, allowed %d: n=%d "
                       "takes some",
                       (unsigned long long)*n_all, CLAIM_PROMPTS_MAX,
                       CLAIM_PROMPTS_MAX);
    *n = given ? (int)given->number : CLAIM_PROMPTS_MAX;
    return true;
}

static bool add_all(Mean *m) {
    const int node = claim_given(m->k, "EXPRESSION")->at;
    uint64_t n_all = 0;
    int n = 0;
    if (!count(m, &n_all, &n)) return false;
    const bool all = n_all <= (uint64_t)n;
    for (uint64_t i = 0; i < n_all && m->n_done < n; i++)
        if (choose(m, all ? i : chance_order(1, i, n_all), all) &&
            !add_prompt(m, node))
            return false;
    return m->n_done > 0 ||
           err_set(m->k->err, ERR_USAGE, 0, "mean: over: there is no prompt");
}

bool claim_mean(ClaimWork *k, double *value) {
    const World *world = claim_world(k);
    Mean *m = world ? calloc(1, sizeof *m) : NULL;
    if (!m) return world && err_memory(k->err, "a mean", sizeof *m);
    m->k = k;
    m->world = world;
    const bool ok = read_kinds(m) && open_runs(m) && add_all(m);
    if (ok) *value = m->sum / m->n_done;
    claim_rerun_close(&m->now);
    claim_rerun_close(&m->before);
    encoding_free(&m->encoding);
    free(m);
    return ok;
}
