/* The table of known models: one line after the other, each held against what
 * its own sizes give. */
#include "engine/spec/known.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME,
    DATE,
    COUNTED,
    SIZE_V,
    SIZE_S,
    SIZE_D,
    SIZE_F,
    SIZE_H,
    SIZE_G,
    SIZE_L,
    TIED,
    PARAMETERS,
    SOURCE,
    COLUMNS
};

static const char *const names[COLUMNS] = {
    "name", "date", "counted as", "V",    "S",          "D",     "F",
    "H",    "G",    "L",          "tied", "parameters", "source"};

typedef struct Cell {
    const char *text;
    size_t n;
} Cell;

static bool bad(int line, int column, Cell c, Err *err, const char *need) {
    return err_set(err, ERR_FORMAT, (size_t)line,
                   "models.tsv: line %d: %s: found \"%.*s\", need %s", line,
                   names[column], c.n < 40 ? (int)c.n : 40, c.text, need);
}

Config known_config(const Known *k) {
    const int *n = k->shape.n;
    return (Config){.arch = k->arch,
                    .dim = n[SHAPE_D],
                    .hidden_dim = n[SHAPE_F],
                    .n_layers = n[SHAPE_L],
                    .n_heads = n[SHAPE_H],
                    .n_kv_heads = n[SHAPE_G],
                    .head_dim = n[SHAPE_D] / n[SHAPE_H],
                    .vocab_size = n[SHAPE_V],
                    .seq_len_max = k->seq_len,
                    .norm_eps = 1e-5f,
                    .rope_theta = 1e4f,
                    .tied = k->tied};
}

static bool read_number(Cell c, uint64_t most, uint64_t *out) {
    uint64_t v = 0;
    for (size_t i = 0; i < c.n; i++) {
        if (c.text[i] < '0' || c.text[i] > '9') return false;
        v = v * 10 + (uint64_t)(c.text[i] - '0');
        if (v > most) return false;
    }
    *out = v;
    return c.n > 0;
}

static bool copy_text(Cell c, char *out, size_t size) {
    if (c.n == 0 || c.n >= size) return false;
    memcpy(out, c.text, c.n);
    out[c.n] = '\0';
    return true;
}

/* "2019-02" */
static bool read_date(Cell c, Known *k) {
    uint64_t year, month;
    if (c.n != 7 || c.text[4] != '-' ||
        !read_number((Cell){c.text, 4}, 9999, &year) ||
        !read_number((Cell){c.text + 5, 2}, 12, &month) || month == 0)
        return false;
    k->year = (int)year;
    k->month = (int)month;
    return true;
}

static bool read_sizes(Known *k, const Cell *cells, int line, Err *err) {
    static const struct {
        int column;
        ShapeDim dim;
    } sizes[] = {{SIZE_V, SHAPE_V}, {SIZE_D, SHAPE_D}, {SIZE_F, SHAPE_F},
                 {SIZE_H, SHAPE_H}, {SIZE_G, SHAPE_G}, {SIZE_L, SHAPE_L}};
    uint64_t v;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int column = sizes[i].column;
        if (!read_number(cells[column], CONFIG_DIM_MAX, &v) || v == 0)
            return bad(line, column, cells[column], err, "a size");
        k->shape.n[sizes[i].dim] = (int)v;
    }
    if (!read_number(cells[SIZE_S], CONFIG_DIM_MAX, &v) || v == 0)
        return bad(line, SIZE_S, cells[SIZE_S], err, "a size");
    k->seq_len = (int)v;
    if (!read_number(cells[TIED], 1, &v))
        return bad(line, TIED, cells[TIED], err, "0 or 1");
    k->tied = v == 1;
    return true;
}

static bool read_count(Known *k, const Cell *cells, int line, Err *err) {
    const Config c = known_config(k);
    char need[48], name[32];
    snprintf(name, sizeof name, "models.tsv: line %d", line);
    if (!config_check(&c, name, err)) return false;
    const uint64_t counted = params_total(&c);
    snprintf(need, sizeof need, "%llu, which its sizes give",
             (unsigned long long)counted);
    if (!read_number(cells[PARAMETERS], UINT64_MAX / 16, &k->parameters) ||
        k->parameters != counted)
        return bad(line, PARAMETERS, cells[PARAMETERS], err, need);
    return true;
}

static bool is_left_out(Cell c) {
    return c.n == 1 && c.text[0] == '-';
}

/* Nothing of what its sizes would be. */
static bool read_no_sizes(const Cell *cells, int line, Err *err) {
    for (int i = COUNTED; i <= PARAMETERS; i++)
        if (!is_left_out(cells[i]))
            return bad(line, i, cells[i], err, "-, as it is counted as none");
    return true;
}

static bool read_row(Known *k, const Cell *cells, int line, Err *err) {
    char arch[16];
    if (!copy_text(cells[NAME], k->name, sizeof k->name))
        return bad(line, NAME, cells[NAME], err, "1 to 23 bytes");
    if (!read_date(cells[DATE], k))
        return bad(line, DATE, cells[DATE], err, "a date: 2019-02");
    if (!copy_text(cells[SOURCE], k->source, sizeof k->source))
        return bad(line, SOURCE, cells[SOURCE], err, "1 to 127 bytes");
    if (is_left_out(cells[COUNTED])) return read_no_sizes(cells, line, err);
    k->arch =
        copy_text(cells[COUNTED], arch, sizeof arch) ? params_arch(arch) : NULL;
    if (!k->arch)
        return bad(line, COUNTED, cells[COUNTED], err,
                   "llama, gpt1, gpt2, bert or -");
    return read_sizes(k, cells, line, err) && read_count(k, cells, line, err);
}

/* The cells of a line of n bytes; false unless there are COLUMNS of them. */
static bool split(const char *line, size_t n, Cell *cells) {
    const char *end = line + n;
    for (int i = 0; i < COLUMNS; i++) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        if (!tab != (i == COLUMNS - 1)) return false;
        cells[i] = (Cell){line, (size_t)((tab ? tab : end) - line)};
        if (tab) line = tab + 1;
    }
    return true;
}

int known_parse(const char *text, size_t n, Known out[KNOWN_MAX], Err *err) {
    const char *end = text + n;
    Cell cells[COLUMNS];
    int rows = 0, line = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const size_t len = (size_t)((stop ? stop : end) - text);
        const char *row = text;
        text += len + (stop != NULL);
        line++;
        if (len == 0 || row[0] == '#') continue;
        Known k = {0};
        const bool whole = split(row, len, cells);
        if (rows == KNOWN_MAX || !whole) {
            err_set(err, ERR_FORMAT, (size_t)line,
                    "models.tsv: line %d: need %d columns split by tabs, and "
                    "at most %d rows",
                    line, COLUMNS, KNOWN_MAX);
            return -1;
        }
        if (!read_row(&k, cells, line, err)) return -1;
        if (rows && k.year * 12 + k.month <
                        out[rows - 1].year * 12 + out[rows - 1].month) {
            bad(line, DATE, cells[DATE], err, "rows from old to new");
            return -1;
        }
        out[rows++] = k;
    }
    return rows;
}
