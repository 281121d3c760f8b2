/* The App's parts, shared by app*.c.  Not for anyone else.
 *
 * Who does what:
 *   app.c           opening, messages, time, what can be seen of it
 *   app_sequence.c  the sequence of tokens, goals for the worker
 *   app_model.c     which model is run, and what is as long as its context
 *   app_state.c     state strings; the one place where a state is checked and
 *                   fitted to what there is
 *   app_lesson.c    beats
 *   app_going.c     a slide by its number or title, typed after G
 *   app_ask.c       its questions: answers, votes, guesses, tasks, hints
 *   app_deck.c      the deck: opened, about which model, read again
 *   app_prompt.c    editing the prompt, clipboard, dropped files
 *   app_undo.c      what was before, and back
 *   app_places.c    places, back and forward among them
 *   app_find.c      looking for a token
 *   app_choose.c    the palette: what is typed
 *   app_start.c     the start page, a lesson's end, what is remembered
 *   app_overview.c  all slides: which is chosen
 */
#ifndef VIZ_APP_APP_PRIVATE_H
#define VIZ_APP_APP_PRIVATE_H

#include "viz/app/app.h"
#include "viz/app/claim_eval.h"
#include "viz/app/lessons.h"
#include "viz/app/offers.h"
#include "viz/app/pictures.h"
#include "viz/app/shelf.h"
#include "viz/app/truth.h"

/* How long after a key its frame waits for the engine, in all: another run, so
 * that a change of a small model is seen everywhere at once, ... */
#define APP_SAME_FRAME_MS 12
/* ... or a step in the one that is there, which is on screen at the key:
 * asking and drawing take longer than that again, and 8 ms are what a step may
 * take.  What is not there by then comes with a later frame. */
#define APP_STEP_MS 3

#define APP_PATH_MAX 4096

/* What a file was when it was looked at. */
typedef struct DeckStamp {
    uint64_t inode;
    int64_t size, changed_s, changed_ns;
} DeckStamp;
#define APP_COMPOSED_MAX 1024 /* bytes that an input method composes */
#define APP_DRAFT_MAX    (TOKENIZER_PROMPT_MAX + APP_COMPOSED_MAX)
#define APP_HISTORY_MAX  100 /* states that can be undone */
#define APP_NEEDLE_MAX   64  /* bytes looked for */
#define APP_PLACES_MAX   100 /* to go back to */
#define APP_KEPT_MAX     64  /* slides whose answers are kept */
#define APP_AMOUNT_BYTES 16  /* of a number that is typed */

/* What was answered on a slide that was left. */
typedef struct AppAnswers {
    int slide;
    StateAnswers answer, hints;
    StateVotes votes;
} AppAnswers;

/* Where one is: what is shown, and the number opened there. */
typedef struct AppPlace {
    char view[STATE_WORD_MAX], op[STATE_WORD_MAX], opened[STATE_WORD_MAX];
    char part[STATE_WORD_MAX], number[STATE_WORD_MAX];
    int token, layer, head, key, elem;
} AppPlace;

