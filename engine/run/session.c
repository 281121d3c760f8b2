/* The timeline: tokens fed, in batches, through all layers. */
#include "engine/run/session.h"

#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/run/forward.h"
#include "engine/spec/arch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the timeline -------------------------------------------------------- */

struct Session {
    const Model *model;
    Forward forward;
    KvCache kv;
    Edits edits;
    Donor donor;
    Taken taken; /* by edits from donor, of the positions fed */
    int *tokens; /* [S], those from pos on forgotten */
    int pos;
    uint64_t memory_left;
    int n_layers;       /* that are computed, */
    SiteMask last_ones; /* and the sites of the last of them */
    SessionWatch watch;
    Overflow overflow; /* of the positions fed */
};

/* Whether each position sees all of the text, so that all are one batch. */
static bool is_two_way(const Session *s) {
    return edits_two_way(&s->edits, model_config(s->model));
}

/* Positions of the longest text that a model can be fed. */
static int seq_len_max(const Config *c) {
    return c->arch->causal ? c->seq_len_max
                           : num_min(c->seq_len_max, SESSION_NO_MASK_MAX);
}

/* Positions that are computed together in any case. */
static int batch_rows(const Config *c, int seq_len) {
    return c->arch->causal ? num_min(seq_len, SESSION_BATCH) : seq_len;
}

/* With the mask removed the whole sequence is one batch; memory for more than
 * SESSION_BATCH rows is touched only then. */
SessionMemory session_memory(const Model *m, int seq_len) {
    const Config *c = model_config(m);
    return (SessionMemory){
        .weights = model_weight_bytes(m),
        .kv_cache = kv_bytes(c, 0, seq_len),
        .activations = forward_bytes(c, batch_rows(c, seq_len), seq_len),
        .taken = taken_bytes(c, seq_len),
    };
}

uint64_t session_memory_all(const Model *m, int seq_len) {
    const SessionMemory need = session_memory(m, seq_len);
    return need.weights + need.kv_cache + need.activations + need.taken;
}

int session_seq_fit(const Model *m, uint64_t token_bytes, uint64_t memory_max) {
    int n = num_min(SESSION_SEQ_DEFAULT, seq_len_max(model_config(m)));
    while (n / 2 >= SESSION_SEQ_LEAST &&
           session_memory_all(m, n) + (uint64_t)n * token_bytes > memory_max)
        n /= 2;
    return n;
}

/* The context's length; 0 and err when there is too little memory. */
static int choose_seq_len(const Model *m, const SessionOptions *opt,
                          uint64_t limit, Err *err) {
    const int n = opt->seq_len > 0
                      ? num_min(opt->seq_len, seq_len_max(model_config(m)))
                      : session_seq_fit(m, opt->token_bytes, limit);
    const uint64_t need = session_memory_all(m, n);
    if (need <= limit) return n;
    err_set(err, ERR_MEMORY, 0,
            "%s: memory: found %.2f GB, need %.2f GB to run it for %d tokens",
            model_path(m), (double)limit / 1e9, (double)need / 1e9, n);
    return 0;
}

Session *session_open(const Model *m, const SessionOptions *opt, Err *err) {
    const uint64_t limit =
        opt->memory_max ? opt->memory_max : memory_for_model();
    const int seq_len = choose_seq_len(m, opt, limit, err);
    if (seq_len == 0) return NULL;
    Session *s = calloc(1, sizeof *s);
    if (!s) {
        err_memory(err, "session", sizeof *s);
        return NULL;
    }
    s->model = m;
    s->n_layers = model_config(m)->n_layers;
    s->last_ones = arch_part_sites(model_config(m)->arch, ARCH_LAYER);
    s->memory_left = limit - session_memory_all(m, seq_len);
    s->tokens = malloc(seq_len * sizeof *s->tokens);
    if (!s->tokens) {
        err_memory(err, "session", seq_len * sizeof *s->tokens);
        goto fail;
    }
    if (!kv_init(&s->kv, model_config(m), 0, seq_len, err) ||
        !taken_init(&s->taken, model_config(m), seq_len, &s->edits, err) ||
        !forward_init(&s->forward, m, opt->kern ? opt->kern : kern_get(NULL),
                      opt->n_threads, num_min(seq_len, SESSION_NO_MASK_MAX),
                      seq_len, err))
        goto fail;
    s->forward.edits = &s->edits;
    s->forward.taken = s->forward.parts = &s->taken;
    s->forward.overflow = &s->overflow;
    return s;
fail:
    session_close(s);
    return NULL;
}

