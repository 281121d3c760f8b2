/* Blocks of a deck on paper, as a slide has them, but dark on white. */
#include "viz/screen/slide_private.h"

static Page paper_page(Screen *s, const Scene *scene, Canvas *c,
                       const DeckSlide *slide, PanelPlace *place, Rect r) {
    return (Page){
        .c = c,
        .t = theme_find("light"),
        .hits = &s->hits,
        .slide = slide,
        .pictures = scene->pictures,
        .place = place,
        .x = r.x,
        .y = r.y,
        .w = r.w,
        .zoom = 1,
        .seen = {
            {UINT64_MAX, UINT64_MAX}}}; /* no mouse asks for a word's meaning */
}

int screen_draw_blocks(Screen *s, Canvas *c, const DeckBlock *blocks, int n,
                       Rect r) {
    const DeckSlide slide = {
        .title = "", .blocks = blocks, .n_blocks = n, .n_beats = 1};
    Scene scene;
    PanelPlace place = {0};
    app_look_on(s->app, &scene);
    Page p = paper_page(s, &scene, c, &slide, &place, r);
    const int height = panel_blocks_end(p) - r.y;
    p.h = height;
    if (r.h > 0) panel_blocks_draw(&p, (Rect){r.x, r.y, r.w, height + 1});
    hits_clear(&s->hits);
    s->dirty = true;
    app_look_away(s->app);
    return height;
}
