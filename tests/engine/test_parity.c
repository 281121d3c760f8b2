/* The engine against the plain reference: every site of every layer at every
 * position, for every instruction set. */
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/bytes.h"
#include "tests/support/every_family.h"
#include "tests/support/recording.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-4 /* of the largest value of the row */
#define N_MAX     80

static void check_row(const Recording *rec, const Reference *ref, Site s,
                      int layer, int pos) {
    int len, rows, cols;
    const float *got = recording_row(rec, s, layer, pos, &len);
    const double *want = reference_row(ref, s, layer, pos);
    char name[64];
    site_name(s, layer, name, sizeof name);
    site_shape(s, model_config(reference_model(ref)),
               reference_n_keys(ref, pos), &rows, &cols);
    ck_assert_msg(got != NULL, "%s at %d: not announced", name, pos);
    ck_assert_msg(len == rows * cols, "%s at %d: %d values", name, pos, len);
    double largest = 0;
    /* A mean is the rest of a sum: as large as what is summed. */
    if (arch_op(model_config(reference_model(ref))->arch, s)->kind == OP_MEAN)
        largest = *reference_row(ref, (Site)(s + 1), layer, pos);
    for (int i = 0; i < len; i++)
        largest = fmax(largest, fabs(want[i]));
    for (int i = 0; i < len; i++)
        ck_assert_msg(fabs((double)got[i] - want[i]) <= TOLERANCE * largest,
                      "%s[%d] at %d: %.9g, need %.9g", name, i, pos,
                      (double)got[i], want[i]);
}

static void check_all(const Recording *rec, const Reference *ref, int n) {
    const int n_layers = model_config(reference_model(ref))->n_layers;
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; reference_has(ref, s) &&
                            layer < (site_info(s)->per_layer ? n_layers : 1);
             layer++)
            for (int pos = 0; pos < n; pos++)
                check_row(rec, ref, s, layer, pos);
}

/* Runs tokens[n] with every instruction set and compares. */
static void check_run(const Model *m, const Edits *edits, const int *tokens,
                      int n) {
    const Kern *tables[KERN_TABLES_MAX];
    const int n_tables = kern_list(tables, KERN_TABLES_MAX);
    Reference *ref = reference_run(m, edits, tokens, n);
    for (int i = 0; i < n_tables; i++) {
        Err err = {0};
        Session *s = session_open(
            m, &(SessionOptions){.n_threads = 1, .kern = tables[i]}, &err);
        Recording *rec = recording_open(model_config(m), n);
        ck_assert_msg(s != NULL, "%s", err.msg);
        ck_assert(session_set_edits(s, edits, &err));
        session_set_hook(s, recording_hook(rec, SITE_ALL));
        ck_assert_msg(session_feed(s, tokens, n, &err) != NULL, "%s", err.msg);
        check_all(rec, ref, n);
        recording_close(rec);
        session_close(s);
    }
    reference_free(ref);
}

static void draw_tokens(int *tokens, int n, int vocab_size, uint64_t seed) {
    for (int i = 0; i < n; i++)
        tokens[i] = (int)(random_next(&seed) % vocab_size);
}

/* Opens the tiny model, runs n drawn tokens, compares. */
static void check_spec(const TinySpec *spec, const char *edits_text, int n) {
    TinyModel tiny;
    Edits edits;
    Err err = {0};
    int tokens[N_MAX];
    ck_assert(tiny_open(&tiny, spec));
    ck_assert_msg(edits_parse(&edits,
                              tiny_edits(edits_text, model_config(tiny.model)),
                              model_config(tiny.model), &err),
                  "%s", err.msg);
    draw_tokens(tokens, n, spec->vocab_size, spec->seed);
    check_run(tiny.model, &edits, tokens, n);
    tiny_close(&tiny);
}

START_TEST(shapes) {
    static const struct {
        int dim, hidden, layers, heads, kv_heads, vocab, version;
        bool shared;
    } some[] = {
        {16, 24, 2, 4, 4, 300, 0, true},  {16, 24, 3, 4, 2, 40, 1, true},
        {24, 41, 2, 4, 1, 301, 0, false}, {12, 7, 2, 6, 3, 33, 1, false},
        {34, 172, 1, 1, 1, 17, 0, true},  {64, 96, 2, 8, 4, 64, 1, true},
        {96, 130, 2, 2, 1, 50, 0, true},  {8, 1, 4, 2, 2, 5, 1, true},
    };
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        TinySpec spec = tiny_spec();
        spec.dim = some[i].dim;
        spec.hidden_dim = some[i].hidden;
        spec.n_layers = some[i].layers;
        spec.n_heads = some[i].heads;
        spec.n_kv_heads = some[i].kv_heads;
        spec.vocab_size = some[i].vocab;
        spec.version = some[i].version;
        spec.shared_classifier = some[i].shared;
        spec.seed = i;
        check_spec(&spec, "", 21);
    }
}
END_TEST

