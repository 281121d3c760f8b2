/* The activation with all gates on it, and the vector that the MLP adds. */
#include "viz/views/mlp/mlp.h"
#include "viz/views/words.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define POINTS_MAX 400

typedef struct Plot {
    Rect r;
    double lo, hi, bottom; /* x from lo to hi, y from bottom to hi */
} Plot;

static int plot_x(const Plot *p, double v) {
    return p->r.x + (int)lround((v - p->lo) / (p->hi - p->lo) * (double)p->r.w);
}

static int plot_y(const Plot *p, double v) {
    return p->r.y + p->r.h -
           (int)lround((v - p->bottom) / (p->hi - p->bottom) * (double)p->r.h);
}

static void draw_grid(const Stage *s, const Plot *p) {
    const double step = p->hi > 40 ? 20 : p->hi > 16 ? 8 : p->hi > 6 ? 4 : 2;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_CENTER;
    const int last = (int)floor(p->hi / step);
    for (int i = -last; i <= last; i++) {
        const double v = i * step;
        const int x = plot_x(p, v);
        canvas_fill(s->canvas, (Rect){x, p->r.y, 1, p->r.h}, s->theme->rule);
        canvas_textf(s->canvas, style, x, p->r.y + p->r.h + stage_u(s, 15),
                     "%s", number_round(v, 6).s);
        if (v < 0) continue;
        canvas_fill(s->canvas, (Rect){p->r.x, plot_y(p, v), p->r.w, 1},
                    s->theme->rule);
    }
}

static void draw_line(const Stage *s, const Plot *p) {
    const Config *c = s->config;
    const int step = num_max(stage_u(s, 3), 1);
    const double per = (p->hi - p->lo) / num_max(p->r.w, 1);
    for (int x = 0; x < p->r.w; x += step) {
        const double v0 = p->lo + x * per, v1 = v0 + step * per;
        canvas_line(s->canvas, (float)plot_x(p, v0),
                    (float)plot_y(p, study_activate(c, v0)),
                    (float)plot_x(p, v1),
                    (float)plot_y(p, study_activate(c, v1)),
                    (float)stage_u(s, 2), s->theme->residual);
    }
}

static void draw_point(const Stage *s, const Plot *p, const StudyNeuron *n,
                       float radius, Color color) {
    if (!isfinite(n->gate)) return;
    canvas_circle(s->canvas, (float)plot_x(p, (double)n->gate),
                  (float)plot_y(p, (double)n->act), radius, color);
}

static void draw_selected(const Stage *s, const Plot *p, const MlpLayout *l) {
    const StudyNeuron *n = &l->now->list[l->selected];
    draw_point(s, p, n, (float)stage_u(s, 6), s->theme->window);
    draw_point(s, p, n, (float)stage_u(s, 5), s->theme->accent);
    TextStyle style = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    char text[64];
    snprintf(text, sizeof text, "%d: %s → %s", l->selected,
             number_signed((double)n->gate, 2).s,
             number_signed((double)n->act, 2).s);
    /* The curve rises to the right: at its upper left nothing else is. */
    canvas_text_phrases(s->canvas, style, p->r.x + stage_u(s, 4),
                        p->r.y + stage_u(s, 16), p->r.w * 7 / 10, text);
}

static void draw_plot(const Stage *s, const MlpLayout *l, Rect r) {
    const double most = fmax((double)l->hi[MLP_GATE], 2);
    Plot p = {.r = r, .lo = -most, .hi = most, .bottom = -most * .14 - .2};
    if (most > 1e6) return;
    draw_grid(s, &p);
    draw_line(s, &p);
    for (int i = num_min(l->now->n, POINTS_MAX); i-- > 0;) {
        const int neuron = l->now->order[i];
        draw_point(s, &p, &l->now->list[neuron],
                   (float)stage_u(s, mlp_is_wide(l, neuron) ? 4 : 2),
                   s->theme->mlp);
    }
    draw_selected(s, &p, l);
}

