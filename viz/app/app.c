/* The App as a whole: opened and closed, what passes with time, and what can be
 * seen of it. */
#include "viz/app/app_private.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "viz/app/source.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MS 6000 /* a message stays this long */
#define PLAY_MS    700  /* per token at speed 1 */
#define OP_MS      1000 /* per operation at speed 1 */
#define CALM_MS    334  /* per token at least, without animation */
#define TRAIN_MS   40   /* from some steps of training to the next */

#define TRAIN_SINGLY 25 /* after so many steps one more at a time, */
#define TRAIN_MOST   8  /* up to so many */

static const char default_prompt[] =
    "Once there was a kind girl named Mia. One day, she";

/* ---- opening and closing ------------------------------------------------ */

static bool allocate(App *app, Err *err) {
    app->draft = calloc(APP_DRAFT_MAX + 1, 1);
    app->clipboard = calloc(STATE_TEXT_MAX, 1);
    return (app->draft && app->clipboard) ||
           err_memory(err, "the viewer", STATE_TEXT_MAX);
}

/* The model that it begins with, on the shelf. */
static bool open_first_model(App *app, const AppOptions *opt, Err *err) {
    Source o = {.path = opt->model_path,
                .tokenizer_path = opt->tokenizer_path,
                .model = opt->model,
                .tokenizer = opt->tokenizer};
    return (o.model || source_open(&o, err)) &&
           shelf_init(&app->shelf, o.model, o.tokenizer, o.path, err);
}

static bool open_parts(App *app, const AppOptions *opt, Err *err) {
    app->worker_options =
        (WorkerOptions){.n_threads = opt->no_threads ? 1 : opt->n_threads,
                        .no_thread = opt->no_threads,
                        .trace_budget = opt->trace_budget,
                        .wake = opt->wake,
                        .wake_ud = opt->wake_ud};
    if (opt->beside)
        snprintf(app->beside, sizeof app->beside, "%s", opt->beside);
    return open_first_model(app, opt, err) &&
           app_open_engine(app, app->shelf.items[0], err) &&
           (opt->deck_path
                ? app_open_deck(app, opt->deck_path, err)
                : opt->no_deck || app_open_lesson(app, opt->lesson, err)) &&
           allocate(app, err);
}

/* A lesson whose text the model's context does not hold is not opened. */
static bool first_beat(App *app, const AppOptions *opt, Err *err) {
    Err own = {0};
    if (!app->deck || app_try_beat(app, opt->slide, opt->beat, &own))
        return true;
    if (own.code != ERR_LIMIT)
        return err_set(err, own.code, own.pos, "%s", own.msg);
    app_say(app, true, "the lesson is not opened: %s", own.msg);
    app->deck_is_file = false;
    deck_close(app->deck);
    app->deck = NULL;
    app->slide = app->beat = 0;
    return state_copy(&app->state, &app->base, err);
}

/* The default prompt, which nobody asked for, as far as it fits with one token
 * to come, or with the one that ends texts. */
static bool cut_prompt(App *app, Err *err) {
    Encoding e = {0};
    const State *s = &app->base;
    bool ok = tokenizer_encode(app->tokenizer, s->prompt, s->prompt_len,
                               app_encode_flags(s), &e, err);
    if (ok && e.n > app->seq_len) {
        const int n = app->seq_len > 1 ? app->seq_len - 1 : 1;
        const bool ends =
            tokenizer_sep(app->tokenizer) >= 0; /* after the cut */
        app_say(app, true,
                "the prompt is cut to %d of its %d tokens: this model's "
                "context holds %d",
                n + ends, e.n, app->seq_len);
        ok = state_set_prompt(&app->base, s->prompt, e.tokens[n].begin, err);
    }
    encoding_free(&e);
    return ok;
}

/* The first state: defaults, then the command line, then the lesson's first
 * beat, then -p and --state, which win.  What cannot be shown at all is an
 * error here, not a message. */
