/* One block of floats holds everything; where a site is in it is settled once,
 * from the architecture's operations. */
#include "engine/train/backprop.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include "engine/tokenizer/tokenizer.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES  64
#define LINE_FLOATS (LINE_BYTES / sizeof(float))

/* ---- which sites share a place ------------------------------------------- */

/* By site: the one in whose place it is, itself, or SITE_NONE: nowhere. */
typedef struct Plan {
    int value[SITE_COUNT], grad[SITE_COUNT];
} Plan;

/* Whether a matrix reads the site, whose gradient needs it again. */
static bool is_read(const Arch *a, int site) {
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].kind == OP_LINEAR && a->ops[i].in[0] == (Site)site)
            return true;
    return false;
}

/* Whoever is in the place of `from` goes to that of `to`. */
static void join(int place[SITE_COUNT], Site to, Site from) {
    const int old = place[from];
    for (int site = 0; site < SITE_COUNT; site++)
        if (place[site] == old) place[site] = place[to];
}

static bool has_value(const ArchOp *op) {
    return op->kind != OP_MEAN && op->kind != OP_SCORES &&
           op->kind != OP_SOFTMAX;
}

static bool has_grad(const ArchOp *op) {
    return has_value(op) && op->kind != OP_SCALE && op->kind != OP_NORMALIZE;
}

static void plan_op(Plan *p, const Arch *a, const ArchOp *op) {
    switch (op->kind) {
    case OP_ADD:
        if (!is_read(a, op->in[0])) join(p->value, op->in[0], op->out);
        join(p->value, op->out, op->in[1]);
        join(p->grad, op->out, op->in[0]);
        join(p->grad, op->out, op->in[1]);
        break;
    case OP_ENTER:
        join(p->grad, op->out, op->in[0]);
        break;
    case OP_ROTATE:
        join(p->value, op->in[0], op->out);
        join(p->grad, op->in[0], op->out);
        break;
    case OP_GATE:
    case OP_ACTIVATE:
        join(p->grad, op->in[0], op->out);
        break;
    default:
        break;
    }
}

static Plan plan(const Arch *a) {
    Plan p;
    for (int site = 0; site < SITE_COUNT; site++)
        p.value[site] = p.grad[site] = SITE_NONE;
    for (int i = 0; i < a->n_ops; i++) {
        const Site out = a->ops[i].out;
        if (has_value(&a->ops[i])) p.value[out] = (int)out;
        if (has_grad(&a->ops[i])) p.grad[out] = (int)out;
    }
    for (int i = 0; i < a->n_ops; i++)
        plan_op(&p, a, &a->ops[i]);
    return p;
}

/* ---- buffers ------------------------------------------------------------- */

/* Hands out consecutive parts of a block; or only counts, when it is NULL. */
typedef struct Carver {
    float *block;
    uint64_t n; /* floats so far, each part on cache lines of its own */
} Carver;

static float *carve(Carver *c, int rows, int cols) {
    const uint64_t n = (uint64_t)rows * (uint64_t)cols;
    float *part = c->block ? c->block + c->n : NULL;
    c->n += (n + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
    return part;
}

static float *carve_site(Carver *c, const Config *config, int site, int T) {
    int rows, cols;
    site_shape((Site)site, config, 0, &rows, &cols);
    return carve(c, T, rows * cols);
}

/* Whether the operation is among those of a layer's BackpropSites. */
static bool is_of(const Config *c, const ArchOp *op, int layer) {
    return op->part == ARCH_LAYER || (op->part == ARCH_START && layer == 0) ||
           (op->part == ARCH_END && layer == c->n_layers - 1);
}

/* What enters a layer is where the one before left it. */
static void carve_layer(Carver *c, const Plan *p, const Config *config,
                        BackpropSites *layers, int layer, int T) {
    const Arch *a = config->arch;
    float **at = layers[layer].at;
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (!is_of(config, op, layer) || p->value[op->out] != (int)op->out)
            continue;
        if (op->kind == OP_ENTER)
            at[op->out] = layer == 0 ? at[p->value[op->in[0]]]
                                     : layers[layer - 1].at[op->in[1]];
        else
            at[op->out] = carve_site(c, config, op->out, T);
    }
    for (int site = 0; site < SITE_COUNT; site++)
        if (p->value[site] != SITE_NONE) at[site] = at[p->value[site]];
}

