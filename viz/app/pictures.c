/* Pictures of a slide: found within the deck's folder, and read. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "viz/app/pictures.h"

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "viz/paint/document.h"
#include "viz/paint/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where --------------------------------------------------------------- */

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "%20" is a blank, as in every address. */
static void unescape(const char *name, char *out, size_t size) {
    size_t n = 0;
    for (; *name && n + 1 < size; n++) {
        int value = *name == '%' && hex(name[1]) >= 0 && hex(name[2]) >= 0
                        ? hex(name[1]) * 16 + hex(name[2])
                        : 0;
        out[n] = value ? (char)value : *name;
        name += value ? 3 : 1;
    }
    out[n] = '\0';
}

static bool has_dots(const char *name) {
    for (const char *at = name; *at; at += strcspn(at, "/"), at += *at == '/')
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2])) return true;
    return false;
}

static bool refuse(const char *name, const char *why, Err *err) {
    return err_set(err, ERR_FORMAT, 0, "%.200s: %s", name, why);
}

/* Both paths real; true when the file lies in the folder or below. */
static bool is_below(const char *file, const char *folder) {
    size_t n = strlen(folder);
    if (strcmp(folder, "/") == 0) return true;
    return strncmp(file, folder, n) == 0 && file[n] == '/';
}

bool pictures_path(const char *deck_path, const char *name,
                   char out[PICTURES_PATH_MAX], Err *err) {
    char local[PICTURES_PATH_MAX] = "", path[2 * PICTURES_PATH_MAX];
    if (deck_is_address(name))
        return refuse(name, "an address, which is not fetched", err);
    unescape(name, local, sizeof local);
    if (local[0] == '/' || has_dots(local))
        return refuse(name, "leads out of the deck's folder", err);
    int n = (int)(file_name(deck_path) - deck_path);
    snprintf(path, sizeof path, "%.*s.", n, deck_path);
    char *folder = realpath(path, NULL);
    snprintf(path, sizeof path, "%.*s%s", n, deck_path, local);
    char *file = folder ? realpath(path, NULL) : NULL;
    bool ok = file && strlen(file) < PICTURES_PATH_MAX;
    if (!ok)
        refuse(name, "no such file beside the deck", err);
    else if (!(ok = is_below(file, folder)))
        refuse(name, "leads out of the deck's folder", err);
    else
        memcpy(out, file, strlen(file) + 1);
    free(folder);
    free(file);
    return ok;
}

/* The picture beside a document ("paper.pdf": "paper.png"), as a name. */
static void png_beside(const char *name, char *out, size_t size) {
    const char *dot = strrchr(file_name(name), '.');
    int n = dot ? (int)(dot - name) : (int)strlen(name);
    snprintf(out, size, "%.*s.png", n, name);
}

/* The still that a box of web content names, or has by its file's name: of a
 * film "film.mp4" that is "film.png"; "": it has none. */
static void still_of(const DeckBlock *b, char *out, size_t size) {
    out[0] = '\0';
    if (b->still)
        snprintf(out, size, "%s", b->still);
    else if (!deck_is_address(b->info))
        png_beside(b->info, out, size);
}

/* "1706.03762" or "1706.03762v5" before ".pdf": its length, 0: it is none. */
static size_t arxiv_number(const char *file) {
    size_t n = strspn(file, "0123456789");
    if (n != 4 || file[n] != '.') return 0;
    const size_t digits = strspn(file + 5, "0123456789");
    n += 1 + digits;
    if (digits < 4 || digits > 5) return 0;
    if (file[n] == 'v') n += 1 + strspn(file + n + 1, "0123456789");
    return strcmp(file + n, ".pdf") == 0 ? n : 0;
}

void pictures_web(const char *name, char *out, size_t size) {
    const char *file = file_name(name);
    const size_t n = arxiv_number(file);
    if (strncmp(name, "//", 2) == 0)
        snprintf(out, size, "https:%s", name);
    else if (deck_is_address(name))
        snprintf(out, size, "%s", name);
    else if (n > 0)
        snprintf(out, size, "https://arxiv.org/abs/%.*s", (int)n, file);
    else if (size > 0)
        out[0] = '\0';
}

