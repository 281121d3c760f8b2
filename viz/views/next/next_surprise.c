/* How much each token of the text surprised the model that read those before
 * it, or that tells what stands at its place. */
#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/glossary.h"
#include "viz/views/names.h"
#include "viz/views/next/next.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define HEIGHT_U   102.0f /* without the names */
#define CELL_U     38.0f
#define CELL_MAX_U 240.0f
#define TOKENS_MAX 128

/* A cell for each token that something is told about: not for the first where
 * it is what follows. */
typedef struct Band {
    Rect plot;
    int ahead;            /* as arch_ahead */
    int first, n, cell_w; /* first: a position */
    double most;          /* bits, of those shown */
    Names names;
} Band;

/* Which tokens are shown, and how wide. */
static void choose(const Stage *s, int w, Band *band) {
    const int fit =
        num_clamp(w / num_max(stage_u(s, CELL_U), 1), 1, TOKENS_MAX);
    band->ahead = arch_ahead(s->config->arch);
    const int all = s->n_pos - band->ahead;
    band->n = num_min(fit, all);
    /* The one that the table is about. */
    band->first =
        band->ahead + stage_window(all, band->n, num_min(s->pos, all - 1));
    band->cell_w = num_min(w / num_max(band->n, 1), stage_u(s, CELL_MAX_U));
    int at[TOKENS_MAX];
    for (int i = 0; i < band->n; i++)
        at[i] = band->first + i;
    band->names = names_below(s, at, band->n, band->cell_w);
}

int next_surprise_height(const Stage *s, Rect view) {
    const bool fits = view.h >= stage_u(s, 420) && view.w >= stage_u(s, 420);
    if (!fits || s->n_pos < 1 + arch_ahead(s->config->arch)) return 0;
    Band band;
    choose(s, view.w, &band);
    return stage_u(s, HEIGHT_U) + band.names.h;
}

/* Of the token at a position. */
static const float *surprise(const Stage *s, int pos) {
    return study_surprise(s->study, pos - arch_ahead(s->config->arch),
                          trace_token(s->trace, pos));
}

/* The same token in the other run, where that has it at the same place. */
static const float *surprise_before(const Stage *s, int pos) {
    const int ahead = arch_ahead(s->config->arch);
    const int at = before_pos(s, pos), from = before_pos(s, pos - ahead);
    if (!before_predicts_alike(s) || at < ahead || from != at - ahead ||
        trace_token(s->against, at) != trace_token(s->trace, pos))
        return NULL;
    return study_surprise(s->against_study, from, trace_token(s->trace, pos));
}

/* Whether the text has the mask itself there: nobody says what it hides. */
static bool is_unknown(const Stage *s, const Band *band, int pos) {
    return masked_told(s, pos - band->ahead) < 0;
}

/* Whether it stands around the text, of which it is asked what stands there. */
static bool is_around(const Stage *s, const Band *band, int pos) {
    return band->ahead == 0 &&
           masked_worth(s->tokenizer, trace_edits(s->trace), pos,
                        trace_token(s->trace, pos)) == 0;
}

static void find_most(Band *band, const float *v) {
    if (v && isfinite(*v)) band->most = fmax(band->most, (double)*v);
}

static void lay_out(const Stage *s, Rect r, Band *band) {
    const int head = stage_u(s, 34);
    choose(s, r.w, band);
    band->plot = (Rect){r.x, r.y + head, band->cell_w * band->n,
                        num_max(r.h - head - band->names.h, 1)};
    band->most = 1; /* bit, at least: small ones are small */
    for (int i = 0; i < band->n; i++) {
        const int pos = band->first + i;
        if (is_unknown(s, band, pos) || is_around(s, band, pos)) continue;
        find_most(band, surprise(s, pos));
        find_most(band, surprise_before(s, pos));
    }
}

static Rect bar_of(const Stage *s, const Band *band, Rect cell, double bits) {
    const int room = num_max(cell.h - stage_u(s, 16), 1);
    const int h = num_clamp((int)lround(bits / band->most * room), 1, room);
    return (Rect){cell.x + stage_u(s, 4), cell.y + cell.h - h,
                  num_max(cell.w - stage_u(s, 8), 1), h};
}

