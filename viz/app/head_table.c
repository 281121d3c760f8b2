/* What heads do is added up over texts. */
#include "viz/app/head_table.h"

#include "engine/base/chance.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX 64 /* pieces that are said twice */

/* Of one head. */
typedef struct Head {
    HeadScores text, repeats;
    double last; /* weight on the token that ends the text, added up */
    int n_last;
} Head;

struct HeadTable {
    const Model *model;
    const Tokenizer *tokenizer;
    Session *session;
    Encoding encoding;
    int *tokens;           /* scratch: one text between two BOS */
    int *places;           /* scratch: [context] of a token */
    int n_layers, n_heads; /* those that are measured */
    Head *heads;           /* [L, H] */
    Head *was;             /* [L, H] before what is being read */
    bool is_repeats;       /* what is being fed */
    int repeat_from;       /* the first position of the second time */
    int n_text;            /* tokens of the text being fed */
    bool is_causal;
    const int *recall; /* of that text; NULL: not known */
    bool *is_seen;     /* [V]: tokens that the texts have */
    double loss, loss_was;
    long n_tokens, n_tokens_was;
};

/* What texts begin and end with. */
static int bos_of(const HeadTable *t) {
    const int id = tokenizer_bos(t->tokenizer);
    return id < 0 ? TOKEN_BOS : id;
}

/* ---- watching ------------------------------------------------------------ */

static void add_same(HeadTable *t, Head *h, const float *row, const int *tokens,
                     int pos) {
    const int n = head_same_places(tokens, 1, pos, t->places);
    head_scores_add_places(&h->text, HEAD_SAME, row, t->places, n);
}

/* `name` comes next: how much of the weight is on where it stood before? */
static void add_recall(HeadTable *t, Head *h, const float *row,
                       const int *tokens, int pos, int name) {
    const int n = head_places(tokens, 1, pos + 1, name, t->places);
    head_scores_add_places(&h->text, HEAD_RECALL, row, t->places, n);
}

/* Of a text whose tokens all see each other, as study_judge has it. */
static void add_both_ways(HeadTable *t, Head *h, const float *row,
                          const int *tokens, int pos) {
    const int n = t->n_text, next = pos + 1, last = n - 1;
    head_scores_add(&h->text, row, pos, -1);
    head_scores_add_places(&h->text, HEAD_NEXT, row, &next, pos < last);
    if (pos == 0) return;
    int n_same = head_same_places(tokens, 1, pos, t->places);
    n_same += head_places(tokens, next, n, tokens[pos], t->places + n_same);
    head_scores_add_places(&h->text, HEAD_SAME, row, t->places, n_same);
    if (pos == last || tokens[last] != tokenizer_sep(t->tokenizer)) return;
    h->last += (double)row[last];
    h->n_last++;
}

static void watch_pattern(HeadTable *t, const Tap *tap) {
    const int *tokens = session_tokens(t->session);
    if (t->is_repeats && tap->pos < t->repeat_from) return;
    const int key = head_induction_key(tokens, tap->pos);
    for (int h = 0; h < t->n_heads; h++) {
        const float *row = tap->data + (size_t)h * (size_t)tap->n_keys;
        Head *head = &t->heads[tap->layer * t->n_heads + h];
        if (!t->is_causal) {
            add_both_ways(t, head, row, tokens, tap->pos);
            continue;
        }
        head_scores_add(t->is_repeats ? &head->repeats : &head->text, row,
                        tap->pos, key);
        if (t->is_repeats) continue;
        add_same(t, head, row, tokens, tap->pos);
        if (t->recall && t->recall[tap->pos] >= 0)
            add_recall(t, head, row, tokens, tap->pos, t->recall[tap->pos]);
    }
}

/* The loss of the token that follows, once it is known. */
static void watch_logits(HeadTable *t, const Tap *tap) {
    const int n = model_config(t->model)->vocab_size;
    const int *tokens = session_tokens(t->session);
    for (int i = 0; i < tap->n_pos && !t->is_repeats; i++) {
        if (tap->pos + i + 1 >= t->n_text) return;
        const float *logits = tap->data + (size_t)i * (size_t)tap->stride;
        const int next = tokens[tap->pos + i + 1];
        double sum = 1; /* of exp(logit), in units of that of the next */
        for (int k = 0; k < n; k++)
            if (k != next) sum += exp((double)(logits[k] - logits[next]));
        t->loss += log(sum);
        t->n_tokens++;
    }
}

