#include "tests/support/tok_files.h"

#include "engine/format/gguf_write.h"
#include "tests/support/tiny_hf.h"

#include <stdlib.h>
#include <string.h>

const TokPiece tok_small[TOK_SMALL] = {
    {"<unk>", 0, 2},  {"<s>", 0, 3},  {"</s>", 0, 3},
    {"\u2581", 0, 1}, {"a", 0, 1},    {"b", 0, 1},
    {"ab", -1, 5},    {"abb", -2, 1}, {"<|x|>", 0, 4}};

Bytes tok_bin(const TokPiece *pieces, int n) {
    Bytes out = {0};
    size_t longest = 0;
    bytes_u32(&out, 0);
    for (int id = 0; id < n; id++) {
        Bytes text = {0};
        for (const char *p = pieces[id].text; *p; p++) {
            const bool mark = strncmp(p, "\u2581", 3) == 0;
            bytes_put(&text, mark ? " " : p, 1);
            if (mark) p += 2;
        }
        bytes_f32(&out, pieces[id].score);
        bytes_u32(&out, (uint32_t)text.size);
        bytes_put(&out, text.data, text.size);
        if (text.size > longest) longest = text.size;
        bytes_free(&text);
    }
    bytes_set_u32(&out, 0, (uint32_t)longest);
    return out;
}

Bytes tok_spm(const TokPiece *pieces, int n, bool byte_fallback, Bytes more) {
    Bytes out = {0}, trainer = {0}, normalizer = {0};
    for (int id = 0; id < n; id++) {
        Bytes piece = {0};
        proto_bytes(&piece, 1, pieces[id].text, strlen(pieces[id].text));
        proto_float(&piece, 2, pieces[id].score);
        proto_number(&piece, 3, (uint64_t)pieces[id].type);
        proto_bytes(&out, 1, piece.data, piece.size);
        bytes_free(&piece);
    }
    proto_number(&trainer, 3, 2); /* BPE */
    proto_number(&trainer, 35, byte_fallback);
    bytes_put(&trainer, more.data, more.size);
    proto_number(&normalizer, 4, 0);
    proto_bytes(&out, 2, trainer.data, trainer.size);
    proto_bytes(&out, 3, normalizer.data, normalizer.size);
    bytes_free(&trainer);
    bytes_free(&normalizer);
    return out;
}

Bytes tok_json(const TokPiece *pieces, int n, const char *before,
               const char *added, const char *model, const char *merges) {
    static const char *const controls[] = {"<unk>", "<s>", "</s>"};
    Bytes b = {0};
    bytes_format(&b, "{\"added_tokens\":[");
    for (int id = 0; id < 3; id++)
        bytes_format(&b,
                     "%s{\"id\":%d,\"content\":\"%s\",\"normalized\":false,"
                     "\"special\":true}",
                     id ? "," : "", id, controls[id]);
    bytes_format(&b, "%s%s],%s,\"model\":{%s,\"vocab\":{", *added ? "," : "",
                 added, before, model);
    for (int id = 0; id < n; id++)
        bytes_format(&b, "%s\"%s\":%d", id ? "," : "", pieces[id].text, id);
    bytes_format(&b, "},\"merges\":[%s]}}", merges);
    return b;
}

static void put_number(Writer *w, GgufType type, double value) {
    const uint64_t bits = (uint64_t)(int64_t)value;
    const float real = (float)value;
    uint32_t real_bits;
    memcpy(&real_bits, &real, sizeof real_bits);
    if (type == GGUF_U8)
        writer_bytes(w, &(uint8_t){(uint8_t)bits}, 1);
    else if (type == GGUF_U64)
        writer_u64(w, bits);
    else
        writer_u32(w, type == GGUF_F32 ? real_bits : (uint32_t)bits);
}

Bytes tok_gguf(const TokPiece *pieces, int n, GgufType types, GgufType scores,
               const char *more, uint32_t id) {
    GgufWriter g = {.version = 3, .alignment = 32};
    size_t size;
    gguf_write_text(&g, "tokenizer.ggml.model", "llama");
    gguf_write_array(&g, "tokenizer.ggml.tokens", GGUF_STRING, (size_t)n);
    for (int i = 0; i < n; i++)
        gguf_write_string(&g.keys, pieces[i].text, strlen(pieces[i].text));
    if (scores != GGUF_STRING)
        gguf_write_array(&g, "tokenizer.ggml.scores", scores, (size_t)n);
    for (int i = 0; scores != GGUF_STRING && i < n; i++)
        put_number(&g.keys, scores, (double)pieces[i].score);
    if (types != GGUF_STRING)
        gguf_write_array(&g, "tokenizer.ggml.token_type", types, (size_t)n);
    for (int i = 0; types != GGUF_STRING && i < n; i++)
        put_number(&g.keys, types, pieces[i].type);
    if (more) gguf_write_count(&g, more, id);
    uint8_t *head = gguf_write_head(&g, &size, NULL);
    if (!head) abort();
    Bytes b = bytes_copy(head, size);
    free(head);
    return b;
}
