/* Drawing: chance chooses.  And the split into training and held-out parts. */
#include "engine/world/world_private.h"

#include <math.h>
#include <string.h>

/* ---- chance -------------------------------------------------------------- */

/* SplitMix64.  Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom
 * number generators". */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [0,1). */
static double next_coin(WorldStream *s) {
    s->state += 0x9e3779b97f4a7c15u;
    return (double)(mix(s->state) >> 11) * 0x1p-53;
}

WorldStream world_stream(const World *w, WorldKind kind, WorldPart part,
                         uint64_t seed) {
    /* Seeds that are close must not begin streams that are. */
    const uint64_t state = mix(seed + 1) ^ mix((uint64_t)kind * 2 + part + 1);
    return (WorldStream){w, kind, part, state};
}

uint64_t world_hash(const char *text, size_t n) {
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return mix(hash);
}

WorldPart world_part(const char *text, size_t n) {
    if (n > 0 && text[n - 1] == '\n') n--;
    return world_hash(text, n) % WORLD_HELD_OUT_SHARE == 0 ? WORLD_HELD_OUT
                                                           : WORLD_TRAINING;
}

/* ---- one text ------------------------------------------------------------ */

static int draw_option(WorldStream *s, const Choices *c) {
    double coin = next_coin(s) * c->total;
    int i = 0;
    while (i < c->n - 1 && coin >= c->weight[i])
        coin -= c->weight[i++];
    return i;
}

static bool choose(WorldStream *s, Machine *m, WorldStory *out, Err *err) {
    Choices c;
    if (!world_choices(s->world, m, &c, err)) return false;
    int chosen = 0;
    if (c.n > 1) { /* what is certain costs no coin and no bit */
        chosen = draw_option(s, &c);
        out->log2_prob += log2(c.weight[chosen] / c.total);
        for (int i = 0; i < c.n; i++) {
            const double p = c.weight[i] / c.total;
            out->entropy -= p * log2(p);
        }
    }
    world_choose(s->world, m, c.index[chosen]);
    return true;
}

static bool draw_any(WorldStream *s, WorldStory *out, Err *err) {
    Machine m = world_machine(s->world, s->kind);
    out->n = 0;
    out->log2_prob = out->entropy = 0;
    for (;;) {
        switch (world_run(s->world, &m, err)) {
        case MACHINE_TEXT:
            /* Too long a text is told of on the next turn. */
            if (m.length > WORLD_TEXT_MAX) break;
            memcpy(out->text + out->n, m.text, (size_t)m.left);
            out->n += (size_t)m.left;
            break;
        case MACHINE_CHOICE:
            if (!choose(s, &m, out, err)) return false;
            break;
        case MACHINE_END:
            out->text[out->n] = '\0';
            out->story_n = (size_t)m.story_length;
            return m.length <= WORLD_TEXT_MAX ||
                   err_set(err, ERR_LIMIT, 0,
                           "world: a text is longer than %d bytes",
                           WORLD_TEXT_MAX);
        case MACHINE_FAULT:
            return false;
        }
    }
}

bool world_draw(WorldStream *s, WorldStory *out, Err *err) {
    for (int i = 0; i < WORLD_DRAWS_MAX; i++) {
        if (!draw_any(s, out, err)) return false;
        if (world_part(out->text, out->story_n) == s->part) return true;
    }
    return err_set(err, ERR_LIMIT, 0,
                   "world: %d texts drawn, none of the part asked for; the "
                   "grammar has too few stories",
                   WORLD_DRAWS_MAX);
}
