#include "viz/paint/canvas.h"

#include "engine/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HATCH_PERIOD_MAX 64 /* pixels */
#define HATCH_WIDTH_MAX  512
#define DOT_RADIUS_MAX   16

struct Canvas {
    Pixmap picture; /* px NULL where vector is set */
    Vector *vector;
    float scale, text_min_px;
    Fonts *fonts;
    int n_clips;
    Rect clips[CANVAS_CLIPS_MAX + 1]; /* the first is the whole picture */
    int dot_radius;                   /* of the last dot, whose coverage is */
    uint8_t dot[4 * DOT_RADIUS_MAX * DOT_RADIUS_MAX]; /* [2 radius]² of it */
    int n_texts;
    TextMark texts[CANVAS_TEXTS_MAX];
};

Canvas *canvas_open(int w, int h, float scale, Fonts *fonts, Err *err) {
    Canvas *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "canvas", sizeof *c);
        return NULL;
    }
    c->fonts = fonts;
    c->text_min_px = CANVAS_TEXT_MIN_PX;
    if (!canvas_resize(c, w, h, scale, err)) {
        canvas_close(c);
        return NULL;
    }
    return c;
}

Canvas *canvas_open_on(Vector *v, int w, int h, float scale, Fonts *fonts,
                       Err *err) {
    Canvas *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "canvas", sizeof *c);
        return NULL;
    }
    c->fonts = fonts;
    c->vector = v;
    c->text_min_px = CANVAS_TEXT_MIN_PX;
    c->picture = (Pixmap){NULL, w, h, w};
    c->scale = scale;
    c->n_clips = 1;
    c->clips[0] = (Rect){0, 0, w, h};
    return c;
}

void canvas_close(Canvas *c) {
    if (!c) return;
    free(c->picture.px);
    free(c);
}

static bool check_side(const char *name, int side, Err *err) {
    if (side >= 1 && side <= CANVAS_SIZE_MAX) return true;
    return err_set(err, ERR_LIMIT, 0, "canvas: %s: found %d, need 1..%d", name,
                   side, CANVAS_SIZE_MAX);
}

bool canvas_resize(Canvas *c, int w, int h, float scale, Err *err) {
    if (!check_side("width", w, err) || !check_side("height", h, err))
        return false;
    if (!(scale > 0) || !isfinite(scale))
        return err_set(err, ERR_LIMIT, 0, "canvas: scale: found %g, need > 0",
                       (double)scale);
    size_t size = (size_t)w * h * sizeof(uint32_t);
    uint32_t *px = memory_alloc(size);
    if (!px) return err_memory(err, "canvas", size);
    free(c->picture.px);
    c->picture = (Pixmap){px, w, h, w};
    c->scale = scale;
    c->n_clips = 1;
    c->clips[0] = (Rect){0, 0, w, h};
    canvas_clear(c, (Color){0, 0, 0, 255});
    return true;
}

int canvas_width(const Canvas *c) {
    return c->picture.w;
}
int canvas_height(const Canvas *c) {
    return c->picture.h;
}
float canvas_scale(const Canvas *c) {
    return c->scale;
}
void canvas_rescale(Canvas *c, float scale) {
    c->scale = scale;
}
const Pixmap *canvas_pixels(const Canvas *c) {
    return &c->picture;
}
Fonts *canvas_fonts(Canvas *c) {
    return c->fonts;
}

int canvas_u(const Canvas *c, float u) {
    int px = (int)lroundf(u * c->scale);
    return px == 0 && u > 0 ? 1 : px;
}

/* ---- clipping ------------------------------------------------------------ */

void canvas_push_clip(Canvas *c, Rect r) {
    assert(c->n_clips <= CANVAS_CLIPS_MAX);
    c->clips[c->n_clips] = rect_intersect(r, canvas_clip(c));
    c->n_clips++;
}

void canvas_pop_clip(Canvas *c) {
    assert(c->n_clips > 1);
    c->n_clips--;
}

Rect canvas_clip(const Canvas *c) {
    return c->clips[c->n_clips - 1];
}

bool canvas_shows(const Canvas *c, Rect r) {
    const Rect seen = rect_intersect(r, canvas_clip(c));
    return seen.w > 0 && seen.h > 0;
}

/* ---- shapes -------------------------------------------------------------- */

void canvas_clear(Canvas *c, Color color) {
    canvas_fill(c, canvas_clip(c), color);
}

void canvas_fill(Canvas *c, Rect r, Color color) {
    if (c->vector)
        vector_fill(c->vector, canvas_clip(c), r, color);
    else
        raster_fill(&c->picture, canvas_clip(c), r, color);
}

