/* Jansson reads the text; before that it is counted what that will take,
 * since a short text of many values becomes very large. */
#include "engine/base/jsonfile.h"

#include "engine/base/guess.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson takes no more than this for a value and for what is special to an
 * object, beside its text twice. */
#define VALUE_BYTES  160
#define OBJECT_BYTES 480

bool jsonfile_fail(const JsonFile *j, ErrCode code, const char *field,
                   const char *fmt, ...) {
    char what[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(j->err, code, 0, "%s: %s: %s", j->name, field, what);
}

/* ---- opening ------------------------------------------------------------- */

/* Depth and number of values, before anything is made of them.  That brackets
 * match is left to the parser. */
static bool check_limits(const JsonFile *j, const char *text, size_t size,
                         size_t values_max, size_t *memory) {
    size_t n_values = 1, n_objects = 0, depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\'; /* what follows is not the end */
        } else if (c == '{' || c == '[') {
            n_values++;
            n_objects += c == '{';
            if (++depth > JSONFILE_DEPTH_MAX)
                return jsonfile_fail(j, ERR_LIMIT, "JSON",
                                     "found more than %d levels, at byte %zu",
                                     JSONFILE_DEPTH_MAX, i);
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == ',') {
            n_values++;
        }
    }
    *memory = VALUE_BYTES * n_values + OBJECT_BYTES * n_objects + 2 * size;
    if (n_values <= values_max) return true;
    return jsonfile_fail(j, ERR_LIMIT, "JSON", "found %zu values, allowed %zu",
                         n_values, values_max);
}

/* jansson 2.14 does not survive every allocation that fails: what it may need
 * is asked for at once, and then left to it. */
static bool check_memory(const JsonFile *j, size_t need) {
    void *volatile room = malloc(need); /* or a compiler leaves it out */
    free(room);
    return room || err_memory(j->err, j->name, need);
}

static bool parse(JsonFile *j, const char *text, size_t size, size_t flags) {
    json_error_t error;
    j->root = json_loadb(text, size, flags, &error);
    if (j->root && json_is_object(j->root)) return true;
    const char *what = guess_describe(text, size);
    if (j->root)
        return jsonfile_fail(j, ERR_FORMAT, "JSON",
                             "found no object, need one");
    if (what && text[0] != '{')
        return jsonfile_fail(j, ERR_FORMAT, "JSON", "found %s, need an object",
                             what);
    if (!error.text[0] || json_error_code(&error) == json_error_out_of_memory)
        return err_memory(j->err, j->name, size); /* it may say nothing then */
    return jsonfile_fail(j, ERR_FORMAT, "JSON", "%s, at byte %d", error.text,
                         error.position);
}

/* Some editors put a byte order mark before the text. */
static size_t mark_size(const void *data, size_t size) {
    return size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

bool jsonfile_open(JsonFile *j, const char *name, const void *data, size_t size,
                   size_t values_max, Err *err) {
    *j = (JsonFile){.name = name, .err = err};
    const size_t mark = mark_size(data, size);
    const char *text = (const char *)data + mark;
    size_t memory = 0;
    if (check_limits(j, text, size - mark, values_max, &memory) &&
        check_memory(j, memory) &&
        parse(j, text, size - mark, JSON_REJECT_DUPLICATES))
        return true;
    jsonfile_close(j);
    return false;
}

/* ---- configs ------------------------------------------------------------- */

static size_t word_size(const char *text, size_t n) {
    static const char *const words[] = {"-Infinity", "Infinity", "NaN"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t len = strlen(words[i]);
        if (n >= len && memcmp(text, words[i], len) == 0) return len;
    }
    return 0;
}

/* Python's numbers that JSON does not have become empty objects: of no use to
 * whoever wants a number, and in nobody else's way. */
static void replace_odd_numbers(char *text, size_t size) {
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') in_string = !in_string;
        if (in_string) {
            i += text[i] == '\\';
            continue;
        }
        const size_t n = word_size(text + i, size - i);
        if (n == 0) continue;
        memset(text + i, ' ', n);
        text[i] = '{';
        text[i + n - 1] = '}';
        i += n - 1;
    }
}

