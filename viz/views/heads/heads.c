/* All heads of all layers as thumbnails of their attention, by place or sorted
 * by what kind of head they look like on this text. */
#include "viz/views/heads/heads.h"

#include "engine/base/num.h"
#include "viz/paint/scrollbar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEGEND_W        280 /* u, beside the thumbnails */
#define LEGEND_LEAST_H  278 /* without its note */
#define LEGEND_H        352
#define LARGE_LEAST     240 /* of the head that is shown large */
#define COLORBAR_W      14
#define SCROLL_W        5 /* a bar that says which rows or columns are shown */
#define SCROLL_APART    8
#define COLORBAR_TEXT_W 44 /* numbers right of a colour bar */

/* ---- rows and columns named ---------------------------------------------- */

/* Labels stand at every stride-th row or column, so that they keep apart. */
static int stride_for(int label, int pitch) {
    int stride = 1;
    while (stride * pitch < label)
        stride *= 2;
    return stride;
}

static TextStyle label_style(const Stage *s, bool current) {
    return text_style(current ? FACE_MEDIUM : FACE_SANS, TYPE_SMALL,
                      current ? s->theme->text : s->theme->soft);
}

/* Room for "head 7" above each column; numbers alone otherwise. */
static bool has_word_labels(const Stage *s, const HeadsSheet *sheet) {
    char text[24];
    snprintf(text, sizeof text, "head %d ", heads_sheet_band_cols(sheet) - 1);
    int w = canvas_text_width(s->canvas, label_style(s, true), text);
    /* The first one has "layer" on its left. */
    return w <= sheet->pitch_x && w <= sheet->tile + stage_u(s, 16);
}

static void draw_column_labels(const Stage *s, const HeadsSheet *sheet,
                               int baseline) {
    bool words = has_word_labels(s, sheet);
    char last[16];
    const int n = heads_sheet_band_cols(sheet);
    snprintf(last, sizeof last, "%d ", n - 1);
    int w = canvas_text_width(s->canvas, label_style(s, true), last);
    int stride = words ? 1 : stride_for(w, sheet->pitch_x);
    for (int i = 0; i < sheet->cols_shown; i++) {
        const int band = (sheet->col0 + i) / n;
        int head = (sheet->col0 + i) % n;
        if (head % stride) continue;
        TextStyle style = label_style(s, head == s->head);
        style.align = ALIGN_CENTER;
        int x = sheet->area.x + i * sheet->pitch_x + band * sheet->apart +
                sheet->tile / 2;
        canvas_textf(s->canvas, style, x, baseline, words ? "head %d" : "%d",
                     head);
    }
}

static void draw_row_labels(const Stage *s, const HeadsSheet *sheet, int band,
                            int right) {
    TextStyle style = label_style(s, true);
    int line = canvas_metrics(s->canvas, style).line;
    int stride = stride_for(line, sheet->pitch_y);
    for (int i = 0; i < sheet->rows_shown; i++) {
        int layer = sheet->layer0 + band * sheet->rows + sheet->row0 + i;
        if (layer % stride || layer >= sheet->layer0 + sheet->n_layers)
            continue;
        char text[16];
        snprintf(text, sizeof text, "%d", layer);
        style = label_style(s, layer == s->layer);
        style.align = ALIGN_RIGHT;
        canvas_text_row(s->canvas, style, right,
                        sheet->area.y + i * sheet->pitch_y, sheet->tile, text);
    }
}

/* What is left of r beside the row labels and below `lines` of column
 * labels. */
static Rect label_margins(const Stage *s, Rect r, int lines) {
    char last[16];
    snprintf(last, sizeof last, "%d", s->config->n_layers - 1);
    int w = canvas_text_width(s->canvas, label_style(s, true), "layer");
    int number = canvas_text_width(s->canvas, label_style(s, true), last);
    int left = (w > number ? w : number) + stage_u(s, 12);
    int top = stage_u(s, 8 + 18 * (float)lines);
    return (Rect){r.x + left, r.y + top, r.w - left, r.h - top};
}

static void draw_labels(const Stage *s, const HeadsSheet *sheet, int top) {
    int right = sheet->area.x - stage_u(s, 12);
    int baseline = sheet->area.y - stage_u(s, 9);
    TextStyle style = label_style(s, false);
    int second = baseline - stage_u(s, 18);
    if (second - stage_u(s, 12) >= top && !has_word_labels(s, sheet))
        canvas_text(s->canvas, style, sheet->area.x, second, "head");
    style.align = ALIGN_RIGHT;
    canvas_text(s->canvas, style, right, baseline, "layer");
    draw_column_labels(s, sheet, baseline);
    for (int band = 0; band < sheet->bands; band++)
        draw_row_labels(s, sheet, band,
                        right + heads_sheet_band_x(sheet, band));
}

