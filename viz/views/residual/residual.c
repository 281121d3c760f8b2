/* The residual stream: how the answer comes about, layer by layer. */
#include "viz/views/residual/residual.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    ViewOp op;
    void (*draw)(const Stage *s, Rect r);
    const char *question, *text;
    const char *normed; /* the text where sums are normed, and a head follows */
    const char *placed; /* the text where the stream begins with a position,
                           too, and sums are not normed; NULL: the same */
} modes[] = {
    {{"stream", "stream"},
     residual_draw_stream,
     "What does each part add to the vector?",
     "Each token carries one vector through all layers. A head or an MLP reads "
     "it and adds a vector of its own; nothing is ever taken out or replaced. "
     "Length says how much is added; the cosine, which way: 1 is the same "
     "direction, 0 at right angles, −1 the opposite one. Towards a token is "
     "the way in which its logit grows most, with the final norm held.",
     "Each token carries one vector through all layers. A head or an MLP reads "
     "it and adds a vector of its own; then the sum is normed, so that its "
     "length hardly changes and what was added early shrinks with every norm. "
     "Length says how much is added; the cosine, which way: 1 is the same "
     "direction, 0 at right angles, −1 the opposite one. Towards a token is "
     "the way in which its logit grows most, with all that follows held as it "
     "is in this run.",
     NULL},
    {{"lens", "logit lens"},
     residual_draw_lens,
     "How does the answer come about, layer by layer?",
     "Stop after any half layer and treat the unfinished vector as if it were "
     "the last: normalise it and multiply it with the output matrix. The best "
     "guess so far is what stands in the cell. Where it says nothing clear, "
     "the lens is blind, not the model: it reads only what the output matrix "
     "can say.",
     "Stop after any half layer and give the unfinished vector to the model's "
     "own head for masked words, as if it were the last: matrix, activation, "
     "norm and output matrix, none of it left out. The best guess so far is "
     "what stands in the cell. Where it says nothing clear, the lens is blind, "
     "not the model: the head has learnt to read the last layer's vectors.",
     NULL},
    {{"why", "why this token"},
     residual_draw_why,
     "Why this token and not that one?",
     "The last vector is the sum of the token's embedding and of what every "
     "head and every MLP has added. With the final norm's scale held, the "
     "logit is the sum of what each adds to it. To add and to be needed are "
     "two things: outlined is what a part is worth, measured by running the "
     "text again without it. X keeps a head switched off.",
     "What a part adds goes through every norm after it, then through the "
     "head. None of these is a plain sum; but with what each norm divides by, "
     "and the share that the head's activation lets through of each element, "
     "held as they are in this run, the parts add up to the logit exactly. "
     "Without a part these would not stay as they are, and others would read "
     "something else: outlined is what a part is worth, measured by running "
     "the whole text again without it. X keeps a head switched off.",
     "The last vector is a sum: of the embedding, which is the token's row and "
     "its position's, of what every head and every MLP has added, and of "
     "attention's biases where it has some. With the final norm's scale held, "
     "the logit is the sum of what each adds to it; that norm's bias counts "
     "among the biases. To add and to be needed are two things: outlined is "
     "what a part is worth, measured by running the text again without it. X "
     "keeps a head switched off."},
};
enum { N_MODES = sizeof modes / sizeof *modes };

ResidualDepth residual_depth(const Config *c) {
    const Arch *a = c->arch;
    ResidualDepth d = {.arch = a};
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].part == ARCH_LAYER && a->ops[i].kind == OP_ADD) {
            assert(d.n_sums < RESIDUAL_SUMS_MAX);
            d.sums[d.n_sums++] = a->ops[i].out;
        }
    d.n_points = 1 + c->n_layers * d.n_sums;
    return d;
}

ResidualPoint residual_point(const ResidualDepth *d, int i) {
    if (i == 0)
        return (ResidualPoint){arch_stream_first(d->arch), SITE_NONE, 0};
    const Site sum = d->sums[(i - 1) % d->n_sums];
    return (ResidualPoint){arch_stream_after(d->arch, sum), sum,
                           (i - 1) / d->n_sums};
}

bool residual_tokens(const Stage *s, int *a, int *b) {
    const ResidualDepth d = residual_depth(s->config);
    const ResidualPoint end = residual_point(&d, d.n_points - 1);
    const StudyLens *last = study_lens(s->study, end.site, end.layer, s->pos);
    const StudyBest *was = before_best(s, s->pos);
    if (!last) return false;
    const int opened = stage_opened_token(s);
    *a = opened >= 0 ? opened : last->id[0];
    *b = was && was->id != *a        ? was->id
         : last->id[0] != *a         ? last->id[0]
         : s->config->vocab_size > 1 ? last->id[1]
                                     : -1;
    return true;
}

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* every architecture has a residual stream */
    if (i >= N_MODES) return false;
    *out = modes[i].op;
    return true;
}

static void draw(const Stage *s, Rect r) {
    const char *words[N_MODES], *titles[N_MODES];
    for (int i = 0; i < N_MODES; i++) {
        words[i] = modes[i].op.name;
        titles[i] = modes[i].op.title;
    }
    const int tabs = stage_tabs_width(s, titles, N_MODES);
    const Rect all = r;
    r = stage_heading_beside(s, r, tabs, view_residual.title,
                             modes[s->op].question);
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, N_MODES,
               s->op);
    if (!arch_predicts(s->config->arch) &&
        modes[s->op].draw != residual_draw_stream)
        masked_draw_headless(s, r);
    else
        modes[s->op].draw(s, r);
}

