/* Where weights lie: a small file's in copies on cache lines, a large one's
 * where they are in the file. */
#include "engine/model/model_private.h"
#include "engine/spec/arch.h"
#include "tests/support/folder.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static const Tensor *tensor_at(const Model *m, size_t i) {
    const int n_layers = model_config(m)->n_layers;
    const ArchTensor *row =
        &arch_llama.tensors[i % (size_t)arch_llama.n_tensors];
    const int layer = (int)(i / (size_t)arch_llama.n_tensors) % n_layers;
    return model_tensor(m, row->role, row->per_layer ? layer : 0);
}

/* Every tensor of the file that holds these bytes, and its scales. */
static void check_copies(const char *name, const uint8_t *bytes, size_t size) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    folder_write(dir, name, bytes, size);
    folder_path(path, dir, name);
    Model *m = model_open(path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    const size_t n =
        (size_t)arch_llama.n_tensors * (size_t)model_config(m)->n_layers;
    for (size_t i = 0; i < n; i++) {
        const Tensor *t = tensor_at(m, i);
        ck_assert_uint_eq((uintptr_t)t->data % 64, 0);
        ck_assert_mem_eq(t->data, bytes + t->offset, t->size_bytes);
        if (t->type != DTYPE_Q8_GROUPS) continue;
        const uint64_t values = (uint64_t)t->rows * (uint64_t)t->cols;
        ck_assert_ptr_eq(t->scales, (const uint8_t *)t->data + values);
    }
    model_close(m);
    folder_remove(dir);
}

START_TEST(a_small_file_is_copied_to_cache_lines) {
    for (int version = 0; version <= 2; version++) {
        TinySpec spec = tiny_spec();
        size_t size;
        spec.version = version;
        spec.group = version == 2 ? 16 : 0;
        uint8_t *bytes = tiny_model_bytes(&spec, &size);
        check_copies("m.bin", bytes, size);
        free(bytes);
    }
    const GgufSpec spec = gguf_spec(tiny_spec());
    Bytes b = gguf_bytes(&spec);
    check_copies("m.gguf", b.data, b.size);
    bytes_free(&b);
}
END_TEST

START_TEST(a_large_file_is_used_where_it_lies) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    TinySpec tiny = tiny_spec();
    tiny.dim = 512;
    tiny.hidden_dim = 1376;
    tiny.n_layers = 8;
    const GgufSpec spec = gguf_spec(tiny);
    folder_make(dir);
    folder_path(path, dir, "m.gguf");
    gguf_write_large(&spec, path, true);
    Model *m = model_open(path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_uint_gt(model_weight_bytes(m), MODEL_PLACE_MAX);
    const Tensor *q = model_tensor(m, TENSOR_WQ, 0);
    const Tensor *last = model_tensor(m, TENSOR_W_DOWN, 7);
    ck_assert_int_eq((const uint8_t *)last->data - (const uint8_t *)q->data,
                     (int64_t)last->offset - (int64_t)q->offset);
    model_close(m);
    folder_remove(dir);
}
END_TEST

START_TEST(where_memory_is_short_nothing_is_copied) {
    const uint64_t most = MODEL_PLACE_MAX;
    ck_assert(model_places_all(most, UINT64_MAX));
    ck_assert(!model_places_all(most + 1, UINT64_MAX));
    ck_assert(model_places_all(most, 8 * most));
    ck_assert(!model_places_all(most, 8 * most - 1));
}
END_TEST

/* Memory of somebody else stays what is used. */
START_TEST(borrowed_memory_is_not_copied) {
    Err err = {0};
    size_t size;
    TinySpec spec = tiny_spec();
    uint8_t *bytes = tiny_model_bytes(&spec, &size);
    Model *m = model_open_memory("m.bin", bytes, size, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    const Tensor *t = model_tensor(m, TENSOR_WQ, 0);
    ck_assert_ptr_eq(t->data, bytes + t->offset);
    model_close(m);
    free(bytes);
}
END_TEST

TEST_MAIN("place", a_small_file_is_copied_to_cache_lines,
          a_large_file_is_used_where_it_lies,
          where_memory_is_short_nothing_is_copied,
          borrowed_memory_is_not_copied)
