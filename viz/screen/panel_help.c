/* The help screen: the key table, in columns, over everything. */
#include "viz/screen/screen_private.h"

#include <string.h>

#define LARGEST     TYPE_TITLE
#define SMALLEST    3 /* of type, u: complete before readable */
#define LINE        1.75f
#define HEADING     2.6f /* lines of a group's name, in sizes of type */
#define GROUP_GAP   1.6f
#define COLUMNS_MAX 4

typedef struct Sheet {
    Hits *hits;
    Canvas *c;
    const Theme *t;
    Rect r;
    float size;
    int key_w, column_w, n_columns;
} Sheet;

/* "Space PageDown" -> "Space, PageDown" */
static void key_names(const char *keys, char *out, size_t size) {
    size_t o = 0;
    for (; *keys && o + 3 < size; keys++) {
        if (*keys == ' ') out[o++] = ',';
        out[o++] = *keys;
    }
    out[o] = '\0';
}

static TextStyle key_style(const Sheet *k) {
    return text_style(FACE_MONO, k->size - 1, k->t->accent);
}

static TextStyle help_style(const Sheet *k) {
    return text_style(FACE_SANS, k->size, k->t->text);
}

/* Sets how wide columns must be for the longest of all lines, and how many
 * there are then. */
static void measure(Sheet *k) {
    int help_w = 0;
    k->key_w = 0;
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        char keys[64];
        if (!keys_help(row)) continue;
        key_names(row->keys, keys, sizeof keys);
        int key = canvas_text_width(k->c, key_style(k), keys);
        int help = canvas_text_width(k->c, help_style(k), keys_help(row));
        if (key > k->key_w) k->key_w = key;
        if (help > help_w) help_w = help;
    }
    int gap = canvas_u(k->c, k->size * 1.5f);
    k->key_w += gap;
    k->column_w = k->key_w + help_w + gap;
    k->n_columns = (k->r.w + gap) / k->column_w;
    if (k->n_columns > COLUMNS_MAX) k->n_columns = COLUMNS_MAX;
    if (k->n_columns < 1) k->n_columns = 1;
}

/* A line of the sheet does what it says when it is clicked. */
static void draw_row(const Sheet *k, const KeyRow *row, int x, int y) {
    char keys[64];
    key_names(row->keys, keys, sizeof keys);
    Rect r = {x, y, k->column_w, canvas_u(k->c, k->size * LINE)};
    canvas_text_row(k->c, key_style(k), x, y, r.h, keys);
    canvas_text_row(k->c, help_style(k), x + k->key_w, y, r.h, keys_help(row));
    hits_command(k->hits, r, row->command, row->arg);
}

static int group_rows(const char *group) {
    int n = 0;
    for (const KeyRow *row = keys_table(); row->keys; row++)
        n += keys_help(row) && strcmp(row->group, group) == 0;
    return n;
}

/* Lays all lines into columns, a group broken only when `may_break`; draws
 * when `draw`.  True when they fit. */
static bool lay_out(const Sheet *k, bool may_break, bool draw) {
    int line = canvas_u(k->c, k->size * LINE);
    int heading = canvas_u(k->c, k->size * HEADING);
    int x = k->r.x, y = k->r.y, bottom = k->r.y + k->r.h, column = 0;
    const char *group = "";
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        if (!keys_help(row)) continue;
        bool begins = strcmp(row->group, group) != 0;
        group = row->group;
        int rows = !begins ? 1 : may_break ? 2 : group_rows(group);
        if (begins && y > k->r.y) y += canvas_u(k->c, k->size * GROUP_GAP);
        if (y + (begins ? heading : 0) + rows * line > bottom) {
            if (++column == k->n_columns) return false;
            x += k->column_w;
            y = k->r.y;
        }
        if (begins && draw)
            canvas_text(k->c, text_style(FACE_BOLD, k->size + 3, k->t->text), x,
                        y + canvas_u(k->c, k->size * 1.3f), group);
        if (begins) y += heading;
        if (draw) draw_row(k, row, x, y);
        y += line;
    }
    return true;
}

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_HELPING ? PANEL_NEEDED : PANEL_ABSENT;
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    const Theme *t = scene->theme;
    canvas_fill(c, r, t->panel);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    Rect body = rect_inset(r, canvas_u(c, 48), canvas_u(c, 36));
    int baseline = body.y + canvas_u(c, TYPE_TITLE);
    int w = canvas_text(c, text_style(FACE_BOLD, TYPE_TITLE, t->text), body.x,
                        baseline, "Keys");
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    canvas_text_fit(c, soft, body.x + w + canvas_u(c, 24), baseline,
                    body.w - w - canvas_u(c, 24),
                    "a click does what a line says; any key closes this");
    int top = canvas_u(c, TYPE_TITLE * 2);
    body.y += top;
    body.h -= top;
    /* The largest type at which all of it fits, groups whole if they can be. */
    Sheet k = {.hits = &s->hits, .c = c, .t = t, .r = body, .size = LARGEST};
    for (int may_break = 0; may_break < 2; may_break++)
        for (k.size = LARGEST; k.size > (may_break ? SMALLEST : TYPE_TINY);
             k.size -= 1) {
            measure(&k);
            if (!lay_out(&k, may_break, false)) continue;
            lay_out(&k, may_break, true);
            return;
        }
    measure(&k);
    lay_out(&k, true, true); /* cut below */
}

const Panel panel_help = {
    .name = "help",
    .side = PANEL_COVER,
    .need = need,
    .draw = draw,
};
