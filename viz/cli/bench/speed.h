/* Speed: how fast a model runs here, and how fast it could.
 *
 *     Speed s;
 *     if (speed_measure(&s, model, 10, &err))
 *         for (int i = 0; i < s.n_rows; i++) ... s.rows[i] ...
 *
 * Everything is measured in rounds, each of which takes every row and every
 * limit once, so that what else the machine does falls on all alike, and only
 * ever slows them down: so the best round counts, of arithmetic as a whole, of
 * a row for each of its steps (a token, or a batch of a prompt), and of reading
 * for each of its passes, which are as long as the tokens held against them.
 *
 * Keys, values and records go to memory that another prompt has used, as from
 * the second prompt on; one row shows what the first costs, whose memory the
 * system has yet to find and to clear.
 *
 * Does NOT print.
 */
#ifndef VIZ_CLI_BENCH_SPEED_H
#define VIZ_CLI_BENCH_SPEED_H

#include "engine/model/model.h"
#include "viz/cli/bench/limits.h"

typedef enum SpeedTrace {
    SPEED_UNTRACED,
    SPEED_ALL_STORED,
    SPEED_FIRST_STORED,   /* all, in memory that nobody has touched */
    SPEED_NOTHING_STORED, /* budget 0: the residual stream alone */
    SPEED_TRACES
} SpeedTrace;

#define SPEED_STEPS_MAX 64

typedef struct SpeedRow {
    bool decode; /* token by token; else a prompt at once */
    SpeedTrace trace;
    int n_threads;
    double step_s[SPEED_STEPS_MAX]; /* the best of each */
    double tokens_per_s;
} SpeedRow;

/* What the machine can do at most on as many threads. */
typedef struct SpeedLimit {
    int n_threads;
    LimitsReading read; /* of what decoding reads for a token */
    double f32_ops_per_s;
} SpeedLimit;

#define SPEED_COUNTS_MAX 2 /* of threads: one, and one per core */
#define SPEED_ROWS_MAX   (SPEED_COUNTS_MAX * 2 * SPEED_TRACES)

typedef struct Speed {
    bool whole; /* a text is one whole (BERT): it is fed at once, and there are
                   no rows that decode */
    int n_rounds;
    int n_decode;       /* tokens decoded; 0: not yet known */
    int n_prompt;       /* tokens of a prompt */
    double token_bytes; /* of weights that decoding one token reads */
    double prompt_ops;  /* in the layers' matrices, for a token of a prompt */
    SpeedLimit limits[SPEED_COUNTS_MAX];
    int n_limits;
    SpeedRow rows[SPEED_ROWS_MAX];
    int n_rows;
    /* Recomputing what was not stored, on all cores, after n_again tokens: the
     * slowest site of one layer and position, and one head's whole pattern. */
    int n_again;
    double site_s, pattern_s;
} Speed;

/* Measures for about `seconds`, at least one round. */
bool speed_measure(Speed *out, const Model *m, double seconds, Err *err);

/* The limit that a row is held against. */
const SpeedLimit *speed_limit(const Speed *s, const SpeedRow *r);

/* The row of the same threads and feed that is not traced; r is one of a
 * Speed's rows. */
const SpeedRow *speed_untraced(const SpeedRow *r);

#endif
