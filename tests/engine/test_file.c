/* Reading and atomic writing.  The system calls that file.c makes are defined
 * here, so that each can be told to fail. */
#define _DEFAULT_SOURCE /* syscall */
#include "engine/base/file.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- faults -------------------------------------------------------------- */

static struct {
    int countdown;   /* the call that brings it to 0 fails; 0: none does */
    int error;       /* with this errno */
    bool no_links;   /* as on FAT */
    bool no_renames; /* as over a file that is a mount */
    bool short_writes;
} fault;

static bool fails(void) {
    if (fault.countdown == 0 || --fault.countdown > 0) return false;
    errno = fault.error;
    return true;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (fails()) return -1;
    if (fault.short_writes && size > 1) size /= 2;
    return syscall(SYS_write, fd, data, size);
}

int fsync(int fd) {
    return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int close(int fd) {
    int result = (int)syscall(SYS_close, fd);
    return fails() ? -1 : result;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    if (fault.no_renames) {
        errno = EBUSY;
        return -1;
    }
    return fails() ? -1
                   : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to,
           int flags) {
    if (fails()) return -1;
    if (!fault.no_links)
        return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
    errno = EPERM;
    return -1;
}

/* ---- helpers ------------------------------------------------------------- */

static const char old_text[] = "the old file";

/* Larger than a pipe or a page, so that a save can be caught half-way. */
#define NEW_SIZE 300000

static char *new_data(void) {
    char *data = malloc(NEW_SIZE);
    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i < NEW_SIZE; i++)
        data[i] = (char)('a' + i % 23);
    return data;
}

static bool holds(const char *path, const void *want, size_t size) {
    File f;
    if (!file_open(&f, path, FILE_SIZE_MAX, NULL)) return false;
    bool same = f.size == size && memcmp(f.data, want, size) == 0;
    file_close(&f);
    return same;
}

static void refused(const char *path, uint64_t max, ErrCode code,
                    const char *words) {
    File f = {.size = 1};
    Err err = {0};
    ck_assert(!file_open(&f, path, max, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.msg, words) && strstr(err.msg, path) == err.msg,
                  "%s", err.msg);
    ck_assert(!f.data && !f.path && f.size == 0);
}

/* ---- reading ------------------------------------------------------------- */

START_TEST(a_file_is_read_whole_and_aligned) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "a.bin");
    char *data = new_data();
    folder_write(dir, "a.bin", data, NEW_SIZE);
    File f;
    Err err = {0};
    ck_assert(file_open(&f, path, NEW_SIZE, &err));
    ck_assert_uint_eq(f.size, NEW_SIZE);
    ck_assert_int_eq(memcmp(f.data, data, NEW_SIZE), 0);
    ck_assert_uint_eq((uintptr_t)f.data % 64, 0);
    ck_assert_str_eq(f.path, path);
    ck_assert(!f.mapped && !f.borrowed);
    file_close(&f);
    ck_assert(!f.data && !f.path);
    file_close(&f);
    refused(path, NEW_SIZE - 1, ERR_LIMIT, "size: found 300000 bytes");
    free(data);
    folder_remove(dir);
}
END_TEST

START_TEST(what_is_no_plain_file_is_refused) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "none");
    refused(path, 100, ERR_IO, "open: No such file");
    refused(dir, 100, ERR_IO, "a folder");
    refused("/dev/zero", 100, ERR_IO, "a device or pipe");
    folder_path(path, dir, "pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refused(path, 100, ERR_IO, "a device or pipe"); /* and does not wait */
    folder_write(dir, "empty", "", 0);
    folder_path(path, dir, "empty");
    refused(path, 100, ERR_FORMAT, "size: found 0 bytes");
    folder_remove(dir);
}
END_TEST

