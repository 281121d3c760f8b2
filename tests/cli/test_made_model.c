#include "engine/run/session.h"
#include "engine/spec/arch.h"
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
          blocks_that_do_not_fit_are_refused)
