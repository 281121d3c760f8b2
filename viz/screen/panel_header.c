/* The two bars: the header (what is open, what was changed) and the transport
 * (where you are, as buttons). */
#include "viz/screen/panel.h"

#include <stdio.h>
#include <string.h>

/* ---- words in a bar ------------------------------------------------------ */

typedef struct Cursor {
    App *app;
    Canvas *c;
    Rect bar;
    int x, end;
} Cursor;

/* A clickable word (CMD_NONE: a plain one); nothing once the bar is full. */
static void button(Cursor *k, Face face, const char *text, Command command,
                   int arg) {
    const Theme *t = app_theme(k->app);
    TextStyle style =
        text_style(face, TYPE_SMALL, face == FACE_SANS ? t->soft : t->text);
    int w = canvas_text_width(k->c, style, text);
    if (k->x + w > k->end) return;
    canvas_text_row(k->c, style, k->x, k->bar.y, k->bar.h, text);
    if (command != CMD_NONE) {
        int pad = canvas_u(k->c, 6);
        hits_command(&k->app->hits,
                     (Rect){k->x - pad, k->bar.y, w + 2 * pad, k->bar.h},
                     command, arg);
    }
    k->x += w;
}

static void gap(Cursor *k, float u) {
    k->x += canvas_u(k->c, u);
}

static int width(const Cursor *k, Face face, const char *text) {
    return canvas_text_width(
        k->c, text_style(face, TYPE_SMALL, app_theme(k->app)->text), text);
}

/* ---- header -------------------------------------------------------------- */

/* "260,032" */
static void grouped(uint64_t v, char *out, size_t size) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    size_t o = 0;
    for (int i = 0; i < n && o + 2 < size; i++) {
        if (i && (n - i) % 3 == 0) out[o++] = ',';
        out[o++] = digits[i];
    }
    out[o] = '\0';
}

/* A pill that says what is switched off; a click switches all on again. */
static int draw_badge(App *app, Canvas *c, int right, Rect bar) {
    const Theme *t = app_theme(app);
    char edits[EDITS_TEXT_MAX], text[EDITS_TEXT_MAX + 64];
    edits_format(&app->state.edits, edits, sizeof edits);
    if (!edits[0]) return right;
    snprintf(text, sizeof text, "changed: %s · Z restores", edits);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, t->accent_ink);
    int pad = canvas_u(c, 12), h = canvas_u(c, 28);
    int w = canvas_text_width(c, style, text) + 2 * pad;
    if (w > bar.w / 2) w = bar.w / 2;
    Rect r = {right - w, bar.y + (bar.h - h) / 2, w, h};
    canvas_round(c, r, (float)h / 2, t->accent);
    canvas_push_clip(c, r);
    canvas_text_row(c, style, r.x + pad, r.y, r.h, text);
    canvas_pop_clip(c);
    hits_command(&app->hits, r, CMD_RESTORE, 0);
    return r.x - canvas_u(c, 20);
}

/* The views by name, the current one lit, where there is room for all of them
 * between `left` and `right`.  Returns their left end. */
static int draw_views(App *app, Canvas *c, int left, int right, Rect bar) {
    Cursor k = {app, c, bar, 0, right};
    int all = 0, space = canvas_u(c, 20);
    for (int i = 0; i < view_count(); i++)
        all += width(&k, FACE_MEDIUM, view_at(i)->title) + space;
    k.x = right - all;
    if (k.x < left) return right;
    for (int i = 0; i < view_count(); i++) {
        bool lit = view_at(i) == app_view(app);
        button(&k, lit ? FACE_MEDIUM : FACE_SANS, view_at(i)->title, CMD_VIEW,
               i);
        k.x += space;
    }
    return right - all;
}

void panel_header(App *app, Canvas *c, Rect r) {
    if (r.h < 1) return;
    const Theme *t = app_theme(app);
    const Config *m = model_config(app->model);
    canvas_fill(c, r, t->panel);
    int x = r.x + canvas_u(c, 24), right = r.x + r.w - canvas_u(c, 24);
    Cursor k = {app, c, r, 0, right};
    k.x = right -= width(&k, FACE_SANS, "? keys");
    button(&k, FACE_SANS, "? keys", CMD_HELP, 0);
    right = draw_badge(app, c, right - canvas_u(c, 24), r);

    canvas_circle(c, (float)(x + canvas_u(c, 6)), (float)r.y + (float)r.h / 2,
                  (float)canvas_u(c, 6), t->accent);
    x += canvas_u(c, 22);
    x += canvas_text_row(c, text_style(FACE_BOLD, TYPE_LEAD - 1, t->text), x,
                         r.y, r.h, "llantern");
    x += canvas_u(c, 24);
    right = draw_views(app, c, x, right, r) - canvas_u(c, 24);
    char params[32], text[256];
    grouped(model_n_params(app->model), params, sizeof params);
    snprintf(text, sizeof text, "%s · %d layers × %d heads · %s parameters",
             model_name(app->model), m->n_layers, m->n_heads, params);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    int baseline = r.y + r.h / 2 + canvas_metrics(c, soft).cap / 2;
    if (right > x) canvas_text_fit(c, soft, x, baseline, right - x, text);
}

