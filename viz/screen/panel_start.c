/* The start page: what to go on with, the lecture and its lessons, models and
 * files.  What does not fit is scrolled so that the chosen entry is seen. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"
#include "viz/screen/start.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

#define BAR        48
#define MARGIN     64
#define WIDE       1100 /* narrower, the columns stand one below the other */
#define TALL       900  /* lower, there is no title */
#define HEADLINE   44
#define CARD       108
#define ROW        54
#define CHIP       36
#define CHIP_GAP   10
#define SIDE_ROW   42
#define LABEL      0.38f /* of a row's width, before its lessons */
#define SIDE       0.29f /* of the page's width */
#define GAP        56
#define SLIDES_MAX 16 /* shown as dots */

typedef struct Sheet {
    const Scene *scene;
    Canvas *c;
    const Theme *t;
    Hits *hits;
    StartEntry list[START_ENTRIES_MAX];
    int n, chosen;
    int next; /* entry to be placed */
    /* Where the chosen one came to lie, and in which column. */
    int top, bottom, column;
    bool tall;
} Sheet;

static int u(const Sheet *k, float units) {
    return canvas_u(k->c, units);
}

/* An entry's place: what a click there does, and where the chosen one is. */
static void note(Sheet *k, int i, Rect r) {
    hits_add(k->hits, (Hit){.rect = r, .kind = HIT_ENTRY, .arg = i});
    if (i != k->chosen) return;
    k->top = r.y;
    k->bottom = r.y + r.h;
    k->column = k->list[i].column;
}

static void draw_rule(const Sheet *k, Rect r) {
    canvas_fill(k->c, (Rect){r.x, r.y + r.h - 1, r.w, 1}, k->t->rule);
}

static void text_in(const Sheet *k, TextStyle style, Rect r, const char *text) {
    const int cap = canvas_metrics(k->c, style).cap;
    if (r.w > 0)
        canvas_text_fit(k->c, style, r.x, r.y + (r.h + cap) / 2, r.w, text);
}

/* ---- going on ------------------------------------------------------------ */

static void draw_play(const Sheet *k, int x, int y) {
    const float s = (float)u(k, 11), fx = (float)x, fy = (float)y;
    const Point p[3] = {{fx, fy - s}, {fx + 1.5f * s, fy}, {fx, fy + s}};
    canvas_poly(k->c, p, 3, k->t->accent);
}

/* A mark a slide: seen, here, to come; their left end. */
static int draw_slides(const Sheet *k, int right, int y) {
    const StartEntry *e = &k->list[0];
    const HistoryEntry *past = start_last(k->scene);
    const int n = past             ? past->n_slides
                  : k->scene->deck ? deck_n_slides(k->scene->deck)
                                   : 0;
    const int d = u(k, 10), step = u(k, 20), wide = u(k, 26);
    if (n < 1 || n > SLIDES_MAX) return right;
    const int left = right - (n - 1) * step - wide;
    for (int i = 0, x = left; i < n; i++) {
        const bool here = i == e->slide;
        const Rect r = {x, y - d / 2, here ? wide : d, d};
        const bool seen = past && history_has(&past->seen, i);
        canvas_round(k->c, r, (float)d / 2,
                     here   ? k->t->accent
                     : seen ? k->t->soft
                            : k->t->rule);
        x += here ? step + wide - d : step;
    }
    return left;
}

static int draw_keycap(const Sheet *k, int right, int y) {
    const TextStyle style = text_style(FACE_MONO, TYPE_SMALL, k->t->text);
    const char *text = "Enter";
    const int w = canvas_text_width(k->c, style, text) + u(k, 18);
    const Rect r = {right - w, y - u(k, 15), w, u(k, 30)};
    canvas_frame(k->c, r, (float)u(k, 5), (float)u(k, 1), k->t->soft);
    canvas_text_row(k->c, style, r.x + u(k, 9), r.y, r.h, text);
    return r.x;
}

