/* lesson check: a lesson parses, every stage exists, every claim holds, every
 * task can be done.
 * lesson list: those that are inside. */
#include "engine/base/escape.h"
#include "viz/app/app.h"
#include "viz/app/catalogue.h"
#include "viz/app/claim_eval.h"
#include "viz/app/lessons.h"
#include "viz/app/pictures.h"
#include "viz/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Args {
    const char *model, *tokenizer;
    bool values;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    {0, "values", CLI_FLAG, offsetof(Args, values), NULL,
     "what every claim found, not only those that fail", 0, 0},
    {0}};

/* One deck being checked. */
typedef struct Check {
    const Deck *deck;
    App *app;
    char *text; /* scratch [STATE_TEXT_MAX] */
    ClaimEval *claims;
    bool shows_values; /* of claims that hold, too */
    int n_beats, n_claims, n_skipped, n_failed;
} Check;

/* Every failure is told where it is, and the check goes on. */
static void fail(Check *c, int line, const char *msg) {
    escape_line(stderr, "%s:%d: %s", deck_path(c->deck), line, msg);
    c->n_failed++;
}

/* ---- stages -------------------------------------------------------------- */

/* The viewer would draw tokens until there are enough; a lesson that points
 * past what it names is more likely wrong. */
static bool check_position(const char *key, int pos, int n, Err *err) {
    if (pos < n) return true;
    return err_set(err, ERR_USAGE, 0, "%s: found %d, need 0 to %d", key, pos,
                   n - 1);
}

static bool check_positions(Check *c, const State *s, Err *err) {
    Encoding e = {0};
    const State *now = app_state(c->app); /* with the default prompt, if any */
    bool ok = tokenizer_encode(app_tokenizer(c->app), now->prompt,
                               now->prompt_len, app_encode_flags(now), &e, err);
    int n = e.n + now->n_then;
    if (now->length > n) n = now->length;
    encoding_free(&e);
    return ok && check_position("token", s->token, n, err) &&
           check_position("key", s->key, n, err);
}

/* Puts a beat's state into effect; what the viewer refuses is an error. */
static bool apply(Check *c, const State *s, Err *err) {
    if (state_format(s, s->set, c->text, STATE_TEXT_MAX) >= STATE_TEXT_MAX)
        return err_set(err, ERR_LIMIT, 0, "stage: longer than %d bytes",
                       STATE_TEXT_MAX);
    app_leave(c->app); /* forgets the message of an earlier beat */
    if (!app_set_state(c->app, c->text, err)) return false;
    if (!app_message(c->app)[0] && !check_positions(c, s, err)) return false;
    app_settle(c->app, -1);
    if (app_message(c->app)[0])
        return err_set(err, ERR_LIMIT, 0, "%s", app_message(c->app));
    return true;
}

/* A beat's state, and what is changed of it there; NULL: nothing. */
static bool apply_beat(Check *c, int slide, int beat, const State *change,
                       Err *err) {
    State base, s;
    state_init(&base);
    state_init(&s);
    bool ok = deck_state_at(c->deck, slide, beat, &base, &s, err) &&
              (!change || state_apply(&s, change, err)) && apply(c, &s, err);
    state_free(&base);
    state_free(&s);
    return ok;
}

static bool check_stage(Check *c, int slide, int beat) {
    Err err = {0};
    const bool ok = apply_beat(c, slide, beat, NULL, &err);
    if (!ok) fail(c, deck_slide(c->deck, slide)->beats[beat].line, err.msg);
    return ok;
}

/* ---- claims -------------------------------------------------------------- */

/* "found 0.05", with the right side's value where the claim does not say it. */
static void print_found(const Claim *claim, const ClaimFound *found, char *out,
                        size_t size) {
    const bool said = claim->nodes[claim->right].kind == CLAIM_NUMBER;
    if (said)
        snprintf(out, size, "found %.9g", found->left);
    else
        snprintf(out, size, "found %.9g, right side %.9g", found->left,
                 found->right);
}

static bool evaluate(Check *c, const Claim *claim, ClaimFound *found,
                     Err *err) {
    Scene scene;
    app_look(c->app, &scene);
    const ClaimCase at = {.trace = scene.trace,
                          .tokenizer = scene.tokenizer,
                          .state = scene.state,
                          .against = scene.against,
                          .against_state = scene.against_state};
    const bool ok = claim_eval(c->claims, claim, &at, found, err);
    app_look_away(c->app);
    return ok;
}

