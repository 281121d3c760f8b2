/* One tokenizer in four kinds of file; byte-level BPE and its words. */
#include "engine/tokenizer/tokenizer_private.h"

#include "tests/support/byte_level.h"
#include "tests/support/bytes.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <string.h>

/* ---- the containers ------------------------------------------------------ */

#define VOCAB     1000
#define REAL      "assets/models/tales.tok.bin"
#define N_RANDOM  2000
#define TEXT_SIZE 40

static Tokenizer *open_tiny(int vocab_size) {
    size_t size;
    void *bytes = tiny_tokenizer_bytes(vocab_size, &size);
    Tokenizer *t =
        tokenizer_open_memory("tiny.tok.bin", bytes, size, vocab_size, NULL);
    ck_assert_ptr_nonnull(t);
    free(bytes);
    return t;
}

static Tokenizer *open_bytes(const char *name, Bytes b, int vocab_size) {
    Err err = {0};
    Tokenizer *t =
        tokenizer_open_memory(name, b.data, b.size, vocab_size, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    bytes_free(&b);
    return t;
}

/* Letters that merge, spaces, bytes and characters outside the vocabulary. */
static size_t random_text(uint64_t *state, char *text) {
    static const char *const parts[] = {"the", " cat", "a", "t",  "h",    " ",
                                        "é",   "日",   "b", "\n", "\xF0", "z"};
    const size_t n_parts = sizeof parts / sizeof *parts;
    size_t n = random_next(state) % 12, size = 0;
    for (size_t i = 0; i < n; i++) {
        const char *part = parts[random_next(state) % n_parts];
        memcpy(text + size, part, strlen(part));
        size += strlen(part);
    }
    return size;
}

/* t encodes, decodes and shows as `want` does. */
static void check_same(const Tokenizer *t, const Tokenizer *want) {
    char text[TEXT_SIZE], shown[2][64];
    Encoding a = {0}, b = {0};
    uint64_t state = 5;
    ck_assert_int_eq(tokenizer_n_pieces(t), tokenizer_n_pieces(want));
    ck_assert_int_eq(tokenizer_bos(t), tokenizer_bos(want));
    for (int id = 0; id < tokenizer_n_pieces(t); id++) {
        Piece p = tokenizer_piece(t, id), q = tokenizer_piece(want, id);
        ck_assert_int_eq(p.len, q.len);
        ck_assert_mem_eq(p.bytes, q.bytes, (size_t)p.len);
        ck_assert(p.is_byte == q.is_byte && p.is_control == q.is_control);
        ck_assert(tokenizer_is_end(t, id) == tokenizer_is_end(want, id));
        tokenizer_show(t, id, shown[0], 64);
        tokenizer_show(want, id, shown[1], 64);
        ck_assert_str_eq(shown[0], shown[1]);
    }
    for (int i = 0; i < N_RANDOM; i++) {
        size_t n = random_text(&state, text);
        int flags = TOKENIZER_BOS | TOKENIZER_MERGES;
        ck_assert(tokenizer_encode(t, text, n, flags, &a, NULL));
        ck_assert(tokenizer_encode(want, text, n, flags, &b, NULL));
        ck_assert_int_eq(a.n, b.n);
        ck_assert_mem_eq(a.tokens, b.tokens, (size_t)a.n * sizeof *a.tokens);
        ck_assert_int_eq(a.n_symbols, b.n_symbols);
        ck_assert_int_eq(a.n_merges, b.n_merges);
    }
    encoding_free(&a);
    encoding_free(&b);
}

static void check_containers(const Tokenizer *want) {
    const int vocab = tokenizer_n_pieces(want);
    Tokenizer *files[] = {
        open_bytes("tokenizer.model", tiny_tokenizer_model(want), vocab),
        open_bytes("by its bytes", tiny_tokenizer_model(want), vocab),
        open_bytes("tokenizer.json", tiny_tokenizer_json(want, false), vocab),
        open_bytes("by its bytes", tiny_tokenizer_json(want, true), vocab)};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ck_assert_ptr_null(tokenizer_warning(files[i]));
        check_same(files[i], want);
        tokenizer_close(files[i]);
    }
}

