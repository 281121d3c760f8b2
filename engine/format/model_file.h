/* Model_file: what a format module makes of a file, for engine/model.
 *
 * Does NOT open or check: it is numbers, and where the bytes are.
 */
#ifndef ENGINE_FORMAT_MODEL_FILE_H
#define ENGINE_FORMAT_MODEL_FILE_H

#include "engine/spec/arch.h"

/* What a format module hands over: numbers and where the bytes are.  A format
 * module knows bytes, not transformers; model_check.c checks the rest. */
typedef struct ModelFile {
    const char *format; /* static string */
    Config config;
    Tensor *tensors; /* [arch_tensor_count], by arch_tensor_index, malloc'ed;
                        size_bytes 0 where absent */
    File *shards;    /* files beside the one opened, malloc'ed; NULL: none */
    int n_shards;
    void *copies;              /* malloc'ed; see model_place */
    char warning[ERR_MSG_MAX]; /* what was tolerated; "": nothing */
    bool is_doubt;             /* the file contradicts itself there */

    bool has_tokenizer;     /* inside the file: tokenizer_of_model */
    uint64_t tokenizer_sum; /* sum_fnv1a of the tokenizer's file that the
                               model was trained with; 0: it is not said */
} ModelFile;

void model_file_free(ModelFile *parts); /* leaves it zeroed */

/* Notes something that the format does not allow and that does no harm:
 * "FILE: <fmt>".  The first of several is kept. */
void model_file_tolerate(ModelFile *parts, const File *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of what may make the model another than was meant; kept before what
 * does no harm. */
void model_file_doubt(ModelFile *parts, const File *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
