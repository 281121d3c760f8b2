/* What lies over the model stays for some commands, and goes for others. */
#include "viz/screen/commands.h"

#include <stddef.h>

/* Commands about the lesson, the window or what a slide shows; all others are
 * about the model. */
bool commands_leave_slide(Command c) {
    static const Command commands[] = {
        CMD_NONE,         CMD_VIEWS,         CMD_BEAT_NEXT,   CMD_BEAT_PREV,
        CMD_SHOW,         CMD_SHOW_NEXT,     CMD_ANSWER,      CMD_GOTO,
        CMD_OPEN_MODEL,   CMD_RESET,         CMD_FULLSCREEN,  CMD_BLACK,
        CMD_HELP,         CMD_UNDO,          CMD_REDO,        CMD_THEME,
        CMD_COLORMAP,     CMD_SCALE_UP,      CMD_SCALE_DOWN,  CMD_TERM_NEXT,
        CMD_SCALE_RESET,  CMD_TERM_PREV,     CMD_EXPORT,      CMD_COPY_STATE,
        CMD_PASTE,        CMD_LEAVE,         CMD_QUIT,        CMD_HERE,
        CMD_PRESENT,      CMD_FREEZE,        CMD_SWAP,        CMD_PAUSE_CLOCK,
        CMD_MOTION,       CMD_VOTE,          CMD_COUNT_HANDS, CMD_OTHER_VOTE,
        CMD_HINT,         CMD_START,         CMD_PALETTE,     CMD_OVERVIEW,
        CMD_SLIDE,        CMD_NOTES,         CMD_NOTES_ON,    CMD_NOTES_BACK,
        CMD_NOTES_LARGER, CMD_NOTES_SMALLER, CMD_POINTER,     CMD_PEN,
        CMD_PEN_CLEAR,    CMD_LENS,          CMD_ZOOM_IN,     CMD_ZOOM_OUT,
        CMD_PAN_LEFT,     CMD_PAN_RIGHT,     CMD_PAN_UP,      CMD_PAN_DOWN};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i] == c) return true;
    return false;
}

/* Commands about the window or how it looks: a page stays for them. */
bool commands_leave_page(Command c) {
    static const Command commands[] = {
        CMD_NONE,      CMD_THEME,      CMD_COLORMAP,    CMD_SCALE_UP,
        CMD_HELP,      CMD_SCALE_DOWN, CMD_SCALE_RESET, CMD_FULLSCREEN,
        CMD_BLACK,     CMD_MOTION,     CMD_COPY_STATE,  CMD_PASTE,
        CMD_LEAVE,     CMD_QUIT,       CMD_PRESENT,     CMD_FREEZE,
        CMD_SWAP,      CMD_START,      CMD_PAUSE_CLOCK, CMD_PALETTE,
        CMD_TERM_NEXT, CMD_TERM_PREV,  CMD_POINTER,     CMD_PEN,
        CMD_LENS};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i] == c) return true;
    return false;
}
