/* The ladder: a row of characters, and under it a row after every merge, down
 * to the tokens.  Columns are characters and never move; only borders go. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <stdio.h>
#include <string.h>

#define GUTTER_U     118.0f
#define COLUMN_U     26.0f /* the narrowest */
#define COLUMN_MAX_U 440.0f
#define ROW_U        34.0f
#define ROW_MAX_U    150.0f
#define GROWS_U      620.0f /* higher: what stands beside the rungs grows, */
#define GROW_MAX     1.4f   /* so much at most */
#define BOX_U        40.0f  /* of the word */

typedef struct Ladder {
    const StudyLadder *l;
    int merge;                  /* the opened one, -1: none */
    int column_w, first, n;     /* columns shown */
    int row_h, first_row, rows; /* rungs shown */
    int x, y;                   /* where the first column and rung begin */
    int gap;                    /* between rungs */
    float size_u, grow; /* letters in boxes; those beside them grow so */
} Ladder;

/* ---- where things lie ---------------------------------------------------- */

static int gutter_w(const Stage *s, const Ladder *k) {
    return stage_u(s, GUTTER_U * k->grow);
}

/* Rungs 0..n_merges, then the tokens with their ids. */
static void lay_out(const Stage *s, Ladder *k, Rect r) {
    const StudyLadder *l = k->l;
    k->grow = num_clamp_float(
        (float)r.h / (float)num_max(stage_u(s, GROWS_U), 1), 1, GROW_MAX);
    const int gutter = gutter_w(s, k), head = stage_u(s, 26);
    const int room = num_max(r.w - gutter, 1);
    k->n = num_clamp(room / stage_u(s, COLUMN_U), 1, l->n_symbols);
    k->column_w = num_min(room / k->n, stage_u(s, COLUMN_MAX_U));
    const int at =
        k->merge < 0
            ? 0
            : study_ladder_row(l, k->merge + 1)[l->merges[k->merge].left].first;
    k->first = stage_window(l->n_symbols, k->n, at);
    const int all = l->n_merges + 2;
    const int height = num_max(r.h - head - stage_u(s, 26), 1);
    k->rows = num_clamp(height / stage_u(s, ROW_U), 2, all);
    k->row_h = num_min(height / k->rows, stage_u(s, ROW_MAX_U));
    k->first_row = stage_window(all - 1, k->rows - 1, k->merge + 1);
    k->gap = k->row_h * 3 / 10;
    k->x = r.x + gutter;
    k->y = r.y + head;
    k->size_u = num_clamp_float((float)(k->row_h - k->gap) /
                                    canvas_scale(s->canvas) * .46f,
                                TYPE_TINY, 48);
}

static Rect span(const Ladder *k, int row, int first, int n) {
    const int w = k->column_w;
    return (Rect){k->x + (first - k->first) * w + 2,
                  k->y + (row - k->first_row) * k->row_h, n * w - 4,
                  k->row_h - k->gap};
}

static bool is_shown(const Ladder *k, int first, int n) {
    return first < k->first + k->n && first + n > k->first;
}

/* ---- texts --------------------------------------------------------------- */

/* A stretch that is no piece: its characters. */
static void rung_text(const Stage *s, const StudyLadder *l, const StudyRung *g,
                      char out[STAGE_LABEL_MAX]) {
    if (g->id >= 0) {
        tokenizer_show(s->tokenizer, g->id, out, STAGE_LABEL_MAX);
        return;
    }
    const Token *t = &l->symbols[g->first];
    const int n = (int)(t->end - t->begin);
    if (n == 0)
        snprintf(out, STAGE_LABEL_MAX, "␣");
    else
        snprintf(out, STAGE_LABEL_MAX, "%.*s", n, l->text + t->begin);
    char name[STAGE_LABEL_MAX];
    if (tokens_name_missing(s, out, name)) memcpy(out, name, sizeof name);
}

static void bytes_text(const StudyLadder *l, int symbol, char out[24]) {
    const Token *t = &l->symbols[symbol];
    int at = 0;
    out[0] = '\0';
    if (t->begin == t->end) snprintf(out, 24, "20");
    for (uint32_t i = t->begin; i < t->end && at < 18; i++)
        at += snprintf(out + at, 24 - (size_t)at, "%s%02X", at ? " " : "",
                       (uint8_t)l->text[i]);
}

