/* tokenizer.json of Hugging Face's: model BPE, either as SentencePiece
 * (spaces as U+2581, byte fallback) or on bytes after a cut into words; or
 * model WordPiece, as BERT has it.  What
 * comes before the model (normalizer, pre_tokenizer) must be one of the few
 * that these two have; anything else is refused by name, since the ids would
 * be wrong.  Older files say the same in other words: no model.type, and a
 * Metaspace with add_prefix_space.
 * Source: huggingface/tokenizers, the serialised form. */
#include "engine/tokenizer/tokenizer_json.h"

#include "engine/base/utf8.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces -------------------------------------------------------------- */

/* The id of a token, which is new or has the same text already. */
static bool add_piece(JsonTokenizer *t, const char *field, const char *text,
                      json_int_t id, int type) {
    size_t n = strlen(text);
    if (id < 0 || id >= t->spec.n_pieces)
        return jsonfile_fail(&t->file, ERR_FORMAT, field,
                             "found id %" JSON_INTEGER_FORMAT
                             ", need 0..%d, the model's vocabulary",
                             id, t->spec.n_pieces - 1);
    PieceSpec *p = &t->pieces[id];
    if (p->type && (p->len != (int)n || memcmp(p->bytes, text, n) != 0))
        return jsonfile_fail(&t->file, ERR_FORMAT, field,
                             "found id %" JSON_INTEGER_FORMAT
                             " for \"%.16s\" and \"%.16s\"",
                             id, p->bytes, text);
    int len = n < INT_MAX ? (int)n : INT_MAX;
    *p = (PieceSpec){.bytes = text, .len = len, .type = type};
    return true;
}

/* A piece of no bytes is none of a text; until here it told equal ids apart. */
static void settle_empty(PieceSpec *p) {
    if (p->len > 0) return;
    *p = (PieceSpec){.bytes = TOKENIZER_EMPTY,
                     .len = (int)strlen(TOKENIZER_EMPTY),
                     .type = TOKEN_CONTROL};
}

static bool read_vocab(JsonTokenizer *t) {
    json_t *vocab = json_object_get(t->model, "vocab");
    if (!json_is_object(vocab))
        return jsonfile_fail(&t->file, ERR_FORMAT, "vocab", "need an object");
    const char *text;
    json_t *id;
    json_object_foreach(vocab, text, id) {
        const bool is_byte =
            t->byte_fallback &&
            tokenizer_byte_value(text, (int)strnlen(text, 7)) >= 0;
        if (!json_is_integer(id))
            return jsonfile_fail(&t->file, ERR_FORMAT, "vocab",
                                 "found no id for \"%.16s\"", text);
        if (!add_piece(t, "vocab", text, json_integer_value(id),
                       is_byte ? TOKEN_BYTE : TOKEN_NORMAL))
            return false;
        if (json_integer_value(id) >= t->n_vocab)
            t->n_vocab = (int)json_integer_value(id) + 1;
    }
    return true;
}

/* How an added token is found in texts. */
static bool read_added_flags(JsonTokenizer *t, const json_t *a, bool special,
                             int *flags) {
    const struct {
        const char *name;
        int flag;
        bool fallback;
    } rows[] = {{"single_word", ADDED_WORD, false},
                {"lstrip", ADDED_LSTRIP, false},
                {"rstrip", ADDED_RSTRIP, false},
                {"normalized", ADDED_NORMALIZED, !special}};
    *flags = special ? ADDED_CONTROL : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool on = rows[i].fallback;
        if (!jsonfile_bool(&t->file, a, rows[i].name, &on)) return false;
        if (on) *flags |= rows[i].flag;
    }
    return true;
}