START_TEST(a_large_file_is_mapped) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "large");
    folder_write(dir, "large", "begin", 5);
    /* Sparse: it takes no room on the disk. */
    ck_assert_int_eq(truncate(path, (off_t)FILE_MAP_MIN), 0);
    File f;
    ck_assert(file_open(&f, path, FILE_SIZE_MAX, NULL));
    ck_assert(f.mapped);
    ck_assert_int_eq(memcmp(f.data, "begin", 6), 0);
    ck_assert_uint_eq(f.data[f.size - 1], 0);
    file_close(&f);
    ck_assert_int_eq(truncate(path, (off_t)FILE_SIZE_MAX + 1), 0);
    refused(path, FILE_SIZE_MAX, ERR_LIMIT, "size: found");
    folder_remove(dir);
}
END_TEST

/* What may happen to a file while it is mapped. */
static void leave(const char *path, const char *other) {
    (void)path;
    (void)other;
}
static void cut(const char *path, const char *other) {
    (void)other;
    ck_assert_int_eq(truncate(path, 100), 0);
}
static void lengthen(const char *path, const char *other) {
    (void)other;
    ck_assert_int_eq(truncate(path, FILE_MAP_MIN + 1000), 0);
}
static void overwrite(const char *path, const char *other) {
    (void)other;
    /* Written at another time, whatever the clock's steps are. */
    const struct timespec times[2] = {{1, 0}, {1, 0}};
    FILE *f = fopen(path, "r+");
    ck_assert(f && fputc('x', f) == 'x' && fclose(f) == 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}
static void replace(const char *path, const char *other) {
    FILE *f = fopen(other, "w");
    ck_assert(f && fputc('x', f) == 'x' && fclose(f) == 0);
    ck_assert_int_eq(rename(other, path), 0);
}
static void delete (const char *path, const char *other) {
    (void)other;
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(a_mapped_file_that_changes_is_noticed) {
    static const struct {
        void (*act)(const char *path, const char *other);
        bool is_whole;
    } cases[] = {{leave, true},      {cut, false},    {lengthen, false},
                 {overwrite, false}, {replace, true}, {delete, true}};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        File f;
        Err err = {0};
        folder_make(dir);
        folder_path(path, dir, "large.bin");
        folder_path(other, dir, "other.bin");
        folder_write(dir, "large.bin", "x", 1);
        ck_assert_int_eq(truncate(path, FILE_MAP_MIN), 0);
        ck_assert(file_open(&f, path, FILE_SIZE_MAX, &err));
        cases[i].act(path, other);
        ck_assert_int_eq(file_check(&f, &err), cases[i].is_whole);
        if (!cases[i].is_whole)
            ck_assert_ptr_nonnull(strstr(err.msg, "large.bin: size: found "));
        file_close(&f);
        folder_remove(dir);
    }
}
END_TEST

START_TEST(borrowed_bytes_stay_the_owners) {
    static const _Alignas(16) char bytes[16] = "embedded";
    File f;
    ck_assert(file_borrow(&f, "built in", bytes, sizeof bytes, NULL));
    ck_assert_ptr_eq(f.data, bytes);
    ck_assert_str_eq(f.path, "built in");
    file_close(&f);
    ck_assert_ptr_null(f.data);
    ck_assert_str_eq(file_name("a/b.c"), "b.c");
    ck_assert_str_eq(file_name("b.c"), "b.c");
    ck_assert_str_eq(file_name("a/"), "");
}
END_TEST

/* ---- writing ------------------------------------------------------------- */

START_TEST(a_save_makes_or_replaces_the_whole_file) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "out.png");
    char *data = new_data();
    Err err = {0};
    ck_assert_msg(file_save(path, data, NEW_SIZE, &err), "%s", err.msg);
    ck_assert(holds(path, data, NEW_SIZE));
    ck_assert(file_save(path, old_text, sizeof old_text, &err));
    ck_assert(holds(path, old_text, sizeof old_text));
    ck_assert_int_eq(folder_count(dir, ""), 1);
    free(data);
    folder_remove(dir);
}
END_TEST

