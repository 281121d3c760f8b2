/* The row of scores that this one lands in, and the score at every distance:
 * two plots with one axis. */
#include "viz/views/qk/qk.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Names of keys below their cells, as steep as those beside the heads of a
 * layer: less so, lines that are a cell apart would touch. */
#define NAME_ANGLE (-55.0f)
#define NAME_SINE  .82

static int y_of(const QkLayout *l, Rect r, double v) {
    return r.y + (int)lround((l->high - v) / (l->high - l->low) * (double)r.h);
}

/* Ticks in steps of 1, 2 or 5 times a power of ten. */
static void draw_axis(const Stage *s, const QkLayout *l, Rect r) {
    const double raw = (l->high - l->low) / 4;
    const double power = pow(10, floor(log10(raw)));
    const double step = raw / power >= 5   ? 5 * power
                        : raw / power >= 2 ? 2 * power
                                           : power;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    const int first = (int)ceil(l->low / step), last = (int)(l->high / step);
    for (int i = first; i <= last && i - first < 20; i++) {
        const int y = y_of(l, r, i * step);
        canvas_fill(s->canvas, (Rect){r.x, y, r.w, 1},
                    i == 0 ? s->theme->soft : s->theme->rule);
        canvas_textf(s->canvas, style, r.x - stage_u(s, 8), y + stage_u(s, 4),
                     "%s", number_round(i * step, 6).s);
    }
}

static void title(const Stage *s, Rect r, bool lit, const char *name,
                  const char *details) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL,
                                lit ? s->theme->accent : s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int y = r.y - stage_u(s, 26), air = stage_u(s, 12);
    canvas_text_fit(s->canvas, bold, r.x, y, r.w, name);
    const int w = canvas_text_width(s->canvas, bold, name) + air;
    canvas_text_phrases(s->canvas, soft, r.x + w, y, r.w - w, details);
}

/* ---- the row ------------------------------------------------------------- */

static Rect key_rect(const QkLayout *l, int i) {
    const int x0 = (int)((int64_t)i * l->row.w / l->keys_shown);
    const int x1 = (int)((int64_t)(i + 1) * l->row.w / l->keys_shown);
    const int air = x1 - x0 > 3 ? 1 : 0;
    return (Rect){l->row.x + x0, l->row.y, num_max(x1 - x0 - air, 1), l->row.h};
}

/* Whether bar i has its number: where not all have room the opened key's and
 * its rival's; that not if it ran into the other, which stands out anyway: the
 * dashed line says the rival's score, too. */
static bool has_number(const Stage *s, const QkLayout *l, int i, int rival) {
    const int w = canvas_text_width(
        s->canvas, text_style(FACE_MONO_BOLD, TYPE_TINY, s->theme->text),
        "-000.00");
    const int key = l->first_key + i, opened = s->key - l->first_key;
    if (key == s->key || l->row.w / l->keys_shown >= w) return true;
    return key == rival && abs(key_rect(l, i).x - key_rect(l, opened).x) >= w;
}

static void draw_bar(const Stage *s, const QkLayout *l, int i, int rival) {
    const int key = l->first_key + i, zero = y_of(l, l->row, 0);
    const Rect r = key_rect(l, i);
    const float v = l->scores[key];
    if (!isfinite(v)) {
        canvas_hatch(s->canvas, r, s->theme->soft);
        return;
    }
    const int y = y_of(l, l->row, (double)v);
    const int top = num_min(y, zero), h = num_max(num_max(y, zero) - top, 1);
    canvas_fill(s->canvas, (Rect){r.x, top, r.w, h},
                key == s->key
                    ? s->theme->key
                    : color_mix(s->theme->window, s->theme->residual, .5f));
    int above = top;
    if (l->was && isfinite(l->was[key]) && fabsf(l->was[key] - v) > .0005f) {
        const int was = y_of(l, l->row, (double)l->was[key]);
        above = num_min(above, was);
        stage_dashed(
            s,
            (Rect){r.x, num_min(was, zero), r.w,
                   num_max(num_max(was, zero) - num_min(was, zero), 1)},
            s->theme->soft);
    }
    if (key == s->key && l->places.moved) { /* what it would be */
        const int moved = y_of(l, l->row, (double)l->m->score);
        stage_dashed(s,
                     (Rect){r.x, num_min(moved, zero), r.w,
                            num_max(abs(moved - zero), 1)},
                     s->theme->text);
        above = num_min(above, moved);
    }
    if (!has_number(s, l, i, rival)) return;
    if (top - above >= stage_u(s, 18)) above = top; /* its own bar's end */
    TextStyle style = text_style(key == s->key ? FACE_MONO_BOLD : FACE_MONO,
                                 TYPE_TINY, s->theme->text);
    style.align = ALIGN_CENTER;
    canvas_textf(s->canvas, style, r.x + r.w / 2, above - stage_u(s, 4), "%s",
                 number_fixed((double)v, 2).s);
}

