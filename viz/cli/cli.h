/* Cli: what all commands share: options, help, errors, output.
 *
 * A command is one file, cmd_NAME.c, with one CliCommand, and one row of
 * COMMAND_LIST below.  Its table of options drives both parsing and --help, so
 * the two cannot disagree:
 *
 *     typedef struct Args { const char *model; int steps; } Args;
 *     static const CliOption options[] = {
 *         CLI_MODEL(Args),
 *         {'n', "steps", CLI_INT, offsetof(Args, steps), "N", "tokens", 0, 99},
 *         {0}};
 *     static bool run(Cli *cli, Err *err) {
 *         Args a = {.steps = 8};
 *         if (!cli_parse(cli, &a, err)) return false;
 *         ...
 *     }
 *     const CliCommand cmd_name = {"name", NULL, "what it does", ...};
 *
 * Does NOT exit and does not print errors: run returns false with err set, and
 * main prints the line and chooses the exit code (ERR_USAGE: 2, others: 1).
 */
#ifndef VIZ_CLI_CLI_H
#define VIZ_CLI_CLI_H

#include "engine/run/session.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/app/history.h"

#include <stddef.h>
#include <stdio.h>

typedef enum CliKind {
    CLI_FLAG,  /* bool: given or not; takes no value                */
    CLI_TEXT,  /* const char *, borrowed from argv                  */
    CLI_WORD,  /* const char *, one of the words of `value`: "a|b"  */
    CLI_INT,   /* int, lo..hi                                       */
    CLI_FLOAT, /* float, lo..hi                                     */
    CLI_SEED,  /* uint64_t                                          */
    CLI_BYTES, /* uint64_t; K, M, G stand for 2^10, 2^20, 2^30      */
} CliKind;

typedef struct CliOption {
    char letter;      /* 'm' for -m; 0: none */
    const char *name; /* "model" for --model; NULL ends a table */
    CliKind kind;
    size_t at;         /* offset in the command's struct of arguments */
    const char *value; /* what --help calls the value */
    const char *help;  /* '\n' starts another line; NULL: not listed */
    double lo, hi;     /* CLI_INT, CLI_FLOAT: what is allowed */
} CliOption;

#define CLI_MODEL(Args)                                                        \
    {                                                                          \
        'm', "model", CLI_TEXT, offsetof(Args, model), "FILE",                 \
            "the model (default: the embedded one)", 0, 0                      \
    }
#define CLI_TOKENIZER(Args)                                                    \
    {                                                                          \
        'z', "tokenizer", CLI_TEXT, offsetof(Args, tokenizer), "FILE",         \
            "its tokenizer (default: found beside the model)", 0, 0            \
    }
#define CLI_PROMPT(Args)                                                       \
    {                                                                          \
        'p', "prompt", CLI_TEXT, offsetof(Args, prompt), "TEXT", "the prompt", \
            0, 0                                                               \
    }

#define CLI_SPECIAL(Args)                                                      \
    {                                                                          \
        0, "special", CLI_FLAG, offsetof(Args, special), NULL,                 \
            "control tokens may be written in the text: <s>", 0, 0             \
    }
#define CLI_STATE(Args)                                                        \
    {                                                                          \
        0, "state", CLI_TEXT, offsetof(Args, state), "STATE",                  \
            "where to be: \"view=attention layer=2 head=1\"", 0, 0             \
    }
#define CLI_LESSON(Args)                                                       \
    {                                                                          \
        0, "lesson", CLI_TEXT, offsetof(Args, lesson), "NAME",                 \
            "one that is inside: llantern lesson list", 0, 0                   \
    }
#define CLI_THEME(Args)                                                        \
    {                                                                          \
        0, "theme", CLI_WORD, offsetof(Args, theme), "light|dark",             \
            "for bright or dark rooms", 0, 0                                   \
    }
#define CLI_SCALE(Args)                                                        \
    {                                                                          \
        0, "scale", CLI_FLOAT, offsetof(Args, scale), "FACTOR",                \
            "size of text and spacing (default 1)", 0.5, 4                     \
    }

