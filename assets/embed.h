/* Embed: files linked into the binary (lessons, and the model when there is
 * one under assets/models/).  The table is made by assets/embed.sh. */
#ifndef ASSETS_EMBED_H
#define ASSETS_EMBED_H

#include <stdint.h>

typedef struct Embed {
    const char *name; /* path in the repository: "lessons/predict.md" */
    const uint8_t *begin, *end; /* 64-byte aligned; a NUL follows at end */
} Embed;

extern const Embed embed_table[]; /* ends with name == NULL; sorted by name */

#endif