static bool first_state(App *app, const AppOptions *opt, Err *err) {
    const char *prompt = opt->prompt ? opt->prompt : default_prompt;
    if (opt->special) app->base.special = true;
    if (opt->theme) app_set_word(app->base.theme, opt->theme);
    if (opt->scale > 0) app->base.scale = opt->scale;
    app_say_doubt(app, app->shelf.items[0]->model);
    if (!state_set_prompt(&app->base, prompt, strlen(prompt), err) ||
        (!opt->prompt && !cut_prompt(app, err)) ||
        !state_copy(&app->state, &app->base, err))
        return false;
    if (!first_beat(app, opt, err)) return false;
    if (opt->prompt && !app_try_prompt(app, prompt, strlen(prompt), err))
        return false;
    if (opt->state && !app_set_state(app, opt->state, err)) return false;
    if (opt->start) app_open_page(app, PAGE_START);
    return app_try(app, err);
}

App *app_open(const AppOptions *opt, Err *err) {
    Err own = {0};
    App *app = calloc(1, sizeof *app);
    if (!app) {
        err_memory(err, "the viewer", sizeof *app);
        tokenizer_close(opt->tokenizer);
        model_close(opt->model);
        return NULL;
    }
    state_init(&app->base);
    state_init(&app->state);
    state_init(&app->goal);
    state_init(&app->against);
    state_init(&app->before_edit);
    app_place_panels(app);
    app->speed = 1;
    marks_init(&app->marks);
    app->calm = opt->no_animation;
    app->pace = opt->pace;
    app->minutes = opt->minutes;
    app->past = opt->history;
    if (opt->model_path && !source_is_embedded(opt->model_path))
        app_know_path(opt->model_path, app->model_full);
    app->steps = opt->no_threads;
    app->changes = 1; /* a screen that has drawn nothing is behind */
    snprintf(app->export_dir, sizeof app->export_dir, "%s",
             opt->export_dir ? opt->export_dir : ".");
    if (!open_parts(app, opt, &own) || !first_state(app, opt, &own)) {
        err_set(err, own.code, own.pos, "%s", own.msg);
        app_close(app);
        return NULL;
    }
    return app;
}

void app_close(App *app) {
    if (!app) return;
    worker_close(app->worker);
    claim_eval_close(app->claims);
    truth_close(&app->truth);
    checkpoints_close(app->checkpoints);
    live_close(app->live);
    pictures_free(&app->pictures);
    catalogue_close(app->catalogue);
    pictures_free(&app->others_pictures);
    deck_close(app->deck);
    shelf_free(&app->shelf);
    state_free(&app->base);
    state_free(&app->state);
    state_free(&app->goal);
    state_free(&app->against);
    state_free(&app->before_edit);
    app_forget(app);
    encoding_free(&app->encoding);
    encoding_free(&app->other);
    free(app->other_ids);
    free(app->ids);
    free(app->labels);
    free(app->label_ids);
    free(app->draft);
    free(app->clipboard);
    free(app);
}

/* ---- messages, time and news --------------------------------------------- */

void app_touch(App *app) {
    app->changes++;
}

void app_say(App *app, bool bad, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, args);
    va_end(args);
    app->message_bad = bad;
    app->message_until_ms = 0; /* now_ms is as old as the last tick */
    app_touch(app);
}

/* Of two waits; -1: for ever. */
static int sooner(int wait, uint64_t left_ms) {
    return wait < 0 || left_ms < (uint64_t)wait ? (int)left_ms : wait;
}

/* The view's next operation; behind the last one playing ends. */
static void step_op(App *app) {
    const Arch *arch = model_config(app_model(app))->arch;
    const View *v = app_view(app);
    ViewOp op;
    const int i = view_op_or_default(v, arch, app->state.op);
    if (!v->op || !v->op(arch, i + 1, &op)) {
        app->playing = false;
        app_touch(app);
        return;
    }
    app_set_word(app->state.op, op.name);
    if (!v->walks) app->state.elem = -1;
    app_new_place(app);
    app_update(app);
}

/* Steps that are made at a time: the first ones singly, since most happens
 * there. */
static int steps_at_once(const App *app) {
    const int n = 1 + app->state.step / TRAIN_SINGLY;
    return num_max((int)((float)num_min(n, TRAIN_MOST) * app->speed), 1);
}

/* Once the steps before are made. */
static int train_on(App *app) {
    State *s = &app->state;
    if (!app_is_live(app) || s->step >= LIVE_STEPS_MAX) {
        app->playing = false;
        app_touch(app);
    } else if (app->now_ms >= app->play_next_ms &&
               worker_is_trained(app->worker)) {
        s->step = num_min(s->step + steps_at_once(app), LIVE_STEPS_MAX);
        app->play_next_ms = app->now_ms + TRAIN_MS;
        app_update(app);
    }
    return app->now_ms < app->play_next_ms
               ? (int)(app->play_next_ms - app->now_ms)
               : TRAIN_MS;
}

