/* Study: numbers made from a trace, asked for by key, computed elsewhere, kept
 * until they change.
 *
 *     Study *s = study_open(trace, STUDY_BUDGET_DEFAULT, &err);
 *     study_frame(s);                           // whoever draws
 *     const float *q = study_row(s, SITE_Q, layer, pos);
 *     if (!q) hatch();                          // noted as wanted
 *     while (study_step(s)) {}                  // the worker
 *     study_close(s);
 *
 * What the trace stores is there at once.  Anything else a question finds
 * either made already, or not: then it is noted as wanted, and study_step
 * makes it.  A question never computes.
 *
 * Frames.  Questions belong to the frame that study_frame began last.  What
 * was asked for is borrowed: it stays until the next frame at least, and
 * counts as in use for STUDY_FRAMES frames.  So a frame that needs more
 * than the budget gets it, beyond the budget: otherwise what it asks for first
 * would have to go for what it asks for last, in every frame anew.  All else
 * that is beyond the budget goes, least recently asked for first.  What was
 * wanted STUDY_FRAMES ago and by no frame since is not made any more.
 *
 * Threads.  One thread asks (study_frame, the questions, study_set_...),
 * one makes (study_step, study_forget); they may be the same.  The one that
 * makes feeds the trace as well, as making reads trace_row.
 *
 * Does NOT know views, drive the session, or say when the trace changed: who
 * rewinds says study_forget, with no frame under way.
 *
 * One more kind: a file study_NAME.c that defines study_kind_NAME
 * (study_private.h), a row of STUDY_KINDS_LIST, and, where the result is not
 * plain floats, its type and a question of its own below.
 */
#ifndef ENGINE_STUDY_STUDY_H
#define ENGINE_STUDY_STUDY_H

#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/spec/sampler.h"
#include "engine/spec/shape.h"
#include "engine/study/head_scores.h"
#include "engine/study/principal.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/explain.h"
#include "engine/trace/trace.h"

#define STUDY_BUDGET_DEFAULT (256ull << 20) /* bytes */
#define STUDY_FRAMES         4     /* a number asked for is kept this long */
#define STUDY_KEYS_MAX       32768 /* wanted or kept at a time; see study_get */
#define STUDY_TOKENS_MAX     512   /* HEADS and MAPS look at the last so many */

