#include "tests/support/gguf_write.h"

#include "engine/format/gguf_write.h"
#include "engine/spec/arch.h"
#include "tests/support/blocks.h"
#include "tests/support/byte_level.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define ALIGNMENT 32

GgufSpec gguf_spec(TinySpec model) {
    return (GgufSpec){.model = model, .version = 3};
}

/* ---- the tokenizer ------------------------------------------------------- */

/* The pieces of tiny_tokenizer_bytes, with U+2581 for spaces and specials by
 * their plain names. */
static void put_piece(Writer *w, int id, const uint8_t *piece, uint32_t n) {
    static const char *const specials[] = {"<unk>", "<s>", "</s>"};
    char text[64];
    size_t len = 0;
    if (id < 3) {
        gguf_write_string(w, specials[id], strlen(specials[id]));
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        if (piece[i] == ' ') {
            memcpy(text + len, "\xE2\x96\x81", 3);
            len += 3;
        } else {
            text[len++] = (char)piece[i];
        }
    gguf_write_string(w, text, len);
}

static void put_int(Writer *w, int v) {
    writer_u32(w, (uint32_t)v);
}

static void put_sentencepiece(GgufWriter *g, int vocab_size) {
    size_t size;
    uint8_t *file = tiny_tokenizer_bytes(vocab_size, &size);
    Bytes scores = {0};
    const uint8_t *p = file + 4;
    gguf_write_text(g, "tokenizer.ggml.model", "llama");
    gguf_write_array(g, "tokenizer.ggml.tokens", GGUF_STRING, vocab_size);
    for (int id = 0; id < vocab_size; id++) {
        const uint32_t n = p[4]; /* no piece is longer than 255 */
        bytes_put(&scores, p, 4);
        put_piece(&g->keys, id, p + 8, n);
        p += 8 + n;
    }
    gguf_write_array(g, "tokenizer.ggml.scores", GGUF_F32, vocab_size);
    writer_bytes(&g->keys, scores.data, scores.size);
    gguf_write_array(g, "tokenizer.ggml.token_type", GGUF_I32, vocab_size);
    for (int id = 0; id < vocab_size; id++)
        put_int(&g->keys, id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
    bytes_free(&scores);
    free(file);
}

static void put_byte_level(GgufWriter *g, const char *pre) {
    gguf_write_text(g, "tokenizer.ggml.model", "gpt2");
    gguf_write_text(g, "tokenizer.ggml.pre", pre);
    gguf_write_array(g, "tokenizer.ggml.tokens", GGUF_STRING, N_BYTE_LEVEL);
    for (int id = 0; id < N_BYTE_LEVEL; id++) {
        Bytes piece = {0};
        byte_level_piece(&piece, id);
        gguf_write_string(&g->keys, (const char *)piece.data, piece.size);
        bytes_free(&piece);
    }
    gguf_write_array(g, "tokenizer.ggml.token_type", GGUF_I32, N_BYTE_LEVEL);
    for (int id = 0; id < N_BYTE_LEVEL; id++)
        put_int(&g->keys, id >= BEGIN ? 3 : 1);
    gguf_write_array(g, "tokenizer.ggml.merges", GGUF_STRING,
                     N_BYTE_LEVEL_MERGES);
    for (int i = 0; i < N_BYTE_LEVEL_MERGES; i++)
        gguf_write_string(&g->keys, byte_level_merges[i],
                          strlen(byte_level_merges[i]));
}

static void put_tokenizer(GgufWriter *g, const GgufSpec *s) {
    if (s->byte_level)
        put_byte_level(g, s->pre ? s->pre : "llama-bpe");
    else
        put_sentencepiece(g, s->model.vocab_size);
    gguf_write_count(g, "tokenizer.ggml.bos_token_id",
                     s->byte_level ? BEGIN : 1);
    gguf_write_count(g, "tokenizer.ggml.eos_token_id", s->byte_level ? END : 2);
    if (s->turn_end)
        gguf_write_count(g, "tokenizer.ggml.eot_token_id",
                         (uint32_t)s->turn_end);
    if (!s->no_add_bos)
        gguf_write_flag(g, "tokenizer.ggml.add_bos_token", true);
    gguf_write_text(g, "tokenizer.chat_template",
                    s->chat_template ? s->chat_template : "{{ 1/0 }}");
}

/* ---- the model ----------------------------------------------------------- */

static bool has_tokenizer(const GgufSpec *s) {
    return s->byte_level || s->model.vocab_size >= 300;
}

static void put_keys(GgufWriter *g, const GgufSpec *spec) {
    const TinySpec *s = &spec->model;
    const struct {
        const char *key;
        int n;
    } counts[] = {
        {"general.alignment", ALIGNMENT},
        {"llama.context_length", s->seq_len},
        {"llama.embedding_length", s->dim},
        {"llama.block_count", s->n_layers},
        {"llama.feed_forward_length", s->hidden_dim},
        {"llama.attention.head_count", s->n_heads},
        {"llama.attention.head_count_kv", s->n_kv_heads},
        {"llama.rope.dimension_count", s->dim / s->n_heads},
        {"llama.attention.key_length", s->dim / s->n_heads},
    };
    gguf_write_text(g, "general.architecture", "llama");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        gguf_write_count(g, counts[i].key, (uint32_t)counts[i].n);
    gguf_write_float(g, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf_write_float(g, "llama.rope.freq_base", 10000);
    gguf_write_count(g, "llama.vocab_size", (uint32_t)s->vocab_size);
    if (spec->rope_type)
        gguf_write_text(g, "llama.rope.scaling.type", spec->rope_type);
    if (spec->rope_factor != 0)
        gguf_write_float(g, "llama.rope.scaling.factor", spec->rope_factor);
    if (spec->n_files) {
        const uint8_t n[2] = {(uint8_t)spec->n_files, 0};
        gguf_write_key(g, "split.count", GGUF_U16);
        writer_bytes(&g->keys, n, sizeof n);
    }
    if (has_tokenizer(spec)) put_tokenizer(g, spec);
}

/* Tensors in the order of the file; their data goes to memory, to a file of
 * pseudo-random blocks, or nowhere. */
typedef struct Plan {
    const GgufSpec *spec;
    GgufWriter head;
    Bytes data;
    FILE *file;
    bool no_data;
} Plan;

/* Scales of about 0.002: first in a block, with a least value after it where
 * the type has one; last in one of q6_k. */
static void put_scales(uint8_t *block, DType type) {
    const bool has_min = type == DTYPE_Q4_1 || type == DTYPE_Q5_1 ||
                         type == DTYPE_Q4_K || type == DTYPE_Q5_K;
    const uint16_t scale = 0x1800;
    const int at = type == DTYPE_Q6_K
                       ? dtype_info(type)->block_bytes - (int)sizeof scale
                       : 0;
    memcpy(block + at, &scale, sizeof scale);
    if (has_min) memcpy(block + sizeof scale, &scale, sizeof scale);
}

/* n values of a type that are weights of a usual size: scales are constant,
 * the small integers random. */
static void put_random(FILE *f, DType type, uint64_t n) {
    const DTypeInfo *info = dtype_info(type);
    uint64_t state = 1;
    uint8_t block[256];
    for (uint64_t i = 0; i < n; i += (uint64_t)info->block_items) {
        for (int k = 0; k < info->block_bytes; k += 8) {
            const uint64_t r = random_next(&state);
            memcpy(block + k, &r, sizeof r);
        }
        if (type == DTYPE_F32)
            memcpy(block, &(float){1}, sizeof(float));
        else
            put_scales(block, type);
        if (fwrite(block, (size_t)info->block_bytes, 1, f) != 1) abort();
    }
}

static bool is_vector(int role) {
    return role == TENSOR_ATTN_NORM || role == TENSOR_FFN_NORM ||
           role == TENSOR_FINAL_NORM;
}

static void plan_tensor(Plan *p, int role, int layer) {
    const GgufSpec *s = p->spec;
    const DType type = is_vector(role)              ? DTYPE_F32
                       : role == TENSOR_TOKEN_EMBED ? s->embedding
                       : role == TENSOR_W_DOWN      ? s->w_down
                                                    : s->matrices;
    int rows, cols;
    char name[64];
    tiny_shape(&s->model, role, &rows, &cols);
    arch_tensor_name(&arch_llama, ARCH_GGUF, (TensorRole)role, layer, name,
                     sizeof name);
    const uint64_t end = p->head.data_bytes;
    const uint64_t at = gguf_write_tensor(&p->head, name, rows, cols, type);
    if (p->file) {
        fseek(p->file, (long)(at - end), SEEK_CUR);
        put_random(p->file, type, (uint64_t)rows * (uint64_t)cols);
    } else if (!p->no_data) {
        int n_made;
        float *w = tiny_weights(&s->model, role, layer, &n_made);
        bytes_zeros(&p->data, at - end);
        blocks_put(&p->data, type, w, n_made);
        free(w);
    }
}

static void plan_all(Plan *p) {
    p->head = (GgufWriter){.version = p->spec->version, .alignment = ALIGNMENT};
    plan_tensor(p, TENSOR_TOKEN_EMBED, 0);
    for (int layer = 0; layer < p->spec->model.n_layers; layer++)
        for (int role = TENSOR_ATTN_NORM; role <= TENSOR_W_DOWN; role++)
            if (arch_tensor(&arch_llama, (TensorRole)role))
                plan_tensor(p, role, layer);
    plan_tensor(p, TENSOR_FINAL_NORM, 0);
    if (!p->spec->model.shared_classifier) plan_tensor(p, TENSOR_CLASSIFIER, 0);
}

/* Everything before the data; as a test may, it aborts without memory. */
static Bytes plan_head(Plan *p) {
    size_t size;
    Err err = {0};
    put_keys(&p->head, p->spec);
    uint8_t *head = gguf_write_head(&p->head, &size, &err);
    if (!head) abort();
    Bytes b = bytes_copy(head, size);
    free(head);
    return b;
}

Bytes gguf_bytes(const GgufSpec *spec) {
    Plan p = {.spec = spec};
    plan_all(&p);
    Bytes b = plan_head(&p);
    bytes_put(&b, p.data.data, p.data.size);
    if (!spec->no_final_padding) bytes_zeros(&b, -b.size % ALIGNMENT);
    bytes_free(&p.data);
    return b;
}

void gguf_write_large(const GgufSpec *spec, const char *path, bool sparse) {
    Plan p = {.spec = spec, .no_data = true};
    FILE *f = fopen(path, "wb");
    if (!f) abort();
    plan_all(&p);
    const uint64_t data_size = p.head.data_bytes;
    Bytes head = plan_head(&p);
    const off_t size = (off_t)(head.size + data_size);
    if (fwrite(head.data, head.size, 1, f) != 1) abort();
    bytes_free(&head);
    p = (Plan){.spec = spec, .file = f};
    if (!sparse) plan_all(&p);
    free(p.head.tensors.data);
    if (fflush(f) != 0 || ftruncate(fileno(f), size) != 0) abort();
    fclose(f);
}

size_t gguf_find(const Bytes *b, const char *name) {
    const size_t n = strlen(name);
    /* A key is followed by the type of its value, a tensor's name is not. */
    const bool key = !strstr(name, ".weight");
    for (size_t at = 24; at + 8 + n <= b->size; at++)
        if (b->data[at] == n && b->data[at + 1] == 0 &&
            memcmp(b->data + at + 8, name, n) == 0)
            return at + 8 + n + (key ? 4 : 0);
    fprintf(stderr, "no %s in the file\n", name);
    abort();
}
