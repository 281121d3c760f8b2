/* Files far larger than memory: looking at one reads its head alone. */
#define _DEFAULT_SOURCE /* mincore */
#include "engine/run/session.h"

#include "tests/support/folder.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Large {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    TinySpec spec;
} Large;

/* Llama 2 70B in Q4_0: 39 GB, of which only the head is on the disk. */
static Large make_large(void) {
    Large l = {.spec = tiny_spec()};
    l.spec.dim = 8192;
    l.spec.hidden_dim = 28672;
    l.spec.n_layers = 80;
    l.spec.n_heads = 64;
    l.spec.n_kv_heads = 8;
    l.spec.vocab_size = 32000;
    l.spec.seq_len = 4096;
    l.spec.shared_classifier = false;
    GgufSpec spec = gguf_spec(l.spec);
    spec.matrices = spec.embedding = spec.w_down = DTYPE_Q4_0;
    folder_make(l.dir);
    folder_path(l.path, l.dir, "70b.gguf");
    gguf_write_large(&spec, l.path, true);
    return l;
}

/* Bytes of the file that are in memory. */
static uint64_t resident(const char *path) {
    File f;
    ck_assert(file_map(&f, path, FILE_SIZE_MAX, NULL));
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t n = (f.size + page - 1) / page;
    unsigned char *in = malloc(n);
    uint64_t bytes = 0;
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(mincore((void *)(uintptr_t)f.data, f.size, in), 0);
    for (size_t i = 0; i < n; i++)
        bytes += in[i] & 1 ? page : 0;
    free(in);
    file_close(&f);
    return bytes;
}

START_TEST(a_look_reads_the_head_alone) {
    Large l = make_large();
    Err err = {0};
    Model *m = model_peek(l.path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert(model_is_peek(m));
    const Config *c = model_config(m);
    ck_assert_int_eq(c->n_layers, 80);
    ck_assert_int_eq(c->vocab_size, 32000);
    ck_assert_uint_gt(model_n_params(m), 68900000000);
    const Tensor *last = model_tensor(m, TENSOR_CLASSIFIER, 0);
    ck_assert_uint_eq(last->size_bytes, 32000ull * 8192 / 32 * 18);
    ck_assert_uint_gt(last->offset, 38ull << 30 >> 1);
    ck_assert_uint_gt(model_weight_bytes(m), 38000000000);
    Tokenizer *t = tokenizer_of_model(m, &err);
    ck_assert_ptr_nonnull(t);
    ck_assert_uint_lt(resident(l.path), 4u << 20);
    tokenizer_close(t);
    model_close(m);
    folder_remove(l.dir);
}
END_TEST

/* Opening it for running reads the small tensors, and what the system reads
 * around them; running it is refused where it does not fit. */
START_TEST(opening_does_not_read_it_all) {
    Large l = make_large();
    Err err = {0};
    Model *m = model_open(l.path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_uint_lt(resident(l.path), 8ull << 30);
    const SessionOptions opt = {.memory_max = 8ull << 30};
    ck_assert_ptr_null(session_open(m, &opt, &err));
    ck_assert_msg(strstr(err.msg, "70b.gguf: memory: found 8.59 GB, "
                                  "need 38.95 GB"),
                  "%s", err.msg);
    model_close(m);
    folder_remove(l.dir);
}
END_TEST

/* The rows that are in another order in a folder are copied to be run alone. */
START_TEST(a_look_at_a_folder_copies_nothing) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    size_t size;
    TinySpec spec = tiny_spec();
    spec.dim = 512;
    spec.hidden_dim = 1024;
    uint8_t *bytes = tiny_model_bytes(&spec, &size);
    Model *from = model_open_memory("m.bin", bytes, size, &err);
    ck_assert_ptr_nonnull(from);
    folder_make(dir);
    tiny_hf_write(dir, from, "F32", 1);
    for (int is_open = 0; is_open < 2; is_open++) {
        Model *m = is_open ? model_open(dir, &err) : model_peek(dir, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert(model_is_peek(m) == !is_open);
        const Tensor *q = model_tensor(m, TENSOR_WQ, 1);
        const Tensor *v = model_tensor(m, TENSOR_WV, 1);
        const int64_t apart = (const char *)q->data - (const char *)v->data;
        const int64_t in_file = (int64_t)q->offset - (int64_t)v->offset;
        ck_assert((apart == in_file) == !is_open);
        model_close(m);
    }
    model_close(from);
    free(bytes);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("large", a_look_reads_the_head_alone, opening_does_not_read_it_all,
          a_look_at_a_folder_copies_nothing)
