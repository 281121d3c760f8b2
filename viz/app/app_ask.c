/* Questions: what is chosen, counted, guessed and done, and hints. */
#include "viz/app/app_private.h"

#include "engine/base/num.h"
#include "lessons/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which --------------------------------------------------------------- */

static bool is_answered(const App *app, const DeckAsk *ask) {
    const float given = app->state.answer.at[ask->number];
    return ask->kind == ASK_CHOICE ? given >= 1 : given > STATE_NONE;
}

const DeckAsk *app_question(const App *app) {
    if (!app->deck || app_is_astray(app)) return NULL;
    const DeckSlide *s = deck_slide(app->deck, app->slide);
    const DeckAsk *last = NULL;
    for (int i = 0; i < s->n_blocks; i++) {
        if (s->blocks[i].kind != BLOCK_ASK || s->blocks[i].beat != app->beat)
            continue;
        last = s->blocks[i].ask;
        if (!is_answered(app, last)) return last;
    }
    return last;
}

/* One that was asked by now, and is of this kind; *waits: on this beat. */
static const DeckAsk *asked(const App *app, int number, AskKind kind,
                            bool *waits) {
    if (!app->deck || app_is_astray(app)) return NULL;
    const DeckSlide *s = deck_slide(app->deck, app->slide);
    for (int i = 0; i < s->n_blocks; i++) {
        const DeckBlock *b = &s->blocks[i];
        if (b->kind != BLOCK_ASK || b->ask->number != number) continue;
        *waits = b->beat == app->beat;
        return b->ask->kind == kind && b->beat <= app->beat ? b->ask : NULL;
    }
    return NULL;
}

/* ---- states that name some ----------------------------------------------- */

/* A slide's question by its number; NULL: it has none of that. */
static const DeckAsk *ask_of(const DeckSlide *s, int number) {
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK &&
            s->blocks[i].ask->number == number)
            return s->blocks[i].ask;
    return NULL;
}

static bool need_amount(const char *key, int question, double found, double low,
                        double high, Err *err) {
    return err_set(err, ERR_USAGE, 0,
                   "%s: found %.6g for question %d, need %.6g to %.6g", key,
                   found, question + 1, low, high);
}

/* The ends of a range are compared as the guess is kept: 0.7 as a float is less
 * than as a double. */
static bool check_answer(const DeckAsk *ask, int i, float v, Err *err) {
    const bool guess = ask->kind == ASK_GUESS;
    const double low = guess ? ask->low : 0;
    const double high = guess                     ? ask->high
                        : ask->kind == ASK_CHOICE ? ask->n_options
                                                  : 1;
    return (v >= (float)low && v <= (float)high && (guess || v == floorf(v))) ||
           need_amount("answer", i, (double)v, low, high, err);
}

static bool check_hints(const DeckAsk *ask, int i, double v, Err *err) {
    return (v >= 0 && v <= ask->n_hints && v == floor(v)) ||
           need_amount("hints", i, v, 0, ask->n_hints, err);
}

/* How many answers votes were counted for, up to the last of them. */
static int n_voted(const StateVotes *votes, int i) {
    int n = 0;
    for (int k = 0; k < STATE_OPTIONS_MAX; k++)
        if (votes->at[i][0][k] > 0 || votes->at[i][1][k] > 0) n = k + 1;
    return n;
}

static bool check_question(const State *s, const DeckAsk *ask, int i,
                           Err *err) {
    const float answer = s->answer.at[i], hints = s->hints.at[i];
    const int voted = n_voted(&s->votes, i);
    const int options = ask && ask->kind == ASK_CHOICE ? ask->n_options : 0;
    if (!ask)
        return (answer == STATE_NONE && hints == STATE_NONE && voted == 0) ||
               err_set(err, ERR_USAGE, 0,
                       "answer, hints or votes: found question %d, the slide "
                       "has not so many",
                       i + 1);
    if (answer != STATE_NONE && !check_answer(ask, i, answer, err))
        return false;
    if (hints != STATE_NONE && !check_hints(ask, i, hints, err)) return false;
    return voted <= options ||
           err_set(err, ERR_USAGE, 0,
                   "votes: found %d counts for question %d, need at most %d",
                   voted, i + 1, options);
}

bool app_check_answers(const App *app, int slide, const State *given,
                       Err *err) {
    const DeckSlide *s = app->deck ? deck_slide(app->deck, slide) : NULL;
    for (int i = 0; s && i < STATE_ASKS_MAX; i++)
        if (!check_question(given, ask_of(s, i), i, err)) return false;
    return true;
}

