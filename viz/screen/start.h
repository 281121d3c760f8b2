/* Start: what the start page, and the card after a lesson's end, offer, in the
 * order in which keys walk through it.
 *
 *     StartEntry list[START_ENTRIES_MAX];
 *     int n = start_list(&scene, list);
 *     int to = start_step(list, n, scene.entry, "Down");
 *
 * Entries stand in rows, rows in two columns: what to learn, and models and
 * files.  Entry 0 goes on where one was, or begins.
 *
 * Does NOT draw, and does nothing: see panel_start.c, panel_end.c,
 * screen_start.c.
 */
#ifndef VIZ_SCREEN_START_H
#define VIZ_SCREEN_START_H

#include "viz/app/scene.h"

#define START_ENTRIES_MAX STATE_ENTRIES_MAX
#define START_RECENT_MAX  5 /* files shown */
#define START_TEXT_MAX    160

typedef enum StartKind {
    START_GO_ON,   /* a lesson or deck at slide and beat, or the open one */
    START_SLIDE,   /* of the lecture; arg: which, from 0 */
    START_LESSON,  /* arg: which of the catalogue, or -1: the lecture */
    START_MODEL,   /* inside; arg: which of the catalogue */
    START_STEPS,   /* of training */
    START_RECENT,  /* arg: which of the history */
    START_COMMAND, /* runs `command` */
    START_PLACE,   /* the open deck at `slide` */
    START_HOME     /* the start page */
} StartKind;

typedef struct StartEntry {
    StartKind kind;
    int arg;
    Command command;
    int slide, beat; /* where it leads to, from 0 */
    int column;      /* 0 or 1 */
    int row, at;     /* in its column, in its row */
} StartEntry;

/* What the open page offers, in a frame; how many. */
int start_list(const Scene *scene, StartEntry out[START_ENTRIES_MAX]);

/* Where a key leads from entry i; -1: it is no key of the page. */
int start_step(const StartEntry *list, int n, int i, const char *key_name);

/* What an entry is called, and what is said of it beside: "slide 4 of 8";
 * either may be "". */
void start_text(const Scene *scene, const StartEntry *e,
                char text[START_TEXT_MAX], char detail[START_TEXT_MAX]);
/* Of a row that lessons stand in: a slide of the lecture or a subject. */
const char *start_row_title(const Scene *scene, int row);

/* The lesson of a START_LESSON's `arg`. */
const CatalogueLesson *start_lesson(const Scene *scene, int arg);
/* The newest lesson or deck of the history; NULL: none. */
const HistoryEntry *start_last(const Scene *scene);
/* Of a lesson that was begun; NULL: it was not. */
const HistoryEntry *start_past(const Scene *scene, const CatalogueLesson *l);
/* Lessons of the course whose slides have all been seen. */
int start_n_done(const Scene *scene);

#endif
