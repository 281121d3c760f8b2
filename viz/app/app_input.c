#include "viz/app/app_private.h"

#include "viz/screen/keys.h"

#include <math.h>
#include <string.h>

/* ---- stepping ----------------------------------------------------------- */

static const Config *config_of(const App *app) {
    return model_config(app->model);
}

static float clampf(float v, float lo, float hi) {
    return fminf(fmaxf(v, lo), hi);
}

static void close_cell(App *app) {
    app->state.key = app->state.elem = -1;
    app->inspector_scroll = 0;
}

void app_step_token(App *app, int dir) {
    int pos = app_pos(app, app->n_ids) + dir;
    if (pos < 0) return;
    if (pos >= app->seq_len) {
        app_say(app, true, "the context is full: %d tokens", app->seq_len);
        app->playing = false;
        return;
    }
    app->state.token = pos;
    close_cell(app);
    app_update(app);
}

static void go_to_token(App *app, int token) {
    app->state.token = token;
    close_cell(app);
    app_update(app);
}

static void step_layer(App *app, int dir) {
    int layer = app->state.layer + dir;
    if (layer < 0 || layer >= config_of(app)->n_layers) return;
    app->state.layer = layer;
    close_cell(app);
    app_update(app);
}

/* Heads go on into the next layer, so that ] walks through all of them. */
static void step_head(App *app, int dir) {
    const Config *c = config_of(app);
    int i = app->state.layer * c->n_heads + app->state.head + dir;
    if (i < 0 || i >= c->n_layers * c->n_heads) return;
    app->state.layer = i / c->n_heads;
    app->state.head = i % c->n_heads;
    close_cell(app);
    app_update(app);
}

void app_show_view(App *app, const View *v) {
    if (!v) return;
    app_set_word(app->state.view, v->name);
    app->state.op[0] = '\0';
    app->state.elem = -1;
    app->inspector_scroll = 0;
    app_update(app);
}

static void show_view(App *app, int i) {
    app_show_view(app, view_at(i));
}

static void play(App *app, int unused) {
    (void)unused;
    app->playing = !app->playing;
    app->play_next_ms = app->now_ms + APP_PLAY_MS;
}

static void change_speed(App *app, int dir) {
    float speed = dir > 0 ? app->speed * 2 : app->speed / 2;
    app->speed = clampf(speed, .25f, 8);
}

/* Calls what needs a Stage with one of the current state, without drawing. */
static bool with_stage(App *app, bool (*fn)(const Stage *s, int arg, App *app),
                       int arg) {
    worker_lock(app->worker);
    Stage s;
    bool ok = app_stage(app, NULL, &s) && fn(&s, arg, app);
    worker_unlock(app->worker);
    return ok;
}

static bool step_view(const Stage *s, int dir, App *app) {
    State next;
    Err err = {0};
    state_init(&next);
    bool ok = state_copy(&next, &app->state, &err) &&
              app_view(app)->step(s, dir, &next);
    if (strcmp(next.view, app->state.view) != 0) next.op[0] = '\0';
    ok = ok && state_copy(&app->state, &next, &err);
    state_free(&next);
    return ok;
}

static bool step_op(const Stage *s, int dir, App *app) {
    const View *v = app_view(app);
    int op = s->op + dir;
    if (op < 0 || op >= v->n_ops) return false;
    app_set_word(app->state.op, v->ops[op].name);
    app->state.elem = -1;
    app->inspector_scroll = 0;
    return true;
}

static void step_operation(App *app, int dir) {
    const View *v = app_view(app);
    if (v->n_ops ? with_stage(app, step_op, dir)
                 : v->step && with_stage(app, step_view, dir))
        app_update(app);
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
    if (elem >= 0 && beside) app->state.elem = elem;
    return elem >= 0 && beside;
}

/* Moves what is opened by one: an element within its vector, or the key that a
 * score or a weight is about. */
static bool move_opened(const Stage *s, int dir, App *app) {
    Opened o = {0};
    if (app_view(app)->beside) {
        int elem = app_view(app)->beside(s, dir);
        if (elem >= 0) app->state.elem = elem;
        return elem >= 0;
    }
    if (app_view(app)->opened) app_view(app)->opened(s, &o);
    if (o.kind == OPENED_CELL && !site_info(o.site)->per_key)
        return (s->elem >= 0 && open_element(s, &o, s->elem + dir, dir, app)) ||
               open_element(s, &o, o.index + dir, dir, app);
    int key = s->key + dir;
    if (key < 0 || key >= trace_n_keys(s->trace, s->pos)) return false;
    app->state.key = key;
    return true;
}

static bool opens_vector(const Stage *s, int unused, App *app) {
    (void)unused;
    Opened o = {0};
    if (app_view(app)->opened) app_view(app)->opened(s, &o);
    return o.kind == OPENED_CELL && !site_info(o.site)->per_key;
}

