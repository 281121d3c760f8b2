/* The same text about others: every word of one row becomes another's, and no
 * other word does. */
#include "tests/support/test.h"
#include "tests/support/worlds.h"

#include <string.h>

static int row_of(const World *w, const char *kind, int i) {
    int rows[WORLD_KIND_MAX];
    ck_assert_int_gt(world_kind(w, kind, rows), i);
    return rows[i];
}

static void ck_swapped(const World *w, WorldSwap swap, const char *text,
                       const char *want) {
    char out[256], cut[4];
    const size_t n =
        world_swap(w, &swap, 1, text, strlen(text), out, sizeof out);
    ck_assert_str_eq(out, want);
    ck_assert_uint_eq(n, strlen(want));
    ck_assert_uint_eq(
        world_swap(w, &swap, 1, text, strlen(text), cut, sizeof cut), n);
}

START_TEST(every_word_of_a_row_is_swapped) {
    World *w = worlds_open(worlds_small);
    const WorldSwap ann = {row_of(w, "person", 0), row_of(w, "person", 1)};
    const WorldSwap cup = {row_of(w, "thing", 0), row_of(w, "thing", 2)};
    ck_swapped(w, ann, "Ann had a cup. She lost her cup.\n",
               "Bob had a cup. He lost his cup.\n");
    ck_swapped(w, cup, "Ann had a cup. She lost her cup.\n",
               "Ann had a hat. She lost her hat.\n");
    /* Whole words alone; and what other rows say as well is nobody's. */
    ck_swapped(w, ann, "Anna annoyed there: no, Ann's",
               "Anna annoyed there: no, Bob's");
    ck_swapped(w, cup, "no cupboard, \"cup\" yes", "no cupboard, \"hat\" yes");
    ck_swapped(w, ann, "", "");
    world_close(w);
}
END_TEST

/* Two at once exchange places. */
START_TEST(swaps_do_not_follow_each_other) {
    World *w = worlds_shipped();
    const int mia = row_of(w, "girl", 0), zoe = row_of(w, "girl", 1);
    const WorldSwap swaps[] = {{mia, zoe}, {zoe, mia}};
    const char text[] = "Mia met Zoe. \"Zoe!\" said Mia.";
    char out[64];
    world_swap(w, swaps, 2, text, strlen(text), out, sizeof out);
    ck_assert_str_eq(out, "Zoe met Mia. \"Mia!\" said Zoe.");
    /* The longest word decides: "a red", not "red". */
    const WorldSwap colour = {row_of(w, "colour", 0), row_of(w, "colour", 3)};
    ck_swapped(w, colour, "She had a red ball. The red ball",
               "She had an orange ball. The orange ball");
    world_close(w);
}
END_TEST

START_TEST(kinds_are_tables_and_what_they_say) {
    World *w = worlds_shipped();
    int rows[WORLD_KIND_MAX], girls[WORLD_KIND_MAX];
    ck_assert_int_eq(world_kind(w, "person", rows), 16);
    ck_assert_int_eq(world_kind(w, "girl", girls), 8);
    ck_assert_int_eq(world_kind(w, "boy", rows), 8);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 8; k++)
            ck_assert_int_ne(rows[i], girls[k]);
    ck_assert_int_eq(world_kind(w, "girly", rows), 0);
    ck_assert_int_eq(world_kind(w, "Mia", rows), 0);
    int n = 0;
    bool has_toy = false;
    for (; world_table(w, n); n++)
        has_toy = has_toy || strcmp(world_table(w, n), "toy") == 0;
    ck_assert(has_toy);
    ck_assert_ptr_null(world_table(w, n));
    world_close(w);
}
END_TEST

START_TEST(who_is_told_of_is_found_in_order) {
    World *w = worlds_shipped();
    int girls[WORLD_KIND_MAX];
    const int n = world_kind(w, "girl", girls);
    const char text[] = "Zoe met Mia. Mia and Zoe met Tom.";
    ck_assert_int_eq(world_told(w, girls, n, text, strlen(text), 0), girls[1]);
    ck_assert_int_eq(world_told(w, girls, n, text, strlen(text), 1), girls[0]);
    ck_assert_int_eq(world_told(w, girls, n, text, strlen(text), 2), -1);
    ck_assert_int_eq(world_told(w, girls, n, "", 0, 0), -1);
    world_close(w);
}
END_TEST

TEST_MAIN("swap", every_word_of_a_row_is_swapped,
          swaps_do_not_follow_each_other, kinds_are_tables_and_what_they_say,
          who_is_told_of_is_found_in_order)
