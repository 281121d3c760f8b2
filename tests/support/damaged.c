#include "tests/support/damaged.h"

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
};

static void source_tokenizer(Damaged *d) {
    const int vocab =
        d->kind == MALFORMED_BYTE_LEVEL ? N_BYTE_LEVEL : MALFORMED_VOCAB;
    snprintf(d->name, sizeof d->name, "%s", names[d->kind]);
    d->tok = tokenizer_open_memory(d->name, d->block, d->size, vocab, &d->err);
}

static void source_open(Damaged *d) {
    snprintf(d->name, sizeof d->name, "%s", names[d->kind]);
    d->model = model_open_memory(d->name, d->block, d->size, &d->err);
    if (d->model && model_has_tokenizer(d->model))
        d->tok = tokenizer_of_model(d->model, &d->err);
}

/* The file is in the folder; so are the others that the message may name. */
static void open_folder(Damaged *d) {
    static HfFolder folders[MALFORMED_KINDS]; /* made once, removed at exit */
    char path[FOLDER_PATH_MAX];
    HfFolder *folder = &folders[d->kind];
    hf_folder_make(folder, d->kind == MALFORMED_INDEX ? 2 : 1);
    folder_path(path, folder->dir, names[d->kind]);
    if (d->kind == MALFORMED_SAFETENSORS) {
        d->model = model_open_memory(path, d->block, d->size, &d->err);
    } else {
        folder_write(folder->dir, names[d->kind], d->block, d->size);
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
    switch (kind) {
    case MALFORMED_SAFETENSORS:
    case MALFORMED_CONFIG:
    case MALFORMED_INDEX:
        open_folder(d);
        break;
    case MALFORMED_TOKENIZER:
    case MALFORMED_SPM:
    case MALFORMED_TOKENIZER_JSON:
    case MALFORMED_BYTE_LEVEL:
        source_tokenizer(d);
        break;
    default:
        source_open(d);
    }
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
        d->kind == MALFORMED_CONFIG || d->kind == MALFORMED_INDEX;
    const char *wrong = NULL;
    if (d->model)
        wrong = in_folder ? holds_model(d->model, NULL, FILE_SIZE_MAX)
                          : holds_model(d->model, d->block, d->size);
    if (!wrong && d->tok) wrong = holds_tokenizer(d->tok);
    if (!wrong && !damaged_is_open(d)) wrong = holds_message(&d->err, d->name);
    return wrong;
}
