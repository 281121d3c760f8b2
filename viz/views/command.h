/* Commands: everything that a key or a click can do, by name.
 *
 * Drawing code registers them with hits; viz/screen/keys.c says which key is
 * which, viz/screen/commands.c what each does.
 */
#ifndef VIZ_VIEWS_COMMAND_H
#define VIZ_VIEWS_COMMAND_H

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
    CMD_VIEW, /* its argument: which, from 0 */
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
    CMD_OPEN_MARKED,
    CMD_TERM_NEXT,
    CMD_TERM_PREV,
    CMD_OPEN_MODEL,
    CMD_HELP,
    CMD_LEAVE,
    CMD_QUIT,
    CMD_COUNT
} Command;

#endif
