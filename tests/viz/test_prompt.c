/* The prompt's box: rows, its caret, and what an input method composes. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/paint/textfield.h"

#include "engine/base/utf8.h"

#include <string.h>

static void open_editing(AppRig *r, const char *prompt) {
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = prompt});
    app_rig_frame(r);
    screen_key(r->screen, "/");
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static Rect caret(const AppRig *r) {
    Rect c;
    ck_assert(screen_caret(r->screen, &c));
    return c;
}

static const char *prompt(const AppRig *r) {
    const State *s = app_state(r->app);
    static char out[4096];
    ck_assert_uint_lt(s->prompt_len, sizeof out);
    if (s->prompt_len) memcpy(out, s->prompt, s->prompt_len);
    out[s->prompt_len] = '\0';
    return out;
}

/* ---- rows ---------------------------------------------------------------- */

/* Pseudo-random text of what rows are about. */
static size_t scribble(unsigned seed, char *out, size_t size) {
    static const char *const parts[] = {
        " ", "  ", "\n",   "\t", "a",    "Wort",
        "é", "日", "\r\n", "…",  "\xff", "averylongwordwithoutanyblank"};
    size_t n = 0;
    for (;;) {
        seed = seed * 1103515245u + 12345u;
        const char *p = parts[seed / 65536 % 12];
        if (n + strlen(p) > size) return n;
        memcpy(out + n, p, strlen(p));
        n += strlen(p);
    }
}

static int ink_width(const TextField *f, TextRow row) {
    size_t end = row.to;
    while (end > row.from && strchr(" \t\n", f->text[end - 1]))
        end--;
    return textfield_x(f, &row, end);
}

/* Rows hold all bytes once, in order, and are no wider than the field. */
START_TEST(rows_hold_every_byte_once) {
    AppRig r;
    char text[700];
    app_rig_open(&r, (AppOptions){.no_deck = true});
    TextField f = {.canvas = r.canvas,
                   .style = text_style(FACE_SANS, 17, (Color){0}),
                   .text = text};
    for (unsigned seed = 0; seed < 60; seed++) {
        TextRow row;
        size_t at = 0;
        int n = 0, row_of = -1;
        f.len = scribble(seed, text, (seed + 1) * 11);
        f.width = 20 + (int)seed * 5;
        for (bool more = textfield_first(&f, &row); more;
             more = textfield_next(&f, &row)) {
            ck_assert_uint_eq(row.from, at);
            ck_assert_int_eq(textfield_row(&f, n).to, row.to);
            size_t one = utf8_next(text, f.len, row.from);
            if (row.to > one) ck_assert_int_le(ink_width(&f, row), f.width);
            for (int x = -10; x < f.width + 10; x += 30) {
                textfield_rows(&f, textfield_at(&f, &row, x), &row_of);
                ck_assert_int_eq(row_of, n);
            }
            at = row.to;
            n++;
        }
        ck_assert_uint_eq(at, f.len);
        ck_assert_int_eq(textfield_rows(&f, f.len, &row_of), n);
        ck_assert_int_eq(row_of, n - 1);
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(the_box_grows_and_then_scrolls) {
    AppRig r;
    open_editing(&r, "one");
    const int one = caret(&r).y;
    press(&r, "End"); /* all is marked after the key */
    press(&r, "Shift+Enter");
    app_text(r.app, "two");
    app_rig_frame(&r);
    ck_assert_str_eq(prompt(&r), "one\ntwo");
    ck_assert_int_eq(app_mode(r.app), APP_EDITING);
    ck_assert(app_rig_shows(&r, "one") && app_rig_shows(&r, "two"));
    const int row = caret(&r).y - one;
    ck_assert_int_gt(row, 10);
    for (int i = 3; i <= 20; i++)
        press(&r, "Shift+Enter");
    /* It stops growing; the caret stays in sight, and the first line not. */
    ck_assert_int_eq(caret(&r).y - one, 5 * row);
    ck_assert(!app_rig_shows(&r, "one"));
    ck_assert(app_rig_shows(&r, "20 lines"));
    for (int i = 0; i < 19; i++)
        press(&r, "Up");
    ck_assert_int_eq(caret(&r).y, one);
    ck_assert(app_rig_shows(&r, "one"));
    press(&r, "Enter");
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    ck_assert_int_eq((int)strlen(prompt(&r)), 25);
    app_rig_close(&r);
}
END_TEST

START_TEST(long_lines_wrap_at_blanks) {
    AppRig r;
    open_editing(&r, "");
    const int first = caret(&r).y;
    r.w = 200;
    for (int i = 0; i < 11; i++)
        app_text(r.app, "the ");
    app_rig_frame(&r);
    const Rect end = caret(&r);
    ck_assert_int_gt(end.y, first);
    press(&r, "Up");
    ck_assert_int_lt(caret(&r).y, end.y);
    ck_assert_int_le(abs(caret(&r).x - end.x), 12);
    press(&r, "Up"); /* from the first row to its beginning */
    press(&r, "Up");
    app_text(r.app, "cat ");
    ck_assert_int_eq(strncmp(prompt(&r), "cat the ", 8), 0);
    press(&r, "Down");
    press(&r, "Down");
    press(&r, "Down");
    app_text(r.app, "end");
    ck_assert_str_eq(prompt(&r) + strlen(prompt(&r)) - 7, "the end");
    app_rig_close(&r);
}
END_TEST

/* ---- input methods ------------------------------------------------------- */

START_TEST(what_is_composed_is_shown_and_is_no_prompt) {
    AppRig r;
    open_editing(&r, "a cat");
    press(&r, "End");
    const int before = caret(&r).x;
    app_compose(r.app, "にほ", 2);
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "a catにほ"));
    ck_assert_str_eq(prompt(&r), "a cat");
    const int after = caret(&r).x;
    ck_assert_int_gt(after, before);
    app_compose(r.app, "にほ", 1); /* its own caret */
    app_rig_frame(&r);
    ck_assert_int_lt(caret(&r).x, after);
    ck_assert_int_gt(caret(&r).x, before);
    /* Its keys are not ours. */
    static const char *const keys[] = {"Enter",     "Esc",    "Left",  "Up",
                                       "Backspace", "Delete", "Ctrl+U"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        press(&r, keys[i]);
    ck_assert_int_eq(app_mode(r.app), APP_EDITING);
    ck_assert(app_rig_shows(&r, "a catにほ"));
    app_text(r.app, "日本");
    app_rig_frame(&r);
    ck_assert_str_eq(prompt(&r), "a cat日本");
    ck_assert(!app_rig_shows(&r, "にほ"));
    press(&r, "Backspace");
    ck_assert_str_eq(prompt(&r), "a cat日");
    app_rig_close(&r);
}
END_TEST

START_TEST(a_composition_can_be_given_up) {
    AppRig r;
    open_editing(&r, "a cat");
    press(&r, "Home");
    app_compose(r.app, "ni", 2);
    app_compose(r.app, "nih", 3);
    app_compose(r.app, "", 0);
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "a cat") && !app_rig_shows(&r, "nih"));
    app_text(r.app, "x");
    ck_assert_str_eq(prompt(&r), "xa cat");
    app_compose(r.app, "ni", 2); /* what is pasted or dropped ends it */
    app_paste(r.app, "y");
    ck_assert_str_eq(prompt(&r), "xya cat");
    app_compose(r.app, "ni", 2);
    app_drop(r.app, "none.md");
    ck_assert_str_eq(prompt(&r), "xya cat");
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    app_rig_close(&r);
}
END_TEST

