/* From a text to rows of tokens: documents, order, and what is held out. */
#include "engine/base/chance.h"
#include "engine/train/data.h"
#include "engine/train/documents.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <string.h>

#define SEQ_LEN 8

static void check_docs(const char *text, int n, const char *const *want) {
    Documents docs = documents_init(text, strlen(text));
    Document doc;
    for (int i = 0; i < n; i++) {
        ck_assert_msg(documents_next(&docs, &doc), "document %d of \"%s\"", i,
                      text);
        ck_assert_msg(
            doc.n == strlen(want[i]) && memcmp(doc.text, want[i], doc.n) == 0,
            "document %d of \"%s\": \"%.*s\"", i, text, (int)doc.n, doc.text);
    }
    ck_assert(!documents_next(&docs, &doc));
}

START_TEST(documents_are_lines_or_between_blank_lines) {
    const char *const ab[] = {"a", "b"}, *const lines[] = {"a\nb", "c"};
    check_docs("a\nb\n", 2, ab);
    check_docs("a\r\nb", 2, ab);
    check_docs("\n\na\nb", 2, ab);
    check_docs("a\n\nb\n\n\n", 2, ab);
    check_docs("a\nb\n\nc", 2, lines);
    check_docs("\na\nb\n \t\r\nc\n", 2, lines);
    check_docs("", 0, NULL);
    check_docs(" \n\n", 0, NULL);
}
END_TEST

START_TEST(an_order_takes_each_item_once) {
    const uint64_t sizes[] = {1, 2, 3, 7, 16, 100, 1000};
    for (int s = 0; s < 7; s++) {
        bool seen[1000] = {0};
        int moved = 0;
        for (uint64_t i = 0; i < sizes[s]; i++) {
            const uint64_t to = chance_order(9, i, sizes[s]);
            ck_assert_uint_lt(to, sizes[s]);
            ck_assert(!seen[to]);
            seen[to] = true;
            moved += to != i;
        }
        if (sizes[s] >= 16) ck_assert_int_gt(moved, (int)sizes[s] / 2);
    }
}
END_TEST

static Tokenizer *source_tokenizer(void **bytes) {
    Err err = {0};
    size_t size;
    *bytes = tiny_tokenizer_bytes(320, &size);
    Tokenizer *t = tokenizer_open_memory("tok", *bytes, size, 320, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    return t;
}

/* n lines, the i-th being "the cat sat~" and then i times " the cat"; "~" is
 * no piece but a byte. */
static char *make_text(int n) {
    const size_t size = (size_t)n * (size_t)(20 + 8 * n);
    char *text = calloc(size, 1);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, size - at, "the cat sat~");
        for (int k = 0; k < i; k++)
            at += (size_t)snprintf(text + at, size - at, " the cat");
        at += (size_t)snprintf(text + at, size - at, "\n");
    }
    return text;
}

/* Rows to learn from end before what is held out begins; every start is taken
 * once in a pass; starts of documents are starts of rows. */
START_TEST(held_out_tokens_are_never_learnt) {
    void *bytes;
    Tokenizer *t = source_tokenizer(&bytes);
    char *text = make_text(30);
    Data d;
    Err err = {0};
    ck_assert_msg(
        data_init(&d, "text", text, strlen(text), t, SEQ_LEN, 0.2, &err), "%s",
        err.msg);
    ck_assert_int_eq(d.tokens[d.held_out], TOKEN_BOS);
    ck_assert_uint_gt(d.n_train, 30);
    int n_bos_starts = 0, n_bos = 0;
    for (uint64_t i = 0; i < 3 * d.n_train; i++) {
        const int *row = data_row(&d, 5, i);
        ck_assert(row >= d.tokens);
        ck_assert_uint_le((size_t)(row - d.tokens) + SEQ_LEN + 1, d.held_out);
        if (i < d.n_train) n_bos_starts += row[0] == TOKEN_BOS;
    }
    for (size_t i = 0; i + SEQ_LEN + 1 <= d.held_out; i++)
        n_bos += d.tokens[i] == TOKEN_BOS;
    /* Pieces: those to learn that are words, each once. */
    for (int k = 0; k < d.n_pieces; k++) {
        bool is_there = false;
        for (size_t i = 0; i < d.held_out; i++)
            is_there = is_there || d.tokens[i] == d.pieces[k];
        ck_assert(is_there);
        ck_assert_int_gt(d.pieces[k], k ? d.pieces[k - 1] : TOKEN_BYTE0 + 255);
    }
    for (size_t i = 0; i < d.held_out; i++) {
        bool is_listed = d.tokens[i] < TOKEN_BYTE0 + 256;
        for (int k = 0; k < d.n_pieces; k++)
            is_listed = is_listed || d.pieces[k] == d.tokens[i];
        ck_assert(is_listed);
    }
    ck_assert_int_gt(d.n_pieces, 1);
    /* Rows from inside a document may start there too, by their shift. */
    ck_assert_int_ge(n_bos_starts, n_bos);
    for (size_t i = 0; i < data_n_held_out(&d); i++) {
        const size_t at = (size_t)(data_held_out(&d, i) - d.tokens);
        ck_assert_uint_ge(at, d.held_out);
        ck_assert_uint_le(at + SEQ_LEN + 1, d.n_tokens);
    }
    data_free(&d);
    free(text);
    tokenizer_close(t);
    free(bytes);
}
END_TEST

/* A document longer than one encoding: as if encoded in one. */
START_TEST(a_long_document_is_not_cut_up) {
    void *bytes;
    Tokenizer *t = source_tokenizer(&bytes);
    const size_t n = (size_t)3 * TOKENIZER_PROMPT_MAX;
    char *text = malloc(n);
    for (size_t i = 0; i < n; i++)
        text[i] = " the cat sat"[i % 12];
    Data d;
    Err err = {0};
    ck_assert_msg(data_init(&d, "text", text + 1, n - 1, t, SEQ_LEN, 0, &err),
                  "%s", err.msg);
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "the cat sat", 11, 0, &e, &err));
    ck_assert_int_eq(d.tokens[0], TOKEN_BOS);
    ck_assert_uint_eq(d.n_tokens, 1 + (size_t)e.n * (n / 12));
    for (size_t i = 1; i < d.n_tokens; i++)
        ck_assert_int_eq(d.tokens[i], e.tokens[(i - 1) % (size_t)e.n].id);
    encoding_free(&e);
    data_free(&d);
    free(text);
    tokenizer_close(t);
    free(bytes);
}
END_TEST

START_TEST(a_tiny_text_is_refused) {
    void *bytes;
    Tokenizer *t = source_tokenizer(&bytes);
    const char *const texts[] = {"", "\n\n", "the cat"};
    for (int i = 0; i < 3; i++) {
        Data d;
        Err err = {0};
        ck_assert(!data_init(&d, "a.txt", texts[i], strlen(texts[i]), t,
                             SEQ_LEN, 0.1, &err));
        ck_assert_ptr_nonnull(strstr(err.msg, "a.txt: text: found "));
        ck_assert_ptr_null(d.tokens);
    }
    tokenizer_close(t);
    free(bytes);
}
END_TEST

TEST_MAIN("data", documents_are_lines_or_between_blank_lines,
          an_order_takes_each_item_once, held_out_tokens_are_never_learnt,
          a_long_document_is_not_cut_up, a_tiny_text_is_refused)
