/* State: where you are, as one line of text.
 *
 *     view=attention layer=2 head=1 token=6 prompt="The cat sat" theme=dark
 *
 * The same grammar stands in a lesson's stage comment, in --state, in what
 * Ctrl+C copies and in the metadata of an exported PNG.  A State knows which
 * of its keys were given (`set`), so a stage comment changes only what it
 * names.  Words are separated by blanks; a value with blanks stands in double
 * quotes, with \" \\ \n \t \xNN escapes.  Slides and answers
 * count from 1, everything else from 0.
 *
 * Does NOT know which views, layers or tokens exist: names are words here and
 * numbers are only checked against the widest range (viz resolves them).
 */
#ifndef LESSONS_STATE_H
#define LESSONS_STATE_H

#include "engine/spec/edits.h"
#include "engine/spec/sampler.h"
#include "engine/spec/shape.h"

#include <float.h>

#define STATE_PROMPT_MAX  65536  /* bytes */
#define STATE_THEN_MAX    65536  /* tokens after the prompt */
#define STATE_SHIFT_MAX   100000 /* positions, either way */
#define STATE_ZOOM_MAX    1024
#define STATE_WORD_MAX    24
#define STATE_LINE_MAX    64                   /* bytes, NUL included */
#define STATE_PATH_MAX    256                  /* the same */
#define STATE_AGAINST_MAX 2048                 /* the same */
#define STATE_HEADS_MAX   8                    /* in `heads` */
#define STATE_ASKS_MAX    8                    /* questions of one slide */
#define STATE_OPTIONS_MAX 6                    /* answers to one of them */
#define STATE_ENTRIES_MAX 160                  /* of the start page */
#define STATE_VOTES_MAX   9999                 /* for one answer */
#define STATE_NUMBER_MAX  (CONFIG_DIM_MAX - 1) /* positions, elements, counts */
/* Bytes of one state string: a prompt whose every byte is escaped, token ids
 * of seven digits, and the other keys at their longest. */
#define STATE_TEXT_MAX (4 * STATE_PROMPT_MAX + 8 * STATE_THEN_MAX + 16384)

/* The keys, a row each, from which StateKey, State's fields, what is read and
 * written and README's table come:
 *
 *     X(KEY, name, kind, field, least, most, default, help, choices, is)
 *
 * The kinds are state_private.h's; least and most bound numbers, and a word's
 * characters from below; the default is as state_format would write it.  P is
 * X for a key whose field is a parameter of the sampler: they stand in
 * SamplerParam's order.  What it `is`: SHOWN, a task may ask for it; or
 * PLACE: where one is in the deck and its notes, what lies over the stage, how
 * far lists are turned, and what nobody sees to have been done. */
