/* Branched: what a run that branches off another leaves for its next positions:
 * its keys and values, and what enters the last layer at each position.
 *
 *     branched_init(&b, config, layer + 1, seq_len, &err);
 *     session_branch(s, &(SessionBranch){.kept = &b, ...}, tokens, n, &err);
 *     branched_rewind(&b, 5);                  // another token there
 *     branched_free(&b);
 *
 * Does NOT know which run it is of, nor its tokens and edits: whoever keeps it
 * does.
 */
#ifndef ENGINE_RUN_BRANCHED_H
#define ENGINE_RUN_BRANCHED_H

#include "engine/run/kv.h"

typedef struct Branched {
    KvCache kv; /* of the layers that are the run's own */
    float *x;   /* [S, D] */
    int dim;    /* D */
    int n;      /* positions */
} Branched;

/* Room for seq_len positions in the layers from `first` on. */
bool branched_init(Branched *b, const Config *c, int first, int seq_len,
                   Err *err);
void branched_free(Branched *b); /* a zeroed one is fine */

/* Bytes that branched_init allocates. */
uint64_t branched_bytes(const Config *c, int first, int seq_len);

/* Gives it room for more positions; false and err: it stays as it is. */
bool branched_grow(Branched *b, const Config *c, int seq_len, Err *err);

/* Forgets positions from pos on. */
void branched_rewind(Branched *b, int pos);

#endif
