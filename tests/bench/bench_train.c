/* How fast this machine trains the shapes of the models inside, and that of
 * `train` without options, and how near that is to what it could do at most:
 * tokens a second, arithmetic a second, and the latter's share of the measured
 * single-precision peak.
 *
 *     bench_train [SECONDS]
 *
 * Counted are the multiplications and additions of the products, those of
 * attention only up to the diagonal where there is one, what follows the layers
 * only of words that are learnt, and none twice: computing the pattern again on
 * the way back counts for nothing. */
#include "engine/base/chance.h"
#include "engine/base/clock.h"
#include "engine/spec/arch.h"
#include "engine/train/mask.h"
#include "engine/train/train.h"
#include "viz/cli/bench/limits.h"
#include "viz/cli/cli.h"

#include <stdlib.h>

#define BATCH       16
#define N_ROWS      64
#define FIRST_PIECE 3 /* those before are marks */

/* Operations for one token: two for each weight of a matrix on the way forward
 * and four on the way back; and for attention, two products forward and four
 * back, of K by the keys that a position has on average: (T + 1) / 2, or all T.
 * A model of hidden words has its head and classifier for those it learns. */
static double ops_per_token(const Config *c) {
    const Arch *a = c->arch;
    const double kv = (double)c->n_kv_heads * c->head_dim;
    const bool gates = arch_kind_sites(a, OP_GATE) != 0;
    const double mlp = (gates ? 1.5 : 1.0) * c->hidden_dim;
    const double layer = 2.0 * c->dim * (c->dim + kv + mlp);
    const double head = arch_tensor(a, TENSOR_HEAD) ? c->dim : 0;
    const double learnt = arch_ahead(a) ? 1 : MASK_SHARE_PERCENT / 100.0;
    const double weights =
        layer * c->n_layers + learnt * c->dim * (c->vocab_size + head);
    const double keys = a->causal ? (c->seq_len_max + 1) / 2.0 : c->seq_len_max;
    return 6 * weights + 12 * keys * c->dim * c->n_layers;
}

static bool fill(Data *d, const Config *c) {
    *d = (Data){.seq_len = c->seq_len_max,
                .n_train = N_ROWS,
                .mask = c->vocab_size - 1};
    d->n_tokens = (size_t)N_ROWS * (size_t)(c->seq_len_max + 1);
    d->tokens = malloc(d->n_tokens * sizeof *d->tokens);
    d->starts = malloc(N_ROWS * sizeof *d->starts);
    d->n_pieces = c->vocab_size - FIRST_PIECE - 1;
    d->pieces = malloc((size_t)d->n_pieces * sizeof *d->pieces);
    if (!d->tokens || !d->starts || !d->pieces) return false;
    for (int i = 0; i < d->n_pieces; i++)
        d->pieces[i] = FIRST_PIECE + i;
    for (size_t i = 0; i < d->n_tokens; i++)
        d->tokens[i] = (int)(chance_bits(1, i) % (uint64_t)(c->vocab_size - 1));
    for (size_t i = 0; i < N_ROWS; i++) {
        d->starts[i] = i * (size_t)(c->seq_len_max + 1);
        d->tokens[d->starts[i]] = TOKEN_BOS;
    }
    return true;
}

/* Steps a second: the best of those that fit into the time, since what else
 * the machine does only ever slows a step down. */
static double best_rate(Trainer *t, const Data *d, double seconds,
                        double *mean) {
    double best = 0;
    const double start = clock_seconds();
    train_step(t, d);
    const double first = clock_seconds();
    int n = 0;
    for (double now = first; now - start < seconds; n++) {
        train_step(t, d);
        const double end = clock_seconds();
        if (1 / (end - now) > best) best = 1 / (end - now);
        now = end;
    }
    *mean = n / (clock_seconds() - first);
    return best;
}

static bool bench(const Config *c, int n_threads, double seconds) {
    const TrainOptions o = {.optim = {.steps = 1000000,
                                      .rate = 1e-4f,
                                      .beta1 = 0.9f,
                                      .beta2 = 0.95f,
                                      .clip = 1},
                            .batch = BATCH,
                            .n_threads = n_threads};
    Err err = {0};
    Data d;
    Trainer *t = fill(&d, c) ? train_open(c, &o, "bench", &err) : NULL;
    if (t) {
        train_randomize(t);
        double mean;
        const double rate = best_rate(t, &d, seconds, &mean);
        const double tokens = (double)BATCH * c->seq_len_max;
        const double ops = rate * tokens * ops_per_token(c);
        const double peak = limits_f32_ops_per_s(n_threads);
        char size[16];
        cli_size_text(train_bytes(t), size);
        printf(
            "%-5s %5d %3d %3d %4d %8zu %7d %10.0f %10.0f %8.1f %8.1f %6.0f %%  "
            "%s\n",
            c->arch->name, c->vocab_size, c->n_heads, c->n_kv_heads,
            c->hidden_dim, train_params(t)->n, n_threads, mean * tokens,
            rate * tokens, ops / 1e9, peak / 1e9, 100 * ops / peak, size);
    }
    train_close(t);
    data_free(&d);
    return t != NULL;
}

int main(int argc, char **argv) {
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;
    static const struct {
        const Arch *arch;
        int vocab, heads, kv_heads, hidden;
    } shapes[] = {{&arch_llama, 512, 8, 4, 352},
                  {&arch_llama, 768, 4, 2, 320},
                  {&arch_gpt2, 768, 4, 4, 384},
                  {&arch_bert, 769, 4, 4, 368}};
    printf("D 128, L 4, T 256, batch %d, %s kernels\n\n"
           "          V   H   G    F  weights threads   tokens/s   at best  "
           "GFLOP/s     peak   share  memory\n",
           BATCH, tkern_get(NULL)->name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const Config c = {.arch = shapes[i].arch,
                          .activation = shapes[i].arch->activation,
                          .dim = 128,
                          .hidden_dim = shapes[i].hidden,
                          .n_layers = 4,
                          .n_heads = shapes[i].heads,
                          .n_kv_heads = shapes[i].kv_heads,
                          .head_dim = 128 / shapes[i].heads,
                          .vocab_size = shapes[i].vocab,
                          .seq_len_max = 256,
                          .norm_eps = 1e-5f,
                          .rope_theta = 10000,
                          .tied = true};
        const int all = team_cores(0);
        for (int n = 1; n; n = n < all ? all : 0)
            if (!bench(&c, n, seconds / 8)) return 1;
    }
    return 0;
}
