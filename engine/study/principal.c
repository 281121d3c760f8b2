/* Lanczos' method, and Jacobi's for the small matrix that it leaves. */
#include "engine/study/principal.h"

#include "engine/base/chance.h"
#include "engine/base/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N       PRINCIPAL_STEPS
#define PIECES  16    /* of the rows, for threads */
#define SWEEPS  30    /* of Jacobi's, at most; it takes about ten */
#define SPENT   1e-17 /* beside the two on the diagonal nothing is left */
#define NOTHING 1e-24 /* of the total: rounding */

/* ---- vectors ------------------------------------------------------------- */

static double dot(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Four sums, so that none waits for the one before it. */
static double dot_row(const float *row, const double *v, int n) {
    double sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int j = 0; j < 4; j++)
            sum[j] += (double)row[i + j] * v[i + j];
    for (; i < n; i++)
        sum[0] += (double)row[i] * v[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

static void add_row(double *out, const float *row, double by, int n) {
    for (int i = 0; i < n; i++)
        out[i] += by * (double)row[i];
}

static void add(double *out, const double *v, double by, int n) {
    for (int i = 0; i < n; i++)
        out[i] += by * v[i];
}

/* ---- the covariance ------------------------------------------------------ */

typedef struct Rows {
    const float *rows;
    int n, dim;
    const double *mean;
    bool (*go_on)(void *ud);
    void *ud;
} Rows;

static bool goes_on(const Rows *r) {
    return !r->go_on || r->go_on(r->ud);
}

typedef struct Product {
    const Rows *r;
    const double *v;
    double at_mean;
    double *parts; /* [PIECES, dim] */
} Product;

static void multiply_piece(void *ud, int piece) {
    const Product *p = ud;
    const Rows *r = p->r;
    const size_t dim = (size_t)r->dim;
    double *part = p->parts + (size_t)piece * dim;
    memset(part, 0, dim * sizeof *part);
    const int end = (int)((int64_t)(piece + 1) * r->n / PIECES);
    for (int i = (int)((int64_t)piece * r->n / PIECES); i < end; i++) {
        const float *row = r->rows + (size_t)i * dim;
        add_row(part, row, (dot_row(row, p->v, r->dim) - p->at_mean) / r->n,
                r->dim);
    }
}

/* out = covariance * v, with no covariance: the rows, each by how far it lies
 * along v from the mean.  These distances add up to 0, so the mean need not be
 * taken from the rows.  In pieces that are the same whatever the number of
 * threads. */
static void multiply(const Rows *r, const double *v, double *parts,
                     double *out) {
    const size_t dim = (size_t)r->dim;
    Product p = {r, v, dot(r->mean, v, r->dim), parts};
    const bool small = (int64_t)r->n * r->dim < 1 << 18;
    team_parallel(multiply_piece, &p, PIECES, small ? 1 : 0);
    memset(out, 0, dim * sizeof *out);
    for (int i = 0; i < PIECES; i++)
        add(out, parts + (size_t)i * dim, 1, r->dim);
}

static void find_mean(const Rows *r, double *mean) {
    memset(mean, 0, (size_t)r->dim * sizeof *mean);
    for (int i = 0; i < r->n; i++)
        add_row(mean, r->rows + (size_t)i * (size_t)r->dim, 1.0 / r->n, r->dim);
}

static double total_variance(const Rows *r) {
    double sum = 0;
    for (int i = 0; i < r->n; i++)
        for (int j = 0; j < r->dim; j++) {
            const double d =
                (double)r->rows[(size_t)i * (size_t)r->dim + (size_t)j] -
                r->mean[j];
            sum += d * d;
        }
    return sum / r->n;
}

/* ---- Jacobi -------------------------------------------------------------- */

/* Turns rows and columns p and q of m [N, N] so that m[p][q] becomes 0; the
 * rows of v, which become the eigenvectors, turn along.  False: it is as good
 * as 0. */
static bool turn(double *m, double *v, int n, int p, int q) {
    const double off = m[p * N + q];
    if (fabs(off) <= SPENT * (fabs(m[p * N + p]) + fabs(m[q * N + q])))
        return false;
    const double theta = (m[q * N + q] - m[p * N + p]) / (2 * off);
    const double t =
        (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < n; k++) {
        const double a = m[k * N + p], b = m[k * N + q];
        m[k * N + p] = c * a - s * b;
        m[k * N + q] = s * a + c * b;
    }
    for (int k = 0; k < n; k++) {
        const double a = m[p * N + k], b = m[q * N + k];
        m[p * N + k] = c * a - s * b;
        m[q * N + k] = s * a + c * b;
        const double x = v[p * N + k], y = v[q * N + k];
        v[p * N + k] = c * x - s * y;
        v[q * N + k] = s * x + c * y;
    }
    return true;
}

/* m's diagonal becomes its eigenvalues, v's rows their vectors. */
static void diagonalise(double *m, double *v, int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            v[i * N + j] = i == j;
    bool turned = true;
    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++)
                turned |= turn(m, v, n, p, q);
    }
}

/* ---- Lanczos ------------------------------------------------------------- */

