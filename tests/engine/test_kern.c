#include "engine/kernel/kern.h"
#include "engine/spec/rope.h"
#include "tests/support/bytes.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FLOATS_MAX 65536

/* Buffers that tests fill; `table` is what each loop runs over. */
typedef struct Case {
    const Kern *tables[KERN_TABLES_MAX];
    int n_tables;
    uint64_t state;
    float *a, *b, *y, *z; /* [FLOATS_MAX] */
} Case;

/* Uniform in [-1, 1). */
static float draw(uint64_t *state) {
    return (float)(random_next(state) >> 40) * 0x1p-23f - 1.0f;
}

static void fill(Case *c, float *out, int n, float scale) {
    for (int i = 0; i < n; i++)
        out[i] = scale * draw(&c->state);
}

static Case case_open(uint64_t seed) {
    Case c = {.state = seed};
    float **const buffers[] = {&c.a, &c.b, &c.y, &c.z};
    c.n_tables = kern_list(c.tables, KERN_TABLES_MAX);
    for (size_t i = 0; i < 4; i++) {
        *buffers[i] = malloc(FLOATS_MAX * sizeof(float));
        ck_assert_ptr_nonnull(*buffers[i]);
        fill(&c, *buffers[i], FLOATS_MAX, 1);
    }
    return c;
}

static void case_close(Case *c) {
    free(c->a);
    free(c->b);
    free(c->y);
    free(c->z);
}