START_TEST(every_container_gives_the_same_ids) {
    Tokenizer *tiny = open_tiny(VOCAB);
    check_containers(tiny);
    tokenizer_close(tiny);
    Tokenizer *real = tokenizer_open(REAL, 768, NULL);
    ck_assert_ptr_nonnull(real);
    check_containers(real);
    tokenizer_close(real);
}
END_TEST

START_TEST(a_folder_has_its_tokenizer_in_it) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], found[FOLDER_PATH_MAX];
    Tokenizer *tiny = open_tiny(VOCAB);
    Bytes b = tiny_tokenizer_model(tiny);
    Err err = {0};
    folder_make(dir);
    ck_assert(!tokenizer_find(dir, VOCAB, found, sizeof found, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "tokenizer.json, tokenizer.model"));
    folder_write(dir, "tokenizer.model", b.data, b.size);
    folder_path(path, dir, "tokenizer.model");
    ck_assert(tokenizer_find(dir, VOCAB, found, sizeof found, NULL));
    ck_assert_str_eq(found, path);
    folder_path(path, dir, "model.safetensors");
    ck_assert(tokenizer_find(path, VOCAB, found, sizeof found, NULL));
    Tokenizer *t = tokenizer_open(found, VOCAB, &err);
    ck_assert_ptr_nonnull(t);
    tokenizer_close(t);
    tokenizer_close(tiny);
    bytes_free(&b);
    folder_remove(dir);
}
END_TEST

/* ---- words --------------------------------------------------------------- */

/* The words of a text, with a bar between them. */
static const char *words_of(TokenizerKind kind, const char *text, char *out) {
    size_t n = strlen(text), at = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + tokenizer_word(tokenizer_scheme(kind)->words,
                                     text + begin, n - begin);
        ck_assert(end > begin && end <= n);
        if (begin > 0) out[at++] = '|';
        memcpy(out + at, text + begin, end - begin);
        at += end - begin;
    }
    out[at] = 0;
    return out;
}

typedef struct Words {
    const char *text, *gpt2, *llama3;
} Words;

static const Words vectors[] = {
    {"", "", ""},
    {"Hello world", "Hello| world", "Hello| world"},
    /* contractions: in GPT-2 only lower case */
    {"I'm you're it's", "I|'m| you|'re| it|'s", "I|'m| you|'re| it|'s"},
    {"I'LL don'T'd", "I|'|LL| don|'|T|'d", "I|'LL| don|'T|'d"},
    {"x'sy", "x|'s|y", "x|'s|y"},
    {"'quoted'", "'|quoted|'", "'quoted|'"},
    {"he\u2019s", "he|\u2019|s", "he|\u2019s"},
    {"I'\u017Fo", "I|'|\u017Fo", "I|'\u017F|o"},
    /* digits: all in one, or three at a time; only GPT-2's take a space */
    {"12345678", "12345678", "123|456|78"},
    {"in 1984", "in| 1984", "in| |198|4"},
    {"a1b22", "a|1|b|22", "a|1|b|22"},
    {"\u00BD\u0663\u2167", "\u00BD\u0663\u2167", "\u00BD\u0663\u2167"},
    /* spaces: the last one goes with what follows, if it can */
    {"a   b", "a|  | b", "a|  | b"},
    {"a   1", "a|  | 1", "a|  | |1"},
    {"a   ", "a|   ", "a|   "},
    {"   a", "  | a", "  | a"},
    {"a\tb", "a|\t|b", "a|\tb"},
    {"a\u00A0b\u3000\u3000c", "a|\u00A0|b|\u3000|\u3000|c",
     "a|\u00A0b|\u3000|\u3000c"},
    /* newlines: with Llama 3 they go with the spaces before */
    {"a\nb", "a|\n|b", "a|\n|b"},
    {"a\n\nb", "a|\n|\n|b", "a|\n\n|b"},
    {"a \n b", "a| \n| b", "a| \n| b"},
    {"a\r\n\r\n  b", "a|\r\n\r\n | b", "a|\r\n\r\n| | b"},
    {"end.\n\nNew", "end|.|\n|\n|New", "end|.\n\n|New"},
    {"{\n  x;\r\n}", "{|\n | x|;|\r|\n|}", "{\n| | x|;\r\n|}"},
    /* the rest; a combining mark is no letter */
    {"a, b.c!?", "a|,| b|.|c|!?", "a|,| b|.c|!?"},
    {" (x)", " (|x|)", " (|x|)"},
    {"$#foo", "$#|foo", "$#|foo"},
    {"e\u0301t", "e|\u0301|t", "e|\u0301t"},
    {"日本語 ок", "日本語| ок", "日本語| ок"},
    {"\xF0\x9F\xA6\x99 ok", "\xF0\x9F\xA6\x99| ok", "\xF0\x9F\xA6\x99| ok"},
    {"a\xFF\xC3z", "a|\xFF\xC3|z", "a|\xFF\xC3|z"},
};