static void check_claim(Check *c, const DeckClaim *claim) {
    Err err = {0};
    ClaimFound found;
    char values[80];
    c->n_claims++;
    const bool ok = evaluate(c, &claim->claim, &found, &err);
    if (ok) print_found(&claim->claim, &found, values, sizeof values);
    if (ok && !found.holds)
        err_set(&err, ERR_FORMAT, 0, "claim %s: %s", claim->text, values);
    if (!ok || !found.holds)
        fail(c, claim->line, err.msg);
    else if (c->shows_values)
        escape_line(stdout, "%s:%d: claim %s: %s", deck_path(c->deck),
                    claim->line, claim->text, values);
}

/* ---- tasks --------------------------------------------------------------- */

static bool is_done(Check *c, const DeckAsk *ask, bool *done, Err *err) {
    ClaimFound found;
    if (!ask->claim) {
        *done = app_is_at(c->app, ask->goal);
        return true;
    }
    if (!evaluate(c, ask->claim, &found, err)) return false;
    *done = found.holds;
    return true;
}

/* There is something to do, and it can be done. */
static bool try_task(Check *c, int slide, int beat, const DeckAsk *ask,
                     Err *err) {
    bool done;
    if (!is_done(c, ask, &done, err)) return false;
    if (done)
        return err_set(err, ERR_FORMAT, 0,
                       "do: %s: is so from the start, nothing is left to do",
                       ask->goal_text);
    if (!ask->goal) return true;
    if (!apply_beat(c, slide, beat, ask->goal, err) ||
        !is_done(c, ask, &done, err))
        return false;
    return done || err_set(err, ERR_FORMAT, 0,
                           "do: %s: is not so in the state that is named",
                           ask->goal_text);
}

/* Each from the beat's own state. */
static void check_tasks(Check *c, int slide, int beat, bool claims_hold) {
    const DeckSlide *s = deck_slide(c->deck, slide);
    for (int i = 0; i < s->n_blocks; i++) {
        const DeckBlock *b = &s->blocks[i];
        Err err = {0};
        if (b->kind != BLOCK_ASK || b->ask->kind != ASK_DO || b->beat != beat ||
            (b->ask->claim && !claims_hold))
            continue;
        if (!apply_beat(c, slide, beat, NULL, &err) ||
            !try_task(c, slide, beat, b->ask, &err))
            fail(c, b->ask->line, err.msg);
    }
}

/* ---- beats --------------------------------------------------------------- */

static void check_beat(Check *c, int slide, int beat, bool claims_hold) {
    const DeckSlide *s = deck_slide(c->deck, slide);
    bool ok = check_stage(c, slide, beat);
    c->n_beats++;
    for (int i = 0; i < s->n_claims; i++) {
        if (s->claims[i].beat != beat) continue;
        if (ok && claims_hold)
            check_claim(c, &s->claims[i]);
        else
            c->n_skipped++;
    }
    if (ok) check_tasks(c, slide, beat, claims_hold);
}

/* ---- decks --------------------------------------------------------------- */

static void print_warnings(const Deck *d) {
    const DeckWarning *list;
    int n = deck_warnings(d, &list);
    for (int i = 0; i < n; i++)
        escape_line(stderr, "%s:%d: warning: %s", deck_path(d), list[i].line,
                    list[i].text);
}

static void print_picture(const Deck *d, int line, const char *what) {
    escape_line(stderr, "%s:%d: warning: %s", deck_path(d), line, what);
}

/* Claims are about certain models; the front matter may say which. */
static bool is_about(const Deck *d, const Model *m) {
    int n = deck_n_models(d);
    if (n == 0 || deck_is_about(d, model_name(m))) return true;
    escape_print(stderr, "%s: claims skipped: they are about the model",
                 deck_path(d));
    for (int i = 0; i < n; i++)
        escape_print(stderr, "%s %s", i ? " or" : "", deck_model(d, i));
    escape_line(stderr, ", loaded is %s", model_name(m));
    return false;
}

static bool check_deck(Check *c, const Args *a, Err *err) {
    print_warnings(c->deck);
    pictures_check(c->deck, print_picture);
    c->app = app_open(&(AppOptions){.model_path = a->model,
                                    .tokenizer_path = a->tokenizer,
                                    .no_deck = true,
                                    .beside = deck_path(c->deck),
                                    .no_animation = true},
                      err);
    c->claims = c->app ? claim_eval_open(err) : NULL;
    if (!c->claims) return false;
    bool claims_hold = is_about(c->deck, app_model(c->app));
    int n_slides = deck_n_slides(c->deck);
    for (int slide = 0; slide < n_slides; slide++)
        for (int i = 0; i < deck_slide(c->deck, slide)->n_beats; i++)
            check_beat(c, slide, i, claims_hold);
    escape_line(stdout,
                "%s: %d slides, %d beats, %d claims checked, %d skipped, %d "
                "failures",
                deck_path(c->deck), n_slides, c->n_beats, c->n_claims,
                c->n_skipped, c->n_failed);
    return true;
}

