/* Malformed: a corpus of damaged model and tokenizer files, each made from a
 * small good one by one edit.
 *
 *     for (size_t i = 0; i < malformed_count(); i++) {
 *         const Malformed *m = malformed_case(i);
 *         Bytes b = malformed_bytes(m);
 *         ... open it, compare with m->tolerated and m->says ...
 *         bytes_free(&b);
 *     }
 */
#ifndef TESTS_SUPPORT_MALFORMED_H
#define TESTS_SUPPORT_MALFORMED_H

#include "tests/support/bytes.h"
#include "tests/support/tiny_model.h"

typedef enum MalformedKind {
    MALFORMED_V0,
    MALFORMED_V1,
    MALFORMED_TOKENIZER,
    MALFORMED_KINDS
} MalformedKind;

typedef struct Malformed {
    MalformedKind kind;
    const char *name;
    /* The edit and its arguments; what they mean is up to the edit. */
    void (*edit)(Bytes *b, size_t at, uint32_t value);
    size_t at;
    uint32_t value;
    const char *says; /* words of the message, or of the warning */
    bool tolerated;   /* opens, with a warning */
} Malformed;

#define MALFORMED_VOCAB 300 /* of the tokenizer */

size_t malformed_count(void);
const Malformed *malformed_case(size_t i);

/* The good file of a kind, and the damaged file of a case. */
Bytes malformed_good(MalformedKind kind);
Bytes malformed_bytes(const Malformed *m);

#endif
