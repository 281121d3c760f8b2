#include "viz/app/app_private.h"

#include "engine/base/file.h"
#include "viz/paint/png.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Panels in design units: 1920 x 1080 of them fill a projector at scale 1. */
#define HEADER_H        48
#define STRIP_H         74
#define TRANSPORT_H     52
#define SLIDE_W         519
#define SLIDE_MIN_W     400
#define INSPECTOR_W     400
#define INSPECTOR_MIN_W 330
#define STAGE_MIN_W     620
#define HEADER_FROM     560 /* windows at least this high show the bar */
#define TRANSPORT_FROM  400
#define STAGE_MARGIN    25
#define FIT_MIN         0.72f /* below it, text would be too small */

const Theme *app_theme(const App *app) {
    const Theme *t = theme_find(app->state.theme);
    return t ? t : theme_find("light");
}

static float fit_scale(int w, int h, float scale) {
    float fit = fminf((float)w / 1920, (float)h / 1080);
    return fmaxf(fit, FIT_MIN) * scale;
}

float app_scale_for(const App *app, int w, int h) {
    return fit_scale(w, h, app->state.scale);
}

float app_scale_before(const AppOptions *opt, int w, int h) {
    return fit_scale(w, h, opt->scale > 0 ? opt->scale : 1);
}

/* ---- layout ------------------------------------------------------------- */

typedef struct Widths {
    float slide, inspector;
} Widths;

/* Which side panels fit beside a stage of readable width, in design units.
 * The inspector yields first, then the slide. */
static Widths side_widths(const App *app, float window) {
    bool slide = app->deck && app->slide_wish != PANEL_HIDE;
    bool inspector = app->inspector_wish == PANEL_AUTO
                         ? !app_view(app)->opens_nothing
                         : app->inspector_wish == PANEL_SHOW;
    Widths w = {slide ? SLIDE_W : 0, inspector ? INSPECTOR_W : 0};
    if (window - w.slide - w.inspector >= STAGE_MIN_W) return w;
    w = (Widths){slide ? SLIDE_MIN_W : 0, inspector ? INSPECTOR_MIN_W : 0};
    if (window - w.slide - w.inspector >= STAGE_MIN_W) return w;
    if (app->inspector_wish != PANEL_SHOW) w.inspector = 0;
    if (window - w.slide - w.inspector >= STAGE_MIN_W) return w;
    if (app->slide_wish != PANEL_SHOW) w.slide = 0;
    /* Asked for by name: then the stage gets what is left, or nothing. */
    w.slide = fminf(w.slide, window);
    w.inspector = fminf(w.inspector, window - w.slide);
    return w;
}

Layout app_layout(const App *app, const Canvas *c) {
    int w = canvas_width(c), h = canvas_height(c);
    Widths side = side_widths(app, (float)w / canvas_scale(c));
    /* In a low window the bars yield, but a change stays visible. */
    float height = (float)h / canvas_scale(c);
    bool changed = app->state.edits.n > 0 || app->state.edits.no_mask;
    int top = height >= HEADER_FROM || changed ? canvas_u(c, HEADER_H) : 0;
    int bottom = height >= TRANSPORT_FROM ? canvas_u(c, TRANSPORT_H) : 0;
    int strip_h = canvas_u(c, STRIP_H);
    int left = canvas_u(c, side.slide), right = canvas_u(c, side.inspector);
    int middle = h - top - bottom;
    if (strip_h > middle) strip_h = middle;
    Layout l = {
        .header = {0, 0, w, top},
        .slide = {0, top, left, middle},
        .strip = {left, top, w - left, strip_h},
        .stage = {left, top + strip_h, w - left - right, middle - strip_h},
        .inspector = {w - right, top + strip_h, right, middle - strip_h},
        .transport = {0, h - bottom, w, bottom},
    };
    if (l.stage.w < 0) l.stage.w = 0;
    return l;
}

/* ---- what views get to see ---------------------------------------------- */

static void update_labels(App *app, const Trace *t, int n) {
    for (int i = 0; i < n; i++) {
        int id = trace_token(t, i);
        if (i < app->n_labels && app->label_ids[i] == id) continue;
        tokenizer_show(app->tokenizer, id, app->labels[i], STAGE_LABEL_MAX);
        app->label_ids[i] = id;
    }
    app->n_labels = n;
}

bool app_stage(App *app, Canvas *c, Stage *out) {
    const Trace *t = worker_trace(app->worker);
    app_sync(app);
    update_labels(app, t, trace_n_pos(t));
    *out = (Stage){
        .canvas = c,
        .hits = &app->hits,
        .theme = app_theme(app),
        .state = &app->state,
        .trace = t,
        .model = app->model,
        .tokenizer = app->tokenizer,
        .labels = (const char(*)[STAGE_LABEL_MAX])app->labels,
        .mouse_x = app->mouse_x,
        .mouse_y = app->mouse_y,
        .cells = app->cells,
    };
    return stage_fill(out, app->candidates);
}