static int lay_card(Sheet *k, Rect col, int y) {
    char text[START_TEXT_MAX], detail[START_TEXT_MAX];
    const int i = k->next++;
    const Rect r = {col.x, y, col.w, u(k, CARD)};
    const bool chosen = i == k->chosen;
    start_text(k->scene, &k->list[i], text, detail);
    canvas_round(k->c, r, (float)u(k, 12), k->t->panel);
    canvas_frame(k->c, r, (float)u(k, 12), (float)u(k, chosen ? 3 : 1),
                 chosen ? k->t->accent : k->t->soft);
    const int middle = r.y + r.h / 2, x = r.x + u(k, 82);
    draw_play(k, r.x + u(k, 38), middle);
    int right = draw_keycap(k, r.x + r.w - u(k, 32), middle) - u(k, 24);
    if (r.w > u(k, 700)) right = draw_slides(k, right, middle) - u(k, 24);
    const int half = u(k, 30);
    text_in(k, text_style(FACE_BOLD, TYPE_TITLE, k->t->text),
            (Rect){x, middle - half - u(k, 4), right - x, half}, text);
    text_in(k, text_style(FACE_SANS, TYPE_BODY, k->t->soft),
            (Rect){x, middle + u(k, 4), right - x, half}, detail);
    note(k, i, r);
    return y + r.h;
}

/* ---- lessons ------------------------------------------------------------- */

/* The two orders, the other of which is a click away; and what is done. */
static int lay_heading(const Sheet *k, Rect col, int y) {
    const bool subject = k->scene->by_subject;
    const Rect line = {col.x, y, col.w, u(k, 44)};
    PanelBar bar = {k->c, k->t, k->hits, line, col.x, col.x + col.w};
    const char *words[] = {"by slide of the lecture", "by subject"};
    int x = col.x;
    for (int i = 0; i < 2; i++) {
        const bool now = (i == 1) == subject;
        const TextStyle style =
            text_style(now ? FACE_BOLD : FACE_SANS, TYPE_BODY,
                       now ? k->t->text : k->t->soft);
        const int w = canvas_text_width(k->c, style, words[i]);
        canvas_text_row(k->c, style, x, line.y, line.h, words[i]);
        if (now)
            canvas_fill(k->c, (Rect){x, line.y + line.h - u(k, 3), w, u(k, 3)},
                        k->t->accent);
        else
            hits_add(k->hits,
                     (Hit){.rect = {x, line.y, w, line.h}, .kind = HIT_ORDER});
        x += w + u(k, 28);
    }
    char done[64];
    snprintf(done, sizeof done, "%d lessons, %d done", k->scene->catalogue->n,
             start_n_done(k->scene));
    const int w = panel_width(&bar, FACE_SANS, done);
    bar.x = col.x + col.w - w;
    if (bar.x > x) panel_button(&bar, FACE_SANS, done, CMD_NONE, 0);
    draw_rule(k, line);
    return y + line.h;
}

static void chip_text(const Sheet *k, const StartEntry *e, char *out,
                      size_t size) {
    const CatalogueLesson *l = start_lesson(k->scene, e->arg);
    const HistoryEntry *past = start_past(k->scene, l);
    const char *name = k->scene->by_subject ? l->title : l->name;
    if (history_is_done(past, l->n_slides))
        snprintf(out, size, "✓ %s", name);
    else if (past)
        snprintf(out, size, "%s  %d/%d", name,
                 history_count(&past->seen, l->n_slides), l->n_slides);
    else
        snprintf(out, size, "%s", name);
}

static void draw_chip(Sheet *k, int i, Rect r, const char *text) {
    const bool chosen = i == k->chosen;
    const bool done = strncmp(text, "✓", strlen("✓")) == 0;
    const Color ink = chosen ? k->t->accent_ink
                      : done ? k->t->good
                             : k->t->text;
    canvas_round(k->c, r, (float)r.h / 2, chosen ? k->t->accent : k->t->panel);
    if (!chosen)
        canvas_frame(k->c, r, (float)r.h / 2, (float)u(k, 1),
                     done ? k->t->good : k->t->soft);
    text_in(k, text_style(chosen ? FACE_MEDIUM : FACE_SANS, TYPE_BODY, ink),
            (Rect){r.x + u(k, 16), r.y, r.w - u(k, 30), r.h}, text);
    note(k, i, r);
}