void session_close(Session *s) {
    if (!s) return;
    forward_free(&s->forward);
    kv_free(&s->kv);
    taken_free(&s->taken);
    free(s->tokens);
    free(s);
}

const Model *session_model(const Session *s) {
    return s->model;
}
const Kern *session_kern(const Session *s) {
    return s->forward.kern;
}
const KvCache *session_kv(const Session *s) {
    return &s->kv;
}
int session_seq_len(const Session *s) {
    return s->kv.seq_len;
}
int session_threads(const Session *s) {
    return team_size(s->forward.team);
}
uint64_t session_memory_left(const Session *s) {
    return s->memory_left;
}
int session_pos(const Session *s) {
    return s->pos;
}
const int *session_tokens(const Session *s) {
    return s->tokens;
}
const Edits *session_edits(const Session *s) {
    return &s->edits;
}

void session_rewind(Session *s, int pos) {
    assert(pos >= 0 && pos <= s->pos);
    s->pos = pos;
    if (s->overflow.pos >= pos) s->overflow = (Overflow){0};
}

void session_share(Session *s, const Session *from, int n) {
    assert(s->model == from->model && n <= from->pos && n <= s->kv.seq_len);
    const int pos = s->pos;
    kv_copy(&s->kv, &from->kv, pos, n);
    memcpy(s->tokens + pos, from->tokens + pos,
           (size_t)(n - pos) * sizeof *s->tokens);
    const Overflow *o = &from->overflow;
    if (o->found && o->pos < n)
        overflow_note(&s->overflow, o->site, o->layer, o->pos);
    s->pos = n;
}

void session_set_donor(Session *s, Donor donor) {
    s->donor = donor;
}

const Taken *session_taken(const Session *s) {
    return &s->taken;
}

/* Edits that take from another run need one. */
static bool donor_check(const Session *s, const Edits *e, Err *err) {
    char part[EDITS_PART_MAX];
    if (s->donor.row || !edits_take(e)) return true;
    int i = 0;
    while (!edits_takes(&e->list[i]))
        i++;
    edits_format_part(&e->list[i], part);
    return err_set(err, ERR_USAGE, 0,
                   "edits: %s takes from the run that is compared with, and "
                   "there is none",
                   part);
}

bool session_set_edits(Session *s, const Edits *e, Err *err) {
    if (!edits_check(e, model_config(s->model), err) || !donor_check(s, e, err))
        return false;
    if (edits_equal(e, &s->edits)) return true;
    s->edits = *e;
    session_rewind(s, 0);
    return true;
}

void session_set_hook(Session *s, SiteHook hook) {
    s->forward.hook = hook;
}

void session_set_watch(Session *s, SessionWatch watch) {
    s->watch = watch;
}

void session_set_end(Session *s, int layer, Site site) {
    assert(layer < model_config(s->model)->n_layers);
    s->n_layers = layer + 1;
    s->last_ones = arch_up_to(model_config(s->model)->arch, site);
    session_rewind(s, 0);
}

/* ---- feeding ------------------------------------------------------------- */

/* Refuses tokens that the model does not know or that do not fit. */
static bool feed_check(const Session *s, const int *tokens, int n, Err *err) {
    const int vocab = model_config(s->model)->vocab_size;
    for (int i = 0; i < n; i++)
        if (tokens[i] < 0 || tokens[i] >= vocab)
            return err_set(err, ERR_USAGE, i,
                           "token %d: id: found %d, need 0 to %d", s->pos + i,
                           tokens[i], vocab - 1);
    if (n > s->kv.seq_len - s->pos)
        return err_set(err, ERR_LIMIT, 0,
                       "context: found %d tokens after %d, room for %d", n,
                       s->pos, s->kv.seq_len);
    if (is_two_way(s) && n > SESSION_NO_MASK_MAX - s->pos)
        return err_set(err, ERR_LIMIT, 0,
                       "context: found %d tokens after %d, room for %d with "
                       "the mask removed",
                       n, s->pos, SESSION_NO_MASK_MAX);
    return true;
}