/* Too low a picture for a legend below and second lines. */
static bool is_low(const Stage *s, Rect r) {
    return r.h < stage_u(s, 300);
}

/* ---- heading ------------------------------------------------------------- */

static void details_text(const Stage *s, const HeadsSheet *sheet, char *out,
                         size_t size) {
    int n = snprintf(out, size, "%s%d layers × %d heads, ",
                     s->against ? "Δ: share of this row's weight that moved · "
                                : "",
                     s->config->n_layers, s->config->n_heads);
    const Span k = sheet->span;
    if (span_is_part(k) && k.row0 != k.col0)
        n += snprintf(out + n, size - n, "queries %d–%d, keys %d–%d of %d",
                      k.row0, k.row0 + k.n - 1, k.col0, k.col0 + k.n - 1,
                      k.n_all);
    else if (!span_is_part(k))
        n += snprintf(out + n, size - n, "%d token%s", s->n_pos,
                      s->n_pos == 1 ? "" : "s");
    else
        n += snprintf(out + n, size - n, "tokens %d–%d of %d", k.row0,
                      k.row0 + k.n - 1, k.n_all);
    if (sheet->n_texts > 0)
        snprintf(out + n, size - n, " · names over %d stories", sheet->n_texts);
    else if (!heads_has_stories(s) && strcmp(s->state->over, "stories") == 0)
        snprintf(out + n, size - n,
                 " · no stories are known in its tokens: names by this text");
}

/* Room for tabs of this width beside the heading. */
static bool fits_beside(const Stage *s, Rect r, int tabs, const char *details) {
    return stage_heading_fits(s, r.w - tabs - stage_u(s, 24), view_heads.title,
                              details);
}

/* The question and what is shown or, with no room for both beside the tabs,
 * what says more. */
static void choose_details(const Stage *s, const HeadsSheet *sheet, Rect r,
                           int tabs, char *out, size_t size) {
    static const char question[] = "Where does each head look?";
    char shown[160];
    details_text(s, sheet, shown, sizeof shown);
    const bool is_all =
        !s->against && !span_is_part(sheet->span) && sheet->n_texts == 0;
    snprintf(out, size, "%s   %s", question, shown);
    if (fits_beside(s, r, tabs, out)) return;
    if (is_all && fits_beside(s, r, tabs, question))
        snprintf(out, size, "%s", question);
    else if (fits_beside(s, r, tabs, shown) ||
             !stage_heading_fits(s, r.w, view_heads.title, out))
        snprintf(out, size, "%s", shown);
}

/* What thumbnails can be sorted by. */
typedef struct Orders {
    int n, current;
    const char *words[HEAD_KINDS + 1], *titles[HEAD_KINDS + 1];
} Orders;

static Orders orders_of(const Arch *a, HeadKind current) {
    Orders out = {.n = 1, .words = {"place"}, .titles = {"sorted by: place"}};
    HeadKind k;
    for (int i = 0; (k = heads_kind(a, i)) < HEAD_KINDS; i++) {
        if (k == current) out.current = out.n;
        out.words[out.n] = heads_kind_word(k);
        out.titles[out.n++] = head_kind_title(k);
    }
    return out;
}

/* Tabs beside the heading, else below it; in a low picture words yield to
 * keep them beside.  Where even the tabs are too wide, V still sorts. */
static Rect draw_heading(const Stage *s, const HeadsSheet *sheet, Rect r) {
    const Orders orders = orders_of(s->config->arch, sheet->kind);
    char details[224];
    const char *const *names = orders.titles;
    int tabs = stage_tabs_width(s, names, orders.n);
    choose_details(s, sheet, r, tabs, details, sizeof details);
    bool beside = fits_beside(s, r, tabs, details);
    if (tabs > r.w || (!beside && is_low(s, r))) {
        names = orders.words;
        tabs = stage_tabs_width(s, names, orders.n);
        beside = fits_beside(s, r, tabs, "");
        if (beside && !fits_beside(s, r, tabs, details)) details[0] = '\0';
    }
    Rect rest = stage_heading(s, r, view_heads.title, details);
    if (tabs > r.w) return rest;
    int y = beside ? r.y + stage_u(s, 2) : rest.y - stage_u(s, 4);
    stage_tabs(s, beside ? r.x + r.w : r.x + tabs - stage_u(s, 4), y,
               STATE_SORT, orders.words, names, orders.n, orders.current);
    int used = beside ? 0 : stage_u(s, 40);
    return (Rect){rest.x, rest.y + used, rest.w, rest.h - used};
}

