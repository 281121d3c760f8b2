/* Parameters are counted as the papers and files have them; a shape is read,
 * written and applied; a malformed row of the table of models is refused. */
#include "engine/base/file.h"
#include "engine/spec/arch.h"
#include "engine/spec/known.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static Config llama(int D, int F, int L, int H, int G, int V) {
    return (Config){.arch = &arch_llama,
                    .dim = D,
                    .hidden_dim = F,
                    .n_layers = L,
                    .n_heads = H,
                    .n_kv_heads = G,
                    .head_dim = D / H,
                    .vocab_size = V,
                    .seq_len_max = 256,
                    .norm_eps = 1e-5f,
                    .rope_theta = 1e4f};
}

START_TEST(known_models_have_their_counts) {
    Config c = llama(4096, 11008, 32, 32, 32, 32000);
    ck_assert_uint_eq(params_total(&c), 6738415616ull);
    c = llama(8192, 28672, 80, 64, 8, 32000);
    ck_assert_uint_eq(params_total(&c), 68976648192ull);
    c = llama(128, 320, 4, 4, 2, 768);
    ck_assert_uint_eq(params_total(&c), 787584 + 98304);
    c.tied = true;
    ck_assert_uint_eq(params_total(&c), 787584);
    c = llama(768, 3072, 12, 12, 12, 50257);
    c.seq_len_max = 1024;
    c.arch = params_arch("gpt2");
    c.tied = true;
    ck_assert_uint_eq(params_total(&c), 124439808);
}
END_TEST

/* bert-base-uncased as its files have it, by what is counted: tables, norms and
 * layers; with the head for masked words, as BertForMaskedLM, 622,650 more; the
 * table of models counts its pooler instead, which predicts nothing here. */
START_TEST(bert_base_has_its_counts) {
    const int D = 768;
    Config c = llama(D, 3072, 12, 12, 12, 30522);
    c.seq_len_max = 512;
    c.tied = true;
    c.arch = arch_bert.headless;
    const uint64_t body = params_total(&c);
    ck_assert_uint_eq(body, 108891648);
    c.arch = &arch_bert;
    ck_assert_uint_eq(params_total(&c), body + 622650);
    ck_assert_uint_eq(params_total(&c), 109514298);
    ck_assert_uint_eq(body + (uint64_t)(D * D + D), 109482240);
}
END_TEST

/* Loops that only count. */
START_TEST(counts_are_what_loops_count) {
    const int D = 24, F = 40, L = 3, H = 4, G = 2, V = 50, K = D / H;
    const Config c = llama(D, F, L, H, G, V);
    uint64_t n = 0;
    for (int copy = 0; copy < 2; copy++) /* embedding and classifier */
        for (int v = 0; v < V; v++)
            n += D;
    for (int layer = 0; layer < L; layer++) {
        n += 2 * D;
        for (int row = 0; row < H * K + 2 * G * K; row++)
            n += D;
        for (int row = 0; row < D; row++)
            n += H * K;
        for (int f = 0; f < F; f++)
            n += 3 * D;
    }
    n += D;
    ck_assert_uint_eq(params_total(&c), n);
}
END_TEST

static Known table[KNOWN_MAX];

static int parse(const char *text, Err *err) {
    *err = (Err){0};
    return known_parse(text, strlen(text), table, err);
}

static uint64_t count_of(int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0 && table[i].arch) {
            const Config c = known_config(&table[i]);
            return params_total(&c);
        }
    return 0;
}

START_TEST(the_table_is_whole) {
    Err err = {0};
    File f;
    ck_assert(file_open(&f, "assets/known/models.tsv", 1 << 20, &err));
    const int n = known_parse((const char *)f.data, f.size, table, &err);
    ck_assert_msg(n >= 13, "%s", err.msg);
    ck_assert_uint_eq(count_of(n, "GPT-2 124M"), 124439808);
    ck_assert_uint_eq(count_of(n, "GPT-2 1.5B"), 1557611200);
    ck_assert_uint_eq(count_of(n, "BERT base"), 109482240);
    ck_assert_uint_eq(count_of(n, "BERT large"), 335141888);
    ck_assert_uint_eq(count_of(n, "GPT-3 175B"), 174604259328ull);
    ck_assert_uint_eq(count_of(n, "Llama 2 7B"), 6738415616ull);
    ck_assert_uint_eq(count_of(n, "Llama 2 70B"), 68976648192ull);
    ck_assert_uint_eq(count_of(n, "LLaMA 65B"), 65285660672ull);
    ck_assert_uint_eq(count_of(n, "GPT-4"), 0);
    file_close(&f);
}
END_TEST

#define ROW "m\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tpaper\n"

