/* The gradient of every tensor against central differences of the plain
 * double-precision forward pass; and the forward pass against the engine's. */
#include "engine/base/chance.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/backprop.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Longer than a stretch of keys, and no multiple of anything. */
#define N_TOKENS 37
#define SEQ_LEN  40
#define TEXT_AT  23 /* where another text begins, if not others too */

/* Central differences take steps of +-STEP; weights are multiples of GRID, so
 * that a step from any of them is exact in float. */
#define STEP 0x1p-14
#define GRID 0x1p-14f
/* Of the largest gradient of the tensor.  The differences themselves are off
 * by STEP^2 times the third derivative, the gradients by float rounding. */
#define TOLERANCE 1e-4

typedef struct Case {
    Params params;
    float *w, *grad;
    int tokens[N_TOKENS + 1];
    uint8_t *file; /* a model file of w; its tensors are poked at */
    Model *model;
} Case;

static Config tiny_config(int n_heads, int n_kv_heads) {
    return (Config){.arch = &arch_llama,
                    .dim = 24,
                    .hidden_dim = 20,
                    .n_layers = 2,
                    .n_heads = n_heads,
                    .n_kv_heads = n_kv_heads,
                    .head_dim = 24 / n_heads,
                    .vocab_size = 19,
                    .seq_len_max = SEQ_LEN,
                    .norm_eps = 1e-5f,
                    .rope_theta = 10000,
                    .tied = true};
}

static Config tiny_gpt2(int n_heads) {
    Config c = tiny_config(n_heads, n_heads);
    c.arch = &arch_gpt2;
    c.activation = arch_gpt2.activation;
    return c;
}

static Config tiny_bert(int n_heads) {
    Config c = tiny_config(n_heads, n_heads);
    c.arch = &arch_bert;
    c.activation = arch_bert.activation;
    return c;
}

static void case_open(Case *c, const Config *config) {
    Err err = {0};
    ck_assert_msg(params_init(&c->params, config, "test", &err), "%s", err.msg);
    c->w = malloc(c->params.n * sizeof *c->w);
    c->grad = calloc(c->params.n, sizeof *c->grad);
    for (size_t i = 0; i < c->params.n; i++) {
        const float mean = i < c->params.n_matrices ? 0 : 1;
        c->w[i] = mean + GRID * rintf(0.4f / GRID * (float)chance_normal(7, i));
    }
    for (int i = 0; i <= N_TOKENS; i++)
        c->tokens[i] = (int)(chance_bits(5, i) % config->vocab_size);
    c->tokens[TEXT_AT] = TOKEN_BOS;
    size_t size;
    c->file = params_export(&c->params, c->w, &(ParamsFile){0}, &size, &err);
    ck_assert_msg(c->file != NULL, "%s", err.msg);
    c->model = model_open_memory("test", c->file, size, &err);
    ck_assert_msg(c->model != NULL, "%s", err.msg);
}

static void case_close(Case *c) {
    model_close(c->model);
    free(c->file);
    free(c->w);
    free(c->grad);
}

/* Where the text ends that begins at `from`. */
static int text_end(const Case *c, int from) {
    int end = from + 1;
    while (end < N_TOKENS && c->tokens[end] != TOKEN_BOS)
        end++;
    return end;
}

/* The loss in double precision, of the model in c->file, on one text. */
static double text_loss(const Case *c, int from, int end) {
    const Edits none = {0};
    Reference *r = reference_run(c->model, &none, c->tokens + from, end - from);
    const int vocab = c->params.config.vocab_size;
    double loss = 0;
    for (int t = from; t < end; t++) {
        const double *logits = reference_row(r, SITE_LOGITS, 0, t - from);
        double sum = 0;
        for (int i = 0; i < vocab; i++)
            sum += exp(logits[i]);
        loss += log(sum) - logits[c->tokens[t + 1]];
    }
    reference_free(r);
    return loss;
}

