/* A cursor over one short text. */
#include "lessons/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_NUMBER_MAX 64 /* characters of one number */

Scan scan_init(const char *text, size_t n, const char *who) {
    return (Scan){.text = text, .n = n, .who = who};
}

bool scan_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void scan_blanks(Scan *s) {
    while (s->pos < s->n && scan_is_blank(s->text[s->pos]))
        s->pos++;
}

const char *scan_find(const char *text, size_t n, const char *what) {
    size_t len = strlen(what);
    const char *end = text + n;
    while ((size_t)(end - text) >= len) {
        text = memchr(text, *what, (size_t)(end - text) - len + 1);
        if (!text || memcmp(text, what, len) == 0) return text;
        text++;
    }
    return NULL;
}

char scan_peek(const Scan *s) {
    return s->pos < s->n ? s->text[s->pos] : '\0';
}

bool scan_take(Scan *s, char c) {
    if (s->pos >= s->n || s->text[s->pos] != c) return false;
    s->pos++;
    return true;
}

/* The C library's isalpha and its kin depend on the locale; these do not. */
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

size_t scan_name(Scan *s, const char **name) {
    *name = s->text + s->pos;
    if (!is_letter(scan_peek(s))) return 0;
    size_t from = s->pos;
    while (is_letter(scan_peek(s)) || is_digit(scan_peek(s)) ||
           scan_peek(s) == '_')
        s->pos++;
    return s->pos - from;
}

static int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte that an escape stands for, the backslash already taken. */
static bool scan_escape(Scan *s, char *out, Err *err) {
    size_t at = s->pos - 1;
    if (s->pos < s->n) {
        char c = s->text[s->pos++];
        switch (c) {
        case '"':
        case '\\':
            *out = c;
            return true;
        case 'n':
            *out = '\n';
            return true;
        case 't':
            *out = '\t';
            return true;
        case 'x':
            if (s->n - s->pos >= 2) {
                int high = hex_digit(s->text[s->pos]);
                int low = hex_digit(s->text[s->pos + 1]);
                if (high < 0 || low < 0) break;
                s->pos += 2;
                *out = (char)(high * 16 + low);
                return true;
            }
        }
    }
    return err_set(err, ERR_USAGE, at,
                   "%s: unknown escape, need \\\" \\\\ \\n \\t or \\xNN",
                   s->who);
}

bool scan_quoted(Scan *s, char *out, size_t size, size_t *len, Err *err) {
    size_t from = s->pos;
    size_t n = 0;
    scan_take(s, '"');
    while (!scan_take(s, '"')) {
        if (s->pos >= s->n)
            return err_set(err, ERR_USAGE, from,
                           "%s: a text in quotes has no closing quote", s->who);
        char c = s->text[s->pos++];
        if (c == '\\' && !scan_escape(s, &c, err)) return false;
        if (c == '\0')
            return err_set(err, ERR_USAGE, s->pos - 1,
                           "%s: a text cannot hold a NUL byte", s->who);
        if (n + 1 >= size)
            return err_set(err, ERR_LIMIT, from,
                           "%s: a text is longer than %zu bytes", s->who,
                           size - 1);
        out[n++] = c;
    }
    out[n] = '\0';
    *len = n;
    return true;
}

void scan_trim(const char **text, size_t *n) {
    for (; *n > 0 && scan_is_blank(**text); --*n)
        ++*text;
    while (*n > 0 && scan_is_blank((*text)[*n - 1]))
        --*n;
}

bool scan_number(const char *text, size_t n, double *out) {
    char copy[SCAN_NUMBER_MAX + 1];
    if (n == 0 || n > SCAN_NUMBER_MAX) return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    /* strtod also knows hexadecimal, "inf" and "nan"; this grammar does not. */
    if (strspn(copy, "0123456789+-.eE") != n) return false;
    char *end = NULL;
    double v = strtod(copy, &end);
    if (*end != '\0' || !isfinite(v)) return false;
    *out = v;
    return true;
}
