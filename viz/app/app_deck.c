/* The deck that is open: which one, whether it is about the model, and its file
 * read again when it has changed. */
#include "viz/app/app_private.h"

#include "viz/app/lessons.h"
#include "viz/app/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_MS 300 /* from one look at the deck's file to the next */

/* ---- about which model --------------------------------------------------- */

bool app_is_astray(const App *app) {
    return app->deck && deck_n_models(app->deck) > 0 &&
           !deck_is_about(app->deck, model_name(app->shelf.items[0]->model));
}

/* The folder that a path's file stands in. */
static void folder_of(const char *path, char *out, size_t size) {
    size_t n = (size_t)(file_name(path) - path);
    snprintf(out, size, "%.*s", n > 1 ? (int)n - 1 : (int)n, path);
    if (n == 0) snprintf(out, size, ".");
}

/* Where the model is that the deck is about: in the program, beside the deck,
 * beside the model that is open. */
static void find_other_model(App *app) {
    char beside_deck[APP_PATH_MAX], beside_model[APP_PATH_MAX];
    const char *dirs[] = {app->deck_is_file ? beside_deck : NULL, beside_model};
    app->other_model[0] = '\0';
    if (!app_is_astray(app)) return;
    folder_of(deck_path(app->deck), beside_deck, sizeof beside_deck);
    folder_of(model_path(app->shelf.items[0]->model), beside_model,
              sizeof beside_model);
    for (int i = 0; i < deck_n_models(app->deck); i++)
        for (int k = 0; k < 2; k++)
            if (source_find(deck_model(app->deck, i), dirs[k], app->other_model,
                            sizeof app->other_model))
                return;
}

const char *app_other_model(const App *app) {
    return app->other_model;
}

void app_open_other_model(App *app) {
    if (!app_is_astray(app))
        app_say(app, false, "the lesson is about the model that is open");
    else if (app->other_model[0])
        app_request(app, APP_OPEN_MODEL);
    else
        app_say(app, true,
                "%s is not in this program, nor beside the lesson: drop its "
                "file on the window",
                deck_model(app->deck, 0));
}

/* ---- opening ------------------------------------------------------------- */

static DeckStamp stamp_of(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return (DeckStamp){0};
    return (DeckStamp){.inode = st.st_ino,
                       .size = st.st_size,
                       .changed_s = st.st_mtim.tv_sec,
                       .changed_ns = st.st_mtim.tv_nsec};
}

