/* Code on a slide: as it stands, and where its fence says so with numbers and
 * the lines that a step lights. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

#define LEADING  1.45f
#define NUMBER_U 34

typedef enum Light { PLAIN, LIT, DIM } Light;

static Light light_of(const DeckBlock *b, int step, int line) {
    Light light = PLAIN;
    for (int i = 0; i < b->n_lit; i++) {
        if (b->lit[i].step != step) continue;
        if (line >= b->lit[i].from && line <= b->lit[i].to) return LIT;
        light = DIM;
    }
    return light;
}

/* Draws, or only measures, line number `line` of the code; its height. */
static int draw_line(const Page *p, const DeckBlock *b, TextSpan span, int y,
                     int line, bool draw) {
    const Light light = light_of(b, deck_step_at(p->slide, b, p->beat), line);
    const int number = canvas_u(p->c, NUMBER_U), pad = canvas_u(p->c, 12);
    const int x = p->x + pad + number, w = p->w - 2 * pad - number;
    const int least = canvas_u(p->c, TYPE_SMALL * LEADING);
    if (light != PLAIN) span.color = light == LIT ? p->t->text : p->t->soft;
    int h = span.len == 0 ? 0
                          : paragraph_text(p->c, x, y, w, TYPE_SMALL, LEADING,
                                           &span, 1, false);
    h = num_max(h, least);
    if (!draw) return h;
    if (light == LIT) {
        canvas_fill(p->c, (Rect){p->x, y, p->w, h}, p->t->panel);
        canvas_fill(p->c, (Rect){p->x, y, canvas_u(p->c, 4), h}, p->t->accent);
    }
    char text[16];
    snprintf(text, sizeof text, "%d", b->first_line + line - 1);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, p->t->soft);
    style.align = ALIGN_RIGHT;
    canvas_text_row(p->c, style, p->x + number, y, least, text);
    if (span.len > 0)
        paragraph_text(p->c, x, y, w, TYPE_SMALL, LEADING, &span, 1, true);
    return h;
}

/* All lines from y on; their height. */
static int draw_lines(const Page *p, const DeckBlock *b, int y, bool draw) {
    const char *text = b->spans[0].text;
    const int from = y;
    for (int line = 1;; line++) {
        const size_t n = strcspn(text, "\n");
        const TextSpan span = {.text = text,
                               .len = (int)n,
                               .face = FACE_MONO,
                               .color = panel_ink(p, b)};
        y += draw_line(p, b, span, y, line, draw);
        if (text[n] == '\0') return y - from;
        text += n + 1;
    }
}

static int draw_plain(const Page *p, const DeckBlock *b, int y, bool draw) {
    const int pad = canvas_u(p->c, 12);
    const TextSpan span = {.text = b->spans[0].text,
                           .len = b->spans[0].len,
                           .face = FACE_MONO,
                           .color = panel_ink(p, b)};
    return paragraph_text(p->c, p->x + pad, y, p->w - 2 * pad, TYPE_SMALL,
                          LEADING, &span, 1, draw);
}

void slide_code_draw(Page *p, const DeckBlock *b) {
    int (*body)(const Page *, const DeckBlock *, int, bool) =
        b->numbered ? draw_lines : draw_plain;
    const int pad = canvas_u(p->c, 12), h = body(p, b, 0, false);
    canvas_round(p->c, (Rect){p->x, p->y, p->w, h + 2 * pad},
                 (float)canvas_u(p->c, 6), p->t->well);
    body(p, b, p->y + pad, true);
    p->y += h + 2 * pad + canvas_u(p->c, 14);
}
