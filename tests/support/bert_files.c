#include "tests/support/bert_files.h"

#include "engine/format/gguf_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bert_pieces[N_BERT] = {
    "[PAD]",    "[UNK]",    "[CLS]",   "[SEP]", "[MASK]", "[unused0]", "un",
    "##aff",    "##able",   "play",    "##ing", "zoe",    "went",      "cafe",
    "a",        "##a",      "##e",     "s",     ".",      ",",         "'",
    "$",        "[",        "]",       "mask",  "\u4E2D", "\u6587",    "\u1112",
    "##\u1161", "##\u11AB", "Zo\u00EB"};

Bytes bert_txt(void) {
    Bytes b = {0};
    for (int id = 0; id < N_BERT; id++)
        bytes_format(&b, "%s\n", bert_pieces[id]);
    return b;
}

static const char *const posts[] = {
    "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":"
    "\"[CLS]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
    "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}]}",
    "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]}",
    "null"};

Bytes bert_json(const char *normal, int post) {
    Bytes b = {0};
    bytes_format(&b, "{\"version\":\"1.0\",\"added_tokens\":[");
    for (int id = BERT_PAD; id <= BERT_MASK; id++)
        bytes_format(&b,
                     "%s{\"id\":%d,\"content\":\"%s\",\"normalized\":false,"
                     "\"special\":true}",
                     id ? "," : "", id, bert_pieces[id]);
    bytes_format(&b, "],\"normalizer\":{\"type\":\"BertNormalizer\"%s},",
                 normal);
    bytes_format(&b,
                 "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
                 "\"post_processor\":%s,\"decoder\":{\"type\":\"WordPiece\"},"
                 "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
                 "\"continuing_subword_prefix\":\"##\","
                 "\"max_input_chars_per_word\":100,\"vocab\":{",
                 posts[post]);
    for (int id = 0; id < N_BERT; id++)
        bytes_format(&b, "%s\"%s\":%d", id ? "," : "", bert_pieces[id], id);
    bytes_format(&b, "}}}");
    return b;
}

/* A piece as llama.cpp's converter writes it. */
static void put_piece(Writer *out, const char *piece) {
    char text[64];
    if (piece[0] == '[' && strlen(piece) > 2)
        snprintf(text, sizeof text, "%s", piece);
    else if (strncmp(piece, "##", 2) == 0)
        snprintf(text, sizeof text, "%s", piece + 2);
    else
        snprintf(text, sizeof text, "\u2581%s", piece);
    gguf_write_string(out, text, strlen(text));
}

Bytes bert_gguf(void) {
    GgufWriter g = {.version = 3, .alignment = 32};
    size_t size;
    gguf_write_text(&g, "tokenizer.ggml.model", "bert");
    gguf_write_array(&g, "tokenizer.ggml.tokens", GGUF_STRING, N_BERT);
    for (int id = 0; id < N_BERT; id++)
        put_piece(&g.keys, bert_pieces[id]);
    gguf_write_count(&g, "tokenizer.ggml.unknown_token_id", BERT_UNK);
    gguf_write_count(&g, "tokenizer.ggml.cls_token_id", BERT_CLS);
    gguf_write_count(&g, "tokenizer.ggml.seperator_token_id", BERT_SEP);
    gguf_write_count(&g, "tokenizer.ggml.mask_token_id", BERT_MASK);
    uint8_t *head = gguf_write_head(&g, &size, NULL);
    if (!head) abort();
    Bytes b = bytes_copy(head, size);
    free(head);
    return b;
}