/* ---- what a slide names -------------------------------------------------- */

/* Its blocks, and behind them those of its notes. */
static int n_blocks(const DeckSlide *s) {
    return s->n_blocks + s->n_note_blocks;
}

static const DeckBlock *block_at(const DeckSlide *s, int i) {
    return i < s->n_blocks ? &s->blocks[i] : &s->note_blocks[i - s->n_blocks];
}

/* ---- reading ------------------------------------------------------------- */

static void find_extremes(Picture *p) {
    uint8_t least[3] = {255, 255, 255}, most[3] = {0, 0, 0};
    for (int i = 0; i < p->pixels.w * p->pixels.h; i++)
        for (int k = 0; k < 3; k++) {
            uint8_t v = (uint8_t)(p->pixels.px[i] >> (16 - 8 * k));
            if (v < least[k]) least[k] = v;
            if (v > most[k]) most[k] = v;
        }
    p->least = (Color){least[0], least[1], least[2], 255};
    p->most = (Color){most[0], most[1], most[2], 255};
}

/* A message that begins with a file's path, by the name the deck has: who looks
 * at the slide knows that alone. */
static bool rename_in(Err *err, const char *path, const char *name) {
    const size_t n = strlen(path);
    Err as = {0};
    if (n == 0 || strncmp(err->msg, path, n) != 0) return false;
    err_set(&as, err->code, err->pos, "%.200s%s", name, err->msg + n);
    *err = as;
    return false;
}

/* The deck whose pictures are read. */
typedef struct Source {
    const Deck *deck;
    bool is_file;
} Source;

/* The entry of a name and page; NULL: there is none. */
static Picture *entry_of(Pictures *p, const char *name, int page) {
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->list[i].name, name) == 0 && p->list[i].page == page)
            return &p->list[i];
    return NULL;
}

static Picture *add_entry(Pictures *p, const char *name, int page) {
    if (p->n == PICTURES_MAX) return NULL;
    p->list[p->n] = (Picture){.name = name, .page = page};
    return &p->list[p->n++];
}

/* The pixels of `file`, of a document's page where there is one. */
static bool read_file(const Source *s, const char *file, int page, Pixmap *out,
                      Err *err) {
    char path[PICTURES_PATH_MAX];
    if (!s->is_file) return refuse(file, "this lesson has no folder", err);
    if (!pictures_path(deck_path(s->deck), file, path, err)) return false;
    return (page > 0 ? document_page(out, path, page, err)
                     : picture_open(out, path, err)) ||
           rename_in(err, path, file);
}

/* The front matter says that it is not here. */
static bool is_elsewhere(const Deck *d, const char *name) {
    const char *at = deck_meta(d, "elsewhere");
    while (at && *at) {
        at += strspn(at, " ,");
        const size_t n = strcspn(at, " ,");
        if (n > 0 && n == strlen(name) && memcmp(at, name, n) == 0) return true;
        at += n;
    }
    return false;
}

/* What is read for a name: `file`, or else its still, which is NULL where it
 * has none.  Without either the entry says why. */
static void load(Pictures *p, const Source *s, const char *name, int page,
                 const char *file, const char *still) {
    Err err = {0}, none = {0};
    if (entry_of(p, name, page)) return;
    Picture *pic = add_entry(p, name, page);
    if (!pic) return;
    if ((file && read_file(s, file, page, &pic->pixels, &err)) ||
        (still && read_file(s, still, 0, &pic->pixels, &none)))
        find_extremes(pic);
    else if (!(pic->elsewhere = is_elsewhere(s->deck, name)))
        snprintf(pic->why, sizeof pic->why, "%s", err.msg);
}

/* A page, or the PNG beside the document. */
static void load_page(Pictures *p, const Source *s, const char *name,
                      int page) {
    char still[PICTURES_PATH_MAX];
    png_beside(name, still, sizeof still);
    load(p, s, name, page, name, still);
}

/* What is not here can be scanned; of a file there may be all to be seen.
 * Without a code the address stands there. */