/* What is made, and of which fields of the key; the others are 0. */
#define STUDY_KINDS_LIST(X)                                                    \
    X(ROW, row)       /* site layer pos: as trace_row */                       \
    X(HEADS, heads)   /* layer pos: StudyHead [H], text up to pos */           \
    X(MAPS, maps)     /* layer pos index a b: see study_maps */                \
    X(NEXT, next)     /* pos: StudyNext */                                     \
    X(TRUTH, truth)   /* pos: StudyTruth */                                    \
    X(BEST, best)     /* pos: StudyBest */                                     \
    X(LENS, lens)     /* site layer pos: StudyLens */                          \
    X(RANK, rank)     /* site layer pos index: StudyRank of token index */     \
    X(WHY, why)       /* pos index layer: see study_why */                     \
    X(OFF, off)       /* layer pos index: see study_off */                     \
    X(WORTH, worth)   /* the same, a and b: see study_worth_key */             \
    X(ADDS, adds)     /* layer pos index a b: see study_adds_key */            \
    X(WROTE, wrote)   /* layer pos: see study_wrote */                         \
    X(STREAM, stream) /* layer pos index a: see study_added */                 \
    X(STREAM_CELL, stream_cell) /* the same, and b: Explain of a measure */    \
    X(NEURONS, neurons)         /* layer pos: StudyNeurons */                  \
    X(NEURON_SAYS, neuron_says) /* layer index: StudySays of neuron index */   \
    X(NEURON_PAST, neuron_past) /* layer pos index: see study_neuron_past */   \
    X(NEURON_ADDS, neuron_adds) /* layer pos index: Explain of its `adds` */   \
    X(SILU, silu)         /* layer pos index: Explain of SiLU of a gate */     \
    X(LADDER, ladder)     /* pos index: see study_ladder */                    \
    X(CHOICE, choice)     /* pos index layer: Explain of its merge `layer` */  \
    X(NEAR, near)         /* index: StudyNear of token index */                \
    X(COSINE, cosine)     /* layer index: Explain of two tokens' cosine */     \
    X(TABLE, table)       /* StudyTable */                                     \
    X(MAP, map)           /* index: StudyMap of those rows, StudyMapped */     \
    X(VARIANCE, variance) /* layer index: Explain of a map's axis `layer` */   \
    X(PLACE, place)       /* site layer pos index: StudyPlace on that map */   \
    X(MEET, meet)         /* layer pos index: StudyMeet, see study_meet.h */   \
    X(SHIFTED, shifted)   /* layer pos index a b: see study_shifted */         \
    X(SHIFTED_CELL, shifted_cell)     /* the same: Explain of its score */     \
    X(SHIFTED_WEIGHT, shifted_weight) /* the same: Explain of its weight */    \
    X(TURNED, turned)     /* site layer pos index a: see study_turned_key */   \
    X(DISTANCE, distance) /* layer pos index: see study_distance */            \
    X(PLACED, placed)     /* layer pos index a: see study_placed_key */        \
    X(COST, cost)       /* pos index: Explain of its multiply-adds, 0 with */  \
                        /* the cache, 1 without it, 2 without the mask */      \
    X(PARAMS, params)   /* index: Explain of a count of parameters, see */     \
                        /* study_set_shape */                                  \
    X(CELL, cell)       /* site layer pos index: Explain, as explain() */      \
    X(SOFTMAX, softmax) /* layer pos index: Explain; index: [H, n_keys] */     \
    X(RAW, raw)         /* layer pos index: see study_raw_key */               \
    X(MASKED, masked)   /* layer pos index: see study_masked */                \
    X(SUMS, sums)       /* layer pos index: see study_sums */                  \
    X(SUM, sum)         /* layer pos index: Explain of one of them */          \
    X(LENGTHS, lengths) /* layer pos: |v| of each kv head, [G] */              \
    X(VALUED, valued)   /* layer pos index: see study_valued */                \
    X(VALUED_CELL, valued_cell) /* layer pos index: Explain of one of those */ \
    X(ROLLOUT, rollout)         /* layer pos: see study_rollout */             \
    X(ROLLED, rolled)           /* layer pos index: Explain of one of those */ \
    X(REACH, reach)             /* pos: see study_reach */                     \
    X(PROB, prob)         /* layer pos index: Explain of token index's */      \
                          /* probability; layer 1: at temperature 1 */         \
    X(SURPRISE, surprise) /* pos index: float, see study_surprise */           \
    X(SURPRISE_CELL, surprise_cell) /* the same, Explain of it */              \
    X(SHARE, share)     /* pos index: Explain of what the cuts make of it */   \
    X(ENTROPY, entropy) /* pos: Explain of the entropy of what could follow */ \
    X(MEAN, mean)   /* layer pos index: Explain of a StudyHead's mean;     \
                           index: [H, HEAD_KINDS] */   \
    X(ROLES, roles) /* StudyRoles */                                           \
    X(ROLE, role)   /* layer index: Explain of a mean of those; index as   \
                           of MEAN */

#define STUDY_KIND_ENUM(NAME, name) STUDY_##NAME,
typedef enum StudyKind {
    STUDY_KINDS_LIST(STUDY_KIND_ENUM) STUDY_KINDS
} StudyKind;

typedef struct StudyKey {
    StudyKind kind;
    Site site;
    int layer, pos, index;
    int a, b; /* two numbers more, for what needs them */
} StudyKey;

/* For pos of what is made of the weights alone: it is never forgotten. */
#define STUDY_NO_POS (-1)

typedef struct Study Study;

/* The trace must outlive the study.  Values count towards the budget. */
Study *study_open(const Trace *t, uint64_t budget_bytes, Err *err);
void study_close(Study *s); /* NULL is fine */

/* ---- asking -------------------------------------------------------------- */

/* Begins a frame: what was borrowed before may go. */
void study_frame(Study *s);

/* True when the frame has found all it asked for so far. */
bool study_is_whole(Study *s);

/* Which ids may come next: the others have no piece, and count for nothing;
 * what is borrowed outlives the study.  The whole vocabulary until it is set;
 * before the first question. */
void study_set_vocabulary(Study *s, SamplerIds ids);

/* Whose ladders are asked for, borrowed; before the first question. */
void study_set_tokenizer(Study *s, const Tokenizer *t);

/* Who knows texts, on the thread that makes.  `tell` is asked for STUDY_TRUTH:
 * what may truly follow the tokens up to pos; it leaves n at 0 where the text
 * is not one of those it knows.  `roles` is asked for STUDY_ROLES: what heads
 * do over many of those texts; false and ERR_CANCELLED: stopped by the watch,
 * and goes on from there when it is asked again. */
