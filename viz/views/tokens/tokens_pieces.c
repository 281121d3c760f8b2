/* The text as characters, the bytes they are stored in, the pieces these are
 * cut into and the ids of the pieces: each under what it is made of. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GUTTER_U    58.0f
#define CELL_U      22 /* the narrowest byte */
#define CELL_MAX_U  109
#define LEGEND_U    24.0f
#define CELLS_MAX   512 /* of a line */
#define CONTROL_LEN 3   /* cells of a special token, which has no bytes */

typedef struct Pieces {
    Rect r;
    int cell_w, row_h, line_h;
    int per_line;          /* cells */
    int first_line, lines; /* shown */
    int n_lines;
    int rows; /* of a line: 5 where the other run's pieces are shown, too */
} Pieces;

/* ---- the compared run ---------------------------------------------------- */

/* What of the other run stands where a token does: its position; -1: none.
 * Where the texts differ in length they are aligned at both ends, and between
 * them from the left. */
static int pos_before(const Stage *s, int pos) {
    if (!s->against) return -1;
    const int end = s->before_suffix + s->before_shift;
    if (pos >= s->before_suffix)
        pos += s->before_shift;
    else if (pos >= s->before_prefix && pos >= end)
        return -1;
    return pos < trace_n_pos(s->against) ? pos : -1;
}

static bool is_other(const Stage *s, int pos) {
    const int at = pos_before(s, pos);
    return s->against && (at < 0 || trace_token(s->against, at) !=
                                        trace_token(s->trace, pos));
}

/* Pieces of the other run that nothing stands beside. */
static int n_gone(const Stage *s) {
    return s->against ? num_max(s->before_shift, 0) : 0;
}

static bool differs_before(const Stage *s) {
    bool any = n_gone(s) > 0;
    for (int pos = 0; s->against && pos < s->n_pos && !any; pos++)
        any = is_other(s, pos);
    return any;
}

/* ---- lines --------------------------------------------------------------- */

static int cells_of(const Pieces *p, Piece piece) {
    const int n = piece.is_control ? CONTROL_LEN : num_max(piece.len, 1);
    return num_min(n, p->per_line);
}

static Piece piece_at(const Stage *s, int pos) {
    return tokens_piece(s, trace_token(s->trace, pos));
}

/* Whether the token goes on with a character that the one before began. */
static bool goes_on(Piece p) {
    return !p.is_control && p.len > 0 && ((uint8_t)p.bytes[0] & 0xC0) == 0x80;
}

/* Where the line ends that begins at a token: a character stays whole where it
 * has room. */
static int line_end(const Stage *s, const Pieces *p, int from) {
    int used = 0, pos = from, whole = from;
    for (; pos < s->n_pos; pos++) {
        const Piece piece = piece_at(s, pos);
        if (!goes_on(piece)) whole = pos;
        used += cells_of(p, piece);
        if (used > p->per_line && pos > from) break;
    }
    if (pos == s->n_pos) return pos;
    return whole > from ? whole : pos;
}

/* Lines in all, and the current token's. */
static int count_lines(const Stage *s, const Pieces *p, int *current) {
    int n = 0;
    *current = 0;
    for (int at = 0; at < s->n_pos; n++) {
        const int end = line_end(s, p, at);
        if (at <= s->pos && s->pos < end) *current = n;
        at = end;
    }
    return n;
}

static void set_cell(const Stage *s, Pieces *p, int w) {
    p->cell_w = num_max(w, 1);
    p->per_line = num_clamp((p->r.w - stage_u(s, GUTTER_U)) / p->cell_w,
                            CONTROL_LEN, CELLS_MAX);
    p->row_h = num_clamp(w, stage_u(s, 21), stage_u(s, 84));
    p->line_h = p->rows * p->row_h + stage_u(s, 16);
}

/* The least width of a cell with which no id touches the next. */
static int least_cell(const Stage *s, const Pieces *p) {
    const TextStyle id = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    int least = 1;
    for (int pos = 0; pos < s->n_pos; pos++) {
        const int n = cells_of(p, piece_at(s, pos));
        char text[16];
        if (n > 2) continue;
        snprintf(text, sizeof text, "%d", trace_token(s->trace, pos));
        const int w = canvas_text_width(s->canvas, id, text) + stage_u(s, 6);
        least = num_max(least, (w + n - 1) / n);
    }
    return least;
}

/* The largest cells with which all of the text is seen. */
static void lay_out(const Stage *s, Pieces *p, Rect r) {
    int current = 0;
    p->r = r;
    p->r.h = num_max(r.h - stage_u(s, LEGEND_U), 0);
    p->rows = differs_before(s) ? 5 : 4;
    p->per_line = CELLS_MAX;
    const int least = least_cell(s, p);
    for (int u = CELL_MAX_U; u >= CELL_U; u -= 3) {
        set_cell(s, p, num_max(stage_u(s, (float)u), least));
        p->n_lines = count_lines(s, p, &current);
        if (p->n_lines * p->line_h <= p->r.h) break;
    }
    p->lines = num_clamp(p->r.h / num_max(p->line_h, 1), 1, p->n_lines);
    p->first_line = stage_window(p->n_lines, p->lines, current);
}

