/* What every command does.  An action that needs a Stage makes one of the
 * current state, without drawing. */
#include "viz/screen/commands.h"

#include "viz/screen/screen_private.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- stepping ----------------------------------------------------------- */

static const Config *config_of(const App *app) {
    return model_config(app_model(app));
}

static void go_to_token(Screen *s, int token) {
    App *app = s->app; /* without a number a BERT's is where [MASK] stands */
    const bool whole = !model_config(app_model(app))->arch->causal;
    app_change(app)->token = token < 0 && whole ? app_n_tokens(app) - 1 : token;
    app_follow(app);
    app_close_cell(app);
    app_update(app);
}

static void step_layer(Screen *s, int dir) {
    App *app = s->app;
    State *state = app_change(app);
    int layer = state->layer + dir;
    if (layer < 0 || layer >= config_of(app)->n_layers) return;
    state->layer = layer;
    app_close_cell(app);
    app_update(app);
}

/* Heads go on into the next layer, so that ] walks through all of them. */
static void step_head(Screen *s, int dir) {
    App *app = s->app;
    State *state = app_change(app);
    const Config *c = config_of(app);
    int i = state->layer * c->n_heads + state->head + dir;
    if (i < 0 || i >= c->n_layers * c->n_heads) return;
    state->layer = i / c->n_heads;
    state->head = i % c->n_heads;
    app_close_cell(app);
    app_update(app);
}

static void show_view(Screen *s, int i) {
    app_show_view(s->app, view_at(i));
}

/* The menu of views at the current one; at view `from_1` - 1. */
static void show_views(Screen *s, int from_1) {
    int i = from_1 - 1;
    if (i < 0)
        for (i = 0; view_at(i) && view_at(i) != app_view(s->app);)
            i++;
    screen_open_menu(s, MENU_VIEWS, i);
}

static void show_here(Screen *s, int unused) {
    (void)unused;
    screen_open_here(s);
}

static void play(Screen *s, int unused) {
    (void)unused;
    app_play(s->app);
}

static void change_speed(Screen *s, int dir) {
    app_change_speed(s->app, dir);
}

/* Waits a moment for what says which number is opened, and which is beside. */
static void await_opened(Screen *s) {
    const View *v = app_view(s->app);
    Scene scene;
    Stage stage;
    app_ask_again(s->app);
    do {
        Opened o = {0};
        app_look(s->app, &scene);
        bool have = screen_stage(s, &scene, NULL, &stage);
        if (have && v->opened) v->opened(&stage, &o);
        if (have && v->beside) v->beside(&stage, 1);
        app_look_away(s->app);
    } while (app_await(s->app));
}

/* Calls what needs a Stage with one of the current state. */
static bool with_stage(Screen *s,
                       bool (*fn)(const Stage *stage, int arg, App *app),
                       int arg) {
    Scene scene;
    Stage stage;
    await_opened(s);
    app_look(s->app, &scene);
    bool ok = screen_stage(s, &scene, NULL, &stage) && fn(&stage, arg, s->app);
    app_look_away(s->app);
    return ok;
}

/* What a view makes of the state. */
static bool change_by(const Stage *s, int dir, App *app,
                      bool (*change)(const Stage *s, int dir, State *next)) {
    State next;
    Err err = {0};
    state_init(&next);
    bool ok = state_copy(&next, app_state(app), &err) && change(s, dir, &next);
    if (strcmp(next.view, app_state(app)->view) != 0) next.op[0] = '\0';
    ok = ok && state_copy(app_change(app), &next, &err);
    state_free(&next);
    return ok;
}

static bool step_view(const Stage *s, int dir, App *app) {
    return change_by(s, dir, app, app_view(app)->step);
}

static bool step_op(const Stage *s, int dir, App *app) {
    const View *v = app_view(app);
    ViewOp op;
    if (s->op + dir < 0 || !v->op(s->config->arch, s->op + dir, &op))
        return false;
    app_set_word(app_change(app)->op, op.name);
    if (!v->walks) app_change(app)->elem = -1;
    app_new_place(app);
    return true;
}

static void step_operation(Screen *s, int dir) {
    App *app = s->app;
    const View *v = app_view(app);
    const bool stepped = v->step ? with_stage(s, step_view, dir)
                                 : v->op && with_stage(s, step_op, dir);
    if (stepped || (v->tells_next && !app_must_write(app))) app_update(app);
}

