/* The logit lens: a table of positions and depths, and above it the rank of two
 * tokens through depth. */
#include "viz/views/residual/residual.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>

#define ROW_U      22.0f
#define ROW_MAX_U  56.0f
#define ROW_LARGE  44.0f  /* from here on its letters are larger, too */
#define CELL_U     64.0f  /* the narrowest with a number beside the token */
#define WORD_U     100.0f /* the narrowest with one beside a long token */
#define COLUMN_U   30.0f  /* the narrowest at all */
#define NAMES      3      /* of a column, from the longest */
#define LABEL_U    110.0f
#define GOES_ON_U  150.0f
#define CHART_U    150.0f
#define CHART_MAX  480.0f /* where few tokens leave it room */
#define HEAD_U     40.0f
#define POINTS_MAX 256

typedef struct Table {
    ResidualDepth depth;
    Rect area;              /* of the cells */
    int points[POINTS_MAX]; /* those shown, in order */
    int n_columns, column_w;
    int name; /* which of the columns' names all have room for; NAMES: none */
    int layer_w;  /* of all columns of a layer */
    bool is_high; /* a number stands below its token, not beside it */
    int first_row, n_rows, row_h;
    int label_w, goes_on_w; /* goes_on_w 0: no such column */
    float type;             /* size of tokens */
} Table;

/* ---- what columns are called -------------------------------------------- */

/* "+ attention" and "+ MLP", or shorter, in the colour of what is added. */
static const char *added_name(const Stage *s, ResidualPoint p, int name,
                              Color *color) {
    static const char *const begins[NAMES] = {"embedding", "emb.", "emb."};
    static const char *const looks[NAMES] = {"+ attention", "+ att.", "att."};
    static const char *const works[NAMES] = {"+ MLP", "+ MLP", "MLP"};
    *color = s->theme->residual;
    if (p.sum == SITE_NONE) return begins[name];
    const bool attention = residual_is_attention(s->config->arch, p.sum);
    *color = attention ? s->theme->value : s->theme->mlp;
    return attention ? looks[name] : works[name];
}

/* The longest kind of name that all columns have room for. */
static int name_that_fits(const Stage *s, const Table *t) {
    const int room = t->column_w - stage_u(s, 5);
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    Color unused;
    for (int name = 0; name < NAMES; name++) {
        int most = 0;
        for (int i = 0; i < num_min(t->n_columns, 3); i++) {
            const ResidualPoint p = residual_point(&t->depth, t->points[i]);
            most = num_max(most,
                           canvas_text_width(s->canvas, style,
                                             added_name(s, p, name, &unused)));
        }
        if (most <= room) return name;
    }
    return NAMES;
}

/* ---- where things lie ---------------------------------------------------- */

/* All points or, where a short word has no room, whole layers; then of these as
 * many as have room, the last ones. */
static void choose_columns(const Stage *s, Table *t, int room) {
    const int n = t->depth.n_points, step = num_max(t->depth.n_sums, 1);
    const TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->text);
    const int half =
        canvas_text_width(s->canvas, style, "some") + stage_u(s, 9);
    const int by = n * half <= room && n <= POINTS_MAX ? 1 : step;
    const int most = num_clamp(room / stage_u(s, COLUMN_U), 1, POINTS_MAX);
    const int fit = (n - 1) / by + 1;
    const int first = fit <= most ? 0 : fit - most;
    t->n_columns = 0;
    for (int i = first; i < fit; i++)
        t->points[t->n_columns++] = i * by;
    t->column_w = room / num_max(t->n_columns, 1);
    t->layer_w = t->column_w * (by == 1 ? step : 1);
}

/* A token and its number one below the other, apart by a letter's height. */
static bool has_two_lines(const Stage *s, float type, int h) {
    const TextStyle token = text_style(FACE_SANS, type, s->theme->text);
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    const int cap = canvas_metrics(s->canvas, token).cap;
    return 2 * cap + canvas_metrics(s->canvas, mono).cap <= h;
}

