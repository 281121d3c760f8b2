/* The pieces there are: a list by id, and beside it the opened one: its bytes,
 * the merges that make it, its nearest in the embedding. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW_U    25.0f
#define HEAD_U   28.0f
#define LIST_U   440.0f
#define BESIDE_U 380.0f /* the least beside the list */
#define TWICE_U  620.0f /* beside a list of two columns */
#define AIR_U    36.0f

/* ---- the list ------------------------------------------------------------ */

static int n_pieces(const Stage *s) {
    return tokenizer_n_pieces(s->tokenizer);
}

static const char *kind_of(Piece p) {
    return p.is_control  ? "special"
           : p.is_byte   ? "byte"
           : p.is_unused ? "unused"
           : p.is_added  ? "added"
                         : "";
}

static void bytes_text(Piece p, int most, char *out, size_t size) {
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < p.len && i < most && at + 6 < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%02X", i ? " " : "",
                               (uint8_t)p.bytes[i]);
    if (p.len > most) snprintf(out + at, size - at, " …");
}

/* Right ends of id, length and score; left end of the piece. */
typedef struct Columns {
    int id, piece, length, score;
} Columns;

static Columns columns_of(const Stage *s, Rect r) {
    return (Columns){.id = r.x + stage_u(s, 56),
                     .piece = r.x + stage_u(s, 76),
                     .length = r.x + r.w - stage_u(s, 132),
                     .score = r.x + r.w - stage_u(s, 14)};
}

static void draw_head(const Stage *s, Rect r, Columns c) {
    const struct {
        const char *name;
        int x;
        Align align;
    } heads[] = {{"id", c.id, ALIGN_RIGHT},
                 {"piece", c.piece, ALIGN_LEFT},
                 {"bytes", c.length, ALIGN_RIGHT},
                 {tokenizer_is_wordpiece(s->tokenizer) ? "word" : "merge score",
                  c.score, ALIGN_RIGHT}};
    for (int i = 0; i < 4; i++) {
        TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
        style.align = heads[i].align;
        canvas_text_row(s->canvas, style, heads[i].x, r.y, stage_u(s, 24),
                        heads[i].name);
    }
}

/* A click opens it and leaves the list where it is, from `first` on. */
static void draw_row(const Stage *s, Rect r, Columns c, int id, int first) {
    const Theme *t = s->theme;
    const Piece p = tokenizer_piece(s->tokenizer, id);
    const bool lit = id == tokens_opened_piece(s);
    char text[STAGE_LABEL_MAX], number[24];
    if (lit)
        canvas_round(s->canvas, r, (float)stage_u(s, 4),
                     color_mix(t->window, t->accent, .28f));
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, lit ? t->text : t->soft);
    TextStyle word =
        text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_BODY, t->text);
    mono.align = ALIGN_RIGHT;
    snprintf(number, sizeof number, "%d", id);
    canvas_text_row(s->canvas, mono, c.id, r.y, r.h, number);
    tokenizer_show(s->tokenizer, id, text, sizeof text);
    const int cap = canvas_metrics(s->canvas, word).cap;
    canvas_text_fit(s->canvas, word, c.piece, r.y + (r.h + cap) / 2,
                    num_max(c.length - c.piece - stage_u(s, 40), 0), text);
    snprintf(number, sizeof number, "%d",
             p.is_control ? 0 : tokens_piece(s, id).len);
    canvas_text_row(s->canvas, mono, c.length, r.y, r.h, number);
    const char *kind = kind_of(p);
    const bool scored = !tokenizer_is_wordpiece(s->tokenizer);
    snprintf(number, sizeof number, "%s", number_round((double)p.score, 6).s);
    if (!scored)
        snprintf(number, sizeof number,
                 p.bytes[0] == ' ' ? "begins" : "inside");
    canvas_text_row(s->canvas, mono, c.score, r.y, r.h,
                    kind[0] ? kind : number);
    const Pick piece =
        pick_and(pick_number(STATE_ELEM, id), pick_number(STATE_KEY, -1));
    hits_pick(s->hits, r, pick_and(piece, pick_number(STATE_ROW, first)));
}