static bool is_stream(const Stage *s) {
    return modes[s->op].draw == residual_draw_stream;
}

static bool is_why(const Stage *s) {
    return modes[s->op].draw == residual_draw_why;
}

/* ---- what is opened ------------------------------------------------------ */

/* A length or a cosine of one vector. */
static void open_measure(const Stage *s, int token, Opened *out) {
    static const char *const titles[STUDY_MEASURES] = {
        [STUDY_LENGTH] = "the vector's length",
        [STUDY_ALONG] = "its cosine with the stream before",
        [STUDY_END] = "its cosine with the stream at the end",
        [STUDY_ASKS] = "its cosine with the way towards a token"};
    ResidualVector v;
    StudyMeasure m;
    residual_opened_vector(s, &v, &m);
    residual_vector_name(s, v, out->kicker, sizeof out->kicker);
    view_opened_title(out, titles[m], s->theme->text);
    out->kind = OPENED_MADE;
    out->made = study_measure_key(residual_vector_key(s, v, s->pos, token), m);
}

/* The logit of the token in question, where the stream ends. */
static void open_logit(const Stage *s, int token, Opened *out) {
    view_opened_title(out, "logit of ", s->theme->text);
    view_opened_token(out, s, token);
    out->kind = OPENED_CELL;
    out->site = SITE_LOGITS;
    out->pos = s->pos;
    out->index = token;
}

/* What a part adds, or a part or a token is worth. */
static void open_why(const Stage *s, int a, int b, Opened *out) {
    ResidualOpened o = residual_opened_why(s);
    EditKind kind;
    int layer, index;
    out->kind = OPENED_MADE;
    char name[32];
    residual_vector_name(s, o.of, name, sizeof name);
    snprintf(out->kicker, sizeof out->kicker, "%s",
             name[0] == '+' ? name + 2 : name);
    if (o.is_token)
        snprintf(out->kicker, sizeof out->kicker, "%s at %d", s->reads[o.token],
                 o.token);
    if (o.number == RESIDUAL_ADDS) {
        view_opened_title(out, "what it adds", s->theme->text);
        out->made =
            study_adds_key(residual_vector_key(s, o.of, s->pos, a), a, b);
        return;
    }
    view_opened_title(out,
                      o.is_token
                          ? "worth: with it, less with nobody looking at it"
                          : "worth: with it, less without it",
                      s->theme->text);
    /* A token stands elsewhere in the other run. */
    if (o.is_token && before_is_opened(s)) o.token = before_pos(s, o.token);
    if (o.token < 0) out->kind = OPENED_NOTHING;
    residual_edit_of(&o, &kind, &layer, &index);
    out->made =
        study_worth_key(study_off_key(s->pos, kind, layer, index), a, b);
}

static const char *text_of(const Stage *s) {
    const Arch *a = s->config->arch;
    if (a->norm_after) return modes[s->op].normed;
    return a->learned_positions && modes[s->op].placed ? modes[s->op].placed
                                                       : modes[s->op].text;
}

static void opened(const Stage *s, Opened *out) {
    int a = 0, b = -1;
    *out =
        (Opened){.kind = OPENED_LATER, .site = SITE_NONE, .text = text_of(s)};
    snprintf(out->kicker, sizeof out->kicker, "Where the stream ends");
    const bool predicts = arch_predicts(s->config->arch);
    if (!predicts && !is_stream(s)) out->kind = OPENED_NOTHING;
    if (predicts ? !residual_tokens(s, &a, &b) : !is_stream(s)) return;
    if (is_stream(s))
        open_measure(s, a, out);
    else if (is_why(s) && residual_opened_why(s).number != RESIDUAL_LOGIT)
        open_why(s, a, b, out);
    else
        open_logit(s, a, out);
}

/* ---- keys ---------------------------------------------------------------- */

/* Where a logit is opened: that of the token beside. */
static bool step_token(const Stage *s, int dir, State *next) {
    int a, b;
    if (!residual_tokens(s, &a, &b)) return false;
    next->elem = a + dir;
    return next->elem >= 0 && next->elem < tokenizer_n_drawn(s->tokenizer);
}

static bool across(const Stage *s, int dir, State *next) {
    return is_stream(s) ? residual_stream_across(s, dir, next)
           : is_why(s)  ? residual_why_across(s, dir, next)
                        : step_token(s, dir, next);
}

static bool below(const Stage *s, int dir, State *next) {
    return is_stream(s) ? residual_stream_below(s, dir, next)
           : is_why(s)  ? residual_why_below(s, dir, next)
                        : step_token(s, dir, next);
}

/* X switches off the part that is opened; else the current head. */
static bool part(const Stage *s, EditKind *kind, int *layer, int *index) {
    const char *word = s->state->part;
    *kind = strcmp(word, "mlp") == 0    ? EDIT_MLP
            : strcmp(word, "attn") == 0 ? EDIT_ATTN
                                        : EDIT_HEAD;
    *layer = s->layer;
    *index = *kind == EDIT_HEAD ? s->head : 0;
    return true;
}

const View view_residual = {
    .name = "residual",
    .title = "Residual stream",
    .key = "9",
    .family = FAMILY_DEPTH,
    .op = op_at,
    .default_op = "lens",
    .tells_next = true,
    .opens_parts = true,
    .draw = draw,
    .opened = opened,
    .across = across,
    .below = below,
    .part = part,
};
