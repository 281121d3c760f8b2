/* Direct attribution: what every part adds to the answer, end to end; beside it
 * what it is worth. */
#include "viz/views/residual/residual.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROW_U     19.0f
#define ROW_MAX_U 42.0f
#define NAME_U    96.0f
#define LOOKS_U   150.0f
#define VALUE_U   96.0f
#define WORTH_U   170.0f /* the narrowest bars of it */
#define WINS_U    176.0f
#define BAND_U    178.0f
#define ROWS_MAX  96

/* Lines that stand for several parts, where a part's number is. */
enum {
    OTHERS = -1,  /* all but the strongest */
    EARLIER = -2, /* those before the ones listed, */
    LATER = -3    /* and after them */
};

/* One line of the table. */
typedef struct Line {
    int part;                 /* or one of the above */
    int n;                    /* parts that it stands for */
    double value, was, start; /* start: where its bar begins */
    ResidualWorth worth;      /* not asked for: neither known nor missing */
} Line;

typedef struct Table {
    const StudyWhy *now, *before;
    int a, b;
    Line lines[ROWS_MAX];
    int n_lines;
    int first, n_listed; /* of a list of all parts; first -1: it is not one */
    double low, high;    /* of the axis */
    int row_h, bars_x, bars_w, value_x, was_x; /* was_x 0: no such column */
    int worth_x, worth_w; /* bars of what it is worth; worth_w 0: none */
    int wins_w;           /* the likeliest token without it; 0: none */
    double worth_most;
    int runs; /* that may be asked for */
    bool looks;
    Rect r;
} Table;

/* ---- parts --------------------------------------------------------------- */

/* The last of StudyWhy's parts, where a model has biases. */
static bool is_biases(const Stage *s, int part) {
    return part == 1 + s->config->n_layers * (s->config->n_heads + 1);
}

/* Parts in the order of study_why: the layer, and the head in it; heads come
 * before the MLP, whose head is -1.  The embedding and the biases have layer
 * -1. */
static void part_place(const Stage *s, int part, int *layer, int *head) {
    const int per_layer = s->config->n_heads + 1;
    const bool none = part == 0 || is_biases(s, part);
    *layer = none ? -1 : (part - 1) / per_layer;
    *head = none ? -1 : (part - 1) % per_layer;
    if (*head == s->config->n_heads) *head = -1;
}

/* What a part counts that was taken from another run, see StudyWhy. */
static const char *first_name(const Stage *s) {
    const Edits *e = trace_edits(s->trace);
    bool added = false;
    for (int i = 0; i < e->n; i++) {
        if (e->list[i].kind != EDIT_PATCH || !edits_is_at(&e->list[i], s->pos))
            continue;
        const Site site = edits_site(&e->list[i]);
        if (site == SITE_RESID_MID || site == SITE_RESID_POST)
            return "patched in";
        added = added || site == SITE_ATTN_OUT;
    }
    return added ? "emb. + patch" : "embedding";
}

static void part_name(const Stage *s, int part, char *out, size_t size) {
    int layer, head;
    part_place(s, part, &layer, &head);
    if (is_biases(s, part))
        snprintf(out, size, "biases");
    else if (layer < 0)
        snprintf(out, size, "%s", first_name(s));
    else if (head < 0)
        snprintf(out, size, "MLP %d%s", layer, residual_direction(s, layer));
    else
        snprintf(out, size, "head %d.%d", layer, head);
}

/* The one whose number is opened; -1: none. */
static int opened_part(const Stage *s) {
    const ResidualOpened o = residual_opened_why(s);
    const int per_layer = s->config->n_heads + 1;
    if (o.number == RESIDUAL_LOGIT || o.is_token) return -1;
    if (o.of.kind == STUDY_VECTOR_EMBED) return 0;
    const int at =
        o.of.kind == STUDY_VECTOR_HEAD ? o.of.number : s->config->n_heads;
    return 1 + o.of.layer * per_layer + at;
}

