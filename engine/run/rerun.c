/* One layer, or the model's end, with buffers of its own. */
#include "engine/run/rerun.h"

#include "engine/base/memory.h"
#include "engine/run/forward.h"
#include "engine/spec/arch.h"

#include <stdlib.h>
#include <string.h>

struct Rerun {
    Forward forward;
    float *new_kv; /* [2, G*K]: the cache is only read */
};

Rerun *rerun_open(const Model *m, int seq_len, int n_threads, Err *err) {
    const Config *c = model_config(m);
    const size_t kv_floats = 2 * (size_t)c->n_kv_heads * c->head_dim;
    Rerun *r = calloc(1, sizeof *r);
    if (r) r->new_kv = memory_floats(kv_floats);
    if (!r || !r->new_kv) {
        err_memory(err, "layer scratch", kv_floats * sizeof(float));
        goto fail;
    }
    if (!forward_init(&r->forward, m, kern_get(NULL), n_threads, 1, seq_len,
                      err))
        goto fail;
    return r;
fail:
    rerun_close(r);
    return NULL;
}

void rerun_close(Rerun *r) {
    if (!r) return;
    forward_free(&r->forward);
    free(r->new_kv);
    free(r);
}

/* What has to be computed for the sake of mask, or for what leaves a layer. */
static SiteMask wanted(const Arch *a, SiteMask mask, bool want_out) {
    return want_out ? arch_part_sites(a, ARCH_LAYER)
                    : arch_up_to(a, arch_last_in_layer(a, mask));
}

static void begin_at(Forward *f, const Taken *taken, int pos, SiteHook hook) {
    f->edits = taken->edits;
    f->taken = taken;
    f->hook = hook;
    forward_begin(f, pos, 1);
}

void rerun_layer(Rerun *r, const RerunAsk *ask) {
    Forward *f = &r->forward;
    const Arch *a = model_config(f->model)->arch;
    const size_t dim = model_config(f->model)->dim;
    ForwardKv io = {.keys = kv_key(ask->kv, ask->layer, 0),
                    .values = kv_value(ask->kv, ask->layer, 0),
                    .n_keys = ask->n_keys};
    if (ask->hook.mask & arch_cache_path(a)) {
        io.new_keys = r->new_kv;
        io.new_values = r->new_kv + ask->kv->width;
    }
    begin_at(f, ask->taken, ask->pos, ask->hook);
    memcpy(f->x, ask->x, dim * sizeof *f->x);
    forward_layer(f, ask->layer, wanted(a, ask->hook.mask, ask->out != NULL),
                  &io);
    if (ask->out) memcpy(ask->out, f->x, dim * sizeof *f->x);
}

void rerun_start(Rerun *r, const Taken *taken, int pos, int token,
                 SiteHook hook) {
    begin_at(&r->forward, taken, pos, hook);
    forward_embed(&r->forward, &token);
}

void rerun_final(Rerun *r, const Taken *taken, int pos, const float *x,
                 SiteHook hook) {
    Forward *f = &r->forward;
    begin_at(f, taken, pos, hook);
    memcpy(f->x, x, model_config(f->model)->dim * sizeof *x);
    forward_final(f, 0, 1);
}
