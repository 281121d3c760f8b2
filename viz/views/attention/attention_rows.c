/* Which numbers the cells show, for each operation. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

/* ---- asking -------------------------------------------------------------- */

static void ask_rows(const Map *m, Site site, const float **out) {
    for (int i = 0; i < m->n; i++)
        out[i] = stage_row(m->s, site, m->s->layer, m->span.row0 + i);
}

/* What the mask takes away, up to the last key shown. */
static void ask_masked(const Map *m, const float **out) {
    const Stage *s = m->s;
    int last = map_last_col(m);
    for (int i = 0; i < m->n; i++) {
        const int pos = m->span.row0 + i;
        bool none = trace_n_keys(s->trace, pos) > last;
        out[i] = none ? NULL
                      : study_masked(s->study, s->layer, s->head,
                                     s->config->n_heads, pos, last);
    }
}

static void ask_valued(const Map *m, const float **out) {
    const Stage *s = m->s;
    for (int i = 0; i < m->n; i++) {
        const int pos = m->span.row0 + i;
        out[i] = study_valued(s->study, s->layer, s->head, s->config->n_heads,
                              pos, trace_n_keys(s->trace, pos) - 1);
    }
}

/* From the first layer up, so that each finds the one below it made. */
static const float *ask_rollout(const Stage *s) {
    const float *top = NULL;
    for (int layer = 0; layer <= s->layer; layer++) {
        top = study_rollout(s->study, layer, s->n_pos - 1);
        if (!top) return NULL;
    }
    return top;
}

void attention_ask(const Map *m, bool steps, Rows *rows) {
    const Stage *s = m->s;
    const bool scores = m->op < SHOW_WEIGHTS;
    if (steps || scores) {
        ask_rows(m, SITE_ATTN_SCORES, rows->scores);
        ask_masked(m, rows->masked);
    }
    if (steps || m->op == SHOW_WEIGHTS || m->op == SHOW_SUMS ||
        m->op == SHOW_CHANGE)
        ask_rows(m, SITE_PATTERN, rows->weights);
    if (m->op == SHOW_SUMS)
        rows->sums = study_sums(s->study, s->layer, s->head, s->n_pos - 1);
    if (m->op == SHOW_VALUED) ask_valued(m, rows->valued);
    if (m->op == SHOW_ROLLOUT) rows->rollout = ask_rollout(s);
    for (int i = 0; i < m->n && m->op == SHOW_CHANGE; i++)
        rows->before[i] =
            before_row(s, SITE_PATTERN, s->layer, m->span.row0 + i);
}

/* ---- values -------------------------------------------------------------- */

/* The current head's part of a row of the run t. */
static const float *own_part(const Stage *s, const float *row, int n_keys) {
    return row ? row + (size_t)s->head * (size_t)n_keys : NULL;
}

static Row change_row(const Map *m, Row row, int i) {
    const Stage *s = m->s;
    const int at = before_pos(s, m->span.row0 + i);
    row.n_was = at < 0 ? 0 : trace_n_keys(s->against, at);
    row.was = own_part(s, m->rows->before[i], row.n_was);
    if (!row.was) row.v = NULL;
    return row;
}

float attention_divisor(const Stage *s) {
    return edits_left_out(trace_edits(s->trace), EDIT_RAW, s->layer, s->head)
               ? 1
               : sqrtf((float)s->config->head_dim);
}

Row attention_row(const Map *m, int pos) {
    const Stage *s = m->s;
    const Rows *rows = m->rows;
    const int i = pos - m->span.row0;
    Row row = {.n_keys = trace_n_keys(s->trace, pos), .factor = 1};
    switch (m->op) {
    case SHOW_SCORES:
        row.factor = attention_divisor(s); /* fall through */
    case SHOW_SCALED:
        row.v = own_part(s, rows->scores[i], row.n_keys);
        row.masked = rows->masked[i];
        return row;
    case SHOW_VALUED:
        row.v = rows->valued[i];
        return row;
    case SHOW_ROLLOUT:
        if (rows->rollout)
            row.v = rows->rollout + (size_t)pos * (size_t)s->n_pos;
        return row;
    default:
        row.v = own_part(s, rows->weights[i], row.n_keys);
        return m->op == SHOW_CHANGE ? change_row(m, row, i) : row;
    }
}

/* By how much the weight has moved.  What a mask hides has none: 0; NaN where
 * both hide it. */