static Opened opened_by(const Stage *s, const App *app) {
    Opened o = {0};
    if (app_view(app)->opened) app_view(app)->opened(s, &o);
    return o;
}

/* Opens element `elem`, `dir` beside the opened one; false where there is
 * none.  A view opens something else for what lies beyond a vector's end. */
static bool open_element(const Stage *s, const Opened *o, int elem, int dir,
                         App *app) {
    Stage there = *s;
    Opened next = {0};
    there.elem = elem;
    app_view(app)->opened(&there, &next);
    bool beside = next.index == o->index + dir;
    if (next.site != o->site) /* RoPE's keys follow its queries */
        beside = dir > 0 ? next.index == 0 : o->index == 0;
    if (elem >= 0 && beside) app_change(app)->elem = elem;
    return elem >= 0 && beside;
}

/* Moves what is opened by one: an element within its vector, or the key that a
 * score or a weight is about. */
static bool move_opened(const Stage *s, int dir, App *app) {
    if (app_view(app)->beside) {
        int elem = app_view(app)->beside(s, dir);
        if (elem >= 0) app_change(app)->elem = elem;
        return elem >= 0;
    }
    Opened o = opened_by(s, app);
    if (o.kind == OPENED_CELL && !site_info(o.site)->per_key)
        return (s->elem >= 0 && open_element(s, &o, s->elem + dir, dir, app)) ||
               open_element(s, &o, o.index + dir, dir, app);
    int key = s->key + dir;
    if (key < 0 || key >= s->n_keys_shown) return false;
    app_change(app)->key = key;
    return true;
}

static bool opens_vector(const Stage *s, int unused, App *app) {
    (void)unused;
    if (app_view(app)->beside) return true;
    Opened o = opened_by(s, app);
    return o.kind == OPENED_CELL && !site_info(o.site)->per_key;
}

static void open_beside(Screen *s, int dir) {
    if (!with_stage(s, move_opened, dir)) return;
    app_unfold(s->app);
    app_update(s->app);
}

/* Another number of the same row, where a view has them. */
static bool step_number(const Stage *s, int dir, App *app) {
    ViewOp op;
    if (s->op + dir < 0 ||
        !app_view(app)->op(s->config->arch, s->op + dir, &op))
        return false;
    app_set_word(app_change(app)->op, op.name);
    return true;
}

static bool move_across(const Stage *s, int dir, App *app) {
    return change_by(s, dir, app, app_view(app)->across);
}

static void open_across(Screen *s, int dir) {
    const View *v = app_view(s->app);
    bool row = v->op && v->step;
    if (!with_stage(s,
                    v->across ? move_across
                    : row     ? step_number
                              : move_opened,
                    dir))
        return;
    screen_keep_in_sight(s);
    app_unfold(s->app);
    app_update(s->app);
}

static void step_token(Screen *s, int dir) {
    if (app_view(s->app)->walks)
        open_across(s, dir);
    else
        app_step_token(s->app, dir);
}

/* From the first term on; the panel knows where the last one is. */
static void scroll_terms(Screen *s, int dir) {
    screen_scroll(s, &panel_inspector, 3 * dir);
}

static bool move_below(const Stage *s, int dir, App *app) {
    return change_by(s, dir, app, app_view(app)->below);
}

/* Up and down keep the opened column while the row moves. */
static void open_row(Screen *s, int dir) {
    App *app = s->app;
    State *state = app_change(app);
    if (app_view(app)->below) {
        if (!with_stage(s, move_below, dir)) return;
        app_unfold(app);
        app_update(app);
        return;
    }
    if (with_stage(s, opens_vector, 0)) {
        open_beside(s, dir);
        return;
    }
    int key = state->key, pos = app_pos(app) + dir;
    if (pos < 0 || pos >= app_n_tokens(app)) return;
    state->token = pos;
    const Config *c = model_config(app_model(app));
    state->key = key > pos && !edits_two_way(&state->edits, c) ? pos : key;
    screen_keep_in_sight(s);
    app_update(app);
}

