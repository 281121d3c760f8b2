/* The state: changed by commands and by strings, checked against what this
 * model and program have, and written as a string. */
#include "viz/app/app_private.h"

#include "engine/base/num.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What belongs to the room, not to the place: a new beat keeps it. */
static const StateKeys preference_keys =
    STATE_BIT(STATE_THEME) | STATE_BIT(STATE_COLORMAP) |
    STATE_BIT(STATE_SCALE) | STATE_BIT(STATE_INSPECTOR) |
    STATE_BIT(STATE_SOURCE) | STATE_BIT(STATE_MOTION) | STATE_BIT(STATE_NOTES) |
    STATE_BIT(STATE_NOTES_SIZE);
static const StateKeys entry_keys =
    STATE_BIT(STATE_LESSONS) | STATE_BIT(STATE_ENTRY);
static const StateKeys panel_keys = STATE_BIT(STATE_INSPECTOR) |
                                    STATE_BIT(STATE_SOURCE) |
                                    STATE_BIT(STATE_NOTES);

/* ---- what there is ------------------------------------------------------- */

#define LIST_MAX 400

/* " a b c", of words one after another. */
static void list_word(char list[LIST_MAX], const char *word) {
    const size_t n = strlen(list);
    snprintf(list + n, LIST_MAX - n, " %s", word);
}

static bool no_such_view(const char *name, Err *err) {
    char list[LIST_MAX] = "";
    for (int i = 0; i < view_count(); i++)
        list_word(list, view_at(i)->name);
    return err_set(err, ERR_USAGE, 0, "view: found \"%s\"; views are%s", name,
                   list);
}

static bool no_such_op(const View *v, const Arch *a, const char *name,
                       Err *err) {
    char list[LIST_MAX] = "";
    ViewOp op;
    for (int i = 0; v->op(a, i, &op); i++)
        list_word(list, op.name);
    return err_set(err, ERR_USAGE, 0,
                   "op: found \"%s\"; operations of the %s view are%s", name,
                   v->name, list);
}

static bool no_such_order(const View *v, const char *name, Err *err) {
    char list[LIST_MAX] = "";
    for (int i = 0; v->order(NULL, i); i++)
        list_word(list, v->order(NULL, i));
    return err_set(err, ERR_USAGE, 0,
                   "sort: found \"%s\"; orders of the %s view are%s", name,
                   v->name, list);
}

static bool check_names(const Arch *a, const State *s, Err *err) {
    const View *v = view_find(s->view);
    if (!v) return no_such_view(s->view, err);
    if (s->op[0] && v->op && view_op(v, a, s->op) < 0)
        return no_such_op(v, a, s->op, err);
    if (v->order && view_order(v, NULL, s->sort) < 0)
        return no_such_order(v, s->sort, err);
    return true;
}

static bool check_edits(const Edits *e, const ShelfItem *item, Err *err) {
    Edits named = *e;
    edits_name_mask(&named, tokenizer_mask(item->tokenizer));
    return edits_check(&named, model_config(item->model), err);
}

/* The run that it is compared with is one that a model can make. */
static bool check_against(App *app, const State *s, Err *err) {
    bool same_tokens;
    State other;
    Err inner = {0};
    const ShelfItem *item = NULL;
    if (!state_compares(s)) return true;
    state_init(&other);
    const bool ok = state_against(s, &other, &same_tokens, &inner) &&
                    (item = app_item_for(app, other.model, &inner)) != NULL &&
                    check_edits(&other.edits, item, &inner);
    state_free(&other);
    return ok || err_set(err, inner.code, 0, "against: %s", inner.msg);
}

static bool check_token(int seq_len, const State *s, Err *err) {
    return s->token < seq_len ||
           err_set(err, ERR_USAGE, 0, "token: found %d, need 0 to %d", s->token,
                   seq_len - 1);
}

static bool check_step(const State *s, Err *err) {
    return s->step <= LIVE_STEPS_MAX ||
           err_set(err, ERR_USAGE, 0, "step: found %d, need 0 to %d", s->step,
                   LIVE_STEPS_MAX);
}

static bool check_then(int vocab, const State *s, Err *err) {
    for (int i = 0; i < s->n_then; i++)
        if (s->then[i] >= vocab)
            return err_set(err, ERR_USAGE, 0, "then: found %d, need 0 to %d",
                           s->then[i], vocab - 1);
    return true;
}