static bool same_bits(const float *a, const float *b, int n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

START_TEST(tables_are_listed_best_first) {
    const Kern *tables[KERN_TABLES_MAX];
    const int n = kern_list(tables, KERN_TABLES_MAX);
    ck_assert_int_ge(n, 1);
    ck_assert_str_eq(tables[n - 1]->name, "generic");
    ck_assert_ptr_eq(kern_get(NULL), tables[0]);
    for (int i = 0; i < n; i++)
        ck_assert_ptr_eq(kern_get(tables[i]->name), tables[i]);
    ck_assert_ptr_null(kern_get("z80"));
    ck_assert_int_eq(kern_list(tables, 1), 1);
    printf("kernels:");
    for (int i = 0; i < kern_list(tables, KERN_TABLES_MAX); i++)
        printf(" %s", tables[i]->name);
    printf("\n");
}
END_TEST

/* ---- products ------------------------------------------------------------ */

#define MARK 12345.0f /* of what no product writes */

/* Each product is what dot says, and what lies between rows is as it was. */
static void check_dots(const Case *c, const Kern *k, int n_tok, int n_in,
                       int n_out, int ldw) {
    const int ldy = n_out + 2;
    for (int t = 0; t < n_tok; t++) {
        for (int o = 0; o < n_out; o++) {
            const float d = k->dot(c->a + t * n_in, c->b + o * ldw, n_in);
            ck_assert_msg(same_bits(&c->y[t * ldy + o], &d, 1),
                          "%s: %d x %d x %d: y[%d, %d] = %a, dot %a", k->name,
                          n_tok, n_in, n_out, t, o, (double)c->y[t * ldy + o],
                          (double)d);
        }
        for (int o = n_out; o < ldy; o++)
            ck_assert(c->y[t * ldy + o] == MARK);
    }
}

/* Every output of a matmul is the dot product of its row and its position,
 * whatever tile it fell into, and nothing else is written. */
static void check_matmul(Case *c, const Kern *k, int n_tok, int n_in,
                         int n_out) {
    const int ldw = n_in + 3, ldy = n_out + 2;
    for (int i = 0; i < n_tok * ldy; i++)
        c->y[i] = MARK;
    k->matmul(c->y, ldy, c->a, n_tok, c->b, ldw, n_in, n_out);
    check_dots(c, k, n_tok, n_in, n_out, ldw);
}

START_TEST(matmul_sums_in_the_order_of_dot) {
    Case c = case_open(1);
    for (int i = 0; i < c.n_tables; i++) {
        for (int n_in = 1; n_in <= 70; n_in++)
            for (int n_tok = 1; n_tok <= 9; n_tok += 2)
                check_matmul(&c, c.tables[i], n_tok, n_in, 5 + n_tok);
        for (int n_out = 1; n_out <= 21; n_out++)
            for (int n_tok = 1; n_tok <= 9; n_tok++)
                check_matmul(&c, c.tables[i], n_tok, 19, n_out);
        check_matmul(&c, c.tables[i], 7, 172, 64);
        check_matmul(&c, c.tables[i], 64, 64, 172);
    }
    case_close(&c);
}
END_TEST

/* A normal half with the bits of h, or a bfloat16. */
static float half_value(uint16_t h, bool is_f16) {
    if (is_f16) {
        const float size =
            ldexpf((float)(1024 + h % 1024), (h >> 10) % 32 - 25);
        return h >> 15 ? -size : size;
    }
    const uint32_t bits = (uint32_t)h << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Products with halves are those with the floats that they stand for. */
static void check_halves(Case *c, const Kern *k, bool is_f16, int n_tok,
                         int n_in, int n_out) {
    static uint16_t w[17 * 300];
    const int ldy = n_out + 2;
    for (int i = 0; i < n_in * n_out; i++) { /* from 1/8 to 8 */
        const uint64_t r = random_next(&c->state);
        const int exponent = (is_f16 ? 12 : 124) + (int)(r >> 32) % 6;
        const int place = is_f16 ? 10 : 7;
        w[i] = (uint16_t)((r & 0x8000) | (unsigned)exponent << place |
                          (r & ((1u << place) - 1)));
        c->b[i] = half_value(w[i], is_f16);
    }
    for (int i = 0; i < n_tok * ldy; i++)
        c->y[i] = MARK;
    (is_f16 ? k->matmul_f16 : k->matmul_bf16)(c->y, ldy, c->a, n_tok, w, n_in,
                                              n_out);
    check_dots(c, k, n_tok, n_in, n_out, n_in);
}

START_TEST(halves_are_multiplied_as_floats) {
    static const int toks[] = {1, 5, 16, 19}, cols[] = {1, 19, 128, 255, 300};
    Case c = case_open(9);
    for (int i = 0; i < c.n_tables; i++)
        for (size_t t = 0; t < sizeof toks / sizeof *toks; t++)
            for (size_t n = 0; n < sizeof cols / sizeof *cols; n++)
                for (int n_out = 2; n_out <= 17; n_out += 5) {
                    check_halves(&c, c.tables[i], true, toks[t], cols[n],
                                 n_out);
                    check_halves(&c, c.tables[i], false, toks[t], cols[n],
                                 n_out);
                }
    case_close(&c);
}
END_TEST

START_TEST(dot_does_not_depend_on_alignment) {
    Case c = case_open(2);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 70; n++) {
            const float d = c.tables[i]->dot(c.a, c.b, n);
            for (int shift = 1; shift < 16; shift++) {
                memcpy(c.y + shift, c.a, n * sizeof *c.a);
                memcpy(c.z + 15 - shift, c.b, n * sizeof *c.b);
                const float moved =
                    c.tables[i]->dot(c.y + shift, c.z + 15 - shift, n);
                ck_assert(same_bits(&d, &moved, 1));
            }
        }
    case_close(&c);
}
END_TEST

START_TEST(dot_is_close_to_double) {
    Case c = case_open(3);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 4096; n = n < 70 ? n + 1 : n * 2 + 1) {
            double sum = 0, size = 0;
            for (int j = 0; j < n; j++) {
                sum += (double)c.a[j] * (double)c.b[j];
                size += fabs((double)c.a[j] * (double)c.b[j]);
            }
            ck_assert_double_le(
                fabs((double)c.tables[i]->dot(c.a, c.b, n) - sum), 1e-6 * size);
        }
    case_close(&c);
}
END_TEST

START_TEST(mix_adds_rows_in_proportion) {
    Case c = case_open(4);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 130; n += n < 40 ? 1 : 15)
            for (int n_tok = 1; n_tok <= 8; n_tok++) {
                const Kern *k = c.tables[i];
                const int n_rows = 2 + (n * 7 + n_tok) % 30, ldv = n + 5;
                const int ldp = n_rows + 3, part = n_rows / 2;
                memset(c.y, 0, (size_t)n_tok * n * sizeof *c.y);
                c.y[n_tok * n] = MARK;
                k->mix(c.y, c.a, ldp, n_tok, c.b, ldv, n_rows, n);
                ck_assert(c.y[n_tok * n] == MARK);
                for (int t = 0; t < n_tok; t++) {
                    const float *p = c.a + t * ldp;
                    memset(c.z, 0, n * sizeof *c.z);
                    k->mix(c.z, p, ldp, 1, c.b, ldv, part, n);
                    k->mix(c.z, p + part, ldp, 1, c.b + part * ldv, ldv,
                           n_rows - part, n);
                    ck_assert(same_bits(c.y + t * n, c.z, n));
                    for (int j = 0; j < n; j++) {
                        double sum = 0;
                        for (int r = 0; r < n_rows; r++)
                            sum += (double)p[r] * (double)c.b[r * ldv + j];
                        ck_assert_double_eq_tol((double)c.z[j], sum,
                                                1e-6 * n_rows);
                    }
                }
            }
    case_close(&c);
}
END_TEST

