/* Sums beside the map, and the largest number of it in words. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TRIED 6 /* of the largest sums, for a number where not all have room */

/* ---- bars ---------------------------------------------------------------- */

static TextStyle number_style(const Stage *s, const char *widest, int room) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    if (canvas_text_width(s->canvas, style, widest) + 2 > room) style.size = 0;
    return style;
}

static int sums_top(const Map *m) {
    return m->grid.y + m->grid.h + stage_u(m->s, 4);
}

static int received_height(const Map *m, float v, float most) {
    const int full = m->sums_h - stage_u(m->s, ATTENTION_SUM_U);
    return isfinite(v) ? (int)lroundf(v / most * (float)full) : 0;
}

static void received_number(const Map *m, int key, float v, int h,
                            TextStyle style) {
    const Rect c = attention_cell(m, m->span.row0, key);
    style.align = ALIGN_CENTER;
    canvas_text_row(m->s->canvas, style, c.x + c.w / 2, sums_top(m) + h,
                    stage_u(m->s, 16), number_fixed((double)v, 1).s);
}

/* A click opens a sum: that of a column is of a key, that of a row has none
 * opened. */
static void received(const Map *m, int key, float v, float most) {
    const Stage *s = m->s;
    const Rect c = attention_cell(m, m->span.row0, key);
    const int top = sums_top(m), h = received_height(m, v, most);
    const int gap = c.w > stage_u(s, 8) ? c.w / 8 : 0;
    const bool lit = s->key_opened && key == s->key;
    canvas_fill(s->canvas, (Rect){c.x + gap, top, c.w - 2 * gap, h},
                lit ? s->theme->key : color_alpha(s->theme->key, .55f));
    hits_pick(s->hits, (Rect){c.x, top, c.w, stage_u(s, 40)},
              pick_number(STATE_KEY, key));
    const TextStyle style = number_style(s, "10.0", c.w);
    if (style.size > 0) received_number(m, key, v, h, style);
}

/* The key that receives most after those tried already; -1: none. */
static int next_largest(const Map *m, const float *sums, const int *tried,
                        int n_tried) {
    int best = -1;
    for (int key = m->span.col0; key <= map_last_col(m); key++) {
        bool is_tried = !isfinite(sums[key]);
        for (int i = 0; i < n_tried; i++)
            is_tried |= tried[i] == key;
        if (!is_tried && (best < 0 || sums[key] > sums[best])) best = key;
    }
    return best;
}

/* Whether a number of that width below a key's bar would lie on a longer bar
 * or on the number of a key named already. */
static bool is_in_the_way(const Map *m, const float *sums, float most, int key,
                          int width, const int *named, int n_named) {
    const int h = received_height(m, sums[key], most);
    const int x = attention_cell(m, m->span.row0, key).x;
    for (int other = m->span.col0; other <= map_last_col(m); other++) {
        const Rect c = attention_cell(m, m->span.row0, other);
        const int apart = abs(c.x - x);
        bool is_named = false;
        for (int i = 0; i < n_named; i++)
            is_named |= named[i] == other;
        if (other == key) continue;
        if (is_named && apart < width + stage_u(m->s, 6)) return true;
        if (apart < (width + c.w) / 2 &&
            received_height(m, sums[other], most) > h)
            return true;
    }
    return false;
}

/* Where columns are too narrow for the numbers of all, those of the largest. */
static void name_largest(const Map *m, const float *sums, float most) {
    const Stage *s = m->s;
    const TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    const int width = canvas_text_width(s->canvas, style, "10.0");
    const Rect c = attention_cell(m, m->span.row0, m->span.col0);
    int tried[TRIED], named[TRIED], n = 0;
    if (number_style(s, "10.0", c.w).size > 0) return;
    for (int i = 0; i < TRIED; i++) {
        const int key = tried[i] = next_largest(m, sums, tried, i);
        if (key < 0) return;
        if (is_in_the_way(m, sums, most, key, width, named, n)) continue;
        received_number(m, key, sums[key], received_height(m, sums[key], most),
                        style);
        named[n++] = key;
    }
}

static void sent(const Map *m, int pos, float v) {
    const Stage *s = m->s;
    const Rect c = attention_cell(m, pos, m->span.col0);
    const int left = m->grid.x + m->grid.w + stage_u(s, 4);
    const int long_u = m->sums_w - stage_u(s, ATTENTION_SUM_U);
    const int gap = c.h > stage_u(s, 8) ? c.h / 4 : 0;
    const bool lit = !s->key_opened && pos == s->pos;
    canvas_fill(
        s->canvas,
        (Rect){left, c.y + gap, (int)lroundf(v * (float)long_u), c.h - 2 * gap},
        lit ? s->theme->query : color_alpha(s->theme->query, .55f));
    hits_pick(
        s->hits, (Rect){left, c.y, m->sums_w - stage_u(s, 4), c.h},
        pick_and(pick_number(STATE_TOKEN, pos), pick_number(STATE_KEY, -1)));
    const TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    char text[16];
    if (c.h < stage_u(s, 14)) return;
    snprintf(text, sizeof text, "%s", number_fixed((double)v, 2).s);
    canvas_text_row(s->canvas, style, left + long_u + stage_u(s, 3), c.y, c.h,
                    text);
}