/* A model that is not open in a worker yet may get a shorter context there. */
static int context_of(const App *app, const ShelfItem *item) {
    return item == app->item ? app->seq_len
                             : model_config(item->model)->seq_len_max;
}

static bool check_ranges(App *app, const ShelfItem *item, const State *s,
                         Err *err) {
    const Config *c = model_config(item->model);
    if (s->layer >= c->n_layers)
        return err_set(err, ERR_USAGE, 0, "layer: found %d, need 0 to %d",
                       s->layer, c->n_layers - 1);
    if (s->head >= c->n_heads)
        return err_set(err, ERR_USAGE, 0, "head: found %d, need 0 to %d",
                       s->head, c->n_heads - 1);
    for (int i = 0; i < s->heads.n; i++)
        if (s->heads.at[i] >= c->n_heads)
            return err_set(err, ERR_USAGE, 0, "heads: found %d, need 0 to %d",
                           s->heads.at[i], c->n_heads - 1);
    return check_token(context_of(app, item), s, err) && check_step(s, err) &&
           check_then(c->vocab_size, s, err) &&
           check_edits(&s->edits, item, err) && check_against(app, s, err);
}

/* The model that a state names has what it names. */
static bool check(App *app, const State *s, Err *err) {
    const ShelfItem *item = app_item_for(app, s->model, err);
    return item && check_names(model_config(item->model)->arch, s, err) &&
           check_ranges(app, item, s, err);
}

/* Those that another model has more of go without a word: they are a choice
 * of what to see. */
static void drop_heads(StateHeads *h, int n_heads) {
    StateHeads kept = {0};
    for (int i = 0; i < h->n; i++)
        if (h->at[i] < n_heads) kept.at[kept.n++] = h->at[i];
    *h = kept;
}

/* A lesson may point past what this model or program has: what is not there is
 * brought into range, and said. */
