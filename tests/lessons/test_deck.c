#include "tests/lessons/deck_text.h"

/* ---- a deck as lecturers write them -------------------------------------- */

static const char lecture[] =
    "# Engines of steam\n\n--\n\n"
    "## What is a *steam* engine?\n\nAn engine\n- that burns coal\n"
    "- that turns a wheel\n\nNotes:\nIntroduced by word of mouth.\n\n--\n\n"
    "## Rise and fall\n\n"
    "<iframe width=\"100%\" height=\"500\" src=\"https://a.example/rise\"> "
    "</iframe>\n\n"
    "<small style=\"font-size:xx-small\"> "
    "[The Rise of Steam](https://a.example/rise) </small>\n\n--\n\n"
    "<!-- .slide: class=\"align-center\" -->\n\n## Watt's patent\n\n"
    "<div class=\"pdf\"><!-- { \"pdf\": \"assets/913.pdf\" } --></div>\n\n"
    "Notes: \n- This **patent** was introduced late.\n\n--\n\n"
    "## On film\n\n<iframe width=\"560\" height=\"315\" "
    "src=\"https://v.example/1\" title=\"A film\" allowfullscreen></iframe>\n\n"
    "--\n\n\n\n## Examples\n\n- Stationary\n\t- pumps\n\t- ...\n- Moving\n"
    "\t- [Hedley\u00e2\u20ac\u2122s](https://b.example/) (restored)\n"
    "\t\t- the museum shows it\n"
    "<!-- .element: style=\"font-size:large\" -->\n\n--\n\n"
    "<!-- .slide: class=\"align-center\" "
    "data-background-image=\"assets/s.gif\" "
    "-->\n\n## Hands on!\n";

static void ck_says(const Deck *d, int slide, const char *part) {
    char got[4096];
    dump(deck_slide(d, slide), got, sizeof got);
    ck_assert_msg(strstr(got, part) != NULL, "no \"%s\" in\n%s", part, got);
}

START_TEST(a_lecture_is_read_whole) {
    static const char *const titles[] = {
        "Engines of steam", "What is a steam engine?",
        "Rise and fall",    "Watt's patent",
        "On film",          "Examples",
        "Hands on!"};
    Deck *d = open_text(lecture);
    ck_assert_int_eq(deck_n_slides(d), 7);
    ck_assert_str_eq(deck_title(d), titles[0]);
    for (int i = 0; i < 7; i++) {
        const DeckSlide *s = deck_slide(d, i);
        ck_assert_str_eq(s->title, titles[i]);
        ck_assert_int_eq(s->n_beats, 1);
        ck_assert_int_eq(s->notes[0] != '\0', i == 1 || i == 3);
        for (int j = 0; j < s->n_blocks; j++)
            for (int k = 0; k < s->blocks[j].n_spans; k++)
                ck_assert_ptr_null(
                    strstr(s->blocks[j].spans[k].text, "ntroduced"));
    }
    ck_assert_ptr_nonnull(
        strstr(deck_slide(d, 3)->notes, "- This **patent** was"));
    ck_says(d, 2, "0 para.0.0 :s[The Rise of");
    ck_assert_int_eq(deck_slide(d, 2)->blocks[1].height, 500);
    ck_assert_int_eq(deck_slide(d, 2)->blocks[1].width, 0); /* 100% */
    ck_says(d, 3, "0 head.2.0 :[Watt's patent]\n0 web.0.0 assets/913.pdf:\n");
    ck_says(d, 4, ":[A film]");
    ck_says(d, 5, "0 item.0.0 +1 :[Stationary]\n0 item.1.0 +1 :[pumps]\n");
    ck_says(d, 5, "0 item.2.0 +1 :[the museum");
    const DeckWarning *w;
    ck_assert_int_eq(deck_warnings(d, &w), 1);
    ck_assert_ptr_nonnull(strstr(w[0].text, "mangled"));
    ck_assert_msg(strstr(w[0].text,
                         "at character 5: \"Hedley\u00e2\u20ac\u2122s\" was "
                         "\"Hedley\u2019s\""),
                  "%s", w[0].text);
    ck_assert_str_eq(deck_slide(d, 6)->background, "assets/s.gif");
    ck_assert(deck_slide(d, 6)->centred && !deck_slide(d, 5)->centred);
    deck_close(d);
}
END_TEST

/* ---- splitting ---------------------------------------------------------- */

