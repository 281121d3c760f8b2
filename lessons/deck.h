/* Deck: a lesson, which is an ordinary reveal-md Markdown file.
 *
 *     Deck *d = deck_open("lessons/predict.md", &err);
 *     for (int i = 0; i < deck_n_slides(d); i++) {
 *         const DeckSlide *s = deck_slide(d, i); ...
 *     }
 *     deck_close(d);
 *
 * Slides are split before Markdown is parsed (fence-aware), at lines that are
 * exactly ---, -- or ----.  Blocks and spans come from md4c.  Comments drive
 * the stage and are ignored by reveal-md:
 *     <!-- .stage: STATE -->   starts a beat; text after it belongs to it
 *     <!-- .ask: QUESTION | a) X | b*) Y | c) Z -->   * marks the answer
 *        (on the beat after it; a slide that ends so has one more)
 *     ... | a) X = EXPRESSION | ...   the model's probability of an answer that
 *        is what comes next, as "prob(token=" Tom")" or "1 - prob(...)"; known
 *        by the prob() in it, and a claim of the beat after the question
 *     <!-- .guess: QUESTION | 0..100 | 26 % | EXPRESSION -->   a number is
 *        guessed; the expression, which may be left out, is what it is, and a
 *        claim of the beat after it: EXPRESSION == 26 within 0.5, half a unit
 *        of its last digit, or as the part says itself: "EXPRESSION within W"
 *     <!-- .do: SENTENCE | STATE -->   the stage is to be brought to this state
 *     <!-- .do: SENTENCE | CLAIM | STATE -->   or to where the claim holds, as
 *        it does in STATE
 *     <!-- .hint: TEXT -->     to the question before it; shown when asked for
 *     <!-- .claim: EXPRESSION -->   see claim.h; holds at its beat
 *     <!-- .say:                   and lines of Markdown up to a line with -->:
 *                                  text of the slide that reveal-md leaves out
 * What a stage says of panel= and stage= holds to the end of its slide, what it
 * says of play= at its beat alone, all else until another says otherwise.
 * A slide's first stage belongs to beat 0 when nothing but headings stands
 * before it, so that a slide need not begin with an empty beat.
 * Everything after a line starting with "Note:" or "Notes:" is the notes, and
 * so is what stands in <aside class="notes">.
 * <span class="query|key|value|residual|mlp"> colours words as the views do.
 *     <!-- .slide: class="align-center" -->      of the slide it stands on
 *     <!-- .element: style="font-size:large" -->   of the block before it
 * are reveal-md's; of their attributes those are kept that a slide can show.
 * $FORMULA$ and $$FORMULA$$ are formulas; "$5 and $6" is money.
 * class="fragment" in an .element or a tag gives what it stands on a beat of
 * its own, which lies between those of the stages around it; effects are those
 * of DeckEffect, and data-fragment-index orders them.
 * A comment holds anything.  Whatever is dropped is a warning.
 * A deck may begin with front matter between two --- lines: flat KEY: VALUE
 * lines; separator and verticalSeparator (literals only) replace --- and ----.
 *
 * Does NOT draw, resolve states against a model, or fetch anything: web
 * content becomes a BLOCK_WEB with its address.  Constant after open.
 */
#ifndef LESSONS_DECK_H
#define LESSONS_DECK_H

#include "lessons/claim.h"
#include "lessons/state.h"