/* Once its time has come.  Returns ms until it comes again. */
static int play_on(App *app) {
    if (app->trains) return train_on(app);
    if (app->now_ms >= app->play_next_ms) {
        const bool is_busy = worker_status(app->worker).busy;
        if (!is_busy && app->plays_ops)
            step_op(app);
        else if (!is_busy)
            app_step_token(app, +1);
        float step_ms = (float)(app->plays_ops ? OP_MS : PLAY_MS) / app->speed;
        if (app->calm) step_ms = fmaxf(step_ms, CALM_MS);
        app->play_next_ms = app->now_ms + (uint64_t)step_ms;
    }
    return (int)(app->play_next_ms - app->now_ms);
}

/* Digits are typed, and the message shows them. */
static bool is_numbering(const App *app) {
    return app->mode == APP_GOING || app->mode == APP_COUNTING ||
           app->mode == APP_GUESSING;
}

int app_tick(App *app, uint64_t now_ms) {
    app->now_ms = now_ms;
    int wait = app_look_at_deck(app);
    if (app->message[0] && app->message_until_ms == 0)
        app->message_until_ms = now_ms + MESSAGE_MS;
    if (app->message[0] && !is_numbering(app)) {
        if (now_ms >= app->message_until_ms) {
            app->message[0] = '\0';
            app_touch(app);
        } else {
            wait = sooner(wait, app->message_until_ms - now_ms);
        }
    }
    if (app->playing) wait = sooner(wait, (uint64_t)play_on(app));
    const int ahead = app_read_ahead(app), keep = app_keep_history(app);
    if (ahead >= 0) wait = sooner(wait, (uint64_t)ahead);
    return keep < 0 ? wait : sooner(wait, (uint64_t)keep);
}

void app_set_clock(App *app, const char *text) {
    if (!text[0] != !app->clock[0]) app_touch(app); /* notes come or go */
    snprintf(app->clock, sizeof app->clock, "%s", text);
}

Pace app_pace(const App *app) {
    return app->pace;
}

uint64_t app_seconds(const App *app) {
    uint64_t n = pace_elapsed_ms(&app->pace, app->now_ms) / 1000;
    for (const char *c = app->clock; *c; c++)
        n = n * 31 + (unsigned char)*c;
    return n;
}

void app_pause_clock(App *app) {
    pace_toggle(&app->pace, app->now_ms);
    app_touch(app);
}

void app_news(App *app) {
    app_touch(app);
    WorkerStatus status = worker_status(app->worker);
    if (!status.busy && status.err.code != ERR_NONE)
        app_say(app, true, "%s", status.err.msg);
}

bool app_step(App *app, int budget_ms) {
    return app->steps && worker_step(app->worker, budget_ms);
}

bool app_settle(App *app, int timeout_ms) {
    bool settled = worker_wait(app->worker, timeout_ms) &&
                   worker_wait_study(app->worker, timeout_ms);
    app->turn++;
    app->awaits_until =
        timeout_ms < 0 ? INFINITY : clock_seconds() + 1e-3 * timeout_ms;
    worker_begin_frame(app->worker);
    app_sync(app);
    worker_end_frame(app->worker);
    WorkerStatus status = worker_status(app->worker);
    if (settled && status.err.code != ERR_NONE)
        app_say(app, true, "%s", status.err.msg);
    return settled;
}

static bool await(App *app, int timeout_ms) {
    return !worker_is_whole(app->worker) &&
           worker_wait_study(app->worker, timeout_ms);
}

bool app_await(App *app) {
    const double left = app->awaits_until - clock_seconds();
    const double ms = fmin(fmax(left * 1e3, 0), INT_MAX / 2);
    return await(app, isinf(left) ? -1 : (int)ms);
}

void app_ask_again(App *app) {
    app->awaits_until =
        fmax(app->awaits_until, clock_seconds() + 1e-3 * APP_STEP_MS);
}

bool app_await_all(App *app) {
    return await(app, -1);
}

/* ---- modes --------------------------------------------------------------- */

