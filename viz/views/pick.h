/* Pick: new values for a few keys of the state, as a click sets them.
 *
 *     pick_and(pick_number(STATE_TOKEN, 3), pick_number(STATE_KEY, -1))
 *
 * STATE_THEN's number is a token id, which is put after the current token;
 * STATE_MODEL's is a step of the embedded model's training.
 * Does NOT set anything: viz/screen/screen_mouse.c does.
 */
#ifndef VIZ_VIEWS_PICK_H
#define VIZ_VIEWS_PICK_H

#include "lessons/state.h"

#define PICK_MAX 7 /* keys that one click sets */

typedef struct PickPart {
    StateKey key;
    union {
        int number;
        const char *word; /* VIEW, OP, SORT, OVER, LEARNS, OPENED, PART,
                             NUMBER; static */
    };
} PickPart;

typedef struct Pick {
    PickPart parts[PICK_MAX]; /* [n], each key once */
    int n;
} Pick;

Pick pick_number(StateKey key, int number);
Pick pick_word(StateKey key, const char *word);

/* Both; where they name the same key, b's value.  Needs room for all. */
Pick pick_and(Pick a, Pick b);

/* The part that sets a key, or NULL. */
const PickPart *pick_find(const Pick *p, StateKey key);

/* For keys that are certain to be set. */
int pick_get(const Pick *p, StateKey key);
const char *pick_get_word(const Pick *p, StateKey key);

#endif
