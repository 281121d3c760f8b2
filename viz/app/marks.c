/* See the header. */
#include "viz/app/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 65 /* a thousandth of a side: not above two pixels of most */

void marks_init(Marks *m) {
    m->pointing = POINTING_OFF;
    m->x = m->y = .5f;
    m->lens = 1;
    m->pen = 0;
    marks_forget(m);
}

void marks_forget(Marks *m) {
    m->draws = false;
    m->n_points = m->n_strokes = 0;
}

static float share(float v) {
    return fminf(fmaxf(v, 0), 1);
}

/* ---- room ---------------------------------------------------------------- */

#define GONE (-1) /* as a stroke's slide */

/* Those that are gone give their points back. */
static void drop_gone(Marks *m) {
    int n = 0, n_points = 0;
    for (int i = 0; i < m->n_strokes; i++) {
        MarkStroke s = m->strokes[i];
        if (s.slide == GONE) continue;
        memmove(m->points + n_points, m->points + s.from,
                (size_t)s.n * sizeof *m->points);
        s.from = n_points;
        n_points += s.n;
        m->strokes[n++] = s;
    }
    m->n_strokes = n;
    m->n_points = n_points;
}

/* Strokes before this one are cleared. */
static int first_seen(const Marks *m, int slide) {
    int first = 0;
    for (int i = 0; i < m->n_strokes; i++) {
        const MarkStroke *s = &m->strokes[i];
        if (s->slide == slide && !s->undone && s->pen == 0) first = i + 1;
    }
    return first;
}

/* What is seen on no slide is gone. */
static void drop_unseen(Marks *m) {
    for (int i = 0; i < m->n_strokes; i++) {
        MarkStroke *s = &m->strokes[i];
        if (s->undone || i < first_seen(m, s->slide)) s->slide = GONE;
    }
    drop_gone(m);
}

/* What was taken back is gone once another follows it. */
static void drop_undone(Marks *m, int slide) {
    for (int i = 0; i < m->n_strokes; i++)
        if (m->strokes[i].slide == slide && m->strokes[i].undone)
            m->strokes[i].slide = GONE;
    drop_gone(m);
}

void marks_renumber(Marks *m, const int *to, int n) {
    m->draws = false;
    for (int i = 0; i < m->n_strokes; i++) {
        MarkStroke *s = &m->strokes[i];
        s->slide = s->slide < n && to[s->slide] >= 0 ? to[s->slide] : GONE;
    }
    drop_gone(m);
}

/* ---- drawing ------------------------------------------------------------- */

static bool is_near(MarkPoint a, MarkPoint b) {
    return abs(a.x - b.x) < NEAR && abs(a.y - b.y) < NEAR;
}

static bool add_point(Marks *m) {
    const MarkPoint p = {(uint16_t)lroundf(m->x * 65535),
                         (uint16_t)lroundf(m->y * 65535)};
    const bool goes_on = m->strokes[m->n_strokes - 1].n > 0;
    if (goes_on && is_near(p, m->points[m->n_points - 1])) return true;
    if (m->n_points == MARKS_POINTS_MAX) drop_unseen(m);
    if (m->n_points == MARKS_POINTS_MAX) return false;
    m->points[m->n_points++] = p;
    m->strokes[m->n_strokes - 1].n++;
    return true;
}

bool marks_move(Marks *m, float x, float y) {
    m->x = share(x);
    m->y = share(y);
    return !m->draws || add_point(m);
}

static bool add_stroke(Marks *m, int slide, int pen) {
    drop_undone(m, slide);
    if (m->n_strokes == MARKS_STROKES_MAX) drop_unseen(m);
    if (m->n_strokes == MARKS_STROKES_MAX) return false;
    m->strokes[m->n_strokes++] =
        (MarkStroke){.slide = slide, .pen = pen, .from = m->n_points};
    return true;
}

bool marks_press(Marks *m, int slide) {
    m->draws = false;
    if (m->pen == 0) return true;
    if (!add_stroke(m, slide, m->pen)) return false;
    m->draws = add_point(m);
    if (!m->draws) m->n_strokes--;
    return m->draws;
}

void marks_release(Marks *m) {
    m->draws = false;
}

bool marks_undo(Marks *m, int slide, int dir) {
    int last = -1, next = -1;
    for (int i = 0; i < m->n_strokes; i++) {
        if (m->strokes[i].slide != slide) continue;
        if (!m->strokes[i].undone) last = i;
        if (m->strokes[i].undone && next < 0) next = i;
    }
    const int at = dir < 0 ? last : next;
    m->draws = false;
    if (at >= 0) m->strokes[at].undone = dir < 0;
    return at >= 0;
}

int marks_next(const Marks *m, int slide, int i) {
    const int first = first_seen(m, slide);
    for (i = i > first ? i : first; i < m->n_strokes; i++)
        if (m->strokes[i].slide == slide && !m->strokes[i].undone) return i;
    return -1;
}

bool marks_clear(Marks *m, int slide) {
    m->draws = false;
    if (marks_next(m, slide, 0) < 0) return false;
    if (add_stroke(m, slide, 0)) return true;
    for (int i = 0; i < m->n_strokes; i++)
        if (m->strokes[i].slide == slide) m->strokes[i].slide = GONE;
    drop_gone(m);
    return true;
}
