/* The shapes, and the file: cairo's surfaces write through write_bytes. */
#include "viz/paint/vector_private.h"

#include "engine/base/utf8.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CELLS_MAX   4096 /* rectangles; more cells are a picture */
#define CELL_COPIES 8    /* pixels of that picture, a side of a cell */
#define QUARTER     1.5707963267948966

/* ---- the file ------------------------------------------------------------ */

static cairo_status_t write_bytes(void *to, const unsigned char *data,
                                  unsigned int n) {
    Vector *v = to;
    if (n > VECTOR_BYTES_MAX - v->size) v->too_large = true;
    if (v->too_large) return CAIRO_STATUS_WRITE_ERROR;
    if (n > v->capacity - v->size) {
        const size_t capacity = v->capacity * 2 + n + 65536;
        uint8_t *out = realloc(v->out, capacity);
        if (!out) return CAIRO_STATUS_NO_MEMORY;
        v->out = out;
        v->capacity = capacity;
    }
    memcpy(v->out + v->size, data, n);
    v->size += n;
    return CAIRO_STATUS_SUCCESS;
}

static bool check(const Vector *v, cairo_status_t status, Err *err) {
    if (v->too_large)
        return err_set(err, ERR_LIMIT, 0, "picture: more than %u bytes",
                       VECTOR_BYTES_MAX);
    if (status == CAIRO_STATUS_SUCCESS) return true;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return err_memory(err, "picture", v->capacity);
    return err_set(err, ERR_FORMAT, 0, "cairo: %s",
                   cairo_status_to_string(status));
}

Vector *vector_open(VectorKind kind, Fonts *fonts, Err *err) {
    Vector *v = calloc(1, sizeof *v);
    if (!v) {
        err_memory(err, "picture", sizeof *v);
        return NULL;
    }
    v->kind = kind;
    v->fonts = fonts;
    return v;
}

void vector_close(Vector *v) {
    if (!v) return;
    if (v->cr) cairo_destroy(v->cr);
    if (v->surface) cairo_surface_destroy(v->surface);
    vector_close_fonts(v);
    free(v->title);
    free(v->subject);
    free(v->out);
    free(v);
}

/* cairo refuses a whole file for one byte that is no UTF-8. */
static char *copy(const char *text) {
    const size_t n = strlen(text);
    char *out = malloc(n + 1);
    if (!out) return NULL;
    memcpy(out, text, n + 1);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const int len = utf8_decode(text + i, n - i, &cp);
        if (cp == UTF8_BAD) memset(out + i, '?', (size_t)len);
        i += (size_t)len;
    }
    return out;
}

void vector_title(Vector *v, const char *title) {
    free(v->title);
    v->title = copy(title);
}

void vector_subject(Vector *v, const char *subject) {
    free(v->subject);
    v->subject = copy(subject);
}

/* "2026-11-29T17:46:47Z" of SOURCE_DATE_EPOCH, as builds that shall be
 * repeated set it; else of 1970. */
static void date_text(char out[32]) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    const long long s = epoch ? strtoll(epoch, &end, 10) : 0;
    const bool given = epoch && end != epoch && *end == '\0' && s >= 0;
    const time_t at = given && s < 253402300800 ? (time_t)s : 0;
    struct tm tm;
    if (!gmtime_r(&at, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
        snprintf(out, 32, "1970-01-01T00:00:00Z");
}

static void open_surface(Vector *v, double w, double h) {
    char date[32];
    if (v->kind == VECTOR_SVG) {
        v->surface = cairo_svg_surface_create_for_stream(write_bytes, v, w, h);
        return;
    }
    v->surface = cairo_pdf_surface_create_for_stream(write_bytes, v, w, h);
    date_text(date);
    const struct {
        cairo_pdf_metadata_t key;
        const char *text;
    } said[] = {{CAIRO_PDF_METADATA_CREATE_DATE, date},
                {CAIRO_PDF_METADATA_CREATOR, "llantern " LLANTERN_VERSION},
                {CAIRO_PDF_METADATA_TITLE, v->title},
                {CAIRO_PDF_METADATA_SUBJECT, v->subject}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].text)
            cairo_pdf_surface_set_metadata(v->surface, said[i].key,
                                           said[i].text);
}