/* clang-format off */
#define STATE_LIST(X, P)                                                       \
    X(VIEW, "view", WORD, view, 1, 0, "attention", "what the stage shows",     \
      NULL, SHOWN)                                                             \
    X(LAYER, "layer", INT, layer, 0, CONFIG_LAYERS_MAX - 1, "0",               \
      "layer shown", NULL, SHOWN)                                              \
    X(HEAD, "head", INT, head, 0, CONFIG_HEADS_MAX - 1, "0",                   \
      "query head shown", NULL, SHOWN)                                         \
    X(TOKEN, "token", INT, token, -1, STATE_NUMBER_MAX, "-1",                  \
      "current position; -1: the last; in a BERT the first [MASK], else the "  \
      "text's last word",                                                      \
      NULL, SHOWN)                                                             \
    X(KEY, "key", INT, key, -1, STATE_NUMBER_MAX, "-1",                        \
      "attended position opened; -1: none", NULL, SHOWN)                       \
    X(ELEM, "elem", INT, elem, -1, STATE_NUMBER_MAX, "-1",                     \
      "vector element opened; -1: none", NULL, SHOWN)                          \
    X(ZOOM, "zoom", REAL, zoom, 1, STATE_ZOOM_MAX, "1",                        \
      "a heatmap's cells are so many times larger; in `heads` those of every " \
      "map",                                                                   \
      NULL, SHOWN)                                                             \
    X(AT, "at", PAIR, at, -1, STATE_NUMBER_MAX, "-1,-1",                       \
      "ROW,COLUMN first shown of a zoomed heatmap; -1: follows the token",     \
      NULL, SHOWN)                                                             \
    X(OP, "op", WORD, op, 0, 0, "", "operation within the view", NULL, SHOWN)  \
    X(SORT, "sort", WORD, sort, 1, 0, "place", "order of the heads view",      \
      NULL, SHOWN)                                                             \
    X(OVER, "over", CHOICE, over, 1, 0, "text",                                \
      "what heads are called by there: the text, or 200 stories of the world", \
      "text|stories", SHOWN)                                                   \
    X(SINK, "sink", SWITCH, sink, 0, 0, "on",                                  \
      "off: the first token's column stays out of the colour scale", NULL,     \
      SHOWN)                                                                   \
    X(HEADS, "heads", HEADS, heads, 0, CONFIG_HEADS_MAX - 1, "",               \
      "heads whose lines are drawn beside the current one's: 1,3", NULL,       \
      SHOWN)                                                                   \
    X(LEAST, "least", REAL, least, 0, 1, "0.05",                               \
      "lines: the least weight that has one", NULL, SHOWN)                     \
    X(MODEL, "model", PATH, model, 0, 0, "",                                   \
      "which weights: embedded, embedded:NAME, or a path beside the lesson; "  \
      "empty: those opened first",                                             \
      NULL, SHOWN)                                                             \
    X(PROMPT, "prompt", PROMPT, prompt, 0, 0, "", "the text the model reads",  \
      NULL, SHOWN)                                                             \
    X(SPECIAL, "special", SWITCH, special, 0, 0, "off",                        \
      "on: control tokens may be written in the prompt: <s>", NULL, SHOWN)     \
    X(LENGTH, "length", INT, length, 0, STATE_NUMBER_MAX, "0",                 \
      "tokens in all; 0: the prompt's", NULL, SHOWN)                           \
    X(THEN, "then", THEN, then, 0, 0, "",                                      \
      "ID,ID,... tokens that follow the prompt", NULL, SHOWN)                  \
    X(EDIT, "edit", EDITS, edits, 0, 0, "",                                    \
      "what is changed, words joined by commas: 2.6 (head 6 of layer 2 off), " \
      "2.6*0.5, attn3, mlp1, n2.17, raw2.6, rope, cut5, cut2.6=5, "            \
      "token5=ID, token5=[MASK], steer2=ID-ID*4, mask; freeze3.ln1, "          \
      "patch3.resid_post, patch3.resid_post@5, steer2@5*4 take from the run "  \
      "that it is compared with",                                              \
      NULL, SHOWN)                                                             \
    X(AGAINST, "against", AGAINST, against, 0, 0, "",                          \
      "what it is compared with: model, prompt, then, edit, ...; off", NULL,   \
      SHOWN)                                                                   \
    P(TEMPERATURE, "temperature", REAL, sampler.temperature, 0,                \
      SAMPLER_TEMPERATURE_MAX, "0.8",                                          \
      "divides the logits; 0: always the best", NULL, SHOWN)                   \
    P(TOP_K, "top_k", INT, sampler.top_k, 0, STATE_NUMBER_MAX, "40",           \
      "keep the k best; 0: all", NULL, SHOWN)                                  \
    P(TOP_P, "top_p", REAL, sampler.top_p, 0, SAMPLER_TOP_P_MAX, "0.95",       \
      "keep the best that reach p; 0 or 1: all", NULL, SHOWN)                  \
    P(MIN_P, "min_p", REAL, sampler.min_p, 0, 0.9999, "0",                     \
      "drop what is below min_p of the best", NULL, SHOWN)                     \
    X(SEED, "seed", SEED, seed, 0, 0, "7", "of the random numbers drawn",      \
      NULL, SHOWN)                                                             \
    X(THEME, "theme", CHOICE, theme, 1, 0, "light", "light or dark",           \
      "light|dark", SHOWN)                                                     \
    X(COLORMAP, "colormap", CHOICE, colormap, 1, 0, "viridis",                 \
      "viridis, cividis or magma", "viridis|cividis|magma", SHOWN)             \
    X(SCALE, "scale", REAL, scale, 0.5, 4, "1", "factor on text and spacing",  \
      NULL, SHOWN)                                                             \
    X(MOTION, "motion", SWITCH, motion, 0, 0, "on",                            \
      "off: values do not move, they become others at once", NULL, SHOWN)      \
    X(SLIDE, "slide", INT, slide, 1, STATE_NUMBER_MAX, "1",                    \
      "slide of the lesson open, from 1", NULL, PLACE)                         \
    X(BEAT, "beat", INT, beat, 0, STATE_NUMBER_MAX, "0",                       \
      "beat of that slide, from 0", NULL, PLACE)                               \
    X(ANSWER, "answer", ANSWERS, answer, -STATE_GUESS_MAX, STATE_GUESS_MAX,    \
      "",                                                                      \
      "given to that slide's questions, in order: the answer from 1, the "     \
      "guess, or 1 for a task that is done; -: none",                          \
      NULL, PLACE)                                                             \
    X(VOTES, "votes", VOTES, votes, 0, STATE_VOTES_MAX, "",                    \
      "hands counted for each answer: first vote/second; next question",       \
      NULL, PLACE)                                                             \
    X(VOTE, "vote", INT, vote, 0, 2, "0",                                      \
      "which vote is being counted, 1 or 2; 0: none yet", NULL, PLACE)         \
    X(HINTS, "hints", ANSWERS, hints, 0, STATE_HINTS_MAX, "",                  \
      "how many hints are shown of that slide's questions, in order", NULL,    \
      PLACE)                                                                   \
    X(PAGE, "page", INT, page, 0, STATE_NUMBER_MAX, "0",                       \
      "page of the slide's text, where its panel is too small for all", NULL,  \
      PLACE)                                                                   \
    X(COLUMN, "column", INT, column, 0, STATE_NUMBER_MAX, "0",                 \
      "first column shown of the help, where not all fit", NULL, PLACE)        \
    X(ROW, "row", INT, row, -1, STATE_NUMBER_MAX, "-1",                        \
      "first row shown of a list; -1: the best, or those by what is opened",   \
      NULL, PLACE)                                                             \
    X(ACROSS, "across", INT, across, -1, STATE_NUMBER_MAX, "-1",               \
      "first column shown of heads that do not all fit; -1: by the current "   \
      "one",                                                                   \
      NULL, PLACE)                                                             \
    X(PANEL, "panel", CHOICE, panel, 1, 0, "auto",                             \
      "who has the window: the slide, the stage, both, or auto: both where "   \
      "the slide has a stage",                                                 \
      "auto|slide|both|stage", SHOWN)                                          \
    X(INSPECTOR, "inspector", CHOICE, inspector, 1, 0, "auto",                 \
      "the arithmetic: on, off, or auto: once a number is opened",             \
      "auto|on|off", SHOWN)                                                    \
    X(SOURCE, "source", CHOICE, source, 1, 0, "auto",                          \
      "the C that computed the opened number: on, or off, as with auto",       \
      "auto|on|off", SHOWN)                                                    \
    X(TERMS, "terms", INT, terms, 0, STATE_NUMBER_MAX, "0",                    \
      "first row shown of a long sum", NULL, PLACE)                            \
    X(COVER, "cover", CHOICE, cover, 1, 0, "none",                             \
      "what lies over everything: none, help, black, the start page, what "    \
      "comes after a lesson's end, or slides: all of them",                    \
      "none|help|black|start|end|slides", PLACE)                               \
    X(LESSONS, "lessons", CHOICE, lessons, 1, 0, "slide",                      \
      "what the start page orders the lessons by: the lecture's slide, or "    \
      "subject",                                                               \
      "slide|subject", PLACE)                                                  \
    X(ENTRY, "entry", INT, entry, 0, STATE_ENTRIES_MAX - 1, "0",               \
      "entry chosen of the start page, or of what comes after the end", NULL,  \
      PLACE)                                                                   \
    X(STAGE, "stage", CHOICE, stage, 1, 0, "auto",                             \
      "none: the slide has no stage here, whatever it had before",             \
      "auto|none", PLACE)                                                      \
    X(OPENED, "opened", CHOICE, opened, 1, 0, "now",                           \
      "the run that the opened number is of: now, or before the change",       \
      "now|before", SHOWN)                                                     \
    X(WORD, "word", LINE, word, 0, 0, "",                                      \
      "the word whose tokens are made; empty: the one of the token", NULL,     \
      SHOWN)                                                                   \
    X(SHAPE, "shape", SHAPE, shape, 0, 0, "",                                  \
      "sizes the model would have, by letter: D=256,L=8,untied", NULL, SHOWN)  \
    X(PART, "part", CHOICE, part, 1, 0, "none",                                \
      "the part of layer and head that a number opened in residual is of; in " \
      "qk: key, else it is the query's; in its op=places whose place it is "   \
      "of: query, key, both or none",                                          \
      "none|embedding|head|attn|mid|mlp|post|token|key|query|both", SHOWN)     \
    X(NUMBER, "number", CHOICE, number, 1, 0, "none",                          \
      "which of its numbers",                                                  \
      "none|length|along|end|asks|adds|worth", SHOWN)                          \
    X(SHIFT, "shift", INT, shift, -STATE_SHIFT_MAX, STATE_SHIFT_MAX, "0",      \
      "positions by which qk moves both its tokens on", NULL, SHOWN)           \
    X(APART, "apart", INT, apart, -STATE_SHIFT_MAX, STATE_SHIFT_MAX, "0",      \
      "and by which it moves the one that reads further", NULL, SHOWN)         \
    X(STEP, "step", INT, step, 0, STATE_NUMBER_MAX, "0",                       \
      "steps that the small model of learn op=live is trained", NULL, SHOWN)   \
    X(LEARNS, "learns", CHOICE, learns, 1, 0, "stories",                       \
      "what that model learns: stories of the world, or your text",            \
      "stories|text", SHOWN)                                                   \
    X(PLAY, "play", CHOICE, play, 1, 0, "off",                                 \
      "what begins to play, until a key: token after token, or op: the "       \
      "view's operations, one a second",                                       \
      "off|token|op", PLACE)                                                   \
    X(NOTES, "notes", CHOICE, notes, 1, 0, "auto",                             \
      "the speaker's notes under the slide: on; off, as with auto",            \
      "auto|on|off", PLACE)                                                    \
    X(NOTE, "note", INT, note, 0, STATE_NUMBER_MAX, "0",                       \
      "page of the notes, where not all fit", NULL, PLACE)                     \
    X(NOTES_SIZE, "notes_size", REAL, notes_size, 0.5, 4, "1",                 \
      "factor on the notes' text", NULL, PLACE)                                \
    X(CHOSEN, "chosen", INT, chosen, 0, STATE_NUMBER_MAX, "0",                 \
      "slide chosen among all of them, from 1; 0: the open one", NULL, PLACE)

