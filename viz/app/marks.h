/* Marks: what a lecturer shows with over the picture: a pointer or spotlight, a
 * pen's strokes, a magnifier.
 *
 * Places are shares of a window's sides, 0 to 1, so that all windows show the
 * same.  Strokes belong to a slide and are there when it comes back.  All of it
 * is of the moment: no part of a state, of a saved picture or of a deck.
 *
 * What is taken back can be had again until another stroke follows on its
 * slide, what is cleared until there is no other room for strokes or points.
 *
 * Does NOT draw (viz/screen/screen_marks.c does).
 */
#ifndef VIZ_APP_MARKS_H
#define VIZ_APP_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#define MARKS_POINTS_MAX  32768 /* of all strokes */
#define MARKS_STROKES_MAX 1024
#define MARKS_PENS        2 /* they differ by colour, and by line and dashes */
#define MARKS_LENS_MAX    8.0f

typedef enum Pointing { POINTING_OFF, POINTING_DOT, POINTING_SPOT } Pointing;

/* In 65535ths. */
typedef struct MarkPoint {
    uint16_t x, y;
} MarkPoint;

typedef struct MarkStroke {
    int slide, pen; /* from 1; 0: what stands before it is cleared */
    int from, n;    /* of points */
    bool undone;
} MarkStroke;

typedef struct Marks {
    Pointing pointing;
    float x, y; /* where the mouse was last; .5 at first */
    int pen;    /* 0: none is held, else which, from 1 */
    bool draws; /* its stroke is being drawn */
    float lens; /* 1: none, else so many times larger */
    MarkPoint points[MARKS_POINTS_MAX]; /* [n_points] */
    int n_points;
    MarkStroke strokes[MARKS_STROKES_MAX]; /* [n_strokes], oldest first */
    int n_strokes;
} Marks;

void marks_init(Marks *m);
/* The strokes of all slides are gone. */
void marks_forget(Marks *m);
/* The mouse is there; a stroke that is being drawn goes on to it, once it is a
 * thousandth of a side away; false: there is no room for more. */
bool marks_move(Marks *m, float x, float y);
/* A stroke of the held pen begins where the mouse is; false: as above. */
bool marks_press(Marks *m, int slide);
void marks_release(Marks *m);
/* Takes this slide's last stroke or clearing back (dir -1), or that again (+1);
 * false: there is none. */
bool marks_undo(Marks *m, int slide, int dir);
/* Clears a slide, for good where that itself has no room; false: nothing is on
 * it. */
bool marks_clear(Marks *m, int slide);
/* Slides have other numbers now: to[i] is that of slide i < n, -1: it is no
 * more, and neither are its strokes. */
void marks_renumber(Marks *m, const int *to, int n);
/* The slide's strokes that are seen: the next from index i on, -1: none. */
int marks_next(const Marks *m, int slide, int i);

#endif
