/* Memory running out while the viewer opens or takes a new place: one clean
 * error, nothing leaked, and what was shown stays. */
#include "tests/support/app_rig.h"
#include "tests/support/fault.h"

#include <string.h>

static bool open_app(void *ud, Err *err) {
    App *app = app_open(ud, err);
    app_close(app);
    return app != NULL;
}

START_TEST(opening_the_viewer) {
    AppRig r;
    char model[FOLDER_PATH_MAX];
    app_rig_open(&r, (AppOptions){.no_deck = true});
    folder_path(model, r.dir, "tiny.bin");
    AppOptions opt = {.model_path = model,
                      .no_deck = true,
                      .n_threads = 1,
                      .prompt = "the cat sat",
                      .state = "layer=1 then=5,6"};
    ck_assert_int_ge(fault_each(open_app, &opt), 20);
    app_rig_close(&r);
}
END_TEST

static bool change_place(void *ud, Err *err) {
    App *app = ud;
    bool ok = app_set_state(app, "prompt=\"the dog\" then=7 layer=1", err);
    app_settle(app, -1);
    bool kept = strcmp(app_state(app)->prompt, "the cat sat") == 0;
    if (ok) return true;
    return !kept; /* a change in spite of failing shows up */
}

START_TEST(taking_a_new_place) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    app_rig_frame(&r);
    ck_assert_int_ge(fault_each(change_place, r.app), 5);
    ck_assert_str_eq(app_state(r.app)->prompt, "the dog");
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("app_fault", opening_the_viewer, taking_a_new_place)
