/* The next token: logits, divided by the temperature, through softmax to
 * probabilities, what the cuts leave of them, and where a random number falls.
 *
 * The columns of the table are the stages of the sampler, in their order. */
#include "viz/views/next/next.h"
#include "viz/views/slider.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- sliders ------------------------------------------------------------- */

typedef struct Control {
    const char *name;
    StateKey key;
    float lo, hi, value;
    char text[16]; /* the value, or "off" */
} Control;

static Control control_of(const Stage *s, SamplerParam i) {
    const SamplerParamInfo *info = sampler_param(i);
    Control c = {.name = info->name,
                 .key = state_sampler_key(i),
                 .lo = info->hand_least,
                 .hi = info->slider_most,
                 .value = sampler_get(&s->state->sampler, i)};
    if (i == SAMPLER_TOP_K)
        c.hi = fminf(c.hi, (float)tokenizer_n_drawn(s->tokenizer));
    if (i == SAMPLER_TOP_P && c.value == 0) c.value = 1; /* both are off */
    snprintf(c.text, sizeof c.text, "%s",
             number_fixed((double)c.value, info->notches == 1 ? 0 : 2).s);
    if (c.value == info->off) snprintf(c.text, sizeof c.text, "off");
    return c;
}

/* Name left, value right, on one line at the top of r; the name yields. */
static void draw_control_text(const Stage *s, Rect r, const char *name,
                              const char *value) {
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    int baseline = r.y + stage_u(s, 14);
    int w = canvas_text_width(s->canvas, bold, value);
    if (w > r.w) w = r.w;
    canvas_text_fit(s->canvas, bold, r.x + r.w - w, baseline, w, value);
    canvas_text_either(s->canvas, soft, r.x, baseline, r.w - w - stage_u(s, 4),
                       name, strcmp(name, "temperature") ? name : "temp.");
    glossary_note(s->hits, s->canvas, soft, r.x, baseline, name);
}

static void draw_slider(const Stage *s, Rect r, Control c) {
    const Rect track = {r.x, r.y + stage_u(s, 28), r.w, stage_u(s, 6)};
    draw_control_text(s, r, c.name, c.text);
    if (s->is_figure) return; /* nobody can move it */
    slider_draw(s, track, (c.value - c.lo) / (c.hi - c.lo), SLIDER_NO_MARK);
    hits_add(s->hits, (Hit){.rect = r,
                            .kind = HIT_SLIDER,
                            .slider_key = c.key,
                            .lo = c.lo,
                            .hi = c.hi});
}

/* The seed and a button that takes the next one, as Enter does. */
static void draw_seed(const Stage *s, Rect r) {
    const Theme *t = s->theme;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->state->seed);
    draw_control_text(s, r, "seed", seed);
    /* There is no die, or nobody to throw it. */
    if (s->state->sampler.temperature == 0 || s->is_figure) return;
    int h = stage_u(s, 26);
    Rect button = {r.x, r.y + r.h - h, r.w, h};
    canvas_round(s->canvas, button, (float)stage_u(s, 7), t->well);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, t->text);
    style.align = ALIGN_CENTER;
    canvas_text_row(s->canvas, style, r.x + r.w / 2, button.y, h, "draw again");
    hits_command(s->hits, button, CMD_OP_NEXT, 0);
}

/* Too low a picture for more than one row of controls. */
static bool is_low(const Stage *s, Rect r) {
    return r.h < stage_u(s, 260);
}

/* Sliders and seed, in as many rows as they need; min-p yields first, unless
 * it is in use.  Returns what is left of r. */
static Rect draw_controls(const Stage *s, Rect r) {
    bool low = is_low(s, r);
    int least = stage_u(s, 112), most = stage_u(s, 232);
    int height = stage_u(s, s->is_figure ? 26 : 50);
    int gap = stage_u(s, 22); /* knobs at both ends must not touch */
    int n = SAMPLER_PARAMS;   /* the seed comes on top */
    if (r.w < (n + 1) * (least + gap) - gap && s->state->sampler.min_p == 0)
        n--;
    int per_row = (r.w + gap) / (least + gap);
    if (per_row < 1) per_row = 1;
    if (per_row > n + 1) {
        per_row = n + 1;
        int spare = (r.w - per_row * least) / n, wide = stage_u(s, 44);
        gap = spare < gap ? gap : spare < wide ? spare : wide;
    }
    int w = (r.w + gap) / per_row - gap;
    if (w > most) w = most;
    int y = r.y;
    for (int i = 0; i <= n && !(low && i == per_row); i++) {
        if (i && i % per_row == 0) y += height + stage_u(s, 12);
        Rect at = {r.x + i % per_row * (w + gap), y, w, height};
        if (i < n)
            draw_slider(s, at, control_of(s, (SamplerParam)i));
        else
            draw_seed(s, at);
    }
    int used = y + height + stage_u(s, low ? 12 : 20) - r.y;
    return (Rect){r.x, r.y + used, r.w, r.h > used ? r.h - used : 0};
}

