/* A model's operations in the order of its Arch, a step for every kind of them.
 * A step does the operations that belong together (the parts of a norm, the
 * products of one vector, attention) and announces the sites that it computes.
 */
#include "engine/run/forward.h"

#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- buffers ------------------------------------------------------------- */

/* Sites that are never needed at once share a room. */
typedef enum Room {
    ROOM_NONE, /* a site of attention, which has buffers of its own */
    ROOM_X,
    ROOM_NORMED,
    ROOM_MEAN,
    ROOM_SCALE,
    ROOM_NORM,
    ROOM_LN,
    ROOM_Q,
    ROOM_K,
    ROOM_V,
    ROOM_Z,
    ROOM_OUT,
    ROOM_GATE,
    ROOM_UP,
    ROOM_LOGITS,
    ROOMS
} Room;

static const Room rooms[SITE_COUNT] = {
    [SITE_EMBED] = ROOM_X,
    [SITE_SCALED_EMBED] = ROOM_X,
    [SITE_POS_EMBED] = ROOM_OUT,
    [SITE_POS_SUM] = ROOM_X,
    [SITE_SEGMENT_EMBED] = ROOM_OUT,
    [SITE_EMBED_SUM] = ROOM_OUT,
    [SITE_EMBED_LN_MEAN] = ROOM_MEAN,
    [SITE_EMBED_LN_SCALE] = ROOM_SCALE,
    [SITE_EMBED_LN_NORMALIZED] = ROOM_NORM,
    [SITE_FULL_EMBED] = ROOM_X,
    [SITE_RESID_PRE] = ROOM_X,
    [SITE_LN1_MEAN] = ROOM_MEAN,
    [SITE_LN1_SCALE] = ROOM_SCALE,
    [SITE_LN1_NORMALIZED] = ROOM_NORM,
    [SITE_LN1_OUT] = ROOM_LN,
    [SITE_Q] = ROOM_Q,
    [SITE_K] = ROOM_K,
    [SITE_V] = ROOM_V,
    [SITE_Q_NORM_SCALE] = ROOM_SCALE,
    [SITE_Q_NORM_NORMALIZED] = ROOM_NORM,
    [SITE_Q_NORM_OUT] = ROOM_Z,
    [SITE_K_NORM_SCALE] = ROOM_SCALE,
    [SITE_K_NORM_NORMALIZED] = ROOM_NORM,
    [SITE_K_NORM_OUT] = ROOM_LN,
    [SITE_ROT_Q] = ROOM_Q,
    [SITE_ROT_K] = ROOM_K,
    [SITE_Z] = ROOM_Z,
    [SITE_ATTN_OUT] = ROOM_OUT,
    [SITE_RESID_MID] = ROOM_X,
    [SITE_LN2_MEAN] = ROOM_MEAN,
    [SITE_LN2_SCALE] = ROOM_SCALE,
    [SITE_LN2_NORMALIZED] = ROOM_NORM,
    [SITE_LN2_OUT] = ROOM_LN,
    [SITE_MLP_PRE] = ROOM_GATE,
    [SITE_MLP_PRE_LINEAR] = ROOM_UP,
    [SITE_MLP_POST] = ROOM_GATE,
    [SITE_MLP_OUT] = ROOM_OUT,
    [SITE_RESID_POST] = ROOM_X,
    [SITE_RESID_NORMED] = ROOM_NORMED,
    [SITE_HEAD_PRE] = ROOM_GATE,
    [SITE_HEAD_POST] = ROOM_GATE,
    [SITE_LN_FINAL_MEAN] = ROOM_MEAN,
    [SITE_LN_FINAL_SCALE] = ROOM_SCALE,
    [SITE_LN_FINAL_NORMALIZED] = ROOM_NORM,
    [SITE_LN_FINAL_OUT] = ROOM_LN,
    [SITE_LOGITS] = ROOM_LOGITS,
};

/* The sites whose rows are made in the KV cache. */
static bool is_cached(const Config *c, Site site) {
    return (arch_cached_sites(c->arch) & SITE_BIT(site)) != 0;
}

