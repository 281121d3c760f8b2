/* Textbind: which words a line may not be broken between.
 *
 * A number and what it counts or measures stay together ("65 %", "16 steps",
 * "3 of 12"), and so do a name and its number ("layer 3", "GPT-2 1.5 B"),
 * unless a sign parts them ("at 3, then").  So no line ends in a lone number,
 * nor in a name that waits for its number.
 *
 * Knows words of UTF-8 alone; where there is room is paragraph.h's business,
 * which breaks even here when a line has no other place.
 */
#ifndef VIZ_PAINT_TEXTBIND_H
#define VIZ_PAINT_TEXTBIND_H

/* A word: bytes without a blank in them.  n 0: there is none. */
typedef struct TextWord {
    const char *text;
    int n;
} TextWord;

typedef enum TextBond {
    TEXTBIND_NONE,
    TEXTBIND_NAME, /* a name and its number */
    TEXTBIND_UNIT, /* a number and what it counts: the last to be broken */
    TEXTBIND_BONDS
} TextBond;

/* What holds a and b together; c is the word after b. */
TextBond textbind_between(TextWord a, TextWord b, TextWord c);

#endif
