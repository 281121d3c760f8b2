/* Decks as people write them: comments that hold anything, HTML's characters
 * and tags, reveal-md's attributes; and a warning for whatever is dropped. */
#include "tests/lessons/deck_text.h"

#include <time.h>
#include <unistd.h>

/* ---- comments ----------------------------------------------------------- */

typedef struct Commented {
    const char *text;
    int n_slides;
    const char *first, *notes; /* of the first slide */
} Commented;

static const Commented commented[] = {
    {"# A\n\n<!-- not yet:\n\n---\n\n# Hidden\n\n-->\n\n---\n\n# B\n", 2,
     "0 head.1.0 :[A]\n", ""},
    {"# A\n<!--\n```\nold\n-->\n\n---\n\n# B\n\n---\n# C", 3,
     "0 head.1.0 :[A]\n", ""},
    {"# A\n\n<!-- to do\nNote: a figure\n-->\n\nb", 1,
     "0 head.1.0 :[A]\n0 para.0.0 :[b]\n", ""},
    {"<!--\n<aside class=\"notes\">n</aside>\n-->\na", 1, "0 para.0.0 :[a]\n",
     ""},
    {"# A\n\n<!-->\n\nb", 1, "0 head.1.0 :[A]\n0 para.0.0 :[b]\n", ""},
    {"# A\n\n<!--->\nb *c*", 1, "0 head.1.0 :[A]\n0 para.0.0 :[b ]/[c]\n", ""},
    {"a<!-->b<!--->c", 1, "0 para.0.0 :[abc]\n", ""},
    {"a <!-- x -- y --> b <!-- > --> c <!----> d", 1,
     "0 para.0.0 :[a  b  c  d]\n", ""},
    {"a <!-- x\n\n# y\n\n--- --> b\n---\nc", 2, "0 para.0.0 :[a  b]\n", ""},
    {"- a\n  <!-- x\n\n---\n# y\n -->\n- b", 1,
     "0 item.0.0 :[a]\n0 item.0.0 :[b]\n", ""},
    {"<div>\n<!-- x\n\n    y -->z\n</div>\n", 1, "0 para.0.0 :[z]\n", ""},
    {"|a|\n|---|\n|b <!-- | -->|\n", 1, "0 row.1.1 l:[a]|\n0 row.0.1 l:[b]|\n",
     ""},
    /* What only looks like one is shown as it was written. */
    {"`<!--` a\n---\n`-->` b", 2, "0 para.0.0 :`[<!--][ a]\n", ""},
    {"`<!-- a\nb -->`\n", 1, "0 para.0.0 :`[<!-- a b -->]\n", ""},
    {"\\<!-- a\n---\n-->", 2, "0 para.0.0 :[<!-- a]\n", ""},
    {"```\n<!--\n```\n---\n-->", 2, "0 code.0.0 :[<!--]\n", ""},
    {"    <!-- a\n    b -->\n", 1, "0 code.0.0 :[<!-- a\n    b -->]\n", ""},
    /* In notes, too; they keep it as it stands. */
    {"a\nNotes:\nb <!--\n---\n--> c\n---\nd", 2, "0 para.0.0 :[a]\n",
     "b <!--\n---\n--> c"},
    {"a\n\n<aside class=\"notes\">b <!-- </aside>\n---\n--> c</aside>\n", 1,
     "0 para.0.0 :[a]\n", "b <!-- </aside>\n---\n--> c"},
};

START_TEST(comments_hold_anything) {
    for (size_t i = 0; i < sizeof commented / sizeof *commented; i++) {
        const Commented *c = &commented[i];
        Deck *d = open_text(c->text);
        ck_silent(d);
        ck_assert_msg(deck_n_slides(d) == c->n_slides, "%s: %d slides", c->text,
                      deck_n_slides(d));
        ck_assert_str_eq(deck_slide(d, 0)->notes, c->notes);
        deck_close(d);
        ck_dump(c->text, c->first);
    }
}
END_TEST

/* ---- .say --------------------------------------------------------------- */

START_TEST(what_is_said_in_a_comment_is_text) {
    ck_blocks("# A\n\n<!-- .say:\nb *c*\n\n- d\n-->\ne\n",
              "0 head.1.0 :[A]\n0 para.0.0 :[b ]/[c]\n0 item.0.0 :[d]\n"
              "0 para.0.0 :[e]\n");
    ck_blocks("a\n<!--.say:  \nb\n  --> \n", "0 para.0.0 :[a]\n"
                                             "0 para.0.0 :[b]\n");
    ck_blocks("a\n\n<!-- .stage: layer=1 -->\n\n<!-- .say:\nb\n-->\n",
              "0 para.0.0 :[a]\n1 para.0.0 :[b]\n");
    ck_blocks("`<!-- .say:`\n", "0 para.0.0 :`[<!-- .say:]\n");
    ck_blocks("```\n<!-- .say:\n```\n", "0 code.0.0 :[<!-- .say:]\n");
}
END_TEST