/* The gradient of the logits, the last of all, is in their own place. */
static void carve_grads(Carver *c, const Plan *p, Backprop *b, int T) {
    const Config *config = &b->params->config;
    const Arch *a = config->arch;
    const Site last = a->ops[a->n_ops - 1].out;
    for (int site = 0; site < SITE_COUNT; site++)
        if (site == (int)last)
            b->grads.at[site] = b->layers[config->n_layers - 1].at[site];
        else if (p->grad[site] == site)
            b->grads.at[site] = carve_site(c, config, site, T);
    for (int site = 0; site < SITE_COUNT; site++)
        if (p->grad[site] != SITE_NONE)
            b->grads.at[site] = b->grads.at[p->grad[site]];
    memcpy(b->place, p->grad, sizeof b->place);
}

/* Places for everything; b has its layers. */
static void carve_all(Carver *c, Backprop *b, int T) {
    const Config *config = &b->params->config;
    const Plan p = plan(config->arch);
    for (int l = 0; l < config->n_layers; l++)
        carve_layer(c, &p, config, b->layers, l, T);
    carve_grads(c, &p, b, T);
    if (config->arch->rotates) {
        b->turns_q = carve(c, T, config->head_dim);
        b->turns_k = carve(c, T, config->head_dim);
        b->back_q = carve(c, T, config->head_dim);
        b->back_k = carve(c, T, config->head_dim);
    }
    b->pattern = carve(c, T, T);
    b->dpattern = carve(c, T, T);
}

/* One layer is like another. */
uint64_t backprop_bytes(const Params *p, int seq_len) {
    Params few = *p;
    BackpropSites layers[2] = {{{0}}};
    Backprop b = {.params = &few, .layers = layers};
    uint64_t floats[2];
    for (int more = 0; more < 2; more++) {
        Carver c = {0};
        few.config.n_layers = 1 + more;
        carve_all(&c, &b, seq_len);
        floats[more] = c.n;
    }
    const uint64_t rest = (uint64_t)p->config.n_layers - 1;
    return (floats[0] + rest * (floats[1] - floats[0])) * sizeof(float);
}

/* The rotations of every position, there and back. */
static void fill_turns(Backprop *b) {
    const Config *c = &b->params->config;
    const float score_scale = 1 / sqrtf((float)c->head_dim);
    for (int t = 0; t < b->seq_len; t++) {
        const size_t at = (size_t)t * c->head_dim;
        rope_turns(b->turns_k + at, c, t);
        for (size_t i = at; i < at + c->head_dim; i++) {
            const float way = i % 2 ? -1 : 1; /* of the sine */
            b->turns_q[i] = b->turns_k[i] * score_scale;
            b->back_k[i] = way * b->turns_k[i];
            b->back_q[i] = way * b->turns_q[i];
        }
    }
}

bool backprop_init(Backprop *b, const Params *params, const Tkern *tkern,
                   int seq_len, Err *err) {
    const uint64_t size = backprop_bytes(params, seq_len);
    const size_t n_layers = params->config.n_layers;
    *b = (Backprop){
        .params = params,
        .kern = kern_get(tkern->name),
        .tkern = tkern,
        .seq_len = seq_len,
        .first = calloc((size_t)seq_len, sizeof *b->first),
        .targets = calloc((size_t)seq_len, sizeof *b->targets),
        .layers = calloc(n_layers, sizeof *b->layers),
        .block = size > SIZE_MAX / 2 ? NULL : aligned_alloc(LINE_BYTES, size)};
    if (!b->first || !b->targets || !b->layers || !b->block) {
        backprop_free(b);
        return err_memory(err, "activations", size);
    }
    Carver c = {.block = b->block};
    carve_all(&c, b, seq_len);
    if (params->config.arch->rotates) fill_turns(b);
    return true;
}

void backprop_free(Backprop *b) {
    free(b->first);
    free(b->targets);
    free(b->layers);
    free(b->block);
    *b = (Backprop){0};
}

/* ---- the loss ------------------------------------------------------------ */

static void find_texts(Backprop *b) {
    for (int t = 0; t < b->n; t++)
        b->first[t] = t == 0 || b->tokens[t] == TOKEN_BOS ? t : b->first[t - 1];
}

/* Of the sites that have several, that of the last layer. */
static float *logits_of(const Backprop *b) {
    const Config *c = &b->params->config;
    const Arch *a = c->arch;
    return b->layers[c->n_layers - 1].at[a->ops[a->n_ops - 1].out];
}

/* Logits to probabilities, and the loss of what was to be said. */
static double measure(Backprop *b, const BackpropRow *r) {
    const int vocab = b->params->config.vocab_size;
    double loss = 0;
    for (int t = 0; t < b->n; t++) {
        float *row = logits_of(b) + (size_t)t * vocab;
        if (r->learns && !r->learns[t]) continue;
        b->kern->softmax(row, row, vocab);
        const float p = row[r->targets[t]];
        loss -= log(p > FLT_MIN ? p : FLT_MIN);
    }
    return loss;
}

