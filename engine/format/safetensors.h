/* safetensors files: what their header says, checked.
 *
 *     u64 N, N bytes of JSON, then the tensors' bytes to the end of the file
 *
 * Knows bytes, not models: names mean nothing here.  Every tensor that opens
 * lies inside the file, has the size that its type and shape ask for, and all
 * together cover the data without holes or overlaps.  Rows may start at any
 * byte.  A tensor that was stored once under one of several names is found
 * under each that __metadata__ maps to it.
 *
 * Source: huggingface/safetensors, README, "Format".
 */
#ifndef ENGINE_FORMAT_SAFETENSORS_H
#define ENGINE_FORMAT_SAFETENSORS_H

#include "engine/base/err.h"
#include "engine/base/file.h"

#define SAFETENSORS_HEADER_MAX  100000000 /* bytes of JSON */
#define SAFETENSORS_TENSORS_MAX 16384
#define SAFETENSORS_DIMS_MAX    8

typedef struct SafetensorsEntry {
    const char *name;
    const char *type; /* "F32", "BF16", ...: one of the format's, static */
    int n_dims;
    uint64_t dims[SAFETENSORS_DIMS_MAX];
    uint64_t offset; /* of the first byte in the file */
    uint64_t size_bytes;
    bool is_alias; /* by __metadata__ another name of a tensor that is there */
} SafetensorsEntry;

typedef struct Safetensors {
    SafetensorsEntry *entries; /* by name */
    int n;
    char *names;
    const char *odd; /* what the format does not allow and is read all the same,
                        static; or NULL */
} Safetensors;

/* True when the name ends in .safetensors, or the bytes begin like one. */
bool safetensors_sniff(const File *f);

/* Reads the header of f.  On failure *s is zeroed. */
bool safetensors_open(Safetensors *s, const File *f, Err *err);
void safetensors_close(Safetensors *s); /* a zeroed one is fine */

/* By exact name, or NULL. */
const SafetensorsEntry *safetensors_find(const Safetensors *s,
                                         const char *name);

#endif