static bool check_page(const Vector *v, double w, double h, Err *err) {
    if (v->n_pages == (v->kind == VECTOR_PDF ? VECTOR_PAGES_MAX : 1))
        return err_set(err, ERR_LIMIT, 0, "picture: more than %d pages",
                       v->n_pages);
    if (w >= 1 && h >= 1 && w <= VECTOR_SIDE_MAX && h <= VECTOR_SIDE_MAX)
        return true;
    return err_set(err, ERR_LIMIT, 0,
                   "picture: found a page of %.0f x %.0f points, need 1 to %d",
                   w, h, VECTOR_SIDE_MAX);
}

bool vector_page(Vector *v, int w, int h, double points, Err *err) {
    if (!check_page(v, w * points, h * points, err)) return false;
    if (!v->surface)
        open_surface(v, w * points, h * points);
    else {
        cairo_show_page(v->cr);
        cairo_destroy(v->cr);
        cairo_pdf_surface_set_size(v->surface, w * points, h * points);
    }
    v->cr = cairo_create(v->surface);
    v->n_pages++;
    cairo_matrix_init_scale(&v->page, points, points);
    cairo_set_matrix(v->cr, &v->page);
    return check(v, cairo_status(v->cr), err);
}

void vector_entry(Vector *v, const char *text) {
    char where[64];
    snprintf(where, sizeof where, "page=%d", v->n_pages);
    char *entry = copy(text);
    if (entry)
        cairo_pdf_surface_add_outline(v->surface, CAIRO_PDF_OUTLINE_ROOT, entry,
                                      where, 0);
    free(entry);
}

void vector_place(Vector *v, int x, int y, double scale) {
    cairo_matrix_t m = v->page;
    cairo_matrix_translate(&m, x, y);
    cairo_matrix_scale(&m, scale, scale);
    cairo_set_matrix(v->cr, &m);
}

