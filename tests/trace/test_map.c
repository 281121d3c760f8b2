/* The embedding's principal components, table and cosines, against arithmetic
 * written down here once more: the covariance whole, in doubles, and power
 * iteration. */
#include "engine/base/chance.h"
#include "engine/spec/arch.h"
#include "engine/study/principal.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIM_MAX 200

/* ---- the same by the book ------------------------------------------------ */

typedef struct Book {
    int dim;
    double mean[DIM_MAX], c[DIM_MAX][DIM_MAX], total;
    double axis[2][DIM_MAX], variance[2];
} Book;

static double along(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The direction that c stretches most; then c without it. */
static void stretch(Book *b, int k) {
    double v[DIM_MAX], next[DIM_MAX];
    for (int i = 0; i < b->dim; i++)
        v[i] = chance_normal(99, (uint64_t)i);
    for (int step = 0; step < 4000; step++) {
        for (int i = 0; i < b->dim; i++)
            next[i] = along(b->c[i], v, b->dim);
        b->variance[k] = sqrt(along(next, next, b->dim));
        for (int i = 0; i < b->dim; i++)
            v[i] = next[i] / b->variance[k];
    }
    memcpy(b->axis[k], v, sizeof v);
    for (int i = 0; i < b->dim; i++)
        for (int j = 0; j < b->dim; j++)
            b->c[i][j] -= b->variance[k] * v[i] * v[j];
}

static Book *book_open(const float *rows, int n, int dim) {
    Book *b = calloc(1, sizeof *b);
    ck_assert(b && dim <= DIM_MAX);
    b->dim = dim;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < dim; j++)
            b->mean[j] += (double)rows[i * dim + j] / n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < dim; j++)
            for (int k = 0; k < dim; k++)
                b->c[j][k] += ((double)rows[i * dim + j] - b->mean[j]) *
                              ((double)rows[i * dim + k] - b->mean[k]) / n;
    for (int j = 0; j < dim; j++)
        b->total += b->c[j][j];
    stretch(b, 0);
    stretch(b, 1);
    return b;
}

/* ---- principal ----------------------------------------------------------- */

static float *draw_rows(int n, int dim, double stretch_0, double stretch_1) {
    float *rows = malloc((size_t)n * (size_t)dim * sizeof *rows);
    ck_assert_ptr_nonnull(rows);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < dim; j++)
            rows[i * dim + j] =
                (float)(chance_normal((uint64_t)i + 1, (uint64_t)j) *
                            (j == 3    ? stretch_0
                             : j == 11 ? stretch_1
                                       : 1) +
                        j);
    return rows;
}

static void check_principal(int n, int dim, double a, double b) {
    Principal p;
    float *rows = draw_rows(n, dim, a, b);
    Book *book = book_open(rows, n, dim);
    ck_assert(principal_find(rows, n, dim, NULL, NULL, &p));
    ck_assert_double_eq_tol(p.total, book->total, 1e-9 * book->total);
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(p.variance[k], book->variance[k],
                                1e-6 * book->variance[k]);
        const double *axis = p.axes + (size_t)k * (size_t)dim;
        const double same = along(axis, book->axis[k], dim);
        ck_assert_double_eq_tol(fabs(same), 1, 1e-4);
        ck_assert_double_eq_tol(along(axis, axis, dim), 1, 1e-9);
        for (int i = 0; i < n; i += 17) {
            double want = 0;
            for (int j = 0; j < dim; j++)
                want += ((double)rows[i * dim + j] - book->mean[j]) * axis[j];
            ck_assert_double_eq_tol(principal_at(&p, k, rows + i * dim), want,
                                    1e-8 * (1 + fabs(want)));
        }
    }
    principal_free(&p);
    free(book);
    free(rows);
}

START_TEST(axes_are_those_of_the_covariance) {
    check_principal(500, 20, 3, 2);
    check_principal(300, DIM_MAX, 6, 4);
    check_principal(40, DIM_MAX, 9, 6); /* fewer rows than columns */
}
END_TEST

/* Where no direction stands out the axes may be a little beside the best, but
 * what is said of them holds. */
