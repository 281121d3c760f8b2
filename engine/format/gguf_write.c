/* Keys and the list of tensors grow side by side, since a file begins with how
 * many there are of each. */
#include "engine/format/gguf_write.h"

#include <stdlib.h>
#include <string.h>

void gguf_write_string(Writer *w, const char *text, size_t n) {
    writer_u64(w, n);
    writer_bytes(w, text, n);
}

void gguf_write_key(GgufWriter *g, const char *key, GgufType type) {
    gguf_write_string(&g->keys, key, strlen(key));
    writer_u32(&g->keys, type);
    g->n_keys++;
}

void gguf_write_count(GgufWriter *g, const char *key, uint32_t v) {
    gguf_write_key(g, key, GGUF_U32);
    writer_u32(&g->keys, v);
}

void gguf_write_float(GgufWriter *g, const char *key, float v) {
    gguf_write_key(g, key, GGUF_F32);
    writer_f32(&g->keys, v);
}

void gguf_write_text(GgufWriter *g, const char *key, const char *v) {
    gguf_write_key(g, key, GGUF_STRING);
    gguf_write_string(&g->keys, v, strlen(v));
}

void gguf_write_flag(GgufWriter *g, const char *key, bool v) {
    const uint8_t byte = v;
    gguf_write_key(g, key, GGUF_BOOL);
    writer_bytes(&g->keys, &byte, 1);
}

void gguf_write_array(GgufWriter *g, const char *key, GgufType type, size_t n) {
    gguf_write_key(g, key, GGUF_ARRAY);
    writer_u32(&g->keys, type);
    writer_u64(&g->keys, n);
}

/* n rounded up to whole steps of the alignment. */
static uint64_t aligned(const GgufWriter *g, uint64_t n) {
    return (n + g->alignment - 1) / g->alignment * g->alignment;
}

uint64_t gguf_write_tensor(GgufWriter *g, const char *name, int rows, int cols,
                           DType type) {
    const DTypeInfo *info = dtype_info(type);
    const uint64_t at = aligned(g, g->data_bytes);
    gguf_write_string(&g->tensors, name, strlen(name));
    writer_u32(&g->tensors, rows == 1 ? 1 : 2);
    writer_u64(&g->tensors, (uint64_t)cols);
    if (rows != 1) writer_u64(&g->tensors, (uint64_t)rows);
    writer_u32(&g->tensors, gguf_type_number(type));
    writer_u64(&g->tensors, at);
    g->n_tensors++;
    g->data_bytes = at + (uint64_t)rows * (uint64_t)cols /
                             (uint64_t)info->block_items *
                             (uint64_t)info->block_bytes;
    return at;
}

uint8_t *gguf_write_head(GgufWriter *g, size_t *size, Err *err) {
    Writer w = {0};
    writer_bytes(&w, "GGUF", 4);
    writer_u32(&w, (uint32_t)g->version);
    writer_u64(&w, g->n_tensors);
    writer_u64(&w, g->n_keys);
    writer_bytes(&w, g->keys.data, g->keys.size);
    writer_bytes(&w, g->tensors.data, g->tensors.size);
    const uint8_t zero = 0;
    for (uint64_t end = aligned(g, w.size); !w.failed && w.size < end;)
        writer_bytes(&w, &zero, 1);
    w.failed = w.failed || g->keys.failed || g->tensors.failed;
    free(g->keys.data);
    free(g->tensors.data);
    *g = (GgufWriter){.version = g->version, .alignment = g->alignment};
    return writer_take(&w, size, "GGUF head", err);
}