struct App {
    Shelf shelf;           /* of models; the first is the one that was opened */
    const ShelfItem *item; /* the state's, */
    char model_name[STATE_PATH_MAX];  /* which calls it so */
    bool names_stale;                 /* it may mean another by now */
    const ShelfItem *other_item;      /* what that is compared with, */
    char unlike[STATE_PATH_MAX + 96]; /* or why it is not; "" */
    char beside[APP_PATH_MAX];        /* see AppOptions */
    const Model *model;               /* the item's */
    const Tokenizer *tokenizer;
    WorkerOptions worker_options;
    TruthTeller truth;
    Worker *worker;
    Checkpoints *checkpoints; /* NULL: none, or no view has shown them */
    bool checkpoints_sought;
    uint64_t ahead_seen; /* `changes`, the last time that steps were opened */
    uint64_t ahead_ms;   /* ahead, and when to go on with that */
    Live *live;          /* likewise */
    bool live_sought;
    Deck *deck;
    char lesson[LESSONS_NAME_MAX];   /* asked for by name; "": none */
    bool deck_is_file;               /* deck_path is one; else embedded */
    DeckStamp deck_stamp, deck_seen; /* as it was read; at the last look */
    uint64_t deck_look_ms;           /* when to look next */
    Pictures pictures;               /* of the slide that was looked at last: */
    int pictures_slide;              /* -1: none */
    int pictures_beat;
    Pictures others_pictures;       /* of one that only the overview shows */
    uint64_t deck_read;             /* decks, and texts of them, so far */
    char deck_error[sizeof(Err)];   /* of its newest text; "": none */
    char other_model[APP_PATH_MAX]; /* for -m, which an astray deck is
                                         about; "": not found */
    char export_dir[1024];

    State base;  /* what the lesson's stages are applied to */
    State state; /* where we are */
    int slide, beat;
    uint64_t beat_text; /* a sum of this beat's own text; 0: it has none */

    /* The sequence: prompt tokens, then tokens drawn or forced. */
    Encoding encoding;
    int *ids;       /* [seq_len] */
    int *other_ids; /* [seq_len] of the run it is compared with */
    int n_ids, n_prompt;
    int seq_len;
    int goal_length; /* of the newest goal */
    State goal;      /* what the newest goal was made of */
    State against;   /* what that is compared with, if goal compares */
    Encoding other;  /* its prompt, where that is another */
    bool goal_set;

    /* Shown text of the published tokens; remade where the id changed. */
    char (*labels)[STAGE_LABEL_MAX]; /* [2 * seq_len]: those of the text, then
                                        those that are computed with */
    int *label_ids;                  /* [seq_len] */
    int n_labels;

    AppMode mode;
    char *draft; /* the prompt being edited, [APP_DRAFT_MAX + 1] */
    size_t draft_len, caret;
    /* What an input method is composing: it stands in the draft from the caret
     * on and is no part of the prompt yet.  While a token is looked for only
     * its length is kept. */
    size_t composed, composed_at; /* its bytes; its own caret among them */
    bool draft_all; /* all of it is marked: what is typed replaces it */
    State before_edit;
    int counted;                   /* option whose votes are typed */
    char amount[APP_AMOUNT_BYTES]; /* typed of it, or of a guess */
    AppAnswers kept[APP_KEPT_MAX]; /* [n_kept], the oldest first */
    int n_kept;
    ClaimEval *claims; /* of tasks; NULL until there is one */
    uint64_t watched;  /* `changes` when the task's claim was last looked at */
    const DeckAsk *watched_ask;
    float says[STATE_ASKS_MAX][STATE_OPTIONS_MAX]; /* as Scene has it */
    uint64_t said;               /* `changes` when they were read */
    char needle[APP_NEEDLE_MAX]; /* what is looked for */
    int chosen;                  /* line of the palette; slide of all */
    Offers offers;               /* as the palette was opened */

    /* What was, oldest first; history[now] is where we are. */
    State history[APP_HISTORY_MAX];
    int n_history, now;

    /* Where one was, oldest first; places[place] is where we are. */
    AppPlace places[APP_PLACES_MAX];
    int n_places, place;

    Pace pace;
    int minutes;
    char clock[APP_CLOCK_BYTES];

    AppPage page; /* as black, no part of the state; nor are */
    int entry;
    bool by_subject;
    Catalogue *catalogue;          /* NULL: no page was opened yet */
    History *past;                 /* borrowed; NULL: nothing is remembered */
    uint64_t save_ms;              /* when it may be saved next */
    char deck_full[APP_PATH_MAX];  /* the deck's file; "": none */
    char model_full[APP_PATH_MAX]; /* the model's, still to be remembered */
    char wanted[APP_PATH_MAX];     /* a model that is asked for */

