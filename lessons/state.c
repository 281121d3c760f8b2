/* The state string: one table of keys drives reading, writing, applying and
 * copying.  Adding a key is a field in State, a StateKey and a row here. */
#include "lessons/state.h"

#include "engine/utf8.h"
#include "lessons/scan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_NUMBER_MAX (MODEL_DIM_MAX - 1) /* positions, elements, counts */
#define STATE_VALUE_MAX  6144 /* bytes of any value but prompt and then */

typedef enum Kind {
    KIND_WORD,   /* char[STATE_WORD_MAX]; at least `min` characters */
    KIND_CHOICE, /* the same, one of `choices` */
    KIND_SWITCH, /* bool: on or off */
    KIND_INT,    /* int, min..max */
    KIND_REAL,   /* float, min..max */
    KIND_SEED,   /* uint64_t */
    KIND_PROMPT,
    KIND_THEN,
    KIND_EDITS,
} Kind;

typedef struct KeyInfo {
    const char *name;
    Kind kind;
    size_t offset; /* of the field in State */
    double min, max;
    const char *initial; /* the default, as state_format would write it */
    const char *help;
    const char *choices; /* "a|b|c" for KIND_CHOICE */
} KeyInfo;

#define FIELD(f) offsetof(State, f)

/* clang-format off */
static const KeyInfo keys_info[STATE_KEYS] = {
    [STATE_VIEW] = {"view", KIND_WORD, FIELD(view), 1, 0, "attention",
                    "what the stage shows", NULL},
    [STATE_LAYER] = {"layer", KIND_INT, FIELD(layer), 0,
                     MODEL_LAYERS_MAX - 1, "0", "layer shown", NULL},
    [STATE_HEAD] = {"head", KIND_INT, FIELD(head), 0, MODEL_HEADS_MAX - 1,
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
                    "interventions: 2.6 attn3 mlp1 n2.17 2.6*0.5 mask", NULL},
    [STATE_TEMPERATURE] = {"temperature", KIND_REAL,
                           FIELD(sampler.temperature), 0, 100, "0.8",
                           "divides the logits; 0: always the best", NULL},
    [STATE_TOP_K] = {"top_k", KIND_INT, FIELD(sampler.top_k), 0,
                     STATE_NUMBER_MAX, "40", "keep the k best; 0: all", NULL},
    [STATE_TOP_P] = {"top_p", KIND_REAL, FIELD(sampler.top_p), 0, 1, "0.95",
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

static uint32_t key_bit(StateKey k) {
    return (uint32_t)1 << k;
}

static void *field(State *s, const KeyInfo *info) {
    return (char *)s + info->offset;
}

static const void *field_const(const State *s, const KeyInfo *info) {
    return (const char *)s + info->offset;
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

/* ---- reading one value -------------------------------------------------- */

/* "state: layer: found "x", need ..." at byte `at`. */
static bool bad_value(const KeyInfo *info, const char *text, size_t at,
                      Err *err, const char *need) {
    return err_set(err, ERR_USAGE, at, "state: %s: found \"%.40s\", need %s",
                   info->name, text, need);
}

static bool is_word(const char *text, size_t n, size_t min) {
    return n >= min && n < STATE_WORD_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == n;
}

static bool is_choice(const char *choices, const char *text, size_t n) {
    for (const char *c = choices;; c++) {
        size_t len = strcspn(c, "|");
        if (len == n && memcmp(c, text, n) == 0) return true;
        c += len;
        if (!*c) return false;
    }
}

static bool read_word(State *s, const KeyInfo *info, const char *text,
                      size_t at, Err *err) {
    size_t n = strlen(text);
    if (!is_word(text, n, (size_t)info->min))
        return bad_value(info, text, at, err,
                         "a word of letters, digits, _ - and .");
    if (info->choices && !is_choice(info->choices, text, n))
        return bad_value(info, text, at, err, info->choices);
    memcpy(field(s, info), text, n + 1);
    return true;
}

static bool read_switch(State *s, const KeyInfo *info, const char *text,
                        size_t at, Err *err) {
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0)
        return bad_value(info, text, at, err, "on or off");
    *(bool *)field(s, info) = on;
    return true;
}

static bool read_real(State *s, const KeyInfo *info, const char *text,
                      size_t at, Err *err) {
    double v = 0;
    char need[64];
    if (!scan_number(text, strlen(text), &v) || v < info->min ||
        v > info->max) {
        snprintf(need, sizeof need, "a number from %g to %g", info->min,
                 info->max);
        return bad_value(info, text, at, err, need);
    }
    *(float *)field(s, info) = (float)v;
    return true;
}

/* Decimal digits only, so no sign, blank or hexadecimal slips in. */
static bool read_whole(const char *text, size_t n, uint64_t *out) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        unsigned digit = (unsigned)(text[i] - '0');
        if (v > (UINT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    *out = v;
    return n > 0;
}

static bool read_int(State *s, const KeyInfo *info, const char *text, size_t at,
                     Err *err) {
    bool negative = text[0] == '-';
    uint64_t v = 0;
    char need[64];
    bool ok = read_whole(text + negative, strlen(text + negative), &v) &&
              v <= INT32_MAX;
    int number = negative ? -(int)v : (int)v;
    if (!ok || number < info->min || number > info->max) {
        snprintf(need, sizeof need, "a whole number from %.0f to %.0f",
                 info->min, info->max);
        return bad_value(info, text, at, err, need);
    }
    *(int *)field(s, info) = number;
    return true;
}

static bool read_seed(State *s, const KeyInfo *info, const char *text,
                      size_t at, Err *err) {
    if (read_whole(text, strlen(text), (uint64_t *)field(s, info))) return true;
    return bad_value(info, text, at, err,
                     "a whole number from 0 to 18446744073709551615");
}

/* The ids of an ID,ID,... list; returns how many, -1 when it is none. */
static int read_ids(const char *text, int *ids) {
    int n = 0;
    for (const char *c = text; *c;) {
        size_t len = strcspn(c, ",");
        uint64_t id = 0;
        if (!read_whole(c, len, &id) || id > STATE_NUMBER_MAX ||
            (c[len] == ',' && c[len + 1] == '\0'))
            return -1;
        ids[n++] = (int)id;
        c += len + (c[len] == ',');
    }
    return n;
}

static bool read_then(State *s, const KeyInfo *info, const char *text,
                      size_t at, Err *err) {
    if (!*text) return state_set_then(s, NULL, 0, err);
    size_t most = strlen(text) / 2 + 1; /* an id and its comma */
    int *ids = malloc(most * sizeof *ids);
    if (!ids) return err_memory(err, "then", most * sizeof *ids);
    int n = read_ids(text, ids);
    bool ok = n >= 0 ? state_set_then(s, ids, n, err)
                     : bad_value(info, text, at, err, "token ids: ID,ID,...");
    free(ids);
    return ok;
}

static bool read_edits(State *s, const KeyInfo *info, const char *text,
                       size_t at, Err *err) {
    Edits edits = {0};
    Err inner = {0};
    if (!edits_parse(&edits, text, NULL, &inner))
        return err_set(err, ERR_USAGE, at + inner.pos, "state: %s: %s",
                       info->name, inner.msg);
    *(Edits *)field(s, info) = edits;
    return true;
}

/* Reads a NUL-terminated value that stands at byte `at` into its field. */
static bool read_value(State *s, StateKey k, const char *text, size_t at,
                       Err *err) {
    const KeyInfo *info = &keys_info[k];
    switch (info->kind) {
    case KIND_WORD:
    case KIND_CHOICE:
        return read_word(s, info, text, at, err);
    case KIND_SWITCH:
        return read_switch(s, info, text, at, err);
    case KIND_INT:
        return read_int(s, info, text, at, err);
    case KIND_REAL:
        return read_real(s, info, text, at, err);
    case KIND_SEED:
        return read_seed(s, info, text, at, err);
    case KIND_PROMPT:
        return state_set_prompt(s, text, strlen(text), err);
    case KIND_THEN:
        return read_then(s, info, text, at, err);
    case KIND_EDITS:
        return read_edits(s, info, text, at, err);
    }
    return false;
}

/* ---- whole states ------------------------------------------------------- */

void state_init(State *s) {
    *s = (State){0};
    for (int k = 0; k < STATE_KEYS; k++) {
        bool ok = read_value(s, (StateKey)k, keys_info[k].initial, 0, NULL);
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
    s->set |= key_bit(STATE_PROMPT);
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
    s->set |= key_bit(STATE_THEN);
    return true;
}

static void copy_field(State *dst, const State *src, const KeyInfo *info) {
    void *to = field(dst, info);
    const void *from = field_const(src, info);
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
    if ((keys & key_bit(STATE_PROMPT) &&
         !state_set_prompt(&copy, src->prompt, src->prompt_len, err)) ||
        (keys & key_bit(STATE_THEN) &&
         !state_set_then(&copy, src->then, src->n_then, err))) {
        free(copy.prompt);
        return false;
    }
    if (keys & key_bit(STATE_PROMPT)) {
        free(dst->prompt);
        dst->prompt = copy.prompt;
        dst->prompt_len = copy.prompt_len;
    }
    if (keys & key_bit(STATE_THEN)) {
        free(dst->then);
        dst->then = copy.then;
        dst->n_then = copy.n_then;
    }
    return true;
}

/* A new prompt is a new sequence, so what follows it comes along: `then` of
 * src, or nothing. */
static bool copy_keys(State *dst, const State *src, uint32_t keys, Err *err) {
    if (keys & key_bit(STATE_PROMPT)) keys |= key_bit(STATE_THEN);
    if (!copy_owned(dst, src, keys, err)) return false;
    for (int k = 0; k < STATE_KEYS; k++)
        if (keys & key_bit((StateKey)k)) copy_field(dst, src, &keys_info[k]);
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

/* ---- reading ------------------------------------------------------------ */

static bool unknown_key(const char *name, size_t n, size_t at, Err *err) {
    char list[256] = "";
    size_t used = 0;
    for (int k = 0; k < STATE_KEYS && used < sizeof list; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 keys_info[k].name);
    return err_set(err, ERR_USAGE, at,
                   "state: unknown key \"%.*s\" at byte %zu; keys are%s",
                   n < 24 ? (int)n : 24, name, at, list);
}

static bool read_key(Scan *sc, StateKey *key, Err *err) {
    const char *name;
    size_t at = sc->pos;
    size_t n = scan_name(sc, &name);
    if (n == 0 || scan_peek(sc) != '=')
        return err_set(err, ERR_USAGE, at,
                       "state: found \"%.20s\" at byte %zu, need KEY=VALUE",
                       sc->text + at, at);
    for (int k = 0; k < STATE_KEYS; k++)
        if (strlen(keys_info[k].name) == n &&
            memcmp(keys_info[k].name, name, n) == 0) {
            *key = (StateKey)k;
            return scan_take(sc, '=');
        }
    return unknown_key(name, n, at, err);
}

/* A value, quoted or up to the next blank, into out[size]. */
static bool read_text(Scan *sc, char *out, size_t size, Err *err) {
    size_t n = 0;
    if (scan_peek(sc) == '"') {
        if (!scan_quoted(sc, out, size, &n, err)) return false;
    } else {
        while (sc->pos < sc->n && !scan_is_blank(scan_peek(sc)) &&
               scan_peek(sc) != '"')
            out[n++] = sc->text[sc->pos++];
        out[n] = '\0';
    }
    if (sc->pos < sc->n && !scan_is_blank(scan_peek(sc)))
        return err_set(err, ERR_USAGE, sc->pos,
                       "state: found '%c' at byte %zu, need a blank between "
                       "values and quotes around a whole value",
                       scan_peek(sc), sc->pos);
    return true;
}

/* All of sc into *s; value is scratch as long as the text. */
static bool read_all(State *s, Scan *sc, char *value, Err *err) {
    for (scan_blanks(sc); sc->pos < sc->n; scan_blanks(sc)) {
        StateKey key = STATE_KEYS;
        size_t at = sc->pos;
        if (!read_key(sc, &key, err)) return false;
        if (s->set & key_bit(key))
            return err_set(err, ERR_USAGE, at,
                           "state: key \"%s\" at byte %zu is given twice",
                           keys_info[key].name, at);
        at = sc->pos;
        if (!read_text(sc, value, sc->n + 1, err) ||
            !read_value(s, key, value, at, err))
            return false;
        s->set |= key_bit(key);
    }
    return true;
}

bool state_parse(State *s, const char *text, Err *err) {
    size_t n = strlen(text);
    if (n > STATE_TEXT_MAX)
        return err_set(err, ERR_LIMIT, 0, "state: found %zu bytes, allowed %d",
                       n, STATE_TEXT_MAX);
    char *value = malloc(n + 1);
    if (!value) return err_memory(err, "state", n + 1);
    /* Read beside *s, so that an error half way leaves it alone. */
    State given;
    state_init(&given);
    Scan sc = scan_init(text, n, "state");
    bool ok = read_all(&given, &sc, value, err) && state_apply(s, &given, err);
    state_free(&given);
    free(value);
    return ok;
}

/* ---- writing ------------------------------------------------------------ */

/* snprintf's way: counts everything, writes what fits. */
typedef struct Out {
    char *text;
    size_t size, len;
} Out;

static void out_bytes(Out *o, const char *bytes, size_t n) {
    if (o->len < o->size) {
        size_t room = o->size - o->len - 1;
        size_t fits = n < room ? n : room;
        memcpy(o->text + o->len, bytes, fits);
        o->text[o->len + fits] = '\0';
    }
    o->len += n;
}

static void out_format(Out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void out_format(Out *o, const char *fmt, ...) {
    char text[64];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    out_bytes(o, text, (size_t)n);
}

/* One code point or stray byte of a quoted text. */
static void out_escaped(Out *o, const char *c, size_t n, uint32_t cp) {
    if (cp == '"' || cp == '\\')
        out_format(o, "\\%c", *c);
    else if (cp == '\n')
        out_bytes(o, "\\n", 2);
    else if (cp == '\t')
        out_bytes(o, "\\t", 2);
    else if (cp == UTF8_BAD || cp < 0x20 || cp == 0x7F)
        out_format(o, "\\x%02x", (unsigned)(unsigned char)*c);
    else
        out_bytes(o, c, n);
}

static void out_quoted(Out *o, const char *text, size_t n) {
    out_bytes(o, "\"", 1);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t len = (size_t)utf8_decode(text + i, n - i, &cp);
        bool ends_comment = i >= 2 && memcmp(text + i - 2, "-->", 3) == 0;
        if (ends_comment)
            out_bytes(o, "\\x3e", 4);
        else
            out_escaped(o, text + i, len, cp);
        i += len;
    }
    out_bytes(o, "\"", 1);
}

/* The fewest digits that read back as the same float. */
static void out_real(Out *o, float v) {
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)v);
        if (strtof(text, NULL) == v) break;
    }
    out_format(o, "%s", text);
}

static void out_then(Out *o, const State *s) {
    for (int i = 0; i < s->n_then; i++)
        out_format(o, "%s%d", i ? "," : "", s->then[i]);
}

static void out_edits(Out *o, const Edits *e) {
    char text[STATE_VALUE_MAX];
    edits_format(e, text, sizeof text);
    out_bytes(o, text, strlen(text));
}

static void out_value(Out *o, const State *s, const KeyInfo *info) {
    const void *from = field_const(s, info);
    switch (info->kind) {
    case KIND_WORD:
    case KIND_CHOICE:
        out_bytes(o, from, strlen(from));
        break;
    case KIND_SWITCH:
        out_format(o, "%s", *(const bool *)from ? "on" : "off");
        break;
    case KIND_INT:
        out_format(o, "%d", *(const int *)from);
        break;
    case KIND_REAL:
        out_real(o, *(const float *)from);
        break;
    case KIND_SEED:
        out_format(o, "%" PRIu64, *(const uint64_t *)from);
        break;
    case KIND_PROMPT:
        out_quoted(o, s->prompt, s->prompt_len);
        break;
    case KIND_THEN:
        out_then(o, s);
        break;
    case KIND_EDITS:
        out_edits(o, from);
        break;
    }
}

static bool is_default(const State *s, const KeyInfo *info) {
    if (info->kind == KIND_PROMPT) return s->prompt_len == 0;
    if (info->kind == KIND_THEN) return s->n_then == 0;
    char text[STATE_VALUE_MAX] = "";
    Out o = {.text = text, .size = sizeof text};
    out_value(&o, s, info);
    return strcmp(text, info->initial) == 0;
}

size_t state_format(const State *s, uint32_t keys, char *out, size_t size) {
    Out o = {.text = out, .size = size};
    if (size > 0) out[0] = '\0';
    for (int k = 0; k < STATE_KEYS; k++) {
        const KeyInfo *info = &keys_info[k];
        if (!(keys & key_bit((StateKey)k))) continue;
        if (keys == ~0u && is_default(s, info)) continue;
        out_format(&o, "%s%s=", o.len ? " " : "", info->name);
        out_value(&o, s, info);
    }
    return o.len;
}
