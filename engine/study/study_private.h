/* What study.c and the kinds (study_NAME.c) share. */
#ifndef ENGINE_STUDY_STUDY_PRIVATE_H
#define ENGINE_STUDY_STUDY_PRIVATE_H

#include "engine/base/team.h"
#include "engine/study/branches.h"
#include "engine/study/study.h"

#include <math.h>

/* What a number is made from. */
typedef struct StudyWork {
    const Trace *trace;
    SamplerParams sampler;
    uint64_t seed;
    SamplerIds ids;             /* that may come next */
    int n_vocab;                /* those and the ones between that may not */
    const Tokenizer *tokenizer; /* NULL: none was set */
    StudyTeller teller;
    char word[STUDY_WORD_MAX];
    Shape shape;
    SessionWatch watch; /* for what runs the text again; */
    bool *stopped;      /* set true when it was stopped: make it later */
    /* A row, kept for the next that needs it where there is room.  Borrowed
     * until the next call, like trace_row. */
    const float *(*row)(const struct StudyWork *w, Site site, int layer,
                        int pos);
    /* Another kind's number, which is kept; NULL: there is none.  Borrowed in
     * the same way. */
    const void *(*made)(const struct StudyWork *w, StudyKey key);
    /* Asked by what takes long, but for `row`, which asks itself: false, and
     * *stopped is set, when nobody waits for this any more.  What is made then
     * is dropped, whatever it is: rows that would have to be made are zero. */
    bool (*goes_on)(const struct StudyWork *w);
    Team *team;         /* what is made side by side is shared out to, */
    Session **sessions; /* [STUDY_AT_ONCE] and runs in; NULL: not opened yet */
    Branches *branches; /* those of them that are kept */
    Study *study;
} StudyWork;

/* A number that is made beside others of its kind. */
typedef struct StudyMade {
    StudyKey key;
    void *value; /* on the heap; NULL: there is none */
    uint64_t bytes;
    bool stopped; /* make it later */
} StudyMade;

#define STUDY_AT_ONCE SESSION_LANES /* of them, at most */

/* One kind of number. */
typedef struct StudyKindInfo {
    const char *name;
    /* Makes the value on the heap and says its bytes; NULL: there is none. */
    void *(*make)(const StudyWork *w, StudyKey key, uint64_t *bytes);
    /* So many may be made together with the one of that key; n of them are,
     * each as `make` does it.  NULL: one by one. */
    int (*at_once)(const StudyWork *w, StudyKey key);
    void (*make_all)(const StudyWork *w, StudyMade *made, int n);
    void (*close)(void *value); /* NULL: free() does */
    bool of_sampler;            /* made with sampler and seed */
    bool of_word;               /* made with the word set */
    bool of_shape;              /* made with the sizes set */
    bool sorts;                 /* the vocabulary */
    bool runs;                  /* the text again: made when all else is */
    bool of_logits;             /* there is none where nothing is predicted */
} StudyKindInfo;

#define STUDY_KIND_DECLARE(NAME, name)                                         \
    extern const StudyKindInfo study_kind_##name;
STUDY_KINDS_LIST(STUDY_KIND_DECLARE)
#undef STUDY_KIND_DECLARE

/* The logits of a position, those of ids that never come at -inf, as
 * sampler_among.  *own: who asks frees it.  NULL: out of memory. */
const float *study_logits(const StudyWork *w, int pos, float **own);

/* Whether any logit is a number, by the best of all candidates. */
static inline bool study_tells(const Candidate *best) {
    return best->logit != -INFINITY; /* as the sampler takes what is none */
}

/* ---- study_cell.c: values that are explanations -------------------------- */

/* One with room for n terms, nothing in it yet; NULL: out of memory. */
Explain *study_explain_open(int n_terms);
uint64_t study_explain_bytes(const Explain *ex);
void study_explain_close(void *ex);

/* One more term; and one more step, whose value is the total so far. */
void study_explain_term(Explain *ex, int index, float a, float b,
                        double product);
