/* The header: what is open, what was changed, and the views by name. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"

#include <stdio.h>

/* A pill that says what is switched off; a click switches all on again. */
static int draw_badge(const Scene *scene, Screen *s, int right, Rect bar) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    char edits[EDITS_TEXT_MAX], text[EDITS_TEXT_MAX + 64];
    edits_format(&scene->state->edits, edits, sizeof edits);
    if (!edits[0]) return right;
    snprintf(text, sizeof text, "changed: %s · Z restores", edits);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, t->accent_ink);
    int pad = canvas_u(c, 12), h = canvas_u(c, 28);
    int w = canvas_text_width(c, style, text) + 2 * pad;
    if (w > bar.w / 2) w = bar.w / 2;
    Rect r = {right - w, bar.y + (bar.h - h) / 2, w, h};
    canvas_round(c, r, (float)h / 2, t->accent);
    canvas_push_clip(c, r);
    canvas_text_row(c, style, r.x + pad, r.y, r.h, text);
    canvas_pop_clip(c);
    hits_command(&s->hits, r, CMD_RESTORE, 0);
    return r.x - canvas_u(c, 20);
}

/* The views by name, the current one lit, where there is room for all of them
 * between `left` and `right`.  Returns their left end. */
static int draw_views(const Scene *scene, Screen *s, int left, int right,
                      Rect bar) {
    PanelBar k = {s->canvas, scene->theme, &s->hits, bar, 0, right};
    int all = 0, space = canvas_u(s->canvas, 20);
    for (int i = 0; i < view_count(); i++)
        all += panel_width(&k, FACE_MEDIUM, view_at(i)->title) + space;
    k.x = right - all;
    if (k.x < left) return right;
    for (int i = 0; i < view_count(); i++) {
        bool lit = view_at(i) == scene->view;
        panel_button(&k, lit ? FACE_MEDIUM : FACE_SANS, view_at(i)->title,
                     CMD_VIEW, i);
        k.x += space;
    }
    return right - all;
}

/* In a low window it yields, but a change stays visible. */
static PanelNeed need(const Scene *scene) {
    const Edits *e = &scene->state->edits;
    return e->n > 0 || e->no_mask ? PANEL_NEEDED : PANEL_WANTED;
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const Config *m = model_config(scene->model);
    canvas_fill(c, r, t->panel);
    int x = r.x + canvas_u(c, 24), right = r.x + r.w - canvas_u(c, 24);
    PanelBar k = {c, t, &s->hits, r, 0, right};
    k.x = right -= panel_width(&k, FACE_SANS, "? keys");
    panel_button(&k, FACE_SANS, "? keys", CMD_HELP, 0);
    right = draw_badge(scene, s, right - canvas_u(c, 24), r);

    canvas_circle(c, (float)(x + canvas_u(c, 6)), (float)r.y + (float)r.h / 2,
                  (float)canvas_u(c, 6), t->accent);
    x += canvas_u(c, 22);
    x += canvas_text_row(c, text_style(FACE_BOLD, TYPE_LEAD - 1, t->text), x,
                         r.y, r.h, "llantern");
    x += canvas_u(c, 24);
    right = draw_views(scene, s, x, right, r) - canvas_u(c, 24);
    char params[32], text[256];
    panel_grouped(model_n_params(scene->model), params, sizeof params);
    snprintf(text, sizeof text, "%s · %d layers × %d heads · %s parameters",
             model_name(scene->model), m->n_layers, m->n_heads, params);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    int baseline = r.y + r.h / 2 + canvas_metrics(c, soft).cap / 2;
    if (right > x) canvas_text_fit(c, soft, x, baseline, right - x, text);
}

const Panel panel_header = {
    .name = "header",
    .side = PANEL_TOP,
    .wish_u = 48,
    .window_u = 560,
    .need = need,
    .draw = draw,
};
