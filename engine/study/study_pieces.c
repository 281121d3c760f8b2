/* Work on a whole table in pieces, which can be stopped between them. */
#include "engine/study/study_private.h"

#include "engine/base/team.h"

#define PIECES_AT_ONCE 16 /* between two questions */

typedef struct Pieces {
    void (*fn)(void *ud, int piece);
    void *ud;
    int first;
} Pieces;

static void do_piece(void *ud, int i) {
    const Pieces *p = ud;
    p->fn(p->ud, p->first + i);
}

bool study_pieces(const StudyWork *w, void (*fn)(void *ud, int piece), void *ud,
                  const Tensor *table) {
    const bool small = (int64_t)table->rows * table->cols < 4 << 20;
    Pieces p = {fn, ud, 0};
    for (; p.first < STUDY_PIECES; p.first += PIECES_AT_ONCE) {
        if (!w->goes_on(w)) return false;
        team_parallel(do_piece, &p, PIECES_AT_ONCE, small ? 1 : 0);
    }
    return true;
}
