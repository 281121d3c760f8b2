/* The glossary: its rows, finding terms in texts, and that what stands on
 * screen is explained there by mouse and by key. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/keys.h"
#include "viz/screen/screen.h"
#include "viz/views/glossary.h"
#include "viz/views/view.h"

#include <string.h>

START_TEST(each_term_has_one_sentence) {
    for (int i = 0; i < glossary_count(); i++) {
        const Term *t = glossary_at(i);
        size_t n = strlen(t->text);
        ck_assert_msg(n > 20 && n < 200, "%s: %zu bytes", t->name, n);
        ck_assert_msg(t->text[n - 1] == '.' && !strstr(t->text, ". "),
                      "%s: not one sentence", t->name);
        ck_assert_int_eq(glossary_find(t->name, (int)strlen(t->name)), i);
    }
    ck_assert_ptr_null(glossary_at(glossary_count()));
}
END_TEST

static void has_term(const char *text) {
    int at, n;
    ck_assert_msg(glossary_next(text, (int)strlen(text), 0, &at, &n) >= 0,
                  "no term of the glossary is in \"%s\"", text);
}

/* Every name that views give to things. */
START_TEST(what_views_name_is_explained) {
    for (int v = 0; view_at(v); v++) {
        ViewOp op;
        has_term(view_at(v)->title);
        for (int i = 0; view_at(v)->op && view_at(v)->op(&arch_llama, i, &op);
             i++)
            if (strcmp(op.name, "maps") != 0) has_term(op.title);
    }
    for (int i = 0; i < SAMPLER_PARAMS; i++)
        has_term(sampler_param((SamplerParam)i)->name);
    for (int i = 0; i < HEAD_KINDS; i++)
        has_term(head_kind_title((HeadKind)i));
    static const char *const others[] = {
        "seed",         "token",   "layer",      "head", "logit",
        "probability",  "weight",  "after cuts", "RMS",  "entropy",
        "score",        "neurons", "W_O",        "gate", "residual stream",
        "the position", "heads"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        has_term(others[i]);
}
END_TEST

static void ck_next(const char *text, int from, int at, const char *term) {
    int found_at, n, i;
    i = glossary_next(text, (int)strlen(text), from, &found_at, &n);
    if (!term) {
        ck_assert_int_eq(i, -1);
        return;
    }
    ck_assert_msg(i >= 0 && strcmp(glossary_at(i)->name, term) == 0,
                  "\"%s\": found %s, need %s", text,
                  i < 0 ? "nothing" : glossary_at(i)->name, term);
    ck_assert_int_eq(found_at, at);
}

START_TEST(terms_are_whole_words_the_longest_first) {
    ck_next("a raw score here", 0, 2, "raw score");
    ck_next("Scores count", 0, 0, "score");
    ck_next("the scoreboard", 0, 0, NULL);
    ck_next("attention output", 0, 0, "attention output");
    ck_next("the induction head 1.1", 0, 4, "induction");
    ck_next("bow down and stand up", 0, 0, NULL);
    ck_next("in the end", 0, 0, NULL);
    ck_next("what is further down", 0, 0, NULL);
    ck_next("In", 0, 0, "residual stream");
    ck_next("down", 0, 0, "down");
    ck_next("the MLP adds", 0, 4, "MLP");
    ck_next("weight (√ scale)", 0, 0, "weight");
    ck_next("␣token", 0, 0, NULL);
    ck_next("", 0, 0, NULL);
}
END_TEST

static void set(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
}

/* Moves over the whole window; true if the term was explained anywhere. */
static bool hover_finds(AppRig *r, const char *term) {
    for (int y = 2; y < r->h; y += 5)
        for (int x = 2; x < r->w; x += 5) {
            screen_mouse_move(r->screen, x, y);
            const char *now = screen_term(r->screen);
            if (now && strcmp(now, term) == 0) return true;
        }
    return false;
}

START_TEST(labels_are_explained_under_the_mouse) {
    static const struct {
        const char *state;
        const char *terms[4];
    } cases[] = {
        {"view=attention op=scores", {"raw score", "query", "key", "layer"}},
        {"view=attention op=weights", {"weight", "head", "attention", "mask"}},
        {"view=next", {"logit", "temperature", "entropy", "probability"}},
        {"view=block op=ln1 inspector=on", {"query", "gate", "RMSNorm", "RMS"}},
        {"view=heads", {"previous token", "induction", "head", "weight"}},
    };
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set(&r, cases[i].state);
        for (int k = 0; k < 4; k++)
            ck_assert_msg(hover_finds(&r, cases[i].terms[k]), "%s: no %s",
                          cases[i].state, cases[i].terms[k]);
    }
    screen_mouse_move(r.screen, r.w - 1, r.h - 1);
    ck_assert_ptr_null(screen_term(r.screen));
    app_rig_close(&r);
}
END_TEST

/* A dot below the term under the mouse: pixels on and off in one row. */
static bool has_dots(const AppRig *r, int x, int y) {
    const Pixmap *p = canvas_pixels(r->canvas);
    for (int below = y; below < y + 24 && below < p->h; below++) {
        int turns = 0;
        for (int i = x; i + 1 < x + 12 && i + 1 < p->w; i++)
            turns += p->px[(size_t)below * p->stride + i] !=
                     p->px[(size_t)below * p->stride + i + 1];
        if (turns >= 7) return true;
    }
    return false;
}

