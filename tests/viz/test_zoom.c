/* A heatmap of many tokens: the wheel and keys zoom it about a point, a drag
 * moves it, a copied state draws the same, and its labels keep apart. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "tests/viz/stage_fixture.h"
#include "viz/screen/commands.h"
#include "viz/screen/keys.h"

#include <math.h>

#define TOKENS 40

/* So many tokens, the first one included. */
static void long_text(char *out, size_t size, int tokens) {
    out[0] = '\0';
    for (int i = 1; i < tokens; i++)
        snprintf(out + strlen(out), size - strlen(out), " the");
}

static void open_long(AppRig *r) {
    char text[4 * TOKENS + 1];
    long_text(text, sizeof text, TOKENS);
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = text + 1});
    app_rig_frame(r);
    ck_assert_int_eq(app_n_tokens(r->app), TOKENS);
}

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s", err.msg);
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

/* What a click at a point opens; false: nothing. */
static bool cell_at(const AppRig *r, int x, int y, int *row, int *col) {
    Pick p;
    if (!screen_pick_at(r->screen, x, y, &p) || !pick_find(&p, STATE_KEY) ||
        !pick_find(&p, STATE_TOKEN))
        return false;
    *row = pick_get(&p, STATE_TOKEN);
    *col = pick_get(&p, STATE_KEY);
    return true;
}

/* The leftmost point of the lowest row of cells that shows key `col`. */
static bool find_cell(const AppRig *r, int row, int col, int *x, int *y) {
    int i, j;
    for (*y = 100; *y < r->h; *y += 3)
        for (*x = 20; *x < r->w - 300; *x += 3)
            if (cell_at(r, *x, *y, &i, &j) && i == row && j == col) {
                *x += 1;
                *y += 1;
                return true;
            }
    return false;
}

/* ---- the wheel ----------------------------------------------------------- */

START_TEST(the_wheel_zooms_about_the_mouse) {
    AppRig r;
    int x, y, row, col;
    open_long(&r);
    set_state(&r, "view=attention op=weights token=5");
    ck_assert(find_cell(&r, 30, 12, &x, &y));
    for (int i = 0; i < 12; i++) {
        screen_wheel(r.screen, x, y, i < 6 ? 1 : -1);
        app_rig_frame(&r);
        ck_assert(cell_at(&r, x, y, &row, &col));
        /* The map is a little smaller with strips beside it. */
        ck_assert_int_le(abs(row - 30), 1);
        ck_assert_int_le(abs(col - 12), 1);
        ck_assert_int_eq(app_state(r.app)->token, 5);
        if (i == 5) ck_assert_float_gt(app_state(r.app)->zoom, 3);
    }
    ck_assert_float_eq(app_state(r.app)->zoom, 1); /* and back to all */
    ck_assert(find_cell(&r, 0, 0, &x, &y) && find_cell(&r, 39, 39, &x, &y));
    ck_assert(find_cell(&r, 30, 12, &x, &y));
    for (int i = 0; i < 40; i++)
        screen_wheel(r.screen, x, y, 1); /* without end */
    app_rig_frame(&r);
    ck_assert(cell_at(&r, x, y, &row, &col));
    ck_assert_float_le(app_state(r.app)->zoom, TOKENS / 4.f);
    app_rig_close(&r);
}
END_TEST

START_TEST(a_wheel_turned_aside_moves_it) {
    AppRig r;
    int x, y;
    open_long(&r);
    set_state(&r, "view=attention op=weights zoom=4 at=25,10");
    ck_assert(find_cell(&r, 28, 12, &x, &y));
    screen_wheel_aside(r.screen, x, y, 3);
    ck_assert_int_eq(app_state(r.app)->at[0], 25);
    ck_assert_int_eq(app_state(r.app)->at[1], 13);
    screen_wheel_aside(r.screen, x, y, -99); /* no farther than the first */
    ck_assert_int_eq(app_state(r.app)->at[1], 0);
    app_rig_close(&r);
}
END_TEST

/* ---- the mouse ----------------------------------------------------------- */

