/* The files that tokenizers had before tokenizer.json: vocab.json and
 * merges.txt of GPT-2 and Qwen 2, vocab.txt of BERT; and what is beside them:
 * tokenizer_config.json, special_tokens_map.json, added_tokens.json.  They are
 * put together to what a tokenizer.json would say, and read as one.
 * Source: Transformers of Hugging Face, GPT2Tokenizer, Qwen2Tokenizer,
 * BertTokenizer and their conversion. */
#include "engine/tokenizer/tokenizer_json.h"

#include "engine/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_VALUES_MAX 200000

enum { MERGE_MAX = 2 * TOKENIZER_PIECE_MAX }; /* bytes of a line */

typedef struct Vocab {
    const VocabFiles *files;
    JsonFile config, special, added; /* root NULL: there is none */
    json_t *root;                    /* the tokenizer.json to be */
    json_t *vocab;                   /* in it */
    size_t n_rows;                   /* the model's vocabulary */
    bool is_bert, is_qwen, no_memory;
    Err *err;
} Vocab;

/* Each takes the value; what there is no memory for is noted. */
static void put(Vocab *v, json_t *object, const char *key, json_t *value) {
    v->no_memory |= json_object_set_new(object, key, value) != 0;
}
static void append(Vocab *v, json_t *array, json_t *value) {
    v->no_memory |= json_array_append_new(array, value) != 0;
}

/* ---- what is beside ------------------------------------------------------ */

static bool open_beside(const Vocab *v, VocabPart part, JsonFile *out) {
    const VocabFile *f = &v->files->parts[part];
    return !f->data || jsonfile_open_config(out, f->name, f->data, f->size,
                                            CONFIG_VALUES_MAX, v->err);
}

/* The text of a token in a config: a string, or the content of an object. */
static const char *token_text(const json_t *value) {
    if (json_is_object(value)) value = json_object_get(value, "content");
    return json_string_value(value);
}

/* The name of a special token, of the configs or else the usual one. */
static const char *special_name(const Vocab *v, const char *key,
                                const char *usual) {
    const char *name = token_text(json_object_get(v->config.root, key));
    if (!name) name = token_text(json_object_get(v->special.root, key));
    return name ? name : usual;
}

static bool refuse(const Vocab *v, const char *field, const char *found) {
    return jsonfile_fail(&v->config, ERR_UNSUPPORTED, field,
                         "found %s, which is not supported", found);
}

/* Which tokenizer it is: by its class, or where there is none by the model's
 * type. */
static bool read_class(Vocab *v) {
    static const char *const bert[] = {"Bert", "DistilBert", "Electra"};
    const char *name = "";
    if (!jsonfile_string(&v->config, v->config.root, "tokenizer_class", &name))
        return false;
    const char *end = strstr(name, "Tokenizer");
    const size_t n = end ? (size_t)(end - name) : strlen(name);
    const bool is_free = n == 0 || strncmp(name, "PreTrained", n) == 0;
    if (v->is_bert) {
        for (size_t i = 0; i < sizeof bert / sizeof *bert; i++)
            if (n == strlen(bert[i]) && memcmp(name, bert[i], n) == 0)
                return true;
        return is_free || refuse(v, "tokenizer_class", name);
    }
    const char *type = v->files->model_type ? v->files->model_type : "";
    v->is_qwen = is_free ? strncmp(type, "qwen", 4) == 0
                         : n == 5 && memcmp(name, "Qwen2", n) == 0;
    return is_free || v->is_qwen || (n == 4 && memcmp(name, "GPT2", n) == 0) ||
           refuse(v, "tokenizer_class", name);
}

/* ---- lines --------------------------------------------------------------- */

typedef struct Lines {
    const VocabFile *file;
    size_t at;
    size_t n; /* lines so far */
} Lines;

/* The next line, without its end; false: there is none. */
static bool next_line(Lines *l, const char **text, size_t *n) {
    const char *data = l->file->data;
    if (l->at >= l->file->size) return false;
    *text = data + l->at;
    const char *end = memchr(*text, '\n', l->file->size - l->at);
    *n = end ? (size_t)(end - *text) : l->file->size - l->at;
    l->at += *n + 1;
    l->n++;
    if (*n > 0 && (*text)[*n - 1] == '\r') --*n;
    return true;
}

static bool line_fail(const Lines *l, Err *err, const char *text, size_t n,
                      const char *need) {
    return err_set(err, ERR_FORMAT, l->n,
                   "%s: line %zu: found \"%.*s\", need %s", l->file->name, l->n,
                   (int)(n < 40 ? n : 40), text, need);
}

static bool is_plain(const char *text, size_t n) {
    return utf8_valid(text, n) && !memchr(text, 0, n);
}

