/* The state: changed by commands and by strings, checked against what this
 * model and program have, and written as a string. */
#include "viz/app/app_private.h"

#include <stdio.h>
#include <string.h>

/* What belongs to the room, not to the place: a new beat keeps it. */
static const uint32_t preference_keys =
    1u << STATE_THEME | 1u << STATE_COLORMAP | 1u << STATE_SCALE;

/* ---- what there is ------------------------------------------------------- */

static bool no_such_view(const char *name, Err *err) {
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; i < view_count() && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 view_at(i)->name);
    return err_set(err, ERR_USAGE, 0, "view: found \"%s\"; views are%s", name,
                   list);
}

static bool check_names(const App *app, const State *s, Err *err) {
    const View *v = view_find(s->view);
    if (!v) return no_such_view(s->view, err);
    const Arch *a = model_config(app->model)->arch;
    if (s->op[0] && v->op && view_op(v, a, s->op) < 0)
        return err_set(err, ERR_USAGE, 0,
                       "op: found \"%s\", the %s view has no such operation",
                       s->op, v->name);
    if (v->n_orders && view_order(v, s->sort) < 0)
        return err_set(err, ERR_USAGE, 0,
                       "sort: found \"%s\", the %s view has no such order",
                       s->sort, v->name);
    return true;
}

/* The run that it is compared with is one that the model can make. */
static bool check_against(const App *app, const State *s, Err *err) {
    bool same_tokens;
    State other;
    Err inner = {0};
    if (!state_compares(s)) return true;
    state_init(&other);
    const bool ok = state_against(s, &other, &same_tokens, &inner) &&
                    edits_check(&other.edits, model_config(app->model), &inner);
    state_free(&other);
    return ok || err_set(err, inner.code, 0, "against: %s", inner.msg);
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
    return edits_check(&s->edits, c, err) && check_against(app, s, err);
}

/* A lesson may point past what this model or program has: what is not there is
 * brought into range, and said. */
void app_fit(App *app) {
    const Config *c = model_config(app->model);
    State *s = &app->state;
    Err err = {0};
    if (!check_names(app, s, &err)) {
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
    if (!check_against(app, s, &err)) s->against[0] = '\0';
    if (err.code != ERR_NONE) app_say(app, true, "%s", err.msg);
}

/* ---- changing it --------------------------------------------------------- */

State *app_change(App *app) {
    return &app->state;
}

void app_set_word(char field[STATE_WORD_MAX], const char *word) {
    snprintf(field, STATE_WORD_MAX, "%s", word);
}

void app_new_place(App *app) {
    app->opened++;
}

void app_close_cell(App *app) {
    app->state.key = app->state.elem = -1;
    app->state.row = 0;
    app_new_place(app);
}

const View *app_view(const App *app) {
    const View *v = view_find(app->state.view);
    return v ? v : view_at(0);
}

void app_show_view(App *app, const View *v) {
    if (!v) return;
    app_set_word(app->state.view, v->name);
    app->state.op[0] = '\0';
    app->state.elem = -1;
    app->state.row = 0;
    app_new_place(app);
    app_update(app);
}

void app_set_number(App *app, StateKey key, float v) {
    const int i = (int)key - (int)state_sampler_key(0);
    if (i < 0 || i >= SAMPLER_PARAMS) return;
    sampler_set(&app->state.sampler, (SamplerParam)i, v,
                model_config(app->model)->vocab_size);
    app_update(app);
}

void app_prefer(App *app, StateKey key) {
    const State *s = &app->state;
    if (key == STATE_THEME)
        app_set_word(app->base.theme, s->theme);
    else if (key == STATE_COLORMAP)
        app_set_word(app->base.colormap, s->colormap);
    else if (key == STATE_SCALE)
        app->base.scale = s->scale;
}

/* ---- state strings ------------------------------------------------------- */

/* True when a state string names a beat of the lesson that is open. */
static bool names_beat(const App *app, const State *given) {
    return app->deck && given->set & (1u << STATE_SLIDE | 1u << STATE_BEAT);
}

static bool check_beat(const App *app, const State *given, Err *err) {
    int n = deck_n_slides(app->deck);
    if (given->slide > n)
        return err_set(err, ERR_USAGE, 0,
                       "slide: found %d, this lesson has 1 to %d", given->slide,
                       n);
    n = deck_slide(app->deck, given->slide - 1)->n_beats;
    return given->beat < n ||
           err_set(err, ERR_USAGE, 0, "beat: found %d, slide %d has 0 to %d",
                   given->beat, given->slide, n - 1);
}

static bool keep_preferences(App *app, State *given, Err *err) {
    given->set &= preference_keys;
    return state_apply(&app->base, given, err);
}

/* A state string goes on top of where we are, or of the beat it names. */
static bool set_state(App *app, State *given, State *next, Err *err) {
    bool beat = names_beat(app, given);
    bool ok =
        beat ? check_beat(app, given, err) &&
                   app_beat_state(app, given->slide - 1, given->beat, next, err)
             : state_copy(next, &app->state, err);
    if (!ok || !state_apply(next, given, err) || !check_names(app, next, err) ||
        !check_ranges(app, next, err) || !app_adopt(app, next, err))
        return false;
    if (beat) app_enter_beat(app, given->slide - 1, given->beat);
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
