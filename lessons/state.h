/* State: where you are, as one line of text.
 *
 *     view=attention layer=2 head=1 token=6 prompt="The cat sat" theme=dark
 *
 * The same grammar stands in a lesson's stage comment, in --state, in what
 * Ctrl+C copies and in the metadata of an exported PNG.  A State knows which
 * of its keys were given (`set`), so a stage comment changes only what it
 * names.  Words are separated by blanks; a value with blanks stands in double
 * quotes, with \" \\ \n \t \xNN escapes.  Everything counts from 0.
 *
 * Does NOT know which views, layers or tokens exist: names are words here and
 * numbers are only checked against the widest range (viz resolves them).
 */
#ifndef LESSONS_STATE_H
#define LESSONS_STATE_H

#include "engine/edits.h"
#include "engine/sampler.h"

#define STATE_TEXT_MAX 262144 /* bytes of one state string */
#define STATE_FORCED_MAX 32
#define STATE_WORD_MAX 24

/* One per key; see the table in state.c, which README.md's list comes from. */
typedef enum StateKey {
    STATE_VIEW,     /* word: a view's name                                 */
    STATE_LAYER,    /* layer shown                                         */
    STATE_HEAD,     /* query head shown                                    */
    STATE_TOKEN,    /* current position; -1: the last                      */
    STATE_KEY,      /* attended position opened; -1: none                  */
    STATE_ELEM,     /* vector element opened; -1: none                     */
    STATE_OP,       /* word: operation within the view ("softmax", ...)    */
    STATE_SORT,     /* word: order of the heads view                       */
    STATE_SINK,     /* on|off: show the first token's column at full scale */
    STATE_PROMPT,   /* text                                                */
    STATE_LENGTH,   /* tokens in all, prompt and generated; 0: the prompt  */
    STATE_FORCE,    /* POS:ID,POS:ID tokens put in place of drawn ones     */
    STATE_EDIT,     /* interventions, edits.h's text form                  */
    STATE_TEMPERATURE,
    STATE_TOP_K,
    STATE_TOP_P,
    STATE_MIN_P,
    STATE_SEED,
    STATE_THEME,    /* light|dark */
    STATE_COLORMAP, /* viridis|cividis|magma */
    STATE_SCALE,    /* 0.5..4, factor on text and spacing */
    STATE_SLIDE,    /* in the lesson open */
    STATE_BEAT,
    STATE_KEYS
} StateKey;

typedef struct StateForced {
    int pos, id;
} StateForced;

typedef struct State {
    uint32_t set; /* bit k: key k was given */
    char view[STATE_WORD_MAX], op[STATE_WORD_MAX], sort[STATE_WORD_MAX];
    char theme[STATE_WORD_MAX], colormap[STATE_WORD_MAX];
    int layer, head, token, key, elem, length, slide, beat;
    bool sink;
    char *prompt; /* owned, NUL-terminated; NULL: "" */
    size_t prompt_len;
    StateForced forced[STATE_FORCED_MAX];
    int n_forced;
    Edits edits;
    SamplerParams sampler;
    uint64_t seed;
    float scale;
} State;

/* Every key at its default, `set` empty. */
void state_init(State *s);
void state_free(State *s); /* leaves it as after state_init */

/* Deep copy; dst must be initialised.  False when out of memory (dst kept). */
bool state_copy(State *dst, const State *src, Err *err);

/* Overwrites in dst the keys that src has set; dst->set grows by them. */
bool state_apply(State *dst, const State *src, Err *err);

/* Puts a text of n bytes (any bytes but NUL) as the prompt. */
bool state_set_prompt(State *s, const char *text, size_t n, Err *err);

/* Reads text into *s (initialised; keys not named stay).  Unknown keys, bad
 * values and repeated keys are errors with err.pos = byte and, for unknown
 * keys, the list of valid ones.  On error *s is as it was. */
bool state_parse(State *s, const char *text, Err *err);

/* Writes the keys in `keys` (bits; ~0u: all that differ from the defaults) as
 * text that state_parse reads back.  Returns the length needed; out is
 * NUL-terminated and cut when size is too small (as snprintf). */
size_t state_format(const State *s, uint32_t keys, char *out, size_t size);

/* For documents and completion: name and one-line help of a key. */
const char *state_key_name(StateKey k);
const char *state_key_help(StateKey k);

#endif
