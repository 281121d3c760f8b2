/* The slide as one line, where the stage has the window: which slide and beat
 * it is, and the question that waits. */
#include "viz/screen/screen_private.h"
#include "viz/screen/slide_private.h"

#include <stdio.h>

/* What the slide is about: its title, or what it asks. */
static void about_text(const Scene *scene, char *out, size_t size) {
    const DeckSlide *s = deck_slide(scene->deck, scene->slide);
    const DeckAsk *ask = NULL;
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK && s->blocks[i].beat == scene->beat)
            ask = s->blocks[i].ask;
    int n = snprintf(out, size, "%s", ask ? ask->question : s->title);
    for (int i = 0; ask && i < ask->n_options; i++)
        if (n > 0 && (size_t)n < size)
            n += snprintf(out + n, size - (size_t)n, "   %d %s", i + 1,
                          ask->options[i]);
}

static PanelNeed need(const Scene *scene) {
    return scene->deck && scene->shown == SHOWN_STAGE ? PANEL_NEEDED
                                                      : PANEL_ABSENT;
}

/* The key that unfolds it, at the right end; its left end. */
static int draw_way(const Scene *scene, Screen *s, int right, Rect r) {
    const TextStyle style =
        text_style(FACE_MEDIUM, TYPE_SMALL, scene->theme->accent);
    const char *text = "Tab  slide";
    const int w = canvas_text_width(s->canvas, style, text);
    const int pad = canvas_u(s->canvas, 8);
    canvas_text_row(s->canvas, style, right - w, r.y, r.h, text);
    hits_command(&s->hits, (Rect){right - w - pad, r.y, w + 2 * pad, r.h},
                 CMD_SHOW_NEXT, 0);
    return right - w - canvas_u(s->canvas, 24);
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    char text[512];
    canvas_fill(c, r, t->panel);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    const int m = canvas_u(c, 24);
    const int right = draw_way(scene, s, r.x + r.w - m, r);
    Page p = {.c = c,
              .t = t,
              .hits = &s->hits,
              .slide = deck_slide(scene->deck, scene->slide),
              .beat = scene->beat,
              .x = r.x + m,
              .w = right - r.x - m};
    panel_dots_draw(&p, r.y + r.h / 2);
    int x = p.x + panel_dots_width(&p) + canvas_u(c, 17);
    deck_place(scene->deck, scene->slide, text);
    if (x < right)
        x += canvas_text_row(c, text_style(FACE_SANS, TYPE_SMALL, t->soft), x,
                             r.y, r.h, text) +
             canvas_u(c, 17);
    about_text(scene, text, sizeof text);
    const TextStyle style = text_style(FACE_MEDIUM, TYPE_BODY, t->text);
    if (x < right)
        stage_text_fit(&(Stage){.canvas = c, .hits = &s->hits}, style, x,
                       r.y + (r.h + canvas_metrics(c, style).cap) / 2,
                       right - x, text);
}

const Panel panel_line = {
    .name = "line",
    .side = PANEL_TOP,
    .wish_u = 44,
    .need = need,
    .draw = draw,
};
