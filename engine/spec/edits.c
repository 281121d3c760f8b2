/* The list is kept sorted by part, so that equal edits compare and print
 * alike. */
#include "engine/spec/edits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ------------------------------------------------------------ */

/* The order of the list: by kind, then layer, then index.  A layer may be
 * steered along several directions, and a head not look at several
 * positions. */
static int part_compare(const Edit *a, const Edit *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->layer != b->layer) return a->layer < b->layer ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    if (a->kind != EDIT_STEER && a->kind != EDIT_BLIND) return 0;
    return (a->other > b->other) - (a->other < b->other);
}

/* Where the part is, or would be. */
static int part_find(const Edits *e, const Edit *part) {
    int at = 0;
    while (at < e->n && part_compare(&e->list[at], part) < 0)
        at++;
    return at;
}

static bool part_is_at(const Edits *e, const Edit *part, int at) {
    return at < e->n && part_compare(&e->list[at], part) == 0;
}

/* An entry that changes nothing. */
static bool part_is_idle(const Edit *part) {
    if (part->kind == EDIT_TOKEN) return false;
    return part->scale == (part->kind == EDIT_STEER ? 0.0f : 1.0f);
}

bool edits_set(Edits *e, EditKind kind, int layer, int index, float scale) {
    return edits_put(e, (Edit){kind, layer, index, scale, 0});
}

bool edits_put(Edits *e, Edit part) {
    const int at = part_find(e, &part);
    Edit *slot = e->list + at; /* may be one past the end */
    const bool found = part_is_at(e, &part, at);
    if (part_is_idle(&part)) {
        if (!found) return true;
        e->n--;
        memmove(slot, slot + 1, (e->n - at) * sizeof *slot);
        return true;
    }
    if (!found) {
        if (e->n == EDITS_MAX) return false;
        memmove(slot + 1, slot, (e->n - at) * sizeof *slot);
        e->n++;
    }
    *slot = part;
    return true;
}

float edits_get(const Edits *e, EditKind kind, int layer, int index) {
    const Edit part = {kind, layer, index, 1.0f, 0};
    const int at = part_find(e, &part);
    return part_is_at(e, &part, at) ? e->list[at].scale : 1.0f;
}

bool edits_left_out(const Edits *e, EditKind kind, int layer, int index) {
    return edits_get(e, kind, layer, index) == 0.0f ||
           (kind == EDIT_ROPE &&
            edits_get(e, kind, EDITS_EVERY_LAYER, index) == 0.0f);
}

bool edits_cut(const Edits *e, int layer, int head, int query, int key) {
    const Edit blind = {EDIT_BLIND, layer, head, 0, key};
    return query != key && (edits_left_out(e, EDIT_CUT, 0, key) ||
                            part_is_at(e, &blind, part_find(e, &blind)));
}

int edits_token(const Edits *e, int pos, int token) {
    const Edit part = {.kind = EDIT_TOKEN, .index = pos};
    const int at = part_find(e, &part);
    return part_is_at(e, &part, at) ? e->list[at].other : token;
}

bool edits_any(const Edits *e, EditKind kind) {
    for (int i = 0; i < e->n; i++)
        if (e->list[i].kind == kind) return true;
    return false;
}

bool edits_equal(const Edits *a, const Edits *b) {
    if (a->n != b->n || a->no_mask != b->no_mask) return false;
    for (int i = 0; i < a->n; i++)
        if (part_compare(&a->list[i], &b->list[i]) != 0 ||
            a->list[i].scale != b->list[i].scale ||
            a->list[i].other != b->list[i].other)
            return false;
    return true;
}

static bool has_entry(const Edits *e, const Edit *part) {
    const int at = part_find(e, part);
    return part_is_at(e, part, at) && e->list[at].scale == part->scale &&
           e->list[at].other == part->other;
}

/* Positions before the first that an entry of a alone changes. */
static int before_change(const Edits *a, const Edits *b) {
    int n = CONFIG_DIM_MAX;
    for (int i = 0; i < a->n; i++) {
        const Edit *e = &a->list[i];
        if (has_entry(b, e)) continue;
        const int first = e->kind == EDIT_CUT     ? e->index + 1
                          : e->kind == EDIT_TOKEN ? e->index
                                                  : 0;
        if (first < n) n = first;
    }
    return n;
}

int edits_shared(const Edits *a, const Edits *b) {
    if (a->no_mask || b->no_mask) return 0;
    const int n = before_change(a, b), m = before_change(b, a);
    return n < m ? n : m;
}

/* ---- the kinds ----------------------------------------------------------- */

