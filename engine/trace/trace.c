/* Where things are kept:
 *
 *     resid   [S, L+1, D]  the residual stream: what entered each layer, then
 *                          what left the last.  hook_embed, resid_pre and
 *                          resid_post are all rows of it.
 *     KV      the session's cache: rotated keys and values, borrowed.
 *     arena   whole positions, one record after the other, while they fit:
 *             a layer record for each layer, then the record of the end of
 *             the model.  Where a record starts follows from its position by
 *             arithmetic, so a rewind has nothing to free.
 *     rows    the reader's: layer records (or the model's end) run again
 *             from resid and KV, the least recently asked for replaced first.
 *
 * The writer touches resid, arena and n_pos; the reader only rows.  n_pos is
 * stored with release once a position's last site has arrived, and loaded
 * with acquire, which is all the ordering there is.
 */
#include "engine/trace/trace.h"

#include "engine/base/memory.h"
#include "engine/run/rerun.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Rows of resid; the rest of what is announced goes into records. */
#define RESID_SITES (SITE_BIT(SITE_EMBED) | SITE_BIT(SITE_RESID_POST))
/* Already held: the residual stream under another name, and the KV cache. */
#define HELD_SITES                                                             \
    (SITE_BIT(SITE_RESID_PRE) | SITE_BIT(SITE_V) | SITE_BIT(SITE_ROT_K))
#define RECORD_SITES (SITE_ALL & ~(RESID_SITES | HELD_SITES))

/* Where a site lies in its record, in floats.  Scores and pattern come last in
 * a layer record, as their size depends on the position. */
typedef struct Layout {
    int offset[SITE_COUNT];
    int layer_floats; /* without scores and pattern */
    int final_floats; /* the end of the model: final norm and logits */
    int n_heads, n_layers;
} Layout;

/* One record run again: a layer's, or the end of the model's (layer L). */
typedef struct Row {
    int layer, pos; /* pos -1: empty */
    Site last;      /* sites up to this one are there */
    uint64_t asked; /* when, for finding the least recent; 0: never */
    float *record;  /* [row_floats] */
} Row;

/* One more than must stay valid, for the one being asked for. */
#define ROWS (TRACE_ROWS_VALID + 1)

typedef struct Rows {
    Row row[ROWS];
    uint64_t now;   /* counts questions */
    uint64_t n_run; /* layers run again since open */
    float *records; /* [ROWS, row_floats] */
    Rerun *again;
} Rows;

struct Trace {
    Session *session;
    const Model *model;
    const Config *config;
    int seq_len; /* S */
    Layout layout;
    float *resid;
    float *arena;
    uint64_t arena_floats;
    uint64_t budget_bytes;
    _Atomic int n_pos; /* published */
    Rows *rows;
};

/* ---- layout ------------------------------------------------------------ */

static bool in_mask(Site s, SiteMask mask) {
    return (mask & SITE_BIT(s)) != 0;
}

static Layout layout_of(const Config *c) {
    Layout y = {.n_heads = c->n_heads, .n_layers = c->n_layers};
    for (int s = 0; s < SITE_COUNT; s++) {
        const SiteInfo *info = site_info((Site)s);
        if (!in_mask((Site)s, RECORD_SITES) || info->per_key) continue;
        int rows, cols;
        int *end = info->per_layer ? &y.layer_floats : &y.final_floats;
        site_shape((Site)s, c, 0, &rows, &cols);
        y.offset[s] = *end;
        *end += rows * cols;
    }
    y.offset[SITE_ATTN_SCORES] = y.layer_floats;
    y.offset[SITE_PATTERN] = y.layer_floats;
    return y;
}

/* Floats of a layer record with room for n_keys keys. */
static uint64_t layer_floats(const Layout *y, int n_keys) {
    return (uint64_t)y->layer_floats + 2 * (uint64_t)y->n_heads * n_keys;
}

/* Where position pos starts, in floats: the size of all before it.  Each has
 * room for key_room keys, or with key_room 0 for itself and those before. */
static uint64_t position_start(const Layout *y, int pos, int key_room) {
    uint64_t n = (uint64_t)pos;
    uint64_t keys = key_room ? n * key_room : n * (n + 1) / 2;
    uint64_t fixed = (uint64_t)y->n_layers * y->layer_floats + y->final_floats;
    return n * fixed + 2 * (uint64_t)y->n_layers * y->n_heads * keys;
}

/* Where a site of a record that holds n_keys keys is. */
static float *site_in_record(const Layout *y, float *record, Site site,
                             int n_keys) {
    size_t scores = site == SITE_PATTERN ? (size_t)y->n_heads * n_keys : 0;
    return record + y->offset[site] + scores;
}

uint64_t trace_bytes(const Config *c, int n_pos) {
    Layout y = layout_of(c);
    return position_start(&y, n_pos, 0) * sizeof(float);
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
    return t->seq_len < SESSION_NO_MASK_MAX ? t->seq_len : SESSION_NO_MASK_MAX;
}

