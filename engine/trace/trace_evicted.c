/* Records of layers run again, the least recently asked for replaced first. */
#include "engine/trace/trace_evicted.h"

#include "engine/base/memory.h"
#include "engine/spec/arch.h"
#include "engine/trace/trace.h"
#include "engine/trace/trace_layout.h"

#include <stdlib.h>
#include <string.h>

/* One record: a layer's, or that of the model's start and end (layer L). */
typedef struct Record {
    int layer, pos; /* pos -1: empty */
    int n_keys;
    SiteMask there; /* sites that are */
    uint64_t asked; /* when, for finding the least recent; 0: never */
    float *floats;  /* a block of this position alone */
} Record;

/* One more than must stay valid, for the one being asked for. */
#define RECORDS (TRACE_ROWS_VALID + 1)

struct TraceEvicted {
    const Config *config;
    TraceLayout layout;
    Rerun *again;
    Record records[RECORDS];
    float *floats;   /* of all records */
    uint64_t now;    /* counts questions */
    uint64_t n_run;  /* records, since open */
    uint64_t n_ends; /* ends that were not kept */
};

/* ---- open, close --------------------------------------------------------- */

void trace_evicted_forget(TraceEvicted *e) {
    for (int i = 0; i < RECORDS; i++) {
        e->records[i].pos = -1;
        e->records[i].asked = 0;
    }
}

static bool open_parts(TraceEvicted *e, const Model *m, int seq_len,
                       int n_threads, Err *err) {
    const TraceLayout *y = &e->layout;
    uint64_t n = (uint64_t)y->layer_floats +
                 (uint64_t)y->n_per_key * (uint64_t)y->n_heads * seq_len;
    if (n < (uint64_t)y->final_floats) n = (uint64_t)y->final_floats;
    const uint64_t bytes = RECORDS * n * sizeof(float);
    e->floats = bytes < SIZE_MAX ? memory_alloc((size_t)bytes) : NULL;
    if (!e->floats) return err_memory(err, "trace rows", bytes);
    for (int i = 0; i < RECORDS; i++)
        e->records[i].floats = e->floats + i * n;
    trace_evicted_forget(e);
    e->again = rerun_open(m, seq_len, n_threads, err);
    return e->again != NULL;
}

TraceEvicted *trace_evicted_open(const Model *m, int seq_len, int n_threads,
                                 Err *err) {
    TraceEvicted *e = calloc(1, sizeof *e);
    if (!e) {
        err_memory(err, "trace rows", sizeof *e);
        return NULL;
    }
    e->config = model_config(m);
    e->layout = trace_layout(e->config);
    if (open_parts(e, m, seq_len, n_threads, err)) return e;
    trace_evicted_close(e);
    return NULL;
}

void trace_evicted_close(TraceEvicted *e) {
    if (!e) return;
    rerun_close(e->again);
    free(e->floats);
    free(e);
}

/* ---- records ------------------------------------------------------------- */

static float *row_in(const TraceEvicted *e, const Record *r, Site site) {
    const TraceBlock b = {r->pos, 1, r->n_keys};
    return r->floats + trace_layout_at(&e->layout, b, site, 0, r->pos);
}

static size_t row_bytes(const TraceEvicted *e, const Tap *tap) {
    int rows, cols;
    site_shape(tap->site, e->config, tap->n_keys, &rows, &cols);
    return (size_t)rows * cols * sizeof(float);
}

typedef struct RecordTap {
    const TraceEvicted *evicted;
    const Record *record;
} RecordTap;

static void on_run(void *ud, const Tap *tap) {
    const RecordTap *to = ud;
    memcpy(row_in(to->evicted, to->record, tap->site), tap->data,
           row_bytes(to->evicted, tap));
}

/* Only as far as a question about `site` needs, and what is near it. */
static void run_again(TraceEvicted *e, Record *r, Site site,
                      const RerunAsk *ask) {
    const Arch *a = e->config->arch;
    const bool is_start = (e->layout.starts & SITE_BIT(site)) != 0;
    const SiteMask wanted =
        is_start ? e->layout.starts
                 : arch_up_to(a, arch_stage_end(a, site)) & ~e->layout.starts;
    RecordTap to = {e, r};
    RerunAsk full = *ask;
    r->n_keys = ask->n_keys;
    r->there |= wanted;
    full.hook = (SiteHook){
        .mask = e->layout.recorded & wanted, .fn = on_run, .ud = &to};
    full.out = NULL;
    if (is_start)
        rerun_start(e->again, ask->taken, ask->pos, ask->token, full.hook);
    else if (ask->layer == e->config->n_layers)
        rerun_final(e->again, ask->taken, ask->pos, ask->x, full.hook);
    else
        rerun_layer(e->again, &full);
    e->n_run++;
}

/* The record of (layer, pos); if there is none, the least recently asked for,
 * with nothing in it yet. */
static Record *find(TraceEvicted *e, int layer, int pos) {
    Record *oldest = &e->records[0];
    for (int i = 0; i < RECORDS; i++) {
        Record *r = &e->records[i];
        if (r->pos == pos && r->layer == layer) return r;
        if (r->asked < oldest->asked) oldest = r;
    }
    oldest->layer = layer;
    oldest->pos = pos;
    oldest->there = 0;
    return oldest;
}

const float *trace_evicted_row(TraceEvicted *e, Site site,
                               const RerunAsk *ask) {
    Record *r = find(e, ask->layer, ask->pos);
    r->asked = ++e->now;
    if (!(r->there & SITE_BIT(site))) run_again(e, r, site, ask);
    return row_in(e, r, site);
}

/* ---- the end of the model ------------------------------------------------ */

void trace_evicted_end(TraceEvicted *e, const Taken *taken, int pos,
                       const float *x, SiteHook hook) {
    rerun_final(e->again, taken, pos, x, hook);
    e->n_ends++;
}

typedef struct LensTap {
    float *logits;
    size_t bytes;
} LensTap;

static void on_lens(void *ud, const Tap *tap) {
    const LensTap *to = ud;
    memcpy(to->logits, tap->data, to->bytes);
}

void trace_evicted_lens(TraceEvicted *e, const Taken *taken, int pos,
                        const float *x, float *logits) {
    LensTap to = {.bytes = (size_t)e->config->vocab_size * sizeof *logits};
    to.logits = logits;
    rerun_final(
        e->again, taken, pos, x,
        (SiteHook){.mask = SITE_BIT(SITE_LOGITS), .fn = on_lens, .ud = &to});
}

uint64_t trace_evicted_n_run(const TraceEvicted *e) {
    return e->n_run;
}
uint64_t trace_evicted_n_ends(const TraceEvicted *e) {
    return e->n_ends;
}
