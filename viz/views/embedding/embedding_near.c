/* The rows that point most nearly where the held tokens' do, a list for each;
 * and one cosine taken apart. */
#include "viz/views/embedding/embedding.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define ROW_U     26.0f
#define ROW_MAX_U 38.0f
#define LIST_U    150.0f /* the narrowest */
#define PANEL_U   172.0f /* of the cosine taken apart */

/* ---- lists --------------------------------------------------------------- */

/* Length from the left is the cosine; the colour says whose list, and strong
 * which side of EMBEDDING_CLOSE. */
static void draw_neighbour(const Stage *s, Rect r, const StudyNearRow *near,
                           int held, int elem) {
    const Theme *t = s->theme;
    const bool close = near->cosine >= EMBEDDING_CLOSE;
    char text[STAGE_LABEL_MAX], number[16];
    Rect bar = rect_inset(r, 0, 1);
    bar.w = (int)lround(fmin(fmax(near->cosine, 0), 1) * r.w);
    canvas_fill(
        s->canvas, bar,
        color_mix(t->window, embedding_color(s, held), close ? .30f : .12f));
    if (elem == s->elem)
        canvas_frame(s->canvas, r, 0, (float)num_max(stage_u(s, 2), 2),
                     t->accent);
    tokenizer_show(s->tokenizer, near->id, text, sizeof text);
    TextStyle word =
        text_style(close ? FACE_BOLD : FACE_SANS, TYPE_BODY, t->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, t->text);
    mono.align = ALIGN_RIGHT;
    snprintf(number, sizeof number, "%s", number_fixed(near->cosine, 3).s);
    const int cap = canvas_metrics(s->canvas, word).cap;
    canvas_text_fit(s->canvas, word, r.x + stage_u(s, 8), r.y + (r.h + cap) / 2,
                    num_max(r.w - stage_u(s, 70), 0), text);
    canvas_text_row(s->canvas, mono, r.x + r.w - stage_u(s, 4), r.y, r.h,
                    number);
    hits_pick(s->hits, r, pick_number(STATE_ELEM, elem));
}

static void draw_list_head(const Stage *s, Rect r, const EmbeddingHeld *h,
                           int held) {
    const Color color = embedding_color(s, held);
    char token[STAGE_LABEL_MAX], text[40];
    TextStyle bold = text_style(FACE_BOLD, TYPE_LEAD, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->soft);
    mono.align = ALIGN_RIGHT;
    snprintf(text, sizeof text, h->pos[held] < 0 ? "before · row %d" : "row %d",
             h->id[held]);
    const int y = r.y + r.h - stage_u(s, 10), dot = stage_u(s, 7);
    canvas_circle(s->canvas, (float)(r.x + dot), (float)(y - dot + 1),
                  (float)dot, color);
    const int x = r.x + 3 * dot;
    const int w = canvas_text_width(s->canvas, mono, text);
    tokenizer_show(s->tokenizer, h->id[held], token, sizeof token);
    const int room = r.w - 3 * dot - w - stage_u(s, 8);
    if (room < stage_u(s, 40)) {
        canvas_text_fit(s->canvas, bold, x, y, r.w - 3 * dot, token);
    } else {
        canvas_text_fit(s->canvas, bold, x, y, room, token);
        canvas_text(s->canvas, mono, r.x + r.w, y, text);
    }
    canvas_fill(
        s->canvas,
        (Rect){r.x, r.y + r.h - stage_u(s, 3), r.w, num_max(stage_u(s, 2), 1)},
        color);
    if (h->pos[held] >= 0)
        hits_pick(s->hits, r, pick_number(STATE_TOKEN, h->pos[held]));
}

static void draw_list(const Stage *s, Rect r, const EmbeddingHeld *h,
                      int held) {
    const StudyNear *near = embedding_near(s, h, held);
    const bool has_piece = h->id[held] < tokenizer_n_drawn(s->tokenizer);
    const int head = stage_u(s, 38);
    /* Another table's cosine is what the one of this table was. */
    const int list = h->pos[held] < 0 && embedding_other_table(s) ? 0 : held;
    draw_list_head(s, (Rect){r.x, r.y, r.w, head}, h, held);
    r.y += head;
    r.h -= head;
    if (r.h <= 0) return;
    if (!near) {
        if (has_piece) stage_draw_missing(s, r);
        return;
    }
    const int fit = num_clamp(r.h / stage_u(s, ROW_U), 0, near->n);
    const int row_h = fit > 0 ? num_min(r.h / fit, stage_u(s, ROW_MAX_U)) : 0;
    for (int i = 0; i < fit; i++)
        draw_neighbour(s, (Rect){r.x, r.y + i * row_h, r.w, row_h},
                       &near->rows[i], held,
                       near->rows[i].id + list * s->config->vocab_size);
}

