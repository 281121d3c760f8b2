/* The header's families of views, and the menus that hang over a screen. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void open_rig(AppRig *r) {
    app_rig_open(r, (AppOptions){.prompt = "the cat sat", .no_deck = true});
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s", err.msg);
    app_rig_frame(r);
}

/* A point of the last frame that runs the command; false: there is none. */
static bool find(const AppRig *r, Command c, int want, int *x, int *y) {
    int arg;
    for (*y = 0; *y < r->h; *y += 2)
        for (*x = 0; *x < r->w; *x += 2)
            if (screen_command_at(r->screen, *x, *y, &arg) == c && arg == want)
                return true;
    return false;
}

static int view_index(const char *name) {
    for (int i = 0; view_at(i); i++)
        if (strcmp(view_at(i)->name, name) == 0) return i;
    ck_abort_msg("no view %s", name);
    return -1;
}

static bool is_open(const AppRig *r) {
    int x, y;
    return find(r, CMD_VIEW, view_index("qk"), &x, &y);
}

START_TEST(views_are_chosen_by_key) {
    AppRig r;
    open_rig(&r);
    set_state(&r, "view=attention");
    ck_assert(!is_open(&r));
    press(&r, "F10");
    ck_assert(is_open(&r));
    press(&r, "Down"); /* heads stand below attention */
    press(&r, "Enter");
    ck_assert(!is_open(&r));
    ck_assert_str_eq(app_view(r.app)->name, "heads");
    press(&r, "F10");
    press(&r, "Right"); /* the next family's first */
    press(&r, "Enter");
    ck_assert_str_eq(app_view(r.app)->name, "block");
    press(&r, "F10");
    press(&r, "Left");
    press(&r, "Left");
    press(&r, "Up");
    press(&r, "Enter");
    ck_assert_str_eq(app_view(r.app)->name,
                     view_at(view_of_family(FAMILY_ATTENTION, 0) - 2)->name);
    app_rig_close(&r);
}
END_TEST

START_TEST(another_key_puts_the_menu_away_and_acts) {
    AppRig r;
    open_rig(&r);
    set_state(&r, "view=attention key=1 token=2");
    press(&r, "F10");
    press(&r, "Esc"); /* the menu alone */
    ck_assert(!is_open(&r));
    ck_assert_int_eq(app_state(r.app)->key, 1);
    press(&r, "F10");
    press(&r, "F10");
    ck_assert(!is_open(&r));
    press(&r, "F10");
    press(&r, "T");
    ck_assert(!is_open(&r));
    ck_assert_str_eq(app_state(r.app)->theme, "dark");
    press(&r, "F10");
    press(&r, "0");
    ck_assert_str_eq(app_view(r.app)->name, "next");
    press(&r, "F10");
    app_rig_click(&r, 4, r.h - 4); /* beside it */
    app_rig_frame(&r);
    ck_assert(!is_open(&r));
    ck_assert_str_eq(app_view(r.app)->name, "next");
    app_rig_close(&r);
}
END_TEST

START_TEST(the_header_shows_families_and_the_current_view) {
    AppRig r;
    int x, y;
    open_rig(&r);
    set_state(&r, "view=heads");
    for (Family f = 0; f < FAMILY_COUNT; f++)
        if (f != FAMILY_ATTENTION && view_of_family(f, 0) >= 0)
            ck_assert(app_rig_shows(&r, view_family_title(f)));
    ck_assert(app_rig_shows(&r, "Attention: All heads  7 ▾"));
    /* The only view of its family comes at once. */
    ck_assert(find(&r, CMD_VIEW, view_index("next"), &x, &y));
    app_rig_click(&r, x, y);
    ck_assert_str_eq(app_view(r.app)->name, "next");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "Output: Next token  0 ▾"));
    ck_assert(find(&r, CMD_VIEWS, view_of_family(FAMILY_LAYER, 0) + 1, &x, &y));
    app_rig_click(&r, x, y);
    press(&r, "Enter");
    ck_assert_str_eq(app_view(r.app)->name, "block");
    app_rig_close(&r);
}
END_TEST

/* Small windows with large text, a long list of changes: the view and its key
 * are still read, and all views can be reached by mouse. */
START_TEST(there_is_room_for_the_current_view) {
    static const char edits[] =
        " edit=0.0,0.1,0.2,0.3,1.0,1.1,1.2,1.3,mlp0,mlp1";
    for (int i = 0; view_at(i); i++) {
        AppRig r;
        char text[200], title[96];
        int x, y;
        open_rig(&r);
        r.w = 1024;
        r.h = 768;
        snprintf(text, sizeof text, "view=%s scale=2%s", view_at(i)->name,
                 edits);
        set_state(&r, text);
        snprintf(title, sizeof title, "%s  %s ▾", view_at(i)->title,
                 view_at(i)->key);
        ck_assert_msg(app_rig_shows(&r, title), "%s", title);
        ck_assert(find(&r, CMD_VIEWS, 0, &x, &y));
        app_rig_click(&r, x, y);
        app_rig_frame(&r);
        for (int v = 0; view_at(v); v++)
            ck_assert(find(&r, CMD_VIEW, v, &x, &y));
        app_rig_close(&r);
    }
}
END_TEST

TEST_MAIN("menu", views_are_chosen_by_key,
          another_key_puts_the_menu_away_and_acts,
          the_header_shows_families_and_the_current_view,
          there_is_room_for_the_current_view)
