/* Tokenizer files: which of them belongs to a model, and which reader to a
 * file. */
#include "engine/base/file.h"
#include "engine/base/guess.h"
#include "engine/base/jsonfile.h"
#include "engine/tokenizer/tokenizer_private.h"

#include <assert.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONFIG_VALUES_MAX 200000

/* ---- finding ------------------------------------------------------------- */

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool tokenizer_find(const char *model_path, int vocab_size, char *out,
                    size_t out_size, Err *err) {
    const bool in_folder = is_folder(model_path);
    const char *base = file_name(model_path);
    const char *dot = strrchr(base, '.');
    int stem = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
    int dir = in_folder ? (int)strlen(model_path) : (int)(base - model_path);
    char names[7][NAME_MAX + 1];
    snprintf(names[0], sizeof names[0], "%.*s.tok.bin", stem, base);
    snprintf(names[1], sizeof names[1], "tokenizer.bin");
    snprintf(names[2], sizeof names[2], "tok%d.bin", vocab_size);
    snprintf(names[3], sizeof names[3], "tokenizer.json");
    snprintf(names[4], sizeof names[4], "tokenizer.model");
    snprintf(names[5], sizeof names[5], "vocab.json");
    snprintf(names[6], sizeof names[6], "vocab.txt");
    for (int i = in_folder; i < 7; i++) {
        int n = snprintf(out, out_size, "%.*s%s%s", dir, model_path,
                         in_folder ? "/" : "", names[i]);
        if (n >= 0 && (size_t)n < out_size && is_file(out)) return true;
    }
    return err_set(err, ERR_IO, 0,
                   "%s: tokenizer: found none of %s%s%s, %s, %s, %s, %s, %s "
                   "%s",
                   model_path, in_folder ? "" : names[0], in_folder ? "" : ", ",
                   names[1], names[2], names[3], names[4], names[5], names[6],
                   in_folder ? "in the folder" : "beside the model");
}

/* ---- opening ------------------------------------------------------------- */

typedef struct TokenizerFormat {
    const char *end;   /* of the name */
    const char *first; /* bytes */
    Tokenizer *(*read)(const char *name, const void *data, size_t size,
                       int vocab_size, Err *err);
} TokenizerFormat;

/* Most specific first; tokenizer.bin begins with a number, so it is last. */
static const TokenizerFormat formats[] = {
    {".json", "{", tokenizer_read_json},
    {".model", "\n\x0E\n\x05<unk>", tokenizer_read_spm},
    {"", "", tokenizer_read_bin},
};

static const TokenizerFormat *format_of(const char *name, const void *data,
                                        size_t size) {
    const size_t n_name = strlen(name);
    for (const TokenizerFormat *f = formats;; f++) {
        size_t n_end = strlen(f->end), n_first = strlen(f->first);
        if (n_name >= n_end && strcmp(name + n_name - n_end, f->end) == 0)
            return f;
        if (size >= n_first && memcmp(data, f->first, n_first) == 0) return f;
    }
}

/* Whether it is of pieces alone, with other files beside it. */
static bool is_vocab(const char *path) {
    const char *name = file_name(path);
    return strcmp(name, "vocab.json") == 0 || strcmp(name, "vocab.txt") == 0;
}

static Tokenizer *read_any(const char *name, const void *data, size_t size,
                           int vocab_size, Err *err) {
    if (size > TOKENIZER_FILE_MAX) {
        err_set(err, ERR_LIMIT, 0, "%s: size: found %zu bytes, allowed %u",
                name, size, TOKENIZER_FILE_MAX);
        return NULL;
    }
    if (is_vocab(name)) {
        const VocabFiles alone = {.parts = {{name, data, size}}};
        return tokenizer_read_vocab(&alone, vocab_size, err);
    }
    Err why = {0};
    const TokenizerFormat *format = format_of(name, data, size);
    Tokenizer *t = format->read(name, data, size, vocab_size, &why);
    /* The readers keep no pointer to why, whatever cppcheck 2.10 thinks. */
    /* cppcheck-suppress returnDanglingLifetime */
    if (t) return t;
    const char *what = *format->end ? NULL : guess_describe(data, size);
    if (what && why.code == ERR_FORMAT)
        err_set(err, ERR_UNSUPPORTED, 0,
                "%s: format: found what looks like %s, need a tokenizer.bin, "
                "tokenizer.json or tokenizer.model",
                name, what);
    else
        err_set(err, why.code, why.pos, "%s", why.msg);
    return NULL;
}