START_TEST(saying_needs_lines_of_its_own) {
    static const char *const bad[] = {
        "a\n<!-- .say: b -->\n",
        "a\n<!-- .say:\nb -->\n",
        "a\n<!-- .say:\nb\n--> c\n",
        "a\n<!-- .say\nb\n-->\n",
        "a\n<!-- .say:\nb\n",
        "a\n<!-- .say:-->\n",
        "a\n<!-- .say:\n<!-- b -->\n-->\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_refused(bad[i], "t.md:2: say: need <!-- .say: on a line, the text "
                           "on others, and --> on the last");
    ck_refused("a <!-- .say:\nb\n-->\n",
               "t.md:1: say: need <!-- .say: on a line, the text on others, "
               "and --> on the last");
    ck_warns("a\nNotes:\n<!-- .say:\nb\n-->\n", 1, "<!-- .say");
}
END_TEST

/* Lines after a long comment keep their numbers, and so do the lines in it. */
START_TEST(comments_keep_the_lines_of_what_follows) {
    Deck *d = open_text("a <!--\n\n---\n--> b\n<!--\n\n--> <!-- .claim: "
                        "tokens() > 1 -->\n\n<!-- .stage:\n\n layer=1 -->\nc\n"
                        "---\n<!-- .stage: head=1 -->\nd");
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_int_eq(deck_n_slides(d), 2);
    ck_assert_int_eq(s->claims[0].line, 7);
    ck_assert_int_eq(s->beats[1].line, 9);
    ck_assert_int_eq(deck_slide(d, 1)->line, 14);
    ck_assert_int_eq(deck_slide(d, 1)->beats[0].line, 14);
    deck_close(d);
    ck_warns("a <!--\n\n--> b\n\n--- \n", 5, "exactly ---");
}
END_TEST

START_TEST(comment_within_a_comment_is_told) {
    ck_warned("a\n\n<!-- off <!-- .stage: layer=1 -->\n",
              (Warned[]){{3, "a comment begins within a comment: is the first "
                             "one closed?"},
                         {0}});
}
END_TEST

/* ---- characters --------------------------------------------------------- */

START_TEST(all_names_of_html_are_known) {
    ck_blocks("# Caf&eacute; &euro;5 &nabla;f &szlig;",
              "0 head.1.0 :[Caf\u00E9 \u20AC5 \u2207f \u00DF]\n");
    ck_blocks("&CounterClockwiseContourIntegral;&AMP;&LT;&quot;&apos;&nbsp;x",
              "0 para.0.0 :[\u2233&<\"'\u00A0x]\n");
    /* Two characters, and longer than its name. */
    ck_blocks("&nGt;&fjlig; [a](&nGt;&nGt;&nGt;)",
              "0 para.0.0 :[\u226B\u20D2fj ][a]->\u226B\u20D2\u226B\u20D2"
              "\u226B\u20D2\n");
    ck_blocks("<p>&hearts; &Eacute; &nosuch; &; &#; &#x; &Eacute</p>\n",
              "0 para.0.0 :[\u2665 \u00C9 &nosuch; &; &#; &#x; &Eacute]\n");
    ck_blocks("<iframe src=\"&nGt;&nGt;?a&amp;b\"></iframe>\n",
              "0 web.0.0 \u226B\u20D2\u226B\u20D2?a&b:\n");
}
END_TEST

/* ---- words -------------------------------------------------------------- */

START_TEST(words_keep_their_looks) {
    ck_blocks("# What is a *Large* ~~old~~ `x` H<sub>2</sub>O?\n",
              "0 head.1.0 :[What is a ]/[Large][ ]~[old][ ]`[x][ H]_[2][O?]\n");
    ck_blocks("x<sup>2</sup> <small>s</small> <small "
              "style=\"font-size:xx-small\">t</small>",
              "0 para.0.0 :[x]'[2][ ]s[s][ ]s[t]\n");
    ck_blocks("<b>a <i>b</i></b> <strong>c</strong> <em>d</em> <kbd>e</kbd> "
              "<del>f</del> **g</b> h**",
              "0 para.0.0 :*[a ]*/[b][ ]*[c][ ]/[d][ ]`[e][ ]~[f][ ]*[g h]\n");
    /* HTML's styles go on until they are closed, or the slide ends. */
    ck_blocks("<small>\n\na\n\n- b\n\n</small>\n\nc\n",
              "0 para.0.0 :s[a]\n0 item.0.0 :s[b]\n0 para.0.0 :[c]\n");
    Deck *d = open_text("<sup>a\n---\nb");
    ck_assert_uint_eq(deck_slide(d, 1)->blocks[0].spans[0].style, 0);
    deck_close(d);
}
END_TEST

START_TEST(links_carry_their_address) {
    ck_blocks("a <a href=\"http://x?a&amp;b\" target=\"_blank\">b *c*</a> d "
              "<http://y>",
              "0 para.0.0 :[a ][b ]->http://x?a&b/[c]->http://x?a&b[ d ]"
              "[http://y]->http://y\n");
}
END_TEST