void canvas_round(Canvas *c, Rect r, float radius, Color color) {
    if (c->vector)
        vector_round(c->vector, canvas_clip(c), r, radius, 0, color);
    else
        raster_round(&c->picture, canvas_clip(c), r, radius, 0, color);
}

void canvas_frame(Canvas *c, Rect r, float radius, float thickness,
                  Color color) {
    if (c->vector)
        vector_round(c->vector, canvas_clip(c), r, radius, thickness, color);
    else
        raster_round(&c->picture, canvas_clip(c), r, radius, thickness, color);
}

void canvas_line(Canvas *c, float x0, float y0, float x1, float y1,
                 float thickness, Color color) {
    if (c->vector)
        vector_line(c->vector, canvas_clip(c), (Point){x0, y0}, (Point){x1, y1},
                    thickness, color);
    else
        raster_line(&c->picture, canvas_clip(c), (Point){x0, y0},
                    (Point){x1, y1}, thickness, color);
}

void canvas_circle(Canvas *c, float x, float y, float radius, Color color) {
    if (c->vector)
        vector_circle(c->vector, canvas_clip(c), (Point){x, y}, radius, color);
    else
        raster_circle(&c->picture, canvas_clip(c), (Point){x, y}, radius,
                      color);
}

/* White on black: any channel is the coverage. */
static void make_dot(Canvas *c, int radius) {
    uint32_t px[sizeof c->dot / sizeof *c->dot] = {0};
    const int side = 2 * radius;
    Pixmap p = {px, side, side, side};
    raster_circle(&p, (Rect){0, 0, side, side},
                  (Point){(float)radius, (float)radius}, (float)radius,
                  (Color){255, 255, 255, 255});
    for (int i = 0; i < side * side; i++)
        c->dot[i] = (uint8_t)px[i];
    c->dot_radius = radius;
}

void canvas_dot(Canvas *c, int x, int y, int radius, Color color) {
    const int side = 2 * radius;
    if (c->vector || radius < 1 || radius > DOT_RADIUS_MAX) {
        canvas_circle(c, (float)x, (float)y, (float)radius, color);
        return;
    }
    if (c->dot_radius != radius) make_dot(c, radius);
    raster_mask(&c->picture, canvas_clip(c), x - radius, y - radius, c->dot,
                side, side, side, color);
}

void canvas_poly(Canvas *c, const Point *pts, int n, Color color) {
    if (c->vector)
        vector_poly(c->vector, canvas_clip(c), pts, n, color);
    else
        raster_poly(&c->picture, canvas_clip(c), pts, n, color);
}

void canvas_ribbon(Canvas *c, float x0, float top0, float bottom0, float x1,
                   float top1, float bottom1, Color color) {
    if (c->vector)
        vector_ribbon(c->vector, canvas_clip(c), x0, top0, bottom0, x1, top1,
                      bottom1, color);
    else
        raster_ribbon(&c->picture, canvas_clip(c), x0, top0, bottom0, x1, top1,
                      bottom1, color);
}

void canvas_cells(Canvas *c, Rect r, const Color *cells, int rows, int cols,
                  int gap) {
    if (c->vector)
        vector_cells(c->vector, canvas_clip(c), r, cells, rows, cols, gap);
    else
        raster_cells(&c->picture, canvas_clip(c), r, cells, rows, cols, gap);
}

void canvas_picture(Canvas *c, Rect r, const Pixmap *from, float alpha) {
    if (c->vector)
        vector_picture(c->vector, canvas_clip(c), r, from, alpha);
    else
        raster_picture(&c->picture, canvas_clip(c), r, from,
                       (uint8_t)lroundf(alpha * 255));
}

/* A strip of the pattern, [period][width], a row of squares whose lines
 * continue in the next one. */
static void hatch_strip(uint8_t *strip, int width, int period,
                        float thickness) {
    uint8_t cover[HATCH_PERIOD_MAX] = {0};
    float half_width = thickness * sqrtf(2) / 2; /* along a row of pixels */
    for (int i = 0; i < period; i++) {
        float off = fabsf((float)i - (float)period / 2);
        cover[i] =
            (uint8_t)lroundf(255 * fminf(fmaxf(half_width + 0.5f - off, 0), 1));
    }
    for (int x = 0, i = 0; x < width; x++, i = i + 1 < period ? i + 1 : 0)
        strip[x] = cover[i];
    for (int y = 1; y < period; y++) { /* one pixel to the left of that above */
        uint8_t *row = strip + (size_t)y * (size_t)width;
        memcpy(row, row - width + 1, (size_t)width - 1);
        row[width - 1] = cover[(width - 1 + y) % period];
    }
}

