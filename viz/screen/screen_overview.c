/* All slides over everything: where each stands, which key chooses another, and
 * small pictures of them.  A picture is a slide drawn by its own panel, at half
 * a window's size, and made smaller; those in sight are kept. */
#include "viz/screen/commands.h"
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"
#include "viz/app/slides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN_U   48
#define TOP_U      92
#define FOOT_U     48
#define LABEL_U    34
#define GAP_U      22
#define WIDEST_U   560 /* of a slide */
#define NARROW_U   210 /* narrower ones are scrolled instead */
#define DRAWN_W    800 /* pixels that a slide is drawn in at least */
#define SLIDE_PART 46  /* % of the width that it has beside a stage */

/* ---- which, and where ---------------------------------------------------- */

static void find(Screen *s, const Scene *scene) {
    const Deck *d = scene->deck;
    s->n_found = 0;
    for (int i = 0; i < deck_n_slides(d); i++)
        if (slides_fit(d, i, scene->needle) != SLIDES_NOT)
            s->found[s->n_found++] = i;
}

/* So many columns: how large a slide is then, and how many rows fit. */
static void size(OverviewGrid *g, int columns, int window_w, int window_h) {
    g->columns = columns;
    g->w = num_max((g->body.w - (columns - 1) * g->gap) / columns, 1);
    g->h = num_max((int)((int64_t)g->w * window_h / num_max(window_w, 1)), 1);
    g->rows = num_max((g->body.h + g->gap) / (g->h + g->label + g->gap), 1);
}

/* The place among those found; -1: it is not. */
static int place_of(const Screen *s, int slide) {
    for (int i = 0; i < s->n_found; i++)
        if (s->found[i] == slide) return i;
    return -1;
}

OverviewGrid screen_overview_grid(const Screen *s, int w, int h, float scale,
                                  int chosen) {
    const int side = (int)lroundf(MARGIN_U * scale);
    const int top = (int)lroundf(TOP_U * scale);
    const int foot = (int)lroundf(FOOT_U * scale);
    OverviewGrid g = {.body = {side, top, num_max(w - 2 * side, 1),
                               num_max(h - top - foot, 1)},
                      .label = (int)lroundf(LABEL_U * scale),
                      .gap = (int)lroundf(GAP_U * scale),
                      .n = s->n_found};
    const float narrow = NARROW_U * scale, widest = WIDEST_U * scale;
    for (int columns = 1;; columns++) {
        size(&g, columns, w, h);
        const bool fits = g.rows * columns >= g.n && (float)g.w <= widest;
        const int more = (g.body.w - columns * g.gap) / (columns + 1);
        if (fits || (float)more < narrow) break;
    }
    const int last = (g.n + g.columns - 1) / g.columns - g.rows;
    const int row = num_max(place_of(s, chosen), 0) / g.columns;
    g.first = num_clamp(row - g.rows / 2, 0, num_max(last, 0));
    return g;
}

/* ---- pictures ------------------------------------------------------------ */

/* The beat that shows most of a slide and gives no answer away. */
static int beat_of(const DeckSlide *slide) {
    for (int i = 0; i < slide->n_blocks; i++)
        if (slide->blocks[i].kind == BLOCK_ASK) return slide->blocks[i].beat;
    return slide->n_beats - 1;
}

/* What the stage shows there: as the last stage up to it says. */
static const View *view_of(const Deck *d, int slide, int beat) {
    for (; slide >= 0; beat = deck_slide(d, --slide)->n_beats - 1) {
        for (int i = beat; i >= 0; i--) {
            const State *stage = &deck_slide(d, slide)->beats[i].stage;
            if (stage->set & STATE_BIT(STATE_VIEW))
                return view_find(stage->view);
        }
        if (slide == 0) break;
    }
    return view_default();
}

static uint64_t add(uint64_t sum, uint64_t v) {
    return (sum ^ v) * 1099511628211u;
}

/* FNV-1a of what a picture of w x h is made for. */
static uint64_t sum_of(const Screen *s, const Scene *scene, int w, int h) {
    uint64_t sum = 14695981039346656037u;
    uint32_t scale;
    memcpy(&scale, &scene->state->scale, sizeof scale);
    sum = add(add(sum, scene->deck_read), scene->theme->dark);
    sum = add(add(sum, (uint64_t)w), (uint64_t)h);
    sum = add(add(sum, scale), scene->deck_is_astray);
    return add(add(sum, (uint64_t)s->width), (uint64_t)s->height);
}

const Pixmap *screen_thumb(const Screen *s, int slide, int w, int h) {
    for (int i = 0; i < THUMBS_MAX; i++) {
        const Thumb *t = &s->thumbs[i];
        if (t->picture.px && t->slide == slide && t->picture.w == w &&
            t->picture.h == h && t->used == s->thumb_frame)
            return &t->picture;
    }
    return NULL;
}