/* ---- blocks ------------------------------------------------------------- */

START_TEST(headings_keep_their_level) {
    ck_blocks("### Three ###\n\n#### C# and ###x\n",
              "0 head.3.0 :[Three]\n0 head.4.0 :[C# and ###x]\n");
    ck_blocks("<h3>Three <em>b</em></h3>\n<p>c</p>\n",
              "0 head.3.0 :[Three ]/[b]\n0 para.0.0 :[c]\n");
}
END_TEST

START_TEST(html_lists_are_lists) {
    ck_blocks("<ul>\n<li>a <b>b</b></li>\n<li>c\n<ol start=\"3\"><li>d</li>"
              "<li>e</ol>\n</li><li>f</ul>\ng",
              "0 item.0.0 :[a ]*[b]\n0 item.0.0 :[c]\n0 item.1.3 :[d]\n"
              "0 item.1.4 :[e]\n0 item.0.0 :[f]\n0 para.0.0 :[g]\n");
    ck_blocks("- a <ul><li>b</li></ul>\n- c\n",
              "0 item.0.0 :[a]\n0 item.1.0 :[b]\n0 item.0.0 :[c]\n");
    /* What is never closed ends with its slide. */
    Deck *d = open_text("<ul>\n<li>a\n---\n<p>b</p>\n");
    ck_assert_int_eq(deck_slide(d, 1)->blocks[0].level, 0);
    deck_close(d);
    char *deep = repeat("<ul>", DECK_DEPTH_MAX + 1, "\n");
    ck_refused(deep, "t.md:1: lists and quotes nested deeper than 32");
    free(deep);
}
END_TEST

START_TEST(tasks_have_boxes) {
    ck_blocks("- [ ] a\n- [x] b\n- c\n1. [X] d\n",
              "0 item.0.0 [ ] :[a]\n0 item.0.0 [x] :[b]\n0 item.0.0 :[c]\n"
              "0 item.0.1 [x] :[d]\n");
}
END_TEST

START_TEST(rules_are_blocks) {
    ck_blocks("a\n\n***\n\nb\n\n<hr>\n",
              "0 para.0.0 :[a]\n0 rule.0.0 :\n0 para.0.0 :[b]\n"
              "0 rule.0.0 :\n");
}
END_TEST

START_TEST(frames_keep_their_title_and_size) {
    const char *text = "<iframe src=\"u\" width=\"560\" height=\"315px\" "
                       "title=\"A &amp; B\" frameborder=\"0\" allowfullscreen>"
                       "</iframe>\n";
    ck_blocks(text, "0 web.0.0 u:[A & B]\n");
    Deck *d = open_text(text);
    ck_assert_int_eq(deck_slide(d, 0)->blocks[0].width, 560);
    ck_assert_int_eq(deck_slide(d, 0)->blocks[0].height, 315);
    deck_close(d);
}
END_TEST

static void ck_size(const char *text, int width, int height, int share,
                    const char *words) {
    Deck *d = open_text(text);
    const DeckBlock *b = &deck_slide(d, 0)->blocks[0];
    char found[80] = "";
    ck_assert_int_eq(b->kind, BLOCK_IMAGE);
    ck_assert_msg(b->width == width && b->height == height && b->share == share,
                  "%s: found %d %d %d%%", text, b->width, b->height, b->share);
    for (int i = 0; i < b->n_spans; i++)
        strncat(found, b->spans[i].text, sizeof found - strlen(found) - 1);
    ck_assert_str_eq(found, words);
    deck_close(d);
}

START_TEST(pictures_have_sizes) {
    ck_size("![h:500](a.png)", 0, 500, 0, "");
    ck_size("![w:300 h:200px A cat](a.png)", 300, 200, 0, "A cat");
    ck_size("![width:50% A](a.png)", 0, 0, 50, "A");
    ck_size("<img src=a.png width=300 height=\"20px\" alt=b>", 300, 20, 0, "b");
    ck_size("<img src=a.png width=\"50%\">", 0, 0, 50, "");
    ck_size("<img src=a.png style=\"height: 300px; width:12.5%\">", 0, 300, 12,
            "");
    /* What is no size is what the picture shows. */
    ck_size("![h: 500](a.png)", 0, 0, 0, "h: 500");
    ck_size("![w:](a.png)", 0, 0, 0, "w:");
    ck_size("![w:x](a.png)", 0, 0, 0, "w:x");
    ck_size("![W:](a.png)", 0, 0, 0, "W:");
    /* What is a wrong one is left out, and said. */
    static const char *const wrong[] = {
        "h:0",  "h:50%",     "w:101%", "w:1e3", "w:99999999999",
        "w:-3", "width:-5%", "h:.",    "w:3x",  "W:1px%"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[80], says[120];
        snprintf(text, sizeof text, "a\n\n![h:20 %s a](a.png)", wrong[i]);
        snprintf(says, sizeof says,
                 "picture: size \"%s\" is left out, need pixels or a width in "
                 "%%",
                 wrong[i]);
        ck_warned(text, (Warned[]){{3, says}, {0}});
        ck_size(text + 3, 0, 20, 0, "a");
    }
    ck_size("![at w:3](a.png)", 0, 0, 0, "at w:3");
    ck_size("![**w:3** b](a.png)", 0, 0, 0, "w:3 b");
    ck_warned("<img src=a.png width=x height=\"5%\" style=\"float: left;;"
              "width:3\">",
              (Warned[]){{1, "<img>: width=\"x\" is left out"},
                         {1, "<img>: height=\"5%\" is left out"},
                         {1, "<img>: style \"float: left\" is left out"},
                         {0}});
}
END_TEST