START_TEST(variance_is_that_of_the_axes_given) {
    Principal p;
    const int n = 400;
    float *rows = draw_rows(n, DIM_MAX, 1, 1);
    Book *book = book_open(rows, n, DIM_MAX);
    ck_assert(principal_find(rows, n, DIM_MAX, NULL, NULL, &p));
    for (int k = 0; k < 2; k++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += pow(principal_at(&p, k, rows + i * DIM_MAX), 2);
        ck_assert_double_eq_tol(sum / n, p.variance[k], 1e-8);
        ck_assert_double_le(p.variance[k], book->variance[0] + 1e-9);
        ck_assert_double_ge(p.variance[k], .95 * book->variance[k]);
    }
    principal_free(&p);
    free(book);
    free(rows);
}
END_TEST

START_TEST(rows_that_do_not_differ_have_no_axes) {
    Principal p;
    float line[30], same[30];
    for (int i = 0; i < 30; i++) {
        same[i] = (float)(i % 3);
        line[i] = (float)(i / 3 * (i % 3 + 1));
    }
    ck_assert(principal_find(same, 10, 3, NULL, NULL, &p));
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq(p.variance[k], 0);
        ck_assert_double_eq(principal_at(&p, k, same), 0);
    }
    principal_free(&p);
    ck_assert(principal_find(line, 10, 3, NULL, NULL, &p));
    ck_assert_double_eq_tol(p.variance[0], p.total, 1e-9);
    ck_assert_double_eq(p.variance[1], 0);
    ck_assert_double_eq_tol(p.axes[2] / p.axes[0], 3, 1e-9);
    ck_assert_double_gt(p.axes[2], 0);
    principal_free(&p);
    ck_assert(principal_find(line, 30, 1, NULL, NULL, &p));
    ck_assert_double_eq_tol(fabs(p.axes[0]), 1, 1e-12);
    principal_free(&p);
    ck_assert(principal_find(line, 1, 30, NULL, NULL, &p));
    ck_assert_double_eq(p.total, 0);
    principal_free(&p);
}
END_TEST

/* ---- the map ------------------------------------------------------------- */

static void rig_open(StudyRig *r, TinySpec *spec) {
    *spec = tiny_spec();
    spec->vocab_size = 900;
    study_rig_open(r, *spec, TRACE_BUDGET_DEFAULT, "", 9, STUDY_RIG_BUDGET);
    study_set_tokenizer(r->study, r->c.tiny.tok);
}

static const StudyMap *map(StudyRig *r, StudyMapped rows) {
    study_map(r->study, rows);
    study_rig_make(r);
    const StudyMap *m = study_map(r->study, rows);
    ck_assert_ptr_nonnull(m);
    return m;
}

static void check_map(const StudyMap *m, const float *table, int dim) {
    float *rows = malloc((size_t)m->n * (size_t)dim * sizeof *rows);
    ck_assert_ptr_nonnull(rows);
    for (int i = 0; i < m->n; i++)
        memcpy(rows + i * dim, table + m->points[i].id * dim,
               (size_t)dim * sizeof *rows);
    Book *b = book_open(rows, m->n, dim);
    double most = 0;
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(m->share[k], b->variance[k] / b->total, 1e-9);
        for (int i = 0; i < m->n; i++) {
            double at = 0;
            for (int j = 0; j < dim; j++)
                at += ((double)rows[i * dim + j] - b->mean[j]) * b->axis[k][j];
            most = fmax(most, fabs(at));
            ck_assert_double_eq_tol(fabs(m->points[i].at[k]), fabs(at), 1e-5);
        }
    }
    ck_assert_double_eq_tol(m->largest, most, 1e-5);
    free(b);
    free(rows);
}

START_TEST(a_map_is_the_components_of_its_rows) {
    StudyRig r;
    TinySpec spec;
    int n;
    rig_open(&r, &spec);
    float *w = tiny_weights(&spec, TENSOR_TOKEN_EMBED, 0, &n);
    const StudyMap *all = map(&r, STUDY_MAP_ALL);
    ck_assert_int_eq(all->n, 900);
    ck_assert_int_eq(all->n_all, 900);
    ck_assert(!all->are_words);
    check_map(all, w, spec.dim);
    const StudyMap *words = map(&r, STUDY_MAP_WORDS);
    check_map(words, w, spec.dim);
    for (int i = 0; words->are_words && i < words->n; i++) {
        const Piece p = tokenizer_piece(r.c.tiny.tok, words->points[i].id);
        ck_assert(p.bytes[0] == ' ' && p.len >= 3);
    }
    free(w);
    study_rig_close(&r);
}
END_TEST