/* In one column or in two. */
static void draw_list(const Stage *s, Rect r, int n_columns) {
    const int row_h = stage_u(s, ROW_U), head = stage_u(s, HEAD_U);
    const int foot = stage_u(s, 24), n = n_pieces(s);
    const int rows = num_max((r.h - head - foot) / num_max(row_h, 1), 1);
    const int fit = num_min(rows * n_columns, n), gap = stage_u(s, AIR_U);
    const int w = (r.w - (n_columns - 1) * gap) / n_columns;
    const int row = s->state->row, opened = tokens_opened_piece(s);
    const int first =
        num_clamp(row < 0 ? opened - TOKENS_ABOVE : row, 0, n - fit);
    hits_add(s->hits, (Hit){.rect = {r.x, r.y + head, r.w, rows * row_h},
                            .kind = HIT_LIST,
                            .rows = n,
                            .row0 = first,
                            .arg = fit});
    for (int i = 0; i < fit; i++) {
        const Rect column = {r.x + i / rows * (w + gap), r.y, w, r.h};
        const int y = r.y + head + i % rows * row_h;
        const Columns c = columns_of(s, column);
        if (i % rows == 0) draw_head(s, column, c);
        draw_row(s, (Rect){column.x, y, w, row_h}, c, first + i, first);
    }
    char text[96];
    snprintf(text, sizeof text, "pieces %d to %d of %d%s", first,
             first + fit - 1, n,
             s->is_figure ? "" : " · Ctrl+F: text, #id, =bytes");
    canvas_text_phrases(s->canvas,
                        text_style(FACE_SANS, TYPE_SMALL, s->theme->soft), r.x,
                        r.y + r.h - stage_u(s, 6), r.w, text);
    const Rect find = {r.x, r.y + r.h - foot, r.w, foot};
    if (!s->is_figure && r.h > head + foot + row_h)
        hits_command(s->hits, find, CMD_FIND, 0);
}

/* ---- the opened piece ---------------------------------------------------- */

/* A line of text; the baseline of the next. */
static int line(const Stage *s, Rect r, int y, TextStyle style,
                const char *text) {
    const int h = (int)((float)stage_u(s, style.size) * 1.5f);
    if (y + h <= r.y + r.h)
        canvas_text_phrases(s->canvas, style, r.x, y + stage_u(s, style.size),
                            r.w, text);
    return y + h;
}

static TextStyle caption(const Stage *s) {
    return text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
}

/* One rung of how the piece is made: what is merged, and to what. */
static int draw_made(const Stage *s, Rect r, int y, const StudyLadder *l,
                     int k) {
    const StudyRung *g = &study_ladder_row(l, k)[l->merges[k].left];
    char a[STAGE_LABEL_MAX] = "?", b[STAGE_LABEL_MAX] = "?";
    char made[STAGE_LABEL_MAX], text[3 * STAGE_LABEL_MAX + 48];
    if (g[0].id >= 0) tokenizer_show(s->tokenizer, g[0].id, a, sizeof a);
    if (g[1].id >= 0) tokenizer_show(s->tokenizer, g[1].id, b, sizeof b);
    tokenizer_show(s->tokenizer, l->merges[k].id, made, sizeof made);
    snprintf(text, sizeof text, "%s + %s → %s   %s", a, b, made,
             number_round((double)l->merges[k].score, 6).s);
    const bool lit = s->state->key == k;
    const int next =
        line(s, r, y,
             text_style(lit ? FACE_MONO_BOLD : FACE_MONO, TYPE_SMALL,
                        lit ? s->theme->accent : s->theme->text),
             text);
    if (next <= r.y + r.h)
        hits_pick(s->hits, (Rect){r.x, y, r.w, next - y},
                  pick_and(pick_number(STATE_ELEM, tokens_opened_piece(s)),
                           pick_number(STATE_KEY, k)));
    return next;
}

static int draw_making(const Stage *s, Rect r, int y, int id) {
    bool missing;
    const StudyLadder *l = study_ladder(s->study, study_piece(id), 0, &missing);
    TextStyle plain = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    if (tokenizer_is_wordpiece(s->tokenizer)) {
        const Piece p = tokenizer_piece(s->tokenizer, id);
        return line(s, r, y, plain,
                    p.is_control        ? "it is found in texts by its name"
                    : p.bytes[0] == ' ' ? "it begins a word"
                                        : "it stands inside a word");
    }
    y = line(s, r, y, caption(s), "how it is made, with the merge score");
    if (!l || l->n_merges == 0)
        return line(s, r, y, plain, missing ? "…" : "no merge makes it");
    for (int k = 0; k < l->n_merges; k++)
        y = draw_made(s, r, y, l, k);
    if (l->n_tokens != 1 || l->tokens[0].id != id)
        y = line(s, r, y, plain, "on its own this text gets other tokens");
    return y;
}

