/* Products with weights of every type, on every table: against the plain
 * dequantise-and-multiply in double, and bit for bit among themselves. */
#include "engine/kernel/kern.h"
#include "tests/support/blocks.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { ROWS = 23, TOKS = 35, COLS_MAX = 768 };

/* One tensor, and activations. */
typedef struct Case {
    const Kern *tables[KERN_TABLES_MAX];
    int n_tables;
    Tensor w;
    Bytes bytes;
    uint8_t *exact;  /* its contents, which w points into */
    double *weights; /* [ROWS, cols] */
    float *x, *y, *z;
    void *scratch;
    Team *teams[3]; /* of one thread, two and three */
} Case;

static float draw(uint64_t *state) {
    return (float)(random_next(state) >> 40) * 0x1p-23f - 1.0f;
}

static void put_weights(Case *c, const float *w, int n) {
    if (c->w.type != DTYPE_Q8_GROUPS) {
        blocks_put(&c->bytes, c->w.type, w, n);
        c->weights = malloc(n * sizeof *c->weights);
        blocks_read(c->weights, c->w.type, c->bytes.data, n);
        return;
    }
    c->weights = malloc(n * sizeof *c->weights);
    for (int i = 0; i < n; i++) {
        const int q = (int)lroundf(w[i] * 42);
        bytes_u8(&c->bytes, (uint8_t)q);
        c->weights[i] = q * (double)(0.25f + (float)(i / c->w.group % 7));
    }
    for (int g = 0; g < n / c->w.group; g++)
        bytes_f32(&c->bytes, 0.25f + (float)(g % 7));
    c->w.scales = c->bytes.data + n;
}

static Case case_open(DType type, int cols, int group) {
    Case c = {.w = {.type = type, .rows = ROWS, .cols = cols, .group = group}};
    uint64_t state = 7 + type;
    const int n = ROWS * cols;
    c.n_tables = kern_list(c.tables, KERN_TABLES_MAX);
    float *w = malloc(n * sizeof *w);
    c.x = malloc(TOKS * cols * sizeof *c.x);
    c.y = malloc(TOKS * ROWS * sizeof *c.y);
    c.z = malloc(TOKS * ROWS * sizeof *c.z);
    c.scratch = aligned_alloc(64, kern_scratch_bytes(cols));
    ck_assert(w && c.x && c.y && c.z && c.scratch);
    for (int i = 0; i < 3; i++) {
        c.teams[i] = team_open(i + 1, NULL);
        ck_assert_ptr_nonnull(c.teams[i]);
    }
    for (int i = 0; i < n; i++)
        w[i] = draw(&state) * (1 + (float)(i / 50 % 3));
    for (int i = 0; i < TOKS * cols; i++)
        c.x[i] = draw(&state) * (i / 40 % 5 ? 1 : 20);
    put_weights(&c, w, n);
    free(w);
    /* Exactly as large as it is: a sanitizer sees who reads beyond. */
    c.exact = malloc(c.bytes.size);
    ck_assert_ptr_nonnull(c.exact);
    memcpy(c.exact, c.bytes.data, c.bytes.size);
    c.w.data = c.exact;
    if (type == DTYPE_Q8_GROUPS) c.w.scales = c.exact + n;
    return c;
}

static void case_close(Case *c) {
    bytes_free(&c->bytes);
    free(c->exact);
    free(c->weights);
    free(c->x);
    free(c->y);
    free(c->z);
    free(c->scratch);
    for (int i = 0; i < 3; i++)
        team_close(c->teams[i]);
}

/* Every row as floats is what its blocks say. */
static void check_rows(const Case *c) {
    float row[COLS_MAX];
    for (int r = 0; r < ROWS; r++) {
        kern_row(row, &c->w, r);
        for (int i = 0; i < c->w.cols; i++) {
            const double w = c->weights[r * c->w.cols + i];
            ck_assert_msg(fabs((double)row[i] - w) <= 2e-6,
                          "%s: row %d [%d]: found %g, need %g",
                          dtype_info(c->w.type)->name, r, i, (double)row[i], w);
        }
    }
}

static double exact(const Case *c, int t, int r) {
    const int cols = c->w.cols;
    double sum = 0;
    for (int i = 0; i < cols; i++)
        sum += c->weights[r * cols + i] * (double)c->x[t * cols + i];
    return sum;
}

