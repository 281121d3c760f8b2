#include "tests/support/gguf_write.h"

#include "tests/support/blocks.h"
#include "tests/support/byte_level.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define ALIGNMENT 32

enum { U16 = 2, U32 = 4, I32 = 5, F32 = 6, BOOL = 7, STRING = 8, ARRAY = 9 };

GgufSpec gguf_spec(TinySpec model) {
    return (GgufSpec){.model = model, .version = 3};
}

static void put_u64(Bytes *b, uint64_t v) {
    bytes_u32(b, (uint32_t)v);
    bytes_u32(b, (uint32_t)(v >> 32));
}

static void put_text(Bytes *b, const char *s, size_t n) {
    put_u64(b, n);
    bytes_put(b, s, n);
}

static void put_key(Bytes *b, const char *name, uint32_t type) {
    put_text(b, name, strlen(name));
    bytes_u32(b, type);
}

static void put_u32(Bytes *b, const char *name, uint32_t v) {
    put_key(b, name, U32);
    bytes_u32(b, v);
}

static void put_f32(Bytes *b, const char *name, float v) {
    put_key(b, name, F32);
    bytes_f32(b, v);
}

static void put_string(Bytes *b, const char *name, const char *v) {
    put_key(b, name, STRING);
    put_text(b, v, strlen(v));
}

static void put_array(Bytes *b, const char *name, uint32_t type, int n) {
    put_key(b, name, ARRAY);
    bytes_u32(b, type);
    put_u64(b, (uint64_t)n);
}

/* ---- the tokenizer ------------------------------------------------------- */

/* The pieces of tiny_tokenizer_bytes, with U+2581 for spaces and specials by
 * their plain names. */
