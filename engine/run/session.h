/* Session: one mutable timeline of a model: KV cache, position, edits.
 *
 *     Session *s = session_open(model, &(SessionOptions){0}, &err);
 *     const float *logits = session_feed(s, ids, n, &err);   // prefill
 *     while (more) {
 *         int id = sampler_draw(...logits...);
 *         logits = session_feed(s, &id, 1, &err);             // decode
 *     }
 *     session_close(s);
 *
 * Prefill and decode are the same call.  Results do not depend on how tokens
 * are split into calls, nor on the number of threads: not by one bit.
 *
 * Where positions see later ones (edits_two_way: the mask is removed, or the
 * model is one like BERT, which has none) a text is one whole: each feed
 * computes all positions anew, those of feeds before, too, at most
 * SESSION_NO_MASK_MAX.  What is said below of the mask being removed holds for
 * such a model always.
 *
 * Does NOT store activations: watch them with a hook (trace/ does).  Not
 * thread-safe: one thread at a time.  No allocation after session_open.
 */
#ifndef ENGINE_RUN_SESSION_H
#define ENGINE_RUN_SESSION_H

#include "engine/kernel/kern.h"
#include "engine/model/model.h"
#include "engine/run/branched.h"
#include "engine/run/kv.h"
#include "engine/run/overflow.h"
#include "engine/run/taken.h"
#include "engine/spec/edits.h"
#include "engine/spec/site.h"

#define SESSION_BATCH       64   /* positions computed together */
#define SESSION_SEQ_DEFAULT 4096 /* used context is clamped to this */
#define SESSION_SEQ_LEAST   128  /* and not shortened below this */
#define SESSION_NO_MASK_MAX 1024 /* positions that see all others */

typedef struct SessionOptions {
    int seq_len;   /* S wanted; 0: the model's, at most SESSION_SEQ_DEFAULT.
                      Larger than the model's is clamped. */
    int n_threads; /* 0: one per core */
    uint64_t memory_max;  /* bytes that running may take; 0: as
                             memory_for_model says */
    uint64_t token_bytes; /* that others will want for each position, as
                             trace_token_bytes says: left to them where no
                             seq_len is asked for */
    const Kern *kern;     /* NULL: the best of this CPU; others are for
                             comparing.  What is computed again is always by the
                             best. */
} SessionOptions;

typedef struct Session Session;

/* Bytes needed to run at seq_len positions: weights held in memory, keys and
 * values, activations, as far as they are touched with the mask in place, and
 * what edits may take from another run (taken.h), which is touched once they
 * do.  Excludes the trace. */
typedef struct SessionMemory {
    uint64_t weights, kv_cache, activations, taken;
} SessionMemory;
SessionMemory session_memory(const Model *m, int seq_len);
uint64_t session_memory_all(const Model *m, int seq_len); /* their sum */

/* The context that a session of this model gets when it asks for none: as long
 * as the model allows, but at most SESSION_SEQ_DEFAULT, and halved, down to
 * SESSION_SEQ_LEAST, while session_memory and others' token_bytes for each
 * position are more than memory_max. */
int session_seq_fit(const Model *m, uint64_t token_bytes, uint64_t memory_max);

/* NULL and err when there is too little memory, also by memory_max: then
 * nothing was allocated.  Where it does not say how many positions it wants, it
 * gets what fits. */
Session *session_open(const Model *m, const SessionOptions *opt, Err *err);
void session_close(Session *s); /* NULL is fine */

const Model *session_model(const Session *s);
const Kern *session_kern(const Session *s);
const KvCache *session_kv(const Session *s); /* borrowed */
int session_seq_len(const Session *s);       /* S in use */
int session_threads(const Session *s);       /* at most, with the caller */
/* Bytes of memory_max that model and session leave to others (the trace). */
uint64_t session_memory_left(const Session *s);
int session_pos(const Session *s);           /* tokens fed so far */
const int *session_tokens(const Session *s); /* [session_pos] */
const Edits *session_edits(const Session *s);

/* Forgets positions >= pos.  0 <= pos <= session_pos.  With the mask removed,
 * what is left has seen the forgotten positions until the next feed. */
void session_rewind(Session *s, int pos);

/* Takes positions session_pos..n-1 from another session instead of computing
 * them: it has the same model, holds them, with the same tokens up to n, and
 * its edits are the same for them (edits_shared).  No hook fires. */
void session_share(Session *s, const Session *from, int n);

/* The run that edits take from, until another is set; a zeroed donor: none.
 * Where what it holds of fed positions becomes another, rewind to these. */
