/* The steps of training: their table is read and is about the embedded models,
 * and what each makes of a text is what a run of it says. */
#include "assets/embed.h"
#include "engine/run/session.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/app/checkpoints.h"
#include "viz/app/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW(STEP)                                                              \
    STEP "\t0123456789abcdef\t100\t3\t0.5\t0.25\t90\t91\t92\t0.1\t0.5\t1.2\t"  \
         "0.25\t0.0\t0\t3.1\t1\t2.2\t0.75\t5\tOnce upon\n"

static bool read_text(const char *text, Training *t, Err *err) {
    *err = (Err){0};
    return checkpoints_read(text, strlen(text), t, err);
}

START_TEST(a_table_is_read) {
    Training t;
    Err err;
    ck_assert_msg(read_text(ROW("0") ROW("70"), &t, &err), "%s", err.msg);
    ck_assert_int_eq(t.n, 2);
    const TrainingStep *s = &t.steps[1];
    ck_assert_int_eq(s->step, 70);
    ck_assert(s->checksum == 0x0123456789abcdefull);
    ck_assert_int_eq(s->texts, 100);
    ck_assert_int_eq(s->told, 3);
    ck_assert_float_eq(s->loss, .5f);
    ck_assert_float_eq(s->entropy, .25f);
    ck_assert_float_eq(s->things, 92);
    ck_assert_int_eq(s->heads[TRAINING_FIRST].layer, 1);
    ck_assert_int_eq(s->heads[TRAINING_FIRST].head, 2);
    ck_assert_float_eq(s->heads[TRAINING_INDUCTION].score, 1);
    ck_assert_float_eq(s->heads[TRAINING_RECALL].score, .75f);
    ck_assert_int_eq(s->slip, 5);
    ck_assert_int_eq(s->story_len, 9);
    ck_assert(strncmp(s->story, "Once upon", 9) == 0);
    ck_assert_ptr_null(s->after);
}
END_TEST

/* Each error says line and column. */
START_TEST(a_bad_table_is_refused) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", ":0: column 0: need two lines"},
        {ROW("0"), ":1: column 21: need two lines"},
        {ROW("7") ROW("7"), ":2: column 21: need later steps"},
        {ROW("-1") ROW("7"), ":1: column 1: need a whole number"},
        {ROW("1x") ROW("7"), ":1: column 1: need a whole number"},
        {ROW("") ROW("7"), ":1: column 1: need a number"},
        {"0\tzz\n", ":1: column 2: need a checksum"},
        {"0\t0123456789abcdef\t100\t3\tnan\n", ":1: column 5: need a number"},
        {"0\t0123456789abcdef\t100\t3\t1\t1\t1\t1\t1\t9\n",
         ":1: column 10: need a head"},
        {"0\t0123456789abcdef\t1\t3\t1\t1\t1\t1\t1\t0.1\t2\n",
         ":1: column 11: need a number in range"},
        {"0\t0123456789abcdef\t1\t3\t1\t1\t1\t1\t1\t0.1\t1\t0.1\t1\t0.1\t1\t"
         "0.1\t1\t0.1\t1\t4\tOnce\n",
         ":1: column 21: need a story"},
        {"0\t0123456789abcdef\t1\t3\t1\t1\t1\t1\t1\t0.1\t1\t0.1\t1\t0.1\t1\t"
         "0.1\t1\t0.1\t1\t-1\tOn\x01\n",
         ":1: column 21: need printable"},
    };
    Training t;
    Err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!read_text(bad[i].text, &t, &err), "%zu", i);
        ck_assert_int_eq(err.code, ERR_FORMAT);
        ck_assert_msg(strstr(err.msg, bad[i].says), "%s", err.msg);
    }
    char many[TRAINING_STEPS_MAX * 128 + 256] = "";
    for (int i = 0; i <= TRAINING_STEPS_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%d%s", i,
                 ROW(""));
    ck_assert(!read_text(many, &t, &err));
    ck_assert_msg(strstr(err.msg, "fewer lines"), "%s", err.msg);
}
END_TEST

