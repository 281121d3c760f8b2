/* One layer, in the order of the computation (Touvron et al. 2023):
 *
 *     x += W_O attention(norm(x))
 *     x += W_down (silu(W_gate norm(x)) * W_up norm(x))
 *
 * as seven steps, each announcing the sites that it computes.
 */
#include "engine/run/forward.h"

#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/spec/rope.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- buffers ------------------------------------------------------------- */

/* One buffer: where its address goes, and how many floats it has. */
typedef struct Part {
    size_t at; /* offset of the pointer in Forward */
    size_t n;
} Part;
#define PARTS_MAX 16
#define PART(FIELD, N)                                                         \
    (Part) {                                                                   \
        offsetof(Forward, FIELD), N                                            \
    }

/* The buffers for n_rows positions at once and up to seq_len keys.  Returns how
 * many. */
static int list_parts(const Config *c, int n_rows, int seq_len,
                      Part out[PARTS_MAX]) {
    const size_t rows = n_rows;
    const size_t final_rows = num_min(n_rows, FORWARD_FINAL_ROWS);
    const size_t attended = num_min(n_rows, FORWARD_ATTEND_ROWS);
    const int widest = num_max(c->dim, c->hidden_dim);
    const Part parts[PARTS_MAX] = {
        PART(own.x, rows * c->dim),
        PART(turns, rows * c->head_dim),
        PART(own.scale, rows),
        PART(own.norm, rows * c->dim),
        PART(own.ln, rows * c->dim),
        PART(own.q, rows * c->dim),
        PART(own.k, rows * c->n_kv_heads * c->head_dim),
        PART(own.z, rows * c->dim),
        PART(own.out, rows * c->dim),
        PART(own.gate, rows * c->hidden_dim),
        PART(own.up, rows * c->hidden_dim),
        PART(scores, attended * c->n_heads * seq_len),
        PART(pattern, attended * c->n_heads * seq_len),
        PART(logits, final_rows * c->vocab_size),
        PART(gain, c->dim),
        PART(scratch, kern_scratch_bytes(widest) / sizeof(float)),
    };
    memcpy(out, parts, sizeof parts);
    return PARTS_MAX;
}

static size_t sum_parts(const Part *parts, int n) {
    size_t n_floats = 0;
    for (int i = 0; i < n; i++)
        n_floats += memory_line_floats(parts[i].n);
    return n_floats;
}

uint64_t forward_bytes(const Config *c, int n_rows, int seq_len) {
    Part parts[PARTS_MAX];
    const int n = list_parts(c, n_rows, seq_len, parts);
    return (uint64_t)sum_parts(parts, n) * sizeof(float);
}

bool forward_init(Forward *f, const Model *m, const Kern *kern, int n_threads,
                  int n_rows, int seq_len, Err *err) {
    Part parts[PARTS_MAX];
    const int n = list_parts(model_config(m), n_rows, seq_len, parts);
    const size_t n_floats = sum_parts(parts, n);
    *f = (Forward){.model = m, .kern = kern};
    f->block = memory_floats(n_floats);
    if (!f->block)
        return err_memory(err, "activations", n_floats * sizeof(float));
    f->team = team_open(n_threads, err);
    if (!f->team) {
        forward_free(f);
        return false;
    }
    float *next = f->block;
    for (int i = 0; i < n; i++) {
        *(float **)((char *)f + parts[i].at) = next;
        next += memory_line_floats(parts[i].n);
    }
    return true;
}

void forward_free(Forward *f) {
    team_close(f->team);
    free(f->block);
    *f = (Forward){0};
}

/* ---- shared by the steps ------------------------------------------------- */

static bool is_watched(const Forward *f, Site site) {
    return (f->hook.mask & SITE_BIT(site)) != 0;
}

/* Where rows first .. first+n-1 of the batch are computed: where the hook keeps
 * them, else in `own`. */
static float *place_rows(const Forward *f, Site site, int layer, int first,
                         int n, float *own) {
    if (!f->hook.store || !is_watched(f, site)) return own;
    const Tap tap = {
        .site = site, .layer = layer, .pos = f->pos + first, .n_pos = n};
    float *at = f->hook.store->place(f->hook.ud, &tap);
    return at ? at : own;
}

