/* The tokenizer of a GGUF file: its arrays, handed to tokenizer_from_pieces,
 * which checks what is in them. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/format/gguf_file.h"

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

/* Which kind of tokenizer the file says it has. */
static bool read_kind(const GgufFile *g, TokenizerSpec *s, Err *err) {
    GgufText model, pre;
    if (!gguf_text(g, KEY("model"), NULL, &model, err) ||
        !gguf_text(g, KEY("pre"), "default", &pre, err))
        return false;
    static const struct {
        const char *model, *pre; /* pre NULL: any */
        TokenizerKind kind;
        bool ignore_merges;
    } kinds[] = {
        {"llama", NULL, TOKENIZER_SENTENCEPIECE, false},
        {"gpt2", "llama-bpe", TOKENIZER_LLAMA3, true},
        {"gpt2", "llama3", TOKENIZER_LLAMA3, true},
        {"gpt2", "gpt-2", TOKENIZER_GPT2, false},
        {"gpt2", "smollm", TOKENIZER_GPT2_DIGITS, false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (gguf_text_is(model, kinds[i].model) &&
            (!kinds[i].pre || gguf_text_is(pre, kinds[i].pre))) {
            s->kind = kinds[i].kind;
            s->ignore_merges = kinds[i].ignore_merges;
            return true;
        }
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: tokenizer.ggml.model: found \"%.*s\" with pre "
                   "\"%.*s\", need llama, or gpt2 with llama-bpe, gpt-2 or "
                   "smollm",
                   g->file->path, (int)(model.len < 32 ? model.len : 32),
                   model.bytes, (int)(pre.len < 32 ? pre.len : 32), pre.bytes);
}

/* Special ids and flags; the usual ones are Llama 2's. */
static bool read_specials(const GgufFile *g, TokenizerSpec *s, Err *err) {
    const bool spm = s->kind == TOKENIZER_SENTENCEPIECE;
    const int last = s->n_pieces - 1;
    /* GPT-2 itself begins no text with it. */
    bool bos = spm || s->kind == TOKENIZER_LLAMA3, prefix = spm;
    int turn_end = -1;
    if (!gguf_count(g, KEY("bos_token_id"), 0, last,
                    spm ? TOKEN_BOS : GGUF_REQUIRED, &s->bos, err) ||
        !gguf_count(g, KEY("eos_token_id"), 0, last,
                    spm ? TOKEN_EOS : GGUF_REQUIRED, &s->ends[0], err) ||
        !gguf_flag(g, KEY("add_bos_token"), bos, &bos, err) ||
        (gguf_key(g, KEY("eot_token_id")) &&
         !gguf_count(g, KEY("eot_token_id"), 0, last, 0, &turn_end, err)) ||
        !gguf_flag(g, KEY("add_space_prefix"), spm, &prefix, err))
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
    const bool spm = s.kind == TOKENIZER_SENTENCEPIECE;
    if (!read_pieces(g, pieces, n, spm, err) || !read_specials(g, &s, err))
        return NULL;
    if (!spm) {
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
    if (!gguf_file_open(&g, f, err)) return NULL;
    PieceSpec *pieces = malloc((size_t)vocab_size * sizeof *pieces);
    if (pieces)
        t = build(&g, vocab_size, pieces, err);
    else
        err_memory(err, f->path, (size_t)vocab_size * sizeof *pieces);
    free(pieces);
    gguf_file_close(&g);
    return t;
}
