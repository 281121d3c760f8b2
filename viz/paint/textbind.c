/* Words and their numbers, told apart by their characters alone. */
#include "viz/paint/textbind.h"

#include "engine/base/utf8.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

static bool is_one_of(const TextWord *w, const char *const *list) {
    for (; *list; list++)
        if (strlen(*list) == (size_t)w->n &&
            memcmp(*list, w->text, (size_t)w->n) == 0)
            return true;
    return false;
}

/* Bytes of signs that a number may begin with: "(", "-", "~", "<" ... */
static int lead(TextWord w) {
    static const char *const wide[] = {"−", "±", "≈", "≤", "≥", "×",
                                       "€", "£", "“", "‘", "·", NULL};
    for (int at = 0; at < w.n;) {
        if (strchr("([{\"'+-~<>=$#*", w.text[at])) {
            at++;
            continue;
        }
        TextWord one = {w.text + at,
                        (int)utf8_next(w.text + at, (size_t)(w.n - at), 0)};
        if (!is_one_of(&one, wide)) return at;
        at += one.n;
    }
    return w.n;
}

static bool begins_with_digit(TextWord w) {
    int at = lead(w);
    if (at + 1 < w.n && w.text[at] == '.') at++; /* ".78" */
    return at < w.n && is_digit(w.text[at]);
}

/* A bare number, which needs what it counts: "3", not "3," or "3 MB" in one. */
static bool is_number(TextWord w) {
    if (!begins_with_digit(w) || !is_digit(w.text[w.n - 1])) return false;
    for (int i = lead(w); i < w.n; i++)
        if (is_letter(w.text[i]) && w.text[i] != 'e' && w.text[i] != 'x' &&
            (unsigned char)w.text[i] < 0x80)
            return false;
    return true;
}

/* "layer", "MLP", "L", or short for a name: "Fig.", "p.".  Small words that
 * only join ("is 65 %", "of 12") are none. */
static bool is_name(TextWord w) {
    static const char *const joining[] = {"the", "and", "was", "has",
                                          "are", "had", "for", "not",
                                          "but", "its", "all", NULL};
    if (w.n == 0) return false;
    if (w.text[w.n - 1] == '.') return w.n <= 4 && is_letter(w.text[0]);
    if (!is_letter(w.text[w.n - 1]) || is_one_of(&w, joining)) return false;
    return w.n > 2 || (w.text[0] >= 'A' && w.text[0] <= 'Z');
}

/* A sign between two numbers: "5 x 3", "x = 2", "1 / 8". */
static bool is_operator(TextWord w) {
    static const char *const signs[] = {
        "x", "=", "+", "-", "/", "*", "<", ">", "<=", ">=", "×", "·",
        "−", "±", "≈", "≤", "≥", "≠", "÷", "–", "#",  "§",  NULL};
    return is_one_of(&w, signs);
}

/* "head" in "layer 3 head 2": a name, which takes its own number along. */
static bool takes_number(TextWord b, TextWord c) {
    return b.n >= 4 && is_name(b) && begins_with_digit(c);
}

TextBond textbind_between(TextWord a, TextWord b, TextWord c) {
    if (a.n == 0 || b.n == 0) return TEXTBIND_NONE;
    if (begins_with_digit(b) && is_operator(a)) return TEXTBIND_UNIT;
    if (begins_with_digit(b)) return is_name(a) ? TEXTBIND_NAME : TEXTBIND_NONE;
    if (!is_number(a) || takes_number(b, c)) return TEXTBIND_NONE;
    return TEXTBIND_UNIT;
}
