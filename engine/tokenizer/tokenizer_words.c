/* The words that byte-level BPE cuts a text into, scanned by hand: a regular
 * expression of Unicode categories and look-ahead, whose alternatives are tried
 * in order at each place.
 *
 *     GPT-2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+
 *              |\s+(?!\S)|\s+
 *     default  GPT-2's of what is between [\p{P}$+<=>^~|]+; then \p{N}+ and in
 *              these [0-9][0-9][0-9] are words of their own
 *     Llama 3  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+
 *              |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
 *              |\s+(?!\S)|\s+
 *     Qwen 2   Llama 3's with \p{N} for \p{N}{1,3}
 *
 * Source: Radford et al. 2019 (GPT-2), encoder.py; Llama 3, tokenizer.py;
 * llama.cpp, llama-vocab.cpp (default). */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/utf8.h"

#include <string.h>
#include <utf8proc.h>

typedef enum CharClass {
    CHAR_END, /* of the text, or where it is cut whatever the words are */
    CHAR_LETTER,
    CHAR_NUMBER,
    CHAR_SPACE,
    CHAR_NEWLINE, /* \r and \n; elsewhere a space too */
    CHAR_SIGN,    /* where signs are cut */
    CHAR_OTHER
} CharClass;

typedef struct Scanner {
    const WordRules *rules;
    const char *text;
    size_t n;
    bool in_signs; /* the word is of signs, which end nothing then */
} Scanner;

static CharClass classify(uint32_t cp) {
    if (cp == '\r' || cp == '\n') return CHAR_NEWLINE;
    /* Unicode's White_Space: these controls and the separators. */
    if ((cp >= '\t' && cp <= '\r') || cp == 0x85) return CHAR_SPACE;
    if (cp == UTF8_BAD) return CHAR_OTHER;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return CHAR_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return CHAR_NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return CHAR_SPACE;
    default:
        return CHAR_OTHER;
    }
}

bool tokenizer_is_punctuation(uint32_t cp) {
    switch (cp == UTF8_BAD ? UTF8PROC_CATEGORY_CN
                           : utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return true;
    default:
        return false;
    }
}

bool tokenizer_is_white(uint32_t cp) {
    const CharClass c = classify(cp);
    return c == CHAR_SPACE || c == CHAR_NEWLINE;
}

/* Letters and digits, marks, what joins, and letters in rings and boxes, which
 * are symbols by their category. */
bool tokenizer_is_word_char(uint32_t cp) {
    if (cp == UTF8_BAD) return false;
    if (cp == 0x200C || cp == 0x200D || (cp >= 0x24B6 && cp <= 0x24E9) ||
        (cp >= 0x1F130 && cp <= 0x1F149) || (cp >= 0x1F150 && cp <= 0x1F169) ||
        (cp >= 0x1F170 && cp <= 0x1F189))
        return true;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_NO:
        return false;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return classify(cp) == CHAR_LETTER || classify(cp) == CHAR_NUMBER;
    }
}

static bool is_sign(uint32_t cp) {
    if (cp == UTF8_BAD) return false;
    return tokenizer_is_punctuation(cp) ||
           (cp < 0x80 && cp > 0 && strchr("$+<=>^~|", (int)cp));
}

/* The class of the character at `at`; its end in *next. */
static CharClass look(const Scanner *s, size_t at, size_t *next) {
    *next = at;
    if (at >= s->n) return CHAR_END;
    uint32_t cp;
    int n = utf8_decode(s->text + at, s->n - at, &cp);
    CharClass c = classify(cp);
    if (c == CHAR_NUMBER && s->rules->numbers_cut && at > 0) return CHAR_END;
    if (s->rules->signs_cut && is_sign(cp)) {
        c = CHAR_SIGN;
        if (at > 0 && !s->in_signs) return CHAR_END;
    }
    *next = at + (size_t)n;
    return c;
}

