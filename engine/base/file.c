/* Reading, mapping, and writing by way of a temporary file that is renamed,
 * so that a path holds the old contents or the new and nothing between. */
#include "engine/base/file.h"

#include "engine/base/memory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_ALIGN 64            /* a cache line, and the widest vector */
#define FILE_HEAD  (1024u << 10) /* bytes: headers and descriptions */

/* ---- whole contents in --------------------------------------------------- */

/* "path: call: No such file or directory", the last from errno. */
static bool fail_errno(Err *err, const char *path, const char *call) {
    return err_set(err, ERR_IO, 0, "%s: %s: %s", path, call, strerror(errno));
}

static bool fail_kind(Err *err, const char *path, mode_t mode) {
    return err_set(err, ERR_IO, 0, "%s: type: found %s, need a file", path,
                   S_ISDIR(mode) ? "a folder" : "a device or pipe");
}

/* A regular file of a size that fits.  Anything else (a folder, a pipe that
 * never ends) is refused before a byte is read. */
static bool check_kind(File *f, int fd, const char *path, uint64_t max_size,
                       Err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_errno(err, path, "stat");
    if (!S_ISREG(st.st_mode)) return fail_kind(err, path, st.st_mode);
    if (st.st_size == 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: size: found 0 bytes, need at least 1", path);
    if (max_size > SIZE_MAX / 2) max_size = SIZE_MAX / 2;
    if ((uint64_t)st.st_size > max_size)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: size: found %lld bytes, allowed %llu", path,
                       (long long)st.st_size, (unsigned long long)max_size);
    f->size = (size_t)st.st_size;
    f->device = st.st_dev;
    f->inode = st.st_ino;
    f->changed_s = st.st_mtim.tv_sec;
    f->changed_ns = st.st_mtim.tv_nsec;
    return true;
}

bool file_check(const File *f, Err *err) {
    struct stat st;
    if (!f->mapped || stat(f->path, &st) != 0 || st.st_dev != f->device ||
        st.st_ino != f->inode)
        return true;
    if ((uint64_t)st.st_size == f->size && st.st_mtim.tv_sec == f->changed_s &&
        st.st_mtim.tv_nsec == f->changed_ns)
        return true;
    return err_set(err, ERR_IO, 0,
                   "%s: size: found %lld bytes, had %zu: the file was changed "
                   "while it was in use",
                   f->path, (long long)st.st_size, f->size);
}

static bool read_all(int fd, const char *path, uint8_t *out, size_t size,
                     Err *err) {
    for (size_t at = 0; at < size;) {
        ssize_t n = pread(fd, out + at, size - at, (off_t)at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0)
            return err_set(err, ERR_IO, at,
                           "%s: read: found %zu bytes, need %zu: the file "
                           "shrank while it was read",
                           path, at, size);
        else if (errno != EINTR)
            return fail_errno(err, path, "read");
    }
    return true;
}

/* Mapped if it has at least map_min bytes, else read. */
static bool load(File *f, int fd, const char *path, size_t map_min, Err *err) {
    if (f->size >= map_min) {
        void *map = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) return fail_errno(err, path, "mmap");
        f->data = map;
        f->mapped = true;
        /* Only what is not yet in memory comes in large pages.  Weights are
         * read again for every token, which finds these sooner. */
        memory_prefer_large_pages(map, f->size);
        /* What every format has there is asked for at once; by page faults it
         * would come in many small reads.  A wish, so its failing is none. */
        (void)posix_madvise(map, f->size < FILE_HEAD ? f->size : FILE_HEAD,
                            POSIX_MADV_WILLNEED);
        return true;
    }
    size_t room = (f->size + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN;
    uint8_t *data = aligned_alloc(FILE_ALIGN, room);
    if (!data) return err_memory(err, path, room);
    f->data = data;
    return read_all(fd, path, data, f->size, err);
}

static bool copy_path(File *f, const char *path, Err *err) {
    size_t size = strlen(path) + 1;
    f->path = malloc(size);
    if (!f->path) return err_memory(err, path, size);
    memcpy(f->path, path, size);
    return true;
}

static bool open_or_map(File *f, const char *path, uint64_t max_size,
                        size_t map_min, Err *err) {
    *f = (File){0};
    /* O_NONBLOCK: opening a pipe must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail_errno(err, path, "open");
    bool ok = check_kind(f, fd, path, max_size, err) &&
              copy_path(f, path, err) && load(f, fd, path, map_min, err);
    close(fd);
    if (!ok) file_close(f);
    return ok;
}

bool file_open(File *f, const char *path, uint64_t max_size, Err *err) {
    return open_or_map(f, path, max_size, FILE_MAP_MIN, err);
}

bool file_map(File *f, const char *path, uint64_t max_size, Err *err) {
    return open_or_map(f, path, max_size, 0, err);
}

bool file_borrow(File *f, const char *name, const void *data, size_t size,
                 Err *err) {
    assert((uintptr_t)data % alignof(max_align_t) == 0);
    *f = (File){.data = data, .size = size, .borrowed = true};
    if (copy_path(f, name, err)) return true;
    *f = (File){0};
    return false;
}

void file_close(File *f) {
    /* The bytes are const for readers; here they go back as they came. */
    void *data = (void *)(uintptr_t)f->data;
    if (f->mapped)
        munmap(data, f->size);
    else if (!f->borrowed)
        free(data);
    free(f->path);
    *f = (File){0};
}

const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- whole contents out -------------------------------------------------- */

