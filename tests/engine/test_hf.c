/* Folders from Hugging Face: the same weights in every type and layout are the
 * same model; what config.json says is kept or refused by name. */
#include "engine/format/hf.h"
#include "engine/spec/rope.h"

#include "engine/run/session.h"
#include "tests/support/folder.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_TOKENS 12

/* A llama2.c model whose weights every type holds. */
typedef struct Source {
    void *bytes;
    Model *model;
} Source;

static Source source_open(bool tied) {
    TinySpec spec = tiny_spec();
    Source s;
    size_t size;
    Err err = {0};
    spec.shared_classifier = tied;
    s.bytes = tiny_model_bytes(&spec, &size);
    tiny_hf_round(s.bytes, 28, size);
    s.model = model_open_memory("source", s.bytes, size, &err);
    ck_assert_msg(s.model != NULL, "%s", err.msg);
    return s;
}

static void source_close(Source *s) {
    model_close(s->model);
    free(s->bytes);
}

static void tokens_of(int tokens[N_TOKENS]) {
    for (int i = 0; i < N_TOKENS; i++)
        tokens[i] = (1 + 37 * i) % 300;
}

/* Logits after the last of N_TOKENS. */
static void run(const Model *m, float *logits) {
    Err err = {0};
    int tokens[N_TOKENS];
    tokens_of(tokens);
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    const float *row = session_feed(s, tokens, N_TOKENS, &err);
    ck_assert_msg(row != NULL, "%s", err.msg);
    memcpy(logits, row, 300 * sizeof *logits);
    session_close(s);
}

static void check_same(const Model *m, const Model *want) {
    float a[300], b[300];
    run(m, a);
    run(want, b);
    for (int i = 0; i < 300; i++)
        ck_assert_float_eq_tol(a[i], b[i], 1e-5f);
}

/* A folder with `type` weights in n_parts files opens by its own path, and by
 * that of a file in it, as the same model. */
static void check_folder(const Model *want, const char *type, int n_parts) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    tiny_hf_write(dir, want, type, n_parts);
    folder_path(path, dir,
                n_parts > 1 ? "model.safetensors.index.json"
                            : "model.safetensors");
    for (int by_file = 0; by_file < 2; by_file++) {
        Model *m = model_open(by_file ? path : dir, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_str_eq(model_name(m), strrchr(dir, '/') + 1);
        ck_assert_uint_eq(model_n_params(m), model_n_params(want));
        ck_assert_str_eq(model_format(m), "safetensors");
        check_same(m, want);
        model_close(m);
    }
    folder_remove(dir);
}

START_TEST(all_types_and_layouts_are_the_same_model) {
    for (int tied = 0; tied < 2; tied++) {
        Source s = source_open(tied);
        check_folder(s.model, "F32", 1);
        check_folder(s.model, "F32", 3);
        check_folder(s.model, "F16", 1);
        check_folder(s.model, "BF16", 1);
        check_folder(s.model, "BF16", 2);
        source_close(&s);
    }
}
END_TEST

/* Where explain says a row is in the file, it is. */
START_TEST(rows_are_where_they_are_said_to_be) {
    Source s = source_open(true);
    char dir[FOLDER_PATH_MAX];
    folder_make(dir);
    tiny_hf_write(dir, s.model, "F32", 1);
    Bytes file = tiny_safetensors(s.model, "F32", 0, 1);
    Model *m = model_open(dir, NULL);
    ck_assert_ptr_nonnull(m);
    for (int role = 0; role < TENSOR_CLASSIFIER; role++) {
        const Tensor *t = model_tensor(m, (TensorRole)role, 0);
        const Tensor *want = model_tensor(s.model, (TensorRole)role, 0);
        const size_t row_bytes = (size_t)t->cols * sizeof(float);
        for (int row = 0; row < t->rows; row++) {
            size_t at = (size_t)row * row_bytes;
            ck_assert_mem_eq(file.data + tensor_row_offset(t, row),
                             (const char *)want->data + at, row_bytes);
            ck_assert_mem_eq((const char *)t->data + at,
                             (const char *)want->data + at, row_bytes);
        }
    }
    model_close(m);
    bytes_free(&file);
    folder_remove(dir);
    source_close(&s);
}
END_TEST

/* ---- config.json --------------------------------------------------------- */

/* A folder of good weights with a config.json to try. */
typedef struct Try {
    Source source;
    char dir[FOLDER_PATH_MAX];
    Err err;
} Try;