START_TEST(a_name_without_folder_is_saved_here) {
    char dir[FOLDER_PATH_MAX], here[FOLDER_PATH_MAX];
    folder_make(dir);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert(file_save("plain", old_text, sizeof old_text, NULL));
    ck_assert(holds("plain", old_text, sizeof old_text));
    ck_assert_int_eq(chdir(here), 0);
    folder_remove(dir);
}
END_TEST

static void save_ok(const char *path, const char *text) {
    Err err = {0};
    ck_assert_msg(file_save(path, text, strlen(text), &err), "%s: %s", path,
                  err.msg);
}

static bool is_link(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

START_TEST(links_are_followed_and_stay) {
    static const struct {
        const char *name, *to, *end; /* what the link holds; where it leads */
    } cases[] = {
        {"direct", "target", "target"},  {"dangling", "not-yet", "not-yet"},
        {"chain", "direct", "target"},   {"sub/up", "../target", "target"},
        {"through", "sub/up", "target"}, {"sub/beside", "new", "sub/new"}};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], end[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "target", old_text, sizeof old_text);
    folder_path(path, dir, "sub");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        folder_path(path, dir, cases[i].name);
        folder_path(end, dir, cases[i].end);
        ck_assert_int_eq(symlink(cases[i].to, path), 0);
        save_ok(path, cases[i].name);
        ck_assert(is_link(path) && !is_link(end));
        ck_assert_msg(holds(end, cases[i].name, strlen(cases[i].name)), "%s",
                      cases[i].name);
    }
    folder_path(path, dir, "absolute");
    folder_path(end, dir, "target");
    ck_assert_int_eq(symlink(end, path), 0);
    save_ok(path, "by its whole path");
    ck_assert(is_link(path) && holds(end, "by its whole path", 17));
    ck_assert_int_eq(folder_count(dir, ".tmp"), 0);
    folder_remove(dir);
}
END_TEST

START_TEST(mode_and_owner_stay) {
    static const mode_t modes[] = {0600, 0640, 0666, 0755, 04711, 0200};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    struct stat st;
    folder_make(dir);
    folder_path(path, dir, "out");
    folder_write(dir, "out", old_text, sizeof old_text);
    const bool is_root = geteuid() == 0;
    if (is_root) ck_assert_int_eq(chown(path, 1234, 2345), 0);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        save_ok(path, "new");
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, modes[i]);
        ck_assert_int_eq(st.st_size, 3);
        if (!is_root) continue;
        ck_assert_uint_eq(st.st_uid, 1234);
        ck_assert_uint_eq(st.st_gid, 2345);
    }
    /* A new one is what the umask makes of 0666. */
    const mode_t before = umask(027);
    folder_path(path, dir, "fresh");
    save_ok(path, "new");
    umask(before);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    folder_remove(dir);
}
END_TEST

START_TEST(other_names_of_a_file_see_the_new_bytes) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "one");
    folder_path(other, dir, "two");
    folder_write(dir, "one", old_text, sizeof old_text);
    ck_assert_int_eq(
        (int)syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, other, 0), 0);
    save_ok(path, "x"); /* shorter, and longer */
    ck_assert(holds(other, "x", 1));
    char *data = new_data();
    ck_assert(file_save(other, data, NEW_SIZE, NULL));
    ck_assert(holds(path, data, NEW_SIZE));
    /* Nor can what is mounted be renamed over. */
    ck_assert_int_eq(unlink(other), 0);
    fault.no_renames = true;
    save_ok(path, "in place");
    fault.no_renames = false;
    ck_assert(holds(path, "in place", 8));
    ck_assert_int_eq(folder_count(dir, ""), 1);
    free(data);
    folder_remove(dir);
}
END_TEST

/* Reads what a pipe holds. */
static void pipe_holds(int fd, const char *want) {
    char got[64] = "";
    ck_assert_int_eq(read(fd, got, sizeof got - 1), (ssize_t)strlen(want));
    ck_assert_str_eq(got, want);
}

