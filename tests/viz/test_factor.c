/* The slider on how much a part counts: by drag, wheel and arrows, and when it
 * is there. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"
#include "viz/views/factor.h"

#include <string.h>

static void open_rig(AppRig *r, const char *state) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat", .state = state});
    app_rig_frame(r);
}

/* The slider of the last frame; NULL: none. */
static const Hit *slider(const AppRig *r) {
    const Hits *h = &r->screen->hits;
    for (int i = 0; i < h->n; i++)
        if (h->list[i].kind == HIT_SLIDER &&
            h->list[i].slider_key == STATE_EDIT)
            return &h->list[i];
    return NULL;
}

static void check_edits(AppRig *r, const char *want) {
    char text[EDITS_TEXT_MAX];
    edits_format(&app_state(r->app)->edits, text, sizeof text);
    ck_assert_str_eq(text, want);
}

/* The point of the slider where a factor stands. */
static int x_of(const Rect r, const Edit *part, float v) {
    const float lo = factor_least(part), hi = factor_most(part);
    return r.x + (int)((v - lo) / (hi - lo) * (float)r.w + .5f);
}

static void move_to(AppRig *r, int x, int y) {
    screen_mouse_move(r->screen, x, y);
    app_rig_frame(r);
}

START_TEST(a_drag_sets_the_factor_and_is_undone_at_once) {
    AppRig r;
    open_rig(&r, "view=heads layer=1 head=2 edit=1.2");
    ck_assert_ptr_nonnull(slider(&r));
    const Hit h = *slider(&r);
    const int y = h.rect.y + h.rect.h / 2;
    move_to(&r, x_of(h.rect, &h.part, 0), y);
    screen_mouse_down(r.screen, x_of(h.rect, &h.part, .5f), y);
    app_rig_frame(&r);
    check_edits(&r, "1.2*0.5");
    ck_assert(app_rig_shows(&r, "with head 1.2 × 0.5"));
    ck_assert(app_rig_shows(&r, "× 0.5"));
    /* As trained it is no change, and the slider stays under the hand, also
     * when that leaves it. */
    move_to(&r, x_of(h.rect, &h.part, 1), y + 300);
    check_edits(&r, "");
    ck_assert_ptr_nonnull(slider(&r));
    move_to(&r, x_of(h.rect, &h.part, 9), y + 300);
    check_edits(&r, "1.2*4");
    move_to(&r, x_of(h.rect, &h.part, -7), y);
    check_edits(&r, "1.2*-1");
    screen_mouse_up(r.screen);
    move_to(&r, 2, 2);
    check_edits(&r, "1.2*-1");
    screen_key(r.screen, "Ctrl+Z");
    app_rig_frame(&r);
    check_edits(&r, "1.2");
    app_rig_close(&r);
}
END_TEST

START_TEST(wheel_and_arrows_step_while_the_mouse_is_there) {
    AppRig r;
    open_rig(&r, "view=heads layer=1 head=2 edit=1.2*0.9 token=1");
    const Hit h = *slider(&r);
    const int x = h.rect.x + 3, y = h.rect.y + h.rect.h / 2;
    move_to(&r, x, y);
    screen_wheel(r.screen, x, y, -2);
    app_rig_frame(&r);
    check_edits(&r, "1.2*0.699999988");
    for (int i = 0; i < 3; i++) {
        screen_key(r.screen, "Right");
        app_rig_frame(&r);
    }
    check_edits(&r, ""); /* 1, and it is still there */
    screen_key(r.screen, "Right");
    app_rig_frame(&r);
    check_edits(&r, "1.2*1.10000002");
    screen_key(r.screen, "Left");
    app_rig_frame(&r);
    check_edits(&r, "");
    ck_assert_int_eq(app_state(r.app)->token, 1);
    move_to(&r, 2, 2);
    ck_assert_ptr_null(slider(&r)); /* as trained, and nobody holds it */
    screen_key(r.screen, "Left");
    app_rig_frame(&r);
    check_edits(&r, "");
    ck_assert_int_eq(app_state(r.app)->token, 0);
    app_rig_close(&r);
}
END_TEST

/* Whose slider is shown. */
static void check_part(const char *state, const char *part) {
    AppRig r;
    char text[EDITS_PART_MAX] = "";
    open_rig(&r, state);
    if (slider(&r)) edits_format_part(&slider(&r)->part, text);
    ck_assert_msg(strcmp(text, part) == 0, "%s: found \"%s\", need \"%s\"",
                  state, text, part);
    app_rig_close(&r);
}

START_TEST(it_is_the_selected_parts) {
    check_part("view=heads layer=1 head=2", "");
    check_part("view=heads layer=1 head=2 edit=1.2", "1.2");
    check_part("view=heads layer=1 head=2 edit=1.2 against=off", "1.2");
    check_part("view=heads layer=1 head=1 edit=1.2*2", "");
    check_part("view=heads layer=1 head=1 edit=1.1*2,1.2", "1.1*2");
    check_part("view=block layer=1 op=down edit=mlp1*0.5", "mlp1*0.5");
    check_part("view=mlp layer=1 elem=3 edit=n1.3*2", "n1.3*2");
    check_part("view=next edit=steer1=5*3", "steer1=5*3");
    check_part("view=next edit=steer0@1*3,cut1", "steer0@1*3");
    check_part("view=heads layer=1 head=2 edit=raw1.2,cut1", "");
}
END_TEST

START_TEST(a_direction_is_moved) {
    AppRig r;
    open_rig(&r, "view=next edit=steer1=5-7*3");
    const Hit h = *slider(&r);
    const int y = h.rect.y + h.rect.h / 2;
    screen_mouse_move(r.screen, h.rect.x, y);
    screen_mouse_down(r.screen, x_of(h.rect, &h.part, -2), y);
    app_rig_frame(&r);
    check_edits(&r, "steer1=5-7*-2");
    move_to(&r, x_of(h.rect, &h.part, 0), y);
    check_edits(&r, "");
    move_to(&r, x_of(h.rect, &h.part, 1), y);
    check_edits(&r, "steer1=5-7");
    screen_mouse_up(r.screen);
    app_rig_close(&r);
}
END_TEST

/* It lies within the window, beside the words of the line. */
START_TEST(it_fits_every_size) {
    static const int sizes[][2] = {
        {640, 480}, {1024, 768}, {1366, 768}, {1920, 1080}, {3840, 2160}};
    AppRig r;
    open_rig(&r, "view=attention layer=1 head=2 edit=1.2*0.5");
    for (int i = 0; i < 5; i++) {
        r.w = sizes[i][0];
        r.h = sizes[i][1];
        app_rig_frame(&r);
        const Hit *h = slider(&r);
        ck_assert(h != NULL || r.w < 1024);
        if (!h) continue;
        ck_assert_int_ge(h->rect.x, 0);
        ck_assert_int_le(h->rect.x + h->rect.w, r.w);
        ck_assert_int_ge(h->rect.w, 40);
        int n;
        const TextMark *marks = canvas_texts(r.canvas, &n);
        for (int k = 0; k < n; k++) {
            const Rect both =
                rect_intersect(textmark_bounds(&marks[k]), h->rect);
            ck_assert_msg(both.w <= 0 || both.h <= 0, "%s", marks[k].text);
        }
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("factor", a_drag_sets_the_factor_and_is_undone_at_once,
          wheel_and_arrows_step_while_the_mouse_is_there,
          it_is_the_selected_parts, a_direction_is_moved, it_fits_every_size)
