/* JSON files of others: parsed by jansson, within limits.
 *
 *     JsonFile j;
 *     if (!jsonfile_open(&j, "config.json", data, size, 10000, &err)) ...
 *     int dim = 0;
 *     jsonfile_int(&j, j.root, "hidden_size", 1, 1000000, &dim)
 *     jsonfile_close(&j);
 *
 * Refused: anything that is not one JSON object with nothing after it, a key
 * twice, more than JSONFILE_DEPTH_MAX levels, more values than the caller
 * expects (a small file of many empty objects takes much memory), NUL in a
 * string, ill-formed UTF-8, numbers that do not fit.  A byte order mark is
 * skipped.  Messages are "name: field: found X, need Y".
 *
 * Configs (jsonfile_open_config) are written by hand and by Python, so in what
 * nobody reads a key may stand twice, and a number may be one that JSON does
 * not have: NaN, Infinity, -Infinity.  Where it is read, it is refused.
 */
#ifndef ENGINE_BASE_JSONFILE_H
#define ENGINE_BASE_JSONFILE_H

#include "engine/base/err.h"

#include <jansson.h>

#define JSONFILE_DEPTH_MAX 32

typedef struct JsonFile {
    json_t *root; /* an object */
    char *text;   /* [size] of a config; NULL: no key stands twice */
    size_t size;
    const char *name; /* borrowed */
    Err *err;
} JsonFile;

/* On failure *j is zeroed. */
bool jsonfile_open(JsonFile *j, const char *name, const void *data, size_t size,
                   size_t values_max, Err *err);
bool jsonfile_open_config(JsonFile *j, const char *name, const void *data,
                          size_t size, size_t values_max, Err *err);
void jsonfile_close(JsonFile *j); /* a zeroed one is fine */

/* Records "name: field: <fmt>"; returns false. */
bool jsonfile_fail(const JsonFile *j, ErrCode code, const char *field,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A member of an object, which may be NULL: *out is NULL when it is absent or
 * null.  False when the key stands twice in an object. */
bool jsonfile_member(const JsonFile *j, const json_t *object, const char *key,
                     json_t **out);

/* A member of an object, which may be NULL; a null value counts as absent.
 * Absent: *out stays as it is and the result is true.  Of another type or out
 * of range: false and a message. */
bool jsonfile_int(const JsonFile *j, const json_t *object, const char *key,
                  int min, int max, int *out);
bool jsonfile_real(const JsonFile *j, const json_t *object, const char *key,
                   float *out);
bool jsonfile_bool(const JsonFile *j, const json_t *object, const char *key,
                   bool *out);
bool jsonfile_string(const JsonFile *j, const json_t *object, const char *key,
                     const char **out);

/* Its "type": "" when it is not an object, or has none. */
const char *jsonfile_type(const json_t *object);

#endif
