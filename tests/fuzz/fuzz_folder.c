/* Whole models: config.json, a tokenizer's file and merges.txt, with a byte 1
 * after each, and then model.safetensors, or a GGUF.  What opens is run for two
 * tokens, and a number of every site is explained. */
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/trace/explain.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hf_folder.h"

#include <unistd.h>

#define TRACE_BYTES (1u << 20)
#define DIM_MAX     512 /* larger ones are only slow */

/* ---- the model ----------------------------------------------------------- */

/* The first and the last number of a site, at the last position. */
static void explain_site(const Trace *t, Site site, int layer) {
    const Config *c = trace_config(t);
    const int pos = trace_n_pos(t) - 1;
    Explain ex = {0};
    Err err = {0};
    int rows, cols;
    site_shape(site, c, trace_n_keys(t, pos), &rows, &cols);
    FUZZ_TRUE(explain(t, site, layer, pos, 0, &ex, &err));
    FUZZ_TRUE(explain(t, site, layer, pos, rows * cols - 1, &ex, &err));
    FUZZ_TRUE(ex.n_before <= EXPLAIN_STEPS_MAX &&
              ex.n_steps <= EXPLAIN_STEPS_MAX);
    FUZZ_TRUE(ex.formula[0] && ex.a_name[0] && ex.a_source[0]);
    explain_free(&ex);
}

static void explain_all(const Model *m, const int *tokens, int n) {
    const Config *c = model_config(m);
    const SessionOptions options = {.seq_len = n, .n_threads = 1};
    Session *s = session_open(m, &options, NULL);
    Trace *t = s ? trace_open(s, TRACE_BYTES, NULL) : NULL;
    FUZZ_TRUE(t && session_feed(s, tokens, n, NULL));
    for (int site = 0; site < SITE_COUNT; site++)
        if (arch_sites(c->arch) & SITE_BIT(site))
            explain_site(t, (Site)site,
                         site_info((Site)site)->per_layer ? c->n_layers - 1
                                                          : 0);
    trace_close(t);
    session_close(s);
}

/* ---- the tokenizer ------------------------------------------------------- */

/* A message is of a file in the folder, or too long a path is cut. */
static void refused(const Err *err, const char *dir) {
    char path[sizeof err->msg] = "";
    const char *end = strchr(err->msg, ':');
    FUZZ_TRUE(strncmp(err->msg, dir, strlen(dir)) == 0 ||
              strncmp(err->msg, "...", 3) == 0);
    FUZZ_TRUE(end != NULL);
    memcpy(path, err->msg, (size_t)(end - err->msg));
    fuzz_refused(err, path);
}

static void try_tokenizer(const Model *m, const char *dir) {
    const int vocab = model_config(m)->vocab_size;
    char path[FOLDER_PATH_MAX];
    Err err = {0};
    if (!tokenizer_find(dir, vocab, path, sizeof path, NULL)) return;
    Tokenizer *t = tokenizer_open_for(m, path, &err);
    if (!t) {
        refused(&err, dir);
        return;
    }
    fuzz_must(holds_tokenizer(t));
    tokenizer_close(t);
}

/* ---- the folder ---------------------------------------------------------- */

static const char *const tokenizer_names[] = {"tokenizer.json", "vocab.json",
                                              "vocab.txt"};
#define TOKENIZER_NAMES 3

static bool holds_text_of(const uint8_t *data, size_t size, const char *text) {
    const size_t n = strlen(text);
    for (size_t at = 0; at + n <= size; at++)
        if (memcmp(data + at, text, n) == 0) return true;
    return false;
}

/* What it would be called. */
static const char *name_of(const uint8_t *data, size_t size) {
    if (size == 0 || data[0] != '{') return tokenizer_names[2];
    return tokenizer_names[!holds_text_of(data, size, "\"model\"")];
}

static void put_file(const char *dir, const char *name, const uint8_t *data,
                     size_t size) {
    char path[FOLDER_PATH_MAX];
    folder_path(path, dir, name);
    unlink(path);
    if (size > 0) folder_write(dir, name, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static HfFolder folder; /* the fuzzer's calls have nothing else in common */
    const uint8_t *parts[3] = {0};
    size_t sizes[3] = {0}, at = 0;
    for (int i = 0; i < 3; i++) {
        const uint8_t *end = at < size ? memchr(data + at, 1, size - at) : NULL;
        if (!end) return 0;
        parts[i] = data + at;
        sizes[i] = (size_t)(end - parts[i]);
        at += sizes[i] + 1;
    }
    if (!folder.dir[0]) hf_folder_empty(&folder);
    put_file(folder.dir, "config.json", parts[0], sizes[0]);
    for (int i = 0; i < TOKENIZER_NAMES; i++)
        put_file(folder.dir, tokenizer_names[i], NULL, 0);
    put_file(folder.dir, name_of(parts[1], sizes[1]), parts[1], sizes[1]);
    put_file(folder.dir, "merges.txt", parts[2], sizes[2]);

    /* In a block of its own, so that a read past its end shows. */
    const size_t n = size - at;
    const bool is_gguf = n >= 4 && memcmp(data + at, "GGUF", 4) == 0;
    char path[FOLDER_PATH_MAX];
    Err err = {0};
    folder_path(path, folder.dir, is_gguf ? "m.gguf" : "model.safetensors");
    uint8_t *block = malloc(n ? n : 1);
    if (!block) abort();
    memcpy(block, data + at, n);
    Model *m = model_open_memory(path, block, n, &err);
    if (!m) {
        refused(&err, folder.dir);
    } else if (model_config(m)->dim <= DIM_MAX) {
        const int vocab = model_config(m)->vocab_size;
        const int tokens[] = {1 % vocab, vocab - 1};
        fuzz_must(holds_model(m, block, n));
        explain_all(m, tokens, model_config(m)->seq_len_max > 1 ? 2 : 1);
        try_tokenizer(m, folder.dir);
    }
    model_close(m);
    free(block);
    return 0;
}
