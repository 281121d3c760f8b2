/* Lanczos' method, and the QR method for the small matrix that it leaves. */
#include "engine/study/principal.h"

#include "engine/base/chance.h"
#include "engine/base/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N       PRINCIPAL_STEPS
#define PIECES  16    /* of the rows, for threads */
#define STEPS   30    /* an eigenvalue, at most; it takes about two */
#define SPENT   1e-16 /* beside the two on the diagonal nothing is left */
#define NOTHING 1e-24 /* of the total: rounding */
#define LOOK    8     /* steps from one look at the axes to the next */
#define SETTLED 1e-12 /* of a variance: more steps would not turn its axis */

/* ---- vectors ------------------------------------------------------------- */

/* Four sums, so that none waits for the one before it. */
static double dot(const double *a, const double *b, int n) {
    double sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int j = 0; j < 4; j++)
            sum[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

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

/* ---- the small matrix ---------------------------------------------------- */

/* It is tridiagonal: `on` its diagonal and `off` it.  v's rows turn along and
 * become the eigenvectors. */
typedef struct Small {
    double on[N], off[N];
    double v[N][N];
} Small;

static void turn_rows(double *a, double *b, int n, double c, double s) {
    for (int i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/* One step of the QR method on lo..hi, with Wilkinson's shift: a first turn
 * leaves an element outside the three diagonals, the others push it down and
 * out. */
static void chase(Small *m, int n, int lo, int hi) {
    double *on = m->on, *off = m->off;
    const double half = (on[hi - 1] - on[hi]) / 2, last = off[hi - 1];
    const double root = hypot(half, last);
    const double shift =
        on[hi] - last * last / (half < 0 ? half - root : half + root);
    double x = on[lo] - shift, outside = off[lo];
    for (int k = lo; k < hi; k++) {
        const double r = hypot(x, outside);
        const double c = r > 0 ? x / r : 1, s = r > 0 ? -outside / r : 0;
        const double p = on[k], q = on[k + 1], o = off[k];
        if (k > lo) off[k - 1] = r;
        on[k] = c * c * p - 2 * c * s * o + s * s * q;
        on[k + 1] = s * s * p + 2 * c * s * o + c * c * q;
        off[k] = x = c * s * (p - q) + (c * c - s * s) * o;
        if (k + 1 < hi) {
            outside = -s * off[k + 1];
            off[k + 1] *= c;
        }
        turn_rows(m->v[k], m->v[k + 1], n, c, s);
    }
}

/* The diagonal becomes the eigenvalues, in no order. */
static void diagonalise(Small *m, int n) {
    int hi = n - 1;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            m->v[i][j] = i == j;
    for (int step = 0; hi > 0 && step < STEPS * n; step++) {
        for (int i = 0; i < hi; i++)
            if (fabs(m->off[i]) <=
                SPENT * (fabs(m->on[i]) + fabs(m->on[i + 1])))
                m->off[i] = 0;
        while (hi > 0 && m->off[hi - 1] == 0)
            hi--;
        int lo = hi;
        while (lo > 0 && m->off[lo - 1] != 0)
            lo--;
        if (lo < hi) chase(m, n, lo, hi);
    }
}

/* ---- Lanczos ------------------------------------------------------------- */

/* What is in work beside the basis. */
typedef struct Lanczos {
    double *basis; /* [n, dim] orthonormal, PRINCIPAL_STEPS at most */
    int n;
    Small m;      /* the covariance as the basis sees it */
    Small looked; /* that of a look */
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

/* One more of the basis, from w, which is clear of it; false: nothing is left
 * of w. */
static bool extend(Lanczos *l, const double *w, int dim) {
    const double square = dot(w, w, dim);
    if (!(square > 0)) return false;
    double *b = l->basis + (size_t)l->n * (size_t)dim;
    for (int i = 0; i < dim; i++)
        b[i] = w[i] / sqrt(square);
    l->n++;
    return true;
}

/* Another vector, clear of the basis. */
static void draw(const Lanczos *l, double *w, int dim, int step) {
    for (int i = 0; i < dim; i++)
        w[i] = chance_normal((uint64_t)step, (uint64_t)i);
    clear_of_basis(l, w, dim);
}

static int largest(const Small *m, int n, int but) {
    int best = -1;
    for (int i = 0; i < n; i++)
        if (i != but && (best < 0 || m->on[i] > m->on[best])) best = i;
    return best;
}

/* Whether the two axes would stay where they are. */
static bool is_settled(Lanczos *l) {
    Small *m = &l->looked;
    *m = l->m;
    diagonalise(m, l->n);
    for (int k = 0, before = -1; k < PRINCIPAL_AXES; k++) {
        const int at = largest(m, l->n, before);
        const double more = l->m.off[l->n - 1] * m->v[at][l->n - 1];
        if (fabs(more) > SETTLED * m->on[at]) return false;
        before = at;
    }
    return true;
}

/* w: scratch [dim] and [PIECES, dim].  False: stopped. */
static bool build(Lanczos *l, const Rows *r, double *w, double *parts,
                  double total) {
    const int most = r->dim < N ? r->dim : N;
    draw(l, w, r->dim, 0);
    for (int step = 0; step < most && extend(l, w, r->dim); step++) {
        if (!goes_on(r)) return false;
        multiply(r, l->basis + (size_t)step * (size_t)r->dim, parts, w);
        l->m.on[step] =
            dot(l->basis + (size_t)step * (size_t)r->dim, w, r->dim);
        /* What the products reach is spent: what is left is reached from
         * another vector. */
        clear_of_basis(l, w, r->dim);
        const double square = dot(w, w, r->dim);
        const bool is_spent = square <= total * total * NOTHING;
        l->m.off[step] = is_spent ? 0 : sqrt(square);
        if (is_spent) draw(l, w, r->dim, step + 1);
        /* As many steps as there are directions are exact: none is left out. */
        else if (r->dim > N && l->n % LOOK == 0 && is_settled(l))
            return true;
    }
    return true;
}

/* ---- the axes ------------------------------------------------------------ */

static void write_axis(const Lanczos *l, int at, double *axis, int dim) {
    for (int j = 0; j < l->n; j++)
        add(axis, l->basis + (size_t)j * (size_t)dim, l->m.v[at][j], dim);
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
        const int at = largest(&l->m, l->n, before);
        if (at < 0 || l->m.on[at] <= least) return;
        out->variance[k] = l->m.on[at];
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
    diagonalise(&l->m, l->n);
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
