/* The tokenizer against its definition: scan all pairs, merge the best, again
 * and again.  Runs on seeded tiny vocabularies and, where there is one, on a
 * real one. */
#include "engine/tokenizer/tokenizer.h"

#include "engine/base/utf8.h"
#include "tests/support/bytes.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REAL "assets/models/tales.tok.bin"

static Tokenizer *open_tiny(int vocab_size) {
    size_t size;
    Err err = {0};
    void *bytes = tiny_tokenizer_bytes(vocab_size, &size);
    Tokenizer *t = tokenizer_open_memory("tiny", bytes, size, vocab_size, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_ptr_null(tokenizer_warning(t));
    free(bytes);
    return t;
}

/* A vocabulary in which every merge is a tie. */
static Tokenizer *open_ties(void) {
    size_t size, at = 4;
    Bytes b = {0};
    b.data = tiny_tokenizer_bytes(1000, &size);
    b.size = b.capacity = size;
    for (; at < size; at += 8 + b.data[at + 4])
        bytes_set_u32(&b, at, 0);
    Tokenizer *t = tokenizer_open_memory("ties", b.data, b.size, 1000, NULL);
    ck_assert_ptr_nonnull(t);
    bytes_free(&b);
    return t;
}

/* ck_assert without its note to the parent for every pass: there are millions
 * here. */
#define HOLDS(condition)                                                       \
    do {                                                                       \
        if (!(condition)) ck_abort_msg("%s", #condition);                      \
    } while (0)

/* ---- the definition ------------------------------------------------------ */

/* Id of a piece of text by looking at every one; the first wins. */
static int slow_find(const Tokenizer *t, const char *bytes, int len) {
    for (int id = TOKEN_BYTE0 + 256; id < tokenizer_n_pieces(t); id++) {
        Piece p = tokenizer_piece(t, id);
        if (p.len == len && memcmp(p.bytes, bytes, (size_t)len) == 0) return id;
    }
    return -1;
}

/* The best pair of neighbours among the stretches of `text` that begin at
 * at[0..n) and end where the next begins; -1 when none is a piece. */
static int slow_best(const Tokenizer *t, const char *text, const int *at, int n,
                     int *best_id) {
    int best = -1;
    for (int i = 0; i + 1 < n; i++) {
        int id = slow_find(t, text + at[i], at[i + 2] - at[i]);
        if (id < 0 || (best >= 0 && tokenizer_piece(t, id).score <=
                                        tokenizer_piece(t, *best_id).score))
            continue;
        best = i;
        *best_id = id;
    }
    return best;
}

/* Encodes without BOS; returns the number of ids. */
static int slow_encode(const Tokenizer *t, const char *text, size_t size,
                       int *ids) {
    if (size == 0) return 0;
    int len = (int)size + 1, n = 0, id, best, n_ids = 0;
    char *padded = malloc((size_t)len);
    int *at = malloc(((size_t)len + 1) * sizeof *at);
    HOLDS(padded && at);
    padded[0] = ' ';
    memcpy(padded + 1, text, size);
    for (int i = 0; i < len;) {
        uint32_t cp;
        at[n++] = i;
        i += utf8_decode(padded + i, (size_t)(len - i), &cp);
    }
    at[n] = len;
    while ((best = slow_best(t, padded, at, n, &id)) >= 0) {
        memmove(at + best + 1, at + best + 2,
                (size_t)(n - best - 1) * sizeof *at);
        n--;
    }
    for (int i = 0; i < n; i++) {
        id = slow_find(t, padded + at[i], at[i + 1] - at[i]);
        if (id >= 0) ids[n_ids++] = id;
        for (int k = at[i]; id < 0 && k < at[i + 1]; k++)
            ids[n_ids++] = TOKEN_BYTE0 + (unsigned char)padded[k];
    }
    free(padded);
    free(at);
    return n_ids;
}

/* ---- what holds for every text ------------------------------------------- */

static void check_spans(const Encoding *e, size_t size) {
    uint32_t at = 0;
    for (int i = 0; i < e->n; i++) {
        HOLDS(e->tokens[i].begin == at);
        HOLDS(e->tokens[i].end >= at);
        at = e->tokens[i].end;
    }
    HOLDS(at == size);
}

static void check_decodes(const Tokenizer *t, const Encoding *e,
                          const char *text, size_t size) {
    char out[TOKENIZER_PIECE_MAX + 8];
    Decoder d = {0};
    size_t at = 0;
    for (int i = 0; i <= e->n; i++) {
        int n = i < e->n ? tokenizer_decode(t, &d, e->tokens[i].id, out)
                         : tokenizer_decode_end(&d, out);
        HOLDS(at + (size_t)n <= size);
        HOLDS(memcmp(out, text + at, (size_t)n) == 0);
        at += (size_t)n;
    }
    HOLDS(at == size);
}

/* Replays the merges on the symbols; what is left are the tokens. */
static void check_merges(const Tokenizer *t, const Encoding *e,
                         const char *text) {
    Token *list = malloc(((size_t)e->n_symbols + 1) * sizeof *list);
    int n = e->n_symbols;
    HOLDS(list);
    for (int i = 0; i < n; i++)
        list[i] = e->symbols[i];
    for (int i = 0; i < e->n_merges; i++) {
        Merge m = e->merges[i];
        HOLDS(m.left >= 0 && m.left + 1 < n);
        Piece p = tokenizer_piece(t, m.id);
        HOLDS(p.score == m.score && !p.is_byte && !p.is_control);
        Token *left = &list[m.left];
        left->end = left[1].end;
        left->id = m.id;
        /* Only the space put first is in the piece and not in the text. */
        uint32_t len = left->end - left->begin;
        HOLDS((uint32_t)p.len == len + (m.left == 0));
        HOLDS(memcmp(p.bytes + (m.left == 0), text + left->begin, len) == 0);
        memmove(left + 1, left + 2, (size_t)(n - m.left - 2) * sizeof *list);
        n--;
    }
    int at = 0;
    for (int i = 0; i < n; i++) {
        uint32_t bytes = list[i].id < 0 ? list[i].end - list[i].begin : 1;
        for (uint32_t k = 0; k < bytes; k++, at++) {
            const Token *got = &e->tokens[at];
            HOLDS(at < e->n);
            HOLDS(list[i].id < 0
                      ? got->id ==
                            TOKEN_BYTE0 + (uint8_t)text[list[i].begin + k]
                      : got->id == list[i].id);
        }
    }
    HOLDS(at == e->n);
    free(list);
}

/* Everything above, for one text. */
static void check_text(const Tokenizer *t, const char *text, size_t size) {
    Encoding e = {0};
    int *ids = malloc((size + 2) * sizeof *ids);
    HOLDS(ids);
    int n = slow_encode(t, text, size, ids);
    HOLDS(tokenizer_encode(t, text, size, TOKENIZER_MERGES, &e, NULL));
    if (n != e.n) ck_abort_msg("%d tokens, need %d: %.99s", e.n, n, text);
    for (int i = 0; i < n; i++)
        if (ids[i] != e.tokens[i].id)
            ck_abort_msg("token %d is %d, need %d: %.99s", i, e.tokens[i].id,
                         ids[i], text);
    check_spans(&e, size);
    check_decodes(t, &e, text, size);
    check_merges(t, &e, text);
    encoding_free(&e);
    free(ids);
}

/* Words, letters, spaces, characters of all lengths and raw bytes. */
static size_t random_text(uint64_t *state, char *out, int n_parts) {
    static const char *const parts[] = {
        "the ", " cat",   "sat",      " ", "  ", "he",   "\n",
        "T",    "on a",   "once",     "é", "日", "🦙", "\xE2\x96\x81",
        "<s>",  "<0x41>", "e\xCC\x81"};
    size_t n = 0, n_kinds = sizeof parts / sizeof *parts;
    while (n_parts-- > 0) {
        uint64_t r = random_next(state);
        size_t kind = (r >> 8) % (n_kinds + 8);
        if (kind < n_kinds) {
            memcpy(out + n, parts[kind], strlen(parts[kind]));
            n += strlen(parts[kind]);
        } else {
            out[n++] = kind == n_kinds ? (char)(r >> 32)
                                       : (char)('a' + (r >> 32) % 26);
        }
    }
    return n;
}

static void check_vocabulary(const Tokenizer *t, uint64_t seed) {
    static const char *const texts[] = {
        "a",
        " ",
        "  ",
        " a",
        "the cat sat.",
        "\n\n\r\n\t",
        "The cat, the cat",
        "Once upon a time, there was a little girl named Lily.",
        "ééé 日本語 🦙🦙",
        "e\xCC\x81",
        "\xE2\x96\x81the\xE2\x96\x81",
        "<s></s><unk><0x0A>",
        "\xFF\xFE",
        "\xC3",
        "\xF0\x9F\xA6",
        "\xC0\xAF",
        "\xED\xA0\x80",
        "aaaaaaaaaaaaaaaaaaaaaaaaa",
        "hehehehehehe thehe",
        "\x01\x7F\xC2\x80",
        "\xEF\xBB\xBF bom"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(t, texts[i], strlen(texts[i]));
    check_text(t, "", 0);
    check_text(t, "a\0b\0\0the", 8);
    char text[2000];
    for (int i = 0; i < 150; i++)
        check_text(t, text, random_text(&seed, text, 1 + i % 12));
    check_text(t, text, random_text(&seed, text, 120));
}

START_TEST(ids_are_those_of_the_definition) {
    static const int sizes[] = {300, 320, 1000};
    for (int i = 0; i < 3; i++) {
        Tokenizer *t = open_tiny(sizes[i]);
        check_vocabulary(t, (uint64_t)i);
        tokenizer_close(t);
    }
}
END_TEST

START_TEST(ties_go_to_the_left) {
    Tokenizer *t = open_ties();
    check_vocabulary(t, 4);
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "aaa", 3, 0, &e, NULL));
    /* " a" comes first of the ties, then the pair that is left. */
    ck_assert_int_eq(e.n, 2);
    ck_assert_int_eq(e.tokens[0].id, tokenizer_find_piece(t, " a", 2));
    ck_assert_int_eq(e.tokens[1].id, tokenizer_find_piece(t, "aa", 2));
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

START_TEST(a_real_vocabulary_agrees) {
    Err err = {0};
    Tokenizer *t = tokenizer_open(REAL, 768, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_ptr_null(tokenizer_warning(t));
    check_vocabulary(t, 5);
    static const char text[] = "Once there was a";
    static const int want[] = {1, 371, 339, 272, 261};
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, text, 16, TOKENIZER_BOS, &e, NULL));
    ck_assert_int_eq(e.n, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(e.tokens[i].id, want[i]);
    encoding_free(&e);
    ck_assert_ptr_null(tokenizer_open(REAL, 767, &err));
    ck_assert_ptr_null(tokenizer_open(REAL, 769, &err));
    tokenizer_close(t);
}
END_TEST

/* ---- encoding ------------------------------------------------------------ */

START_TEST(bos_and_nothing) {
    Tokenizer *t = open_tiny(300);
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "", 0, 0, &e, NULL));
    ck_assert_int_eq(e.n, 0);
    ck_assert(tokenizer_encode(t, "", 0, TOKENIZER_BOS, &e, NULL));
    ck_assert_int_eq(e.n, 1);
    ck_assert_int_eq(e.tokens[0].id, TOKEN_BOS);
    ck_assert(tokenizer_encode(t, "the", 3, TOKENIZER_BOS, &e, NULL));
    ck_assert_int_eq(e.n, 2);
    ck_assert_int_eq(e.tokens[1].id, tokenizer_find_piece(t, " the", 4));
    ck_assert_uint_eq(e.tokens[0].end, 0);
    ck_assert_uint_eq(e.tokens[1].begin, 0);
    ck_assert_uint_eq(e.tokens[1].end, 3);
    ck_assert(!e.merges && !e.symbols);
    encoding_free(&e);
    ck_assert(!e.tokens && e.n == 0);
    tokenizer_close(t);
}
END_TEST

