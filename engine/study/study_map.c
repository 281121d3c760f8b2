/* STUDY_MAP, VARIANCE and PLACE: the embedding seen along the two directions in
 * which its rows differ most. */
#include "engine/study/study_private.h"

#include "engine/base/num.h"
#include "engine/formula/formula.h"
#include "engine/kernel/kern.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- which rows ---------------------------------------------------------- */

static bool is_letter(char c) {
    const unsigned char b = (unsigned char)c;
    return b >= 0x80 || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

static bool is_word(const Tokenizer *t, int id) {
    const Piece p = tokenizer_piece(t, id);
    if (p.is_control || p.is_byte || p.is_unused) return false;
    if (p.len < 3 || p.bytes[0] != ' ') return false;
    for (int i = 1; i < p.len; i++)
        if (!is_letter(p.bytes[i])) return false;
    return true;
}

/* The rows in question; *n_all of them, the first STUDY_MAP_MAX in out.  Of all
 * rows some evenly, as their ids say nothing of what they are. */
static int choose_words(const StudyWork *w, int out[STUDY_MAP_MAX],
                        int *n_all) {
    *n_all = 0;
    for (int id = 0; w->tokenizer && id < w->n_vocab; id++)
        if (is_word(w->tokenizer, id) && (*n_all)++ < STUDY_MAP_MAX)
            out[*n_all - 1] = id;
    return num_min(*n_all, STUDY_MAP_MAX);
}

static int choose_all(const StudyWork *w, int out[STUDY_MAP_MAX], int *n_all) {
    const int n = num_min(w->n_vocab, STUDY_MAP_MAX);
    for (int i = 0; i < n; i++)
        out[i] = (int)((int64_t)i * w->n_vocab / n);
    *n_all = w->n_vocab;
    return n;
}

/* ---- words apart --------------------------------------------------------- */

typedef struct Along {
    double at;
    int point;
} Along;

static int by_place(const void *a, const void *b) {
    const double x = ((const Along *)a)->at, y = ((const Along *)b)->at;
    return (x > y) - (x < y);
}

/* The larger part of the words, where the first direction has a gap that is
 * wider than this part is long; in `ids`, still by id.  How many there are. */
static int without_apart(const StudyMap *m, int ids[STUDY_MAP_MAX]) {
    Along along[STUDY_MAP_MAX] = {{0}};
    int cut = 0, n = 0;
    if (m->n < 1) return 0;
    for (int i = 0; i < m->n; i++)
        along[i] = (Along){m->points[i].at[0], i};
    qsort(along, (size_t)m->n, sizeof *along, by_place);
    for (int i = 1; i < m->n; i++)
        if (cut == 0 ||
            along[i].at - along[i - 1].at > along[cut].at - along[cut - 1].at)
            cut = i;
    const int from = 2 * cut > m->n ? 0 : cut;
    const int to = 2 * cut > m->n ? cut : m->n;
    const double gap = cut ? along[cut].at - along[cut - 1].at : 0;
    const bool apart = gap > along[to - 1].at - along[from].at;
    for (int i = 0; i < m->n; i++)
        if (!apart || (m->points[i].at[0] >= along[from].at &&
                       m->points[i].at[0] <= along[to - 1].at))
            ids[n++] = m->points[i].id;
    return n;
}

/* ---- the map ------------------------------------------------------------- */

static void place_points(StudyMap *m, const float *rows) {
    const size_t dim = (size_t)m->axes.dim;
    for (int i = 0; i < m->n; i++)
        for (int k = 0; k < 2; k++) {
            const double at = principal_at(&m->axes, k, rows + (size_t)i * dim);
            m->points[i].at[k] = at;
            m->largest = fmax(m->largest, fabs(at));
        }
    for (int k = 0; k < 2; k++)
        m->share[k] =
            m->axes.total > 0 ? m->axes.variance[k] / m->axes.total : 0;
}

static void close_map(void *value) {
    StudyMap *m = value;
    principal_free(&m->axes);
    free(m);
}

#define MAP_ASKS 64 /* rows between two questions */

/* principal_find asks as who makes numbers does. */
static bool goes_on(void *ud) {
    const StudyWork *w = ud;
    return w->goes_on(w);
}

static StudyMap *map_of(const StudyWork *w, const Tensor *table, const int *ids,
                        int n) {
    StudyWork asked = *w; /* as what is asked is not const */
    const size_t dim = (size_t)table->cols;
    StudyMap *m = calloc(1, sizeof *m + (size_t)n * sizeof(StudyMapPoint));
    float *rows = malloc((size_t)n * dim * sizeof *rows);
    bool ok = m && rows;
    for (int i = 0; ok && i < n; i++) {
        if (i % MAP_ASKS == 0 && !w->goes_on(w)) ok = false;
        float *row = rows + (size_t)m->n * dim;
        kern_row(row, table, ids[i]);
        /* A row that is not all numbers lies nowhere. */
        if (isfinite(study_dot(row, row, table->cols)))
            m->points[m->n++].id = ids[i];
    }
    ok = ok && m->n > 0 &&
         principal_find(rows, m->n, table->cols, goes_on, &asked, &m->axes);
    if (ok) place_points(m, rows);
    free(rows);
    if (ok) return m;
    free(m);
    return NULL;
}

/* The same of the words that do not lie apart, where some do; closes m. */
static StudyMap *map_of_rest(const StudyWork *w, const Tensor *table,
                             StudyMap *m) {
    int ids[STUDY_MAP_MAX];
    const int all = m->n, n = without_apart(m, ids);
    if (n == all || n < STUDY_MAP_LEAST) return m;
    close_map(m);
    m = map_of(w, table, ids, n);
    if (m) m->n_apart = all - n;
    return m;
}

static void *make_map(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Tensor *table =
        model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0);
    int ids[STUDY_MAP_MAX], n = 0, n_all = 0;
    if (key.index == STUDY_MAP_WORDS) n = choose_words(w, ids, &n_all);
    const bool are_words = n >= STUDY_MAP_LEAST;
    if (!are_words) n = choose_all(w, ids, &n_all);
    StudyMap *m = map_of(w, table, ids, n);
    if (m && are_words) m = map_of_rest(w, table, m);
    if (!m) return NULL;
    m->n_all = n_all;
    m->are_words = are_words;
    *bytes = sizeof *m + (uint64_t)n * sizeof(StudyMapPoint) +
             3 * (uint64_t)table->cols * sizeof(double);
    return m;
}

