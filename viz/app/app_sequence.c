/* The sequence of tokens that the state names, and the worker's goal. */
#include "viz/app/app_private.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "engine/run/generate.h"
#include "engine/spec/arch.h"
#include "viz/views/masked.h"

#include <stdio.h>
#include <string.h>

int app_encode_flags(const State *s) {
    return TOKENIZER_BOS | (s->special ? TOKENIZER_SPECIAL : 0);
}

/* Encodes a state's prompt and appends the tokens that followed it: n ids. */
static bool encode(const App *app, const State *s, Encoding *encoding, int *ids,
                   int *n, Err *err) {
    const char *text = s->prompt ? s->prompt : "";
    if (!tokenizer_encode(app->tokenizer, text, s->prompt_len,
                          app_encode_flags(s), encoding, err))
        return false;
    *n = encoding->n + s->n_then;
    if (*n > app->seq_len)
        return err_set(err, ERR_LIMIT, 0,
                       "the text has %d tokens, this model's context holds %d",
                       *n, app->seq_len);
    for (int i = 0; i < encoding->n; i++)
        ids[i] = encoding->tokens[i].id;
    for (int i = 0; i < s->n_then; i++)
        ids[encoding->n + i] = s->then[i];
    return true;
}

static bool encode_prompt(App *app, Err *err) {
    int n;
    if (!encode(app, &app->state, &app->encoding, app->ids, &n, err))
        return false;
    char lost[256];
    if (encoding_lost(&app->encoding, app->state.prompt, lost, sizeof lost))
        app_say(app, false, "%s", lost);
    app->n_prompt = app->encoding.n;
    app->n_ids = n;
    return true;
}

static bool same_text(const State *a, const State *b) {
    return a->special == b->special && a->prompt_len == b->prompt_len &&
           memcmp(a->prompt ? a->prompt : "", b->prompt ? b->prompt : "",
                  a->prompt_len) == 0 &&
           a->n_then == b->n_then &&
           (a->n_then == 0 ||
            memcmp(a->then, b->then, (size_t)a->n_then * sizeof(int)) == 0);
}

static bool same_sampling(const State *a, const State *b) {
    bool same = a->seed == b->seed;
    for (int i = 0; i < SAMPLER_PARAMS; i++)
        same = same && sampler_get(&a->sampler, (SamplerParam)i) ==
                           sampler_get(&b->sampler, (SamplerParam)i);
    return same;
}

/* Tokens that are there stay whatever the sampler's settings become; those to
 * come are drawn as the state says now, and no more of them. */
static bool same_goal(const App *app, int length) {
    const State *a = &app->state, *b = &app->goal;
    const bool same_tokens =
        app->goal_length <= app->n_ids
            ? length <= app->n_ids
            : length == app->goal_length && same_sampling(a, b);
    return app->goal_set && same_tokens && same_text(a, b) &&
           edits_equal(&a->edits, &b->edits) &&
           strcmp(a->against, b->against) == 0;
}

bool app_writes(const App *app) {
    return model_config(app->model)->arch->causal;
}

bool app_must_write(App *app) {
    Err err = {0};
    const bool writes = generate_check(app->model, &err);
    if (!writes) app_say(app, true, "%s", err.msg);
    return writes;
}

/* How long the sequence should be for what the state points at. */
static int wanted_length(const App *app) {
    int length = app->n_ids;
    if (!app_writes(app)) return length;
    if (app->state.token >= length) length = app->state.token + 1;
    if (app->state.length > length) length = app->state.length;
    return length < app->seq_len ? length : app->seq_len;
}

/* Why nothing is compared: in `unlike`. */
static bool say_unlike(App *app, const char *why) {
    snprintf(app->unlike, sizeof app->unlike,
             "%s cannot be compared with %s: %s", model_name(app->item->model),
             model_name(app->other_item->model), why);
    return true;
}

/* The model of the run that it is compared with.  One of another frame, or of
 * other tokens, is not: `unlike` says so. */
static bool take_other_model(App *app, Err *err) {
    const ShelfItem *item = app_item_for(app, app->against.model, err);
    char why[STATE_PATH_MAX] = "";
    app->other_item = item;
    if (!item) return false;
    if (shelf_alike(item, app->item)) return true;
    if (edits_take(&app->state.edits))
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "edits: freeze, patch and steer@ take from a run of the "
                       "same architecture and shape, and %s is no such model",
                       model_name(item->model));
    if (shelf_comparable(item, app->item)) return true;
    const size_t n = (size_t)snprintf(why, sizeof why, "it has ");
    shelf_unlike(item, app->item, why + n, sizeof why - n);
    return say_unlike(app, why);
}

/* Whether the other model has all of these tokens: it may have pieces less. */
static bool has_tokens(App *app, const int *ids, int n) {
    const Tokenizer *t = app->other_item->tokenizer;
    char why[STATE_PATH_MAX], name[64];
    for (int i = 0; i < n; i++)
        if (ids[i] >= tokenizer_n_pieces(t)) {
            tokenizer_show(app->tokenizer, ids[i], name, sizeof name);
            snprintf(why, sizeof why, "it has no %s", name);
            return !say_unlike(app, why);
        }
    return true;
}