/* Writes the token of the opened logit. */
static void take_opened(Screen *s, int unused) {
    (void)unused;
    Scene scene;
    Stage stage;
    Opened o = {0};
    await_opened(s);
    app_look(s->app, &scene);
    if (screen_stage(s, &scene, NULL, &stage)) o = opened_by(&stage, s->app);
    app_look_away(s->app);
    bool opened = o.kind == OPENED_CELL || o.kind == OPENED_MADE;
    if (opened && o.site == SITE_LOGITS)
        app_force(s->app, o.index);
    else
        app_say(s->app, false, "open a token's logit first: in Next token");
}

/* ---- interventions ------------------------------------------------------ */

static void set_edit(App *app, EditKind kind, int layer, int index,
                     float scale) {
    app_put_edit(app, (Edit){kind, layer, index, scale, 0});
}

static void toggle_edit(App *app, EditKind kind, int layer, int index) {
    const Edits *e = &app_state(app)->edits;
    const bool touched = edits_get(e, kind, layer, index) != 1;
    set_edit(app, kind, layer, index, touched ? 1 : 0);
}

/* The part that is selected: what the view says, else the head. */
static bool find_part(const Stage *s, App *app, EditKind *kind, int *layer,
                      int *index) {
    const View *v = app_view(app);
    *kind = EDIT_HEAD;
    *layer = s->layer;
    *index = s->head;
    return !v->part || v->part(s, kind, layer, index);
}

static bool toggle_part(const Stage *s, int arg, App *app) {
    (void)arg;
    EditKind kind;
    int layer, index;
    if (!find_part(s, app, &kind, &layer, &index)) return false;
    toggle_edit(app, kind, layer, index);
    return true;
}

static void toggle_selected(Screen *s, int unused) {
    (void)unused;
    if (with_stage(s, toggle_part, 0)) app_update(s->app);
}

/* The next of these factors up or down, from any. */
static float step_factor(float now, int dir) {
    static const float factors[] = {-1,    0,    0.25f, 0.5f, 0.75f, 1,
                                    1.25f, 1.5f, 2,     3,    4};
    enum { N = sizeof factors / sizeof *factors };
    if (dir > 0)
        for (int i = 0; i < N; i++)
            if (factors[i] > now) return factors[i];
    if (dir < 0)
        for (int i = N - 1; i >= 0; i--)
            if (factors[i] < now) return factors[i];
    return now;
}

static bool scale_part(const Stage *s, int dir, App *app) {
    if (app_view(app)->turn) return change_by(s, dir, app, app_view(app)->turn);
    EditKind kind;
    int layer, index;
    if (!find_part(s, app, &kind, &layer, &index)) return false;
    const float now = edits_get(&s->state->edits, kind, layer, index);
    set_edit(app, kind, layer, index, step_factor(now, dir));
    return true;
}

static void scale_selected(Screen *s, int dir) {
    if (with_stage(s, scale_part, dir)) app_update(s->app);
}

static bool toggle_division(const Stage *s, int arg, App *app) {
    (void)arg;
    toggle_edit(app, EDIT_RAW, s->layer, s->head);
    return true;
}

static void toggle_raw(Screen *s, int unused) {
    (void)unused;
    if (with_stage(s, toggle_division, 0)) app_update(s->app);
}

static bool toggle_rotation(const Stage *s, int everywhere, App *app) {
    toggle_edit(app, EDIT_ROPE, everywhere ? EDITS_EVERY_LAYER : s->layer, 0);
    return true;
}

static void toggle_rope(Screen *s, int everywhere) {
    if (with_stage(s, toggle_rotation, everywhere)) app_update(s->app);
}

static bool toggle_key(const Stage *s, int arg, App *app) {
    (void)arg;
    if (s->key < 0) return false;
    toggle_edit(app, EDIT_CUT, 0, s->key);
    return true;
}

/* The token whose weight is open, for all later ones. */
static void toggle_cut(Screen *s, int unused) {
    (void)unused;
    if (with_stage(s, toggle_key, 0))
        app_update(s->app);
    else
        app_say(s->app, false, "open the weight of a token first");
}

static void toggle_mask(Screen *s, int unused) {
    (void)unused;
    App *app = s->app;
    State *state = app_change(app);
    state->edits.no_mask = !state->edits.no_mask;
    if (!state->edits.no_mask) state->key = -1;
    app_update(app);
}

