/* What a token costs, against counting it loop by loop, and against the sizes
 * of known models. */
#include "engine/kernel/kern.h"
#include "engine/run/session.h"
#include "engine/spec/cost.h"
#include "tests/support/every_family.h"
#include "tests/support/tiny_model.h"

static const Config tales = {.arch = &arch_llama,
                             .dim = 128,
                             .hidden_dim = 320,
                             .n_layers = 4,
                             .n_heads = 4,
                             .n_kv_heads = 2,
                             .head_dim = 32,
                             .vocab_size = 768,
                             .seq_len_max = 256};

/* The forward pass as loops that only count. */
static uint64_t count_matrix(int rows, int cols) {
    uint64_t n = 0;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            n++;
    return n;
}

static uint64_t count_position(const Config *c, int n_keys) {
    const int K = c->head_dim;
    uint64_t n = 0;
    for (int layer = 0; layer < c->n_layers; layer++) {
        n += count_matrix(c->n_heads * K, c->dim);        /* W_Q */
        n += 2 * count_matrix(c->n_kv_heads * K, c->dim); /* W_K, W_V */
        for (int head = 0; head < c->n_heads; head++)
            for (int key = 0; key < n_keys; key++)
                n += (uint64_t)K + (uint64_t)K;       /* q·k, weight × v */
        n += count_matrix(c->dim, c->n_heads * K);    /* W_O */
        n += 3 * count_matrix(c->hidden_dim, c->dim); /* the MLP's */
    }
    return n;
}

START_TEST(costs_are_what_loops_count) {
    const Cost cost = cost_of(&tales);
    const uint64_t output = count_matrix(tales.vocab_size, tales.dim);
    const uint64_t first =
        2 * count_matrix(tales.n_kv_heads * tales.head_dim, tales.dim);
    uint64_t cached_sum = 0, anew_sum = 0, open_sum = 0, first_sum = 0;
    for (int pos = 0; pos < 40; pos++) {
        const uint64_t cached = count_position(&tales, pos + 1) + output;
        uint64_t anew = output, open = output;
        for (int at = 0; at <= pos; at++)
            anew += count_position(&tales, at + 1);
        for (int at = 0; at <= pos; at++)
            open += count_position(&tales, pos + 1);
        cached_sum += cached;
        anew_sum += anew;
        open_sum += open;
        ck_assert_uint_eq(cost_cached(&cost, pos), cached);
        ck_assert_uint_eq(cost_anew(&cost, pos, true), anew);
        ck_assert_uint_eq(cost_anew(&cost, pos, false), open);
        ck_assert_uint_eq(cost_anew_sum(&cost, pos, false), open_sum);
        const uint64_t rest = open - first * (uint64_t)pos;
        first_sum += rest;
        ck_assert_uint_eq(cost_kept_first(&cost, pos), rest);
        ck_assert_uint_eq(cost_kept_first_sum(&cost, pos), first_sum);
        ck_assert_uint_eq(cost_cached_sum(&cost, pos), cached_sum);
        ck_assert_uint_eq(cost_anew_sum(&cost, pos, true), anew_sum);
    }
    ck_assert_uint_eq(cost_cached(&cost, 31), 819200);
    ck_assert_uint_eq(cost_kept_first(&cost, 7), 5554176);
    ck_assert_uint_eq(cost_anew(&cost, 31, true), 22659072);
}
END_TEST

/* Its 6,738,415,616 parameters are those of the layers' matrices, two tables of
 * 32,000 x 4,096 and 65 gains. */
START_TEST(llama_2_7b_has_its_known_size) {
    Config c = {.arch = &arch_llama,
                .dim = 4096,
                .hidden_dim = 11008,
                .n_layers = 32,
                .n_heads = 32,
                .n_kv_heads = 32,
                .head_dim = 128,
                .vocab_size = 32000,
                .seq_len_max = 4096};
    const Cost cost = cost_of(&c);
    ck_assert_uint_eq(cost.weights + 2 * cost.output + 65 * 4096ull,
                      6738415616ull);
    ck_assert_uint_eq(cost.kept, 262144); /* 0.5 MiB a token in f16 */
    /* In 70B's way 8 heads share: an eighth. */
    c.n_kv_heads = 4;
    ck_assert_uint_eq(cost_of(&c).kept, 262144 / 8);
}
END_TEST

/* GPT-2's MLP has two matrices, no key is shared, and positions and biases
 * cost nothing.  Its 124,439,808 parameters: Radford et al. 2019. */
START_TEST(gpt_2_has_its_known_size) {
    const Config c = {.arch = &arch_gpt2,
                      .dim = 768,
                      .hidden_dim = 3072,
                      .n_layers = 12,
                      .n_heads = 12,
                      .n_kv_heads = 12,
                      .head_dim = 64,
                      .vocab_size = 50257,
                      .seq_len_max = 1024,
                      .tied = true};
    const Cost cost = cost_of(&c);
    const uint64_t biases = 12 * (3 * 768 + 768 + 3072 + 768);
    const uint64_t norms = (2 * 12 + 1) * 2 * 768;
    ck_assert_uint_eq(cost.weights,
                      12 * (4 * 768ull * 768 + 2 * 768ull * 3072));
    ck_assert_uint_eq(cost.weights + cost.output + 1024 * 768 + biases + norms,
                      124439808);
    ck_assert_uint_eq(cost.kept, 2 * 12 * 768);
    ck_assert_uint_eq(cost_part(&c, COST_MLP, 31), 12 * 2 * 768ull * 3072);
    ck_assert_uint_eq(cost_part(&c, COST_PROJECTIONS, 31),
                      12 * 4 * 768ull * 768);
    ck_assert_uint_eq(cost_part(&c, COST_ATTENTION, 31), 32 * 2 * 12 * 768);
    ck_assert_uint_eq(cost_part(&c, COST_OUTPUT, 31), 50257 * 768);
}
END_TEST

