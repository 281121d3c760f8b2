/* State strings, and the edits in them: what is read and written reads as the
 * same. */
#include "lessons/state.h"
#include "tests/fuzz/fuzz.h"

/* Refusals of these have no file; they name a key or a place. */
static void refused(const Err *err, size_t n) {
    FUZZ_TRUE(err->code != ERR_NONE && err->msg[0]);
    FUZZ_TRUE(err->pos <= n);
    for (const char *p = err->msg; *p; p++)
        FUZZ_TRUE((unsigned char)*p >= 0x20 && *p != 0x7F);
}

static char *written(const State *s) {
    const size_t n = state_format(s, STATE_ALL, NULL, 0);
    char *text = malloc(n + 1);
    FUZZ_TRUE(text != NULL);
    FUZZ_TRUE(state_format(s, STATE_ALL, text, n + 1) == n &&
              strlen(text) == n);
    FUZZ_TRUE(n <= STATE_TEXT_MAX && !strstr(text, "-->"));
    return text;
}

static void try_state(const char *text, size_t n) {
    Err err = {0};
    State a, b;
    state_init(&a);
    state_init(&b);
    if (state_parse(&a, text, &err)) {
        char *once = written(&a);
        FUZZ_TRUE(state_parse(&b, once, NULL));
        char *twice = written(&b);
        FUZZ_TRUE(strcmp(once, twice) == 0);
        FUZZ_TRUE(a.prompt_len == b.prompt_len && a.n_then == b.n_then);
        free(once);
        free(twice);
    } else {
        refused(&err, n);
        FUZZ_TRUE(a.set == 0 && !a.prompt && !a.then);
    }
    state_free(&a);
    state_free(&b);
}

static void try_edits(const char *text, size_t n) {
    char out[EDITS_TEXT_MAX];
    Err err = {0};
    Edits a = {0}, b = {0};
    if (!edits_parse(&a, text, NULL, &err)) {
        refused(&err, n);
        FUZZ_TRUE(a.n == 0 && !a.no_mask);
        return;
    }
    edits_format(&a, out, sizeof out);
    FUZZ_TRUE(edits_parse(&b, out, NULL, NULL));
    FUZZ_TRUE(edits_equal(&a, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); /* these end in a NUL */
    FUZZ_TRUE(text != NULL);
    memcpy(text, data, size);
    text[size] = 0;
    const size_t n = strlen(text);
    try_state(text, n);
    try_edits(text, n);
    free(text);
    return 0;
}
