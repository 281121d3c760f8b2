/* The signs that have names, and the characters that are signs themselves. */
#include "engine/formula/formula_private.h"

#include "engine/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Sign {
    const char *name, *glyph;
    FormulaSign kind;
} Sign;

/* By name, in the order of bytes. */
static const Sign signs[] = {
    {"#", "#", SIGN_ORD},
    {"$", "$", SIGN_ORD},
    {"%", "%", SIGN_ORD},
    {"&", "&", SIGN_ORD},
    {"Box", "□", SIGN_ORD},
    {"Delta", "Δ", SIGN_ORD},
    {"Downarrow", "⇓", SIGN_REL},
    {"Gamma", "Γ", SIGN_ORD},
    {"Im", "ℑ", SIGN_ORD},
    {"Lambda", "Λ", SIGN_ORD},
    {"Leftarrow", "⇐", SIGN_REL},
    {"Leftrightarrow", "⇔", SIGN_REL},
    {"Longleftarrow", "⟸", SIGN_REL},
    {"Longleftrightarrow", "⟺", SIGN_REL},
    {"Longrightarrow", "⟹", SIGN_REL},
    {"Omega", "Ω", SIGN_ORD},
    {"P", "¶", SIGN_ORD},
    {"Phi", "Φ", SIGN_ORD},
    {"Pi", "Π", SIGN_ORD},
    {"Psi", "Ψ", SIGN_ORD},
    {"Re", "ℜ", SIGN_ORD},
    {"Rightarrow", "⇒", SIGN_REL},
    {"S", "§", SIGN_ORD},
    {"Sigma", "Σ", SIGN_ORD},
    {"Theta", "Θ", SIGN_ORD},
    {"Uparrow", "⇑", SIGN_REL},
    {"Upsilon", "Υ", SIGN_ORD},
    {"Vert", "‖", SIGN_ORD},
    {"Xi", "Ξ", SIGN_ORD},
    {"_", "_", SIGN_ORD},
    {"aleph", "ℵ", SIGN_ORD},
    {"alpha", "α", SIGN_SLANTED},
    {"angle", "∠", SIGN_ORD},
    {"approx", "≈", SIGN_REL},
    {"ast", "∗", SIGN_BIN},
    {"asymp", "≍", SIGN_REL},
    {"backslash", "\\", SIGN_ORD},
    {"because", "∵", SIGN_REL},
    {"beta", "β", SIGN_SLANTED},
    {"bigcap", "⋂", SIGN_SUM},
    {"bigcup", "⋃", SIGN_SUM},
    {"bigodot", "⨀", SIGN_SUM},
    {"bigoplus", "⨁", SIGN_SUM},
    {"bigotimes", "⨂", SIGN_SUM},
    {"bigsqcup", "⨆", SIGN_SUM},
    {"bigvee", "⋁", SIGN_SUM},
    {"bigwedge", "⋀", SIGN_SUM},
    {"blacksquare", "■", SIGN_ORD},
    {"bot", "⊥", SIGN_ORD},
    {"bullet", "∙", SIGN_BIN},
    {"cap", "∩", SIGN_BIN},
    {"cdot", "⋅", SIGN_BIN},
    {"cdots", "⋯", SIGN_INNER},
    {"checkmark", "✓", SIGN_ORD},
    {"chi", "χ", SIGN_SLANTED},
    {"circ", "∘", SIGN_BIN},
    {"clubsuit", "♣", SIGN_ORD},
    {"colon", ":", SIGN_PUNCT},
    {"coloneqq", "≔", SIGN_REL},
    {"cong", "≅", SIGN_REL},
    {"coprod", "∐", SIGN_SUM},
    {"cup", "∪", SIGN_BIN},
    {"curvearrowright", "↷", SIGN_REL},
    {"dagger", "†", SIGN_BIN},
    {"dashv", "⊣", SIGN_REL},
    {"ddagger", "‡", SIGN_BIN},
    {"ddots", "⋱", SIGN_INNER},
    {"degree", "°", SIGN_ORD},
    {"delta", "δ", SIGN_SLANTED},
    {"diamond", "⋄", SIGN_BIN},
    {"div", "÷", SIGN_BIN},
    {"doteq", "≐", SIGN_REL},
    {"dots", "…", SIGN_INNER},
    {"dotsb", "⋯", SIGN_INNER},
    {"dotsc", "…", SIGN_INNER},
    {"dotsm", "⋯", SIGN_INNER},
    {"downarrow", "↓", SIGN_REL},
    {"ell", "ℓ", SIGN_ORD},
    {"emptyset", "∅", SIGN_ORD},
    {"epsilon", "ϵ", SIGN_SLANTED},
    {"equiv", "≡", SIGN_REL},
    {"eta", "η", SIGN_SLANTED},
    {"exists", "∃", SIGN_ORD},
    {"forall", "∀", SIGN_ORD},
    {"gamma", "γ", SIGN_SLANTED},
    {"ge", "≥", SIGN_REL},
    {"geq", "≥", SIGN_REL},
    {"geqslant", "⩾", SIGN_REL},
    {"gets", "←", SIGN_REL},
    {"gg", "≫", SIGN_REL},
    {"gt", ">", SIGN_REL},
    {"gtrsim", "≳", SIGN_REL},
    {"hbar", "ℏ", SIGN_ORD},
    {"hookleftarrow", "↩", SIGN_REL},
    {"hookrightarrow", "↪", SIGN_REL},
    {"iff", "⟺", SIGN_REL},
    {"iiint", "∭", SIGN_INTEGRAL},
    {"iint", "∬", SIGN_INTEGRAL},
    {"imath", "ı", SIGN_ORD},
    {"impliedby", "⟸", SIGN_REL},
    {"implies", "⟹", SIGN_REL},
    {"in", "∈", SIGN_REL},
    {"infty", "∞", SIGN_ORD},
    {"int", "∫", SIGN_INTEGRAL},
    {"iota", "ι", SIGN_SLANTED},
    {"jmath", "ȷ", SIGN_ORD},
    {"kappa", "κ", SIGN_SLANTED},
    {"lVert", "‖", SIGN_OPEN},
    {"lambda", "λ", SIGN_SLANTED},
    {"land", "∧", SIGN_BIN},
    {"langle", "⟨", SIGN_OPEN},
    {"lbrace", "{", SIGN_OPEN},
    {"lbrack", "[", SIGN_OPEN},
    {"lceil", "⌈", SIGN_OPEN},
    {"ldots", "…", SIGN_INNER},
    {"le", "≤", SIGN_REL},
    {"leadsto", "⇝", SIGN_REL},
    {"leftarrow", "←", SIGN_REL},
    {"leftrightarrow", "↔", SIGN_REL},
    {"leq", "≤", SIGN_REL},
    {"leqslant", "⩽", SIGN_REL},
    {"lesssim", "≲", SIGN_REL},
    {"lfloor", "⌊", SIGN_OPEN},
    {"ll", "≪", SIGN_REL},
    {"lnot", "¬", SIGN_ORD},
    {"longleftarrow", "⟵", SIGN_REL},
    {"longleftrightarrow", "⟷", SIGN_REL},
    {"longmapsto", "⟼", SIGN_REL},
    {"longrightarrow", "⟶", SIGN_REL},
    {"lor", "∨", SIGN_BIN},
    {"lparen", "(", SIGN_OPEN},
    {"lt", "<", SIGN_REL},
    {"lvert", "|", SIGN_OPEN},
    {"mapsto", "↦", SIGN_REL},
    {"mid", "∣", SIGN_REL},
    {"models", "⊨", SIGN_REL},
    {"mp", "∓", SIGN_BIN},
    {"mu", "μ", SIGN_SLANTED},
    {"nabla", "∇", SIGN_ORD},
    {"ne", "≠", SIGN_REL},
    {"nearrow", "↗", SIGN_REL},
    {"neg", "¬", SIGN_ORD},
    {"neq", "≠", SIGN_REL},
    {"nexists", "∄", SIGN_ORD},
    {"ngeq", "≱", SIGN_REL},
    {"ni", "∋", SIGN_REL},
    {"nleq", "≰", SIGN_REL},
    {"nmid", "∤", SIGN_REL},
    {"notin", "∉", SIGN_REL},
    {"nu", "ν", SIGN_SLANTED},
    {"nwarrow", "↖", SIGN_REL},
    {"odot", "⊙", SIGN_BIN},
    {"oint", "∮", SIGN_INTEGRAL},
    {"omega", "ω", SIGN_SLANTED},
    {"omicron", "ο", SIGN_SLANTED},
    {"ominus", "⊖", SIGN_BIN},
    {"oplus", "⊕", SIGN_BIN},
    {"oslash", "⊘", SIGN_BIN},
    {"otimes", "⊗", SIGN_BIN},
    {"parallel", "∥", SIGN_REL},
    {"partial", "∂", SIGN_ORD},
    {"perp", "⊥", SIGN_REL},
    {"phi", "ϕ", SIGN_SLANTED},
    {"pi", "π", SIGN_SLANTED},
    {"pm", "±", SIGN_BIN},
    {"prec", "≺", SIGN_REL},
    {"preceq", "⪯", SIGN_REL},
    {"prime", "′", SIGN_ORD},
    {"prod", "∏", SIGN_SUM},
    {"propto", "∝", SIGN_REL},
    {"psi", "ψ", SIGN_SLANTED},
    {"rVert", "‖", SIGN_CLOSE},
    {"rangle", "⟩", SIGN_CLOSE},
    {"rbrace", "}", SIGN_CLOSE},
    {"rbrack", "]", SIGN_CLOSE},
    {"rceil", "⌉", SIGN_CLOSE},
    {"rfloor", "⌋", SIGN_CLOSE},
    {"rho", "ρ", SIGN_SLANTED},
    {"rightarrow", "→", SIGN_REL},
    {"rightharpoonup", "⇀", SIGN_REL},
    {"rightleftharpoons", "⇌", SIGN_REL},
    {"rightsquigarrow", "⇝", SIGN_REL},
    {"rparen", ")", SIGN_CLOSE},
    {"rvert", "|", SIGN_CLOSE},
    {"searrow", "↘", SIGN_REL},
    {"setminus", "∖", SIGN_BIN},
    {"sigma", "σ", SIGN_SLANTED},
    {"sim", "∼", SIGN_REL},
    {"simeq", "≃", SIGN_REL},
    {"sqcap", "⊓", SIGN_BIN},
    {"sqcup", "⊔", SIGN_BIN},
    {"square", "□", SIGN_ORD},
    {"star", "⋆", SIGN_BIN},
    {"subset", "⊂", SIGN_REL},
    {"subseteq", "⊆", SIGN_REL},
    {"subsetneq", "⊊", SIGN_REL},
    {"succ", "≻", SIGN_REL},
    {"succeq", "⪰", SIGN_REL},
    {"sum", "∑", SIGN_SUM},
    {"supset", "⊃", SIGN_REL},
    {"supseteq", "⊇", SIGN_REL},
    {"surd", "√", SIGN_ORD},
    {"swarrow", "↙", SIGN_REL},
    {"tau", "τ", SIGN_SLANTED},
    {"therefore", "∴", SIGN_REL},
    {"theta", "θ", SIGN_SLANTED},
    {"times", "×", SIGN_BIN},
    {"to", "→", SIGN_REL},
    {"top", "⊤", SIGN_ORD},
    {"triangle", "△", SIGN_ORD},
    {"triangleq", "≜", SIGN_REL},
    {"uparrow", "↑", SIGN_REL},
    {"updownarrow", "↕", SIGN_REL},
    {"uplus", "⊎", SIGN_BIN},
    {"upsilon", "υ", SIGN_SLANTED},
    {"vDash", "⊨", SIGN_REL},
    {"varepsilon", "ε", SIGN_SLANTED},
    {"varnothing", "∅", SIGN_ORD},
    {"varphi", "φ", SIGN_SLANTED},
    {"varpi", "ϖ", SIGN_SLANTED},
    {"varrho", "ϱ", SIGN_SLANTED},
    {"varsigma", "ς", SIGN_SLANTED},
    {"vartheta", "ϑ", SIGN_SLANTED},
    {"vdash", "⊢", SIGN_REL},
    {"vdots", "⋮", SIGN_ORD},
    {"vee", "∨", SIGN_BIN},
    {"vert", "|", SIGN_ORD},
    {"wedge", "∧", SIGN_BIN},
    {"wp", "℘", SIGN_ORD},
    {"wr", "≀", SIGN_BIN},
    {"xi", "ξ", SIGN_SLANTED},
    {"zeta", "ζ", SIGN_SLANTED},
    {"{", "{", SIGN_OPEN},
    {"|", "‖", SIGN_ORD},
    {"}", "}", SIGN_CLOSE},
};

