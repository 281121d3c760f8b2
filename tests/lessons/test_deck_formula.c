/* Formulas in decks: told from money and code, read as they were written. */
#include "tests/lessons/deck_text.h"

#include "engine/formula/formula.h"

typedef struct Shown {
    const char *text, *want;
} Shown;

static const Shown formulas[] = {
    {"a $x$ b", "0 para.0.0 :[a ]$[x][ b]\n"},
    {"$x_1 * y_2 * z$", "0 para.0.0 :$[x_1 * y_2 * z]\n"},
    {"($x$), **$y$**", "0 para.0.0 :[(]$[x][), ]*$[y]\n"},
    {"$$x$$", "0 para.0.0 :$$[x]\n"},
    {"a\n$$x$$\nb", "0 para.0.0 :[a ]$$[x][ b]\n"},
    {"$$\nx \\\\\n\n$$", NULL}, /* an empty line: none */
    {"$$\na &= b \\\\\n- c\n$$", "0 para.0.0 :$$[a &= b \\\\ - c]\n"},
    {"# On $x$", "0 head.1.0 :[On ]$[x]\n"},
    {"- a $x$\n- b $y$", "0 item.0.0 :[a ]$[x]\n0 item.0.0 :[b ]$[y]\n"},
    {"> $$\n> a\n> $$", "0 quote.0.0 :$$[a]\n"},
    {"- a\n  $$\n  b\n  $$", "0 item.0.0 :[a ]$$[  b   ]\n"},
    {"|a|\n|---|\n|$p(a|b)$|\n", "0 row.1.1 l:[a]|\n0 row.0.1 l:$[p(a|b)]|\n"},
    {"$a\nb$", "0 para.0.0 :$[a b]\n"},
    {"`$$a_b$$`", "0 para.0.0 :$$[a_b]\n"},
    {"$a<b$ and $c>d$", "0 para.0.0 :$[a<b][ and ]$[c>d]\n"},
    {"$\\$5$", "0 para.0.0 :$[\\$5]\n"},
    {"$&lt;$", "0 para.0.0 :$[&lt;]\n"},
};

/* What is none stays as it was written. */
static const Shown others[] = {
    {"It costs $5 and $6.", "0 para.0.0 :[It costs $5 and $6.]\n"},
    {"$5-$6", "0 para.0.0 :[$5-$6]\n"},
    {"$10,$20", "0 para.0.0 :[$10,$20]\n"},
    {"US$5 to US$6", "0 para.0.0 :[US$5 to US$6]\n"},
    {"**$5** or **$6**", "0 para.0.0 :*[$5][ or ]*[$6]\n"},
    {"$HOME:$PATH", "0 para.0.0 :[$HOME:$PATH]\n"},
    {"$ x $", "0 para.0.0 :[$ x $]\n"},
    {"\\$x\\$", "0 para.0.0 :[$x$]\n"},
    {"`$x$`", "0 para.0.0 :`[$x$]\n"},
    {"``a` $x$``", "0 para.0.0 :`[a` $x$]\n"},
    {"```\n$x$\n```", "0 code.0.0 :[$x$]\n"},
    {"    $x$\n", "0 code.0.0 :[$x$]\n"},
    {"a $5\n\nb $6 c$", "0 para.0.0 :[a $5]\n0 para.0.0 :[b ]$[6 c]\n"},
    {"- a $5\n- b 6$", "0 item.0.0 :[a $5]\n0 item.0.0 :[b 6$]\n"},
    {"|a|\n|---|\n|$5|\n|6$|\n",
     "0 row.1.1 l:[a]|\n0 row.0.1 l:[$5]|\n0 row.0.1 l:[6$]|\n"},
    {"$$$x$$$", "0 para.0.0 :[$$$x$$$]\n"},
    {"<b title=\"$x$\">a</b> $y$", "0 para.0.0 :*[a][ ]$[y]\n"},
    {"a <!-- $x --> $y$", "0 para.0.0 :[a  ]$[y]\n"},
};

START_TEST(formulas_are_read_as_written) {
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        if (formulas[i].want) ck_dump(formulas[i].text, formulas[i].want);
}
END_TEST

START_TEST(money_and_code_are_no_formulas) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_dump(others[i].text, others[i].want);
}
END_TEST

START_TEST(what_is_not_shown_as_one_is_warned_of) {
    ck_warned("# A\n\n$x$ and $\\foo{x}$\n",
              (Warned[]){{3, "formula, character 1: \\foo is not known; it is "
                             "shown as its source"},
                         {0, NULL}});
    ck_warned("a\n\n$$\na + {b\n$$\n",
              (Warned[]){{4, "formula, character 5: { is never closed; it is "
                             "shown as its source"},
                         {0, NULL}});
    ck_warned(
        "a $$x\n\nb",
        (Warned[]){{1, "$$ without the $$ that closes it within 4096 bytes"},
                   {0, NULL}});
}
END_TEST

