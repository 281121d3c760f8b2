/* Gguf_write: GGUF files, from keys, values and the shapes of tensors to all
 * bytes that stand before the tensors' data.
 *
 *     GgufWriter g = {.version = 3, .alignment = 32};
 *     gguf_write_text(&g, "general.architecture", "llama");
 *     gguf_write_count(&g, "llama.block_count", 2);
 *     uint64_t at = gguf_write_tensor(&g, "output.weight", rows, cols, type);
 *     uint8_t *head = gguf_write_head(&g, &size, &err);
 *
 * The data follows the head: tensor after tensor, each at the place that
 * gguf_write_tensor gave, counted from the head's end; g.data_bytes in all.
 *
 * Does NOT hold data, and checks nothing: what it writes is the caller's word,
 * wrong words too, as tests need them.
 * Source: the GGUF specification (ggml, docs/gguf.md).
 */
#ifndef ENGINE_FORMAT_GGUF_WRITE_H
#define ENGINE_FORMAT_GGUF_WRITE_H

#include "engine/base/writer.h"
#include "engine/format/gguf.h"

/* Starts with version and alignment set and the rest zeroed. */
typedef struct GgufWriter {
    int version;
    uint32_t alignment;   /* of data; GGUF's own is 32 */
    Writer keys, tensors; /* as bytes of the file */
    uint64_t n_keys, n_tensors;
    uint64_t data_bytes; /* of the tensors so far, without padding behind */
} GgufWriter;

void gguf_write_count(GgufWriter *g, const char *key, uint32_t v); /* a u32 */
void gguf_write_float(GgufWriter *g, const char *key, float v);
void gguf_write_text(GgufWriter *g, const char *key, const char *v);
void gguf_write_flag(GgufWriter *g, const char *key, bool v);

/* A key of any type, whose value the caller appends to g->keys; and one whose
 * value is an array of n elements. */
void gguf_write_key(GgufWriter *g, const char *key, GgufType type);
void gguf_write_array(GgufWriter *g, const char *key, GgufType type, size_t n);

/* A string as values hold it: a u64 length and bytes. */
void gguf_write_string(Writer *w, const char *text, size_t n);

/* A tensor of one dimension where rows is 1, else of two.  Returns where its
 * data begins, aligned. */
uint64_t gguf_write_tensor(GgufWriter *g, const char *name, int rows, int cols,
                           DType type);

/* The head, padded to the alignment, malloc'ed and the caller's, and its size;
 * the writer is left zeroed but for version and alignment.  NULL and err when
 * out of memory. */
uint8_t *gguf_write_head(GgufWriter *g, size_t *size, Err *err);

#endif