#define TALES "assets/models/tales"

/* The embedded model was trained on stories that use 414 of its pieces: words
 * that none of them uses lie apart, in one lump, and would be all that the
 * first direction tells.  Figures of the file in this repository. */
START_TEST(words_never_read_are_left_out) {
    Err err = {0};
    StudyRig r = {0};
    Model *m = model_open(TALES ".bin", &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Tokenizer *tok =
        tokenizer_open(TALES ".tok.bin", model_config(m)->vocab_size, &err);
    Session *session = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    Trace *trace = trace_open(session, TRACE_BUDGET_DEFAULT, &err);
    r.study = study_open(trace, STUDY_RIG_BUDGET, &err);
    ck_assert_msg(r.study && tok, "%s", err.msg);
    study_set_tokenizer(r.study, tok);
    study_frame(r.study);
    const StudyMap *words = map(&r, STUDY_MAP_WORDS);
    ck_assert_int_eq(words->n, 232);
    ck_assert_int_eq(words->n_apart, 35);
    ck_assert_int_eq(words->n_all, 267);
    const Tensor *table = model_tensor(m, TENSOR_TOKEN_EMBED, 0);
    check_map(words, table->data, table->cols);
    ck_assert_double_eq_tol(words->share[0], .0453, 1e-4);
    ck_assert_double_eq_tol(words->share[1], .0376, 1e-4);
    const StudyMap *all = map(&r, STUDY_MAP_ALL);
    check_map(all, table->data, table->cols);
    ck_assert_double_eq_tol(all->share[0], .695, 1e-3);
    study_close(r.study);
    trace_close(trace);
    session_close(session);
    tokenizer_close(tok);
    model_close(m);
}
END_TEST

/* What is made of the weights alone outlives the run. */
START_TEST(a_map_is_not_forgotten) {
    StudyRig r;
    TinySpec spec;
    bool missing;
    rig_open(&r, &spec);
    const StudyMap *m = map(&r, STUDY_MAP_ALL);
    study_forget(r.study, 0);
    ck_assert_ptr_eq(study_map(r.study, STUDY_MAP_ALL), m);
    study_get(r.study, study_variance_key(STUDY_MAP_ALL, 2), &missing);
    study_rig_make(&r);
    ck_assert_ptr_null(
        study_get(r.study, study_variance_key(STUDY_MAP_ALL, 2), &missing));
    ck_assert(!missing);
    study_rig_close(&r);
}
END_TEST

START_TEST(a_share_opens_to_the_places) {
    StudyRig r;
    TinySpec spec;
    bool missing;
    rig_open(&r, &spec);
    const StudyMap *m = map(&r, STUDY_MAP_ALL);
    for (int axis = 0; axis < 2; axis++) {
        const StudyKey key = study_variance_key(STUDY_MAP_ALL, axis);
        study_get(r.study, key, &missing);
        study_rig_make(&r);
        const Explain *ex = study_get(r.study, key, &missing);
        ck_assert_int_eq(ex->n_terms, m->n);
        ck_assert_double_eq_tol(ex->total, m->share[axis], 1e-7);
        ck_assert(ex->matches);
    }
    study_rig_close(&r);
}
END_TEST

/* At the beginning a token lies where its row does; later where its vector
 * points. */
START_TEST(a_place_is_the_vector_as_long_as_its_row) {
    StudyRig r;
    TinySpec spec;
    rig_open(&r, &spec);
    const StudyMap *m = map(&r, STUDY_MAP_ALL);
    for (int pos = 0; pos < 9; pos++) {
        const int id = trace_token(r.c.trace, pos);
        study_place(r.study, STUDY_MAP_ALL, SITE_EMBED, 0, pos);
        study_place(r.study, STUDY_MAP_ALL, SITE_RESID_POST, 1, pos);
        study_rig_make(&r);
        const StudyPlace *row =
            study_place(r.study, STUDY_MAP_ALL, SITE_EMBED, 0, pos);
        const StudyPlace *end =
            study_place(r.study, STUDY_MAP_ALL, SITE_RESID_POST, 1, pos);
        const float *e = trace_row(r.c.trace, SITE_EMBED, 0, pos);
        double own = 0, length = 0;
        for (int i = 0; i < spec.dim; i++)
            own += (double)e[i] * (double)e[i];
        const float *x = trace_row(r.c.trace, SITE_RESID_POST, 1, pos);
        for (int i = 0; i < spec.dim; i++)
            length += (double)x[i] * (double)x[i];
        ck_assert_double_eq_tol(row->length, sqrt(own), 1e-9);
        ck_assert_double_eq_tol(end->length, sqrt(length), 1e-9);
        for (int k = 0; k < 2; k++) {
            double at = 0;
            const double *axis = m->axes.axes + k * spec.dim;
            for (int i = 0; i < spec.dim; i++)
                at += ((double)x[i] * sqrt(own / length) - m->axes.mean[i]) *
                      axis[i];
            ck_assert_double_eq_tol(row->at[k], m->points[id].at[k], 1e-9);
            ck_assert_double_eq_tol(end->at[k], at, 1e-6);
        }
    }
    study_rig_close(&r);
}
END_TEST

/* ---- table and cosine ---------------------------------------------------- */

START_TEST(a_table_cell_is_the_number_furthest_from_0) {
    StudyRig r;
    TinySpec spec;
    int n;
    rig_open(&r, &spec);
    float *w = tiny_weights(&spec, TENSOR_TOKEN_EMBED, 0, &n);
    study_table(r.study);
    study_rig_make(&r);
    const StudyTable *t = study_table(r.study);
    ck_assert_int_eq(t->rows, STUDY_TABLE_ROWS);
    ck_assert_int_eq(t->cols, spec.dim);
    ck_assert_int_eq(study_table_row(t, 0), 0);
    ck_assert_int_eq(study_table_row(t, 899), STUDY_TABLE_ROWS - 1);
    float *want = calloc((size_t)t->rows * (size_t)t->cols, sizeof *want);
    ck_assert_ptr_nonnull(want);
    for (int i = 0; i < n; i++) {
        float *cell =
            want + study_table_row(t, i / spec.dim) * t->cols + i % spec.dim;
        if (fabsf(w[i]) > fabsf(*cell)) *cell = w[i];
        ck_assert_float_le(fabsf(w[i]), t->most);
    }
    ck_assert_mem_eq(t->cells, want,
                     (size_t)t->rows * (size_t)t->cols * sizeof *want);
    free(want);
    free(w);
    study_rig_close(&r);
}
END_TEST

START_TEST(a_cosine_opens_to_products_and_lengths) {
    StudyRig r;
    TinySpec spec;
    bool missing;
    int n;
    rig_open(&r, &spec);
    float *w = tiny_weights(&spec, TENSOR_TOKEN_EMBED, 0, &n);
    const float *a = w + 17 * spec.dim, *b = w + 260 * spec.dim;
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < spec.dim; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    const StudyKey key = study_cosine_key(17, 260);
    study_get(r.study, key, &missing);
    study_rig_make(&r);
    const Explain *ex = study_get(r.study, key, &missing);
    ck_assert_int_eq(ex->n_terms, spec.dim);
    ck_assert_double_eq_tol(ex->before[0].value, sqrt(aa), 1e-12);
    ck_assert_double_eq_tol(ex->before[1].value, sqrt(bb), 1e-12);
    ck_assert_double_eq_tol(ex->steps[0].value, ab, 1e-12);
    ck_assert_double_eq_tol(ex->total, ab / sqrt(aa * bb), 1e-12);
    ck_assert(ex->matches);
    study_get(r.study, study_cosine_key(17, 900), &missing);
    study_rig_make(&r);
    ck_assert_ptr_null(study_get(r.study, study_cosine_key(17, 900), &missing));
    free(w);
    study_rig_close(&r);
}
END_TEST

TEST_MAIN("map", axes_are_those_of_the_covariance,
          variance_is_that_of_the_axes_given,
          rows_that_do_not_differ_have_no_axes,
          a_map_is_the_components_of_its_rows, words_never_read_are_left_out,
          a_map_is_not_forgotten, a_share_opens_to_the_places,
          a_place_is_the_vector_as_long_as_its_row,
          a_table_cell_is_the_number_furthest_from_0,
          a_cosine_opens_to_products_and_lengths)