/* How large a part must be to be one of the `room` strongest. */
static double least_shown(const StudyWhy *why, int room) {
    double low = 0, high = 0;
    for (int i = 0; i < why->n_parts; i++)
        high = fmax(high, fabs(why->parts[i]));
    for (int round = 0; round < 60; round++) {
        const double middle = (low + high) / 2;
        int n = 0;
        for (int i = 0; i < why->n_parts; i++)
            n += fabs(why->parts[i]) >= middle;
        if (n > room)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void add_part(Table *t, Line *line, int i) {
    line->value += t->now->parts[i];
    if (t->before && i < t->before->n_parts) line->was += t->before->parts[i];
    line->n++;
}

/* One that stands for parts from..end, if there are any. */
static void add_line(Table *t, int part, int from, int end) {
    Line line = {.part = part};
    for (int i = from; i < end; i++)
        add_part(t, &line, i);
    if (line.n) t->lines[t->n_lines++] = line;
}

/* All parts in order, those of `room` lines from the state's row on. */
static void list_parts(Table *t, int row, int room) {
    const int n = t->now->n_parts;
    t->n_listed = num_max(room - 2, 1);
    t->first = num_clamp(row, 0, num_max(n - t->n_listed, 0));
    const int end = num_min(t->first + t->n_listed, n);
    add_line(t, EARLIER, 0, t->first);
    for (int i = t->first; i < end; i++)
        add_line(t, i, i, i + 1);
    add_line(t, LATER, end, n);
}

/* The strongest and the one that is opened, in order, and the sum of the
 * others in one line at the end. */
static void list_strongest(Table *t, int opened, int room) {
    const StudyWhy *why = t->now;
    Line others = {.part = OTHERS};
    double least = least_shown(why, room - 1);
    int left = room - 1;
    if (opened >= 0 && fabs(why->parts[opened]) < least && room > 2) {
        least = least_shown(why, room - 2);
        left--;
    }
    for (int i = 0; i < why->n_parts; i++) {
        const bool strong = fabs(why->parts[i]) >= least && left > 0;
        left -= strong;
        if (strong || i == opened)
            add_line(t, i, i, i + 1);
        else
            add_part(t, &others, i);
    }
    t->lines[t->n_lines++] = others;
}

/* All parts where they fit, else the strongest or a part of the list. */
static void choose_lines(const Stage *s, Table *t, int room) {
    const int n = t->now->n_parts;
    t->first = -1;
    if (n <= room)
        for (int i = 0; i < n; i++)
            add_line(t, i, i, i + 1);
    else if (s->state->row >= 0)
        list_parts(t, s->state->row, room);
    else
        list_strongest(t, opened_part(s), room);
    double at = 0;
    for (int i = 0; i < t->n_lines; i++) {
        t->lines[i].start = at;
        at += t->lines[i].value;
        t->low = fmin(t->low, at);
        t->high = fmax(t->high, at);
    }
    if (t->high - t->low < 1e-9) t->high = t->low + 1;
}

/* ---- what parts are worth ------------------------------------------------ */

/* How many parts are stronger. */
static int rank_of(const StudyWhy *why, int part) {
    int rank = 0;
    for (int i = 0; i < why->n_parts; i++)
        rank += fabs(why->parts[i]) > fabs(why->parts[part]);
    return rank;
}

/* The embedding is the question itself; it cannot be switched off, and neither
 * can biases. */
static void measure(const Stage *s, Table *t) {
    t->worth_most = 1e-9;
    for (int i = 0; i < t->n_lines; i++) {
        Line *l = &t->lines[i];
        int layer, head;
        if (l->part <= 0 || rank_of(t->now, l->part) >= t->runs) continue;
        part_place(s, l->part, &layer, &head);
        if (layer < 0) continue;
        l->worth =
            residual_worth(s, t->a, t->b, head < 0 ? EDIT_MLP : EDIT_HEAD,
                           layer, num_max(head, 0));
        if (l->worth.known)
            t->worth_most = fmax(t->worth_most, fabs(l->worth.value));
    }
}

/* ---- drawing ------------------------------------------------------------- */

static int bar_x(const Table *t, double value) {
    return t->bars_x + (int)lround((value - t->low) / (t->high - t->low) *
                                   (double)t->bars_w);
}

static int line_y(const Table *t, int i) {
    return t->r.y + i * t->row_h;
}

static void number_at(const Stage *s, int right, int y, int h, Face face,
                      Color color, double v) {
    char text[24];
    TextStyle style = text_style(face, TYPE_SMALL, color);
    style.align = ALIGN_RIGHT;
    snprintf(text, sizeof text, "%s", number_signed(v, 3).s);
    canvas_text_row(s->canvas, style, right, y, h, text);
}

/* The token that a head looks at most from here, and how much. */
static void draw_looks(const Stage *s, const Table *t, int layer, int head,
                       int y) {
    const int n = trace_n_keys(s->trace, s->pos);
    const float *row = stage_row(s, SITE_PATTERN, layer, s->pos);
    if (!row) return;
    row += (size_t)head * n;
    int best = 0;
    for (int key = 1; key < n; key++)
        if (row[key] > row[best]) best = key;
    char weight[16];
    stage_weight_text(row[best], weight);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->key);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mono.align = ALIGN_RIGHT;
    const int x = t->r.x + stage_u(s, NAME_U), w = stage_u(s, LOOKS_U);
    const int cap = canvas_metrics(s->canvas, style).cap;
    canvas_text_fit(s->canvas, style, x, y + (t->row_h + cap) / 2,
                    w - stage_u(s, 80), s->reads[best]);
    canvas_text_row(s->canvas, mono, x + w - stage_u(s, 24), y, t->row_h,
                    weight);
}

static void draw_bar(const Stage *s, const Table *t, const Line *l, int y) {
    const Theme *theme = s->theme;
    if (!isfinite(l->start + l->value)) return;
    const int x0 = bar_x(t, l->start), x1 = bar_x(t, l->start + l->value);
    const int h = num_max(t->row_h * 3 / 5, 2);
    const Rect bar = {num_min(x0, x1), y + (t->row_h - h) / 2,
                      num_max(abs(x1 - x0), stage_u(s, 1)), h};
    canvas_fill(s->canvas, bar, l->value >= 0 ? theme->accent : theme->query);
    /* The thread that runs from one bar's end to the next one's start, of the
     * last to the sum's rule. */
    const bool is_last = l == &t->lines[t->n_lines - 1];
    canvas_fill(s->canvas,
                (Rect){x1, y + t->row_h / 2, stage_u(s, 1),
                       is_last ? t->row_h / 2 : t->row_h},
                theme->soft);
}

static void draw_worth(const Stage *s, const Table *t, const ResidualWorth *w,
                       int y) {
    const int h = num_max(t->row_h * 3 / 5, 3);
    const Rect all = {t->worth_x, y + (t->row_h - h) / 2, t->worth_w, h};
    if (!w->known) {
        if (w->missing) stage_draw_missing(s, all);
        return;
    }
    const int middle = all.x + all.w / 2;
    const int len = num_max(
        (int)lround(fabs(w->value) / t->worth_most * ((double)all.w / 2)),
        stage_u(s, 2));
    if (isfinite(w->value))
        residual_draw_outlined(
            s, (Rect){w->value >= 0 ? middle : middle - len, all.y, len, h},
            w->value >= 0);
    const int right = t->worth_x + t->worth_w + stage_u(s, 70);
    number_at(s, right, y, t->row_h, FACE_MONO, s->theme->text, w->value);
    if (!t->wins_w) return;
    char token[STAGE_SAID_MAX], text[STAGE_SAID_MAX + 8];
    TextStyle style =
        text_style(FACE_SANS, TYPE_SMALL,
                   w->best == t->b ? s->theme->query : s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    mono.align = ALIGN_RIGHT;
    stage_probability_text(w->prob, text);
    stage_number_fit(s, mono, stage_u(s, 68), text);
    canvas_text_row(s->canvas, mono, right + t->wins_w, y, t->row_h, text);
    if (w->best == t->a) return;
    stage_say_token(s, w->best, token);
    snprintf(text, sizeof text, "%s wins", token);
    const int cap = canvas_metrics(s->canvas, style).cap;
    canvas_text_either(s->canvas, style, right + stage_u(s, 12),
                       y + (t->row_h + cap) / 2, t->wins_w - stage_u(s, 80),
                       text, token);
}

/* The first of n texts that fits, nothing where none does. */
static void text_that_fits(const Stage *s, TextStyle style, int x, int y, int w,
                           const char *const *texts, int n) {
    for (int i = 0; i < n; i++) {
        if (canvas_text_width(s->canvas, style, texts[i]) > w) continue;
        canvas_text(s->canvas, style, x, y, texts[i]);
        return;
    }
}

static void draw_worth_head(const Stage *s, const Table *t, int y) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    char token[STAGE_SAID_MAX], text[STAGE_SAID_MAX + 48];
    canvas_fill(s->canvas,
                (Rect){t->worth_x + t->worth_w / 2, t->r.y, stage_u(s, 1),
                       t->n_lines * t->row_h},
                s->theme->rule);
    static const char *const says[] = {
        "outlined: what it is worth, measured without it",
        "outlined: measured without it", "outlined: measured"};
    text_that_fits(s, style, t->worth_x, y, t->worth_w, says, 3);
    style.align = ALIGN_RIGHT;
    const int right = t->worth_x + t->worth_w + stage_u(s, 70);
    canvas_text(s->canvas, style, right, y, "worth");
    if (!t->wins_w) return;
    stage_say_token(s, t->a, token);
    snprintf(text, sizeof text, "without it, %s", token);
    canvas_text(s->canvas, style, right + t->wins_w, y, text);
}

/* A part's vector, as it is opened by. */
static ResidualVector vector_of(const Stage *s, int part) {
    int layer, head;
    part_place(s, part, &layer, &head);
    if (layer < 0) return (ResidualVector){STUDY_VECTOR_EMBED, 0, 0};
    if (head >= 0) return (ResidualVector){STUDY_VECTOR_HEAD, head, layer};
    return (ResidualVector){STUDY_VECTOR_ADDED,
                            study_sum_that_adds(s->config->arch, false), layer};
}

/* A ground under the number that is opened. */
static void mark(const Stage *s, Rect r) {
    canvas_round(s->canvas, r, (float)stage_u(s, 4), s->theme->well);
    canvas_frame(s->canvas, r, (float)stage_u(s, 4), (float)stage_u(s, 1),
                 s->theme->soft);
}

/* Its row opens what it adds; the right part what it is worth. */
static void add_hits(const Stage *s, const Table *t, const Line *l, Rect row) {
    const ResidualVector v = vector_of(s, l->part);
    const ResidualOpened o = residual_opened_why(s);
    const bool opened = !o.is_token && o.of.kind == v.kind &&
                        o.of.number == v.number && o.of.layer == v.layer;
    const int number = stage_u(s, 76);
    hits_pick(s->hits, row, residual_pick_part(s, v, "adds"));
    if (opened && o.number == RESIDUAL_ADDS)
        mark(s, (Rect){t->value_x - number, row.y, number + stage_u(s, 4),
                       row.h - 1});
    if (t->was_x)
        hits_pick(s->hits, (Rect){t->was_x - number, row.y, number, row.h},
                  pick_and(residual_pick_part(s, v, "adds"),
                           pick_word(STATE_OPENED, "before")));
    if (!t->worth_w || v.kind == STUDY_VECTOR_EMBED) return;
    const int right = t->worth_x + t->worth_w + stage_u(s, 70);
    if (opened && o.number == RESIDUAL_WORTH)
        mark(s,
             (Rect){right - number, row.y, number + stage_u(s, 4), row.h - 1});
    hits_pick(s->hits,
              (Rect){t->worth_x, row.y, row.x + row.w - t->worth_x, row.h},
              residual_pick_part(s, v, "worth"));
}

/* A line of several parts opens to the list of all, or to more of it. */
static void add_group_hit(const Stage *s, const Table *t, const Line *l,
                          Rect row) {
    const int to = l->part == OTHERS    ? 0
                   : l->part == EARLIER ? num_max(t->first - t->n_listed, 0)
                                        : t->first + t->n_listed;
    hits_pick(s->hits, row, pick_number(STATE_ROW, to));
    if (!rect_contains(row, s->mouse_x, s->mouse_y)) return;
    tip_set(s->tip, row,
            l->part == OTHERS ? "the list of all parts (Ctrl+PageDown)"
                              : "more of the list (Ctrl+PageUp, PageDown)");
}

static void draw_line(const Stage *s, const Table *t, int i) {
    const Line *l = &t->lines[i];
    const int y = line_y(t, i);
    char name[32];
    int layer = -1, head = -1;
    if (l->part < 0) {
        static const char *const names[] = {"others", "before", "after"};
        snprintf(name, sizeof name, "%d %s", l->n, names[OTHERS - l->part]);
    } else {
        part_name(s, l->part, name, sizeof name);
        part_place(s, l->part, &layer, &head);
    }
    const Rect row = {t->r.x, y, t->r.w, t->row_h};
    const bool current = head >= 0 && head == s->head && layer == s->layer;
    if (current)
        canvas_round(s->canvas, row, (float)stage_u(s, 4), s->theme->well);
    if (l->part < 0)
        add_group_hit(s, t, l, row);
    else if (!is_biases(s, l->part))
        add_hits(s, t, l, row);
    TextStyle style =
        text_style(current ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                   layer >= 0 && head < 0 ? s->theme->mlp : s->theme->text);
    canvas_text_row(s->canvas, style, t->r.x, y, t->row_h, name);
    if (t->looks && head >= 0) draw_looks(s, t, layer, head, y);
    draw_bar(s, t, l, y);
    number_at(s, t->value_x, y, t->row_h, FACE_MONO, s->theme->text, l->value);
    if (t->was_x && fabs(l->was - l->value) >= .0005)
        number_at(s, t->was_x, y, t->row_h, FACE_MONO, s->theme->soft, l->was);
    if (t->worth_w) draw_worth(s, t, &l->worth, y);
}

/* "logit ␣Mia − logit ␣Tom" */
static void question_text(const Stage *s, const Table *t, char *out,
                          size_t size) {
    char a[STAGE_SAID_MAX], b[STAGE_SAID_MAX];
    stage_say_token(s, t->a, a);
    if (t->b >= 0) stage_say_token(s, t->b, b);
    if (t->b >= 0)
        snprintf(out, size, "logit of %s less that of %s", a, b);
    else
        snprintf(out, size, "logit of %s", a);
}

/* What the two colours of the bars mean, in as many words as fit. */
static void draw_legend(const Stage *s, const Table *t, TextStyle style,
                        int y) {
    char a[STAGE_SAID_MAX], b[STAGE_SAID_MAX] = "others";
    char full[2 * STAGE_SAID_MAX + 96], middle[2 * STAGE_SAID_MAX + 32];
    char question[2 * STAGE_SAID_MAX + 32], least[2 * STAGE_SAID_MAX + 24];
    question_text(s, t, question, sizeof question);
    stage_say_token(s, t->a, a);
    if (t->b >= 0) stage_say_token(s, t->b, b);
    snprintf(full, sizeof full, "orange adds to, blue takes from the %s",
             question);
    snprintf(middle, sizeof middle, "orange: for %s, blue: for %s", a, b);
    snprintf(least, sizeof least, "orange %s, blue %s", a, b);
    const char *const texts[] = {full, middle, least};
    const int right = t->value_x - canvas_text_width(s->canvas, style, "adds");
    text_that_fits(s, style, t->bars_x, y, right - stage_u(s, 12) - t->bars_x,
                   texts, 3);
}

/* Over a list of all parts: back to the strongest. */
static void draw_back(const Stage *s, const Table *t, int y) {
    const TextStyle style = text_style(FACE_BOLD, TYPE_TINY, s->theme->accent);
    const char *text = "‹ strongest";
    const int w = canvas_text(s->canvas, style, t->r.x, y, text);
    hits_pick(
        s->hits,
        (Rect){t->r.x, y - stage_u(s, 16), w + stage_u(s, 6), stage_u(s, 22)},
        pick_number(STATE_ROW, -1));
}

/* What the wheel scrolls; the strongest come before it. */
static void add_list(const Stage *s, const Table *t) {
    if (t->now->n_parts == t->n_lines) return;
    const bool listed = t->first >= 0;
    const int page = listed ? t->n_listed : t->n_lines - 1;
    hits_add(s->hits, (Hit){.rect = t->r,
                            .kind = HIT_LIST,
                            .rows = t->now->n_parts,
                            .row0 = listed ? t->first : -page,
                            .has_best = true,
                            .arg = page});
}

static void draw_head(const Stage *s, const Table *t, int y) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    if (t->first >= 0)
        draw_back(s, t, y);
    else
        canvas_text(s->canvas, style, t->r.x, y, "part");
    if (t->looks)
        canvas_text(s->canvas, style, t->r.x + stage_u(s, NAME_U), y,
                    "looks most at");
    draw_legend(s, t, style, y);
    style.align = ALIGN_RIGHT;
    canvas_text(s->canvas, style, t->value_x, y, "adds");
    if (t->was_x) canvas_text(s->canvas, style, t->was_x, y, "before");
    if (t->worth_w) draw_worth_head(s, t, y);
    const int x = bar_x(t, 0);
    canvas_fill(s->canvas,
                (Rect){x, t->r.y, stage_u(s, 1), t->n_lines * t->row_h},
                s->theme->rule);
}

