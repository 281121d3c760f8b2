/* Attention: scores, softmax, values mixed by the pattern.
 *
 * The work is cut into pieces of some key-value heads.  Of a single position a
 * piece is a thread's share of the heads: keys and values of all of them lie
 * side by side, and memory is fastest in that order, so a few keys of one head
 * are taken, then of the next.  Of many positions a head is a piece: its keys
 * stay in the cache, and some positions meet them at once.
 */
#include "engine/run/forward.h"

#include "engine/base/num.h"

#include <math.h>
#include <string.h>

/* Multiply-adds of attention below which it stays on one thread; see
 * KERN_PARALLEL_MIN. */
#define PARALLEL_MIN (1 << 13)
#define KEYS         16 /* of several heads, that are taken at once */

typedef struct Attend {
    Forward *f;
    const float *queries;
    const ForwardKv *kv;
    int first, n; /* rows of the batch */
    int room;     /* for keys: those of the last row */
    int groups;   /* key-value heads of a piece */
    int rows;     /* of the batch, at once */
} Attend;

/* What is computed at once: some rows of the batch and key-value heads, one of
 * the two being a single one, and the query heads that share each. */
typedef struct Block {
    const Attend *a;
    const float *keys, *values; /* of the first head; `width` from one position
                                   to the next */
    const float *q;             /* [groups, rows, shared, K] */
    float *z;                   /* the same */
    float *scores, *pattern;    /* the same, but n_last in place of K */
    int first_group, first_row;
    int n_groups, n_rows, n_shared, head_dim, width;
    int n_keys, n_last; /* of the first row, of the last */
} Block;

int forward_n_keys(const ForwardKv *kv, int row) {
    return kv->n_keys + row * kv->growth;
}

/* Where, in vectors of H*K for every row, a row's part for the block is. */
static size_t part_of(const Config *c, int row, int g) {
    return (size_t)row * c->n_heads * c->head_dim +
           (size_t)g * (c->n_heads / c->n_kv_heads) * c->head_dim;
}

static Block block_of(const Attend *a, int g, int n_groups, int row,
                      int n_rows) {
    Forward *f = a->f;
    const Config *c = model_config(f->model);
    const int n_shared = c->n_heads / c->n_kv_heads;
    const size_t kv_at = (size_t)g * c->head_dim;
    const size_t shared = (size_t)g * n_shared; /* heads before */
    /* Several rows are packed where nothing is yet. */
    float *packed =
        f->packed + part_of(c, row, 0) + shared * n_rows * c->head_dim;
    return (Block){
        .a = a,
        .keys = a->kv->keys + kv_at,
        .values = a->kv->values + kv_at,
        .q = n_rows > 1 ? packed : a->queries + part_of(c, row, g),
        .z = n_rows > 1 ? packed : f->at[SITE_Z] + part_of(c, row, g),
        .scores = f->scores + shared * a->rows * a->room,
        .pattern = f->pattern + shared * a->rows * a->room,
        .first_group = g,
        .first_row = row,
        .n_groups = n_groups,
        .n_rows = n_rows,
        .n_shared = n_shared,
        .head_dim = c->head_dim,
        .width = c->n_kv_heads * c->head_dim,
        .n_keys = forward_n_keys(a->kv, row),
        .n_last = forward_n_keys(a->kv, row + n_rows - 1),
    };
}

/* The query head of row h of the block's scores, and its row of the batch. */
static int head_of(const Block *b, int h) {
    const int group = h / (b->n_rows * b->n_shared);
    return (b->first_group + group) * b->n_shared + h % b->n_shared;
}

static int row_of(const Block *b, int h) {
    return h / b->n_shared % b->n_rows;
}

/* What the scores are multiplied by: 1/sqrt(K), unless an edit says not. */
static float score_scale(const Block *b, int h) {
    const Forward *f = b->a->f;
    return edits_left_out(f->edits, EDIT_RAW, f->layer, head_of(b, h))
               ? 1.0f
               : 1.0f / sqrtf((float)b->head_dim);
}

/* Softmax over the keys that are not cut: a cut one's score stays as it is, and
 * exp(-infinity) is 0.  Edits are few and keys many, so those that an edit
 * names are asked about alone. */
static void attend_softmax(const Block *b, int h, const float *scores,
                           int n_keys) {
    const Forward *f = b->a->f;
    const Edits *edits = f->edits;
    const int query = f->lanes ? f->pos : f->pos + b->first_row + row_of(b, h);
    float *pattern = b->pattern + (size_t)h * b->n_last;
    if (!edits_any(edits, EDIT_CUT) && !edits_any(edits, EDIT_BLIND)) {
        f->kern->softmax(pattern, scores, n_keys);
        return;
    }
    memcpy(pattern, scores, (size_t)n_keys * sizeof *pattern);
    for (int i = 0; i < edits->n; i++) {
        const Edit *e = &edits->list[i];
        if (e->kind != EDIT_CUT && e->kind != EDIT_BLIND) continue;
        const int key = e->kind == EDIT_CUT ? e->index : e->other;
        if (key < n_keys &&
            edits_cut(edits, f->layer, head_of(b, h), query, key))
            pattern[key] = -INFINITY;
    }
    f->kern->softmax(pattern, pattern, n_keys);
}

