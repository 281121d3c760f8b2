/* The inspector: the arithmetic behind the opened number, operand by operand,
 * computed anew by explain() on the worker and compared with what the engine
 * stored. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"
#include "viz/views/before.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW_U       27.0f /* height of a ledger row in design units */
#define CAPTION_U   15.0f /* from one line of a heading to the next */
#define STEP_U      38.0f
#define CHECK_U     34.0f
#define TERMS_AIR_U 10.0f
#define CHECK_AIR_U 10.0f

typedef struct Ledger {
    Screen *screen;
    Canvas *c;
    const Stage *s;
    const Theme *t;
    Rect r; /* text column */
    int y;
    int bottom;
} Ledger;

static TextStyle mono(Color color, Align align) {
    return (TextStyle){.face = FACE_MONO,
                       .size = TYPE_SMALL - 1,
                       .color = color,
                       .align = align};
}

static void rule(Ledger *k) {
    canvas_fill(k->c, (Rect){k->r.x, k->y, k->r.w, 1}, k->t->rule);
}

/* A number on a ground coloured by its value; the ink is what reads best. */
static void cell(const Ledger *k, Rect r, const char *text, Color ground) {
    int gap = canvas_u(k->c, 1);
    canvas_round(k->c, rect_inset(r, gap, gap), (float)canvas_u(k->c, 3),
                 ground);
    canvas_text_row(k->c, mono(theme_ink(ground), ALIGN_RIGHT),
                    r.x + r.w - canvas_u(k->c, 6), r.y, r.h, text);
}

static void word(const Ledger *k, int x, const char *text, Color color,
                 Align align) {
    canvas_text_row(k->c, mono(color, align), x, k->y, canvas_u(k->c, ROW_U),
                    text);
}

static void number(const Ledger *k, int right, double v, Color color) {
    char text[24];
    stage_value_text((float)v, text);
    word(k, right, text, color, ALIGN_RIGHT);
}

/* ---- dot products and their kin ----------------------------------------- */

/* The numbers of a row: both operands, their product, the sum so far. */
enum { TERM_A, TERM_B, TERM_PRODUCT, TERM_SUM, TERM_NUMBERS };

/* Right edges of the ledger's columns; and with how many digits after the point
 * a large number is written where it has too little room as it is; -1: none. */
typedef struct Columns {
    int index, a, op, b, eq, product, sum, digits;
} Columns;

static bool has_b(const Explain *ex) {
    return ex->kind != EXPLAIN_SQUARES;
}

/* "8,945,664" */
static void count_text(double v, char out[32]) {
    char digits[32];
    stage_count_text((uint64_t)llround(fabs(v)), digits);
    snprintf(out, 32, "%s%.28s", v < 0 ? "-" : "", digits);
}

#define COUNTS_END (1 << 24) /* from here on a float does not hold each */

static void term_text(const Explain *ex, const Columns *x, double v,
                      char out[32]) {
    const int digits = x->digits < 0 ? 2 : x->digits;
    if (ex->counts && fabs(v) < (x->digits < 0 ? COUNTS_END : 1e5))
        count_text(v, out);
    else if (ex->counts)
        snprintf(out, 32, "%s", number_power(v, digits).s);
    else if (fabs(v) >= 1e5 && x->digits >= 0)
        snprintf(out, 32, "%s", number_power_signed(v, digits).s);
    else
        stage_value_text((float)v, out);
    if (isnan(v)) snprintf(out, 32, "?");
}

/* How wide each number of the rows is at most: as the largest that is finite,
 * or as one below 10, which has three digits behind its point. */
static void widths(const Ledger *k, const Explain *ex, const Columns *x,
                   int out[TERM_NUMBERS]) {
    const TextStyle style = mono(k->t->text, ALIGN_RIGHT);
    const int small = ex->counts ? 0 : canvas_text_width(k->c, style, "+0.000");
    double most[TERM_NUMBERS] = {0};
    for (int i = 0; i < ex->n_terms; i++) {
        const ExplainTerm *t = &ex->terms[i];
        const double v[TERM_NUMBERS] = {(double)t->a, (double)t->b, t->product,
                                        t->sum};
        for (int j = 0; j < TERM_NUMBERS; j++)
            if (isfinite(v[j]) && fabs(v[j]) > fabs(most[j])) most[j] = v[j];
    }
    for (int j = 0; j < TERM_NUMBERS; j++) {
        char text[32];
        term_text(ex, x, most[j], text);
        out[j] = num_max(canvas_text_width(k->c, style, text), small);
    }
}