struct StudyTruth;
struct StudyRoles;
typedef struct StudyTeller {
    void (*tell)(void *ud, const Tokenizer *tokenizer, const Trace *t, int pos,
                 struct StudyTruth *out);
    bool (*roles)(void *ud, const Tokenizer *tokenizer, const Model *m,
                  SessionWatch watch, struct StudyRoles *out, Err *err);
    void *ud;
} StudyTeller;
/* Before the first question; tell NULL: nobody does. */
void study_set_teller(Study *s, StudyTeller teller);

/* The word that STUDY_LADDER_WORD stands for, of less than STUDY_WORD_MAX
 * bytes; another one forgets the ladders made. */
#define STUDY_WORD_MAX 64
void study_set_word(Study *s, const char *word);

/* The sizes that STUDY_PARAMS counts with; others forget those made.  What it
 * counts: the tensors of row `index` of the architecture's table; or, from
 * the table's length on, all of them, then those of each ParamsPart. */
void study_set_shape(Study *s, const Shape *shape);

/* Who is asked, while a number takes long (a text is run again, many rows are
 * made or read), whether to go on; it is stopped as well once two frames have
 * not asked for it and something else waits that they did; what is stopped so
 * stays wanted.  Asked on several threads at a time.  Zeroed: nobody.  Before
 * the first question. */
void study_set_watch(Study *s, SessionWatch watch);

/* What STUDY_NEXT is made with; another setting forgets those made. */
void study_set_sampler(Study *s, const SamplerParams *p, uint64_t seed);

/* A made number, or NULL.  *missing: it is wanted and will come; false with
 * NULL: there is none, as the key is out of range or memory ran out, or
 * STUDY_KEYS_MAX others are asked for already.  The trace's own rows are not
 * looked up here, see study_row. */
const void *study_get(Study *s, StudyKey key, bool *missing);

/* A row of any site, from the trace or made; NULL: not there yet. */
const float *study_row(Study *s, Site site, int layer, int pos);

/* A head on the text up to and including pos, its last STUDY_TOKENS_MAX
 * tokens. */
typedef struct StudyHead {
    float mean[HEAD_KINDS]; /* NaN: nothing to average */
    HeadKind kind;          /* to call it by; HEAD_KINDS: none */
} StudyHead;
/* [H] of one layer. */
static inline const StudyHead *study_heads(Study *s, int layer, int pos) {
    bool missing;
    StudyKey key = {.kind = STUDY_HEADS, .layer = layer, .pos = pos};
    return study_get(s, key, &missing);
}

/* What heads do over many texts that a teller knows, with nothing switched off;
 * induction is measured on random pieces said twice.  NULL without *missing:
 * nobody knows. */
typedef struct StudyRoles {
    int n_texts;
    HeadScores list[]; /* [L, H] */
} StudyRoles;
static inline StudyKey study_roles_key(void) {
    return (StudyKey){.kind = STUDY_ROLES, .pos = STUDY_NO_POS};
}
static inline const StudyRoles *study_roles(Study *s, bool *missing) {
    return study_get(s, study_roles_key(), missing);
}
static inline StudyKey study_role_key(int layer, int head, HeadKind kind) {
    return (StudyKey){.kind = STUDY_ROLE,
                      .layer = layer,
                      .pos = STUDY_NO_POS,
                      .index = head * HEAD_KINDS + (int)kind};
}

/* All heads' patterns over those tokens, each made smaller to cells x cells:
 * [H, cells, cells].  Cell i takes in tokens i * n / cells and on, up to those
 * of cell i + 1.  It is the strongest of its weights, so that a single bright
 * one survives; -1 where there is none: behind the mask, or not a number. */
static inline const float *study_maps(Study *s, int layer, int pos, int cells) {
    bool missing;
    StudyKey key = {
        .kind = STUDY_MAPS, .layer = layer, .pos = pos, .index = cells};
    return study_get(s, key, &missing);
}
/* The same of a part: n queries from row0 on, n keys from col0 on; n up to
 * STUDY_TOKENS_MAX. */
static inline const float *study_maps_part(Study *s, int layer, int row0,
                                           int col0, int n, int cells) {
    bool missing;
    const StudyKey key = {.kind = STUDY_MAPS,
                          .layer = layer,
                          .pos = (row0 > col0 ? row0 : col0) + n - 1,
                          .index = cells,
                          .a = row0 - col0,
                          .b = n};
    return study_get(s, key, &missing);
}