/* scores and pattern of every row's own keys. */
static void attend_scores(const Block *b) {
    const Kern *k = b->a->f->kern;
    const int n_heads = b->n_rows * b->n_shared; /* of a group */
    const int step = b->n_groups > 1 ? KEYS : b->n_last;
    for (int key = 0; key < b->n_last; key += step)
        for (int g = 0; g < b->n_groups; g++) {
            const size_t head = (size_t)g * n_heads;
            k->matmul(b->scores + head * b->n_last + key, b->n_last,
                      b->q + head * b->head_dim, n_heads,
                      b->keys + (size_t)key * b->width +
                          (size_t)g * b->head_dim,
                      b->width, b->head_dim, num_min(b->n_last - key, step));
        }
    for (int h = 0; h < b->n_groups * n_heads; h++) {
        const float scale = score_scale(b, h);
        const int n_keys = b->n_keys + row_of(b, h) * b->a->kv->growth;
        float *scores = b->scores + (size_t)h * b->n_last;
        for (int i = 0; i < n_keys; i++)
            scores[i] *= scale;
        attend_softmax(b, h, scores, n_keys);
    }
}

/* Where a row's scores or pattern, [H, n_keys], are kept; NULL: nowhere. */
static float *place_keys(const Forward *f, Site site, int row, int n_keys) {
    if (!f->hook.store || !(f->hook.mask & SITE_BIT(site))) return NULL;
    const Tap tap = {.site = site,
                     .layer = f->layer,
                     .pos = f->pos + row,
                     .n_pos = 1,
                     .n_keys = n_keys};
    /* A place is in the store, not in tap, whatever cppcheck 2.10 thinks. */
    /* cppcheck-suppress returnDanglingLifetime */
    return f->hook.store->place(f->hook.ud, &tap);
}

/* Puts a row's scores or pattern, `from` those of the block, where they are
 * kept. */
static void keep_row(const Block *b, Site site, const float *from, int row) {
    const int n_keys = b->n_keys + row * b->a->kv->growth;
    float *to = place_keys(b->a->f, site, b->first_row + row, n_keys);
    for (int g = 0; to && g < b->n_groups; g++)
        for (int i = 0; i < b->n_shared; i++) {
            const size_t h = ((size_t)g * b->n_rows + row) * b->n_shared + i;
            const size_t head = (size_t)(b->first_group + g) * b->n_shared + i;
            memcpy(to + head * n_keys, from + h * b->n_last,
                   n_keys * sizeof *to);
        }
}

/* While they are in the cache, and by the thread that computed them. */
static void keep_keys(const Block *b) {
    for (int row = 0; row < b->n_rows; row++) {
        keep_row(b, SITE_ATTN_SCORES, b->scores, row);
        keep_row(b, SITE_PATTERN, b->pattern, row);
    }
}

/* Adds `n` keys from `key` on to z of `n_heads` query heads from `head` on,
 * those of group g. */
static void mix_keys(const Block *b, int g, size_t head, int n_heads, int key,
                     int n) {
    b->a->f->kern->mix(b->z + head * b->head_dim,
                       b->pattern + head * b->n_last + key, b->n_last, n_heads,
                       b->values + (size_t)key * b->width +
                           (size_t)g * b->head_dim,
                       b->width, n, b->head_dim);
}

/* The keys that all rows have, then what each has more. */
static void attend_mix(const Block *b) {
    const int n_heads = b->n_rows * b->n_shared;
    const int step = b->n_groups > 1 ? KEYS : b->n_keys;
    memset(b->z, 0, (size_t)b->n_groups * n_heads * b->head_dim * sizeof *b->z);
    for (int key = 0; key < b->n_keys; key += step)
        for (int g = 0; g < b->n_groups; g++)
            mix_keys(b, g, (size_t)g * n_heads, n_heads, key,
                     num_min(b->n_keys - key, step));
    for (int row = 1; b->a->kv->growth && row < b->n_rows; row++)
        mix_keys(b, 0, (size_t)row * b->n_shared, b->n_shared, b->n_keys,
                 row * b->a->kv->growth);
}

/* Rows of one head from the queries to b->q, where b->z will be, or from b->z
 * to where they belong. */
static void copy_rows(const Block *b, int g, int row, bool in) {
    const Forward *f = b->a->f;
    const Config *c = model_config(f->model);
    const size_t n = (size_t)b->n_shared * b->head_dim;
    for (int i = 0; i < b->n_rows; i++) {
        const size_t at = part_of(c, row + i, g);
        if (in)
            memcpy(b->z + i * n, b->a->queries + at, n * sizeof *b->z);
        else
            memcpy(f->at[SITE_Z] + at, b->z + i * n, n * sizeof *b->z);
    }
}

static void attend_piece(void *ud, int i) {
    const Attend *a = ud;
    const int g = i * a->groups, end = a->first + a->n;
    const int left = model_config(a->f->model)->n_kv_heads - g;
    for (int row = a->first; row < end; row += a->rows) {
        const Block b = block_of(a, g, num_min(left, a->groups), row,
                                 num_min(end - row, a->rows));
        if (b.n_rows > 1) copy_rows(&b, g, row, true);
        attend_scores(&b);
        if (a->f->hook.store) keep_keys(&b);
        if (!(a->f->wanted & SITE_BIT(SITE_Z)))
            continue; /* the pattern alone is wanted */
        attend_mix(&b);
        if (b.n_rows > 1) copy_rows(&b, g, row, false);
    }
}

void forward_attend(Forward *f, const float *queries, const ForwardKv *kv,
                    int first, int n) {
    const Config *c = model_config(f->model);
    const int room = forward_n_keys(kv, first + n - 1);
    Attend a = {.f = f,
                .queries = queries,
                .kv = kv,
                .first = first,
                .n = n,
                .room = room,
                .groups = 1,
                .rows = num_min(n, FORWARD_ATTEND_ROWS)};
    Team *team = (size_t)c->n_heads * c->head_dim * n * room >= PARALLEL_MIN
                     ? f->team
                     : NULL;
    const int size = team_size(team);
    if (n == 1) a.groups = (c->n_kv_heads + size - 1) / size;
    team_run(team, attend_piece, &a, (c->n_kv_heads + a.groups - 1) / a.groups);
}