void canvas_gradient(Canvas *c, Rect r, const Gradient *g) {
    if (c->vector)
        vector_gradient(c->vector, canvas_clip(c), r, g);
    else
        gradient_fill(&c->picture, canvas_clip(c), r, g);
}

void canvas_hatch(Canvas *c, Rect r, Color color) {
    Rect clip = rect_intersect(r, canvas_clip(c));
    if (clip.w == 0 || clip.h == 0) return;
    int period = canvas_u(c, 6);
    if (period < 3) period = 3;
    if (period > HATCH_PERIOD_MAX) period = HATCH_PERIOD_MAX;
    const float thickness = fmaxf(c->scale * 1.2f, 1);
    if (c->vector) {
        vector_hatch(c->vector, clip, r, period, thickness, color);
        return;
    }
    /* On a grid of the picture's, so that neighbours' lines meet. */
    const int left = clip.x / period * period, end = clip.x + clip.w;
    const int width = end - left < HATCH_WIDTH_MAX
                          ? end - left
                          : HATCH_WIDTH_MAX / period * period;
    uint8_t strip[HATCH_PERIOD_MAX * HATCH_WIDTH_MAX];
    hatch_strip(strip, width, period, thickness);
    for (int y = clip.y / period * period; y < clip.y + clip.h; y += period)
        for (int x = left; x < end; x += width)
            raster_mask(&c->picture, clip, x, y, strip, width, period, width,
                        color);
}

/* ---- text ---------------------------------------------------------------- */

float canvas_text_px(const Canvas *c, float size) {
    return fmaxf(size * c->scale, c->text_min_px);
}

void canvas_set_density(Canvas *c, float density) {
    c->text_min_px = CANVAS_TEXT_MIN_PX * density;
}

static float size_px(const Canvas *c, TextStyle style) {
    return canvas_text_px(c, style.size);
}

void canvas_begin(Canvas *c) {
    c->n_texts = 0;
}

const TextMark *canvas_texts(const Canvas *c, int *n) {
    *n = c->n_texts;
    return c->texts;
}

static bool is_blank(const char *text, int len) {
    int i = 0;
    while (i < len && text[i] == ' ')
        i++;
    return i == len;
}

static void note_text(Canvas *c, TextStyle style, int x, int y, int width,
                      const char *text, int len) {
    if (c->n_texts == CANVAS_TEXTS_MAX || is_blank(text, len)) return;
    TextMark *m = &c->texts[c->n_texts];
    *m = (TextMark){.x = (float)x,
                    .y = (float)y,
                    .w = (float)width,
                    .cap = (float)canvas_metrics(c, style).cap,
                    .angle = style.angle,
                    .size_px = size_px(c, style),
                    .clip = canvas_clip(c)};
    snprintf(m->text, sizeof m->text, "%.*s", len, text);
    Rect seen = rect_intersect(textmark_bounds(m), m->clip);
    if (seen.w > 0 && seen.h > 0) c->n_texts++;
}

/* style's face, angle and colour; x is the left end. */
static void put_text(Canvas *c, TextStyle style, float size, int x, int y,
                     const char *text, int len) {
    TextMask m;
    const Rect clip = canvas_clip(c);
    if (clip.w == 0 || clip.h == 0) return; /* a frame drawn onto nothing */
    if (c->vector)
        vector_text(c->vector, clip, style.face, size, style.angle, x, y, text,
                    len, style.color);
    else if (fonts_mask(c->fonts, style.face, size, style.angle, text, len,
                        &m) &&
             m.w > 0)
        raster_mask(&c->picture, clip, x - m.origin_x, y - m.origin_y,
                    m.coverage, m.w, m.h, m.w, style.color);
}

static int width_of(Canvas *c, TextStyle style, const char *text, int len) {
    const float size = size_px(c, style);
    return c->vector || style.angle != 0
               ? fonts_width(c->fonts, style.face, size, text, len)
               : fonts_width_drawn(c->fonts, style.face, size, text, len);
}

static int draw_text(Canvas *c, TextStyle style, int x, int y, const char *text,
                     int len) {
    float size = size_px(c, style);
    int width = width_of(c, style, text, len);
    float back = style.align == ALIGN_LEFT     ? 0
                 : style.align == ALIGN_CENTER ? (float)width / 2
                                               : (float)width;
    double turn = style.angle * acos(-1) / 180;
    x -= (int)lround(back * cos(turn));
    y += (int)lround(back * sin(turn));
    note_text(c, style, x, y, width, text, len);
    put_text(c, style, size, x, y, text, len);
    return width;
}

