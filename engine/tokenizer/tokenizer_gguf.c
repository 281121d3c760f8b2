/* The tokenizer of a GGUF file: its arrays, handed to tokenizer_from_pieces,
 * which checks what is in them. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/format/gguf.h"

#include <stdlib.h>

#define KEY(name) "tokenizer.ggml." name

/* Reads strings of an array into pieces, scores and types. */
static bool read_pieces(const GgufFile *g, PieceSpec *pieces, int n,
                        bool scored, Err *err) {
    const GgufKey *tokens =
        gguf_array(g, KEY("tokens"), GGUF_STRING, (size_t)n, err);
    const GgufKey *types =
        tokens ? gguf_array(g, KEY("token_type"), GGUF_I32, (size_t)n, err)
               : NULL;
    const GgufKey *scores =
        types && scored ? gguf_array(g, KEY("scores"), GGUF_F32, (size_t)n, err)
                        : NULL;
    if (!types || (scored && !scores)) return false;
    Reader text = gguf_reader(g, tokens, err);
    Reader type = gguf_reader(g, types, err);
    Reader score = gguf_reader(g, scored ? scores : types, err);
    for (int i = 0; i < n; i++) {
        const GgufText t = gguf_take_text(&text, KEY("tokens"));
        /* A piece is far shorter; the constructor refuses what is not. */
        pieces[i] = (PieceSpec){
            .bytes = t.bytes,
            .len = (int)t.len,
            .type = reader_i32(&type, KEY("token_type")),
            .score = scored ? reader_f32(&score, KEY("scores")) : 0};
    }
    return text.ok && type.ok && score.ok;
}

/* NULL with no error where the kind has no merges. */
static MergeSpec *read_merges(const GgufFile *g, int *n, Err *err) {
    const GgufKey *key = gguf_key(g, KEY("merges"));
    const GgufKey *merges =
        gguf_array(g, KEY("merges"), GGUF_STRING, key ? key->n : 0, err);
    if (!merges) return NULL;
    MergeSpec *out = malloc((merges->n + 1) * sizeof *out);
    if (!out) {
        err_memory(err, KEY("merges"), merges->n * sizeof *out);
        return NULL;
    }
    Reader r = gguf_reader(g, merges, err);
    for (size_t i = 0; i < merges->n; i++) {
        const GgufText t = gguf_take_text(&r, KEY("merges"));
        if (!tokenizer_split_merge(t.bytes, (int)t.len, &out[i])) {
            reader_fail(&r, KEY("merges"), "found \"%.*s\", need two pieces",
                        (int)(t.len < 40 ? t.len : 40), t.bytes);
            free(out);
            return NULL;
        }
    }
    *n = (int)merges->n;
    return out;
}

static bool is_scheme(const TokenizerScheme *s, GgufText model, GgufText pre) {
    const size_t n = sizeof s->gguf_pre / sizeof *s->gguf_pre;
    if (!gguf_text_is(model, s->gguf_model)) return false;
    for (size_t i = 0; i < n && s->gguf_pre[i]; i++)
        if (gguf_text_is(pre, s->gguf_pre[i])) return true;
    return !s->gguf_pre[0];
}

/* Which kind of tokenizer the file says it has. */
static bool read_kind(const GgufFile *g, TokenizerSpec *s, Err *err) {
    GgufText model, pre;
    if (!gguf_text(g, KEY("model"), NULL, &model, err) ||
        !gguf_text(g, KEY("pre"), "default", &pre, err))
        return false;
    for (int kind = 0; kind < TOKENIZER_KINDS; kind++) {
        const TokenizerScheme *scheme = tokenizer_scheme((TokenizerKind)kind);
        if (!is_scheme(scheme, model, pre)) continue;
        s->kind = (TokenizerKind)kind;
        s->ignore_merges = scheme->gguf_ignores_merges;
        return true;
    }
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: tokenizer.ggml.model: found \"%.*s\" with pre "
                   "\"%.*s\", need llama, or gpt2 with llama-bpe, gpt-2 or "
                   "smollm",
                   g->file->path, (int)(model.len < 32 ? model.len : 32),
                   model.bytes, (int)(pre.len < 32 ? pre.len : 32), pre.bytes);
}

/* Special ids and flags. */
static bool read_specials(const GgufFile *g, TokenizerSpec *s, Err *err) {
    const TokenizerScheme *scheme = tokenizer_scheme(s->kind);
    const int last = s->n_pieces - 1;
    bool bos = scheme->begins_with_bos, prefix = scheme->space_prefix;
    int turn_end = -1;
    if (!gguf_count(g, KEY("bos_token_id"), 0, last,
                    scheme->bos < 0 ? GGUF_REQUIRED : scheme->bos, &s->bos,
                    err) ||
        !gguf_count(g, KEY("eos_token_id"), 0, last,
                    scheme->eos < 0 ? GGUF_REQUIRED : scheme->eos, &s->ends[0],
                    err) ||
        !gguf_flag(g, KEY("add_bos_token"), bos, &bos, err) ||
        (gguf_key(g, KEY("eot_token_id")) &&
         !gguf_count(g, KEY("eot_token_id"), 0, last, 0, &turn_end, err)) ||
        !gguf_flag(g, KEY("add_space_prefix"), prefix, &prefix, err))
        return false;
    s->n_ends = 1;
    if (turn_end >= 0) s->ends[s->n_ends++] = turn_end;
    s->no_bos = !bos;
    s->no_space_prefix = !prefix;
    return true;
}

static Tokenizer *build(const GgufFile *g, int n, PieceSpec *pieces, Err *err) {
    TokenizerSpec s = {.name = g->file->path, .pieces = pieces, .n_pieces = n};
    MergeSpec *merges = NULL;
    if (!read_kind(g, &s, err)) return NULL;
    const bool scored = tokenizer_scheme(s.kind)->merge == MERGE_SCORE;
    if (!read_pieces(g, pieces, n, scored, err) || !read_specials(g, &s, err))
        return NULL;
    if (!scored) {
        merges = read_merges(g, &s.n_merges, err);
        if (!merges) return NULL;
        s.merges = merges;
    }
    Tokenizer *t = tokenizer_from_pieces(&s, err);
    free(merges);
    return t;
}

Tokenizer *tokenizer_read_gguf(const File *f, int vocab_size, Err *err) {
    GgufFile g;
    Tokenizer *t = NULL;
    if (!gguf_open(&g, f, err)) return NULL;
    PieceSpec *pieces = malloc((size_t)vocab_size * sizeof *pieces);
    if (pieces)
        t = build(&g, vocab_size, pieces, err);
    else
        err_memory(err, f->path, (size_t)vocab_size * sizeof *pieces);
    free(pieces);
    gguf_close(&g);
    return t;
}
