/* Sizes by letters: as text, put into a config, and brought to sizes that a
 * model can have. */
#include "engine/spec/shape.h"

#include "engine/spec/arch.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[SHAPE_DIMS + 1] = "DFHGVL";

char shape_letter(ShapeDim d) {
    return letters[d];
}

Shape shape_of(const Config *c) {
    return (Shape){.n = {[SHAPE_D] = c->dim,
                         [SHAPE_F] = c->hidden_dim,
                         [SHAPE_H] = c->n_heads,
                         [SHAPE_G] = c->n_kv_heads,
                         [SHAPE_V] = c->vocab_size,
                         [SHAPE_L] = c->n_layers},
                   .tied = c->tied ? SHAPE_TIED : SHAPE_UNTIED};
}

/* ---- text ---------------------------------------------------------------- */

static const char *const tied_words[] = {
    [SHAPE_TIED_OWN] = "", [SHAPE_TIED] = "tied", [SHAPE_UNTIED] = "untied"};

/* "tied" or "untied" of n bytes; own: neither. */
static ShapeTied tied_word(const char *text, size_t n) {
    for (int i = SHAPE_TIED; i <= SHAPE_UNTIED; i++)
        if (n == strlen(tied_words[i]) && memcmp(text, tied_words[i], n) == 0)
            return (ShapeTied)i;
    return SHAPE_TIED_OWN;
}

/* One "D=256" of n bytes, or "untied". */
static bool read_word(Shape *s, const char *text, size_t n) {
    const ShapeTied tied = tied_word(text, n);
    if (tied != SHAPE_TIED_OWN) {
        if (s->tied != SHAPE_TIED_OWN) return false;
        s->tied = tied;
        return true;
    }
    const char *at = n > 2 ? memchr(letters, text[0], SHAPE_DIMS) : NULL;
    if (!at || text[1] != '=' || s->n[at - letters]) return false;
    int v = 0;
    for (size_t i = 2; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        v = v * 10 + (text[i] - '0');
        if (v > CONFIG_DIM_MAX) return false;
    }
    s->n[at - letters] = v;
    return v > 0;
}

bool shape_parse(Shape *s, const char *text, Err *err) {
    Shape out = {0};
    for (const char *c = text; *c;) {
        const size_t n = strcspn(c, ",");
        if (!read_word(&out, c, n) || (c[n] && !c[n + 1]))
            return err_set(err, ERR_USAGE, (size_t)(c - text),
                           "found \"%.20s\", need letters D F H G V L, each "
                           "once, with sizes of 1 to %d, and tied or untied: "
                           "D=256,L=8,untied",
                           c, CONFIG_DIM_MAX);
        c += n + (c[n] == ',');
    }
    *s = out;
    return true;
}

void shape_format(const Shape *s, char out[SHAPE_TEXT_MAX]) {
    size_t len = 0;
    out[0] = '\0';
    for (int d = 0; d < SHAPE_DIMS; d++)
        if (s->n[d])
            len += (size_t)snprintf(out + len, SHAPE_TEXT_MAX - len, "%s%c=%d",
                                    len ? "," : "", letters[d], s->n[d]);
    if (s->tied != SHAPE_TIED_OWN)
        snprintf(out + len, SHAPE_TEXT_MAX - len, "%s%s", len ? "," : "",
                 tied_words[s->tied]);
}

/* ---- sizes --------------------------------------------------------------- */

static void put(int *to, int size) {
    if (size) *to = size;
}

bool shape_apply(const Shape *s, const Config *c, Config *out, Err *err) {
    Config next = *c;
    put(&next.dim, s->n[SHAPE_D]);
    put(&next.hidden_dim, s->n[SHAPE_F]);
    put(&next.n_heads, s->n[SHAPE_H]);
    put(&next.n_kv_heads, s->n[SHAPE_G]);
    put(&next.vocab_size, s->n[SHAPE_V]);
    put(&next.n_layers, s->n[SHAPE_L]);
    if (s->tied != SHAPE_TIED_OWN) next.tied = s->tied == SHAPE_TIED;
    if (!next.arch->own_head_dim) next.head_dim = next.dim / next.n_heads;
    next.rope_scaled = false; /* its divisors are of the model's own K */
    if (!config_check(&next, "shape", err)) return false;
    *out = next;
    return true;
}

/* The nearest m * 2^e, m below 8. */
static int round_size(double wanted) {
    if (wanted < 8) return wanted < 1 ? 1 : (int)lround(wanted);
    int e;
    frexp(wanted, &e); /* wanted = f * 2^e, f in .5..1: m is f * 8 */
    return (int)(lround(ldexp(wanted, 3 - e)) * (1L << (e - 3)));
}

static bool fits(const Shape *s, const Config *c, ShapeDim d, int size) {
    Shape next = *s;
    Config out;
    Err err = {0};
    next.n[d] = size;
    return size > 0 && shape_apply(&next, c, &out, &err);
}

/* The largest that a letter can be, given the others. */
static int largest(int n_heads, ShapeDim d) {
    const int64_t by_heads = (int64_t)n_heads * CONFIG_HEAD_DIM_MAX;
    if (d == SHAPE_D && by_heads < CONFIG_DIM_MAX) return (int)by_heads;
    return d == SHAPE_H || d == SHAPE_G ? CONFIG_HEADS_MAX
           : d == SHAPE_L               ? CONFIG_LAYERS_MAX
                                        : CONFIG_DIM_MAX;
}

int shape_nearest(const Shape *s, const Config *c, ShapeDim d, double wanted) {
    const int n_heads = s->n[SHAPE_H] ? s->n[SHAPE_H] : c->n_heads;
    const int about = round_size(fmin(fmax(wanted, 1), largest(n_heads, d)));
    /* D is so many even K.  Neighbours on both sides, the nearer first. */
    const int step = d == SHAPE_D ? 2 * n_heads : 1;
    const int first = step > 1 ? (about + step / 2) / step * step : about;
    for (int i = 0; i <= CONFIG_HEADS_MAX; i++) {
        if (fits(s, c, d, first - i * step)) return first - i * step;
        if (fits(s, c, d, first + i * step)) return first + i * step;
    }
    return 0;
}