static Try try_open(void) {
    Try t = {.source = source_open(true)};
    folder_make(t.dir);
    tiny_hf_write(t.dir, t.source.model, "F32", 1);
    return t;
}

static void try_close(Try *t) {
    folder_remove(t->dir);
    source_close(&t->source);
}

/* Opens with `more` members in config.json. */
static Model *try_more(Try *t, const char *more) {
    Bytes b = tiny_config_json(t->source.model, more);
    folder_write(t->dir, "config.json", b.data, b.size);
    bytes_free(&b);
    err_clear(&t->err);
    return model_open(t->dir, &t->err);
}

START_TEST(old_and_new_spellings_of_the_rotation) {
    static const struct {
        const char *more;
        float theta;
    } cases[] = {
        {"", 10000},
        {",\"rope_theta\":500000.0,\"rope_scaling\":null", 500000},
        {",\"rope_theta\":1000,\"rope_scaling\":{\"type\":\"default\"}", 1000},
        {",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":"
         "20000}",
         20000},
        {",\"head_dim\":4,\"hidden_act\":\"silu\",\"torch_dtype\":\"float16\","
         "\"attention_bias\":false,\"sliding_window\":null,\"x\":-0",
         10000},
    };
    Try t = try_open();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Model *m = try_more(&t, cases[i].more);
        ck_assert_msg(m != NULL, "%s", t.err.msg);
        ck_assert_float_eq(model_config(m)->rope_theta, cases[i].theta);
        ck_assert(!model_config(m)->rope_scaled);
        model_close(m);
    }
    try_close(&t);
}
END_TEST

START_TEST(linear_scaling_divides_every_frequency) {
    static const char *const spellings[] = {
        ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":4.0}",
        ",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":4}",
        ",\"rope_parameters\":null,\"rope_scaling\":{\"type\":\"linear\","
        "\"factor\":4}",
        ",\"rope_parameters\":{\"rope_theta\":10000,\"rope_type\":\"linear\","
        "\"factor\":4.0}"};
    Try t = try_open();
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        Model *m = try_more(&t, spellings[i]);
        ck_assert_msg(m != NULL, "%s", t.err.msg);
        const Config *c = model_config(m);
        for (int pair = 0; pair < c->head_dim / 2; pair++)
            ck_assert_double_eq_tol(rope_freq(c, pair) * 4,
                                    pow(10000, -2.0 * pair / c->head_dim),
                                    1e-12);
        model_close(m);
    }
    try_close(&t);
}
END_TEST

#define LLAMA3                                                                 \
    "\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"         \
    "\"original_max_position_embeddings\":64"

/* As the frequencies are given by transformers, from wave lengths. */
static double llama3_freq(double freq) {
    const double wave_len = 2 * 3.141592653589793 / freq;
    if (wave_len < 64 / 4.0) return freq;
    if (wave_len > 64 / 1.0) return freq / 8;
    const double smooth = (64 / wave_len - 1) / (4 - 1);
    return (1 - smooth) * freq / 8 + smooth * freq;
}

START_TEST(llama3_scaling_changes_the_frequencies) {
    static const char *const spellings[] = {
        ",\"rope_theta\":100,\"rope_scaling\":{\"rope_type\":\"llama3\"," LLAMA3
        "}",
        ",\"rope_parameters\":{\"rope_theta\":100,\"rope_type\":"
        "\"llama3\"," LLAMA3 "}"};
    Try t = try_open();
    for (int i = 0; i < 2; i++) {
        Model *m = try_more(&t, spellings[i]);
        ck_assert_msg(m != NULL, "%s", t.err.msg);
        const Config *c = model_config(m);
        ck_assert(c->rope_scaled);
        for (int pair = 0; pair < c->head_dim / 2; pair++) {
            double plain = pow(100, -2.0 * pair / c->head_dim);
            ck_assert_double_eq_tol(rope_freq(c, pair), llama3_freq(plain),
                                    1e-8);
        }
        /* One pair is as it was, one in between. */
        ck_assert_float_eq(c->rope_divisors[0], 1);
        ck_assert_float_gt(c->rope_divisors[1], 1);
        float logits[300];
        int tokens[N_TOKENS];
        tokens_of(tokens);
        run(m, logits);
        Reference *r = reference_run(m, &(Edits){0}, tokens, N_TOKENS);
        const double *want = reference_row(r, SITE_LOGITS, 0, N_TOKENS - 1);
        for (int k = 0; k < 300; k++)
            ck_assert_double_eq_tol((double)logits[k], want[k], 1e-3);
        reference_free(r);
        model_close(m);
    }
    try_close(&t);
}
END_TEST

