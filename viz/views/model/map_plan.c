/* What a layer of the map is made of, and where it lies. */
#include "viz/views/model/map.h"

#include "engine/base/num.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- a layer's parts ----------------------------------------------------- */

static const struct {
    Site site;
    const char *name, *op;
} names[] = {
    {SITE_RESID_PRE, "stream", "resid_pre"},
    {SITE_LN1_MEAN, "mean", "ln1"},
    {SITE_LN1_SCALE, "RMS", "ln1"},
    {SITE_LN1_NORMALIZED, "x / RMS", "ln1"},
    {SITE_LN1_OUT, "norm", "ln1"},
    {SITE_Q, "q", "q"},
    {SITE_K, "k", "k"},
    {SITE_V, "v", "v"},
    {SITE_Q_NORM_SCALE, "RMS", "qk_norm"},
    {SITE_Q_NORM_NORMALIZED, "q / RMS", "qk_norm"},
    {SITE_Q_NORM_OUT, "q, norm", "qk_norm"},
    {SITE_K_NORM_SCALE, "RMS", "qk_norm"},
    {SITE_K_NORM_NORMALIZED, "k / RMS", "qk_norm"},
    {SITE_K_NORM_OUT, "k, norm", "qk_norm"},
    {SITE_ROT_Q, "q, RoPE", "rope"},
    {SITE_ROT_K, "k, RoPE", "rope"},
    {SITE_ATTN_SCORES, "scores", "scores"},
    {SITE_PATTERN, "weights", "softmax"},
    {SITE_Z, "z", "z"},
    {SITE_ATTN_OUT, "W_O", "attn_out"},
    {SITE_RESID_MID, "stream", "resid_mid"},
    {SITE_LN2_MEAN, "mean", "ln2"},
    {SITE_LN2_SCALE, "RMS", "ln2"},
    {SITE_LN2_NORMALIZED, "x / RMS", "ln2"},
    {SITE_LN2_OUT, "norm", "ln2"},
    {SITE_MLP_PRE, "gate", "gate"},
    {SITE_MLP_PRE_LINEAR, "up", "up"},
    {SITE_MLP_POST, "product", "silu"},
    {SITE_MLP_OUT, "down", "down"},
    {SITE_RESID_POST, "stream", "resid_post"},
    {SITE_RESID_NORMED, "norm", "ln2"},
};

/* Norms that take the mean off, and an activation without a gate. */
static const char *other_name(const Config *c, Site site) {
    const ArchOp *op = arch_op(c->arch, site);
    if (!op) return NULL;
    if (op->kind == OP_SCALE) return words_size(c->arch, site);
    if (op->kind == OP_NORMALIZE &&
        arch_norm_mean(c->arch, op->in[1]) != SITE_NONE)
        return "x / spread";
    if (op->kind == OP_ACTIVATE) return words_activation(c);
    if (op->kind == OP_LINEAR && op->weight == TENSOR_W_UP) return "up";
    return NULL;
}

const char *map_site_name(const Config *c, Site site) {
    const char *name = other_name(c, site);
    if (name) return name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].site == site) return names[i].name;
    const char *dot = strrchr(site_info(site)->name, '.');
    return dot ? dot + 1 : site_info(site)->name;
}

const char *map_site_op(const Arch *a, Site site) {
    const ArchOp *op = arch_op(a, site);
    if (op && op->kind == OP_ACTIVATE) return "activation";
    if (op && op->kind == OP_GATE && a->activation != ACTIVATION_SILU)
        return "gelu";
    if (op && op->kind == OP_LINEAR && op->weight == TENSOR_W_UP) return "up";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].site == site) return names[i].op;
    return NULL;
}

/* On the way to a norm's result. */
static bool is_norm(const ArchOp *op) {
    return op->kind == OP_MEAN || op->kind == OP_SCALE ||
           op->kind == OP_NORMALIZE;
}

static bool is_minor(const ArchOp *op) {
    return is_norm(op) || op->kind == OP_SCORES;
}

/* Widths in units of a vector's, gap included. */
static float units_of(const MapItem *item, MapDetail detail) {
    if (item->is_heads) return detail == MAP_WHOLE ? 19 : 13;
    return item->op->kind == OP_SCORES ? 2.5f : 1;
}