/* What could follow a position: sampler_stages of its logits, and where the
 * coin falls. */
typedef struct StudyNext {
    int n;                  /* the whole vocabulary */
    int drawn;              /* index in candidates that the coin falls on */
    float coin;             /* of position pos + 1 */
    float entropy;          /* in bits; NaN: no logit is a number */
    Candidate candidates[]; /* [n], best first */
} StudyNext;
static inline const StudyNext *study_next(Study *s, int pos) {
    bool missing;
    return study_get(s, (StudyKey){.kind = STUDY_NEXT, .pos = pos}, &missing);
}

/* The likeliest token after a position, at temperature 1, and the logarithm of
 * the sum of all exp(logit): a token's probability is exp(logit - log_sum). */
/* What may truly come next: tokens, each once, with their probabilities.  n is
 * 0 where nobody knows. */
#define STUDY_TRUTH_MAX 512
typedef struct StudyTruth {
    int n;
    int id[STUDY_TRUTH_MAX];
    double prob[STUDY_TRUTH_MAX];
} StudyTruth;
static inline const StudyTruth *study_truth(Study *s, int pos) {
    bool missing;
    return study_get(s, (StudyKey){.kind = STUDY_TRUTH, .pos = pos}, &missing);
}

typedef struct StudyBest {
    int id;
    float logit;
    double log_sum;
} StudyBest;
static inline const StudyBest *study_best(Study *s, int pos) {
    bool missing;
    return study_get(s, (StudyKey){.kind = STUDY_BEST, .pos = pos}, &missing);
}

/* How much a token is a surprise after a position: -log2 of the probability
 * that it had at temperature 1, in bits. */
static inline StudyKey study_surprise_key(int pos, int token) {
    return (StudyKey){.kind = STUDY_SURPRISE, .pos = pos, .index = token};
}
static inline const float *study_surprise(Study *s, int pos, int token) {
    bool missing;
    return study_get(s, study_surprise_key(pos, token), &missing);
}

/* The raw score q.k of a query and a key, opened: an Explain.  The key may be
 * one that the mask hides. */
StudyKey study_raw_key(const Trace *t, int layer, int head, int query, int key);

/* One head's scores (of n_heads), divided as the stored ones are, of a query
 * with the keys after it up to `last`, which the mask hides: [last - query].
 * They are not stored; without the mask there are none. */
static inline const float *study_masked(Study *s, int layer, int head,
                                        int n_heads, int query, int last) {
    bool missing;
    StudyKey key = {.kind = STUDY_MASKED,
                    .layer = layer,
                    .pos = last,
                    .index = query * n_heads + head};
    return study_get(s, key, &missing);
}

/* A head's weights added up: [2, last + 1].  First what each token receives
 * from those of the last STUDY_TOKENS_MAX up to `last`, then what each of these
 * sends, which is 1 but for rounding; NaN for those before them. */
static inline const float *study_sums(Study *s, int layer, int head, int last) {
    bool missing;
    const StudyKey key = {
        .kind = STUDY_SUMS, .layer = layer, .pos = last, .index = head};
    return study_get(s, key, &missing);
}
/* What token `key` receives, opened; key -1: what token `last` sends. */
StudyKey study_sum_key(int n_heads, int layer, int head, int last, int key);

/* One head's weights of a query (of n_heads), each times the length of the
 * value that it fetches: [n_keys].  `last`: the last key that it sees.  Weights
 * alone overstate a token whose value is short.
 * Source: Kobayashi et al. 2020, "Attention is not only a weight: analyzing
 * transformers with vector norms", arXiv:2004.10102; there the value has gone
 * through W_O, too. */
static inline const float *study_valued(Study *s, int layer, int head,
                                        int n_heads, int query, int last) {
    bool missing;
    const StudyKey key = {.kind = STUDY_VALUED,
                          .layer = layer,
                          .pos = last > query ? last : query,
                          .index = query * n_heads + head};
    return study_get(s, key, &missing);
}
StudyKey study_valued_key(const Trace *t, int layer, int head, int query,
                          int key);