static void open_beside(App *app, int dir) {
    if (with_stage(app, move_opened, dir)) app_update(app);
}

/* From the first term on; the panel knows where the last one is. */
static void scroll_terms(App *app, int dir) {
    app->inspector_scroll += 3 * dir;
    if (app->inspector_scroll < 0) app->inspector_scroll = 0;
}

/* Up and down keep the opened column while the row moves. */
static void open_row(App *app, int dir) {
    if (with_stage(app, opens_vector, 0)) {
        open_beside(app, dir);
        return;
    }
    int key = app->state.key, pos = app_pos(app, app->n_ids) + dir;
    if (pos < 0 || pos >= app->n_ids) return;
    app->state.token = pos;
    app->state.key = key > pos && !app->state.edits.no_mask ? pos : key;
    app_update(app);
}

/* Notes the token of the opened logit. */
static bool opened_token(const Stage *s, int unused, App *app) {
    (void)unused;
    Opened o = {0};
    if (app_view(app)->opened) app_view(app)->opened(s, &o);
    app->take = o.index;
    return o.kind == OPENED_CELL && o.site == SITE_LOGITS;
}

static void take_opened(App *app, int unused) {
    (void)unused;
    if (with_stage(app, opened_token, 0))
        app_force(app, app->take);
    else
        app_say(app, false, "open a token's logit first: in Next token");
}

/* ---- interventions ------------------------------------------------------ */

static bool toggle_part(const Stage *s, int arg, App *app) {
    (void)arg;
    EditKind kind = EDIT_HEAD;
    int layer = s->layer, index = s->head;
    const View *v = app_view(app);
    if (v->part && !v->part(s, &kind, &layer, &index)) return false;
    Edits *e = &app->state.edits;
    float now = edits_get(e, kind, layer, index);
    if (!edits_set(e, kind, layer, index, now == 1 ? 0 : 1))
        app_say(app, true, "no more than %d parts can be switched off",
                EDITS_MAX);
    return true;
}

static void toggle_selected(App *app, int unused) {
    (void)unused;
    if (with_stage(app, toggle_part, 0)) app_update(app);
}

static void toggle_mask(App *app, int unused) {
    (void)unused;
    app->state.edits.no_mask = !app->state.edits.no_mask;
    if (!app->state.edits.no_mask) app->state.key = -1;
    app_update(app);
}

static void restore(App *app, int unused) {
    (void)unused;
    app->state.edits = (Edits){0};
    app_update(app);
}

static void edit_prompt(App *app, int unused) {
    (void)unused;
    app_edit_begin(app);
}

/* ---- sampling ----------------------------------------------------------- */

void app_set_number(App *app, StateKey key, float v) {
    SamplerParams *p = &app->state.sampler;
    switch (key) {
    case STATE_TEMPERATURE: /* to whole twentieths, exact to read aloud */
        p->temperature = roundf(clampf(v, 0, 2) * 20) / 20;
        break;
    case STATE_TOP_K:
        p->top_k = (int)clampf(roundf(v), 0, (float)config_of(app)->vocab_size);
        break;
    case STATE_TOP_P:
        p->top_p = roundf(clampf(v, .05f, 1) * 100) / 100;
        break;
    case STATE_MIN_P:
        p->min_p = roundf(clampf(v, 0, .5f) * 100) / 100;
        break;
    default:
        return;
    }
    app_update(app);
}

static void change_temperature(App *app, int dir) {
    app_set_number(app, STATE_TEMPERATURE,
                   app->state.sampler.temperature + .1f * (float)dir);
}

static void change_top_k(App *app, int dir) {
    app_set_number(app, STATE_TOP_K, (float)(app->state.sampler.top_k + dir));
}

static void change_min_p(App *app, int dir) {
    app_set_number(app, STATE_MIN_P,
                   app->state.sampler.min_p + .01f * (float)dir);
}

static void change_top_p(App *app, int dir) {
    app_set_number(app, STATE_TOP_P,
                   app->state.sampler.top_p + .05f * (float)dir);
}

/* ---- the lesson --------------------------------------------------------- */

static void step_beat(App *app, int dir) {
    if (!app->deck) {
        app_say(app, false, "no lesson is open");
        return;
    }
    int slide = app->slide, beat = app->beat + dir;
    if (beat >= deck_slide(app->deck, slide)->n_beats) {
        if (++slide >= deck_n_slides(app->deck)) return;
        beat = 0;
    } else if (beat < 0) {
        if (--slide < 0) return;
        beat = deck_slide(app->deck, slide)->n_beats - 1;
    }
    app_go(app, slide, beat);
}

void app_answer(App *app, int option) {
    const DeckAsk *ask = app_question(app);
    if (!ask || option >= ask->n_options) return;
    app->answer = option;
    app->dirty = true;
}

