/* Deck builder: what the parser's parts share.  Only lessons/deck*.c includes
 * this.
 *
 *     deck.c          opening, checking the text, looking things up
 *     deck_split.c    front matter, slides and notes
 *     deck_md.c       md4c's callbacks: headings, lists, bold, code ...
 *     deck_html.c     raw HTML within Markdown
 *     deck_table.c    tables written as HTML
 *     deck_entity.c   character entities
 *     deck_attr.c     name="value", as tags and comments have them
 *     deck_ground.c   colours and gradients
 *     deck_formula.c  formulas: where they are, and whether they are known
 *     deck_comment.c  what comments say: .stage, .claim, .slide ...
 *     deck_ask.c      the questions among them: .ask, .guess, .do, .hint
 *     deck_fragment.c what appears by a beat of its own
 *     deck_lines.c    which lines of code a step lights
 *     deck_document.c which page of a document a step turns to
 *     deck_build.c    memory, and the blocks, spans and beats of a slide
 *
 * The first failure sticks, as in a Reader: afterwards every call does
 * nothing, and a parser tests deck_build_ok once in a while.  Memory comes
 * from chunks that live as long as the deck, DECK_MEMORY_MAX in all.
 */
#ifndef LESSONS_DECK_PRIVATE_H
#define LESSONS_DECK_PRIVATE_H

#include "lessons/deck.h"
#include "lessons/scan.h"

typedef struct DeckChunk DeckChunk;

typedef struct DeckMeta {
    const char *key, *value;
} DeckMeta;

struct Deck {
    const char *path;
    const DeckSlide *slides;
    int n_slides;
    const DeckWarning *warnings;
    int n_warnings;
    const DeckMeta *meta;
    int n_meta;
    const char *const *models;
    int n_models;
    DeckChunk *chunks; /* everything above */
};

typedef struct WarningDraft {
    DeckWarning warning;
    int n_more, last_line; /* of those that say the same and are left out */
} WarningDraft;

/* A growing array, copied into the deck when it is complete. */
typedef struct DeckVec {
    void *items;
    size_t n, cap; /* items */
} DeckVec;

/* A <table> under way. */
typedef struct HtmlTable {
    bool open, in_head, in_row, in_cell;
    size_t first_block; /* of its rows */
    int column, n_columns;
    int left;                   /* columns that its open cell takes, too */
    int below;                  /* and rows */
    int held[DECK_COLUMNS_MAX]; /* rows to come that a cell above has */
    char aligns[DECK_COLUMNS_MAX + 1]; /* of the columns, as far as stated */
} HtmlTable;

/* What attributes say of a fragment. */
typedef struct FragmentRead {
    bool is, named, indexed; /* a fragment; its effect, its index are given */
    DeckEffect effect;
    bool passes;
    int index;
} FragmentRead;

typedef struct FragmentDraft {
    FragmentRead what;
    int since, beat; /* see DeckFragment; since: of the stages' beats alone */
    int number;      /* by place in the text, from 1 */
    int line;
} FragmentDraft;

/* A tag that is a fragment, up to its end. */
typedef struct FragmentTag {
    char name[12];
    size_t n_name;
    int depth; /* tags of its name that are open, itself included */
    int lists; /* around it */
    int before;
    bool in_line;
} FragmentTag;

/* Where a <div class="columns"> is open. */
typedef struct DeckColumns {
    int depth; /* of <div> */
    int outer; /* depth of the set's own; 0: none is open */
    int set;   /* of the slide, from 1 */
    int line;  /* where the set was opened */
    int n;     /* columns begun in it */
    bool in_column;
} DeckColumns;

