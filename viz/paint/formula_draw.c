/* Parts of a formula to pixels: letters as the fonts draw them, the rest as
 * polygons of pens. */
#include "viz/paint/formula_draw.h"

#include "viz/paint/formula_layout.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define TRIES     6  /* to find the size that fits */
#define CURVE_MAX 48 /* points of a curve */

/* ---- sizes --------------------------------------------------------------- */

static bool measure(void *user, Face face, float size_px, const char *text,
                    int len, FormulaInk *out) {
    Fonts *fonts = user;
    TextMask m = {0};
    if (!fonts_has(fonts, face, text, len)) return false;
    out->advance = (float)fonts_width(fonts, face, size_px, text, len);
    if (!fonts_mask(fonts, face, size_px, 0, text, len, &m)) return false;
    out->height = (float)m.origin_y;
    out->depth = (float)(m.h - m.origin_y);
    out->right = (float)(m.w - m.origin_x);
    if (m.w == 0) *out = (FormulaInk){.advance = out->advance};
    return true;
}

static bool lay_out(Canvas *c, const FormulaTree *t, float size_px,
                    bool display, FormulaBox *out) {
    const FormulaFonts fonts = {canvas_fonts(c), canvas_text_px(c, 0), measure};
    return formula_layout(t, &fonts, size_px, display, out);
}

static void note_size(const FormulaBox *b, FormulaPlace *p) {
    p->w = (int)ceilf(b->w);
    p->h = (int)ceilf(b->h);
    p->d = (int)ceilf(b->d);
}

bool formula_place(Canvas *c, const char *source, int n, float size_px,
                   bool display, int max_w, FormulaPlace *out) {
    FormulaTree tree;
    FormulaBox box;
    *out = (FormulaPlace){.source = source, .n = n, .display = display};
    if (n < 0 || !formula_parse(&tree, source, (size_t)n, NULL)) return false;
    for (int i = 0; i < TRIES; i++) {
        if (!lay_out(c, &tree, size_px, display, &box)) return false;
        note_size(&box, out);
        out->size_px = size_px;
        if (out->w <= max_w) return true;
        if (size_px <= canvas_text_px(c, 0)) return false;
        /* Widths are whole pixels, so a little less than their ratio says. */
        size_px = fminf(size_px * (float)max_w / (float)out->w, size_px - 0.5f);
    }
    return false;
}

int formula_text_width(Canvas *c, TextStyle style, const char *text) {
    FormulaPiece piece;
    FormulaPlace place;
    const float size = canvas_text_px(c, style.size);
    int w = 0;
    while (formula_next(&text, &piece))
        w += piece.formula && formula_place(c, piece.text, piece.len, size,
                                            false, INT_MAX, &place)
                 ? place.w
                 : fonts_width(canvas_fonts(c), style.face, size, piece.text,
                               piece.len);
    return w;
}

/* ---- shapes -------------------------------------------------------------- */

/* Where a part is drawn. */
typedef struct Pen {
    Canvas *c;
    float x, y, w, h; /* its box */
    float size_px;    /* of the type around it */
    float line;
    Color color;
} Pen;

/* How thick a stroke is at its ends, and how much more in its middle. */
typedef struct Nib {
    float from, to, more;
} Nib;

/* A stroke along the cubic curve q[4]. */
static void curve(const Pen *p, const Point q[4], Nib nib) {
    Point edge[CURVE_MAX];
    const int n = CURVE_MAX / 2;
    for (int i = 0; i < n; i++) {
        const float t = (float)i / (float)(n - 1), u = 1 - t;
        const float k[4] = {u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t};
        Point at = {0, 0};
        for (int j = 0; j < 4; j++) {
            at.x += k[j] * q[j].x;
            at.y += k[j] * q[j].y;
        }
        const float a = u * u, b = 2 * u * t, c = t * t;
        const float dx = a * (q[1].x - q[0].x) + b * (q[2].x - q[1].x) +
                         c * (q[3].x - q[2].x);
        const float dy = a * (q[1].y - q[0].y) + b * (q[2].y - q[1].y) +
                         c * (q[3].y - q[2].y);
        const float half = (u * nib.from + t * nib.to + 4 * t * u * nib.more) /
                           2 / fmaxf(hypotf(dx, dy), 1e-6f);
        edge[i] = (Point){at.x - dy * half, at.y + dx * half};
        edge[CURVE_MAX - 1 - i] = (Point){at.x + dy * half, at.y - dx * half};
    }
    canvas_poly(p->c, edge, CURVE_MAX, p->color);
}

