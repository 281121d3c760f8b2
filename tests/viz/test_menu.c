/* The header's families of views, and the menus that hang over a screen. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"

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

/* ---- what can be done here ----------------------------------------------- */

/* The lowest point where a click would set this key to this number. */
static void find_pick(const AppRig *r, StateKey key, int want, int *x, int *y) {
    Pick p;
    for (*y = r->h - 1; *y > 0; *y -= 2)
        for (*x = 0; *x < r->w; *x += 2)
            if (screen_pick_at(r->screen, *x, *y, &p) && pick_find(&p, key) &&
                pick_get(&p, key) == want)
                return;
    ck_abort_msg("no such pick");
}

static int line_of(const AppRig *r, const char *text) {
    const Screen *s = r->screen;
    for (int i = 0; s->menu == MENU_HERE && i < s->n_here; i++)
        if (strcmp(s->here[i].text, text) == 0) return i;
    return -1;
}

/* Takes the line of the open menu by key. */
static void take(AppRig *r, const char *text) {
    const int line = line_of(r, text);
    ck_assert_msg(line >= 0, "no line \"%s\"", text);
    char begins[24]; /* as much as is kept of a text that was drawn */
    snprintf(begins, sizeof begins, "%s", text);
    ck_assert_msg(app_rig_shows(r, begins), "%s", begins);
    press(r, "Home");
    for (int i = 0; i < line; i++)
        press(r, "Down");
    press(r, "Enter");
    ck_assert_int_eq(r->screen->menu, MENU_NONE);
}

static void menu_at(AppRig *r, int x, int y) {
    screen_mouse_menu(r->screen, x, y);
    app_rig_frame(r);
}

START_TEST(a_head_is_switched_off_where_it_is_seen) {
    AppRig r;
    int x, y;
    open_rig(&r);
    set_state(&r, "view=heads layer=0 head=0");
    find_pick(&r, STATE_HEAD, 1, &x, &y);
    Pick p;
    ck_assert(screen_pick_at(r.screen, x, y, &p));
    const int layer = pick_get(&p, STATE_LAYER);
    char off[64], half[64];
    snprintf(off, sizeof off, "Switch head %d.1 off", layer);
    snprintf(half, sizeof half, "Let head %d.1 count half", layer);
    menu_at(&r, x, y);
    take(&r, off);
    const Edits *e = &app_state(r.app)->edits;
    ck_assert_int_eq(e->n, 1);
    ck_assert_float_eq(edits_get(e, EDIT_HEAD, layer, 1), 0);
    ck_assert_str_eq(app_view(r.app)->name, "heads"); /* the place stays */
    ck_assert_int_eq(app_state(r.app)->head, 0);
    menu_at(&r, x, y);
    ck_assert_int_eq(line_of(&r, off), -1); /* it is off */
    take(&r, half);
    ck_assert_float_eq(edits_get(e, EDIT_HEAD, layer, 1), 0.5f);
    menu_at(&r, x, y);
    take(&r, "Switch everything back on");
    ck_assert_int_eq(e->n, 0);
    press(&r, "Ctrl+Z");
    ck_assert_int_eq(e->n, 1);
    app_rig_close(&r);
}
END_TEST

START_TEST(a_cell_is_opened_cut_and_gone_to) {
    AppRig r;
    int x, y;
    open_rig(&r);
    set_state(&r, "view=attention layer=1 head=1 token=3");
    find_pick(&r, STATE_KEY, 2, &x, &y);
    menu_at(&r, x, y);
    take(&r, "Open this number");
    const State *s = app_state(r.app);
    ck_assert_int_eq(s->key, 2);
    const int pos = s->token;
    set_state(&r, "key=-1 token=1");
    menu_at(&r, x, y);
    char line[96];
    Scene scene;
    app_look(r.app, &scene);
    snprintf(line, sizeof line, "Let nobody look at token 2 %s",
             scene.labels[2]);
    app_look_away(r.app);
    take(&r, line);
    ck_assert(edits_left_out(&s->edits, EDIT_CUT, 0, 2));
    ck_assert_int_eq(s->token, 1);
    find_pick(&r, STATE_KEY, 2, &x, &y); /* a line on top has moved it */
    menu_at(&r, x, y);
    take(&r, "Head 1.1 in Query · key");
    ck_assert_str_eq(s->view, "qk");
    ck_assert_int_eq(s->token, pos);
    ck_assert_int_eq(s->layer, 1);
    ck_assert_int_eq(s->head, 1);
    app_rig_close(&r);
}
END_TEST

