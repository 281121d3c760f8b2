/* The files of a grammar: lines to tables and rules, and the checks that need
 * all of them.
 *
 * Names may be used before they are defined, in another file too; so each is
 * given its number where it is first met, and what stays undefined is an error
 * at that place.
 */
#include "engine/world/world_private.h"

#include "engine/base/file.h"
#include "engine/base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_TEXTS 500 /* drawn of each kind before a grammar counts as open */

/* ---- tables -------------------------------------------------------------- */

/* What the lines belong to. */
typedef struct Section {
    enum { SECTION_NONE, SECTION_TABLE, SECTION_RULE } kind;
    int number;   /* of the table or rule */
    bool is_open; /* an alternative has begun and has no OP_RETURN yet */
    Scope scope;
} Section;

/* The next cell of a row: up to '|', without the blanks around it. */
static int take_cell(Line *line, const char **cell) {
    const char *end;
    world_skip_blanks(line);
    *cell = line->at;
    while (line->at < line->end && *line->at != '|')
        line->at++;
    end = line->at;
    while (end > *cell && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (line->at < line->end) line->at++;
    return (int)(end - *cell);
}

static bool define(World *w, Names *names, int number, Place at, Err *err) {
    Name *name = &names->list[number];
    if (name->is_defined && names != &w->columns_named)
        return world_fail(w, at, ERR_FORMAT, err, "%s: defined twice",
                          name->text);
    name->is_defined = true;
    return true;
}

/* `table NAME: name | column | column` */
static bool begin_table(World *w, Section *s, Line *line, Err *err) {
    const char *word;
    int n = world_word(line, &word);
    if (n == 0 || !world_take(line, ':'))
        return world_fail(w, line->place, ERR_FORMAT, err,
                          "need \"table NAME: name | COLUMN | ...\"");
    s->kind = SECTION_TABLE;
    s->number = world_name(w, &w->tables_named, word, n, line->place, err);
    if (s->number == WORLD_NONE ||
        !define(w, &w->tables_named, s->number, line->place, err))
        return false;
    Table *t = &w->tables[s->number];
    t->first_row = w->n_rows;
    while (line->at < line->end) {
        if (t->n_columns == WORLD_COLUMNS_MAX)
            return world_fail(w, line->place, ERR_LIMIT, err,
                              "more than %d columns", WORLD_COLUMNS_MAX);
        n = take_cell(line, &word);
        const int column =
            world_name(w, &w->columns_named, word, n, line->place, err);
        if (column == WORLD_NONE) return false;
        define(w, &w->columns_named, column, line->place, err);
        t->columns[t->n_columns++] = column;
    }
    return (t->n_columns > 0 && t->columns[0] == 0) ||
           world_fail(w, line->place, ERR_FORMAT, err,
                      "the first column must be \"name\"");
}

static Value keep_value(World *w, const char *text, int n) {
    char *plain = world_keep(w, text, n);
    char *capital = world_keep(w, text, n);
    if (*capital >= 'a' && *capital <= 'z') *capital += 'A' - 'a';
    return (Value){plain, capital, n};
}

static bool add_row(World *w, Section *s, Line *line, Err *err) {
    Table *t = &w->tables[s->number];
    if (t->n_rows == WORLD_OPTIONS_MAX || w->n_rows == WORLD_ROWS_MAX)
        return world_fail(w, line->place, ERR_LIMIT, err,
                          "more than %d rows, or %d in all tables",
                          WORLD_OPTIONS_MAX, WORLD_ROWS_MAX);
    Row *row = &w->rows[w->n_rows++];
    row->table = s->number;
    t->n_rows++;
    int n_cells = 0;
    while (line->at < line->end) {
        const char *cell;
        const int n = take_cell(line, &cell);
        if (n == 0)
            return world_fail(w, line->place, ERR_FORMAT, err,
                              "column %d is empty", n_cells + 1);
        if (n_cells < t->n_columns)
            row->values[n_cells] = keep_value(w, cell, n);
        n_cells++;
    }
    return n_cells == t->n_columns ||
           world_fail(w, line->place, ERR_FORMAT, err,
                      "found %d columns, need %d", n_cells, t->n_columns);
}

/* ---- rules --------------------------------------------------------------- */

/* `rule NAME [PARAMETER ...]` */
static bool begin_rule(World *w, Section *s, Line *line, Err *err) {
    const char *word;
    int n = world_word(line, &word);
    if (n == 0)
        return world_fail(w, line->place, ERR_FORMAT, err,
                          "need \"rule NAME [PARAMETER ...]\"");
    *s = (Section){.kind = SECTION_RULE};
    s->number = world_name(w, &w->rules_named, word, n, line->place, err);
    if (s->number == WORLD_NONE ||
        !define(w, &w->rules_named, s->number, line->place, err))
        return false;
    while ((n = world_word(line, &word)) > 0) {
        if (s->scope.n_params == WORLD_ARGS_MAX)
            return world_fail(w, line->place, ERR_LIMIT, err,
                              "more than %d parameters", WORLD_ARGS_MAX);
        s->scope.params[s->scope.n_params++] = world_keep(w, word, n);
    }
    w->rules[s->number] = (Rule){w->n_alts, 0, s->scope.n_params};
    return line->at == line->end ||
           world_fail(w, line->place, ERR_FORMAT, err,
                      "found \"%c\", need a parameter's name", *line->at);
}

static bool end_alt(World *w, Section *s, Place at, Err *err) {
    if (!s->is_open) return true;
    s->is_open = false;
    return world_add_op(w, OP_RETURN, at, err) != NULL;
}

/* The digits behind the dash; none count as 1. */
static bool take_weight(World *w, Line *line, double *out, Err *err) {
    const char *digits = line->at;
    int weight = 0;
    while (line->at < line->end && *line->at >= '0' && *line->at <= '9' &&
           weight <= WORLD_WEIGHT_MAX)
        weight = weight * 10 + (*line->at++ - '0');
    if (line->at == digits) weight = 1;
    *out = weight;
    return (weight >= 1 && weight <= WORLD_WEIGHT_MAX &&
            (line->at == line->end || *line->at == ' ')) ||
           world_fail(w, line->place, ERR_FORMAT, err,
                      "behind \"-\": need a weight of 1 to %d, or none, and "
                      "a blank",
                      WORLD_WEIGHT_MAX);
}

/* `- text`, `-3 text`, `- if CONDITION: text` */
static bool begin_alt(World *w, Section *s, Line *line, Err *err) {
    Rule *rule = &w->rules[s->number];
    if (!end_alt(w, s, line->place, err)) return false;
    if (rule->n_alts == WORLD_OPTIONS_MAX || w->n_alts == WORLD_ALTS_MAX)
        return world_fail(w, line->place, ERR_LIMIT, err,
                          "more than %d alternatives, or %d in all rules",
                          WORLD_OPTIONS_MAX, WORLD_ALTS_MAX);
    Alt *alt = &w->alts[w->n_alts++];
    rule->n_alts++;
    alt->first_op = w->n_ops;
    s->is_open = true;
    line->at++;
    if (!take_weight(w, line, &alt->weight, err)) return false;
    world_skip_blanks(line);
    const bool has_tests =
        line->end - line->at > 3 && memcmp(line->at, "if ", 3) == 0;
    if (has_tests) {
        line->at += 3;
        if (!world_compile_tests(w, &s->scope, line, alt, err)) return false;
        world_skip_blanks(line);
    }
    return world_compile(w, &s->scope, line, err);
}

static bool continue_alt(World *w, Section *s, Line *line, Err *err) {
    if (!s->is_open)
        return world_fail(w, line->place, ERR_FORMAT, err,
                          "need an alternative, which begins with \"-\"");
    return world_add_op(w, OP_SPACE, line->place, err) &&
           world_compile(w, &s->scope, line, err);
}

/* ---- lines --------------------------------------------------------------- */

static bool begin_section(World *w, Section *s, Line *line, Err *err) {
    const char *word;
    const int n = world_word(line, &word);
    if (!end_alt(w, s, line->place, err)) return false;
    *s = (Section){0};
    if (n == 5 && memcmp(word, "table", 5) == 0)
        return begin_table(w, s, line, err);
    if (n == 4 && memcmp(word, "rule", 4) == 0)
        return begin_rule(w, s, line, err);
    return world_fail(w, line->place, ERR_FORMAT, err,
                      "need \"table\", \"rule\", or an indented line");
}

static bool read_line(World *w, Section *s, Line *line, Err *err) {
    const bool is_indented = *line->at == ' ' || *line->at == '\t';
    while (line->end > line->at && strchr(" \t\r", line->end[-1]))
        line->end--;
    world_skip_blanks(line);
    if (line->at == line->end || *line->at == '#') return true;
    if (!is_indented) return begin_section(w, s, line, err);
    if (s->kind == SECTION_TABLE) return add_row(w, s, line, err);
    if (s->kind == SECTION_RULE && *line->at == '-')
        return begin_alt(w, s, line, err);
    if (s->kind == SECTION_RULE) return continue_alt(w, s, line, err);
    return world_fail(w, line->place, ERR_FORMAT, err,
                      "an indented line belongs to no table or rule");
}

static bool is_text(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    return utf8_valid(text, n);
}

static bool read_source(World *w, int file, const WorldSource *source,
                        Err *err) {
    Section s = {0};
    Place place = {file, 0};
    const char *at = source->text, *end = source->text + source->n;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        place.line++;
        if (!is_text(at, (size_t)(stop - at)))
            return world_fail(w, place, ERR_FORMAT, err,
                              "the line is not UTF-8 text");
        Line line = {at, stop, place};
        if (at < stop && !read_line(w, &s, &line, err)) return false;
        at = stop + (stop < end);
    }
    return end_alt(w, &s, place, err);
}