/* Set and column of each block, as digits. */
static void ck_columns(const char *text, const char *want) {
    Deck *d = open_text(text);
    const DeckSlide *s = deck_slide(d, 0);
    char found[40] = "";
    for (int i = 0; i < s->n_blocks && i < 12; i++)
        snprintf(found + strlen(found), 12, "%d%d ", s->blocks[i].columns,
                 s->blocks[i].column);
    ck_assert_str_eq(found, want);
    deck_close(d);
}

START_TEST(columns_hold_blocks) {
#define COLUMNS "<div class=\"columns\">\n"
    ck_columns("a\n\n" COLUMNS "<div>\n\nb\n\n- c\n\n</div>\n<div "
               "class=\"column\">\n\nd\n\n</div>\n</div>\n\ne\n\n" COLUMNS
               "<div>\n\nf\n",
               "00 10 10 11 00 20 ");
    /* A <div> in a column is none; what stands between columns is in none. */
    ck_columns(COLUMNS "x\n<div>\n\n<div>\n\na\n\n</div>\n\nb\n\n</div>\n\nc\n",
               "00 10 10 00 ");
    /* Ends without beginnings. */
    ck_columns("</div></div>\n\na\n\n" COLUMNS "<div>\n\nb\n\n</div></div>"
               "</div></div>\n\nc\n",
               "00 10 00 ");
    ck_columns(COLUMNS "<div>\n\na\n\n" COLUMNS "\nb\n", "10 10 ");
    ck_warns(COLUMNS "<div>\n\na\n\n" COLUMNS "\nb\n</div></div></div>\n", 6,
             "columns in columns");
    /* Its end is missed, in the notes, too; not that of another <div>. */
    ck_warns("a\n\n" COLUMNS "<div>\n\na\n\n</div>\n\nb\n\n---\n\nc\n", 3,
             "<div class=\"columns\"> is never closed");
    ck_warns("a\n\nNotes:\n\n" COLUMNS "<div>\n\na\n", 5,
             "<div class=\"columns\"> is never closed");
    ck_blocks("<div>\n\na\n", "0 para.0.0 :[a]\n");
    Deck *d = open_text(COLUMNS "<div>\n\na\n\n---\n\nb\n");
    ck_assert_int_eq(deck_slide(d, 1)->blocks[0].columns, 0);
    deck_close(d);
#undef COLUMNS
}
END_TEST

START_TEST(code_keeps_its_steps) {
    ck_blocks("```\n```\n\n```\n\n```\n", "0 code.0.0 :[]\n0 code.0.0 :[]\n");
    Deck *d = open_text("```c [1|3-4]\nx\n```\n\n~~~ [2]\ny\n~~~\n");
    const DeckBlock *b = deck_slide(d, 0)->blocks;
    ck_assert_str_eq(b[0].info, "c");
    ck_assert(b[0].numbered && b[0].n_steps == 1 && b[0].n_lit == 2);
    ck_assert_str_eq(b[1].info, "");
    ck_assert(b[1].numbered && b[1].n_steps == 0 && b[1].n_lit == 1);
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 2);
    deck_close(d);
}
END_TEST

/* ---- reveal-md's comments ----------------------------------------------- */

START_TEST(slides_say_how_they_look) {
    Deck *d = open_text("<!-- .slide: class=\"align-center\" -->\n# A\n---\n"
                        "# B\n---\n<!-- .slide: data-background-image='a.gif'"
                        " class=align-center -->\n");
    ck_assert(deck_slide(d, 0)->centred);
    ck_assert_ptr_null(deck_slide(d, 0)->background);
    ck_assert(!deck_slide(d, 1)->centred);
    ck_assert(deck_slide(d, 2)->centred);
    ck_assert_str_eq(deck_slide(d, 2)->background, "a.gif");
    deck_close(d);
}
END_TEST