START_TEST(words_of_gpt2_and_llama3) {
    char out[200];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const Words *v = &vectors[i];
        ck_assert_str_eq(words_of(TOKENIZER_GPT2, v->text, out), v->gpt2);
        ck_assert_str_eq(words_of(TOKENIZER_LLAMA3, v->text, out), v->llama3);
    }
}
END_TEST

START_TEST(digits_on_their_own) {
    char out[200];
    const TokenizerKind kind = TOKENIZER_GPT2_DIGITS;
    ck_assert_str_eq(words_of(kind, "in 1984", out), "in| |1|9|8|4");
    ck_assert_str_eq(words_of(kind, "a  1b", out), "a|  |1|b");
    ck_assert_str_eq(words_of(kind, "it's 2 x", out), "it|'s| |2| x");
}
END_TEST

/* ---- schemes ------------------------------------------------------------- */

static const char *text_or_none(const char *text) {
    return text ? text : "(none)";
}

/* A file can mean only one of them. */
static bool is_told_apart(const TokenizerScheme *a, const TokenizerScheme *b) {
    bool json =
        a->json_first && b->json_first &&
        strcmp(a->json_first, b->json_first) == 0 &&
        strcmp(text_or_none(a->json_regex), text_or_none(b->json_regex)) == 0;
    bool gguf = false;
    for (int i = 0; i < SCHEME_PRE_MAX; i++)
        for (int k = 0; k < SCHEME_PRE_MAX; k++)
            gguf |= strcmp(text_or_none(a->gguf_pre[i]),
                           text_or_none(b->gguf_pre[k])) == 0 &&
                    (a->gguf_pre[i] || i + k == 0);
    return !json && !(gguf && strcmp(text_or_none(a->gguf_model),
                                     text_or_none(b->gguf_model)) == 0);
}

START_TEST(every_kind_has_a_row_of_its_own) {
    for (int kind = 0; kind < TOKENIZER_KINDS; kind++) {
        const TokenizerScheme *s = tokenizer_scheme((TokenizerKind)kind);
        ck_assert(s->gguf_model || s->json_first);
        ck_assert(!s->words || s->unit == UNIT_BYTE);
        ck_assert_int_eq(s->bos < 0, s->eos < 0);
        for (int other = 0; other < kind; other++)
            ck_assert(is_told_apart(s, tokenizer_scheme((TokenizerKind)other)));
    }
}
END_TEST

/* ---- byte-level BPE ------------------------------------------------------ */

static void check_ids(const Tokenizer *t, const char *text, const int *ids,
                      int n) {
    char out[TOKENIZER_PIECE_MAX + 8], all[100];
    size_t size = 0;
    Encoding e = {0};
    Decoder d = {0};
    ck_assert(tokenizer_encode(t, text, strlen(text), 0, &e, NULL));
    ck_assert_int_eq(e.n, n);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(e.tokens[i].id, ids[i]);
        ck_assert_uint_eq(e.tokens[i].begin, i ? e.tokens[i - 1].end : 0);
        int len = tokenizer_decode(t, &d, ids[i], out);
        memcpy(all + size, out, (size_t)len);
        size += (size_t)len;
    }
    size += (size_t)tokenizer_decode_end(&d, all + size);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_mem_eq(all, text, size);
    encoding_free(&e);
}