START_TEST(folders_without_a_model_are_refused) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    ck_assert_ptr_null(model_open(dir, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "found neither model.safetensors"));
    Source s = source_open(true);
    Bytes file = tiny_safetensors(s.model, "F32", 0, 1);
    folder_write(dir, "model.safetensors", file.data, file.size);
    err_clear(&err);
    ck_assert_ptr_null(model_open(dir, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "config.json: open: "));
    bytes_free(&file);
    source_close(&s);
    folder_remove(dir);
}
END_TEST

/* ---- what people have ---------------------------------------------------- */

/* The folder of s with `config` in place of its own: opens as s, or is refused
 * with a message that holds `says`. */
static void check_config(const Source *s, const char *before, const char *more,
                         const char *says) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    tiny_hf_write(dir, s->model, "F32", 1);
    Bytes plain = tiny_config_json(s->model, more), config = {0};
    bytes_put(&config, before, strlen(before));
    bytes_put(&config, plain.data, plain.size);
    folder_write(dir, "config.json", config.data, config.size);
    Model *m = model_open(dir, &err);
    ck_assert_msg((m != NULL) == (says == NULL), "%s: %s", more, err.msg);
    if (m) check_same(m, s->model);
    if (says) ck_assert_msg(strstr(err.msg, says), "%s: %s", says, err.msg);
    model_close(m);
    bytes_free(&plain);
    bytes_free(&config);
    folder_remove(dir);
}

