/* What a slide draws: words as they are marked, HTML's forms as Markdown's, and
 * colours that leave its text readable. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/paint/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Opens a deck beside the tiny model, and draws it. */
static void open_deck(AppRig *r, const char *text) {
    char path[FOLDER_PATH_MAX];
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    folder_write(r->dir, "deck.md", text, strlen(text));
    folder_path(path, r->dir, "deck.md");
    app_drop(r->app, path);
    app_rig_frame(r);
}

static const TextMark *shown(const AppRig *r, const char *text) {
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(m[i].text, text) == 0) return &m[i];
    ck_abort_msg("not drawn: %s", text);
    return NULL;
}

static uint32_t pixel(const AppRig *r, int x, int y) {
    const Pixmap *p = canvas_pixels(r->canvas);
    return p->px[y * p->stride + x] & 0xFFFFFF;
}

/* Rows from y0 up to y1 in which all pixels under a text have its ink, or any
 * colour but the ground's: lines drawn through or under it. */
static int full_rows(const AppRig *r, const TextMark *m, int y0, int y1) {
    const uint32_t ground = pixel(r, 1, 1);
    int n = 0;
    for (int y = y0; y < y1; y++) {
        bool full = true;
        for (int x = (int)m->x + 1; x < (int)(m->x + m->w) - 1; x++)
            full = full && pixel(r, x, y) != ground;
        n += full;
    }
    return n;
}

static int struck(const AppRig *r, const TextMark *m) {
    return full_rows(r, m, (int)(m->y - m->cap), (int)m->y);
}

static int underlined(const AppRig *r, const TextMark *m) {
    return full_rows(r, m, (int)m->y + 1, (int)(m->y + m->cap));
}

START_TEST(words_are_drawn_as_marked) {
    AppRig r;
    open_deck(&r, "plain ~~struck out~~ H<sub>low</sub> x<sup>high</sup> "
                  "<small>little</small> <s>gone</s>\n");
    const TextMark *plain = shown(&r, "plain ");
    ck_assert_int_eq(struck(&r, plain), 0);
    ck_assert_int_gt(struck(&r, shown(&r, "struck out")), 0);
    ck_assert_int_gt(struck(&r, shown(&r, "gone")), 0);
    const TextMark *low = shown(&r, "low"), *high = shown(&r, "high");
    ck_assert_float_gt(low->y, plain->y);
    ck_assert_float_lt(high->y, plain->y);
    ck_assert_float_eq_tol(low->size_px, 0.7f * plain->size_px, 0.1f);
    ck_assert_float_eq_tol(high->size_px, 0.7f * plain->size_px, 0.1f);
    ck_assert_float_eq_tol(shown(&r, "little")->size_px, 0.75f * plain->size_px,
                           0.1f);
    app_rig_close(&r);
}
END_TEST

START_TEST(links_are_underlined_and_say_where_they_lead) {
    AppRig r;
    open_deck(&r, "see [the page](https://a.org/b) now\n\n<https://c.org>\n");
    const TextMark *link = shown(&r, "the page");
    const TextMark *address = shown(&r, "https://a.org/b");
    ck_assert_int_gt(underlined(&r, link), 0);
    ck_assert_int_eq(underlined(&r, address), 0);
    ck_assert_float_eq(address->y, link->y);
    ck_assert_float_lt(address->size_px, link->size_px);
    ck_assert_int_gt(underlined(&r, shown(&r, "https://c.org")), 0);
    app_rig_close(&r);
}
END_TEST

/* However many marks a text has, in a paragraph, a heading or a cell. */
START_TEST(all_words_of_a_block_are_drawn) {
    static const char *const forms[] = {"%sends\n", "# %sends\n", "- %sends\n",
                                        "|a|b|\n|---|---|\n|x|%sends|\n"};
    static char marked[40000], text[41000];
    size_t n = 0;
    for (int i = 0; i < 80; i++)
        n += (size_t)snprintf(marked + n, sizeof marked - n, "**b%d** and ", i);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        AppRig r;
        snprintf(text, sizeof text, forms[i], marked);
        open_deck(&r, text);
        ck_assert_msg(app_rig_shows(&r, "b79"), "%s", forms[i]);
        app_rig_close(&r);
    }
}
END_TEST

/* Ink left of an item's text, from its capitals down to the baseline. */
static int ink_before(const AppRig *r, const TextMark *m) {
    const uint32_t ground = pixel(r, 1, 1);
    int n = 0;
    for (int y = (int)(m->y - m->cap); y < (int)m->y; y++)
        for (int x = (int)(m->x - 2 * m->cap); x < (int)m->x; x++)
            n += pixel(r, x, y) != ground;
    return n;
}