/* What the index of a kind counts. */
typedef enum Counts {
    COUNTS_NOTHING,
    COUNTS_HEADS,
    COUNTS_NEURONS,
    COUNTS_POSITIONS,
    COUNTS_TOKENS
} Counts;

static const struct {
    const char *word; /* that its text begins with */
    const char *what; /* the index is called */
    Counts index;
    bool per_layer;
    bool scales;    /* may end in *SCALE */
    bool has_other; /* ... and before it in =ID, or =POSITION */
} kinds[EDIT_NONE] = {
    [EDIT_HEAD] = {"", "head", COUNTS_HEADS, true, true, false},
    [EDIT_ATTN] = {"attn", "", COUNTS_NOTHING, true, true, false},
    [EDIT_MLP] = {"mlp", "", COUNTS_NOTHING, true, true, false},
    [EDIT_NEURON] = {"n", "neuron", COUNTS_NEURONS, true, true, false},
    [EDIT_RAW] = {"raw", "head", COUNTS_HEADS, true, false, false},
    [EDIT_ROPE] = {"rope", "", COUNTS_NOTHING, true, false, false},
    [EDIT_CUT] = {"cut", "position", COUNTS_POSITIONS, false, false, false},
    [EDIT_BLIND] = {"cut", "head", COUNTS_HEADS, true, false, true},
    [EDIT_TOKEN] = {"token", "position", COUNTS_POSITIONS, false, false, true},
    [EDIT_STEER] = {"steer", "token", COUNTS_TOKENS, true, true, true},
};

/* ---- against a model ----------------------------------------------------- */

static bool check_range(const char *what, int found, int n, size_t pos,
                        Err *err) {
    if (0 <= found && found < n) return true;
    return err_set(err, ERR_USAGE, pos, "edits: %s: found %d, need 0 to %d",
                   what, found, n - 1);
}

/* Refuses a part that a model of shape c does not have. */
static bool part_check(const Edit *part, const Config *c, size_t pos,
                       Err *err) {
    const int counts[] = {[COUNTS_NOTHING] = 1,
                          [COUNTS_HEADS] = c->n_heads,
                          [COUNTS_NEURONS] = c->hidden_dim,
                          [COUNTS_POSITIONS] = c->seq_len_max,
                          [COUNTS_TOKENS] = c->vocab_size};
    const bool every = part->kind == EDIT_ROPE && //
                       part->layer == EDITS_EVERY_LAYER;
    const bool has_token = kinds[part->kind].has_other && part->other >= 0;
    return (every ||
            check_range("layer", part->layer, c->n_layers, pos, err)) &&
           check_range(kinds[part->kind].what, part->index,
                       counts[kinds[part->kind].index], pos, err) &&
           (part->kind == EDIT_BLIND
                ? check_range("position", part->other, c->seq_len_max, pos, err)
                : !has_token || check_range("token", part->other, c->vocab_size,
                                            pos, err));
}

bool edits_check(const Edits *e, const Config *c, Err *err) {
    for (int i = 0; i < e->n; i++)
        if (!part_check(&e->list[i], c, 0, err)) return false;
    return true;
}

/* ---- text ---------------------------------------------------------------- */

static bool skip_word(const char **p, const char *word) {
    const size_t n = strlen(word);
    if (strncmp(*p, word, n) != 0) return false;
    *p += n;
    return true;
}

/* Reads a count from 0; no part of any model is numbered higher. */
static bool read_index(const char **p, int *out) {
    const char *start = *p;
    int n = 0;
    while (**p >= '0' && **p <= '9' && n < CONFIG_DIM_MAX)
        n = 10 * n + (*(*p)++ - '0');
    *out = n;
    return *p > start && n < CONFIG_DIM_MAX;
}

static bool read_scale(const char **p, float *out) {
    /* strtof alone would also take spaces, hexadecimal, "inf" and "nan". */
    const size_t n = strspn(*p, "+-.0123456789eE");
    char *end;
    *out = strtof(*p, &end);
    const bool ok = n > 0 && end == *p + n && isfinite(*out);
    *p += n;
    return ok;
}

/* The kind whose word stands at *p, the longest: "n" is none of "no". */
static EditKind read_kind(const char **p) {
    EditKind found = EDIT_HEAD;
    for (int k = 0; k < EDIT_NONE; k++) {
        const char *word = kinds[k].word;
        if (strncmp(*p, word, strlen(word)) == 0 &&
            strlen(word) > strlen(kinds[found].word))
            found = (EditKind)k;
    }
    *p += strlen(kinds[found].word);
    return found;
}

/* "cut5"; of one head alone "cut2.6=5". */
static bool read_cut(const char **p, Edit *part) {
    if (!read_index(p, &part->index)) return false;
    if (!skip_word(p, ".")) return true;
    part->kind = EDIT_BLIND;
    part->layer = part->index;
    return read_index(p, &part->index);
}

