#include "tests/support/tiny_family.h"

#include "engine/format/gguf_write.h"
#include "tests/support/blocks.h"
#include "tests/support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 32
#define NO_ROLE   (-1)

/* ---- what a family's files hold ------------------------------------------ */

/* One tensor of a file: of one role, or of three as one. */
typedef struct Row {
    const char *hf, *gguf;
    bool in_layer, vector, bias;
    bool turned; /* in Transformers' files */
    bool halves; /* pairs that turn together are the halves of a head */
    int roles[3];
} Row;

#define ONE(ROLE)                                                              \
    { ROLE, NO_ROLE, NO_ROLE }

static const Row gpt2_rows[] = {
    {"wte", "token_embd", false, false, false, false, false,
     ONE(TENSOR_TOKEN_EMBED)},
    {"wpe", "position_embd", false, false, false, false, false,
     ONE(TENSOR_POS_EMBED)},
    {"h.%d.ln_1", "blk.%d.attn_norm", true, true, true, false, false,
     ONE(TENSOR_ATTN_NORM)},
    {"h.%d.attn.c_attn",
     "blk.%d.attn_qkv",
     true,
     false,
     true,
     true,
     false,
     {TENSOR_WQ, TENSOR_WK, TENSOR_WV}},
    {"h.%d.attn.c_proj", "blk.%d.attn_output", true, false, true, true, false,
     ONE(TENSOR_WO)},
    {"h.%d.ln_2", "blk.%d.ffn_norm", true, true, true, false, false,
     ONE(TENSOR_FFN_NORM)},
    {"h.%d.mlp.c_fc", "blk.%d.ffn_up", true, false, true, true, false,
     ONE(TENSOR_W_UP)},
    {"h.%d.mlp.c_proj", "blk.%d.ffn_down", true, false, true, true, false,
     ONE(TENSOR_W_DOWN)},
    {"ln_f", "output_norm", false, true, true, false, false,
     ONE(TENSOR_FINAL_NORM)},
    {"lm_head", "output", false, false, false, false, false,
     ONE(TENSOR_CLASSIFIER)},
};

#define QWEN_FIRST                                                             \
    {"model.embed_tokens",   "token_embd", false, false, false, false, false,  \
     ONE(TENSOR_TOKEN_EMBED)},                                                 \
    {                                                                          \
        "model.layers.%d.input_layernorm", "blk.%d.attn_norm", true, true,     \
            false, false, false, ONE(TENSOR_ATTN_NORM)                         \
    }

#define QWEN_LAST                                                              \
    {"model.layers.%d.self_attn.o_proj",                                       \
     "blk.%d.attn_output",                                                     \
     true,                                                                     \
     false,                                                                    \
     false,                                                                    \
     false,                                                                    \
     false,                                                                    \
     ONE(TENSOR_WO)},                                                          \
        {"model.layers.%d.post_attention_layernorm",                           \
         "blk.%d.ffn_norm",                                                    \
         true,                                                                 \
         true,                                                                 \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         ONE(TENSOR_FFN_NORM)},                                                \
        {"model.layers.%d.mlp.gate_proj",                                      \
         "blk.%d.ffn_gate",                                                    \
         true,                                                                 \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         ONE(TENSOR_W_GATE)},                                                  \
        {"model.layers.%d.mlp.up_proj",                                        \
         "blk.%d.ffn_up",                                                      \
         true,                                                                 \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         ONE(TENSOR_W_UP)},                                                    \
        {"model.layers.%d.mlp.down_proj",                                      \
         "blk.%d.ffn_down",                                                    \
         true,                                                                 \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         false,                                                                \
         ONE(TENSOR_W_DOWN)},                                                  \
        {"model.norm", "output_norm", false, true,                             \
         false,        false,         false, ONE(TENSOR_FINAL_NORM)},          \
    {                                                                          \
        "lm_head", "output", false, false, false, false, false,                \
            ONE(TENSOR_CLASSIFIER)                                             \
    }