static float *place(const Forward *f, Site site, int layer, float *own) {
    return place_rows(f, site, layer, 0, f->n, own);
}

/* Announces rows first .. first+n-1 of the batch; data is that of `first`. */
static void announce_rows(const Forward *f, Site site, int layer,
                          const float *data, int stride, int first, int n) {
    if (!is_watched(f, site)) return;
    const Tap tap = {.site = site,
                     .layer = layer,
                     .pos = f->pos + first,
                     .n_pos = n,
                     .data = data,
                     .stride = stride};
    f->hook.fn(f->hook.ud, &tap);
}

static void announce(const Forward *f, Site site, int layer, const float *data,
                     int stride) {
    announce_rows(f, site, layer, data, stride, 0, f->n);
}

static void announce_keys(const Forward *f, Site site, int layer, int row,
                          const float *data, int n_keys) {
    if (!is_watched(f, site)) return;
    const Tap tap = {.site = site,
                     .layer = layer,
                     .pos = f->pos + row,
                     .n_pos = 1,
                     .data = data,
                     .stride = model_config(f->model)->n_heads * n_keys,
                     .n_keys = n_keys};
    f->hook.fn(f->hook.ud, &tap);
}

static void multiply(const Forward *f, float *y, const float *x,
                     TensorRole role, int layer) {
    kern_matmul(f->kern, y, x, f->n, model_tensor(f->model, role, layer),
                f->scratch, f->team);
}

/* Several at once, of the same x. */
static void multiply_all(const Forward *f, const float *x, int layer,
                         const TensorRole *roles, float *const *ys, int n) {
    KernProduct products[KERN_PRODUCTS_MAX];
    for (int i = 0; i < n; i++)
        products[i] =
            (KernProduct){ys[i], model_tensor(f->model, roles[i], layer)};
    kern_matmul_all(f->kern, products, n, x, f->n, f->scratch, f->team);
}

/* Scales, in every row, the slices that edits of this kind name.  Slice i is
 * `width` floats from i * width. */
static void apply_edits(const Forward *f, EditKind kind, int layer, float *rows,
                        int stride, int width) {
    for (int i = 0; i < f->edits->n; i++) {
        const Edit *e = &f->edits->list[i];
        if (e->kind != kind || e->layer != layer) continue;
        for (int t = 0; t < f->n; t++) {
            float *slice = rows + (size_t)t * stride + (size_t)e->index * width;
            for (int j = 0; j < width; j++)
                slice[j] *= e->scale;
        }
    }
}

/* Adds the directions that the layer is steered along to every row. */
static void apply_steering(Forward *f, int layer, float *rows) {
    const int dim = model_config(f->model)->dim;
    const Tensor *table = model_tensor(f->model, TENSOR_TOKEN_EMBED, 0);
    /* This layer's norm has been read. */
    float *toward = f->own.norm, *away = f->own.ln;
    for (int i = 0; i < f->edits->n; i++) {
        const Edit *e = &f->edits->list[i];
        if (e->kind != EDIT_STEER || e->layer != layer) continue;
        kern_row(toward, table, e->index);
        memset(away, 0, (size_t)dim * sizeof *away);
        if (e->other >= 0) kern_row(away, table, e->other);
        for (int t = 0; t < f->n; t++)
            for (int j = 0; j < dim; j++)
                rows[(size_t)t * dim + j] += e->scale * (toward[j] - away[j]);
    }
}

/* Adds how far the runs are apart, from the position on where that is found
 * out: x is the stream before these rows are added to it. */
static void apply_apart(Forward *f, int layer, const float *x, float *rows) {
    const int dim = model_config(f->model)->dim;
    for (int i = 0; i < f->edits->n; i++) {
        const int first = f->edits->list[i].index - f->pos;
        const size_t at = (size_t)num_max(first, 0) * dim;
        if (f->parts && first >= 0 && first < f->n &&
            taken_apart(f->taken, i, layer, f->pos + first))
            taken_part(f->parts, i, x + at, rows + at);
        for (int t = 0; t < f->n; t++) {
            const float *way = taken_apart(f->taken, i, layer, f->pos + t);
            for (int j = 0; way && j < dim; j++)
                rows[(size_t)t * dim + j] += f->edits->list[i].scale * way[j];
        }
    }
}

