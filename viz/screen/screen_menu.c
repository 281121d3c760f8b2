/* The menu that hangs over a screen: opened, stepped through, drawn. It is
 * the screen's own, no part of the state: any key but its own, copying's
 * too, puts it away and does what it always does. */
#include "viz/screen/commands.h"
#include "viz/screen/menu.h"
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <string.h>

#define ROW    32
#define PAD    14
#define MARGIN 8

static int lines_of(const Screen *s, MenuLine out[MENU_LINES]) {
    if (s->menu == MENU_VIEWS)
        return menu_views(model_config(app_model(s->app))->arch, out);
    if (s->menu != MENU_HERE) return 0;
    memcpy(out, s->here, (size_t)s->n_here * sizeof *out);
    return s->n_here;
}

void screen_open_menu(Screen *s, Menu menu, int line) {
    s->menu = menu;
    s->menu_line = line;
    s->dirty = true;
}

bool screen_close_menu(Screen *s) {
    const bool was = s->menu != MENU_NONE;
    s->menu = MENU_NONE;
    s->dirty |= was;
    return was;
}

static void make_edit(App *app, Edit edit) {
    app_put_edit(app, edit);
    app_update(app);
}

void screen_take_menu(Screen *s, int line) {
    MenuLine lines[MENU_LINES];
    const int n = lines_of(s, lines);
    if (n == 0) return;
    const MenuLine *l = &lines[num_min(line, n - 1)];
    screen_close_menu(s);
    app_touch(s->app);
    if (l->pick.n > 0) screen_pick(s, &l->pick);
    if (l->has_edit) make_edit(s->app, l->edit);
    if (l->command != CMD_NONE) commands_run(s, l->command, l->arg);
}

/* ---- what can be done here ----------------------------------------------- */

/* What a click at the spot would lead to. */
static void look_at_spot(Screen *s, const Scene *scene, MenuSpot *spot) {
    State state = *scene->state; /* whose memory it borrows */
    Scene there = *scene;
    Stage now, at;
    screen_pick_into(&state, &spot->pick);
    there.state = &state;
    const View *v = there.view = view_find(state.view);
    if (screen_stage(s, scene, NULL, &now) &&
        screen_stage(s, &there, NULL, &at)) {
        spot->now = &now;
        spot->at = &at;
        if (v->opened) v->opened(&at, &spot->opened);
    }
    s->n_here = menu_here(scene, spot, s->here);
    spot->now = spot->at = NULL;
}

static void open_at(Screen *s, MenuSpot spot, int x, int y) {
    Scene scene;
    if (app_mode(s->app) != APP_STEPPING || app_is_black(s->app) ||
        app_page(s->app) != PAGE_NONE || app_shown(s->app) == SHOWN_SLIDE)
        return;
    app_look(s->app, &scene);
    look_at_spot(s, &scene, &spot);
    app_look_away(s->app);
    s->here_x = x;
    s->here_y = y;
    screen_open_menu(s, MENU_HERE, 0);
}

void screen_open_here(Screen *s) {
    open_at(s, (MenuSpot){0}, s->width / 3, s->height / 4);
}

void screen_mouse_menu(Screen *s, int x, int y) {
    MenuSpot spot = {0};
    if (screen_close_menu(s) || app_mode(s->app) == APP_OVERVIEW) return;
    if (!screen_pick_at(s, x, y, &spot.pick)) spot.pick.n = 0;
    spot.command = screen_command_at(s, x, y, &spot.arg);
    app_remember(s->app);
    open_at(s, spot, x, y);
}

/* ---- keys ---------------------------------------------------------------- */

/* The first line of the group before or after that of line i; i itself where
 * there is none. */
static int other_group(const MenuLine *lines, int n, int i, int dir) {
    int own = i;
    while (own > 0 && !lines[own].group)
        own--;
    for (int to = own + dir; to >= 0 && to < n; to += dir)
        if (lines[to].group) return to;
    return i;
}

bool screen_menu_key(Screen *s, const char *key_name) {
    MenuLine lines[MENU_LINES];
    const int n = lines_of(s, lines), i = s->menu_line;
    if (n == 0) return false;
    int to = -1;
    if (strcmp(key_name, "Up") == 0) to = num_max(i - 1, 0);
    if (strcmp(key_name, "Down") == 0) to = num_min(i + 1, n - 1);
    if (strcmp(key_name, "Left") == 0) to = other_group(lines, n, i, -1);
    if (strcmp(key_name, "Right") == 0) to = other_group(lines, n, i, +1);
    if (strcmp(key_name, "Home") == 0) to = 0;
    if (strcmp(key_name, "End") == 0) to = n - 1;
    if (to >= 0) {
        screen_open_menu(s, s->menu, to);
        return true;
    }
    if (strcmp(key_name, "Enter") == 0) {
        screen_take_menu(s, i);
        return true;
    }
    const KeyRow *row = keys_find(key_name);
    const Command opens = s->menu == MENU_VIEWS ? CMD_VIEWS : CMD_HERE;
    screen_close_menu(s);
    return strcmp(key_name, "Esc") == 0 || (row && row->command == opens);
}

