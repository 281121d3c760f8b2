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
        .kv_cache = kv_bytes(c, seq_len),
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
    if (!kv_init(&s->kv, model_config(m), seq_len, err) ||
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
    const size_t rows = (size_t)(n - pos);
    const size_t bytes = rows * (size_t)s->kv.width * sizeof(float);
    for (int i = 0; i < model_config(s->model)->n_layers; i++) {
        memcpy(kv_new_key(&s->kv, i, pos), kv_key(&from->kv, i, pos), bytes);
        memcpy(kv_new_value(&s->kv, i, pos), kv_value(&from->kv, i, pos),
               bytes);
    }
    memcpy(s->tokens + pos, from->tokens + pos, rows * sizeof *s->tokens);
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
static ForwardKv layer_kv(const Session *s, int layer, int pos, int n) {
    const bool two_way = is_two_way(s);
    return (ForwardKv){.keys = kv_key(&s->kv, layer, 0),
                       .values = kv_value(&s->kv, layer, 0),
                       .new_keys = kv_new_key(&s->kv, layer, pos),
                       .new_values = kv_new_value(&s->kv, layer, pos),
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
        const ForwardKv kv = layer_kv(s, layer, pos, n);
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

/* The keys and values of the layer where a run branches off are the other's. */
static ForwardKv branch_kv(const Session *s, const SessionBranch *b, int layer,
                           int pos, int n) {
    ForwardKv kv = layer_kv(s, layer, pos, n);
    if (layer != b->layer || !b->x) return kv;
    kv.keys = kv_key(&b->from->kv, layer, 0);
    kv.values = kv_value(&b->from->kv, layer, 0);
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

/* Puts rows where the run branches off; layer 0 and no rows: of the tokens. */
static void branch_enter(Session *s, const SessionBranch *b, const float *x,
                         int pos, int n) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t width = (size_t)c->hidden_dim;
    forward_begin(f, pos, n);
    if (b->site != SITE_RESID_PRE)
        f->x = f->at[SITE_RESID_MID] = f->own[SITE_RESID_MID];
    memmove(f->x, x, (size_t)n * (size_t)c->dim * sizeof *x);
    if (b->site != SITE_MLP_POST) return;
    f->at[SITE_MLP_POST] = f->own[SITE_MLP_POST];
    memcpy(f->at[SITE_MLP_POST], b->post + (size_t)(pos - b->pos) * width,
           (size_t)n * width * sizeof *x);
    for (size_t t = 0; t < (size_t)n; t++)
        f->at[SITE_MLP_POST][t * width + (size_t)b->neuron] *= 0;
}

/* Of the last layer: keys and values of all, where they are new, and the rest
 * of the text's last position. */
static void branch_last(Session *s, const SessionBranch *b, int pos, int n,
                        bool is_end) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const int layer = c->n_layers - 1;
    const ForwardKv kv = branch_kv(s, b, layer, pos, n);
    const SiteMask cached = arch_cache_path(c->arch);
    const float *x = f->x + (size_t)(n - 1) * (size_t)c->dim;
    if (kv.new_keys)
        forward_layer(f, layer,
                      arch_up_to(c->arch, arch_last_in_layer(c->arch, cached)),
                      &kv);
    if (!is_end) return;
    const SessionBranch whole = {.site = SITE_RESID_PRE};
    branch_enter(s, layer == b->layer && b->x ? b : &whole, x, pos + n - 1, 1);
    const ForwardKv last = branch_kv(s, b, layer, f->pos, 1);
    forward_layer(f, layer, branch_sites(s, b, layer), &last);
}

/* Positions pos .. pos+n-1; is_end: the last of them is the text's. */
static bool branch_batch(Session *s, const SessionBranch *b, int pos, int n,
                         bool is_end) {
    Forward *f = &s->forward;
    const Config *c = model_config(s->model);
    const size_t dim = (size_t)c->dim;
    taken_fill(&s->taken, &s->donor, pos, n);
    if (b->x)
        branch_enter(s, b, b->x + (size_t)(pos - b->pos) * dim, pos, n);
    else
        forward_begin(f, pos, n);
    if (!b->x) forward_embed(f, s->tokens + pos);
    for (int layer = b->layer; layer + 1 < c->n_layers; layer++) {
        const ForwardKv kv = branch_kv(s, b, layer, pos, n);
        if (is_stopped(s)) return false;
        forward_layer(f, layer, branch_sites(s, b, layer), &kv);
    }
    if (is_stopped(s)) return false;
    branch_last(s, b, pos, n, is_end);
    return true;
}

const float *session_branch(Session *s, const SessionBranch *b,
                            const int *tokens, int n, Err *err) {
    assert(n > b->pos && !is_two_way(s) && (b->x || b->layer == 0));
    assert(!s->forward.hook.fn &&
           !s->forward.hook.store); /* it would hear a part of the run only */
    assert(feeds_to_end(s));
    session_rewind(s, 0);
    if (!feed_check(s, tokens, n, err) || !model_check(s->model, err))
        return NULL;
    memcpy(s->tokens, tokens, (size_t)n * sizeof *tokens);
    if (b->pos > 0) session_share(s, b->from, b->pos);
    session_rewind(s, 0);
    /* Where it branches off in the last layer no other position counts. */
    int pos = b->pos;
    if (b->x && b->layer == model_config(s->model)->n_layers - 1) pos = n - 1;
    for (int batch; pos < n; pos += batch) {
        batch = num_min(n - pos, SESSION_BATCH);
        if (!branch_batch(s, b, pos, batch, pos + batch == n)) {
            err_set(err, ERR_CANCELLED, pos, "feeding: stopped on request");
            return NULL;
        }
    }
    return feed_final(s);
}
