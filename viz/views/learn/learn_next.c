/* What one step of training says next. */
#include "engine/base/num.h"
#include "viz/views/learn/learn.h"

#include <math.h>
#include <stdio.h>

#define ROW_U    24.0f
#define ROWS_MAX 6

/* The likeliest that are not listed yet. */
static int next_best(const float *p, int n, const int *had, int n_had) {
    int best = -1;
    for (int i = 0; i < n; i++) {
        bool listed = false;
        for (int k = 0; k < n_had; k++)
            listed |= had[k] == i;
        if (!listed && (best < 0 || p[i] > p[best])) best = i;
    }
    return best;
}

static void draw_row(const Stage *s, Rect r, int id, float p, Color color) {
    char label[STAGE_LABEL_MAX], text[16];
    tokenizer_show(s->tokenizer, id, label, sizeof label);
    stage_probability_text((double)p, text);
    const TextStyle name = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    TextStyle number = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    number.align = ALIGN_RIGHT;
    const int w = num_min(stage_u(s, 96), r.w / 3), gap = stage_u(s, 8);
    const int baseline = r.y + r.h / 2 + stage_u(s, 5);
    canvas_text_fit(s->canvas, name, r.x, baseline, w - gap, label);
    canvas_text(s->canvas, number, r.x + r.w, baseline, text);
    const int most = num_max(r.w - 2 * w - gap, 0);
    const Rect bar = {r.x + w, r.y + stage_u(s, 5),
                      (int)lroundf(p * (float)most),
                      num_max(r.h - stage_u(s, 10), 1)};
    canvas_fill(s->canvas, (Rect){bar.x, bar.y, most, bar.h}, s->theme->well);
    canvas_fill(s->canvas, bar, color);
}

void learn_draw_guesses(const Stage *s, Rect r, const char *title,
                        const float *after, int n_vocab, const int rivals[2]) {
    const int head = stage_u(s, 26), row = stage_u(s, ROW_U);
    canvas_text_fit(s->canvas,
                    text_style(FACE_BOLD, TYPE_SMALL, s->theme->text), r.x,
                    r.y + stage_u(s, 14), r.w, title);
    if (!after) {
        stage_draw_missing(
            s, (Rect){r.x, r.y + head, r.w, num_max(r.h - head, 1)});
        return;
    }
    int had[ROWS_MAX];
    const int n = num_min(num_min((r.h - head) / row, ROWS_MAX), n_vocab);
    for (int i = 0; i < n; i++) {
        had[i] = next_best(after, n_vocab, had, i);
        const Color color = had[i] == rivals[0]   ? s->theme->key
                            : had[i] == rivals[1] ? s->theme->query
                                                  : s->theme->residual;
        draw_row(s, (Rect){r.x, r.y + head + i * row, r.w, row}, had[i],
                 after[had[i]], color);
    }
}

void learn_draw_next(const Stage *s, Rect r) {
    const Training *t = s->training;
    const TrainingStep *step = &t->steps[learn_at(s)];
    char count[16], title[STAGE_LABEL_MAX + 64];
    int rivals[2];
    learn_count_text(step->step, count);
    snprintf(title, sizeof title, "What step %s says after %s%s", count,
             s->labels[s->pos], learn_leaves_out(s) ? ", nothing changed" : "");
    const TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    if (learn_leaves_out(s) && canvas_text_width(s->canvas, bold, title) > r.w)
        snprintf(title, sizeof title, "Step %s, nothing changed", count);
    learn_rivals(s, rivals);
    learn_draw_guesses(s, r, title, step->after, t->n_vocab, rivals);
}