static void go_key(App *app, const char *key) {
    bool digit = key[0] >= '0' && key[0] <= '9' && !key[1];
    app->dirty = true;
    if (digit && app->going < 1000) {
        app->going = app->going * 10 + (key[0] - '0');
        app_say(app, false, "go to slide %d: Enter", app->going);
        return;
    }
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    if (strcmp(key, "Enter") != 0 || !app->deck) return;
    int n = deck_n_slides(app->deck);
    if (app->going < 1 || app->going > n)
        app_say(app, true, "slide %d: this lesson has 1 to %d", app->going, n);
    else
        app_go(app, app->going - 1, 0);
}

static void reset(App *app, int unused) {
    (void)unused;
    Err err = {0};
    if (app->deck) {
        app_go(app, app->slide, app->beat);
        return;
    }
    if (!state_copy(&app->state, &app->base, &err))
        app_say(app, true, "%s", err.msg);
    app_update(app);
}

/* ---- preferences and the window ----------------------------------------- */

static void next_colormap(App *app, int unused) {
    (void)unused;
    Colormap m = COLORMAP_VIRIDIS;
    colormap_find(app->state.colormap, &m);
    const char *name = colormap_name((Colormap)((m + 1) % COLORMAP_COUNT));
    app_set_word(app->state.colormap, name);
    app_set_word(app->base.colormap, name);
    app_say(app, false, "colour map: %s", name);
}

static void toggle_theme(App *app, int unused) {
    (void)unused;
    const char *name = strcmp(app->state.theme, "dark") == 0 ? "light" : "dark";
    app_set_word(app->state.theme, name);
    app_set_word(app->base.theme, name);
}

/* By a tenth up or down; dir 0: back to 1. */
static void change_scale(App *app, int dir) {
    float now = app->state.scale;
    float scale = dir > 0 ? now * 1.1f : dir < 0 ? now / 1.1f : 1;
    app->state.scale = app->base.scale = clampf(scale, .5f, 4);
}

static void toggle_sink(App *app, int unused) {
    (void)unused;
    app->state.sink = !app->state.sink;
}

static void next_order(App *app, int unused) {
    (void)unused;
    const View *v = app_view(app);
    int i = view_order(v, app->state.sort);
    if (v->n_orders)
        app_set_word(app->state.sort, v->orders[(i + 1) % v->n_orders]);
}

static void export_here(App *app, int unused) {
    (void)unused;
    Err err = {0};
    char path[1200];
    if (app_export(app, NULL, 1920, 1080, app->state.scale, path, sizeof path,
                   &err))
        app_say(app, false, "saved %s", path);
    else
        app_say(app, true, "%s", err.msg);
}

static void copy_state(App *app, int unused) {
    (void)unused;
    app_state_text(app, app->clipboard, STATE_TEXT_MAX);
    app->request = APP_COPY;
    app_say(app, false, "copied: where you are");
}

static void ask_window(App *app, int request) {
    app->request = (AppRequest)request;
}

static void toggle_slide(App *app, int unused) {
    (void)unused;
    app->slide_wish = app->slide_shown ? PANEL_HIDE : PANEL_SHOW;
}

static void toggle_inspector(App *app, int unused) {
    (void)unused;
    app->inspector_wish = app->inspector_shown ? PANEL_HIDE : PANEL_SHOW;
}

static void toggle_black(App *app, int unused) {
    (void)unused;
    app->black = !app->black;
}

static void begin_going(App *app, int unused) {
    (void)unused;
    app->mode = APP_GOING;
    app->going = 0;
    app_say(app, false, "go to slide: type its number, then Enter");
}

static void help(App *app, int unused) {
    (void)unused;
    app->mode = APP_HELPING;
}

static void leave(App *app, int unused) {
    (void)unused;
    app->black = app->playing = false;
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    close_cell(app);
    app_update(app);
}

/* ---- all commands -------------------------------------------------------- */

typedef struct Action {
    void (*run)(App *app, int arg);
    int arg;
} Action;

