/* Holding what was read of a model file, and letting it go. */
#include "engine/format/model_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* "FILE: what": one plain line, whatever the name holds. */
static void __attribute__((format(printf, 3, 0)))
note(ModelFile *parts, const File *f, const char *fmt, va_list args) {
    char what[160];
    Err line = {0};
    vsnprintf(what, sizeof what, fmt, args);
    err_set(&line, ERR_FORMAT, 0, "%.32s: %s", file_name(f->path), what);
    snprintf(parts->warning, sizeof parts->warning, "%s", line.msg);
}

void model_file_tolerate(ModelFile *parts, const File *f, const char *fmt,
                         ...) {
    va_list args;
    if (parts->warning[0]) return;
    va_start(args, fmt);
    note(parts, f, fmt, args);
    va_end(args);
}

void model_file_doubt(ModelFile *parts, const File *f, const char *fmt, ...) {
    va_list args;
    if (parts->is_doubt) return;
    parts->is_doubt = true;
    va_start(args, fmt);
    note(parts, f, fmt, args);
    va_end(args);
}

void model_file_free(ModelFile *parts) {
    for (int i = 0; i < parts->n_shards; i++)
        file_close(&parts->shards[i]);
    free(parts->shards);
    free(parts->copies);
    free(parts->tensors);
    *parts = (ModelFile){0};
}