static bool is_space(CharClass c) {
    return c == CHAR_SPACE || c == CHAR_NEWLINE;
}

/* Where the run of `c` that begins at `at` ends, after `max` characters at
 * most. */
static size_t run_of(const Scanner *s, CharClass c, size_t at, size_t max) {
    size_t next;
    for (; max > 0 && look(s, at, &next) == c; max--)
        at = next;
    return at;
}

/* 's 't 're 've 'm 'll 'd.  Without regard to case the long s is an s, too. */
static size_t contraction(const Scanner *s) {
    static const char *const ends[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    const bool any_case = s->rules->any_case;
    if (s->text[0] != '\'') return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]), k = 0;
        for (; k < n && k + 1 < s->n; k++) {
            char c = s->text[k + 1];
            if (any_case && c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
            if (c != ends[i][k]) break;
        }
        if (k == n) return n + 1;
    }
    if (any_case && s->n >= 3 && memcmp(s->text + 1, "\u017F", 2) == 0)
        return 3;
    return 0;
}

/* White space: \s*[\r\n]+ (Llama 3), \s+(?!\S), \s+. */
static size_t space_word(const Scanner *s) {
    size_t at = 0, next, last = 0, newline_end = 0;
    for (CharClass c; is_space(c = look(s, at, &next)); at = next) {
        last = at;
        if (c == CHAR_NEWLINE) newline_end = next;
    }
    if (s->rules->newlines && newline_end > 0) return newline_end;
    /* The last one is left to the word that follows, unless it is all. */
    bool at_end = look(s, at, &next) == CHAR_END;
    return at_end || last == 0 ? at : last;
}

/* Whether three digits of ASCII stand there. */
static bool is_three(const Scanner *s, size_t at) {
    for (size_t i = at; i < at + 3; i++)
        if (i >= s->n || s->text[i] < '0' || s->text[i] > '9') return false;
    return true;
}

/* Three digits, or what of the number is before the next three. */
static size_t number_of_threes(const Scanner *s) {
    size_t at = 0, next;
    if (is_three(s, 0)) return 3;
    while (look(s, at, &next) == CHAR_NUMBER && (at == 0 || !is_three(s, at)))
        at = next;
    return at;
}

size_t tokenizer_word(const WordRules *rules, const char *text, size_t n) {
    Scanner s = {rules, text, n, false};
    const int numbers_max = rules->numbers_max;
    size_t first_end, second_end, end = rules->signs_cut ? 0 : contraction(&s);
    if (end > 0) return end;
    CharClass first = look(&s, 0, &first_end);
    s.in_signs = first == CHAR_SIGN;
    if (s.in_signs) return run_of(&s, CHAR_SIGN, 0, SIZE_MAX);
    if (first == CHAR_NUMBER && rules->threes) return number_of_threes(&s);
    CharClass second = look(&s, first_end, &second_end);
    if (first == CHAR_NUMBER && rules->numbers_cut) return first_end;
    if (second == CHAR_NUMBER && rules->threes && text[0] == ' ')
        return first_end;
    if (first == CHAR_NUMBER && numbers_max > 0)
        return run_of(&s, CHAR_NUMBER, 0, (size_t)numbers_max);
    /* What may come before the run that makes the word. */
    bool leads = text[0] == ' ' || (rules->any_lead && second == CHAR_LETTER &&
                                    first != CHAR_NEWLINE);
    CharClass run = first;
    size_t begin = 0;
    if (leads && first != CHAR_LETTER && !is_space(second) &&
        second != CHAR_END && !(numbers_max > 0 && second == CHAR_NUMBER)) {
        run = second;
        begin = first_end;
    }
    if (is_space(run)) return space_word(&s);
    end = run_of(&s, run, begin, SIZE_MAX);
    if (rules->newlines && run == CHAR_OTHER)
        end = run_of(&s, CHAR_NEWLINE, end, SIZE_MAX);
    return end;
}