/* ---- the die ------------------------------------------------------------- */

static void draw_segment_label(const Stage *s, Rect seg, TextStyle style,
                               int id) {
    char text[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, id, text, sizeof text);
    style.align = ALIGN_CENTER;
    if (canvas_text_width(s->canvas, style, text) + stage_u(s, 10) < seg.w)
        canvas_text_row(s->canvas, style, seg.x + seg.w / 2, seg.y, seg.h,
                        text);
}

/* The part of a segment left or right of the needle in it. */
static Rect wider_side(Rect seg, int needle) {
    int left = needle - seg.x, right = seg.x + seg.w - needle;
    if (left > right) return (Rect){seg.x, seg.y, left, seg.h};
    return (Rect){needle, seg.y, right, seg.h};
}

/* The kept probabilities end to end on 0..1: where the die lands is what is
 * drawn. */
static void draw_segments(const Stage *s, const StudyNext *next, Rect r) {
    const Theme *t = s->theme;
    /* Thin segments run together into this colour. */
    canvas_fill(s->canvas, r, color_mix(t->window, t->query, .25f));
    float thin = (float)stage_u(s, 5);
    double sum = 0;
    for (int i = 0; i < next->n && next->candidates[i].final > 0; i++) {
        int x0 = (int)lround(sum * r.w);
        sum += next->candidates[i].final;
        int x1 = (int)lround(fmin(sum, 1) * r.w);
        bool drawn = i == next->drawn;
        if (next->candidates[i].final * (float)r.w < thin && !drawn) continue;
        if (drawn && x1 < x0 + 2) x1 = x0 + 2;
        int gap = x1 < r.w ? stage_u(s, 1) : 0;
        Rect seg = {r.x + x0, r.y, x1 - x0 - gap, r.h};
        Color fill = drawn ? t->accent : color_mix(t->window, t->query, .55f);
        canvas_fill(s->canvas, seg, fill);
        if (gap)
            canvas_fill(s->canvas, (Rect){r.x + x1 - gap, r.y, gap, r.h},
                        t->window);
        TextStyle style = text_style(drawn ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                     theme_ink(fill));
        if (drawn) seg = wider_side(seg, r.x + (int)(next->coin * (float)r.w));
        draw_segment_label(s, seg, style, next->candidates[i].id);
    }
}

static void draw_needle(const Stage *s, float coin, Rect strip) {
    const Theme *t = s->theme;
    float x = (float)strip.x + coin * (float)strip.w;
    float top = (float)(strip.y - stage_u(s, 4));
    float d = (float)stage_u(s, 6);
    Point tip[3] = {{x - d, top - d}, {x + d, top - d}, {x, top + d / 2}};
    canvas_poly(s->canvas, tip, 3, t->text);
    canvas_line(s->canvas, x, top, x, (float)(strip.y + strip.h), d / 3,
                t->text);
    char text[16];
    next_coin_text(coin, text);
    TextStyle style = text_style(FACE_MONO_BOLD, TYPE_SMALL, t->text);
    int w = canvas_text_width(s->canvas, style, text);
    int left = (int)x - w / 2;
    if (left > strip.x + strip.w - w) left = strip.x + strip.w - w;
    if (left < strip.x) left = strip.x;
    canvas_text(s->canvas, style, left, (int)(top - d) - stage_u(s, 5), text);
}

static int die_height(const Stage *s) {
    return stage_u(s, 94);
}