/* Attention rollout over layers 0..layer and the tokens 0..last, fewer than
 * STUDY_TOKENS_MAX: [last + 1, last + 1], how much of each token (column) is in
 * each (row) when a layer mixes them by half the mean of its heads' weights and
 * half the token itself.  In place of a head that is off stands the token
 * itself, too: nothing of others is handed on; of one that is made weaker so
 * much of it.  It is an approximation: it knows neither values nor MLPs.  None
 * where a token looks at one after `last`.
 * Source: Abnar & Zuidema 2020, "Quantifying attention flow in transformers",
 * arXiv:2005.00928. */
static inline const float *study_rollout(Study *s, int layer, int last) {
    bool missing;
    const StudyKey key = {.kind = STUDY_ROLLOUT, .layer = layer, .pos = last};
    return study_get(s, key, &missing);
}
StudyKey study_rolled_key(int layer, int last, int query, int key);

/* Its row of the last layer for one position, [the keys that it sees], at most
 * STUDY_TOKENS_MAX: roughly what each token has brought to it.  Without the
 * rest of the product, so that it is soon there. */
static inline const float *study_reach(Study *s, int pos, bool *missing) {
    const StudyKey key = {.kind = STUDY_REACH, .pos = pos};
    return study_get(s, key, missing);
}

/* The best guesses of the logit lens (trace_lens) on a site of the residual
 * stream, best first. */
#define STUDY_GUESSES 3
typedef struct StudyLens {
    int id[STUDY_GUESSES];
    float prob[STUDY_GUESSES];
} StudyLens;
static inline const StudyLens *study_lens(Study *s, Site site, int layer,
                                          int pos) {
    bool missing;
    StudyKey key = {
        .kind = STUDY_LENS, .site = site, .layer = layer, .pos = pos};
    return study_get(s, key, &missing);
}

/* What the lens gives one token. */
typedef struct StudyRank {
    int rank; /* 1: the best; of equal ones the lower id first */
    float logit, prob;
} StudyRank;
static inline const StudyRank *study_rank(Study *s, Site site, int layer,
                                          int pos, int id) {
    bool missing;
    StudyKey key = {.kind = STUDY_RANK,
                    .site = site,
                    .layer = layer,
                    .pos = pos,
                    .index = id};
    return study_get(s, key, &missing);
}

/* Direct attribution: what each part adds to the logit of token a, or to how
 * far it is above that of b (b < 0: to the logit alone).  A part writes a
 * vector to the residual stream; the final norm's scale is held at what it was,
 * so that all parts together are the (difference of) logits.  Where each sum is
 * normed and a head follows (BERT), so are the scales of all norms that the
 * vector goes through, and of each element the share that the head's activation
 * lets through; what blocks after it make of the vector is theirs.
 *
 * Parts in the order of the computation: the embedding, then of every layer its
 * H heads and its MLP; where a model has biases, last those that none of these
 * adds: of the heads' matrices and of the final norm. Taken from another run
 * (EDIT_PATCH), the stream or what attention adds counts with the embedding,
 * and what it took the place of for nothing; an MLP's output or a head's z
 * counts as that part.  A direction that a layer is steered along is of what
 * its MLP adds.  A product with weights of few bits rounds what it reads to 8:
 * what that changed is no part's and stands alone.
 * Source: Elhage et al. 2021, "A mathematical framework for transformer
 * circuits", transformer-circuits.pub/2021/framework. */
typedef struct StudyWhy {
    int n_parts;     /* 1 + L * (H + 1), with biases one more */
    double total;    /* the logits of the run, a's less b's: all parts ... */
    double rounding; /* ... and this; 0 where weights are floats */
    double parts[];
} StudyWhy;
static inline const StudyWhy *study_why(Study *s, int pos, int a, int b) {
    bool missing;
    StudyKey key = {.kind = STUDY_WHY, .layer = b, .pos = pos, .index = a};
    return study_get(s, key, &missing);
}

/* What each head of a layer adds to the residual stream: [H, D].  NULL, too,
 * where what they add is not a sum over heads. */
static inline const float *study_wrote(Study *s, int layer, int pos) {
    bool missing;
    StudyKey key = {.kind = STUDY_WROTE, .layer = layer, .pos = pos};
    return study_get(s, key, &missing);
}

/* The vectors of the residual stream at a position and in a layer: what its sum
 * `number` adds, the stream after that sum, what head `number` adds; and the
 * embedding that the stream begins as. */
typedef enum StudyVectorKind {
    STUDY_VECTOR_ADDED,
    STUDY_VECTOR_STREAM,
    STUDY_VECTOR_HEAD,
    STUDY_VECTOR_EMBED,
    STUDY_VECTORS
} StudyVectorKind;

