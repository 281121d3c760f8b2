#include "viz/paint/textcache.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

/* One block: the node, the key's text, the coverage. */
typedef struct Node {
    TextEntry entry;
    TextKey key;
    uint32_t hash;
    size_t bytes;
    struct Node *chain;         /* next in the bucket */
    struct Node *newer, *older; /* by last use */
} Node;

struct TextCache {
    size_t max_bytes, bytes;
    Node *newest, *oldest;
    Node *buckets[BUCKETS];
};

TextCache *textcache_open(size_t max_bytes, Err *err) {
    TextCache *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "text cache", sizeof *c);
        return NULL;
    }
    c->max_bytes = max_bytes;
    return c;
}

static void list_remove(TextCache *c, Node *n) {
    if (n->newer)
        n->newer->older = n->older;
    else
        c->newest = n->older;
    if (n->older)
        n->older->newer = n->newer;
    else
        c->oldest = n->newer;
}

static void list_push(TextCache *c, Node *n) {
    n->newer = NULL;
    n->older = c->newest;
    if (n->older)
        n->older->newer = n;
    else
        c->oldest = n;
    c->newest = n;
}

static void drop_oldest(TextCache *c) {
    Node *n = c->oldest;
    Node **link = &c->buckets[n->hash % BUCKETS];
    while (*link != n)
        link = &(*link)->chain;
    *link = n->chain;
    c->oldest = n->newer;
    if (c->oldest)
        c->oldest->older = NULL;
    else
        c->newest = NULL;
    c->bytes -= n->bytes;
    free(n);
}

void textcache_close(TextCache *c) {
    if (!c) return;
    while (c->oldest)
        drop_oldest(c);
    free(c);
}

/* Source: FNV-1a, Fowler, Noll and Vo; here over numbers and bytes alike. */
static uint32_t hash_step(uint32_t h, uint32_t v) {
    return (h ^ v) * 16777619u;
}

static uint32_t hash_key(const TextKey *k) {
    uint32_t h = hash_step(2166136261u, (uint32_t)k->kind);
    h = hash_step(h, (uint32_t)k->face);
    h = hash_step(h, (uint32_t)k->size_px);
    h = hash_step(h, (uint32_t)k->variant);
    for (int i = 0; i < k->len; i++)
        h = hash_step(h, (uint8_t)k->text[i]);
    return h;
}

static bool same_key(const TextKey *a, const TextKey *b) {
    return a->kind == b->kind && a->face == b->face &&
           a->size_px == b->size_px && a->variant == b->variant &&
           a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

const TextEntry *textcache_find(TextCache *c, TextKey key) {
    uint32_t hash = hash_key(&key);
    for (Node *n = c->buckets[hash % BUCKETS]; n; n = n->chain) {
        if (n->hash != hash || !same_key(&n->key, &key)) continue;
        list_remove(c, n);
        list_push(c, n);
        return &n->entry;
    }
    return NULL;
}

const TextEntry *textcache_add(TextCache *c, TextKey key, TextEntry entry) {
    size_t ink = (size_t)entry.mask.w * entry.mask.h;
    size_t bytes = sizeof(Node) + key.len + ink;
    Node *n = malloc(bytes);
    if (!n) return NULL;
    while (c->oldest && c->bytes + bytes > c->max_bytes)
        drop_oldest(c);
    char *text = (char *)(n + 1);
    uint8_t *coverage = (uint8_t *)text + key.len;
    memcpy(text, key.text, key.len);
    if (ink) memcpy(coverage, entry.mask.coverage, ink);
    *n = (Node){.entry = entry, .key = key, .hash = hash_key(&key)};
    n->entry.mask.coverage = coverage;
    n->key.text = text;
    n->bytes = bytes;
    n->chain = c->buckets[n->hash % BUCKETS];
    c->buckets[n->hash % BUCKETS] = n;
    c->bytes += bytes;
    list_push(c, n);
    return &n->entry;
}
