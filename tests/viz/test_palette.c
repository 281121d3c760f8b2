/* The palette: which lines come first, and what each does. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/palette.h"

#include <stddef.h>
#include <string.h>

static void open_rig(AppRig *r) {
    app_rig_open(r, (AppOptions){.prompt = "the cat sat"});
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

/* Opens the palette and types. */
static void type(AppRig *r, const char *text) {
    press(r, ":");
    ck_assert_int_eq(app_mode(r->app), APP_CHOOSING);
    app_text(r->app, text);
    app_rig_frame(r);
}

static void type_and_take(AppRig *r, const char *text) {
    type(r, text);
    press(r, "Enter");
    ck_assert_int_eq(app_mode(r->app), APP_STEPPING);
}

/* The first line for what is typed. */
static PaletteLine first(AppRig *r, const char *text) {
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    app_look(r->app, &scene);
    const int n = palette_find(&scene, text, lines);
    app_look_away(r->app);
    ck_assert_msg(n > 0, "nothing for \"%s\"", text);
    return lines[0];
}

START_TEST(every_view_is_a_few_letters_away) {
    AppRig r;
    open_rig(&r);
    for (int i = 0; view_at(i); i++) {
        const PaletteLine line = first(&r, view_at(i)->title);
        ck_assert_msg(line.kind == PALETTE_COMMAND &&
                          line.command == CMD_VIEW && line.arg == i,
                      "%s: found \"%s\"", view_at(i)->title, line.text);
    }
    type_and_take(&r, "resid");
    ck_assert_str_eq(app_view(r.app)->name, "residual");
    type_and_take(&r, "NEXT TOK");
    ck_assert_str_eq(app_view(r.app)->name, "next");
    app_rig_close(&r);
}
END_TEST