/* ---- the view ------------------------------------------------------------ */

static int caption_width(const Stage *s) {
    TextStyle name = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    TextStyle mean = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    return canvas_text_width(s->canvas, name, "00.00 ") +
           canvas_text_width(s->canvas, mean, ".00");
}

/* Where the thumbnails go when `right` is kept free beside and `below` below
 * them. */
static void place(const Stage *s, HeadsSheet *sheet, Rect r, int right,
                  int below) {
    const bool part = span_is_part(sheet->span);
    Rect area = {r.x, r.y, r.w - right - (part ? stage_u(s, SPAN_W) : 0),
                 r.h - below - (part ? stage_u(s, SPAN_H) : 0)};
    int caption_w = caption_width(s);
    if (sheet->kind != HEAD_KINDS) {
        heads_sheet_place(sheet, s, area, caption_w);
        return;
    }
    heads_sheet_place(sheet, s, label_margins(s, area, 1), caption_w);
    if (!has_word_labels(s, sheet) && !is_low(s, r))
        heads_sheet_place(sheet, s, label_margins(s, area, 2), caption_w);
    if (sheet->cols_shown >= sheet->cols) return;
    area = sheet->area; /* the bar below */
    area.h -= stage_u(s, SCROLL_APART + SCROLL_W);
    heads_sheet_place(sheet, s, area, caption_w);
}

/* How many heads are to be seen. */
static int n_shown(const HeadsSheet *sheet) {
    return num_min(sheet->cols_shown * sheet->rows_shown, sheet->n);
}

static void draw_colorbar(const Stage *s, int x, int y, int bottom,
                          const char *label) {
    Rect bar = {x, y, stage_u(s, COLORBAR_W), stage_u(s, 220)};
    if (y + bar.h > bottom) bar.h = bottom - y;
    if (bar.h > stage_u(s, 60)) stage_colorbar(s, bar, label, 1, false, true);
}

/* Scores and colours explained right of the thumbnails. */
static void draw_beside(const Stage *s, const HeadsSheet *sheet, Rect r) {
    int w = stage_u(s, LEGEND_W), bottom = r.y + r.h;
    Rect legend = {r.x + r.w - w, r.y, w, r.h - stage_u(s, 40 + 110)};
    int y = r.y + heads_legend_draw(s, sheet, legend) + stage_u(s, 44);
    draw_colorbar(s, legend.x, y, bottom, "weight (√ scale)");
}

/* Where the thumbnails are low for want of height, and leave a good part of the
 * width: one of them large. */
static void draw_large(const Stage *s, const HeadsSheet *sheet, Rect r) {
    const Rect all = heads_sheet_extent(sheet);
    const int gap = stage_u(s, 40);
    const int left = all.x + all.w + gap +
                     (span_is_part(sheet->span) ? stage_u(s, SPAN_W) : 0);
    const int right = r.x + r.w - stage_u(s, LEGEND_W) - gap;
    const int side = num_min(right - left, all.h - stage_u(s, 28));
    if (sheet->rows_shown < sheet->rows || side < 2 * sheet->tile ||
        side < stage_u(s, LARGE_LEAST))
        return;
    heads_tiles_draw_large(
        s, sheet, (Rect){left + (right - left - side) / 2, all.y, side, side});
}

/* The colours on the right; the scores below the thumbnails if these leave
 * room, else in the line at the bottom. */
static void draw_around(const Stage *s, const HeadsSheet *sheet, Rect r,
                        int line) {
    int bar_x = r.x + r.w - stage_u(s, COLORBAR_W + COLORBAR_TEXT_W);
    draw_colorbar(s, bar_x, r.y + stage_u(s, 30), r.y + r.h - line, "weight");
    int end = sheet->area.y + sheet->rows_shown * sheet->pitch_y +
              (span_is_part(sheet->span) ? stage_u(s, SPAN_H) : 0);
    if (sheet->cols_shown < sheet->cols)
        end += stage_u(s, SCROLL_APART + SCROLL_W);
    int left = r.y + r.h - end;
    if (left < stage_u(s, LEGEND_H)) {
        heads_legend_line(s, sheet, (Rect){r.x, r.y + r.h - line, r.w, line});
        return;
    }
    int w = bar_x - stage_u(s, 24) - sheet->area.x;
    int most = stage_u(s, 420);
    heads_legend_draw(s, sheet,
                      (Rect){sheet->area.x, end, w < most ? w : most, left});
}

