/* Under a neuron's column: the tokens it promotes and suppresses, its product
 * at every token, and what the model says without it. */
#include "viz/views/mlp/mlp.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE_LINE_U 112.0f /* the least for a token and a number beside it */

static Rect column(const Stage *s, const MlpLayout *l, int i, int y, int h) {
    return (Rect){l->columns.x + i * l->column_w, y,
                  l->column_w - stage_u(s, 4), h};
}

static void label(const Stage *s, const MlpLayout *l, int y, const char *name,
                  const char *line, const char *second) {
    TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int x = l->label_x + stage_u(s, 6), w = l->label_w - stage_u(s, 10);
    mlp_text(s, bold, x, y + stage_u(s, 14), w, name);
    if (line) mlp_text(s, soft, x, y + stage_u(s, 30), w, line);
    if (second) mlp_text(s, soft, x, y + stage_u(s, 44), w, second);
}

/* ---- promoted, suppressed ------------------------------------------------ */

static void draw_tokens(const Stage *s, const MlpLayout *l, Rect r,
                        const int *ids, int n, bool promoted) {
    for (int k = 0; k < n; k++) {
        if (ids[k] < 0) return;
        char token[STAGE_LABEL_MAX];
        TextStyle style =
            text_style(promoted && k == 0 ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                       promoted ? s->theme->text : s->theme->soft);
        tokenizer_show(s->tokenizer, ids[k], token, sizeof token);
        canvas_text_fit(s->canvas, style, r.x + stage_u(s, 5),
                        r.y + k * l->line_h + stage_u(s, 14),
                        num_max(r.w - stage_u(s, 6), 0), token);
    }
}

static int suppressed_y(const Stage *s, const MlpLayout *l) {
    return l->says_y + l->n_up * l->line_h + stage_u(s, 10);
}

static void draw_says(const Stage *s, const MlpLayout *l, int i) {
    const int neuron = l->wide[i];
    const Rect up = column(s, l, i, l->says_y, l->n_up * l->line_h);
    const Rect down =
        column(s, l, i, suppressed_y(s, l), l->n_down * l->line_h);
    const StudySays *says = study_neuron_says(s->study, s->layer, neuron);
    if (!says) {
        stage_draw_missing(s, up);
        return;
    }
    /* A negative product turns its vector round. */
    const bool turned = l->now->list[neuron].product < 0;
    draw_tokens(s, l, up, turned ? says->down : says->up, l->n_up, true);
    draw_tokens(s, l, down, turned ? says->up : says->down, l->n_down, false);
}

/* ---- its past ------------------------------------------------------------ */

/* The tokens up to the current one; where positions look at later ones, too,
 * all. */
static int last_shown(const Stage *s) {
    return trace_two_way(s->trace) ? s->n_pos - 1 : s->pos;
}

static int peak_of(const float *v, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (fabsf(v[i]) > fabsf(v[best]) || isnan(v[best])) best = i;
    return best;
}

static void draw_past_bars(const Stage *s, Rect r, const float *v, int n,
                           int first) {
    const int cells = num_min(n, r.w), middle = r.y + r.h / 2;
    const float hi = stage_max_abs(v, n);
    for (int i = 0; i < cells; i++) {
        const int i0 = (int)((int64_t)i * n / cells);
        const int i1 = (int)((int64_t)(i + 1) * n / cells);
        const int x0 = (int)((int64_t)i * r.w / cells);
        const int x1 = (int)((int64_t)(i + 1) * r.w / cells);
        const float x = v[i0 + peak_of(v + i0, i1 - i0)];
        int h = isnan(x) ? 0 : (int)lroundf(x / hi * (float)r.h / 2);
        if (h == 0 && x != 0 && !isnan(x)) h = x > 0 ? 1 : -1;
        const bool here = i1 > s->pos - first && i0 <= s->pos - first;
        const int w = num_max(num_min(x1 - x0 - 1, stage_u(s, 14)), 1);
        canvas_fill(s->canvas,
                    (Rect){r.x + x0, h > 0 ? middle - h : middle, w, abs(h)},
                    !here    ? s->theme->residual
                    : x >= 0 ? s->theme->positive
                             : s->theme->negative);
    }
    canvas_fill(s->canvas, (Rect){r.x, middle, r.w, 1}, s->theme->rule);
}

