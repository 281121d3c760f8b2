/* Runs without a part: found by the part, in no order. */
#include "engine/study/branches.h"

#include "engine/base/num.h"

#include <stdlib.h>

#define ROOM_LEAST 64 /* positions; then twice as many, and so on */

static void drop(Branches *b, int i) {
    b->bytes -= b->list[i]->bytes;
    branched_free(&b->list[i]->kept);
    free(b->list[i]);
    b->list[i] = b->list[--b->n];
}

void branches_close(Branches *b) {
    while (b->n > 0)
        drop(b, b->n - 1);
}

void branches_begin(Branches *b) {
    b->turn++;
}

static int find(const Branches *b, StudyKey key) {
    int i = 0;
    while (i < b->n && (b->list[i]->key.layer != key.layer ||
                        b->list[i]->key.index != key.index))
        i++;
    return i;
}

int branches_held(const Branches *b, StudyKey key) {
    const int i = find(b, key);
    return i < b->n ? b->list[i]->kept.n : 0;
}

/* Room for n positions that need not grow with each of them. */
static int room_for(const Branches *b, const Trace *t, int n) {
    const int seq_len = session_seq_len(trace_session(t));
    int room = ROOM_LEAST;
    if (branched_bytes(trace_config(t), 0, seq_len) <=
        b->budget / BRANCHES_LONG)
        return num_max(n, seq_len);
    while (room < n)
        room *= 2;
    return num_max(n, num_min(room, seq_len));
}

/* Drops the one asked for least recently, of those that were asked for at
 * another position and not in this turn; false: there is none. */
static bool drop_oldest(Branches *b, int pos) {
    int oldest = -1;
    for (int i = 0; i < b->n; i++)
        if (b->list[i]->key.pos != pos && b->list[i]->turn != b->turn &&
            (oldest < 0 || b->list[i]->turn < b->list[oldest]->turn))
            oldest = i;
    if (oldest >= 0) drop(b, oldest);
    return oldest >= 0;
}

static bool make_room(Branches *b, uint64_t bytes, int pos) {
    while (b->bytes + bytes > b->budget || b->n == BRANCHES_MAX)
        if (!drop_oldest(b, pos)) return false;
    return true;
}

static Branched *add(Branches *b, const Trace *t, StudyKey key, int first,
                     int n) {
    const Config *c = trace_config(t);
    const int room = room_for(b, t, n);
    const uint64_t bytes = branched_bytes(c, first, room);
    Err ignored = {0};
    Branch *of = make_room(b, bytes, key.pos) ? malloc(sizeof *of) : NULL;
    if (!of) return NULL;
    *of = (Branch){.key = key, .turn = b->turn, .bytes = bytes};
    if (!branched_init(&of->kept, c, first, room, &ignored)) {
        free(of);
        return NULL;
    }
    b->bytes += bytes;
    b->list[b->n++] = of;
    return &of->kept;
}

/* One that can have no more room is of no use any more. */
static Branched *grow(Branches *b, const Trace *t, Branch *of, int n) {
    const Config *c = trace_config(t);
    const int room = room_for(b, t, n);
    const KvCache *was = &of->kept.kv;
    const uint64_t more = branched_bytes(c, was->first, room) -
                          branched_bytes(c, was->first, was->seq_len);
    Err ignored = {0};
    if (make_room(b, more, of->key.pos) &&
        branched_grow(&of->kept, c, room, &ignored)) {
        of->bytes += more;
        b->bytes += more;
        return &of->kept;
    }
    drop(b, find(b, of->key));
    return NULL;
}

Branched *branches_find(Branches *b, const Trace *t, StudyKey key, int first,
                        int n) {
    const int i = find(b, key);
    if (i == b->n) return add(b, t, key, first, n);
    Branch *of = b->list[i];
    of->key = key;
    of->turn = b->turn;
    return n <= of->kept.kv.seq_len ? &of->kept : grow(b, t, of, n);
}

void branches_forget(Branches *b, int pos) {
    for (int i = b->n - 1; i >= 0; i--) {
        branched_rewind(&b->list[i]->kept, pos);
        if (b->list[i]->kept.n == 0) drop(b, i);
    }
}