/* Heads of a layer, each once, in the order in which they were added. */
typedef struct StateHeads {
    int n;
    int at[STATE_HEADS_MAX]; /* [n], 0 beyond */
} StateHeads;

/* A number for each question of a slide; STATE_NONE: there is none. */
#define STATE_NONE      (-FLT_MAX)
#define STATE_GUESS_MAX 1e9
#define STATE_HINTS_MAX 4 /* of one question */
typedef struct StateAnswers {
    float at[STATE_ASKS_MAX];
} StateAnswers;

/* How many voted for an answer to a question of a slide, the first time and
 * the second. */
typedef struct StateVotes {
    int at[STATE_ASKS_MAX][2][STATE_OPTIONS_MAX];
} StateVotes;

typedef enum StateKey {
#define STATE_ENUM(KEY, ...) STATE_##KEY,
    STATE_LIST(STATE_ENUM, STATE_ENUM)
#undef STATE_ENUM
    STATE_KEYS
} StateKey;

/* The key of a parameter of the sampler: they stand in its order. */
static inline StateKey state_sampler_key(SamplerParam i) {
    return (StateKey)(STATE_TEMPERATURE + (int)i);
}

/* What a key of each kind is in State. */
#define STATE_FIELD_WORD(f)   char f[STATE_WORD_MAX];
#define STATE_FIELD_CHOICE(f) char f[STATE_WORD_MAX];
#define STATE_FIELD_SWITCH(f) bool f;
#define STATE_FIELD_INT(f)    int f;
#define STATE_FIELD_PAIR(f)   int f[2];
#define STATE_FIELD_REAL(f)   float f;
#define STATE_FIELD_SEED(f)   uint64_t f;
#define STATE_FIELD_EDITS(f)  Edits f;
#define STATE_FIELD_SHAPE(f)  Shape f;
#define STATE_FIELD_HEADS(f)  StateHeads f;
#define STATE_FIELD_ANSWERS(f) StateAnswers f;
#define STATE_FIELD_VOTES(f)  StateVotes f;
#define STATE_FIELD_LINE(f)   char f[STATE_LINE_MAX];
#define STATE_FIELD_PATH(f)   char f[STATE_PATH_MAX];
#define STATE_FIELD_AGAINST(f) char f[STATE_AGAINST_MAX];
/* Owned, NUL-terminated; NULL: "". */
#define STATE_FIELD_PROMPT(f) char *f; size_t f##_len;
/* [n_then] token ids, owned; NULL when none. */
#define STATE_FIELD_THEN(f)   int *f; int n_##f;

