/* Words in a bar, one after another. */
#include "viz/screen/panel_bar.h"

#include "viz/views/glossary.h"

#include <stdio.h>

void panel_button(PanelBar *k, Face face, const char *text, Command command,
                  int arg) {
    const Theme *t = k->theme;
    TextStyle style =
        text_style(face, TYPE_SMALL, face == FACE_SANS ? t->soft : t->text);
    int w = canvas_text_width(k->c, style, text);
    if (k->x + w > k->end) return;
    canvas_text_row(k->c, style, k->x, k->bar.y, k->bar.h, text);
    int cap = canvas_metrics(k->c, style).cap;
    glossary_note(k->hits, k->c, style, k->x, k->bar.y + (k->bar.h + cap) / 2,
                  text);
    if (command != CMD_NONE) {
        int pad = canvas_u(k->c, 6);
        hits_command(k->hits,
                     (Rect){k->x - pad, k->bar.y, w + 2 * pad, k->bar.h},
                     command, arg);
    }
    k->x += w;
}

void panel_gap(PanelBar *k, float u) {
    k->x += canvas_u(k->c, u);
}

int panel_width(const PanelBar *k, Face face, const char *text) {
    return canvas_text_width(k->c, text_style(face, TYPE_SMALL, k->theme->text),
                             text);
}

void panel_chosen(Canvas *c, const Theme *t, Rect r) {
    canvas_fill(c, r, t->well);
    canvas_fill(c, (Rect){r.x, r.y, canvas_u(c, 4), r.h}, t->accent);
}

void panel_grouped(uint64_t v, char *out, size_t size) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    size_t o = 0;
    for (int i = 0; i < n && o + 2 < size; i++) {
        if (i && (n - i) % 3 == 0) out[o++] = ',';
        out[o++] = digits[i];
    }
    out[o] = '\0';
}