#define QWEN_QKV(BIAS)                                                         \
    {"model.layers.%d.self_attn.q_proj",                                       \
     "blk.%d.attn_q",                                                          \
     true,                                                                     \
     false,                                                                    \
     BIAS,                                                                     \
     false,                                                                    \
     true,                                                                     \
     ONE(TENSOR_WQ)},                                                          \
        {"model.layers.%d.self_attn.k_proj",                                   \
         "blk.%d.attn_k",                                                      \
         true,                                                                 \
         false,                                                                \
         BIAS,                                                                 \
         false,                                                                \
         true,                                                                 \
         ONE(TENSOR_WK)},                                                      \
    {                                                                          \
        "model.layers.%d.self_attn.v_proj", "blk.%d.attn_v", true, false,      \
            BIAS, false, false, ONE(TENSOR_WV)                                 \
    }

/* Only a folder has its halves: llama2.c and GGUF keep neighbours. */
static const Row llama_rows[] = {QWEN_FIRST, QWEN_QKV(false), QWEN_LAST};
static const Row qwen2_rows[] = {QWEN_FIRST, QWEN_QKV(true), QWEN_LAST};
static const Row qwen3_rows[] = {
    QWEN_FIRST,
    QWEN_QKV(false),
    {"model.layers.%d.self_attn.q_norm", "blk.%d.attn_q_norm", true, true,
     false, false, true, ONE(TENSOR_Q_NORM)},
    {"model.layers.%d.self_attn.k_norm", "blk.%d.attn_k_norm", true, true,
     false, false, true, ONE(TENSOR_K_NORM)},
    QWEN_LAST};

#define BERT(NAME, GGUF, ROLE, LAYER, VECTOR, BIAS)                            \
    { NAME, GGUF, LAYER, VECTOR, BIAS, false, false, ONE(ROLE) }
#define BERT_ONCE(NAME, GGUF, ROLE)                                            \
    BERT("embeddings." NAME, GGUF, ROLE, false, false, false)
#define BERT_LAYER(NAME, GGUF, ROLE, VECTOR)                                   \
    BERT("encoder.layer.%d." NAME, "blk.%d." GGUF, ROLE, true, VECTOR, true)
/* No GGUF file has the head. */
#define BERT_HEAD(NAME, ROLE, VECTOR)                                          \
    BERT("cls.predictions." NAME, NULL, ROLE, false, VECTOR, true)

static const Row bert_rows[] = {
    BERT_ONCE("word_embeddings", "token_embd", TENSOR_TOKEN_EMBED),
    BERT_ONCE("position_embeddings", "position_embd", TENSOR_POS_EMBED),
    BERT_ONCE("token_type_embeddings", "token_types", TENSOR_SEGMENT_EMBED),
    BERT("embeddings.LayerNorm", "token_embd_norm", TENSOR_EMBED_NORM, false,
         true, true),
    BERT_LAYER("attention.self.query", "attn_q", TENSOR_WQ, false),
    BERT_LAYER("attention.self.key", "attn_k", TENSOR_WK, false),
    BERT_LAYER("attention.self.value", "attn_v", TENSOR_WV, false),
    BERT_LAYER("attention.output.dense", "attn_output", TENSOR_WO, false),
    BERT_LAYER("attention.output.LayerNorm", "attn_output_norm",
               TENSOR_ATTN_NORM, true),
    BERT_LAYER("intermediate.dense", "ffn_up", TENSOR_W_UP, false),
    BERT_LAYER("output.dense", "ffn_down", TENSOR_W_DOWN, false),
    BERT_LAYER("output.LayerNorm", "layer_output_norm", TENSOR_FFN_NORM, true),
    BERT_HEAD("transform.dense", TENSOR_HEAD, false),
    BERT_HEAD("transform.LayerNorm", TENSOR_FINAL_NORM, true),
    BERT_HEAD("decoder", TENSOR_CLASSIFIER, false),
};

/* Named as LLaMA's: what differs is told by the family's name. */
static const Row gemma_rows[] = {QWEN_FIRST, QWEN_QKV(false), QWEN_LAST};

typedef struct Family {
    const char *name, *prefix;
    const Row *rows;
    int n_rows;
} Family;

static const Family families[TINY_FAMILIES + 1] = {
    [TINY_LLAMA] = {"llama", "", llama_rows,
                    sizeof llama_rows / sizeof *llama_rows},
    [TINY_GPT2] = {"gpt2", "transformer.", gpt2_rows,
                   sizeof gpt2_rows / sizeof *gpt2_rows},
    [TINY_QWEN2] = {"qwen2", "", qwen2_rows,
                    sizeof qwen2_rows / sizeof *qwen2_rows},
    [TINY_QWEN3] = {"qwen3", "", qwen3_rows,
                    sizeof qwen3_rows / sizeof *qwen3_rows},
    [TINY_GEMMA] = {"gemma", "", gemma_rows,
                    sizeof gemma_rows / sizeof *gemma_rows},
    [TINY_BERT] = {"bert", "bert.", bert_rows,
                   sizeof bert_rows / sizeof *bert_rows},
};

