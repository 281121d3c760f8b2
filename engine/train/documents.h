/* Documents: a text file as documents, each learnt as a whole.
 *
 * Documents are separated by blank lines; in a text without any, every line is
 * one.  Line ends at a document's ends do not belong to it, and empty
 * documents are none.
 *
 *     Documents d = documents_init(text, size);
 *     for (Document doc; documents_next(&d, &doc);) use(doc.text, doc.n);
 *
 * Borrows the text; allocates nothing.
 */
#ifndef ENGINE_TRAIN_DOCUMENTS_H
#define ENGINE_TRAIN_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Documents {
    const char *text;
    size_t n, at;
    bool by_line; /* every line is a document */
} Documents;

typedef struct Document {
    const char *text;
    size_t n; /* > 0 */
} Document;

Documents documents_init(const char *text, size_t n);

/* The next document, or false at the end. */
bool documents_next(Documents *d, Document *out);

#endif