static float moved(const Map *m, const Row *row, int key) {
    const int was = before_pos(m->s, key);
    const bool is_seen = key < row->n_keys, was_seen = was < row->n_was;
    if (!row->v || was < 0 || (!is_seen && !was_seen)) return NAN;
    return (is_seen ? row->v[key] : 0) - (was_seen ? row->was[was] : 0);
}

float attention_value(const Map *m, const Row *row, int key) {
    if (m->op == SHOW_CHANGE) return moved(m, row, key);
    if (key >= row->n_keys)
        return row->masked ? row->masked[key - row->n_keys] * row->factor : NAN;
    return row->v ? row->v[key] * row->factor : NAN;
}

bool attention_is_none(const Map *m, const Row *row, int key) {
    const bool is_there = key < row->n_keys ? row->v : row->masked;
    return is_there && m->op != SHOW_CHANGE &&
           isnan(attention_value(m, row, key));
}

void attention_values(const Map *m, const Row *row, float *out) {
    const int col0 = m->span.col0;
    const int n_seen = num_clamp(row->n_keys - col0, 0, m->n);
    const bool plain = row->v && m->op != SHOW_CHANGE;
    for (int j = 0; j < n_seen; j++)
        out[j] = plain ? row->v[col0 + j] * row->factor
                       : attention_value(m, row, col0 + j);
    for (int j = n_seen; j < m->n; j++)
        out[j] = attention_value(m, row, col0 + j);
}

/* The op's numbers are attention's shares, weights or made of them. */
static bool is_share(int op) {
    return op == SHOW_WEIGHTS || op == SHOW_SUMS || op == SHOW_ROLLOUT;
}

bool attention_is_signed(int op) {
    return op < SHOW_WEIGHTS || op == SHOW_CHANGE;
}

bool attention_is_root(int op) {
    return op >= SHOW_WEIGHTS;
}

/* Heads rest much of their weight on the first token.  With the sink off its
 * column is left uncoloured, so that the scale serves the others. */
bool attention_set_apart(const Map *m, int row, int col) {
    return !m->s->state->sink && col == 0 && row > 0;
}

float attention_scale_top(const Map *m) {
    if (m->op == SHOW_CHANGE) return 1;
    if (is_share(m->op) && m->s->state->sink) return 1;
    float hi = 0, values[STAGE_TOKENS_MAX];
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        const Row row = attention_row(m, i);
        /* Before the mask all count. */
        const int n_seen = m->op == SHOW_SCORES
                               ? m->n
                               : num_clamp(row.n_keys - m->span.col0, 0, m->n);
        if (!row.v) continue;
        attention_values(m, &row, values);
        for (int j = 0; j < n_seen; j++) {
            const float v = fabsf(values[j]);
            if (v > hi && isfinite(v) &&
                !attention_set_apart(m, i, m->span.col0 + j))
                hi = v;
        }
    }
    return hi > 0 ? hi : 1;
}

/* ---- in words ------------------------------------------------------------ */

void attention_number(int op, float v, char out[16]) {
    if (op == SHOW_CHANGE)
        snprintf(out, 16, "%s",
                 fabsf(v) < .005f ? "0" : number_signed((double)v * 100, 0).s);
    else if (op == SHOW_VALUED)
        snprintf(out, 16, "%s", number_fixed((double)v, 2).s);
    else if (is_share(op))
        stage_weight_text(v, out);
    else
        snprintf(out, 16, "%s", number_fixed((double)v, 1).s);
}

const char *attention_widest(int op) {
    if (op == SHOW_CHANGE) return "+100";
    if (op == SHOW_VALUED) return "0.00";
    return is_share(op) ? ".00" : "-00.0";
}

const char *attention_scale_name(int op, bool is_short) {
    static const char *const names[N_SHOWN][2] = {
        [SHOW_SCORES] = {"raw score", "raw score"},
        [SHOW_SCALED] = {"score", "score"},
        [SHOW_WEIGHTS] = {"weight (√ scale)", "weight"},
        [SHOW_LINES] = {"weight", "weight"},
        [SHOW_SUMS] = {"weight (√ scale)", "weight"},
        [SHOW_VALUED] = {"weight × |v| (√)", "weight × |v|"},
        [SHOW_ROLLOUT] = {"share (√ scale)", "share"},
        [SHOW_CHANGE] = {"points (√ scale)", "points"},
    };
    return names[op][is_short];
}
