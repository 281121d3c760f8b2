/* The list is kept sorted by part, so that equal edits compare and print
 * alike. */
#include "engine/spec/edits.h"

#include "engine/base/num.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    bool from_zero; /* at scale 0 it changes nothing, not at 1 */
} kinds[EDIT_NONE] = {
    [EDIT_HEAD] = {"", "head", COUNTS_HEADS, true, true, false, false},
    [EDIT_ATTN] = {"attn", "", COUNTS_NOTHING, true, true, false, false},
    [EDIT_MLP] = {"mlp", "", COUNTS_NOTHING, true, true, false, false},
    [EDIT_NEURON] = {"n", "neuron", COUNTS_NEURONS, true, true, false, false},
    [EDIT_RAW] = {"raw", "head", COUNTS_HEADS, true, false, false, false},
    [EDIT_ROPE] = {"rope", "", COUNTS_NOTHING, true, false, false, false},
    [EDIT_CUT] = {"cut", "position", COUNTS_POSITIONS, false, false, false,
                  false},
    [EDIT_BLIND] = {"cut", "head", COUNTS_HEADS, true, false, true, false},
    [EDIT_TOKEN] = {"token", "position", COUNTS_POSITIONS, false, false, true,
                    false},
    [EDIT_STEER] = {"steer", "token", COUNTS_TOKENS, true, true, true, true},
    [EDIT_FREEZE] = {"freeze", "", COUNTS_NOTHING, true, false, false, false},
    [EDIT_PATCH] = {"patch", "position", COUNTS_POSITIONS, true, false, false,
                    false},
    [EDIT_APART] = {"steer", "position", COUNTS_POSITIONS, true, true, false,
                    true},
};

/* What may be taken of a position, the word that is written first. */
static const struct {
    const char *word;
    Site site;
} patches[] = {
    {"resid_post", SITE_RESID_POST}, {"resid_mid", SITE_RESID_MID},
    {"resid_pre", SITE_RESID_PRE},   {"attn_out", SITE_ATTN_OUT},
    {"mlp_out", SITE_MLP_OUT},       {"resid", SITE_RESID_POST},
    {"attn", SITE_ATTN_OUT},         {"mlp", SITE_MLP_OUT},
};
enum { N_PATCHES = sizeof patches / sizeof *patches };

/* The norms that may be frozen. */
static const struct {
    const char *word;
    Site scale;
} norms[] = {
    {"ln1", SITE_LN1_SCALE},
    {"ln2", SITE_LN2_SCALE},
    {"final", SITE_LN_FINAL_SCALE},
};
enum { N_NORMS = sizeof norms / sizeof *norms };

/* ---- the list ------------------------------------------------------------ */

/* The order of the list: by kind, then layer, then index.  A layer may be
 * steered along several directions, a head not look at several positions, and
 * several vectors of a position, or norms of a layer, be another run's. */
static int part_compare(const Edit *a, const Edit *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->layer != b->layer) return a->layer < b->layer ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    if (a->kind != EDIT_STEER && a->kind != EDIT_BLIND &&
        a->kind != EDIT_PATCH && a->kind != EDIT_FREEZE)
        return 0;
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
    return part->scale == (kinds[part->kind].from_zero ? 0.0f : 1.0f);
}

bool edits_set(Edits *e, EditKind kind, int layer, int index, float scale) {
    return edits_put(e, (Edit){kind, layer, index, scale, 0});
}

static bool is_every(const Edit *part) {
    return part->kind == EDIT_PATCH && part->index == EDITS_EVERY_POS;
}

static int n_every(const Edits *e) {
    int n = 0;
    for (int i = 0; i < e->n; i++)
        n += is_every(&e->list[i]);
    return n;
}

static void part_remove(Edits *e, int at) {
    Edit *slot = e->list + at;
    e->n--;
    memmove(slot, slot + 1, (e->n - at) * sizeof *slot);
}

