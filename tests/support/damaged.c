#include "tests/support/damaged.h"

#include "tests/support/bert_files.h"
#include "tests/support/byte_level.h"
#include "tests/support/hf_folder.h"
#include "tests/support/holds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[MALFORMED_KINDS] = {
    [MALFORMED_V0] = "bad.bin",
    [MALFORMED_V1] = "bad.bin",
    [MALFORMED_V2] = "bad.bin",
    [MALFORMED_TOKENIZER] = "bad.tok.bin",
    [MALFORMED_GGUF] = "bad.gguf",
    [MALFORMED_GGUF_BPE] = "bad.gguf",
    [MALFORMED_SAFETENSORS] = "bad.safetensors",
    [MALFORMED_SPM] = "bad.model",
    [MALFORMED_TOKENIZER_JSON] = "bad.json",
    [MALFORMED_BYTE_LEVEL] = "bad.json",
    [MALFORMED_CONFIG] = "config.json",
    [MALFORMED_INDEX] = "model.safetensors.index.json",
    [MALFORMED_WORDPIECE] = "bad.json",
    [MALFORMED_GPT2] = "model.safetensors",
    [MALFORMED_NANO] = "model.safetensors",
    [MALFORMED_QWEN2] = "model.safetensors",
    [MALFORMED_QWEN3] = "model.safetensors",
    [MALFORMED_GPT2_CONFIG] = "config.json",
    [MALFORMED_NANO_CONFIG] = "config.json",
    [MALFORMED_QWEN2_CONFIG] = "config.json",
    [MALFORMED_QWEN3_CONFIG] = "config.json",
    [MALFORMED_MISTRAL_CONFIG] = "config.json",
    [MALFORMED_GPT2_GGUF] = "bad.gguf",
    [MALFORMED_QWEN2_GGUF] = "bad.gguf",
    [MALFORMED_QWEN3_GGUF] = "bad.gguf",
    [MALFORMED_VOCAB_JSON] = "vocab.json",
    [MALFORMED_MERGES] = "merges.txt",
    [MALFORMED_VOCAB_TXT] = "vocab.txt",
    [MALFORMED_TOKENIZER_CONFIG] = "tokenizer_config.json",
};

/* A file of a folder whose others are good, and which is a model's or a
 * tokenizer's. */
static bool is_of_folder(MalformedKind kind) {
    return malformed_is_safetensors(kind) || kind == MALFORMED_CONFIG ||
           kind == MALFORMED_INDEX ||
           (kind >= MALFORMED_GPT2_CONFIG && kind <= MALFORMED_MISTRAL_CONFIG);
}

static bool is_of_vocab(MalformedKind kind) {
    return kind >= MALFORMED_VOCAB_JSON && kind <= MALFORMED_TOKENIZER_CONFIG;
}

/* Those of other families. */
static bool is_of_family(MalformedKind kind) {
    return kind >= MALFORMED_GPT2 && kind <= MALFORMED_MISTRAL_CONFIG;
}

static void source_tokenizer(Damaged *d) {
    const int vocab = d->kind == MALFORMED_BYTE_LEVEL  ? N_BYTE_LEVEL
                      : d->kind == MALFORMED_WORDPIECE ? N_BERT
                                                       : MALFORMED_VOCAB;
    snprintf(d->name, sizeof d->name, "%s", names[d->kind]);
    d->tok = tokenizer_open_memory(d->name, d->block, d->size, vocab, &d->err);
}

static void source_open(Damaged *d) {
    snprintf(d->name, sizeof d->name, "%s", names[d->kind]);
    d->model = model_open_memory(d->name, d->block, d->size, &d->err);
    const bool bare = /* without a tokenizer */
        d->kind >= MALFORMED_GPT2_GGUF && d->kind <= MALFORMED_QWEN3_GGUF;
    if (d->model && !bare && model_has_tokenizer(d->model))
        d->tok = tokenizer_of_model(d->model, &d->err);
}

static void make_folder(HfFolder *folder, MalformedKind kind) {
    if (folder->dir[0]) return;
    if (is_of_family(kind) || is_of_vocab(kind)) {
        hf_folder_empty(folder);
        (is_of_vocab(kind) ? malformed_vocab_folder
                           : malformed_family_folder)(kind, folder->dir);
    } else {
        hf_folder_make(folder, kind == MALFORMED_INDEX ? 2 : 1);
    }
}

/* The files of a tokenizer, by that with its pieces. */
static void open_vocab(Damaged *d, const char *dir) {
    const bool is_bert = d->kind == MALFORMED_VOCAB_TXT;
    char path[FOLDER_PATH_MAX];
    folder_path(path, dir, is_bert ? "vocab.txt" : "vocab.json");
    d->tok = tokenizer_open(path, is_bert ? N_BERT : N_BYTE_LEVEL, &d->err);
}

/* The file is in the folder; so are the others that the message may name. */
static void open_folder(Damaged *d) {
    static HfFolder folders[MALFORMED_KINDS]; /* made once, removed at exit */
    char path[FOLDER_PATH_MAX];
    HfFolder *folder = &folders[d->kind];
    make_folder(folder, d->kind);
    folder_path(path, folder->dir, names[d->kind]);
    if (malformed_is_safetensors(d->kind)) {
        d->model = model_open_memory(path, d->block, d->size, &d->err);
    } else {
        folder_write(folder->dir, names[d->kind], d->block, d->size);
        if (is_of_vocab(d->kind))
            open_vocab(d, folder->dir);
        else
            d->model = model_open(folder->dir, &d->err);
    }
    /* The message's own name, if it is of a file in the folder. */
    const char *end = strchr(d->err.msg, ':');
    const size_t n_dir = strlen(folder->dir);
    if (end && strncmp(d->err.msg, folder->dir, n_dir) == 0)
        snprintf(path, sizeof path, "%.*s", (int)(end - d->err.msg),
                 d->err.msg);
    snprintf(d->name, sizeof d->name, "%s", path);
}

void damaged_open(Damaged *d, MalformedKind kind, const void *data,
                  size_t size) {
    *d =
        (Damaged){.kind = kind, .block = malloc(size ? size : 1), .size = size};
    if (!d->block) abort();
    if (size) memcpy(d->block, data, size);
    if (is_of_folder(kind) || is_of_vocab(kind))
        open_folder(d);
    else if (kind == MALFORMED_TOKENIZER || kind == MALFORMED_SPM ||
             kind == MALFORMED_TOKENIZER_JSON || kind == MALFORMED_BYTE_LEVEL ||
             kind == MALFORMED_WORDPIECE)
        source_tokenizer(d);
    else
        source_open(d);
}

void damaged_close(Damaged *d) {
    tokenizer_close(d->tok);
    model_close(d->model);
    free(d->block);
    *d = (Damaged){0};
}

bool damaged_is_open(const Damaged *d) {
    return (d->model || d->tok) && d->err.code == ERR_NONE;
}

const char *damaged_warning(const Damaged *d) {
    const char *warning = d->model ? model_warning(d->model) : NULL;
    return warning || !d->tok ? warning : tokenizer_warning(d->tok);
}

const char *damaged_wrong(const Damaged *d) {
    const bool in_folder =
        is_of_folder(d->kind) && !malformed_is_safetensors(d->kind);
    const char *wrong = NULL;
    if (d->model)
        wrong = in_folder ? holds_model(d->model, NULL, FILE_SIZE_MAX)
                          : holds_model(d->model, d->block, d->size);
    if (!wrong && d->tok) wrong = holds_tokenizer(d->tok);
    if (!wrong && !damaged_is_open(d)) wrong = holds_message(&d->err, d->name);
    return wrong;
}