static const Row *row_of_role(const Family *f, int role) {
    for (int i = 0; i < f->n_rows; i++)
        for (int k = 0; k < 3; k++)
            if (f->rows[i].roles[k] == role) return &f->rows[i];
    abort();
}

float *tiny_bias(const TinySpec *s, int role, int layer, int *n) {
    if (!row_of_role(&families[s->family], role)->bias) return NULL;
    return tiny_biases(s, role, layer, n);
}

/* ---- one tensor ---------------------------------------------------------- */

/* A tensor of a file as floats, its rows in order; the caller frees. */
typedef struct Made {
    char name[64];
    int rows, cols;
    float *w;
} Made;

static void append(Made *m, float *part, int n) {
    const size_t have = (size_t)m->rows * (size_t)m->cols;
    float *w = realloc(m->w, (have + (size_t)n) * sizeof *w);
    if (!w) abort();
    memcpy(w + have, part, (size_t)n * sizeof *w);
    free(part);
    m->w = w;
}

/* Rows, or elements of a vector, as they lie where halves turn together. */
static void split_halves(Made *m, int head_dim) {
    const bool vector = m->rows == 1;
    const int n = vector ? m->cols : m->rows, width = vector ? 1 : m->cols;
    float *w = calloc((size_t)n * (size_t)width, sizeof *w);
    if (!w) abort();
    for (int i = 0; i < n; i++) {
        const int in = i % head_dim, half = head_dim / 2;
        const int from = i - in + (in < half ? 2 * in : 2 * (in - half) + 1);
        memcpy(w + (size_t)i * (size_t)width,
               m->w + (size_t)from * (size_t)width, (size_t)width * sizeof *w);
    }
    free(m->w);
    m->w = w;
}

static Made make(const TinySpec *s, const Row *row, const char *stem, int layer,
                 bool bias) {
    Made m = {0};
    char name[64];
    snprintf(name, sizeof name, stem, layer);
    snprintf(m.name, sizeof m.name, "%.50s.%s", name, bias ? "bias" : "weight");
    for (int i = 0; i < 3 && row->roles[i] != NO_ROLE; i++) {
        int rows, cols, n;
        float *part;
        tiny_shape(s, row->roles[i], &rows, &cols);
        if (bias) {
            part = tiny_bias(s, row->roles[i], layer, &n);
            rows = n;
            cols = 1;
        } else {
            part = tiny_weights(s, row->roles[i], layer, &n);
        }
        m.cols = cols;
        append(&m, part, n);
        m.rows += rows;
    }
    if (bias) { /* a vector */
        m.cols = m.rows;
        m.rows = 1;
    }
    if (row->halves) split_halves(&m, tiny_head_dim(s));
    return m;
}

static Made turned(Made m) {
    Made out = m;
    out.w = calloc((size_t)m.rows * (size_t)m.cols, sizeof *out.w);
    if (!out.w) abort();
    out.rows = m.cols;
    out.cols = m.rows;
    for (int i = 0; i < m.rows; i++)
        for (int k = 0; k < m.cols; k++)
            out.w[(size_t)k * (size_t)m.rows + (size_t)i] =
                m.w[(size_t)i * (size_t)m.cols + (size_t)k];
    free(m.w);
    return out;
}

/* Calls fn for every tensor of a file, biases after their weights. */
typedef void (*MadeFn)(void *ud, Made *m, const Row *row, bool bias);
static void each(const TinySpec *s, bool hf, bool no_bias, MadeFn fn,
                 void *ud) {
    const Family *f = &families[s->family];
    for (int i = 0; i < f->n_rows; i++) {
        const Row *row = &f->rows[i];
        if (!hf && !row->gguf) continue;
        const bool shared =
            row->roles[0] == TENSOR_CLASSIFIER && s->shared_classifier;
        for (int layer = 0; layer < (row->in_layer ? s->n_layers : 1); layer++)
            for (int bias = shared; bias <= (row->bias && !no_bias); bias++) {
                Made m = make(s, row, hf ? row->hf : row->gguf, layer, bias);
                fn(ud, &m, row, bias);
                free(m.w);
            }
    }
}

