/* The token strip: one chip per token, the current one filled, the opened key
 * framed, the likeliest next one dashed. */
#include "viz/screen/screen_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct Strip {
    const Scene *scene;
    Canvas *c;
    const Stage *s;
    Rect r;
    int pad, chip_y, chip_h;
} Strip;

static TextStyle chip_style(Color color) {
    return text_style(FACE_MEDIUM, TYPE_BODY, color);
}

static int chip_width(const Strip *k, const char *label) {
    int w = canvas_text_width(k->c, chip_style(k->s->theme->text), label);
    int min = canvas_u(k->c, 14);
    return (w > min ? w : min) + 2 * k->pad;
}

/* First chip to draw, so that the current one is in sight with company. */
static int first_chip(const Strip *k) {
    int room = k->r.w * 2 / 3, first = k->s->pos;
    while (first > 0) {
        room -= chip_width(k, k->s->labels[first - 1]);
        if (room < 0) break;
        first--;
    }
    return first;
}

static void draw_chip(const Strip *k, int pos, Rect r) {
    const Theme *t = k->s->theme;
    bool current = pos == k->s->pos;
    bool opened = k->s->key_opened && pos == k->s->key && !current;
    bool control =
        tokenizer_piece(k->s->tokenizer, trace_token(k->s->trace, pos))
            .is_control;
    float radius = (float)canvas_u(k->c, 7);
    if (current) canvas_round(k->c, r, radius, t->select);
    if (opened) canvas_frame(k->c, r, radius, (float)canvas_u(k->c, 2), t->key);
    Color ink = current ? t->select_ink : control ? t->soft : t->text;
    TextStyle label = chip_style(ink),
              index = text_style(FACE_SANS, TYPE_TINY,
                                 current ? t->select_ink : t->soft);
    label.align = index.align = ALIGN_CENTER;
    canvas_text(k->c, label, r.x + r.w / 2, r.y + r.h / 2, k->s->labels[pos]);
    canvas_textf(k->c, index, r.x + r.w / 2, r.y + r.h - canvas_u(k->c, 7),
                 "%d", pos);
    hits_pick(
        k->s->hits, r,
        pick_and(pick_number(STATE_TOKEN, pos), pick_number(STATE_KEY, -1)));
}

/* Short strokes around a rectangle: something that is not there yet. */
static void dashed(Canvas *c, Rect r, Color color) {
    int dash = canvas_u(c, 5), line = canvas_u(c, 1);
    for (int x = r.x; x < r.x + r.w; x += 2 * dash) {
        int w = x + dash > r.x + r.w ? r.x + r.w - x : dash;
        canvas_fill(c, (Rect){x, r.y, w, line}, color);
        canvas_fill(c, (Rect){x, r.y + r.h - line, w, line}, color);
    }
    for (int y = r.y; y < r.y + r.h; y += 2 * dash) {
        int h = y + dash > r.y + r.h ? r.y + r.h - y : dash;
        canvas_fill(c, (Rect){r.x, y, line, h}, color);
        canvas_fill(c, (Rect){r.x + r.w - line, y, line, h}, color);
    }
}

/* The likeliest token to come, once the class has guessed; returns its right
 * end. */
static int draw_next(const Strip *k, int x) {
    const float *logits = stage_row(k->s, SITE_LOGITS, 0, k->s->n_pos - 1);
    int best = 0;
    for (int i = 1; logits && i < k->s->config->vocab_size; i++)
        if (logits[i] > logits[best]) best = i;
    char token[STAGE_LABEL_MAX] = "", label[STAGE_LABEL_MAX + 4];
    if (logits) tokenizer_show(k->s->tokenizer, best, token, sizeof token);
    snprintf(label, sizeof label, "%s?", k->scene->is_guessing ? "" : token);
    TextStyle style = chip_style(k->s->theme->soft);
    style.align = ALIGN_CENTER;
    int w = canvas_text_width(k->c, style, label) + 2 * k->pad;
    Rect r = {x, k->chip_y, w, k->chip_h};
    if (x + w > k->r.x + k->r.w) return x;
    if (!logits) stage_draw_missing(k->s, r);
    dashed(k->c, r, k->s->theme->faint);
    canvas_text(k->c, style, r.x + w / 2,
                r.y + r.h / 2 + canvas_u(k->c, TYPE_BODY * .36f), label);
    /* Clicking it is stepping beyond the end: one token is generated. */
    hits_pick(k->s->hits, r, pick_number(STATE_TOKEN, k->s->n_pos));
    return x + w;
}

