/* Making a Tokenizer: every check that does not depend on the file it came
 * from, the pieces' bytes, and the two tables that encoding looks things up in:
 * pieces by their bytes, merges by their two pieces. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/file.h"
#include "engine/base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each is looked up among all pieces. */
#define CONTROL_MERGES_MAX 64

typedef struct Build {
    const TokenizerSpec *spec;
    Tokenizer *t;
    Err *err;
    int n_duplicates, n_with_nul, n_ill_formed, n_no_byte; /* tolerated */
    int n_control_merges, n_equal_merges;                  /* tolerated */
} Build;

static bool __attribute__((format(printf, 4, 0)))
fail_v(const Build *b, const char *name, const char *field, const char *fmt,
       va_list args) {
    char what[160];
    vsnprintf(what, sizeof what, fmt, args);
    return err_set(b->err, ERR_FORMAT, 0, "%s: %s: %s",
                   name ? name : b->spec->name, field, what);
}

static bool __attribute__((format(printf, 3, 4)))
fail(const Build *b, const char *field, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fail_v(b, NULL, field, fmt, args);
    va_end(args);
    return false;
}

/* The same of the merges, which may have a file of their own. */
static bool __attribute__((format(printf, 2, 3)))
fail_merges(const Build *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fail_v(b, b->spec->merges_name, "merges", fmt, args);
    va_end(args);
    return false;
}

/* ---- checks -------------------------------------------------------------- */

static bool check_count(const Build *b, const char *field, int n, int min,
                        int max) {
    if (n >= min && n <= max) return true;
    return fail(b, field, "found %d, need %d..%d", n, min, max);
}

static bool check_piece(const Build *b, int id) {
    const PieceSpec *p = &b->spec->pieces[id];
    const bool is_word = tokenizer_scheme(b->spec->kind)->unit == UNIT_WORD;
    const int max = TOKENIZER_PIECE_MAX - is_word; /* a space may come before */
    if (p->len < 1 || p->len > max)
        return fail(b, "length", "found %d for piece %d, need 1..%d", p->len,
                    id, max);
    if (!isfinite(p->score))
        return fail(b, "score", "found %g for piece %d, need a finite number",
                    (double)p->score, id);
    if (p->type < TOKEN_NORMAL || p->type > TOKEN_BYTE)
        return fail(b, "type", "found %d for piece %d, need %d..%d", p->type,
                    id, TOKEN_NORMAL, TOKEN_BYTE);
    return true;
}

static bool check_added(const Build *b, int i) {
    const AddedSpec *a = &b->spec->added[i];
    if (a->len <= TOKENIZER_PIECE_MAX && a->len >= 0)
        return check_count(b, "added token", a->id, 0, b->spec->n_pieces - 1);
    return fail(b, "added token", "found %d bytes for piece %d, need 1..%d",
                a->len, a->id, TOKENIZER_PIECE_MAX);
}

PieceSpec tokenizer_blank(void) {
    return (PieceSpec){.bytes = TOKENIZER_EMPTY,
                       .len = (int)strlen(TOKENIZER_EMPTY),
                       .type = TOKEN_CONTROL};
}

int tokenizer_pad(PieceSpec *pieces, int n_found, int n_pieces) {
    const int n = n_pieces - n_found;
    if (n > TOKENIZER_PADDING_MAX || n > n_found) return n == 0 ? 0 : -1;
    for (int id = n_found; id < n_pieces; id++)
        pieces[id] = tokenizer_blank();
    return n;
}

static bool check_words(const Build *b) {
    const TokenizerSpec *s = b->spec;
    if (s->has_mask && !check_count(b, "mask", s->mask, 0, s->n_pieces - 1))
        return false;
    if (s->inside && (!*s->inside || strlen(s->inside) > TOKENIZER_INSIDE_MAX))
        return fail(b, "continuing_subword_prefix",
                    "found %zu bytes, need 1..%d", strlen(s->inside),
                    TOKENIZER_INSIDE_MAX);
    return check_count(b, "max_input_chars_per_word", s->word_max, 1,
                       TOKENIZER_WORD_MAX);
}

