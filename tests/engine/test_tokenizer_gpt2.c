/* Byte-level BPE as GPT-2, Qwen 2 and llama.cpp's default have it: words
 * against their expressions tried in order, the slow way; and what
 * tokenizer.json says of it.  Words, ids and spans were checked against
 * tokenizers on 12,000 texts with GPT-2's own vocabulary. */
#include "engine/tokenizer/tokenizer_private.h"

#include "tests/support/byte_level.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* ---- words, the slow way ------------------------------------------------- */

/* Texts are of these, whose classes are known without a library. */
typedef struct Sample {
    const char *text;
    char type; /* l letter, n number, s space, r newline, p sign, o other */
} Sample;
static const Sample samples[] = {
    {"a", 'l'},      {"S", 'l'},      {"s", 'l'},      {"l", 'l'},
    {"\u00E9", 'l'}, {"\u65E5", 'l'}, {"1", 'n'},      {"7", 'n'},
    {"0", 'n'},      {"\u00BD", 'n'}, {"\u0663", 'n'}, {" ", 's'},
    {" ", 's'},      {"\t", 's'},     {"\u00A0", 's'}, {"\n", 'r'},
    {"\r", 'r'},     {"'", 'p'},      {"!", 'p'},      {"$", 'p'},
    {"~", 'p'},      {"\u2026", 'p'}, {"`", 'o'},      {"\u0301", 'o'},
    {"\u20AC", 'o'}};
enum { N_SAMPLES = sizeof samples / sizeof *samples, UNITS_MAX = 24 };

/* A text as its characters. */
typedef struct Units {
    int at[UNITS_MAX]; /* which of the samples */
    int n;
} Units;

static const Sample *unit(const Units *u, int i) {
    return &samples[u->at[i]];
}

static bool is_of(const Units *u, int i, int end, const char *types) {
    return i < end && strchr(types, unit(u, i)->type);
}

static int run(const Units *u, int i, int end, const char *types) {
    while (is_of(u, i, end, types))
        i++;
    return i;
}

/* The contractions, as they are or in any case. */
static int ref_contraction(const Units *u, int i, int end, bool any_case) {
    if (i + 1 >= end || strcmp(unit(u, i)->text, "'") != 0) return i;
    const char *next = unit(u, i + 1)->text;
    if (strcmp(next, "s") == 0 || (any_case && strcmp(next, "S") == 0))
        return i + 2;
    if (i + 2 < end && strcmp(next, "l") == 0 &&
        strcmp(unit(u, i + 2)->text, "l") == 0)
        return i + 3;
    return i;
}

/* \s+(?!\S)|\s+ */
static int ref_spaces(const Units *u, int i, int end) {
    const int last = run(u, i, end, "sr");
    return last == end || last == i + 1 ? last : last - 1;
}

static int ref_gpt2(const Units *u, int i, int end) {
    static const char *const kinds[] = {"l", "n", "po"};
    int to = ref_contraction(u, i, end, false);
    if (to > i) return to;
    const int from = i + (strcmp(unit(u, i)->text, " ") == 0);
    for (int k = 0; k < 3; k++)
        if ((to = run(u, from, end, kinds[k])) > from) return to;
    return ref_spaces(u, i, end);
}

static int ref_qwen2(const Units *u, int i, int end) {
    int to = ref_contraction(u, i, end, true);
    if (to > i) return to;
    for (int lead = is_of(u, i, end, "spo"); lead >= 0; lead--)
        if ((to = run(u, i + lead, end, "l")) > i + lead) return to;
    if (is_of(u, i, end, "n")) return i + 1;
    const int from = i + (strcmp(unit(u, i)->text, " ") == 0);
    if ((to = run(u, from, end, "po")) > from) return run(u, to, end, "r");
    /* \s*[\r\n]+: as far as the last newline of the blanks */
    for (to = run(u, i, end, "sr"); to > i; to--)
        if (unit(u, to - 1)->type == 'r') return to;
    return ref_spaces(u, i, end);
}

/* Marks where words end: cut[i] before character i. */
typedef struct Cuts {
    bool at[UNITS_MAX + 1];
} Cuts;

static int next_cut(const Cuts *c, int i, int n) {
    for (i++; i < n && !c->at[i]; i++) {
    }
    return i;
}

/* One of llama.cpp's passes: runs of `types` become fragments of their own. */
static void isolate(const Units *u, Cuts *c, const char *types) {
    for (int i = 1; i < u->n; i++)
        c->at[i] |= is_of(u, i, u->n, types) != is_of(u, i - 1, u->n, types);
}

