#include "tests/support/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void folder_make(char dir[FOLDER_PATH_MAX]) {
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, FOLDER_PATH_MAX, "%s/llantern-test-XXXXXX",
             tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) abort();
}

void folder_path(char out[FOLDER_PATH_MAX], const char *dir, const char *name) {
    int n = snprintf(out, FOLDER_PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || n >= FOLDER_PATH_MAX) abort();
}

/* Calls fn for every entry but "." and "..". */
static int each_entry(const char *dir,
                      int (*fn)(const char *dir, const char *name,
                                const char *suffix),
                      const char *suffix) {
    DIR *d = opendir(dir);
    if (!d) abort();
    int sum = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            sum += fn(dir, e->d_name, suffix);
    closedir(d);
    return sum;
}

static int ends_in(const char *dir, const char *name, const char *suffix) {
    (void)dir;
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

static int remove_one(const char *dir, const char *name, const char *suffix) {
    (void)suffix;
    char path[FOLDER_PATH_MAX];
    folder_path(path, dir, name);
    return unlink(path);
}

int folder_count(const char *dir, const char *suffix) {
    return each_entry(dir, ends_in, suffix);
}

void folder_write(const char *dir, const char *name, const void *data,
                  size_t size) {
    char path[FOLDER_PATH_MAX];
    folder_path(path, dir, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
}

void folder_remove(const char *dir) {
    each_entry(dir, remove_one, "");
    rmdir(dir);
}
