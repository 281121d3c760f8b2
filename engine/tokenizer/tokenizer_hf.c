/* What the files beside a model of Hugging Face say of where its texts begin
 * and end.  The tokenizer's own file often leaves that open. */
#include "engine/base/file.h"
#include "engine/base/jsonfile.h"
#include "engine/tokenizer/tokenizer_private.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (16u << 20)
#define VALUES_MAX     200000

typedef struct Ends {
    Tokenizer *t;
    int ids[TOKENIZER_END_MAX];
    int n;
    int bos; /* -1: not named */
    Err *err;
} Ends;

/* What was tolerated, after what was before. */
static void tolerate(Tokenizer *t, const JsonFile *j, const char *what,
                     json_int_t id) {
    Err line = {0}; /* one plain line, whatever the name holds */
    const size_t n = strlen(t->warning);
    err_set(&line, ERR_FORMAT, 0,
            "%s%.32s: %s: found %" JSON_INTEGER_FORMAT
            ", which is no token, and left it out",
            n ? "; " : "", file_name(j->name), what, id);
    if (!strstr(t->warning, line.msg + (n ? 2 : 0)))
        snprintf(t->warning + n, sizeof t->warning - n, "%s", line.msg);
}

/* Adds an id of the vocabulary; what is outside is never drawn. */
static bool add_end(Ends *e, const JsonFile *j, const json_t *id) {
    if (!json_is_integer(id))
        return jsonfile_fail(j, ERR_FORMAT, "eos_token_id",
                             "need a whole number, or a list of them");
    const json_int_t value = json_integer_value(id);
    if (value < 0 || value >= e->t->n_pieces) {
        tolerate(e->t, j, "eos_token_id", value);
        return true;
    }
    for (int i = 0; i < e->n; i++)
        if (e->ids[i] == (int)value) return true;
    if (e->n == TOKENIZER_END_MAX)
        return jsonfile_fail(j, ERR_LIMIT, "eos_token_id", "found more than %d",
                             TOKENIZER_END_MAX);
    e->ids[e->n++] = (int)value;
    return true;
}

static bool read_ids(Ends *e, const JsonFile *j) {
    const json_t *eos = json_object_get(j->root, "eos_token_id");
    const json_t *bos = json_object_get(j->root, "bos_token_id");
    const json_int_t id = json_integer_value(bos);
    if (json_is_integer(bos) && id >= 0 && id < e->t->n_pieces && e->bos < 0)
        e->bos = (int)id;
    if (!json_is_array(eos))
        return !eos || json_is_null(eos) || add_end(e, j, eos);
    for (size_t i = 0; i < json_array_size(eos); i++)
        if (!add_end(e, j, json_array_get(eos, i))) return false;
    return true;
}

/* The piece that a member names, as text or as an added token; -1: none. */
static int named_piece(const Ends *e, const JsonFile *j, const char *key) {
    const json_t *value = json_object_get(j->root, key);
    if (json_is_object(value)) value = json_object_get(value, "content");
    const char *name = json_string_value(value);
    const size_t n = name ? strlen(name) : 0;
    for (int id = 0; n > 0 && id < e->t->n_pieces; id++) {
        const Piece *p = &e->t->pieces[id];
        if ((size_t)p->len == n && memcmp(p->bytes, name, n) == 0) return id;
    }
    return -1;
}

static bool read_names(Ends *e, const JsonFile *j) {
    const int eos = named_piece(e, j, "eos_token");
    if (e->n == 0 && e->t->guessed_ends && eos >= 0) e->ids[e->n++] = eos;
    if (e->bos < 0) e->bos = named_piece(e, j, "bos_token");
    return true;
}

/* Reads a file of the model's folder, if it is there. */
static bool read_file(Ends *e, const char *model_path, const char *name,
                      bool (*read)(Ends *e, const JsonFile *j)) {
    const int dir = (int)(file_name(model_path) - model_path);
    char path[PATH_MAX];
    struct stat st;
    File f;
    JsonFile j;
    const int n = snprintf(path, sizeof path, "%.*s%s", dir, model_path, name);
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) != 0) return true;
    if (!file_open(&f, path, FILE_BYTES_MAX, e->err)) return false;
    bool ok =
        jsonfile_open_config(&j, path, f.data, f.size, VALUES_MAX, e->err);
    if (ok) {
        ok = read(e, &j);
        jsonfile_close(&j);
    }
    file_close(&f);
    return ok;
}

bool tokenizer_read_ends(Tokenizer *t, const char *model_path, Err *err) {
    Ends e = {.t = t, .bos = -1, .err = err};
    if (!read_file(&e, model_path, "config.json", read_ids) ||
        !read_file(&e, model_path, "generation_config.json", read_ids))
        return false;
    const bool open =
        (e.n == 0 && t->guessed_ends) || (e.bos < 0 && t->guessed_bos);
    if (open && !read_file(&e, model_path, "tokenizer_config.json", read_names))
        return false;
    const bool had_bos =
        t->bos >= 0 && (t->n_ends == 0 || t->bos != t->ends[0]);
    if (e.n > 0) {
        memcpy(t->ends, e.ids, sizeof t->ends);
        t->n_ends = e.n;
    }
    if (t->guessed_bos && e.bos >= 0)
        t->bos = e.bos;
    else if (!had_bos && t->n_ends > 0)
        t->bos = t->ends[0];
    return true;
}
