/* What can be done at a spot: its number opened, the places that it names, what
 * can be changed of it, and what is kept. */
#include "viz/screen/menu.h"

#include "viz/screen/keys.h"
#include "viz/views/masked.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct Here {
    const Scene *scene;
    const MenuSpot *spot;
    MenuLine *lines;
    int n;
    const char *group; /* of the next line; NULL: that of the one before */
} Here;

static void add(Here *h, MenuLine line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void add(Here *h, MenuLine line, const char *fmt, ...) {
    va_list args;
    if (h->n == MENU_LINES) return;
    va_start(args, fmt);
    vsnprintf(line.text, sizeof line.text, fmt, args);
    va_end(args);
    line.group = h->group;
    h->group = NULL;
    h->lines[h->n++] = line;
}

/* A command with the words and the key of its row. */
static void add_command(Here *h, Command c, Pick first) {
    const KeyRow *row = keys_row(c);
    const char *help =
        row ? keys_help(row, model_config(h->scene->model)->arch) : NULL;
    if (!help) return;
    const char initial = help[0];
    const bool small = initial >= 'a' && initial <= 'z';
    add(h, (MenuLine){.command = c, .key = row->keys, .pick = first}, "%c%s",
        small ? initial - 'a' + 'A' : initial, help + 1);
}

static const char *title_of(const Here *h, const View *v) {
    return view_title(v, model_config(h->scene->model)->arch);
}

static bool changes_something(const State *s) {
    return s->edits.n > 0 || s->edits.no_mask;
}

/* ---- here ---------------------------------------------------------------- */

static void add_click(Here *h) {
    const Pick *p = &h->spot->pick;
    const MenuLine line = {.key = "click", .pick = *p};
    const PickPart *view = pick_find(p, STATE_VIEW);
    if (p->n == 0 || pick_find(p, STATE_THEN)) return;
    if (view)
        add(h, line, "Go there: %s", title_of(h, view_find(view->word)));
    else if (pick_find(p, STATE_ELEM) || pick_find(p, STATE_KEY) ||
             pick_find(p, STATE_NUMBER))
        add(h, line, "Open this number");
    else
        add(h, line, "Go there");
}

static void add_here(Here *h) {
    const MenuSpot *spot = h->spot;
    h->group = "Here";
    add_click(h);
    if (spot->command == CMD_VIEW && view_at(spot->arg))
        add(h,
            (MenuLine){.command = CMD_VIEW,
                       .arg = spot->arg,
                       .key = view_at(spot->arg)->key},
            "View: %s", title_of(h, view_at(spot->arg)));
    else if (spot->command != CMD_NONE && spot->command != CMD_LEAVE)
        add_command(h, spot->command, (Pick){0});
    if (spot->pick.n == 0 && spot->opened.kind != OPENED_NOTHING)
        add_command(h, CMD_INSPECTOR, (Pick){0});
    if (spot->opened.kind != OPENED_CELL) return;
    add_command(h, CMD_SOURCE, spot->pick);
    if (h->scene->against) add_command(h, CMD_OPENED_RUN, spot->pick);
}

/* ---- the places ---------------------------------------------------------- */

static void add_token(Here *h, const Stage *at, int pos, const char *what) {
    const Pick to = pick_and(
        pick_number(STATE_TOKEN, pos),
        pick_and(pick_number(STATE_KEY, -1), pick_number(STATE_ELEM, -1)));
    char name[STAGE_SAID_MAX];
    stage_say_token(at, stage_read_id(at, pos), name);
    if (pos != h->spot->now->pos)
        add(h, (MenuLine){.pick = to}, "Token %d %s%s", pos, name, what);
}

/* A view that is about one head, layer or token. */
static void add_view(Here *h, const Stage *at, const char *name,
                     const char *place) {
    const View *v = view_find(name);
    const bool is_here = strcmp(name, h->spot->now->state->view) == 0;
    const Pick to = pick_and(pick_and(pick_word(STATE_VIEW, name),
                                      pick_number(STATE_TOKEN, at->pos)),
                             pick_and(pick_number(STATE_LAYER, at->layer),
                                      pick_number(STATE_HEAD, at->head)));
    if (!is_here)
        add(h, (MenuLine){.pick = to, .key = v->key}, "%s in %s", place,
            title_of(h, v));
}

static void add_places(Here *h, const Stage *at) {
    char head[32], layer[32], token[64], said[STAGE_SAID_MAX];
    h->group = "Go to";
    add_token(h, at, at->pos, "");
    if (at->key_opened && at->key != at->pos)
        add_token(h, at, at->key, ", looked at");
    snprintf(head, sizeof head, "Head %d.%d", at->layer, at->head);
    snprintf(layer, sizeof layer, "Layer %d", at->layer);
    stage_say_token(at, stage_read_id(at, at->pos), said);
    snprintf(token, sizeof token, "Token %d %s", at->pos, said);
    add_view(h, at, "attention", head);
    add_view(h, at, "qk", head);
    add_view(h, at, "block", layer);
    add_view(h, at, "mlp", layer);
    add_view(h, at, "residual", token);
    add_view(h, at, "next", token);
}

/* ---- what can be changed of it ------------------------------------------- */

static void name_part(EditKind kind, int layer, int index, char *out,
                      size_t size) {
    if (kind == EDIT_HEAD)
        snprintf(out, size, "head %d.%d", layer, index);
    else if (kind == EDIT_NEURON)
        snprintf(out, size, "neuron %d of layer %d", index, layer);
    else
        snprintf(out, size, "the %s of layer %d",
                 kind == EDIT_MLP ? "MLP" : "attention", layer);
}

static MenuLine scaled(EditKind kind, int layer, int index, float scale) {
    return (MenuLine){
        .has_edit = true,
        .edit = {.kind = kind, .layer = layer, .index = index, .scale = scale}};
}

static void add_part(Here *h, const Stage *at) {
    const View *v = view_find(at->state->view);
    EditKind kind = EDIT_HEAD;
    int layer = at->layer, index = at->head;
    char name[64];
    if (v->part && !v->part(at, &kind, &layer, &index)) return;
    name_part(kind, layer, index, name, sizeof name);
    const float now = edits_get(&at->state->edits, kind, layer, index);
    if (now != 0.0f)
        add(h, scaled(kind, layer, index, 0), "Switch %s off", name);
    if (now != 0.5f)
        add(h, scaled(kind, layer, index, 0.5f), "Let %s count half", name);
    if (now != 2.0f)
        add(h, scaled(kind, layer, index, 2), "Let %s count twice", name);
    if (now != 1.0f)
        add(h, scaled(kind, layer, index, 1), "Let %s be as trained", name);
}

/* Hiding it is asking for it. */
static void add_hiding(Here *h, const Stage *at) {
    const int mask = tokenizer_mask(at->tokenizer), pos = at->pos;
    MenuLine line = {
        .has_edit = true,
        .edit = {.kind = EDIT_TOKEN, .index = pos, .scale = 1, .other = mask}};
    char name[STAGE_SAID_MAX];
    stage_say_token(at, trace_token(at->trace, pos), name);
    if (mask < 0 || masked_told(at, pos) < 0 || !masked_tells(at)) return;
    if (masked_at(at, pos))
        add_command(h, CMD_HIDE_TOKEN, pick_number(STATE_TOKEN, pos));
    else
        add(h, line, "Hide token %d %s behind [MASK]", pos, name);
}

static void add_cut(Here *h, const Stage *at) {
    if (!at->key_opened || at->key == at->pos) return;
    const bool is_cut = edits_left_out(&at->state->edits, EDIT_CUT, 0, at->key);
    char name[STAGE_SAID_MAX];
    stage_say_token(at, stage_read_id(at, at->key), name);
    add(h, scaled(EDIT_CUT, 0, at->key, is_cut ? 1 : 0),
        is_cut ? "Let all look at token %d %s again"
               : "Let nobody look at token %d %s",
        at->key, name);
}

/* The vector that a number belongs to, as one that can be taken from the other
 * run; false: it cannot. */
static bool patch_of(const Opened *o, const Stage *at, Edit *out) {
    const bool enters = o->site == SITE_RESID_PRE && o->layer > 0;
    const Site site = o->site == SITE_EMBED ? SITE_RESID_PRE
                      : enters              ? SITE_RESID_POST
                                            : o->site;
    const int head = site == SITE_Z ? o->index / at->config->head_dim : 0;
    *out = (Edit){.kind = EDIT_PATCH,
                  .layer = enters ? o->layer - 1 : o->layer,
                  .index = o->pos,
                  .other = edits_other(site, head)};
    return site == SITE_RESID_PRE || site == SITE_ATTN_OUT ||
           site == SITE_RESID_MID || site == SITE_MLP_OUT ||
           site == SITE_RESID_POST || site == SITE_Z;
}

/* The norm that a number belongs to. */
static bool norm_of(const Opened *o, Edit *out) {
    static const Site scales[] = {SITE_LN1_SCALE, SITE_LN2_SCALE,
                                  SITE_LN_FINAL_SCALE};
    for (int i = 0; i < 3; i++) {
        const bool is_final = scales[i] == SITE_LN_FINAL_SCALE;
        *out = (Edit){.kind = EDIT_FREEZE,
                      .layer = is_final ? 0 : o->layer,
                      .other = (int)scales[i]};
        if (o->site >= scales[i] && o->site <= scales[i] + 2) return true;
    }
    return false;
}

/* What can be taken from the other run, or was. */
static void add_other_run(Here *h, const Stage *at) {
    const Opened *o = &h->spot->opened;
    MenuLine line = {.has_edit = true};
    char name[EDITS_PART_MAX];
    if (!h->scene->against || o->kind != OPENED_CELL) return;
    const bool is_norm = norm_of(o, &line.edit);
    if (!is_norm && !patch_of(o, at, &line.edit)) return;
    edits_format_part(&line.edit, name);
    const bool taken =
        is_norm ? edits_frozen(&at->state->edits, (Site)line.edit.other,
                               line.edit.layer)
                : edits_patch(&at->state->edits, edits_site(&line.edit),
                              line.edit.layer, edits_head(&line.edit),
                              line.edit.index) >= 0;
    line.edit.scale = taken ? 1 : 0;
    add(h, line,
        taken     ? "Take nothing from the other run here: %s"
        : is_norm ? "Let this norm divide as in the other run: %s"
                  : "Take this vector from the other run: %s",
        name);
}

/* What may be written is what a logit or a chance to come next is about. */
static void add_taking(Here *h, const Stage *at) {
    const Opened *o = &h->spot->opened;
    const PickPart *then = pick_find(&h->spot->pick, STATE_THEN);
    const bool is_token = (o->kind == OPENED_CELL || o->kind == OPENED_MADE) &&
                          o->site == SITE_LOGITS &&
                          o->index < tokenizer_n_drawn(at->tokenizer);
    char label[STAGE_SAID_MAX];
    if (scene_hides_stage(h->scene) || (!then && !is_token)) return;
    const int id = then ? then->number : o->index;
    stage_say_token(at, id, label);
    add(h,
        (MenuLine){.pick = pick_and(pick_number(STATE_TOKEN, at->pos),
                                    pick_number(STATE_THEN, id))},
        arch_ahead(at->config->arch) ? "Continue the text with %s"
                                     : "Write %s here",
        label);
}

static void add_changes(Here *h, const Stage *at) {
    h->group = "Change";
    add_part(h, at);
    add_cut(h, at);
    add_hiding(h, at);
    add_other_run(h, at);
    add_taking(h, at);
    if (changes_something(at->state)) add_command(h, CMD_RESTORE, (Pick){0});
}

/* ---- all of it ----------------------------------------------------------- */

int menu_here(const Scene *scene, const MenuSpot *spot,
              MenuLine out[MENU_LINES]) {
    Here h = {.scene = scene, .spot = spot, .lines = out};
    add_here(&h);
    if (spot->at) {
        add_places(&h, spot->at);
        add_changes(&h, spot->at);
    }
    h.group = "Keep";
    add_command(&h, CMD_COPY_STATE, (Pick){0});
    add_command(&h, CMD_EXPORT, (Pick){0});
    add_command(&h, CMD_UNDO, (Pick){0});
    h.group = "Leave";
    add_command(&h, CMD_START, (Pick){0});
    return h.n;
}
