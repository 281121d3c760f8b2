/* One table of options drives both parsing and --help. */
#include "viz/cli/cli.h"

#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "lessons/scan.h"
#include "viz/app/lessons.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- help ---------------------------------------------------------------- */

#define HELP_COLUMN 26 /* where the explanations start */

/* "  -m, --model FILE      the model"; further lines of help below. */
static void print_option(const CliOption *o) {
    char left[64];
    int n = snprintf(left, sizeof left, o->letter ? "  -%c, " : "      ",
                     o->letter);
    n += snprintf(left + n, sizeof left - (size_t)n, "--%s %s", o->name,
                  o->value ? o->value : "");
    bool is_wide = n >= HELP_COLUMN;
    escape_print(stdout, "%-*s", HELP_COLUMN, left);
    if (is_wide) putchar('\n');
    if (is_wide) escape_print(stdout, "%*s", HELP_COLUMN, "");
    for (const char *line = o->help; line;) {
        const char *end = strchr(line, '\n');
        escape_line(stdout, "%.*s",
                    (int)(end ? end - line : (long)strlen(line)), line);
        line = end ? end + 1 : NULL;
        if (line) escape_print(stdout, "%*s", HELP_COLUMN, "");
    }
}

static void print_help(const CliCommand *c) {
    escape_line(stdout, "usage: llantern %s [options]%s%s", c->name,
                c->operands ? " " : "", c->operands ? c->operands : "");
    putchar('\n');
    escape_lines(stdout, c->help, strlen(c->help));
    fputs("\n\noptions:\n", stdout);
    for (const CliOption *o = c->options; o->name; o++)
        if (o->help) print_option(o);
    escape_line(stdout, "  -h, --help              this help");
}

/* ---- values -------------------------------------------------------------- */

static bool bad_value(const CliOption *o, const char *text, const char *need,
                      Err *err) {
    return err_set(err, ERR_USAGE, 0, "--%s: found \"%s\", need %s", o->name,
                   text, need);
}

static bool read_number(const CliOption *o, const char *text, double *out,
                        Err *err) {
    bool whole = o->kind == CLI_INT;
    if (scan_number(text, strlen(text), out) && *out >= o->lo &&
        *out <= o->hi && (!whole || *out == floor(*out)))
        return true;
    char need[80];
    snprintf(need, sizeof need, "a %snumber from %.10g to %.10g",
             whole ? "whole " : "", o->lo, o->hi);
    return bad_value(o, text, need, err);
}

static bool read_seed(const CliOption *o, const char *text, uint64_t *out,
                      Err *err) {
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    /* strtoull takes a minus sign and blanks; a seed has neither. */
    if (errno == 0 && *end == '\0' && *text >= '0' && *text <= '9') return true;
    return bad_value(o, text, "a whole number from 0 to 2^64 - 1", err);
}

static bool read_bytes(const CliOption *o, const char *text, uint64_t *out,
                       Err *err) {
    size_t n = strlen(text);
    const char *suffixes = "KMG";
    const char *suffix = n > 0 ? strchr(suffixes, text[n - 1]) : NULL;
    double v;
    if (scan_number(text, suffix ? n - 1 : n, &v) && v >= 0) {
        if (suffix) v = ldexp(v, 10 * (int)(suffix - suffixes + 1));
        if (v < ldexp(1, 63)) {
            *out = (uint64_t)v;
            return true;
        }
    }
    return bad_value(o, text, "bytes, as in 4096, 64K, 512M or 2G", err);
}

/* True when word is one of choices, "light|dark". */
static bool is_choice(const char *choices, const char *word) {
    size_t n = strlen(word);
    for (const char *at = choices;; at++) {
        size_t len = strcspn(at, "|");
        if (len == n && strncmp(at, word, n) == 0) return true;
        at += len;
        if (*at == '\0') return false;
    }
}

static bool read_value(const CliOption *o, void *args, const char *text,
                       Err *err) {
    void *to = (char *)args + o->at;
    double number;
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)to = true;
        return true;
    case CLI_WORD:
        if (!is_choice(o->value, text))
            return bad_value(o, text, o->value, err);
        *(const char **)to = text;
        return true;
    case CLI_TEXT:
        *(const char **)to = text;
        return true;
    case CLI_INT:
        if (!read_number(o, text, &number, err)) return false;
        *(int *)to = (int)number;
        return true;
    case CLI_FLOAT:
        if (!read_number(o, text, &number, err)) return false;
        *(float *)to = (float)number;
        return true;
    case CLI_SEED:
        return read_seed(o, text, to, err);
    case CLI_BYTES:
        return read_bytes(o, text, to, err);
    }
    return false;
}

/* ---- words --------------------------------------------------------------- */

/* The option that word ("-n5", "--steps=5") names, and the value written with
 * it, or NULL. */
static const CliOption *find_option(const CliCommand *c, const char *word,
                                    const char **value) {
    bool is_long = word[1] == '-';
    size_t n = is_long ? strcspn(word + 2, "=") : 1;
    for (const CliOption *o = c->options; o->name; o++) {
        if (is_long ? strlen(o->name) != n || strncmp(o->name, word + 2, n) != 0
                    : o->letter != word[1])
            continue;
        const char *rest = is_long ? word + 2 + n : word + 2;
        *value = *rest == '\0' ? NULL : rest + is_long;
        return o;
    }
    return NULL;
}

