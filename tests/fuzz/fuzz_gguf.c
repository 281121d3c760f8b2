/* GGUF model files, with the tokenizer inside. */
#include "tests/fuzz/fuzz.h"

#define NAME "f.gguf"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    /* Another kind of file is for another target. */
    if (size < 4 || memcmp(data, "GGUF", 4) != 0) return 0;
    Model *m = model_open_memory(NAME, data, size, &err);
    if (!m) return fuzz_refused(&err, NAME);
    fuzz_must(holds_model(m, data, size));
    if (model_has_tokenizer(m)) {
        Tokenizer *t = tokenizer_of_model(m, &err);
        if (t)
            fuzz_must(holds_tokenizer(t));
        else
            fuzz_refused(&err, NAME);
        tokenizer_close(t);
    }
    model_close(m);
    return 0;
}