START_TEST(pipes_and_descriptors_get_the_bytes) {
    static const char *const forms[] = {"/dev/fd/%d", "/proc/self/fd/%d",
                                        "/proc/thread-self/fd/%d"};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], name[64];
    int ends[2];
    Err err = {0};
    ck_assert_int_eq(pipe(ends), 0);
    folder_make(dir);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, forms[i], ends[1]);
        save_ok(name, name);
        pipe_holds(ends[0], name);
    }
    folder_path(path, dir, "link");
    ck_assert_int_eq(symlink(name, path), 0);
    save_ok(path, "by a link");
    pipe_holds(ends[0], "by a link");
    ck_assert(is_link(path));
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    ck_assert(!file_save(name, "x", 1, &err));
    ck_assert_int_eq(err.code, ERR_CLOSED);
    close(ends[1]);
    folder_path(path, dir, "pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR);
    save_ok(path, "by its name");
    pipe_holds(fd, "by its name");
    close(fd);
    save_ok("/dev/null", "nothing");
    folder_remove(dir);
}
END_TEST

/* What stands before and behind in a file that is open stays. */
START_TEST(a_descriptor_of_a_file_is_written_on) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], name[64];
    folder_make(dir);
    folder_path(path, dir, "log");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "before ", 7), 7);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    save_ok(name, "between ");
    ck_assert_int_eq(write(fd, "behind", 6), 6);
    close(fd);
    ck_assert(holds(path, "before between behind", 21));
    folder_remove(dir);
}
END_TEST

START_TEST(the_longest_names_can_be_saved) {
    char dir[FOLDER_PATH_MAX], here[FOLDER_PATH_MAX], name[NAME_MAX + 2];
    folder_make(dir);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(dir), 0);
    for (int n = 40; n <= NAME_MAX; n++) {
        memset(name, 'n', (size_t)n);
        name[n] = '\0';
        save_ok(name, "x");
        ck_assert(holds(name, "x", 1));
    }
    ck_assert_int_eq(folder_count(".", ".tmp"), 0);
    memset(name, 'n', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    Err err = {0};
    ck_assert(!file_save(name, "x", 1, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "n: open: File name too long"));
    /* A path as long as there are, with folders that enter each other. */
    char deep[PATH_MAX];
    int n = 0;
    while (n + 2 < PATH_MAX - 6)
        n += snprintf(deep + n, sizeof deep - (size_t)n, "./");
    snprintf(deep + n, sizeof deep - (size_t)n, "o.png");
    save_ok(deep, "deep");
    ck_assert(holds("o.png", "deep", 4));
    ck_assert_int_eq(chdir(here), 0);
    folder_remove(dir);
}
END_TEST

START_TEST(whether_a_save_can_be_is_known_before) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    folder_path(path, dir, "out");
    ck_assert(file_save_check(path, 1 << 20, 1 << 20, &err));
    ck_assert(file_save_check("-", 1, 1, &err));
    ck_assert(file_is_stdout("-") && file_is_stdout("/dev/stdout"));
    ck_assert_int_eq(folder_count(dir, ""), 0);
    ck_assert(!file_save_check(path, 10, (uint64_t)1 << 60, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "/out: write: No space left"));
    err = (Err){0};
    ck_assert(!file_save_check(path, (uint64_t)1 << 60, 0, &err));
    err = (Err){0};
    ck_assert_int_eq(folder_count(dir, ""), 0);
    folder_write(dir, "out", old_text, sizeof old_text);
    ck_assert(file_save_check(path, 1000, 1000, &err));
    ck_assert(holds(path, old_text, sizeof old_text));
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert(!file_save_check(path, 1000, 1000, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "write-protected"));
    folder_remove(dir);
}
END_TEST