START_TEST(configs_as_python_and_editors_write_them) {
    static const struct {
        const char *before, *more, *says;
    } cases[] = {
        {"\xEF\xBB\xBF", "", NULL},
        {"", ",\"a\":NaN,\"b\":[-Infinity,Infinity],\"c\":\"NaN\\\"\"", NULL},
        {"", ",\"torch_dtype\":\"float32\",\"torch_dtype\":\"x\"", NULL},
        {"", ",\"x\":{\"hidden_size\":1,\"y\":{\"hidden_size\":2}}", NULL},
        {"", ",\"rms_norm_eps\":NaN", "rms_norm_eps: found it twice"},
        {"", ",\"rope_theta\":Infinity", "rope_theta: need a finite number"},
        {"", ",\"hidden_size\":16", "hidden_size: found it twice"},
        {"", ",\"partial_rotary_factor\":NaN", "partial_rotary_factor: need"},
        {"", ",\"rope_scaling\":null,\"rope_scaling\":{\"type\":\"linear\"}",
         "rope_scaling: found it twice"},
        {"", ",\"sliding_window\":null,\"sliding_window\":null",
         "sliding_window: found it twice"},
        {"\xEF\xBB", "", "JSON"},
    };
    Source s = source_open(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_config(&s, cases[i].before, cases[i].more, cases[i].says);
    source_close(&s);
}
END_TEST

START_TEST(a_pointer_in_place_of_a_file_is_named) {
    static const char pointer[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    static const char *const names[] = {"config.json", "model.safetensors"};
    Source s = source_open(true);
    for (int i = 0; i < 2; i++) {
        char dir[FOLDER_PATH_MAX];
        Err err = {0};
        folder_make(dir);
        tiny_hf_write(dir, s.model, "F32", 1);
        folder_write(dir, names[i], pointer, strlen(pointer));
        ck_assert_ptr_null(model_open(dir, &err));
        ck_assert_msg(strstr(err.msg, names[i]), "%s", err.msg);
        ck_assert_msg(strstr(err.msg, "git-lfs pointer"), "%s", err.msg);
        folder_remove(dir);
    }
    source_close(&s);
}
END_TEST

/* Replaces `from` in the header of a safetensors file. */
static void rename_in(Bytes *b, const char *from, const char *to) {
    uint64_t n;
    memcpy(&n, b->data, sizeof n);
    size_t at = 8, len = strlen(from);
    while (at + len <= 8 + n && memcmp(b->data + at, from, len) != 0)
        at++;
    ck_assert_uint_le(at + len, 8 + n);
    bytes_cut(b, at, len);
    bytes_insert(b, at, strlen(to));
    memcpy(b->data + at, to, strlen(to));
    n = n - len + strlen(to);
    memcpy(b->data, &n, sizeof n);
}

/* One more tensor, of one number, at the end of a file. */
static void add_tensor(Bytes *b, const char *name) {
    uint64_t n;
    char entry[160];
    memcpy(&n, b->data, sizeof n);
    const size_t end = b->size - 8 - (size_t)n;
    snprintf(entry, sizeof entry,
             "\"%s\":{\"dtype\":\"F32\",\"shape\":[1],"
             "\"data_offsets\":[%zu,%zu]},",
             name, end, end + 4);
    bytes_insert(b, 9, strlen(entry));
    memcpy(b->data + 9, entry, strlen(entry));
    bytes_f32(b, 1);
    n += strlen(entry);
    memcpy(b->data, &n, sizeof n);
}

/* In whichever file it lies; the output matrix of a tied model is left out and
 * told of. */
START_TEST(a_tensor_of_no_use_is_refused) {
    static const struct {
        const char *name;
        bool opens;
    } cases[] = {
        {"model.layers.0.self_attn.q_norm.weight", false},
        {"model.layers.1.mlp.experts.0.w1.weight", false},
        {"visual.blocks.0.norm1.weight", false},
        {"model.layers.0.self_attn.rotary_emb.inv_freq", true},
        {"lm_head.weight", true},
    };
    Source s = source_open(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int part = 0; part < 2; part++) {
            char dir[FOLDER_PATH_MAX], shard[64], says[160];
            Err err = {0};
            folder_make(dir);
            tiny_hf_write(dir, s.model, "F32", 2);
            Bytes file = tiny_safetensors(s.model, "F32", part, 2);
            add_tensor(&file, cases[i].name);
            snprintf(shard, sizeof shard, "model-0000%d-of-00002.safetensors",
                     part + 1);
            folder_write(dir, shard, file.data, file.size);
            Model *m = model_open(dir, &err);
            snprintf(says, sizeof says,
                     "%s: %s: found one, need none by config.json", shard,
                     cases[i].name);
            ck_assert_msg((m != NULL) == cases[i].opens, "%s: %s",
                          cases[i].name, err.msg);
            if (!m) ck_assert_msg(strstr(err.msg, says), "%s", err.msg);
            if (m) check_same(m, s.model);
            model_close(m);
            bytes_free(&file);
            folder_remove(dir);
        }
    source_close(&s);
}
END_TEST

/* Two names for one table: stored under either, with the map from the one to
 * the other or without. */
START_TEST(tied_weights_are_found_under_either_name) {
    static const char embed[] = "\"model.embed_tokens.weight\":{";
    static const struct {
        const char *to, *tied;
        const char *says;
    } cases[] = {
        {"\"lm_head.weight\":{", "true", NULL},
        {"\"__metadata__\":{\"model.embed_tokens.weight\":\"lm_head.weight\"},"
         "\"lm_head.weight\":{",
         "true", NULL},
        {"\"__metadata__\":{\"model.embed_tokens.weight\":\"lm_head.weight\"},"
         "\"lm_head.weight\":{",
         "false", NULL},
        {"\"__metadata__\":{\"lm_head.weight\":\"model.embed_tokens.weight\","
         "\"x\":\"y\"},\"model.embed_tokens.weight\":{",
         "false", NULL},
        {"\"lm_head.weight\":{", "false", "model.embed_tokens.weight: found"},
        {"\"model.embed_tokens.weight\":{", "false", "lm_head.weight: found"},
        {"\"__metadata__\":{\"lm_head.weight\":\"elsewhere\"},"
         "\"model.embed_tokens.weight\":{",
         "false", "lm_head.weight: found none"},
    };
    Source s = source_open(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dir[FOLDER_PATH_MAX], more[64];
        Err err = {0};
        folder_make(dir);
        Bytes file = tiny_safetensors(s.model, "F32", 0, 1);
        Bytes config = tiny_config_json(s.model, "");
        rename_in(&file, embed, cases[i].to);
        char *tied = strstr((char *)config.data, "\"tie_word_embeddings\":");
        ck_assert_ptr_nonnull(tied);
        snprintf(more, sizeof more, "\"tie_word_embeddings\":%s",
                 cases[i].tied);
        const size_t at = (size_t)(tied - (char *)config.data);
        bytes_cut(&config, at, strcspn(tied, ",}"));
        bytes_insert(&config, at, strlen(more));
        memcpy(config.data + at, more, strlen(more));
        folder_write(dir, "model.safetensors", file.data, file.size);
        folder_write(dir, "config.json", config.data, config.size);
        Model *m = model_open(dir, &err);
        ck_assert_msg((m != NULL) == (cases[i].says == NULL), "%zu: %s", i,
                      err.msg);
        if (m) check_same(m, s.model);
        if (!m) ck_assert_msg(strstr(err.msg, cases[i].says), "%s", err.msg);
        if (m && i < 2)
            ck_assert_msg(!strstr(model_warning(m) ? model_warning(m) : "",
                                  "lm_head.weight: found one"),
                          "%s", model_warning(m));
        model_close(m);
        bytes_free(&file);
        bytes_free(&config);
        folder_remove(dir);
    }
    source_close(&s);
}
END_TEST

START_TEST(shards_need_no_index) {
    Source s = source_open(false);
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    tiny_hf_write(dir, s.model, "F32", 3);
    folder_path(path, dir, "model.safetensors.index.json");
    ck_assert_int_eq(remove(path), 0);
    folder_path(path, dir, "model-00002-of-00003.safetensors");
    for (int by_file = 0; by_file < 2; by_file++) {
        Model *m = model_open(by_file ? path : dir, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        check_same(m, s.model);
        model_close(m);
    }
    ck_assert_int_eq(remove(path), 0);
    ck_assert_ptr_null(model_open(dir, &err));
    ck_assert_msg(strstr(err.msg, "model-00002-of-00003.safetensors: open"),
                  "%s", err.msg);
    folder_remove(dir);
    source_close(&s);
}
END_TEST

/* Where a tensor of a file lies in it, and its bytes. */
static size_t find_data(Bytes *b, const char *name, size_t *size) {
    char key[96];
    uint64_t n;
    unsigned long long begin, end;
    memcpy(&n, b->data, sizeof n);
    snprintf(key, sizeof key, "\"%s\":{", name);
    bytes_u8(b, 0); /* of the text */
    const char *at = strstr((const char *)b->data + 8, key);
    ck_assert_ptr_nonnull(at);
    at = strstr(at, "\"data_offsets\":[");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, "\"data_offsets\":[%llu,%llu]", &begin, &end),
                     2);
    bytes_cut(b, b->size - 1, 1);
    *size = (size_t)(end - begin);
    return 8 + (size_t)n + (size_t)begin;
}

static void copy_embedding(Bytes *b) {
    size_t n, n_output;
    const size_t embed = find_data(b, "model.embed_tokens.weight", &n);
    const size_t output = find_data(b, "lm_head.weight", &n_output);
    ck_assert_uint_eq(n, n_output);
    memcpy(b->data + output, b->data + embed, n);
}

/* lm_head is there beside the embedding that config.json names: it is told on
 * opening only where it is another. */
START_TEST(a_tied_output_that_is_another_is_told) {
    Source s = source_open(false), tied = source_open(true);
    for (int another = 0; another < 2; another++) {
        char dir[FOLDER_PATH_MAX];
        Err err = {0};
        Bytes file = tiny_safetensors(s.model, "F32", 0, 1);
        Bytes config = tiny_config_json(tied.model, "");
        folder_make(dir);
        if (!another) copy_embedding(&file);
        folder_write(dir, "model.safetensors", file.data, file.size);
        folder_write(dir, "config.json", config.data, config.size);
        Model *m = model_open(dir, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        ck_assert_str_eq(model_warning(m),
                         another ? "model.safetensors: lm_head.weight: found "
                                   "one that is not the embedding, but "
                                   "config.json says tie_word_embeddings"
                                 : "model.safetensors: lm_head.weight: found "
                                   "one, but config.json says "
                                   "tie_word_embeddings");
        ck_assert_int_eq(model_doubt(m) != NULL, another);
        model_close(m);
        bytes_free(&file);
        bytes_free(&config);
        folder_remove(dir);
    }
    source_close(&s);
    source_close(&tied);
}
END_TEST

/* However far behind it differs: all of a small one is compared, and of one too
 * large for that pages up to the last. */
START_TEST(a_tied_output_is_compared_to_its_end) {
    for (int large = 0; large < 2; large++) {
        TinySpec spec = tiny_spec();
        spec.vocab_size = large ? 70000 : 20000; /* of 64 bytes each */
        spec.shared_classifier = false;
        size_t size;
        void *bytes = tiny_model_bytes(&spec, &size);
        Err err = {0};
        Model *m = model_open_memory("source", bytes, size, &err);
        ck_assert_msg(m != NULL, "%s", err.msg);
        Bytes file = tiny_safetensors(m, "F32", 0, 1);
        copy_embedding(&file);
        for (int differs = 0; differs < 2; differs++) {
            char dir[FOLDER_PATH_MAX];
            Bytes config = tiny_config_json(m, "");
            char *tied =
                strstr((char *)config.data, "\"tie_word_embeddings\":false");
            ck_assert_ptr_nonnull(tied);
            memcpy(strchr(tied, ':'), ":true ", 6);
            folder_make(dir);
            if (differs) {
                size_t n;
                const size_t at = find_data(&file, "lm_head.weight", &n);
                file.data[at + n - 4] ^= 1;
            }
            folder_write(dir, "model.safetensors", file.data, file.size);
            folder_write(dir, "config.json", config.data, config.size);
            Model *opened = model_open(dir, &err);
            ck_assert_msg(opened != NULL, "%s", err.msg);
            ck_assert_int_eq(model_doubt(opened) != NULL, differs);
            model_close(opened);
            bytes_free(&config);
            folder_remove(dir);
        }
        model_close(m);
        bytes_free(&file);
        free(bytes);
    }
}
END_TEST

/* Of a tensor that is in two files none is chosen. */
START_TEST(a_tensor_is_in_one_shard_alone) {
    Source s = source_open(false);
    for (int with_index = 0; with_index < 2; with_index++) {
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        Err err = {0};
        folder_make(dir);
        tiny_hf_write(dir, s.model, "F32", 2);
        Bytes file = tiny_safetensors(s.model, "F32", 1, 2);
        add_tensor(&file, "model.embed_tokens.weight");
        folder_write(dir, "model-00002-of-00002.safetensors", file.data,
                     file.size);
        folder_path(path, dir, "model.safetensors.index.json");
        if (!with_index) ck_assert_int_eq(remove(path), 0);
        ck_assert_ptr_null(model_open(dir, &err));
        ck_assert_msg(
            strstr(err.msg,
                   "model-00002-of-00002.safetensors: "
                   "model.embed_tokens.weight: found one, and another in "
                   "model-00001-of-00002.safetensors"),
            "%s", err.msg);
        bytes_free(&file);
        folder_remove(dir);
    }
    source_close(&s);
}
END_TEST

/* The index errs about a tensor: it is taken from where it is, and that is
 * said. */
START_TEST(a_tensor_may_be_in_another_shard_than_the_index_says) {
    static const char name[] = "\"model.embed_tokens.weight\":\"model-00001";
    Source s = source_open(false);
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    tiny_hf_write(dir, s.model, "F32", 2);
    Bytes index = tiny_index_json(s.model, 2);
    bytes_u8(&index, 0);
    char *at = strstr((char *)index.data, name);
    ck_assert_ptr_nonnull(at);
    at[strlen(name) - 1] = '2';
    folder_write(dir, "model.safetensors.index.json", index.data,
                 index.size - 1);
    Model *m = model_open(dir, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    check_same(m, s.model);
    ck_assert_ptr_nonnull(model_warning(m));
    ck_assert_msg(strstr(model_warning(m),
                         "weight_map: found model.embed_tokens.weight in "
                         "model-00001-of-00002.safetensors"),
                  "%s", model_warning(m));
    model_close(m);
    bytes_free(&index);
    folder_remove(dir);
    source_close(&s);
}
END_TEST

TEST_MAIN("hf", a_tied_output_that_is_another_is_told,
          a_tied_output_is_compared_to_its_end, a_tensor_is_in_one_shard_alone,
          a_tensor_may_be_in_another_shard_than_the_index_says,
          configs_as_python_and_editors_write_them,
          a_pointer_in_place_of_a_file_is_named, a_tensor_of_no_use_is_refused,
          tied_weights_are_found_under_either_name, shards_need_no_index,
          all_types_and_layouts_are_the_same_model,
          rows_are_where_they_are_said_to_be,
          old_and_new_spellings_of_the_rotation,
          linear_scaling_divides_every_frequency,
          llama3_scaling_changes_the_frequencies,
          folders_without_a_model_are_refused)
