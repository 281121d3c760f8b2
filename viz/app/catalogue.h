/* Catalogue: the lessons inside the program as one course: in which order, on
 * which slide of the lecture, about which subject; and the lecture itself.
 *
 *     Catalogue *c = catalogue_open(&err);
 *     for (int i = 0; i < c->n; i++) puts(c->lessons[i].title);
 *     catalogue_close(c);
 *
 * A lesson says it in its front matter: `lesson: 4` is its place in the course,
 * `slide: 3` the lecture's slide it goes with, `subject: Attention` what it is
 * about.  A deck without a place is no lesson of the course; CATALOGUE_LECTURE
 * is the lecture.  What does not parse is left out.
 *
 * Does NOT know what was done of it: see history.h.
 */
#ifndef VIZ_APP_CATALOGUE_H
#define VIZ_APP_CATALOGUE_H

#include "lessons/deck.h"
#include "viz/app/lessons.h"

#define CATALOGUE_MAX        64 /* lessons */
#define CATALOGUE_MODELS_MAX 8  /* models inside, steps of training apart */
#define CATALOGUE_LECTURE    "large-language-models"

typedef struct CatalogueLesson {
    char name[LESSONS_NAME_MAX];
    Deck *deck;            /* owned */
    const char *title;     /* the deck's; borrowed, as is */
    const char *subject;   /* "": none */
    int place;             /* in the course, from 1 */
    int slide;             /* of the lecture, from 0; -1: none */
    int n_slides, n_asked; /* n_asked: slides with a question */
} CatalogueLesson;

typedef struct CatalogueModel {
    char name[STATE_PATH_MAX]; /* for `model=` */
    char title[64];
    uint64_t n_params;
} CatalogueModel;

typedef struct Catalogue {
    CatalogueLesson lessons[CATALOGUE_MAX]; /* in the course's order */
    int n;
    CatalogueLesson lecture; /* deck NULL: there is none */
    CatalogueModel models[CATALOGUE_MODELS_MAX];
    int n_models;
    int n_steps; /* of training that are inside as models */
} Catalogue;

/* Parses all of them: some milliseconds.  NULL when out of memory. */
Catalogue *catalogue_open(Err *err);
void catalogue_close(Catalogue *c); /* NULL is fine */

/* The lesson of that name, or the lecture; NULL: neither. */
const CatalogueLesson *catalogue_find(const Catalogue *c, const char *name);
/* What follows it in the course, after the lecture the first lesson; NULL:
 * nothing does. */
const CatalogueLesson *catalogue_after(const Catalogue *c, const char *name);

/* The last slide on which something is switched off or changed, from 0; -1:
 * none. */
int catalogue_breaks(const Deck *d);

/* The name of the lesson that a deck inside the program is; "": of another. */
void catalogue_name(const Deck *d, char out[LESSONS_NAME_MAX]);

#endif
