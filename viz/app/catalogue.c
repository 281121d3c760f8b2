/* The lessons as one course, from their front matter. */
#include "viz/app/catalogue.h"

#include "engine/base/file.h"
#include "engine/model/model.h"
#include "viz/app/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A small number of the front matter; 0: none, or no number. */
static int number_of(const Deck *d, const char *key) {
    const char *text = deck_meta(d, key);
    int v = 0;
    for (; text && *text >= '0' && *text <= '9' && v < 1000; text++)
        v = v * 10 + (*text - '0');
    return text && *text == '\0' ? v : 0;
}

static bool has_question(const DeckSlide *s) {
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK) return true;
    return false;
}

static int n_asked(const Deck *d) {
    int n = 0;
    for (int i = 0; i < deck_n_slides(d); i++)
        n += has_question(deck_slide(d, i));
    return n;
}

static bool changes_something(const DeckSlide *s) {
    for (int i = 0; i < s->n_beats; i++) {
        const State *stage = &s->beats[i].stage;
        if (stage->set & STATE_BIT(STATE_EDIT) &&
            (stage->edits.n > 0 || stage->edits.no_mask))
            return true;
    }
    return false;
}

int catalogue_breaks(const Deck *d) {
    int i = deck_n_slides(d) - 1;
    while (i >= 0 && !changes_something(deck_slide(d, i)))
        i--;
    return i;
}

void catalogue_name(const Deck *d, char out[LESSONS_NAME_MAX]) {
    const char *base = file_name(deck_path(d)), *end = strrchr(base, '.');
    snprintf(out, LESSONS_NAME_MAX, "%.*s",
             end ? (int)(end - base) : (int)strlen(base), base);
    if (!lessons_has(out)) out[0] = '\0';
}

/* ---- lessons ------------------------------------------------------------- */

static CatalogueLesson describe(Deck *d, const char *name) {
    const char *subject = deck_meta(d, "subject");
    CatalogueLesson l = {.deck = d,
                         .title = deck_title(d),
                         .subject = subject ? subject : "",
                         .place = number_of(d, "lesson"),
                         .slide = number_of(d, "slide") - 1,
                         .n_slides = deck_n_slides(d),
                         .n_asked = n_asked(d)};
    snprintf(l.name, sizeof l.name, "%s", name);
    return l;
}

static void add_lesson(Catalogue *c, const char *name) {
    Err err = {0};
    Deck *d = lessons_open(name, &err);
    if (!d) return;
    const CatalogueLesson l = describe(d, name);
    if (strcmp(name, CATALOGUE_LECTURE) == 0)
        c->lecture = l;
    else if (l.place > 0 && c->n < CATALOGUE_MAX)
        c->lessons[c->n++] = l;
    else
        deck_close(d);
}

static int compare(const void *a, const void *b) {
    const CatalogueLesson *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- models -------------------------------------------------------------- */

static void add_model(Catalogue *c, const char *name) {
    Err err = {0};
    const char *after = strchr(name, ':');
    if (after && strncmp(after, ":step-", 6) == 0) {
        c->n_steps++;
        return;
    }
    if (c->n_models == CATALOGUE_MODELS_MAX) return;
    Model *m = source_peek(after ? name : NULL, &err);
    if (!m) return;
    CatalogueModel *to = &c->models[c->n_models++];
    snprintf(to->name, sizeof to->name, "%s", name);
    snprintf(to->title, sizeof to->title, "%s", model_name(m));
    to->n_params = model_n_params(m);
    model_close(m);
}

/* ---- the catalogue ------------------------------------------------------- */

Catalogue *catalogue_open(Err *err) {
    char lesson[LESSONS_NAME_MAX], model[STATE_PATH_MAX];
    Catalogue *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "the lessons", sizeof *c);
        return NULL;
    }
    for (int i = 0; lessons_name(i, lesson); i++)
        add_lesson(c, lesson);
    qsort(c->lessons, (size_t)c->n, sizeof *c->lessons, compare);
    for (int i = 0; source_embedded(i, model, sizeof model); i++)
        add_model(c, model);
    return c;
}

void catalogue_close(Catalogue *c) {
    if (!c) return;
    for (int i = 0; i < c->n; i++)
        deck_close(c->lessons[i].deck);
    deck_close(c->lecture.deck);
    free(c);
}

const CatalogueLesson *catalogue_find(const Catalogue *c, const char *name) {
    if (c->lecture.deck && strcmp(c->lecture.name, name) == 0)
        return &c->lecture;
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->lessons[i].name, name) == 0) return &c->lessons[i];
    return NULL;
}

const CatalogueLesson *catalogue_after(const Catalogue *c, const char *name) {
    const CatalogueLesson *l = catalogue_find(c, name);
    if (!l) return NULL;
    const int next = l == &c->lecture ? 0 : (int)(l - c->lessons) + 1;
    return next < c->n ? &c->lessons[next] : NULL;
}