typedef struct Split {
    const char *text;
    int n_slides;
} Split;

static const Split splits[] = {
    {"", 1},
    {"\n", 1},
    {"# a", 1},
    {"a\n---\nb", 2},
    {"a\n---", 2},
    {"a\n---\n", 2},
    {"a\n--\nb\n----\nc\n", 3},
    {"a\r\n---\r\nb\r\n", 2},
    {"a\r---\rb", 2},
    {"\xEF\xBB\xBF---\ntitle: x\n---\na", 1},
    {"---\na", 2}, /* not closed: a separator */
    {"---\nno front matter\n---\nb", 3},
    {"---\n---\nb", 1}, /* empty front matter */
    {"a\n\n---\n\n---\n\nb", 3},
    {"```\n---\n```\nb", 1},
    {"~~~ c\n---\n```\n---\n~~~\nb\n---\nc", 2},
    {"````\n```\n---\n```\n---\n````\nb", 1},
    {"`` `a` ``\n---\nb", 2},
    {"``` a`b\n---\nb", 2},        /* no fence: its info has a backtick */
    {"- a\n\n    ```\n---\nb", 2}, /* a separator ends the list */
    {"> ```\n---\nb", 2},
    {"a\nNotes:\n```\n---\n```\n---\nb", 2},
    {" ---\nb", 1},
    {"---separator\nb", 1},
    {"---\nseparator: <!--s-->\n---\na\n<!--s-->\nb\n--\nc", 3},
    {"---\nseparator: \"^\\n\\n\\n$\"\n---\na", 0},
    {"---\nseparator: '\\r?\\n===\\r?\\n'\n---\na\n===\nb", 2},
    {"---\nverticalSeparator: ^\\n--v--\\n$\n---\na\n--v--\nb\n---\nc", 3},
    {"---\nverticalSeparator: \"^--[a-z]\"\n---\na", 0},
};

START_TEST(slides_are_split_as_reveal_md_does) {
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        Err err = {0};
        const char *text = splits[i].text;
        Deck *d = deck_open_memory("t.md", text, strlen(text), &err);
        if (splits[i].n_slides == 0) {
            ck_assert_ptr_null(d);
            ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
            ck_assert_uint_eq(err.pos, 2);
            continue;
        }
        ck_assert_msg(d != NULL, "%s: %s", text, err.msg);
        ck_assert_msg(deck_n_slides(d) == splits[i].n_slides, "%s: %d slides",
                      text, deck_n_slides(d));
        deck_close(d);
    }
}
END_TEST

/* Labels of a deck's slides, and the place of its last. */
static void ck_labels(const char *text, const char *want) {
    Deck *d = open_text(text);
    char found[200] = "", label[DECK_PLACE_MAX];
    for (int i = 0; i <= deck_n_slides(d); i++) {
        if (i < deck_n_slides(d))
            deck_label(d, i, label);
        else
            deck_place(d, i - 1, label);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s",
                 i ? " " : "", label);
    }
    ck_assert_str_eq(found, want);
    deck_close(d);
}

START_TEST(stacks_have_numbers_of_their_own) {
    ck_labels("a", "1 1 of 1");
    ck_labels("a\n---\nb\n---\nc", "1 2 3 3 of 3");
    ck_labels("a\n---\nb\n----\nc\n----\nd\n---\ne",
              "1 2.1 2.2 2.3 3 3, 5 of 5");
    ck_labels("a\n----\nb", "1.1 1.2 1.2, 2 of 2");
    /* Two dashes alone are no stack; one that the deck names is. */
    ck_labels("a\n--\nb", "1 2 2 of 2");
    ck_labels("---\nseparator: ==\nverticalSeparator: --\n---\na\n--\nb\n==\n"
              "c",
              "1.1 1.2 2 2, 3 of 3");
    ck_labels("---\nseparator: --\nverticalSeparator: --\n---\na\n--\nb",
              "1 2 2 of 2");
}
END_TEST

START_TEST(separator_makes_no_heading_of_the_line_above) {
    Deck *d = open_text("text\n---\nmore\n--\nlast");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(deck_slide(d, i)->blocks[0].kind, BLOCK_PARAGRAPH);
    deck_close(d);
    ck_warns("text\n-----\nmore", 2, "exactly --- or ----");
    ck_warns("text\n--- \nmore", 2, "exactly --- or ----");
}
END_TEST

