/* The lesson: from beat to beat, and a slide by its number. */
#include "viz/app/app_private.h"

#include <string.h>

/* FNV-1a. */
static uint64_t text_sum(const State *s) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s->prompt_len; i++)
        h = (h ^ (unsigned char)s->prompt[i]) * 1099511628211u;
    return h;
}

/* 0: the lesson names none; without memory for it neither. */
static uint64_t beat_text_sum(const App *app, int beat) {
    State plain, s;
    Err ignored = {0};
    state_init(&plain);
    state_init(&s);
    const bool names_it =
        app->deck && !app_is_astray(app) &&
        deck_state_at(app->deck, app->slide, beat, &plain, &s, &ignored) &&
        s.set & STATE_BIT(STATE_PROMPT);
    const uint64_t sum = names_it ? text_sum(&s) : 0;
    state_free(&s);
    return sum;
}

bool app_is_beats_text(const App *app) {
    return !app->beat_text || text_sum(&app->state) == app->beat_text;
}

bool app_is_text_of(const App *app, int beat) {
    const uint64_t sum = beat_text_sum(app, beat);
    return sum && text_sum(&app->state) == sum;
}

void app_enter_beat(App *app, int slide, int beat) {
    if (slide > app->slide && app->now_ms > 0)
        pace_begin(&app->pace, app->now_ms);
    app->slide = slide;
    app->beat = beat;
    app->beat_text = beat_text_sum(app, beat);
    app->playing = false;
    app->opened++;
    app_end_overview(app);
}

/* The state at a beat; that of a deck about another model says nothing but
 * where it is. */
bool app_beat_state(const App *app, int slide, int beat, State *out, Err *err) {
    if (!app_is_astray(app))
        return deck_state_at(app->deck, slide, beat, &app->base, out, err);
    if (!state_copy(out, &app->base, err)) return false;
    out->slide = slide + 1;
    out->beat = beat;
    return true;
}

bool app_try_beat(App *app, int slide, int beat, Err *err) {
    int n = deck_n_slides(app->deck);
    if (slide >= n) slide = n - 1;
    n = deck_slide(app->deck, slide)->n_beats;
    if (beat >= n) beat = n - 1;
    app_keep_answers(app);
    app_enter_beat(app, slide, beat);
    /* It replaces the state whole, or leaves it alone. */
    if (!app_beat_state(app, slide, beat, &app->state, err)) return false;
    app_take_answers(app);
    if (!app_try(app, err)) return false;
    app_take_play(app);
    return true;
}

void app_go(App *app, int slide, int beat) {
    Err err = {0};
    if (!app_try_beat(app, slide, beat, &err))
        app_say(app, true, "%s", err.msg);
}

void app_step_beat(App *app, int dir) {
    if (!app->deck) {
        app_say(app, false, "no lesson is open");
        return;
    }
    int slide = app->slide, beat = app->beat + dir;
    if (beat >= deck_slide(app->deck, slide)->n_beats) {
        if (++slide >= deck_n_slides(app->deck)) {
            app_open_page(app, PAGE_END);
            return;
        }
        beat = 0;
    } else if (beat < 0) {
        if (--slide < 0) return;
        beat = deck_slide(app->deck, slide)->n_beats - 1;
    }
    app_go(app, slide, beat);
}

/* A stage on its slide, up to its beat. */
static bool has_stage(const Deck *deck, const State *at) {
    const DeckSlide *s = deck_slide(deck, at->slide - 1);
    for (int i = 0; i <= at->beat && i < s->n_beats; i++)
        if (s->beats[i].line > 0) return true;
    return false;
}

Shown app_shown_in(const App *app, const State *s) {
    if (!app->deck || strcmp(s->panel, "stage") == 0) return SHOWN_STAGE;
    if (strcmp(s->panel, "slide") == 0) return SHOWN_SLIDE;
    if (strcmp(s->panel, "both") == 0) return SHOWN_BOTH;
    const bool none = strcmp(s->stage, "none") == 0;
    return !none && has_stage(app->deck, s) ? SHOWN_BOTH : SHOWN_SLIDE;
}

Shown app_shown(const App *app) {
    return app_shown_in(app, &app->state);
}

void app_show(App *app, Shown shown) {
    static const char *const words[] = {[SHOWN_SLIDE] = "slide",
                                        [SHOWN_BOTH] = "both",
                                        [SHOWN_STAGE] = "stage"};
    if (app->deck)
        app_set_word(app->state.panel, words[shown]);
    else
        app_say(app, false, "no lesson is open");
    app_touch(app);
}

/* First the training alone begins anew. */
static bool reset_live(App *app) {
    if (!app_is_live(app) || app->state.step == 0) return false;
    app->playing = false;
    app->state.step = 0;
    app_update(app);
    return true;
}

void app_reset(App *app) {
    Err err = {0};
    if (reset_live(app)) return;
    if (app->deck) {
        app_go(app, app->slide, app->beat);
        return;
    }
    if (!state_copy(&app->state, &app->base, &err))
        app_say(app, true, "%s", err.msg);
    app_update(app);
}

void app_go_to_slide(App *app, int slide) {
    app_go(app, slide, 0);
}
