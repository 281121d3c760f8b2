/* A model file that is cut off while it is mapped: one line, then exit code 1,
 * or a message in the viewer; never a raw signal. */
#include "viz/window/mapfault.h"

#include "engine/base/file.h"
#include "engine/run/session.h"
#include "tests/support/app_rig.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A GGUF file large enough to be used where it lies; of holes. */
static void write_model(const char *path) {
    TinySpec tiny = tiny_spec();
    tiny.dim = 512;
    tiny.hidden_dim = 1376;
    tiny.n_layers = 8; /* 101 MB */
    const GgufSpec spec = gguf_spec(tiny);
    gguf_write_large(&spec, path, true);
}

/* Runs `act` in a process of its own; what it writes to standard error goes to
 * text.  Returns the exit code, or minus the signal that ended it. */
static int run_apart(void (*act)(const char *path), const char *path,
                     char text[512]) {
    int ends[2], status;
    size_t size = 0;
    ssize_t n;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        mapfault_install();
        act(path);
        _exit(99); /* it should not have come back */
    }
    close(ends[1]);
    while (size < 511 && (n = read(ends[0], text + size, 511 - size)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void read_past_the_end(const char *path) {
    File f;
    if (!file_open(&f, path, FILE_SIZE_MAX, NULL)) _exit(98);
    if (truncate(path, 10000) != 0) _exit(97);
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < f.size; i += 4096)
        sum = (uint8_t)(sum + f.data[i]);
}

/* What a session does, on several threads, after it has looked at the file. */
static void run_past_the_end(const char *path) {
    Model *m = model_open(path, NULL);
    if (!m || model_weight_bytes(m) <= MODEL_PLACE_MAX ||
        truncate(path, 1 << 20) != 0)
        _exit(97);
    volatile uint64_t sum = model_checksum(m);
    (void)sum;
}

static void fault_elsewhere(const char *path) {
    (void)path;
    raise(SIGBUS);
}

/* A place of no file: shared memory that was made shorter. */
static void fault_without_a_name(const char *path) {
    FILE *f = fopen(path, "r+");
    if (!f || ftruncate(fileno(f), 8192) != 0) _exit(97);
    const uint8_t *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fileno(f), 0);
    unlink(path);
    if (map == MAP_FAILED || ftruncate(fileno(f), 0) != 0) _exit(96);
    volatile uint8_t byte = map[5000];
    (void)byte;
}

START_TEST(a_file_that_is_cut_off_is_named) {
    void (*const acts[])(const char *) = {read_past_the_end, run_past_the_end};
    for (int i = 0; i < 2; i++) {
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        char text[512], want[FOLDER_PATH_MAX + 80];
        folder_make(dir);
        folder_path(path, dir, "a model's  name\x1B.gguf");
        write_model(path);
        ck_assert_int_eq(run_apart(acts[i], path, text), 1);
        folder_path(path, dir, "a model's  name<1B>.gguf");
        snprintf(want, sizeof want,
                 "llantern: %s: read: the file was cut off while it was in "
                 "use\n",
                 path);
        ck_assert_str_eq(text, want);
        folder_remove(dir);
    }
}
END_TEST

START_TEST(a_file_that_is_gone_is_named_too) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], text[512];
    folder_make(dir);
    folder_path(path, dir, "x");
    folder_write(dir, "x", "x", 1);
    ck_assert_int_eq(run_apart(fault_without_a_name, path, text), 1);
    ck_assert_ptr_nonnull(strstr(text, "/x (deleted): read: "));
    folder_remove(dir);
}
END_TEST

START_TEST(other_bus_errors_stay_what_they_are) {
    char text[512];
    ck_assert_int_eq(run_apart(fault_elsewhere, NULL, text), -SIGBUS);
    ck_assert_ptr_null(strstr(text, "llantern"));
}
END_TEST

/* The viewer looks at the file before it computes, and goes on showing what it
 * has. */
START_TEST(the_viewer_says_so) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    AppRig r;
    folder_make(dir);
    folder_path(path, dir, "big.gguf");
    write_model(path);
    app_rig_open(&r, (AppOptions){.model_path = path,
                                  .no_deck = true,
                                  .prompt = "the cat sat"});
    app_rig_frame(&r);
    const int n = trace_n_pos(app_trace(r.app));
    FILE *f = fopen(path, "r+"); /* its head written anew, as a copy would */
    ck_assert(f && fputc('G', f) == 'G' && fclose(f) == 0);
    ck_assert_int_eq(truncate(path, 40 << 20), 0);
    screen_key(r.screen, "Right");
    app_rig_frame(&r);
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "big.gguf: size: found"));
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "changed while"));
    ck_assert_int_eq(trace_n_pos(app_trace(r.app)), n);
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("mapfault", a_file_that_is_cut_off_is_named,
          a_file_that_is_gone_is_named_too, other_bus_errors_stay_what_they_are,
          the_viewer_says_so)