/* Moves the edges to where all numbers have room; false: there is too little.
 * What is left over is shared out evenly. */
static bool fit_columns(const Ledger *k, const Explain *ex, Columns *x) {
    const int cell_air = canvas_u(k->c, 12), air = canvas_u(k->c, 5);
    const int share = k->r.w * 3 / 100;
    int w[TERM_NUMBERS], left = k->r.x + k->r.w - x->index - 2 * share;
    widths(k, ex, x, w);
    if (w[TERM_A] + cell_air <= x->a - x->index &&
        w[TERM_B] + cell_air <= x->b - x->op &&
        w[TERM_PRODUCT] + air <= x->product - x->eq &&
        w[TERM_SUM] + air <= x->sum - x->product)
        return true;
    for (int j = 0; j < TERM_NUMBERS; j++) {
        w[j] += j < TERM_PRODUCT ? cell_air : air;
        left -= w[j];
    }
    if (left < 0) return false;
    x->a = x->index + w[TERM_A] + left / 4;
    x->op = x->a + share;
    x->b = x->op + w[TERM_B] + left / 4;
    x->eq = x->b + share;
    x->product = x->eq + w[TERM_PRODUCT] + left / 4;
    return true;
}

/* As shares of the width, where these are wide enough for all numbers. */
static Columns columns(const Ledger *k, const Explain *ex) {
    const int x = k->r.x, w = k->r.w;
    Columns out = {.index = x + w * 9 / 100,
                   .a = x + w * 31 / 100,
                   .op = x + w * 34 / 100,
                   .b = x + w * 58 / 100,
                   .eq = x + w * 61 / 100,
                   .product = x + w * 80 / 100,
                   .sum = x + w,
                   .digits = -1};
    if (fit_columns(k, ex, &out)) return out;
    for (out.digits = 2; out.digits >= 0; out.digits--)
        if (fit_columns(k, ex, &out)) return out;
    out.digits = 0;
    return out;
}

/* Where a heading too wide for its column goes on in a second line: at its last
 * blank before which it fits; NULL: it has one line. */
static const char *second_line(const Ledger *k, TextStyle style, int room,
                               const char *text) {
    const char *at = NULL;
    if (canvas_text_width(k->c, style, text) <= room) return NULL;
    for (const char *p = strchr(text, ' '); p; p = strchr(p + 1, ' ')) {
        char first[64];
        snprintf(first, sizeof first, "%.*s", (int)(p - text), text);
        if (!at || canvas_text_width(k->c, style, first) <= room) at = p;
    }
    return at;
}

/* One of its lines; a word that has no room reaches a little to the right. */
static void caption_line(const Ledger *k, TextStyle style, int left, int right,
                         int baseline, const char *text) {
    const int w = canvas_text_width(k->c, style, text);
    if (w > right - left) right = num_min(left + w, right + k->r.w * 7 / 100);
    style.align = ALIGN_LEFT;
    const int x = num_max(right - w, left);
    canvas_text_fit(k->c, style, x, baseline, right - x, text);
    glossary_note(&k->screen->hits, k->c, style, x, baseline, text);
}

/* A heading, whose last line stands on the row; true: it has two. */
static bool caption(const Ledger *k, int left, int right, const char *text,
                    Color color) {
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, color);
    const int baseline = k->y + canvas_u(k->c, ROW_U * .66f);
    const char *second = second_line(k, style, right - left, text);
    char first[64];
    snprintf(first, sizeof first, "%.*s",
             second ? (int)(second - text) : (int)sizeof first - 1, text);
    caption_line(k, style, left, right, baseline, first);
    if (second)
        caption_line(k, style, left, right,
                     baseline + canvas_u(k->c, CAPTION_U), second + 1);
    return second != NULL;
}

/* The colour that names an operand: query, key, value or plain. */
static Color operand_color(const Ledger *k, SiteRole role) {
    switch (role) {
    case SITE_ROLE_QUERY:
        return k->t->query;
    case SITE_ROLE_KEY:
        return k->t->key;
    case SITE_ROLE_VALUE:
        return k->t->value;
    default:
        return k->t->soft;
    }
}

