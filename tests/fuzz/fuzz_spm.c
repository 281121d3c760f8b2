/* tokenizer.model of SentencePiece. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/tok_files.h"

#define NAME "f.model"

/* Of the tokenizers among the seeds. */
static const int vocabs[] = {300, TOK_SMALL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++) {
        Err err = {0};
        Tokenizer *t = tokenizer_open_memory(NAME, data, size, vocabs[i], &err);
        if (!t) {
            fuzz_refused(&err, NAME);
            continue;
        }
        fuzz_must(holds_tokenizer(t));
        fuzz_must(holds_text(t, (const char *)data, size < 500 ? size : 500));
        tokenizer_close(t);
    }
    return 0;
}