START_TEST(elements_say_how_they_look) {
    ck_blocks("a <!-- .element: style=\"font-size: x-small;\" -->\n\nb\n",
              "0 para.0.0 -2 :[a]\n0 para.0.0 :[b]\n");
    ck_blocks("# a\n<!-- .element: style=\"font-size:LARGE\" -->\n\n- b\n- c "
              "<!-- .element: style='font-size:small' -->\n",
              "0 head.1.0 +1 :[a]\n0 item.0.0 :[b]\n0 item.0.0 -1 :[c]\n");
    /* Behind a list it means the whole list. */
    ck_blocks("a\n\n- b\n\n  c\n  - d\n<!-- .element: "
              "style=\"font-size:x-large\" -->\n",
              "0 para.0.0 :[a]\n0 item.0.0 +2 :[b]\n0 para.1.0 +2 :[c]\n"
              "0 item.1.0 +2 :[d]\n");
    ck_blocks("a <!-- .element: style=\"font-size:medium\" -->",
              "0 para.0.0 :[a]\n");
    ck_dump("- a <!-- .element: class=\"fragment\" -->\n- b\n",
            "1 item.0.0 % :[a]\n0 item.0.0 :[b]\n");
}
END_TEST

/* ---- what is dropped ---------------------------------------------------- */

START_TEST(what_is_dropped_is_told_with_its_line) {
    ck_warned("---\ntitle: x\ntheme: black\ncss: a.css\nnotesSeparator: y\n"
              "---\n# A",
              (Warned[]){{3, "front matter: theme means nothing here"},
                         {4, "front matter: css means nothing here"},
                         {5, "front matter: notesSeparator means nothing here"},
                         {0}});
    ck_warned("a <u>b</u>\n\n<blockquote class=\"x\">\nc\n</blockquote>\n\n"
              "<script>d\n</script>\n",
              (Warned[]){{1, "<u> is left out"},
                         {3, "<blockquote>: class is left out"},
                         {7, "<script> is left out"},
                         {0}});
    ck_warned("<p style=\"x\" id=\"y\">\n<b\nclass=z>a</b>\n",
              (Warned[]){{1, "<p>: style is left out"},
                         {2, "<b>: class is left out"},
                         {0}});
    ck_warned("<div class=\"left\">\na\n</div>\n\n<span class='x'>b</span>\n",
              (Warned[]){{1, "<div>: class \"left\" is left out"},
                         {5, "<span>: class \"x\" is left out"},
                         {0}});
    ck_warned("a\n\n<iframe width=\"1\"></iframe>\n\n<img alt=\"x\">\n",
              (Warned[]){{3, "<iframe> has no address and is left out"},
                         {5, "<img> has no address and is left out"},
                         {0}});
    ck_warned("a\n\n[b\nc](d \"e\") f\n\n![g](h \"i\")\n",
              (Warned[]){{4, "the title of a link is left out"},
                         {6, "the title of a picture is left out"},
                         {0}});
    ck_warned("a\n\n```c [1|2]\nx\n```\n\n``` c numbers\n```\n",
              (Warned[]){{7, "what follows the language of a code is left out"},
                         {0}});
    ck_warned("|a|\n|---|\n|![b](c)|\n",
              (Warned[]){{3, "a picture in a table is left out; its words "
                             "stand for it"},
                         {0}});
}
END_TEST

START_TEST(wide_tables_are_told) {
    char *head = repeat("|a", DECK_COLUMNS_MAX + 1, "|\n");
    char *rule = repeat("|---", DECK_COLUMNS_MAX + 1, "|\n");
    char text[512];
    snprintf(text, sizeof text, "x\n\n%s%s", head, rule);
    ck_warns(text, 3, "a table has 17 columns; 16 are shown");
    free(head);
    free(rule);
}
END_TEST

/* ---- HTML's forms of what Markdown has ----------------------------------- */

START_TEST(quotations_of_html_are_quotations) {
    ck_blocks("<blockquote>a <b>b</b><p>c</blockquote>\nd",
              "0 quote.0.0 :[a ]*[b]\n0 quote.0.0 :[c]\n0 para.0.0 :[d]\n");
    ck_blocks("<blockquote>\n\na *b*\n\n- c\n\n</blockquote>\n\nd",
              "0 quote.0.0 :[a ]/[b]\n0 item.0.0 :[c]\n0 para.0.0 :[d]\n");
    ck_blocks("a <q>b</q> <cite>c</cite>\n", "0 para.0.0 :[a “b” ]/[c]\n");
    ck_blocks("<dl><dt>a<dd>b</dd><dt>c</dt></dl>\n",
              "0 para.0.0 :*[a]\n0 para.0.0 :[b]\n0 para.0.0 :*[c]\n");
    /* It ends with its slide. */
    Deck *d = open_text("<blockquote>a\n\n---\n\nb\n");
    ck_assert_int_eq(deck_slide(d, 1)->blocks[0].kind, BLOCK_PARAGRAPH);
    deck_close(d);
    char *deep = repeat("<blockquote>", 33, "a\n");
    ck_refused(deep, "t.md:1: lists and quotes nested deeper than 32");
    free(deep);
}
END_TEST

