/* The inspector: the arithmetic behind the opened number, operand by operand,
 * computed anew by explain() on the worker and compared with what the engine
 * stored. */
#include "viz/screen/screen_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW_U 27.0f /* height of a ledger row in design units */

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
static void cell(const Ledger *k, Rect r, float v, Color ground,
                 bool decimals4) {
    int gap = canvas_u(k->c, 1);
    canvas_round(k->c, rect_inset(r, gap, gap), (float)canvas_u(k->c, 3),
                 ground);
    char text[24];
    if (decimals4)
        snprintf(text, sizeof text, "%.4f", v);
    else
        stage_value_text(v, text);
    canvas_text_row(k->c, mono(theme_ink(ground), ALIGN_RIGHT),
                    r.x + r.w - canvas_u(k->c, 6), r.y, r.h, text);
}

static void number(const Ledger *k, int right, double v, Color color) {
    char text[24];
    stage_value_text((float)v, text);
    canvas_text_row(k->c, mono(color, ALIGN_RIGHT), right, k->y,
                    canvas_u(k->c, ROW_U), text);
}

static void word(const Ledger *k, int x, const char *text, Color color,
                 Align align) {
    canvas_text_row(k->c, mono(color, align), x, k->y, canvas_u(k->c, ROW_U),
                    text);
}

/* ---- dot products and their kin ----------------------------------------- */

/* Right edges of the ledger's columns, as shares of its width. */
typedef struct Columns {
    int index, a, op, b, eq, product, sum;
} Columns;

static Columns columns(const Ledger *k) {
    int x = k->r.x, w = k->r.w;
    return (Columns){.index = x + w * 9 / 100,
                     .a = x + w * 31 / 100,
                     .op = x + w * 34 / 100,
                     .b = x + w * 58 / 100,
                     .eq = x + w * 61 / 100,
                     .product = x + w * 80 / 100,
                     .sum = x + w};
}

static bool has_b(const Explain *ex) {
    return ex->kind != EXPLAIN_SQUARES;
}

static void caption(const Ledger *k, int left, int right, const char *text,
                    Color color) {
    TextStyle style = {.face = FACE_SANS,
                       .size = TYPE_TINY,
                       .color = color,
                       .align = ALIGN_RIGHT};
    int baseline = k->y + canvas_u(k->c, ROW_U * .66f);
    char cut[64];
    snprintf(cut, sizeof cut, "%s", text);
    if (canvas_text_width(k->c, style, cut) > right - left) {
        style.align = ALIGN_LEFT;
        canvas_text_fit(k->c, style, left, baseline, right - left, cut);
    } else {
        canvas_text(k->c, style, right, baseline, cut);
    }
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
    caption(k, k->r.x, x.index, "i", k->t->soft);
    caption(k, x.index + canvas_u(k->c, 5), x.a, ex->a_name,
            operand_color(k, ex->a_role));
    if (has_b(ex))
        caption(k, x.op, x.b, ex->b_name, operand_color(k, ex->b_role));
    caption(k, x.eq, x.product,
            ex->kind == EXPLAIN_DIVIDE    ? "quotient"
            : ex->kind == EXPLAIN_SQUARES ? "square"
                                          : "product",
            k->t->soft);
    caption(k, x.product, x.sum, "sum", k->t->soft);
    k->y += canvas_u(k->c, ROW_U);
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
    char text[16];
    snprintf(text, sizeof text, "%d", term->index);
    word(k, x.index - canvas_u(k->c, 6), text, k->t->soft, ALIGN_RIGHT);
    cell(k, (Rect){x.index, k->y, x.a - x.index, h}, term->a,
         colormap_signed(k->t, term->a / hi_a), false);
    if (has_b(ex)) {
        word(k, (x.a + x.op) / 2, ex->kind == EXPLAIN_DIVIDE ? "÷" : "×",
             k->t->soft, ALIGN_CENTER);
        cell(k, (Rect){x.op, k->y, x.b - x.op, h}, term->b,
             colormap_signed(k->t, term->b / hi_b), false);
    }
    word(k, (x.b + x.eq) / 2, "=", k->t->soft, ALIGN_CENTER);
    number(k, x.product, term->product, k->t->text);
    number(k, x.sum, term->sum, k->t->soft);
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
        cell(k, (Rect){x + w * 52 / 100, k->y, w * 26 / 100, h}, term->a,
             colormap_signed(k->t, term->a / hi), false);
        number(k, x + w, term->sum, k->t->soft);
        k->y += h;
    }
    k->y += canvas_u(k->c, 10);
}

