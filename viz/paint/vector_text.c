/* Text: HarfBuzz shapes each piece of one font as SDL_ttf does on a canvas of
 * pixels, and cairo embeds its letters.  The pieces' places and widths are the
 * canvas's, so that what was laid out for pixels fits here, too. */
#include "viz/paint/vector_private.h"

#include "engine/base/utf8.h"

#include <cairo-ft.h>
#include <hb-ot.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE_SHIFT 16  /* a FontFile's index: the named instance, from 1 */
#define STRETCH_MOST   1.3 /* between a width in whole pixels and the font's */

/* ---- font files ---------------------------------------------------------- */

/* What cairo keeps a font by, until it no longer does. */
typedef struct Kept {
    FT_Library library;
    FT_Face face;
} Kept;

static void let_go(void *p) {
    Kept *k = p;
    if (k->face) FT_Done_Face(k->face);
    if (k->library) FT_Done_FreeType(k->library);
    free(k);
}

static cairo_font_face_t *open_face(const char *path, long index) {
    static const cairo_user_data_key_t key;
    Kept *k = calloc(1, sizeof *k);
    if (!k) return NULL;
    if (FT_Init_FreeType(&k->library) != 0 ||
        FT_New_Face(k->library, path, index, &k->face) != 0) {
        let_go(k);
        return NULL;
    }
    cairo_font_face_t *face =
        cairo_ft_font_face_create_for_ft_face(k->face, FT_LOAD_NO_HINTING);
    const cairo_status_t status = cairo_font_face_status(face);
    if (status == CAIRO_STATUS_SUCCESS &&
        cairo_font_face_set_user_data(face, &key, k, let_go) ==
            CAIRO_STATUS_SUCCESS)
        return face;
    cairo_font_face_destroy(face);
    let_go(k);
    return NULL;
}

static hb_font_t *open_shape(const char *path, long index, int *em) {
    hb_blob_t *blob = hb_blob_create_from_file(path);
    hb_face_t *face =
        hb_face_create(blob, (unsigned)(index & ((1L << INSTANCE_SHIFT) - 1)));
    hb_font_t *font = hb_font_create(face);
    const long instance = index >> INSTANCE_SHIFT;
    *em = (int)hb_face_get_upem(face);
    hb_font_set_scale(font, *em, *em);
    if (instance > 0)
        hb_font_set_var_named_instance(font, (unsigned)(instance - 1));
    hb_face_destroy(face);
    hb_blob_destroy(blob);
    return font;
}

/* The open file of a piece; NULL: it cannot be used. */
static const VectorFont *open_font(Vector *v, const FontPiece *piece) {
    for (int i = 0; i < v->n_fonts; i++) {
        const VectorFont *f = &v->font_files[i];
        if (f->index == piece->index && strcmp(f->path, piece->path) == 0)
            return f->face ? f : NULL;
    }
    if (v->n_fonts == VECTOR_FONTS_MAX) return NULL;
    VectorFont *f = &v->font_files[v->n_fonts];
    const size_t size = strlen(piece->path) + 1;
    f->path = malloc(size);
    if (!f->path) return NULL;
    memcpy(f->path, piece->path, size);
    f->index = piece->index;
    f->face = open_face(f->path, f->index);
    f->shape = open_shape(f->path, f->index, &f->em);
    v->n_fonts++;
    return f->face ? f : NULL;
}

void vector_close_fonts(Vector *v) {
    for (int i = 0; i < v->n_fonts; i++) {
        VectorFont *f = &v->font_files[i];
        if (f->face) cairo_font_face_destroy(f->face);
        hb_font_destroy(f->shape);
        free(f->path);
    }
}

/* ---- pieces -------------------------------------------------------------- */

typedef struct Text {
    Vector *v;
    Face face;
    float size_px;
    Color color;
} Text;

/* The letters of a shaped piece, its origin at (x, 0). */
typedef struct Letters {
    cairo_glyph_t glyphs[FONTS_TEXT_MAX];
    int n;
    cairo_text_cluster_t clusters[FONTS_TEXT_MAX];
    int n_clusters;
} Letters;

/* Code is drawn as written: what joins its signs is off. */
static hb_buffer_t *shape(const VectorFont *f, Face face, const FontPiece *p) {
    static const hb_feature_t apart[] = {
        {HB_TAG('c', 'a', 'l', 't'), 0, 0, HB_FEATURE_GLOBAL_END},
        {HB_TAG('l', 'i', 'g', 'a'), 0, 0, HB_FEATURE_GLOBAL_END},
    };
    const bool code = face == FACE_MONO || face == FACE_MONO_BOLD;
    hb_buffer_t *b = hb_buffer_create();
    hb_buffer_add_utf8(b, p->text, p->len, 0, p->len);
    hb_buffer_set_direction(b, p->right_to_left ? HB_DIRECTION_RTL
                                                : HB_DIRECTION_LTR);
    hb_buffer_set_script(b, hb_script_from_string(p->script, -1));
    hb_buffer_guess_segment_properties(b);
    hb_shape(f->shape, b, apart, code ? 2 : 0);
    return b;
}

