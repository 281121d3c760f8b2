/* The list of hits, and which of them lies at a point. */
#include "viz/views/hits.h"

#include <math.h>

void hits_clear(Hits *h) {
    h->n = h->n_terms = 0;
}

void hits_add(Hits *h, Hit hit) {
    if (h->n < HITS_MAX && hit.rect.w > 0 && hit.rect.h > 0)
        h->list[h->n++] = hit;
}

void hits_term(Hits *h, Rect r, int term) {
    if (h->n_terms < HITS_TERMS_MAX && r.w > 0 && r.h > 0)
        h->terms[h->n_terms++] = (HitTerm){r, term};
}

int hits_term_at(const Hits *h, int x, int y) {
    for (int i = h->n_terms - 1; i >= 0; i--)
        if (rect_contains(h->terms[i].rect, x, y)) return i;
    return -1;
}

void hits_pick(Hits *h, Rect r, Pick pick) {
    hits_add(h, (Hit){.rect = r, .kind = HIT_PICK, .pick = pick});
}

void hits_command(Hits *h, Rect r, Command command, int arg) {
    hits_add(
        h,
        (Hit){.rect = r, .kind = HIT_COMMAND, .command = command, .arg = arg});
}

bool hits_is_map(const Hit *h) {
    return (h->kind == HIT_GRID || h->kind == HIT_PICK) && h->n_all > 0;
}

static bool takes_wheel(const Hit *h) {
    return h->kind == HIT_SLIDER || h->kind == HIT_LIST ||
           h->kind == HIT_STRIP || hits_is_map(h);
}

const Hit *hits_map(const Hits *h) {
    for (int i = 0; i < h->n; i++)
        if (hits_is_map(&h->list[i])) return &h->list[i];
    return NULL;
}

const Hit *hits_wheel_at(const Hits *h, int x, int y) {
    for (int i = h->n - 1; i >= 0; i--) {
        const Hit *hit = &h->list[i];
        if (!rect_contains(hit->rect, x, y)) continue;
        if (takes_wheel(hit)) return hit;
        if (hit->kind == HIT_BLOCKER) return NULL;
    }
    return NULL;
}

const Hit *hits_list(const Hits *h) {
    for (int i = 0; i < h->n; i++)
        if (h->list[i].kind == HIT_LIST) return &h->list[i];
    return NULL;
}

/* The cell of a grid at a point inside its rectangle, by the same rounding as
 * raster_cells: cell i starts at round(i * w / cols). */
static int cell_at(int offset, int extent, int n) {
    int i = (int)(((int64_t)offset * n + n / 2) / extent);
    while (i > 0 && ((int64_t)i * extent + n / 2) / n > offset)
        i--;
    while (i + 1 < n && ((int64_t)(i + 1) * extent + n / 2) / n <= offset)
        i++;
    return i < n ? i : n - 1;
}

bool hits_on(const Hit *h, int x, int y) {
    if (!rect_contains(h->rect, x, y)) return false;
    if (h->stroke == 0) return true;
    const int w = h->rect.w, t = h->stroke;
    const float rise = (float)(h->rect.h - 2 * t) / (float)(w > 1 ? w - 1 : 1);
    const float from_left = rise * (float)(x - h->rect.x);
    const float at =
        h->rises ? (float)(h->rect.h - t) - from_left : (float)t + from_left;
    const float away = fabsf((float)(y - h->rect.y) - at);
    return away <= (float)t * sqrtf(1 + rise * rise);
}

const Hit *hits_at(const Hits *h, int x, int y, int *row, int *col) {
    *row = *col = -1;
    for (int i = h->n - 1; i >= 0; i--) {
        const Hit *hit = &h->list[i];
        if (hit->kind == HIT_LIST || !hits_on(hit, x, y)) continue;
        if (hit->kind != HIT_GRID) return hit;
        int r = hit->row0 + cell_at(y - hit->rect.y, hit->rect.h, hit->rows);
        int c = hit->col0 + cell_at(x - hit->rect.x, hit->rect.w, hit->cols);
        if (hit->causal && c > r) return NULL;
        *row = r;
        *col = c;
        return hit;
    }
    return NULL;
}