START_TEST(a_drag_moves_it_and_a_click_opens) {
    AppRig r;
    int x, y, x2, y2, row, col;
    open_long(&r);
    set_state(&r, "view=attention op=weights token=5 zoom=4 at=20,10 "
                  "inspector=on");
    ck_assert(find_cell(&r, 25, 13, &x, &y));
    ck_assert(find_cell(&r, 22, 16, &x2, &y2));
    screen_mouse_move(r.screen, x, y);
    screen_mouse_down(r.screen, x, y);
    screen_mouse_move(r.screen, x2, y2);
    screen_mouse_up(r.screen);
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->token, 5);
    ck_assert_int_eq(app_state(r.app)->key, -1);
    ck_assert_int_eq(app_state(r.app)->at[0], 23);
    ck_assert_int_eq(app_state(r.app)->at[1], 7);
    ck_assert(cell_at(&r, x2, y2, &row, &col)); /* what was taken moved along */
    ck_assert_int_eq(row, 25);
    ck_assert_int_eq(col, 13);

    app_rig_click(&r, x2, y2);
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->token, 25);
    ck_assert_int_eq(app_state(r.app)->key, 13);
    ck_assert(cell_at(&r, x2, y2, &row, &col)); /* and it stays there */
    ck_assert_int_eq(row, 25);
    ck_assert_int_eq(col, 13);
    app_rig_close(&r);
}
END_TEST

/* A press there leaves what lies over the map, which stays where it is. */
static void leaves_map_alone(AppRig *r, int x, int y) {
    int arg;
    app_rig_frame(r);
    ck_assert_int_eq(screen_command_at(r->screen, x, y, &arg), CMD_LEAVE);
    screen_wheel(r->screen, x, y, 1);
    screen_wheel_aside(r->screen, x, y, 3);
    screen_mouse_move(r->screen, x, y);
    screen_mouse_down(r->screen, x, y);
    screen_mouse_move(r->screen, x + 60, y - 60);
    screen_mouse_up(r->screen);
    ck_assert_float_eq(app_state(r->app)->zoom, 4);
    ck_assert_int_eq(app_state(r->app)->at[0], 20);
    ck_assert_int_eq(app_state(r->app)->at[1], 10);
    ck_assert_int_eq(app_mode(r->app), APP_STEPPING);
    ck_assert_int_eq(app_page(r->app), PAGE_NONE);
}

START_TEST(a_press_beside_what_lies_over_it_goes_not_through) {
    AppRig r;
    int x, y;
    open_long(&r);
    set_state(&r, "view=attention op=weights token=5 zoom=4 at=20,10");
    ck_assert(find_cell(&r, 28, 10, &x, &y));
    press(&r, ":");
    leaves_map_alone(&r, x, y);
    app_open_page(r.app, PAGE_END);
    leaves_map_alone(&r, x, y);
    app_rig_close(&r);
}
END_TEST

/* Presses from a cell on, downwards or to the right, until one moves the map
 * along `axis` alone; false when none did. */
static bool press_moves(AppRig *r, int x, int y, int axis) {
    const int *at = app_state(r->app)->at;
    for (; x < r->w - 300 && y < r->h - 60; *(axis ? &y : &x) += 5) {
        set_state(r, "token=20 key=-1 zoom=8 at=12,12");
        screen_mouse_move(r->screen, x, y);
        screen_mouse_down(r->screen, x, y);
        screen_mouse_up(r->screen);
        if (app_state(r->app)->key < 0 && at[!axis] == 12 && at[axis] != 12)
            return true;
    }
    return false;
}

START_TEST(strips_show_the_part_and_move_it) {
    AppRig r;
    int x, y;
    open_long(&r);
    set_state(&r, "view=attention op=weights token=20 zoom=8 at=12,12");
    ck_assert(find_cell(&r, 16, 12, &x, &y));
    ck_assert(press_moves(&r, x, y, 1)); /* the one below */
    ck_assert(find_cell(&r, 12, 12, &x, &y));
    ck_assert(press_moves(&r, x, y, 0)); /* the one to the right */
    app_rig_close(&r);
}
END_TEST

/* ---- keys and states ----------------------------------------------------- */