static void lay_out(const Stage *s, Table *t, Rect r) {
    t->depth = residual_depth(s->config);
    t->label_w = stage_u(s, LABEL_U);
    t->goes_on_w = r.w > stage_u(s, 900) ? stage_u(s, GOES_ON_U) : 0;
    const int room = num_max(r.w - t->label_w - t->goes_on_w, 1);
    choose_columns(s, t, room);
    t->name = name_that_fits(s, t);
    const int head = stage_u(s, HEAD_U), height = num_max(r.h - head, 1);
    t->n_rows = num_clamp(height / stage_u(s, ROW_U), 1, s->n_pos);
    t->row_h = num_min(height / t->n_rows, stage_u(s, ROW_MAX_U));
    t->type = t->row_h >= stage_u(s, ROW_LARGE) ? TYPE_BODY : TYPE_SMALL;
    t->is_high =
        t->column_w < stage_u(s, WORD_U) && has_two_lines(s, t->type, t->row_h);
    t->first_row = stage_window(s->n_pos, t->n_rows, s->pos);
    t->area = (Rect){r.x + t->label_w, r.y + head, t->column_w * t->n_columns,
                     t->row_h * t->n_rows};
}

static Rect cell(const Table *t, int row, int column) {
    return (Rect){t->area.x + column * t->column_w, t->area.y + row * t->row_h,
                  t->column_w - 1, t->row_h - 1};
}

static int middle_of(const Table *t, int column) {
    return t->area.x + column * t->column_w + t->column_w / 2;
}

/* ---- the table ----------------------------------------------------------- */

static const StudyLens *lens_at(const Stage *s, const Table *t, int point,
                                int pos) {
    const ResidualPoint p = residual_point(&t->depth, point);
    return study_lens(s->study, p.site, p.layer, pos);
}

/* The column from which on the best guess is that of the end; n_columns while
 * that is not known. */
static int settles_at(const Stage *s, const Table *t, int pos) {
    int at = t->n_columns;
    const StudyLens *last = NULL;
    for (int i = t->n_columns - 1; i >= 0; i--) {
        const StudyLens *lens = lens_at(s, t, t->points[i], pos);
        if (!last) last = lens;
        if (!lens || lens->id[0] != last->id[0]) break;
        at = i;
    }
    return at;
}

/* The number below the token, or beside it: the bar says it, too, so there it
 * yields to the token. */
static void draw_guess(const Stage *s, const Table *t, Rect r, TextStyle style,
                       const char *token, const char *number) {
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int pad = stage_u(s, 6), half = r.h / 2;
    mono.align = ALIGN_RIGHT;
    if (t->is_high) {
        canvas_text_fit(s->canvas, style, r.x + pad,
                        r.y + (half + cap) / 2 + stage_u(s, 1),
                        num_max(r.w - pad - pad / 2, 0), token);
        canvas_text_row(s->canvas, mono, r.x + r.w - pad / 2, r.y + half,
                        r.h - half, number);
        return;
    }
    int number_w = canvas_text_width(s->canvas, mono, number) + pad;
    if (r.w < number_w + 2 * pad + canvas_text_width(s->canvas, style, token))
        number_w = 0;
    else
        canvas_text_row(s->canvas, mono, r.x + r.w - pad / 2, r.y, r.h, number);
    canvas_text_fit(s->canvas, style, r.x + pad, r.y + (r.h + cap) / 2,
                    num_max(r.w - pad - number_w - pad / 2, 0), token);
}

static void draw_cell(const Stage *s, const Table *table, Rect r,
                      const StudyLens *lens, bool settled, bool begins) {
    const Theme *t = s->theme;
    char token[STAGE_LABEL_MAX], number[16];
    canvas_fill(s->canvas, r, color_mix(t->window, t->well, .6f));
    Rect bar = r;
    bar.w = (int)lroundf(lens->prob[0] * (float)r.w);
    const Color ground = settled ? color_mix(t->window, t->accent, .36f)
                                 : color_mix(t->window, t->soft, .28f);
    canvas_fill(s->canvas, bar, ground);
    if (begins)
        canvas_fill(s->canvas, (Rect){r.x, r.y, stage_u(s, 3), r.h}, t->accent);
    tokenizer_show(s->tokenizer, lens->id[0], token, sizeof token);
    stage_weight_text(lens->prob[0], number);
    draw_guess(
        s, table, r,
        text_style(settled ? FACE_BOLD : FACE_SANS, table->type, t->text),
        token, number);
}

static void draw_row_label(const Stage *s, const Table *t, int row, int pos) {
    const bool current = pos == s->pos;
    Rect r = {t->area.x - t->label_w, t->area.y + row * t->row_h,
              t->label_w - stage_u(s, 8), t->row_h - 1};
    if (current)
        canvas_round(s->canvas, r, (float)stage_u(s, 4), s->theme->select);
    const Color ink = current ? s->theme->select_ink : s->theme->text;
    TextStyle index =
        text_style(FACE_MONO, TYPE_TINY, current ? ink : s->theme->soft);
    TextStyle label = text_style(FACE_SANS, t->type, ink);
    index.align = ALIGN_RIGHT;
    char number[12];
    snprintf(number, sizeof number, "%d", pos);
    canvas_text_row(s->canvas, index, r.x + stage_u(s, 30), r.y, r.h, number);
    const int cap = canvas_metrics(s->canvas, label).cap;
    canvas_text_fit(s->canvas, label, r.x + stage_u(s, 38),
                    r.y + (r.h + cap) / 2, r.w - stage_u(s, 40),
                    s->labels[pos]);
    hits_pick(s->hits, r, pick_number(STATE_TOKEN, pos));
}