static void watch(void *ud, const Tap *tap) {
    if (tap->site == SITE_PATTERN)
        watch_pattern(ud, tap);
    else
        watch_logits(ud, tap);
}

/* ---- feeding ------------------------------------------------------------- */

HeadTable *head_table_open(const Model *m, const Tokenizer *tok, int n_threads,
                           Err *err) {
    const Config *c = model_config(m);
    HeadTable *t = calloc(1, sizeof *t);
    const size_t n = (size_t)c->n_layers * (size_t)c->n_heads;
    if (t) {
        *t = (HeadTable){.model = m,
                         .tokenizer = tok,
                         .n_layers = c->n_layers,
                         .n_heads = c->n_heads,
                         .is_causal = c->arch->causal};
        t->heads = calloc(n, sizeof *t->heads);
        t->was = calloc(n, sizeof *t->was);
        t->is_seen = calloc((size_t)c->vocab_size, sizeof *t->is_seen);
    }
    if (!t || !t->heads || !t->was || !t->is_seen) {
        err_memory(err, "heads", n * sizeof *t->heads);
        head_table_close(t);
        return NULL;
    }
    t->session =
        session_open(m, &(SessionOptions){.n_threads = n_threads}, err);
    if (!t->session) {
        head_table_close(t);
        return NULL;
    }
    const size_t room = (size_t)session_seq_len(t->session);
    t->places = calloc(room, sizeof *t->places);
    if (!t->places) {
        err_memory(err, "places", room * sizeof *t->places);
        head_table_close(t);
        return NULL;
    }
    const SiteMask loss = t->is_causal ? SITE_BIT(SITE_LOGITS) : 0;
    session_set_hook(t->session,
                     (SiteHook){.mask = SITE_BIT(SITE_PATTERN) | loss,
                                .fn = watch,
                                .ud = t});
    return t;
}

void head_table_heads_only(HeadTable *t, int n_layers) {
    t->n_layers = n_layers;
    session_set_hook(
        t->session,
        (SiteHook){.mask = SITE_BIT(SITE_PATTERN), .fn = watch, .ud = t});
    session_set_end(t->session, n_layers - 1, SITE_PATTERN);
}

void head_table_close(HeadTable *t) {
    if (!t) return;
    session_close(t->session);
    encoding_free(&t->encoding);
    free(t->tokens);
    free(t->places);
    free(t->heads);
    free(t->was);
    free(t->is_seen);
    free(t);
}

static bool feed(HeadTable *t, const int *tokens, int n, Err *err) {
    const int room = session_seq_len(t->session);
    t->n_text = n < room ? n : room;
    session_rewind(t->session, 0);
    return session_feed(t->session, tokens, t->n_text, err) != NULL;
}

static size_t heads_size(const HeadTable *t) {
    return (size_t)t->n_layers * (size_t)t->n_heads * sizeof *t->heads;
}

static void begin(HeadTable *t) {
    memcpy(t->was, t->heads, heads_size(t));
    t->loss_was = t->loss;
    t->n_tokens_was = t->n_tokens;
}

/* What was stopped half way counts for nothing. */
static bool end(HeadTable *t, bool ok) {
    if (ok) return true;
    memcpy(t->heads, t->was, heads_size(t));
    t->loss = t->loss_was;
    t->n_tokens = t->n_tokens_was;
    return false;
}

int head_table_seq_len(const HeadTable *t) {
    return session_seq_len(t->session);
}

void head_table_watch(HeadTable *t, SessionWatch watch) {
    session_set_watch(t->session, watch);
}

bool head_table_note(HeadTable *t, const char *text, size_t n, Err *err) {
    if (!tokenizer_encode(t->tokenizer, text, n, TOKENIZER_BOS, &t->encoding,
                          err))
        return false;
    for (int i = 0; i < t->encoding.n; i++)
        t->is_seen[t->encoding.tokens[i].id] = true;
    return true;
}

