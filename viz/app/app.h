/* App: the whole viewer but for its surfaces.
 *
 * It holds the state, the sequence and the lesson, drives the worker, and takes
 * text, files and time as arguments.  Any number of screens (viz/screen/) show
 * it and hand it keys and clicks; it knows none of them.
 *
 *     App *app = app_open(&(AppOptions){.model_path = "m.bin"}, &err);
 *     app_set_state(app, "layer=2 head=1", &err);
 *     app_settle(app, -1);
 *     app_look(app, &scene);
 *     ...
 *     app_look_away(app);
 *     app_close(app);
 *
 * Does NOT draw, include SDL, read clocks or sleep (but for app_settle).
 */
#ifndef VIZ_APP_APP_H
#define VIZ_APP_APP_H

#include "viz/app/marks.h"
#include "viz/app/pace.h"
#include "viz/app/scene.h"

typedef struct AppOptions {
    const char *model_path;     /* NULL: the embedded model */
    const char *tokenizer_path; /* NULL: found beside the model */
    /* Both opened already (viz/app/loading.h): the app's from now on, whether
     * it opens or not.  NULL: it opens them itself. */
    Model *model;
    Tokenizer *tokenizer;
    const char *deck_path; /* NULL: an embedded lesson, if no_deck is
                                   not set */
    const char *lesson;    /* which, by name; NULL: one about the model */
    bool no_deck;
    const char *beside; /* without a deck: a file that the model of a state may
                           lie beside; or NULL */
    int slide, beat;    /* where it begins; beyond its end: at the end */
    bool special;       /* control tokens may be written in the prompt */
    const char *prompt; /* NULL: from the state, the lesson or a default */
    const char *state;  /* a state string applied on top, or NULL */
    bool start;         /* the start page lies over it */
    History *history;   /* what is done goes there, and is shown on the start
                           page; NULL: nothing is */
    const char *theme;  /* "light", "dark" or NULL */
    float scale;        /* 0: 1 */
    Pace pace;          /* of an app that this one takes the place of */
    int minutes;        /* that the lecture is planned for; 0: as its slides
                           state */
    bool no_animation;  /* changes show at once; plays no faster than 3 tokens
                           a second */
    int n_threads;      /* 0: all cores */
    bool no_threads;    /* the caller's alone: app_step does the work */
    uint64_t trace_budget;
    const char *export_dir; /* where E saves; NULL: "." */
    void (*wake)(void *ud); /* the engine has news: draw again soon */
    void *wake_ud;
} AppOptions;

typedef struct App App;

App *app_open(const AppOptions *opt, Err *err);
void app_close(App *app); /* NULL is fine */

/* ---- input --------------------------------------------------------------
 * Each returns nothing: what changed shows in app_changes and app_state. */

/* Typed text, UTF-8; used while the prompt is edited. */
void app_text(App *app, const char *utf8);
/* What an input method is composing, which the next app_text takes the place
 * of: shown at the caret, no part of the prompt; "": nothing any more.  at: the
 * character of it where it writes, from 0.  Keys are the input method's
 * meanwhile. */
void app_compose(App *app, const char *utf8, int at);
/* Pasted text: into the prompt when it is edited, as a state when it parses or
 * begins (view=) as one, as a new prompt otherwise. */
void app_paste(App *app, const char *utf8);
/* A dropped file: an exported PNG restores its state; a .md opens as lesson. */
void app_drop(App *app, const char *path);
/* A key by name while something else than commands takes keys: the prompt, a
 * slide's number, the help, a question's digits.  False: it is a command's. */
bool app_take_key(App *app, const char *key_name);
/* Time, in ms of any steady clock.  Returns ms until it wants to be called
 * again, -1: only after input or wake. */
int app_tick(App *app, uint64_t now_ms);

/* The time of day, "10:19", for whoever presents; "": nobody has a presenter's
 * window. */
void app_set_clock(App *app, const char *text);
/* Other number: another second of the lecture or another time of day. */
uint64_t app_seconds(const App *app);
Pace app_pace(const App *app);
/* Pauses the lecture's clock, or lets it go on. */
void app_pause_clock(App *app);

/* The engine woke the window: there are new positions, or an error. */
void app_news(App *app);