static void check_products(Case *c, const Kern *k) {
    const int cols = c->w.cols;
    kern_matmul(k, c->y, c->x, TOKS, &c->w, c->scratch, NULL);
    for (int t = 0; t < TOKS; t++)
        for (int r = 0; r < ROWS; r++) {
            const double bound = kern_dot_bound(&c->w, r, c->x + t * cols);
            const double y = (double)c->y[t * ROWS + r], sum = exact(c, t, r);
            /* The double reference has no rounding of w to a float. */
            ck_assert_msg(fabs(y - sum) <= bound + 1e-5,
                          "%s %s: y[%d, %d] = %g, need %g within %g", k->name,
                          dtype_info(c->w.type)->name, t, r, y, sum, bound);
        }
    /* However many positions and threads: the same bits. */
    static const int batches[] = {1, 2, 3, 7, 16, 17};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        memset(c->z, 0, TOKS * ROWS * sizeof *c->z);
        for (int t = 0; t < TOKS; t += batches[b]) {
            const int n = TOKS - t < batches[b] ? TOKS - t : batches[b];
            kern_matmul(k, c->z + t * ROWS, c->x + t * cols, n, &c->w,
                        c->scratch, c->teams[t % 3]);
        }
        ck_assert_msg(memcmp(c->y, c->z, TOKS * ROWS * sizeof *c->y) == 0,
                      "%s %s: other bits in batches of %d", k->name,
                      dtype_info(c->w.type)->name, batches[b]);
    }
}

static void check_type(DType type, int cols, int group) {
    Case c = case_open(type, cols, group);
    check_rows(&c);
    for (int i = 0; i < c.n_tables; i++)
        check_products(&c, c.tables[i]);
    case_close(&c);
}

START_TEST(products_of_every_type) {
    for (DType type = 0; type < DTYPE_Q8_GROUPS; type++) {
        check_type(type, 256, 0);
        check_type(type, 768, 0);
    }
}
END_TEST

/* The last chunk of a row is not whole. */
START_TEST(rows_of_any_number_of_blocks) {
    for (DType type = DTYPE_F16; type < DTYPE_Q8_GROUPS; type++) {
        const int items = dtype_info(type)->block_items;
        for (int cols = items; items < 256 && cols <= 352; cols += 32)
            check_type(type, cols, 0);
    }
}
END_TEST

