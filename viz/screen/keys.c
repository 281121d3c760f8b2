/* The table of keys.  A view has no help of its own: its title says it. */
#include "viz/screen/keys.h"

#include "viz/app/scene.h"

#include <string.h>

static const char step[] = "Step", see[] = "Look", change[] = "Change",
                  lesson[] = "Lesson", program[] = "Window";

static const KeyRow table[] = {
    {CMD_TOKEN_NEXT, 0, "Right",
     "next token; at the end, generate one (Training: next step)", step},
    {CMD_TOKEN_PREV, 0, "Left", "previous token (Training: previous step)",
     step},
    {CMD_TOKEN_FIRST, 0, "Home", "first token", step},
    {CMD_TOKEN_LAST, 0, "End", "last token", step},
    {CMD_LAYER_UP, 0, "Up", "layer up: closer to the output", step},
    {CMD_LAYER_DOWN, 0, "Down", "layer down: closer to the input", step},
    {CMD_HEAD_PREV, 0, "[", "previous head", step},
    {CMD_HEAD_NEXT, 0, "]", "next head", step},
    {CMD_OP_NEXT, 0, "Enter",
     "next operation (All heads: open the head; Next token: draw again)", step},
    {CMD_OP_PREV, 0, "Backspace", "previous operation", step},
    {CMD_PLAY, 0, "P", "play / pause: one token after another", step},
    {CMD_FASTER, 0, "Shift+P", "play faster", step},
    {CMD_SLOWER, 0, "Ctrl+P", "play slower", step},

    {CMD_VIEW, 0, "1", NULL, see},
    {CMD_VIEW, 0, "2", NULL, see},
    {CMD_VIEW, 0, "3", NULL, see},
    {CMD_VIEW, 0, "4", NULL, see},
    {CMD_VIEW, 0, "5", NULL, see},
    {CMD_VIEW, 0, "6", NULL, see},
    {CMD_VIEW, 0, "7", NULL, see},
    {CMD_VIEW, 0, "8", NULL, see},
    {CMD_VIEW, 0, "9", NULL, see},
    {CMD_VIEW, 0, "0", NULL, see},
    {CMD_VIEW, 0, "Shift+1", NULL, see},
    {CMD_VIEW, 0, "Shift+2", NULL, see},
    {CMD_VIEWS, 0, "F10", "all views, by what they are about", see},
    {CMD_HERE, 0, "Menu Shift+F10",
     "what can be done here (right click: at the mouse)", see},
    {CMD_BACK, 0, "Alt+Left", "back to the place before", see},
    {CMD_FORWARD, 0, "Alt+Right", "forward again", see},
    {CMD_OPEN_LEFT, 0, "Shift+Left", "open the number to the left", see},
    {CMD_OPEN_RIGHT, 0, "Shift+Right", "open the number to the right", see},
    {CMD_OPEN_UP, 0, "Shift+Up", "open the number above", see},
    {CMD_OPEN_DOWN, 0, "Shift+Down", "open the number below", see},
    {CMD_OPEN_MARKED, 0, "Shift+I",
     "open the number marked ▸ in the arithmetic", see},
    {CMD_OPENED_RUN, 0, "Ctrl+I", "the opened number before / after the change",
     see},
    {CMD_TERMS_DOWN, 0, "Ctrl+Down", "later rows of a long sum", see},
    {CMD_TERMS_UP, 0, "Ctrl+Up", "earlier rows of a long sum", see},
    {CMD_FIND, 0, "Ctrl+F",
     "find a token by its text, #id or =bytes, or type a word", see},
    {CMD_ROWS_DOWN, 0, "Ctrl+PageDown", "later rows of a list", see},
    {CMD_ROWS_UP, 0, "Ctrl+PageUp", "earlier rows of a list", see},
    {CMD_ZOOM_IN, 0, "Ctrl+= Ctrl++ Ctrl+Shift+=",
     "larger cells of the heatmap: fewer tokens", see},
    {CMD_ZOOM_OUT, 0, "Ctrl+-", "smaller cells: more tokens", see},
    {CMD_ZOOM_OFF, 0, "Ctrl+L", "all tokens that fit", see},
    {CMD_PAN_LEFT, 0, "Ctrl+Shift+Left", "earlier keys of it", see},
    {CMD_PAN_RIGHT, 0, "Ctrl+Shift+Right", "later keys of it", see},
    {CMD_PAN_UP, 0, "Ctrl+Shift+Up", "earlier queries of it", see},
    {CMD_PAN_DOWN, 0, "Ctrl+Shift+Down", "later queries of it", see},
    {CMD_SORT, 0, "V", "order of the heads", see},
    {CMD_OVER, 0, "Shift+R",
     "heads are called by what they do in this text / over 200 stories; "
     "training now: on stories / on your text",
     see},
    {CMD_SINK, 0, "Shift+N",
     "colour scale with / without the first token's column", see},
    {CMD_KEEP_HEAD, 0, "Shift+V",
     "lines: this head's stay beside the others' / no longer", see},
    {CMD_LEAST_UP, 0, "Q", "lines: only those of larger weights", see},
    {CMD_LEAST_DOWN, 0, "Shift+Q", "lines: those of smaller weights, too", see},
    {CMD_TERM_NEXT, 0, "H", "explain the next term on the screen", see},
    {CMD_TERM_PREV, 0, "Shift+H", "explain the term before", see},
    {CMD_COLORMAP, 0, "M", "colour map", see},
    {CMD_THEME, 0, "T", "light / dark theme", see},
    {CMD_MOTION, 0, "Shift+M", "values move from old to new / change at once",
     see},
    {CMD_SCALE_UP, 0, "+ =", "larger text", see},
    {CMD_SCALE_DOWN, 0, "-", "smaller text", see},
    {CMD_SCALE_RESET, 0, "Ctrl+0", "text at normal size", see},

    {CMD_EDIT_PROMPT, 0, "/",
     "edit the prompt; Enter keeps, Shift+Enter: new line, Esc restores",
     change},
    {CMD_TOGGLE_PART, 0, "X", "switch the selected part off / on", change},
    {CMD_FACTOR_UP, 0, "A", "the selected part counts more", change},
    {CMD_FACTOR_DOWN, 0, "Shift+A", "the selected part counts less", change},
    {CMD_TOGGLE_CUT, 0, "C", "nobody looks at the opened token / again",
     change},
    {CMD_TOGGLE_RAW, 0, "D", "division by √K in this head off / on", change},
    {CMD_TOGGLE_ROPE, 0, "Ctrl+R", "RoPE in this layer off / on", change},
    {CMD_TOGGLE_EVERY_ROPE, 0, "Ctrl+Shift+R", "RoPE in every layer off / on",
     change},
    {CMD_TOGGLE_MASK, 0, "U", "causal mask off / on", change},
    {CMD_HIDE_TOKEN, 0, "Shift+U",
     "hide the current token behind [MASK] / show it (BERT)", change},
    {CMD_RESTORE, 0, "Z", "switch everything back on", change},
    {CMD_HOTTER, 0, ">", "temperature up", change},
    {CMD_COLDER, 0, "<", "temperature down", change},
    {CMD_TOP_K_MORE, 0, "K", "top-k up", change},
    {CMD_TOP_K_LESS, 0, "Shift+K", "top-k down", change},
    {CMD_TOP_P_MORE, 0, "Y", "top-p up", change},
    {CMD_TOP_P_LESS, 0, "Shift+Y", "top-p down", change},
    {CMD_MIN_P_MORE, 0, "J", "min-p up", change},
    {CMD_MIN_P_LESS, 0, "Shift+J", "min-p down", change},
    {CMD_TAKE, 0, "W", "continue the text with the opened token", change},
    {CMD_UNDO, 0, "Ctrl+Z", "undo", change},
    {CMD_REDO, 0, "Ctrl+Shift+Z", "redo", change},
    {CMD_RESET, 0, "R", "back to the start of this beat", change},

    {CMD_BEAT_NEXT, 0, "Space PageDown", "next beat", lesson},
    {CMD_BEAT_PREV, 0, "Shift+Space PageUp", "previous beat", lesson},
    {CMD_GOTO, 0, "G",
     "go to a slide: its number or a part of its title, then Enter", lesson},
    {CMD_OVERVIEW, 0, "O", "all slides at once, to choose one of", lesson},
    {CMD_OPEN_MODEL, 0, "Ctrl+O", "open the model that the lesson is about",
     lesson},
    {CMD_SHOW_NEXT, 0, "Tab", "the slide, both, or the stage", lesson},
    {CMD_SHOW, SHOWN_SLIDE, "F6", "the slide has the window", lesson},
    {CMD_SHOW, SHOWN_BOTH, "F7", "the slide beside the stage", lesson},
    {CMD_SHOW, SHOWN_STAGE, "F8", "the stage has the window", lesson},
    {CMD_PRESENT, 0, "S", "the presenter's window: notes, next beat, clock",
     lesson},
    {CMD_FREEZE, 0, "F9", "freeze what the room sees / let it follow", lesson},
    {CMD_SWAP, 0, "Shift+S", "the two windows change displays", lesson},
    {CMD_PAUSE_CLOCK, 0, "Ctrl+T", "pause the lecture's clock / go on", lesson},
    {CMD_POINTER, 0, "L", "pointer, spotlight, none: the mouse moves it",
     lesson},
    {CMD_PEN, 0, "Shift+L", "pen: a red line, blue dashes, none", lesson},
    {CMD_PEN_CLEAR, 0, "Delete", "clear the strokes of this slide", lesson},
    {CMD_LENS, 0, "Shift+Z",
     "magnifier: the mouse moves it, the wheel says how large", lesson},
    {CMD_NOTES, 0, "N", "the speaker's notes under the slide", lesson},
    {CMD_NOTES_ON, 0, "Shift+PageDown", "next page of the notes", lesson},
    {CMD_NOTES_BACK, 0, "Shift+PageUp", "previous page of the notes", lesson},
    {CMD_NOTES_LARGER, 0, "Ctrl+Shift+PageUp", "larger notes", lesson},
    {CMD_NOTES_SMALLER, 0, "Ctrl+Shift+PageDown", "smaller notes", lesson},
    {CMD_BLACK, 0, "B .", "black screen / back", lesson},
    /* They choose views where no question waits: app_take_key comes first. */
    {CMD_ANSWER, 0, "1 2 3 4 5 6", "answer the question that waits", lesson},
    {CMD_VOTE, 0, "Shift+1 Shift+2 Shift+3 Shift+4 Shift+5 Shift+6",
     "count one more hand for that answer", lesson},
    {CMD_COUNT_HANDS, 0, "Ctrl+N", "type how many hands each answer has",
     lesson},
    {CMD_OTHER_VOTE, 0, "Shift+Enter", "count the second vote / the first",
     lesson},
    {CMD_HINT, 0, "Ctrl+H", "show the question's next hint", lesson},

    {CMD_INSPECTOR, 0, "I", "show / hide the arithmetic", program},
    {CMD_SOURCE, 0, "Shift+C",
     "show / hide the C that computed the opened number", program},
    {CMD_EXPORT, 0, "E", "save the view as PNG", program},
    {CMD_COPY_STATE, 0, "Ctrl+C", "copy where you are", program},
    {CMD_PASTE, 0, "Ctrl+V", "paste a prompt or a place", program},
    {CMD_FULLSCREEN, 0, "F F11 F5", "fullscreen", program},
    {CMD_PALETTE, 0, ": Ctrl+K", "find anything by its name", program},
    {CMD_START, 0, "Ctrl+Home", "start page: lessons, models, recent files",
     program},
    {CMD_HELP, 0, "? F1", "this help", program},
    {CMD_LEAVE, 0, "Esc", "leave what is going on; fullscreen last", program},
    {CMD_QUIT, 0, "Ctrl+Q", "quit", program},
    {CMD_NONE, 0, NULL, NULL, NULL},
};