/* "188 gates are not above 0: ..."; returns its height. */
static int draw_note(const Stage *s, const MlpLayout *l, Rect r, bool draw) {
    double shut = 0;
    for (int i = 0; i < l->now->n; i++)
        if (!(l->now->list[i].gate > 0))
            shut += (double)l->now->list[i].product *
                    (double)l->now->list[i].product;
    char text[192], share[16];
    stage_percent_text(l->now->squares == 0 ? 0 : shut / l->now->squares,
                       share);
    if (mlp_is_gated(s->config->arch))
        snprintf(
            text, sizeof text,
            "%d gates are not above 0: they let through little, with the sign "
            "turned. Those neurons hold "
            "%s of the squared product.",
            l->now->n - l->now->n_open, share);
    else
        snprintf(text, sizeof text,
                 "%d neurons are not above 0: little comes through each. They "
                 "hold together %s of the squared %s.",
                 l->now->n - l->now->n_open, share, mlp_value_name(s));
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    return paragraph_plain(s->canvas, r.x, r.y, r.w, style, 1.35f, text, draw);
}

void mlp_draw_curve(const Stage *s, const MlpLayout *l) {
    Rect r = l->curve;
    const int head = stage_u(s, 26), axis = stage_u(s, 28);
    if (r.w < stage_u(s, 150) || r.h < stage_u(s, 120)) return;
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    char title[64];
    snprintf(title, sizeof title, "%s: %s", words_activation(s->config),
             mlp_is_gated(s->config->arch) ? "a soft gate"
                                           : "every neuron on it");
    mlp_text(s, style, r.x, r.y + stage_u(s, 14), r.w, title);
    int note = draw_note(s, l, r, false);
    if (r.h - note - head - axis < stage_u(s, 110)) note = 0;
    const int h = num_min(r.h - head - note - axis, r.w);
    draw_plot(s, l, (Rect){r.x, r.y + head, r.w - stage_u(s, 10), h});
    if (note) draw_note(s, l, (Rect){r.x, r.y + head + h + axis, r.w, 0}, true);
}

/* ---- what is added ------------------------------------------------------- */

void mlp_draw_out(const Stage *s, const MlpLayout *l) {
    const int dim = s->config->dim, top = stage_u(s, 8);
    if (l->out.h == 0 || l->out.w == 0) return;
    const Rect r = {l->out.x, l->out.y + top, l->out.w,
                    l->out.h - top - stage_u(s, 18)};
    TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mlp_text(s, bold, l->label_x + stage_u(s, 6), r.y + stage_u(s, 13),
             l->label_w - stage_u(s, 10), "added to the");
    mlp_text(s, bold, l->label_x + stage_u(s, 6), r.y + stage_u(s, 29),
             l->label_w - stage_u(s, 10), "residual stream");
    const float *v =
        stage_row(s, mlp_sites(s->config->arch).out, s->layer, s->pos);
    if (!v) {
        stage_draw_missing(s, r);
        return;
    }
    const int cells = num_min(dim, r.w);
    const float hi = stage_max_abs(v, dim);
    int best = 0;
    bool any_nan = false;
    for (int i = 0; i < cells; i++) {
        const int i0 = (int)((int64_t)i * dim / cells);
        const int i1 = (int)((int64_t)(i + 1) * dim / cells);
        float x = v[i0];
        for (int k = i0; k < i1; k++) {
            if (fabsf(v[k]) > fabsf(x)) x = v[k];
            if (fabsf(v[k]) > fabsf(v[best])) best = k;
        }
        s->cells[i] = stage_value_color(s, x, hi);
        if (isnan(x)) s->cells[i].a = 0;
        any_nan |= isnan(x);
    }
    canvas_fill(s->canvas, r, s->theme->window);
    if (any_nan) canvas_hatch(s->canvas, r, s->theme->soft);
    canvas_cells(s->canvas, r, s->cells, 1, cells, r.w / cells >= 4 ? 1 : 0);
    canvas_textf(s->canvas, mono, r.x, r.y + r.h + stage_u(s, 14),
                 "%d numbers, the largest at %d: %s%s", dim, best,
                 number_signed((double)v[best], 2).s,
                 edits_steers(trace_edits(s->trace), s->layer, s->pos)
                     ? "; with the direction that is added"
                     : "");
    hits_add(s->hits, (Hit){.rect = r,
                            .kind = HIT_GRID,
                            .row_key = STATE_LAYER,
                            .rows = 1,
                            .row0 = s->layer,
                            .col_key = STATE_ELEM,
                            .cols = dim,
                            .pick = pick_and(pick_word(STATE_VIEW, "block"),
                                             pick_word(STATE_OP, "down"))});
}
