/* The operations of a layer, as data: where each one's numbers are, how it is
 * written, and what it is for in plain words. */
#include "viz/views/block/block.h"

#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const ViewOp block_ops[BLOCK_OPS] = {
    [BLOCK_RESID_PRE] = {"resid_pre", "residual in"},
    [BLOCK_LN1] = {"ln1", "RMSNorm"},
    [BLOCK_Q] = {"q", "query"},
    [BLOCK_K] = {"k", "key"},
    [BLOCK_V] = {"v", "value"},
    [BLOCK_ROPE] = {"rope", "RoPE"},
    [BLOCK_SCORES] = {"scores", "scores"},
    [BLOCK_MASK] = {"mask", "causal mask"},
    [BLOCK_SOFTMAX] = {"softmax", "softmax"},
    [BLOCK_Z] = {"z", "weighted values"},
    [BLOCK_ATTN_OUT] = {"attn_out", "attention output"},
    [BLOCK_RESID_MID] = {"resid_mid", "add attention"},
    [BLOCK_LN2] = {"ln2", "RMSNorm"},
    [BLOCK_GATE] = {"gate", "gate"},
    [BLOCK_UP] = {"up", "up"},
    [BLOCK_SILU] = {"silu", "SiLU and product"},
    [BLOCK_DOWN] = {"down", "down"},
    [BLOCK_RESID_POST] = {"resid_post", "residual out"},
};

const BlockStrip block_strips[STRIPS] = {
    [STRIP_RESID_PRE] = {BLOCK_RESID_PRE, SITE_RESID_PRE, "residual in", "in"},
    [STRIP_LN1] = {BLOCK_LN1, SITE_LN1_OUT, "RMSNorm", "norm"},
    [STRIP_Q] = {BLOCK_Q, SITE_Q, "query", "q"},
    [STRIP_K] = {BLOCK_K, SITE_K, "key", "k"},
    [STRIP_V] = {BLOCK_V, SITE_V, "value", "v"},
    [STRIP_ROT_Q] = {BLOCK_ROPE, SITE_ROT_Q, "RoPE", "RoPE"},
    [STRIP_ROT_K] = {BLOCK_ROPE, SITE_ROT_K, NULL, NULL},
    [STRIP_Z] = {BLOCK_Z, SITE_Z, "weighted V", "z"},
    [STRIP_ATTN_OUT] = {BLOCK_ATTN_OUT, SITE_ATTN_OUT, "W_O", "W_O"},
    [STRIP_RESID_MID] = {BLOCK_RESID_MID, SITE_RESID_MID, "+", "+"},
    [STRIP_LN2] = {BLOCK_LN2, SITE_LN2_OUT, "RMSNorm", "norm"},
    [STRIP_GATE] = {BLOCK_GATE, SITE_MLP_PRE, "gate", "gate"},
    [STRIP_UP] = {BLOCK_UP, SITE_MLP_PRE_LINEAR, "up", "up"},
    [STRIP_SILU] = {BLOCK_SILU, SITE_MLP_POST, "SiLU·up", "SiLU"},
    [STRIP_DOWN] = {BLOCK_DOWN, SITE_MLP_OUT, "down", "down"},
    [STRIP_RESID_POST] = {BLOCK_RESID_POST, SITE_RESID_POST, "residual out",
                          "out"},
};

/* What X switches off while an operation is the current one. */
typedef enum Part {
    PART_NONE,
    PART_HEAD,
    PART_ATTN,
    PART_NEURON,
    PART_MLP
} Part;

#define NO_WEIGHT TENSOR_ROLES

typedef struct OpText {
    const char *formula; /* {K}: the head dimension */
    TensorRole weight;   /* the matrix it multiplies by, or NO_WEIGHT */
    Part part;
    const char *text;
} OpText;