/* One of them measured: its length; and its cosine with the stream before the
 * sum, with the stream at the end, and with what a token asks for: its row of
 * the output matrix times the final norm's gain.  NaN: there is no such stream.
 * A vector of length 0 has the cosine 0. */
typedef enum StudyMeasure {
    STUDY_LENGTH,
    STUDY_ALONG,
    STUDY_END,
    STUDY_ASKS,
    STUDY_MEASURES
} StudyMeasure;
typedef struct StudyAdded {
    double length, along, end, asks;
} StudyAdded;
static inline double study_added_value(const StudyAdded *a, StudyMeasure m) {
    return m == STUDY_LENGTH  ? a->length
           : m == STUDY_ALONG ? a->along
           : m == STUDY_END   ? a->end
                              : a->asks;
}
static inline StudyKey study_added_key(StudyVectorKind kind, int number,
                                       int layer, int pos, int token) {
    return (StudyKey){.kind = STUDY_STREAM,
                      .layer = layer,
                      .pos = pos,
                      .index = number * STUDY_VECTORS + (int)kind,
                      .a = token};
}
static inline const StudyAdded *study_added(Study *s, StudyKey key) {
    bool missing;
    return study_get(s, key, &missing);
}
/* The first sum of a layer that adds what heads write, or another; -1: none. */
int study_sum_that_adds(const Arch *a, bool heads);
/* What a vector adds to the logit of a, or to how far it is above that of b
 * (b < 0: alone), as StudyWhy has it, opened. */
static inline StudyKey study_adds_key(StudyKey added, int a, int b) {
    added.kind = STUDY_ADDS;
    added.a = a;
    added.b = b;
    return added;
}
/* What that loses without a part: the numbers of study_off, opened. */
static inline StudyKey study_worth_key(StudyKey off, int a, int b) {
    off.kind = STUDY_WORTH;
    off.a = a;
    off.b = b;
    return off;
}
/* One of its measures, opened. */
static inline StudyKey study_measure_key(StudyKey added, StudyMeasure m) {
    added.kind = STUDY_STREAM_CELL;
    added.b = (int)m;
    return added;
}

/* What the model says at pos when one part more is really switched off (its
 * scale 0; a position is cut): a run of its own with the run's edits and that
 * one, to the last bit.  The first is as dear as running the text once more: a
 * view asks for few, and they are made when all else is.  Where no position
 * looks at later ones the run is kept, within half of the budget: at another
 * position of the same text it goes on from there.  NULL without *missing: the
 * model has no such part, or there was too little memory. */
typedef struct StudyOff {
    int best;       /* the likeliest token to come */
    double log_sum; /* of all exp(logit) */
    float logits[]; /* of the ids that may come next */
} StudyOff;
StudyKey study_off_key(int pos, EditKind kind, int layer, int index);
static inline const StudyOff *study_off(Study *s, StudyKey key, bool *missing) {
    return study_get(s, key, missing);
}

/* The neurons of a layer at a position.  What one adds is its vector, as it
 * enters the residual stream, aimed at the likeliest token to come and away
 * from the second, with the final norm's scale held (see StudyWhy). */
typedef struct StudyNeuron {
    float gate, act, up; /* act: of the gate; up 1 where there is none */
    float product;       /* after interventions */
    float adds;
} StudyNeuron;
typedef struct StudyNeurons {
    int n;              /* F */
    int a, b;           /* the two tokens; b -1: one alone; a -1: none told */
    int n_open;         /* gates above 0 */
    double squares;     /* the sum of all squared products */
    double adds;        /* what the MLP adds: the sum of all, and its bias */
    double bias_adds;   /* of that the bias of the last matrix; 0: has none */
    const int *order;   /* [n] by |product|, the largest first */
    StudyNeuron list[]; /* [n] */
} StudyNeurons;
/* Whether a neuron has tokens of its own (StudySays): where its vector reaches
 * the output matrix through the final norm alone.  Sums that are normed, and a
 * head, make of it what the rest of the text says. */
bool study_neurons_say(const Arch *a);
static inline const StudyNeurons *study_neurons(Study *s, int layer, int pos) {
    bool missing;
    StudyKey key = {.kind = STUDY_NEURONS, .layer = layer, .pos = pos};
    return study_get(s, key, &missing);
}

/* The curve that gates go through. */
double study_activate(const Config *c, double x);

