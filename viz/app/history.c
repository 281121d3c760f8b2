/* What was done before: the list, and the file that it is kept in. */
#include "viz/app/history.h"

#include "viz/app/history_private.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_BYTES 4096

struct History {
    char path[PATH_MAX_BYTES]; /* "": nothing is kept */
    HistoryList all;           /* what is shown */
    HistoryList done;          /* since the file was last written */
    HistoryList file;          /* scratch of saving */
};

/* ---- where --------------------------------------------------------------- */

/* A folder of the environment, if it is one that the desktop's rules accept. */
static const char *folder_named(const char *variable) {
    const char *folder = getenv(variable);
    return folder && folder[0] == '/' ? folder : NULL;
}

/* The user's own, if there is one: that of who has none, a service or a user of
 * a container, is /nonexistent, and root could make it. */
static const char *home_folder(void) {
    const char *home = folder_named("HOME");
    struct stat st;
    return home && stat(home, &st) == 0 && S_ISDIR(st.st_mode) ? home : NULL;
}

bool history_path(char *out, size_t size) {
    const char *state = folder_named("XDG_STATE_HOME");
    const char *home = home_folder();
#ifdef __APPLE__
    const char *under = "/Library/Application Support";
#else
    const char *under = "/.local/state";
#endif
    if (!state && !home) return false;
    const int n = snprintf(out, size, "%s%s/llantern/history",
                           state ? state : home, state ? "" : under);
    return n > 0 && (size_t)n < size;
}

/* ---- the list ------------------------------------------------------------ */

static int index_of(const HistoryList *list, HistoryKind kind,
                    const char *name) {
    for (int i = 0; i < list->n; i++)
        if (list->list[i].kind == kind && strcmp(list->list[i].name, name) == 0)
            return i;
    return -1;
}

const HistoryEntry *history_find(const HistoryList *list, HistoryKind kind,
                                 const char *name) {
    const int i = list ? index_of(list, kind, name) : -1;
    return i < 0 ? NULL : &list->list[i];
}

/* The entry of that name, made if there is none, as the newest. */
static HistoryEntry *bring_first(HistoryList *list, HistoryKind kind,
                                 const char *name) {
    const int i = index_of(list, kind, name);
    HistoryEntry e = {.kind = kind};
    int n_before = i;
    if (i >= 0) {
        e = list->list[i];
    } else {
        snprintf(e.name, sizeof e.name, "%s", name);
        if (list->n < HISTORY_ENTRIES_MAX) list->n++;
        n_before = list->n - 1; /* the oldest goes where it is full */
    }
    memmove(&list->list[1], &list->list[0],
            (size_t)n_before * sizeof list->list[0]);
    list->list[0] = e;
    return &list->list[0];
}

static void put(HistorySlides *set, int slide) {
    if (slide >= 0 && slide < HISTORY_SLIDES_MAX)
        set->bits[slide / 64] |= UINT64_C(1) << slide % 64;
}

static void put_all(HistorySlides *set, const HistorySlides *more) {
    for (int i = 0; i < HISTORY_SLIDES_MAX / 64; i++)
        set->bits[i] |= more->bits[i];
}

bool history_has(const HistorySlides *set, int slide) {
    return slide >= 0 && slide < HISTORY_SLIDES_MAX &&
           set->bits[slide / 64] >> slide % 64 & 1;
}

int history_count(const HistorySlides *set, int n_slides) {
    int n = 0;
    for (int i = 0; i < n_slides && i < HISTORY_SLIDES_MAX; i++)
        n += history_has(set, i);
    return n;
}

bool history_is_done(const HistoryEntry *e, int n_slides) {
    return e && n_slides > 0 && n_slides <= HISTORY_SLIDES_MAX &&
           history_count(&e->seen, n_slides) == n_slides;
}

/* ---- what is done -------------------------------------------------------- */

static void see(HistoryList *list, HistoryKind kind, const char *name,
                int slide, int beat, int n_slides) {
    HistoryEntry *e = bring_first(list, kind, name);
    e->slide = slide;
    e->beat = beat;
    e->n_slides = n_slides;
    put(&e->seen, slide);
}

static bool is_newest(const HistoryList *list, HistoryKind kind,
                      const char *name) {
    return list->n > 0 && index_of(list, kind, name) == 0;
}

void history_see(History *h, HistoryKind kind, const char *name, int slide,
                 int beat, int n_slides) {
    if (!history_can_keep(name)) return;
    const HistoryEntry *e = &h->all.list[0];
    if (is_newest(&h->all, kind, name) && e->slide == slide &&
        e->beat == beat && e->n_slides == n_slides &&
        history_has(&e->seen, slide))
        return;
    see(&h->all, kind, name, slide, beat, n_slides);
    see(&h->done, kind, name, slide, beat, n_slides);
}

