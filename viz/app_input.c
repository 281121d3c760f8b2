#include "viz/app_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- stepping ----------------------------------------------------------- */

static const Config *config_of(const App *app) {
    return model_config(app->model);
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

static void set_layer(App *app, int layer) {
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
              app_view(app)->step(s, dir, &next) &&
              state_copy(&app->state, &next, &err);
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

/* Moves the opened cell: left and right along keys or elements, up and down
 * along the queries. */
static bool move_opened(const Stage *s, int dir, App *app) {
    bool vector = app->state.elem >= 0;
    if (vector)
        app->state.elem += dir;
    else
        app->state.key = s->key + dir;
    int n_keys = trace_n_keys(s->trace, s->pos);
    if (app->state.elem < -1) app->state.elem = 0;
    if (!vector && app->state.key < 0) app->state.key = 0;
    if (!vector && app->state.key >= n_keys) app->state.key = n_keys - 1;
    return true;
}

static void open_beside(App *app, int dir) {
    with_stage(app, move_opened, dir);
    app_update(app);
}

/* Up and down keep the opened column while the row moves. */
static void open_row(App *app, int dir) {
    if (app->state.elem >= 0) {
        open_beside(app, dir);
        return;
    }
    int key = app->state.key, pos = app_pos(app, app->n_ids) + dir;
    if (pos < 0 || pos >= app->n_ids) return;
    app->state.token = pos;
    app->state.key = key > pos && !app->state.edits.no_mask ? pos : key;
    app_update(app);
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

static void toggle_mask(App *app) {
    app->state.edits.no_mask = !app->state.edits.no_mask;
    if (!app->state.edits.no_mask) app->state.key = -1;
    app_update(app);
}

/* ---- sampling ----------------------------------------------------------- */

static float clampf(float v, float lo, float hi) {
    return fminf(fmaxf(v, lo), hi);
}

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

static void reset(App *app) {
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

static void next_colormap(App *app) {
    Colormap m = COLORMAP_VIRIDIS;
    colormap_find(app->state.colormap, &m);
    const char *name = colormap_name((Colormap)((m + 1) % COLORMAP_COUNT));
    app_set_word(app->state.colormap, name);
    app_set_word(app->base.colormap, name);
    app_say(app, false, "colour map: %s", name);
}

static void toggle_theme(App *app) {
    const char *name = strcmp(app->state.theme, "dark") == 0 ? "light" : "dark";
    app_set_word(app->state.theme, name);
    app_set_word(app->base.theme, name);
    app->dirty = true;
}

static void set_scale(App *app, float scale) {
    app->state.scale = app->base.scale = clampf(scale, .5f, 4);
    app->dirty = true;
}

static void next_sort(App *app) {
    static const char *const words[] = {"place", "previous", "induction",
                                        "first"};
    int i = 0;
    while (i < 3 && strcmp(words[i], app->state.sort) != 0)
        i++;
    app_set_word(app->state.sort, words[(i + 1) % 4]);
    app->dirty = true;
}

static void export_here(App *app) {
    Err err = {0};
    char path[1200];
    if (app_export(app, NULL, 1920, 1080, app->state.scale, path, sizeof path,
                   &err))
        app_say(app, false, "saved %s", path);
    else
        app_say(app, true, "%s", err.msg);
}

static void copy_state(App *app) {
    app_state_text(app, app->clipboard, STATE_TEXT_MAX);
    app->request = APP_COPY;
    app_say(app, false, "copied: where you are");
}

static void toggle_panel(App *app, PanelWish *wish, bool visible) {
    *wish = visible ? PANEL_HIDE : PANEL_SHOW;
    app->dirty = true;
}

static void leave(App *app) {
    app->black = app->playing = false;
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    close_cell(app);
    app_update(app);
}

static void play(App *app) {
    app->playing = !app->playing;
    app->play_next_ms = app->now_ms + APP_PLAY_MS;
    app->dirty = true;
}

static void run_step(App *app, Command c) {
    switch (c) {
    case CMD_TOKEN_NEXT:
        app_step_token(app, +1);
        break;
    case CMD_TOKEN_PREV:
        app_step_token(app, -1);
        break;
    case CMD_TOKEN_FIRST:
        app->state.token = 0;
        close_cell(app);
        app_update(app);
        break;
    case CMD_TOKEN_LAST:
        app->state.token = -1;
        close_cell(app);
        app_update(app);
        break;
    case CMD_LAYER_UP:
        set_layer(app, app->state.layer + 1);
        break;
    case CMD_LAYER_DOWN:
        set_layer(app, app->state.layer - 1);
        break;
    case CMD_HEAD_NEXT:
        step_head(app, +1);
        break;
    case CMD_HEAD_PREV:
        step_head(app, -1);
        break;
    case CMD_OP_NEXT:
        step_operation(app, +1);
        break;
    case CMD_OP_PREV:
        step_operation(app, -1);
        break;
    case CMD_OPEN_LEFT:
        open_beside(app, -1);
        break;
    case CMD_OPEN_RIGHT:
        open_beside(app, +1);
        break;
    case CMD_OPEN_UP:
        open_row(app, -1);
        break;
    case CMD_OPEN_DOWN:
        open_row(app, +1);
        break;
    case CMD_PLAY:
        play(app);
        break;
    case CMD_FASTER:
        app->speed = fminf(app->speed * 2, 8);
        break;
    case CMD_SLOWER:
        app->speed = fmaxf(app->speed / 2, .25f);
        break;
    case CMD_BEAT_NEXT:
        step_beat(app, +1);
        break;
    case CMD_BEAT_PREV:
        step_beat(app, -1);
        break;
    default:
        break;
    }
}

static void run_change(App *app, Command c) {
    const SamplerParams *p = &app->state.sampler;
    switch (c) {
    case CMD_EDIT_PROMPT:
        app_edit_begin(app);
        break;
    case CMD_TOGGLE_PART:
        if (with_stage(app, toggle_part, 0)) app_update(app);
        break;
    case CMD_TOGGLE_MASK:
        toggle_mask(app);
        break;
    case CMD_RESTORE:
        app->state.edits = (Edits){0};
        app_update(app);
        break;
    case CMD_RESET:
        reset(app);
        break;
    case CMD_HOTTER:
        app_set_number(app, STATE_TEMPERATURE, p->temperature + .1f);
        break;
    case CMD_COLDER:
        app_set_number(app, STATE_TEMPERATURE, p->temperature - .1f);
        break;
    case CMD_TOP_K_MORE:
        app_set_number(app, STATE_TOP_K, (float)p->top_k + 1);
        break;
    case CMD_TOP_K_LESS:
        app_set_number(app, STATE_TOP_K, (float)p->top_k - 1);
        break;
    case CMD_TOP_P_MORE:
        app_set_number(app, STATE_TOP_P, p->top_p + .05f);
        break;
    case CMD_TOP_P_LESS:
        app_set_number(app, STATE_TOP_P, p->top_p - .05f);
        break;
    default:
        break;
    }
}

static void run_window(App *app, Command c) {
    switch (c) {
    case CMD_EXPORT:
        export_here(app);
        break;
    case CMD_COPY_STATE:
        copy_state(app);
        break;
    case CMD_PASTE:
        app->request = APP_PASTE;
        break;
    case CMD_COLORMAP:
        next_colormap(app);
        break;
    case CMD_THEME:
        toggle_theme(app);
        break;
    case CMD_SORT:
        next_sort(app);
        break;
    case CMD_SINK:
        app->state.sink = !app->state.sink;
        break;
    case CMD_SCALE_UP:
        set_scale(app, app->state.scale * 1.1f);
        break;
    case CMD_SCALE_DOWN:
        set_scale(app, app->state.scale / 1.1f);
        break;
    case CMD_SCALE_RESET:
        set_scale(app, 1);
        break;
    case CMD_FULLSCREEN:
        app->request = APP_FULLSCREEN;
        break;
    case CMD_BLACK:
        app->black = !app->black;
        break;
    case CMD_SLIDE_PANEL:
        toggle_panel(app, &app->slide_wish, app->slide_shown);
        break;
    case CMD_INSPECTOR:
        toggle_panel(app, &app->inspector_wish, app->inspector_shown);
        break;
    case CMD_GOTO:
        app->mode = APP_GOING;
        app->going = 0;
        app_say(app, false, "go to slide: type its number, then Enter");
        break;
    case CMD_HELP:
        app->mode = APP_HELPING;
        break;
    case CMD_LEAVE:
        leave(app);
        break;
    case CMD_QUIT:
        app->request = APP_QUIT;
        break;
    default:
        break;
    }
}

void app_run(App *app, Command c) {
    app->dirty = true;
    if (c >= CMD_VIEW_1 && c <= CMD_VIEW_9)
        app_show_view(app, view_at((int)(c - CMD_VIEW_1)));
    run_step(app, c);
    run_change(app, c);
    run_window(app, c);
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
    Command c = keys_find(key);
    if (c != CMD_NONE) app_run(app, c);
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
            app->play_next_ms =
                now_ms + (uint64_t)((float)APP_PLAY_MS / app->speed);
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