START_TEST(front_matter_is_kept) {
    Deck *d = open_text("---\n# remark\ntitle: \"My: deck\" \nmodel: tiny\n"
                        "author:\n  transition: fade\n---\n\n# One\n");
    ck_silent(d);
    ck_assert_str_eq(deck_title(d), "My: deck");
    ck_assert_str_eq(deck_meta(d, "model"), "tiny");
    ck_assert_ptr_null(deck_meta(d, "transition"));
    ck_assert_str_eq(deck_path(d), "t.md");
    ck_assert_int_eq(deck_slide(d, 0)->line, 8);
    deck_close(d);
    d = open_text("text\n---\n# A *b* `c`\n# Two");
    ck_assert_str_eq(deck_title(d), "A b c");
    ck_assert_ptr_null(deck_meta(d, "title"));
    deck_close(d);
    ck_warns("---\ntitel: x\n---\n", 2, "titel");
}
END_TEST

START_TEST(notes_are_kept_apart) {
    Deck *d = open_text("# A\n\ntext\n\nNotes: \n- one\n- **two**\nNote: more\n"
                        "---\n\nnOtE: short\n---\n```\nNote: code\n```\n");
    ck_silent(d);
    ck_assert_str_eq(deck_slide(d, 0)->notes, "- one\n- **two**\nNote: more");
    ck_assert_int_eq(deck_slide(d, 0)->n_blocks, 2);
    ck_assert_str_eq(deck_slide(d, 1)->notes, "short");
    ck_assert_int_eq(deck_slide(d, 1)->n_blocks, 0);
    ck_assert_str_eq(deck_slide(d, 2)->notes, "");
    ck_assert_str_eq(deck_slide(d, 2)->blocks[0].spans[0].text, "Note: code");
    deck_close(d);
}
END_TEST

/* As a slide's text is, but what drives a stage or is a remark is nothing. */
START_TEST(notes_are_blocks_too) {
    Deck *d = open_text("# A\n\nNotes: say\n- one <!-- x\n\n- y --> **two**\n\n"
                        "> q\n---\n<!-- .slide: data-timing=\"90\" -->\nb\n");
    const DeckSlide *s = deck_slide(d, 0);
    ck_silent(d);
    ck_assert_int_eq(s->n_blocks, 1);
    ck_assert_int_eq(s->n_beats, 1);
    ck_assert_int_eq(s->n_note_blocks, 4);
    ck_assert_int_eq(s->note_blocks[1].kind, BLOCK_ITEM);
    ck_assert_int_eq(s->note_blocks[3].kind, BLOCK_QUOTE);
    ck_assert_int_eq(s->timing, 0);
    s = deck_slide(d, 1);
    ck_assert_int_eq(s->timing, 90);
    ck_assert_int_eq(s->n_note_blocks, 0);
    ck_assert_int_eq(s->n_beats, 1);
    deck_close(d);
    ck_warns("<!-- .slide: data-timing=\"x\" -->\nb", 1, "seconds");
    ck_warns("<!-- .slide: data-timing=\"-1\" -->\nb", 1, "seconds");
    d = open_text("a\n\nNotes:\n<!-- .stage: layer=1 -->\nb");
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 1);
    ck_assert_int_eq(deck_slide(d, 0)->beats[0].line, 0);
    ck_assert_int_eq(deck_slide(d, 0)->n_note_blocks, 1);
    deck_close(d);
}
END_TEST

START_TEST(aside_is_notes) {
    Deck *d = open_text("a\n\n<aside class=\"notes\">one\n\ntwo</aside>\n\n"
                        "<!-- .claim: tokens() > 1 -->\nb\n\nNotes: three\n"
                        "---\n<aside class=\"notes\">x</aside>\n");
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_str_eq(s->notes, "one\n\ntwo\n\nthree");
    ck_assert_int_eq(s->n_blocks, 2);
    ck_assert_int_eq(s->claims[0].line, 7);
    ck_assert_str_eq(deck_slide(d, 1)->notes, "x");
    deck_close(d);
    ck_warns("a\n\nNotes:\n<!-- .stage: layer=1 -->", 1, ".stage");
}
END_TEST

/* ---- blocks and spans --------------------------------------------------- */

