/* Lines: which heads they are of, and from which weight on there is one. */
#include "viz/views/attention/attention_lines.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- heads --------------------------------------------------------------- */

void attention_choose_heads(Lines *l) {
    const Stage *s = l->s;
    bool has_current = false;
    l->n_heads = 0;
    for (int i = 0; i < s->state->heads.n; i++) {
        const int head = s->state->heads.at[i];
        if (head >= s->config->n_heads) continue;
        has_current = has_current || head == s->head;
        l->heads[l->n_heads++] = head;
    }
    if (!has_current) l->heads[l->n_heads++] = s->head;
}

Color attention_line_color(const Lines *l, int place) {
    return l->s->theme->many[place];
}

/* Strokes and gaps in turn, in design units; 0: that is all. */
#define DASHES 6
static const float dashes[THEME_MANY][DASHES] = {
    {0},     {9, 5},    {2.5f, 4}, {14, 4, 3, 4},
    {18, 7}, {5, 2.5f}, {2.5f, 8}, {10, 3, 2.5f, 3, 2.5f, 3},
    {24, 3}};

void attention_line_stroke(const Lines *l, int place, Point a, Point b,
                           float thick, Color color) {
    Canvas *c = l->s->canvas;
    const float *dash = dashes[place];
    const float length = hypotf(b.x - a.x, b.y - a.y);
    if (dash[0] == 0 || length == 0) {
        canvas_line(c, a.x, a.y, b.x, b.y, thick, color);
        return;
    }
    const float u = canvas_scale(c);
    const float dx = (b.x - a.x) / length, dy = (b.y - a.y) / length;
    float at = 0;
    for (int i = 0; at < length;
         i = i + 2 < DASHES && dash[i + 2] > 0 ? i + 2 : 0) {
        const float end = fminf(at + fmaxf(dash[i] * u, 1), length);
        canvas_line(c, a.x + dx * at, a.y + dy * at, a.x + dx * end,
                    a.y + dy * end, thick, color);
        at = end + fmaxf(dash[i + 1] * u, 1);
    }
}

/* ---- the least weight ---------------------------------------------------- */

#define GRADES 1024

/* Whether a weight has a line of its own, though its token is not looked at. */
static bool has_line(const Lines *l, int pos, int key, float w) {
    return w >= l->s->state->least && attention_line_counts(l, pos, key);
}

/* How many weights of each grade there are among the lines. */
static void count_grades(Lines *l, int counts[GRADES + 1]) {
    for (int i = l->span.row0; i < l->span.row0 + l->span.n; i++) {
        const int n_keys = trace_n_keys(l->s->trace, i);
        for (int h = 0; h < l->n_heads; h++)
            for (int j = 0; j < n_keys; j++) {
                const float w = attention_line_weight(l, i, l->heads[h], j);
                if (!has_line(l, i, j, w)) continue;
                if (attention_leads_out(l, j))
                    l->n_out++;
                else
                    counts[num_clamp((int)(w * GRADES), 0, GRADES)]++;
            }
    }
}

/* The current token's are drawn all the same. */
static int n_own_below(const Lines *l) {
    const int pos = l->s->pos, n_keys = trace_n_keys(l->s->trace, pos);
    int n = 0;
    if (pos < l->span.row0 || pos >= l->span.row0 + l->span.n) return 0;
    for (int h = 0; h < l->n_heads; h++)
        for (int j = 0; j < n_keys; j++) {
            const float w = attention_line_weight(l, pos, l->heads[h], j);
            n += has_line(l, pos, j, w) && w < l->least &&
                 !attention_leads_out(l, j);
        }
    return n;
}

void attention_choose_least(Lines *l) {
    int counts[GRADES + 1] = {0}, n = 0, grade = GRADES + 1;
    l->n_all = l->n_out = 0;
    count_grades(l, counts);
    for (int i = 0; i <= GRADES; i++)
        l->n_all += counts[i];
    while (grade > 0 && n + counts[grade - 1] <= LINES_MAX)
        n += counts[--grade];
    l->least = fmaxf(l->s->state->least, (float)grade / GRADES);
    l->n_lines = n + n_own_below(l);
}

/* ---- the choice ---------------------------------------------------------- */

static void draw_sample(const Lines *l, int place, Rect r) {
    const float y = (float)r.y + (float)r.h / 2;
    attention_line_stroke(
        l, place, (Point){(float)r.x, y}, (Point){(float)(r.x + r.w), y},
        (float)stage_u(l->s, 3), attention_line_color(l, place));
}

static int place_of(const Lines *l, int head) {
    for (int i = 0; i < l->n_heads; i++)
        if (l->heads[i] == head) return i;
    return -1;
}

