/* llama2.c files through model_open: layouts, shapes, what a Model answers. */
#include "engine/format/llama2c.h"

#include "engine/kernel/kern.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "tests/support/bytes.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TALES "assets/models/tales.bin"

static TinyModel open_spec(const TinySpec *spec) {
    TinyModel t;
    ck_assert(tiny_open(&t, spec));
    return t;
}

START_TEST(header_becomes_config) {
    for (int version = 0; version < 2; version++) {
        TinySpec spec = tiny_spec();
        spec.version = version;
        TinyModel t = open_spec(&spec);
        const Config *c = model_config(t.model);
        ck_assert_int_eq(c->dim, 16);
        ck_assert_int_eq(c->hidden_dim, 24);
        ck_assert_int_eq(c->n_layers, 2);
        ck_assert_int_eq(c->n_heads, 4);
        ck_assert_int_eq(c->n_kv_heads, 2);
        ck_assert_int_eq(c->head_dim, 4);
        ck_assert_int_eq(c->vocab_size, 300);
        ck_assert_int_eq(c->seq_len_max, 64);
        ck_assert_float_eq(c->norm_eps, 1e-5f);
        ck_assert_float_eq(c->rope_theta, 10000.0f);
        ck_assert(c->tied);
        ck_assert_str_eq(model_format(t.model),
                         version ? "llama2.c v1" : "llama2.c v0");
        ck_assert_str_eq(model_name(t.model), "tiny");
        ck_assert_str_eq(model_path(t.model), "tiny.bin");
        tiny_close(&t);
    }
}
END_TEST

/* The first value of each tensor in a version 0 file, by walking the floats in
 * the order that the format's description gives. */
START_TEST(tensors_are_where_the_layout_says) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    TinyModel t = open_spec(&spec);
    const struct {
        TensorRole role;
        int layers, rows, cols;
        const char *name;
    } order[] = {
        {TENSOR_TOKEN_EMBED, 0, 300, 16, "token_embedding_table"},
        {TENSOR_ATTN_NORM, 2, 1, 16, "rms_att_weight"},
        {TENSOR_WQ, 2, 16, 16, "wq"},
        {TENSOR_WK, 2, 8, 16, "wk"},
        {TENSOR_WV, 2, 8, 16, "wv"},
        {TENSOR_WO, 2, 16, 16, "wo"},
        {TENSOR_FFN_NORM, 2, 1, 16, "rms_ffn_weight"},
        {TENSOR_W_GATE, 2, 24, 16, "w1"},
        {TENSOR_W_DOWN, 2, 16, 24, "w2"},
        {TENSOR_W_UP, 2, 24, 16, "w3"},
        {TENSOR_FINAL_NORM, 0, 1, 16, "rms_final_weight"},
        {TENSOR_ROLES, 0, 64, 4, "cos and sin tables"},
        {TENSOR_CLASSIFIER, 0, 300, 16, "wcls"},
    };
    size_t offset = 28;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t size = sizeof(float) * (size_t)(order[i].rows * order[i].cols);
        int n = order[i].layers ? order[i].layers : 1;
        for (int layer = 0; layer < n; layer++, offset += size) {
            if (order[i].role == TENSOR_ROLES) continue;
            const Tensor *w = model_tensor(t.model, order[i].role, layer);
            char name[64];
            snprintf(name, sizeof name, order[i].layers ? "%s.%d" : "%s",
                     order[i].name, layer);
            ck_assert_str_eq(w->name, name);
            ck_assert_int_eq(w->rows, order[i].rows);
            ck_assert_int_eq(w->cols, order[i].cols);
            ck_assert_uint_eq(w->offset, offset);
            ck_assert_uint_eq(w->size_bytes, size);
            ck_assert_ptr_eq(w->data, (const char *)t.bytes + offset);
        }
    }
    tiny_close(&t);
}
END_TEST

