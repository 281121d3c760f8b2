/* All slides of the lesson, small, to choose one of. */
#include "viz/paint/scrollbar.h"
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <stdio.h>

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_OVERVIEW ? PANEL_NEEDED : PANEL_ABSENT;
}

/* The number, and the title behind it. */
static void draw_label(const Scene *scene, Canvas *c, int slide, Rect r) {
    const Theme *t = scene->theme;
    const bool chosen = slide == scene->chosen, open = slide == scene->slide;
    char number[DECK_LABEL_MAX];
    deck_label(scene->deck, slide, number);
    const TextStyle bold =
        text_style(FACE_BOLD, TYPE_SMALL, chosen ? t->accent : t->text);
    const TextStyle style = text_style(chosen ? FACE_BOLD : FACE_SANS,
                                       TYPE_SMALL, chosen ? t->text : t->soft);
    int x = r.x, end = r.x + r.w;
    x += canvas_text_row(c, bold, x, r.y, r.h, number) + canvas_u(c, 8);
    if (open) {
        TextStyle here = text_style(FACE_MEDIUM, TYPE_SMALL, t->accent);
        here.align = ALIGN_RIGHT;
        canvas_text_row(c, here, end, r.y, r.h, "open");
        end -= canvas_text_width(c, here, "open") + canvas_u(c, 8);
    }
    const char *title = deck_slide(scene->deck, slide)->title;
    if (end > x)
        canvas_text_fit(c, style, x,
                        r.y + (r.h + canvas_metrics(c, style).cap) / 2, end - x,
                        title[0] ? title : "(no title)");
}

static void draw_slide(const Scene *scene, Screen *s, int slide, Rect r,
                       int label) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const bool chosen = slide == scene->chosen;
    const Pixmap *picture = screen_thumb(s, slide, r.w, r.h);
    canvas_fill(c, r, t->panel);
    if (picture) canvas_picture(c, r, picture, 1);
    const int edge = num_max(canvas_u(c, chosen ? 4 : 1), 1);
    canvas_frame(c, rect_inset(r, -edge, -edge), (float)edge, (float)edge,
                 chosen ? t->accent : t->faint);
    draw_label(scene, c, slide, (Rect){r.x, r.y + r.h, r.w, label});
    hits_command(&s->hits, (Rect){r.x, r.y, r.w, r.h + label}, CMD_SLIDE,
                 slide);
}

static void draw_top(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    char text[200];
    TextStyle right = text_style(FACE_MEDIUM, TYPE_LEAD,
                                 scene->needle[0] ? t->text : t->soft);
    right.align = ALIGN_RIGHT;
    if (scene->needle[0])
        snprintf(text, sizeof text, "find: %s   (%d of %d)", scene->needle,
                 s->n_found, deck_n_slides(scene->deck));
    else
        deck_place(scene->deck, scene->chosen, text);
    canvas_text_row(c, right, r.x + r.w, r.y, r.h, text);
    const int w = canvas_text_width(c, right, text) + canvas_u(c, 24);
    const TextStyle title = text_style(FACE_BOLD, TYPE_TITLE, t->text);
    snprintf(text, sizeof text, "All slides: %.150s", deck_title(scene->deck));
    if (r.w > w)
        canvas_text_fit(c, title, r.x,
                        r.y + (r.h + canvas_metrics(c, title).cap) / 2, r.w - w,
                        text);
}

/* How far a deck that does not fit is scrolled. */
static void draw_bar(const Scene *scene, Canvas *c, const OverviewGrid *g) {
    const Rect bar = {g->body.x + g->body.w + canvas_u(c, 20), g->body.y,
                      canvas_u(c, 6), g->body.h};
    scrollbar_draw(c, scene->theme, bar, (g->n + g->columns - 1) / g->columns,
                   g->first, g->rows);
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    const OverviewGrid g =
        screen_overview_grid(s, r.w, r.h, canvas_scale(c), scene->chosen);
    canvas_fill(c, r, t->window);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    draw_top(scene, s,
             (Rect){g.body.x, r.y, g.body.w, num_max(g.body.y - r.y, 1)});
    for (int row = 0; row < g.rows; row++)
        for (int column = 0; column < g.columns; column++) {
            const int i = (g.first + row) * g.columns + column;
            if (i < g.n)
                draw_slide(scene, s, s->found[i],
                           (Rect){g.body.x + column * (g.w + g.gap),
                                  g.body.y + row * (g.h + g.label + g.gap), g.w,
                                  g.h},
                           g.label);
        }
    if (g.n == 0)
        canvas_text(c, text_style(FACE_SANS, TYPE_LEAD, t->soft), g.body.x,
                    g.body.y + canvas_u(c, TYPE_LEAD),
                    "no slide has that number or that in its title");
    draw_bar(scene, c, &g);
    const int foot = g.body.y + g.body.h;
    canvas_text_row(c, soft, g.body.x, foot, r.y + r.h - foot,
                    "type a number or a part of a title · arrows choose · "
                    "Enter goes there · Esc closes");
}

const Panel panel_overview = {
    .name = "overview",
    .side = PANEL_COVER,
    .need = need,
    .draw = draw,
};