/* With no_threads: the engine works on the caller's thread for about budget_ms,
 * one step at least, and wakes as it would from its own.  True: there is more
 * to do.  With threads there never is.  Not between app_look and
 * app_look_away. */
bool app_step(App *app, int budget_ms);

/* Puts a state string into effect, on top of what is; one that names a beat on
 * top of that, and one with a view and a prompt is a whole place.  False, and
 * nothing changed, when it names what this model or program does not have. */
bool app_set_state(App *app, const char *text, Err *err);

/* ---- output ------------------------------------------------------------ */

/* Takes over what the engine has computed, fills *out and keeps the trace as it
 * is until app_look_away.  In between only what is const may be called, and
 * app_change and app_say. */
void app_look(App *app, Scene *out);
void app_look_away(App *app);
/* As app_look, for a surface that asks for no numbers: those that others asked
 * for stay wanted. */
void app_look_on(App *app, Scene *out);
/* As app_look_on, for a picture that may be the next and is shown nowhere yet:
 * what it asks for is made once nothing else is.  It ends with app_end_ahead,
 * which says whether nothing was missing. */
void app_look_ahead(App *app, Scene *out);
bool app_end_ahead(App *app);
bool app_is_ahead(App *app); /* what was missing is there, or is not made */
/* Nothing is being computed, and all is there that the last frame asked for. */
bool app_is_whole(App *app);
/* Values go from old to new, as the state's `motion` has it. */
bool app_moves(const App *app);
/* Scene.changes at this moment. */
uint64_t app_changes(const App *app);
/* Scene.turn at this moment. */
uint64_t app_turn(const App *app);
/* Scene.opened at this moment. */
uint64_t app_opened(const App *app);
/* Scene.placed at this moment. */
uint64_t app_placed(const App *app);
/* Waits for the engine to reach what the state asks for and lets frames wait
 * as long from then on for their numbers; false on timeout. */
bool app_settle(App *app, int timeout_ms);
/* Waits until all that keys may lead to is there, too, that app_tick has the
 * engine compute while it rests: for tests and measuring. */
void app_settle_ahead(App *app);
/* Waits for the numbers that the last frame did not find, until the time is
 * over that the last change, app_settle or app_ask_again gave to all its frames
 * together.  True: they are there now; false: none were missing, or the time
 * is over.  Not between app_look and app_look_away. */
bool app_await(App *app);
/* Somebody asks without a change: for a moment frames wait for numbers. */
void app_ask_again(App *app);
/* The same however long it takes. */
bool app_await_all(App *app);

const State *app_state(const App *app); /* layer and head in range */
/* How a state's prompt is encoded: TOKENIZER_BOS, and as `special` says. */
int app_encode_flags(const State *s);
/* Whether its model predicts next tokens, so that texts go on. */
bool app_writes(const App *app);
bool app_must_write(App *app); /* the same; says why not */
/* The state string that brings one back here: what Ctrl+C copies.  Of panels it
 * says what the screen last did to them (app_set_panel). */
size_t app_state_text(const App *app, char *out, size_t size);

/* What the app wants of the window; cleared by the call. */
typedef enum AppRequest {
    APP_NOTHING,
    APP_QUIT,
    APP_FULLSCREEN,
    APP_OPEN_MODEL, /* app_other_model */
    APP_OPEN_FILE,  /* a model: app_wanted */
    APP_NO_FULLSCREEN,
    APP_PRESENT, /* opens the presenter's window, or closes it */
    APP_FREEZE,  /* what the room sees stays, or goes on */
    APP_SWAP,    /* the windows change displays */
    APP_COPY,
    APP_PASTE
} AppRequest;
AppRequest app_take_request(App *app);
/* The text for APP_COPY. */
const char *app_clipboard(const App *app);
/* The line shown at the bottom: errors, "saved x.png"; "" when none. */
const char *app_message(const App *app);
AppMode app_mode(const App *app);
bool app_is_writing(const App *app); /* text goes to app_text */
bool app_is_black(const App *app);
const char *app_export_dir(const App *app);

const char *app_name(const App *app);   /* of the model */
const Model *app_model(const App *app); /* the state's */
/* Refuses `out`, where something is to be saved, when a model that a state
 * named is read from it. */
