/* The tokens view: draws at every size, its parts can be clicked, Enter goes
 * through pieces, merges and vocabulary. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/tokens/tokens.h"

#define STORY "the cat sat on the mat. the \xE2\x82\xAC cat sat on the"

static const char *const states[] = {"op=pieces", "op=ladder",
                                     "op=ladder elem=1", "op=vocabulary"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1, 1, 1},         {3, 700, 1},    {700, 3, 1},
                 {40, 40, 0.8f},    {480, 420, 1},  {480, 560, 0.7f},
                 {1024, 800, 1.5f}, {1520, 900, 1}, {901, 577, 1.3f},
                 {2600, 1500, 2}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, STORY, 1, 1, 1, "dark"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int k = 0; k < N_STATES; k++) {
            ck_assert(canvas_resize(f.canvas, sizes[i].w, sizes[i].h,
                                    sizes[i].scale, &f.err));
            fixture_stage(&f, "elem=-1 word=\"\"");
            fixture_stage(&f, states[k]);
            fixture_draw(&f, &view_tokens);
            if (sizes[i].w >= 480 && sizes[i].h >= 400) fixture_check_hits(&f);
            fixture_stage(&f, "word=\"thethethethethethethethethe catcatcat\"");
            fixture_draw(&f, &view_tokens);
        }
    fixture_close(&f);
}
END_TEST

static int n_hits(const Fixture *f, StateKey key) {
    int n = 0;
    for (int i = 0; i < f->hits->n; i++)
        n += f->hits->list[i].kind == HIT_PICK &&
             pick_find(&f->hits->list[i].pick, key) != NULL;
    return n;
}

START_TEST(tokens_rungs_and_pieces_can_be_clicked) {
    Fixture f;
    bool missing;
    ck_assert(fixture_open(&f, NULL, "the cat", 1200, 900, 1, "light"));
    fixture_stage(&f, "op=pieces");
    fixture_draw(&f, &view_tokens);
    ck_assert_int_eq(n_hits(&f, STATE_TOKEN), f.stage.n_pos);
    fixture_stage(&f, "op=ladder word=that");
    fixture_draw(&f, &view_tokens);
    const StudyLadder *l = tokens_ladder(&f.stage, &missing);
    ck_assert_int_eq(n_hits(&f, STATE_ELEM), l->n_merges + l->n_tokens);
    fixture_stage(&f, "op=vocabulary");
    fixture_draw(&f, &view_tokens);
    ck_assert_ptr_nonnull(hits_list(f.hits));
    ck_assert_int_eq(hits_list(f.hits)->rows, 300);
    fixture_close(&f);
}
END_TEST

/* A word goes from one blank to the next. */
START_TEST(a_word_is_what_stands_between_blanks) {
    Fixture f;
    int first, last;
    ck_assert(fixture_open(&f, NULL, "the catz sat", 600, 500, 1, "light"));
    for (int pos = 1; pos < f.stage.n_pos; pos++) {
        f.stage.pos = pos;
        tokens_word(&f.stage, &first, &last);
        ck_assert(first <= pos && pos <= last);
        for (int i = first; i <= last; i++) {
            const Piece p =
                tokenizer_piece(f.tokenizer, trace_token(f.trace, i));
            ck_assert_int_eq(p.bytes[0] == ' ', i == first);
        }
    }
    f.stage.pos = 0; /* BOS stands alone */
    tokens_word(&f.stage, &first, &last);
    ck_assert_int_eq(first, 0);
    ck_assert_int_eq(last, 0);
    fixture_close(&f);
}
END_TEST

START_TEST(enter_goes_through_all_of_it) {
    Fixture f;
    bool missing;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    fixture_stage(&f, "op=ladder word=that");
    fixture_draw(&f, &view_tokens);
    const int n = tokens_ladder(&f.stage, &missing)->n_merges;
    ck_assert_int_gt(n, 1);
    fixture_stage(&f, "op=pieces");
    State next;
    state_init(&next);
    for (int k = 0; k < n; k++) {
        fixture_op(&f, &view_tokens);
        ck_assert(view_tokens.step(&f.stage, 1, &next));
        ck_assert_str_eq(next.op, "ladder");
        ck_assert_int_eq(next.elem, k);
        snprintf(f.state.op, sizeof f.state.op, "ladder");
        f.stage.elem = k;
    }
    fixture_op(&f, &view_tokens);
    ck_assert(view_tokens.step(&f.stage, 1, &next));
    ck_assert_str_eq(next.op, "vocabulary");
    f.stage.elem = 0;
    ck_assert(view_tokens.step(&f.stage, -1, &next));
    ck_assert_str_eq(next.op, "pieces");
    state_free(&next);
    fixture_close(&f);
}
END_TEST

START_TEST(the_merge_in_question_opens) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    fixture_stage(&f, "op=ladder word=that elem=1");
    fixture_opened(&f, &view_tokens, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.made.kind, STUDY_CHOICE);
    ck_assert_int_eq(o.made.layer, 1);
    fixture_stage(&f, "op=ladder word=zz elem=-1"); /* nothing merges */
    fixture_opened(&f, &view_tokens, &o);
    ck_assert_int_eq(o.kind, OPENED_NOTHING);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_tokens", every_size_and_scale_draws,
          tokens_rungs_and_pieces_can_be_clicked,
          a_word_is_what_stands_between_blanks, enter_goes_through_all_of_it,
          the_merge_in_question_opens)