START_TEST(a_slide_of_dollars_takes_no_time) {
    static const char *const parts[] = {"$",  "$a",  "$$", "$$ ",  "$`",
                                        "`$", "$\\", "$<", "`` $", "$\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *text = repeat(parts[i], 700000 / strlen(parts[i]), "");
        Err err = {0};
        Deck *d = deck_open_memory("t.md", text, strlen(text), &err);
        ck_assert_msg(d || err.msg[0], "%s", parts[i]);
        deck_close(d);
        free(text);
    }
}
END_TEST

/* Formulas of the first slide's blocks. */
static int n_formulas(const char *text) {
    Deck *d = open_text(text);
    const DeckSlide *s = deck_slide(d, 0);
    int n = 0;
    for (int i = 0; i < s->n_blocks; i++)
        for (int k = 0; k < s->blocks[i].n_spans; k++)
            n += (s->blocks[i].spans[k].style & SPAN_FORMULA) != 0;
    deck_close(d);
    return n;
}

/* Fences as Markdown has them: what follows the code is text again. */
START_TEST(after_fenced_code_there_are_formulas_again) {
    ck_assert_int_eq(n_formulas("a $x$\n"), 1);
    ck_assert_int_eq(n_formulas("````\n```\n$y$\n````\n\na $x$\n"), 1);
    ck_assert_int_eq(n_formulas("```y```\n\na $x$\n"), 1);
    ck_assert_int_eq(n_formulas("- ```\n  $y$\n  ```\n\na $x$\n"), 1);
    ck_assert_int_eq(n_formulas("~~~\n```\n$y$\n~~~\n\na $x$\n"), 1);
    ck_assert_int_eq(n_formulas("```\n$y$\n``` z\n$w$\n```\na $x$\n"), 1);
    /* No formula passes an empty line. */
    ck_assert_int_eq(n_formulas("$a\\\n\nb$ c $x$\n"), 1);
}
END_TEST

START_TEST(html_has_formulas) {
    ck_blocks("<p>a $x_1$ b</p>\n", "0 para.0.0 :[a ]$[x_1][ b]\n");
    ck_blocks("<table><tr><td>$a &lt; b$<td>$$c$$</table>\n",
              "0 row.0.2 ll:$[a < b]|$$[c]|\n");
    ck_blocks("<ul>\n<li>it is $x$,</li>\n</ul>\n",
              "0 item.0.0 :[it is ]$[x][,]\n");
    ck_blocks("<p>$\\frac{a}\n{b}$</p>", "0 para.0.0 :$[\\frac{a}\n{b}]\n");
    /* Money, code, what is never closed, and attributes are none. */
    ck_blocks("<p>$5 and $6</p>\n", "0 para.0.0 :[$5 and $6]\n");
    ck_blocks("<pre>$x$</pre>\n", "0 code.0.0 :[$x$]\n");
    ck_blocks("<p><code>$x$</code></p>\n", "0 para.0.0 :`[$x$]\n");
    ck_blocks("<p>$x</p><p>y$</p>\n", "0 para.0.0 :[$x]\n0 para.0.0 :[y$]\n");
    ck_blocks("<p id=\"$a$\">$</p>\n", "0 para.0.0 :[$]\n");
    ck_warned("<div>\n<p>$\\foo$</p>\n</div>\n",
              (Warned[]){{2, "formula, character 1: \\foo is not known; it is "
                             "shown as its source"},
                         {0}});
}
END_TEST

/* Neither dollar of what a tag cuts opens or closes another formula. */
START_TEST(in_html_a_tag_cuts_a_formula) {
    static const Warned told[] = {
        {1, "formula: found a tag in it, need \"&lt;\" for a less-than sign; "
            "it is shown as text"},
        {0, NULL}};
    const char *text = "<p>$a <b>x</b> c$ and some text $y$ end</p>\n";
    ck_warned(text, told);
    ck_dump(text, "0 para.0.0 :[$a ]*[x][ c$ and some text ]$[y][ end]\n");
    text = "<p>$$a <b>x</b>$$ and $y$</p>\n";
    ck_warned(text, told);
    ck_dump(text, "0 para.0.0 :[$$a ]*[x][$$ and ]$[y]\n");
    /* A tag that takes dollars with it. */
    text = "<p>$a<c$ and $d>e$, $y$</p>\n";
    ck_dump(text, "0 para.0.0 :[$ae$, ]$[y]\n");
    /* Of two paragraphs, and in code, nobody takes them for one. */
    ck_blocks("<p>$x</p><p>y$ and $z$</p>\n",
              "0 para.0.0 :[$x]\n0 para.0.0 :[y$ and ]$[z]\n");
    ck_blocks("<p><code>$a <b>x</b>$</code></p>\n",
              "0 para.0.0 :`[$a ]*`[x]`[$]\n");
}
END_TEST

