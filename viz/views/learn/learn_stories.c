/* A story of each step: as far as it is one of the world's, and beyond. */
#include "engine/base/num.h"
#include "viz/views/learn/learn.h"

#include <stdio.h>
#include <string.h>

#define LEADING 1.4f
#define HEAD_U  26.0f
#define PAD_U   12.0f
#define GAP_U   12.0f
#define STORIES 5 /* at most */

/* The word in which it slips: from..to. */
static void slip_word(const TrainingStep *t, int *from, int *to) {
    *from = *to = t->slip < 0 ? t->story_len : t->slip;
    if (t->slip < 0) return;
    while (*from > 0 && t->story[*from - 1] != ' ')
        --*from;
    ++*to;
    while (*to < t->story_len && t->story[*to] != ' ')
        ++*to;
}

static int set_story(const Stage *s, const TrainingStep *t, Rect r, float type,
                     bool draw) {
    int from, to;
    slip_word(t, &from, &to);
    const Theme *theme = s->theme;
    const TextSpan spans[] = {{.text = t->story,
                               .len = from,
                               .face = FACE_SANS,
                               .color = theme->text},
                              {.text = t->story + from,
                               .len = to - from,
                               .face = FACE_BOLD,
                               .color = theme->bad,
                               .underline = true},
                              {.text = t->story + to,
                               .len = t->story_len - to,
                               .face = FACE_SANS,
                               .color = theme->soft}};
    return paragraph_text(s->canvas, r.x, r.y, r.w, type, LEADING, spans, 3,
                          draw);
}

static int card_height(const Stage *s, int i, int w, float type) {
    const int pad = stage_u(s, PAD_U);
    return stage_u(s, HEAD_U) + 2 * pad +
           set_story(s, &s->training->steps[i], (Rect){0, 0, w - 2 * pad, 0},
                     type, false);
}

static void draw_head(const Stage *s, Rect r, int i) {
    const TrainingStep *t = &s->training->steps[i];
    const bool lit = i == learn_at(s);
    char count[16], text[48];
    learn_count_text(t->step, count);
    snprintf(text, sizeof text, "step %s", count);
    const TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL,
                                      lit ? s->theme->accent : s->theme->text);
    const TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    TextStyle slip = text_style(FACE_SANS, TYPE_TINY,
                                t->slip < 0 ? s->theme->good : s->theme->bad);
    const int baseline = r.y + stage_u(s, 14), gap = stage_u(s, 10);
    const char *said = t->slip < 0 ? "no slip" : "first slip underlined";
    const int w = canvas_text_width(s->canvas, slip, said);
    int x =
        r.x + gap + canvas_text_fit(s->canvas, bold, r.x, baseline, r.w, text);
    slip.align = ALIGN_RIGHT;
    canvas_text(s->canvas, slip, r.x + r.w, baseline, said);
    char shorter[32];
    snprintf(text, sizeof text, "%d of %d told whole", t->told, t->texts);
    snprintf(shorter, sizeof shorter, "%d of %d", t->told, t->texts);
    canvas_text_either(s->canvas, soft, x, baseline,
                       num_max(r.x + r.w - w - gap - x, 0), text, shorter);
}

static void draw_card(const Stage *s, Rect r, int i, float type) {
    const bool lit = i == learn_at(s);
    const int pad = stage_u(s, PAD_U), head = stage_u(s, HEAD_U);
    canvas_round(s->canvas, r, (float)stage_u(s, 8), s->theme->panel);
    canvas_frame(s->canvas, r, (float)stage_u(s, 8),
                 (float)stage_u(s, lit ? 2 : 1),
                 lit ? s->theme->accent : s->theme->rule);
    const Rect in = rect_inset(r, pad, pad);
    if (in.w <= 0 || in.h <= 0) return;
    canvas_push_clip(s->canvas, in);
    draw_head(s, in, i);
    set_story(s, &s->training->steps[i],
              (Rect){in.x, in.y + head, in.w, num_max(in.h - head, 0)}, type,
              true);
    canvas_pop_clip(s->canvas);
    hits_pick(s->hits, r, learn_pick(s, i));
}

/* Steps to show, by how much they tell beside the one walked to. */
static int wanted(const Stage *s, int out[STORIES]) {
    const int at = learn_at(s), last = s->training->n - 1;
    const int early = num_max(at - (at == last ? last / 2 : 3), 0);
    const int steps[STORIES] = {at, last, early, (early + at) / 2, early / 2};
    int n = 0;
    for (int i = 0; i < STORIES; i++) {
        bool is_there = false;
        for (int k = 0; k < n; k++)
            is_there |= out[k] == steps[i];
        if (!is_there) out[n++] = steps[i];
    }
    return n;
}

/* The largest type in which all of them have room; else the smallest. */
static float type_that_fits(const Stage *s, const int *steps, int n, Rect r) {
    static const float types[] = {TYPE_LEAD, TYPE_BODY};
    const int gap = stage_u(s, GAP_U);
    for (int k = 0; k < 2; k++) {
        int left = r.h + gap;
        for (int i = 0; i < n; i++)
            left -= card_height(s, steps[i], r.w, types[k]) + gap;
        if (left >= 0) return types[k];
    }
    return TYPE_SMALL;
}

void learn_draw_stories(const Stage *s, Rect r) {
    const Training *t = s->training;
    int steps[STORIES] = {0}, heights[TRAINING_STEPS_MAX] = {0};
    const int n = wanted(s, steps), gap = stage_u(s, GAP_U);
    const int head = stage_u(s, 26);
    canvas_text_either(
        s->canvas, text_style(FACE_BOLD, TYPE_SMALL, s->theme->text), r.x,
        r.y + stage_u(s, 14), r.w,
        "A story by each: \"Once\" goes on, temperature 0.8, seed 1",
        "A story by each, temperature 0.8, seed 1");
    r = (Rect){r.x, r.y + head, r.w, num_max(r.h - head, 0)};
    const float type = type_that_fits(s, steps, n, r);
    int left = r.h;
    for (int i = 0; i < n; i++) {
        const int h = card_height(s, steps[i], r.w, type);
        if (i > 0 && h > left) continue;
        heights[steps[i]] = num_min(h, num_max(left, 1));
        left -= h + gap;
    }
    int y = r.y;
    for (int i = 0; i < t->n; i++) {
        if (heights[i] == 0) continue;
        draw_card(s, (Rect){r.x, y, r.w, heights[i]}, i, type);
        y += heights[i] + gap;
    }
}
