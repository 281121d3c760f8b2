#include "tests/support/tiny_hf.h"

#include "engine/spec/arch.h"
#include "tests/support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- weights ------------------------------------------------------------- */

void tiny_hf_round(void *bytes, size_t begin, size_t size) {
    uint8_t *p = bytes;
    for (size_t at = begin; at + 4 <= size; at += 4) {
        float value;
        memset(p + at, 0, 2);
        memcpy(&value, p + at, 4);
        if (value < 0x1p-14f && value > -0x1p-14f) memset(p + at, 0, 4);
    }
}

static void put_weight(Bytes *b, float value, const char *type) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t half = bits >> 16;
    if (strcmp(type, "F32") == 0) {
        bytes_u32(b, bits);
        return;
    }
    if (strcmp(type, "F16") == 0 && value != 0) /* the exponent's bias */
        half =
            (bits >> 16 & 0x8000) | ((bits & 0x7FFFFFFF) - (112u << 23)) >> 13;
    bytes_u8(b, (uint8_t)half);
    bytes_u8(b, (uint8_t)(half >> 8));
}

static void put_data(Bytes *b, const Tensor *t, int head_dim, bool rotated,
                     const char *type) {
    const float *w = t->data;
    for (int row = 0; row < t->rows; row++) {
        int in_head = row % head_dim, half = head_dim / 2, from = row;
        if (rotated)
            from = row - in_head +
                   (in_head < half ? 2 * in_head : 2 * (in_head - half) + 1);
        for (int i = 0; i < t->cols; i++)
            put_weight(b, w[(size_t)from * (size_t)t->cols + (size_t)i], type);
    }
}

/* ---- model files --------------------------------------------------------- */

static void name_of(TensorRole role, int layer, char out[64]) {
    static const char *const names[TENSOR_ROLES] = {
        [TENSOR_TOKEN_EMBED] = "model.embed_tokens",
        [TENSOR_ATTN_NORM] = "input_layernorm",
        [TENSOR_WQ] = "self_attn.q_proj",
        [TENSOR_WK] = "self_attn.k_proj",
        [TENSOR_WV] = "self_attn.v_proj",
        [TENSOR_WO] = "self_attn.o_proj",
        [TENSOR_FFN_NORM] = "post_attention_layernorm",
        [TENSOR_W_GATE] = "mlp.gate_proj",
        [TENSOR_W_UP] = "mlp.up_proj",
        [TENSOR_W_DOWN] = "mlp.down_proj",
        [TENSOR_FINAL_NORM] = "model.norm",
        [TENSOR_CLASSIFIER] = "lm_head",
    };
    if (arch_tensor(&arch_llama, role)->per_layer)
        snprintf(out, 64, "model.layers.%d.%s.weight", layer, names[role]);
    else
        snprintf(out, 64, "%s.weight", names[role]);
}

/* Calls fn for every tensor of part `part` of n_parts. */
typedef void (*TensorFn)(void *ud, TensorRole role, int layer);
static void each_tensor(const Model *m, int part, int n_parts, TensorFn fn,
                        void *ud) {
    const Config *c = model_config(m);
    int i = 0;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const ArchTensor *row = arch_tensor(&arch_llama, (TensorRole)role);
        const int n = !row ? 0 : row->per_layer ? c->n_layers : 1;
        if (role == TENSOR_CLASSIFIER && c->tied) continue;
        for (int layer = 0; layer < n; layer++, i++)
            if (i % n_parts == part) fn(ud, (TensorRole)role, layer);
    }
}

typedef struct Writer {
    const Model *m;
    const char *type;
    const char *file;
    Bytes header, data;
} Writer;

static void add_tensor(void *ud, TensorRole role, int layer) {
    Writer *w = ud;
    const Tensor *t = model_tensor(w->m, role, layer);
    char name[64], shape[32];
    size_t begin = w->data.size;
    name_of(role, layer, name);
    put_data(&w->data, t, model_config(w->m)->head_dim,
             role == TENSOR_WQ || role == TENSOR_WK, w->type);
    if (t->rows == 1)
        snprintf(shape, sizeof shape, "%d", t->cols);
    else
        snprintf(shape, sizeof shape, "%d,%d", t->rows, t->cols);
    bytes_format(&w->header,
                 "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],"
                 "\"data_offsets\":[%zu,%zu]}",
                 w->header.size > 1 ? "," : "", name, w->type, shape, begin,
                 w->data.size);
}

