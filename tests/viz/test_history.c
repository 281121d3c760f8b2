/* The history: what it holds, what its file may be, and where it lies. */
#define _DEFAULT_SOURCE /* setenv, flock */
#include "viz/app/history.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD "llantern history 1\n"

typedef struct Kept {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX + 32];
} Kept;

static Kept kept_make(void) {
    Kept k;
    folder_make(k.dir);
    snprintf(k.path, sizeof k.path, "%s/history", k.dir);
    return k;
}

static History *open_at(const char *path) {
    Err err = {0};
    History *h = history_open(path, &err);
    ck_assert_msg(h && err.code == ERR_NONE, "%s", err.msg);
    return h;
}

static void save(History *h) {
    Err err = {0};
    ck_assert_msg(history_save(h, &err) && err.code == ERR_NONE, "%s", err.msg);
}

static HistoryList *parse(const char *text, size_t n, Err *err, bool *ok) {
    HistoryList *list = calloc(1, sizeof *list);
    *ok = history_parse(list, text, n, err);
    return list;
}

static void write_text(const Kept *k, const char *text) {
    folder_write(k->dir, "history", text, strlen(text));
}

static void read_text(const char *path, char *out, size_t size) {
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    const size_t n = fread(out, 1, size - 1, f);
    out[n] = '\0';
    ck_assert_int_eq(fclose(f), 0);
}

/* ---- what it holds ------------------------------------------------------- */

START_TEST(what_was_done_is_there_the_next_time) {
    const Kept k = kept_make();
    History *h = open_at(k.path);
    ck_assert(!history_is_new(h));
    history_use(h, "/models/7b.gguf");
    history_see(h, HISTORY_LESSON, "predict", 0, 0, 4);
    history_see(h, HISTORY_LESSON, "predict", 1, 2, 4);
    history_answer(h, HISTORY_LESSON, "predict", 1);
    history_see(h, HISTORY_DECK, "/home/me/my talk.md", 9, 1, 12);
    ck_assert(history_is_new(h));
    save(h);
    ck_assert(!history_is_new(h));
    history_close(h);

    char text[400];
    read_text(k.path, text, sizeof text);
    ck_assert_str_eq(text, HEAD "deck 10 1 12 10 - /home/me/my talk.md\n"
                                "lesson 2 2 4 1-2 2 predict\n"
                                "model /models/7b.gguf\n");
    h = open_at(k.path);
    const HistoryList *all = history_list(h);
    ck_assert_int_eq(all->n, 3);
    const HistoryEntry *e = history_find(all, HISTORY_LESSON, "predict");
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->slide, 1);
    ck_assert_int_eq(e->beat, 2);
    ck_assert_int_eq(history_count(&e->seen, 4), 2);
    ck_assert(!history_has(&e->answered, 0) && history_has(&e->answered, 1));
    ck_assert(!history_is_done(e, 4) && history_is_done(e, 2));
    ck_assert_ptr_null(history_find(all, HISTORY_DECK, "predict"));
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

START_TEST(the_newest_comes_first_and_the_oldest_goes) {
    History *h = open_at(NULL);
    char name[32];
    for (int i = 0; i < HISTORY_ENTRIES_MAX + 5; i++) {
        snprintf(name, sizeof name, "/m%d", i);
        history_use(h, name);
    }
    history_use(h, "/m30");
    const HistoryList *all = history_list(h);
    ck_assert_int_eq(all->n, HISTORY_ENTRIES_MAX);
    ck_assert_str_eq(all->list[0].name, "/m30");
    ck_assert_str_eq(all->list[1].name, "/m68");
    ck_assert_ptr_null(history_find(all, HISTORY_MODEL, "/m4"));
    ck_assert_ptr_nonnull(history_find(all, HISTORY_MODEL, "/m5"));
    ck_assert(!history_is_new(h)); /* there is nowhere to keep it */
    save(h);
    history_close(h);
}
END_TEST