typedef struct DeckBuild {
    Deck *deck;
    const DeckFiles *files; /* or NULL */
    Err err;                /* the first failure */
    int line;               /* of what is being read, for messages */
    size_t used_bytes;
    DeckVec slides, warnings, meta, models;
    int n_beats_all;

    /* The slide under way. */
    int slide_line;
    bool below; /* it stands below the slide before it */
    bool centred;
    int timing;
    const char *background;
    int background_page;
    int n_pages; /* of documents, that are turned to */
    DeckGround ground;
    int background_line;
    DeckAsk *ask; /* the last question, NULL: none yet */
    DeckVec blocks, spans, beats, claims, fragments;
    FragmentTag fragment_tags[DECK_DEPTH_MAX];
    int n_fragment_tags;
    int block_fragment, span_fragment; /* of what comes next */

    /* The block under way. */
    bool open;    /* blocks' last item takes text; its spans are in spans */
    DeckVec text; /* characters not yet a span */
    DeckVec html; /* raw HTML not yet read */
    unsigned text_style;
    SpanRole text_role;
    const char *text_href;
    int text_fragment;

    /* What the next text looks like; set by the parsers. */
    unsigned md_style, html_style; /* both count */
    SpanRole role;
    const char *href;
    int heading; /* level, 0: none */
    int n_lists, n_quotes;
    bool in_notes; /* they have no fragments */
    bool in_pdf;   /* within <div class="pdf"> */
    /* HTML's lists, inside of Markdown's: the next item's number, 0: bullets.
     * What HTML opens lasts to its closing tag or the end of the slide. */
    int n_html_lists, html_numbers[DECK_DEPTH_MAX + 1];
    int n_html_quotes;
    bool in_pre; /* the open block is a <pre>: blanks count */
    HtmlTable table;
    DeckColumns columns;
} DeckBuild;

/* deck is NULL when there is no memory even for that. */
void deck_build_init(DeckBuild *b, const char *path);

/* Ends the building: frees what was scratch and returns the deck, or NULL with
 * the first failure in err. */
Deck *deck_build_finish(DeckBuild *b, Err *err);

bool deck_build_ok(const DeckBuild *b);

