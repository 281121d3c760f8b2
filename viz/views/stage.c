/* What a stage is filled with, and the parts that views share. */
#include "viz/views/view.h"

#include "engine/base/num.h"
#include "viz/paint/formula_draw.h"
#include "viz/views/glossary.h"
#include "viz/views/masked.h"
#include "viz/views/number.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- tokens in words ----------------------------------------------------- */

void stage_say_token(const Stage *s, int id, char out[STAGE_SAID_MAX]) {
    char label[STAGE_LABEL_MAX];
    const bool bare = tokenizer_is_wordpiece(s->tokenizer) &&
                      !tokenizer_piece(s->tokenizer, id).is_control;
    tokenizer_show(s->tokenizer, id, label, sizeof label);
    snprintf(out, STAGE_SAID_MAX, bare ? "“%s”" : "%s", label);
}

/* ---- what follows from the state ----------------------------------------- */

static int strongest_key(const float *row, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    return best;
}

static void choose_key(Stage *s) {
    const View *v = view_find(s->state->view);
    int n_keys = trace_n_keys(s->trace, s->pos);
    s->n_keys_shown = v && v->n_keys ? v->n_keys(s) : n_keys;
    s->key_opened = s->state->key >= 0 && s->state->key < s->n_keys_shown;
    s->key = s->key_opened ? s->state->key : 0;
    s->key_known = s->key_opened;
    if (s->key_opened) return;
    const float *p = stage_row(s, SITE_PATTERN, s->layer, s->pos);
    s->key_known = p != NULL;
    if (p) s->key = strongest_key(p + (size_t)s->head * n_keys, n_keys);
}

/* What both texts have in common at their ends faces each other from there. */
static void face_before(Stage *s) {
    const int n = s->n_pos, m = trace_n_pos(s->against);
    const int least = n < m ? n : m;
    int prefix = 0, suffix = 0;
    while (prefix < least &&
           trace_token(s->trace, prefix) == trace_token(s->against, prefix))
        prefix++;
    while (suffix < least - prefix &&
           trace_token(s->trace, n - 1 - suffix) ==
               trace_token(s->against, m - 1 - suffix))
        suffix++;
    s->before_prefix = n == m ? n : prefix;
    s->before_suffix = n - suffix;
    s->before_shift = m - n;
}

/* As app_pos. */
static int default_pos(const Stage *s) {
    int best = s->n_pos - 1, most = 0;
    for (int i = s->n_pos - 1; masked_tells(s) && i >= 0; i--) {
        const int worth = masked_worth(s->tokenizer, trace_edits(s->trace), i,
                                       trace_token(s->trace, i));
        if (worth > most || worth == 2) best = i;
        most = num_max(most, worth);
    }
    return best;
}

bool stage_fill(Stage *s) {
    const State *state = s->state;
    s->n_pos = trace_n_pos(s->trace);
    if (s->n_pos < 1) return false;
    s->config = model_config(s->model);
    s->pos = state->token;
    if (s->pos < 0 || s->pos >= s->n_pos) s->pos = default_pos(s);
    s->layer = state->layer;
    s->head = state->head;
    s->elem = state->elem;
    s->op =
        view_op_or_default(view_find(state->view), s->config->arch, state->op);
    if (!colormap_find(state->colormap, &s->map)) s->map = COLORMAP_VIRIDIS;
    /* Where no token comes next, none is drawn. */
    const SamplerParams plain = {.temperature = 1};
    const bool draws = arch_ahead(s->config->arch) > 0;
    study_set_sampler(s->study, draws ? &state->sampler : &plain, state->seed);
    study_set_tokenizer(s->study, s->tokenizer);
    study_set_teller(s->study, s->teller);
    study_set_word(s->study, state->word);
    study_set_shape(s->study, &state->shape);
    if (s->against) {
        const State *other = s->against_state;
        const bool also = arch_ahead(trace_config(s->against)->arch) > 0;
        study_set_sampler(s->against_study, also ? &other->sampler : &plain,
                          other->seed);
        study_set_tokenizer(s->against_study, s->tokenizer);
        face_before(s);
    }
    choose_key(s);
    return true;
}

void stage_dashed(const Stage *s, Rect r, Color color) {
    Canvas *c = s->canvas;
    int dash = canvas_u(c, 5), line = canvas_u(c, 1);
    for (int x = r.x; x < r.x + r.w; x += 2 * dash) {
        int w = x + dash > r.x + r.w ? r.x + r.w - x : dash;
        canvas_fill(c, (Rect){x, r.y, w, line}, color);
        canvas_fill(c, (Rect){x, r.y + r.h - line, w, line}, color);
    }
    for (int y = r.y; y < r.y + r.h; y += 2 * dash) {
        int h = y + dash > r.y + r.h ? r.y + r.h - y : dash;
        canvas_fill(c, (Rect){r.x, y, line, h}, color);
        canvas_fill(c, (Rect){r.x + r.w - line, y, line, h}, color);
    }
}

