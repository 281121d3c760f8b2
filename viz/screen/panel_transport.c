/* The transport: where we are, as buttons, and the message. */
#include "viz/screen/panel_bar.h"
#include "viz/screen/screen_private.h"
#include "viz/views/number.h"

#include <stdio.h>

/* "◂ token 16 ▸", whole or not at all. */
static void stepper(PanelBar *k, const char *before, const char *label,
                    const char *after, Command prev, Command next) {
    int all = panel_width(k, FACE_SANS, before) +
              panel_width(k, FACE_MEDIUM, label) +
              panel_width(k, FACE_SANS, after) + canvas_u(k->c, 12);
    if (k->x + all > k->end) return;
    panel_button(k, FACE_SANS, before, prev, 0);
    panel_gap(k, 6);
    panel_button(k, FACE_MEDIUM, label, CMD_NONE, 0);
    panel_gap(k, 6);
    panel_button(k, FACE_SANS, after, next, 0);
    panel_gap(k, 28);
}

static void draw_steppers(PanelBar *k, const Scene *scene, const Stage *s) {
    const View *v = scene->view;
    char text[96];
    snprintf(text, sizeof text, "token %d", s->pos);
    stepper(k, "◂", text, "▸", CMD_TOKEN_PREV, CMD_TOKEN_NEXT);
    snprintf(text, sizeof text, "layer %d", s->layer);
    stepper(k, "▾", text, "▴", CMD_LAYER_DOWN, CMD_LAYER_UP);
    snprintf(text, sizeof text, "head %d", s->head);
    stepper(k, "[", text, "]", CMD_HEAD_PREV, CMD_HEAD_NEXT);
    int n =
        snprintf(text, sizeof text, scene->is_playing ? "❚❚ pause" : "▶ play");
    if (scene->is_playing && scene->speed != 1)
        snprintf(text + n, sizeof text - (size_t)n, " ×%s",
                 number_round((double)scene->speed, 6).s);
    panel_button(k, FACE_MEDIUM, text, CMD_PLAY, 0);
    panel_gap(k, 28);
    ViewOp op;
    if (v->step || !v->op || !v->op(s->config->arch, s->op, &op)) return;
    snprintf(text, sizeof text, "operation %s", op.title);
    stepper(k, "◂", text, "▸", CMD_OP_PREV, CMD_OP_NEXT);
}

/* The message, right-aligned; returns its left end. */
static int draw_message(const Scene *scene, Canvas *c, Rect r) {
    const Theme *t = scene->theme;
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL,
                                 scene->message_is_bad ? t->bad : t->good);
    int right = r.x + r.w - canvas_u(c, 24), max = r.w * 3 / 4;
    int w = canvas_text_width(c, style, scene->message);
    int baseline = r.y + r.h / 2 + canvas_metrics(c, style).cap / 2;
    w = w < max ? w : max;
    canvas_text_fit(c, style, right - w, baseline, w, scene->message);
    return right - w;
}

/* Where we are and which token that is: as much of it as the buttons leave room
 * for.  Nothing of the moment, such as a speed: one state is one picture. */
static void draw_status(const Scene *scene, Canvas *c, Rect r, int left,
                        const Stage *s) {
    char text[256] = "";
    const WorkerStatus *status = &scene->engine;
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, scene->theme->soft);
    for (int parts = 2; parts > 0; parts--) {
        int n = 0;
        if (status->busy)
            snprintf(text, sizeof text, "computing, %d tokens", status->n_pos);
        else {
            if (parts > 1)
                n = snprintf(text, sizeof text, "view=%s layer=%d head=%d   ",
                             scene->state->view, scene->state->layer,
                             scene->state->head);
            if (s)
                snprintf(text + n, sizeof text - (size_t)n, "id %d",
                         stage_read_id(s, s->pos));
        }
        int x = r.x + r.w - canvas_u(c, 24) - canvas_text_width(c, mono, text);
        if (x < left) continue;
        canvas_text_row(c, mono, x, r.y, r.h, text);
        return;
    }
}

static PanelNeed need(const Scene *scene) {
    (void)scene;
    return PANEL_WANTED;
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Canvas *c = s->canvas;
    canvas_fill(c, r, scene->theme->panel);
    int margin = canvas_u(c, 24), end = r.x + r.w - margin;
    if (scene->message[0]) end = draw_message(scene, c, r) - margin;
    PanelBar k = {c, scene->theme, &s->hits, r, r.x + margin, end};
    if (s->stage) draw_steppers(&k, scene, s->stage);
    if (!scene->message[0]) draw_status(scene, c, r, k.x, s->stage);
}

const Panel panel_transport = {
    .name = "transport",
    .side = PANEL_BOTTOM,
    .wish_u = 52,
    .window_u = 400,
    .need = need,
    .draw = draw,
};