static const StudyMap *map_made(const StudyWork *w, int rows) {
    const StudyKey key = {
        .kind = STUDY_MAP, .pos = STUDY_NO_POS, .index = rows};
    return w->made(w, key);
}

/* ---- its shares, opened -------------------------------------------------- */

static void *make_variance(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const StudyMap *m = map_made(w, key.index);
    const int axis = key.layer;
    if (!m || axis < 0 || axis > 1) return NULL;
    Explain *ex = study_explain_open(m->n);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_SQUARES;
    ex->index = EXPLAIN_BY_TOKEN;
    ex->col = -1;
    snprintf(ex->a_name, sizeof ex->a_name, "place");
    snprintf(
        ex->formula, sizeof ex->formula,
        FORMULA(
            "\\sum\\text{place}^2/n") " / the variance in all %d directions",
        m->axes.dim);
    for (int i = 0; i < m->n; i++) {
        const double at = m->points[i].at[axis];
        study_explain_term(ex, m->points[i].id, (float)at, 0, at * at);
    }
    const double along = study_explain_sum(ex) / m->n;
    study_explain_step(ex, along, "÷ %d rows", m->n);
    study_explain_step(ex, m->axes.total, "the variance in all directions");
    study_explain_step(ex, m->axes.total > 0 ? along / m->axes.total : 0,
                       "its share");
    return study_explain_finish(ex, key, (float)m->share[axis],
                                (m->n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

/* ---- vectors on it ------------------------------------------------------- */

static void *make_place(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int dim = trace_config(w->trace)->dim;
    const float *row = w->row(w, SITE_EMBED, 0, key.pos);
    const double own = sqrt(study_dot(row, row, dim));
    row = w->row(w, key.site, key.layer, key.pos);
    const double length = sqrt(study_dot(row, row, dim));
    float *scaled = malloc((size_t)dim * sizeof *scaled);
    StudyPlace *out = calloc(1, sizeof *out);
    for (int i = 0; scaled && i < dim; i++)
        scaled[i] = length > 0 ? (float)((double)row[i] * (own / length)) : 0;
    const StudyMap *m = scaled && out ? map_made(w, key.index) : NULL;
    if (m) {
        for (int k = 0; k < 2; k++)
            out->at[k] = principal_at(&m->axes, k, scaled);
        out->length = length;
        *bytes = sizeof *out;
    } else {
        free(out);
        out = NULL;
    }
    free(scaled);
    return out;
}

const StudyKindInfo study_kind_map = {
    .name = "map", .make = make_map, .close = close_map};
const StudyKindInfo study_kind_variance = {
    .name = "variance", .make = make_variance, .close = study_explain_close};
const StudyKindInfo study_kind_place = {.name = "place", .make = make_place};
