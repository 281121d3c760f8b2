#include "tests/support/malformed.h"

#include "tests/support/gguf_write.h"
#include "tests/support/hf_folder.h"
#include "tests/support/tiny_hf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the good files ------------------------------------------------------ */

/* As small as every edit allows: two query heads to a key-value head, and head
 * counts that can be made not to divide. */
static TinySpec model_spec(MalformedKind kind) {
    return (TinySpec){.dim = 8,
                      .hidden_dim = 4,
                      .n_layers = 1,
                      .n_heads = 4,
                      .n_kv_heads = 2,
                      .vocab_size = 3,
                      .seq_len = 4,
                      .shared_classifier = true,
                      .version = (int)(kind - MALFORMED_V0),
                      .seed = 7,
                      .group = 4};
}

static Bytes good_folder_file(MalformedKind kind) {
    const TinySpec spec = hf_folder_spec();
    TinyModel t;
    if (!tiny_open(&t, &spec)) abort();
    Bytes b = kind == MALFORMED_INDEX ? tiny_index_json(t.model, 2)
              : kind == MALFORMED_CONFIG
                  ? tiny_config_json(t.model, "")
                  : tiny_safetensors(t.model, "F32", 0, 1);
    tiny_close(&t);
    return b;
}

Bytes malformed_good(MalformedKind kind) {
    Bytes b = {0};
    const TinySpec spec = model_spec(kind);
    switch (kind) {
    case MALFORMED_V0:
    case MALFORMED_V1:
    case MALFORMED_V2:
        b.data = tiny_model_bytes(&spec, &b.size);
        b.capacity = b.size;
        return b;
    case MALFORMED_GGUF:
    case MALFORMED_GGUF_BPE:
        return malformed_good_gguf(kind == MALFORMED_GGUF_BPE);
    case MALFORMED_SAFETENSORS:
    case MALFORMED_CONFIG:
    case MALFORMED_INDEX:
        return good_folder_file(kind);
    case MALFORMED_VOCAB_JSON:
    case MALFORMED_MERGES:
    case MALFORMED_VOCAB_TXT:
    case MALFORMED_TOKENIZER_CONFIG:
    case MALFORMED_WORDPIECE:
        return malformed_good_vocab(kind);
    case MALFORMED_TOKENIZER:
    case MALFORMED_SPM:
    case MALFORMED_TOKENIZER_JSON:
    case MALFORMED_BYTE_LEVEL:
        return malformed_good_tokenizer(kind);
    default:
        return malformed_good_family(kind);
    }
}

bool malformed_is_safetensors(MalformedKind kind) {
    return kind == MALFORMED_SAFETENSORS ||
           (kind >= MALFORMED_GPT2 && kind <= MALFORMED_QWEN3);
}

/* ---- edits that several formats have ------------------------------------- */

void malformed_u8(Bytes *b, size_t at, uint64_t v) {
    assert(at < b->size);
    b->data[at] = (uint8_t)v;
}

void malformed_u32(Bytes *b, size_t at, uint64_t v) {
    bytes_set_u32(b, at, (uint32_t)v);
}

void malformed_u64(Bytes *b, size_t at, uint64_t v) {
    bytes_set_u32(b, at, (uint32_t)v);
    bytes_set_u32(b, at + 4, (uint32_t)(v >> 32));
}

void malformed_keep(Bytes *b, size_t size, uint64_t v) {
    (void)v;
    b->size = size;
}

void malformed_drop(Bytes *b, size_t size, uint64_t v) {
    (void)v;
    b->size -= size;
}

void malformed_append(Bytes *b, size_t size, uint64_t v) {
    (void)v;
    bytes_zeros(b, size);
}

void malformed_over(Bytes *b, const char *text, size_t n) {
    if (b->size < n) bytes_zeros(b, n - b->size);
    memcpy(b->data, text, n);
}

void malformed_html(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    static const char page[] = "<!DOCTYPE html>\n<html><body>404</body></html>";
    malformed_over(b, page, sizeof page - 1);
}