static void draw_die(const Stage *s, const StudyNext *next, Rect r) {
    Rect strip = {r.x, r.y + stage_u(s, 32), r.w, stage_u(s, 30)};
    draw_segments(s, next, strip);
    draw_needle(s, next->coin, strip);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    int baseline = strip.y + strip.h + stage_u(s, 16);
    int zero = canvas_text(s->canvas, style, r.x, baseline, "0");
    style.align = ALIGN_RIGHT;
    canvas_text(s->canvas, style, r.x + r.w, baseline, "1");
    style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_CENTER;
    bool all = next->candidates[next->n - 1].final > 0;
    const char *text =
        all ? "all probabilities, end to end: a random number picks a point"
            : "what the cuts leave, end to end: a random number picks a point";
    if (canvas_text_width(s->canvas, style, text) + 4 * zero < r.w)
        canvas_text(s->canvas, style, r.x + r.w / 2, baseline, text);
}

/* ---- in words ------------------------------------------------------------ */

void next_say(NextWords *t, Face face, Color color, const char *fmt, ...) {
    char *text = t->text[t->n];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof t->text[0], fmt, args);
    va_end(args);
    t->spans[t->n++] = (TextSpan){
        .text = text, .len = (int)strlen(text), .face = face, .color = color};
}

/* What was drawn and why, and what the text really goes on with. */
static void describe(const Stage *s, const StudyNext *next, NextWords *t) {
    const Theme *theme = s->theme;
    char token[STAGE_LABEL_MAX], number[16];
    tokenizer_show(s->tokenizer, next->candidates[next->drawn].id, token,
                   sizeof token);
    if (s->state->sampler.temperature == 0) {
        next_say(t, FACE_SANS, theme->soft,
                 "temperature 0: the highest logit wins, nothing is random: ");
        next_say(t, FACE_BOLD, theme->accent, "%s", token);
        next_say(t, FACE_SANS, theme->soft, ".");
    } else {
        next_coin_text(next->coin, number);
        next_say(t, FACE_SANS, theme->soft, "the random number %s falls into ",
                 number);
        next_say(t, FACE_BOLD, theme->accent, "%s", token);
        next_say(t, FACE_SANS, theme->soft,
                 s->is_figure ? ""
                              : "  ·  Enter draws again  ·  a click on a token "
                                "takes it");
    }
    int following = next_following(s, next);
    if (following < 0) return;
    const Candidate *c = &next->candidates[following];
    tokenizer_show(s->tokenizer, c->id, token, sizeof token);
    stage_probability_text(c->prob, number);
    next_say(t, FACE_SANS, theme->soft, "\nthe text goes on with ");
    next_say(t, FACE_BOLD, theme->text, "%s", token);
    char count[16], place[16];
    next_count_text(next->n, count);
    next_count_text(following + 1, place);
    next_say(t, FACE_SANS, theme->soft, ": rank %s of %s, %s", place, count,
             number);
}

static int draw_words(const Stage *s, const StudyNext *next, Rect r,
                      bool draw) {
    NextWords t = {.n = 0};
    if (masked_tells(s))
        next_masked_describe(s, next, &t);
    else
        describe(s, next, &t);
    return paragraph_text(s->canvas, r.x, r.y, r.w, TYPE_BODY, 1.5f, t.spans,
                          t.n, draw);
}

/* ---- the view ------------------------------------------------------------ */

/* Nothing but the table, and which key shows the rest. */
static void draw_bare(const Stage *s, const StudyNext *next, Rect r) {
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int foot = s->is_figure ? 0 : stage_u(s, 30);
    r.h = num_max(r.h - foot, 0);
    const int y = r.y + next_table_draw(s, next, r);
    if (foot && r.h > 0)
        canvas_text_fit(s->canvas, soft, r.x, y + stage_u(s, 24), r.w,
                        "Enter shows how they are made.");
}

static void draw_numbers(const Stage *s, const StudyNext *next, Rect r) {
    const int surprise = next_surprise_height(s, r);
    r.h -= surprise;
    if (surprise) next_surprise_draw(s, (Rect){r.x, r.y + r.h, r.w, surprise});
    int words = draw_words(s, next, r, false);
    const bool rolls = s->state->sampler.temperature > 0 && !masked_tells(s);
    int die = rolls ? die_height(s) : 0;
    int gap = stage_u(s, 14);
    /* The die, then the words yield to a table of a few rows. */
    if (r.h - words - die - gap < stage_u(s, 150)) die = 0;
    if (r.h - words - die - gap < stage_u(s, 110)) words = gap = 0;
    Rect table = {r.x, r.y, r.w, r.h - words - die - gap};
    int y = r.y + next_table_draw(s, next, table) + gap;
    if (die) draw_die(s, next, (Rect){r.x, y, r.w, die});
    if (words) draw_words(s, next, (Rect){r.x, y + die, r.w, words}, true);
}