/* Groups within rows, over several rows, and of sizes that split nothing. */
START_TEST(groups_of_any_size) {
    static const struct {
        int cols, group;
    } sizes[] = {{64, 64},  {64, 32},   {64, 16},  {96, 48},  {288, 32},
                 {96, 184}, {176, 352}, {64, 368}, {172, 4},  {172, 43},
                 {172, 86}, {64, 1},    {64, 23},  {300, 12}, {272, 272}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (ROWS * sizes[i].cols % sizes[i].group == 0)
            check_type(DTYPE_Q8_GROUPS, sizes[i].cols, sizes[i].group);
}
END_TEST

/* Products of the same x at once, of more positions than are taken at a time:
 * what each is alone. */
START_TEST(several_products_at_once) {
    enum { COLS = 768, TWICE = 2 * TOKS };
    static const DType types[KERN_PRODUCTS_MAX] = {DTYPE_F32, DTYPE_Q4_0,
                                                   DTYPE_Q6_K};
    _Static_assert(TWICE > KERN_BATCH, "more than are taken at a time");
    Case c[KERN_PRODUCTS_MAX];
    float *x = malloc(TWICE * COLS * sizeof *x), *y[KERN_PRODUCTS_MAX];
    for (int i = 0; i < KERN_PRODUCTS_MAX; i++) {
        c[i] = case_open(types[i], COLS, 0);
        y[i] = malloc(TWICE * ROWS * sizeof *y[i]);
    }
    memcpy(x, c->x, TOKS * COLS * sizeof *x);
    memcpy(x + TOKS * COLS, c->x, TOKS * COLS * sizeof *x);
    for (int table = 0; table < c->n_tables; table++) {
        const Kern *k = c->tables[table];
        for (int i = 0; i < KERN_PRODUCTS_MAX; i++)
            kern_matmul(k, c[i].y, x, TOKS, &c[i].w, c->scratch, NULL);
        for (int first = 0; first < KERN_PRODUCTS_MAX; first++)
            for (int team = 0; team < 3; team++) {
                KernProduct products[KERN_PRODUCTS_MAX];
                for (int i = 0; i < KERN_PRODUCTS_MAX; i++) {
                    const int at = (first + i) % KERN_PRODUCTS_MAX;
                    memset(y[at], 0, TWICE * ROWS * sizeof *y[at]);
                    products[i] = (KernProduct){y[at], &c[at].w};
                }
                const int n = KERN_PRODUCTS_MAX - first;
                kern_matmul_all(k, products, n, x, TWICE, c->scratch,
                                c->teams[team]);
                for (int i = 0; i < n; i++) {
                    const int at = (first + i) % KERN_PRODUCTS_MAX;
                    const size_t size = TOKS * ROWS * sizeof *y[at];
                    ck_assert_mem_eq(y[at], c[at].y, size);
                    ck_assert_mem_eq(y[at] + TOKS * ROWS, c[at].y, size);
                }
            }
    }
    for (int i = 0; i < KERN_PRODUCTS_MAX; i++) {
        case_close(&c[i]);
        free(y[i]);
    }
    free(x);
}
END_TEST

/* A bound that is met by activations twice as coarse would bound nothing. */
START_TEST(the_bound_is_near) {
    Case c = case_open(DTYPE_Q8_0, 256, 0);
    double worst = 0;
    kern_matmul(c.tables[0], c.y, c.x, TOKS, &c.w, c.scratch, NULL);
    for (int t = 0; t < TOKS; t++)
        for (int r = 0; r < ROWS; r++)
            worst =
                fmax(worst, fabs((double)c.y[t * ROWS + r] - exact(&c, t, r)) /
                                kern_dot_bound(&c.w, r, c.x + t * 256));
    ck_assert_double_gt(worst, 0.05);
    case_close(&c);
}
END_TEST

START_TEST(zeros_stay_zeros) {
    for (DType type = DTYPE_Q8_0; type < DTYPE_Q8_GROUPS; type++) {
        Case c = case_open(type, 256, 0);
        memset(c.x, 0, TOKS * 256 * sizeof *c.x);
        for (int i = 0; i < c.n_tables; i++) {
            kern_matmul(c.tables[i], c.y, c.x, TOKS, &c.w, c.scratch, NULL);
            for (int j = 0; j < TOKS * ROWS; j++)
                ck_assert(c.y[j] == 0);
        }
        case_close(&c);
    }
}
END_TEST

/* An x whose largest number is so small that 127 over it is infinite is as
 * zeros; one that is no number gives none, and no other row's. */
START_TEST(the_smallest_and_what_is_no_number) {
    const float values[] = {1e-40f, 1e-37f, NAN, INFINITY};
    for (DType type = DTYPE_Q8_0; type < DTYPE_Q8_GROUPS; type++)
        for (int k = 0; k < 4; k++) {
            Case c = case_open(type, 256, 0);
            for (int i = 0; i < 256; i++) /* of the first of the positions */
                c.x[i] = values[k] * (i % 3 ? 1 : -1);
            for (int i = 0; i < c.n_tables; i++) {
                kern_matmul(c.tables[i], c.y, c.x, TOKS, &c.w, c.scratch, NULL);
                for (int j = 0; j < TOKS * ROWS; j++)
                    if (j >= ROWS)
                        ck_assert(isfinite(c.y[j]));
                    else
                        ck_assert(k < 2 ? fabsf(c.y[j]) < 1e-30f
                                        : !isfinite(c.y[j]));
            }
            case_close(&c);
        }
}
END_TEST

/* Where a row ends within a chunk, the bytes behind it are the next row's; were
 * that one's scales no numbers, only its own products may be none. */
START_TEST(rows_do_not_see_the_next) {
    for (DType type = DTYPE_Q8_0; type <= DTYPE_Q5_1; type++) {
        Case c = case_open(type, 288, 0);
        const int bad = 5, block = dtype_info(type)->block_bytes;
        for (int i = 0; i < 9; i++) {
            c.exact[(bad * 9 + i) * block] = 0; /* the half of infinity */
            c.exact[(bad * 9 + i) * block + 1] = 0x7C;
        }
        for (int i = 0; i < c.n_tables; i++)
            for (int n = 1; n <= TOKS; n += TOKS - 1) {
                kern_matmul(c.tables[i], c.y, c.x, n, &c.w, c.scratch, NULL);
                for (int j = 0; j < n * ROWS; j++)
                    ck_assert(j % ROWS == bad || fabsf(c.y[j]) < 1e4f);
            }
        case_close(&c);
    }
}
END_TEST

TEST_MAIN("quant", rows_do_not_see_the_next, products_of_every_type,
          rows_of_any_number_of_blocks, groups_of_any_size,
          several_products_at_once, the_bound_is_near, zeros_stay_zeros,
          the_smallest_and_what_is_no_number)
