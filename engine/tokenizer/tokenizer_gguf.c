/* The tokenizer of a GGUF file: its arrays, handed to tokenizer_from_pieces,
 * which checks what is in them. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/format/gguf.h"

#include <stdlib.h>
#include <string.h>

#define KEY(name) "tokenizer.ggml." name

#define BERT_UNKNOWN 100 /* [UNK], where the file does not say */

/* An array of n whole numbers of any type. */
static const GgufKey *whole_array(const GgufFile *g, const char *name, int n,
                                  Err *err) {
    const GgufKey *key = gguf_key(g, name);
    const GgufType type = key ? key->type : GGUF_I32;
    const bool whole = type <= GGUF_I32 || type == GGUF_U64 || type == GGUF_I64;
    return gguf_array(g, name, whole ? type : GGUF_I32, (size_t)n, err);
}

/* The next whole number; an unsigned one of 64 bits as if it had a sign. */
static int64_t take_whole(Reader *r, GgufType type, const char *field) {
    switch (type) {
    case GGUF_U8:
        return reader_u8(r, field);
    case GGUF_I8:
        return (int8_t)reader_u8(r, field);
    case GGUF_U16:
        return reader_u16(r, field);
    case GGUF_I16:
        return (int16_t)reader_u16(r, field);
    case GGUF_U32:
        return reader_u32(r, field);
    case GGUF_I32:
        return reader_i32(r, field);
    default:
        return (int64_t)reader_u64(r, field);
    }
}

/* Whether an array's numbers are whole, whatever their width. */
static bool is_float(GgufType type) {
    return type == GGUF_F32 || type == GGUF_F64;
}

static double take_real(Reader *r, GgufType type, const char *field) {
    if (type == GGUF_F32) return (double)reader_f32(r, field);
    if (type != GGUF_F64) return (double)take_whole(r, type, field);
    const uint64_t bits = reader_u64(r, field);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool read_scores(const GgufFile *g, PieceSpec *pieces, int n, Err *err) {
    const GgufKey *key = gguf_key(g, KEY("scores"));
    key = key && is_float(key->type)
              ? gguf_array(g, KEY("scores"), key->type, (size_t)n, err)
              : whole_array(g, KEY("scores"), n, err);
    if (!key) return false;
    Reader r = gguf_reader(g, key, err);
    for (int i = 0; i < n; i++)
        pieces[i].score = (float)take_real(&r, key->type, KEY("scores"));
    return r.ok;
}

/* Where there are none, all pieces are normal. */
static bool read_types(const GgufFile *g, PieceSpec *pieces, int n, Err *err) {
    if (!gguf_key(g, KEY("token_type"))) return true;
    const GgufKey *key = whole_array(g, KEY("token_type"), n, err);
    if (!key) return false;
    Reader r = gguf_reader(g, key, err);
    for (int i = 0; i < n; i++) {
        const int64_t type = take_whole(&r, key->type, KEY("token_type"));
        if (type < 0 || type > TOKEN_BYTE)
            return reader_fail(&r, KEY("token_type"),
                               "type: found %lld for piece %d, need 0..%d",
                               (long long)type, i, TOKEN_BYTE);
        pieces[i].type = type ? (int)type : TOKEN_NORMAL;
    }
    return r.ok;
}

static bool is_bracketed(const PieceSpec *p) {
    return p->len > 2 && p->bytes[0] == '[' && p->bytes[p->len - 1] == ']';
}

/* An empty piece is none of a text; what reads as a byte is one, whatever its
 * type; and of WordPiece [unused1] and its like are names. */
static void settle_type(PieceSpec *p, TokenizerKind kind) {
    const bool is_text = p->type == TOKEN_NORMAL || p->type == TOKEN_USER;
    if (p->len == 0) {
        p->bytes = TOKENIZER_EMPTY;
        p->len = (int)strlen(TOKENIZER_EMPTY);
        p->type = TOKEN_CONTROL;
    } else if (is_text && kind == TOKENIZER_SENTENCEPIECE &&
               tokenizer_byte_value(p->bytes, p->len) >= 0) {
        p->type = TOKEN_BYTE;
    } else if (is_text && kind == TOKENIZER_WORDPIECE && is_bracketed(p)) {
        p->type = TOKEN_CONTROL;
    }
}

/* Reads strings of an array into pieces, scores and types. */
static bool read_pieces(const GgufFile *g, PieceSpec *pieces, int n,
                        TokenizerKind kind, Err *err) {
    const bool scored = tokenizer_scheme(kind)->merge == MERGE_SCORE;
    const GgufKey *tokens =
        gguf_array(g, KEY("tokens"), GGUF_STRING, (size_t)n, err);
    if (!tokens) return false;
    Reader text = gguf_reader(g, tokens, err);
    for (int i = 0; i < n; i++) {
        const GgufText t = gguf_take_text(&text, KEY("tokens"));
        /* A piece is far shorter; the constructor refuses what is not. */
        pieces[i] = (PieceSpec){
            .bytes = t.bytes, .len = (int)t.len, .type = TOKEN_NORMAL};
    }
    if (!text.ok || !read_types(g, pieces, n, err) ||
        (scored && !read_scores(g, pieces, n, err)))
        return false;
    for (int i = 0; i < n; i++)
        settle_type(&pieces[i], kind);
    return true;
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
    if (!s->gguf_model || !gguf_text_is(model, s->gguf_model)) return false;
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
                   "\"%.*s\", need llama, bert, or gpt2 with gpt-2, "
                   "default, llama-bpe, qwen2 or smollm",
                   g->file->path, (int)(model.len < 32 ? model.len : 32),
                   model.bytes, (int)(pre.len < 32 ? pre.len : 32), pre.bytes);
}

