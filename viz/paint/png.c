/* libpng reports errors by longjmp.  Each of the two functions that call
 * setjmp keeps everything that must survive the jump in a struct of its
 * caller's, where no register copy can go stale.
 *
 * The pixels are packed by zlib itself, in strips of rows.  zlib's window is
 * twice as long as it looks back, and whenever it is full all that zlib knows
 * of it is moved: half of the time that a picture took as one text.  A strip
 * fits in, so nothing is moved; the strips, each ended with a full flush, are
 * one text again. */
#include "viz/paint/png.h"

#include "engine/base/file.h"
#include "engine/base/reader.h"
#include "engine/base/utf8.h"

#include <arpa/inet.h>
#include <assert.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MODEL_KEYWORD  "llantern model"
#define FONT_KEYWORD   "llantern font"
#define TEXT_COUNT_MAX 64

#define WINDOW_BITS  15            /* zlib's largest */
#define STRIP_MAX    (65536 - 262) /* bytes, then zlib's window is moved */
#define FLUSH_MAX    16            /* bytes that a flush adds */
#define MEMORY_LEVEL 8             /* zlib's default */

typedef struct Writer {
    png_struct *png;
    png_info *info;
    z_stream z;
    bool z_is_open;
    int strip_rows;
    uint8_t *strip;  /* [strip_rows, 1 + w * 3] and a byte */
    uint8_t *packed; /* [packed_max] */
    size_t packed_max;
    uint32_t check; /* zlib's, of all that was packed */
    uint8_t *out;
    size_t size, capacity;
    Err *err;
} Writer;

static void on_error(png_struct *png, const char *message) {
    Err *err = png_get_error_ptr(png);
    err_set(err, ERR_FORMAT, 0, "png: %s", message);
    png_longjmp(png, 1);
}

/* What libpng and zlib allocate: a failure is told as one. */
static void *take_memory(png_struct *png, size_t n) {
    void *p = malloc(n);
    if (!p) err_memory(png_get_mem_ptr(png), "png", n);
    return p;
}

static void give_memory(png_struct *png, void *p) {
    (void)png;
    free(p);
}

/* Warnings are about what is not wanted of the file anyway. */
static void on_warning(png_struct *png, const char *message) {
    (void)png;
    (void)message;
}

static void write_bytes(png_struct *png, uint8_t *data, size_t n) {
    Writer *w = png_get_io_ptr(png);
    if (n > w->capacity - w->size) {
        size_t capacity = w->capacity * 2 + n + 4096;
        uint8_t *out = realloc(w->out, capacity);
        if (!out) {
            err_memory(w->err, "png", capacity);
            png_error(png, "out of memory");
        }
        w->out = out;
        w->capacity = capacity;
    }
    memcpy(w->out + w->size, data, n);
    w->size += n;
}

static void flush_nothing(png_struct *png) {
    (void)png;
}

static void set_texts(Writer *w, PngTexts t) {
    const struct {
        int compression;
        const char *keyword, *text;
    } texts[] = {
        {PNG_TEXT_COMPRESSION_NONE, "Software", "llantern " LLANTERN_VERSION},
        {PNG_ITXT_COMPRESSION_NONE, PNG_STATE_KEYWORD, t.state},
        {PNG_ITXT_COMPRESSION_NONE, MODEL_KEYWORD, t.model},
        {PNG_ITXT_COMPRESSION_NONE, FONT_KEYWORD, t.font},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i].text) continue;
        /* libpng's struct is not const, but it only copies from it. */
        png_text entry = {.compression = texts[i].compression,
                          .key = (char *)(uintptr_t)texts[i].keyword,
                          .text = (char *)(uintptr_t)texts[i].text,
                          .text_length = strlen(texts[i].text)};
        png_set_text(w->png, w->info, &entry, 1);
    }
}

/* ---- pixels -------------------------------------------------------------- */

static void *take_for_zlib(void *err, unsigned n, unsigned size) {
    void *p = malloc((size_t)n * size);
    if (!p) err_memory(err, "png", (size_t)n * size);
    return p;
}

static void give_for_zlib(void *err, void *p) {
    (void)err;
    free(p);
}

