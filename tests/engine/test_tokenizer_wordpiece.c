/* WordPiece: the longest piece from the left, against its definition; what is
 * done to a text first; [CLS], [SEP] and [MASK]; and the files it comes in.
 * Ids and spans were checked against tokenizers with BERT's own vocabulary. */
#include "engine/tokenizer/tokenizer_private.h"

#include "tests/support/bert_files.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static Tokenizer *opened(const char *name, Bytes b) {
    Err err = {0};
    File f = {.data = b.data, .size = b.size, .path = "t.gguf"};
    Tokenizer *t =
        strcmp(name, "gguf") == 0
            ? tokenizer_read_gguf(&f, N_BERT, &err)
            : tokenizer_open_memory(name, b.data, b.size, N_BERT, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    bytes_free(&b);
    return t;
}

/* The same vocabulary in every kind of file. */
enum { N_FILES = 4 };
static void open_all(Tokenizer *t[N_FILES]) {
    t[0] = opened("vocab.txt", bert_txt());
    t[1] = opened("t.json", bert_json("", BERT_TEMPLATE));
    t[2] = opened("t.json", bert_json("", BERT_PROCESSING));
    t[3] = opened("gguf", bert_gguf());
}

typedef struct Want {
    int id;
    uint32_t begin, end;
} Want;

/* Compares; the number of words that were lost. */
static int check(const Tokenizer *t, const char *text, int flags,
                 const Want *want, int n) {
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, text, strlen(text), flags, &e, NULL));
    for (int i = 0; i < n && i < e.n; i++) {
        const Token *token = &e.tokens[i];
        ck_assert_msg(
            token->id == want[i].id && token->begin == want[i].begin &&
                token->end == want[i].end,
            "%s: token %d is %d [%u,%u), need %d [%u,%u)", text, i, token->id,
            token->begin, token->end, want[i].id, want[i].begin, want[i].end);
    }
    ck_assert_msg(e.n == n, "%s: %d tokens, need %d", text, e.n, n);
    const int lost = e.n_unknown;
    encoding_free(&e);
    return lost;
}
#define CHECK_WITH(flags, t, text, ...)                                        \
    check(t, text, flags, (const Want[]){__VA_ARGS__},                         \
          sizeof((Want[]){__VA_ARGS__}) / sizeof(Want))
#define CHECK(t, text, ...) CHECK_WITH(0, t, text, __VA_ARGS__)

START_TEST(the_longest_piece_from_the_left) {
    Tokenizer *files[N_FILES];
    open_all(files);
    for (int i = 0; i < N_FILES; i++) {
        const Tokenizer *t = files[i];
        ck_assert_ptr_null(tokenizer_warning(t));
        CHECK(t, "unaffable", {BERT_UN, 0, 2}, {BERT_IN_AFF, 2, 5},
              {BERT_IN_ABLE, 5, 9});
        CHECK(t, "Zoe went, playing.", {BERT_ZOE, 0, 3}, {BERT_WENT, 4, 8},
              {BERT_COMMA, 8, 9}, {BERT_PLAY, 10, 14}, {BERT_IN_ING, 14, 17},
              {BERT_DOT, 17, 18});
        /* A word that is not all pieces is unknown as a whole. */
        ck_assert_int_eq(
            CHECK(t, "playful a", {BERT_UNK, 0, 7}, {BERT_A, 8, 9}), 1);
        CHECK(t, "s's $s", {BERT_S, 0, 1}, {BERT_QUOTE, 1, 2}, {BERT_S, 2, 3},
              {BERT_DOLLAR, 4, 5}, {BERT_S, 5, 6});
        tokenizer_close(files[i]);
    }
}
END_TEST

