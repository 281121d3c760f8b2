#include "tests/support/test.h"
#include "viz/screen/keys.h"
#include "viz/views/view.h"

#include <stdio.h>
#include <string.h>

START_TEST(every_command_has_a_row_and_every_row_text) {
    for (int c = CMD_NONE + 1; c < CMD_COUNT; c++) {
        if (c == CMD_SLIDE) continue; /* a click; by keys: arrows and Enter */
        const KeyRow *row = keys_row((Command)c);
        ck_assert_msg(row != NULL, "command %d has no key", c);
        ck_assert(row->keys[0] != '\0');
        ck_assert(row->group[0] != '\0');
    }
}
END_TEST

START_TEST(names_find_their_command) {
    ck_assert_int_eq(keys_find("Right")->command, CMD_TOKEN_NEXT);
    ck_assert_int_eq(keys_find("PageDown")->command, CMD_BEAT_NEXT);
    ck_assert_int_eq(keys_find("Shift+Space")->command, CMD_BEAT_PREV);
    ck_assert_int_eq(keys_find(".")->command, CMD_BLACK);
    ck_assert_int_eq(keys_find("Ctrl+C")->command, CMD_COPY_STATE);
    ck_assert_ptr_null(keys_find("Page"));
    ck_assert_ptr_null(keys_find(""));
    ck_assert_ptr_null(keys_find("Space PageDown"));
}
END_TEST

/* In the order of the data, 1 to 9 and 0; what has no view does nothing. */
static const struct {
    const char *key, *view;
} views[] = {{"1", "model"}, {"2", "tokens"},      {"3", "embedding"},
             {"4", "block"}, {"5", "qk"},          {"6", "attention"},
             {"7", "heads"}, {"8", "mlp"},         {"9", "residual"},
             {"0", "next"},  {"Shift+1", "cache"}, {"Shift+2", "learn"}};
enum { N_VIEW_KEYS = sizeof views / sizeof *views };

START_TEST(view_keys_follow_the_data) {
    for (int i = 0; i < N_VIEW_KEYS; i++) {
        const KeyRow *row = keys_find(views[i].key);
        ck_assert_ptr_nonnull(row);
        ck_assert_int_eq(row->command, CMD_VIEW);
        const View *v = view_find(views[i].view);
        ck_assert_ptr_eq(view_at(keys_arg(row)), v);
        ck_assert(!keys_help(row, NULL) == !v);
        if (v) ck_assert_str_eq(v->key, views[i].key);
    }
}
END_TEST

static bool is_listed(Command c, const Arch *a) {
    return keys_help(keys_row(c), a) != NULL;
}

static bool tells(Command c, const Arch *a, const char *words) {
    return strstr(keys_help(keys_row(c), a), words) != NULL;
}

/* By what the model can do, not by what it is called. */
START_TEST(what_a_model_has_not_is_not_listed) {
    static const Command drawing[] = {
        CMD_HOTTER,     CMD_COLDER,     CMD_TOP_K_MORE, CMD_TOP_K_LESS,
        CMD_TOP_P_MORE, CMD_TOP_P_LESS, CMD_MIN_P_MORE, CMD_MIN_P_LESS};
    for (int i = 0; i < 8; i++) {
        ck_assert(is_listed(drawing[i], &arch_llama));
        ck_assert(is_listed(drawing[i], &arch_gpt2));
        ck_assert(!is_listed(drawing[i], &arch_bert));
    }
    ck_assert(is_listed(CMD_TOGGLE_ROPE, &arch_llama));
    ck_assert(!is_listed(CMD_TOGGLE_ROPE, &arch_gpt2));
    ck_assert(!is_listed(CMD_TOGGLE_EVERY_ROPE, &arch_gpt2));
    ck_assert(is_listed(CMD_TOGGLE_MASK, &arch_gpt2));
    ck_assert(!is_listed(CMD_TOGGLE_MASK, &arch_bert));
    ck_assert(!is_listed(CMD_HIDE_TOKEN, &arch_gpt2));
    ck_assert(is_listed(CMD_HIDE_TOKEN, &arch_bert));
    ck_assert(tells(CMD_TOKEN_NEXT, &arch_gpt2, "generate"));
    ck_assert(!tells(CMD_TOKEN_NEXT, &arch_bert, "generate"));
    ck_assert(!tells(CMD_OP_NEXT, &arch_bert, "draw"));
    ck_assert(tells(CMD_TAKE, &arch_gpt2, "continue"));
    ck_assert(tells(CMD_TAKE, &arch_bert, "in its place"));
    ck_assert(!is_listed(CMD_TAKE, &arch_bert_encoder));
    ck_assert(is_listed(CMD_TAKE, NULL) && is_listed(CMD_HIDE_TOKEN, NULL));
    const KeyRow *row = keys_find(view_next.key);
    ck_assert_str_eq(keys_help(row, &arch_gpt2), view_next.title);
    ck_assert_str_eq(keys_help(row, &arch_bert), view_next.two_way_title);
}
END_TEST

