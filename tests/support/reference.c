#include "tests/support/reference.h"

#include "engine/spec/arch.h"
#include "tests/support/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIM_MAX 4096

struct Reference {
    const Model *model;
    Config c;
    Edits edits;
    const Reference *donor;   /* NULL: none */
    double (*apart)[DIM_MAX]; /* [EDITS_MAX] directions found out so far */
    int n;
    double **rows; /* [SITE_COUNT, L, n] */
};

static double **slot(const Reference *r, Site s, int layer, int pos) {
    return &r->rows[((size_t)s * r->c.n_layers + layer) * r->n + pos];
}

const Model *reference_model(const Reference *r) {
    return r->model;
}

static bool is_bert(const Reference *r) {
    return strcmp(r->c.arch->name, "bert") == 0;
}

int reference_n_keys(const Reference *r, int pos) {
    return r->edits.no_mask || is_bert(r) ? r->n : pos + 1;
}

const double *reference_row(const Reference *r, Site s, int layer, int pos) {
    return *slot(r, s, site_info(s)->per_layer ? layer : 0, pos);
}

/* The place of a site, made when first asked for. */
static double *at(const Reference *r, Site s, int layer, int pos) {
    double **p = slot(r, s, layer, pos);
    int rows, cols;
    site_shape(s, &r->c, reference_n_keys(r, pos), &rows, &cols);
    if (!*p) *p = calloc((size_t)rows * cols, sizeof **p);
    if (!*p) abort();
    return *p;
}

/* A row of weights, from what the file's blocks say; the caller frees. */
static double *weights(const Reference *r, TensorRole role, int layer,
                       int row) {
    const Tensor *w = model_tensor(r->model, role, layer);
    const DTypeInfo *type = dtype_info(w->type);
    double *out = calloc(w->cols, sizeof *out);
    if (!out) abort();
    const double more = w->stored == TENSOR_LESS_ONE ? 1 : 0;
    if (w->type == DTYPE_F32) {
        for (int i = 0; i < w->cols; i++)
            out[i] =
                (double)((const float *)w->data)[(size_t)row * w->cols + i] +
                more;
        return out;
    }
    if (w->type != DTYPE_Q8_GROUPS) {
        const size_t blocks = (size_t)row * w->cols / type->block_items;
        blocks_read(out, w->type,
                    (const uint8_t *)w->data + blocks * type->block_bytes,
                    w->cols);
        for (int i = 0; i < w->cols; i++)
            out[i] += more;
        return out;
    }
    for (int i = 0; i < w->cols; i++) {
        const size_t at = (size_t)row * w->cols + i;
        float scale;
        memcpy(&scale, w->scales + at / w->group * sizeof scale, sizeof scale);
        out[i] = (double)scale * ((const int8_t *)w->data)[at];
    }
    return out;
}

static bool is_gpt2(const Reference *r) {
    return strcmp(r->c.arch->name, "gpt2") == 0;
}

static bool is_gemma(const Reference *r) {
    return strcmp(r->c.arch->name, "gemma") == 0;
}

/* Their norms take the mean off, positions are learned and there is no gate. */
static bool is_plain(const Reference *r) {
    return is_gpt2(r) || is_bert(r);
}

static bool is_qwen3(const Reference *r) {
    return strcmp(r->c.arch->name, "qwen3") == 0;
}

bool reference_has(const Reference *r, Site s) {
    if (!arch_predicts(r->c.arch) && !site_info(s)->per_layer &&
        s > SITE_RESID_NORMED)
        return false; /* of the head */
    switch (s) {
    case SITE_POS_EMBED:
    case SITE_FULL_EMBED:
    case SITE_LN1_MEAN:
    case SITE_LN2_MEAN:
    case SITE_LN_FINAL_MEAN:
        return is_plain(r);
    case SITE_POS_SUM:
    case SITE_SEGMENT_EMBED:
    case SITE_EMBED_SUM:
    case SITE_EMBED_LN_MEAN:
    case SITE_EMBED_LN_SCALE:
    case SITE_EMBED_LN_NORMALIZED:
    case SITE_RESID_NORMED:
    case SITE_HEAD_PRE:
    case SITE_HEAD_POST:
        return is_bert(r);
    case SITE_LN2_OUT:
        return !is_bert(r);
    case SITE_SCALED_EMBED:
        return is_gemma(r);
    case SITE_Q_NORM_SCALE:
    case SITE_Q_NORM_NORMALIZED:
    case SITE_Q_NORM_OUT:
    case SITE_K_NORM_SCALE:
    case SITE_K_NORM_NORMALIZED:
    case SITE_K_NORM_OUT:
        return is_qwen3(r);
    case SITE_ROT_Q:
    case SITE_ROT_K:
    case SITE_MLP_PRE_LINEAR:
        return !is_plain(r);
    default:
        return true;
    }
}

