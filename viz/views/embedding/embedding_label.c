/* Names beside points: each right, left, above or below its point, where it
 * meets no other and stays within the picture. */
#include "viz/views/embedding/embedding.h"

void embedding_take(EmbeddingLabels *l, Rect r) {
    if (l->n < EMBEDDING_LABELS_MAX) l->taken[l->n++] = r;
}

/* Names keep this much air around them, so that a map is read, not deciphered;
 * in the height their own line has it. */
#define AIR_U 6

static bool is_free(const Stage *s, const EmbeddingLabels *l, Rect r) {
    const Rect a = l->area;
    const int air = stage_u(s, AIR_U);
    if (r.x < a.x || r.y < a.y || r.x + r.w > a.x + a.w ||
        r.y + r.h > a.y + a.h)
        return false;
    for (int i = 0; i < l->n; i++) {
        const Rect b = l->taken[i];
        if (r.x < b.x + b.w + air && b.x < r.x + r.w + air && r.y < b.y + b.h &&
            b.y < r.y + r.h)
            return false;
    }
    return true;
}

bool embedding_label(const Stage *s, EmbeddingLabels *l, TextStyle style, int x,
                     int y, int radius, const char *text) {
    const FontMetrics m = canvas_metrics(s->canvas, style);
    const int w = canvas_text_width(s->canvas, style, text);
    const int h = m.ascent + m.descent, gap = radius + stage_u(s, 3);
    const Rect places[] = {{x + gap, y - h / 2, w, h},
                           {x - gap - w, y - h / 2, w, h},
                           {x - w / 2, y - gap - h, w, h},
                           {x - w / 2, y + gap, w, h}};
    if (l->n >= EMBEDDING_LABELS_MAX) return false;
    for (int i = 0; i < 4; i++) {
        if (!is_free(s, l, places[i])) continue;
        if (l->covers)
            canvas_round(s->canvas, places[i], (float)stage_u(s, 4),
                         color_alpha(s->theme->panel, .88f));
        canvas_text(s->canvas, style, places[i].x, places[i].y + m.ascent,
                    text);
        l->taken[l->n++] = places[i];
        l->n_drawn++;
        return true;
    }
    return false;
}