static bool read_added_token(JsonTokenizer *t, size_t i, const json_t *a,
                             const char *unknown) {
    const char *text = json_string_value(json_object_get(a, "content"));
    const json_t *id = json_object_get(a, "id");
    bool special = false;
    int flags;
    if (!text || !json_is_integer(id))
        return jsonfile_fail(&t->file, ERR_FORMAT, "added_tokens",
                             "found no content or no id in number %zu", i);
    if (!jsonfile_bool(&t->file, a, "special", &special) ||
        !read_added_flags(t, a, special, &flags))
        return false;
    int type = strcmp(text, unknown) == 0 ? TOKEN_UNKNOWN
               : special                  ? TOKEN_CONTROL
                                          : TOKEN_USER;
    const json_t *vocab = json_object_get(t->model, "vocab");
    if (json_integer_value(id) >= t->spec.n_pieces &&
        json_integer_value(id) < TOKENIZER_PIECES_MAX) {
        t->spec.tolerated = "added_tokens: found ids past the model's rows: "
                            "they are left out";
        return true;
    }
    if (!add_piece(t, "added_tokens", text, json_integer_value(id), type))
        return false;
    if (t->spec.kind == TOKENIZER_WORDPIECE && strcmp(text, t->mask) == 0) {
        t->spec.has_mask = true;
        t->spec.mask = (int)json_integer_value(id);
        flags &= ~ADDED_CONTROL;
    }
    PieceSpec *p = &t->pieces[json_integer_value(id)];
    p->added = !json_object_get(vocab, text);
    t->added[t->spec.n_added++] =
        (AddedSpec){p->bytes, p->len, (int)json_integer_value(id), flags};
    return true;
}

/* Past the vocabulary, those that no added token names: at the end, and between
 * added tokens, whose ids may be anywhere.  Too many are found missing, one by
 * one, below. */
static void set_padding(JsonTokenizer *t) {
    int n = t->spec.n_pieces, n_gaps = 0;
    while (n > 0 && !t->pieces[n - 1].type)
        n--;
    const int n_padding = tokenizer_pad(t->pieces, n, t->spec.n_pieces);
    if (n_padding > 0) t->spec.n_padding = n_padding;
    for (int id = t->n_vocab; id < n; id++)
        if (!t->pieces[id].type && n_gaps < TOKENIZER_PADDING_MAX) {
            t->pieces[id] = tokenizer_blank();
            t->gaps[n_gaps++] = id;
        }
    t->spec.gaps = t->gaps;
    t->spec.n_gaps = n_gaps;
}

static bool read_added(JsonTokenizer *t) {
    const json_t *added = json_object_get(t->file.root, "added_tokens");
    const size_t n = json_array_size(added);
    const bool is_bert = t->spec.kind == TOKENIZER_WORDPIECE;
    const char *unknown = is_bert ? "[UNK]" : ""; /* where none is named */
    if (!jsonfile_string(&t->file, t->model, "unk_token", &unknown))
        return false;
    t->spec.added = t->added = calloc(n + 1, sizeof *t->added);
    if (!t->added)
        return err_memory(t->file.err, t->file.name, n * sizeof *t->added);
    for (size_t i = 0; i < n; i++)
        if (!read_added_token(t, i, json_array_get(added, i), unknown))
            return false;
    t->spec.unknown = -1;
    set_padding(t);
    for (int id = 0; id < t->spec.n_pieces; id++) {
        PieceSpec *p = &t->pieces[id];
        if (!p->type)
            return jsonfile_fail(&t->file, ERR_FORMAT, "vocab",
                                 "found no piece with id %d, need one for each "
                                 "of the model's %d",
                                 id, t->spec.n_pieces);
        if (*unknown && strcmp(p->bytes, unknown) == 0) {
            p->type = TOKEN_UNKNOWN;
            t->spec.unknown = id;
        }
        settle_empty(p);
    }
    /* A word without pieces would be left out without a word. */
    return !is_bert || t->spec.unknown >= 0 ||
           jsonfile_fail(&t->file, ERR_FORMAT, "unk_token",
                         "found \"%.32s\", need a piece", unknown);
}

/* ---- merges -------------------------------------------------------------- */

