/* Parts of the residual stream by their words in the state, and which number of
 * theirs is opened. */
#include "viz/views/residual/residual.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

static const char *const measures[STUDY_MEASURES] = {
    [STUDY_LENGTH] = "length",
    [STUDY_ALONG] = "along",
    [STUDY_END] = "end",
    [STUDY_ASKS] = "asks",
};

bool residual_is_attention(const Arch *a, Site sum) {
    const ArchOp *op = arch_op(a, sum);
    if (op->kind != OP_ADD) return false;
    const ArchOp *added = arch_op(a, op->in[1]);
    return added->kind == OP_LINEAR && arch_op(a, added->in[0])->kind == OP_MIX;
}

static bool adds_attention(const Stage *s, int sum) {
    const ResidualDepth d = residual_depth(s->config);
    return sum < d.n_sums && residual_is_attention(d.arch, d.sums[sum]);
}

const char *residual_direction(const Stage *s, int layer) {
    return edits_steers(trace_edits(s->trace), layer, s->pos) ? " + direction"
                                                              : "";
}

void residual_vector_name(const Stage *s, ResidualVector v, char *out,
                          size_t size) {
    const char *of = v.kind == STUDY_VECTOR_HEAD   ? "head"
                     : adds_attention(s, v.number) ? "attention"
                                                   : "MLP";
    if (v.kind == STUDY_VECTOR_EMBED)
        snprintf(out, size, "embedding");
    else if (v.kind == STUDY_VECTOR_HEAD)
        snprintf(out, size, "+ head %d.%d", v.layer, v.number);
    else if (v.kind == STUDY_VECTOR_ADDED)
        snprintf(out, size, "+ %s %d%s", of, v.layer,
                 adds_attention(s, v.number) ? ""
                                             : residual_direction(s, v.layer));
    else
        snprintf(out, size, "after %s %d", of, v.layer);
}

StudyKey residual_vector_key(const Stage *s, ResidualVector v, int pos,
                             int token) {
    (void)s;
    return study_added_key(v.kind, v.number, v.layer, pos, token);
}

static const char *word_of(const Stage *s, ResidualVector v) {
    const bool attention = adds_attention(s, v.number);
    return v.kind == STUDY_VECTOR_EMBED   ? "embedding"
           : v.kind == STUDY_VECTOR_HEAD  ? "head"
           : v.kind == STUDY_VECTOR_ADDED ? (attention ? "attn" : "mlp")
                                          : (attention ? "mid" : "post");
}

Pick residual_pick_number(const Stage *s, ResidualVector v, StudyMeasure m) {
    return residual_pick_part(s, v, measures[m]);
}

Pick residual_pick_part(const Stage *s, ResidualVector v, const char *number) {
    Pick p = pick_and(pick_word(STATE_PART, word_of(s, v)),
                      pick_word(STATE_NUMBER, number));
    if (v.kind != STUDY_VECTOR_EMBED)
        p = pick_and(p, pick_number(STATE_LAYER, v.layer));
    if (v.kind == STUDY_VECTOR_HEAD)
        p = pick_and(p, pick_number(STATE_HEAD, v.number));
    return p;
}

/* The vector of the current layer and head that a word of `part` names. */
static ResidualVector named_vector(const Stage *s, const char *part) {
    const bool attention =
        strcmp(part, "attn") == 0 || strcmp(part, "mid") == 0;
    const bool stream = strcmp(part, "mid") == 0 || strcmp(part, "post") == 0;
    const int sum = study_sum_that_adds(s->config->arch, attention);
    if (strcmp(part, "embedding") == 0)
        return (ResidualVector){STUDY_VECTOR_EMBED, 0, 0};
    if (strcmp(part, "head") == 0)
        return (ResidualVector){STUDY_VECTOR_HEAD, s->head, s->layer};
    return (ResidualVector){stream ? STUDY_VECTOR_STREAM : STUDY_VECTOR_ADDED,
                            sum < 0 ? 0 : sum, s->layer};
}

