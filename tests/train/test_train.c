/* The training loop: it learns, it is the same however it is cut up and on
 * however many threads, and its checkpoints are read with suspicion. */
#include "engine/base/sum.h"
#include "engine/format/gguf.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/train/bpe.h"
#include "engine/train/ckpt.h"
#include "engine/train/mask.h"
#include "tests/support/folder.h"
#include "tests/support/recording.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VOCAB   300
#define SEQ_LEN 24

/* Sixty short tales, a line each, of a few words in a few orders. */
static char *make_text(void) {
    static const char *const who[] = {"Tom", "Mia", "The dog"};
    static const char *const what[] = {"ball", "box", "cake", "hat"};
    char *text = malloc((size_t)60 * 80);
    size_t n = 0;
    for (int i = 0; i < 60; i++)
        n +=
            (size_t)snprintf(text + n, 80, "%s had a %s. %s put the %s away.\n",
                             who[i % 3], what[i % 4], who[i % 3], what[i % 4]);
    return text;
}

typedef struct World {
    char *text;
    void *tokenizer_bytes;
    size_t tokenizer_size;
    Tokenizer *tokenizer, *masked;
    Data data; /* the same by either, but for the mask, of the second */
} World;

static void world_open(World *w) {
    Err err = {0};
    w->text = make_text();
    const size_t n = strlen(w->text);
    w->tokenizer_bytes =
        bpe_train("text", w->text, n, VOCAB, &w->tokenizer_size, &err);
    ck_assert_msg(w->tokenizer_bytes != NULL, "%s", err.msg);
    w->tokenizer = tokenizer_open_memory("tok", w->tokenizer_bytes,
                                         w->tokenizer_size, VOCAB, &err);
    ck_assert_msg(w->tokenizer != NULL, "%s", err.msg);
    w->masked = tokenizer_masked(w->tokenizer, &err);
    ck_assert_msg(w->masked != NULL, "%s", err.msg);
    ck_assert_msg(
        data_init(&w->data, "text", w->text, n, w->masked, SEQ_LEN, 0.1, &err),
        "%s", err.msg);
}

static void world_close(World *w) {
    data_free(&w->data);
    tokenizer_close(w->masked);
    tokenizer_close(w->tokenizer);
    free(w->tokenizer_bytes);
    free(w->text);
}

static Config config(void) {
    return (Config){.arch = &arch_llama,
                    .dim = 32,
                    .hidden_dim = 48,
                    .n_layers = 2,
                    .n_heads = 4,
                    .n_kv_heads = 2,
                    .head_dim = 8,
                    .vocab_size = VOCAB,
                    .seq_len_max = SEQ_LEN,
                    .norm_eps = 1e-5f,
                    .rope_theta = 10000,
                    .tied = true};
}

static Config gpt2_config(void) {
    Config c = config();
    c.arch = &arch_gpt2;
    c.activation = arch_gpt2.activation;
    c.n_kv_heads = c.n_heads;
    return c;
}

static Config bert_config(void) {
    Config c = gpt2_config();
    c.arch = &arch_bert;
    c.activation = arch_bert.activation;
    c.vocab_size = VOCAB + 1;
    return c;
}

static TrainOptions options(int n_threads) {
    return (TrainOptions){.optim = {.steps = 20,
                                    .warmup = 4,
                                    .rate = 1e-2f,
                                    .rate_end = 1e-3f,
                                    .beta1 = 0.9f,
                                    .beta2 = 0.95f,
                                    .decay = 0.1f,
                                    .clip = 1},
                          .batch = 11,
                          .drill = {.rows = 5, .steps = 2},
                          .seed = 3,
                          .n_threads = n_threads};
}

