#include "tests/support/recording.h"

#include <stdlib.h>
#include <string.h>

typedef struct Row {
    float *data;
    int len;
} Row;

struct Recording {
    Config c;
    int n_max;
    int count;
    Row *rows; /* [SITE_COUNT, L, n_max] */
};

static Row *row_at(const Recording *r, Site s, int layer, int pos) {
    return &r->rows[((size_t)s * r->c.n_layers + layer) * r->n_max + pos];
}

Recording *recording_open(const Config *c, int n_max) {
    Recording *r = calloc(1, sizeof *r);
    if (!r) abort();
    *r = (Recording){.c = *c, .n_max = n_max};
    r->rows = calloc((size_t)SITE_COUNT * c->n_layers * n_max, sizeof(Row));
    if (!r->rows) abort();
    return r;
}

void recording_close(Recording *r) {
    if (!r) return;
    for (int i = 0; i < SITE_COUNT * r->c.n_layers * r->n_max; i++)
        free(r->rows[i].data);
    free(r->rows);
    free(r);
}

static void record(void *ud, const Tap *tap) {
    Recording *r = ud;
    int rows, cols;
    site_shape(tap->site, &r->c, tap->n_keys, &rows, &cols);
    for (int i = 0; i < tap->n_pos; i++) {
        Row *row = row_at(r, tap->site, tap->layer, tap->pos + i);
        const size_t size = (size_t)rows * cols * sizeof(float);
        free(row->data);
        row->len = rows * cols;
        row->data = malloc(size);
        if (!row->data) abort();
        memcpy(row->data, tap->data + (size_t)i * tap->stride, size);
        r->count++;
    }
}

SiteHook recording_hook(Recording *r, SiteMask mask) {
    return (SiteHook){.mask = mask, .fn = record, .ud = r};
}

const float *recording_row(const Recording *r, Site s, int layer, int pos,
                           int *len) {
    const Row *row = row_at(r, s, layer, pos);
    *len = row->len;
    return row->data;
}

int recording_count(const Recording *r) {
    return r->count;
}

static bool same_row(const Row *a, const Row *b) {
    return a->len == b->len &&
           memcmp(a->data, b->data, a->len * sizeof(float)) == 0;
}

bool recording_same(const Recording *a, const Recording *b, Site s, int layer,
                    int pos) {
    const Row *ra = row_at(a, s, layer, pos), *rb = row_at(b, s, layer, pos);
    return ra->data && rb->data && same_row(ra, rb);
}

bool recording_equal(const Recording *a, const Recording *b) {
    const int n = SITE_COUNT * a->c.n_layers * a->n_max;
    for (int i = 0; i < n; i++) {
        const Row *ra = &a->rows[i], *rb = &b->rows[i];
        if (!ra->data != !rb->data) return false;
        if (ra->data && !same_row(ra, rb)) return false;
    }
    return true;
}
