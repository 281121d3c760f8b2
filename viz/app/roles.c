/* Story after story into one table of heads. */
#include "viz/app/roles.h"

#include "viz/app/references.h"

#include <stdlib.h>

#define SEED 1 /* of evaluate, without --seed */

struct Roles {
    RolesOptions options;
    HeadTable *table;
    References *references;
    WorldStream stream;
    WorldStory story; /* the one being read, */
    bool is_drawn;    /* if there is one */
    int n_read;
    bool is_done;
};

Roles *roles_open(const RolesOptions *o, Err *err) {
    Roles *r = calloc(1, sizeof *r);
    if (!r) {
        err_memory(err, "roles of heads", sizeof *r);
        return NULL;
    }
    r->options = *o;
    r->stream = world_stream(o->world, WORLD_STORY, WORLD_HELD_OUT, SEED);
    if (r->options.n_layers == 0)
        r->options.n_layers = model_config(o->model)->n_layers;
    r->table = head_table_open(o->model, o->tokenizer, o->n_threads, err);
    if (r->table) {
        head_table_heads_only(r->table, r->options.n_layers);
        r->references = references_open(o->tokenizer, o->world,
                                        head_table_seq_len(r->table), err);
    }
    if (r->references) return r;
    roles_close(r);
    return NULL;
}

void roles_close(Roles *r) {
    if (!r) return;
    references_close(r->references);
    head_table_close(r->table);
    free(r);
}

/* ---- reading ------------------------------------------------------------- */

static bool read_story(Roles *r, Err *err) {
    const char *text = r->story.text;
    const size_t n = r->story.n - 1;
    const RolesOn on = r->options.on;
    if (on == ROLES_ON_REPEATS) return head_table_note(r->table, text, n, err);
    if (on == ROLES_ON_STORIES)
        return head_table_text(r->table, text, n, NULL, err);
    return references_read(r->references, text, r->story.n, err) &&
           head_table_text(r->table, text, n, references_recall(r->references),
                           err);
}

static bool read_stories(Roles *r, Err *err) {
    while (r->n_read < r->options.n) {
        if (!r->is_drawn && !world_draw(&r->stream, &r->story, err))
            return false;
        r->is_drawn = true;
        if (!read_story(r, err)) return false;
        r->is_drawn = false;
        r->n_read++;
    }
    return true;
}

bool roles_read(Roles *r, SessionWatch watch, Err *err) {
    const RolesOn on = r->options.on;
    if (r->is_done) return true;
    head_table_watch(r->table, watch);
    r->is_done = read_stories(r, err) &&
                 ((on != ROLES_ON_REPEATS && on != ROLES_ON_ALL) ||
                  head_table_repeats(r->table, SEED, HEAD_TABLE_REPEATS, err));
    return r->is_done;
}

float roles_score(const Roles *r, int layer, int head, HeadRole role) {
    return head_table_score(r->table, layer, head, role);
}

/* ---- for studies --------------------------------------------------------- */

static StudyRoles *take_scores(const Roles *r, Err *err) {
    const Config *c = model_config(r->options.model);
    const size_t n = (size_t)c->n_layers * (size_t)c->n_heads;
    StudyRoles *out = malloc(sizeof *out + n * sizeof *out->list);
    if (!out) {
        err_memory(err, "roles of heads", n * sizeof *out->list);
        return NULL;
    }
    out->n_texts = r->n_read;
    for (int i = 0; i < c->n_layers * c->n_heads; i++)
        out->list[i] =
            head_table_scores(r->table, i / c->n_heads, i % c->n_heads);
    return out;
}

static void stop_reading(RolesKept *k) {
    roles_close(k->reading);
    k->reading = NULL;
}

const StudyRoles *roles_keep(RolesKept *k, const World *w, const Tokenizer *t,
                             const Model *m, SessionWatch watch, Err *err) {
    const RolesOptions o = {.model = m,
                            .tokenizer = t,
                            .world = w,
                            .on = ROLES_ON_ALL,
                            .n = HEAD_TABLE_STORIES,
                            .n_threads = 1};
    const uint64_t sum = model_checksum(m);
    for (int i = 0; i < ROLES_KEPT_MAX; i++)
        if (k->list[i].roles && k->list[i].of == sum) return k->list[i].roles;
    /* The same weights may lie elsewhere by now. */
    if (k->reading && (k->of != sum || k->reading->options.model != m))
        stop_reading(k);
    if (!k->reading) k->reading = roles_open(&o, err);
    k->of = sum;
    if (!k->reading) return NULL;
    if (!roles_read(k->reading, watch, err)) {
        if (err->code != ERR_CANCELLED) stop_reading(k);
        return NULL;
    }
    const int at = k->n++ % ROLES_KEPT_MAX;
    free(k->list[at].roles);
    k->list[at].roles = take_scores(k->reading, err);
    k->list[at].of = sum;
    stop_reading(k);
    return k->list[at].roles;
}

void roles_forget(RolesKept *k) {
    stop_reading(k);
    for (int i = 0; i < ROLES_KEPT_MAX; i++)
        free(k->list[i].roles);
    *k = (RolesKept){0};
}
