/* Keys: the one table of what every key does.
 *
 * The help screen and the window read it; tests/viz/test_docs.c compares
 * README.md's table with it.  Key names are the ones printed on keyboards:
 * "Right", "PageDown", "Ctrl+C", "[", "?".  Does NOT know SDL: window.c
 * translates.
 */
#ifndef VIZ_SCREEN_KEYS_H
#define VIZ_SCREEN_KEYS_H

#include "engine/spec/arch.h"
#include "viz/views/command.h"

typedef struct KeyRow {
    Command command;
    int arg;           /* see keys_arg */
    const char *keys;  /* names separated by blanks: "Space PageDown" */
    const char *help;  /* what it does, a few words; NULL: see keys_help */
    const char *group; /* heading in the help screen */
} KeyRow;

/* The table in help order; ends with command CMD_NONE. */
const KeyRow *keys_table(void);

/* The row that a key name is bound in, NULL if there is none. */
const KeyRow *keys_find(const char *key_name);

/* The argument of a row's command: of CMD_VIEW the view that says this key is
 * its own, -1: none does. */
int keys_arg(const KeyRow *row);

/* What a row's keys do in a model of this architecture, for people; a view's
 * key gives its title.  NULL: not listed, as there is no such view, or nothing
 * of the model for it to change.  With a NULL: in any. */
const char *keys_help(const KeyRow *row, const Arch *a);

/* The first row of a command, NULL if it has none. */
const KeyRow *keys_row(Command c);

#endif