typedef struct Function {
    const char *name, *text;
    FormulaLimits limits;
} Function;

static const Function functions[] = {
    {"Pr", "Pr", LIMITS_DISPLAY},
    {"arccos", "arccos", LIMITS_NEVER},
    {"arcsin", "arcsin", LIMITS_NEVER},
    {"arctan", "arctan", LIMITS_NEVER},
    {"arg", "arg", LIMITS_NEVER},
    {"argmax", "arg max", LIMITS_DISPLAY},
    {"argmin", "arg min", LIMITS_DISPLAY},
    {"cos", "cos", LIMITS_NEVER},
    {"cosh", "cosh", LIMITS_NEVER},
    {"cot", "cot", LIMITS_NEVER},
    {"coth", "coth", LIMITS_NEVER},
    {"csc", "csc", LIMITS_NEVER},
    {"deg", "deg", LIMITS_NEVER},
    {"det", "det", LIMITS_DISPLAY},
    {"dim", "dim", LIMITS_NEVER},
    {"exp", "exp", LIMITS_NEVER},
    {"gcd", "gcd", LIMITS_DISPLAY},
    {"hom", "hom", LIMITS_NEVER},
    {"inf", "inf", LIMITS_DISPLAY},
    {"ker", "ker", LIMITS_NEVER},
    {"lg", "lg", LIMITS_NEVER},
    {"lim", "lim", LIMITS_DISPLAY},
    {"liminf", "lim inf", LIMITS_DISPLAY},
    {"limsup", "lim sup", LIMITS_DISPLAY},
    {"ln", "ln", LIMITS_NEVER},
    {"log", "log", LIMITS_NEVER},
    {"max", "max", LIMITS_DISPLAY},
    {"min", "min", LIMITS_DISPLAY},
    {"sec", "sec", LIMITS_NEVER},
    {"sin", "sin", LIMITS_NEVER},
    {"sinh", "sinh", LIMITS_NEVER},
    {"sup", "sup", LIMITS_DISPLAY},
    {"tan", "tan", LIMITS_NEVER},
    {"tanh", "tanh", LIMITS_NEVER},
};