/* Qwen 3's heads are wider than D / H, and two share a key. */
START_TEST(wide_heads_cost_what_they_multiply) {
    const Config c = {.arch = &arch_qwen3,
                      .dim = 1024,
                      .hidden_dim = 3072,
                      .n_layers = 28,
                      .n_heads = 16,
                      .n_kv_heads = 8,
                      .head_dim = 128,
                      .vocab_size = 151936,
                      .seq_len_max = 40960,
                      .tied = true};
    const Cost cost = cost_of(&c);
    ck_assert_uint_eq(cost_part(&c, COST_PROJECTIONS, 0),
                      28 * 1024ull * (2 * 2048 + 2 * 1024));
    ck_assert_uint_eq(cost.pair, 2 * 28 * 16 * 128);
    ck_assert_uint_eq(cost.kept, 2 * 28 * 8 * 128);
}
END_TEST

START_TEST(parts_are_the_whole) {
    const Cost cost = cost_of(&tales);
    for (int pos = 0; pos < 300; pos += 31) {
        uint64_t n = 0;
        for (int part = 0; part < COST_PARTS; part++)
            n += cost_part(&tales, (CostPart)part, pos);
        ck_assert_uint_eq(n, cost_cached(&cost, pos));
    }
    ck_assert_uint_eq(cost_part(&tales, COST_EMBEDDING, 31), 0);
    ck_assert_uint_eq(cost_part(&tales, COST_MLP, 31), 4 * 3 * 320 * 128);
    ck_assert_uint_eq(cost_part(&tales, COST_OUTPUT, 31), 768 * 128);
}
END_TEST

/* ---- against what a run really computes ---------------------------------- */

static const Kern *real;
static uint64_t counted; /* by the two kernels that multiply and add */

static void count_matmul(float *y, int ldy, const float *x, int n_tok,
                         const float *w, int ldw, int n_in, int n_out) {
    counted += (uint64_t)n_tok * (uint64_t)n_in * (uint64_t)n_out;
    real->matmul(y, ldy, x, n_tok, w, ldw, n_in, n_out);
}

static void count_mix(float *y, const float *p, int ldp, int n_tok,
                      const float *v, int ldv, int n_rows, int n) {
    counted += (uint64_t)n_tok * (uint64_t)n_rows * (uint64_t)n;
    real->mix(y, p, ldp, n_tok, v, ldv, n_rows, n);
}

/* A session whose kernels count, token by token. */
START_TEST(a_run_does_what_is_counted) {
    TinyModel t;
    TinySpec spec = tiny_spec();
    Err err = {0};
    ck_assert(tiny_open(&t, &spec));
    real = kern_get("generic");
    Kern kern = *real;
    kern.matmul = count_matmul;
    kern.mix = count_mix;
    const SessionOptions opt = {.n_threads = 1, .kern = &kern};
    Session *s = session_open(t.model, &opt, &err);
    ck_assert_msg(s, "%s", err.msg);
    const Cost cost = cost_of(model_config(t.model));
    for (int pos = 0; pos < 20; pos++) {
        const int id = 3 + pos;
        counted = 0;
        ck_assert_ptr_nonnull(session_feed(s, &id, 1, &err));
        ck_assert_uint_eq(counted, cost_cached(&cost, pos));
    }
    session_close(s);
    tiny_close(&t);
}
END_TEST

/* In f32 a token reads four bytes for each multiplication with a weight. */
START_TEST(a_token_reads_what_it_multiplies) {
    TinyModel t;
    TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&t, &spec));
    const Config *c = model_config(t.model);
    const Cost cost = cost_of(c);
    uint64_t bytes = 0;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const ArchTensor *row = arch_tensor(c->arch, (TensorRole)role);
        for (int l = 0; row && row->per_layer && l < c->n_layers; l++) {
            const Tensor *w = model_tensor(t.model, (TensorRole)role, l);
            if (w->rows > 1) bytes += w->size_bytes;
        }
    }
    bytes += model_tensor(t.model, TENSOR_CLASSIFIER, 0)->size_bytes;
    ck_assert_uint_eq(bytes, 4 * (cost.weights + cost.output));
    tiny_close(&t);
}
END_TEST

int main(void) {
    const TTest *const all[] = {costs_are_what_loops_count,
                                llama_2_7b_has_its_known_size,
                                gpt_2_has_its_known_size,
                                wide_heads_cost_what_they_multiply,
                                parts_are_the_whole,
                                a_run_does_what_is_counted,
                                a_token_reads_what_it_multiplies};
    const TTest *const every[] = {a_run_does_what_is_counted,
                                  a_token_reads_what_it_multiplies};
    const int failed = test_run("cost", all, sizeof all / sizeof *all);
    return failed |
           tiny_run_others("cost", every, sizeof every / sizeof *every);
}
