/* The choice of a table, products shared by threads, and rotations. */
#include "engine/base/num.h"
#include "engine/kernel/kern_body.h"
#include "engine/kernel/kern_row.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* Work, in multiply-adds, below which a product stays on one thread: some 6
 * microseconds.  Sharing it takes less than one. */
#define KERN_PARALLEL_MIN (1 << 19)
/* Multiply-adds that take as long as reading one weight from memory. */
#define KERN_WEIGHT_COST 8
/* Values from which quantising them is shared. */
#define KERN_QUANTISE_MIN (1 << 14)
/* Pieces of a product for each thread, and about the work of the smallest. */
#define KERN_PIECES    16
#define KERN_PIECE_MIN (1 << 17)
/* Rows of a piece are a multiple of this, which is one of every table's
 * tile. */
#define KERN_ROWS_STEP 16

/* ---- the tables ---------------------------------------------------------- */

static bool runs_anywhere(void) {
    return true;
}

#if defined(__x86_64__) || defined(__i386__)
static bool runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

static bool runs_vnni(void) {
    return runs_avx512() && __builtin_cpu_supports("avx512vnni");
}

/* Asked of the CPU itself: clang 14 does not know it by name. */
static bool has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C;
}

static bool runs_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           has_f16c();
}
#else
static bool runs_vnni(void) {
    return false;
}
static bool runs_avx512(void) {
    return false;
}
static bool runs_avx2(void) {
    return false;
}
#endif

int kern_list(const Kern **out, int max) {
    static const struct {
        const Kern *(*table)(void);
        bool (*runs)(void);
    } all[] = {
#define KERN_ROW(NAME, RUNS) {kern_##NAME, RUNS},
        KERN_LIST(KERN_ROW)
#undef KERN_ROW
    };
    enum { N_ALL = sizeof all / sizeof *all };
    _Static_assert(N_ALL <= KERN_TABLES_MAX, "callers have room for all");
    int n = 0;
    for (int i = 0; i < N_ALL && n < max; i++)
        if (all[i].table() && all[i].runs()) out[n++] = all[i].table();
    return n;
}

const Kern *kern_get(const char *name) {
    const Kern *tables[KERN_TABLES_MAX];
    const int n = kern_list(tables, KERN_TABLES_MAX);
    for (int i = 0; i < n; i++)
        if (!name || strcmp(tables[i]->name, name) == 0) return tables[i];
    return NULL;
}

/* ---- products ------------------------------------------------------------ */

/* The pieces of one product, among those of a job. */
typedef struct Part {
    float *y;
    const Tensor *w;
    int rows; /* of w in a piece */
    int end;  /* the piece after its last */
} Part;

typedef struct MatmulJob {
    const Kern *kern;
    const float *x;
    const KernBytes *bytes; /* x, where a w is quantised */
    int n_tok;
    Part parts[KERN_PRODUCTS_MAX];
} MatmulJob;

/* Adds what the tensor's rows first .. first+n-1 add to every product. */
static void add_bias(float *y, int ldy, int n_tok, const Tensor *w, int first,
                     int n) {
    for (int t = 0; w->bias && t < n_tok; t++)
        for (int o = 0; o < n; o++)
            y[(size_t)t * ldy + o] += w->bias[first + o];
}

static void matmul_rows(const MatmulJob *j, const Part *p, int piece) {
    const Kern *k = j->kern;
    const Tensor *w = p->w;
    const int first = piece * p->rows, n_in = w->cols, ldy = w->rows;
    const int n = num_min(w->rows - first, p->rows);
    float *y = p->y + first;
    const size_t at = (size_t)first * n_in; /* weights before */
    if (w->type == DTYPE_F32)
        k->matmul(y, ldy, j->x, j->n_tok, (const float *)w->data + at, n_in,
                  n_in, n);
    else if (w->type == DTYPE_F16)
        k->matmul_f16(y, ldy, j->x, j->n_tok, (const uint16_t *)w->data + at,
                      n_in, n);
    else if (w->type == DTYPE_BF16)
        k->matmul_bf16(y, ldy, j->x, j->n_tok, (const uint16_t *)w->data + at,
                       n_in, n);
    else if (kern_is_chunked(w))
        k->matmul_quant(y, ldy, j->bytes, w, first, n);
    else
        kern_matmul_odd(k, y, ldy, j->x, j->n_tok, w, first, n);
    add_bias(y, ldy, j->n_tok, w, first, n);
}

static void matmul_piece(void *ud, int i) {
    const MatmulJob *j = ud;
    const Part *p = j->parts;
    int begin = 0;
    while (i >= p->end)
        begin = p++->end;
    matmul_rows(j, p, i - begin);
}

typedef struct QuantiseJob {
    const Kern *kern;
    const KernBytes *out;
    const float *x;
    int n_in, n; /* n: positions of a piece */
} QuantiseJob;

static void quantise_piece(void *ud, int i) {
    const QuantiseJob *j = ud;
    const int first = i * j->n, left = j->out->n_tok - first;
    j->kern->quantise(j->out, j->x, j->n_in, first, num_min(left, j->n));
}

