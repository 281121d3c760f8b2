/* Pictures from files.  SDL_image decodes; who is asked to and how large the
 * result may be is decided here, by the first bytes. */
#include "viz/paint/picture.h"

#include "engine/base/file.h"

#include <SDL_image.h>
#include <stdlib.h>
#include <string.h>

typedef enum Kind { NO_PICTURE, PNG, JPEG, GIF } Kind;

typedef struct Head {
    Kind kind;
    uint32_t w, h;
} Head;

static uint32_t be16(const uint8_t *p) {
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p) {
    return be16(p) << 16 | be16(p + 2);
}

static uint32_t le16(const uint8_t *p) {
    return (uint32_t)p[1] << 8 | p[0];
}

/* ---- what the head says -------------------------------------------------- */

/* Source: PNG specification, 5.2 and 11.2.2. */
static bool png_head(const uint8_t *d, size_t n, Head *out) {
    if (n < 24 || memcmp(d, "\x89PNG\r\n\x1A\n", 8) != 0) return false;
    *out = (Head){PNG, be32(d + 16), be32(d + 20)};
    return true;
}

/* A frame's marker; the three between are tables and the like. */
static bool is_frame(uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 &&
           marker != 0xC8 && marker != 0xCC;
}

/* Source: ITU-T T.81, B.1.1 and B.2.2. */
static bool jpeg_head(const uint8_t *d, size_t n, Head *out) {
    if (n < 4 || d[0] != 0xFF || d[1] != 0xD8) return false;
    *out = (Head){.kind = JPEG};
    for (size_t at = 2; n - at >= 9 && d[at] == 0xFF;) {
        if (d[at + 1] == 0xFF) { /* filling */
            at++;
            continue;
        }
        if (is_frame(d[at + 1])) {
            *out = (Head){JPEG, be16(d + at + 7), be16(d + at + 5)};
            return true;
        }
        size_t len = 2 + be16(d + at + 2);
        if (len < 4 || len > n - at) break;
        at += len;
    }
    return true;
}

/* Past a GIF's blocks of data at `at`; n when they do not end. */
static size_t skip_blocks(const uint8_t *d, size_t n, size_t at) {
    while (at < n && d[at] != 0)
        at = n - at > d[at] ? at + 1 + d[at] : n;
    return at < n ? at + 1 : n;
}

/* The larger of the screen and the first frame.
 * Source: GIF89a specification, 18 to 20 and 23. */
static bool gif_head(const uint8_t *d, size_t n, Head *out) {
    if (n < 13 || (memcmp(d, "GIF87a", 6) != 0 && memcmp(d, "GIF89a", 6) != 0))
        return false;
    *out = (Head){.kind = GIF};
    size_t at = 13 + (d[10] & 0x80 ? 3u << ((d[10] & 7) + 1) : 0);
    while (at < n && d[at] == 0x21 && n - at > 2)
        at = skip_blocks(d, n, at + 2);
    if (at >= n || d[at] != 0x2C || n - at < 10) return true;
    uint32_t w = le16(d + at + 5), h = le16(d + at + 7);
    out->w = w > le16(d + 6) ? w : le16(d + 6);
    out->h = h > le16(d + 8) ? h : le16(d + 8);
    return true;
}

static bool read_head(const File *f, Head *out, Err *err) {
    *out = (Head){0};
    if (!png_head(f->data, f->size, out) && !jpeg_head(f->data, f->size, out) &&
        !gif_head(f->data, f->size, out))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: found no picture, need PNG, JPEG or GIF", f->path);
    if (out->w == 0 || out->h == 0)
        return err_set(err, ERR_FORMAT, 0, "%s: the picture has no size",
                       f->path);
    if ((uint64_t)out->w * out->h > PICTURE_PIXELS_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: found %u x %u pixels, allowed %u in all", f->path,
                       out->w, out->h, PICTURE_PIXELS_MAX);
    return true;
}

bool picture_check(const char *path, int *w, int *h, Err *err) {
    File f;
    Head head;
    *w = *h = 0;
    if (!file_open(&f, path, PICTURE_BYTES_MAX, err)) return false;
    bool ok = read_head(&f, &head, err);
    file_close(&f);
    if (ok) {
        *w = (int)head.w;
        *h = (int)head.h;
    }
    return ok;
}

