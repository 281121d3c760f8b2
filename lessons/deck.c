/* Opening a deck, and looking things up in it. */
#include "lessons/deck.h"

#include "engine/base/file.h"
#include "engine/base/utf8.h"
#include "lessons/deck_private.h"
#include "lessons/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Line ends to \n, in place; returns the new length. */
static size_t unify_line_ends(char *text, size_t n) {
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        bool pair = text[i] == '\r' && i + 1 < n && text[i + 1] == '\n';
        if (!pair) text[out++] = text[i] == '\r' ? '\n' : text[i];
    }
    return out;
}

static void check_line(DeckBuild *b, const char *text, size_t n) {
    if (n > 0 && memchr(text, '\0', n))
        deck_build_fail(b, ERR_FORMAT, "found a NUL byte, need text");
    if (!utf8_valid(text, n))
        deck_build_warn(b, "not UTF-8: some characters cannot be shown");
    deck_mangled_check(b, text, n);
}

/* md4c remembers each of these until it knows what it means: 60 bytes a "[",
 * and 2 microseconds to look up an entity. */
static size_t count_marks(const char *text, size_t n) {
    size_t n_marks = 0;
    for (size_t i = 0; i < n; i++)
        n_marks += text[i] && strchr("[]&*_`<!~|", text[i]);
    return n_marks;
}

/* What is no text is refused; what only looks odd is said. */
static void check_text(DeckBuild *b, const char *text, size_t n) {
    const char *end = text + n;
    size_t n_marks = 0;
    for (b->line = 1; text < end && deck_build_ok(b); b->line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop) stop = end;
        check_line(b, text, (size_t)(stop - text));
        n_marks += count_marks(text, (size_t)(stop - text));
        if (n_marks > DECK_MARKS_MAX)
            deck_build_fail(b, ERR_LIMIT, "more than %d of [ ] & * _ ` < ! ~ |",
                            DECK_MARKS_MAX);
        text = stop + 1;
    }
}

Deck *deck_open_text(const char *name, const char *text, size_t n,
                     const DeckFiles *files, Err *err) {
    if (n > DECK_SIZE_MAX) {
        err_set(err, ERR_LIMIT, 0, "%s: deck: found %zu bytes, allowed %u",
                name, n, DECK_SIZE_MAX);
        return NULL;
    }
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* a byte order mark */
        n -= 3;
    }
    char *copy = malloc(n + 1);
    if (!copy) {
        err_memory(err, name, n + 1);
        return NULL;
    }
    memcpy(copy, text, n);
    n = unify_line_ends(copy, n);
    DeckBuild b;
    deck_build_init(&b, name);
    b.files = files;
    if (deck_build_ok(&b)) check_text(&b, copy, n);
    if (deck_build_ok(&b)) deck_split(&b, copy, n);
    free(copy);
    return deck_build_finish(&b, err);
}

/* file_open refuses it, as every other format would. */
static bool is_empty_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

Deck *deck_open_with(const char *path, const DeckFiles *files, Err *err) {
    File f;
    if (is_empty_file(path)) return deck_open_text(path, "", 0, files, err);
    if (!file_open(&f, path, DECK_SIZE_MAX, err)) return NULL;
    Deck *d = deck_open_text(path, (const char *)f.data, f.size, files, err);
    file_close(&f);
    return d;
}

Deck *deck_open(const char *path, Err *err) {
    return deck_open_with(path, NULL, err);
}

Deck *deck_open_memory(const char *name, const char *text, size_t n, Err *err) {
    return deck_open_text(name, text, n, NULL, err);
}

const char *deck_path(const Deck *d) {
    return d->path;
}
int deck_n_slides(const Deck *d) {
    return d->n_slides;
}
const DeckSlide *deck_slide(const Deck *d, int i) {
    return &d->slides[i];
}

const char *deck_title(const Deck *d) {
    const char *title = deck_meta(d, "title");
    for (int i = 0; !title && i < d->n_slides; i++)
        if (*d->slides[i].title) title = d->slides[i].title;
    return title ? title : "";
}

const char *deck_meta(const Deck *d, const char *key) {
    for (int i = 0; i < d->n_meta; i++)
        if (strcmp(d->meta[i].key, key) == 0) return d->meta[i].value;
    return NULL;
}

int deck_n_models(const Deck *d) {
    return d->n_models;
}
const char *deck_model(const Deck *d, int i) {
    return d->models[i];
}

/* At a mismatch the last star takes one character more. */
bool deck_name_fits(const char *pattern, const char *name) {
    const char *star = NULL, *taken = name;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            taken = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++taken;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool deck_is_about(const Deck *d, const char *model) {
    for (int i = 0; i < d->n_models; i++)
        if (deck_name_fits(d->models[i], model)) return true;
    return false;
}

void deck_label(const Deck *d, int slide, char out[DECK_LABEL_MAX]) {
    const DeckSlide *s = &d->slides[slide];
    if (s->down > 0)
        snprintf(out, DECK_LABEL_MAX, "%d.%d", s->across, s->down);
    else
        snprintf(out, DECK_LABEL_MAX, "%d", s->across);
}

void deck_place(const Deck *d, int slide, char out[DECK_PLACE_MAX]) {
    char label[DECK_LABEL_MAX];
    deck_label(d, slide, label);
    if (d->slides[d->n_slides - 1].across < d->n_slides)
        snprintf(out, DECK_PLACE_MAX, "%s, %d of %d", label, slide + 1,
                 d->n_slides);
    else
        snprintf(out, DECK_PLACE_MAX, "%s of %d", label, d->n_slides);
}

int deck_step_at(const DeckSlide *s, const DeckBlock *b, int beat) {
    int step = 0;
    for (int i = 0; i < b->n_steps; i++)
        step += s->fragments[b->steps - 1 + i].beat <= beat;
    return step;
}

int deck_warnings(const Deck *d, const DeckWarning **out) {
    *out = d->warnings;
    return d->n_warnings;
}

/* How a slide divides the window is no other slide's business. */
#define SLIDE_KEYS (STATE_BIT(STATE_PANEL) | STATE_BIT(STATE_STAGE))

/* Applies the stages of slide `slide` up to beat `last`, but for some keys. */
static bool apply_slide(const Deck *d, int slide, int last, StateKeys without,
                        State *s, Err *err) {
    const DeckSlide *ds = &d->slides[slide];
    for (int i = 0; i <= last; i++) {
        State stage = ds->beats[i].stage; /* whose memory it borrows */
        stage.set &= ~without;
        if (i < last || without) stage.set &= ~STATE_BIT(STATE_PLAY);
        if (!state_apply(s, &stage, err)) return false;
    }
    return true;
}

bool deck_state_at(const Deck *d, int slide, int beat, const State *base,
                   State *out, Err *err) {
    State s;
    state_init(&s);
    bool ok = state_copy(&s, base, err);
    for (int i = 0; ok && i < slide; i++)
        ok = apply_slide(d, i, d->slides[i].n_beats - 1, SLIDE_KEYS, &s, err);
    ok = ok && apply_slide(d, slide, beat, 0, &s, err);
    s.slide = slide + 1;
    s.beat = beat;
    ok = ok && state_copy(out, &s, err);
    state_free(&s);
    return ok;
}