bool app_take_key(App *app, const char *key) {
    /* The input method's: it says itself what its keys have come to. */
    if (app->composed > 0 && app_is_writing(app)) return true;
    switch (app->mode) {
    case APP_EDITING:
        app_edit_key(app, key);
        return true;
    case APP_GOING:
        return app_going_key(app, key);
    case APP_COUNTING:
    case APP_GUESSING:
        app_amount_key(app, key);
        return true;
    case APP_FINDING:
        app_find_key(app, key);
        return true;
    case APP_CHOOSING:
        app_choose_key(app, key);
        return true;
    case APP_OVERVIEW:
        app_overview_key(app, key);
        return true;
    case APP_HELPING: /* any key closes the help */
        app->mode = APP_STEPPING;
        app_touch(app);
        return true;
    case APP_STEPPING:
        break;
    }
    return app->page == PAGE_NONE && app_ask_key(app, key);
}

void app_help(App *app, bool show) {
    app->mode = show ? APP_HELPING : APP_STEPPING;
    app->state.column = 0; /* it begins at its first column */
    app->opened++;
    app_touch(app);
}

void app_toggle_black(App *app) {
    app->black = !app->black;
    app_touch(app);
}

void app_play(App *app) {
    app->playing = !app->playing;
    app->plays_ops = app->plays_until_key = false;
    app->trains = app_is_live(app);
    app->play_next_ms = app->now_ms + PLAY_MS;
    app_touch(app);
}

void app_take_play(App *app) {
    if (strcmp(app->state.play, "off") == 0) return;
    app->playing = app->plays_until_key = true;
    app->trains = false;
    app->plays_ops = strcmp(app->state.play, "op") == 0;
    app->play_next_ms = app->now_ms + OP_MS;
    app_set_word(app->state.play, "off");
}

void app_end_play(App *app) {
    if (!app->playing || !app->plays_until_key) return;
    app->playing = false;
    app_touch(app);
}

void app_change_speed(App *app, int dir) {
    float speed = dir > 0 ? app->speed * 2 : app->speed / 2;
    app->speed = fminf(fmaxf(speed, .25f), 8);
    app_say(app, false, "plays at ×%g", (double)app->speed);
}

/* Who walks over the steps of training runs their weights; back to those from
 * where it began.  False: they are run. */
static bool leave_step(App *app) {
    State home;
    Err ignored = {0};
    if (!app_view(app)->walks) return false;
    state_init(&home);
    bool ok = app->deck
                  ? app_beat_state(app, app->slide, app->beat, &home, &ignored)
                  : state_copy(&home, &app->base, &ignored);
    ok = ok && strcmp(home.model, app->state.model) != 0;
    if (ok) memcpy(app->state.model, home.model, sizeof home.model);
    state_free(&home);
    return ok;
}

static bool has_something_open(const App *app) {
    return app->black || app->playing || app->mode != APP_STEPPING ||
           app->message[0] || app->state.key >= 0 || app->state.elem >= 0 ||
           strcmp(app->state.number, "none") != 0;
}

void app_leave(App *app) {
    /* What covers the lesson first. */
    if (app_shows_ink(app) && app_leave_marks(app)) return;
    if (app->page != PAGE_NONE && !app->black) {
        app_close_page(app);
        return;
    }
    if (!has_something_open(app) && !leave_step(app))
        app_request(app, APP_NO_FULLSCREEN);
    app->black = app->playing = false;
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    app_set_word(app->state.part, "none");
    app_set_word(app->state.number, "none");
    app_close_cell(app);
    app_update(app);
}

void app_request(App *app, AppRequest request) {
    app->request = request;
}

AppRequest app_take_request(App *app) {
    AppRequest request = app->request;
    app->request = APP_NOTHING;
    return request;
}

/* ---- what can be seen of it ---------------------------------------------- */

static void update_labels(App *app, const Trace *t, int n) {
    for (int i = 0; i < n; i++) {
        char *shown = app->labels[i], *read = app->labels[app->seq_len + i];
        const int id = trace_token(t, i);
        const int other = edits_token(trace_edits(t), i, id);
        if (i >= app->n_labels || app->label_ids[i] != id)
            tokenizer_show(app->tokenizer, id, shown, STAGE_LABEL_MAX);
        app->label_ids[i] = id;
        if (other == id)
            memcpy(read, shown, STAGE_LABEL_MAX);
        else
            tokenizer_show(app->tokenizer, other, read, STAGE_LABEL_MAX);
    }
    app->n_labels = n;
}

