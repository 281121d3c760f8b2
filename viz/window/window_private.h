/* The Window's parts, for window*.c alone. */
#ifndef VIZ_WINDOW_WINDOW_PRIVATE_H
#define VIZ_WINDOW_WINDOW_PRIVATE_H

#include "viz/app/loading.h"
#include "viz/screen/screen.h"
#include "viz/window/window.h"

#include <SDL.h>
#include <limits.h>

#define WINDOW_PANES_MAX 2

/* One SDL window. */
typedef struct Pane {
    SDL_Window *sdl;
    SDL_Surface *picture; /* the canvas's pixels, borrowed */
    Canvas *canvas;
    Screen *screen; /* NULL while there is no app */
    bool stale;     /* shown picture is lost (resized, uncovered) */
    bool hidden;    /* minimised or unmapped: nobody sees a frame */
} Pane;

struct Window {
    Pane panes[WINDOW_PANES_MAX];
    int n_panes; /* the first one is there to the end */
    Fonts *fonts;
    App *app;         /* NULL until the first model is open */
    Loading *opening; /* what is shown while it is not NULL */
    AppOptions opt;
    char model_path[PATH_MAX]; /* another one since; "": none */
    char deck_path[PATH_MAX];  /* of the deck that was open then; "": none */
    Uint32 news_event;         /* the worker has news */
    bool quit;
};

/* ---- window.c ------------------------------------------------------------ */

/* Begins to open a model.  The app, if there is one, stays until it is open. */
bool window_open_model(Window *w, const char *path, Err *err);
/* What every pane shows is lost, or another thing. */
void window_stale(Window *w);
void window_close_pane(Window *w, Pane *p);

/* ---- window_loop.c ------------------------------------------------------- */

/* "Ctrl+C", "Shift+Left", "P"; "" for keys that are read as text instead:
 * digits and punctuation lie elsewhere on every keyboard.  On a layout whose
 * keys write no Latin letters a letter is named by the key's place. */
void window_key_name(const SDL_Keysym *key, char *out, size_t size);
void window_on_event(Window *w, const SDL_Event *e);

#endif
