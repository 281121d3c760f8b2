/* Shelf: the models that are open, by what a state calls them.
 *
 *     shelf_init(&s, &first, path, tokenizer_path); // now its own
 *     const ShelfItem *i = shelf_take(&s, "embedded:answers", &ask, &err);
 *     run(i->model, i->tokenizer);
 *     shelf_free(&s);
 *
 * A name is "" for the model that was opened first, "embedded",
 * "embedded:NAME", or a path below the folder of a lesson, with its tokenizer
 * inside it or beside it.  At most SHELF_MAX are open: then the one that was
 * asked for least recently, and that nobody runs, is closed for another.
 *
 * Opening reads a file's head and its tokenizer and takes milliseconds, but for
 * a folder from Hugging Face, whose weights may have to be put in another
 * order; weights are read by whoever runs them.
 *
 * Does NOT run anything, and knows no thread: the app's alone.
 */
#ifndef VIZ_APP_SHELF_H
#define VIZ_APP_SHELF_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

#define SHELF_MAX 24 /* room for all steps of the embedded training, and some */

typedef struct ShelfItem {
    Model *model;
    Tokenizer *tokenizer;
    char *name;     /* for source_open; NULL: the embedded one */
    uint64_t asked; /* when */
} ShelfItem;

typedef struct Shelf {
    ShelfItem *items[SHELF_MAX]; /* the first stays */
    int n;
    uint64_t now; /* counts questions */
} Shelf;

typedef struct ShelfAsk {
    const char *beside; /* a lesson's file; NULL: no path is taken */
    bool (*in_use)(void *ud, const Model *m);
    void (*let_go)(void *ud, const Model *m); /* it is about to be closed */
    void *ud;
} ShelfAsk;

/* The first model, which is the shelf's from now on, whether it succeeds or
 * not; path as given to source_open. */
bool shelf_init(Shelf *s, Model *m, Tokenizer *t, const char *path, Err *err);
void shelf_free(Shelf *s); /* a zeroed one is fine */

/* The model of this name, opened if it is not yet; borrowed until nobody uses
 * it and another is asked for.  NULL and err: there is none, it is not beside
 * the lesson, or it cannot be opened. */
const ShelfItem *shelf_take(Shelf *s, const char *name, const ShelfAsk *ask,
                            Err *err);

/* The one of a name for source_open, if it is open; NULL: it is not. */
ShelfItem *shelf_find(const Shelf *s, const char *name);

/* The item of a model that is on the shelf. */
const ShelfItem *shelf_of(const Shelf *s, const Model *m);

/* Whether two have one architecture and shape and the same pieces under the
 * same ids: one can run in the place of the other. */
bool shelf_alike(const ShelfItem *a, const ShelfItem *b);
/* Whether one text is as many tokens, with the same ids, in as many layers and
 * heads and vectors as long of both: the rest may be of another architecture,
 * and one may have pieces more. */
bool shelf_comparable(const ShelfItem *a, const ShelfItem *b);
/* Why they are not, in words: "4 layers of 128 with 4 heads, not 5 ...". */
void shelf_unlike(const ShelfItem *a, const ShelfItem *b, char *out,
                  size_t size);

#endif
