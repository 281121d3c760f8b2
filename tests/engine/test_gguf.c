/* GGUF files: the same model as in llama2.c's format, in every type. */
#include "engine/format/gguf_model.h"
#include "engine/run/session.h"
#include "engine/spec/rope.h"

#include "tests/support/blocks.h"
#include "tests/support/byte_level.h"
#include "tests/support/gguf_write.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { N_TOKENS = 9 };
static const int tokens[N_TOKENS] = {1, 270, 5, 299, 260, 17, 280, 281, 90};

/* Rows of whole blocks of every type. */
static TinySpec wide_spec(void) {
    TinySpec s = tiny_spec();
    s.dim = 256;
    s.hidden_dim = 512;
    return s;
}

typedef struct Opened {
    Bytes bytes;
    Model *model;
} Opened;

static Opened open_bytes(const char *name, Bytes b) {
    Err err = {0};
    Opened o = {b, model_open_memory(name, b.data, b.size, &err)};
    ck_assert_msg(o.model != NULL, "%s", err.msg);
    return o;
}

static Opened open_gguf(const GgufSpec *spec) {
    return open_bytes("m.gguf", gguf_bytes(spec));
}

static void close_opened(Opened *o) {
    model_close(o->model);
    bytes_free(&o->bytes);
}

/* The logits of all tokens, one row after the other; the caller frees. */
static float *logits_of(const Model *m, int step) {
    const int n_vocab = model_config(m)->vocab_size;
    float *out = malloc((size_t)n_vocab * sizeof *out);
    Err err = {0};
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert(out && s);
    const float *logits = NULL;
    for (int i = 0; i < N_TOKENS; i += step) {
        const int n = N_TOKENS - i < step ? N_TOKENS - i : step;
        logits = session_feed(s, tokens + i, n, &err);
        ck_assert_ptr_nonnull(logits);
    }
    memcpy(out, logits, (size_t)n_vocab * sizeof *out);
    session_close(s);
    return out;
}

START_TEST(the_same_weights_give_the_same_logits) {
    for (int version = 2; version <= 3; version++)
        for (int shared = 0; shared < 2; shared++) {
            TinySpec tiny = tiny_spec();
            tiny.shared_classifier = shared;
            GgufSpec spec = gguf_spec(tiny);
            spec.version = version;
            size_t size;
            uint8_t *v0 = tiny_model_bytes(&tiny, &size);
            Opened a = open_bytes("m.bin", (Bytes){v0, size, size});
            Opened b = open_gguf(&spec);
            ck_assert_str_eq(model_format(b.model),
                             version == 2 ? "GGUF v2" : "GGUF v3");
            float *la = logits_of(a.model, 4), *lb = logits_of(b.model, 4);
            for (int i = 0; i < tiny.vocab_size; i++)
                ck_assert_float_eq_tol(la[i], lb[i], 1e-5f);
            free(la);
            free(lb);
            close_opened(&a);
            close_opened(&b);
        }
}
END_TEST

/* Against a forward pass in double over the same blocks: floats are exact but
 * for rounding, of the quantised types it is the activations that are rounded.
 * `tol` is measured against the spread of the logits. */
static void check_reference(const GgufSpec *spec, double tol) {
    Opened o = open_gguf(spec);
    const Edits none = {0};
    Reference *r = reference_run(o.model, &none, tokens, N_TOKENS);
    const double *want = reference_row(r, SITE_LOGITS, 0, N_TOKENS - 1);
    float *got = logits_of(o.model, N_TOKENS), *one = logits_of(o.model, 1);
    double squares = 0, lost = 0;
    const int n = spec->model.vocab_size;
    for (int i = 0; i < n; i++) {
        squares += want[i] * want[i];
        lost += pow((double)got[i] - want[i], 2);
    }
    ck_assert_msg(sqrt(lost / squares) <= tol, "%s: off by %g of 1",
                  dtype_info(spec->matrices)->name, sqrt(lost / squares));
    ck_assert(memcmp(got, one, (size_t)n * sizeof *got) == 0);
    free(got);
    free(one);
    reference_free(r);
    close_opened(&o);
}

START_TEST(every_type_runs_on_its_blocks) {
    for (DType type = DTYPE_F32; type < DTYPE_Q8_GROUPS; type++) {
        GgufSpec spec = gguf_spec(wide_spec());
        spec.matrices = spec.embedding = spec.w_down = type;
        check_reference(&spec, dtype_info(type)->quantised ? 0.08 : 1e-5);
    }
}
END_TEST

START_TEST(types_may_be_mixed) {
    GgufSpec spec = gguf_spec(wide_spec());
    spec.model.shared_classifier = false;
    spec.matrices = DTYPE_Q4_K;
    spec.w_down = DTYPE_Q6_K;
    spec.embedding = DTYPE_F16;
    check_reference(&spec, 0.08);
}
END_TEST