void app_fit_answers(App *app) {
    State none, *s = &app->state;
    if (!app->deck || s->slide < 1 || s->slide > deck_n_slides(app->deck))
        return;
    const DeckSlide *slide = deck_slide(app->deck, s->slide - 1);
    state_init(&none);
    for (int i = 0; i < STATE_ASKS_MAX; i++) {
        if (check_question(s, ask_of(slide, i), i, NULL)) continue;
        s->answer.at[i] = none.answer.at[i];
        s->hints.at[i] = none.hints.at[i];
        memcpy(s->votes.at[i], none.votes.at[i], sizeof s->votes.at[i]);
    }
}

/* ---- answers ------------------------------------------------------------- */

void app_answer(App *app, int number, int option) {
    bool waits;
    const DeckAsk *ask = asked(app, number, ASK_CHOICE, &waits);
    if (!ask || !waits || option < 0 || option >= ask->n_options) return;
    app->state.answer.at[number] = (float)(option + 1);
    app_touch(app);
}

void app_guess(App *app, int number, double value) {
    bool waits;
    const DeckAsk *ask = asked(app, number, ASK_GUESS, &waits);
    if (!ask || !waits) return;
    app->state.answer.at[number] =
        (float)fmin(fmax(value, ask->low), ask->high);
    app_touch(app);
}

static const DeckAsk *hinted(const App *app, int number) {
    bool waits = false;
    const DeckAsk *ask = number < 0 ? app_question(app) : NULL;
    for (AskKind k = ASK_CHOICE; !ask && number >= 0 && k <= ASK_DO; k++)
        ask = asked(app, number, k, &waits);
    return ask && (number < 0 || waits) ? ask : NULL;
}

void app_hint(App *app, int number) {
    const DeckAsk *ask = hinted(app, number);
    if (!ask || ask->n_hints == 0) {
        app_say(app, false, "no hint waits here");
        return;
    }
    float *shown = &app->state.hints.at[ask->number];
    if (*shown >= (float)ask->n_hints)
        app_say(app, false, "there are no more hints");
    else
        *shown = *shown > 0 ? *shown + 1 : 1;
    app_touch(app);
}

/* ---- votes --------------------------------------------------------------- */

/* The counts of the vote that is counted. */
static int *votes_of(App *app, int number) {
    if (app->state.vote == 0) app->state.vote = 1;
    return app->state.votes.at[number][app->state.vote - 1];
}

void app_vote(App *app, int number, int option, int more) {
    bool waits;
    const DeckAsk *ask = asked(app, number, ASK_CHOICE, &waits);
    if (!ask || option < 0 || option >= ask->n_options) return;
    int *votes = votes_of(app, number);
    votes[option] = num_clamp(votes[option] + more, 0, STATE_VOTES_MAX);
    app_touch(app);
}

/* The question whose hands are counted, or NULL, which is said. */
static const DeckAsk *counted_question(App *app) {
    const DeckAsk *ask = app_question(app);
    if (ask && ask->kind == ASK_CHOICE) return ask;
    app_say(app, false, "no question with answers to choose from waits");
    return NULL;
}

void app_other_vote(App *app) {
    if (!counted_question(app)) return;
    app->state.vote = app->state.vote == 2 ? 1 : 2;
    app_say(app, false, app->state.vote == 2 ? "second vote" : "first vote");
    app_touch(app);
}

static void say_count(App *app) {
    const DeckAsk *ask = app_question(app);
    app_say(app, false, "%s vote, %d: %s hands; Enter for the next, Esc ends",
            app->state.vote == 2 ? "second" : "first", app->counted + 1,
            app->amount[0] ? app->amount : "how many");
    if (!ask) app->mode = APP_STEPPING;
    app_touch(app);
}

/* Typing begins with an answer, or ends behind the last. */
static void count_option(App *app, int option) {
    const DeckAsk *ask = app_question(app);
    app->amount[0] = '\0';
    app->message[0] = '\0';
    app->mode = APP_STEPPING;
    app_touch(app);
    if (!ask || option < 0 || option >= ask->n_options) return;
    app->mode = APP_COUNTING;
    app->counted = option;
    say_count(app);
}

void app_begin_counting(App *app) {
    const DeckAsk *ask = counted_question(app);
    if (!ask) return;
    votes_of(app, ask->number); /* it is the first, if none was yet */
    count_option(app, 0);
}

