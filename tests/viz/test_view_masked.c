/* Views of a BERT: what is filled in, and told back, is what its logits say;
 * depth is read through its head; one without a head says so. */
#include "tests/support/bert_files.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/masked.h"
#include "viz/views/next/next.h"

#include <math.h>
#include <stdio.h>

#define TEXT "zoe went [MASK] cafe , a s ."
enum { ZOE = 1, HIDDEN = 3, COMMA = 5 }; /* positions: [CLS] is 0 */

typedef struct Rig {
    char dir[FOLDER_PATH_MAX];
    Fixture f;
} Rig;

static void rig_open(Rig *r, bool headless, int w, int h, const char *state) {
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.vocab_size = N_BERT;
    Bytes vocab = bert_txt();
    folder_make(r->dir);
    tiny_family_folder(r->dir, &spec, &(TinyForm){.no_head = headless});
    folder_write(r->dir, "vocab.txt", vocab.data, vocab.size);
    bytes_free(&vocab);
    ck_assert(fixture_open(&r->f, r->dir, TEXT, w, h, 1, "light"));
    ck_assert_int_eq(r->f.stage.n_pos, 10);
    fixture_stage(&r->f, state);
}

static void rig_close(Rig *r) {
    fixture_close(&r->f);
    folder_remove(r->dir);
}

/* How many logits of the position are above that of id; and the best. */
static int above(const Fixture *f, int pos, int id, int *best) {
    const float *l = trace_row(f->trace, SITE_LOGITS, 0, pos);
    int n = 0;
    *best = 0;
    for (int i = 0; i < N_BERT; i++) {
        n += l[i] > l[id];
        if (l[i] > l[*best]) *best = i;
    }
    return n;
}