static bool check_spec(const Build *b) {
    const TokenizerSpec *s = b->spec;
    const int last = s->n_pieces - 1;
    if (!check_count(b, "pieces", s->n_pieces, 1, TOKENIZER_PIECES_MAX) ||
        !check_count(b, "merges", s->n_merges, 0, TOKENIZER_MERGES_MAX) ||
        !check_count(b, "bos", s->bos, -1, last) ||
        !check_count(b, "unk", s->unknown, -1, last) ||
        !check_count(b, "eos tokens", s->n_ends, 0, TOKENIZER_END_MAX))
        return false;
    for (int i = 0; i < s->n_ends; i++)
        if (!check_count(b, "eos", s->ends[i], 0, last)) return false;
    if (tokenizer_scheme(s->kind)->unit == UNIT_WORD && !check_words(b))
        return false;
    if (tokenizer_scheme(s->kind)->merge == MERGE_RANK && !s->ranked)
        return fail_merges(b, "found none, need some");
    for (int id = 0; id < s->n_pieces; id++)
        if (!check_piece(b, id)) return false;
    for (int i = 0; s->added && i < s->n_added; i++)
        if (!check_added(b, i)) return false;
    return true;
}

/* ---- bytes --------------------------------------------------------------- */

/* The byte that a character stands for in byte-level pieces, or -1: those that
 * print stand for themselves, the others, in order, for U+0100 and on.
 * Source: Radford et al. 2019 (GPT-2), bytes_to_unicode in encoder.py. */
static int byte_of(uint32_t cp) {
    bool prints = (cp >= 0x21 && cp <= 0x7E) || (cp >= 0xA1 && cp <= 0xFF);
    if (prints && cp != 0xAD) return (int)cp;
    if (cp < 0x100 || cp > 0x143) return -1;
    int n = (int)cp - 0x100;
    if (n < 0x21) return n;
    if (n < 0x21 + 0x22) return 0x7F + n - 0x21;
    return 0xAD;
}

uint32_t tokenizer_byte_char(uint8_t byte) {
    uint32_t cp = 0;
    while (byte_of(cp) != byte)
        cp++;
    return cp;
}

/* Each writes the bytes of a text of n bytes to out, which has room for them,
 * and returns how many; 0: ill-formed. */

static int copy_byte_chars(const char *text, int n, char *out) {
    int at = 0;
    for (int i = 0; i < n;) {
        uint32_t cp;
        i += utf8_decode(text + i, (size_t)(n - i), &cp);
        int byte = byte_of(cp);
        if (byte < 0) return 0;
        out[at++] = (char)byte;
    }
    return at;
}

static int copy_plain(const char *text, int n, char *out) {
    memcpy(out, text, (size_t)n);
    return n;
}

