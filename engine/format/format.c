/* The table of formats. */
#include "engine/format/format.h"

#include "engine/base/guess.h"
#include "engine/format/gguf_model.h"
#include "engine/format/hf.h"
#include "engine/format/llama2c.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HF_MODEL_NAME "model.safetensors"

typedef struct Format {
    bool (*sniff)(const File *f);
    bool (*read)(const File *f, ModelFile *out, Err *err);
} Format;

/* Most specific first; llama2.c version 0 has no magic, so it is last. */
static const Format formats[] = {
    {gguf_model_sniff, gguf_model_read},
    {hf_sniff, hf_read},
    {llama2c_sniff, llama2c_read},
};

bool format_read(const File *f, ModelFile *out, Err *err) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].sniff(f)) return formats[i].read(f, out, err);
    const char *what = guess_describe(f->data, f->size);
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: format: found %s%s, need a GGUF or llama2.c model file",
                   f->path, what ? "what looks like " : "unknown first bytes",
                   what ? what : "");
}

/* The first of several files that no index names. */
static bool first_shard(const char *path, size_t stem, char *out,
                        size_t out_size) {
    static const char begin[] = "model-00001-of-", end[] = ".safetensors";
    DIR *dir = opendir(path);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));) {
        const size_t n = strlen(e->d_name);
        if (strncmp(e->d_name, begin, strlen(begin)) != 0 || n < strlen(end) ||
            strcmp(e->d_name + n - strlen(end), end) != 0)
            continue;
        const int len =
            snprintf(out, out_size, "%.*s/%s", (int)stem, path, e->d_name);
        found = len > 0 && (size_t)len < out_size;
    }
    if (dir) closedir(dir);
    return found;
}

bool format_path(const char *path, char *out, size_t out_size, Err *err) {
    static const char *const names[] = {"/" HF_MODEL_NAME,
                                        "/" HF_MODEL_NAME ".index.json", ""};
    struct stat st;
    bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    size_t stem = strlen(path);
    while (is_folder && stem > 1 && path[stem - 1] == '/')
        stem--;
    for (int i = is_folder ? 0 : 2; i < 3; i++) {
        int n = snprintf(out, out_size, "%.*s%s", (int)stem, path, names[i]);
        if (n < 0 || (size_t)n >= out_size)
            return err_set(err, ERR_IO, 0, "%.80s...: path: too long", path);
        if (!is_folder || (stat(out, &st) == 0 && S_ISREG(st.st_mode)))
            return true;
    }
    if (first_shard(path, stem, out, out_size)) return true;
    return err_set(err, ERR_IO, 0,
                   "%s: folder: found neither " HF_MODEL_NAME ", " HF_MODEL_NAME
                   ".index.json nor model-00001-of-N.safetensors",
                   path);
}

char *format_model_name(const char *path, Err *err) {
    const char *base = file_name(path), *dot = strrchr(base, '.');
    size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    const bool is_usual = strncmp(base, "model.safetensors", 17) == 0 ||
                          strncmp(base, "model-00001-of-", 15) == 0;
    if (is_usual && base > path + 1) {
        const char *end = base - 1; /* the slash */
        for (base = end; base > path && base[-1] != '/';)
            base--;
        n = (size_t)(end - base);
    }
    char *name = malloc(n + 1);
    if (!name) {
        err_memory(err, path, n + 1);
        return NULL;
    }
    memcpy(name, base, n);
    name[n] = 0;
    return name;
}