START_TEST(markdown_becomes_blocks_and_spans) {
    ck_blocks("# One\n\n###### *Six* `x`\n",
              "0 head.1.0 :[One]\n0 head.6.0 :/[Six][ ]`[x]\n");
    ck_blocks("a **b *c* d** ~~e~~\nf\\\ng  \nh",
              "0 para.0.0 :[a ]*[b ]*/[c]*[ d][ ]~[e][ f]^[g]^[h]\n");
    ck_blocks("*a *b* c*", "0 para.0.0 :/[a b c]\n");
    ck_blocks("> one\n> two\n>\n> > three\n",
              "0 quote.0.0 :[one two]\n0 quote.0.0 :[three]\n");
    ck_dump("```c [1|2]\nint x;\n\n  y\n```\n",
            "0 code.0.0 c:[int x;\n\n  y]\n");
    ck_blocks("    indented\n", "0 code.0.0 :[indented]\n");
    ck_dump("[t *u*](http://x \"title\") v",
            "0 para.0.0 :[t ]->http://x/[u]->http://x[ v]\n");
    ck_blocks("a ![alt *x*](p&amp;q.png) b",
              "0 para.0.0 :[a]\n0 image.0.0 p&q.png:[alt ]/[x]\n"
              "0 para.0.0 :[b]\n");
}
END_TEST

START_TEST(lists_nest) {
    ck_blocks("- a\n\t- b\n\t\t- c\n- d\n",
              "0 item.0.0 :[a]\n0 item.1.0 :[b]\n0 item.2.0 :[c]\n"
              "0 item.0.0 :[d]\n");
    ck_blocks("3. a\n4. b\n   - x\n   - y\n5. c\n",
              "0 item.0.3 :[a]\n0 item.0.4 :[b]\n0 item.1.0 :[x]\n"
              "0 item.1.0 :[y]\n0 item.0.5 :[c]\n");
    ck_blocks("- a\n\n  more\n\n- b\n",
              "0 item.0.0 :[a]\n0 para.1.0 :[more]\n0 item.0.0 :[b]\n");
    ck_blocks("-\n- b", "0 item.0.0 :\n0 item.0.0 :[b]\n");
    ck_blocks("> - a\n\nb", "0 item.0.0 :[a]\n0 para.0.0 :[b]\n");
}
END_TEST

START_TEST(html_is_kept_as_far_as_it_can_be_shown) {
    ck_dump("<small style=\"x\"> a</small> b<br>c <b>d</b>",
            "0 para.0.0 :s[a][ b]^[c ]*[d]\n");
    ck_dump("a <span class=\"query\">q</span> <span class='mlp'>m</span> "
            "<span class=\"x\">n</span>",
            "0 para.0.0 :[a ]Q[q][ ]M[m][ n]\n");
    ck_blocks("<iframe src=\"http://a?b&amp;c\" width=\"1\"> </iframe>\n",
              "0 web.0.0 http://a?b&c:\n");
    ck_blocks("<video>\n<source data-src=\"v.mp4\">\n</video>\n",
              "0 web.0.0 v.mp4:\n");
    ck_blocks("<div class=\"pdf\"><!-- { \"pdf\": \"a/b.pdf\" } --></div>\n",
              "0 web.0.0 a/b.pdf:\n");
    ck_blocks("<div>one\n  two &rarr; &#x26;&#215;</div><p>three</p>\n",
              "0 para.0.0 :[one two \u2192 &\u00D7]\n"
              "0 para.0.0 :[three]\n");
    ck_dump("<style>p { color: red }</style>\n\na\n", "0 para.0.0 :[a]\n");
    ck_blocks("<img src=x.png alt=\"A b\">\n", "0 image.0.0 x.png:[A b]\n");
    ck_warns("<div\n<a <b\n", 1, "never closed");
    ck_warns("<div class=\"pdf\"><!-- none --></div>\n", 1, "pdf");
    /* A box left open ends with its block: the comment is no path. */
    ck_blocks("<div class=\"pdf\"><!-- { \"pdf\": \"p\" } -->\n\na\n\n"
              "<!-- .stage: layer=1 -->\n\nb",
              "0 web.0.0 p:\n0 para.0.0 :[a]\n1 para.0.0 :[b]\n");
}
END_TEST

START_TEST(entities_are_decoded) {
    ck_blocks("&amp;&lt;&hellip; &#65;&#x1F408; &nosuch; &#0; &#xD800; & x",
              "0 para.0.0 :[&<\u2026 A\U0001F408 &nosuch; \uFFFD \uFFFD "
              "& x]\n");
}
END_TEST

