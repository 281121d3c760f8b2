/* Edits: interventions on a run, as a small value that compares and prints.
 *
 * An empty list is the model as trained.  A part's output is multiplied by
 * `scale` (0 switches it off) where it would enter the residual stream:
 *     2.6       head 6 of layer 2: its slice of z, before W_O
 *     attn3     layer 3's attention block: hook_attn_out
 *     mlp1      layer 1's MLP: hook_mlp_out
 *     n2.17     neuron 17 of layer 2: one element of hook_post
 *     2.6*0.5   any of these halved
 * Of attention something is left out:
 *     raw2.6    head 6 of layer 2 does not divide its scores by sqrt(K)
 *     rope      queries and keys are not rotated, so no layer knows positions
 *     rope2     nor does layer 2
 *     cut5      nobody but position 5 itself attends to position 5: its score
 *               stays, its weight is 0 (attention knockout: Geva et al. 2023,
 *               arXiv:2304.14767)
 *     cut2.6=5  nor does head 6 of layer 2, alone
 *     mask      every position attends to every other (BERT's way); the whole
 *               sequence is then computed again for each new token
 * Or something is put in:
 *     token5=812         position 5 reads the embedding of token 812; what the
 *                        sequence says stays
 *     token5=[MASK]      that of the token that hides a word, of a model that
 *                        has one (edits_name_mask)
 *     steer2=812-790*4   the embedding of token 812, less that of 790, times 4,
 *                        is added to layer 2's MLP output at every position,
 *                        after its scale; without -790: that of 812 alone
 *                        (activation addition: Turner et al. 2023,
 *                        arXiv:2308.10248)
 * Or something is taken from another run, the one that this is compared with;
 * what that run does not hold stays as it is:
 *     freeze3.ln1        layer 3's norm before its attention divides by what
 *                        the other run divides by at the same position; .ln2
 *                        the one before the MLP
 *     freeze.final       so does the final norm
 *     freeze             so do all norms
 *     patch3.resid_post@5  the stream after layer 3 at position 5 is the other
 *                        run's, from there on (activation patching: Meng et al.
 *                        2022, arXiv:2202.05262); .resid_mid is that after its
 *                        attention, .attn_out and .mlp_out are what the two
 *                        add, and of layer 0 .resid_pre is the embedding; in
 *                        short .resid, .attn and .mlp
 *     patch3.6@5         so is the output z of head 6 of layer 3
 *     patch3.resid_post  any of these at every position that both runs hold;
 *                        where a position is named, too, both are the same
 *     steer2@5*4         the stream after layer 2 at position 5, less the other
 *                        run's there, times 4, is added to layer 2's MLP output
 *                        at position 5 and all later ones (contrastive
 *                        activation addition: Rimsky et al. 2023,
 *                        arXiv:2312.06681)
 * Forcing a token is not an edit of the computation but of the sequence: feed
 * another token to the session.
 *
 * The text form (used in state strings) is these words, joined by commas.
 */
#ifndef ENGINE_SPEC_EDITS_H
#define ENGINE_SPEC_EDITS_H

#include "engine/spec/site.h"
#include "engine/spec/tensor.h"

#define EDITS_MAX      64
#define EDITS_TEXT_MAX 3072 /* bytes that edits_format needs at most */

typedef enum EditKind {
    EDIT_HEAD,
    EDIT_ATTN,
    EDIT_MLP,
    EDIT_NEURON,
    EDIT_RAW,    /* of a head: scores are not divided; scale 0 */
    EDIT_ROPE,   /* of a layer: no rotation; scale 0 */
    EDIT_CUT,    /* of a position: not attended to; scale 0 */
    EDIT_BLIND,  /* of a head: it does not attend to a position; scale 0 */
    EDIT_TOKEN,  /* of a position: another token's embedding */
    EDIT_STEER,  /* of a layer: a direction is added */
    EDIT_FREEZE, /* of a norm: it divides as the other run's; scale 0 */
    EDIT_PATCH,  /* of a position: a vector of the other run; scale 0 */
    EDIT_APART,  /* of a layer: how far the runs are apart is added */
    EDIT_NONE    /* of no part; never in a list */
} EditKind;

#define EDITS_MASK        (-2) /* for Edit.other of EDIT_TOKEN: "[MASK]" */
#define EDITS_EVERY_LAYER (-1) /* for Edit.layer of EDIT_ROPE and EDIT_FREEZE */
#define EDITS_EVERY_POS   (-1) /* for Edit.index of EDIT_PATCH */
#define EDITS_EVERY_MAX   4    /* entries that are of every position */

