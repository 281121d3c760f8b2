/* The operations of a layer in words: how each is written, and what it is for.
 * Keyed by what it makes: which there are, and how they follow each other, is
 * the architecture's to say; see block_plan.c. */
#include "viz/views/block/block.h"

#include "engine/formula/formula.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const BlockWords words[] = {
    {.name = "resid_pre",
     .title = "residual in",
     .site = SITE_RESID_PRE,
     .label = "residual in",
     .brief = "in",
     .step = 0.62f,
     .formula = "x = embedding + all that lower layers added",
     .text = "The token's vector as it enters this layer: its embedding plus "
             "what every layer below has added. Each part of the layer reads "
             "from this residual stream and adds its result back to it."},
    {.name = "ln1",
     .title = "RMSNorm",
     .site = SITE_LN1_OUT,
     .label = "RMSNorm",
     .brief = "norm",
     .step = 1.12f,
     .formula = FORMULA(
         "x/\\sqrt{\\mathrm{mean}(x^2)+\\varepsilon}\\cdot\\mathrm{gain}"),
     .text =
         "RMSNorm divides every element by their root mean square (RMS): "
         "doubling the whole vector would change nothing. Then each element "
         "is multiplied by a learned gain. Attention reads this copy; the "
         "stream itself stays as it is."},
    {.name = "q",
     .title = "query",
     .site = SITE_Q,
     .label = "query",
     .brief = "q",
     .step = 1.30f,
     .formula = FORMULA("q=W_Q\\cdot\\mathrm{norm}(x)"),
     .text =
         "The query says what this token is looking for. Every element is one "
         "row of the learned matrix W_Q times the normalised vector; each "
         "head has a query of its own."},
    {.name = "k",
     .title = "key",
     .site = SITE_K,
     .label = "key",
     .brief = "k",
     .formula = FORMULA("k=W_K\\cdot\\mathrm{norm}(x)"),
     .text =
         "The key says what this token can be found by. Several query heads "
         "may share one key-value head (grouped-query attention), which saves "
         "memory: keys are kept in the cache for all later tokens."},
    {.name = "v",
     .title = "value",
     .site = SITE_V,
     .label = "value",
     .brief = "v",
     .formula = FORMULA("v=W_V\\cdot\\mathrm{norm}(x)"),
     .text =
         "The value is what this token hands over when another one attends to "
         "it. Like the keys, values are kept in the cache for all later "
         "tokens."},
    {.name = "rope",
     .title = "RoPE",
     .site = SITE_ROT_Q,
     .label = "RoPE",
     .brief = "RoPE",
     .step = 0.85f,
     .formula = FORMULA("(a,b)\\to(a\\cos\\varphi-b\\sin\\varphi,\\;"
                        "a\\sin\\varphi+b\\cos\\varphi)"),
     .text =
         "Rotary position embedding turns every pair of elements by an angle "
         "φ that grows with the token's position, each pair at its own speed. "
         "Turned so, a query times a key depends on the two vectors and on the "
         "distance between the tokens, not on where the pair stands. Values "
         "are not turned."},
    {.name = "scores",
     .title = "scores",
     .site = SITE_ATTN_SCORES,
     .step = 1.35f,
     .formula = FORMULA("\\mathrm{score}=q\\cdot k/\\sqrt{{K}}"),
     .text =
         "Each head compares its query with the key of every token: multiply "
         "element by element and add up. That is the raw score. Divided by "
         "the root of the number of elements it is the score; without the "
         "division, vectors with more elements would have larger scores. High "
         "means a good match."},
    {.name = "softmax",
     .title = "softmax",
     .site = SITE_PATTERN,
     .formula = FORMULA("\\mathrm{weight}=e^{s-\\max}/\\sum e^{s-\\max}"),
     .text =
         "Scores become weights: e is raised to each score and the results are "
         "divided by their sum, so the weights of a head lie between 0 and 1 "
         "and add up to 1. Taking the largest score off first does not change "
         "the weights and keeps the numbers small."},
    {.name = "z",
     .title = "weighted values",
     .site = SITE_Z,
     .label = "weighted V",
     .brief = "z",
     .step = 1.15f,
     .formula = FORMULA("z=\\sum\\mathrm{weight}\\cdot v"),
     .text =
         "Each head mixes the values of all the tokens it sees, each times its "
         "weight. Heads that share a key-value head mix the same values in "
         "different proportions."},
    {.name = "attn_out",
     .title = "attention output",
     .site = SITE_ATTN_OUT,
     .label = "W_O",
     .brief = "W_O",
     .step = 1.00f,
     .formula = FORMULA("W_O\\cdot z"),
     .text =
         "The matrix W_O mixes the results of all heads into one vector of the "
         "model's width: all that attention adds for this token."},
    {.name = "resid_mid",
     .title = "add attention",
     .site = SITE_RESID_MID,
     .label = "+",
     .brief = "+",
     .step = 0.95f,
     .passes = "the residual stream passes by; attention's result is added",
     .formula = FORMULA("x+\\mathrm{attention}"),
     .text =
         "Attention's result is added to the vector that came in. Adding, "
         "rather than replacing, lets earlier information pass through every "
         "layer."},
    {.name = "ln2",
     .title = "RMSNorm",
     .site = SITE_LN2_OUT,
     .label = "RMSNorm",
     .brief = "norm",
     .step = 0.95f,
     .formula = FORMULA(
         "x/\\sqrt{\\mathrm{mean}(x^2)+\\varepsilon}\\cdot\\mathrm{gain}"),
     .text = "RMSNorm again, with gains of its own, for the second half of the "
             "layer: the MLP. From here on each token is worked on alone."},
    {.name = "gate",
     .title = "gate",
     .site = SITE_MLP_PRE,
     .label = "gate",
     .brief = "gate",
     .step = 1.05f,
     .formula =
         FORMULA("\\mathrm{gate}=W_{\\mathrm{gate}}\\cdot\\mathrm{norm}(x)"),
     .text =
         "One number per neuron: how far its gate opens. There are more "
         "neurons than the model has dimensions; few of them have a meaning "
         "that one can name."},
    {.name = "up",
     .title = "up",
     .site = SITE_MLP_PRE_LINEAR,
     .label = "up",
     .brief = "up",
     .step = 0.80f,
     .formula = FORMULA("\\mathrm{up}=W_{\\mathrm{up}}\\cdot\\mathrm{norm}(x)"),
     .text =
         "A second matrix gives each neuron the number that its gate will let "
         "through."},
    {.name = "silu",
     .title = "SiLU and product",
     .site = SITE_MLP_POST,
     .label = "SiLU·up",
     .brief = "SiLU",
     .step = 0.85f,
     .formula = FORMULA("g/(1+e^{-g})\\cdot\\mathrm{up}"),
     .text =
         "SiLU takes a very negative gate to almost 0, a slightly negative one "
         "to a little below 0, and leaves a large one nearly as it is. "
         "The result is multiplied by up. A neuron is strong only where its "
         "gate is open and up is large."},
    {.name = "down",
     .title = "down",
     .site = SITE_MLP_OUT,
     .label = "down",
     .brief = "down",
     .step = 0.95f,
     .formula = FORMULA("W_{\\mathrm{down}}\\cdot\\mathrm{neurons}"),
     .text = "Each neuron owns a column of W_down, a direction in the residual "
             "stream. The columns, each times its neuron, add up to the MLP's "
             "output."},
    {.name = "resid_post",
     .title = "residual out",
     .site = SITE_RESID_POST,
     .label = "residual out",
     .brief = "out",
     .step = 1.05f,
     .passes = "it passes by again; the MLP's is added",
     .formula = FORMULA("x+\\mathrm{MLP}"),
     .text = "The MLP's output is added as well. This vector enters the next "
             "layer; after the last one a final RMSNorm and the output matrix "
             "turn it into the logits of the next token."},
};

