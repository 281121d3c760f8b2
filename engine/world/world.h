/* World: a probabilistic grammar of very short stories, and what is true of
 * every text that it can tell.
 *
 * A grammar is text that a teacher can edit (assets/world/README.md has the
 * format and an example).  It holds tables (who and what there is) and rules
 * (how a story goes), and its chance lies in two places only: which
 * alternative a rule takes, and which row of a table is chosen.  So a story is
 * a list of choices, and since choices are made where they are first told, the
 * beginning of a story leaves few lists possible.  WorldParse keeps them all,
 * each with its probability: what comes next is then known exactly, not
 * estimated.
 *
 *     World *w = world_open_folder("assets/world", &err);
 *     WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 42);
 *     WorldStory story;
 *     while (world_draw(&s, &story, &err)) puts(story.text);
 *     world_next(w, WORLD_STORY, "Once there was", 14, &next, &err);
 *
 * A text is one line: its last byte is '\n', and no other byte is.  So the
 * probability of a whole text is that of a prefix which ends in '\n'.
 *
 * A World is const once open and may be shared by threads.  Does NOT print,
 * and knows no tokens: the true probability of a token is the ratio of two
 * prefix probabilities, whatever the tokenizer.
 */
#ifndef ENGINE_WORLD_WORLD_H
#define ENGINE_WORLD_WORLD_H

#include "engine/base/err.h"

#include <stdint.h>

/* ---- limits -------------------------------------------------------------- */

#define WORLD_FILES_MAX    64        /* files of one grammar */
#define WORLD_SOURCE_MAX   (1 << 20) /* bytes of all of them */
#define WORLD_TEXT_MAX     2048      /* bytes of one text, '\n' included */
#define WORLD_BRANCHES_MAX 4096      /* derivations kept by a parse */
#define WORLD_WORD_MAX     64        /* bytes of a word, see world_next */
#define WORLD_NEXT_MAX     512       /* different next words */
#define WORLD_REFS_MAX     256       /* references in one text */

/* ---- opening ------------------------------------------------------------- */

typedef struct World World;

/* One file of a grammar.  `name` opens messages: "NAME:LINE: ...". */
typedef struct WorldSource {
    const char *name;
    const char *text; /* need not end in NUL */
    size_t n;
} WorldSource;

/* The grammar that the files make together; their order does not matter to
 * it.  Needs a rule `story` and a rule `question`.  err->pos is the line.
 * Nothing of the sources is kept. */
World *world_open(const WorldSource *sources, int n, Err *err);

/* The same of a grammar that world_open has taken before, at another time: no
 * stories are drawn to see whether it has faults that only show then, which is
 * most of the work. */
World *world_open_tried(const WorldSource *sources, int n, Err *err);

/* As world_open, with every *.txt file of a folder. */
World *world_open_folder(const char *dir, Err *err);

/* True when path leads to one of those files, by whatever name. */
bool world_reads(const char *dir, const char *path);

/* Accepts NULL. */
void world_close(World *w);

/* ---- drawing ------------------------------------------------------------- */

typedef enum WorldKind {
    WORLD_STORY, /* the rule `story` */
    WORLD_QUIZ,  /* a story, then, on the same line, the rule `question` */
} WorldKind;

/* Every story belongs to one part, decided by a hash of its bytes: one story
 * in WORLD_HELD_OUT_SHARE is held out, and no seed draws it for training.
 * For a quiz the story in it decides.  The parts are drawn by drawing from the
 * whole until the part is right, so probabilities are those of the whole. */
typedef enum WorldPart { WORLD_TRAINING, WORLD_HELD_OUT } WorldPart;

#define WORLD_HELD_OUT_SHARE 16

/* A number for a text: different texts have different ones, as good as
 * always. */
uint64_t world_hash(const char *text, size_t n);

/* The part of a story text[0..n), with or without its '\n'. */
WorldPart world_part(const char *text, size_t n);

/* An endless row of texts: a value, copied freely.  The same four arguments
 * give the same texts on every machine. */
typedef struct WorldStream {
    const World *world;
    WorldKind kind;
    WorldPart part;
    uint64_t state;
} WorldStream;

WorldStream world_stream(const World *w, WorldKind kind, WorldPart part,
                         uint64_t seed);

typedef struct WorldStory {
    char text[WORLD_TEXT_MAX + 1]; /* ends in '\n', then NUL */
    size_t n;                      /* bytes, '\n' included */
    size_t story_n;                /* bytes of a quiz before its question */
    double log2_prob;              /* of the choices made */
    double entropy;                /* bits: of the choices it could have made,
                                    * summed along the way; its mean over many
                                    * stories is the entropy of a story */
} WorldStory;

/* The next text.  Fails when the grammar has a fault that only shows when it
 * runs (a name that is not set, a rule with no alternative left). */
bool world_draw(WorldStream *s, WorldStory *out, Err *err);

/* ---- what is true of a text ---------------------------------------------- */

/* The derivations of a prefix, fed byte by byte. */
typedef struct WorldParse WorldParse;

/* The world must outlive the parse. */
WorldParse *world_parse_open(const World *w, WorldKind kind, Err *err);
void world_parse_close(WorldParse *p); /* accepts NULL */