/* brief: of the detail, where that is too wide. */
static void gutter(const Stage *s, const Ladder *k, int row, const char *name,
                   const char *detail, const char *brief, bool lit) {
    const int gap = stage_u(s, 6);
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL * k->grow,
                                lit ? s->theme->accent : s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY * k->grow, s->theme->soft);
    const Rect r = span(k, row, k->first, 1);
    const int x = k->x - gutter_w(s, k);
    const int w = gutter_w(s, k) - stage_u(s, 8), h = r.h;
    const bool two = h > stage_u(s, 30);
    const int y = r.y + (two ? h / 2 - stage_u(s, 2) : h * 2 / 3);
    const int named = two ? 0 : canvas_text_width(s->canvas, bold, name) + gap;
    canvas_text_fit(s->canvas, bold, x, y, w, name);
    canvas_text_either(s->canvas, mono, x + named,
                       two ? y + stage_u(s, 16 * k->grow) : y, w - named,
                       detail, brief);
}

/* ---- rungs --------------------------------------------------------------- */

/* What the pairs of this row would score: the numbers that decide. */
static void draw_scores(const Stage *s, const Ladder *k, int row) {
    const StudyRung *g = study_ladder_row(k->l, row);
    const int n = k->l->n_symbols - row;
    if (k->gap < stage_u(s, 13) || k->column_w < stage_u(s, 34)) return;
    for (int i = 0; i + 1 < n; i++) {
        if (g[i].with_next < 0 || !is_shown(k, g[i + 1].first, 1)) continue;
        const bool best = i == k->l->merges[row].left;
        TextStyle style =
            text_style(best ? FACE_MONO_BOLD : FACE_MONO, TYPE_TINY,
                       best ? s->theme->accent : s->theme->soft);
        if (k->gap >= stage_u(s, 22)) style.size *= k->grow;
        style.align = ALIGN_CENTER;
        char text[24];
        snprintf(text, sizeof text, "%s",
                 number_round((double)g[i].score, 5).s);
        const Rect r = span(k, row, g[i + 1].first, 1);
        if (r.x - 2 > k->x)
            canvas_text_row(s->canvas, style, r.x - 2, r.y + r.h, k->gap, text);
    }
}

static void draw_link(const Stage *s, const Ladder *k, int row) {
    const Merge *m = &k->l->merges[row];
    const StudyRung *made = &study_ladder_row(k->l, row + 1)[m->left];
    if (!is_shown(k, made->first, made->n)) return;
    const Rect r = span(k, row, made->first, made->n);
    const bool later = s->elem >= 0 && row > k->merge;
    const float strength = row == k->merge ? .34f : later ? .05f : .14f;
    canvas_fill(s->canvas, (Rect){r.x, r.y + r.h, r.w, k->gap},
                color_mix(s->theme->window, s->theme->accent, strength));
}

static void draw_rung(const Stage *s, const Ladder *k, int row,
                      const StudyRung *g, int i) {
    const Theme *t = s->theme;
    const StudyLadder *l = k->l;
    char text[STAGE_LABEL_MAX];
    const bool later = s->elem >= 0 && row > k->merge + 1;
    const bool made = row > 0 && l->merges[row - 1].left == i;
    const int left = row < l->n_merges ? l->merges[row].left : -2;
    const bool pair = i == left || i == left + 1;
    const bool lit = (pair && row == k->merge) || (made && row - 1 == k->merge);
    TokensBox b = {.r = span(k, row, g->first, g->n),
                   .fill = t->panel,
                   .frame = color_mix(t->window, t->soft, .35f),
                   .ink = later ? t->soft : t->text,
                   .line_u = lit ? 2 : 1,
                   .size_u = k->size_u,
                   .face = made && !later ? FACE_BOLD : FACE_SANS};
    if (made && !later) b.fill = color_mix(t->panel, t->accent, .18f);
    if (lit) b.fill = color_mix(t->panel, t->accent, .36f);
    if ((pair || made) && !later) b.frame = t->accent;
    if (later) b.fill = t->window;
    rung_text(s, l, g, text);
    tokens_box(s, &b, text);
}

