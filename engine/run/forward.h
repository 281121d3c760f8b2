/* Forward: a model's computation over a batch of positions, operation by
 * operation as its Arch lists them.  Private to
 * session.c, which owns the timeline, and to rerun.c: feeding and recomputing
 * both go through here, so they agree bit for bit.
 *
 *     forward_init(&f, model, kern, n_threads, n_rows, seq_len, &err);
 *     forward_begin(&f, pos, n);            // which positions
 *     forward_embed(&f, tokens);            // f.x = resid_pre of layer 0
 *     for (layer ...) forward_layer(&f, layer, wanted, &io);
 *     forward_final(&f, n - 1, 1);          // f.logits
 *     forward_free(&f);
 *
 * Does NOT own keys and values, tokens or edits, and cannot fail after init.
 */
#ifndef ENGINE_RUN_FORWARD_H
#define ENGINE_RUN_FORWARD_H

#include "engine/kernel/kern.h"
#include "engine/model/model.h"
#include "engine/run/overflow.h"
#include "engine/run/taken.h"
#include "engine/spec/edits.h"
#include "engine/spec/site.h"

#define FORWARD_FINAL_ROWS  64 /* positions that forward_final takes at once */
#define FORWARD_ATTEND_ROWS 16 /* positions that attend at once, at most */

/* Keys and values of one layer: those to attend to and where the new ones go.
 * Rows are G*K apart. */
typedef struct ForwardKv {
    const float *keys, *values;   /* position 0 of the layer */
    float *new_keys, *new_values; /* position f->pos, in the same cache or
                                     elsewhere; NULL: not computed */
    int n_keys;                   /* that the first position attends to */
    int growth; /* keys more per position: 1, or 0 with the mask removed */
} ForwardKv;

/* One of several runs whose rows of the same position are computed together:
 * what differs are parts that are scaled or cut. */
typedef struct ForwardLane {
    const Edits *edits;
    ForwardKv kv; /* of the layer; new_keys NULL: those of the position are
                     there, else they are copied to them */
} ForwardLane;

typedef struct Forward {
    const Model *model;
    const Kern *kern;
    const Edits *edits;
    const Taken *taken; /* by the same edits */
    Taken *parts;       /* the same, where EDIT_APART's directions are to be
                           found out; NULL: they are there */
    Overflow *overflow; /* notes what is not finite; NULL: nobody asks */
    SiteHook hook;
    Team *team;
    const ForwardLane *lanes; /* [n]; NULL: rows are of one run */
    int pos, n;        /* positions pos .. pos+n-1 are being computed, with
                          lanes pos alone, */
    int first, n_rows; /* at the moment these of them, */
    int layer;         /* and this layer, as far as */
    SiteMask wanted;   /* these sites */
    const int *tokens; /* [n] */
    float *x;          /* [n, D] the residual stream */
    /* Rows `first` on of a site, as site_shape says: in `own`, in the KV cache
     * or where the hook keeps them. */
    float *at[SITE_COUNT];
    int width[SITE_COUNT]; /* floats of a row; 0 of per_key sites */

    /* Buffers, [n_rows, ...]; what is not used is not touched. */
    float *own[SITE_COUNT];  /* sites not needed at once share one */
    float *turns;            /* [K] see rope_turns */
    float *packed;           /* [H*K] of forward_attend.c, in a shared one */
    float *scores, *pattern; /* [H, n_keys] of one position; of several as
                                forward_attend.c lays them out */
    float *logits;           /* [FORWARD_FINAL_ROWS, V] */
    float *gain;             /* of a norm that is not f32 in the file */
    float *scratch;          /* of kern_matmul */
    float *block;            /* where all of these are */
} Forward;

/* Buffers for n_rows positions at once and up to seq_len keys.  n_threads 0:
 * one per core. */
bool forward_init(Forward *f, const Model *m, const Kern *kern, int n_threads,
                  int n_rows, int seq_len, Err *err);
/* Bytes of the buffers of the same call. */
uint64_t forward_bytes(const Config *c, int n_rows, int seq_len);
void forward_free(Forward *f); /* a zeroed one is fine */

/* Starts on positions pos .. pos+n-1, n <= n_rows. */
void forward_begin(Forward *f, int pos, int n);

/* Makes f->x of tokens[n]: what enters the first layer. */
void forward_embed(Forward *f, const int *tokens);

/* The position of row t of those being computed. */
int forward_pos(const Forward *f, int t);

/* Takes f->x through a layer, announcing its sites, as far as `wanted` goes:
 * all that the layer computes up to some site, see arch_up_to; or from a later
 * one on, what that is made of being in f->at. */
void forward_layer(Forward *f, int layer, SiteMask wanted, const ForwardKv *kv);

/* The end of the model, of rows first .. first+n-1 of f->x, n <=
 * FORWARD_FINAL_ROWS.  f->logits: [n, V]. */
void forward_final(Forward *f, int first, int n);

/* ---- attention (forward_attend.c) ---------------------------------------- */

/* How many keys row `row` of the batch attends to. */
int forward_n_keys(const ForwardKv *kv, int row);

/* Rows first .. first+n-1 of the queries, [H*K], attend: their f->at[SITE_Z],
 * unless `wanted` ends before it.  Scores and pattern go where a store wants
 * them; of a single row they are there, too, [H, n_keys].  Uses f->packed. */
void forward_attend(Forward *f, const float *queries, const ForwardKv *kv,
                    int first, int n);

#endif