/* The first text in the file for another. */
static void replace(Bytes *b, const char *find, const char *put) {
    const size_t n = strlen(find), n_put = strlen(put);
    size_t at = 0;
    while (at + n <= b->size && memcmp(b->data + at, find, n) != 0)
        at++;
    if (at + n > b->size) {
        fprintf(stderr, "no %s in the file\n", find);
        abort();
    }
    bytes_cut(b, at, n);
    bytes_insert(b, at, n_put);
    memcpy(b->data + at, put, n_put);
}

/* ---- the cases ----------------------------------------------------------- */

static const char *const names[MALFORMED_KINDS] = {
    [MALFORMED_V0] = "llama2.c v0",
    [MALFORMED_V1] = "llama2.c v1",
    [MALFORMED_V2] = "llama2.c v2",
    [MALFORMED_TOKENIZER] = "tokenizer.bin",
    [MALFORMED_GGUF] = "GGUF",
    [MALFORMED_GGUF_BPE] = "GGUF, byte-level",
    [MALFORMED_SAFETENSORS] = "safetensors",
    [MALFORMED_SPM] = "tokenizer.model",
    [MALFORMED_TOKENIZER_JSON] = "tokenizer.json",
    [MALFORMED_BYTE_LEVEL] = "tokenizer.json, byte-level",
    [MALFORMED_CONFIG] = "config.json",
    [MALFORMED_INDEX] = "index.json",
    [MALFORMED_WORDPIECE] = "tokenizer.json, WordPiece",
    [MALFORMED_GPT2] = "safetensors, GPT-2",
    [MALFORMED_NANO] = "safetensors, nanoGPT",
    [MALFORMED_QWEN2] = "safetensors, Qwen 2",
    [MALFORMED_QWEN3] = "safetensors, Qwen 3",
    [MALFORMED_GPT2_CONFIG] = "config.json, GPT-2",
    [MALFORMED_NANO_CONFIG] = "config.json, nanoGPT",
    [MALFORMED_QWEN2_CONFIG] = "config.json, Qwen 2",
    [MALFORMED_QWEN3_CONFIG] = "config.json, Qwen 3",
    [MALFORMED_MISTRAL_CONFIG] = "config.json, Mistral",
    [MALFORMED_GPT2_GGUF] = "GGUF, GPT-2",
    [MALFORMED_QWEN2_GGUF] = "GGUF, Qwen 2",
    [MALFORMED_QWEN3_GGUF] = "GGUF, Qwen 3",
    [MALFORMED_VOCAB_JSON] = "vocab.json",
    [MALFORMED_MERGES] = "merges.txt",
    [MALFORMED_VOCAB_TXT] = "vocab.txt",
    [MALFORMED_TOKENIZER_CONFIG] = "tokenizer_config.json",
};

const char *malformed_kind_name(MalformedKind kind) {
    return names[kind];
}

static MalformedList list_of(int i) {
    switch (i) {
    case 0:
        return malformed_llama2c();
    case 1:
        return malformed_tokenizer();
    case 2:
        return malformed_gguf();
    case 3:
        return malformed_safetensors();
    case 4:
        return malformed_spm();
    case 5:
        return malformed_json();
    case 6:
        return malformed_family();
    default:
        return malformed_vocab();
    }
}

enum { LISTS = 8 };

size_t malformed_count(void) {
    size_t n = 0;
    for (int i = 0; i < LISTS; i++)
        n += list_of(i).n;
    return n;
}

const Malformed *malformed_case(size_t i) {
    for (int k = 0; k < LISTS; k++) {
        const MalformedList list = list_of(k);
        if (i < list.n) return &list.cases[i];
        i -= list.n;
    }
    abort();
}

Bytes malformed_bytes(const Malformed *m) {
    Bytes b = malformed_good(m->kind);
    if (m->edit)
        m->edit(&b, m->at + (m->find ? gguf_find(&b, m->find) : 0), m->value);
    else
        replace(&b, m->find, m->put);
    if (!m->edit && malformed_is_safetensors(m->kind)) /* its header's length */
        bytes_set_u32(&b, 0,
                      b.data[0] + (b.data[1] << 8) +
                          (uint32_t)(strlen(m->put) - strlen(m->find)));
    return b;
}