START_TEST(one_file_is_known_by_all_its_names) {
    char dir[FOLDER_PATH_MAX], a[FOLDER_PATH_MAX], b[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "a", "same", 4);
    folder_path(a, dir, "a");
    folder_path(b, dir, "./a");
    ck_assert(file_is_same(a, a) && file_is_same(a, b));
    folder_path(b, dir, "link");
    ck_assert_int_eq(symlink("a", b), 0);
    ck_assert(file_is_same(b, a));
    folder_path(b, dir, "hard");
    ck_assert_int_eq((int)syscall(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0), 0);
    ck_assert(file_is_same(b, a));
    folder_write(dir, "b", "same", 4);
    folder_path(b, dir, "b");
    ck_assert(!file_is_same(b, a) && !file_is_same("none", "none"));
    ck_assert(!file_is_same("/dev/null", "/dev/null"));
    folder_remove(dir);
}
END_TEST

/* Fails the Nth call, N = 1, 2, 3 ... until the save gets through untouched. */
static void fail_each_call(const char *dir, const char *path, int error) {
    char *data = new_data();
    int n_refused = 0;
    for (int n = 1; n < 100; n++) {
        ck_assert(file_save(path, old_text, sizeof old_text, NULL));
        Err err = {0};
        fault.error = error;
        fault.countdown = n;
        bool saved = file_save(path, data, NEW_SIZE, &err);
        bool untouched = fault.countdown > 0;
        fault.countdown = 0;
        ck_assert_int_eq(folder_count(dir, ""), 1);
        if (saved)
            ck_assert(holds(path, data, NEW_SIZE));
        else {
            ck_assert(holds(path, old_text, sizeof old_text));
            ck_assert_int_eq(err.code, ERR_IO);
            ck_assert_ptr_nonnull(strstr(err.msg, strerror(error)));
            n_refused++;
        }
        if (!untouched) continue;
        ck_assert_int_ge(n_refused, error == EINTR ? 0 : 4);
        free(data);
        return;
    }
    ck_abort_msg("the save never got through");
}

START_TEST(a_failed_call_leaves_the_old_file_and_no_temporary) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "out");
    fail_each_call(dir, path, EIO);
    fail_each_call(dir, path, ENOSPC);
    fault.short_writes = true;
    fail_each_call(dir, path, ENOSPC);
    fault.short_writes = false;
    folder_remove(dir);
}
END_TEST

START_TEST(an_interrupted_write_goes_on) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "out");
    fault.error = EINTR;
    fault.countdown = 1;
    ck_assert(file_save(path, old_text, sizeof old_text, NULL));
    ck_assert_int_eq(fault.countdown, 0);
    ck_assert(holds(path, old_text, sizeof old_text));
    folder_remove(dir);
}
END_TEST

static void save_refused(const char *path, const char *words) {
    Err err = {0};
    ck_assert(!file_save(path, "x", 1, &err));
    ck_assert_int_eq(err.code, ERR_IO);
    ck_assert_msg(strstr(err.msg, words) != NULL, "%s", err.msg);
}

START_TEST(impossible_places_are_refused) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], out[64];
    static char deep[9000];
    folder_make(dir);
    save_refused("/proc/llantern.png", "/proc/llantern.png: create: ");
    save_refused("", "found nothing, need a file name");
    folder_write(dir, "file", "x", 1);
    folder_path(path, dir, "file/out.png");
    save_refused(path, "Not a directory");
    folder_path(path, dir, "none/out.png");
    save_refused(path, "No such file");
    save_refused("some/folder/", "need a file name");
    memset(deep, 'a', sizeof deep - 1);
    save_refused(deep, "path");
    deep[4500] = '/';
    save_refused(deep, "path");
    save_refused(dir, "found a folder");
    folder_path(path, dir, "loop");
    ck_assert_int_eq(symlink("loop", path), 0);
    save_refused(path, "/loop: open: Too many levels of symbolic links");
    ck_assert_int_eq(unlink(path), 0);
    folder_path(path, dir, "nowhere");
    ck_assert_int_eq(symlink("none/out.png", path), 0);
    save_refused(path, "/nowhere: open: No such file");
    ck_assert_int_eq(unlink(path), 0);
    folder_path(path, dir, "file");
    ck_assert_int_eq(chmod(path, 0444), 0);
    save_refused(path, "/file: open: Permission denied: the file is write-");
    ck_assert(holds(path, "x", 1));
    folder_path(path, dir, "link");
    ck_assert_int_eq(symlink("file", path), 0);
    save_refused(path, "/link: open: Permission denied: the file is write-");
    ck_assert_int_eq(unlink(path), 0);
    save_refused("/dev/full", "/dev/full: write: No space left on device");
    save_refused("/dev/fd/987", "/dev/fd/987: write: Bad file descriptor");
    ck_assert_int_eq(folder_count(dir, ""), 1);
    Err err = {0};
    ck_assert(!file_save_numbered(dir, "out", "png", "x", 1, out, 8, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "path"));
    ck_assert_int_eq(folder_count(dir, ""), 1);
    folder_remove(dir);
}
END_TEST

