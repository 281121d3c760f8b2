/* bench: how fast this machine runs a model, and how fast it could.
 *
 * Every row is a median over rounds; a round runs each row once, so that what
 * else the machine does falls on all rows alike, and their ratios hold.
 */
#include "engine/trace/trace.h"
#include "viz/cli/cli.h"
#include "viz/cli/limits.h"
#include "viz/open.h"

#include <assert.h>
#include <stdlib.h>

#define TOKENS_MAX 64 /* in one run: one by one, or at once */
#define ROUNDS_MAX 1000
#define ROWS_MAX   12 /* 2 ways of feeding, 3 of tracing, 2 of threads */

typedef struct Args {
    const char *model;
    float seconds;
    bool csv;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    {0, "seconds", CLI_FLOAT, offsetof(Args, seconds), "S",
     "how long to measure, in all (default 10)", 0, 3600},
    {0, "csv", CLI_FLAG, offsetof(Args, csv), NULL,
     "comma-separated values, not a table", 0, 0},
    {0}};

typedef enum Tracing { TRACING_OFF, TRACING_ALL, TRACING_NOTHING } Tracing;

static const char *const tracing_names[] = {"off", "all stored", "budget 0"};

typedef struct Row {
    bool decode; /* else prefill */
    Tracing tracing;
    int n_threads;
    double seconds[ROUNDS_MAX]; /* of the rounds so far; then sorted */
} Row;

typedef struct Bench {
    const Model *model;
    int ids[TOKENS_MAX];
    int n_rounds, n_rows;
    Row rows[ROWS_MAX];
} Bench;

static void bench_init(Bench *b, const Model *m) {
    b->model = m;
    int n_vocab = model_config(m)->vocab_size;
    int all = kern_threads(0);
    for (int threads = 1; threads; threads = threads < all ? all : 0)
        for (int decode = 1; decode >= 0; decode--)
            for (int t = TRACING_OFF; t <= TRACING_NOTHING; t++)
                b->rows[b->n_rows++] = (Row){.decode = decode,
                                             .tracing = (Tracing)t,
                                             .n_threads = threads};
    assert(b->n_rows <= ROWS_MAX);
    for (int i = 0; i < TOKENS_MAX; i++)
        b->ids[i] = i * 7 % n_vocab; /* speed does not depend on which */
}

static int n_tokens(const Bench *b) {
    int longest = model_config(b->model)->seq_len_max;
    return longest < TOKENS_MAX ? longest : TOKENS_MAX;
}

static bool feed(const Bench *b, const Row *r, Session *s, Err *err) {
    int n = n_tokens(b), step = r->decode ? 1 : n;
    for (int i = 0; i < n; i += step)
        if (!session_feed(s, b->ids + i, step, err)) return false;
    return true;
}

/* One run of one row.  The first feed after opening touches memory for the
 * first time, so it is not counted. */
static bool run_row(const Bench *b, Row *r, double *seconds, Err *err) {
    Session *s = session_open(
        b->model, &(SessionOptions){.n_threads = r->n_threads}, err);
    Trace *t = NULL;
    bool ok = s != NULL;
    if (ok && r->tracing != TRACING_OFF) {
        t = trace_open(s, r->tracing == TRACING_ALL ? TRACE_BUDGET_DEFAULT : 0,
                       err);
        ok = t != NULL;
    }
    ok = ok && feed(b, r, s, err);
    if (ok) {
        session_rewind(s, 0);
        if (t) trace_sync(t);
        double start = cli_now_s();
        ok = feed(b, r, s, err);
        *seconds = cli_now_s() - start;
    }
    trace_close(t);
    session_close(s);
    return ok;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool measure(Bench *b, double seconds, Err *err) {
    double start = cli_now_s();
    do {
        for (int i = 0; i < b->n_rows; i++) {
            Row *r = &b->rows[i];
            if (!run_row(b, r, &r->seconds[b->n_rounds], err)) return false;
        }
        b->n_rounds++;
    } while (cli_now_s() - start < seconds && b->n_rounds < ROUNDS_MAX);
    for (int i = 0; i < b->n_rows; i++)
        qsort(b->rows[i].seconds, (size_t)b->n_rounds, sizeof(double),
              compare_doubles);
    return true;
}

static double row_speed(const Bench *b, const Row *r) {
    return n_tokens(b) / r->seconds[b->n_rounds / 2];
}

/* ---- limits -------------------------------------------------------------- */

/* Values of the matrices that each token is multiplied with: those of all
 * layers and, if logits are wanted, the classifier. */
static uint64_t n_weights(const Model *m, bool classifier) {
    uint64_t n = 0;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        if (!model_role_is_per_layer((TensorRole)role)) continue;
        for (int layer = 0; layer < model_config(m)->n_layers; layer++) {
            const Tensor *t = model_tensor(m, (TensorRole)role, layer);
            n += (uint64_t)t->rows * (uint64_t)t->cols;
        }
    }
    const Tensor *t = model_tensor(m, TENSOR_CLASSIFIER, 0);
    return classifier ? n + (uint64_t)t->rows * (uint64_t)t->cols : n;
}