/* The tokens whose logits a neuron's vector raises and lowers most, through the
 * final norm's gain and the output matrix; for a negative product it is the
 * other way round.  Where fewer are raised, or lowered, -1. */
#define STUDY_SAYS 5
typedef struct StudySays {
    int up[STUDY_SAYS], down[STUDY_SAYS];         /* the strongest first */
    float raises[STUDY_SAYS], lowers[STUDY_SAYS]; /* by so much, unscaled */
} StudySays;
static inline const StudySays *study_neuron_says(Study *s, int layer,
                                                 int neuron) {
    bool missing;
    StudyKey key = {.kind = STUDY_NEURON_SAYS, .layer = layer, .index = neuron};
    return study_get(s, key, &missing);
}

/* A neuron's product at each of the last STUDY_TOKENS_MAX positions up to pos:
 * [min(pos + 1, STUDY_TOKENS_MAX)]. */
static inline const float *study_neuron_past(Study *s, int layer, int pos,
                                             int neuron) {
    bool missing;
    StudyKey key = {
        .kind = STUDY_NEURON_PAST, .layer = layer, .pos = pos, .index = neuron};
    return study_get(s, key, &missing);
}

/* How a text became tokens: a row of symbols, then a row after each merge.  The
 * symbols are Encoding's; a rung is a stretch of them that is one piece by
 * now. */
#define STUDY_LADDER_MAX 128 /* symbols; there is none of a longer text */
typedef struct StudyRung {
    int first, n;  /* symbols */
    int id;        /* -1: no piece, bytes in the end */
    int with_next; /* what it and the next would make; -1: they do not merge */
    float score;   /* of that */
} StudyRung;
typedef struct StudyLadder {
    int n_symbols, n_merges, n_tokens;
    Token *symbols; /* [n_symbols] */
    Merge *merges;  /* [n_merges] */
    Token *tokens;  /* [n_tokens]: what encoding gives */
    int n_lookups;
    Lookup *lookups;  /* [n_lookups], of WordPiece, which merges nothing */
    StudyRung *rungs; /* [n_merges + 1, n_symbols] */
    char text[];      /* ends in a NUL */
} StudyLadder;

/* `first` 0 and more: tokens first..last of the run.  Or the word set, last
 * being 0; or a piece: study_piece(id).  Control and byte pieces have none. */
#define STUDY_LADDER_WORD (-1)
static inline int study_piece(int id) {
    return STUDY_LADDER_WORD - 1 - id;
}
static inline const StudyLadder *study_ladder(Study *s, int first, int last,
                                              bool *missing) {
    const StudyKey key = {.kind = STUDY_LADDER, .pos = last, .index = first};
    return study_get(s, key, missing);
}
/* After k merges: [n_symbols - k]. */
static inline const StudyRung *study_ladder_row(const StudyLadder *l, int k) {
    return l->rungs + (size_t)k * (size_t)l->n_symbols;
}

/* The rows of the embedding nearest to a token's by the cosine of the angle
 * between them, the nearest first, itself left out. */
#define STUDY_NEAR_MAX 24
typedef struct StudyNearRow {
    int id;
    double cosine, length;
} StudyNearRow;
typedef struct StudyNear {
    double length; /* of the token's own row */
    int n;
    StudyNearRow rows[STUDY_NEAR_MAX];
} StudyNear;
static inline const StudyNear *study_near(Study *s, int id) {
    bool missing;
    const StudyKey key = {.kind = STUDY_NEAR, .pos = STUDY_NO_POS, .index = id};
    return study_get(s, key, &missing);
}

/* The cosine of the rows of two tokens, opened. */
static inline StudyKey study_cosine_key(int a, int b) {
    return (StudyKey){
        .kind = STUDY_COSINE, .layer = b, .pos = STUDY_NO_POS, .index = a};
}

/* The whole table of token embeddings as a picture: where it has more rows or
 * columns than these, each cell is the number of those it stands for that is
 * the furthest from 0. */
#define STUDY_TABLE_ROWS 768
#define STUDY_TABLE_COLS 128
typedef struct StudyTable {
    int rows,
        cols;      /* of the picture; row i begins with token study_table_row */
    int n, dim;    /* of the table */
    float most;    /* |.|, of all */
    float cells[]; /* [rows, cols] */
} StudyTable;
static inline const StudyTable *study_table(Study *s) {
    bool missing;
    const StudyKey key = {.kind = STUDY_TABLE, .pos = STUDY_NO_POS};
    return study_get(s, key, &missing);
}
/* The picture's row that holds a token's. */
static inline int study_table_row(const StudyTable *t, int id) {
    return (int)((int64_t)id * t->rows / t->n);
}

