/* STUDY_MAPS: the attention of a layer's heads, made small. */
#include "engine/study/study_private.h"

#include <stdlib.h>

/* How tokens fall onto the cells of a map. */
typedef struct Cells {
    int row0, col0, n;               /* tokens */
    int edges[STUDY_TOKENS_MAX + 1]; /* cell i: edges[i]..edges[i+1] */
    int side;
} Cells;

/* False: there is no such part. */
static bool cells_fill(Cells *c, StudyKey key) {
    const int first = study_first_token(key.pos);
    const int last = key.pos + 1 - (key.b ? key.b : key.pos + 1 - first);
    if (key.index < 1 || key.index > STUDY_TOKENS_MAX || key.b < 0 ||
        key.b > STUDY_TOKENS_MAX || key.a > last || -key.a > last)
        return false;
    c->row0 = last + (key.a < 0 ? key.a : 0);
    c->col0 = last - (key.a > 0 ? key.a : 0);
    c->n = key.pos + 1 - last;
    c->side = key.index;
    for (int i = 0; i <= c->side; i++)
        c->edges[i] = i * c->n / c->side;
    return true;
}

/* Takes one head's weights at a position into its row of cells. */
static void add_weights(const Cells *c, const float *w, int n_here,
                        float *out) {
    for (int x = 0; x < c->side && c->edges[x] < n_here; x++) {
        int end = c->edges[x + 1] < n_here ? c->edges[x + 1] : n_here;
        float most = out[x];
        /* As an expression, so that it costs no branch per weight. */
        for (int k = c->edges[x]; k < end; k++)
            most = w[k] > most ? w[k] : most;
        out[x] = most;
    }
}

static void add_all(const StudyWork *w, StudyKey key, const Cells *c,
                    float *maps, int n_heads) {
    size_t side = (size_t)c->side;
    for (int y = 0; y < c->side; y++)
        for (int i = c->edges[y]; i < c->edges[y + 1]; i++) {
            int pos = c->row0 + i, n_keys = trace_n_keys(w->trace, pos);
            const float *row = w->row(w, SITE_PATTERN, key.layer, pos);
            for (int h = 0; h < n_heads; h++)
                add_weights(c, row + (size_t)h * n_keys + c->col0,
                            n_keys - c->col0, maps + (h * side + y) * side);
        }
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Cells c;
    int n_heads = trace_config(w->trace)->n_heads;
    if (!cells_fill(&c, key)) return NULL;
    size_t n = (size_t)n_heads * c.side * c.side;
    *bytes = n * sizeof(float);
    float *maps = malloc(*bytes);
    if (!maps) return NULL;
    for (size_t i = 0; i < n; i++)
        maps[i] = -1;
    add_all(w, key, &c, maps, n_heads);
    return maps;
}

const StudyKindInfo study_kind_maps = {.name = "maps", .make = make};
