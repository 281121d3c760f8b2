#include "viz/textcache.h"

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
    *(n->newer ? &n->newer->older : &c->newest) = n->older;
    *(n->older ? &n->older->newer : &c->oldest) = n->newer;
}

static void list_push(TextCache *c, Node *n) {
    n->newer = NULL;
    n->older = c->newest;
    *(n->older ? &n->older->newer : &c->oldest) = n;
    c->newest = n;
}

static void drop(TextCache *c, Node *n) {
    Node **link = &c->buckets[n->hash % BUCKETS];
    while (*link != n)
        link = &(*link)->chain;
    *link = n->chain;
    list_remove(c, n);
    c->bytes -= n->bytes;
    free(n);
}

void textcache_close(TextCache *c) {
    if (!c) return;
    while (c->oldest)
        drop(c, c->oldest);
    free(c);
}

static uint32_t hash_bytes(uint32_t h, const void *data, size_t n) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * 16777619u;
    return h;
}

/* Source: FNV-1a, Fowler, Noll and Vo. */
static uint32_t hash_key(const TextKey *k) {
    const int numbers[] = {(int)k->kind, (int)k->face, k->size_px, k->variant};
    uint32_t h = hash_bytes(2166136261u, numbers, sizeof numbers);
    return hash_bytes(h, k->text, k->len);
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
        drop(c, c->oldest);
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

size_t textcache_bytes(const TextCache *c) {
    return c->bytes;
}