void history_answer(History *h, HistoryKind kind, const char *name, int slide) {
    const HistoryEntry *e = history_find(&h->all, kind, name);
    if (!e || history_has(&e->answered, slide)) return;
    const HistoryEntry was = *e;
    put(&bring_first(&h->all, kind, name)->answered, slide);
    see(&h->done, kind, name, was.slide, was.beat, was.n_slides);
    put(&h->done.list[0].answered, slide);
}

void history_use(History *h, const char *model_path) {
    if (!history_can_keep(model_path)) return;
    bring_first(&h->all, HISTORY_MODEL, model_path);
    bring_first(&h->done, HISTORY_MODEL, model_path);
}

/* What was done since goes on top, the newest last. */
static void add(HistoryList *to, const HistoryList *done) {
    for (int i = done->n - 1; i >= 0; i--) {
        const HistoryEntry *from = &done->list[i];
        HistoryEntry *e = bring_first(to, from->kind, from->name);
        e->slide = from->slide;
        e->beat = from->beat;
        e->n_slides = from->n_slides;
        put_all(&e->seen, &from->seen);
        put_all(&e->answered, &from->answered);
    }
}

/* ---- the file ------------------------------------------------------------ */

/* What is there; a file that is not there is an empty history.  False: it is
 * none, and is to be left alone. */
static bool read_file(const char *path, HistoryList *out, Err *err) {
    struct stat st;
    File f = {0};
    Err own = {0};
    out->n = 0;
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (!file_open(&f, path, HISTORY_BYTES_MAX, err)) return false;
    const bool ok = history_parse(out, (const char *)f.data, f.size, &own);
    file_close(&f);
    if (own.code != ERR_NONE)
        err_set(err, own.code, own.pos, "%s: %s", path, own.msg);
    return ok;
}

History *history_open(const char *path, Err *err) {
    History *h = calloc(1, sizeof *h);
    if (!h) {
        err_memory(err, "a history", sizeof *h);
        return NULL;
    }
    const size_t n = path ? strlen(path) + 1 : 0;
    if (n == 0 || n > sizeof h->path) return h;
    memcpy(h->path, path, n);
    if (!read_file(path, &h->all, err)) h->path[0] = '\0';
    return h;
}

void history_close(History *h) {
    free(h);
}

const HistoryList *history_list(const History *h) {
    return &h->all;
}

bool history_is_new(const History *h) {
    return h->path[0] && h->done.n > 0;
}

/* The folders above a file, for its owner alone. */
static bool make_folders(const char *path, Err *err) {
    char folder[PATH_MAX_BYTES];
    for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(p - path), path);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return err_set(err, ERR_IO, 0, "%s: mkdir: %s", folder,
                           strerror(errno));
    }
    return true;
}

/* Its folder, locked against other programs; -1 and no error: one has it.
 * Where there are no locks one does without. */
static int lock_folder(const char *path, Err *err) {
    char folder[PATH_MAX_BYTES];
    snprintf(folder, sizeof folder, "%.*s", (int)(file_name(path) - path),
             path);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_set(err, ERR_IO, 0, "%s: open: %s", folder, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return fd;
    close(fd);
    return -1;
}

static bool write_file(const History *h, Err *err) {
    const size_t n = history_format(&h->file, NULL, 0);
    char *text = malloc(n + 1);
    if (!text) return err_memory(err, "a history", n + 1);
    history_format(&h->file, text, n + 1);
    const bool ok = file_save(h->path, text, n, err);
    free(text);
    return ok;
}

/* What a damaged line was is lost by now, and was told. */
static bool save_locked(History *h, Err *err) {
    Err why = {0};
    if (!read_file(h->path, &h->file, &why))
        return err_set(err, why.code, why.pos, "%s", why.msg);
    add(&h->file, &h->done);
    if (!write_file(h, err)) return false;
    h->all = h->file;
    h->done.n = 0;
    return true;
}

bool history_save(History *h, Err *err) {
    Err own = {0};
    if (!history_is_new(h)) return true;
    const int fd =
        make_folders(h->path, &own) ? lock_folder(h->path, &own) : -1;
    const bool ok = fd >= 0 && save_locked(h, &own);
    if (fd >= 0) close(fd);
    if (own.code == ERR_NONE) return ok;
    h->path[0] = '\0';
    return err_set(err, own.code, own.pos, "%s", own.msg);
}
