/* What joins the strips: ribbons, the groups of heads, the residual line. */
#include "viz/views/block/block.h"

#include <stdio.h>

/* ---- ribbons ------------------------------------------------------------- */

typedef struct Flow {
    BlockStripId from, to;
} Flow;

static const Flow flows[] = {
    {STRIP_RESID_PRE, STRIP_LN1}, {STRIP_LN1, STRIP_V},
    {STRIP_LN1, STRIP_K},         {STRIP_LN1, STRIP_Q},
    {STRIP_Q, STRIP_ROT_Q},       {STRIP_K, STRIP_ROT_K},
    {STRIP_Z, STRIP_ATTN_OUT},    {STRIP_ATTN_OUT, STRIP_RESID_MID},
    {STRIP_RESID_MID, STRIP_LN2}, {STRIP_LN2, STRIP_GATE},
    {STRIP_GATE, STRIP_UP},       {STRIP_UP, STRIP_SILU},
    {STRIP_SILU, STRIP_DOWN},     {STRIP_DOWN, STRIP_RESID_POST},
};

/* The colour of what it becomes or, on the way back to the stream, of what it
 * was. */
static SiteRole flow_role(const Flow *f) {
    const SiteRole to = site_role(block_strips[f->to].site);
    return to == SITE_ROLE_STREAM ? site_role(block_strips[f->from].site) : to;
}

static void ribbon(const Stage *s, Rect from, int x0, Rect to, int x1,
                   Color c) {
    if (from.y == to.y && from.h == to.h)
        canvas_fill(s->canvas, (Rect){x0, from.y, x1 - x0, from.h}, c);
    else
        canvas_ribbon(s->canvas, (float)x0, (float)from.y,
                      (float)(from.y + from.h), (float)x1, (float)to.y,
                      (float)(to.y + to.h), c);
}

static int right_of(Rect r) {
    return r.x + r.w;
}

static void draw_flows(const Stage *s, const BlockLayout *b) {
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        const Flow *f = &flows[i];
        Rect from = b->strip[f->from], to = b->strip[f->to];
        Color c = block_role_tint(s->theme, flow_role(f));
        ribbon(s, from, right_of(from), to, to.x,
               block_lit(s, (int)block_strips[f->to].op, c));
    }
}

/* Rows of the query heads that read key-value head g, as one rectangle. */
static Rect group_rows(const Stage *s, const BlockLayout *b, int g) {
    int share = s->config->n_heads / s->config->n_kv_heads;
    Rect first = block_row(s, b, g * share);
    Rect last = block_row(s, b, g * share + share - 1);
    first.h = last.y + last.h - first.y;
    return first;
}

/* A tint, or something stronger for what the current head uses. */
static Color path_color(const Stage *s, SiteRole role, bool current, int op) {
    Color c = block_role_tint(s->theme, role);
    if (current) c = color_mix(c, block_role_color(s->theme, role), 0.25f);
    return block_lit(s, op, c);
}

/* Each key head to the rows that share it, each query head to its row. */
static void draw_matrix_flows(const Stage *s, const BlockLayout *b) {
    const Config *c = s->config;
    int x1 = b->matrix.x - b->gutter, share = c->n_heads / c->n_kv_heads;
    Rect k = b->strip[STRIP_ROT_K], q = b->strip[STRIP_ROT_Q];
    Rect z = b->strip[STRIP_Z];
    for (int g = 0; g < c->n_kv_heads; g++)
        ribbon(
            s, block_slice(b, STRIP_ROT_K, g, c->n_kv_heads), right_of(k),
            group_rows(s, b, g), x1,
            path_color(s, SITE_ROLE_KEY, g == s->head / share, BLOCK_SCORES));
    for (int h = 0; h < c->n_heads; h++) {
        bool current = h == s->head;
        Rect row = block_row(s, b, h);
        ribbon(s, block_slice(b, STRIP_ROT_Q, h, c->n_heads), right_of(q), row,
               x1, path_color(s, SITE_ROLE_QUERY, current, BLOCK_SCORES));
        ribbon(s, row, right_of(row), block_slice(b, STRIP_Z, h, c->n_heads),
               z.x, path_color(s, SITE_ROLE_VALUE, current, BLOCK_Z));
    }
}

/* A bracket in the key's colour around the rows that share a key head, with
 * that head's number ("k2") where it fits. */
