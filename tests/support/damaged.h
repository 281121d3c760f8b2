/* Damaged: opens the bytes of a file of any kind, and checks that it is refused
 * well or is sound.
 *
 *     Damaged d;
 *     damaged_open(&d, MALFORMED_GGUF, bytes, size);
 *     const char *wrong = damaged_wrong(&d);
 *     damaged_close(&d);
 *
 * Files that have others beside them are opened in a folder whose other files
 * are good.
 */
#ifndef TESTS_SUPPORT_DAMAGED_H
#define TESTS_SUPPORT_DAMAGED_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/folder.h"
#include "tests/support/malformed.h"

typedef struct Damaged {
    MalformedKind kind;
    uint8_t *block; /* the bytes, in a block of just their size: the address
                       sanitizer sees a read past the end */
    size_t size;
    char name[FOLDER_PATH_MAX]; /* that the message may begin with */
    Model *model;
    Tokenizer *tok; /* the file, or what is in the model's */
    Err err;
} Damaged;

void damaged_open(Damaged *d, MalformedKind kind, const void *data,
                  size_t size);
void damaged_close(Damaged *d);

bool damaged_is_open(const Damaged *d);

/* What was tolerated, or NULL. */
const char *damaged_warning(const Damaged *d);

/* NULL: it was refused with one line that names file and field, or everything
 * of holds.h holds.  Else what does not. */
const char *damaged_wrong(const Damaged *d);

#endif