/* vocab.txt: line i is piece i. */
static bool read_lines(Vocab *v) {
    Lines l = {.file = &v->files->parts[VOCAB_PIECES]};
    const char *text;
    size_t n;
    v->vocab = json_object();
    while (next_line(&l, &text, &n)) {
        char key[TOKENIZER_PIECE_MAX];
        if (n >= sizeof key || !is_plain(text, n))
            return line_fail(&l, v->err, text, n, "a piece in UTF-8");
        if (l.n > v->n_rows)
            return line_fail(&l, v->err, text, n,
                             "no more pieces than the model has rows");
        memcpy(key, text, n);
        key[n] = 0;
        if (json_object_get(v->vocab, key))
            return line_fail(&l, v->err, text, n, "each piece once");
        put(v, v->vocab, key, json_integer((json_int_t)l.n - 1));
    }
    return true;
}

/* merges.txt: two pieces a line, after one line about the version. */
static bool read_merges(Vocab *v, json_t *merges) {
    const VocabFile *f = &v->files->parts[VOCAB_MERGES];
    Lines l = {.file = f};
    const char *text;
    size_t n;
    if (!f->data)
        return err_set(v->err, ERR_FORMAT, 0,
                       "%s: merges.txt: found none beside it, need one",
                       v->files->parts[VOCAB_PIECES].name);
    while (next_line(&l, &text, &n)) {
        MergeSpec m;
        if (n == 0 || (n >= 8 && memcmp(text, "#version", 8) == 0)) continue;
        if (n > MERGE_MAX || !is_plain(text, n) ||
            !tokenizer_split_merge(text, (int)n, &m))
            return line_fail(&l, v->err, text, n, "two pieces");
        if (l.n > TOKENIZER_JSON_VALUES(v->n_rows)) /* as in one file */
            return line_fail(&l, v->err, text, n,
                             "no more merges for the model's pieces");
        append(v, merges, json_stringn(text, n));
    }
    return true;
}

/* ---- special tokens ------------------------------------------------------ */

static bool is_added(const json_t *added, const char *name) {
    for (size_t i = 0; i < json_array_size(added); i++)
        if (tokenizer_json_says(json_array_get(added, i), "content", name))
            return true;
    return false;
}

/* Adds a token that the vocabulary or added_tokens.json has. */
static void add_special(Vocab *v, json_t *added, const char *name) {
    const json_t *id = name ? json_object_get(v->vocab, name) : NULL;
    if (name && !id) id = json_object_get(v->added.root, name);
    if (!json_is_integer(id) || is_added(added, name)) return;
    append(v, added,
           json_pack("{s:I,s:s,s:b,s:b}", "id", json_integer_value(id),
                     "content", name, "special", 1, "normalized", 0));
}

/* Those that tokenizer_config.json lists by their ids, with all that is said of
 * them. */
static bool add_listed(Vocab *v, json_t *added) {
    json_t *listed = json_object_get(v->config.root, "added_tokens_decoder");
    const char *key;
    json_t *token;
    json_object_foreach(listed, key, token) {
        char *end;
        const long long id = strtoll(key, &end, 10);
        if (!json_is_object(token) || *end || end == key)
            return jsonfile_fail(&v->config, ERR_FORMAT, "added_tokens_decoder",
                                 "found \"%.16s\", need an id and an object",
                                 key);
        json_t *copy = json_copy(token);
        put(v, copy, "id", json_integer(id));
        append(v, added, copy);
    }
    return true;
}

/* What is found in texts: what the configs list and name. */
static bool read_added(Vocab *v) {
    static const char *const names[][3] = {
        {"bos_token", "<|endoftext|>", NULL},
        {"eos_token", "<|endoftext|>", "[SEP]"},
        {"unk_token", "<|endoftext|>", "[UNK]"},
        {"cls_token", NULL, "[CLS]"},
        {"sep_token", NULL, "[SEP]"},
        {"pad_token", NULL, "[PAD]"},
        {"mask_token", NULL, "[MASK]"}};
    json_t *added = json_array();
    put(v, v->root, "added_tokens", added);
    if (!add_listed(v, added)) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_special(v, added,
                    special_name(v, names[i][0], names[i][1 + v->is_bert]));
    const json_t *more =
        json_object_get(v->config.root, "additional_special_tokens");
    if (!more)
        more = json_object_get(v->special.root, "additional_special_tokens");
    for (size_t i = 0; i < json_array_size(more); i++)
        add_special(v, added, token_text(json_array_get(more, i)));
    const char *name;
    json_t *id;
    json_object_foreach(v->added.root, name, id) {
        if (is_added(added, name)) continue;
        append(v, added,
               json_pack("{s:O,s:s,s:b}", "id", id, "content", name,
                         "normalized", 0));
    }
    return true;
}

/* ---- the parts of a tokenizer.json --------------------------------------- */

/* One token before a text and, unless NULL, one after it. */
static json_t *template_of(Vocab *v, const char *begin, const char *end) {
    json_t *single = json_pack("[{s:{s:s}},{s:{}}]", "SpecialToken", "id",
                               begin, "Sequence");
    if (end)
        append(v, single, json_pack("{s:{s:s}}", "SpecialToken", "id", end));
    return json_pack("{s:s,s:o}", "type", "TemplateProcessing", "single",
                     single);
}