/* [MASK] by the id that it has in that run's model. */
static void name_other_mask(App *app) {
    if (app->other_item)
        edits_name_mask(&app->against.edits,
                        tokenizer_mask(app->other_item->tokenizer));
}

/* The goal of the run that the state's is compared with; *is: there is one. */
static bool make_against(App *app, GoalAgainst *out, bool *is, Err *err) {
    const State *s = &app->against;
    int n = 0;
    *out = (GoalAgainst){0};
    app->unlike[0] = '\0';
    *is = state_compares(&app->state);
    if (!*is) return true;
    if (!state_against(&app->state, &app->against, &out->same_tokens, err) ||
        !take_other_model(app, err))
        return false;
    name_other_mask(app);
    *is = !app->unlike[0];
    if (*is && !out->same_tokens &&
        !encode(app, s, &app->other, app->other_ids, &n, err))
        return false;
    *is = *is && (out->same_tokens ? has_tokens(app, app->ids, app->n_ids)
                                   : has_tokens(app, app->other_ids, n));
    out->goal = (Goal){.model = app->other_item->model,
                       .drawn = tokenizer_drawn(app->other_item->tokenizer),
                       .tokens = app->other_ids,
                       .n_tokens = n,
                       .length = n,
                       .edits = s->edits,
                       .sampler = s->sampler,
                       .seed = s->seed};
    return true;
}

/* The sampler's settings do not make another run, but another picture. */
static bool refresh_against(App *app, Err *err) {
    bool same_tokens;
    if (!state_compares(&app->state)) return true;
    const bool ok =
        state_against(&app->state, &app->against, &same_tokens, err);
    name_other_mask(app);
    return ok;
}

static bool set_goal(App *app, Err *err) {
    int length = wanted_length(app);
    app->is_new_goal = !same_goal(app, length);
    if (!app->is_new_goal) return refresh_against(app, err);
    Goal goal = {.model = app->model,
                 .drawn = tokenizer_drawn(app->tokenizer),
                 .tokens = app->ids,
                 .n_tokens = app->n_ids,
                 .length = length,
                 .edits = app->state.edits,
                 .sampler = app->state.sampler,
                 .seed = app->state.seed};
    GoalAgainst against;
    bool compares;
    app->goal_set =
        make_against(app, &against, &compares, err) &&
        worker_set_goal(app->worker, &goal, compares ? &against : NULL, err) &&
        state_copy(&app->goal, &app->state, err);
    if (!app->goal_set) return false; /* the next one begins anew */
    app->goal_length = length;
    return true;
}

/* Back to the last text that fitted, and its model: the picture stays true. */
static void restore(App *app) {
    Err ignored = {0};
    state_set_prompt(&app->state, app->goal.prompt, app->goal.prompt_len,
                     &ignored);
    state_set_then(&app->state, app->goal.then, app->goal.n_then, &ignored);
    if (strcmp(app->state.model, app->goal.model) == 0) return;
    memcpy(app->state.model, app->goal.model, sizeof app->state.model);
    if (!app_take_model(app, &ignored)) return;
    app_fit(app);
    if (encode_prompt(app, &ignored)) set_goal(app, &ignored);
}

/* Of the newest change.  Whoever walks over the steps of training takes one
 * step in what is shown, though each is another run. */
static int patience_ms(const App *app) {
    return app->is_new_goal && !app_view(app)->walks ? APP_SAME_FRAME_MS
                                                     : APP_STEP_MS;
}

bool app_try(App *app, Err *err) {
    const double start = clock_seconds();
    app_touch(app);
    if (!app_take_model(app, err)) {
        restore(app);
        return false;
    }
    app_fit(app);
    app_place_panels(app);
    app_place_cover(app);
    bool same = app->goal_set && same_text(&app->state, &app->goal);
    if ((!same && !encode_prompt(app, err)) || !set_goal(app, err)) {
        restore(app);
        return false;
    }
    worker_wait(app->worker, patience_ms(app));
    app->turn++;
    app->awaits_until = start + 1e-3 * patience_ms(app);
    return true;
}

bool app_adopt(App *app, State *next, Err *err) {
    State before = app->state;
    app->state = *next;
    bool ok = app_try(app, err);
    *next = ok ? before : app->state;
    if (!ok) app->state = before;
    return ok;
}

void app_update(App *app) {
    Err err = {0};
    if (!app_try(app, &err)) app_say(app, true, "%s", err.msg);
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
    app->goal_length = num_max(app->goal_length, app->n_ids);
}

/* ---- stepping and writing ------------------------------------------------ */

int app_n_tokens(const App *app) {
    return app->n_ids;
}

/* Where nothing says which: the last; of a model that is asked for what stands
 * at a place the first that is hidden, else the text's last. */
static int default_pos(const App *app) {
    int best = app->n_ids - 1, most = 0;
    if (app_writes(app)) return best;
    for (int i = app->n_ids - 1; i >= 0; i--) {
        const int worth =
            masked_worth(app->tokenizer, &app->state.edits, i, app->ids[i]);
        if (worth > most || worth == 2) best = i;
        most = num_max(most, worth);
    }
    return best;
}

