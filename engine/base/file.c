/* Reading, mapping, and writing by way of a temporary file that is renamed,
 * so that a path holds the old contents or the new and nothing between. */
#include "engine/base/file.h"

#include "engine/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
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