/* Is this told below the table? */
static bool tells(const Fixture *f, const char *text) {
    NextWords t = {.n = 0};
    char all[1024] = "";
    size_t n = 0;
    next_masked_describe(&f->stage, fixture_next(f), &t);
    for (int i = 0; i < t.n; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s", t.text[i]);
    return strstr(all, text) != NULL;
}

static void check_filled_in(const Fixture *f, int pos) {
    char words[96];
    int best;
    above(f, pos, 0, &best);
    snprintf(words, sizeof words, "the model fills in %s", bert_pieces[best]);
    ck_assert_msg(tells(f, words), "%s", words);
    ck_assert(fixture_says(f, "hidden: "));
    ck_assert(fixture_says(f, "filled in"));
}

START_TEST(a_hidden_place_is_filled_in) {
    Rig r;
    rig_open(&r, false, 1300, 850, "view=next");
    ck_assert_int_eq(r.f.stage.pos, HIDDEN); /* nothing else was asked for */
    fixture_draw(&r.f, &view_next);
    ck_assert(fixture_says(&r.f, "Masked token"));
    ck_assert(fixture_says(&r.f, "How well is each"));
    check_filled_in(&r.f, HIDDEN);
    static const char *const never[] = {"after ",      "draw again", "seed",
                                        "temperature", "comes next", "drawn",
                                        "random"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(!fixture_says(&r.f, never[i]), "%s", never[i]);
    fixture_check_texts(&r.f);
    rig_close(&r);
}
END_TEST

static void check_rank(const Fixture *f, int pos, int id) {
    char words[64];
    int best;
    snprintf(words, sizeof words, "rank %d of %d", above(f, pos, id, &best) + 1,
             N_BERT);
    ck_assert_msg(tells(f, words), "%s", words);
}

START_TEST(what_is_shown_is_told_back) {
    Rig r;
    rig_open(&r, false, 1300, 850, "view=next token=1");
    fixture_draw(&r.f, &view_next);
    ck_assert(fixture_says(&r.f, "in the place of “zoe” (1)"));
    ck_assert(tells(&r.f, "the model is shown zoe here"));
    for (int pos = 0; pos < r.f.stage.n_pos; pos++) {
        const int id = trace_token(r.f.trace, pos);
        char state[32], words[64];
        int best;
        if (pos == HIDDEN) continue;
        snprintf(state, sizeof state, "view=next token=%d", pos);
        fixture_stage(&r.f, state);
        if (above(&r.f, pos, id, &best) == 0)
            snprintf(words, sizeof words, "tells it back: ");
        else
            snprintf(words, sizeof words,
                     "tells %s instead: ", bert_pieces[best]);
        ck_assert_msg(tells(&r.f, words), "%d: %s", pos, words);
    }
    Opened o;
    fixture_stage(&r.f, "view=next op=logit elem=11 token=1");
    fixture_opened(&r.f, &view_next, &o);
    ck_assert_str_eq(o.title[1].text, bert_pieces[11]);
    ck_assert(!fixture_says(&r.f, "filled in"));
    check_rank(&r.f, ZOE, BERT_ZOE);
    rig_close(&r);
}
END_TEST

/* The text keeps what is hidden from the model. */
START_TEST(what_an_edit_hides_is_held_against_the_text) {
    Rig r;
    rig_open(&r, false, 1300, 850, "view=next token=1 edit=token1=4");
    ck_assert(masked_at(&r.f.stage, ZOE));
    ck_assert(!masked_at(&r.f.stage, COMMA));
    ck_assert_int_eq(masked_told(&r.f.stage, ZOE), BERT_ZOE);
    ck_assert_int_eq(masked_told(&r.f.stage, HIDDEN), -1);
    fixture_draw(&r.f, &view_next);
    check_filled_in(&r.f, ZOE);
    ck_assert(tells(&r.f, "the text has zoe"));
    check_rank(&r.f, ZOE, BERT_ZOE);
    rig_close(&r);
}
END_TEST

/* Sampling has no part in it. */
START_TEST(probabilities_are_the_models_own) {
    Rig r;
    rig_open(&r, false, 1300, 850, "view=next temperature=0.3 top_k=2 elem=11");
    fixture_draw(&r.f, &view_next);
    const float *l = trace_row(r.f.trace, SITE_LOGITS, 0, HIDDEN);
    double sum = 0;
    for (int i = 0; i < N_BERT; i++)
        sum += exp((double)l[i]);
    const StudyNext *next = fixture_next(&r.f);
    for (int i = 0; i < next->n; i++) {
        const Candidate *c = &next->candidates[i];
        ck_assert_double_eq_tol(c->prob, exp((double)l[c->id]) / sum, 1e-5);
        ck_assert_double_eq_tol(c->final, c->prob, 1e-6);
    }
    Opened o;
    fixture_stage(&r.f, "op=surprise");
    fixture_opened(&r.f, &view_next, &o);
    ck_assert_int_eq(o.kind, OPENED_NOTHING); /* nobody knows what it hides */
    fixture_stage(&r.f, "op=surprise token=1");
    fixture_opened(&r.f, &view_next, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.index, BERT_ZOE);
    ck_assert_int_eq(o.made.pos, ZOE);
    rig_close(&r);
}
END_TEST

START_TEST(depth_is_read_through_the_head) {
    Rig r;
    int best;
    char words[96];
    rig_open(&r, false, 1400, 850, "view=residual op=lens");
    fixture_draw(&r.f, &view_residual);
    above(&r.f, HIDDEN, 0, &best);
    snprintf(words, sizeof words, "“%s” leads from ", bert_pieces[best]);
    ck_assert_msg(fixture_says(&r.f, words), "%s", words);
    ck_assert(fixture_says(&r.f, "the text has"));
    ck_assert(fixture_says(&r.f, "it does not say"));
    ck_assert(fixture_says(&r.f, "rank at [MASK]"));
    ck_assert(!fixture_says(&r.f, "not written yet"));
    fixture_stage(&r.f, "op=why token=3");
    fixture_draw(&r.f, &view_residual);
    ck_assert(fixture_says(&r.f, "✓ equals"));
    ck_assert(fixture_says(&r.f, "And each other token?"));
    fixture_stage(&r.f, "op=stream token=3");
    fixture_draw(&r.f, &view_residual);
    ck_assert(fixture_says(&r.f, "towards "));
    rig_close(&r);
}
END_TEST

/* A later token has its worth, and its place among those opened by key. */
START_TEST(later_tokens_are_worth_something) {
    Rig r;
    Opened o;
    State next;
    state_init(&next);
    rig_open(&r, false, 1400, 850,
             "view=residual op=why token=3 key=5 part=token number=worth");
    fixture_opened(&r.f, &view_residual, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.made.kind, STUDY_WORTH);
    fixture_stage(&r.f, "key=2");
    ck_assert(view_residual.below(&r.f.stage, +1, &next));
    ck_assert_int_eq(next.key, 4); /* not the token itself */
    fixture_stage(&r.f, "key=9");
    ck_assert(!view_residual.below(&r.f.stage, +1, &next));
    state_free(&next);
    rig_close(&r);
}
END_TEST

START_TEST(neurons_have_no_tokens_of_their_own) {
    Rig r;
    rig_open(&r, false, 1400, 850, "view=mlp op=down layer=1");
    fixture_draw(&r.f, &view_mlp);
    ck_assert(!fixture_says(&r.f, "promotes"));
    ck_assert(fixture_says(&r.f, "without it"));
    rig_close(&r);
}
END_TEST

START_TEST(without_a_head_the_views_say_so) {
    static const char *const says[] = {"view=next", "view=residual op=lens",
                                       "view=residual op=why"};
    Rig r;
    Opened o;
    rig_open(&r, true, 1300, 850, "");
    for (int i = 0; i < 3; i++) {
        const View *v = i == 0 ? &view_next : &view_residual;
        fixture_stage(&r.f, says[i]);
        fixture_draw(&r.f, v);
        ck_assert_msg(fixture_says(&r.f, "This model predicts nothing"), "%s",
                      says[i]);
        fixture_opened(&r.f, v, &o);
        ck_assert_int_eq(o.kind, OPENED_NOTHING);
    }
    fixture_stage(&r.f, "view=residual op=stream");
    fixture_draw(&r.f, &view_residual);
    ck_assert(fixture_says(&r.f, "From length "));
    ck_assert(!fixture_says(&r.f, "towards "));
    fixture_opened(&r.f, &view_residual, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    fixture_stage(&r.f, "view=mlp op=down");
    fixture_draw(&r.f, &view_mlp);
    ck_assert(fixture_says(&r.f, "Layer 0, [MASK]"));
    ck_assert(!fixture_says(&r.f, "without it"));
    fixture_opened(&r.f, &view_mlp, &o);
    ck_assert_int_ne(o.kind, OPENED_NOTHING);
    rig_close(&r);
}
END_TEST

START_TEST(nothing_leaves_the_picture) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1, 1, 1}, {480, 300, 1}, {901, 577, 1.3f}, {1520, 900, 1}};
    static const struct {
        const View *view;
        const char *state;
    } of[] = {{&view_next, "op=logit token=3"},
              {&view_next, "op=bars token=1 edit=token1=4"},
              {&view_residual, "op=lens token=3"},
              {&view_residual, "op=why token=3"},
              {&view_residual, "op=stream token=3"},
              {&view_mlp, "op=down token=3"}};
    for (int headless = 0; headless < 2; headless++) {
        Rig r;
        rig_open(&r, headless, 1, 1, "theme=dark");
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
                ck_assert(canvas_resize(r.f.canvas, sizes[i].w, sizes[i].h,
                                        sizes[i].scale, &r.f.err));
                r.f.stage.mouse_x = sizes[i].w / 2;
                r.f.stage.mouse_y = sizes[i].h / 2;
                fixture_stage(&r.f, of[k].state);
                fixture_draw(&r.f, of[k].view);
                if (sizes[i].w >= 480) fixture_check_hits(&r.f);
                if (sizes[i].w >= 901) fixture_check_texts(&r.f);
            }
        rig_close(&r);
    }
}
END_TEST

