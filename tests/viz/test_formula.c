/* Formulas set and drawn: where parts stand with letters of known sizes, and
 * what a slide shows of formulas, of long ones and of wrong ones. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/paint/formula_draw.h"
#include "viz/paint/formula_layout.h"

#include <math.h>
#include <string.h>

/* ---- letters of known sizes ---------------------------------------------- */

/* Every letter is half an em wide and 0.7 high; signs as a minus is, between
 * 0.3 and 0.4; x is half an em high; ☃ is in no font. */
static bool measure(void *user, Face face, float size_px, const char *text,
                    int len, FormulaInk *out) {
    (void)user;
    (void)face;
    const bool sign = len == 3 && memcmp(text, "−", 3) == 0;
    const float h = sign ? 0.4f : *text == 'x' ? 0.5f : 0.7f;
    const float n = len == 3 || len == 2 ? 1 : (float)len;
    *out = (FormulaInk){0.5f * size_px * n, h * size_px,
                        sign ? -0.3f * size_px : 0, 0.5f * size_px * n};
    return len != 3 || memcmp(text, "☃", 3) != 0;
}

typedef struct Set {
    FormulaTree tree;
    FormulaBox box;
} Set;

static bool set(Set *s, const char *source, float size, bool display) {
    const FormulaFonts fonts = {NULL, 11, measure};
    FormulaError e = {0};
    ck_assert_msg(formula_parse(&s->tree, source, strlen(source), &e), "%s: %s",
                  source, e.what);
    return formula_layout(&s->tree, &fonts, size, display, &s->box);
}

static const FormulaPart *text_of(const Set *s, const char *text) {
    for (int i = 0; i < s->box.n; i++) {
        const FormulaPart *p = &s->box.parts[i];
        if (p->kind == PART_TEXT && p->len == (int)strlen(text) &&
            memcmp(p->text, text, strlen(text)) == 0)
            return p;
    }
    ck_abort_msg("no %s", text);
    return NULL;
}

static const FormulaPart *first_of(const Set *s, FormulaPartKind kind) {
    for (int i = 0; i < s->box.n; i++)
        if (s->box.parts[i].kind == kind) return &s->box.parts[i];
    ck_abort_msg("no part of kind %d", (int)kind);
    return NULL;
}

static Set one; /* large */

START_TEST(scripts_are_smaller_and_off_the_baseline) {
    ck_assert(set(&one, "a_b^c", 100, false));
    const FormulaPart *a = text_of(&one, "a"), *b = text_of(&one, "b");
    const FormulaPart *c = text_of(&one, "c");
    ck_assert_float_eq(a->y, 0);
    ck_assert_float_eq(a->size_px, 100);
    ck_assert_float_eq(b->size_px, 72);
    ck_assert_float_eq(c->size_px, 72);
    ck_assert_float_eq(b->x, 50);
    ck_assert_float_eq(c->x, 50);
    ck_assert_float_lt(c->y, -25); /* up */
    ck_assert_float_gt(b->y, 10);  /* down */
    /* They do not touch: the lower one's top, the upper one's bottom. */
    ck_assert_float_ge(b->y - 0.7f * 72 - c->y, 10);
    ck_assert_float_eq_tol(one.box.h, -c->y + 0.7f * 72, 1);
    ck_assert_float_eq_tol(one.box.d, b->y, 1);
}
END_TEST

START_TEST(fractions_stand_around_the_axis) {
    ck_assert(set(&one, "\\frac{a}{bb}", 100, true));
    const FormulaPart *line = first_of(&one, PART_LINE);
    const FormulaPart *a = text_of(&one, "a");
    const float mid = line->y + line->h / 2;
    ck_assert_float_eq_tol(mid, -35, 1.1f); /* where a minus is */
    ck_assert_float_lt(a->y, line->y);
    ck_assert_float_gt(text_of(&one, "b")->y - 70, line->y + line->h);
    /* The shorter one is in the middle over the longer one. */
    ck_assert_float_eq_tol(a->x + 25, line->x + line->w / 2, 1);
    ck_assert_float_eq(a->size_px, 100);
    ck_assert(set(&one, "\\frac{a}{bb}", 100, false));
    ck_assert_float_eq(text_of(&one, "a")->size_px, 72);
}
END_TEST