static void draw_row(const Stage *s, const Ladder *k, int row) {
    const StudyLadder *l = k->l;
    const StudyRung *g = study_ladder_row(l, row);
    const int n = l->n_symbols - row;
    char name[32], detail[STAGE_LABEL_MAX + 24], brief[24];
    if (row < l->n_merges) draw_link(s, k, row);
    for (int i = 0; i < n; i++)
        if (is_shown(k, g[i].first, g[i].n)) draw_rung(s, k, row, &g[i], i);
    if (row < l->n_merges && row == k->merge) draw_scores(s, k, row);
    snprintf(name, sizeof name, row ? "merge %d" : "characters", row);
    snprintf(detail, sizeof detail, "%d pieces", n);
    snprintf(brief, sizeof brief, "%d", n);
    if (row > 0) {
        const Merge *m = &l->merges[row - 1];
        char piece[STAGE_LABEL_MAX];
        tokenizer_show(s->tokenizer, m->id, piece, sizeof piece);
        snprintf(detail, sizeof detail, "%s %s", piece,
                 number_round((double)m->score, 6).s);
        snprintf(brief, sizeof brief, "%s",
                 number_round((double)m->score, 6).s);
    }
    gutter(s, k, row, name, detail, brief, row > 0 && row - 1 == k->merge);
    if (row == 0) return;
    const Rect r = span(k, row, k->first, k->n);
    const int w = gutter_w(s, k);
    hits_pick(s->hits, (Rect){r.x - w, r.y, r.w + w, r.h},
              pick_number(STATE_ELEM, row - 1));
}

/* ---- tokens -------------------------------------------------------------- */

/* How many tokens from `at` on the rung became: bytes are several. */
static int n_tokens_of(const StudyLadder *l, const StudyRung *g, int at) {
    const uint32_t end = l->symbols[g->first + g->n - 1].end;
    int n = 0;
    while (at + n < l->n_tokens && l->tokens[at + n].end <= end)
        n++;
    const bool joined = at > 0 && l->tokens[at - 1].end >= end;
    return n == 0 && !joined && at < l->n_tokens ? 1 : n;
}

static void draw_token(const Stage *s, const Ladder *k, Rect r, int id) {
    char text[STAGE_LABEL_MAX], number[16];
    const TokensBox b = {.r = r,
                         .fill = s->theme->text,
                         .frame = s->theme->text,
                         .ink = s->theme->window,
                         .line_u = 1,
                         .size_u = k->size_u,
                         .face = FACE_BOLD,
                         .is_byte = tokenizer_piece(s->tokenizer, id).is_byte};
    tokenizer_show(s->tokenizer, id, text, sizeof text);
    tokens_box(s, &b, text);
    TextStyle style = text_style(
        FACE_MONO, num_clamp_float(k->size_u * .7f, TYPE_TINY, TYPE_BODY),
        s->theme->text);
    style.align = ALIGN_CENTER;
    snprintf(number, sizeof number, "%d", id);
    canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y + r.h, stage_u(s, 24),
                    number);
    const Pick piece =
        pick_and(pick_number(STATE_ELEM, id), pick_number(STATE_ROW, -1));
    hits_pick(s->hits, r, pick_and(pick_word(STATE_OP, "vocabulary"), piece));
}

static void draw_tokens(const Stage *s, const Ladder *k) {
    const StudyLadder *l = k->l;
    const StudyRung *g = study_ladder_row(l, l->n_merges);
    /* Under the last rung shown, whichever that is. */
    const int row = k->first_row + k->rows - 1;
    for (int i = 0, at = 0; i < l->n_symbols - l->n_merges; i++) {
        const int n = n_tokens_of(l, &g[i], at);
        Rect r = span(k, row, g[i].first, g[i].n);
        for (int j = 0; j < n && is_shown(k, g[i].first, g[i].n); j++)
            draw_token(s, k,
                       (Rect){r.x + r.w * j / n, r.y, r.w / n - (n > 1), r.h},
                       l->tokens[at + j].id);
        at += n;
    }
    char detail[24];
    snprintf(detail, sizeof detail, "ids below");
    gutter(s, k, row, "tokens", detail, "", false);
}

/* ---- around it ----------------------------------------------------------- */

static void draw_bytes(const Stage *s, const Ladder *k) {
    TextStyle style =
        text_style(FACE_MONO, TYPE_TINY * k->grow, s->theme->soft);
    TextStyle name = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int y = k->y - stage_u(s, 9);
    canvas_text(s->canvas, name, k->x - gutter_w(s, k), y, "bytes");
    style.align = ALIGN_CENTER;
    for (int i = k->first; i < k->first + k->n; i++) {
        char text[24];
        bytes_text(k->l, i, text);
        if (canvas_text_width(s->canvas, style, text) < k->column_w)
            canvas_text(s->canvas, style,
                        k->x + (i - k->first) * k->column_w + k->column_w / 2,
                        y, text);
    }
}

/* Whether the run has these very tokens; a generated text need not. */
static bool is_as_run(const Stage *s, const StudyLadder *l) {
    int first, last;
    if (s->state->word[0]) return true;
    tokens_word(s, &first, &last);
    if (last - first + 1 != l->n_tokens) return false;
    for (int i = 0; i < l->n_tokens; i++)
        if (l->tokens[i].id != trace_token(s->trace, first + i)) return false;
    return true;
}