/* "a b", or ["a", "b"] since version 0.20. */
static bool read_merge(const json_t *merge, MergeSpec *out) {
    if (json_is_string(merge)) {
        size_t n = json_string_length(merge);
        return n < INT_MAX &&
               tokenizer_split_merge(json_string_value(merge), (int)n, out);
    }
    const json_t *left = json_array_get(merge, 0);
    const json_t *right = json_array_get(merge, 1);
    if (json_array_size(merge) != 2 || !json_is_string(left) ||
        !json_is_string(right))
        return false;
    *out = (MergeSpec){json_string_value(left), json_string_value(right),
                       (int)json_string_length(left),
                       (int)json_string_length(right)};
    return true;
}

/* Whether every piece of text is one character: nothing has to merge. */
static bool is_of_characters(const JsonTokenizer *t) {
    for (int id = 0; id < t->spec.n_pieces; id++) {
        const PieceSpec *p = &t->pieces[id];
        uint32_t cp;
        if (p->type == TOKEN_NORMAL &&
            utf8_decode(p->bytes, (size_t)p->len, &cp) < p->len)
            return false;
    }
    return true;
}

static bool read_merges(JsonTokenizer *t) {
    JsonFile in = t->file; /* for messages */
    const json_t *merges = json_object_get(t->model, "merges");
    size_t n = json_array_size(merges);
    if (t->spec.merges_name) in.name = t->spec.merges_name;
    t->spec.ranked = true;
    if (json_is_array(merges) && n == 0 && is_of_characters(t)) return true;
    if (n == 0 || n > TOKENIZER_MERGES_MAX)
        return jsonfile_fail(&in, ERR_FORMAT, "merges", "found %zu, need 1..%d",
                             n, TOKENIZER_MERGES_MAX);
    t->merges = calloc(n, sizeof *t->merges);
    if (!t->merges)
        return err_memory(t->file.err, t->file.name, n * sizeof *t->merges);
    for (size_t i = 0; i < n; i++)
        if (!read_merge(json_array_get(merges, i), &t->merges[i]))
            return jsonfile_fail(&in, ERR_FORMAT, "merges",
                                 "found number %zu, need \"a b\" or "
                                 "[\"a\", \"b\"]",
                                 i);
    t->spec.merges = t->merges;
    t->spec.n_merges = (int)n;
    return true;
}

/* ---- the model and the ends ---------------------------------------------- */

/* The first files did not say: merges are BPE's alone. */
static bool is_bpe(const json_t *model) {
    return tokenizer_json_is(model, "BPE") ||
           (!json_object_get(model, "type") &&
            json_object_get(model, "merges"));
}

static bool check_type(const JsonTokenizer *t) {
    return t->spec.kind == TOKENIZER_WORDPIECE || is_bpe(t->model) ||
           jsonfile_fail(&t->file, ERR_UNSUPPORTED, "model.type",
                         "found \"%.32s\", need BPE or WordPiece",
                         jsonfile_type(t->model));
}

static bool is_wordpiece(const json_t *model) {
    return tokenizer_json_is(model, "WordPiece") ||
           (!json_object_get(model, "type") &&
            json_object_get(model, "max_input_chars_per_word"));
}

static bool read_wordpiece(JsonTokenizer *t) {
    t->spec.inside = "##";
    t->spec.word_max = 100;
    if (!jsonfile_string(&t->file, t->model, "continuing_subword_prefix",
                         &t->spec.inside) ||
        !jsonfile_int(&t->file, t->model, "max_input_chars_per_word", 1,
                      TOKENIZER_WORD_MAX, &t->spec.word_max))
        return false;
    return read_vocab(t) && read_added(t);
}