void screen_free_thumbs(Screen *s) {
    for (int i = 0; i < THUMBS_MAX; i++)
        free(s->thumbs[i].picture.px);
    memset(s->thumbs, 0, sizeof s->thumbs);
    s->thumb_frame = 0;
}

/* The one that is kept for this slide, or else the one used longest ago. */
static Thumb *slot_for(Screen *s, int slide, uint64_t sum) {
    Thumb *oldest = &s->thumbs[0];
    for (int i = 0; i < THUMBS_MAX; i++) {
        Thumb *t = &s->thumbs[i];
        if (t->picture.px && t->slide == slide && t->sum == sum) return t;
        if (t->used < oldest->used) oldest = t;
    }
    return oldest;
}

static void draw_stage(const Scene *scene, Canvas *c, Rect r) {
    const Theme *t = scene->theme;
    const View *v = view_of(scene->deck, scene->slide, scene->beat);
    TextStyle style = text_style(FACE_MEDIUM, 2 * TYPE_TITLE, t->soft);
    style.align = ALIGN_CENTER;
    canvas_fill(c, r, t->window);
    canvas_text_row(c, style, r.x + r.w / 2, r.y, r.h,
                    (v ? v : view_default())->title);
}

/* A slide by its panel, as the window shows it. */
static void draw_slide(Screen *s, const Scene *all, Canvas *c, int slide,
                       const Pictures *pictures) {
    Scene scene = *all;
    State state = *all->state; /* whose memory it borrows */
    const DeckSlide *d = deck_slide(all->deck, slide);
    PanelPlace *place = screen_place(s, &panel_slide);
    const PanelPlace kept = *place;
    Rect r = {0, 0, canvas_width(c), canvas_height(c)}, rest = r;
    scene.slide = slide;
    scene.beat = beat_of(d);
    /* What is answered is another slide's. */
    memset(&state.answer, 0, sizeof state.answer);
    memset(&state.votes, 0, sizeof state.votes);
    memset(&state.hints, 0, sizeof state.hints);
    scene.state = &state;
    scene.pictures = pictures;
    scene.message = scene.deck_error = "";
    scene.deck_is_astray = false;
    const bool alone = all->deck_is_astray || slide_alone_is(d, scene.beat);
    scene.shown = alone ? SHOWN_SLIDE : SHOWN_BOTH;
    if (!alone) rest.x = r.w = r.w * SLIDE_PART / 100;
    rest.w -= rest.x;
    *place = (PanelPlace){0};
    s->canvas = c;
    hits_clear(&s->hits);
    canvas_begin(c);
    panel_slide.draw(&scene, s, r);
    if (!alone) draw_stage(&scene, c, rest);
    s->canvas = NULL;
    *place = kept;
}

/* Without memory for it there is none, and the slide is shown plain. */
static bool take_room(Thumb *t, int w, int h) {
    if (t->picture.px && t->picture.w == w && t->picture.h == h) return true;
    free(t->picture.px);
    t->picture =
        (Pixmap){.px = malloc((size_t)w * (size_t)h * sizeof(uint32_t)),
                 .w = w,
                 .h = h,
                 .stride = w};
    return t->picture.px != NULL;
}

static void make(Screen *s, Canvas *small, Thumb *t, int slide,
                 const OverviewGrid *g) {
    Scene scene;
    const int beat = beat_of(deck_slide(app_deck(s->app), slide));
    const Pictures *pictures = app_pictures_of(s->app, slide, beat);
    if (!take_room(t, g->w, g->h)) return;
    app_look_on(s->app, &scene);
    draw_slide(s, &scene, small, slide, pictures);
    app_look_away(s->app);
    const Rect all = {0, 0, g->w, g->h};
    raster_picture(&t->picture, all, all, canvas_pixels(small), 255);
}

/* A surface of the window's shape to draw slides on; NULL: no memory. */
static Canvas *open_small(Canvas *c, const OverviewGrid *g) {
    const int w = canvas_width(c), h = canvas_height(c);
    const int sw = num_max(num_min(w, num_max(2 * g->w, DRAWN_W)), 1);
    const int sh = num_max((int)((int64_t)sw * h / w), 1);
    Err err = {0};
    return canvas_open(sw, sh, canvas_scale(c) * (float)sw / (float)w,
                       canvas_fonts(c), &err);
}