static Trainer *trainer_of(Config c, int n_threads) {
    TrainOptions o = options(n_threads);
    Err err = {0};
    if (!c.arch->causal) o.drill = (TrainDrill){0};
    Trainer *t = train_open(&c, &o, "test", &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    train_randomize(t);
    return t;
}

static Trainer *trainer(int n_threads) {
    return trainer_of(config(), n_threads);
}

static void run(Trainer *t, const Data *d, int steps) {
    for (int i = 0; i < steps; i++)
        train_step(t, d);
}

/* Weights and both moments, to the last bit. */
static void check_same(Trainer *a, Trainer *b) {
    const TrainState x = train_state(a), y = train_state(b);
    const size_t size = train_params(a)->n * sizeof(float);
    ck_assert_int_eq(*x.steps, *y.steps);
    ck_assert_mem_eq(x.w, y.w, size);
    ck_assert_mem_eq(x.m, y.m, size);
    ck_assert_mem_eq(x.v, y.v, size);
}

START_TEST(it_learns) {
    World w;
    world_open(&w);
    const Config configs[] = {config(), gpt2_config(), bert_config()};
    for (int i = 0; i < 3; i++) {
        Trainer *t = trainer_of(configs[i], 0);
        const double before = train_held_out(t, &w.data, 8);
        ck_assert_double_eq_tol(before, log(VOCAB), 1);
        run(t, &w.data, 20);
        ck_assert_double_lt(train_held_out(t, &w.data, 8), before - 1);
        train_close(t);
    }
    world_close(&w);
}
END_TEST

START_TEST(threads_change_no_bit) {
    World w;
    world_open(&w);
    const Config configs[] = {config(), gpt2_config(), bert_config()};
    for (int i = 0; i < 3; i++) {
        Trainer *one = trainer_of(configs[i], 1);
        run(one, &w.data, 5);
        for (int n = 2; n <= 5; n += 3) {
            Trainer *more = trainer_of(configs[i], n);
            run(more, &w.data, 5);
            check_same(one, more);
            train_close(more);
        }
        train_close(one);
    }
    world_close(&w);
}
END_TEST

static void check_resumed(Config config) {
    World w;
    world_open(&w);
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "a.ckpt");
    Err err = {0};
    Trainer *whole = trainer_of(config, 1);
    run(whole, &w.data, 20);
    const int cuts[] = {0, 1, 10, 19};
    for (int i = 0; i < 4; i++) {
        Trainer *half = trainer_of(config, 2);
        run(half, &w.data, cuts[i]);
        const CkptText text = {w.data.checksum, 0.1f, w.tokenizer_bytes,
                               w.tokenizer_size};
        ck_assert_msg(ckpt_save(path, half, &text, &err), "%s", err.msg);
        train_close(half);

        Ckpt c;
        ck_assert_msg(ckpt_open(&c, path, &err), "%s", err.msg);
        ck_assert_uint_eq(c.text.checksum, w.data.checksum);
        ck_assert_uint_eq(c.text.tokenizer_size, w.tokenizer_size);
        ck_assert_mem_eq(c.text.tokenizer, w.tokenizer_bytes, w.tokenizer_size);
        Trainer *rest = train_open(&c.config, &c.options, path, &err);
        ck_assert_msg(rest != NULL, "%s", err.msg);
        ckpt_restore(&c, rest);
        ckpt_close(&c);
        ck_assert_int_eq(train_steps(rest), cuts[i]);
        run(rest, &w.data, 20 - cuts[i]);
        check_same(whole, rest);
        train_close(rest);
    }
    train_close(whole);
    folder_remove(dir);
    world_close(&w);
}

START_TEST(a_resumed_training_is_the_same) {
    check_resumed(config());
    check_resumed(gpt2_config());
    check_resumed(bert_config());
}
END_TEST

/* Every byte of the header changed, and every kind of cut: refused in one
 * line that names the file, or, for a changed byte, caught by the sum. */
START_TEST(a_damaged_checkpoint_is_refused) {
    World w;
    world_open(&w);
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(path, dir, "a.ckpt");
    Trainer *t = trainer(1);
    const CkptText text = {w.data.checksum, 0.1f, w.tokenizer_bytes,
                           w.tokenizer_size};
    Err err = {0};
    ck_assert(ckpt_save(path, t, &text, &err));
    train_close(t);
    File f;
    ck_assert(file_open(&f, path, CKPT_FILE_MAX, &err));
    uint8_t *bytes = malloc(f.size);
    Ckpt c;
    for (size_t i = 0; i < 120; i++) {
        memcpy(bytes, f.data, f.size);
        bytes[i] ^= 0x55;
        folder_write(dir, "b.ckpt", bytes, f.size);
        folder_path(path, dir, "b.ckpt");
        err_clear(&err);
        ck_assert(!ckpt_open(&c, path, &err));
        ck_assert_ptr_nonnull(strstr(err.msg, "b.ckpt: "));
    }
    const size_t sizes[] = {1, 8, 12, 19, 20, 100, f.size / 2, f.size - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        folder_write(dir, "b.ckpt", f.data, sizes[i]);
        err_clear(&err);
        ck_assert(!ckpt_open(&c, path, &err));
    }
    free(bytes);
    file_close(&f);
    folder_remove(dir);
    world_close(&w);
}
END_TEST

static double surprise(const float *logits, int n, int token) {
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum += exp((double)logits[k]);
    return log(sum) - (double)logits[token];
}