static void draw_past(const Stage *s, const MlpLayout *l, int i) {
    const int neuron = l->wide[i];
    const bool two = l->column_w < stage_u(s, ONE_LINE_U);
    const int line = stage_u(s, two ? 34 : 20);
    const Rect all = column(s, l, i, l->past_y, l->past_h - stage_u(s, 10));
    const Rect r = {all.x + stage_u(s, 4), all.y, all.w - stage_u(s, 8),
                    all.h - line};
    const int last = last_shown(s);
    const float *v = study_neuron_past(s->study, s->layer, last, neuron);
    if (!v) {
        stage_draw_missing(s, all);
        return;
    }
    const int n = num_min(last + 1, STUDY_TOKENS_MAX);
    const int first = last + 1 - n, peak = peak_of(v, n);
    draw_past_bars(s, r, v, n, first);
    if (n <= r.w)
        hits_add(s->hits, (Hit){.rect = r,
                                .kind = HIT_GRID,
                                .row_key = STATE_ELEM,
                                .rows = 1,
                                .row0 = neuron,
                                .col_key = STATE_TOKEN,
                                .cols = n,
                                .col0 = first});
    char text[16];
    TextStyle token = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mono.align = ALIGN_RIGHT;
    const float size = fabsf(v[peak]);
    snprintf(text, sizeof text, "%s",
             number_signed((double)v[peak], size < 9.995f   ? 2
                                            : size < 99.95f ? 1
                                                            : 0)
                 .s);
    stage_number_fit(s, mono, r.w, text);
    const int y = all.y + all.h - stage_u(s, 5);
    canvas_text(s->canvas, mono, r.x + r.w, y, text);
    const int room =
        r.w -
        (two ? 0 : canvas_text_width(s->canvas, mono, text) + stage_u(s, 3));
    canvas_text_fit(s->canvas, token, r.x, y - (two ? stage_u(s, 15) : 0),
                    num_max(room, 0), s->reads[first + peak]);
}

/* ---- without it ---------------------------------------------------------- */

static void draw_without(const Stage *s, const MlpLayout *l, int i) {
    const Rect r = column(s, l, i, l->without_y, l->without_h - stage_u(s, 8));
    bool missing;
    const int a = l->now->a, b = l->now->b;
    const StudyOff *v = study_off(
        s->study, study_off_key(s->pos, EDIT_NEURON, s->layer, l->wide[i]),
        &missing);
    if (!v) {
        stage_draw_missing(s, r);
        return;
    }
    char text[24];
    TextStyle style = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    style.align = ALIGN_RIGHT;
    stage_probability_text(exp((double)v->logits[a] - v->log_sum), text);
    const int room = r.w - stage_u(s, 10);
    stage_number_fit(s, style, room, text);
    if (canvas_text_width(s->canvas, style, text) > room)
        style.size = TYPE_TINY;
    char *blank = strchr(text, ' ');
    if (blank && canvas_text_width(s->canvas, style, text) > room)
        memmove(blank, blank + 1, strlen(blank));
    canvas_text(s->canvas, style, r.x + r.w - stage_u(s, 5),
                r.y + stage_u(s, 16), text);
    style.size = TYPE_TINY;
    style.color = s->theme->soft;
    snprintf(text, sizeof text, "%s",
             number_signed(
                 (double)v->logits[a] - (b < 0 ? 0 : (double)v->logits[b]), 2)
                 .s);
    stage_number_fit(s, style, room, text);
    canvas_text(s->canvas, style, r.x + r.w - stage_u(s, 5),
                r.y + stage_u(s, 34), text);
}

/* ---- all ----------------------------------------------------------------- */

static void draw_labels(const Stage *s, const MlpLayout *l) {
    char token[STAGE_LABEL_MAX], line[STAGE_LABEL_MAX + 24];
    if (l->n_up)
        label(s, l, l->says_y, "promotes", "with its sign here;",
              "through the logits");
    if (l->n_down) label(s, l, suppressed_y(s, l), "suppresses", NULL, NULL);
    if (l->past_h) {
        const int last = last_shown(s);
        const int first = num_max(last + 1 - STUDY_TOKENS_MAX, 0);
        snprintf(line, sizeof line, "tokens %d to %d;", first, last);
        char name[32];
        snprintf(name, sizeof name, "%s at", mlp_value_name(s));
        label(s, l, l->past_y, name, line, "below: its peak");
    }
    if (!l->without_h) return;
    char lead[STAGE_LABEL_MAX + 24] = "its logit";
    tokenizer_show(s->tokenizer, l->now->a, token, sizeof token);
    snprintf(line, sizeof line, "%s then, and", token);
    if (l->now->b >= 0) {
        tokenizer_show(s->tokenizer, l->now->b, token, sizeof token);
        snprintf(lead, sizeof lead, "its lead on %s", token);
    }
    label(s, l, l->without_y, "without it", line, lead);
}

void mlp_draw_below(const Stage *s, const MlpLayout *l) {
    draw_labels(s, l);
    for (int i = 0; i < l->n_wide; i++) {
        if (l->n_up) draw_says(s, l, i);
        if (l->past_h) draw_past(s, l, i);
        if (l->without_h) draw_without(s, l, i);
        if (l->wide[i] != l->selected) continue;
        const int bottom = l->without_y + l->without_h - stage_u(s, 4);
        const int t = stage_u(s, 2);
        const int top = l->columns.y - l->head_h + stage_u(s, 2);
        canvas_frame(s->canvas,
                     rect_inset(column(s, l, i, top, bottom - top), -t, 0),
                     (float)stage_u(s, 5), (float)t, s->theme->mlp);
    }
}
