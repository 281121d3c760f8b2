/* LLaMA's kin (Mistral, Qwen 2 and 3, Gemma) from folders of Hugging Face and
 * from GGUF: all forms hold the same model, whose numbers are the
 * reference's. */
#include "engine/format/gguf_write.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/spec/params.h"
#include "engine/trace/explain.h"
#include "tests/support/parity.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"

#include <math.h>
#include <string.h>

#define N 20 /* positions */

static TinySpec spec_of(TinyFamily family) {
    TinySpec spec = tiny_spec();
    spec.family = family;
    spec.wide_heads = family >= TINY_QWEN3;
    spec.short_weights = true; /* every type holds them */
    return spec;
}

/* How far its numbers may be off: a number less one may have a bit more than
 * bf16 holds. */
static float rounded(const Tensor *t) {
    const bool is_rounded =
        t->stored == TENSOR_LESS_ONE && t->type == DTYPE_BF16;
    return is_rounded ? 1.0f / 512 : 0;
}

/* Every weight is what the files were written from, in the engine's order. */
static void check_weights(const Model *m, const TinySpec *spec) {
    const Config *c = model_config(m);
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const TensorRole role = c->arch->tensors[i].role;
        for (int layer = 0; layer < arch_copies(c, role); layer++) {
            const Tensor *t = model_tensor(m, role, layer);
            int n, n_bias;
            float *want = tiny_weights(spec, role, layer, &n);
            float *bias = tiny_bias(spec, role, layer, &n_bias);
            float *row = malloc((size_t)t->cols * sizeof *row);
            ck_assert_ptr_nonnull(row);
            ck_assert_int_eq(t->rows * t->cols, n);
            for (int r = 0; r < t->rows; r++) {
                const float *is = want + (size_t)r * (size_t)t->cols;
                kern_row(row, t, r);
                for (int k = 0; k < t->cols; k++)
                    ck_assert(fabsf(row[k] - is[k]) <= rounded(t));
            }
            ck_assert_int_eq(t->bias != NULL, bias != NULL);
            if (bias)
                ck_assert_mem_eq(t->bias, bias, (size_t)n_bias * sizeof *bias);
            free(row);
            free(bias);
            free(want);
        }
    }
    ck_assert_uint_eq(model_n_params(m), params_total(c));
}

START_TEST(every_form_holds_the_weights) {
    static const TinyForm forms[] = {
        {.type = "F32"}, {.type = "F16"}, {.type = "BF16"}};
    static const DType types[] = {DTYPE_F32, DTYPE_F16, DTYPE_BF16};
    for (int family = TINY_QWEN2; family <= TINY_GEMMA; family++)
        for (int i = 0; i < 3; i++) {
            TinySpec spec = spec_of((TinyFamily)family);
            Err err;
            spec.shared_classifier = i % 2;
            Model *m = tiny_family_open(&spec, &forms[i], &err);
            ck_assert_msg(m != NULL, "%s", err.msg);
            check_weights(m, &spec);
            model_close(m);
            Bytes b = tiny_family_gguf(&spec, types[i]);
            m = model_open_memory("tiny.gguf", b.data, b.size, &err);
            ck_assert_msg(m != NULL, "%s", err.msg);
            check_weights(m, &spec);
            model_close(m);
            bytes_free(&b);
        }
}
END_TEST

