/* Formula: what TeX's mathematics says, read into a tree.
 *
 *     FormulaTree t;
 *     FormulaError e;
 *     if (!formula_parse(&t, "\\frac{a}{b}", 11, &e)) show the source; e says
 *                                                     why, and where
 *
 * Known are: letters, digits and signs; ^ _ ' and groups; \frac \dfrac \tfrac
 * \binom \sqrt[n]{}; \left \right \middle| and \big( to \Bigg); accents and
 * lines, braces and arrows over and under; \overset \underset \stackrel
 * \boxed \substack; \text and its kin, \mathrm \mathbf \mathbb \mathcal ...,
 * \operatorname; the environments in formula_words.c; spaces; and the names in
 * formula_symbols.c.  Whatever else is named is refused: a formula is whole or
 * is not shown as one.  Macros are not defined, colours not set.
 *
 * Does NOT measure or draw: viz/paint/formula_layout.h sets the tree, given
 * the sizes of letters.  Allocates nothing.  The tree borrows the source.
 *
 * The classes of atoms and what is a limit are those of D. E. Knuth, The
 * TeXbook (1986), chapters 16 to 18 and appendix F.
 */
#ifndef ENGINE_FORMULA_FORMULA_H
#define ENGINE_FORMULA_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMULA_SOURCE_MAX  4096 /* bytes */
#define FORMULA_NODES_MAX   512
#define FORMULA_DEPTH_MAX   32 /* groups in each other */
#define FORMULA_COLUMNS_MAX 12 /* of a matrix */
#define FORMULA_ROWS_MAX    24
#define FORMULA_WORD_MAX    24 /* letters of a name behind a backslash */

/* A formula within a text of the program: FORMULA("x^2") " is a square".  The
 * marks are characters that no text shows, so that a $ in a token is none. */
#define FORMULA(source) "\x02" source "\x03"
#define FORMULA_BEGIN   '\x02'
#define FORMULA_END     '\x03'

/* A text's next piece: all of a formula, or all up to one. */
typedef struct FormulaPiece {
    const char *text;
    int len; /* without the marks */
    bool formula;
} FormulaPiece;

/* False at the end; *text moves on. */
bool formula_next(const char **text, FormulaPiece *out);

typedef enum FormulaKind {
    FORMULA_LIST,     /* a: the first of those in a row, linked by next */
    FORMULA_SYMBOL,   /* a sign: glyph */
    FORMULA_WORDS,    /* text[0..len) as it is: \text, names, numbers */
    FORMULA_SPACE,    /* size: eighteenths of an em */
    FORMULA_SCRIPTS,  /* a; below it b, above it c; each may be missing */
    FORMULA_FRACTION, /* a over b */
    FORMULA_ROOT,     /* of a; b: its index */
    FORMULA_FENCED,   /* a between left and right */
    FORMULA_FENCE,    /* left, of size 1 to 4; 0: as high as what it parts */
    FORMULA_MARKED,   /* a under, over or in its mark */
    FORMULA_TABLE,    /* a: the first cell, linked by next; text: its columns */
    FORMULA_STYLE,    /* what follows in its list is set in style */
} FormulaKind;

/* TeX's classes, which say what space stands between two. */
typedef enum FormulaAtom {
    ATOM_ORD,
    ATOM_OP,
    ATOM_BIN,
    ATOM_REL,
    ATOM_OPEN,
    ATOM_CLOSE,
    ATOM_PUNCT,
    ATOM_INNER,
    ATOM_COUNT
} FormulaAtom;

typedef enum FormulaFace {
    FORMULA_AUTO, /* letters slanted, the rest upright */
    FORMULA_UPRIGHT,
    FORMULA_BOLD,
    FORMULA_ITALIC,
    FORMULA_MONO,
    FORMULA_DOUBLE, /* double-struck: \mathbb */
    FORMULA_SCRIPT, /* \mathcal */
} FormulaFace;

typedef enum FormulaMark {
    MARK_HAT,
    MARK_TILDE,
    MARK_BAR,
    MARK_VEC,
    MARK_DOT,
    MARK_DDOT,
    MARK_CHECK,
    MARK_WIDEHAT,
    MARK_WIDETILDE,
    MARK_OVERLINE,
    MARK_UNDERLINE,
    MARK_OVERBRACE,
    MARK_UNDERBRACE,
    MARK_OVERARROW,
    MARK_BOX,
} FormulaMark;

/* Where scripts stand over and under rather than behind. */
typedef enum FormulaLimits {
    LIMITS_NEVER,
    LIMITS_DISPLAY, /* on a line of its own */
    LIMITS_ALWAYS
} FormulaLimits;

typedef enum FormulaStyle {
    STYLE_ANY, /* as its surroundings */
    STYLE_DISPLAY,
    STYLE_TEXT,
    STYLE_SCRIPT,
    STYLE_SMALLEST
} FormulaStyle;

typedef struct FormulaNode {
    uint8_t kind, atom, face, limits; /* enums above */
    uint8_t style;        /* of FORMULA_STYLE, and of a fraction or table */
    uint8_t mark;         /* of FORMULA_MARKED */
    bool big;             /* grows on a line of its own: a sum */
    bool bare;            /* a fraction without its line */
    bool ends_row;        /* of a cell */
    int16_t size;         /* of a space or fence */
    int16_t a, b, c;      /* nodes; -1: none */
    int16_t next;         /* in a list, or the next cell; -1: the last */
    int16_t len;          /* of text */
    char glyph[8];        /* of a symbol, in UTF-8, with its NUL */
    uint32_t left, right; /* fences, as characters; 0: none */
    const char *text;     /* borrowed */
} FormulaNode;

typedef struct FormulaTree {
    FormulaNode nodes[FORMULA_NODES_MAX];
    int n, root;
} FormulaTree;

typedef struct FormulaError {
    int at;        /* byte of the source */
    char what[96]; /* one line: "\foo is not known" */
} FormulaError;

/* Reads source[0..n).  False: it is not of what is known, or too large; *e says
 * so (NULL is fine).  An empty source is an empty list. */
bool formula_parse(FormulaTree *t, const char *source, size_t n,
                   FormulaError *e);

#endif