START_TEST(tables_keep_their_cells) {
    ck_blocks("x\n\n|a|*b*|\n|:--|--:|\n|1|`2`3|\n\ny",
              "0 para.0.0 :[x]\n0 row.1.2 lr:[a]|/[b]|\n"
              "0 row.0.2 lr:[1]|`[2][3]|\n0 para.0.0 :[y]\n");
    /* Empty and missing cells count, further ones do not. */
    ck_blocks("|a|b|c|\n|---|:-:|---|\n| |2|\n|1|2|3|4|\n",
              "0 row.1.3 lcl:[a]|[b]|[c]|\n0 row.0.3 lcl:[]|[2]|[]|\n"
              "0 row.0.3 lcl:[1]|[2]|[3]|\n");
    /* A picture in a cell is its words; the next table has its own head. */
    ck_dump("|![alt](p.png) x|\n|---|\n\n|b|\n|---|\n|c|\n",
            "0 row.1.1 l:[alt x]|\n0 row.1.1 l:[b]|\n0 row.0.1 l:[c]|\n");
}
END_TEST

/* ---- comments ----------------------------------------------------------- */

START_TEST(stages_make_beats) {
    const char *text = "# T\n\n<!-- .stage: layer=1 -->\na\n\n"
                       "<!-- .stage:\n  head=2 -->\n- b\n"
                       "<!-- .stage: token=3 -->\n- c\n";
    ck_blocks(text, "0 head.1.0 :[T]\n0 para.0.0 :[a]\n1 item.0.0 :[b]\n"
                    "2 item.0.0 :[c]\n");
    Deck *d = open_text(text);
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_int_eq(s->n_beats, 3);
    ck_assert_uint_eq(s->beats[0].stage.set, STATE_BIT(STATE_LAYER));
    ck_assert_int_eq(s->beats[0].stage.layer, 1);
    ck_assert_int_eq(s->beats[0].line, 3);
    ck_assert_int_eq(s->beats[1].line, 6);
    ck_assert_int_eq(s->beats[2].line, 9);
    deck_close(d);
}
END_TEST

START_TEST(text_before_the_first_stage_is_a_beat_of_its_own) {
    ck_blocks("a\n<!-- .stage: layer=1 -->\nb",
              "0 para.0.0 :[a]\n1 para.0.0 :[b]\n");
    Deck *d = open_text("a\n---\n<!-- .stage: -->\n<!-- .stage: -->\nb");
    ck_assert_int_eq(deck_slide(d, 0)->beats[0].line, 0);
    ck_assert_uint_eq(deck_slide(d, 0)->beats[0].stage.set, 0);
    ck_assert_int_eq(deck_slide(d, 1)->n_beats, 2);
    deck_close(d);
}
END_TEST

START_TEST(state_at_a_beat_is_all_stages_up_to_it) {
    Deck *d = open_text("<!-- .stage: view=block layer=1 prompt=\"a b\" -->\n"
                        "x\n<!-- .stage: head=2 -->\ny\n---\n# no stage\n---\n"
                        "<!-- .stage: layer=4 -->\nz\n");
    State base, s;
    state_init(&base);
    state_init(&s);
    ck_assert(state_parse(&base, "theme=dark layer=9", NULL));
    ck_assert(deck_state_at(d, 0, 0, &base, &s, NULL));
    ck_assert_int_eq(s.layer, 1);
    ck_assert_int_eq(s.head, 0);
    ck_assert(deck_state_at(d, 2, 0, &base, &s, NULL));
    ck_assert_int_eq(s.layer, 4);
    ck_assert_int_eq(s.head, 2);
    ck_assert_str_eq(s.view, "block");
    ck_assert_str_eq(s.theme, "dark");
    ck_assert_str_eq(s.prompt, "a b");
    ck_assert_int_eq(s.slide, 3);
    /* Going back gives what was there. */
    ck_assert(deck_state_at(d, 1, 0, &base, &s, NULL));
    ck_assert_int_eq(s.layer, 1);
    deck_close(d);
    ck_assert_str_eq(s.prompt, "a b"); /* a copy */
    ck_assert_int_eq(base.layer, 9);
    state_free(&base);
    state_free(&s);
}
END_TEST