static void stroke(const Pen *p, float x0, float y0, float x1, float y1,
                   float thickness) {
    canvas_line(p->c, x0, y0, x1, y1, thickness, p->color);
}

/* Whole pixels, so that lines are sharp. */
static void bar(const Pen *p, float x, float y, float w, float h) {
    const int left = (int)lroundf(x), top = (int)lroundf(y);
    canvas_fill(
        p->c,
        (Rect){left, top, (int)fmaxf(roundf(w), 1), (int)fmaxf(roundf(h), 1)},
        p->color);
}

/* ---- fences -------------------------------------------------------------- */

static void draw_paren(const Pen *p, bool opens) {
    const float inner = opens ? p->x + p->w * 0.86f : p->x + p->w * 0.14f;
    const float outer = opens ? p->x - p->w * 0.08f : p->x + p->w * 1.08f;
    const float top = p->y, bottom = p->y + p->h;
    const Point q[4] = {{inner, top},
                        {outer, top + p->h * 0.3f},
                        {outer, bottom - p->h * 0.3f},
                        {inner, bottom}};
    curve(p, q, (Nib){p->line * 0.8f, p->line * 0.8f, p->line * 0.8f});
}

/* Brackets, and their kin that lack a foot or a head. */
static void draw_bracket(const Pen *p, bool opens, bool head, bool foot) {
    const float line = fmaxf(roundf(p->line), 1), reach = p->w * 0.55f;
    const float stem = opens ? p->x + p->w * 0.3f : p->x + p->w * 0.7f - line;
    const float x = opens ? stem : stem + line - reach;
    bar(p, stem, p->y, line, p->h);
    if (head) bar(p, x, p->y, reach, line);
    if (foot) bar(p, x, p->y + p->h - line, reach, line);
}

/* Half of a brace, from its point to one end, which is `along` and `across`
 * away; level: along is to the right.  Only its bends are bent, so that long
 * ones keep their shape. */
static void half_brace(const Pen *p, Point at, float along, float across,
                       bool level) {
    const float bend = fminf(fabsf(across) * 0.9f, fabsf(along) * 0.45f);
    const float r = copysignf(bend, along), a = along, m = across / 2;
    const Point parts[3][4] = {
        {{0, 0}, {m * 0.7f, 0}, {m, r * 0.4f}, {m, r}},
        {{m, r}, {m, r}, {m, a - r}, {m, a - r}},
        {{m, a - r}, {m, a - r * 0.4f}, {m * 1.3f, a}, {m * 2, a}},
    };
    const float thin = p->line * 0.7f, thick = p->line * 1.3f;
    const Nib nibs[3] = {{thin, thick, 0}, {thick, thick, 0}, {thick, thin, 0}};
    for (int i = 0; i < 3; i++) {
        Point q[4];
        for (int j = 0; j < 4; j++) {
            const Point from = parts[i][j];
            q[j] = level ? (Point){at.x + from.y, at.y + from.x}
                         : (Point){at.x + from.x, at.y + from.y};
        }
        curve(p, q, nibs[i]);
    }
}

static void draw_brace(const Pen *p, bool opens) {
    const float inset = p->w * 0.12f, across = p->w - 2 * inset;
    const Point at = {opens ? p->x + inset : p->x + p->w - inset,
                      p->y + p->h / 2};
    half_brace(p, at, p->h / 2, opens ? across : -across, false);
    half_brace(p, at, -p->h / 2, opens ? across : -across, false);
}