/* Probabilities to the gradient of the loss by the logits: p - 1 at the
 * target, p elsewhere; 0 where nothing is learnt. */
static void logits_back(Backprop *b, const BackpropRow *r, float scale) {
    const int vocab = b->params->config.vocab_size;
    for (int t = 0; t < b->n; t++) {
        float *row = logits_of(b) + (size_t)t * vocab;
        if (r->learns && !r->learns[t]) {
            memset(row, 0, (size_t)vocab * sizeof *row);
            continue;
        }
        for (int i = 0; i < vocab; i++)
            row[i] *= scale;
        row[r->targets[t]] -= scale;
    }
}

/* ---- the few that are learnt --------------------------------------------- */

/* Of words that are hidden few are learnt: what is after the layers is computed
 * of these alone.  What comes next is learnt nearly everywhere. */
static bool goes_on_with_few(const Backprop *b, const BackpropRow *r) {
    return r->learns && !b->params->config.arch->causal;
}

/* Rows of what leaves the layers, those learnt moved to the front; what they
 * are to say. */
static BackpropRow gather(Backprop *b, const BackpropRow *r) {
    const Config *c = &b->params->config;
    const size_t dim = (size_t)c->dim;
    float *rows = b->layers[c->n_layers - 1].at[arch_stream_next(c->arch)];
    int n = 0;
    for (int t = 0; t < r->n; t++) {
        if (!r->learns[t]) continue;
        if (n != t)
            memcpy(rows + (size_t)n * dim, rows + (size_t)t * dim,
                   dim * sizeof *rows);
        b->targets[n++] = r->targets[t];
    }
    return (BackpropRow){r->tokens, b->targets, NULL, n};
}

/* The other way, of their gradients, which are 0 elsewhere. */
static void scatter(const Backprop *b, const BackpropRow *r, int n) {
    const Config *c = &b->params->config;
    const size_t dim = (size_t)c->dim;
    float *rows = b->grads.at[arch_stream_next(c->arch)];
    for (int t = r->n - 1; t >= 0; t--) {
        float *to = rows + (size_t)t * dim;
        if (!r->learns[t])
            memset(to, 0, dim * sizeof *to);
        else if (--n != t)
            memcpy(to, rows + (size_t)n * dim, dim * sizeof *to);
    }
}

/* ---- a row --------------------------------------------------------------- */

static void forward_layers(Backprop *b) {
    const int n_layers = b->params->config.n_layers;
    b->layer = 0;
    backprop_forward(b, ARCH_START);
    for (; b->layer < n_layers; b->layer++)
        backprop_forward(b, ARCH_LAYER);
    b->layer = n_layers - 1;
}

/* Only what is given a gradient of has one. */
static void hold_only(Backprop *b, Site site) {
    memset(b->has, 0, sizeof b->has);
    b->has[b->place[site]] = true;
}

/* What entered a layer is what left the one below. */
static void go_down(Backprop *b) {
    const Config *c = &b->params->config;
    const Site above = arch_stream_first(c->arch);
    const Site below = arch_stream_next(c->arch);
    if (b->grads.at[above] != b->grads.at[below])
        memcpy(b->grads.at[below], b->grads.at[above],
               (size_t)b->n * c->dim * sizeof(float));
}

static void back_end(Backprop *b) {
    const Arch *a = b->params->config.arch;
    hold_only(b, a->ops[a->n_ops - 1].out);
    backprop_back(b, ARCH_END);
}

static void back_layers(Backprop *b) {
    const Config *c = &b->params->config;
    const Arch *a = c->arch;
    for (; b->layer >= 0; b->layer--) {
        hold_only(b, arch_stream_next(a));
        backprop_back(b, ARCH_LAYER);
        if (b->layer > 0) go_down(b);
    }
    b->layer = 0;
    hold_only(b, arch_stream_first(a));
    backprop_back(b, ARCH_START);
}

double backprop_row(Backprop *b, const float *w, const BackpropRow *row,
                    float *grad, float scale) {
    assert(row->n > 0 && row->n <= b->seq_len);
    b->n = row->n;
    b->tokens = row->tokens;
    b->w = w;
    b->grad = grad;
    find_texts(b);
    forward_layers(b);
    const bool few = goes_on_with_few(b, row);
    const BackpropRow end = few ? gather(b, row) : *row;
    if (end.n == 0) return 0;
    b->n = end.n;
    backprop_forward(b, ARCH_END);
    const double loss = measure(b, &end);
    if (!grad) return loss;
    logits_back(b, &end, scale);
    back_end(b);
    b->n = row->n;
    if (few) scatter(b, row, end.n);
    back_layers(b);
    return loss;
}
