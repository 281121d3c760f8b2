/* tokenizer.model of SentencePiece. */
#include "tests/fuzz/fuzz.h"

#define NAME  "f.model"
#define VOCAB 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    Tokenizer *t = tokenizer_open_memory(NAME, data, size, VOCAB, &err);
    if (!t) return fuzz_refused(&err, NAME);
    fuzz_must(holds_tokenizer(t));
    fuzz_must(holds_text(t, (const char *)data, size < 500 ? size : 500));
    tokenizer_close(t);
    return 0;
}