#define CHECK_IDS(t, text, ...)                                                \
    check_ids(t, text, (const int[]){__VA_ARGS__},                             \
              sizeof((int[]){__VA_ARGS__}) / sizeof(int))

START_TEST(byte_level_merges_by_rank_within_words) {
    for (int llama3 = 0; llama3 < 2; llama3++) {
        Tokenizer *t = open_bytes("tokenizer.json",
                                  byte_level_json(llama3, false), N_BYTE_LEVEL);
        CHECK_IDS(t, "hello", HELL, 'o');
        CHECK_IDS(t, "hello w", HELL, 'o', SP_W);
        CHECK_IDS(t, " w\xC3\xA9", SP_W, E_ACUTE);
        CHECK_IDS(t, "ello", 'e', LL, 'o');
        /* Not "h" and "e" of two words. */
        CHECK_IDS(t, "h\ne", 'h', '\n', 'e');
        CHECK_IDS(t, "\xF0\x9F\xA6\x99", 0xF0, 0x9F, 0xA6, 0x99);
        CHECK_IDS(t, "\xFF<|end_of_text|>\xAD", 0xFF, '<', '|', 'e', 'n', 'd',
                  '_', 'o', 'f', '_', 't', 'e', 'x', 't', '|', '>', 0xAD);
        ck_assert_int_eq(tokenizer_byte(t, 0xE9), 0xE9);
        tokenizer_close(t);
    }
}
END_TEST

START_TEST(words_that_are_pieces_are_not_merged) {
    Tokenizer *t =
        open_bytes("tokenizer.json", byte_level_json(true, true), N_BYTE_LEVEL);
    CHECK_IDS(t, "ello", ELLO);
    CHECK_IDS(t, "hello", HELL, 'o');
    tokenizer_close(t);
}
END_TEST