void stage_token_hit(const Stage *s, Rect r, int pos) {
    hits_pick(
        s->hits, r,
        pick_and(pick_number(STATE_TOKEN, pos), pick_number(STATE_KEY, -1)));
}

void stage_draw_missing(const Stage *s, Rect r) {
    canvas_hatch(s->canvas, r, color_alpha(s->theme->soft, .6f));
}

/* ---- headings and tabs --------------------------------------------------- */

#define TITLE_GAP 18 /* between title and details */

bool stage_heading_fits(const Stage *s, int w, const char *title,
                        const char *details) {
    TextStyle big = text_style(FACE_BOLD, TYPE_TITLE, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    return canvas_text_width(s->canvas, big, title) + stage_u(s, TITLE_GAP) +
               formula_text_width(s->canvas, soft, details) <=
           w;
}

/* Words of a text, up to where no room is left; the width. */
static int words_fit(const Stage *s, TextStyle style, int x, int y, int max_w,
                     FormulaPiece piece) {
    char text[FONTS_TEXT_MAX];
    snprintf(text, sizeof text, "%.*s", piece.len, piece.text);
    const int w = canvas_text_width(s->canvas, style, text);
    if (w > max_w) return canvas_text_fit(s->canvas, style, x, y, max_w, text);
    glossary_note(s->hits, s->canvas, style, x, y, text);
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ') /* what follows stands apart */
        text[--n] = '\0';
    canvas_text(s->canvas, style, x, y, text);
    return w;
}

void stage_text_fit(const Stage *s, TextStyle style, int x, int y, int max_w,
                    const char *text) {
    const int end = x + max_w;
    FormulaPiece piece;
    FormulaPlace place;
    while (x < end && formula_next(&text, &piece)) {
        const float size = canvas_text_px(s->canvas, style.size);
        if (piece.formula && formula_place(s->canvas, piece.text, piece.len,
                                           size, false, INT_MAX, &place)) {
            if (place.w > end - x) return;
            formula_draw(s->canvas, &place, x, y, style.color);
            x += place.w;
        } else {
            x += words_fit(s, style, x, y, end - x, piece);
        }
    }
}

Rect stage_heading_beside(const Stage *s, Rect r, int reserved,
                          const char *title, const char *details) {
    int baseline = r.y + stage_u(s, TYPE_TITLE), height = stage_u(s, 46);
    TextStyle big = text_style(FACE_BOLD, TYPE_TITLE, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    int end = r.x + r.w - reserved;
    int x = r.x + stage_u(s, TITLE_GAP) +
            canvas_text_fit(s->canvas, big, r.x, baseline, end - r.x, title);
    glossary_note(s->hits, s->canvas, big, r.x, baseline, title);
    if (!stage_heading_fits(s, end - r.x, title, details)) {
        /* Details that do not fit beside the title go below it. */
        int line = stage_u(s, TYPE_BODY * 1.5f);
        x = r.x;
        end = r.x + r.w;
        baseline += line;
        height += line;
    }
    stage_text_fit(s, soft, x, baseline, end - x, details);
    return (Rect){r.x, r.y + height, r.w, r.h > height ? r.h - height : 0};
}

Rect stage_heading(const Stage *s, Rect r, const char *title,
                   const char *details) {
    return stage_heading_beside(s, r, 0, title, details);
}

/* One button; returns its left edge. */
static int draw_tab(const Stage *s, int right, int y, const char *title,
                    bool lit, Pick pick) {
    const Theme *t = s->theme;
    TextStyle style = text_style(lit ? FACE_MEDIUM : FACE_SANS, TYPE_SMALL,
                                 lit ? t->text : t->soft);
    int pad = stage_u(s, 12);
    int w = canvas_text_width(s->canvas, style, title) + 2 * pad;
    Rect r = {right - w, y, w, stage_u(s, 30)};
    if (lit) canvas_round(s->canvas, r, (float)stage_u(s, 7), t->well);
    canvas_text_row(s->canvas, style, r.x + pad, r.y, r.h, title);
    glossary_note(s->hits, s->canvas, style, r.x + pad, r.y + r.h * 2 / 3,
                  title);
    hits_pick(s->hits, r, pick);
    return r.x;
}

void stage_tabs(const Stage *s, int right, int y, StateKey key,
                const char *const *words, const char *const *titles, int n,
                int current) {
    for (int i = n - 1; i >= 0 && !s->is_figure; i--)
        right = draw_tab(s, right, y, titles[i], i == current,
                         pick_word(key, words[i])) -
                stage_u(s, 4);
}

int stage_tabs_width(const Stage *s, const char *const *titles, int n) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    int w = 0;
    for (int i = 0; i < n && !s->is_figure; i++)
        w += canvas_text_width(s->canvas, style, titles[i]) +
             2 * stage_u(s, 12) + stage_u(s, 4);
    return w;
}

int stage_tabs_beside(const Stage *s, int w, const char *title,
                      const char *const *titles, int n) {
    const TextStyle big = text_style(FACE_BOLD, TYPE_TITLE, s->theme->text);
    const int tabs = stage_tabs_width(s, titles, n);
    return canvas_text_width(s->canvas, big, title) + stage_u(s, TITLE_GAP) +
                       tabs <=
                   w
               ? tabs
               : 0;
}

/* Colour at fraction f (0 bottom, 1 top) of a bar. */
static Color bar_color(const Stage *s, float f, bool signed_map) {
    return signed_map ? colormap_signed(s->theme, 2 * f - 1)
                      : colormap_at(s->map, f);
}

/* A number beside a bar, and where along it. */
typedef struct Tick {
    float at; /* 0..1 */
    char text[16];
} Tick;

enum { TICKS_MAX = 5 };

static int ticks(float hi, bool signed_map, bool sqrt_scale,
                 Tick out[TICKS_MAX]) {
    static const float weights[TICKS_MAX] = {0, .05f, .25f, .5f, 1};
    int n = signed_map ? 3 : TICKS_MAX;
    for (int i = 0; i < n; i++) {
        float v = signed_map   ? hi * (float)(i - 1)
                  : sqrt_scale ? weights[i] * hi
                               : hi * (float)i / 4;
        out[i].at = signed_map   ? (float)i / 2
                    : sqrt_scale ? sqrtf(weights[i])
                                 : (float)i / 4;
        snprintf(out[i].text, sizeof out[i].text, "%s",
                 signed_map && i != 1 ? number_round_signed((double)v, 3).s
                                      : number_round((double)v, 3).s);
    }
    return n;
}

static void draw_ticks(const Stage *s, Rect r, const Tick *tick, int n) {
    const Theme *t = s->theme;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, t->soft);
    int cap = canvas_metrics(s->canvas, style).cap;
    for (int i = 0; i < n; i++) {
        int y = r.y + r.h - (int)lroundf(tick[i].at * (float)r.h);
        canvas_line(s->canvas, (float)(r.x + r.w), (float)y,
                    (float)(r.x + r.w + stage_u(s, 5)), (float)y, 1, t->soft);
        canvas_text(s->canvas, style, r.x + r.w + stage_u(s, 9), y + cap / 2,
                    tick[i].text);
    }
}