/* Floats of a site's row, all heads; of a per_key site none. */
static int row_width(const Config *c, Site site) {
    int rows, cols;
    site_shape(site, c, 0, &rows, &cols);
    return rows * cols;
}

/* Floats of the widest row in a room. */
static size_t room_width(const Config *c, Room room) {
    int widest = 0;
    for (int i = 0; i < c->arch->n_ops; i++) {
        const Site site = c->arch->ops[i].out;
        if (rooms[site] == room && !is_cached(c, site))
            widest = num_max(widest, row_width(c, site));
    }
    if (room == ROOM_OUT) /* heads are packed there before a block adds */
        widest = num_max(widest, c->n_heads * c->head_dim);
    return (size_t)widest;
}

/* One buffer: where its address goes, or which room it is, and how many floats
 * it has. */
typedef struct Part {
    size_t at; /* offset of the pointer in Forward */
    Room room; /* ROOM_NONE: no room */
    size_t n;
} Part;
#define PARTS_MAX 32

/* The buffers for n_rows positions at once and up to seq_len keys.  Returns how
 * many. */
static int list_parts(const Config *c, int n_rows, int seq_len,
                      Part out[PARTS_MAX]) {
    const size_t rows = n_rows;
    const size_t final_rows = num_min(n_rows, FORWARD_FINAL_ROWS);
    const size_t attended = num_min(n_rows, FORWARD_ATTEND_ROWS);
    const int widest =
        num_max(num_max(c->dim, c->hidden_dim), c->n_heads * c->head_dim);
    /* Who asks for logits that there are none of reads zeros. */
    const size_t no_logits = arch_predicts(c->arch) ? 0 : (size_t)c->vocab_size;
    const Part parts[] = {
        {offsetof(Forward, turns), ROOM_NONE,
         c->arch->rotates ? rows * c->head_dim : 0},
        {offsetof(Forward, scores), ROOM_NONE, attended * c->n_heads * seq_len},
        {offsetof(Forward, pattern), ROOM_NONE,
         attended * c->n_heads * seq_len},
        {offsetof(Forward, logits), ROOM_NONE, no_logits},
        {offsetof(Forward, gain), ROOM_NONE, num_max(c->dim, c->head_dim)},
        {offsetof(Forward, scratch), ROOM_NONE,
         kern_scratch_bytes(widest) / sizeof(float)},
    };
    int n = 0;
    for (Room room = ROOM_X; room < ROOMS; room++, n++)
        out[n] = (Part){.room = room,
                        .n = room_width(c, room) *
                             (room == ROOM_LOGITS ? final_rows : rows)};
    memcpy(out + n, parts, sizeof parts);
    return n + (int)(sizeof parts / sizeof *parts);
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

/* Gives a buffer to whom it is for. */
static void set_part(Forward *f, const Part *part, float *at) {
    if (part->room == ROOM_NONE) *(float **)((char *)f + part->at) = at;
    for (int site = 0; part->room != ROOM_NONE && site < SITE_COUNT; site++)
        if (rooms[site] == part->room) f->own[site] = at;
}

bool forward_init(Forward *f, const Model *m, const Kern *kern, int n_threads,
                  int n_rows, int seq_len, Err *err) {
    Part parts[PARTS_MAX];
    const Config *c = model_config(m);
    const int n = list_parts(c, n_rows, seq_len, parts);
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
        set_part(f, &parts[i], next);
        next += memory_line_floats(parts[i].n);
    }
    if (arch_predicts(c->arch))
        f->logits = f->own[SITE_LOGITS];
    else
        memset(f->logits, 0, (size_t)c->vocab_size * sizeof *f->logits);
    f->packed = f->own[SITE_ATTN_OUT];
    for (int site = 0; site < SITE_COUNT; site++)
        f->width[site] = row_width(c, (Site)site);
    return true;
}

void forward_free(Forward *f) {
    team_close(f->team);
    free(f->block);
    *f = (Forward){0};
}

/* ---- shared by the steps ------------------------------------------------- */

static const Config *config_of(const Forward *f) {
    return model_config(f->model);
}