START_TEST(what_is_done_to_a_text_first) {
    Tokenizer *files[N_FILES];
    open_all(files);
    for (int i = 0; i < N_FILES; i++) {
        const Tokenizer *t = files[i];
        /* Accents are off, whether apart or not; they belong to the piece. */
        CHECK(t, "CAF\u00C9 a", {BERT_CAFE, 0, 5}, {BERT_A, 6, 7});
        CHECK(t, "Cafe\u0301 a", {BERT_CAFE, 0, 6}, {BERT_A, 7, 8});
        CHECK(t, "Zoe\u0308\u0301.", {BERT_ZOE, 0, 7}, {BERT_DOT, 7, 8});
        /* Chinese characters are words; so is each piece of a Korean one. */
        CHECK(t, "a\u4E2D\u6587a", {BERT_A, 0, 1}, {BERT_ZHONG, 1, 4},
              {BERT_WEN, 4, 7}, {BERT_A, 7, 8});
        CHECK(t, "\uD55C a", {BERT_H, 0, 3}, {BERT_IN_AH, 0, 3},
              {BERT_IN_N, 0, 3}, {BERT_A, 4, 5});
        /* Control characters are not there; blanks of all kinds are one. */
        CHECK(t,
              "\t z\u200Bo\x01\xC3"
              "e\u00A0\u3000\n went\uFFFD",
              {BERT_ZOE, 2, 10}, {BERT_WENT, 17, 21});
        CHECK(t, "\uFF0C", {BERT_UNK, 0, 3}); /* punctuation without a piece */
        tokenizer_close(files[i]);
    }
}
END_TEST

START_TEST(a_file_says_what_is_done) {
    Tokenizer *cased =
        opened("t.json", bert_json(",\"lowercase\":false", BERT_TEMPLATE));
    CHECK(cased, "Zo\u00EB Zoe zoe", {BERT_CAPITAL, 0, 4}, {BERT_UNK, 5, 8},
          {BERT_ZOE, 9, 12});
    Tokenizer *accents = opened(
        "t.json", bert_json(",\"strip_accents\":true,\"lowercase\":false",
                            BERT_TEMPLATE));
    CHECK(accents, "caf\u00E9", {BERT_CAFE, 0, 5});
    Tokenizer *plain = opened(
        "t.json", bert_json(",\"clean_text\":false,\"handle_chinese_chars\":"
                            "false,\"strip_accents\":false",
                            BERT_TEMPLATE));
    CHECK(plain, "\u4E2D\u6587 \u6587", {BERT_UNK, 0, 6}, {BERT_WEN, 7, 10});
    CHECK(plain, "a\u200B a", {BERT_UNK, 0, 4}, {BERT_A, 5, 6});
    CHECK(plain, "\u0130", {BERT_UNK, 0, 2}); /* i and a dot: no piece */
    tokenizer_close(cased);
    tokenizer_close(accents);
    tokenizer_close(plain);
}
END_TEST

/* ---- special pieces ------------------------------------------------------ */

START_TEST(a_text_is_between_cls_and_sep) {
    Tokenizer *files[N_FILES];
    open_all(files);
    for (int i = 0; i < N_FILES; i++) {
        const Tokenizer *t = files[i];
        CHECK_WITH(TOKENIZER_BOS, t, "Zoe", {BERT_CLS, 0, 0}, {BERT_ZOE, 0, 3},
                   {BERT_SEP, 3, 3});
        CHECK_WITH(TOKENIZER_BOS, t, "", {BERT_CLS, 0, 0}, {BERT_SEP, 0, 0});
        ck_assert_int_eq(tokenizer_sep(t), BERT_SEP);
        ck_assert_int_eq(tokenizer_bos(t), BERT_CLS);
        ck_assert(tokenizer_is_end(t, BERT_SEP));
        ck_assert(tokenizer_piece(t, BERT_SEP).is_control);
        tokenizer_close(files[i]);
    }
    Tokenizer *bare = opened("t.json", bert_json("", BERT_NO_POST));
    CHECK_WITH(TOKENIZER_BOS, bare, "Zoe", {BERT_ZOE, 0, 3});
    ck_assert_int_eq(tokenizer_sep(bare), -1);
    tokenizer_close(bare);
}
END_TEST