static void hide_token(Screen *s, int unused) {
    (void)unused;
    app_hide_token(s->app);
}

static void restore(Screen *s, int unused) {
    (void)unused;
    app_change(s->app)->edits = (Edits){0};
    app_update(s->app);
}

static void edit_prompt(Screen *s, int unused) {
    (void)unused;
    app_begin_editing(s->app);
}

/* ---- sampling ----------------------------------------------------------- */

static void change_param(Screen *s, SamplerParam i, int dir) {
    const float now = sampler_get(&app_state(s->app)->sampler, i);
    app_set_number(s->app, state_sampler_key(i),
                   now + sampler_param(i)->step * (float)dir);
}

static void change_temperature(Screen *s, int dir) {
    change_param(s, SAMPLER_TEMPERATURE, dir);
}

static void change_top_k(Screen *s, int dir) {
    change_param(s, SAMPLER_TOP_K, dir);
}

static void change_top_p(Screen *s, int dir) {
    change_param(s, SAMPLER_TOP_P, dir);
}

static void change_min_p(Screen *s, int dir) {
    change_param(s, SAMPLER_MIN_P, dir);
}

/* ---- the lesson --------------------------------------------------------- */

/* Whether there is another page of a long slide's text. */
static bool has_page(Screen *s, int dir) {
    const PanelPlace *p = screen_place(s, &panel_slide);
    const bool shown = p->rect.w > 0 && p->scroll_most < INT_MAX;
    return shown && (dir > 0 ? p->scroll < p->scroll_most : p->scroll > 0);
}

/* What is too long is read to its end first. */
static void step_beat(Screen *s, int dir) {
    if (has_page(s, dir))
        screen_scroll(s, &panel_slide, dir);
    else
        app_step_beat(s->app, dir);
}

static void open_other_model(Screen *s, int unused) {
    (void)unused;
    app_open_other_model(s->app);
}

static void begin_going(Screen *s, int unused) {
    (void)unused;
    app_begin_going(s->app);
}

static void reset(Screen *s, int unused) {
    (void)unused;
    app_reset(s->app);
}

/* ---- preferences and the window ----------------------------------------- */

static void next_colormap(Screen *s, int unused) {
    (void)unused;
    App *app = s->app;
    State *state = app_change(app);
    Colormap m = COLORMAP_VIRIDIS;
    colormap_find(state->colormap, &m);
    const char *name = colormap_name((Colormap)((m + 1) % COLORMAP_COUNT));
    app_set_word(state->colormap, name);
    app_prefer(app, STATE_COLORMAP);
    app_say(app, false, "colour map: %s", name);
}

static void toggle_theme(Screen *s, int unused) {
    (void)unused;
    App *app = s->app;
    State *state = app_change(app);
    const char *name = strcmp(state->theme, "dark") == 0 ? "light" : "dark";
    app_set_word(state->theme, name);
    app_prefer(app, STATE_THEME);
}

static void toggle_motion(Screen *s, int unused) {
    (void)unused;
    State *state = app_change(s->app);
    state->motion = !state->motion;
    app_prefer(s->app, STATE_MOTION);
    app_say(s->app, false, "motion %s", state->motion ? "on" : "off");
}

static void change_scale(Screen *s, int dir) {
    App *app = s->app;
    if (s->presents) { /* only what the room does not see */
        screen_size_notes(s, dir);
        return;
    }
    State *state = app_change(app);
    state->scale = screen_step_scale(state->scale, dir);
    app_prefer(app, STATE_SCALE);
    char text[96];
    if (s->width == 0) return; /* nothing was drawn yet */
    screen_scale_text(s, s->width, s->height, text, sizeof text);
    app_say(app, false, "%s", text);
}

static void zoom_off(Screen *s, int unused) {
    (void)unused;
    screen_zoom_off(s);
}

static void pan_aside(Screen *s, int dir) {
    screen_pan(s, 0, dir);
}

static void pan_down(Screen *s, int dir) {
    screen_pan(s, dir, 0);
}

static void flip_word(char *word, const char *a, const char *b) {
    app_set_word(word, strcmp(word, a) == 0 ? b : a);
}