static bool is_digit(const Sample *s) {
    return s->text[0] >= '0' && s->text[0] <= '9';
}

static void ref_default(const Units *u, Cuts *c) {
    isolate(u, c, "p");
    for (int i = 0, end; i < u->n; i = end) {
        end = next_cut(c, i, u->n);
        for (int k = i; k < end; k = ref_gpt2(u, k, end))
            c->at[k] = true;
    }
    isolate(u, c, "n");
    for (int i = 0, end; i < u->n; i = end) {
        end = next_cut(c, i, u->n);
        for (int k = i; k + 3 <= end; k++) {
            if (!is_digit(unit(u, k)) || !is_digit(unit(u, k + 1)) ||
                !is_digit(unit(u, k + 2)))
                continue;
            c->at[k] = c->at[k + 3] = true;
            k += 2;
        }
    }
}

static void ref_words(TokenizerKind kind, const Units *u, Cuts *c) {
    if (kind == TOKENIZER_GPT2_DEFAULT) {
        ref_default(u, c);
        return;
    }
    for (int i = 0; i < u->n; i = kind == TOKENIZER_GPT2
                                      ? ref_gpt2(u, i, u->n)
                                      : ref_qwen2(u, i, u->n))
        c->at[i] = true;
}

static void check_words(TokenizerKind kind, const Units *u) {
    char text[4 * UNITS_MAX + 1] = "";
    Cuts want = {0};
    size_t n = 0, at = 0, end = 0;
    ref_words(kind, u, &want);
    for (int i = 0; i < u->n; n += strlen(unit(u, i++)->text))
        memcpy(text + n, unit(u, i)->text, strlen(unit(u, i)->text));
    for (int i = 0; i < u->n; at += strlen(unit(u, i++)->text)) {
        ck_assert_msg((at == end) == want.at[i] || i == 0,
                      "kind %d: \"%s\" at byte %zu", (int)kind, text, at);
        if (at == end)
            end += tokenizer_word(tokenizer_scheme(kind)->words, text + at,
                                  n - at);
    }
    ck_assert_uint_eq(end, n);
}

START_TEST(words_are_those_of_their_expressions) {
    static const TokenizerKind kinds[] = {
        TOKENIZER_GPT2, TOKENIZER_GPT2_DEFAULT, TOKENIZER_QWEN2};
    uint64_t state = 5;
    for (int round = 0; round < 60000; round++) {
        Units u = {.n = 1 + (int)(random_next(&state) % UNITS_MAX)};
        for (int i = 0; i < u.n; i++)
            u.at[i] = (int)(random_next(&state) % N_SAMPLES);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            check_words(kinds[k], &u);
    }
}
END_TEST

/* ---- tokenizer.json ------------------------------------------------------ */

#define BEFORE(normal, pre) "\"normalizer\":" normal ",\"pre_tokenizer\":" pre
#define BYTE_LEVEL(prefix, regex)                                              \
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":" prefix                     \
    ",\"use_regex\":" regex "}"
#define NFC "{\"type\":\"NFC\"}"

static Tokenizer *opened(const char *before, Err *err) {
    Bytes b = byte_level_json_of(before, false);
    Tokenizer *t =
        tokenizer_open_memory("t.json", b.data, b.size, N_BYTE_LEVEL, err);
    bytes_free(&b);
    return t;
}

typedef struct Want {
    int id;
    uint32_t begin, end;
} Want;

static void check(const Tokenizer *t, const char *text, const Want *want,
                  int n) {
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, text, strlen(text), 0, &e, NULL));
    for (int i = 0; i < n && i < e.n; i++) {
        const Token *token = &e.tokens[i];
        ck_assert_msg(
            token->id == want[i].id && token->begin == want[i].begin &&
                token->end == want[i].end,
            "%s: token %d is %d [%u,%u), need %d [%u,%u)", text, i, token->id,
            token->begin, token->end, want[i].id, want[i].begin, want[i].end);
    }
    ck_assert_int_eq(e.n, n);
    encoding_free(&e);
}
#define CHECK(t, text, ...)                                                    \
    check(t, text, (const Want[]){__VA_ARGS__},                                \
          sizeof((Want[]){__VA_ARGS__}) / sizeof(Want))