static void draw_groups(const Stage *s, const BlockLayout *b) {
    const Config *c = s->config;
    if (c->n_kv_heads == c->n_heads) return;
    int x = b->matrix.x - b->gutter, w = stage_u(s, 2), tick = stage_u(s, 5);
    for (int g = 0; g < c->n_kv_heads; g++) {
        Rect r = group_rows(s, b, g);
        Color color = block_lit(s, BLOCK_SCORES, s->theme->key);
        canvas_fill(s->canvas, (Rect){x, r.y, w, r.h}, color);
        canvas_fill(s->canvas, (Rect){x, r.y, tick, w}, color);
        canvas_fill(s->canvas, (Rect){x, r.y + r.h - w, tick, w}, color);
        TextStyle style = text_style(FACE_MONO, TYPE_TINY, color);
        char text[16];
        snprintf(text, sizeof text, "k%d", g);
        if (b->key_heads && r.h > stage_u(s, TYPE_TINY))
            canvas_text_row(s->canvas, style, x + tick, r.y, r.h, text);
    }
}

/* The values pass below the matrix: its weights say how much of each. */
static void draw_values(const Stage *s, const BlockLayout *b) {
    if (b->values.h == 0) return;
    Rect v = b->strip[STRIP_V], z = b->strip[STRIP_Z], band = b->values;
    int x = b->matrix.x - b->gutter;
    Color tint =
        block_lit(s, BLOCK_Z, block_role_tint(s->theme, SITE_ROLE_VALUE));
    ribbon(s, v, right_of(v), band, x, tint);
    band.w = z.x - x;
    band.x = x;
    canvas_fill(s->canvas, band, tint);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL,
                                 block_lit_text(s, BLOCK_Z, s->theme->value));
    style.align = ALIGN_CENTER;
    int n = trace_n_keys(s->trace, s->pos);
    char text[64];
    snprintf(text, sizeof text,
             n == 1 ? "the value of %d token" : "values of %d tokens", n);
    if (canvas_text_width(s->canvas, style, text) > band.w)
        snprintf(text, sizeof text, "V");
    canvas_text_row(s->canvas, style, band.x + band.w / 2, band.y, band.h,
                    text);
}

/* ---- the residual line --------------------------------------------------- */

static void draw_plus(const Stage *s, int x, int y, Color c) {
    float r = (float)stage_u(s, 9), arm = (float)stage_u(s, 5);
    float w = (float)stage_u(s, 2), fx = (float)x, fy = (float)y;
    canvas_circle(s->canvas, fx, fy, r, c);
    canvas_circle(s->canvas, fx, fy, r - w, s->theme->window);
    canvas_line(s->canvas, fx - arm, fy, fx + arm, fy, w, c);
    canvas_line(s->canvas, fx, fy - arm, fx, fy + arm, w, c);
}

/* One stretch: passes below the strips from `from` and is added at `to`. */
static void draw_pass(const Stage *s, const BlockLayout *b, BlockStripId from,
                      BlockStripId to, const char *caption) {
    int op = (int)block_strips[to].op, w = stage_u(s, 4);
    int x0 = block_middle(b->strip[from]), x1 = block_middle(b->strip[to]);
    int y = b->residual_y;
    Color c = block_lit(s, op, s->theme->residual);
    int up = b->strip[to].y + b->strip[to].h +
             stage_u(s, b->shapes ? 22 : 3); /* below the strip's scale */
    canvas_fill(s->canvas, (Rect){x0, y - w / 2, x1 - x0, w}, c);
    canvas_fill(s->canvas, (Rect){x1 - w / 2, up, w, y - up}, c);
    if (from == STRIP_RESID_PRE)
        canvas_fill(s->canvas, (Rect){x0 - w / 2, up, w, y + w / 2 - up}, c);
    draw_plus(s, x1, y, c);
    if (!b->shapes) return;
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL,
                                 block_lit_text(s, op, s->theme->soft));
    style.align = ALIGN_CENTER;
    if (canvas_text_width(s->canvas, style, caption) < x1 - x0)
        canvas_text(s->canvas, style, (x0 + x1) / 2, y + stage_u(s, 22),
                    caption);
}

void block_draw_residual_line(const Stage *s, const BlockLayout *b) {
    if (b->residual_y == 0) return;
    draw_pass(s, b, STRIP_RESID_MID, STRIP_RESID_POST,
              "it passes by again; the MLP's is added");
    draw_pass(s, b, STRIP_RESID_PRE, STRIP_RESID_MID,
              "the residual stream passes by; attention's result is added");
}

void block_draw_flows(const Stage *s, const BlockLayout *b) {
    draw_values(s, b);
    draw_flows(s, b);
    draw_matrix_flows(s, b);
    draw_groups(s, b);
}