static void draw_captions(Ledger *k, const Explain *ex, Columns x) {
    const int gap = canvas_u(k->c, 6);
    caption(k, k->r.x, x.index, ex->index == EXPLAIN_BY_POSITION ? "key" : "i",
            k->t->soft);
    bool two = caption(k, x.index + gap, x.a, ex->a_name,
                       operand_color(k, ex->a_role));
    if (has_b(ex))
        two |= caption(k, x.a + gap, x.b, ex->b_name,
                       operand_color(k, ex->b_role));
    caption(k, x.eq, x.product,
            ex->kind == EXPLAIN_DIVIDE    ? "quotient"
            : ex->kind == EXPLAIN_SQUARES ? "square"
                                          : "product",
            k->t->soft);
    caption(k, x.product, x.sum, "sum", k->t->soft);
    k->y += canvas_u(k->c, two ? ROW_U + CAPTION_U : ROW_U);
}

static float largest(const Explain *ex, bool second) {
    float hi = 0;
    for (int i = 0; i < ex->n_terms; i++) {
        float v = fabsf(second ? ex->terms[i].b : ex->terms[i].a);
        if (v > hi && isfinite(v)) hi = v;
    }
    return hi > 0 ? hi : 1;
}

static void draw_term(Ledger *k, const Explain *ex, Columns x, int i,
                      float hi_a, float hi_b) {
    const ExplainTerm *term = &ex->terms[i];
    int h = canvas_u(k->c, ROW_U);
    char text[16], value[32];
    snprintf(text, sizeof text, "%d", term->index);
    word(k, x.index - canvas_u(k->c, 6), text, k->t->soft, ALIGN_RIGHT);
    term_text(ex, &x, (double)term->a, value);
    cell(k, (Rect){x.index, k->y, x.a - x.index, h}, value,
         colormap_signed(k->t, term->a / hi_a));
    if (has_b(ex)) {
        word(k, (x.a + x.op) / 2, ex->kind == EXPLAIN_DIVIDE ? "÷" : "×",
             k->t->soft, ALIGN_CENTER);
        term_text(ex, &x, (double)term->b, value);
        cell(k, (Rect){x.op, k->y, x.b - x.op, h}, value,
             colormap_signed(k->t, term->b / hi_b));
    }
    word(k, (x.b + x.eq) / 2, "=", k->t->soft, ALIGN_CENTER);
    term_text(ex, &x, term->product, value);
    word(k, x.product, value, k->t->text, ALIGN_RIGHT);
    term_text(ex, &x, term->sum, value);
    word(k, x.sum, value, k->t->soft, ALIGN_RIGHT);
    k->y += h;
}

/* ---- a sum of two vectors ------------------------------------------------ */

/* Each addend by name, its running sum beside it. */
static void draw_addends(Ledger *k, const Explain *ex) {
    int x = k->r.x, w = k->r.w, h = canvas_u(k->c, ROW_U);
    float hi = largest(ex, false);
    caption(k, x, x + w * 78 / 100, "adds", k->t->soft);
    caption(k, x, x + w, "sum", k->t->soft);
    k->y += h;
    for (int i = 0; i < ex->n_terms; i++) {
        const ExplainTerm *term = &ex->terms[i];
        TextStyle name = text_style(FACE_SANS, TYPE_SMALL, k->t->text);
        canvas_text_row(k->c, name, x, k->y, h,
                        i == 0 ? ex->a_name : ex->b_name);
        char value[16];
        stage_value_text(term->a, value);
        cell(k, (Rect){x + w * 52 / 100, k->y, w * 26 / 100, h}, value,
             colormap_signed(k->t, term->a / hi));
        number(k, x + w, term->sum, k->t->soft);
        k->y += h;
    }
    k->y += canvas_u(k->c, 10);
}

/* ---- terms by name ------------------------------------------------------- */

/* Terms that are tokens: a name, and up to three numbers. */
static bool is_named(const Explain *ex) {
    return ex->kind == EXPLAIN_SOFTMAX || ex->kind == EXPLAIN_SHARE ||
           ex->kind == EXPLAIN_ENTROPY || ex->kind == EXPLAIN_BEST ||
           ex->kind == EXPLAIN_MEAN;
}

