/* tokenizer: learns a vocabulary from a text. */
#include "engine/base/escape.h"
#include "engine/train/bpe.h"
#include "viz/cli/cli.h"

#include <stdlib.h>

typedef struct Args {
    const char *out;
    int size;
} Args;

static const CliOption options[] = {
    {'o', "output", CLI_TEXT, offsetof(Args, out), "FILE",
     "where to (default tokenizer.bin; -: standard output)", 0, 0},
    {0, "size", CLI_INT, offsetof(Args, size), "N",
     "entries, 259 of them for bytes and control\n(default 512)", 1,
     BPE_VOCAB_MAX},
    {0}};

static bool run(Cli *cli, Err *err) {
    Args a = {.out = "tokenizer.bin", .size = 512};
    if (!cli_parse(cli, &a, err)) return false;
    const char *path = cli->operands[0];
    File text;
    if (!cli_spare(a.out, path, "text", err) ||
        !file_open(&text, path, BPE_TEXT_MAX, err))
        return false;
    size_t size;
    void *bytes =
        bpe_train(path, (const char *)text.data, text.size, a.size, &size, err);
    file_close(&text);
    bool ok = bytes && file_save(a.out, bytes, size, err);
    if (ok)
        escape_line(cli_notes(a.out), "%s: %d entries, %zu bytes", a.out,
                    a.size, size);
    free(bytes);
    return ok;
}

const CliCommand cmd_tokenizer = {
    .name = "tokenizer",
    .operands = "TEXT",
    .help = "Learns a tokenizer's vocabulary from a text.",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
