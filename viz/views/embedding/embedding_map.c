/* The shadow of the table on the two directions in which its rows differ most;
 * and where the tokens' vectors point after each layer. */
#include "viz/views/embedding/embedding.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARKED_MAX  128   /* tokens of the prompt that are marked */
#define WAYS_MAX    40    /* tokens of which the way from their row is shown */
#define NEAR_MARKED 8     /* of the current token's nearest */
#define NAMED_MAX   1500  /* words of which a name is tried */
#define ABOUT_U     90.0f /* how near a word is to a token, where one moves */
#define DEPTH_U     44.0f
#define INSET_U     150.0f

typedef struct Map {
    const StudyMap *m;
    Rect area;
    double low[2], high[2]; /* what the area shows */
    bool moved;
    EmbeddingLabels labels;
    int first_pos, end_pos;            /* of the tokens marked */
    int marked[NEAR_MARKED], n_marked; /* ids of nearest ones */
} Map;

/* ---- where things lie ---------------------------------------------------- */

static const StudyPlace *place_at(const Stage *s, int pos, bool moved) {
    const Site site = moved ? arch_stream_next(s->config->arch) : SITE_EMBED;
    return study_place(s->study, STUDY_MAP_WORDS, site, moved ? s->layer : 0,
                       pos);
}

/* Where the other run has it; NULL too where both have it in one place. */
static const StudyPlace *place_before(const Stage *s, int pos,
                                      const StudyPlace *now, bool moved) {
    const int at = before_pos(s, pos);
    if (at < 0 || !now || trace_model(s->against) != s->model) return NULL;
    const Site site = moved ? arch_stream_next(s->config->arch) : SITE_EMBED;
    const StudyPlace *was = study_place(s->against_study, STUDY_MAP_WORDS, site,
                                        moved ? s->layer : 0, at);
    const double least = BEFORE_LEAST;
    return was && (fabs(was->at[0] - now->at[0]) > least ||
                   fabs(was->at[1] - now->at[1]) > least)
               ? was
               : NULL;
}

static void take_in(Map *map, const double at[2]) {
    for (int k = 0; k < 2; k++) {
        if (!isfinite(at[k])) continue;
        map->low[k] = fmin(map->low[k], at[k]);
        map->high[k] = fmax(map->high[k], at[k]);
    }
}

/* All words, and all tokens wherever they are in depth, so that the ground
 * stays while they move. */
static void bound(const Stage *s, Map *map) {
    for (int i = 0; i < map->m->n; i++)
        take_in(map, map->m->points[i].at);
    for (int pos = map->first_pos; pos < map->end_pos; pos++) {
        const StudyPlace *p = place_at(s, pos, map->moved);
        if (p) take_in(map, p->at);
        p = place_before(s, pos, p, map->moved);
        if (p) take_in(map, p->at);
    }
    for (int k = 0; k < 2; k++) {
        const double room = .04 * (map->high[k] - map->low[k]) + 1e-9;
        map->low[k] -= room;
        map->high[k] += room;
    }
}

/* The first direction to the right, the second up. */
static void to_pixels(const Map *map, const double at[2], int *x, int *y) {
    double part[2];
    for (int k = 0; k < 2; k++) {
        part[k] = (at[k] - map->low[k]) / (map->high[k] - map->low[k]);
        if (!isfinite(part[k])) part[k] = 0;
    }
    *x = map->area.x + (int)lround(part[0] * map->area.w);
    *y = map->area.y + map->area.h - (int)lround(part[1] * map->area.h);
}

/* ---- dots ---------------------------------------------------------------- */

static void tip_word(const Stage *s, Rect dot, int id) {
    const int near = stage_u(s, 4);
    if (!rect_contains(rect_inset(dot, -near, -near), s->mouse_x, s->mouse_y))
        return;
    char text[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, id, text, sizeof text);
    tip_set(s->tip, dot, text);
}

static Rect dot(const Stage *s, int x, int y, float u, Color color) {
    const int radius = num_max(stage_u(s, u), 2);
    canvas_dot(s->canvas, x, y, radius, color);
    return (Rect){x - radius, y - radius, 2 * radius, 2 * radius};
}

