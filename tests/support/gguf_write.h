/* GGUF files of the tiny model, written from the format's description. */
#ifndef TESTS_SUPPORT_GGUF_WRITE_H
#define TESTS_SUPPORT_GGUF_WRITE_H

#include "tests/support/bytes.h"
#include "tests/support/tiny_model.h"

typedef struct GgufSpec {
    TinySpec model; /* its version does not count; no tokenizer is written for
                       a vocab_size below 300 */
    int version;    /* of the container: 2 or 3 */
    DType matrices; /* of layers; norms are f32 */
    DType embedding, w_down;
    bool no_final_padding;
    bool byte_level;           /* byte_level.h's tokenizer, and vocab_size */
    const char *pre;           /* its words; NULL: llama-bpe */
    bool no_add_bos;           /* no such key */
    int turn_end;              /* eot_token_id; 0: no such key */
    int n_files;               /* split.count; 0: no such key */
    const char *chat_template; /* NULL: one of no use */
    const char *rope_type;     /* llama.rope.scaling.type; NULL: no such key */
    float rope_factor;         /* likewise .factor; 0: no such key */
} GgufSpec;

/* The tiny model and its tokenizer, all f32, version 3. */
GgufSpec gguf_spec(TinySpec model);

/* The caller frees. */
Bytes gguf_bytes(const GgufSpec *spec);

/* A file of any size, a block at a time: pseudo-random blocks, or holes, which
 * read as zeros.  Aborts when it cannot. */
void gguf_write_large(const GgufSpec *spec, const char *path, bool sparse);

/* Where, in such a file, the value of a key begins, its type being the four
 * bytes before, or the description of a tensor after its name: n_dims, dims,
 * type, offset.  Aborts when there is none. */
size_t gguf_find(const Bytes *b, const char *name);

#endif