bool vector_finish(Vector *v, uint8_t **out, size_t *size, Err *err) {
    cairo_show_page(v->cr);
    cairo_status_t status = cairo_status(v->cr);
    cairo_destroy(v->cr);
    v->cr = NULL;
    cairo_surface_finish(v->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(v->surface);
    if (!check(v, status, err)) return false;
    *out = v->out;
    *size = v->size;
    v->out = NULL;
    return true;
}

/* ---- shapes -------------------------------------------------------------- */

static void set_color(Vector *v, Color c) {
    cairo_set_source_rgba(v->cr, c.r / 255.0, c.g / 255.0, c.b / 255.0,
                          c.a / 255.0);
}

static void path_rect(Vector *v, Rect r) {
    cairo_rectangle(v->cr, r.x, r.y, r.w, r.h);
}

bool vector_begin_shape(Vector *v, Rect clip, Rect reach, Color c) {
    const Rect seen = rect_intersect(clip, reach);
    if (seen.w <= 0 || seen.h <= 0 || c.a == 0) return false;
    cairo_save(v->cr);
    if (memcmp(&seen, &reach, sizeof seen) != 0) {
        path_rect(v, clip);
        cairo_clip(v->cr);
    }
    set_color(v, c);
    return true;
}

void vector_end_shape(Vector *v) {
    cairo_restore(v->cr);
}

void vector_fill(Vector *v, Rect clip, Rect r, Color c) {
    r = rect_intersect(clip, r);
    if (r.w <= 0 || r.h <= 0 || c.a == 0) return;
    set_color(v, c);
    path_rect(v, r);
    cairo_fill(v->cr);
}

static int whole(float x) {
    return (int)fminf(fmaxf(x, -1e6f), 1e6f);
}

static Rect bounds(const Point *pts, int n, float more) {
    float x0 = pts[0].x, x1 = x0, y0 = pts[0].y, y1 = y0;
    for (int i = 1; i < n; i++) {
        x0 = fminf(x0, pts[i].x);
        x1 = fmaxf(x1, pts[i].x);
        y0 = fminf(y0, pts[i].y);
        y1 = fmaxf(y1, pts[i].y);
    }
    const int x = whole(floorf(x0 - more)), y = whole(floorf(y0 - more));
    return (Rect){x, y, whole(ceilf(x1 + more)) - x,
                  whole(ceilf(y1 + more)) - y};
}

void vector_poly(Vector *v, Rect clip, const Point *pts, int n, Color c) {
    if (n < 3 || !vector_begin_shape(v, clip, bounds(pts, n, 0), c)) return;
    for (int i = 0; i < n; i++)
        cairo_line_to(v->cr, (double)pts[i].x, (double)pts[i].y);
    cairo_fill(v->cr);
    vector_end_shape(v);
}

static void path_round(Vector *v, double x, double y, double w, double h,
                       double radius) {
    cairo_new_sub_path(v->cr);
    cairo_arc(v->cr, x + w - radius, y + radius, radius, -QUARTER, 0);
    cairo_arc(v->cr, x + w - radius, y + h - radius, radius, 0, QUARTER);
    cairo_arc(v->cr, x + radius, y + h - radius, radius, QUARTER, 2 * QUARTER);
    cairo_arc(v->cr, x + radius, y + radius, radius, 2 * QUARTER, 3 * QUARTER);
    cairo_close_path(v->cr);
}

void vector_round(Vector *v, Rect clip, Rect r, float radius, float thickness,
                  Color c) {
    if (r.w <= 0 || r.h <= 0 || !vector_begin_shape(v, clip, r, c)) return;
    const double half = (r.w < r.h ? r.w : r.h) / 2.0;
    const double outer = fmin(fmax((double)radius, 0), half);
    const double line = (double)thickness;
    path_round(v, r.x, r.y, r.w, r.h, outer);
    if (line > 0 && line < half) {
        cairo_set_fill_rule(v->cr, CAIRO_FILL_RULE_EVEN_ODD);
        path_round(v, r.x + line, r.y + line, r.w - 2 * line, r.h - 2 * line,
                   fmax(outer - line, 0));
    }
    cairo_fill(v->cr);
    vector_end_shape(v);
}

void vector_line(Vector *v, Rect clip, Point a, Point b, float thickness,
                 Color c) {
    const Point ends[2] = {a, b};
    if (!(hypotf(b.x - a.x, b.y - a.y) > 0)) return;
    if (!vector_begin_shape(v, clip, bounds(ends, 2, thickness), c)) return;
    cairo_set_line_width(v->cr, (double)thickness);
    cairo_move_to(v->cr, (double)a.x, (double)a.y);
    cairo_line_to(v->cr, (double)b.x, (double)b.y);
    cairo_stroke(v->cr);
    vector_end_shape(v);
}

void vector_circle(Vector *v, Rect clip, Point center, float radius, Color c) {
    if (!(radius > 0) || !isfinite(radius)) return;
    if (!vector_begin_shape(v, clip, bounds(&center, 1, radius), c)) return;
    cairo_arc(v->cr, (double)center.x, (double)center.y, (double)radius, 0,
              4 * QUARTER);
    cairo_fill(v->cr);
    vector_end_shape(v);
}

void vector_ribbon(Vector *v, Rect clip, float x0, float top0, float bottom0,
                   float x1, float top1, float bottom1, Color c) {
    const Point corners[4] = {
        {x0, top0}, {x0, bottom0}, {x1, top1}, {x1, bottom1}};
    if (!vector_begin_shape(v, clip, bounds(corners, 4, 0), c)) return;
    const double from = (double)x0, to = (double)x1, mid = (from + to) / 2;
    cairo_move_to(v->cr, from, (double)top0);
    cairo_curve_to(v->cr, mid, (double)top0, mid, (double)top1, to,
                   (double)top1);
    cairo_line_to(v->cr, to, (double)bottom1);
    cairo_curve_to(v->cr, mid, (double)bottom1, mid, (double)bottom0, from,
                   (double)bottom0);
    cairo_close_path(v->cr);
    cairo_fill(v->cr);
    vector_end_shape(v);
}

/* Lines where x + y is half a period past a whole number of them. */
void vector_hatch(Vector *v, Rect clip, Rect r, int period, float thickness,
                  Color c) {
    r = rect_intersect(clip, r);
    if (r.w <= 0 || r.h <= 0) return;
    cairo_save(v->cr);
    path_rect(v, r);
    cairo_clip(v->cr);
    set_color(v, c);
    cairo_set_line_width(v->cr, (double)thickness);
    const int last = r.x + r.w + r.y + r.h;
    for (int at = (r.x + r.y) / period * period; at <= last; at += period) {
        const double sum = at + period / 2.0;
        cairo_move_to(v->cr, r.x - 1, sum - r.x + 1);
        cairo_line_to(v->cr, r.x + r.w + 1, sum - r.x - r.w - 1);
    }
    cairo_stroke(v->cr);
    cairo_restore(v->cr);
}

static void add_stop(cairo_pattern_t *p, float at, Color c) {
    cairo_pattern_add_color_stop_rgba(p, (double)at, c.r / 255.0, c.g / 255.0,
                                      c.b / 255.0, c.a / 255.0);
}

/* Colours may stand beyond what is filled, where cairo knows none. */
static void add_stops(cairo_pattern_t *p, const Gradient *g) {
    if (g->at[0] != 0) add_stop(p, 0, gradient_color(g, 0));
    for (int i = 0; i < g->n; i++)
        if (g->at[i] >= 0 && g->at[i] <= 1) add_stop(p, g->at[i], g->colors[i]);
    if (g->at[g->n - 1] != 1) add_stop(p, 1, gradient_color(g, 1));
}

/* As gradient_fill places its colours. */
void vector_gradient(Vector *v, Rect clip, Rect r, const Gradient *g) {
    const Rect seen = rect_intersect(clip, r);
    if (seen.w <= 0 || seen.h <= 0) return;
    const double turn = (double)g->angle * QUARTER / 90;
    const double dx = sin(turn), dy = -cos(turn), w = r.w / 2.0, h = r.h / 2.0;
    const double x = r.x + w, y = r.y + h;
    const double reach = fabs(w * dx) + fabs(h * dy);
    cairo_pattern_t *p =
        g->radial ? cairo_pattern_create_radial(x, y, 0, x, y, hypot(w, h))
                  : cairo_pattern_create_linear(x - reach * dx, y - reach * dy,
                                                x + reach * dx, y + reach * dy);
    add_stops(p, g);
    cairo_set_source(v->cr, p);
    path_rect(v, seen);
    cairo_fill(v->cr);
    cairo_pattern_destroy(p);
}

/* ---- pictures ------------------------------------------------------------ */

static uint32_t premultiplied(uint32_t argb) {
    const uint32_t a = argb >> 24;
    uint32_t out = a << 24;
    for (int shift = 0; shift < 24; shift += 8)
        out |= ((argb >> shift & 255) * a + 127) / 255 << shift;
    return out;
}

/* A picture that is shown on several pages is in the file once. */
static void name_picture(cairo_surface_t *s, const uint32_t *px, size_t n) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ px[i]) * 1099511628211u;
    char *name = malloc(64);
    if (!name) return;
    const int len = snprintf(name, 64, "%zu-%016" PRIx64, n, hash);
    if (cairo_surface_set_mime_data(s, CAIRO_MIME_TYPE_UNIQUE_ID,
                                    (unsigned char *)name, (unsigned long)len,
                                    free, name) != CAIRO_STATUS_SUCCESS)
        free(name);
}

