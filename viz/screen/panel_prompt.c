/* The prompt as a text field, in the strip's place while it is edited. */
#include "viz/screen/screen_private.h"

#include "engine/base/utf8.h"

#include <stdio.h>

/* Newlines and tabs as marks, so that the field stays one line. */
static void show_text(const char *text, size_t n, char *out, size_t size) {
    size_t o = 0;
    for (size_t i = 0; i < n && o + 8 < size; i++) {
        const char *mark = text[i] == '\n'   ? "⏎"
                           : text[i] == '\t' ? "⇥"
                           : text[i] == '\r' ? "␍"
                                             : NULL;
        if (mark)
            o += (size_t)snprintf(out + o, size - o, "%s", mark);
        else
            out[o++] = text[i];
    }
    out[o] = '\0';
}

/* Where the visible part starts: the caret stays in sight. */
static size_t visible_from(const Scene *scene, Canvas *c, TextStyle style,
                           int room) {
    char shown[FONTS_TEXT_MAX];
    size_t from = 0;
    for (;;) {
        show_text(scene->draft + from, scene->caret - from, shown,
                  sizeof shown);
        bool whole = (scene->caret - from) * 3 + 8 < sizeof shown;
        if (whole && canvas_text_width(c, style, shown) < room) return from;
        size_t step = (scene->caret - from) / 4;
        size_t to = from + (step > 1 ? step : 1);
        from = utf8_next(scene->draft, scene->draft_len, to - 1);
        if (from >= scene->caret) return scene->caret;
    }
}

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_EDITING ? PANEL_WANTED : PANEL_ABSENT;
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    canvas_fill(c, r, t->window);
    Rect field = rect_inset(r, canvas_u(c, 18), canvas_u(c, 12));
    canvas_round(c, field, (float)canvas_u(c, 7), t->panel);
    canvas_frame(c, field, (float)canvas_u(c, 7), (float)canvas_u(c, 2),
                 t->select);
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, t->text);
    TextStyle hint = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    char note[112];
    snprintf(note, sizeof note,
             "%d of %d tokens · Ctrl+A marks all · Enter keeps · Esc restores",
             scene->n_prompt, scene->seq_len);
    int note_w = canvas_text_width(c, hint, note) + canvas_u(c, 24);
    if (note_w > field.w / 2)
        note_w = 0;
    else
        canvas_text_row(c, hint, field.x + field.w - note_w + canvas_u(c, 12),
                        field.y, field.h, note);
    int x = field.x + canvas_u(c, 12);
    int room = field.w - note_w - canvas_u(c, 28);
    size_t from = visible_from(scene, c, style, room);
    char shown[FONTS_TEXT_MAX];
    show_text(scene->draft + from, scene->caret - from, shown, sizeof shown);
    int caret_x = x + canvas_text_width(c, style, shown);
    show_text(scene->draft + from, scene->draft_len - from, shown,
              sizeof shown);
    canvas_push_clip(c, (Rect){x, field.y, room, field.h});
    if (scene->draft_all) {
        int w = canvas_text_width(c, style, shown);
        canvas_fill(
            c, rect_inset((Rect){x, field.y, w, field.h}, 0, canvas_u(c, 9)),
            color_mix(t->panel, t->select, .25f));
    }
    canvas_text_row(c, style, x, field.y, field.h, shown);
    canvas_pop_clip(c);
    canvas_fill(c,
                (Rect){caret_x, field.y + canvas_u(c, 9), canvas_u(c, 2),
                       field.h - canvas_u(c, 18)},
                t->accent);
}

const Panel panel_prompt = {
    .name = "prompt",
    .side = PANEL_TOP,
    .wish_u = 74,
    .hangs_over = true,
    .need = need,
    .draw = draw,
};