/* A disk that is full after 100,000 bytes, for a child. */
static void save_on_a_full_disk(const char *path) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    static char data[NEW_SIZE];
    Err err = {0};
    bool saved = file_save(path, data, sizeof data, &err);
    _exit(!saved && err.code == ERR_IO && strstr(err.msg, "write") ? 0 : 1);
}

START_TEST(a_full_disk_leaves_the_old_file) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "out");
    ck_assert(file_save(path, old_text, sizeof old_text, NULL));
    pid_t child = fork();
    if (child == 0) save_on_a_full_disk(path);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(holds(path, old_text, sizeof old_text));
    ck_assert_int_eq(folder_count(dir, ""), 1);
    folder_remove(dir);
}
END_TEST

/* Until it is killed: the old text and the new data by turns. */
static void save_forever(const char *path, const char *data) {
    for (;;)
        if (!file_save(path, data, NEW_SIZE, NULL) ||
            !file_save(path, old_text, sizeof old_text, NULL))
            _exit(1);
}

START_TEST(a_killed_save_leaves_one_whole_file) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "out");
    char *data = new_data();
    for (int round = 0; round < 60; round++) {
        pid_t child = fork();
        if (child == 0) save_forever(path, data);
        struct timespec wait = {0, round * 7919 % 20 * 1000000 + 50000};
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_le(folder_count(dir, ".tmp"), 1);
        ck_assert(access(path, F_OK) != 0 || holds(path, data, NEW_SIZE) ||
                  holds(path, old_text, sizeof old_text));
    }
    ck_assert(file_save(path, old_text, sizeof old_text, NULL));
    ck_assert_int_eq(folder_count(dir, ""), 1);
    free(data);
    folder_remove(dir);
}
END_TEST

START_TEST(leftovers_go_but_only_those_of_the_dead) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], name[64];
    folder_make(dir);
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
    snprintf(name, sizeof name, ".out.%ld.tmp", (long)child);
    folder_write(dir, name, "dead", 4);
    snprintf(name, sizeof name, ".out.%ld.tmp", (long)getpid());
    folder_write(dir, name, "our number, used before", 23);
    /* None of these is a leftover of "out" by a dead process. */
    snprintf(name, sizeof name, ".out.%ld.tmp", (long)getppid());
    folder_write(dir, name, "x", 1);
    snprintf(name, sizeof name, ".other.%ld.tmp", (long)child);
    folder_write(dir, name, "x", 1);
    snprintf(name, sizeof name, ".out.%ld.tmpx", (long)child);
    folder_write(dir, name, "x", 1);
    folder_write(dir, ".out.-5.tmp", "x", 1);
    folder_write(dir, ".out..tmp", "x", 1);
    folder_path(path, dir, "out");
    ck_assert(file_save(path, "new", 3, NULL));
    ck_assert_int_eq(folder_count(dir, ""), 6);
    ck_assert(holds(path, "new", 3));
    folder_remove(dir);
}
END_TEST

/* ---- numbered names ------------------------------------------------------ */

