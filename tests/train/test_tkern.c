/* Every table against plain double precision, at sizes that are multiples of
 * nothing. */
#include "engine/base/chance.h"
#include "engine/train/tkern.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_MAX 300

static void draw(float *out, int n, uint64_t seed) {
    for (int i = 0; i < n; i++)
        out[i] = (float)chance_normal(seed, (uint64_t)i);
}

static double product(Mat a, Mat b, int i, int j, int k) {
    double sum = 0;
    for (int l = 0; l < k; l++)
        sum += (double)a.at[i * a.row + l * a.col] *
               (double)b.at[l * b.row + j * b.col];
    return sum;
}

/* c lies in a wider array, whose other values must stay. */
static void check_gemm(const Tkern *t, int m, int n, int k, bool flip_a,
                       bool flip_b, bool add) {
    const int ldc = n + 3;
    float *a = malloc(sizeof(float) * (size_t)(m * k));
    float *b = malloc(sizeof(float) * (size_t)(k * n));
    float *c = malloc(sizeof(float) * (size_t)(m * ldc));
    float *old = malloc(sizeof(float) * (size_t)(m * ldc));
    draw(a, m * k, 1);
    draw(b, k * n, 2);
    draw(c, m * ldc, 3);
    memcpy(old, c, sizeof(float) * (size_t)(m * ldc));
    const Mat am = flip_a ? mat_flip(a, m) : mat(a, k);
    const Mat bm = flip_b ? mat_flip(b, k) : mat(b, n);
    t->gemm(c, ldc, am, bm, m, n, k, add);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < ldc; j++) {
            const double before = (double)old[i * ldc + j];
            const double want =
                j >= n ? before : product(am, bm, i, j, k) + (add ? before : 0);
            ck_assert_msg(fabs((double)c[i * ldc + j] - want) <
                              1e-5 * (1 + sqrt(k)),
                          "%s %dx%dx%d [%d, %d]: %g, need %g", t->name, m, n, k,
                          i, j, (double)c[i * ldc + j], want);
        }
    free(a);
    free(b);
    free(c);
    free(old);
}

static void check_products(const Tkern *t) {
    const int sizes[][3] = {{1, 1, 1},    {8, 32, 16},   {7, 31, 5},
                            {9, 33, 129}, {37, 17, 257}, {64, 48, 128},
                            {13, 100, 3}, {2, 15, 300}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int way = 0; way < 8; way++)
            check_gemm(t, sizes[s][0], sizes[s][1], sizes[s][2], way & 1,
                       way & 2, way & 4);
}

static void check_softmax_back(const Tkern *t, int n) {
    float p[N_MAX] = {0}, dp[N_MAX] = {0}, ds[N_MAX];
    draw(p, n, 4);
    draw(dp, n, 5);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)p[i] * (double)dp[i];
    memcpy(ds, dp, sizeof ds);
    t->softmax_back(ds, p, n);
    for (int i = 0; i < n; i++)
        ck_assert_double_eq_tol((double)ds[i],
                                (double)p[i] * ((double)dp[i] - sum), 1e-4);
}

static void check_silu_back(const Tkern *t, int n) {
    float gate[N_MAX] = {0}, up[N_MAX] = {0}, dout[N_MAX] = {0};
    float dgate[N_MAX], dup[N_MAX];
    draw(gate, n, 6);
    draw(up, n, 7);
    draw(dout, n, 8);
    gate[0] = 90; /* where exp ends */
    gate[n - 1] = -90;
    t->silu_back(dgate, dup, dout, gate, up, n);
    for (int i = 0; i < n; i++) {
        const double g = (double)gate[i], s = 1 / (1 + exp(-g));
        ck_assert_double_eq_tol((double)dup[i], (double)dout[i] * g * s, 1e-5);
        ck_assert_double_eq_tol(
            (double)dgate[i],
            (double)dout[i] * (double)up[i] * s * (1 + g * (1 - s)), 1e-5);
    }
}

