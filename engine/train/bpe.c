/* The text becomes a table of different words with how often each stands, and
 * each word a list of symbols.  All pairs of neighbours are counted once; when
 * one becomes a piece, only the words that contain it are taken out of the
 * counts, merged, and put back. */
#include "engine/train/bpe.h"

#include "engine/base/utf8.h"
#include "engine/base/writer.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/counts.h"
#include "engine/train/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FIXED    (TOKEN_BYTE0 + 256) /* entries before the learnt ones */
#define RARE_SHARE 2000 /* 1 in so many characters is left to the bytes */
#define COUNT_MIN  2    /* of a pair that becomes a piece */
#define WORD_MAX   64   /* bytes of a word; longer runs of letters are cut */

typedef struct Bpe {
    const char *name;
    Counts chars;  /* id >= 0: a piece */
    Counts words;  /* id: where its symbols are in ends */
    Counts pairs;  /* borrowed from words; id: the piece's rank, -1: none */
    uint8_t *ends; /* of each word's symbols in turn: the bytes where they end,
                      the last being the word's length */
    int n_chars;   /* that are pieces */
    int *merges;   /* indices in pairs, in the order learnt */
    int n_merges;
} Bpe;

/* ---- characters ---------------------------------------------------------- */

/* Control characters and ill-formed bytes are never pieces. */
static bool is_text(uint32_t cp) {
    return cp >= 0x20 && cp != 0x7F && cp != UTF8_BAD;
}

/* ASCII letters, and beyond ASCII all that is not punctuation by its block:
 * Latin-1 signs, general punctuation, CJK punctuation. */
static bool is_letter(uint32_t cp) {
    if (cp < 0x80) return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
    return cp >= 0xC0 && (cp < 0x2000 || cp > 0x206F) &&
           (cp < 0x3000 || cp > 0x303F);
}

static void count_chars(Bpe *b, Document doc) {
    counts_add(&b->chars, " ", 1, 1); /* the one that encoding puts first */
    for (size_t at = 0; at < doc.n;) {
        uint32_t cp;
        const int n = utf8_decode(doc.text + at, doc.n - at, &cp);
        if (is_text(cp)) counts_add(&b->chars, doc.text + at, n, 1);
        at += (size_t)n;
    }
}

/* Most frequent first; ties by bytes. */
static int compare_counts(const void *x, const void *y) {
    const CountEntry *a = *(const CountEntry *const *)x,
                     *b = *(const CountEntry *const *)y;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return counts_compare(a, b);
}

/* Numbers the characters that become pieces, up to when those left are rare.
 * The space is always one, since every text starts with one. */
static bool choose_chars(Bpe *b, Err *err) {
    const size_t n = (size_t)b->chars.n;
    CountEntry **sorted = malloc((n + 1) * sizeof(CountEntry *));
    if (!sorted) return err_memory(err, b->name, n * sizeof(CountEntry *));
    int64_t left = 0;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &b->chars.entries[i];
        left += sorted[i]->count;
    }
    const int64_t rare = left / RARE_SHARE;
    qsort(sorted, n, sizeof *sorted, compare_counts);
    for (size_t i = 0; i < n; i++) {
        if (left > rare ||
            counts_compare(sorted[i], &(CountEntry){" ", 1, 0, 0}) == 0)
            sorted[i]->id = b->n_chars++;
        left -= sorted[i]->count;
    }
    free(sorted);
    return true;
}

/* ---- words --------------------------------------------------------------- */

/* The word being read. */
typedef struct Word {
    char bytes[WORD_MAX];
    int len, n_chars;
} Word;

/* Words of one character have no neighbours to count. */
static void end_word(Bpe *b, Word *w) {
    if (w->n_chars > 1) counts_add(&b->words, w->bytes, w->len, 1);
    w->len = w->n_chars = 0;
}

static void append(Word *w, const char *bytes, int n) {
    memcpy(w->bytes + w->len, bytes, (size_t)n);
    w->len += n;
    w->n_chars++;
}

static void count_char(Bpe *b, Word *w, const char *bytes, int n) {
    const CountEntry *e = counts_find(&b->chars, bytes, n);
    uint32_t cp;
    utf8_decode(bytes, (size_t)n, &cp);
    const bool is_piece = e && e->id >= 0, letter = is_letter(cp);
    const bool after_space = w->len == 1 && w->bytes[0] == ' ';
    if (!is_piece || cp == ' ' || (!letter && !after_space) ||
        w->len + n > WORD_MAX)
        end_word(b, w);
    if (is_piece) append(w, bytes, n);
    if (is_piece && !letter && cp != ' ') end_word(b, w);
}

