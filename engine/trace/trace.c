/* Where things are kept:
 *
 *     resid   the residual stream, [L+1, D] of each position: what entered each
 *             layer, then what left the last.  hook_embed, resid_pre and
 *             resid_post are all rows of it (where a model adds positions, it
 *             is hook_full_embed that is).
 *     KV      the session's cache: rotated keys and values, borrowed.
 *     arena   whole positions, while they fit: see trace_layout.h.  A rewind
 *             has nothing to free.
 *     ends    of stored positions, whether the end of the model is there.  A
 *             prompt computes it at its last position alone; at another it is
 *             run when it is asked for, and then kept.
 *     evicted the reader's: layers (or the model's end) run again from resid
 *             and KV, the least recently asked for replaced first.
 *
 * In both resid and arena a site's rows of positions computed together follow
 * each other, so that the session computes them where they are kept.
 *
 * The writer touches resid, arena and n_pos; the reader evicted, and of
 * published positions the ends.  n_pos is stored with release once a position
 * is there, a flag of ends once the end is, and both are loaded with acquire,
 * which is all the ordering there is.
 */
#include "engine/trace/trace.h"

#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/spec/arch.h"
#include "engine/trace/trace_evicted.h"
#include "engine/trace/trace_layout.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct Trace {
    Session *session;
    const Model *model;
    const Config *config;
    int seq_len;     /* S */
    SiteMask stream; /* the names by which the stream's rows are announced */
    TraceLayout layout;
    float *resid;
    float *arena;
    int n_stored[2];   /* positions that the arena has room for; with the mask
                        removed */
    atomic_bool *ends; /* [S] */
    uint64_t budget_bytes;
    _Atomic int n_pos; /* published */
    TraceEvicted *evicted;
};

/* ---- where rows are ---------------------------------------------------- */

static bool in_mask(Site s, SiteMask mask) {
    return (mask & SITE_BIT(s)) != 0;
}

uint64_t trace_bytes(const Config *c, int n_pos) {
    const TraceLayout y = trace_layout(c);
    return trace_layout_floats(&y, n_pos, 0) * sizeof(float);
}

uint64_t trace_token_bytes(const Config *c) {
    return (uint64_t)(c->n_layers + 1) * (uint64_t)c->dim * sizeof(float);
}

static uint64_t resid_bytes(const Config *c, int seq_len) {
    return (uint64_t)seq_len * trace_token_bytes(c);
}

uint64_t trace_memory(const Config *c, int seq_len, uint64_t budget_bytes) {
    const uint64_t all = trace_bytes(c, seq_len);
    return resid_bytes(c, seq_len) + (all < budget_bytes ? all : budget_bytes);
}

/* With the mask removed how many keys there are is known only at the end, and
 * changes with every feed: each record has room for the most there can be. */
static int no_mask_room(const Trace *t) {
    return num_min(t->seq_len, SESSION_NO_MASK_MAX);
}

bool trace_two_way(const Trace *t) {
    return edits_two_way(trace_edits(t), t->config);
}

static int key_room(const Trace *t) {
    return trace_two_way(t) ? no_mask_room(t) : 0;
}

static int stored_max(const Trace *t) {
    return t->n_stored[trace_two_way(t)];
}

static bool is_stored(const Trace *t, int pos) {
    return pos < stored_max(t);
}

/* Sites of the model's start and end count as layer L. */
static int record_layer(const Trace *t, Site site, int layer) {
    return site_info(site)->per_layer ? layer : t->config->n_layers;
}

/* The row of a recorded site at a stored position. */
static float *stored_row(const Trace *t, Site site, int layer, int pos) {
    const TraceBlock b = trace_layout_block(pos, stored_max(t), key_room(t));
    return t->arena + trace_layout_floats(&t->layout, b.first, b.key_room) +
           trace_layout_at(&t->layout, b, site, record_layer(t, site, layer),
                           pos);
}

/* What entered layer `depth`; with depth L what left the last. */
static float *resid_row(const Trace *t, int depth, int pos) {
    const size_t depths = t->config->n_layers + 1, dim = t->config->dim;
    const TraceBlock b = trace_layout_block(pos, t->seq_len, 0);
    return t->resid +
           (b.first * depths + (size_t)depth * b.n + (size_t)(pos - b.first)) *
               dim;
}

