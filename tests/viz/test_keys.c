#include "tests/support/test.h"
#include "viz/screen/keys.h"
#include "viz/views/hits.h"

#include <string.h>

START_TEST(every_command_has_a_row_and_every_row_text) {
    for (int c = CMD_NONE + 1; c < CMD_COUNT; c++) {
        const KeyRow *row = keys_row((Command)c);
        ck_assert_msg(row != NULL, "command %d has no key", c);
        ck_assert(row->keys[0] != '\0');
        ck_assert(row->group[0] != '\0');
    }
}
END_TEST

START_TEST(names_find_their_command) {
    ck_assert_int_eq(keys_find("Right"), CMD_TOKEN_NEXT);
    ck_assert_int_eq(keys_find("PageDown"), CMD_BEAT_NEXT);
    ck_assert_int_eq(keys_find("Shift+Space"), CMD_BEAT_PREV);
    ck_assert_int_eq(keys_find("."), CMD_BLACK);
    ck_assert_int_eq(keys_find("Ctrl+C"), CMD_COPY_STATE);
    ck_assert_int_eq(keys_find("Page"), CMD_NONE);
    ck_assert_int_eq(keys_find(""), CMD_NONE);
    ck_assert_int_eq(keys_find("Space PageDown"), CMD_NONE);
}
END_TEST

/* A key bound twice would make one command unreachable.  B is on purpose: it
 * answers only while a question is open. */
START_TEST(no_key_is_bound_twice) {
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        char keys[64];
        strncpy(keys, row->keys, sizeof keys - 1);
        keys[sizeof keys - 1] = '\0';
        char *rest = NULL;
        for (char *k = strtok_r(keys, " ", &rest); k;
             k = strtok_r(NULL, " ", &rest))
            if (strcmp(k, "B") != 0)
                ck_assert_msg(keys_find(k) == row->command, "%s is bound twice",
                              k);
    }
}
END_TEST

START_TEST(grid_cells_follow_the_drawn_edges) {
    /* 7 cells over 100 pixels start at round(i * 100 / 7). */
    static const int edges[] = {0, 14, 29, 43, 57, 71, 86, 100};
    static Hits h;
    int row, col;
    hits_clear(&h);
    hits_add(&h, (Hit){.rect = {10, 20, 100, 100},
                       .kind = HIT_GRID,
                       .rows = 7,
                       .cols = 7,
                       .row0 = 3,
                       .col0 = 3});
    for (int i = 0; i < 7; i++)
        for (int x = edges[i]; x < edges[i + 1]; x++) {
            ck_assert_ptr_nonnull(hits_at(&h, 10 + x, 20 + x, &row, &col));
            ck_assert_int_eq(row, 3 + i);
            ck_assert_int_eq(col, 3 + i);
        }
    ck_assert_ptr_null(hits_at(&h, 110, 60, &row, &col));
}
END_TEST

START_TEST(cells_above_the_diagonal_do_not_count) {
    static Hits h;
    int row, col;
    hits_clear(&h);
    hits_add(&h, (Hit){.rect = {0, 0, 40, 40},
                       .kind = HIT_GRID,
                       .rows = 4,
                       .cols = 4,
                       .causal = true});
    ck_assert_ptr_null(hits_at(&h, 35, 5, &row, &col));
    ck_assert_ptr_nonnull(hits_at(&h, 5, 35, &row, &col));
}
END_TEST

START_TEST(what_lies_on_top_wins) {
    static Hits h;
    int row, col;
    hits_clear(&h);
    hits_command(&h, (Rect){0, 0, 50, 50}, CMD_HELP);
    hits_command(&h, (Rect){10, 10, 5, 5}, CMD_QUIT);
    hits_command(&h, (Rect){20, 20, 0, 5}, CMD_RESET); /* empty: ignored */
    ck_assert_int_eq(hits_at(&h, 12, 12, &row, &col)->command, CMD_QUIT);
    ck_assert_int_eq(hits_at(&h, 20, 20, &row, &col)->command, CMD_HELP);
    ck_assert_int_eq(h.n, 2);
}
END_TEST

TEST_MAIN("keys", every_command_has_a_row_and_every_row_text,
          names_find_their_command, no_key_is_bound_twice,
          grid_cells_follow_the_drawn_edges,
          cells_above_the_diagonal_do_not_count, what_lies_on_top_wins)