START_TEST(bytes_that_are_no_piece_span_themselves) {
    Tokenizer *t = open_tiny(300);
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "a\xC3\xA9", 3, TOKENIZER_MERGES, &e, NULL));
    ck_assert_int_eq(e.n, 3); /* " a", C3, A9 */
    ck_assert_int_eq(e.tokens[1].id, TOKEN_BYTE0 + 0xC3);
    ck_assert_int_eq(e.tokens[2].id, TOKEN_BYTE0 + 0xA9);
    ck_assert_uint_eq(e.tokens[1].begin, 1);
    ck_assert_uint_eq(e.tokens[1].end, 2);
    ck_assert_uint_eq(e.tokens[2].end, 3);
    ck_assert_int_eq(e.n_symbols, 3); /* " ", "a", "é" */
    ck_assert_int_eq(e.symbols[2].id, -1);
    ck_assert_int_eq(e.n_merges, 1);
    ck_assert_int_eq(e.merges[0].left, 0);
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

START_TEST(control_pieces_never_come_from_text) {
    static const char *const texts[] = {"<s>",     "</s>",     "<unk>",
                                        "\n<s>\n", "\n</s>\n", "<0x41>"};
    Tokenizer *t = open_tiny(1000);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Encoding e = {0};
        size_t n = strlen(texts[i]);
        ck_assert_int_eq(tokenizer_find_piece(t, texts[i], (int)n), -1);
        ck_assert(tokenizer_encode(t, texts[i], n, 0, &e, NULL));
        ck_assert_int_gt(e.n, 2);
        for (int k = 0; k < e.n; k++)
            ck_assert_int_ge(e.tokens[k].id, TOKEN_BYTE0);
        encoding_free(&e);
    }
    tokenizer_close(t);
}
END_TEST

