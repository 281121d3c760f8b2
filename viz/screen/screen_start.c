/* The start page and the card after a lesson's end, as the screen's own: which
 * entry is chosen, and what each does. */
#include "viz/screen/commands.h"
#include "viz/screen/screen_private.h"
#include "viz/screen/start.h"

#include "engine/base/num.h"

#include <string.h>

bool screen_hides_stage(const Scene *scene) {
    return scene->page == PAGE_START || scene->shown == SHOWN_SLIDE;
}

/* What is named in the scene, copied: it is gone with the frame. */
typedef struct Chosen {
    StartEntry entry;
    HistoryKind kind;
    char name[HISTORY_NAME_MAX]; /* of a lesson, model or file; "": none */
} Chosen;

static void copy_past(Chosen *t, const HistoryEntry *e) {
    t->kind = e->kind;
    memcpy(t->name, e->name, sizeof t->name);
}

static void name_it(const Scene *scene, Chosen *t) {
    const Catalogue *c = scene->catalogue;
    const StartEntry *e = &t->entry;
    const char *name = "";
    t->kind = HISTORY_LESSON;
    if (e->kind == START_LESSON)
        name = start_lesson(scene, e->arg)->name;
    else if (e->kind == START_SLIDE)
        name = c->lecture.name;
    else if (e->kind == START_MODEL)
        name = c->models[e->arg].name;
    memcpy(t->name, name, strlen(name) + 1);
    if (e->kind == START_RECENT) copy_past(t, &scene->history->list[e->arg]);
    const HistoryEntry *last = start_last(scene);
    if (e->kind == START_GO_ON && last) copy_past(t, last);
}

static void go(App *app, const Chosen *t) {
    const StartEntry *e = &t->entry;
    if (!t->name[0])
        app_close_page(app);
    else if (t->kind == HISTORY_LESSON)
        app_begin_lesson(app, t->name, e->slide, e->beat);
    else if (t->kind == HISTORY_DECK)
        app_begin_file(app, t->name, e->slide, e->beat);
    else
        app_open_file(app, t->name);
}

static void take(Screen *s, const Chosen *t) {
    App *app = s->app;
    const StartEntry *e = &t->entry;
    switch (e->kind) {
    case START_GO_ON:
    case START_SLIDE:
    case START_LESSON:
    case START_RECENT:
        go(app, t);
        break;
    case START_MODEL:
        app_show_model(app, t->name, "model");
        break;
    case START_STEPS:
        app_show_model(app, "embedded", "learn");
        break;
    case START_COMMAND:
        commands_run(s, e->command, 0);
        break;
    case START_PLACE:
        app_begin_slide(app, e->slide, e->beat);
        break;
    case START_HOME:
        app_open_page(app, PAGE_START);
        break;
    }
}

void screen_take_entry(Screen *s, int entry) {
    StartEntry list[START_ENTRIES_MAX];
    Chosen t = {.kind = HISTORY_LESSON};
    Scene scene;
    app_look(s->app, &scene);
    const int n = start_list(&scene, list);
    if (n > 0) {
        t.entry = list[num_clamp(entry, 0, n - 1)];
        name_it(&scene, &t);
    }
    app_look_away(s->app);
    if (n > 0)
        take(s, &t);
    else
        app_close_page(s->app);
}

static bool step(Screen *s, const char *key_name) {
    StartEntry list[START_ENTRIES_MAX];
    Scene scene;
    app_look(s->app, &scene);
    const int n = start_list(&scene, list);
    const int to = start_step(list, n, scene.entry, key_name);
    app_look_away(s->app);
    if (to >= 0) app_choose_entry(s->app, to);
    return to >= 0;
}

static bool goes_back(const char *key) {
    return strcmp(key, "Shift+Space") == 0 || strcmp(key, "PageUp") == 0 ||
           strcmp(key, "Backspace") == 0;
}

/* To the last beat, from the card that came after it; nothing comes before the
 * start page. */
static void go_back(App *app) {
    if (app_page(app) == PAGE_END) app_close_page(app);
}

bool screen_page_key(Screen *s, const char *key_name) {
    App *app = s->app;
    const AppPage page = app_page(app);
    if (page == PAGE_NONE || app_mode(app) != APP_STEPPING || app_is_black(app))
        return false;
    Scene scene;
    app_look(app, &scene);
    const int entry = scene.entry;
    app_look_away(app);
    if (strcmp(key_name, "Enter") == 0 || strcmp(key_name, "Space") == 0 ||
        strcmp(key_name, "PageDown") == 0)
        screen_take_entry(s, entry);
    else if (goes_back(key_name))
        go_back(app);
    else if (page == PAGE_START && strcmp(key_name, "Tab") == 0)
        app_order_lessons(app);
    else
        return step(s, key_name);
    return true;
}

void screen_page_wheel(Screen *s, int steps) {
    step(s, steps > 0 ? "Up" : "Down");
}