int tokenizer_byte_value(const char *text, int n) {
    static const char digits[] = "0123456789ABCDEF";
    if (n != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    int value = 0;
    for (int i = 3; i < 5; i++) {
        const char *digit = memchr(digits, text[i], sizeof digits - 1);
        if (!digit) return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

static int copy_byte(const char *text, int n, char *out) {
    int value = tokenizer_byte_value(text, n);
    out[0] = (char)value;
    return value >= 0;
}

static bool is_text(int type) {
    return type == TOKEN_NORMAL || type == TOKEN_USER || type == TOKEN_UNUSED;
}

/* As a piece of WordPiece is kept: with a space where it begins a word. */
static int copy_word_piece(const TokenizerSpec *s, const PieceSpec *p,
                           char *out) {
    const int n = s->inside ? (int)strlen(s->inside) : 0;
    if (!s->inside && p->type == TOKEN_NORMAL)
        return tokenizer_copy_spaces(p->bytes, p->len, out);
    if (p->type == TOKEN_NORMAL && n < p->len &&
        memcmp(p->bytes, s->inside, (size_t)n) == 0) {
        memcpy(out, p->bytes + n, (size_t)(p->len - n));
        return p->len - n;
    }
    out[0] = ' ';
    memcpy(out + 1, p->bytes, (size_t)p->len);
    return p->len + 1;
}

/* How the bytes of a piece of this type are read. */
typedef int (*Copy)(const char *text, int n, char *out);
static Copy copy_of(const TokenizerSpec *s, int type) {
    if (type == TOKEN_BYTE) return copy_byte;
    if (tokenizer_scheme(s->kind)->unit != UNIT_BYTE)
        return is_text(type) && !s->spaces_plain ? tokenizer_copy_spaces
                                                 : copy_plain;
    return type == TOKEN_NORMAL ? copy_byte_chars : copy_plain;
}

/* Spaces of texts are marked, so that no merge makes a plain one. */
static bool is_never_merged(const Tokenizer *t, const PieceSpec *p) {
    return t->marks_spaces && memchr(p->bytes, ' ', (size_t)p->len);
}

static bool fill_pieces(Build *b) {
    const TokenizerSpec *s = b->spec;
    Tokenizer *t = b->t;
    char *text = t->text;
    for (int id = 0; id < s->n_pieces; id++) {
        const PieceSpec *from = &s->pieces[id];
        Piece *p = &t->pieces[id];
        p->is_byte = from->type == TOKEN_BYTE;
        p->is_unused = from->type == TOKEN_UNUSED;
        p->is_control = !is_text(from->type) && !p->is_byte;
        p->is_added = from->added || is_never_merged(t, from);
        t->has_unused |= p->is_unused;
        p->bytes = text;
        p->len = t->scheme->unit == UNIT_WORD && is_text(from->type)
                     ? copy_word_piece(s, from, text)
                     : copy_of(s, from->type)(from->bytes, from->len, text);
        /* Where merges are listed their ranks score; see fill_rules. */
        p->score = s->ranked ? -(float)s->n_merges : from->score;
        if (p->len == 0)
            return fail(b, p->is_byte ? "byte piece" : "piece",
                        "found \"%.*s\" for piece %d, need %s",
                        from->len < 16 ? from->len : 16, from->bytes, id,
                        p->is_byte ? "<0x00>..<0xFF>"
                                   : "characters that stand for bytes");
        if (is_text(from->type)) t->sorted[t->n_sorted++] = p;
        text += p->len + 1;
    }
    tokenizer_fill_added(t, s, text);
    return true;
}

/* ---- the tables ---------------------------------------------------------- */

/* Equal pieces by id, so that a search from below finds the first. */
static int compare_slots(const void *a, const void *b) {
    const Piece *x = *(const Piece *const *)a, *y = *(const Piece *const *)b;
    int order = tokenizer_compare(x, y);
    return order ? order : (x > y) - (x < y);
}

static void sort_pieces(Build *b) {
    Tokenizer *t = b->t;
    const bool whole_chars = t->scheme->unit != UNIT_BYTE;
    qsort(t->sorted, (size_t)t->n_sorted, sizeof *t->sorted, compare_slots);
    for (int i = 0; i < t->n_sorted; i++) {
        const Piece *p = t->sorted[i];
        b->n_duplicates += i > 0 && tokenizer_compare(t->sorted[i - 1], p) == 0;
        if (!whole_chars) continue;
        b->n_with_nul += memchr(p->bytes, 0, (size_t)p->len) != NULL;
        b->n_ill_formed += !utf8_valid(p->bytes, (size_t)p->len);
    }
}

/* What a byte is written as: its piece, or where run.c takes it to be. */
static int write_id(const Build *b, int byte) {
    const int id = b->t->byte_ids[byte], placed = TOKEN_BYTE0 + byte;
    return id < 0 && b->spec->bytes_placed && placed < b->t->n_pieces ? placed
                                                                      : id;
}

/* Schemes of characters have byte pieces beside those of text; in those of
 * bytes the pieces of one byte are text. */
static bool fill_bytes(Build *b) {
    Tokenizer *t = b->t;
    for (int byte = 0; byte < 256; byte++) {
        const char c = (char)byte;
        t->byte_ids[byte] =
            t->scheme->unit == UNIT_BYTE ? tokenizer_find_any(t, &c, 1) : -1;
    }
    for (int id = t->n_pieces - 1; id >= 0; id--)
        if (t->pieces[id].is_byte)
            t->byte_ids[(uint8_t)t->pieces[id].bytes[0]] = id;
    for (int byte = 0; byte < 256; byte++) {
        t->write_ids[byte] = write_id(b, byte);
        b->n_no_byte += t->byte_ids[byte] < 0 && t->scheme->unit != UNIT_WORD;
    }
    /* run.c has no other way to write the space that it puts first. */
    if (b->spec->spaces_plain && t->space_prefix &&
        tokenizer_find_piece(t, " ", 1) < 0)
        return fail(b, "pieces", "found no \" \", need one");
    return true;
}

static int compare_pairs(const MergeRule *a, const MergeRule *b) {
    if (a->left != b->left) return a->left < b->left ? -1 : 1;
    return (a->right > b->right) - (a->right < b->right);
}

static int compare_rules(const void *a, const void *b) {
    const MergeRule *x = a, *y = b;
    int order = compare_pairs(x, y);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

/* Appends the bytes of one side of a merge to `both`; its piece, or -1. */
static int merge_side(const Build *b, const char *text, int n, char *both,
                      int *at) {
    if (n < 1 || n > TOKENIZER_PIECE_MAX) return -1;
    int len = copy_of(b->spec, TOKEN_NORMAL)(text, n, both + *at);
    *at += len;
    return len ? tokenizer_find_any(b->t, both + *at - len, len) : -1;
}

/* Whether a control token has these bytes.  A text must not become one by
 * merges, so that they are left out. */
static bool is_control(const Build *b, const char *bytes, int len) {
    for (int id = 0; id < b->spec->n_pieces; id++) {
        const PieceSpec *p = &b->spec->pieces[id];
        if (!is_text(p->type) && p->type != TOKEN_BYTE && p->len == len &&
            memcmp(p->bytes, bytes, (size_t)len) == 0)
            return true;
    }
    return false;
}

/* Whether a merge makes a control token or is of one. */
static bool is_of_control(const Build *b, const MergeSpec *m) {
    char both[2 * TOKENIZER_PIECE_MAX];
    if (m->left_len > TOKENIZER_PIECE_MAX || m->right_len > TOKENIZER_PIECE_MAX)
        return false;
    memcpy(both, m->left, (size_t)m->left_len);
    memcpy(both + m->left_len, m->right, (size_t)m->right_len);
    return is_control(b, both, m->left_len + m->right_len) ||
           is_control(b, m->left, m->left_len) ||
           is_control(b, m->right, m->right_len);
}

/* Of equal merges, which lie together by rank, one counts; it scores what it
 * makes. */
static void settle_rules(Build *b) {
    Tokenizer *t = b->t;
    int n = 0;
    for (int i = 0; i < t->n_rules; i++) {
        const MergeRule *r = &t->rules[i];
        const bool again = n > 0 && compare_pairs(&t->rules[n - 1], r) == 0;
        b->n_equal_merges += again;
        if (!again)
            t->rules[n++] = *r;
        else if (b->spec->last_merge)
            t->rules[n - 1] = *r;
    }
    t->n_rules = n;
    for (int i = 0; i < n; i++) {
        const float score = -(float)t->rules[i].rank;
        Piece *made = &t->pieces[t->rules[i].id];
        if (made->score < score) made->score = score;
    }
}

static bool fill_rules(Build *b) {
    Tokenizer *t = b->t;
    for (int rank = 0; rank < b->spec->n_merges; rank++) {
        const MergeSpec *m = &b->spec->merges[rank];
        char both[2 * TOKENIZER_PIECE_MAX];
        int at = 0;
        MergeRule r = {.rank = rank};
        r.left = merge_side(b, m->left, m->left_len, both, &at);
        r.right = merge_side(b, m->right, m->right_len, both, &at);
        r.id = tokenizer_find_any(t, both, at);
        if (r.left < 0 || r.right < 0 || r.id < 0) {
            if (b->n_control_merges < CONTROL_MERGES_MAX &&
                is_of_control(b, m)) {
                b->n_control_merges++;
                continue;
            }
            return fail_merges(
                b,
                "found \"%.*s\" and \"%.*s\" for merge %d, need two "
                "pieces that together are a piece",
                m->left_len < 16 ? m->left_len : 16, m->left,
                m->right_len < 16 ? m->right_len : 16, m->right, rank);
        }
        t->rules[t->n_rules++] = r;
    }
    qsort(t->rules, (size_t)t->n_rules, sizeof *t->rules, compare_rules);
    settle_rules(b);
    return true;
}

const MergeRule *tokenizer_rule(const Tokenizer *t, int left, int right) {
    const MergeRule want = {.left = left, .right = right};
    int low = 0, high = t->n_rules;
    while (low < high) { /* the first rule not below the wanted one */
        int mid = low + (high - low) / 2;
        if (compare_pairs(&t->rules[mid], &want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == t->n_rules || compare_pairs(&t->rules[low], &want) != 0)
        return NULL;
    return &t->rules[low];
}

/* ---- in and out ---------------------------------------------------------- */

static void describe(const Build *b) {
    char duplicates[60] = "", nul[40] = "", ill[40] = "", no_byte[48] = "";
    char padding[72] = "", gaps[80] = "", control[72] = "", equal[80] = "";
    if (b->spec->n_padding)
        snprintf(padding, sizeof padding,
                 " ids: the last %d have no piece and are never drawn;",
                 b->spec->n_padding);
    if (b->spec->n_gaps)
        snprintf(gaps, sizeof gaps,
                 " ids: %d between added tokens have no piece and are never "
                 "drawn;",
                 b->spec->n_gaps);
    if (b->n_control_merges)
        snprintf(control, sizeof control,
                 " merges: %d with control tokens are left out;",
                 b->n_control_merges);
    if (b->n_equal_merges)
        snprintf(equal, sizeof equal, " merges: %d duplicates, the %s is used;",
                 b->n_equal_merges, b->spec->last_merge ? "last" : "first");
    if (b->n_duplicates)
        snprintf(duplicates, sizeof duplicates,
                 " pieces: %d duplicates, the first is used;", b->n_duplicates);
    if (b->n_with_nul)
        snprintf(nul, sizeof nul, " pieces: %d with a NUL;", b->n_with_nul);
    if (b->n_ill_formed)
        snprintf(ill, sizeof ill, " pieces: %d not UTF-8;", b->n_ill_formed);
    if (b->n_no_byte)
        snprintf(no_byte, sizeof no_byte, " bytes: %d of 256 have no piece;",
                 b->n_no_byte);
    const char *odd = b->spec->tolerated;
    Err line = {0}; /* one plain line, whatever the name holds */
    err_set(&line, ERR_FORMAT, 0, "%s:%s%s%s%s%s%s%s%s%s%s%s",
            file_name(b->spec->name), odd ? " " : "", odd ? odd : "",
            odd ? ";" : "", padding, gaps, control, equal, duplicates, nul, ill,
            no_byte);
    size_t n = strlen(line.msg);
    if (line.msg[n - 1] != ';') return; /* nothing after the name */
    line.msg[n - 1] = 0;
    memcpy(b->t->warning, line.msg, n);
}

static void fill_settings(Tokenizer *t, const TokenizerSpec *s) {
    t->scheme = tokenizer_scheme(s->kind);
    t->unknown = s->unknown;
    t->bos = s->bos >= 0 ? s->bos : s->n_ends > 0 ? s->ends[0] : -1;
    t->guessed_bos = s->guessed_bos;
    t->guessed_ends = s->guessed_ends;
    memcpy(t->ends, s->ends, sizeof t->ends);
    t->n_ends = s->n_ends;
    t->no_bos = s->no_bos;
    t->space_prefix =
        s->space_prefix || (t->scheme->space_prefix && !s->no_space_prefix);
    t->normal = s->normal;
    t->prefix_once = s->prefix_once;
    t->prefix_unless_space = s->prefix_unless_space;
    t->normalizes = s->normalizes || s->normal;
    t->marks_spaces = t->scheme->unit == UNIT_CHARACTER && !s->spaces_plain;
    t->spaces_cut = s->spaces_cut;
    t->fuse_unknown = s->fuse_unknown;
    t->ranked = s->ranked;
    t->ignore_merges = s->ignore_merges;
    t->word_max = s->word_max;
    t->sep = s->ends_text && s->n_ends > 0 ? s->ends[0] : -1;
    t->mask = s->has_mask ? s->mask : -1;
    snprintf(t->inside, sizeof t->inside, "%s", s->inside ? s->inside : "##");
}

/* A zeroed Tokenizer with room for the pieces, their bytes and the merges. */
static bool allocate(Build *b) {
    const TokenizerSpec *s = b->spec;
    const Tokenizer *t0 = NULL;
    const size_t n = (size_t)s->n_pieces, n_rules = (size_t)s->n_merges;
    size_t size = sizeof *t0 + n * (sizeof *t0->pieces + sizeof *t0->sorted) +
                  n_rules * sizeof *t0->rules;
    int n_added;
    size += tokenizer_added_room(s, &n_added);
    size += (size_t)n_added * sizeof *t0->added;
    size += (size_t)s->n_gaps * sizeof *t0->gaps;
    for (size_t id = 0; id < n; id++)
        size += (size_t)s->pieces[id].len + 2; /* a space before, a NUL after */
    Tokenizer *t = calloc(1, size);
    if (!t) return err_memory(b->err, s->name, size);
    t->pieces = (Piece *)(t + 1);
    t->sorted = (const Piece **)(t->pieces + n);
    t->rules = (MergeRule *)(t->sorted + n);
    t->added = (Added *)(t->rules + n_rules);
    t->gaps = (int *)(t->added + n_added);
    t->text = (char *)(t->gaps + s->n_gaps);
    t->n_gaps = s->n_gaps;
    if (s->n_gaps > 0)
        memcpy(t->gaps, s->gaps, (size_t)s->n_gaps * sizeof *t->gaps);
    t->n_pieces = s->n_pieces;
    t->n_padding = s->n_padding;
    fill_settings(t, s);
    b->t = t;
    return true;
}

Tokenizer *tokenizer_from_pieces(const TokenizerSpec *spec, Err *err) {
    Build b = {.spec = spec, .err = err};
    if (!check_spec(&b) || !allocate(&b)) return NULL;
    if (fill_pieces(&b)) {
        sort_pieces(&b);
        if (fill_bytes(&b) && fill_rules(&b)) {
            describe(&b);
            return b.t;
        }
    }
    tokenizer_close(b.t);
    return NULL;
}

bool tokenizer_split_merge(const char *text, int len, MergeSpec *out) {
    const char *space = len > 0 ? memchr(text, ' ', (size_t)len) : NULL;
    if (!space) return false;
    int left = (int)(space - text), right = len - left - 1;
    if (left == 0 || right == 0 || memchr(space + 1, ' ', (size_t)right))
        return false;
    *out = (MergeSpec){text, space + 1, left, right};
    return true;
}