static Model *open_step(int step) {
    char path[64];
    Err err = {0};
    snprintf(path, sizeof path, SOURCE_EMBEDDED "step-%06d", step);
    Model *m = source_weights(path, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    return m;
}

static Checkpoints *open_own(Tokenizer **tokenizer) {
    Source o = {0};
    Err err = {0};
    ck_assert(source_open(&o, &err));
    *tokenizer = o.tokenizer;
    model_close(o.model);
    Checkpoints *c = checkpoints_open(o.tokenizer, 1, &err);
    ck_assert_msg(c != NULL, "%s", err.msg);
    return c;
}

/* The table that is embedded is about the models that are. */
START_TEST(the_table_is_about_the_models) {
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    const Training *t = checkpoints_training(c);
    ck_assert_int_eq(t->n, 13);
    ck_assert(t->reads);
    for (int i = 0; i < t->n; i++) {
        Model *m = open_step(t->steps[i].step);
        ck_assert_msg(model_checksum(m) == t->steps[i].checksum,
                      "step %d: make training", t->steps[i].step);
        const Config *config = model_config(m);
        for (int k = 0; k < TRAINING_ROLES; k++) {
            ck_assert_int_lt(t->steps[i].heads[k].layer, config->n_layers);
            ck_assert_int_lt(t->steps[i].heads[k].head, config->n_heads);
        }
        model_close(m);
    }
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

/* They are the embedded model's own steps, and those of each that is one. */
START_TEST(steps_are_of_one_model) {
    static const struct {
        const char *model;
        bool own;
    } cases[] = {{NULL, true},
                 {"embedded:step-000400", true},
                 {"embedded:gpt2", false},
                 {"model.gguf", false}};
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        checkpoints_beside(c, cases[i].model);
        ck_assert(checkpoints_training(c)->is_of_model == cases[i].own);
    }
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

/* All that is wanted. */
static int read_all(Checkpoints *c) {
    int n = 0;
    for (; checkpoints_begin(c); n++) {
        checkpoints_compute(c, (SessionWatch){0});
        checkpoints_publish(c);
    }
    ck_assert(checkpoints_are_settled(c));
    return n;
}

START_TEST(each_step_says_what_its_run_says) {
    static const char text[] =
        "Once there was a kind girl named Mia. One day, she went to the park. "
        "There she met Tom. \"Hello, Tom!\" said";
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    const Training *t = checkpoints_training(c);
    Encoding e = {0};
    Err err = {0};
    int ids[64];
    ck_assert(tokenizer_encode(tokenizer, text, strlen(text), TOKENIZER_BOS, &e,
                               &err));
    ck_assert_int_lt(e.n, 64);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    ck_assert(checkpoints_are_settled(c)); /* nothing was wanted */
    checkpoints_want(c, ids, e.n);
    ck_assert(!checkpoints_are_settled(c));
    ck_assert_int_eq(read_all(c), 13);
    for (int i = 0; i < t->n; i++) {
        Model *m = open_step(t->steps[i].step);
        Session *s = session_open(m, &(SessionOptions){0}, &err);
        const float *logits = session_feed(s, ids, e.n, &err);
        double sum = 0, all = 0;
        for (int k = 0; k < t->n_vocab; k++)
            sum += exp((double)logits[k]);
        for (int k = 0; k < t->n_vocab; k++) {
            ck_assert_double_eq_tol((double)t->steps[i].after[k],
                                    exp((double)logits[k]) / sum, 1e-5);
            all += (double)t->steps[i].after[k];
        }
        ck_assert_double_eq_tol(all, 1, 1e-5);
        session_close(s);
        model_close(m);
    }
    const int mia = tokenizer_find_piece(tokenizer, " Mia", 4);
    const int tom = tokenizer_find_piece(tokenizer, " Tom", 4);
    ck_assert_float_gt(t->steps[6].after[tom], .8f); /* the nearer name */
    ck_assert_float_gt(t->steps[12].after[mia], .99f);
    encoding_free(&e);
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

/* Another text: what was computed is of no use any more, and what is being
 * computed is not shown. */
START_TEST(only_the_text_wanted_last_is_shown) {
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    const Training *t = checkpoints_training(c);
    const int first[] = {1, 300}, second[] = {1, 301};
    checkpoints_want(c, first, 2);
    read_all(c);
    checkpoints_want(c, first, 2); /* the same again */
    ck_assert(checkpoints_are_settled(c));
    ck_assert_ptr_nonnull(t->steps[3].after);
    checkpoints_want(c, second, 2);
    ck_assert_ptr_null(t->steps[3].after);
    ck_assert(checkpoints_begin(c));
    checkpoints_want(c, first, 2);
    checkpoints_compute(c, (SessionWatch){0});
    checkpoints_publish(c); /* of the second: too late */
    ck_assert_ptr_null(t->steps[0].after);
    ck_assert_int_eq(read_all(c), 13);
    checkpoints_want(c, NULL, 0); /* what is open is closed */
    ck_assert_ptr_null(t->steps[0].after);
    ck_assert_int_eq(read_all(c), 1);
    int long_one[300] = {1};
    checkpoints_want(c, long_one, 300); /* more than their context */
    ck_assert(checkpoints_are_settled(c));
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

/* Returns how many positions that took; the numbers are those of whoever reads
 * the text for the first time, on another number of threads, to the last bit.
 */
static int read_to(Checkpoints *c, const Tokenizer *tokenizer, const int *ids,
                   int n) {
    Err err = {0};
    const uint64_t before = checkpoints_n_read(c);
    checkpoints_want(c, ids, n);
    read_all(c);
    Checkpoints *fresh = checkpoints_open(tokenizer, 3, &err);
    checkpoints_want(fresh, ids, n);
    read_all(fresh);
    const Training *is = checkpoints_training(c);
    const Training *was = checkpoints_training(fresh);
    for (int i = 0; i < is->n; i++)
        ck_assert(memcmp(is->steps[i].after, was->steps[i].after,
                         (size_t)is->n_vocab * sizeof(float)) == 0);
    checkpoints_close(fresh);
    return (int)(checkpoints_n_read(c) - before);
}

/* Another place in the same text is no new text: each step reads on from what
 * it knows. */
START_TEST(a_step_of_the_token_reads_one_position) {
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    int ids[40] = {1};
    for (int i = 1; i < 40; i++)
        ids[i] = 300 + i;
    ck_assert_int_eq(read_to(c, tokenizer, ids, 30), 13 * 30);
    ck_assert_int_eq(read_to(c, tokenizer, ids, 31), 13);
    ck_assert_int_eq(read_to(c, tokenizer, ids, 40), 13 * 9);
    ck_assert_int_eq(read_to(c, tokenizer, ids, 39), 13);
    checkpoints_want(c, ids, 0); /* nothing yet, but somebody looks */
    ck_assert(checkpoints_are_settled(c));
    ck_assert_int_eq(read_to(c, tokenizer, ids, 39), 13);
    ids[20] = 7; /* another text from there on */
    ck_assert_int_eq(read_to(c, tokenizer, ids, 30), 13 * 10);
    checkpoints_want(c, NULL, 0);
    ck_assert_int_eq(read_all(c), 1);
    ck_assert_int_eq(read_to(c, tokenizer, ids, 3), 13 * 3);
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

static bool asked_twice(void *ud) {
    int *left = ud;
    return (*left)-- > 0;
}

/* Stopped in the middle it shows nothing, and goes on where it was: a step of
 * 40 tokens is read in batches. */
START_TEST(a_stopped_step_goes_on) {
    Tokenizer *tokenizer;
    Checkpoints *c = open_own(&tokenizer);
    int ids[200] = {1}, left = 5, n_stopped = 0;
    for (int i = 1; i < 200; i++)
        ids[i] = 300 + i % 100;
    checkpoints_want(c, ids, 200);
    while (checkpoints_n_read(c) < 200) {
        ck_assert(checkpoints_begin(c));
        checkpoints_compute(c, (SessionWatch){asked_twice, &left});
        checkpoints_publish(c);
        if (checkpoints_n_read(c) < 200) {
            ck_assert(!checkpoints_are_settled(c));
            ck_assert_ptr_null(checkpoints_training(c)->steps[0].after);
            n_stopped++;
        }
        left = 5;
    }
    ck_assert_int_gt(n_stopped, 1);
    ck_assert_ptr_nonnull(checkpoints_training(c)->steps[0].after);
    read_all(c);
    ck_assert_int_eq((int)checkpoints_n_read(c), 13 * 200);
    ck_assert_int_eq(read_to(c, tokenizer, ids, 200), 0);
    checkpoints_close(c);
    tokenizer_close(tokenizer);
}
END_TEST

START_TEST(other_tokens_are_not_read) {
    TinyModel tiny;
    TinySpec spec = tiny_spec();
    Err err = {0};
    const int ids[] = {1, 40};
    ck_assert(tiny_open(&tiny, &spec));
    Checkpoints *c = checkpoints_open(tiny.tok, 1, &err);
    ck_assert_ptr_nonnull(c);
    ck_assert(!checkpoints_training(c)->reads);
    ck_assert_int_eq(checkpoints_training(c)->n, 13);
    checkpoints_want(c, ids, 2);
    ck_assert(checkpoints_are_settled(c));
    checkpoints_close(c);
    tiny_close(&tiny);
    checkpoints_close(NULL);
}
END_TEST

TEST_MAIN("checkpoints", steps_are_of_one_model, a_table_is_read,
          a_bad_table_is_refused, the_table_is_about_the_models,
          each_step_says_what_its_run_says, only_the_text_wanted_last_is_shown,
          a_step_of_the_token_reads_one_position, a_stopped_step_goes_on,
          other_tokens_are_not_read)
