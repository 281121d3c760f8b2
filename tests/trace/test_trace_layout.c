/* Rows of stored positions: none overlaps another, and together they take what
 * is said that they take. */
#include "engine/trace/trace_layout.h"

#include "engine/spec/arch.h"
#include "tests/support/test.h"

#include <stdlib.h>

static const Config config = {.arch = &arch_llama,
                              .dim = 8,
                              .hidden_dim = 12,
                              .n_layers = 2,
                              .n_heads = 4,
                              .n_kv_heads = 2,
                              .head_dim = 2,
                              .vocab_size = 10};
#define ROOM 200 /* for keys, with the mask removed */

/* Counts in how many rows each float is. */
static void count_row(uint8_t *counts, uint64_t n_floats, uint64_t at,
                      uint64_t n) {
    ck_assert(at + n <= n_floats);
    for (uint64_t i = 0; i < n; i++)
        counts[at + i]++;
}

static void check_position(const TraceLayout *y, int pos, int n, int room,
                           uint8_t *counts) {
    const TraceBlock b = trace_layout_block(pos, n, room);
    const uint64_t start = trace_layout_floats(y, b.first, room);
    const uint64_t n_floats = trace_layout_floats(y, n, room);
    for (int s = 0; s < SITE_COUNT; s++) {
        const SiteInfo *info = site_info((Site)s);
        int rows, cols;
        if (!(y->recorded & SITE_BIT(s))) continue;
        site_shape((Site)s, &config, room ? room : pos + 1, &rows, &cols);
        for (int layer = 0; layer < (info->per_layer ? 2 : 1); layer++) {
            const int at = info->per_layer ? layer : config.n_layers;
            count_row(counts, n_floats,
                      start + trace_layout_at(y, b, (Site)s, at, pos),
                      (uint64_t)rows * (uint64_t)cols);
        }
    }
}

START_TEST(rows_fill_what_they_take_without_overlap) {
    static const int counts_of[] = {1, 2, 63, 64, 65, 130};
    const TraceLayout y = trace_layout(&config);
    for (int i = 0; i < 12; i++) {
        const int n = counts_of[i / 2], room = i % 2 ? ROOM : 0;
        const uint64_t n_floats = trace_layout_floats(&y, n, room);
        uint8_t *counts = calloc(n_floats, 1);
        for (int pos = 0; pos < n; pos++)
            check_position(&y, pos, n, room, counts);
        for (uint64_t k = 0; k < n_floats; k++)
            ck_assert_int_eq(counts[k], 1);
        free(counts);
    }
}
END_TEST

START_TEST(rows_computed_together_follow_each_other) {
    const TraceLayout y = trace_layout(&config);
    const TraceBlock b = trace_layout_block(70, 100, 0);
    ck_assert_int_eq(b.first, 64);
    ck_assert_int_eq(b.n, 36);
    ck_assert_uint_eq(trace_layout_at(&y, b, SITE_MLP_PRE, 1, 71),
                      trace_layout_at(&y, b, SITE_MLP_PRE, 1, 70) + 12);
}
END_TEST

START_TEST(as_many_positions_as_fit) {
    const TraceLayout y = trace_layout(&config);
    const uint64_t seven = trace_layout_floats(&y, 7, 0);
    ck_assert_int_eq(trace_layout_count(&y, seven, 0, 100), 7);
    ck_assert_int_eq(trace_layout_count(&y, seven - 1, 0, 100), 6);
    ck_assert_int_eq(trace_layout_count(&y, seven, 0, 5), 5);
    ck_assert_int_eq(trace_layout_count(&y, 0, 0, 5), 0);
}
END_TEST

TEST_MAIN("trace_layout", rows_fill_what_they_take_without_overlap,
          rows_computed_together_follow_each_other, as_many_positions_as_fit)
