/* What is left of the folded arithmetic: which key opens it. */
#include "viz/screen/panel.h"
#include "viz/screen/screen_private.h"

static PanelNeed need(const Scene *scene) {
    const bool folded = strcmp(scene->state->inspector, "auto") == 0 &&
                        panel_inspector.need(scene) == PANEL_ASKED;
    return folded && !scene->view->opens_nothing ? PANEL_WANTED : PANEL_ABSENT;
}

/* The key as its cap, and below it, turned, what it opens. */
static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const int side = canvas_u(c, 24), middle = r.x + r.w / 2;
    const Rect cap = {middle - side / 2, r.y + r.h * 2 / 5, side, side};
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, t->text);
    style.align = ALIGN_CENTER;
    canvas_fill(c, r, t->panel);
    canvas_frame(c, cap, (float)canvas_u(c, 5), (float)canvas_u(c, 1),
                 t->faint);
    canvas_text_row(c, style, middle, cap.y, cap.h, "I");
    style = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    style.angle = -90;
    canvas_text(c, style, middle - canvas_metrics(c, style).cap / 2,
                cap.y + cap.h + canvas_u(c, 12), "the arithmetic");
    hits_command(&s->hits, r, CMD_INSPECTOR, 0);
}

const Panel panel_rail = {
    .name = "rail",
    .side = PANEL_RIGHT,
    .wish_u = 40,
    .least_u = 40,
    .yields = 1,
    .need = need,
    .draw = draw,
};
