/* How fast this machine trains the shipped shape, and how near that is to what
 * it could do at most: tokens a second, arithmetic a second, and the latter's
 * share of the measured single-precision peak.
 *
 *     bench_train [SECONDS]
 *
 * Counted are the multiplications and additions of the products, those of
 * attention only up to the diagonal, and none twice: computing the pattern
 * again on the way back counts for nothing. */
#include "engine/base/chance.h"
#include "engine/base/clock.h"
#include "engine/spec/arch.h"
#include "engine/train/train.h"
#include "viz/cli/bench/limits.h"
#include "viz/cli/cli.h"

#include <stdlib.h>

#define BATCH  16
#define N_ROWS 64

/* Operations for one token: two for each weight of a matrix on the way
 * forward and four on the way back; and for attention, two products forward
 * and four back, of K by the (T + 1) / 2 keys that a position has on
 * average. */
static double ops_per_token(const Config *c) {
    const double kv = (double)c->n_kv_heads * c->head_dim;
    const bool gates = arch_kind_sites(c->arch, OP_GATE) != 0;
    const double mlp = (gates ? 1.5 : 1.0) * c->hidden_dim;
    const double layer = 2.0 * c->dim * (c->dim + kv + mlp);
    const double weights = layer * c->n_layers + (double)c->dim * c->vocab_size;
    const double keys = (c->seq_len_max + 1) / 2.0;
    return 6 * weights + 12 * keys * c->dim * c->n_layers;
}

static bool fill(Data *d, const Config *c) {
    *d = (Data){.seq_len = c->seq_len_max, .n_train = N_ROWS};
    d->n_tokens = (size_t)N_ROWS * (size_t)(c->seq_len_max + 1);
    d->tokens = malloc(d->n_tokens * sizeof *d->tokens);
    d->starts = malloc(N_ROWS * sizeof *d->starts);
    if (!d->tokens || !d->starts) return false;
    for (size_t i = 0; i < d->n_tokens; i++)
        d->tokens[i] = (int)(chance_bits(1, i) % (uint64_t)c->vocab_size);
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
        printf("%-5s %5d %3d %8zu %7d %10.0f %10.0f %8.1f %8.1f %6.0f %%  %s\n",
               c->arch->name, c->vocab_size, c->n_kv_heads, train_params(t)->n,
               n_threads, mean * tokens, rate * tokens, ops / 1e9, peak / 1e9,
               100 * ops / peak, size);
    }
    train_close(t);
    data_free(&d);
    return t != NULL;
}

int main(int argc, char **argv) {
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;
    const struct {
        const Arch *arch;
        int vocab, kv_heads, hidden;
    } shapes[] = {{&arch_llama, 512, 2, 352},
                  {&arch_llama, 512, 4, 352},
                  {&arch_llama, 1024, 4, 352},
                  {&arch_gpt2, 768, 8, 384}};
    printf("D 128, L 4, H 8, F 352 or 384, T 256, batch %d, %s kernels\n\n"
           "          V   G  weights threads   tokens/s   at best  GFLOP/s     "
           "peak   share  memory\n",
           BATCH, tkern_get(NULL)->name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const Config c = {.arch = shapes[i].arch,
                          .activation = shapes[i].arch->activation,
                          .dim = 128,
                          .hidden_dim = shapes[i].hidden,
                          .n_layers = 4,
                          .n_heads = 8,
                          .n_kv_heads = shapes[i].kv_heads,
                          .head_dim = 16,
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
