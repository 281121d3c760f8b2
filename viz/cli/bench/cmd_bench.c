/* bench: how fast this machine runs a model, and how fast it could; see
 * speed.h. */
#include "engine/base/escape.h"
#include "engine/kernel/kern.h"
#include "viz/app/source.h"
#include "viz/cli/bench/made_model.h"
#include "viz/cli/bench/speed.h"
#include "viz/cli/cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct Args {
    const char *model, *shape, *type, *csv, *note;
    float seconds;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    {0, "shape", CLI_TEXT, offsetof(Args, shape), "NAMES",
     "in place of a file, models whose weights are made\n"
     "for it, with commas between:\n" MADE_SHAPE_NAMES,
     0, 0},
    {0, "type", CLI_TEXT, offsetof(Args, type), "TYPES",
     "types of those weights, as f32,q8_0,q4_0 (default\n"
     "f32); f32 first shows how the others compare",
     0, 0},
    {0, "seconds", CLI_FLOAT, offsetof(Args, seconds), "S",
     "how long to measure each model (default 10)", 0, 3600},
    {0, "csv", CLI_TEXT, offsetof(Args, csv), "FILE",
     "save all figures as comma-separated values, too\n(-: standard output)", 0,
     0},
    {0, "note", CLI_TEXT, offsetof(Args, note), "TEXT",
     "printed and saved with them: the commit, say", 0, 0},
    {0}};

/* ---- printing ------------------------------------------------------------ */

/* Where the figures go, and what stands beside them. */
typedef struct Out {
    FILE *text;
    FILE *csv; /* in memory; NULL: not wanted */
    const char *note;
    char machine[128];
} Out;

/* The CPU's name, or the word for not knowing it. */
static void machine_name(char *out, size_t size) {
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(out, size, "unknown CPU");
    while (f && fgets(line, sizeof line, f)) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value) continue;
        snprintf(out, size, "%.*s", (int)strcspn(value + 2, ",\n"), value + 2);
        break;
    }
    if (f) fclose(f);
}

static void print_head(const Out *o) {
    escape_line(o->text, "%s, %d cores%s%s", o->machine, team_cores(0),
                *o->note ? ", " : "", o->note);
    fputs("best of each; decode against the bytes of weights that this "
          "machine reads in\nthat time, prompts against its f32 arithmetic; "
          "\"first time\": stores all, too,\nbut in memory that no prompt "
          "has used\n",
          o->text);
    if (o->csv)
        fputs("machine,note,kernels,model,type,threads,what,trace,value,unit,"
              "of_untraced,of_f32_decode,rate,limit,rate_unit,of_limit\n",
              o->csv);
}

/* What is being measured: one model. */
typedef struct Subject {
    const Model *model;
    const Speed *speed;
    const Speed *f32; /* of the same shape; NULL: was not measured */
} Subject;

static const char *const trace_names[SPEED_TRACES] = {"off", "all stored",
                                                      "first time", "budget 0"};

/* How a row compares with what the machine can do. */
typedef struct Reached {
    double rate, limit;
    const char *unit;
} Reached;

static Reached row_reached(const Speed *s, const SpeedRow *r) {
    const SpeedLimit *l = speed_limit(s, r);
    if (r->decode)
        return (Reached){r->tokens_per_s * s->token_bytes,
                         limits_read_bytes_per_s(&l->read), "GB/s"};
    return (Reached){r->tokens_per_s * s->prompt_ops, l->f32_ops_per_s,
                     "GFLOP/s"};
}

/* Against the f32 model's decoding on as many threads; 0: not measured. */
static double of_f32_decode(const Subject *u, const SpeedRow *r) {
    for (int i = 0; u->f32 && i < u->f32->n_rows; i++) {
        const SpeedRow *f = &u->f32->rows[i];
        if (f->decode && f->trace == SPEED_UNTRACED &&
            f->n_threads == r->n_threads)
            return r->tokens_per_s / f->tokens_per_s;
    }
    return 0;
}

static const char *type_name(const Subject *u) {
    return dtype_info(model_tensor(u->model, TENSOR_WQ, 0)->type)->name;
}

static void csv_start(const Out *o, const Subject *u, int n_threads,
                      const char *what) {
    escape_print(o->csv, "%s,%s,%s,%s,%s,%d,%s,", o->machine, o->note,
                 kern_get(NULL)->name, model_name(u->model), type_name(u),
                 n_threads, what);
}

static void print_row(const Out *o, const Subject *u, const SpeedRow *r) {
    const char *what = r->decode ? "decode" : "prefill";
    const double of_untraced =
        r->tokens_per_s / speed_untraced(r)->tokens_per_s;
    const double of_f32 = of_f32_decode(u, r);
    const Reached a = row_reached(u->speed, r);
    const double of_limit = a.limit > 0 ? a.rate / a.limit : 0;
    escape_print(o->text, "%7d  %-8s %-11s %9.1f %8.2f ", r->n_threads, what,
                 trace_names[r->trace], r->tokens_per_s, of_untraced);
    if (of_f32 > 0)
        escape_print(o->text, "%7.2f", of_f32);
    else
        escape_print(o->text, "%7s", "");
    escape_line(o->text, " %7.1f of %6.1f %-7s %5.2f", a.rate / 1e9,
                a.limit / 1e9, a.unit, of_limit);
    if (!o->csv) return;
    csv_start(o, u, r->n_threads, what);
    escape_line(o->csv, "%s,%.2f,tokens/s,%.3f,%.3f,%.3f,%.3f,%s,%.3f",
                trace_names[r->trace], r->tokens_per_s, of_untraced, of_f32,
                a.rate / 1e9, a.limit / 1e9, a.unit, of_limit);
}