/* Right edges of the numbers, in hundredths of the width. */
enum { NAME_END = 26, FIRST_END = 52, SECOND_END = 77 };

static int at_share(const Ledger *k, int hundredths) {
    return k->r.x + k->r.w * hundredths / 100;
}

static void draw_named_captions(Ledger *k, const Explain *ex) {
    bool of_keys = ex->kind == EXPLAIN_SOFTMAX && ex->index != EXPLAIN_BY_TOKEN;
    const char *last = of_keys                       ? "weight"
                       : ex->kind == EXPLAIN_SOFTMAX ? "probability"
                       : ex->kind == EXPLAIN_SHARE   ? "after cuts"
                       : ex->kind == EXPLAIN_ENTROPY ? "product"
                       : ex->kind == EXPLAIN_BEST    ? "best so far"
                                                     : "sum";
    const char *second = ex->kind == EXPLAIN_SOFTMAX ? "e^(…−max)" : ex->b_name;
    canvas_text(
        k->c,
        text_style(FACE_SANS, TYPE_TINY, of_keys ? k->t->key : k->t->soft),
        k->r.x, k->y + canvas_u(k->c, ROW_U * .66f), of_keys ? "key" : "token");
    const int gap = canvas_u(k->c, 6), end = k->r.x + k->r.w;
    bool two = caption(k, at_share(k, NAME_END), at_share(k, FIRST_END),
                       ex->a_name, k->t->soft);
    two |= caption(k, at_share(k, FIRST_END) + gap, at_share(k, SECOND_END),
                   second, k->t->soft);
    two |= caption(k, at_share(k, SECOND_END) + gap, end, last, k->t->soft);
    k->y += canvas_u(k->c, two ? ROW_U + CAPTION_U : ROW_U);
}

/* The token at a position, or one of the vocabulary. */
static void term_name(const Ledger *k, const Explain *ex, int index, char *out,
                      size_t size) {
    out[0] = '\0';
    if (ex->index == EXPLAIN_BY_TOKEN)
        tokenizer_show(k->s->tokenizer, index, out, size);
    else if (index < k->s->n_pos)
        snprintf(out, size, "%s", k->s->reads[index]);
}

static void name_at(const Ledger *k, const char *name, int x, int w,
                    Color color) {
    TextStyle style = mono(color, ALIGN_LEFT);
    int baseline =
        k->y + canvas_u(k->c, ROW_U) / 2 + canvas_metrics(k->c, style).cap / 2;
    canvas_text_fit(k->c, style, x, baseline, w, name);
}

/* A number of 0 to 1, or of a few bits. */
static void fraction(const Ledger *k, int right, double v) {
    char text[24];
    snprintf(text, sizeof text, "%s", number_fixed(v, 4).s);
    word(k, right, text, k->t->text, ALIGN_RIGHT);
}

static void share_cell(const Ledger *k, double share) {
    int x = at_share(k, 80), h = canvas_u(k->c, ROW_U);
    cell(k, (Rect){x, k->y, k->r.x + k->r.w - x, h}, number_fixed(share, 4).s,
         stage_weight_color(k->s, (float)share));
}

static void draw_named_term(Ledger *k, const Explain *ex, int i) {
    const ExplainTerm *term = &ex->terms[i];
    double total = ex->terms[ex->n_terms - 1].sum;
    int first = at_share(k, FIRST_END), second = at_share(k, SECOND_END);
    char name[STAGE_LABEL_MAX];
    term_name(k, ex, term->index, name, sizeof name);
    name_at(k, name, k->r.x, k->r.w * NAME_END / 100,
            term->index == ex->col ? k->t->key : k->t->text);
    switch (ex->kind) {
    case EXPLAIN_SOFTMAX:
        number(k, first, (double)term->a, k->t->text);
        fraction(k, second, term->product);
        share_cell(k, term->product / total);
        break;
    case EXPLAIN_SHARE:
        fraction(k, first, (double)term->a);
        share_cell(k, term->product / total);
        break;
    case EXPLAIN_BEST:
        number(k, first, (double)term->a, k->t->text);
        number(k, k->r.x + k->r.w, term->sum, k->t->soft);
        break;
    case EXPLAIN_ENTROPY:
        fraction(k, first, (double)term->a);
        number(k, second, (double)term->b, k->t->text);
        fraction(k, k->r.x + k->r.w, term->product);
        break;
    default:
        fraction(k, first, (double)term->a);
        term_name(k, ex, (int)term->b, name, sizeof name);
        name_at(k, name, at_share(k, FIRST_END + 6), k->r.w / 5, k->t->key);
        fraction(k, k->r.x + k->r.w, term->sum);
    }
    k->y += canvas_u(k->c, ROW_U);
}