START_TEST(ends_are_told_by_name) {
    Encoding e = {0};
    char shown[64];
    Tokenizer *t = open_bytes("tokenizer.json", byte_level_json(false, false),
                              N_BYTE_LEVEL);
    ck_assert_int_eq(tokenizer_bos(t), BEGIN);
    ck_assert(tokenizer_is_end(t, END) && tokenizer_is_end(t, BEGIN));
    ck_assert(!tokenizer_is_end(t, HELL));
    ck_assert(tokenizer_piece(t, END).is_control);
    tokenizer_show(t, END, shown, sizeof shown);
    ck_assert_str_eq(shown, "<|end_of_text|>");
    /* No template puts BOS first, but a text needs a token. */
    ck_assert(tokenizer_encode(t, "he", 2, TOKENIZER_BOS, &e, NULL));
    ck_assert_int_eq(e.n, 1);
    ck_assert(tokenizer_encode(t, "", 0, TOKENIZER_BOS, &e, NULL));
    ck_assert_int_eq(e.n, 1);
    ck_assert_int_eq(e.tokens[0].id, BEGIN);
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

/* A model may have more rows than there are pieces, but not another's. */
static void check_rows(const char *name, const Bytes *file) {
    static const struct {
        int rows;
        bool opens;
    } cases[] = {{300, true},  {301, true},  {320, true},
                 {299, false}, {601, false}, {5000, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        Tokenizer *t = tokenizer_open_memory(name, file->data, file->size,
                                             cases[i].rows, &err);
        ck_assert_msg((t != NULL) == cases[i].opens, "%s: %d: %s", name,
                      cases[i].rows, err.msg);
        if (!t) continue;
        ck_assert_int_eq(tokenizer_n_pieces(t), cases[i].rows);
        ck_assert_int_eq(tokenizer_n_drawn(t), 300);
        for (int id = 300; id < cases[i].rows; id++)
            ck_assert(tokenizer_piece(t, id).is_control);
        ck_assert((tokenizer_warning(t) != NULL &&
                   strstr(tokenizer_warning(t), "never drawn")) ==
                  (cases[i].rows > 300));
        tokenizer_close(t);
    }
}

START_TEST(rows_past_the_last_piece_are_never_drawn) {
    size_t size;
    Err err = {0};
    void *bytes = tiny_tokenizer_bytes(300, &size);
    Tokenizer *bin = tokenizer_open_memory("t.bin", bytes, size, 300, &err);
    ck_assert_msg(bin != NULL, "%s", err.msg);
    Bytes json = tiny_tokenizer_json(bin, false);
    Bytes spm = tiny_tokenizer_model(bin);
    check_rows("tokenizer.json", &json);
    check_rows("tokenizer.model", &spm);
    bytes_free(&json);
    bytes_free(&spm);
    tokenizer_close(bin);
    free(bytes);
}
END_TEST

/* tokenizer.bin has no count: rows are padding where they round it up. */
START_TEST(rounded_rows_of_a_tokenizer_bin_are_never_drawn) {
    static const int rows[] = {301, 304, 312, 320, 384, 512};
    size_t size;
    void *bytes = tiny_tokenizer_bytes(300, &size);
    for (int i = 0; i < 6; i++) {
        Err err = {0};
        Tokenizer *t =
            tokenizer_open_memory("t.bin", bytes, size, rows[i], &err);
        const bool opens = rows[i] % 8 == 0 && rows[i] != 312;
        ck_assert_msg((t != NULL) == opens, "%d: %s", rows[i], err.msg);
        if (!t) continue;
        ck_assert_int_eq(tokenizer_n_drawn(t), 300);
        ck_assert_ptr_nonnull(strstr(tokenizer_warning(t), "never drawn"));
        tokenizer_close(t);
    }
    free(bytes);
}
END_TEST

/* An added token that the model has no row for cannot be read: it is left
 * out, aloud. */
START_TEST(added_tokens_past_the_rows_are_left_out) {
    static const char entry[] = "\"added_tokens\":[{\"id\":300,\"content\":\"["
                                "PAD]\",\"special\":true},";
    size_t size;
    Err err = {0};
    void *bytes = tiny_tokenizer_bytes(300, &size);
    Tokenizer *bin = tokenizer_open_memory("t.bin", bytes, size, 300, &err);
    Bytes json = tiny_tokenizer_json(bin, false);
    bytes_u8(&json, 0);
    const char *at = strstr((const char *)json.data, "\"added_tokens\":[");
    ck_assert_ptr_nonnull(at);
    const size_t where = (size_t)(at - (const char *)json.data);
    json.size--; /* the NUL */
    bytes_cut(&json, where, 16);
    bytes_insert(&json, where, strlen(entry));
    memcpy(json.data + where, entry, strlen(entry));
    Tokenizer *t = tokenizer_open_memory("tokenizer.json", json.data, json.size,
                                         300, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_ptr_nonnull(strstr(tokenizer_warning(t), "left out"));
    tokenizer_close(t);
    t = tokenizer_open_memory("tokenizer.json", json.data, json.size, 310,
                              &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_int_eq(tokenizer_n_drawn(t), 301);
    ck_assert_str_eq(tokenizer_piece(t, 300).bytes, "[PAD]");
    tokenizer_close(t);
    bytes_free(&json);
    tokenizer_close(bin);
    free(bytes);
}
END_TEST

TEST_MAIN("tokenizer_files", rows_past_the_last_piece_are_never_drawn,
          added_tokens_past_the_rows_are_left_out,
          rounded_rows_of_a_tokenizer_bin_are_never_drawn,
          every_container_gives_the_same_ids, a_folder_has_its_tokenizer_in_it,
          words_of_gpt2_and_llama3, digits_on_their_own,
          every_kind_has_a_row_of_its_own,
          byte_level_merges_by_rank_within_words,
          words_that_are_pieces_are_not_merged, ends_are_told_by_name)
