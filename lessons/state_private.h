/* State keys: what state*.c know of a row of STATE_LIST.  Only they include
 * this.
 *
 *     state.c         whole states: defaults, copying, applying
 *     state_read.c    text to values
 *     state_write.c   values to text
 *     state_against.c the run that another is compared with
 */
#ifndef LESSONS_STATE_PRIVATE_H
#define LESSONS_STATE_PRIVATE_H

#include "lessons/state.h"

#include <stddef.h>

typedef enum StateKind {
    KIND_WORD,   /* char[STATE_WORD_MAX]; at least `min` characters */
    KIND_CHOICE, /* the same, one of `choices` */
    KIND_SWITCH, /* bool: on or off */
    KIND_INT,    /* int, min..max */
    KIND_PAIR,   /* int[2], each min..max */
    KIND_REAL,   /* float, min..max */
    KIND_SEED,   /* uint64_t */
    KIND_PROMPT,
    KIND_THEN,
    KIND_EDITS,
    KIND_SHAPE,   /* Shape */
    KIND_HEADS,   /* StateHeads, each min..max */
    KIND_ANSWERS, /* StateAnswers, each min..max or none */
    KIND_VOTES,   /* StateVotes, each min..max */
    KIND_LINE,    /* char[STATE_LINE_MAX]: any text */
    KIND_PATH,    /* char[STATE_PATH_MAX]: the same, longer */
    KIND_AGAINST, /* char[STATE_AGAINST_MAX]: see state_against */
} StateKind;

typedef enum StateKeyIs { KEY_SHOWN, KEY_PLACE } StateKeyIs;

typedef struct StateKeyInfo {
    const char *name;
    StateKind kind;
    size_t offset; /* of the field in State */
    double min, max;
    const char *initial; /* the default, as state_format would write it */
    const char *help;
    const char *choices; /* "a|b|c" for KIND_CHOICE */
    StateKeyIs is;
} StateKeyInfo;

const StateKeyInfo *state_key_info(StateKey k);

/* A key's field. */
static inline void *state_field(State *s, const StateKeyInfo *info) {
    return (char *)s + info->offset;
}

static inline const void *state_field_const(const State *s,
                                            const StateKeyInfo *info) {
    return (const char *)s + info->offset;
}

/* Reads a key's NUL-terminated value, which stands at byte `at`, into its
 * field. */
bool state_read_value(State *s, StateKey k, const char *text, size_t at,
                      Err *err);

/* Reads what a run is compared with into *s, which is initialised; text is
 * neither empty nor "off". */
bool state_read_against(State *s, const char *text, Err *err);

#endif