static bool is_stopped(const Session *s) {
    return s->watch.go_on && !s->watch.go_on(s->watch.ud);
}

/* Of a layer, where positions from pos on are computed. */
static ForwardKv layer_kv(const Session *s, const KvCache *kv, int layer,
                          int pos, int n) {
    const bool two_way = is_two_way(s);
    return (ForwardKv){.keys = kv_key(kv, layer, 0),
                       .values = kv_value(kv, layer, 0),
                       .new_keys = kv_new_key(kv, layer, pos),
                       .new_values = kv_new_value(kv, layer, pos),
                       .n_keys = two_way ? pos + n : pos + 1,
                       .growth = two_way ? 0 : 1};
}

/* Takes the positions pos .. pos+n-1 through all layers; false: stopped. */
static bool feed_batch(Session *s, int pos, int n) {
    Forward *f = &s->forward;
    const Arch *a = model_config(s->model)->arch;
    const SiteMask all = arch_part_sites(a, ARCH_LAYER);
    taken_fill(&s->taken, &s->donor, pos, n);
    forward_begin(f, pos, n);
    forward_embed(f, s->tokens + pos);
    for (int layer = 0; layer < s->n_layers; layer++) {
        if (is_stopped(s)) return false;
        const ForwardKv kv = layer_kv(s, &s->kv, layer, pos, n);
        const bool is_last = layer + 1 == s->n_layers;
        forward_layer(f, layer, is_last ? s->last_ones : all, &kv);
    }
    return true;
}

/* The feed goes through the whole model, to logits. */
static bool feeds_to_end(const Session *s) {
    const Config *c = model_config(s->model);
    return arch_predicts(c->arch) && s->n_layers == c->n_layers &&
           (s->last_ones & SITE_BIT(arch_stream_next(c->arch))) != 0;
}

/* A store takes them of those positions of which they are computed anyway. */
static bool finals_watched(const Session *s) {
    const SiteHook *hook = &s->forward.hook;
    const Arch *a = model_config(s->model)->arch;
    return !hook->store && (hook->mask & arch_part_sites(a, ARCH_END)) != 0;
}

/* The end of the model at the last position of the batch, or at all of them
 * if they are watched.  Returns the last position's logits. */
static const float *feed_final(Session *s) {
    Forward *f = &s->forward;
    if (!feeds_to_end(s)) return f->logits;
    const int first = finals_watched(s) ? 0 : f->n - 1;
    for (int i = first; i < f->n; i += FORWARD_FINAL_ROWS)
        forward_final(f, i, num_min(f->n - i, FORWARD_FINAL_ROWS));
    const int last_row = (f->n - 1 - first) % FORWARD_FINAL_ROWS;
    return f->logits + (size_t)last_row * model_config(s->model)->vocab_size;
}

/* Begins the next batch, of n positions from pos on or of fewer; returns how
 * many. */
static int batch_begin(Session *s, int pos, int n) {
    SiteHook *hook = &s->forward.hook;
    int taken = is_two_way(s) ? n : num_min(n, SESSION_BATCH);
    if (hook->store) hook->mask = hook->store->begin(hook->ud, pos, &taken);
    assert(taken > 0 && (taken == n || !is_two_way(s)));
    return taken;
}

/* With the mask removed keys and values of two feeds are mixed. */
static const float *batch_stop(Session *s, Err *err) {
    session_rewind(s, is_two_way(s) ? 0 : s->pos);
    err_set(err, ERR_CANCELLED, s->pos, "feeding: stopped on request");
    return NULL;
}

static void batch_end(Session *s, int pos, int n) {
    const SiteHook *hook = &s->forward.hook;
    if (hook->store) hook->store->end(hook->ud, pos, n);
    s->pos = pos + n;
}