START_TEST(task_boxes_are_open_or_filled) {
    AppRig r;
    open_deck(&r, "- bullet\n- [ ] todo\n- [x] done\n");
    const int bullet = ink_before(&r, shown(&r, "bullet"));
    const int todo = ink_before(&r, shown(&r, "todo"));
    const int done = ink_before(&r, shown(&r, "done"));
    ck_assert_int_gt(bullet, 0);
    ck_assert_int_gt(todo, bullet);
    ck_assert_int_gt(done, todo + bullet);
    app_rig_close(&r);
}
END_TEST

/* "What is a *Large* model": the emphasis has another face, so another width
 * than the same word has in the heading's own. */
START_TEST(emphasis_of_headings_is_drawn) {
    AppRig r;
    open_deck(&r, "## What *Large* is\n");
    const float slanted = shown(&r, "Large")->w;
    ck_assert_float_eq(shown(&r, "What ")->size_px,
                       shown(&r, "Large")->size_px);
    app_rig_close(&r);
    open_deck(&r, "## What ~~Large~~ is\n");
    ck_assert_float_gt(fabsf(shown(&r, "Large")->w - slanted), 0.5f);
    app_rig_close(&r);
}
END_TEST

static bool same_picture(const char *a, const char *b) {
    AppRig ra, rb;
    open_deck(&ra, a);
    open_deck(&rb, b);
    const Pixmap *pa = canvas_pixels(ra.canvas), *pb = canvas_pixels(rb.canvas);
    bool same = true;
    for (int y = 0; y < pa->h; y++)
        same = same && memcmp(pa->px + (size_t)y * pa->stride,
                              pb->px + (size_t)y * pb->stride,
                              (size_t)pa->w * sizeof *pa->px) == 0;
    app_rig_close(&ra);
    app_rig_close(&rb);
    return same;
}