/* w x h pixels, not smoothed, scaled to fill r. */
static void paint_pixels(Vector *v, Rect clip, Rect r, cairo_surface_t *s,
                         bool smooth, double alpha) {
    const Color opaque = {0, 0, 0, 255};
    if (!vector_begin_shape(v, clip, r, opaque)) return;
    const double w = cairo_image_surface_get_width(s);
    const double h = cairo_image_surface_get_height(s);
    cairo_translate(v->cr, r.x, r.y);
    cairo_scale(v->cr, r.w / w, r.h / h);
    cairo_set_source_surface(v->cr, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(v->cr),
                             smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_paint_with_alpha(v->cr, alpha);
    vector_end_shape(v);
}

/* An empty picture whose pixels begin at *px; NULL when out of memory. */
static cairo_surface_t *new_pixels(int w, int h, uint32_t **px, int *stride) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
    if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(s);
        return NULL;
    }
    cairo_surface_flush(s);
    *px = (uint32_t *)(void *)cairo_image_surface_get_data(s);
    *stride = cairo_image_surface_get_stride(s) / 4;
    return s;
}

/* At twice the pixels of its place at the most: what more of them would show
 * only a magnifier sees. */
void vector_picture(Vector *v, Rect clip, Rect r, const Pixmap *from,
                    float alpha) {
    if (r.w <= 0 || r.h <= 0 || from->w <= 0 || from->h <= 0) return;
    const int w = from->w < 2 * r.w ? from->w : 2 * r.w;
    const int h = from->h < 2 * r.h ? from->h : 2 * r.h;
    uint32_t *px;
    int stride;
    cairo_surface_t *s = new_pixels(w, h, &px, &stride);
    if (!s) return;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            px[(size_t)y * stride + x] =
                premultiplied(raster_sample(from, x, y, w, h));
    cairo_surface_mark_dirty(s); /* first: one that has a name stays as it is */
    name_picture(s, px, (size_t)stride * h);
    paint_pixels(v, clip, r, s, true, (double)alpha);
    cairo_surface_destroy(s);
}