/* The mask is typed to be filled in; the others are text. */
START_TEST(the_mask_is_always_the_mask) {
    Tokenizer *files[N_FILES];
    open_all(files);
    for (int i = 0; i < N_FILES; i++) {
        const Tokenizer *t = files[i];
        ck_assert_int_eq(tokenizer_mask(t), BERT_MASK);
        CHECK(t, "Zoe [MASK].", {BERT_ZOE, 0, 3}, {BERT_MASK, 4, 10},
              {BERT_DOT, 10, 11});
        CHECK(t, "[MASK][MASK]", {BERT_MASK, 0, 6}, {BERT_MASK, 6, 12});
        CHECK(t, "[mask]", {BERT_OPEN, 0, 1}, {BERT_WORD_MASK, 1, 5},
              {BERT_CLOSE, 5, 6});
        CHECK(t, "[SEP]", {BERT_OPEN, 0, 1}, {BERT_UNK, 1, 4},
              {BERT_CLOSE, 4, 5});
        CHECK_WITH(TOKENIZER_SPECIAL, t, "a[SEP][MASK]", {BERT_A, 0, 1},
                   {BERT_SEP, 1, 6}, {BERT_MASK, 6, 12});
        CHECK(t, "[unused0]", {BERT_OPEN, 0, 1}, {BERT_UNK, 1, 8},
              {BERT_CLOSE, 8, 9});
        tokenizer_close(files[i]);
    }
}
END_TEST

/* ---- reading back -------------------------------------------------------- */

static const char *decoded(const Tokenizer *t, const char *text, char *out) {
    Encoding e = {0};
    Decoder d = {0};
    int n = 0;
    ck_assert(tokenizer_encode(t, text, strlen(text), TOKENIZER_BOS, &e, NULL));
    for (int i = 0; i < e.n; i++)
        n += tokenizer_decode(t, &d, e.tokens[i].id, out + n);
    n += tokenizer_decode_end(&d, out + n);
    out[n] = 0;
    encoding_free(&e);
    return out;
}

START_TEST(tokens_read_and_show_as_people_write) {
    Tokenizer *files[N_FILES];
    char out[4 * TOKENIZER_PIECE_MAX];
    open_all(files);
    for (int i = 0; i < N_FILES; i++) {
        const Tokenizer *t = files[i];
        ck_assert_str_eq(decoded(t, "Zoe went, playing.", out),
                         "zoe went, playing.");
        ck_assert_str_eq(decoded(t, "  unaffable\nCAF\u00C9", out),
                         "unaffable cafe");
        tokenizer_show(t, BERT_IN_ING, out, sizeof out);
        ck_assert_str_eq(out, "##ing");
        tokenizer_show(t, BERT_PLAY, out, sizeof out);
        ck_assert_str_eq(out, "play");
        tokenizer_show(t, BERT_MASK, out, sizeof out);
        ck_assert_str_eq(out, "[MASK]");
        ck_assert_int_eq(tokenizer_find_text(t, "play", 4), BERT_PLAY);
        ck_assert_int_eq(tokenizer_find_text(t, " play", 5), BERT_PLAY);
        ck_assert_int_eq(tokenizer_find_text(t, "##ing", 5), BERT_IN_ING);
        ck_assert_int_eq(tokenizer_find_text(t, "ing", 3), -1);
        ck_assert_int_eq(tokenizer_find_piece(t, "ing", 3), BERT_IN_ING);
        tokenizer_close(files[i]);
    }
}
END_TEST

START_TEST(what_was_looked_up_is_told) {
    static const struct {
        uint32_t begin, end;
        int id;
    } want[] = {{0, 4, -1},
                {0, 3, -1},
                {0, 2, BERT_UN},
                {2, 4, -1},
                {2, 3, -1 /* "##e" is one, "##m" none */}};
    Tokenizer *t = opened("vocab.txt", bert_txt());
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "unme a", 6, TOKENIZER_MERGES, &e, NULL));
    ck_assert_int_eq(e.n_lookups, 6);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(e.lookups[i].begin, want[i].begin);
        ck_assert_uint_eq(e.lookups[i].end, want[i].end);
        ck_assert_int_eq(e.lookups[i].id, want[i].id);
        ck_assert(e.lookups[i].inside == (want[i].begin > 0));
    }
    ck_assert_int_eq(e.lookups[5].id, BERT_A);
    ck_assert_int_eq(e.n_merges, 0);
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

