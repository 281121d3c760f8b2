/* A slide's notes on paper: as the presenter has them, dark on white. */
#include "viz/screen/slide_private.h"

static Page notes_page(Screen *s, const Scene *scene, Canvas *c,
                       const DeckSlide *notes, PanelPlace *place, Rect r) {
    return (Page){.c = c,
                  .t = theme_find("light"),
                  .hits = &s->hits,
                  .slide = notes,
                  .pictures = scene->pictures,
                  .place = place,
                  .x = r.x,
                  .y = r.y,
                  .w = r.w,
                  .zoom = 1};
}

int screen_draw_notes(Screen *s, Canvas *c, Rect r) {
    Scene scene;
    PanelPlace place = {0};
    int height = 0;
    app_look_on(s->app, &scene);
    const DeckSlide *slide =
        scene.deck ? deck_slide(scene.deck, scene.slide) : NULL;
    if (slide && slide->n_note_blocks > 0) {
        const DeckSlide notes = {.title = "",
                                 .blocks = slide->note_blocks,
                                 .n_blocks = slide->n_note_blocks,
                                 .n_beats = 1};
        Page p = notes_page(s, &scene, c, &notes, &place, r);
        height = panel_blocks_end(p) - r.y;
        p.h = height;
        if (r.h > 0) panel_blocks_draw(&p, (Rect){r.x, r.y, r.w, height + 1});
        hits_clear(&s->hits);
        s->dirty = true;
    }
    app_look_away(s->app);
    return height;
}
