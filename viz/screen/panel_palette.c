/* The palette: what is typed, and the lines that fit, over everything. */
#include "viz/screen/palette.h"
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <stdio.h>

#define WIDTH  760
#define ROW    40
#define MARGIN 18

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_CHOOSING ? PANEL_NEEDED : PANEL_ABSENT;
}

static void draw_typed(const Scene *scene, const Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const char *typed = scene->needle;
    const TextStyle style = text_style(FACE_SANS, TYPE_LEAD, t->text);
    int x = r.x;
    if (typed[0]) x += canvas_text_row(c, style, r.x, r.y, r.h, typed);
    const Rect caret = {x + canvas_u(c, 1), r.y + r.h / 4,
                        num_max(canvas_u(c, 2), 1), r.h / 2};
    canvas_fill(c, caret, t->accent);
    if (!typed[0])
        canvas_text_row(c, text_style(FACE_SANS, TYPE_LEAD, t->soft),
                        r.x + canvas_u(c, 8), r.y, r.h,
                        "a view, a key, a lesson, a slide, a model, a token, "
                        "a head (3.2), a change (rope)");
}

static void draw_line(const Scene *scene, Screen *s, Rect r,
                      const PaletteLine *line, int i, bool chosen) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const int pad = canvas_u(c, MARGIN);
    const TextStyle soft = text_style(FACE_MONO, TYPE_SMALL, t->soft);
    const int edge = num_max(canvas_u(c, 1), 1);
    if (chosen) {
        r.x += edge;
        r.w -= 2 * edge;
        panel_chosen(c, t, r);
    }
    const int w = canvas_text_width(c, soft, line->detail);
    canvas_text_row(c, soft, r.x + r.w - pad - w, r.y, r.h, line->detail);
    const TextStyle style =
        text_style(chosen ? FACE_BOLD : FACE_SANS, TYPE_BODY, t->text);
    const int cap = canvas_metrics(c, style).cap;
    canvas_text_fit(c, style, r.x + pad, r.y + r.h / 2 + cap / 2,
                    r.w - 3 * pad - w, line->text);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_LINE, .arg = i});
}

/* As many lines as there is room for, the chosen one among them. */
static void draw_lines(const Scene *scene, Screen *s, Rect r,
                       const PaletteLine *lines, int n) {
    const int h = canvas_u(s->canvas, ROW), room = num_max(r.h / h, 1);
    const int chosen = num_min(scene->chosen, n - 1);
    const int first = num_max(chosen - room + 1, 0);
    for (int i = first; i < n && i - first < room; i++)
        draw_line(scene, s, (Rect){r.x, r.y + (i - first) * h, r.w, h},
                  &lines[i], i, i == chosen);
    if (n == 0)
        canvas_text_row(
            s->canvas, text_style(FACE_SANS, TYPE_BODY, scene->theme->soft),
            r.x + canvas_u(s->canvas, MARGIN), r.y, h, "nothing is called so");
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const int row = canvas_u(c, ROW), pad = canvas_u(c, MARGIN);
    PaletteLine lines[PALETTE_LINES];
    const int n = palette_find(scene, scene->needle, lines);
    const int shown = num_max(n, 1);
    Rect box = {.w = num_min(canvas_u(c, WIDTH), r.w - 2 * pad)};
    box.x = r.x + (r.w - box.w) / 2;
    box.y = r.y + num_min(canvas_u(c, 110), r.h / 10);
    box.h = num_min((shown + 2) * row + pad, r.y + r.h - box.y - pad);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    hits_command(&s->hits, r, CMD_LEAVE, 0); /* beside it */
    hits_add(&s->hits, (Hit){.rect = box, .kind = HIT_BLOCKER});
    canvas_round(c, box, (float)canvas_u(c, 8), t->panel);
    canvas_frame(c, box, (float)canvas_u(c, 8),
                 (float)num_max(canvas_u(c, 1), 1), t->soft);
    draw_typed(scene, s, (Rect){box.x + pad, box.y, box.w - 2 * pad, row});
    canvas_fill(c, (Rect){box.x, box.y + row, box.w, 1}, t->rule);
    draw_lines(scene, s, (Rect){box.x, box.y + row, box.w, box.h - 2 * row},
               lines, n);
    canvas_text_row(c, text_style(FACE_SANS, TYPE_SMALL, t->soft), box.x + pad,
                    box.y + box.h - row, row,
                    "↑ ↓ choose · Enter does it · Esc closes");
}

const Panel panel_palette = {
    .name = "palette",
    .side = PANEL_COVER,
    .need = need,
    .draw = draw,
};