/* What is added to product o, or in a norm to element o. */
static double bias(const Reference *r, TensorRole role, int layer, int o) {
    const float *b = model_tensor(r->model, role, layer)->bias;
    return b ? (double)b[o] : 0;
}

/* y = W x + b */
static void apply(const Reference *r, TensorRole role, int layer, double *y,
                  const double *x) {
    const Tensor *w = model_tensor(r->model, role, layer);
    for (int o = 0; o < w->rows; o++) {
        double *row = weights(r, role, layer, o);
        y[o] = 0;
        for (int i = 0; i < w->cols; i++)
            y[o] += row[i] * x[i];
        y[o] += bias(r, role, layer, o);
        free(row);
    }
}

/* Does the donor hold the position? */
static bool donated(const Reference *r, int pos) {
    return r->donor && pos < r->donor->n;
}

/* Puts the donor's vector where the list says so; head -1: no site of heads. */
static void patch(const Reference *r, Site site, int layer, int pos, int head,
                  double *out) {
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        const int width = head < 0 ? r->c.dim : r->c.head_dim;
        const bool here = e->index == pos || e->index == -1;
        if (e->kind != EDIT_PATCH || e->layer != layer || !here ||
            e->other % SITE_COUNT != (int)site || !donated(r, pos) ||
            (head >= 0 && e->other / SITE_COUNT != head))
            continue;
        const double *row = reference_row(r->donor, site, layer, pos);
        memcpy(out, row + (head < 0 ? 0 : head * width),
               (size_t)width * sizeof *out);
    }
}

/* The other run's scale for this norm, where the list says that it is taken;
 * NULL: this run's own. */
static const double *frozen_scale(const Reference *r, Site scale, int layer,
                                  int pos) {
    if (!donated(r, pos)) return NULL;
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        if (e->kind == EDIT_FREEZE &&
            (e->layer < 0 || (e->layer == layer && e->other == (int)scale)))
            return reference_row(r->donor, scale, layer, pos);
    }
    return NULL;
}

/* The three sites of a norm, from `scale` on, and before it its mean. */
static void norm(const Reference *r, TensorRole role, Site scale, int layer,
                 int pos, const double *x) {
    double *s = at(r, scale, layer, pos);
    double *normalized = at(r, scale + 1, layer, pos);
    const bool leaves = scale == SITE_LN2_SCALE && is_bert(r);
    double *out =
        at(r, leaves ? SITE_RESID_NORMED : (Site)(scale + 2), layer, pos);
    double squares = 0, mean = 0;
    for (int i = 0; is_plain(r) && i < r->c.dim; i++)
        mean += x[i] / r->c.dim;
    if (is_plain(r)) at(r, scale - 1, layer, pos)[0] = mean;
    for (int i = 0; i < r->c.dim; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    *s = sqrt(squares / r->c.dim + (double)r->c.norm_eps);
    const double *frozen = scale == SITE_EMBED_LN_SCALE
                               ? NULL
                               : frozen_scale(r, scale, layer, pos);
    if (frozen) *s = *frozen;
    double *gain = weights(r, role, layer, 0);
    for (int i = 0; i < r->c.dim; i++) {
        normalized[i] = (x[i] - mean) / *s;
        out[i] = normalized[i] * gain[i] + bias(r, role, layer, i);
    }
    free(gain);
}

/* Whether the list has exactly this entry: what may be left out, is. */
static bool listed(const Reference *r, EditKind kind, int layer, int index) {
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        if (e->kind == kind && e->layer == layer && e->index == index)
            return true;
    }
    return false;
}