/* Each text of the row for itself. */
static double reference_loss(const Case *c) {
    double loss = 0;
    for (int from = 0, end; from < N_TOKENS; from = end) {
        end = text_end(c, from);
        loss += text_loss(c, from, end);
    }
    return loss;
}

/* The numbers of a tensor, or of its bias, in a block and in the model. */
typedef struct Numbers {
    const char *name;
    size_t at, n;
    float *poked;
} Numbers;

/* The model's floats are this test's own memory, or the model's copy of it. */
static float *writable(const void *p) {
    float *out;
    memcpy(&out, &p, sizeof out);
    return out;
}

static Numbers weights_of(const Case *c, TensorRole role, int layer) {
    const Tensor *t = model_tensor(c->model, role, layer);
    return (Numbers){t->name, params_at(&c->params, role, layer),
                     c->params.size[role], writable(t->data)};
}

static Numbers biases_of(const Case *c, TensorRole role, int layer) {
    const Tensor *t = model_tensor(c->model, role, layer);
    return (Numbers){t->name, params_bias_at(&c->params, role, layer),
                     c->params.bias_len[role], writable(t->bias)};
}

/* d loss along `way`, [n] of -1, 0 or 1. */
static double difference(const Case *c, Numbers w, const int *way) {
    double loss[2];
    for (int side = 0; side < 2; side++) {
        const float step = side ? (float)STEP : -(float)STEP;
        for (size_t i = 0; i < w.n; i++)
            w.poked[i] += step * (float)way[i];
        loss[side] = reference_loss(c);
        for (size_t i = 0; i < w.n; i++)
            w.poked[i] -= step * (float)way[i];
    }
    return (loss[1] - loss[0]) / (2 * STEP);
}

static double along(const float *grad, const int *way, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (double)grad[i] * way[i];
    return sum;
}

/* Single elements, then directions that every element has a part in.  `least`:
 * what an error is a share of where the gradient is smaller. */
static double check_numbers(const Case *c, Numbers w, double least) {
    const float *grad = c->grad + w.at;
    double largest = least, worst = 0;
    for (size_t i = 0; i < w.n; i++)
        largest = fmax(largest, fabs((double)grad[i]));
    ck_assert_double_gt(largest, 0);
    int *way = calloc(w.n + 1, sizeof *way);
    for (uint64_t trial = 0; trial < 12; trial++) {
        const bool single = trial < 8;
        memset(way, 0, w.n * sizeof *way);
        for (size_t i = 0; i < w.n && !single; i++)
            way[i] = chance_bits(trial, i) & 1 ? 1 : -1;
        if (single && w.n > 0) way[chance_bits(trial, 99) % w.n] = 1;
        const double scale = single ? largest : largest * sqrt((double)w.n);
        const double error =
            fabs(along(grad, way, w.n) - difference(c, w, way)) / scale;
        ck_assert_msg(error < TOLERANCE, "%s%s, trial %d: %g", w.name,
                      w.at >= c->params.n_matrices ? " (vector)" : "",
                      (int)trial, error);
        worst = fmax(worst, error);
    }
    free(way);
    return worst;
}

/* A key's bias adds the same to all scores of a query: its gradient is 0, but
 * for rounding, of the size of that of the keys' matrix. */
static double least_of(const Case *c, TensorRole role) {
    double largest = 0;
    if (role != TENSOR_WK || c->params.config.arch->rotates) return 0;
    for (size_t i = 0; i < c->params.size[role]; i++)
        largest = fmax(largest, fabs((double)c->grad[c->params.at[role] + i]));
    return largest;
}

static double row_loss(Backprop *b, const Case *c, const bool *learns, int n,
                       float *grad, float weight) {
    const BackpropRow row = {c->tokens, c->tokens + 1, learns, n};
    return backprop_row(b, c->w, &row, grad, weight);
}

