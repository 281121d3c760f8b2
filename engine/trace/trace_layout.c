/* Rows of a site follow each other, sites follow each other, and those with a
 * column for every key come last, since their size depends on the position. */
#include "engine/trace/trace_layout.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"

TraceLayout trace_layout(const Config *c) {
    const Arch *a = c->arch;
    const SiteMask held = arch_stream_sites(a) | arch_cached_sites(a);
    TraceLayout y = {.recorded = arch_sites(a) & ~held,
                     .ends = arch_part_sites(a, ARCH_END) & ~held,
                     .starts = arch_part_sites(a, ARCH_START) & ~held,
                     .n_heads = c->n_heads,
                     .n_layers = c->n_layers};
    for (int i = 0; i < a->n_ops; i++) {
        const Site s = a->ops[i].out;
        const SiteInfo *info = site_info(s);
        if (!(y.recorded & SITE_BIT(s))) continue;
        if (info->per_key) {
            y.offset[s] = y.n_per_key++;
            continue;
        }
        int rows, cols;
        int *end = info->per_layer ? &y.layer_floats : &y.final_floats;
        site_shape(s, c, 0, &rows, &cols);
        y.width[s] = rows * cols;
        y.offset[s] = *end;
        *end += y.width[s];
    }
    return y;
}

/* Keys that the positions first .. end-1 have room for. */
static uint64_t count_keys(int first, int end, int key_room) {
    const uint64_t from = (uint64_t)first, to = (uint64_t)end;
    if (key_room) return (to - from) * (uint64_t)key_room;
    return to * (to + 1) / 2 - from * (from + 1) / 2;
}

/* Of one layer, of positions with so many keys. */
static uint64_t layer_floats(const TraceLayout *y, int n, uint64_t keys) {
    return (uint64_t)n * y->layer_floats +
           (uint64_t)y->n_per_key * (uint64_t)y->n_heads * keys;
}

uint64_t trace_layout_floats(const TraceLayout *y, int n, int key_room) {
    const uint64_t keys = count_keys(0, n, key_room);
    return (uint64_t)y->n_layers * layer_floats(y, n, keys) +
           (uint64_t)n * y->final_floats;
}

int trace_layout_count(const TraceLayout *y, uint64_t n_floats, int key_room,
                       int most) {
    int n = 0;
    while (n < most && trace_layout_floats(y, n + 1, key_room) <= n_floats)
        n++;
    return n;
}

TraceBlock trace_layout_block(int pos, int n_stored, int key_room) {
    const int first = pos / TRACE_BLOCK * TRACE_BLOCK;
    return (TraceBlock){first, num_min(TRACE_BLOCK, n_stored - first),
                        key_room};
}

uint64_t trace_layout_at(const TraceLayout *y, TraceBlock b, Site site,
                         int layer, int pos) {
    const uint64_t keys = count_keys(b.first, b.first + b.n, b.key_room);
    const uint64_t before = count_keys(b.first, pos, b.key_room);
    const uint64_t start = (uint64_t)layer * layer_floats(y, b.n, keys);
    if (!site_info(site)->per_key)
        return start + (uint64_t)b.n * y->offset[site] +
               (uint64_t)(pos - b.first) * y->width[site];
    const uint64_t other = (uint64_t)y->offset[site] * keys;
    return start + (uint64_t)b.n * y->layer_floats +
           (uint64_t)y->n_heads * (other + before);
}
