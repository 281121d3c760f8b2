/* One function per kind of node.  Each appends its parts as if it began at
 * (0, 0) and returns their extent; whoever asked then moves them into place. */
#include "viz/paint/formula_layout.h"

#include <math.h>
#include <string.h>

typedef struct Style {
    int level;    /* 0 full size, 1 scripts, 2 scripts of scripts */
    bool display; /* room for limits and tall fractions */
    bool cramped; /* scripts are raised less */
} Style;

typedef struct Extent {
    float w, h, d;
    float lean; /* of the last letter, beyond its advance */
    int from;   /* its parts are those from here on */
} Extent;

typedef struct Layout {
    const FormulaTree *t;
    const FormulaFonts *fonts;
    FormulaBox *out;
    float size_px;
    bool failed;
} Layout;

static Extent set(Layout *l, int i, Style s);

/* ---- sizes --------------------------------------------------------------- */

static float px(const Layout *l, Style s) {
    static const float scales[] = {1, 0.72f, 0.55f};
    return fmaxf(l->size_px * scales[s.level], l->fonts->least_px);
}

float formula_line(float size_px) {
    return fmaxf(1, roundf(size_px * 0.06f));
}

static FormulaInk ink(Layout *l, Face face, float size_px, const char *text,
                      int len) {
    FormulaInk k = {0};
    if (!l->fonts->measure(l->fonts->user, face, size_px, text, len, &k))
        l->failed = true;
    return k;
}

/* The middle of minus and equals signs, which fractions and fences share. */
static float axis(Layout *l, Style s) {
    const FormulaInk k = ink(l, FACE_SANS, px(l, s), "−", 3);
    return roundf((k.height - k.depth) / 2);
}

static float x_height(Layout *l, Style s) {
    return ink(l, FACE_SANS, px(l, s), "x", 1).height;
}

static Style smaller(Style s, bool cramped) {
    return (Style){s.level < 2 ? s.level + 1 : 2, false, s.cramped || cramped};
}

static Style cramped(Style s) {
    s.cramped = true;
    return s;
}

static Style in_style(Style s, FormulaStyle style) {
    if (style == STYLE_ANY) return s;
    if (style == STYLE_DISPLAY) return (Style){0, true, s.cramped};
    if (style == STYLE_TEXT) return (Style){0, false, s.cramped};
    const int level = style == STYLE_SCRIPT ? 1 : 2;
    return (Style){level > s.level ? level : s.level, false, s.cramped};
}

/* ---- parts --------------------------------------------------------------- */

static Extent nothing(const Layout *l) {
    return (Extent){.from = l->out->n};
}

static FormulaPart *part(Layout *l, FormulaPartKind kind, float size_px) {
    if (l->out->n == FORMULA_PARTS_MAX) {
        l->failed = true;
        l->out->n--; /* what is laid out is not used */
    }
    FormulaPart *p = &l->out->parts[l->out->n++];
    *p = (FormulaPart){.kind = (uint8_t)kind, .size_px = size_px};
    return p;
}

/* A part that is a box. */
static FormulaPart *box(Layout *l, FormulaPartKind kind, Style s, float x,
                        float top, float w, float h) {
    FormulaPart *p = part(l, kind, px(l, s));
    p->x = x;
    p->y = -top;
    p->w = w;
    p->h = h;
    return p;
}

static void move(Layout *l, int from, int to, float dx, float up) {
    for (int i = from; i < to; i++) {
        l->out->parts[i].x += dx;
        l->out->parts[i].y -= up;
    }
}

static float larger(float a, float b) {
    return a > b ? a : b;
}

/* ---- letters ------------------------------------------------------------- */

static Face face_of(const FormulaNode *n) {
    switch ((FormulaFace)n->face) {
    case FORMULA_BOLD:
    case FORMULA_DOUBLE:
        return FACE_BOLD;
    case FORMULA_ITALIC:
    case FORMULA_SCRIPT:
        return FACE_ITALIC;
    case FORMULA_MONO:
        return FACE_MONO;
    case FORMULA_AUTO:
        return n->kind == FORMULA_SYMBOL ? FACE_ITALIC : FACE_SANS;
    case FORMULA_UPRIGHT:
        break;
    }
    return FACE_SANS;
}