static void count_words(Bpe *b, Document doc) {
    Word w = {.bytes = " ", .len = 1, .n_chars = 1};
    for (size_t at = 0; at < doc.n;) {
        uint32_t cp;
        const int n = utf8_decode(doc.text + at, doc.n - at, &cp);
        count_char(b, &w, doc.text + at, n);
        at += (size_t)n;
    }
    end_word(b, &w);
}

/* ---- symbols ------------------------------------------------------------- */

/* Two neighbouring symbols of a word: bytes begin..end, cut at middle. */
typedef struct Pair {
    int begin, middle, end; /* end 0: there is no such pair */
} Pair;

static Pair first_pair(const CountEntry *word, const uint8_t *ends) {
    const int end = ends[0] < word->len ? ends[1] : 0;
    return (Pair){0, ends[0], end};
}

/* The pair that shares a symbol with this one; i is that symbol's index. */
static Pair next_pair(const CountEntry *word, const uint8_t *ends, Pair p,
                      int i) {
    const int end = p.end < word->len ? ends[i + 1] : 0;
    return (Pair){p.middle, p.end, end};
}

/* Adds n times the word's pairs to the counts. */
static void count_pairs(Bpe *b, const CountEntry *word, int n) {
    const uint8_t *ends = b->ends + word->id;
    Pair p = first_pair(word, ends);
    for (int i = 1; p.end; p = next_pair(word, ends, p, i++))
        counts_add(&b->pairs, word->bytes + p.begin, p.end - p.begin,
                   n * word->count);
}

/* The symbol, of 0, 1, ..., that merges with the next one first: into the
 * piece learnt first, the leftmost on ties.  -1: none does. */
static int find_merge(const Bpe *b, const CountEntry *word) {
    const uint8_t *ends = b->ends + word->id;
    int best = -1, best_rank = 0;
    Pair p = first_pair(word, ends);
    for (int i = 1; p.end; p = next_pair(word, ends, p, i++)) {
        const CountEntry *e =
            counts_find(&b->pairs, word->bytes + p.begin, p.end - p.begin);
        if (!e || e->id < 0 || (best >= 0 && e->id >= best_rank)) continue;
        best = i - 1;
        best_rank = e->id;
    }
    return best;
}

/* Merges all that the pieces so far allow, as encoding does. */
static void merge_word(Bpe *b, const CountEntry *word) {
    uint8_t *ends = b->ends + word->id;
    for (int i; (i = find_merge(b, word)) >= 0;)
        do /* the end of symbol i goes */
            ends[i] = ends[i + 1];
        while (ends[i++] < word->len);
}

static bool has_pair(const Bpe *b, const CountEntry *word,
                     const CountEntry *pair) {
    const uint8_t *ends = b->ends + word->id;
    Pair p = first_pair(word, ends);
    for (int i = 1; p.end; p = next_pair(word, ends, p, i++))
        if (p.end - p.begin == pair->len &&
            memcmp(word->bytes + p.begin, pair->bytes, (size_t)pair->len) == 0)
            return true;
    return false;
}

/* Cuts every word into characters and counts their pairs. */
static bool open_symbols(Bpe *b, Err *err) {
    size_t n = 0;
    for (int w = 0; w < b->words.n; w++)
        n += (size_t)b->words.entries[w].len;
    b->ends = calloc(n + 1, 1);
    if (!b->ends) return err_memory(err, b->name, n);
    int at = 0;
    for (int w = 0; w < b->words.n; w++) {
        CountEntry *word = &b->words.entries[w];
        word->id = at;
        for (int end = 0; end < word->len;) {
            uint32_t cp;
            end +=
                utf8_decode(word->bytes + end, (size_t)(word->len - end), &cp);
            b->ends[at++] = (uint8_t)end;
        }
        count_pairs(b, word, 1);
    }
    return true;
}

/* ---- learning ------------------------------------------------------------ */

/* The most frequent pair that is no piece yet; -1: none stands often enough. */
static int best_pair(const Bpe *b) {
    const CountEntry *best = NULL;
    for (int i = 0; i < b->pairs.n; i++) {
        const CountEntry *e = &b->pairs.entries[i];
        if (e->id >= 0 || e->count < COUNT_MIN) continue;
        if (!best || e->count > best->count ||
            (e->count == best->count &&
             (e->len < best->len ||
              (e->len == best->len && counts_compare(e, best) < 0))))
            best = e;
    }
    return best ? (int)(best - b->pairs.entries) : -1;
}