/* The word, and what became of it in numbers. */
static Rect draw_word(const Stage *s, Rect r, const StudyLadder *l) {
    const Theme *t = s->theme;
    const int h = stage_u(s, BOX_U);
    const Rect box = {r.x, r.y, num_min(stage_u(s, 300), r.w), h};
    TextStyle style = text_style(FACE_SANS, TYPE_LEAD, t->text);
    TextStyle hint = text_style(FACE_SANS, TYPE_TINY, t->soft);
    canvas_round(s->canvas, box, (float)stage_u(s, 6), t->panel);
    canvas_frame(s->canvas, box, (float)stage_u(s, 6), (float)stage_u(s, 1),
                 t->soft);
    const int cap = canvas_metrics(s->canvas, style).cap, pad = stage_u(s, 12);
    const char *word = l ? l->text + (l->text[0] == ' ') : s->state->word;
    const char *tells = s->is_figure ? "" : "any word: Ctrl+F";
    const int tells_w = canvas_text_width(s->canvas, hint, tells) + pad;
    canvas_text_fit(s->canvas, style, box.x + pad, box.y + (h + cap) / 2,
                    num_max(box.w - 2 * pad - tells_w, 0), word);
    hint.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, hint, box.x + box.w - pad, box.y, h, tells);
    hits_command(s->hits, box, CMD_FIND, 0);
    if (l) {
        char text[160];
        const char *other =
            is_as_run(s, l) ? ""
                            : " · the run was told other tokens of this text";
        const bool looks = tokenizer_is_wordpiece(s->tokenizer);
        const int n = looks ? l->n_lookups : l->n_merges;
        char symbols[24] = "";
        if (!looks)
            snprintf(symbols, sizeof symbols, "%d symbols, ", l->n_symbols);
        snprintf(text, sizeof text, "%s%d %s%s, %d token%s%s", symbols, n,
                 looks ? "lookup" : "merge", n == 1 ? "" : "s", l->n_tokens,
                 l->n_tokens == 1 ? "" : "s", other);
        TextStyle said = text_style(FACE_MEDIUM, TYPE_BODY, t->text);
        const int x = box.x + box.w + stage_u(s, 18);
        const int c = canvas_metrics(s->canvas, said).cap;
        canvas_text_fit(s->canvas, said, x, box.y + (h + c) / 2,
                        num_max(r.x + r.w - x, 0), text);
    }
    const int used = h + stage_u(s, 14);
    return (Rect){r.x, r.y + used, r.w, num_max(r.h - used, 0)};
}

static void draw_none(const Stage *s, Rect r, bool missing) {
    if (missing) {
        stage_draw_missing(s, r);
        return;
    }
    const Piece p =
        tokenizer_piece(s->tokenizer, trace_token(s->trace, s->pos));
    canvas_text_fit(s->canvas, text_style(FACE_SANS, TYPE_BODY, s->theme->soft),
                    r.x, r.y + stage_u(s, 30), r.w,
                    p.is_control && !s->state->word[0]
                        ? "A special token: it stands for no text, and "
                          "nothing was merged."
                        : "There is no ladder of so long a text.");
}

/* What of the ladder is beyond the edges. */
static void draw_rest(const Stage *s, const Ladder *k, Rect r) {
    const int columns = k->l->n_symbols - k->n;
    const int rungs = k->l->n_merges + 2 - k->rows;
    char text[96];
    if (columns <= 0 && rungs <= 0) return;
    snprintf(text, sizeof text,
             "%d of %d columns, %d of %d rungs: Enter steps on", k->n,
             k->l->n_symbols, k->rows, k->l->n_merges + 2);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_text(s->canvas, style, r.x + r.w, r.y - stage_u(s, 2), text);
}

void tokens_draw_ladder(const Stage *s, Rect r) {
    bool missing;
    const StudyLadder *l = tokens_ladder(s, &missing);
    r = draw_word(s, r, l);
    if (!l) {
        draw_none(s, r, missing);
        return;
    }
    if (tokenizer_is_wordpiece(s->tokenizer)) {
        canvas_push_clip(s->canvas, r);
        tokens_draw_longest(s, r, l);
        canvas_pop_clip(s->canvas);
        return;
    }
    Ladder k = {.l = l, .merge = tokens_merge(s, l)};
    lay_out(s, &k, r);
    canvas_push_clip(s->canvas, r);
    draw_bytes(s, &k);
    for (int i = 0; i + 1 < k.rows; i++)
        draw_row(s, &k, k.first_row + i);
    draw_tokens(s, &k);
    canvas_pop_clip(s->canvas);
    draw_rest(s, &k, r);
}