void study_explain_step(Explain *ex, double value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
double study_explain_sum(const Explain *ex); /* of the terms */
/* One more of what comes before the terms. */
void study_explain_before(Explain *ex, double value, const char *label);
/* Holds the total against what is shown, within this part of it, and says the
 * bytes; returns ex. */
void *study_explain_finish(Explain *ex, StudyKey key, float shown,
                           double relative, uint64_t *bytes);

/* Half the distance from 1 to the next f32, and what exp and log may add. */
#define STUDY_UNIT      5.9604644775390625e-8
#define STUDY_ROUNDINGS 16

/* ---- study_masked.c ------------------------------------------------------ */

/* A head, and the two positions that meet in it. */
typedef struct StudyPair {
    int head, query, key;
} StudyPair;
/* The reverse of study_raw_key, and of the keys that are made as it. */
StudyPair study_pair_of(const StudyWork *w, StudyKey key);

/* ---- study_stream.c ------------------------------------------------------ */

/* The vector of study_added_key, copied to out [D]; false: there is none. */
bool study_vector(const StudyWork *w, StudyKey key, float *out);
/* The site whose elements count for the same as that vector's: the sum it is
 * added at, or what goes on there. */
Site study_vector_sum(const StudyWork *w, StudyKey key);

/* ---- study_aim.c --------------------------------------------------------- */

/* What the elements of a vector at pos count for in the logit of token a, less
 * that of b (b < 0: alone), with what norms divide by and the shares of
 * activations held at what they are there. */
typedef struct StudyAim {
    const StudyWork *w;
    int pos, dim;
    Site site;      /* whose elements: on the way back from the logit, */
    int layer;      /* in this layer */
    double *toward; /* [D] what each counts for */
    double bias;    /* what was added to the logit on the way */
    double *spare;  /* [D] scratch, */
    float *row;     /* [D] too */
} StudyAim;
/* At what the output matrix reads; needs a model that predicts.  False: out of
 * memory, nothing is to be closed. */
bool study_aim_open(StudyAim *aim, const StudyWork *w, int pos, int a, int b);
void study_aim_close(StudyAim *aim);
/* To what the site is made from: of a norm what it reads, of a sum what it adds
 * to.  The site is not what the stream begins with. */
void study_aim_back(StudyAim *aim);
/* All the way back to the site of a layer, one on the stream's way: toward [D].
 * A vector that a sum adds counts for what the sum does.  False: out of
 * memory. */
bool study_aim_at(const StudyWork *w, int pos, int a, int b, Site site,
                  int layer, double *toward);
/* What the final norm takes off each element of a vector [D]: its mean, or 0.
 * */
double study_mean_off(const Config *c, const float *v);

/* log sum exp of n logits, `most` being the largest; NaN counts as -inf. */
static inline double study_log_sum(const float *logits, int n, float most) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(logits[i])) sum += exp((double)logits[i] - (double)most);
    return sum > 0 ? log(sum) + (double)most : (double)most;
}

/* Four sums, so that none waits for the one before it. */
static inline double study_dot(const float *a, const float *b, int n) {
    double sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int j = 0; j < 4; j++)
            sum[j] += (double)a[i + j] * (double)b[i + j];
    for (; i < n; i++)
        sum[0] += (double)a[i] * (double)b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

/* ---- study_pieces.c ------------------------------------------------------ */

/* Work on a whole table is shared out in so many pieces, whatever the number of
 * threads. */
#define STUDY_PIECES 64
/* Calls fn(ud, piece) for each of them, on one thread where the table is small,
 * and asks now and then whether to go on; false: stopped, some were left. */
bool study_pieces(const StudyWork *w, void (*fn)(void *ud, int piece), void *ud,
                  const Tensor *table);
/* The first row of a piece; that of STUDY_PIECES is n. */
static inline int study_piece_row(int piece, int n) {
    return (int)((int64_t)piece * n / STUDY_PIECES);
}

/* ---- which tokens ------------------------------------------------------- */

/* First of the tokens that HEADS and MAPS look at. */
static inline int study_first_token(int pos) {
    return pos < STUDY_TOKENS_MAX ? 0 : pos + 1 - STUDY_TOKENS_MAX;
}

/* Which keys heads of each kind would look at from a position, in a text whose
 * tokens first..last count: none of a kind that says nothing of the model, or
 * for which the position does not count. */
typedef struct StudyJudged {
    int n[HEAD_KINDS];
    int keys[HEAD_KINDS][STUDY_TOKENS_MAX];
} StudyJudged;
void study_judge(const StudyWork *w, int first, int last, int pos,
                 StudyJudged *out);

#endif
