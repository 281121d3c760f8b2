/* Whole contents out, wherever a name leads: a new file beside the old one and
 * renamed over it; or, where that cannot be (another name of the same file,
 * an owner that is not ours to give), the old file written anew; or the bytes
 * into what is no plain file. */
#ifdef __linux__
#define _GNU_SOURCE /* O_PATH */
#endif
#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LINKS_MAX     40 /* followed, as by the kernel */
#define PLAIN_NAME    48 /* bytes; a longer name is hashed in its temporary's */
#define TMP_BYTES     96
#define STANDARD_NAME "standard output"

/* Folders that may be entered need not be readable. */
#ifdef O_PATH
#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

/* What is being saved, and where. */
typedef struct Save {
    const char *path; /* as the user named it: messages say this */
    const void *data;
    size_t size;
    char target[PATH_MAX]; /* where it leads, links followed */
    const char *name;      /* the target's, within its folder */
    int dir;               /* that folder; -1: not open */
    char tmp[TMP_BYTES];   /* the temporary there; "": there is none */
    bool replaces;         /* there is a file */
    struct stat old;       /* it, then */
    Err *err;
} Save;

/* ---- what can be said ---------------------------------------------------- */

/* "path: call: No such file or directory", the last from errno. */
static bool fail(const Save *s, const char *call) {
    return err_set(s->err, errno == EPIPE ? ERR_CLOSED : ERR_IO, 0,
                   "%s: %s: %s", s->path, call, strerror(errno));
}

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

/* ---- writing ------------------------------------------------------------- */

/* A descriptor that others set up may be one that does not wait. */
static bool wait_until_writable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, -1) > 0 || errno == EINTR;
}

static bool write_all(int fd, const void *data, size_t size) {
    for (const uint8_t *p = data; size > 0;) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) &&
            wait_until_writable(fd))
            continue;
        if (n == 0) errno = EIO; /* no progress and no reason given */
        if (n <= 0) return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

/* Closes fd; what failed before, or now, or NULL.  errno says why. */
static const char *close_after(int fd, const char *failed) {
    const int before = errno;
    if (close(fd) != 0 && !failed) return "close";
    errno = before;
    return failed;
}

/* ---- where a name leads -------------------------------------------------- */

/* The number of this process's descriptor that path names (/dev/fd/N,
 * /proc/self/fd/N), or -1.  Opening such a name anew would start again at the
 * beginning of the file behind it, or replace that file. */
static int descriptor_of(const char *path) {
    char folder[PATH_MAX], real[PATH_MAX], ours[32];
    const char *name = file_name(path);
    const size_t n = strlen(name);
    if (n == 0 || n > 6 || strspn(name, "0123456789") != n || name == path)
        return -1;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    if (!realpath(folder, real)) return -1;
    const int n_ours =
        snprintf(ours, sizeof ours, "/proc/%ld/", (long)getpid());
    const bool is_proc = strncmp(real, ours, (size_t)n_ours) == 0 &&
                         strcmp(file_name(real), "fd") == 0;
    return is_proc || strcmp(real, "/dev/fd") == 0 ? (int)strtol(name, NULL, 10)
                                                   : -1;
}

/* Puts the end of a chain of symbolic links into s->target, be there a file
 * or not; *fd: the descriptor it ends at, or -1. */
static bool follow_links(Save *s, int *fd) {
    char link[PATH_MAX], next[PATH_MAX];
    if (!path_format(s->target, sizeof s->target, s->err, "%s", s->path))
        return false;
    for (int i = 0; i <= LINKS_MAX; i++) {
        *fd = descriptor_of(s->target);
        if (*fd >= 0) return true;
        const ssize_t n = readlink(s->target, link, sizeof link - 1);
        if (n < 0) return true; /* no link, or nothing there */
        link[n] = '\0';
        const char *name = file_name(s->target);
        const int folder = link[0] == '/' ? 0 : (int)(name - s->target);
        if (!path_format(next, sizeof next, s->err, "%.*s%s", folder, s->target,
                         link))
            return false;
        memcpy(s->target, next, sizeof next);
    }
    errno = ELOOP;
    return fail(s, "open");
}

/* The system may follow a link or not (those of others in /tmp): stat says. */
static bool find_old(Save *s) {
    s->replaces = stat(s->path, &s->old) == 0;
    return s->replaces || errno == ENOENT || fail(s, "open");
}

