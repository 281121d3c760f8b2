/* Memory that runs out while a world is opened, parsed, asked. */
#include "tests/support/fault.h"
#include "tests/support/worlds.h"

static bool open_folder(void *ud, Err *err) {
    (void)ud;
    World *w = world_open_folder("assets/world", err);
    world_close(w);
    return w != NULL;
}

START_TEST(opening) {
    ck_assert_int_ge(fault_each(open_folder, NULL), 2);
}
END_TEST

static bool ask(void *ud, Err *err) {
    WorldNext next;
    return world_next(ud, WORLD_STORY, "Once", 4, &next, err);
}

static bool refer(void *ud, Err *err) {
    static const char text[] = "Ann had a hat. She lost her hat.\n";
    WorldRefs refs;
    return world_references(ud, WORLD_STORY, text, sizeof text - 1, &refs, err);
}

START_TEST(asking) {
    World *w = worlds_shipped();
    ck_assert_int_ge(fault_each(ask, w), 4);
    world_close(w);
    w = worlds_open(worlds_small);
    ck_assert_int_ge(fault_each(refer, w), 3);
    world_close(w);
}
END_TEST

TEST_MAIN("world_fault", opening, asking)