int forward_pos(const Forward *f, int t) {
    return f->lanes ? f->pos : f->pos + f->first + t;
}

static bool is_watched(const Forward *f, Site site) {
    return (f->hook.mask & f->wanted & SITE_BIT(site)) != 0;
}

/* Where the rows of a site are computed: where the hook keeps them, else in
 * `own`. */
static float *place(Forward *f, Site site) {
    f->at[site] = f->own[site];
    if (!f->hook.store || !is_watched(f, site)) return f->at[site];
    const Tap tap = {.site = site,
                     .layer = f->layer,
                     .pos = f->pos + f->first,
                     .n_pos = f->n_rows};
    float *at = f->hook.store->place(f->hook.ud, &tap);
    /* A place is in the store, not in tap, whatever cppcheck 2.10 thinks. */
    if (at) f->at[site] = at;
    /* cppcheck-suppress returnDanglingLifetime */
    return f->at[site];
}

/* The same of what the KV cache may hold. */
static float *place_or_cache(Forward *f, Site site, const ForwardKv *kv) {
    const Arch *a = config_of(f)->arch;
    assert(kv || (site != a->cached_key && site != a->cached_value));
    if (site == a->cached_key) return f->at[site] = kv->new_keys;
    if (site == a->cached_value) return f->at[site] = kv->new_values;
    return place(f, site);
}

static void announce(const Forward *f, Site site) {
    if (!is_watched(f, site)) return;
    const Tap tap = {.site = site,
                     .layer = f->layer,
                     .pos = f->pos + f->first,
                     .n_pos = f->n_rows,
                     .data = f->at[site],
                     .stride = f->width[site]};
    f->hook.fn(f->hook.ud, &tap);
}

static void announce_keys(const Forward *f, Site site, int row,
                          const float *data, int n_keys) {
    if (!is_watched(f, site)) return;
    const Tap tap = {.site = site,
                     .layer = f->layer,
                     .pos = f->pos + row,
                     .n_pos = 1,
                     .data = data,
                     .stride = config_of(f)->n_heads * n_keys,
                     .n_keys = n_keys};
    f->hook.fn(f->hook.ud, &tap);
}

/* Scales, in n rows, the slices that edits of this kind name.  Slice i is
 * `width` floats from i * width. */
static void apply_to(const Forward *f, const Edits *edits, EditKind kind,
                     float *rows, int n, int stride, int width) {
    for (int i = 0; i < edits->n; i++) {
        const Edit *e = &edits->list[i];
        if (e->kind != kind || e->layer != f->layer) continue;
        for (int t = 0; t < n; t++) {
            float *slice = rows + (size_t)t * stride + (size_t)e->index * width;
            for (int j = 0; j < width; j++)
                slice[j] *= e->scale;
        }
    }
}

static void apply_edits(const Forward *f, EditKind kind, float *rows,
                        int stride, int width) {
    if (!f->lanes) apply_to(f, f->edits, kind, rows, f->n_rows, stride, width);
    for (int t = 0; f->lanes && t < f->n_rows; t++)
        apply_to(f, f->lanes[t].edits, kind, rows + (size_t)t * stride, 1,
                 stride, width);
}

/* Adds the directions that the layer is steered along to every row. */
static void apply_steering(const Forward *f, float *rows) {
    const int dim = config_of(f)->dim;
    const Tensor *table = model_tensor(f->model, TENSOR_TOKEN_EMBED, 0);
    float *toward = f->own[SITE_LN2_NORMALIZED]; /* the norm has been read */
    float *away = f->gain;
    for (int i = 0; i < f->edits->n; i++) {
        const Edit *e = &f->edits->list[i];
        if (e->kind != EDIT_STEER || e->layer != f->layer) continue;
        kern_row(toward, table, e->index);
        memset(away, 0, (size_t)dim * sizeof *away);
        if (e->other >= 0) kern_row(away, table, e->other);
        for (int t = 0; t < f->n_rows; t++)
            for (int j = 0; j < dim; j++)
                rows[(size_t)t * dim + j] += e->scale * (toward[j] - away[j]);
    }
}

