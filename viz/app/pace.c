/* The lecture's clock, and its plan. */
#include "viz/app/pace.h"

void pace_begin(Pace *p, uint64_t now_ms) {
    if (p->begun) return;
    p->begun = p->runs = true;
    p->since_ms = now_ms;
}

uint64_t pace_elapsed_ms(const Pace *p, uint64_t now_ms) {
    return p->before_ms +
           (p->runs && now_ms > p->since_ms ? now_ms - p->since_ms : 0);
}

void pace_toggle(Pace *p, uint64_t now_ms) {
    if (!p->begun) {
        pace_begin(p, now_ms);
        return;
    }
    p->before_ms = pace_elapsed_ms(p, now_ms);
    p->since_ms = now_ms;
    p->runs = !p->runs;
}

/* Of the slides that state one, in seconds; 0: none does. */
static double mean_timing(const Deck *d) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < deck_n_slides(d); i++) {
        sum += deck_slide(d, i)->timing;
        n += deck_slide(d, i)->timing > 0;
    }
    return n > 0 ? sum / n : 0;
}

/* A slide's part of the whole, in seconds as stated, or all alike. */
static double share_of(const Deck *d, int slide, double mean) {
    const int timing = deck_slide(d, slide)->timing;
    return timing > 0 ? timing : mean > 0 ? mean : 1;
}

static double shares_before(const Deck *d, int slide) {
    const double mean = mean_timing(d);
    double sum = 0;
    for (int i = 0; i < slide && i < deck_n_slides(d); i++)
        sum += share_of(d, i, mean);
    return sum;
}

double pace_total(const Deck *d, int minutes) {
    if (minutes > 0) return minutes * 60.0;
    return mean_timing(d) > 0 ? shares_before(d, deck_n_slides(d)) : -1;
}

double pace_planned(const Deck *d, int minutes, int slide, int beat) {
    const double total = pace_total(d, minutes);
    if (total < 0) return -1;
    const double here = share_of(d, slide, mean_timing(d)) * beat /
                        deck_slide(d, slide)->n_beats;
    return total * (shares_before(d, slide) + here) /
           shares_before(d, deck_n_slides(d));
}
