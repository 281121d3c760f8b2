/* Model: the weights of a language model, constant after model_open.
 *
 *     Err err = {0};
 *     Model *m = model_open("stories260K.bin", &err);
 *     if (!m) { fprintf(stderr, "llantern: %s\n", err.msg); return 1; }
 *     const Config *c = model_config(m);
 *     ...
 *     model_close(m);
 *
 * Does NOT run anything (see session.h) and does not tokenize.
 */
#ifndef ENGINE_MODEL_MODEL_H
#define ENGINE_MODEL_MODEL_H

#include "engine/base/watch.h"
#include "engine/spec/tensor.h"

typedef struct Model Model;

/* Files over this are not read whole to be checked; see model_open. */
#define MODEL_CHECK_MAX (64u << 20) /* bytes */
#define MODEL_PEEK_MAX  (4u << 20)  /* bytes; likewise of model_peek */
/* Weights up to this are copied to where they are read fastest. */
#define MODEL_PLACE_MAX (64u << 20) /* bytes */

/* Opens any supported model file, or a folder from Hugging Face; the kind is
 * told by the name and the first bytes.
 * Everything is checked before it returns: sizes against the file, shapes
 * against the config, weights finite: all numbers, and all scales of quantised
 * blocks, or in a file over MODEL_CHECK_MAX those of tensors that are small
 * (norms), so that opening does not read it all.  NULL and err on failure. */
Model *model_open(const char *path, Err *err);

/* As model_open, which may take a while where weights have to be put in another
 * order.  Stopped by the watch, which may be NULL: NULL, with ERR_CANCELLED. */
Model *model_open_watched(const char *path, const Watch *watch, Err *err);

/* Reads the weights of an open model into memory, in the order of use, so that
 * running does not wait for the disk at every page; those of a model that is
 * larger than memory are left.  Some megabytes a call, which touch nothing
 * else: *p begins zeroed.  False when there is no more to read. */
typedef struct ModelPrefetch {
    int tensor;           /* the next one, by layer and role */
    uint64_t at;          /* read of it so far */
    uint64_t done, total; /* bytes in all */
} ModelPrefetch;
bool model_prefetch_step(const Model *m, ModelPrefetch *p);

/* A model for looking at, not for running: everything is checked and told but
 * the weights, which are not read where the file has more than MODEL_PEEK_MAX
 * bytes; the data of its tensors must not be used.  Takes some milliseconds
 * whatever the file's size. */
Model *model_peek(const char *path, Err *err);
bool model_is_peek(const Model *m); /* the weights were not read */

/* The same over bytes that outlive the model (the embedded model). */
Model *model_open_memory(const char *name, const void *data, size_t size,
                         Err *err);
void model_close(Model *m); /* NULL is fine */

const Config *model_config(const Model *m);
const char *model_name(const Model *m);   /* file name without folder, ext */
const char *model_path(const Model *m);   /* of the file; in a folder, too */
const char *model_format(const Model *m); /* "llama2.c v0" */

/* One line about what was tolerated in the file, or NULL. */
const char *model_warning(const Model *m);
/* The same where it may make the model another than was meant: to be told on
 * opening. */
const char *model_doubt(const Model *m);
uint64_t model_n_params(const Model *m); /* a tied classifier counts once */

/* The tensor in a role; layer is ignored for one-per-model roles.  A tied
 * classifier is the embedding tensor.  Never NULL for valid arguments. */
const Tensor *model_tensor(const Model *m, TensorRole role, int layer);

/* Whether a tokenizer is inside the model's file: tokenizer_of_model. */
bool model_has_tokenizer(const Model *m);

/* The file that was opened: its bytes, for who reads more out of it. */
const File *model_file(const Model *m);

/* False, with a message, when a file of the model has been changed on disk
 * since it was opened, so that its weights are not what they were: file_check
 * of each. */
bool model_check(const Model *m, Err *err);

/* Bytes of all weights, as they are held. */
uint64_t model_weight_bytes(const Model *m);

/* sum_fnv1a of the bytes of the tokenizer's file that the model was trained
 * with, where its own file says so; 0: it does not. */
uint64_t model_tokenizer_sum(const Model *m);

/* 64-bit FNV-1a of the weights' bytes: shows that running changes nothing. */
uint64_t model_checksum(const Model *m);

#endif