void app_fit(App *app) {
    const Config *c = model_config(app->model);
    State *s = &app->state;
    Err err = {0};
    if (!check_names(c->arch, s, &err)) {
        if (!view_find(s->view)) app_set_word(s->view, view_default()->name);
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
    drop_heads(&s->heads, c->n_heads);
    if (!check_token(app->seq_len, s, &err)) s->token = app->seq_len - 1;
    if (!check_step(s, &err)) s->step = LIVE_STEPS_MAX;
    if (!check_then(c->vocab_size, s, &err)) state_set_then(s, NULL, 0, NULL);
    edits_name_mask(&s->edits, tokenizer_mask(app->tokenizer));
    if (!edits_check(&s->edits, c, &err)) edits_fit(&s->edits, c);
    if (!check_against(app, s, &err)) s->against[0] = '\0';
    app_fit_answers(app);
    if (err.code != ERR_NONE) app_say(app, true, "%s", err.msg);
}

/* ---- changing it --------------------------------------------------------- */

State *app_change(App *app) {
    return &app->state;
}

bool app_put_edit(App *app, Edit part) {
    if (edits_put(&app->state.edits, part)) return true;
    app_say(app, true,
            "no more than %d parts can be changed, %d of them at every "
            "position",
            EDITS_MAX, EDITS_EVERY_MAX);
    return false;
}

void app_set_word(char field[STATE_WORD_MAX], const char *word) {
    snprintf(field, STATE_WORD_MAX, "%s", word);
}

void app_new_place(App *app) {
    app->state.terms = 0;
    app->opened++;
}

void app_follow(App *app) {
    app->state.at[0] = app->state.at[1] = -1;
}

void app_close_cell(App *app) {
    app->state.key = app->state.elem = -1;
    app->state.row = app->state.across = -1;
    app_new_place(app);
}

const View *app_view(const App *app) {
    const View *v = view_find(app->state.view);
    return v ? v : view_default();
}

void app_show_view(App *app, const View *v) {
    if (!v) return;
    const View *old = view_find(app->state.view);
    if (v != old && (v->own_zoom || (old && old->own_zoom))) {
        app->state.zoom = 1;
        app->state.at[0] = app->state.at[1] = -1;
    }
    app_set_word(app->state.view, v->name);
    app->state.op[0] = '\0';
    app_set_word(app->state.part, "none");
    app_set_word(app->state.number, "none");
    app->state.elem = -1;
    app->state.row = app->state.across = -1;
    app_new_place(app);
    app_update(app);
}

static int find_head(const StateHeads *h, int head) {
    for (int i = 0; i < h->n; i++)
        if (h->at[i] == head) return i;
    return -1;
}

static bool add_head(StateHeads *h, int head) {
    if (find_head(h, head) >= 0) return true;
    if (h->n == STATE_HEADS_MAX) return false;
    h->at[h->n++] = head;
    return true;
}

bool app_keep_head(App *app, int head) {
    StateHeads *h = &app->state.heads, more = *h;
    const int i = find_head(h, head);
    if (i < 0) {
        const bool fits =
            add_head(&more, app->state.head) && add_head(&more, head);
        if (fits) *h = more;
        return fits;
    }
    for (int k = i; k + 1 < h->n; k++)
        h->at[k] = h->at[k + 1];
    h->at[--h->n] = 0;
    return true;
}

void app_step_least(App *app, int dir) {
    static const float steps[] = {0,   .01f, .02f, .05f, .1f, .15f,
                                  .2f, .3f,  .4f,  .5f,  .7f, .9f};
    enum { N = sizeof steps / sizeof *steps };
    float *least = &app->state.least;
    int i = dir > 0 ? 0 : N - 1;
    while (i >= 0 && i < N &&
           (dir > 0 ? steps[i] <= *least : steps[i] >= *least))
        i += dir;
    if (i >= 0 && i < N) *least = steps[i];
    app_update(app);
}

/* A slider of the least weight gives its root, as colours are spread by. */
static void set_least(App *app, float root) {
    const float least = roundf(root * root * 100) / 100;
    app->state.least = fminf(fmaxf(least, 0), 1);
    app_update(app);
}

void app_set_number(App *app, StateKey key, float v) {
    if (key == STATE_LEAST) {
        set_least(app, v);
        return;
    }
    if (key == STATE_SHIFT || key == STATE_APART) {
        int *places =
            key == STATE_SHIFT ? &app->state.shift : &app->state.apart;
        *places = num_clamp((int)lroundf(v), -STATE_SHIFT_MAX, STATE_SHIFT_MAX);
        app_update(app);
        return;
    }
    const int i = (int)key - (int)state_sampler_key(0);
    if (i < 0 || i >= SAMPLER_PARAMS || !app_must_write(app)) return;
    sampler_set(&app->state.sampler, (SamplerParam)i, v,
                model_config(app->model)->vocab_size);
    app_update(app);
}

void app_set_size(App *app, ShapeDim d, double size) {
    Shape *shape = &app->state.shape;
    const Config *c = model_config(app->model);
    const int nearest = shape_nearest(shape, c, d, size);
    if (nearest == 0) return;
    shape->n[d] = nearest == shape_of(c).n[d] ? 0 : nearest;
    app_update(app);
}

/* Where a panel's word stands in State. */
static size_t panel_at(StateKey key) {
    return key == STATE_SOURCE  ? offsetof(State, source)
           : key == STATE_NOTES ? offsetof(State, notes)
                                : offsetof(State, inspector);
}

const char *app_panel(const App *app, StateKey key) {
    return (const char *)&app->state + panel_at(key);
}

void app_prefer(App *app, StateKey key) {
    const State *s = &app->state;
    if (key == STATE_THEME)
        app_set_word(app->base.theme, s->theme);
    else if (key == STATE_COLORMAP)
        app_set_word(app->base.colormap, s->colormap);
    else if (key == STATE_SCALE)
        app->base.scale = s->scale;
    else if (key == STATE_MOTION)
        app->base.motion = s->motion;
    else if (key == STATE_NOTES_SIZE)
        app->base.notes_size = s->notes_size;
    else
        app_set_word((char *)&app->base + panel_at(key), app_panel(app, key));
}

/* ---- what screens do of their own ---------------------------------------- */

static bool same_panels(const App *app) {
    return strcmp(app->panels.source, app->state.source) == 0 &&
           strcmp(app->panels.inspector, app->state.inspector) == 0 &&
           strcmp(app->panels.notes, app->state.notes) == 0;
}

static void know_panels(App *app) {
    app_set_word(app->panels.inspector, app->state.inspector);
    app_set_word(app->panels.source, app->state.source);
    app_set_word(app->panels.notes, app->state.notes);
}

void app_place_panels(App *app) {
    if (!same_panels(app)) app->placed++;
    know_panels(app);
}

void app_set_panel(App *app, StateKey key, const char *word) {
    app_set_word((char *)&app->state + panel_at(key), word);
    app_prefer(app, key);
    know_panels(app);
}

void app_unfold(App *app) {
    if (strcmp(app->state.inspector, "off") == 0)
        app_set_word(app_change(app)->inspector, app->base.inspector);
}

static int *scroll_of(State *s, StateKey key) {
    return key == STATE_PAGE     ? &s->page
           : key == STATE_COLUMN ? &s->column
           : key == STATE_NOTE   ? &s->note
                                 : &s->terms;
}

int app_scroll(const App *app, StateKey key) {
    State s = app->state; /* whose memory it borrows */
    return *scroll_of(&s, key);
}

void app_set_scroll(App *app, StateKey key, int first) {
    *scroll_of(&app->state, key) =
        first < STATE_NUMBER_MAX ? first : STATE_NUMBER_MAX;
}

/* What covers all is no part of the place: a beat keeps it, undo leaves it. */
static const char *cover_of(const App *app) {
    return app->black                  ? "black"
           : app->mode == APP_HELPING  ? "help"
           : app->mode == APP_OVERVIEW ? "slides"
           : app->page == PAGE_START   ? "start"
           : app->page == PAGE_END     ? "end"
                                       : "none";
}

static void set_cover(App *app, const State *s) {
    const char *word = s->cover;
    app->black = strcmp(word, "black") == 0;
    app_end_overview(app);
    if (strcmp(word, "start") == 0)
        app_open_page(app, PAGE_START);
    else if (strcmp(word, "end") == 0)
        app_open_page(app, PAGE_END);
    else
        app_close_page(app);
    if (strcmp(word, "help") == 0)
        app->mode = APP_HELPING;
    else if (app->mode == APP_HELPING)
        app->mode = APP_STEPPING;
    if (strcmp(s->cover, "slides") != 0) return;
    app_begin_overview(app);
    if (s->chosen > 0) app_choose_slide(app, s->chosen - 1);
}

/* Nor is what is chosen of it. */
static void set_entries(App *app, const State *s, StateKeys named) {
    if (named & STATE_BIT(STATE_LESSONS))
        app->by_subject = strcmp(s->lessons, "subject") == 0;
    if (named & STATE_BIT(STATE_ENTRY)) app->entry = s->entry;
}

void app_place_cover(App *app) {
    State *s = &app->state;
    const char *none = state_key_default(STATE_COVER);
    const char *slide = state_key_default(STATE_LESSONS);
    if (strcmp(s->cover, none) != 0) set_cover(app, s);
    if (strcmp(s->lessons, slide) != 0)
        set_entries(app, s, STATE_BIT(STATE_LESSONS));
    if (s->entry != 0) set_entries(app, s, STATE_BIT(STATE_ENTRY));
    app_set_word(s->cover, none);
    app_set_word(s->lessons, slide);
    s->entry = s->chosen = 0;
}

/* Of what is covered itself, as a page by the help, nothing is said. */
static void say_cover(const App *app, State *out) {
    const char *cover = cover_of(app);
    app_set_word(out->cover, cover);
    if (strcmp(cover, "slides") == 0) out->chosen = app->chosen + 1;
    if (strcmp(cover, "start") != 0 && strcmp(cover, "end") != 0) return;
    app_set_word(out->lessons, app->by_subject ? "subject" : "slide");
    out->entry = app->entry;
}

/* ---- state strings ------------------------------------------------------- */

/* True when a state string names a beat of the lesson that is open. */
static bool names_beat(const App *app, const State *given) {
    return app->deck &&
           given->set & (STATE_BIT(STATE_SLIDE) | STATE_BIT(STATE_BEAT));
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

static bool check_cover(const App *app, const State *given, Err *err) {
    if (strcmp(given->cover, "slides") == 0 && !app->deck)
        return err_set(err, ERR_USAGE, 0,
                       "cover: found \"slides\", no lesson is open");
    const int n = app->deck ? deck_n_slides(app->deck) : 0;
    return given->chosen <= n ||
           err_set(err, ERR_USAGE, 0,
                   "chosen: found %d, need 0 to %d, the slides there are",
                   given->chosen, n);
}

static bool keep_preferences(App *app, State *given, Err *err) {
    given->set &= preference_keys;
    return state_apply(&app->base, given, err);
}

/* A view and a text are a whole place, as copied ones are: what it does not
 * name is as at the start. */
static bool whole_place(const App *app, State *next, Err *err) {
    if (!state_copy(next, &app->base, err)) return false;
    if (!app->deck) return true;
    next->slide = app->slide + 1;
    next->beat = app->beat;
    return true;
}

/* Who names something of the model wants to see it. */
static void show_what_is_named(const App *app, const State *given,
                               State *next) {
    const StateKeys layout = STATE_BIT(STATE_PANEL) | STATE_BIT(STATE_STAGE);
    const StateKeys elsewhere =
        preference_keys | STATE_BIT(STATE_SLIDE) | STATE_BIT(STATE_BEAT) |
        STATE_BIT(STATE_ANSWER) | STATE_BIT(STATE_PAGE) |
        STATE_BIT(STATE_COLUMN) | STATE_BIT(STATE_COVER) |
        STATE_BIT(STATE_NOTE) | STATE_BIT(STATE_CHOSEN) | entry_keys;
    if (given->set & ~elsewhere && !(given->set & layout) &&
        app_shown_in(app, next) == SHOWN_SLIDE)
        app_set_word(next->panel, "both");
}

/* A state string goes on top of where we are, or of the beat it names. */
static bool set_state(App *app, State *given, State *next, Err *err) {
    const StateKeys whole = STATE_BIT(STATE_VIEW) | STATE_BIT(STATE_PROMPT);
    bool beat = names_beat(app, given);
    bool ok =
        beat ? check_beat(app, given, err) &&
                   app_beat_state(app, given->slide - 1, given->beat, next, err)
        : (given->set & whole) == whole ? whole_place(app, next, err)
                                        : state_copy(next, &app->state, err);
    ok = ok &&
         app_check_answers(app, beat ? given->slide - 1 : app->slide, given,
                           err) &&
         check_cover(app, given, err) && state_apply(next, given, err);
    show_what_is_named(app, given, next);
    if (!ok || !check(app, next, err) || !app_adopt(app, next, err))
        return false;
    if (beat) app_enter_beat(app, given->slide - 1, given->beat);
    app_take_play(app);
    app->opened++;
    if (given->set & panel_keys) app->placed++;
    if (given->set & STATE_BIT(STATE_COVER))
        set_cover(app, given);
    else if (given->set & ~(preference_keys | entry_keys))
        app_close_page(app);
    set_entries(app, given, given->set);
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

/* The keys that the stages up to this beat name: applied on top of the beat,
 * they must win over it even at their default. */
static StateKeys staged_keys(const App *app) {
    State plain, staged;
    Err ignored = {0};
    if (app_is_astray(app)) return 0;
    state_init(&plain);
    state_init(&staged);
    const bool ok = deck_state_at(app->deck, app->slide, app->beat, &plain,
                                  &staged, &ignored);
    const StateKeys keys = ok ? staged.set : app->state.set;
    state_free(&staged);
    return keys;
}

/* A fresh viewer has a text of its own, so the prompt is always said. */
size_t app_state_text(const App *app, char *out, size_t size) {
    State differing, shown = app->state; /* whose memory it borrows */
    Err err = {0};
    say_cover(app, &shown);
    state_init(&differing);
    size_t n = state_format(&shown, STATE_ALL, out, size);
    if (n < size && state_parse(&differing, out, &err)) {
        StateKeys keys =
            differing.set | STATE_BIT(STATE_VIEW) | STATE_BIT(STATE_PROMPT);
        if (app->deck)
            keys |= staged_keys(app) | STATE_BIT(STATE_SLIDE) |
                    STATE_BIT(STATE_BEAT) | STATE_BIT(STATE_PANEL);
        n = state_format(&shown, keys, out, size);
    }
    state_free(&differing);
    return n;
}