static Extent text(Layout *l, Face face, float size_px, const char *what,
                   int len) {
    const FormulaInk k = ink(l, face, size_px, what, len);
    Extent e = nothing(l);
    FormulaPart *p = part(l, PART_TEXT, size_px);
    p->face = (uint8_t)face;
    p->text = what;
    p->len = (int16_t)len;
    e.w = k.advance;
    e.h = k.height;
    e.d = k.depth;
    e.lean = larger(k.right - k.advance, 0);
    l->out->least_px = fminf(l->out->least_px, size_px);
    return e;
}

/* Double-struck and script letters have faces of their own; a font without
 * them has bold and slanted ones. */
static Extent letter(Layout *l, const FormulaNode *n, Style s) {
    FormulaInk k;
    const int len = (int)strlen(n->glyph);
    if (l->fonts->measure(l->fonts->user, FACE_SANS, px(l, s), n->glyph, len,
                          &k))
        return text(l, FACE_SANS, px(l, s), n->glyph, len);
    return text(l, face_of(n), px(l, s), n->text, n->len);
}

static Extent symbol(Layout *l, const FormulaNode *n, Style s) {
    if (n->face >= FORMULA_DOUBLE) return letter(l, n, s);
    const float size = px(l, s) * (!n->big ? 1 : s.display ? 1.7f : 1.2f);
    Extent e = text(l, face_of(n), size, n->glyph, (int)strlen(n->glyph));
    if (!n->big) return e;
    const float up = axis(l, s) - roundf((e.h - e.d) / 2);
    move(l, e.from, l->out->n, 0, up);
    e.h += up;
    e.d -= up;
    return e;
}

/* ---- fences -------------------------------------------------------------- */

static bool is_glyph(uint32_t cp) {
    return cp < 128 && strchr("()[]{}", (int)cp);
}

static float fence_width(uint32_t cp, float size, float h) {
    switch (cp) {
    case '|':
        return size * 0.3f;
    case 0x2016:
        return size * 0.46f;
    case '{':
    case '}':
        return size * 0.46f + larger(h - 2 * size, 0) * 0.03f;
    case '(':
    case ')':
        return size * 0.36f + larger(h - size, 0) * 0.08f;
    case '/':
        return h * 0.4f;
    default:
        return size * 0.36f + larger(h - 2 * size, 0) * 0.04f;
    }
}

/* A fence of the height h around the axis, or a letter where that is as
 * high. */
static Extent fence(Layout *l, uint32_t cp, float h, Style s) {
    const float size = px(l, s), mid = axis(l, s);
    if (is_glyph(cp) && h <= size * 1.2f) {
        static const char *const glyphs[] = {"(", ")", "[", "]", "{", "}"};
        for (int i = 0; i < 6; i++)
            if (glyphs[i][0] == (char)cp)
                return text(l, FACE_SANS, size, glyphs[i], 1);
    }
    Extent e = nothing(l);
    h = larger(h, size);
    e.w = roundf(fence_width(cp, size, h));
    e.h = h / 2 + mid;
    e.d = h / 2 - mid;
    box(l, PART_FENCE, s, 0, e.h, e.w, h)->cp = cp;
    return e;
}

/* How high a fence is around what reaches h above and d below. */
static float fence_height(Layout *l, float h, float d, Style s) {
    const float mid = axis(l, s), half = larger(h - mid, d + mid);
    return larger(2 * half * 0.95f, 2 * half - 0.25f * px(l, s));
}

/* What a list of one has in it; else the list. */
static int first_in(const Layout *l, int i) {
    const FormulaNode *n = &l->t->nodes[i];
    const bool one =
        n->kind == FORMULA_LIST && n->a >= 0 && l->t->nodes[n->a].next < 0;
    return one ? n->a : i;
}