START_TEST(keys_do_the_same) {
    AppRig r;
    int x, y;
    open_long(&r);
    set_state(&r, "view=attention op=weights token=20");
    for (int i = 0; i < 6; i++)
        press(&r, "Ctrl+=");
    ck_assert_float_gt(app_state(r.app)->zoom, 3);
    ck_assert(find_cell(&r, 20, 20, &x, &y));
    const int row0 = app_state(r.app)->at[0], col0 = app_state(r.app)->at[1];
    press(&r, "Ctrl+Shift+Down");
    press(&r, "Ctrl+Shift+Left");
    ck_assert_int_gt(app_state(r.app)->at[0], row0);
    ck_assert_int_lt(app_state(r.app)->at[1], col0);
    press(&r, "Home"); /* what is stepped to is seen */
    ck_assert(find_cell(&r, 0, 0, &x, &y));
    set_state(&r, "token=30 key=20 zoom=8 at=28,16");
    for (int i = 0; i < 9; i++)
        press(&r, "Shift+Left"); /* and so is what is opened */
    ck_assert(find_cell(&r, 30, 11, &x, &y));
    press(&r, "Ctrl+-");
    ck_assert_float_lt(app_state(r.app)->zoom, 8);
    press(&r, "Ctrl+L");
    ck_assert_float_eq(app_state(r.app)->zoom, 1);
    ck_assert_int_eq(app_state(r.app)->at[0], -1);
    press(&r, "Ctrl+Z");
    ck_assert_float_gt(app_state(r.app)->zoom, 1);
    app_rig_close(&r);
}
END_TEST

static uint64_t pixels(const AppRig *r) {
    const Pixmap *p = canvas_pixels(r->canvas);
    uint64_t sum = 14695981039346656037u;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            sum = (sum ^ p->px[(size_t)y * p->stride + x]) * 1099511628211u;
    return sum;
}

START_TEST(a_copied_state_draws_the_same) {
    AppRig r, fresh;
    int x, y;
    static char text[STATE_TEXT_MAX], again[STATE_TEXT_MAX];
    open_long(&r);
    set_state(&r, "view=attention op=scores layer=1");
    ck_assert(find_cell(&r, 33, 9, &x, &y));
    for (int i = 0; i < 7; i++) {
        screen_wheel(r.screen, x, y, 1);
        app_rig_frame(&r);
    }
    screen_wheel_aside(r.screen, x, y, 2);
    app_rig_frame(&r);
    app_state_text(r.app, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "zoom="));
    ck_assert_ptr_nonnull(strstr(text, "at="));
    open_long(&fresh);
    set_state(&fresh, text);
    ck_assert_uint_eq(pixels(&fresh), pixels(&r));
    app_state_text(fresh.app, again, sizeof again);
    ck_assert_str_eq(again, text);
    app_rig_close(&fresh);
    app_rig_close(&r);
}
END_TEST

/* ---- many small maps ----------------------------------------------------- */

/* The middle of a head's thumbnail; false: it is not to be seen. */
static bool find_head(const AppRig *r, int layer, int head, int *x, int *y) {
    for (*y = 60; *y < r->h - 60; *y += 4)
        for (*x = 0; *x < r->w; *x += 4) {
            Pick p;
            if (screen_pick_at(r->screen, *x, *y, &p) &&
                pick_find(&p, STATE_HEAD) && !pick_find(&p, STATE_OP) &&
                pick_get(&p, STATE_LAYER) == layer &&
                pick_get(&p, STATE_HEAD) == head)
                return true;
        }
    return false;
}

START_TEST(all_heads_zoom_together) {
    AppRig r;
    int x, y;
    open_long(&r);
    set_state(&r, "view=heads layer=0 head=0 token=20");
    ck_assert(find_head(&r, 1, 2, &x, &y));
    for (int i = 0; i < 6; i++) {
        screen_wheel(r.screen, x + 8, y + 8, 1);
        app_rig_frame(&r);
    }
    ck_assert_float_gt(app_state(r.app)->zoom, 3);
    ck_assert_int_eq(app_state(r.app)->token, 20);
    ck_assert_int_eq(app_state(r.app)->head, 0);
    set_state(&r, "zoom=4 at=20,10");
    ck_assert(find_head(&r, 1, 2, &x, &y));
    const int x2 = x + 40, y2 = y + 40;
    screen_mouse_move(r.screen, x2, y2); /* a drag moves them, all */
    screen_mouse_down(r.screen, x2, y2);
    screen_mouse_move(r.screen, x2 - 36, y2 - 36);
    screen_mouse_up(r.screen);
    app_rig_frame(&r);
    ck_assert_int_gt(app_state(r.app)->at[0], 20);
    ck_assert_int_gt(app_state(r.app)->at[1], 10);
    ck_assert_int_eq(app_state(r.app)->head, 0);
    screen_wheel_aside(r.screen, x2, y2, -99);
    ck_assert_int_eq(app_state(r.app)->at[1], 0);
    const int row0 = app_state(r.app)->at[0];
    app_rig_frame(&r);
    app_rig_click(&r, x2, y2); /* a click picks, and they stay */
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->layer, 1);
    ck_assert_int_eq(app_state(r.app)->head, 2);
    ck_assert_int_eq(app_state(r.app)->at[0], row0);
    app_rig_click(&r, x2, y2); /* another opens it, at the same place */
    app_rig_frame(&r);
    ck_assert_str_eq(app_state(r.app)->view, "attention");
    ck_assert_float_eq(app_state(r.app)->zoom, 4);
    app_rig_close(&r);
}
END_TEST

