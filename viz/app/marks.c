/* See the header. */
#include "viz/app/marks.h"

#include <math.h>

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

static bool add_point(Marks *m) {
    if (m->n_points == MARKS_POINTS_MAX) return false;
    m->points[m->n_points++] = (MarkPoint){(uint16_t)lroundf(m->x * 65535),
                                           (uint16_t)lroundf(m->y * 65535)};
    m->strokes[m->n_strokes - 1].n++;
    return true;
}

bool marks_move(Marks *m, float x, float y) {
    m->x = share(x);
    m->y = share(y);
    return !m->draws || add_point(m);
}

/* What was taken back is gone once another follows it. */
static void drop_undone(Marks *m, int slide) {
    int n = 0;
    for (int i = 0; i < m->n_strokes; i++)
        if (m->strokes[i].slide != slide || !m->strokes[i].undone)
            m->strokes[n++] = m->strokes[i];
    m->n_strokes = n;
}

static bool add_stroke(Marks *m, int slide, int pen) {
    drop_undone(m, slide);
    if (m->n_strokes == MARKS_STROKES_MAX) return false;
    m->strokes[m->n_strokes++] =
        (MarkStroke){.slide = slide, .pen = pen, .from = m->n_points};
    return true;
}

bool marks_press(Marks *m, int slide) {
    m->draws = m->pen > 0 && add_stroke(m, slide, m->pen);
    return m->pen == 0 || (m->draws && add_point(m));
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

/* Strokes before this one are cleared. */
static int first_seen(const Marks *m, int slide) {
    int first = 0;
    for (int i = 0; i < m->n_strokes; i++) {
        const MarkStroke *s = &m->strokes[i];
        if (s->slide == slide && !s->undone && s->pen == 0) first = i + 1;
    }
    return first;
}

int marks_next(const Marks *m, int slide, int i) {
    const int first = first_seen(m, slide);
    for (i = i > first ? i : first; i < m->n_strokes; i++)
        if (m->strokes[i].slide == slide && !m->strokes[i].undone) return i;
    return -1;
}

bool marks_clear(Marks *m, int slide) {
    m->draws = false;
    return marks_next(m, slide, 0) >= 0 && add_stroke(m, slide, 0);
}