void residual_opened_vector(const Stage *s, ResidualVector *v,
                            StudyMeasure *m) {
    const char *part = s->state->part;
    int measure = 0;
    while (measure < STUDY_MEASURES &&
           strcmp(s->state->number, measures[measure]) != 0)
        measure++;
    const bool opened = measure < STUDY_MEASURES && strcmp(part, "none") != 0 &&
                        strcmp(part, "token") != 0 && strcmp(part, "key") != 0;
    *m = opened ? (StudyMeasure)measure : STUDY_LENGTH;
    *v = named_vector(s, opened ? part : "post");
}

/* ---- why ----------------------------------------------------------------- */

/* Whether StudyWhy has a word of `part` among its parts. */
static bool is_part_of_why(const char *part) {
    return strcmp(part, "embedding") == 0 || strcmp(part, "head") == 0 ||
           strcmp(part, "mlp") == 0;
}

ResidualOpened residual_opened_why(const Stage *s) {
    const char *part = s->state->part, *number = s->state->number;
    const bool worth = strcmp(number, "worth") == 0;
    ResidualOpened o = {.of = named_vector(s, part), .token = s->key};
    const bool sees = s->key < s->pos || trace_two_way(s->trace);
    if (strcmp(part, "token") == 0 && worth && sees && s->key != s->pos) {
        o.is_token = true;
        o.number = RESIDUAL_WORTH;
    } else if (is_part_of_why(part) && worth &&
               strcmp(part, "embedding") != 0) {
        o.number = RESIDUAL_WORTH;
    } else if (is_part_of_why(part) && strcmp(number, "adds") == 0) {
        o.number = RESIDUAL_ADDS;
    }
    return o;
}

void residual_edit_of(const ResidualOpened *o, EditKind *kind, int *layer,
                      int *index) {
    *kind = o->is_token                       ? EDIT_CUT
            : o->of.kind == STUDY_VECTOR_HEAD ? EDIT_HEAD
                                              : EDIT_MLP;
    *layer = o->is_token ? 0 : o->of.layer;
    *index = o->is_token ? o->token : *kind == EDIT_HEAD ? o->of.number : 0;
}

/* ---- by key -------------------------------------------------------------- */

/* All vectors of a model in the order of the computation, heads and all. */
static int n_of_layer(const Stage *s, const ResidualDepth *d) {
    int n = 0;
    for (int i = 0; i < d->n_sums; i++)
        n += 1 + (adds_attention(s, i) ? s->config->n_heads : 1);
    return num_max(n, 1);
}

static ResidualVector vector_at(const Stage *s, int at) {
    const ResidualDepth d = residual_depth(s->config);
    const int per_layer = n_of_layer(s, &d);
    if (at == 0) return (ResidualVector){STUDY_VECTOR_EMBED, 0, 0};
    const int layer = (at - 1) / per_layer;
    int left = (at - 1) % per_layer;
    for (int i = 0; i < d.n_sums; i++) {
        const bool attention = adds_attention(s, i);
        const int parts = attention ? s->config->n_heads : 1;
        if (left < parts && attention)
            return (ResidualVector){STUDY_VECTOR_HEAD, left, layer};
        if (left < parts) return (ResidualVector){STUDY_VECTOR_ADDED, i, layer};
        if (left == parts)
            return (ResidualVector){STUDY_VECTOR_STREAM, i, layer};
        left -= parts + 1;
    }
    return (ResidualVector){STUDY_VECTOR_STREAM, d.n_sums - 1, layer};
}