/* A file being saved: its folder ("" or ending in a slash), and a temporary
 * there. */
typedef struct Save {
    char dir[PATH_MAX];
    char tmp[PATH_MAX];
    Err *err;
} Save;

/* snprintf into a path; false with a message when it does not fit. */
static bool __attribute__((format(printf, 4, 5)))
path_format(char *out, size_t size, Err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, size, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n < size) return true;
    return err_set(err, ERR_IO, 0,
                   "%.80s...: path: found %d bytes, allowed %zu", out, n,
                   size - 1);
}

/* The pid in ".NAME.PID.tmp", or 0 when `entry` is not such a name. */
static long tmp_pid(const char *entry, const char *name) {
    size_t n = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, n) != 0 ||
        entry[1 + n] != '.')
        return 0;
    const char *digits = entry + n + 2;
    char *end;
    long pid = *digits >= '1' && *digits <= '9' ? strtol(digits, &end, 10) : 0;
    return pid > 0 && pid <= INT_MAX && strcmp(end, ".tmp") == 0 ? pid : 0;
}

/* Removes what killed processes left behind.  Our own pid on a leftover means
 * that the number was used before: this process saves one NAME at a time. */
static void remove_leftovers(const char *dir, const char *name) {
    DIR *d = opendir(dir[0] ? dir : ".");
    if (!d) return; /* the temporary's creation will say what is wrong */
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        long pid = tmp_pid(e->d_name, name);
        bool dead = pid == getpid() ||
                    (pid && kill((pid_t)pid, 0) != 0 && errno == ESRCH);
        if (dead) unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
}

static bool write_all(int fd, const void *data, size_t size) {
    for (const uint8_t *p = data; size > 0;) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* no progress and no reason given */
        if (n <= 0) return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

/* Removes the temporary and reports what failed. */
static bool save_abort(Save *s, const char *path, const char *call) {
    fail_errno(s->err, path, call);
    unlink(s->tmp);
    return false;
}

/* Leaves data, synced, in a temporary beside dir/name. */
static bool save_begin(Save *s, const char *name, const void *data,
                       size_t size) {
    if (!path_format(s->tmp, sizeof s->tmp, s->err, "%s.%s.%ld.tmp", s->dir,
                     name, (long)getpid()))
        return false;
    remove_leftovers(s->dir, name);
    int fd = open(s->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return fail_errno(s->err, s->tmp, "create");
    const char *failed = NULL;
    if (!write_all(fd, data, size))
        failed = "write";
    else if (fsync(fd) != 0)
        failed = "fsync";
    int write_errno = errno;
    if (close(fd) != 0 && !failed)
        failed = "close";
    else
        errno = write_errno;
    return failed ? save_abort(s, s->tmp, failed) : true;
}

/* Makes the new name last through a power cut.  The file is whole already, and
 * some file systems cannot sync a folder, so a failure here is none. */
static void sync_folder(const char *dir) {
    int fd = open(dir[0] ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* Renaming over a device or a pipe would put a plain file in its place, and
 * root may do that to /dev/null. */
static bool check_target(const char *path, Err *err) {
    struct stat st;
    if (lstat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
        return true;
    return fail_kind(err, path, st.st_mode);
}

bool file_save(const char *path, const void *data, size_t size, Err *err) {
    Save s = {.err = err};
    const char *name = file_name(path);
    if (!*name)
        return err_set(err, ERR_IO, 0,
                       "%s: path: found a folder, need a file name", path);
    if (!check_target(path, err) ||
        !path_format(s.dir, sizeof s.dir, err, "%.*s", (int)(name - path),
                     path) ||
        !save_begin(&s, name, data, size))
        return false;
    if (rename(s.tmp, path) != 0) return save_abort(&s, path, "rename");
    sync_folder(s.dir);
    return true;
}

/* Gives the temporary the name `path` unless there is such a file: 1 done, 0
 * taken, -1 failed.  File systems without hard links (FAT on a stick) get the
 * name reserved by an empty file first. */
static int claim(const char *tmp, const char *path) {
    if (link(tmp, path) == 0) {
        unlink(tmp);
        return 1;
    }
    if (errno == EEXIST) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return errno == EEXIST ? 0 : -1;
    close(fd);
    if (rename(tmp, path) == 0) return 1;
    int rename_errno = errno;
    unlink(path);
    errno = rename_errno;
    return -1;
}

bool file_save_numbered(const char *dir, const char *stem, const char *ext,
                        const void *data, size_t size, char *out,
                        size_t out_size, Err *err) {
    Save s = {.err = err};
    char name[NAME_MAX + 1];
    const char *slash = *dir && dir[strlen(dir) - 1] != '/' ? "/" : "";
    if (!path_format(name, sizeof name, err, "%s.%s", stem, ext) ||
        !path_format(s.dir, sizeof s.dir, err, "%s%s", dir, slash) ||
        !save_begin(&s, name, data, size))
        return false;
    for (int number = 1; number <= FILE_NUMBER_MAX; number++) {
        if (!path_format(out, out_size, err, "%s%s-%03d.%s", s.dir, stem,
                         number, ext)) {
            unlink(s.tmp);
            return false;
        }
        int claimed = claim(s.tmp, out);
        if (claimed < 0) return save_abort(&s, out, "link");
        if (claimed > 0) {
            sync_folder(s.dir);
            return true;
        }
    }
    unlink(s.tmp);
    return err_set(err, ERR_LIMIT, 0, "%s%s: name: all %d numbers are taken",
                   s.dir, stem, FILE_NUMBER_MAX);
}
