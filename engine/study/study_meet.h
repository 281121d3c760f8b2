/* Study_meet: how one query meets one key, as numbers that a study makes:
 *
 *     StudyKey key = study_meet_key(trace, layer, head, query, key);
 *     const StudyMeet *m = study_meet(study, key); // NULL: not there yet
 *
 * Like all that a study gives, what is returned is borrowed until the next
 * frame, and NULL is not there yet, or never: see study.h.
 */
#ifndef ENGINE_STUDY_STUDY_MEET_H
#define ENGINE_STUDY_STUDY_MEET_H

#include "engine/study/study.h"

/* A query and a key of one head, before and after they are turned (RoPE), pair
 * by pair.  A pair is two neighbouring elements, which turn together. */
typedef struct StudyMeet {
    int size, n_pairs;                        /* K and K / 2 */
    const float *q, *k, *turned_q, *turned_k; /* [K] */
    const float *products;                    /* [K] of the turned ones */
    const double *adds;                       /* [K/2] a pair's two products */
    const double *turn;  /* [K/2] rad a position; 0: none */
    const int *order;    /* [K/2] by |adds| */
    double raw;          /* the sum of all products */
    double moved;        /* the same with both STUDY_MOVED positions later */
    float score, weight; /* as stored */
} StudyMeet;
#define STUDY_MOVED 100
StudyKey study_meet_key(const Trace *t, int layer, int head, int query,
                        int key);
static inline const StudyMeet *study_meet(Study *s, StudyKey key) {
    bool missing;
    return study_get(s, key, &missing);
}

/* Where positions are rows that are added to the tokens': what the two places
 * give to q·k, an Explain whose total it is.  Query and key are each what comes
 * of the position's row, straight along the stream through norms that divide as
 * they do in this run, and the rest: of the query's and the key's, the place or
 * the rest.  The four add up to `raw`.  None where there are no such rows.
 * key: of study_meet. */
enum { STUDY_PLACE_OF_QUERY = 1, STUDY_PLACE_OF_KEY = 2 };
static inline StudyKey study_placed_key(StudyKey key, int places) {
    key.kind = STUDY_PLACED;
    key.a = places;
    return key;
}
static inline const Explain *study_placed(Study *s, StudyKey key) {
    bool missing;
    return study_get(s, key, &missing);
}

/* How they would meet if they stood elsewhere, their contents held: the key at
 * position key + shift, the query at query + shift + apart.  The unturned
 * vectors are turned to those positions, in double; the score is divided as the
 * stored ones are, and the weight is its share with the other keys' scores as
 * they are.  None where a position is below 0, or moved by more than
 * STUDY_SHIFT_MAX.  key: of study_meet. */
#define STUDY_SHIFT_MAX 100000
static inline StudyKey study_shifted_key(StudyKey key, int shift, int apart) {
    key.kind = STUDY_SHIFTED;
    key.a = shift;
    key.b = apart;
    return key;
}
static inline const StudyMeet *study_shifted(Study *s, StudyKey key) {
    bool missing;
    return study_get(s, key, &missing);
}
/* Element `index` of a row of queries or keys (site: as they are before they
 * are turned) if it stood at position `to`, opened. */
static inline StudyKey study_turned_key(Site site, int layer, int pos,
                                        int index, int to) {
    return (StudyKey){.kind = STUDY_TURNED,
                      .site = site,
                      .layer = layer,
                      .pos = pos,
                      .index = index,
                      .a = to};
}

/* The score, divided as the stored ones are, that these two would have at every
 * distance, their contents held: [study_n_distances], from 0 on.  key: of
 * study_meet. */
#define STUDY_DISTANCES_MAX 4096
static inline int study_n_distances(const Config *c) {
    return c->seq_len_max < STUDY_DISTANCES_MAX ? c->seq_len_max
                                                : STUDY_DISTANCES_MAX;
}
static inline const float *study_distance(Study *s, StudyKey key) {
    bool missing;
    key.kind = STUDY_DISTANCE;
    return study_get(s, key, &missing);
}

#endif