/* ---- GGUF ---------------------------------------------------------------- */

typedef struct Gguf {
    GgufWriter head;
    Bytes data;
    DType matrices, head_norms;
} Gguf;

static void add_gguf(void *ud, Made *m, const Row *row, bool bias) {
    Gguf *g = ud;
    const DType type = bias || !row->in_layer ? DTYPE_F32
                       : !row->vector         ? g->matrices
                       : row->halves          ? g->head_norms
                                              : DTYPE_F32;
    const uint64_t end = g->head.data_bytes;
    const uint64_t at =
        gguf_write_tensor(&g->head, m->name, m->rows, m->cols, type);
    bytes_zeros(&g->data, at - end);
    blocks_put(&g->data, type, m->w, m->rows * m->cols);
}

typedef enum Mask { MASK_UNSAID, MASK_CAUSAL, MASK_NONE } Mask;

static void put_keys(GgufWriter *g, const TinySpec *s, Mask mask) {
    const char *name = families[s->family].name;
    const struct {
        const char *key;
        int n;
    } counts[] = {{"context_length", s->seq_len},
                  {"embedding_length", s->dim},
                  {"block_count", s->n_layers},
                  {"feed_forward_length", s->hidden_dim},
                  {"attention.head_count", s->n_heads}};
    char key[64];
    gguf_write_text(g, "general.architecture", name);
    gguf_write_count(g, "general.alignment", ALIGNMENT);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        snprintf(key, sizeof key, "%s.%s", name, counts[i].key);
        gguf_write_count(g, key, (uint32_t)counts[i].n);
    }
    snprintf(key, sizeof key, "%s.attention.causal", name);
    if (mask != MASK_UNSAID) gguf_write_flag(g, key, mask == MASK_CAUSAL);
    const bool plain = s->family == TINY_GPT2 || s->family == TINY_BERT;
    snprintf(key, sizeof key, "%s.attention.layer_norm%s_epsilon", name,
             plain ? "" : "_rms");
    gguf_write_float(g, key, 1e-5f);
    if (plain) return;
    snprintf(key, sizeof key, "%s.attention.head_count_kv", name);
    gguf_write_count(g, key, (uint32_t)s->n_kv_heads);
    snprintf(key, sizeof key, "%s.attention.key_length", name);
    gguf_write_count(g, key, (uint32_t)tiny_head_dim(s));
}

static Bytes make_gguf(const TinySpec *spec, DType matrices, DType head_norms,
                       Mask mask) {
    Gguf g = {.head = {.version = 3, .alignment = ALIGNMENT},
              .matrices = matrices,
              .head_norms = head_norms};
    size_t size;
    Err err = {0};
    each(spec, false, false, add_gguf, &g);
    put_keys(&g.head, spec, mask);
    uint8_t *head = gguf_write_head(&g.head, &size, &err);
    if (!head) abort();
    Bytes b = bytes_copy(head, size);
    free(head);
    bytes_put(&b, g.data.data, g.data.size);
    bytes_zeros(&b, -b.size % ALIGNMENT);
    bytes_free(&g.data);
    return b;
}

Bytes tiny_family_gguf(const TinySpec *spec, DType matrices) {
    return make_gguf(spec, matrices, DTYPE_F32, MASK_UNSAID);
}

Bytes tiny_family_gguf_norms(const TinySpec *spec, DType matrices,
                             DType head_norms) {
    return make_gguf(spec, matrices, head_norms, MASK_UNSAID);
}

Bytes tiny_family_gguf_mask(const TinySpec *spec, bool causal) {
    return make_gguf(spec, DTYPE_F32, DTYPE_F32,
                     causal ? MASK_CAUSAL : MASK_NONE);
}

/* ---- Hugging Face -------------------------------------------------------- */

typedef struct Hf {
    const TinyForm *form;
    TinyFamily family;
    const char *prefix, *type;
    bool is_bert;
    Bytes header, data;
} Hf;