/* ---- pixels -------------------------------------------------------------- */

static bool is_wanted(const uint8_t *type) {
    return !(type[0] & 0x20) || memcmp(type, "tRNS", 4) == 0;
}

/* A PNG's chunks that say what its pixels are, up to the last: texts and the
 * like could be large, and SDL_image reads on for ever after the end of a file
 * that is cut off.  NULL: it is; else yours. */
static uint8_t *png_pixels(const File *f, size_t *size, Err *err) {
    uint8_t *out = malloc(f->size);
    const uint8_t *d = f->data;
    if (!out) {
        err_memory(err, f->path, f->size);
        return NULL;
    }
    memcpy(out, d, *size = 8);
    for (size_t at = 8; f->size - at >= 12;) {
        const size_t len = be32(d + at);
        if (len > f->size - at - 12) break;
        if (is_wanted(d + at + 4)) {
            memcpy(out + *size, d + at, len + 12);
            *size += len + 12;
        }
        if (memcmp(d + at + 4, "IEND", 4) == 0) return out;
        at += len + 12;
    }
    free(out);
    err_set(err, ERR_FORMAT, f->size, "%s: the picture is cut off", f->path);
    return NULL;
}

static SDL_Surface *decode(const File *f, Kind kind, const uint8_t *data,
                           size_t size, Err *err) {
    SDL_RWops *io = SDL_RWFromConstMem(data, (int)size);
    SDL_Surface *raw = !io            ? NULL
                       : kind == PNG  ? IMG_LoadPNG_RW(io)
                       : kind == JPEG ? IMG_LoadJPG_RW(io)
                                      : IMG_LoadGIF_RW(io);
    SDL_Surface *s =
        raw ? SDL_ConvertSurfaceFormat(raw, SDL_PIXELFORMAT_ARGB8888, 0) : NULL;
    if (!s) err_set(err, ERR_FORMAT, 0, "%s: %s", f->path, SDL_GetError());
    SDL_FreeSurface(raw);
    if (!io || SDL_RWclose(io) == 0) return s;
    err_set(err, ERR_IO, 0, "%s: %s", f->path, SDL_GetError());
    SDL_FreeSurface(s);
    return NULL;
}

/* A copy, no side of which is too long. */
static bool copy_fitted(const Pixmap *from, const char *path, Pixmap *out,
                        Err *err) {
    const int longest = from->w > from->h ? from->w : from->h;
    int w = from->w, h = from->h;
    if (longest > PICTURE_SIDE_MAX) {
        w = (int)((int64_t)w * PICTURE_SIDE_MAX / longest);
        h = (int)((int64_t)h * PICTURE_SIDE_MAX / longest);
    }
    w = w > 0 ? w : 1;
    h = h > 0 ? h : 1;
    *out = (Pixmap){malloc((size_t)w * h * sizeof *out->px), w, h, w};
    if (!out->px) {
        *out = (Pixmap){0};
        return err_memory(err, path, (size_t)w * h * sizeof *out->px);
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            out->px[(size_t)y * w + x] = raster_sample(from, x, y, w, h);
    return true;
}

static SDL_Surface *read_pixels(const File *f, Err *err) {
    Head head;
    size_t size;
    if (!read_head(f, &head, err)) return NULL;
    if (head.kind != PNG) return decode(f, head.kind, f->data, f->size, err);
    uint8_t *png = png_pixels(f, &size, err);
    SDL_Surface *s = png ? decode(f, PNG, png, size, err) : NULL;
    free(png);
    return s;
}

bool picture_open(Pixmap *out, const char *path, Err *err) {
    File f;
    *out = (Pixmap){0};
    if (!file_open(&f, path, PICTURE_BYTES_MAX, err)) return false;
    SDL_Surface *s = read_pixels(&f, err);
    bool ok = s != NULL;
    if (ok) {
        const Pixmap whole = {s->pixels, s->w, s->h, s->pitch / 4};
        ok = copy_fitted(&whole, path, out, err);
    }
    SDL_FreeSurface(s);
    file_close(&f);
    return ok;
}

void picture_close(Pixmap *p) {
    free(p->px);
    *p = (Pixmap){0};
}