/* A name that ends with its length, as it stands in the source. */
typedef struct Key {
    const char *name;
    int n;
} Key;

static int compare(const void *key, const void *item) {
    const Key *k = key;
    const char *name;
    memcpy(&name, item, sizeof name); /* the first of each row above */
    const int by = strncmp(k->name, name, (size_t)k->n);
    return by ? by : -(name[k->n] != '\0');
}

static const void *find(const char *name, int n, const void *rows,
                        size_t n_rows, size_t size) {
    const Key key = {name, n};
    return bsearch(&key, rows, n_rows, size, compare);
}

static void make(const char *glyph, FormulaSign kind, FormulaNode *out) {
    static const FormulaAtom atoms[] = {
        [SIGN_ORD] = ATOM_ORD,     [SIGN_BIN] = ATOM_BIN,
        [SIGN_REL] = ATOM_REL,     [SIGN_OPEN] = ATOM_OPEN,
        [SIGN_CLOSE] = ATOM_CLOSE, [SIGN_PUNCT] = ATOM_PUNCT,
        [SIGN_INNER] = ATOM_INNER, [SIGN_SLANTED] = ATOM_ORD,
        [SIGN_SUM] = ATOM_OP,      [SIGN_INTEGRAL] = ATOM_OP,
    };
    out->kind = FORMULA_SYMBOL;
    out->atom = (uint8_t)atoms[kind];
    out->face = kind == SIGN_SLANTED ? FORMULA_ITALIC : FORMULA_UPRIGHT;
    out->big = kind == SIGN_SUM || kind == SIGN_INTEGRAL;
    out->limits = kind == SIGN_SUM ? LIMITS_DISPLAY : LIMITS_NEVER;
    snprintf(out->glyph, sizeof out->glyph, "%s", glyph);
}