static void put_piece(Bytes *b, int id, const uint8_t *piece, uint32_t n) {
    static const char *const specials[] = {"<unk>", "<s>", "</s>"};
    char text[64];
    size_t len = 0;
    if (id < 3) {
        put_text(b, specials[id], strlen(specials[id]));
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        if (piece[i] == ' ') {
            memcpy(text + len, "\xE2\x96\x81", 3);
            len += 3;
        } else {
            text[len++] = (char)piece[i];
        }
    put_text(b, text, len);
}

static void put_sentencepiece(Bytes *b, int vocab_size) {
    size_t size;
    uint8_t *file = tiny_tokenizer_bytes(vocab_size, &size);
    Bytes scores = {0};
    const uint8_t *p = file + 4;
    put_string(b, "tokenizer.ggml.model", "llama");
    put_array(b, "tokenizer.ggml.tokens", STRING, vocab_size);
    for (int id = 0; id < vocab_size; id++) {
        const uint32_t n = p[4]; /* no piece is longer than 255 */
        bytes_put(&scores, p, 4);
        put_piece(b, id, p + 8, n);
        p += 8 + n;
    }
    put_array(b, "tokenizer.ggml.scores", F32, vocab_size);
    bytes_put(b, scores.data, scores.size);
    put_array(b, "tokenizer.ggml.token_type", I32, vocab_size);
    for (int id = 0; id < vocab_size; id++)
        bytes_i32(b, id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
    bytes_free(&scores);
    free(file);
}

static void put_byte_level(Bytes *b, const char *pre) {
    put_string(b, "tokenizer.ggml.model", "gpt2");
    put_string(b, "tokenizer.ggml.pre", pre);
    put_array(b, "tokenizer.ggml.tokens", STRING, N_BYTE_LEVEL);
    for (int id = 0; id < N_BYTE_LEVEL; id++) {
        Bytes piece = {0};
        byte_level_piece(&piece, id);
        put_text(b, (const char *)piece.data, piece.size);
        bytes_free(&piece);
    }
    put_array(b, "tokenizer.ggml.token_type", I32, N_BYTE_LEVEL);
    for (int id = 0; id < N_BYTE_LEVEL; id++)
        bytes_i32(b, id >= BEGIN ? 3 : 1);
    put_array(b, "tokenizer.ggml.merges", STRING, N_BYTE_LEVEL_MERGES);
    for (int i = 0; i < N_BYTE_LEVEL_MERGES; i++)
        put_text(b, byte_level_merges[i], strlen(byte_level_merges[i]));
}

static void put_tokenizer(Bytes *b, const GgufSpec *s) {
    if (s->byte_level)
        put_byte_level(b, s->pre ? s->pre : "llama-bpe");
    else
        put_sentencepiece(b, s->model.vocab_size);
    put_u32(b, "tokenizer.ggml.bos_token_id", s->byte_level ? BEGIN : 1);
    put_u32(b, "tokenizer.ggml.eos_token_id", s->byte_level ? END : 2);
    if (s->turn_end)
        put_u32(b, "tokenizer.ggml.eot_token_id", (uint32_t)s->turn_end);
    if (!s->no_add_bos) {
        put_key(b, "tokenizer.ggml.add_bos_token", BOOL);
        bytes_u8(b, 1);
    }
    put_string(b, "tokenizer.chat_template",
               s->chat_template ? s->chat_template : "{{ 1/0 }}");
}

/* ---- the model ----------------------------------------------------------- */

/* Of the model; of its tokenizer, if byte-level one more. */
enum { N_KEYS = 12, N_TOKENIZER_KEYS = 8 };

static bool has_tokenizer(const GgufSpec *s) {
    return s->byte_level || s->model.vocab_size >= 300;
}

static void put_keys(Bytes *b, const GgufSpec *spec) {
    const TinySpec *s = &spec->model;
    uint64_t n_keys = N_KEYS;
    if (has_tokenizer(spec))
        n_keys += N_TOKENIZER_KEYS + spec->byte_level - spec->no_add_bos +
                  (spec->turn_end != 0);
    n_keys += (spec->rope_type != NULL) + (spec->rope_factor != 0) +
              (spec->n_files != 0);
    put_u64(b, n_keys);
    put_string(b, "general.architecture", "llama");
    put_u32(b, "general.alignment", ALIGNMENT);
    put_u32(b, "llama.context_length", (uint32_t)s->seq_len);
    put_u32(b, "llama.embedding_length", (uint32_t)s->dim);
    put_u32(b, "llama.block_count", (uint32_t)s->n_layers);
    put_u32(b, "llama.feed_forward_length", (uint32_t)s->hidden_dim);
    put_u32(b, "llama.attention.head_count", (uint32_t)s->n_heads);
    put_u32(b, "llama.attention.head_count_kv", (uint32_t)s->n_kv_heads);
    put_u32(b, "llama.rope.dimension_count", (uint32_t)(s->dim / s->n_heads));
    put_f32(b, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    put_f32(b, "llama.rope.freq_base", 10000);
    put_u32(b, "llama.vocab_size", (uint32_t)s->vocab_size);
    if (spec->rope_type)
        put_string(b, "llama.rope.scaling.type", spec->rope_type);
    if (spec->rope_factor != 0)
        put_f32(b, "llama.rope.scaling.factor", spec->rope_factor);
    if (spec->n_files) {
        put_key(b, "split.count", U16);
        bytes_u8(b, (uint8_t)spec->n_files);
        bytes_u8(b, 0);
    }
    if (has_tokenizer(spec)) put_tokenizer(b, spec);
}

/* Tensors in the order of the file; their data goes to memory, to a file of
 * pseudo-random blocks, or nowhere. */
typedef struct Plan {
    const GgufSpec *spec;
    Bytes infos, data;
    uint64_t data_size;
    FILE *file;
    bool no_data;
    int n;
} Plan;

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
        else /* a half of about 0.002 comes first */
            memcpy(block, &(uint16_t){0x1800}, 2);
        if (fwrite(block, (size_t)info->block_bytes, 1, f) != 1) abort();
    }
}

static bool is_vector(int role) {
    return role == TENSOR_ATTN_NORM || role == TENSOR_FFN_NORM ||
           role == TENSOR_FINAL_NORM;
}

static void plan_tensor(Plan *p, const char *name, int role, int layer) {
    const GgufSpec *s = p->spec;
    const DType type = is_vector(role)              ? DTYPE_F32
                       : role == TENSOR_TOKEN_EMBED ? s->embedding
                       : role == TENSOR_W_DOWN      ? s->w_down
                                                    : s->matrices;
    int rows, cols;
    tiny_shape(&s->model, role, &rows, &cols);
    const uint64_t n = (uint64_t)rows * (uint64_t)cols;
    const uint64_t pad = -p->data_size % ALIGNMENT;
    p->data_size += pad;
    put_text(&p->infos, name, strlen(name));
    bytes_u32(&p->infos, is_vector(role) ? 1 : 2);
    put_u64(&p->infos, (uint64_t)cols);
    if (!is_vector(role)) put_u64(&p->infos, (uint64_t)rows);
    bytes_u32(&p->infos, blocks_gguf_number(type));
    put_u64(&p->infos, p->data_size);
    const DTypeInfo *info = dtype_info(type);
    p->data_size +=
        n / (uint64_t)info->block_items * (uint64_t)info->block_bytes;
    p->n++;
    if (p->file) {
        fseek(p->file, (long)pad, SEEK_CUR);
        put_random(p->file, type, n);
    } else if (!p->no_data) {
        int n_made;
        float *w = tiny_weights(&s->model, role, layer, &n_made);
        bytes_zeros(&p->data, pad);
        blocks_put(&p->data, type, w, n_made);
        free(w);
    }
}

static void plan_layer(Plan *p, int layer) {
    static const struct {
        const char *name;
        int role;
    } parts[] = {{"attn_norm", TENSOR_ATTN_NORM}, {"attn_q", TENSOR_WQ},
                 {"attn_k", TENSOR_WK},           {"attn_v", TENSOR_WV},
                 {"attn_output", TENSOR_WO},      {"ffn_norm", TENSOR_FFN_NORM},
                 {"ffn_gate", TENSOR_W_GATE},     {"ffn_up", TENSOR_W_UP},
                 {"ffn_down", TENSOR_W_DOWN}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%d.%s.weight", layer, parts[i].name);
        plan_tensor(p, name, parts[i].role, layer);
    }
}

static void plan_all(Plan *p) {
    plan_tensor(p, "token_embd.weight", TENSOR_TOKEN_EMBED, 0);
    for (int layer = 0; layer < p->spec->model.n_layers; layer++)
        plan_layer(p, layer);
    plan_tensor(p, "output_norm.weight", TENSOR_FINAL_NORM, 0);
    if (!p->spec->model.shared_classifier)
        plan_tensor(p, "output.weight", TENSOR_CLASSIFIER, 0);
}

/* Everything before the data. */
static Bytes plan_head(const Plan *p) {
    Bytes b = {0};
    bytes_put(&b, "GGUF", 4);
    bytes_u32(&b, (uint32_t)p->spec->version);
    put_u64(&b, (uint64_t)p->n);
    put_keys(&b, p->spec);
    bytes_put(&b, p->infos.data, p->infos.size);
    bytes_zeros(&b, -b.size % ALIGNMENT);
    return b;
}

Bytes gguf_bytes(const GgufSpec *spec) {
    Plan p = {.spec = spec};
    plan_all(&p);
    Bytes b = plan_head(&p);
    bytes_put(&b, p.data.data, p.data.size);
    if (!spec->no_final_padding) bytes_zeros(&b, -b.size % ALIGNMENT);
    bytes_free(&p.infos);
    bytes_free(&p.data);
    return b;
}

void gguf_write_large(const GgufSpec *spec, const char *path, bool sparse) {
    Plan p = {.spec = spec, .no_data = true};
    FILE *f = fopen(path, "wb");
    if (!f) abort();
    plan_all(&p);
    Bytes head = plan_head(&p);
    const off_t size = (off_t)(head.size + p.data_size);
    bytes_free(&p.infos);
    if (fwrite(head.data, head.size, 1, f) != 1) abort();
    bytes_free(&head);
    p = (Plan){.spec = spec, .file = f};
    if (!sparse) plan_all(&p);
    bytes_free(&p.infos);
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