Tokenizer *tokenizer_open_memory(const char *name, const void *data,
                                 size_t size, int vocab_size, Err *err) {
    return read_any(name, data, size, vocab_size, err);
}

/* ---- files beside each other --------------------------------------------- */

/* Opens a file of the folder that `path` is in, if it is there. */
static bool open_beside(const char *path, const char *name, File *f, Err *err) {
    char beside[PATH_MAX];
    const int dir = (int)(file_name(path) - path);
    const int n = snprintf(beside, sizeof beside, "%.*s%s", dir, path, name);
    if (n < 0 || (size_t)n >= sizeof beside || !is_file(beside)) return true;
    return file_open(f, beside, TOKENIZER_FILE_MAX, err);
}

/* The model's type of a config.json, into out[32]; "" where it has none. */
static bool read_model_type(const File *f, char *out, Err *err) {
    JsonFile j;
    const char *type = "";
    *out = 0;
    if (!f->data) return true;
    if (!jsonfile_open_config(&j, f->path, f->data, f->size, CONFIG_VALUES_MAX,
                              err))
        return false;
    const bool ok = jsonfile_string(&j, j.root, "model_type", &type);
    if (ok) snprintf(out, 32, "%.31s", type);
    jsonfile_close(&j);
    return ok;
}

/* vocab.json or vocab.txt with what is beside it. */
static Tokenizer *read_vocab(const char *path, int vocab_size, Err *err) {
    static const char *const names[VOCAB_PARTS] = {
        NULL, "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json"};
    File files[VOCAB_PARTS] = {0}, config = {0};
    VocabFiles all = {0};
    char type[32];
    Tokenizer *t = NULL;
    bool ok = file_open(&files[0], path, TOKENIZER_FILE_MAX, err) &&
              open_beside(path, "config.json", &config, err) &&
              read_model_type(&config, type, err);
    for (int i = 1; ok && i < VOCAB_PARTS; i++)
        ok = open_beside(path, names[i], &files[i], err);
    for (int i = 0; i < VOCAB_PARTS; i++)
        all.parts[i] = (VocabFile){files[i].path, files[i].data, files[i].size};
    if (ok) {
        all.model_type = type;
        t = tokenizer_read_vocab(&all, vocab_size, err);
    }
    for (int i = 0; i < VOCAB_PARTS; i++)
        file_close(&files[i]);
    file_close(&config);
    return t;
}

static Tokenizer *read_file(const char *path, int vocab_size, Err *err) {
    File f;
    if (is_vocab(path)) return read_vocab(path, vocab_size, err);
    if (!file_open(&f, path, TOKENIZER_FILE_MAX, err)) return NULL;
    Tokenizer *t = read_any(path, f.data, f.size, vocab_size, err);
    file_close(&f);
    return t;
}

Tokenizer *tokenizer_open(const char *path, int vocab_size, Err *err) {
    return read_file(path, vocab_size, err);
}

Tokenizer *tokenizer_open_for(const Model *m, const char *path, Err *err) {
    Tokenizer *t = read_file(path, model_config(m)->vocab_size, err);
    const bool is_hf = strcmp(model_format(m), "safetensors") == 0;
    if (t && is_hf && !tokenizer_read_ends(t, model_path(m), err)) {
        tokenizer_close(t);
        return NULL;
    }
    return t;
}

Tokenizer *tokenizer_of_model(const Model *m, Err *err) {
    assert(model_has_tokenizer(m));
    return tokenizer_read_gguf(model_file(m), model_config(m)->vocab_size, err);
}