static Extent fenced(Layout *l, const FormulaNode *n, Style s) {
    const int from = l->out->n;
    Extent body = set(l, n->a, s), left = nothing(l), right;
    const float h = fence_height(l, body.h, body.d, s);
    for (int i = from; i < l->out->n; i++) {
        FormulaPart *p = &l->out->parts[i];
        if (!p->waits) continue;
        p->h = larger(h, px(l, s));
        p->y = -(p->h / 2 + axis(l, s));
        p->waits = false;
    }
    const int body_to = l->out->n;
    if (n->left) left = fence(l, n->left, h, s);
    const int left_to = l->out->n;
    right = nothing(l);
    if (n->right) right = fence(l, n->right, h, s);
    /* Shapes stand off what letters are drawn to stand off by themselves. */
    const bool table = l->t->nodes[first_in(l, n->a)].kind == FORMULA_TABLE;
    const float pad = roundf(table ? px(l, s) * 0.14f : 0);
    move(l, from, body_to, left.w + pad, 0);
    move(l, left_to, l->out->n, left.w + body.w + 2 * pad, 0);
    return (Extent){left.w + body.w + right.w + 2 * pad,
                    larger(body.h, larger(left.h, right.h)),
                    larger(body.d, larger(left.d, right.d)), 0, from};
}

static Extent lone_fence(Layout *l, const FormulaNode *n, Style s) {
    static const float heights[] = {1, 1.25f, 1.8f, 2.4f, 3};
    const Extent e = fence(l, n->left, heights[n->size] * px(l, s), s);
    if (n->size == 0 && !l->failed) l->out->parts[e.from].waits = true;
    return e;
}

/* ---- scripts ------------------------------------------------------------- */

/* b and c under and over a, all on one middle line. */
static Extent limits(Layout *l, const FormulaNode *n, Style s) {
    Extent e = set(l, n->a, s), over = nothing(l), under = nothing(l);
    const int base_to = l->out->n;
    const float size = px(l, s), gap = roundf(size * 0.16f);
    if (n->c >= 0) over = set(l, n->c, smaller(s, false));
    const int over_to = l->out->n;
    if (n->b >= 0) under = set(l, n->b, smaller(s, true));
    const float w = larger(e.w, larger(over.w, under.w));
    move(l, e.from, base_to, roundf((w - e.w) / 2), 0);
    move(l, base_to, over_to, roundf((w - over.w) / 2),
         e.h + gap + larger(over.d, 0));
    move(l, over_to, l->out->n, roundf((w - under.w) / 2),
         -(e.d + gap + under.h));
    if (n->c >= 0) e.h += gap + over.h + larger(over.d, 0);
    if (n->b >= 0) e.d += gap + under.h + larger(under.d, 0);
    e.w = w;
    e.lean = 0;
    return e;
}

/* Primes are drawn where they belong: as they are, and not raised. */
static bool is_primes(const Layout *l, int i) {
    if (i < 0 || l->t->nodes[i].kind != FORMULA_LIST) return false;
    int at = l->t->nodes[i].a;
    while (at >= 0 && strcmp(l->t->nodes[at].glyph, "′") == 0)
        at = l->t->nodes[at].next;
    return at < 0 && l->t->nodes[i].a >= 0;
}

/* How far the upper script is raised, and the lower one lowered. */
static void script_places(Layout *l, const FormulaNode *n, Style s,
                          const Extent *base, const Extent *over,
                          const Extent *under, float *up, float *down) {
    const float size = px(l, s), small = px(l, smaller(s, false));
    const float xh = x_height(l, s);
    const int kind = n->a >= 0 ? l->t->nodes[n->a].kind : FORMULA_SYMBOL;
    const bool is_letter =
        (kind == FORMULA_SYMBOL && !(n->a >= 0 && l->t->nodes[n->a].big)) ||
        kind == FORMULA_WORDS;
    const float raised = s.cramped ? 0.3f : s.display ? 0.39f : 0.36f;
    *up = is_letter ? 0 : base->h - 0.4f * small;
    *up = larger(*up, larger(raised * size, over->d + xh / 4));
    *down = is_letter ? 0 : base->d + 0.08f * small;
    *down = larger(*down, larger((n->c >= 0 ? 0.25f : 0.17f) * size,
                                 under->h - 0.8f * xh));
    const float gap = 0.12f * size;
    if (n->b >= 0 && n->c >= 0 && (*up - over->d) - (under->h - *down) < gap)
        *down = gap - (*up - over->d) + under->h;
    *up = roundf(*up);
    *down = roundf(*down);
}

