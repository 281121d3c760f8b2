#include "tests/support/byte_level.h"

#include <stdio.h>
#include <string.h>

const char *const byte_level_merges[N_BYTE_LEVEL_MERGES] = {
    "l l", "h e", "he ll", "\u0120 w", "\u00C3 \u00A9"};

/* GPT-2's character for a byte, said again: what prints stays. */
static void put_byte_char(Bytes *b, int byte) {
    int cp = byte;
    if (byte <= 0x20)
        cp = 0x100 + byte;
    else if (byte >= 0x7F && byte <= 0xA0)
        cp = 0x100 + 0x21 + byte - 0x7F;
    else if (byte == 0xAD)
        cp = 0x143;
    if (cp < 0x80) {
        bytes_u8(b, (uint8_t)cp);
        return;
    }
    bytes_u8(b, (uint8_t)(0xC0 | cp >> 6));
    bytes_u8(b, (uint8_t)(0x80 | (cp & 0x3F)));
}

void byte_level_piece(Bytes *b, int id) {
    static const char *const pieces[N_BYTE_LEVEL - HE] = {"he",
                                                          "ll",
                                                          "hell",
                                                          "\u0120w",
                                                          "\u00C3\u00A9",
                                                          "ello",
                                                          "<|begin_of_text|>",
                                                          "<|end_of_text|>"};
    if (id < HE)
        put_byte_char(b, id);
    else
        bytes_put(b, pieces[id - HE], strlen(pieces[id - HE]));
}

static const char gpt2_pre[] = "{\"type\":\"ByteLevel\",\"add_prefix_space\":"
                               "false}";
static const char llama3_pre[] =
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":"
    "{\"Regex\":\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
    "\\\\p{L}+|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*"
    "[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},\"behavior\":\"Isolated\"},"
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]}";

Bytes byte_level_json(bool llama3, bool ignore_merges) {
    char before[600];
    snprintf(before, sizeof before, "\"normalizer\":null,\"pre_tokenizer\":%s",
             llama3 ? llama3_pre : gpt2_pre);
    return byte_level_json_of(before, ignore_merges);
}

/* The first n as members of an object. */
static void put_pieces(Bytes *b, int n) {
    for (int id = 0; id < n; id++) {
        bytes_format(b, id ? ",\"" : "\"");
        if (id == '"' || id == '\\') bytes_u8(b, '\\');
        byte_level_piece(b, id);
        bytes_format(b, "\":%d", id);
    }
}

Bytes byte_level_vocab(void) {
    Bytes b = {0};
    bytes_u8(&b, '{');
    put_pieces(&b, N_BYTE_LEVEL);
    bytes_u8(&b, '}');
    return b;
}

Bytes byte_level_merges_txt(void) {
    Bytes b = {0};
    bytes_format(&b, "#version: 0.2\n");
    for (int i = 0; i < N_BYTE_LEVEL_MERGES; i++)
        bytes_format(&b, "%s\n", byte_level_merges[i]);
    return b;
}

Bytes byte_level_json_of(const char *before, bool ignore_merges) {
    Bytes b = {0};
    bytes_format(&b,
                 "{\"added_tokens\":[{\"id\":%d,\"content\":"
                 "\"<|begin_of_text|>\",\"special\":true},{\"id\":%d,"
                 "\"content\":\"<|end_of_text|>\",\"special\":true}],"
                 "\"post_processor\":null,%s",
                 BEGIN, END, before);
    bytes_format(&b,
                 ",\"model\":{\"type\":\"BPE\",\"ignore_merges\":%s,"
                 "\"vocab\":{",
                 ignore_merges ? "true" : "false");
    put_pieces(&b, BEGIN);
    bytes_format(&b, "},\"merges\":[");
    for (int i = 0; i < N_BYTE_LEVEL_MERGES; i++)
        bytes_format(&b, "%s\"%s\"", i ? "," : "", byte_level_merges[i]);
    bytes_format(&b, "]}}");
    return b;
}