static bool same_stamp(const DeckStamp *a, const DeckStamp *b) {
    return a->inode == b->inode && a->size == b->size &&
           a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

/* In place of the one that was open. */
static void take_deck(App *app, Deck *deck, bool is_file) {
    pictures_free(&app->pictures);
    app->pictures_slide = -1;
    deck_close(app->deck);
    app->deck = deck;
    app->deck_read++;
    app->deck_is_file = is_file;
    app->deck_error[0] = '\0';
    app_forget_names(app);
    find_other_model(app);
}

const char *app_beside(const App *app) {
    return app_deck_is_file(app) ? deck_path(app->deck) : app->beside;
}

void app_begin_deck(App *app) {
    app_forget(app);
    app_forget_answers(app);
    app_go(app, 0, 0);
}

bool app_open_deck(App *app, const char *path, Err *err) {
    /* Looked at first: a change while it is read is seen later. */
    DeckStamp stamp = stamp_of(path);
    Deck *deck = pictures_open_deck(path, err);
    if (!deck) return false;
    app->deck_stamp = app->deck_seen = stamp;
    app->lesson[0] = '\0';
    app_know_path(path, app->deck_full);
    take_deck(app, deck, true);
    return true;
}

bool app_open_lesson(App *app, const char *name, Err *err) {
    Err own = {0};
    const char *model = model_name(app->shelf.items[0]->model);
    Deck *deck = name ? lessons_open(name, &own) : lessons_about(model, &own);
    if (own.code != ERR_NONE)
        return err_set(err, own.code, own.pos, "%s", own.msg);
    snprintf(app->lesson, sizeof app->lesson, "%s", name ? name : "");
    take_deck(app, deck, false);
    return true;
}

void app_load_pictures(App *app) {
    const bool same = app->pictures_slide == app->slide;
    if (!app->deck || (same && app->pictures_beat == app->beat)) return;
    (same ? pictures_turn : pictures_load)(
        &app->pictures, app->deck, app->deck_is_file, app->slide, app->beat);
    app->pictures_slide = app->slide;
    app->pictures_beat = app->beat;
}

const Pictures *app_pictures_of(App *app, int slide, int beat) {
    pictures_load(&app->others_pictures, app->deck, app->deck_is_file, slide,
                  beat);
    return &app->others_pictures;
}

/* ---- read again ---------------------------------------------------------- */

/* Whether both decks' stages lead to one state at a beat of a slide, which is
 * slide `now` of b.  What cannot be said counts as another. */
static bool same_state(const App *app, const Deck *a, const Deck *b, int slide,
                       int now, int beat) {
    State sa, sb;
    Err err = {0};
    char *ta = malloc(STATE_TEXT_MAX), *tb = malloc(STATE_TEXT_MAX);
    state_init(&sa);
    state_init(&sb);
    bool same = ta && tb &&
                deck_state_at(a, slide, beat, &app->base, &sa, &err) &&
                deck_state_at(b, now, beat, &app->base, &sb, &err);
    sb.slide = sa.slide;
    same = same &&
           state_format(&sa, STATE_ALL, ta, STATE_TEXT_MAX) < STATE_TEXT_MAX &&
           state_format(&sb, STATE_ALL, tb, STATE_TEXT_MAX) < STATE_TEXT_MAX &&
           strcmp(ta, tb) == 0;
    state_free(&sa);
    state_free(&sb);
    free(ta);
    free(tb);
    return same;
}

/* What was drawn on a slide or answered goes with it to where it now stands;
 * where the open one does, -1: it is no more. */
static int follow_slides(App *app, const Deck *deck) {
    const int n = deck_n_slides(app->deck);
    int *to = malloc((size_t)n * sizeof *to);
    int slide = -1;
    if (to) {
        deck_follow(app->deck, deck, to);
        app_renumber_answers(app, to, n);
        slide = to[app->slide];
    }
    free(to);
    return slide;
}

/* The new text at the same slide and beat.  Where its stage says what it said
 * before, what the user has changed since stays. */
static void replace_deck(App *app, Deck *deck) {
    const int last = deck_n_slides(deck) - 1, to = follow_slides(app, deck);
    const int slide = to >= 0 ? to : app->slide < last ? app->slide : last;
    const int n = deck_slide(deck, slide)->n_beats;
    const int beat = app->beat < n ? app->beat : n - 1;
    bool was_astray = app_is_astray(app);
    bool stays = to >= 0 && beat == app->beat &&
                 same_state(app, app->deck, deck, app->slide, slide, beat);
    take_deck(app, deck, true);
    app->slide = slide;
    app->state.slide = slide + 1;
    app_fit_answers(app);
    app_touch(app);
    if (app->mode == APP_OVERVIEW) app_choose_slide(app, app->chosen);
    if (!stays || was_astray != app_is_astray(app)) app_go(app, slide, beat);
}

static void read_again(App *app) {
    Err err = {0};
    Deck *deck = pictures_open_deck(deck_path(app->deck), &err);
    if (deck)
        replace_deck(app, deck);
    else
        snprintf(app->deck_error, sizeof app->deck_error, "%s", err.msg);
    app_touch(app);
}

/* A file is read again once it has stood still from one look to the next: who
 * saves it may write it in parts. */
int app_look_at_deck(App *app) {
    if (!app->deck || !app->deck_is_file) return -1;
    if (app->now_ms < app->deck_look_ms)
        return (int)(app->deck_look_ms - app->now_ms);
    app->deck_look_ms = app->now_ms + LOOK_MS;
    DeckStamp now = stamp_of(deck_path(app->deck));
    bool stands_still = same_stamp(&now, &app->deck_seen);
    app->deck_seen = now;
    if (stands_still && !same_stamp(&now, &app->deck_stamp)) {
        app->deck_stamp = now;
        read_again(app);
    }
    return LOOK_MS;
}