static void print_again(const Out *o, const Subject *u, const char *what,
                        double seconds) {
    if (!o->csv) return;
    csv_start(o, u, team_cores(0), what);
    escape_line(o->csv, "budget 0,%.3f,ms,,,,,,", seconds * 1e3);
}

static void print_model(const Out *o, const Subject *u) {
    const Speed *s = u->speed;
    char bytes[16];
    cli_size_text((uint64_t)s->token_bytes, bytes);
    fputc('\n', o->text);
    escape_line(o->text,
                "%s: %llu parameters, %s of %s for a %s, prompts of %d, "
                "kernels %s, %d rounds",
                model_name(u->model),
                (unsigned long long)model_n_params(u->model), bytes,
                type_name(u), s->whole ? "text" : "token", s->n_prompt,
                kern_get(NULL)->name, s->n_rounds);
    escape_line(o->text, "%7s  %-8s %-11s %9s %8s %7s %25s %5s", "threads",
                "feed", "trace", "tokens/s", "untraced", "x f32", "reached",
                "ratio");
    for (int i = 0; i < s->n_rows; i++)
        print_row(o, u, &s->rows[i]);
    escape_line(
        o->text,
        "recomputed after %d tokens: slowest site %.2f ms, a head's whole "
        "pattern %.1f ms",
        s->n_again, s->site_s * 1e3, s->pattern_s * 1e3);
    print_again(o, u, "site", s->site_s);
    print_again(o, u, "pattern", s->pattern_s);
    fflush(o->text); /* a large model takes minutes */
}

/* ---- what is measured ---------------------------------------------------- */

/* What cannot be run otherwise is not measured either.  Without a tokenizer a
 * model is. */
static bool check_tokenizer(const Model *m, const Args *a, Err *err) {
    char found[SOURCE_PATH_MAX];
    const char *place;
    Err none = {0};
    if (!source_find_tokenizer(m, a->model, NULL, found, &place, &none))
        return true;
    Tokenizer *t = source_tokenizer(m, a->model, NULL, err);
    tokenizer_close(t);
    return t != NULL;
}

static bool bench_file(const Out *o, const Args *a, Err *err) {
    Speed speed;
    Model *m = source_weights(a->model, err);
    const bool ok = m && check_tokenizer(m, a, err) &&
                    source_spare(a->csv, m, a->model, NULL, err) &&
                    speed_measure(&speed, m, (double)a->seconds, err);
    if (ok) print_model(o, &(Subject){m, &speed, NULL});
    model_close(m);
    return ok;
}

/* The next of words with commas between, at *list; false: there is none. */
static bool next_word(const char **list, char *out, size_t size) {
    const size_t n = strcspn(*list, ",");
    if (!**list) return false;
    snprintf(out, size, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ',');
    return true;
}

static DType find_type(const char *name) {
    DType type = 0;
    while (type < DTYPE_Q8_GROUPS && strcmp(dtype_info(type)->name, name) != 0)
        type++;
    return type;
}

static bool bench_shape(const Out *o, const Args *a, const MadeShape *shape,
                        Err *err) {
    const char *types = a->type;
    char name[16];
    Speed speed, f32;
    bool has_f32 = false;
    while (next_word(&types, name, sizeof name)) {
        const DType type = find_type(name);
        if (type == DTYPE_Q8_GROUPS)
            return err_set(err, ERR_USAGE, 0,
                           "--type: found \"%s\", need a type of GGUF files, "
                           "as f32, f16, q8_0 or q4_0",
                           name);
        void *bytes;
        Model *m = made_model_open(shape, type, &bytes, err);
        const bool ok = m && speed_measure(&speed, m, (double)a->seconds, err);
        if (ok && type == DTYPE_F32) {
            f32 = speed;
            has_f32 = true;
        }
        if (ok) print_model(o, &(Subject){m, &speed, has_f32 ? &f32 : NULL});
        model_close(m);
        free(bytes);
        if (!ok) return false;
    }
    return true;
}

static bool bench_shapes(const Out *o, const Args *a, Err *err) {
    const char *shapes = a->shape;
    char name[16];
    while (next_word(&shapes, name, sizeof name)) {
        const MadeShape *shape = made_shape(name);
        if (!shape)
            return err_set(err, ERR_USAGE, 0,
                           "--shape: found \"%s\", need one of %s", name,
                           MADE_SHAPE_NAMES);
        if (!bench_shape(o, a, shape, err)) return false;
    }
    return true;
}

static bool run(Cli *cli, Err *err) {
    Args a = {.seconds = 10, .type = "f32", .note = ""};
    Out o = {0};
    char *csv = NULL;
    size_t size = 0;
    if (!cli_parse(cli, &a, err)) return false;
    if (!a.shape && !cli_unused(cli, "type", "needs --shape", err))
        return false;
    if (a.shape && a.model)
        return err_set(err, ERR_USAGE, 0,
                       "--shape: found a model too, need "
                       "one of them");
    o.text = cli_notes(a.csv);
    if (a.csv && !(o.csv = open_memstream(&csv, &size)))
        return err_memory(err, a.csv, 0);
    o.note = a.note;
    machine_name(o.machine, sizeof o.machine);
    print_head(&o);
    bool ok = a.shape ? bench_shapes(&o, &a, err) : bench_file(&o, &a, err);
    if (o.csv && fclose(o.csv) != 0 && ok) ok = err_memory(err, a.csv, size);
    if (a.csv && ok) ok = file_save(a.csv, csv, size, err);
    free(csv);
    return ok && cli_flush(err);
}

const CliCommand cmd_bench = {
    .name = "bench",
    .help = "Speed of this machine with a model, traced and untraced.",
    .options = options,
    .run = run,
};