void edits_read_again(Edits *e, int pos) {
    const Edit part = {.kind = EDIT_TOKEN, .index = pos};
    const int at = part_find(e, &part);
    if (part_is_at(e, &part, at)) part_remove(e, at);
}

bool edits_put(Edits *e, Edit part) {
    const int at = part_find(e, &part);
    Edit *slot = e->list + at; /* may be one past the end */
    const bool found = part_is_at(e, &part, at);
    if (part_is_idle(&part)) {
        if (found) part_remove(e, at);
        return true;
    }
    if (!found) {
        if (e->n == EDITS_MAX) return false;
        if (is_every(&part) && n_every(e) == EDITS_EVERY_MAX) return false;
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

/* ---- taken from another run ---------------------------------------------- */

int edits_other(Site site, int head) {
    return head * SITE_COUNT + (int)site;
}

Site edits_site(const Edit *patch) {
    return (Site)(patch->other % SITE_COUNT);
}

int edits_head(const Edit *patch) {
    return patch->other / SITE_COUNT;
}

int edits_position(const Edit *part) {
    if (part->kind == EDIT_BLIND) return part->other;
    if (kinds[part->kind].index != COUNTS_POSITIONS || is_every(part))
        return -1;
    return part->index;
}

bool edits_is_at(const Edit *patch, int pos) {
    return patch->index == pos || patch->index == EDITS_EVERY_POS;
}

int edits_patch(const Edits *e, Site site, int layer, int head, int pos) {
    Edit part = {EDIT_PATCH, layer, pos, 0, edits_other(site, head)};
    int at = part_find(e, &part);
    if (part_is_at(e, &part, at)) return at;
    part.index = EDITS_EVERY_POS;
    at = part_find(e, &part);
    return part_is_at(e, &part, at) ? at : -1;
}

bool edits_steers(const Edits *e, int layer, int pos) {
    bool steers = false;
    for (int i = 0; i < e->n; i++) {
        const Edit *part = &e->list[i];
        steers = steers || (part->layer == layer &&
                            (part->kind == EDIT_STEER ||
                             (part->kind == EDIT_APART && part->index <= pos)));
    }
    return steers && edits_patch(e, SITE_MLP_OUT, layer, 0, pos) < 0;
}

static bool has_part(const Edits *e, EditKind kind, int layer, int other) {
    const Edit part = {kind, layer, 0, 0, other};
    return part_is_at(e, &part, part_find(e, &part));
}

/* Which of the norms that may be frozen has this scale; -1: none. */
static int norm_of(Site scale) {
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
        if (norms[i].scale == scale) return (int)i;
    return -1;
}

bool edits_frozen(const Edits *e, Site scale, int layer) {
    if (scale == SITE_LN_FINAL_SCALE) layer = 0;
    if (norm_of(scale) < 0) return false; /* one of heads: it stays its own */
    return has_part(e, EDIT_FREEZE, EDITS_EVERY_LAYER, 0) ||
           has_part(e, EDIT_FREEZE, layer, (int)scale);
}

bool edits_takes(const Edit *part) {
    return part->kind == EDIT_FREEZE || part->kind == EDIT_PATCH ||
           part->kind == EDIT_APART;
}

bool edits_take(const Edits *e) {
    for (int i = 0; i < e->n; i++)
        if (edits_takes(&e->list[i])) return true;
    return false;
}

Edits edits_without_taken(const Edits *e) {
    Edits out = {.no_mask = e->no_mask};
    for (int i = 0; i < e->n; i++)
        if (!edits_takes(&e->list[i])) out.list[out.n++] = e->list[i];
    return out;
}

bool edits_two_way(const Edits *e, const Config *c) {
    return e->no_mask || !c->arch->causal;
}

/* ---- two lists ----------------------------------------------------------- */

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
        if (has_entry(b, e) && !edits_takes(e)) continue;
        const bool of_position = e->kind == EDIT_TOKEN ||
                                 e->kind == EDIT_PATCH || e->kind == EDIT_APART;
        const int first = e->kind == EDIT_CUT ? e->index + 1
                          : of_position       ? num_max(e->index, 0)
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
    const bool every = (part->kind == EDIT_ROPE || part->kind == EDIT_FREEZE) &&
                       part->layer == EDITS_EVERY_LAYER;
    const bool has_token = kinds[part->kind].has_other &&
                           (part->other >= 0 || part->kind == EDIT_TOKEN);
    if (part->kind == EDIT_TOKEN && part->other == EDITS_MASK)
        return err_set(err, ERR_USAGE, pos,
                       "edits: token%d=[MASK]: this model has no [MASK]",
                       part->index);
    if (part->kind == EDIT_ROPE && !c->arch->rotates)
        return err_set(err, ERR_USAGE, pos,
                       "edits: rope: a %s model does not rotate, so there is "
                       "no RoPE to leave out",
                       c->arch->title);
    if (part->kind == EDIT_FREEZE && part->other == SITE_LN_FINAL_SCALE &&
        !arch_op(c->arch, SITE_LN_FINAL_SCALE))
        return err_set(err, ERR_USAGE, pos,
                       "edits: freeze.final: a model of %s has no last norm",
                       c->arch->title);
    return (every ||
            check_range("layer", part->layer, c->n_layers, pos, err)) &&
           check_range(kinds[part->kind].what, is_every(part) ? 0 : part->index,
                       counts[kinds[part->kind].index], pos, err) &&
           (part->kind != EDIT_PATCH ||
            check_range("head", edits_head(part), c->n_heads, pos, err)) &&
           (part->kind == EDIT_BLIND
                ? check_range("position", part->other, c->seq_len_max, pos, err)
                : !has_token || check_range("token", part->other, c->vocab_size,
                                            pos, err));
}

static bool mask_check(const Config *c, size_t pos, Err *err) {
    if (c->arch->causal) return true;
    return err_set(err, ERR_USAGE, pos,
                   "edits: mask: a %s model has no causal mask to remove",
                   c->arch->title);
}

void edits_name_mask(Edits *e, int mask) {
    for (int i = 0; mask >= 0 && i < e->n; i++)
        if (e->list[i].kind == EDIT_TOKEN && e->list[i].other == EDITS_MASK)
            e->list[i].other = mask;
}

bool edits_check(const Edits *e, const Config *c, Err *err) {
    for (int i = 0; i < e->n; i++)
        if (!part_check(&e->list[i], c, 0, err)) return false;
    return !e->no_mask || mask_check(c, 0, err);
}

void edits_fit(Edits *e, const Config *c) {
    Err ignored = {0};
    int n = 0;
    for (int i = 0; i < e->n; i++)
        if (part_check(&e->list[i], c, 0, &ignored)) e->list[n++] = e->list[i];
    e->n = n;
    e->no_mask = e->no_mask && mask_check(c, 0, &ignored);
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

/* One of the words at *p, the longest: "mlp" is none of "mlp_out".  -1: none.
 */
static int read_word(const char **p, const char *(*word_at)(int), int n) {
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < n; i++) {
        const size_t len = strlen(word_at(i));
        if (len <= longest || strncmp(*p, word_at(i), len) != 0) continue;
        found = i;
        longest = len;
    }
    *p += longest;
    return found;
}

static const char *norm_word(int i) {
    return norms[i].word;
}

static const char *patch_word(int i) {
    return patches[i].word;
}

/* "freeze", "freeze3.ln1", "freeze.final". */
static bool read_freeze(const char **p, Edit *part) {
    const bool in_layer = **p >= '0' && **p <= '9';
    part->layer = EDITS_EVERY_LAYER;
    if (**p == ',' || **p == '\0') return true;
    if (in_layer && !read_index(p, &part->layer)) return false;
    if (!skip_word(p, ".")) return false;
    const int norm = read_word(p, norm_word, N_NORMS);
    if (norm < 0) return false;
    part->other = (int)norms[norm].scale;
    if (!in_layer) part->layer = 0;
    return in_layer == (norms[norm].scale != SITE_LN_FINAL_SCALE);
}

/* "patch3.6@5", "patch3.resid_post@5".  What enters a layer is what left the
 * one before. */
static bool read_patch(const char **p, Edit *part) {
    int head = 0;
    Site site = SITE_Z;
    if (!read_index(p, &part->layer) || !skip_word(p, ".")) return false;
    if (**p < '0' || **p > '9') {
        const int i = read_word(p, patch_word, N_PATCHES);
        if (i < 0) return false;
        site = patches[i].site;
    } else if (!read_index(p, &head) || head >= CONFIG_HEADS_MAX) {
        return false;
    }
    if (site == SITE_RESID_PRE && part->layer > 0) {
        site = SITE_RESID_POST;
        part->layer--;
    }
    part->other = edits_other(site, head);
    part->index = EDITS_EVERY_POS;
    return !skip_word(p, "@") || read_index(p, &part->index);
}

/* "2.6", "3", "5" */
static bool read_of_layer(const char **p, Edit *part) {
    if (kinds[part->kind].per_layer && !read_index(p, &part->layer))
        return false;
    if (kinds[part->kind].index == COUNTS_NOTHING) return true;
    return (!kinds[part->kind].per_layer || skip_word(p, ".")) &&
           read_index(p, &part->index);
}

/* "2=812"; "2@5", which is of two runs. */
static bool read_steer(const char **p, Edit *part) {
    if (!read_index(p, &part->layer)) return false;
    if (skip_word(p, "@"))
        part->kind = EDIT_APART;
    else if (!skip_word(p, "="))
        return false;
    return read_index(p, &part->index);
}

/* The layer and the index. */
static bool read_place(const char **p, Edit *part) {
    const bool ends = **p == ',' || **p == '\0';
    switch (part->kind) {
    case EDIT_ROPE:
        if (ends) part->layer = EDITS_EVERY_LAYER;
        return ends || read_of_layer(p, part);
    case EDIT_CUT:
        return read_cut(p, part);
    case EDIT_FREEZE:
        return read_freeze(p, part);
    case EDIT_PATCH:
        return read_patch(p, part);
    case EDIT_STEER:
        return read_steer(p, part);
    default:
        return read_of_layer(p, part);
    }
}

/* What a token is replaced by, "=812", "=[MASK]"; where a head does not look;
 * what a direction leads away from, "-790", if anything. */
static bool read_other(const char **p, Edit *part) {
    if (part->kind == EDIT_TOKEN && skip_word(p, "=[MASK]")) {
        part->other = EDITS_MASK;
        return true;
    }
    if (part->kind == EDIT_TOKEN || part->kind == EDIT_BLIND)
        return skip_word(p, "=") && read_index(p, &part->other);
    part->other = -1;
    return !skip_word(p, "-") || read_index(p, &part->other);
}

/* One part at *p, up to a comma or the end. */
static bool read_part(const char **p, Edit *part) {
    *part = (Edit){.kind = read_kind(p)};
    part->scale = kinds[part->kind].from_zero ? 1.0f : 0.0f;
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
            if (c && !mask_check(c, at, err)) return false;
        } else {
            p = start;
            if (!read_part(&p, &part))
                return err_set(err, ERR_USAGE, at,
                               "edits: found \"%.*s\", need 2.6, attn3, mlp1, "
                               "n2.17 (or *SCALE), raw2.6, rope, cut5, "
                               "cut2.6=5, mask, token5=ID or =[MASK], "
                               "steer2=ID-ID*SCALE, steer2@5*SCALE, "
                               "freeze3.ln1, patch3.6@5, patch3.resid_post, "
                               "..., joined by commas",
                               (int)strcspn(start, ","), start);
            if (c && !part_check(&part, c, at, err)) return false;
            if (!edits_put(&parsed, part))
                return err_set(err, ERR_LIMIT, at,
                               "edits: found more than %d parts, or than %d "
                               "that patch every position",
                               EDITS_MAX, EDITS_EVERY_MAX);
        }
        if (*p == ',' && *++p == '\0')
            return err_set(err, ERR_USAGE, (size_t)(p - text),
                           "edits: found nothing after the last comma");
    }
    *e = parsed;
    return true;
}

