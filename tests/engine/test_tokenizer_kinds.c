/* Vocabularies as people have them: without bytes, with bytes that are typed
 * as text, with pieces that are found in texts; and what ends a text.  The ids
 * were checked against SentencePiece 0.1.97 and tokenizers 0.21. */
#include "engine/tokenizer/tokenizer_private.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tok_files.h"

#include <stdio.h>
#include <string.h>

#define LLAMA                                                                  \
    "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":"        \
    "\"Prepend\",\"prepend\":\"\u2581\"},{\"type\":\"Replace\",\"pattern\":"   \
    "{\"String\":\" \"},\"content\":\"\u2581\"}]},\"pre_tokenizer\":null"
#define METASPACE(more)                                                        \
    "\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Metaspace\","           \
    "\"replacement\":\"\u2581\"," more "}"
#define BPE(more) "\"type\":\"BPE\",\"unk_token\":\"<unk>\"" more
#define FALLBACK  BPE(",\"fuse_unk\":true,\"byte_fallback\":true")
#define MERGES    "\"\u2581 a\",\"a b\""

enum { UNK, BOS, EOS, SPACE, A, B, SP_A, AB, USER, N_SMALL };

static const TokPiece small[N_SMALL] = {
    {"<unk>", 0, 2},    {"<s>", 0, 3}, {"</s>", 0, 3},
    {"\u2581", 0, 1},   {"a", 0, 1},   {"b", 0, 1},
    {"\u2581a", -1, 1}, {"ab", -2, 1}, {"<|x|>", 0, 4}};

/* small, and a piece for each byte. */
enum { N_BYTES = N_SMALL + 256 };
typedef struct WithBytes {
    TokPiece pieces[N_BYTES];
    char names[256][8];
} WithBytes;

static void with_bytes(WithBytes *w, int type) {
    memcpy(w->pieces, small, sizeof small);
    for (int i = 0; i < 256; i++) {
        snprintf(w->names[i], sizeof w->names[i], "<0x%02X>", (unsigned)i);
        w->pieces[N_SMALL + i] = (TokPiece){w->names[i], 0, type};
    }
}

static Tokenizer *opened(const char *name, Bytes b, int n) {
    Err err = {0};
    Tokenizer *t = NULL;
    File f = {.data = b.data, .size = b.size, .path = "t.gguf"};
    if (strcmp(name, "gguf") == 0)
        t = tokenizer_read_gguf(&f, n, &err);
    else
        t = tokenizer_open_memory(name, b.data, b.size, n, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    bytes_free(&b);
    return t;
}

static Tokenizer *open_gguf(const TokPiece *pieces, int n) {
    return opened("gguf", tok_gguf(pieces, n, GGUF_I32, GGUF_F32, NULL, 0), n);
}

static Tokenizer *open_spm(const TokPiece *pieces, int n, bool fallback) {
    return opened("t.model", tok_spm(pieces, n, fallback, (Bytes){0}), n);
}

static Tokenizer *open_json(int n_vocab, int n, const char *before,
                            const char *added, const char *model) {
    WithBytes w;
    with_bytes(&w, 1);
    return opened("t.json",
                  tok_json(w.pieces, n_vocab, before, added, model, MERGES), n);
}

/* Encodes and compares; returns how many characters were lost. */
static int check(const Tokenizer *t, const char *text, int flags,
                 const int *want, int n) {
    Encoding e = {0};
    ck_assert(tokenizer_encode(t, text, strlen(text), flags, &e, NULL));
    for (int i = 0; i < n && i < e.n; i++)
        ck_assert_msg(e.tokens[i].id == want[i], "%s: token %d is %d, need %d",
                      text, i, e.tokens[i].id, want[i]);
    ck_assert_msg(e.n == n, "%s: %d tokens, need %d", text, e.n, n);
    const int lost = e.n_unknown;
    encoding_free(&e);
    return lost;
}
#define IDS(t, text, ...)                                                      \
    check(t, text, 0, (const int[]){__VA_ARGS__},                              \
          sizeof((int[]){__VA_ARGS__}) / sizeof(int))
#define SPECIAL(t, text, ...)                                                  \
    check(t, text, TOKENIZER_SPECIAL, (const int[]){__VA_ARGS__},              \
          sizeof((int[]){__VA_ARGS__}) / sizeof(int))

/* ---- bytes --------------------------------------------------------------- */

START_TEST(without_bytes_a_character_is_unknown) {
    Tokenizer *files[] = {
        open_gguf(small, N_SMALL), open_spm(small, N_SMALL, false),
        open_spm(small, N_SMALL, true),
        open_json(N_SMALL, N_SMALL, LLAMA, "", FALLBACK),
        open_json(N_SMALL, N_SMALL, LLAMA, "", BPE(",\"fuse_unk\":true"))};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const Tokenizer *t = files[i];
        ck_assert_int_eq(IDS(t, "ab", SP_A, B), 0);
        ck_assert_int_eq(IDS(t, "aéb", SP_A, UNK, B), 1);
        /* One token for all in a row, and one warning. */
        ck_assert_int_eq(IDS(t, "aé日b é", SP_A, UNK, B, SPACE, UNK), 3);
        ck_assert_int_eq(tokenizer_byte(t, 'a'), -1);
        ck_assert_ptr_nonnull(
            strstr(tokenizer_warning(t), "bytes: 256 of 256 have no piece"));
        tokenizer_close(files[i]);
    }
}
END_TEST