typedef struct Cli Cli;

typedef struct CliCommand {
    const char *name;
    const char *operands; /* for the usage line; NULL: takes none */
    const char *help;     /* one line */
    const CliOption *options;
    int operands_min, operands_max;
    bool (*run)(Cli *cli, Err *err);
} CliCommand;

struct Cli {
    const CliCommand *command;
    int argc; /* the words after the command's name */
    char **argv;
    uint64_t given; /* by cli_parse: bit i is set when option i was given */
    int n_operands; /* likewise */
    char **operands;
};

/* No table has more. */
#define CLI_OPTIONS_MAX 64

/* Any number of operands, for operands_max. */
#define CLI_MANY 100000

/* Reads cli->argv into args, a struct as the command's options say, which
 * holds the defaults.  Options may stand in any order, long ones as
 * --name=value or --name value, short ones as -nVALUE or -n VALUE; "--" ends
 * them.  The last of repeated ones counts.  False with err->code ERR_NONE:
 * --help was printed and there is nothing left to do. */
bool cli_parse(Cli *cli, void *args, Err *err);

/* Refuses options that do nothing here: false with a message when any of
 * `names`, long names with commas between, was given.  `why` ends the line:
 * "not used with --next". */
bool cli_unused(const Cli *cli, const char *names, const char *why, Err *err);

/* Writes out what stands in stdout's buffer.  A command's last call, and the
 * way it notices a full disk or a closed pipe (ERR_CLOSED) early. */
bool cli_flush(Err *err);

/* "llantern COMMAND: warning: WHAT" on standard error. */
void cli_warn(const Cli *cli, const char *what);

/* So of what may make a model another than was meant: model_doubt. */
void cli_warn_of(const Cli *cli, const Model *m);

/* Encodes a prompt of n bytes, as tokenizer_encode.  What cannot be written is
 * told on standard error, in one line. */
bool cli_encode(const Cli *cli, const Tokenizer *t, const char *text, size_t n,
                int flags, Encoding *e, Err *err);

/* Prints text of several lines to standard output: its bytes as they are, but
 * control characters escaped where that is a terminal. */
void cli_text(const char *text, size_t n);

/* Where a command that saves to `out` prints: stdout, unless out leads there.
 * out NULL: nothing is saved. */
FILE *cli_notes(const char *out);

/* Refuses to save to `out` when that is `input`, the "model", "text" ... that
 * the command reads, by whatever name.  Either may be NULL. */
bool cli_spare(const char *out, const char *input, const char *what, Err *err);

/* Whether an output's name ends as files of a kind do, "pdf", in either case;
 * false for NULL. */
bool cli_ends(const char *out, const char *kind);

/* Refuses a lesson that there is none of, and one beside an operand, before
 * anything is opened.  name NULL: none was asked for. */
bool cli_lesson(const Cli *cli, const char *name, Err *err);

/* What was done before; kept false, or LLANTERN_NO_HISTORY set: nothing, and
 * nothing is kept.  What of it cannot be read is told on standard error, in one
 * line.  NULL when out of memory. */
History *cli_history(const Cli *cli, bool kept, Err *err);

/* Bytes as people read them: "988 B", "1.04 MB" (powers of 1000). */
void cli_size_text(uint64_t bytes, char out[16]);

/* The commands in the order of --help, each in its file: X(NAME) stands for
 * cmd_NAME. */
#define COMMAND_LIST(X)                                                        \
    X(view)                                                                    \
    X(generate)                                                                \
    X(export)                                                                  \
    X(trace)                                                                   \
    X(info)                                                                    \
    X(tokens)                                                                  \
    X(lesson)                                                                  \
    X(bench)                                                                   \
    X(corpus)                                                                  \
    X(tokenizer)                                                               \
    X(train)                                                                   \
    X(evaluate)

#define COMMAND_DECLARE(NAME) extern const CliCommand cmd_##NAME;
COMMAND_LIST(COMMAND_DECLARE)
#undef COMMAND_DECLARE

#endif