/* How to edit the text, at the right end where the chips leave room. */
static void draw_edit_hint(const Strip *k, int x) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, k->s->theme->soft);
    const char *hint = "/ edit";
    int margin = canvas_u(k->c, 24), end = k->r.x + k->r.w - margin;
    int left = end - canvas_text_width(k->c, style, hint);
    if (left > x + margin)
        canvas_text_row(k->c, style, left, k->r.y, k->r.h, hint);
}

/* Probability that the model gave a token before it was there; l: the logits
 * before it. */
static double probability(const Strip *k, const float *l, int pos) {
    int n = k->s->config->vocab_size;
    float max = l[0];
    for (int i = 1; i < n; i++)
        max = fmaxf(max, l[i]);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += exp((double)(l[i] - max));
    return exp((double)(l[trace_token(k->s->trace, pos)] - max)) / sum;
}

static void draw_details(const Strip *k, int pos, Rect chip) {
    const Theme *t = k->s->theme;
    int id = trace_token(k->s->trace, pos);
    char text[128];
    int n = snprintf(text, sizeof text, "id %d", id);
    const float *l = pos > 0 ? stage_row(k->s, SITE_LOGITS, 0, pos - 1) : NULL;
    if (l)
        snprintf(text + n, sizeof text - (size_t)n,
                 " · probability %.1f %% before it came",
                 100 * probability(k, l, pos));
    else if (pos > 0)
        snprintf(text + n, sizeof text - (size_t)n,
                 " · its probability is being computed");
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, t->panel);
    int w = canvas_text_width(k->c, style, text) + 2 * k->pad;
    int h = canvas_u(k->c, 28), x = chip.x;
    if (x + w > k->r.x + k->r.w) x = k->r.x + k->r.w - w;
    Rect r = {x, chip.y + chip.h + canvas_u(k->c, 3), w, h};
    canvas_round(k->c, r, (float)canvas_u(k->c, 6), t->text);
    canvas_text_row(k->c, style, x + k->pad, r.y, h, text);
}

static PanelNeed need(const Scene *scene) {
    return scene->mode == APP_EDITING ? PANEL_ABSENT : PANEL_WANTED;
}

static void draw(const Scene *scene, Screen *screen, Rect r) {
    Canvas *c = screen->canvas;
    const Theme *t = scene->theme;
    const Stage *s = screen->stage;
    canvas_fill(c, r, t->window);
    if (!s) return;
    Strip k = {scene, c, s, r, canvas_u(c, 9), 0, canvas_u(c, 48)};
    k.chip_y = r.y + (r.h - k.chip_h) / 2;
    /* Beside the chips a click edits; they lie on top. */
    hits_command(&screen->hits, r, CMD_EDIT_PROMPT, 0);
    int x = r.x + canvas_u(c, 24), first = first_chip(&k), pos = first;
    canvas_push_clip(c, r);
    TextStyle more = text_style(FACE_SANS, TYPE_BODY, t->soft);
    if (first > 0)
        canvas_text_row(c, more, r.x + canvas_u(c, 6), r.y, r.h, "…");
    int hovered = -1;
    Rect hovered_chip = {0};
    /* Whole chips only; the current one comes in any case. */
    int end = r.x + r.w - canvas_u(c, 24);
    for (; pos < s->n_pos; pos++) {
        Rect chip = {x, k.chip_y, chip_width(&k, s->labels[pos]), k.chip_h};
        if (chip.x + chip.w > end && pos > s->pos) break;
        draw_chip(&k, pos, chip);
        if (rect_contains(chip, s->mouse_x, s->mouse_y)) {
            hovered = pos;
            hovered_chip = chip;
        }
        x += chip.w + canvas_u(c, 2);
    }
    if (pos == s->n_pos) {
        draw_edit_hint(&k, draw_next(&k, x + canvas_u(c, 6)));
    } else {
        canvas_text_row(c, more, end + canvas_u(c, 4), r.y, r.h, "…");
    }
    canvas_pop_clip(c);
    if (hovered >= 0) draw_details(&k, hovered, hovered_chip);
}

const Panel panel_strip = {
    .name = "strip",
    .side = PANEL_TOP,
    .wish_u = 74,
    .hangs_over = true, /* a token's details */
    .need = need,
    .draw = draw,
};
