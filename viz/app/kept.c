/* Runs that nobody looks at: see kept.h. */
#include "viz/app/kept.h"

#include <stdlib.h>
#include <string.h>

static Run *take_at(Kept *k, int at) {
    Run *run = k->runs[at];
    k->n--;
    memmove(k->runs + at, k->runs + at + 1,
            (size_t)(k->n - at) * sizeof *k->runs);
    return run;
}

static uint64_t bytes_of(const Kept *k) {
    uint64_t sum = 0;
    for (int i = 0; i < k->n; i++)
        sum += run_bytes(k->runs[i]);
    return sum;
}

void kept_put(Kept *k, Run *run) {
    if (!run) return;
    run_rest(run);
    if (run_bytes(run) > KEPT_BYTES) {
        run_close(run);
        return;
    }
    if (k->n == KEPT_MAX) run_close(take_at(k, 0));
    k->runs[k->n++] = run;
    while (bytes_of(k) > KEPT_BYTES)
        run_close(take_at(k, 0));
}

Run *kept_take(Kept *k, const Model *m, const Goal *goal) {
    int best = -1, most = -1;
    for (int i = 0; i < k->n; i++) {
        if (run_model(k->runs[i]) != m) continue;
        const int n = run_agreeing(k->runs[i], goal);
        if (n >= most) best = i, most = n;
    }
    return best < 0 ? NULL : take_at(k, best);
}

bool kept_has_room(const Kept *k, uint64_t bytes) {
    return k->n < KEPT_MAX && bytes_of(k) + bytes <= KEPT_BYTES;
}

void kept_close(Kept *k, const Model *m) {
    for (int i = k->n - 1; i >= 0; i--)
        if (!m || run_model(k->runs[i]) == m) run_close(take_at(k, i));
}