const ViewOp next_ops[NEXT_OPS] = {
    [NEXT_OP_LOGIT] = {"logit", "logit"},
    [NEXT_OP_PROB] = {"prob", "probability"},
    [NEXT_OP_SHARE] = {"share", "after cuts"},
    [NEXT_OP_ENTROPY] = {"entropy", "entropy"},
    [NEXT_OP_NORM] = {"norm", "RMS"},
    [NEXT_OP_PLAIN] = {"plain", "at temperature 1"},
    [NEXT_OP_SURPRISE] = {"surprise", "surprise"},
    [NEXT_OP_BARS] = {"bars", "probabilities"},
};

static bool op_at(const Arch *a, int i, ViewOp *out) {
    if (i >= NEXT_OPS) return false;
    *out = next_ops[i];
    if (i == NEXT_OP_NORM) out->title = words_size(a, SITE_LN_FINAL_SCALE);
    return true;
}

/* Numbers about all candidates, which open at a click: at the right end of the
 * heading.  Returns the width that they need; draws when `draw`. */
static int draw_totals(const Stage *s, const StudyNext *next, Rect r,
                       bool draw) {
    static const char *const words[] = {"norm", "entropy"};
    const char *size = words_size(s->config->arch, SITE_LN_FINAL_SCALE);
    char norm[40], entropy[32] = "entropy …";
    const float *scale = stage_row(s, SITE_LN_FINAL_SCALE, 0, s->pos);
    if (scale)
        snprintf(norm, sizeof norm, "last vector's %s %s", size,
                 number_fixed((double)*scale, 2).s);
    else
        snprintf(norm, sizeof norm, "last vector's %s …", size);
    if (next)
        snprintf(entropy, sizeof entropy, "entropy %s%s",
                 number_fixed((double)next->entropy, 2).s,
                 isnan(next->entropy) ? "" : " bits");
    const char *const titles[] = {norm, entropy};
    int current = s->op == NEXT_OP_NORM ? 0 : s->op == NEXT_OP_ENTROPY ? 1 : -1;
    if (draw)
        stage_tabs(s, r.x + r.w, r.y, STATE_OP, words, titles, 2, current);
    return stage_tabs_width(s, titles, 2);
}

/* All of it on one line, or less of it: a second line would cost the table more
 * than it is worth.  The totals go first. */
static Rect draw_heading(const Stage *s, const StudyNext *next, Rect r) {
    const char *title = view_title(&view_next, s->config->arch);
    const StudyTruth *truth = study_truth(s->study, s->pos);
    char legend[80] = "";
    if (truth && truth->n > 0)
        snprintf(legend, sizeof legend, NEXT_TRUTH_MARK " %s",
                 next_is_tempered(s)
                     ? "the true probability, changed by the same temperature"
                     : "the true probability");
    char few[STAGE_LABEL_MAX + 128], details[sizeof few],
        all[sizeof details + 32], count[16] = "…";
    int totals =
        next_is_bare(s) ? 0 : draw_totals(s, next, r, false) + stage_u(s, 12);
    if (next)
        next_count_text(next->n, count); /* rows without a piece are none */
    const char *const dot = legend[0] ? " · " : "";
    snprintf(few, sizeof few, "What comes after %s?   %s", s->labels[s->pos],
             legend);
    snprintf(details, sizeof details,
             "What comes after %s?   %s candidates%s%s", s->labels[s->pos],
             count, dot, legend);
    snprintf(all, sizeof all,
             "What comes after %s?   %s candidates: the whole vocabulary%s%s",
             s->labels[s->pos], count, dot, legend);
    if (masked_tells(s)) {
        snprintf(few, sizeof few, NEXT_MASKED_QUESTION);
        next_masked_details(s, count, details, sizeof details);
        snprintf(all, sizeof all, "%s: the whole vocabulary", details);
    }
    if (!stage_heading_fits(s, r.w - totals, title, few)) totals = 0;
    const int w = r.w - totals;
    const char *const says = stage_heading_fits(s, w, title, all) ? all
                             : stage_heading_fits(s, w, title, details)
                                 ? details
                                 : few;
    if (totals) draw_totals(s, next, r, true);
    return stage_heading_beside(s, r, totals, title, says);
}

