/* Pictures: those of the slide that is shown, and of its notes, read from
 * beside its deck.
 *
 * A picture lies in the deck's folder or below it: a path that leads out, by
 * "..", from the root or through a link, is refused, and so is an address:
 * nothing is fetched.  Reads files, so it is called between frames; what it has
 * read is drawn without any.
 *
 * Of a document (a PDF) the page is read that its beat shows, and the one that
 * the next beat turns to.  Where it has none, and of web content, a still is
 * shown: a PNG of the same name beside the deck, or the one that it names.
 */
#ifndef VIZ_APP_PICTURES_H
#define VIZ_APP_PICTURES_H

#include "engine/base/err.h"
#include "lessons/deck.h"
#include "viz/paint/qr.h"
#include "viz/paint/raster.h"

#define PICTURES_MAX      12 /* of one slide; further ones are named boxes */
#define PICTURES_PATH_MAX 4096

typedef struct Picture {
    const char *name;  /* as the deck has it; borrowed from the deck */
    int page;          /* of a document, from 1; 0: it is none */
    bool elsewhere;    /* it is not there, as the front matter says */
    Pixmap pixels;     /* w 0: there are none, see why */
    Qr code;           /* of an address, to scan; side 0: none */
    Color least, most; /* each channel's extremes: what text on it may meet */
    /* Of a document whose picture is not there: what is wrong with itself. */
    char why[sizeof(((Err *)0)->msg)];
} Picture;

typedef struct Pictures {
    Picture list[PICTURES_MAX];
    int n;
} Pictures;

/* A deck from a file, the documents beside it counted for as long as
 * PICTURES_SECONDS_MAX allows. */
#define PICTURES_SECONDS_MAX 10
Deck *pictures_open_deck(const char *path, Err *err);

/* Those of a slide at a beat, in place of what was there.  is_file: deck_path
 * is one; else there is no folder to look in. */
void pictures_load(Pictures *p, const Deck *d, bool is_file, int slide,
                   int beat);
/* The same slide at another beat: pages that are not there yet. */
void pictures_turn(Pictures *p, const Deck *d, bool is_file, int slide,
                   int beat);
void pictures_free(Pictures *p);
/* By the name that the deck has, and the page; else another page of it; NULL:
 * not loaded. */
const Picture *pictures_find(const Pictures *p, const char *name, int page);

/* Where a file that a deck names is, links followed: within the deck's folder.
 * False: why not. */
bool pictures_path(const char *deck_path, const char *name,
                   char out[PICTURES_PATH_MAX], Err *err);
/* Where web content, or a document, is to be had: its own address; of a file
 * named as arXiv names them, "1706.03762.pdf", the one there.  "": nowhere. */
void pictures_web(const char *name, char *out, size_t size);

#define PICTURES_LEAST    160  /* pixels, of a picture's longer side */
#define PICTURES_BEHIND_W 1280 /* of one that is behind a slide */
#define PICTURES_BEHIND_H 720

/* What a deck's slides and notes name and do not have, and pictures with fewer
 * pixels than these: told with its line.  Nothing is told of files that the
 * front matter names: "elsewhere: a.png, b.pdf". */
typedef void PicturesTell(void *ud, int line, const char *what);
void pictures_check(const Deck *d, PicturesTell *tell, void *ud);

#endif
