/* One layer, or the model's end, with buffers of its own. */
#include "engine/run/rerun.h"

#include "engine/base/memory.h"
#include "engine/run/forward.h"

#include <stdlib.h>
#include <string.h>

struct Rerun {
    Forward forward;
    float *new_kv; /* [2, G*K]: the cache is only read */
};

Rerun *rerun_open(const Model *m, int seq_len, Err *err) {
    const Config *c = model_config(m);
    const size_t kv_floats = 2 * (size_t)c->n_kv_heads * c->head_dim;
    Rerun *r = calloc(1, sizeof *r);
    if (r) r->new_kv = memory_floats(kv_floats);
    if (!r || !r->new_kv) {
        err_memory(err, "layer scratch", kv_floats * sizeof(float));
        goto fail;
    }
    if (!forward_init(&r->forward, m, kern_get(NULL), 0, 1, seq_len, err))
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

/* The last site of a layer that somebody wants. */
static Site last_wanted(SiteMask mask, bool want_out) {
    Site site = SITE_RESID_POST;
    while (!want_out && site > SITE_RESID_PRE && !(mask & SITE_BIT(site)))
        site--;
    return site;
}

void rerun_layer(Rerun *r, const RerunAsk *ask) {
    const SiteMask kv_sites =
        SITE_BIT(SITE_K) | SITE_BIT(SITE_V) | SITE_BIT(SITE_ROT_K);
    Forward *f = &r->forward;
    const size_t dim = model_config(f->model)->dim;
    ForwardKv io = {.keys = kv_key(ask->kv, ask->layer, 0),
                    .values = kv_value(ask->kv, ask->layer, 0),
                    .n_keys = ask->n_keys};
    if (ask->hook.mask & kv_sites) {
        io.new_keys = r->new_kv;
        io.new_values = r->new_kv + ask->kv->width;
    }
    f->edits = ask->edits;
    f->hook = ask->hook;
    forward_begin(f, ask->pos, 1);
    memcpy(f->at.x, ask->x, dim * sizeof *f->at.x);
    forward_layer(f, ask->layer, last_wanted(ask->hook.mask, ask->out), &io);
    if (ask->out) memcpy(ask->out, f->at.x, dim * sizeof *f->at.x);
}

void rerun_final(Rerun *r, int pos, const float *x, SiteHook hook) {
    Forward *f = &r->forward;
    f->hook = hook;
    forward_begin(f, pos, 1);
    memcpy(f->at.x, x, model_config(f->model)->dim * sizeof *x);
    forward_final(f, 0, 1);
}
