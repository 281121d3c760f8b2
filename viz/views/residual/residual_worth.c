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
#define BAND_CELL_MAX 240.0f

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
    int at[RESIDUAL_TOKENS_MAX]; /* [n] positions, in the text's order */
    int n, cell_w;
    bool all, reach; /* of all others; of those that rollout names */
    double most;     /* |worth| */
    Names names;
} Band;

/* The last of those before, or those around. */
static void take_nearest(const Stage *s, Band *band) {
    const int all = residual_n_others(s);
    const int first =
        all > s->pos ? stage_window(all, band->n, s->pos) : all - band->n;
    for (int i = 0; i < band->n; i++)
        band->at[i] = residual_other(s, first + i);
}

/* Which of them has brought least, and is not the opened one. */
static int weakest(const Band *band, const float *reach, int opened) {
    int least = -1;
    for (int i = 0; i < band->n; i++)
        if (band->at[i] != opened &&
            (least < 0 || reach[band->at[i]] < reach[band->at[least]]))
            least = i;
    return least;
}

/* Those that have brought most to the current token by attention's rollout, and
 * the opened one. */
static void take_strongest(const Stage *s, Band *band, const float *reach) {
    const ResidualOpened o = residual_opened_why(s);
    const int opened = o.is_token ? o.token : -1;
    const int all = residual_n_others(s);
    for (int i = 0; i < band->n; i++)
        band->at[i] = residual_other(s, i);
    for (int i = band->n; i < all; i++) {
        const int pos = residual_other(s, i);
        const int out = weakest(band, reach, opened);
        if (out < 0 || (pos != opened && reach[pos] <= reach[band->at[out]]))
            continue;
        memmove(band->at + out, band->at + out + 1,
                (size_t)(band->n - 1 - out) * sizeof *band->at);
        band->at[band->n - 1] = pos;
    }
}

/* False: which they are is still to come. */
static bool take_tokens(const Stage *s, int runs, Band *band) {
    bool missing = false;
    band->all = band->n == residual_n_others(s);
    /* Where few runs may be made, the rows of so large a model are dear. */
    const float *reach = band->all || band->n == runs
                             ? NULL
                             : study_reach(s->study, s->pos, &missing);
    band->reach = reach != NULL;
    if (reach)
        take_strongest(s, band, reach);
    else
        take_nearest(s, band);
    return !missing;
}

static bool lay_out(const Stage *s, Rect r, int runs, Band *band) {
    const int head = stage_u(s, 28), numbers = stage_u(s, 18);
    const int fit = num_clamp(r.w / num_max(stage_u(s, BAND_CELL_U), 1), 1,
                              RESIDUAL_TOKENS_MAX);
    band->n = num_min(num_min(fit, residual_n_others(s)), runs);
    const bool known = take_tokens(s, runs, band);
    band->cell_w =
        num_min(r.w / num_max(band->n, 1), stage_u(s, BAND_CELL_MAX));
    band->names = names_below(s, band->at, band->n, band->cell_w);
    band->plot = (Rect){r.x, r.y + head, band->cell_w * band->n,
                        num_max(r.h - head - numbers - band->names.h, 1)};
    band->most = 1e-9;
    return known;
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
    const int pos = band->at[i];
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

static void draw_title(const Stage *s, Rect r, const Band *band) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const bool two_way = trace_two_way(s->trace);
    const char *title =
        two_way ? "And each other token?" : "And each earlier token?";
    canvas_text(s->canvas, bold, r.x, r.y + stage_u(s, 16), title);
    const int x = r.x + canvas_text_width(s->canvas, bold, title);
    char text[160], which[64];
    if (band->reach)
        snprintf(which, sizeof which,
                 "the %d that attention rollout names first", band->n);
    else
        snprintf(which, sizeof which, "%s",
                 two_way ? "those around" : "the last ones");
    snprintf(text, sizeof text,
             "%s%s measured by cutting the attention that %s tokens pay to %s",
             band->all ? "worth" : which, band->all ? "," : ", their worth",
             two_way ? "other" : "later", band->all ? "it" : "them");
    canvas_text_phrases(s->canvas, soft, x + stage_u(s, 12),
                        r.y + stage_u(s, 16), r.x + r.w - x - stage_u(s, 12),
                        text);
}

void residual_draw_tokens(const Stage *s, Rect r, int a, int b, int runs) {
    Band band;
    ResidualWorth list[RESIDUAL_TOKENS_MAX];
    if (!lay_out(s, r, runs, &band)) {
        stage_draw_missing(s, band.plot);
        return;
    }
    for (int i = 0; i < band.n; i++) {
        list[i] = residual_worth(s, a, b, EDIT_CUT, 0, band.at[i]);
        if (list[i].known) band.most = fmax(band.most, fabs(list[i].value));
    }
    draw_title(s, r, &band);
    canvas_fill(s->canvas,
                (Rect){band.plot.x, band.plot.y + band.plot.h / 2, band.plot.w,
                       stage_u(s, 1)},
                s->theme->rule);
    for (int i = 0; i < band.n; i++)
        draw_token(s, &band, i, &list[i]);
}