static void numbers_count_up(void) {
    char dir[FOLDER_PATH_MAX], want[FOLDER_PATH_MAX], out[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "fig-002.png", old_text, sizeof old_text);
    const char *const names[] = {"fig-001.png", "fig-003.png", "fig-004.png"};
    for (int i = 0; i < 3; i++) {
        Err err = {0};
        bool saved = file_save_numbered(dir, "fig", "png", names[i], 11, out,
                                        sizeof out, &err);
        ck_assert_msg(saved, "%s", err.msg);
        folder_path(want, dir, names[i]);
        ck_assert_str_eq(out, want);
        ck_assert(holds(out, names[i], 11));
    }
    folder_path(want, dir, "fig-002.png");
    ck_assert(holds(want, old_text, sizeof old_text));
    ck_assert_int_eq(folder_count(dir, ""), 4);
    folder_remove(dir);
}

START_TEST(numbers_count_up_past_what_is_there) {
    numbers_count_up();
    fault.no_links = true;
    numbers_count_up();
    fault.no_links = false;
}
END_TEST

START_TEST(a_failed_numbered_save_leaves_nothing) {
    char dir[FOLDER_PATH_MAX], out[FOLDER_PATH_MAX];
    folder_make(dir);
    for (int links = 0; links < 2; links++) {
        fault.no_links = !links;
        int n_refused = 0;
        for (fault.countdown = 1;; fault.countdown = n_refused + 1) {
            fault.error = EIO;
            Err err = {0};
            if (file_save_numbered(dir, "fig", "png", "x", 1, out, sizeof out,
                                   &err))
                break;
            ck_assert_int_eq(err.code, ERR_IO);
            ck_assert_int_eq(folder_count(dir, ""), 0);
            n_refused++;
        }
        fault.countdown = 0;
        ck_assert_int_ge(n_refused, 4); /* write, fsync, close, link */
        ck_assert_int_eq(unlink(out), 0);
    }
    folder_remove(dir);
}
END_TEST

START_TEST(eight_processes_never_share_a_name) {
    enum { CHILDREN = 8, EACH = 5 };
    char dir[FOLDER_PATH_MAX], out[FOLDER_PATH_MAX];
    folder_make(dir);
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] != 0) continue;
        for (int k = 0; k < EACH; k++) {
            char text[2] = {(char)('a' + i), (char)('0' + k)};
            if (!file_save_numbered(dir, "fig", "png", text, 2, out, sizeof out,
                                    NULL))
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        waitpid(children[i], &status, 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(folder_count(dir, ""), CHILDREN * EACH);
    bool seen[CHILDREN][EACH] = {0};
    for (int n = 1; n <= CHILDREN * EACH; n++) {
        char name[32];
        snprintf(name, sizeof name, "fig-%03d.png", n);
        folder_path(out, dir, name);
        File f;
        ck_assert(file_open(&f, out, 2, NULL));
        ck_assert_uint_eq(f.size, 2);
        seen[f.data[0] - 'a'][f.data[1] - '0'] = true;
        file_close(&f);
    }
    for (int i = 0; i < CHILDREN * EACH; i++)
        ck_assert(seen[i / EACH][i % EACH]);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("file", a_file_is_read_whole_and_aligned,
          what_is_no_plain_file_is_refused, a_large_file_is_mapped,
          a_mapped_file_that_changes_is_noticed, borrowed_bytes_stay_the_owners,
          a_save_makes_or_replaces_the_whole_file,
          a_name_without_folder_is_saved_here, links_are_followed_and_stay,
          mode_and_owner_stay, other_names_of_a_file_see_the_new_bytes,
          pipes_and_descriptors_get_the_bytes,
          a_descriptor_of_a_file_is_written_on, the_longest_names_can_be_saved,
          whether_a_save_can_be_is_known_before,
          one_file_is_known_by_all_its_names,
          a_failed_call_leaves_the_old_file_and_no_temporary,
          an_interrupted_write_goes_on, impossible_places_are_refused,
          a_full_disk_leaves_the_old_file, a_killed_save_leaves_one_whole_file,
          leftovers_go_but_only_those_of_the_dead,
          numbers_count_up_past_what_is_there,
          a_failed_numbered_save_leaves_nothing,
          eight_processes_never_share_a_name)
