/* tokens: how a text becomes tokens, and by which merges. */
#include "engine/base/escape.h"
#include "engine/base/utf8.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt;
    bool merges, special;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    {0, "merges", CLI_FLAG, offsetof(Args, merges), NULL,
     "every merge, or of WordPiece every lookup, too", 0, 0},
    CLI_SPECIAL(Args),
    {0}};

typedef struct Text {
    char bytes[TOKENIZER_PROMPT_MAX + 1];
    size_t size;
} Text;

static bool read_stdin(Text *t, Err *err) {
    t->size = fread(t->bytes, 1, sizeof t->bytes, stdin);
    if (ferror(stdin))
        return err_set(err, ERR_IO, 0, "standard input: read: %s",
                       strerror(errno));
    return true;
}

static bool read_text(Text *t, const char *text, Err *err) {
    if (strcmp(text, "-") == 0) return read_stdin(t, err);
    t->size = strlen(text);
    if (t->size > TOKENIZER_PROMPT_MAX)
        return err_set(err, ERR_LIMIT, 0, "prompt: found %zu bytes, allowed %d",
                       t->size, TOKENIZER_PROMPT_MAX);
    memcpy(t->bytes, text, t->size);
    return true;
}

static void print_tokens(const Tokenizer *tok, const Encoding *e) {
    char piece[TOKENIZER_PIECE_MAX];
    escape_line(stdout, "%6s %7s %13s  %s", "token", "id", "bytes", "piece");
    for (int i = 0; i < e->n; i++) {
        char span[32];
        snprintf(span, sizeof span, "%u..%u", e->tokens[i].begin,
                 e->tokens[i].end);
        tokenizer_show(tok, e->tokens[i].id, piece, sizeof piece);
        escape_line(stdout, "%6d %7d %13s  %s", i, e->tokens[i].id, span,
                    piece);
    }
}

/* ---- merges -------------------------------------------------------------- */

#define MERGE_CONTEXT 6 /* symbols shown on each side of the new one */

/* A character that is no piece has no id; it is shown as it stands. */
static void print_symbol(const Tokenizer *tok, const Token *s,
                         const Text *text) {
    char piece[TOKENIZER_PIECE_MAX];
    size_t n = s->end - s->begin;
    const char *bytes = text->bytes + s->begin;
    if (s->id >= 0) {
        tokenizer_show(tok, s->id, piece, sizeof piece);
        escape_print(stdout, "%s", piece);
    } else if (n > 1 && utf8_valid(bytes, n)) {
        escape_print(stdout, "%.*s", (int)n, bytes);
    } else {
        for (size_t i = 0; i < n; i++)
            escape_print(stdout, "<%02X>", (unsigned char)bytes[i]);
    }
}

/* The symbols around index `at`, that one in brackets; at -1: none is. */
static void print_symbols(const Tokenizer *tok, const Token *list, int n,
                          int at, const Text *text) {
    int first = at > MERGE_CONTEXT ? at - MERGE_CONTEXT : 0;
    int last = (at < 0 ? 2 : 1) * MERGE_CONTEXT + (at < 0 ? 0 : at);
    if (first > 0) escape_print(stdout, " …");
    for (int i = first; i < n && i <= last; i++) {
        escape_print(stdout, i == at ? " [" : " ");
        print_symbol(tok, &list[i], text);
        if (i == at) putchar(']');
    }
    escape_line(stdout, "%s", last + 1 < n ? " …" : "");
}

/* Replays the merges on the list of symbols, which is used up. */
static void print_merges(const Tokenizer *tok, Encoding *e, const Text *text) {
    Token *list = e->symbols;
    int n = e->n_symbols;
    escape_print(stdout, "%6s %7s %13s ", "step", "id", "merge score");
    print_symbols(tok, list, n, -1, text);
    for (int i = 0; i < e->n_merges; i++) {
        const Merge *m = &e->merges[i];
        list[m->left].id = m->id;
        list[m->left].end = list[m->left + 1].end;
        n--;
        memmove(&list[m->left + 1], &list[m->left + 2],
                (size_t)(n - m->left - 1) * sizeof *list);
        escape_print(stdout, "%6d %7d %13g ", i + 1, m->id, (double)m->score);
        print_symbols(tok, list, n, m->left, text);
    }
    putchar('\n');
}