/* The row's lessons, in as many lines as they need; the end of the last. */
static int lay_chips(Sheet *k, int row, Rect col, int y) {
    const int gap = u(k, CHIP_GAP), h = u(k, CHIP);
    int x = col.x;
    y += (u(k, ROW) - h) / 2;
    for (; k->next < k->n && k->list[k->next].column == 0 &&
           k->list[k->next].row == row;
         k->next++) {
        char text[START_TEXT_MAX];
        chip_text(k, &k->list[k->next], text, sizeof text);
        const TextStyle style = text_style(FACE_MEDIUM, TYPE_BODY, k->t->text);
        const int w =
            num_min(canvas_text_width(k->c, style, text) + u(k, 32), col.w);
        if (x > col.x && x + w > col.x + col.w) {
            x = col.x;
            y += h + gap;
        }
        draw_chip(k, k->next, (Rect){x, y, w, h}, text);
        x += w + gap;
    }
    return y + h + (u(k, ROW) - h) / 2;
}

/* A slide of the lecture that was seen, at its right end. */
static void draw_seen(const Sheet *k, int slide, Rect r) {
    const CatalogueLesson *l = &k->scene->catalogue->lecture;
    const HistoryEntry *past = start_past(k->scene, l);
    if (past && history_has(&past->seen, slide))
        text_in(k, text_style(FACE_SANS, TYPE_BODY, k->t->good), r, "✓");
}

static void draw_label(Sheet *k, int row, Rect r) {
    char number[16] = "";
    const bool is_slide = k->next < k->n && k->list[k->next].row == row &&
                          k->list[k->next].kind == START_SLIDE;
    const bool leads =
        is_slide && k->next + 1 < k->n && k->list[k->next + 1].row == row;
    int x = r.x + u(k, 12);
    if (is_slide) {
        if (k->next == k->chosen) panel_chosen(k->c, k->t, r);
        note(k, k->next++, r);
        snprintf(number, sizeof number, "%d", row);
        canvas_text_row(k->c, text_style(FACE_SANS, TYPE_SMALL, k->t->soft), x,
                        r.y, r.h, number);
        x += u(k, 34);
        r.w -= u(k, 26);
        draw_seen(k, row - 1, (Rect){r.x + r.w, r.y, u(k, 22), r.h});
    }
    text_in(k,
            text_style(!is_slide || leads ? FACE_MEDIUM : FACE_SANS, TYPE_BODY,
                       k->t->text),
            (Rect){x, r.y, r.x + r.w - x - u(k, 8), r.h},
            start_row_title(k->scene, row - 1));
}

static int lay_lessons(Sheet *k, Rect col, int y) {
    const int label = (int)((float)col.w * LABEL);
    while (k->next < k->n && k->list[k->next].column == 0) {
        const int row = k->list[k->next].row, from = y;
        draw_label(k, row, (Rect){col.x, y, label, u(k, ROW)});
        y = lay_chips(
            k, row,
            (Rect){col.x + label + u(k, 12), y, col.w - label - u(k, 12), 0},
            y);
        draw_rule(k, (Rect){col.x, from, col.w, y - from});
    }
    return y;
}

static int lay_main(Sheet *k, Rect col) {
    int y = col.y;
    if (k->tall) {
        text_in(k, text_style(FACE_BOLD, HEADLINE, k->t->text),
                (Rect){col.x, y, col.w, u(k, 64)},
                "See every number of a language model.");
        y += u(k, 64 + 20);
    }
    y = lay_card(k, col, y) + u(k, 18);
    y = lay_heading(k, col, y);
    return lay_lessons(k, col, y);
}

/* ---- models and files ---------------------------------------------------- */