static const OpText op_texts[BLOCK_OPS] = {
    [BLOCK_RESID_PRE] =
        {"x = embedding + all that lower layers added", NO_WEIGHT, PART_NONE,
         "The token's vector as it enters this layer: its embedding plus "
         "what every layer below has added. Each part of the layer reads "
         "from this residual stream and adds its result back to it."},
    [BLOCK_LN1] =
        {"x / √(mean(x²) + ε) · gain", NO_WEIGHT, PART_HEAD,
         "RMSNorm divides the vector by its root mean square, so that its "
         "length no longer matters, and multiplies each element by a learned "
         "gain. Attention reads this copy; the stream itself stays as it is."},
    [BLOCK_Q] =
        {"q = W_Q · norm(x)", TENSOR_WQ, PART_HEAD,
         "The query says what this token is looking for. Every element is one "
         "row of the learned matrix W_Q times the normalised vector; each "
         "head has a query of its own."},
    [BLOCK_K] =
        {"k = W_K · norm(x)", TENSOR_WK, PART_HEAD,
         "The key says what this token can be found by. Several query heads "
         "may share one key-value head (grouped-query attention), which saves "
         "memory: keys are kept in the cache for all later tokens."},
    [BLOCK_V] =
        {"v = W_V · norm(x)", TENSOR_WV, PART_HEAD,
         "The value is what this token hands over when another one attends to "
         "it. Like the keys, values are kept in the cache for all later "
         "tokens."},
    [BLOCK_ROPE] =
        {"(a, b) → (a cos θ − b sin θ, a sin θ + b cos θ)", NO_WEIGHT,
         PART_HEAD,
         "Rotary position embedding turns every pair of elements by an angle "
         "that grows with the token's position, each pair at its own speed. "
         "In a query times a key it then counts how far apart the two tokens "
         "are, not where they stand. Values are not turned."},
    [BLOCK_SCORES] =
        {"score = q · k / √{K}", NO_WEIGHT, PART_HEAD,
         "Each head compares its query with the key of every token: multiply "
         "element by element and add up. Dividing by the root of the "
         "head's size keeps the scores in a moderate range. High means a good "
         "match."},
    [BLOCK_MASK] =
        {"key after query → −∞", NO_WEIGHT, PART_HEAD,
         "A token may not look ahead: the scores of later tokens count as −∞, "
         "so their weight becomes exactly 0. So one text can train the model "
         "on "
         "all its positions at once: no token sees what it has to predict."},
    [BLOCK_SOFTMAX] =
        {"weight = exp(s − max) / Σ", NO_WEIGHT, PART_HEAD,
         "Scores become weights: e is raised to each score and the results are "
         "divided by their sum, so the weights of a head are positive and add "
         "up to 1. Taking the largest score off first changes nothing but "
         "keeps the numbers small."},
    [BLOCK_Z] =
        {"z = Σ weight · v", NO_WEIGHT, PART_HEAD,
         "Each head mixes the values of all the tokens it sees, each times its "
         "weight. Heads that share a key-value head mix the same values in "
         "different proportions."},
    [BLOCK_ATTN_OUT] =
        {"W_O · z", TENSOR_WO, PART_ATTN,
         "The matrix W_O mixes the results of all heads into one vector of the "
         "model's width: all that attention adds for this token."},
    [BLOCK_RESID_MID] =
        {"x + attention", NO_WEIGHT, PART_ATTN,
         "Attention's result is added to the vector that came in. Adding, "
         "rather than replacing, lets earlier information pass through every "
         "layer."},
    [BLOCK_LN2] =
        {"x / √(mean(x²) + ε) · gain", NO_WEIGHT, PART_MLP,
         "RMSNorm again, with gains of its own, for the second half of the "
         "layer: the MLP. From here on each token is worked on alone."},
    [BLOCK_GATE] =
        {"gate = W_gate · norm(x)", TENSOR_W_GATE, PART_NEURON,
         "One number per hidden neuron: how far its gate opens. There are more "
         "neurons than the model has dimensions, so each can look for "
         "something of its own."},
    [BLOCK_UP] =
        {"up = W_up · norm(x)", TENSOR_W_UP, PART_NEURON,
         "A second matrix gives each neuron the number that its gate will let "
         "through."},
    [BLOCK_SILU] =
        {"g / (1 + exp(−g)) · up", NO_WEIGHT, PART_NEURON,
         "SiLU makes a negative gate almost 0 and leaves a large one as it is; "
         "the result is multiplied by up. A neuron is strong only where its "
         "gate is open and up is large."},
    [BLOCK_DOWN] =
        {"W_down · neurons", TENSOR_W_DOWN, PART_MLP,
         "Each neuron owns a column of W_down, a direction in the residual "
         "stream. The columns, each times its neuron, add up to the MLP's "
         "output."},
    [BLOCK_RESID_POST] =
        {"x + MLP", NO_WEIGHT, PART_MLP,
         "The MLP's output is added as well. This vector enters the next "
         "layer; after the last one a final RMSNorm and the classifier turn "
         "it into the scores of the next token."},
};

static const char no_mask_text[] =
    "The causal mask is removed: this token also sees those after it, as in "
    "models like BERT. A model trained without it could not learn to predict "
    "the next token, as it would see it; this one was trained with it.";

/* ---- where elements are -------------------------------------------------- */

void block_shape(const Stage *s, BlockStripId strip, int *rows, int *cols) {
    site_shape(block_strips[strip].site, s->config,
               trace_n_keys(s->trace, s->pos), rows, cols);
}

static int strip_count(const Stage *s, BlockStripId strip) {
    int rows, cols;
    block_shape(s, strip, &rows, &cols);
    return rows * cols;
}

int block_first(const Stage *s, BlockStripId strip) {
    return strip == STRIP_ROT_K ? strip_count(s, STRIP_ROT_Q) : 0;
}

bool block_find(const Stage *s, int op, int elem, BlockStripId *strip,
                int *index) {
    for (int i = 0; i < STRIPS; i++) {
        if ((int)block_strips[i].op != op) continue;
        *index = elem - block_first(s, i);
        *strip = i;
        if (*index >= 0 && *index < strip_count(s, i)) return true;
    }
    return false;
}