const float *session_feed(Session *s, const int *tokens, int n, Err *err) {
    assert(n > 0);
    if (!feed_check(s, tokens, n, err) || !model_check(s->model, err))
        return NULL;
    memcpy(s->tokens + s->pos, tokens, n * sizeof *tokens);
    if (s->pos == 0 || is_two_way(s)) s->overflow = (Overflow){0};
    const int end = s->pos + n;
    const float *logits = NULL;
    for (int pos = is_two_way(s) ? 0 : s->pos; pos < end; pos = s->pos) {
        const int batch = batch_begin(s, pos, end - pos);
        if (!feed_batch(s, pos, batch)) return batch_stop(s, err);
        if (pos + batch == end || finals_watched(s)) logits = feed_final(s);
        batch_end(s, pos, batch);
    }
    return logits;
}

bool session_check_finite(const Session *s, Err *err) {
    const Overflow *o = &s->overflow;
    char site[64];
    if (!o->found) return true;
    site_name(o->site, o->layer, site, sizeof site);
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: token %d: %s: found a number past the largest float, "
                   "need finite ones",
                   model_path(s->model), o->pos, site);
}

/* ---- branching ----------------------------------------------------------- */

/* Where the layers after it, or all, have theirs. */
static KvCache *branch_cache(Session *s, const SessionBranch *b) {
    return b->kept ? &b->kept->kv : &s->kv;
}

/* The keys and values of the layer where a run branches off are the other's. */
static ForwardKv branch_kv(Session *s, const SessionBranch *b, int layer,
                           int pos, int n) {
    if (layer != b->layer || !b->x)
        return layer_kv(s, branch_cache(s, b), layer, pos, n);
    ForwardKv kv = layer_kv(s, &b->from->kv, layer, pos, n);
    kv.new_keys = kv.new_values = NULL;
    return kv;
}

/* What is computed of a layer. */
static SiteMask branch_sites(const Session *s, const SessionBranch *b,
                             int layer) {
    const Arch *a = model_config(s->model)->arch;
    const SiteMask all = arch_part_sites(a, ARCH_LAYER);
    return layer == b->layer && b->x && b->site != SITE_RESID_PRE
               ? all & ~arch_up_to(a, b->site)
               : all;
}

/* Puts rows of the stream where a run branches off, or goes on. */
static void branch_enter(Session *s, Site site, const float *x, int pos,
                         int n) {
    Forward *f = &s->forward;
    const size_t dim = (size_t)model_config(s->model)->dim;
    forward_begin(f, pos, n);
    if (site != SITE_RESID_PRE)
        f->x = f->at[SITE_RESID_MID] = f->own[SITE_RESID_MID];
    memmove(f->x, x, (size_t)n * dim * sizeof *x);
}

/* And those of the neurons, beside them. */
static void branch_neuron(Session *s, const SessionBranch *b, int pos, int n) {
    Forward *f = &s->forward;
    const size_t width = (size_t)model_config(s->model)->hidden_dim;
    float *post = f->at[SITE_MLP_POST] = f->own[SITE_MLP_POST];
    memcpy(post, b->post + (size_t)(pos - b->pos) * width,
           (size_t)n * width * sizeof *post);
    for (size_t t = 0; t < (size_t)n; t++)
        post[t * width + (size_t)b->neuron] *= 0;
}

/* Layer 0 and no rows: of the tokens. */
static void branch_begin(Session *s, const SessionBranch *b, int pos, int n) {
    const size_t dim = (size_t)model_config(s->model)->dim;
    if (b->x) {
        branch_enter(s, b->site, b->x + (size_t)(pos - b->pos) * dim, pos, n);
    } else {
        forward_begin(&s->forward, pos, n);
        forward_embed(&s->forward, s->tokens + pos);
    }
    if (b->x && b->site == SITE_MLP_POST) branch_neuron(s, b, pos, n);
}