START_TEST(every_view_has_a_key_and_stands_with_its_family) {
    for (int i = 0; view_at(i); i++) {
        ck_assert_ptr_nonnull(keys_find(view_at(i)->key));
        ck_assert_int_eq(view_on_key(view_at(i)->key), i);
        ck_assert_int_ge((int)view_at(i)->family,
                         i ? (int)view_at(i - 1)->family : 0);
    }
    ck_assert_int_eq(view_on_key("Shift+9"), -1);
    for (Family f = 0; f < FAMILY_COUNT; f++)
        for (int i = 0; (i = view_of_family(f, i)) >= 0; i++)
            ck_assert_int_eq((int)view_at(i)->family, (int)f);
}
END_TEST

/* A key bound twice would make one command unreachable.  Digits are on purpose:
 * they answer only while a question waits. */
START_TEST(no_key_is_bound_twice) {
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        char keys[64];
        strncpy(keys, row->keys, sizeof keys - 1);
        keys[sizeof keys - 1] = '\0';
        char *rest = NULL;
        for (char *k = strtok_r(keys, " ", &rest); k;
             k = strtok_r(NULL, " ", &rest))
            if (row->command != CMD_ANSWER && row->command != CMD_VOTE)
                ck_assert_msg(keys_find(k) == row, "%s is bound twice", k);
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
    hits_command(&h, (Rect){0, 0, 50, 50}, CMD_HELP, 0);
    hits_command(&h, (Rect){10, 10, 5, 5}, CMD_QUIT, 0);
    hits_command(&h, (Rect){20, 20, 0, 5}, CMD_RESET, 0); /* empty: ignored */
    ck_assert_int_eq(hits_at(&h, 12, 12, &row, &col)->command, CMD_QUIT);
    ck_assert_int_eq(hits_at(&h, 20, 20, &row, &col)->command, CMD_HELP);
    ck_assert_int_eq(h.n, 2);
}
END_TEST

START_TEST(a_pick_is_a_list_of_keys) {
    Pick p = pick_and(pick_number(STATE_TOKEN, 3), pick_number(STATE_KEY, -1));
    p = pick_and(p, pick_word(STATE_OP, "softmax"));
    ck_assert_int_eq(p.n, 3);
    ck_assert_int_eq(pick_get(&p, STATE_TOKEN), 3);
    ck_assert_str_eq(pick_get_word(&p, STATE_OP), "softmax");
    ck_assert_ptr_null(pick_find(&p, STATE_VIEW));
    p = pick_and(p, pick_number(STATE_TOKEN, 5)); /* the later one wins */
    ck_assert_int_eq(p.n, 3);
    ck_assert_int_eq(pick_get(&p, STATE_TOKEN), 5);
    ck_assert_int_eq(pick_get(&p, STATE_KEY), -1);
}
END_TEST

TEST_MAIN("keys", a_pick_is_a_list_of_keys,
          every_command_has_a_row_and_every_row_text, names_find_their_command,
          view_keys_follow_the_data, what_a_model_has_not_is_not_listed,
          every_view_has_a_key_and_stands_with_its_family,
          no_key_is_bound_twice, grid_cells_follow_the_drawn_edges,
          cells_above_the_diagonal_do_not_count, what_lies_on_top_wins)