static bool read_model(JsonTokenizer *t) {
    const char *const empty[] = {"continuing_subword_prefix",
                                 "end_of_word_suffix"};
    float dropout = 0;
    if (t->spec.kind == TOKENIZER_WORDPIECE) return read_wordpiece(t);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        const char *text = "";
        if (!jsonfile_string(&t->file, t->model, empty[i], &text)) return false;
        if (*text) return tokenizer_json_refuse(t, empty[i], "one");
    }
    if (!jsonfile_bool(&t->file, t->model, "byte_fallback",
                       &t->byte_fallback) ||
        !jsonfile_bool(&t->file, t->model, "fuse_unk", &t->spec.fuse_unknown) ||
        !jsonfile_bool(&t->file, t->model, "ignore_merges",
                       &t->spec.ignore_merges) ||
        !jsonfile_real(&t->file, t->model, "dropout", &dropout))
        return false;
    if (dropout != 0) return tokenizer_json_refuse(t, "dropout", "one");
    /* Bytes have pieces of their own already. */
    if (tokenizer_scheme(t->spec.kind)->unit == UNIT_BYTE)
        t->byte_fallback = false;
    return read_vocab(t) && read_added(t) && read_merges(t);
}

/* The id of a control token by its name, or -1, also where the model has no
 * such row. */
static int find_control(const JsonTokenizer *t, const char *name) {
    const json_t *added = json_object_get(t->file.root, "added_tokens");
    for (size_t i = 0; name && i < json_array_size(added); i++) {
        const json_t *a = json_array_get(added, i);
        const json_int_t id = json_integer_value(json_object_get(a, "id"));
        if (tokenizer_json_says(a, "content", name))
            return id < t->spec.n_pieces ? (int)id : -1;
    }
    return -1;
}

/* The name of item i that the template puts around a text, or NULL. */
static const char *template_token(const json_t *template, size_t i) {
    const json_t *item = json_array_get(json_object_get(template, "single"), i);
    const json_t *token = json_object_get(item, "SpecialToken");
    return json_string_value(json_object_get(token, "id"));
}

/* BERT's: one token before a text and one after it, of a template or by
 * name. */
static bool read_bert_post(JsonTokenizer *t, const char **begin,
                           const char **end) {
    const json_t *post = json_object_get(t->file.root, "post_processor");
    *begin = *end = NULL;
    if (!post || json_is_null(post)) return true;
    if (tokenizer_json_is(post, "BertProcessing")) {
        *begin =
            json_string_value(json_array_get(json_object_get(post, "cls"), 0));
        *end =
            json_string_value(json_array_get(json_object_get(post, "sep"), 0));
    } else if (tokenizer_json_is(post, "TemplateProcessing")) {
        *begin = template_token(post, 0);
        *end = template_token(post, 2);
    } else {
        return tokenizer_json_refuse(t, "post_processor", jsonfile_type(post));
    }
    if (*begin && *end) return true;
    return tokenizer_json_refuse(t, "post_processor",
                                 "other than one token before and after");
}

/* The id of a control token of BERT's, which may be of the vocabulary alone;
 * -1 where it has none. */
static int bert_control(JsonTokenizer *t, const char *name) {
    const json_t *vocab = json_object_get(t->model, "vocab");
    int id = find_control(t, name);
    if (id < 0 && json_is_integer(json_object_get(vocab, name)))
        id = (int)json_integer_value(json_object_get(vocab, name));
    if (id >= 0 && t->pieces[id].type == TOKEN_NORMAL)
        t->pieces[id].type = TOKEN_CONTROL;
    return id;
}

static bool read_bert_ends(JsonTokenizer *t) {
    TokenizerSpec *s = &t->spec;
    const char *begin, *end;
    if (!read_bert_post(t, &begin, &end)) return false;
    s->no_bos = !begin;
    s->ends_text = end != NULL;
    s->bos = bert_control(t, begin ? begin : "[CLS]");
    s->ends[0] = bert_control(t, end ? end : "[SEP]");
    s->n_ends = s->ends[0] >= 0;
    if ((!begin || s->bos >= 0) && (!end || s->n_ends > 0)) return true;
    return jsonfile_fail(&t->file, ERR_FORMAT, "post_processor",
                         "found \"%.32s\" and \"%.32s\", need pieces", begin,
                         end);
}