/* ---- the part shown ------------------------------------------------------ */

/* Which tokens all thumbnails show, in the weights of the current one's row. */
static void draw_span(const Stage *s, const HeadsSheet *sheet) {
    if (!span_is_part(sheet->span)) return;
    const int n_keys = trace_n_keys(s->trace, s->pos);
    const float *row = stage_row(s, SITE_PATTERN, s->layer, s->pos);
    span_draw(s, heads_sheet_extent(sheet), sheet->span,
              row ? row + (size_t)s->head * (size_t)n_keys : NULL, n_keys);
}

/* Rows and columns that do not fit: which are shown of them, right of all and
 * below. */
static void draw_scroll(const Stage *s, const HeadsSheet *sheet) {
    const Rect all = heads_sheet_extent(sheet);
    const bool part = span_is_part(sheet->span);
    const int w = stage_u(s, SCROLL_W), apart = stage_u(s, SCROLL_APART);
    const int right = part ? stage_u(s, SPAN_W) : 0;
    const int below = part ? stage_u(s, SPAN_H) : 0;
    scrollbar_draw(s->canvas, s->theme,
                   (Rect){all.x + all.w + right + apart, all.y, w, all.h},
                   sheet->rows, sheet->row0, sheet->rows_shown);
    scrollbar_draw_lying(s->canvas, s->theme,
                         (Rect){all.x, all.y + all.h + below + apart, all.w, w},
                         sheet->cols, sheet->col0, sheet->cols_shown);
}

/* Around the thumbnails the wheel scrolls; below what else is there. */
static void add_list(const Stage *s, const HeadsSheet *sheet, Rect r) {
    if (sheet->rows_shown >= sheet->rows && sheet->cols_shown >= sheet->cols)
        return;
    hits_add(s->hits, (Hit){.rect = r,
                            .kind = HIT_LIST,
                            .rows = sheet->rows,
                            .row0 = sheet->row0,
                            .arg = sheet->rows_shown,
                            .cols = sheet->cols,
                            .col0 = sheet->col0,
                            .n_fit = sheet->cols_shown});
}

static void draw(const Stage *s, Rect r) {
    HeadsSheet sheet;
    heads_sheet_fill(&sheet, s);
    r = draw_heading(s, &sheet, r);
    int edge = stage_u(s, 4); /* for the current one's frame */
    r = (Rect){r.x, r.y + edge, r.w, r.h - 2 * edge};
    int line = stage_u(s, 30);
    int bar = stage_u(s, COLORBAR_W + COLORBAR_TEXT_W + 24);
    place(s, &sheet, r, bar, line);
    int tile = sheet.tile, shown = n_shown(&sheet), cols = sheet.cols_shown;
    place(s, &sheet, r, stage_u(s, LEGEND_W + 40), 0);
    /* A legend beside them may cost the thumbnails a little of their size, but
     * no columns. */
    bool beside =
        sheet.tile * 5 >= tile * 4 && n_shown(&sheet) >= shown &&
        (sheet.cols_shown == sheet.cols || sheet.cols_shown >= cols) &&
        r.h >= stage_u(s, LEGEND_LEAST_H);
    if (!beside) place(s, &sheet, r, bar, line);
    add_list(s, &sheet, r);
    heads_tiles_draw(s, &sheet);
    draw_span(s, &sheet);
    draw_scroll(s, &sheet);
    if (sheet.kind == HEAD_KINDS) draw_labels(s, &sheet, r.y);
    if (beside) {
        draw_large(s, &sheet, r);
        draw_beside(s, &sheet, r);
    } else {
        draw_around(s, &sheet, r, line);
    }
}

/* ---- a mean, opened ------------------------------------------------------ */

static const char *mean_title(HeadKind k) {
    static const char *const titles[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "mean: previous token",
        [HEAD_NEXT] = "mean: following token",
        [HEAD_INDUCTION] = "mean: induction",
        [HEAD_FIRST] = "mean: first token",
        [HEAD_SAME] = "mean: same token",
        [HEAD_RECALL] = "mean: recall"};
    return titles[k];
}