START_TEST(what_is_lost_is_told_once) {
    Tokenizer *t = open_spm(small, N_SMALL, false);
    Encoding e = {0};
    char line[256];
    ck_assert(tokenizer_encode(t, "aéb日\x01", 8, 0, &e, NULL));
    ck_assert(encoding_lost(&e, "aéb日\x01", line, sizeof line));
    ck_assert_str_eq(line, "prompt: \"é\" at byte 1 and 2 more: not in the "
                           "vocabulary, and lost");
    ck_assert(tokenizer_encode(t, "ab", 2, 0, &e, NULL));
    ck_assert(!encoding_lost(&e, "ab", line, sizeof line));
    encoding_free(&e);
    tokenizer_close(t);
}
END_TEST

/* run.c takes byte b to be piece 3 + b, whatever that is. */
START_TEST(llama2c_without_bytes) {
    Tokenizer *t = opened("t.bin", tok_bin(small, N_SMALL), N_SMALL);
    ck_assert_int_eq(IDS(t, "ab", SP_A, B), 0);
    ck_assert_int_eq(IDS(t,
                         "a\x02"
                         "b\xC3\xA9",
                         SP_A, 3 + 2, B, UNK),
                     2);
    /* U+2581 is that character there. */
    ck_assert_int_eq(IDS(t, "\u2581", SPACE, UNK), 1);
    ck_assert_int_eq(tokenizer_byte(t, 2), -1);
    tokenizer_close(t);
}
END_TEST

START_TEST(bytes_of_any_type_at_any_id) {
    static const int types[] = {1, 4, 6};
    for (size_t i = 0; i < 3; i++) {
        WithBytes w;
        with_bytes(&w, types[i]);
        Tokenizer *files[] = {
            open_gguf(w.pieces, N_BYTES), open_spm(w.pieces, N_BYTES, true),
            opened("t.bin", tok_bin(w.pieces, N_BYTES), N_BYTES),
            open_json(N_BYTES, N_BYTES, LLAMA, "", FALLBACK)};
        for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
            const Tokenizer *t = files[k];
            const int b0 = N_SMALL;
            IDS(t, "aéb", SP_A, b0 + 0xC3, b0 + 0xA9, B);
            /* The name of one is text. */
            IDS(t, "<0x41>", SPACE, b0 + '<', b0 + '0', b0 + 'x', b0 + '4',
                b0 + '1', b0 + '>');
            ck_assert_int_eq(tokenizer_byte(t, 0xE9), b0 + 0xE9);
            ck_assert(tokenizer_piece(t, b0 + 7).is_byte);
            ck_assert_ptr_null(tokenizer_warning(t));
            tokenizer_close(files[k]);
        }
    }
}
END_TEST

/* ---- pieces found in texts ----------------------------------------------- */

