/* Whole states, and the table of their keys. */
#include "lessons/state.h"

#include "lessons/state_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INFO(KEY, name, kind, field, least, most, initial, help, choices, is)  \
    {name,    KIND_##kind, offsetof(State, field), least, most, initial, help, \
     choices, KEY_##is},
static const StateKeyInfo keys_info[STATE_KEYS] = {STATE_LIST(INFO, INFO)};
#undef INFO

static_assert(STATE_KEYS <= 64, "State.set has a bit for each key");
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
bool state_key_is_shown(StateKey k) {
    return keys_info[k].is == KEY_SHOWN;
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
    s->set |= STATE_BIT(STATE_PROMPT);
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
    s->set |= STATE_BIT(STATE_THEN);
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
    case KIND_PAIR:
        memcpy(to, from, 2 * sizeof(int));
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
    case KIND_SHAPE:
        memcpy(to, from, sizeof(Shape));
        break;
    case KIND_HEADS:
        memcpy(to, from, sizeof(StateHeads));
        break;
    case KIND_ANSWERS:
        memcpy(to, from, sizeof(StateAnswers));
        break;
    case KIND_VOTES:
        memcpy(to, from, sizeof(StateVotes));
        break;
    case KIND_LINE:
        memcpy(to, from, STATE_LINE_MAX);
        break;
    case KIND_PATH:
        memcpy(to, from, STATE_PATH_MAX);
        break;
    case KIND_AGAINST:
        memcpy(to, from, STATE_AGAINST_MAX);
        break;
    case KIND_PROMPT:
    case KIND_THEN:
        break; /* the ones that can fail: see copy_owned */
    }
}

/* The fields that own memory: both are copied or none is. */
static bool copy_owned(State *dst, const State *src, StateKeys keys, Err *err) {
    State copy = {0};
    if ((keys & STATE_BIT(STATE_PROMPT) &&
         !state_set_prompt(&copy, src->prompt, src->prompt_len, err)) ||
        (keys & STATE_BIT(STATE_THEN) &&
         !state_set_then(&copy, src->then, src->n_then, err))) {
        free(copy.prompt);
        return false;
    }
    if (keys & STATE_BIT(STATE_PROMPT)) {
        free(dst->prompt);
        dst->prompt = copy.prompt;
        dst->prompt_len = copy.prompt_len;
    }
    if (keys & STATE_BIT(STATE_THEN)) {
        free(dst->then);
        dst->then = copy.then;
        dst->n_then = copy.n_then;
    }
    return true;
}

/* A new prompt is a new sequence, so what follows it comes along: `then` of
 * src, or nothing.  Another view has other operations: likewise. */
static bool copy_keys(State *dst, const State *src, StateKeys keys, Err *err) {
    if (keys & STATE_BIT(STATE_PROMPT)) keys |= STATE_BIT(STATE_THEN);
    if (keys & STATE_BIT(STATE_VIEW)) keys |= STATE_BIT(STATE_OP);
    if (!copy_owned(dst, src, keys, err)) return false;
    for (int k = 0; k < STATE_KEYS; k++)
        if (keys & STATE_BIT((StateKey)k)) copy_field(dst, src, &keys_info[k]);
    return true;
}

bool state_copy(State *dst, const State *src, Err *err) {
    if (dst == src) return true;
    if (!copy_keys(dst, src, STATE_ALL, err)) return false;
    dst->set = src->set;
    return true;
}

static size_t size_of(StateKind kind) {
    switch (kind) {
    case KIND_SWITCH:
        return sizeof(bool);
    case KIND_INT:
        return sizeof(int);
    case KIND_PAIR:
        return 2 * sizeof(int);
    case KIND_REAL:
        return sizeof(float);
    case KIND_HEADS:
        return sizeof(StateHeads);
    case KIND_ANSWERS:
        return sizeof(StateAnswers);
    case KIND_VOTES:
        return sizeof(StateVotes);
    case KIND_SEED:
        return sizeof(uint64_t);
    default:
        return 0;
    }
}

static bool same_then(const State *a, const State *b) {
    return a->n_then == b->n_then &&
           (a->n_then == 0 ||
            memcmp(a->then, b->then, (size_t)a->n_then * sizeof *a->then) == 0);
}

static bool same_prompt(const State *a, const State *b) {
    return a->prompt_len == b->prompt_len &&
           (a->prompt_len == 0 ||
            memcmp(a->prompt, b->prompt, a->prompt_len) == 0);
}

static bool same_field(const State *a, const State *b,
                       const StateKeyInfo *info) {
    const void *x = state_field_const(a, info);
    const void *y = state_field_const(b, info);
    switch (info->kind) {
    case KIND_WORD:
    case KIND_CHOICE:
    case KIND_LINE:
    case KIND_PATH:
    case KIND_AGAINST:
        return strcmp(x, y) == 0;
    case KIND_SHAPE:
        return memcmp(x, y, sizeof(Shape)) == 0;
    case KIND_EDITS:
        return edits_equal(&a->edits, &b->edits);
    case KIND_PROMPT:
        return same_prompt(a, b);
    case KIND_THEN:
        return same_then(a, b);
    default:
        return memcmp(x, y, size_of(info->kind)) == 0;
    }
}

bool state_same(const State *a, const State *b, StateKeys keys) {
    for (int k = 0; k < STATE_KEYS; k++)
        if (keys & STATE_BIT((StateKey)k) && !same_field(a, b, &keys_info[k]))
            return false;
    return true;
}

bool state_equal(const State *a, const State *b) {
    return state_same(a, b, STATE_ALL);
}

bool state_apply(State *dst, const State *src, Err *err) {
    if (!copy_keys(dst, src, src->set, err)) return false;
    dst->set |= src->set;
    return true;
}
