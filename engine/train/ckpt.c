/* Everything that a step depends on, in one file that is replaced as a
 * whole. */
#include "engine/train/ckpt.h"

#include "engine/base/reader.h"
#include "engine/base/sum.h"
#include "engine/base/writer.h"
#include "engine/spec/arch.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC     "LLNTRAIN"
#define VERSION   3
#define SUM_BYTES 8 /* the checksum at the end */

#define ARCH_NAME_MAX 64 /* bytes */

/* ---- writing ------------------------------------------------------------- */

static void write_header(Writer *w, const Config *c, const TrainOptions *o) {
    const OptimOptions *p = &o->optim;
    const int sizes[] = {c->dim,         c->hidden_dim, c->n_layers,
                         c->n_heads,     c->n_kv_heads, c->vocab_size,
                         c->seq_len_max, o->batch,      p->steps,
                         p->warmup,      o->drill.rows, o->drill.steps};
    const float rates[] = {p->rate,  p->rate_end, p->beta1,
                           p->beta2, p->decay,    p->clip};
    writer_bytes(w, MAGIC, strlen(MAGIC));
    writer_u32(w, VERSION);
    writer_u32(w, (uint32_t)strlen(c->arch->name));
    writer_bytes(w, c->arch->name, strlen(c->arch->name));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        writer_u32(w, (uint32_t)sizes[i]);
    writer_floats(w, rates, sizeof rates / sizeof *rates);
    writer_u64(w, o->seed);
}

bool ckpt_save(const char *path, Trainer *t, const CkptText *text, Err *err) {
    const Params *p = train_params(t);
    const TrainState state = train_state(t);
    Writer w = {0};
    write_header(&w, &p->config, train_options(t));
    writer_u64(&w, text->checksum);
    writer_f32(&w, text->held_out);
    writer_u32(&w, (uint32_t)*state.steps);
    writer_u32(&w, (uint32_t)text->tokenizer_size);
    writer_bytes(&w, text->tokenizer, text->tokenizer_size);
    writer_u64(&w, p->n);
    writer_floats(&w, state.w, p->n);
    writer_floats(&w, state.m, p->n);
    writer_floats(&w, state.v, p->n);
    if (!w.failed) writer_u64(&w, sum_fnv1a(w.data, w.size));
    size_t size;
    void *bytes = writer_take(&w, &size, path, err);
    if (!bytes) return false;
    const bool ok = file_save(path, bytes, size, err);
    free(bytes);
    return ok;
}

/* ---- reading ------------------------------------------------------------- */

static int read_size(Reader *r, const char *field, int min, int max) {
    const int v = reader_i32(r, field);
    if (r->ok && (v < min || v > max))
        reader_fail(r, field, "found %d, need %d..%d", v, min, max);
    return v;
}

static float read_rate(Reader *r, const char *field, float max) {
    const float v = reader_f32(r, field);
    if (r->ok && !(v >= 0 && v <= max))
        reader_fail(r, field, "found %g, need 0..%g", (double)v, (double)max);
    return v;
}

static bool read_magic(Reader *r) {
    const uint8_t *magic = reader_take(r, strlen(MAGIC), "magic");
    if (!magic) return false;
    if (memcmp(magic, MAGIC, strlen(MAGIC)) != 0)
        return reader_fail(r, "magic",
                           "found other bytes, need " MAGIC
                           ", as llantern train writes it");
    const uint32_t version = reader_u32(r, "version");
    if (r->ok && version != VERSION)
        return reader_fail(r, "version", "found %u, need %d", version, VERSION);
    return r->ok;
}

static bool read_arch(Reader *r, Config *c) {
    const int n = read_size(r, "architecture", 1, ARCH_NAME_MAX);
    const char *name =
        r->ok ? (const char *)reader_take(r, (size_t)n, "architecture") : NULL;
    if (!name) return false;
    c->arch = arch_find(name, (size_t)n);
    return c->arch ||
           reader_fail(r, "architecture", "found \"%.*s\", need one of %s", n,
                       name, arch_names());
}