static void name_bars(const Map *m) {
    const Stage *s = m->s;
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->key);
    style.align = ALIGN_RIGHT;
    const int x = m->grid.x - stage_u(s, 9);
    const int y = m->grid.y + m->grid.h + stage_u(s, 18);
    canvas_text(s->canvas, style, x, y, "received");
    glossary_note(s->hits, s->canvas, style, x, y, "received");
    style = text_style(FACE_SANS, TYPE_TINY, s->theme->query);
    canvas_text(s->canvas, style, m->grid.x + m->grid.w + stage_u(s, 4), y,
                "sent: 1 each");
}

void attention_draw_sums(const Map *m) {
    const Stage *s = m->s;
    const float *sums = m->rows->sums;
    if (m->op != SHOW_SUMS) return;
    name_bars(m);
    if (!sums) {
        stage_draw_missing(
            s, (Rect){m->grid.x, m->grid.y + m->grid.h + stage_u(s, 4),
                      m->grid.w, m->sums_h - stage_u(s, ATTENTION_SUM_U)});
        return;
    }
    float most = 1;
    for (int i = 0; i < s->n_pos; i++)
        if (isfinite(sums[i])) most = fmaxf(most, sums[i]);
    for (int i = 0; i < m->n; i++) {
        const int key = m->span.col0 + i, pos = m->span.row0 + i;
        if (isfinite(sums[key])) received(m, key, sums[key], most);
        if (isfinite(sums[s->n_pos + pos])) sent(m, pos, sums[s->n_pos + pos]);
    }
    name_largest(m, sums, most);
}

/* ---- the answer ---------------------------------------------------------- */

/* The most that a key receives; false: not known, or the op has no such
 * answer. */
static bool most_received(const Map *m, char *line, size_t size) {
    const Stage *s = m->s;
    const float *sums = m->rows->sums;
    int best = 0;
    if (m->op != SHOW_SUMS || !sums) return false;
    for (int i = 1; i < s->n_pos; i++)
        if (sums[i] > sums[best]) best = i;
    char token[STAGE_SAID_MAX];
    stage_say_token(s, stage_read_id(s, best), token);
    snprintf(line, size, "%s (%d) receives %s of %d", token, best,
             number_fixed((double)sums[best], 1).s, s->n_pos);
    return true;
}

static bool most_changed(const Map *m, char *line, size_t size) {
    const Stage *s = m->s;
    int row = 0, col = 0, known = 0;
    float most = 0;
    if (m->op != SHOW_CHANGE) return false;
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        const Row r = attention_row(m, i);
        for (int j = m->span.col0; j <= map_last_col(m); j++) {
            const float v = attention_value(m, &r, j);
            known += !isnan(v);
            if (isnan(v) || fabsf(v) <= fabsf(most)) continue;
            most = v;
            row = i;
            col = j;
        }
    }
    if (fabsf(most) < .005f)
        snprintf(line, size,
                 known ? "No weight of this head moved."
                       : "No weight is comparable here.");
    else
        snprintf(line, size, "%s → %s: %s points", s->reads[row], s->reads[col],
                 number_signed((double)most * 100, 0).s);
    return true;
}

/* Where the map has no empty corner: right of it and of its colour bar, if
 * there is room for words. */
static void answer_beside(const Map *m, Rect r, const char *line) {
    const Stage *s = m->s;
    const TextStyle style = text_style(FACE_MEDIUM, TYPE_LEAD, s->theme->text);
    const TextStyle tiny = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const char *label = attention_scale_name(m->op, false);
    const int bar = num_max(canvas_text_width(s->canvas, tiny, label),
                            stage_u(s, ATTENTION_BAR_W - 34));
    const int x = attention_beside(m) + stage_u(s, 34 + 24) + bar;
    const int w = num_min(r.x + r.w - x, stage_u(s, 300));
    if (m->bar_below || w < stage_u(s, 110)) return;
    paragraph_plain(s->canvas, x, m->grid.y, w, style, 1.35f, line, true);
}

void attention_draw_answer(const Map *m, Rect r) {
    const Stage *s = m->s;
    char line[2 * STAGE_LABEL_MAX + 48];
    if (span_is_part(m->span) || (!most_received(m, line, sizeof line) &&
                                  !most_changed(m, line, sizeof line)))
        return;
    /* The corner is empty where a mask hides it, from both runs. */
    if (trace_two_way(s->trace) ||
        (m->op == SHOW_CHANGE && trace_two_way(s->against))) {
        answer_beside(m, r, line);
        return;
    }
    const float sizes[] = {TYPE_TITLE, TYPE_LEAD, TYPE_BODY, TYPE_SMALL};
    /* Below the plate that says a head is off. */
    const int y = m->grid.y + stage_u(s, attention_kept(s) != 1 ? 40 : 10);
    for (int i = 0; i < 4; i++) {
        TextStyle style = text_style(FACE_MEDIUM, sizes[i], s->theme->text);
        const int h = canvas_metrics(s->canvas, style).line;
        const int bottom = y + h - m->grid.y + m->grid.w / m->n;
        const int room = m->grid.w - bottom - stage_u(s, 20);
        if (canvas_text_width(s->canvas, style, line) > room) continue;
        style.align = ALIGN_RIGHT;
        canvas_text_row(s->canvas, style,
                        m->grid.x + m->grid.w - stage_u(s, 10), y, h, line);
        return;
    }
}
