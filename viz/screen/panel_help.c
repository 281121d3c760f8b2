/* The help screen: the key table, in columns, over everything.  Where not all
 * of them fit at a size that can be read, it is scrolled by columns. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST     TYPE_TITLE
#define LINE        1.75f
#define HEADING     2.6f /* lines of a group's name, in sizes of type */
#define GROUP_GAP   1.6f
#define COLUMNS_MAX 4
#define LISTED_MAX  5 /* keys of a row; as many are told as a range */

typedef struct Sheet {
    Hits *hits;
    Canvas *c;
    const Theme *t;
    const Arch *arch; /* of the model that the keys are pressed in */
    Rect r;
    float size;
    int key_w, column_w, n_columns;
    int first; /* column shown at the left */
} Sheet;

/* So many sizes of type in pixels. */
static int sizes(const Sheet *k, float n) {
    return (int)lroundf(canvas_text_px(k->c, k->size) * n);
}

/* Many keys of one row are told by the first and the last: "1 to 6". */
static bool shorten(const char *keys, char *out, size_t size) {
    int n = 1;
    for (const char *p = keys; *p; p++)
        n += *p == ' ';
    if (n < LISTED_MAX) return false;
    snprintf(out, size, "%.*s to %s", (int)strcspn(keys, " "), keys,
             strrchr(keys, ' ') + 1);
    return true;
}

/* "Space PageDown" -> "Space, PageDown" */
static void key_names(const char *keys, char *out, size_t size) {
    size_t o = 0;
    if (shorten(keys, out, size)) return;
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
        if (!keys_help(row, k->arch)) continue;
        key_names(row->keys, keys, sizeof keys);
        int key = canvas_text_width(k->c, key_style(k), keys);
        int help =
            canvas_text_width(k->c, help_style(k), keys_help(row, k->arch));
        if (key > k->key_w) k->key_w = key;
        if (help > help_w) help_w = help;
    }
    int gap = sizes(k, 1.5f);
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
    Rect r = {x, y, k->column_w, sizes(k, LINE)};
    canvas_text_row(k->c, key_style(k), x, y, r.h, keys);
    canvas_text_row(k->c, help_style(k), x + k->key_w, y, r.h,
                    keys_help(row, k->arch));
    hits_command(k->hits, r, row->command, keys_arg(row));
}

static int group_rows(const Sheet *k, const char *group) {
    int n = 0;
    for (const KeyRow *row = keys_table(); row->keys; row++)
        n += keys_help(row, k->arch) && strcmp(row->group, group) == 0;
    return n;
}

/* The left end of a column; false where it is scrolled away. */
static bool column_at(const Sheet *k, int column, int *x) {
    *x = k->r.x + (column - k->first) * k->column_w;
    return column >= k->first && column < k->first + k->n_columns;
}

static void draw_group(const Sheet *k, int column, int y, const char *group) {
    int x;
    if (column_at(k, column, &x))
        canvas_text(k->c, text_style(FACE_BOLD, k->size + 3, k->t->text), x,
                    y + sizes(k, 1.3f), group);
}

/* Lays all lines into columns, a group broken only when `may_break`; draws
 * those that are shown when `draw`.  Returns how many columns there are. */
static int lay_out(const Sheet *k, bool may_break, bool draw) {
    int line = sizes(k, LINE), heading = sizes(k, HEADING);
    int x, y = k->r.y, bottom = k->r.y + k->r.h, column = 0;
    const char *group = "";
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        if (!keys_help(row, k->arch)) continue;
        bool begins = strcmp(row->group, group) != 0;
        group = row->group;
        int rows = !begins ? 1 : may_break ? 2 : group_rows(k, group);
        if (begins && y > k->r.y) y += sizes(k, GROUP_GAP);
        if (y > k->r.y && y + (begins ? heading : 0) + rows * line > bottom) {
            column++;
            y = k->r.y;
        }
        if (begins && draw) draw_group(k, column, y, group);
        if (begins) y += heading;
        if (draw && column_at(k, column, &x)) draw_row(k, row, x, y);
        y += line;
    }
    return column + 1;
}

/* The largest type at which all of it fits, groups whole if they can be; the
 * smallest that can be read where none does.  Returns how many columns there
 * are. */
static int choose_size(Sheet *k, bool *may_break) {
    int n = 0;
    for (int breaks = 0; breaks < 2; breaks++) {
        *may_break = breaks;
        const float least =
            breaks ? canvas_text_px(k->c, 0) / canvas_scale(k->c) : TYPE_TINY;
        for (k->size = LARGEST;; k->size = fmaxf(k->size - 1, least)) {
            measure(k);
            n = lay_out(k, breaks, false);
            if (n <= k->n_columns) return n;
            if (k->size <= least) break;
        }
    }
    return n;
}

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_HELPING ? PANEL_NEEDED : PANEL_ABSENT;
}

/* What the mouse and the keys do; n columns in all. */
static void draw_hint(const Sheet *k, int n, Rect at) {
    char text[128];
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, k->t->soft);
    if (n > k->n_columns)
        snprintf(text, sizeof text,
                 "column %d–%d of %d: Space or the wheel shows more; a click "
                 "does what a line says; Esc closes",
                 k->first + 1, num_min(k->first + k->n_columns, n), n);
    else
        snprintf(text, sizeof text,
                 "a click does what a line says; any key closes this");
    canvas_text_fit(k->c, soft, at.x, at.y, at.w, text);
}

/* How large text is, at the right end, where it leaves the hint its room; what
 * it takes. */
static int draw_scale(const Sheet *k, const Screen *s, Rect at) {
    char text[96];
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, k->t->soft);
    screen_scale_text(s, canvas_width(k->c), canvas_height(k->c), text,
                      sizeof text);
    const int w = canvas_text_width(k->c, soft, text);
    if (w > at.w / 2) return 0;
    soft.align = ALIGN_RIGHT;
    canvas_text(k->c, soft, at.x + at.w, at.y, text);
    return w + canvas_u(k->c, 24);
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
    int top = canvas_u(c, TYPE_TITLE * 2);
    body.y += top;
    body.h -= top;
    Sheet k = {.hits = &s->hits,
               .c = c,
               .t = t,
               .arch = model_config(scene->model)->arch,
               .r = body};
    bool may_break;
    const int n = choose_size(&k, &may_break);
    PanelPlace *place = screen_place(s, &panel_help);
    place->scroll_most = num_max(n - k.n_columns, 0);
    k.first = num_min(place->scroll, place->scroll_most);
    lay_out(&k, may_break, true);
    Rect at = {body.x + w + canvas_u(c, 24), baseline,
               body.w - w - canvas_u(c, 24), 0};
    at.w -= draw_scale(&k, s, at);
    draw_hint(&k, n, at);
}

const Panel panel_help = {
    .name = "help",
    .side = PANEL_COVER,
    .scrolled = STATE_COLUMN,
    .need = need,
    .draw = draw,
};