/* ---- one row of a softmax ----------------------------------------------- */

static void draw_softmax_captions(Ledger *k) {
    int x = k->r.x, w = k->r.w;
    canvas_text(k->c, text_style(FACE_SANS, TYPE_TINY, k->t->key), x,
                k->y + canvas_u(k->c, ROW_U * .66f), "key");
    caption(k, x, x + w * 52 / 100, "score", k->t->soft);
    caption(k, x, x + w * 77 / 100, "e^(s−max)", k->t->soft);
    caption(k, x, x + w, "weight", k->t->soft);
    k->y += canvas_u(k->c, ROW_U);
}

static void draw_softmax_term(Ledger *k, const Explain *ex, int i) {
    const ExplainTerm *term = &ex->terms[i];
    double total = ex->terms[ex->n_terms - 1].sum;
    float weight = (float)(term->product / total);
    int x = k->r.x, w = k->r.w, h = canvas_u(k->c, ROW_U);
    bool opened = term->index == ex->col;
    TextStyle label = mono(opened ? k->t->key : k->t->text, ALIGN_LEFT);
    int baseline = k->y + h / 2 + canvas_metrics(k->c, label).cap / 2;
    if (term->index < k->s->n_pos)
        canvas_text_fit(k->c, label, x, baseline, w * 26 / 100,
                        k->s->labels[term->index]);
    number(k, x + w * 52 / 100, term->a, k->t->text);
    char text[24];
    snprintf(text, sizeof text, "%.4f", term->product);
    word(k, x + w * 77 / 100, text, k->t->text, ALIGN_RIGHT);
    cell(k, (Rect){x + w * 80 / 100, k->y, w * 20 / 100, h}, weight,
         stage_weight_color(k->s, weight), true);
    k->y += h;
}

/* ---- the whole ---------------------------------------------------------- */

/* Rows of terms that fit above what must follow them (steps, the check, the
 * sources), and which to start with after scrolling. */
static void draw_terms(Ledger *k, const Explain *ex) {
    int row = canvas_u(k->c, ROW_U);
    int tail = (ex->n_steps + 1) * canvas_u(k->c, 38) + canvas_u(k->c, 120);
    int fit = (k->bottom - k->y - row - tail) / (row > 0 ? row : 1);
    if (fit < 3) fit = 3;
    int n = ex->n_terms, shown = n <= fit ? n : fit - 1;
    PanelPlace *place = screen_place(k->screen, &panel_inspector);
    place->scroll_most = n - shown;
    int first = place->scroll < n - shown ? place->scroll : n - shown;
    bool softmax = ex->kind == EXPLAIN_SOFTMAX;
    Columns x = columns(k);
    if (softmax)
        draw_softmax_captions(k);
    else
        draw_captions(k, ex, x);
    float hi_a = largest(ex, false), hi_b = largest(ex, true);
    for (int i = first; i < first + shown; i++) {
        if (softmax)
            draw_softmax_term(k, ex, i);
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
    k->y += canvas_u(k->c, 10);
}

static void draw_step(Ledger *k, const char *label, double v, bool strong) {
    int h = canvas_u(k->c, 38);
    rule(k);
    canvas_text_row(
        k->c,
        text_style(strong ? FACE_MEDIUM : FACE_SANS, TYPE_BODY - 1, k->t->text),
        k->r.x, k->y, h, label);
    char text[24];
    snprintf(text, sizeof text, fabs(v) < 1e6 ? "%+.4f" : "%+.4e", v);
    TextStyle style = {.face = FACE_MONO_BOLD,
                       .size = TYPE_BODY - 2,
                       .color = k->t->text,
                       .align = ALIGN_RIGHT};
    canvas_text_row(k->c, style, k->r.x + k->r.w, k->y, h, text);
    k->y += h;
}

static void draw_check(Ledger *k, const Explain *ex) {
    rule(k);
    k->y += canvas_u(k->c, 10);
    char text[96];
    snprintf(text, sizeof text,
             ex->matches ? "✓ equals the stored value %.6g"
                         : "✗ differs from the stored value %.6g",
             ex->stored);
    int h = canvas_u(k->c, 28);
    canvas_text_row(k->c,
                    text_style(FACE_MEDIUM, TYPE_SMALL,
                               ex->matches ? k->t->good : k->t->bad),
                    k->r.x, k->y, h, text);
    k->y += h + canvas_u(k->c, 6);
}

static void draw_source(Ledger *k, const char *text) {
    if (text[0])
        k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w,
                                text_style(FACE_MONO, TYPE_TINY, k->t->soft),
                                1.4f, text, true) +
                canvas_u(k->c, 3);
}