static const char *section_of(StartKind kind) {
    return kind == START_RECENT    ? "Recent files"
           : kind == START_COMMAND ? "Open"
                                   : "Models inside";
}

static int lay_section(Sheet *k, Rect col, int y, const char *title) {
    const Rect r = {col.x, y, col.w, u(k, 40)};
    text_in(k, text_style(FACE_BOLD, TYPE_BODY, k->t->text), r, title);
    draw_rule(k, r);
    return y + r.h;
}

static int lay_line(Sheet *k, Rect col, int y) {
    char text[START_TEXT_MAX], detail[START_TEXT_MAX];
    const int i = k->next++;
    const Rect r = {col.x, y, col.w, u(k, SIDE_ROW)};
    start_text(k->scene, &k->list[i], text, detail);
    if (i == k->chosen) panel_chosen(k->c, k->t, r);
    draw_rule(k, r);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, k->t->soft);
    const int pad = u(k, 12);
    const int w = canvas_text_width(k->c, soft, detail);
    const bool fits = w < r.w / 2;
    if (fits)
        canvas_text_row(k->c, soft, r.x + r.w - pad - w, r.y, r.h, detail);
    text_in(k, text_style(FACE_SANS, TYPE_BODY, k->t->text),
            (Rect){r.x + pad, r.y, r.w - 3 * pad - (fits ? w : 0), r.h}, text);
    note(k, i, r);
    return y + r.h;
}

/* What the mouse alone does. */
static int lay_drop(const Sheet *k, Rect col, int y) {
    const Rect r = {col.x + u(k, 12), y, col.w - u(k, 24), u(k, SIDE_ROW)};
    text_in(k, text_style(FACE_SANS, TYPE_SMALL, k->t->soft), r,
            "or drop a deck, a model or a saved picture here");
    return y + r.h;
}

static int lay_side(Sheet *k, Rect col) {
    const char *section = "";
    int y = col.y;
    while (k->next < k->n) {
        const StartKind kind = k->list[k->next].kind;
        if (strcmp(section_of(kind), section) != 0) {
            if (section[0]) y += u(k, 26);
            section = section_of(kind);
            y = lay_section(k, col, y, section);
        }
        y = lay_line(k, col, y);
        if (kind == START_COMMAND &&
            (k->next == k->n || k->list[k->next].kind != START_COMMAND))
            y = lay_drop(k, col, y);
    }
    return y;
}

/* ---- the page ------------------------------------------------------------ */

/* Both columns, moved up by so much; where each ends. */
static void lay_out(Sheet *k, Rect body, const int up[2], int ends[2]) {
    const int m = u(k, MARGIN), gap = u(k, GAP);
    const bool wide = body.w >= u(k, WIDE);
    Rect main = {body.x + m, body.y - up[0], body.w - 2 * m, body.h};
    Rect side = main;
    side.w = wide ? (int)((float)main.w * SIDE) : main.w;
    if (wide) main.w -= side.w + gap;
    k->next = 0;
    ends[0] = ends[1] = lay_main(k, main);
    side.y = wide ? body.y - up[1] + (k->tall ? u(k, 64 + 20) : 0)
                  : ends[0] + gap / 2;
    if (wide) side.x = main.x + main.w + gap;
    ends[1] = lay_side(k, side);
    if (!wide) ends[0] = ends[1];
}

/* How far up each column goes for the chosen entry to be seen. */
static void find_scroll(Sheet *k, Rect body, int up[2]) {
    const int zero[2] = {0, 0};
    const int n_hits = k->hits->n, n_terms = k->hits->n_terms;
    const bool wide = body.w >= u(k, WIDE);
    int ends[2];
    canvas_push_clip(k->c, (Rect){0, 0, 0, 0});
    lay_out(k, body, zero, ends);
    canvas_pop_clip(k->c);
    k->hits->n = n_hits;
    k->hits->n_terms = n_terms;
    up[0] = up[1] = 0;
    const int column = wide ? k->column : 0;
    const int low = body.y + body.h, most = ends[column] - low;
    const int middle = (k->top + k->bottom - body.y - low) / 2;
    if (most <= 0 || k->bottom <= low) return;
    up[column] = num_clamp(middle, 0, most);
}

