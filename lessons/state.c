/* Whole states, and the table of their keys. */
#include "lessons/state.h"

#include "lessons/state_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(f) offsetof(State, f)

/* clang-format off */
static const StateKeyInfo keys_info[STATE_KEYS] = {
    [STATE_VIEW] = {"view", KIND_WORD, FIELD(view), 1, 0, "attention",
                    "what the stage shows", NULL},
    [STATE_LAYER] = {"layer", KIND_INT, FIELD(layer), 0,
                     CONFIG_LAYERS_MAX - 1, "0", "layer shown", NULL},
    [STATE_HEAD] = {"head", KIND_INT, FIELD(head), 0, CONFIG_HEADS_MAX - 1,
                    "0", "query head shown", NULL},
    [STATE_TOKEN] = {"token", KIND_INT, FIELD(token), -1, STATE_NUMBER_MAX,
                     "-1", "current position; -1: the last", NULL},
    [STATE_KEY] = {"key", KIND_INT, FIELD(key), -1, STATE_NUMBER_MAX, "-1",
                   "attended position opened; -1: none", NULL},
    [STATE_ELEM] = {"elem", KIND_INT, FIELD(elem), -1, STATE_NUMBER_MAX, "-1",
                    "vector element opened; -1: none", NULL},
    [STATE_OP] = {"op", KIND_WORD, FIELD(op), 0, 0, "",
                  "operation within the view", NULL},
    [STATE_SORT] = {"sort", KIND_WORD, FIELD(sort), 1, 0, "place",
                    "order of the heads view", NULL},
    [STATE_SINK] = {"sink", KIND_SWITCH, FIELD(sink), 0, 0, "on",
                    "first token's column at full scale", NULL},
    [STATE_PROMPT] = {"prompt", KIND_PROMPT, FIELD(prompt), 0, 0, "",
                      "the text the model reads", NULL},
    [STATE_LENGTH] = {"length", KIND_INT, FIELD(length), 0, STATE_NUMBER_MAX,
                      "0", "tokens in all; 0: the prompt's", NULL},
    [STATE_THEN] = {"then", KIND_THEN, FIELD(then), 0, 0, "",
                    "ID,ID,... tokens that follow the prompt", NULL},
    [STATE_EDIT] = {"edit", KIND_EDITS, FIELD(edits), 0, 0, "",
                    "interventions: 2.6,attn3,mlp1,n2.17,2.6*0.5,mask", NULL},
    [STATE_TEMPERATURE] = {"temperature", KIND_REAL,
                           FIELD(sampler.temperature), 0,
                           SAMPLER_TEMPERATURE_MAX, "0.8",
                           "divides the logits; 0: always the best", NULL},
    [STATE_TOP_K] = {"top_k", KIND_INT, FIELD(sampler.top_k), 0,
                     STATE_NUMBER_MAX, "40", "keep the k best; 0: all", NULL},
    [STATE_TOP_P] = {"top_p", KIND_REAL, FIELD(sampler.top_p), 0,
                     SAMPLER_TOP_P_MAX, "0.95",
                     "keep the best that reach p; 1: all", NULL},
    [STATE_MIN_P] = {"min_p", KIND_REAL, FIELD(sampler.min_p), 0, 0.9999, "0",
                     "drop what is below min_p of the best", NULL},
    [STATE_SEED] = {"seed", KIND_SEED, FIELD(seed), 0, 0, "7",
                    "of the random numbers drawn", NULL},
    [STATE_THEME] = {"theme", KIND_CHOICE, FIELD(theme), 1, 0, "light",
                     "light or dark", "light|dark"},
    [STATE_COLORMAP] = {"colormap", KIND_CHOICE, FIELD(colormap), 1, 0,
                        "viridis", "viridis, cividis or magma",
                        "viridis|cividis|magma"},
    [STATE_SCALE] = {"scale", KIND_REAL, FIELD(scale), 0.5, 4, "1",
                     "factor on text and spacing", NULL},
    [STATE_SLIDE] = {"slide", KIND_INT, FIELD(slide), 0, STATE_NUMBER_MAX,
                     "0", "slide of the lesson open", NULL},
    [STATE_BEAT] = {"beat", KIND_INT, FIELD(beat), 0, STATE_NUMBER_MAX, "0",
                    "beat of that slide", NULL},
};
/* clang-format on */

static_assert(STATE_KEYS == 23, "a key needs a row in keys_info");
static_assert(STATE_MIN_P == STATE_TEMPERATURE + (int)SAMPLER_MIN_P &&
                  SAMPLER_PARAMS == 4,
              "the sampler's keys stand in the order of its parameters");

const StateKeyInfo *state_key_info(StateKey k) {
    return &keys_info[k];
}
const char *state_key_name(StateKey k) {
    return keys_info[k].name;
}
const char *state_key_default(StateKey k) {
    return keys_info[k].initial;
}
const char *state_key_help(StateKey k) {
    return keys_info[k].help;
}