static void load_code(Pictures *p, const char *name, int page) {
    char address[QR_TEXT_MAX + 2];
    Picture *pic = entry_of(p, name, page);
    if (!pic) pic = add_entry(p, name, page);
    if (!pic || pic->code.side > 0 ||
        (pic->pixels.w > 0 && !deck_is_address(name)))
        return;
    pictures_web(name, address, sizeof address);
    if (strncmp(address, "http", 4) == 0) qr_make(&pic->code, address, NULL);
}

static void load_block(Pictures *p, const Source *s, const DeckBlock *b) {
    if (!b->info || !*b->info || b->page > 0) return;
    if (b->kind == BLOCK_IMAGE) load(p, s, b->info, 0, b->info, NULL);
    if (b->kind != BLOCK_WEB) return;
    char still[PICTURES_PATH_MAX];
    still_of(b, still, sizeof still);
    if (still[0]) load(p, s, b->info, 0, NULL, still);
    load_code(p, b->info, 0);
}

/* ---- pages --------------------------------------------------------------- */

static void free_entry(Pictures *p, int i) {
    picture_close(&p->list[i].pixels);
    qr_free(&p->list[i].code);
    p->list[i] = p->list[--p->n];
}

/* Whether a block of the slide shows that page at the beat or the next one. */
static bool is_wanted(const DeckSlide *s, int beat, const Picture *pic) {
    if (s->background_page == pic->page && s->background &&
        strcmp(s->background, pic->name) == 0)
        return true;
    for (int i = 0; i < n_blocks(s); i++) {
        const DeckBlock *b = block_at(s, i);
        if (b->page == 0 || strcmp(b->info, pic->name) != 0) continue;
        for (int k = 0; k < 2; k++)
            if (b->page + deck_step_at(s, b, beat + k) == pic->page)
                return true;
    }
    return false;
}

void pictures_turn(Pictures *p, const Deck *d, bool is_file, int slide,
                   int beat) {
    const Source from = {d, is_file};
    const DeckSlide *s = deck_slide(d, slide);
    for (int i = p->n - 1; i >= 0; i--)
        if (p->list[i].page > 0 && !is_wanted(s, beat, &p->list[i]))
            free_entry(p, i);
    for (int next = 0; next < 2; next++)
        for (int i = 0; i < n_blocks(s); i++) {
            const DeckBlock *b = block_at(s, i);
            if (b->page == 0 || !b->info) continue;
            const int page = b->page + deck_step_at(s, b, beat + next);
            load_page(p, &from, b->info, page);
            if (b->kind == BLOCK_WEB) load_code(p, b->info, page);
        }
}

/* ---- all of a slide ------------------------------------------------------ */

void pictures_load(Pictures *p, const Deck *d, bool is_file, int slide,
                   int beat) {
    const Source from = {d, is_file};
    const DeckSlide *s = deck_slide(d, slide);
    pictures_free(p);
    if (s->background && s->background_page > 0)
        load_page(p, &from, s->background, s->background_page);
    else if (s->background)
        load(p, &from, s->background, 0, s->background, NULL);
    for (int i = 0; i < s->n_blocks; i++)
        load_block(p, &from, &s->blocks[i]);
    pictures_turn(p, d, is_file, slide, beat);
    for (int i = 0; i < s->n_note_blocks; i++) /* with what room is left */
        load_block(p, &from, &s->note_blocks[i]);
}

void pictures_free(Pictures *p) {
    while (p->n > 0)
        free_entry(p, p->n - 1);
}

const Picture *pictures_find(const Pictures *p, const char *name, int page) {
    const Picture *other = NULL;
    for (int i = 0; i < p->n; i++) {
        if (strcmp(p->list[i].name, name) != 0) continue;
        if (p->list[i].page == page) return &p->list[i];
        if (page > 0 && p->list[i].page > 0) other = &p->list[i];
    }
    return other;
}

/* ---- opening ------------------------------------------------------------- */

/* A document's pages; one that takes long leaves no time for others. */
static int count_pages(void *ud, const char *deck, const char *name) {
    const double *until = ud;
    char path[PICTURES_PATH_MAX];
    int n;
    return clock_seconds() < *until && pictures_path(deck, name, path, NULL) &&
                   document_pages(path, &n, NULL)
               ? n
               : 0;
}