/* Back to the empty prefix. */
void world_parse_reset(WorldParse *p);

/* Feeds text[0..n).  A byte that no text of the world has there is not taken,
 * nor is any after it: compare world_parse_pos.  False only for an error
 * (a fault of the grammar, too many derivations, memory). */
bool world_parse_feed(WorldParse *p, const char *text, size_t n, Err *err);

size_t world_parse_pos(const WorldParse *p);      /* bytes taken */
int world_parse_n_branches(const WorldParse *p);  /* derivations alive */
bool world_parse_is_refused(const WorldParse *p); /* a byte was not taken */

/* log2 of the probability that a text begins with the bytes fed; -INFINITY
 * when one was refused. */
double world_parse_log2(const WorldParse *p);

/* A word here is what a reader counts as one: blanks, then letters (with
 * apostrophes and bytes from 0x80 on) or a single other byte.  After "Mia had
 * a re" the next word is "d"; after "Mia had a" it may be " red", or "n" with
 * an orange to come.  "\n" is the end of the text. */
typedef struct WorldWord {
    char text[WORLD_WORD_MAX];
    double prob;
} WorldWord;

typedef struct WorldNext {
    int n;
    WorldWord words[WORLD_NEXT_MAX]; /* likeliest first; probs sum to 1 */
} WorldNext;

/* The true distribution of the next word; n is 0 after the end and after a
 * refused byte.  The parse stays where it is. */
bool world_parse_next(WorldParse *p, WorldNext *out, Err *err);

/* The same where the text then goes on with rest[0..n), to its end: what can
 * stand between, given both sides; n is 0 where nothing can.  prob is of whole
 * texts: that of the prefix, the word and the rest, by that of all such. */
bool world_parse_between(WorldParse *p, const char *rest, size_t n,
                         WorldNext *out, Err *err);

/* The same for a prefix at once. */
bool world_next(const World *w, WorldKind kind, const char *prefix, size_t n,
                WorldNext *out, Err *err);

typedef struct WorldScore {
    bool accepted;    /* a whole text of the world */
    size_t fail_at;   /* the byte that cannot stand there; n: cut short */
    double log2_prob; /* -INFINITY when not accepted */
} WorldScore;

/* Scores text[0..n), which should end in '\n'.  log2_prefix, if not NULL, is
 * [n + 1]: entry i is for the prefix of i bytes.  So a token text[i..j) costs
 * log2_prefix[i] - log2_prefix[j] bits in truth. */
bool world_score(const World *w, WorldKind kind, const char *text, size_t n,
                 double *log2_prefix, WorldScore *out, Err *err);

/* ---- references ---------------------------------------------------------- */

/* A reference is a place where a name, pronoun, thing, number ... stands for
 * something that the text has named before, and where no other of its kind can
 * stand: in every derivation of the text before it, each rival is impossible.
 * A rival is another value of the same column of the same table ("he" for
 * "she", "Tom" for "Mia").  A row is named by a value that no other row of its
 * table has: by "Mia" or "in the box", not by "girl". */
typedef struct WorldRef {
    size_t start, end;  /* bytes of the text */
    const char *table;  /* "person"; borrowed from the world */
    const char *column; /* "she"; "name" for the name itself */
    size_t source;      /* where the text named it last */
    int row, column_id; /* for world_rivals */
    bool is_capital;    /* begins with a capital for its place's sake */
} WorldRef;

typedef struct WorldRefs {
    int n;
    WorldRef list[WORLD_REFS_MAX];
} WorldRefs;

/* All references of an accepted text, in order; ERR_FORMAT for another. */
bool world_references(const World *w, WorldKind kind, const char *text,
                      size_t n, WorldRefs *out, Err *err);

/* All places of an accepted text where a value of a table is told, whether
 * another can stand there or not and whether it was told before or not (then
 * source is where it is told); for the rest as above. */
bool world_places(const World *w, WorldKind kind, const char *text, size_t n,
                  WorldRefs *out, Err *err);

/* The i-th different value that the reference could have been mistaken for,
 * with the same capital; NULL past the last. */
const char *world_rival(const World *w, const WorldRef *ref, int i);

/* ---- the same text about others ------------------------------------------ */

#define WORLD_KIND_MAX 64 /* rows of one table */

/* The rows that a word stands for: those of the table of this name, or those of
 * a table that have it in a column behind the name: "girl".  How many; 0: the
 * word is neither. */
int world_kind(const World *w, const char *word, int rows[WORLD_KIND_MAX]);
/* The name of the i-th table; NULL past the last. */
const char *world_table(const World *w, int i);

/* The first of the rows that a text tells of, after `skip` others of them; -1:
 * there is none.  A row is told by a word that no other of its table has in the
 * same column. */
int world_told(const World *w, const int *rows, int n_rows, const char *text,
               size_t n, int skip);

/* Wherever the text tells of `from` it tells of `to`, a row of the same table:
 * by the word of the same column, with the same capital. */
typedef struct WorldSwap {
    int from, to;
} WorldSwap;

/* The text after all of these at once; the length needed, out is NUL-terminated
 * if that is less than size. */
size_t world_swap(const World *w, const WorldSwap *swaps, int n_swaps,
                  const char *text, size_t n, char *out, size_t size);

#endif