static void place_items(MapPlan *p, int branch) {
    float all = 0, x = 0;
    for (int i = 0; i < p->n_items; i++)
        if (p->item[i].branch == branch)
            all += units_of(&p->item[i], p->detail);
    for (int i = 0; i < p->n_items; i++) {
        MapItem *item = &p->item[i];
        if (item->branch != branch) continue;
        item->w = units_of(item, p->detail) / all;
        item->x = x;
        x += item->w;
    }
}

/* Where tokens meet there are heads to be drawn, which takes more room. */
static void place_branches(MapPlan *p) {
    float all = 0, x = .02f;
    const float rest = .94f - (float)p->n_branches * p->norm_w;
    for (int i = 0; i < p->n_branches; i++)
        all += p->branch[i].above ? 3.2f : 1;
    for (int i = 0; i < p->n_branches; i++) {
        MapBranch *b = &p->branch[i];
        b->w = rest * (b->above ? 3.2f : 1) / all;
        b->x = x;
        x += b->w + p->norm_w + .02f / (float)p->n_branches;
        place_items(p, i);
    }
}

static void add_item(MapPlan *p, const ArchOp *op) {
    if (p->n_items == MAP_ITEMS_MAX) return;
    if (is_minor(op) && p->detail != MAP_WHOLE) return;
    p->item[p->n_items++] = (MapItem){.op = op,
                                      .branch = p->n_branches,
                                      .is_heads = op->kind == OP_SOFTMAX,
                                      .is_minor = is_minor(op)};
    if (op->kind == OP_SOFTMAX) p->branch[p->n_branches].above = true;
}

/* Where sums are normed: takes an operation of the last sum's norm, whose
 * result is the stream. */
static bool norms_sum(MapPlan *p, const Arch *a, const ArchOp *op) {
    if (!a->norm_after || p->n_branches == 0) return false;
    MapBranch *b = &p->branch[p->n_branches - 1];
    if (op->kind == OP_GAIN && arch_op(a, op->in[0])->in[0] == b->sum)
        b->normed = op->out;
    return b->normed == op->out || (is_norm(op) && op->in[0] == b->sum);
}

void map_plan(MapPlan *p, const Arch *a, MapDetail detail) {
    *p = (MapPlan){.detail = detail,
                   .enters = SITE_NONE,
                   .norm_w = a->norm_after ? .06f : 0};
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->part != ARCH_LAYER) continue;
        if (op->kind == OP_ENTER) p->enters = op->out;
        if (op->kind == OP_ENTER || norms_sum(p, a, op)) continue;
        if (op->kind != OP_ADD) {
            add_item(p, op);
            continue;
        }
        if (p->n_branches == MAP_BRANCHES_MAX) break;
        MapBranch *b = &p->branch[p->n_branches++];
        b->adds = op->in[1];
        b->sum = op->out;
        b->normed = SITE_NONE;
    }
    place_branches(p);
}

/* ---- where --------------------------------------------------------------- */

MapDetail map_detail(const Stage *s, int w) {
    return w >= stage_u(s, 560)   ? MAP_WHOLE
           : w >= stage_u(s, 430) ? MAP_OPEN
           : w >= stage_u(s, 110) ? MAP_COMPACT
                                  : MAP_SLOT;
}

/* The layers' widths at zoom 1: the current one is opened, the others share
 * what is left. */
static void place_layers(Map *m, const Stage *s, int w) {
    const int n = s->config->n_layers;
    const int even = w / n, least = stage_u(s, 640);
    const int most = n > 1 ? w * 45 / 100 : w;
    m->current_w = num_max(even, num_min(least, most));
    m->layer_w = n > 1 ? num_max((w - m->current_w) / (n - 1), 1) : w;
}

/* The longest vector that a branch on this side draws. */
static int longest(const Stage *s, bool above) {
    MapPlan p;
    int most = 1, rows, cols;
    map_plan(&p, s->config->arch, MAP_COMPACT);
    for (int i = 0; i < p.n_items; i++) {
        if (p.item[i].is_heads || p.branch[p.item[i].branch].above != above)
            continue;
        site_shape(p.item[i].op->out, s->config, 1, &rows, &cols);
        most = num_max(most, rows * cols);
    }
    return most;
}