/* ---- element by element -------------------------------------------------- */

START_TEST(rmsnorm_is_close_to_double) {
    Case c = case_open(5);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 70; n++) {
            double squares = 0;
            for (int j = 0; j < n; j++)
                squares += (double)c.a[j] * (double)c.a[j];
            const double scale = sqrt(squares / n + 1e-5);
            c.y[n] = c.z[n] = 12345.0f;
            ck_assert_double_eq_tol(
                (double)c.tables[i]->rmsnorm(c.y, c.z, c.a, c.b, n, 1e-5f),
                scale, 1e-6);
            for (int j = 0; j < n; j++) {
                const double norm = (double)c.a[j] / scale;
                ck_assert_double_eq_tol((double)c.y[j], norm, 1e-5);
                ck_assert_double_eq_tol((double)c.z[j], norm * (double)c.b[j],
                                        1e-5);
            }
            ck_assert(c.y[n] == 12345.0f && c.z[n] == 12345.0f);
        }
    case_close(&c);
}
END_TEST

START_TEST(rmsnorm_of_zeros_is_zeros) {
    Case c = case_open(6);
    for (int i = 0; i < c.n_tables; i++) {
        const float x[5] = {0}, gain[5] = {1, 2, 3, 4, 5};
        ck_assert_double_eq_tol(
            (double)c.tables[i]->rmsnorm(c.y, c.z, x, gain, 5, 1e-5f),
            sqrt(1e-5), 1e-9);
        for (int j = 0; j < 5; j++)
            ck_assert(c.y[j] == 0 && c.z[j] == 0);
    }
    case_close(&c);
}
END_TEST

START_TEST(softmax_is_close_to_double) {
    Case c = case_open(7);
    static const float spreads[] = {0.1f, 1, 10, 80, 1e4f};
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 70; n++)
            for (size_t spread = 0; spread < 5; spread++) {
                fill(&c, c.a, n, spreads[spread]);
                double max = -INFINITY, total = 0, sum = 0;
                for (int j = 0; j < n; j++)
                    max = fmax(max, (double)c.a[j]);
                for (int j = 0; j < n; j++)
                    total += exp((double)c.a[j] - max);
                c.y[n] = 12345.0f;
                c.tables[i]->softmax(c.y, c.a, n);
                ck_assert(c.y[n] == 12345.0f);
                for (int j = 0; j < n; j++) {
                    /* The difference is rounded to a float. */
                    const double below = max - (double)c.a[j];
                    const double p = exp(-below) / total;
                    ck_assert_double_eq_tol((double)c.y[j], p,
                                            p * (1e-6 + 1e-7 * below) + 1e-37);
                    sum += (double)c.y[j];
                }
                ck_assert_double_eq_tol(sum, 1, 1e-6);
                c.tables[i]->softmax(c.a, c.a, n);
                ck_assert(same_bits(c.a, c.y, n));
            }
    case_close(&c);
}
END_TEST

START_TEST(softmax_of_minus_infinity_is_zero) {
    Case c = case_open(8);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 2; n <= 40; n++) {
            for (int j = 0; j < n; j++)
                c.a[j] = j == n / 2 ? -3.0f : -INFINITY;
            c.tables[i]->softmax(c.y, c.a, n);
            for (int j = 0; j < n; j++)
                ck_assert(c.y[j] == (j == n / 2 ? 1.0f : 0.0f));
        }
    case_close(&c);
}
END_TEST

/* One score that overflowed spoils the whole row, as in the sum it stands in:
 * the others' weights would be of another row. */
