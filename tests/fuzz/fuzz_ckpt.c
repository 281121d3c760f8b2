/* Checkpoints of a training.  The input lacks the checksum at its end, which
 * no fuzzer would find: it is put there.  What opens is saved as the same
 * bytes. */
#include "engine/train/ckpt.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/bytes.h"
#include "tests/support/folder.h"

#include <unistd.h>

#define BATCH_FLOATS_MAX 1000000.0 /* more is a matter of memory alone */

static uint64_t fnv1a(const uint8_t *bytes, size_t n) {
    uint64_t sum = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ bytes[i]) * 0x100000001B3u;
    return sum;
}

static bool is_small(const Ckpt *c) {
    const Config *s = &c->config;
    const double wide = (double)s->dim + s->hidden_dim + s->vocab_size +
                        (double)s->n_heads * s->seq_len_max;
    return wide * s->seq_len_max * s->n_layers < BATCH_FLOATS_MAX;
}

/* What was read, trained on for no step and saved again. */
static void check_saved(const Ckpt *c, const char *path, const Bytes *b) {
    TrainOptions o = c->options;
    Err err = {0};
    o.n_threads = 1;
    Trainer *t = train_open(&c->config, &o, path, &err);
    if (!t) {
        fuzz_must(holds_message(&err, path));
        return;
    }
    ckpt_restore(c, t);
    FUZZ_TRUE(train_steps(t) == c->steps);
    FUZZ_TRUE(ckpt_save(path, t, &c->text, &err));
    train_close(t);
    Ckpt again;
    FUZZ_TRUE(ckpt_open(&again, path, &err));
    FUZZ_TRUE(again.file.size == b->size);
    FUZZ_TRUE(memcmp(again.file.data, b->data, b->size) == 0);
    ckpt_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char dir[FOLDER_PATH_MAX]; /* made once */
    char path[FOLDER_PATH_MAX];
    Err err = {0};
    Bytes b = bytes_copy(data, size);
    const uint64_t sum = fnv1a(data, size);
    bytes_u32(&b, (uint32_t)sum);
    bytes_u32(&b, (uint32_t)(sum >> 32));
    if (!dir[0]) folder_make(dir);
    folder_write(dir, "f.ckpt", b.data, b.size);
    folder_path(path, dir, "f.ckpt");
    Ckpt c;
    if (ckpt_open(&c, path, &err)) {
        if (is_small(&c)) check_saved(&c, path, &b);
        ckpt_close(&c);
    } else {
        fuzz_refused(&err, path);
        FUZZ_TRUE(!c.file.data && !c.steps);
    }
    unlink(path);
    bytes_free(&b);
    return 0;
}
