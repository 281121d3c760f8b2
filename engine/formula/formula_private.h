/* Formula parser: what its parts share.  Only engine/formula includes this. */
#ifndef ENGINE_FORMULA_FORMULA_PRIVATE_H
#define ENGINE_FORMULA_FORMULA_PRIVATE_H

#include "engine/formula/formula.h"

#include <string.h>

/* A NUL is none of them. */
static inline bool formula_is_one_of(char c, const char *of) {
    return c != '\0' && strchr(of, c);
}

/* What a name behind a backslash stands for, when it is one sign. */
typedef enum FormulaSign {
    SIGN_ORD,
    SIGN_BIN,
    SIGN_REL,
    SIGN_OPEN,
    SIGN_CLOSE,
    SIGN_PUNCT,
    SIGN_INNER,
    SIGN_SLANTED, /* ordinary, and slanted: small Greek letters */
    SIGN_SUM,     /* grows, with limits */
    SIGN_INTEGRAL /* grows, with scripts behind it */
} FormulaSign;

/* Makes a symbol of the name; false: it is no sign's. */
bool formula_sign(const char *name, int n, FormulaNode *out);
/* The same of a character as it stands in the source: + = ( and so on. */
bool formula_character(const char *text, int n, FormulaNode *out);
/* Makes a letter double-struck or script, where Unicode has it. */
void formula_letter(FormulaNode *letter, FormulaFace face);
/* \sin, \log, \max ... */
bool formula_function(const char *name, int n, FormulaNode *out);

/* The character of a fence, "(" or "\langle", "." as 0; false: it is none. */
bool formula_fence(const char *name, int n, uint32_t *out);

typedef enum FormulaAction {
    DO_FRACTION, /* size: style; bare and fenced for \binom */
    DO_BINOMIAL,
    DO_ROOT,
    DO_LEFT,
    DO_RIGHT,
    DO_MIDDLE,
    DO_FENCE, /* value: its size, atom */
    DO_MARK,  /* value: FormulaMark */
    DO_OVERSET,
    DO_UNDERSET,
    DO_SUBSTACK,
    DO_TEXT, /* value: FormulaFace */
    DO_FACE, /* value: FormulaFace */
    DO_OPERATOR,
    DO_STYLE,  /* value: FormulaStyle */
    DO_SPACE,  /* value: eighteenths of an em */
    DO_LIMITS, /* value: FormulaLimits */
    DO_NOTHING,
    DO_NOT,
    DO_MOD, /* value: 0 \bmod, 1 \pmod */
    DO_BEGIN,
    DO_END
} FormulaAction;

typedef struct FormulaCommand {
    const char *name;
    FormulaAction action;
    int value, more;
} FormulaCommand;

/* NULL: no command has that name. */
const FormulaCommand *formula_command(const char *name, int n);

/* A kind of table. */
typedef struct FormulaEnvironment {
    const char *name, *columns; /* "": all centred; letters, the last stays */
    uint32_t left, right;
    FormulaStyle style;
} FormulaEnvironment;

const FormulaEnvironment *formula_environment(const char *name, int n);

#endif