/* Puts the vectors of another run in the place of rows. */
static void apply_patches(const Forward *f, Site site, int layer, float *rows) {
    const int dim = model_config(f->model)->dim;
    if (!edits_any(f->edits, EDIT_PATCH)) return;
    for (int t = 0; t < f->n; t++) {
        const float *row = taken_patch(f->taken, site, layer, 0, f->pos + t);
        if (row) memcpy(rows + (size_t)t * dim, row, dim * sizeof *row);
    }
}

/* The same of the outputs of heads. */
static void apply_head_patches(const Forward *f, float *z) {
    const Config *c = model_config(f->model);
    if (!edits_any(f->edits, EDIT_PATCH)) return;
    for (int t = 0; t < f->n; t++)
        for (int h = 0; h < c->n_heads; h++) {
            const float *row =
                taken_patch(f->taken, SITE_Z, f->layer, h, f->pos + t);
            if (row)
                memcpy(z + (size_t)t * c->dim + (size_t)h * c->head_dim, row,
                       c->head_dim * sizeof *row);
        }
}

typedef struct NormSites {
    Site scale, normalized, out;
} NormSites;

/* The norm of one row, by a scale that it does not make: in the same steps as
 * the kernel's, so that its own scale gives the same bits. */
static float normalize_by(float scale, float *norm, float *ln, const float *x,
                          const float *gain, int dim) {
    for (int i = 0; i < dim; i++) {
        norm[i] = x[i] / scale;
        ln[i] = norm[i] * gain[i];
    }
    return scale;
}

/* The norm of rows first .. first+n-1 of x into the same number of rows of
 * scale, norm and ln. */
static void normalize(Forward *f, TensorRole role, NormSites at_sites,
                      int layer, int first, int n) {
    const Config *c = model_config(f->model);
    const Tensor *w = model_tensor(f->model, role, layer);
    const float *gain = w->type == DTYPE_F32 ? w->data : f->gain;
    ForwardRows *to = &f->at;
    to->scale = place_rows(f, at_sites.scale, layer, first, n, f->own.scale);
    to->norm = place_rows(f, at_sites.normalized, layer, first, n, f->own.norm);
    to->ln = place_rows(f, at_sites.out, layer, first, n, f->own.ln);
    if (gain == f->gain) kern_row(f->gain, w, 0);
    for (int t = 0; t < n; t++) {
        const size_t at = (size_t)t * c->dim;
        const float *x = to->x + (size_t)first * c->dim + at;
        const float frozen =
            taken_scale(f->taken, at_sites.scale, layer, f->pos + first + t);
        to->scale[t] = frozen > 0
                           ? normalize_by(frozen, to->norm + at, to->ln + at, x,
                                          gain, c->dim)
                           : f->kern->rmsnorm(to->norm + at, to->ln + at, x,
                                              gain, c->dim, c->norm_eps);
    }
    announce_rows(f, at_sites.scale, layer, to->scale, 1, first, n);
    announce_rows(f, at_sites.normalized, layer, to->norm, c->dim, first, n);
    announce_rows(f, at_sites.out, layer, to->ln, c->dim, first, n);
}

/* Adds what a block computed, `rows` times a matrix, to the residual stream. */
static void add_block(Forward *f, EditKind kind, TensorRole role,
                      const float *rows, Site out_site, Site resid_site) {
    const int layer = f->layer, dim = model_config(f->model)->dim;
    float *out = place(f, out_site, layer, f->own.out);
    float *sum = place(f, resid_site, layer, f->own.x);
    multiply(f, out, rows, role, layer);
    apply_edits(f, kind, layer, out, dim, dim);
    if (kind == EDIT_MLP) {
        apply_steering(f, layer, out);
        apply_apart(f, layer, f->at.x, out);
    }
    apply_patches(f, out_site, layer, out);
    announce(f, out_site, layer, out, dim);
    for (size_t i = 0; i < (size_t)f->n * dim; i++)
        sum[i] = f->at.x[i] + out[i];
    apply_patches(f, resid_site, layer, sum);
    f->at.out = out;
    f->at.x = sum;
    announce(f, resid_site, layer, sum, dim);
}