bool formula_sign(const char *name, int n, FormulaNode *out) {
    const Sign *s =
        find(name, n, signs, sizeof signs / sizeof *signs, sizeof *signs);
    if (s) make(s->glyph, s->kind, out);
    return s != NULL;
}

bool formula_function(const char *name, int n, FormulaNode *out) {
    const Function *f =
        find(name, n, functions, sizeof functions / sizeof *functions,
             sizeof *functions);
    if (!f) return false;
    out->kind = FORMULA_WORDS;
    out->atom = ATOM_OP;
    out->face = FORMULA_UPRIGHT;
    out->limits = (uint8_t)f->limits;
    out->text = f->text;
    out->len = (int16_t)strlen(f->text);
    return true;
}

/* ---- characters ---------------------------------------------------------- */

/* What stands for itself, or for a better sign. */
static const Sign characters[] = {
    {"+", "+", SIGN_BIN},   {"-", "−", SIGN_BIN},   {"*", "∗", SIGN_BIN},
    {"=", "=", SIGN_REL},   {"<", "<", SIGN_REL},   {">", ">", SIGN_REL},
    {":", ":", SIGN_REL},   {",", ",", SIGN_PUNCT}, {";", ";", SIGN_PUNCT},
    {"(", "(", SIGN_OPEN},  {"[", "[", SIGN_OPEN},  {")", ")", SIGN_CLOSE},
    {"]", "]", SIGN_CLOSE}, {"!", "!", SIGN_CLOSE}, {"?", "?", SIGN_CLOSE},
    {"/", "/", SIGN_ORD},   {"|", "|", SIGN_ORD},   {".", ".", SIGN_ORD},
    {"\"", "\"", SIGN_ORD}, {"`", "‘", SIGN_ORD},   {"@", "@", SIGN_ORD},
    {"·", "⋅", SIGN_BIN},
};

