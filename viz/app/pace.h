/* Pace: how long a lecture has gone on, and how far it should be by now.
 *
 * The clock begins by itself when the first slide is left, stands still while
 * it is paused, and is never set back: nothing that happens to a window or a
 * deck loses it.  Time is an argument; does NOT read clocks.
 */
#ifndef VIZ_APP_PACE_H
#define VIZ_APP_PACE_H

#include "lessons/deck.h"

#define PACE_MINUTES_MAX 1440

typedef struct Pace {
    uint64_t since_ms;  /* it has run since then, */
    uint64_t before_ms; /* and so long before */
    bool runs, begun;
} Pace;

/* Nothing where it has begun. */
void pace_begin(Pace *p, uint64_t now_ms);
/* Pauses, or goes on; begins where it has not begun. */
void pace_toggle(Pace *p, uint64_t now_ms);
uint64_t pace_elapsed_ms(const Pace *p, uint64_t now_ms);

/* Seconds that the whole deck is planned for: `minutes`, or with 0 what its
 * slides state (data-timing) where any does, those that do not counting as the
 * mean of those that do.  -1: nothing is planned. */
double pace_total(const Deck *d, int minutes);
/* Seconds at which this beat of this slide should begin: a slide's time goes
 * to its beats in equal parts.  -1: nothing is planned. */
double pace_planned(const Deck *d, int minutes, int slide, int beat);

#endif
