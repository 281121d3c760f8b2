/* Jansson reads the text; before that it is counted what that will take,
 * since a short text of many values becomes very large. */
#include "engine/base/jsonfile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

bool jsonfile_open(JsonFile *j, const char *name, const void *data, size_t size,
                   size_t values_max, Err *err) {
    *j = (JsonFile){.name = name, .err = err};
    size_t memory = 0;
    if (!check_limits(j, data, size, values_max, &memory) ||
        !check_memory(j, memory))
        return false;
    json_error_t error;
    j->root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    if (j->root && json_is_object(j->root)) return true;
    if (j->root)
        jsonfile_fail(j, ERR_FORMAT, "JSON", "found no object, need one");
    else if (!error.text[0] ||
             json_error_code(&error) == json_error_out_of_memory)
        err_memory(err, name, size); /* it may say nothing then */
    else
        jsonfile_fail(j, ERR_FORMAT, "JSON", "%s, at byte %d", error.text,
                      error.position);
    jsonfile_close(j);
    return false;
}

void jsonfile_close(JsonFile *j) {
    json_decref(j->root);
    *j = (JsonFile){0};
}

/* ---- members ------------------------------------------------------------- */

/* NULL when it is absent or null. */
static const json_t *member(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool jsonfile_int(const JsonFile *j, const json_t *object, const char *key,
                  int min, int max, int *out) {
    const json_t *value = member(object, key);
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
    const json_t *value = member(object, key);
    if (!value) return true;
    float found = (float)json_number_value(value);
    if (!json_is_number(value) || !isfinite(found))
        return jsonfile_fail(j, ERR_FORMAT, key, "need a finite number");
    *out = found;
    return true;
}

bool jsonfile_bool(const JsonFile *j, const json_t *object, const char *key,
                   bool *out) {
    const json_t *value = member(object, key);
    if (!value) return true;
    if (!json_is_boolean(value))
        return jsonfile_fail(j, ERR_FORMAT, key, "need true or false");
    *out = json_is_true(value);
    return true;
}

bool jsonfile_string(const JsonFile *j, const json_t *object, const char *key,
                     const char **out) {
    const json_t *value = member(object, key);
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
