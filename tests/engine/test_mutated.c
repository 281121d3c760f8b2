/* Good files cut at every byte, and with bytes changed: each is refused with
 * one line that names file and field, or what it opens as is sound, and a step
 * of it gives finite numbers. */
#include "tests/support/damaged.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* The smallest good file of a kind; of GGUF one without a tokenizer. */
static Bytes smallest(MalformedKind kind) {
    if (kind != MALFORMED_GGUF) return malformed_good(kind);
    GgufSpec s = gguf_spec((TinySpec){.dim = 8,
                                      .hidden_dim = 4,
                                      .n_layers = 1,
                                      .n_heads = 4,
                                      .n_kv_heads = 2,
                                      .vocab_size = 3,
                                      .seq_len = 4,
                                      .shared_classifier = true,
                                      .seed = 7});
    return gguf_bytes(&s);
}

/* True if the bytes open, as a model without its tokenizer, too. */
static bool check_bytes(MalformedKind kind, const void *data, size_t size,
                        const char *what, size_t at) {
    Damaged d;
    damaged_open(&d, kind, data, size);
    const char *wrong = damaged_wrong(&d);
    const bool opened = d.model || d.tok;
    if (wrong)
        ck_abort_msg("%s, %s %zu: %s (%s)", malformed_kind_name(kind), what, at,
                     wrong, d.err.msg);
    damaged_close(&d);
    return opened;
}

/* What is a list of lines may end after any of them. */
static bool is_lines(MalformedKind kind) {
    return kind == MALFORMED_MERGES || kind == MALFORMED_VOCAB_TXT;
}

START_TEST(a_file_cut_at_any_byte_is_refused) {
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        Bytes good = smallest(kind);
        for (size_t size = 0; size < good.size; size++)
            if (check_bytes(kind, good.data, size, "cut at", size) &&
                !is_lines(kind))
                ck_abort_msg("%s opens cut to %zu bytes",
                             malformed_kind_name(kind), size);
        printf("  %-28s%6zu cuts\n", malformed_kind_name(kind), good.size);
        bytes_free(&good);
    }
}
END_TEST

static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
enum { N_BITS = 8, N_CHANGES = sizeof values + N_BITS };

/* Change i of a byte: one bit, or one of the telling values. */
static uint8_t changed(uint8_t byte, size_t i) {
    if (i < N_BITS) return (uint8_t)(byte ^ 1u << i);
    return values[i - N_BITS];
}

/* Every change of each byte before `all`; of the others one each, in turn. */
static void change_bytes(MalformedKind kind, Bytes good, size_t all) {
    size_t n = 0, n_open = 0;
    for (size_t at = 0; at < good.size; at++) {
        const uint8_t was = good.data[at];
        for (size_t i = 0; i < N_CHANGES; i++) {
            if (at >= all && i != at % N_CHANGES) continue;
            good.data[at] = changed(was, i);
            n_open += check_bytes(kind, good.data, good.size, "byte", at);
            n++;
        }
        good.data[at] = was;
    }
    printf("  %-28s%6zu changes, %zu open\n", malformed_kind_name(kind), n,
           n_open);
    bytes_free(&good);
}

/* The end of what a file says about its data. */
static size_t header_end(MalformedKind kind, const Bytes *good) {
    switch (kind) {
    case MALFORMED_V0:
        return 28;
    case MALFORMED_V1:
    case MALFORMED_V2:
        return 256;
    case MALFORMED_GGUF:
        return gguf_find(good, "output_norm.weight") + 4 + 8 + 4 + 8;
    case MALFORMED_GPT2_GGUF:
        return gguf_find(good, "output_norm.bias") + 4 + 8 + 4 + 8;
    case MALFORMED_QWEN2_GGUF:
    case MALFORMED_QWEN3_GGUF:
        return gguf_find(good, "output_norm.weight") + 4 + 8 + 4 + 8;
    case MALFORMED_GGUF_BPE: /* to where the pieces begin */
        return gguf_find(good, "tokenizer.ggml.tokens") + 40;
    case MALFORMED_SAFETENSORS:
    case MALFORMED_GPT2:
    case MALFORMED_NANO:
    case MALFORMED_QWEN2:
    case MALFORMED_QWEN3:
        return 8 + good->data[0] + ((size_t)good->data[1] << 8);
    case MALFORMED_TOKENIZER_JSON:
    case MALFORMED_BYTE_LEVEL:
        return 700; /* somewhere in the vocabulary */
    case MALFORMED_VOCAB_JSON:
    case MALFORMED_TOKENIZER:
    case MALFORMED_SPM:
        return 200;
    default:
        return good->size;
    }
}

static void change_kinds(MalformedKind first, MalformedKind last) {
    for (MalformedKind kind = first; kind <= last; kind++) {
        Bytes good = smallest(kind);
        change_bytes(kind, good, header_end(kind, &good));
    }
}

/* A changed byte is refused or harmless. */

START_TEST(changed_llama2c) {
    change_kinds(MALFORMED_V0, MALFORMED_TOKENIZER);
}
END_TEST

START_TEST(changed_gguf) {
    change_kinds(MALFORMED_GGUF, MALFORMED_GGUF);
}
END_TEST

START_TEST(changed_gguf_with_tokenizer) {
    change_kinds(MALFORMED_GGUF_BPE, MALFORMED_GGUF_BPE);
}
END_TEST

START_TEST(changed_tokenizers) {
    change_kinds(MALFORMED_SPM, MALFORMED_BYTE_LEVEL);
}
END_TEST

START_TEST(changed_folders) {
    change_kinds(MALFORMED_SAFETENSORS, MALFORMED_SAFETENSORS);
    change_kinds(MALFORMED_CONFIG, MALFORMED_INDEX);
}
END_TEST

/* Those of nanoGPT and Qwen 2 are made of the same parts. */
START_TEST(changed_families) {
    change_kinds(MALFORMED_GPT2, MALFORMED_GPT2);
    change_kinds(MALFORMED_QWEN3, MALFORMED_QWEN3);
}
END_TEST

START_TEST(changed_configs_of_families) {
    change_kinds(MALFORMED_GPT2_CONFIG, MALFORMED_NANO_CONFIG);
    change_kinds(MALFORMED_QWEN3_CONFIG, MALFORMED_QWEN3_CONFIG);
}
END_TEST

START_TEST(changed_ggufs_of_families) {
    change_kinds(MALFORMED_GPT2_GGUF, MALFORMED_GPT2_GGUF);
    change_kinds(MALFORMED_QWEN3_GGUF, MALFORMED_QWEN3_GGUF);
}
END_TEST

START_TEST(changed_files_of_tokenizers) {
    change_kinds(MALFORMED_WORDPIECE, MALFORMED_WORDPIECE);
    change_kinds(MALFORMED_VOCAB_JSON, MALFORMED_TOKENIZER_CONFIG);
}
END_TEST

TEST_MAIN("mutated", a_file_cut_at_any_byte_is_refused, changed_llama2c,
          changed_gguf, changed_gguf_with_tokenizer, changed_tokenizers,
          changed_folders, changed_families, changed_configs_of_families,
          changed_ggufs_of_families, changed_files_of_tokenizers)
