#include "viz/app/app_private.h"

#include "assets/embed.h"
#include "viz/app/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_prompt[] =
    "Once upon a time, there was a little girl named Lily. She";

/* What belongs to the room, not to the place: a new beat keeps it. */
static const uint32_t preference_keys =
    1u << STATE_THEME | 1u << STATE_COLORMAP | 1u << STATE_SCALE;

/* ---- messages ----------------------------------------------------------- */

void app_say(App *app, bool bad, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, args);
    va_end(args);
    app->message_bad = bad;
    app->message_until_ms = app->now_ms + APP_MESSAGE_MS;
    app->dirty = true;
}

void app_tell(App *app, bool bad, const char *text) {
    app_say(app, bad, "%s", text);
}

/* ---- the sequence and the goal ------------------------------------------ */

void app_set_word(char field[STATE_WORD_MAX], const char *word) {
    snprintf(field, STATE_WORD_MAX, "%s", word);
}

const View *app_view(const App *app) {
    const View *v = view_find(app->state.view);
    return v ? v : view_at(0);
}

int app_pos(const App *app, int n_pos) {
    int t = app->state.token;
    return t < 0 || t >= n_pos ? n_pos - 1 : t;
}

/* Encodes the prompt into ids and appends the tokens that followed it. */
static bool encode_prompt(App *app, Err *err) {
    const State *s = &app->state;
    const char *text = s->prompt ? s->prompt : "";
    if (!tokenizer_encode(app->tokenizer, text, s->prompt_len, TOKENIZER_BOS,
                          &app->encoding, err))
        return false;
    int n = app->encoding.n + s->n_then;
    if (n > app->seq_len)
        return err_set(err, ERR_LIMIT, 0,
                       "the text has %d tokens, this model's context holds %d",
                       n, app->seq_len);
    for (int i = 0; i < app->encoding.n; i++)
        app->ids[i] = app->encoding.tokens[i].id;
    for (int i = 0; i < s->n_then; i++)
        app->ids[app->encoding.n + i] = s->then[i];
    app->n_prompt = app->encoding.n;
    app->n_ids = n;
    return true;
}

static bool same_text(const State *a, const State *b) {
    return a->prompt_len == b->prompt_len &&
           memcmp(a->prompt ? a->prompt : "", b->prompt ? b->prompt : "",
                  a->prompt_len) == 0 &&
           a->n_then == b->n_then &&
           (a->n_then == 0 ||
            memcmp(a->then, b->then, (size_t)a->n_then * sizeof(int)) == 0);
}

static bool same_goal(const App *app, int length) {
    const State *a = &app->state, *b = &app->goal;
    return app->goal_set && length <= app->goal_length && same_text(a, b) &&
           edits_equal(&a->edits, &b->edits);
}

/* How long the sequence should be for what the state points at. */
static int wanted_length(const App *app) {
    int length = app->n_ids;
    if (app->state.token >= length) length = app->state.token + 1;
    if (app->state.length > length) length = app->state.length;
    return length < app->seq_len ? length : app->seq_len;
}

static bool set_goal(App *app, Err *err) {
    int length = wanted_length(app);
    if (same_goal(app, length)) return true;
    Goal goal = {.tokens = app->ids,
                 .n_tokens = app->n_ids,
                 .length = length,
                 .edits = app->state.edits,
                 .sampler = app->state.sampler,
                 .seed = app->state.seed};
    app->goal_set = worker_set_goal(app->worker, &goal, err) &&
                    state_copy(&app->goal, &app->state, err);
    if (!app->goal_set) return false; /* the next one begins anew */
    app->goal_length = length;
    return true;
}

static bool no_such_view(const char *name, Err *err) {
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; i < view_count() && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 view_at(i)->name);
    return err_set(err, ERR_USAGE, 0, "view: found \"%s\"; views are%s", name,
                   list);
}

static bool check_names(const State *s, Err *err) {
    const View *v = view_find(s->view);
    if (!v) return no_such_view(s->view, err);
    if (s->op[0] && v->n_ops && view_op(v, s->op) < 0)
        return err_set(err, ERR_USAGE, 0,
                       "op: found \"%s\", the %s view has no such operation",
                       s->op, v->name);
    if (v->n_orders && view_order(v, s->sort) < 0)
        return err_set(err, ERR_USAGE, 0,
                       "sort: found \"%s\", the %s view has no such order",
                       s->sort, v->name);
    return true;
}

/* A lesson may point past what this model or program has: what is not there is
 * brought into range, and said. */