int app_pos(const App *app) {
    int t = app->state.token, n = app->n_ids;
    return t < 0 || t >= n ? default_pos(app) : t;
}

void app_step_token(App *app, int dir) {
    int pos = app_pos(app) + dir;
    if (pos < 0) return;
    if (pos >= app->n_ids && !app_must_write(app)) {
        app->playing = false;
        return;
    }
    if (pos >= app->seq_len) {
        app_say(app, true, "the context is full: %d tokens", app->seq_len);
        app->playing = false;
        return;
    }
    app->state.token = pos;
    app_follow(app);
    app_close_cell(app);
    app_update(app);
}

bool app_try_prompt(App *app, const char *text, size_t n, Err *err) {
    State next;
    state_init(&next);
    bool ok = state_copy(&next, &app->state, err) &&
              state_set_prompt(&next, text, n, err) &&
              state_set_then(&next, NULL, 0, err);
    next.length = 0;
    next.token = next.key = next.at[0] = next.at[1] = -1;
    ok = ok && app_adopt(app, &next, err);
    state_free(&next);
    return ok;
}

void app_take_prompt(App *app, const char *text, size_t n) {
    Err err = {0};
    if (!app_try_prompt(app, text, n, &err)) app_say(app, true, "%s", err.msg);
}

/* Text of a piece as it stands at a place of the prompt: the blank before the
 * first word is the tokenizer's own, and of WordPiece before all words. */
static const char *text_at(const App *app, const Token *old, const Piece *p,
                           size_t *n) {
    const char *prompt = app->state.prompt;
    const bool first =
        old->begin == 0 && app->state.prompt_len > 0 && prompt[0] != ' ';
    const bool spaced = tokenizer_is_wordpiece(app->tokenizer) &&
                        (old->begin == 0 || prompt[old->begin - 1] == ' ');
    const bool own = p->len > 0 && p->bytes[0] == ' ' && (first || spaced);
    *n = (size_t)(p->len - own);
    return p->bytes + own;
}

static bool hide_token(App *app, Err *err) {
    const Arch *a = model_config(app->model)->arch;
    const int mask = tokenizer_mask(app->tokenizer), pos = app_pos(app);
    const Edit hidden = {
        .kind = EDIT_TOKEN, .index = pos, .scale = 1, .other = mask};
    if (mask < 0 || arch_ahead(a) > 0)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "nothing is hidden from %s: it has no [MASK]", a->title);
    if (app->ids[pos] == mask)
        return err_set(err, ERR_USAGE, 0,
                       "the text itself has [MASK] at %d: / edits it", pos);
    if (masked_worth(app->tokenizer, &app->state.edits, pos, app->ids[pos]) ==
        0)
        return err_set(err, ERR_USAGE, 0,
                       "token %d is no word of the text: only those are hidden",
                       pos);
    app->state.token = pos;
    if (edits_token(&app->state.edits, pos, app->ids[pos]) != mask)
        return edits_put(&app->state.edits, hidden) ||
               err_set(err, ERR_LIMIT, 0,
                       "no more than %d parts can be changed", EDITS_MAX);
    edits_read_again(&app->state.edits, pos);
    return true;
}

void app_hide_token(App *app) {
    Err err = {0};
    if (hide_token(app, &err))
        app_update(app);
    else
        app_say(app, false, "%s", err.msg);
}

/* The token there becomes another; what follows it in the prompt stays. */
static void replace_in_prompt(App *app, int pos, int id) {
    const Token old = app->encoding.tokens[pos];
    const Piece piece = tokenizer_piece(app->tokenizer, id);
    const char *prompt = app->state.prompt;
    if (old.end == old.begin &&
        arch_ahead(model_config(app->model)->arch) == 0) {
        app_say(app, true, "token %d is not of the text: it stands around it",
                pos);
        return;
    }
    if (piece.is_control) {
        app_say(app, true, "token %d: a control token is no text", id);
        return;
    }
    size_t n;
    const char *with = text_at(app, &old, &piece, &n);
    const size_t rest = app->state.prompt_len - old.end;
    const size_t size = old.begin + n + rest;
    if (size > TOKENIZER_PROMPT_MAX) {
        app_say(app, true, "a prompt holds %d bytes", TOKENIZER_PROMPT_MAX);
        return;
    }
    /* The draft is free: the prompt is not being edited. */
    memcpy(app->draft, prompt, old.begin);
    memcpy(app->draft + old.begin, with, n);
    memcpy(app->draft + old.begin + n, prompt + old.end, rest);
    app_take_prompt(app, app->draft, size);
    if (pos >= app->n_ids) return;
    app->state.token = pos;
    edits_read_again(&app->state.edits, pos);
    app_update(app);
}

void app_force(App *app, int id) {
    Err err = {0};
    int pos = app_pos(app) + arch_ahead(model_config(app->model)->arch);
    if (pos < app->n_prompt) {
        replace_in_prompt(app, pos, id);
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