typedef struct Edit {
    EditKind kind;
    int layer;   /* 0 for those of a position */
    int index;   /* head or neuron; of CUT, TOKEN, PATCH and APART the position;
                    of STEER the token towards which; else 0 */
    float scale; /* of STEER and APART how much of the direction */
    int other;   /* of TOKEN the token read; of STEER the one away from, -1:
                    none; of BLIND the position; of PATCH what is taken, see
                    edits_other; of FREEZE the norm's Site of its scale, of all
                    norms 0; else 0 */
} Edit;

typedef struct Edits {
    Edit list[EDITS_MAX]; /* at most one per part, sorted by part */
    int n;
    bool no_mask;
} Edits;

/* Sets the scale of a part, a finite number; 1 removes the entry.  What can
 * only be left out (RAW, ROPE, CUT) is so at 0.  False when full. */
bool edits_set(Edits *e, EditKind kind, int layer, int index, float scale);

/* Current scale of a part, 1 if untouched.  A head's scale does not include
 * that of its attention block. */
float edits_get(const Edits *e, EditKind kind, int layer, int index);

/* Puts an entry in, TOKEN and STEER too, in the place of one of the same part;
 * a STEER of scale 0 is taken out.  False when full, or with more than
 * EDITS_EVERY_MAX of every position. */
bool edits_put(Edits *e, Edit part);

/* The position reads its own token again: takes the TOKEN there out, if there
 * is one. */
void edits_read_again(Edits *e, int pos);

/* Is it left out?  Of EDIT_ROPE also where it is so in every layer. */
bool edits_left_out(const Edits *e, EditKind kind, int layer, int index);

/* Is the key at position `key` cut from the query at `query`, for this head of
 * this layer? */
bool edits_cut(const Edits *e, int layer, int head, int query, int key);

/* The token whose embedding position pos reads, where the sequence says
 * `token`. */
int edits_token(const Edits *e, int pos, int token);

/* Edit.other of a PATCH: the site, and of SITE_Z the head; and back. */
int edits_other(Site site, int head);
Site edits_site(const Edit *patch);
int edits_head(const Edit *patch);

/* The position that a part names: where it changes something, or what it hides;
 * -1: none. */
int edits_position(const Edit *part);

/* Does a PATCH put something in at this position? */
bool edits_is_at(const Edit *patch, int pos);

/* Is a direction (STEER, APART) a part of what the MLP of a layer adds at a
 * position? */
bool edits_steers(const Edits *e, int layer, int pos);

/* Which entry of the list patches the site of a layer at a position, the one
 * that names it before one of every position; of SITE_Z that of the head, else
 * head is 0.  -1: none. */
int edits_patch(const Edits *e, Site site, int layer, int head, int pos);

/* Is the norm with this scale frozen?  The final one's layer is not looked
 * at. */
bool edits_frozen(const Edits *e, Site scale, int layer);

/* Is it one that takes from another run?  Has the list one? */
bool edits_takes(const Edit *part);
bool edits_take(const Edits *e);
/* The same without those. */
Edits edits_without_taken(const Edits *e);

/* Has the list an entry of this kind? */
bool edits_any(const Edits *e, EditKind kind);

/* Whether positions look at later ones, too: where the mask is removed, or a
 * model of shape c has none. */
bool edits_two_way(const Edits *e, const Config *c);

bool edits_equal(const Edits *a, const Edits *b);

/* How many of the first positions two lists compute alike, where these hold the
 * same tokens: all (CONFIG_DIM_MAX) where the lists are equal and take nothing,
 * those up to what is changed of later ones (CUT, TOKEN, PATCH, APART), else 0;
 * with the mask removed 0.  Two lists take from different runs, for all it
 * knows. */
int edits_shared(const Edits *a, const Edits *b);

/* Puts the tokenizer's id of the mask, unless it is -1, for each EDITS_MASK. */
void edits_name_mask(Edits *e, int mask);

/* Refuses parts that a model of shape c does not have, and an EDITS_MASK that
 * got no id. */
bool edits_check(const Edits *e, const Config *c, Err *err);

/* Takes those out; what the model has stays. */
void edits_fit(Edits *e, const Config *c);

/* Parses the text form.  "" is no edits; of a part that comes twice the last
 * counts.  err.pos is the byte; *e is unchanged on failure.  c may be NULL:
 * then layers and indices are not checked against a model. */
bool edits_parse(Edits *e, const char *text, const Config *c, Err *err);

/* Prints the text form, sorted; parts that do not fit in size are left out.
 * Parsing it gives the same edits. */
void edits_format(const Edits *e, char *out, size_t size);

/* The same of one entry. */
#define EDITS_PART_MAX 64
void edits_format_part(const Edit *part, char out[EDITS_PART_MAX]);

#endif