/* ".ln1"; ".final", which is of no layer. */
static int format_norm(const Edit *part, char *out, size_t size) {
    int i = 0;
    if (part->layer == EDITS_EVERY_LAYER) return 0;
    while (i + 1 < N_NORMS && (int)norms[i].scale != part->other)
        i++;
    return norms[i].scale == SITE_LN_FINAL_SCALE
               ? snprintf(out, size, ".%s", norms[i].word)
               : snprintf(out, size, "%d.%s", part->layer, norms[i].word);
}

/* "3.resid_post@5", "3.resid_post" */
static int format_patch(const Edit *part, char *out, size_t size) {
    int i = 0, n;
    while (i + 1 < N_PATCHES && patches[i].site != edits_site(part))
        i++;
    if (edits_site(part) == SITE_Z)
        n = snprintf(out, size, "%d.%d", part->layer, edits_head(part));
    else
        n = snprintf(out, size, "%d.%s", part->layer, patches[i].word);
    return is_every(part)
               ? n
               : n + snprintf(out + n, size - (size_t)n, "@%d", part->index);
}

/* What stands before the index. */
static const char *index_mark(EditKind kind) {
    if (kind == EDIT_STEER) return "=";
    if (kind == EDIT_APART) return "@";
    return kinds[kind].per_layer ? "." : "";
}