/* Adds how far the runs are apart, from the position on where that is found
 * out: x is the stream before these rows are added to it. */
static void apply_apart(const Forward *f, const float *x, float *rows) {
    const int dim = config_of(f)->dim;
    for (int i = 0; i < f->edits->n; i++) {
        const int first = f->edits->list[i].index - f->pos;
        const size_t at = (size_t)num_max(first, 0) * dim;
        if (f->parts && first >= 0 && first < f->n_rows &&
            taken_apart(f->taken, i, f->layer, f->pos + first))
            taken_part(f->parts, i, x + at, rows + at);
        for (int t = 0; t < f->n_rows; t++) {
            const float *way = taken_apart(f->taken, i, f->layer, f->pos + t);
            for (int j = 0; way && j < dim; j++)
                rows[(size_t)t * dim + j] += f->edits->list[i].scale * way[j];
        }
    }
}

/* Puts the vectors of another run in the place of a site's rows.  What enters
 * the first layer is called so, whatever made it. */
static void apply_patches(const Forward *f, Site site, float *rows) {
    const int dim = config_of(f)->dim;
    if (!edits_any(f->edits, EDIT_PATCH)) return;
    if (site == arch_stream_first(config_of(f)->arch)) site = SITE_RESID_PRE;
    for (int t = 0; t < f->n_rows; t++) {
        const float *row =
            taken_patch(f->taken, site, f->layer, 0, forward_pos(f, t));
        if (row) memcpy(rows + (size_t)t * dim, row, dim * sizeof *row);
    }
}

/* The same of the outputs of heads. */
static void apply_head_patches(const Forward *f, float *z) {
    const Config *c = config_of(f);
    const size_t K = (size_t)c->head_dim;
    if (!edits_any(f->edits, EDIT_PATCH)) return;
    for (int t = 0; t < f->n_rows; t++)
        for (int h = 0; h < c->n_heads; h++) {
            const float *row =
                taken_patch(f->taken, SITE_Z, f->layer, h, forward_pos(f, t));
            if (row)
                memcpy(z + ((size_t)t * c->n_heads + h) * K, row,
                       K * sizeof *row);
        }
}

/* ---- the steps ----------------------------------------------------------- */

/* Each takes the operation that it begins with and returns the one after the
 * last that it did.  kv: NULL outside of layers. */

/* Rows of a table: which of them is told by `kind`; a text has one part, the
 * first. */
static const ArchOp *step_lookup(Forward *f, const ArchOp *op,
                                 const ForwardKv *kv) {
    const int dim = config_of(f)->dim;
    const Tensor *table = model_tensor(f->model, op->weight, 0);
    float *rows = place(f, op->out);
    (void)kv;
    for (int t = 0; t < f->n_rows; t++) {
        const int pos = f->pos + t;
        const int row = op->kind == OP_POSITION ? pos
                        : op->kind == OP_SEGMENT
                            ? 0
                            : edits_token(f->edits, pos, f->tokens[t]);
        kern_row(rows + (size_t)t * dim, table, row);
    }
    apply_patches(f, op->out, rows);
    announce(f, op->out);
    return op + 1;
}

/* A multiple of what the table has. */
static const ArchOp *step_stretch(Forward *f, const ArchOp *op,
                                  const ForwardKv *kv) {
    const size_t n = (size_t)f->n_rows * f->width[op->out];
    const float root = sqrtf((float)config_of(f)->dim);
    const float *x = f->at[op->in[0]];
    float *out = place(f, op->out);
    (void)kv;
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * root;
    apply_patches(f, op->out, out);
    announce(f, op->out);
    return op + 1;
}

/* What entered the layer. */
static const ArchOp *step_enter(Forward *f, const ArchOp *op,
                                const ForwardKv *kv) {
    (void)kv;
    f->at[op->out] = f->x;
    announce(f, op->out);
    return op + 1;
}

/* The norm of one vector, by a scale that it does not make (0: it makes its
 * own): in the same steps as the kernel's, so that its own gives the same
 * bits. */