/* ---- where numbers lie --------------------------------------------------- */

/* Its name in the trace and the operands' in their files; y where to draw. */
static int set_sources(const Ledger *k, const Explain *ex, int y, bool draw) {
    char name[96], text[160];
    if (ex->site == SITE_NONE) return 0;
    site_name(ex->site, ex->layer, name, sizeof name);
    snprintf(text, sizeof text, "%s [%d, %d, %d]", name, ex->pos, ex->row,
             ex->col);
    const char *const sources[] = {text, ex->a_source, ex->b_source};
    const TextStyle style = text_style(FACE_MONO, TYPE_TINY, k->t->soft);
    int h = 0;
    for (int i = 0; i < 3; i++)
        if (sources[i][0])
            h += paragraph_plain(k->c, k->r.x, y + h, k->r.w, style, 1.4f,
                                 sources[i], draw) +
                 canvas_u(k->c, 3);
    return h;
}

/* ---- the whole ---------------------------------------------------------- */

/* What follows the terms: steps, the check, the sources. */
static int tail_height(const Ledger *k, const Explain *ex) {
    return canvas_u(k->c, TERMS_AIR_U) +
           num_max(ex->n_steps, 1) * canvas_u(k->c, STEP_U) +
           canvas_u(k->c, CHECK_AIR_U) + canvas_u(k->c, CHECK_U) +
           set_sources(k, ex, 0, false);
}

/* Rows of terms that fit above what must follow them, and which to start with
 * after scrolling. */
static void draw_terms(Ledger *k, const Explain *ex) {
    const int row = canvas_u(k->c, ROW_U);
    bool named = is_named(ex);
    Columns x = columns(k, ex);
    if (named)
        draw_named_captions(k, ex);
    else
        draw_captions(k, ex, x);
    int fit = (k->bottom - k->y - tail_height(k, ex)) / num_max(row, 1);
    if (fit < 3) fit = 3;
    int n = ex->n_terms, shown = n <= fit ? n : fit - 1;
    PanelPlace *place = screen_place(k->screen, &panel_inspector);
    place->scroll_most = n - shown;
    int first = place->scroll < n - shown ? place->scroll : n - shown;
    float hi_a = largest(ex, false), hi_b = largest(ex, true);
    for (int i = first; i < first + shown; i++) {
        if (named)
            draw_named_term(k, ex, i);
        else
            draw_term(k, ex, x, i, hi_a, hi_b);
    }
    if (shown < n) {
        char text[96];
        snprintf(text, sizeof text, "terms %d–%d of %d · more: wheel, Ctrl+↓",
                 first, first + shown - 1, n);
        canvas_text_fit(k->c, text_style(FACE_SANS, TYPE_TINY, k->t->soft),
                        k->r.x, k->y + row * 2 / 3, k->r.w, text);
        k->y += row;
    }
    k->y += canvas_u(k->c, TERMS_AIR_U);
}

/* Of what counts, and of what is large. */
static bool is_count(const Explain *ex, double v) {
    const bool large = fabs(v) >= 1000 && fabs(v) < 1e15;
    return (ex->counts || large) && v == floor(v);
}