/* Numbers overflowed on the way: there is nothing to choose among. */
static void draw_none(const Stage *s, Rect r) {
    paragraph_plain(
        s->canvas, r.x, r.y + stage_u(s, 6), r.w,
        text_style(FACE_SANS, TYPE_BODY, s->theme->text), 1.5f,
        "Each logit is " NUMBER_NONE
        ", as numbers on the way grew too large: no token has a probability, "
        "and none is drawn.",
        true);
}

static void draw(const Stage *s, Rect r) {
    if (!arch_predicts(s->config->arch)) {
        const char *title = view_title(&view_next, s->config->arch);
        masked_draw_headless(s, stage_heading(s, r, title, ""));
        return;
    }
    const StudyNext *next = study_next(s->study, s->pos);
    r = draw_heading(s, next, r);
    if (next && isnan(next->entropy)) {
        draw_none(s, r);
        return;
    }
    int air = is_low(s, r) ? 0 : stage_u(s, 6);
    if (next && next_is_bare(s)) {
        draw_bare(s, next, r);
        return;
    }
    if (!next_is_certain(s))
        r = draw_controls(s, (Rect){r.x, r.y + air, r.w, r.h - air});
    if (next)
        draw_numbers(s, next, r);
    else
        stage_draw_missing(s, r);
}

/* ---- what is opened ------------------------------------------------------ */

static const char *const op_texts[NEXT_OPS] = {
    [NEXT_OP_LOGIT] =
        "The last vector of the residual stream is normalised, then multiplied "
        "with this token's row of the output matrix, number by number. The sum "
        "is the logit: how well the two fit. Only its distance to the other "
        "logits matters.",
    [NEXT_OP_PROB] =
        "Softmax over the whole vocabulary: e is raised to each logit, which "
        "the temperature has divided; a token's share of the sum is its "
        "probability.",
    [NEXT_OP_SHARE] =
        "The cuts keep some tokens. Each of them gets its share of the "
        "probability that those kept have together.",
    [NEXT_OP_ENTROPY] =
        "How open the choice is: the mean of −log₂ p, each token with the "
        "weight p. With n equally likely tokens it is log₂ n; 0 bits: only "
        "one can come.",
    [NEXT_OP_NORM] =
        "The root mean square of the vector that left the last layer. The "
        "final RMSNorm divides by it before the logits are made.",
    [NEXT_OP_PLAIN] =
        "Softmax over the whole vocabulary, with no temperature: what the "
        "model itself says, as in the line on top and where the text ends. The "
        "temperature changes what is drawn, not this.",
    [NEXT_OP_SURPRISE] =
        "How much the token that follows in the text surprised the model: "
        "−log₂ of the probability it had, at temperature 1. A certain token "
        "is 0 bits, one of probability 1/2 is 1 bit, of 1/8 is 3. Their mean "
        "over much text is the loss of training, there in base e.",
    [NEXT_OP_BARS] =
        "How likely the model holds each token of its list to come next. All "
        "of them together have 100 %.",
};

static const char centred_text[] =
    "The spread of the vector that left the last layer: the root of the mean "
    "of its squares, once its mean is taken off. The final LayerNorm divides "
    "by it before the logits are made.";

static bool is_centred(const Stage *s) {
    return arch_norm_mean(s->config->arch, SITE_LN_FINAL_SCALE) != SITE_NONE;
}

/* A number about all candidates. */
static void open_total(const Stage *s, Opened *out) {
    bool norm = s->op == NEXT_OP_NORM;
    out->kind = norm ? OPENED_CELL : OPENED_MADE;
    out->site = norm ? SITE_LN_FINAL_SCALE : SITE_NONE;
    out->made = (StudyKey){.kind = STUDY_ENTROPY, .pos = s->pos};
    snprintf(out->kicker, sizeof out->kicker, "Opened number");
    if (norm)
        view_opened_title(out, words_size(s->config->arch, SITE_LN_FINAL_SCALE),
                          s->theme->text);
    view_opened_title(out,
                      norm              ? " of the last vector"
                      : masked_tells(s) ? "entropy of what could stand here"
                                        : "entropy of what could come next",
                      s->theme->text);
}