START_TEST(heads_copied_draw_the_same) {
    AppRig r, fresh;
    static char text[STATE_TEXT_MAX];
    open_long(&r);
    set_state(&r, "view=heads layer=1 head=2");
    commands_run(r.screen, CMD_ZOOM_IN, 0);
    app_rig_frame(&r);
    commands_run(r.screen, CMD_ZOOM_IN, 0);
    app_rig_frame(&r);
    commands_run(r.screen, CMD_PAN_LEFT, 0);
    app_rig_frame(&r);
    ck_assert_float_gt(app_state(r.app)->zoom, 1.4f);
    app_state_text(r.app, text, sizeof text);
    open_long(&fresh);
    set_state(&fresh, text);
    ck_assert_uint_eq(pixels(&fresh), pixels(&r));
    app_rig_close(&fresh);
    app_rig_close(&r);
}
END_TEST

/* Heads enough for rows that do not fit, of a model made for it. */
START_TEST(the_wheel_reaches_every_head) {
    AppRig r;
    TinySpec spec = tiny_spec();
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    int x, y, seen = 0;
    spec.n_layers = 40;
    spec.dim = 80;
    spec.n_heads = spec.n_kv_heads = 40;
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    folder_path(path, dir, "tiny.bin");
    app_rig_open(&r, (AppOptions){.model_path = path,
                                  .no_deck = true,
                                  .prompt = "the cat sat on the mat"});
    r.w = 640;
    r.h = 400;
    app_rig_frame(&r);
    set_state(&r, "view=heads layer=0 head=0");
    for (int layer = 0; layer < 40; layer++) {
        if (!find_head(&r, layer, 39, &x, &y)) {
            ck_assert_int_gt(layer, 8);          /* the first are there */
            screen_wheel(r.screen, 20, 250, -1); /* on their names */
            app_rig_frame(&r);
        }
        seen +=
            find_head(&r, layer, 39, &x, &y) && find_head(&r, layer, 0, &x, &y);
    }
    ck_assert_int_eq(seen, 40);
    ck_assert_int_gt(app_state(r.app)->row, 0);
    ck_assert(find_head(&r, 39, 3, &x, &y));
    const float zoom = app_state(r.app)->zoom;
    const int row = app_state(r.app)->row;
    screen_wheel(r.screen, x, y, 1); /* over a map it zooms */
    app_rig_frame(&r);
    ck_assert_float_gt(app_state(r.app)->zoom, zoom);
    ck_assert_int_eq(app_state(r.app)->row, row);
    set_state(&r, "zoom=1 at=-1,-1");
    screen_wheel_aside(r.screen, x, y, -1); /* nothing is aside of a whole */
    app_rig_frame(&r);
    ck_assert_int_lt(app_state(r.app)->row, row);
    press(&r, "Ctrl+PageUp");
    ck_assert(find_head(&r, 1, 0, &x, &y));
    press(&r, "Ctrl+PageDown");
    press(&r, "Ctrl+PageDown");
    ck_assert(!find_head(&r, 0, 0, &x, &y));
    press(&r, "]"); /* what is stepped to is seen */
    ck_assert(find_head(&r, 0, 1, &x, &y));
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

START_TEST(the_wheel_reaches_every_column_of_heads) {
    AppRig r;
    TinySpec spec = tiny_spec();
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    int x, y, turns = 0;
    spec.dim = 400;
    spec.n_heads = spec.n_kv_heads = 200;
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    folder_path(path, dir, "tiny.bin");
    app_rig_open(
        &r,
        (AppOptions){.model_path = path, .no_deck = true, .prompt = "the cat"});
    r.w = 640;
    r.h = 400;
    app_rig_frame(&r);
    set_state(&r, "view=heads layer=0 head=0");
    ck_assert(find_head(&r, 0, 0, &x, &y));
    for (; !find_head(&r, 1, 199, &x, &y) && turns < 99; turns++) {
        screen_wheel_aside(r.screen, 20, 250, 1); /* on their names */
        app_rig_frame(&r);
    }
    ck_assert_int_gt(turns, 30);
    ck_assert_int_lt(turns, 99);
    ck_assert(!find_head(&r, 0, 0, &x, &y));
    ck_assert(find_head(&r, 1, 199, &x, &y));
    screen_wheel_aside(r.screen, x, y, 1); /* on one of them; no farther */
    app_rig_frame(&r);
    ck_assert(find_head(&r, 1, 199, &x, &y));
    press(&r, "]"); /* what is stepped to is seen */
    ck_assert(find_head(&r, 0, 1, &x, &y));
    ck_assert_int_eq(app_state(r.app)->across, -1);
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

/* ---- what is drawn ------------------------------------------------------- */

static void open_fixture(Fixture *f, int tokens, int w, int h) {
    static char text[4096];
    long_text(text, sizeof text, tokens);
    TinySpec spec = tiny_spec();
    spec.seq_len = tokens;
    ck_assert(fixture_open_spec(f, &spec, text + 1, w, h, 1, "light"));
    ck_assert_int_eq(f->stage.n_pos, tokens);
}

START_TEST(each_cell_has_its_own_number) {
    Fixture f;
    open_fixture(&f, 60, 900, 700);
    fixture_stage(&f, "layer=1 head=2 op=weights token=50 zoom=4 at=40,20");
    fixture_draw(&f, &view_attention);
    const Hit *map = hits_map(f.hits);
    ck_assert_ptr_nonnull(map);
    ck_assert_int_eq(map->rows, 15);
    ck_assert_int_eq(map->row0, 40);
    ck_assert_int_eq(map->col0, 20);
    const int side = map->rect.w / map->cols;
    for (int i = 0; i < map->rows; i++)
        for (int j = 0; j < map->cols; j++) {
            const int row = 40 + i, n = trace_n_keys(f.trace, row);
            const float v = trace_row(f.trace, SITE_PATTERN, f.stage.layer,
                                      row)[f.stage.head * n + 20 + j];
            const Color want = colormap_at(COLORMAP_VIRIDIS, sqrtf(v));
            ck_assert_uint_eq(
                fixture_pixel(&f, map->rect.x + j * side + side / 5,
                              map->rect.y + i * side + side / 5),
                (uint32_t)want.r << 16 | (uint32_t)want.g << 8 | want.b);
        }
    fixture_close(&f);
}
END_TEST

/* No two texts of the picture come closer than a pixel. */
static void check_apart(const Fixture *f, const char *what) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            ck_assert_msg(!textmark_meets(&mark[i], &mark[j], 1),
                          "%s: \"%s\" touches \"%s\"", what, mark[i].text,
                          mark[j].text);
}

START_TEST(labels_never_touch) {
    static const int sizes[][2] = {{500, 420}, {740, 560}, {1100, 900}};
    static const int tokens[] = {4, 32, 256};
    for (int s = 0; s < 3; s++)
        for (int t = 0; t < 3; t++) {
            Fixture f;
            open_fixture(&f, tokens[t], sizes[s][0], sizes[s][1]);
            for (int zoom = 1; zoom <= tokens[t] / 4; zoom += zoom / 2 + 1) {
                char state[96];
                snprintf(state, sizeof state,
                         "layer=1 head=2 token=%d key=%d zoom=%d.5",
                         tokens[t] * 2 / 3, tokens[t] / 2, zoom);
                fixture_stage(&f, state);
                fixture_draw(&f, &view_attention);
                check_apart(&f, state);
            }
            fixture_close(&f);
        }
}
END_TEST

TEST_MAIN("zoom", the_wheel_zooms_about_the_mouse,
          a_wheel_turned_aside_moves_it, a_drag_moves_it_and_a_click_opens,
          a_press_beside_what_lies_over_it_goes_not_through,
          strips_show_the_part_and_move_it, keys_do_the_same,
          a_copied_state_draws_the_same, each_cell_has_its_own_number,
          labels_never_touch, all_heads_zoom_together,
          heads_copied_draw_the_same, the_wheel_reaches_every_head,
          the_wheel_reaches_every_column_of_heads)