    Marks marks;
    uint64_t marked; /* how often they have changed */

    bool black;
    bool playing;
    bool plays_ops;       /* of the view; else tokens, */
    bool trains;          /* or steps of training */
    bool plays_until_key; /* it began by itself: any key ends it */
    bool steps;           /* no threads: app_step does the work */
    bool calm;            /* plays no faster than CALM_MS a token */
    float speed;
    uint64_t now_ms, play_next_ms, message_until_ms;
    char message[512];
    bool message_bad;
    AppRequest request;
    char *clipboard;                        /* [STATE_TEXT_MAX] */
    uint64_t changes, opened, placed, turn; /* see scene.h */
    struct {
        char inspector[STATE_WORD_MAX], source[STATE_WORD_MAX];
        char notes[STATE_WORD_MAX];
    } panels;            /* of the state, as `placed` counts them */
    double awaits_until; /* clock_seconds: frames wait for their numbers;
                            INFINITY: as long as it takes */
    bool is_new_goal;    /* the newest change was one */
};

/* ---- app_model.c --------------------------------------------------------- */

/* Opens the worker for a model and makes room for texts of its context.  On
 * failure all is as it was. */
bool app_open_engine(App *app, const ShelfItem *item, Err *err);
/* The model that a state calls so, opened if it is not yet. */
const ShelfItem *app_item_for(App *app, const char *name, Err *err);
/* Says what may make it another than was meant: model_doubt. */
void app_say_doubt(App *app, const Model *m);
/* The state's model is the one that goals are for from now on.  On failure the
 * state names the one before again. */
bool app_take_model(App *app, Err *err);
/* Names of models may mean others: another lesson is open. */
void app_forget_names(App *app);

/* ---- app_sequence.c ------------------------------------------------------ */

/* The state changed: brings sequence and goal in line with it.  On error the
 * text is the last one that fitted. */
bool app_try(App *app, Err *err);
/* Makes *next the state, or leaves all as it was; what is not the state then
 * is left in *next. */
bool app_adopt(App *app, State *next, Err *err);
/* Takes over tokens that the worker has drawn since.  In a frame. */
void app_sync(App *app);
/* Takes a whole new prompt. */
bool app_try_prompt(App *app, const char *text, size_t n, Err *err);
void app_take_prompt(App *app, const char *text, size_t n);

/* ---- app_state.c --------------------------------------------------------- */

/* Brings the state into the range of what there is, and says what was not. */
void app_fit(App *app);
/* What the state says of panels and covers is put into effect, if it is new. */
void app_place_panels(App *app);
void app_place_cover(App *app);

/* ---- app_lesson.c -------------------------------------------------------- */

/* Who has the window in a state of this app. */
Shown app_shown_in(const App *app, const State *s);
/* The state at a beat of the lesson that is open. */
bool app_beat_state(const App *app, int slide, int beat, State *out, Err *err);
/* To it, its stage put into effect; beyond the end: to the last. */
bool app_try_beat(App *app, int slide, int beat, Err *err);
void app_go(App *app, int slide, int beat);
/* The same without its stage. */
void app_enter_beat(App *app, int slide, int beat);
/* Whether the text is the one that this beat is about: not somebody's own where
 * the lesson names one. */
bool app_is_beats_text(const App *app);
/* The same of another beat of this slide; not where the deck names none. */
bool app_is_text_of(const App *app, int beat);

/* ---- app_ask.c ----------------------------------------------------------- */

/* The question of this very beat that waits: the first that has no answer, else
 * the last; NULL: it asks none. */
const DeckAsk *app_question(const App *app);
/* A key that the question takes; false: none of its. */
bool app_ask_key(App *app, const char *key);
/* A key while a number is typed, of votes or as a guess. */
void app_amount_key(App *app, const char *key);
/* Answers, and a pen's strokes, are those of a slide: kept when it is left,
 * there when it is shown again, and nobody's in another lesson. */