/* A click on a word holds it against the current token. */
static void draw_words(const Stage *s, const Map *map) {
    const Color grey =
        color_mix(s->theme->window, s->theme->soft, map->moved ? .35f : .6f);
    for (int i = 0; i < map->m->n; i++) {
        int x, y;
        const StudyMapPoint *p = &map->m->points[i];
        to_pixels(map, p->at, &x, &y);
        const Rect r = dot(s, x, y, 3.5f, grey);
        tip_word(s, r, p->id);
        hits_pick(s->hits, r,
                  pick_and(pick_word(STATE_OP, embedding_mode(EMBEDDING_NEAR)),
                           pick_number(STATE_ELEM, p->id)));
    }
}

/* Its row on the way to where it is. */
static void draw_way(const Stage *s, const Map *map, int pos, int x, int y) {
    const bool current = pos == s->pos;
    const StudyPlace *from = place_at(s, pos, false);
    int x0, y0;
    if (!from) return;
    to_pixels(map, from->at, &x0, &y0);
    canvas_line(s->canvas, (float)x0, (float)y0, (float)x, (float)y,
                (float)num_max(stage_u(s, current ? 2 : 1), 1),
                current ? s->theme->query
                        : color_mix(s->theme->window, s->theme->soft, .3f));
}

/* Hollow: where the other run has it, and the way from there. */
static void draw_before(const Stage *s, const Map *map, const StudyPlace *was,
                        int x, int y) {
    int x0, y0;
    const int radius = stage_u(s, 5);
    to_pixels(map, was->at, &x0, &y0);
    canvas_line(s->canvas, (float)x0, (float)y0, (float)x, (float)y,
                (float)num_max(stage_u(s, 1), 1), s->theme->bad);
    canvas_round(s->canvas,
                 (Rect){x0 - radius, y0 - radius, 2 * radius, 2 * radius},
                 (float)radius, s->theme->window);
    canvas_frame(
        s->canvas, (Rect){x0 - radius, y0 - radius, 2 * radius, 2 * radius},
        (float)radius, (float)num_max(stage_u(s, 2), 1), s->theme->bad);
}

/* At its row a token lies where it does everywhere: once is enough. */
static bool is_repeated(const Stage *s, const Map *map, int pos) {
    if (map->moved || pos == s->pos) return false;
    const int id = stage_read_id(s, pos);
    if (id == stage_read_id(s, s->pos)) return true;
    for (int i = map->first_pos; i < pos; i++)
        if (stage_read_id(s, i) == id) return true;
    return false;
}

static void token_label(const Stage *s, const Map *map, int pos, char *out,
                        size_t size) {
    char token[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, stage_read_id(s, pos), token, sizeof token);
    snprintf(out, size, map->moved ? "%s %d" : "%s", token, pos);
}

static void draw_token(const Stage *s, const Map *map, int pos) {
    const StudyPlace *p = place_at(s, pos, map->moved);
    const bool current = pos == s->pos;
    int x, y;
    if (!p || is_repeated(s, map, pos)) return;
    to_pixels(map, p->at, &x, &y);
    if (map->moved && (current || s->n_pos <= WAYS_MAX))
        draw_way(s, map, pos, x, y);
    const StudyPlace *was = place_before(s, pos, p, map->moved);
    if (was) draw_before(s, map, was, x, y);
    const Rect r = dot(s, x, y, current ? 7 : 4.5f,
                       current ? s->theme->query : s->theme->text);
    tip_word(s, r, stage_read_id(s, pos));
    hits_pick(s->hits, r, pick_number(STATE_TOKEN, pos));
}

/* ---- names --------------------------------------------------------------- */

static bool name_token(const Stage *s, Map *map, int pos) {
    const StudyPlace *p = place_at(s, pos, map->moved);
    const bool current = pos == s->pos;
    char text[STAGE_LABEL_MAX + 16];
    int x, y;
    if (!p || is_repeated(s, map, pos)) return true;
    to_pixels(map, p->at, &x, &y);
    token_label(s, map, pos, text, sizeof text);
    TextStyle style = current
                          ? text_style(FACE_BOLD, TYPE_LEAD, s->theme->query)
                          : text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    return embedding_label(s, &map->labels, style, x, y,
                           stage_u(s, current ? 7 : 4), text);
}