/* A sign written as itself, "≤", is what its name says. */
static const Sign *sign_of(const char *text, int n) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strlen(signs[i].glyph) == (size_t)n &&
            memcmp(signs[i].glyph, text, (size_t)n) == 0)
            return &signs[i];
    return NULL;
}

bool formula_character(const char *text, int n, FormulaNode *out) {
    uint32_t cp;
    if (utf8_decode(text, (size_t)n, &cp) != n || cp == UTF8_BAD || cp < ' ')
        return false;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
        if (strlen(characters[i].name) == (size_t)n &&
            memcmp(characters[i].name, text, (size_t)n) == 0) {
            make(characters[i].glyph, characters[i].kind, out);
            return true;
        }
    const bool letter = (cp | 32) >= 'a' && (cp | 32) <= 'z';
    const Sign *s = n > 1 ? sign_of(text, n) : NULL;
    if (s) {
        make(s->glyph, s->kind, out);
        return true;
    }
    char glyph[8] = "";
    memcpy(glyph, text, (size_t)n);
    make(glyph, letter ? SIGN_SLANTED : SIGN_ORD, out);
    if (letter) out->face = FORMULA_AUTO;
    return letter || cp >= 128 || (cp >= '0' && cp <= '9');
}

/* Some letters have had their places for long, before all others got theirs. */
static uint32_t letter_place(char c, FormulaFace face) {
    static const struct {
        char letter;
        uint32_t double_struck, script;
    } old[] = {{'B', 0, 0x212C}, {'C', 0x2102, 0},      {'E', 0, 0x2130},
               {'F', 0, 0x2131}, {'H', 0x210D, 0x210B}, {'I', 0, 0x2110},
               {'L', 0, 0x2112}, {'M', 0, 0x2133},      {'N', 0x2115, 0},
               {'P', 0x2119, 0}, {'Q', 0x211A, 0},      {'R', 0x211D, 0x211B},
               {'Z', 0x2124, 0}, {'e', 0, 0x212F},      {'g', 0, 0x210A},
               {'o', 0, 0x2134}};
    const bool wide = face == FORMULA_DOUBLE;
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        const uint32_t cp = wide ? old[i].double_struck : old[i].script;
        if (old[i].letter == c && cp) return cp;
    }
    if (c >= 'A' && c <= 'Z')
        return (wide ? 0x1D538u : 0x1D49Cu) + (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (wide ? 0x1D552u : 0x1D4B6u) + (uint32_t)(c - 'a');
    return wide && c >= '0' && c <= '9' ? 0x1D7D8u + (uint32_t)(c - '0') : 0;
}

void formula_letter(FormulaNode *letter, FormulaFace face) {
    const uint32_t cp = letter_place(letter->glyph[0], face);
    if (letter->glyph[1] || !cp) return;
    letter->face = (uint8_t)face;
    letter->glyph[utf8_encode(cp, letter->glyph)] = '\0';
}

/* ---- fences -------------------------------------------------------------- */

bool formula_fence(const char *name, int n, uint32_t *out) {
    static const char *const plain = "()[]|/.<>";
    static const char *const fences = "()[]{}|‖⟨⟩⌊⌋⌈⌉/";
    FormulaNode sign = {0};
    uint32_t cp = 0, known;
    *out = 0;
    if (n == 1 && formula_is_one_of(*name, plain))
        cp = (unsigned char)*name;
    else if (n > 1 && *name == '\\' && formula_sign(name + 1, n - 1, &sign))
        utf8_decode(sign.glyph, strlen(sign.glyph), &cp);
    if (cp == '.') return true;
    if (cp == '<') cp = 0x27E8;
    if (cp == '>') cp = 0x27E9;
    for (const char *p = fences; cp && *p;) {
        p += utf8_decode(p, strlen(p), &known);
        if (known == cp) *out = cp;
    }
    return *out != 0;
}
