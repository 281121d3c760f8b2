/* PDF files that a slide names, and which of their pages it shows.
 *
 * "paper.pdf" shows its pages one after the other, each by a beat of its own,
 * "paper.pdf#page=3" that page alone, "paper.pdf#page=3-5" these.  How many
 * there are whoever opens the deck can tell, see DeckFiles. */
#include "lessons/deck_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool deck_is_address(const char *name) {
    size_t n = 0;
    if (strncmp(name, "//", 2) == 0) return true;
    while (isalnum((unsigned char)name[n]) || (n > 0 && strchr("+-.", name[n])))
        if (name[n++] == '\0') return false;
    return n > 1 && name[n] == ':';
}

/* Bytes of a file's name, without what stands behind it. */
static size_t name_bytes(const char *name) {
    return strcspn(name, "#?");
}

static bool is_document(const char *name) {
    const size_t n = name_bytes(name);
    return n > 4 && deck_word_is(name + n - 4, 4, ".pdf") &&
           !deck_is_address(name);
}

/* A page's number; false: it is none. */
static bool read_page(const char **text, int *page) {
    long n = 0;
    const char *from = *text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        n = n > DECK_PAGE_MAX ? n : n * 10 + (**text - '0');
    *page = (int)n;
    return *text > from && n >= 1 && n <= DECK_PAGE_MAX;
}

/* "page=3", or "page=3-5", among what stands behind a #; false: it says nothing
 * of pages.  *to 0: none is named. */
static bool read_pages(const char *text, int *from, int *to, bool *wrong) {
    for (; *text; text += strcspn(text, "&"), text += *text == '&') {
        if (strncmp(text, "page=", 5) != 0) continue;
        text += 5;
        *wrong = !read_page(&text, from);
        *to = *from;
        if (!*wrong && *text == '-') {
            text++;
            *wrong = !read_page(&text, to) || *to < *from;
        }
        *wrong |= *text != '\0' && *text != '&';
        return true;
    }
    return false;
}

/* Pages from..to; to 0: all there are, from there on. */
static void take_pages(DeckBuild *b, const char *name, int *from, int *to) {
    const char *behind = strchr(name, '#');
    bool wrong = false;
    *from = 1;
    *to = 0;
    if (!behind || !read_pages(behind + 1, from, to, &wrong) || !wrong) return;
    deck_build_warn(b, "%.60s: need #page=3 or #page=3-5, from 1 to %d", name,
                    DECK_PAGE_MAX);
    *from = *to = 1;
}

/* How many of a document's pages come by beats, besides the first. */
static int n_turned(DeckBuild *b, const char *name, int from, int to) {
    const DeckFiles *files = b->files;
    if (to == 0 && files) to = files->n_pages(files->ud, b->deck->path, name);
    const int more = to - from, most = DECK_PAGES_MAX - b->n_pages;
    if (more <= most) return more > 0 ? more : 0;
    deck_build_warn(b, "%.60s: %d pages, %d are shown; #page=3-5 names others",
                    name, more + 1, most + 1);
    return most;
}

const char *deck_document_name(DeckBuild *b, const char *info, int *page) {
    int ignored;
    if (!info || !is_document(info)) return info;
    take_pages(b, info, page, &ignored);
    return deck_build_copy(b, info, name_bytes(info));
}

static void take_document(DeckBuild *b, DeckBlock *block) {
    int from, to;
    take_pages(b, block->info, &from, &to);
    block->info = deck_build_copy(b, block->info, name_bytes(block->info));
    block->page = from;
    if (!block->info || b->in_notes) return;
    const int n = n_turned(b, block->info, from, to);
    for (int i = 0; i < n; i++) {
        const FragmentRead f = {.is = true, .effect = EFFECT_STEP};
        const int fragment = deck_fragment_add(b, &f);
        if (i == 0) block->steps = fragment;
    }
    block->n_steps = block->steps ? n : 0;
    b->n_pages += block->n_steps;
}

void deck_document_block(DeckBuild *b) {
    DeckBlock *block = deck_build_last(b);
    if (!block || !block->info || !is_document(block->info)) return;
    const int line = b->line; /* where md4c stands: it is farther on */
    b->line = block->line;
    take_document(b, block);
    b->line = line;
}
