/* Keys, values and rows, as far as a run has gone. */
#include "engine/run/branched.h"

#include "engine/base/memory.h"
#include "engine/base/num.h"

#include <stdlib.h>
#include <string.h>

static size_t rows_floats(int dim, int seq_len) {
    return (size_t)dim * (size_t)seq_len;
}

uint64_t branched_bytes(const Config *c, int first, int seq_len) {
    return kv_bytes(c, first, seq_len) +
           rows_floats(c->dim, seq_len) * sizeof(float);
}

bool branched_init(Branched *b, const Config *c, int first, int seq_len,
                   Err *err) {
    *b = (Branched){.dim = c->dim};
    if (!kv_init(&b->kv, c, first, seq_len, err)) return false;
    const size_t n = rows_floats(c->dim, seq_len);
    b->x = memory_floats(n);
    if (b->x) return true;
    branched_free(b);
    return err_memory(err, "a run without a part", n * sizeof(float));
}

void branched_free(Branched *b) {
    kv_free(&b->kv);
    free(b->x);
    *b = (Branched){0};
}

bool branched_grow(Branched *b, const Config *c, int seq_len, Err *err) {
    Branched larger;
    if (!branched_init(&larger, c, b->kv.first, seq_len, err)) return false;
    kv_copy(&larger.kv, &b->kv, 0, b->n);
    memcpy(larger.x, b->x, rows_floats(b->dim, b->n) * sizeof *b->x);
    larger.n = b->n;
    branched_free(b);
    *b = larger;
    return true;
}

void branched_rewind(Branched *b, int pos) {
    b->n = num_min(b->n, pos);
}
