/* The MLP: what happens to one token alone, neuron by neuron. */
#include "viz/views/mlp/mlp.h"

#include "engine/base/num.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct LaneWords {
    ViewOp op;
    const char *text;
} LaneWords;

static const LaneWords gated[MLP_LANES] = {
    [MLP_GATE] = {{"gate", "gate"},
                  "The token's normed vector times the neuron's row of W_gate: "
                  "how far this neuron is to open. Above 0 it opens."},
    [MLP_ACT] = {{"silu", "SiLU"},
                 "SiLU lets a large gate through nearly as it is, takes a very "
                 "negative one to almost 0 and a slightly negative one to a "
                 "little below 0 (least: -0.28 at -1.28)."},
    [MLP_UP] = {{"up", "up"},
                "The same normed vector times the neuron's row of W_up: what "
                "the gate lets through."},
    [MLP_PRODUCT] = {{"product", "SiLU·up"},
                     "SiLU(gate) times up: how much of its vector, a column of "
                     "W_down, the neuron adds to the residual stream."},
    [MLP_DOWN] = {{"down", "down"},
                  "The neuron's vector times its product is what it adds. What "
                  "that is worth for the likeliest next token, above the "
                  "second, is seen through the final norm, its scale held, and "
                  "the output matrix. X switches the neuron off."},
};

/* Where GELU opens the gates. */
static const LaneWords gelu_gated[MLP_LANES] = {
    [MLP_ACT] = {{"gelu", "GELU"},
                 "GELU lets a large gate through nearly as it is, takes a very "
                 "negative one to almost 0 and a slightly negative one to a "
                 "little below 0 (least: -0.17 at -0.75)."},
    [MLP_PRODUCT] = {{"product", "GELU·up"},
                     "GELU(gate) times up: how much of its vector, a column of "
                     "W_down, the neuron adds to the residual stream."},
};

/* An activation alone makes the neurons. */
static const LaneWords ungated[MLP_LANES] = {
    [MLP_GATE] = {{"up", "up"},
                  "The token's normed vector times the neuron's row of W_up, "
                  "and the neuron's bias where it has one: how far the vector "
                  "goes this neuron's way."},
    [MLP_PRODUCT] = {{"product", "activation"},
                     "The activation lets a large number through almost as it "
                     "is and next to nothing of a negative one. What comes out "
                     "is how much of its vector, a column of W_down, the "
                     "neuron adds to the residual stream."},
    [MLP_DOWN] = {{"down", "down"},
                  "The neuron's vector times its number is what it adds. What "
                  "that is worth for the likeliest next token, above the "
                  "second, is seen through the final norm, its scale held, and "
                  "the output matrix. X switches the neuron off."},
};

/* Of the last lane, where sums are normed and a head follows. */
static const char normed_text[] =
    "The neuron's vector times its number is what it adds. What that is worth "
    "for the likeliest token here, above the second, is seen through all norms "
    "that follow and the head, held as they are in this run. So a neuron "
    "promotes no tokens of its own: what becomes of its vector, the rest of "
    "the text decides. X switches the neuron off.";

static const LaneWords *words_of(const Arch *a, MlpLane lane) {
    if (!mlp_is_gated(a)) return &ungated[lane];
    return a->activation != ACTIVATION_SILU && gelu_gated[lane].text
               ? &gelu_gated[lane]
               : &gated[lane];
}

const char *mlp_value_name(const Stage *s) {
    return mlp_is_gated(s->config->arch) ? "product"
                                         : words_activation(s->config);
}

MlpSites mlp_sites(const Arch *a) {
    MlpSites m = {SITE_NONE, SITE_NONE, SITE_NONE, SITE_NONE};
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->part != ARCH_LAYER) continue;
        if (op->kind == OP_GATE || op->kind == OP_ACTIVATE) {
            m.gate = op->in[0];
            m.up = op->kind == OP_GATE ? op->in[1] : SITE_NONE;
            m.product = op->out;
        }
        if (op->kind == OP_LINEAR && m.product != SITE_NONE &&
            op->in[0] == m.product)
            m.out = op->out;
    }
    return m;
}

/* With no second matrix the activation is the product; where nothing is
 * predicted, nothing is worth anything to it. */
int mlp_lanes(const Arch *a, MlpLane out[MLP_LANES]) {
    const bool has_up = mlp_is_gated(a);
    int n = 0;
    for (int i = 0; i < MLP_LANES; i++)
        if ((has_up || (i != MLP_ACT && i != MLP_UP)) &&
            (i != MLP_DOWN || arch_predicts(a)))
            out[n++] = (MlpLane)i;
    return n;
}

static bool op_at(const Arch *a, int i, ViewOp *out) {
    MlpLane has[MLP_LANES];
    if (i >= mlp_lanes(a, has)) return false;
    *out = words_of(a, has[i])->op;
    return true;
}

void mlp_question(const Stage *s, const StudyNeurons *n, char *out,
                  size_t size) {
    char a[STAGE_SAID_MAX], b[STAGE_SAID_MAX];
    stage_say_token(s, n->a, a);
    if (n->b < 0) {
        snprintf(out, size, "%s", a);
        return;
    }
    stage_say_token(s, n->b, b);
    snprintf(out, size, "%s − %s", a, b);
}