static Extent scripts(Layout *l, const FormulaNode *n, Style s) {
    const FormulaLimits where =
        n->a >= 0 ? (FormulaLimits)l->t->nodes[n->a].limits : LIMITS_NEVER;
    if (where == LIMITS_ALWAYS || (where == LIMITS_DISPLAY && s.display))
        return limits(l, n, s);
    Extent base = n->a >= 0 ? set(l, n->a, s) : nothing(l);
    Extent over = nothing(l), under = nothing(l);
    const int base_to = l->out->n;
    float up, down;
    const bool primes = is_primes(l, n->c);
    if (n->c >= 0) over = set(l, n->c, primes ? s : smaller(s, false));
    const int over_to = l->out->n;
    if (n->b >= 0) under = set(l, n->b, smaller(s, true));
    script_places(l, n, s, &base, &over, &under, &up, &down);
    if (primes) up = roundf(larger(base.h - over.h + 0.07f * px(l, s), 0));
    move(l, base_to, over_to, base.w + base.lean, up);
    move(l, over_to, l->out->n, base.w, -down);
    Extent e = base;
    if (n->c >= 0) e.h = larger(e.h, over.h + up);
    if (n->b >= 0) e.d = larger(e.d, under.d + down);
    if (n->c >= 0) e.d = larger(e.d, over.d - up);
    e.w = larger(n->c >= 0 ? base.w + base.lean + over.w : 0,
                 n->b >= 0 ? base.w + under.w : 0) +
          roundf(px(l, s) * 0.06f);
    e.lean = 0;
    return e;
}

/* ---- fractions and roots ------------------------------------------------- */

static Extent fraction(Layout *l, const FormulaNode *n, Style s) {
    s = in_style(s, (FormulaStyle)n->style);
    const Style part_style =
        s.display ? (Style){s.level, false, s.cramped} : smaller(s, false);
    Extent a = set(l, n->a, part_style);
    const int a_to = l->out->n;
    const Extent b = set(l, n->b, cramped(part_style));
    const float size = px(l, s), mid = axis(l, s), line = formula_line(size);
    const float gap = roundf(n->bare     ? size * (s.display ? 0.3f : 0.15f)
                             : s.display ? size * 0.16f
                                         : size * 0.1f);
    const float pad = roundf(size * 0.12f), w = larger(a.w, b.w) + 2 * pad;
    const float up = roundf(
        larger(mid + line / 2 + gap + a.d, size * (s.display ? 0.66f : 0.39f)));
    const float down = roundf(
        larger(b.h - mid + line / 2 + gap, size * (s.display ? 0.69f : 0.35f)));
    move(l, a.from, a_to, roundf((w - a.w) / 2), up);
    move(l, a_to, l->out->n, roundf((w - b.w) / 2), -down);
    const float edge = roundf(pad / 2);
    if (!n->bare)
        box(l, PART_LINE, s, edge, mid + floorf(line / 2), w - 2 * edge, line);
    return (Extent){w, a.h + up, b.d + down, 0, a.from};
}

static Extent root(Layout *l, const FormulaNode *n, Style s) {
    Extent e = set(l, n->a, cramped(s));
    const int a_to = l->out->n;
    const float size = px(l, s), line = formula_line(size);
    const float gap = roundf(size * (s.display ? 0.14f : 0.1f));
    const float high = roundf(larger(e.h, x_height(l, s))) + gap + line;
    const float low = roundf(larger(e.d, size * 0.1f));
    const float sign = roundf(size * 0.62f + (high + low - size) * 0.05f);
    float x = 0;
    if (n->b >= 0) {
        const Extent index = set(l, n->b, (Style){2, false, true});
        x = larger(roundf(index.w - sign * 0.45f), 0);
        move(l, index.from, l->out->n, 0,
             roundf((high + low) * 0.5f - low + larger(index.d, 0)));
        e.h = larger(e.h, (high + low) * 0.5f - low + index.h);
    }
    move(l, e.from, a_to, x + sign, 0);
    box(l, PART_SURD, s, x, high, sign, high + low);
    box(l, PART_LINE, s, x + sign, high, e.w + roundf(size * 0.06f), line);
    return (Extent){x + sign + e.w + roundf(size * 0.1f), larger(high, e.h),
                    low, 0, e.from};
}