/* ---- the frame ---------------------------------------------------------- */

static void draw_rules(App *app, Canvas *c, const Layout *l) {
    Color rule = app_theme(app)->rule;
    canvas_fill(c, (Rect){0, l->header.h - 1, l->header.w, 1}, rule);
    canvas_fill(c, (Rect){0, l->transport.y, l->transport.w, 1}, rule);
    canvas_fill(c,
                (Rect){l->strip.x, l->strip.y + l->strip.h - 1, l->strip.w, 1},
                rule);
    if (l->slide.w)
        canvas_fill(c, (Rect){l->slide.w - 1, l->slide.y, 1, l->slide.h}, rule);
    if (l->inspector.w)
        canvas_fill(
            c, (Rect){l->inspector.x, l->inspector.y, 1, l->inspector.h}, rule);
}

static void draw_view(App *app, Canvas *c, Rect r, const Stage *stage) {
    int m = canvas_u(c, STAGE_MARGIN);
    Rect inner = rect_inset(r, m, m);
    canvas_push_clip(c, r);
    canvas_clear(c, app_theme(app)->window);
    if (inner.w < 1 || inner.h < 1)
        ; /* no room for anything */
    else if (stage)
        app_view(app)->draw(stage, inner);
    else
        canvas_text(c,
                    (TextStyle){.face = FACE_SANS,
                                .size = TYPE_BODY,
                                .color = app_theme(app)->soft},
                    inner.x, inner.y + canvas_u(c, TYPE_BODY), "Computing …");
    canvas_pop_clip(c);
}

static void draw_frame(App *app, Canvas *c, const Stage *stage) {
    Layout l = app_layout(app, c);
    app->slide_shown = l.slide.w > 0;
    app->inspector_shown = l.inspector.w > 0;
    app->inspector_x = l.inspector.w > 0 ? l.inspector.x : canvas_width(c);
    draw_view(app, c, l.stage, stage);
    panel_header(app, c, l.header);
    if (l.inspector.w) panel_inspector(app, c, l.inspector, stage);
    if (l.slide.w) panel_slide(app, c, l.slide);
    panel_transport(app, c, l.transport, stage);
    /* Last, as a hovered token's details hang over what is below. */
    if (app->mode == APP_EDITING)
        panel_prompt(app, c, l.strip);
    else
        panel_strip(app, c, l.strip, stage);
    draw_rules(app, c, &l);
    if (app->mode == APP_HELPING)
        panel_help(app, c, (Rect){0, 0, canvas_width(c), canvas_height(c)});
}

void app_draw(App *app, Canvas *c) {
    hits_clear(&app->hits);
    app->dirty = false;
    if (app->black) {
        canvas_clear(c, (Color){0, 0, 0, 255});
        return;
    }
    worker_lock(app->worker);
    Stage stage;
    bool have = app_stage(app, c, &stage);
    draw_frame(app, c, have ? &stage : NULL);
    worker_unlock(app->worker);
}

bool app_draw_stage(App *app, Canvas *c) {
    hits_clear(&app->hits);
    worker_lock(app->worker);
    Stage stage;
    bool have = app_stage(app, c, &stage);
    if (have) stage.mouse_x = stage.mouse_y = -1; /* a figure has no mouse */
    draw_view(app, c, (Rect){0, 0, canvas_width(c), canvas_height(c)},
              have ? &stage : NULL);
    worker_unlock(app->worker);
    hits_clear(&app->hits); /* they belong to the window */
    return have;
}

/* ---- export ------------------------------------------------------------- */

static bool save_png(App *app, const Canvas *c, const char *path, char *out,
                     size_t out_size, Err *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    app_state_text(app, app->clipboard, STATE_TEXT_MAX);
    if (!png_encode(canvas_pixels(c), app->clipboard, model_name(app->model),
                    &bytes, &size, err))
        return false;
    bool ok;
    if (path) {
        snprintf(out, out_size, "%s", path);
        ok = file_save(path, bytes, size, err);
    } else {
        char stem[64];
        snprintf(stem, sizeof stem, "llantern-%s", app_view(app)->name);
        ok = file_save_numbered(app->export_dir, stem, "png", bytes, size, out,
                                out_size, err);
    }
    free(bytes);
    return ok;
}

bool app_export(App *app, const char *path, int w, int h, float scale,
                char *out, size_t out_size, Err *err) {
    Fonts *fonts = fonts_open(err);
    Canvas *c = fonts ? canvas_open(w, h, scale, fonts, err) : NULL;
    bool ok = c && app_draw_stage(app, c);
    if (c && !ok)
        err_set(err, ERR_USAGE, 0, "nothing is computed yet that can be saved");
    ok = ok && save_png(app, c, path, out, out_size, err);
    canvas_close(c);
    fonts_close(fonts);
    app->dirty = true;
    return ok;
}