START_TEST(user_pieces_are_found_first) {
    Tokenizer *gguf = open_gguf(small, N_SMALL);
    IDS(gguf, "a<|x|>b", SP_A, USER, SPACE, B);
    IDS(gguf, "<|x|><|x|>a", USER, USER, SP_A);
    Tokenizer *spm = open_spm(small, N_SMALL, false);
    IDS(spm, "a<|x|>b", SP_A, USER, B);
    IDS(spm, "<|x|>ab", SPACE, USER, AB);
    tokenizer_close(gguf);
    tokenizer_close(spm);
}
END_TEST

START_TEST(control_tokens_are_text_unless_special) {
    Tokenizer *files[] = {open_gguf(small, N_SMALL),
                          open_spm(small, N_SMALL, false),
                          open_json(N_SMALL, N_SMALL, LLAMA, "", FALLBACK)};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ck_assert_int_eq(IDS(files[i], "a<s>b", SP_A, UNK, B), 3);
        SPECIAL(files[i], "a<s>b</s>", SP_A, BOS, SPACE, B, EOS);
        tokenizer_close(files[i]);
    }
}
END_TEST

START_TEST(a_space_mark_in_a_text_is_a_space) {
    Tokenizer *spm = open_spm(small, N_SMALL, false);
    Tokenizer *json = open_json(N_SMALL, N_SMALL, LLAMA, "", FALLBACK);
    IDS(spm, "b\u2581a", SPACE, B, SP_A);
    IDS(json, "b\u2581a", SPACE, B, SP_A);
    tokenizer_close(spm);
    tokenizer_close(json);
}
END_TEST

/* A plain space in a piece is not U+2581: SentencePiece never finds it. */
START_TEST(a_plain_space_in_a_piece_is_no_mark) {
    TokPiece pieces[N_SMALL];
    memcpy(pieces, small, sizeof small);
    pieces[SP_A] = (TokPiece){"a\u2581", 0, 1};
    pieces[USER] = (TokPiece){"a b", 9, 4};
    Tokenizer *t = open_spm(pieces, N_SMALL, false);
    IDS(t, "a b", SPACE, SP_A, B);
    tokenizer_close(t);
}
END_TEST

#define ADDED(id, content, more)                                               \
    "{\"id\":" id ",\"content\":\"" content "\"" more "}"
#define PLAIN ",\"normalized\":false"

START_TEST(added_tokens_strip_and_keep_to_words) {
    enum { L = N_SMALL, R, W, N };
    Tokenizer *t = open_json(
        N_SMALL, N, LLAMA,
        ADDED("9", "<l>", PLAIN ",\"lstrip\":true") "," ADDED(
            "10", "<r>",
            PLAIN ",\"rstrip\":true") "," ADDED("11", "ab",
                                                PLAIN ",\"single_word\":true"),
        FALLBACK);
    IDS(t, "a \t<l> b", SP_A, L, SPACE, SPACE, B);
    IDS(t, "a<r> \n b", SP_A, R, SPACE, B);
    IDS(t, "ab aba ab", W, SPACE, SP_A, B, A, SPACE, W);
    tokenizer_close(t);
}
END_TEST

/* What is normalized is looked for with the space that the normalizer puts
 * first. */
START_TEST(added_tokens_may_be_normalized) {
    Tokenizer *t =
        open_json(N_SMALL, N_SMALL + 1, LLAMA,
                  ADDED("9", "<n>", ",\"normalized\":true"), FALLBACK);
    IDS(t, "<n>a", 9, A);
    IDS(t, "a <n>a", SP_A, 9, A);
    ck_assert_int_eq(IDS(t, "a<n>a", SP_A, UNK, A), 3);
    tokenizer_close(t);
    /* A Metaspace is no normalizer. */
    t = open_json(N_SMALL, N_SMALL + 1,
                  METASPACE("\"prepend_scheme\":\"first\",\"split\":false"),
                  ADDED("9", "<n>", ",\"normalized\":true"), FALLBACK);
    IDS(t, "a<n>a", SP_A, 9, A);
    tokenizer_close(t);
}
END_TEST

/* A word that becomes an unused piece is what it was made of. */
START_TEST(unused_pieces_are_cut_again) {
    const TokPiece pieces[] = {{"<unk>", 0, 2},  {"<s>", 0, 3}, {"</s>", 0, 3},
                               {"\u2581", 0, 1}, {"a", 0, 1},   {"b", 0, 1},
                               {"ab", -1, 5},    {"abb", -2, 1}};
    Tokenizer *t = open_spm(pieces, 8, false);
    IDS(t, "ab", 3, 4, 5);
    IDS(t, "abb", 3, 7);
    ck_assert_int_eq(tokenizer_find_piece(t, "ab", 2), -1);
    tokenizer_close(t);
}
END_TEST