/* Nobody looks at j, or this head does not. */
static bool is_cut(const Reference *r, int layer, int head, int pos, int j) {
    bool cut = listed(r, EDIT_CUT, 0, j);
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        cut = cut || (e->kind == EDIT_BLIND && e->layer == layer &&
                      e->index == head && e->other == j);
    }
    return cut && j != pos;
}

/* Multiplies pairs, as complex numbers, by e^(i * pos * theta^(-2j/K)). */
static void rotate(const Reference *r, double *out, const double *x,
                   int n_heads, int layer, int pos) {
    const int k = r->c.head_dim;
    for (int h = 0; h < n_heads; h++)
        for (int j = 0; j < k / 2; j++) {
            double angle = pos;
            if (listed(r, EDIT_ROPE, layer, 0) || listed(r, EDIT_ROPE, -1, 0))
                angle = 0;
            angle *= pow((double)r->c.rope_theta, -2.0 * j / k);
            if (r->c.rope_scaled) angle /= (double)r->c.rope_divisors[j];
            const double re = x[h * k + 2 * j], im = x[h * k + 2 * j + 1];
            out[h * k + 2 * j] = re * cos(angle) - im * sin(angle);
            out[h * k + 2 * j + 1] = re * sin(angle) + im * cos(angle);
        }
}

/* Each head by its own size, and times the gain that all share; three sites
 * from `scale` on. */
static const double *norm_heads(const Reference *r, TensorRole role, Site scale,
                                int layer, int pos, const double *x,
                                int n_heads) {
    const int k = r->c.head_dim;
    double *gain = weights(r, role, layer, 0);
    double *out = at(r, scale + 2, layer, pos);
    for (int h = 0; h < n_heads; h++) {
        double squares = 0;
        for (int i = 0; i < k; i++)
            squares += x[h * k + i] * x[h * k + i];
        const double s = sqrt(squares / k + (double)r->c.norm_eps);
        at(r, scale, layer, pos)[h] = s;
        for (int i = h * k; i < (h + 1) * k; i++) {
            at(r, scale + 1, layer, pos)[i] = x[i] / s;
            out[i] = x[i] / s * gain[i % k];
        }
    }
    free(gain);
    return out;
}

static void project(const Reference *r, int layer, int pos) {
    const double *x = at(r, SITE_RESID_PRE, layer, pos);
    if (!is_bert(r)) norm(r, TENSOR_ATTN_NORM, SITE_LN1_SCALE, layer, pos, x);
    const double *ln = is_bert(r) ? x : at(r, SITE_LN1_OUT, layer, pos);
    const double *q = at(r, SITE_Q, layer, pos);
    const double *k = at(r, SITE_K, layer, pos);
    apply(r, TENSOR_WQ, layer, at(r, SITE_Q, layer, pos), ln);
    apply(r, TENSOR_WK, layer, at(r, SITE_K, layer, pos), ln);
    apply(r, TENSOR_WV, layer, at(r, SITE_V, layer, pos), ln);
    if (is_plain(r)) return;
    if (is_qwen3(r)) {
        q = norm_heads(r, TENSOR_Q_NORM, SITE_Q_NORM_SCALE, layer, pos, q,
                       r->c.n_heads);
        k = norm_heads(r, TENSOR_K_NORM, SITE_K_NORM_SCALE, layer, pos, k,
                       r->c.n_kv_heads);
    }
    rotate(r, at(r, SITE_ROT_Q, layer, pos), q, r->c.n_heads, layer, pos);
    rotate(r, at(r, SITE_ROT_K, layer, pos), k, r->c.n_kv_heads, layer, pos);
}

