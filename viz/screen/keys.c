#include "viz/screen/keys.h"

#include "viz/views/view.h"

#include <string.h>

static const char step[] = "Step", see[] = "Look", change[] = "Change",
                  lesson[] = "Lesson", program[] = "Window";

static const KeyRow table[] = {
    {CMD_TOKEN_NEXT, "Right", "next token; at the end, generate one", step},
    {CMD_TOKEN_PREV, "Left", "previous token", step},
    {CMD_TOKEN_FIRST, "Home", "first token", step},
    {CMD_TOKEN_LAST, "End", "last token", step},
    {CMD_LAYER_UP, "Up", "layer up: closer to the output", step},
    {CMD_LAYER_DOWN, "Down", "layer down: closer to the input", step},
    {CMD_HEAD_PREV, "[", "previous head", step},
    {CMD_HEAD_NEXT, "]", "next head", step},
    {CMD_OP_NEXT, "Enter", "next operation; open a head; draw again", step},
    {CMD_OP_PREV, "Backspace", "previous operation", step},
    {CMD_PLAY, "P", "play / pause: one token after another", step},
    {CMD_FASTER, "Shift+P", "play faster", step},
    {CMD_SLOWER, "Ctrl+P", "play slower", step},

    {CMD_VIEW_1, "1", NULL, see},
    {CMD_VIEW_2, "2", NULL, see},
    {CMD_VIEW_3, "3", NULL, see},
    {CMD_VIEW_4, "4", NULL, see},
    {CMD_VIEW_5, "5", NULL, see},
    {CMD_VIEW_6, "6", NULL, see},
    {CMD_VIEW_7, "7", NULL, see},
    {CMD_VIEW_8, "8", NULL, see},
    {CMD_VIEW_9, "9", NULL, see},
    {CMD_OPEN_LEFT, "Shift+Left", "open the cell or element to the left", see},
    {CMD_OPEN_RIGHT, "Shift+Right", "... to the right", see},
    {CMD_OPEN_UP, "Shift+Up", "... above", see},
    {CMD_OPEN_DOWN, "Shift+Down", "... below", see},
    {CMD_TERMS_DOWN, "Ctrl+Down", "later terms of a long sum", see},
    {CMD_TERMS_UP, "Ctrl+Up", "earlier terms", see},
    {CMD_SORT, "V", "order of the heads", see},
    {CMD_SINK, "N", "first token's column in / out of the scale", see},
    {CMD_COLORMAP, "M", "colour map", see},
    {CMD_THEME, "T", "light / dark theme", see},
    {CMD_SCALE_UP, "+ =", "larger text", see},
    {CMD_SCALE_DOWN, "-", "smaller text", see},
    {CMD_SCALE_RESET, "0", "text at normal size", see},

    {CMD_EDIT_PROMPT, "/", "edit the prompt; Enter keeps, Esc restores",
     change},
    {CMD_TOGGLE_PART, "X", "switch the selected part off / on", change},
    {CMD_TOGGLE_MASK, "U", "causal mask off / on", change},
    {CMD_RESTORE, "Z", "switch everything back on", change},
    {CMD_HOTTER, ">", "temperature up", change},
    {CMD_COLDER, "<", "temperature down", change},
    {CMD_TOP_K_MORE, "K", "top-k up", change},
    {CMD_TOP_K_LESS, "Shift+K", "top-k down", change},
    {CMD_TOP_P_MORE, "Y", "top-p up", change},
    {CMD_TOP_P_LESS, "Shift+Y", "top-p down", change},
    {CMD_MIN_P_MORE, "J", "min-p up", change},
    {CMD_MIN_P_LESS, "Shift+J", "min-p down", change},
    {CMD_TAKE, "W", "write the opened token after the current one", change},
    {CMD_RESET, "R", "back to the start of this beat", change},

    {CMD_BEAT_NEXT, "Space PageDown", "next beat", lesson},
    {CMD_BEAT_PREV, "Shift+Space PageUp", "previous beat", lesson},
    {CMD_GOTO, "G", "go to a slide: its number, then Enter", lesson},
    {CMD_SLIDE_PANEL, "Tab", "show / hide the slide", lesson},
    {CMD_BLACK, "B .", "black screen / back", lesson},
    /* B answers too while a question is open: app_key looks there first. */
    {CMD_ANSWER, "A B C D", "answer the question on the slide", lesson},

    {CMD_INSPECTOR, "I", "show / hide the arithmetic", program},
    {CMD_EXPORT, "E", "save the view as PNG", program},
    {CMD_COPY_STATE, "Ctrl+C", "copy where you are", program},
    {CMD_PASTE, "Ctrl+V", "paste a prompt or a place", program},
    {CMD_FULLSCREEN, "F F11 F5", "fullscreen", program},
    {CMD_HELP, "? F1", "this help", program},
    {CMD_LEAVE, "Esc", "leave a mode", program},
    {CMD_QUIT, "Ctrl+Q", "quit", program},
    {CMD_NONE, NULL, NULL, NULL},
};

const KeyRow *keys_table(void) {
    return table;
}

Command keys_find(const char *key_name) {
    size_t len = strlen(key_name);
    for (const KeyRow *row = table; row->keys && len; row++) {
        for (const char *p = row->keys; *p;) {
            size_t n = strcspn(p, " ");
            if (n == len && memcmp(p, key_name, n) == 0) return row->command;
            p += n + (p[n] == ' ');
        }
    }
    return CMD_NONE;
}

const char *keys_help(const KeyRow *row) {
    if (row->command < CMD_VIEW_1 || row->command > CMD_VIEW_9)
        return row->help;
    const View *v = view_at((int)(row->command - CMD_VIEW_1));
    return v ? v->title : NULL;
}

const KeyRow *keys_row(Command c) {
    for (const KeyRow *row = table; row->keys; row++)
        if (row->command == c) return row;
    return NULL;
}
