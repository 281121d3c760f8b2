/* A viewer without a window, on a tiny model: an app, a screen that shows it,
 * and a canvas to draw on.
 *
 *     AppRig r;
 *     app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
 *     screen_key(r.screen, "Right");
 *     app_rig_frame(&r);
 *     app_rig_close(&r);
 */
#ifndef TESTS_SUPPORT_APP_RIG_H
#define TESTS_SUPPORT_APP_RIG_H

#include "tests/support/folder.h"
#include "viz/screen/screen.h"

typedef struct AppRig {
    char dir[FOLDER_PATH_MAX]; /* what is exported goes here */
    App *app;
    Screen *screen;
    Fonts *fonts;
    Canvas *canvas;
    int w, h; /* of the canvas from the next frame on; 1280 x 800 */
} AppRig;

/* model_path NULL: the tiny model, with a lesson about it unless no_deck says
 * otherwise; export_dir is the rig's folder.  Fails the running test if
 * anything does. */
void app_rig_open(AppRig *r, AppOptions opt);
void app_rig_close(AppRig *r);

/* The files of a tiny BERT of WordPiece, with its head or without, in a folder
 * of its own within dir: a model_path.  The caller removes both. */
void app_rig_write_bert(char path[FOLDER_PATH_MAX], const char *dir, bool head);

/* Waits for the engine and draws a frame at the rig's size. */
void app_rig_frame(AppRig *r);

/* Whether the last frame holds a text that contains this one. */
bool app_rig_shows(const AppRig *r, const char *text);

/* The arithmetic is shown, and no two numbers of it meet. */
void app_rig_check_ledger(const AppRig *r, const char *what);

/* Clicks. */
void app_rig_click(AppRig *r, int x, int y);

#endif