START_TEST(the_longest_prompt_is_taken_and_no_longer) {
    Tokenizer *t = open_tiny(1000);
    size_t size = TOKENIZER_PROMPT_MAX;
    char *text = malloc(size + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i <= size; i++)
        text[i] = "the cat sat on a mat "[i * i / 3 % 21];
    Encoding e = {0};
    Err err = {0};
    ck_assert(tokenizer_encode(t, text, size, TOKENIZER_MERGES, &e, &err));
    check_spans(&e, size);
    check_decodes(t, &e, text, size);
    check_merges(t, &e, text);
    ck_assert(!tokenizer_encode(t, text, size + 1, 0, &e, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.msg, "prompt: length: found 65537"));
    ck_assert(!e.tokens && !e.merges && e.n == 0);
    free(text);
    tokenizer_close(t);
}
END_TEST

/* ---- decoding and showing ------------------------------------------------ */

static const char *decode(const Tokenizer *t, const int *ids, int n,
                          char *out) {
    Decoder d = {0};
    int at = 0;
    for (int i = 0; i < n; i++)
        at += tokenizer_decode(t, &d, ids[i], out + at);
    at += tokenizer_decode_end(&d, out + at);
    out[at] = 0;
    return out;
}
#define DECODE(...)                                                            \
    decode(t, (const int[]){__VA_ARGS__},                                      \
           sizeof((int[]){__VA_ARGS__}) / sizeof(int), out)

