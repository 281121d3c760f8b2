/* The slide panel's parts: the page and its blocks (panel_slide.c), tables
 * (slide_table.c), questions (slide_ask.c), pictures and boxes
 * (slide_pictures.c), what is amiss with the deck (slide_notice.c), a slide
 * that has the window (slide_alone.c), its colours (slide_ground.c), the notes
 * (slide_notes.c).  Not for anyone else. */
#ifndef VIZ_SCREEN_SLIDE_PRIVATE_H
#define VIZ_SCREEN_SLIDE_PRIVATE_H

#include "viz/screen/screen_private.h"

#define PAGE_SPANS_MAX 128 /* that are set at once */

/* Bit i: row i of the glossary. */
#define PAGE_TERMS_MAX 128
typedef struct PageSeen {
    uint64_t bits[PAGE_TERMS_MAX / 64];
} PageSeen;

/* The column that blocks are set into, one under another. */
typedef struct Page {
    Canvas *c;
    const Theme *t;
    Hits *hits;
    const DeckSlide *slide;
    int beat;
    const Scene *scene; /* NULL: nobody answers on this page */
    const Pictures *pictures;
    int x, y, w;
    float zoom; /* of its text, from 1 */
    int h;      /* of the whole page */
    int top;    /* of what can be seen: what lies above is scrolled away */
    PanelPlace *place;          /* whose scroll counts pages */
    PageSeen seen;              /* which terms were met on this slide */
    Rect where[PAGE_SPANS_MAX]; /* of the spans that are terms */
    int terms[PAGE_SPANS_MAX];  /* which; -1: none */
} Page;

/* Ink of a block by its beat: past soft, current full; and by its fragment. */
Color panel_ink(const Page *p, const DeckBlock *b);

/* Of a fragment by its number, 0: none. */
bool slide_fragment_hides(const Page *p, int fragment);
bool slide_fragment_strikes(const Page *p, int fragment);
Color slide_fragment_ink(const Page *p, int fragment, Color ink);
/* A block that is not shown yet has its place already. */
bool slide_fragment_keeps_place(const Page *p, const DeckBlock *b);

/* Spans *from up to `to` of a block as flow spans in the given ink, a term of
 * the glossary in one of its own where the slide has it first.  Returns how
 * many; *from is then the first that had no room: the next line begins with
 * it. */
int panel_spans(Page *p, const DeckBlock *b, int *from, int to, Color color,
                TextSpan out[PAGE_SPANS_MAX]);

/* Notes where terms came to lie, once the spans of panel_spans are drawn. */
void panel_note_terms(Page *p, int n);

/* One more span of plain text behind n others, terms apart as above, once
 * those of the text before are put away; how many there are. */
void panel_clear_terms(Page *p);
int panel_put_span(Page *p, TextSpan span, TextSpan out[PAGE_SPANS_MAX], int n);

/* Nothing but headings. */
bool panel_is_title(const DeckSlide *s);
/* Text is so much larger than on a canvas of that scale. */
void panel_zoom(Page *p, float scale, float zoom);
/* Where the blocks up to the current beat end, found by drawing nothing. */
int panel_blocks_end(Page p);
/* Where they end on the last beat: what is to come has its room. */
int panel_whole_end(Page p);
/* Draws them into body.  Of what is too long a page is shown, the first of
 * which is where the current beat begins, and marks say where there is more;
 * the headings stay. */
void panel_blocks_draw(Page *p, Rect body);
/* A dot a beat, y their middle; of as many as the page is wide. */
void panel_dots_draw(const Page *p, int y);
/* The same, y their top, and arrows. */
void panel_foot_draw(Page *p, int y);
int panel_dots_width(const Page *p); /* in pixels */
/* "TITLE · slide 3 of 10" */
void panel_title_text(const Scene *scene, char *out, size_t size);

/* A slide without the model beside it: its column in r, and the page, as large
 * as its text leaves room for. */
void slide_alone_place(Page *p, Rect r);
/* Whether a beat's stages leave the window to the slide. */
bool slide_alone_is(const DeckSlide *s, int beat);
void slide_alone_draw(Page *p, const Scene *scene, Rect r);

/* Moves the page down. */
void slide_code_draw(Page *p, const DeckBlock *b);
/* Draws the table that begins with blocks[0], at most n rows of it, and moves
 * the page down.  Returns how many blocks that was. */
int slide_table_draw(Page *p, const DeckBlock *blocks, int n);

/* A question; moves the page down. */
void slide_ask_draw(Page *p, const DeckBlock *b);
/* What was given to it, STATE_NONE: nothing; hands counted in all for it, in
 * the first vote (0) or the second (1). */
float slide_ask_given(const Scene *scene, const DeckAsk *ask);
/* Was option i, from 0, given? */
bool slide_ask_chose(const Scene *scene, const DeckAsk *ask, int i);
int slide_ask_votes(const Scene *scene, const DeckAsk *ask, int vote);
/* "26 %" */
void slide_ask_amount(const DeckAsk *ask, double value, char *out, size_t size);
/* A bar of a vote: the first is dashed, the second filled. */
void slide_ask_bar(Canvas *c, const Theme *t, Rect r, int vote, Color color);
/* Less and more hands for an option, in r. */
void slide_ask_buttons(Canvas *c, const Theme *t, Hits *hits,
                       const DeckAsk *ask, int option, Rect r);

/* A picture, or a box for what is not shown; moves the page down. */
void slide_picture_draw(Page *p, const DeckBlock *b);
/* The ground that a slide asks for and the theme in which it is read there;
 * false: none, and the theme is the base. */
bool slide_ground_take(const DeckSlide *s, const Theme *base, Theme *out,
                       Gradient *g);
/* The slide's picture behind its text, dim enough to read that. */
void slide_background_draw(const Page *p, Rect r);
bool slide_background_there(const Pictures *pictures, const DeckSlide *s);
/* Says that it is missing, if it is. */
void slide_background_missing(Page *p);

/* A slide's blocks up to a beat, as large as they fit between two factors. */
typedef struct SlideFit {
    const DeckSlide *slide;
    int beat;
    float least, most; /* of its text beside the stage */
    PanelPlace *place; /* whose scroll counts pages */
} SlideFit;

/* Draws them on a card in r; what would be clicked in them is of no slide that
 * is shown. */
void slide_blocks_fitted(const Scene *scene, Screen *s, const Theme *t,
                         const SlideFit *fit, Rect r);
/* The open slide's notes in r below a heading `head` pixels high, pages of what
 * does not fit counted by place. */
void slide_notes_draw(const Scene *scene, Screen *s, const Theme *t, int head,
                      Rect r, PanelPlace *place);

/* What is amiss with the deck, if anything is; moves the page down. */
void slide_notice_draw(Page *p, const Scene *scene);

#endif