/* ---- marks --------------------------------------------------------------- */

static bool is_narrow(FormulaMark mark) {
    return mark <= MARK_CHECK;
}

static bool is_under(FormulaMark mark) {
    return mark == MARK_UNDERLINE || mark == MARK_UNDERBRACE;
}

static float mark_height(FormulaMark mark, float size) {
    const bool line =
        mark == MARK_BAR || mark == MARK_OVERLINE || mark == MARK_UNDERLINE;
    if (line) return formula_line(size);
    if (mark == MARK_OVERBRACE || mark == MARK_UNDERBRACE) return size * 0.4f;
    if (mark == MARK_VEC || mark == MARK_OVERARROW) return size * 0.26f;
    return roundf(size *
                  (mark == MARK_DOT || mark == MARK_DDOT ? 0.12f : 0.2f));
}

static Extent framed(Layout *l, const FormulaNode *n, Style s) {
    Extent e = set(l, n->a, s);
    const float pad = roundf(px(l, s) * 0.3f);
    move(l, e.from, l->out->n, pad, 0);
    e.w += 2 * pad;
    e.h += pad;
    e.d = larger(e.d, 0) + pad;
    box(l, PART_FRAME, s, 0, e.h, e.w, e.h + e.d);
    return e;
}

static Extent marked(Layout *l, const FormulaNode *n, Style s) {
    const FormulaMark mark = (FormulaMark)n->mark;
    if (mark == MARK_BOX) return framed(l, n, s);
    Extent e = set(l, n->a, cramped(s));
    const float size = px(l, s), h = mark_height(mark, size);
    const float gap = roundf(larger(size * 0.1f, 1));
    float w = e.w, x = 0;
    if (is_narrow(mark)) {
        const bool slanted = l->t->nodes[n->a].kind == FORMULA_SYMBOL &&
                             face_of(&l->t->nodes[n->a]) == FACE_ITALIC;
        w = roundf(size * (mark == MARK_DOT ? 0.14f : 0.44f));
        x = roundf((e.w - w) / 2 + (slanted ? e.h * 0.12f : 0));
    }
    if (is_under(mark)) {
        e.d = larger(e.d, 0);
        box(l, PART_MARK, s, x, -(e.d + gap), w, h)->mark = (uint8_t)mark;
        e.d += gap + h;
    } else {
        box(l, PART_MARK, s, x, e.h + gap + h, w, h)->mark = (uint8_t)mark;
        e.h += gap + h;
    }
    e.lean = larger(e.lean, x + w - e.w);
    return e;
}

/* ---- tables -------------------------------------------------------------- */

typedef struct Table {
    const FormulaNode *n;
    FormulaCell *cells; /* [n_cells] */
    int n_cells, rows, columns;
    float widths[FORMULA_COLUMNS_MAX];
    float h[FORMULA_ROWS_MAX], d[FORMULA_ROWS_MAX];
    bool aligned; /* equations under each other */
} Table;

static char column_align(const Table *t, int column) {
    if (t->n->len == 0) return 'c';
    return t->n->text[column < t->n->len ? column : t->n->len - 1];
}

static float column_gap(const Table *t, int column, float size) {
    if (column + 1 >= t->columns) return 0;
    if (t->n->style == STYLE_SCRIPT) return size * 0.5f;
    if (!t->aligned) return size * 0.9f;
    if (t->n->len == 3) return size * 0.28f; /* eqnarray's sign */
    return column % 2 ? size * 1.6f : 0;
}

static Extent row(Layout *l, int i, Style s, int before);