START_TEST(the_tokenizer_is_in_the_file) {
    static const char text[] = "the cat sat. \xC3\xA9";
    GgufSpec spec = gguf_spec(tiny_spec());
    Opened o = open_gguf(&spec);
    Err err = {0};
    size_t size;
    void *bin = tiny_tokenizer_bytes(300, &size);
    Tokenizer *want = tokenizer_open_memory("t.bin", bin, size, 300, &err);
    ck_assert(model_has_tokenizer(o.model));
    Tokenizer *got = tokenizer_of_model(o.model, &err);
    ck_assert_msg(got && want, "%s", err.msg);
    Encoding a = {0}, b = {0};
    ck_assert(
        tokenizer_encode(want, text, strlen(text), TOKENIZER_BOS, &a, &err));
    ck_assert(
        tokenizer_encode(got, text, strlen(text), TOKENIZER_BOS, &b, &err));
    ck_assert_int_eq(a.n, b.n);
    for (int i = 0; i < a.n; i++)
        ck_assert_int_eq(a.tokens[i].id, b.tokens[i].id);
    encoding_free(&a);
    encoding_free(&b);
    tokenizer_close(want);
    tokenizer_close(got);
    free(bin);
    close_opened(&o);
}
END_TEST

/* The first id of an encoding that may begin with BOS. */
static int first_id(const GgufSpec *spec) {
    Opened o = open_gguf(spec);
    Err err = {0};
    Encoding e = {0};
    Tokenizer *t = tokenizer_of_model(o.model, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    ck_assert(tokenizer_encode(t, "hell", 4, TOKENIZER_BOS, &e, &err));
    const int id = e.tokens[0].id;
    encoding_free(&e);
    tokenizer_close(t);
    close_opened(&o);
    return id;
}

/* Where the file does not say, as the models of each kind were trained. */
START_TEST(who_begins_with_bos) {
    static const struct {
        const char *pre;
        bool begins;
    } cases[] = {{"llama-bpe", true}, {"gpt-2", false}, {"smollm", false}};
    GgufSpec spec = gguf_spec(tiny_spec());
    spec.no_add_bos = true;
    ck_assert_int_eq(first_id(&spec), TOKEN_BOS);
    spec.byte_level = true;
    spec.model.vocab_size = N_BYTE_LEVEL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spec.pre = cases[i].pre;
        spec.no_add_bos = true;
        ck_assert_int_eq(first_id(&spec), cases[i].begins ? BEGIN : HELL);
        spec.no_add_bos = false;
        ck_assert_int_eq(first_id(&spec), BEGIN);
    }
}
END_TEST

/* A chat model ends its turn with a token of its own. */
START_TEST(the_end_of_a_turn_is_an_end) {
    GgufSpec spec = gguf_spec(tiny_spec());
    for (int id = 0; id <= 270; id += 270) {
        spec.turn_end = id;
        Opened o = open_gguf(&spec);
        Err err = {0};
        Tokenizer *t = tokenizer_of_model(o.model, &err);
        ck_assert_msg(t != NULL, "%s", err.msg);
        ck_assert(tokenizer_is_end(t, TOKEN_EOS));
        ck_assert_int_eq(tokenizer_is_end(t, 270), id == 270);
        tokenizer_close(t);
        close_opened(&o);
    }
}
END_TEST

START_TEST(a_part_of_a_model_is_refused) {
    GgufSpec spec = gguf_spec(tiny_spec());
    spec.n_files = 1;
    Opened o = open_gguf(&spec);
    close_opened(&o);
    spec.n_files = 3;
    Bytes b = gguf_bytes(&spec);
    Err err = {0};
    ck_assert_ptr_null(model_open_memory("m.gguf", b.data, b.size, &err));
    ck_assert_str_eq(err.msg, "m.gguf: split.count: found 3, need 1: join the "
                              "files first");
    bytes_free(&b);
}
END_TEST