void canvas_letters(Canvas *c, Face face, float size_px, Color color, int x,
                    int y, const char *text, int len) {
    put_text(c, (TextStyle){.face = face, .color = color}, size_px, x, y, text,
             len);
}

void canvas_note(Canvas *c, int x, int y, int w, float size_px,
                 const char *text, int len) {
    const TextStyle style = {.face = FACE_SANS, .size = size_px / c->scale};
    note_text(c, style, x, y, w, text, len);
}

int canvas_text(Canvas *c, TextStyle style, int x, int y, const char *text) {
    return draw_text(c, style, x, y, text, (int)strlen(text));
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* Where to cut instead of within a byte written as <XX>, which cut is none. */
static int before_byte(const char *text, int cut) {
    for (int i = cut - 1; i >= 0 && i > cut - 4; i--)
        if (text[i] == '<' && is_hex(text[i + 1]) && is_hex(text[i + 2]) &&
            text[i + 3] == '>')
            return i;
    return cut;
}

int canvas_text_fit(Canvas *c, TextStyle style, int x, int y, int max_w,
                    const char *text) {
    static const char ellipsis[] = "\u2026", box[] = "\u2423";
    int len = (int)strlen(text);
    float size = size_px(c, style);
    if (len <= FONTS_TEXT_MAX && width_of(c, style, text, len) <= max_w)
        return draw_text(c, style, x, y, text, len);

    /* One pixel for rounding: two widths may be a little less than one. */
    int room = max_w - canvas_text_width(c, style, ellipsis) - 1;
    if (room < 0) return 0;
    if (len > FONTS_TEXT_MAX) len = FONTS_TEXT_MAX;
    int kept = fonts_fit(c->fonts, style.face, size, text, len, room);
    kept = before_byte(text, kept);
    while (kept > 0 && text[kept - 1] == ' ')
        kept--;
    /* An ellipsis alone names nothing, nor does a blank. */
    if (kept == 0 || (kept == (int)sizeof box - 1 &&
                      strncmp(text, box, sizeof box - 1) == 0))
        return 0;
    char cut[FONTS_TEXT_MAX + sizeof ellipsis];
    memcpy(cut, text, kept);
    memcpy(cut + kept, ellipsis, sizeof ellipsis);
    const int before = c->n_texts;
    const int w = canvas_text(c, style, x, y, cut);
    if (c->n_texts > before) c->texts[before].is_cut = true;
    return w;
}

int canvas_text_either(Canvas *c, TextStyle style, int x, int y, int max_w,
                       const char *text, const char *shorter) {
    const bool fits = canvas_text_width(c, style, text) <= max_w;
    return canvas_text_fit(c, style, x, y, max_w, fits ? text : shorter);
}

/* Where the last phrase of text[0..n) begins: what stands before it can be read
 * alone.  0: it is the first. */
static size_t phrase_before(const char *text, size_t n) {
    static const char *const ends[] = {", ", "; ", " · ", " ("};
    for (size_t at = n; at-- > 1;)
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (text[at - 1] != ' ' &&
                strncmp(text + at, ends[i], strlen(ends[i])) == 0)
                return at;
    return 0;
}

int canvas_text_phrases(Canvas *c, TextStyle style, int x, int y, int max_w,
                        const char *text) {
    char part[FONTS_TEXT_MAX + 1];
    snprintf(part, sizeof part, "%s", text);
    while (part[0] && canvas_text_width(c, style, part) > max_w)
        part[phrase_before(part, strlen(part))] = '\0';
    return part[0] ? canvas_text(c, style, x, y, part) : 0;
}

int canvas_text_row(Canvas *c, TextStyle style, int x, int y, int h,
                    const char *text) {
    int cap = canvas_metrics(c, style).cap;
    return canvas_text(c, style, x, y + (h + cap) / 2, text);
}

int canvas_text_width(Canvas *c, TextStyle style, const char *text) {
    return width_of(c, style, text, (int)strlen(text));
}

bool canvas_has(Canvas *c, Face face, const char *text) {
    return fonts_has(c->fonts, face, text, (int)strlen(text));
}

FontMetrics canvas_metrics(Canvas *c, TextStyle style) {
    return fonts_metrics(c->fonts, style.face, size_px(c, style));
}

int canvas_textf(Canvas *c, TextStyle style, int x, int y, const char *fmt,
                 ...) {
    char text[FONTS_TEXT_MAX + 1];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return canvas_text(c, style, x, y, text);
}