static float normalize_by(const Forward *f, float scale, float *norm, float *ln,
                          const float *x, const float *gain, int dim) {
    if (scale == 0)
        return f->kern->rmsnorm(norm, ln, x, gain, dim, config_of(f)->norm_eps);
    for (int i = 0; i < dim; i++) {
        norm[i] = x[i] / scale;
        ln[i] = norm[i] * gain[i];
    }
    return scale;
}

/* A norm of each vector of a row, of which heads have several: its mean where
 * it has one, its scale, what that leaves, and the gain. */
static const ArchOp *step_norm(Forward *f, const ArchOp *op,
                               const ForwardKv *kv) {
    const bool centred = op->kind == OP_MEAN;
    const ArchOp *size = op + centred, *gain_op = size + 2;
    const Tensor *w = model_tensor(f->model, gain_op->weight, f->layer);
    const bool as_is = w->type == DTYPE_F32 && w->stored != TENSOR_LESS_ONE;
    const float *gain = as_is ? w->data : f->gain;
    const float *x = f->at[size->in[0]];
    float *mean = centred ? place(f, op->out) : NULL;
    float *scale = place(f, size->out), *norm = place(f, size[1].out);
    float *out = place_or_cache(f, gain_op->out, kv);
    const int dim = w->cols, n = f->n_rows * f->width[size->out];
    if (gain == f->gain) kern_row(f->gain, w, 0);
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * dim;
        const float frozen =
            taken_scale(f->taken, size->out, f->layer, forward_pos(f, i));
        if (centred)
            scale[i] = f->kern->layernorm(norm + at, out + at, &mean[i], x + at,
                                          gain, w->bias, dim,
                                          config_of(f)->norm_eps, frozen);
        else
            scale[i] =
                normalize_by(f, frozen, norm + at, out + at, x + at, gain, dim);
    }
    if (gain_op->out == arch_stream_first(config_of(f)->arch))
        apply_patches(f, gain_op->out, out);
    for (; op <= gain_op; op++)
        announce(f, op->out);
    return op;
}

/* What an intervention makes of a product. */
static void change_product(Forward *f, const ArchOp *op) {
    float *rows = f->at[op->out];
    const int width = f->width[op->out];
    if (op->edit == EDIT_NONE) return;
    apply_edits(f, op->edit, rows, width, width);
    if (op->edit == EDIT_MLP) {
        apply_steering(f, rows);
        apply_apart(f, f->at[op[1].in[0]], rows); /* added next */
    }
    apply_patches(f, op->out, rows);
}

/* Matrices times the same vector, several at once. */
static const ArchOp *step_project(Forward *f, const ArchOp *op,
                                  const ForwardKv *kv) {
    const Arch *a = config_of(f)->arch;
    const ArchOp *end = a->ops + a->n_ops, *first = op;
    const SiteMask skipped = kv && !kv->new_keys ? arch_cache_path(a) : 0;
    KernProduct products[KERN_PRODUCTS_MAX];
    int n = 0;
    for (; op < end && op->kind == OP_LINEAR && op->in[0] == first->in[0] &&
           n < KERN_PRODUCTS_MAX;
         op++)
        if (!(skipped & SITE_BIT(op->out)))
            products[n++] =
                (KernProduct){place_or_cache(f, op->out, kv),
                              model_tensor(f->model, op->weight, f->layer)};
    kern_matmul_all(f->kern, products, n, f->at[first->in[0]], f->n_rows,
                    f->scratch, f->team);
    for (const ArchOp *done = first; done < op; done++)
        if (!(skipped & SITE_BIT(done->out))) {
            change_product(f, done);
            announce(f, done->out);
        }
    return op;
}

/* Turns n_heads vectors by the angles of row t, or leaves them as they are. */
static void turn(const Forward *f, float *to, const float *from, int n_heads,
                 int t) {
    const int head_dim = config_of(f)->head_dim;
    if (!edits_left_out(f->edits, EDIT_ROPE, f->layer, 0))
        kern_rope(to, from, n_heads, head_dim, f->turns + (size_t)t * head_dim);
    else if (to != from)
        memcpy(to, from, (size_t)n_heads * head_dim * sizeof *to);
}

