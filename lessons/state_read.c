/* Text to states. */
#include "lessons/scan.h"
#include "lessons/state_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading one value -------------------------------------------------- */

/* "state: layer: found "x", need ..." at byte `at`. */
static bool bad_value(const StateKeyInfo *info, const char *text, size_t at,
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

static bool read_word(State *s, const StateKeyInfo *info, const char *text,
                      size_t at, Err *err) {
    size_t n = strlen(text);
    if (!is_word(text, n, (size_t)info->min))
        return bad_value(info, text, at, err,
                         "a word of letters, digits, _ - and .");
    if (info->choices && !is_choice(info->choices, text, n))
        return bad_value(info, text, at, err, info->choices);
    memcpy(state_field(s, info), text, n + 1);
    return true;
}

static bool read_switch(State *s, const StateKeyInfo *info, const char *text,
                        size_t at, Err *err) {
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0)
        return bad_value(info, text, at, err, "on or off");
    *(bool *)state_field(s, info) = on;
    return true;
}

static bool read_real(State *s, const StateKeyInfo *info, const char *text,
                      size_t at, Err *err) {
    double v = 0;
    char need[64];
    if (!scan_number(text, strlen(text), &v) || v < info->min ||
        v > info->max) {
        snprintf(need, sizeof need, "a number from %g to %g", info->min,
                 info->max);
        return bad_value(info, text, at, err, need);
    }
    *(float *)state_field(s, info) = (float)v;
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

/* A number of n digits, with its sign, within the key's limits. */
static bool read_number(const StateKeyInfo *info, const char *text, size_t n,
                        int *out) {
    bool negative = n > 0 && text[0] == '-';
    uint64_t v = 0;
    if (!read_whole(text + negative, n - negative, &v) || v > INT32_MAX)
        return false;
    *out = negative ? -(int)v : (int)v;
    return *out >= info->min && *out <= info->max;
}

static bool read_int(State *s, const StateKeyInfo *info, const char *text,
                     size_t at, Err *err) {
    int number;
    char need[64];
    if (!read_number(info, text, strlen(text), &number)) {
        snprintf(need, sizeof need, "a whole number from %.0f to %.0f",
                 info->min, info->max);
        return bad_value(info, text, at, err, need);
    }
    *(int *)state_field(s, info) = number;
    return true;
}

static bool read_pair(State *s, const StateKeyInfo *info, const char *text,
                      size_t at, Err *err) {
    const size_t n = strcspn(text, ",");
    int pair[2];
    char need[64];
    if (text[n] != ',' || !read_number(info, text, n, &pair[0]) ||
        !read_number(info, text + n + 1, strlen(text + n + 1), &pair[1])) {
        snprintf(need, sizeof need, "two whole numbers from %.0f to %.0f: A,B",
                 info->min, info->max);
        return bad_value(info, text, at, err, need);
    }
    memcpy(state_field(s, info), pair, sizeof pair);
    return true;
}

/* Adds the number text[0..n) to a list that has room and has it not. */
static bool add_head(StateHeads *h, const StateKeyInfo *info, const char *text,
                     size_t n) {
    int head;
    if (h->n == STATE_HEADS_MAX || !read_number(info, text, n, &head))
        return false;
    for (int i = 0; i < h->n; i++)
        if (h->at[i] == head) return false;
    h->at[h->n++] = head;
    return true;
}

static bool read_heads(State *s, const StateKeyInfo *info, const char *text,
                       size_t at, Err *err) {
    StateHeads heads = {0};
    char need[80];
    for (const char *c = text; *c;) {
        const size_t n = strcspn(c, ",");
        const bool more = c[n] == ',';
        if (!add_head(&heads, info, c, n) || (more && c[n + 1] == '\0')) {
            snprintf(need, sizeof need,
                     "at most %d heads, each once, from %.0f to %.0f: A,B",
                     STATE_HEADS_MAX, info->min, info->max);
            return bad_value(info, text, at, err, need);
        }
        c += n + more;
    }
    memcpy(state_field(s, info), &heads, sizeof heads);
    return true;
}

/* A number of n bytes, or "-" for none. */
static bool read_answer(const StateKeyInfo *info, const char *text, size_t n,
                        float *out) {
    double v;
    if (n == 1 && *text == '-') return true;
    if (!scan_number(text, n, &v) || v < info->min || v > info->max)
        return false;
    *out = (float)v;
    return true;
}

static bool read_answers(State *s, const StateKeyInfo *info, const char *text,
                         size_t at, Err *err) {
    StateAnswers answers;
    char need[80];
    int n = 0;
    for (int i = 0; i < STATE_ASKS_MAX; i++)
        answers.at[i] = STATE_NONE;
    for (const char *c = text; *c; n++) {
        const size_t len = strcspn(c, ",");
        const bool more = c[len] == ',';
        if (n == STATE_ASKS_MAX || (more && c[len + 1] == '\0') ||
            !read_answer(info, c, len, &answers.at[n])) {
            snprintf(need, sizeof need,
                     "at most %d numbers from %g to %g, or -: A,-,B",
                     STATE_ASKS_MAX, info->min, info->max);
            return bad_value(info, text, at, err, need);
        }
        c += len + more;
    }
    memcpy(state_field(s, info), &answers, sizeof answers);
    return true;
}

/* One vote: counts with commas between; they end at n bytes. */
static bool read_vote(const StateKeyInfo *info, const char *text, size_t n,
                      int out[STATE_OPTIONS_MAX]) {
    for (int i = 0; n > 0; i++) {
        const char *comma = memchr(text, ',', n);
        const size_t len = comma ? (size_t)(comma - text) : n;
        if (i == STATE_OPTIONS_MAX || (comma && len + 1 == n) ||
            !read_number(info, text, len, &out[i]))
            return false;
        text += comma ? len + 1 : len;
        n -= comma ? len + 1 : len;
    }
    return true;
}

/* Both votes of a question. */
static bool read_both_votes(const StateKeyInfo *info, const char *text,
                            size_t n, int out[2][STATE_OPTIONS_MAX]) {
    const char *slash = memchr(text, '/', n);
    const size_t first = slash ? (size_t)(slash - text) : n;
    return read_vote(info, text, first, out[0]) &&
           (!slash || read_vote(info, slash + 1, n - first - 1, out[1]));
}

static bool read_votes(State *s, const StateKeyInfo *info, const char *text,
                       size_t at, Err *err) {
    StateVotes votes = {0};
    int n = 0;
    for (const char *c = text; *c; n++) {
        const size_t len = strcspn(c, ";");
        if (n == STATE_ASKS_MAX || !read_both_votes(info, c, len, votes.at[n]))
            return bad_value(info, text, at, err,
                             "counts up to 9999: 15,9,4/6,20,2;1,2");
        c += len + (c[len] == ';');
    }
    memcpy(state_field(s, info), &votes, sizeof votes);
    return true;
}

static bool read_seed(State *s, const StateKeyInfo *info, const char *text,
                      size_t at, Err *err) {
    if (read_whole(text, strlen(text), (uint64_t *)state_field(s, info)))
        return true;
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

static bool read_then(State *s, const StateKeyInfo *info, const char *text,
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

static bool read_edits(State *s, const StateKeyInfo *info, const char *text,
                       size_t at, Err *err) {
    Edits edits = {0};
    Err inner = {0};
    if (!edits_parse(&edits, text, NULL, &inner))
        return err_set(err, ERR_USAGE, at + inner.pos, "state: %s: %s",
                       info->name, inner.msg);
    *(Edits *)state_field(s, info) = edits;
    return true;
}

static bool read_shape(State *s, const StateKeyInfo *info, const char *text,
                       size_t at, Err *err) {
    Err inner = {0};
    if (shape_parse(state_field(s, info), text, &inner)) return true;
    return err_set(err, ERR_USAGE, at + inner.pos, "state: %s: %s", info->name,
                   inner.msg);
}

static bool read_line(State *s, const StateKeyInfo *info, const char *text,
                      size_t at, Err *err) {
    const size_t n = strlen(text);
    const int most = info->kind == KIND_PATH ? STATE_PATH_MAX : STATE_LINE_MAX;
    if (n >= (size_t)most)
        return err_set(err, ERR_LIMIT, at,
                       "state: %s: found %zu bytes, allowed %d", info->name, n,
                       most - 1);
    memcpy(state_field(s, info), text, n + 1);
    return true;
}

static bool read_against(State *s, const StateKeyInfo *info, const char *text,
                         size_t at, Err *err) {
    const size_t n = strlen(text);
    State other;
    Err inner = {0};
    if (n >= STATE_AGAINST_MAX)
        return err_set(err, ERR_LIMIT, at,
                       "state: %s: found %zu bytes, allowed %d", info->name, n,
                       STATE_AGAINST_MAX - 1);
    if (n > 0 && strcmp(text, "off") != 0) {
        state_init(&other);
        const bool ok = state_read_against(&other, text, &inner);
        state_free(&other);
        if (!ok)
            return err_set(err, inner.code, at, "state: %s: %s", info->name,
                           inner.msg);
    }
    memcpy(state_field(s, info), text, n + 1);
    return true;
}

bool state_read_value(State *s, StateKey k, const char *text, size_t at,
                      Err *err) {
    const StateKeyInfo *info = state_key_info(k);
    switch (info->kind) {
    case KIND_WORD:
    case KIND_CHOICE:
        return read_word(s, info, text, at, err);
    case KIND_SWITCH:
        return read_switch(s, info, text, at, err);
    case KIND_INT:
        return read_int(s, info, text, at, err);
    case KIND_PAIR:
        return read_pair(s, info, text, at, err);
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
    case KIND_SHAPE:
        return read_shape(s, info, text, at, err);
    case KIND_HEADS:
        return read_heads(s, info, text, at, err);
    case KIND_ANSWERS:
        return read_answers(s, info, text, at, err);
    case KIND_VOTES:
        return read_votes(s, info, text, at, err);
    case KIND_LINE:
    case KIND_PATH:
        return read_line(s, info, text, at, err);
    case KIND_AGAINST:
        return read_against(s, info, text, at, err);
    }
    return false;
}

/* ---- reading ------------------------------------------------------------ */

static bool unknown_key(const char *name, size_t n, size_t at, Err *err) {
    char list[ERR_MSG_MAX] = "";
    size_t used = 0;
    for (int k = 0; k < STATE_KEYS && used < sizeof list; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 state_key_name((StateKey)k));
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
        if (strlen(state_key_name((StateKey)k)) == n &&
            memcmp(state_key_name((StateKey)k), name, n) == 0) {
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
        if (s->set & STATE_BIT(key))
            return err_set(err, ERR_USAGE, at,
                           "state: key \"%s\" at byte %zu is given twice",
                           state_key_name(key), at);
        at = sc->pos;
        if (!read_text(sc, value, sc->n + 1, err) ||
            !state_read_value(s, key, value, at, err))
            return false;
        s->set |= STATE_BIT(key);
    }
    return true;
}

bool state_find(const char *text, StateKey wanted, size_t *at, size_t *n) {
    char value[STATE_AGAINST_MAX];
    Scan sc = scan_init(text, strlen(text), "state");
    if (sc.n >= sizeof value) return false;
    for (scan_blanks(&sc); sc.pos < sc.n; scan_blanks(&sc)) {
        StateKey key = STATE_KEYS;
        *at = sc.pos;
        if (!read_key(&sc, &key, NULL) ||
            !read_text(&sc, value, sizeof value, NULL))
            return false;
        *n = sc.pos - *at;
        if (key == wanted) return true;
    }
    return false;
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
