/* The tokens view: draws at every size, its parts can be clicked, Enter goes
 * through pieces, merges and vocabulary. */
#include "engine/base/num.h"
#include "tests/support/app_rig.h"
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

/* How far what sets `key` reaches to the right and down. */
static void reach(const Fixture *f, StateKey key, int *right, int *bottom) {
    *right = *bottom = 0;
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        if (h->kind != HIT_PICK || !pick_find(&h->pick, key)) continue;
        *right = num_max(*right, h->rect.x + h->rect.w);
        *bottom = num_max(*bottom, h->rect.y + h->rect.h);
    }
}

START_TEST(a_large_stage_is_filled) {
    Fixture f;
    int right, bottom;
    ck_assert(fixture_open(&f, NULL, "the cat", 1880, 840, 1, "light"));
    fixture_stage(&f, "op=ladder word=that");
    fixture_draw(&f, &view_tokens);
    reach(&f, STATE_ELEM, &right, &bottom);
    ck_assert_int_ge(right, 1880 * 95 / 100);
    ck_assert_int_ge(bottom, 840 * 4 / 5);
    fixture_stage(&f, "op=vocabulary elem=290");
    fixture_draw(&f, &view_tokens);
    reach(&f, STATE_ELEM, &right, &bottom);
    ck_assert_int_ge(right, 1880 * 95 / 100);
    ck_assert_int_ge(bottom, 840 * 4 / 5);
    ck_assert_int_ge(hits_list(f.hits)->arg, 40); /* in two columns */
    fixture_close(&f);
}
END_TEST

/* Unscrolled, the list is about what is opened; a click leaves it in place. */
START_TEST(the_list_shows_what_is_opened) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1200, 500, 1, "light"));
    for (int id = 0; id < 300; id += 23) {
        char state[64];
        snprintf(state, sizeof state, "op=vocabulary elem=%d row=-1", id);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_tokens);
        const Hit *list = hits_list(f.hits);
        ck_assert_int_le(list->row0, id);
        ck_assert_int_gt(list->row0 + list->arg, id);
        const int row0 = list->row0;
        for (int i = 0; i < f.hits->n; i++)
            if (pick_find(&f.hits->list[i].pick, STATE_KEY) &&
                pick_find(&f.hits->list[i].pick, STATE_ROW))
                ck_assert_int_eq(pick_get(&f.hits->list[i].pick, STATE_ROW),
                                 row0);
    }
    fixture_close(&f);
}
END_TEST

/* A word goes from one blank to the next. */
/* A character that no font has is told by its number, and no byte is cut. */
START_TEST(what_cannot_be_drawn_is_named) {
    static const char *const ops[] = {"pieces", "ladder"};
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat on the mat. "
                                            "\xF4\x8F\xBF\xBD\xF4\x8F\xBF\xBD"
                                            "\xF4\x8F\xBF\xBD"});
    r.w = 800;
    for (int i = 0; i < 2; i++) {
        char state[64];
        snprintf(state, sizeof state, "view=tokens op=%s", ops[i]);
        Err err = {0};
        ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
        app_rig_frame(&r);
        ck_assert(app_rig_shows(&r, "U+10FFFD"));
        ck_assert(app_rig_shows(&r, "F4"));
        ck_assert(!app_rig_shows(&r, "<F…"));
        ck_assert(!app_rig_shows(&r, "<B…"));
    }
    app_rig_close(&r);
}
END_TEST

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

/* ---- the vocabulary's piece ---------------------------------------------- */

/* Down through the merges that make it, then through its nearest; each opens
 * to an arithmetic that comes out. */
START_TEST(merges_and_cosines_of_a_piece_open) {
    Fixture f;
    bool missing;
    ck_assert(fixture_open(&f, NULL, "the cat", 1200, 900, 1, "light"));
    const int cat = tokenizer_find_piece(f.tokenizer, " cat", 4);
    char state[64];
    snprintf(state, sizeof state, "op=vocabulary elem=%d key=-1", cat);
    fixture_stage(&f, state);
    fixture_draw(&f, &view_tokens);
    const StudyLadder *l = study_ladder(f.study, study_piece(cat), 0, &missing);
    const int n = l->n_merges + study_near(f.study, cat)->n;
    ck_assert_int_gt(l->n_merges, 1);
    for (int i = 0; i <= n; i++) {
        State next;
        Opened o;
        state_init(&next);
        ck_assert(view_tokens.below(&f.stage, 1, &next) == (i < n));
        if (i == n) break;
        f.state.key = next.key;
        ck_assert_int_eq(next.elem, cat);
        ck_assert_int_gt(n_hits(&f, STATE_KEY), n);
        fixture_opened(&f, &view_tokens, &o);
        ck_assert_int_eq(o.made.kind,
                         i < l->n_merges ? STUDY_CHOICE : STUDY_COSINE);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert(ex->matches);
        if (i < l->n_merges)
            ck_assert_double_eq(ex->total, (double)l->merges[i].score);
        else
            ck_assert_double_eq_tol(
                ex->total,
                study_near(f.study, cat)->rows[i - l->n_merges].cosine, 1e-9);
    }
    fixture_close(&f);
}
END_TEST

/* Ctrl+F: by how many bytes a piece has; =x is a text. */
START_TEST(a_piece_is_found_by_its_length) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    ck_assert(app_set_state(r.app, "view=tokens op=vocabulary", &err));
    screen_key(r.screen, "Ctrl+F");
    app_text(r.app, "=2");
    /* Each of that length, in the order of ids, and round again. */
    const Tokenizer *t = app_tokenizer(r.app);
    for (int round = 0; round < 2; round++)
        for (int id = 0; id < tokenizer_n_drawn(t); id++) {
            const Piece p = tokenizer_piece(t, id);
            if (p.is_control || p.len != 2) continue;
            ck_assert_int_eq(app_state(r.app)->elem, id);
            screen_key(r.screen, "Enter");
        }
    app_rig_close(&r);
}
END_TEST

/* ---- the compared run ---------------------------------------------------- */

static void compare(AppRig *r, const char *against) {
    char state[256];
    Err err = {0};
    snprintf(state, sizeof state,
             "view=tokens op=pieces panel=stage against=\"prompt=\\\"%s\\\"\"",
             against);
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
}

/* Texts of the frame that are this one: the inspector has one of them. */
static int n_texts(const AppRig *r, const char *text) {
    int n, found = 0;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        found += strcmp(mark[i].text, text) == 0;
    return found;
}

START_TEST(pieces_that_differ_are_shown) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat on"});
    app_rig_frame(&r);
    compare(&r, "the cat sat on");
    const int alike = n_texts(&r, "before"), the = n_texts(&r, "␣the");
    compare(&r, "the the sat on");
    ck_assert_int_eq(n_texts(&r, "before"), alike + 1);
    ck_assert_int_eq(n_texts(&r, "␣the"), the + 1);
    /* Longer: what nothing stands beside is named. */
    compare(&r, "the cat cat cat sat on");
    ck_assert(app_rig_shows(&r, "before also ␣cat ␣cat"));
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("view_tokens", merges_and_cosines_of_a_piece_open,
          a_piece_is_found_by_its_length, pieces_that_differ_are_shown,
          every_size_and_scale_draws, tokens_rungs_and_pieces_can_be_clicked,
          what_cannot_be_drawn_is_named, a_word_is_what_stands_between_blanks,
          enter_goes_through_all_of_it, the_merge_in_question_opens,
          the_list_shows_what_is_opened, a_large_stage_is_filled)