/* The reverse; what all heads add together stands where the first does. */
static int place_of(const Stage *s, ResidualVector v) {
    const ResidualDepth d = residual_depth(s->config);
    if (v.kind == STUDY_VECTOR_EMBED) return 0;
    int at = 1 + v.layer * n_of_layer(s, &d);
    for (int i = 0; i < d.n_sums; i++) {
        const bool attention = adds_attention(s, i);
        const int parts = attention ? s->config->n_heads : 1;
        if (v.kind == STUDY_VECTOR_HEAD && attention) return at + v.number;
        if (v.kind != STUDY_VECTOR_HEAD && v.number == i)
            return at + (v.kind == STUDY_VECTOR_STREAM ? parts : 0);
        at += parts + 1;
    }
    return at;
}

static void open_part(const Stage *s, ResidualVector v, const char *number,
                      State *next) {
    snprintf(next->part, sizeof next->part, "%s", word_of(s, v));
    snprintf(next->number, sizeof next->number, "%s", number);
    if (v.kind != STUDY_VECTOR_EMBED) next->layer = v.layer;
    if (v.kind == STUDY_VECTOR_HEAD) next->head = v.number;
}

bool residual_stream_across(const Stage *s, int dir, State *next) {
    ResidualVector v;
    StudyMeasure m;
    residual_opened_vector(s, &v, &m);
    int to = (int)m + dir;
    /* Nothing was there before the embedding. */
    if (v.kind == STUDY_VECTOR_EMBED && to == STUDY_ALONG) to += dir;
    if (to < 0 || to >= STUDY_MEASURES) return false;
    open_part(s, v, measures[to], next);
    return true;
}

bool residual_stream_below(const Stage *s, int dir, State *next) {
    const ResidualDepth d = residual_depth(s->config);
    ResidualVector v;
    StudyMeasure m;
    residual_opened_vector(s, &v, &m);
    const int to = place_of(s, v) + dir;
    if (to < 0 || to > s->config->n_layers * n_of_layer(s, &d)) return false;
    const ResidualVector there = vector_at(s, to);
    if (there.kind == STUDY_VECTOR_EMBED && m == STUDY_ALONG) m = STUDY_LENGTH;
    open_part(s, there, measures[m], next);
    return true;
}

/* What a part adds, then what it is worth. */
bool residual_why_across(const Stage *s, int dir, State *next) {
    const ResidualOpened o = residual_opened_why(s);
    if (o.number == RESIDUAL_LOGIT || o.is_token) return false;
    if (o.of.kind == STUDY_VECTOR_EMBED) return false;
    snprintf(next->number, sizeof next->number, "%s",
             dir > 0 ? "worth" : "adds");
    return (o.number == RESIDUAL_WORTH) != (dir > 0);
}

int residual_n_others(const Stage *s) {
    return trace_two_way(s->trace) ? s->n_pos - 1 : s->pos;
}

int residual_other(const Stage *s, int i) {
    return i < s->pos ? i : i + 1;
}

/* The parts in their order, the vectors of the stream left out, then the
 * other tokens. */
bool residual_why_below(const Stage *s, int dir, State *next) {
    const ResidualDepth d = residual_depth(s->config);
    const ResidualOpened o = residual_opened_why(s);
    const int n_vectors = 1 + s->config->n_layers * n_of_layer(s, &d);
    int to = o.number == RESIDUAL_LOGIT ? (dir > 0 ? 0 : -1)
             : o.is_token ? n_vectors + o.token - (o.token > s->pos) + dir
                          : place_of(s, o.of) + dir;
    while (to >= 0 && to < n_vectors &&
           vector_at(s, to).kind == STUDY_VECTOR_STREAM)
        to += dir;
    if (to < 0 || to >= n_vectors + residual_n_others(s)) return false;
    if (to >= n_vectors) {
        next->key = residual_other(s, to - n_vectors);
        snprintf(next->part, sizeof next->part, "token");
        snprintf(next->number, sizeof next->number, "worth");
        return true;
    }
    const ResidualVector v = vector_at(s, to);
    const bool worth =
        o.number == RESIDUAL_WORTH && v.kind != STUDY_VECTOR_EMBED;
    open_part(s, v, worth ? "worth" : "adds", next);
    return true;
}
