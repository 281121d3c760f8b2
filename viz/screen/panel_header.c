/* The header: what is open, what was changed, and the views by name. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/glossary.h"

#include <stdio.h>
#include <string.h>

/* What is changed, by name; "": nothing. */
static void badge_text(const Scene *scene, char *out, size_t size) {
    const Edits *e = &scene->state->edits;
    const int mask = tokenizer_mask(scene->tokenizer);
    size_t n = 0;
    out[0] = '\0';
    for (int i = 0; i < e->n + e->no_mask && n + 1 < size; i++) {
        char part[EDITS_PART_MAX] = "mask";
        if (i < e->n) before_part_name(&e->list[i], mask, part);
        snprintf(out + n, size - n, "%s%s", i ? ", " : "changed: ", part);
        n += strlen(out + n);
    }
    if (n > 0 && n < size) snprintf(out + n, size - n, " · Z restores");
}

static TextStyle badge_style(const Scene *scene) {
    return text_style(FACE_MEDIUM, TYPE_SMALL, scene->theme->accent_ink);
}

/* What has no room in half of the bar is counted. */
static void badge_fit(const Scene *scene, Canvas *c, Rect bar, char *text,
                      size_t size) {
    const Edits *e = &scene->state->edits;
    const int n = e->n + e->no_mask, room = bar.w / 2 - 4 * canvas_u(c, 12);
    badge_text(scene, text, size);
    if (canvas_text_width(c, badge_style(scene), text) <= room) return;
    if (n > 1)
        snprintf(text, size, "changed: %d parts · Z restores", n);
    else
        snprintf(text, size, "changed · Z restores");
}

/* With the space beside it. */
static int badge_width(const Scene *scene, Canvas *c, Rect bar) {
    char text[EDITS_TEXT_MAX + 64];
    badge_fit(scene, c, bar, text, sizeof text);
    if (!text[0]) return 0;
    const int w = canvas_text_width(c, badge_style(scene), text);
    return num_min(w + 4 * canvas_u(c, 12), bar.w / 2);
}

/* A pill that says what is switched off; a click switches all on again.
 * Returns where what stands left of it ends. */
static int draw_badge(const Scene *scene, Screen *s, int left, int right,
                      Rect bar) {
    Canvas *c = s->canvas;
    char text[EDITS_TEXT_MAX + 64];
    badge_fit(scene, s->canvas, bar, text, sizeof text);
    const int pad = canvas_u(c, 12), h = canvas_u(c, 28);
    const int room = right - left;
    const int w = num_min(badge_width(scene, c, bar) - 2 * pad, room);
    if (!text[0] || w < 2 * pad) return right;
    Rect r = {right - w, bar.y + (bar.h - h) / 2, w, h};
    canvas_round(c, r, (float)h / 2, scene->theme->accent);
    canvas_push_clip(c, r);
    const TextStyle style = badge_style(scene);
    const int cap = canvas_metrics(c, style).cap;
    canvas_text_row(c, style, r.x + pad, r.y, r.h, text);
    if (canvas_text_width(c, style, text) <= r.w - 2 * pad)
        glossary_mark(&s->hits, c, style, r.x + pad, r.y + (r.h + cap) / 2,
                      text);
    canvas_pop_clip(c);
    hits_command(&s->hits, r, CMD_RESTORE, 0);
    return r.x - 2 * pad;
}

/* The current view's name and key, which open the menu of views. */
static void current_text(const Scene *scene, bool with_family, char out[96]) {
    const View *v = scene->view;
    snprintf(out, 96, "%s%s%s  %s ▾",
             with_family ? view_family_title(v->family) : "",
             with_family ? ": " : "",
             view_title(v, model_config(scene->model)->arch), v->key);
}

/* What stands for a family: where there is but one view of it, that. */
static void family_button(PanelBar *k, const Scene *scene, Family f) {
    const int first = view_of_family(f, 0);
    const bool alone = view_of_family(f, first + 1) < 0;
    char text[96];
    if (scene->view->family == f) {
        current_text(scene, true, text);
        panel_button(k, FACE_MEDIUM, text, CMD_VIEWS, 0);
    } else {
        panel_button(k, FACE_SANS, view_family_title(f),
                     alone ? CMD_VIEW : CMD_VIEWS, alone ? first : first + 1);
    }
}

static int family_width(const PanelBar *k, const Scene *scene, Family f) {
    char text[96];
    current_text(scene, true, text);
    return scene->view->family == f
               ? panel_width(k, FACE_MEDIUM, text)
               : panel_width(k, FACE_SANS, view_family_title(f));
}

/* The families of views by name, the current one with its view; where there is
 * no room for them right of `left`, the current view alone.  Returns their left
 * end. */
static int draw_views(const Scene *scene, Screen *s, int left, int right,
                      Rect bar) {
    PanelBar k = {s->canvas, scene->theme, &s->hits, bar, 0, right};
    const int space = canvas_u(s->canvas, 24);
    int all = -space;
    char text[96];
    for (Family f = 0; f < FAMILY_COUNT; f++)
        if (view_of_family(f, 0) >= 0)
            all += family_width(&k, scene, f) + space;
    const bool fits = right - all >= left;
    current_text(scene, false, text);
    if (!fits) all = panel_width(&k, FACE_MEDIUM, text);
    k.x = right - all;
    if (!fits) panel_button(&k, FACE_MEDIUM, text, CMD_VIEWS, 0);
    for (Family f = 0; fits && f < FAMILY_COUNT; f++) {
        if (view_of_family(f, 0) < 0) continue;
        family_button(&k, scene, f);
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
    right -= canvas_u(c, 24);
    canvas_circle(c, (float)(x + canvas_u(c, 6)), (float)r.y + (float)r.h / 2,
                  (float)canvas_u(c, 6), t->accent);
    x += canvas_u(c, 22);
    x += canvas_text_row(c, text_style(FACE_BOLD, TYPE_LEAD - 1, t->text), x,
                         r.y, r.h, "llantern");
    hits_command(&s->hits, (Rect){r.x, r.y, num_min(x - r.x, r.w), r.h},
                 CMD_START, 0);
    x += canvas_u(c, 24);
    right = draw_views(scene, s, x + badge_width(scene, c, r), right, r);
    right = draw_badge(scene, s, x, right - canvas_u(c, 24), r);
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