START_TEST(limits_are_over_and_under_on_a_line_of_its_own) {
    ck_assert(set(&one, "\\sum_{b}^{c} a", 100, true));
    const FormulaPart *sum = text_of(&one, "∑");
    const float mid = sum->x + 0.25f * sum->size_px;
    ck_assert_float_eq_tol(text_of(&one, "b")->x + 18, mid, 1.1f);
    ck_assert_float_eq_tol(text_of(&one, "c")->x + 18, mid, 1.1f);
    ck_assert_float_gt(text_of(&one, "b")->y - 0.7f * 72, sum->y);
    ck_assert_float_lt(text_of(&one, "c")->y, sum->y - 0.7f * sum->size_px);
    ck_assert_float_gt(sum->size_px, 100);
    ck_assert(set(&one, "\\sum_{b}^{c} a", 100, false));
    ck_assert_float_gt(text_of(&one, "b")->x,
                       0.4f * text_of(&one, "∑")->size_px);
}
END_TEST

START_TEST(space_is_by_class) {
    ck_assert(set(&one, "a=b", 180, false)); /* 5 eighteenths */
    ck_assert_float_eq(text_of(&one, "=")->x, 90 + 50);
    ck_assert(set(&one, "a+b", 180, false)); /* 4 */
    ck_assert_float_eq(text_of(&one, "+")->x, 90 + 40);
    ck_assert(set(&one, "a,b", 180, false)); /* 3, behind it */
    ck_assert_float_eq(text_of(&one, "b")->x, 180 + 30);
    ck_assert(set(&one, "-b", 180, false)); /* a sign in front: none */
    ck_assert_float_eq(text_of(&one, "b")->x, 90);
    ck_assert(set(&one, "a(-b", 180, false));
    ck_assert_float_eq(text_of(&one, "b")->x, 270);
    ck_assert(set(&one, "c^{a=b}", 180, false)); /* scripts are tight */
    ck_assert_float_eq_tol(text_of(&one, "b")->x - text_of(&one, "a")->x,
                           0.72f * 180, 1.1f);
    ck_assert(set(&one, "a\\quad b", 180, false));
    ck_assert_float_eq(text_of(&one, "b")->x, 90 + 180);
}
END_TEST

START_TEST(fences_and_roots_reach_around_what_they_hold) {
    ck_assert(set(&one, "\\left(\\frac{a}{b}\\right)", 100, true));
    const FormulaPart *fence = first_of(&one, PART_FENCE);
    ck_assert_float_gt(fence->h, 150);
    ck_assert_float_eq_tol(fence->y + fence->h / 2, -35, 1.1f);
    ck_assert(set(&one, "(a)", 100, true));
    text_of(&one, "("); /* a letter's height: the letter itself */
    ck_assert(set(&one, "\\sqrt{a}", 100, true));
    const FormulaPart *line = first_of(&one, PART_LINE);
    ck_assert_float_lt(line->y + line->h, -70);
    ck_assert_float_ge(line->w, 50);
    ck_assert_float_eq(line->x, text_of(&one, "a")->x);
    ck_assert(set(&one, "\\left.\\frac{a}{b}\\middle|c\\right)", 100, true));
    ck_assert_float_eq(one.box.parts[0].kind, PART_TEXT);
    for (int i = 0; i < one.box.n; i++)
        if (one.box.parts[i].kind == PART_FENCE)
            ck_assert_float_gt(one.box.parts[i].h, 150);
}
END_TEST

START_TEST(tables_keep_rows_and_columns) {
    ck_assert(
        set(&one, "\\begin{matrix}a&bbb\\\\ccc&d\\end{matrix}", 100, true));
    const FormulaPart *a = text_of(&one, "a"), *d = text_of(&one, "d");
    const FormulaPart *b = text_of(&one, "b"), *c = text_of(&one, "c");
    ck_assert_float_eq_tol(a->x, 50, 1);        /* centred: ccc is 150 wide */
    ck_assert_float_eq_tol(d->x, b->x + 50, 1); /* and so is bbb */
    ck_assert_float_eq(a->y, b->y);
    ck_assert_float_eq(c->y, d->y);
    ck_assert_float_ge(c->y - a->y, 100);
    ck_assert(set(&one, "a&=b\\\\ccc&=d", 100, true)); /* at their signs */
    ck_assert_float_eq(text_of(&one, "a")->x, 100);
    ck_assert_float_eq(text_of(&one, "b")->x, text_of(&one, "d")->x);
}
END_TEST

