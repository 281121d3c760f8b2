/* App: the whole viewer without a window.
 *
 * It takes keys, text, mouse and time as arguments, holds the state, drives
 * the worker, and draws itself on any canvas.  The window (window.c), the
 * `export` command and the key-script tests all drive this same object.
 *
 *     App *app = app_open(&(AppOptions){.model_path = "m.bin"}, &err);
 *     app_key(app, "Right");
 *     app_settle(app, -1);
 *     app_draw(app, canvas);
 *     app_close(app);
 *
 * Does NOT include SDL, read clocks or sleep (but for app_settle).
 */
#ifndef VIZ_APP_APP_H
#define VIZ_APP_APP_H

#include "lessons/deck.h"
#include "viz/app/worker.h"
#include "viz/views/view.h"

typedef struct AppOptions {
    const char *model_path;     /* NULL: the embedded model */
    const char *tokenizer_path; /* NULL: found beside the model */
    /* Both opened already (viz/app/loading.h): the app's from now on, whether it
     * opens or not.  NULL: it opens them itself. */
    Model *model;
    Tokenizer *tokenizer;
    const char *deck_path; /* NULL: the embedded lesson, if no_deck is
                                   not set */
    bool no_deck;
    const char *prompt; /* NULL: from the state, the lesson or a default */
    const char *state;  /* a state string applied on top, or NULL */
    const char *theme;  /* "light", "dark" or NULL */
    float scale;        /* 0: 1 */
    bool no_animation;  /* play no faster than 3 tokens a second */
    int n_threads;
    uint64_t trace_budget;
    const char *export_dir; /* where E saves; NULL: "." */
    void (*wake)(void *ud); /* the engine has news: draw again soon */
    void *wake_ud;
} AppOptions;

typedef struct App App;

App *app_open(const AppOptions *opt, Err *err);
void app_close(App *app); /* NULL is fine */

/* ---- input --------------------------------------------------------------
 * Each returns nothing: what changed shows in app_dirty and app_state. */

/* A key by name ("Right", "Ctrl+C", "[", "Shift+Space"; see keys.h). */
void app_key(App *app, const char *key_name);
/* Typed text, UTF-8; used while the prompt is edited. */
void app_text(App *app, const char *utf8);
/* Pasted text: into the prompt when it is edited, as a state when it parses or
 * begins (view=) as one, as a new prompt otherwise. */
void app_paste(App *app, const char *utf8);
/* A dropped file: an exported PNG restores its state; a .md opens as lesson. */
void app_drop(App *app, const char *path);
void app_mouse_move(App *app, int x, int y); /* -1, -1: left the window */
void app_mouse_down(App *app, int x, int y);
void app_mouse_up(App *app);
void app_wheel(App *app, int x, int y, int steps);
void app_run(App *app, Command c, int arg); /* arg: of CMD_VIEW; else 0 */
/* Time, in ms of any steady clock.  Returns ms until it wants to be called
 * again, -1: only after input or wake. */
int app_tick(App *app, uint64_t now_ms);

/* The engine woke the window: there are new positions, or an error. */
void app_news(App *app);

/* Puts a state string into effect, on top of what is. */
bool app_set_state(App *app, const char *text, Err *err);

/* ---- output ------------------------------------------------------------ */

bool app_dirty(const App *app); /* the picture is out of date */
/* Waits for the engine to reach what the state asks for; false on timeout. */
bool app_settle(App *app, int timeout_ms);
/* Draws the whole window. */
void app_draw(App *app, Canvas *canvas);
/* Draws only the stage (the view and its heading); false while nothing is
 * computed that could be shown. */
bool app_draw_stage(App *app, Canvas *canvas);

const State *app_state(const App *app); /* resolved: token, layer, head in
                                           range */
/* The state string that brings one back here: what Ctrl+C copies. */
size_t app_state_text(const App *app, char *out, size_t size);
/* Saves the current view as PNG, w x h pixels, at a scale in pixels per design
 * unit, its state in the metadata.  path NULL: the next free
 * llantern-VIEW-NNN.png in export_dir; the name is written to out. */
bool app_export(App *app, const char *path, int w, int h, float scale,
                char *out, size_t out_size, Err *err);
/* Pixels per design unit that fit a window of this size at the state's
 * scale: 1 at 1920x1080. */
float app_scale_for(const App *app, int w, int h);
/* The same before there is an app. */
float app_scale_before(const AppOptions *opt, int w, int h);

/* What the app wants of the window; cleared by the call. */
typedef enum AppRequest {
    APP_NOTHING,
    APP_QUIT,
    APP_FULLSCREEN,
    APP_COPY,
    APP_PASTE
} AppRequest;
AppRequest app_take_request(App *app);
/* The text for APP_COPY. */
const char *app_clipboard(const App *app);
/* Shows a line at the bottom for a while. */
void app_tell(App *app, bool bad, const char *text);
/* The line shown at the bottom: errors, "saved x.png"; "" when none. */
const char *app_message(const App *app);
bool app_is_editing(const App *app); /* text input wanted */

/* What a click at a point of the last frame would set; false: nothing of that
 * kind.  For tests. */
bool app_pick_at(const App *app, int x, int y, Pick *out);
/* The command that it would run, or CMD_NONE, and its argument.  For tests. */
Command app_command_at(const App *app, int x, int y, int *arg);
const Trace *app_trace(App *app); /* for tests, after app_settle */
const Tokenizer *app_tokenizer(const App *app);
const Model *app_model(const App *app);
const Deck *app_deck(const App *app); /* NULL: none */

#endif
