/* Unicode's own table of well-formed sequences, and one loop over it. */
#include "engine/base/utf8.h"

/* What may follow a lead byte: table 3-7 of Unicode 15. */
typedef struct Lead {
    uint8_t first, last; /* range of lead bytes */
    uint8_t length;      /* of the whole sequence */
    uint8_t low, high;   /* range of the second byte; the others: 80..BF */
} Lead;

static const Lead leads[] = {
    {0x00, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x80, 0x8F},
};

/* Length of the code point that starts at s, 0 when there is none; *n_good is
 * how many of its bytes are there and right. */
static int scan(const char *s, size_t n, int *n_good) {
    const uint8_t *u = (const uint8_t *)s;
    *n_good = 0;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const Lead *lead = &leads[i];
        if (u[0] < lead->first || u[0] > lead->last) continue;
        uint8_t low = lead->low, high = lead->high;
        int good = 1;
        while (good < lead->length && (size_t)good < n && u[good] >= low &&
               u[good] <= high) {
            good++;
            low = 0x80;
            high = 0xBF;
        }
        *n_good = good;
        return lead->length;
    }
    return 0;
}

int utf8_decode(const char *s, size_t n, uint32_t *cp) {
    int good, length = scan(s, n, &good);
    if (length == 0 || good < length) {
        *cp = UTF8_BAD;
        return 1;
    }
    /* A lead byte of length 2, 3, 4 keeps its low 5, 4, 3 bits. */
    uint32_t v = (uint8_t)s[0];
    if (length > 1) v &= 0x7Fu >> length;
    for (int i = 1; i < length; i++)
        v = v << 6 | ((uint8_t)s[i] & 0x3F);
    *cp = v;
    return length;
}

bool utf8_is_cut(const char *s, size_t n) {
    int good, length = scan(s, n, &good);
    return good < length && (size_t)good == n;
}

int utf8_encode(uint32_t cp, char out[4]) {
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    int length = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)(0xF00u >> length | cp);
    return length;
}

bool utf8_valid(const char *s, size_t n) {
    size_t at = 0;
    while (at < n) {
        uint32_t cp;
        at += (size_t)utf8_decode(s + at, n - at, &cp);
        if (cp == UTF8_BAD) return false;
    }
    return true;
}

size_t utf8_next(const char *s, size_t n, size_t at) {
    uint32_t cp;
    return at >= n ? n : at + (size_t)utf8_decode(s + at, n - at, &cp);
}

size_t utf8_prev(const char *s, size_t n, size_t at) {
    uint32_t cp;
    if (at > n) at = n;
    if (at == 0) return 0;
    for (size_t length = 4; length > 1; length--)
        if (at >= length &&
            utf8_decode(s + at - length, length, &cp) == (int)length)
            return at - length;
    return at - 1;
}
