/* Interventions by key: what each changes, and how the line on top says it. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <string.h>

static void open_rig(AppRig *r, const char *state) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat", .state = state});
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

/* Presses keys, and expects the edits and, where said is not NULL, a text. */
static void check(AppRig *r, const char *key, const char *edits,
                  const char *said) {
    char text[EDITS_TEXT_MAX];
    press(r, key);
    edits_format(&app_state(r->app)->edits, text, sizeof text);
    ck_assert_msg(strcmp(text, edits) == 0, "%s: found \"%s\", need \"%s\"",
                  key, text, edits);
    ck_assert_msg(!said || app_rig_shows(r, said), "%s: \"%s\" is not said",
                  key, said);
}

START_TEST(a_part_is_scaled_step_by_step) {
    AppRig r;
    open_rig(&r, "view=heads layer=1 head=2");
    check(&r, "A", "1.2*1.25", "with head 1.2 × 1.25");
    check(&r, "A", "1.2*1.5", "with head 1.2 × 1.5");
    check(&r, "Shift+A", "1.2*1.25", NULL);
    check(&r, "Shift+A", "", NULL);
    check(&r, "Shift+A", "1.2*0.75", NULL);
    check(&r, "X", "", NULL); /* touched: X takes it back */
    check(&r, "X", "1.2", "without head 1.2");
    check(&r, "Shift+A", "1.2*-1", "with head 1.2 × -1");
    check(&r, "Shift+A", "1.2*-1", NULL); /* there is no lower one */
    check(&r, "Z", "", NULL);
    app_rig_close(&r);
}
END_TEST

START_TEST(attention_is_taken_apart) {
    AppRig r;
    open_rig(&r, "view=attention layer=1 head=2");
    check(&r, "D", "raw1.2", "without ÷ √K in head 1.2");
    check(&r, "D", "", NULL);
    check(&r, "Ctrl+R", "rope1", "without RoPE in layer 1");
    check(&r, "Ctrl+Shift+R", "rope,rope1", NULL);
    check(&r, "Ctrl+R", "rope", "without RoPE");
    check(&r, "Ctrl+Z", "rope,rope1", NULL);
    check(&r, "Z", "", NULL);
    app_rig_close(&r);
}
END_TEST

/* The one whose weight is open, the strongest where none was opened. */
START_TEST(a_token_is_cut) {
    AppRig r;
    Err err = {0};
    open_rig(&r, "view=attention layer=1 head=2 key=1");
    check(&r, "C", "cut1", "nobody looks at ");
    ck_assert(app_rig_shows(&r, "(1)"));
    check(&r, "C", "", NULL);
    ck_assert(app_set_state(r.app, "edit=token1=7", &err));
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, " read for "));
    ck_assert(app_set_state(r.app, "edit=steer0=7-8*3", &err));
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "with 3 × ("));
    app_rig_close(&r);
}
END_TEST

/* It is carried by what the MLP adds, so that is not called the MLP's alone. */
START_TEST(a_direction_is_named_where_it_is_counted) {
    static const char *const edits[] = {"edit=\"\"", "edit=steer1=7-8*3",
                                        "edit=steer1@1*3", "edit=steer0=7",
                                        "edit=\"steer1=7-8*3,patch1.mlp_out\""};
    AppRig r;
    Err err = {0};
    open_rig(&r, "view=residual layer=1");
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++) {
            static const char *const at[][2] = {
                {"view=residual op=stream", "+ MLP 1 + "},
                {"view=residual op=why", "MLP 1 + direction"},
                {"view=mlp op=down", "; with the direction that is added"}};
            char state[96];
            snprintf(state, sizeof state, "%s %s", at[k][0], edits[i]);
            ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
            app_rig_frame(&r);
            ck_assert_int_eq(app_rig_shows(&r, at[k][1]), i == 1 || i == 2);
        }
    app_rig_close(&r);
}
END_TEST

/* Sets a state, and expects the line on top to begin so. */
static void says(AppRig *r, const char *state, const char *said) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
    ck_assert_msg(app_rig_shows(r, said), "%s: \"%s\" is not said", state,
                  said);
}