static void put_number(Bytes *b, float w, const char *type) {
    uint32_t bits;
    memcpy(&bits, &w, sizeof bits);
    if (strcmp(type, "F32") == 0)
        bytes_f32(b, w);
    else if (strcmp(type, "BF16") == 0)
        bytes_put(b, (const uint8_t *)&bits + 2, 2);
    else {
        Bytes half = {0};
        blocks_put(&half, DTYPE_F16, &w, 1);
        bytes_put(b, half.data, 2);
        bytes_free(&half);
    }
}

static void put_entry(Hf *h, const char *name, int rows, int cols,
                      size_t begin) {
    char shape[32];
    if (rows == 1)
        snprintf(shape, sizeof shape, "%d", cols);
    else
        snprintf(shape, sizeof shape, "%d,%d", rows, cols);
    bytes_format(&h->header,
                 "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],"
                 "\"data_offsets\":[%zu,%zu]}",
                 h->header.size > 1 ? "," : "", name, h->type, shape, begin,
                 h->data.size);
}

/* A tensor of n numbers that are no weights. */
static void put_other(Hf *h, const char *name, int n) {
    const size_t begin = h->data.size;
    for (int i = 0; i < n; i++)
        put_number(&h->data, 1, h->type);
    put_entry(h, name, 1, n, begin);
}

/* What BERT's files call otherwise. */
static void rename_bert(const TinyForm *form, Made *m, const Row *row,
                        bool bias) {
    char *norm = strstr(m->name, "LayerNorm.");
    if (norm && form->old_norms)
        memcpy(norm + strlen("LayerNorm."), bias ? "beta" : "gamma",
               bias ? sizeof "beta" : sizeof "gamma");
    if (bias && row->roles[0] == TENSOR_CLASSIFIER && !form->decoder_bias)
        memcpy(m->name, "cls.predictions.bias", sizeof "cls.predictions.bias");
}

/* What its files hold beside what is run. */
static void put_bert_others(Hf *h, const Row *row, bool bias) {
    if (row->roles[0] == TENSOR_CLASSIFIER && bias && h->form->decoder_bias)
        put_other(h, "cls.predictions.bias", 4);
    if (row->roles[0] != TENSOR_EMBED_NORM || !bias || !h->form->buffers)
        return;
    put_other(h, "bert.embeddings.position_ids", 4);
    put_other(h, "bert.pooler.dense.weight", 4);
    put_other(h, "bert.pooler.dense.bias", 2);
    put_other(h, "cls.seq_relationship.weight", 4);
    put_other(h, "cls.seq_relationship.bias", 2);
}

static void add_hf(void *ud, Made *m, const Row *row, bool bias) {
    Hf *h = ud;
    char name[96];
    const size_t begin = h->data.size;
    const bool is_head = strncmp(m->name, "cls.", 4) == 0;
    const bool prefixed = row->roles[0] != TENSOR_CLASSIFIER && !is_head;
    if (is_head && h->form->no_head) return;
    if (h->is_bert) rename_bert(h->form, m, row, bias);
    if (row->turned && !bias && !h->form->as_linear) *m = turned(*m);
    /* A gain of 1 is stored as 0. */
    const float less = h->family == TINY_GEMMA && row->vector ? 1 : 0;
    for (int i = 0; i < m->rows * m->cols; i++)
        put_number(&h->data, m->w[i] - less, h->type);
    const bool renamed =
        h->form->output_alone && !bias && row->roles[0] == TENSOR_TOKEN_EMBED;
    snprintf(name, sizeof name, "%s%s%s", h->form->compiled ? "_orig_mod." : "",
             prefixed && !renamed ? h->prefix : "",
             renamed ? "lm_head.weight" : m->name);
    put_entry(h, name, m->rows, m->cols, begin);
    if (h->is_bert) {
        put_bert_others(h, row, bias);
        return;
    }
    if (h->form->buffers && bias && row->roles[0] == TENSOR_WQ) {
        const int stem = (int)(strstr(name, "c_attn.bias") - name);
        char other[sizeof name];
        snprintf(other, sizeof other, "%.*sbias", stem, name);
        put_other(h, other, 4);
        snprintf(other, sizeof other, "%.*smasked_bias", stem, name);
        put_other(h, other, 1);
    }
}

