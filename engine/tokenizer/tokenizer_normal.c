/* Normalising: what is done to a text before it is cut, a character at a time,
 * so that each byte of the result knows where it is from (utf8proc).
 * Source: Unicode Standard Annex 15 (NFC, NFD); Devlin et al. 2018 (BERT),
 * tokenization.py, BasicTokenizer, as the tokenizers of Hugging Face have it:
 * clean, space Chinese, strip accents, lower. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* Code points of a run, decomposed: four for each at most. */
enum { SCRATCH = 4 * (NORMAL_RUN_MAX + 1) };

typedef struct Normal {
    int rules;
    const char *text;
    size_t n;
    NormalPut put;
    void *ud;
} Normal;

static void put_char(const Normal *m, uint32_t cp, size_t begin, size_t end) {
    char bytes[4];
    m->put(m->ud, bytes, utf8_encode(cp, bytes), begin, end);
}

static utf8proc_category_t category(uint32_t cp) {
    return utf8proc_category((utf8proc_int32_t)cp);
}

/* ---- composing ----------------------------------------------------------- */

/* Whether it may become one with what is before it: marks, and the vowels and
 * last consonants of Korean syllables. */
static bool is_joined(uint32_t cp) {
    if (cp < 0x300 || cp == UTF8_BAD) return false;
    const utf8proc_category_t c = category(cp);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC ||
           c == UTF8PROC_CATEGORY_ME || (cp >= 0x1160 && cp <= 0x11FF) ||
           (cp >= 0xD7B0 && cp <= 0xD7FF);
}

/* Where the run that begins at `at` ends. */
static size_t run_end(const Normal *m, size_t at) {
    uint32_t cp;
    at += (size_t)utf8_decode(m->text + at, m->n - at, &cp);
    if (cp == UTF8_BAD) return at;
    for (int k = 0; k < NORMAL_RUN_MAX && at < m->n; k++) {
        const int len = utf8_decode(m->text + at, m->n - at, &cp);
        if (!is_joined(cp)) break;
        at += (size_t)len;
    }
    return at;
}

static void compose(const Normal *m, size_t begin, size_t end) {
    const size_t n = end - begin;
    const char *run = m->text + begin;
    uint32_t first;
    const bool alone = (size_t)utf8_decode(run, n, &first) == n;
    utf8proc_int32_t cps[SCRATCH];
    utf8proc_ssize_t got = -1;
    if (!alone || (first >= 0x300 && first != UTF8_BAD))
        got = utf8proc_decompose((const utf8proc_uint8_t *)run,
                                 (utf8proc_ssize_t)n, cps, SCRATCH,
                                 UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    if (got >= 0 && got <= SCRATCH)
        got = utf8proc_normalize_utf32(cps, got,
                                       UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    char bytes[4 * SCRATCH];
    int len = 0;
    for (utf8proc_ssize_t i = 0; i < got && got <= SCRATCH; i++)
        len += utf8_encode((uint32_t)cps[i], bytes + len);
    if (len == 0 || ((size_t)len == n && memcmp(bytes, run, n) == 0)) {
        for (size_t i = 0; i < n; i++) /* as it was */
            m->put(m->ud, run + i, 1, begin + i, begin + i + 1);
        return;
    }
    const size_t made = (size_t)len;
    for (size_t i = 0; i < made; i++) /* spread, each from one byte at least */
        m->put(m->ud, bytes + i, 1, begin + i * n / made,
               begin + ((i + 1) * n + made - 1) / made);
}

/* ---- BERT ---------------------------------------------------------------- */

/* What is not assigned stays, as it does in the tokenizers of Hugging Face. */
static bool is_control(uint32_t cp) {
    if (cp == '\t' || cp == '\n' || cp == '\r') return false;
    switch (category(cp)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
        return true;
    default:
        return false;
    }
}

/* The blocks that BERT takes for Chinese.  U+2B820 to U+2B91F are missing, as
 * they are in the tokenizers of Hugging Face. */
static bool is_chinese(uint32_t cp) {
    static const uint32_t blocks[][2] = {
        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},
        {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F},
        {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (cp >= blocks[i][0] && cp <= blocks[i][1]) return true;
    return false;
}

static void put_lower(const Normal *m, uint32_t cp, size_t begin, size_t end) {
    if ((m->rules & NORMAL_LOWER) && cp == 0x130) {
        /* The one character whose lower case is two. */
        put_char(m, 'i', begin, end);
        put_char(m, 0x307, begin, end);
        return;
    }
    if (m->rules & NORMAL_LOWER)
        cp = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
    put_char(m, cp, begin, end);
}

/* Its base characters; an accent alone goes with what is before it. */
static void put_stripped(const Normal *m, uint32_t cp, size_t begin,
                         size_t end) {
    utf8proc_int32_t cps[SCRATCH];
    int last = 0;
    const utf8proc_ssize_t n =
        utf8proc_decompose_char((utf8proc_int32_t)cp, cps, SCRATCH,
                                UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &last);
    for (utf8proc_ssize_t i = 0; i < n && n <= SCRATCH; i++)
        if (category((uint32_t)cps[i]) == UTF8PROC_CATEGORY_MN)
            m->put(m->ud, "", 0, begin, end);
        else
            put_lower(m, (uint32_t)cps[i], begin, end);
}

static void put_bert(const Normal *m, uint32_t cp, size_t begin, size_t end) {
    if (m->rules & NORMAL_CLEAN) {
        if (cp == 0 || cp == 0xFFFD || cp == UTF8_BAD || is_control(cp)) return;
        if (tokenizer_is_white(cp)) cp = ' ';
    }
    if (cp == UTF8_BAD) {
        m->put(m->ud, m->text + begin, 1, begin, end);
        return;
    }
    const bool spaced = (m->rules & NORMAL_CJK) && is_chinese(cp);
    if (spaced) m->put(m->ud, " ", 1, begin, begin);
    if (m->rules & NORMAL_STRIP)
        put_stripped(m, cp, begin, end);
    else
        put_lower(m, cp, begin, end);
    if (spaced) m->put(m->ud, " ", 1, end, end);
}

void tokenizer_normalize(int rules, const char *text, size_t n, NormalPut put,
                         void *ud) {
    const Normal m = {rules, text, n, put, ud};
    for (size_t at = 0, end; at < n; at = end) {
        uint32_t cp;
        if (rules & NORMAL_NFC) {
            end = run_end(&m, at);
            compose(&m, at, end);
        } else {
            end = at + (size_t)utf8_decode(text + at, n - at, &cp);
            put_bert(&m, cp, at, end);
        }
    }
}