/* "path:line: ...", at b->line. */
void deck_build_fail(DeckBuild *b, ErrCode code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void deck_build_warn(DeckBuild *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed memory, or a NUL-terminated copy, as long-lived as the deck; NULL
 * after a failure. */
void *deck_build_alloc(DeckBuild *b, size_t size);
char *deck_build_copy(DeckBuild *b, const char *text, size_t n);

/* Appends one zeroed item; NULL after a failure. */
void *deck_build_push(DeckBuild *b, DeckVec *v, size_t item_size);

/* Appends characters to an array of characters. */
void deck_build_append(DeckBuild *b, DeckVec *v, const char *text, size_t n);

/* ---- one slide ---------------------------------------------------------- */

void deck_build_slide(DeckBuild *b, int line);
void deck_build_slide_end(DeckBuild *b, const char *notes);
/* Blocks from here to its end are the notes' of the slide that has ended; line:
 * where they begin. */
void deck_build_notes(DeckBuild *b, int line);
void deck_build_notes_end(DeckBuild *b);

/* Begins a block; the one before it ends.  info is borrowed or NULL. */
void deck_build_block(DeckBuild *b, BlockKind kind, int level, int number,
                      const char *info);
void deck_build_block_end(DeckBuild *b);

/* Text for the open block.  Outside of one it begins a paragraph, quotation or
 * heading, except that blanks do not. */
void deck_build_text(DeckBuild *b, const char *text, size_t n);
/* A span of its own. */
void deck_build_formula(DeckBuild *b, const char *text, size_t n, bool display);
void deck_build_break(DeckBuild *b);
/* Ends a cell of the open row, which may be empty. */
void deck_build_cell(DeckBuild *b);
/* An empty one of this style. */
void deck_build_cell_of(DeckBuild *b, unsigned style);

/* The block that text goes to, else the last one that ended; NULL when the
 * slide has none.  Valid up to the next block. */
DeckBlock *deck_build_last(DeckBuild *b);
/* Lists that text stands in, Markdown's and HTML's. */
int deck_build_lists(const DeckBuild *b);

/* A beat without a stage at the end; NULL after a failure. */
DeckBeat *deck_build_beat(DeckBuild *b);
void deck_build_stage(DeckBuild *b, const State *stage);
void deck_build_ask(DeckBuild *b, const DeckAsk *ask);
/* A hint to the question before it; text is the deck's. */
void deck_build_hint(DeckBuild *b, const char *text);
/* is_after: it is of the beat that follows its own. */
void deck_build_claim(DeckBuild *b, const Claim *claim, const char *text,
                      bool is_after);
/* A copy in the deck's memory; NULL after a failure. */
const State *deck_build_state(DeckBuild *b, const State *s);

/* ---- the parsers -------------------------------------------------------- */

/* One attribute; both are borrowed and not terminated. */
typedef struct DeckAttr {
    const char *name, *value; /* value NULL: it stands alone */
    int n_name, n_value;
} DeckAttr;

/* The next attribute under the cursor, as browsers read them; false at the
 * end. */
bool deck_attr_next(Scan *sc, DeckAttr *a);
bool deck_attr_is(const DeckAttr *a, const char *name);
/* The next word of a value (a class), from *at on; its length, 0: no more. */
int deck_attr_word(const DeckAttr *a, int *at, const char **word);
/* True when text[0..n) is `word`, in letters of either case. */
bool deck_word_is(const char *text, int n, const char *word);

/* font-size of a style="..." in steps from `least`, -3 being xx-small, to 2.
 * Every other declaration is a warning, opened by `who`; false when none was
 * a size. */
bool deck_attr_size(DeckBuild *b, const DeckAttr *a, const char *who, int least,
                    int *size);

/* Reads a word of a class, or data-fragment-index; false: it is none of a
 * fragment's. */
bool deck_fragment_word(FragmentRead *f, const char *word, int n);
bool deck_fragment_attr(DeckBuild *b, FragmentRead *f, const DeckAttr *a);
/* Notes what was read; its number, 0: it is no fragment. */
int deck_fragment_add(DeckBuild *b, const FragmentRead *f);
/* A tag opens or closes that may be one. */
void deck_fragment_tag(DeckBuild *b, const char *name, size_t n, bool closing,
                       int fragment);
/* At the end of a slide: its fragments, [b->fragments.n], their beats put
 * among the others; NULL: it has none. */
const DeckFragment *deck_fragments_end(DeckBuild *b);

/* What stands in the brackets behind a fence's language, [n], put into its
 * block; false: it is none of that. */
bool deck_lines_read(DeckBuild *b, const char *text, size_t n,
                     DeckBlock *block);

/* The block that was begun last may be a document: its pages and their beats.
 * What a slide has behind it may be one: its file's name and page. */
void deck_document_block(DeckBuild *b);
const char *deck_document_name(DeckBuild *b, const char *info, int *page);

/* A colour or a gradient as style sheets write them: "#f80", "rgb(1, 2, 3)",
 * "navy", "linear-gradient(to right, red, blue)".  False: it is none that is
 * known; *ground is kept. */
bool deck_ground_read(const char *text, size_t n, DeckGround *ground);

/* Fenced code, followed line by line. */
typedef struct DeckFence {
    char c; /* its character while inside, else NUL */
    size_t n;
} DeckFence;

/* The next line [n], from its first character that is no blank or mark of a
 * list or quotation.  True: the line is of fenced code, its fences too. */
bool deck_fence_line(DeckFence *f, const char *line, size_t n);

/* A whole deck, line ends \n; notes are overwritten with blanks on the way. */
void deck_split(DeckBuild *b, char *text, size_t n);

/* One slide's Markdown; text[0] stands on line `line`.  shape: the same text
 * [n] with the inside of its comments masked, by which it is parsed. */
void deck_md_parse(DeckBuild *b, const char *text, const char *shape, size_t n,
                   int line);

/* Makes what stands between $ signs, and is no money, a code span for md4c.
 * html: of raw HTML, where a tag cuts a formula: neither of its dollars is one
 * then, and in the shape the first becomes FORMULA_CUT, unless the tag ends a
 * paragraph: then nobody takes both for one formula. */
#define FORMULA_CUT '\x01'
void deck_formula_mask(DeckBuild *b, char *shape, size_t n, int line,
                       bool html);

/* A copy of a text that is no Markdown, a question's, with its formulas between
 * FORMULA_BEGIN and FORMULA_END (engine/formula/formula.h); "\$" is a dollar.
 * What of them is not known is warned of, at b->line. */
char *deck_formula_marked(DeckBuild *b, const char *text);
/* The formula that begins at text[at] == '$', by its shape (which
 * deck_formula_mask made of it): where its source begins and its bytes; all of
 * it with its dollars is the result, 0: it is a dollar. */
size_t deck_formula_at(const char *text, const char *shape, size_t n, size_t at,
                       size_t *from, size_t *bytes);
/* A backslash at text[at] that makes a dollar of the $ behind it: not one that
 * is written with another backslash. */
bool deck_formula_escaped(const char *text, const char *shape, size_t n,
                          size_t at);
/* Warns of a source that is not known, at b->line. */
void deck_formula_check(DeckBuild *b, const char *source, size_t n);

/* Raw HTML as it stands in Markdown, starting on line `line`.  Text in it is
 * kept; of the tags only what a slide can show (see the table in
 * deck_html.c). */
void deck_html_parse(DeckBuild *b, const char *text, size_t n, int line);
/* Whether a tag, or what begins as one, is in a text; *ends: one of them ends
 * the paragraph. */
bool deck_html_has_tag(const char *text, size_t n, bool *ends);

/* What the tag of a cell says. */
typedef struct HtmlCell {
    char align;     /* l, c, r, or 0 */
    int cols, rows; /* it takes; rows 0: all to come */
} HtmlCell;

/* One tag of a table: "table", "thead", "tr", "td" ... */
void deck_table_tag(DeckBuild *b, const char *name, bool closing,
                    HtmlCell cell);

/* Whether a word of a class begins columns; a <div> begins or ends; a block's
 * column. */
bool deck_columns_class(const char *class, size_t n);
void deck_columns_div(DeckBuild *b, bool begins, bool closing);
/* At the end of a slide or its notes: warns of a set that is still open. */
void deck_columns_end(DeckBuild *b);
void deck_columns_block(const DeckBuild *b, DeckBlock *block);

/* A size by its name and value, "w" or "width", "h" or "height"; false: it is
 * none. */
bool deck_size_read(DeckBlock *block, const char *name, size_t n_name,
                    const char *value, size_t n);
/* Takes the sizes out of the words of the open picture. */
void deck_size_words(DeckBuild *b);
/* Those of an <img>'s style; warns of all else in it. */
void deck_size_style(DeckBuild *b, DeckBlock *block, const char *style);

/* Warns of characters that are the bytes of others. */
void deck_mangled_check(DeckBuild *b, const char *line, size_t n);

#define DECK_ENTITY_BYTES 16 /* UTF-8 of one entity, with its NUL */

/* The character entity at text[0] == '&': its length, 0 when HTML has none of
 * that name, and what it stands for (one or two characters) in out. */
size_t deck_entity_read(const char *text, size_t n,
                        char out[DECK_ENTITY_BYTES]);

/* What stands behind .ask: and its kin, at b->line. */
void deck_ask_read(DeckBuild *b, const char *text, size_t n);
void deck_ask_guess(DeckBuild *b, const char *text, size_t n);
void deck_ask_do(DeckBuild *b, const char *text, size_t n);
void deck_ask_hint(DeckBuild *b, const char *text, size_t n);

/* What stands between <!-- and -->, at b->line. */
void deck_comment_parse(DeckBuild *b, const char *text, size_t n);

#endif