/* An id of the vocabulary; -1 where there is no such key. */
static bool read_id(const GgufFile *g, const char *name, int last, int *id,
                    Err *err) {
    *id = -1;
    return !gguf_key(g, name) || gguf_count(g, name, 0, last, 0, id, err);
}

/* What ends a text: eos, and the ends of turns and of messages. */
static bool read_ends(const GgufFile *g, TokenizerSpec *s, Err *err) {
    static const char *const more[] = {KEY("eot_token_id"),
                                       KEY("eom_token_id")};
    const TokenizerScheme *scheme = tokenizer_scheme(s->kind);
    const int last = s->n_pieces - 1;
    if (!gguf_count(g, KEY("eos_token_id"), 0, last,
                    scheme->eos < 0 ? GGUF_REQUIRED : scheme->eos, &s->ends[0],
                    err))
        return false;
    s->n_ends = 1;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        int id;
        if (!read_id(g, more[i], last, &id, err)) return false;
        if (id >= 0) s->ends[s->n_ends++] = id;
    }
    return true;
}

/* What changes ids and is not done. */
static bool check_unsupported(const GgufFile *g, Err *err) {
    static const char *const names[] = {KEY("remove_extra_whitespaces"),
                                        KEY("treat_whitespace_as_suffix")};
    const GgufKey *map = gguf_key(g, KEY("precompiled_charsmap"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool on;
        if (!gguf_flag(g, names[i], false, &on, err)) return false;
        if (on)
            return err_set(err, ERR_UNSUPPORTED, 0,
                           "%s: %s: found true, which is not supported",
                           g->file->path, names[i]);
    }
    if (!map || map->n == 0) return true;
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: tokenizer.ggml.precompiled_charsmap: found one, need "
                   "none: texts are not normalised",
                   g->file->path);
}

/* Gives a type to a piece that is named like one: <s>. */
static void settle_special(const TokenizerSpec *s, PieceSpec *pieces, int id,
                           int type) {
    if (id < 0 || id >= s->n_pieces) return;
    PieceSpec *p = &pieces[id];
    if (p->len > 2 && p->bytes[0] == '<' && p->bytes[p->len - 1] == '>')
        p->type = type;
}

/* Where the file has no types, what the special ids name are control tokens. */
static void settle_specials(const GgufFile *g, PieceSpec *pieces,
                            const TokenizerSpec *s) {
    if (gguf_key(g, KEY("token_type"))) return;
    for (int i = 0; i < s->n_ends; i++)
        settle_special(s, pieces, s->ends[i], TOKEN_CONTROL);
    settle_special(s, pieces, s->bos, TOKEN_CONTROL);
    settle_special(s, pieces, s->unknown, TOKEN_UNKNOWN);
}

/* The first key of two that is there, or the second. */
static const char *either(const GgufFile *g, const char *a, const char *b) {
    return gguf_key(g, a) ? a : b;
}

/* What an id is where the file does not say, if there is that piece. */
static int or_required(int id, int last) {
    return id <= last ? id : GGUF_REQUIRED;
}

/* BERT's: [CLS] and [SEP] around a text.  The words are those of uncased
 * models, which is what llama.cpp takes all to be. */