static void draw_angle(const Pen *p, bool opens) {
    const float near = opens ? p->x + p->w * 0.2f : p->x + p->w * 0.8f;
    const float far = opens ? p->x + p->w * 0.8f : p->x + p->w * 0.2f;
    stroke(p, far, p->y, near, p->y + p->h / 2, p->line * 1.2f);
    stroke(p, near, p->y + p->h / 2, far, p->y + p->h, p->line * 1.2f);
}

static void draw_bars(const Pen *p, int n) {
    const float line = fmaxf(roundf(p->line), 1), gap = p->w * 0.36f;
    const float first = p->x + (p->w - (float)(n - 1) * gap - line) / 2;
    for (int i = 0; i < n; i++)
        bar(p, first + (float)i * gap, p->y, line, p->h);
}

static void draw_fence(const Pen *p, uint32_t cp) {
    switch (cp) {
    case '(':
    case ')':
        draw_paren(p, cp == '(');
        break;
    case '[':
    case ']':
        draw_bracket(p, cp == '[', true, true);
        break;
    case 0x230A: /* floor */
    case 0x230B:
        draw_bracket(p, cp == 0x230A, false, true);
        break;
    case 0x2308: /* ceiling */
    case 0x2309:
        draw_bracket(p, cp == 0x2308, true, false);
        break;
    case '{':
    case '}':
        draw_brace(p, cp == '{');
        break;
    case 0x27E8:
    case 0x27E9:
        draw_angle(p, cp == 0x27E8);
        break;
    case 0x2016:
        draw_bars(p, 2);
        break;
    case '/':
        stroke(p, p->x + p->w * 0.1f, p->y + p->h, p->x + p->w * 0.9f, p->y,
               p->line);
        break;
    default:
        draw_bars(p, 1);
        break;
    }
}

/* ---- roots and marks ----------------------------------------------------- */

/* Where the line through a towards b meets that through c towards d. */
static Point meet(Point a, Point b, Point c, Point d) {
    const float x = b.x - a.x, y = b.y - a.y, u = d.x - c.x, v = d.y - c.y;
    const float t = ((c.x - a.x) * v - (c.y - a.y) * u) / (x * v - y * u);
    return (Point){a.x + t * x, a.y + t * y};
}

/* Its upper end meets the line over what it is the root of. */
static void draw_surd(const Pen *p) {
    const float line = fmaxf(roundf(p->line), 1), em = p->size_px;
    const float bottom = p->y + p->h, thick = line * 1.9f, rise = line * 1.15f;
    const Point knee = {p->x + em * 0.16f, bottom - em * 0.42f};
    const Point foot = {p->x + em * 0.33f, bottom};
    const Point right = {knee.x + thick / 2, knee.y};
    const Point left = {right.x - thick, right.y + em * 0.04f};
    const Point along = {right.x + foot.x - left.x, right.y + foot.y - left.y};
    const Point top = {p->x + p->w, p->y};
    const Point outline[] = {
        {p->x + em * 0.03f, bottom - em * 0.37f},
        right,
        meet(right, along, foot, top),
        top,
        {top.x + rise, p->y + line},
        {foot.x + rise, bottom},
        foot,
        {left.x + thick * 0.2f, left.y},
        {p->x + em * 0.05f, bottom - em * 0.37f + line * 0.8f},
    };
    canvas_poly(p->c, outline, sizeof outline / sizeof *outline, p->color);
}

static void draw_arrow(const Pen *p) {
    const float mid = p->y + p->h / 2, head = p->h / 2, end = p->x + p->w;
    stroke(p, p->x, mid, end - p->line, mid, p->line);
    stroke(p, end - head, mid - head, end, mid, p->line);
    stroke(p, end - head, mid + head, end, mid, p->line);
}

static void draw_hat(const Pen *p, bool down) {
    const float base = down ? p->y : p->y + p->h;
    const float tip = down ? p->y + p->h : p->y, mid = p->x + p->w / 2;
    stroke(p, p->x, base, mid, tip, p->line);
    stroke(p, mid, tip, p->x + p->w, base, p->line);
}