/* What is put around a text: one token before it at most.  What is put after
 * it is left out, since texts go on. */
static bool read_post(JsonTokenizer *t, const char **begin) {
    const json_t *post = json_object_get(t->file.root, "post_processor"), *s;
    if (json_is_null(post)) post = NULL;
    for (size_t i = 0; (s = tokenizer_json_step(post, "processors", i)); i++) {
        if (tokenizer_json_is(s, "ByteLevel")) continue; /* about offsets */
        if (!tokenizer_json_is(s, "TemplateProcessing"))
            return tokenizer_json_refuse(t, "post_processor", jsonfile_type(s));
        *begin = template_token(s, 0);
        const json_t *second = json_array_get(json_object_get(s, "single"), 1);
        if (*begin && json_object_get(second, "SpecialToken"))
            return tokenizer_json_refuse(t, "post_processor",
                                         "two tokens before a text");
    }
    return true;
}

/* The file does not say what ends a text: the models that llantern runs have
 * these. */
static bool read_ends(JsonTokenizer *t) {
    static const char *const ends[] = {
        "</s>",       "<|end_of_text|>", "<|eot_id|>",   "<|endoftext|>",
        "<|im_end|>", "<eos>",           "<end_of_turn>"};
    static const char *const begins[] = {"<s>", "<|begin_of_text|>", "<bos>"};
    TokenizerSpec *s = &t->spec;
    const char *begin = NULL;
    if (!read_post(t, &begin)) return false;
    s->bos = find_control(t, begin);
    if (begin && s->bos < 0)
        return jsonfile_fail(&t->file, ERR_FORMAT, "post_processor",
                             "found \"%.32s\", need an added token", begin);
    s->no_bos = s->guessed_bos = s->bos < 0;
    s->guessed_ends = true;
    for (size_t i = 0; s->bos < 0 && i < sizeof begins / sizeof *begins; i++)
        s->bos = find_control(t, begins[i]);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int id = find_control(t, ends[i]);
        if (id >= 0) s->ends[s->n_ends++] = id;
    }
    return true;
}

Tokenizer *tokenizer_from_json(JsonFile *file, int vocab_size, const char *mask,
                               const char *merges_name) {
    JsonTokenizer t = {.file = *file,
                       .spec = {.name = file->name,
                                .n_pieces = vocab_size,
                                .merges_name = merges_name,
                                .last_merge = true},
                       .model = json_object_get(file->root, "model"),
                       .mask = mask};
    Tokenizer *out = NULL;
    const size_t n = vocab_size > 0 ? (size_t)vocab_size : 1;
    const bool is_bert = is_wordpiece(t.model);
    t.spec.pieces = t.pieces = calloc(n, sizeof *t.pieces);
    if (!t.pieces) err_memory(file->err, file->name, n * sizeof *t.pieces);
    if (is_bert) t.spec.kind = TOKENIZER_WORDPIECE;
    if (t.pieces && check_type(&t) && tokenizer_json_before(&t) &&
        read_model(&t) && (is_bert ? read_bert_ends(&t) : read_ends(&t)))
        out = tokenizer_from_pieces(&t.spec, file->err);
    free(t.added);
    free(t.merges);
    free(t.pieces);
    return out;
}

Tokenizer *tokenizer_read_json(const char *name, const void *data, size_t size,
                               int vocab_size, Err *err) {
    JsonFile file;
    const size_t n = vocab_size > 0 ? (size_t)vocab_size : 1;
    if (!jsonfile_open(&file, name, data, size, TOKENIZER_JSON_VALUES(n), err))
        return NULL;
    Tokenizer *t = tokenizer_from_json(&file, vocab_size, "[MASK]", NULL);
    jsonfile_close(&file);
    return t;
}
