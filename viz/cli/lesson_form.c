/* What a deck says that needs no model: links, minutes, files beside it. */
#include "viz/cli/lesson_form.h"

#include "viz/app/pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct Form {
    const Deck *deck;
    LessonWarn *warn;
    void *ud;
} Form;

/* ---- links --------------------------------------------------------------- */

/* What is wrong with an address that begins with a scheme; NULL: nothing. */
static const char *fault_of_address(const char *href) {
    static const char *const schemes[] = {"https://", "http://"};
    if (strncasecmp(href, "mailto:", 7) == 0)
        return strchr(href, '@') ? NULL : "no @ in it";
    for (int i = 0; i < 2; i++) {
        const size_t n = strlen(schemes[i]);
        if (strncasecmp(href, schemes[i], n) != 0) continue;
        const size_t host = strcspn(href + n, "/?#");
        const bool named = memchr(href + n, '.', host) ||
                           strncmp(href + n, "localhost", 9) == 0;
        return named ? NULL : "no host in it";
    }
    return "need https://, http:// or mailto:";
}

static void check_link(const Form *f, const char *href, int line) {
    char path[PICTURES_PATH_MAX], what[512];
    Err err = {0};
    const char *fault = NULL;
    if (href[0] == '#') return;
    if (!href[0])
        fault = "it is empty";
    else if (strpbrk(href, " \t<>\""))
        fault = "blanks, quotes and <> have no place in it";
    else if (deck_is_address(href))
        fault = fault_of_address(href);
    else if (!pictures_path(deck_path(f->deck), href, path, &err))
        fault = "no https:// before it, and no file beside the deck";
    if (!fault) return;
    snprintf(what, sizeof what, "link: \"%.200s\": %s", href, fault);
    f->warn(f->ud, line, what);
}

static void check_links(const Form *f, const DeckBlock *blocks, int n) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < blocks[i].n_spans; k++) {
            const char *href = blocks[i].spans[k].href;
            if (href && (k == 0 || blocks[i].spans[k - 1].href != href))
                check_link(f, href, blocks[i].line);
        }
}

/* ---- minutes ------------------------------------------------------------- */

/* Slides that say how long they take, and those that do not. */
static void check_timing(const Form *f, int *seconds) {
    const int n = deck_n_slides(f->deck);
    int n_timed = 0;
    *seconds = 0;
    for (int i = 0; i < n; i++) {
        const int timing = deck_slide(f->deck, i)->timing;
        n_timed += timing > 0;
        *seconds += timing;
    }
    for (int i = 0; n_timed > 0 && i < n; i++) {
        const DeckSlide *s = deck_slide(f->deck, i);
        if (s->timing == 0)
            f->warn(f->ud, s->line,
                    "no data-timing on this slide, though others have one");
    }
}

/* minutes: N in the front matter, to the nearest. */
static void check_minutes(const Form *f) {
    const char *promised = deck_meta(f->deck, "minutes");
    char what[200], *end;
    int seconds;
    check_timing(f, &seconds);
    if (!promised) return;
    const long minutes = strtol(promised, &end, 10);
    if (end == promised || *end || minutes < 1 ||
        minutes > DECK_TIMING_MAX / 60) {
        snprintf(what, sizeof what,
                 "minutes: found \"%.60s\", need a whole number from 1 to %d",
                 promised, DECK_TIMING_MAX / 60);
        f->warn(f->ud, 1, what);
    } else if (seconds > 0 && (seconds + 30) / 60 != minutes) {
        snprintf(what, sizeof what,
                 "minutes: %ld, but the slides' data-timing comes to %d:%02d",
                 minutes, seconds / 60, seconds % 60);
        f->warn(f->ud, 1, what);
    }
}

void lesson_form_check(const Deck *d, LessonWarn *warn, void *ud) {
    const Form f = {.deck = d, .warn = warn, .ud = ud};
    for (int i = 0; i < deck_n_slides(d); i++) {
        const DeckSlide *s = deck_slide(d, i);
        check_links(&f, s->blocks, s->n_blocks);
        check_links(&f, s->note_blocks, s->n_note_blocks);
    }
    check_minutes(&f);
    pictures_check(d, warn, ud);
}