/* Slanted names of cells `pitch` apart: each, every second, and so on, that
 * they do not touch. */
static int names_every(const Stage *s, TextStyle style, int pitch) {
    const double line = 1.4 * canvas_metrics(s->canvas, style).cap;
    const double apart = NAME_SINE * pitch;
    return num_max((int)ceil(line / fmax(apart, 1)), 1);
}

/* A number in its colour, where all have room. */
static void draw_weight(const Stage *s, const QkLayout *l, Rect cell, float w,
                        bool opened) {
    const Color color = stage_weight_color(s, w);
    TextStyle style = text_style(opened ? FACE_MONO_BOLD : FACE_MONO, TYPE_TINY,
                                 theme_ink(color));
    char text[8];
    canvas_fill(s->canvas, cell, color);
    if (canvas_text_width(s->canvas, style, "0.00") > l->row.w / l->keys_shown)
        return;
    stage_weight_text(w, text);
    style.align = ALIGN_CENTER;
    canvas_text_row(s->canvas, style, cell.x + cell.w / 2, cell.y, cell.h,
                    text);
}

/* Its weight, and the token. */
static void draw_key(const Stage *s, const QkLayout *l, int i) {
    const int key = l->first_key + i, h = stage_u(s, 15);
    const Rect r = key_rect(l, i);
    const Rect cell = {r.x, l->row.y + l->row.h + stage_u(s, 8), r.w, h};
    if (l->weights && isnan(l->weights[key]))
        canvas_hatch(s->canvas, cell, s->theme->soft);
    else if (l->weights)
        draw_weight(s, l, cell, l->weights[key], key == s->key);
    else
        stage_draw_missing(s, cell);
    if (key == s->key)
        canvas_frame(s->canvas,
                     rect_inset(cell, -stage_u(s, 2), -stage_u(s, 2)), 1,
                     (float)stage_u(s, 2), s->theme->key);
    TextStyle style =
        text_style(key == s->key ? FACE_BOLD : FACE_SANS, TYPE_TINY,
                   key == s->key ? s->theme->key : s->theme->text);
    const int y = cell.y + h + stage_u(s, 14);
    /* Where they would touch, every second or third, the opened one always. */
    const int pitch = l->row.w / l->keys_shown; /* for all alike */
    const bool labelled = (key - s->key) % names_every(s, style, pitch) == 0;
    if (canvas_text_width(s->canvas, style, "␣Everyone") < pitch) {
        style.align = ALIGN_CENTER;
        canvas_text(s->canvas, style, r.x + r.w / 2, y, s->reads[key]);
    } else if (labelled) {
        style.angle = NAME_ANGLE;
        canvas_text_fit(s->canvas, style, r.x + r.w / 4, y, stage_u(s, 62),
                        s->reads[key]);
    }
    stage_token_hit(s, (Rect){r.x, cell.y + h, r.w, stage_u(s, 20)}, key);
    hits_pick(
        s->hits, (Rect){r.x, l->row.y, r.w, cell.y + h - l->row.y},
        pick_and(pick_number(STATE_KEY, key), pick_word(STATE_OP, "softmax")));
}

void qk_draw_row(const Stage *s, const QkLayout *l) {
    if (l->row.w <= 0) return;
    char text[128], token[STAGE_SAID_MAX];
    stage_say_token(s, stage_read_id(s, s->pos), token);
    snprintf(text, sizeof text, "scores of %s in head %d.%d, and their softmax",
             token, s->layer, s->head);
    if (l->keys_shown < l->n_keys)
        snprintf(text, sizeof text, "keys %d to %d of %d", l->first_key,
                 l->first_key + l->keys_shown - 1, l->n_keys);
    title(s, l->row, qk_op(s) == QK_SOFTMAX, "It lands in its row", text);
    if (!l->scores) {
        stage_draw_missing(s, l->row);
        return;
    }
    draw_axis(s, l, l->row);
    const int rival = qk_rival(s, l);
    for (int i = 0; i < l->keys_shown; i++) {
        draw_bar(s, l, i, rival);
        draw_key(s, l, i);
    }
}

/* ---- the curve ----------------------------------------------------------- */

/* Far more distances than pixels are shown on a log axis. */
static int x_of(const QkLayout *l, int n, double apart) {
    const Rect r = l->curve_r;
    const double part = n > 1024 ? log1p(apart) / log1p(n - 1)
                        : n > 1  ? apart / (n - 1)
                                 : 0;
    return r.x + (int)lround(part * (double)r.w);
}