/* ---- the definition ------------------------------------------------------ */

static int find_slowly(const char *text, size_t n, bool inside) {
    for (int id = BERT_UN; id < N_BERT; id++) {
        const char *p = bert_pieces[id];
        const bool is_inside = strncmp(p, "##", 2) == 0;
        if (is_inside) p += 2;
        if (is_inside == inside && strlen(p) == n && memcmp(p, text, n) == 0)
            return id;
    }
    return -1;
}

/* The ids of one word of small letters. */
static int word_slowly(const char *word, size_t n, int *ids) {
    int count = 0;
    for (size_t at = 0, len; at < n; at += len) {
        int id = -1;
        for (len = n - at; len > 0; len--)
            if ((id = find_slowly(word + at, len, at > 0)) >= 0) break;
        if (id < 0) {
            ids[0] = BERT_UNK;
            return 1;
        }
        ids[count++] = id;
    }
    return count;
}

START_TEST(random_words_are_as_defined) {
    static const char *const parts[] = {"un", "aff", "able", "play", "ing",
                                        "a",  "e",   "s",    "zoe",  "x"};
    Tokenizer *t = opened("vocab.txt", bert_txt());
    Encoding e = {0};
    uint64_t state = 3;
    for (int round = 0; round < 20000; round++) {
        char word[64] = "";
        size_t n = 0;
        int want[64];
        for (int k = 1 + (int)(random_next(&state) % 6); k > 0; k--) {
            const char *part = parts[random_next(&state) % 10];
            memcpy(word + n, part, strlen(part));
            n += strlen(part);
        }
        const int n_want = word_slowly(word, n, want);
        ck_assert(tokenizer_encode(t, word, n, 0, &e, NULL));
        ck_assert_int_eq(e.n, n_want);
        for (int i = 0; i < n_want; i++)
            ck_assert_int_eq(e.tokens[i].id, want[i]);
    }
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

START_TEST(long_words_are_unknown_and_long_texts_fast) {
    static char text[TOKENIZER_PROMPT_MAX];
    Tokenizer *t = opened("vocab.txt", bert_txt());
    Encoding e = {0};
    memset(text, 'a', sizeof text);
    ck_assert(tokenizer_encode(t, text, 100, 0, &e, NULL));
    ck_assert_int_eq(e.n, 100);
    ck_assert(tokenizer_encode(t, text, 101, 0, &e, NULL));
    ck_assert_int_eq(e.n, 1);
    ck_assert_int_eq(e.tokens[0].id, BERT_UNK);
    for (size_t i = 100; i < sizeof text; i += 101)
        text[i] = ' ';
    ck_assert(
        tokenizer_encode(t, text, sizeof text, TOKENIZER_MERGES, &e, NULL));
    ck_assert_int_eq(e.n_lookups, TOKENIZER_LOOKUPS_MAX); /* and no more */
    ck_assert_int_eq(e.n, (int)sizeof text - (int)sizeof text / 101);
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

/* ---- files of before tokenizer.json -------------------------------------- */

#define MERGES "#version: 0.2\nl l\nh e\nhe ll\n\u0120 w\n"
#define PIECES                                                                 \
    "{\"l\":0,\"h\":1,\"e\":2,\"\u0120\":3,\"w\":4,\"ll\":5,\"he\":6,"         \
    "\"hell\":7,\"\u0120w\":8,\"<|endoftext|>\":9}"

typedef struct Beside {
    const char *vocab, *pieces, *name, *text; /* name: of one file more */
    const char *message;                      /* NULL: it opens */
} Beside;

static const Beside besides[] = {
    {"vocab.json", PIECES, "merges.txt", MERGES, NULL},
    {"vocab.json", PIECES, "tokenizer_config.json", "{}",
     "vocab.json: merges.txt: found none beside it, need one"},
    {"vocab.json", PIECES, "merges.txt", "#version: 0.2\nl l\nhell\n",
     "merges.txt: line 3: found \"hell\", need two pieces"},
    {"vocab.json", PIECES, "merges.txt", "h l\n",
     "merges.txt: merges: found \"h\" and \"l\" for merge 0, need two pieces "
     "that together are a piece"},
    {"vocab.json", PIECES, "merges.txt", "#version: 0.2\n",
     "merges.txt: merges: found 0, need 1.."},
    {"vocab.json", "{\"l\":\"x\"}", "merges.txt", MERGES,
     "vocab.json: vocab: found no id for \"l\""},
    {"vocab.txt", NULL, "tokenizer_config.json",
     "{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":false}", NULL},
    {"vocab.txt", NULL, "tokenizer_config.json",
     "{\"tokenizer_class\":\"MPNetTokenizer\"}",
     "tokenizer_config.json: tokenizer_class: found MPNetTokenizer, which is "
     "not supported"},
    {"vocab.txt", NULL, "tokenizer_config.json", "{\"never_split\":[\"x\"]}",
     "tokenizer_config.json: never_split: found some, which is not supported"},
    {"vocab.txt", NULL, "tokenizer_config.json",
     "{\"do_basic_tokenize\":false}",
     "tokenizer_config.json: do_basic_tokenize: found false, which is not "
     "supported"},
    {"vocab.txt", NULL, "tokenizer_config.json",
     "{\"added_tokens_decoder\":{\"x\":{}}}",
     "tokenizer_config.json: added_tokens_decoder: found \"x\", need an id and "
     "an object"},
    {"vocab.txt", NULL, "special_tokens_map.json",
     "{\"cls_token\":\"[BEGIN]\"}",
     "vocab.txt: post_processor: found \"[BEGIN]\" and \"[SEP]\", need pieces"},
    {"vocab.txt", "[UNK]\na\n\xFF\n", "merges.txt", "",
     "vocab.txt: line 3: found \"<FF>\", need a piece in UTF-8"},
    {"vocab.txt", "[UNK]\na\na\n", "merges.txt", "",
     "vocab.txt: line 3: found \"a\", need each piece once"},
};

START_TEST(files_beside_each_other) {
    for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
        const Beside *c = &besides[i];
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        Bytes txt = bert_txt();
        Err err = {0};
        const bool is_bert = strcmp(c->vocab, "vocab.txt") == 0;
        folder_make(dir);
        folder_path(path, dir, c->vocab);
        if (c->pieces)
            folder_write(dir, c->vocab, c->pieces, strlen(c->pieces));
        else
            folder_write(dir, c->vocab, txt.data, txt.size);
        if (*c->text) folder_write(dir, c->name, c->text, strlen(c->text));
        Tokenizer *t = tokenizer_open(path, is_bert ? N_BERT : 10, &err);
        ck_assert_msg((t != NULL) == !c->message, "case %zu: %s", i, err.msg);
        if (c->message) ck_assert_ptr_nonnull(strstr(err.msg, c->message));
        if (t && is_bert) CHECK(t, "Zo\u00EB", {BERT_CAPITAL, 0, 4});
        if (t && !is_bert) {
            CHECK(t, "hell wh", {7, 0, 4}, {8, 4, 6}, {1, 6, 7});
            CHECK_WITH(TOKENIZER_SPECIAL, t, "l<|endoftext|>", {0, 0, 1},
                       {9, 1, 14});
            ck_assert_int_eq(tokenizer_bos(t), 9);
            ck_assert(tokenizer_piece(t, 9).is_control);
        }
        tokenizer_close(t);
        bytes_free(&txt);
        folder_remove(dir);
    }
}
END_TEST

START_TEST(a_class_tells_the_words) {
    static const char *const configs[][2] = {
        {"tokenizer_config.json", "{\"tokenizer_class\":\"Qwen2Tokenizer\"}"},
        {"config.json", "{\"model_type\":\"qwen3\"}"},
        {"tokenizer_config.json",
         "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_prefix_space\":true}"}};
    static const char added[] = "{\"<|im_end|>\":10}";
    for (int i = 0; i < 3; i++) {
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        Err err = {0};
        folder_make(dir);
        folder_path(path, dir, "vocab.json");
        folder_write(dir, "vocab.json", PIECES, sizeof PIECES - 1);
        folder_write(dir, "merges.txt", MERGES, sizeof MERGES - 1);
        folder_write(dir, configs[i][0], configs[i][1], strlen(configs[i][1]));
        folder_write(dir, "added_tokens.json", added, sizeof added - 1);
        Tokenizer *t = tokenizer_open(path, 11, &err);
        ck_assert_msg(t != NULL, "%s", err.msg);
        ck_assert(t->scheme ==
                  tokenizer_scheme(i < 2 ? TOKENIZER_QWEN2 : TOKENIZER_GPT2));
        ck_assert_int_eq(t->normal, i < 2 ? NORMAL_NFC : 0);
        if (i < 2)
            CHECK(t, "w<|im_end|>", {4, 0, 1}, {10, 1, 11});
        else
            CHECK(t, "w", {8, 0, 1});
        tokenizer_close(t);
        folder_remove(dir);
    }
}
END_TEST

/* An added token with an id that no row has is none: the vocabulary's is. */
START_TEST(a_control_past_the_rows_is_none) {
    Bytes good = bert_json("", BERT_TEMPLATE), far = {0};
    char from[48];
    Err err = {0};
    snprintf(from, sizeof from, "{\"id\":%d,\"content\":\"[CLS]\"", BERT_CLS);
    bytes_u8(&good, 0);
    const char *text = (const char *)good.data, *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    bytes_put(&far, text, (size_t)(at - text));
    bytes_format(&far, "{\"id\":1000000,\"content\":\"[CLS]\"%s",
                 at + strlen(from));
    Tokenizer *t =
        tokenizer_open_memory("t.json", far.data, far.size, N_BERT, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert_int_eq(tokenizer_bos(t), BERT_CLS);
    tokenizer_close(t);
    bytes_free(&good);
    bytes_free(&far);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

START_TEST(other_wordpieces_are_refused) {
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"BertPreTokenizer", "Whitespace",
         "t.json: pre_tokenizer: found Whitespace, which is not supported"},
        {"BertNormalizer", "Lowercase",
         "t.json: normalizer: found Lowercase, which is not supported"},
        {"TemplateProcessing", "RobertaProcessing",
         "t.json: post_processor: found RobertaProcessing, which is not "
         "supported"},
        {"\"##\"", "\"\"",
         "t.json: continuing_subword_prefix: found 0 bytes, need 1..15"},
        {"word\":100", "word\":0",
         "t.json: max_input_chars_per_word: found 0, need 1..10000"},
        {"\"WordPiece\",\"unk", "\"Unigram\",\"unk",
         "t.json: model.type: found \"Unigram\", need BPE or WordPiece"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Bytes good = bert_json("", BERT_TEMPLATE), bad = {0};
        Err err = {0};
        bytes_u8(&good, 0);
        const char *text = (const char *)good.data;
        const char *at = strstr(text, cases[i].from);
        ck_assert_ptr_nonnull(at);
        bytes_put(&bad, text, (size_t)(at - text));
        bytes_format(&bad, "%s%s", cases[i].to, at + strlen(cases[i].from));
        ck_assert_ptr_null(
            tokenizer_open_memory("t.json", bad.data, bad.size, N_BERT, &err));
        ck_assert_msg(strstr(err.msg, cases[i].message) != NULL, "%s", err.msg);
        bytes_free(&good);
        bytes_free(&bad);
    }
}
END_TEST

TEST_MAIN("tokenizer_wordpiece", the_longest_piece_from_the_left,
          what_is_done_to_a_text_first, a_file_says_what_is_done,
          a_text_is_between_cls_and_sep, the_mask_is_always_the_mask,
          tokens_read_and_show_as_people_write, what_was_looked_up_is_told,
          random_words_are_as_defined,
          long_words_are_unknown_and_long_texts_fast, files_beside_each_other,
          a_class_tells_the_words, a_control_past_the_rows_is_none,
          other_wordpieces_are_refused)