static void draw_tilde(const Pen *p) {
    const float low = p->y + p->h * 0.85f, high = p->y + p->h * 0.15f;
    const float up = p->y - p->h, down = p->y + p->h * 2;
    const Point q[4] = {{p->x, low},
                        {p->x + p->w * 0.35f, up},
                        {p->x + p->w * 0.65f, down},
                        {p->x + p->w, high}};
    curve(p, q, (Nib){p->line, p->line, p->line * 0.3f});
}

static void draw_dots(const Pen *p, int n) {
    const float radius = fmaxf(p->line, 1), mid = p->y + p->h / 2;
    for (int i = 0; i < n; i++)
        canvas_circle(p->c,
                      p->x + p->w * (n == 1 ? 0.5f : 0.2f + 0.6f * (float)i),
                      mid, radius, p->color);
}

/* Its point looks away from what it embraces. */
static void draw_level_brace(const Pen *p, bool over) {
    const float inset = p->h * 0.15f, across = p->h - 2 * inset;
    const Point at = {p->x + p->w / 2,
                      over ? p->y + inset : p->y + p->h - inset};
    half_brace(p, at, p->w / 2, over ? across : -across, true);
    half_brace(p, at, -p->w / 2, over ? across : -across, true);
}

static void draw_mark(const Pen *p, FormulaMark mark) {
    switch (mark) {
    case MARK_HAT:
    case MARK_WIDEHAT:
    case MARK_CHECK:
        draw_hat(p, mark == MARK_CHECK);
        break;
    case MARK_TILDE:
    case MARK_WIDETILDE:
        draw_tilde(p);
        break;
    case MARK_VEC:
    case MARK_OVERARROW:
        draw_arrow(p);
        break;
    case MARK_DOT:
    case MARK_DDOT:
        draw_dots(p, mark == MARK_DOT ? 1 : 2);
        break;
    case MARK_OVERBRACE:
    case MARK_UNDERBRACE:
        draw_level_brace(p, mark == MARK_OVERBRACE);
        break;
    case MARK_BAR:
    case MARK_OVERLINE:
    case MARK_UNDERLINE:
    case MARK_BOX:
        bar(p, p->x, p->y, p->w, p->h);
        break;
    }
}

/* ---- the whole ----------------------------------------------------------- */

static void draw_part(Canvas *c, const FormulaPart *part, int x, int y,
                      Color color) {
    const Pen p = {.c = c,
                   .x = (float)x + part->x,
                   .y = (float)y + roundf(part->y),
                   .w = part->w,
                   .h = part->h,
                   .size_px = part->size_px,
                   .line = part->size_px * 0.06f,
                   .color = color};
    switch ((FormulaPartKind)part->kind) {
    case PART_TEXT:
        canvas_letters(c, (Face)part->face, part->size_px, color,
                       (int)lroundf(p.x), (int)lroundf((float)y + part->y),
                       part->text, part->len);
        break;
    case PART_FENCE:
        draw_fence(&p, part->cp);
        break;
    case PART_SURD:
        draw_surd(&p);
        break;
    case PART_LINE:
        bar(&p, p.x, p.y, p.w, p.h);
        break;
    case PART_FRAME:
        canvas_frame(c,
                     (Rect){(int)lroundf(p.x), (int)p.y, (int)lroundf(p.w),
                            (int)lroundf(p.h)},
                     0, formula_line(part->size_px), color);
        break;
    case PART_MARK:
        draw_mark(&p, (FormulaMark)part->mark);
        break;
    }
}

void formula_draw(Canvas *c, const FormulaPlace *p, int x, int y, Color color) {
    FormulaTree tree;
    FormulaBox box;
    if (!formula_parse(&tree, p->source, (size_t)p->n, NULL) ||
        !lay_out(c, &tree, p->size_px, p->display, &box))
        return;
    for (int i = 0; i < box.n; i++)
        draw_part(c, &box.parts[i], x, y, color);
    canvas_note(c, x, y, p->w, box.least_px, p->source, p->n);
}