/* Slides beyond the limit do not count, and such a deck is never done. */
START_TEST(very_long_decks_and_odd_names_do_no_harm) {
    const Kept k = kept_make();
    History *h = open_at(k.path);
    history_see(h, HISTORY_DECK, "/long.md", 70000, 3, 70001);
    history_answer(h, HISTORY_DECK, "/long.md", 70000);
    for (int i = 0; i < HISTORY_SLIDES_MAX; i++)
        history_see(h, HISTORY_DECK, "/long.md", i, 0, 70001);
    char big[HISTORY_NAME_MAX + 1];
    memset(big, 'x', sizeof big - 1);
    big[HISTORY_NAME_MAX] = '\0';
    history_use(h, big);
    history_use(h, "/two\nlines");
    history_use(h, "/\033[2J");
    history_use(h, "");
    history_use(h, "/\xff is a byte of a path");
    history_answer(h, HISTORY_DECK, "/never seen.md", 0);
    save(h);
    history_close(h);
    h = open_at(k.path);
    ck_assert_int_eq(history_list(h)->n, 2);
    ck_assert_str_eq(history_list(h)->list[0].name,
                     "/\xff is a byte of a path");
    const HistoryEntry *e = &history_list(h)->list[1];
    ck_assert_int_eq(history_count(&e->seen, 70001), HISTORY_SLIDES_MAX);
    ck_assert(!history_is_done(e, 70001));
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

/* ---- a file that is damaged, or none of ours ----------------------------- */

START_TEST(a_damaged_line_is_left_out_and_told_once) {
    static const char *const lines[] = {
        "lesson",
        "lesson 1 0 4 1-2 2",
        "lesson 0 0 4 1 - x",
        "lesson 1 0 0 1 - x",
        "lesson 1 -1 4 1 - x",
        "lesson 1 0 4 2-1 - x",
        "lesson 1 0 4 1- - x",
        "lesson 1 0 4 1, - x",
        "lesson 1 0 4 0 - x",
        "lesson 1 0 4 1-257 - x",
        "lesson 1 0 4 1 257 x",
        "lesson 1 0 4  - x",
        "lesson 1 0 4 1x - x",
        "lesson 99999999999999999999 0 4 1 - x",
        "lesson 1 0 4 1 - a\tb",
        "lesson 1 0 4 1 - a\x1b[2Jb",
        "picture /x.png",
        "model",
        "model ",
        " model /x",
        "",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[300];
        Err err = {0};
        bool ok;
        snprintf(text, sizeof text, HEAD "model /a\n%s\nmodel /b\nnonsense\n",
                 lines[i]);
        HistoryList *list = parse(text, strlen(text), &err, &ok);
        ck_assert_msg(ok && list->n == 2, "%s: %d", lines[i], list->n);
        ck_assert_str_eq(list->list[1].name, "/b");
        ck_assert_int_eq(err.code, ERR_FORMAT);
        ck_assert_int_eq((int)err.pos, 3);
        ck_assert_ptr_nonnull(strstr(err.msg, "line 3"));
        free(list);
    }
}
END_TEST

START_TEST(what_is_no_history_is_left_alone) {
    static const char *const texts[] = {
        "x", "llantern history 2\nlesson 1 0 4 1 - a\n", "llantern history 1x",
        "\nllantern history 1\n", "\xff\xfe"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const Kept k = kept_make();
        char text[100];
        Err err = {0};
        write_text(&k, texts[i]);
        History *h = history_open(k.path, &err);
        ck_assert_ptr_nonnull(h);
        ck_assert_ptr_nonnull(strstr(err.msg, k.path));
        ck_assert_ptr_null(strchr(err.msg, '\n'));
        history_see(h, HISTORY_LESSON, "predict", 0, 0, 4);
        ck_assert_int_eq(history_list(h)->n, 1); /* of this run */
        save(h);
        history_close(h);
        read_text(k.path, text, sizeof text);
        ck_assert_str_eq(text, texts[i]);
        folder_remove(k.dir);
    }
}
END_TEST

START_TEST(a_huge_file_and_a_folder_are_refused) {
    const Kept k = kept_make();
    Err err = {0};
    const size_t n = HISTORY_BYTES_MAX + 1;
    char *text = malloc(n);
    memset(text, '\n', n);
    memcpy(text, HEAD, strlen(HEAD));
    folder_write(k.dir, "history", text, n);
    free(text);
    History *h = history_open(k.path, &err);
    ck_assert_int_ne(err.code, ERR_NONE);
    ck_assert(h && !history_is_new(h));
    history_close(h);
    err = (Err){0};
    h = history_open(k.dir, &err);
    ck_assert_int_ne(err.code, ERR_NONE);
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

/* Whatever the list holds, its text fits the limit of the file. */
START_TEST(the_longest_history_can_be_read_again) {
    HistoryList *list = calloc(1, sizeof *list), *again;
    for (int i = 0; i < HISTORY_ENTRIES_MAX; i++) {
        HistoryEntry *e = &list->list[list->n++];
        e->kind = HISTORY_DECK;
        memset(e->name, 'x', HISTORY_NAME_MAX - 1);
        e->name[0] = (char)('0' + i % 10);
        e->name[1] = (char)('0' + i / 10);
        e->slide = e->beat = 99999998;
        e->n_slides = 99999999;
        for (int k = 0; k < HISTORY_SLIDES_MAX / 64; k++)
            e->seen.bits[k] = e->answered.bits[k] = 0xAAAAAAAAAAAAAAAAu;
    }
    const size_t n = history_format(list, NULL, 0);
    ck_assert(n <= HISTORY_BYTES_MAX);
    char *text = malloc(n + 1);
    ck_assert_int_eq(history_format(list, text, n + 1), n);
    Err err = {0};
    bool ok;
    again = parse(text, n, &err, &ok);
    ck_assert_msg(ok && err.code == ERR_NONE, "%s", err.msg);
    ck_assert_int_eq(memcmp(again, list, sizeof *list), 0);
    free(again);
    free(list);
    free(text);
}
END_TEST

/* Every cut and every changed byte of a good file. */
START_TEST(no_damage_reads_out_of_bounds) {
    static const char good[] =
        HEAD "lesson 2 2 4 1-2 2 predict\nmodel /models/7b.gguf\n"
             "deck 10 1 12 1,3,5-9 - /home/me/my talk.md\n";
    for (size_t at = 0; at < sizeof good; at++)
        for (int byte = -1; byte < 256; byte += byte < 0 ? 1 : 5) {
            const size_t n = byte < 0 ? at : sizeof good - 1;
            char *text = malloc(n + 1); /* no NUL behind it */
            Err err = {0};
            bool ok;
            memcpy(text, good, n);
            if (byte >= 0 && at < n) text[at] = (char)byte;
            free(parse(text, n, &err, &ok));
            free(text);
        }
}
END_TEST

/* ---- several programs, and folders that are not there -------------------- */

START_TEST(two_at_once_lose_nothing) {
    const Kept k = kept_make();
    History *a = open_at(k.path), *b = open_at(k.path);
    history_see(a, HISTORY_LESSON, "predict", 0, 0, 4);
    history_answer(a, HISTORY_LESSON, "predict", 0);
    history_see(b, HISTORY_LESSON, "predict", 2, 1, 4);
    history_see(b, HISTORY_LESSON, "rope", 0, 0, 4);
    save(a);
    save(b);
    history_see(a, HISTORY_LESSON, "qkv", 0, 0, 3);
    save(a);
    history_close(a);
    history_close(b);
    a = open_at(k.path);
    ck_assert_int_eq(history_list(a)->n, 3);
    const HistoryEntry *e =
        history_find(history_list(a), HISTORY_LESSON, "predict");
    ck_assert(history_has(&e->seen, 0) && history_has(&e->seen, 2) &&
              history_has(&e->answered, 0));
    ck_assert_int_eq(e->slide, 2); /* as the one that saved last */
    history_close(a);
    folder_remove(k.dir);
}
END_TEST

/* While another program writes one does not wait, and tries again. */
START_TEST(a_lock_is_not_waited_for) {
    const Kept k = kept_make();
    Err err = {0};
    History *h = open_at(k.path);
    const int fd = open(k.dir, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    history_use(h, "/m");
    ck_assert(!history_save(h, &err));
    ck_assert_int_eq(err.code, ERR_NONE);
    ck_assert(history_is_new(h));
    close(fd);
    save(h);
    ck_assert(!history_is_new(h));
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

/* Many processes, each with an entry of its own. */
START_TEST(processes_take_turns) {
    enum { N = 8 };
    const Kept k = kept_make();
    for (int i = 0; i < N; i++) {
        if (fork() != 0) continue;
        History *h = open_at(k.path);
        char name[32];
        snprintf(name, sizeof name, "/m%d", i);
        history_use(h, name);
        Err err = {0};
        while (!history_save(h, &err) && err.code == ERR_NONE)
            usleep(1000);
        _exit(err.code == ERR_NONE ? 0 : 1);
    }
    for (int i = 0; i < N; i++) {
        int status;
        ck_assert(wait(&status) > 0);
        ck_assert_int_eq(status, 0);
    }
    History *h = open_at(k.path);
    ck_assert_int_eq(history_list(h)->n, N);
    ck_assert_int_eq(folder_count(k.dir, ".tmp"), 0);
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

/* Who deletes the file has deleted it: nothing of before comes back. */
START_TEST(a_deleted_file_stays_deleted) {
    const Kept k = kept_make();
    History *h = open_at(k.path);
    history_use(h, "/old");
    save(h);
    ck_assert_int_eq(unlink(k.path), 0);
    history_use(h, "/new");
    save(h);
    ck_assert_int_eq(history_list(h)->n, 1);
    ck_assert_str_eq(history_list(h)->list[0].name, "/new");
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

START_TEST(folders_are_made_when_something_is_kept) {
    const Kept k = kept_make();
    char path[FOLDER_PATH_MAX + 64];
    struct stat st;
    snprintf(path, sizeof path, "%s/state/llantern/history", k.dir);
    History *h = open_at(path);
    save(h);
    ck_assert_int_ne(stat(path, &st), 0);
    history_use(h, "/m");
    save(h);
    ck_assert_int_eq(stat(path, &st), 0);
    history_close(h);
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    folder_remove(k.dir);
}
END_TEST

/* What cannot be written is told once; the program goes on. */
START_TEST(where_nothing_can_be_written_nothing_is_kept) {
    const Kept k = kept_make();
    char path[FOLDER_PATH_MAX + 64];
    Err err = {0};
    write_text(&k, HEAD);
    snprintf(path, sizeof path, "%s/history/llantern/history", k.dir);
    History *h = open_at(path); /* under a file */
    history_use(h, "/m");
    ck_assert(!history_save(h, &err));
    ck_assert_int_eq(err.code, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, k.dir));
    ck_assert(!history_is_new(h));
    history_use(h, "/n");
    save(h);
    ck_assert_int_eq(history_list(h)->n, 2);
    history_close(h);
    folder_remove(k.dir);
}
END_TEST

/* ---- where it lies ------------------------------------------------------- */

START_TEST(its_place_is_the_desktops) {
    const Kept k = kept_make();
    char path[FOLDER_PATH_MAX + 64], want[FOLDER_PATH_MAX + 64];
    setenv("HOME", k.dir, 1);
    setenv("XDG_STATE_HOME", "/var/me", 1);
    ck_assert(history_path(path, sizeof path));
    ck_assert_str_eq(path, "/var/me/llantern/history");
    setenv("XDG_STATE_HOME", "here", 1); /* the rules: not relative */
    ck_assert(history_path(path, sizeof path));
#ifndef __APPLE__
    snprintf(want, sizeof want, "%s/.local/state/llantern/history", k.dir);
    ck_assert_str_eq(path, want);
#endif
    unsetenv("XDG_STATE_HOME");
    ck_assert(history_path(path, sizeof path));
    ck_assert(!history_path(path, 10));
    setenv("HOME", "", 1);
    ck_assert(!history_path(path, sizeof path));
    snprintf(want, sizeof want, "%s/none", k.dir); /* who has no home */
    setenv("HOME", want, 1);
    ck_assert(!history_path(path, sizeof path));
    folder_remove(k.dir);
    unsetenv("HOME");
    ck_assert(!history_path(path, sizeof path));
}
END_TEST

TEST_MAIN("history", what_was_done_is_there_the_next_time,
          the_newest_comes_first_and_the_oldest_goes,
          very_long_decks_and_odd_names_do_no_harm,
          a_damaged_line_is_left_out_and_told_once,
          what_is_no_history_is_left_alone,
          a_huge_file_and_a_folder_are_refused,
          the_longest_history_can_be_read_again, no_damage_reads_out_of_bounds,
          two_at_once_lose_nothing, a_lock_is_not_waited_for,
          processes_take_turns, a_deleted_file_stays_deleted,
          folders_are_made_when_something_is_kept,
          where_nothing_can_be_written_nothing_is_kept,
          its_place_is_the_desktops)