static int format_place(const Edit *part, char *out, size_t size) {
    int n = 0;
    if (part->kind == EDIT_FREEZE) return format_norm(part, out, size);
    if (part->kind == EDIT_PATCH) return format_patch(part, out, size);
    if (kinds[part->kind].per_layer && part->layer != EDITS_EVERY_LAYER)
        n += snprintf(out, size, "%d", part->layer);
    if (kinds[part->kind].index != COUNTS_NOTHING)
        n += snprintf(out + n, size - n, "%s%d", index_mark(part->kind),
                      part->index);
    return n;
}

void edits_format_part(const Edit *part, char out[EDITS_PART_MAX]) {
    const size_t size = EDITS_PART_MAX;
    int n = snprintf(out, size, "%s", kinds[part->kind].word);
    n += format_place(part, out + n, size - n);
    if (kinds[part->kind].has_other && part->other >= 0)
        n += snprintf(out + n, size - n, "%s%d",
                      part->kind == EDIT_STEER ? "-" : "=", part->other);
    if (part->kind == EDIT_TOKEN && part->other == EDITS_MASK)
        n += snprintf(out + n, size - n, "=[MASK]");
    /* Nine digits bring every float back. */
    const float unsaid = kinds[part->kind].from_zero ? 1.0f : 0.0f;
    if (kinds[part->kind].scales && part->scale != unsaid)
        snprintf(out + n, size - n, "*%.9g", (double)part->scale);
}

void edits_format(const Edits *e, char *out, size_t size) {
    size_t n = 0;
    if (size == 0) return;
    out[0] = '\0';
    for (int i = 0; i < e->n + e->no_mask; i++) {
        char part[EDITS_PART_MAX] = "mask";
        if (i < e->n) edits_format_part(&e->list[i], part);
        const char *comma = i ? "," : "";
        if (n + strlen(comma) + strlen(part) >= size) return;
        n += snprintf(out + n, size - n, "%s%s", comma, part);
    }
}