static void check_gradients(const Config *config, const char *kern) {
    const Tkern *tkern = tkern_get(kern);
    if (!tkern) return; /* this CPU has no such instructions */
    Case c;
    case_open(&c, config);
    Backprop b;
    Err err = {0};
    ck_assert(backprop_init(&b, &c.params, tkern, SEQ_LEN, &err));
    const double loss = row_loss(&b, &c, NULL, N_TOKENS, c.grad, 1);
    ck_assert_double_eq_tol(loss, reference_loss(&c), 1e-3);
    double worst = 0;
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const TensorRole role = (TensorRole)i;
        for (int layer = 0; layer < arch_copies(config, role); layer++) {
            const Numbers w = weights_of(&c, role, layer);
            if (w.n > 0) worst = fmax(worst, check_numbers(&c, w, 0));
            if (c.params.bias_len[role] == 0) continue;
            const Numbers bias = biases_of(&c, role, layer);
            worst = fmax(worst, check_numbers(&c, bias, least_of(&c, role)));
        }
    }
    printf("%s, %s, %d heads on %d: gradients off by at most %.1e of the "
           "largest\n",
           config->arch->title, kern, config->n_heads, config->n_kv_heads,
           worst);
    backprop_free(&b);
    case_close(&c);
}

START_TEST(every_gradient_is_right) {
    const Config grouped = tiny_config(4, 2), all = tiny_config(2, 2),
                 one = tiny_config(4, 1);
    check_gradients(&grouped, "avx512");
    check_gradients(&grouped, "avx2");
    check_gradients(&grouped, "generic");
    check_gradients(&all, "generic");
    check_gradients(&one, "generic");
    const Config gpt2 = tiny_gpt2(4), few = tiny_gpt2(2);
    check_gradients(&gpt2, "avx512");
    check_gradients(&gpt2, "avx2");
    check_gradients(&gpt2, "generic");
    check_gradients(&few, "generic");
    const Config bert = tiny_bert(4), pair = tiny_bert(2);
    check_gradients(&bert, "avx512");
    check_gradients(&bert, "avx2");
    check_gradients(&bert, "generic");
    check_gradients(&pair, "generic");
}
END_TEST

static void check_loss_is_that_of_the_engine(const Config *config) {
    Case c;
    case_open(&c, config);
    Backprop b;
    Err err = {0};
    ck_assert(backprop_init(&b, &c.params, tkern_get(NULL), SEQ_LEN, &err));
    Session *s = session_open(c.model, &(SessionOptions){0}, &err);
    ck_assert_ptr_nonnull(s);
    double loss = 0;
    for (int t = 0; t < N_TOKENS; t++) {
        if (c.tokens[t] == TOKEN_BOS) session_rewind(s, 0);
        const float *logits = session_feed(s, &c.tokens[t], 1, &err);
        double sum = 0;
        for (int i = 0; i < config->vocab_size; i++)
            sum += exp((double)logits[i]);
        loss += log(sum) - (double)logits[c.tokens[t + 1]];
    }
    ck_assert_double_eq_tol(row_loss(&b, &c, NULL, N_TOKENS, NULL, 0), loss,
                            1e-4);
    session_close(s);
    backprop_free(&b);
    case_close(&c);
}

START_TEST(loss_is_that_of_the_engine) {
    const Config llama = tiny_config(4, 2), gpt2 = tiny_gpt2(4);
    check_loss_is_that_of_the_engine(&llama);
    check_loss_is_that_of_the_engine(&gpt2);
}
END_TEST

/* Twice the same row is twice the gradient, and half the weight half of it. */
static void check_gradients_add_up(const Config *config) {
    Case c;
    case_open(&c, config);
    float *twice = calloc(c.params.n, sizeof *twice);
    Backprop b;
    Err err = {0};
    ck_assert(backprop_init(&b, &c.params, tkern_get(NULL), SEQ_LEN, &err));
    row_loss(&b, &c, NULL, N_TOKENS, c.grad, 1);
    row_loss(&b, &c, NULL, N_TOKENS, twice, 0.5f);
    row_loss(&b, &c, NULL, N_TOKENS, twice, 0.5f);
    for (size_t i = 0; i < c.params.n; i++)
        ck_assert_float_eq_tol(twice[i], c.grad[i],
                               1e-5f + 1e-4f * fabsf(c.grad[i]));
    free(twice);
    backprop_free(&b);
    case_close(&c);
}

