/* Memory running out while a file of any format is opened: one clean error,
 * nothing kept.  jansson's own allocations are left alone: version 2.14 reads
 * freed memory after some that fail, so jsonfile.c makes sure beforehand that
 * there is room. */
#include "engine/base/file.h"
#include "tests/support/bert_files.h"
#include "tests/support/byte_level.h"
#include "tests/support/fault.h"
#include "tests/support/folder.h"
#include "tests/support/hf_folder.h"
#include "tests/support/malformed.h"
#include "tests/support/tiny_hf.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Subject {
    Bytes good;
    const char *name; /* of the file, or of the folder */
    int vocab_size;   /* of a tokenizer */
} Subject;

static bool source_open(void *ud, Err *err) {
    const Subject *s = ud;
    Model *m = s->good.data
                   ? model_open_memory(s->name, s->good.data, s->good.size, err)
                   : model_open(s->name, err);
    Tokenizer *t =
        m && model_has_tokenizer(m) ? tokenizer_of_model(m, err) : NULL;
    const bool ok = m && (t || !model_has_tokenizer(m));
    tokenizer_close(t);
    model_close(m);
    return ok;
}

/* The model alone. */
static bool source_bare(void *ud, Err *err) {
    const Subject *s = ud;
    Model *m = model_open_memory(s->name, s->good.data, s->good.size, err);
    model_close(m);
    return m != NULL;
}

static bool source_tokenizer(void *ud, Err *err) {
    const Subject *s = ud;
    Tokenizer *t = tokenizer_open_memory(s->name, s->good.data, s->good.size,
                                         s->vocab_size, err);
    tokenizer_close(t);
    return t != NULL;
}

/* The file's pieces, and at least one more allocation. */
static void check_kind(MalformedKind kind, const char *name, int vocab_size) {
    Subject s = {malformed_good(kind), name, vocab_size};
    const int n = fault_each(vocab_size ? source_tokenizer : source_open, &s);
    printf("  %-28s%5d allocations\n", malformed_kind_name(kind), n);
    ck_assert_int_ge(n, 2);
    bytes_free(&s.good);
}

START_TEST(opening_models) {
    check_kind(MALFORMED_V0, "m.bin", 0);
    check_kind(MALFORMED_V1, "m.bin", 0);
    check_kind(MALFORMED_V2, "m.bin", 0);
    check_kind(MALFORMED_GGUF, "m.gguf", 0);
    check_kind(MALFORMED_GGUF_BPE, "m.gguf", 0);
}
END_TEST

START_TEST(opening_tokenizers) {
    check_kind(MALFORMED_TOKENIZER, "m.tok.bin", MALFORMED_VOCAB);
    check_kind(MALFORMED_SPM, "tokenizer.model", MALFORMED_VOCAB);
    check_kind(MALFORMED_TOKENIZER_JSON, "tokenizer.json", MALFORMED_VOCAB);
    check_kind(MALFORMED_BYTE_LEVEL, "tokenizer.json", N_BYTE_LEVEL);
    check_kind(MALFORMED_WORDPIECE, "tokenizer.json", N_BERT);
}
END_TEST

START_TEST(opening_folders) {
    HfFolder folders[2] = {{{0}}};
    for (int i = 0; i < 2; i++) {
        hf_folder_make(&folders[i], i + 1);
        Subject s = {.name = folders[i].dir};
        const int n = fault_each(source_open, &s);
        printf("  folder with %d file%s %15d allocations\n", i + 1,
               i ? "s" : "", n);
        ck_assert_int_ge(n, 12);
    }
}
END_TEST

/* Whole folders of the other families, and their GGUF. */
START_TEST(opening_families) {
    for (MalformedKind kind = MALFORMED_GPT2; kind <= MALFORMED_QWEN3; kind++) {
        HfFolder folder = {{0}};
        hf_folder_empty(&folder);
        malformed_family_folder(kind, folder.dir);
        Subject s = {.name = folder.dir};
        const int n = fault_each(source_open, &s);
        printf("  folder of %-18s%5d allocations\n", malformed_kind_name(kind),
               n);
        ck_assert_int_ge(n, 12);
    }
    for (MalformedKind kind = MALFORMED_GPT2_GGUF; kind <= MALFORMED_QWEN3_GGUF;
         kind++) {
        Subject s = {.good = malformed_good(kind), .name = "m.gguf"};
        ck_assert_int_ge(fault_each(source_bare, &s), 2);
        bytes_free(&s.good);
    }
}
END_TEST

static bool source_vocab(void *ud, Err *err) {
    const Subject *s = ud;
    Tokenizer *t = tokenizer_open(s->name, s->vocab_size, err);
    tokenizer_close(t);
    return t != NULL;
}

START_TEST(opening_files_of_tokenizers) {
    for (int is_bert = 0; is_bert < 2; is_bert++) {
        HfFolder folder = {{0}};
        char path[FOLDER_PATH_MAX];
        hf_folder_empty(&folder);
        malformed_vocab_folder(
            is_bert ? MALFORMED_VOCAB_TXT : MALFORMED_VOCAB_JSON, folder.dir);
        folder_path(path, folder.dir, is_bert ? "vocab.txt" : "vocab.json");
        Subject s = {.name = path,
                     .vocab_size = is_bert ? N_BERT : N_BYTE_LEVEL};
        const int n = fault_each(source_vocab, &s);
        printf("  %-28s%5d allocations\n", file_name(path), n);
        ck_assert_int_ge(n, 2);
    }
}
END_TEST

TEST_MAIN("formats_fault", opening_models, opening_tokenizers, opening_folders,
          opening_families, opening_files_of_tokenizers)