START_TEST(the_menu_key_is_about_the_opened_number) {
    AppRig r;
    open_rig(&r);
    set_state(&r, "view=next token=2 elem=40");
    press(&r, "Menu");
    char label[STAGE_LABEL_MAX], line[96];
    tokenizer_show(app_tokenizer(r.app), 40, label, sizeof label);
    snprintf(line, sizeof line, "Continue the text with %s", label);
    take(&r, line);
    ck_assert_int_eq(trace_token(app_trace(r.app), 3), 40);
    press(&r, "Shift+F10");
    ck_assert_int_eq(r.screen->menu, MENU_HERE);
    press(&r, "Shift+F10");
    ck_assert_int_eq(r.screen->menu, MENU_NONE);
    press(&r, "Menu");
    press(&r, "Esc");
    ck_assert_int_eq(r.screen->menu, MENU_NONE);
    press(&r, "Menu");
    take(&r, "Copy where you are");
    ck_assert_int_eq(app_take_request(r.app), APP_COPY);
    app_rig_close(&r);
}
END_TEST

/* The opened number's vector, or norm, is taken from the other run, and given
 * back; without another run there is nothing to take. */
static void check_taken(const char *state, const char *line, const char *edit) {
    AppRig r;
    char all[256], text[EDITS_TEXT_MAX], back[96];
    open_rig(&r);
    snprintf(all, sizeof all, "view=block layer=1 token=2 elem=3 %s", state);
    set_state(&r, all);
    press(&r, "Menu");
    ck_assert_int_eq(line_of(&r, line), -1);
    press(&r, "Esc");
    set_state(&r, "against=\"prompt=\\\"the mat sat\\\"\"");
    press(&r, "Menu");
    take(&r, line);
    edits_format(&app_state(r.app)->edits, text, sizeof text);
    ck_assert_str_eq(text, edit);
    press(&r, "Menu");
    snprintf(back, sizeof back, "Take nothing from the other run here: %s",
             edit);
    take(&r, back);
    ck_assert_int_eq(app_state(r.app)->edits.n, 0);
    press(&r, "Ctrl+Z");
    ck_assert_int_eq(app_state(r.app)->edits.n, 1);
    app_rig_close(&r);
}

START_TEST(what_is_opened_is_taken_from_the_other_run) {
    check_taken("op=resid_post",
                "Take this vector from the other run: patch1.resid_post@2",
                "patch1.resid_post@2");
    check_taken("op=resid_pre",
                "Take this vector from the other run: patch0.resid_post@2",
                "patch0.resid_post@2");
    check_taken("op=down",
                "Take this vector from the other run: "
                "patch1.mlp_out@2",
                "patch1.mlp_out@2");
    check_taken("op=ln1",
                "Let this norm divide as in the other run: freeze1.ln1",
                "freeze1.ln1");
}
END_TEST

START_TEST(lines_are_taken_by_mouse_and_fit_small_windows) {
    AppRig r;
    int x, y, row, col;
    open_rig(&r);
    r.w = 640;
    r.h = 480;
    set_state(&r, "view=attention scale=1.6 layer=1 edit=0.1 "
                  "inspector=off");
    find_pick(&r, STATE_KEY, 1, &x, &y);
    menu_at(&r, x, y);
    const int line = line_of(&r, "Switch head 1.0 off");
    ck_assert_int_ge(line, 0);
    for (y = 0; y < r.h; y++)
        for (x = 0; x < r.w; x += 4) {
            const Hit *hit = hits_at(&r.screen->hits, x, y, &row, &col);
            if (hit && hit->kind == HIT_MENU && hit->arg == line) goto found;
        }
    ck_abort_msg("the line cannot be clicked");
found:
    app_rig_click(&r, x, y);
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->edits.n, 2);
    menu_at(&r, x, y);
    menu_at(&r, x, y); /* the other button again */
    ck_assert_int_eq(r.screen->menu, MENU_NONE);
    press(&r, ":"); /* the palette takes the keys */
    menu_at(&r, x, y);
    ck_assert_int_eq(r.screen->menu, MENU_NONE);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("menu", a_head_is_switched_off_where_it_is_seen,
          a_cell_is_opened_cut_and_gone_to,
          the_menu_key_is_about_the_opened_number,
          what_is_opened_is_taken_from_the_other_run,
          lines_are_taken_by_mouse_and_fit_small_windows,
          views_are_chosen_by_key, another_key_puts_the_menu_away_and_acts,
          the_header_shows_families_and_the_current_view,
          there_is_room_for_the_current_view)
