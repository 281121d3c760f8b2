/* Which panels are shown and where: all of it follows from their rows. */
#include "viz/screen/screen_private.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define STAGE_MIN_U 555 /* narrower, a view cannot be read */

/* ---- places -------------------------------------------------------------- */

PanelPlace *screen_place(Screen *s, const Panel *p) {
    int i = 0;
    while (s->panels[i] != p)
        i++;
    return &s->places[i];
}

static bool is_shown(const PanelPlace *place) {
    return place->rect.w > 0 && place->rect.h > 0;
}

/* ---- what the state says of them ----------------------------------------- */

static const char *const wish_words[] = {
    [PANEL_AUTO] = "auto", [PANEL_SHOW] = "on", [PANEL_HIDE] = "off"};

static PanelWish wish_of(const char *word) {
    int wish = PANEL_HIDE;
    while (wish > PANEL_AUTO && strcmp(wish_words[wish], word) != 0)
        wish--;
    return (PanelWish)wish;
}

static void take_wishes(Screen *s) {
    if (s->placed == app_placed(s->app)) return;
    s->placed = app_placed(s->app);
    for (int i = 0; s->panels[i]; i++)
        if (s->panels[i]->toggle != CMD_NONE)
            s->places[i].wish = wish_of(app_panel(s->app, s->panels[i]->wish));
}

static void take_scrolls(Screen *s) {
    if (s->opened == app_opened(s->app)) return;
    s->opened = app_opened(s->app);
    for (int i = 0; s->panels[i]; i++) {
        const StateKey key = s->panels[i]->scrolled;
        s->places[i].scroll = key ? app_scroll(s->app, key) : 0;
        s->places[i].scroll_most = INT_MAX; /* not measured yet */
    }
}

void screen_take_places(Screen *s) {
    take_wishes(s);
    take_scrolls(s);
}

void screen_say_places(Screen *s) {
    screen_take_places(s);
    for (int i = 0; s->panels[i]; i++) {
        const Panel *p = s->panels[i];
        if (p->toggle != CMD_NONE)
            app_set_panel(s->app, p->wish, wish_words[s->places[i].wish]);
        if (p->scrolled)
            app_set_scroll(s->app, p->scrolled, s->places[i].scroll);
    }
}

void screen_toggle(Screen *s, const Panel *p) {
    screen_take_places(s);
    PanelPlace *place = screen_place(s, p);
    Scene scene;
    app_look(s->app, &scene);
    const bool by_itself = p->need(&scene) >= PANEL_WANTED;
    app_look_away(s->app);
    place->wish = !is_shown(place) ? PANEL_SHOW
                  : by_itself      ? PANEL_HIDE
                                   : PANEL_AUTO;
    screen_say_places(s);
    s->dirty = true;
}

void screen_scroll(Screen *s, const Panel *p, int rows) {
    screen_take_places(s);
    PanelPlace *place = screen_place(s, p);
    int most = place->scroll_most;
    int from = place->scroll < most ? place->scroll : most;
    place->scroll = rows > most - from ? most : from + rows;
    if (place->scroll < 0) place->scroll = 0;
    screen_say_places(s);
    s->dirty = true;
}

/* ---- widths of the side panels ------------------------------------------- */

typedef struct Sides {
    const Screen *screen;
    bool wanted[SCREEN_PANELS_MAX];
    float width[SCREEN_PANELS_MAX]; /* design units */
    float window;
} Sides;

static bool is_side(const Panel *p) {
    return p->side == PANEL_LEFT || p->side == PANEL_RIGHT;
}

static bool is_wanted(const Panel *p, PanelWish wish, const Scene *scene) {
    PanelNeed need = p->need(scene);
    if (need == PANEL_ABSENT || wish == PANEL_HIDE) return false;
    return wish == PANEL_SHOW || need >= PANEL_WANTED;
}

/* Whether the stage keeps a readable width beside those that are wanted. */
static bool fits(const Sides *k) {
    float left = k->window;
    for (int i = 0; k->screen->panels[i]; i++)
        left -= k->width[i];
    return left >= STAGE_MIN_U;
}

typedef enum Measure { SHARES, WISHES, LEASTS } Measure;

static float width_by(const Sides *k, const Panel *p, Measure m) {
    const float wish = m == LEASTS ? p->least_u : p->wish_u;
    return m == SHARES ? fmaxf(wish, p->share * k->window) : wish;
}

static bool try_widths(Sides *k, Measure m) {
    for (int i = 0; k->screen->panels[i]; i++)
        k->width[i] = k->wanted[i] ? width_by(k, k->screen->panels[i], m) : 0;
    return fits(k);
}

/* Panels go in the order in which they yield, but those asked for by name. */
static bool try_without(Sides *k) {
    for (int turn = 1; turn <= SCREEN_PANELS_MAX; turn++)
        for (int i = 0; k->screen->panels[i]; i++) {
            if (k->screen->panels[i]->yields != turn) continue;
            if (k->screen->places[i].wish != PANEL_SHOW) k->width[i] = 0;
            if (fits(k)) return true;
        }
    return false;
}

