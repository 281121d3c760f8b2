/* How a canvas comes into an SDL window: copied to the window's surface; or,
 * where the desktop scales, whose surfaces have no more pixels than the window
 * has units, as a texture that fills it. */
#include "viz/window/window_private.h"

#include <string.h>

static bool failed(Err *err, const char *what) {
    return err_set(err, ERR_IO, 0, "%s: %s", what, SDL_GetError());
}

static bool desktop_scales(void) {
    const char *driver = SDL_GetCurrentVideoDriver();
    return driver &&
           (strcmp(driver, "wayland") == 0 || strcmp(driver, "cocoa") == 0);
}

bool window_open_output(Pane *p, Err *err) {
    static const char what[] = "cannot draw in the window";
    if (!desktop_scales())
        return SDL_GetWindowSurface(p->sdl) || failed(err, what);
    p->renderer = SDL_CreateRenderer(p->sdl, -1, SDL_RENDERER_ACCELERATED);
    return p->renderer || failed(err, what);
}

bool window_output_size(const Pane *p, int *w, int *h, Err *err) {
    static const char what[] = "cannot draw in the window";
    if (p->renderer)
        return SDL_GetRendererOutputSize(p->renderer, w, h) == 0 ||
               failed(err, what);
    /* Asked for anew each time: it is replaced whenever the window changes. */
    const SDL_Surface *s = SDL_GetWindowSurface(p->sdl);
    if (!s) return failed(err, what);
    *w = s->w;
    *h = s->h;
    return true;
}

static void drop_picture(Pane *p) {
    SDL_FreeSurface(p->picture);
    if (p->texture) SDL_DestroyTexture(p->texture);
    p->picture = NULL;
    p->texture = NULL;
}

bool window_fit_picture(Pane *p, Err *err) {
    static const char what[] = "a picture for the window";
    const Pixmap *px = canvas_pixels(p->canvas);
    drop_picture(p);
    if (p->renderer) {
        p->texture =
            SDL_CreateTexture(p->renderer, SDL_PIXELFORMAT_ARGB8888,
                              SDL_TEXTUREACCESS_STREAMING, px->w, px->h);
        if (p->texture &&
            SDL_SetTextureBlendMode(p->texture, SDL_BLENDMODE_NONE) == 0)
            return true;
    } else {
        p->picture = SDL_CreateRGBSurfaceWithFormatFrom(
            px->px, px->w, px->h, 32, px->stride * 4, SDL_PIXELFORMAT_ARGB8888);
        if (p->picture &&
            SDL_SetSurfaceBlendMode(p->picture, SDL_BLENDMODE_NONE) == 0)
            return true;
    }
    failed(err, what);
    drop_picture(p);
    return false;
}

static bool present_texture(const Pane *p) {
    const Pixmap *px = canvas_pixels(p->canvas);
    if (SDL_UpdateTexture(p->texture, NULL, px->px, px->stride * 4) != 0 ||
        SDL_RenderCopy(p->renderer, p->texture, NULL, NULL) != 0)
        return false;
    SDL_RenderPresent(p->renderer);
    return true;
}

bool window_present(const Pane *p, Err *err) {
    const bool ok = p->renderer ? present_texture(p)
                                : SDL_BlitSurface(p->picture, NULL,
                                                  SDL_GetWindowSurface(p->sdl),
                                                  NULL) == 0 &&
                                      SDL_UpdateWindowSurface(p->sdl) == 0;
    return ok || failed(err, "cannot draw in the window");
}

bool window_repeat(const Pane *p, Err *err) {
    bool ok = true;
    if (p->renderer && p->texture) {
        ok = SDL_RenderCopy(p->renderer, p->texture, NULL, NULL) == 0;
        SDL_RenderPresent(p->renderer);
    } else if (!p->renderer) {
        ok = SDL_UpdateWindowSurface(p->sdl) == 0;
    }
    return ok || failed(err, "cannot draw in the window");
}

void window_close_output(Pane *p) {
    drop_picture(p);
    if (p->renderer) SDL_DestroyRenderer(p->renderer);
    p->renderer = NULL;
}