static void draw_line(const Stage *s, const QkLayout *l, int n) {
    for (int i = 1; i < n; i++) {
        if (!isfinite(l->curve[i]) || !isfinite(l->curve[i - 1])) continue;
        canvas_line(s->canvas, (float)x_of(l, n, i - 1),
                    (float)y_of(l, l->curve_r, (double)l->curve[i - 1]),
                    (float)x_of(l, n, i),
                    (float)y_of(l, l->curve_r, (double)l->curve[i]),
                    (float)stage_u(s, 1), s->theme->key);
    }
}

static void draw_here(const Stage *s, const QkLayout *l, int n) {
    const int apart = l->places.query - l->places.key;
    if (apart < 0 || apart >= n) return;
    const int x = x_of(l, n, apart);
    const int y = y_of(l, l->curve_r, (double)l->m->score);
    const Rect r = l->curve_r;
    if (l->places.moved && s->pos >= s->key) /* where they do stand */
        canvas_circle(s->canvas, (float)x_of(l, n, s->pos - s->key),
                      (float)y_of(l, r, (double)l->unmoved->score),
                      (float)stage_u(s, 4), s->theme->soft);
    for (int at = y; at < r.y + r.h; at += stage_u(s, 6))
        canvas_fill(s->canvas, (Rect){x, at, 1, stage_u(s, 3)}, s->theme->key);
    canvas_circle(s->canvas, (float)x, (float)y, (float)stage_u(s, 6),
                  s->theme->key);
    canvas_circle(s->canvas, (float)x, (float)y, (float)stage_u(s, 3),
                  s->theme->window);
}

static void draw_rival(const Stage *s, const QkLayout *l) {
    const int rival = l->scores ? qk_rival(s, l) : -1;
    if (rival < 0 || !isfinite(l->scores[rival])) return;
    const Rect r = l->curve_r;
    const int y = y_of(l, r, (double)l->scores[rival]);
    for (int x = r.x; x + stage_u(s, 4) <= r.x + r.w; x += stage_u(s, 8))
        canvas_fill(s->canvas, (Rect){x, y, stage_u(s, 4), 1}, s->theme->soft);
}

static void draw_curve_words(const Stage *s, const QkLayout *l, int n) {
    const Rect r = l->curve_r;
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int y = r.y + r.h + stage_u(s, 16);
    char text[96];
    snprintf(text, sizeof text, "%d", n - 1);
    canvas_text(s->canvas, mono, r.x, y, "0");
    mono.align = ALIGN_RIGHT;
    canvas_text(s->canvas, mono, r.x + r.w, y, text);
    int low = 0, high = 0;
    for (int i = 1; i < n; i++) {
        if (l->curve[i] < l->curve[low]) low = i;
        if (l->curve[i] > l->curve[high]) high = i;
    }
    snprintf(text, sizeof text, "tokens between query and key%s",
             n > 1024 ? ", log axis" : "");
    canvas_text_phrases(s->canvas, style, r.x, y + stage_u(s, 19), r.w, text);
    style.color = s->theme->text;
    const double least = (double)l->curve[low], most = (double)l->curve[high];
    if (most - least < .05)
        snprintf(text, sizeof text, "%s at every distance",
                 number_fixed(least, 1).s);
    else
        snprintf(text, sizeof text, "least %s at %d, most %s at %d",
                 number_fixed(least, 1).s, low, number_fixed(most, 1).s, high);
    canvas_text_phrases(s->canvas, style, r.x, y + stage_u(s, 38), r.w, text);
    style.color = s->theme->soft;
    canvas_text_either(s->canvas, style, r.x, y + stage_u(s, 57), r.w,
                       s->layer == 0
                           ? "Both contents are held: exact in layer 0."
                           : "Both contents are held: a thought experiment.",
                       "Both contents are held.");
}

void qk_draw_curve(const Stage *s, const QkLayout *l) {
    if (l->curve_r.w <= 0) return;
    const int n = study_n_distances(s->config);
    char text[STAGE_LABEL_MAX + 48] = "";
    const int rival = l->scores ? qk_rival(s, l) : -1;
    if (rival >= 0)
        snprintf(text, sizeof text, "dashed: %s %s", s->reads[rival],
                 number_fixed((double)l->scores[rival], 2).s);
    title(s, l->curve_r, qk_op(s) == QK_DISTANCE, "At any other distance?",
          text);
    hits_pick(s->hits, l->curve_r, pick_word(STATE_OP, "distance"));
    if (!l->curve) {
        stage_draw_missing(s, l->curve_r);
        return;
    }
    draw_axis(s, l, l->curve_r);
    draw_rival(s, l);
    draw_line(s, l, n);
    draw_here(s, l, n);
    draw_curve_words(s, l, n);
}