bool app_spare(const App *app, const char *out, Err *err);
const Tokenizer *app_tokenizer(const App *app);
const Deck *app_deck(const App *app); /* NULL: none */
/* The embedded lesson that was asked for by this name; "": another deck. */
const char *app_lesson(const App *app);
/* The deck is read from deck_path, and read again when that changes. */
bool app_deck_is_file(const App *app);
/* For -m: the model that the deck is about, when that is not the open one;
 * "": none is known. */
const char *app_other_model(const App *app);
/* For APP_OPEN_FILE. */
const char *app_wanted(const App *app);
const Trace *app_trace(App *app); /* for tests, after app_settle */

/* ---- what commands do ----------------------------------------------------
 * viz/screen/commands.c is made of these. */

/* The state, to be changed; app_update puts the change into effect: what is out
 * of range is fitted, the sequence and the engine's goal follow. */
State *app_change(App *app);
/* One more part changed, before app_update; false, and said: there are as many
 * as can be. */
bool app_put_edit(App *app, Edit part);
void app_update(App *app);
/* A change that only the picture shows. */
void app_touch(App *app);
/* What was opened is another thing from now on: scrolls begin anew. */
void app_new_place(App *app);
/* The same, and no cell is open. */
void app_close_cell(App *app);
/* A zoomed map shows the current token again, wherever it was moved to. */
void app_follow(App *app);
void app_set_word(char field[STATE_WORD_MAX], const char *word);
/* Keeps the lines of a head, and of the current one, beside others', or lets
 * them go; false: there is no room for one more. */
bool app_keep_head(App *app, int head);
/* The next larger (dir +1) or smaller least weight of a line. */
void app_step_least(App *app, int dir);
/* A sampling setting, brought into range and rounded to a readable step. */
void app_set_number(App *app, StateKey key, float v);
/* The size of a letter of `shape` that is nearest and that a model can have. */
void app_set_size(App *app, ShapeDim d, double size);
/* A beat of the lesson that comes keeps this word or scale of the state. */
void app_prefer(App *app, StateKey key);
/* A screen shows or hides a panel of its own, which is no news to the others:
 * STATE_INSPECTOR, _SOURCE or _NOTES becomes this word. */
void app_set_panel(App *app, StateKey key, const char *word);
/* A number has been opened by hand: the arithmetic shows as it would without
 * the lesson, which may have folded it. */
void app_unfold(App *app);
/* "auto", "on" or "off". */
const char *app_panel(const App *app, StateKey key);
/* What a screen's panel shows first: STATE_TERMS, _PAGE, _COLUMN or _NOTE. */
int app_scroll(const App *app, StateKey key);
void app_set_scroll(App *app, StateKey key, int first);

const View *app_view(const App *app);
void app_show_view(App *app, const View *v); /* NULL: nothing */
/* The tokens that stand: the prompt's, then those drawn or forced. */
int app_n_tokens(const App *app);
int app_pos(const App *app); /* the current one among them */
void app_step_token(App *app, int dir);
/* The model reads the mask in the place of the current token, which the text
 * keeps; or that again.  Says so where it has no mask, or the text itself has
 * it there. */
void app_hide_token(App *app);
/* Puts token id after the current one and drops what followed. */
void app_force(App *app, int id);
void app_play(App *app); /* or pause */
/* A key that is not about playing: what began to play by itself ends. */
void app_end_play(App *app);
void app_change_speed(App *app, int dir);

void app_step_beat(App *app, int dir);
/* Who has the window: what the state says, else both where the slide has had a
 * stage by this beat. */
Shown app_shown(const App *app);
/* The state says so, until the next beat. */
void app_show(App *app, Shown shown);
/* What follows is about question `number` of the slide, from 0, while it is
 * there: nothing otherwise.  Chooses an option from 0; again: another. */
void app_answer(App *app, int number, int option);
/* Counts so many more hands for an option, in the vote that is counted. */
void app_vote(App *app, int number, int option, int more);
void app_guess(App *app, int number, double value);
/* The state is as this one says of its keys; positions are counted from 0. */
bool app_is_at(const App *app, const State *goal);
/* Of the question that waits: begins the other vote; the next keys are numbers
 * of hands, option by option; shows its next hint (number -1: that waits). */
