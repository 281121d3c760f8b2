/* Ckpt: a training on disk, to be taken up again where it was left: from there
 * on it computes the same bits as if it had never stopped.
 *
 *     ckpt_save("tale.ckpt", trainer, &(CkptText){...}, &err);
 *     ...
 *     Ckpt c;
 *     if (!ckpt_open(&c, "tale.ckpt", &err)) ...
 *     Trainer *t = train_open(&c.config, &c.options, "tale.ckpt", &err);
 *     ckpt_restore(&c, t);
 *     ckpt_close(&c);
 *
 * The file, little-endian:
 *
 *     8 bytes "LLNTRAIN", u32 version 3
 *     u32 n, n bytes: the architecture's name
 *     u32 dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len
 *     u32 batch, steps, warmup, rows of drill, steps of drill
 *     f32 rate, rate_end, beta1, beta2, decay, clip
 *     u64 seed
 *     u64 checksum of the text's tokens; f32 share of it held out
 *     u32 steps done
 *     u32 n, n bytes: the tokenizer.bin
 *     u64 n, then n f32 each: weights, first and second moments, in the order
 *     of params.h
 *     u64 FNV-1a of all bytes before
 */
#ifndef ENGINE_TRAIN_CKPT_H
#define ENGINE_TRAIN_CKPT_H

#include "engine/base/file.h"
#include "engine/train/train.h"

#define CKPT_FILE_MAX ((uint64_t)8 << 30) /* bytes */

/* What the training reads. */
typedef struct CkptText {
    uint64_t checksum;     /* data->checksum */
    float held_out;        /* share */
    const void *tokenizer; /* bytes of its file; borrowed */
    size_t tokenizer_size;
} CkptText;

typedef struct Ckpt {
    File file;
    Config config;
    TrainOptions options; /* n_threads is 0 */
    CkptText text;        /* the tokenizer's bytes are the file's */
    int steps;            /* done */
    size_t state_at;      /* byte of the first weight */
} Ckpt;

/* Writes atomically: see file_save. */
bool ckpt_save(const char *path, Trainer *t, const CkptText *text, Err *err);

/* Reads and checks the whole file.  On failure *c is zeroed. */
bool ckpt_open(Ckpt *c, const char *path, Err *err);
void ckpt_close(Ckpt *c); /* a zeroed one is fine */

/* Puts weights, moments and steps into a trainer of c->config. */
void ckpt_restore(const Ckpt *c, Trainer *t);

#endif