/* ---- checks that need everything ----------------------------------------- */

static bool check_names(const World *w, const Names *names, Err *err) {
    for (int i = 0; i < names->n; i++) {
        const Name *name = &names->list[i];
        if (name->is_defined) continue;
        if (name->first.line == 0) /* asked for by add_start alone */
            return err_set(err, ERR_FORMAT, 0,
                           "%s: the grammar has no rule \"%s\"", w->files[0],
                           name->text);
        return world_fail(w, name->first, ERR_FORMAT, err,
                          "%s: found no such %s", name->text, names->what);
    }
    return true;
}

/* A condition on a word that its column never holds is a slip of the pen. */
static bool check_test(const World *w, const Test *t, Err *err) {
    if (t->kind != TEST_WORD) return true;
    for (int row = 0; row < w->n_rows; row++) {
        const Value *v = world_value(w, row, t->left_column);
        if (v && strcmp(v->plain, t->word) == 0) return true;
    }
    return world_fail(w, t->place, ERR_FORMAT, err,
                      "%s: no row has this under %s", t->word,
                      w->columns_named.list[t->left_column].text);
}

static bool check_ops(const World *w, Err *err) {
    for (int i = 0; i < w->n_ops; i++) {
        const Op *op = &w->ops[i];
        if (op->has_where && !check_test(w, &op->where, err)) return false;
        if (op->kind == OP_CALL && op->n_args != w->rules[op->rule].n_params)
            return world_fail(w, op->place, ERR_FORMAT, err,
                              "<%s>: found %d parameters, need %d",
                              w->rules_named.list[op->rule].text, op->n_args,
                              w->rules[op->rule].n_params);
    }
    for (int i = 0; i < w->n_alts; i++)
        for (int k = 0; k < w->alts[i].n_tests; k++)
            if (!check_test(w, &w->alts[i].tests[k], err)) return false;
    return true;
}