/* How a row compares with what the machine can do.  Decoding reads every
 * weight for one token; prefill computes with each weight for many tokens. */
typedef struct Reached {
    double rate, limit; /* bytes read, or operations, a second */
    const char *unit;
} Reached;

static Reached row_reached(const Bench *b, const Row *r) {
    double speed = row_speed(b, r);
    double n = (double)n_weights(b->model, r->decode);
    if (r->decode) {
        size_t size = (size_t)model_memory(b->model, 1).weights;
        return (Reached){speed * n * sizeof(float),
                         limits_read_bytes_per_s(size, r->n_threads), "GB/s"};
    }
    return (Reached){speed * n * 2, limits_f32_ops_per_s(r->n_threads),
                     "GFLOP/s"};
}

/* ---- printing ------------------------------------------------------------ */

static const char csv_head[] = "kernels,threads,feed,trace,tokens_per_s,"
                               "of_untraced,rate,limit,unit,of_limit\n";

static void print_row(const Bench *b, int i, bool csv) {
    const Row *r = &b->rows[i];
    const Row *untraced = &b->rows[i - (int)r->tracing];
    double speed = row_speed(b, r), ratio = speed / row_speed(b, untraced);
    Reached reached = row_reached(b, r);
    double of_limit = reached.limit > 0 ? reached.rate / reached.limit : 0;
    printf(csv ? "%s,%d,%s,%s,%.1f,%.3f,%.3f,%.3f,%s,%.3f\n"
               : "%-8s %7d  %-8s %-11s %10.0f %9.2f %8.1f of %7.1f %-8s "
                 "%5.2f\n",
           model_kern(b->model)->name, r->n_threads,
           r->decode ? "decode" : "prefill", tracing_names[r->tracing], speed,
           ratio, reached.rate / 1e9, reached.limit / 1e9, reached.unit,
           of_limit);
}

static void print(const Bench *b, bool csv) {
    if (csv) {
        fputs(csv_head, stdout);
    } else {
        printf("%s, %d rounds, medians\n\n", model_name(b->model), b->n_rounds);
        printf("%-8s %7s  %-8s %-11s %10s %9s %28s %6s\n", "kernels", "threads",
               "feed", "trace", "tokens/s", "untraced", "reached", "ratio");
    }
    for (int i = 0; i < b->n_rows; i++)
        print_row(b, i, csv);
    if (!csv)
        printf("\ndecode: weights read, of what this machine reads from as "
               "many bytes.\nprefill: arithmetic of the layers, of this "
               "machine's f32 peak.\n");
}

static bool run(Cli *cli, Err *err) {
    Args a = {.seconds = 10};
    if (!cli_parse(cli, &a, err)) return false;
    Model *m = open_weights(a.model, err);
    if (!m) return false;
    Bench *b = calloc(1, sizeof *b);
    bool ok = false;
    if (b) {
        bench_init(b, m);
        ok = measure(b, a.seconds, err);
        if (ok) print(b, a.csv);
    } else {
        err_memory(err, "bench", sizeof *b);
    }
    free(b);
    model_close(m);
    return ok;
}

const CliCommand cmd_bench = {
    .name = "bench",
    .help = "Speed of this machine with a model, traced and untraced.",
    .options = options,
    .run = run,
};