static int edge(int i, int n, int size) {
    return (int)(((int64_t)i * size * 2 + n) / ((int64_t)n * 2));
}

static int lesser(int a, int b) {
    return a < b ? a : b;
}

/* Cells with gaps, each a rectangle. */
static void cell_shapes(Vector *v, Rect clip, Rect r, const Color *cells,
                        int rows, int cols, int gap) {
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++) {
            const int x = edge(j, cols, r.w), y = edge(i, rows, r.h);
            int w = edge(j + 1, cols, r.w) - x;
            int h = edge(i + 1, rows, r.h) - y;
            if (w > gap) w -= gap;
            if (h > gap) h -= gap;
            vector_fill(v, clip, (Rect){r.x + x, r.y + y, w, h},
                        cells[i * cols + j]);
        }
}

/* Cells that touch are one picture: the edges of rectangles would shine through
 * at sizes where they lie between pixels.  Each cell is several of its pixels,
 * where a reader smooths all the same; of more cells than it has room for, the
 * nearest are taken. */
static void cell_pixels(Vector *v, Rect clip, Rect r, const Color *cells,
                        int rows, int cols) {
    const int w = cols > r.w ? r.w : lesser(cols * CELL_COPIES, r.w);
    const int h = rows > r.h ? r.h : lesser(rows * CELL_COPIES, r.h);
    const int kw = w / cols > 1 ? w / cols : 1;
    const int kh = h / rows > 1 ? h / rows : 1;
    const int pw = cols > r.w ? r.w : cols * kw;
    const int ph = rows > r.h ? r.h : rows * kh;
    uint32_t *px;
    int stride;
    cairo_surface_t *s = new_pixels(pw, ph, &px, &stride);
    if (!s) return;
    for (int y = 0; y < ph; y++)
        for (int x = 0; x < pw; x++) {
            const int i = (int)((2 * (int64_t)y + 1) * rows / (2LL * ph));
            const int j = (int)((2 * (int64_t)x + 1) * cols / (2LL * pw));
            const Color c = cells[(size_t)i * cols + j];
            px[(size_t)y * stride + x] =
                premultiplied((uint32_t)c.a << 24 | (uint32_t)c.r << 16 |
                              (uint32_t)c.g << 8 | c.b);
        }
    cairo_surface_mark_dirty(s);
    paint_pixels(v, clip, r, s, false, 1);
    cairo_surface_destroy(s);
}

void vector_cells(Vector *v, Rect clip, Rect r, const Color *cells, int rows,
                  int cols, int gap) {
    if (r.w <= 0 || r.h <= 0 || rows <= 0 || cols <= 0) return;
    const bool few = rows <= CELLS_MAX && cols <= CELLS_MAX &&
                     rows * cols <= CELLS_MAX && rows <= r.h && cols <= r.w;
    if (few && (gap > 0 || rows * cols == 1))
        cell_shapes(v, clip, r, cells, rows, cols, gap);
    else
        cell_pixels(v, clip, r, cells, rows, cols);
}