static void choose_widths(Sides *k, const Scene *scene) {
    for (int i = 0; k->screen->panels[i]; i++) {
        const Panel *p = k->screen->panels[i];
        k->wanted[i] =
            is_side(p) && is_wanted(p, k->screen->places[i].wish, scene);
    }
    for (Measure m = SHARES; m <= LEASTS; m++)
        if (try_widths(k, m)) return;
    if (try_without(k)) return;
    /* Asked for by name: then the stage gets what is left, or nothing. */
    float left = k->window;
    for (int i = 0; k->screen->panels[i]; i++) {
        k->width[i] = fminf(k->width[i], left);
        left -= k->width[i];
    }
}

/* ---- docking ------------------------------------------------------------- */

/* Cuts a panel's place off what is left, in pixels. */
static Rect dock(PanelSide side, int size, Rect *left) {
    Rect r = *left;
    switch (side) {
    case PANEL_TOP:
        r.h = size;
        left->y += size;
        left->h -= size;
        break;
    case PANEL_BOTTOM:
        r.y += r.h - size;
        r.h = size;
        left->h -= size;
        break;
    case PANEL_LEFT:
        r.w = size;
        left->x += size;
        left->w -= size;
        break;
    case PANEL_RIGHT:
        r.x += r.w - size;
        r.w = size;
        left->w -= size;
        break;
    case PANEL_COVER:
        break;
    }
    return r;
}

/* Height of a bar in pixels.  In a low window bars yield. */
static int bar_height(const Panel *p, PanelWish wish, const Scene *scene,
                      Canvas *c, Rect left) {
    PanelNeed need = p->need(scene);
    float window = (float)canvas_height(c) / canvas_scale(c);
    if (!is_wanted(p, wish, scene)) return 0;
    int h = p->height ? p->height(scene, c, left.w) : canvas_u(c, p->wish_u);
    if (need == PANEL_NEEDED) return h;
    if (window < p->window_u) return 0;
    return h < left.h ? h : left.h > 0 ? left.h : 0;
}

/* One panel has the whole window; only what covers all may lie over it. */
static Rect layout_alone(Screen *s, const Panel *alone, const Scene *scene,
                         Rect all) {
    for (int i = 0; s->panels[i]; i++) {
        const Panel *p = s->panels[i];
        const bool shown = p == alone || (p->side == PANEL_COVER &&
                                          p->need(scene) == PANEL_NEEDED);
        s->places[i].rect = shown ? all : (Rect){0};
    }
    return (Rect){0};
}

/* The slide has it, but for the notes below. */
static Rect layout_slide(Screen *s, const Scene *scene, Canvas *c, Rect all) {
    Rect left = all;
    const Rect none = layout_alone(s, &panel_slide, scene, all);
    PanelPlace *notes = screen_place(s, &panel_notes);
    notes->rect =
        dock(PANEL_BOTTOM,
             bar_height(&panel_notes, notes->wish, scene, c, left), &left);
    screen_place(s, &panel_slide)->rect = left;
    return none;
}

/* Docks all panels; returns what they leave. */
static Rect dock_all(Screen *s, const Sides *sides, const Scene *scene,
                     Canvas *c, Rect all) {
    Rect left = all;
    for (int i = 0; s->panels[i]; i++) {
        const Panel *p = s->panels[i];
        if (p->side == PANEL_COVER) {
            s->places[i].rect =
                p->need(scene) == PANEL_NEEDED ? all : (Rect){0};
            continue;
        }
        int size = is_side(p)
                       ? canvas_u(c, sides->width[i])
                       : bar_height(p, s->places[i].wish, scene, c, left);
        s->places[i].rect = dock(p->side, size, &left);
    }
    if (left.w < 0) left.w = 0;
    return left;
}

/* The slide is wanted beside the stage, but had to yield. */
static bool yields_slide(const Screen *s, const Sides *sides,
                         const Scene *scene) {
    for (int i = 0; s->panels[i]; i++)
        if (s->panels[i] == &panel_slide)
            return scene->shown == SHOWN_BOTH && sides->width[i] <= 0;
    return false;
}

bool screen_folds_slide(const Screen *s) {
    return s->folded;
}

Rect screen_layout(Screen *s, const Scene *scene, Canvas *c) {
    const Rect all = {0, 0, canvas_width(c), canvas_height(c)};
    s->folded = false;
    if (s->presents) return layout_alone(s, &panel_presenter, scene, all);
    if (scene->page == PAGE_START)
        return layout_alone(s, &panel_start, scene, all);
    if (scene->shown == SHOWN_SLIDE) return layout_slide(s, scene, c, all);
    Sides sides = {.screen = s, .window = (float)all.w / canvas_scale(c)};
    choose_widths(&sides, scene);
    Scene here = *scene;
    s->folded = yields_slide(s, &sides, scene);
    if (s->folded) here.shown = SHOWN_STAGE;
    return dock_all(s, &sides, &here, c, all);
}
