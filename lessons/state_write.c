/* States to text. */
#include "engine/base/escape.h"
#include "engine/base/utf8.h"
#include "lessons/state_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_VALUE_MAX 6144 /* bytes of any value but prompt and then */

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
    else if (escape_is_needed(cp)) /* it is pasted elsewhere, too */
        for (size_t i = 0; i < n; i++)
            out_format(o, "\\x%02x", (unsigned)(unsigned char)c[i]);
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

static void out_heads(Out *o, const StateHeads *h) {
    for (int i = 0; i < h->n; i++)
        out_format(o, "%s%d", i ? "," : "", h->at[i]);
}

/* What says nothing at the end of a list is left out. */
static void out_answers(Out *o, const StateAnswers *a) {
    int n = STATE_ASKS_MAX;
    while (n > 0 && !(a->at[n - 1] > STATE_NONE))
        n--;
    for (int i = 0; i < n; i++) {
        if (i) out_bytes(o, ",", 1);
        if (a->at[i] > STATE_NONE)
            out_real(o, a->at[i]);
        else
            out_bytes(o, "-", 1);
    }
}

static int count_votes(const int *v) {
    int n = STATE_OPTIONS_MAX;
    while (n > 0 && v[n - 1] == 0)
        n--;
    return n;
}

static void out_vote(Out *o, const int *v) {
    const int n = count_votes(v);
    for (int i = 0; i < n; i++)
        out_format(o, "%s%d", i ? "," : "", v[i]);
}

static void out_votes(Out *o, const StateVotes *v) {
    int n = STATE_ASKS_MAX;
    while (n > 0 && !count_votes(v->at[n - 1][0]) &&
           !count_votes(v->at[n - 1][1]))
        n--;
    for (int i = 0; i < n; i++) {
        if (i) out_bytes(o, ";", 1);
        out_vote(o, v->at[i][0]);
        if (count_votes(v->at[i][1])) out_bytes(o, "/", 1);
        out_vote(o, v->at[i][1]);
    }
}

static void out_edits(Out *o, const Edits *e) {
    char text[STATE_VALUE_MAX];
    edits_format(e, text, sizeof text);
    out_bytes(o, text, strlen(text));
}

static void out_shape(Out *o, const Shape *s) {
    char text[SHAPE_TEXT_MAX];
    shape_format(s, text);
    out_bytes(o, text, strlen(text));
}

static void out_value(Out *o, const State *s, const StateKeyInfo *info) {
    const void *from = state_field_const(s, info);
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
    case KIND_PAIR:
        out_format(o, "%d,%d", ((const int *)from)[0], ((const int *)from)[1]);
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
    case KIND_SHAPE:
        out_shape(o, from);
        break;
    case KIND_HEADS:
        out_heads(o, from);
        break;
    case KIND_ANSWERS:
        out_answers(o, from);
        break;
    case KIND_VOTES:
        out_votes(o, from);
        break;
    case KIND_LINE:
    case KIND_PATH:
    case KIND_AGAINST:
        out_quoted(o, from, strlen(from));
        break;
    }
}

static bool is_default(const State *s, const StateKeyInfo *info) {
    if (info->kind == KIND_PROMPT) return s->prompt_len == 0;
    if (info->kind == KIND_THEN) return s->n_then == 0;
    if (info->kind == KIND_AGAINST || info->kind == KIND_LINE ||
        info->kind == KIND_PATH)
        return *(const char *)state_field_const(s, info) == '\0';
    char text[STATE_VALUE_MAX] = "";
    Out o = {.text = text, .size = sizeof text};
    out_value(&o, s, info);
    return strcmp(text, info->initial) == 0;
}

size_t state_format(const State *s, StateKeys keys, char *out, size_t size) {
    Out o = {.text = out, .size = size};
    if (size > 0) out[0] = '\0';
    for (int k = 0; k < STATE_KEYS; k++) {
        const StateKeyInfo *info = state_key_info((StateKey)k);
        if (!(keys & STATE_BIT((StateKey)k))) continue;
        if (keys == STATE_ALL && is_default(s, info)) continue;
        out_format(&o, "%s%s=", o.len ? " " : "", info->name);
        out_value(&o, s, info);
    }
    return o.len;
}
