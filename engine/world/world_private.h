/* What the parts of world share: the compiled grammar and the machine that
 * runs it.  Private to engine/world. */
#ifndef ENGINE_WORLD_WORLD_PRIVATE_H
#define ENGINE_WORLD_WORLD_PRIVATE_H

#include "engine/world/world.h"

/* ---- the compiled grammar ------------------------------------------------ */

#define WORLD_NAMES_MAX   256  /* names of one sort: rules, tables, ... */
#define WORLD_VARS_MAX    64   /* variables */
#define WORLD_ROWS_MAX    512  /* rows of all tables */
#define WORLD_COLUMNS_MAX 12   /* columns of one table */
#define WORLD_OPTIONS_MAX 64   /* rows of one table, alternatives of a rule */
#define WORLD_ALTS_MAX    2048 /* alternatives of all rules */
#define WORLD_TESTS_MAX   4    /* conditions of one alternative */
#define WORLD_ARGS_MAX    4    /* parameters of a rule */
#define WORLD_OPS_MAX     8192
#define WORLD_DEPTH_MAX   16    /* rules within rules */
#define WORLD_STEPS_MAX   20000 /* operations of one text */
#define WORLD_CHOICES_MAX 512   /* choices of one text */
#define WORLD_WEIGHT_MAX  1000
#define WORLD_DRAWS_MAX   10000 /* tries to hit the part asked for */

#define WORLD_NONE (-1)

/* Where in the sources something stands. */
typedef struct Place {
    int file, line;
} Place;

/* A name may be used before the line that defines it. */
typedef struct Name {
    const char *text;
    Place first; /* where it is first met */
    bool is_defined;
} Name;

typedef struct Names {
    const char *what; /* "rule", for messages */
    int n, max;
    Name list[WORLD_NAMES_MAX];
} Names;

/* A value as it stands in its table, and with its first letter capital. */
typedef struct Value {
    const char *plain, *capital;
    int n;
} Value;

typedef struct Table {
    int first_row, n_rows;
    int n_columns;
    int columns[WORLD_COLUMNS_MAX]; /* names of columns; 0 is "name" */
} Table;

typedef struct Row {
    int table;
    Value values[WORLD_COLUMNS_MAX];
} Row;

/* What a variable is called in an operation: >= 0 a variable of the story,
 * < 0 the parameter ~ref of the rule.  Both hold a row, or WORLD_NONE. */
typedef int Ref;

/* The row that OP_NEW is looking at. */
#define REF_CANDIDATE WORLD_VARS_MAX

typedef enum TestKind {
    TEST_SET,   /* `a`: is set                  */
    TEST_SAME,  /* `a is b`: the same row       */
    TEST_WORD,  /* `a.column is word`           */
    TEST_EQUAL, /* `a.column is b.column`       */
} TestKind;

typedef struct Test {
    TestKind kind;
    bool is_negated;
    Ref left, right;
    int left_column, right_column;
    const char *word;
    Place place;
} Test;

typedef enum OpKind {
    OP_TEXT,      /* text[0..n)                                          */
    OP_SPACE,     /* a blank, if text stands on both sides of it         */
    OP_PRINT,     /* the column of var's row                             */
    OP_NEW,       /* choice: var becomes a row of the table, not yet used */
    OP_LET,       /* var becomes what from is                            */
    OP_CLEAR,     /* var becomes nothing                                 */
    OP_CALL,      /* choice: an alternative of the rule                  */
    OP_RETURN,    /* the end of an alternative                           */
    OP_STORY_END, /* the end of the story, maybe with a question to come */
    OP_LINE_END,  /* '\n'                                                */
} OpKind;

typedef struct Op {
    OpKind kind;
    Place place;
    const char *text;
    int n;
    Ref var, from;
    int column;
    bool is_capital;
    int table;
    bool has_where;
    Test where;
    int rule;
    int n_args;
    Ref args[WORLD_ARGS_MAX];
} Op;

typedef struct Alt {
    double weight;
    int n_tests;
    Test tests[WORLD_TESTS_MAX];
    int first_op;
} Alt;

typedef struct Rule {
    int first_alt, n_alts;
    int n_params;
} Rule;

