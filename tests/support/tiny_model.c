/* The files are written here from the format's description, not through the
 * engine's own tables, so that reading them tests the reader. */
#include "tests/support/tiny_model.h"

#include "engine/spec/arch.h"
#include "tests/support/bytes.h"
#include "tests/support/folder.h"
#include "tests/support/tiny_family.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TinyFamily tiny_family_now;

TinySpec tiny_spec(void) {
    return (TinySpec){.family = tiny_family_now,
                      .dim = 16,
                      .hidden_dim = 24,
                      .n_layers = 2,
                      .n_heads = 4,
                      .n_kv_heads = 2,
                      .vocab_size = 300,
                      .seq_len = 64,
                      .shared_classifier = true,
                      .version = 0,
                      .seed = 1};
}

const char *tiny_edits(const char *text, const Config *c) {
    static char out[256];
    size_t n = 0;
    out[0] = '\0';
    while (*text) {
        const size_t word = strcspn(text, ",");
        if ((c->arch->rotates || strncmp(text, "rope", 4) != 0) &&
            (c->arch->causal || strncmp(text, "mask", 4) != 0))
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s",
                                  n ? "," : "", (int)word, text);
        text += word + (text[word] == ',');
    }
    return out;
}

bool tiny_has(const Config *c, int site) {
    return (arch_sites(c->arch) & SITE_BIT(site)) != 0;
}

/* ---- the model file ------------------------------------------------------ */

/* Roughly N(0,1): the sum of twelve uniforms, the same on every machine. */
static float normal_next(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(random_next(state) >> 11) * 0x1p-53;
    return (float)sum;
}

#define FREQ_CIS TENSOR_ROLES /* version 0's tables, zeros here */

/* Shape, mean and spread of a role: what its weights are drawn with.  `key`
 * tells roles apart in the seed. */
typedef struct Draw {
    int key, rows, cols;
    float mean, scale; /* the spread is scale / sqrt(cols) */
} Draw;

int tiny_head_dim(const TinySpec *s) {
    const int k = s->dim / s->n_heads;
    return s->wide_heads ? 2 * k : k;
}

static Draw draw_of(const TinySpec *s, int role) {
    const int d = s->dim;
    const int k = tiny_head_dim(s), q = s->n_heads * k;
    const bool one_each = s->family == TINY_GPT2 || s->family == TINY_BERT;
    const int kv = one_each ? d : s->n_kv_heads * k;
    const Draw draws[] = {
        [TENSOR_TOKEN_EMBED] = {0, s->vocab_size, d, 0, 4.0f},
        [TENSOR_ATTN_NORM] = {1, 1, d, 1, 0.8f},
        [TENSOR_WQ] = {2, q, d, 0, 1.6f},
        [TENSOR_WK] = {3, kv, d, 0, 1.6f},
        [TENSOR_WV] = {4, kv, d, 0, 1.0f},
        [TENSOR_WO] = {5, d, q, 0, 1.0f},
        [TENSOR_Q_NORM] = {14, 1, k, 1.2f, 0.5f},
        [TENSOR_K_NORM] = {15, 1, k, 1.2f, 0.5f},
        [TENSOR_FFN_NORM] = {6, 1, d, 1, 0.8f},
        [TENSOR_W_GATE] = {7, s->hidden_dim, d, 0, 1.2f},
        [TENSOR_W_DOWN] = {8, d, s->hidden_dim, 0, 1.0f},
        [TENSOR_W_UP] = {9, s->hidden_dim, d, 0, 1.2f},
        [TENSOR_FINAL_NORM] = {10, 1, d, 1, 0.8f},
        [FREQ_CIS] = {11, s->seq_len, d / s->n_heads, 0, 0},
        [TENSOR_POS_EMBED] = {13, s->seq_len, d, 0, 2.0f},
        [TENSOR_SEGMENT_EMBED] = {16, 2, d, 0, 1.0f},
        [TENSOR_EMBED_NORM] = {17, 1, d, 1, 0.8f},
        [TENSOR_HEAD] = {18, d, d, 0, 1.2f},
        [TENSOR_CLASSIFIER] = {12, s->vocab_size, d, 0, 1.0f},
    };
    return draws[role];
}

void tiny_shape(const TinySpec *s, int role, int *rows, int *cols) {
    const Draw draw = draw_of(s, role);
    *rows = draw.rows;
    *cols = draw.cols;
}

static float short_weight(float w) {
    uint32_t bits;
    memcpy(&bits, &w, sizeof bits);
    bits &= 0xFFFF0000u;
    memcpy(&w, &bits, sizeof bits);
    return fabsf(w) < 0x1p-14f ? 0 : w;
}

