/* Writes a large GGUF file for measuring: right in every byte of its head,
 * pseudo-random in its weights.
 *
 *     make_gguf SHAPE TYPE FILE [sparse]
 *     make_gguf 7b q4_0 /tmp/7b.gguf         # 3.8 GB
 *     make_gguf 70b q4_0 /tmp/70b.gguf sparse # 39 GB of holes
 *
 * Or copies a llama2.c model into a folder as Hugging Face has them:
 *
 *     make_gguf hf MODEL.bin FOLDER
 */
#include "tests/support/folder.h"
#include "tests/support/gguf_write.h"
#include "tests/support/tiny_hf.h"

#include <stdio.h>
#include <string.h>

typedef struct Shape {
    const char *name;
    TinySpec model;
} Shape;

/* 7b: Llama 2 7B; 1b: TinyLlama; 40m: the least that is mapped, not read. */
#define SHAPE(d, f, l, h, g, v, context, is_tied)                              \
    {                                                                          \
        .dim = (d), .hidden_dim = (f), .n_layers = (l), .n_heads = (h),        \
        .n_kv_heads = (g), .vocab_size = (v), .seq_len = (context),            \
        .shared_classifier = (is_tied), .seed = 1                              \
    }
static const Shape shapes[] = {
    {"40m", SHAPE(512, 1376, 6, 8, 4, 300, 2048, true)},
    {"1b", SHAPE(2048, 5632, 22, 32, 4, 32000, 2048, false)},
    {"7b", SHAPE(4096, 11008, 32, 32, 32, 32000, 4096, false)},
    {"70b", SHAPE(8192, 28672, 80, 64, 8, 32000, 4096, false)},
};

static int write_hf(const char *path, const char *dir) {
    char beside[FOLDER_PATH_MAX];
    Model *m = model_open(path, NULL);
    const int vocab = m ? model_config(m)->vocab_size : 0;
    Tokenizer *t = m && tokenizer_find(path, vocab, beside, sizeof beside, NULL)
                       ? tokenizer_open(beside, vocab, NULL)
                       : NULL;
    if (t) {
        Bytes json = tiny_tokenizer_json(t, false);
        tiny_hf_write(dir, m, "F32", 2);
        folder_write(dir, "tokenizer.json", json.data, json.size);
        bytes_free(&json);
    }
    tokenizer_close(t);
    model_close(m);
    return t ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "hf") == 0)
        return write_hf(argv[2], argv[3]);
    const size_t n_shapes = sizeof shapes / sizeof *shapes;
    size_t shape = 0;
    DType type = DTYPE_F32;
    while (argc > 1 && shape < n_shapes &&
           strcmp(shapes[shape].name, argv[1]) != 0)
        shape++;
    while (argc > 2 && type < DTYPE_Q8_GROUPS &&
           strcmp(dtype_info(type)->name, argv[2]) != 0)
        type++;
    if (argc < 4 || shape == n_shapes || type == DTYPE_Q8_GROUPS) {
        fprintf(stderr, "usage: make_gguf 40m|1b|7b|70b TYPE FILE [sparse]\n");
        return 2;
    }
    GgufSpec spec = gguf_spec(shapes[shape].model);
    spec.matrices = spec.embedding = spec.w_down = type;
    /* K-quants need rows of whole blocks. */
    if (spec.model.hidden_dim % dtype_info(type)->block_items != 0)
        spec.w_down = DTYPE_F16;
    gguf_write_large(&spec, argv[3], argc > 4);
    return 0;
}