/* The mode counts for its owner also when that is root, who could. */
static bool check_writable(const Save *s) {
    const mode_t bits = s->old.st_uid == geteuid() ? S_IWUSR : 0222;
    if (s->old.st_mode & bits) {
        if (faccessat(AT_FDCWD, s->target, W_OK, AT_EACCESS) == 0) return true;
        if (errno != EACCES) return fail(s, "open");
    }
    return err_set(s->err, ERR_IO, 0,
                   "%s: open: Permission denied: the file is write-protected",
                   s->path);
}

static bool open_folder(Save *s) {
    char folder[PATH_MAX];
    s->name = file_name(s->target);
    snprintf(folder, sizeof folder, "%.*s", (int)(s->name - s->target),
             s->target);
    s->dir = open(folder[0] ? folder : ".", OPEN_FOLDER);
    return s->dir >= 0 || fail(s, "open");
}

/* ---- the temporary ------------------------------------------------------- */

/* The beginning of a temporary's name for `name`: what comes behind may be no
 * longer than a file system allows. */
static void tmp_stem(const char *name, char stem[TMP_BYTES]) {
    uint64_t sum = 0xCBF29CE484222325u; /* FNV-1a */
    if (strlen(name) <= PLAIN_NAME) {
        snprintf(stem, TMP_BYTES, ".%s.", name);
        return;
    }
    for (; *name; name++)
        sum = (sum ^ (uint8_t)*name) * 0x100000001B3u;
    snprintf(stem, TMP_BYTES, ".llantern-%016" PRIx64 ".", sum);
}

/* The pid in "STEM" "PID.tmp", or 0 when `entry` is not such a name. */
static long tmp_pid(const char *entry, const char *stem) {
    const size_t n = strlen(stem);
    if (strncmp(entry, stem, n) != 0) return 0;
    const char *digits = entry + n;
    char *end;
    long pid = *digits >= '1' && *digits <= '9' ? strtol(digits, &end, 10) : 0;
    return pid > 0 && pid <= INT_MAX && strcmp(end, ".tmp") == 0 ? pid : 0;
}

/* Removes what killed processes left behind.  Our own pid on a leftover means
 * that the number was used before: this process saves one NAME at a time. */
static void remove_leftovers(const Save *s, const char *stem) {
    const int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d && fd >= 0) close(fd);
    if (!d) return; /* the temporary's creation will say what is wrong */
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        long pid = tmp_pid(e->d_name, stem);
        bool dead = pid == getpid() ||
                    (pid && kill((pid_t)pid, 0) != 0 && errno == ESRCH);
        if (dead) unlinkat(s->dir, e->d_name, 0);
    }
    closedir(d);
}

static void tmp_remove(Save *s) {
    const int before = errno;
    if (s->tmp[0]) unlinkat(s->dir, s->tmp, 0);
    s->tmp[0] = '\0';
    errno = before;
}

/* Makes the temporary for `name`; its descriptor, or -1 with errno set. */
static int tmp_create(Save *s, const char *name) {
    char stem[TMP_BYTES];
    tmp_stem(name, stem);
    remove_leftovers(s, stem);
    snprintf(s->tmp, sizeof s->tmp, "%.*s%ld.tmp", TMP_BYTES - 24, stem,
             (long)getpid());
    const int fd =
        openat(s->dir, s->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
               s->replaces ? 0600 : 0666);
    if (fd < 0) s->tmp[0] = '\0';
    return fd;
}

/* Fills, syncs and closes it. */
static bool tmp_fill(Save *s, int fd) {
    const char *failed = NULL;
    if (!write_all(fd, s->data, s->size))
        failed = "write";
    else if (fsync(fd) != 0)
        failed = "fsync";
    failed = close_after(fd, failed);
    if (!failed) return true;
    tmp_remove(s);
    return fail(s, failed);
}

/* Owner and mode of the old file for the new one; false: not ours to give. */
static bool keep_owner(const Save *s, int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0) return false;
    if ((st.st_uid != s->old.st_uid || st.st_gid != s->old.st_gid) &&
        fchown(fd, s->old.st_uid, s->old.st_gid) != 0)
        return false;
    return fchmod(fd, s->old.st_mode & 07777) == 0;
}