START_TEST(gradients_add_up) {
    const Config llama = tiny_config(4, 2), gpt2 = tiny_gpt2(4);
    const Config bert = tiny_bert(4);
    check_gradients_add_up(&llama);
    check_gradients_add_up(&gpt2);
    check_gradients_add_up(&bert);
}
END_TEST

/* What is learnt at some places and what is at the others is all of it; and
 * the first places alone are a shorter row where nobody sees the others. */
static void check_only_what_is_asked_for_is_learnt(const Config *config) {
    Case c;
    case_open(&c, config);
    float *parts = calloc(c.params.n, sizeof *parts);
    bool some[N_TOKENS], others[N_TOKENS], start[N_TOKENS];
    for (int t = 0; t < N_TOKENS; t++) {
        some[t] = chance_bits(4, (uint64_t)t) & 1;
        others[t] = !some[t];
        start[t] = t < N_TOKENS / 2;
    }
    Backprop b;
    Err err = {0};
    ck_assert(backprop_init(&b, &c.params, tkern_get(NULL), SEQ_LEN, &err));
    const double all = row_loss(&b, &c, NULL, N_TOKENS, c.grad, 1);
    const double sum = row_loss(&b, &c, some, N_TOKENS, parts, 1) +
                       row_loss(&b, &c, others, N_TOKENS, parts, 1);
    ck_assert_double_eq_tol(sum, all, 1e-4);
    for (size_t i = 0; i < c.params.n; i++)
        ck_assert_float_eq_tol(parts[i], c.grad[i],
                               1e-5f + 1e-4f * fabsf(c.grad[i]));
    const double first = row_loss(&b, &c, start, N_TOKENS, NULL, 0);
    const double shorter = row_loss(&b, &c, NULL, N_TOKENS / 2, NULL, 0);
    if (config->arch->causal)
        ck_assert_double_eq_tol(first, shorter, 1e-5);
    else
        ck_assert_double_gt(fabs(first - shorter), 1e-2);
    free(parts);
    backprop_free(&b);
    case_close(&c);
}

START_TEST(only_what_is_asked_for_is_learnt) {
    const Config llama = tiny_config(4, 2), gpt2 = tiny_gpt2(4);
    const Config bert = tiny_bert(4);
    check_only_what_is_asked_for_is_learnt(&llama);
    check_only_what_is_asked_for_is_learnt(&gpt2);
    check_only_what_is_asked_for_is_learnt(&bert);
}
END_TEST

START_TEST(shapes_that_do_not_fit_are_refused_by_name) {
    Config config = tiny_config(4, 2);
    Params p;
    Err err = {0};
    config.n_kv_heads = 3;
    ck_assert(!params_init(&p, &config, "train", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "n_kv_heads"));
    config = tiny_bert(4);
    config.n_kv_heads = 2;
    err_clear(&err);
    ck_assert(!params_init(&p, &config, "train", &err));
    ck_assert_str_eq(err.msg, "train: n_kv_heads: found 2, need the 4 of "
                              "n_heads in a BERT");
    config = tiny_bert(4);
    config.arch = &arch_bert_encoder;
    err_clear(&err);
    ck_assert(!params_init(&p, &config, "train", &err));
    ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
    config = tiny_config(4, 2);
    config.hidden_dim = CONFIG_DIM_MAX;
    config.n_layers = CONFIG_LAYERS_MAX;
    err_clear(&err);
    ck_assert(!params_init(&p, &config, "train", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

TEST_MAIN("backprop", every_gradient_is_right, loss_is_that_of_the_engine,
          gradients_add_up, only_what_is_asked_for_is_learnt,
          shapes_that_do_not_fit_are_refused_by_name)
