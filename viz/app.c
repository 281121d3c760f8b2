#include "viz/app_internal.h"

#include "assets/embed.h"
#include "viz/open.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_prompt[] =
    "Once upon a time, there was a little girl named Lily. She";

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
    if (!worker_set_goal(app->worker, &goal, err) ||
        !state_copy(&app->goal, &app->state, err))
        return false;
    app->goal_set = true;
    app->goal_length = length;
    return true;
}

/* A lesson written for a larger model may point past this one's end: what is
 * not there is brought into range, and said. */
static void fit_to_model(App *app) {
    const Config *c = model_config(app->model);
    State *s = &app->state;
    Err err = {0};
    if (s->layer >= c->n_layers || s->head >= c->n_heads) {
        app_say(app, true, "head %d.%d: this model has heads 0.0 to %d.%d",
                s->layer, s->head, c->n_layers - 1, c->n_heads - 1);
        s->layer = s->layer < c->n_layers ? s->layer : c->n_layers - 1;
        s->head = s->head < c->n_heads ? s->head : c->n_heads - 1;
    }
    if (!edits_check(&s->edits, c, &err)) {
        app_say(app, true, "%s", err.msg);
        s->edits = (Edits){0};
    }
}

void app_update(App *app) {
    Err err = {0};
    app->dirty = true;
    fit_to_model(app);
    if (!app->goal_set || !same_text(&app->state, &app->goal))
        if (!encode_prompt(app, &err)) {
            app_say(app, true, "%s", err.msg);
            /* Back to the last text that fitted: the picture stays true. */
            Err ignored = {0};
            state_set_prompt(&app->state, app->goal.prompt,
                             app->goal.prompt_len, &ignored);
            state_set_then(&app->state, app->goal.then, app->goal.n_then,
                           &ignored);
            return;
        }
    if (!set_goal(app, &err)) app_say(app, true, "%s", err.msg);
    worker_wait(app->worker, APP_SAME_FRAME_MS);
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

void app_take_prompt(App *app, const char *text, size_t n) {
    Err err = {0};
    if (!state_set_prompt(&app->state, text, n, &err) ||
        !state_set_then(&app->state, NULL, 0, &err))
        app_say(app, true, "%s", err.msg);
    app->state.length = 0;
    app->state.token = app->state.key = -1;
    app_update(app);
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

void app_enter_beat(App *app, int slide, int beat) {
    app->slide = slide;
    app->beat = beat;
    app->answer = -1;
    app->playing = false;
    app->inspector_scroll = 0;
}

void app_go(App *app, int slide, int beat) {
    if (!app->deck) return;
    Err err = {0};
    State next;
    state_init(&next);
    app_enter_beat(app, slide, beat);
    if (!deck_state_at(app->deck, slide, beat, &app->base, &next, &err) ||
        !state_copy(&app->state, &next, &err))
        app_say(app, true, "%s", err.msg);
    state_free(&next);
    app->state.slide = slide;
    app->state.beat = beat;
    app_update(app);
}

const DeckAsk *app_question(const App *app) {
    if (!app->deck || app->answer >= 0) return NULL;
    const DeckSlide *s = deck_slide(app->deck, app->slide);
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK && s->blocks[i].beat <= app->beat)
            return s->blocks[i].ask;
    return NULL;
}

static Deck *open_embedded_lesson(Err *err) {
    for (const Embed *e = embed_table; e->name; e++)
        if (strcmp(e->name, "lessons/attention.md") == 0)
            return deck_open_memory(e->name, (const char *)e->begin,
                                    (size_t)(e->end - e->begin), err);
    return NULL;
}

/* ---- states ------------------------------------------------------------- */

static bool check_names(const State *s, Err *err) {
    const View *v = view_find(s->view);
    if (!v)
        return err_set(err, ERR_USAGE, 0,
                       "view: found \"%s\", need attention, heads, block or "
                       "next",
                       s->view);
    if (s->set & 1u << STATE_OP && s->op[0] && v->n_ops &&
        view_op(v, s->op) < 0)
        return err_set(err, ERR_USAGE, 0,
                       "op: found \"%s\", the %s view has no such operation",
                       s->op, v->name);
    return true;
}

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

/* What a state string is applied to: where we are, or the beat it names. */
static bool state_below(App *app, const State *given, State *out, Err *err) {
    if (!app->deck || !(given->set & (1u << STATE_SLIDE | 1u << STATE_BEAT)))
        return state_copy(out, &app->state, err);
    int n = deck_n_slides(app->deck);
    int slide = given->slide < n ? given->slide : n - 1;
    n = deck_slide(app->deck, slide)->n_beats;
    int beat = given->beat < n ? given->beat : n - 1;
    app_enter_beat(app, slide, beat);
    return deck_state_at(app->deck, slide, beat, &app->base, out, err);
}

static bool keep_preferences(App *app, State *given, Err *err) {
    given->set &= preference_keys;
    return state_apply(&app->base, given, err);
}

bool app_set_state(App *app, const char *text, Err *err) {
    State given, next;
    state_init(&given);
    state_init(&next);
    bool ok =
        state_parse(&given, text, err) && state_below(app, &given, &next, err);
    /* A new prompt is a new sequence: what followed the old one is gone. */
    if (ok && given.set & 1u << STATE_PROMPT) {
        ok = state_set_then(&next, NULL, 0, err);
        next.set &= ~(1u << STATE_THEN);
    }
    /* Another view has other operations. */
    if (ok && given.set & 1u << STATE_VIEW) next.op[0] = '\0';
    ok = ok && state_apply(&next, &given, err) && check_names(&next, err) &&
         check_ranges(app, &next, err) && state_copy(&app->state, &next, err) &&
         keep_preferences(app, &given, err);
    state_free(&given);
    state_free(&next);
    if (ok) app_update(app);
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
    if (!open_model(opt->model_path, opt->tokenizer_path, &app->model,
                    &app->tokenizer, err))
        return false;
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
        app->deck = open_embedded_lesson(err);
    return err->code == ERR_NONE && allocate(app, err);
}

/* The first state: defaults, then the command line, then the lesson's first
 * beat, then --state and -p, which win. */
static bool first_state(App *app, const AppOptions *opt, Err *err) {
    const char *prompt = opt->prompt ? opt->prompt : default_prompt;
    if (opt->theme)
        snprintf(app->base.theme, sizeof app->base.theme, "%s", opt->theme);
    if (opt->scale > 0) app->base.scale = opt->scale;
    if (!state_set_prompt(&app->base, prompt, strlen(prompt), err) ||
        !state_copy(&app->state, &app->base, err))
        return false;
    if (app->deck) app_go(app, 0, 0);
    if (opt->prompt) app_take_prompt(app, opt->prompt, strlen(opt->prompt));
    if (opt->state && !app_set_state(app, opt->state, err)) return false;
    app_update(app);
    /* What could not be shown at all is an error here, not a message. */
    if (app->message_bad) return err_set(err, ERR_USAGE, 0, "%s", app->message);
    return true;
}

App *app_open(const AppOptions *opt, Err *err) {
    Err own = {0};
    App *app = calloc(1, sizeof *app);
    if (!app) {
        err_memory(err, "the viewer", sizeof *app);
        return NULL;
    }
    state_init(&app->base);
    state_init(&app->state);
    state_init(&app->goal);
    state_init(&app->before_edit);
    app->answer = app->mouse_x = app->mouse_y = -1;
    app->speed = 1;
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
