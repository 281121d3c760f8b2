/* BERT from every form of file: all hold the same model, with a head and
 * without; other computations are refused by name; a text is one whole. */
#include "engine/run/generate.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/spec/params.h"
#include "tests/support/parity.h"
#include "tests/support/recording.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"

#include <string.h>

#define N 20 /* positions */

static TinySpec bert_spec(void) {
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.short_weights = true; /* every type holds them */
    return spec;
}

static Model *must_open(const TinySpec *spec, const TinyForm *form) {
    Err err;
    Model *m = tiny_family_open(spec, form, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_ptr_null(model_warning(m));
    return m;
}

static Session *open_session(const Model *m) {
    Err err = {0};
    Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    return s;
}

static void draw_tokens(int tokens[N]) {
    for (int i = 0; i < N; i++)
        tokens[i] = (i * 31 + 5) % 300;
}

/* All sites at all positions, fed `step` tokens at a time. */
static Recording *record(const Model *m, int step) {
    int tokens[N];
    Err err = {0};
    Session *s = open_session(m);
    Recording *rec = recording_open(model_config(m), N);
    draw_tokens(tokens);
    session_set_hook(s, recording_hook(rec, SITE_ALL));
    for (int i = 0; i < N; i += step)
        ck_assert_msg(session_feed(s, tokens + i, step, &err), "%s", err.msg);
    session_close(s);
    return rec;
}

/* ---- forms --------------------------------------------------------------- */

static const TinyForm forms[] = {
    {0},
    {.no_prefix = true},
    {.old_norms = true},
    {.old_norms = true, .no_prefix = true},
    {.buffers = true},
    {.decoder_bias = true},
    {.type = "F16"},
    {.type = "BF16"},
    {.own_config = true}, /* of before model_type */
    {.more = ",\"position_embedding_type\":\"absolute\",\"is_decoder\":false,"
             "\"hidden_act\":\"gelu\",\"use_cache\":true"},
};

START_TEST(every_form_holds_the_same_model) {
    for (int own = 0; own < 2; own++) {
        TinySpec spec = bert_spec();
        spec.shared_classifier = !own;
        Model *first = must_open(&spec, &forms[0]);
        Recording *want = record(first, N);
        const uint64_t n = model_n_params(first), sum = model_checksum(first);
        ck_assert_uint_eq(n, params_total(model_config(first)));
        for (size_t i = 1; i < sizeof forms / sizeof *forms; i++) {
            Model *m = must_open(&spec, &forms[i]);
            Recording *got = record(m, N);
            ck_assert_msg(recording_equal(got, want), "form %zu", i);
            ck_assert_uint_eq(model_n_params(m), n);
            if (!forms[i].type) ck_assert_uint_eq(model_checksum(m), sum);
            recording_close(got);
            model_close(m);
        }
        recording_close(want);
        model_close(first);
    }
}
END_TEST

/* The matrix is the embedding's, the bias its own. */
START_TEST(a_tied_output_has_its_own_bias) {
    const TinySpec spec = bert_spec();
    Model *m = must_open(&spec, &forms[0]);
    const Tensor *table = model_tensor(m, TENSOR_TOKEN_EMBED, 0);
    const Tensor *output = model_tensor(m, TENSOR_CLASSIFIER, 0);
    int n;
    float *want = tiny_bias(&spec, TENSOR_CLASSIFIER, 0, &n);
    ck_assert_ptr_eq(output->data, table->data);
    ck_assert_ptr_null(table->bias);
    ck_assert_int_eq(n, 300);
    ck_assert_mem_eq(output->bias, want, 300 * sizeof *want);
    free(want);
    model_close(m);
}
END_TEST

/* ---- without a head ------------------------------------------------------ */

START_TEST(without_its_head_the_layers_are_the_same) {
    const TinySpec spec = bert_spec();
    Model *whole = must_open(&spec, &forms[0]);
    Model *m = must_open(&spec, &(TinyForm){.no_head = true});
    const Arch *a = model_config(m)->arch;
    ck_assert_ptr_eq(a, &arch_bert_encoder);
    ck_assert_uint_eq(model_n_params(m), params_total(model_config(m)));
    Recording *want = record(whole, N), *got = record(m, N);
    for (int site = 0; site < SITE_COUNT; site++)
        for (int layer = 0; layer < (site_info(site)->per_layer ? 2 : 1);
             layer++)
            for (int pos = 0; pos < N; pos++) {
                int len;
                const bool has = recording_row(got, site, layer, pos, &len);
                ck_assert_int_eq(has, (arch_sites(a) & SITE_BIT(site)) != 0);
                ck_assert(!has || recording_same(got, want, site, layer, pos));
            }
    recording_close(want);
    recording_close(got);
    model_close(whole);
    model_close(m);
}
END_TEST

START_TEST(without_its_head_there_are_no_logits) {
    const TinySpec spec = bert_spec();
    Model *m = must_open(&spec, &(TinyForm){.no_head = true});
    Session *s = open_session(m);
    int tokens[N];
    Err err = {0};
    draw_tokens(tokens);
    const float *logits = session_feed(s, tokens, N, &err);
    ck_assert_ptr_nonnull(logits);
    for (int i = 0; i < 300; i++)
        ck_assert(logits[i] == 0);
    Edits e;
    ck_assert(!edits_parse(&e, "freeze.final", model_config(m), &err));
    ck_assert_str_eq(err.msg, "edits: freeze.final: a model of BERT without a "
                              "head has no last norm");
    session_close(s);
    model_close(m);
}
END_TEST

/* No GGUF file has the head; the layers are those of a folder. */
START_TEST(gguf_holds_the_layers) {
    static const DType types[] = {DTYPE_F32, DTYPE_F16, DTYPE_BF16};
    const TinySpec spec = bert_spec();
    Model *folder = must_open(&spec, &(TinyForm){.no_head = true});
    Recording *want = record(folder, N);
    for (int i = 0; i < 3; i++) {
        Err err = {0};
        Bytes b = tiny_family_gguf(&spec, types[i]);
        Model *m = model_open_memory("tiny.gguf", b.data, b.size, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_ptr_eq(model_config(m)->arch, &arch_bert_encoder);
        ck_assert_uint_eq(model_n_params(m), model_n_params(folder));
        /* llama.cpp's files say 1e-12; the tiny ones of all families 1e-5. */
        ck_assert_float_eq(model_config(m)->norm_eps, 1e-5f);
        ck_assert_mem_eq(model_tensor(m, TENSOR_EMBED_NORM, 0)->data,
                         model_tensor(folder, TENSOR_EMBED_NORM, 0)->data,
                         16 * sizeof(float));
        ck_assert_mem_eq(model_tensor(m, TENSOR_WV, 1)->bias,
                         model_tensor(folder, TENSOR_WV, 1)->bias,
                         16 * sizeof(float));
        Recording *got = record(m, N);
        ck_assert_int_eq(recording_count(got), recording_count(want));
        recording_close(got);
        model_close(m);
        bytes_free(&b);
    }
    recording_close(want);
    model_close(folder);
}
END_TEST

START_TEST(no_next_token_is_written) {
    static const char *const says[] = {
        ": a model of BERT predicts masked words in their place, it writes no "
        "next token",
        ": a model of BERT without a head predicts nothing, it writes no next "
        "token"};
    const TinySpec spec = bert_spec();
    for (int i = 0; i < 2; i++) {
        Model *m = must_open(&spec, &(TinyForm){.no_head = i == 1});
        Session *s = open_session(m);
        Generate g;
        Err err = {0};
        ck_assert(!generate_init(&g, s, NULL, &err));
        ck_assert_ptr_nonnull(strstr(err.msg, says[i]));
        generate_free(&g);
        session_close(s);
        model_close(m);
    }
}
END_TEST

/* ---- a text is one whole ------------------------------------------------- */

START_TEST(a_text_is_the_same_however_it_is_fed) {
    const TinySpec spec = bert_spec();
    Model *m = must_open(&spec, &forms[0]);
    Recording *want = record(m, N);
    for (int step = 1; step < N; step += 3) {
        if (N % step != 0) continue;
        Recording *got = record(m, step);
        ck_assert_msg(recording_equal(got, want), "%d at a time", step);
        recording_close(got);
    }
    recording_close(want);
    model_close(m);
}
END_TEST

/* The first position tells of the last. */
START_TEST(a_later_token_changes_every_position) {
    const TinySpec spec = bert_spec();
    Model *m = must_open(&spec, &forms[0]);
    int tokens[N];
    Err err = {0};
    Recording *rec[2];
    draw_tokens(tokens);
    for (int i = 0; i < 2; i++) {
        Session *s = open_session(m);
        tokens[N - 1] = 7 + i;
        rec[i] = recording_open(model_config(m), N);
        session_set_hook(s, recording_hook(rec[i], SITE_ALL));
        ck_assert(session_feed(s, tokens, N, &err));
        session_close(s);
    }
    for (int pos = 0; pos < N; pos++) {
        int len;
        const float *row = recording_row(rec[0], SITE_PATTERN, 0, pos, &len);
        ck_assert_ptr_nonnull(row);
        ck_assert_int_eq(len, 4 * N);
        ck_assert(!recording_same(rec[0], rec[1], SITE_LOGITS, 0, pos));
    }
    recording_close(rec[0]);
    recording_close(rec[1]);
    model_close(m);
}
END_TEST

START_TEST(a_context_is_what_can_be_one_whole) {
    TinySpec spec = bert_spec();
    spec.seq_len = 2 * SESSION_NO_MASK_MAX;
    Model *m = must_open(&spec, &forms[0]);
    Session *s = open_session(m);
    ck_assert_int_eq(session_seq_len(s), SESSION_NO_MASK_MAX);
    session_close(s);
    model_close(m);
}
END_TEST

START_TEST(there_is_no_mask_to_remove) {
    const TinySpec spec = bert_spec();
    Model *m = must_open(&spec, &forms[0]);
    Session *s = open_session(m);
    Edits e;
    Err err = {0};
    ck_assert(!edits_parse(&e, "mask", model_config(m), &err));
    ck_assert_str_eq(err.msg,
                     "edits: mask: a BERT model has no causal mask to remove");
    ck_assert(!session_set_edits(s, &(Edits){.no_mask = true}, &err));
    ck_assert(edits_two_way(&(Edits){0}, model_config(m)));
    session_close(s);
    model_close(m);
}
END_TEST

/* ---- the reference ------------------------------------------------------- */

static void check_reference(const TinyForm *form, bool tied) {
    TinySpec spec = bert_spec();
    spec.shared_classifier = tied;
    Model *m = must_open(&spec, form);
    parity_check(m, N);
    model_close(m);
}

START_TEST(every_form_is_the_reference) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        check_reference(&forms[i], true);
        check_reference(&forms[i], false);
    }
    check_reference(&(TinyForm){.no_head = true}, true);
    check_reference(&(TinyForm){.more = ",\"hidden_act\":\"gelu_new\""}, true);
    check_reference(
        &(TinyForm){.own_config = true, .more = ",\"layer_norm_eps\":0.1"},
        true);
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

START_TEST(what_is_another_computation_is_refused_by_name) {
    static const struct {
        TinyForm form;
        const char *says;
    } cases[] = {
        {{.more = ",\"position_embedding_type\":\"relative_key\""},
         "config.json: position_embedding_type: found \"relative_key\", need "
         "absolute"},
        {{.more = ",\"is_decoder\":true"},
         "config.json: is_decoder: found true, need false"},
        {{.more = ",\"add_cross_attention\":true"},
         "config.json: add_cross_attention: found true, need false"},
        {{.more = ",\"hidden_act\":\"quick_gelu\""},
         "config.json: hidden_act: found \"quick_gelu\", need gelu_new, gelu, "
         "relu or silu"},
        {{.more = ",\"quantization_config\":{}"},
         "config.json: quantization_config: found one, need none"},
        {{.model_type = "roberta"},
         "config.json: model_type: found \"roberta\", need one of llama "
         "mistral qwen2 qwen3 gemma gpt2 bert"},
        {{.model_type = "distilbert"},
         "config.json: model_type: found \"distilbert\", need one of"},
        {{.extra = "classifier.weight"},
         "classifier.weight: found one, need none by config.json"},
        {{.extra = "bert.encoder.layer.2.output.dense.bias"},
         "bert.encoder.layer.2.output.dense.bias: found one, need none"},
    };
    const TinySpec spec = bert_spec();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err;
        Model *m = tiny_family_open(&spec, &cases[i].form, &err);
        ck_assert_msg(m == NULL, "case %zu opens", i);
        ck_assert_msg(strstr(err.msg, cases[i].says), "case %zu: %s", i,
                      err.msg);
    }
}
END_TEST

/* ---- sizes --------------------------------------------------------------- */

/* BERT-base: 108,891,648, and the head 622,650 more. */
START_TEST(bert_has_its_parameters) {
    Config c = {.arch = &arch_bert_encoder,
                .dim = 768,
                .hidden_dim = 3072,
                .n_layers = 12,
                .n_heads = 12,
                .n_kv_heads = 12,
                .head_dim = 64,
                .vocab_size = 30522,
                .seq_len_max = 512,
                .tied = true};
    ck_assert_uint_eq(params_total(&c), 108891648);
    c.arch = &arch_bert;
    ck_assert_uint_eq(params_total(&c), 109514298);
}
END_TEST

TEST_MAIN("bert", gguf_holds_the_layers, no_next_token_is_written,
          every_form_holds_the_same_model, a_tied_output_has_its_own_bias,
          without_its_head_the_layers_are_the_same,
          without_its_head_there_are_no_logits,
          a_text_is_the_same_however_it_is_fed,
          a_later_token_changes_every_position,
          a_context_is_what_can_be_one_whole, there_is_no_mask_to_remove,
          every_form_is_the_reference,
          what_is_another_computation_is_refused_by_name,
          bert_has_its_parameters)