/* ---- drawing ------------------------------------------------------------- */

static float size_of(const Stage *s, const Pieces *p, float share) {
    return num_clamp_float((float)p->row_h / canvas_scale(s->canvas) * share,
                           TYPE_TINY, TYPE_DISPLAY);
}

/* A character as it is seen: white space by its sign. */
static void character_text(const char *bytes, int n, uint32_t cp,
                           char out[16]) {
    const char *sign = cp == ' '          ? "␣"
                       : cp == '\n'       ? "⏎"
                       : cp == '\t'       ? "⇥"
                       : cp == UTF8_BAD   ? "?"
                       : cp < 0x20        ? "·"
                       : cp - 0x7F < 0x21 ? "·"
                                          : NULL;
    if (sign)
        snprintf(out, 16, "%s", sign);
    else
        snprintf(out, 16, "%.*s", n, bytes);
}

/* One that no font has by its number, as large as there is room. */
static void draw_character(const Stage *s, TextStyle style, Rect r,
                           const char *text) {
    char name[STAGE_LABEL_MAX];
    if (tokens_name_missing(s, text, name)) {
        text = name;
        style.face = FACE_MONO;
        const int w = canvas_text_width(s->canvas, style, text);
        if (w > r.w)
            style.size = num_clamp_float(style.size * (float)r.w / (float)w,
                                         TYPE_TINY, style.size);
    }
    canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y, r.h, text);
}

/* Characters over their bytes: those of one character are under one roof. */
static void draw_bytes(const Stage *s, const Pieces *p, int x, int y,
                       const char *bytes, int n) {
    const Theme *t = s->theme;
    TextStyle letter = text_style(FACE_SANS, size_of(s, p, .62f), t->text);
    TextStyle hex = text_style(FACE_MONO, size_of(s, p, .36f), t->soft);
    letter.align = hex.align = ALIGN_CENTER;
    for (int i = 0; i < n;) {
        uint32_t cp;
        char text[16];
        const int m = utf8_decode(bytes + i, (size_t)(n - i), &cp);
        const Rect roof = {x + i * p->cell_w, y, m * p->cell_w, p->row_h};
        character_text(bytes + i, m, cp, text);
        draw_character(s, letter, roof, text);
        if (m > 1)
            canvas_fill(s->canvas,
                        (Rect){roof.x + 3, y + p->row_h - 1, roof.w - 6,
                               num_max(stage_u(s, 2), 1)},
                        t->accent);
        for (int j = i; j < i + m; j++) {
            snprintf(text, sizeof text, "%02X", (uint8_t)bytes[j]);
            canvas_text_row(s->canvas, hex, x + j * p->cell_w + p->cell_w / 2,
                            y + p->row_h, p->row_h, text);
        }
        i += m;
    }
}

static void draw_token(const Stage *s, const Pieces *p, Rect r, int pos) {
    const Theme *t = s->theme;
    const Piece piece = piece_at(s, pos);
    const bool current = pos == s->pos;
    TokensBox b = {.r = {r.x + 1, r.y, r.w - 2, r.h},
                   .fill = piece.is_control ? t->well : t->panel,
                   .frame = piece.is_byte ? t->accent : t->soft,
                   .ink = t->text,
                   .line_u = 1,
                   .size_u = size_of(s, p, .5f),
                   .face = FACE_MEDIUM,
                   .is_byte = piece.is_byte};
    if (current) {
        b.fill = b.frame = t->select;
        b.ink = t->select_ink;
    }
    tokens_box(s, &b, s->labels[pos]);
    TextStyle id =
        text_style(FACE_MONO, size_of(s, p, .42f), current ? t->text : t->soft);
    char text[16];
    snprintf(text, sizeof text, "%d", trace_token(s->trace, pos));
    /* An id is wider than a cell of one byte may be. */
    if (canvas_text_width(s->canvas, id, text) > r.w) id.size = TYPE_TINY;
    id.align = ALIGN_CENTER;
    if (canvas_text_width(s->canvas, id, text) <= r.w)
        canvas_text_row(s->canvas, id, r.x + r.w / 2, r.y + r.h, r.h, text);
    Rect hit = {r.x, r.y - 2 * r.h, r.w, 4 * r.h};
    hits_pick(s->hits, hit, pick_number(STATE_TOKEN, pos));
}