/* Of the last layer the keys and values of all, where they are new. */
static void branch_last_keys(Session *s, const SessionBranch *b, int pos,
                             int n) {
    const Config *c = model_config(s->model);
    const int layer = c->n_layers - 1;
    const ForwardKv kv = branch_kv(s, b, layer, pos, n);
    const SiteMask cached = arch_cache_path(c->arch);
    if (kv.new_keys)
        forward_layer(&s->forward, layer,
                      arch_up_to(c->arch, arch_last_in_layer(c->arch, cached)),
                      &kv);
}

/* Positions pos .. pos+n-1, up to what enters the last layer. */
static bool branch_batch(Session *s, const SessionBranch *b, int pos, int n) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    taken_fill(&s->taken, &s->donor, pos, n);
    branch_begin(s, b, pos, n);
    for (int layer = b->layer; layer + 1 < c->n_layers; layer++) {
        const ForwardKv kv = branch_kv(s, b, layer, pos, n);
        if (is_stopped(s)) return false;
        forward_layer(f, layer, branch_sites(s, b, layer), &kv);
    }
    if (is_stopped(s)) return false;
    if (b->kept)
        memcpy(b->kept->x + (size_t)pos * dim, f->x,
               (size_t)n * dim * sizeof *f->x);
    branch_last_keys(s, b, pos, n);
    if (b->kept) b->kept->n = pos + n;
    return true;
}

/* The rest of the last layer, of one position: what enters it is kept, or the
 * last of the rows computed. */
static void branch_end(Session *s, const SessionBranch *b, int pos) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    const int layer = c->n_layers - 1;
    const bool here = layer == b->layer && b->x;
    const float *x = b->kept ? b->kept->x + (size_t)pos * dim
                             : f->x + (size_t)(f->n - 1) * dim;
    taken_fill(&s->taken, &s->donor, pos, 1);
    branch_enter(s, here ? b->site : SITE_RESID_PRE, x, pos, 1);
    if (here && b->site == SITE_MLP_POST) branch_neuron(s, b, pos, 1);
    ForwardKv kv = branch_kv(s, b, layer, pos, 1);
    kv.new_keys = kv.new_values = NULL; /* they are there */
    forward_layer(f, layer, branch_sites(s, b, layer), &kv);
}

/* Whether there is nothing of it but its last position. */
static bool branch_is_last(const Session *s, const SessionBranch *b) {
    return b->x && b->layer == model_config(s->model)->n_layers - 1;
}

const float *session_branch(Session *s, const SessionBranch *b,
                            const int *tokens, int n, Err *err) {
    const bool is_there = b->kept && n <= b->kept->n;
    assert((is_there || n > b->pos) && !is_two_way(s));
    assert(is_there || b->x || b->layer == 0);
    assert(!b->kept || !branch_is_last(s, b));
    assert(!s->forward.hook.fn &&
           !s->forward.hook.store); /* it would hear a part of the run only */
    assert(feeds_to_end(s));
    session_rewind(s, 0);
    if (!feed_check(s, tokens, n, err) || !model_check(s->model, err))
        return NULL;
    memcpy(s->tokens, tokens, (size_t)n * sizeof *tokens);
    const int held = b->kept ? b->kept->n : 0;
    if (!is_there && held < b->pos && !b->x)
        kv_copy(branch_cache(s, b), &b->from->kv, held, b->pos);
    int pos = is_there ? n : branch_is_last(s, b) ? n - 1 : b->pos;
    for (int batch; pos < n; pos += batch) {
        batch = num_min(n - pos, SESSION_BATCH);
        if (!branch_batch(s, b, pos, batch)) {
            err_set(err, ERR_CANCELLED, pos, "feeding: stopped on request");
            return NULL;
        }
    }
    branch_end(s, b, n - 1);
    return feed_final(s);
}

/* ---- several at once ----------------------------------------------------- */

/* The layer from which on it is computed: what a run holds of a position
 * already ends before the last. */
static int lane_start(const SessionLane *lane, int pos, int n_layers) {
    return lane->kept->n > pos ? n_layers - 1 : lane->layer;
}

