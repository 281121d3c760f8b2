/* The speaker's notes, in the presenter's window and under the slide: their
 * heading with buttons for the size, and the notes as drawn Markdown, smaller
 * where they need it and in pages where that does not do. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"

#include <math.h>

#define LEAST 1.2f /* of a slide's text beside the stage */
#define MOST  2.2f
#define STEP  0.1f
#define PAD_U 20

void slide_blocks_fitted(const Scene *scene, Screen *s, const Theme *t,
                         const SlideFit *fit, Rect r) {
    Canvas *c = s->canvas;
    const float scale = canvas_scale(c);
    const int n_hits = s->hits.n, n_terms = s->hits.n_terms;
    const int pad = canvas_u(c, PAD_U);
    Page p = {.c = c,
              .t = t,
              .hits = &s->hits,
              .slide = fit->slide,
              .pictures = scene->pictures,
              .place = fit->place,
              .beat = fit->beat,
              .x = r.x + pad,
              .y = r.y + pad,
              .w = r.w - 2 * pad,
              .zoom = 1,
              .h = r.h};
    const Rect body = {r.x, r.y + pad, r.w, r.h - 2 * pad};
    canvas_round(c, r, (float)canvas_u(c, 8), t->panel);
    if (p.w < canvas_u(c, 60) || body.h < canvas_u(c, 30)) return;
    float zoom = fit->most;
    panel_zoom(&p, scale, zoom);
    while (zoom > fit->least && panel_blocks_end(p) > body.y + body.h) {
        zoom = fmaxf(zoom - STEP, fit->least);
        panel_zoom(&p, scale, zoom);
    }
    panel_blocks_draw(&p, body);
    panel_zoom(&p, scale, 1);
    s->hits.n = n_hits;
    s->hits.n_terms = n_terms;
}

/* "Notes", and at the right end what sets them larger and smaller. */
static void draw_head(Screen *s, const Theme *t, Rect r) {
    PanelBar k = {.c = s->canvas,
                  .theme = t,
                  .hits = &s->hits,
                  .bar = r,
                  .x = r.x,
                  .end = r.x + r.w};
    const int w = panel_width(&k, FACE_MEDIUM, "−") +
                  panel_width(&k, FACE_MEDIUM, "+") + canvas_u(s->canvas, 16);
    canvas_text_row(s->canvas, text_style(FACE_BOLD, TYPE_BODY, t->text), r.x,
                    r.y, r.h, "Notes");
    k.x = r.x + r.w - w;
    panel_button(&k, FACE_MEDIUM, "−", CMD_NOTES_SMALLER, 0);
    panel_gap(&k, 16);
    panel_button(&k, FACE_MEDIUM, "+", CMD_NOTES_LARGER, 0);
}

/* A press on their lower half turns a page on, on the upper one back. */
static void note_pages(Screen *s, const PanelPlace *place, Rect r) {
    const int half = r.h / 2;
    if (place->scroll > 0)
        hits_command(&s->hits, (Rect){r.x, r.y, r.w, half}, CMD_NOTES_BACK, 0);
    if (place->scroll < place->scroll_most)
        hits_command(&s->hits, (Rect){r.x, r.y + half, r.w, r.h - half},
                     CMD_NOTES_ON, 0);
}

void slide_notes_draw(const Scene *scene, Screen *s, const Theme *t, int head,
                      Rect r, PanelPlace *place) {
    const DeckSlide *slide = deck_slide(scene->deck, scene->slide);
    const DeckSlide notes = {.title = "",
                             .blocks = slide->note_blocks,
                             .n_blocks = slide->n_note_blocks,
                             .n_beats = 1};
    const float size = scene->state->notes_size;
    const int pad = canvas_u(s->canvas, PAD_U);
    Canvas *c = s->canvas;
    draw_head(s, t, (Rect){r.x, r.y, r.w, head});
    r.y += head;
    r.h = num_max(r.h - head, 0);
    if (notes.n_blocks > 0) {
        slide_blocks_fitted(scene, s, t,
                            &(SlideFit){.slide = &notes,
                                        .most = MOST * size,
                                        .least = LEAST * size,
                                        .place = place},
                            r);
        note_pages(s, place, r);
        return;
    }
    const TextStyle soft = text_style(FACE_SANS, TYPE_BODY, t->soft);
    place->scroll_most = 0;
    canvas_round(c, r, (float)canvas_u(c, 8), t->panel);
    if (r.h > pad + canvas_u(c, TYPE_BODY))
        canvas_text_fit(c, soft, r.x + pad, r.y + pad + canvas_u(c, TYPE_BODY),
                        r.w - 2 * pad, "none on this slide");
}
