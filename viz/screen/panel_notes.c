/* The speaker's notes under the slide, for a lecture with one display: where a
 * presenter's window shows them, the room's does not. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"

#define SHARE    0.34f /* of the window's height */
#define MARGIN_U 24
#define HEAD_U   36

static PanelNeed need(const Scene *scene) {
    return scene->deck && !scene->clock[0] ? PANEL_ASKED : PANEL_ABSENT;
}

static int height(const Scene *scene, Canvas *c, int width) {
    (void)scene;
    (void)width;
    return (int)(SHARE * (float)canvas_height(c));
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    const int m = canvas_u(s->canvas, MARGIN_U);
    canvas_fill(s->canvas, r, scene->theme->window);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    canvas_push_clip(s->canvas, r);
    slide_notes_draw(
        scene, s, scene->theme, canvas_u(s->canvas, HEAD_U),
        (Rect){r.x + m, r.y, num_max(r.w - 2 * m, 0), num_max(r.h - m / 2, 0)},
        screen_place(s, &panel_notes));
    canvas_pop_clip(s->canvas);
}

const Panel panel_notes = {
    .name = "notes",
    .side = PANEL_BOTTOM,
    .wheel_rows = 1,
    .scrolled = STATE_NOTE,
    .toggle = CMD_NOTES,
    .wish = STATE_NOTES,
    .height = height,
    .need = need,
    .draw = draw,
};
