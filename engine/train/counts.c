/* Open addressing: slots hold indices of entries, which stay when the table
 * grows. */
#include "engine/train/counts.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 1024 /* a power of two, as all capacities are */

void counts_free(Counts *s) {
    for (int i = 0; s->copies && i < s->n; i++)
        free((char *)(uintptr_t)s->entries[i].bytes);
    free(s->entries);
    free(s->slots);
    *s = (Counts){0};
}

/* 64-bit FNV-1a, its high bits mixed into those that are used. */
static size_t hash(const char *bytes, int len) {
    uint64_t h = 0xCBF29CE484222325u;
    for (int i = 0; i < len; i++)
        h = (h ^ (uint8_t)bytes[i]) * 0x100000001B3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot that holds these bytes, or the free one they would take. */
static int *find_slot(const Counts *s, const char *bytes, int len) {
    const size_t mask = 2 * (size_t)s->capacity - 1;
    for (size_t i = hash(bytes, len) & mask;; i = (i + 1) & mask) {
        const int entry = s->slots[i];
        if (entry < 0 ||
            (s->entries[entry].len == len &&
             memcmp(s->entries[entry].bytes, bytes, (size_t)len) == 0))
            return &s->slots[i];
    }
}

static bool grow(Counts *s) {
    if (s->capacity > INT_MAX / 4) return false;
    const int capacity = s->capacity ? 2 * s->capacity : CAPACITY_MIN;
    const size_t n = (size_t)capacity;
    CountEntry *entries = realloc(s->entries, n * sizeof *entries);
    if (entries) s->entries = entries;
    int *slots = realloc(s->slots, 2 * n * sizeof *slots);
    if (slots) s->slots = slots;
    if (!entries || !slots) return false;
    s->capacity = capacity;
    for (size_t i = 0; i < 2 * n; i++)
        slots[i] = -1;
    for (int i = 0; i < s->n; i++)
        *find_slot(s, entries[i].bytes, entries[i].len) = i;
    return true;
}

CountEntry *counts_find(const Counts *s, const char *bytes, int len) {
    if (s->n == 0) return NULL;
    const int entry = *find_slot(s, bytes, len);
    return entry < 0 ? NULL : &s->entries[entry];
}

/* The bytes a new entry shall have; NULL when out of memory. */
static const char *keep(const Counts *s, const char *bytes, int len) {
    if (!s->copies) return bytes;
    char *copy = malloc((size_t)len);
    return copy ? memcpy(copy, bytes, (size_t)len) : NULL;
}

void counts_add(Counts *s, const char *bytes, int len, int64_t count) {
    CountEntry *e = counts_find(s, bytes, len);
    if (e) {
        e->count += count;
        return;
    }
    if (s->failed) return;
    const char *kept = NULL;
    if (s->n < s->capacity || grow(s)) kept = keep(s, bytes, len);
    if (!kept) {
        s->failed = true;
        return;
    }
    assert(s->entries && s->slots); /* as capacity is above n */
    *find_slot(s, kept, len) = s->n;
    s->entries[s->n++] = (CountEntry){kept, len, -1, count};
}

int counts_compare(const CountEntry *a, const CountEntry *b) {
    const int shorter = a->len < b->len ? a->len : b->len;
    const int order = memcmp(a->bytes, b->bytes, (size_t)shorter);
    return order ? order : a->len - b->len;
}