const BlockWords block_mask_words = {
    .site = SITE_NONE,
    .name = "mask",
    .title = "causal mask",
    .formula = "key after query " FORMULA("\\to-\\infty"),
    .text =
        "A token may not look ahead: the scores of later tokens, struck out "
        "here, count as −∞, so their weight becomes exactly 0. So one text can "
        "train the model on all its positions at once: no token sees what it "
        "has to predict."};

static const char no_mask_text[] =
    "The causal mask is removed: this token also sees those after it, as in "
    "models like BERT. A model trained without it could not learn to predict "
    "the next token, as it would see it; this one was trained with it.";

const BlockWords *block_words(Site site) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].site == site) return &words[i];
    return NULL;
}

/* ---- where elements are -------------------------------------------------- */

void block_shape(const Stage *s, Site site, int *rows, int *cols) {
    site_shape(site, s->config, trace_n_keys(s->trace, s->pos), rows, cols);
}

static int site_count(const Stage *s, Site site) {
    int rows, cols;
    block_shape(s, site, &rows, &cols);
    return rows * cols;
}

int block_first(const Stage *s, const BlockPlan *p, int strip) {
    int first = 0;
    for (int i = 0; i < strip; i++)
        if (p->strip[i].op == p->strip[strip].op)
            first += site_count(s, p->strip[i].site);
    return first;
}

