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

#include "engine/spec/edits.h"
#include "engine/spec/sampler.h"

#define STATE_PROMPT_MAX 65536 /* bytes */
#define STATE_THEN_MAX   65536 /* tokens after the prompt */
#define STATE_WORD_MAX   24
/* Bytes of one state string: a prompt whose every byte is escaped, token ids
 * of seven digits, and the other keys at their longest. */
#define STATE_TEXT_MAX (4 * STATE_PROMPT_MAX + 8 * STATE_THEN_MAX + 8192)

/* One per key; see the table in state.c, which README.md's list comes from. */
typedef enum StateKey {
    STATE_VIEW,   /* word: a view's name                                 */
    STATE_LAYER,  /* layer shown                                         */
    STATE_HEAD,   /* query head shown                                    */
    STATE_TOKEN,  /* current position; -1: the last                      */
    STATE_KEY,    /* attended position opened; -1: none                  */
    STATE_ELEM,   /* vector element opened; -1: none                     */
    STATE_OP,     /* word: operation within the view ("softmax", ...)    */
    STATE_SORT,   /* word: order of the heads view                       */
    STATE_SINK,   /* on|off: show the first token's column at full scale */
    STATE_PROMPT, /* text                                                */
    STATE_LENGTH, /* tokens in all, prompt and generated; 0: the prompt  */
    STATE_THEN,   /* ID,ID,... tokens that follow the prompt             */
    STATE_EDIT,   /* interventions, edits.h's text form                  */
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

/* The key of a parameter of the sampler: they stand in its order. */
static inline StateKey state_sampler_key(SamplerParam i) {
    return (StateKey)(STATE_TEMPERATURE + (int)i);
}

typedef struct State {
    uint32_t set; /* bit k: key k was given */
    char view[STATE_WORD_MAX], op[STATE_WORD_MAX], sort[STATE_WORD_MAX];
    char theme[STATE_WORD_MAX], colormap[STATE_WORD_MAX];
    int layer, head, token, key, elem, length, slide, beat;
    bool sink;
    char *prompt; /* owned, NUL-terminated; NULL: "" */
    size_t prompt_len;
    int *then; /* [n_then] token ids, owned; NULL when none */
    int n_then;
    Edits edits;
    SamplerParams sampler;
    uint64_t seed;
    float scale;
} State;

/* Every key at its default, `set` empty. */
void state_init(State *s);
void state_free(State *s); /* leaves it as after state_init */

/* Deep copy, `set` too; dst must be initialised.  False when out of memory
 * (dst kept). */
bool state_copy(State *dst, const State *src, Err *err);

/* Overwrites in dst the keys that src has set; dst->set grows by them.  A
 * prompt without `then` is a new sequence: nothing follows it.  A view without
 * `op` starts at that view's default operation. */
bool state_apply(State *dst, const State *src, Err *err);

/* Puts a text of n bytes (any but NUL, at most STATE_PROMPT_MAX) as the
 * prompt; it counts as set.  On error *s is as it was. */
bool state_set_prompt(State *s, const char *text, size_t n, Err *err);

/* Puts n token ids after the prompt (n 0: none; ids may be s->then); they
 * count as set.  On error *s is as it was. */
bool state_set_then(State *s, const int *ids, int n, Err *err);

/* Reads text into *s (initialised; keys not named stay).  Unknown keys, bad
 * values and repeated keys are errors (ERR_USAGE) with err.pos = byte and, for
 * unknown keys, the list of valid ones.  On error *s is as it was. */
bool state_parse(State *s, const char *text, Err *err);

/* Writes the keys in `keys` (bits; ~0u: all that differ from the defaults) as
 * one line that state_parse reads back.  It is UTF-8 whatever the prompt holds
 * and never contains "-->", so it can stand in a lesson's comment.  Returns
 * the length needed; out is NUL-terminated and cut when size is too small (as
 * snprintf). */
size_t state_format(const State *s, uint32_t keys, char *out, size_t size);

/* For documents and completion: name, default as text, and one-line help. */
const char *state_key_name(StateKey k);
const char *state_key_default(StateKey k);
const char *state_key_help(StateKey k);

#endif