const KeyRow *keys_table(void) {
    return table;
}

const KeyRow *keys_find(const char *key_name) {
    size_t len = strlen(key_name);
    for (const KeyRow *row = table; row->keys && len; row++) {
        for (const char *p = row->keys; *p;) {
            size_t n = strcspn(p, " ");
            if (n == len && memcmp(p, key_name, n) == 0) return row;
            p += n + (p[n] == ' ');
        }
    }
    return NULL;
}

int keys_arg(const KeyRow *row) {
    return row->command == CMD_VIEW ? view_on_key(row->keys) : row->arg;
}

/* ---- what not every model has -------------------------------------------- */

static bool writes(const Arch *a) {
    return arch_ahead(a) > 0;
}

static bool fills_in(const Arch *a) {
    return arch_ahead(a) == 0;
}

static bool rotates(const Arch *a) {
    return a->rotates;
}

static bool is_masked(const Arch *a) {
    return a->causal;
}

static const struct {
    Command command;
    bool (*applies)(const Arch *a);
    const char *else_help; /* what it does where not; NULL: nothing */
} limits[] = {
    {CMD_TOKEN_NEXT, writes, "next token (Training: next step)"},
    {CMD_OP_NEXT, writes, "next operation (All heads: open the head)"},
    {CMD_TAKE, arch_predicts, NULL},
    {CMD_TAKE, writes, "write the opened token in its place"},
    {CMD_HOTTER, writes, NULL},
    {CMD_COLDER, writes, NULL},
    {CMD_TOP_K_MORE, writes, NULL},
    {CMD_TOP_K_LESS, writes, NULL},
    {CMD_TOP_P_MORE, writes, NULL},
    {CMD_TOP_P_LESS, writes, NULL},
    {CMD_MIN_P_MORE, writes, NULL},
    {CMD_MIN_P_LESS, writes, NULL},
    {CMD_HIDE_TOKEN, fills_in, NULL},
    {CMD_TOGGLE_MASK, is_masked, NULL},
    {CMD_TOGGLE_ROPE, rotates, NULL},
    {CMD_TOGGLE_EVERY_ROPE, rotates, NULL},
};

const char *keys_help(const KeyRow *row, const Arch *a) {
    const View *v = row->command == CMD_VIEW ? view_at(keys_arg(row)) : NULL;
    if (v) return a ? view_title(v, a) : v->title;
    for (size_t i = 0; a && i < sizeof limits / sizeof *limits; i++)
        if (limits[i].command == row->command && !limits[i].applies(a))
            return limits[i].else_help;
    return row->help; /* that of a view is NULL */
}

const KeyRow *keys_row(Command c) {
    for (const KeyRow *row = table; row->keys; row++)
        if (row->command == c) return row;
    return NULL;
}