START_TEST(a_malformed_row_is_refused) {
    static const struct {
        const char *text, *need;
    } cases[] = {
        {"m\t2019-02\tllama\n", "need 13 columns"},
        {"m\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\tmore\n",
         "need 13 columns"},
        {"\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\n", "name"},
        {"m\t2019-13\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\n", "date"},
        {"m\t201902\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\n", "date"},
        {"m\t2019-02\tt5\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\n",
         "counted as"},
        {"m\t2019-02\tllama\t50\t64\t-24\t40\t4\t2\t3\t0\t16392\tp\n", "D"},
        {"m\t2019-02\tllama\t50\t64\t24\t40\t5\t2\t3\t0\t16392\tp\n",
         "n_heads"},
        {"m\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t2\t16392\tp\n", "tied"},
        {"m\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16393\tp\n",
         "need 16392, which its sizes give"},
        {"m\t2019-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\t\n", "source"},
        {"m\t2019-02\t-\t-\t-\t-\t-\t-\t-\t-\t-\t16392\tp\n",
         "parameters: found \"16392\", need -"},
        {"m\t2019-02\tllama\t50\t64\t24\t-\t4\t2\t3\t0\t16392\tp\n", "F"},
        {ROW "m\t2018-02\tllama\t50\t64\t24\t40\t4\t2\t3\t0\t16392\tp\n",
         "from old to new"},
    };
    Err err;
    ck_assert_int_eq(parse("# remark\n\n" ROW ROW, &err), 2);
    ck_assert_int_eq(parse("", &err), 0);
    ck_assert_int_eq(
        parse("m\t2019-02\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\tp\n", &err), 1);
    ck_assert(!table[0].arch && table[0].parameters == 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(parse(cases[i].text, &err), -1);
        ck_assert_msg(strstr(err.msg, cases[i].need), "%zu: %s", i, err.msg);
        ck_assert_msg(strstr(err.msg, "models.tsv: line "), "%s", err.msg);
    }
}
END_TEST

START_TEST(shapes_are_read_and_written) {
    static const char *const texts[] = {
        "",          "D=256",
        "D=256,L=8", "D=4096,F=11008,H=32,G=32,V=32000,L=32",
        "untied",    "D=4,tied"};
    static const char *const wrong[] = {
        "K=3",       "D",           "D=",    "D=0",    "D=2,D=4",
        "D=4,",      "D=-4",        ",D=4",  "d=4",    "D=4 ",
        "D=1048577", "tied,untied", "untie", "tied=1", "Tied"};
    char out[SHAPE_TEXT_MAX];
    Shape s = {0};
    Err err = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert(shape_parse(&s, texts[i], &err));
        shape_format(&s, out);
        ck_assert_str_eq(out, texts[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const Shape before = s;
        ck_assert_msg(!shape_parse(&s, wrong[i], NULL), "%s", wrong[i]);
        ck_assert_mem_eq(&s, &before, sizeof s);
    }
}
END_TEST

/* Llama 2 7B has an output matrix of its own: Touvron et al. 2023. */
START_TEST(a_shape_says_whether_it_is_tied) {
    Config c = llama(128, 320, 4, 4, 2, 768);
    Config out;
    Shape s = {0};
    c.tied = true;
    ck_assert(
        shape_parse(&s, "D=4096,F=11008,H=32,G=32,V=32000,L=32,untied", NULL));
    ck_assert(shape_apply(&s, &c, &out, NULL));
    ck_assert_uint_eq(params_total(&out), 6738415616);
    s.tied = SHAPE_TIED_OWN;
    ck_assert(shape_apply(&s, &c, &out, NULL));
    ck_assert_uint_eq(params_total(&out), 6738415616 - 32000 * 4096);
    c.tied = false;
    s.tied = SHAPE_TIED;
    ck_assert(shape_apply(&s, &c, &out, NULL));
    ck_assert(out.tied);
}
END_TEST

START_TEST(a_shape_is_one_that_a_model_can_have) {
    const Config c = llama(128, 320, 4, 4, 2, 768);
    Config out;
    Shape s = {0};
    ck_assert(shape_parse(&s, "D=256", NULL));
    ck_assert(shape_apply(&s, &c, &out, NULL));
    ck_assert_int_eq(out.head_dim, 64);
    ck_assert_int_eq(out.hidden_dim, 320);
    ck_assert(shape_parse(&s, "H=3", NULL));
    Err err = {0};
    ck_assert(!shape_apply(&s, &c, &out, &err));
    ck_assert_msg(strstr(err.msg, "n_heads"), "%s", err.msg);
    s = (Shape){0};
    for (int d = 0; d < SHAPE_DIMS; d++)
        for (int k = 0; k < 37; k++) {
            const double wanted = pow(1.37, k);
            Shape next = s;
            next.n[d] = shape_nearest(&s, &c, (ShapeDim)d, wanted);
            ck_assert_int_gt(next.n[d], 0);
            ck_assert(shape_apply(&next, &c, &out, NULL));
        }
    ck_assert_int_eq(shape_nearest(&s, &c, SHAPE_D, 256), 256);
    ck_assert_int_eq(shape_nearest(&s, &c, SHAPE_L, 8), 8);
    ck_assert_int_eq(shape_nearest(&s, &c, SHAPE_H, 8), 8);
    ck_assert_int_eq(shape_nearest(&s, &c, SHAPE_G, 3), 2);
    ck_assert_int_eq(shape_nearest(&s, &c, SHAPE_F, 700), 640);
}
END_TEST

TEST_MAIN("params", bert_base_has_its_counts, known_models_have_their_counts,
          counts_are_what_loops_count, the_table_is_whole,
          a_malformed_row_is_refused, shapes_are_read_and_written,
          a_shape_says_whether_it_is_tied, a_shape_is_one_that_a_model_can_have)