/* What the text really has where the logits are about, and how the end of the
 * model ranked it. */
static void draw_goes_on(const Stage *s, const Table *t, int row, int pos) {
    const Theme *theme = s->theme;
    const int x = t->area.x + t->area.w + stage_u(s, 14);
    const int y = t->area.y + row * t->row_h;
    TextStyle style = text_style(FACE_SANS, t->type, theme->soft);
    const int told = masked_told(s, pos);
    if (told < 0) {
        canvas_text_row(s->canvas, style, x, y, t->row_h,
                        masked_tells(s) ? "it does not say"
                                        : "not written yet");
        return;
    }
    const ResidualPoint end = residual_point(&t->depth, t->depth.n_points - 1);
    const StudyRank *rank =
        study_rank(s->study, end.site, end.layer, pos, told);
    style.color = theme->text;
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int w = t->goes_on_w - stage_u(s, 80);
    canvas_text_fit(s->canvas, style, x, y + (t->row_h + cap) / 2, w,
                    s->labels[pos + arch_ahead(s->config->arch)]);
    if (!rank) return;
    char text[40] = "✓", place[32];
    stage_count_text((uint64_t)rank->rank, place);
    if (rank->rank > 1) snprintf(text, sizeof text, "rank %s", place);
    style.color = rank->rank == 1 ? theme->good : theme->soft;
    canvas_text_row(s->canvas, style, x + w + stage_u(s, 6), y, t->row_h, text);
}

static void draw_row(const Stage *s, const Table *t, int row) {
    const int pos = t->first_row + row, settled = settles_at(s, t, pos);
    draw_row_label(s, t, row, pos);
    for (int i = 0; i < t->n_columns; i++) {
        const StudyLens *lens = lens_at(s, t, t->points[i], pos);
        const Rect r = cell(t, row, i);
        if (lens)
            draw_cell(s, t, r, lens, i >= settled, i == settled);
        else
            stage_draw_missing(s, r);
        const ResidualPoint p = residual_point(&t->depth, t->points[i]);
        hits_pick(s->hits, r,
                  pick_and(pick_number(STATE_TOKEN, pos),
                           pick_number(STATE_LAYER, p.layer)));
    }
    if (t->goes_on_w) draw_goes_on(s, t, row, pos);
    if (pos != s->pos) return;
    const int w = stage_u(s, 2);
    const Rect all = {t->area.x, t->area.y + row * t->row_h, t->area.w,
                      t->row_h};
    canvas_frame(s->canvas, rect_inset(all, -w, -w), (float)w, (float)w,
                 s->theme->query);
}

/* ---- over the columns ---------------------------------------------------- */

static void draw_head(const Stage *s, const Table *t) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    const int y = t->area.y - stage_u(s, 8);
    int layer = -1;
    canvas_text(s->canvas, style, t->area.x - t->label_w, y, "position");
    for (int i = 0; i < t->n_columns; i++) {
        const ResidualPoint p = residual_point(&t->depth, t->points[i]);
        const int x = t->area.x + i * t->column_w;
        const bool is_layer = p.sum != SITE_NONE;
        char text[24];
        snprintf(text, sizeof text,
                 t->layer_w >= stage_u(s, CELL_U) ? "layer %d" : "%d", p.layer);
        if (is_layer && p.layer != layer)
            canvas_text_fit(s->canvas, bold, x + stage_u(s, 4),
                            y - stage_u(s, 16), t->layer_w, text);
        if (is_layer) layer = p.layer;
        if (t->name == NAMES) continue;
        const char *name = added_name(s, p, t->name, &style.color);
        canvas_text(s->canvas, style, x + stage_u(s, 4), y, name);
    }
    style.color = s->theme->soft;
    if (t->goes_on_w)
        canvas_text_either(
            s->canvas, style, t->area.x + t->area.w + stage_u(s, 14), y,
            t->goes_on_w - stage_u(s, 14),
            masked_tells(s) ? "the text has" : "the text goes on with",
            masked_tells(s) ? "the text has" : "goes on with");
}

