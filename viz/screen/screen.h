/* Screen: one surface that shows an App, in any window or none.
 *
 * It has its own size, mouse, hits and scrolls; what it shows is the App's, so
 * a click on one screen changes all.  It takes keys and the mouse as arguments
 * and draws itself on any canvas.
 *
 *     Screen *screen = screen_open(app, &err);
 *     screen_key(screen, "Right");
 *     app_settle(app, -1);
 *     if (screen_dirty(screen)) screen_draw(screen, canvas);
 *     screen_close(screen);
 *
 * Drawing reads a Scene and changes nothing of the App.  Does NOT include SDL,
 * read clocks or sleep.
 */
#ifndef VIZ_SCREEN_SCREEN_H
#define VIZ_SCREEN_SCREEN_H

#include "viz/app/app.h"

typedef struct Screen Screen;

/* The app must outlive it. */
Screen *screen_open(App *app, Err *err);
void screen_close(Screen *s); /* NULL is fine */
/* From now on it shows what a lecturer sees and the room does not: the room's
 * picture (screen_show_room), the next beat, the notes, clock and plan.  It has
 * no stage and no pages of a slide: what is clicked on it is done on `room`,
 * which must outlive it, and a window gives that its keys; but those of the
 * notes (commands_are_of_notes). */
void screen_present(Screen *s, Screen *room);
/* What the room sees, borrowed until the next call; NULL: nothing.  frozen: it
 * is what the room would see, but stays as it was. */
void screen_show_room(Screen *s, const Pixmap *room, bool frozen);

/* ---- input --------------------------------------------------------------- */

/* A key by name ("Right", "Ctrl+C", "[", "Shift+Space"; see keys.h). */
void screen_key(Screen *s, const char *key_name);
void screen_mouse_move(Screen *s, int x, int y); /* -1, -1: left the window */
void screen_mouse_down(Screen *s, int x, int y);
void screen_mouse_up(Screen *s);
/* The other button: a menu of what can be done there; closes one that is
 * open. */
void screen_mouse_menu(Screen *s, int x, int y);
void screen_wheel(Screen *s, int x, int y, int steps);
/* Sideways, or with Shift: moves a map; > 0: to the right. */
void screen_wheel_aside(Screen *s, int x, int y, int steps);

/* ---- output -------------------------------------------------------------- */

bool screen_dirty(const Screen *s); /* the picture is out of date */
/* Draws the whole window, at rest. */
void screen_draw(Screen *s, Canvas *c);
/* The same at a moment, in ms of any steady clock, on the canvas of the calls
 * before: once the state has changed, what the stage shows goes from old to new
 * within 250 ms; what is not there yet leaves the old picture, marked so; and
 * the small pictures of an overview come one a call.
 * Returns ms until it wants to be called again, -1: only when dirty. */
int screen_draw_at(Screen *s, Canvas *c, uint64_t now_ms);
/* While nothing changes: has the engine make what the stage lacks if the last
 * step, to a token, layer, head or operation, is made once more; where the last
 * change was none, if one goes to the token after, or before the last one.
 * After a rest, if any such step is made.  On the canvas of the last frame, on
 * which nothing is drawn.  Returns ms until it wants to be called again, -1:
 * after a frame.  Not where the numbers of a picture took long. */
int screen_look_ahead(Screen *s, Canvas *c, uint64_t now_ms);
/* Draws only the stage (the view and its heading), as a figure without a
 * mouse or buttons and, unless it is plain, with a caption that says what it is
 * of; waits for the numbers that belong on it.  False while nothing is computed
 * that could be shown. */
bool screen_draw_stage(Screen *s, Canvas *c, bool plain);

/* The height that blocks of a deck, such as notes, take in r.w pixels; draws
 * them at r.x, r.y, dark for a white ground, unless r.h is 0. */
int screen_draw_blocks(Screen *s, Canvas *c, const DeckBlock *blocks, int n,
                       Rect r);

/* Saves the current view as PNG, w x h pixels, at a scale in pixels per design
 * unit, its state in the metadata.  path NULL: the next free
 * llantern-VIEW-NNN.png in the app's export_dir; the name is written to out. */
bool screen_export(Screen *s, const char *path, int w, int h, float scale,
                   bool plain, char *out, size_t out_size, Err *err);

/* Pixels per design unit that fit a window of this size at the state's scale:
 * 1 at 1920x1080.  In small windows text keeps a size that can be read, for
 * which the display's density counts. */
float screen_scale(const Screen *s, int w, int h);
/* Pixels where an ordinary display has one; 1 until it is set. */
void screen_set_density(Screen *s, float density);
/* One line that says how large text is: the scale at this size, and what of it
 * is the window's and what the state's. */
void screen_scale_text(const Screen *s, int w, int h, char *out, size_t size);
/* The scale before there is an app; scale 0: 1. */
float screen_scale_before(float scale, float density, int w, int h);

/* Where the last frame shows the caret of the prompt, in pixels; false: it does
 * not.  An input method's candidates belong there. */
bool screen_caret(const Screen *s, Rect *out);

/* What a click at a point of the last frame would set; false: nothing of that
 * kind.  For tests. */
bool screen_pick_at(const Screen *s, int x, int y, Pick *out);
/* The term that is explained in the last frame; NULL: none.  For tests. */
const char *screen_term(const Screen *s);
/* The command that it would run, or CMD_NONE, and its argument.  For tests. */
Command screen_command_at(const Screen *s, int x, int y, int *arg);

#endif
