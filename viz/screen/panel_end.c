/* What comes after a lesson's end: a card over its last beat. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"
#include "viz/screen/start.h"

#include "engine/base/num.h"

#include <stdio.h>

#define WIDTH  760
#define ROW    60
#define MARGIN 28
#define SHADE  0.55f /* over the slide behind it */

static PanelNeed need(const Scene *scene) {
    return scene->page == PAGE_END ? PANEL_NEEDED : PANEL_ABSENT;
}

static void draw_line(const Scene *scene, Screen *s, Rect r,
                      const StartEntry *e, int i, bool chosen) {
    char text[START_TEXT_MAX], detail[START_TEXT_MAX],
        title[START_TEXT_MAX + 8];
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const int pad = canvas_u(c, MARGIN);
    start_text(scene, e, text, detail);
    snprintf(title, sizeof title, "%s%s",
             e->kind == START_LESSON ? "Next: " : "", text);
    if (chosen) panel_chosen(c, t, r);
    const TextStyle style =
        text_style(chosen ? FACE_BOLD : FACE_SANS, TYPE_LEAD, t->text);
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    const int middle = r.y + r.h / 2;
    canvas_text_fit(c, style, r.x + pad, middle - canvas_u(c, 2), r.w - 2 * pad,
                    title);
    canvas_text_fit(c, soft, r.x + pad, middle + canvas_u(c, 20), r.w - 2 * pad,
                    detail);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_ENTRY, .arg = i});
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    StartEntry list[START_ENTRIES_MAX];
    char text[START_TEXT_MAX];
    const int n = start_list(scene, list),
              chosen = num_min(scene->entry, n - 1);
    const int pad = canvas_u(c, MARGIN), row = canvas_u(c, ROW);
    const int edge = num_max(canvas_u(c, 1), 1);
    Rect box = {.w = num_min(canvas_u(c, WIDTH), r.w - 2 * edge)};
    box.h = num_min((n + 2) * row, r.h - 2 * edge);
    box.x = r.x + (r.w - box.w) / 2;
    box.y = r.y + (r.h - box.h) / 2;
    if (box.w < 1 || box.h < 1) return;
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    hits_command(&s->hits, r, CMD_LEAVE, 0); /* beside it */
    hits_add(&s->hits, (Hit){.rect = box, .kind = HIT_BLOCKER});
    canvas_fill(c, r, color_alpha((Color){0, 0, 0, 255}, SHADE));
    canvas_fill(c, box, t->panel);
    canvas_frame(c, rect_inset(box, -edge, -edge), 0, (float)edge, t->soft);
    canvas_push_clip(c, box);
    snprintf(text, sizeof text, "The end of %.140s",
             scene->deck ? deck_title(scene->deck) : "");
    const TextStyle head = text_style(FACE_MEDIUM, TYPE_BODY, t->soft);
    canvas_text_fit(c, head, box.x + pad, box.y + canvas_u(c, 36),
                    box.w - 2 * pad, text);
    for (int i = 0; i < n; i++)
        draw_line(scene, s, (Rect){box.x, box.y + row + i * row, box.w, row},
                  &list[i], i, i == chosen);
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    canvas_text_fit(c, soft, box.x + pad, box.y + box.h - canvas_u(c, 24),
                    box.w - 2 * pad,
                    "↑ ↓ choose · Space or Enter goes there · Shift+Space or "
                    "Esc: back to the slide");
    canvas_pop_clip(c);
}

const Panel panel_end = {
    .name = "end",
    .side = PANEL_COVER,
    .need = need,
    .draw = draw,
};