/* A set of keys. */
typedef uint64_t StateKeys;
#define STATE_BIT(k) ((StateKeys)1 << (k))
#define STATE_ALL    (~(StateKeys)0)

typedef struct State {
    StateKeys set; /* bit k: key k was given */
    SamplerParams sampler;
#define STATE_MEMBER(KEY, name, kind, field, ...) STATE_FIELD_##kind(field)
#define STATE_NO_MEMBER(...)
    STATE_LIST(STATE_MEMBER, STATE_NO_MEMBER)
#undef STATE_MEMBER
#undef STATE_NO_MEMBER
} State;
/* clang-format on */

/* Every key at its default, `set` empty. */
void state_init(State *s);
void state_free(State *s); /* leaves it as after state_init */

/* Deep copy, `set` too; dst must be initialised.  False when out of memory
 * (dst kept). */
bool state_copy(State *dst, const State *src, Err *err);
/* The same value for every key; `set` does not count. */
bool state_equal(const State *a, const State *b);
/* The same for those in `keys`. */
bool state_same(const State *a, const State *b, StateKeys keys);

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

/* What the run is compared with: `against` names what differs, as a state
 * string of model, prompt, then, edit and the sampler's keys alone.  Empty is
 * the run with nothing switched off, once something is; "off" is none. */