int block_strongest(const Stage *s, BlockStripId strip, const float *v) {
    const Config *c = s->config;
    int rows, cols, best = 0;
    block_shape(s, strip, &rows, &cols);
    int row = rows == c->n_heads ? s->head : s->head / (c->n_heads / rows);
    if (rows == 1) row = 0;
    v += (size_t)row * cols;
    for (int i = 1; i < cols; i++)
        if (fabsf(v[i]) > fabsf(v[best])) best = i;
    return row * cols + best;
}

void block_ask(const Stage *s, BlockLayout *b) {
    Site site = block_shows_weights(s) ? SITE_PATTERN : SITE_ATTN_SCORES;
    b->rows = stage_row(s, site, s->layer, s->pos);
    for (int i = 0; i < STRIPS; i++)
        b->v[i] = stage_row(s, block_strips[i].site, s->layer, s->pos);
}

/* ---- how it is written --------------------------------------------------- */

void block_formula(const Stage *s, int op, char *out, size_t size) {
    if (op == BLOCK_MASK && trace_edits(s->trace)->no_mask) {
        snprintf(out, size, "removed: every token is seen");
        return;
    }
    const char *formula = op_texts[op].formula;
    const char *hole = strstr(formula, "{K}");
    if (hole)
        snprintf(out, size, "%.*s%d%s", (int)(hole - formula), formula,
                 s->config->head_dim, hole + strlen("{K}"));
    else
        snprintf(out, size, "%s", formula);
}

void block_shape_text(int rows, int cols, char *out, size_t size) {
    if (rows == 1)
        snprintf(out, size, "[%d]", cols);
    else
        snprintf(out, size, "[%d, %d]", rows, cols);
}

void block_op_shape(const Stage *s, int op, char *out, size_t size) {
    BlockStripId strip;
    int index, rows = s->config->n_heads;
    int cols = trace_n_keys(s->trace, s->pos);
    if (block_find(s, op, 0, &strip, &index))
        block_shape(s, strip, &rows, &cols);
    char shape[32];
    block_shape_text(rows, cols, shape, sizeof shape);
    if (op_texts[op].weight == NO_WEIGHT) {
        snprintf(out, size, "%s", shape);
        return;
    }
    int w_rows, w_cols;
    arch_shape(s->config, op_texts[op].weight, &w_rows, &w_cols);
    snprintf(out, size, "[%d, %d] · [%d] → %s", w_rows, w_cols, w_cols, shape);
}

/* ---- what is opened, what can be switched off ---------------------------- */

/* The opened element, else the strongest of its strip; the opened key's score
 * where the operation is on the matrix. */
static void open_cell(const Stage *s, Opened *out) {
    BlockStripId strip;
    out->kind = OPENED_CELL;
    if (block_find(s, s->op, s->elem, &strip, &out->index)) {
        out->site = block_strips[strip].site;
    } else if (block_find(s, s->op, 0, &strip, &out->index)) {
        out->site = block_strips[strip].site;
        const float *v = stage_row(s, out->site, s->layer, s->pos);
        if (v)
            out->index = block_strongest(s, strip, v);
        else
            out->kind = OPENED_LATER;
    } else {
        out->site = SITE_ATTN_SCORES;
        out->index = s->head * trace_n_keys(s->trace, s->pos) + s->key;
        if (!s->key_known) out->kind = OPENED_LATER;
    }
}

void block_opened(const Stage *s, Opened *out) {
    const char *title = block_ops[s->op].title;
    snprintf(out->kicker, sizeof out->kicker, "This operation");
    out->title[0] = (TextSpan){.text = title,
                               .len = (int)strlen(title),
                               .face = FACE_BOLD,
                               .color = s->theme->text};
    out->n_title = 1;
    out->text = op_texts[s->op].text;
    if (s->op == BLOCK_MASK && trace_edits(s->trace)->no_mask)
        out->text = no_mask_text;
    out->layer = s->layer;
    out->pos = s->pos;
    if (s->op == BLOCK_SOFTMAX) {
        out->kind = s->key_known ? OPENED_SOFTMAX : OPENED_LATER;
        out->site = SITE_PATTERN;
        out->head = s->head;
        out->key = s->key;
        return;
    }
    open_cell(s, out);
}

bool block_part(const Stage *s, EditKind *kind, int *layer, int *index) {
    static const EditKind kinds[] = {[PART_HEAD] = EDIT_HEAD,
                                     [PART_ATTN] = EDIT_ATTN,
                                     [PART_NEURON] = EDIT_NEURON,
                                     [PART_MLP] = EDIT_MLP};
    Part part = op_texts[s->op].part;
    bool neuron = s->elem >= 0 && s->elem < s->config->hidden_dim;
    if (part == PART_NONE) return false;
    if (part == PART_NEURON && !neuron) part = PART_MLP;
    *kind = kinds[part];
    *layer = s->layer;
    *index = part == PART_HEAD ? s->head : part == PART_NEURON ? s->elem : 0;
    return true;
}