static bool put_bert(Vocab *v) {
    bool lower = true, chinese = true, basic = true;
    const json_t *config = v->config.root;
    json_t *strip = json_object_get(config, "strip_accents");
    const json_t *never = json_object_get(config, "never_split");
    if (!jsonfile_bool(&v->config, config, "do_lower_case", &lower) ||
        !jsonfile_bool(&v->config, config, "tokenize_chinese_chars",
                       &chinese) ||
        !jsonfile_bool(&v->config, config, "do_basic_tokenize", &basic))
        return false;
    if (!basic) return refuse(v, "do_basic_tokenize", "false");
    if (json_array_size(never) > 0) return refuse(v, "never_split", "some");
    put(v, v->root, "normalizer",
        json_pack("{s:s,s:b,s:b,s:O*}", "type", "BertNormalizer", "lowercase",
                  lower, "handle_chinese_chars", chinese, "strip_accents",
                  strip));
    put(v, v->root, "pre_tokenizer",
        json_pack("{s:s}", "type", "BertPreTokenizer"));
    put(v, v->root, "post_processor",
        template_of(v, special_name(v, "cls_token", "[CLS]"),
                    special_name(v, "sep_token", "[SEP]")));
    put(v, v->root, "model",
        json_pack("{s:s,s:s,s:O}", "type", "WordPiece", "unk_token",
                  special_name(v, "unk_token", "[UNK]"), "vocab", v->vocab));
    return true;
}

static bool put_bpe(Vocab *v) {
    bool prefix = false, bos = false;
    json_t *merges = json_array();
    put(v, v->root, "model",
        json_pack("{s:s,s:O,s:o}", "type", "BPE", "vocab", v->vocab, "merges",
                  merges));
    if (!jsonfile_bool(&v->config, v->config.root, "add_prefix_space",
                       &prefix) ||
        !jsonfile_bool(&v->config, v->config.root, "add_bos_token", &bos) ||
        !read_merges(v, merges))
        return false;
    json_t *bytes =
        json_pack("{s:s,s:b,s:b}", "type", "ByteLevel", "add_prefix_space",
                  prefix, "use_regex", !v->is_qwen);
    if (v->is_qwen) {
        const char *regex = tokenizer_scheme(TOKENIZER_QWEN2)->json_regex;
        put(v, v->root, "normalizer", json_pack("{s:s}", "type", "NFC"));
        bytes = json_pack("{s:s,s:[{s:s,s:{s:s},s:s},o]}", "type", "Sequence",
                          "pretokenizers", "type", "Split", "pattern", "Regex",
                          regex, "behavior", "Isolated", bytes);
    }
    put(v, v->root, "pre_tokenizer", bytes);
    if (bos)
        put(v, v->root, "post_processor",
            template_of(v, special_name(v, "bos_token", "<|endoftext|>"),
                        NULL));
    return true;
}

/* ---- in and out ---------------------------------------------------------- */

static bool read_pieces(Vocab *v) {
    const VocabFile *f = &v->files->parts[VOCAB_PIECES];
    JsonFile pieces;
    if (v->is_bert) return read_lines(v);
    if (!jsonfile_open(&pieces, f->name, f->data, f->size,
                       TOKENIZER_JSON_VALUES(v->n_rows), v->err))
        return false;
    v->vocab = json_incref(pieces.root);
    jsonfile_close(&pieces);
    return true;
}

static bool put_together(Vocab *v) {
    const bool read = open_beside(v, VOCAB_CONFIG, &v->config) &&
                      open_beside(v, VOCAB_SPECIAL, &v->special) &&
                      open_beside(v, VOCAB_ADDED, &v->added) && read_class(v) &&
                      read_pieces(v);
    if (!read) return false;
    v->root = json_object();
    return (v->is_bert ? put_bert(v) : put_bpe(v)) && read_added(v);
}

Tokenizer *tokenizer_read_vocab(const VocabFiles *files, int vocab_size,
                                Err *err) {
    const char *name = files->parts[VOCAB_PIECES].name;
    const size_t n = strlen(name);
    Vocab v = {.files = files,
               .is_bert = n >= 4 && strcmp(name + n - 4, ".txt") == 0,
               .n_rows = vocab_size > 0 ? (size_t)vocab_size : 1,
               .err = err};
    /* Messages of what is not there name the pieces' file. */
    v.config.name = v.special.name = v.added.name = name;
    v.config.err = v.special.err = v.added.err = err;
    Tokenizer *t = NULL;
    const bool made_all = put_together(&v);
    if (made_all && v.no_memory) {
        err_memory(err, name, files->parts[VOCAB_PIECES].size);
    } else if (made_all) {
        JsonFile made = {.root = v.root, .name = name, .err = err};
        t = tokenizer_from_json(&made, vocab_size,
                                special_name(&v, "mask_token", "[MASK]"),
                                files->parts[VOCAB_MERGES].name);
    }
    json_decref(v.root);
    json_decref(v.vocab);
    jsonfile_close(&v.config);
    jsonfile_close(&v.special);
    jsonfile_close(&v.added);
    return t;
}
