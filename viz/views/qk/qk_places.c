/* Where positions are rows: the rows of both tokens, and what they give to
 * q·k. */
#include "viz/views/qk/qk.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <stdio.h>
#include <string.h>

/* In the order of their numbers' bits: see study_placed_key. */
const QkPlacePart qk_place_parts[QK_PLACE_PARTS] = {
    {"none", "neither place", 0},
    {"query", "the query's place", STUDY_PLACE_OF_QUERY},
    {"key", "the key's place", STUDY_PLACE_OF_KEY},
    {"both", "both places", STUDY_PLACE_OF_QUERY | STUDY_PLACE_OF_KEY},
};

const QkPlacePart *qk_place_part(const Stage *s) {
    for (int i = 1; i < QK_PLACE_PARTS; i++)
        if (strcmp(s->state->part, qk_place_parts[i].word) == 0)
            return &qk_place_parts[i];
    return &qk_place_parts[0];
}

bool qk_place_beside(const Stage *s, int dir, State *next) {
    const int i = (int)(qk_place_part(s) - qk_place_parts) - dir;
    if (i < 0 || i >= QK_PLACE_PARTS) return false;
    snprintf(next->part, sizeof next->part, "%s", qk_place_parts[i].word);
    return true;
}

StudyKey qk_place_key(const Stage *s, const QkPlacePart *part) {
    return study_placed_key(
        study_meet_key(s->trace, s->layer, s->head, s->pos, s->key),
        part->places);
}

/* What a part gives; false: not there yet. */
static bool gives(const Stage *s, const QkPlacePart *part, double *out) {
    const Explain *ex = study_placed(s->study, qk_place_key(s, part));
    if (ex) *out = ex->total;
    return ex != NULL;
}

/* And gave before the change. */
static bool gave(const Stage *s, const QkPlacePart *part, double *out) {
    StudyKey at;
    if (!qk_key_before(s, &at)) return false;
    const Explain *ex =
        study_placed(s->against_study, study_placed_key(at, part->places));
    if (ex) *out = ex->total;
    return ex != NULL;
}

bool qk_places_text(const Stage *s, char *out, size_t size) {
    double v[QK_PLACE_PARTS];
    for (int i = 0; i < QK_PLACE_PARTS; i++)
        if (!gives(s, &qk_place_parts[i], &v[i])) return false;
    int said = 0;
    for (int i = QK_PLACE_PARTS - 1; i >= 0; i--)
        said += snprintf(out + said, size - (size_t)said, "%s %s%s",
                         qk_place_parts[i].title, number_signed(v[i], 2).s,
                         i ? ", " : ".");
    return true;
}

/* The row of a position, as it was added to the token's, under its name. */
static void draw_position(const Stage *s, QkNotes *n, int pos, Color color) {
    const TextStyle style = text_style(FACE_SANS, TYPE_SMALL, color);
    const int line = stage_u(s, 20), h = stage_u(s, 14), dim = s->config->dim;
    const int cells = num_clamp(dim, 1, num_max(n->r.w, 1));
    const Rect r = {n->r.x, n->y + line, n->r.w, h};
    char text[STAGE_SAID_MAX + 48], token[STAGE_SAID_MAX];
    if (r.y + r.h > n->r.y + n->r.h) return;
    stage_say_token(s, stage_read_id(s, pos), token);
    snprintf(text, sizeof text, "position %d, of %s", pos, token);
    canvas_text_fit(s->canvas, style, r.x, n->y + stage_u(s, 14), r.w, text);
    n->y += line + h + stage_u(s, 6);
    const float *v = stage_row(s, SITE_POS_EMBED, 0, pos);
    if (!v) {
        stage_draw_missing(s, r);
        return;
    }
    const float hi = stage_max_abs(v, dim);
    for (int i = 0; i < cells; i++)
        s->cells[i] =
            stage_value_color(s, v[(int)((int64_t)i * dim / cells)], hi);
    canvas_cells(s->canvas, r, s->cells, 1, cells, 0);
    hits_pick(s->hits, r,
              pick_and(pick_and(pick_word(STATE_VIEW, "embedding"),
                                pick_word(STATE_OP, "row")),
                       pick_number(STATE_TOKEN, pos)));
}

/* The four that q·k is made of; a click opens one. */
static void draw_parts(const Stage *s, QkNotes *n) {
    const bool lit = qk_op(s) == QK_PLACES;
    for (int i = QK_PLACE_PARTS - 1; i >= 0; i--) {
        const QkPlacePart *part = &qk_place_parts[i];
        char number[24], was[24];
        double v, before;
        if (!gives(s, part, &v)) return;
        snprintf(number, sizeof number, "%s", number_signed(v, 4).s);
        const bool changed =
            gave(s, part, &before) && num_written(before - v, 4) != 0;
        if (changed)
            snprintf(was, sizeof was, "%s", number_signed(before, 4).s);
        qk_note_number(s, n,
                       pick_and(pick_word(STATE_OP, "places"),
                                pick_word(STATE_PART, part->word)),
                       part->title, lit && part == qk_place_part(s), number,
                       changed ? was : NULL);
    }
}

static void draw_gifts(const Stage *s, QkNotes *n) {
    qk_note_text(s, n, "What places give to q·k",
                 s->layer == 0
                     ? "Their rows, through the norm as it divides here."
                     : "Straight through norms as they divide here. What "
                       "layers made of them is of neither.");
    draw_parts(s, n);
}

static void draw_rows(const Stage *s, QkNotes *n) {
    qk_note_text(s, n, "Positions are rows",
                 "Nothing turns: before the first layer its position's row "
                 "was added to each token's.");
    draw_position(s, n, s->pos, s->theme->query);
    if (s->key != s->pos) draw_position(s, n, s->key, s->theme->key);
}

void qk_draw_places(const Stage *s, QkNotes *n) {
    if (qk_op(s) != QK_PLACES) draw_rows(s, n);
    draw_gifts(s, n);
}
