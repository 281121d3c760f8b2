/* Terms: the sentence of the glossary for the one under the mouse, or the one
 * stepped to by key, above all else. */
#include "viz/screen/screen_private.h"

#include "viz/views/glossary.h"

#define CARD_U 330 /* wide */

/* Index in the frame's terms of the one to explain; -1: none. */
static int shown(const Screen *s) {
    if (s->term >= 0) return s->term < s->hits.n_terms ? s->term : -1;
    return hits_term_at(&s->hits, s->mouse_x, s->mouse_y);
}

static bool is_first(const Hits *h, int i) {
    for (int k = 0; k < i; k++)
        if (h->terms[k].term == h->terms[i].term) return false;
    return true;
}

/* Each term once, where it stands first; from the last on to none. */
void screen_step_term(Screen *s, int dir) {
    int n = s->hits.n_terms, i = s->term;
    if (i < 0 && dir < 0) i = n;
    do
        i += dir;
    while (i >= 0 && i < n && !is_first(&s->hits, i));
    s->term = i < n ? i : -1;
    s->dirty = true;
    if (n == 0) app_say(s->app, false, "no term of the glossary is shown");
}

const char *screen_term(const Screen *s) {
    int i = shown(s);
    return i < 0 ? NULL : glossary_at(s->hits.terms[i].term)->name;
}

/* Beside the term, within the window. */
static Rect card_place(const Canvas *c, Rect term, int w, int h) {
    int gap = canvas_u(c, 6), x = term.x, y = term.y + term.h + gap;
    if (x + w > canvas_width(c) - gap) x = canvas_width(c) - gap - w;
    if (y + h > canvas_height(c) - gap) y = term.y - gap - h;
    return (Rect){x > gap ? x : gap, y > gap ? y : gap, w, h};
}

void screen_draw_term(const Scene *scene, Screen *s) {
    int i = shown(s);
    if (i < 0) return;
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    const Term *term = glossary_at(s->hits.terms[i].term);
    Rect at = s->hits.terms[i].rect;
    TextSpan spans[] = {panel_span(FACE_BOLD, t->window, term->name),
                        panel_span(FACE_SANS, t->window, ": "),
                        panel_span(FACE_SANS, t->window, term->text)};
    int pad = canvas_u(c, 12), w = canvas_u(c, CARD_U);
    if (w > canvas_width(c) - 2 * pad) w = canvas_width(c) - 2 * pad;
    int h = 2 * pad + paragraph_text(c, 0, 0, w - 2 * pad, TYPE_BODY - 1, 1.35f,
                                     spans, 3, false);
    Rect card = card_place(c, at, w, h);
    if (s->term >= 0)
        canvas_frame(c, rect_inset(at, -canvas_u(c, 2), -canvas_u(c, 2)),
                     (float)canvas_u(c, 3), (float)canvas_u(c, 2), t->accent);
    canvas_round(c, card, (float)canvas_u(c, 7), t->text);
    paragraph_text(c, card.x + pad, card.y + pad, w - 2 * pad, TYPE_BODY - 1,
                   1.35f, spans, 3, true);
}
