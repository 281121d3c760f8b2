/* Everything is asked before anything is written. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "viz/cli/train/outputs.h"

#include "engine/base/file.h"
#include "engine/base/sum.h"
#include "engine/base/writer.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/train.h"
#include "viz/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS_FILE_MAX (1u << 20) /* bytes of steps.tsv */
#define STEPS_ROOM     65536      /* bytes that it will not reach */

/* ---- names --------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), n_end = strlen(end);
    return n > n_end && strcmp(text + n - n_end, end) == 0;
}

/* "out" with its end replaced. */
static bool path_beside(char to[PATH_MAX], const char *out, const char *end,
                        Err *err) {
    const bool five = ends_with(out, ".ckpt") || ends_with(out, ".gguf");
    const size_t cut = ends_with(out, ".bin") ? 4 : five ? 5 : 0;
    const int length =
        snprintf(to, PATH_MAX, "%.*s%s", (int)(strlen(out) - cut), out, end);
    return length < PATH_MAX ||
           err_set(err, ERR_USAGE, 0, "--output: the name is too long");
}

static bool path_in(char to[PATH_MAX], const char *folder, const char *name,
                    Err *err) {
    return snprintf(to, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ||
           err_set(err, ERR_USAGE, 0, "--checkpoints: the name is too long");
}

static bool is_there(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

/* One name stands for several files. */
static bool check_name(const char *out, Err *err) {
    struct stat st;
    if (strcmp(out, "-") != 0 && *file_name(out) &&
        (stat(out, &st) != 0 || S_ISREG(st.st_mode)))
        return true;
    return err_set(err, ERR_USAGE, 0,
                   "%s: output: need the name of a file: a training writes "
                   "several, named after it",
                   out);
}

bool outputs_name(Outputs *o, const OutputsNames *names, Err *err) {
    const char *resume = names->resume, *folder = names->folder;
    const char *out = names->out ? names->out : resume ? resume : "model";
    *o = (Outputs){
        .end = names->end, .folder = folder, .is_resume = resume != NULL};
    if (!check_name(out, err) || !path_beside(o->model, out, o->end, err) ||
        !path_beside(o->tokenizer, out, ".tok.bin", err) ||
        !path_beside(o->ckpt, out, ".ckpt", err))
        return false;
    o->goes_on = resume && file_is_same(resume, o->ckpt);
    return !folder ||
           (path_in(o->folder_tokenizer, folder, "tokenizer.bin", err) &&
            path_in(o->folder_steps, folder, "steps.tsv", err));
}

bool outputs_differ(const Outputs *o, const char *input, const char *what,
                    Err *err) {
    return cli_spare(o->model, input, what, err) &&
           cli_spare(o->ckpt, input, what, err) &&
           cli_spare(o->tokenizer, input, what, err);
}

/* ---- what is there ------------------------------------------------------- */

bool outputs_spare(const Outputs *o, bool is_forced, Err *err) {
    if (is_forced || o->goes_on) return true;
    const bool has_ckpt = is_there(o->ckpt), has_model = is_there(o->model);
    if (has_ckpt)
        return err_set(err, ERR_IO, 0,
                       "%s: output: found a training there; --resume goes on "
                       "with it, --force writes over it",
                       has_model ? o->model : o->ckpt);
    return !has_model ||
           err_set(err, ERR_IO, 0,
                   "%s: output: found a file there; --force writes over it",
                   o->model);
}

/* Whether the file at path holds just these bytes. */
static bool holds(const char *path, const void *bytes, size_t size) {
    File f;
    if (!file_open(&f, path, TOKENIZER_FILE_MAX, NULL)) return false;
    const bool same = f.size == size && memcmp(f.data, bytes, size) == 0;
    file_close(&f);
    return same;
}

static bool check_tokenizer(const char *path, const OutputsNeed *need,
                            Err *err) {
    return !is_there(path) ||
           holds(path, need->tokenizer, need->tokenizer_size) ||
           err_set(err, ERR_IO, 0,
                   "%s: output: found another tokenizer there than this "
                   "training's; --force writes over it and its models",
                   path);
}

/* What is written over in going on is a model of this training. */
static bool check_model(const Outputs *o, const OutputsNeed *need, Err *err) {
    if (!o->goes_on || !is_there(o->model)) return true;
    Model *m = model_peek(o->model, NULL);
    const uint64_t sum = m ? model_tokenizer_sum(m) : 0;
    const bool ok = m && (sum == 0 || sum == sum_fnv1a(need->tokenizer,
                                                       need->tokenizer_size));
    model_close(m);
    return ok || err_set(err, ERR_IO, 0,
                         "%s: output: found something else there than this "
                         "training's model; --force writes over it",
                         o->model);
}

static bool spare_series(const Outputs *o, const OutputsNeed *need, Err *err) {
    if (!check_tokenizer(o->folder_tokenizer, need, err)) return false;
    return o->is_resume || !is_there(o->folder_steps) ||
           err_set(err, ERR_IO, 0,
                   "%s: output: found the series of a training there; --force "
                   "writes over it",
                   o->folder);
}

/* ---- whether it can be written ------------------------------------------- */

/* A folder to come is a name in the one around it. */
static bool check_folder(const Outputs *o, uint64_t model_size, uint64_t room,
                         Err *err) {
    char path[PATH_MAX], name[32];
    struct stat st;
    if (stat(o->folder, &st) != 0) {
        int n = (int)strlen(o->folder);
        while (n > 1 && o->folder[n - 1] == '/')
            n--;
        snprintf(path, sizeof path, "%.*s", n, o->folder);
        return file_save_check(path, 0, room, err);
    }
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_USAGE, 0,
                       "%s: --checkpoints: found a file, need a folder",
                       o->folder);
    snprintf(name, sizeof name, "step-000000%s", o->end);
    return path_in(path, o->folder, name, err) &&
           file_save_check(path, model_size, room, err) &&
           file_save_check(o->folder_tokenizer, 0, 0, err) &&
           file_save_check(o->folder_steps, STEPS_ROOM, 0, err);
}

bool outputs_check(const Outputs *o, const OutputsNeed *need, bool is_forced,
                   Err *err) {
    /* A file stands beside its successor for a moment. */
    const uint64_t own =
        need->tokenizer_size + 2 * (need->model_size + need->ckpt_size);
    const uint64_t series = need->tokenizer_size + STEPS_ROOM +
                            (uint64_t)need->n_series * need->model_size;
    if (!is_forced && (!check_model(o, need, err) ||
                       !check_tokenizer(o->tokenizer, need, err) ||
                       (o->folder && !spare_series(o, need, err))))
        return false;
    return file_save_check(o->ckpt, need->ckpt_size, own, err) &&
           file_save_check(o->model, need->model_size, own, err) &&
           file_save_check(o->tokenizer, need->tokenizer_size, own, err) &&
           (!o->folder || check_folder(o, need->model_size, own + series, err));
}

/* ---- beginning ----------------------------------------------------------- */

/* A link stays: what it leads to goes. */
static bool remove_file(const char *path, Err *err) {
    char *target = realpath(path, NULL);
    const bool ok = !target || unlink(target) == 0;
    const int why = errno;
    free(target);
    return ok || err_set(err, ERR_IO, 0, "%s: remove: %s", path, strerror(why));
}

/* step-NNNNNN.bin, step-NNNNNN.gguf */
static bool is_step(const char *name) {
    const size_t n = strlen("step-");
    const size_t n_digits =
        strncmp(name, "step-", n) == 0 ? strspn(name + n, "0123456789") : 0;
    const char *end = name + n + n_digits;
    return n_digits >= 6 &&
           (strcmp(end, ".bin") == 0 || strcmp(end, ".gguf") == 0);
}

static bool clear_series(const Outputs *o, Err *err) {
    char path[PATH_MAX];
    bool ok = true;
    DIR *d = opendir(o->folder);
    for (struct dirent *e; d && ok && (e = readdir(d));)
        if (is_step(e->d_name))
            ok = path_in(path, o->folder, e->d_name, err) &&
                 remove_file(path, err);
    if (d) closedir(d);
    return ok && remove_file(o->folder_steps, err);
}

static bool put_tokenizer(const char *path, const void *bytes, size_t size,
                          Err *err) {
    return holds(path, bytes, size) || file_save(path, bytes, size, err);
}

bool outputs_begin(const Outputs *o, const void *tokenizer, size_t size,
                   Err *err) {
    const bool same = holds(o->tokenizer, tokenizer, size);
    if ((!o->goes_on || !same) && !remove_file(o->model, err)) return false;
    if (!o->goes_on && !remove_file(o->ckpt, err)) return false;
    if (!put_tokenizer(o->tokenizer, tokenizer, size, err)) return false;
    if (!o->folder) return true;
    if (mkdir(o->folder, 0777) != 0 && errno != EEXIST)
        return err_set(err, ERR_IO, 0, "%s: mkdir: %s", o->folder,
                       strerror(errno));
    const bool same_series = holds(o->folder_tokenizer, tokenizer, size);
    if ((!o->is_resume || !same_series) && !clear_series(o, err)) return false;
    return put_tokenizer(o->folder_tokenizer, tokenizer, size, err);
}

/* ---- the table of a series ----------------------------------------------- */

static bool has_bytes(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0;
}

/* Copies the lines of earlier steps. */
static void keep_lines(Writer *w, const File *f, int step) {
    const char *text = (const char *)f->data, *end = text + f->size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop) return; /* cut off: of a step that comes again */
        int n = 0;
        for (const char *c = text; c < stop && *c >= '0' && *c <= '9'; c++)
            n = n > TRAIN_STEPS_MAX ? n : 10 * n + (*c - '0');
        if (n < step) writer_bytes(w, text, (size_t)(stop + 1 - text));
        text = stop + 1;
    }
}

bool outputs_add_step(const char *path, int step, const char *text, Err *err) {
    Writer w = {0};
    File f;
    char line[160];
    const int n = snprintf(line, sizeof line, "%d\t%.120s\n", step, text);
    if (has_bytes(path)) {
        if (!file_open(&f, path, STEPS_FILE_MAX, err)) return false;
        keep_lines(&w, &f, step);
        file_close(&f);
    }
    writer_bytes(&w, line, (size_t)n);
    size_t size;
    void *bytes = writer_take(&w, &size, path, err);
    const bool ok = bytes && file_save(path, bytes, size, err);
    free(bytes);
    return ok;
}
