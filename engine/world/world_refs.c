/* References: replays the choices of a parsed text, noting who was named. */
#include "engine/world/world_private.h"

#include <assert.h>
#include <string.h>

/* One replay. */
typedef struct Replay {
    const World *w;
    Machine m;
    const unsigned char *choices;
    int n_choices;
    bool takes_all;                  /* what is told for the first time, too */
    size_t at;                       /* bytes told */
    size_t named_at[WORLD_ROWS_MAX]; /* plus 1; 0: not named yet */
} Replay;

static bool choose(Replay *r, Err *err) {
    Choices c;
    if (!world_choices(r->w, &r->m, &c, err)) return false;
    int chosen = c.index[0];
    if (c.n > 1) {
        chosen = *r->choices++;
        r->n_choices--;
        assert(r->n_choices >= 0); /* the text ended with these choices */
    }
    world_choose(r->w, &r->m, chosen);
    return true;
}

/* True when the value tells the row from all others of its table: "Mia" and
 * "in the box" do, "girl" does not. */
static bool is_telling(const World *w, int row, int column) {
    const Table *t = &w->tables[w->rows[row].table];
    const Value *own = world_value(w, row, column);
    for (int i = t->first_row; i < t->first_row + t->n_rows; i++)
        if (i != row &&
            strcmp(world_value(w, i, column)->plain, own->plain) == 0)
            return false;
    return true;
}

/* The machine tells a value: does it stand for something named before? */
static bool note(Replay *r, WorldRefs *out, Err *err) {
    const Machine *m = &r->m;
    const Row *row = &r->w->rows[m->row];
    if (r->takes_all || r->named_at[m->row]) {
        if (out->n == WORLD_REFS_MAX)
            return err_set(err, ERR_LIMIT, 0, "world: more than %d references",
                           WORLD_REFS_MAX);
        const Value *v = world_value(r->w, m->row, m->column);
        out->list[out->n++] = (WorldRef){
            .start = r->at,
            .end = r->at + (size_t)m->left,
            .table = r->w->tables_named.list[row->table].text,
            .column = r->w->columns_named.list[m->column].text,
            .source = r->named_at[m->row] ? r->named_at[m->row] - 1 : r->at,
            .row = m->row,
            .column_id = m->column,
            .is_capital = m->text != v->plain,
        };
    }
    if (is_telling(r->w, m->row, m->column)) r->named_at[m->row] = r->at + 1;
    return true;
}

/* Every place where the text comes back to something. */
static bool replay(Replay *r, WorldRefs *out, Err *err) {
    for (;;) {
        switch (world_run(r->w, &r->m, err)) {
        case MACHINE_TEXT:
            if (r->m.row != WORLD_NONE && !note(r, out, err)) return false;
            r->at += (size_t)r->m.left;
            r->m.left = 0;
            break;
        case MACHINE_CHOICE:
            if (!choose(r, err)) return false;
            break;
        case MACHINE_END:
            return true;
        case MACHINE_FAULT:
            return false;
        }
    }
}

const char *world_rival(const World *w, const WorldRef *ref, int i) {
    const Table *t = &w->tables[w->rows[ref->row].table];
    const Value *own = world_value(w, ref->row, ref->column_id);
    int n_found = 0;
    for (int row = 0; row < t->n_rows; row++) {
        const Value *v = world_value(w, t->first_row + row, ref->column_id);
        bool is_new = strcmp(v->plain, own->plain) != 0;
        for (int k = 0; k < row && is_new; k++)
            is_new =
                strcmp(
                    v->plain,
                    world_value(w, t->first_row + k, ref->column_id)->plain) !=
                0;
        if (is_new && n_found++ == i)
            return ref->is_capital ? v->capital : v->plain;
    }
    return NULL;
}

/* Drops the references where a rival could stand. */
static bool keep_determined(const World *w, WorldParse *p, const char *text,
                            WorldRefs *refs, Err *err) {
    int n = 0;
    world_parse_reset(p);
    for (int i = 0; i < refs->n; i++) {
        const WorldRef *ref = &refs->list[i];
        const size_t pos = world_parse_pos(p);
        if (!world_parse_feed(p, text + pos, ref->start - pos, err))
            return false;
        bool is_possible = false;
        const char *rival;
        for (int k = 0; !is_possible && (rival = world_rival(w, ref, k)); k++)
            if (!world_parse_can_say(p, rival, strlen(rival), &is_possible,
                                     err))
                return false;
        if (!is_possible) refs->list[n++] = *ref;
    }
    refs->n = n;
    return true;
}

static bool find(const World *w, WorldKind kind, const char *text, size_t n,
                 bool takes_all, WorldRefs *out, Err *err) {
    WorldParse *p = world_parse_open(w, kind, err);
    bool ok = p && world_parse_feed(p, text, n, err);
    out->n = 0;
    if (ok && (world_parse_pos(p) < n || n == 0 || text[n - 1] != '\n'))
        ok = err_set(err, ERR_FORMAT, world_parse_pos(p),
                     "world: not a text of this world from byte %zu on",
                     world_parse_pos(p));
    if (ok) {
        Replay r = {
            .w = w, .m = world_machine(w, kind), .takes_all = takes_all};
        r.n_choices = world_parse_choices(p, &r.choices);
        ok = replay(&r, out, err) &&
             (takes_all || keep_determined(w, p, text, out, err));
    }
    world_parse_close(p);
    return ok;
}

bool world_references(const World *w, WorldKind kind, const char *text,
                      size_t n, WorldRefs *out, Err *err) {
    return find(w, kind, text, n, false, out, err);
}

bool world_places(const World *w, WorldKind kind, const char *text, size_t n,
                  WorldRefs *out, Err *err) {
    return find(w, kind, text, n, true, out, err);
}