static void make_missing(Screen *s, Canvas *c, const OverviewGrid *g,
                         uint64_t sum) {
    const int from = g->first * g->columns;
    const int end = num_min(from + g->rows * g->columns, g->n);
    Canvas *small = NULL;
    int n_made = 0;
    s->thumb_frame++;
    for (int i = from; i < end && i - from < THUMBS_MAX; i++) {
        Thumb *t = slot_for(s, s->found[i], sum);
        const bool kept =
            t->picture.px && t->slide == s->found[i] && t->sum == sum;
        s->thumbs_lack |= !kept && n_made == s->thumbs_most;
        if (!kept && n_made == s->thumbs_most) continue;
        if (!kept && !small && !(small = open_small(c, g))) return;
        if (!kept) make(s, small, t, s->found[i], g);
        n_made += !kept;
        t->slide = s->found[i];
        t->sum = sum;
        t->used = s->thumb_frame;
    }
    canvas_close(small);
}

void screen_prepare_overview(Screen *s, Canvas *c) {
    Scene scene;
    s->thumbs_lack = false;
    if (app_mode(s->app) != APP_OVERVIEW) {
        screen_free_thumbs(s);
        return;
    }
    s->width = canvas_width(c);
    s->height = canvas_height(c);
    app_look_on(s->app, &scene);
    find(s, &scene);
    const OverviewGrid g = screen_overview_grid(s, s->width, s->height,
                                                canvas_scale(c), scene.chosen);
    const uint64_t sum = sum_of(s, &scene, g.w, g.h);
    app_look_away(s->app);
    make_missing(s, c, &g, sum);
}

/* ---- keys and clicks ----------------------------------------------------- */

void screen_overview(Screen *s, int unused) {
    (void)unused;
    app_begin_overview(s->app);
}

void screen_to_slide(Screen *s, int slide) {
    app_end_overview(s->app);
    app_go_to_slide(s->app, slide);
}

/* What is shown now, as the last frame may be of another size or text. */
static OverviewGrid look(Screen *s, int *chosen) {
    Scene scene;
    app_look_on(s->app, &scene);
    find(s, &scene);
    *chosen = scene.chosen;
    app_look_away(s->app);
    return screen_overview_grid(s, s->width, s->height,
                                screen_scale(s, s->width, s->height), *chosen);
}

/* By so many places among those found. */
static void move_by(Screen *s, const OverviewGrid *g, int chosen, int by) {
    const int at = place_of(s, chosen);
    if (g->n == 0) return;
    app_choose_slide(s->app,
                     s->found[at < 0 ? 0 : num_clamp(at + by, 0, g->n - 1)]);
}

void screen_overview_move(Screen *s, int steps) {
    int chosen;
    const OverviewGrid g = look(s, &chosen);
    move_by(s, &g, chosen, steps * g.columns);
}

static bool move_key(Screen *s, const char *key) {
    int chosen;
    const OverviewGrid g = look(s, &chosen);
    const struct {
        const char *key;
        int by;
    } moves[] = {{"Right", 1},       {"Left", -1}, {"Down", g.columns},
                 {"Up", -g.columns}, {"End", g.n}, {"Home", -g.n},
                 {"Tab", 1}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (strcmp(key, moves[i].key) == 0) {
            move_by(s, &g, chosen, moves[i].by);
            return true;
        }
    if (strcmp(key, "Enter") != 0) return false;
    if (place_of(s, chosen) >= 0) screen_to_slide(s, chosen);
    return true;
}

/* Keys that write nothing keep their meaning; a clicker's lead on. */
static bool goes_on(Screen *s, const char *key, const KeyRow *row) {
    static const Command same[] = {CMD_COPY_STATE, CMD_PASTE, CMD_FULLSCREEN,
                                   CMD_FREEZE,     CMD_SWAP,  CMD_PAUSE_CLOCK,
                                   CMD_QUIT};
    const bool writes = strlen(key) == 1 || strncmp(key, "Shift+", 6) == 0;
    const bool steps =
        row->command == CMD_BEAT_NEXT || row->command == CMD_BEAT_PREV;
    if (steps) {
        app_end_overview(s->app);
        return true;
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!writes && row->command == same[i]) return true;
    return false;
}

bool screen_overview_key(Screen *s, const char *key) {
    Scene scene;
    if (app_mode(s->app) != APP_OVERVIEW) return false;
    app_look_on(s->app, &scene);
    const bool typed = scene.needle[0];
    app_look_away(s->app);
    if (move_key(s, key)) return true;
    const KeyRow *row = keys_find(key);
    const bool is_blank = typed && strcmp(key, "Space") == 0;
    if (!row || is_blank || !goes_on(s, key, row)) {
        app_take_key(s->app, key);
        return true;
    }
    if (row->command == CMD_COPY_STATE) /* what is typed is no place */
        app_take_key(s->app, "Ctrl+U");
    commands_run(s, row->command, keys_arg(row));
    return true;
}