/* The mean over a held-out row, of what is next or what is hidden. */
static double row_loss(const Model *m, const Data *d, const int *row) {
    const Config *c = model_config(m);
    int tokens[SEQ_LEN], n = SEQ_LEN, len;
    bool learns[SEQ_LEN];
    const bool next = c->arch->causal;
    Err err = {0};
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    Recording *rec = recording_open(c, SEQ_LEN);
    if (!next) n = mask_row(d, mask_key_held_out(0), row, tokens, learns);
    ck_assert_int_gt(n, 0);
    session_set_hook(s, recording_hook(rec, SITE_BIT(SITE_LOGITS)));
    ck_assert(session_feed(s, next ? row : tokens, SEQ_LEN, &err));
    double loss = 0;
    for (int i = 0; i < SEQ_LEN; i++)
        if (next || learns[i])
            loss += surprise(recording_row(rec, SITE_LOGITS, 0, i, &len),
                             c->vocab_size, row[next ? i + 1 : i]);
    recording_close(rec);
    session_close(s);
    return loss / n;
}

/* The loss on a row, of the model that an exported file is. */
static double engine_loss(const void *bytes, size_t size, const Data *d,
                          const int *row) {
    Err err = {0};
    Model *m = model_open_memory("export", bytes, size, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    const double loss = row_loss(m, d, row);
    model_close(m);
    return loss;
}

/* The exported file is a model that the engine runs to the same loss; the
 * compact one is smaller and loses little. */
static void check_export(Config config, size_t least) {
    World w;
    world_open(&w);
    Trainer *t = trainer_of(config, 0);
    run(t, &w.data, 10);
    Err err = {0};
    size_t size, compact_size;
    void *bytes = train_export(t, &(ParamsFile){0}, &size, &err);
    ck_assert_msg(bytes != NULL, "%s", err.msg);
    void *compact =
        train_export(t, &(ParamsFile){.is_compact = true}, &compact_size, &err);
    ck_assert_msg(compact != NULL, "%s", err.msg);
    ck_assert_uint_lt(compact_size, size / least);
    const int *row = data_held_out(&w.data, 0);
    const double loss = train_held_out(t, &w.data, 1);
    ck_assert_double_eq_tol(engine_loss(bytes, size, &w.data, row), loss, 1e-5);
    ck_assert_double_eq_tol(engine_loss(compact, compact_size, &w.data, row),
                            loss, 0.01);
    free(compact);
    free(bytes);
    train_close(t);
    world_close(&w);
}

START_TEST(the_export_is_the_model) {
    check_export(config(), 2);
    check_export(gpt2_config(), 1);
    check_export(bert_config(), 1);
}
END_TEST

/* Other programs take a BERT for causal unless its file says that it is not. */
START_TEST(a_file_without_a_mask_says_so) {
    Trainer *t = trainer_of(bert_config(), 1);
    Err err = {0};
    size_t size;
    void *bytes = train_export(t, &(ParamsFile){0}, &size, &err);
    ck_assert_msg(bytes != NULL, "%s", err.msg);
    File file;
    GgufFile g;
    bool causal;
    ck_assert(file_borrow(&file, "export", bytes, size, &err));
    ck_assert_msg(gguf_open(&g, &file, &err), "%s", err.msg);
    ck_assert(gguf_flag(&g, "bert.attention.causal", true, &causal, &err));
    ck_assert(!causal);
    gguf_close(&g);
    file_close(&file);
    free(bytes);
    train_close(t);
}
END_TEST

/* A file, and what is read from it. */
typedef struct Exported {
    void *bytes;
    Model *model;
    Tokenizer *tokenizer;
} Exported;

static Exported exported(const Trainer *t, const Tokenizer *given) {
    Exported e;
    Err err = {0};
    size_t size;
    e.bytes = train_export(t, &(ParamsFile){.tokenizer = given}, &size, &err);
    ck_assert_msg(e.bytes != NULL, "%s", err.msg);
    e.model = model_open_memory("export", e.bytes, size, &err);
    ck_assert_msg(e.model != NULL, "%s", err.msg);
    e.tokenizer = tokenizer_of_model(e.model, &err);
    ck_assert_msg(e.tokenizer != NULL, "%s", err.msg);
    ck_assert(tokenizer_same_pieces(e.tokenizer, given));
    return e;
}

static void exported_free(Exported *e) {
    tokenizer_close(e->tokenizer);
    model_close(e->model);
    free(e->bytes);
}

/* A GGUF holds the tokenizer that the model was trained with: texts become the
 * same tokens with it. */
START_TEST(an_exported_tokenizer_is_the_same) {
    World w;
    world_open(&w);
    Trainer *t = trainer_of(gpt2_config(), 1);
    Err err = {0};
    Exported e = exported(t, w.tokenizer);
    const Tokenizer *own = e.tokenizer;
    ck_assert_ptr_null(tokenizer_warning(own));
    static const char text[] = "Tom  had\na b\xC3\xA4ll. Mia\t<s> \x01 put it.";
    Encoding a = {0}, b = {0};
    ck_assert(
        tokenizer_encode(own, text, strlen(text), TOKENIZER_BOS, &a, &err));
    ck_assert(tokenizer_encode(w.tokenizer, text, strlen(text), TOKENIZER_BOS,
                               &b, &err));
    ck_assert_int_eq(a.n, b.n);
    for (int i = 0; i < a.n; i++)
        ck_assert_int_eq(a.tokens[i].id, b.tokens[i].id);
    ck_assert(tokenizer_is_end(own, TOKEN_EOS));
    encoding_free(&a);
    encoding_free(&b);
    exported_free(&e);
    train_close(t);
    world_close(&w);
}
END_TEST

/* The text becomes these pieces, as they are shown. */
static void check_pieces(const Tokenizer *t, const char *text,
                         const char *want) {
    Encoding e = {0};
    Err err = {0};
    char got[256], piece[32];
    int n = 0;
    ck_assert(tokenizer_encode(t, text, strlen(text), TOKENIZER_BOS, &e, &err));
    for (int i = 0; i < e.n; i++) {
        tokenizer_show(t, e.tokens[i].id, piece, sizeof piece);
        n += snprintf(got + n, sizeof got - (size_t)n, "%s%s", n ? "|" : "",
                      piece);
    }
    ck_assert_str_eq(got, want);
    encoding_free(&e);
}

/* What is around a mask becomes what it is around the word in its place. */
static void check_mask(const Tokenizer *t) {
    ck_assert_int_eq(tokenizer_n_pieces(t), VOCAB + 1);
    ck_assert_int_eq(tokenizer_mask(t), VOCAB);
    check_pieces(t, "Mia had a box.", "<s>|␣M|ia|␣had|␣a|␣b|o|x|.");
    check_pieces(t, "Mia had a [MASK].", "<s>|␣M|ia|␣had|␣a|[MASK]|.");
    check_pieces(t, "[MASK] had a box.", "<s>|[MASK]|␣had|␣a|␣b|o|x|.");
    check_pieces(t, "Mia [MASK] a  box.", "<s>|␣M|ia|[MASK]|␣a|␣|␣b|o|x|.");
    check_pieces(t, "Mia had  [MASK] .", "<s>|␣M|ia|␣had|␣|[MASK]|␣|.");
    check_pieces(t, "[MASK][MASK] [MASK]", "<s>|[MASK]|[MASK]|[MASK]");
    check_pieces(t, "[mask]", "<s>|␣|[|m|a|s|k|]");
}

START_TEST(a_mask_is_found_in_texts) {
    World w;
    world_open(&w);
    check_mask(w.masked);
    Trainer *t = trainer_of(bert_config(), 1);
    Exported e = exported(t, w.masked);
    check_mask(e.tokenizer);
    exported_free(&e);
    train_close(t);
    world_close(&w);
}
END_TEST

/* Where the name of a tensor stands, behind its length. */
static uint8_t *find_name(uint8_t *bytes, size_t size, const char *name) {
    const uint64_t n = strlen(name);
    uint8_t want[64];
    memcpy(want, &n, sizeof n);
    memcpy(want + sizeof n, name, n);
    for (size_t i = 0; i + sizeof n + n <= size; i++)
        if (memcmp(bytes + i, want, sizeof n + n) == 0)
            return bytes + i + sizeof n;
    ck_abort_msg("no %s", name);
}

static void check_refused(const void *bytes, size_t size, const char *want) {
    Err err = {0};
    ck_assert_ptr_null(model_open_memory("export", bytes, size, &err));
    ck_assert_str_eq(err.msg, want);
}

/* A head of which any part is missing; and one that is only called so. */
START_TEST(a_part_of_a_head_is_refused) {
    static const char *const names[] = {"cls.weight", "cls.bias",
                                        "cls.norm.weight", "cls.norm.bias",
                                        "output.bias"};
    Trainer *t = trainer_of(bert_config(), 1);
    Err err = {0};
    size_t size;
    uint8_t *bytes = train_export(t, &(ParamsFile){0}, &size, &err);
    ck_assert_msg(bytes != NULL, "%s", err.msg);
    for (int i = 0; i < 5; i++) {
        char want[80];
        uint8_t *at = find_name(bytes, size, names[i]);
        const uint8_t first = *at;
        *at = 'x';
        snprintf(want, sizeof want, "export: %s: found no such tensor",
                 names[i]);
        check_refused(bytes, size, want);
        *at = first;
    }
    for (int i = 0; i < 5; i++)
        *find_name(bytes, size, names[i]) = 'x';
    check_refused(bytes, size,
                  "export: xls.bias: found a tensor that is not part of a "
                  "bert model of this many layers, or not supported");
    free(bytes);
    train_close(t);
}
END_TEST

START_TEST(a_drill_is_refused_where_words_are_hidden) {
    const Config c = bert_config();
    const TrainOptions o = options(1);
    Err err = {0};
    ck_assert_ptr_null(train_open(&c, &o, "test", &err));
    ck_assert_str_eq(err.msg, "test: drill: found 5 rows, need none for a "
                              "BERT, which does not learn what comes next");
}
END_TEST

/* Warm-up rises in even steps to the full rate, then half a cosine falls. */
START_TEST(the_rate_rises_and_falls) {
    const OptimOptions o = options(1).optim;
    ck_assert_float_eq_tol(optim_rate(&o, 0), 0.25e-2f, 1e-7f);
    ck_assert_float_eq_tol(optim_rate(&o, 3), 1e-2f, 1e-7f);
    ck_assert_float_eq_tol(optim_rate(&o, 4), 1e-2f, 1e-7f);
    ck_assert_float_eq_tol(optim_rate(&o, 12), 0.55e-2f, 1e-7f);
    ck_assert_float_eq_tol(optim_rate(&o, 20), 1e-3f, 1e-7f);
}
END_TEST

/* The step by hand: the first moments are (1 - beta) g and (1 - beta2) g^2, so
 * that the first step is the rate in the direction of g; decay is added for
 * matrices alone; a norm of twice the limit halves the gradient. */
START_TEST(the_first_step_by_hand) {
    const Config c = config();
    Params p;
    Err err = {0};
    ck_assert(params_init(&p, &c, "test", &err));
    float *block = calloc(4 * p.n, sizeof *block);
    float *w = block, *m = w + p.n, *v = m + p.n, *g = v + p.n;
    for (size_t i = 0; i < p.n; i++) {
        w[i] = 2;
        g[i] = i % 2 ? 0.5f : -0.5f;
    }
    OptimOptions o = options(1).optim;
    o.warmup = 0;
    optim_step(&p, &o, tkern_get(NULL), 0, w, m, v, g, 2, 1);
    const size_t gain = p.n_matrices + (p.n_matrices % 2 == 0);
    ck_assert_float_eq_tol(m[1], 0.1f * 0.25f, 1e-6f);
    ck_assert_float_eq_tol(v[1], 0.05f * 0.0625f, 1e-6f);
    ck_assert_float_eq_tol(w[1], 2 - 1e-2f - 1e-2f * 0.1f * 2, 1e-6f);
    ck_assert_float_eq_tol(w[gain], 2 - 1e-2f, 1e-6f);
    free(block);
}
END_TEST

#ifdef __x86_64__
/* The bytes that LLaMA's training has given since its beginning, so that what
 * is done for other architectures leaves it as it is: of the generic table,
 * which without FMA rounds alike whatever compiles it. */
START_TEST(llamas_bytes_are_what_they_were) {
    const Config c = config();
    World w;
    world_open(&w);
    TrainOptions o = options(1);
    o.kernel = "generic";
    Trainer *t = train_open(&c, &o, "test", NULL);
    ck_assert_ptr_nonnull(t);
    train_randomize(t);
    run(t, &w.data, 4);
    const TrainState s = train_state(t);
    const size_t size = train_params(t)->n * sizeof(float);
    ck_assert_uint_eq(sum_fnv1a(s.w, size), 0x6A651A9EB8ED9CD1u);
    train_close(t);
    world_close(&w);
}
END_TEST
#define OF_X86 llamas_bytes_are_what_they_were,
#else
#define OF_X86
#endif

TEST_MAIN("train", OF_X86 it_learns, threads_change_no_bit,
          a_resumed_training_is_the_same, a_damaged_checkpoint_is_refused,
          the_export_is_the_model, a_file_without_a_mask_says_so,
          an_exported_tokenizer_is_the_same, a_mask_is_found_in_texts,
          a_part_of_a_head_is_refused,
          a_drill_is_refused_where_words_are_hidden, the_rate_rises_and_falls,
          the_first_step_by_hand)