/* Of one tensor of version 2 against the same of version 0. */
static void check_groups(const Tensor *t, const Tensor *exact, int group) {
    const float *w = exact->data;
    float row[64];
    if (t->rows == 1) {
        ck_assert_int_eq(t->type, DTYPE_F32);
        ck_assert_mem_eq(t->data, exact->data, exact->size_bytes);
        return;
    }
    ck_assert_int_eq(t->type, DTYPE_Q8_GROUPS);
    ck_assert_int_eq(t->group, group);
    for (int r = 0; r < t->rows; r++) {
        kern_row(row, t, r);
        for (int c = 0; c < t->cols; c++) {
            const int i = r * t->cols + c, first = i - i % group;
            float most = 0;
            for (int k = first; k < first + group; k++)
                most = fmaxf(most, fabsf(w[k]));
            ck_assert_float_le(fabsf(row[c] - w[i]), most / 253);
        }
    }
}

/* How many tensors of a role there are to look at: as many as layers, but of
 * one that these models do not have. */
static int n_copies(int role, const TinySpec *spec) {
    return arch_tensor(&arch_llama, (TensorRole)role) ? spec->n_layers : 0;
}

/* The two containers are read by different tables, and the file writer of the
 * tests knows a third: they agree on every weight. */
START_TEST(both_versions_hold_the_same_weights) {
    for (int shared = 0; shared < 2; shared++) {
        TinySpec spec = tiny_spec();
        spec.shared_classifier = shared;
        TinyModel v0 = open_spec(&spec);
        spec.version = 1;
        TinyModel v1 = open_spec(&spec);
        for (int role = 0; role < TENSOR_ROLES; role++)
            for (int layer = 0; layer < n_copies(role, &spec); layer++) {
                const Tensor *a = model_tensor(v0.model, role, layer);
                const Tensor *b = model_tensor(v1.model, role, layer);
                ck_assert_str_eq(a->name, b->name);
                ck_assert_int_eq(memcmp(a->data, b->data, a->size_bytes), 0);
            }
        ck_assert_uint_eq(model_checksum(v0.model), model_checksum(v1.model));
        tiny_close(&v0);
        tiny_close(&v1);
    }
}
END_TEST

/* Version 2: each value times its group's scale, for every size of groups that
 * divides the tensors: across rows, too, and through a whole tensor. */
START_TEST(groups_of_any_size_are_the_weights_but_for_rounding) {
    static const int groups[] = {1, 2, 4, 8, 16, 32, 64};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (int shared = 0; shared < 2; shared++) {
            TinySpec spec = tiny_spec();
            spec.shared_classifier = shared;
            TinyModel exact = open_spec(&spec);
            spec.version = 2;
            spec.group = groups[g];
            TinyModel t = open_spec(&spec);
            ck_assert_str_eq(model_format(t.model), "llama2.c v2");
            for (int role = 0; role < TENSOR_ROLES; role++)
                for (int layer = 0; layer < n_copies(role, &spec); layer++)
                    check_groups(model_tensor(t.model, role, layer),
                                 model_tensor(exact.model, role, layer),
                                 groups[g]);
            tiny_close(&exact);
            tiny_close(&t);
        }
}
END_TEST

