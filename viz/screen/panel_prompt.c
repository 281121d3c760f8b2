/* The prompt as a text field, in the strip's place while it is edited.  It
 * grows with its text; beyond ROWS_MAX rows it shows those around the caret. */
#include "viz/screen/screen_private.h"

#include "viz/paint/textfield.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"

#include <limits.h>
#include <stdio.h>

#define ROWS_MAX 6
#define ROW_U    27
/* From the panel's edges to the field, and from that to its text. */
#define MARGIN_U 7
#define SIDE_U   18
#define PAD_U    7
#define INSET_U  12
#define NOTE_U   19 /* the line below the field */

static TextField field_of(const Scene *scene, Canvas *c, int width) {
    return (TextField){
        .canvas = c,
        .style = text_style(FACE_SANS, TYPE_BODY, scene->theme->text),
        .text = scene->draft,
        .len = scene->draft_len,
        .width = width - 2 * canvas_u(c, SIDE_U + INSET_U),
    };
}

/* The caret stands where the input method writes, if one does. */
static size_t caret_of(const Scene *scene) {
    return scene->caret + scene->composed_at;
}

/* A third of the window at most is the prompt's. */
static int rows_shown(const Canvas *c, int n_rows) {
    int room = canvas_height(c) / 3 / canvas_u(c, ROW_U);
    return num_max(num_min(n_rows, num_min(room, ROWS_MAX)), 1);
}

static int height(const Scene *scene, Canvas *c, int width) {
    TextField f = field_of(scene, c, width);
    int unused = 0, n = textfield_rows(&f, 0, &unused);
    return rows_shown(c, n) * canvas_u(c, ROW_U) +
           2 * canvas_u(c, MARGIN_U + PAD_U) + canvas_u(c, NOTE_U);
}

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_EDITING ? PANEL_WANTED : PANEL_ABSENT;
}

/* As much of it as there is room for. */
static void draw_note(const Scene *scene, Canvas *c, Rect r, int n_rows,
                      int n_shown) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, scene->theme->soft);
    char note[160], more[32] = "";
    if (n_shown < n_rows) snprintf(more, sizeof more, "%d lines · ", n_rows);
    snprintf(note, sizeof note,
             "%s%d of %d tokens · Enter keeps · Esc restores · Ctrl+A marks "
             "all · Shift+Enter: new line",
             more, scene->n_prompt, scene->seq_len);
    int y = r.y + (r.h + canvas_metrics(c, style).cap) / 2;
    canvas_text_fit(c, style, r.x, y, r.w, note);
}

/* The part of a row between two bytes, as a rectangle of its own. */
static Rect part_of_row(const TextField *f, const TextRow *row, size_t from,
                        size_t to, int x, int y) {
    if (from < row->from) from = row->from;
    if (to > row->to) to = row->to;
    if (from >= to) return (Rect){0};
    int left = textfield_x(f, row, from), right = textfield_x(f, row, to);
    return (Rect){x + left, y, right - left, canvas_u(f->canvas, ROW_U)};
}

static void draw_row(const Scene *scene, const TextField *f, const TextRow *row,
                     int x, int y) {
    Canvas *c = f->canvas;
    const Theme *t = scene->theme;
    const size_t end = scene->caret + scene->composed;
    if (scene->draft_all)
        canvas_fill(
            c,
            rect_inset(part_of_row(f, row, 0, f->len, x, y), 0, canvas_u(c, 2)),
            color_mix(t->panel, t->select, .25f));
    textfield_draw(f, row, x, y, canvas_u(c, ROW_U));
    Rect line = part_of_row(f, row, scene->caret, end, x, y);
    line.y += line.h - canvas_u(c, 4);
    line.h = line.w > 0 ? canvas_u(c, 2) : 0;
    canvas_fill(c, line, t->accent);
}

/* A click puts the caret where it is nearest: between two characters from the
 * middle of the one to the middle of the other, and beyond a row's ends. */