/* ---- the steps of a layer ------------------------------------------------ */

static void step_norm1(Forward *f, const ForwardKv *kv) {
    (void)kv;
    announce(f, SITE_RESID_PRE, f->layer, f->at.x, model_config(f->model)->dim);
    normalize(f, TENSOR_ATTN_NORM,
              (NormSites){SITE_LN1_SCALE, SITE_LN1_NORMALIZED, SITE_LN1_OUT},
              f->layer, 0, f->n);
}

/* Turns n_heads vectors by the angles of row t, or leaves them as they are. */
static void turn(const Forward *f, float *to, const float *from, int n_heads,
                 int t) {
    const int head_dim = model_config(f->model)->head_dim;
    if (!edits_left_out(f->edits, EDIT_ROPE, f->layer, 0))
        kern_rope(to, from, n_heads, head_dim, f->turns + (size_t)t * head_dim);
    else if (to != from)
        memcpy(to, from, (size_t)n_heads * head_dim * sizeof *to);
}

/* The rotation of queries and keys. */
static void rotate(Forward *f, const ForwardKv *kv) {
    const Config *c = model_config(f->model);
    const int q_width = c->n_heads * c->head_dim;
    const int kv_width = c->n_kv_heads * c->head_dim;
    float *rotated = place(f, SITE_ROT_Q, f->layer, f->own.q);
    for (int t = 0; t < f->n; t++) {
        const size_t q_at = (size_t)t * q_width, kv_at = (size_t)t * kv_width;
        turn(f, rotated + q_at, f->at.q + q_at, c->n_heads, t);
        if (kv->new_keys)
            turn(f, kv->new_keys + kv_at, f->at.k + kv_at, c->n_kv_heads, t);
    }
    f->at.q = rotated;
    announce(f, SITE_ROT_Q, f->layer, rotated, q_width);
    if (kv->new_keys) announce(f, SITE_ROT_K, f->layer, kv->new_keys, kv_width);
}

/* Queries, keys and values. */
static void step_project(Forward *f, const ForwardKv *kv) {
    const Config *c = model_config(f->model);
    const int layer = f->layer, kv_width = c->n_kv_heads * c->head_dim;
    f->at.q = place(f, SITE_Q, layer, f->own.q);
    f->at.k = place(f, SITE_K, layer, f->own.k);
    multiply_all(f, f->at.ln, layer,
                 (const TensorRole[]){TENSOR_WQ, TENSOR_WK, TENSOR_WV},
                 (float *const[]){f->at.q, f->at.k, kv->new_values},
                 kv->new_keys ? 3 : 1);
    announce(f, SITE_Q, layer, f->at.q, c->n_heads * c->head_dim);
    if (kv->new_keys) {
        announce(f, SITE_K, layer, f->at.k, kv_width);
        announce(f, SITE_V, layer, kv->new_values, kv_width);
    }
    rotate(f, kv);
}

/* Whose scores are announced, all heads of one position, before the next. */
static void attend_by_row(Forward *f, const ForwardKv *kv) {
    for (int t = 0; t < f->n; t++) {
        const int n_keys = forward_n_keys(kv, t);
        forward_attend(f, kv, t, 1);
        announce_keys(f, SITE_ATTN_SCORES, f->layer, t, f->scores, n_keys);
        announce_keys(f, SITE_PATTERN, f->layer, t, f->pattern, n_keys);
    }
}

static void step_attend(Forward *f, const ForwardKv *kv) {
    const Config *c = model_config(f->model);
    const bool keys_watched =
        is_watched(f, SITE_ATTN_SCORES) || is_watched(f, SITE_PATTERN);
    f->at.z = place(f, SITE_Z, f->layer, f->own.z);
    if (keys_watched && !f->hook.store)
        attend_by_row(f, kv);
    else
        forward_attend(f, kv, 0, f->n);
    apply_edits(f, EDIT_HEAD, f->layer, f->at.z, c->dim, c->head_dim);
    apply_head_patches(f, f->at.z);
    announce(f, SITE_Z, f->layer, f->at.z, c->dim);
}

static void step_attn_out(Forward *f, const ForwardKv *kv) {
    (void)kv;
    add_block(f, EDIT_ATTN, TENSOR_WO, f->at.z, SITE_ATTN_OUT, SITE_RESID_MID);
}

