/* Edits: interventions on a run, as a small value that compares and prints.
 *
 * An empty list is the model as trained.  A part's output is multiplied by
 * `scale` (0 switches it off) where it would enter the residual stream:
 *     head      its slice of z, before W_O
 *     attn      the attention block's output, hook_attn_out
 *     mlp       the MLP's output, hook_mlp_out
 *     neuron    one element of hook_post
 * `no_mask` lets every position attend to every other (BERT's way); the whole
 * sequence is then computed again for each new token.
 * Forcing a token is not an edit of the computation but of the sequence: feed
 * another token to the session.
 *
 * Text form (used in state strings), parts joined by commas:
 *     2.6  attn3  mlp1  n2.17  2.6*0.5  mask
 */
#ifndef ENGINE_SPEC_EDITS_H
#define ENGINE_SPEC_EDITS_H

#include "engine/spec/tensor.h"

#define EDITS_MAX      64
#define EDITS_TEXT_MAX 2304 /* bytes that edits_format needs at most */

typedef enum EditKind {
    EDIT_HEAD,
    EDIT_ATTN,
    EDIT_MLP,
    EDIT_NEURON,
    EDIT_NONE /* of no part; never in a list */
} EditKind;

typedef struct Edit {
    EditKind kind;
    int layer;
    int index; /* head or neuron; 0 for attn and mlp */
    float scale;
} Edit;

typedef struct Edits {
    Edit list[EDITS_MAX]; /* at most one per part, sorted by part */
    int n;
    bool no_mask;
} Edits;

/* Sets the scale of a part, a finite number; 1 removes the entry.  False when
 * full. */
bool edits_set(Edits *e, EditKind kind, int layer, int index, float scale);

/* Current scale of a part, 1 if untouched.  A head's scale does not include
 * that of its attention block. */
float edits_get(const Edits *e, EditKind kind, int layer, int index);

bool edits_equal(const Edits *a, const Edits *b);

/* Refuses parts that a model of shape c does not have. */
bool edits_check(const Edits *e, const Config *c, Err *err);

/* Parses the text form.  "" is no edits; of a part that comes twice the last
 * counts.  err.pos is the byte; *e is unchanged on failure.  c may be NULL:
 * then layers and indices are not checked against a model. */
bool edits_parse(Edits *e, const char *text, const Config *c, Err *err);

/* Prints the text form, sorted; parts that do not fit in size are left out.
 * Parsing it gives the same edits. */
void edits_format(const Edits *e, char *out, size_t size);

#endif