/* How deep in the stream a site of it is. */
static int depth_of(const Trace *t, Site site, int layer) {
    const Arch *a = t->config->arch;
    if (site == arch_stream_first(a)) return 0;
    return site == arch_stream_next(a) ? layer + 1 : layer;
}

/* ---- open, close ------------------------------------------------------- */

static void on_feed(void *ud, const Tap *tap);
static SiteMask on_begin(void *ud, int pos, int *n);
static float *on_place(void *ud, const Tap *tap);
static void on_end(void *ud, int pos, int n);

static const SiteStore store = {on_begin, on_place, on_end};

static float *floats_alloc(uint64_t n, const char *what, Err *err) {
    size_t bytes = n < SIZE_MAX / sizeof(float) ? n * sizeof(float) : SIZE_MAX;
    float *p = bytes == SIZE_MAX ? NULL : memory_alloc(bytes);
    if (!p) err_memory(err, what, bytes);
    return p;
}

/* The arena: what the budget allows, but no more than could ever be used. */
static uint64_t arena_size(const Trace *t) {
    const int room = no_mask_room(t);
    const uint64_t masked = trace_layout_floats(&t->layout, t->seq_len, 0);
    const uint64_t unmasked = trace_layout_floats(&t->layout, room, room);
    const uint64_t most = masked > unmasked ? masked : unmasked;
    const uint64_t budget = t->budget_bytes / sizeof(float);
    return budget < most ? budget : most;
}

static bool arena_open(Trace *t, Err *err) {
    const uint64_t n = arena_size(t);
    const int room = no_mask_room(t);
    t->n_stored[false] = trace_layout_count(&t->layout, n, 0, t->seq_len);
    t->n_stored[true] = trace_layout_count(&t->layout, n, room, room);
    t->arena = floats_alloc(n, "trace budget", err);
    return t->arena != NULL;
}

static bool ends_open(Trace *t, Err *err) {
    t->ends = malloc(t->seq_len * sizeof *t->ends);
    if (!t->ends)
        return err_memory(err, "trace ends", t->seq_len * sizeof *t->ends);
    for (int i = 0; i < t->seq_len; i++)
        atomic_init(&t->ends[i], false);
    return true;
}

Trace *trace_open(Session *s, uint64_t budget_bytes, Err *err) {
    assert(session_pos(s) == 0);
    Trace *t = calloc(1, sizeof *t);
    if (!t) {
        err_memory(err, "trace", sizeof *t);
        return NULL;
    }
    t->session = s;
    t->model = session_model(s);
    t->config = model_config(t->model);
    t->seq_len = session_seq_len(s);
    t->layout = trace_layout(t->config);
    t->stream = SITE_BIT(arch_stream_first(t->config->arch)) |
                SITE_BIT(arch_stream_next(t->config->arch));
    const uint64_t resid = resid_bytes(t->config, t->seq_len);
    const uint64_t left = session_memory_left(s);
    if (resid > left) {
        err_set(err, ERR_MEMORY, 0,
                "%s: memory: found %.2f GB for the trace, need %.2f GB for "
                "%d tokens",
                model_path(t->model), (double)left / 1e9, (double)resid / 1e9,
                t->seq_len);
        free(t);
        return NULL;
    }
    t->budget_bytes = budget_bytes < left - resid ? budget_bytes : left - resid;
    t->resid =
        floats_alloc(resid / sizeof(float), "trace residual stream", err);
    const bool ok = arena_open(t, err) && ends_open(t, err);
    t->evicted =
        trace_evicted_open(t->model, t->seq_len, session_threads(s), err);
    if (!t->resid || !ok || !t->evicted) {
        trace_close(t);
        return NULL;
    }
    session_set_hook(s, (SiteHook){.fn = on_feed, .ud = t, .store = &store});
    return t;
}

void trace_close(Trace *t) {
    if (!t) return;
    session_set_hook(t->session, (SiteHook){0});
    trace_evicted_close(t->evicted);
    free(t->ends);
    free(t->arena);
    free(t->resid);
    free(t);
}

/* ---- writing ----------------------------------------------------------- */

static void truncate_to(Trace *t, int pos) {
    if (pos >= trace_n_pos(t)) return;
    if (trace_two_way(t)) pos = 0;
    atomic_store_explicit(&t->n_pos, pos, memory_order_release);
    trace_evicted_forget(t->evicted);
}

void trace_sync(Trace *t) {
    truncate_to(t, session_pos(t->session));
}

