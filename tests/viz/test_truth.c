/* What may truly come next: the world's own numbers, by tokens. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/source_world.h"
#include "viz/screen/screen_private.h"

#include <stdlib.h>
#include <string.h>

/* The embedded model on a text; its truth after the last token. */
static const StudyTruth *open_truth(AppRig *r, Scene *scene, Stage *s,
                                    const char *prompt) {
    Err err = {0};
    *r = (AppRig){.w = 1280, .h = 800};
    folder_make(r->dir);
    const AppOptions opt = {.no_deck = true,
                            .prompt = prompt,
                            .state = "view=next",
                            .export_dir = r->dir};
    r->app = app_open(&opt, &err);
    ck_assert_msg(r->app != NULL, "%s", err.msg);
    r->screen = screen_open(r->app, &err);
    r->fonts = fonts_open(&err);
    r->canvas = canvas_open(16, 16, 1, r->fonts, &err);
    ck_assert_msg(r->screen && r->canvas, "%s", err.msg);
    app_rig_frame(r);
    app_look(r->app, scene);
    ck_assert(screen_stage(r->screen, scene, r->canvas, s));
    return study_truth(s->study, s->pos);
}

static void close_truth(AppRig *r) {
    app_look_away(r->app);
    app_rig_close(r);
}

static double prob_of(const StudyTruth *t, int id) {
    for (int i = 0; i < t->n; i++)
        if (t->id[i] == id) return t->prob[i];
    return 0;
}

/* Words of the world whose pieces begin with a token share it. */
START_TEST(tokens_are_as_likely_as_the_words_they_begin) {
    static const char *const prompts[] = {
        "Once there was a kind", "Once there was a kind girl named",
        "Once there was a kind girl named Mia. One day, she went to the"};
    Err err = {0};
    World *world = source_world(NULL, &err);
    WorldNext *next = malloc(sizeof *next);
    ck_assert(world && next);
    for (int i = 0; i < 3; i++) {
        AppRig r;
        Scene scene;
        Stage s;
        Encoding e = {0};
        double sum = 0, hold = 0;
        const StudyTruth *t = open_truth(&r, &scene, &s, prompts[i]);
        ck_assert_ptr_nonnull(t);
        for (int k = 0; k < t->n; k++)
            sum += t->prob[k];
        ck_assert_double_eq_tol(sum, 1, 1e-9);
        ck_assert(world_next(world, WORLD_STORY, prompts[i], strlen(prompts[i]),
                             next, &err));
        for (int k = 0; k < next->n; k++) {
            const char *word = next->words[k].text;
            ck_assert(tokenizer_encode(s.tokenizer, word, strlen(word),
                                       TOKENIZER_BARE, &e, &err));
            if (k == 0) hold = prob_of(t, e.tokens[0].id);
            ck_assert_double_ge(prob_of(t, e.tokens[0].id),
                                next->words[k].prob - 1e-12);
        }
        if (i == 0) ck_assert_double_eq_tol(hold, .5, 1e-12);
        ck_assert(app_rig_shows(&r, "◆"));
        encoding_free(&e);
        close_truth(&r);
    }
    free(next);
    world_close(world);
}
END_TEST

START_TEST(of_another_text_nothing_is_known) {
    AppRig r;
    Scene scene;
    Stage s;
    const StudyTruth *t = open_truth(&r, &scene, &s, "The stock market fell");
    ck_assert(t && t->n == 0);
    ck_assert(!app_rig_shows(&r, "◆"));
    close_truth(&r);
}
END_TEST

/* A model from a file has read something else. */
START_TEST(of_another_model_nothing_is_known) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "Once there was a kind",
                                  .state = "view=next"});
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "◆"));
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("truth", tokens_are_as_likely_as_the_words_they_begin,
          of_another_text_nothing_is_known, of_another_model_nothing_is_known)