static int key_room(const Trace *t) {
    return trace_edits(t)->no_mask ? no_mask_room(t) : 0;
}

static bool is_stored(const Trace *t, int pos) {
    return position_start(&t->layout, pos + 1, key_room(t)) <= t->arena_floats;
}

/* The record of a layer, or with layer L of the end, at a stored position. */
static float *stored_record(const Trace *t, int layer, int pos) {
    int room = key_room(t);
    return t->arena + position_start(&t->layout, pos, room) +
           (uint64_t)layer * layer_floats(&t->layout, room ? room : pos + 1);
}

/* What entered layer `depth`; with depth L what left the last. */
static float *resid_row(const Trace *t, int depth, int pos) {
    const Config *c = t->config;
    return t->resid + ((size_t)pos * (c->n_layers + 1) + depth) * c->dim;
}

/* Sites of the end of the model count as layer L. */
static int record_layer(const Trace *t, Site site, int layer) {
    return site_info(site)->per_layer ? layer : t->config->n_layers;
}

/* ---- open, close ------------------------------------------------------- */

static void on_feed(void *ud, const Tap *tap);

/* Zeroed, so that pages nobody writes are never backed by memory.  What is
 * stored is written once, from one end to the other, and getting small pages
 * takes longer than writing them. */
static float *floats_alloc(uint64_t n, const char *what, Err *err) {
    size_t bytes = n < SIZE_MAX / sizeof(float) ? n * sizeof(float) : SIZE_MAX;
    float *p = bytes == SIZE_MAX ? NULL : calloc(n ? n : 1, sizeof(float));
    if (p)
        memory_prefer_large_pages(p, bytes);
    else
        err_memory(err, what, bytes);
    return p;
}

static void rows_forget(Rows *rows) {
    for (int i = 0; i < ROWS; i++) {
        rows->row[i].pos = -1;
        rows->row[i].asked = 0;
    }
}

static Rows *rows_open(const Trace *t, Err *err) {
    Rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        err_memory(err, "trace rows", sizeof *rows);
        return NULL;
    }
    uint64_t floats = layer_floats(&t->layout, t->seq_len);
    if (floats < (uint64_t)t->layout.final_floats)
        floats = (uint64_t)t->layout.final_floats;
    rows->records = floats_alloc(ROWS * floats, "trace rows", err);
    for (int i = 0; rows->records && i < ROWS; i++)
        rows->row[i].record = rows->records + i * floats;
    rows_forget(rows);
    rows->again = rerun_open(t->model, t->seq_len, err);
    return rows;
}

static void rows_close(Rows *rows) {
    if (!rows) return;
    rerun_close(rows->again);
    free(rows->records);
    free(rows);
}

/* The arena: what the budget allows, but no more than could ever be used. */
static uint64_t arena_size(const Trace *t) {
    uint64_t masked = position_start(&t->layout, t->seq_len, 0);
    int room = no_mask_room(t);
    uint64_t unmasked = position_start(&t->layout, room, room);
    uint64_t most = masked > unmasked ? masked : unmasked;
    uint64_t budget = t->budget_bytes / sizeof(float);
    return budget < most ? budget : most;
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
    t->layout = layout_of(t->config);
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
    t->arena_floats = arena_size(t);
    t->resid =
        floats_alloc(resid / sizeof(float), "trace residual stream", err);
    t->arena = floats_alloc(t->arena_floats, "trace budget", err);
    t->rows = rows_open(t, err);
    if (!t->resid || !t->arena || !t->rows || !t->rows->records ||
        !t->rows->again) {
        trace_close(t);
        return NULL;
    }
    session_set_hook(s, (SiteHook){RESID_SITES | RECORD_SITES, on_feed, t});
    return t;
}

void trace_close(Trace *t) {
    if (!t) return;
    session_set_hook(t->session, (SiteHook){0});
    rows_close(t->rows);
    free(t->arena);
    free(t->resid);
    free(t);
}

/* ---- writing ----------------------------------------------------------- */

static void truncate_to(Trace *t, int pos) {
    if (pos >= trace_n_pos(t)) return;
    if (trace_edits(t)->no_mask) pos = 0;
    atomic_store_explicit(&t->n_pos, pos, memory_order_release);
    rows_forget(t->rows);
}

void trace_sync(Trace *t) {
    truncate_to(t, session_pos(t->session));
}

/* Where the site of a tap goes at one of its positions; NULL: nowhere. */
static float *destination(const Trace *t, const Tap *tap, int pos) {
    if (tap->site == SITE_EMBED) return resid_row(t, 0, pos);
    if (tap->site == SITE_RESID_POST) return resid_row(t, tap->layer + 1, pos);
    if (!is_stored(t, pos)) return NULL;
    int layer = record_layer(t, tap->site, tap->layer);
    return site_in_record(&t->layout, stored_record(t, layer, pos), tap->site,
                          tap->n_keys);
}

static size_t tap_row_bytes(const Trace *t, const Tap *tap) {
    int rows, cols;
    site_shape(tap->site, t->config, tap->n_keys, &rows, &cols);
    return (size_t)rows * cols * sizeof(float);
}

