#include "viz/app/source.h"

#include "assets/embed.h"
#include "engine/base/sum.h"
#include "lessons/deck.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MODEL_FOLDER "assets/models/"
#define MODEL_END    ".bin"
#define TOK_END      ".tok.bin"
#define GGUF_END     ".gguf" /* has its tokenizer inside */
#define STEM_MAX     256

static size_t embed_size(const Embed *e) {
    return (size_t)(e->end - e->begin);
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* The NAME of an embedded assets/models/.../NAME.bin or NAME.gguf; false: it is
 * no model. */
static bool model_stem(const Embed *e, char out[STEM_MAX]) {
    if (strncmp(e->name, MODEL_FOLDER, strlen(MODEL_FOLDER)) != 0 ||
        ends_with(e->name, TOK_END))
        return false;
    const char *base = file_name(e->name);
    const char *end = ends_with(base, MODEL_END)  ? MODEL_END
                      : ends_with(base, GGUF_END) ? GGUF_END
                                                  : NULL;
    if (!end) return false;
    const int n = snprintf(out, STEM_MAX, "%.*s",
                           (int)(strlen(base) - strlen(end)), base);
    return n > 0 && n < STEM_MAX;
}

/* The embedded NAME.tok.bin of an embedded NAME.bin; NULL: none. */
static const Embed *embedded_tokenizer(const Embed *model) {
    if (!ends_with(model->name, MODEL_END)) return NULL;
    size_t stem = strlen(model->name) - strlen(MODEL_END);
    for (const Embed *e = embed_table; e->name; e++)
        if (strncmp(e->name, model->name, stem) == 0 &&
            strcmp(e->name + stem, TOK_END) == 0)
            return e;
    return NULL;
}

static const Embed *embedded_model(void) {
    char stem[STEM_MAX];
    for (const Embed *e = embed_table; e->name; e++)
        if (model_stem(e, stem) && embedded_tokenizer(e)) return e;
    return NULL;
}

bool source_is_first(const char *model_path) {
    return !model_path || strcmp(model_path, "embedded") == 0;
}

bool source_is_embedded(const char *model_path) {
    return source_is_first(model_path) ||
           strncmp(model_path, SOURCE_EMBEDDED, strlen(SOURCE_EMBEDDED)) == 0;
}

/* NULL: there is none. */
static const Embed *embedded_by_name(const char *name) {
    char stem[STEM_MAX];
    for (const Embed *e = embed_table; e->name; e++)
        if (model_stem(e, stem) && strcmp(stem, name) == 0) return e;
    return NULL;
}

bool source_embedded(int i, char *out, size_t size) {
    const Embed *first = embedded_model();
    char stem[STEM_MAX];
    if (!first) return false;
    int n = snprintf(out, size, "%.*s", (int)strlen(SOURCE_EMBEDDED) - 1,
                     SOURCE_EMBEDDED);
    for (const Embed *e = embed_table; i > 0 && e->name; e++)
        if (e != first && model_stem(e, stem) && --i == 0)
            n = snprintf(out, size, SOURCE_EMBEDDED "%s", stem);
    return i == 0 && n > 0 && (size_t)n < size;
}

/* As above; the name may have a deck's stars. */
static bool find_embedded(const char *name, char *out, size_t size) {
    char stem[STEM_MAX];
    for (const Embed *e = embed_table; e->name; e++) {
        if (!model_stem(e, stem) || !deck_name_fits(name, stem)) continue;
        snprintf(out, size, SOURCE_EMBEDDED "%s", stem);
        return true;
    }
    return false;
}

bool source_find(const char *name, const char *dir, char *out, size_t size) {
    static const char *const ends[] = {".gguf", ".bin", ".safetensors", ""};
    struct stat st;
    if (find_embedded(name, out, size)) return true;
    for (size_t i = 0; dir && i < sizeof ends / sizeof *ends; i++) {
        if (strpbrk(name, "/*")) break; /* no name of a file */
        const int n = snprintf(out, size, "%s/%s%s", dir, name, ends[i]);
        if (n > 0 && (size_t)n < size && stat(out, &st) == 0 &&
            (*ends[i] ? S_ISREG(st.st_mode) : S_ISDIR(st.st_mode)))
            return true;
    }
    out[0] = '\0';
    return false;
}

Model *source_weights(const char *model_path, Err *err) {
    if (!source_is_embedded(model_path)) return model_open(model_path, err);
    const char *name = source_is_first(model_path)
                           ? NULL
                           : model_path + strlen(SOURCE_EMBEDDED);
    const Embed *e = embedded_model();
    if (e && name) e = embedded_by_name(name);
    if (!e && name) {
        err_set(err, ERR_USAGE, 0, "%s: no such model is embedded", model_path);
        return NULL;
    }
    char stem[STEM_MAX], called[sizeof SOURCE_EMBEDDED + STEM_MAX];
    if (e && model_stem(e, stem)) {
        snprintf(called, sizeof called, SOURCE_EMBEDDED "%s", stem);
        return model_open_memory(called, e->begin, embed_size(e), err);
    }
    err_set(err, ERR_UNSUPPORTED, 0,
            "no model is embedded in this build; pass one with -m MODEL.bin");
    return NULL;
}

Model *source_peek(const char *model_path, Err *err) {
    return source_is_embedded(model_path) ? source_weights(model_path, err)
                                          : model_peek(model_path, err);
}

bool source_find_tokenizer(const Model *model, const char *model_path,
                           const char *tokenizer_path,
                           char found[SOURCE_PATH_MAX], const char **place,
                           Err *err) {
    *place = tokenizer_path                   ? tokenizer_path
             : model_has_tokenizer(model)     ? "inside the model's file"
             : source_is_embedded(model_path) ? "embedded"
                                              : found;
    return *place != found ||
           tokenizer_find(model_path, model_config(model)->vocab_size, found,
                          SOURCE_PATH_MAX, err);
}

/* Another tokenizer than the model's own would give nonsense without a word. */
static bool check_bond(const Model *m, const char *tokenizer_path, Err *err) {
    const uint64_t sum = model_tokenizer_sum(m);
    File f;
    if (sum == 0) return true;
    if (!file_open(&f, tokenizer_path, TOKENIZER_FILE_MAX, err)) return false;
    const bool is_own = sum_fnv1a(f.data, f.size) == sum;
    file_close(&f);
    return is_own ||
           err_set(err, ERR_FORMAT, 0,
                   "%s: found another tokenizer than %s was trained with; -z "
                   "takes it all the same",
                   tokenizer_path, model_path(m));
}

Tokenizer *source_tokenizer(const Model *model, const char *model_path,
                            const char *tokenizer_path, Err *err) {
    int vocab_size = model_config(model)->vocab_size;
    if (tokenizer_path) return tokenizer_open_for(model, tokenizer_path, err);
    if (model_has_tokenizer(model)) return tokenizer_of_model(model, err);
    if (source_is_embedded(model_path)) {
        const Embed *e = embedded_tokenizer(embedded_model());
        return tokenizer_open_memory(e->name, e->begin, embed_size(e),
                                     vocab_size, err);
    }
    char found[PATH_MAX];
    if (!tokenizer_find(model_path, vocab_size, found, sizeof found, err) ||
        !check_bond(model, found, err))
        return NULL;
    return tokenizer_open_for(model, found, err);
}

static Model *open_watched(const Source *o, Err *err) {
    return source_is_embedded(o->path)
               ? source_weights(o->path, err)
               : model_open_watched(o->path, o->watch, err);
}

static bool give_up(Source *o) {
    tokenizer_close(o->tokenizer);
    model_close(o->model);
    o->model = NULL;
    o->tokenizer = NULL;
    return false;
}

static bool was_stopped(Source *o, Err *err) {
    err_set(err, ERR_CANCELLED, 0, "%s: opening: stopped on request",
            model_path(o->model));
    return give_up(o);
}

static bool told(const Source *o) {
    const ModelPrefetch *p = &o->reading;
    return watch_go_on(o->watch, p->done, p->total, "", NULL);
}

bool source_step(Source *o, bool *more, Err *err) {
    *more = true;
    if (!o->model) {
        o->model = open_watched(o, err);
        return o->model != NULL;
    }
    if (!o->tokenizer) {
        o->tokenizer =
            source_tokenizer(o->model, o->path, o->tokenizer_path, err);
        o->reading = (ModelPrefetch){.total = model_weight_bytes(o->model)};
        return o->tokenizer || give_up(o);
    }
    if (!told(o)) return was_stopped(o, err);
    if (model_prefetch_step(o->model, &o->reading)) return true;
    *more = false;
    o->reading.done = o->reading.total;
    return told(o) || was_stopped(o, err);
}

bool source_open(Source *o, Err *err) {
    bool more = true;
    o->model = NULL;
    o->tokenizer = NULL;
    while (more)
        if (!source_step(o, &more, err)) return false;
    return true;
}

/* ---- what may not be written --------------------------------------------- */

static bool refuse(const char *out, const char *what, Err *err) {
    return err_set(err, ERR_IO, 0,
                   "%s: output: found the %s that is read, need another file",
                   out, what);
}

/* Models of several files: all such files of the folder count. */
static bool is_part(const char *out, const char *folder, int n) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", n, folder);
    DIR *d = opendir(n > 0 ? path : ".");
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
        if (!ends_with(e->d_name, ".safetensors") &&
            !ends_with(e->d_name, ".json") && !ends_with(e->d_name, ".model"))
            continue;
        snprintf(path, sizeof path, "%.*s%s%s", n, folder, n > 0 ? "/" : "",
                 e->d_name);
        found = file_is_same(out, path);
    }
    if (d) closedir(d);
    return found;
}

bool source_spare(const char *out, const Model *model, const char *model_path,
                  const char *tokenizer_path, Err *err) {
    char found[PATH_MAX];
    if (!out) return true;
    if (tokenizer_path && file_is_same(out, tokenizer_path))
        return refuse(out, "tokenizer", err);
    if (source_is_embedded(model_path)) return true;
    const int folder = (int)(file_name(model_path) - model_path);
    const int whole = (int)strlen(model_path);
    if (file_is_same(out, model_path) || is_part(out, model_path, whole) ||
        ((ends_with(model_path, ".safetensors") ||
          ends_with(model_path, ".json")) &&
         is_part(out, model_path, folder)))
        return refuse(out, "model", err);
    if (!tokenizer_path && !model_has_tokenizer(model) &&
        tokenizer_find(model_path, model_config(model)->vocab_size, found,
                       sizeof found, NULL) &&
        file_is_same(out, found))
        return refuse(out, "tokenizer", err);
    return true;
}
