/* The view of one architecture, read off its table of operations. */
#include "viz/views/block/block.h"

#include <assert.h>

/* ---- operations ---------------------------------------------------------- */

/* A norm's mean, its size and what it divides are steps on the way to its
 * result, which alone is shown. */
static bool makes_op(const ArchOp *op) {
    return op->part == ARCH_LAYER && op->kind != OP_MEAN &&
           op->kind != OP_SCALE && op->kind != OP_NORMALIZE;
}

/* What has no words of its own is one with the operation before it, as the
 * rotation of the keys with that of the queries. */
static int add_op(BlockPlan *p, const BlockWords *words, const ArchOp *made) {
    if (!words) return p->n_ops - 1;
    assert(p->n_ops < BLOCK_OPS_MAX);
    p->op[p->n_ops] = (BlockOp){words, made};
    return p->n_ops++;
}

/* ---- strips -------------------------------------------------------------- */

static BlockSlot slot_of(Site site) {
    switch (site_role(site)) {
    case SITE_ROLE_QUERY:
        return SLOT_QUERY;
    case SITE_ROLE_KEY:
        return SLOT_KEY;
    case SITE_ROLE_VALUE:
        return SLOT_VALUE;
    default:
        return SLOT_ALL;
    }
}

static void add_column(BlockPlan *p, float step) {
    assert(p->n_columns < BLOCK_STRIPS_MAX);
    p->step[p->n_columns++] = step;
}

/* Strips stand under one another as long as each lies below the last. */
static bool needs_column(const BlockPlan *p, BlockSlot slot) {
    if (slot == SLOT_ALL || p->n_strips == 0) return true;
    const BlockStrip *last = &p->strip[p->n_strips - 1];
    return last->column != p->n_columns - 1 || last->slot == SLOT_ALL ||
           last->slot >= slot;
}

/* The strip that a ribbon leads from: in the column before, in the same slot or
 * over all of them; -1: none, as after the matrix. */
static int feeder(const BlockPlan *p, const BlockStrip *to) {
    for (int i = p->n_strips - 1; i >= 0; i--) {
        const BlockStrip *from = &p->strip[i];
        if (from->column != to->column - 1) continue;
        if (from->slot == to->slot || from->slot == SLOT_ALL ||
            to->slot == SLOT_ALL)
            return i;
    }
    return -1;
}

static void add_strip(BlockPlan *p, int op, Site site) {
    BlockStrip strip = {.op = op, .site = site, .slot = slot_of(site)};
    if (needs_column(p, strip.slot)) add_column(p, p->op[op].words->step);
    strip.column = p->n_columns - 1;
    strip.from = feeder(p, &strip);
    assert(p->n_strips < BLOCK_STRIPS_MAX);
    p->strip[p->n_strips++] = strip;
}

/* ---- the whole ----------------------------------------------------------- */

static void add_matrix(BlockPlan *p, const Arch *a, const ArchOp *scores,
                       int op) {
    p->scores = op;
    p->matrix_column = p->n_columns;
    add_column(p, p->op[op].words->step);
    p->query = block_strip_of(p, scores->in[0]);
    p->key = block_strip_of(p, scores->in[1]);
    if (a->causal) p->mask = add_op(p, &block_mask_words, scores);
}

static void add(BlockPlan *p, const Arch *a, const ArchOp *made) {
    const int op = add_op(p, block_words(a, made->out), made);
    switch (made->kind) {
    case OP_SCORES:
        add_matrix(p, a, made, op);
        break;
    case OP_SOFTMAX:
        p->softmax = op;
        break;
    case OP_MIX:
        p->mixed = p->n_strips;
        p->value = block_strip_of(p, made->in[1]);
        add_strip(p, op, made->out);
        break;
    default:
        add_strip(p, op, made->out);
    }
}

void block_plan(const Arch *a, BlockPlan *p) {
    *p = (BlockPlan){.arch = a, .mask = -1};
    for (int i = 0; i < a->n_ops; i++)
        if (makes_op(&a->ops[i])) add(p, a, &a->ops[i]);
}

/* ---- questions ----------------------------------------------------------- */

int block_strip_of(const BlockPlan *p, Site site) {
    for (int i = 0; i < p->n_strips; i++)
        if (p->strip[i].site == site) return i;
    return -1;
}

int block_above(const BlockPlan *p, int strip) {
    if (strip < 1 || strip >= p->n_strips) return -1;
    const int column = p->strip[strip].column;
    return p->strip[strip - 1].column == column ? strip - 1 : -1;
}

int block_last_strip(const BlockPlan *p, int op) {
    int last = -1;
    for (int i = 0; i < p->n_strips; i++)
        if (p->strip[i].op == op) last = i;
    return last;
}

/* The operation that makes a site; -1: none that is shown. */
static int maker(const BlockPlan *p, Site site) {
    const int strip = block_strip_of(p, site);
    if (strip >= 0) return p->strip[strip].op;
    if (site == p->op[p->scores].made->out) return p->scores;
    return site == p->op[p->softmax].made->out ? p->softmax : -1;
}

/* The matrix is one, whichever of its operations it shows. */
static bool is_same(const BlockPlan *p, int a, int b) {
    return a == b || (block_is_matrix_op(p, a) && block_is_matrix_op(p, b));
}

/* Steps on the way that are not shown count as what they are made of. */
static bool made_of(const BlockPlan *p, Site site, int op) {
    const ArchOp *made = arch_op(p->arch, site);
    for (int k = 0; made->kind != OP_ENTER && k < 2; k++) {
        if (made->in[k] == SITE_NONE) continue;
        const int by = maker(p, made->in[k]);
        if (by >= 0 ? is_same(p, by, op) : made_of(p, made->in[k], op))
            return true;
    }
    return false;
}

bool block_reads(const BlockPlan *p, int reader, int op) {
    if (block_is_matrix_op(p, reader))
        return block_is_matrix_op(p, op) ||
               made_of(p, p->op[p->scores].made->out, op);
    for (int i = 0; i < p->n_strips; i++)
        if (p->strip[i].op == reader && made_of(p, p->strip[i].site, op))
            return true;
    return false;
}

int block_edited(const BlockPlan *p, EditKind kind) {
    for (int i = 0; i < p->n_strips; i++)
        if (arch_op(p->arch, p->strip[i].site)->edit == kind) return i;
    return -1;
}

/* The sum that a norm is of; NULL: it is no norm, or of something else. */
static const ArchOp *normed_sum(const Arch *a, const ArchOp *made) {
    if (made->kind != OP_GAIN) return NULL;
    const ArchOp *of = arch_op(a, arch_op(a, made->in[0])->in[0]);
    return of->kind == OP_ADD ? of : NULL;
}

EditKind block_edit(const BlockPlan *p, int op) {
    const Arch *a = p->arch;
    const ArchOp *made = p->op[op].made;
    if (made->kind == OP_ENTER) return EDIT_NONE;
    if (made->kind == OP_ADD) return arch_op(a, made->in[1])->edit;
    const ArchOp *sum = a->norm_after ? normed_sum(a, made) : NULL;
    if (sum) return arch_op(a, sum->in[1])->edit;
    for (int i = arch_order(a, made->out); i < a->n_ops; i++) {
        const EditKind edit = a->ops[i].edit;
        const bool of_neurons = site_role(made->out) == SITE_ROLE_NEURON;
        if (edit != EDIT_NONE && (edit != EDIT_NEURON || of_neurons))
            return edit;
    }
    return EDIT_NONE;
}