/* That it adds up is what makes it an explanation, so it is shown; where the
 * run has rounded, with that. */
static void draw_sum(const Stage *s, const Table *t) {
    const int y = line_y(t, t->n_lines) + stage_u(s, 4);
    const double total = t->now->total, near = 1e-4 * fmax(1, fabs(total));
    double sum = 0, was = 0;
    for (int i = 0; i < t->n_lines; i++) {
        sum += t->lines[i].value;
        was += t->lines[i].was;
    }
    const bool holds = fabs(sum + t->now->rounding - total) <= near;
    const bool rounded = holds && fabs(sum - total) > near;
    canvas_fill(s->canvas,
                (Rect){t->r.x, y - stage_u(s, 2), t->r.w, stage_u(s, 1)},
                s->theme->soft);
    char full[200], text[200], question[2 * STAGE_LABEL_MAX + 32], is[64];
    snprintf(is, sizeof is, "sum %s", holds ? "✓ equals" : "is not");
    if (rounded)
        snprintf(is, sizeof is, "sum and rounding to 8 bits (%s) ✓ equal",
                 number_signed(t->now->rounding, 3).s);
    question_text(s, t, question, sizeof question);
    snprintf(full, sizeof full, "%s the %s: %s", is, question,
             number_signed(total, 3).s);
    snprintf(text, sizeof text, "%s the %s", is, question);
    const char *const texts[] = {full, text,
                                 rounded ? "sum and rounding to 8 bits ✓"
                                 : holds ? "sum ✓ equals the logits' difference"
                                         : "sum is not the logits' difference",
                                 rounded ? "sum, rounded ✓"
                                 : holds ? "sum ✓"
                                         : "sum ✗"};
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL,
                                 holds ? s->theme->good : s->theme->bad);
    const int cap = canvas_metrics(s->canvas, style).cap;
    text_that_fits(s, style, t->r.x, y + (t->row_h + cap) / 2,
                   t->value_x - stage_u(s, VALUE_U - 12) - t->r.x, texts, 4);
    number_at(s, t->value_x, y, t->row_h, FACE_MONO_BOLD, s->theme->text, sum);
    if (t->was_x)
        number_at(s, t->was_x, y, t->row_h, FACE_MONO, s->theme->soft, was);
}