/* More positions than are computed together. */
START_TEST(several_batches) {
    TinySpec spec = tiny_spec();
    spec.seq_len = N_MAX;
    check_spec(&spec, "", SESSION_BATCH + 7);
}
END_TEST

START_TEST(interventions) {
    static const char *const some[] = {
        "0.1",
        "1.3*-2",
        "attn0",
        "mlp1*0.5",
        "n0.17",
        "n1.23*3",
        "mask",
        "0.1,0.2,1.0*0.5,attn1",
        "mask,0.0,mlp0",
        "attn0,attn1,mlp0,mlp1",
        "raw0.1",
        "raw0.0,raw1.3,1.3*2",
        "rope",
        "rope1",
        "cut0",
        "cut3,cut4",
        "mask,cut5",
        "cut1.2=3,cut1.2=1,cut0.0=4",
        "token2=17",
        "steer0=3-9*2",
        "steer1=5*-0.5,steer1=6-5*3,mlp1",
        "raw0.1,rope0,cut1,token0=4,token11=0,steer0=1-2"};
    const TinySpec spec = tiny_spec();
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        check_spec(&spec, some[i], 20);
}
END_TEST

START_TEST(no_mask_over_several_batches) {
    TinySpec spec = tiny_spec();
    spec.seq_len = N_MAX;
    check_spec(&spec, "mask", SESSION_BATCH + 3);
}
END_TEST

/* ---- a trained model ----------------------------------------------------- */

#define TALES   "assets/models/tales.bin"
#define TALES_V 768

/* BOS and 39 tokens of a story, as the model itself goes on. */
START_TEST(tales) {
    Err err = {0};
    Model *m = model_open(TALES, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    int tokens[40] = {TOKEN_BOS};
    for (int i = 0; i + 1 < 40; i++) {
        const float *logits = session_feed(s, &tokens[i], 1, &err);
        ck_assert_ptr_nonnull(logits);
        for (int v = 1; v < TALES_V; v++)
            if (logits[v] > logits[tokens[i + 1]]) tokens[i + 1] = v;
    }
    session_close(s);
    check_run(m, &(Edits){0}, tokens, 40);
    check_run(m, &(Edits){.no_mask = true}, tokens, 40);
    model_close(m);
}
END_TEST

/* What llama2.c's run prints for tales.bin with -t 0 -n 200. */
static const char story[] =
    "Once there was a kind boy named Hugo. He loved to eat rice. One day, Hugo "
    "had two toys, a red doll and a yellow drum. He put the doll in the drawer "
    "and the drum under the bed. Then Mia came to play. \"Can we play with the "
    "drum?\" asked Mia. Hugo found the drum under the bed. They played it "
    "together. Hugo was happy to have the red doll. That night Hugo slept with "
    "the doll next to his bed.";

START_TEST(the_story_is_llama2c_s) {
    static const char path[] = "assets/models/tales.bin";
    static const char tok_path[] = "assets/models/tales.tok.bin";
    Err err = {0};
    Model *m = model_open(path, &err);
    Tokenizer *tok = tokenizer_open(tok_path, 768, &err);
    ck_assert_msg(m && tok, "%s", err.msg);
    const Kern *tables[KERN_TABLES_MAX];
    const int n_tables = kern_list(tables, KERN_TABLES_MAX);
    for (int i = 0; i < n_tables; i++) {
        Session *s =
            session_open(m, &(SessionOptions){.kern = tables[i]}, &err);
        ck_assert_msg(s != NULL, "%s", err.msg);
        Decoder decoder = {0};
        static char text[200 * (TOKENIZER_PIECE_MAX + 8)];
        int n = 0, id = TOKEN_BOS;
        for (int step = 0; step < 200; step++) {
            const float *logits = session_feed(s, &id, 1, &err);
            ck_assert_msg(logits != NULL, "%s", err.msg);
            id = 0;
            for (int v = 1; v < 768; v++)
                if (logits[v] > logits[id]) id = v;
            if (id == TOKEN_BOS) break; /* the next story's */
            n += tokenizer_decode(tok, &decoder, id, text + n);
        }
        while (n > 0 && strchr(" \n", text[n - 1]))
            n--;
        text[n] = '\0';
        ck_assert_str_eq(text, story);
        session_close(s);
    }
    tokenizer_close(tok);
    model_close(m);
}
END_TEST

/* BERT has no mask and no tokens to go on with. */
int main(void) {
    const TTest *const all[] = {shapes,        several_batches,
                                interventions, no_mask_over_several_batches,
                                tales,         the_story_is_llama2c_s};
    int failed = tiny_run_families("parity", all, sizeof all / sizeof *all);
    tiny_family_now = TINY_BERT;
    failed |= test_run("parity bert", all, 3);
    return failed;
}