bool block_find(const Stage *s, const BlockPlan *p, int op, int elem,
                int *strip, int *index) {
    for (int i = 0; i < p->n_strips; i++) {
        if (p->strip[i].op != op) continue;
        *index = elem - block_first(s, p, i);
        *strip = i;
        if (*index >= 0 && *index < site_count(s, p->strip[i].site))
            return true;
    }
    return false;
}

int block_strongest(const Stage *s, Site site, const float *v) {
    const Config *c = s->config;
    int rows, cols, best = 0;
    block_shape(s, site, &rows, &cols);
    int row = rows == c->n_heads ? s->head : s->head / (c->n_heads / rows);
    if (rows == 1) row = 0;
    v += (size_t)row * cols;
    for (int i = 1; i < cols; i++)
        if (fabsf(v[i]) > fabsf(v[best])) best = i;
    return row * cols + best;
}

void block_ask(const Stage *s, BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    const int shown = block_shows_weights(s, p) ? p->softmax : p->scores;
    b->rows = stage_row(s, p->op[shown].made->out, s->layer, s->pos);
    for (int i = 0; i < p->n_strips; i++) {
        b->v[i] = stage_row(s, p->strip[i].site, s->layer, s->pos);
        b->before[i] = before_row(s, p->strip[i].site, s->layer, s->pos);
    }
}

/* ---- how it is written --------------------------------------------------- */

void block_formula(const Stage *s, const BlockPlan *p, char *out, size_t size) {
    if (s->op == p->mask && trace_edits(s->trace)->no_mask) {
        snprintf(out, size, "removed: every token is seen");
        return;
    }
    const char *formula = p->op[s->op].words->formula;
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

void block_op_shape(const Stage *s, const BlockPlan *p, char *out,
                    size_t size) {
    int strip, index, rows = s->config->n_heads;
    int cols = trace_n_keys(s->trace, s->pos);
    if (block_find(s, p, s->op, 0, &strip, &index))
        block_shape(s, p->strip[strip].site, &rows, &cols);
    char shape[32];
    block_shape_text(rows, cols, shape, sizeof shape);
    const ArchOp *made = p->op[s->op].made;
    if (made->kind != OP_LINEAR) {
        snprintf(out, size, "%s", shape);
        return;
    }
    int w_rows, w_cols;
    arch_shape(s->config, made->weight, &w_rows, &w_cols);
    snprintf(out, size, "[%d, %d] · [%d] → %s", w_rows, w_cols, w_cols, shape);
}

/* ---- what is opened, what can be switched off ---------------------------- */

/* What a norm divides by: an element behind its last one; SITE_NONE: this is
 * no norm. */
static Site scale_of(const Stage *s, const BlockPlan *p, int op) {
    const ArchOp *made = p->op[op].made;
    if (op == p->mask || made->kind != OP_GAIN) return SITE_NONE;
    return arch_op(s->config->arch, made->in[0])->in[1];
}

bool block_opens_scale(const Stage *s, const BlockPlan *p) {
    return s->elem == s->config->dim && scale_of(s, p, s->op) != SITE_NONE;
}

bool block_place(const Stage *s, Site site, Pick *out) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    for (int op = 0; op < p.n_ops; op++) {
        if (site == SITE_NONE || scale_of(s, &p, op) != site) continue;
        *out = pick_and(pick_word(STATE_OP, p.op[op].words->name),
                        pick_number(STATE_ELEM, s->config->dim));
        return true;
    }
    return false;
}