#define DECK_SIZE_MAX        (16u << 20) /* bytes */
#define DECK_SLIDES_MAX      10000
#define DECK_BEATS_MAX       64           /* per slide */
#define DECK_BEATS_ALL       20000        /* of all slides together */
#define DECK_DEPTH_MAX       32           /* lists and quotes in each other */
#define DECK_MEMORY_MAX      (256u << 20) /* bytes of a parsed deck */
#define DECK_WARNINGS_MAX    1000         /* further ones are left out, aloud */
#define DECK_SAME_MAX        4  /* further ones are counted in the last */
#define DECK_META_MAX        64 /* lines of front matter */
#define DECK_ASKS_MAX        STATE_ASKS_MAX    /* questions of a slide */
#define DECK_OPTIONS_MAX     STATE_OPTIONS_MAX /* of a question */
#define DECK_HINTS_MAX       STATE_HINTS_MAX   /* of a question */
#define DECK_FORMULAS_MAX    24     /* in an answer, what is asked or a hint */
#define DECK_COLUMNS_MAX     16     /* of a table that are shown */
#define DECK_DIV_COLUMNS_MAX 4      /* of <div class="columns"> */
#define DECK_PIXELS_MAX      100000 /* of a stated size */
#define DECK_PAGE_W          960    /* pixels of reveal.js' page */
#define DECK_PAGE_H          700
#define DECK_PAGES_MAX       12     /* of documents, that a slide turns to */
#define DECK_PAGE_MAX        100000 /* number of one */
#define DECK_LINES_MAX       128    /* ranges of lines that are lit */
#define DECK_LINE_MAX        100000 /* number of a line of code */
#define DECK_SLIDE_MAX       (2u << 20) /* bytes of one slide, but its notes */
#define DECK_TIMING_MAX      86400      /* seconds of a slide */
#define DECK_MARKS_MAX       1000000 /* characters that md4c keeps track of */

/* DeckSpan.style */
enum {
    SPAN_BOLD = 1,
    SPAN_ITALIC = 2,
    SPAN_CODE = 4,
    SPAN_STRIKE = 8,
    SPAN_BREAK = 16, /* a hard line break follows */
    SPAN_CELL = 32,  /* its cell of a table's row ends with it */
    SPAN_SMALL = 64,
    SPAN_SUB = 128,
    SPAN_SUP = 256,
    SPAN_FORMULA = 512,  /* text is TeX's, see engine/formula/formula.h */
    SPAN_DISPLAY = 1024, /* a formula on a line of its own */
    SPAN_LEFT = 2048,    /* its cell is empty, and one with that on its left */
    SPAN_ABOVE = 4096,   /* likewise with the one above */
};

/* The meaning of a coloured word. */
typedef enum SpanRole {
    ROLE_NONE,
    ROLE_QUERY,
    ROLE_KEY,
    ROLE_VALUE,
    ROLE_RESIDUAL,
    ROLE_MLP
} SpanRole;

/* What a fragment's beat does to it. */
typedef enum DeckEffect {
    EFFECT_APPEAR, /* it is not shown before, though its place is kept */
    EFFECT_LEAVE,
    EFFECT_SOFTEN,
    EFFECT_STRIKE,
    EFFECT_RED,
    EFFECT_GREEN,
    EFFECT_BLUE,
    EFFECT_STEP, /* of code: its next lines; of a document: its next page */
} DeckEffect;

typedef struct DeckFragment {
    DeckEffect effect;
    bool passes; /* with its beat */
    int beat;    /* that does it */
    int since;   /* the beat of the stage before: its place is kept from here */
} DeckFragment;

typedef struct DeckSpan {
    const char *text; /* UTF-8, NUL-terminated, borrowed from the deck */
    int len;
    unsigned style;
    SpanRole role;
    const char *href; /* link target or NULL; shown, never opened */
    int fragment;     /* of the slide's, from 1; 0: none */
} DeckSpan;

typedef enum BlockKind {
    BLOCK_HEADING,   /* level 1..6 */
    BLOCK_PARAGRAPH, /* level = lists it stands in: > 0 continues an item */
    BLOCK_ITEM,      /* level = depth from 0; number > 0 when ordered */
    BLOCK_QUOTE,     /* a paragraph of a quotation */
    BLOCK_CODE,      /* one span with newlines; info = language or "" */
    BLOCK_IMAGE,     /* info = path as written; spans = alternative text */
    BLOCK_WEB,       /* info = address of an iframe, video or pdf; spans =
                        its title.  What names the page of a PDF beside the
                        deck is no part of either */
    BLOCK_ASK,       /* ask */
    BLOCK_ROW,       /* of a table: number = its columns, level 1 in its head,
                        else 0; info = a letter per column: l, c or r, one
                        text for all rows of a table.  Cells are runs of spans,
                        each up to one with SPAN_CELL */
    BLOCK_RULE,      /* a line across the slide */
} BlockKind;

