/* Opening: a model being opened on a thread of its own, and what the window
 * shows meanwhile: how far it is, and when it was stopped or failed, how to
 * open another.
 *
 *     Opening *o = opening_start(&(OpeningOptions){.path = "7b.gguf"}, &err);
 *     opening_key(o, "Esc");                   // stops it
 *     opening_draw(o, canvas);
 *     if (opening_state(o) == OPENING_DONE) opening_take(o, &model, &tok);
 *     opening_close(o);
 *
 * Like the App it takes keys and draws itself, and knows no window.
 */
#ifndef VIZ_APP_LOADING_H
#define VIZ_APP_LOADING_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/paint/canvas.h"
#include "viz/paint/theme.h"

typedef struct OpeningOptions {
    const char *path;           /* NULL: the embedded model */
    const char *tokenizer_path; /* NULL: found beside it */
    const char *theme;          /* "light", "dark" or NULL */
    bool has_app;               /* there is one to go back to */
    void (*wake)(void *ud);     /* on the thread, when there is news, until it
                                 * is stopped; or NULL */
    void *wake_ud;
} OpeningOptions;

typedef enum OpeningState {
    OPENING_BUSY,
    OPENING_DONE,    /* opening_take gives the model */
    OPENING_STOPPED, /* by Esc */
    OPENING_FAILED,  /* opening_error says why */
} OpeningState;

typedef struct Opening Opening;

/* Copies what opt points to. */
Opening *opening_start(const OpeningOptions *opt, Err *err);
/* Stops it, if it is still busy, and waits for that; NULL is fine. */
void opening_close(Opening *o);

OpeningState opening_state(Opening *o);
/* Waits until it is no longer busy, timeout_ms at most; true then. */
bool opening_wait(Opening *o, int timeout_ms);

/* Hands over what was opened: the caller closes both, the model last.  Only
 * once, and when it is done. */
void opening_take(Opening *o, Model **model, Tokenizer **tokenizer);
Err opening_error(Opening *o); /* of OPENING_FAILED */

/* Part of the weights that is in memory, 0..1; below 0: not known yet. */
float opening_progress(Opening *o);
const char *opening_name(const Opening *o); /* for the window's title */

/* Esc stops it. */
void opening_key(Opening *o, const char *key_name);
void opening_draw(Opening *o, Canvas *c);

/* Whether a dropped file should be opened as a model: by its name, or as a
 * folder. */
bool opening_is_model(const char *path);

#endif