/* The rotation of queries or keys. */
static const ArchOp *step_rotate(Forward *f, const ArchOp *op,
                                 const ForwardKv *kv) {
    const int width = f->width[op->out];
    const float *from = f->at[op->in[0]];
    float *rotated = place_or_cache(f, op->out, kv);
    for (int t = 0; t < f->n_rows; t++)
        turn(f, rotated + (size_t)t * width, from + (size_t)t * width,
             width / config_of(f)->head_dim, t);
    announce(f, op->out);
    return op + 1;
}

/* Whose scores are announced, all heads of one position, before the next. */
static void attend_by_row(Forward *f, const ArchOp *op, const ForwardKv *kv) {
    for (int t = 0; t < f->n_rows; t++) {
        const int n_keys = forward_n_keys(kv, t);
        forward_attend(f, f->at[op->in[0]], kv, t, 1);
        announce_keys(f, SITE_ATTN_SCORES, t, f->scores, n_keys);
        announce_keys(f, SITE_PATTERN, t, f->pattern, n_keys);
    }
}

/* Each of its own run; the new keys and values are put beside its others. */
static void attend_by_lane(Forward *f, const ArchOp *op, const ForwardKv *kv) {
    const Edits *edits = f->edits;
    const size_t width = (size_t)f->width[config_of(f)->arch->cached_value];
    for (int t = 0; t < f->n_rows; t++) {
        const ForwardLane *lane = &f->lanes[t];
        const size_t at = (size_t)t * width;
        if (lane->kv.new_keys) {
            memcpy(lane->kv.new_keys, kv->new_keys + at, width * sizeof(float));
            memcpy(lane->kv.new_values, kv->new_values + at,
                   width * sizeof(float));
        }
        f->edits = lane->edits;
        forward_attend(f, f->at[op->in[0]], &lane->kv, t, 1);
    }
    f->edits = edits;
}

/* Scores, their softmax, and the values that it mixes. */
static const ArchOp *step_attend(Forward *f, const ArchOp *op,
                                 const ForwardKv *kv) {
    const bool keys_watched =
        is_watched(f, SITE_ATTN_SCORES) || is_watched(f, SITE_PATTERN);
    float *z = place(f, SITE_Z);
    if (f->lanes)
        attend_by_lane(f, op, kv);
    else if (keys_watched && !f->hook.store)
        attend_by_row(f, op, kv);
    else
        forward_attend(f, f->at[op->in[0]], kv, 0, f->n_rows);
    apply_edits(f, EDIT_HEAD, z, f->width[SITE_Z], config_of(f)->head_dim);
    apply_head_patches(f, z);
    announce(f, SITE_Z);
    return op + 3;
}

/* The neurons' activation, times what a gate lets through. */
static const ArchOp *step_neurons(Forward *f, const ArchOp *op,
                                  const ForwardKv *kv) {
    const int width = f->width[op->out];
    const Activation bend = config_of(f)->activation;
    const float *gate = f->at[op->in[0]];
    float *post = place(f, op->out);
    (void)kv;
    for (int t = 0; t < f->n_rows; t++) {
        const size_t at = (size_t)t * width;
        if (op->kind == OP_GATE)
            kern_gate(f->kern, bend, post + at, gate + at,
                      f->at[op->in[1]] + at, width);
        else
            kern_activate(f->kern, bend, post + at, gate + at, width);
    }
    if (op->edit != EDIT_NONE) apply_edits(f, op->edit, post, width, 1);
    announce(f, op->out);
    return op + 1;
}

/* Adds what a block computed to the residual stream. */
static const ArchOp *step_add(Forward *f, const ArchOp *op,
                              const ForwardKv *kv) {
    const float *x = f->at[op->in[0]], *added = f->at[op->in[1]];
    float *sum = place(f, op->out);
    (void)kv;
    for (size_t i = 0; i < (size_t)f->n_rows * f->width[op->out]; i++)
        sum[i] = x[i] + added[i];
    apply_patches(f, op->out, sum);
    announce(f, op->out);
    return op + 1;
}