START_TEST(html_is_drawn_as_markdown) {
    static const char *const pairs[][2] = {
        {"# A\n\n> b **c**\n\nd\n",
         "# A\n\n<blockquote>b <b>c</b></blockquote>\n\nd\n"},
        {"```\na  <b>\n  c\n```\n", "<pre>\na  &lt;b&gt;\n  c\n</pre>\n"},
        {"|a|b|\n|---|--:|\n|c *d*|1|\n",
         "<table><tr><th>a<th align=right>b<tr><td>c <i>d</i><td>1</table>\n"},
        {"a ~~b~~ `c`\n", "a <s>b</s> <code>c</code>\n"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_msg(same_picture(pairs[i][0], pairs[i][1]), "%s",
                      pairs[i][1]);
    ck_assert(!same_picture("> a\n", "a\n"));
}
END_TEST

static Color color_of(uint32_t px) {
    return (Color){(uint8_t)(px >> 16), (uint8_t)(px >> 8), (uint8_t)px, 255};
}

/* The best contrast that a pixel of a text has with the ground beside it. */
static float contrast_of(const AppRig *r, const TextMark *m) {
    float best = 1;
    for (int y = (int)(m->y - m->cap); y < (int)m->y; y++)
        for (int x = (int)m->x; x < (int)(m->x + m->w); x++) {
            Color ground = color_of(pixel(r, (int)m->x - 3, y));
            best =
                fmaxf(best, theme_contrast(color_of(pixel(r, x, y)), ground));
        }
    return best;
}

START_TEST(text_is_read_on_any_ground) {
    static const char *const grounds[] = {
        "color=\"#000\"",
        "color=white",
        "color=#777777",
        "color=red",
        "color=#17365D",
        "color=lime",
        "color=#8a8a8a",
        "color=orange",
        "color=navy",
        "gradient=\"linear-gradient(black, white)\"",
        "gradient=\"linear-gradient(to right, #283b95, #17b2c3)\"",
        "gradient=\"radial-gradient(yellow, blue, #444)\""};
    for (size_t i = 0; i < sizeof grounds / sizeof *grounds; i++)
        for (int dark = 0; dark < 2; dark++) {
            AppRig r;
            char text[512];
            snprintf(text, sizeof text,
                     "<!-- .slide: data-background-%s -->\n\n# Heading\n\n"
                     "words <span class=\"query\">asks</span> "
                     "<span class=\"key\">answers</span> [l](addr)\n",
                     grounds[i]);
            open_deck(&r, text);
            if (dark) screen_key(r.screen, "T");
            app_rig_frame(&r);
            static const char *const words[] = {"Heading", "words ", "asks",
                                                "answers", "addr"};
            for (int k = 0; k < 5; k++) {
                const float c = contrast_of(&r, shown(&r, words[k]));
                ck_assert_msg(c >= 4.4f, "%s: %s %.2f", grounds[i], words[k],
                              (double)c);
            }
            app_rig_close(&r);
        }
}
END_TEST

START_TEST(grounds_are_drawn) {
    AppRig r;
    open_deck(&r, "<!-- .slide: data-background-color=#17365D -->\n# A\n");
    ck_assert_uint_eq(pixel(&r, 3, 3), 0x17365D);
    ck_assert_uint_eq(pixel(&r, r.w - 3, r.h - 9), 0x17365D);
    app_rig_close(&r);
    open_deck(&r, "<!-- .slide: data-background-gradient=\"linear-gradient(to "
                  "right, #000080, #000000)\" -->\n# A\n");
    ck_assert_uint_gt(pixel(&r, 1, 3), pixel(&r, r.w / 2, 3));
    ck_assert_uint_gt(pixel(&r, r.w / 2, 3), pixel(&r, r.w - 2, 3));
    ck_assert_uint_eq(pixel(&r, 9, 3), pixel(&r, 9, r.h - 9));
    app_rig_close(&r);
}
END_TEST

START_TEST(colours_of_a_ground_stand_where_they_are_said_to) {
    AppRig r;
    open_deck(&r, "<!-- .slide: data-background-gradient=\"linear-gradient(to "
                  "right, #100080 30%, #008000 30% 60%, #000000 80%)\" -->\n"
                  "# A\n");
    ck_assert_uint_eq(pixel(&r, 0, 3), 0x100080);
    ck_assert_uint_eq(pixel(&r, r.w * 29 / 100, 3), 0x100080);
    ck_assert_uint_eq(pixel(&r, r.w * 31 / 100, 3), 0x008000);
    ck_assert_uint_eq(pixel(&r, r.w * 59 / 100, 3), 0x008000);
    ck_assert_uint_lt(pixel(&r, r.w * 70 / 100, 3), 0x004800);
    ck_assert_uint_gt(pixel(&r, r.w * 70 / 100, 3), 0x003800);
    ck_assert_uint_eq(pixel(&r, r.w * 81 / 100, 3), 0);
    app_rig_close(&r);
}
END_TEST

/* Cells of several columns and rows leave what they cover to no other. */
START_TEST(wide_and_high_cells_have_their_place) {
    AppRig r;
    open_deck(
        &r, "# A\n\n<table><tr><th rowspan=2>kind<th colspan=2>what all of it "
            "took<th>last<tr><th>one<th>two<th>three<tr><td>four<td>five<td "
            "rowspan=2>a<br>b<br>c<br>d<br>e<td>six<tr><td>seven<td>eight<td>"
            "nine<tr><td>ten</table>\n");
    const TextMark *kind = shown(&r, "kind"),
                   *what = shown(&r, "what all of it took");
    const TextMark *one = shown(&r, "one"), *two = shown(&r, "two");
    const TextMark *last = shown(&r, "last"), *three = shown(&r, "three");
    const TextMark *a = shown(&r, "a"), *e = shown(&r, "e");
    const TextMark *eight = shown(&r, "eight"), *nine = shown(&r, "nine");
    const TextMark *four = shown(&r, "four"), *ten = shown(&r, "ten");
    ck_assert(kind->y == what->y && what->y == last->y && one->y == two->y);
    ck_assert(kind->x == four->x && what->x == one->x && two->x > one->x);
    ck_assert(last->x == three->x && three->x > what->x + what->w);
    ck_assert(a->x == two->x && e->x == a->x && nine->x == three->x);
    ck_assert(eight->x == one->x && nine->y == eight->y);
    ck_assert(eight->y > a->y && eight->y < e->y && ten->y > e->y);
    app_rig_close(&r);
}
END_TEST

/* A term in a question is explained as elsewhere. */
/* Side by side, what follows below both; whatever the window. */
START_TEST(columns_stand_side_by_side) {
    static const int windows[][2] = {{1024, 768}, {1366, 768}, {3840, 2160}};
    for (int i = 0; i < 3; i++) {
        AppRig r;
        open_deck(&r,
                  "# T\n\n<div class=\"columns\">\n<div>\n\nlefta\n\nleftb"
                  "\n\n</div>\n<div>\n\nrighta\n\n</div>\n</div>\n\nbelow\n");
        r.w = windows[i][0];
        r.h = windows[i][1];
        app_rig_frame(&r);
        ck_assert_float_eq(shown(&r, "lefta")->y, shown(&r, "righta")->y);
        ck_assert_float_ge(shown(&r, "righta")->x,
                           shown(&r, "lefta")->x + shown(&r, "lefta")->w);
        ck_assert_float_gt(shown(&r, "leftb")->y, shown(&r, "lefta")->y);
        ck_assert_float_gt(shown(&r, "below")->y, shown(&r, "leftb")->y);
        ck_assert_float_eq(shown(&r, "below")->x, shown(&r, "lefta")->x);
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(terms_of_questions_are_explained) {
    AppRig r;
    open_deck(&r, "# A\n\n<!-- .ask: Which head looks at the logit? | a) x | "
                  "b*) y -->\n");
    const TextMark *term = shown(&r, "logit");
    screen_mouse_move(r.screen, (int)(term->x + term->w / 2),
                      (int)(term->y - term->cap / 2));
    app_rig_frame(&r);
    ck_assert_ptr_nonnull(screen_term(r.screen));
    app_rig_close(&r);
}
END_TEST

/* The first text with a percentage that stands between these rows. */
static const TextMark *percentage(const AppRig *r, int y0, int y1) {
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strchr(m[i].text, '%') && (int)m[i].y > y0 && (int)m[i].y < y1)
            return &m[i];
    ck_abort_msg("no percentage");
    return NULL;
}

/* In the strip and in the line that says what changed. */
START_TEST(percentages_open_to_their_arithmetic) {
    for (int i = 0; i < 2; i++) {
        AppRig r;
        app_rig_open(&r,
                     (AppOptions){.no_deck = true, .prompt = "the cat sat"});
        if (i == 1) screen_key(r.screen, "X");
        app_rig_frame(&r);
        const TextMark *m =
            i == 0 ? percentage(&r, 0, 75) : percentage(&r, 76, 200);
        int end = (int)(m->x + m->w) - 4;
        if (i == 1) { /* "next a 3 % -> 2 %, ..." is opened at what is now */
            Pick p;
            while (end > (int)m->x &&
                   !(screen_pick_at(r.screen, end, (int)m->y - 3, &p) &&
                     pick_find(&p, STATE_VIEW)))
                end--;
        }
        app_rig_click(&r, end, (int)m->y - 3);
        const State *s = app_state(r.app);
        ck_assert_str_eq(s->view, "next");
        ck_assert_str_eq(s->op, "plain");
        ck_assert_int_ge(s->elem, 0);
        ck_assert_int_eq(app_pos(r.app), app_n_tokens(r.app) - 1);
        app_rig_close(&r);
    }
}
END_TEST

/* ---- what is too large for its panel ------------------------------------- */

enum { LONG = 30 };

/* Two slides, the first of LONG numbered words in as many paragraphs. */
static void open_long(AppRig *r) {
    char text[4096];
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "# Heading\n\n");
    for (int i = 0; i < LONG; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "word%02d\n\n", i);
    snprintf(text + n, sizeof text - n, "---\n\nlast\n");
    open_deck(r, text);
    r->w = 800;
    r->h = 500;
    app_rig_frame(r);
}

/* Notes which words are wholly seen. */
static void note_words(const AppRig *r, bool seen[LONG]) {
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++) {
        int word;
        const int y0 = (int)(m[i].y - m[i].cap), y1 = (int)m[i].y;
        if (sscanf(m[i].text, "word%d", &word) == 1 && y0 >= m[i].clip.y &&
            y1 <= m[i].clip.y + m[i].clip.h)
            seen[word] = true;
    }
}

static bool is_headed(const AppRig *r) {
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(m[i].text, "Heading") == 0 &&
            (int)(m[i].y - m[i].cap) >= m[i].clip.y &&
            (int)m[i].y <= m[i].clip.y + m[i].clip.h)
            return true;
    return false;
}

