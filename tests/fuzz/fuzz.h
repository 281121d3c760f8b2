/* Fuzz: what the fuzz targets share.  A target is one function, called with
 * the bytes of a file to be; it aborts when something does not hold that must.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
 *         Err err = {0};
 *         Thing *t = thing_open_memory(NAME, data, size, &err);
 *         if (!t) return fuzz_refused(&err, NAME);
 *         fuzz_must(holds_thing(t));
 *         thing_close(t);
 *         return 0;
 *     }
 *
 * The bytes are a block of just their size, so that the address sanitizer sees
 * a read past the end.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "tests/support/holds.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts with the text, unless it is NULL. */
static inline void fuzz_must(const char *wrong) {
    if (!wrong) return;
    fprintf(stderr, "does not hold: %s\n", wrong);
    abort();
}

#define FUZZ_TRUE(condition) fuzz_must((condition) ? NULL : #condition)

/* The end of a file that was refused. */
static inline int fuzz_refused(const Err *err, const char *name) {
    const char *wrong = holds_message(err, name);
    if (wrong) fprintf(stderr, "message: \"%s\"\n", err->msg);
    fuzz_must(wrong);
    return 0;
}

#endif
