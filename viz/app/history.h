/* History: what was done before, for the start page: which lessons and decks,
 * how far, which questions were answered, which models were opened.
 *
 *     History *h = history_open(path, &err);       // err: a damaged file
 *     history_see(h, HISTORY_LESSON, "predict", 0, 2, 4);
 *     history_save(h, &err);
 *     history_close(h);
 *
 * It is kept in one small text file, newest first:
 *
 *     llantern history 1
 *     lesson 2 0 4 1-2 1 predict         slide (from 1), beat (from 0), slides
 *     deck 3 1 12 1-3 - /home/me/a.md    in all, those seen, those whose
 *     model /home/me/m.gguf              question was answered, what it is
 *
 * The file is not trusted: a line that does not read so is left out, a file
 * that is none of these, or is larger than HISTORY_BYTES_MAX, is left alone and
 * nothing is kept.  Saving reads what is there, adds what was done since, and
 * writes the file whole or not at all; several programs at once take turns, so
 * what each has done is in it (only which was last is one's alone).
 *
 * Does NOT read the clock, and knows neither decks nor models: names are
 * words.  A name with a control character, or longer than HISTORY_NAME_MAX, is
 * not kept.
 */
#ifndef VIZ_APP_HISTORY_H
#define VIZ_APP_HISTORY_H

#include "engine/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define HISTORY_BYTES_MAX   (256 << 10) /* of the file */
#define HISTORY_ENTRIES_MAX 64          /* the oldest go first */
#define HISTORY_NAME_MAX    1024        /* bytes, NUL included */
#define HISTORY_SLIDES_MAX  256         /* of a deck; later ones do not count */

typedef enum HistoryKind {
    HISTORY_LESSON, /* one in the program, by name */
    HISTORY_DECK,   /* a file, by path */
    HISTORY_MODEL,  /* a file or folder, by path */
    HISTORY_KINDS
} HistoryKind;

/* A set of slides, bit i of all: slide i. */
typedef struct HistorySlides {
    uint64_t bits[HISTORY_SLIDES_MAX / 64];
} HistorySlides;

typedef struct HistoryEntry {
    HistoryKind kind;
    char name[HISTORY_NAME_MAX];
    /* Of a lesson or deck: the place last seen, from 0, and how many slides it
     * had. */
    int slide, beat, n_slides;
    HistorySlides seen, answered;
} HistoryEntry;

typedef struct HistoryList {
    HistoryEntry list[HISTORY_ENTRIES_MAX]; /* newest first */
    int n;
} HistoryList;

typedef struct History History;

/* Where it is kept: $XDG_STATE_HOME/llantern/history, which is
 * ~/.local/state/llantern/history where that is not set (on macOS in
 * ~/Library/Application Support).  False: there is no such place, as where the
 * home folder does not exist, or its path does not fit. */
bool history_path(char *out, size_t size);

/* path NULL: nothing is read and nothing kept beyond this run.  NULL only when
 * out of memory.  err may say of a history that is there what of it could not
 * be read. */
History *history_open(const char *path, Err *err);
void history_close(History *h); /* does not save; NULL is fine */

/* What was done, until now; borrowed until the next call. */
const HistoryList *history_list(const History *h);
/* NULL: there is none of that name.  list may be NULL. */
const HistoryEntry *history_find(const HistoryList *list, HistoryKind kind,
                                 const char *name);

/* This slide and beat are shown. */
void history_see(History *h, HistoryKind kind, const char *name, int slide,
                 int beat, int n_slides);
/* This slide's question is answered; it has been seen. */
void history_answer(History *h, HistoryKind kind, const char *name, int slide);
void history_use(History *h, const char *model_path);

/* Something was done that is not in the file yet, and can be. */
bool history_is_new(const History *h);
/* Adds it to the file.  False with ERR_NONE: another program is at it, try
 * again; false with an error: nothing is kept from now on. */
bool history_save(History *h, Err *err);

bool history_has(const HistorySlides *set, int slide);
int history_count(const HistorySlides *set, int n_slides);
/* All of its slides have been seen. */
bool history_is_done(const HistoryEntry *e, int n_slides);

/* The file's text and back.  Lines that cannot be read are left out and the
 * first is told in err, with its number in err->pos; false: it is no history
 * at all.  text need not end in a NUL. */
bool history_parse(HistoryList *out, const char *text, size_t n, Err *err);
/* As snprintf: the bytes it needs, NUL not counted. */
size_t history_format(const HistoryList *list, char *out, size_t size);

#endif