/* ---- one cosine ---------------------------------------------------------- */

static float first_at(const void *of, int i) {
    return ((const ExplainTerm *)of)[i].a;
}

static float second_at(const void *of, int i) {
    return ((const ExplainTerm *)of)[i].b;
}

static float product_at(const void *of, int i) {
    return (float)((const ExplainTerm *)of)[i].product;
}

static void draw_vector(const Stage *s, Rect r, int label_w, const char *label,
                        const Explain *ex, EmbeddingAt *at) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->text);
    const int cap = canvas_metrics(s->canvas, style).cap;
    canvas_text_fit(s->canvas, style, r.x, r.y + (r.h + cap) / 2,
                    label_w - stage_u(s, 8), label);
    embedding_strip(s, (Rect){r.x + label_w, r.y, r.w - label_w, r.h}, at,
                    ex->terms, ex->n_terms);
}

static void draw_cosine(const Stage *s, Rect r, int a, int b) {
    bool missing;
    char first[STAGE_LABEL_MAX], second[STAGE_LABEL_MAX], text[160];
    const Explain *ex = study_get(s->study, study_cosine_key(a, b), &missing);
    const int label_w = num_min(stage_u(s, 90), r.w / 4), h = stage_u(s, 26);
    tokenizer_show(s->tokenizer, a, first, sizeof first);
    tokenizer_show(s->tokenizer, b, second, sizeof second);
    snprintf(text, sizeof text, "cosine of %s and %s", first, second);
    embedding_text(s, text_style(FACE_BOLD, TYPE_BODY, s->theme->text), r.x,
                   r.y + stage_u(s, TYPE_BODY), r.w, text);
    r.y += stage_u(s, 28);
    r.h -= stage_u(s, 28);
    if (!ex || ex->n_terms == 0) {
        stage_draw_missing(s, r);
        return;
    }
    const char *const labels[] = {first, second, "product"};
    EmbeddingAt *const at[] = {first_at, second_at, product_at};
    for (int i = 0; i < 3; i++)
        draw_vector(s, (Rect){r.x, r.y + i * (h + stage_u(s, 6)), r.w, h},
                    label_w, labels[i], ex, at[i]);
    snprintf(text, sizeof text, "sum of products %s ÷ (length %s × %s) = %s",
             number_fixed(ex->steps[0].value, 4).s,
             number_fixed(ex->before[0].value, 4).s,
             number_fixed(ex->before[1].value, 4).s,
             number_fixed(ex->total, 3).s);
    const int y = r.y + 3 * (h + stage_u(s, 6)) + stage_u(s, TYPE_SMALL + 4);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    if (canvas_text_width(s->canvas, mono, text) > r.w)
        snprintf(text, sizeof text, "%s ÷ (%s × %s) = %s",
                 number_fixed(ex->steps[0].value, 4).s,
                 number_fixed(ex->before[0].value, 3).s,
                 number_fixed(ex->before[1].value, 3).s,
                 number_fixed(ex->total, 3).s);
    canvas_text_fit(s->canvas, mono, r.x, y, r.w, text);
    hits_pick(s->hits, r, pick_number(STATE_ELEM, s->elem));
}

/* ---- the whole ----------------------------------------------------------- */

static void draw_title(const Stage *s, Rect r) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_BODY, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int y = r.y + stage_u(s, TYPE_BODY), gap = stage_u(s, 14);
    const char *title = "nearest rows, by cosine";
    const int w = canvas_text_width(s->canvas, bold, title);
    embedding_text(s, bold, r.x, y, r.w, title);
    if (w + gap < r.w)
        embedding_text(s, soft, r.x + w + gap, y, r.w - w - gap,
                       "1: the same direction, 0: at right angles");
}

void embedding_draw_near(const Stage *s, Rect r) {
    const EmbeddingHeld held = embedding_held(s);
    const int gap = stage_u(s, 24);
    const int n =
        num_clamp((r.w + gap) / (stage_u(s, LIST_U) + gap), 1, held.n);
    int a, b;
    draw_title(s, r);
    r.y += stage_u(s, 30);
    r.h -= stage_u(s, 30);
    const int panel = stage_u(s, PANEL_U);
    const bool opens = embedding_pair(s, &a, &b) && r.h > 2 * panel;
    const int list_h = r.h - (opens ? panel + stage_u(s, 16) : 0);
    const int w = (r.w - (n - 1) * gap) / n;
    for (int i = 0; i < n; i++)
        draw_list(s, (Rect){r.x + i * (w + gap), r.y, w, list_h}, &held, i);
    if (opens) draw_cosine(s, (Rect){r.x, r.y + r.h - panel, r.w, panel}, a, b);
}
