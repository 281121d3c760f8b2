/* The screen as a whole: its panels, a frame, and how large a unit is. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "viz/screen/commands.h"
#include "viz/views/before.h"
#include "viz/views/factor.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_MARGIN 25
#define FIT_MIN      0.72f /* below it, text would be too small */

#define PANEL_ADDRESS(NAME) &panel_##NAME,
static const Panel *const main_panels[] = {PANEL_LIST(PANEL_ADDRESS) NULL};
_Static_assert(sizeof main_panels / sizeof *main_panels <= SCREEN_PANELS_MAX,
               "every panel has a place");

Screen *screen_open(App *app, Err *err) {
    const size_t n_cells = (size_t)STAGE_TOKENS_MAX * STAGE_TOKENS_MAX;
    Screen *s = calloc(1, sizeof *s);
    if (!s) {
        err_memory(err, "a screen", sizeof *s);
        return NULL;
    }
    s->app = app;
    s->panels = main_panels;
    s->density = 1;
    s->n_lacked = 1;
    s->mouse_x = s->mouse_y = s->term = -1;
    s->cells = calloc(n_cells, sizeof *s->cells);
    if (s->cells) return s;
    err_memory(err, "a screen", n_cells * sizeof *s->cells);
    screen_close(s);
    return NULL;
}

void screen_close(Screen *s) {
    if (!s) return;
    fade_free(&s->fade);
    fade_free(&s->strip);
    screen_free_thumbs(s);
    screen_free_marks(s);
    free(s->cells);
    free(s);
}

/* Up and down among the rows of the prompt, as the last frame had them. */
static bool step_row(Screen *s, const char *key_name) {
    const bool up = strcmp(key_name, "Up") == 0;
    if (s->caret.w == 0 || app_mode(s->app) != APP_EDITING ||
        app_caret(s->app) != s->caret_of ||
        (!up && strcmp(key_name, "Down") != 0))
        return false;
    app_set_caret(s->app, up ? s->caret_above : s->caret_below);
    return true;
}

bool screen_caret(const Screen *s, Rect *out) {
    *out = s->caret;
    return s->caret.w > 0;
}

/* Help that does not fit is scrolled before a key closes it. */
static bool help_takes(Screen *s, const char *key_name) {
    PanelPlace *place = screen_place(s, &panel_help);
    const bool on =
        strcmp(key_name, "Space") == 0 || strcmp(key_name, "PageDown") == 0;
    const bool back =
        strcmp(key_name, "Shift+Space") == 0 || strcmp(key_name, "PageUp") == 0;
    if (app_mode(s->app) != APP_HELPING ||
        !((on && place->scroll < place->scroll_most) ||
          (back && place->scroll > 0)))
        return false;
    screen_scroll(s, &panel_help, on ? 1 : -1);
    return true;
}

static bool is_of_playing(Command c) {
    return c == CMD_PLAY || c == CMD_FASTER || c == CMD_SLOWER;
}

void screen_key(Screen *s, const char *key_name) {
    if (screen_menu_key(s, key_name)) return;
    if (help_takes(s, key_name)) return;
    if (screen_overview_key(s, key_name)) return;
    const KeyRow *row = keys_find(key_name);
    app_remember(s->app);
    if (!row || !is_of_playing(row->command)) app_end_play(s->app);
    if (step_row(s, key_name)) return;
    if (screen_palette_key(s, key_name)) return;
    if (screen_page_key(s, key_name)) return;
    if (app_take_key(s->app, key_name)) return;
    if (screen_factor_key(s, key_name)) return;
    if (row && keys_help(row, NULL))
        commands_run(s, row->command, keys_arg(row));
}

/* ---- how large ----------------------------------------------------------- */

float screen_scale_before(float scale, float density, int w, int h) {
    float fit = fminf((float)w / 1920, (float)h / 1080);
    return fmaxf(fit, FIT_MIN * density) * (scale > 0 ? scale : 1);
}

void screen_set_density(Screen *s, float density) {
    s->density = density;
}

float screen_scale(const Screen *s, int w, int h) {
    return screen_scale_before(app_state(s->app)->scale, s->density, w, h);
}

void screen_scale_text(const Screen *s, int w, int h, char *out, size_t size) {
    const float all = screen_scale(s, w, h), own = app_state(s->app)->scale;
    snprintf(out, size, "text scale %s: %s for this window × %s",
             number_fixed((double)all, 2).s,
             number_fixed((double)(all / own), 2).s,
             number_fixed((double)own, 2).s);
}

void screen_present(Screen *s, Screen *room) {
    s->presents = room;
    s->dirty = true;
}

void screen_show_room(Screen *s, const Pixmap *room, bool frozen) {
    s->room = room;
    s->frozen = frozen;
}

/* ---- the frame ----------------------------------------------------------- */