START_TEST(a_space_may_be_put_first) {
    Tokenizer *t = opened(BEFORE("null", BYTE_LEVEL("true", "true")), NULL);
    ck_assert_ptr_nonnull(t);
    CHECK(t, "w", {SP_W, 0, 1});
    CHECK(t, " w", {SP_W, 0, 2}); /* not one more */
    CHECK(t, "\nw", {' ', 0, 0}, {'\n', 0, 1}, {'w', 1, 2});
    tokenizer_close(t);
}
END_TEST

START_TEST(a_text_may_be_one_word) {
    Tokenizer *t = opened(BEFORE("null", BYTE_LEVEL("false", "false")), NULL);
    ck_assert_ptr_nonnull(t);
    /* "h\ne" has two words elsewhere; a merge over the cut shows it. */
    CHECK(t, "o w", {'o', 0, 1}, {SP_W, 1, 3});
    CHECK(t, "1he", {'1', 0, 1}, {HE, 1, 3});
    tokenizer_close(t);
}
END_TEST

START_TEST(a_text_may_be_composed_first) {
    Tokenizer *t = opened(BEFORE(NFC, BYTE_LEVEL("false", "true")), NULL);
    ck_assert_ptr_nonnull(t);
    CHECK(t, "he\u00E9", {HE, 0, 2}, {E_ACUTE, 2, 4});
    CHECK(t, "hee\u0301w", {HE, 0, 2}, {E_ACUTE, 2, 5}, {'w', 5, 6});
    /* A sign that is no longer than its parts: U+2126 is U+03A9. */
    CHECK(t, "\u2126", {0xCE, 0, 2}, {0xA9, 1, 3});
    CHECK(t, "\xFFhe\xCC", {0xFF, 0, 1}, {HE, 1, 3}, {0xCC, 3, 4});
    tokenizer_close(t);
}
END_TEST

START_TEST(what_is_not_done_is_refused) {
    static const struct {
        const char *before, *message;
    } cases[] = {
        {BEFORE("{\"type\":\"NFKC\"}", BYTE_LEVEL("false", "true")),
         "t.json: normalizer: found NFKC, which is not supported"},
        {BEFORE("null", "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":"
                        "\"Digits\",\"individual_digits\":true}," BYTE_LEVEL(
                            "true", "true") "]}"),
         "t.json: add_prefix_space: found true for each word, which is not "
         "supported"},
        {BEFORE("null", "{\"type\":\"Whitespace\"}"),
         "t.json: pre_tokenizer: found Whitespace, which is not supported"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        ck_assert_ptr_null(opened(cases[i].before, &err));
        ck_assert_str_eq(err.msg, cases[i].message);
    }
}
END_TEST

/* Neither normalizer nor pre_tokenizer, no merges, nothing that begins or ends
 * a text: LLM Visualization's sorting model. */
START_TEST(letters_alone_are_a_vocabulary) {
    static const char file[] =
        "{\"version\":\"1.0\",\"added_tokens\":[],\"normalizer\":null,"
        "\"pre_tokenizer\":null,\"post_processor\":null,\"decoder\":null,"
        "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
        "\"vocab\":{\"A\":0,\"B\":1,\"C\":2},\"merges\":[]}}";
    Err err = {0};
    Tokenizer *t =
        tokenizer_open_memory("t.json", file, sizeof file - 1, 3, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    CHECK(t, "CBABBC", {2, 0, 1}, {1, 1, 2}, {0, 2, 3}, {1, 3, 4}, {1, 4, 5},
          {2, 5, 6});
    CHECK(t, "a C", {2, 2, 3}); /* the rest cannot be written */
    ck_assert_int_eq(tokenizer_bos(t), -1);
    ck_assert(!tokenizer_is_end(t, 0));
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, "CAB", 3, TOKENIZER_BOS, &e, &err));
    ck_assert_int_eq(e.n, 3);
    ck_assert(!tokenizer_encode(t, "xyz", 3, TOKENIZER_BOS, &e, &err));
    ck_assert_str_eq(err.msg, "prompt: found no character of the vocabulary, "
                              "need one");
    err = (Err){0};
    ck_assert(!tokenizer_encode(t, "", 0, TOKENIZER_BOS, &e, &err));
    ck_assert_str_eq(err.msg, "prompt: found none, and no token begins a text: "
                              "need one character");
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

TEST_MAIN("tokenizer_gpt2", words_are_those_of_their_expressions,
          a_space_may_be_put_first, a_text_may_be_one_word,
          a_text_may_be_composed_first, what_is_not_done_is_refused,
          letters_alone_are_a_vocabulary)