/* ---- numbers that are typed ---------------------------------------------- */

static bool is_digit(const char *key) {
    return key[0] >= '0' && key[0] <= '9' && !key[1];
}

static void append(App *app, const char *key) {
    const size_t n = strlen(app->amount);
    if (n + 1 < sizeof app->amount) {
        app->amount[n] = key[0];
        app->amount[n + 1] = '\0';
    }
}

static void erase(App *app) {
    const size_t n = strlen(app->amount);
    if (n > 0) app->amount[n - 1] = '\0';
}

static void count_key(App *app, const char *key) {
    const DeckAsk *ask = app_question(app);
    const bool back = strcmp(key, "Backspace") == 0;
    if (ask && ask->kind == ASK_CHOICE && (is_digit(key) || back)) {
        if (back)
            erase(app);
        else if (strlen(app->amount) < 4)
            append(app, key);
        votes_of(app, ask->number)[app->counted] =
            (int)strtol(app->amount, NULL, 10);
        say_count(app);
        return;
    }
    const bool on = strcmp(key, "Enter") == 0 || strcmp(key, "Down") == 0;
    count_option(app, on                       ? app->counted + 1
                      : strcmp(key, "Up") == 0 ? num_max(app->counted - 1, 0)
                                               : -1);
}

static void say_guess(App *app, const DeckAsk *ask) {
    app_say(app, false, "your guess, %g to %g%s%s: %s; Enter", ask->low,
            ask->high, *ask->unit ? " " : "", ask->unit, app->amount);
}

static void take_guess(App *app, const DeckAsk *ask) {
    double value;
    if (scan_number(app->amount, strlen(app->amount), &value) &&
        value >= ask->low && value <= ask->high)
        app_guess(app, ask->number, value);
    else
        app_say(app, true, "guess: found \"%s\", need a number from %g to %g",
                app->amount, ask->low, ask->high);
}

/* A key of a number; a minus only where there may be one. */
static bool is_of_guess(const App *app, const DeckAsk *ask, const char *key) {
    const bool sign = strcmp(key, "-") == 0 && !app->amount[0] && ask->low < 0;
    const bool point =
        strcmp(key, ".") == 0 && app->amount[0] && !strchr(app->amount, '.');
    return is_digit(key) || sign || point;
}

static void guess_key(App *app, const char *key) {
    const DeckAsk *ask = app_question(app);
    const bool back = strcmp(key, "Backspace") == 0;
    app_touch(app);
    if (ask && ask->kind == ASK_GUESS && (back || is_of_guess(app, ask, key))) {
        if (back)
            erase(app);
        else
            append(app, key);
        say_guess(app, ask);
        return;
    }
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    if (ask && ask->kind == ASK_GUESS && strcmp(key, "Enter") == 0)
        take_guess(app, ask);
    app->amount[0] = '\0';
}

void app_amount_key(App *app, const char *key) {
    if (app->mode == APP_COUNTING)
        count_key(app, key);
    else
        guess_key(app, key);
}

static bool choice_key(App *app, const DeckAsk *ask, const char *key) {
    const bool counts = strncmp(key, "Shift+", 6) == 0;
    const char *digit = counts ? key + 6 : key;
    const int option = digit[0] - '1';
    if (option < 0 || option >= ask->n_options || digit[1]) return false;
    if (counts)
        app_vote(app, ask->number, option, 1);
    else
        app_answer(app, ask->number, option);
    return true;
}

bool app_ask_key(App *app, const char *key) {
    const DeckAsk *ask = app_question(app);
    if (ask && ask->kind == ASK_CHOICE) return choice_key(app, ask, key);
    if (!ask || ask->kind != ASK_GUESS) return false;
    app->amount[0] = '\0';
    if (!is_of_guess(app, ask, key)) return false;
    app->mode = APP_GUESSING;
    guess_key(app, key);
    return true;
}

/* ---- slides that are left ------------------------------------------------ */

static AppAnswers *kept_of(App *app, int slide) {
    for (int i = 0; i < app->n_kept; i++)
        if (app->kept[i].slide == slide) return &app->kept[i];
    return NULL;
}

void app_keep_answers(App *app) {
    AppAnswers *to = kept_of(app, app->slide);
    if (!to && app->n_kept == APP_KEPT_MAX)
        memmove(app->kept, app->kept + 1,
                (size_t)--app->n_kept * sizeof *app->kept);
    if (!to) to = &app->kept[app->n_kept++];
    *to = (AppAnswers){.slide = app->slide,
                       .answer = app->state.answer,
                       .hints = app->state.hints,
                       .votes = app->state.votes};
}