static void attend_head(const Reference *r, int layer, int pos, int head) {
    const int n_keys = reference_n_keys(r, pos), width = r->c.head_dim;
    const int kv_head = head / (r->c.n_heads / r->c.n_kv_heads);
    const Site query = is_plain(r) ? SITE_Q : SITE_ROT_Q;
    const Site key = is_plain(r) ? SITE_K : SITE_ROT_K;
    const double *q = at(r, query, layer, pos) + head * width;
    double *scores = at(r, SITE_ATTN_SCORES, layer, pos) + head * n_keys;
    double *pattern = at(r, SITE_PATTERN, layer, pos) + head * n_keys;
    double *z = at(r, SITE_Z, layer, pos) + head * width;
    double max = -INFINITY, total = 0;
    for (int j = 0; j < n_keys; j++) {
        const double *k = at(r, key, layer, j) + kv_head * width;
        for (int i = 0; i < width; i++)
            scores[j] += q[i] * k[i];
        if (!listed(r, EDIT_RAW, layer, head)) scores[j] /= sqrt(width);
        max = fmax(max, scores[j]);
    }
    for (int j = 0; j < n_keys; j++)
        if (!is_cut(r, layer, head, pos, j)) total += exp(scores[j] - max);
    for (int j = 0; j < n_keys; j++) {
        const double *v = at(r, SITE_V, layer, j) + kv_head * width;
        if (is_cut(r, layer, head, pos, j)) continue;
        pattern[j] = exp(scores[j] - max) / total;
        for (int i = 0; i < width; i++)
            z[i] += pattern[j] * v[i];
    }
    for (int i = 0; i < width; i++)
        z[i] *= (double)edits_get(&r->edits, EDIT_HEAD, layer, head);
    patch(r, SITE_Z, layer, pos, head, z);
}

/* Adds the embedding of a token, times scale, to out. */
static void add_embedding(const Reference *r, int token, double scale,
                          double *out) {
    double *row = weights(r, TENSOR_TOKEN_EMBED, 0, token);
    for (int i = 0; i < r->c.dim; i++)
        out[i] += scale * row[i];
    free(row);
}

static void steer(const Reference *r, int layer, double *out) {
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        const double scale = (double)e->scale;
        if (e->kind != EDIT_STEER || e->layer != layer) continue;
        add_embedding(r, e->index, scale, out);
        if (e->other >= 0) add_embedding(r, e->other, -scale, out);
    }
}

/* Adds how far the runs were apart; x is the stream before out. */
static void steer_apart(const Reference *r, int layer, int pos, const double *x,
                        double *out) {
    for (int i = 0; i < r->edits.n; i++) {
        const Edit *e = &r->edits.list[i];
        double *way = r->apart[i];
        if (e->kind != EDIT_APART || e->layer != layer || pos < e->index ||
            !donated(r, e->index))
            continue;
        if (pos == e->index) {
            const double *theirs =
                reference_row(r->donor, SITE_RESID_POST, layer, pos);
            for (int j = 0; j < r->c.dim; j++)
                way[j] = x[j] + out[j] - theirs[j];
        }
        for (int j = 0; j < r->c.dim; j++)
            out[j] += (double)e->scale * way[j];
    }
}

/* sum = x + out, out being scaled by the edit of its block. */
static void add(const Reference *r, EditKind kind, int layer, int pos,
                double *sum, const double *x, double *out) {
    const bool is_mlp = kind == EDIT_MLP;
    for (int i = 0; i < r->c.dim; i++)
        out[i] *= (double)edits_get(&r->edits, kind, layer, 0);
    if (is_mlp) steer(r, layer, out);
    if (is_mlp) steer_apart(r, layer, pos, x, out);
    patch(r, is_mlp ? SITE_MLP_OUT : SITE_ATTN_OUT, layer, pos, -1, out);
    for (int i = 0; i < r->c.dim; i++)
        sum[i] = x[i] + out[i];
    patch(r, is_mlp ? SITE_RESID_POST : SITE_RESID_MID, layer, pos, -1, sum);
}

static void attention(const Reference *r, int layer, int pos) {
    double *out = at(r, SITE_ATTN_OUT, layer, pos);
    for (int h = 0; h < r->c.n_heads; h++)
        attend_head(r, layer, pos, h);
    apply(r, TENSOR_WO, layer, out, at(r, SITE_Z, layer, pos));
    add(r, EDIT_ATTN, layer, pos, at(r, SITE_RESID_MID, layer, pos),
        at(r, SITE_RESID_PRE, layer, pos), out);
    if (is_bert(r))
        norm(r, TENSOR_ATTN_NORM, SITE_LN1_SCALE, layer, pos,
             at(r, SITE_RESID_MID, layer, pos));
}