START_TEST(no_letter_is_smaller_than_the_least) {
    ck_assert(set(&one, "a_{b_{c_d}}", 14, false));
    ck_assert_float_eq(text_of(&one, "d")->size_px, 11);
    ck_assert_float_eq(one.box.least_px, 11);
}
END_TEST

START_TEST(what_no_font_has_is_no_formula) {
    ck_assert(!set(&one, "a+☃", 100, false));
    /* More parts than are kept. */
    char many[FORMULA_SOURCE_MAX] = "";
    for (int i = 0; i < 125; i++)
        memcpy(many + strlen(many), "\\sqrt{\\sqrt{}}", 15);
    set(&one, many, 100, false); /* 500 parts: fits */
    ck_assert_int_le(one.box.n, FORMULA_PARTS_MAX);
}
END_TEST

/* ---- slides -------------------------------------------------------------- */

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
        if (strncmp(m[i].text, text, strlen(text)) == 0) return &m[i];
    ck_abort_msg("not drawn: %s", text);
    return NULL;
}

START_TEST(a_frame_says_the_source_once) {
    AppRig r;
    open_deck(&r, "The $q_i$ is $\\frac{a}{b}$ here\n");
    int n, whole = 0;
    const TextMark *m = canvas_texts(r.canvas, &n);
    for (int i = 0; i < n; i++) {
        ck_assert_msg(strcmp(m[i].text, "q") != 0, "a letter of its own");
        whole += strcmp(m[i].text, "q_i") == 0;
    }
    ck_assert_int_eq(whole, 1);
    /* In the line, on its baseline, at its place. */
    const TextMark *q = shown(&r, "q_i"), *is = shown(&r, " is ");
    ck_assert_float_eq(q->y, is->y);
    ck_assert_float_eq_tol(q->x + q->w, is->x, 1);
    ck_assert_float_ge(shown(&r, "\\frac")->size_px, CANVAS_TEXT_MIN_PX);
    app_rig_close(&r);
}
END_TEST

START_TEST(display_formulas_are_centred_between_lines) {
    AppRig r;
    open_deck(&r, "Before $$x=1$$ after\n");
    const TextMark *b = shown(&r, "Before"), *x = shown(&r, "x=1");
    const TextMark *a = shown(&r, "after");
    ck_assert_float_gt(x->y, b->y);
    ck_assert_float_gt(a->y, x->y);
    ck_assert_float_eq(a->x, b->x);
    ck_assert_float_gt(x->x, b->x + 100);
    ck_assert_float_eq_tol(x->x + x->w / 2, 640, 3);
    app_rig_close(&r);
}
END_TEST

START_TEST(long_ones_shrink_and_wrong_ones_are_their_source) {
    AppRig r;
    open_deck(&r, "# A\n\n$$a_1+a_2+a_3+a_4+a_5+a_6+a_7+a_8+a_9+b_1+b_2+b_3+"
                  "b_4+b_5+b_6+b_7+b_8+b_9+c_1+c_2+c_3$$\n\n"
                  "<!-- .stage: view=attention -->\n\n$\\wrong{x}$\n");
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    const TextMark *a = shown(&r, "a_1+a_2");
    ck_assert_float_ge(a->size_px, CANVAS_TEXT_MIN_PX);
    ck_assert_float_le(a->x + a->w, (float)(a->clip.x + a->clip.w));
    shown(&r, "\\wrong{x}");
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("formula", scripts_are_smaller_and_off_the_baseline,
          fractions_stand_around_the_axis,
          limits_are_over_and_under_on_a_line_of_its_own, space_is_by_class,
          fences_and_roots_reach_around_what_they_hold,
          tables_keep_rows_and_columns, no_letter_is_smaller_than_the_least,
          what_no_font_has_is_no_formula, a_frame_says_the_source_once,
          display_formulas_are_centred_between_lines,
          long_ones_shrink_and_wrong_ones_are_their_source)