bool jsonfile_open_config(JsonFile *j, const char *name, const void *data,
                          size_t size, size_t values_max, Err *err) {
    *j = (JsonFile){.name = name, .err = err};
    const size_t mark = mark_size(data, size);
    size_t memory = 0;
    j->size = size - mark;
    j->text = malloc(j->size + 1);
    if (!j->text) return err_memory(err, name, j->size + 1);
    memcpy(j->text, (const char *)data + mark, j->size);
    j->text[j->size] = '\0';
    replace_odd_numbers(j->text, j->size);
    if (check_limits(j, j->text, j->size, values_max, &memory) &&
        check_memory(j, memory) && parse(j, j->text, j->size, 0))
        return true;
    jsonfile_close(j);
    return false;
}

/* The string that begins after the quote at `at`: whether it is `key`, and
 * where it ends. */
static bool is_string(const JsonFile *j, size_t at, const char *key,
                      size_t *end) {
    size_t i = at;
    while (i < j->size && j->text[i] != '"')
        i += 1 + (j->text[i] == '\\');
    *end = i;
    return i - at == strlen(key) && memcmp(j->text + at, key, i - at) == 0;
}

static bool is_before_colon(const JsonFile *j, size_t at) {
    while (at < j->size && strchr(" \t\r\n", j->text[at]))
        at++;
    return at < j->size && j->text[at] == ':';
}

/* True when some object has the key twice.  The text has been parsed. */
static bool stands_twice(const JsonFile *j, const char *key) {
    bool seen[JSONFILE_DEPTH_MAX + 1] = {false};
    size_t depth = 0, end;
    for (size_t i = 0; j->text && i < j->size; i++) {
        const char c = j->text[i];
        if (c == '{' || c == '[') seen[++depth] = false;
        if (c == '}' || c == ']') depth--;
        if (c != '"') continue;
        const bool found = is_string(j, i + 1, key, &end);
        if (found && is_before_colon(j, end + 1)) {
            if (seen[depth]) return true;
            seen[depth] = true;
        }
        i = end;
    }
    return false;
}

void jsonfile_close(JsonFile *j) {
    json_decref(j->root);
    free(j->text);
    *j = (JsonFile){0};
}

/* ---- members ------------------------------------------------------------- */

bool jsonfile_member(const JsonFile *j, const json_t *object, const char *key,
                     json_t **out) {
    json_t *value = json_object_get(object, key);
    *out = json_is_null(value) ? NULL : value;
    if (!value || !stands_twice(j, key)) return true;
    return jsonfile_fail(j, ERR_FORMAT, key, "found it twice, need it once");
}

bool jsonfile_int(const JsonFile *j, const json_t *object, const char *key,
                  int min, int max, int *out) {
    json_t *value;
    if (!jsonfile_member(j, object, key, &value)) return false;
    if (!value) return true;
    if (!json_is_integer(value))
        return jsonfile_fail(j, ERR_FORMAT, key, "need a whole number");
    json_int_t found = json_integer_value(value);
    if (found < min || found > max)
        return jsonfile_fail(j, ERR_FORMAT, key,
                             "found %" JSON_INTEGER_FORMAT ", need %d..%d",
                             found, min, max);
    *out = (int)found;
    return true;
}

bool jsonfile_real(const JsonFile *j, const json_t *object, const char *key,
                   float *out) {
    json_t *value;
    if (!jsonfile_member(j, object, key, &value)) return false;
    if (!value) return true;
    float found = (float)json_number_value(value);
    if (!json_is_number(value) || !isfinite(found))
        return jsonfile_fail(j, ERR_FORMAT, key, "need a finite number");
    *out = found;
    return true;
}

bool jsonfile_bool(const JsonFile *j, const json_t *object, const char *key,
                   bool *out) {
    json_t *value;
    if (!jsonfile_member(j, object, key, &value)) return false;
    if (!value) return true;
    if (!json_is_boolean(value))
        return jsonfile_fail(j, ERR_FORMAT, key, "need true or false");
    *out = json_is_true(value);
    return true;
}

bool jsonfile_string(const JsonFile *j, const json_t *object, const char *key,
                     const char **out) {
    json_t *value;
    if (!jsonfile_member(j, object, key, &value)) return false;
    if (!value) return true;
    if (!json_is_string(value))
        return jsonfile_fail(j, ERR_FORMAT, key, "need a string");
    *out = json_string_value(value);
    return true;
}

const char *jsonfile_type(const json_t *object) {
    const char *type = json_string_value(json_object_get(object, "type"));
    return type ? type : "";
}
