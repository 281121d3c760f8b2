/* Commands: the one table of what every command does.
 *
 * A command changes the App, so that all screens show it, or the screen it was
 * given on: its panels and their scrolls, and what it exports.
 */
#ifndef VIZ_SCREEN_COMMANDS_H
#define VIZ_SCREEN_COMMANDS_H

#include "viz/screen/screen.h"

/* Runs a command; arg is that of its key or hit. */
void commands_run(Screen *s, Command c, int arg);

/* A presenter's screen does it itself: the notes' size, and their pages. */
bool commands_are_of_notes(Command c);

/* The slide keeps the window, or the start page and the card after the end
 * stay: of all other commands the model is what they are about. */
bool commands_leave_slide(Command c);
bool commands_leave_page(Command c);

#endif