/* As much of it as fits. */
static void draw_sentence(const Stage *s, const MlpLayout *l, Rect r) {
    char text[3][512], question[2 * STAGE_SAID_MAX + 16];
    char token[STAGE_SAID_MAX];
    double squares = 0, adds = 0;
    for (int i = 0; i < l->n_wide; i++) {
        const StudyNeuron *n = &l->now->list[l->wide[i]];
        squares += (double)n->product * (double)n->product;
        adds += (double)n->adds;
    }
    question[0] = '\0';
    if (l->now->a >= 0) mlp_question(s, l->now, question, sizeof question);
    char share[16];
    stage_percent_text(l->now->squares == 0 ? 0 : squares / l->now->squares,
                       share);
    stage_say_token(s, stage_read_id(s, s->pos), token);
    snprintf(text[2], sizeof text[2], "Layer %d, %s: %d of %d %s.", s->layer,
             token, l->now->n_open, l->now->n,
             mlp_is_gated(s->config->arch) ? "gates are open"
                                           : "neurons are above 0");
    snprintf(text[1], sizeof text[1],
             "%.200s The %d shown hold %s of the squared %s.", text[2],
             l->n_wide, share, mlp_value_name(s));
    /* As many digits as the smaller of the two needs. */
    const double low = fmin(fabs(adds), fabs((double)l->now->adds));
    const int digits = low < .1 ? 4 : 2;
    char bias[48] = "";
    if (words_has_bias(s->config, mlp_sites(s->config->arch).out))
        snprintf(bias, sizeof bias, " (its bias: %s)",
                 number_signed(l->now->bias_adds, digits).s);
    snprintf(text[0], sizeof text[0],
             "%.300s They add %s of the MLP's %s%s to %s.", text[1],
             number_signed(adds, digits).s,
             number_signed(l->now->adds, digits).s, bias, question);
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->text);
    int i = l->now->a >= 0 ? 0 : 1;
    while (i < 2 && canvas_text_width(s->canvas, style, text[i]) > r.w)
        i++;
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, TYPE_BODY), r.w,
                    text[i]);
}

static void draw(const Stage *s, Rect r) {
    const char *words[MLP_LANES], *titles[MLP_LANES];
    MlpLane has[MLP_LANES];
    const int n = mlp_lanes(s->config->arch, has);
    for (int i = 0; i < n; i++) {
        const LaneWords *w = words_of(s->config->arch, has[i]);
        words[i] = w->op.name;
        titles[i] = w->op.title;
    }
    const Rect all = r;
    r = stage_heading_beside(s, r, stage_tabs_width(s, titles, n),
                             view_mlp.title,
                             "What happens to one token alone?");
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, n, s->op);
    const int sentence = stage_u(s, 28);
    const Rect below = {r.x, r.y + sentence, r.w, num_max(r.h - sentence, 1)};
    MlpLayout l;
    if (!mlp_layout(s, below, &l)) {
        stage_draw_missing(s, r);
        return;
    }
    canvas_push_clip(s->canvas, r);
    draw_sentence(s, &l, r);
    mlp_draw_lanes(s, &l);
    mlp_draw_below(s, &l);
    mlp_draw_curve(s, &l);
    mlp_draw_out(s, &l);
    canvas_pop_clip(s->canvas);
}

/* ---- what is opened ------------------------------------------------------ */

static void opened(const Stage *s, Opened *out) {
    const MlpSites sites = mlp_sites(s->config->arch);
    MlpLane has[MLP_LANES];
    mlp_lanes(s->config->arch, has);
    const MlpLane lane = has[s->op];
    const LaneWords *words = words_of(s->config->arch, lane);
    const int neuron =
        mlp_selected(s, study_neurons(s->study, s->layer, s->pos));
    *out = (Opened){.kind = OPENED_LATER,
                    .layer = s->layer,
                    .pos = s->pos,
                    .text = s->config->arch->norm_after && lane == MLP_DOWN
                                ? normed_text
                                : words->text};
    snprintf(out->kicker, sizeof out->kicker, "Neuron %d of layer %d", neuron,
             s->layer);
    if (neuron < 0) return;
    const char *title =
        lane == MLP_DOWN ? "what it adds to the answer" : words->op.title;
    out->title[out->n_title++] = (TextSpan){.text = title,
                                            .len = (int)strlen(title),
                                            .face = FACE_BOLD,
                                            .color = s->theme->mlp};
    const bool is_made = lane == MLP_ACT || lane == MLP_DOWN;
    out->kind = is_made ? OPENED_MADE : OPENED_CELL;
    out->site = is_made            ? SITE_NONE
                : lane == MLP_GATE ? sites.gate
                : lane == MLP_UP   ? sites.up
                                   : sites.product;
    out->index = neuron;
    out->made =
        (StudyKey){.kind = lane == MLP_ACT ? STUDY_SILU : STUDY_NEURON_ADDS,
                   .layer = s->layer,
                   .pos = s->pos,
                   .index = neuron};
}

/* The next one in the order shown. */
static int beside(const Stage *s, int dir) {
    const StudyNeurons *now = study_neurons(s->study, s->layer, s->pos);
    if (!now) return -1;
    const int selected = mlp_selected(s, now);
    int rank = 0;
    while (now->order[rank] != selected)
        rank++;
    rank += dir;
    return rank >= 0 && rank < now->n ? now->order[rank] : -1;
}

static bool part(const Stage *s, EditKind *kind, int *layer, int *index) {
    *kind = EDIT_NEURON;
    *layer = s->layer;
    *index = mlp_selected(s, study_neurons(s->study, s->layer, s->pos));
    return *index >= 0;
}

const View view_mlp = {
    .name = "mlp",
    .title = "MLP",
    .key = "8",
    .family = FAMILY_LAYER,
    .op = op_at,
    .default_op = "product",
    .tells_next = true,
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .part = part,
};