START_TEST(code_of_html_is_code) {
    ck_blocks("<pre>a  b\n  c &lt;d&gt;\n\n\ne</pre>\nf\n",
              "0 code.0.0 :[a  b\n  c <d>\n\n\ne]\n0 para.0.0 :[f]\n");
    ck_blocks("<pre><code>\nint a;\n</code></pre>\n", "0 code.0.0 :[int a;]\n");
    ck_blocks("<pre></pre>\na", "0 code.0.0 :[]\n0 para.0.0 :[a]\n");
    ck_blocks("<pre>a<br>b</pre>\n", "0 code.0.0 :[a\nb]\n");
    ck_warned("<pre>a <i>b</i></pre>\n",
              (Warned[]){{1, "<i> within a <pre> is left out"}, {0}});
    ck_dump("<pre>a <i>b</i> c", "0 code.0.0 :[a b c]\n");
}
END_TEST

START_TEST(tables_of_html_are_tables) {
    const char *want = "0 row.1.2 lr:*[a]|*[b]|\n0 row.0.2 lr:[c ]/[d]|[1]|\n"
                       "0 para.0.0 :[e]\n";
    ck_blocks("<table>\n<thead>\n<tr><th>a</th><th align=\"right\">b</th></tr>"
              "\n</thead>\n<tbody>\n<tr>\n<td>c <em>d</em></td>\n<td>1</td>\n"
              "</tr>\n</tbody>\n</table>\n\ne",
              want);
    /* End tags may be missing, and blank lines stand within. */
    ck_blocks(
        "<TABLE><tr><th>a<th style=\"text-align: right\">b\n\n<tr><td>\n\n"
        "c *d*\n\n</td>\n\n<td>1</table>\n\ne",
        want);
    ck_blocks("<table><tr><td>a<tr><td>b<td>c<tr><td></td><td>d</table>\n"
              "<table><tr><td>e</table>\n",
              "0 row.0.2 ll:[a]|\n0 row.0.2 ll:[b]|[c]|\n"
              "0 row.0.2 ll:[]|[d]|\n0 row.0.1 l:[e]|\n");
    /* The slide's end ends it. */
    ck_blocks("<table><tr><th>a<td>b", "0 row.0.2 ll:*[a]|[b]|\n");
    ck_blocks("<td>a</td>\n", "0 para.0.0 :[a]\n");
    ck_warned("<table><tr><td><ul><li>a</ul><td rowspan=2>b</table>\n",
              (Warned[]){{1, "<ul> within a table is left out"},
                         {1, "<li> within a table is left out"},
                         {0}});
    ck_warned(
        "<table><tr><td>a<table><tr><td>b</table>\n",
        (Warned[]){{1, "a table within a table is shown behind it"}, {0}});
}
END_TEST

/* ---- colours behind a slide ---------------------------------------------- */

static DeckGround ground_of(const char *attribute) {
    char text[256];
    snprintf(text, sizeof text, "<!-- .slide: %s -->\na\n", attribute);
    Deck *d = open_text(text);
    ck_silent(d);
    DeckGround g = deck_slide(d, 0)->ground;
    deck_close(d);
    return g;
}

START_TEST(cells_take_columns_and_rows) {
    ck_blocks("<table><tr><th colspan=2>a<th>b"
              "<tr><td rowspan=\"2\">c<td>d<td>e<tr><td>f</table>\n",
              "0 row.1.3 lll:*[a]|[]<|*[b]|\n0 row.0.3 lll:[c]|[d]|[e]|\n"
              "0 row.0.3 lll:[]^|[f]|\n");
    /* Both at once; what reaches into the end of a row; to the end of all. */
    ck_blocks("<table><tr><td>a<td colspan=2 rowspan=2>b<tr><td>c<tr><td>d<td "
              "align=right>e<td rowspan=0>f<tr><td>g<tr></table>\n",
              "0 row.0.3 lrl:[a]|[b]|[]<|\n0 row.0.3 lrl:[c]|[]^|[]^|\n"
              "0 row.0.3 lrl:[d]|[e]|[f]|\n0 row.0.3 lrl:[g]|[]|[]^|\n"
              "0 row.0.3 lrl:[]|[]|[]^|\n");
    /* Not into what is taken, nor out of the head. */
    ck_blocks("<table><tr><td>a<td rowspan=2>b<tr><td colspan=3>c</table>\n",
              "0 row.0.2 ll:[a]|[b]|\n0 row.0.2 ll:[c]|[]^|\n");
    ck_blocks("<table><thead><tr><th rowspan=3>a<th>b</thead><tr><td>c"
              "</table>\n",
              "0 row.1.2 ll:*[a]|*[b]|\n0 row.0.2 ll:[c]|\n");
    ck_warned("<table><tr><td colspan=0>a<td rowspan=x>b<td "
              "colspan=1e9>c</table>\n",
              (Warned[]){{1, "<td>: colspan \"0\" is left out"},
                         {1, "<td>: rowspan \"x\" is left out"},
                         {1, "a table has 19 columns; 16 are shown"},
                         {0}});
}
END_TEST

