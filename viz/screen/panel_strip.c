/* The token strip: one chip per token, as the model reads it, the current one
 * filled, the opened key framed; at the right end what comes after the text,
 * dashed. */
#include "engine/base/num.h"
#include "viz/screen/screen_private.h"
#include "viz/views/before.h"
#include "viz/views/masked.h"

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

/* What the chip at the right end is about, whose token is id. */
static const char *next_caption(const Stage *s, int id) {
    return !masked_tells(s)                      ? "comes next"
           : masked_at(s, s->pos)                ? "is filled in"
           : id == trace_token(s->trace, s->pos) ? "is told back"
                                                 : "is told instead";
}

/* The position whose logits it tells: the last, or the current one where these
 * are about their own place. */
static int next_pos(const Stage *s) {
    return masked_tells(s) ? s->pos : s->n_pos - 1;
}

static TextStyle caption_style(const Strip *k) {
    return text_style(FACE_SANS, TYPE_TINY, k->s->theme->soft);
}

static int chip_width(const Strip *k, const char *label) {
    int w = canvas_text_width(k->c, chip_style(k->s->theme->text), label);
    int min = canvas_u(k->c, 14);
    return (w > min ? w : min) + 2 * k->pad;
}

/* First chip to draw, so that the current one is in sight with company, and
 * ends before `end`. */
static int first_chip(const Strip *k, int x, int end) {
    int room = k->r.w * 3 / 5, first = k->s->pos;
    int left = end - x - chip_width(k, k->s->reads[first]);
    while (first > 0) {
        const int w = chip_width(k, k->s->reads[first - 1]);
        room -= w;
        left -= w + canvas_u(k->c, 2);
        if (room < 0 || left < 0) break;
        first--;
    }
    return first;
}

static void draw_chip(const Strip *k, int pos, Rect r) {
    const Theme *t = k->s->theme;
    bool current = pos == k->s->pos;
    bool opened = k->s->key_opened && pos == k->s->key && !current;
    bool control =
        tokenizer_piece(k->s->tokenizer, stage_read_id(k->s, pos)).is_control;
    float radius = (float)canvas_u(k->c, 7);
    if (current) canvas_round(k->c, r, radius, t->select);
    if (masked_tells(k->s) && masked_at(k->s, pos))
        stage_dashed(k->s, r, t->accent);
    if (opened) canvas_frame(k->c, r, radius, (float)canvas_u(k->c, 2), t->key);
    Color ink = current ? t->select_ink : control ? t->soft : t->text;
    TextStyle label = chip_style(ink),
              index = text_style(FACE_SANS, TYPE_TINY,
                                 current ? t->select_ink : t->soft);
    label.align = index.align = ALIGN_CENTER;
    canvas_text(k->c, label, r.x + r.w / 2, r.y + r.h / 2, k->s->reads[pos]);
    canvas_textf(k->c, index, r.x + r.w / 2, r.y + r.h - canvas_u(k->c, 7),
                 "%d", pos);
    hits_pick(
        k->s->hits, r,
        pick_and(pick_number(STATE_TOKEN, pos), pick_number(STATE_KEY, -1)));
}

/* The chip at the strip's right end: what comes after the text. */
typedef struct NextChip {
    char now[STAGE_LABEL_MAX + 16], before[STAGE_LABEL_MAX + 32];
    Rect r;
    int id, was_id; /* of the likeliest; -1: not told */
    bool missing;   /* the numbers are still to come */
} NextChip;

/* "␣Mia 97.5 %" */
static void best_text(const Strip *k, const StudyBest *best, char *out,
                      size_t size) {
    char token[STAGE_LABEL_MAX], percent[16];
    tokenizer_show(k->s->tokenizer, best->id, token, sizeof token);
    stage_probability_text(exp((double)best->logit - best->log_sum), percent);
    snprintf(out, size, "%s %s", token, percent);
}

/* Nothing is given away while the class guesses. */
static NextChip next_chip(const Strip *k) {
    NextChip chip = {.now = "?", .id = -1, .was_id = -1};
    const StudyBest *now = study_best(k->s->study, next_pos(k->s));
    const StudyBest *was = before_best(k->s, next_pos(k->s));
    chip.missing = !now;
    if (now && !k->scene->is_guessing) {
        best_text(k, now, chip.now, sizeof chip.now);
        chip.id = now->id;
    }
    if (was && !k->scene->is_guessing) {
        chip.was_id = was->id;
        snprintf(chip.before, sizeof chip.before, "was ");
        best_text(k, was, chip.before + 4, sizeof chip.before - 4);
    }
    const int w = num_max(
        canvas_text_width(k->c, chip_style(k->s->theme->text), chip.now),
        canvas_text_width(k->c, caption_style(k), chip.before));
    const int caption =
        canvas_text_width(k->c, caption_style(k), next_caption(k->s, chip.id));
    chip.r.w = num_max(w, caption) + 2 * k->pad;
    chip.r.h = k->chip_h;
    chip.r.y = k->chip_y;
    chip.r.x = k->r.x + k->r.w - canvas_u(k->c, 24) - chip.r.w;
    return chip;
}

/* The percentage at the end of a text in the chip's middle opens to its
 * arithmetic, in the run that it is of. */
static void note_percent(const Strip *k, Rect chip, TextStyle style,
                         const char *text, int baseline, int id,
                         const char *opened) {
    const char *at = strrchr(text, '%');
    if (id < 0 || !at) return;
    at -= 2; /* the digits before " %" */
    while (at > text && at[-1] != ' ')
        at--;
    const int all = canvas_text_width(k->c, style, text);
    const int w = canvas_text_width(k->c, style, at);
    const int cap = canvas_metrics(k->c, style).cap;
    const Rect r = {chip.x + (chip.w + all) / 2 - w, baseline - 2 * cap, w,
                    3 * cap};
    stage_hit_probability(k->s, r, next_pos(k->s), id, opened);
    if (rect_contains(r, k->s->mouse_x, k->s->mouse_y))
        tip_set(k->s->tip, r, "click: how this probability is computed");
}