void app_take_answers(App *app) {
    const AppAnswers *kept = kept_of(app, app->slide);
    if (!kept) return;
    app->state.answer = kept->answer;
    app->state.hints = kept->hints;
    app->state.votes = kept->votes;
}

/* Those of a beat's state: none. */
void app_forget_answers(App *app) {
    State none;
    state_init(&none);
    app->state.answer = none.answer;
    app->state.hints = none.hints;
    app->state.votes = none.votes;
    app->state.vote = none.vote;
    app->n_kept = 0;
    app->watched_ask = NULL;
    marks_forget(&app->marks);
    app->marked++;
}

void app_renumber_answers(App *app, const int *to, int n) {
    int left = 0;
    for (int i = 0; i < app->n_kept; i++) {
        const int slide = app->kept[i].slide;
        app->kept[left] = app->kept[i];
        app->kept[left].slide = slide < n ? to[slide] : -1;
        left += app->kept[left].slide >= 0;
    }
    app->n_kept = left;
    marks_renumber(&app->marks, to, n);
    app->marked++;
}

/* ---- tasks --------------------------------------------------------------- */

bool app_is_at(const App *app, const State *goal) {
    State a = app->state, b = *goal; /* whose memory they borrow */
    const int last = app_n_tokens(app) - 1;
    for (int i = 0; i < 2; i++) {
        State *s = i ? &b : &a;
        if (s->token < 0) s->token = last;
    }
    a.set = b.set = goal->set;
    return state_same(&a, &b, goal->set);
}

/* Of the run that is shown. */
static bool evaluate(App *app, const Claim *claim, ClaimFound *found) {
    Err err = {0};
    if (!app->claims) app->claims = claim_eval_open(0, NULL, &err);
    if (!app->claims) return false;
    const ClaimCase at = {.trace = worker_trace(app->worker),
                          .tokenizer = app->tokenizer,
                          .state = &app->state,
                          .against = worker_against(app->worker),
                          .against_state = &app->against};
    return claim_eval(app->claims, claim, &at, found, &err);
}

/* Once a run, and once all of it is there. */
static bool claim_holds_now(App *app, const DeckAsk *ask) {
    ClaimFound found;
    if (worker_status(app->worker).busy ||
        (app->watched == app->changes && app->watched_ask == ask))
        return false;
    app->watched = app->changes;
    app->watched_ask = ask;
    return evaluate(app, ask->claim, &found) && found.holds;
}

void app_watch_task(App *app) {
    const DeckAsk *ask = app_question(app);
    if (!ask || ask->kind != ASK_DO || is_answered(app, ask)) return;
    if (ask->claim ? !claim_holds_now(app, ask) : !app_is_at(app, ask->goal))
        return;
    app->state.answer.at[ask->number] = 1;
    app_touch(app);
}

/* ---- what the model says ------------------------------------------------- */

/* Its text is whole and no token longer: what comes next is the question. */
static bool is_asked_now(const App *app, const DeckBlock *b) {
    const Trace *t = worker_trace(app->worker);
    return b->kind == BLOCK_ASK && b->ask->kind == ASK_CHOICE &&
           b->beat < app->beat && trace_n_pos(t) == app->n_prompt &&
           trace_n_pos(t) > 0 && app_is_text_of(app, b->beat + 1);
}

static void read_says(App *app, const DeckAsk *ask) {
    for (int i = 0; i < ask->n_options; i++) {
        ClaimFound found;
        if (ask->says[i] && evaluate(app, ask->says[i], &found))
            app->says[ask->number][i] = (float)found.left;
    }
}

void app_read_says(App *app) {
    const bool busy = worker_status(app->worker).busy;
    if (app->said == app->changes && !busy) return;
    for (int i = 0; i < STATE_ASKS_MAX; i++)
        for (int k = 0; k < STATE_OPTIONS_MAX; k++)
            app->says[i][k] = STATE_NONE;
    if (busy) return;
    app->said = app->changes;
    if (!app->deck || app_is_astray(app)) return;
    const DeckSlide *s = deck_slide(app->deck, app->slide);
    for (int i = 0; i < s->n_blocks; i++)
        if (is_asked_now(app, &s->blocks[i])) read_says(app, s->blocks[i].ask);
}
