/* GPT-2 from every form of file: all hold the same model, other computations
 * are refused by name, and the numbers are the reference's. */
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/spec/params.h"
#include "tests/support/parity.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"

#include <math.h>
#include <string.h>

#define N 20 /* positions */

static TinySpec gpt2_spec(void) {
    TinySpec spec = tiny_spec();
    spec.family = TINY_GPT2;
    spec.n_kv_heads = spec.n_heads;
    spec.short_weights = true; /* every type holds them */
    return spec;
}

/* The logits of N positions, [N, V]; the caller frees. */
static float *logits_of(const Model *m) {
    Err err = {0};
    Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    const size_t V = (size_t)model_config(m)->vocab_size;
    float *out = malloc(N * V * sizeof *out);
    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < N; i++) {
        const int token = (i * 7 + 3) % (int)V;
        const float *l = session_feed(s, &token, 1, &err);
        ck_assert_msg(l != NULL, "%s", err.msg);
        memcpy(out + (size_t)i * V, l, V * sizeof *l);
    }
    session_close(s);
    return out;
}

static void check_same(const float *a, const float *b, size_t n,
                       const char *what) {
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(a[i] == b[i], "%s: number %zu: %g, need %g", what, i,
                      (double)a[i], (double)b[i]);
}

/* ---- forms --------------------------------------------------------------- */

static const TinyForm forms[] = {
    {0},
    {.no_prefix = true},
    {.buffers = true},
    {.buffers = true, .no_prefix = true},
    {.as_linear = true},
    {.type = "F16"},
    {.type = "BF16"},
    {.as_linear = true,
     .own_config = true,
     .more = ",\"activation_function\":"
             "\"gelu_new\""},
    {.more = ",\"n_ctx\":64,\"reorder_and_upcast_attn\":true,"
             "\"scale_attn_weights\":true,\"activation_function\":"
             "\"gelu_pytorch_tanh\""},
};

/* Classifier of its own and not: both kinds of every form hold the bits of the
 * GGUF file. */
START_TEST(every_form_holds_the_same_model) {
    for (int own = 0; own < 2; own++) {
        TinySpec spec = gpt2_spec();
        TinyModel gguf;
        spec.shared_classifier = !own;
        ck_assert(tiny_open(&gguf, &spec));
        float *want = logits_of(gguf.model);
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            char what[32];
            Err err;
            Model *m = tiny_family_open(&spec, &forms[i], &err);
            ck_assert_msg(m != NULL, "form %zu: %s", i, err.msg);
            ck_assert_ptr_null(model_warning(m));
            ck_assert_uint_eq(model_n_params(m), model_n_params(gguf.model));
            ck_assert_uint_eq(model_n_params(m), params_total(model_config(m)));
            float *got = logits_of(m);
            snprintf(what, sizeof what, "form %zu", i);
            check_same(got, want, (size_t)N * 300, what);
            free(got);
            model_close(m);
        }
        free(want);
        tiny_close(&gguf);
    }
}
END_TEST

/* Of what nanoGPT saves: torch.compile has put a name before all others, and
 * what saves one of two tensors that are one may keep the output. */
START_TEST(names_of_compiled_and_tied_models_are_found) {
    static const TinyForm cases[] = {
        {.as_linear = true, .own_config = true, .compiled = true},
        {.as_linear = true, .own_config = true, .output_alone = true},
        {.as_linear = true,
         .own_config = true,
         .compiled = true,
         .output_alone = true,
         .buffers = true},
        {.compiled = true},
        {.compiled = true, .no_prefix = true},
        {.output_alone = true}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const TinyForm *form = &cases[i / 2];
        TinySpec spec = gpt2_spec();
        Err err;
        spec.shared_classifier = i % 2;
        if (form->output_alone && !spec.shared_classifier) continue;
        Model *m = tiny_family_open(&spec, form, &err);
        ck_assert_msg(m != NULL, "case %zu: %s", i, err.msg);
        ck_assert_ptr_null(model_warning(m));
        ck_assert_int_eq(model_config(m)->tied, spec.shared_classifier);
        ck_assert_uint_eq(model_n_params(m), params_total(model_config(m)));
        parity_check(m, N);
        model_close(m);
    }
}
END_TEST

static double largest(const float *v, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)v[i]));
    return most;
}

/* What quantising loses is some per cent; parts of a quantised matrix are its
 * rows. */