static void learn_pair(Bpe *b, int pair) {
    b->pairs.entries[pair].id = b->n_merges;
    b->merges[b->n_merges++] = pair;
    for (int w = 0; w < b->words.n; w++) {
        const CountEntry *word = &b->words.entries[w];
        if (!has_pair(b, word, &b->pairs.entries[pair])) continue;
        count_pairs(b, word, -1);
        merge_word(b, word);
        count_pairs(b, word, 1);
    }
}

/* Learns until there are vocab_size entries. */
static bool learn(Bpe *b, int vocab_size, Err *err) {
    const int n_merges = vocab_size - N_FIXED - b->n_chars;
    if (n_merges < 0)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: vocabulary: found %d entries asked for, need at "
                       "least %d: 259 fixed ones and %d characters",
                       b->name, vocab_size, N_FIXED + b->n_chars, b->n_chars);
    b->merges = calloc((size_t)n_merges + 1, sizeof *b->merges);
    if (!b->merges)
        return err_memory(err, b->name, (size_t)n_merges * sizeof *b->merges);
    while (b->n_merges < n_merges) {
        const int pair = best_pair(b);
        if (b->pairs.failed) return err_memory(err, b->name, b->words.n);
        if (pair < 0)
            return err_set(err, ERR_LIMIT, 0,
                           "%s: vocabulary: found %d entries asked for, the "
                           "text allows %d",
                           b->name, vocab_size,
                           N_FIXED + b->n_chars + b->n_merges);
        learn_pair(b, pair);
    }
    return true;
}

/* ---- in and out ---------------------------------------------------------- */

static void write_piece(Writer *w, const char *bytes, int len, int place) {
    writer_f32(w, (float)-place);
    writer_u32(w, (uint32_t)len);
    writer_bytes(w, bytes, (size_t)len);
}

/* The characters that are pieces, by their number. */
static void write_chars(const Bpe *b, Writer *w) {
    for (int id = 0; id < b->n_chars; id++)
        for (int i = 0; i < b->chars.n; i++) {
            const CountEntry *e = &b->chars.entries[i];
            if (e->id == id) write_piece(w, e->bytes, e->len, b->n_merges + id);
        }
}

static void *write_file(const Bpe *b, size_t *size, Err *err) {
    static const char *const controls[] = {"<unk>", "\n<s>\n", "\n</s>\n"};
    int longest = (int)strlen(controls[TOKEN_EOS]);
    for (int i = 0; i < b->n_merges; i++)
        if (b->pairs.entries[b->merges[i]].len > longest)
            longest = b->pairs.entries[b->merges[i]].len;
    Writer w = {0};
    writer_u32(&w, (uint32_t)longest);
    for (int i = 0; i < TOKEN_BYTE0; i++)
        write_piece(&w, controls[i], (int)strlen(controls[i]), 0);
    for (int i = 0; i < 256; i++) {
        char text[8];
        write_piece(&w, text, snprintf(text, sizeof text, "<0x%02X>", i), 0);
    }
    for (int i = 0; i < b->n_merges; i++) {
        const CountEntry *e = &b->pairs.entries[b->merges[i]];
        write_piece(&w, e->bytes, e->len, i);
    }
    write_chars(b, &w);
    return writer_take(&w, size, b->name, err);
}

/* Reads the text into characters, then, knowing those, into words. */
static bool read_text(Bpe *b, const char *text, size_t n, Err *err) {
    Documents docs = documents_init(text, n);
    for (Document doc; documents_next(&docs, &doc);)
        count_chars(b, doc);
    if (!b->chars.failed && b->chars.n == 0)
        return err_set(err, ERR_FORMAT, 0, "%s: text: found no text in it",
                       b->name);
    if (!choose_chars(b, err)) return false;
    docs = documents_init(text, n);
    for (Document doc; documents_next(&docs, &doc);)
        count_words(b, doc);
    return open_symbols(b, err);
}

void *bpe_train(const char *name, const char *text, size_t n, int vocab_size,
                size_t *size, Err *err) {
    Bpe b = {
        .name = name, .chars = {.copies = true}, .words = {.copies = true}};
    void *bytes = NULL;
    bool ok = read_text(&b, text, n, err) && learn(&b, vocab_size, err);
    if (b.chars.failed || b.words.failed || b.pairs.failed)
        ok = err_memory(err, name, n);
    if (ok) bytes = write_file(&b, size, err);
    counts_free(&b.pairs);
    counts_free(&b.words);
    counts_free(&b.chars);
    free(b.ends);
    free(b.merges);
    return bytes;
}