static bool op_at(const Arch *a, int i, ViewOp *out) {
    const HeadKind k =
        i < HEADS_OP_KINDS ? HEAD_KINDS : heads_kind(a, i - HEADS_OP_KINDS);
    *out = (ViewOp){"maps", "thumbnails"};
    if (k < HEAD_KINDS) *out = (ViewOp){heads_kind_word(k), mean_title(k)};
    return i == HEADS_OP_NONE || k < HEAD_KINDS;
}

void heads_hit_mean(const Stage *s, Rect r, const HeadsItem *item,
                    HeadKind kind) {
    if (isnan(item->mean[kind])) return;
    hits_pick(s->hits, r,
              pick_and(pick_word(STATE_OP, heads_kind_word(kind)),
                       pick_and(pick_number(STATE_LAYER, item->layer),
                                pick_number(STATE_HEAD, item->head))));
}

/* Two are measured otherwise over stories. */
#define STORIES_INDUCTION                                                      \
    "Random pieces of the stories are said twice in a row; each token of the " \
    "second time counts with the weight it puts on what followed it the "      \
    "first time: nothing else can help there."
#define STORIES_RECALL                                                         \
    "Each place counts where a name must come next that was said before: "     \
    "with the weight put on the earlier places of that name together."

/* And this one where each token sees all. */
#define SAME_BOTH_WAYS                                                         \
    "Each token that stands in a text more than once counts with the "         \
    "weight it puts on its other places together."

static void open_mean(const Stage *s, HeadKind kind, Opened *out) {
    static const char *const texts[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "Each token but the first counts with the weight it "
                          "puts on the token just before it.",
        [HEAD_NEXT] = "Each token but the last counts with the weight it puts "
                      "on the token just after it.",
        [HEAD_INDUCTION] = "Each token that came before in this text counts "
                           "with the weight it puts on what followed it then.",
        [HEAD_FIRST] = "Each token but the first counts with the weight it "
                       "puts on the first token.",
        [HEAD_SAME] = "Each token that came before in this text counts with "
                      "the weight it puts on its earlier places together.",
        [HEAD_RECALL] = "Each token counts whose next one came before in this "
                        "text, though not after the same token: with the "
                        "weight it puts on those earlier places together."};
    const char *title = mean_title(kind);
    const bool stories = heads_over_stories(s);
    int n = s->n_pos < STAGE_TOKENS_MAX ? s->n_pos : STAGE_TOKENS_MAX;
    *out = (Opened){.kind = OPENED_MADE};
    out->made = (StudyKey){.kind = STUDY_MEAN,
                           .layer = s->layer,
                           .pos = stage_window(s->n_pos, n, s->pos) + n - 1,
                           .index = s->head * HEAD_KINDS + (int)kind};
    if (stories) out->made = study_role_key(s->layer, s->head, kind);
    snprintf(out->kicker, sizeof out->kicker, "Opened number, head %d.%d%s",
             s->layer, s->head, stories ? ", over stories" : "");
    out->title[out->n_title++] = (TextSpan){.text = title,
                                            .len = (int)strlen(title),
                                            .face = FACE_BOLD,
                                            .color = s->theme->text};
    out->text = stories && kind == HEAD_INDUCTION ? STORIES_INDUCTION
                : stories && kind == HEAD_RECALL  ? STORIES_RECALL
                : kind == HEAD_SAME && !s->config->arch->causal ? SAME_BOTH_WAYS
                                                                : texts[kind];
}

static void opened(const Stage *s, Opened *out) {
    if (s->op != HEADS_OP_NONE) {
        open_mean(s, heads_kind(s->config->arch, s->op - HEADS_OP_KINDS), out);
        return;
    }
    static const char title[] = "A thumbnail is a head";
    *out = (Opened){.kind = OPENED_NOTHING, .kicker = "This view"};
    out->title[out->n_title++] = (TextSpan){.text = title,
                                            .len = (int)sizeof title - 1,
                                            .face = FACE_BOLD,
                                            .color = s->theme->text};
    out->text = "Its rows are the tokens that look, its columns the tokens "
                "looked at, brighter where the attention is. Click the marked "
                "head, or press Enter, to see it large.";
}

static bool step(const Stage *s, int dir, State *next) {
    (void)s;
    if (dir < 0) return false;
    snprintf(next->view, sizeof next->view, "%s", view_attention.name);
    next->set |= STATE_BIT(STATE_VIEW);
    return true;
}

const View view_heads = {
    .name = "heads",
    .title = "All heads",
    .key = "7",
    .family = FAMILY_ATTENTION,
    .order = heads_order,
    .op = op_at,
    .default_op = "maps",
    .opens_nothing = true,
    .draw = draw,
    .opened = opened,
    .step = step,
};