/* Reads the option at argv[*at]; *at is left at its last word. */
static bool read_option(Cli *cli, int *at, void *args, Err *err) {
    const char *word = cli->argv[*at], *value = NULL;
    const CliOption *o = find_option(cli->command, word, &value);
    if (!o) return err_set(err, ERR_USAGE, 0, "%s: unknown option", word);
    assert(o - cli->command->options < CLI_OPTIONS_MAX);
    cli->given |= UINT64_C(1) << (o - cli->command->options);
    if (o->kind == CLI_FLAG) {
        if (value)
            return err_set(err, ERR_USAGE, 0, "%s: --%s takes no value", word,
                           o->name);
        return read_value(o, args, NULL, err);
    }
    if (!value) {
        if (*at + 1 >= cli->argc)
            return err_set(err, ERR_USAGE, 0, "--%s: needs a value, %s",
                           o->name, o->value);
        value = cli->argv[++*at];
    }
    return read_value(o, args, value, err);
}

static bool check_operands(const Cli *cli, Err *err) {
    const CliCommand *c = cli->command;
    if (cli->n_operands > c->operands_max)
        return err_set(err, ERR_USAGE, 0, "unexpected \"%s\"",
                       cli->operands[c->operands_max]);
    if (cli->n_operands < c->operands_min)
        return err_set(err, ERR_USAGE, 0, "needs %s", c->operands);
    return true;
}

bool cli_parse(Cli *cli, void *args, Err *err) {
    cli->operands = cli->argv; /* collected in place: they are never ahead */
    cli->n_operands = 0;
    cli->given = 0;
    bool options_ended = false;
    for (int i = 0; i < cli->argc; i++) {
        char *word = cli->argv[i];
        if (options_ended || word[0] != '-' || word[1] == '\0') {
            cli->operands[cli->n_operands++] = word;
        } else if (strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(cli->command);
            return cli_flush(err) && false;
        } else if (!read_option(cli, &i, args, err)) {
            return false;
        }
    }
    return check_operands(cli, err);
}

/* True when `name` is one of `names`, with commas between. */
static bool is_among(const char *names, const char *name) {
    const size_t n = strlen(name);
    for (const char *at = names; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, n) == 0 && strchr(",", at[n])) return true;
    }
    return false;
}

bool cli_unused(const Cli *cli, const char *names, const char *why, Err *err) {
    const CliOption *o = cli->command->options;
    for (int i = 0; o[i].name; i++)
        if (cli->given >> i & 1 && is_among(names, o[i].name))
            return err_set(err, ERR_USAGE, 0, "--%s: %s", o[i].name, why);
    return true;
}

/* ---- output -------------------------------------------------------------- */

bool cli_flush(Err *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    if (errno == 0) { /* it failed earlier: what is cut is tried once more */
        clearerr(stdout);
        putchar('\n');
        if (fflush(stdout) == 0) errno = EIO;
    }
    return err_set(err, errno == EPIPE ? ERR_CLOSED : ERR_IO, 0,
                   "standard output: write: %s", strerror(errno));
}

void cli_warn(const Cli *cli, const char *what) {
    escape_line(stderr, "llantern %s: warning: %s", cli->command->name, what);
}

void cli_warn_of(const Cli *cli, const Model *m) {
    if (model_doubt(m)) cli_warn(cli, model_doubt(m));
}

bool cli_encode(const Cli *cli, const Tokenizer *t, const char *text, size_t n,
                int flags, Encoding *e, Err *err) {
    char lost[256];
    if (!tokenizer_encode(t, text, n, flags, e, err)) return false;
    if (encoding_lost(e, text, lost, sizeof lost)) cli_warn(cli, lost);
    return true;
}

void cli_text(const char *text, size_t n) {
    if (isatty(STDOUT_FILENO))
        escape_lines(stdout, text, n);
    else
        fwrite(text, 1, n, stdout);
}

FILE *cli_notes(const char *out) {
    return out && file_is_stdout(out) ? stderr : stdout;
}

bool cli_spare(const char *out, const char *input, const char *what, Err *err) {
    if (!out || !input || !file_is_same(out, input)) return true;
    return err_set(err, ERR_IO, 0,
                   "%s: output: found the %s that is read, need another file",
                   out, what);
}

bool cli_ends(const char *out, const char *kind) {
    const char *dot = out ? strrchr(file_name(out), '.') : NULL;
    return dot && strcasecmp(dot + 1, kind) == 0;
}

bool cli_lesson(const Cli *cli, const char *name, Err *err) {
    if (!name) return true;
    if (cli->n_operands > 0)
        return err_set(err, ERR_USAGE, 0, "--lesson: not used with a deck");
    Deck *d = lessons_open(name, err);
    deck_close(d);
    return d != NULL;
}

void cli_size_text(uint64_t bytes, char out[16]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)bytes;
    int unit = 0;
    while (v >= 999.5 && unit < 4) {
        v /= 1000;
        unit++;
    }
    snprintf(out, 16, unit == 0 || v >= 99.95 ? "%.0f %s" : "%.3g %s", v,
             units[unit]);
}

History *cli_history(const Cli *cli, bool kept, Err *err) {
    char path[4096];
    Err damage = {0};
    const bool there = kept && !getenv("LLANTERN_NO_HISTORY") &&
                       history_path(path, sizeof path);
    History *h = history_open(there ? path : NULL, &damage);
    if (!h)
        err_set(err, damage.code, damage.pos, "%s", damage.msg);
    else if (damage.code != ERR_NONE)
        escape_line(stderr, "llantern %s: history: %s", cli->command->name,
                    damage.msg);
    return h;
}
