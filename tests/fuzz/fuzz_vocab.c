/* The files of a tokenizer from before tokenizer.json: the bytes are those of
 * vocab.json or vocab.txt, merges.txt, tokenizer_config.json,
 * special_tokens_map.json and added_tokens.json, with a byte 1 between them. */
#include "engine/tokenizer/tokenizer_private.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/bert_files.h"

/* Of the tokenizers among the seeds. */
static const int vocabs[] = {N_BERT, 10};

static void try_files(VocabFiles *files, int vocab, const uint8_t *data,
                      size_t size) {
    Err err = {0};
    Tokenizer *t = tokenizer_read_vocab(files, vocab, &err);
    if (t) {
        fuzz_must(holds_tokenizer(t));
        fuzz_must(holds_text(t, (const char *)data, size % 500));
        tokenizer_close(t);
        return;
    }
    const char *wrong = "the message names no file";
    for (int i = 0; wrong && i < VOCAB_PARTS; i++)
        if (!holds_message(&err, files->parts[i].name)) wrong = NULL;
    fuzz_must(wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"merges.txt", "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json"};
    VocabFiles files = {.model_type = "qwen2"};
    size_t at = 0;
    for (int i = 0; i < VOCAB_PARTS; i++) {
        const uint8_t *end = at < size ? memchr(data + at, 1, size - at) : NULL;
        const size_t n = (end ? (size_t)(end - data) : size) - at;
        files.parts[i] = (VocabFile){.name = i ? names[i - 1] : "",
                                     .data = n > 0 ? data + at : NULL,
                                     .size = n};
        at = end ? at + n + 1 : size;
    }
    if (!files.parts[VOCAB_PIECES].data) return 0;
    for (int i = 0; i < 2; i++) {
        files.parts[VOCAB_PIECES].name = "vocab.txt";
        try_files(&files, vocabs[i], data, size);
        files.parts[VOCAB_PIECES].name = "vocab.json";
        try_files(&files, vocabs[i], data, size);
    }
    return 0;
}