Map map_place(const Stage *s, Rect view) {
    Map m = {.view = view, .zoom = fmaxf(s->state->zoom, 1)};
    const float z = m.zoom;
    /* At zoom 1: a line for the layers' names on top, one below for shapes. */
    const int top = stage_u(s, 30), foot = stage_u(s, 18);
    const int label = num_min(stage_u(s, 58), view.h / 10);
    const int gap = num_min(stage_u(s, 12), view.h / 60);
    const int h = num_max(view.h - top - foot - 2 * (label + gap), 8);
    const float above = (float)h * .33f, stream = (float)h * .19f;
    const float below = (float)h - above - stream;
    float e = stream / (float)s->config->dim;
    e = fminf(e, above / (float)longest(s, true));
    m.element = fminf(e, below / (float)longest(s, false));
    m.label = (int)((float)label * z);
    m.gap = (int)((float)gap * z);
    m.element = fmaxf(m.element, 1e-4f) * z;
    m.stream_h = num_max((int)lroundf(m.element * (float)s->config->dim), 2);
    m.world.w = (int)lroundf((float)view.w * z);
    m.world.h = (int)lroundf((float)view.h * z);
    const int ends = num_min(stage_u(s, 90), view.w / 10);
    m.head_w = (int)((float)ends * z);
    m.end_w = (int)((float)num_min(stage_u(s, 190), view.w / 6) * z);
    place_layers(&m, s, num_max(view.w - ends - (int)((float)m.end_w / z), 1));
    m.current_w = num_max((int)((float)m.current_w * z), 1);
    m.layer_w = num_max((int)((float)m.layer_w * z), 1);
    m.above_y = (int)((float)top * z);
    m.stream_y = m.above_y + m.label + (int)(above * z) + m.gap;
    m.below_y = (int)((float)(view.h - foot) * z);
    return m;
}

Rect map_table(const Map *m) {
    return (Rect){m->world.x, m->world.y + m->above_y, m->head_w * 6 / 10,
                  m->below_y - m->above_y};
}

static int layer_x(const Map *m, const Stage *s, int layer) {
    const int past = layer > s->layer;
    return m->head_w + (layer - past) * m->layer_w + past * m->current_w;
}

Rect map_layer(const Map *m, const Stage *s, int layer) {
    return (Rect){m->world.x + layer_x(m, s, layer), m->world.y,
                  layer == s->layer ? m->current_w : m->layer_w, m->world.h};
}

static int share_of(int extent, float part) {
    return (int)lroundf((float)extent * part);
}

/* The slot of an item in its branch, from top to bottom of that side. */
static Rect slot(const Map *m, Rect layer, const MapPlan *p,
                 const MapItem *item) {
    const MapBranch *b = &p->branch[item->branch];
    const int x0 = share_of(layer.w, b->x + b->w * item->x);
    const int x1 = share_of(layer.w, b->x + b->w * (item->x + item->w));
    /* Names stand at the outer end. */
    const int top = m->world.y + m->above_y + m->label;
    Rect r = {layer.x + x0, top, x1 - x0,
              m->world.y + m->stream_y - top - m->gap};
    if (!b->above) {
        r.y = m->world.y + m->stream_y + m->stream_h + m->gap;
        r.h = m->world.y + m->below_y - m->label - r.y;
    }
    return r;
}

Rect map_strip(const Map *m, const Stage *s, Rect layer, const MapPlan *p,
               const MapItem *item, int n) {
    const Rect r = slot(m, layer, p, item);
    const int h = num_max((int)lroundf(m->element * (float)n), 1);
    const int most = (int)((float)stage_u(s, 14) * m->zoom);
    const int w = num_min(num_max(r.w * 6 / 10, 1), most);
    const int room = num_max(r.h - h, 0);
    return (Rect){r.x + (r.w - w) / 2, r.y + room / 2, w, h};
}

Rect map_heads(const Map *m, const Stage *s, Rect layer, const MapPlan *p,
               const MapItem *item) {
    const Rect r = slot(m, layer, p, item);
    /* They need no names: the room for these is theirs. */
    const int side = num_min(r.w * 94 / 100, r.h + m->label * 8 / 10);
    const int top = r.y - m->label * 8 / 10;
    (void)s;
    return (Rect){r.x + (r.w - side) / 2,
                  top + (r.h + m->label * 8 / 10 - side) / 2, num_max(side, 1),
                  num_max(side, 1)};
}

Rect map_tile(Rect heads, int n, int head) {
    int cols = 1;
    while (cols * cols < n)
        cols++;
    const int side = heads.w / cols, gap = num_max(side / 16, 1);
    return (Rect){heads.x + head % cols * side, heads.y + head / cols * side,
                  num_max(side - gap, 1), num_max(side - gap, 1)};
}

bool map_is_seen(const Map *m, Rect r) {
    const Rect part = rect_intersect(r, m->view);
    return part.w > 0 && part.h > 0;
}