static void fit_state(App *app) {
    const Config *c = model_config(app->model);
    State *s = &app->state;
    Err err = {0};
    if (!check_names(s, &err)) {
        if (!view_find(s->view)) app_set_word(s->view, view_at(0)->name);
        s->op[0] = '\0';
        app_set_word(s->sort, state_key_default(STATE_SORT));
    }
    if (s->layer >= c->n_layers || s->head >= c->n_heads) {
        err_set(&err, ERR_USAGE, 0,
                "head %d.%d: this model has heads 0.0 to %d.%d", s->layer,
                s->head, c->n_layers - 1, c->n_heads - 1);
        s->layer = s->layer < c->n_layers ? s->layer : c->n_layers - 1;
        s->head = s->head < c->n_heads ? s->head : c->n_heads - 1;
    }
    if (!edits_check(&s->edits, c, &err)) s->edits = (Edits){0};
    if (err.code != ERR_NONE) app_say(app, true, "%s", err.msg);
}

/* Back to the last text that fitted: the picture stays true. */
static void restore_text(App *app) {
    Err ignored = {0};
    state_set_prompt(&app->state, app->goal.prompt, app->goal.prompt_len,
                     &ignored);
    state_set_then(&app->state, app->goal.then, app->goal.n_then, &ignored);
}

static bool update(App *app, Err *err) {
    app->dirty = true;
    fit_state(app);
    bool same = app->goal_set && same_text(&app->state, &app->goal);
    if ((!same && !encode_prompt(app, err)) || !set_goal(app, err)) {
        restore_text(app);
        return false;
    }
    worker_wait(app->worker, APP_SAME_FRAME_MS);
    return true;
}

/* Makes *next the state, or leaves all as it was; what is not the state then
 * is left in *next. */
static bool adopt(App *app, State *next, Err *err) {
    State before = app->state;
    app->state = *next;
    bool ok = update(app, err);
    *next = ok ? before : app->state;
    if (!ok) app->state = before;
    return ok;
}

void app_update(App *app) {
    Err err = {0};
    if (!update(app, &err)) app_say(app, true, "%s", err.msg);
}

void app_sync(App *app) {
    if (!worker_status(app->worker).aligned)
        return; /* the trace still holds an older sequence */
    const Trace *t = worker_trace(app->worker);
    int n = trace_n_pos(t);
    if (n <= app->n_ids) return;
    for (; app->n_ids < n; app->n_ids++)
        app->ids[app->n_ids] = trace_token(t, app->n_ids);
    /* Drawn tokens become fixed ones, so that turning the temperature later
     * does not rewrite what stands there. */
    Err err = {0};
    const int *then = app->ids + app->n_prompt;
    int n_then = app->n_ids - app->n_prompt;
    if (!state_set_then(&app->state, then, n_then, &err) ||
        !state_set_then(&app->goal, then, n_then, &err))
        app_say(app, true, "%s", err.msg);
    app->goal_length = app->n_ids;
}

static bool take_prompt(App *app, const char *text, size_t n, Err *err) {
    State next;
    state_init(&next);
    bool ok = state_copy(&next, &app->state, err) &&
              state_set_prompt(&next, text, n, err) &&
              state_set_then(&next, NULL, 0, err);
    next.length = 0;
    next.token = next.key = -1;
    ok = ok && adopt(app, &next, err);
    state_free(&next);
    return ok;
}

void app_take_prompt(App *app, const char *text, size_t n) {
    Err err = {0};
    if (!take_prompt(app, text, n, &err)) app_say(app, true, "%s", err.msg);
}

void app_force(App *app, int id) {
    Err err = {0};
    int pos = app_pos(app, app->n_ids) + 1;
    if (pos < app->n_prompt) {
        app_say(app, true, "token %d belongs to the prompt: press / to edit it",
                pos);
        return;
    }
    if (pos >= app->seq_len) {
        app_say(app, true, "the context is full: %d tokens", app->seq_len);
        return;
    }
    app->ids[pos] = id;
    if (!state_set_then(&app->state, app->ids + app->n_prompt,
                        pos + 1 - app->n_prompt, &err))
        app_say(app, true, "%s", err.msg);
    app->state.length = 0;
    app->state.token = pos;
    app_update(app);
}

/* ---- the lesson --------------------------------------------------------- */

static void enter_beat(App *app, int slide, int beat) {
    app->slide = slide;
    app->beat = beat;
    app->answer = -1;
    app->playing = false;
    app->inspector_scroll = 0;
}

static bool go(App *app, int slide, int beat, Err *err) {
    enter_beat(app, slide, beat);
    /* It replaces the state whole, or leaves it alone. */
    if (!deck_state_at(app->deck, slide, beat, &app->base, &app->state, err))
        return false;
    return update(app, err);
}