START_TEST(claims_are_read) {
    Deck *d = open_text("a <!-- .claim: tokens() > 1 --> b\n\n"
                        "<!-- .stage: layer=1 -->\n"
                        "<!-- .claim:  rank(token=3) <= 3  -->\n");
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_int_eq(s->n_claims, 2);
    ck_assert_int_eq(s->claims[0].line, 1);
    ck_assert_int_eq(s->claims[0].beat, 0);
    ck_assert_str_eq(s->claims[1].text, "rank(token=3) <= 3");
    const Claim *claim = &s->claims[1].claim;
    ck_assert_int_eq(claim->nodes[claim->left].fn, CLAIM_RANK);
    ck_assert_int_eq(s->claims[1].line, 4);
    ck_assert_int_eq(s->claims[1].beat, 1);
    deck_close(d);
}
END_TEST

START_TEST(reveal_md_comments_drive_no_stage) {
    ck_dump("<!-- .slide: class=\"x\" data-background=\"y\" -->\n# T\n\n"
            "- a <!-- .element: class=\"fragment\" -->\n"
            "<!-- .element: style=\"z\" -->\n\n<!-- a remark -->\n",
            "0 head.1.0 :[T]\n1 item.0.0 % :[a]\n");
    ck_warns("a\n\n<!-- .stgae: layer=1 -->", 3, "stgae");
}
END_TEST

START_TEST(bad_comments_are_refused_with_their_line) {
    char keys[1024] = "t.md:3: state: unknown key \"layr\" at byte 0; keys are";
    for (StateKey k = 0; k < STATE_KEYS; k++) {
        const size_t n = strlen(keys);
        snprintf(keys + n, sizeof keys - n, " %s", state_key_name(k));
    }
    ck_assert_uint_lt(strlen(keys), ERR_MSG_MAX); /* the list is whole */
    ck_refused("a\n\n<!-- .stage: layr=1 -->", keys);
    ck_refused("---\ntitle: x\n---\n\n- a\n\n  <!-- .stage: layer=x -->",
               "t.md:7: state: layer: found \"x\", need a whole number from 0 "
               "to 1023");
    ck_refused("a\r\n---\r\n<!-- x\r\n--><!-- .claim: tokens() -->",
               "t.md:4: claim: need a comparison: < <= > >= == !=");
    ck_refused("<!-- .stage: slide=2 -->",
               "t.md:1: state: slide and beat follow from where it stands");
    ck_refused("<!-- .stage layer=2 -->", "t.md:1: need a colon: .stage:");
    ck_refused("a\n<!-- .ask: Q -->",
               "t.md:2: ask: need QUESTION | a) X | b*) Y with one * at the "
               "right answer");
    ck_refused("<!-- .ask: Q | a) x | b) y -->",
               "t.md:1: ask: need QUESTION | a) X | b*) Y with one * at the "
               "right answer");
    ck_refused("<!-- .ask: Q | a) x | c*) y -->",
               "t.md:1: ask: found \"c*) y\", need \"b) ANSWER\"");
    ck_refused("<!-- .ask: Q | a*) x | b*) y -->",
               "t.md:1: ask: two answers are marked with *");
    ck_refused("<!-- .ask: Q|a*)1|b)2|c)3|d)4|e)5|f)6|g)7 -->",
               "t.md:1: ask: more than 6 answers");
    ck_refused("a\n\n<!-- .stage: layer=1\n\nb",
               "t.md:3: a comment is never closed, need -->");
    ck_warns("a\nb <!-- c\n", 2, "never closed");
}
END_TEST

/* ---- hostile decks ------------------------------------------------------ */

START_TEST(what_is_no_text_is_refused_or_said) {
    Err err = {0};
    ck_assert_ptr_null(deck_open_memory("t.md", "a\nb\0c", 5, &err));
    ck_assert_str_eq(err.msg, "t.md:2: found a NUL byte, need text");
    ck_warns("a\n\xFF\n", 2, "UTF-8");
    ck_warns("a\n```\nb", 2, "fence");
}
END_TEST

typedef struct Hostile {
    const char *part;
    size_t n;
    const char *tail;
    const char *says; /* of the error; NULL: it opens */
} Hostile;

