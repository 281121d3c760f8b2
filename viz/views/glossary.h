/* Glossary: the terms on screen, each explained in one sentence.
 *
 *     glossary_note(hits, canvas, style, x, baseline, "weight (√ scale)");
 *
 * One row a term (glossary.c).  Views, panels and slides note where a term
 * stands; the screen shows its sentence while the mouse is on it, or when it is
 * stepped to by key.
 *
 * Does NOT draw, but for the dots of glossary_mark.
 */
#ifndef VIZ_VIEWS_GLOSSARY_H
#define VIZ_VIEWS_GLOSSARY_H

#include "viz/paint/canvas.h"
#include "viz/views/hits.h"

typedef struct Term {
    const char *name;
    const char
        *also; /* other forms, with bars between them; "=": where it stands
                         alone only, as it is a common word, too */
    const char *text; /* one sentence */
} Term;

int glossary_count(void);
const Term *glossary_at(int i);

/* The term that a text of len bytes is, in any of its forms and whatever its
 * capitals; -1: none. */
int glossary_find(const char *text, int len);

/* The first term in the text from byte `from` on, as whole words, the longest
 * where several begin: its row, and where it stands in *at and *n.  -1:
 * none. */
int glossary_next(const char *text, int len, int from, int *at, int *n);

/* The same of a part of a sentence: words that are a term only where they stand
 * alone, as "in" and "down" are, are none here. */
int glossary_next_within(const char *text, int len, int from, int *at, int *n);

/* Notes all terms of a text that canvas_text is given with the same style and
 * place. */
void glossary_note(Hits *h, Canvas *c, TextStyle style, int x, int baseline,
                   const char *text);
/* The same, and dots below each in the style's colour. */
void glossary_mark(Hits *h, Canvas *c, TextStyle style, int x, int baseline,
                   const char *text);

#endif