static void draw_step(Ledger *k, const Explain *ex, const char *label, double v,
                      bool strong) {
    int h = canvas_u(k->c, STEP_U);
    rule(k);
    TextStyle name =
        text_style(strong ? FACE_MEDIUM : FACE_SANS, TYPE_BODY - 1, k->t->text);
    int cap = canvas_metrics(k->c, name).cap;
    canvas_text_row(k->c, name, k->r.x, k->y, h, label);
    glossary_note(&k->screen->hits, k->c, name, k->r.x, k->y + (h + cap) / 2,
                  label);
    char text[32];
    if (is_count(ex, v))
        count_text(v, text);
    else
        snprintf(text, sizeof text, "%s",
                 fabs(v) < 1e6 ? number_signed(v, 4).s
                               : number_power_signed(v, 4).s);
    TextStyle style = {.face = FACE_MONO_BOLD,
                       .size = TYPE_BODY - 2,
                       .color = k->t->text,
                       .align = ALIGN_RIGHT};
    canvas_text_row(k->c, style, k->r.x + k->r.w, k->y, h, text);
    k->y += h;
}

static void check_text(const Ledger *k, const Explain *ex, char *out,
                       size_t size) {
    const char *says = ex->matches ? "✓ equals" : "✗ differs from";
    /* A large count is kept as the float next to it. */
    const bool is_float_of_total = (float)ex->total == ex->stored;
    const double shown = is_float_of_total ? ex->total : (double)ex->stored;
    char number[32];
    if (is_count(ex, shown))
        count_text(shown, number);
    else
        snprintf(number, sizeof number, "%s",
                 number_round((double)ex->stored, 6).s);
    if (!ex->is_stored)
        snprintf(out, size, "the mask hides it: no score is stored");
    else if (ex->divisor != 1)
        snprintf(out, size, "%s √%d × the stored score %s", says,
                 k->s->config->head_dim, number);
    else
        snprintf(out, size, "%s the %s %s", says,
                 ex->site == SITE_NONE ? "number shown" : "stored value",
                 number);
}

static void draw_check(Ledger *k, const Explain *ex) {
    rule(k);
    k->y += canvas_u(k->c, CHECK_AIR_U);
    char text[96];
    check_text(k, ex, text, sizeof text);
    Color color = !ex->is_stored ? k->t->soft
                  : ex->matches  ? k->t->good
                                 : k->t->bad;
    const int air = canvas_u(k->c, 6), h = canvas_u(k->c, CHECK_U) - air;
    canvas_text_row(k->c, text_style(FACE_MEDIUM, TYPE_SMALL, color), k->r.x,
                    k->y, h, text);
    k->y += h + air;
}

/* What operands were made from; a number that can be opened in turn says so. */
static void draw_before(Ledger *k, const ExplainStep *step, const View *v) {
    const int h = canvas_u(k->c, ROW_U), w = k->r.w * 30 / 100, top = k->y;
    Pick pick;
    bool opens = step->site != SITE_NONE && v->place &&
                 v->place(k->s, step->site, &pick);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, k->t->soft);
    int baseline = k->y + h / 2 + canvas_metrics(k->c, style).cap / 2;
    char label[96];
    snprintf(label, sizeof label, "%s%s", step->label, opens ? "  ▸" : "");
    if (opens) style.color = k->t->accent;
    if (canvas_text_width(k->c, style, label) > k->r.w - w) {
        k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w - w, style, 1.4f,
                                label, true) -
                h / 2;
        k->y = num_max(k->y, top);
    } else {
        canvas_text(k->c, style, k->r.x, baseline, label);
        glossary_note(&k->screen->hits, k->c, style, k->r.x, baseline, label);
    }
    number(k, k->r.x + k->r.w, step->value, k->t->text);
    if (opens) {
        if (before_is_opened(k->s))
            pick = pick_and(pick, pick_word(STATE_OPENED, "before"));
        hits_pick(&k->screen->hits, (Rect){k->r.x, top, k->r.w, k->y + h - top},
                  pick);
        k->screen->marked = pick;
        k->screen->has_marked = true;
    }
    k->y += h;
}

static void draw_explain(Ledger *k, const Explain *ex, const View *v) {
    k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w,
                            text_style(FACE_SANS, TYPE_BODY, k->t->text), 1.4f,
                            ex->formula, true) +
            canvas_u(k->c, 8);
    for (int i = 0; i < ex->n_before; i++)
        draw_before(k, &ex->before[i], v);
    if (ex->n_before > 0) k->y += canvas_u(k->c, 8);
    if (ex->kind == EXPLAIN_SUM)
        draw_addends(k, ex);
    else if (ex->n_terms > 0)
        draw_terms(k, ex);
    for (int i = 0; i < ex->n_steps; i++)
        draw_step(k, ex, ex->steps[i].label, ex->steps[i].value, false);
    if (ex->n_steps == 0) draw_step(k, ex, "total", ex->total, true);
    draw_check(k, ex);
    k->y += set_sources(k, ex, k->y, true);
}

