/* What a lecturer does beside the lesson itself: answers counted, hints, the
 * clock, and the notes. */
#include "viz/screen/screen_private.h"

#include <math.h>

void screen_count_hands(Screen *s, int unused) {
    (void)unused;
    app_begin_counting(s->app);
}

void screen_other_vote(Screen *s, int unused) {
    (void)unused;
    app_other_vote(s->app);
}

void screen_show_hint(Screen *s, int number) {
    app_hint(s->app, number - 1);
}

void screen_pause_clock(Screen *s, int unused) {
    (void)unused;
    app_pause_clock(s->app);
}

/* ---- sizes --------------------------------------------------------------- */

float screen_step_scale(float now, int dir) {
    const float scale = dir > 0 ? now * 1.1f : dir < 0 ? now / 1.1f : 1;
    return fminf(fmaxf(scale, .5f), 4);
}

/* ---- the notes ----------------------------------------------------------- */

static PanelNeed needs_notes(Screen *s) {
    Scene scene;
    app_look_on(s->app, &scene);
    const PanelNeed need = panel_notes.need(&scene);
    app_look_away(s->app);
    return need;
}

void screen_toggle_notes(Screen *s, int unused) {
    (void)unused;
    if (needs_notes(s) != PANEL_ABSENT)
        screen_toggle(s, &panel_notes);
    else if (app_deck(s->app))
        app_say(s->app, false, "the notes stand in the presenter's window");
    else
        app_say(s->app, false, "no lesson is open");
}

void screen_turn_notes(Screen *s, int pages) {
    screen_scroll(s, s->presents ? &panel_presenter : &panel_notes, pages);
}

void screen_size_notes(Screen *s, int dir) {
    State *state = app_change(s->app);
    state->notes_size = screen_step_scale(state->notes_size, dir);
    app_prefer(s->app, STATE_NOTES_SIZE);
    app_touch(s->app);
}
