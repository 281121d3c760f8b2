/* Character entities: &eacute; &#233; &#xE9;.  md4c's HTML half has the table
 * of all names that HTML knows, but hands out no function to look one up: so
 * the entity is rendered, as a paragraph of its own, and read back. */
#include "lessons/deck_private.h"

#include "engine/base/utf8.h"

#include <md4c-html.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARS 32 /* "CounterClockwiseContourIntegral" has 31 */

/* &#215; or &#xD7;, the text after the '#' up to the ';'. */
static bool numeric_entity(const char *text, char out[DECK_ENTITY_BYTES]) {
    bool hex = *text == 'x' || *text == 'X';
    char *end = NULL;
    if (hex) text++;
    const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (!*text || text[strspn(text, digits)] != '\0') return false;
    unsigned long cp = strtoul(text, &end, hex ? 16 : 10);
    bool scalar = cp > 0 && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
    int n = utf8_encode(scalar ? (uint32_t)cp : 0xFFFD, out);
    out[n] = '\0';
    return true;
}

typedef struct Html {
    char text[64]; /* "<p>", the character, "</p>\n" */
    size_t n;
} Html;

static void on_html(const MD_CHAR *text, MD_SIZE n, void *ud) {
    Html *html = ud;
    if (n > sizeof html->text - html->n) return;
    memcpy(html->text + html->n, text, n);
    html->n += n;
}

/* HTML's own marks come back written as entities again. */
static bool escaped_mark(const char *text, size_t n, char *out) {
    static const struct {
        const char *text;
        char c;
    } marks[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strlen(marks[i].text) == n && memcmp(marks[i].text, text, n) == 0) {
            *out = marks[i].c;
            return true;
        }
    return false;
}

/* entity: "&name;".  An unknown one comes back as "&amp;name;". */
static bool named_entity(const char *entity, size_t n,
                         char out[DECK_ENTITY_BYTES]) {
    static const size_t n_open = sizeof "<p>" - 1, n_close = sizeof "</p>";
    Html html = {.n = 0};
    if (md_html(entity, (MD_SIZE)n, on_html, &html, 0, 0) != 0) return false;
    if (html.n <= n_open + n_close) return false;
    const char *text = html.text + n_open;
    size_t len = html.n - n_open - n_close;
    memset(out, 0, DECK_ENTITY_BYTES);
    if (escaped_mark(text, len, out)) return true;
    if (*text == '&' || len >= DECK_ENTITY_BYTES) return false;
    memcpy(out, text, len);
    if (*out == '\n') *out = ' '; /* &NewLine; is a blank in HTML */
    return true;
}

size_t deck_entity_read(const char *text, size_t n,
                        char out[DECK_ENTITY_BYTES]) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#";
    char entity[NAME_MAX_CHARS + 3];
    size_t len = 1;
    while (len < n && len <= NAME_MAX_CHARS && text[len] &&
           strchr(letters, text[len]))
        len++;
    if (len < 3 || len >= n || text[len] != ';') return 0;
    len++;
    memcpy(entity, text, len);
    entity[len] = '\0';
    if (entity[1] != '#') return named_entity(entity, len, out) ? len : 0;
    entity[len - 1] = '\0';
    return numeric_entity(entity + 2, out) ? len : 0;
}
