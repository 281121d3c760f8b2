/* What is known of the Llama 2 tokenizer, as vectors: on a vocabulary of its
 * kind in little, with the pieces that these facts are about.  (In the real one
 * runs of spaces score below every word, too.) */
#include "engine/tokenizer/tokenizer.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define SP "\xE2\x96\x81" /* U+2581, a space in files */

enum { TEXT0 = 259, BYTE0 = 3, PIECES_MAX = 320 };

static const struct {
    const char *piece;
    float score;
} words[] = {
    {SP, -2000},         {"H", -2001},     {"e", -2002},
    {"l", -2003},        {"o", -2004},     {"I", -2005},
    {"w", -2006},        {"r", -2007},     {"d", -2008},
    {"\xC3\xA9", -2009}, {"\r", -2010},    {"\xCC\x81", -2011},
    {SP "H", -2},        {"el", -3},       {"lo", -4},
    {SP "Hel", -5},      {SP "Hello", -6}, {SP "\r", -7},
    {SP "\xC3\xA9", -8}, {SP "e", -9},     {SP "w", -10},
    {"or", -11},         {SP "wor", -12},  {"ld", -13},
    {SP "world", -14},   {SP "I", -15},    {SP SP, -1000},
    {SP SP SP, -1001},
};
enum { N_WORDS = sizeof words / sizeof *words, VOCAB = TEXT0 + N_WORDS };