/* No name hides a token. */
static void keep_clear(const Stage *s, Map *map, int pos) {
    const StudyPlace *p = place_at(s, pos, map->moved);
    const int radius = stage_u(s, 4.5f);
    int x, y;
    if (!p || is_repeated(s, map, pos)) return;
    to_pixels(map, p->at, &x, &y);
    embedding_take(&map->labels,
                   (Rect){x - radius, y - radius, 2 * radius, 2 * radius});
}

static void keep_all_clear(const Stage *s, Map *map) {
    for (int pos = map->first_pos; pos < map->end_pos; pos++)
        keep_clear(s, map, pos);
}

static int point_of(const StudyMap *m, int id) {
    int low = 0, high = m->n;
    while (low < high) {
        const int mid = (low + high) / 2;
        if (m->points[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < m->n && m->points[low].id == id ? low : -1;
}

static void name_word(const Stage *s, Map *map, int i, TextStyle style,
                      int radius) {
    char text[STAGE_LABEL_MAX];
    int x, y;
    to_pixels(map, map->m->points[i].at, &x, &y);
    tokenizer_show(s->tokenizer, map->m->points[i].id, text, sizeof text);
    embedding_label(s, &map->labels, style, x, y, radius, text);
}

/* What points where the current token does, in its colour: near it on the map,
 * too, or not. */
static void mark_near(const Stage *s, Map *map) {
    const StudyNear *near = study_near(s->study, stage_read_id(s, s->pos));
    if (!near || map->moved) return;
    for (int k = 0; k < num_min(near->n, NEAR_MARKED); k++) {
        const int i = point_of(map->m, near->rows[k].id);
        int x, y;
        if (i < 0 || near->rows[k].cosine < EMBEDDING_CLOSE) continue;
        to_pixels(map, map->m->points[i].at, &x, &y);
        dot(s, x, y, 5, s->theme->query);
        map->marked[map->n_marked++] = near->rows[k].id;
        name_word(s, map, i, text_style(FACE_BOLD, TYPE_SMALL, s->theme->query),
                  stage_u(s, 5));
    }
}

/* Whether it has its own name already. */
static bool is_marked(const Stage *s, const Map *map, int id) {
    for (int k = 0; k < map->n_marked; k++)
        if (map->marked[k] == id) return true;
    for (int pos = map->first_pos; pos < map->end_pos && !map->moved; pos++)
        if (stage_read_id(s, pos) == id) return true;
    return false;
}

/* Where a marked token lies. */
typedef struct Spot {
    int id, x, y;
    bool is_there;
} Spot;

typedef struct Spots {
    int n;
    Spot at[MARKED_MAX];
} Spots;

static void find_spots(const Stage *s, const Map *map, Spots *out) {
    out->n = 0;
    for (int pos = map->first_pos; pos < map->end_pos; pos++) {
        Spot *spot = &out->at[out->n++];
        const StudyPlace *p = place_at(s, pos, true);
        *spot = (Spot){.id = stage_read_id(s, pos), .is_there = p != NULL};
        if (p) to_pixels(map, p->at, &spot->x, &spot->y);
    }
}

/* While tokens move, what lies about them is named; the mouse names the rest.
 */
static bool is_about(const Map *map, const Spots *spots, int i, int64_t reach) {
    int x, y;
    to_pixels(map, map->m->points[i].at, &x, &y);
    for (int k = 0; k < spots->n; k++) {
        const Spot *spot = &spots->at[k];
        const int64_t dx = x - spot->x, dy = y - spot->y;
        if (spot->id == map->m->points[i].id ||
            (spot->is_there && dx * dx + dy * dy <= reach * reach))
            return true;
    }
    return false;
}

static void name_words(const Stage *s, Map *map) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int n = num_min(map->m->n, NAMED_MAX), reach = stage_u(s, ABOUT_U);
    Spots spots = {0};
    if (map->moved) find_spots(s, map, &spots);
    for (int i = 0; i < n; i++)
        if (!is_marked(s, map, map->m->points[i].id) &&
            (!map->moved || is_about(map, &spots, i, reach)))
            name_word(s, map, i, style, stage_u(s, 3));
}

/* ---- around it ----------------------------------------------------------- */

/* A part of a line that opens an axis, in its arithmetic. */
static int draw_share(const Stage *s, Rect r, int x, const char *text,
                      int axis) {
    TextStyle style = text_style(axis < 0 ? FACE_SANS : FACE_MEDIUM, TYPE_SMALL,
                                 axis < 0 ? s->theme->soft : s->theme->text);
    const int w = canvas_text_width(s->canvas, style, text);
    if (x + w > r.x + r.w) {
        if (axis < 0)
            embedding_text(s, style, x, r.y + stage_u(s, TYPE_SMALL),
                           r.x + r.w - x, text);
        return r.x + r.w;
    }
    embedding_text(s, style, x, r.y + stage_u(s, TYPE_SMALL), w, text);
    if (axis >= 0)
        hits_pick(s->hits, (Rect){x, r.y, w, stage_u(s, TYPE_SMALL * 1.4f)},
                  pick_and(pick_word(STATE_OP, embedding_mode(EMBEDDING_MAP)),
                           pick_number(STATE_ELEM, axis)));
    return x + w;
}

static int draw_shares(const Stage *s, Rect r, const StudyMap *m) {
    const double both = m->share[0] + m->share[1];
    char text[128];
    int x = r.x;
    for (int k = 0; k < 2; k++) {
        snprintf(text, sizeof text, "%s", number_percent(m->share[k], 1).s);
        x = draw_share(s, r, x, text, k);
        if (k == 0) x = draw_share(s, r, x, " + ", -1);
    }
    const double other = num_written(100 - 100 * both, 1);
    int n = snprintf(text, sizeof text, " = %s of the variance",
                     number_percent(both, 1).s);
    if (other >= .05)
        snprintf(text + n, sizeof text - (size_t)n,
                 "; the other %s %% is not in this picture",
                 number_fixed(other, 1).s);
    draw_share(s, r, x, text, -1);
    return stage_u(s, TYPE_SMALL * 1.6f);
}

static void draw_title(const Stage *s, Rect r, const StudyMap *m, bool moved) {
    char text[160];
    TextStyle bold = text_style(FACE_BOLD, TYPE_BODY, s->theme->text);
    if (moved)
        snprintf(text, sizeof text,
                 "where the vectors point after layer %d, each as long as its "
                 "row",
                 s->layer);
    else
        snprintf(text, sizeof text,
                 "a shadow of the table: %d %s on 2 of %d directions", m->n,
                 m->are_words ? "words" : "rows", s->config->dim);
    if (!moved && m->n_apart > 0) {
        const size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, " · %d that lie apart left out",
                 m->n_apart);
    }
    embedding_text(s, bold, r.x, r.y + stage_u(s, TYPE_BODY), r.w, text);
}

/* The rows of all tokens, small, in the corner where the fewest words lie:
 * their first direction often only says which were never read. */
static Rect inset_rect(const Stage *s, const Map *map) {
    const int w = stage_u(s, INSET_U), pad = stage_u(s, 8);
    const Rect a = map->area;
    Rect best = {0};
    int fewest = map->m->n + 1;
    for (int corner = 0; corner < 4; corner++) {
        const Rect r = {corner & 1 ? a.x + pad : a.x + a.w - pad - w,
                        corner & 2 ? a.y + a.h - pad - w : a.y + pad, w, w};
        int n = 0;
        for (int i = 0; i < map->m->n; i++) {
            int x, y;
            to_pixels(map, map->m->points[i].at, &x, &y);
            n += rect_contains(r, x, y);
        }
        if (n < fewest) best = r;
        if (n < fewest) fewest = n;
    }
    return best;
}

static void draw_inset(const Stage *s, Map *map) {
    const int least = stage_u(s, 4 * INSET_U);
    if (map->area.w < least || map->area.h < least * 3 / 4 || map->moved)
        return;
    const StudyMap *all = study_map(s->study, STUDY_MAP_ALL);
    if (!all || !map->m->are_words) return;
    const Rect r = inset_rect(s, map);
    char text[64];
    canvas_round(s->canvas, r, (float)stage_u(s, 4), s->theme->panel);
    canvas_frame(s->canvas, r, (float)stage_u(s, 4), 1, s->theme->rule);
    Map small = {.m = all,
                 .area = rect_inset(r, stage_u(s, 10), stage_u(s, 10)),
                 .low = {INFINITY, INFINITY},
                 .high = {-INFINITY, -INFINITY}};
    const int head = stage_u(s, 34);
    small.area.y += head;
    small.area.h -= head;
    for (int i = 0; i < all->n; i++)
        take_in(&small, all->points[i].at);
    for (int i = 0; i < all->n; i++) {
        int x, y;
        to_pixels(&small, all->points[i].at, &x, &y);
        dot(s, x, y, 1.5f, s->theme->soft);
    }
    TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->text);
    const int x = r.x + stage_u(s, 10), w = r.w - stage_u(s, 16);
    snprintf(text, sizeof text, "all %d rows:", all->n_all);
    canvas_text_fit(s->canvas, style, x, r.y + stage_u(s, 18), w, text);
    snprintf(text, sizeof text, "%s + %s", number_percent(all->share[0], 1).s,
             number_percent(all->share[1], 1).s);
    canvas_text_fit(s->canvas, style, x, r.y + stage_u(s, 34), w, text);
    embedding_take(&map->labels, r);
}