bool screen_stage(Screen *s, const Scene *scene, Canvas *c, Stage *out) {
    *out = (Stage){
        .canvas = c,
        .hits = &s->hits,
        .theme = scene->theme,
        .state = scene->state,
        .trace = scene->trace,
        .study = scene->study,
        .is_guessing = scene->is_guessing,
        .against = scene->against,
        .against_study = scene->against_study,
        .against_state = scene->against_state,
        .unlike = scene->unlike,
        .training = scene->training,
        .live = scene->live,
        .model = scene->model,
        .tokenizer = scene->tokenizer,
        .teller = scene->teller,
        .labels = scene->labels,
        .reads = scene->reads,
        .mouse_x = s->mouse_x,
        .mouse_y = s->mouse_y,
        .cells = s->cells,
        .tip = &s->tip,
    };
    if (!stage_fill(out)) return false;
    out->has_factor = factor_find(
        out, scene->view, s->holds_factor ? &s->factor : NULL, &out->factor);
    return true;
}

static void draw_view(const Scene *scene, Canvas *c, Rect r, const Stage *stage,
                      bool captioned) {
    int m = canvas_u(c, STAGE_MARGIN);
    Rect inner = rect_inset(r, m, m);
    TextStyle soft = text_style(FACE_SANS, TYPE_BODY, scene->theme->soft);
    canvas_push_clip(c, r);
    canvas_clear(c, scene->theme->window);
    if (captioned && stage) inner = screen_draw_caption(scene, stage, inner);
    if (inner.w < 1 || inner.h < 1)
        ; /* no room for anything */
    else if (scene_hides_stage(scene))
        paragraph_plain(
            c, inner.x, inner.y, inner.w, soft, 1.45f,
            "Answer the question on the slide with its digits; with "
            "Space the model's answer is shown here.",
            true);
    else if (stage)
        scene->view->draw(stage, before_draw_line(stage, inner));
    else
        canvas_text(c, soft, inner.x, inner.y + canvas_u(c, TYPE_BODY),
                    "Computing …");
    canvas_pop_clip(c);
}

void screen_draw_view(const Scene *scene, Canvas *c, Rect r,
                      const Stage *stage) {
    draw_view(scene, c, r, stage, false);
}

/* A hairline at the edge that a panel shares with what it stands beside. */
static void draw_rule(Canvas *c, PanelSide side, Rect r, Color color) {
    if (side == PANEL_TOP) r.y += r.h - 1;
    if (side == PANEL_LEFT) r.x += r.w - 1;
    if (side == PANEL_TOP || side == PANEL_BOTTOM)
        r.h = 1;
    else
        r.w = 1;
    canvas_fill(c, r, color);
}

typedef enum Turn { BESIDE, HANGING, COVERING } Turn;

static Turn turn_of(const Panel *p) {
    return p->side == PANEL_COVER ? COVERING : p->hangs_over ? HANGING : BESIDE;
}

static void draw_panels(const Scene *scene, Screen *s, Turn turn) {
    for (int i = 0; s->panels[i]; i++) {
        Rect r = s->places[i].rect;
        if (turn_of(s->panels[i]) == turn && r.w > 0 && r.h > 0)
            s->panels[i]->draw(scene, s, r);
    }
}

static void draw_rules(const Scene *scene, const Screen *s) {
    for (int i = 0; s->panels[i]; i++) {
        const Panel *p = s->panels[i];
        Rect r = s->places[i].rect;
        if (p->side != PANEL_COVER && r.w > 0 && r.h > 0 &&
            !screen_hides_stage(scene))
            draw_rule(s->canvas, p->side, r, scene->theme->rule);
    }
}

static void note_frame(const Scene *scene, Screen *s, Rect stage) {
    s->frame =
        (Frame){.view = scene->view,
                .stage = stage,
                .turn = scene->turn,
                .text = scene->text,
                .is_covered = scene_covers(scene->mode, scene->page) ||
                              scene->shown == SHOWN_SLIDE ||
                              scene_hides_stage(scene) || s->menu != MENU_NONE,
                .n_pos = trace_n_pos(scene->trace),
                .is_busy = scene->engine.busy};
}

static void draw_frame(const Scene *scene, Screen *s) {
    Rect stage = screen_layout(s, scene, s->canvas);
    note_frame(scene, s, stage);
    if (!screen_hides_stage(scene))
        screen_draw_view(scene, s->canvas, stage, s->stage);
    draw_panels(scene, s, BESIDE);
    draw_panels(scene, s, HANGING);
    draw_rules(scene, s);
    draw_panels(scene, s, COVERING);
    if (scene->mode == APP_HELPING || scene->mode == APP_OVERVIEW)
        return; /* what they are about is hidden */
    const Rect all = {0, 0, canvas_width(s->canvas), canvas_height(s->canvas)};
    tip_draw(&s->tip, s->canvas, scene->theme, all);
    screen_draw_term(scene, s);
    screen_draw_menu(scene, s);
}