START_TEST(the_first_space_goes_once) {
    Tokenizer *t = open_tiny(300);
    char out[4 * TOKENIZER_PIECE_MAX];
    int cat = tokenizer_find_piece(t, " cat", 4);
    int space = tokenizer_find_piece(t, " ", 1);
    ck_assert_str_eq(DECODE(cat, cat), "cat cat");
    ck_assert_str_eq(DECODE(TOKEN_BOS, cat, TOKEN_BOS, cat), "cat cat");
    ck_assert_str_eq(DECODE(space, space, cat), "  cat");
    ck_assert_str_eq(DECODE(TOKEN_BYTE0 + 'x', cat), "x cat");
    ck_assert_str_eq(DECODE(TOKEN_UNK, TOKEN_BOS, TOKEN_EOS), "");
    tokenizer_close(t);
}
END_TEST

START_TEST(characters_are_held_until_whole) {
    Tokenizer *t = open_tiny(300);
    char out[4 * TOKENIZER_PIECE_MAX];
    const int llama[] = {0xF0, 0x9F, 0xA6, 0x99};
    Decoder d = {0};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tokenizer_decode(t, &d, TOKEN_BYTE0 + llama[i], out),
                         0);
    ck_assert_int_eq(tokenizer_decode(t, &d, TOKEN_BYTE0 + 0x99, out), 4);
    ck_assert_int_eq(memcmp(out, "🦙", 4), 0);
    ck_assert_int_eq(tokenizer_decode_end(&d, out), 0);

    const int b = TOKEN_BYTE0, a = tokenizer_find_piece(t, "a", 1);
    ck_assert_str_eq(DECODE(b + 0xF0, b + 0x9F, a), "\xF0\x9F"
                                                    "a");
    ck_assert_str_eq(DECODE(b + 0xF0, b + 0x9F), "\xF0\x9F");
    ck_assert_str_eq(DECODE(b + 0xE2, b + 0xC3, b + 0xA9), "\xE2\xC3\xA9");
    ck_assert_str_eq(DECODE(b + 0x80, b + 0xFF, b + 'x'), "\x80\xFFx");
    ck_assert_str_eq(DECODE(b + 0xC3, TOKEN_EOS), "\xC3");
    tokenizer_close(t);
}
END_TEST