static bool read_bert(const GgufFile *g, TokenizerSpec *s, Err *err) {
    const TokenizerScheme *scheme = tokenizer_scheme(s->kind);
    const int last = s->n_pieces - 1;
    const char *sep =
        either(g, KEY("seperator_token_id"),
               either(g, KEY("separator_token_id"), KEY("eos_token_id")));
    const char *cls = either(g, KEY("cls_token_id"), KEY("bos_token_id"));
    bool bos = true, eos = true;
    s->mask = -1;
    if (!check_unsupported(g, err) ||
        !gguf_count(g, cls, 0, last, or_required(scheme->bos, last), &s->bos,
                    err) ||
        !gguf_count(g, sep, 0, last, or_required(scheme->eos, last),
                    &s->ends[0], err) ||
        !gguf_count(g, KEY("unknown_token_id"), 0, last,
                    or_required(BERT_UNKNOWN, last), &s->unknown, err) ||
        !read_id(g, KEY("mask_token_id"), last, &s->mask, err) ||
        !gguf_flag(g, KEY("add_bos_token"), true, &bos, err) ||
        !gguf_flag(g, KEY("add_sep_token"), true, &eos, err))
        return false;
    s->n_ends = 1;
    s->no_bos = !bos;
    s->ends_text = eos;
    s->has_mask = s->mask >= 0;
    s->normal = NORMAL_BERT;
    s->word_max = TOKENIZER_WORD_MAX;
    return true;
}

/* A mask of SentencePiece's kind is a control token that texts have in the
 * place of a piece.  Other ids under that key mean nothing. */
static bool read_mask(const GgufFile *g, TokenizerSpec *s, Err *err) {
    if (s->kind != TOKENIZER_SENTENCEPIECE) return true;
    if (!read_id(g, KEY("mask_token_id"), s->n_pieces - 1, &s->mask, err))
        return false;
    s->has_mask = s->mask >= 0 && s->pieces[s->mask].type == TOKEN_CONTROL;
    s->prefix_once = s->has_mask;
    return true;
}

/* Special ids and flags. */
static bool read_specials(const GgufFile *g, TokenizerSpec *s, Err *err) {
    const TokenizerScheme *scheme = tokenizer_scheme(s->kind);
    const int last = s->n_pieces - 1;
    bool bos = scheme->begins_with_bos, prefix = scheme->space_prefix;
    if (!check_unsupported(g, err) || !read_ends(g, s, err) ||
        !gguf_count(g, KEY("bos_token_id"), 0, last,
                    scheme->bos < 0 ? GGUF_REQUIRED : scheme->bos, &s->bos,
                    err) ||
        !read_id(g, KEY("unknown_token_id"), last, &s->unknown, err) ||
        !read_mask(g, s, err) ||
        !gguf_flag(g, KEY("add_bos_token"), bos, &bos, err) ||
        !gguf_flag(g, KEY("add_space_prefix"), prefix, &prefix, err))
        return false;
    if (s->unknown < 0 && s->kind == TOKENIZER_SENTENCEPIECE)
        s->unknown = TOKEN_UNK;
    s->fuse_unknown = true; /* as SentencePiece does */
    s->no_bos = !bos;
    s->no_space_prefix = !prefix;
    return true;
}

/* How many pieces there are, the rest of n rows being padding; all n where
 * that cannot be, which is found out when they are read. */
static int count_pieces(const GgufFile *g, PieceSpec *pieces, int n,
                        int *n_padding) {
    const GgufKey *tokens = gguf_key(g, KEY("tokens"));
    const int n_found = tokens && tokens->n < (size_t)n ? (int)tokens->n : n;
    const int padding = tokenizer_pad(pieces, n_found, n);
    *n_padding = padding > 0 ? padding : 0;
    return n - *n_padding;
}

/* The mask and what begins and ends a text are names, whatever their type. */
static void settle_bert(PieceSpec *pieces, const TokenizerSpec *s) {
    pieces[s->bos].type = pieces[s->ends[0]].type = TOKEN_CONTROL;
    pieces[s->unknown].type = TOKEN_UNKNOWN;
    if (s->has_mask) pieces[s->mask].type = TOKEN_CONTROL;
}

static Tokenizer *build(const GgufFile *g, int n, PieceSpec *pieces, Err *err) {
    TokenizerSpec s = {.name = g->file->path, .pieces = pieces, .n_pieces = n};
    const int n_found = count_pieces(g, pieces, n, &s.n_padding);
    MergeSpec *merges = NULL;
    if (!read_kind(g, &s, err)) return NULL;
    const bool is_bert = s.kind == TOKENIZER_WORDPIECE;
    if (!read_pieces(g, pieces, n_found, s.kind, err) ||
        !(is_bert ? read_bert(g, &s, err) : read_specials(g, &s, err)))
        return NULL;
    if (is_bert)
        settle_bert(pieces, &s);
    else
        settle_specials(g, pieces, &s);
    if (tokenizer_scheme(s.kind)->merge == MERGE_RANK) {
        merges = read_merges(g, &s.n_merges, err);
        if (!merges) return NULL;
        s.merges = merges;
        s.ranked = s.n_merges > 0;
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