/* Numbers below; one that would touch its neighbour on the right is left
 * out. */
static void draw_ticks_below(const Stage *s, Rect r, const Tick *tick, int n) {
    const Theme *t = s->theme;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, t->soft);
    int y = r.y + r.h, free_to = r.x + r.w + stage_u(s, 40);
    for (int i = n - 1; i >= 0; i--) {
        int x = r.x + (int)lroundf(tick[i].at * (float)r.w);
        int w = canvas_text_width(s->canvas, style, tick[i].text);
        if (x + w / 2 > free_to) continue;
        canvas_line(s->canvas, (float)x, (float)y, (float)x,
                    (float)(y + stage_u(s, 5)), 1, t->soft);
        canvas_text(s->canvas, style, x - w / 2, y + stage_u(s, 18),
                    tick[i].text);
        free_to = x - w / 2 - stage_u(s, 8);
    }
}

void stage_colorbar(const Stage *s, Rect r, const char *label, float hi,
                    bool signed_map, bool sqrt_scale) {
    enum { STEPS = 128 };
    Color cells[STEPS];
    for (int i = 0; i < STEPS; i++)
        cells[i] = bar_color(s, 1 - (float)i / (STEPS - 1), signed_map);
    canvas_cells(s->canvas, r, cells, STEPS, 1, 0);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    /* Clear of the number at the bar's end. */
    const int y = r.y - canvas_metrics(s->canvas, style).cap - stage_u(s, 4);
    canvas_text(s->canvas, style, r.x, y, label);
    glossary_note(s->hits, s->canvas, style, r.x, y, label);
    Tick tick[TICKS_MAX] = {0};
    draw_ticks(s, r, tick, ticks(hi, signed_map, sqrt_scale, tick));
}

