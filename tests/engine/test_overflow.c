/* Weights that are finite can overflow: the first number that does is named,
 * however the text is fed, and nothing is drawn from what comes after. */
#include "engine/run/generate.h"
#include "tests/support/overflow.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N 12 /* positions */

static const int tokens[N] = {1, 40, 7, 99, 12, 5, 200, 31, 8, 64, 3, 17};

/* What is made too large, and what is then said of it. */
typedef struct Case {
    OverflowAt at[2]; /* factor 0: no second one */
    const char *says;
} Case;

static const Case cases[] = {
    {{{TENSOR_WQ, 1, 0, 1e18f}, {TENSOR_WK, 1, 0, 1e18f}}, NULL}, /* finite */
    {{{TENSOR_WQ, 1, 0, 1e25f}, {TENSOR_WK, 1, 0, 1e25f}},
     "token 0: blocks.1.attn.hook_attn_scores: "},
    {{{TENSOR_ATTN_NORM, 0, 0, 1e25f}, {TENSOR_WV, 0, 0, 1e25f}},
     "token 0: blocks.0.attn.hook_v: "},
    {{{TENSOR_W_GATE, 1, 0, 1e25f}, {TENSOR_W_UP, 1, 0, 1e25f}},
     ": blocks.1.mlp.hook_post: "},
    {{{TENSOR_FINAL_NORM, 0, 0, 1e25f}, {TENSOR_CLASSIFIER, 0, 7, 1e25f}},
     ": logits: "},
    /* The embedding of the token at 3: its squares are too large. */
    {{{TENSOR_TOKEN_EMBED, 0, 99, 1e25f}},
     "token 3: blocks.0.ln1.hook_scale: "},
};

static void open_case(const Case *c, TinyModel *t) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    ck_assert(tiny_open(t, &spec));
    for (int i = 0; i < 2 && c->at[i].by != 0; i++)
        overflow_make(t, c->at[i]);
}

static void check_said(const Case *c, const Session *s) {
    Err err = {0};
    ck_assert_msg(session_check_finite(s, &err) == (c->says == NULL), "%s",
                  c->says ? c->says : err.msg);
    if (c->says) ck_assert_msg(strstr(err.msg, c->says), "%s", err.msg);
    if (c->says) ck_assert_msg(strstr(err.msg, "tiny.bin: "), "%s", err.msg);
}

START_TEST(the_first_number_is_named) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int by = 1; by <= N; by += 11) /* one by one, and at once */
            for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
                TinyModel t;
                open_case(&cases[i], &t);
                Session *s = session_open(
                    t.model, &(SessionOptions){.n_threads = n_threads}, NULL);
                ck_assert(session_check_finite(s, NULL));
                for (int at = 0; at < N; at += by)
                    ck_assert(session_feed(s, tokens + at, by, NULL));
                check_said(&cases[i], s);
                session_close(s);
                tiny_close(&t);
            }
}
END_TEST

/* What is forgotten is no longer told of; what is taken from another is. */
START_TEST(it_goes_with_its_position) {
    const Case *late = &cases[sizeof cases / sizeof *cases - 1];
    TinyModel t;
    open_case(late, &t);
    Session *s = session_open(t.model, &(SessionOptions){0}, NULL);
    Session *other = session_open(t.model, &(SessionOptions){0}, NULL);
    ck_assert(session_feed(s, tokens, N, NULL));
    check_said(late, s);
    session_share(other, s, 3);
    ck_assert(session_check_finite(other, NULL));
    session_share(other, s, 4);
    check_said(late, other);
    session_rewind(s, 4);
    check_said(late, s);
    session_rewind(s, 3);
    ck_assert(session_check_finite(s, NULL));
    ck_assert(session_feed(s, tokens + 4, 5, NULL));
    ck_assert(session_check_finite(s, NULL));
    session_close(other);
    session_close(s);
    tiny_close(&t);
}
END_TEST

START_TEST(nothing_is_drawn_from_it) {
    Token prompt_tokens[4] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TinyModel t;
        Err err = {0};
        Generate g = {0};
        const GenerateOptions opt = {.length = N};
        open_case(&cases[i], &t);
        for (int k = 0; k < 4; k++)
            prompt_tokens[k].id = tokens[k];
        const Encoding prompt = {.tokens = prompt_tokens, .n = 4};
        Session *s = session_open(t.model, &(SessionOptions){0}, &err);
        ck_assert(generate_init(&g, s, t.tok, &err));
        ck_assert(generate_begin(&g, &prompt, &opt, &err) == !cases[i].says);
        if (cases[i].says) ck_assert(strstr(err.msg, cases[i].says));
        generate_free(&g);
        session_close(s);
        tiny_close(&t);
    }
}
END_TEST

/* Softmax of a score that overflowed is no row of zeros. */
START_TEST(a_spoiled_row_is_not_a_number) {
    TinyModel t;
    open_case(&cases[1], &t);
    Session *s = session_open(t.model, &(SessionOptions){0}, NULL);
    const float *logits = session_feed(s, tokens, N, NULL);
    ck_assert(isnan(logits[0]));
    session_close(s);
    tiny_close(&t);
}
END_TEST

TEST_MAIN("overflow", the_first_number_is_named, it_goes_with_its_position,
          nothing_is_drawn_from_it, a_spoiled_row_is_not_a_number)