/* From the font's units to pixels, and to the width that the canvas gave. */
static void place_letters(const FontPiece *p, hb_buffer_t *b, int em,
                          Letters *out) {
    unsigned n;
    const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(b, &n);
    const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(b, NULL);
    const double unit = (double)p->size_px / em;
    double width = 0, pen = 0;
    if (n > FONTS_TEXT_MAX) n = FONTS_TEXT_MAX;
    for (unsigned i = 0; i < n; i++)
        width += at[i].x_advance * unit;
    double stretch = width > 0 ? p->advance / width : 1;
    if (!(stretch < STRETCH_MOST && stretch > 1 / STRETCH_MOST)) stretch = 1;
    for (unsigned i = 0; i < n; i++) {
        out->glyphs[i] =
            (cairo_glyph_t){.index = info[i].codepoint,
                            .x = p->x + (pen * stretch + at[i].x_offset) * unit,
                            .y = -at[i].y_offset * unit};
        pen += at[i].x_advance;
    }
    out->n = (int)n;
}

/* Which bytes which letters stand for, in the order of the bytes.  Letters
 * stand from left to right; of a text from right to left the last come
 * first. */
static void find_clusters(const FontPiece *p, hb_buffer_t *b, Letters *out) {
    const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(b, NULL);
    const int n = out->n;
    out->n_clusters = 0;
    for (int i = 0; i < n;) {
        const unsigned from = info[p->right_to_left ? n - 1 - i : i].cluster;
        unsigned to = (unsigned)p->len;
        int k = i;
        for (; k < n; k++) {
            const unsigned c = info[p->right_to_left ? n - 1 - k : k].cluster;
            if (c == from) continue;
            to = c;
            break;
        }
        out->clusters[out->n_clusters++] = (cairo_text_cluster_t){
            .num_bytes = (int)(to - from), .num_glyphs = k - i};
        i = k;
    }
}

static void show_letters(const Text *t, const FontPiece *p,
                         const VectorFont *f) {
    Letters letters;
    hb_buffer_t *b = shape(f, t->face, p);
    place_letters(p, b, f->em, &letters);
    find_clusters(p, b, &letters);
    hb_buffer_destroy(b);
    cairo_set_font_face(t->v->cr, f->face);
    cairo_set_font_size(t->v->cr, p->size_px);
    if (!utf8_valid(p->text, (size_t)p->len)) { /* of which cairo takes none */
        cairo_show_glyphs(t->v->cr, letters.glyphs, letters.n);
        return;
    }
    cairo_show_text_glyphs(t->v->cr, p->text, p->len, letters.glyphs, letters.n,
                           letters.clusters, letters.n_clusters,
                           p->right_to_left ? CAIRO_TEXT_CLUSTER_FLAG_BACKWARD
                                            : 0);
}

/* What no font has is drawn as on pixels: a box with its number. */
static void show_mask(const Text *t, const FontPiece *p) {
    TextMask m;
    if (!fonts_mask(t->v->fonts, t->face, (float)p->size_px, 0, p->text, p->len,
                    &m) ||
        m.w == 0)
        return;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, m.w, m.h);
    if (cairo_surface_status(s) == CAIRO_STATUS_SUCCESS) {
        cairo_surface_flush(s);
        unsigned char *px = cairo_image_surface_get_data(s);
        const int stride = cairo_image_surface_get_stride(s);
        for (int y = 0; y < m.h; y++)
            memcpy(px + (size_t)y * stride, m.coverage + (size_t)y * m.w, m.w);
        cairo_surface_mark_dirty(s);
        cairo_mask_surface(t->v->cr, s, p->x - m.origin_x, -m.origin_y);
    }
    cairo_surface_destroy(s);
}

static void show_piece(void *to, const FontPiece *p) {
    const Text *t = to;
    const VectorFont *f = p->path ? open_font(t->v, p) : NULL;
    if (f)
        show_letters(t, p, f);
    else
        show_mask(t, p);
}

/* What the text may cover, whatever its letters: as far as it is turned. */
static Rect text_reach(Vector *v, Face face, float size_px, float angle, int x,
                       int y, const char *text, int len) {
    const int w = fonts_width(v->fonts, face, size_px, text, len);
    const int em = (int)ceilf(size_px) + 1;
    if (angle == 0) return (Rect){x - em, y - 2 * em, w + 2 * em, 3 * em};
    const int far = w + 2 * em;
    return (Rect){x - far, y - far, 2 * far, 2 * far};
}

void vector_text(Vector *v, Rect clip, Face face, float size_px, float angle,
                 int x, int y, const char *text, int len, Color c) {
    Text t = {v, face, size_px, c};
    const Rect reach = text_reach(v, face, size_px, angle, x, y, text, len);
    if (len <= 0 || !vector_begin_shape(v, clip, reach, c)) return;
    cairo_translate(v->cr, x, y);
    if (angle != 0) cairo_rotate(v->cr, -(double)angle * acos(-1) / 180);
    fonts_pieces(v->fonts, face, size_px, text, len, show_piece, &t);
    vector_end_shape(v);
}
