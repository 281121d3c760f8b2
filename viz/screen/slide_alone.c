/* A slide that has the window to itself: in the middle, as large as it fits. */
#include "viz/screen/slide_private.h"

#include <math.h>
#include <string.h>

#define WIDEST     0.76f /* of the window */
#define ASPECT     1.4f  /* of its height: longer lines are hard to follow */
#define ZOOM_MAX   2.2f
#define ZOOM_TITLE 3.0f
#define STEP       0.125f
#define TOP_U      48
#define FOOT_U     56

void slide_alone_place(Page *p, Rect r) {
    int w = (int)((float)r.w * WIDEST), most = (int)((float)r.h * ASPECT);
    int least = canvas_u(p->c, 519); /* as beside the stage, if it can be */
    if (w > most) w = most;
    if (w < least) w = least < r.w * 9 / 10 ? least : r.w * 9 / 10;
    p->x = r.x + (r.w - w) / 2;
    p->w = w;
}

bool slide_alone_is(const DeckSlide *s, int beat) {
    const char *panel = "auto";
    bool has_stage = false, none = false;
    for (int i = 0; i <= beat; i++) {
        const State *stage = &s->beats[i].stage;
        has_stage |= s->beats[i].line > 0;
        if (stage->set & STATE_BIT(STATE_PANEL)) panel = stage->panel;
        if (stage->set & STATE_BIT(STATE_STAGE))
            none = strcmp(stage->stage, "none") == 0;
    }
    if (strcmp(panel, "auto") != 0) return strcmp(panel, "slide") == 0;
    return none || !has_stage;
}

/* Where the page ends on the last beat that has the window as this one has:
 * what comes beside the stage needs no room here. */
static int whole_end(Page p) {
    const int n = p.slide->n_beats;
    if (!slide_alone_is(p.slide, p.beat)) return panel_whole_end(p);
    while (p.beat + 1 < n && slide_alone_is(p.slide, p.beat + 1))
        p.beat++;
    return panel_blocks_end(p);
}

/* Everything of the page but its foot. */
static void draw_body(Page *p, const Scene *scene, Rect body) {
    slide_notice_draw(p, scene);
    slide_background_missing(p);
    const int spare = body.y + body.h - whole_end(*p);
    if (spare > 0) p->y += spare * 9 / 20;
    panel_blocks_draw(p, body);
}

/* Where it would end at this scale. */
static int end_at(Page p, const Scene *scene, float scale, float zoom) {
    const int n_hits = p.hits->n, n_terms = p.hits->n_terms;
    panel_zoom(&p, scale, zoom);
    canvas_push_clip(p.c, (Rect){0, 0, 0, 0});
    slide_notice_draw(&p, scene);
    slide_background_missing(&p);
    canvas_pop_clip(p.c);
    p.hits->n = n_hits;
    p.hits->n_terms = n_terms;
    return whole_end(p);
}

static float fitting_zoom(const Page *p, const Scene *scene, Rect body) {
    const float scale = canvas_scale(p->c);
    float zoom = panel_is_title(p->slide) ? ZOOM_TITLE : ZOOM_MAX;
    /* What has pages in any case is not measured at every size. */
    if (end_at(*p, scene, scale, 1) > body.y + body.h) zoom = 1;
    while (zoom > 1 && end_at(*p, scene, scale, zoom) > body.y + body.h)
        zoom -= STEP;
    canvas_rescale(p->c, scale);
    return fmaxf(zoom, 1);
}

static int index_of(const View *v) {
    int i = 0;
    while (view_at(i) && view_at(i) != v)
        i++;
    return i;
}

/* The way to the model, by mouse; its right end. */
static int draw_way(Page *p, int right, int y, const Scene *scene) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, p->t->accent);
    const char *text = "show the model";
    int w = canvas_text_width(p->c, style, text), h = canvas_u(p->c, 28);
    Rect r = {right - w, y + canvas_u(p->c, 4) - h / 2, w, h};
    canvas_text_row(p->c, style, r.x, r.y, r.h, text);
    hits_command(p->hits, r, CMD_VIEW, index_of(scene->view));
    return r.x;
}

/* What has just been said stands where the title does. */
static void draw_foot(Page *p, const Scene *scene, int y) {
    char title[200];
    const bool says = scene->message[0];
    panel_title_text(scene, title, sizeof title);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, p->t->soft);
    if (says) style.color = scene->message_is_bad ? p->t->bad : p->t->good;
    const int gap = canvas_u(p->c, 28);
    panel_foot_draw(p, y);
    int x = p->x + panel_dots_width(p) + gap;
    int end = draw_way(p, p->x + p->w - canvas_u(p->c, 80), y, scene) - gap;
    if (end > x)
        canvas_text_fit(p->c, style, x,
                        y + canvas_u(p->c, 4) +
                            canvas_metrics(p->c, style).cap / 2,
                        end - x, says ? scene->message : title);
}

/* A segment a slide along the window's foot. */
static void draw_progress(const Page *p, const Scene *scene, Rect r) {
    const int n = deck_n_slides(scene->deck), h = canvas_u(p->c, 4);
    const int gap = r.w / n > 8 * h ? h / 2 : 0;
    for (int i = 0; i < n; i++) {
        const int x = (int)((int64_t)r.w * i / n);
        const int end = (int)((int64_t)r.w * (i + 1) / n);
        const Color color = i == scene->slide  ? p->t->accent
                            : i < scene->slide ? p->t->faint
                                               : p->t->rule;
        if (end - x > gap)
            canvas_fill(p->c, (Rect){r.x + x, r.y + r.h - h, end - x - gap, h},
                        color);
    }
}

void slide_alone_draw(Page *p, const Scene *scene, Rect r) {
    const float scale = canvas_scale(p->c);
    const int top = canvas_u(p->c, TOP_U), foot = canvas_u(p->c, FOOT_U);
    Rect body = {r.x, r.y + top, r.w, r.h - top - foot - canvas_u(p->c, 12)};
    p->y = body.y;
    p->h = body.h;
    if (body.h > 0) {
        panel_zoom(p, scale, fitting_zoom(p, scene, body));
        draw_body(p, scene, body);
        panel_zoom(p, scale, 1);
    }
    draw_foot(p, scene, r.y + r.h - foot);
    draw_progress(p, scene, r);
}