static void check_rmsnorm_back(const Tkern *t, int n) {
    float dx[N_MAX] = {0}, dgain[N_MAX] = {0}, dout[N_MAX] = {0};
    float norm[N_MAX] = {0}, gain[N_MAX] = {0};
    draw(dout, n, 9);
    draw(norm, n, 10);
    draw(gain, n, 11);
    const float scale = 1.5f;
    double mean = 0;
    for (int i = 0; i < n; i++)
        mean += (double)dout[i] * (double)gain[i] * (double)norm[i] / n;
    for (int pass = 1; pass <= 2; pass++) { /* it adds */
        t->rmsnorm_back(dx, dgain, dout, norm, gain, scale, n);
        for (int i = 0; i < n; i++) {
            const double d = (double)dout[i], x = (double)norm[i];
            ck_assert_double_eq_tol(
                (double)dx[i],
                pass * (d * (double)gain[i] - x * mean) / (double)scale, 1e-4);
            ck_assert_double_eq_tol((double)dgain[i], pass * d * x, 1e-5);
        }
    }
}

static void check_layernorm_back(const Tkern *t, int n) {
    float dx[N_MAX] = {0}, dgain[N_MAX] = {0}, dout[N_MAX] = {0};
    float norm[N_MAX] = {0}, gain[N_MAX] = {0};
    draw(dout, n, 9);
    draw(norm, n, 10);
    draw(gain, n, 11);
    const float scale = 1.5f;
    double mean = 0, both = 0;
    for (int i = 0; i < n; i++) {
        const double d = (double)dout[i] * (double)gain[i];
        mean += d / n;
        both += d * (double)norm[i] / n;
    }
    for (int pass = 1; pass <= 2; pass++) { /* it adds */
        t->layernorm_back(dx, dgain, dout, norm, gain, scale, n);
        for (int i = 0; i < n; i++) {
            const double d = (double)dout[i], x = (double)norm[i];
            ck_assert_double_eq_tol(
                (double)dx[i],
                pass * (d * (double)gain[i] - mean - x * both) / (double)scale,
                1e-4);
            ck_assert_double_eq_tol((double)dgain[i], pass * d * x, 1e-5);
        }
    }
}

/* Against differences of the activation itself; the place may be dout's. */
static void check_activate_back(const Tkern *t, int n) {
    for (int a = ACTIVATION_SILU; a <= ACTIVATION_RELU; a++) {
        float x[N_MAX] = {0}, dout[N_MAX] = {0}, dx[N_MAX];
        draw(x, n, 12);
        draw(dout, n, 13);
        x[0] = 90; /* where exp ends */
        x[n - 1] = -90;
        memcpy(dx, dout, sizeof dx);
        t->activate_back((Activation)a, dx, dx, x, n);
        for (int i = 0; i < n; i++) {
            const double h = 1e-5, up = (double)x[i] + h;
            const double down = (double)x[i] - h;
            const double slope =
                (up * activation_share((Activation)a, up) -
                 down * activation_share((Activation)a, down)) /
                (2 * h);
            ck_assert_double_eq_tol((double)dx[i], (double)dout[i] * slope,
                                    1e-5);
        }
    }
}

START_TEST(every_table_computes_the_same) {
    const char *const names[] = {"avx512", "avx2", "generic"};
    const int sizes[] = {1, 3, 16, 17, 63, 300};
    for (int i = 0; i < 3; i++) {
        const Tkern *t = tkern_get(names[i]);
        if (!t) continue; /* this CPU has no such instructions */
        check_products(t);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            check_softmax_back(t, sizes[s]);
            check_silu_back(t, sizes[s]);
            check_rmsnorm_back(t, sizes[s]);
            check_layernorm_back(t, sizes[s]);
            check_activate_back(t, sizes[s]);
        }
    }
    ck_assert_ptr_null(tkern_get("none"));
}
END_TEST

TEST_MAIN("tkern", every_table_computes_the_same)