struct World {
    int n_files;
    char *files[WORLD_FILES_MAX]; /* names, in chars */
    Names tables_named, columns_named, vars_named, rules_named;
    Table tables[WORLD_NAMES_MAX];
    Rule rules[WORLD_NAMES_MAX];
    int n_rows, n_alts, n_ops;
    Row rows[WORLD_ROWS_MAX];
    Alt alts[WORLD_ALTS_MAX];
    Op ops[WORLD_OPS_MAX];
    int start[2]; /* by WorldKind: the op that a text begins with */
    size_t n_chars, chars_max;
    char *chars; /* every text above; follows in the same block */
};

/* The value of a row under a column, NULL when its table has no such column. */
const Value *world_value(const World *w, int row, int column);

/* The name's number, adding it if it is new; WORLD_NONE when there are too
 * many (err set) . */
int world_name(World *w, Names *names, const char *text, int n, Place at,
               Err *err);

/* A NUL-terminated copy among the world's chars, which are large enough for
 * every byte of the sources twice. */
char *world_keep(World *w, const char *text, int n);

/* Always false: "FILE:LINE: ...". */
bool world_fail(const World *w, Place at, ErrCode code, Err *err,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Room for one more op, zeroed but for kind and place; NULL at the limit. */
Op *world_add_op(World *w, OpKind kind, Place at, Err *err);

/* A rule's parameters, while its alternatives are compiled. */
typedef struct Scope {
    int n_params;
    const char *params[WORLD_ARGS_MAX];
} Scope;

/* A cursor over one line. */
typedef struct Line {
    const char *at, *end;
    Place place;
} Line;

/* Adds the ops of a line of an alternative's text. */
bool world_compile(World *w, const Scope *scope, Line *line, Err *err);

/* `TEST and TEST ... :` at the cursor, which stands behind "if". */
bool world_compile_tests(World *w, const Scope *scope, Line *line, Alt *alt,
                         Err *err);

/* Cursor helpers that grammar and compiler share. */
void world_skip_blanks(Line *line);
bool world_take(Line *line, char c);
int world_word(Line *line, const char **word); /* [A-Za-z_0-9]+; its length */

/* ---- the machine --------------------------------------------------------- */

typedef struct Frame {
    int op;
    short args[WORLD_ARGS_MAX];
} Frame;

/* A run of the grammar between two choices.  A value: copying it forks. */
typedef struct Machine {
    const char *text; /* what is being told; the next byte first */
    int left;         /* bytes of it */
    int row, column;  /* where it comes from; WORLD_NONE: from a rule */
    int depth, steps;
    int length;       /* bytes told, text included */
    int story_length; /* those before the question */
    bool has_space;   /* a blank is due before the next text */
    short vars[WORLD_VARS_MAX];
    uint64_t used[WORLD_ROWS_MAX / 64];
    Frame frames[WORLD_DEPTH_MAX];
} Machine;

typedef enum MachineStop {
    MACHINE_TEXT,   /* text[0..left) is told: take it, then run on */
    MACHINE_CHOICE, /* world_choices, world_choose */
    MACHINE_END,
    MACHINE_FAULT, /* err is set */
} MachineStop;

typedef struct Choices {
    int n;
    double total;
    int index[WORLD_OPTIONS_MAX];
    double weight[WORLD_OPTIONS_MAX];
} Choices;

Machine world_machine(const World *w, WorldKind kind);
MachineStop world_run(const World *w, Machine *m, Err *err);

/* What can be chosen where the machine stopped; at least one, else a fault. */
bool world_choices(const World *w, const Machine *m, Choices *out, Err *err);
void world_choose(const World *w, Machine *m, int index);

/* ---- between parse and references ---------------------------------------- */

/* The choices of the likeliest derivation; returns how many.  Borrowed. */
int world_parse_choices(const WorldParse *p, const unsigned char **choices);

/* True when some derivation of what was fed plus text[0..n) has a word end
 * there.  The parse stays where it is. */
bool world_parse_can_say(WorldParse *p, const char *text, size_t n,
                         bool *answer, Err *err);

#endif