void app_go(App *app, int slide, int beat) {
    Err err = {0};
    if (!go(app, slide, beat, &err)) app_say(app, true, "%s", err.msg);
}

static const DeckBlock *open_question(const App *app) {
    if (!app->deck || app->answer >= 0) return NULL;
    const DeckSlide *s = deck_slide(app->deck, app->slide);
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK && s->blocks[i].beat <= app->beat)
            return &s->blocks[i];
    return NULL;
}

const DeckAsk *app_question(const App *app) {
    const DeckBlock *b = open_question(app);
    return b ? b->ask : NULL;
}

bool app_is_guessing(const App *app) {
    const DeckBlock *b = open_question(app);
    return b && b->beat == app->beat;
}

static Deck *open_embedded_deck(const Embed *e, Err *err) {
    return deck_open_memory(e->name, (const char *)e->begin,
                            (size_t)(e->end - e->begin), err);
}

static bool is_about(const Deck *d, const Model *m) {
    const char *name = deck_meta(d, "model");
    return name && strcmp(name, model_name(m)) == 0;
}

/* The lesson about this model, or else the one about attention, whose stages
 * suit any. */
static Deck *open_embedded_lesson(const Model *m, Err *err) {
    const Embed *other = NULL;
    for (const Embed *e = embed_table; e->name; e++) {
        if (strncmp(e->name, "lessons/", strlen("lessons/")) != 0) continue;
        if (strcmp(e->name, "lessons/attention.md") == 0) other = e;
        Deck *d = open_embedded_deck(e, err);
        if (!d || is_about(d, m)) return d;
        deck_close(d);
    }
    return other ? open_embedded_deck(other, err) : NULL;
}

/* ---- states ------------------------------------------------------------- */

static bool check_ranges(const App *app, const State *s, Err *err) {
    const Config *c = model_config(app->model);
    if (s->layer >= c->n_layers)
        return err_set(err, ERR_USAGE, 0, "layer: found %d, need 0 to %d",
                       s->layer, c->n_layers - 1);
    if (s->head >= c->n_heads)
        return err_set(err, ERR_USAGE, 0, "head: found %d, need 0 to %d",
                       s->head, c->n_heads - 1);
    if (s->token >= app->seq_len)
        return err_set(err, ERR_USAGE, 0, "token: found %d, need 0 to %d",
                       s->token, app->seq_len - 1);
    for (int i = 0; i < s->n_then; i++)
        if (s->then[i] >= c->vocab_size)
            return err_set(err, ERR_USAGE, 0, "then: found %d, need 0 to %d",
                           s->then[i], c->vocab_size - 1);
    return edits_check(&s->edits, c, err);
}

/* True when a state string names a beat of the lesson that is open; brings
 * the beat into range. */
static bool names_beat(const App *app, State *given) {
    if (!app->deck || !(given->set & (1u << STATE_SLIDE | 1u << STATE_BEAT)))
        return false;
    int n = deck_n_slides(app->deck);
    if (given->slide >= n) given->slide = n - 1;
    n = deck_slide(app->deck, given->slide)->n_beats;
    if (given->beat >= n) given->beat = n - 1;
    return true;
}

static bool keep_preferences(App *app, State *given, Err *err) {
    given->set &= preference_keys;
    return state_apply(&app->base, given, err);
}

/* A state string goes on top of where we are, or of the beat it names. */
static bool set_state(App *app, State *given, State *next, Err *err) {
    bool beat = names_beat(app, given);
    bool ok = beat ? deck_state_at(app->deck, given->slide, given->beat,
                                   &app->base, next, err)
                   : state_copy(next, &app->state, err);
    if (!ok || !state_apply(next, given, err) || !check_names(next, err) ||
        !check_ranges(app, next, err) || !adopt(app, next, err))
        return false;
    if (beat) enter_beat(app, given->slide, given->beat);
    return keep_preferences(app, given, err);
}

bool app_set_state(App *app, const char *text, Err *err) {
    State given, next;
    state_init(&given);
    state_init(&next);
    bool ok =
        state_parse(&given, text, err) && set_state(app, &given, &next, err);
    state_free(&given);
    state_free(&next);
    return ok;
}

const State *app_state(const App *app) {
    return &app->state;
}

/* Keys that a lesson's stages set are written even at their default: applied
 * on top of the beat they must win over the stage. */
size_t app_state_text(const App *app, char *out, size_t size) {
    State differing;
    Err err = {0};
    state_init(&differing);
    size_t n = state_format(&app->state, ~0u, out, size);
    if (n < size && state_parse(&differing, out, &err)) {
        uint32_t keys = differing.set | 1u << STATE_VIEW;
        if (app->deck)
            keys |= 1u << STATE_SLIDE | 1u << STATE_BEAT |
                    (app->state.set & ~preference_keys);
        n = state_format(&app->state, keys, out, size);
    }
    state_free(&differing);
    return n;
}