static double activation(const Reference *r, double x) {
    switch (r->c.activation) {
    case ACTIVATION_SILU:
        return x / (1 + exp(-x));
    case ACTIVATION_GELU_TANH:
        return x / 2 *
               (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case ACTIVATION_GELU:
        return x / 2 * erfc(-x / sqrt(2));
    case ACTIVATION_RELU:
        return fmax(x, 0);
    }
    abort();
}

/* Two matrices, and what bends the neurons between them. */
static void plain_mlp(const Reference *r, int layer, int pos) {
    const Site enters = is_bert(r) ? SITE_LN1_OUT : SITE_RESID_MID;
    const double *x = at(r, enters, layer, pos);
    double *pre = at(r, SITE_MLP_PRE, layer, pos);
    double *post = at(r, SITE_MLP_POST, layer, pos);
    double *out = at(r, SITE_MLP_OUT, layer, pos);
    if (!is_bert(r)) norm(r, TENSOR_FFN_NORM, SITE_LN2_SCALE, layer, pos, x);
    apply(r, TENSOR_W_UP, layer, pre,
          is_bert(r) ? x : at(r, SITE_LN2_OUT, layer, pos));
    for (int i = 0; i < r->c.hidden_dim; i++)
        post[i] = activation(r, pre[i]) *
                  (double)edits_get(&r->edits, EDIT_NEURON, layer, i);
    apply(r, TENSOR_W_DOWN, layer, out, post);
    add(r, EDIT_MLP, layer, pos, at(r, SITE_RESID_POST, layer, pos), x, out);
    if (is_bert(r))
        norm(r, TENSOR_FFN_NORM, SITE_LN2_SCALE, layer, pos,
             at(r, SITE_RESID_POST, layer, pos));
}

static void mlp(const Reference *r, int layer, int pos) {
    const double *x = at(r, SITE_RESID_MID, layer, pos);
    double *gate = at(r, SITE_MLP_PRE, layer, pos);
    double *up = at(r, SITE_MLP_PRE_LINEAR, layer, pos);
    double *post = at(r, SITE_MLP_POST, layer, pos);
    double *out = at(r, SITE_MLP_OUT, layer, pos);
    norm(r, TENSOR_FFN_NORM, SITE_LN2_SCALE, layer, pos, x);
    apply(r, TENSOR_W_GATE, layer, gate, at(r, SITE_LN2_OUT, layer, pos));
    apply(r, TENSOR_W_UP, layer, up, at(r, SITE_LN2_OUT, layer, pos));
    for (int i = 0; i < r->c.hidden_dim; i++)
        post[i] = activation(r, gate[i]) * up[i] *
                  (double)edits_get(&r->edits, EDIT_NEURON, layer, i);
    apply(r, TENSOR_W_DOWN, layer, out, post);
    add(r, EDIT_MLP, layer, pos, at(r, SITE_RESID_POST, layer, pos), x, out);
}

static void add_position(const Reference *r, int pos) {
    double *row = weights(r, TENSOR_POS_EMBED, 0, pos);
    for (int i = 0; i < r->c.dim; i++) {
        at(r, SITE_POS_EMBED, 0, pos)[i] = row[i];
        at(r, SITE_FULL_EMBED, 0, pos)[i] =
            at(r, SITE_EMBED, 0, pos)[i] + row[i];
    }
    free(row);
}

/* The sum of three rows, normed; a text is of the first segment. */
static void add_rows(const Reference *r, int pos) {
    double *place = weights(r, TENSOR_POS_EMBED, 0, pos);
    double *type = weights(r, TENSOR_SEGMENT_EMBED, 0, 0);
    double *sum = at(r, SITE_EMBED_SUM, 0, pos);
    for (int i = 0; i < r->c.dim; i++) {
        at(r, SITE_POS_EMBED, 0, pos)[i] = place[i];
        at(r, SITE_SEGMENT_EMBED, 0, pos)[i] = type[i];
        at(r, SITE_POS_SUM, 0, pos)[i] =
            at(r, SITE_EMBED, 0, pos)[i] + place[i];
        sum[i] = at(r, SITE_POS_SUM, 0, pos)[i] + type[i];
    }
    norm(r, TENSOR_EMBED_NORM, SITE_EMBED_LN_SCALE, 0, pos, sum);
    free(place);
    free(type);
}

/* What the last norm works on. */
static const double *before_final(const Reference *r, int pos) {
    const int last = r->c.n_layers - 1;
    if (!is_bert(r)) return at(r, SITE_RESID_POST, last, pos);
    double *pre = at(r, SITE_HEAD_PRE, 0, pos);
    double *post = at(r, SITE_HEAD_POST, 0, pos);
    apply(r, TENSOR_HEAD, 0, pre, at(r, SITE_RESID_NORMED, last, pos));
    for (int i = 0; i < r->c.dim; i++)
        post[i] = activation(r, pre[i]);
    return post;
}

Reference *reference_run(const Model *m, const Edits *e, const int *tokens,
                         int n) {
    return reference_run_from(m, e, NULL, tokens, n);
}

Reference *reference_run_from(const Model *m, const Edits *e,
                              const Reference *donor, const int *tokens,
                              int n) {
    Reference *r = calloc(1, sizeof *r);
    if (!r) abort();
    *r = (Reference){
        .model = m, .c = *model_config(m), .edits = *e, .donor = donor, .n = n};
    if (r->c.dim > DIM_MAX) abort();
    r->apart = calloc(EDITS_MAX, sizeof *r->apart);
    if (!r->apart) abort();
    r->rows = calloc((size_t)SITE_COUNT * r->c.n_layers * n, sizeof *r->rows);
    if (!r->rows) abort();
    const int n_layers = r->c.n_layers, dim = r->c.dim;
    const Site enters = is_plain(r)   ? SITE_FULL_EMBED
                        : is_gemma(r) ? SITE_SCALED_EMBED
                                      : SITE_EMBED;
    const Site leaves = is_bert(r) ? SITE_RESID_NORMED : SITE_RESID_POST;
    for (int pos = 0; pos < n; pos++) {
        int token = tokens[pos];
        for (int i = 0; i < e->n; i++)
            if (e->list[i].kind == EDIT_TOKEN && e->list[i].index == pos)
                token = e->list[i].other;
        double *row = weights(r, TENSOR_TOKEN_EMBED, 0, token);
        memcpy(at(r, SITE_EMBED, 0, pos), row, dim * sizeof *row);
        free(row);
        if (is_gpt2(r)) add_position(r, pos);
        if (is_bert(r)) add_rows(r, pos);
        for (int i = 0; is_gemma(r) && i < dim; i++)
            at(r, SITE_SCALED_EMBED, 0, pos)[i] =
                at(r, SITE_EMBED, 0, pos)[i] * sqrt(dim);
        patch(r, SITE_RESID_PRE, 0, pos, -1, at(r, enters, 0, pos));
    }
    for (int layer = 0; layer < n_layers; layer++) {
        for (int pos = 0; pos < n; pos++) {
            const double *x =
                layer ? at(r, leaves, layer - 1, pos) : at(r, enters, 0, pos);
            for (int i = 0; i < dim; i++)
                at(r, SITE_RESID_PRE, layer, pos)[i] = x[i];
            project(r, layer, pos);
        }
        for (int pos = 0; pos < n; pos++) {
            attention(r, layer, pos);
            (is_plain(r) ? plain_mlp : mlp)(r, layer, pos);
        }
    }
    for (int pos = 0; arch_predicts(r->c.arch) && pos < n; pos++) {
        norm(r, TENSOR_FINAL_NORM, SITE_LN_FINAL_SCALE, 0, pos,
             before_final(r, pos));
        apply(r, TENSOR_CLASSIFIER, 0, at(r, SITE_LOGITS, 0, pos),
              at(r, SITE_LN_FINAL_OUT, 0, pos));
    }
    return r;
}

void reference_free(Reference *r) {
    if (!r) return;
    for (int i = 0; i < SITE_COUNT * r->c.n_layers * r->n; i++)
        free(r->rows[i]);
    free(r->rows);
    free(r->apart);
    free(r);
}
