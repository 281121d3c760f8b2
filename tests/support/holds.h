/* Holds: what is true of everything that opened, and of every refusal.
 *
 * For the tests of damaged files and for the fuzzers.  Each function returns
 * NULL when all of it holds, or a static text that says what does not.
 */
#ifndef TESTS_SUPPORT_HOLDS_H
#define TESTS_SUPPORT_HOLDS_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

/* One line of printable characters that begins with `name` and a colon, or
 * with "..." where it was cut to fit, and names a field before what was
 * found. */
const char *holds_message(const Err *err, const char *name);

/* The config is within its limits; every tensor has the shape that the config
 * asks for and lies in its file, the one opened being the `size` bytes at
 * `data` (NULL: somewhere); every weight can be read; and two steps from two
 * tokens give finite logits, unless a weight is so large (1e3) that they need
 * not be. */
const char *holds_model(const Model *m, const void *data, size_t size);

/* Pieces within their limits; found by their bytes; and texts, of any bytes,
 * decode to what was encoded, their tokens' spans following each other. */
const char *holds_tokenizer(const Tokenizer *t);

/* One text of n bytes through t. */
const char *holds_text(const Tokenizer *t, const char *text, size_t n);

#endif
