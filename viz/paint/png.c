/* libpng reports errors by longjmp.  Each of the two functions that call
 * setjmp keeps everything that must survive the jump in a struct of its
 * caller's, where no register copy can go stale. */
#include "viz/paint/png.h"

#include "engine/base/file.h"
#include "engine/base/reader.h"
#include "engine/base/utf8.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_KEYWORD  "llantern model"
#define FONT_KEYWORD   "llantern font"
#define TEXT_COUNT_MAX 64

typedef struct Writer {
    png_struct *png;
    png_info *info;
    uint8_t *row; /* [w * 3] */
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

static bool write_picture(Writer *w, const Pixmap *p, PngTexts texts) {
    if (setjmp(png_jmpbuf(w->png))) return false;
    png_set_write_fn(w->png, w, write_bytes, flush_nothing);
    /* Flat colours repeat along a row as they are: filtering such a picture, or
     * trying which filter is best, takes longer and makes it no smaller. */
    png_set_filter(w->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    /* A third more bytes than at zlib's default, in a third of the time. */
    png_set_compression_level(w->png, 1);
    png_set_IHDR(w->png, w->info, p->w, p->h, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    set_texts(w, texts);
    png_write_info(w->png, w->info);
    for (int y = 0; y < p->h; y++) {
        const uint32_t *px = p->px + (size_t)y * p->stride;
        uint8_t *rgb = w->row;
        for (int x = 0; x < p->w; x++) {
            *rgb++ = (uint8_t)(px[x] >> 16);
            *rgb++ = (uint8_t)(px[x] >> 8);
            *rgb++ = (uint8_t)px[x];
        }
        png_write_row(w->png, w->row);
    }
    png_write_end(w->png, w->info);
    return true;
}

bool png_encode(const Pixmap *p, PngTexts texts, uint8_t **out, size_t *size,
                Err *err) {
    Err problem = {0};
    Writer w = {.err = &problem};
    size_t row_bytes = (size_t)p->w * 3;
    bool ok = false;
    w.row = malloc(row_bytes);
    w.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &problem, on_error,
                                      on_warning, &problem, take_memory,
                                      give_memory);
    if (w.png) w.info = png_create_info_struct(w.png);
    if (w.row && w.info)
        ok = write_picture(&w, p, texts);
    else
        err_memory(&problem, "png", row_bytes);
    png_destroy_write_struct(&w.png, &w.info);
    free(w.row);
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
