/* Decks are tried, several at a time. */
#include "viz/cli/lesson_check.h"

#include "engine/base/clock.h"
#include "engine/base/escape.h"
#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/base/team.h"
#include "viz/app/app.h"
#include "viz/app/claim_eval.h"
#include "viz/app/pictures.h"
#include "viz/cli/lesson_form.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CHECKS_MAX  16           /* at a time */
#define CHECK_BYTES (256u << 20) /* of each, besides the model's file */

/* One deck being checked. */
typedef struct Check {
    const LessonCheck *how;
    const Deck *deck;
    App *app;
    char *text; /* scratch [STATE_TEXT_MAX] */
    ClaimEval *claims;
    const ClaimEval *like; /* of all checks; NULL: this is the only one */
    int n_threads;         /* for the model; 0: one per core */
    FILE *out, *told;      /* what is said, and what is wrong */
    int n_beats, n_claims, n_skipped, n_failed, n_warnings;
} Check;

/* Every failure is told where it is, and the check goes on. */
static void fail(Check *c, int line, const char *msg) {
    escape_line(c->told, "%s:%d: %s", deck_path(c->deck), line, msg);
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

static bool check_edits(const char *of, const Edits *e, int n, Err *err) {
    for (int i = 0; i < e->n; i++) {
        char key[EDITS_PART_MAX + 16];
        const int at = snprintf(key, sizeof key, "%sedit: ", of);
        edits_format_part(&e->list[i], key + at);
        if (!check_position(key, edits_position(&e->list[i]), n, err))
            return false;
    }
    return true;
}

/* Of the run that is compared with, where it has the same tokens. */
static bool check_against(const State *s, int n, Err *err) {
    State other;
    bool same = false;
    state_init(&other);
    bool ok = !state_compares(s) || state_against(s, &other, &same, err);
    if (ok && same) ok = check_edits("against: ", &other.edits, n, err);
    state_free(&other);
    return ok;
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
           check_position("key", s->key, n, err) &&
           check_edits("", &s->edits, n, err) && check_against(now, n, err);
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
    else if (c->how->values)
        escape_line(c->out, "%s:%d: claim %s: %s", deck_path(c->deck),
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

/* ---- one deck ------------------------------------------------------------ */

static void warn(void *ud, int line, const char *what) {
    Check *c = ud;
    escape_line(c->told, "%s:%d: warning: %s", deck_path(c->deck), line, what);
    c->n_warnings++;
}

static void check_words(Check *c) {
    const DeckWarning *list;
    const int n = deck_warnings(c->deck, &list);
    for (int i = 0; i < n; i++)
        warn(c, list[i].line, list[i].text);
    lesson_form_check(c->deck, warn, c);
}

/* Claims are about certain models; the front matter may say which. */
static bool is_about(Check *c, const Model *m) {
    const int n = deck_n_models(c->deck);
    if (n == 0 || deck_is_about(c->deck, model_name(m))) return true;
    escape_print(c->told, "%s: claims skipped: they are about the model",
                 deck_path(c->deck));
    for (int i = 0; i < n; i++)
        escape_print(c->told, "%s %s", i ? " or" : "", deck_model(c->deck, i));
    escape_line(c->told, ", loaded is %s", model_name(m));
    return false;
}

/* What the deck asks of the model. */
static void check_beats(Check *c) {
    const bool claims_hold = is_about(c, app_model(c->app));
    const int n_slides = deck_n_slides(c->deck);
    for (int slide = 0; slide < n_slides; slide++)
        for (int i = 0; i < deck_slide(c->deck, slide)->n_beats; i++)
            check_beat(c, slide, i, claims_hold);
    escape_line(c->out,
                "%s: %d slides, %d beats, %d claims checked, %d skipped, %d "
                "failures",
                deck_path(c->deck), n_slides, c->n_beats, c->n_claims,
                c->n_skipped, c->n_failed);
}

static bool check_deck(Check *c, Err *err) {
    const AppOptions options = {.model_path = c->how->model,
                                .tokenizer_path = c->how->tokenizer,
                                .no_deck = true,
                                .beside = deck_path(c->deck),
                                .n_threads = c->n_threads,
                                .no_animation = true};
    check_words(c);
    c->text = malloc(STATE_TEXT_MAX);
    if (!c->text) return err_memory(err, "lesson", STATE_TEXT_MAX);
    c->app = app_open(&options, err);
    c->claims = c->app ? claim_eval_open(c->n_threads, c->like, err) : NULL;
    if (c->claims) check_beats(c);
    const bool ok = c->claims != NULL;
    claim_eval_close(c->claims);
    app_close(c->app);
    free(c->text);
    return ok;
}

/* False when the check itself could not be made. */
static bool check_path(Check *c, const char *path, Err *err) {
    Err parse = {0};
    Deck *deck = pictures_open_deck(path, &parse);
    if (!deck) { /* the other decks are still worth checking */
        escape_line(c->told, "%s", parse.msg);
        c->n_failed++;
        return true;
    }
    c->deck = deck;
    const bool ok = check_deck(c, err);
    c->deck = NULL;
    deck_close(deck);
    return ok;
}

/* ---- all decks ----------------------------------------------------------- */

/* A deck's check, and what it says, kept until its turn comes. */
typedef struct Job {
    const char *path;
    uint64_t size;
    Check check;
    char *out, *told;
    size_t n_out, n_told;
    bool ok, done;
    Err err;
} Job;

typedef struct Jobs {
    char *const *paths;
    Job *list;
    Job **order; /* in which they are begun */
    int n, n_begun, n_printed;
    bool ended; /* by one that could not be checked, whose turn it is */
    pthread_mutex_t lock;
} Jobs;

static bool open_job(Job *j) {
    j->check.out = open_memstream(&j->out, &j->n_out);
    j->check.told = open_memstream(&j->told, &j->n_told);
    return j->check.out && j->check.told ? true
                                         : err_memory(&j->err, "lesson", 0);
}

static void close_job(Job *j) {
    if (j->check.out) fclose(j->check.out);
    if (j->check.told) fclose(j->check.told);
}

/* Prints those whose turn has come; none behind one that could not be checked,
 * which ends it all. */
static void print_done(Jobs *jobs) {
    while (!jobs->ended && jobs->n_printed < jobs->n &&
           jobs->list[jobs->n_printed].done) {
        Job *j = &jobs->list[jobs->n_printed];
        if (j->told) escape_lines(stderr, j->told, j->n_told);
        if (j->out) escape_lines(stdout, j->out, j->n_out);
        jobs->ended = !j->ok;
        jobs->n_printed += j->ok;
    }
}

/* Whoever is free takes the next of the order, whatever piece the team gave. */
static Job *take_job(Jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    Job *j = jobs->order[jobs->n_begun++];
    pthread_mutex_unlock(&jobs->lock);
    return j;
}

static void do_job(void *ud, int i) {
    Jobs *jobs = ud;
    Job *j = take_job(jobs);
    (void)i;
    j->ok = open_job(j) && check_path(&j->check, j->path, &j->err);
    close_job(j);
    pthread_mutex_lock(&jobs->lock);
    j->done = true;
    print_done(jobs);
    pthread_mutex_unlock(&jobs->lock);
}

/* Each check opens the model anew, so there are as many at a time as fit into
 * memory; of a folder's model, whose size is not known before, one. */
static int at_a_time(const LessonCheck *how, int n) {
    struct stat st = {0};
    const bool is_file = how->model && stat(how->model, &st) == 0;
    if (is_file && !S_ISREG(st.st_mode)) return 1;
    const uint64_t each = CHECK_BYTES + (uint64_t)st.st_size;
    const uint64_t fit = memory_for_model() / each;
    const int most = fit < CHECKS_MAX ? num_max((int)fit, 1) : CHECKS_MAX;
    return num_min(num_min(team_cores(0), n), most);
}

/* The longest first, so that the others fill what time it leaves: by the bytes
 * of their files. */
static int by_length(const void *a, const void *b) {
    const Job *x = *(Job *const *)a, *y = *(Job *const *)b;
    return (x->size < y->size) - (x->size > y->size);
}

static void order_jobs(Jobs *jobs) {
    struct stat st;
    for (int i = 0; i < jobs->n; i++) {
        Job *j = jobs->order[i] = &jobs->list[i];
        j->path = jobs->paths[i];
        j->size = stat(j->path, &st) == 0 ? (uint64_t)st.st_size : 0;
    }
    qsort(jobs->order, (size_t)jobs->n, sizeof(Job *), by_length);
}

static void run_team(Jobs *jobs, const LessonCheck *how, Team *team,
                     const ClaimEval *like) {
    for (int i = 0; i < jobs->n; i++)
        jobs->list[i].check =
            (Check){.how = how, .like = like, .n_threads = team_size(team) > 1};
    order_jobs(jobs);
    pthread_mutex_init(&jobs->lock, NULL); /* cannot fail on Linux */
    team_run(team, do_job, jobs, jobs->n);
    pthread_mutex_destroy(&jobs->lock);
}

/* One deck has all cores to itself; of several each has its own, and they share
 * the world. */
static void run_jobs(Jobs *jobs, const LessonCheck *how, Err *err) {
    Team *team = team_open(at_a_time(how, jobs->n), err);
    ClaimEval *like = team ? claim_eval_open(1, NULL, err) : NULL;
    if (like && (jobs->n == 1 || claim_eval_open_world(like, err)))
        run_team(jobs, how, team, jobs->n > 1 ? like : NULL);
    claim_eval_close(like);
    team_close(team);
}

/* What all of them come to. */
static bool judge(const LessonCheck *how, const Jobs *jobs, double seconds,
                  Err *err) {
    int n_claims = 0, n_failed = 0, n_warnings = 0;
    for (int i = 0; i < jobs->n; i++) {
        const Check *c = &jobs->list[i].check;
        n_claims += c->n_claims;
        n_failed += c->n_failed;
        n_warnings += c->n_warnings;
    }
    if (jobs->n > 1)
        escape_line(
            stdout, "%d claims in %d decks, %.1f s (%.1f s of processor)",
            n_claims, jobs->n, seconds, (double)clock() / CLOCKS_PER_SEC);
    if (how->strict && n_warnings > 0)
        return err_set(err, ERR_FORMAT, 0, "check: %d failures, %d warnings",
                       n_failed, n_warnings);
    return n_failed == 0 ||
           err_set(err, ERR_FORMAT, 0, "check: %d failures", n_failed);
}

bool lesson_check(const LessonCheck *c, char *const *paths, int n, Err *err) {
    const double begin = clock_seconds();
    Jobs jobs = {.paths = paths, .n = n};
    jobs.list = calloc((size_t)n, sizeof *jobs.list);
    jobs.order = calloc((size_t)n, sizeof *jobs.order);
    if (!jobs.list || !jobs.order) {
        free(jobs.list);
        free(jobs.order);
        return err_memory(err, "lessons", (size_t)n * sizeof *jobs.list);
    }
    run_jobs(&jobs, c, err);
    bool ok = jobs.n_printed == n;
    if (ok)
        ok = judge(c, &jobs, clock_seconds() - begin, err);
    else if (jobs.list[jobs.n_printed].done)
        *err = jobs.list[jobs.n_printed].err;
    for (int i = 0; i < n; i++) {
        free(jobs.list[i].out);
        free(jobs.list[i].told);
    }
    free(jobs.list);
    free(jobs.order);
    return ok;
}
