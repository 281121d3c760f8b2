/* Edit terms: the forms that a word of edit= mostly has (edits.h), a row each,
 * for whoever lists or completes them.
 *
 *     EditPlace p = {.layer = 2, .head = 6};
 *     edit_term_fill(edit_term(0), &p, out);   // "2.6"
 *
 * Does NOT parse: edits_parse does, and takes every form once it is filled.
 */
#ifndef ENGINE_SPEC_EDIT_TERMS_H
#define ENGINE_SPEC_EDIT_TERMS_H

#include <stddef.h>

#define EDIT_TERM_MAX 64 /* bytes of a filled form, NUL included */

/* Where numbers come from. */
typedef struct EditPlace {
    int layer, head, neuron, pos, token;
} EditPlace;

typedef struct EditTerm {
    const char *form; /* in capitals what is filled: L, H, N, P, T */
    const char *help; /* what it does, in a few words */
} EditTerm;

const EditTerm *edit_term(int i); /* NULL past the last */

/* The form with the numbers of a place. */
void edit_term_fill(const EditTerm *t, const EditPlace *p,
                    char out[EDIT_TERM_MAX]);

#endif
