/* Tiny seeded models and tokenizers, as file bytes and opened.
 *
 *     TinyModel t;
 *     TinySpec spec = tiny_spec();
 *     ck_assert(tiny_open(&t, &spec));
 *     ... t.model, t.tok ...
 *     tiny_close(&t);
 *
 * The weights depend on the seed, the role and the layer, not on the container:
 * files of one seed hold the same model, but for what quantising loses.
 */
#ifndef TESTS_SUPPORT_TINY_MODEL_H
#define TESTS_SUPPORT_TINY_MODEL_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

/* What is computed; of others than llama only tiny_family.h makes files. */
typedef enum TinyFamily {
    TINY_LLAMA,
    TINY_GPT2,
    TINY_QWEN2,
    TINY_QWEN3,
    TINY_GEMMA,
    TINY_FAMILIES, /* those that are fed token by token */
    TINY_BERT = TINY_FAMILIES
} TinyFamily;

typedef struct TinySpec {
    TinyFamily family; /* gpt2 and bert have as many key-value heads as heads */
    int dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len;
    bool shared_classifier;
    int version; /* of the llama2.c file: 0, 1 or 2 */
    uint64_t seed;
    int group; /* of version 2 */
    /* Weights of 7 bits behind the point, none below 2^-14: every float type
     * holds them exactly. */
    bool short_weights;
    bool wide_heads; /* of qwen3 and gemma: twice as wide as D/H */
} TinySpec;

/* The family that tiny_spec gives: tests/support/every_family.h sets it. */
extern TinyFamily tiny_family_now;

/* Edits without the words for what a model of this shape does not have (RoPE, a
 * mask).
 * Borrowed until the next call. */
const char *tiny_edits(const char *text, const Config *c);

/* Does its family have the site? */
bool tiny_has(const Config *c, int site);

/* dim 16, hidden 24, 2 layers, 4 heads, 2 kv heads, vocab 300, seq 64, shared
 * classifier, version 0, seed 1. */
TinySpec tiny_spec(void);

/* Bytes of a llama2.c model file, malloc'ed; the caller frees.  Norm gains are
 * around 1; queries and keys are large enough that attention is far from
 * uniform. */
void *tiny_model_bytes(const TinySpec *spec, size_t *size);

/* K. */
int tiny_head_dim(const TinySpec *spec);

/* The shape of a role, as stored. */
void tiny_shape(const TinySpec *spec, int role, int *rows, int *cols);

/* The weights of a role (TENSOR_ROLES: version 0's tables) in a layer,
 * malloc'ed; the caller frees. */
float *tiny_weights(const TinySpec *spec, int role, int layer, int *n);

/* The biases that a family with biases has, tiny_bias: malloc'ed; the caller
 * frees. */
float *tiny_biases(const TinySpec *spec, int role, int layer, int *n);

/* Bytes of a tokenizer.bin with exactly vocab_size >= 300 unique entries: unk,
 * bos, eos, 256 bytes, " ", a-z, "T", ".", ",", then merges with falling
 * scores: "he", " t", "at", ... " the", " cat", " sat", and from 300 on more
 * words, "é", "日" and letter pairs and triples.  malloc'ed; the caller
 * frees. */
void *tiny_tokenizer_bytes(int vocab_size, size_t *size);

/* Both as files in a folder (folder.h): "tiny.bin" and tok_name. */
void tiny_write(const TinySpec *spec, const char *dir, const char *tok_name);

typedef struct TinyModel {
    void *bytes; /* the model points into them */
    Model *model;
    void *tok_bytes;
    Tokenizer *tok; /* NULL when vocab_size < 300 */
} TinyModel;

/* Both opened over their bytes.  False with everything freed on failure. */
bool tiny_open(TinyModel *t, const TinySpec *spec);
void tiny_close(TinyModel *t);

#endif
