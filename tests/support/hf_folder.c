#include "tests/support/hf_folder.h"

#include "tests/support/tiny_hf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_MAX 64

/* What is to be removed at the end, and by whom: a child that a test forks
 * leaves its parent's folders alone. */
static struct {
    char dirs[FOLDERS_MAX][FOLDER_PATH_MAX];
    int n;
    pid_t pid;
} made;

static void remove_all(void) {
    for (int i = 0; i < made.n && made.pid == getpid(); i++)
        folder_remove(made.dirs[i]);
}

TinySpec hf_folder_spec(void) {
    return (TinySpec){.dim = 8,
                      .hidden_dim = 4,
                      .n_layers = 1,
                      .n_heads = 2,
                      .n_kv_heads = 1,
                      .vocab_size = 3,
                      .seq_len = 4,
                      .shared_classifier = true,
                      .seed = 7};
}

void hf_folder_empty(HfFolder *f) {
    if (made.n == FOLDERS_MAX) abort();
    folder_make(f->dir);
    if (made.n == 0 && atexit(remove_all) != 0) abort();
    made.pid = getpid();
    snprintf(made.dirs[made.n++], FOLDER_PATH_MAX, "%s", f->dir);
}

void hf_folder_make(HfFolder *f, int n_parts) {
    const TinySpec spec = hf_folder_spec();
    TinyModel t;
    if (f->dir[0]) return;
    if (!tiny_open(&t, &spec)) abort();
    hf_folder_empty(f);
    tiny_hf_write(f->dir, t.model, "F32", n_parts);
    tiny_close(&t);
}