/* Hovers over the rows y0..y1 until the term is explained there, dotted. */
static bool dotted_in(AppRig *r, int y0, int y1, const char *term) {
    for (int y = y0; y < y1; y += 2)
        for (int x = 0; x < r->w - 12; x += 3) {
            screen_mouse_move(r->screen, x, y);
            const char *now = screen_term(r->screen);
            if (now && strcmp(now, term) == 0 && has_dots(r, x, y)) return true;
        }
    return false;
}

START_TEST(what_is_changed_is_explained) {
    static const char *const terms[] = {"head", "MLP", "RoPE", "mask"};
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    set(&r, "view=mlp edit=0.1,mlp0,rope,mask");
    ck_assert(app_rig_shows(&r, "changed: head 0.1, MLP 0, RoPE"));
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(dotted_in(&r, 0, 48, terms[i]), "%s", terms[i]);
    }
    set(&r, "edit=mask");
    ck_assert(dotted_in(&r, 95, 140, "mask")); /* the line on top of a view */
    set(&r, "edit=0.1*0.5,mlp1*2,rope1");
    ck_assert(app_rig_shows(&r, "changed: head 0.1 × 0.5, MLP"));
    app_rig_close(&r);
}
END_TEST

/* A beat to come is not there yet, and so gives nothing away. */
START_TEST(a_slides_words_are_explained_once_they_are_there) {
    static const char text[] = "---\nmodel: tiny\n---\n# A\n\nthe logit\n\n"
                               "<!-- .stage: head=1 -->\n\nof grouped-query "
                               "attention\n";
    AppRig r;
    char path[FOLDER_PATH_MAX];
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    folder_write(r.dir, "deck.md", text, sizeof text - 1);
    folder_path(path, r.dir, "deck.md");
    app_drop(r.app, path);
    set(&r, "view=attention slide=1 beat=0 op=weights");
    ck_assert(hover_finds(&r, "logit"));
    ck_assert(!hover_finds(&r, "grouped-query attention"));
    set(&r, "slide=1 beat=1");
    ck_assert(hover_finds(&r, "grouped-query attention"));
    app_rig_close(&r);
}
END_TEST

static bool offers_tokens(AppRig *r) {
    Pick pick;
    for (int y = 2; y < r->h; y += 5)
        for (int x = 2; x < r->w; x += 9)
            if (screen_pick_at(r->screen, x, y, &pick) &&
                pick_find(&pick, STATE_THEN))
                return true;
    return false;
}

/* While the class guesses the stage does not say what comes next. */
START_TEST(the_answer_comes_after_the_question) {
    static const char text[] =
        "---\nmodel: tiny\n---\n# A\n\n<!-- .stage: view=next -->\n\nx\n\n"
        "<!-- .ask: Q | a) x | b*) y -->\n\n<!-- .stage: head=1 -->\n\nB\n";
    AppRig r;
    char path[FOLDER_PATH_MAX];
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    folder_write(r.dir, "deck.md", text, sizeof text - 1);
    folder_path(path, r.dir, "deck.md");
    app_drop(r.app, path);
    set(&r, "slide=1 beat=0");
    ck_assert(!offers_tokens(&r));
    set(&r, "slide=1 beat=1");
    ck_assert(offers_tokens(&r));
    set(&r, "slide=1 beat=0");
    app_answer(r.app, 0, 0); /* a vote gives nothing away */
    app_rig_frame(&r);
    ck_assert(!offers_tokens(&r));
    app_rig_close(&r);
}
END_TEST

/* By key, too, to what a number was made from. */
START_TEST(the_rms_opens_from_what_it_divides) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    static const char *const places[][2] = {
        {"view=block op=ln1 elem=3 inspector=on", "ln1"},
        {"view=block op=gate elem=3", "ln2"},
        {"view=next op=logit elem=-1", "norm"}};
    for (int i = 0; i < 3; i++) {
        set(&r, places[i][0]);
        screen_key(r.screen, "Shift+I");
        app_rig_frame(&r);
        ck_assert_str_eq(app_state(r.app)->op, places[i][1]);
        if (i < 2) ck_assert_int_eq(app_state(r.app)->elem, 16);
    }
    app_rig_close(&r);
}
END_TEST

/* H visits every term once, whatever the mouse, and goes on to none. */
START_TEST(a_key_explains_one_term_after_another) {
    AppRig r;
    const char *seen[100];
    int n = 0;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    set(&r, "view=next");
    screen_key(r.screen, "H");
    bool temperature = false;
    for (; screen_term(r.screen) && n < 100; n++) {
        app_rig_frame(&r);
        seen[n] = screen_term(r.screen);
        temperature |= strcmp(seen[n], "temperature") == 0;
        for (int i = 0; i < n; i++)
            ck_assert_str_ne(seen[i], seen[n]);
        screen_key(r.screen, "H");
    }
    ck_assert_int_ge(n, 8);
    ck_assert_int_lt(n, 100);
    ck_assert(temperature);
    screen_key(r.screen, "Shift+H");
    ck_assert_ptr_nonnull(screen_term(r.screen));
    screen_key(r.screen, "Esc");
    ck_assert_ptr_null(screen_term(r.screen));
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("glossary", each_term_has_one_sentence, what_views_name_is_explained,
          terms_are_whole_words_the_longest_first,
          labels_are_explained_under_the_mouse, what_is_changed_is_explained,
          a_slides_words_are_explained_once_they_are_there,
          the_answer_comes_after_the_question,
          the_rms_opens_from_what_it_divides,
          a_key_explains_one_term_after_another)