bool state_compares(const State *s);
/* That run as a state, from one that compares; out is initialised.
 * *same_tokens: `against` names neither prompt nor then. */
bool state_against(const State *s, State *out, bool *same_tokens, Err *err);

/* Reads text into *s (initialised; keys not named stay).  Unknown keys, bad
 * values and repeated keys are errors (ERR_USAGE) with err.pos = byte and, for
 * unknown keys, the list of valid ones.  On error *s is as it was. */
bool state_parse(State *s, const char *text, Err *err);

/* Where in a state string a key is given: its n bytes from *at on, as in
 * model="my model.gguf".  False: it is not given, or the string is none or one
 * of STATE_AGAINST_MAX bytes or more.  Allocates nothing. */
bool state_find(const char *text, StateKey wanted, size_t *at, size_t *n);

/* Writes the keys in `keys` (STATE_ALL: all that differ from the defaults) as
 * one line that state_parse reads back.  It is UTF-8 whatever the prompt holds
 * and never contains "-->", so it can stand in a lesson's comment.  Returns
 * the length needed; out is NUL-terminated and cut when size is too small (as
 * snprintf). */
size_t state_format(const State *s, StateKeys keys, char *out, size_t size);

/* For documents and completion: name, default as text, and one-line help. */
const char *state_key_name(StateKey k);
const char *state_key_default(StateKey k);
const char *state_key_help(StateKey k);
bool state_key_is_shown(StateKey k); /* a task may ask for it */

#endif
