/* The JSON files beside a model: the bytes as each of tokenizer.json,
 * config.json and model.safetensors.index.json. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/bert_files.h"
#include "tests/support/hf_folder.h"
#include "tests/support/tok_files.h"

#define INDEX "model.safetensors.index.json"

/* Of the tokenizers among the seeds. */
static const int vocabs[] = {300, 264, N_BERT, TOK_SMALL};

static void try_tokenizer(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++) {
        Err err = {0};
        Tokenizer *t =
            tokenizer_open_memory("f.json", data, size, vocabs[i], &err);
        if (t) {
            fuzz_must(holds_tokenizer(t));
            fuzz_must(holds_text(t, (const char *)data, size % 500));
            tokenizer_close(t);
        } else {
            fuzz_refused(&err, "f.json");
        }
    }
}

/* Opens the folder with the bytes in place of its file `name`; a message
 * speaks of that one or of another in the folder. */
static void try_folder(const HfFolder *folder, const char *name,
                       const uint8_t *data, size_t size) {
    Err err = {0};
    folder_write(folder->dir, name, data, size);
    Model *m = model_open(folder->dir, &err);
    if (m) {
        fuzz_must(holds_model(m, NULL, FILE_SIZE_MAX));
        model_close(m);
    } else {
        FUZZ_TRUE(strncmp(err.msg, folder->dir, strlen(folder->dir)) == 0 ||
                  strncmp(err.msg, "...", 3) == 0);
        char *end = strchr(err.msg, ':');
        FUZZ_TRUE(end != NULL);
        char path[sizeof err.msg] = "";
        memcpy(path, err.msg, (size_t)(end - err.msg));
        fuzz_refused(&err, path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static HfFolder whole, sharded; /* no argument to pass them in */
    try_tokenizer(data, size);
    hf_folder_make(&whole, 1);
    hf_folder_make(&sharded, 2);
    try_folder(&whole, "config.json", data, size);
    try_folder(&sharded, INDEX, data, size);
    return 0;
}