typedef enum DeckTask { TASK_NONE, TASK_OPEN, TASK_DONE } DeckTask;

typedef enum AskKind {
    ASK_CHOICE, /* one of the options is right */
    ASK_GUESS,  /* a number */
    ASK_DO,     /* something is to be done */
} AskKind;

/* Formulas in its texts stand between marks, see FORMULA in
 * engine/formula/formula.h. */
typedef struct DeckAsk {
    AskKind kind;
    int number;           /* of the slide's questions, from 0 */
    const char *question; /* of a guess: "" when none is written */
    /* ASK_CHOICE */
    const char *options[DECK_OPTIONS_MAX];
    int n_options; /* >= 2 */
    int answer;    /* index of the right one */
    /* What the model gives an option: the left side of a claim that runs no
     * model again; NULL: it is not said. */
    const Claim *says[DECK_OPTIONS_MAX];
    /* ASK_GUESS: low <= value <= high */
    double low, high, value;
    const char *unit; /* behind a number: "%", or "" */
    /* ASK_DO.  Without a claim `goal` is the state that is asked for; with one
     * a state in which it holds. */
    const State *goal; /* the keys in its set; memory is the deck's */
    const Claim *claim;
    const char *goal_text; /* as written */

    const char *hints[DECK_HINTS_MAX];
    int n_hints;
    int line;
} DeckAsk;

/* Lines of code, from 1, that are lit in a step, from 0. */
typedef struct DeckLines {
    int step, from, to;
} DeckLines;

typedef struct DeckBlock {
    BlockKind kind;
    int level, number;
    int beat; /* it belongs to this beat of its slide */
    const DeckSpan *spans;
    int n_spans;
    const char *info; /* or NULL */
    /* Of code, as its fence says: [1|3-4].  A step that names no line lights
     * all.  The first is there from the start, the others are fragments: those
     * from number `steps` on. */
    bool numbered;
    int first_line; /* its number */
    const DeckLines *lit;
    int n_lit;
    /* Of code and documents. */
    int steps, n_steps; /* n_steps: those that are fragments */
    /* Of web content and pictures that are a PDF beside the deck: its page that
     * is shown, from 1, a step later the next one; 0: it is none. */
    int page;
    const DeckAsk *ask;
    DeckTask task; /* of an item: its box */
    int size;      /* of its type, from -2 (x-small) to 2 (x-large) */
    int fragment;  /* of the slide's, from 1; 0: none */
    /* Of web content and pictures, pixels, of pictures those of a page of
     * DECK_PAGE_W x DECK_PAGE_H; share: width in % of the page.  0: not
     * stated. */
    int width, height, share;
    const char *still; /* of web content: a picture's path, or NULL */
    /* It stands in a column, from 0, of this set of columns of its slide, from
     * 1; 0: in none.  Blocks of a set stand in a row, column after column. */
    int columns, column;
    int line; /* where it begins, 1-based */
} DeckBlock;

typedef struct DeckBeat {
    State stage; /* keys set: what this beat changes; may be none.  Its memory
                    is the deck's: copy or apply it, never free it */
    int line;    /* of its .stage comment, 1-based; 0 when it has none */
} DeckBeat;

typedef struct DeckClaim {
    Claim claim;
    const char *text; /* as written */
    int beat, line;
    bool is_after; /* of a question's answer: beat is the one after it */
} DeckClaim;

#define DECK_COLORS_MAX 16

/* Colours behind a slide: none, one, or a gradient. */
typedef struct DeckGround {
    uint32_t colors[DECK_COLORS_MAX]; /* [n], 0xRRGGBB */
    float at[DECK_COLORS_MAX]; /* where they stand, none before the last: from 0
                                  to 1, or beyond */
    int n;
    bool radial; /* from the middle outwards */
    float angle; /* else: degrees; 0: upwards, 90: to the right */
} DeckGround;