static void on_feed(void *ud, const Tap *tap) {
    Trace *t = ud;
    truncate_to(t, tap->pos);
    size_t bytes = tap_row_bytes(t, tap);
    for (int i = 0; i < tap->n_pos; i++) {
        float *to = destination(t, tap, tap->pos + i);
        if (to) memcpy(to, tap->data + (size_t)i * tap->stride, bytes);
    }
    if (tap->site == SITE_LOGITS)
        atomic_store_explicit(&t->n_pos, tap->pos + tap->n_pos,
                              memory_order_release);
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

int trace_n_pos(const Trace *t) {
    return atomic_load_explicit(&t->n_pos, memory_order_acquire);
}

int trace_token(const Trace *t, int pos) {
    assert(0 <= pos && pos < trace_n_pos(t));
    return session_tokens(t->session)[pos];
}

int trace_n_keys(const Trace *t, int pos) {
    return trace_edits(t)->no_mask ? trace_n_pos(t) : pos + 1;
}

/* A layer is run again only as far as a question needs: to the attention
 * weights, through the attention block, or whole. */
static Site stage_end(Site site) {
    if (site <= SITE_PATTERN) return SITE_PATTERN;
    if (site <= SITE_RESID_MID) return SITE_RESID_MID;
    if (site <= SITE_MLP_OUT) return SITE_MLP_OUT;
    return SITE_LOGITS;
}

typedef struct RowTap {
    const Trace *trace;
    const Row *row;
} RowTap;

static void on_run(void *ud, const Tap *tap) {
    const RowTap *to = ud;
    memcpy(site_in_record(&to->trace->layout, to->row->record, tap->site,
                          tap->n_keys),
           tap->data, tap_row_bytes(to->trace, tap));
}

static void run_again(const Trace *t, Row *row, Site last) {
    RowTap to = {t, row};
    SiteMask up_to_last = SITE_BIT(last) | (SITE_BIT(last) - 1);
    SiteHook hook = {RECORD_SITES & up_to_last, on_run, &to};
    const float *x = resid_row(t, row->layer, row->pos);
    Rerun *again = t->rows->again;
    if (row->layer == t->config->n_layers)
        rerun_final(again, row->pos, x, hook);
    else
        rerun_layer(again, &(RerunAsk){.edits = trace_edits(t),
                                       .layer = row->layer,
                                       .pos = row->pos,
                                       .n_keys = trace_n_keys(t, row->pos),
                                       .x = x,
                                       .kv = session_kv(t->session),
                                       .hook = hook});
    row->last = last;
    t->rows->n_run++;
}

/* The row of (layer, pos); if there is none, the least recently asked for,
 * with nothing in it yet. */
static Row *row_find(Rows *rows, int layer, int pos) {
    Row *oldest = &rows->row[0];
    for (int i = 0; i < ROWS; i++) {
        Row *row = &rows->row[i];
        if (row->pos == pos && row->layer == layer) return row;
        if (row->asked < oldest->asked) oldest = row;
    }
    oldest->layer = layer;
    oldest->pos = pos;
    oldest->last = SITE_EMBED;
    return oldest;
}

static float *run_record(const Trace *t, Site site, int layer, int pos) {
    Row *row = row_find(t->rows, layer, pos);
    row->asked = ++t->rows->now;
    if (row->last < site) run_again(t, row, stage_end(site));
    return row->record;
}

const float *trace_find(const Trace *t, Site site, int layer, int pos) {
    assert(0 <= pos && pos < trace_n_pos(t));
    switch (site) {
    case SITE_EMBED:
        return resid_row(t, 0, pos);
    case SITE_RESID_PRE:
        return resid_row(t, layer, pos);
    case SITE_RESID_POST:
        return resid_row(t, layer + 1, pos);
    case SITE_ROT_K:
        return kv_key(session_kv(t->session), layer, pos);
    case SITE_V:
        return kv_value(session_kv(t->session), layer, pos);
    default:
        break;
    }
    if (!is_stored(t, pos)) return NULL;
    float *record = stored_record(t, record_layer(t, site, layer), pos);
    return site_in_record(&t->layout, record, site, trace_n_keys(t, pos));
}

const float *trace_row(const Trace *t, Site site, int layer, int pos) {
    const float *stored = trace_find(t, site, layer, pos);
    if (stored) return stored;
    float *record = run_record(t, site, record_layer(t, site, layer), pos);
    return site_in_record(&t->layout, record, site, trace_n_keys(t, pos));
}

TraceStats trace_stats(const Trace *t) {
    int n = trace_n_pos(t);
    while (n > 0 && !is_stored(t, n - 1))
        n--;
    return (TraceStats){
        .n_stored = n,
        .stored_bytes =
            position_start(&t->layout, n, key_room(t)) * sizeof(float),
        .budget_bytes = t->budget_bytes,
        .n_recomputed = t->rows->n_run,
    };
}