/* ---- depth --------------------------------------------------------------- */

static void draw_stop(const Stage *s, Rect r, int x, int depth, int n,
                      bool named) {
    const bool moved = s->op == EMBEDDING_MOVED;
    const int at = moved ? s->layer + 1 : 0, radius = stage_u(s, 5);
    const Theme *t = s->theme;
    const int y = r.y + stage_u(s, 10), w = r.w / num_max(n, 1);
    char text[24];
    canvas_circle(s->canvas, (float)x, (float)y,
                  (float)(depth == at ? radius * 3 / 2 : radius),
                  depth == at  ? t->query
                  : depth < at ? color_mix(t->window, t->query, .5f)
                               : t->soft);
    const Pick op = pick_word(
        STATE_OP, embedding_mode(depth ? EMBEDDING_MOVED : EMBEDDING_MAP));
    hits_pick(s->hits,
              rect_intersect(r, (Rect){x - w / 2, r.y, num_max(w, 1), r.h}),
              depth ? pick_and(op, pick_number(STATE_LAYER, depth - 1)) : op);
    TextStyle style = text_style(depth == at ? FACE_BOLD : FACE_SANS, TYPE_TINY,
                                 depth == at ? t->text : t->soft);
    style.align = depth == 0       ? ALIGN_LEFT
                  : depth == n - 1 ? ALIGN_RIGHT
                                   : ALIGN_CENTER;
    if (depth)
        snprintf(text, sizeof text, "layer %d", depth - 1);
    else
        snprintf(text, sizeof text, "its row");
    if (named)
        canvas_text(s->canvas, style,
                    depth == 0       ? r.x
                    : depth == n - 1 ? r.x + r.w
                                     : x,
                    r.y + stage_u(s, 34), text);
}