START_TEST(composing_replaces_what_is_marked) {
    AppRig r;
    open_editing(&r, "a cat");
    app_compose(r.app, "ni", 2); /* all is marked after the key */
    app_rig_frame(&r);
    ck_assert_str_eq(prompt(&r), "");
    app_text(r.app, "你");
    ck_assert_str_eq(prompt(&r), "你");
    app_rig_close(&r);
}
END_TEST

START_TEST(a_token_that_is_looked_for_can_be_composed) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    press(&r, "Ctrl+F");
    app_compose(r.app, "c", 1);
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "c\""));
    press(&r, "Esc");
    ck_assert_int_eq(app_mode(r.app), APP_FINDING);
    app_text(r.app, "cat");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "find \"cat\""));
    press(&r, "Esc");
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    app_compose(r.app, "c", 1); /* nothing is written: nothing happens */
    press(&r, "6");
    ck_assert_str_eq(app_state(r.app)->view, "attention");
    app_rig_close(&r);
}
END_TEST

/* Wherever the caret can stand, a click there puts it. */
START_TEST(a_click_puts_the_caret) {
    static const char text[] = "h\u00e9llo w\u00f6rld\nand a second row, ended";
    AppRig r;
    open_editing(&r, text);
    int n = 0;
    for (size_t at = 0; at <= strlen(text);
         at = utf8_next(text, strlen(text), at)) {
        app_set_caret(r.app, at);
        app_rig_frame(&r);
        const Rect there = caret(&r);
        app_set_caret(r.app, at ? 0 : 5);
        app_rig_frame(&r);
        app_rig_click(&r, there.x, there.y + there.h / 2);
        ck_assert_uint_eq(app_caret(r.app), at);
        if (at == strlen(text)) break;
        n++;
    }
    ck_assert_int_eq(n, 35);
    app_rig_frame(&r);
    app_rig_click(&r, r.w - 60, caret(&r).y - 20); /* right of the first row */
    ck_assert_uint_eq(app_caret(r.app), strlen("h\u00e9llo w\u00f6rld"));
    ck_assert_int_eq(app_mode(r.app), APP_EDITING);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("prompt", a_click_puts_the_caret, rows_hold_every_byte_once,
          the_box_grows_and_then_scrolls, long_lines_wrap_at_blanks,
          what_is_composed_is_shown_and_is_no_prompt,
          a_composition_can_be_given_up, composing_replaces_what_is_marked,
          a_token_that_is_looked_for_can_be_composed)