void stage_colorbar_flat(const Stage *s, Rect r, const char *label, float hi,
                         bool signed_map, bool sqrt_scale) {
    enum { STEPS = 128 };
    Color cells[STEPS];
    for (int i = 0; i < STEPS; i++)
        cells[i] = bar_color(s, (float)i / (STEPS - 1), signed_map);
    canvas_cells(s->canvas, r, cells, 1, STEPS, 0);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, style, r.x - stage_u(s, 9), r.y, r.h, label);
    glossary_note(s->hits, s->canvas, style, r.x - stage_u(s, 9), r.y + r.h,
                  label);
    Tick tick[TICKS_MAX] = {0};
    draw_ticks_below(s, r, tick, ticks(hi, signed_map, sqrt_scale, tick));
}

Color stage_weight_color(const Stage *s, float w) {
    return colormap_at(s->map, sqrtf(w > 0 ? w : 0));
}

Color stage_value_color(const Stage *s, float v, float hi) {
    return colormap_signed(s->theme, v / hi);
}

/* NaN, as where all numbers are 0, is 0. */
static float spread(float v) {
    const float root = sqrtf(fabsf(v));
    return v < 0 ? -root : v > 0 ? root : 0;
}

void stage_draw_table(const Stage *s, Rect r, const StudyTable *t) {
    /* Cells without a pixel need no colour. */
    const int rows = num_min(t->rows, r.h), cols = num_min(t->cols, r.w);
    if (!canvas_shows(s->canvas, r)) return;
    for (int i = 0; i < rows; i++) {
        const int row = (int)((int64_t)i * t->rows / rows);
        const float *v = t->cells + (size_t)row * (size_t)t->cols;
        for (int j = 0; j < cols; j++)
            s->cells[i * cols + j] = colormap_signed(
                s->theme, spread(v[j * t->cols / cols] / t->most));
    }
    canvas_cells(s->canvas, r, s->cells, rows, cols, 0);
}

void stage_weight_text(float w, char out[8]) {
    if (!isfinite(w))
        snprintf(out, 8, "?");
    else if (w >= 0.995f)
        snprintf(out, 8, "1.0");
    else
        snprintf(out, 8, ".%02d", (int)lroundf(w * 100));
}

void stage_value_text(float v, char out[16]) {
    float a = fabsf(v);
    int digits = a < 10 ? 3 : a < 100 ? 2 : a < 1000 ? 1 : 0;
    snprintf(out, 16, "%s", number_signed((double)v, digits).s);
}

void stage_number_fit(const Stage *s, TextStyle style, int room, char *text) {
    if (strcmp(text, NUMBER_NONE) == 0 &&
        canvas_text_width(s->canvas, style, text) > room)
        snprintf(text, sizeof NUMBER_NONE, "?");
}

void stage_count_text(uint64_t n, char out[32]) {
    char digits[24];
    const int len =
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void stage_bytes_text(double bytes, char out[16]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    int i = 0;
    while (bytes >= 999.5 && i < 4) {
        bytes /= 1000;
        i++;
    }
    const int digits = i == 0 || bytes >= 999.5 ? 0 : bytes < 9.995 ? 2 : 1;
    snprintf(out, 16, "%.12s %s", number_fixed(bytes, digits).s, units[i]);
}

void stage_hit_probability(const Stage *s, Rect r, int pos, int id,
                           const char *opened) {
    const Pick where =
        pick_and(pick_word(STATE_VIEW, "next"), pick_word(STATE_OP, "plain"));
    const Pick which =
        pick_and(pick_number(STATE_TOKEN, pos), pick_number(STATE_ELEM, id));
    hits_pick(
        s->hits, r,
        pick_and(pick_and(where, which), pick_word(STATE_OPENED, opened)));
}

void stage_percent_text(double p, char out[16]) {
    if (p > 0 && p < .0005)
        snprintf(out, 16, "<0.1 %%");
    else if (p < 1 && p >= .99995)
        snprintf(out, 16, ">99.99 %%");
    else
        snprintf(out, 16, "%s",
                 number_percent(p, p < 1 && p > .9995 ? 2 : 1).s);
}

void stage_probability_text(double p, char out[16]) {
    stage_percent_text(p <= 0 ? 1e-9 : p >= 1 ? 1 - 1e-9 : p, out);
}

float stage_max_abs(const float *v, int n) {
    float hi = 0;
    for (int i = 0; i < n; i++)
        if (fabsf(v[i]) > hi && isfinite(v[i])) hi = fabsf(v[i]);
    return hi > 0 ? hi : 1;
}

int stage_window(int n, int n_visible, int current) {
    if (n <= n_visible) return 0;
    int first = current - n_visible / 2;
    if (first < 0) first = 0;
    return first > n - n_visible ? n - n_visible : first;
}