static const char *show(const Tokenizer *t, int id, size_t size, char *out) {
    tokenizer_show(t, id, out, size);
    return out;
}

START_TEST(tokens_are_shown_for_people) {
    Tokenizer *t = open_tiny(320);
    char out[64];
    const int b = TOKEN_BYTE0;
    int cat = tokenizer_find_piece(t, " cat", 4);
    ck_assert_str_eq(show(t, cat, 64, out), "␣cat");
    ck_assert_str_eq(show(t, TOKEN_UNK, 64, out), "<unk>");
    ck_assert_str_eq(show(t, TOKEN_BOS, 64, out), "<s>");
    ck_assert_str_eq(show(t, TOKEN_EOS, 64, out), "</s>");
    ck_assert_str_eq(show(t, b + '\n', 64, out), "⏎");
    ck_assert_str_eq(show(t, b + '\t', 64, out), "⇥");
    ck_assert_str_eq(show(t, b + 0, 64, out), "<00>");
    ck_assert_str_eq(show(t, b + 0x1B, 64, out), "<1B>");
    ck_assert_str_eq(show(t, b + 0x7F, 64, out), "<7F>");
    ck_assert_str_eq(show(t, b + 0xF0, 64, out), "<F0>");
    ck_assert_str_eq(show(t, b + 'A', 64, out), "A");
    int kanji = tokenizer_find_piece(t, "日", 3);
    ck_assert_str_eq(show(t, kanji, 64, out), "日");
    /* Cut between characters, never inside one. */
    ck_assert_str_eq(show(t, kanji, 4, out), "日");
    ck_assert_str_eq(show(t, kanji, 3, out), "");
    ck_assert_str_eq(show(t, cat, 6, out), "␣ca");
    ck_assert_str_eq(show(t, cat, 1, out), "");
    ck_assert_str_eq(show(t, b + 0xF0, 4, out), "");
    tokenizer_close(t);
}
END_TEST