static const Theme *theme_of(const State *s) {
    const Theme *t = theme_find(s->theme);
    return t ? t : theme_find("light");
}

/* The world is that of the embedded models alone. */
static StudyTeller teller_of(App *app, const Model *m) {
    if (!source_is_embedded(shelf_of(&app->shelf, m)->name))
        return (StudyTeller){0};
    return (StudyTeller){truth_tell, truth_roles, &app->truth};
}

bool app_is_live(const App *app) {
    return app_view(app)->walks && strcmp(app->state.op, "live") == 0;
}

/* The steps of training read what is shown, where a view shows them; beside a
 * model in training they stay as they are. */
static const Training *look_at_training(App *app, const Trace *t) {
    const bool shown = app_view(app)->walks;
    const int n = trace_n_pos(t), pos = app_pos(app);
    if (shown && !app->checkpoints_sought) {
        Err err = {0};
        app->checkpoints_sought = true;
        app->checkpoints = checkpoints_open(
            app->tokenizer, app->worker_options.n_threads, &err);
        if (err.code != ERR_NONE) app_say(app, true, "%s", err.msg);
    }
    if (!app->checkpoints) return NULL;
    const bool there = shown && !app_is_live(app) && pos >= 0 && pos < n;
    worker_read_steps(app->worker, app->checkpoints, shown ? app->ids : NULL,
                      there ? pos + 1 : 0);
    checkpoints_beside(app->checkpoints,
                       shelf_of(&app->shelf, trace_model(t))->name);
    return shown ? checkpoints_training(app->checkpoints) : NULL;
}

/* The model in training is trained as far as the state says, where it is
 * shown. */
static const LiveTraining *look_at_live(App *app, const Trace *t) {
    const bool shown = app_is_live(app);
    const int pos = app_pos(app);
    if (shown && !app->live_sought) {
        Err err = {0};
        app->live_sought = true;
        app->live = live_open(app->tokenizer, &err);
        if (!app->live) app_say(app, true, "%s", err.msg);
    }
    if (!app->live) return NULL;
    const bool there = shown && pos >= 0 && pos < trace_n_pos(t);
    const State *s = &app->state;
    const bool own = strcmp(s->learns, "text") == 0 && s->prompt;
    const LiveAsk ask = {s->seed,
                         s->step,
                         app->ids,
                         pos + 1,
                         own ? s->prompt : NULL,
                         own ? s->prompt_len : 0};
    worker_train(app->worker, app->live, there ? &ask : NULL);
    return shown ? live_training(app->live) : NULL;
}

/* FNV-1a of the tokens. */
static uint64_t text_sum(const App *app) {
    uint64_t sum = 14695981039346656037u;
    for (int i = 0; i < app->n_ids; i++)
        sum = (sum ^ (uint64_t)app->ids[i]) * 1099511628211u;
    return sum;
}

static void plan(const App *app, Scene *out) {
    out->elapsed_s = (double)pace_elapsed_ms(&app->pace, app->now_ms) / 1e3;
    out->clock_runs = app->pace.runs;
    memcpy(out->clock, app->clock, sizeof out->clock);
    out->planned_s = out->total_s = -1;
    if (!app->deck) return;
    out->total_s = pace_total(app->deck, app->minutes);
    out->planned_s =
        pace_planned(app->deck, app->minutes, app->slide, app->beat);
}

/* A task is done at the model, which it is no secret of. */
static bool is_guessing(const App *app) {
    const DeckAsk *ask = app_question(app);
    return ask && ask->kind != ASK_DO && app_is_beats_text(app);
}

/* What came since the last look is taken in. */
static void take_in(App *app) {
    app_load_pictures(app);
    app_sync(app);
    app_watch_task(app);
    app_read_says(app);
}

