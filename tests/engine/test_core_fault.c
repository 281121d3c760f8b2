/* Memory running out while a file, a model or a tokenizer is opened, a text
 * encoded, a file saved: one clean error, nothing kept. */
#include "tests/support/fault.h"
#include "tests/support/folder.h"
#include "tests/support/tiny_model.h"

#include <stdlib.h>

typedef struct Subject {
    void *bytes;
    size_t size;
    const char *path;
    const Tokenizer *tok;
} Subject;

static bool open_file(void *ud, Err *err) {
    const Subject *s = ud;
    File f;
    bool ok = file_open(&f, s->path, FILE_SIZE_MAX, err);
    if (!ok && (f.data || f.path || f.size)) return true; /* not zeroed */
    file_close(&f);
    return ok;
}

START_TEST(opening_a_file) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "file", "contents", 8);
    folder_path(path, dir, "file");
    Subject s = {.path = path};
    ck_assert_int_eq(fault_each(open_file, &s), 2);
    folder_remove(dir);
}
END_TEST

static bool source_open(void *ud, Err *err) {
    const Subject *s = ud;
    Model *m = model_open_memory("tiny.bin", s->bytes, s->size, err);
    model_close(m);
    return m != NULL;
}

START_TEST(opening_a_model) {
    TinySpec spec = tiny_spec();
    for (spec.version = 0; spec.version < 2; spec.version++) {
        Subject s = {0};
        s.bytes = tiny_model_bytes(&spec, &s.size);
        ck_assert_int_ge(fault_each(source_open, &s), 4);
        free(s.bytes);
    }
}
END_TEST

static bool source_tokenizer(void *ud, Err *err) {
    const Subject *s = ud;
    Tokenizer *t =
        tokenizer_open_memory("tiny.tok.bin", s->bytes, s->size, 300, err);
    tokenizer_close(t);
    return t != NULL;
}

static bool encode(void *ud, Err *err) {
    const Subject *s = ud;
    Encoding e = {0};
    bool ok = tokenizer_encode(s->tok, "the cat sat", 11,
                               TOKENIZER_BOS | TOKENIZER_MERGES, &e, err);
    if (!ok && (e.tokens || e.merges || e.symbols || e.n)) return true;
    encoding_free(&e);
    return ok;
}

START_TEST(opening_a_tokenizer_and_encoding) {
    Subject s = {0};
    s.bytes = tiny_tokenizer_bytes(300, &s.size);
    ck_assert_int_ge(fault_each(source_tokenizer, &s), 1);
    Tokenizer *t =
        tokenizer_open_memory("tiny.tok.bin", s.bytes, s.size, 300, NULL);
    s.tok = t;
    ck_assert_int_ge(fault_each(encode, &s), 7);
    tokenizer_close(t);
    free(s.bytes);
}
END_TEST

static bool save(void *ud, Err *err) {
    const Subject *s = ud;
    return file_save(s->path, "contents", 8, err);
}

/* Saving needs no memory of its own: the last thing a viewer out of memory
 * does may be to save. */
START_TEST(saving_a_file) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "file");
    Subject s = {.path = path};
    ck_assert_int_eq(fault_each(save, &s), 0);
    ck_assert_int_eq(folder_count(dir, ""), 1);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("core_fault", opening_a_file, opening_a_model,
          opening_a_tokenizer_and_encoding, saving_a_file)