/* Its keys and values of a layer: the other's, where it has none. */
static ForwardKv lane_kv(const Session *from, const SessionLane *lane,
                         int layer, int pos) {
    const bool own = layer >= lane->kept->kv.first;
    const bool new = own && lane->kept->n <= pos;
    const KvCache *cache = own ? &lane->kept->kv : &from->kv;
    return (ForwardKv){.keys = kv_key(cache, layer, 0),
                       .values = kv_value(cache, layer, 0),
                       .new_keys = new ? kv_new_key(cache, layer, pos) : NULL,
                       .new_values =
                           new ? kv_new_value(cache, layer, pos) : NULL,
                       .n_keys = pos + 1};
}

/* Those that are computed so far, in the order in which they came. */
typedef struct Lanes {
    const SessionLane *all; /* [n] */
    int n, n_on;
    int order[SESSION_LANES];
    ForwardLane on[SESSION_LANES];
} Lanes;

/* Puts the rows of those that begin in a layer behind the others'. */
static void lanes_enter(Session *s, Lanes *l, int layer, int pos,
                        const float *x) {
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    for (int i = 0; i < l->n; i++) {
        const SessionLane *lane = &l->all[i];
        if (lane_start(lane, pos, c->n_layers) != layer) continue;
        const float *row = lane->kept->n > pos
                               ? lane->kept->x + (size_t)pos * dim
                               : x + (size_t)layer * dim;
        memcpy(s->forward.x + (size_t)l->n_on * dim, row, dim * sizeof *row);
        l->on[l->n_on].edits = lane->edits;
        l->order[l->n_on++] = i;
    }
}

static void lanes_layer(Session *s, Lanes *l, const Session *from, int layer,
                        int pos) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    const ForwardKv fresh = {.new_keys = kv_new_key(&s->kv, 0, 0),
                             .new_values = kv_new_value(&s->kv, 0, 0)};
    for (int i = 0; i < l->n_on; i++) {
        const SessionLane *lane = &l->all[l->order[i]];
        l->on[i].kv = lane_kv(from, lane, layer, pos);
        if (layer + 1 == c->n_layers)
            memmove(lane->kept->x + (size_t)pos * dim, f->x + (size_t)i * dim,
                    dim * sizeof *f->x);
    }
    f->n = l->n_on;
    forward_layer(f, layer, arch_part_sites(c->arch, ARCH_LAYER), &fresh);
}

/* The logits of each, in the order of the lanes. */
static const float *lanes_end(Session *s, const Lanes *l) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    float *rows = f->own[SITE_LN2_NORMALIZED]; /* it is needed no more */
    for (int i = 0; i < l->n; i++)
        memcpy(rows + (size_t)l->order[i] * dim, f->x + (size_t)i * dim,
               dim * sizeof *rows);
    memcpy(f->x, rows, (size_t)l->n * dim * sizeof *rows);
    forward_final(f, 0, l->n);
    return f->logits;
}

const float *session_branches(Session *s, const Session *from,
                              const SessionLane *lanes, int n, int pos,
                              const float *x, Err *err) {
    Forward *f = &s->forward;
    Lanes l = {.all = lanes, .n = n};
    assert(n > 0 && n <= SESSION_LANES && n <= s->kv.seq_len);
    assert(!is_two_way(s) && !f->hook.fn && !f->hook.store && feeds_to_end(s));
    session_rewind(s, 0);
    if (!model_check(s->model, err)) return NULL;
    taken_fill(&s->taken, &s->donor, pos, 1);
    f->lanes = l.on;
    forward_begin(f, pos, n);
    bool stopped = false;
    for (int layer = 0; layer < s->n_layers && !stopped; layer++) {
        lanes_enter(s, &l, layer, pos, x);
        stopped = l.n_on > 0 && is_stopped(s);
        if (l.n_on > 0 && !stopped) lanes_layer(s, &l, from, layer, pos);
    }
    const float *logits = stopped ? NULL : lanes_end(s, &l);
    f->lanes = NULL;
    if (stopped) {
        err_set(err, ERR_CANCELLED, pos, "feeding: stopped on request");
        return NULL;
    }
    for (int i = 0; i < n; i++)
        lanes[i].kept->n = num_max(lanes[i].kept->n, pos + 1);
    return logits;
}