/* "0" or "0 ----": a head, and how its lines look. */
static void draw_chip(const Lines *l, Rect r, int head) {
    const Stage *s = l->s;
    const Theme *t = s->theme;
    const int place = place_of(l, head), pad = stage_u(s, 6);
    const float radius = (float)stage_u(s, 5);
    char text[16];
    snprintf(text, sizeof text, "%d", head);
    if (place >= 0) canvas_round(s->canvas, r, radius, t->well);
    if (head == s->head)
        canvas_frame(s->canvas, r, radius, (float)stage_u(s, 2), t->text);
    TextStyle style =
        text_style(place >= 0 ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                   place >= 0 ? attention_line_color(l, place) : t->soft);
    style.align = place >= 0 ? ALIGN_LEFT : ALIGN_CENTER;
    canvas_text_row(s->canvas, style, place >= 0 ? r.x + pad : r.x + r.w / 2,
                    r.y, r.h, text);
    const int w = canvas_text_width(s->canvas, style, text);
    if (place >= 0)
        draw_sample(l, place,
                    (Rect){r.x + pad + w + pad, r.y, r.w - w - 3 * pad, r.h});
    hits_command(s->hits, r, CMD_KEEP_HEAD, head + 1);
}

static void name_chips(const Stage *s, int x, int y, int h, const char *name) {
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    canvas_text_row(s->canvas, soft, x, y, h, name);
    glossary_note(s->hits, s->canvas, soft, x,
                  y + h / 2 + canvas_metrics(s->canvas, soft).cap / 2, name);
}

/* As many rows of heads as may be; returns their height. */
static int draw_chips(const Lines *l, Rect r, int rows, bool draw) {
    const Stage *s = l->s;
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int h = stage_u(s, 26), gap = stage_u(s, 4);
    const int wide = stage_u(s, 72), narrow = stage_u(s, 34);
    static const char name[] = "heads";
    const int left =
        r.x + canvas_text_width(s->canvas, soft, name) + stage_u(s, 10);
    int x = left, y = r.y;
    if (draw) name_chips(s, r.x, r.y, h, name);
    for (int head = 0; head < s->config->n_heads; head++) {
        const int w = place_of(l, head) >= 0 ? wide : narrow;
        if (x + w > r.x + r.w && --rows > 0) {
            x = left;
            y += h + gap;
        }
        if (x + w > r.x + r.w) break;
        if (draw) draw_chip(l, (Rect){x, y, w, h}, head);
        x += w + gap;
    }
    return y + h - r.y;
}

static void least_text(const Lines *l, char out[160]) {
    const size_t size = 160;
    char least[8], all[32], drawn[32], out_of[32];
    stage_weight_text(l->s->state->least, least);
    stage_count_text((uint64_t)l->n_all, all);
    stage_count_text((uint64_t)l->n_lines, drawn);
    stage_count_text((uint64_t)l->n_out, out_of);
    if (l->n_lines < l->n_all)
        snprintf(out, size, "from %s on: the thickest %s of %s lines", least,
                 drawn, all);
    else
        snprintf(out, size, "from %s on: %s line%s", least, all,
                 l->n_all == 1 ? "" : "s");
    if (l->n_out == 0) return;
    const size_t len = strlen(out);
    snprintf(out + len, size - len, ", %s lead out of this part", out_of);
}

/* "weights ---o-------- from .05 on: 84 lines" */
static void draw_least(const Lines *l, Rect r) {
    const Stage *s = l->s;
    const Theme *t = s->theme;
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    const TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, t->text);
    char text[160];
    const int x = r.x +
                  canvas_text_row(s->canvas, soft, r.x, r.y, r.h, "weights") +
                  stage_u(s, 14);
    const int w = num_min(stage_u(s, 180), (r.x + r.w - x) / 3);
    const int h = stage_u(s, 5), y = r.y + r.h / 2;
    const float f = sqrtf(num_clamp_float(s->state->least, 0, 1));
    const int at = (int)lroundf(f * (float)w);
    canvas_round(s->canvas, (Rect){x, y - h / 2, w, h}, (float)h / 2,
                 color_mix(t->well, t->soft, .22f));
    canvas_round(s->canvas, (Rect){x + at, y - h / 2, w - at, h}, (float)h / 2,
                 t->accent);
    canvas_circle(s->canvas, (float)(x + at), (float)y, (float)stage_u(s, 7),
                  t->accent);
    canvas_circle(s->canvas, (float)(x + at), (float)y, (float)stage_u(s, 5),
                  t->window);
    hits_add(s->hits, (Hit){.rect = {x, r.y, w, r.h},
                            .kind = HIT_SLIDER,
                            .slider_key = STATE_LEAST,
                            .lo = 0,
                            .hi = 1});
    least_text(l, text);
    const int after = x + w + stage_u(s, 16);
    canvas_text_fit(s->canvas, bold, after,
                    y + canvas_metrics(s->canvas, bold).cap / 2,
                    num_max(r.x + r.w - after, 0), text);
}

Rect attention_draw_choice(const Lines *l, Rect r, bool draw) {
    const Stage *s = l->s;
    const int line = stage_u(s, 30);
    if (r.h < stage_u(s, 180)) return r;
    if (draw) draw_least(l, (Rect){r.x, r.y, r.w, line});
    r.y += line;
    r.h -= line;
    if (r.h < stage_u(s, 200)) return r;
    const int used = draw_chips(l, (Rect){r.x, r.y + stage_u(s, 2), r.w, r.h},
                                r.h > stage_u(s, 360) ? 3 : 1, draw) +
                     stage_u(s, 8);
    return (Rect){r.x, r.y + used, r.w, r.h - used};
}