/* The right part, for what parts are worth; how wide. */
static int lay_out_worth(const Stage *s, Table *t, Rect r, int right) {
    const int number = stage_u(s, 70), air = stage_u(s, 24);
    t->wins_w = r.w > stage_u(s, 1000) ? stage_u(s, WINS_U) : 0;
    if (r.w < stage_u(s, 700)) return 0;
    t->worth_w = num_max((r.w - stage_u(s, 460)) / 2 - t->wins_w / 2,
                         stage_u(s, WORTH_U));
    const int all = t->worth_w + number + t->wins_w + air;
    t->worth_x = right - all + air;
    return all;
}

/* Names and bars stay; then the number, what was before, where heads look. */
static void lay_out(const Stage *s, Table *t, Rect r) {
    const int head = stage_u(s, 30), foot = stage_u(s, 40);
    const int height = num_max(r.h - head - foot, 1);
    const int room = num_clamp(height / stage_u(s, ROW_U), 2, ROWS_MAX);
    choose_lines(s, t, room);
    t->row_h = num_clamp(height / t->n_lines, 1, stage_u(s, ROW_MAX_U));
    t->r = (Rect){r.x, r.y + head, r.w, t->row_h * t->n_lines};
    t->looks = r.w > stage_u(s, 860);
    int right = r.x + r.w - stage_u(s, 8);
    right -= lay_out_worth(s, t, r, right);
    if (t->before && r.w > stage_u(s, 520)) {
        t->was_x = right;
        right -= stage_u(s, VALUE_U);
    }
    t->value_x = right;
    t->bars_x = r.x + stage_u(s, NAME_U) +
                (t->looks ? stage_u(s, LOOKS_U) : 0) + stage_u(s, 8);
    t->bars_w = num_max(right - stage_u(s, VALUE_U) - t->bars_x, 1);
}