/* That of the token that the text has where the logits are about; at its end,
 * and where that is the mask, there is none. */
static void open_surprise(const Stage *s, Opened *out) {
    const int id = masked_told(s, s->pos);
    if (id < 0) {
        out->kind = OPENED_NOTHING;
        view_opened_title(out,
                          masked_tells(s)
                              ? "the text does not say what stands here"
                              : "nothing follows yet",
                          s->theme->text);
        return;
    }
    out->kind = OPENED_MADE;
    out->site = SITE_LOGITS;
    out->index = id;
    out->made = study_surprise_key(s->pos, out->index);
    out->made.kind = STUDY_SURPRISE_CELL;
    view_opened_title(out, "surprise of ", s->theme->text);
    view_opened_title(out, s->labels[s->pos + arch_ahead(s->config->arch)],
                      s->theme->accent);
}

/* A number of one token's row. */
static void open_token(const Stage *s, int id, Opened *out) {
    static const char *const of[NEXT_OPS] = {[NEXT_OP_LOGIT] = "logit of ",
                                             [NEXT_OP_PROB] = "probability of ",
                                             [NEXT_OP_BARS] = "probability of ",
                                             [NEXT_OP_SHARE] = "after cuts: ",
                                             [NEXT_OP_PLAIN] =
                                                 "at temperature 1: "};
    out->kind = s->op == NEXT_OP_LOGIT ? OPENED_CELL : OPENED_MADE;
    out->site = SITE_LOGITS;
    out->index = id;
    out->made =
        (StudyKey){.kind = s->op == NEXT_OP_SHARE ? STUDY_SHARE : STUDY_PROB,
                   .layer = s->op == NEXT_OP_PLAIN,
                   .pos = s->pos,
                   .index = id};
    snprintf(out->kicker, sizeof out->kicker, "Opened number, token id %d", id);
    view_opened_title(out, of[s->op], s->theme->text);
    view_opened_token(out, s, id);
}

static void opened(const Stage *s, Opened *out) {
    bool total = s->op == NEXT_OP_ENTROPY || s->op == NEXT_OP_NORM;
    bool asks = stage_opened_token(s) < 0;
    *out = (Opened){.kind = OPENED_LATER,
                    .kicker = "Opened number",
                    .pos = s->pos,
                    .text = s->op == NEXT_OP_NORM && is_centred(s)
                                ? centred_text
                                : op_texts[s->op]};
    if (!arch_predicts(s->config->arch)) {
        out->kind = OPENED_NOTHING;
        return;
    }
    if (masked_tells(s) && next_masked_text(s->op))
        out->text = next_masked_text(s->op);
    if (total) {
        open_total(s, out);
        return;
    }
    if (s->op == NEXT_OP_SURPRISE) {
        open_surprise(s, out);
        return;
    }
    int id = next_opened_id(s, asks ? study_next(s->study, s->pos) : NULL);
    if (id >= 0) open_token(s, id, out);
}

static bool place(const Stage *s, Site site, Pick *out) {
    (void)s;
    *out = pick_word(STATE_OP, next_ops[NEXT_OP_NORM].name);
    return site == SITE_LN_FINAL_SCALE;
}

/* The next candidate in the table, best first. */
static int beside(const Stage *s, int dir) {
    const StudyNext *next = study_next(s->study, s->pos);
    if (!next) return -1;
    int rank = 0, id = next_opened_id(s, next);
    while (next->candidates[rank].id != id)
        rank++;
    rank += dir;
    return rank >= 0 && rank < next->n ? next->candidates[rank].id : -1;
}

static bool step(const Stage *s, int dir, State *next) {
    if (next_is_bare(s)) { /* how they are made; Backspace has nothing before */
        snprintf(next->op, sizeof next->op, "%s", view_next.default_op);
        next->set |= STATE_BIT(STATE_OP);
        return dir > 0;
    }
    if (masked_tells(s) || (dir < 0 && s->state->seed == 0)) return false;
    next->seed = s->state->seed + (uint64_t)dir;
    next->set |= STATE_BIT(STATE_SEED);
    return true;
}

const View view_next = {
    .name = "next",
    .title = "Next token",
    .two_way_title = "Masked token",
    .key = "0",
    .family = FAMILY_OUTPUT,
    .op = op_at,
    .default_op = "logit",
    .place = place,
    .tells_next = true,
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .step = step,
};
