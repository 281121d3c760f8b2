/* Counts: a table of counted strings, for bpe.c.
 *
 *     Counts s = {.copies = true};
 *     counts_add(&s, "ab", 2, 1);
 *     counts_find(&s, "ab", 2)->count == 1
 *     counts_free(&s);
 *
 * Entries keep their index for good, but move: pointers to them live until
 * the next counts_add.
 */
#ifndef ENGINE_TRAIN_COUNTS_H
#define ENGINE_TRAIN_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CountEntry {
    const char *bytes;
    int len;
    int id; /* the user's; -1 at first */
    int64_t count;
} CountEntry;

typedef struct Counts {
    bool copies; /* the table keeps bytes of its own; else they are borrowed */
    bool failed; /* out of memory: nothing is added any more */
    CountEntry *entries;
    int n, capacity;
    int *slots; /* [2 * capacity] index of an entry, or -1; a hash table with
                   linear probing */
} Counts;

void counts_free(Counts *s); /* a zeroed one is fine */

/* The entry of these bytes, or NULL. */
CountEntry *counts_find(const Counts *s, const char *bytes, int len);

/* Adds to the count of these bytes, which become an entry if they are none. */
void counts_add(Counts *s, const char *bytes, int len, int64_t count);

/* Orders by bytes, shorter first: <0, 0, >0. */
int counts_compare(const CountEntry *a, const CountEntry *b);

#endif
