/* GGUF as a container: keys with values, and tensors with types and places.
 *
 *     GgufFile g;
 *     if (gguf_open(&g, file, &err)) {
 *         int n_layers;
 *         gguf_count(&g, "llama.block_count", 1, 1024, GGUF_REQUIRED,
 *                    &n_layers, &err);
 *         const GgufTensor *t = gguf_tensor(&g, "token_embd.weight");
 *     }
 *     gguf_close(&g);
 *
 * Versions 2 and 3, little-endian.  Every length, type and place in the file
 * is checked before it is used; values are data, none is interpreted.  Does
 * NOT know models: that is gguf_model.c, and tokenizer_gguf.c.
 * Source: the GGUF specification (ggml, docs/gguf.md).
 */
#ifndef ENGINE_FORMAT_GGUF_H
#define ENGINE_FORMAT_GGUF_H

#include "engine/base/reader.h"
#include "engine/spec/tensor.h"

#define GGUF_KEYS_MAX      65536
#define GGUF_TENSORS_MAX   65536
#define GGUF_KEY_MAX       65535       /* bytes of a key */
#define GGUF_STRING_MAX    (16u << 20) /* bytes of a value */
#define GGUF_NAME_MAX      63          /* bytes of a tensor's name */
#define GGUF_DIMS_MAX      4
#define GGUF_ALIGNMENT_MIN 8
#define GGUF_ALIGNMENT_MAX (1u << 20)

typedef enum GgufType {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
} GgufType;

/* What the file calls a type of ours; not for DTYPE_Q8_GROUPS. */
uint32_t gguf_type_number(DType type);

/* Bytes of the file; not NUL-terminated. */
typedef struct GgufText {
    const char *bytes;
    size_t len;
} GgufText;

typedef struct GgufKey {
    GgufText name;
    GgufType type; /* of the value, or of an array's elements */
    bool is_array;
    size_t n;  /* elements; 1 of what is no array */
    size_t at; /* byte of the first in the file */
} GgufKey;

typedef struct GgufTensor {
    GgufText name;
    int n_dims;
    uint64_t dims[GGUF_DIMS_MAX]; /* dims[0]: columns; 1 past n_dims */
    DType type;
    uint64_t offset, size_bytes; /* in the file */
} GgufTensor;

typedef struct GgufFile {
    const File *file;
    GgufKey *keys; /* by name */
    int n_keys;
    GgufTensor *tensors; /* by name; sizes and places are in the file */
    int n_tensors;
    uint64_t end; /* where the last tensor's data and padding should end */
} GgufFile;

/* Reads everything but the tensors' data.  The GgufFile points into f.  On
 * failure *g is zeroed. */
bool gguf_open(GgufFile *g, const File *f, Err *err);
void gguf_close(GgufFile *g); /* a zeroed one is fine */

/* NULL: there is none. */
const GgufKey *gguf_key(const GgufFile *g, const char *name);
const GgufTensor *gguf_tensor(const GgufFile *g, const char *name);

/* A reader at the first element of a key's value. */
Reader gguf_reader(const GgufFile *g, const GgufKey *key, Err *err);

/* The next string of a reader: a u64 length and bytes. */
GgufText gguf_take_text(Reader *r, const char *field);

/* Values of one key.  Where the key is missing, *out gets `fallback`, or it is
 * an error if that is GGUF_REQUIRED.  A number outside min..max is one, and so
 * is another type: counts are u32, u64 or i32, floats f32. */
#define GGUF_REQUIRED (-1)
bool gguf_count(const GgufFile *g, const char *name, int min, int max,
                int fallback, int *out, Err *err);
bool gguf_float(const GgufFile *g, const char *name, float fallback, float *out,
                Err *err);
bool gguf_flag(const GgufFile *g, const char *name, bool fallback, bool *out,
               Err *err);
bool gguf_text(const GgufFile *g, const char *name, const char *fallback,
               GgufText *out, Err *err);

/* The array of `name`, its elements being of `type`; NULL and err when it is
 * missing, of another type, or does not have n elements. */
const GgufKey *gguf_array(const GgufFile *g, const char *name, GgufType type,
                          size_t n, Err *err);

bool gguf_text_is(GgufText t, const char *s);

#endif