bool head_table_text(HeadTable *t, const char *text, size_t n,
                     const int *recall, Err *err) {
    if (!head_table_note(t, text, n, err)) return false;
    const int n_tokens = t->encoding.n + t->is_causal;
    int *tokens = realloc(t->tokens, (size_t)n_tokens * sizeof *tokens);
    if (!tokens) return err_memory(err, "tokens", (size_t)n_tokens);
    t->tokens = tokens;
    for (int i = 0; i < t->encoding.n; i++)
        tokens[i] = t->encoding.tokens[i].id;
    if (t->is_causal) {
        tokens[n_tokens - 1] = bos_of(t);
        t->is_seen[bos_of(t)] = true;
    }
    t->is_repeats = false;
    t->recall = recall;
    begin(t);
    return end(t, feed(t, tokens, n_tokens, err));
}

/* The pieces that the texts have, ids rising, into [V]; their number. */
static int seen_pieces(const HeadTable *t, int *out) {
    int n = 0;
    for (int id = TOKEN_BYTE0 + 256; id < model_config(t->model)->vocab_size;
         id++)
        if (t->is_seen[id]) out[n++] = id;
    return n;
}

static bool repeats(HeadTable *t, const int *pieces, int n_pieces,
                    uint64_t seed, int n, Err *err) {
    const int room = (session_seq_len(t->session) - 1) / 2;
    int half = room < REPEAT_MAX ? room : REPEAT_MAX;
    if (half > n_pieces) half = n_pieces;
    if (half < 2) return true;
    int tokens[1 + 2 * REPEAT_MAX] = {bos_of(t)};
    t->is_repeats = true;
    t->repeat_from = 1 + half;
    for (int i = 0; i < n; i++) {
        const uint64_t key = chance_bits(seed, (uint64_t)i);
        for (int k = 0; k < half; k++)
            tokens[1 + k] = tokens[1 + half + k] =
                pieces[chance_order(key, (uint64_t)k, (uint64_t)n_pieces)];
        if (!feed(t, tokens, 1 + 2 * half, err)) return false;
    }
    return true;
}

/* BOS, then different pieces of text, in a random order, twice. */
bool head_table_repeats(HeadTable *t, uint64_t seed, int n, Err *err) {
    if (!t->is_causal) return true;
    const size_t size =
        (size_t)model_config(t->model)->vocab_size * sizeof(int);
    int *pieces = malloc(size);
    if (!pieces) return err_memory(err, "pieces", size);
    const int n_pieces = seen_pieces(t, pieces);
    begin(t);
    const bool ok = end(t, repeats(t, pieces, n_pieces, seed, n, err));
    free(pieces);
    return ok;
}

double head_table_loss(const HeadTable *t, long *n_tokens) {
    *n_tokens = t->n_tokens;
    return t->loss;
}

/* ---- the scores ---------------------------------------------------------- */

static const struct {
    const char *name;
    HeadKind kind; /* HEAD_KINDS: of none */
} roles[HEAD_ROLES] = {[HEAD_ROLE_PREVIOUS] = {"previous", HEAD_PREVIOUS},
                       [HEAD_ROLE_NEXT] = {"next", HEAD_NEXT},
                       [HEAD_ROLE_FIRST] = {"first", HEAD_FIRST},
                       [HEAD_ROLE_LAST] = {"last", HEAD_KINDS},
                       [HEAD_ROLE_SAME] = {"same", HEAD_SAME},
                       [HEAD_ROLE_INDUCTION] = {"induction", HEAD_INDUCTION},
                       [HEAD_ROLE_RECALL] = {"recall", HEAD_RECALL}};

const char *head_role_name(HeadRole r) {
    return roles[r].name;
}

bool head_role_applies(HeadRole r, bool causal) {
    return r == HEAD_ROLE_LAST ? !causal
                               : head_kind_applies(roles[r].kind, causal);
}

HeadScores head_table_scores(const HeadTable *t, int layer, int head) {
    const Head *h = &t->heads[layer * t->n_heads + head];
    HeadScores s = h->text;
    s.sum[HEAD_INDUCTION] = h->repeats.sum[HEAD_INDUCTION];
    s.n[HEAD_INDUCTION] = h->repeats.n[HEAD_INDUCTION];
    return s;
}

float head_table_score(const HeadTable *t, int layer, int head, HeadRole r) {
    const Head *h = &t->heads[layer * t->n_heads + head];
    const HeadScores s = head_table_scores(t, layer, head);
    if (r != HEAD_ROLE_LAST) return head_scores_mean(&s, roles[r].kind);
    return h->n_last ? (float)(h->last / h->n_last) : NAN;
}
