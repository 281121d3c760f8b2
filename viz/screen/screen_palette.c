/* The palette's lines are the screen's: which is chosen, and what each does. */
#include "viz/screen/commands.h"
#include "viz/screen/palette.h"
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <string.h>

/* What was changed stays changed. */
static void add_edits(App *app, const Edits *more) {
    for (int i = 0; i < more->n; i++)
        if (!app_put_edit(app, more->list[i])) break;
    app_change(app)->edits.no_mask |= more->no_mask;
    app_update(app);
}

static void do_line(Screen *s, const PaletteLine *line) {
    App *app = s->app;
    if (line->kind == PALETTE_FORM) {
        app_choose_again(app, line->word);
        return;
    }
    app_end_choosing(app);
    switch (line->kind) {
    case PALETTE_COMMAND:
        commands_run(s, line->command, line->arg);
        break;
    case PALETTE_SLIDE:
        app_go_to_slide(app, line->arg);
        break;
    case PALETTE_TOKEN:
        app_change(app)->token = line->arg;
        app_close_cell(app);
        app_update(app);
        break;
    case PALETTE_HEAD:
        app_change(app)->layer = line->layer;
        app_change(app)->head = line->arg;
        app_update(app);
        break;
    case PALETTE_EDIT:
        add_edits(app, &line->edits);
        break;
    case PALETTE_OFFER:
        app_take_offer(app, line->arg);
        break;
    case PALETTE_FORM:
        break;
    }
}

/* Line `i` of what the palette shows, the last where there are fewer. */
void screen_take_line(Screen *s, int i) {
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    app_look(s->app, &scene);
    const bool choosing = scene.mode == APP_CHOOSING;
    const int n = choosing ? palette_find(&scene, scene.needle, lines) : 0;
    app_look_away(s->app);
    if (n > 0) do_line(s, &lines[num_min(i, n - 1)]);
}

bool screen_palette_key(Screen *s, const char *key_name) {
    const bool up = strcmp(key_name, "Up") == 0;
    const bool takes = strcmp(key_name, "Enter") == 0;
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    if (app_mode(s->app) != APP_CHOOSING ||
        (!takes && !up && strcmp(key_name, "Down") != 0))
        return false;
    app_look(s->app, &scene);
    const int n = palette_find(&scene, scene.needle, lines);
    const int chosen = num_min(scene.chosen, n - 1);
    app_look_away(s->app);
    if (takes)
        screen_take_line(s, chosen);
    else
        app_choose(s->app, num_min(chosen + (up ? -1 : 1), n - 1));
    return true;
}
