/* A table of first bytes. */
#include "engine/base/guess.h"

#include <string.h>

typedef struct Magic {
    size_t at; /* byte in the file */
    const char *bytes;
    const char *what;
} Magic;

/* What people download by mistake in place of a model or a tokenizer, and the
 * model files of other programs.  None is the beginning of a valid llama2.c
 * version 0 file: read as its dim (or n_layers, at byte 8), each is odd or past
 * the limits of config.h. */
static const Magic magics[] = {
    {0, "<!DOCTYPE", "an HTML page"},
    {0, "<!doctype", "an HTML page"},
    {0, "<html", "an HTML page"},
    {0, "<HTML", "an HTML page"},
    {0, "version https://git-lfs", "a git-lfs pointer, not the file itself"},
    {0, "PK\003\004", "a zip archive or a PyTorch checkpoint"},
    {0, "GGUF", "a GGUF file"},
    {0, "tjgg", "a GGJT file"},
    {0, "fmgg", "a GGMF file"},
    {0, "lmgg", "a GGML file"},
    {8, "{\"", "a safetensors file"},
    {0, "{", "a JSON file"},
    {0, "\x1F\x8B", "a gzip archive"},
    {0, "\x80\x02}", "a Python pickle"},
    {0, "\n\x0E\n\x05<unk>", "a SentencePiece tokenizer.model"},
    {0, "24ka", "a llama2.c model file"},
};

const char *guess_describe(const void *data, size_t size) {
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const Magic *m = &magics[i];
        size_t n = strlen(m->bytes);
        if (size >= m->at && size - m->at >= n &&
            memcmp((const char *)data + m->at, m->bytes, n) == 0)
            return m->what;
    }
    return NULL;
}