Bytes tiny_safetensors(const Model *m, const char *type, int part,
                       int n_parts) {
    Writer w = {.m = m, .type = type};
    Bytes out = {0};
    bytes_u8(&w.header, '{');
    each_tensor(m, part, n_parts, add_tensor, &w);
    bytes_u8(&w.header, '}');
    while (w.header.size % 8)
        bytes_u8(&w.header, ' ');
    bytes_u32(&out, (uint32_t)w.header.size);
    bytes_u32(&out, 0);
    bytes_put(&out, w.header.data, w.header.size);
    bytes_put(&out, w.data.data, w.data.size);
    bytes_free(&w.header);
    bytes_free(&w.data);
    return out;
}

Bytes tiny_config_json(const Model *m, const char *more) {
    const Config *c = model_config(m);
    Bytes b = {0};
    bytes_format(&b,
                 "{\"model_type\":\"llama\",\"hidden_size\":%d,"
                 "\"intermediate_size\":%d,\"num_hidden_layers\":%d,"
                 "\"num_attention_heads\":%d,\"num_key_value_heads\":%d,"
                 "\"vocab_size\":%d,\"max_position_embeddings\":%d,"
                 "\"rms_norm_eps\":1e-05,\"tie_word_embeddings\":%s,"
                 "\"eos_token_id\":[2,3]%s}",
                 c->dim, c->hidden_dim, c->n_layers, c->n_heads, c->n_kv_heads,
                 c->vocab_size, c->seq_len_max, c->tied ? "true" : "false",
                 more);
    return b;
}

static void add_to_index(void *ud, TensorRole role, int layer) {
    Writer *w = ud;
    char name[64];
    name_of(role, layer, name);
    bytes_format(&w->header, "%s\"%s\":\"%s\"", w->data.size ? "," : "", name,
                 w->file);
    bytes_u8(&w->data, 1); /* counts */
}

static void part_name(int part, int n_parts, char out[64]) {
    if (n_parts > 1)
        snprintf(out, 64, "model-%05d-of-%05d.safetensors", part + 1, n_parts);
    else
        snprintf(out, 64, "model.safetensors");
}

Bytes tiny_index_json(const Model *m, int n_parts) {
    Writer index = {.m = m};
    bytes_format(&index.header, "{\"metadata\":{},\"weight_map\":{");
    for (int part = 0; part < n_parts; part++) {
        char name[64];
        part_name(part, n_parts, name);
        index.file = name;
        each_tensor(m, part, n_parts, add_to_index, &index);
    }
    bytes_format(&index.header, "}}");
    bytes_free(&index.data);
    return index.header;
}

/* Writes and frees. */
static void write_file(const char *dir, const char *name, Bytes b) {
    folder_write(dir, name, b.data, b.size);
    bytes_free(&b);
}

void tiny_hf_write(const char *dir, const Model *m, const char *type,
                   int n_parts) {
    write_file(dir, "config.json", tiny_config_json(m, ""));
    for (int part = 0; part < n_parts; part++) {
        char name[64];
        part_name(part, n_parts, name);
        write_file(dir, name, tiny_safetensors(m, type, part, n_parts));
    }
    if (n_parts > 1)
        write_file(dir, "model.safetensors.index.json",
                   tiny_index_json(m, n_parts));
}

/* ---- tokenizer files ----------------------------------------------------- */

static const char *const controls[] = {"<unk>", "<s>", "</s>"};

/* A piece as these files write it; n bytes at p are the piece's. */
static void put_marked(Bytes *b, const char *p, int n, bool json) {
    for (int i = 0; i < n; i++) {
        if (json && (p[i] == '"' || p[i] == '\\')) bytes_u8(b, '\\');
        bytes_put(b, p[i] == ' ' ? "\u2581" : &p[i], p[i] == ' ' ? 3 : 1);
    }
}

static void put_name(Bytes *b, const Tokenizer *t, int id, bool json) {
    Piece p = tokenizer_piece(t, id);
    if (id < TOKEN_BYTE0)
        bytes_format(b, "%s", controls[id]);
    else if (p.is_byte)
        bytes_format(b, "<0x%02X>", (unsigned char)p.bytes[0]);
    else
        put_marked(b, p.bytes, p.len, json);
}

static void put_varint(Bytes *b, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        bytes_u8(b, (uint8_t)(value | 0x80));
    bytes_u8(b, (uint8_t)value);
}

