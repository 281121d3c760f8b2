/* The tokenizer trainer: a tiny example by hand, and, on a longer text, what
 * the tokenizer makes of it. */
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/bpe.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static Tokenizer *train(const char *text, int vocab_size) {
    Err err = {0};
    size_t size;
    void *bytes =
        bpe_train("text", text, strlen(text), vocab_size, &size, &err);
    ck_assert_msg(bytes != NULL, "%s", err.msg);
    Tokenizer *t =
        tokenizer_open_memory("tok.bin", bytes, size, vocab_size, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_ptr_null(tokenizer_warning(t));
    free(bytes);
    return t;
}

static void check_piece(const Tokenizer *t, int id, const char *want) {
    const Piece p = tokenizer_piece(t, id);
    ck_assert_msg(p.len == (int)strlen(want) &&
                      memcmp(p.bytes, want, (size_t)p.len) == 0,
                  "piece %d: \"%s\", need \"%s\"", id, p.bytes, want);
    ck_assert_float_eq(p.score, (float)-(id - 259));
}

/* " hug" 3 times, " pug" twice, " hugs" once.  Pairs: "ug" stands 6 times;
 * then " h" 4 times before "h"+"ug" 4 times by being shorter; then " hug" 4;
 * " p" 2; " pug" 2.  Then nothing stands twice. */
START_TEST(a_tiny_text_by_hand) {
    Tokenizer *t = train("hug hug pug hugs pug hug", 259 + 5 + 6);
    const char *const pieces[] = {"ug", " h", " hug", " p", " pug",
                                  /* characters by how often they stand */
                                  " ", "g", "u", "h", "p", "s"};
    for (int i = 0; i < 11; i++)
        check_piece(t, 259 + i, pieces[i]);
    tokenizer_close(t);
}
END_TEST

START_TEST(what_the_text_allows_is_said) {
    const char *text = "hug hug pug hugs pug hug";
    Err err = {0};
    size_t size;
    ck_assert_ptr_null(
        bpe_train("a.txt", text, strlen(text), 271, &size, &err));
    ck_assert_str_eq(err.msg, "a.txt: vocabulary: found 271 entries asked "
                              "for, the text allows 270");
    err_clear(&err);
    ck_assert_ptr_null(
        bpe_train("a.txt", text, strlen(text), 264, &size, &err));
    ck_assert_str_eq(err.msg, "a.txt: vocabulary: found 264 entries asked "
                              "for, need at least 265: 259 fixed ones and 6 "
                              "characters");
    err_clear(&err);
    ck_assert_ptr_null(bpe_train("a.txt", "\n \n", 3, 300, &size, &err));
    ck_assert_str_eq(err.msg, "a.txt: text: found no text in it");
}
END_TEST

static const char tale[] =
    "Tom had a red ball. \"Look at my ball,\" said Tom. \"It is red.\"\n"
    "Mia saw the ball. \"I don't have a ball,\" said Mia. She was sad.\n"
    "Tom said, \"We can play with my red ball.\" 1, 2, 3, 12, 123: they "
    "played!\n"
    "The caf\xC3\xA9 was red, the ball was red, and Mia was not sad.\n";

/* Merges never join a word to what is not of it, so every piece is letters
 * with at most a space before, or one other character with at most one. */
START_TEST(pieces_stay_within_words) {
    Tokenizer *t = train(tale, 330);
    for (int id = 259; id < 330; id++) {
        const Piece p = tokenizer_piece(t, id);
        const int n = p.bytes[0] == ' ' ? p.len - 1 : p.len;
        const char *rest = p.bytes + (p.len - n);
        ck_assert_ptr_null(memchr(rest, ' ', (size_t)n));
        ck_assert_ptr_null(memchr(rest, '\n', (size_t)n));
        if (n > 1 && !(rest[0] & 0x80))
            ck_assert_msg(strpbrk(rest, "0123456789.,!\"':") == NULL,
                          "piece \"%s\"", p.bytes);
    }
    tokenizer_close(t);
}
END_TEST

/* Encoding a text merges what was learnt from it and nothing else: each piece
 * that was learnt comes up, and every merge is the next in rank. */
START_TEST(encoding_uses_the_merges_learnt) {
    Tokenizer *t = train(tale, 330);
    Encoding e = {0};
    Err err = {0};
    bool used[330] = {0};
    ck_assert(
        tokenizer_encode(t, tale, strlen(tale), TOKENIZER_MERGES, &e, &err));
    float last = 0;
    for (int i = 0; i < e.n_merges; i++) {
        used[e.merges[i].id] = true;
        ck_assert_float_le(e.merges[i].score, last);
        last = e.merges[i].score;
    }
    int n_learnt = 0;
    for (int id = 259; id < 330 && tokenizer_piece(t, id).len > 1; id++) {
        if (tokenizer_piece(t, id).bytes[0] & 0x80) break; /* a character */
        ck_assert_msg(used[id], "piece %d, \"%s\"", id,
                      tokenizer_piece(t, id).bytes);
        n_learnt++;
    }
    ck_assert_int_gt(n_learnt, 30);
    ck_assert_int_lt(e.n, (int)strlen(tale) * 2 / 3);
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

START_TEST(decoding_gives_the_text_back) {
    Tokenizer *t = train(tale, 330);
    const char *const texts[] = {tale, "An unseen \xE6\x97\xA5\tword\r\n\xFF",
                                 "  two  spaces  ", "ballball"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Encoding e = {0};
        Decoder d = {0};
        Err err = {0};
        char out[TOKENIZER_PIECE_MAX + 8], got[1024];
        int n_got = 0;
        ck_assert(tokenizer_encode(t, texts[i], strlen(texts[i]), 0, &e, &err));
        for (int k = 0; k < e.n; k++) {
            const int n = tokenizer_decode(t, &d, e.tokens[k].id, out);
            memcpy(got + n_got, out, (size_t)n);
            n_got += n;
        }
        n_got += tokenizer_decode_end(&d, got + n_got);
        ck_assert_int_eq(n_got, (int)strlen(texts[i]));
        ck_assert_mem_eq(got, texts[i], (size_t)n_got);
        encoding_free(&e);
    }
    tokenizer_close(t);
}
END_TEST

START_TEST(the_same_text_gives_the_same_bytes) {
    Err err = {0};
    size_t size[2];
    void *bytes[2];
    for (int i = 0; i < 2; i++)
        bytes[i] = bpe_train("text", tale, strlen(tale), 330, &size[i], &err);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

TEST_MAIN("bpe", a_tiny_text_by_hand, what_the_text_allows_is_said,
          pieces_stay_within_words, encoding_uses_the_merges_learnt,
          decoding_gives_the_text_back, the_same_text_gives_the_same_bytes)