START_TEST(in_html_a_backslash_makes_a_dollar) {
    ck_blocks("<p>\\$5 and \\$x\\$ and $y$</p>\n",
              "0 para.0.0 :[$5 and $x$ and ]$[y]\n");
    ck_blocks("<p>a\\\\$x$ b\\c</p>\n", "0 para.0.0 :[a\\\\]$[x][ b\\c]\n");
    ck_blocks("<p><code>\\$5</code></p>\n", "0 para.0.0 :`[\\$5]\n");
    ck_blocks("<pre>\\$5</pre>\n", "0 code.0.0 :[\\$5]\n");
}
END_TEST

/* Formulas of a text that is no Markdown stand between marks. */
#define M(source) "\x02" source "\x03"

START_TEST(questions_have_formulas) {
    Deck *d = open_text(
        "<!-- .ask: Is $x_1$ more than \\$5 or $6? | a) $\\frac{1}{2}$ | "
        "b*) \x02no\x03, $$y \\| z$$ -->\n<!-- .hint: see $x$ -->\n"
        "<!-- .guess: What is $n!$? | 0..9 | 6 -->\n"
        "<!-- .do: Make $x$ | layer=1 -->\n");
    const DeckBlock *b = deck_slide(d, 0)->blocks;
    ck_assert_str_eq(b[0].ask->question, "Is " M("x_1") " more than $5 or $6?");
    ck_assert_str_eq(b[0].ask->options[0], M("\\frac{1}{2}"));
    ck_assert_str_eq(b[0].ask->options[1], " no , " M("y | z"));
    ck_assert_str_eq(b[0].ask->hints[0], "see " M("x"));
    ck_assert_str_eq(b[1].ask->question, "What is " M("n!") "?");
    ck_assert_str_eq(b[2].ask->question, "Make " M("x"));
    ck_silent(d);
    deck_close(d);
    /* A backslash that is one itself makes no dollar. */
    d = open_text("<!-- .ask: a\\\\$x$ b | a*) x | b) y -->\n");
    ck_assert_str_eq(deck_slide(d, 0)->blocks[0].ask->question,
                     "a\\\\" M("x") " b");
    deck_close(d);
    ck_warned("a\n\n<!-- .ask: $\\foo$ | a*) $\\bar$ | b) y -->\n",
              (Warned[]){{3, "formula, character 1: \\foo is not known; it is "
                             "shown as its source"},
                         {3, "formula, character 5: \\bar lacks what it is of; "
                             "it is shown as its source"},
                         {0}});
}
END_TEST

/* As many as are shown: what follows is neither lost nor a formula. */
START_TEST(a_text_of_a_question_has_so_many_formulas) {
    char sources[200] = "", marked[200] = "", text[400], want[400];
    for (int i = 0; i < DECK_FORMULAS_MAX; i++) {
        memcpy(sources + 4 * i, "$x$ ", 5);
        memcpy(marked + 4 * i, M("x") " ", 5);
    }
    snprintf(text, sizeof text,
             "<!-- .ask: Which? | a*) %s$y$ and $z$ | b) no -->\n", sources);
    snprintf(want, sizeof want, "%s$y$ and $z$", marked);
    Deck *d = open_text(text);
    ck_assert_str_eq(deck_slide(d, 0)->blocks[0].ask->options[0], want);
    deck_close(d);
    ck_warned(text, (Warned[]){{1, "more than 24 formulas in a text of a "
                                   "question; further ones are shown as their "
                                   "source"},
                               {0}});
}
END_TEST

START_TEST(notes_have_formulas_and_lines) {
    Deck *d = open_text("# A\n\na\n\n\nNotes:\n\nb $x^2$\n");
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_int_eq(s->n_note_blocks, 1);
    ck_assert_int_eq(s->note_blocks[0].n_spans, 2);
    ck_assert(s->note_blocks[0].spans[1].style & SPAN_FORMULA);
    ck_assert_int_eq(s->note_blocks[0].line, 8);
    deck_close(d);
}
END_TEST

TEST_MAIN("deck_formula", after_fenced_code_there_are_formulas_again,
          html_has_formulas, in_html_a_tag_cuts_a_formula,
          in_html_a_backslash_makes_a_dollar, questions_have_formulas,
          a_text_of_a_question_has_so_many_formulas,
          notes_have_formulas_and_lines, formulas_are_read_as_written,
          money_and_code_are_no_formulas, what_is_not_shown_as_one_is_warned_of,
          a_slide_of_dollars_takes_no_time)