START_TEST(quantised_files_open) {
    static const struct {
        DType type;
        double off;
    } types[] = {{DTYPE_F16, 1e-6},
                 {DTYPE_BF16, 1e-6},
                 {DTYPE_Q8_0, .05},
                 {DTYPE_Q4_0, .7},
                 {DTYPE_Q5_1, .4}};
    TinySpec spec = gpt2_spec();
    spec.dim = 64;
    spec.hidden_dim = 128;
    TinyModel exact;
    ck_assert(tiny_open(&exact, &spec));
    float *want = logits_of(exact.model);
    const double size = largest(want, (size_t)N * 300);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Err err = {0};
        Bytes b = tiny_family_gguf(&spec, types[i].type);
        Model *m = model_open_memory("tiny.gguf", b.data, b.size, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_int_eq(model_tensor(m, TENSOR_WV, 1)->type, types[i].type);
        float *got = logits_of(m);
        double off = 0;
        for (size_t k = 0; k < (size_t)N * 300; k++)
            off = fmax(off, fabs((double)got[k] - (double)want[k]));
        ck_assert_msg(off <= types[i].off * size, "%s: off by %g of %g",
                      dtype_info(types[i].type)->name, off, size);
        free(got);
        model_close(m);
        bytes_free(&b);
    }
    free(want);
    tiny_close(&exact);
}
END_TEST