static Tokenizer *open_vectors(void) {
    static const char *const controls[] = {"<unk>", "<s>", "</s>"};
    PieceSpec pieces[PIECES_MAX];
    char bytes[256][8];
    Err err = {0};
    for (int id = 0; id < VOCAB; id++) {
        const char *text = id < BYTE0   ? controls[id]
                           : id < TEXT0 ? bytes[id - BYTE0]
                                        : words[id - TEXT0].piece;
        if (id >= BYTE0 && id < TEXT0)
            snprintf(bytes[id - BYTE0], 8, "<0x%02X>", (unsigned)(id - BYTE0));
        pieces[id] =
            (PieceSpec){.bytes = text,
                        .len = (int)strlen(text),
                        .score = id < TEXT0 ? 0 : words[id - TEXT0].score,
                        .type = id == 0      ? TOKEN_UNKNOWN
                                : id < BYTE0 ? TOKEN_CONTROL
                                : id < TEXT0 ? TOKEN_BYTE
                                             : TOKEN_NORMAL};
    }
    const TokenizerSpec spec = {.name = "vectors",
                                .kind = TOKENIZER_SENTENCEPIECE,
                                .pieces = pieces,
                                .n_pieces = VOCAB,
                                .bos = TOKEN_BOS,
                                .ends = {TOKEN_EOS},
                                .n_ends = 1};
    Tokenizer *t = tokenizer_from_pieces(&spec, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    return t;
}

/* A merge that is listed twice: it has one rank, the first or the last. */
static void check_equal_merges(bool last_merge, int first_id, int second_id) {
    static const char *const texts[] = {"a", "b", "c", "ab", "bc", "end"};
    static const MergeSpec merges[] = {
        {"a", "b", 1, 1}, {"b", "c", 1, 1}, {"a", "b", 1, 1}};
    PieceSpec pieces[6] = {0};
    Encoding e = {0};
    Err err = {0};
    for (int id = 0; id < 6; id++)
        pieces[id] = (PieceSpec){.bytes = texts[id],
                                 .len = (int)strlen(texts[id]),
                                 .type = id < 5 ? TOKEN_NORMAL : TOKEN_CONTROL};
    const TokenizerSpec spec = {.name = "equal",
                                .kind = TOKENIZER_GPT2,
                                .pieces = pieces,
                                .n_pieces = 6,
                                .merges = merges,
                                .n_merges = 3,
                                .ranked = true,
                                .last_merge = last_merge,
                                .bos = -1,
                                .ends = {5},
                                .n_ends = 1,
                                .unknown = -1};
    Tokenizer *t = tokenizer_from_pieces(&spec, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert(tokenizer_encode(t, "abc", 3, 0, &e, &err));
    ck_assert_int_eq(e.n, 2);
    ck_assert_int_eq(e.tokens[0].id, first_id);
    ck_assert_int_eq(e.tokens[1].id, second_id);
    ck_assert_ptr_nonnull(strstr(tokenizer_warning(t),
                                 last_merge
                                     ? "merges: 1 duplicates, the last is used"
                                     : "merges: 1 duplicates, the first is "
                                       "used"));
    encoding_free(&e);
    tokenizer_close(t);
}

START_TEST(of_equal_merges_one_counts) {
    check_equal_merges(false, 3, 2); /* ab|c, as in llama.cpp */
    check_equal_merges(true, 0, 4);  /* a|bc, as in Transformers */
}
END_TEST

/* With a mask added, pieces of the user's are found whole as before, in the
 * text as it is or normalized. */
START_TEST(a_mask_leaves_user_pieces_whole) {
    static const char *const texts[] = {"<unk>", "<s>", "</s>", SP,
                                        "a",     "b",   "<x>"};
    static const char text[] = "ab<x><x>";
    PieceSpec pieces[7] = {0};
    Err err = {0};
    for (int id = 0; id < 7; id++)
        pieces[id] = (PieceSpec){.bytes = texts[id],
                                 .len = (int)strlen(texts[id]),
                                 .type = id == 0   ? TOKEN_UNKNOWN
                                         : id < 3  ? TOKEN_CONTROL
                                         : id == 6 ? TOKEN_USER
                                                   : TOKEN_NORMAL};
    for (int normalized = 0; normalized < 2; normalized++) {
        const TokenizerSpec spec = {.name = "user",
                                    .kind = TOKENIZER_SENTENCEPIECE,
                                    .pieces = pieces,
                                    .n_pieces = 7,
                                    .bos = TOKEN_BOS,
                                    .ends = {TOKEN_EOS},
                                    .n_ends = 1,
                                    .user_normalized = normalized};
        Encoding plain = {0}, masked = {0};
        Tokenizer *t = tokenizer_from_pieces(&spec, &err);
        ck_assert_msg(t != NULL, "%s", err.msg);
        Tokenizer *m = tokenizer_masked(t, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert(tokenizer_encode(t, text, strlen(text), 0, &plain, &err));
        ck_assert(tokenizer_encode(m, text, strlen(text), 0, &masked, &err));
        int found = 0;
        ck_assert_int_eq(plain.n, masked.n);
        for (int i = 0; i < plain.n; i++) {
            ck_assert_int_eq(plain.tokens[i].id, masked.tokens[i].id);
            found += masked.tokens[i].id == 6;
        }
        ck_assert_int_eq(found, 2);
        encoding_free(&plain);
        encoding_free(&masked);
        tokenizer_close(m);
        tokenizer_close(t);
    }
}
END_TEST

/* Tokens as people read them: pieces with "_" for a space, bytes as <XX>, a bar
 * between two. */
static void write_tokens(const Tokenizer *t, const Encoding *e, char *out) {
    for (int i = 0; i < e->n; i++) {
        const Piece p = tokenizer_piece(t, e->tokens[i].id);
        if (i > 0) *out++ = '|';
        if (p.is_byte) {
            out += sprintf(out, "<%02X>", (unsigned)(uint8_t)p.bytes[0]);
            continue;
        }
        for (int k = 0; k < p.len; k++)
            *out++ = p.bytes[k] == ' ' ? '_' : p.bytes[k];
    }
    *out = '\0';
}

static const struct {
    const char *text, *tokens;
} vectors[] = {
    {"", ""},
    {" ", "__"},
    {"  ", "___"},
    {"Hello", "_Hello"},
    {" Hello", "_|_Hello"},
    {"  Hello", "__|_Hello"},
    {"   Hello", "___|_Hello"},
    {"Hello world", "_Hello|_world"},
    {"\n", "_|<0A>"},
    {"\r\n", "_\r|<0A>"},
    /* no normalisation: composed and not are two texts */
    {"\xC3\xA9", "_\xC3\xA9"},
    {"e\xCC\x81", "_e|\xCC\x81"},
    /* not in the vocabulary: bytes */
    {"\xF0\x9F\xA6\x99", "_|<F0>|<9F>|<A6>|<99>"},
    {"\xFF", "_|<FF>"},
    {"\xE2\x96\x81", "__"}, /* as SentencePiece: a space */
    /* names of control tokens and bytes are text */
    {"<s>", "_|<3C>|<73>|<3E>"},
    {"<0x41>", "_|<3C>|<30>|<78>|<34>|<31>|<3E>"},
};

START_TEST(texts_become_these_tokens) {
    Tokenizer *t = open_vectors();
    Encoding e = {0};
    char got[200];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const char *text = vectors[i].text;
        ck_assert(tokenizer_encode(t, text, strlen(text), 0, &e, NULL));
        write_tokens(t, &e, got);
        ck_assert_str_eq(got, vectors[i].tokens);
    }
    /* A NUL is a byte like others. */
    ck_assert(tokenizer_encode(t, "\0", 1, 0, &e, NULL));
    write_tokens(t, &e, got);
    ck_assert_str_eq(got, "_|<00>");
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

static int id_of(const Tokenizer *t, const char *piece) {
    const int id = tokenizer_find_piece(t, piece, (int)strlen(piece));
    ck_assert_int_ge(id, 0);
    return id;
}

/* The space put first is left out once, with or without BOS before it. */
START_TEST(tokens_become_these_texts) {
    Tokenizer *t = open_vectors();
    const int hello = id_of(t, " Hello"), world = id_of(t, " world");
    const int i = id_of(t, " I"), space = id_of(t, " ");
    const struct {
        int ids[4], n;
        const char *text;
    } cases[] = {
        {{hello, world}, 2, "Hello world"},
        {{TOKEN_BOS, hello, world}, 3, "Hello world"},
        {{TOKEN_BOS, space, hello}, 3, " Hello"},
        {{i, TOKEN_BOS, i}, 3, "I I"},
        {{hello, TOKEN_EOS}, 2, "Hello"},
        {{BYTE0 + 0xF0, BYTE0 + 0x9F, BYTE0 + 0xA6, BYTE0 + 0x99},
         4,
         "\xF0\x9F\xA6\x99"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char out[8 * TOKENIZER_PIECE_MAX];
        Decoder d = {0};
        int at = 0;
        for (int j = 0; j < cases[k].n; j++)
            at += tokenizer_decode(t, &d, cases[k].ids[j], out + at);
        at += tokenizer_decode_end(&d, out + at);
        out[at] = '\0';
        ck_assert_str_eq(out, cases[k].text);
    }
    tokenizer_close(t);
}
END_TEST

START_TEST(a_text_is_over_at_eos_and_at_bos) {
    Tokenizer *t = open_vectors();
    ck_assert(tokenizer_is_end(t, TOKEN_EOS));
    ck_assert(tokenizer_is_end(t, TOKEN_BOS));
    ck_assert(!tokenizer_is_end(t, TOKEN_UNK));
    tokenizer_close(t);
}
END_TEST

TEST_MAIN("tokenizer_vectors", a_mask_leaves_user_pieces_whole,
          of_equal_merges_one_counts, texts_become_these_tokens,
          tokens_become_these_texts, a_text_is_over_at_eos_and_at_bos)
