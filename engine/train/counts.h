/* Strings: a table of counted strings, for bpe.c.
 *
 *     Strings s = {.copies = true};
 *     strings_add(&s, "ab", 2, 1);
 *     strings_find(&s, "ab", 2)->count == 1
 *     strings_free(&s);
 *
 * Entries keep their index for good, but move: pointers to them live until
 * the next strings_add.
 */
#ifndef ENGINE_TRAIN_COUNTS_H
#define ENGINE_TRAIN_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct StringEntry {
    const char *bytes;
    int len;
    int id; /* the user's; -1 at first */
    int64_t count;
} StringEntry;

typedef struct Strings {
    bool copies; /* the table keeps bytes of its own; else they are borrowed */
    bool failed; /* out of memory: nothing is added any more */
    StringEntry *entries;
    int n, capacity;
    int *slots; /* [2 * capacity] index of an entry, or -1; a hash table with
                   linear probing */
} Strings;

void strings_free(Strings *s); /* a zeroed one is fine */

/* The entry of these bytes, or NULL. */
StringEntry *strings_find(const Strings *s, const char *bytes, int len);

/* Adds to the count of these bytes, which become an entry if they are none. */
void strings_add(Strings *s, const char *bytes, int len, int64_t count);

/* Orders by bytes, shorter first: <0, 0, >0. */
int strings_compare(const StringEntry *a, const StringEntry *b);

#endif
