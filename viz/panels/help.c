/* The help screen: the key table, in columns, over everything. */
#include "viz/panels/panels.h"

#include <stdio.h>
#include <string.h>

typedef struct Column {
    Canvas *c;
    const Theme *t;
    int x, y, w, key_w;
    float size;
} Column;

/* "Space PageDown" -> "Space, PageDown" */
static void key_names(const char *keys, char *out, size_t size) {
    size_t o = 0;
    for (; *keys && o + 3 < size; keys++) {
        if (*keys == ' ') out[o++] = ',';
        out[o++] = *keys;
    }
    out[o] = '\0';
}

static int widest_keys(const Column *k) {
    TextStyle mono = panel_style(FACE_MONO, k->size - 1, k->t->accent);
    int widest = 0;
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        char keys[64];
        key_names(row->keys, keys, sizeof keys);
        int w = row->help ? canvas_text_width(k->c, mono, keys) : 0;
        if (w > widest) widest = w;
    }
    return widest;
}

static int draw_row(const Column *k, const KeyRow *row, int y) {
    char keys[64];
    key_names(row->keys, keys, sizeof keys);
    int line = canvas_u(k->c, k->size * 1.75f);
    TextStyle mono = panel_style(FACE_MONO, k->size - 1, k->t->accent);
    TextStyle text = panel_style(FACE_SANS, k->size, k->t->text);
    canvas_text_fit(k->c, mono, k->x, y + line * 7 / 10, k->key_w, keys);
    canvas_text_fit(k->c, text, k->x + k->key_w, y + line * 7 / 10,
                    k->w - k->key_w - canvas_u(k->c, 16), row->help);
    return y + line;
}

/* Draws all rows of one group, its name first; returns the y below. */
static int draw_group(const Column *k, const char *group, int y) {
    canvas_text(k->c, panel_style(FACE_BOLD, k->size + 3, k->t->text), k->x,
                y + canvas_u(k->c, k->size * 1.3f), group);
    y += canvas_u(k->c, k->size * 2.4f);
    for (const KeyRow *row = keys_table(); row->keys; row++)
        if (row->help && strcmp(row->group, group) == 0)
            y = draw_row(k, row, y);
    return y + canvas_u(k->c, k->size * 1.6f);
}

static int group_height(const Canvas *c, const char *group, float size) {
    float units = 4.0f;
    for (const KeyRow *row = keys_table(); row->keys; row++)
        if (row->help && strcmp(row->group, group) == 0) units += 1.75f;
    return canvas_u(c, size * units);
}

/* Lays the groups into columns; draws when `draw`.  True when they fit. */
static bool lay_out(Column k, Rect r, int n_columns, bool draw) {
    const char *group = "";
    int column = 0, bottom = r.y + r.h;
    k.w = r.w / n_columns;
    k.key_w = widest_keys(&k) + canvas_u(k.c, k.size * 1.5f);
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        if (strcmp(row->group, group) == 0) continue;
        group = row->group;
        int h = group_height(k.c, group, k.size);
        if (k.y + h > bottom && k.y > r.y) {
            column++;
            k.y = r.y;
        }
        if (column >= n_columns || k.y + h > bottom + canvas_u(k.c, k.size))
            return false;
        k.x = r.x + column * k.w;
        k.y = draw ? draw_group(&k, group, k.y) : k.y + h;
    }
    return true;
}

void panel_help(App *app, Canvas *c, Rect r) {
    const Theme *t = app_theme(app);
    canvas_fill(c, r, t->panel);
    hits_add(&app->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    hits_command(&app->hits, r, CMD_LEAVE);
    Rect body = rect_inset(r, canvas_u(c, 48), canvas_u(c, 36));
    canvas_text(c, panel_style(FACE_BOLD, TYPE_TITLE, t->text), body.x,
                body.y + canvas_u(c, TYPE_TITLE), "Keys");
    TextStyle soft = panel_style(FACE_SANS, TYPE_SMALL, t->soft);
    soft.align = ALIGN_RIGHT;
    canvas_text(c, soft, body.x + body.w, body.y + canvas_u(c, TYPE_TITLE),
                "any key closes this");
    int top = canvas_u(c, TYPE_TITLE * 2.4f);
    body.y += top;
    body.h -= top;
    Column k = {.c = c, .t = t, .y = body.y, .size = TYPE_BODY};
    /* The largest type at which all of it fits; at worst it is cut below. */
    for (; k.size > 8; k.size -= 1)
        for (int n = 1; n <= 3; n++)
            if (body.w / n > canvas_u(c, k.size * 29) &&
                lay_out(k, body, n, false)) {
                lay_out(k, body, n, true);
                return;
            }
    lay_out(k, body, 3, true);
}