typedef struct DeckSlide {
    const char *title; /* text of its first heading, or "" */
    const DeckBlock *blocks;
    int n_blocks;
    const DeckBeat *beats; /* at least one */
    int n_beats;
    const DeckFragment *fragments;
    int n_fragments;
    const DeckClaim *claims;
    int n_claims;
    const char *notes;            /* Markdown as written, or "" */
    const DeckBlock *note_blocks; /* and as blocks, all of beat 0 */
    int n_note_blocks;
    int timing; /* seconds it is planned for (data-timing); 0: not stated */
    bool centred;
    DeckGround ground;
    const char *background; /* path of a picture or document, or NULL */
    int background_page;    /* of a document, from 1; 0: it is none */
    int background_line;
    /* Its place among those that stand side by side, from 1; and in its stack,
     * which a vertical separator makes, from 1, 0: it stands alone. */
    int across, down;
    int line; /* where the slide starts, 1-based */
} DeckSlide;

/* Of those that say the same DECK_SAME_MAX at most: the last says how
 * many more there are. */
typedef struct DeckWarning {
    int line;
    const char *text;
} DeckWarning;

typedef struct Deck Deck;

/* Errors are "path:line: what"; err.pos is the line.  A stage, ask or claim
 * comment that does not parse is an error; oddities are warnings.  An empty
 * text is one empty slide. */
Deck *deck_open(const char *path, Err *err);
Deck *deck_open_memory(const char *name, const char *text, size_t n, Err *err);

/* What a deck is told of the files beside it, while it is opened; nothing of
 * it is kept. */
typedef struct DeckFiles {
    /* Pages of a PDF that the deck names; 0: it cannot be told. */
    int (*n_pages)(void *ud, const char *deck_path, const char *name);
    void *ud;
} DeckFiles;

/* The same; files NULL: of a document its first page is known alone. */
Deck *deck_open_with(const char *path, const DeckFiles *files, Err *err);
Deck *deck_open_text(const char *name, const char *text, size_t n,
                     const DeckFiles *files, Err *err);
void deck_close(Deck *d); /* NULL is fine */

const char *deck_title(const Deck *d); /* front matter, or first heading */
const char *deck_path(const Deck *d);
int deck_n_slides(const Deck *d); /* >= 1 */
const DeckSlide *deck_slide(const Deck *d, int i);
int deck_warnings(const Deck *d, const DeckWarning **out);

/* What a slide is called where people read it: "3", or "3.2" in a stack.  A
 * State's number counts on through all stacks. */
#define DECK_LABEL_MAX 24
void deck_label(const Deck *d, int slide, char out[DECK_LABEL_MAX]);
/* "3 of 10"; in a deck with stacks "3.2, 5 of 12". */
#define DECK_PLACE_MAX 52
void deck_place(const Deck *d, int slide, char out[DECK_PLACE_MAX]);

/* Where the slides of a deck stand in another version of it, [deck_n_slides
 * (from)] of to; -1: nowhere.  Those up to the first and from the last that
 * read differently are told by what they say, those between by their titles
 * and, if they are as many as before, by their order. */
void deck_follow(const Deck *from, const Deck *in, int *to);

/* The step of a block at a beat, from 0. */
int deck_step_at(const DeckSlide *s, const DeckBlock *b, int beat);

/* True for what is no path: "https://...", "data:..." */
bool deck_is_address(const char *name);

/* A value of the front matter ("title", "author"), or NULL. */
const char *deck_meta(const Deck *d, const char *key);

/* The models that the front matter says it is about: model: NAME, or models:
 * with names between commas, in [brackets] or one a line behind dashes.  A *
 * in a name stands for any characters.  0 and up; a deck that names none suits
 * any. */
int deck_n_models(const Deck *d);
const char *deck_model(const Deck *d, int i);
bool deck_is_about(const Deck *d, const char *model); /* it names it */
/* True when `name` is what a deck's name of a model, with its stars, means. */
bool deck_name_fits(const char *pattern, const char *name);

/* The state at a beat: base, then every stage from the first slide to this
 * beat, in order, but for panel and stage, which hold on their own slide alone;
 * slide and beat say where that is.  So it does not matter how
 * one got there.  out must be initialised. */
bool deck_state_at(const Deck *d, int slide, int beat, const State *base,
                   State *out, Err *err);

#endif