/* What is one thing or the other. */
static void flip(Screen *s, int key) {
    State *state = app_change(s->app);
    if (key == STATE_SINK) state->sink = !state->sink;
    if (key == STATE_OPENED) flip_word(state->opened, "now", "before");
    if (key == STATE_OVER)
        flip_word(app_view(s->app)->walks ? state->learns : state->over, "text",
                  "stories");
}

static void next_order(Screen *s, int unused) {
    (void)unused;
    App *app = s->app;
    State *state = app_change(app);
    const View *v = app_view(app);
    const Arch *a = model_config(app_model(app))->arch;
    if (!v->order) return;
    const char *word = v->order(a, view_order(v, a, state->sort) + 1);
    app_set_word(state->sort, word ? word : v->order(a, 0));
}

static void keep_head(Screen *s, int head_and_1) {
    const int head = head_and_1 > 0 ? head_and_1 - 1 : app_state(s->app)->head;
    if (!app_keep_head(s->app, head))
        app_say(s->app, false, "lines of %d heads are kept; let one go first",
                STATE_HEADS_MAX);
}

static void change_least(Screen *s, int dir) {
    app_step_least(s->app, dir);
}

static void export_here(Screen *s, int unused) {
    (void)unused;
    Err err = {0};
    char path[1200];
    if (screen_export(s, NULL, 1920, 1080, app_state(s->app)->scale, false,
                      path, sizeof path, &err))
        app_say(s->app, false, "saved %s", path);
    else
        app_say(s->app, true, "%s", err.msg);
}

static void copy_state(Screen *s, int unused) {
    (void)unused;
    screen_say_places(s);
    app_copy(s->app);
}

static void ask_window(Screen *s, int request) {
    app_request(s->app, (AppRequest)request);
}

static void toggle_black(Screen *s, int unused) {
    (void)unused;
    app_toggle_black(s->app);
}

static void undo(Screen *s, int dir) {
    if (app_undo_pen(s->app, dir)) return;
    app_undo(s->app, dir);
}

static void go_back(Screen *s, int dir) {
    app_go_back(s->app, dir);
}

static void find_token(Screen *s, int unused) {
    (void)unused;
    app_begin_finding(s->app);
}

/* By what is shown. */
static void scroll_rows(Screen *s, int dir) {
    screen_scroll_list(s, dir * screen_list_rows(s));
}

static void help(Screen *s, int unused) {
    (void)unused;
    app_help(s->app, true);
}

static void leave(Screen *s, int unused) {
    (void)unused;
    app_leave(s->app);
}

static void open_marked(Screen *s, int unused) {
    (void)unused;
    if (s->has_marked)
        screen_pick(s, &s->marked);
    else
        app_say(s->app, false, "nothing is marked ▸ in the arithmetic shown");
}

/* Any other command puts the explained term away; leaving does no more. */
static bool put_term_away(Screen *s, Command c) {
    if (s->term < 0 || c == CMD_TERM_NEXT || c == CMD_TERM_PREV) return false;
    s->term = -1;
    s->dirty = true;
    return c == CMD_LEAVE;
}

static void show(Screen *s, int shown) {
    app_show(s->app, (Shown)shown);
}

/* Where both do not fit, slide and stage take turns. */
static void show_next(Screen *s, int unused) {
    (void)unused;
    const Shown now = app_shown(s->app);
    const bool stage = now == SHOWN_STAGE || screen_folds_slide(s);
    app_show(s->app, now == SHOWN_SLIDE ? SHOWN_BOTH
                     : stage            ? SHOWN_SLIDE
                                        : SHOWN_STAGE);
}

/* ---- the palette --------------------------------------------------------- */

static void open_palette(Screen *s, int unused) {
    (void)unused;
    app_begin_choosing(s->app);
}

static void open_start(Screen *s, int unused) {
    (void)unused;
    app_open_page(s->app, PAGE_START);
}

/* ---- all commands -------------------------------------------------------- */

typedef struct Action {
    void (*run)(Screen *s, int arg);
    int arg; /* that of the key or hit is added */
    /* A presenter's screen does it with its own notes; all else is done in the
     * room. */
    bool of_notes;
} Action;

/* Panels are shown and hidden by their rows.  What answers a question comes by
 * the digit (app_take_key) or the mouse. */
