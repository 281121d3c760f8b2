/* How WordPiece cuts a word: a row for each beginning that was looked up, the
 * longest first, and under them the tokens.  Columns are characters. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"

#include <stdio.h>
#include <string.h>

#define GUTTER_U     118.0f
#define COLUMN_U     14.0f /* the narrowest */
#define COLUMN_MAX_U 300.0f
#define ROW_U        21.0f
#define ROW_MAX_U    90.0f
#define FOOT_U       64.0f /* for the tokens and their ids */

typedef struct Longest {
    const StudyLadder *l;
    bool found_only; /* rows of what is no piece have no room */
    int x, y, column_w, row_h, n_rows;
} Longest;

/* Characters before byte `at`. */
static int column_of(const StudyLadder *l, uint32_t at) {
    const size_t n = strlen(l->text);
    int columns = 0;
    for (size_t i = 0; i < at && i < n; columns++)
        i = utf8_next(l->text, n, i);
    return columns;
}

static bool has_row(const Longest *k, int i) {
    return !k->found_only || k->l->lookups[i].id >= 0;
}

static void lay_out(const Stage *s, Longest *k, Rect r) {
    const StudyLadder *l = k->l;
    const int columns = num_max(column_of(l, (uint32_t)strlen(l->text)), 1);
    const int room = num_max(r.h - stage_u(s, FOOT_U), 1);
    k->found_only = l->n_lookups * stage_u(s, ROW_U) > room;
    k->n_rows = 0;
    for (int i = 0; i < l->n_lookups; i++)
        k->n_rows += has_row(k, i);
    k->row_h = num_min(room / num_max(k->n_rows, 1), stage_u(s, ROW_MAX_U));
    k->column_w = num_clamp((r.w - stage_u(s, GUTTER_U)) / columns,
                            stage_u(s, COLUMN_U), stage_u(s, COLUMN_MAX_U));
    k->x = r.x + stage_u(s, GUTTER_U);
    k->y = r.y;
}

static Rect span(const Longest *k, int row, uint32_t begin, uint32_t end) {
    const int from = column_of(k->l, begin), to = column_of(k->l, end);
    return (Rect){k->x + from * k->column_w + 2, k->y + row * k->row_h,
                  num_max((to - from) * k->column_w - 4, 1),
                  k->row_h - k->row_h / 6};
}

/* A beginning that is no piece, as the vocabulary would have it. */
static void text_of(const Stage *s, const StudyLadder *l, const Lookup *look,
                    char out[STAGE_LABEL_MAX]) {
    if (look->id >= 0)
        tokenizer_show(s->tokenizer, look->id, out, STAGE_LABEL_MAX);
    else
        snprintf(out, STAGE_LABEL_MAX, "%s%.*s", look->inside ? "##" : "",
                 (int)(look->end - look->begin), l->text + look->begin);
}

static void draw_lookup(const Stage *s, const Longest *k, int row, int i) {
    const Lookup *look = &k->l->lookups[i];
    const Theme *t = s->theme;
    const bool found = look->id >= 0;
    char text[STAGE_LABEL_MAX];
    TextStyle name = text_style(found ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                found ? t->accent : t->soft);
    TokensBox b = {
        .r = span(k, row, look->begin, look->end),
        .fill = found ? color_mix(t->panel, t->accent, .36f) : t->window,
        .frame = found ? t->accent : color_mix(t->window, t->soft, .35f),
        .ink = found ? t->text : t->soft,
        .line_u = found ? 2 : 1,
        .size_u = num_clamp_float(
            (float)k->row_h / canvas_scale(s->canvas) * .5f, TYPE_TINY, 36),
        .face = found ? FACE_BOLD : FACE_SANS};
    text_of(s, k->l, look, text);
    tokens_box(s, &b, text);
    canvas_text_row(s->canvas, name, k->x - stage_u(s, GUTTER_U), b.r.y, b.r.h,
                    found ? "a piece" : "no piece");
}

/* What encoding gave: pieces, or one unknown word. */
static void draw_tokens(const Stage *s, const Longest *k, Rect r) {
    const StudyLadder *l = k->l;
    const int gap = stage_u(s, 10), h = stage_u(s, 28);
    const int y = num_min(k->y + k->n_rows * k->row_h + gap,
                          r.y + r.h - h - stage_u(s, 20));
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    mono.align = ALIGN_CENTER;
    for (int i = 0; i < l->n_tokens; i++) {
        const Token *token = &l->tokens[i];
        char text[STAGE_LABEL_MAX], number[16];
        Rect box = span(k, 0, token->begin, token->end);
        box.y = y;
        box.h = h;
        const TokensBox b = {.r = box,
                             .fill = s->theme->text,
                             .frame = s->theme->text,
                             .ink = s->theme->window,
                             .line_u = 1,
                             .size_u = TYPE_BODY,
                             .face = FACE_BOLD};
        tokenizer_show(s->tokenizer, token->id, text, sizeof text);
        tokens_box(s, &b, text);
        snprintf(number, sizeof number, "%d", token->id);
        canvas_text_row(s->canvas, mono, box.x + box.w / 2, y + h,
                        stage_u(s, 18), number);
        const Pick piece = pick_and(pick_number(STATE_ELEM, token->id),
                                    pick_number(STATE_ROW, -1));
        hits_pick(s->hits, box,
                  pick_and(pick_word(STATE_OP, "vocabulary"), piece));
    }
    canvas_text_row(s->canvas,
                    text_style(FACE_BOLD, TYPE_SMALL, s->theme->text), r.x, y,
                    h, "tokens");
}

void tokens_draw_longest(const Stage *s, Rect r, const StudyLadder *l) {
    Longest k = {.l = l};
    lay_out(s, &k, r);
    for (int i = 0, row = 0; i < l->n_lookups; i++)
        if (has_row(&k, i)) draw_lookup(s, &k, row++, i);
    draw_tokens(s, &k, r);
}
