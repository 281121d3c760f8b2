/* The current view as a picture in a file. */
#include "viz/screen/screen_private.h"

#include "engine/base/file.h"
#include "viz/paint/png.h"

#include <stdio.h>
#include <stdlib.h>

static bool save(Screen *s, const char *path, const uint8_t *bytes, size_t size,
                 char *out, size_t out_size, Err *err) {
    char stem[64];
    if (path) {
        snprintf(out, out_size, "%s", path);
        return file_save(path, bytes, size, err);
    }
    snprintf(stem, sizeof stem, "llantern-%s", app_view(s->app)->name);
    return file_save_numbered(app_export_dir(s->app), stem, "png", bytes, size,
                              out, out_size, err);
}

/* The picture, with the way back to it in its metadata. */
static bool encode(Screen *s, Canvas *c, uint8_t **bytes, size_t *size,
                   Err *err) {
    char *state = malloc(STATE_TEXT_MAX);
    if (!state) return err_memory(err, "state", STATE_TEXT_MAX);
    screen_say_places(s);
    app_state_text(s->app, state, STATE_TEXT_MAX);
    const PngTexts texts = {state, app_name(s->app),
                            fonts_family(canvas_fonts(c), FACE_SANS)};
    const bool ok = png_encode(canvas_pixels(c), texts, bytes, size, err);
    free(state);
    return ok;
}

bool screen_export(Screen *s, const char *path, int w, int h, float scale,
                   bool plain, char *out, size_t out_size, Err *err) {
    Fonts *fonts = fonts_open(err);
    Canvas *c = fonts ? canvas_open(w, h, scale, fonts, err) : NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool ok = c && screen_draw_stage(s, c, plain);
    if (c && !ok)
        err_set(err, ERR_USAGE, 0, "nothing is computed yet that can be saved");
    ok = ok && encode(s, c, &bytes, &size, err) &&
         save(s, path, bytes, size, out, out_size, err);
    free(bytes);
    canvas_close(c);
    fonts_close(fonts);
    return ok;
}