/* From the row through the layers: each a stop that can be clicked. */
static void draw_depth(const Stage *s, Rect r) {
    const int n = s->config->n_layers + 1, radius = stage_u(s, 8);
    const int span = num_max(r.w - 2 * radius, 1);
    const int each = num_max(1, (stage_u(s, 76) * (n - 1) + span - 1) / span);
    canvas_fill(s->canvas,
                (Rect){r.x + radius, r.y + stage_u(s, 10) - 1, span,
                       num_max(stage_u(s, 2), 1)},
                s->theme->rule);
    for (int i = 0; i < n; i++) {
        const int x =
            r.x + radius + (int)((int64_t)i * span / num_max(n - 1, 1));
        draw_stop(s, r, x, i, n,
                  i == 0 || i == n - 1 || (i % each == 0 && i + each <= n - 1));
    }
}

static void draw_legend(const Stage *s, Rect r, const Map *map) {
    const Theme *t = s->theme;
    const int first = map->first_pos;
    const struct {
        const char *text;
        Color color;
        bool hollow;
    } keys[] = {
        {map->moved ? "current" : "current, cosine ≥ 0.5", t->query, false},
        {"in the prompt", t->text, false},
        {"not in it", color_mix(t->window, t->soft, .6f), false},
        {"before", t->bad, true}};
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    int x = r.x;
    const int y = r.y + stage_u(s, TYPE_SMALL), radius = stage_u(s, 4);
    for (int i = 0; i < (s->against ? 4 : 3); i++) {
        const int w = canvas_text_width(s->canvas, style, keys[i].text);
        if (x + 4 * radius + w > r.x + r.w) return;
        const Rect at = {x, y - 2 * radius, 2 * radius, 2 * radius};
        if (keys[i].hollow)
            canvas_frame(s->canvas, at, (float)radius,
                         (float)num_max(stage_u(s, 2), 1), keys[i].color);
        else
            canvas_round(s->canvas, at, (float)radius, keys[i].color);
        canvas_text(s->canvas, style, x + 3 * radius, y, keys[i].text);
        x += 3 * radius + w + stage_u(s, 18);
    }
    char text[96];
    if (map->moved && s->n_pos <= WAYS_MAX &&
        x + canvas_text_width(s->canvas, style, "line: from its row to here") +
                6 * radius <=
            r.x + r.w) {
        canvas_fill(s->canvas, (Rect){x, y - radius, 4 * radius, stage_u(s, 2)},
                    color_mix(t->window, t->soft, .6f));
        x += 5 * radius +
             canvas_text(s->canvas, style, x + 5 * radius, y,
                         "line: from its row to here") +
             stage_u(s, 18);
    }
    if (map->moved && map->end_pos - first < s->n_pos)
        snprintf(text, sizeof text, "tokens %d to %d of %d", first,
                 map->end_pos - 1, s->n_pos);
    else if (map->m->n + map->m->n_apart < map->m->n_all)
        snprintf(text, sizeof text,
                 map->m->are_words ? "the first %d of %d words · hover names"
                                   : "%d of %d rows · hover names",
                 map->m->n, map->m->n_all);
    else
        snprintf(text, sizeof text, "%d names · hover names the rest",
                 map->labels.n_drawn);
    embedding_text(s, style, x, y, r.x + r.w - x, text);
}

