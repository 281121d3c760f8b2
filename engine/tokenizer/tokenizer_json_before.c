/* What a tokenizer.json does to a text before its model sees it: normalizer
 * and pre_tokenizer.  They must be of the few that SentencePiece, byte-level
 * BPE and BERT have; anything else is refused by name. */
#include "engine/tokenizer/tokenizer_json.h"

#include <string.h>

bool tokenizer_json_refuse(const JsonTokenizer *t, const char *field,
                           const char *found) {
    return jsonfile_fail(&t->file, ERR_UNSUPPORTED, field,
                         "found %s, which is not supported", found);
}

bool tokenizer_json_is(const json_t *object, const char *type) {
    return strcmp(jsonfile_type(object), type) == 0;
}

bool tokenizer_json_says(const json_t *object, const char *key,
                         const char *want) {
    const char *found = json_string_value(json_object_get(object, key));
    return found && strcmp(found, want) == 0;
}

const json_t *tokenizer_json_step(const json_t *object, const char *list,
                                  size_t i) {
    if (!tokenizer_json_is(object, "Sequence")) return i == 0 ? object : NULL;
    return json_array_get(json_object_get(object, list), i);
}

static bool no_mark_for_spaces(const JsonTokenizer *t) {
    return jsonfile_fail(&t->file, ERR_UNSUPPORTED, "normalizer",
                         "found none for spaces, need U+2581");
}

/* Texts get U+2581 for spaces, and perhaps one put first. */
static bool read_normalizer(JsonTokenizer *t, const json_t *normalizer) {
    bool has_prefix = false, has_spaces = false;
    const json_t *s;
    for (size_t i = 0; (s = tokenizer_json_step(normalizer, "normalizers", i));
         i++) {
        const json_t *pattern = json_object_get(s, "pattern");
        bool prepends = tokenizer_json_is(s, "Prepend") && !has_prefix &&
                        tokenizer_json_says(s, "prepend", SPACE_MARK);
        bool replaces = tokenizer_json_is(s, "Replace") &&
                        tokenizer_json_says(pattern, "String", " ") &&
                        tokenizer_json_says(s, "content", SPACE_MARK);
        if (!prepends && !replaces)
            return tokenizer_json_refuse(t, "normalizer", jsonfile_type(s));
        has_prefix |= prepends;
        has_spaces |= replaces;
    }
    if (!has_spaces) return no_mark_for_spaces(t);
    t->spec.no_space_prefix = !has_prefix;
    t->spec.normalizes = true;
    return true;
}

/* Spaces become U+2581 and may each begin a word; one is put first where there
 * is none.  Older files say add_prefix_space for "always" and "never", and do
 * not say that they split. */
static bool read_metaspace(JsonTokenizer *t, const json_t *s) {
    bool prefix = true;
    t->spec.spaces_cut = true;
    if (!jsonfile_bool(&t->file, s, "add_prefix_space", &prefix)) return false;
    const char *scheme = prefix ? "always" : "never";
    if (!jsonfile_string(&t->file, s, "prepend_scheme", &scheme) ||
        !jsonfile_bool(&t->file, s, "split", &t->spec.spaces_cut))
        return false;
    if (!tokenizer_json_says(s, "replacement", SPACE_MARK))
        return tokenizer_json_refuse(t, "replacement", "another than U+2581");
    const bool never = strcmp(scheme, "never") == 0;
    const bool first = strcmp(scheme, "first") == 0;
    if (!never && !first && strcmp(scheme, "always") != 0)
        return tokenizer_json_refuse(t, "prepend_scheme", "an unknown one");
    t->spec.no_space_prefix = never;
    t->spec.prefix_once = first;
    t->spec.prefix_unless_space = true;
    return true;
}

/* Whether these are a scheme's words: what comes before ByteLevel (NULL:
 * nothing), whether that cuts by its own expression, and digits alone. */
static bool is_scheme(const TokenizerScheme *s, const json_t *first, bool regex,
                      bool digits) {
    const json_t *pattern = json_object_get(first, "pattern");
    if (!s->json_first || !*s->json_first != !first ||
        strcmp(s->json_first, jsonfile_type(first)) != 0)
        return false;
    if (!s->json_regex) return regex && (digits || !s->words->numbers_cut);
    if (!*s->json_regex) return !regex;
    return !regex && tokenizer_json_says(first, "behavior", "Isolated") &&
           tokenizer_json_says(pattern, "Regex", s->json_regex);
}

/* What cuts the text into words before ByteLevel, if anything does.  ByteLevel
 * puts a space first where there is none. */
