/* The App's parts, shared by app*.c and panels/.  Not for anyone else.
 *
 * Who does what:
 *   app.c        opening, the sequence of tokens, goals for the worker, beats
 *   app_input.c  commands and keys: everything that changes the state
 *   app_edit.c   editing the prompt, clipboard, dropped files
 *   app_mouse.c  what a click, a drag and the wheel mean
 *   app_draw.c   layout, the Stage handed to views, the frame, export
 *   panels/      one file a panel: draws its rectangle, registers its hits
 */
#ifndef VIZ_APP_APP_PRIVATE_H
#define VIZ_APP_APP_PRIVATE_H

#include "viz/app/app.h"

#define APP_MESSAGE_MS 6000 /* a message stays this long */
#define APP_SAME_FRAME_MS                                                      \
    12                  /* a change waits this long for the engine, so
                                 that small models show it at once */
#define APP_PLAY_MS 700 /* per token at speed 1 */
#define APP_CALM_MS 334 /* per token at least, without animation */

typedef enum AppMode {
    APP_STEPPING, /* arrow keys step */
    APP_EDITING,  /* keys go to the prompt */
    APP_HELPING,  /* the help screen covers the stage */
    APP_GOING,    /* digits of a slide number */
} AppMode;

typedef enum PanelWish { PANEL_AUTO, PANEL_SHOW, PANEL_HIDE } PanelWish;

struct App {
    Model *model;
    Tokenizer *tokenizer;
    Worker *worker;
    Deck *deck;
    char export_dir[1024];

    State base;  /* what the lesson's stages are applied to */
    State state; /* where we are */
    int slide, beat;
    int answer; /* option chosen for the question on screen, -1 none */

    /* The sequence: prompt tokens, then tokens drawn or forced. */
    Encoding encoding;
    int *ids; /* [seq_len] */
    int n_ids, n_prompt;
    int seq_len;
    int goal_length; /* of the newest goal */
    State goal;      /* what the newest goal was made of */
    bool goal_set;

    /* Shown text of the published tokens; remade where the id changed. */
    char (*labels)[STAGE_LABEL_MAX]; /* [seq_len] */
    int *label_ids;                  /* [seq_len], -1: none yet */
    int n_labels;

    Candidate *candidates; /* [V], of the current token */
    Color *cells;          /* [STAGE_TOKENS_MAX^2] */
    Explain explain;
    Hits hits;

    AppMode mode;
    char *draft; /* the prompt being edited, [TOKENIZER_PROMPT_MAX + 1] */
    size_t draft_len, caret;
    bool draft_all; /* all of it is marked: what is typed replaces it */
    State before_edit;
    int going; /* digits typed so far */

    int mouse_x, mouse_y;
    bool dragging; /* a slider is held: */
    Hit drag_hit;
    int inspector_scroll; /* rows */
    int take;             /* token that CMD_TAKE found opened */
    PanelWish slide_wish, inspector_wish;
    bool slide_shown, inspector_shown; /* in the last frame */
    int inspector_x;                   /* its left edge in that frame */
    bool black;
    bool playing;
    bool calm; /* plays no faster than APP_CALM_MS a token */
    float speed;
    uint64_t now_ms, play_next_ms, message_until_ms;
    char message[512];
    bool message_bad;
    AppRequest request;
    char *clipboard;
    bool dirty;
};

/* ---- app.c -------------------------------------------------------------- */

/* The state changed: bring sequence and goal in line with it. */
void app_update(App *app);
/* Takes over tokens that the worker has drawn since.  Trace locked. */
void app_sync(App *app);
/* To a beat of the lesson that is open, its stage put into effect. */
void app_go(App *app, int slide, int beat);
/* The one-line message at the bottom. */
void app_say(App *app, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Takes a whole new prompt. */
void app_take_prompt(App *app, const char *text, size_t n);
/* Puts token id after the current one and drops what followed. */
void app_force(App *app, int id);
const View *app_view(const App *app);
/* Current token: state.token resolved against n positions. */
int app_pos(const App *app, int n_pos);
/* The question on the current beat's slide that is not answered, or NULL. */
const DeckAsk *app_question(const App *app);
/* True while the class guesses: that question was asked on this very beat. */
bool app_is_guessing(const App *app);

/* ---- app_input.c, app_edit.c -------------------------------------------- */

void app_show_view(App *app, const View *v); /* NULL: nothing */
void app_step_token(App *app, int dir);
void app_answer(App *app, int option);
/* A sampling setting, brought into range and rounded to a readable step. */
void app_set_number(App *app, StateKey key, float v);
void app_set_word(char field[STATE_WORD_MAX], const char *word);
void app_edit_begin(App *app);
void app_edit_key(App *app, const char *key);

/* ---- app_draw.c --------------------------------------------------------- */

typedef struct Layout {
    Rect header, slide, strip, stage, inspector, transport;
} Layout;
Layout app_layout(const App *app, const Canvas *c);

/* Fills a Stage for the current state; false while nothing is published. */
bool app_stage(App *app, Canvas *c, Stage *out);

/* ---- panels/ ------------------------------------------------------------ */

/* Each draws its rectangle and registers its hits.  stage is NULL while
 * nothing is published. */
void panel_header(App *app, Canvas *c, Rect r);
void panel_strip(App *app, Canvas *c, Rect r, const Stage *stage);
void panel_prompt(App *app, Canvas *c, Rect r);
void panel_slide(App *app, Canvas *c, Rect r);
void panel_inspector(App *app, Canvas *c, Rect r, const Stage *stage);
void panel_transport(App *app, Canvas *c, Rect r, const Stage *stage);
void panel_help(App *app, Canvas *c, Rect r);

const Theme *app_theme(const App *app);

#endif