static void look(App *app, Scene *out) {
    take_in(app);
    const Trace *t = worker_trace(app->worker);
    update_labels(app, t, trace_n_pos(t));
    const Training *training = look_at_training(app, t);
    const LiveTraining *live = look_at_live(app, t);
    *out = (Scene){
        /* Those of what is shown: another may be on its way. */
        .model = trace_model(t),
        .tokenizer = shelf_of(&app->shelf, trace_model(t))->tokenizer,
        .teller = teller_of(app, trace_model(t)),
        .trace = t,
        .training = training,
        .live = live,
        .study = worker_study(app->worker),
        .against = worker_against(app->worker),
        .against_study = worker_against_study(app->worker),
        .against_state = &app->against,
        .unlike = app->unlike,
        .engine = worker_status(app->worker),
        .state = &app->state,
        .view = app_view(app),
        .theme = theme_of(&app->state),
        .n_prompt = app->n_prompt,
        .seq_len = app->seq_len,
        .labels = (const char(*)[STAGE_LABEL_MAX])app->labels,
        .reads = (const char(*)[STAGE_LABEL_MAX])app->labels + app->seq_len,
        .deck = app->deck,
        .shown = app_shown(app),
        .deck_is_astray = app_is_astray(app),
        .other_model = app->other_model,
        .deck_read = app->deck_read,
        .deck_error = app->deck_error,
        .pictures = &app->pictures,
        .slide = app->slide,
        .beat = app->beat,
        .question = app_question(app),
        .is_guessing = is_guessing(app),
        .says = (const float(*)[STATE_OPTIONS_MAX])app->says,
        .counted = app->mode == APP_COUNTING ? app->counted : -1,
        .amount = app->amount,
        .mode = app->mode,
        .needle = app->needle,
        .chosen = app->chosen,
        .offers = &app->offers,
        .page = app->page,
        .entry = app->entry,
        .by_subject = app->by_subject,
        .catalogue = app->catalogue,
        .history = app->past ? history_list(app->past) : NULL,
        .can_go_on = app->slide > 0 || app->beat > 0,
        .draft = app->draft,
        .draft_len = app->draft_len,
        .caret = app->caret,
        .composed = app->composed,
        .composed_at = app->composed_at,
        .draft_all = app->draft_all,
        .is_black = app->black,
        .is_playing = app->playing,
        .speed = app->speed,
        .message = app->message,
        .message_is_bad = app->message_bad,
        .changes = app->changes,
        .turn = app->turn,
        .opened = app->opened,
        .placed = app->placed,
        .text = text_sum(app),
    };
    plan(app, out);
}

void app_look(App *app, Scene *out) {
    worker_begin_frame(app->worker);
    study_frame(worker_study(app->worker));
    if (worker_against_study(app->worker))
        study_frame(worker_against_study(app->worker));
    look(app, out);
}

void app_look_on(App *app, Scene *out) {
    worker_begin_frame(app->worker);
    look(app, out);
}

void app_look_ahead(App *app, Scene *out) {
    app_look_on(app, out);
    worker_ask_ahead(app->worker);
}

void app_look_away(App *app) {
    worker_end_frame(app->worker);
}

bool app_end_ahead(App *app) {
    const bool whole = worker_end_ahead(app->worker);
    worker_end_frame(app->worker);
    return whole;
}

bool app_is_ahead(App *app) {
    return worker_is_ahead(app->worker);
}

bool app_is_whole(App *app) {
    return !worker_status(app->worker).busy && worker_is_whole(app->worker);
}

bool app_moves(const App *app) {
    return app->state.motion && !app->calm;
}

uint64_t app_changes(const App *app) {
    return app->changes;
}
uint64_t app_turn(const App *app) {
    return app->turn;
}
uint64_t app_opened(const App *app) {
    return app->opened;
}
uint64_t app_placed(const App *app) {
    return app->placed;
}
const Trace *app_trace(App *app) {
    return worker_trace(app->worker);
}
const Tokenizer *app_tokenizer(const App *app) {
    return app->tokenizer;
}
const Model *app_model(const App *app) {
    return app->model;
}
const char *app_name(const App *app) {
    return model_name(app->model);
}
const Deck *app_deck(const App *app) {
    return app->deck;
}
const char *app_lesson(const App *app) {
    return app->deck ? app->lesson : "";
}
bool app_deck_is_file(const App *app) {
    return app->deck && app->deck_is_file;
}
AppMode app_mode(const App *app) {
    return app->mode;
}
bool app_is_writing(const App *app) {
    return app->mode == APP_EDITING || app->mode == APP_FINDING ||
           app->mode == APP_CHOOSING || app->mode == APP_OVERVIEW ||
           app->mode == APP_GOING;
}
bool app_is_black(const App *app) {
    return app->black;
}
const char *app_message(const App *app) {
    return app->message;
}
const char *app_clipboard(const App *app) {
    return app->clipboard;
}
const char *app_export_dir(const App *app) {
    return app->export_dir;
}