START_TEST(words_fit_in_any_order) {
    AppRig r;
    open_rig(&r);
    ck_assert_int_eq(first(&r, "light dark").command, CMD_THEME);
    ck_assert_int_eq(first(&r, "dark light").command, CMD_THEME);
    ck_assert_int_eq(first(&r, "THEME").command, CMD_THEME);
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    app_look(r.app, &scene);
    ck_assert_int_eq(palette_find(&scene, "no such thing", lines), 0);
    ck_assert_int_eq(palette_find(&scene, "", lines), PALETTE_LINES);
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

START_TEST(heads_tokens_slides_and_changes_are_there) {
    AppRig r;
    open_rig(&r);
    type_and_take(&r, "1.2");
    ck_assert_int_eq(app_state(r.app)->layer, 1);
    ck_assert_int_eq(app_state(r.app)->head, 2);
    type_and_take(&r, "token 2");
    ck_assert_int_eq(app_pos(r.app), 2);
    type_and_take(&r, "rope,cut1");
    char edits[EDITS_TEXT_MAX];
    edits_format(&app_state(r.app)->edits, edits, sizeof edits);
    ck_assert_str_eq(edits, "rope,cut1");
    type_and_take(&r, "1.3*2"); /* beside what is changed already */
    edits_format(&app_state(r.app)->edits, edits, sizeof edits);
    ck_assert_str_eq(edits, "1.3*2,rope,cut1");
    ck_assert_int_eq(first(&r, "slide 1").kind, PALETTE_SLIDE);
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    app_look(r.app, &scene);
    ck_assert_int_eq(palette_find(&scene, "9.9", lines), 0);
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

/* Whether there is such a line, anywhere, for what is typed; *out is it. */
static bool finds(AppRig *r, const char *typed, const char *text,
                  PaletteLine *out) {
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    bool found = false;
    app_look(r->app, &scene);
    const int n = palette_find(&scene, typed, lines);
    app_look_away(r->app);
    for (int i = 0; i < n && !found; i++) {
        *out = lines[i];
        found = strcmp(lines[i].text, text) == 0;
    }
    return found;
}

/* Takes a line by key. */
static void take(AppRig *r, const char *typed, const char *text) {
    PaletteLine lines[PALETTE_LINES];
    Scene scene;
    type(r, typed);
    app_look(r->app, &scene);
    const int n = palette_find(&scene, typed, lines);
    app_look_away(r->app);
    int i = 0;
    while (i < n && strcmp(lines[i].text, text) != 0)
        i++;
    ck_assert_msg(i < n, "no line \"%s\" for \"%s\"", text, typed);
    while (i-- > 0)
        press(r, "Down");
    press(r, "Enter");
}

static const char *edits(const AppRig *r, char out[EDITS_TEXT_MAX]) {
    edits_format(&app_state(r->app)->edits, out, EDITS_TEXT_MAX);
    return out;
}

START_TEST(words_of_edit_are_completed_with_the_place) {
    AppRig r;
    PaletteLine line;
    Err err = {0};
    char text[EDITS_TEXT_MAX];
    open_rig(&r);
    ck_assert(app_set_state(
        r.app, "view=attention layer=1 head=2 token=2 key=1", &err));
    ck_assert(finds(&r, "rop", "Change: rope", &line));
    ck_assert(finds(&r, "rop", "Change: rope1", &line));
    ck_assert_str_eq(line.detail, "RoPE off in this layer");
    ck_assert(!finds(&r, "ropy", "Change: rope", &line));
    take(&r, "rop", "Change: rope1");
    ck_assert_str_eq(edits(&r, text), "rope1");
    take(&r, "mlp1,ra", "Change: raw1.2"); /* after another */
    ck_assert_str_eq(edits(&r, text), "mlp1,raw1.2,rope1");
    ck_assert(finds(&r, "cut", "Change: cut1", &line));
    ck_assert(finds(&r, "cut", "Change: cut1.2=1", &line));
    ck_assert(finds(&r, "patch", "Change: patch1.2@1", &line));
    ck_assert(finds(&r, "patch", "Change: patch1.resid_post@1", &line));
    ck_assert(finds(&r, "fr", "Change: freeze1.ln1", &line));
    /* With other numbers it shows the form, to be changed. */
    take(&r, "cut0.", "As in: cut1.2=1");
    ck_assert_int_eq(app_mode(r.app), APP_CHOOSING);
    press(&r, "Backspace");
    app_text(r.app, "0");
    press(&r, "Enter");
    ck_assert_str_eq(edits(&r, text), "mlp1,raw1.2,rope1,cut1.2=0");
    app_rig_close(&r);
}
END_TEST

/* Every form is one that is parsed, and no kind of change lacks a form. */
START_TEST(every_kind_of_change_has_a_form) {
    const EditPlace place = {2, 6, 17, 5, 812};
    bool has[EDIT_NONE] = {false};
    char word[EDIT_TERM_MAX];
    for (int i = 0; edit_term(i); i++) {
        Edits e;
        Err err = {0};
        edit_term_fill(edit_term(i), &place, word);
        ck_assert_msg(edits_parse(&e, word, NULL, &err), "%s", err.msg);
        ck_assert_int_eq(e.n + e.no_mask, 1);
        if (e.n > 0) has[e.list[0].kind] = true;
        ck_assert_uint_lt(strlen(edit_term(i)->help),
                          sizeof(PaletteLine) - offsetof(PaletteLine, detail));
    }
    for (int k = 0; k < EDIT_NONE; k++)
        ck_assert_msg(has[k], "no form in edit_terms.c for kind %d", k);
}
END_TEST

START_TEST(lessons_and_models_are_opened_by_name) {
    AppRig r;
    PaletteLine line;
    char path[FOLDER_PATH_MAX];
    open_rig(&r);
    type(&r, "x"); /* it is opened, and looks around */
    press(&r, "Esc");
    ck_assert(finds(&r, "who speaks", "Lesson: who-speaks", &line));
    ck_assert(finds(&r, "answers", "Model: embedded:answers", &line));
    ck_assert(!finds(&r, "beside", "Lesson file: beside.md", &line));
    take(&r, "answers", "Model: embedded:answers");
    ck_assert_str_eq(app_state(r.app)->model, "embedded:answers");
    take(&r, "embedded", "Model: embedded");
    ck_assert_str_eq(app_state(r.app)->model, "embedded");
    take(&r, "weights", "Lesson: weights");
    ck_assert_str_eq(deck_path(app_deck(r.app)), "lessons/weights.md");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    folder_write(r.dir, "mine.md", "# A\n\nx\n", 7);
    folder_write(r.dir, "beside.md", "# B\n\nx\n", 7);
    folder_write(r.dir, "tok512.bin", "x", 1);
    folder_write(r.dir, "big.gguf", "x", 1);
    folder_path(path, r.dir, "mine.md");
    app_drop(r.app, path);
    type(&r, "x"); /* and again */
    press(&r, "Esc");
    ck_assert(!finds(&r, "tok512", "Model: tok512.bin", &line));
    ck_assert(finds(&r, "big", "Model: big.gguf", &line));
    take(&r, "beside", "Lesson file: beside.md");
    folder_path(path, r.dir, "beside.md");
    ck_assert_str_eq(deck_path(app_deck(r.app)), path);
    take(&r, "big", "Model: big.gguf"); /* no model: it is said */
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "big.gguf"));
    app_rig_close(&r);
}
END_TEST