START_TEST(softmax_of_what_overflowed_is_not_a_number) {
    static const float bad[] = {INFINITY, NAN};
    Case c = case_open(8);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 2; n <= 40; n++)
            for (int k = 0; k < 2 * n; k++) {
                fill(&c, c.a, n, 1);
                c.a[k / 2] = bad[k % 2];
                c.tables[i]->softmax(c.y, c.a, n);
                for (int j = 0; j < n; j++)
                    ck_assert_msg(isnan(c.y[j]), "%s: %d of %d, at %d: %g",
                                  c.tables[i]->name, j, n, k / 2,
                                  (double)c.y[j]);
            }
    case_close(&c);
}
END_TEST

START_TEST(what_is_not_finite_is_found) {
    static const float bad[] = {INFINITY, -INFINITY, NAN};
    Case c = case_open(8);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 40; n++) {
            fill(&c, c.a, n, 1);
            c.a[0] = 3e38f; /* large, but a number */
            c.a[n - 1] = n > 1 ? 3e38f : 1e-40f;
            c.a[n] = NAN; /* past the end */
            ck_assert(c.tables[i]->all_finite(c.a, n));
            for (int k = 0; k < 3 * n; k++) {
                const float was = c.a[k / 3];
                c.a[k / 3] = bad[k % 3];
                ck_assert(!c.tables[i]->all_finite(c.a, n));
                c.a[k / 3] = was;
            }
        }
    case_close(&c);
}
END_TEST

START_TEST(silu_is_close_to_double) {
    Case c = case_open(9);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 70; n++) {
            fill(&c, c.a, n, n % 2 ? 120.0f : 6.0f);
            c.y[n] = 12345.0f;
            c.tables[i]->silu_mul(c.y, c.a, c.b, n);
            ck_assert(c.y[n] == 12345.0f);
            for (int j = 0; j < n; j++) {
                const double g = (double)c.a[j];
                const double y = g / (1 + exp(-g)) * (double)c.b[j];
                ck_assert_double_eq_tol((double)c.y[j], y,
                                        1e-6 * fabs(y) + 1e-36);
            }
            c.tables[i]->silu_mul(c.a, c.a, c.b, n);
            ck_assert(same_bits(c.a, c.y, n));
        }
    case_close(&c);
}
END_TEST

/* Relative, as what is far below zero is multiplied by large weights, too; a
 * rounding of x^2 / 2 is one of its exponential's digits. */
START_TEST(gelu_is_close_to_double) {
    Case c = case_open(10);
    for (int i = 0; i < c.n_tables; i++)
        for (int n = 1; n <= 70; n++) {
            fill(&c, c.a, n, n % 3 == 0 ? 120.0f : n % 3 == 1 ? 6.0f : 0.1f);
            c.y[n] = 12345.0f;
            c.tables[i]->gelu(c.y, c.a, n);
            ck_assert(c.y[n] == 12345.0f);
            for (int j = 0; j < n; j++) {
                const double x = (double)c.a[j];
                const double y = x / 2 * erfc(-x * sqrt(0.5));
                ck_assert_double_eq_tol(
                    (double)c.y[j], y, (1e-6 + x * x * 1e-7) * fabs(y) + 1e-36);
            }
            c.tables[i]->gelu(c.a, c.a, n);
            ck_assert(same_bits(c.a, c.y, n));
        }
    case_close(&c);
}
END_TEST