/* was: of the run before, or NULL: nothing of it is to be seen. */
static void draw_bits(const Stage *s, const Band *band, Rect cell, bool lit,
                      float bits, const float *was) {
    const Rect bar = bar_of(s, band, cell, (double)bits);
    char text[16];
    canvas_fill(s->canvas, bar,
                lit ? s->theme->accent
                    : color_mix(s->theme->window, s->theme->query, .55f));
    snprintf(text, sizeof text, "%s",
             number_fixed((double)bits, bits < 9.95f ? 1 : 0).s);
    TextStyle style =
        text_style(lit ? FACE_MONO_BOLD : FACE_MONO, TYPE_TINY, s->theme->text);
    style.align = ALIGN_CENTER;
    int above = bar.y;
    if (was) {
        const Rect outline = bar_of(s, band, cell, (double)*was);
        stage_dashed(s, outline, s->theme->text);
        above = num_min(above, outline.y);
    }
    canvas_text(s->canvas, style, cell.x + cell.w / 2, above - stage_u(s, 3),
                text);
}

/* Where the text has the mask: what the model fills in, and no bar. */
static void draw_filled_in(const Stage *s, Rect cell, int pos, bool lit) {
    const StudyBest *best = study_best(s->study, pos);
    const Rect r = rect_inset(cell, stage_u(s, 4), 0);
    char token[STAGE_LABEL_MAX];
    stage_dashed(s, r, s->theme->accent);
    if (!best) return;
    tokenizer_show(s->tokenizer, best->id, token, sizeof token);
    const TextStyle style =
        text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_TINY, s->theme->accent);
    const int cap = canvas_metrics(s->canvas, style).cap;
    canvas_text_fit(s->canvas, style, r.x + stage_u(s, 3),
                    r.y + (r.h + cap) / 2, num_max(r.w - stage_u(s, 6), 0),
                    token);
}

static void draw_token(const Stage *s, const Band *band, int i) {
    const int pos = band->first + i;
    const Rect p = band->plot;
    const Rect cell = {p.x + i * band->cell_w, p.y, band->cell_w - 1, p.h};
    const Rect all = {cell.x, cell.y, cell.w, cell.h + band->names.h};
    const bool lit = pos == s->pos + band->ahead;
    const bool unknown = is_unknown(s, band, pos);
    const bool around = is_around(s, band, pos);
    const bool told = !unknown && !around;
    const float *bits = told ? surprise(s, pos) : NULL;
    const float *was = told ? surprise_before(s, pos) : NULL;
    const bool differs =
        bits && was && isfinite(*was) && fabsf(*was - *bits) >= .05f;
    if (unknown)
        draw_filled_in(s, cell, pos - band->ahead, lit);
    else if (told && !bits)
        stage_draw_missing(s, rect_inset(cell, stage_u(s, 4), cell.h / 4));
    else if (told && isfinite(*bits))
        draw_bits(s, band, cell, lit, *bits, differs ? was : NULL);
    TextStyle label = text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_TINY,
                                 lit ? s->theme->accent : s->theme->text);
    names_draw(s, band->names, label, cell.x, p.y + p.h, cell.w, pos);
    hits_pick(s->hits, all,
              pick_and(pick_number(STATE_TOKEN, pos - band->ahead),
                       pick_word(STATE_OP, next_ops[NEXT_OP_SURPRISE].name)));
}

/* Under all of them: a slanted name reaches into the next one's cell. */
static void draw_opened(const Stage *s, const Band *band) {
    const int i = s->pos + band->ahead - band->first;
    const Rect all = {band->plot.x + i * band->cell_w, band->plot.y,
                      band->cell_w - 1, band->plot.h + band->names.h};
    if (s->op == NEXT_OP_SURPRISE && i >= 0 && i < band->n)
        canvas_round(s->canvas, all, (float)stage_u(s, 4), s->theme->well);
}

static void draw_head(const Stage *s, const Band *band, Rect r) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const char *title = band->ahead ? "How much did each token surprise?"
                                    : "How well is each place told back?";
    const int y = r.y + stage_u(s, 23), air = stage_u(s, 12);
    char text[160];
    snprintf(text, sizeof text, "surprise, −log₂ of %s, in bits%s",
             band->ahead ? "its probability after those before it"
                         : "the probability of its token there, which is "
                           "read if it is not hidden",
             band->n < s->n_pos - band->ahead
                 ? "; those around the current token"
                 : "");
    canvas_text_fit(s->canvas, bold, r.x, y, r.w, title);
    const int x = r.x + canvas_text_width(s->canvas, bold, title) + air;
    if (canvas_text_phrases(s->canvas, soft, x, y, r.x + r.w - x, text))
        glossary_note(s->hits, s->canvas, soft, x, y, "surprise");
}

void next_surprise_draw(const Stage *s, Rect r) {
    Band band;
    lay_out(s, r, &band);
    draw_head(s, &band, r);
    draw_opened(s, &band);
    for (int i = 0; i < band.n; i++)
        draw_token(s, &band, i);
}
