#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/spec/params.h"
#include "tests/support/test.h"
#include "viz/cli/bench/made_model.h"

#include <math.h>
#include <stdlib.h>

static bool fits(DType type) {
    return dtype_info(type)->block_items <= 32;
}

/* Opens the small shape; the caller closes both. */
static Model *open_small(DType type, void **bytes) {
    Err err = {0};
    Model *m = made_model_open(made_shape("small"), type, bytes, &err);
    ck_assert_msg(m != NULL, "%s: %s", dtype_info(type)->name, err.msg);
    return m;
}

START_TEST(every_type_opens_and_runs) {
    for (DType type = 0; type < DTYPE_Q8_GROUPS; type++) {
        void *bytes;
        Err err = {0};
        if (!fits(type)) continue;
        Model *m = open_small(type, &bytes);
        ck_assert_int_eq(model_tensor(m, TENSOR_W_DOWN, 3)->type, type);
        ck_assert_int_eq(model_tensor(m, TENSOR_FFN_NORM, 3)->type, DTYPE_F32);
        Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
        const int ids[] = {1, 7, 1023};
        const float *logits = session_feed(s, ids, 3, &err);
        ck_assert_ptr_nonnull(logits);
        float least = logits[0], most = logits[0];
        for (int i = 0; i < 1024; i++) {
            ck_assert(isfinite(logits[i]));
            least = fminf(least, logits[i]);
            most = fmaxf(most, logits[i]);
        }
        ck_assert(most > least); /* weights of no meaning, but weights */
        session_close(s);
        model_close(m);
        free(bytes);
    }
}
END_TEST

START_TEST(the_same_is_the_same) {
    void *bytes[3];
    Model *a = open_small(DTYPE_Q4_0, &bytes[0]);
    Model *b = open_small(DTYPE_Q4_0, &bytes[1]);
    Model *other = open_small(DTYPE_Q8_0, &bytes[2]);
    ck_assert_str_eq(model_name(a), "small-q4_0");
    ck_assert(model_checksum(a) == model_checksum(b));
    ck_assert(model_checksum(a) != model_checksum(other));
    model_close(a);
    model_close(b);
    model_close(other);
    for (int i = 0; i < 3; i++)
        free(bytes[i]);
}
END_TEST

/* The sizes that the shapes are known by: parameters of what they are named
 * after. */
START_TEST(shapes_are_those_they_are_named_after) {
    static const struct {
        const char *name;
        double millions;
    } shapes[] = {{"15M", 15.2}, {"110M", 109.5}, {"1.1B", 1100}, {"7B", 6738}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const Config *c = &made_shape(shapes[i].name)->config;
        double n = 0;
        Err err = {0};
        ck_assert_msg(config_check(c, shapes[i].name, &err), "%s", err.msg);
        for (int role = 0; role < TENSOR_ROLES; role++) {
            int rows, cols;
            if (arch_copies(c, (TensorRole)role) == 0) continue;
            arch_shape(c, (TensorRole)role, &rows, &cols);
            n += (double)rows * cols * arch_copies(c, (TensorRole)role);
        }
        ck_assert_double_eq_tol(n / 1e6, shapes[i].millions,
                                shapes[i].millions / 200);
    }
    ck_assert_ptr_null(made_shape("14M"));
}
END_TEST

/* With biases, positions and gains, as published: Radford et al. 2019, tables
 * of Transformers; Qwen 3's technical report, 2025, has 0.6 billion. */
START_TEST(other_families_have_their_known_sizes) {
    static const struct {
        const char *name;
        uint64_t n;
    } shapes[] = {{"gpt2", 124439808},
                  {"gpt2-xl", 1557611200},
                  {"qwen3-0.6b", 596049920},
                  {"bert", 108891648}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const Config *c = &made_shape(shapes[i].name)->config;
        Err err = {0};
        ck_assert_msg(config_check(c, shapes[i].name, &err), "%s", err.msg);
        ck_assert_uint_eq(params_total(c), shapes[i].n);
    }
}
END_TEST

/* The same architectures, small, so that they run: what is opened holds as many
 * parameters as its sizes say, and what a token reads is all of that but the
 * rows that are looked up. */
START_TEST(other_families_open_and_run) {
    static const char *const names[] = {"gpt2", "qwen3-0.6b"};
    for (int i = 0; i < 4; i++) {
        const DType type = i % 2 ? DTYPE_Q8_0 : DTYPE_F32;
        MadeShape small = *made_shape(names[i / 2]);
        void *bytes;
        Err err = {0};
        Config *c = &small.config;
        c->dim = 64;
        c->hidden_dim = 96;
        c->n_layers = 2;
        c->n_heads = 2;
        c->n_kv_heads = i / 2 ? 1 : 2;
        c->head_dim = i / 2 ? 64 : 32;
        c->vocab_size = 320;
        c->seq_len_max = 16;
        Model *m = made_model_open(&small, type, &bytes, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_str_eq(model_config(m)->arch->name, c->arch->name);
        ck_assert_uint_eq(model_n_params(m), params_total(c));
        ck_assert_int_eq(model_config(m)->activation, c->activation);
        ck_assert(model_config(m)->rope_theta == c->rope_theta);
        Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
        const int ids[] = {1, 7, 319};
        const float *logits = session_feed(s, ids, 3, &err);
        ck_assert_ptr_nonnull(logits);
        float least = logits[0], most = logits[0];
        for (int k = 0; k < 320; k++) {
            ck_assert(isfinite(logits[k]));
            least = fminf(least, logits[k]);
            most = fmaxf(most, logits[k]);
        }
        ck_assert(most > least);
        session_close(s);
        model_close(m);
        free(bytes);
    }
}
END_TEST

/* One without a head, whose texts are one whole. */
START_TEST(a_bert_opens_and_runs) {
    MadeShape small = *made_shape("bert");
    Config *c = &small.config;
    void *bytes;
    Err err = {0};
    c->n_layers = 2;
    c->vocab_size = 320;
    c->seq_len_max = 16;
    Model *m = made_model_open(&small, DTYPE_Q8_0, &bytes, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_str_eq(model_config(m)->arch->name, "bert");
    ck_assert(!arch_predicts(model_config(m)->arch));
    ck_assert_uint_eq(model_n_params(m), params_total(c));
    ck_assert_int_eq(model_config(m)->activation, ACTIVATION_GELU);
    Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    const int ids[] = {1, 7, 319};
    err = (Err){0};
    session_feed(s, ids, 3, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.msg);
    ck_assert_int_eq(session_pos(s), 3);
    session_close(s);
    model_close(m);
    free(bytes);
}
END_TEST

START_TEST(blocks_that_do_not_fit_are_refused) {
    void *bytes;
    Err err = {0};
    ck_assert_ptr_null(
        made_model_open(made_shape("15M"), DTYPE_Q6_K, &bytes, &err));
    ck_assert_str_eq(err.msg, "15M: type q6_k: found rows of 288 and 768, need "
                              "whole blocks of 256");
    ck_assert_ptr_null(bytes);
}
END_TEST

TEST_MAIN("made_model", every_type_opens_and_runs, the_same_is_the_same,
          shapes_are_those_they_are_named_after,
          other_families_have_their_known_sizes, other_families_open_and_run,
          a_bert_opens_and_runs, blocks_that_do_not_fit_are_refused)