/* Lays all cells out, each at (0, 0). */
static void set_cells(Layout *l, Table *t, Style s) {
    const float size = px(l, s);
    const float strut = t->n->style == STYLE_SCRIPT ? 0 : size;
    int column = 0;
    for (int i = t->n->a; i >= 0 && !l->failed; i = l->t->nodes[i].next) {
        if (l->out->n_cells == FORMULA_CELLS_MAX) {
            l->failed = true;
            return;
        }
        FormulaCell *c = &t->cells[t->n_cells++];
        l->out->n_cells++;
        const bool second = t->aligned && column % 2;
        const Extent e = row(l, i, s, second ? ATOM_ORD : -1);
        *c = (FormulaCell){e.from, l->out->n, e.w, e.h, e.d};
        float *h = &t->h[t->rows], *d = &t->d[t->rows];
        if (column == 0) {
            *h = strut * 0.8f;
            *d = strut * 0.28f;
        }
        *h = larger(*h, e.h);
        *d = larger(*d, e.d);
        t->widths[column] = larger(t->widths[column], e.w);
        if (++column > t->columns) t->columns = column;
        if (!l->t->nodes[i].ends_row) continue;
        t->rows++;
        column = 0;
    }
}

/* Moves the cells into place below `top`; the width of them all. */
static float place_cells(Layout *l, const Table *t, float size, float top,
                         float between) {
    float w = 0, x = 0, y = top;
    int r = 0, column = 0;
    for (int i = 0; i < t->columns; i++)
        w += t->widths[i] + column_gap(t, i, size);
    int node = t->n->a;
    for (int i = 0; i < t->n_cells && node >= 0; i++) {
        const FormulaCell *c = &t->cells[i];
        const char align = column_align(t, column);
        const float spare = t->widths[column] - c->w;
        const float inset = align == 'l' ? 0 : align == 'r' ? spare : spare / 2;
        move(l, c->from, c->to, roundf(x + inset), roundf(y - t->h[r]));
        x += t->widths[column] + column_gap(t, column, size);
        column++;
        if (l->t->nodes[node].ends_row) {
            y -= t->h[r] + t->d[r] + between;
            r++;
            column = 0;
            x = 0;
        }
        node = l->t->nodes[node].next;
    }
    return w;
}

static Extent table(Layout *l, const FormulaNode *n, Style s) {
    Table t = {.n = n,
               .cells = &l->out->cells[l->out->n_cells],
               .aligned = n->style == STYLE_DISPLAY && n->len > 0};
    const int cells_before = l->out->n_cells;
    const Style inner = n->style == STYLE_DISPLAY
                            ? (Style){s.level, true, s.cramped}
                            : in_style(s, (FormulaStyle)n->style);
    const Style cell =
        n->style == STYLE_TEXT ? (Style){s.level, false, s.cramped} : inner;
    Extent e = nothing(l);
    set_cells(l, &t, cell);
    l->out->n_cells = cells_before;
    if (l->failed) return e;
    const float size = px(l, cell);
    const float between = size * (n->style == STYLE_DISPLAY ? 0.35f : 0.14f);
    float total = between * (float)(t.rows - 1);
    for (int i = 0; i < t.rows; i++)
        total += t.h[i] + t.d[i];
    e.h = total / 2 + axis(l, s);
    e.d = total - e.h;
    e.w = place_cells(l, &t, size, e.h, between);
    return e;
}

/* ---- rows ---------------------------------------------------------------- */

/* Eighteenths of an em between two classes; negative: not among scripts. */
static float space_between(int a, int b, const Style s) {
    static const int16_t mu[ATOM_COUNT][ATOM_COUNT] = {
        [ATOM_ORD] = {0, 3, -4, -5, 0, 0, 0, -3},
        [ATOM_OP] = {3, 3, 0, -5, 0, 0, 0, -3},
        [ATOM_BIN] = {-4, -4, 0, 0, -4, 0, 0, -4},
        [ATOM_REL] = {-5, -5, 0, 0, -5, 0, 0, -5},
        [ATOM_OPEN] = {0, 0, 0, 0, 0, 0, 0, 0},
        [ATOM_CLOSE] = {0, 3, -4, -5, 0, 0, 0, -3},
        [ATOM_PUNCT] = {-3, -3, 0, -3, -3, -3, -3, -3},
        [ATOM_INNER] = {-3, 3, -4, -5, -3, 0, -3, -3},
    };
    if (a < 0) return 0;
    const int by = mu[a][b];
    return by >= 0 ? (float)by : s.level > 0 ? 0 : (float)-by;
}