/* Space turns the pages of a text before the slide, Shift+Space back; the
 * wheel, too.  Its heading stays. */
START_TEST(long_slides_have_pages) {
    AppRig r;
    bool seen[LONG] = {false};
    int pages = 0;
    open_long(&r);
    note_words(&r, seen);
    ck_assert(seen[0] && !seen[LONG - 1]);
    ck_assert(app_rig_shows(&r, "more ▾") && !app_rig_shows(&r, "▴ back"));
    for (; app_state(r.app)->slide == 1 && pages < LONG; pages++) {
        note_words(&r, seen);
        ck_assert(is_headed(&r));
        screen_key(r.screen, "Space");
        app_rig_frame(&r);
    }
    ck_assert_int_ge(pages, 3);
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    ck_assert_int_eq(app_state(r.app)->page, 0);
    for (int i = 0; i < LONG; i++)
        ck_assert_msg(seen[i], "word%02d is never seen", i);
    screen_key(r.screen, "Shift+Space");
    app_rig_frame(&r);
    screen_wheel(r.screen, 100, 200, -1);
    ck_assert_int_eq(app_state(r.app)->page, 1);
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "▴ back"));
    screen_key(r.screen, "Shift+Space");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    ck_assert_int_eq(app_state(r.app)->page, 0);
    app_rig_close(&r);
}
END_TEST

