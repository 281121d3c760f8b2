/* What joins the strips: ribbons, the groups of heads, the residual line. */
#include "viz/views/block/block.h"

#include <stdio.h>

/* ---- ribbons ------------------------------------------------------------- */

/* The colour of what it becomes or, on the way back to the stream, of what it
 * was. */
static SiteRole flow_role(Site from, Site to) {
    const SiteRole role = site_role(to);
    return role == SITE_ROLE_STREAM ? site_role(from) : role;
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

static void draw_flow(const Stage *s, const BlockLayout *b, int strip) {
    const BlockStrip *to = &b->plan.strip[strip];
    if (to->from < 0) return;
    const Rect from = b->strip[to->from], r = b->strip[strip];
    const SiteRole role = flow_role(b->plan.strip[to->from].site, to->site);
    const Color c = block_role_tint(s->theme, role);
    ribbon(s, from, right_of(from), r, r.x, block_lit(s, &b->plan, to->op, c));
}

/* Of those of a column the lowest first: the upper ones lie above it. */
static void draw_flows(const Stage *s, const BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    for (int first = 0, last; first < p->n_strips; first = last + 1) {
        last = first;
        while (last + 1 < p->n_strips && block_above(p, last + 1) >= 0)
            last++;
        for (int i = last; i >= first; i--)
            draw_flow(s, b, i);
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
static Color path_color(const Stage *s, const BlockPlan *p, SiteRole role,
                        bool current, int op) {
    Color c = block_role_tint(s->theme, role);
    if (current) c = color_mix(c, block_role_color(s->theme, role), 0.25f);
    return block_lit(s, p, op, c);
}

/* Each key head to the rows that share it, each query head to its row. */
static void draw_matrix_flows(const Stage *s, const BlockLayout *b) {
    const Config *c = s->config;
    const BlockPlan *p = &b->plan;
    int x1 = b->matrix.x - b->gutter, share = c->n_heads / c->n_kv_heads;
    Rect k = b->strip[p->key], q = b->strip[p->query], z = b->strip[p->mixed];
    for (int g = 0; g < c->n_kv_heads; g++)
        ribbon(
            s, block_slice(b, p->key, g, c->n_kv_heads), right_of(k),
            group_rows(s, b, g), x1,
            path_color(s, p, SITE_ROLE_KEY, g == s->head / share, p->scores));
    for (int h = 0; h < c->n_heads; h++) {
        bool current = h == s->head;
        Rect row = block_row(s, b, h);
        ribbon(s, block_slice(b, p->query, h, c->n_heads), right_of(q), row, x1,
               path_color(s, p, SITE_ROLE_QUERY, current, p->scores));
        ribbon(
            s, row, right_of(row), block_slice(b, p->mixed, h, c->n_heads), z.x,
            path_color(s, p, SITE_ROLE_VALUE, current, p->strip[p->mixed].op));
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
        Color color = block_lit(s, &b->plan, b->plan.scores, s->theme->key);
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
    const BlockPlan *p = &b->plan;
    const int op = p->strip[p->mixed].op;
    Rect v = b->strip[p->value], z = b->strip[p->mixed], band = b->values;
    int x = b->matrix.x - b->gutter;
    Color tint =
        block_lit(s, p, op, block_role_tint(s->theme, SITE_ROLE_VALUE));
    ribbon(s, v, right_of(v), band, x, tint);
    band.w = z.x - x;
    band.x = x;
    canvas_fill(s->canvas, band, tint);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->value);
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
static void draw_pass(const Stage *s, const BlockLayout *b, int from, int to) {
    int op = b->plan.strip[to].op, w = stage_u(s, 4);
    const char *caption = b->plan.op[op].words->passes;
    int x0 = block_middle(b->strip[from]), x1 = block_middle(b->strip[to]);
    int y = b->residual_y;
    Color c = block_lit(s, &b->plan, op, s->theme->residual);
    int up = b->strip[to].y + b->strip[to].h +
             stage_u(s, b->shapes ? 22 : 3); /* below the strip's scale */
    canvas_fill(s->canvas, (Rect){x0, y - w / 2, x1 - x0, w}, c);
    canvas_fill(s->canvas, (Rect){x1 - w / 2, up, w, y - up}, c);
    /* A sum has its plus there. */
    if (b->plan.op[b->plan.strip[from].op].made->kind != OP_ADD)
        canvas_fill(s->canvas, (Rect){x0 - w / 2, up, w, y + w / 2 - up}, c);
    draw_plus(s, x1, y, c);
    if (!b->shapes) return;
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    style.align = ALIGN_CENTER;
    if (canvas_text_width(s->canvas, style, caption) < x1 - x0)
        canvas_text(s->canvas, style, (x0 + x1) / 2, y + stage_u(s, 22),
                    caption);
}

void block_draw_residual_line(const Stage *s, const BlockLayout *b) {
    if (b->residual_y == 0) return;
    const BlockPlan *p = &b->plan;
    for (int i = p->n_strips - 1; i >= 0; i--) {
        const ArchOp *made = p->op[p->strip[i].op].made;
        if (made->kind == OP_ADD)
            draw_pass(s, b, block_strip_of(p, made->in[0]), i);
    }
}

void block_draw_flows(const Stage *s, const BlockLayout *b) {
    draw_values(s, b);
    draw_flows(s, b);
    draw_matrix_flows(s, b);
    draw_groups(s, b);
}