/* Makes the new name last through a power cut.  The file is whole already, and
 * some file systems cannot sync a folder, so a failure here is none. */
static void sync_folder(const Save *s) {
    int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* ---- saving -------------------------------------------------------------- */

/* The old file written anew.  Room is made first, so that a full disk leaves
 * it as it was. */
static bool overwrite(const Save *s) {
    const int fd = openat(s->dir, s->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fail(s, "open");
    const off_t size = (off_t)s->size;
    const char *failed = NULL;
    if (size > s->old.st_size && (errno = posix_fallocate(fd, 0, size)) != 0) {
        const int why = errno;
        if (ftruncate(fd, s->old.st_size) == 0) errno = why;
        failed = "write";
    } else if (!write_all(fd, s->data, s->size)) {
        failed = "write";
    } else if (ftruncate(fd, size) != 0) {
        failed = "truncate";
    } else if (fsync(fd) != 0) {
        failed = "fsync";
    }
    failed = close_after(fd, failed);
    return !failed || fail(s, failed);
}

/* True when errno says that a file cannot be replaced here, which does not
 * mean that it cannot be written. */
static bool is_only_writable(const Save *s) {
    return s->replaces && (errno == EACCES || errno == EPERM ||
                           errno == EBUSY || errno == EXDEV);
}

static bool replace(Save *s) {
    if (s->replaces && s->old.st_nlink > 1) return overwrite(s);
    const int fd = tmp_create(s, s->name);
    if (fd < 0) return is_only_writable(s) ? overwrite(s) : fail(s, "create");
    if (s->replaces && !keep_owner(s, fd)) {
        close(fd);
        tmp_remove(s);
        return overwrite(s);
    }
    if (!tmp_fill(s, fd)) return false;
    if (renameat(s->dir, s->tmp, s->dir, s->name) == 0) {
        sync_folder(s);
        return true;
    }
    tmp_remove(s);
    return is_only_writable(s) ? overwrite(s) : fail(s, "rename");
}

/* A device or a pipe, opened by its name; a pipe waits for its reader. */
static bool pour(const Save *s) {
    const int fd = open(s->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return fail(s, "open");
    const bool ok = write_all(fd, s->data, s->size);
    const char *failed = close_after(fd, ok ? NULL : "write");
    return !failed || fail(s, failed);
}

typedef enum Place { PLACE_BAD, PLACE_OPEN, PLACE_DEVICE, PLACE_FILE } Place;

/* Where s->path leads, and whether it may be written; *fd for PLACE_OPEN. */
static Place find_place(Save *s, int *fd) {
    *fd = STDOUT_FILENO;
    if (strcmp(s->path, "-") == 0) {
        s->path = STANDARD_NAME;
        return PLACE_OPEN;
    }
    if (!*file_name(s->path)) {
        err_set(s->err, ERR_IO, 0, "%s: path: found %s, need a file name",
                s->path, *s->path ? "a folder" : "nothing");
        return PLACE_BAD;
    }
    if (!follow_links(s, fd)) return PLACE_BAD;
    if (*fd >= 0) return PLACE_OPEN;
    if (!find_old(s)) return PLACE_BAD;
    if (!s->replaces || S_ISREG(s->old.st_mode))
        return (!s->replaces || check_writable(s)) && open_folder(s)
                   ? PLACE_FILE
                   : PLACE_BAD;
    if (!S_ISDIR(s->old.st_mode)) return PLACE_DEVICE;
    err_set(s->err, ERR_IO, 0, "%s: type: found a folder, need a file",
            s->path);
    return PLACE_BAD;
}

bool file_save(const char *path, const void *data, size_t size, Err *err) {
    Save s = {.path = path, .data = data, .size = size, .dir = -1, .err = err};
    int fd;
    bool ok = false;
    switch (find_place(&s, &fd)) {
    case PLACE_BAD:
        break;
    case PLACE_OPEN:
        ok = write_all(fd, data, size) || fail(&s, "write");
        break;
    case PLACE_DEVICE:
        ok = pour(&s);
        break;
    case PLACE_FILE:
        ok = replace(&s);
        break;
    }
    if (s.dir >= 0) close(s.dir);
    return ok;
}

/* ---- before it ----------------------------------------------------------- */

/* Room for a file of `size` in a temporary, and `room` bytes in all. */
static bool check_room(Save *s, uint64_t size, uint64_t room) {
    struct statvfs vfs;
    const int fd = tmp_create(s, s->name);
    if (fd < 0) return is_only_writable(s) || fail(s, "create");
    if (size > 0) errno = posix_fallocate(fd, 0, (off_t)size);
    bool ok = size == 0 || errno == 0 || errno == EOPNOTSUPP || errno == EINVAL;
    if (ok && ftruncate(fd, 0) == 0 && fstatvfs(fd, &vfs) == 0 &&
        room / vfs.f_frsize > vfs.f_bavail) {
        errno = ENOSPC;
        ok = false;
    }
    close_after(fd, "");
    tmp_remove(s);
    return ok || fail(s, "write");
}

bool file_save_check(const char *path, uint64_t size, uint64_t room, Err *err) {
    Save s = {.path = path, .dir = -1, .err = err};
    int fd;
    const Place place = find_place(&s, &fd);
    const bool ok =
        place == PLACE_FILE ? check_room(&s, size, room) : place != PLACE_BAD;
    if (s.dir >= 0) close(s.dir);
    return ok;
}

/* stat, for "-", too. */
static bool stat_place(const char *path, struct stat *st) {
    return strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, st) == 0
                                  : stat(path, st) == 0;
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool file_is_same(const char *a, const char *b) {
    struct stat of_a, of_b;
    return stat_place(a, &of_a) && stat_place(b, &of_b) &&
           S_ISREG(of_a.st_mode) && is_same(&of_a, &of_b);
}

bool file_is_stdout(const char *path) {
    struct stat st, out;
    return strcmp(path, "-") == 0 ||
           (stat(path, &st) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
            is_same(&st, &out));
}

/* ---- numbered names ------------------------------------------------------ */

/* Gives the temporary the name s->name unless there is such a file: 1 done, 0
 * taken, -1 failed.  File systems without hard links (FAT on a stick) get the
 * name reserved by an empty file first. */
static int claim(Save *s) {
    if (linkat(s->dir, s->tmp, s->dir, s->name, 0) == 0) {
        tmp_remove(s);
        return 1;
    }
    if (errno == EEXIST) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;
    int fd =
        openat(s->dir, s->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return errno == EEXIST ? 0 : -1;
    close(fd);
    if (renameat(s->dir, s->tmp, s->dir, s->name) == 0) return 1;
    int rename_errno = errno;
    unlinkat(s->dir, s->name, 0);
    errno = rename_errno;
    return -1;
}

/* One number after another; out is the path tried, and s->path. */
static bool claim_number(Save *s, const char *dir, const char *stem,
                         const char *ext, char *out, size_t out_size) {
    const char *slash = *dir && dir[strlen(dir) - 1] != '/' ? "/" : "";
    for (int number = 1; number <= FILE_NUMBER_MAX; number++) {
        if (!path_format(out, out_size, s->err, "%s%s%s-%03d.%s", dir, slash,
                         stem, number, ext))
            return false;
        s->name = file_name(out);
        const int claimed = claim(s);
        if (claimed < 0) return fail(s, "link");
        if (claimed > 0) return true;
    }
    return err_set(s->err, ERR_LIMIT, 0,
                   "%s%s%s: name: all %d numbers are taken", dir, slash, stem,
                   FILE_NUMBER_MAX);
}

bool file_save_numbered(const char *dir, const char *stem, const char *ext,
                        const void *data, size_t size, char *out,
                        size_t out_size, Err *err) {
    Save s = {.path = out, .data = data, .size = size, .dir = -1, .err = err};
    char name[NAME_MAX + 1];
    if (!path_format(name, sizeof name, err, "%s.%s", stem, ext) ||
        !path_format(out, out_size, err, "%s/%s", *dir ? dir : ".", name))
        return false;
    s.dir = open(*dir ? dir : ".", OPEN_FOLDER);
    if (s.dir < 0) return fail(&s, "open");
    const int fd = tmp_create(&s, name);
    bool ok = fd >= 0 ? tmp_fill(&s, fd) : fail(&s, "create");
    ok = ok && claim_number(&s, dir, stem, ext, out, out_size);
    if (ok)
        sync_folder(&s);
    else
        tmp_remove(&s);
    close(s.dir);
    return ok;
}