/* False when the check itself could not be made; *n_failed grows. */
static bool check_path(const char *path, const Args *a, int *n_failed,
                       Err *err) {
    Err parse = {0};
    Deck *deck = deck_open(path, &parse);
    if (!deck) { /* the other decks are still worth checking */
        escape_line(stderr, "%s", parse.msg);
        *n_failed += 1;
        return true;
    }
    Check c = {.deck = deck,
               .text = malloc(STATE_TEXT_MAX),
               .shows_values = a->values};
    bool ok = c.text ? check_deck(&c, a, err)
                     : err_memory(err, "lesson", STATE_TEXT_MAX);
    *n_failed += c.n_failed;
    claim_eval_close(c.claims);
    app_close(c.app);
    free(c.text);
    deck_close(deck);
    return ok;
}

/* ---- list ---------------------------------------------------------------- */

static int count_beats(const Deck *d) {
    int n = 0;
    for (int i = 0; i < deck_n_slides(d); i++)
        n += deck_slide(d, i)->n_beats;
    return n;
}

/* "tales" or "tales, step-*"; "any" where the deck names none. */
static void models_text(const Deck *d, char *out, size_t size) {
    size_t o = (size_t)snprintf(out, size, "%s", deck_n_models(d) ? "" : "any");
    for (int i = 0; i < deck_n_models(d) && o < size; i++)
        o += (size_t)snprintf(out + o, size - o, "%s%s", i ? ", " : "",
                              deck_model(d, i));
}

/* "2/4": slides of n that are in the set, of so many. */
static void part_text(const HistorySlides *set, int n, int of, char out[24]) {
    snprintf(out, 24, "%d/%d", history_count(set, n), of);
}

static void list_lesson(const CatalogueLesson *l, const HistoryList *done) {
    const HistoryEntry *past = history_find(done, HISTORY_LESSON, l->name);
    char models[80], seen[24] = "-", answered[24] = "-", slide[16] = "-";
    models_text(l->deck, models, sizeof models);
    if (past) {
        part_text(&past->seen, l->n_slides, l->n_slides, seen);
        part_text(&past->answered, l->n_slides, l->n_asked, answered);
    }
    if (l->slide >= 0) snprintf(slide, sizeof slide, "%d", l->slide + 1);
    escape_line(stdout, "%-24s %-12s %6d %5d %6s %8s  %5s  %-19s  %s", l->name,
                models, l->n_slides, count_beats(l->deck), seen, answered,
                slide, l->subject, l->title);
}

static bool list_lessons(const Cli *cli, Err *err) {
    if (cli->n_operands > 1)
        return err_set(err, ERR_USAGE, 0, "list: found \"%s\", need no more",
                       cli->operands[1]);
    if (!cli_unused(cli, "model,tokenizer,values", "not used with list", err))
        return false;
    Catalogue *c = catalogue_open(err);
    History *h = c ? cli_history(cli, true, err) : NULL;
    if (h) {
        escape_line(stdout, "%-24s %-12s %6s %5s %6s %8s  %5s  %-19s  %s",
                    "name", "model", "slides", "beats", "seen", "answered",
                    "slide", "subject", "title");
        if (c->lecture.deck) list_lesson(&c->lecture, history_list(h));
        for (int i = 0; i < c->n; i++)
            list_lesson(&c->lessons[i], history_list(h));
    }
    const bool ok = h != NULL;
    history_close(h);
    catalogue_close(c);
    return ok && cli_flush(err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    int n_failed = 0;
    if (!cli_parse(cli, &a, err)) return false;
    if (strcmp(cli->operands[0], "list") == 0) return list_lessons(cli, err);
    if (strcmp(cli->operands[0], "check") != 0)
        return err_set(err, ERR_USAGE, 0, "found \"%s\", need check or list",
                       cli->operands[0]);
    if (cli->n_operands < 2)
        return err_set(err, ERR_USAGE, 0, "check: found no deck, need DECK.md");
    for (int i = 1; i < cli->n_operands; i++)
        if (!check_path(cli->operands[i], &a, &n_failed, err)) return false;
    if (n_failed == 0) return true;
    return err_set(err, ERR_FORMAT, 0, "check: %d failures", n_failed);
}

const CliCommand cmd_lesson = {
    .name = "lesson",
    .operands = "check DECK.md... | list",
    .help =
        "check: lessons parse, their stages exist, their claims hold, their\n"
        "tasks can be done.\n"
        "list: the lessons that are inside, for view --lesson NAME, and what\n"
        "is done of them.",
    .options = options,
    .operands_min = 1,
    .operands_max = CLI_MANY,
    .run = run,
};