void app_other_vote(App *app);
void app_begin_counting(App *app);
void app_hint(App *app, int number);
void app_go_to_slide(App *app, int slide); /* from 0; it exists */
/* The next text is a slide's number or a part of its title, then Enter. */
void app_begin_going(App *app);
/* Asks the window for the model that the deck is about. */
void app_open_other_model(App *app);
/* Back to the start of the beat, or to the first state. */
void app_reset(App *app);

/* What lies over the lesson: the start page, or what comes after the end. */
void app_open_page(App *app, AppPage page);
void app_close_page(App *app);
AppPage app_page(const App *app);
/* Of what lies there, from 0; past the last: the last. */
void app_choose_entry(App *app, int entry);
/* The start page orders lessons the other way. */
void app_order_lessons(App *app);
/* To this place of a lesson inside, of a deck's file, of the open deck; beyond
 * its end: to the last.  Where one is there already all stays as it is. */
void app_begin_lesson(App *app, const char *name, int slide, int beat);
void app_begin_file(App *app, const char *path, int slide, int beat);
void app_begin_slide(App *app, int slide, int beat);
/* A model inside, by what a state calls it, in a view. */
void app_show_model(App *app, const char *name, const char *view);
/* Asks the window for a model's file. */
void app_open_file(App *app, const char *path);

/* What a lecturer shows with, and a number that is another one when that looks
 * different. */
const Marks *app_marks(const App *app);
uint64_t app_marked(const App *app);
/* Dot, spotlight, off; one pen, the other, none; a magnifier, none. */
void app_next_pointer(App *app);
void app_next_pen(App *app);
void app_toggle_lens(App *app);
/* The mouse is at these shares of what the room sees; true: it draws. */
bool app_point(App *app, float x, float y);
/* By key, by shares; false: neither pointer nor magnifier is there. */
bool app_point_by(App *app, float x, float y);
bool app_zoom_lens(App *app, int steps); /* false: there is none */
/* Nothing lies over the lesson, so that strokes are seen. */
bool app_shows_ink(const App *app);
/* True: a pen is held, and its stroke begins, ends; its last is taken back.
 * Where ink would not be seen none begins. */
bool app_press_pen(App *app);
bool app_release_pen(App *app);
bool app_undo_pen(App *app, int dir);
void app_clear_pen(App *app); /* this slide */
/* Pointer, pen and magnifier are put away; strokes stay.  False: none was
 * there. */
bool app_leave_marks(App *app);

void app_begin_editing(App *app); /* the prompt */
/* The caret of the prompt that is edited, to this byte of Scene.draft; not
 * while an input method composes. */
void app_set_caret(App *app, size_t at);
size_t app_caret(const App *app);
void app_help(App *app, bool show);
void app_toggle_black(App *app);
/* Ends whatever is going on: modes, playing, the message, what is open; with
 * nothing of it, fullscreen. */
void app_leave(App *app);
/* Before input that may change the state: what was is kept for app_undo and
 * app_go_back. */
void app_remember(App *app);
/* To the state before the last input that changed it; dir +1: on again. */
void app_undo(App *app, int dir);
/* To the place before the last input that left it: its view, operation, token,
 * layer, head and opened number; dir +1: on again. */
void app_go_back(App *app, int dir);
/* The palette: the next text names what is to be done. */
void app_begin_choosing(App *app);
void app_choose(App *app, int line); /* from 0; past the last: the last */
void app_end_choosing(App *app);
/* What is typed becomes this: a word that is to be completed. */
void app_choose_again(App *app, const char *text);
/* Opens Scene.offers' i-th lesson, deck or model. */
void app_take_offer(App *app, int i);
/* All slides over everything; the next text is a slide's number or a part of
 * its title. */
void app_begin_overview(App *app);
void app_end_overview(App *app);
void app_choose_slide(App *app, int slide); /* of them; from 0 */
/* Pictures of any slide at a beat, from their files, until the next call.  Not
 * while anything is drawn. */
const Pictures *app_pictures_of(App *app, int slide, int beat);
/* The next text is looked for among the vocabulary. */
void app_begin_finding(App *app);
void app_copy(App *app); /* playing stops here */
void app_request(App *app, AppRequest request);
/* Shows a line at the bottom for a while. */
void app_say(App *app, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