static void draw_explain(Ledger *k, const Explain *ex) {
    k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w,
                            text_style(FACE_MONO, TYPE_SMALL - 1, k->t->soft),
                            1.4f, ex->formula, true) +
            canvas_u(k->c, 8);
    if (ex->kind == EXPLAIN_SUM)
        draw_addends(k, ex);
    else if (ex->n_terms > 0)
        draw_terms(k, ex);
    for (int i = 0; i < ex->n_steps; i++)
        draw_step(k, ex->steps[i].label, ex->steps[i].value, false);
    if (ex->n_steps == 0) draw_step(k, "total", ex->total, true);
    draw_check(k, ex);
    char name[96], text[160];
    site_name(ex->site, ex->layer, name, sizeof name);
    snprintf(text, sizeof text, "%s [%d, %d, %d]", name, ex->pos, ex->row,
             ex->col);
    draw_source(k, text);
    draw_source(k, ex->a_source);
    draw_source(k, ex->b_source);
}

/* The arithmetic of what is opened, or the place where it will be. */
static void draw_number(Ledger *k, const Opened *o) {
    StudyKey key = {.kind = STUDY_CELL,
                    .site = o->site,
                    .layer = o->layer,
                    .pos = o->pos,
                    .index = o->index};
    bool missing = true;
    const Explain *ex = NULL;
    if (o->kind == OPENED_SOFTMAX) {
        int n_keys = trace_n_keys(k->s->trace, o->pos);
        key.kind = STUDY_SOFTMAX;
        key.site = 0;
        key.index = o->head * n_keys + o->key;
    }
    if (o->kind != OPENED_LATER) ex = study_get(k->s->study, key, &missing);
    if (ex)
        draw_explain(k, ex);
    else if (missing && k->bottom > k->y)
        stage_draw_missing(k->s,
                           (Rect){k->r.x, k->y, k->r.w, k->bottom - k->y});
}

static void draw_opened(Ledger *k, const Opened *o) {
    canvas_text(k->c, text_style(FACE_SANS, TYPE_SMALL, k->t->soft), k->r.x,
                k->y + canvas_u(k->c, TYPE_SMALL), o->kicker);
    k->y += canvas_u(k->c, TYPE_SMALL * 1.9f);
    k->y += paragraph_text(k->c, k->r.x, k->y, k->r.w, TYPE_LEAD - 1, 1.3f,
                           o->title, o->n_title, true) +
            canvas_u(k->c, 10);
    if (o->text)
        k->y += paragraph_plain(k->c, k->r.x, k->y, k->r.w,
                                text_style(FACE_SANS, TYPE_BODY, k->t->text),
                                1.4f, o->text, true) +
                canvas_u(k->c, 12);
    if (o->kind != OPENED_NOTHING) draw_number(k, o);
}

static PanelNeed need(const Scene *scene) {
    return scene->view->opens_nothing ? PANEL_ASKED : PANEL_WANTED;
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
    screen_place(screen, &panel_inspector)->scroll_most = 0;
    canvas_push_clip(c, r);
    draw_opened(&k, &opened);
    canvas_pop_clip(c);
}

const Panel panel_inspector = {
    .name = "inspector",
    .side = PANEL_RIGHT,
    .wish_u = 400,
    .least_u = 330,
    .yields = 1,
    .wheel_rows = 3,
    .toggle = CMD_INSPECTOR,
    .need = need,
    .draw = draw,
};