START_TEST(pieces_know_what_they_are) {
    Tokenizer *t = open_tiny(300);
    ck_assert_int_eq(tokenizer_n_pieces(t), 300);
    ck_assert(tokenizer_piece(t, TOKEN_EOS).is_control);
    ck_assert(!tokenizer_piece(t, TOKEN_EOS).is_byte);
    for (int i = 0; i < 256; i++) {
        Piece p = tokenizer_piece(t, TOKEN_BYTE0 + i);
        ck_assert(p.is_byte && !p.is_control && p.len == 1);
        ck_assert_int_eq((uint8_t)p.bytes[0], i);
    }
    Piece he = tokenizer_piece(t, tokenizer_find_piece(t, "he", 2));
    ck_assert(!he.is_byte && !he.is_control && he.len == 2);
    ck_assert_str_eq(he.bytes, "he");
    ck_assert_float_eq(he.score, -1);
    ck_assert_int_eq(tokenizer_find_piece(t, "hez", 3), -1);
    ck_assert_int_eq(tokenizer_find_piece(t, "", 0), -1);
    tokenizer_close(t);
    tokenizer_close(NULL);
}
END_TEST

/* ---- files --------------------------------------------------------------- */

START_TEST(the_tokenizer_is_found_beside_the_model) {
    char dir[FOLDER_PATH_MAX], model[FOLDER_PATH_MAX], want[FOLDER_PATH_MAX];
    char found[FOLDER_PATH_MAX];
    static const char *const names[] = {"tok300.bin", "tokenizer.bin",
                                        "my.model.tok.bin"};
    Err err = {0};
    folder_make(dir);
    folder_path(model, dir, "my.model.bin");
    ck_assert(!tokenizer_find(model, 300, found, sizeof found, &err));
    ck_assert_int_eq(strncmp(err.msg, model, strlen(model)), 0);
    for (int i = 2; i >= 0; i--)
        ck_assert_ptr_nonnull(strstr(err.msg, names[i]));
    for (int i = 0; i < 3; i++) { /* each goes before the last */
        folder_write(dir, names[i], "x", 1);
        folder_path(want, dir, names[i]);
        ck_assert(tokenizer_find(model, 300, found, sizeof found, NULL));
        ck_assert_str_eq(found, want);
    }
    ck_assert(!tokenizer_find(model, 300, found, 8, NULL));
    folder_remove(dir);
}
END_TEST

START_TEST(a_tokenizer_file_opens_or_says_why) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    size_t size;
    void *bytes = tiny_tokenizer_bytes(300, &size);
    Err err = {0};
    folder_make(dir);
    folder_write(dir, "t.bin", bytes, size);
    folder_path(path, dir, "t.bin");
    Tokenizer *t = tokenizer_open(path, 300, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    tokenizer_close(t);
    ck_assert_ptr_null(tokenizer_open(path, 259, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "after piece 258"));
    err_clear(&err);
    ck_assert_int_eq(truncate(path, (off_t)TOKENIZER_FILE_MAX + 1), 0);
    ck_assert_ptr_null(tokenizer_open(path, 300, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    folder_remove(dir);
    free(bytes);
}
END_TEST

TEST_MAIN("tokenizer", ids_are_those_of_the_definition, ties_go_to_the_left,
          a_real_vocabulary_agrees, bos_and_nothing,
          bytes_that_are_no_piece_span_themselves,
          control_pieces_never_come_from_text,
          the_longest_prompt_is_taken_and_no_longer, the_first_space_goes_once,
          characters_are_held_until_whole, tokens_are_shown_for_people,
          pieces_know_what_they_are, the_tokenizer_is_found_beside_the_model,
          a_tokenizer_file_opens_or_says_why)
