/* The Window's parts, for window*.c alone. */
#ifndef VIZ_WINDOW_WINDOW_PRIVATE_H
#define VIZ_WINDOW_WINDOW_PRIVATE_H

#include "viz/app/lessons.h"
#include "viz/app/loading.h"
#include "viz/screen/screen.h"
#include "viz/window/window.h"
#include "viz/window/window_scale.h"

#include <SDL.h>
#include <limits.h>

#define WINDOW_PANES_MAX 3 /* the room's, a mirror, the presenter's */

/* One SDL window. */
typedef struct Pane {
    SDL_Window *sdl;
    SDL_Renderer *renderer; /* NULL: the window's surface is drawn on */
    /* Of the canvas's size; NULL before the first frame. */
    SDL_Surface *picture; /* the canvas's pixels, borrowed */
    SDL_Texture *texture; /* instead of it, for the renderer */
    Canvas *canvas;
    Screen *screen; /* NULL while there is no app */
    int again_ms;   /* when it wants to be drawn again; -1: only if changed */
    bool stale;     /* shown picture is lost (resized, uncovered) */
    bool presents;  /* for whoever lectures, not for the room */
    bool hidden;    /* minimised or unmapped: nobody sees a frame */
    Rect text_rect; /* where SDL was told that text is written */
} Pane;

struct Window {
    Pane panes[WINDOW_PANES_MAX];
    int n_panes; /* the first one is there to the end */
    Fonts *fonts;
    App *app;         /* NULL until the first model is open */
    Loading *opening; /* what is shown while it is not NULL */
    AppOptions opt;
    char model_path[PATH_MAX];     /* another one since; "": none */
    char lesson[LESSONS_NAME_MAX]; /* asked for by name; "": none */
    char deck_path[PATH_MAX]; /* of the deck that was open then; "": none */
    Uint32 news_event;        /* the worker has news */
    SDL_atomic_t news_missed; /* and the queue was full */
    int n_failed;             /* frames one after another that were not shown */
    bool frozen;              /* the room's windows stay as they are */
    bool swapped;             /* the presenter's is on the room's display */
    /* Bit i, display i: had room for windows at the last look; has none any
     * more. */
    Uint32 usable, gone;
    Uint64 look_ms;  /* when to look next */
    bool fonts_told; /* that text could not be drawn */
    bool muted;      /* until it is let go: the key that began the writing */
    bool quit;
};

/* ---- window.c ------------------------------------------------------------ */

/* Begins to open a model.  The app, if there is one, stays until it is open. */
bool window_open_model(Window *w, const char *path, Err *err);
/* What every pane shows is lost, or another thing. */
void window_stale(Window *w);
void window_close_pane(Window *w, Pane *p);
/* The window fills its display, or no longer; the app says why it cannot. */
void window_set_fullscreen(const Window *w, const Pane *p, bool on);
/* One more window, as wide and high as the options say. */
bool window_add_pane(Window *w, const WindowOptions *win, Err *err);

/* The pane's window as it is now: its pixels are its canvas's. */
WindowScale window_scale_of(const Pane *p);

/* ---- window_present.c ---------------------------------------------------- */

/* Opens the presenter's window, on another display than the room's where there
 * is one, whose window then fills it; or closes it. */
void window_toggle_presenter(Window *w);
bool window_open_presenter(Window *w, Err *err);
/* What the room sees stays, or follows again. */
void window_freeze(Window *w);
void window_swap(Window *w);
/* A display is gone or new: nothing stays where it cannot be seen. */
void window_on_displays(Window *w);
/* The same where nobody tells: looked at once a second. */
void window_watch_displays(Window *w);
/* "10:19" of the day, to the app. */
void window_tell_clock(Window *w);
/* Of a wait in ms (-1: for ever) as much as a clock that is shown has. */
int window_wait_for_clock(const Window *w, int wait);

/* ---- window_show.c ------------------------------------------------------- */

/* Once the window is there. */
bool window_open_output(Pane *p, Err *err);
/* The pixels that there are to fill. */
bool window_output_size(const Pane *p, int *w, int *h, Err *err);
/* The canvas has another size: its picture is made anew. */
bool window_fit_picture(Pane *p, Err *err);
/* Shows what is on the canvas. */
bool window_present(const Pane *p, Err *err);
/* Shows again what was shown last, whatever is on the canvas by now. */
bool window_repeat(const Pane *p, Err *err);
void window_close_output(Pane *p);

/* ---- window_text.c ------------------------------------------------------- */

/* Text input is on while text is written, so that an input method takes no
 * keys that are commands; and always on layouts where SDL's keys do not say
 * what they write (window_layout_is_plain). */
void window_fit_text_input(Window *w);
/* What is written comes through this one. */
void window_on_text(App *app, Screen *s, const char *text);
/* SDL_TEXTEDITING and SDL_TEXTEDITING_EXT. */
void window_on_composing(App *app, const SDL_Event *e);

/* ---- window_keys.c ------------------------------------------------------- */

/* "Ctrl+C", "Shift+Left", "P"; "" for keys that are read as text instead:
 * digits and punctuation lie elsewhere on every keyboard.  On a layout whose
 * keys write no Latin letters a letter is named by the key's place. */
void window_key_name(const SDL_Keysym *key, char *out, size_t size);
/* Whether all keys write what they do on an American keyboard; code_at is
 * SDL_GetKeyFromScancode. */
bool window_layout_is_plain(SDL_Keycode (*code_at)(SDL_Scancode place));
/* What a key writes on such a layout; 0: nothing. */
char window_key_written(const SDL_Keysym *key);

/* ---- window_loop.c ------------------------------------------------------- */

void window_on_event(Window *w, const SDL_Event *e);

#endif