START_TEST(colours_of_a_gradient_have_places) {
    DeckGround g = ground_of("data-background-gradient=\"linear-gradient("
                             "90deg, red 20%, lime, blue 80%)\"");
    ck_assert_int_eq(g.n, 3);
    ck_assert_float_eq_tol(g.at[0], .2f, 1e-6f);
    ck_assert_float_eq_tol(g.at[1], .5f, 1e-6f);
    ck_assert_float_eq_tol(g.at[2], .8f, 1e-6f);
    /* Unsaid ones share the way; none stands before the one before it. */
    g = ground_of("data-background-gradient=\"linear-gradient(red, lime, "
                  "rgb(0, 0, 255) 60%, #fff 10%, black)\"");
    static const float at[] = {0, .3f, .6f, .6f, 1};
    ck_assert_int_eq(g.n, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_float_eq_tol(g.at[i], at[i], 1e-6f);
    g = ground_of("data-background-gradient=\"radial-gradient(circle at "
                  "center, red -10% 30%, blue 130%)\"");
    ck_assert(g.radial && g.n == 3);
    ck_assert_uint_eq(g.colors[1], 0xFF0000);
    ck_assert_float_eq_tol(g.at[0], -.1f, 1e-6f);
    ck_assert_float_eq_tol(g.at[1], .3f, 1e-6f);
    ck_assert_float_eq_tol(g.at[2], 1.3f, 1e-6f);
    static const char *const not [] = {
        "linear-gradient(red 20px, blue)", "linear-gradient(red, 30%, blue)",
        "radial-gradient(circle at top left, red, blue)",
        "linear-gradient(red x%, blue)", "linear-gradient(20%, 40%)"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        char text[200], want[200];
        snprintf(text, sizeof text,
                 "<!-- .slide: data-background-gradient=\"%s\" -->\n", not [i]);
        snprintf(want, sizeof want,
                 ".slide: data-background-gradient: \"%s\" is no colour that "
                 "is known",
                 not [i]);
        ck_warned(text, (Warned[]){{1, want}, {0}});
    }
}
END_TEST

START_TEST(grounds_have_colours) {
    static const struct {
        const char *attribute;
        uint32_t rgb;
    } plain[] = {{"data-background-color=\"#17365D\"", 0x17365D},
                 {"data-background-color=#f80", 0xFF8800},
                 {"data-background-color=\"rgb(1, 2,255)\"", 0x0102FF},
                 {"data-background-color=\"rgba(1,2,3,1)\"", 0x010203},
                 {"data-background=' Navy '", 0x000080}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        DeckGround g = ground_of(plain[i].attribute);
        ck_assert_int_eq(g.n, 1);
        ck_assert_uint_eq(g.colors[0], plain[i].rgb);
    }
    DeckGround g = ground_of("data-background-gradient=\"linear-gradient(to "
                             "right, rgb(0,0,0), #fff, red)\"");
    ck_assert_int_eq(g.n, 3);
    ck_assert(!g.radial);
    ck_assert_float_eq_tol(g.angle, 90, 1e-3f);
    ck_assert_uint_eq(g.colors[2], 0xFF0000);
    g = ground_of("data-background-gradient=\"linear-gradient(red,blue)\"");
    ck_assert_float_eq_tol(g.angle, 180, 1e-3f);
    g = ground_of("data-background=\"radial-gradient(circle, red, blue)\"");
    ck_assert(g.radial && g.n == 2);
    ck_warned(
        "<!-- .slide: data-background-color=\"mauvish\" -->\na\n\n---\n\n"
        "<!-- .slide: data-background-gradient=\"linear-gradient(red 5px, "
        "blue)\" -->\n",
        (Warned[]){{1, ".slide: data-background-color: \"mauvish\" is no "
                       "colour that is known"},
                   {6, ".slide: data-background-gradient: "
                       "\"linear-gradient(red 5px, blue)\" is no colour "
                       "that is known"},
                   {0}});
    Deck *d = open_text("<!-- .slide: data-background=\"a.png\" -->\n");
    ck_assert_str_eq(deck_slide(d, 0)->background, "a.png");
    deck_close(d);
}
END_TEST

START_TEST(attributes_that_do_nothing_are_told) {
    ck_warned(
        "a\n\n<!-- .slide: class=\"align-center dark\"\n"
        "data-transition=\"zoom\" data-background-image=\"b.gif\" x -->\n",
        (Warned[]){{3, ".slide: class \"dark\" is left out"},
                   {3, ".slide: data-transition is left out"},
                   {3, ".slide: x is left out"},
                   {0}});
    ck_warned("<!-- .element: class=\"fragment\" -->\n\na <!-- .element: "
              "class=\"fragment fade\" data-x -->\n\nb <!-- .element: "
              "style=\"font-size:xx-large; color:\nred; font-size:small\" -->",
              (Warned[]){{1, ".element: there is nothing before it"},
                         {3, ".element: class \"fade\" is left out"},
                         {3, ".element: data-x is left out"},
                         {5, ".element: style \"font-size:xx-large\" is left "
                             "out; sizes are font-size: x-small to x-large"},
                         {5, ".element: style \"color: red\" is left out; "
                             "sizes are font-size: x-small to x-large"},
                         {0}});
    ck_warned("<small style=\"font-size:large\">a</small>",
              (Warned[]){{1, "<small>: a large size is left out"}, {0}});
}
END_TEST

/* A rejected front matter leaves no warnings of its own, and all others. */
START_TEST(warnings_of_no_front_matter_are_none) {
    Deck *d = open_text("---\ntheme: x\nno front matter\n---\nb \xFF");
    const DeckWarning *w;
    ck_assert_int_eq(deck_warnings(d, &w), 1);
    ck_assert_int_eq(w[0].line, 5);
    ck_assert_int_eq(deck_n_models(d), 0);
    deck_close(d);
}
END_TEST

/* ---- models ------------------------------------------------------------- */

START_TEST(decks_name_their_models) {
    static const struct {
        const char *text;
        int n;
        const char *last;
    } rows[] = {
        {"---\ntitle: x\n---\n", 0, NULL},
        {"---\nmodel: a\n---\n", 1, "a"},
        {"---\nmodel: \"a, b\"\n---\n", 1, "a, b"},
        {"---\nmodels: a, b\n---\n", 2, "b"},
        {"---\nmodels: [a, \"b c\" , 'd']\n---\n", 3, "d"},
        {"---\nmodels:\n  - a\n  - \"b\"\ntitle: x\n---\n", 2, "b"},
        {"---\nmodels:\n- a\n- b-c\n---\n", 2, "b-c"},
        {"---\nmodel: a\nmodels: b,,\n---\n", 2, "b"},
        {"---\nmodels:\n---\n", 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Deck *d = open_text(rows[i].text);
        ck_silent(d);
        ck_assert_int_eq(deck_n_slides(d), 1);
        ck_assert_int_eq(deck_n_models(d), rows[i].n);
        if (rows[i].n)
            ck_assert_str_eq(deck_model(d, rows[i].n - 1), rows[i].last);
        ck_assert(deck_is_about(d, "a") == (rows[i].n > 0 && i != 2));
        ck_assert(!deck_is_about(d, "") && !deck_is_about(d, "aa"));
        deck_close(d);
    }
}
END_TEST

/* ---- files and limits --------------------------------------------------- */

START_TEST(empty_file_is_one_empty_slide) {
    char path[] = "/tmp/deck-XXXXXX";
    Err err = {0};
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    Deck *d = deck_open(path, &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    ck_assert_int_eq(deck_n_slides(d), 1);
    ck_assert_int_eq(deck_slide(d, 0)->n_blocks, 0);
    ck_silent(d);
    deck_close(d);
    unlink(path);
}
END_TEST

START_TEST(costly_decks_are_refused) {
    static const struct {
        const char *part;
        size_t n;
        const char *says;
    } rows[] = {
        {"[", 15000000, "t.md:1: more than 1000000 of [ ] & * _ ` < ! ~ |"},
        {"&lt;\n", 1000001, "t.md:1000001: more than 1000000 of"},
        {"word ", 3000000, "t.md:1: a slide of 15000000 bytes, allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = repeat(rows[i].part, rows[i].n, "");
        Err err = {0};
        clock_t start = clock();
        ck_assert_ptr_null(deck_open_memory("t.md", text, strlen(text), &err));
        ck_assert_int_eq(err.code, ERR_LIMIT);
        ck_assert_msg(strncmp(err.msg, rows[i].says, strlen(rows[i].says)) == 0,
                      "%s", err.msg);
        ck_assert(clock() - start < 4 * CLOCKS_PER_SEC);
        free(text);
    }
}
END_TEST

/* Notes are not shown as one text and count for nothing. */
START_TEST(long_notes_are_no_long_slide) {
    char *notes = repeat("word ", 600000, "");
    size_t size = strlen(notes) + 16;
    char *text = malloc(size);
    snprintf(text, size, "# A\nNotes: %s", notes);
    deck_close(open_text(text));
    free(text);
    free(notes);
}
END_TEST

TEST_MAIN("deck_dialect", comments_hold_anything,
          what_is_said_in_a_comment_is_text, saying_needs_lines_of_its_own,
          comments_keep_the_lines_of_what_follows,
          comment_within_a_comment_is_told, all_names_of_html_are_known,
          words_keep_their_looks, links_carry_their_address,
          headings_keep_their_level, html_lists_are_lists, tasks_have_boxes,
          rules_are_blocks, frames_keep_their_title_and_size,
          pictures_have_sizes, columns_hold_blocks, code_keeps_its_steps,
          slides_say_how_they_look, elements_say_how_they_look,
          what_is_dropped_is_told_with_its_line,
          quotations_of_html_are_quotations, code_of_html_is_code,
          tables_of_html_are_tables, cells_take_columns_and_rows,
          colours_of_a_gradient_have_places, grounds_have_colours,
          wide_tables_are_told, attributes_that_do_nothing_are_told,
          warnings_of_no_front_matter_are_none, decks_name_their_models,
          empty_file_is_one_empty_slide, costly_decks_are_refused,
          long_notes_are_no_long_slide)
