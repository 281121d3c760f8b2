#include "engine/run/generate.h"
#include "tests/support/bytes.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tiny_model.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH 40

typedef struct Case {
    TinyModel tiny;
    Session *s, *slow;
    Encoding prompt;
} Case;

static Case case_open(void) {
    Case c = {0};
    const TinySpec spec = tiny_spec();
    const char *text = "the cat sat";
    ck_assert(tiny_open(&c.tiny, &spec));
    c.s = session_open(c.tiny.model, &(SessionOptions){0}, NULL);
    c.slow = session_open(c.tiny.model, &(SessionOptions){0}, NULL);
    ck_assert(c.s && c.slow);
    ck_assert(tokenizer_encode(c.tiny.tok, text, strlen(text), TOKENIZER_BOS,
                               &c.prompt, NULL));
    return c;
}

static void case_close(Case *c) {
    session_close(c->s);
    session_close(c->slow);
    encoding_free(&c->prompt);
    tiny_close(&c->tiny);
}

/* The ids of the positions 0..length, one run of the model for each; how many:
 * fewer where one of `t` ends the text, which comes last. */
static int slow_ids(Case *c, const GenerateOptions *opt, const Tokenizer *t,
                    int *ids) {
    const int vocab = model_config(c->tiny.model)->vocab_size;
    Candidate scratch[512];
    ck_assert_int_le(vocab, 512);
    session_rewind(c->slow, 0);
    const float *logits = NULL;
    for (int pos = 0;; pos++) {
        const bool drawn = pos >= c->prompt.n;
        ids[pos] = drawn ? sampler_draw(&opt->sampler, logits, vocab,
                                        sampler_coin(opt->seed, pos), scratch)
                         : c->prompt.tokens[pos].id;
        if (pos == opt->length || (drawn && t && tokenizer_is_end(t, ids[pos])))
            return pos + 1;
        logits = session_feed(c->slow, &ids[pos], 1, NULL);
        ck_assert_ptr_nonnull(logits);
    }
}

/* With a tokenizer a text may end; without one it never does. */
START_TEST(tokens_are_those_of_one_run_each) {
    Case c = case_open();
    int ids[LENGTH + 1], n_ended = 0;
    for (int with = 0; with < 2; with++) {
        const Tokenizer *t = with ? c.tiny.tok : NULL;
        Generate g = {0};
        ck_assert(generate_init(&g, c.s, t, NULL));
        for (uint64_t seed = 0; seed < 40; seed++) {
            const GenerateOptions opt = {
                {.temperature = 1 + (float)(seed % 5)}, seed, LENGTH};
            const int n = slow_ids(&c, &opt, t, ids);
            const bool ends = t && tokenizer_is_end(t, ids[n - 1]);
            int at = 0;
            ck_assert(generate_begin(&g, &c.prompt, &opt, NULL));
            while (generate_next(&g, NULL)) {
                ck_assert_int_eq(g.pos, at);
                ck_assert_int_eq(g.id, ids[at++]);
            }
            ck_assert_int_eq(g.stop, ends ? GENERATE_END : GENERATE_FULL);
            ck_assert_int_eq(at, n - ends);
            ck_assert_int_eq(g.id, ids[n - 1]);
            ck_assert_int_eq(session_pos(c.s), n - 1);
            ck_assert(!generate_next(&g, NULL)); /* over is over */
            n_ended += ends;
        }
        generate_free(&g);
    }
    ck_assert_int_gt(n_ended, 0);
    case_close(&c);
}
END_TEST

START_TEST(the_text_is_the_decoders) {
    Case c = case_open();
    Generate g = {0};
    const GenerateOptions opt = {.sampler = {.temperature = 2}, .length = 30};
    Decoder d = {0};
    ck_assert(generate_init(&g, c.s, c.tiny.tok, NULL));
    for (int round = 0; round < 2; round++, d = (Decoder){0}) {
        ck_assert(generate_begin(&g, &c.prompt, &opt, NULL));
        while (generate_next(&g, NULL)) {
            char text[TOKENIZER_PIECE_MAX + 8];
            const int n = tokenizer_decode(c.tiny.tok, &d, g.id, text);
            ck_assert_int_eq(g.n_text, n);
            ck_assert_mem_eq(g.text, text, (size_t)n);
        }
    }
    generate_free(&g);
    case_close(&c);
}
END_TEST