/* Linear scaling divides every frequency; a factor alone means it, too. */
START_TEST(rope_scaling_is_linear_or_refused_by_name) {
    static const struct {
        const char *type;
        float factor, divisor; /* divisor 0: refused */
    } cases[] = {{NULL, 0, 1},     {NULL, 2, 2},   {"linear", 4, 4},
                 {"linear", 0, 1}, {"none", 4, 1}, {"yarn", 4, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        GgufSpec spec = gguf_spec(tiny_spec());
        Err err = {0};
        spec.rope_type = cases[i].type;
        spec.rope_factor = cases[i].factor;
        Bytes b = gguf_bytes(&spec);
        Model *m = model_open_memory("m.gguf", b.data, b.size, &err);
        if (cases[i].divisor > 0) {
            ck_assert_msg(m != NULL, "%s", err.msg);
            const Config *c = model_config(m);
            for (int pair = 0; pair < c->head_dim / 2; pair++)
                ck_assert_double_eq_tol(
                    rope_freq(c, pair) * (double)cases[i].divisor,
                    pow(10000, -2.0 * pair / c->head_dim), 1e-12);
        } else {
            ck_assert_str_eq(err.msg, "m.gguf: llama.rope.scaling.type: found "
                                      "\"yarn\", need none or linear");
        }
        model_close(m);
        bytes_free(&b);
    }
}
END_TEST

/* Makes a number an array of six, the last of which is `last`: 32 bytes more,
 * so that the data stays aligned. */
static void make_array(Bytes *b, const char *key, uint32_t last) {
    const size_t at = gguf_find(b, key);
    uint32_t value;
    memcpy(&value, b->data + at, sizeof value);
    const uint32_t type = b->data[at - 4];
    bytes_set_u32(b, at - 4, 9); /* an array */
    bytes_insert(b, at, 32);
    bytes_set_u32(b, at, type);
    bytes_set_u32(b, at + 4, 6);
    bytes_set_u32(b, at + 8, 0);
    for (size_t i = 0; i < 6; i++)
        bytes_set_u32(b, at + 12 + 4 * i, i < 5 ? value : last);
}

START_TEST(a_number_for_each_layer_may_be_the_same) {
    static const char *const keys[] = {"llama.attention.head_count",
                                       "llama.attention.head_count_kv",
                                       "llama.feed_forward_length"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int same = 0; same < 2; same++) {
            const GgufSpec spec = gguf_spec(tiny_spec());
            Bytes b = gguf_bytes(&spec);
            Err err = {0};
            uint32_t value;
            memcpy(&value, b.data + gguf_find(&b, keys[i]), sizeof value);
            make_array(&b, keys[i], same ? value : value + 1);
            Model *m = model_open_memory("a.gguf", b.data, b.size, &err);
            ck_assert_msg((m != NULL) == same, "%s: %s", keys[i], err.msg);
            if (!same) {
                ck_assert_ptr_nonnull(strstr(err.msg, keys[i]));
                ck_assert_ptr_nonnull(strstr(err.msg, "in every layer"));
            }
            model_close(m);
            bytes_free(&b);
        }
}
END_TEST

START_TEST(a_type_that_is_not_supported_is_named) {
    GgufSpec spec = gguf_spec(tiny_spec());
    Bytes b = gguf_bytes(&spec);
    Err err = {0};
    const size_t at = gguf_find(&b, "blk.0.attn_q.weight");
    bytes_set_u32(&b, at + 4 + 2 * 8, 10);
    ck_assert_ptr_null(model_open_memory("m.gguf", b.data, b.size, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "m.gguf: blk.0.attn_q.weight: found "
                                          "tensor type 10 (q2_k), need f32"));
    bytes_free(&b);
}
END_TEST

START_TEST(what_may_be_missing_at_the_end) {
    GgufSpec spec = gguf_spec(tiny_spec());
    spec.no_final_padding = true;
    Opened o = open_gguf(&spec);
    close_opened(&o);
    Bytes b = gguf_bytes(&spec);
    bytes_zeros(&b, 100);
    o = open_bytes("m.gguf", b);
    close_opened(&o);
}
END_TEST

START_TEST(a_bad_scale_is_named) {
    GgufSpec spec = gguf_spec(wide_spec());
    spec.matrices = spec.w_down = DTYPE_Q4_1;
    Bytes b = gguf_bytes(&spec);
    Opened o = open_bytes("m.gguf", b);
    const Tensor *w = model_tensor(o.model, TENSOR_WQ, 1);
    const size_t at = w->offset + 5 * 20 + 2; /* the minimum of block 5 */
    b.data[at] = 0;
    b.data[at + 1] = 0x7C;
    Err err = {0};
    ck_assert_ptr_null(model_open_memory("m.gguf", b.data, b.size, &err));
    ck_assert_str_eq(err.msg, "m.gguf: blk.1.attn_q.weight: found a scale in "
                              "block 5 that gives no finite numbers");
    close_opened(&o);
}
END_TEST

TEST_MAIN("gguf", a_number_for_each_layer_may_be_the_same,
          the_same_weights_give_the_same_logits, every_type_runs_on_its_blocks,
          types_may_be_mixed, the_tokenizer_is_in_the_file, who_begins_with_bos,
          the_end_of_a_turn_is_an_end, a_part_of_a_model_is_refused,
          rope_scaling_is_linear_or_refused_by_name,
          a_type_that_is_not_supported_is_named, what_may_be_missing_at_the_end,
          a_bad_scale_is_named)