void proto_number(Bytes *b, int field, uint64_t value) {
    put_varint(b, (uint64_t)field << 3);
    put_varint(b, value);
}

void proto_float(Bytes *b, int field, float value) {
    put_varint(b, (uint64_t)field << 3 | 5);
    bytes_f32(b, value);
}

void proto_bytes(Bytes *b, int field, const void *data, size_t size) {
    put_varint(b, (uint64_t)field << 3 | 2);
    put_varint(b, size);
    bytes_put(b, data, size);
}

Bytes tiny_tokenizer_model(const Tokenizer *t) {
    Bytes out = {0}, trainer = {0}, normalizer = {0};
    for (int id = 0; id < tokenizer_n_pieces(t); id++) {
        Piece p = tokenizer_piece(t, id);
        Bytes name = {0}, piece = {0};
        put_name(&name, t, id, false);
        proto_bytes(&piece, 1, name.data, name.size);
        proto_float(&piece, 2, p.score);
        if (id == TOKEN_UNK)
            proto_number(&piece, 3, 2);
        else if (p.is_control || p.is_byte)
            proto_number(&piece, 3, p.is_byte ? 6 : 3);
        proto_bytes(&out, 1, piece.data, piece.size);
        bytes_free(&name);
        bytes_free(&piece);
    }
    proto_number(&trainer, 3, 2);             /* BPE */
    proto_number(&trainer, 35, 1);            /* byte_fallback */
    proto_number(&trainer, 43, (uint64_t)-1); /* no pad */
    proto_bytes(&normalizer, 1, "identity", 8);
    proto_number(&normalizer, 3, 1);
    proto_number(&normalizer, 4, 0);
    proto_bytes(&out, 2, trainer.data, trainer.size);
    proto_bytes(&out, 3, normalizer.data, normalizer.size);
    bytes_free(&trainer);
    bytes_free(&normalizer);
    return out;
}

static void put_merge(Bytes *b, const Piece *p, int cut, bool pairs,
                      bool first) {
    bytes_format(b, "%s%s\"", first ? "" : ",", pairs ? "[" : "");
    put_marked(b, p->bytes, cut, true);
    bytes_format(b, pairs ? "\",\"" : " ");
    put_marked(b, p->bytes + cut, p->len - cut, true);
    bytes_format(b, pairs ? "\"]" : "\"");
}

/* Every way to make a piece of two, the highest score first; in the tiny
 * tokenizer scores fall with the ids. */
static void put_merges(Bytes *b, const Tokenizer *t, bool pairs) {
    bool first = true;
    for (int id = TOKEN_BYTE0 + 256; id < tokenizer_n_pieces(t); id++) {
        Piece p = tokenizer_piece(t, id);
        for (int cut = 1; cut < p.len; cut++) {
            if (tokenizer_find_piece(t, p.bytes, cut) < 0 ||
                tokenizer_find_piece(t, p.bytes + cut, p.len - cut) < 0)
                continue;
            put_merge(b, &p, cut, pairs, first);
            first = false;
        }
    }
}

Bytes tiny_tokenizer_json(const Tokenizer *t, bool pairs) {
    Bytes b = {0};
    bytes_format(&b, "{\"version\":\"1.0\",\"added_tokens\":[");
    for (int id = 0; id < TOKEN_BYTE0; id++)
        bytes_format(&b, "%s{\"id\":%d,\"content\":\"%s\",\"special\":true}",
                     id ? "," : "", id, controls[id]);
    bytes_format(&b, "],\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["
                     "{\"type\":\"Prepend\",\"prepend\":\"\u2581\"},"
                     "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},"
                     "\"content\":\"\u2581\"}]},\"pre_tokenizer\":null,"
                     "\"post_processor\":{\"type\":\"TemplateProcessing\","
                     "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}},"
                     "{\"Sequence\":{\"id\":\"A\"}}]},"
                     "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\","
                     "\"byte_fallback\":true,\"vocab\":{");
    for (int id = 0; id < tokenizer_n_pieces(t); id++) {
        bytes_format(&b, "%s\"", id ? "," : "");
        put_name(&b, t, id, true);
        bytes_format(&b, "\":%d", id);
    }
    bytes_format(&b, "},\"merges\":[");
    put_merges(&b, t, pairs);
    bytes_format(&b, "]}}");
    return b;
}