/* Clicking it is stepping beyond the end: one token is generated; or going to
 * all that could stand here. */
static void add_next_hit(const Strip *k, Rect r) {
    const Pick here = pick_and(pick_word(STATE_VIEW, view_next.name),
                               pick_number(STATE_TOKEN, k->s->pos));
    hits_pick(k->s->hits, r,
              masked_tells(k->s) ? here
                                 : pick_number(STATE_TOKEN, k->s->n_pos));
}

static const char *place_tip(const Stage *s) {
    return masked_at(s, s->pos)
               ? "the likeliest token in this hidden place"
               : "the likeliest token at the place of the current one, which "
                 "the model is shown";
}

static void draw_next(const Strip *k, const NextChip *chip) {
    const Rect r = chip->r;
    TextStyle style = chip_style(k->s->theme->text), small = caption_style(k);
    style.align = small.align = ALIGN_CENTER;
    if (chip->missing) stage_draw_missing(k->s, r);
    stage_dashed(k->s, r, k->s->theme->soft);
    const int middle = r.x + r.w / 2;
    const int cap = canvas_metrics(k->c, small).cap, air = canvas_u(k->c, 6);
    const bool was = chip->before[0];
    const int second = was ? r.y + r.h - air : r.y + air + cap;
    canvas_text(k->c, small, middle, second,
                was ? chip->before : next_caption(k->s, chip->id));
    const int baseline = r.y + canvas_u(k->c, was ? 22 : 38);
    canvas_text(k->c, style, middle, baseline, chip->now);
    add_next_hit(k, r);
    if (rect_contains(r, k->s->mouse_x, k->s->mouse_y))
        tip_set(k->s->tip, r,
                masked_tells(k->s) ? place_tip(k->s)
                : was
                    ? "comes next: the likeliest token now; below it, the one "
                      "that was likeliest before the change"
                    : "comes next: the likeliest token");
    note_percent(k, r, style, chip->now, baseline, chip->id, "now");
    note_percent(k, r, small, chip->before, second, chip->was_id, "before");
}

/* How to edit the text, where the chips leave room. */
static void draw_edit_hint(const Strip *k, int x, int end) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, k->s->theme->soft);
    const char *hint = "/ edit";
    int margin = canvas_u(k->c, 24);
    int left = end - margin - canvas_text_width(k->c, style, hint);
    if (left > x + margin)
        canvas_text_row(k->c, style, left, k->r.y, k->r.h, hint);
}

static void draw_details(const Strip *k, int pos, Rect chip) {
    const int id = trace_token(k->s->trace, pos),
              read = stage_read_id(k->s, pos);
    char text[128 + STAGE_LABEL_MAX];
    int n = snprintf(text, sizeof text, "id %d", read);
    if (read != id)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      " · read for %s, id %d", k->s->labels[pos], id);
    const int from = pos - arch_ahead(k->s->config->arch);
    const bool told = from >= 0 && masked_told(k->s, from) >= 0 &&
                      arch_predicts(k->s->config->arch);
    const float *l = told ? stage_row(k->s, SITE_LOGITS, 0, from) : NULL;
    const StudyBest *best = told ? study_best(k->s->study, from) : NULL;
    if (l && best) {
        char percent[16];
        stage_probability_text(exp((double)l[id] - best->log_sum), percent);
        snprintf(text + n, sizeof text - (size_t)n,
                 !masked_tells(k->s)    ? " · probability %s before it came"
                 : masked_at(k->s, pos) ? " · hidden: probability %s there"
                                        : " · told back with %s",
                 percent);
    } else if (told) {
        snprintf(text + n, sizeof text - (size_t)n,
                 " · its probability is being computed");
    }
    tip_set(k->s->tip, chip, text);
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
    const bool predicts = arch_predicts(s->config->arch);
    const NextChip next =
        predicts ? next_chip(&k) : (NextChip){.r = {r.x + r.w, r.y, 0, 0}};
    int x = r.x + canvas_u(c, 24), end = next.r.x - canvas_u(c, 12);
    const int first = first_chip(&k, x, end);
    int pos = first;
    canvas_push_clip(c, r);
    TextStyle more = text_style(FACE_SANS, TYPE_BODY, t->soft);
    if (first > 0)
        canvas_text_row(c, more, r.x + canvas_u(c, 6), r.y, r.h, "…");
    int hovered = -1;
    Rect hovered_chip = {0};
    /* Whole chips only; the current one comes in any case. */
    for (; pos < s->n_pos; pos++) {
        Rect chip = {x, k.chip_y, chip_width(&k, s->reads[pos]), k.chip_h};
        if (chip.x + chip.w > end - canvas_u(c, 12) && pos > s->pos) break;
        draw_chip(&k, pos, chip);
        if (rect_contains(chip, s->mouse_x, s->mouse_y)) {
            hovered = pos;
            hovered_chip = chip;
        }
        x += chip.w + canvas_u(c, 2);
    }
    if (pos == s->n_pos)
        draw_edit_hint(&k, x, end);
    else
        canvas_text_row(c, more, end - canvas_u(c, 8), r.y, r.h, "…");
    if (predicts) draw_next(&k, &next);
    canvas_pop_clip(c);
    if (hovered >= 0) draw_details(&k, hovered, hovered_chip);
}

const Panel panel_strip = {
    .name = "strip",
    .side = PANEL_TOP,
    .wish_u = 74,
    .need = need,
    .draw = draw,
};