/* A length within the prompt cuts it; none is the session's. */
START_TEST(no_more_than_the_length_is_run) {
    Case c = case_open();
    Generate g = {0};
    ck_assert(generate_init(&g, c.s, NULL, NULL));
    const int seq_len = session_seq_len(c.s);
    const int lengths[] = {1, c.prompt.n - 1, c.prompt.n, 0, seq_len + 9};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const int want = i < 3 ? lengths[i] : seq_len;
        const GenerateOptions opt = {.length = lengths[i]};
        int n = 0;
        ck_assert(generate_begin(&g, &c.prompt, &opt, NULL));
        while (generate_next(&g, NULL))
            n++;
        ck_assert_int_eq(g.stop, GENERATE_FULL);
        ck_assert_int_eq(n, want + 1);
        ck_assert_int_eq(session_pos(c.s), want);
    }
    generate_free(&g);
    case_close(&c);
}
END_TEST

START_TEST(bad_parameters_and_tokens_are_refused) {
    Case c = case_open();
    Generate g = {0};
    Err err = {0};
    ck_assert(generate_init(&g, c.s, NULL, NULL));
    ck_assert(!generate_begin(
        &g, &c.prompt, &(GenerateOptions){.sampler = {.min_p = 2}}, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    Token token = {.id = 1 << 20};
    const Encoding bad = {.tokens = &token, .n = 1};
    err = (Err){0};
    ck_assert(!generate_begin(&g, &bad, &(GenerateOptions){0}, &err));
    ck_assert_int_ne(err.code, ERR_NONE);
    generate_free(&g);
    case_close(&c);
}
END_TEST

/* A tokenizer whose id 306 is an added token, so that 300 to 305 have no
 * piece. */
static Tokenizer *with_gaps(int n_rows) {
    static const char entry[] =
        "\"added_tokens\":[{\"id\":306,\"content\":\"[X]\",\"special\":false},";
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
                                         n_rows, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    bytes_free(&json);
    tokenizer_close(bin);
    free(bytes);
    return t;
}

START_TEST(what_has_no_piece_is_never_drawn) {
    TinyModel tiny;
    TinySpec spec = tiny_spec();
    Encoding prompt = {0};
    Generate g;
    int n = 0, n_added = 0;
    spec.vocab_size = 310;
    ck_assert(tiny_open(&tiny, &spec));
    Tokenizer *t = with_gaps(310);
    Session *s = session_open(tiny.model, &(SessionOptions){0}, NULL);
    ck_assert(s && tokenizer_encode(t, "the", 3, TOKENIZER_BOS, &prompt, NULL));
    ck_assert(generate_init(&g, s, t, NULL));
    for (uint64_t seed = 0; seed < 100; seed++) {
        const GenerateOptions opt = {{.temperature = 100}, seed, LENGTH};
        ck_assert(generate_begin(&g, &prompt, &opt, NULL));
        for (; generate_next(&g, NULL); n++) {
            ck_assert(g.id < 300 || g.id == 306);
            n_added += g.id == 306;
        }
    }
    ck_assert_int_gt(n, 1000);
    ck_assert_int_gt(n_added, 0);
    generate_free(&g);
    session_close(s);
    encoding_free(&prompt);
    tokenizer_close(t);
    tiny_close(&tiny);
}
END_TEST

TEST_MAIN("generate", what_has_no_piece_is_never_drawn,
          tokens_are_those_of_one_run_each, the_text_is_the_decoders,
          no_more_than_the_length_is_run, bad_parameters_and_tokens_are_refused)