Bytes tiny_family_safetensors(const TinySpec *spec, const TinyForm *form) {
    Hf h = {.form = form,
            .family = spec->family,
            .prefix = form->no_prefix ? "" : families[spec->family].prefix,
            .is_bert = spec->family == TINY_BERT,
            .type = form->type ? form->type : "F32"};
    Bytes out = {0};
    bytes_u8(&h.header, '{');
    each(spec, true, form->no_bias, add_hf, &h);
    if (form->extra) put_other(&h, form->extra, 1);
    bytes_u8(&h.header, '}');
    while (h.header.size % 8)
        bytes_u8(&h.header, ' ');
    bytes_u32(&out, (uint32_t)h.header.size);
    bytes_u32(&out, 0);
    bytes_put(&out, h.header.data, h.header.size);
    bytes_put(&out, h.data.data, h.data.size);
    bytes_free(&h.header);
    bytes_free(&h.data);
    return out;
}

static Bytes kin_config(const TinySpec *s, const TinyForm *form) {
    Bytes b = {0};
    bytes_format(&b,
                 "{\"model_type\":\"%s\",\"hidden_size\":%d,"
                 "\"intermediate_size\":%d,\"num_hidden_layers\":%d,"
                 "\"num_attention_heads\":%d,\"num_key_value_heads\":%d,"
                 "\"head_dim\":%d,\"vocab_size\":%d,"
                 "\"max_position_embeddings\":%d,\"rms_norm_eps\":1e-05,"
                 "\"tie_word_embeddings\":%s%s}",
                 form->model_type ? form->model_type : families[s->family].name,
                 s->dim, s->hidden_dim, s->n_layers, s->n_heads, s->n_kv_heads,
                 tiny_head_dim(s), s->vocab_size, s->seq_len,
                 s->shared_classifier ? "true" : "false",
                 form->more ? form->more : "");
    return b;
}

static Bytes bert_config(const TinySpec *s, const TinyForm *form) {
    Bytes b = {0};
    bytes_format(&b, "{");
    if (!form->own_config)
        bytes_format(&b, "\"model_type\":\"%s\",\"layer_norm_eps\":1e-12,",
                     form->model_type ? form->model_type : "bert");
    bytes_format(&b,
                 "\"hidden_size\":%d,\"intermediate_size\":%d,"
                 "\"num_hidden_layers\":%d,\"num_attention_heads\":%d,"
                 "\"vocab_size\":%d,\"max_position_embeddings\":%d,"
                 "\"type_vocab_size\":2%s%s}",
                 s->dim, s->hidden_dim, s->n_layers, s->n_heads, s->vocab_size,
                 s->seq_len,
                 s->shared_classifier ? "" : ",\"tie_word_embeddings\":false",
                 form->more ? form->more : "");
    return b;
}

Bytes tiny_family_config(const TinySpec *s, const TinyForm *form) {
    Bytes b = {0};
    if (s->family == TINY_BERT) return bert_config(s, form);
    if (s->family != TINY_GPT2) return kin_config(s, form);
    bytes_format(&b,
                 "{%s\"n_embd\":%d,\"n_layer\":%d,\"n_head\":%d,"
                 "\"vocab_size\":%d,\"n_inner\":%d,\"%s\":%d",
                 form->own_config ? "" : "\"model_type\":\"gpt2\",", s->dim,
                 s->n_layers, s->n_heads, s->vocab_size, s->hidden_dim,
                 form->own_config ? "block_size" : "n_positions", s->seq_len);
    if (form->own_config)
        bytes_format(&b, ",\"bias\":%s", form->no_bias ? "false" : "true");
    else
        bytes_format(&b, ",\"tie_word_embeddings\":%s",
                     s->shared_classifier ? "true" : "false");
    bytes_format(&b, "%s}", form->more ? form->more : "");
    return b;
}

void tiny_family_folder(const char *dir, const TinySpec *spec,
                        const TinyForm *form) {
    Bytes b = tiny_family_config(spec, form);
    folder_write(dir, "config.json", b.data, b.size);
    bytes_free(&b);
    b = tiny_family_safetensors(spec, form);
    folder_write(dir, "model.safetensors", b.data, b.size);
    bytes_free(&b);
}

Model *tiny_family_open(const TinySpec *spec, const TinyForm *form, Err *err) {
    char dir[FOLDER_PATH_MAX];
    *err = (Err){0};
    folder_make(dir);
    tiny_family_folder(dir, spec, form);
    Model *m = model_open(dir, err);
    folder_remove(dir);
    return m;
}