/* ---- transport ----------------------------------------------------------- */

/* "◂ token 16 ▸", whole or not at all. */
static void stepper(Cursor *k, const char *before, const char *label,
                    const char *after, Command prev, Command next) {
    int all = width(k, FACE_SANS, before) + width(k, FACE_MEDIUM, label) +
              width(k, FACE_SANS, after) + canvas_u(k->c, 12);
    if (k->x + all > k->end) return;
    button(k, FACE_SANS, before, prev, 0);
    gap(k, 6);
    button(k, FACE_MEDIUM, label, CMD_NONE, 0);
    gap(k, 6);
    button(k, FACE_SANS, after, next, 0);
    gap(k, 28);
}

static void draw_steppers(Cursor *k, const Stage *s) {
    const View *v = app_view(k->app);
    char text[96];
    snprintf(text, sizeof text, "token %d", s->pos);
    stepper(k, "◂", text, "▸", CMD_TOKEN_PREV, CMD_TOKEN_NEXT);
    snprintf(text, sizeof text, "layer %d", s->layer);
    stepper(k, "▾", text, "▴", CMD_LAYER_DOWN, CMD_LAYER_UP);
    snprintf(text, sizeof text, "head %d", s->head);
    stepper(k, "[", text, "]", CMD_HEAD_PREV, CMD_HEAD_NEXT);
    bool playing = k->app->playing;
    float speed = k->app->speed;
    int n = snprintf(text, sizeof text, playing ? "❚❚ pause" : "▶ play");
    if (speed != 1)
        snprintf(text + n, sizeof text - (size_t)n, " ×%g", (double)speed);
    button(k, FACE_MEDIUM, text, CMD_PLAY, 0);
    gap(k, 28);
    if (!v->n_ops) return;
    snprintf(text, sizeof text, "operation %s", v->ops[s->op].title);
    stepper(k, "◂", text, "▸", CMD_OP_PREV, CMD_OP_NEXT);
}

/* The message, right-aligned; returns its left end. */
static int draw_message(App *app, Canvas *c, Rect r) {
    const Theme *t = app_theme(app);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL,
                                 app->message_bad ? t->bad : t->good);
    int right = r.x + r.w - canvas_u(c, 24), max = r.w * 3 / 4;
    int w = canvas_text_width(c, style, app->message);
    int baseline = r.y + r.h / 2 + canvas_metrics(c, style).cap / 2;
    w = w < max ? w : max;
    canvas_text_fit(c, style, right - w, baseline, w, app->message);
    return right - w;
}

/* Where we are, which token that is and how fast the engine was: as much of it
 * as the buttons leave room for. */
static void draw_status(App *app, Canvas *c, Rect r, int left, const Stage *s) {
    char text[256], speed[24];
    WorkerStatus status = worker_status(app->worker);
    grouped((uint64_t)(status.tokens_per_s + .5), speed, sizeof speed);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, app_theme(app)->soft);
    for (int parts = 3; parts > 0; parts--) {
        int n = 0;
        if (status.busy)
            snprintf(text, sizeof text, "computing, %d tokens", status.n_pos);
        else {
            if (parts > 2)
                n = snprintf(text, sizeof text, "view=%s layer=%d head=%d   ",
                             app->state.view, app->state.layer,
                             app->state.head);
            if (parts > 1 && s)
                n += snprintf(text + n, sizeof text - (size_t)n, "id %d   ",
                              trace_token(s->trace, s->pos));
            snprintf(text + n, sizeof text - (size_t)n, "%s tok/s", speed);
        }
        int x = r.x + r.w - canvas_u(c, 24) - canvas_text_width(c, mono, text);
        if (x < left) continue;
        canvas_text_row(c, mono, x, r.y, r.h, text);
        return;
    }
}

void panel_transport(App *app, Canvas *c, Rect r, const Stage *stage) {
    if (r.h < 1) return;
    canvas_fill(c, r, app_theme(app)->panel);
    int margin = canvas_u(c, 24), end = r.x + r.w - margin;
    if (app->message[0]) end = draw_message(app, c, r) - margin;
    Cursor k = {app, c, r, r.x + margin, end};
    if (stage) draw_steppers(&k, stage);
    if (!app->message[0]) draw_status(app, c, r, k.x, stage);
}