Deck *pictures_open_deck(const char *path, Err *err) {
    double until = clock_seconds() + PICTURES_SECONDS_MAX;
    return deck_open_with(path, &(DeckFiles){count_pages, &until}, err);
}

/* ---- checking ------------------------------------------------------------ */

typedef struct PicturesCheck {
    const Deck *deck;
    PicturesTell *tell;
    void *ud;
} PicturesCheck;

static void tell_of(const PicturesCheck *c, int line, const char *kind,
                    const char *why) {
    char what[sizeof(((Err *)0)->msg) + 32];
    snprintf(what, sizeof what, "%s: %s", kind, why);
    c->tell(c->ud, line, what);
}

/* Fewer pixels than it is shown with. */
static void check_size(const PicturesCheck *c, const char *name, int w, int h,
                       bool behind, int line) {
    char why[sizeof(((Err *)0)->msg)];
    const bool small = behind ? w < PICTURES_BEHIND_W || h < PICTURES_BEHIND_H
                              : w < PICTURES_LEAST && h < PICTURES_LEAST;
    if (!small || w == 0) return;
    if (behind)
        snprintf(why, sizeof why,
                 "%.200s: found %d x %d pixels, need %d x %d behind a slide",
                 name, w, h, PICTURES_BEHIND_W, PICTURES_BEHIND_H);
    else
        snprintf(why, sizeof why,
                 "%.200s: found %d x %d pixels, need %d on one side", name, w,
                 h, PICTURES_LEAST);
    tell_of(c, line, "picture", why);
}

static void check_picture(const PicturesCheck *c, const char *name, bool behind,
                          int line) {
    char path[PICTURES_PATH_MAX] = "";
    Err err = {0};
    int w, h;
    if (is_elsewhere(c->deck, name)) return;
    if (pictures_path(deck_path(c->deck), name, path, &err) &&
        picture_check(path, &w, &h, &err))
        check_size(c, name, w, h, behind, line);
    else {
        rename_in(&err, path, name);
        tell_of(c, line, "picture", err.msg);
    }
}

/* page 0: it is no PDF, and only has to be there. */
static void check_document(const PicturesCheck *c, const char *name, int page,
                           int line) {
    char path[PICTURES_PATH_MAX] = "", why[sizeof(((Err *)0)->msg)];
    Err err = {0};
    int n = 0;
    if (is_elsewhere(c->deck, name)) return;
    if (!pictures_path(deck_path(c->deck), name, path, &err) ||
        (page > 0 && document_is_able() && !document_pages(path, &n, &err))) {
        rename_in(&err, path, name);
        tell_of(c, line, "document", err.msg);
    } else if (n > 0 && page > n) {
        snprintf(why, sizeof why, "%.200s: found %d pages, need page %d", name,
                 n, page);
        tell_of(c, line, "document", why);
    }
}

/* The last page that a block turns to. */
static int last_page(const DeckBlock *b) {
    return b->page > 0 ? b->page + b->n_steps : 0;
}

static void check_block(const PicturesCheck *c, const DeckBlock *b) {
    if (b->page > 0)
        check_document(c, b->info, last_page(b), b->line);
    else if (b->kind == BLOCK_IMAGE && b->info)
        check_picture(c, b->info, false, b->line);
    else if (b->kind == BLOCK_WEB && !deck_is_address(b->info))
        check_document(c, b->info, 0, b->line);
    if (b->still) check_picture(c, b->still, false, b->line);
}

void pictures_check(const Deck *d, PicturesTell *tell, void *ud) {
    const PicturesCheck c = {.deck = d, .tell = tell, .ud = ud};
    for (int i = 0; i < deck_n_slides(d); i++) {
        const DeckSlide *s = deck_slide(d, i);
        if (s->background && s->background_page > 0)
            check_document(&c, s->background, s->background_page,
                           s->background_line);
        else if (s->background)
            check_picture(&c, s->background, true, s->background_line);
        for (int k = 0; k < n_blocks(s); k++)
            check_block(&c, block_at(s, k));
    }
}