static bool read_header(Reader *r, Config *c, TrainOptions *o) {
    OptimOptions *p = &o->optim;
    if (!read_arch(r, c)) return false;
    c->dim = reader_i32(r, "dim");
    c->hidden_dim = reader_i32(r, "hidden_dim");
    c->n_layers = reader_i32(r, "n_layers");
    c->n_heads = reader_i32(r, "n_heads");
    c->n_kv_heads = reader_i32(r, "n_kv_heads");
    c->vocab_size = reader_i32(r, "vocab_size");
    c->seq_len_max = reader_i32(r, "seq_len");
    c->head_dim = c->n_heads > 0 ? c->dim / c->n_heads : 0;
    c->norm_eps = PARAMS_NORM_EPS;
    c->rope_theta = PARAMS_ROPE_THETA;
    c->tied = true;
    c->activation = c->arch->activation;
    o->batch = read_size(r, "batch", 1, TRAIN_BATCH_MAX);
    p->steps = read_size(r, "steps", 1, TRAIN_STEPS_MAX);
    p->warmup = read_size(r, "warmup", 0, TRAIN_STEPS_MAX);
    o->drill.rows = read_size(r, "drill rows", 0, TRAIN_BATCH_MAX);
    o->drill.steps = read_size(r, "drill steps", 0, TRAIN_STEPS_MAX);
    p->rate = read_rate(r, "rate", 1);
    p->rate_end = read_rate(r, "rate_end", 1);
    p->beta1 = read_rate(r, "beta1", 1);
    p->beta2 = read_rate(r, "beta2", 1);
    p->decay = read_rate(r, "decay", 1);
    p->clip = read_rate(r, "clip", 1e9f);
    o->seed = reader_u64(r, "seed");
    return r->ok && config_check(c, r->name, r->err);
}

/* Notes where the three blocks are, which are all that is left. */
static bool read_state(Reader *r, Ckpt *c) {
    Params p;
    if (!params_init(&p, &c->config, r->name, r->err)) return false;
    const uint64_t n = reader_u64(r, "state");
    if (r->ok && n != p.n)
        return reader_fail(r, "state", "found %llu weights, need %zu",
                           (unsigned long long)n, p.n);
    c->state_at = r->pos;
    for (size_t i = 0; r->ok && i < 3 * p.n; i++) {
        const float v = reader_f32(r, "state");
        if (r->ok && !isfinite(v))
            return reader_fail(r, "state", "found %g, need finite numbers",
                               (double)v);
    }
    if (r->ok && reader_left(r) > 0)
        return reader_fail(r, "size", "found %zu bytes too many",
                           reader_left(r));
    return r->ok;
}

static bool read_all(Reader *r, Ckpt *c) {
    if (!read_magic(r)) return false;
    const size_t end = r->size - SUM_BYTES;
    Reader sum = reader_init(r->base, r->size, r->name, r->err);
    reader_take(&sum, end, "checksum");
    if (reader_u64(&sum, "checksum") != sum_fnv1a(r->base, end))
        return reader_fail(r, "checksum",
                           "found another sum than that of the bytes: the "
                           "file is damaged or cut");
    r->size = end;
    if (!read_header(r, &c->config, &c->options)) return false;
    c->text.checksum = reader_u64(r, "text");
    c->text.held_out = read_rate(r, "held_out", 0.5f);
    c->steps = read_size(r, "steps done", 0, TRAIN_STEPS_MAX);
    const int n = read_size(r, "tokenizer", 1, (int)TOKENIZER_FILE_MAX);
    if (!r->ok) return false;
    c->text.tokenizer_size = (size_t)n;
    c->text.tokenizer = reader_take(r, (size_t)n, "tokenizer");
    return r->ok && read_state(r, c);
}

bool ckpt_open(Ckpt *c, const char *path, Err *err) {
    *c = (Ckpt){0};
    if (!file_open(&c->file, path, CKPT_FILE_MAX, err)) return false;
    Reader r = reader_init(c->file.data, c->file.size, path, err);
    if (read_all(&r, c)) return true;
    ckpt_close(c);
    return false;
}

void ckpt_close(Ckpt *c) {
    file_close(&c->file);
    *c = (Ckpt){0};
}

void ckpt_restore(const Ckpt *c, Trainer *t) {
    const TrainState state = train_state(t);
    const size_t n = train_params(t)->n;
    Reader r = reader_init(c->file.data, c->file.size, c->file.path, NULL);
    reader_take(&r, c->state_at, "state");
    float *const blocks[] = {state.w, state.m, state.v};
    for (int b = 0; b < 3; b++)
        for (size_t i = 0; i < n; i++)
            blocks[b][i] = reader_f32(&r, "state");
    assert(r.ok);
    *state.steps = c->steps;
}
