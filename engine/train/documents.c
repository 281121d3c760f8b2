/* One look at the whole text decides what separates documents. */
#include "engine/train/documents.h"

#include <string.h>

/* The line end at or after `at`, or the end of the text. */
static size_t line_end(const char *text, size_t n, size_t at) {
    const char *end = memchr(text + at, '\n', n - at);
    return end ? (size_t)(end - text) : n;
}

static bool is_blank(const char *text, size_t at, size_t end) {
    for (; at < end; at++)
        if (text[at] != ' ' && text[at] != '\t' && text[at] != '\r')
            return false;
    return true;
}

/* Whether a blank line lies between two lines that are not. */
static bool has_blank_line(const char *text, size_t n) {
    bool started = false, blank = false;
    for (size_t at = 0; at < n;) {
        const size_t end = line_end(text, n, at);
        if (is_blank(text, at, end))
            blank = started;
        else if (blank)
            return true;
        else
            started = true;
        at = end + 1;
    }
    return false;
}

Documents documents_init(const char *text, size_t n) {
    return (Documents){
        .text = text, .n = n, .by_line = !has_blank_line(text, n)};
}

bool documents_next(Documents *d, Document *out) {
    size_t first = 0, last = 0; /* of the lines taken so far */
    bool started = false;
    while (d->at < d->n) {
        const size_t end = line_end(d->text, d->n, d->at);
        const bool blank = is_blank(d->text, d->at, end);
        if (!blank && !started) first = d->at;
        if (!blank) last = end;
        started = started || !blank;
        d->at = end + 1;
        if (started && (blank || d->by_line)) break;
    }
    if (started && last > first && d->text[last - 1] == '\r') last--;
    *out = (Document){d->text + first, last - first};
    return started;
}