float *tiny_weights(const TinySpec *s, int role, int layer, int *n) {
    const Draw draw = draw_of(s, role);
    uint64_t state = s->seed * 1000003u + (uint64_t)draw.key * 1009u + layer;
    const float spread = draw.scale / sqrtf((float)draw.cols);
    *n = draw.rows * draw.cols;
    float *out = malloc((size_t)*n * sizeof *out);
    if (!out) abort();
    for (int i = 0; i < *n; i++)
        out[i] = draw.mean + spread * normal_next(&state);
    for (int i = 0; s->short_weights && i < *n; i++)
        out[i] = short_weight(out[i]);
    return out;
}

float *tiny_biases(const TinySpec *s, int role, int layer, int *n) {
    const Draw draw = draw_of(s, role);
    uint64_t state =
        s->seed * 1000003u + (uint64_t)(100 + draw.key) * 1009u + layer;
    *n = draw.rows == 1 ? draw.cols : draw.rows;
    float *out = malloc((size_t)*n * sizeof *out);
    if (!out) abort();
    for (int i = 0; i < *n; i++) {
        out[i] = 0.3f * normal_next(&state);
        if (s->short_weights) out[i] = short_weight(out[i]);
    }
    return out;
}

static bool is_once(int role) {
    return role == TENSOR_TOKEN_EMBED || role >= TENSOR_FINAL_NORM;
}

/* Version 2's matrices: bytes, then scales of groups. */
static void put_groups(Bytes *b, const float *w, int n, int group) {
    Bytes scales = {0};
    for (int i = 0; i < n; i += group) {
        float most = 0;
        for (int j = i; j < i + group; j++)
            most = fmaxf(most, fabsf(w[j]));
        const float scale = most / 127;
        for (int j = i; j < i + group; j++)
            bytes_u8(b, (uint8_t)(int8_t)lroundf(scale > 0 ? w[j] / scale : 0));
        bytes_f32(&scales, scale);
    }
    bytes_put(b, scales.data, scales.size);
    bytes_free(&scales);
}

/* One tensor of one layer. */
static void put_tensor(Bytes *b, const TinySpec *s, int role, int layer) {
    int n;
    float *w = tiny_weights(s, role, layer, &n);
    const bool vector = draw_of(s, role).rows == 1;
    if (s->version == 2 && !vector)
        put_groups(b, w, n, s->group);
    else
        for (int i = 0; i < n; i++)
            bytes_f32(b, w[i]);
    free(w);
}

static void put_header(Bytes *b, const TinySpec *s) {
    bool negative = s->version == 0 && !s->shared_classifier;
    if (s->version > 0) {
        bytes_u32(b, 0x616b3432);
        bytes_i32(b, s->version);
    }
    bytes_i32(b, s->dim);
    bytes_i32(b, s->hidden_dim);
    bytes_i32(b, s->n_layers);
    bytes_i32(b, s->n_heads);
    bytes_i32(b, s->n_kv_heads);
    bytes_i32(b, negative ? -s->vocab_size : s->vocab_size);
    bytes_i32(b, s->seq_len);
    if (s->version > 0) {
        bytes_u8(b, s->shared_classifier);
        if (s->version == 2) bytes_i32(b, s->group);
        bytes_zeros(b, 256 - b->size);
    }
}

void *tiny_model_bytes(const TinySpec *s, size_t *size) {
    static const int orders[][13] = {
        {TENSOR_TOKEN_EMBED, TENSOR_ATTN_NORM, TENSOR_WQ, TENSOR_WK, TENSOR_WV,
         TENSOR_WO, TENSOR_FFN_NORM, TENSOR_W_GATE, TENSOR_W_DOWN, TENSOR_W_UP,
         TENSOR_FINAL_NORM, FREQ_CIS, TENSOR_CLASSIFIER},
        {TENSOR_ATTN_NORM, TENSOR_FFN_NORM, TENSOR_FINAL_NORM,
         TENSOR_TOKEN_EMBED, TENSOR_WQ, TENSOR_WK, TENSOR_WV, TENSOR_WO,
         TENSOR_W_GATE, TENSOR_W_DOWN, TENSOR_W_UP, TENSOR_CLASSIFIER}};
    const int *order = orders[s->version > 0];
    const int n = s->version > 0 ? 12 : 13;
    Bytes b = {0};
    put_header(&b, s);
    for (int i = 0; i < n; i++) {
        if (order[i] == TENSOR_CLASSIFIER && s->shared_classifier) continue;
        for (int layer = 0; layer < (is_once(order[i]) ? 1 : s->n_layers);
             layer++)
            put_tensor(&b, s, order[i], layer);
    }
    *size = b.size;
    return b.data;
}

/* ---- the tokenizer file -------------------------------------------------- */

typedef struct Vocab {
    Bytes out;
    int n, n_max;
    int n_merged;
    char pieces[512][16]; /* those that later ones might repeat */
    int n_pieces;
} Vocab;

static void put_entry(Vocab *v, const char *piece, size_t n, float score) {
    bytes_f32(&v->out, score);
    bytes_u32(&v->out, (uint32_t)n);
    bytes_put(&v->out, piece, n);
    v->n++;
}

