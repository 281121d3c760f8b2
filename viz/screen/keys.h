/* Keys: the one table of what every key does.
 *
 * The help screen and the window read it; tests/viz/test_docs.c compares
 * README.md's table with it.  Key names are the ones printed on keyboards:
 * "Right", "PageDown", "Ctrl+C", "[", "?".  Does NOT know SDL: window.c
 * translates.
 */
#ifndef VIZ_SCREEN_KEYS_H
#define VIZ_SCREEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum Command {
    CMD_NONE,
    CMD_TOKEN_NEXT,
    CMD_TOKEN_PREV,
    CMD_TOKEN_FIRST,
    CMD_TOKEN_LAST,
    CMD_LAYER_UP,
    CMD_LAYER_DOWN,
    CMD_HEAD_PREV,
    CMD_HEAD_NEXT,
    CMD_OP_NEXT,
    CMD_OP_PREV,
    CMD_VIEW_1,
    CMD_VIEW_2,
    CMD_VIEW_3,
    CMD_VIEW_4,
    CMD_VIEW_5,
    CMD_VIEW_6,
    CMD_VIEW_7,
    CMD_VIEW_8,
    CMD_VIEW_9,
    CMD_BEAT_NEXT,
    CMD_BEAT_PREV,
    CMD_OPEN_LEFT,
    CMD_OPEN_RIGHT,
    CMD_OPEN_UP,
    CMD_OPEN_DOWN,
    CMD_TERMS_DOWN,
    CMD_TERMS_UP,
    CMD_TAKE,
    CMD_EDIT_PROMPT,
    CMD_PLAY,
    CMD_FASTER,
    CMD_SLOWER,
    CMD_TOGGLE_PART,
    CMD_TOGGLE_MASK,
    CMD_RESTORE,
    CMD_RESET,
    CMD_EXPORT,
    CMD_COPY_STATE,
    CMD_PASTE,
    CMD_COLORMAP,
    CMD_THEME,
    CMD_SORT,
    CMD_SINK,
    CMD_SCALE_UP,
    CMD_SCALE_DOWN,
    CMD_SCALE_RESET,
    CMD_HOTTER,
    CMD_COLDER,
    CMD_TOP_K_MORE,
    CMD_TOP_K_LESS,
    CMD_TOP_P_MORE,
    CMD_TOP_P_LESS,
    CMD_MIN_P_MORE,
    CMD_MIN_P_LESS,
    CMD_FULLSCREEN,
    CMD_BLACK,
    CMD_SLIDE_PANEL,
    CMD_INSPECTOR,
    CMD_ANSWER,
    CMD_GOTO,
    CMD_HELP,
    CMD_LEAVE,
    CMD_QUIT,
    CMD_COUNT
} Command;

typedef struct KeyRow {
    Command command;
    const char *keys;  /* names separated by blanks: "Space PageDown" */
    const char *help;  /* what it does, a few words; NULL: see keys_help */
    const char *group; /* heading in the help screen */
} KeyRow;

/* The table in help order; ends with command CMD_NONE. */
const KeyRow *keys_table(void);

/* The command bound to a key name, CMD_NONE if there is none. */
Command keys_find(const char *key_name);

/* What a row's keys do, for people; a view's key gives its title.  NULL: not
 * listed, as there is no such view. */
const char *keys_help(const KeyRow *row);

/* The row of a command, NULL if it has none. */
const KeyRow *keys_row(Command c);

#endif