static void draw_scene(Screen *s, const Scene *scene, Canvas *c) {
    Stage stage;
    screen_take_places(s);
    screen_note_factor(s);
    hits_clear(&s->hits);
    tip_clear(&s->tip);
    canvas_begin(c);
    canvas_set_density(c, s->density);
    s->has_marked = false;
    s->caret = (Rect){0};
    s->width = canvas_width(c);
    s->height = canvas_height(c);
    s->canvas = c;
    s->stage = NULL;
    s->frame = (Frame){0};
    if (scene->is_black && !s->presents) {
        canvas_clear(c, (Color){0, 0, 0, 255});
    } else {
        if (screen_stage(s, scene, c, &stage)) s->stage = &stage;
        draw_frame(scene, s);
    }
    s->canvas = NULL;
    s->stage = NULL;
}

/* Draws onto nothing: what a frame shows is asked for by drawing it. */
static void ask_for_numbers(Screen *s, Canvas *c) {
    Scene scene;
    app_look(s->app, &scene);
    canvas_push_clip(c, (Rect){0});
    draw_scene(s, &scene, c);
    canvas_pop_clip(c);
    app_look_away(s->app);
}

/* As often as the change before needed it; returns how often one was
 * missing. */
static int ask_until_there(Screen *s, Canvas *c) {
    int n = 0;
    bool more = true;
    while (more && n < s->n_lacked) {
        ask_for_numbers(s, c);
        if (app_is_whole(s->app)) break;
        n++;
        more = app_await(s->app);
    }
    return n;
}

/* It asks for no numbers, and keeps those of others wanted. */
static void draw_presenter(Screen *s, Canvas *c) {
    Scene scene;
    app_look_on(s->app, &scene);
    s->dirty = false;
    s->drawn = scene.changes;
    s->second = app_seconds(s->app);
    draw_scene(s, &scene, c);
    app_look_away(s->app);
}

/* After a change the frame waits a moment for the numbers it shows, so that
 * small models have them at once; some may be asked for only once others are
 * there.  The moment is one, from the change on: who presses a key sees that it
 * was heard.  A step is mostly like the one before: as often as that lacked
 * numbers, this one is drawn onto nothing first. */
void screen_draw_frame(Screen *s, Canvas *c) {
    screen_prepare_overview(s, c);
    if (s->presents) {
        draw_presenter(s, c);
        return;
    }
    const bool changed = s->turn != app_turn(s->app);
    int lacked = changed ? ask_until_there(s, c) : 0;
    Scene scene;
    do {
        app_look(s->app, &scene);
        s->dirty = false;
        s->drawn = scene.changes;
        draw_scene(s, &scene, c);
        app_look_away(s->app);
        lacked += !app_is_whole(s->app);
    } while (changed && app_await(s->app));
    if (changed) s->n_lacked = lacked;
    s->turn = scene.turn;
    s->frame.is_whole = app_is_whole(s->app);
}

void screen_draw(Screen *s, Canvas *c) {
    s->thumbs_most = THUMBS_MAX;
    s->laid = false; /* all is drawn anew */
    screen_draw_frame(s, c);
    screen_lay_marks(s, c);
}

static bool draw_figure(Screen *s, Canvas *c, bool plain) {
    Scene scene;
    Stage stage;
    app_look(s->app, &scene);
    scene.is_guessing = false; /* a figure is for whoever made it */
    hits_clear(&s->hits);
    canvas_begin(c);
    bool have = screen_stage(s, &scene, c, &stage);
    stage.mouse_x = stage.mouse_y = -1; /* a figure has no mouse */
    stage.is_figure = true;
    draw_view(&scene, c, (Rect){0, 0, canvas_width(c), canvas_height(c)},
              have ? &stage : NULL, !plain);
    app_look_away(s->app);
    return have;
}

/* As a frame does, a figure asks for its numbers by being drawn: onto nothing,
 * until none is missing. */
bool screen_draw_stage(Screen *s, Canvas *c, bool plain) {
    bool have;
    canvas_push_clip(c, (Rect){0});
    do
        draw_figure(s, c, plain);
    while (app_await_all(s->app));
    canvas_pop_clip(c);
    do
        have = draw_figure(s, c, plain);
    while (app_await_all(s->app));
    hits_clear(&s->hits); /* they belong to the window, */
    s->dirty = true;      /* which registers them anew */
    return have;
}

bool screen_dirty(const Screen *s) {
    return s->dirty || s->drawn != app_changes(s->app) ||
           (s->presents ? s->second != app_seconds(s->app)
                        : s->laid_as != app_marked(s->app));
}