/* Batches end with a block, and where no more positions are stored: all rows of
 * a site can be placed then, or none are wanted. */
static SiteMask on_begin(void *ud, int pos, int *n) {
    Trace *t = ud;
    const int left = stored_max(t) - pos;
    truncate_to(t, pos);
    for (int i = pos; i < pos + *n; i++)
        atomic_store_explicit(&t->ends[i], false, memory_order_relaxed);
    if (!trace_two_way(t)) {
        *n = num_min(*n, TRACE_BLOCK - pos % TRACE_BLOCK);
        if (left > 0) *n = num_min(*n, left);
    }
    return t->stream | (left > 0 ? t->layout.recorded : 0);
}

/* Where the site of a tap goes at one of its positions; NULL: nowhere. */
static float *destination(const Trace *t, const Tap *tap, int pos) {
    if (in_mask(tap->site, t->stream))
        return resid_row(t, depth_of(t, tap->site, tap->layer), pos);
    if (!is_stored(t, pos)) return NULL;
    return stored_row(t, tap->site, tap->layer, pos);
}

/* The logits are lent by the session for longer than this may live. */
static float *on_place(void *ud, const Tap *tap) {
    const Trace *t = ud;
    const int last = tap->pos + tap->n_pos - 1;
    const bool together = last / TRACE_BLOCK == tap->pos / TRACE_BLOCK;
    if (tap->site == SITE_LOGITS || !together) return NULL;
    if (last > tap->pos && !destination(t, tap, last)) return NULL;
    return destination(t, tap, tap->pos);
}

static size_t tap_row_bytes(const Trace *t, const Tap *tap) {
    int rows, cols;
    site_shape(tap->site, t->config, tap->n_keys, &rows, &cols);
    return (size_t)rows * cols * sizeof(float);
}

static void on_feed(void *ud, const Tap *tap) {
    Trace *t = ud;
    const size_t bytes = tap_row_bytes(t, tap);
    if (destination(t, tap, tap->pos) == tap->data) return; /* all are there */
    for (int i = 0; i < tap->n_pos; i++) {
        float *to = destination(t, tap, tap->pos + i);
        if (to) memcpy(to, tap->data + (size_t)i * tap->stride, bytes);
        if (to && tap->site == SITE_LOGITS)
            atomic_store_explicit(&t->ends[tap->pos + i], true,
                                  memory_order_release);
    }
}

static void on_end(void *ud, int pos, int n) {
    Trace *t = ud;
    atomic_store_explicit(&t->n_pos, pos + n, memory_order_release);
}

/* ---- reading ----------------------------------------------------------- */

const Model *trace_model(const Trace *t) {
    return t->model;
}
const Config *trace_config(const Trace *t) {
    return t->config;
}
const Edits *trace_edits(const Trace *t) {
    return session_edits(t->session);
}
const Session *trace_session(const Trace *t) {
    return t->session;
}
const Taken *trace_taken(const Trace *t) {
    return session_taken(t->session);
}

static const float *donated(const void *ud, Site site, int layer, int head,
                            int pos) {
    const Trace *t = ud;
    if (pos >= trace_n_pos(t) || !in_mask(site, arch_sites(t->config->arch)))
        return NULL;
    return trace_row(t, site, layer, pos) +
           (site == SITE_Z ? (size_t)head * t->config->head_dim : 0);
}

Donor trace_donor(const Trace *t) {
    return (Donor){donated, t};
}

int trace_n_pos(const Trace *t) {
    return atomic_load_explicit(&t->n_pos, memory_order_acquire);
}

int trace_token(const Trace *t, int pos) {
    assert(0 <= pos && pos < trace_n_pos(t));
    return session_tokens(t->session)[pos];
}

int trace_n_keys(const Trace *t, int pos) {
    return trace_two_way(t) ? trace_n_pos(t) : pos + 1;
}

static const float *evicted_row(const Trace *t, Site site, int layer, int pos) {
    const RerunAsk ask = {.taken = trace_taken(t),
                          .layer = record_layer(t, site, layer),
                          .pos = pos,
                          .token = trace_token(t, pos),
                          .n_keys = trace_n_keys(t, pos),
                          .x = resid_row(t, record_layer(t, site, layer), pos),
                          .kv = session_kv(t->session)};
    return trace_evicted_row(t->evicted, site, &ask);
}

