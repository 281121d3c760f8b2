/* Format: which kind of model file it is, and who reads it.
 *
 *     if (!format_path(path, found, sizeof found, &err) ||
 *         !file_open(&f, found, FILE_SIZE_MAX, &err) ||
 *         !format_read(&f, &parts, &err)) ...
 *
 * One more format is one more row of the table in format.c.
 */
#ifndef ENGINE_FORMAT_FORMAT_H
#define ENGINE_FORMAT_FORMAT_H

#include "engine/format/model_file.h"

/* The file to open for a path: of a folder from Hugging Face its
 * model.safetensors or index, else the path itself. */
bool format_path(const char *path, char *out, size_t out_size, Err *err);

/* Fills *out (the caller frees, model_file_free) by the format that the name
 * and the first bytes tell; what no format knows is refused by what it looks
 * like.  On failure *out is zeroed. */
bool format_read(const File *f, ModelFile *out, Err *err);

/* "stories260K" of "models/stories260K.bin"; of a file that is called like
 * all of its kind, the folder: "TinyLlama-1.1B" of
 * "TinyLlama-1.1B/model.safetensors".  malloc'ed; NULL and err when out of
 * memory. */
char *format_model_name(const char *path, Err *err);

#endif