void residual_draw_why(const Stage *s, Rect r) {
    Table t = {.b = -1};
    if (residual_tokens(s, &t.a, &t.b))
        t.now = study_why(s->study, s->pos, t.a, t.b);
    const bool alike = before_sums_alike(s) && before_predicts_alike(s);
    const int at = alike ? before_pos(s, s->pos) : -1;
    if (!t.now) {
        stage_draw_missing(s, r);
        return;
    }
    if (at >= 0) t.before = study_why(s->against_study, at, t.a, t.b);
    /* Biases are the last part: none is 0, but one more has no line. */
    if (t.before && t.before->n_parts > t.now->n_parts) t.before = NULL;
    t.runs = residual_runs_max(s);
    const bool band = r.h > stage_u(s, 480) && r.w > stage_u(s, 520) &&
                      residual_n_others(s) > 0;
    const int below =
        band ? num_clamp(r.h / 5, stage_u(s, BAND_U), stage_u(s, 2 * BAND_U))
             : 0;
    r.h -= below;
    lay_out(s, &t, r);
    if (t.worth_w) measure(s, &t);
    draw_head(s, &t, r.y + stage_u(s, 16));
    add_list(s, &t);
    for (int i = 0; i < t.n_lines; i++)
        draw_line(s, &t, i);
    draw_sum(s, &t);
    if (band)
        residual_draw_tokens(s, (Rect){r.x, r.y + r.h, r.w, below}, t.a, t.b,
                             t.runs);
}