/* Three matrices in one tensor of the file are told apart by where they lie. */
START_TEST(places_are_told_of_parts) {
    TinySpec spec = gpt2_spec();
    for (int linear = 0; linear < 2; linear++) {
        Err err;
        Model *m =
            tiny_family_open(&spec, &(TinyForm){.as_linear = linear}, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        const Tensor *q = model_tensor(m, TENSOR_WQ, 1);
        const Tensor *k = model_tensor(m, TENSOR_WK, 1);
        const size_t row = linear ? 16 * 16 : 16; /* floats before */
        ck_assert_str_eq(q->name, "transformer.h.1.attn.c_attn.weight");
        ck_assert_uint_eq(k->offset - q->offset, row * sizeof(float));
        const TensorPlace at = tensor_stored_place(k, 5, 2);
        ck_assert_int_eq(at.row, linear ? 16 + 5 : 2);
        ck_assert_int_eq(at.col, linear ? 2 : 16 + 5);
        ck_assert_uint_eq(tensor_row_offset(q, 1) - q->offset,
                          (linear ? 16 : 1) * sizeof(float));
        ck_assert_uint_eq(k->bias_offset - q->bias_offset, 16 * sizeof(float));
        const float *file =
            (const float *)(const void *)(model_file(m)->data + k->offset);
        for (int r = 0; r < 16; r++)
            for (int c = 0; c < 16; c++)
                ck_assert(((const float *)k->data)[r * 16 + c] ==
                          (linear ? file[r * 16 + c] : file[c * 48 + r]));
        model_close(m);
    }
}
END_TEST

/* ---- the reference ------------------------------------------------------- */

/* Every site at every position, for an activation and with or without biases,
 * as config.json has them. */
static void check_reference(const TinyForm *form, Activation activation) {
    TinySpec spec = gpt2_spec();
    Err err;
    Model *m = tiny_family_open(&spec, form, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_int_eq(model_config(m)->activation, activation);
    parity_check(m, N);
    model_close(m);
}

START_TEST(activations_and_missing_biases_are_honoured) {
#define ACT(NAME) .more = ",\"activation_function\":\"" NAME "\""
    check_reference(&(TinyForm){ACT("gelu_new")}, ACTIVATION_GELU_TANH);
    check_reference(&(TinyForm){ACT("gelu")}, ACTIVATION_GELU);
    check_reference(&(TinyForm){ACT("relu")}, ACTIVATION_RELU);
    check_reference(&(TinyForm){ACT("silu")}, ACTIVATION_SILU);
    check_reference(&(TinyForm){.more = ",\"layer_norm_epsilon\":0.1"},
                    ACTIVATION_GELU_TANH);
    /* nanoGPT, with its biases and without. */
    check_reference(&(TinyForm){.as_linear = true, .own_config = true},
                    ACTIVATION_GELU);
    check_reference(
        &(TinyForm){.as_linear = true, .own_config = true, .no_bias = true},
        ACTIVATION_GELU);
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

START_TEST(what_is_another_computation_is_refused_by_name) {
    static const struct {
        TinyForm form;
        const char *says;
    } cases[] = {
        {{ACT("quick_gelu")},
         "config.json: activation_function: found \"quick_gelu\", need "
         "gelu_new, gelu, relu or silu"},
        {{.more = ",\"scale_attn_by_inverse_layer_idx\":true"},
         "config.json: scale_attn_by_inverse_layer_idx: found true, need "
         "false"},
        {{.more = ",\"scale_attn_weights\":false"},
         "config.json: scale_attn_weights: found false, need true"},
        {{.more = ",\"add_cross_attention\":true"},
         "config.json: add_cross_attention: found true, need false"},
        {{.more = ",\"quantization_config\":{}"},
         "config.json: quantization_config: found one, need none"},
        {{.more = ",\"layer_norm_epsilon\":0"},
         "config.json: layer_norm_epsilon: found 0, need more than 0"},
        {{.more = ",\"layer_norm_epsilon\":\"x\""},
         "config.json: layer_norm_epsilon: "},
        {{.extra = "transformer.h.0.mlp.c_fc.extra.bias"},
         "transformer.h.0.mlp.c_fc.extra.bias: found one, need none by "
         "config.json"},
        {{.extra = "transformer.h.7.ln_1.weight"},
         "transformer.h.7.ln_1.weight: found one, need none by config.json"},
        {{.extra = "h.2.ln_1.weight"},
         "h.2.ln_1.weight: found one, need none by config.json"},
        {{.extra = "transformer.h.0.ln_3.weight"},
         "model.safetensors: transformer.h.0.ln_3.weight: found one, need none "
         "by config.json"},
        {{.extra = "transformer.h.0.attn.q_norm.weight"},
         "transformer.h.0.attn.q_norm.weight: found one, need none"},
        {{.no_bias = true}, "h.0.ln_1.bias: found none, need one"},
    };
    TinySpec spec = gpt2_spec();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err;
        Model *m = tiny_family_open(&spec, &cases[i].form, &err);
        ck_assert_msg(m == NULL, "case %zu opens", i);
        ck_assert_msg(strstr(err.msg, cases[i].says), "case %zu: %s", i,
                      err.msg);
    }
}
END_TEST

START_TEST(a_context_has_its_end) {
    TinySpec spec = gpt2_spec();
    TinyModel t;
    Err err = {0};
    int tokens[65] = {0};
    ck_assert(tiny_open(&t, &spec));
    Session *s =
        session_open(t.model, &(SessionOptions){.seq_len = 4096}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    ck_assert_int_eq(session_seq_len(s), 64); /* no row for one more */
    ck_assert_ptr_null(session_feed(s, tokens, 65, &err));
    ck_assert_str_eq(err.msg, "context: found 65 tokens after 0, room for 64");
    ck_assert_ptr_nonnull(session_feed(s, tokens, 64, &err));
    session_close(s);
    tiny_close(&t);
}
END_TEST

START_TEST(rotation_cannot_be_left_out) {
    static const char *const texts[] = {"rope", "rope1"};
    TinySpec spec = gpt2_spec();
    TinyModel t;
    ck_assert(tiny_open(&t, &spec));
    for (int i = 0; i < 2; i++) {
        Edits e = {0};
        Err err = {0};
        ck_assert(!edits_parse(&e, texts[i], model_config(t.model), &err));
        ck_assert_str_eq(err.msg, "edits: rope: a GPT-2 model does not rotate, "
                                  "so there is no RoPE to leave out");
    }
    tiny_close(&t);
}
END_TEST

/* ---- sizes --------------------------------------------------------------- */

START_TEST(gpt2_has_its_parameters) {
    Config c = {.arch = &arch_gpt2,
                .dim = 768,
                .hidden_dim = 3072,
                .n_layers = 12,
                .n_heads = 12,
                .n_kv_heads = 12,
                .head_dim = 64,
                .vocab_size = 50257,
                .seq_len_max = 1024,
                .norm_eps = 1e-5f,
                .tied = true};
    Err err = {0};
    ck_assert_msg(config_check(&c, "gpt2", &err), "%s", err.msg);
    ck_assert_uint_eq(params_total(&c), 124439808);
    c.tied = false;
    ck_assert_uint_eq(params_total(&c), 124439808 + 50257 * 768);
}
END_TEST

TEST_MAIN("gpt2", every_form_holds_the_same_model,
          names_of_compiled_and_tied_models_are_found, quantised_files_open,
          places_are_told_of_parts, activations_and_missing_biases_are_honoured,
          what_is_another_computation_is_refused_by_name, a_context_has_its_end,
          rotation_cannot_be_left_out, gpt2_has_its_parameters)