typedef struct EndTap {
    const Trace *trace;
} EndTap;

static void on_stored_end(void *ud, const Tap *tap) {
    const Trace *t = ((const EndTap *)ud)->trace;
    memcpy(stored_row(t, tap->site, 0, tap->pos), tap->data,
           tap_row_bytes(t, tap));
}

static bool has_end(const Trace *t, int pos) {
    return atomic_load_explicit(&t->ends[pos], memory_order_acquire);
}

/* Runs the end of the model at a stored position, and keeps it. */
static const float *run_end(const Trace *t, Site site, int pos) {
    EndTap to = {t};
    const SiteHook hook = {
        .mask = t->layout.recorded, .fn = on_stored_end, .ud = &to};
    trace_evicted_end(t->evicted, trace_taken(t), pos,
                      resid_row(t, t->config->n_layers, pos), hook);
    atomic_store_explicit(&t->ends[pos], true, memory_order_release);
    return stored_row(t, site, 0, pos);
}

const float *trace_find(const Trace *t, Site site, int layer, int pos) {
    assert(0 <= pos && pos < trace_n_pos(t));
    const Arch *a = t->config->arch;
    if (!in_mask(site, arch_sites(a))) return NULL;
    if (site == a->cached_key)
        return kv_key(session_kv(t->session), layer, pos);
    if (site == a->cached_value)
        return kv_value(session_kv(t->session), layer, pos);
    if (!in_mask(site, t->layout.recorded))
        return resid_row(t, depth_of(t, site, layer), pos);
    if (!is_stored(t, pos) ||
        (in_mask(site, t->layout.ends) && !has_end(t, pos)))
        return NULL;
    return stored_row(t, site, layer, pos);
}

const float *trace_row(const Trace *t, Site site, int layer, int pos) {
    assert(in_mask(site, arch_sites(t->config->arch)));
    const float *stored = trace_find(t, site, layer, pos);
    if (stored) return stored;
    if (is_stored(t, pos)) return run_end(t, site, pos);
    return evicted_row(t, site, layer, pos);
}

void trace_lens(const Trace *t, int pos, const float *x, float *logits) {
    trace_evicted_lens(t->evicted, trace_taken(t), pos, x, logits);
}

/* ---- taken from another trace -------------------------------------------- */

static void share_row(Trace *t, const Trace *from, Site site, int layer,
                      int pos) {
    int rows, cols;
    site_shape(site, t->config, trace_n_keys(t, pos), &rows, &cols);
    memcpy(stored_row(t, site, layer, pos), stored_row(from, site, layer, pos),
           (size_t)rows * cols * sizeof(float));
}

static void share_stored(Trace *t, const Trace *from, int pos) {
    const bool end = has_end(from, pos);
    for (int site = 0; site < SITE_COUNT; site++) {
        const bool is_end = in_mask((Site)site, t->layout.ends);
        const int n =
            site_info((Site)site)->per_layer ? t->config->n_layers : 1;
        if (!in_mask((Site)site, t->layout.recorded) || (is_end && !end))
            continue;
        for (int layer = 0; layer < n; layer++)
            share_row(t, from, (Site)site, layer, pos);
    }
    atomic_store_explicit(&t->ends[pos], end, memory_order_release);
}

int trace_share(Trace *t, const Trace *from, int n) {
    const size_t bytes = (size_t)t->config->dim * sizeof(float);
    int pos = session_pos(t->session);
    truncate_to(t, pos);
    for (; pos < n && (is_stored(from, pos) || !is_stored(t, pos)); pos++) {
        for (int depth = 0; depth <= t->config->n_layers; depth++)
            memcpy(resid_row(t, depth, pos), resid_row(from, depth, pos),
                   bytes);
        if (is_stored(t, pos)) share_stored(t, from, pos);
    }
    session_share(t->session, from->session, pos);
    atomic_store_explicit(&t->n_pos, pos, memory_order_release);
    return pos;
}

TraceStats trace_stats(const Trace *t) {
    const int n = num_min(trace_n_pos(t), stored_max(t));
    return (TraceStats){
        .n_stored = n,
        .stored_bytes =
            trace_layout_floats(&t->layout, n, key_room(t)) * sizeof(float),
        .budget_bytes = t->budget_bytes,
        .n_recomputed = trace_evicted_n_run(t->evicted),
        .n_ends = trace_evicted_n_ends(t->evicted),
    };
}