START_TEST(a_group_that_does_not_fit_is_named) {
    static const struct {
        int group;
        const char *says;
    } cases[] = {
        {0, "group_size: found 0, need at least 1"},
        {-1, "group_size: found -1, need at least 1"},
        {3, "group_size: found 3, need a divisor of the 16 * 16 values of wq"},
        {256, "group_size: found 256, need a divisor of the 300 * 16"},
        {1 << 30, "group_size: found 1073741824, need a divisor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TinySpec spec = tiny_spec();
        size_t size;
        Err err = {0};
        spec.version = 2;
        spec.group = 16;
        Bytes b = {0};
        b.data = tiny_model_bytes(&spec, &size);
        b.size = b.capacity = size;
        bytes_set_u32(&b, 37, (uint32_t)cases[i].group);
        ck_assert_ptr_null(model_open_memory("m.bin", b.data, b.size, &err));
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%s", err.msg);
        bytes_free(&b);
    }
}
END_TEST

START_TEST(a_tied_classifier_is_the_embedding) {
    TinySpec spec = tiny_spec();
    TinyModel t = open_spec(&spec);
    ck_assert_ptr_eq(model_tensor(t.model, TENSOR_CLASSIFIER, 0),
                     model_tensor(t.model, TENSOR_TOKEN_EMBED, 0));
    /* V D + L (2 D + 2 D^2 + 2 G K D + 3 F D) + D */
    uint64_t tied =
        300 * 16 + 2 * (2 * 16 + 2 * 256 + 2 * 8 * 16 + 3 * 24 * 16) + 16;
    ck_assert_uint_eq(model_n_params(t.model), tied);
    tiny_close(&t);
    spec.shared_classifier = false;
    t = open_spec(&spec);
    ck_assert(!model_config(t.model)->tied);
    ck_assert_ptr_ne(model_tensor(t.model, TENSOR_CLASSIFIER, 0),
                     model_tensor(t.model, TENSOR_TOKEN_EMBED, 0));
    ck_assert_uint_eq(model_n_params(t.model), tied + 300 * 16);
    tiny_close(&t);
}
END_TEST

START_TEST(tensor_indices_are_a_numbering) {
    enum { L = 3 };
    bool seen[64] = {0};
    const Config c = {.arch = &arch_llama, .n_layers = L};
    size_t count = arch_tensor_count(&c), n = 0;
    ck_assert_uint_le(count, TENSOR_ROLES * L);
    for (int role = 0; role < TENSOR_ROLES; role++)
        for (int layer = 0; layer < arch_copies(&c, role); layer++, n++) {
            size_t i = arch_tensor_index(&c, role, layer);
            ck_assert(i < count && !seen[i]);
            seen[i] = true;
        }
    ck_assert_uint_eq(n, count);
}
END_TEST

START_TEST(memory_grows_with_the_context) {
    TinySpec spec = tiny_spec();
    TinyModel t = open_spec(&spec);
    SessionMemory one = session_memory(t.model, 1);
    SessionMemory all = session_memory(t.model, 64);
    ck_assert_uint_eq(one.weights, 4 * model_n_params(t.model));
    ck_assert_uint_eq(one.kv_cache, 2 * 2 * 1 * 2 * 4 * 4); /* 2 L S G K f32 */
    ck_assert_uint_eq(all.kv_cache, 64 * one.kv_cache);
    ck_assert_uint_eq(all.weights, one.weights);
    ck_assert_uint_gt(all.activations, one.activations);
    /* 2 E D f32, 4 S D f32, (2 L + 1) S f32, 4 S flags */
    ck_assert_uint_eq(one.taken, 2 * 64 * 16 * 4 + 4 * 16 * 4 + 5 * 4 + 4);
    ck_assert_uint_eq(all.taken - one.taken, 63 * (4 * 16 * 4 + 5 * 4 + 4));
    tiny_close(&t);
}
END_TEST

START_TEST(checksum_sees_one_changed_bit) {
    TinySpec spec = tiny_spec();
    TinyModel t = open_spec(&spec);
    uint64_t before = model_checksum(t.model);
    ck_assert_uint_eq(model_checksum(t.model), before);
    ((uint8_t *)t.bytes)[28 + 4 * 1000] ^= 1;
    ck_assert_uint_ne(model_checksum(t.model), before);
    tiny_close(&t);
}
END_TEST

START_TEST(a_bad_weight_is_named) {
    TinySpec spec = tiny_spec();
    Err err = {0};
    size_t size;
    uint8_t *bytes = tiny_model_bytes(&spec, &size);
    /* wq of layer 1, row 2, column 5: after the embedding, the two norms, and
     * wq of layer 0. */
    size_t at = 28 + 4 * (300 * 16 + 2 * 16 + 256 + 2 * 16 + 5);
    memcpy(bytes + at, "\0\0\xC0\x7F", 4);
    ck_assert_ptr_null(model_open_memory("m.bin", bytes, size, &err));
    ck_assert_str_eq(err.msg,
                     "m.bin: wq.1[2, 5]: found nan, need a finite number");
    ck_assert_uint_eq(err.pos, at);
    free(bytes);
}
END_TEST

START_TEST(what_looks_like_nothing_is_refused) {
    static const _Alignas(16) char noise[64] = "These are the times that try "
                                               "men's souls.";
    Err err = {0};
    ck_assert_ptr_null(model_open_memory("a.txt", noise, sizeof noise, &err));
    ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "a.txt: format: found unknown first bytes, need "
                              "a GGUF or llama2.c model file");
    File f;
    ck_assert(file_borrow(&f, "a.txt", noise, sizeof noise, NULL));
    ck_assert(!llama2c_sniff(&f));
    file_close(&f);
}
END_TEST

