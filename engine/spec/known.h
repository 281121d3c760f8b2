/* Known: models that others made, by name, date and sizes, as one table file
 * has them (assets/known/models.tsv): a row a model, its columns split by tabs:
 *
 *     name year-month counted-as V S D F H G L tied parameters source
 *
 * Lines that begin with # are remarks.  The parameters are those that the sizes
 * give (params.h): a row whose two disagree is malformed.  From counted-as to
 * parameters all are "-" where sizes were not published.
 *
 * Does NOT open files.
 */
#ifndef ENGINE_SPEC_KNOWN_H
#define ENGINE_SPEC_KNOWN_H

#include "engine/spec/params.h"
#include "engine/spec/shape.h"

#define KNOWN_MAX        64
#define KNOWN_NAME_MAX   24  /* bytes, NUL included */
#define KNOWN_SOURCE_MAX 128 /* the same */

typedef struct Known {
    char name[KNOWN_NAME_MAX];
    int year, month;
    const Arch *arch; /* NULL: no sizes were published, all below are 0 */
    Shape shape;
    int seq_len; /* S */
    bool tied;
    uint64_t parameters;
    char source[KNOWN_SOURCE_MAX];
} Known;

/* Its sizes, which were published, as those of a model. */
Config known_config(const Known *k);

/* Reads a table of n bytes, oldest row first.  Returns how many rows there are;
 * -1 with an error that names line and column. */
int known_parse(const char *text, size_t n, Known out[KNOWN_MAX], Err *err);

#endif