static void note_places(Screen *s, const TextField *f, const TextRow *row,
                        Rect r) {
    size_t at = row->from, last = textfield_at(f, row, INT_MAX);
    int here = 0, left = 0;
    while (true) {
        const bool ends = at >= last;
        const size_t next = ends ? at : utf8_next(f->text, f->len, at);
        const int after = ends ? here : textfield_x(f, row, next);
        const int right = ends ? num_max(r.w, left + 1) : (here + after) / 2;
        hits_add(&s->hits, (Hit){.rect = {r.x + left, r.y, right - left, r.h},
                                 .kind = HIT_CARET,
                                 .arg = (int)at});
        if (ends) return;
        at = next;
        here = after;
        left = right;
    }
}

/* Where the caret is, and where a row up and down lead. */
static void note_caret(Screen *s, const TextField *f, const Scene *scene,
                       Rect caret, int row, int n_rows) {
    const size_t at = caret_of(scene);
    TextRow here = textfield_row(f, row);
    int x = textfield_x(f, &here, at);
    TextRow above = textfield_row(f, row > 0 ? row - 1 : 0);
    TextRow below = textfield_row(f, row + 1);
    s->caret = caret;
    s->caret_of = scene->caret;
    s->caret_above = row > 0 ? textfield_at(f, &above, x) : 0;
    s->caret_below = row + 1 < n_rows ? textfield_at(f, &below, x) : f->len;
}

static void draw_rows(const Scene *scene, Screen *s, const TextField *f, Rect r,
                      int n_rows, int caret_row) {
    Canvas *c = s->canvas;
    const int n = rows_shown(c, n_rows), h = canvas_u(c, ROW_U);
    const int first =
        num_max(num_min(caret_row - n / 2, n_rows - n), 0); /* around it */
    TextRow row = textfield_row(f, first);
    bool more = true;
    for (int i = 0; i < n && more; i++, more = textfield_next(f, &row)) {
        int y = r.y + i * h;
        draw_row(scene, f, &row, r.x, y);
        if (!scene->composed) note_places(s, f, &row, (Rect){r.x, y, r.w, h});
        if (first + i != caret_row) continue;
        int x = r.x + textfield_x(f, &row, caret_of(scene));
        Rect caret = {num_min(x, r.x + r.w), y + canvas_u(c, 3), canvas_u(c, 2),
                      h - canvas_u(c, 6)};
        canvas_fill(c, caret, scene->theme->accent);
        note_caret(s, f, scene, caret, caret_row, n_rows);
    }
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    TextField f = field_of(scene, c, r.w);
    int caret_row = 0, n_rows = textfield_rows(&f, caret_of(scene), &caret_row);
    canvas_push_clip(c, r);
    canvas_fill(c, r, t->window);
    Rect field = rect_inset(r, canvas_u(c, SIDE_U), canvas_u(c, MARGIN_U));
    field.h -= canvas_u(c, NOTE_U);
    canvas_round(c, field, (float)canvas_u(c, 7), t->panel);
    canvas_frame(c, field, (float)canvas_u(c, 7), (float)canvas_u(c, 2),
                 t->select);
    Rect text = rect_inset(field, canvas_u(c, INSET_U), canvas_u(c, PAD_U));
    Rect note = {text.x, field.y + field.h, text.w,
                 r.y + r.h - field.y - field.h};
    draw_note(scene, c, note, n_rows, rows_shown(c, n_rows));
    canvas_push_clip(c, rect_inset(field, canvas_u(c, 2), canvas_u(c, 2)));
    draw_rows(scene, s, &f, text, n_rows, caret_row);
    canvas_pop_clip(c);
    canvas_pop_clip(c);
}

const Panel panel_prompt = {
    .name = "prompt",
    .side = PANEL_TOP,
    .height = height,
    .need = need,
    .draw = draw,
};