START_TEST(config_limits_are_exact) {
    const Config good = {.arch = &arch_llama,
                         .dim = 2048,
                         .hidden_dim = 1,
                         .n_layers = CONFIG_LAYERS_MAX,
                         .n_heads = 2,
                         .n_kv_heads = 1,
                         .head_dim = CONFIG_HEAD_DIM_MAX,
                         .vocab_size = 3,
                         .seq_len_max = CONFIG_DIM_MAX,
                         .norm_eps = 1e-5f,
                         .rope_theta = 1};
    ck_assert(config_check(&good, "m", NULL));
    const struct {
        size_t at;
        int value;
        const char *says;
    } bad[] = {
        {offsetof(Config, hidden_dim), CONFIG_DIM_MAX + 1, "m: hidden_dim: "},
        {offsetof(Config, n_layers), CONFIG_LAYERS_MAX + 1, "m: n_layers: "},
        {offsetof(Config, n_heads), 1, "m: head_dim: "},
        {offsetof(Config, n_kv_heads), 3, "m: n_kv_heads: "},
        {offsetof(Config, vocab_size), 2, "m: vocab_size: "},
        {offsetof(Config, seq_len_max), CONFIG_DIM_MAX + 1, "m: seq_len: "},
        {offsetof(Config, head_dim), 512, "m: head_dim: "},
        {offsetof(Config, norm_eps), 0, "m: norm_eps: "},
        {offsetof(Config, norm_eps), 0x7FC00000, "m: norm_eps: "},
        {offsetof(Config, rope_theta), 0, "m: rope_theta: "},
        {offsetof(Config, rope_theta), 0x7F800000, "m: rope_theta: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Config c = good;
        Err err = {0};
        memcpy((char *)&c + bad[i].at, &bad[i].value, sizeof(int));
        ck_assert(!config_check(&c, "m", &err));
        ck_assert_msg(strncmp(err.msg, bad[i].says, strlen(bad[i].says)) == 0,
                      "%s", err.msg);
    }
    Config wide = good; /* K one step past its limit */
    wide.head_dim += 2;
    wide.dim += 4;
    ck_assert(!config_check(&wide, "m", NULL));
}
END_TEST

START_TEST(a_file_on_disk_opens_the_same) {
    TinySpec spec = tiny_spec();
    TinyModel t = open_spec(&spec);
    size_t size;
    void *bytes = tiny_model_bytes(&spec, &size);
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "my.model.bin", bytes, size);
    folder_path(path, dir, "my.model.bin");
    Err err = {0};
    Model *m = model_open(path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    ck_assert_str_eq(model_name(m), "my.model");
    ck_assert_str_eq(model_path(m), path);
    ck_assert_uint_eq(model_checksum(m), model_checksum(t.model));
    model_close(m);
    folder_remove(dir);
    ck_assert_ptr_null(model_open(path, &err));
    ck_assert_int_eq(err.code, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "my.model.bin: open: "));
    model_close(NULL);
    free(bytes);
    tiny_close(&t);
}
END_TEST

START_TEST(a_real_model_opens) {
    Err err = {0};
    Model *m = model_open(TALES, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    const Config *c = model_config(m);
    ck_assert(c->dim == 128 && c->hidden_dim == 320 && c->n_layers == 4);
    ck_assert(c->n_heads == 4 && c->n_kv_heads == 2 && c->head_dim == 32);
    ck_assert(c->vocab_size == 768 && c->seq_len_max == 256 && c->tied);
    ck_assert_uint_eq(model_n_params(m), 787584);
    ck_assert_str_eq(model_name(m), "tales");
    model_close(m);
}
END_TEST

TEST_MAIN("llama2c", header_becomes_config, tensors_are_where_the_layout_says,
          both_versions_hold_the_same_weights,
          a_tied_classifier_is_the_embedding, tensor_indices_are_a_numbering,
          memory_grows_with_the_context, checksum_sees_one_changed_bit,
          a_bad_weight_is_named,
          groups_of_any_size_are_the_weights_but_for_rounding,
          a_group_that_does_not_fit_is_named,
          what_looks_like_nothing_is_refused, config_limits_are_exact,
          a_file_on_disk_opens_the_same, a_real_model_opens)
