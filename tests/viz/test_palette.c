/* The palette: which lines come first, and what each does. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/palette.h"

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

TEST_MAIN("palette", every_view_is_a_few_letters_away, words_fit_in_any_order,
          heads_tokens_slides_and_changes_are_there,
          lines_are_chosen_by_key_and_mouse)