void state_init(State *s) {
    *s = (State){0};
    for (int k = 0; k < STATE_KEYS; k++) {
        bool ok =
            state_read_value(s, (StateKey)k, keys_info[k].initial, 0, NULL);
        assert(ok); /* the table's own words, and no memory is needed */
        (void)ok;
    }
    s->set = 0;
}

void state_free(State *s) {
    free(s->prompt);
    free(s->then);
    state_init(s);
}

bool state_set_prompt(State *s, const char *text, size_t n, Err *err) {
    if (n > STATE_PROMPT_MAX)
        return err_set(err, ERR_LIMIT, 0, "prompt: found %zu bytes, allowed %d",
                       n, STATE_PROMPT_MAX);
    if (n > 0 && memchr(text, '\0', n))
        return err_set(err, ERR_FORMAT, 0, "prompt: found a NUL byte");
    char *copy = NULL;
    if (n > 0) {
        copy = malloc(n + 1);
        if (!copy) return err_memory(err, "prompt", n + 1);
        memcpy(copy, text, n);
        copy[n] = '\0';
    }
    free(s->prompt);
    s->prompt = copy;
    s->prompt_len = n;
    s->set |= state_key_bit(STATE_PROMPT);
    return true;
}

bool state_set_then(State *s, const int *ids, int n, Err *err) {
    if (n < 0 || n > STATE_THEN_MAX)
        return err_set(err, ERR_LIMIT, 0, "then: found %d tokens, allowed %d",
                       n, STATE_THEN_MAX);
    int *copy = NULL;
    if (n > 0) {
        copy = malloc((size_t)n * sizeof *copy);
        if (!copy) return err_memory(err, "then", (size_t)n * sizeof *copy);
        memcpy(copy, ids, (size_t)n * sizeof *copy);
    }
    free(s->then);
    s->then = copy;
    s->n_then = n;
    s->set |= state_key_bit(STATE_THEN);
    return true;
}

static void copy_field(State *dst, const State *src, const StateKeyInfo *info) {
    void *to = state_field(dst, info);
    const void *from = state_field_const(src, info);
    switch (info->kind) {
    case KIND_WORD:
    case KIND_CHOICE:
        memcpy(to, from, STATE_WORD_MAX);
        break;
    case KIND_SWITCH:
        memcpy(to, from, sizeof(bool));
        break;
    case KIND_INT:
        memcpy(to, from, sizeof(int));
        break;
    case KIND_REAL:
        memcpy(to, from, sizeof(float));
        break;
    case KIND_SEED:
        memcpy(to, from, sizeof(uint64_t));
        break;
    case KIND_EDITS:
        memcpy(to, from, sizeof(Edits));
        break;
    case KIND_PROMPT:
    case KIND_THEN:
        break; /* the ones that can fail: see copy_owned */
    }
}

/* The fields that own memory: both are copied or none is. */
static bool copy_owned(State *dst, const State *src, uint32_t keys, Err *err) {
    State copy = {0};
    if ((keys & state_key_bit(STATE_PROMPT) &&
         !state_set_prompt(&copy, src->prompt, src->prompt_len, err)) ||
        (keys & state_key_bit(STATE_THEN) &&
         !state_set_then(&copy, src->then, src->n_then, err))) {
        free(copy.prompt);
        return false;
    }
    if (keys & state_key_bit(STATE_PROMPT)) {
        free(dst->prompt);
        dst->prompt = copy.prompt;
        dst->prompt_len = copy.prompt_len;
    }
    if (keys & state_key_bit(STATE_THEN)) {
        free(dst->then);
        dst->then = copy.then;
        dst->n_then = copy.n_then;
    }
    return true;
}

/* A new prompt is a new sequence, so what follows it comes along: `then` of
 * src, or nothing.  Another view has other operations: likewise. */
static bool copy_keys(State *dst, const State *src, uint32_t keys, Err *err) {
    if (keys & state_key_bit(STATE_PROMPT)) keys |= state_key_bit(STATE_THEN);
    if (keys & state_key_bit(STATE_VIEW)) keys |= state_key_bit(STATE_OP);
    if (!copy_owned(dst, src, keys, err)) return false;
    for (int k = 0; k < STATE_KEYS; k++)
        if (keys & state_key_bit((StateKey)k))
            copy_field(dst, src, &keys_info[k]);
    return true;
}

bool state_copy(State *dst, const State *src, Err *err) {
    if (dst == src) return true;
    if (!copy_keys(dst, src, ~0u, err)) return false;
    dst->set = src->set;
    return true;
}

bool state_apply(State *dst, const State *src, Err *err) {
    if (!copy_keys(dst, src, src->set, err)) return false;
    dst->set |= src->set;
    return true;
}