/* What answers a question comes by the letter or the mouse, see app_key. */
static const Action actions[CMD_COUNT] = {
    [CMD_TOKEN_NEXT] = {app_step_token, +1},
    [CMD_TOKEN_PREV] = {app_step_token, -1},
    [CMD_TOKEN_FIRST] = {go_to_token, 0},
    [CMD_TOKEN_LAST] = {go_to_token, -1},
    [CMD_LAYER_UP] = {step_layer, +1},
    [CMD_LAYER_DOWN] = {step_layer, -1},
    [CMD_HEAD_PREV] = {step_head, -1},
    [CMD_HEAD_NEXT] = {step_head, +1},
    [CMD_OP_NEXT] = {step_operation, +1},
    [CMD_OP_PREV] = {step_operation, -1},
    [CMD_VIEW] = {show_view, 0}, /* and the key's own */
    [CMD_BEAT_NEXT] = {step_beat, +1},
    [CMD_BEAT_PREV] = {step_beat, -1},
    [CMD_OPEN_LEFT] = {open_beside, -1},
    [CMD_OPEN_RIGHT] = {open_beside, +1},
    [CMD_OPEN_UP] = {open_row, -1},
    [CMD_OPEN_DOWN] = {open_row, +1},
    [CMD_TERMS_DOWN] = {scroll_terms, +1},
    [CMD_TERMS_UP] = {scroll_terms, -1},
    [CMD_TAKE] = {take_opened, 0},
    [CMD_EDIT_PROMPT] = {edit_prompt, 0},
    [CMD_PLAY] = {play, 0},
    [CMD_FASTER] = {change_speed, +1},
    [CMD_SLOWER] = {change_speed, -1},
    [CMD_TOGGLE_PART] = {toggle_selected, 0},
    [CMD_TOGGLE_MASK] = {toggle_mask, 0},
    [CMD_RESTORE] = {restore, 0},
    [CMD_RESET] = {reset, 0},
    [CMD_EXPORT] = {export_here, 0},
    [CMD_COPY_STATE] = {copy_state, 0},
    [CMD_PASTE] = {ask_window, APP_PASTE},
    [CMD_COLORMAP] = {next_colormap, 0},
    [CMD_THEME] = {toggle_theme, 0},
    [CMD_SORT] = {next_order, 0},
    [CMD_SINK] = {toggle_sink, 0},
    [CMD_SCALE_UP] = {change_scale, +1},
    [CMD_SCALE_DOWN] = {change_scale, -1},
    [CMD_SCALE_RESET] = {change_scale, 0},
    [CMD_HOTTER] = {change_temperature, +1},
    [CMD_COLDER] = {change_temperature, -1},
    [CMD_TOP_K_MORE] = {change_top_k, +1},
    [CMD_TOP_K_LESS] = {change_top_k, -1},
    [CMD_TOP_P_MORE] = {change_top_p, +1},
    [CMD_TOP_P_LESS] = {change_top_p, -1},
    [CMD_MIN_P_MORE] = {change_min_p, +1},
    [CMD_MIN_P_LESS] = {change_min_p, -1},
    [CMD_FULLSCREEN] = {ask_window, APP_FULLSCREEN},
    [CMD_BLACK] = {toggle_black, 0},
    [CMD_SLIDE_PANEL] = {toggle_slide, 0},
    [CMD_INSPECTOR] = {toggle_inspector, 0},
    [CMD_GOTO] = {begin_going, 0},
    [CMD_HELP] = {help, 0},
    [CMD_LEAVE] = {leave, 0},
    [CMD_QUIT] = {ask_window, APP_QUIT},
};

void app_run(App *app, Command c, int arg) {
    app->dirty = true;
    if (actions[c].run) actions[c].run(app, actions[c].arg + arg);
}

void app_key(App *app, const char *key) {
    if (app->mode == APP_EDITING) {
        app_edit_key(app, key);
        return;
    }
    if (app->mode == APP_GOING) {
        go_key(app, key);
        return;
    }
    if (app->mode == APP_HELPING) { /* any key closes the help */
        app->mode = APP_STEPPING;
        app->dirty = true;
        return;
    }
    if (key[0] >= 'A' && key[0] <= 'F' && !key[1] && app_question(app) &&
        key[0] - 'A' < app_question(app)->n_options) {
        app_answer(app, key[0] - 'A');
        return;
    }
    const KeyRow *row = keys_find(key);
    if (row) app_run(app, row->command, row->arg);
}

/* ---- time --------------------------------------------------------------- */

int app_tick(App *app, uint64_t now_ms) {
    app->now_ms = now_ms;
    int wait = -1;
    if (app->message[0] && app->mode != APP_GOING) {
        if (now_ms >= app->message_until_ms) {
            app->message[0] = '\0';
            app->dirty = true;
        } else {
            wait = (int)(app->message_until_ms - now_ms);
        }
    }
    if (app->playing) {
        if (now_ms >= app->play_next_ms) {
            if (!worker_status(app->worker).busy) app_step_token(app, +1);
            float step_ms = (float)APP_PLAY_MS / app->speed;
            if (app->calm) step_ms = fmaxf(step_ms, APP_CALM_MS);
            app->play_next_ms = now_ms + (uint64_t)step_ms;
        }
        int left = (int)(app->play_next_ms - now_ms);
        wait = wait < 0 || left < wait ? left : wait;
    }
    return wait;
}

void app_news(App *app) {
    app->dirty = true;
    WorkerStatus status = worker_status(app->worker);
    if (!status.busy && status.err.code != ERR_NONE)
        app_say(app, true, "%s", status.err.msg);
}