/* Under a token what stood there before, where that is another. */
static void draw_before(const Stage *s, const Pieces *p, Rect r, int pos) {
    const int at = pos_before(s, pos);
    char text[STAGE_LABEL_MAX] = "–";
    if (at >= 0)
        tokenizer_show(s->tokenizer, trace_token(s->against, at), text,
                       sizeof text);
    const TokensBox b = {.r = {r.x + 1, r.y, r.w - 2, r.h - stage_u(s, 2)},
                         .fill = s->theme->window,
                         .frame = s->theme->window,
                         .ink = s->theme->bad,
                         .line_u = 1,
                         .size_u = size_of(s, p, .5f),
                         .face = FACE_MEDIUM};
    tokens_box(s, &b, text);
    stage_dashed(s, b.r, s->theme->bad);
}

/* Tokens from..end of the text, y being the top of their line. */
static void draw_line(const Stage *s, const Pieces *p, int y, int from,
                      int end) {
    char bytes[CELLS_MAX];
    int n = 0, start = p->r.x + stage_u(s, GUTTER_U), x = start;
    int n_names = 4;
    for (int pos = from; pos < end; pos++) {
        const Piece piece = piece_at(s, pos);
        const int cells = cells_of(p, piece), w = cells * p->cell_w;
        draw_token(s, p, (Rect){x, y + 2 * p->row_h, w, p->row_h}, pos);
        if (p->rows > 4 && is_other(s, pos)) {
            draw_before(s, p, (Rect){x, y + 4 * p->row_h, w, p->row_h}, pos);
            n_names = 5;
        }
        x += w;
        if (!piece.is_control && n + cells <= CELLS_MAX && piece.len > 0) {
            memcpy(bytes + n, piece.bytes, (size_t)cells);
            n += cells;
        }
        if (pos + 1 == end || piece.is_control ||
            piece_at(s, pos + 1).is_control) {
            draw_bytes(s, p, start, y, bytes, n);
            start = x;
            n = 0;
        }
    }
    static const char *const names[] = {"text", "bytes", "pieces", "ids",
                                        "before"};
    const float size = fminf(size_of(s, p, .25f), TYPE_SMALL + 2);
    TextStyle name = text_style(FACE_SANS, size, s->theme->soft);
    for (int i = 0; i < n_names; i++)
        canvas_text_row(s->canvas, name, p->r.x, y + i * p->row_h, p->row_h,
                        names[i]);
}

/* "before also ␣brave ␣kind · ": what nothing stands beside; "": nothing. */
static void gone_text(const Stage *s, char *out, size_t size) {
    const int n = n_gone(s), end = s->before_suffix + s->before_shift;
    size_t at = 0;
    out[0] = '\0';
    if (n > 0) at = (size_t)snprintf(out, size, "before also");
    for (int i = 0; i < n && at + STAGE_LABEL_MAX + 16 < size; i++) {
        char token[STAGE_LABEL_MAX];
        tokenizer_show(s->tokenizer, trace_token(s->against, end - n + i),
                       token, sizeof token);
        at += (size_t)snprintf(out + at, size - at, " %s", token);
    }
    if (n > 0)
        snprintf(out + at, size - at,
                 at + STAGE_LABEL_MAX + 16 < size ? " · " : " … · ");
}

static void draw_legend(const Stage *s, const Pieces *p, Rect r) {
    char text[360];
    int first = 0, last = s->n_pos - 1;
    if (p->lines < p->n_lines) {
        int line = 0;
        for (int at = 0; at < s->n_pos; line++) {
            const int end = line_end(s, p, at);
            if (line == p->first_line) first = at;
            if (line < p->first_line + p->lines) last = end - 1;
            at = end;
        }
    }
    char gone[128];
    gone_text(s, gone, sizeof gone);
    const int n = snprintf(text, sizeof text, "%stokens %d to %d of %d", gone,
                           first, last, s->n_pos);
    snprintf(text + n, sizeof text - (size_t)n,
             " · ␣ a blank · orange: a byte of a character that is no piece · "
             "grey: a special token, no text");
    char brief[360];
    snprintf(brief, sizeof brief,
             "%.*s · ␣ a blank · orange: a byte · grey: special", n, text);
    canvas_text_either(s->canvas,
                       text_style(FACE_SANS, TYPE_SMALL, s->theme->soft), r.x,
                       r.y + r.h - stage_u(s, 6), r.w, text, brief);
}

void tokens_draw_pieces(const Stage *s, Rect r) {
    Pieces p = {0};
    lay_out(s, &p, r);
    canvas_push_clip(s->canvas, r);
    /* A short text stands in the middle. */
    const int top = p.r.y + num_max(p.r.h - p.lines * p.line_h, 0) / 2;
    int line = 0;
    for (int at = 0; at < s->n_pos; line++) {
        const int end = line_end(s, &p, at);
        const int shown = line - p.first_line;
        if (shown >= p.lines) break;
        if (shown >= 0) draw_line(s, &p, top + shown * p.line_h, at, end);
        at = end;
    }
    draw_legend(s, &p, r);
    canvas_pop_clip(s->canvas);
}