/* What is in work beside the basis. */
typedef struct Lanczos {
    double *basis; /* [n, dim] orthonormal, PRINCIPAL_STEPS at most */
    int n;
    double m[N * N]; /* the covariance as the basis sees it */
    double v[N * N];
} Lanczos;

/* Takes from w all that lies along the basis; twice, as the first time
 * rounding leaves something. */
static void clear_of_basis(const Lanczos *l, double *w, int dim) {
    for (int twice = 0; twice < 2; twice++)
        for (int j = 0; j < l->n; j++) {
            const double *b = l->basis + (size_t)j * (size_t)dim;
            add(w, b, -dot(b, w, dim), dim);
        }
}

/* One more of the basis, from w; false: nothing is left of it. */
static bool extend(Lanczos *l, double *w, int dim, double least) {
    clear_of_basis(l, w, dim);
    const double square = dot(w, w, dim);
    if (!(square > least)) return false;
    double *b = l->basis + (size_t)l->n * (size_t)dim;
    for (int i = 0; i < dim; i++)
        b[i] = w[i] / sqrt(square);
    l->n++;
    return true;
}

static void draw(double *w, int dim, int step) {
    for (int i = 0; i < dim; i++)
        w[i] = chance_normal((uint64_t)step, (uint64_t)i);
}

/* w: scratch [dim] and [PIECES, dim].  False: stopped. */
static bool build(Lanczos *l, const Rows *r, double *w, double *parts,
                  double total) {
    const int most = r->dim < N ? r->dim : N;
    draw(w, r->dim, 0);
    for (int step = 0; step < most && extend(l, w, r->dim, 0); step++) {
        if (!goes_on(r)) return false;
        multiply(r, l->basis + (size_t)step * (size_t)r->dim, parts, w);
        for (int j = 0; j <= step; j++)
            l->m[j * N + step] = l->m[step * N + j] =
                dot(l->basis + (size_t)j * (size_t)r->dim, w, r->dim);
        /* What the products reach is spent: what is left is reached from
         * another vector. */
        clear_of_basis(l, w, r->dim);
        if (dot(w, w, r->dim) <= total * total * NOTHING)
            draw(w, r->dim, step + 1);
    }
    return true;
}

/* ---- the axes ------------------------------------------------------------ */

static int largest(const Lanczos *l, int but) {
    int best = -1;
    for (int i = 0; i < l->n; i++)
        if (i != but && (best < 0 || l->m[i * N + i] > l->m[best * N + best]))
            best = i;
    return best;
}

static void write_axis(const Lanczos *l, int at, double *axis, int dim) {
    for (int j = 0; j < l->n; j++)
        add(axis, l->basis + (size_t)j * (size_t)dim, l->v[at * N + j], dim);
    double most = 0;
    for (int i = 0; i < dim; i++)
        if (fabs(axis[i]) > fabs(most)) most = axis[i];
    for (int i = 0; i < dim && most < 0; i++)
        axis[i] = -axis[i];
}

static void take_axes(const Lanczos *l, Principal *out) {
    /* What rounding leaves of rows that do not differ is no direction. */
    const double least =
        out->total * 1e-12 + dot(out->mean, out->mean, out->dim) * 1e-14;
    for (int k = 0, before = -1; k < PRINCIPAL_AXES; k++) {
        const int at = largest(l, before);
        if (at < 0 || l->m[at * N + at] <= least) return;
        out->variance[k] = l->m[at * N + at];
        write_axis(l, at, out->axes + (size_t)k * (size_t)out->dim, out->dim);
        before = at;
    }
}

static bool find_axes(const Rows *r, Lanczos *l, double *w, Principal *out) {
    const size_t d = (size_t)r->dim;
    l->basis = w + d;
    if (!goes_on(r)) return false;
    find_mean(r, out->mean);
    if (!goes_on(r)) return false;
    out->total = total_variance(r);
    if (!build(l, r, w, w + (1 + N) * d, out->total)) return false;
    diagonalise(l->m, l->v, l->n);
    take_axes(l, out);
    return true;
}

bool principal_find(const float *rows, int n, int dim, bool (*go_on)(void *ud),
                    void *ud, Principal *out) {
    const size_t d = (size_t)dim;
    *out = (Principal){.dim = dim};
    out->mean = calloc((1 + PRINCIPAL_AXES) * d, sizeof *out->mean);
    Lanczos *l = calloc(1, sizeof *l);
    double *w = calloc((1 + N) * d + PIECES * d, sizeof *w);
    bool ok = out->mean && l && w;
    if (ok) {
        const Rows r = {rows, n, dim, out->mean, go_on, ud};
        out->axes = out->mean + d;
        ok = find_axes(&r, l, w, out);
    }
    if (!ok) principal_free(out);
    free(l);
    free(w);
    return ok;
}

void principal_free(Principal *p) {
    free(p->mean);
    *p = (Principal){0};
}

double principal_at(const Principal *p, int axis, const float *row) {
    const double *a = p->axes + (size_t)axis * (size_t)p->dim;
    return dot_row(row, a, p->dim) - dot(p->mean, a, p->dim);
}
