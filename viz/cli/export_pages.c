/* Pages of a PDF, or an SVG: the canvas's calls drawn through vector.h. */
#include "engine/base/file.h"
#include "viz/cli/export.h"

#include <stdio.h>
#include <stdlib.h>

#define PX_POINTS    0.5     /* a pixel of a figure */
#define SLIDE_POINTS 960     /* the width of a slide alone */
#define PAPER_W      595.276 /* points: A4 */
#define PAPER_H      841.89
#define MARGIN       42.0 /* points, around what is on paper */
#define GAP          20.0 /* under the beat */
#define NOTE_POINTS  11.0 /* type of the notes */
#define LINE_POINTS  24.0 /* between two lines to write on */
#define FOOT_POINTS  8.5  /* type of the page's foot */

static const Color white = {255, 255, 255, 255};

typedef struct Pages {
    const ExportJob *job;
    Fonts *fonts;
    Vector *vector;
    Canvas *slide; /* a beat, or a figure */
} Pages;

static void close_pages(Pages *p) {
    canvas_close(p->slide);
    vector_close(p->vector);
    fonts_close(p->fonts);
}

static bool open_pages(Pages *p, const ExportJob *job, VectorKind kind,
                       Err *err) {
    const float scale = screen_scale(job->screen, job->width, job->height);
    *p = (Pages){.job = job, .fonts = fonts_open(err)};
    if (p->fonts) p->vector = vector_open(kind, p->fonts, err);
    if (p->vector)
        p->slide = canvas_open_on(p->vector, job->width, job->height, scale,
                                  p->fonts, err);
    if (p->slide) return true;
    close_pages(p);
    return false;
}

static bool save_pages(Pages *p, Err *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    const bool ok = vector_finish(p->vector, &bytes, &size, err) &&
                    file_save(p->job->output, bytes, size, err);
    free(bytes);
    return ok;
}

/* ---- one page ------------------------------------------------------------ */

static bool draw_now(const Pages *p) {
    const ExportJob *job = p->job;
    if (!job->window)
        return screen_draw_stage(job->screen, p->slide, job->plain);
    screen_draw(job->screen, p->slide);
    return true;
}

/* Numbers that a picture shows come while it is drawn, again and again: so it
 * is drawn onto nothing first, and once onto the page. */
static bool draw_once(const Pages *p) {
    canvas_push_clip(p->slide, (Rect){0});
    const bool ok = draw_now(p);
    canvas_pop_clip(p->slide);
    return ok && draw_now(p);
}

/* The way back to it is what the file says of itself. */
static bool say_state(const Pages *p, Err *err) {
    char *state = malloc(STATE_TEXT_MAX);
    if (!state) return err_memory(err, "state", STATE_TEXT_MAX);
    app_state_text(p->job->app, state, STATE_TEXT_MAX);
    vector_title(p->vector, app_view(p->job->app)->title);
    vector_subject(p->vector, state);
    free(state);
    return true;
}

bool export_page(const ExportJob *job, VectorKind kind, Err *err) {
    Pages p;
    if (!open_pages(&p, job, kind, err)) return false;
    bool ok = say_state(&p, err) &&
              vector_page(p.vector, job->width, job->height, PX_POINTS, err);
    if (ok && !draw_once(&p))
        ok = err_set(err, ERR_USAGE, 0,
                     "nothing is computed yet that can be saved");
    ok = ok && save_pages(&p, err);
    close_pages(&p);
    return ok;
}

/* ---- a deck -------------------------------------------------------------- */

bool export_go(App *app, int slide, int beat, Err *err) {
    char place[64];
    snprintf(place, sizeof place, "slide=%d beat=%d", slide + 1, beat);
    if (!app_set_state(app, place, err)) return false;
    app_settle(app, -1);
    if (!app_message(app)[0]) return true;
    return err_set(err, ERR_LIMIT, 0, "slide %d, beat %d: %s", slide + 1, beat,
                   app_message(app));
}

/* A page of paper, in the pixels of the beat that is on it. */
typedef struct Paper {
    double points; /* of a pixel */
    int w, h, margin;
    int notes_y, foot_y;
    float unit; /* pixels of a design unit, of the notes */
} Paper;

static int paper_px(const Paper *a, double points) {
    return (int)(points / a->points + 0.5);
}

static Paper paper_of(const ExportJob *job) {
    Paper a = {.points = (PAPER_W - 2 * MARGIN) / job->width};
    a.w = paper_px(&a, PAPER_W);
    a.h = paper_px(&a, PAPER_H);
    a.margin = paper_px(&a, MARGIN);
    a.notes_y = a.margin + job->height + paper_px(&a, GAP);
    a.unit = (float)(NOTE_POINTS / TYPE_LEAD / a.points);
    return a;
}