/* ---- drawn -------------------------------------------------------------- */

/* How wide its columns are: groups, keys, texts; 0: there is none such. */
typedef struct Columns {
    int group, key, text;
} Columns;

static TextStyle style_of(const Scene *scene, Face face) {
    const bool soft = face == FACE_SANS || face == FACE_MONO;
    return text_style(face, TYPE_SMALL,
                      soft ? scene->theme->soft : scene->theme->text);
}

static Columns measure(const Scene *scene, Canvas *c, const MenuLine *lines,
                       int n) {
    const TextStyle group = style_of(scene, FACE_SANS),
                    key = style_of(scene, FACE_MONO),
                    text = style_of(scene, FACE_BOLD);
    const int gap = canvas_u(c, PAD);
    Columns w = {0};
    for (int i = 0; i < n; i++) {
        const MenuLine *l = &lines[i];
        if (l->group)
            w.group =
                num_max(w.group, canvas_text_width(c, group, l->group) + gap);
        if (l->key)
            w.key = num_max(w.key, canvas_text_width(c, key, l->key) + gap);
        w.text = num_max(w.text, canvas_text_width(c, text, l->text) + gap);
    }
    return w;
}

static void draw_line(const Scene *scene, Screen *s, Rect r, Columns w,
                      const MenuLine *l, int i) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const bool under = rect_contains(r, s->mouse_x, s->mouse_y);
    const bool chosen = i == s->menu_line;
    if (chosen || under) canvas_fill(c, r, t->well);
    if (chosen)
        canvas_fill(c, (Rect){r.x, r.y, canvas_u(c, 4), r.h}, t->accent);
    int x = r.x + canvas_u(c, PAD);
    if (l->group)
        canvas_text_row(c, style_of(scene, FACE_SANS), x, r.y, r.h, l->group);
    x += w.group;
    canvas_text_row(c, style_of(scene, chosen ? FACE_BOLD : FACE_MEDIUM), x,
                    r.y, r.h, l->text);
    x += w.text;
    if (l->key)
        canvas_text_row(c, style_of(scene, FACE_MONO), x, r.y, r.h, l->key);
    if (l->pick.n > 0 || l->has_edit)
        hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_MENU, .arg = i});
    else
        hits_command(&s->hits, r, l->command, l->arg);
}

/* A rule above each group but the first. */
static void draw_lines(const Scene *scene, Screen *s, Rect r, Columns w,
                       const MenuLine *lines, int n) {
    const int h = r.h / n;
    for (int i = 0; i < n; i++) {
        const Rect row = {r.x, r.y + i * h, r.w, h};
        draw_line(scene, s, row, w, &lines[i], i);
        if (i > 0 && lines[i].group)
            canvas_fill(s->canvas, (Rect){row.x, row.y, row.w, 1},
                        scene->theme->rule);
    }
}

void screen_draw_menu(const Scene *scene, Screen *s) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const Rect all = {0, 0, canvas_width(c), canvas_height(c)};
    const int margin = canvas_u(c, MARGIN), edge = num_max(canvas_u(c, 1), 1);
    MenuLine lines[MENU_LINES];
    const int n = lines_of(s, lines);
    if (n == 0) return;
    const Columns w = measure(scene, c, lines, n);
    const int room = (all.h - 2 * margin) / n;
    Rect r = {.w = num_min(w.group + w.text + w.key + canvas_u(c, PAD),
                           all.w - 2 * margin),
              .h = n * num_min(canvas_u(c, ROW), room)};
    if (room < 1 || r.w < 1) return;
    const bool here = s->menu == MENU_HERE;
    r.x = num_min(here ? s->here_x : all.w, all.w - margin - r.w);
    r.y = num_min(here ? s->here_y : canvas_u(c, 48) + margin,
                  all.h - margin - r.h);
    hits_add(&s->hits, (Hit){.rect = all, .kind = HIT_BLOCKER});
    hits_command(&s->hits, all, CMD_LEAVE, 0); /* beside it */
    canvas_fill(c, r, t->panel);
    draw_lines(scene, s, r, w, lines, n);
    canvas_frame(c, rect_inset(r, -edge, -edge), 0, (float)edge, t->soft);
}