static bool has_class(const FormulaNode *n) {
    return n->kind != FORMULA_SPACE && n->kind != FORMULA_STYLE;
}

/* A sign between nothing and something is a sign in front: -1. */
static int class_of(const Layout *l, const FormulaNode *n, int before) {
    const int16_t *next = &n->next;
    if (n->atom != ATOM_BIN) return n->atom;
    if (before < 0 || before == ATOM_BIN || before == ATOM_OP ||
        before == ATOM_REL || before == ATOM_OPEN || before == ATOM_PUNCT)
        return ATOM_ORD;
    while (*next >= 0 && !has_class(&l->t->nodes[*next]))
        next = &l->t->nodes[*next].next;
    const int after = *next < 0 ? -1 : l->t->nodes[*next].atom;
    return after < 0 || after == ATOM_REL || after == ATOM_CLOSE ||
                   after == ATOM_PUNCT
               ? ATOM_ORD
               : ATOM_BIN;
}

/* The list i behind something of the class `before`; -1: behind nothing. */
static Extent row(Layout *l, int i, Style s, int before) {
    Extent e = nothing(l);
    bool first = true;
    for (int at = l->t->nodes[i].a; at >= 0 && !l->failed;
         at = l->t->nodes[at].next) {
        const FormulaNode *n = &l->t->nodes[at];
        const float em = px(l, s) / 18;
        if (n->kind == FORMULA_SPACE) e.w += n->size * em;
        if (n->kind == FORMULA_STYLE) s = in_style(s, (FormulaStyle)n->style);
        if (!has_class(n)) continue;
        const int atom = class_of(l, n, before);
        e.w = roundf(e.w + space_between(before, atom, s) * em);
        const Extent item = set(l, at, s);
        move(l, item.from, l->out->n, e.w, 0);
        e.w += item.w;
        e.h = first ? item.h : larger(e.h, item.h);
        e.d = first ? item.d : larger(e.d, item.d);
        e.lean = item.lean;
        first = false;
        before = atom;
    }
    e.w = larger(e.w, 0);
    return e;
}

static Extent set(Layout *l, int i, Style s) {
    const FormulaNode *n = &l->t->nodes[i];
    switch ((FormulaKind)n->kind) {
    case FORMULA_LIST:
        return row(l, i, s, -1);
    case FORMULA_SYMBOL:
        return symbol(l, n, s);
    case FORMULA_WORDS:
        return text(l, face_of(n), px(l, s), n->text, n->len);
    case FORMULA_SCRIPTS:
        return scripts(l, n, s);
    case FORMULA_FRACTION:
        return fraction(l, n, s);
    case FORMULA_ROOT:
        return root(l, n, s);
    case FORMULA_FENCED:
        return fenced(l, n, s);
    case FORMULA_FENCE:
        return lone_fence(l, n, s);
    case FORMULA_MARKED:
        return marked(l, n, s);
    case FORMULA_TABLE:
        return table(l, n, s);
    case FORMULA_SPACE:
    case FORMULA_STYLE:
        break;
    }
    return nothing(l); /* these mean something in rows only */
}

bool formula_layout(const FormulaTree *t, const FormulaFonts *fonts,
                    float size_px, bool display, FormulaBox *out) {
    Layout l = {t, fonts, out, fmaxf(size_px, fonts->least_px), false};
    out->n = out->n_cells = 0;
    out->least_px = l.size_px;
    const Extent e = set(&l, t->root, (Style){0, display, false});
    out->w = e.w + e.lean;
    out->h = e.h;
    out->d = larger(e.d, 0);
    return !l.failed;
}