static const Hostile hostile[] = {
    {"> ", 50000, "a", "nested deeper than 32"},
    {">", 50000, "a\nb\nb\nb", "nested deeper than 32"},
    {"- ", 50000, "a", "nested deeper than 32"},
    {"1. ", 50000, "a", "nested deeper than 32"},
    {" ", 200, "- a", "nested deeper than 32"},
    {"a\n---\n", DECK_SLIDES_MAX - 1, "b", NULL},
    {"a\n---\n", DECK_SLIDES_MAX, "b", "more than 10000 slides"},
    {"<!-- .stage: -->\n\n", DECK_BEATS_MAX, "", NULL},
    {"<!-- .stage: -->\n\n", DECK_BEATS_MAX + 1, "", "beats on one slide"},
    {"a\n<!-- .stage: -->\n<!-- .stage: -->\n---\n", 7000, "",
     "beats in the deck"},
    {"word ", 200000, "", NULL},
    {"[", 50000, "", NULL},
    {"![a", 50000, "](b)", NULL},
    {"**a *", 50000, "", NULL},
    {"<a ", 50000, "", NULL},
    {"<div ", 50000, "", NULL},
    {"<!-- ", 50000, "", "never closed"},
    {"a <!-- ", 50000, "", NULL},
    {"&", 200000, "", NULL},
    {"`", 50000, "", NULL},
    {"\\", 200000, "", NULL},
    {"\n", 200000, "", NULL},
    {"\t", 200000, "", NULL},
    {"Note:\n", 50000, "", NULL},
    {"<aside class=\"notes\">\n", 50000, "", NULL},
    {"```\n", 50001, "", NULL},
};

START_TEST(pathological_decks_end_in_a_deck_or_one_clean_error) {
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const Hostile *h = &hostile[i];
        char *text = repeat(h->part, h->n, h->tail);
        Err err = {0};
        Deck *d = deck_open_memory("t.md", text, strlen(text), &err);
        ck_assert_msg((d == NULL) == (h->says != NULL), "%.20s: %s", h->part,
                      err.msg);
        if (h->says)
            ck_assert_msg(strstr(err.msg, h->says) != NULL, "%.20s: %s",
                          h->part, err.msg);
        deck_close(d);
        free(text);
    }
}
END_TEST

/* Nesting by indentation, which no single line shows. */
START_TEST(deep_lists_are_refused) {
    char text[4096] = "";
    for (int i = 0; i <= DECK_DEPTH_MAX; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%*s- a\n", 2 * i, "");
    }
    ck_refused(text, "t.md:32: lists and quotes nested deeper than 32");
    *strrchr(text, '-') = '\0'; /* one level fewer */
    deck_close(open_text(text));
}
END_TEST

/* A link's address counts each time it is used. */
START_TEST(repeated_references_are_bounded) {
    char *address = repeat("x", 100000, "\n\n");
    char *uses = repeat("[a] ", 10000, "");
    size_t size = strlen(address) + strlen(uses) + 8;
    char *text = malloc(size);
    snprintf(text, size, "[a]: %s%s", address, uses);
    Err err = {0};
    ck_assert_ptr_null(deck_open_memory("t.md", text, strlen(text), &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.msg, "needs more than"));
    free(address);
    free(uses);
    free(text);
}
END_TEST

START_TEST(tables_of_empty_cells_are_bounded) {
    char *head = repeat("|a", 1000, "|\n");
    char *rule = repeat("|---", 1000, "|\n");
    char *rows = repeat("|\n", 50000, "");
    size_t size = strlen(head) + strlen(rule) + strlen(rows) + 1;
    char *text = malloc(size);
    snprintf(text, size, "%s%s%s", head, rule, rows);
    Err err = {0};
    ck_assert_ptr_null(deck_open_memory("t.md", text, strlen(text), &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "too many empty cells"));
    free(head);
    free(rule);
    free(rows);
    free(text);
}
END_TEST

START_TEST(warnings_are_bounded_and_say_so) {
    char *text = malloc(20 * (DECK_WARNINGS_MAX + 10) + 1), *at = text;
    for (int i = 0; i < DECK_WARNINGS_MAX + 10; i++)
        at += snprintf(at, 20, "<x%d>\n\n", i);
    Deck *d = open_text(text);
    const DeckWarning *w;
    int n = deck_warnings(d, &w);
    ck_assert_int_eq(n, DECK_WARNINGS_MAX);
    ck_assert_str_eq(w[n - 1].text, "further warnings are left out");
    deck_close(d);
    free(text);
}
END_TEST

/* A thousand times the same is one mistake; what else there is keeps its
 * place. */
