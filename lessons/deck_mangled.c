/* Text that was UTF-8, was read as Windows-1252 and saved again: "â€™" for an
 * apostrophe.  Whoever is warned is told what it was. */
#include "lessons/deck_private.h"

#include "engine/base/utf8.h"
#include "lessons/scan.h"

#include <string.h>

#define WORD_MAX 120 /* bytes of a word that is told */

/* Windows-1252's bytes 0x80 to 0x9F; 0: none.
 * Source: Unicode's mapping table CP1252.TXT. */
static const uint16_t high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* The byte that was read as this character; -1: none. */
static int byte_of(uint32_t cp) {
    for (int i = 0; i < 32; i++)
        if (high[i] == cp) return 0x80 + i;
    return cp < 0x100 && (cp < 0x80 || cp >= 0xA0) ? (int)cp : -1;
}

/* The word as it was, NUL-terminated; false: it was never another. */
static bool repair(const char *word, size_t n, char out[WORD_MAX + 1]) {
    size_t len = 0;
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        at += (size_t)utf8_decode(word + at, n - at, &cp);
        const int byte = byte_of(cp);
        if (byte < 0) return false;
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return len < n && utf8_valid(out, len);
}

static bool ends_word(char c) {
    return c && strchr(" \t[](){}<>\"*_", c);
}

void deck_mangled_check(DeckBuild *b, const char *line, size_t n) {
    static const char sign[] = "\xC3\xA2\xE2\x82\xAC";
    char was[WORD_MAX + 1];
    const char *at = scan_find(line, n, sign);
    if (!at) return;
    size_t from = (size_t)(at - line), to = from;
    int place = 1;
    while (from > 0 && !ends_word(line[from - 1]))
        from--;
    while (to < n && !ends_word(line[to]))
        to++;
    for (size_t i = 0; i < from; i = utf8_next(line, n, i))
        place++;
    if (to - from <= WORD_MAX && repair(line + from, to - from, was))
        deck_build_warn(b,
                        "mangled characters at character %d: \"%.*s\" was "
                        "\"%s\"",
                        place, (int)(to - from), line + from, was);
    else
        deck_build_warn(b,
                        "mangled characters at character %d: the text was "
                        "decoded with the wrong character set once",
                        place);
}
