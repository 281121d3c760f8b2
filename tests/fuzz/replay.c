/* Replays inputs through a fuzz target: a main for compilers that have no
 * fuzzer.  Arguments: files and folders of files.  Fails when there is no
 * input at all; what a target finds wrong aborts. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

/* One input, in a block of just its size. */
static bool replay_file(const char *path, size_t size) {
    uint8_t *data = malloc(size ? size : 1);
    FILE *in = fopen(path, "rb");
    const bool ok = data && in && fread(data, 1, size, in) == size;
    if (in) fclose(in);
    if (ok)
        LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "%s: read: cannot\n", path);
    free(data);
    return ok;
}

/* Counts what it replays; -1 when it cannot. */
static int replay(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "%s: open: cannot\n", path);
        return -1;
    }
    if (!S_ISDIR(st.st_mode))
        return replay_file(path, (size_t)st.st_size) ? 1 : -1;
    DIR *d = opendir(path);
    int n = d ? 0 : -1;
    for (struct dirent *e; n >= 0 && (e = readdir(d)) != NULL;) {
        char inside[PATH_MAX];
        if (e->d_name[0] == '.') continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        const bool ok = stat(inside, &st) == 0 && S_ISREG(st.st_mode) &&
                        replay_file(inside, (size_t)st.st_size);
        n = ok ? n + 1 : -1;
    }
    if (d) closedir(d);
    return n;
}

int main(int argc, char **argv) {
    int total = 0;
    for (int i = 1; i < argc; i++) {
        const int n = replay(argv[i]);
        if (n < 0) return 1;
        total += n;
    }
    printf("%s: %d inputs\n", file_name(argv[0]), total);
    return total > 0 ? 0 : 1;
}
