/* Pictures of a slide: found within the deck's folder, and read. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "viz/app/pictures.h"

#include "engine/base/file.h"
#include "viz/paint/picture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where --------------------------------------------------------------- */

bool pictures_is_address(const char *name) {
    size_t n = 0;
    if (strncmp(name, "//", 2) == 0) return true;
    while (isalnum((unsigned char)name[n]) || (n > 0 && strchr("+-.", name[n])))
        if (name[n++] == '\0') return false;
    return n > 1 && name[n] == ':';
}

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
    if (pictures_is_address(name))
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
static void still_of(const char *name, char *out, size_t size) {
    const char *dot = strrchr(file_name(name), '.');
    int n = dot ? (int)(dot - name) : (int)strlen(name);
    snprintf(out, size, "%.*s.png", n, name);
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
    else if (pictures_is_address(name))
        snprintf(out, size, "%s", name);
    else if (n > 0)
        snprintf(out, size, "https://arxiv.org/abs/%.*s", (int)n, file);
    else if (size > 0)
        out[0] = '\0';
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

/* `file` is what is read for `name`. */
static void load(Pictures *p, const Deck *d, bool is_file, const char *name,
                 const char *file) {
    char path[PICTURES_PATH_MAX];
    Err err = {0};
    if (p->n == PICTURES_MAX || pictures_find(p, name)) return;
    Picture *pic = &p->list[p->n++];
    *pic = (Picture){.name = name};
    if (is_file ? pictures_path(deck_path(d), file, path, &err) &&
                      picture_open(&pic->pixels, path, &err)
                : refuse(name, "this lesson has no folder", &err))
        find_extremes(pic);
    else
        snprintf(pic->why, sizeof pic->why, "%s", err.msg);
}

/* A document's picture; without one, why tells what is wrong with the document
 * itself, if anything is. */
static void load_still(Pictures *p, const Deck *d, bool is_file,
                       const char *name) {
    char still[PICTURES_PATH_MAX], path[PICTURES_PATH_MAX];
    Err err = {0};
    int n = p->n;
    still_of(name, still, sizeof still);
    load(p, d, is_file, name, still);
    if (p->n == n || p->list[n].pixels.w > 0) return;
    p->list[n].why[0] = '\0';
    if (is_file && !pictures_path(deck_path(d), name, path, &err))
        snprintf(p->list[n].why, sizeof p->list[n].why, "%s", err.msg);
}

/* The entry that a code goes with, made where there is none. */
static Picture *entry_of(Pictures *p, const char *name) {
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->list[i].name, name) == 0) return &p->list[i];
    if (p->n == PICTURES_MAX) return NULL;
    p->list[p->n] = (Picture){.name = name};
    return &p->list[p->n++];
}

/* What is not here can be scanned.  Without a code the address stands there. */
static void load_code(Pictures *p, const char *name) {
    char address[QR_TEXT_MAX + 2];
    Picture *pic = entry_of(p, name);
    if (!pic || pic->pixels.w > 0 || pic->code.side > 0) return;
    pictures_web(name, address, sizeof address);
    if (strncmp(address, "http", 4) == 0) qr_make(&pic->code, address, NULL);
}

static void load_block(Pictures *p, const Deck *d, bool is_file,
                       const DeckBlock *b) {
    if (!b->info || !*b->info) return;
    if (b->kind == BLOCK_IMAGE)
        load(p, d, is_file, b->info, b->info);
    else if (b->kind == BLOCK_WEB && !pictures_is_address(b->info))
        load_still(p, d, is_file, b->info);
    if (b->kind == BLOCK_WEB) load_code(p, b->info);
}

void pictures_load(Pictures *p, const Deck *d, bool is_file, int slide) {
    const DeckSlide *s = deck_slide(d, slide);
    pictures_free(p);
    if (s->background) load(p, d, is_file, s->background, s->background);
    for (int i = 0; i < s->n_blocks; i++)
        load_block(p, d, is_file, &s->blocks[i]);
}

void pictures_free(Pictures *p) {
    for (int i = 0; i < p->n; i++) {
        picture_close(&p->list[i].pixels);
        qr_free(&p->list[i].code);
    }
    p->n = 0;
}

const Picture *pictures_find(const Pictures *p, const char *name) {
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->list[i].name, name) == 0) return &p->list[i];
    return NULL;
}

/* ---- checking ------------------------------------------------------------ */

typedef struct PicturesCheck {
    const Deck *deck;
    PicturesTell *tell;
    void *ud;
} PicturesCheck;

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
    char path[PICTURES_PATH_MAX];
    Err err = {0};
    int w, h;
    if (is_elsewhere(c->deck, name)) return;
    if (pictures_path(deck_path(c->deck), name, path, &err) &&
        picture_check(path, &w, &h, &err))
        check_size(c, name, w, h, behind, line);
    else
        tell_of(c, line, "picture", err.msg);
}

static void check_document(const PicturesCheck *c, const char *name, int line) {
    char path[PICTURES_PATH_MAX];
    Err err = {0};
    if (!is_elsewhere(c->deck, name) &&
        !pictures_path(deck_path(c->deck), name, path, &err))
        tell_of(c, line, "document", err.msg);
}

void pictures_check(const Deck *d, PicturesTell *tell, void *ud) {
    const PicturesCheck c = {.deck = d, .tell = tell, .ud = ud};
    for (int i = 0; i < deck_n_slides(d); i++) {
        const DeckSlide *s = deck_slide(d, i);
        if (s->background)
            check_picture(&c, s->background, true, s->background_line);
        for (int k = 0; k < s->n_blocks; k++) {
            const DeckBlock *b = &s->blocks[k];
            if (b->kind == BLOCK_IMAGE && b->info)
                check_picture(&c, b->info, false, b->line);
            else if (b->kind == BLOCK_WEB && !pictures_is_address(b->info))
                check_document(&c, b->info, b->line);
        }
    }
}
