/* Figures of drawn texts, added up, with the error of their means. */
#include "viz/cli/world/stats.h"

#include "engine/base/escape.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX        4096 /* different words of a world */
#define REFERENCES_TEXTS 200  /* texts that references are counted in */

/* Mean, spread and range of one figure over the texts. */
typedef struct Figure {
    int n;
    double sum, sum_squares, min, max;
} Figure;

static void figure_add(Figure *f, double v) {
    if (f->n == 0 || v < f->min) f->min = v;
    if (f->n == 0 || v > f->max) f->max = v;
    f->n++;
    f->sum += v;
    f->sum_squares += v * v;
}

static double figure_mean(const Figure *f) {
    return f->sum / f->n;
}

/* Standard error of the mean. */
static double figure_error(const Figure *f) {
    const double mean = figure_mean(f);
    const double variance = f->sum_squares / f->n - mean * mean;
    return variance > 0 ? sqrt(variance / (f->n - 1)) : 0;
}

typedef struct Stats {
    Figure entropy, words, sentences, bytes, references;
    int n_words; /* different ones, sorted */
    char words_seen[WORDS_MAX][WORLD_WORD_MAX];
    uint64_t texts[]; /* [n] a hash of each */
} Stats;

/* ---- counting ------------------------------------------------------------ */

/* Finds the word's place in the sorted list; adds it when it is new. */
static bool count_word(Stats *s, const char *word, size_t n, Err *err) {
    int lo = 0, hi = s->n_words;
    char text[WORLD_WORD_MAX];
    snprintf(text, sizeof text, "%.*s", (int)n, word);
    while (lo < hi) {
        const int mid = (lo + hi) / 2;
        const int order = strcmp(s->words_seen[mid], text);
        if (order == 0) return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (s->n_words == WORDS_MAX)
        return err_set(err, ERR_LIMIT, 0, "stats: more than %d words",
                       WORDS_MAX);
    memmove(&s->words_seen[lo + 1], &s->words_seen[lo],
            (size_t)(s->n_words - lo) * sizeof *s->words_seen);
    memcpy(s->words_seen[lo], text, sizeof text);
    s->n_words++;
    return true;
}

static bool is_word(char c) {
    return isalpha((unsigned char)c) || c == '\'' || (unsigned char)c >= 0x80;
}

/* "red" and "Red" are two words, as they are to a model. */
static bool count_words(Stats *s, const WorldStory *t, Err *err) {
    int n = 0, sentences = 0;
    for (size_t i = 0; i < t->n;) {
        size_t from = i;
        while (is_word(t->text[i]))
            i++;
        if (i > from && !count_word(s, t->text + from, i - from, err))
            return false;
        n += i > from;
        if (i > from) continue;
        /* A sentence within quotes counts when the story goes on behind. */
        sentences += strchr(".!?", t->text[i]) != NULL;
        i++;
    }
    figure_add(&s->words, n);
    figure_add(&s->sentences, sentences);
    figure_add(&s->bytes, (double)t->n);
    return true;
}

static bool count_references(Stats *s, const WorldStream *stream,
                             const WorldStory *t, Err *err) {
    WorldRefs refs;
    if (!world_references(stream->world, stream->kind, t->text, t->n, &refs,
                          err))
        return false;
    figure_add(&s->references, refs.n);
    return true;
}

static bool count_texts(Stats *s, WorldStream *stream, int n, Err *err) {
    WorldStory t;
    for (int i = 0; i < n; i++) {
        if (!world_draw(stream, &t, err) || !count_words(s, &t, err))
            return false;
        figure_add(&s->entropy, t.entropy);
        s->texts[i] = world_hash(t.text, t.n);
        if (i < REFERENCES_TEXTS && !count_references(s, stream, &t, err))
            return false;
    }
    return true;
}

static int compare_hashes(const void *pa, const void *pb) {
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
    return (a > b) - (a < b);
}

static int count_different(uint64_t *hashes, int n) {
    int different = 0;
    qsort(hashes, (size_t)n, sizeof *hashes, compare_hashes);
    for (int i = 0; i < n; i++)
        different += i == 0 || hashes[i] != hashes[i - 1];
    return different;
}

/* ---- printing ------------------------------------------------------------ */

static void print_figure(const char *name, const Figure *f) {
    escape_line(stdout, "%-22s %8.1f  (%.0f to %.0f)", name, figure_mean(f),
                f->min, f->max);
}

static void print_stats(Stats *s, int n) {
    const double bits = figure_mean(&s->entropy);
    escape_line(stdout, "%-22s %8d", "texts drawn", n);
    escape_line(stdout, "%-22s %8d", "different texts",
                count_different(s->texts, n));
    escape_line(stdout, "%-22s %8d", "different words", s->n_words);
    print_figure("words per text", &s->words);
    print_figure("sentences per text", &s->sentences);
    print_figure("bytes per text", &s->bytes);
    print_figure("references per text", &s->references);
    escape_line(stdout, "%-22s %8.2f  bits, +- %.2f", "entropy per text", bits,
                figure_error(&s->entropy));
    escape_line(stdout, "%-22s %8.3f  bits", "entropy per word",
                bits / figure_mean(&s->words));
    escape_line(stdout, "%-22s %8.3f  bits", "entropy per byte",
                bits / figure_mean(&s->bytes));
}

bool stats_print(WorldStream stream, int n, Err *err) {
    const size_t size = sizeof(Stats) + (size_t)n * sizeof(uint64_t);
    Stats *s = calloc(1, size);
    if (!s) return err_memory(err, "stats", size);
    const bool ok = count_texts(s, &stream, n, err);
    if (ok) print_stats(s, n);
    free(s);
    return ok;
}