START_TEST(warnings_that_say_the_same_are_summed_up) {
    char *text = repeat("<x>\n\n<y>\n\n", 2000, "<z>");
    Deck *d = open_text(text);
    const DeckWarning *w;
    const int n = deck_warnings(d, &w);
    ck_assert_int_eq(n, 2 * DECK_SAME_MAX + 1);
    ck_assert_int_eq(w[0].line, 1);
    ck_assert_str_eq(w[0].text, "<x> is left out");
    ck_assert_int_eq(w[n - 3].line, 4 * (DECK_SAME_MAX - 1) + 1);
    ck_assert_str_eq(w[n - 3].text,
                     "<x> is left out (and 1996 times more, up to line 7997)");
    ck_assert_str_eq(w[n - 2].text,
                     "<y> is left out (and 1996 times more, up to line 7999)");
    ck_assert_int_eq(w[n - 1].line, 8001);
    ck_assert_str_eq(w[n - 1].text, "<z> is left out");
    deck_close(d);
    free(text);
    text = repeat("<x>\n\n", DECK_SAME_MAX + 1, "");
    d = open_text(text);
    ck_assert_int_eq(deck_warnings(d, &w), DECK_SAME_MAX);
    ck_assert_str_eq(w[DECK_SAME_MAX - 1].text,
                     "<x> is left out (and once more, on line 9)");
    deck_close(d);
    free(text);
}
END_TEST

START_TEST(files_are_limited_in_size) {
    Err err = {0};
    size_t n = DECK_SIZE_MAX + 1;
    char *text = malloc(n);
    memset(text, 'a', n);
    ck_assert_ptr_null(deck_open_memory("t.md", text, n, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_str_eq(err.msg,
                     "t.md: deck: found 16777217 bytes, allowed 16777216");
    free(text);
    err_clear(&err);
    ck_assert_ptr_null(deck_open("no/such/deck.md", &err));
    ck_assert_int_eq(err.code, ERR_IO);
}
END_TEST

/* Any cut of a deck with everything in it opens or fails cleanly. */
START_TEST(every_cut_opens_or_fails_cleanly) {
    const char *text =
        "\xEF\xBB\xBF---\ntitle: x\n---\n# A &amp; <b>c</b>\r\n\r\n"
        "<!-- .stage: layer=1 prompt=\"a\\x41\" -->\n- a\n\t1. b\n\n"
        "<!-- .ask: Q | a) x | b*) y -->\n<!-- .claim: tokens() > 1 -->\n"
        "<div class=\"pdf\"><!-- { \"pdf\": \"p\" } --></div>\n\n"
        "[l](u) ![i](j)\n\n|a|\n|---|\n|b|\n\n```c\n---\n```\n--\n"
        "<aside class=\"notes\">n</aside>\nNotes: m\n";
    size_t whole = strlen(text);
    int n_opened = 0;
    for (size_t n = 0; n <= whole; n++) {
        char *cut = malloc(n ? n : 1); /* exact, for the sanitizer */
        memcpy(cut, text, n);
        Err err = {0};
        Deck *d = deck_open_memory("t.md", cut, n, &err);
        ck_assert_int_eq(d == NULL, err.msg[0] != '\0');
        n_opened += d != NULL;
        deck_close(d);
        free(cut);
    }
    ck_assert_int_gt(n_opened, 100);
    deck_close(open_text(text));
}
END_TEST

TEST_MAIN("deck", a_lecture_is_read_whole, slides_are_split_as_reveal_md_does,
          stacks_have_numbers_of_their_own,
          separator_makes_no_heading_of_the_line_above, front_matter_is_kept,
          notes_are_kept_apart, notes_are_blocks_too, aside_is_notes,
          markdown_becomes_blocks_and_spans, lists_nest,
          html_is_kept_as_far_as_it_can_be_shown, entities_are_decoded,
          tables_keep_their_cells, stages_make_beats,
          text_before_the_first_stage_is_a_beat_of_its_own,
          state_at_a_beat_is_all_stages_up_to_it, claims_are_read,
          reveal_md_comments_drive_no_stage,
          bad_comments_are_refused_with_their_line,
          what_is_no_text_is_refused_or_said,
          pathological_decks_end_in_a_deck_or_one_clean_error,
          deep_lists_are_refused, repeated_references_are_bounded,
          tables_of_empty_cells_are_bounded, warnings_are_bounded_and_say_so,
          warnings_that_say_the_same_are_summed_up, files_are_limited_in_size,
          every_cut_opens_or_fails_cleanly)