/* The two directions in which rows of the table differ most, and where the rows
 * lie along them.  Of more than STUDY_MAP_MAX rows the first, which a
 * tokenizer's training made first, or of all rows some, evenly.
 *
 * Rows that training never read have all been pushed one way, so the first
 * direction of all words may say no more than which these are.  Words that lie
 * apart, behind a gap along it that is wider than the larger part is long, are
 * left out, and the directions are those of the others. */
#define STUDY_MAP_MAX 1024
typedef enum StudyMapped {
    STUDY_MAP_WORDS, /* pieces of two letters or more after a blank; of all
                        pieces where there are fewer than STUDY_MAP_LEAST */
    STUDY_MAP_ALL
} StudyMapped;
#define STUDY_MAP_LEAST 16
typedef struct StudyMapPoint {
    int id;
    double at[2];
} StudyMapPoint;
typedef struct StudyMap {
    int n, n_all; /* points, and rows that they are the first of */
    int n_apart;  /* words left out, as they lie apart */
    bool are_words;
    double share[2]; /* of the variance of these rows */
    double largest;  /* |at|, of all */
    Principal axes;
    StudyMapPoint points[]; /* [n], by id */
} StudyMap;
static inline const StudyMap *study_map(Study *s, StudyMapped rows) {
    bool missing;
    const StudyKey key = {
        .kind = STUDY_MAP, .pos = STUDY_NO_POS, .index = (int)rows};
    return study_get(s, key, &missing);
}
/* How the share of one of its axes comes about, opened. */
static inline StudyKey study_variance_key(StudyMapped rows, int axis) {
    return (StudyKey){.kind = STUDY_VARIANCE,
                      .layer = axis,
                      .pos = STUDY_NO_POS,
                      .index = (int)rows};
}

/* Where a vector of the residual stream lies on a map, once it is as long as
 * the embedding that it began as: so what is seen is where it points. */
typedef struct StudyPlace {
    double at[2];
    double length; /* its own */
} StudyPlace;
static inline const StudyPlace *study_place(Study *s, StudyMapped rows,
                                            Site site, int layer, int pos) {
    bool missing;
    const StudyKey key = {.kind = STUDY_PLACE,
                          .site = site,
                          .layer = layer,
                          .pos = pos,
                          .index = (int)rows};
    return study_get(s, key, &missing);
}

/* ---- asking ahead -------------------------------------------------------- */

/* What is asked for from now on, until study_end_ahead, is for a frame that may
 * come next.  What is missing of it is made by study_step_ahead, and stopped
 * and forgotten when a frame wants anything else; what was asked for ahead
 * before and is not made is no longer.  No frame waits for it (study_is_whole,
 * study_is_settled).  What it gives is borrowed as by a frame. */
bool study_ask_ahead(Study *s); /* true */
/* True: nothing of it was missing. */
bool study_end_ahead(Study *s);

/* True when none of it is to be made or being made. */
bool study_is_ahead(Study *s);

/* ---- making -------------------------------------------------------------- */

/* Makes the number that is wanted longest, those that need a run of the text
 * last, and beside it other runs that are wanted, together with it where they
 * go on from kept ones, else a thread each where the model is small: their
 * sessions take 32 MB at most, beside the budget, and stay until study_rest.
 * False: nothing is wanted. */
bool study_step(Study *s);

/* The same of what was asked for ahead; false also while a number is wanted. */
bool study_step_ahead(Study *s);

/* Forgets what was made from position pos and later ones, and what of them is
 * wanted, or asked for ahead. */
void study_forget(Study *s, int pos);

/* Nobody asks until the next frame: nothing is wanted any more, and what was
 * borrowed is let go, tokenizer and teller, and the sessions of study_step.
 * What was made stays, but not the runs without a part that were kept to go on
 * from. */
void study_rest(Study *s);

/* True when nothing is wanted, or being made for a frame. */
bool study_is_settled(Study *s);

typedef struct StudyStats {
    uint64_t n_made[STUDY_KINDS]; /* since open */
    uint64_t n_sorts;             /* of the vocabulary, since open */
    uint64_t bytes;               /* kept now */
    uint64_t budget_bytes;
    int n_kept; /* numbers */
    uint64_t n_frames;
} StudyStats;
StudyStats study_stats(Study *s);

#endif