START_TEST(every_site_is_the_references) {
    for (int family = TINY_QWEN2; family <= TINY_GEMMA; family++) {
        const TinySpec spec = spec_of((TinyFamily)family);
        Err err;
        Model *m = tiny_family_open(
            &spec, &(TinyForm){.more = ",\"rope_theta\":1e6"}, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert(model_config(m)->rope_theta == 1e6f);
        parity_check(m, N);
        model_close(m);
    }
}
END_TEST

/* One head, twice as wide as the residual stream. */
static TinySpec one_wide_head(TinyFamily family) {
    TinySpec spec = spec_of(family);
    spec.n_heads = spec.n_kv_heads = 1;
    spec.wide_heads = true;
    return spec;
}

START_TEST(a_head_may_be_wider_than_the_stream) {
    static const struct {
        TinyFamily family;
        const char *type;
    } of[] = {{TINY_QWEN3, NULL}, {TINY_LLAMA, "mistral"}, {TINY_GEMMA, NULL}};
    for (int i = 0; i < 3; i++) {
        const TinySpec spec = one_wide_head(of[i].family);
        Err err;
        Model *m = tiny_family_open(
            &spec, &(TinyForm){.model_type = of[i].type}, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_int_eq(model_config(m)->head_dim, 2 * spec.dim);
        check_weights(m, &spec);
        parity_check(m, N);
        model_close(m);
    }
}
END_TEST

/* ---- Mistral ------------------------------------------------------------- */

static Model *open_mistral(const char *more, int context, Err *err) {
    TinySpec spec = spec_of(TINY_LLAMA); /* names of the same files */
    spec.seq_len = context;
    return tiny_family_open(
        &spec, &(TinyForm){.model_type = "mistral", .more = more}, err);
}

START_TEST(mistral_is_llama_with_a_window) {
    static const struct {
        const char *more;
        int said, context;
    } cases[] = {{"", 64, 64},
                 {"", 8192, 4096}, /* as Transformers has it */
                 {",\"sliding_window\":null", 8192, 8192},
                 {",\"sliding_window\":4096", 64, 64},
                 {",\"sliding_window\":48", 64, 48}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err;
        Model *m = open_mistral(cases[i].more, cases[i].said, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_str_eq(model_config(m)->arch->title, "Mistral");
        ck_assert_int_eq(model_config(m)->seq_len_max, cases[i].context);
        ck_assert_uint_eq(arch_sites(model_config(m)->arch),
                          arch_sites(&arch_llama));
        model_close(m);
    }
}
END_TEST

/* llama.cpp writes Mistral's files as llama, so that one of this name is
 * another's, of which nothing is known. */
START_TEST(no_gguf_is_called_mistral) {
    GgufWriter g = {.version = 3, .alignment = 32};
    Err err = {0};
    size_t size;
    gguf_write_text(&g, "general.architecture", "mistral");
    uint8_t *bytes = gguf_write_head(&g, &size, &err);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_ptr_null(model_open_memory("m.gguf", bytes, size, &err));
    ck_assert_str_eq(err.msg,
                     "m.gguf: general.architecture: found \"mistral\", need "
                     "one of llama qwen2 qwen3 gemma gpt2 bert");
    free(bytes);
}
END_TEST

/* ---- masks --------------------------------------------------------------- */

/* A model that was made to embed texts may be called as its kin and have no
 * mask. */
START_TEST(another_mask_than_the_family_has_is_refused) {
    for (int family = TINY_LLAMA; family < TINY_FAMILIES + 1; family++) {
        TinySpec spec = spec_of((TinyFamily)family);
        if (family == TINY_GPT2 || family == TINY_BERT) {
            spec.n_kv_heads = spec.n_heads;
            spec.wide_heads = false;
        }
        for (int causal = 0; causal < 2; causal++) {
            Err err = {0};
            Bytes b = tiny_family_gguf_mask(&spec, causal);
            Model *m = model_open_memory("tiny.gguf", b.data, b.size, &err);
            const bool is_right = causal == (family != TINY_BERT);
            ck_assert_msg((m != NULL) == is_right, "%d: %s", family, err.msg);
            ck_assert(is_right ||
                      strstr(err.msg, causal ? "attention.causal: found true, "
                                               "need false or none"
                                             : "attention.causal: found false, "
                                               "need true or none"));
            model_close(m);
            bytes_free(&b);
        }
    }
}
END_TEST

/* ---- Gemma --------------------------------------------------------------- */

/* Its files say gelu or, later, null and gelu_pytorch_tanh: all are the one by
 * tanh. */
START_TEST(gemma_bends_by_tanh_whatever_its_files_call_it) {
    static const char *const more[] = {
        "", ",\"hidden_act\":\"gelu\",\"hidden_activation\":null",
        ",\"hidden_act\":\"gelu_pytorch_tanh\"",
        ",\"hidden_activation\":\"gelu_pytorch_tanh\"",
        ",\"use_bidirectional_attention\":null"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        const TinySpec spec = spec_of(TINY_GEMMA);
        Err err;
        Model *m = tiny_family_open(&spec, &(TinyForm){.more = more[i]}, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_str_eq(model_config(m)->arch->title, "Gemma");
        ck_assert_int_eq(model_config(m)->activation, ACTIVATION_GELU_TANH);
        ck_assert_ptr_null(model_warning(m));
        model_close(m);
    }
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

START_TEST(what_is_another_computation_is_refused_by_name) {
    static const struct {
        TinyFamily family;
        const char *type, *more, *extra, *says;
    } cases[] = {
        {TINY_QWEN2, NULL, ",\"use_sliding_window\":true", NULL,
         "config.json: use_sliding_window: found true, need false"},
        {TINY_QWEN3, NULL, ",\"attention_bias\":true", NULL,
         "config.json: attention_bias: found true, need false"},
        {TINY_QWEN2, NULL, ",\"hidden_act\":\"gelu\"", NULL,
         "config.json: hidden_act: found \"gelu\", need silu"},
        {TINY_GEMMA, NULL, ",\"hidden_act\":\"silu\"", NULL,
         "config.json: hidden_act: found \"silu\", need gelu_pytorch_tanh or "
         "gelu"},
        {TINY_GEMMA, NULL, ",\"hidden_activation\":\"gelu\"", NULL,
         "config.json: hidden_activation: found \"gelu\", need "
         "gelu_pytorch_tanh"},
        {TINY_GEMMA, NULL, ",\"use_bidirectional_attention\":true", NULL,
         "config.json: use_bidirectional_attention: found true, need false"},
        {TINY_GEMMA, "gemma2", NULL, NULL,
         "config.json: model_type: found \"gemma2\", need one of llama "},
        {TINY_QWEN2, NULL, ",\"quantization_config\":{}", NULL,
         "config.json: quantization_config: found one, need none"},
        {TINY_QWEN2, NULL, ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}",
         NULL,
         "config.json: rope_scaling: found \"yarn\", need llama3, linear or "
         "none"},
        {TINY_QWEN3, NULL, NULL, "model.layers.0.self_attn.q_proj.bias",
         "q_proj.bias: found one, need none by config.json"},
        {TINY_QWEN2, "qwen3", NULL, NULL,
         "self_attn.q_norm.weight: found none, need one"},
        {TINY_QWEN2, "llama", NULL, NULL,
         "bias: found one, need none by config.json"},
        {TINY_LLAMA, NULL, NULL, "model.layers.0.self_attn.q_norm.weight",
         "model.safetensors: model.layers.0.self_attn.q_norm.weight: found "
         "one, need none by config.json"},
        {TINY_QWEN3, "mistral", NULL, NULL,
         "_norm.weight: found one, need none by config.json"},
        {TINY_LLAMA, NULL, NULL, "model.layers.2.input_layernorm.weight",
         "model.layers.2.input_layernorm.weight: found one, need none"},
        {TINY_QWEN2, "mistral", ",\"sliding_window\":0", NULL,
         "config.json: sliding_window: "},
        {TINY_QWEN2, "qwen2_moe", NULL, NULL,
         "config.json: model_type: found \"qwen2_moe\", need one of llama "
         "mistral qwen2 qwen3 gemma gpt2 bert"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const TinySpec spec = spec_of(cases[i].family);
        Err err;
        Model *m = tiny_family_open(&spec,
                                    &(TinyForm){.model_type = cases[i].type,
                                                .more = cases[i].more,
                                                .extra = cases[i].extra},
                                    &err);
        ck_assert_msg(m == NULL, "case %zu opens", i);
        ck_assert_msg(strstr(err.msg, cases[i].says), "case %zu: %s", i,
                      err.msg);
    }
}
END_TEST

/* What Transformers keeps beside the weights and does not read. */
START_TEST(rotation_speeds_may_lie_with_the_weights) {
    static const TinyFamily of[] = {TINY_LLAMA, TINY_QWEN2, TINY_QWEN3,
                                    TINY_GEMMA};
    for (int i = 0; i < 4; i++) {
        const TinySpec spec = spec_of(of[i]);
        Err err;
        Model *m = tiny_family_open(
            &spec,
            &(TinyForm){.extra =
                            "model.layers.1.self_attn.rotary_emb.inv_freq"},
            &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_ptr_null(model_warning(m));
        model_close(m);
    }
}
END_TEST

/* Their halves lie apart in the file, and blocks cannot be taken apart. */
START_TEST(norms_of_heads_are_floats) {
    TinySpec spec = spec_of(TINY_QWEN3);
    spec.dim = 64;
    spec.n_heads = 2;
    spec.n_kv_heads = 1;
    spec.wide_heads = false;
    static const struct {
        DType type;
        const char *says;
    } cases[] = {{DTYPE_F32, NULL},
                 {DTYPE_Q8_0, "tiny.gguf: blk.0.attn_q_norm.weight: found "
                              "q8_0, need f32, f16 or bf16"}};
    for (int i = 0; i < 2; i++) {
        Err err = {0};
        Bytes b = tiny_family_gguf_norms(&spec, DTYPE_F32, cases[i].type);
        Model *m = model_open_memory("tiny.gguf", b.data, b.size, &err);
        ck_assert_msg((m == NULL) == (i == 1), "%s", err.msg);
        if (cases[i].says) ck_assert_str_eq(err.msg, cases[i].says);
        model_close(m);
        bytes_free(&b);
    }
}
END_TEST

/* Cells of every site of a model whose heads are wider than D/H. */
static void check_explained(const TinySpec *spec, int head_dim) {
    TinyModel t;
    Err err = {0};
    Explain ex = {0};
    const int tokens[] = {5, 9, 200, 31};
    ck_assert(tiny_open(&t, spec));
    const Config *c = model_config(t.model);
    ck_assert_int_eq(c->head_dim, head_dim);
    Session *s = session_open(t.model, &(SessionOptions){0}, &err);
    Trace *trace = trace_open(s, 0, &err);
    ck_assert(s && trace && session_feed(s, tokens, 4, &err));
    for (int site = 0; site < SITE_COUNT; site++) {
        int rows, cols;
        site_shape((Site)site, c, 4, &rows, &cols);
        for (int i = 0; tiny_has(c, site) && i < rows * cols; i++) {
            ck_assert(explain(trace, (Site)site, 1, 3, i, &ex, &err));
            ck_assert_msg(ex.matches, "%s[%d]", site_info(site)->name, i);
        }
    }
    explain_free(&ex);
    trace_close(trace);
    session_close(s);
    tiny_close(&t);
}

START_TEST(wide_heads_are_explained) {
    const TinySpec wide = spec_of(TINY_QWEN3);
    const TinySpec wider = one_wide_head(TINY_QWEN3);
    check_explained(&wide, 8);
    check_explained(&wider, 32);
}
END_TEST

TEST_MAIN("kin", a_head_may_be_wider_than_the_stream,
          every_form_holds_the_weights, every_site_is_the_references,
          gemma_bends_by_tanh_whatever_its_files_call_it,
          mistral_is_llama_with_a_window, no_gguf_is_called_mistral,
          another_mask_than_the_family_has_is_refused,
          norms_of_heads_are_floats,
          what_is_another_computation_is_refused_by_name,
          rotation_speeds_may_lie_with_the_weights, wide_heads_are_explained)