static void draw_header(const Sheet *k, Rect r) {
    canvas_fill(k->c, r, k->t->panel);
    draw_rule(k, r);
    int x = r.x + u(k, 24);
    PanelBar bar = {k->c, k->t, k->hits, r, 0, r.x + r.w - u(k, 24)};
    bar.x = bar.end - panel_width(&bar, FACE_SANS, "? keys");
    panel_button(&bar, FACE_SANS, "? keys", CMD_HELP, 0);
    canvas_circle(k->c, (float)(x + u(k, 6)), (float)r.y + (float)r.h / 2,
                  (float)u(k, 6), k->t->accent);
    x += u(k, 22);
    x += canvas_text_row(k->c, text_style(FACE_BOLD, TYPE_LEAD - 1, k->t->text),
                         x, r.y, r.h, "llantern") +
         u(k, 24);
    canvas_text_row(k->c, text_style(FACE_SANS, TYPE_SMALL, k->t->soft), x, r.y,
                    r.h, "start");
}

/* What has just been said, else what the chosen entry is; and the keys. */
static void draw_footer(const Sheet *k, Rect r) {
    char text[START_TEXT_MAX], detail[START_TEXT_MAX];
    char both[2 * START_TEXT_MAX + 8];
    const Scene *scene = k->scene;
    const bool says = scene->message[0];
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, k->t->soft);
    const char *keys = "arrows choose · Enter or Space opens · Tab: by slide "
                       "or subject · Esc closes";
    canvas_fill(k->c, r, k->t->panel);
    canvas_fill(k->c, (Rect){r.x, r.y, r.w, 1}, k->t->rule);
    start_text(scene, &k->list[k->chosen], text, detail);
    snprintf(both, sizeof both, "%s%s%s", text, detail[0] ? " · " : "", detail);
    const int m = u(k, 24), w = canvas_text_width(k->c, style, keys);
    const bool fits = w < r.w / 2;
    if (fits) canvas_text_row(k->c, style, r.x + m, r.y, r.h, keys);
    if (says) style.color = scene->message_is_bad ? k->t->bad : k->t->good;
    const char *last = says ? scene->message : both;
    const int left = r.x + m + (fits ? w + m : 0);
    const int room = r.x + r.w - m - left;
    const int need = canvas_text_width(k->c, style, last);
    text_in(k, style,
            (Rect){left + num_max(room - need, 0), r.y, num_min(room, need + 1),
                   r.h},
            last);
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Sheet k = {
        .scene = scene, .c = s->canvas, .t = scene->theme, .hits = &s->hits};
    const int bar = canvas_u(k.c, BAR);
    Rect body = {r.x, r.y + bar, r.w, r.h - 2 * bar};
    int up[2], ends[2];
    k.n = start_list(scene, k.list);
    k.chosen = num_clamp(scene->entry, 0, k.n - 1);
    k.tall = body.h >= u(&k, TALL);
    canvas_fill(k.c, r, k.t->window);
    hits_add(k.hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    body = rect_inset(body, 0, u(&k, k.tall ? 32 : 20));
    if (body.h > 0 && body.w > 0) {
        find_scroll(&k, body, up);
        canvas_push_clip(k.c, body);
        lay_out(&k, body, up, ends);
        canvas_pop_clip(k.c);
    }
    draw_header(&k, (Rect){r.x, r.y, r.w, bar});
    draw_footer(&k, (Rect){r.x, r.y + r.h - bar, r.w, bar});
}

static PanelNeed need(const Scene *scene) {
    return scene->page == PAGE_START ? PANEL_NEEDED : PANEL_ABSENT;
}

const Panel panel_start = {
    .name = "start",
    .side = PANEL_COVER,
    .need = need,
    .draw = draw,
};
