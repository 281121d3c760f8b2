/* One row for each entry of the edits, and the norms' scales. */
#include "engine/run/taken.h"

#include "engine/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* How many floats, and flags, its memory holds. */
typedef struct Room {
    size_t rows, every, scales; /* floats; of rows there are two */
    size_t flags;
} Room;

static Room room_for(const Config *c, int seq_len) {
    const size_t n_every = EDITS_EVERY_MAX * (size_t)seq_len;
    return (Room){.rows = EDITS_MAX * (size_t)c->dim,
                  .every = n_every * (size_t)c->dim,
                  .scales = (2 * (size_t)c->n_layers + 1) * (size_t)seq_len,
                  .flags = n_every};
}

uint64_t taken_bytes(const Config *c, int seq_len) {
    const Room r = room_for(c, seq_len);
    return (2 * r.rows + r.every + r.scales) * sizeof(float) +
           r.flags * sizeof(bool);
}

bool taken_init(Taken *t, const Config *c, int seq_len, const Edits *e,
                Err *err) {
    const Room r = room_for(c, seq_len);
    *t = (Taken){.edits = e,
                 .dim = c->dim,
                 .head_dim = c->head_dim,
                 .n_layers = c->n_layers,
                 .seq_len = seq_len};
    t->rows = memory_floats(r.rows);
    t->apart = memory_floats(r.rows);
    t->every = memory_floats(r.every);
    t->has_every = calloc(r.flags, sizeof *t->has_every);
    t->scales = memory_floats(r.scales);
    if (t->rows && t->apart && t->every && t->has_every && t->scales)
        return true;
    taken_free(t);
    return err_memory(err, "what edits take", taken_bytes(c, seq_len));
}

void taken_free(Taken *t) {
    free(t->rows);
    free(t->apart);
    free(t->every);
    free(t->has_every);
    free(t->scales);
    *t = (Taken){0};
}

/* ---- from the donor ------------------------------------------------------ */

/* The site that an entry takes at its position. */
static Site site_of(const Edit *e) {
    return e->kind == EDIT_APART ? SITE_RESID_POST : edits_site(e);
}

static int head_of(const Edit *e) {
    return e->kind == EDIT_APART ? 0 : edits_head(e);
}

static size_t width_of(const Taken *t, Site site) {
    return (size_t)(site == SITE_Z ? t->head_dim : t->dim);
}

/* Where an entry of every position has its row of pos: the how manieth it is
 * among those says where they are. */
static size_t every_at(const Taken *t, int i, int pos) {
    size_t n = 0;
    for (int k = 0; k < i; k++)
        n += t->edits->list[k].kind == EDIT_PATCH &&
             t->edits->list[k].index == EDITS_EVERY_POS;
    return n * (size_t)t->seq_len + (size_t)pos;
}

/* What entry i took of pos, which it is of; NULL: nothing. */
static const float *row_of(const Taken *t, int i, int pos) {
    if (t->edits->list[i].index != EDITS_EVERY_POS)
        return t->has[i] ? t->rows + (size_t)i * t->dim : NULL;
    const size_t at = every_at(t, i, pos);
    return t->has_every[at] ? t->every + at * t->dim : NULL;
}

static void fill_row(Taken *t, const Donor *donor, int i, int pos) {
    const Edit *e = &t->edits->list[i];
    const Site site = site_of(e);
    const bool every = e->index == EDITS_EVERY_POS;
    const size_t at = every ? every_at(t, i, pos) : (size_t)i;
    const float *row = donor->row(donor->ud, site, e->layer, head_of(e), pos);
    (every ? t->has_every : t->has)[at] = row != NULL;
    if (row)
        memcpy((every ? t->every : t->rows) + at * t->dim, row,
               width_of(t, site) * sizeof *row);
}

/* Where the scale of a norm at a position is. */
static float *scale_at(const Taken *t, Site scale, int layer, int pos) {
    const int norm = scale == SITE_LN1_SCALE   ? 2 * layer
                     : scale == SITE_LN2_SCALE ? 2 * layer + 1
                                               : 2 * t->n_layers;
    return t->scales + (size_t)norm * t->seq_len + pos;
}

static void fill_scale(Taken *t, const Donor *donor, Site scale, int layer,
                       int pos) {
    if (!edits_frozen(t->edits, scale, layer)) return;
    const float *row = donor->row(donor->ud, scale, layer, 0, pos);
    *scale_at(t, scale, layer, pos) = row ? row[0] : 0;
}

static void fill_scales(Taken *t, const Donor *donor, int pos) {
    for (int layer = 0; layer < t->n_layers; layer++) {
        fill_scale(t, donor, SITE_LN1_SCALE, layer, pos);
        fill_scale(t, donor, SITE_LN2_SCALE, layer, pos);
    }
    fill_scale(t, donor, SITE_LN_FINAL_SCALE, 0, pos);
}

static const float *no_row(const void *ud, Site site, int layer, int head,
                           int pos) {
    (void)ud;
    (void)site;
    (void)layer;
    (void)head;
    (void)pos;
    return NULL;
}

void taken_fill(Taken *t, const Donor *donor, int pos, int n) {
    static const Donor nobody = {no_row, NULL};
    const Donor *from = donor->row ? donor : &nobody;
    for (int i = 0; i < t->edits->n; i++) {
        const Edit *e = &t->edits->list[i];
        const bool of_position = e->kind == EDIT_PATCH || e->kind == EDIT_APART;
        for (int p = pos; of_position && p < pos + n; p++)
            if (edits_is_at(e, p)) fill_row(t, from, i, p);
    }
    for (int p = pos; edits_any(t->edits, EDIT_FREEZE) && p < pos + n; p++)
        fill_scales(t, from, p);
}

/* ---- for the run --------------------------------------------------------- */

const float *taken_patch(const Taken *t, Site site, int layer, int head,
                         int pos) {
    const int i = edits_patch(t->edits, site, layer, head, pos);
    return i >= 0 ? row_of(t, i, pos) : NULL;
}

float taken_scale(const Taken *t, Site scale, int layer, int pos) {
    return edits_frozen(t->edits, scale, layer)
               ? *scale_at(t, scale, layer, pos)
               : 0;
}

void taken_part(Taken *t, int i, const float *x, const float *added) {
    const size_t at = (size_t)i * t->dim;
    for (int j = 0; j < t->dim; j++)
        t->apart[at + j] = x[j] + added[j] - t->rows[at + j];
}

const float *taken_apart(const Taken *t, int i, int layer, int pos) {
    const Edit *e = &t->edits->list[i];
    return e->kind == EDIT_APART && e->layer == layer && e->index <= pos &&
                   t->has[i]
               ? t->apart + (size_t)i * t->dim
               : NULL;
}

/* ---- again --------------------------------------------------------------- */

static const float *row_again(const void *ud, Site site, int layer, int head,
                              int pos) {
    const Taken *t = ud;
    for (int i = 0; i < t->edits->n; i++) {
        const Edit *e = &t->edits->list[i];
        if ((e->kind == EDIT_PATCH || e->kind == EDIT_APART) &&
            edits_is_at(e, pos) && e->layer == layer && site_of(e) == site &&
            head_of(e) == head && row_of(t, i, pos))
            return row_of(t, i, pos);
    }
    if (!edits_frozen(t->edits, site, layer)) return NULL;
    const float *scale = scale_at(t, site, layer, pos);
    return *scale > 0 ? scale : NULL;
}

Donor taken_donor(const Taken *t) {
    return (Donor){row_again, t};
}