/* Of the arithmetic, too, the end is reached. */
START_TEST(the_whole_arithmetic_is_reached) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat",
                                  .state = "view=block inspector=on scale=2"});
    r.w = 1024;
    r.h = 560;
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "▾ more"));
    ck_assert(!app_rig_shows(&r, "equals the stored"));
    int steps = 0;
    while (app_rig_shows(&r, "▾ more") && steps++ < 100) {
        screen_key(r.screen, "Ctrl+Down");
        app_rig_frame(&r);
    }
    ck_assert_int_lt(steps, 100);
    ck_assert(app_rig_shows(&r, "equals the stored value"));
    app_rig_close(&r);
}
END_TEST

/* ---- fragments ----------------------------------------------------------- */

#define F(words) " <!-- .element: class=\"fragment " words "\" -->"

/* What comes has its place; what has come is on its beat, and going back takes
 * it away again. */
START_TEST(fragments_come_by_beats) {
    for (int staged = 0; staged < 2; staged++) {
        AppRig r;
        char text[512];
        snprintf(
            text, sizeof text,
            "# T\n\n%s- alpha" F("") "\n- beta" F(
                "fade-out") "\n- gamma <span class=\"fragment\">delta</span>\n",
            staged ? "<!-- .stage: layer=1 -->\n\n" : "");
        open_deck(&r, text);
        const TextMark *gamma = shown(&r, "gamma ");
        const float y = gamma->y, size = gamma->size_px;
        static const bool there[4][3] = {{false, true, false},
                                         {true, true, false},
                                         {true, false, false},
                                         {true, false, true}};
        for (int i = 0; i < 7; i++) {
            const bool *now = there[i < 4 ? i : 6 - i];
            ck_assert_int_eq(app_state(r.app)->beat, i < 4 ? i : 6 - i);
            ck_assert_int_eq(app_rig_shows(&r, "alpha"), now[0]);
            ck_assert_int_eq(app_rig_shows(&r, "beta"), now[1]);
            ck_assert_int_eq(app_rig_shows(&r, "delta"), now[2]);
            ck_assert_float_eq_tol(shown(&r, "gamma ")->y, y, 0.1f);
            ck_assert_float_eq_tol(shown(&r, "gamma ")->size_px, size, 0.1f);
            screen_key(r.screen, i < 3 ? "Space" : "Shift+Space");
            app_rig_frame(&r);
        }
        app_rig_close(&r);
    }
}
END_TEST

/* The lines of a step are marked, the others soft; its beat comes and goes. */
START_TEST(lines_of_code_are_lit_by_beats) {
    AppRig r;
    open_deck(&r, "# T\n\n```c [7: 1|2]\naaa\nbbb\n```\n");
    for (int i = 0; i < 3; i++) {
        const int lit = i == 1;
        const TextMark *lines[] = {shown(&r, "aaa"), shown(&r, "bbb")};
        ck_assert(app_rig_shows(&r, "7") && app_rig_shows(&r, "8"));
        for (int k = 0; k < 2; k++) { /* its ground is the slide's */
            const TextMark *m = lines[k];
            const int x = (int)(m->x + m->w) + 30, y = (int)(m->y - 3);
            ck_assert_int_eq(pixel(&r, x, y) == pixel(&r, 1, 1), k == lit);
        }
        screen_key(r.screen, i == 0 ? "Space" : "Shift+Space");
        app_rig_frame(&r);
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("slide", all_words_of_a_block_are_drawn,
          lines_of_code_are_lit_by_beats, fragments_come_by_beats,
          long_slides_have_pages, the_whole_arithmetic_is_reached,
          percentages_open_to_their_arithmetic, words_are_drawn_as_marked,
          links_are_underlined_and_say_where_they_lead,
          task_boxes_are_open_or_filled, emphasis_of_headings_is_drawn,
          html_is_drawn_as_markdown, text_is_read_on_any_ground,
          grounds_are_drawn, colours_of_a_ground_stand_where_they_are_said_to,
          wide_and_high_cells_have_their_place, columns_stand_side_by_side,
          terms_of_questions_are_explained)
