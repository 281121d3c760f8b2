/* The list is kept sorted by part, so that equal edits compare and print
 * alike. */
#include "engine/spec/edits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ------------------------------------------------------------ */

/* The order of the list: by kind, then layer, then index. */
static int part_compare(const Edit *a, const Edit *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->layer != b->layer) return a->layer < b->layer ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
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

bool edits_set(Edits *e, EditKind kind, int layer, int index, float scale) {
    const Edit part = {kind, layer, index, scale};
    const int at = part_find(e, &part);
    Edit *slot = e->list + at; /* may be one past the end */
    const bool found = part_is_at(e, &part, at);
    if (scale == 1.0f) {
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
    const Edit part = {kind, layer, index, 1.0f};
    const int at = part_find(e, &part);
    return part_is_at(e, &part, at) ? e->list[at].scale : 1.0f;
}

bool edits_equal(const Edits *a, const Edits *b) {
    if (a->n != b->n || a->no_mask != b->no_mask) return false;
    for (int i = 0; i < a->n; i++)
        if (part_compare(&a->list[i], &b->list[i]) != 0 ||
            a->list[i].scale != b->list[i].scale)
            return false;
    return true;
}

/* ---- against a model ----------------------------------------------------- */

/* Refuses a part that a model of shape c does not have. */
static bool part_check(const Edit *part, const Config *c, size_t pos,
                       Err *err) {
    if (part->layer < 0 || part->layer >= c->n_layers)
        return err_set(err, ERR_USAGE, pos,
                       "edits: layer: found %d, need 0 to %d", part->layer,
                       c->n_layers - 1);
    const int n = part->kind == EDIT_HEAD     ? c->n_heads
                  : part->kind == EDIT_NEURON ? c->hidden_dim
                                              : 1;
    if (part->index < 0 || part->index >= n)
        return err_set(err, ERR_USAGE, pos, "edits: %s: found %d, need 0 to %d",
                       part->kind == EDIT_HEAD ? "head" : "neuron", part->index,
                       n - 1);
    return true;
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

/* One part at *p, up to a comma or the end. */
static bool read_part(const char **p, Edit *part) {
    *part = (Edit){.scale = 0.0f};
    bool ok;
    if (skip_word(p, "attn")) {
        part->kind = EDIT_ATTN;
        ok = read_index(p, &part->layer);
    } else if (skip_word(p, "mlp")) {
        part->kind = EDIT_MLP;
        ok = read_index(p, &part->layer);
    } else {
        part->kind = skip_word(p, "n") ? EDIT_NEURON : EDIT_HEAD;
        ok = read_index(p, &part->layer) && skip_word(p, ".") &&
             read_index(p, &part->index);
    }
    if (ok && skip_word(p, "*")) ok = read_scale(p, &part->scale);
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
                               "n2.17 (each may end in *SCALE) or mask, "
                               "joined by commas",
                               (int)strcspn(start, ","), start);
            if (c && !part_check(&part, c, at, err)) return false;
            if (!edits_set(&parsed, part.kind, part.layer, part.index,
                           part.scale))
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
    static const char *const words[] = {[EDIT_HEAD] = "",
                                        [EDIT_ATTN] = "attn",
                                        [EDIT_MLP] = "mlp",
                                        [EDIT_NEURON] = "n"};
    const bool indexed = part->kind == EDIT_HEAD || part->kind == EDIT_NEURON;
    int n = snprintf(out, size, "%s%d", words[part->kind], part->layer);
    if (indexed) n += snprintf(out + n, size - n, ".%d", part->index);
    /* Nine digits bring every float back. */
    if (part->scale != 0.0f)
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