START_TEST(gelu_of_what_overflowed) {
    const float x[] = {INFINITY, 3e38f, -3e38f, NAN, -INFINITY, 0};
    const int n = (int)(sizeof x / sizeof *x);
    Case c = case_open(11);
    for (int i = 0; i < c.n_tables; i++) {
        float y[sizeof x / sizeof *x];
        c.tables[i]->gelu(y, x, n);
        ck_assert(y[0] == INFINITY && y[1] == 3e38f && y[2] == 0);
        ck_assert(isnan(y[3]) && isnan(y[4])); /* inf times 0 */
        ck_assert(y[5] == 0);
    }
    case_close(&c);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

static void count_call(void *ud, int i) {
    ((int *)ud)[i]++;
}

START_TEST(parallel_calls_every_index_once) {
    int calls[100];
    for (int n_threads = 0; n_threads <= 7; n_threads++)
        for (int n = 0; n <= 100; n += 20) {
            memset(calls, 0, sizeof calls);
            team_parallel(count_call, calls, n, n_threads);
            for (int i = 0; i < 100; i++)
                ck_assert_int_eq(calls[i], i < n);
        }
    ck_assert_int_ge(team_cores(0), 1);
}
END_TEST

/* Large enough to be split; n_out is no multiple of anything. */
START_TEST(matmul_does_not_depend_on_threads) {
    enum { N_TOK = 9, N_IN = 700, N_OUT = 1001 };
    Case c = case_open(10);
    float *w = malloc(N_IN * N_OUT * sizeof *w);
    ck_assert_ptr_nonnull(w);
    fill(&c, w, N_IN * N_OUT, 1);
    const Tensor tensor = {
        .type = DTYPE_F32, .rows = N_OUT, .cols = N_IN, .data = w};
    for (int i = 0; i < c.n_tables; i++) {
        const Kern *k = c.tables[i];
        k->matmul(c.y, N_OUT, c.a, N_TOK, w, N_IN, N_IN, N_OUT);
        for (int n_threads = 0; n_threads <= 5; n_threads++) {
            memset(c.z, 0, N_TOK * N_OUT * sizeof *c.z);
            Team *team = team_open(n_threads, NULL);
            ck_assert_ptr_nonnull(team);
            kern_matmul(k, c.z, c.a, N_TOK, &tensor, NULL, team);
            ck_assert(same_bits(c.y, c.z, N_TOK * N_OUT));
            team_close(team);
        }
        kern_row(c.z, &tensor, 17);
        ck_assert(same_bits(c.z, w + 17 * N_IN, N_IN));
    }
    free(w);
    case_close(&c);
}
END_TEST

/* ---- rotation ------------------------------------------------------------ */

START_TEST(rope_turns_pairs) {
    Case c = case_open(11);
    enum { K = 8, H = 3 };
    const Config config = {.head_dim = K, .rope_theta = 10000};
    float turns[K];
    rope_turns(turns, &config, 0);
    kern_rope(c.y, c.a, H, K, turns);
    for (int i = 0; i < H * K; i++)
        ck_assert(c.y[i] == c.a[i]);
    for (int pos = 1; pos < 4096; pos += 97) {
        rope_turns(turns, &config, pos);
        kern_rope(c.y, c.a, H, K, turns);
        for (int i = 0; i < H * K; i += 2) {
            const double angle = pos / pow(10000, (i % K) / (double)K);
            const double x0 = (double)c.a[i], x1 = (double)c.a[i + 1];
            ck_assert_double_eq_tol((double)c.y[i],
                                    x0 * cos(angle) - x1 * sin(angle), 1e-6);
            ck_assert_double_eq_tol((double)c.y[i + 1],
                                    x0 * sin(angle) + x1 * cos(angle), 1e-6);
        }
        memcpy(c.z, c.a, H * K * sizeof *c.z);
        kern_rope(c.z, c.z, H, K, turns);
        ck_assert(same_bits(c.y, c.z, H * K));
    }
    case_close(&c);
}
END_TEST

/* What the rotation is for: q.k depends on the distance alone. */
START_TEST(rope_makes_products_relative) {
    Case c = case_open(12);
    enum { K = 16 };
    const Config config = {.head_dim = K, .rope_theta = 10000};
    float turns[K], q[K], k[K];
    double first = 0;
    for (int pos = 0; pos < 500; pos += 50) {
        rope_turns(turns, &config, pos + 7);
        kern_rope(q, c.a, 1, K, turns);
        rope_turns(turns, &config, pos);
        kern_rope(k, c.b, 1, K, turns);
        const double product = (double)kern_get(NULL)->dot(q, k, K);
        if (pos == 0) first = product;
        ck_assert_double_eq_tol(product, first, 1e-5);
    }
    case_close(&c);
}
END_TEST

TEST_MAIN("kern", tables_are_listed_best_first, matmul_sums_in_the_order_of_dot,
          halves_are_multiplied_as_floats, dot_does_not_depend_on_alignment,
          dot_is_close_to_double, mix_adds_rows_in_proportion,
          rmsnorm_is_close_to_double, rmsnorm_of_zeros_is_zeros,
          softmax_is_close_to_double, softmax_of_minus_infinity_is_zero,
          what_is_not_finite_is_found,
          softmax_of_what_overflowed_is_not_a_number, silu_is_close_to_double,
          gelu_is_close_to_double, gelu_of_what_overflowed,
          parallel_calls_every_index_once, matmul_does_not_depend_on_threads,
          rope_turns_pairs, rope_makes_products_relative)