/* Faults that only show in a run show here, before anyone relies on it. */
static bool check_trials(const World *w, Err *err) {
    WorldStory story;
    for (WorldKind kind = WORLD_STORY; kind <= WORLD_QUIZ; kind++) {
        WorldStream s = world_stream(w, kind, WORLD_TRAINING, 0);
        for (int i = 0; i < TRIAL_TEXTS; i++)
            if (!world_draw(&s, &story, err)) return false;
    }
    return true;
}

/* ---- opening ------------------------------------------------------------- */

/* What a text of each kind begins with: the calls of its rules. */
static bool add_start(World *w, WorldKind kind, Err *err) {
    const Place at = {0, 0};
    const char *const rules[] = {"story", "question"};
    const int n_rules = kind == WORLD_QUIZ ? 2 : 1;
    w->start[kind] = w->n_ops;
    for (int i = 0; i < n_rules; i++) {
        if (i == 1 && !world_add_op(w, OP_SPACE, at, err)) return false;
        Op *op = world_add_op(w, OP_CALL, at, err);
        if (!op) return false;
        op->rule = world_name(w, &w->rules_named, rules[i],
                              (int)strlen(rules[i]), at, err);
        if (op->rule == WORLD_NONE) return false;
        if (i == 0 && !world_add_op(w, OP_STORY_END, at, err)) return false;
    }
    Op *op = world_add_op(w, OP_LINE_END, at, err);
    if (!op) return false;
    op->text = "\n";
    op->n = 1;
    return world_add_op(w, OP_RETURN, at, err) != NULL;
}

