/* Sizes of pictures: "h:500" and "w:50%" in front of what a picture shows, as
 * Marp has them, and the attributes and styles of <img>. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <string.h>
#include <strings.h>

static bool name_is(const char *name, size_t n, const char *is) {
    return n == strlen(is) && strncasecmp(name, is, n) == 0;
}

static bool is_size(const char *name, size_t n) {
    return name_is(name, n, "w") || name_is(name, n, "width") ||
           name_is(name, n, "h") || name_is(name, n, "height");
}

/* "500", "500px" or "50%": of the page's width. */
static bool read_size(const char *text, size_t n, double most, bool *share,
                      double *out) {
    size_t digits = 0;
    while (digits < n && strchr("0123456789.", text[digits]))
        digits++;
    *share = n == digits + 1 && text[digits] == '%';
    if (n != digits && !*share &&
        !(n == digits + 2 && memcmp(text + digits, "px", 2) == 0))
        return false;
    return scan_number(text, digits, out) && *out >= 1 &&
           *out <= (*share ? 100 : most);
}

bool deck_size_read(DeckBlock *block, const char *name, size_t n_name,
                    const char *value, size_t n) {
    const bool w = name_is(name, n_name, "w") || name_is(name, n_name, "width");
    const bool h = !w && is_size(name, n_name);
    bool share;
    double size;
    if ((!w && !h) || !read_size(value, n, DECK_PIXELS_MAX, &share, &size) ||
        (h && share))
        return false;
    if (share)
        block->share = (int)size;
    else if (w)
        block->width = (int)size;
    else
        block->height = (int)size;
    return true;
}

/* "h:500": into the block; false: another word. */
static bool take_word(DeckBuild *b, DeckBlock *block, const char *word,
                      size_t n) {
    const char *colon = memchr(word, ':', n);
    const size_t name = colon ? (size_t)(colon - word) : 0;
    if (!is_size(word, name) || n <= name + 1 ||
        !strchr("+-.0123456789", colon[1]))
        return false;
    if (!deck_size_read(block, word, name, colon + 1, n - name - 1))
        deck_build_warn(b,
                        "picture: size \"%.*s\" is left out, need pixels or "
                        "a width in %%",
                        n < 40 ? (int)n : 40, word);
    return true;
}

void deck_size_words(DeckBuild *b) {
    DeckBlock *block = deck_build_last(b);
    char *text = b->text.items;
    size_t at = 0;
    if (!block || !b->open || block->kind != BLOCK_IMAGE || b->text.n == 0)
        return;
    while (at < b->text.n) {
        size_t n = 0;
        while (at + n < b->text.n && !scan_is_blank(text[at + n]))
            n++;
        if (n == 0 || !take_word(b, block, text + at, n)) break;
        at += n;
        while (at < b->text.n && scan_is_blank(text[at]))
            at++;
    }
    memmove(text, text + at, b->text.n - at);
    b->text.n -= at;
}

/* "width: 50%; height: 300px" */
void deck_size_style(DeckBuild *b, DeckBlock *block, const char *style) {
    while (*style) {
        const size_t n = strcspn(style, ";");
        const size_t name = strcspn(style, ": ;");
        size_t from = name;
        size_t to = n;
        while (from < n && (style[from] == ':' || scan_is_blank(style[from])))
            from++;
        while (to > from && scan_is_blank(style[to - 1]))
            to--;
        if (n > 0 &&
            !deck_size_read(block, style, name, style + from, to - from))
            deck_build_warn(b, "<img>: style \"%.*s\" is left out",
                            n < 60 ? (int)n : 60, style);
        style += n + (style[n] == ';');
        while (scan_is_blank(*style))
            style++;
    }
}