/* What is asked for: an Explain.  Its positions are the shown run's, or, where
 * `before`, those that face them in the other; false: it has none there. */
static bool explain_key(const Stage *s, const Opened *o, bool before,
                        StudyKey *key) {
    int pos = o->kind == OPENED_MADE ? o->made.pos : o->pos, seen = o->key;
    const Trace *t = before ? s->against : s->trace;
    if (o->kind == OPENED_MADE && pos == STUDY_NO_POS) {
        *key = o->made; /* of the weights alone */
        return true;
    }
    if (before && (o->kind == OPENED_MADE
                       ? !before_is_alike(s) && o->made.kind != STUDY_COST
                       : o->kind == OPENED_CELL && !before_has(s, o->site)))
        return false;
    if (before) pos = before_pos(s, pos);
    if (before && o->kind == OPENED_SOFTMAX) seen = before_pos(s, o->key);
    if (pos < 0 || seen < 0) return false;
    *key = (StudyKey){.kind = STUDY_CELL,
                      .site = o->site,
                      .layer = o->layer,
                      .pos = pos,
                      .index = o->index};
    if (o->kind == OPENED_SOFTMAX)
        *key = (StudyKey){.kind = STUDY_SOFTMAX,
                          .layer = o->layer,
                          .pos = pos,
                          .index = o->head * trace_n_keys(t, pos) + seen};
    if (o->kind == OPENED_MADE) {
        *key = o->made;
        key->pos = pos;
    }
    return true;
}

/* Both runs' numbers and what lies between them, in points of a share. */
static void draw_difference(Ledger *k, const Explain *now, StudyKey was) {
    bool missing;
    const Explain *before = study_get(k->s->against_study, was, &missing);
    if (!before) return;
    const double from = (double)before->stored, to = (double)now->stored;
    draw_step(k, now, "now", to, false);
    draw_step(k, now, "before", from, false);
    draw_step(k, now, "now − before, in points", 100 * (to - from), true);
}

/* The arithmetic of what is opened, or the place where it will be. */
static void draw_number(Ledger *k, const Opened *o, const View *v) {
    const bool before = before_is_opened(k->s);
    bool missing = true;
    const Explain *ex = NULL;
    StudyKey key;
    if (!explain_key(k->s, o, before, &key)) {
        k->y += paragraph_plain(
            k->c, k->r.x, k->y, k->r.w,
            text_style(FACE_SANS, TYPE_BODY, k->t->text), 1.4f,
            "The run that this one is compared with has no such number.", true);
        return;
    }
    if (o->kind != OPENED_LATER)
        ex = study_get(before ? k->s->against_study : k->s->study, key,
                       &missing);
    if (ex && o->compares && !before) draw_difference(k, ex, o->was);
    if (ex)
        draw_explain(k, ex, v);
    else if (missing && k->bottom > k->y)
        stage_draw_missing(k->s,
                           (Rect){k->r.x, k->y, k->r.w, k->bottom - k->y});
}

/* Which run the number is of, where there are two; the width it takes. */
static int draw_runs(Ledger *k) {
    static const char *const runs[] = {"now", "before"};
    if (!k->s->against) return 0;
    stage_tabs(k->s, k->r.x + k->r.w, k->y - canvas_u(k->c, 8), STATE_OPENED,
               runs, runs, 2, before_is_opened(k->s));
    return stage_tabs_width(k->s, runs, 2);
}

static void draw_opened(Ledger *k, const Opened *o, const View *v) {
    char kicker[sizeof o->kicker + 24];
    snprintf(kicker, sizeof kicker, "%s%s", o->kicker,
             before_is_opened(k->s) ? " before the change" : "");
    const int runs = o->kind != OPENED_NOTHING ? draw_runs(k) : 0;
    canvas_text_fit(k->c, text_style(FACE_SANS, TYPE_SMALL, k->t->soft), k->r.x,
                    k->y + canvas_u(k->c, TYPE_SMALL), k->r.w - runs, kicker);
    k->y += canvas_u(k->c, TYPE_SMALL * 1.9f);
    k->y += paragraph_text(k->c, k->r.x, k->y, k->r.w, TYPE_LEAD - 1, 1.3f,
                           o->title, o->n_title, true) +
            canvas_u(k->c, 10);
    if (o->text)
        k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w,
                                text_style(FACE_SANS, TYPE_BODY, k->t->text),
                                1.4f, o->text, true) +
                canvas_u(k->c, 12);
    if (o->kind != OPENED_NOTHING) draw_number(k, o, v);
}