/* The layer and the index: "2.6", "3", "5"; of a direction "2=812". */
static bool read_place(const char **p, Edit *part) {
    const bool ends = **p == ',' || **p == '\0';
    if (part->kind == EDIT_ROPE && ends) {
        part->layer = EDITS_EVERY_LAYER;
        return true;
    }
    if (part->kind == EDIT_CUT) return read_cut(p, part);
    if (kinds[part->kind].per_layer && !read_index(p, &part->layer))
        return false;
    if (kinds[part->kind].index == COUNTS_NOTHING) return true;
    if (part->kind == EDIT_STEER)
        return skip_word(p, "=") && //
               read_index(p, &part->index);
    return (!kinds[part->kind].per_layer || skip_word(p, ".")) &&
           read_index(p, &part->index);
}

/* What a token is replaced by, "=812"; where a head does not look; what a
 * direction leads away from, "-790", if anything. */
static bool read_other(const char **p, Edit *part) {
    if (part->kind == EDIT_TOKEN || part->kind == EDIT_BLIND)
        return skip_word(p, "=") && read_index(p, &part->other);
    part->other = -1;
    return !skip_word(p, "-") || read_index(p, &part->other);
}

/* One part at *p, up to a comma or the end. */
static bool read_part(const char **p, Edit *part) {
    *part = (Edit){.kind = read_kind(p)};
    if (part->kind == EDIT_STEER) part->scale = 1.0f;
    bool ok = read_place(p, part);
    if (ok && kinds[part->kind].has_other) ok = read_other(p, part);
    if (ok && kinds[part->kind].scales && skip_word(p, "*"))
        ok = read_scale(p, &part->scale);
    return ok && (**p == ',' || **p == '\0');
}

bool edits_parse(Edits *e, const char *text, const Config *c, Err *err) {
    Edits parsed = {0};
    const char *p = text;
    while (*p != '\0') {
        const char *start = p;
        const size_t at = (size_t)(start - text);
        Edit part;
        if (skip_word(&p, "mask") && (*p == ',' || *p == '\0')) {
            parsed.no_mask = true;
        } else {
            p = start;
            if (!read_part(&p, &part))
                return err_set(err, ERR_USAGE, at,
                               "edits: found \"%.*s\", need 2.6, attn3, mlp1, "
                               "n2.17 (each may end in *SCALE), raw2.6, rope, "
                               "rope2, cut5, cut2.6=5, mask, token5=ID or "
                               "steer2=ID-ID*SCALE, joined by commas",
                               (int)strcspn(start, ","), start);
            if (c && !part_check(&part, c, at, err)) return false;
            if (!edits_put(&parsed, part))
                return err_set(err, ERR_LIMIT, at,
                               "edits: found more than %d parts", EDITS_MAX);
        }
        if (*p == ',' && *++p == '\0')
            return err_set(err, ERR_USAGE, (size_t)(p - text),
                           "edits: found nothing after the last comma");
    }
    *e = parsed;
    return true;
}

static void format_part(const Edit *part, char *out, size_t size) {
    const Counts index = kinds[part->kind].index;
    const bool per_layer = kinds[part->kind].per_layer;
    int n = snprintf(out, size, "%s", kinds[part->kind].word);
    if (per_layer && part->layer != EDITS_EVERY_LAYER)
        n += snprintf(out + n, size - n, "%d", part->layer);
    if (index != COUNTS_NOTHING)
        n += snprintf(out + n, size - n, "%s%d",
                      !per_layer                 ? ""
                      : part->kind == EDIT_STEER ? "="
                                                 : ".",
                      part->index);
    if (kinds[part->kind].has_other && part->other >= 0)
        n += snprintf(out + n, size - n, "%s%d",
                      part->kind == EDIT_STEER ? "-" : "=", part->other);
    /* Nine digits bring every float back. */
    const float unsaid = part->kind == EDIT_STEER ? 1.0f : 0.0f;
    if (kinds[part->kind].scales && part->scale != unsaid)
        snprintf(out + n, size - n, "*%.9g", (double)part->scale);
}

void edits_format(const Edits *e, char *out, size_t size) {
    size_t n = 0;
    if (size == 0) return;
    out[0] = '\0';
    for (int i = 0; i < e->n + e->no_mask; i++) {
        char part[64] = "mask";
        if (i < e->n) format_part(&e->list[i], part, sizeof part);
        const char *comma = i ? "," : "";
        if (n + strlen(comma) + strlen(part) >= size) return;
        n += snprintf(out + n, size - n, "%s%s", comma, part);
    }
}