/* ---- older files --------------------------------------------------------- */

START_TEST(a_metaspace_of_any_age) {
    static const char *const always[] = {
        METASPACE("\"add_prefix_space\":true"),
        METASPACE("\"add_prefix_space\":true,\"split\":false"),
        METASPACE("\"prepend_scheme\":\"always\",\"split\":true")};
    for (int i = 0; i < 3; i++) {
        Tokenizer *t = open_json(N_SMALL, N_SMALL, always[i], "", FALLBACK);
        IDS(t, "ab a", SP_A, B, SP_A);
        IDS(t, " a", SP_A); /* not one more */
        tokenizer_close(t);
    }
    Tokenizer *t =
        open_json(N_SMALL, N_SMALL, METASPACE("\"add_prefix_space\":false"), "",
                  FALLBACK);
    IDS(t, "ab", AB);
    tokenizer_close(t);
}
END_TEST

START_TEST(words_of_a_metaspace_do_not_merge) {
    WithBytes w;
    with_bytes(&w, 1);
    w.pieces[USER] = (TokPiece){"a\u2581", 0, 1};
    for (int split = 0; split < 2; split++) {
        Tokenizer *t =
            opened("t.json",
                   tok_json(w.pieces, N_SMALL,
                            split ? METASPACE("\"prepend_scheme\":\"never\"")
                                  : METASPACE("\"prepend_scheme\":\"never\","
                                              "\"split\":false"),
                            "", FALLBACK, "\"a \u2581\""),
                   N_SMALL);
        if (split)
            IDS(t, "a b", A, SPACE, B);
        else
            IDS(t, "a b", USER, B);
        tokenizer_close(t);
    }
}
END_TEST

/* What is typed stays text, also where merges would make a control token. */
START_TEST(no_merge_makes_a_control_token) {
    Tokenizer *t =
        open_json(N_SMALL, N_SMALL, LLAMA,
                  "{\"id\":7,\"content\":\"ab\",\"special\":true}", FALLBACK);
    IDS(t, "bab", SPACE, B, A, B);
    SPECIAL(t, "bab", SPACE, B, AB);
    ck_assert_ptr_nonnull(
        strstr(tokenizer_warning(t), "merges: 1 with control tokens"));
    tokenizer_close(t);
}
END_TEST