/* Its number opens; the rest of it goes to that piece. */
static void draw_near_row(const Stage *s, Rect r, const StudyNearRow *near,
                          int at) {
    const Theme *t = s->theme;
    char text[STAGE_LABEL_MAX], number[16];
    Rect bar = r;
    bar.w = (int)lround(fmax(near->cosine, 0) * r.w);
    canvas_fill(
        s->canvas, rect_inset(bar, 0, 1),
        color_mix(t->window, t->query, near->cosine >= .5 ? .30f : .14f));
    tokenizer_show(s->tokenizer, near->id, text, sizeof text);
    TextStyle word = text_style(near->cosine >= .5 ? FACE_BOLD : FACE_SANS,
                                TYPE_BODY, t->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_SMALL, t->text);
    mono.align = ALIGN_RIGHT;
    snprintf(number, sizeof number, "%s", number_fixed(near->cosine, 3).s);
    const int cap = canvas_metrics(s->canvas, word).cap;
    canvas_text_fit(s->canvas, word, r.x + stage_u(s, 8), r.y + (r.h + cap) / 2,
                    num_max(r.w - stage_u(s, 70), 0), text);
    canvas_text_row(s->canvas, mono, r.x + r.w - stage_u(s, 4), r.y, r.h,
                    number);
    hits_pick(s->hits, r,
              pick_and(pick_number(STATE_ELEM, near->id),
                       pick_number(STATE_KEY, -1)));
    const int w = num_min(stage_u(s, 60), r.w);
    const Rect opens = {r.x + r.w - w, r.y, w, r.h};
    hits_pick(s->hits, opens,
              pick_and(pick_number(STATE_ELEM, tokens_opened_piece(s)),
                       pick_number(STATE_KEY, TOKENS_KEY_NEAR + at)));
    if (s->state->key == TOKENS_KEY_NEAR + at)
        canvas_frame(s->canvas, r, 0, (float)num_max(stage_u(s, 2), 1),
                     t->accent);
}

static void draw_near(const Stage *s, Rect r, int y, int id) {
    const StudyNear *near = study_near(s->study, id);
    const int h = stage_u(s, ROW_U);
    y = line(s, r, y, caption(s), "nearest in the embedding, by cosine");
    if (!near) {
        const Rect room = {r.x, y, r.w, num_min(r.y + r.h - y, 4 * h)};
        if (room.h > 0) stage_draw_missing(s, room);
        return;
    }
    for (int i = 0; i < near->n && y + h <= r.y + r.h; i++, y += h)
        draw_near_row(s, (Rect){r.x, y, r.w, h}, &near->rows[i], i);
}

static void draw_opened(const Stage *s, Rect r) {
    const int id = tokens_opened_piece(s), gap = stage_u(s, 12);
    const Theme *t = s->theme;
    const Piece p = tokens_piece(s, id);
    char text[STAGE_LABEL_MAX], bytes[96], said[160];
    tokenizer_show(s->tokenizer, id, text, sizeof text);
    int y =
        line(s, r, r.y, text_style(FACE_BOLD, TYPE_DISPLAY, t->accent), text);
    bytes_text(p, 20, bytes, sizeof bytes);
    if (p.is_control)
        snprintf(said, sizeof said, "id %d · a special token: no text", id);
    else
        snprintf(said, sizeof said, "id %d · %d byte%s: %s", id, p.len,
                 p.len == 1 ? "" : "s", bytes);
    y = line(s, r, y, text_style(FACE_MONO, TYPE_SMALL, t->soft), said) + gap;
    y = draw_making(s, r, y, id) + gap;
    draw_near(s, r, y, id);
}

void tokens_draw_vocabulary(const Stage *s, Rect r) {
    const int gap = stage_u(s, AIR_U);
    const bool twice = r.w >= stage_u(s, 2 * (LIST_U + AIR_U) + TWICE_U);
    const bool both = r.w >= stage_u(s, LIST_U + BESIDE_U);
    Rect list = r;
    if (both) list.w = num_min(stage_u(s, LIST_U), r.w * 45 / 100);
    if (!both && r.w > stage_u(s, 520)) list.w = r.w / 2;
    if (twice) list.w = 2 * list.w + gap;
    canvas_push_clip(s->canvas, r);
    draw_list(s, list, twice ? 2 : 1);
    const Rect rest = {list.x + list.w + gap, r.y, r.w - list.w - gap, r.h};
    if (rest.w > stage_u(s, 132)) draw_opened(s, rest);
    canvas_pop_clip(s->canvas);
}
