/* One model in every format: where nothing is lost the logits are the same,
 * where weights are rounded they stay within the bound stated here. */
#include "engine/run/session.h"

#include "tests/support/folder.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"

#include <math.h>
#include <string.h>

enum { N_TOKENS = 12, VOCAB = 300 };

/* Logits after the last of N_TOKENS, fed in two parts. */
static void run(const Model *m, float *logits) {
    Err err = {0};
    int tokens[N_TOKENS];
    for (int i = 0; i < N_TOKENS; i++)
        tokens[i] = (1 + 37 * i) % VOCAB;
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    session_feed(s, tokens, 7, &err);
    const float *row = session_feed(s, tokens + 7, N_TOKENS - 7, &err);
    ck_assert_msg(row != NULL, "%s", err.msg);
    memcpy(logits, row, VOCAB * sizeof *logits);
    session_close(s);
}

/* Runs the model in b, which is freed. */
static void run_bytes(const char *name, Bytes b, float *logits) {
    Err err = {0};
    Model *m = model_open_memory(name, b.data, b.size, &err);
    ck_assert_msg(m != NULL, "%s: %s", name, err.msg);
    run(m, logits);
    model_close(m);
    bytes_free(&b);
}

static Bytes llama2c_bytes(TinySpec spec, int version, int group) {
    Bytes b = {0};
    spec.version = version;
    spec.group = group;
    b.data = tiny_model_bytes(&spec, &b.size);
    b.capacity = b.size;
    return b;
}

static Bytes gguf_of(TinySpec model, int version, DType type) {
    GgufSpec spec = gguf_spec(model);
    spec.version = version;
    spec.matrices = spec.embedding = spec.w_down = type;
    return gguf_bytes(&spec);
}

static void run_folder(const TinySpec *spec, const char *type, int n_parts,
                       float *logits) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    Bytes b = llama2c_bytes(*spec, 0, 0);
    Model *from = model_open_memory("m.bin", b.data, b.size, &err);
    ck_assert_msg(from != NULL, "%s", err.msg);
    folder_make(dir);
    tiny_hf_write(dir, from, type, n_parts);
    Model *m = model_open(dir, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    run(m, logits);
    model_close(m);
    model_close(from);
    folder_remove(dir);
    bytes_free(&b);
}

static void check_same(const float *got, const float *want, const char *what) {
    for (int i = 0; i < VOCAB; i++)
        ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-5f,
                      "%s: logit %d: found %g, need %g", what, i,
                      (double)got[i], (double)want[i]);
}

/* Weights that every float type holds: the containers and types lose none. */
static void check_lossless(bool shared) {
    TinySpec spec = tiny_spec();
    float want[VOCAB], got[VOCAB];
    spec.shared_classifier = shared;
    spec.short_weights = true;
    run_bytes("v0.bin", llama2c_bytes(spec, 0, 0), want);
    run_bytes("v1.bin", llama2c_bytes(spec, 1, 0), got);
    check_same(got, want, "llama2.c v1");
    for (int version = 2; version <= 3; version++)
        for (DType type = DTYPE_F32; type <= DTYPE_BF16; type++) {
            run_bytes("m.gguf", gguf_of(spec, version, type), got);
            check_same(got, want, dtype_info(type)->name);
        }
    static const char *const types[] = {"F32", "F16", "BF16"};
    for (int i = 0; i < 3; i++)
        for (int n_parts = 1; n_parts <= 3; n_parts += 2) {
            run_folder(&spec, types[i], n_parts, got);
            check_same(got, want, types[i]);
        }
}

START_TEST(every_lossless_format_gives_the_same_logits) {
    check_lossless(true);
    check_lossless(false);
}
END_TEST

/* The logits of each of N_TOKENS alone: attention as sharp as this model's
 * would turn a small change into another key. */
static float *run_alone(const char *name, Bytes b) {
    float *out = malloc(N_TOKENS * VOCAB * sizeof *out);
    Err err = {0};
    Model *m = model_open_memory(name, b.data, b.size, &err);
    ck_assert_msg(out && m, "%s: %s", name, err.msg);
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert_ptr_nonnull(s);
    for (int i = 0; i < N_TOKENS; i++) {
        session_rewind(s, 0);
        const float *row = session_feed(s, &(int){10 + 23 * i}, 1, &err);
        ck_assert_ptr_nonnull(row);
        memcpy(out + i * VOCAB, row, VOCAB * sizeof *out);
    }
    session_close(s);
    model_close(m);
    bytes_free(&b);
    return out;
}

/* How far the logits in b are off, as a part of their spread. */
static double lost(const char *name, Bytes b, const float *want) {
    float *got = run_alone(name, b);
    double squares = 0, off = 0;
    for (int i = 0; i < N_TOKENS * VOCAB; i++) {
        squares += pow((double)want[i], 2);
        off += pow((double)got[i] - (double)want[i], 2);
    }
    free(got);
    return sqrt(off / squares);
}

/* What rounding the weights to a type may change, and must: half as much again
 * as was measured, and half of it.  (Blocks read in another order lose 1.4.) */
static const struct {
    DType type;
    double measured;
} bounds[] = {
    {DTYPE_Q8_0, 0.022}, {DTYPE_Q6_K, 0.058}, {DTYPE_Q5_0, 0.136},
    {DTYPE_Q5_1, 0.116}, {DTYPE_Q5_K, 0.116}, {DTYPE_Q4_0, 0.268},
    {DTYPE_Q4_1, 0.231}, {DTYPE_Q4_K, 0.227},
};
#define GROUPS_MEASURED 0.024

static void check_lost(const char *what, double found, double measured) {
    ck_assert_msg(found > measured / 2 && found < measured * 1.5,
                  "%s: off by %g of 1, need %g to %g", what, found,
                  measured / 2, measured * 1.5);
}

/* Rows of whole blocks of every type. */
static TinySpec wide_spec(void) {
    TinySpec s = tiny_spec();
    s.dim = 256;
    s.hidden_dim = 512;
    return s;
}

START_TEST(quantised_formats_stay_within_their_bound) {
    const TinySpec spec = wide_spec();
    float *want = run_alone("v0.bin", llama2c_bytes(spec, 0, 0));
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        check_lost(dtype_info(bounds[i].type)->name,
                   lost("m.gguf", gguf_of(spec, 3, bounds[i].type), want),
                   bounds[i].measured);
    for (int group = 16; group <= 1024; group *= 4)
        check_lost("llama2.c v2",
                   lost("v2.bin", llama2c_bytes(spec, 2, group), want),
                   GROUPS_MEASURED);
    free(want);
}
END_TEST

TEST_MAIN("formats", every_lossless_format_gives_the_same_logits,
          quantised_formats_stay_within_their_bound)