/* Ids of added tokens may leave some out. */
START_TEST(ids_between_added_tokens_may_have_no_piece) {
    Tokenizer *t = open_json(N_SMALL, N_SMALL + 8, LLAMA,
                             "{\"id\":14,\"content\":\"[X]\",\"special\":false,"
                             "\"normalized\":false}",
                             FALLBACK);
    ck_assert_int_eq(tokenizer_n_drawn(t), 15);
    ck_assert_ptr_nonnull(strstr(
        tokenizer_warning(t), "ids: 5 between added tokens have no piece and "
                              "are never drawn"));
    const SamplerIds ids = tokenizer_drawn(t);
    ck_assert_int_eq(ids.n, 15);
    ck_assert_int_eq(ids.n_without, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(ids.without[i], N_SMALL + i);
    for (int id = N_SMALL; id < 14; id++)
        ck_assert(tokenizer_piece(t, id).is_control);
    IDS(t, "ab[X]", SP_A, B, 14);
    tokenizer_close(t);
}
END_TEST

START_TEST(the_first_files_have_no_type) {
    Tokenizer *t = open_json(N_SMALL, N_SMALL, LLAMA, "",
                             "\"unk_token\":\"<unk>\",\"byte_fallback\":true");
    IDS(t, "ab", SP_A, B);
    tokenizer_close(t);
}
END_TEST

START_TEST(characters_need_no_merges) {
    Tokenizer *t =
        opened("t.json", tok_json(small, SP_A, LLAMA, "", FALLBACK, ""), SP_A);
    IDS(t, "ab", SPACE, A, B);
    tokenizer_close(t);
    Err err = {0};
    Bytes b = tok_json(small, N_SMALL, LLAMA, "", FALLBACK, "");
    ck_assert_ptr_null(
        tokenizer_open_memory("t.json", b.data, b.size, N_SMALL, &err));
    ck_assert_str_eq(err.msg, "t.json: merges: found 0, need 1..4194304");
    bytes_free(&b);
}
END_TEST

/* ---- GGUF ---------------------------------------------------------------- */

START_TEST(arrays_of_gguf_may_be_of_any_whole_type) {
    static const GgufType types[] = {GGUF_U8, GGUF_U32, GGUF_I32, GGUF_U64};
    for (size_t i = 0; i < 4; i++) {
        Tokenizer *t = opened(
            "gguf", tok_gguf(small, N_SMALL, types[i], GGUF_I32, NULL, 0),
            N_SMALL);
        IDS(t, "ab<|x|>", SP_A, B, USER);
        ck_assert_float_eq(tokenizer_piece(t, AB).score, -2);
        tokenizer_close(t);
    }
    Tokenizer *t =
        opened("gguf", tok_gguf(small, N_SMALL, GGUF_STRING, GGUF_F32, NULL, 0),
               N_SMALL);
    IDS(t, "ab", SP_A, B);
    ck_assert(tokenizer_piece(t, EOS).is_control);
    tokenizer_close(t);
}
END_TEST

START_TEST(rows_of_gguf_past_the_last_piece_are_never_drawn) {
    static const GgufType types[] = {GGUF_I32, GGUF_STRING /* none */};
    for (size_t i = 0; i < 2; i++) {
        Tokenizer *t = opened(
            "gguf", tok_gguf(small, N_SMALL, types[i], GGUF_F32, NULL, 0),
            N_SMALL + 3);
        IDS(t, "ab", SP_A, B);
        ck_assert_int_eq(tokenizer_n_pieces(t), N_SMALL + 3);
        ck_assert_int_eq(tokenizer_n_drawn(t), N_SMALL);
        ck_assert_ptr_nonnull(strstr(tokenizer_warning(t), "last 3"));
        tokenizer_close(t);
    }
    Bytes b = tok_gguf(small, N_SMALL, GGUF_I32, GGUF_F32, NULL, 0);
    File f = {.data = b.data, .size = b.size, .path = "t.gguf"};
    Err err = {0};
    ck_assert_ptr_null(tokenizer_read_gguf(&f, 3 * N_SMALL, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "tokens: found"));
    bytes_free(&b);
}
END_TEST

START_TEST(empty_and_untyped_pieces) {
    TokPiece pieces[N_SMALL];
    memcpy(pieces, small, sizeof small);
    pieces[USER] = (TokPiece){"", 0, 1};
    pieces[A].type = 0;
    Tokenizer *t = open_gguf(pieces, N_SMALL);
    char shown[16];
    IDS(t, "ab", SP_A, B);
    tokenizer_show(t, USER, shown, sizeof shown);
    ck_assert_str_eq(shown, "<empty>");
    ck_assert(tokenizer_piece(t, USER).is_control);
    tokenizer_close(t);
}
END_TEST

START_TEST(ends_of_turns_and_messages) {
    static const char *const keys[] = {"tokenizer.ggml.eos_token_id",
                                       "tokenizer.ggml.eot_token_id",
                                       "tokenizer.ggml.eom_token_id"};
    for (int i = 0; i < 3; i++) {
        Tokenizer *t = opened(
            "gguf", tok_gguf(small, N_SMALL, GGUF_I32, GGUF_F32, keys[i], AB),
            N_SMALL);
        ck_assert(tokenizer_is_end(t, AB));
        ck_assert_int_eq(tokenizer_is_end(t, EOS), i > 0);
        tokenizer_close(t);
    }
}
END_TEST

/* ---- ends of Hugging Face's folders -------------------------------------- */

typedef struct EndCase {
    const char *config, *generation, *tokenizer; /* NULL: no such file */
    int ends[3];                                 /* 0: no more */
} EndCase;

static const EndCase end_cases[] = {
    {"\"eos_token_id\":7", NULL, NULL, {7}},
    {"\"eos_token_id\":[7,8]", NULL, NULL, {7, 8}},
    {"\"eos_token_id\":7", "{\"eos_token_id\":[8,7]}", NULL, {7, 8}},
    {"\"eos_token_id\":null", "{\"eos_token_id\":8}", NULL, {8}},
    {"\"eos_token_id\":7", NULL, "{\"eos_token\":\"ab\"}", {7}},
    {"\"x\":1", "{}", "{\"eos_token\":\"<0x41>\"}", {2}},
    {"\"x\":1", NULL, "{\"eos_token\":{\"content\":\"</s>\"}}", {2}},
    {"\"x\":1", NULL, "{\"eos_token\":\"<s>\"}", {1}},
    {"\"x\":1", NULL, NULL, {2}},
    {"\"eos_token_id\":[300,-1,9]", NULL, NULL, {9}},
};

/* Opens the tokenizer of the model in the folder, whose config.json has these
 * members. */
static Tokenizer *open_end_case(const char *dir, const Model *m,
                                const EndCase *c, Err *err) {
    char path[FOLDER_PATH_MAX];
    Bytes config = {0};
    bytes_format(&config, "{%s}", c->config);
    folder_write(dir, "config.json", config.data, config.size);
    bytes_free(&config);
    if (c->generation)
        folder_write(dir, "generation_config.json", c->generation,
                     strlen(c->generation));
    if (c->tokenizer)
        folder_write(dir, "tokenizer_config.json", c->tokenizer,
                     strlen(c->tokenizer));
    folder_path(path, dir, "tokenizer.json");
    return tokenizer_open_for(m, path, err);
}

static void try_end_case(const EndCase *c, const TinyModel *tiny) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    tiny_hf_write(dir, tiny->model, "F32", 1);
    Bytes json = tiny_tokenizer_json(tiny->tok, false);
    folder_write(dir, "tokenizer.json", json.data, json.size);
    Model *m = model_open(dir, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Tokenizer *t = open_end_case(dir, m, c, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    for (int id = 0; id < tokenizer_n_pieces(t); id++) {
        bool is_end = id == tokenizer_bos(t);
        for (int i = 0; i < 3 && c->ends[i]; i++)
            is_end |= id == c->ends[i];
        ck_assert_msg(tokenizer_is_end(t, id) == is_end, "%s: %d", c->config,
                      id);
    }
    ck_assert_int_eq(tokenizer_bos(t), TOKEN_BOS);
    /* What is left out is told. */
    const char *told = tokenizer_warning(t) ? tokenizer_warning(t) : "";
    ck_assert_int_eq(strstr(told, "config.json: eos_token_id: found 300, which "
                                  "is no token, and left it out; config.json: "
                                  "eos_token_id: found -1,") != NULL,
                     strstr(c->config, "300") != NULL);
    tokenizer_close(t);
    model_close(m);
    bytes_free(&json);
    folder_remove(dir);
}

START_TEST(a_folder_says_what_ends_a_text) {
    TinySpec spec = tiny_spec();
    TinyModel tiny;
    ck_assert(tiny_open(&tiny, &spec));
    for (size_t i = 0; i < sizeof end_cases / sizeof *end_cases; i++)
        try_end_case(&end_cases[i], &tiny);
    tiny_close(&tiny);
}
END_TEST

TEST_MAIN("tokenizer_kinds", without_bytes_a_character_is_unknown,
          what_is_lost_is_told_once, llama2c_without_bytes,
          bytes_of_any_type_at_any_id, user_pieces_are_found_first,
          control_tokens_are_text_unless_special,
          a_space_mark_in_a_text_is_a_space,
          a_plain_space_in_a_piece_is_no_mark,
          added_tokens_strip_and_keep_to_words, added_tokens_may_be_normalized,
          unused_pieces_are_cut_again, a_metaspace_of_any_age,
          words_of_a_metaspace_do_not_merge, the_first_files_have_no_type,
          rows_of_gguf_past_the_last_piece_are_never_drawn,
          characters_need_no_merges, no_merge_makes_a_control_token,
          ids_between_added_tokens_may_have_no_piece,
          arrays_of_gguf_may_be_of_any_whole_type, empty_and_untyped_pieces,
          ends_of_turns_and_messages, a_folder_says_what_ends_a_text)