static bool read_all(World *w, const WorldSource *sources, int n, Err *err) {
    const Place at = {0, 0};
    for (int i = 0; i < n; i++)
        w->files[w->n_files++] =
            world_keep(w, sources[i].name, (int)strlen(sources[i].name));
    /* The column `name` is number 0. */
    if (world_name(w, &w->columns_named, "name", 4, at, err) == WORLD_NONE ||
        !add_start(w, WORLD_STORY, err) || !add_start(w, WORLD_QUIZ, err))
        return false;
    w->columns_named.list[0].is_defined = true;
    for (int i = 0; i < n; i++)
        if (!read_source(w, i, &sources[i], err)) return false;
    return check_names(w, &w->tables_named, err) &&
           check_names(w, &w->columns_named, err) &&
           check_names(w, &w->vars_named, err) &&
           check_names(w, &w->rules_named, err) && check_ops(w, err);
}

/* Every byte of a source is kept at most twice, each time with a NUL that a
 * delimiter in the source pays for; what is kept beside them is short. */
static bool chars_needed(const WorldSource *sources, int n, size_t *out,
                         Err *err) {
    size_t total = 0, names = 0;
    if (n < 1 || n > WORLD_FILES_MAX)
        return err_set(err, ERR_LIMIT, 0, "world: found %d files, need 1 to %d",
                       n, WORLD_FILES_MAX);
    for (int i = 0; i < n; i++) {
        if (sources[i].n > WORLD_SOURCE_MAX - total)
            return err_set(err, ERR_LIMIT, 0,
                           "%s: the grammar is larger than %d bytes",
                           sources[i].name, WORLD_SOURCE_MAX);
        total += sources[i].n;
        names += strlen(sources[i].name) + 1;
    }
    *out = 4 * total + names + 64;
    return true;
}

World *world_open_tried(const WorldSource *sources, int n, Err *err) {
    size_t chars_max = 0;
    if (!chars_needed(sources, n, &chars_max, err)) return NULL;
    World *w = calloc(1, sizeof *w + chars_max);
    if (!w) {
        err_memory(err, "world", sizeof *w + chars_max);
        return NULL;
    }
    w->chars = (char *)(w + 1);
    w->chars_max = chars_max;
    w->tables_named = (Names){.what = "table", .max = WORLD_NAMES_MAX};
    w->columns_named = (Names){.what = "column", .max = WORLD_NAMES_MAX};
    w->vars_named = (Names){.what = "variable", .max = WORLD_VARS_MAX};
    w->rules_named = (Names){.what = "rule", .max = WORLD_NAMES_MAX};
    if (read_all(w, sources, n, err)) return w;
    world_close(w);
    return NULL;
}

World *world_open(const WorldSource *sources, int n, Err *err) {
    World *w = world_open_tried(sources, n, err);
    if (!w || check_trials(w, err)) return w;
    world_close(w);
    return NULL;
}

void world_close(World *w) {
    free(w);
}

/* ---- a folder ------------------------------------------------------------ */

static int is_grammar_file(const struct dirent *entry) {
    const size_t n = strlen(entry->d_name);
    return n > 4 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + n - 4, ".txt") == 0;
}

static bool open_file(File *f, const char *dir, const char *name, Err *err) {
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_LIMIT, 0, "%s: the path is too long", dir);
    return file_open(f, path, WORLD_SOURCE_MAX, err);
}

bool world_reads(const char *dir, const char *path) {
    struct dirent **entries = NULL;
    char own[4096];
    bool is_own = false;
    const int n = scandir(dir, &entries, is_grammar_file, NULL);
    for (int i = 0; i < n; i++) {
        snprintf(own, sizeof own, "%s/%s", dir, entries[i]->d_name);
        is_own = is_own || file_is_same(path, own);
        free(entries[i]);
    }
    free(entries);
    return is_own;
}

World *world_open_folder(const char *dir, Err *err) {
    File files[WORLD_FILES_MAX] = {{0}};
    WorldSource sources[WORLD_FILES_MAX];
    struct dirent **entries = NULL;
    World *w = NULL;
    const int n = scandir(dir, &entries, is_grammar_file, alphasort);
    bool ok = true;
    if (n < 0)
        err_set(err, ERR_IO, 0, "%s: %s", dir, strerror(errno));
    else if (n == 0 || n > WORLD_FILES_MAX)
        err_set(err, ERR_LIMIT, 0, "%s: found %d *.txt files, need 1 to %d",
                dir, n, WORLD_FILES_MAX);
    else {
        for (int i = 0; i < n && ok; i++) {
            ok = open_file(&files[i], dir, entries[i]->d_name, err);
            sources[i] = (WorldSource){
                files[i].path, (const char *)files[i].data, files[i].size};
        }
        if (ok) w = world_open(sources, n, err);
    }
    for (int i = 0; i < n; i++) {
        if (i < WORLD_FILES_MAX) file_close(&files[i]);
        free(entries[i]);
    }
    free(entries);
    return w;
}
