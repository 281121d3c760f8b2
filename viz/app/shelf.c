/* The open models, the least recently asked for closed first. */
#include "viz/app/shelf.h"

#include "engine/base/file.h"
#include "viz/app/pictures.h"
#include "viz/app/source.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_item(ShelfItem *item) {
    if (!item) return;
    tokenizer_close(item->tokenizer);
    model_close(item->model);
    free(item->name);
    free(item);
}

/* name NULL stays NULL. */
static ShelfItem *make_item(const char *name, Err *err) {
    const size_t size = name ? strlen(name) + 1 : 0;
    ShelfItem *item = calloc(1, sizeof *item);
    if (item && name) item->name = malloc(size);
    if (!item || (name && !item->name)) {
        err_memory(err, "a model", sizeof *item + size);
        free(item);
        return NULL;
    }
    if (name) memcpy(item->name, name, size);
    return item;
}

bool shelf_init(Shelf *s, Model *m, Tokenizer *t, const char *path, Err *err) {
    ShelfItem *item = make_item(path, err);
    if (!item) {
        tokenizer_close(t);
        model_close(m);
        return false;
    }
    item->model = m;
    item->tokenizer = t;
    s->items[s->n++] = item;
    return true;
}

void shelf_free(Shelf *s) {
    for (int i = 0; i < s->n; i++)
        close_item(s->items[i]);
    *s = (Shelf){0};
}

/* ---- names --------------------------------------------------------------- */

static bool same_name(const char *a, const char *b) {
    const bool first = source_is_first(a);
    if (!a || !b || first) return first && source_is_first(b);
    if (source_is_embedded(a) || source_is_embedded(b))
        return strcmp(a, b) == 0;
    return file_is_same(a, b);
}

/* What source_open calls it: in *out, which is NULL for the embedded model or
 * path, [PICTURES_PATH_MAX]. */
static bool resolve(const char *name, const ShelfAsk *ask, char *path,
                    const char **out, Err *err) {
    Err own = {0};
    *out = source_is_first(name) ? NULL : name;
    if (source_is_embedded(name)) return true;
    if (!ask->beside)
        return err_set(err, ERR_USAGE, 0,
                       "model: found \"%.200s\", need embedded, embedded:NAME, "
                       "or a lesson's file that it is beside",
                       name);
    *out = path;
    return pictures_path(ask->beside, name, path, &own) ||
           err_set(err, own.code, 0, "model: %s", own.msg);
}

/* ---- taking -------------------------------------------------------------- */

ShelfItem *shelf_find(const Shelf *s, const char *name) {
    for (int i = 0; i < s->n; i++)
        if (same_name(s->items[i]->name, name)) return s->items[i];
    return NULL;
}

/* Makes room for one more. */
static bool make_room(Shelf *s, const ShelfAsk *ask, Err *err) {
    int at = -1;
    if (s->n < SHELF_MAX) return true;
    for (int i = 1; i < s->n; i++)
        if ((at < 0 || s->items[i]->asked < s->items[at]->asked) &&
            !ask->in_use(ask->ud, s->items[i]->model))
            at = i;
    if (at < 0)
        return err_set(err, ERR_LIMIT, 0, "model: %d are open at most",
                       SHELF_MAX);
    ask->let_go(ask->ud, s->items[at]->model);
    close_item(s->items[at]);
    s->items[at] = s->items[--s->n];
    return true;
}

static ShelfItem *open_item(Shelf *s, const char *name, const ShelfAsk *ask,
                            Err *err) {
    Err own = {0};
    if (!make_room(s, ask, err)) return NULL;
    ShelfItem *item = make_item(name, err);
    if (!item) return NULL;
    item->model = source_weights(item->name, &own);
    if (item->model)
        item->tokenizer = source_tokenizer(item->model, item->name, NULL, &own);
    if (item->tokenizer) return s->items[s->n++] = item;
    err_set(err, own.code, own.pos, "model: %s", own.msg);
    close_item(item);
    return NULL;
}

const ShelfItem *shelf_take(Shelf *s, const char *name, const ShelfAsk *ask,
                            Err *err) {
    char path[PICTURES_PATH_MAX];
    const char *resolved;
    ShelfItem *item = s->items[0];
    if (*name) {
        if (!resolve(name, ask, path, &resolved, err)) return NULL;
        item = shelf_find(s, resolved);
        if (!item) item = open_item(s, resolved, ask, err);
    }
    if (item) item->asked = ++s->now;
    return item;
}

const ShelfItem *shelf_of(const Shelf *s, const Model *m) {
    for (int i = 0; i < s->n; i++)
        if (s->items[i]->model == m) return s->items[i];
    assert(false); /* none is closed that is in use */
    return s->items[0];
}

/* ---- held against each other --------------------------------------------- */

/* What every number's place hangs on. */
static bool same_frame(const Config *a, const Config *b) {
    return a->dim == b->dim && a->n_layers == b->n_layers &&
           a->n_heads == b->n_heads && a->seq_len_max == b->seq_len_max;
}

static bool same_shape(const Config *a, const Config *b) {
    return a->arch == b->arch && same_frame(a, b) &&
           a->hidden_dim == b->hidden_dim && a->n_kv_heads == b->n_kv_heads &&
           a->vocab_size == b->vocab_size;
}

bool shelf_alike(const ShelfItem *a, const ShelfItem *b) {
    return a == b ||
           (same_shape(model_config(a->model), model_config(b->model)) &&
            tokenizer_same_pieces(a->tokenizer, b->tokenizer));
}

bool shelf_comparable(const ShelfItem *a, const ShelfItem *b) {
    return a == b ||
           (same_frame(model_config(a->model), model_config(b->model)) &&
            tokenizer_same_ids(a->tokenizer, b->tokenizer));
}

void shelf_unlike(const ShelfItem *a, const ShelfItem *b, char *out,
                  size_t size) {
    const Config *x = model_config(a->model), *y = model_config(b->model);
    if (same_frame(x, y))
        snprintf(out, size, "another tokenizer");
    else
        snprintf(out, size,
                 "%d layers of %d with %d heads and a context of %d, not %d of "
                 "%d with %d and %d",
                 x->n_layers, x->dim, x->n_heads, x->seq_len_max, y->n_layers,
                 y->dim, y->n_heads, y->seq_len_max);
}