/* ---- ranks --------------------------------------------------------------- */

/* Down a rank's place on a logarithmic axis, 1 on top. */
static int rank_y(const Stage *s, Rect r, int rank) {
    const double all = log((double)num_max(s->config->vocab_size, 2));
    return r.y + (int)lround(log((double)rank) / all * (double)r.h);
}

static void draw_axis(const Stage *s, const Table *t, Rect r) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    for (int rank = 1; rank < s->config->vocab_size; rank *= 10) {
        const int y = rank_y(s, r, rank);
        canvas_fill(s->canvas, (Rect){r.x, y, r.w, stage_u(s, 1)},
                    s->theme->rule);
        canvas_textf(s->canvas, style, r.x - stage_u(s, 10), y + stage_u(s, 4),
                     "%d", rank);
    }
    /* Over the 1, which is as high as its letters are in a small window. */
    const int above = canvas_metrics(s->canvas, style).cap + stage_u(s, 2);
    char token[STAGE_SAID_MAX];
    stage_say_token(s, stage_read_id(s, s->pos), token);
    style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    canvas_textf(s->canvas, style, t->area.x - t->label_w, r.y - above,
                 "rank %s %s", masked_tells(s) ? "at" : "after", token);
}

static const StudyRank *rank_at(const Stage *s, const Table *t, int column,
                                int id) {
    const ResidualPoint p = residual_point(&t->depth, t->points[column]);
    return study_rank(s->study, p.site, p.layer, s->pos, id);
}

/* One of the two tokens in the chart: the one in question thick and filled. */
typedef struct Curve {
    int id, other; /* -1: there is none */
    Color color;
    bool is_thick;
} Curve;

static void draw_curve(const Stage *s, const Table *t, Rect r, Curve k) {
    float last_x = -1, last_y = 0;
    for (int i = 0; i < t->n_columns; i++) {
        const StudyRank *rank = rank_at(s, t, i, k.id);
        const float x = (float)middle_of(t, i);
        const float y = rank ? (float)rank_y(s, r, rank->rank) : 0;
        if (rank && last_x >= 0)
            canvas_line(s->canvas, last_x, last_y, x, y,
                        (float)stage_u(s, k.is_thick ? 3 : 2), k.color);
        last_x = rank ? x : -1;
        last_y = y;
    }
}

/* The number stands away from the other token's point, on a ground of its own
 * where lines pass. */
static void draw_rank(const Stage *s, const Table *t, Rect r, Curve k,
                      int column) {
    const StudyRank *rank = rank_at(s, t, column, k.id);
    const StudyRank *other =
        k.other < 0 ? NULL : rank_at(s, t, column, k.other);
    if (!rank) return;
    const int x = middle_of(t, column), y = rank_y(s, r, rank->rank);
    canvas_circle(s->canvas, (float)x, (float)y, (float)stage_u(s, 5), k.color);
    if (!k.is_thick)
        canvas_circle(s->canvas, (float)x, (float)y, (float)stage_u(s, 3),
                      s->theme->window);
    if (t->column_w < stage_u(s, COLUMN_U)) return;
    char text[12];
    snprintf(text, sizeof text, "%d", rank->rank);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, k.color);
    style.align = ALIGN_CENTER;
    const bool above = other ? rank->rank < other->rank : k.is_thick;
    const int w = canvas_text_width(s->canvas, style, text) + stage_u(s, 2);
    const int h = stage_u(s, 14);
    const Rect plate = {x - w / 2, y + stage_u(s, above ? -22 : 8), w, h};
    canvas_fill(s->canvas, plate, s->theme->window);
    canvas_text_row(s->canvas, style, x, plate.y, h, text);
}

static void draw_curves(const Stage *s, const Table *t, Rect r, int a, int b) {
    const Curve curves[] = {{b, a, s->theme->query, false},
                            {a, b, s->theme->accent, true}};
    for (int i = 0; i < 2; i++)
        if (curves[i].id >= 0) draw_curve(s, t, r, curves[i]);
    for (int i = 0; i < 2; i++)
        for (int k = 0; curves[i].id >= 0 && k < t->n_columns; k++)
            draw_rank(s, t, r, curves[i], k);
}

/* A point as the line has them, filled or hollow, and whose line it is; at the
 * end of the chart with what the token has in the end, or left of the chart. */
