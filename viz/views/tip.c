/* What the mouse is on, as a card beside it. */
#include "viz/views/tip.h"

#include "engine/base/num.h"
#include "viz/views/stage.h"

#include <stdio.h>

#define TEXT_W_MAX 440 /* u; longer text goes on in a new line */
#define LINE       1.4f

void tip_set(Tip *tip, Rect at, const char *text) {
    if (!tip) return;
    tip->at = at;
    snprintf(tip->text, sizeof tip->text, "%s", text);
}

void tip_clear(Tip *tip) {
    tip->text[0] = '\0';
}

/* Above, below where that leaves the window, and beside where both do. */
static Rect place(Rect at, int w, int h, int gap, Rect within) {
    Rect box = {at.x + at.w / 2 - w / 2, at.y - gap - h, w, h};
    const int right = within.x + within.w, bottom = within.y + within.h;
    if (box.y < within.y) box.y = at.y + at.h + gap;
    if (box.y + h > bottom) {
        box.y = bottom - h;
        box.x = at.x + at.w + gap;
        if (box.x + w > right) box.x = at.x - gap - w;
    }
    box.x = num_max(num_min(box.x, right - w), within.x);
    box.y = num_max(num_min(box.y, bottom - h), within.y);
    return box;
}

Rect tip_draw(const Tip *tip, Canvas *c, const Theme *t, Rect within) {
    if (!tip->text[0]) return (Rect){0};
    const TextStyle style = text_style(FACE_SANS, TYPE_SMALL, t->window);
    const int pad = canvas_u(c, 9);
    int w = canvas_text_width(c, style, tip->text) + 1;
    w = num_min(w, num_min(canvas_u(c, TEXT_W_MAX), within.w - 2 * pad));
    if (w < 1) return (Rect){0};
    const int h = paragraph_plain(c, 0, 0, w, style, LINE, tip->text, false);
    const Rect box =
        place(tip->at, w + 2 * pad, h + pad, canvas_u(c, 6), within);
    canvas_round(c, box, (float)canvas_u(c, 6), t->text);
    paragraph_plain(c, box.x + pad, box.y + pad / 2, w, style, LINE, tip->text,
                    true);
    return box;
}