/* What WordPiece looked up, in order. */
static void print_lookups(const Tokenizer *tok, const Encoding *e,
                          const Text *text) {
    char piece[TOKENIZER_PIECE_MAX];
    escape_line(stdout, "%6s %7s  %s", "step", "id", "looked up");
    for (int i = 0; i < e->n_lookups; i++) {
        const Lookup *l = &e->lookups[i];
        if (l->id >= 0) {
            tokenizer_show(tok, l->id, piece, sizeof piece);
            escape_line(stdout, "%6d %7d  %s", i + 1, l->id, piece);
        } else {
            escape_line(stdout, "%6d %7s  %s%.*s", i + 1, "-",
                        l->inside ? "##" : "", (int)(l->end - l->begin),
                        text->bytes + l->begin);
        }
    }
    if (e->n_lookups == TOKENIZER_LOOKUPS_MAX) escape_line(stdout, "and so on");
    putchar('\n');
}

/* How byte-level vocabularies write the bytes of this text that do not stand
 * for themselves. */
static void print_alphabet(const Text *text) {
    bool has[256] = {false};
    int n = 0;
    for (size_t i = 0; i < text->size; i++)
        has[(uint8_t)text->bytes[i]] = true;
    for (int byte = 0; byte < 256; byte++) {
        const uint32_t cp = tokenizer_byte_char((uint8_t)byte);
        char as[5] = "";
        if (!has[byte] || (byte < 0x80 && cp == (uint32_t)byte)) continue;
        utf8_encode(cp, as);
        escape_print(stdout, "%s%02X %s",
                     n++ ? ", " : "bytes in the file: ", (unsigned)byte, as);
    }
    if (n) putchar('\n');
}

static bool show(const Cli *cli, const Tokenizer *tok, const Args *a,
                 const char *source, Text *text, Err *err) {
    Encoding e = {0};
    int flags = TOKENIZER_BOS | (a->merges ? TOKENIZER_MERGES : 0) |
                (a->special ? TOKENIZER_SPECIAL : 0);
    bool ok = read_text(text, source, err) &&
              cli_encode(cli, tok, text->bytes, text->size, flags, &e, err);
    if (ok && a->merges && tokenizer_is_wordpiece(tok))
        print_lookups(tok, &e, text);
    else if (ok && a->merges) {
        if (tokenizer_is_byte_level(tok)) print_alphabet(text);
        print_merges(tok, &e, text);
    }
    if (ok) print_tokens(tok, &e);
    encoding_free(&e);
    return ok;
}

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    if (!cli_parse(cli, &a, err)) return false;
    if (!a.prompt == !cli->n_operands)
        return err_set(err, ERR_USAGE, 0, "needs one text: -p TEXT, TEXT or -");
    const char *source = a.prompt ? a.prompt : cli->operands[0];
    Model *model = source_peek(a.model, err);
    if (!model) return false;
    cli_warn_of(cli, model);
    Tokenizer *tokenizer = source_tokenizer(model, a.model, a.tokenizer, err);
    if (!tokenizer) {
        model_close(model);
        return false;
    }
    Text *text = malloc(sizeof *text);
    bool ok = text ? show(cli, tokenizer, &a, source, text, err)
                   : err_memory(err, "text", sizeof *text);
    free(text);
    tokenizer_close(tokenizer);
    model_close(model);
    return ok;
}

const CliCommand cmd_tokens = {
    .name = "tokens",
    .operands = "[TEXT | -]",
    .help = "Pieces, ids and byte spans of a text; - reads standard input.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