static void step_norm2(Forward *f, const ForwardKv *kv) {
    (void)kv;
    normalize(f, TENSOR_FFN_NORM,
              (NormSites){SITE_LN2_SCALE, SITE_LN2_NORMALIZED, SITE_LN2_OUT},
              f->layer, 0, f->n);
}

static void step_neurons(Forward *f, const ForwardKv *kv) {
    (void)kv;
    const int layer = f->layer, hidden = model_config(f->model)->hidden_dim;
    float *gate = place(f, SITE_MLP_PRE, layer, f->own.gate);
    float *up = place(f, SITE_MLP_PRE_LINEAR, layer, f->own.up);
    float *post = place(f, SITE_MLP_POST, layer, f->own.gate);
    multiply_all(f, f->at.ln, layer,
                 (const TensorRole[]){TENSOR_W_GATE, TENSOR_W_UP},
                 (float *const[]){gate, up}, 2);
    announce(f, SITE_MLP_PRE, layer, gate, hidden);
    announce(f, SITE_MLP_PRE_LINEAR, layer, up, hidden);
    for (int t = 0; t < f->n; t++) {
        const size_t at = (size_t)t * hidden;
        f->kern->silu_mul(post + at, gate + at, up + at, hidden);
    }
    apply_edits(f, EDIT_NEURON, layer, post, hidden, 1);
    announce(f, SITE_MLP_POST, layer, post, hidden);
    f->at.gate = post;
    f->at.up = up;
}

static void step_mlp_out(Forward *f, const ForwardKv *kv) {
    (void)kv;
    add_block(f, EDIT_MLP, TENSOR_W_DOWN, f->at.gate, SITE_MLP_OUT,
              SITE_RESID_POST);
}

void forward_layer(Forward *f, int layer, SiteMask wanted,
                   const ForwardKv *kv) {
    static const struct {
        void (*run)(Forward *f, const ForwardKv *kv);
        Site first; /* that the step computes */
    } steps[] = {
        {step_norm1, SITE_RESID_PRE},    {step_project, SITE_Q},
        {step_attend, SITE_ATTN_SCORES}, {step_attn_out, SITE_ATTN_OUT},
        {step_norm2, SITE_LN2_SCALE},    {step_neurons, SITE_MLP_PRE},
        {step_mlp_out, SITE_MLP_OUT},
    };
    f->layer = layer;
    f->wanted = wanted;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (wanted & SITE_BIT(steps[i].first)) steps[i].run(f, kv);
}

/* ---- the ends ------------------------------------------------------------ */

void forward_begin(Forward *f, int pos, int n) {
    const Config *c = model_config(f->model);
    f->pos = pos;
    f->n = n;
    f->at = f->own;
    for (int t = 0; t < n; t++)
        rope_turns(f->turns + (size_t)t * c->head_dim, c, pos + t);
}

void forward_embed(Forward *f, const int *tokens) {
    const int dim = model_config(f->model)->dim;
    const Tensor *table = model_tensor(f->model, TENSOR_TOKEN_EMBED, 0);
    f->at.x = place(f, SITE_EMBED, 0, f->own.x);
    for (int t = 0; t < f->n; t++)
        kern_row(f->at.x + (size_t)t * dim, table,
                 edits_token(f->edits, f->pos + t, tokens[t]));
    apply_patches(f, SITE_RESID_PRE, 0, f->at.x);
    announce(f, SITE_EMBED, 0, f->at.x, dim);
}

void forward_final(Forward *f, int first, int n) {
    const Tensor *w = model_tensor(f->model, TENSOR_CLASSIFIER, 0);
    assert(n <= FORWARD_FINAL_ROWS);
    normalize(f, TENSOR_FINAL_NORM,
              (NormSites){SITE_LN_FINAL_SCALE, SITE_LN_FINAL_NORMALIZED,
                          SITE_LN_FINAL_OUT},
              0, first, n);
    kern_matmul(f->kern, f->logits, f->at.ln, n, w, f->scratch, f->team);
    announce_rows(f, SITE_LOGITS, 0, f->logits, w->rows, first, n);
}