/* The opened element, else the strongest of its strip; the opened key's score
 * where the operation is on the matrix. */
static void open_cell(const Stage *s, const BlockPlan *p, Opened *out) {
    int strip;
    out->kind = OPENED_CELL;
    if (block_find(s, p, s->op, s->elem, &strip, &out->index)) {
        out->site = p->strip[strip].site;
    } else if (block_opens_scale(s, p)) {
        out->site = scale_of(s, p, s->op);
        out->index = 0;
    } else if (block_find(s, p, s->op, 0, &strip, &out->index)) {
        out->site = p->strip[strip].site;
        const float *v = stage_row(s, out->site, s->layer, s->pos);
        if (v)
            out->index = block_strongest(s, out->site, v);
        else
            out->kind = OPENED_LATER;
    } else {
        out->site = p->op[p->scores].made->out;
        out->index = s->head * trace_n_keys(s->trace, s->pos) + s->key;
        if (!s->key_known) out->kind = OPENED_LATER;
    }
}

int block_n_keys(const Stage *s) {
    BlockPlan p;
    int n = trace_n_keys(s->trace, s->pos), later = s->n_pos - n;
    block_plan(s->config->arch, &p);
    if (!block_is_matrix_op(&p, s->op)) return n;
    return n + (later < BLOCK_LATER_MAX ? later : BLOCK_LATER_MAX);
}

/* A key that stands after the token: its score is stored nowhere. */
static void open_masked(const Stage *s, const BlockPlan *p, Opened *out) {
    out->kind = OPENED_MADE;
    out->site = p->op[p->scores].made->out;
    out->made = study_raw_key(s->trace, s->layer, s->head, s->pos, s->key);
    if (s->op != p->scores) out->text = STAGE_MASKED_TEXT;
    static const char masked[] = STAGE_MASKED_TITLE;
    out->title[0].text = masked;
    out->title[0].len = (int)sizeof masked - 1;
}

void block_opened(const Stage *s, Opened *out) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    const BlockWords *here = p.op[s->op].words;
    const char *title = here->title;
    snprintf(out->kicker, sizeof out->kicker, "This operation");
    out->title[0] = (TextSpan){.text = title,
                               .len = (int)strlen(title),
                               .face = FACE_BOLD,
                               .color = s->theme->text};
    out->n_title = 1;
    out->text = here->text;
    if (s->op == p.mask && trace_edits(s->trace)->no_mask)
        out->text = no_mask_text;
    out->layer = s->layer;
    out->pos = s->pos;
    if (s->key_known && block_is_matrix_op(&p, s->op) &&
        s->key >= trace_n_keys(s->trace, s->pos)) {
        open_masked(s, &p, out);
        return;
    }
    if (s->op == p.softmax) {
        out->kind = s->key_known ? OPENED_SOFTMAX : OPENED_LATER;
        out->site = p.op[p.softmax].made->out;
        out->head = s->head;
        out->key = s->key;
        return;
    }
    open_cell(s, &p, out);
    if (block_opens_scale(s, &p)) {
        static const char rms[] = "RMS of all x";
        out->title[0].text = rms;
        out->title[0].len = (int)sizeof rms - 1;
    }
}

/* The part that X scales is the one that the operation belongs to: of one
 * neuron where its number is opened, else of all. */
bool block_part(const Stage *s, EditKind *kind, int *layer, int *index) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    *kind = block_edit(&p, s->op);
    if (*kind == EDIT_NONE) return false;
    const bool neuron = s->elem >= 0 && s->elem < s->config->hidden_dim;
    if (*kind == EDIT_NEURON && !neuron) *kind = EDIT_MLP;
    *layer = s->layer;
    *index = *kind == EDIT_HEAD ? s->head : *kind == EDIT_NEURON ? s->elem : 0;
    return true;
}