/* Adds a piece unless it is there already or the vocabulary is full. */
static void put_merge(Vocab *v, const char *piece) {
    if (v->n == v->n_max) return;
    for (int i = 0; i < v->n_pieces; i++)
        if (strcmp(v->pieces[i], piece) == 0) return;
    if (v->n_pieces < 512) snprintf(v->pieces[v->n_pieces++], 16, "%s", piece);
    put_entry(v, piece, strlen(piece), -(float)++v->n_merged);
}

static void put_words(Vocab *v) {
    static const char *const words[] = {
        "he",   " t",   "at",  "an", " c",   " s",  " a",  "th", " the",
        " cat", " sat", "é",   "日", "on",   " o",  " on", " m", " mat",
        " i",   " it",  " w",  "as", " was", "ing", "in",  "er", "The",
        " The", "nd",   "and", "ed", " d",   "og",  " dog"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put_merge(v, words[i]);
}

void *tiny_tokenizer_bytes(int vocab_size, size_t *size) {
    static const char singles[] = " abcdefghijklmnopqrstuvwxyzT.,";
    assert(vocab_size >= 300);
    static const float single_score = -1e6f; /* below every merge */
    Vocab v = {.n_max = vocab_size};
    char text[16];
    bytes_u32(&v.out, 6); /* the longest piece: "\n</s>\n", "<0x00>" */
    put_entry(&v, "<unk>", 5, 0);
    put_entry(&v, "\n<s>\n", 5, 0);
    put_entry(&v, "\n</s>\n", 6, 0);
    for (int i = 0; i < 256; i++) {
        snprintf(text, sizeof text, "<0x%02X>", i);
        put_entry(&v, text, 6, 0);
    }
    for (size_t i = 0; i < sizeof singles - 1; i++)
        put_entry(&v, singles + i, 1, single_score - (float)i);
    put_words(&v);
    for (char a = 'a'; a <= 'z'; a++)
        for (char b = 'a'; b <= 'z'; b++)
            put_merge(&v, (const char[]){a, b, 0});
    for (char a = 'a'; a <= 'z'; a++)
        for (char b = 'a'; b <= 'z'; b++)
            for (char c = 'a'; c <= 'z'; c++)
                put_merge(&v, (const char[]){a, b, c, 0});
    for (int i = 0; v.n < v.n_max; i++) { /* and four */
        const char quad[] = {
            (char)('a' + i / (26 * 26 * 26)), (char)('a' + i / (26 * 26) % 26),
            (char)('a' + i / 26 % 26), (char)('a' + i % 26), 0};
        put_merge(&v, quad);
    }
    assert(v.n == vocab_size);
    *size = v.out.size;
    return v.out.data;
}

/* ---- as files ------------------------------------------------------------ */

void tiny_write(const TinySpec *spec, const char *dir, const char *tok_name) {
    size_t size;
    void *bytes = tiny_model_bytes(spec, &size);
    folder_write(dir, "tiny.bin", bytes, size);
    free(bytes);
    bytes = tiny_tokenizer_bytes(spec->vocab_size, &size);
    folder_write(dir, tok_name, bytes, size);
    free(bytes);
}

/* ---- opened -------------------------------------------------------------- */

/* Its weights lie where the folder was, until they are closed. */
static Model *open_folder(const TinySpec *spec, Err *err) {
    char dir[FOLDER_PATH_MAX];
    folder_make(dir);
    tiny_family_folder(dir, spec, &(TinyForm){0});
    Model *m = model_open(dir, err);
    folder_remove(dir);
    return m;
}

bool tiny_open(TinyModel *t, const TinySpec *spec) {
    Err err = {0};
    size_t size, tok_size;
    *t = (TinyModel){0};
    if (spec->family == TINY_LLAMA) {
        t->bytes = tiny_model_bytes(spec, &size);
    } else if (spec->family != TINY_BERT) {
        const Bytes b = tiny_family_gguf(spec, DTYPE_F32);
        t->bytes = b.data;
        size = b.size;
    }
    t->model = spec->family == TINY_BERT
                   ? open_folder(spec, &err)
                   : model_open_memory("tiny.bin", t->bytes, size, &err);
    if (t->model && spec->vocab_size >= 300) {
        t->tok_bytes = tiny_tokenizer_bytes(spec->vocab_size, &tok_size);
        t->tok = tokenizer_open_memory("tiny.tok.bin", t->tok_bytes, tok_size,
                                       spec->vocab_size, &err);
    }
    if (err.code == ERR_NONE) return true;
    fprintf(stderr, "%s\n", err.msg);
    tiny_close(t);
    return false;
}

void tiny_close(TinyModel *t) {
    model_close(t->model);
    tokenizer_close(t->tok);
    free(t->bytes);
    free(t->tok_bytes);
    *t = (TinyModel){0};
}