/* ---- the whole ----------------------------------------------------------- */

static void draw_points(const Stage *s, Map *map) {
    canvas_push_clip(s->canvas, map->area);
    draw_words(s, map);
    for (int pos = map->first_pos; pos < map->end_pos; pos++)
        if (pos != s->pos) draw_token(s, map, pos);
    draw_token(s, map, s->pos);
    draw_inset(s, map);
    const int n_taken = map->labels.n;
    keep_all_clear(s, map);
    if (!name_token(s, map, s->pos)) { /* it has a name in any case */
        map->labels.n = n_taken;
        map->labels.covers = true;
        name_token(s, map, s->pos);
        map->labels.covers = false;
        keep_all_clear(s, map);
    }
    mark_near(s, map);
    for (int pos = map->end_pos - 1; pos >= map->first_pos; pos--)
        if (pos != s->pos) name_token(s, map, pos);
    name_words(s, map);
    canvas_pop_clip(s->canvas);
}

void embedding_draw_map(const Stage *s, Rect r, bool moved) {
    const int depth = stage_u(s, DEPTH_U), legend = stage_u(s, 22);
    Map map = {.m = study_map(s->study, STUDY_MAP_WORDS),
               .moved = moved,
               .low = {INFINITY, INFINITY},
               .high = {-INFINITY, -INFINITY},
               .first_pos = stage_window(s->n_pos, MARKED_MAX, s->pos)};
    map.end_pos = num_min(map.first_pos + MARKED_MAX, s->n_pos);
    if (!map.m) {
        if (r.w > 0 && r.h > 0) stage_draw_missing(s, r);
        return;
    }
    draw_title(s, r, map.m, moved);
    r.y += stage_u(s, TYPE_BODY * 1.5f);
    r.h -= stage_u(s, TYPE_BODY * 1.5f);
    const int shares = draw_shares(s, r, map.m);
    map.area = (Rect){r.x, r.y + shares, r.w,
                      r.h - shares - depth - legend - stage_u(s, 8)};
    if (map.area.h < stage_u(s, 60) || map.area.w < stage_u(s, 120)) return;
    canvas_fill(s->canvas, map.area, s->theme->panel);
    canvas_frame(s->canvas, map.area, 0, 1, s->theme->rule);
    map.labels.area = rect_inset(map.area, 2, 2);
    bound(s, &map);
    draw_points(s, &map);
    const int y = map.area.y + map.area.h + stage_u(s, 6);
    draw_legend(s, (Rect){r.x, y, r.w, legend}, &map);
    draw_depth(s, (Rect){r.x, y + legend, r.w, depth});
}