static const Action actions[CMD_COUNT] = {
    [CMD_OPEN_MARKED] = {open_marked, 0, false},
    [CMD_TERM_NEXT] = {screen_step_term, +1, false},
    [CMD_TERM_PREV] = {screen_step_term, -1, false},
    [CMD_TOKEN_NEXT] = {step_token, +1, false},
    [CMD_TOKEN_PREV] = {step_token, -1, false},
    [CMD_TOKEN_FIRST] = {go_to_token, 0, false},
    [CMD_TOKEN_LAST] = {go_to_token, -1, false},
    [CMD_LAYER_UP] = {step_layer, +1, false},
    [CMD_LAYER_DOWN] = {step_layer, -1, false},
    [CMD_HEAD_PREV] = {step_head, -1, false},
    [CMD_HEAD_NEXT] = {step_head, +1, false},
    [CMD_OP_NEXT] = {step_operation, +1, false},
    [CMD_OP_PREV] = {step_operation, -1, false},
    [CMD_VIEW] = {show_view, 0, false}, /* and the key's own */
    [CMD_VIEWS] = {show_views, 0, false},
    [CMD_HERE] = {show_here, 0, false},
    [CMD_BEAT_NEXT] = {step_beat, +1, false},
    [CMD_BEAT_PREV] = {step_beat, -1, false},
    [CMD_OPEN_LEFT] = {open_across, -1, false},
    [CMD_OPEN_RIGHT] = {open_across, +1, false},
    [CMD_OPEN_UP] = {open_row, -1, false},
    [CMD_OPEN_DOWN] = {open_row, +1, false},
    [CMD_TERMS_DOWN] = {scroll_terms, +1, false},
    [CMD_TERMS_UP] = {scroll_terms, -1, false},
    [CMD_TAKE] = {take_opened, 0, false},
    [CMD_EDIT_PROMPT] = {edit_prompt, 0, false},
    [CMD_PLAY] = {play, 0, false},
    [CMD_FASTER] = {change_speed, +1, false},
    [CMD_SLOWER] = {change_speed, -1, false},
    [CMD_TOGGLE_PART] = {toggle_selected, 0, false},
    [CMD_FACTOR_UP] = {scale_selected, +1, false},
    [CMD_FACTOR_DOWN] = {scale_selected, -1, false},
    [CMD_TOGGLE_RAW] = {toggle_raw, 0, false},
    [CMD_TOGGLE_ROPE] = {toggle_rope, 0, false},
    [CMD_TOGGLE_EVERY_ROPE] = {toggle_rope, 1, false},
    [CMD_TOGGLE_CUT] = {toggle_cut, 0, false},
    [CMD_TOGGLE_MASK] = {toggle_mask, 0, false},
    [CMD_HIDE_TOKEN] = {hide_token, 0, false},
    [CMD_RESTORE] = {restore, 0, false},
    [CMD_RESET] = {reset, 0, false},
    [CMD_EXPORT] = {export_here, 0, false},
    [CMD_COPY_STATE] = {copy_state, 0, false},
    [CMD_PASTE] = {ask_window, APP_PASTE, false},
    [CMD_COLORMAP] = {next_colormap, 0, false},
    [CMD_MOTION] = {toggle_motion, 0, false},
    [CMD_THEME] = {toggle_theme, 0, false},
    [CMD_SORT] = {next_order, 0, false},
    [CMD_OVER] = {flip, STATE_OVER, false},
    [CMD_SINK] = {flip, STATE_SINK, false},
    [CMD_KEEP_HEAD] = {keep_head, 0, false},
    [CMD_LEAST_UP] = {change_least, +1, false},
    [CMD_LEAST_DOWN] = {change_least, -1, false},
    [CMD_OPENED_RUN] = {flip, STATE_OPENED, false},
    [CMD_SCALE_UP] = {change_scale, +1, true},
    [CMD_SCALE_DOWN] = {change_scale, -1, true},
    [CMD_SCALE_RESET] = {change_scale, 0, true},
    [CMD_ZOOM_IN] = {screen_zoom, +1, false},
    [CMD_ZOOM_OUT] = {screen_zoom, -1, false},
    [CMD_ZOOM_OFF] = {zoom_off, 0, false},
    [CMD_PAN_LEFT] = {pan_aside, -1, false},
    [CMD_PAN_RIGHT] = {pan_aside, +1, false},
    [CMD_PAN_UP] = {pan_down, -1, false},
    [CMD_PAN_DOWN] = {pan_down, +1, false},
    [CMD_HOTTER] = {change_temperature, +1, false},
    [CMD_COLDER] = {change_temperature, -1, false},
    [CMD_TOP_K_MORE] = {change_top_k, +1, false},
    [CMD_TOP_K_LESS] = {change_top_k, -1, false},
    [CMD_TOP_P_MORE] = {change_top_p, +1, false},
    [CMD_TOP_P_LESS] = {change_top_p, -1, false},
    [CMD_MIN_P_MORE] = {change_min_p, +1, false},
    [CMD_MIN_P_LESS] = {change_min_p, -1, false},
    [CMD_PRESENT] = {ask_window, APP_PRESENT, false},
    [CMD_FREEZE] = {ask_window, APP_FREEZE, false},
    [CMD_SWAP] = {ask_window, APP_SWAP, false},
    [CMD_PAUSE_CLOCK] = {screen_pause_clock, 0, false},
    [CMD_POINTER] = {screen_next_pointer, 0, false},
    [CMD_PEN] = {screen_next_pen, 0, false},
    [CMD_PEN_CLEAR] = {screen_clear_pen, 0, false},
    [CMD_LENS] = {screen_toggle_lens, 0, false},
    [CMD_NOTES] = {screen_toggle_notes, 0, false},
    [CMD_NOTES_ON] = {screen_turn_notes, +1, true},
    [CMD_NOTES_BACK] = {screen_turn_notes, -1, true},
    [CMD_NOTES_LARGER] = {screen_size_notes, +1, false},
    [CMD_NOTES_SMALLER] = {screen_size_notes, -1, false},
    [CMD_FULLSCREEN] = {ask_window, APP_FULLSCREEN, false},
    [CMD_BLACK] = {toggle_black, 0, false},
    [CMD_SHOW] = {show, 0, false}, /* and the key's own */
    [CMD_SHOW_NEXT] = {show_next, 0, false},
    [CMD_GOTO] = {begin_going, 0, false},
    [CMD_OVERVIEW] = {screen_overview, 0, false},
    [CMD_SLIDE] = {screen_to_slide, 0, false}, /* and the hit's own */
    [CMD_OPEN_MODEL] = {open_other_model, 0, false},
    [CMD_HELP] = {help, 0, false},
    [CMD_UNDO] = {undo, -1, false},
    [CMD_REDO] = {undo, +1, false},
    [CMD_BACK] = {go_back, -1, false},
    [CMD_FORWARD] = {go_back, +1, false},
    [CMD_FIND] = {find_token, 0, false},
    [CMD_ROWS_DOWN] = {scroll_rows, +1, false},
    [CMD_ROWS_UP] = {scroll_rows, -1, false},
    [CMD_PALETTE] = {open_palette, 0, false},
    [CMD_START] = {open_start, 0, false},
    [CMD_LEAVE] = {leave, 0, false},
    [CMD_COUNT_HANDS] = {screen_count_hands, 0, false},
    [CMD_OTHER_VOTE] = {screen_other_vote, 0, false},
    [CMD_HINT] = {screen_show_hint, 0, false},
    [CMD_QUIT] = {ask_window, APP_QUIT, false},
};

static void toggle(Screen *s, Command c) {
    for (int i = 0; s->panels[i]; i++)
        if (c != CMD_NONE && s->panels[i]->toggle == c)
            screen_toggle(s, s->panels[i]);
}

bool commands_are_of_notes(Command c) {
    return actions[c].of_notes;
}

static Screen *run_by(Screen *s, Command c) {
    return s->presents && !commands_are_of_notes(c) ? s->presents : s;
}

void commands_run(Screen *on, Command c, int arg) {
    Screen *s = run_by(on, c);
    app_touch(s->app);
    if (put_term_away(s, c)) return;
    if (screen_close_menu(s) && c == CMD_LEAVE) return;
    if (!commands_leave_page(c)) app_close_page(s->app);
    if (app_shown(s->app) == SHOWN_SLIDE && !commands_leave_slide(c))
        app_show(s->app, SHOWN_BOTH);
    if (actions[c].run)
        actions[c].run(s, actions[c].arg + arg);
    else
        toggle(s, c);
}