/* ---- the parts ----------------------------------------------------------- */

typedef const ArchOp *(*Step)(Forward *f, const ArchOp *op,
                              const ForwardKv *kv);

static const Step steps[OP_KINDS] = {
    [OP_LOOKUP] = step_lookup,  [OP_POSITION] = step_lookup,
    [OP_SEGMENT] = step_lookup, [OP_STRETCH] = step_stretch,
    [OP_ENTER] = step_enter,    [OP_MEAN] = step_norm,
    [OP_SCALE] = step_norm,     [OP_LINEAR] = step_project,
    [OP_ROTATE] = step_rotate,  [OP_SCORES] = step_attend,
    [OP_GATE] = step_neurons,   [OP_ACTIVATE] = step_neurons,
    [OP_ADD] = step_add,
};

/* Notes the first of n_rows rows of a site that is not finite. */
static void check_site(Forward *f, const ArchOp *op) {
    const int width = f->width[op->out], n = f->n_rows;
    const float *rows = f->at[op->out];
    if (width == 0 || f->kern->all_finite(rows, n * width)) return;
    int t = 0;
    while (f->kern->all_finite(rows + (size_t)t * width, width))
        t++;
    /* A mean of values is one of them or between: it was their weights. */
    const Site site = op->kind == OP_MIX
                          ? arch_op(config_of(f)->arch, op->in[0])->in[0]
                          : op->out;
    overflow_note(f->overflow, site, f->layer, forward_pos(f, t));
}

/* A part's operations on rows first .. first+n-1, as far as they are wanted. */
static void run_part(Forward *f, ArchPart part, int first, int n,
                     const ForwardKv *kv) {
    const Arch *a = config_of(f)->arch;
    const SiteMask skipped = kv && !kv->new_keys ? arch_cache_path(a) : 0;
    const ArchOp *op = a->ops, *end = a->ops + a->n_ops;
    f->first = first;
    f->n_rows = n;
    while (op < end && op->part != part)
        op++;
    while (op < end && op->part == part && !(f->wanted & SITE_BIT(op->out)))
        op++;
    while (op < end && op->part == part && (f->wanted & SITE_BIT(op->out)))
        if (skipped & SITE_BIT(op->out)) {
            op++;
        } else {
            const ArchOp *done = op;
            op = steps[op->kind](f, op, kv);
            for (; f->overflow && done < op; done++)
                if (f->wanted & ~skipped & SITE_BIT(done->out))
                    check_site(f, done);
        }
}

void forward_begin(Forward *f, int pos, int n) {
    const Config *c = config_of(f);
    f->pos = pos;
    f->n = n;
    f->x = f->own[arch_stream_first(c->arch)];
    for (int t = 0; c->arch->rotates && t < n; t++)
        rope_turns(f->turns + (size_t)t * c->head_dim, c,
                   f->lanes ? pos : pos + t);
}

/* The start as a whole, and what may be put in its place. */
void forward_embed(Forward *f, const int *tokens) {
    const Site entering = arch_stream_first(config_of(f)->arch);
    f->layer = 0;
    f->wanted = SITE_ALL;
    f->tokens = tokens;
    run_part(f, ARCH_START, 0, f->n, NULL);
    f->x = f->at[entering];
}

void forward_layer(Forward *f, int layer, SiteMask wanted,
                   const ForwardKv *kv) {
    const Site leaving = arch_stream_next(config_of(f)->arch);
    f->layer = layer;
    f->wanted = wanted;
    run_part(f, ARCH_LAYER, 0, f->n, kv);
    if (wanted & SITE_BIT(leaving)) f->x = f->at[leaving];
}

void forward_final(Forward *f, int first, int n) {
    const Config *c = config_of(f);
    assert(n <= FORWARD_FINAL_ROWS);
    f->layer = 0;
    f->wanted = SITE_ALL;
    f->at[arch_stream_next(c->arch)] = f->x + (size_t)first * c->dim;
    run_part(f, ARCH_END, first, n, NULL);
}