/* It is folded until a number is opened. */
static PanelNeed need(const Scene *scene) {
    const View *v = scene->view;
    const State *s = scene->state;
    if (scene_hides_stage(scene)) return PANEL_ABSENT;
    const Arch *a = model_config(scene->model)->arch;
    const bool by_default =
        view_op_or_default(v, a, s->op) == view_op_or_default(v, a, "");
    const bool nothing = v->opens_nothing && by_default;
    const bool part = v->opens_parts && strcmp(s->number, "none") != 0;
    const bool opened = s->elem >= 0 || s->key >= 0 || part;
    return !nothing && opened ? PANEL_WANTED : PANEL_ASKED;
}

/* Draws it moved up by so many rows, which leaves as many terms where they
 * were; returns the rows that it is too long by. */
static int draw_moved(const Ledger *ledger, const Opened *o, const View *v,
                      Rect r, int rows) {
    Ledger k = *ledger;
    const int row = canvas_u(k.c, ROW_U);
    canvas_fill(k.c, r, k.t->panel);
    hits_add(&k.screen->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    k.y -= rows * row;
    k.bottom -= rows * row;
    canvas_push_clip(k.c, r);
    draw_opened(&k, o, v);
    canvas_pop_clip(k.c);
    return k.y > k.bottom ? (k.y - k.bottom + row - 1) / row : 0;
}

/* Says that there is more below, over the end of what is cut. */
static void draw_more(const Ledger *k, Rect r) {
    const int h = canvas_u(k->c, ROW_U);
    const Rect foot = {r.x, r.y + r.h - h, r.w, h};
    canvas_fill(k->c, foot, k->t->panel);
    canvas_text_row(k->c, text_style(FACE_SANS, TYPE_TINY, k->t->soft), k->r.x,
                    foot.y, h, "▾ more: wheel, Ctrl+↓");
}

/* What is too long is scrolled: the terms first, then all of it. */
static void draw_ledger(const Ledger *k, const Opened *o, const View *v,
                        Rect r) {
    Screen *screen = k->screen;
    PanelPlace *place = screen_place(screen, &panel_inspector);
    const int n_hits = screen->hits.n, n_terms = screen->hits.n_terms;
    place->scroll_most = 0;
    const int over = draw_moved(k, o, v, r, 0);
    const int terms = place->scroll_most, most = terms + over;
    const int at = num_min(place->scroll, most);
    if (at > terms) {
        screen->hits.n = n_hits;
        screen->hits.n_terms = n_terms;
        draw_moved(k, o, v, r, at - terms);
    }
    place->scroll_most = most;
    if (at < most && over > 0) draw_more(k, r);
}

static void draw(const Scene *scene, Screen *screen, Rect r) {
    Canvas *c = screen->canvas;
    const Stage *stage = screen->stage;
    canvas_fill(c, r, scene->theme->panel);
    hits_add(&screen->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    int m = canvas_u(c, 24);
    Ledger k = {.screen = screen,
                .c = c,
                .s = stage,
                .t = scene->theme,
                .r = rect_inset(r, m, m),
                .y = r.y + m,
                .bottom = r.y + r.h - m};
    if (!stage || k.r.w < canvas_u(c, 120)) return;
    Opened opened = {0};
    if (scene->view->opened) scene->view->opened(stage, &opened);
    draw_ledger(&k, &opened, scene->view, r);
}

const Panel panel_inspector = {
    .name = "inspector",
    .side = PANEL_RIGHT,
    .wish_u = 400,
    .least_u = 375,
    .yields = 1,
    .wheel_rows = 3,
    .scrolled = STATE_TERMS,
    .toggle = CMD_INSPECTOR,
    .wish = STATE_INSPECTOR,
    .need = need,
    .draw = draw,
};
