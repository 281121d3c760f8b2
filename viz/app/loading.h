/* Loading: a model being opened, on a thread of its own or in steps on the
 * caller's, and what the window shows meanwhile: how far it is, and when it was
 * stopped or failed, how to open another.
 *
 *     Loading *o = loading_start(&(LoadingOptions){.path = "7b.gguf"}, &err);
 *     loading_key(o, "Esc");                   // stops it
 *     loading_draw(o, canvas);
 *     if (loading_state(o) == LOADING_DONE) loading_take(o, &model, &tok);
 *     loading_close(o);
 *
 * Like the App it takes keys and draws itself, and knows no window.
 */
#ifndef VIZ_APP_LOADING_H
#define VIZ_APP_LOADING_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/paint/canvas.h"
#include "viz/paint/theme.h"

typedef struct LoadingOptions {
    const char *path;           /* NULL: the embedded model */
    const char *tokenizer_path; /* NULL: found beside it */
    const char *theme;          /* "light", "dark" or NULL */
    bool has_app;               /* there is one to go back to */
    bool no_thread;             /* nothing runs but in loading_step and waits */
    void (*wake)(void *ud);     /* on the thread, when there is news, until it
                                 * is stopped; or NULL */
    void *wake_ud;
} LoadingOptions;

typedef enum LoadingState {
    LOADING_BUSY,
    LOADING_DONE,    /* loading_take gives the model */
    LOADING_STOPPED, /* by Esc */
    LOADING_FAILED,  /* loading_error says why */
} LoadingState;

typedef struct Loading Loading;

/* Copies what opt points to. */
Loading *loading_start(const LoadingOptions *opt, Err *err);
/* Stops it, if it is still busy, and waits for that; NULL is fine. */
void loading_close(Loading *o);

LoadingState loading_state(Loading *o);
/* Waits until it is no longer busy, timeout_ms at most; true then. */
bool loading_wait(Loading *o, int timeout_ms);

/* Without a thread: works on the caller's for about budget_ms, one step at
 * least.  True: there is more to do.  Opening the file and its tokenizer are a
 * step each, then some megabytes of weights. */
bool loading_step(Loading *o, int budget_ms);

/* Hands over what was opened: the caller closes both, the model last.  Only
 * once, and when it is done. */
void loading_take(Loading *o, Model **model, Tokenizer **tokenizer);
Err loading_error(Loading *o); /* of LOADING_FAILED */

/* Part of the weights that is in memory, 0..1; below 0: not known yet. */
float loading_progress(Loading *o);
const char *loading_name(const Loading *o); /* for the window's title */

/* Esc stops it. */
void loading_key(Loading *o, const char *key_name);
void loading_draw(Loading *o, Canvas *c);

/* Whether a dropped file should be opened as a model: by its name, or as a
 * folder. */
bool loading_is_model(const char *path);

#endif