/* Of a model that writes nothing and has no mask. */
START_TEST(what_the_model_has_not_is_not_offered) {
    static const char *const absent[] = {"temperature up", "top-k up",
                                         "causal mask off / on",
                                         "RoPE in this layer off / on"};
    AppRig r;
    PaletteLine line;
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    app_rig_write_bert(path, dir, true);
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .model_path = path,
                                  .prompt = "zoe went [MASK]"});
    app_rig_frame(&r);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(!finds(&r, absent[i], absent[i], &line), "%s", absent[i]);
    ck_assert(finds(&r, "masked", "View: Masked token", &line));
    ck_assert(!finds(&r, "next token", "View: Next token", &line));
    ck_assert(!finds(&r, "rop", "Change: rope", &line));
    ck_assert(
        finds(&r, "nobody", "nobody looks at the opened token / again", &line));
    r.w = 1920;
    r.h = 1080;
    press(&r, "?");
    ck_assert(app_rig_shows(&r, "light / dark theme"));
    for (int i = 0; i < 4; i++)
        ck_assert_msg(!app_rig_shows(&r, absent[i]), "%s", absent[i]);
    press(&r, "Esc");
    const float now = app_state(r.app)->sampler.temperature;
    press(&r, ">");
    ck_assert_float_eq(app_state(r.app)->sampler.temperature, now);
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "masked words"));
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

/* The height at which a text stands in the frame. */
static int text_y(const AppRig *r, const char *text) {
    int n;
    const TextMark *marks = canvas_texts(r->canvas, &n);
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(marks[i].text, text) == 0) return (int)marks[i].y - 2;
    ck_abort_msg("\"%s\" is not shown", text);
}

START_TEST(lines_are_chosen_by_key_and_mouse) {
    AppRig r;
    open_rig(&r);
    type(&r, "theme");
    press(&r, "Down");
    press(&r, "Up");
    press(&r, "Up"); /* there is none above the first */
    press(&r, "Enter");
    ck_assert_str_eq(app_state(r.app)->theme, "dark");
    type(&r, "zzz");
    press(&r, "Enter"); /* nothing is called so: it stays open */
    ck_assert_int_eq(app_mode(r.app), APP_CHOOSING);
    press(&r, "Backspace");
    press(&r, "Esc");
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    type(&r, "theme");
    app_rig_click(&r, r.w / 2, text_y(&r, "light / dark theme"));
    ck_assert_str_eq(app_state(r.app)->theme, "light");
    type(&r, "theme");
    app_rig_click(&r, 4, 4); /* beside it */
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    ck_assert_str_eq(app_state(r.app)->theme, "light");
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("palette", what_the_model_has_not_is_not_offered,
          words_of_edit_are_completed_with_the_place,
          every_kind_of_change_has_a_form,
          lessons_and_models_are_opened_by_name,
          every_view_is_a_few_letters_away, words_fit_in_any_order,
          heads_tokens_slides_and_changes_are_there,
          lines_are_chosen_by_key_and_mouse)
