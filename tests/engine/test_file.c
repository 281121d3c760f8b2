/* Reading and atomic writing.  The system calls that file.c makes are defined
 * here, so that each can be told to fail. */
#define _DEFAULT_SOURCE /* syscall */
#include "engine/base/file.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
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
    int countdown; /* the call that brings it to 0 fails; 0: none does */
    int error;     /* with this errno */
    bool no_links; /* as on FAT */
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

int rename(const char *from, const char *to) {
    return fails() ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to) {
    if (fails()) return -1;
    if (!fault.no_links) return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
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

START_TEST(a_link_is_replaced_not_followed) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], to[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "target", old_text, sizeof old_text);
    folder_path(path, dir, "link");
    folder_path(to, dir, "target");
    ck_assert_int_eq(symlink(to, path), 0);
    ck_assert(file_save(path, "new", 3, NULL));
    ck_assert(holds(path, "new", 3));
    ck_assert(holds(to, old_text, sizeof old_text));
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
    save_refused("/proc/llantern.png", "/proc/.llantern.png");
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
    folder_path(path, dir, "pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    save_refused(path, "found a device or pipe");
    ck_assert_int_eq(folder_count(dir, ""), 2);
    ck_assert_int_eq(unlink(path), 0);
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
          a_name_without_folder_is_saved_here, a_link_is_replaced_not_followed,
          a_failed_call_leaves_the_old_file_and_no_temporary,
          an_interrupted_write_goes_on, impossible_places_are_refused,
          a_full_disk_leaves_the_old_file, a_killed_save_leaves_one_whole_file,
          leftovers_go_but_only_those_of_the_dead,
          numbers_count_up_past_what_is_there,
          a_failed_numbered_save_leaves_nothing,
          eight_processes_never_share_a_name)