static void draw_legend(const Stage *s, const Table *t, Rect r, int id,
                        Color color, int line) {
    const bool ends = t->goes_on_w > 0;
    const int x =
        ends ? t->area.x + t->area.w + stage_u(s, 14) : t->area.x - t->label_w;
    const int y =
        r.y + line * stage_u(s, ends ? 44 : 28) + stage_u(s, ends ? 12 : 22);
    const int dot = stage_u(s, 5), name = x + stage_u(s, ends ? 26 : 16);
    const int room =
        ends ? t->goes_on_w - stage_u(s, 40) : t->label_w - stage_u(s, 16 + 44);
    char token[STAGE_LABEL_MAX], percent[16];
    tokenizer_show(s->tokenizer, id, token, sizeof token);
    if (ends)
        canvas_fill(s->canvas,
                    (Rect){x, y - dot - stage_u(s, 1), stage_u(s, 20),
                           stage_u(s, line == 0 ? 3 : 2)},
                    color);
    const float cx = (float)(x + stage_u(s, ends ? 10 : 5));
    canvas_circle(s->canvas, cx, (float)(y - dot), (float)dot, color);
    if (line > 0)
        canvas_circle(s->canvas, cx, (float)(y - dot), (float)stage_u(s, 3),
                      s->theme->window);
    canvas_text_fit(s->canvas, text_style(FACE_BOLD, TYPE_SMALL, color), name,
                    y, room, token);
    const ResidualPoint end = residual_point(&t->depth, t->depth.n_points - 1);
    const StudyRank *rank =
        study_rank(s->study, end.site, end.layer, s->pos, id);
    if (!ends || !rank) return;
    stage_probability_text((double)rank->prob, percent);
    canvas_text(s->canvas, text_style(FACE_MONO, TYPE_TINY, s->theme->text),
                name, y + stage_u(s, 17), percent);
}

static void draw_chart(const Stage *s, const Table *t, Rect r) {
    int a, b;
    if (!residual_tokens(s, &a, &b)) {
        stage_draw_missing(s, r);
        return;
    }
    draw_axis(s, t, r);
    draw_curves(s, t, r, a, b);
    draw_legend(s, t, r, a, s->theme->accent, 0);
    if (b >= 0) draw_legend(s, t, r, b, s->theme->query, 1);
}

/* ---- in words ------------------------------------------------------------ */

/* "␣Mia first leads after the attention of layer 3." */
static void draw_sentence(const Stage *s, const Table *t, Rect r) {
    const int at = settles_at(s, t, s->pos);
    const StudyLens *last = lens_at(s, t, t->points[t->n_columns - 1], s->pos);
    if (!last || at == t->n_columns) return;
    const ResidualPoint p = residual_point(&t->depth, t->points[at]);
    char token[STAGE_SAID_MAX], text[STAGE_SAID_MAX + 128];
    Color unused;
    stage_say_token(s, last->id[0], token);
    const char *name = added_name(s, p, 0, &unused);
    char place[48];
    snprintf(place, sizeof place, "the %s of layer %d", name + 2, p.layer);
    if (p.sum == SITE_NONE) snprintf(place, sizeof place, "the %s", name);
    const int n =
        snprintf(text, sizeof text, "%s leads from %s on.", token, place);
    static const char *const legends[] = {
        " In a cell: the best guess, its bar the probability. Orange: from "
        "here "
        "on it stays.",
        " Bar: probability. Orange: from here on the guess stays.",
        " Orange: from here on the guess stays.", ""};
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->text);
    for (int i = 0; i < 4; i++) {
        snprintf(text + n, sizeof text - (size_t)n, "%s", legends[i]);
        if (canvas_text_width(s->canvas, style, text) <= r.w) break;
    }
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, TYPE_BODY), r.w,
                    text);
}

void residual_draw_lens(const Stage *s, Rect r) {
    Table t;
    const int sentence = stage_u(s, 28);
    int chart = stage_u(s, CHART_U);
    if (r.h < sentence + chart + stage_u(s, 220)) chart = 0;
    const int air = chart ? stage_u(s, 60) : 0;
    const int rows = stage_u(s, HEAD_U) + s->n_pos * stage_u(s, ROW_MAX_U);
    if (chart)
        chart = num_clamp(r.h - sentence - air - rows, chart,
                          stage_u(s, CHART_MAX));
    const Rect table = {r.x, r.y + sentence + chart + air, r.w,
                        num_max(r.h - sentence - chart - air, 1)};
    lay_out(s, &t, table);
    draw_sentence(s, &t, r);
    if (chart)
        draw_chart(
            s, &t,
            (Rect){t.area.x, r.y + sentence + stage_u(s, 24), t.area.w, chart});
    draw_head(s, &t);
    for (int i = 0; i < t.n_rows; i++)
        draw_row(s, &t, i);
}