void app_keep_answers(App *app);
/* What a state says of a slide's questions is such as they can have; true where
 * no deck is open. */
bool app_check_answers(const App *app, int slide, const State *given, Err *err);
void app_take_answers(App *app);
/* What was given to a question that the slide no longer has, or not so, goes:
 * its text is another one. */
void app_fit_answers(App *app);
void app_forget_answers(App *app);
/* Both follow their slides to their new numbers: see marks_renumber. */
void app_renumber_answers(App *app, const int *to, int n);
/* Ticks the task of this beat if it is done.  In a frame. */
void app_watch_task(App *app);
/* What the model says to the answers of the questions that were answered. In a
 * frame. */
void app_read_says(App *app);

/* ---- app_deck.c ---------------------------------------------------------- */

/* A file that models and decks may lie beside; "": none. */
const char *app_beside(const App *app);
/* At the first beat of a deck that was opened in place of another. */
void app_begin_deck(App *app);
/* Opens a deck in place of the one before, without going to a beat.  On failure
 * that one stays. */
bool app_open_deck(App *app, const char *path, Err *err);
/* The embedded lesson of that name; NULL: one about the model, and without one
 * no deck is open. */
bool app_open_lesson(App *app, const char *name, Err *err);
/* The deck is about other models only: then its stages are not run. */
bool app_is_astray(const App *app);
/* Reads the deck's file again when it has changed.  Returns ms until it wants
 * to be called again, -1: never. */
int app_look_at_deck(App *app);
/* Reads the pictures of the slide that is shown, unless they are there. */
void app_load_pictures(App *app);

/* ---- app_prompt.c -------------------------------------------------------- */

void app_edit_key(App *app, const char *key);

/* ---- app_undo.c ---------------------------------------------------------- */

/* Another lesson: what was cannot be shown any more. */
void app_forget(App *app);
/* To a state that was, and to its beat. */
void app_take_back(App *app, const State *was);

/* ---- app_places.c -------------------------------------------------------- */

void app_remember_place(App *app);

/* ---- app.c --------------------------------------------------------------- */

/* The state shows the model that is trained while one looks on. */
bool app_is_live(const App *app);
/* What the state says of play begins; the state says it no longer. */
void app_take_play(App *app);

/* ---- app_choose.c -------------------------------------------------------- */

void app_choose_key(App *app, const char *key);
void app_choose_text(App *app, const char *text);

/* ---- app_ahead.c --------------------------------------------------------- */

/* Where keys walk over the steps of training the engine reads ahead with them,
 * which are opened one at a time while nothing changes.  Returns ms until it
 * wants to be called again, -1: once something has changed. */
int app_read_ahead(App *app);

/* ---- app_start.c --------------------------------------------------------- */

/* A path from the root; "": there is none that fits. */
void app_know_path(const char *path, char out[APP_PATH_MAX]);
/* What is shown now has been seen.  Returns ms until it wants to be called
 * again, -1: once something is done. */
int app_keep_history(App *app);
/* ---- app_overview.c ------------------------------------------------------ */

/* What is typed of a slide, here and after G, and what erases of it; false: it
 * is as it was.  As long as nothing is typed, what clickers send to make the
 * screen black does so: no title is found by its first letter b. */
bool app_slide_text(App *app, const char *text);
bool app_slide_key(App *app, const char *key);
void app_overview_key(App *app, const char *key);
void app_overview_text(App *app, const char *text);

/* ---- app_going.c --------------------------------------------------------- */

/* False: the key leads on in the lesson, and is a command's. */
bool app_going_key(App *app, const char *key);
void app_going_text(App *app, const char *text);

/* ---- app_find.c ---------------------------------------------------------- */

void app_find_key(App *app, const char *key);
void app_find_text(App *app, const char *text);
/* Shows what an input method is composing after what was typed. */
void app_find_composed(App *app, const char *text);

#endif