void session_set_donor(Session *s, Donor donor);
/* What is taken from it; taken_donor gives it to others. */
const Taken *session_taken(const Session *s);

/* Sets the interventions; if they differ from those in force, rewinds to 0.
 * Refuses what the model does not have, and what takes from another run where
 * there is no donor. */
bool session_set_edits(Session *s, const Edits *e, Err *err);

/* Watches sites from now on; a zeroed hook ends it.  The final sites are
 * computed for all positions only when one of them is watched.  While a hook
 * runs, session_tokens already holds the tokens of the announced positions. */
void session_set_hook(Session *s, SiteHook hook);

/* Somebody who may want no more of a feed: asked before each layer, on the
 * thread that feeds.  Zeroed: nobody. */
typedef struct SessionWatch {
    bool (*go_on)(void *ud);
    void *ud;
} SessionWatch;
void session_set_watch(Session *s, SessionWatch watch);

/* Feeds end with this site of this layer from now on, for who watches none that
 * come later: those are neither computed nor announced, and the logits that
 * session_feed returns mean nothing.  Rewinds to 0. */
void session_set_end(Session *s, int layer, Site site);

/* Appends n tokens.  Returns the logits [V] after the last, borrowed until the
 * next call (of a model without a head, which predicts nothing, zeros: see
 * arch_predicts), or NULL: token out of range, context full (ERR_LIMIT), or the
 * model's file was changed on disk; nothing is changed then.  With the mask
 * removed all positions are computed anew and the hooks fire for all of them.
 * Stopped by the watch it is NULL, too (ERR_CANCELLED), and holds the positions
 * that were complete: with the mask removed none.  n > 0. */
const float *session_feed(Session *s, const int *tokens, int n, Err *err);

/* Whether all numbers of the positions fed are finite.  Weights that are finite
 * can overflow: then "FILE: token 3: blocks.1.attn.hook_attn_scores: ...", the
 * earliest such position and the first site of it.  The final sites count where
 * they were computed. */
bool session_check_finite(const Session *s, Err *err);

/* Where a run begins to differ from another one: from position `pos` on, in
 * layer `layer`.  What enters there is the other's. */
typedef struct SessionBranch {
    const Session *from; /* of the same model, with the same tokens */
    int pos;             /* its keys and values before it are taken */
    int layer;           /* and those of this layer, unless it is 0 */
    Site site;           /* SITE_RESID_PRE; SITE_RESID_MID: after the layer's
                            attention; SITE_MLP_POST: at its neurons */
    const float *x;      /* [n - pos, D] the stream's rows there from pos on;
                            NULL: of layer 0, the embeddings of the tokens */
    const float *post;   /* [n - pos, F] of SITE_MLP_POST: its rows, too, */
    int neuron;          /* of which this one is switched off here */
    Branched *kept;      /* NULL: nothing is kept; not of SITE_MLP_POST */
} SessionBranch;

/* The logits [V] after the last of n tokens, as session_feed gives them to an
 * empty session with this one's edits, to the last bit, with what is the same
 * in both runs taken from the other, and of the last layer only what the last
 * position needs.  Neither the mask nor the donor is another; the session has
 * no hook.  The session holds no position then.  Errors as of session_feed.
 *
 * With `kept`, which holds layers after the one where the run branches off (all
 * where that is at a position), it goes on from the positions held there, and
 * holds all n then, or as many as were complete when the watch stopped it;
 * b.pos is theirs, or later where it branches off later.  Where they are n or
 * more already only the last layer and the end are computed, and x is not
 * read. */
const float *session_branch(Session *s, const SessionBranch *b,
                            const int *tokens, int n, Err *err);

/* One of several runs that branch off the same one, each by an edit more, all
 * at the same position.  What enters at its layer is the other's
 * SITE_RESID_PRE. */
typedef struct SessionLane {
    const Edits *edits; /* with the edit more: a scale of a part, or a cut */
    int layer;          /* where it branches off; 0 of a cut */
    Branched *kept;     /* holds the positions before, at least */
} SessionLane;

/* The logits [n, V] of the lanes at pos, n <= SESSION_LANES and
 * session_seq_len, each as session_branch gives them; kept holds pos then.  x:
 * [L, D] what enters the other run's layers there.  The session has that one's
 * edits.  Borrowed until the next call; NULL and err when stopped. */
#define SESSION_LANES 32
const float *session_branches(Session *s, const Session *from,
                              const SessionLane *lanes, int n, int pos,
                              const float *x, Err *err);

#endif