static void quantise_all(const Kern *k, const KernBytes *out, const float *x,
                         int n_in, Team *team) {
    QuantiseJob job = {k, out, x, n_in, out->n_tok};
    if ((uint64_t)out->n_tok * n_in >= KERN_QUANTISE_MIN) job.n = 4;
    team_run(team, quantise_piece, &job, (out->n_tok + job.n - 1) / job.n);
}

static int n_pieces(const Tensor *w, int rows) {
    return (w->rows + rows - 1) / rows;
}

/* Rows of one piece: so many pieces that threads end at about the same time,
 * but none that is hardly worth taking; where there are few, as many for each
 * thread, if that can be. */
static int piece_rows(const Tensor *w, int n_tok, const Team *team) {
    const int even = w->rows / (KERN_PIECES * team_size(team));
    const int least = KERN_PIECE_MIN / (w->cols * (n_tok + KERN_WEIGHT_COST));
    const int steps = num_max(even, least) / KERN_ROWS_STEP;
    const int first = num_max(steps, 1) * KERN_ROWS_STEP;
    for (int rows = first; rows < 2 * first; rows += KERN_ROWS_STEP)
        if (n_pieces(w, rows) % team_size(team) == 0) return rows;
    return first;
}

/* At most KERN_BATCH positions, the first of them `at`. */
static void matmul_batch(const Kern *k, const KernProduct *products, int n,
                         const float *x, int at, int n_tok, void *scratch,
                         Team *team) {
    const int cols = products[0].w->cols;
    MatmulJob job = {
        .kern = k, .x = x + (size_t)at * (size_t)cols, .n_tok = n_tok};
    bool is_quantised = false;
    uint64_t n_weights = 0;
    for (int i = 0; i < n; i++) {
        is_quantised = is_quantised || kern_is_chunked(products[i].w);
        n_weights += (uint64_t)products[i].w->rows * cols;
    }
    KernBytes bytes;
    if (is_quantised) {
        bytes = (KernBytes){n_tok, kern_n_chunks(cols), scratch};
        quantise_all(k, &bytes, job.x, cols, team);
        job.bytes = &bytes;
    }
    const bool is_small =
        n_weights * (n_tok + KERN_WEIGHT_COST) < KERN_PARALLEL_MIN;
    int end = 0;
    for (int i = 0; i < n; i++) {
        const Tensor *w = products[i].w;
        const int rows = is_small ? w->rows : piece_rows(w, n_tok, team);
        end += n_pieces(w, rows);
        job.parts[i] =
            (Part){products[i].y + (size_t)at * w->rows, w, rows, end};
    }
    team_run(is_small ? NULL : team, matmul_piece, &job, end);
}

void kern_matmul_all(const Kern *k, const KernProduct *products, int n,
                     const float *x, int n_tok, void *scratch, Team *team) {
    assert(n > 0 && n <= KERN_PRODUCTS_MAX);
    for (int t = 0; t < n_tok; t += KERN_BATCH)
        matmul_batch(k, products, n, x, t, num_min(n_tok - t, KERN_BATCH),
                     scratch, team);
}

void kern_matmul(const Kern *k, float *y, const float *x, int n_tok,
                 const Tensor *w, void *scratch, Team *team) {
    KernProduct product = {.w = w};
    product.y = y; /* written through: clang-tidy misses that in the braces */
    kern_matmul_all(k, &product, 1, x, n_tok, scratch, team);
}

/* ---- activations --------------------------------------------------------- */

static void relu(float *out, const float *x, int n) {
    for (int i = 0; i < n; i++)
        out[i] = x[i] > 0 ? x[i] : 0;
}

static void silu(float *out, const float *x, int n) {
    for (int i = 0; i < n; i++)
        out[i] = x[i] / (1 + expf(-x[i]));
}

void kern_activate(const Kern *k, Activation activation, float *out,
                   const float *x, int n) {
    switch (activation) {
    case ACTIVATION_SILU:
        silu(out, x, n);
        break;
    case ACTIVATION_GELU_TANH:
        k->gelu_tanh(out, x, n);
        break;
    case ACTIVATION_GELU:
        k->gelu(out, x, n);
        break;
    case ACTIVATION_RELU:
        relu(out, x, n);
        break;
    }
}

void kern_gate(const Kern *k, Activation activation, float *out,
               const float *gate, const float *up, int n) {
    if (activation == ACTIVATION_SILU) {
        k->silu_mul(out, gate, up, n);
        return;
    }
    kern_activate(k, activation, out, gate, n);
    for (int i = 0; i < n; i++)
        out[i] *= up[i];
}

/* ---- rotations ----------------------------------------------------------- */

void kern_rope(float *out, const float *x, int n_heads, int head_dim,
               const float *turns) {
    for (int h = 0; h < n_heads; h++, x += head_dim, out += head_dim)
        for (int i = 0; i < head_dim; i += 2) {
            const float c = turns[i], s = turns[i + 1];
            const float a = x[i], b = x[i + 1];
            out[i] = a * c - b * s;
            out[i + 1] = a * s + b * c;
        }
}
