/* What parts and earlier tokens are worth: measured, by a run without each. */
#include "viz/views/names.h"
#include "viz/views/residual/residual.h"

#include "engine/base/num.h"
#include "engine/spec/params.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Weights times tokens that all runs together may pass through, and how many
 * runs there may always be: a model of thousands of millions of weights takes
 * seconds for each. */
#define WORK_MAX   2e10
#define RUNS_LEAST 6

#define BAND_CELL_U   34.0f
#define BAND_CELL_MAX 76.0f

int residual_runs_max(const Stage *s) {
    const double weights = (double)params_total(s->config);
    const double runs = WORK_MAX / (weights * (s->pos + 1));
    return runs > 1e6 ? 1000000 : num_max((int)runs, RUNS_LEAST);
}

ResidualWorth residual_worth(const Stage *s, int a, int b, EditKind kind,
                             int layer, int index) {
    ResidualWorth w = {.best = -1};
    const StudyOff *off = study_off(
        s->study, study_off_key(s->pos, kind, layer, index), &w.missing);
    const float *with = stage_row(s, SITE_LOGITS, 0, s->pos);
    if (!off || !with) return w;
    const double was = (double)with[a] - (b < 0 ? 0 : (double)with[b]);
    const double is =
        (double)off->logits[a] - (b < 0 ? 0 : (double)off->logits[b]);
    w.known = true;
    w.best = off->best;
    w.prob = exp((double)off->logits[a] - off->log_sum);
    w.value = was - is;
    return w;
}

void residual_draw_outlined(const Stage *s, Rect bar, bool for_a) {
    const Theme *t = s->theme;
    const Color ink = for_a ? t->accent : t->query;
    canvas_fill(s->canvas, bar, color_mix(t->window, ink, .28f));
    canvas_frame(s->canvas, bar, 0, (float)stage_u(s, 1), ink);
}

/* ---- other tokens -------------------------------------------------------- */

typedef struct Band {
    Rect plot;
    int first, n, cell_w; /* first: of the others */
    double most;          /* |worth| */
    Names names;
} Band;

static void lay_out(const Stage *s, Rect r, int runs, Band *band) {
    const int head = stage_u(s, 28), numbers = stage_u(s, 18);
    const int fit = num_max(r.w / num_max(stage_u(s, BAND_CELL_U), 1), 1);
    const int all = residual_n_others(s);
    band->n = num_min(num_min(fit, all), runs);
    band->first =
        all > s->pos ? stage_window(all, band->n, s->pos) : all - band->n;
    band->cell_w =
        num_min(r.w / num_max(band->n, 1), stage_u(s, BAND_CELL_MAX));
    band->names = names_below(s, band->first, band->n, band->cell_w);
    band->plot = (Rect){r.x, r.y + head, band->cell_w * band->n,
                        num_max(r.h - head - numbers - band->names.h, 1)};
    band->most = 1e-9;
}

/* "+0.3", "+.3" where that has no room; "+12" of larger ones; "+0.02" of those
 * that a tenth would make 0. */
static void say_worth(const Stage *s, TextStyle mono, double v, int room,
                      char text[16]) {
    const int places = fabs(v) < .05 && v != 0 ? 2 : 1;
    if (fabs(v) < .005 && v != 0)
        snprintf(text, 16, "%c<.01", v < 0 ? '-' : '+');
    else
        snprintf(text, 16, "%s", number_signed(v, places).s);
    if (canvas_text_width(s->canvas, mono, text) <= room) return;
    if (text[1] == '0')
        memmove(text + 1, text + 2, strlen(text + 1));
    else
        snprintf(text, 16, "%s", number_signed(v, 0).s);
}

static void draw_token(const Stage *s, const Band *band, int i,
                       const ResidualWorth *w) {
    const Rect p = band->plot;
    const int pos = residual_other(s, band->first + i);
    const int middle = p.y + p.h / 2;
    const Rect cell = {p.x + i * band->cell_w, p.y, band->cell_w - 1, p.h};
    if (w->known) {
        const int room = p.h / 2 - stage_u(s, 14);
        const int h =
            num_max((int)lround(fabs(w->value) / band->most * room), 1);
        const Rect bar = {cell.x + stage_u(s, 4),
                          w->value >= 0 ? middle - h : middle,
                          num_max(cell.w - stage_u(s, 8), 1), h};
        if (isfinite(w->value))
            residual_draw_outlined(s, bar, w->value >= 0);
        else
            canvas_hatch(s->canvas, rect_inset(cell, stage_u(s, 4), p.h / 4),
                         s->theme->soft);
        char text[16];
        TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
        mono.align = ALIGN_CENTER;
        say_worth(s, mono, w->value, cell.w, text);
        if (h > stage_u(s, 5))
            canvas_text(s->canvas, mono, cell.x + cell.w / 2,
                        w->value >= 0 ? middle - h - stage_u(s, 3)
                                      : middle + h + stage_u(s, 12),
                        text);
    } else if (w->missing) {
        stage_draw_missing(s, rect_inset(cell, stage_u(s, 4), p.h / 4));
    }
    TextStyle label = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    TextStyle number = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    canvas_textf(s->canvas, number, cell.x + stage_u(s, 2),
                 p.y + p.h + stage_u(s, 13), "%d", pos);
    names_draw(s, band->names, label, cell.x, p.y + p.h + stage_u(s, 14),
               cell.w, pos);
    const ResidualOpened o = residual_opened_why(s);
    if (o.is_token && o.token == pos)
        canvas_frame(s->canvas, rect_inset(cell, 1, 0), (float)stage_u(s, 4),
                     (float)stage_u(s, 1), s->theme->soft);
    hits_pick(s->hits, cell,
              pick_and(pick_number(STATE_KEY, pos),
                       pick_and(pick_word(STATE_PART, "token"),
                                pick_word(STATE_NUMBER, "worth"))));
    stage_token_hit(s, (Rect){cell.x, p.y + p.h, cell.w, stage_u(s, 32)}, pos);
}

void residual_draw_tokens(const Stage *s, Rect r, int a, int b, int runs) {
    Band band;
    ResidualWorth list[RESIDUAL_TOKENS_MAX];
    lay_out(s, r, num_min(runs, RESIDUAL_TOKENS_MAX), &band);
    for (int i = 0; i < band.n; i++) {
        list[i] = residual_worth(s, a, b, EDIT_CUT, 0,
                                 residual_other(s, band.first + i));
        if (list[i].known) band.most = fmax(band.most, fabs(list[i].value));
    }
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const bool all = trace_two_way(s->trace);
    const char *title =
        all ? "And each other token?" : "And each earlier token?";
    canvas_text(s->canvas, bold, r.x, r.y + stage_u(s, 16), title);
    const int x = r.x + canvas_text_width(s->canvas, bold, title);
    char text[128];
    snprintf(text, sizeof text,
             "%sworth, measured by cutting the attention that %s tokens "
             "pay to it",
             band.n == residual_n_others(s) ? ""
             : all                          ? "those around: "
                                            : "the last ones: ",
             all ? "other" : "later");
    canvas_text_phrases(s->canvas, soft, x + stage_u(s, 12),
                        r.y + stage_u(s, 16), r.x + r.w - x - stage_u(s, 12),
                        text);
    canvas_fill(s->canvas,
                (Rect){band.plot.x, band.plot.y + band.plot.h / 2, band.plot.w,
                       stage_u(s, 1)},
                s->theme->rule);
    for (int i = 0; i < band.n; i++)
        draw_token(s, &band, i, &list[i]);
}