/* Lines to write on, from y to the foot. */
static void draw_lines(Canvas *c, const Paper *a, int y) {
    const Color line = theme_find("light")->rule;
    const int step = paper_px(a, LINE_POINTS);
    for (y += step; y < a->foot_y - step; y += step)
        canvas_fill(
            c, (Rect){a->margin, y, a->w - 2 * a->margin, paper_px(a, 0.5)},
            line);
}

static void draw_foot(Canvas *c, const Paper *a, const Deck *d, int slide,
                      int page) {
    char text[DECK_PLACE_MAX + 40], place[DECK_PLACE_MAX];
    const float size = TYPE_LEAD * (float)(FOOT_POINTS / NOTE_POINTS);
    TextStyle style = text_style(FACE_SANS, size, theme_find("light")->soft);
    deck_place(d, slide, place);
    snprintf(text, sizeof text, "slide %s · page %d", place, page);
    const int y = a->foot_y, right = a->w - a->margin;
    canvas_text_fit(c, style, a->margin, y,
                    right - a->margin - 2 * canvas_text_width(c, style, text),
                    deck_title(d));
    style.align = ALIGN_RIGHT;
    canvas_text(c, style, right, y, text);
}

/* Around the beat: its frame, the notes, lines, the foot.  A page on which the
 * notes have no room is longer than A4. */
static bool draw_paper(Pages *p, int slide, int beat, int page, Err *err) {
    const ExportJob *job = p->job;
    Paper a = paper_of(job);
    Canvas *c = canvas_open_on(p->vector, a.w, a.h, a.unit, p->fonts, err);
    if (!c) return false;
    Rect r = {a.margin, a.notes_y, a.w - 2 * a.margin, 0};
    const DeckSlide *d = deck_slide(app_deck(job->app), slide);
    const int n = beat == 0 ? d->n_note_blocks : 0;
    const int notes =
        n > 0 ? screen_draw_blocks(job->screen, c, d->note_blocks, n, r) : 0;
    const int least = r.y + notes + 2 * a.margin;
    if (a.h < least) a.h = least;
    a.foot_y = a.h - a.margin;
    canvas_close(c);
    c = canvas_open_on(p->vector, a.w, a.h, a.unit, p->fonts, err);
    const bool ok = c && vector_page(p->vector, a.w, a.h, a.points, err);
    if (ok) {
        r.h = notes;
        canvas_fill(c, (Rect){0, 0, a.w, a.h}, white);
        if (n > 0) screen_draw_blocks(job->screen, c, d->note_blocks, n, r);
        draw_lines(c, &a, r.y + notes);
        draw_foot(c, &a, app_deck(job->app), slide, page);
        canvas_frame(
            c,
            (Rect){a.margin - 2, a.margin - 2, job->width + 4, job->height + 4},
            0, 2, theme_find("light")->rule);
        vector_place(p->vector, a.margin, a.margin, 1);
    }
    canvas_close(c);
    return ok;
}

static bool draw_alone(Pages *p, Err *err) {
    const ExportJob *job = p->job;
    return vector_page(p->vector, job->width, job->height,
                       (double)SLIDE_POINTS / job->width, err);
}

static bool draw_beat(Pages *p, int slide, int beat, int page, Err *err) {
    const Deck *d = app_deck(p->job->app);
    char label[DECK_LABEL_MAX];
    char entry[160];
    if (!export_go(p->job->app, slide, beat, err) ||
        !app_spare(p->job->app, p->job->output, err))
        return false;
    const bool ok = p->job->plain ? draw_alone(p, err)
                                  : draw_paper(p, slide, beat, page, err);
    if (!ok) return false;
    deck_label(d, slide, label);
    snprintf(entry, sizeof entry, "%s  %s", label, deck_slide(d, slide)->title);
    if (beat == 0) vector_entry(p->vector, entry);
    return draw_once(p);
}

bool export_deck(const ExportJob *job, Err *err) {
    const Deck *d = app_deck(job->app);
    Pages p;
    int page = 0;
    if (!open_pages(&p, job, VECTOR_PDF, err)) return false;
    vector_title(p.vector, deck_title(d));
    bool ok = true;
    for (int slide = 0; ok && slide < deck_n_slides(d); slide++)
        for (int i = 0; ok && i < deck_slide(d, slide)->n_beats; i++)
            ok = draw_beat(&p, slide, i, ++page, err);
    ok = ok && save_pages(&p, err);
    close_pages(&p);
    return ok;
}