START_TEST(what_is_taken_from_the_other_run_is_said) {
    AppRig r;
    open_rig(&r, "view=attention layer=1");
    says(&r, "edit=freeze1.ln2", "norm before MLP 1 with the ");
    says(&r, "edit=freeze.final", "final norm with the other run's");
    says(&r, "edit=freeze", "all norms with the other run's ");
    says(&r, "edit=patch1.resid_post@1", "stream after layer 1 at ");
    says(&r, "edit=patch1.3@0", "head 1.3 at <s> (0) as in the ");
    says(&r, "edit=steer0@1*3", "with 3 × (this − the other ");
    says(&r, "edit=patch0.attn_out@2 against=\"prompt=the\"",
         "output of attention 0 at ");
    check(&r, "Z", "", "compared by position with the text \"the\"");
    says(&r,
         "prompt=\"the cat sat on the mat\" "
         "against=\"prompt=\\\"the cat sat on a mat\\\"\"",
         "compared with the text \"…a mat\"");
    says(&r, "against=\"prompt=\\\"the cat sat on the big mat\\\"\"",
         "compared from both ends with the text \"…big mat\"");
    says(&r, "against=\"prompt=\\\"the cat sat\\\" edit=0.1\"",
         "compared by position with prompt=");
    says(&r, "prompt=the against=\"prompt=the\"",
         "compared with the text \"the\"");
    says(&r, "against=\"prompt=the edit=0.1\"",
         "compared with prompt=the edit=0.1");
    check(&r, "Ctrl+Z", "patch0.attn_out@2", "output of attention 0 at ");
    app_rig_close(&r);
}
END_TEST

/* A number that is wider than its place would lie on its bar. */
START_TEST(a_length_has_room_however_large) {
    AppRig r;
    open_rig(&r, "view=residual op=stream");
    says(&r,
         "edit=0.0*2,0.1*2,0.2*2,1.0*2,1.1*2,1.2*2,attn0*99,attn1*99,mlp0*99,"
         "mlp1*99,freeze",
         "From length ");
    ck_assert(!app_rig_shows(&r, "e+"));
    ck_assert(app_rig_shows(&r, "changed: 11 parts · Z restores"));
    app_rig_close(&r);
}
END_TEST

START_TEST(what_is_off_is_said_once_of_several) {
    AppRig r;
    open_rig(&r, "view=next");
    says(&r, "edit=0.1,1.0", "without head 0.1, head 1.0");
    says(&r, "edit=0.1,mlp0", "without head 0.1, MLP 0");
    says(&r, "edit=0.1,mlp0*0.5", "without head 0.1, with MLP");
    app_rig_close(&r);
}
END_TEST

/* The effect would tell the answer. */
START_TEST(a_change_tells_nothing_while_the_class_guesses) {
    static const char lesson[] =
        "<!-- .stage: view=attention -->\n\n# Q\n\n"
        "<!-- .ask: Q | a) x | b*) y -->\n\n---\n\nB\n";
    AppRig r;
    char path[FOLDER_PATH_MAX];
    open_rig(&r, NULL);
    folder_write(r.dir, "ask.md", lesson, strlen(lesson));
    folder_path(path, r.dir, "ask.md");
    app_drop(r.app, path);
    app_rig_frame(&r);
    check(&r, "X", "0.0", "without head 0.0");
    ck_assert(!app_rig_shows(&r, "next "));
    check(&r, "Space", "", NULL); /* the answer is told */
    check(&r, "X", "0.0", "next ");
    app_rig_close(&r);
}
END_TEST

/* There is room for fewer of these, and that is what is said. */
START_TEST(too_many_that_are_of_every_position_are_refused) {
    AppRig r;
    open_rig(&r, "edit=patch0.attn_out,patch0.mlp_out,patch1.attn_out,"
                 "patch1.mlp_out");
    const Edit more = {EDIT_PATCH, 2, EDITS_EVERY_POS, 0,
                       edits_other(SITE_MLP_OUT, 0)};
    ck_assert(!app_put_edit(r.app, more));
    ck_assert(strstr(app_message(r.app), "4 of them at every position"));
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("interventions", a_direction_is_named_where_it_is_counted,
          a_part_is_scaled_step_by_step, attention_is_taken_apart,
          a_token_is_cut, what_is_taken_from_the_other_run_is_said,
          what_is_off_is_said_once_of_several, a_length_has_room_however_large,
          a_change_tells_nothing_while_the_class_guesses,
          too_many_that_are_of_every_position_are_refused)