/* ---- opening and closing ------------------------------------------------ */

static bool allocate(App *app, Err *err) {
    size_t n = (size_t)app->seq_len;
    size_t v = (size_t)model_config(app->model)->vocab_size;
    app->ids = calloc(n, sizeof *app->ids);
    app->labels = calloc(n, sizeof *app->labels);
    app->label_ids = calloc(n, sizeof *app->label_ids);
    app->candidates = calloc(v, sizeof *app->candidates);
    app->cells =
        calloc((size_t)STAGE_TOKENS_MAX * STAGE_TOKENS_MAX, sizeof *app->cells);
    app->draft = calloc(TOKENIZER_PROMPT_MAX + 1, 1);
    app->clipboard = calloc(STATE_TEXT_MAX, 1);
    if (!app->ids || !app->labels || !app->label_ids || !app->candidates ||
        !app->cells || !app->draft || !app->clipboard)
        return err_memory(err, "the viewer", n * 40 + v * 40);
    return true;
}

static bool open_parts(App *app, const AppOptions *opt, Err *err) {
    Source o = {.path = opt->model_path,
                .tokenizer_path = opt->tokenizer_path,
                .model = opt->model,
                .tokenizer = opt->tokenizer};
    if (!o.model && !source_open(&o, err)) return false;
    app->model = o.model;
    app->tokenizer = o.tokenizer;
    WorkerOptions wo = {.model = app->model,
                        .n_threads = opt->n_threads,
                        .trace_budget = opt->trace_budget,
                        .wake = opt->wake,
                        .wake_ud = opt->wake_ud};
    app->worker = worker_open(&wo, err);
    if (!app->worker) return false;
    app->seq_len = worker_seq_len(app->worker);
    if (opt->deck_path)
        app->deck = deck_open(opt->deck_path, err);
    else if (!opt->no_deck)
        app->deck = open_embedded_lesson(app->model, err);
    return err->code == ERR_NONE && allocate(app, err);
}

/* The first state: defaults, then the command line, then the lesson's first
 * beat, then -p and --state, which win.  What cannot be shown at all is an
 * error here, not a message. */
static bool first_state(App *app, const AppOptions *opt, Err *err) {
    const char *prompt = opt->prompt ? opt->prompt : default_prompt;
    if (opt->theme) app_set_word(app->base.theme, opt->theme);
    if (opt->scale > 0) app->base.scale = opt->scale;
    if (!state_set_prompt(&app->base, prompt, strlen(prompt), err) ||
        !state_copy(&app->state, &app->base, err))
        return false;
    if (app->deck && !go(app, 0, 0, err)) return false;
    if (opt->prompt && !take_prompt(app, prompt, strlen(prompt), err))
        return false;
    if (opt->state && !app_set_state(app, opt->state, err)) return false;
    return update(app, err);
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
    state_init(&app->before_edit);
    app->answer = app->mouse_x = app->mouse_y = -1;
    app->speed = 1;
    app->calm = opt->no_animation;
    app->dirty = true;
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
    deck_close(app->deck);
    tokenizer_close(app->tokenizer);
    model_close(app->model);
    state_free(&app->base);
    state_free(&app->state);
    state_free(&app->goal);
    state_free(&app->before_edit);
    encoding_free(&app->encoding);
    explain_free(&app->explain);
    free(app->ids);
    free(app->labels);
    free(app->label_ids);
    free(app->candidates);
    free(app->cells);
    free(app->draft);
    free(app->clipboard);
    free(app);
}

bool app_settle(App *app, int timeout_ms) {
    bool settled = worker_wait(app->worker, timeout_ms);
    worker_lock(app->worker);
    app_sync(app);
    worker_unlock(app->worker);
    WorkerStatus status = worker_status(app->worker);
    if (settled && status.err.code != ERR_NONE)
        app_say(app, true, "%s", status.err.msg);
    return settled;
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
const Deck *app_deck(const App *app) {
    return app->deck;
}
bool app_dirty(const App *app) {
    return app->dirty;
}
bool app_is_editing(const App *app) {
    return app->mode == APP_EDITING;
}
const char *app_message(const App *app) {
    return app->message;
}
const char *app_clipboard(const App *app) {
    return app->clipboard;
}

AppRequest app_take_request(App *app) {
    AppRequest request = app->request;
    app->request = APP_NOTHING;
    return request;
}
