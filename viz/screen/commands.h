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

/* It does not bring the model beside a slide that has the window. */
bool commands_leave_slide(Command c);

#endif