static bool read_words(JsonTokenizer *t, const json_t *first,
                       const json_t *byte_level) {
    bool prefix = true, regex = true, digits = false;
    if (!jsonfile_bool(&t->file, byte_level, "add_prefix_space", &prefix) ||
        !jsonfile_bool(&t->file, byte_level, "use_regex", &regex) ||
        !jsonfile_bool(&t->file, first, "individual_digits", &digits))
        return false;
    if (prefix && first)
        return tokenizer_json_refuse(t, "add_prefix_space",
                                     "true for each word");
    t->spec.space_prefix = t->spec.prefix_unless_space = prefix;
    for (int kind = 0; kind < TOKENIZER_KINDS; kind++)
        if (is_scheme(tokenizer_scheme((TokenizerKind)kind), first, regex,
                      digits)) {
            t->spec.kind = (TokenizerKind)kind;
            return true;
        }
    return tokenizer_json_refuse(t, "pre_tokenizer", "unknown words");
}

/* Before words of bytes a text is only composed (NFC), if anything. */
static bool read_composition(JsonTokenizer *t, const json_t *normalizer) {
    const json_t *s;
    for (size_t i = 0; (s = tokenizer_json_step(normalizer, "normalizers", i));
         i++) {
        if (!tokenizer_json_is(s, "NFC"))
            return tokenizer_json_refuse(t, "normalizer", jsonfile_type(s));
        t->spec.normal = NORMAL_NFC;
    }
    return true;
}

/* Neither is there: a text is its characters, which merge.  Pieces with U+2581
 * are of another file, since nothing makes that of a space. */
static bool read_plain(JsonTokenizer *t) {
    json_t *vocab = json_object_get(t->model, "vocab");
    const char *text;
    json_t *id;
    json_object_foreach(vocab, text, id) {
        if (strstr(text, SPACE_MARK)) return no_mark_for_spaces(t);
    }
    t->spec.spaces_plain = true;
    t->spec.no_space_prefix = true;
    return true;
}

/* BERT's: what is cleaned is cut at blanks and punctuation. */
static bool read_bert(JsonTokenizer *t, const json_t *normalizer,
                      const json_t *pre) {
    const struct {
        const char *name;
        int flag;
    } rows[] = {{"clean_text", NORMAL_CLEAN},
                {"handle_chinese_chars", NORMAL_CJK},
                {"lowercase", NORMAL_LOWER},
                {"strip_accents", NORMAL_STRIP}};
    if (!tokenizer_json_is(pre, "BertPreTokenizer"))
        return tokenizer_json_refuse(t, "pre_tokenizer",
                                     pre ? jsonfile_type(pre) : "none");
    if (!normalizer) return true;
    if (!tokenizer_json_is(normalizer, "BertNormalizer"))
        return tokenizer_json_refuse(t, "normalizer",
                                     jsonfile_type(normalizer));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* Accents go where capitals do, unless the file says something else. */
        bool on =
            rows[i].flag != NORMAL_STRIP || (t->spec.normal & NORMAL_LOWER);
        if (!jsonfile_bool(&t->file, normalizer, rows[i].name, &on))
            return false;
        if (on) t->spec.normal |= rows[i].flag;
    }
    return true;
}

/* A cut at spaces, of which a normalizer left none (Gemma). */
static bool cuts_nothing(const json_t *pre, const json_t *normalizer) {
    return normalizer && tokenizer_json_is(pre, "Split") &&
           tokenizer_json_says(json_object_get(pre, "pattern"), "String", " ");
}

/* A list of no steps is as good as none. */
static const json_t *steps_of(const JsonTokenizer *t, const char *key,
                              const char *list) {
    const json_t *found = json_object_get(t->file.root, key);
    return json_is_null(found) || !tokenizer_json_step(found, list, 0) ? NULL
                                                                       : found;
}

bool tokenizer_json_before(JsonTokenizer *t) {
    const json_t *normalizer = steps_of(t, "normalizer", "normalizers");
    const json_t *pre = steps_of(t, "pre_tokenizer", "pretokenizers");
    const json_t *first = tokenizer_json_step(pre, "pretokenizers", 0);
    const json_t *second = tokenizer_json_step(pre, "pretokenizers", 1);
    if (t->spec.kind == TOKENIZER_WORDPIECE)
        return read_bert(t, normalizer, pre);
    if (!pre && !normalizer) return read_plain(t);
    if (!pre || (!second && cuts_nothing(first, normalizer)))
        return read_normalizer(t, normalizer);
    if (tokenizer_json_step(pre, "pretokenizers", 2))
        return tokenizer_json_refuse(t, "pre_tokenizer",
                                     "a sequence of more than two");
    const json_t *last = second ? second : first;
    if (tokenizer_json_is(last, "ByteLevel"))
        return read_composition(t, normalizer) &&
               read_words(t, second ? first : NULL, last);
    if (normalizer)
        return tokenizer_json_refuse(t, "normalizer",
                                     "one beside this pre_tokenizer");
    if (!second && tokenizer_json_is(first, "Metaspace"))
        return read_metaspace(t, first);
    return tokenizer_json_refuse(t, "pre_tokenizer", jsonfile_type(first));
}
