/* A worksheet's Markdown on pages of A4: block by block, and a line to write on
 * for each of its rules. */
#include "engine/base/file.h"
#include "viz/cli/worksheet.h"
#include "viz/screen/screen.h"

#include <stdlib.h>

#define POINTS 0.25 /* of a pixel */
#define PAGE_W 2381 /* A4 */
#define PAGE_H 3368
#define MARGIN 200
#define LINE   104 /* between two lines to write on */

typedef struct Paper {
    App *app;
    Screen *screen;
    Fonts *fonts;
    Vector *vector;
    Canvas *canvas;
    int y, bottom; /* 0: there is no page yet */
} Paper;

static void close_paper(Paper *p) {
    canvas_close(p->canvas);
    vector_close(p->vector);
    fonts_close(p->fonts);
    screen_close(p->screen);
    app_close(p->app);
}

static bool open_paper(Paper *p, Err *err) {
    const float unit = (float)(11 / TYPE_LEAD / POINTS); /* text of 11 points */
    *p =
        (Paper){.app = app_open(
                    &(AppOptions){.no_deck = true, .no_animation = true}, err)};
    if (p->app) p->screen = screen_open(p->app, err);
    if (p->screen) p->fonts = fonts_open(err);
    if (p->fonts) p->vector = vector_open(VECTOR_PDF, p->fonts, err);
    if (p->vector)
        p->canvas = canvas_open_on(p->vector, PAGE_W, VECTOR_SIDE_MAX * 4, unit,
                                   p->fonts, err);
    if (p->canvas) return true;
    close_paper(p);
    return false;
}

/* Room for h pixels: on this page, or a new one, which is longer than A4 where
 * it must be. */
static bool make_room(Paper *p, int h, int with, Err *err) {
    if (p->bottom > 0 && p->y + with <= p->bottom) return true;
    const int longer = h + 2 * MARGIN > PAGE_H ? h + 2 * MARGIN : PAGE_H;
    p->y = MARGIN;
    p->bottom = longer - MARGIN;
    return vector_page(p->vector, PAGE_W, longer, POINTS, err);
}

static bool draw_line(Paper *p, Err *err) {
    if (!make_room(p, LINE, LINE, err)) return false;
    p->y += LINE;
    canvas_fill(p->canvas, (Rect){MARGIN, p->y - 24, PAGE_W - 2 * MARGIN, 2},
                theme_find("light")->soft);
    return true;
}

static int height_of(Paper *p, const DeckBlock *b) {
    const Rect r = {MARGIN, 0, PAGE_W - 2 * MARGIN, 0};
    if (b->kind == BLOCK_RULE) return LINE;
    return screen_draw_blocks(p->screen, p->canvas, b, 1, r);
}

/* A slide's question stands on one page with the lines for its answer, where a
 * page has room for them. */
static int with_slide(Paper *p, const DeckSlide *s) {
    int h = LINE / 2;
    for (int i = 0; i < s->n_blocks; i++)
        h += height_of(p, &s->blocks[i]);
    return h + 2 * MARGIN > PAGE_H ? 0 : h;
}

static bool draw_block(Paper *p, const DeckBlock *b, int with, Err *err) {
    if (b->kind == BLOCK_RULE) return draw_line(p, err);
    const int h = height_of(p, b);
    if (!make_room(p, h, with > h ? with : h, err)) return false;
    if (b->kind == BLOCK_HEADING && p->y > MARGIN) p->y += LINE / 2;
    const Rect r = {MARGIN, p->y, PAGE_W - 2 * MARGIN, h};
    if (h > 0) screen_draw_blocks(p->screen, p->canvas, b, 1, r);
    p->y += h;
    return true;
}

static bool draw_deck(Paper *p, const Deck *d, Err *err) {
    for (int i = 0; i < deck_n_slides(d); i++) {
        const DeckSlide *s = deck_slide(d, i);
        const int with = with_slide(p, s);
        for (int k = 0; k < s->n_blocks; k++)
            if (!draw_block(p, &s->blocks[k], k ? 0 : with, err)) return false;
    }
    return true;
}

bool worksheet_save_pdf(const char *text, size_t n, const char *title,
                        const char *output, Err *err) {
    Paper p;
    uint8_t *bytes = NULL;
    size_t size = 0;
    Deck *d = deck_open_memory("worksheet", text, n, err);
    if (!d || !open_paper(&p, err)) {
        deck_close(d);
        return false;
    }
    vector_title(p.vector, title);
    const bool ok = draw_deck(&p, d, err) &&
                    vector_finish(p.vector, &bytes, &size, err) &&
                    file_save(output, bytes, size, err);
    free(bytes);
    close_paper(&p);
    deck_close(d);
    return ok;
}