/* ---- tokens in words ----------------------------------------------------- */

/* Pieces of WordPiece look like words: a sentence has them in quotes. */
START_TEST(sentences_quote_bare_words) {
    Rig r;
    rig_open(&r, false, 1366, 850, "view=qk token=2 key=1");
    fixture_draw(&r.f, &view_qk);
    ck_assert(fixture_says(&r.f, "Why does “went” look"));
    fixture_stage(&r.f, "view=qk token=3 key=1");
    fixture_draw(&r.f, &view_qk);
    ck_assert(fixture_says(&r.f, "Why does [MASK] look at “"));
    rig_close(&r);
}
END_TEST

/* What an edit puts in the place of a word is what looks and is looked at. */
START_TEST(a_replaced_token_is_named_by_what_is_read) {
    Rig r;
    Opened o;
    rig_open(&r, false, 1366, 850, "view=qk token=1 key=1 edit=token1=12");
    fixture_draw(&r.f, &view_qk);
    ck_assert(fixture_says(&r.f, "Why does “went” look"));
    ck_assert(fixture_says(&r.f, "key went"));
    fixture_opened(&r.f, &view_qk, &o);
    ck_assert_str_eq(o.title[2].text, "went");
    fixture_stage(&r.f, "view=attention token=2 key=1");
    fixture_draw(&r.f, &view_attention);
    ck_assert(!fixture_says(&r.f, "zoe"));
    fixture_opened(&r.f, &view_attention, &o);
    ck_assert_str_eq(o.title[2].text, "went");
    fixture_stage(&r.f, "view=next token=1"); /* the text has it still */
    fixture_draw(&r.f, &view_next);
    ck_assert(fixture_says(&r.f, "in the place of “zoe” (1)"));
    rig_close(&r);
}
END_TEST

TEST_MAIN("masked views", sentences_quote_bare_words,
          a_replaced_token_is_named_by_what_is_read,
          a_hidden_place_is_filled_in, what_is_shown_is_told_back,
          what_an_edit_hides_is_held_against_the_text,
          probabilities_are_the_models_own, depth_is_read_through_the_head,
          later_tokens_are_worth_something, neurons_have_no_tokens_of_their_own,
          without_a_head_the_views_say_so, nothing_leaves_the_picture)