static bool open_packer(Writer *w, const Pixmap *p) {
    const size_t row_bytes = 1 + (size_t)p->w * 3;
    w->strip_rows = row_bytes < STRIP_MAX ? (int)(STRIP_MAX / row_bytes) : 1;
    const size_t strip_bytes = row_bytes * (size_t)w->strip_rows;
    w->z = (z_stream){
        .zalloc = take_for_zlib, .zfree = give_for_zlib, .opaque = w->err};
    w->check = (uint32_t)adler32(0, NULL, 0);
    /* At its quickest: a third more bytes than at its default, in a third of
     * the time.  Less than 0: no head and no check, which stand once around all
     * strips. */
    w->z_is_open = deflateInit2(&w->z, Z_BEST_SPEED, Z_DEFLATED, -WINDOW_BITS,
                                MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    if (!w->z_is_open) return false;
    w->packed_max = deflateBound(&w->z, (uLong)strip_bytes) + FLUSH_MAX;
    w->strip = malloc(strip_bytes + 1);
    w->packed = malloc(w->packed_max);
    return (w->strip && w->packed) ||
           err_memory(w->err, "png", strip_bytes + w->packed_max);
}

static void close_packer(Writer *w) {
    if (w->z_is_open) deflateEnd(&w->z);
    free(w->strip);
    free(w->packed);
}

/* Returns where the row ends.  Four bytes are written for a pixel, at once; the
 * fourth is the next one's. */
static uint8_t *put_row(uint8_t *rgb, const uint32_t *px, int n) {
    for (int x = 0; x < n; x++, rgb += 3) {
        const uint32_t bytes = htonl(px[x] << 8);
        memcpy(rgb, &bytes, sizeof bytes);
    }
    return rgb;
}

static void write_data(Writer *w, const uint8_t *data, size_t n) {
    png_write_chunk(w->png, (const uint8_t *)"IDAT", data, n);
}

static void write_strip(Writer *w, const Pixmap *p, int y) {
    const bool is_last = p->h - y <= w->strip_rows;
    const int end = is_last ? p->h : y + w->strip_rows;
    uint8_t *at = w->strip;
    for (; y < end; y++) {
        /* Flat colours repeat along a row as they are: filtering such a
         * picture, or trying which filter is best, takes longer and makes it no
         * smaller. */
        *at++ = PNG_FILTER_VALUE_NONE;
        at = put_row(at, p->px + (size_t)y * p->stride, p->w);
    }
    const unsigned n = (unsigned)(at - w->strip);
    w->check = (uint32_t)adler32(w->check, w->strip, n);
    deflateReset(&w->z);
    w->z.next_in = w->strip;
    w->z.avail_in = n;
    w->z.next_out = w->packed;
    w->z.avail_out = (unsigned)w->packed_max;
    deflate(&w->z, is_last ? Z_FINISH : Z_FULL_FLUSH);
    assert(w->z.avail_in == 0 && w->z.avail_out > 0);
    write_data(w, w->packed, w->packed_max - w->z.avail_out);
}

static void write_pixels(Writer *w, const Pixmap *p) {
    static const uint8_t head[] = {(WINDOW_BITS - 8) << 4 | Z_DEFLATED, 1};
    uint8_t check[4];
    write_data(w, head, sizeof head);
    for (int y = 0; y < p->h; y += w->strip_rows)
        write_strip(w, p, y);
    png_save_uint_32(check, w->check);
    write_data(w, check, sizeof check);
}

/* ---- writing ------------------------------------------------------------- */

static bool write_picture(Writer *w, const Pixmap *p, PngTexts texts) {
    if (setjmp(png_jmpbuf(w->png))) return false;
    png_set_write_fn(w->png, w, write_bytes, flush_nothing);
    png_set_IHDR(w->png, w->info, p->w, p->h, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    set_texts(w, texts);
    png_write_info(w->png, w->info);
    write_pixels(w, p);
    png_write_chunk(w->png, (const uint8_t *)"IEND", NULL, 0);
    return true;
}

bool png_encode(const Pixmap *p, PngTexts texts, uint8_t **out, size_t *size,
                Err *err) {
    Err problem = {0};
    Writer w = {.err = &problem};
    bool ok = false;
    w.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &problem, on_error,
                                      on_warning, &problem, take_memory,
                                      give_memory);
    if (w.png) w.info = png_create_info_struct(w.png);
    if (w.info)
        ok = open_packer(&w, p) && write_picture(&w, p, texts);
    else
        err_memory(&problem, "png", 0);
    png_destroy_write_struct(&w.png, &w.info);
    close_packer(&w);
    if (!ok) {
        free(w.out);
        return err_set(err, problem.code, 0, "%s", problem.msg);
    }
    *out = w.out;
    *size = w.size;
    return true;
}

/* ---- reading ------------------------------------------------------------- */

/* libpng bounds what it unpacks, but takes any length of what is not packed. */
static bool check_text(const File *file, size_t length, Err *err) {
    if (length <= PNG_TEXT_MAX) return true;
    return err_set(err, ERR_LIMIT, 0, "%s: text: found %zu bytes, allowed %u",
                   file->path, length, PNG_TEXT_MAX);
}

/* Whether the chunks follow each other up to IEND.  The picture data is not
 * decoded, so this is what notices that it was cut. */
static bool check_chunks(const File *file, Err *err) {
    Reader r = reader_init(file->data, file->size, file->path, err);
    const uint8_t *signature = reader_take(&r, 8, "signature");
    if (!signature) return false;
    if (png_sig_cmp(signature, 0, 8) != 0)
        return err_set(err, ERR_FORMAT, 0, "%s: signature: not a PNG file",
                       file->path);
    for (;;) {
        const uint8_t *head = reader_take(&r, 8, "chunk header");
        if (!head) return false;
        size_t length = png_get_uint_32(head);
        if (!reader_take(&r, length, "chunk data") ||
            !reader_take(&r, 4, "chunk checksum"))
            return false;
        if (memcmp(head + 4, "iTXt", 4) == 0 && !check_text(file, length, err))
            return false;
        if (memcmp(head + 4, "IEND", 4) == 0) return true;
    }
}

typedef struct Source {
    png_struct *png;
    png_info *info;
    Reader reader;
    char *state;
} Source;

static void read_bytes(png_struct *png, uint8_t *out, size_t n) {
    Source *s = png_get_io_ptr(png);
    const uint8_t *bytes = reader_take(&s->reader, n, "chunk");
    if (!bytes) png_error(png, "the file ends early");
    memcpy(out, bytes, n);
}

static char *find_state(const Source *s, Err *err) {
    png_text *texts = NULL;
    int n = 0;
    png_get_text(s->png, s->info, &texts, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(texts[i].key, PNG_STATE_KEYWORD) == 0 && texts[i].text) {
            const size_t size = strlen(texts[i].text) + 1;
            char *state = malloc(size);
            if (!state) err_memory(err, "png", size);
            return state ? memcpy(state, texts[i].text, size) : NULL;
        }
    return NULL;
}

/* Reads up to the picture data, where our text chunks are.  Of the chunks
 * that libpng knows only iTXt is looked at: the fewer decoders a hostile file
 * reaches, the better. */
static bool read_texts(Source *s) {
    if (setjmp(png_jmpbuf(s->png))) return false;
    png_set_read_fn(s->png, s, read_bytes);
    png_set_keep_unknown_chunks(s->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(s->png, PNG_HANDLE_CHUNK_AS_DEFAULT,
                                (const uint8_t *)"iTXt", 1);
    png_set_chunk_malloc_max(s->png, PNG_TEXT_MAX);
    png_set_chunk_cache_max(s->png, TEXT_COUNT_MAX);
    png_read_info(s->png, s->info);
    s->state = find_state(s, s->reader.err);
    return true;
}

static char *read_state(const File *file, Err *err) {
    Err problem = {0};
    Source s = {.reader =
                    reader_init(file->data, file->size, file->path, &problem)};
    s.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &problem, on_error,
                                     on_warning, &problem, take_memory,
                                     give_memory);
    if (s.png) s.info = png_create_info_struct(s.png);
    if (!s.info) err_memory(&problem, "png", 0);
    bool ok = s.info && read_texts(&s);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    if (!ok || problem.code != ERR_NONE)
        err_set(err, problem.code, 0, "%s: %s", file->path, problem.msg);
    else if (!s.state)
        err_set(err, ERR_FORMAT, 0,
                "%s: text: found no \"%s\", need a picture exported by "
                "llantern",
                file->path, PNG_STATE_KEYWORD);
    else if (!utf8_valid(s.state, strlen(s.state)))
        err_set(err, ERR_FORMAT, 0, "%s: text: not UTF-8", file->path);
    else
        return s.state;
    free(s.state);
    return NULL;
}

char *png_read_state(const char *path, Err *err) {
    File file;
    if (!file_open(&file, path, PNG_FILE_MAX, err)) return NULL;
    char *state = check_chunks(&file, err) ? read_state(&file, err) : NULL;
    file_close(&file);
    return state;
}
