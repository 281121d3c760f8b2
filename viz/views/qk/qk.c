/* Query meets key: why one token looks at another, pair by pair. */
#include "viz/views/qk/qk.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    ViewOp op;
    const char *text;
    const char *biased; /* where that adds one; NULL: the same */
} modes[QK_OPS] = {
    [QK_BEFORE] = {{"before", "query, key"},
                   "The token's normed vector times the head's query matrix: "
                   "what it looks for. The key, below, is what the other token "
                   "can be found by.",
                   "The token's normed vector times the head's query matrix, "
                   "plus a bias: what it looks for. The key, below, is what "
                   "the other token can be found by."},
    [QK_TURNED] = {{"turned", "RoPE"},
                   "Each pair of numbers is the hand of a clock, turned by the "
                   "position times the pair's speed. Query and key are turned "
                   "alike, so that only the distance counts.",
                   NULL},
    [QK_PRODUCT] = {{"product", "q·k"},
                    "Query times key, number by number, added up. Two long "
                    "hands that point one way give a large product.",
                    NULL},
    [QK_SCALED] = {{"scaled", "score"},
                   "The sum, divided by the root of the number of elements, "
                   "so that vectors with more elements give no larger "
                   "scores.",
                   NULL},
    [QK_SOFTMAX] = {{"softmax", "softmax"},
                    "The score's share among the scores of all keys: e is "
                    "raised to each, and divided by their sum.",
                    NULL},
    [QK_DISTANCE] = {{"distance", "RoPE: distance"},
                     "What the score would be if the two stood further apart "
                     "or closer, both contents held. In layer 0 a vector does "
                     "not know its place, so it is exact there.",
                     NULL},
    [QK_PLACES] = {{"places", "q·k: places"},
                   "Query and key are sums: of what comes of the position's "
                   "row, and of the rest. So q·k is a sum of four products, "
                   "and this is one.",
                   NULL},
};

QkSites qk_sites(const Arch *a) {
    QkSites q = {.scores = SITE_NONE};
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->kind == OP_SOFTMAX) q.pattern = op->out;
        if (op->kind != OP_SCORES) continue;
        q.scores = op->out;
        q.turned_q = q.q = op->in[0];
        q.turned_k = q.k = op->in[1];
        if (arch_op(a, q.q)->kind == OP_ROTATE) q.q = arch_op(a, q.q)->in[0];
        if (arch_op(a, q.k)->kind == OP_ROTATE) q.k = arch_op(a, q.k)->in[0];
    }
    q.turns = q.q != q.turned_q;
    return q;
}

bool qk_turned(const Stage *s, const StudyMeet *m) {
    return qk_sites(s->config->arch).turns && m->turn[0] > 0; /* the fastest */
}

/* Those that an architecture has; returns how many. */
static int shown_ops(const Arch *a, QkOp out[QK_OPS]) {
    const bool turns = qk_sites(a).turns;
    int n = 0;
    for (int i = 0; i < QK_OPS; i++) {
        const bool turned = i == QK_TURNED || i == QK_DISTANCE;
        if (turned ? turns : i != QK_PLACES || a->learned_positions)
            out[n++] = (QkOp)i;
    }
    return n;
}

static bool op_at(const Arch *a, int i, ViewOp *out) {
    QkOp ops[QK_OPS];
    if (i >= shown_ops(a, ops)) return false;
    *out = modes[ops[i]].op;
    return true;
}

QkOp qk_op(const Stage *s) {
    QkOp ops[QK_OPS];
    const int n = shown_ops(s->config->arch, ops);
    return s->op < n ? ops[s->op] : QK_SOFTMAX;
}

static bool has_both(QkOp op) {
    return op == QK_BEFORE || op == QK_TURNED;
}

bool qk_opens_key(const Stage *s) {
    return has_both(qk_op(s)) && strcmp(s->state->part, "key") == 0;
}

/* ---- in words ------------------------------------------------------------ */

/* What pairs add that take more than the whole text for a turn. */
static double slow_pairs(const Stage *s, const StudyMeet *m, int *n) {
    double sum = 0;
    *n = 0;
    for (int i = 0; i < m->n_pairs; i++)
        if (m->turn[i] * s->n_pos < 6.283185307179586) {
            sum += m->adds[i];
            (*n)++;
        }
    return sum;
}

/* What is said of the numbers, and what places have to do with them; false: of
 * those there is nothing to say. */
static bool say_why(const Stage *s, const StudyMeet *m, char *out, size_t size,
                    const char *numbers) {
    int n = 0;
    const double slow = slow_pairs(s, m, &n);
    if (s->config->arch->learned_positions) {
        const int said = snprintf(out, size, "Head %d.%d: q·k = %s: ", s->layer,
                                  s->head, number_signed(m->raw, 2).s);
        return qk_op(s) == QK_PLACES &&
               qk_places_text(s, out + said, size - (size_t)said);
    }
    if (!qk_turned(s, m))
        snprintf(out, size, "%s No pair turns: the contents alone count.",
                 numbers);
    else
        snprintf(out, size,
                 "%s %d of %d pairs take more than the whole text for a turn; "
                 "they give %s: there content counts, not distance.",
                 numbers, n, m->n_pairs, number_signed(slow, 1).s);
    return qk_sites(s->config->arch).turns && n > 0;
}

static void draw_sentence(const Stage *s, const QkLayout *l, Rect r) {
    char all[384], text[160];
    const StudyMeet *m = l->m;
    const int said =
        l->places.moved
            ? snprintf(text, sizeof text,
                       "Moved to %d and %d: ", l->places.query, l->places.key)
            : snprintf(text, sizeof text, "Head %d.%d: ", s->layer, s->head);
    snprintf(text + said, sizeof text - (size_t)said,
             "q·k = %s, score %s, weight %s.", number_signed(m->raw, 2).s,
             number_signed((double)m->score, 2).s,
             number_fixed((double)m->weight, 4).s);
    const bool more = say_why(s, m, all, sizeof all, text);
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->text);
    const bool fits = canvas_text_width(s->canvas, style, all) <= r.w;
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, TYPE_BODY), r.w,
                    more && fits ? all : text);
}

/* ---- numbers ------------------------------------------------------------- */

static double length_of(const float *v, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

void qk_note_number(const Stage *s, QkNotes *n, Pick pick, const char *name,
                    bool lit, const char *number, const char *was) {
    TextStyle style = text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                                 lit ? s->theme->accent : s->theme->text);
    TextStyle mono = text_style(lit ? FACE_MONO_BOLD : FACE_MONO, TYPE_SMALL,
                                s->theme->text);
    mono.align = ALIGN_RIGHT;
    const int h = stage_u(s, was ? 40 : 24);
    if (n->y + h > n->r.y + n->r.h) return;
    canvas_text(s->canvas, style, n->r.x, n->y + stage_u(s, 16), name);
    glossary_note(s->hits, s->canvas, style, n->r.x, n->y + stage_u(s, 16),
                  name);
    canvas_text(s->canvas, mono, n->r.x + n->r.w, n->y + stage_u(s, 16),
                number);
    if (was) {
        mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
        mono.align = ALIGN_RIGHT;
        canvas_textf(s->canvas, mono, n->r.x + n->r.w, n->y + stage_u(s, 32),
                     "%s %s", qk_places(s).moved ? "unmoved" : "was", was);
    }
    hits_pick(s->hits, (Rect){n->r.x, n->y, n->r.w, h}, pick);
    n->y += h;
}

void qk_note_text(const Stage *s, QkNotes *n, const char *title,
                  const char *text) {
    const TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    const TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    const int x = n->r.x, w = n->r.w;
    const int head =
        paragraph_plain(s->canvas, x, n->y, w, bold, 1.35f, title, false);
    const int body =
        paragraph_plain(s->canvas, x, n->y, w, soft, 1.35f, text, false);
    if (n->y + head + body > n->r.y + n->r.h) return;
    paragraph_plain(s->canvas, x, n->y, w, bold, 1.35f, title, true);
    paragraph_plain(s->canvas, x, n->y + head, w, soft, 1.35f, text, true);
    n->y += head + body + stage_u(s, 8);
}

/* What it was, where that shows. */
static const char *was_text(NumberText *out, const double *was, double now,
                            NumberText (*as)(double, int), int digits) {
    if (!was || fabs(*was - now) < .00005) return NULL;
    *out = as(*was, digits);
    return out->s;
}

static bool is_divided(const Stage *s) {
    return !edits_left_out(trace_edits(s->trace), EDIT_RAW, s->layer, s->head);
}

static void draw_steps(const Stage *s, const QkLayout *l, QkNotes *n) {
    const StudyMeet *m = l->m;
    const StudyMeet *b = l->places.moved ? l->unmoved : qk_meet_before(s);
    const QkOp op = qk_op(s);
    char name[48], number[24];
    NumberText was;
    const double before[] = {b ? b->raw : 0, b ? (double)b->score : 0,
                             b ? (double)b->weight : 0};
    snprintf(name, sizeof name, "q·k, %d products", m->size);
    snprintf(number, sizeof number, "%s", number_signed(m->raw, 4).s);
    qk_note_number(s, n, pick_word(STATE_OP, "product"), name, op == QK_PRODUCT,
                   number,
                   was_text(&was, b ? before : NULL, m->raw, number_signed, 4));
    snprintf(name, sizeof name, "÷ √%d = %s", m->size,
             number_fixed(sqrt(m->size), 4).s);
    if (!is_divided(s)) snprintf(name, sizeof name, "not divided");
    snprintf(number, sizeof number, "%s", number_signed((double)m->score, 4).s);
    qk_note_number(s, n, pick_word(STATE_OP, "scaled"), name, op == QK_SCALED,
                   number,
                   was_text(&was, b ? before + 1 : NULL, (double)m->score,
                            number_signed, 4));
    snprintf(name, sizeof name, "softmax over %d keys", l->n_keys);
    snprintf(number, sizeof number, "%s", number_fixed((double)m->weight, 5).s);
    qk_note_number(s, n, pick_word(STATE_OP, "softmax"), name, op == QK_SOFTMAX,
                   number,
                   was_text(&was, b ? before + 2 : NULL, (double)m->weight,
                            number_fixed, 5));
}

/* What moving them did or, where they are not moved, would do. */
static void gap_text(const Stage *s, const QkLayout *l, char *out,
                     size_t size) {
    const StudyMeet *m = l->m;
    if (l->places.moved)
        snprintf(out, size,
                 "moved to %d and %d:\n%d apart, %d before; q·k changes by "
                 "%s",
                 l->places.query, l->places.key,
                 l->places.query - l->places.key, s->pos - s->key,
                 number_signed(m->raw - l->unmoved->raw, 4).s);
    else
        snprintf(out, size, "%d − %d = %d apart.\nBoth moved by %d: q·k %s",
                 s->pos, s->key, s->pos - s->key, STUDY_MOVED,
                 number_signed(m->moved, 4).s);
}

static void draw_notes(const Stage *s, const QkLayout *l) {
    const StudyMeet *m = l->m;
    char text[160];
    QkNotes n = {l->notes, l->notes.y};
    if (l->notes.w <= 0 || !l->sum_h) return;
    draw_steps(s, l, &n);
    n.y += stage_u(s, 8);
    if (s->config->arch->learned_positions) qk_draw_places(s, &n);
    if (l->clock.w > 0 || !qk_sites(s->config->arch).turns) return;
    if (!qk_turned(s, m)) {
        qk_note_text(s, &n, "RoPE is off",
                     "No pair is turned: places do not count, near or far.");
        return;
    }
    snprintf(text, sizeof text, "query %s, turned %s\nkey %s, turned %s",
             number_fixed(length_of(m->q, m->size), 3).s,
             number_fixed(length_of(m->turned_q, m->size), 3).s,
             number_fixed(length_of(m->k, m->size), 3).s,
             number_fixed(length_of(m->turned_k, m->size), 3).s);
    qk_note_text(s, &n, "A turn keeps the length", text);
    gap_text(s, l, text, sizeof text);
    qk_note_text(s, &n, "Only the gap counts", text);
    snprintf(text, sizeof text, "pair c turns θ = %s^(−2c/%d) a token%s",
             number_round((double)s->config->rope_theta, 6).s, m->size,
             s->config->rope_scaled ? ", scaled" : "");
    qk_note_text(s, &n, "Each pair is a hand", text);
}

/* ---- the view ------------------------------------------------------------ */

static void draw(const Stage *s, Rect r) {
    const char *words[QK_OPS], *titles[QK_OPS];
    QkOp ops[QK_OPS];
    char question[2 * STAGE_SAID_MAX + 32], who[STAGE_SAID_MAX];
    char whom[STAGE_SAID_MAX] = "…";
    const int n = shown_ops(s->config->arch, ops);
    for (int i = 0; i < n; i++) {
        words[i] = modes[ops[i]].op.name;
        titles[i] = modes[ops[i]].op.title;
    }
    stage_say_token(s, stage_read_id(s, s->pos), who);
    if (s->key_known) stage_say_token(s, stage_read_id(s, s->key), whom);
    snprintf(question, sizeof question, "Why does %s look at %s?", who, whom);
    const Rect all = r;
    const int tabs = stage_tabs_beside(s, r.w, view_qk.title, titles, n);
    r = stage_heading_beside(s, r, tabs, view_qk.title, question);
    if (tabs)
        stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, n, s->op);
    const int sentence = stage_u(s, 30);
    const Rect below = {r.x, r.y + sentence, r.w, num_max(r.h - sentence, 1)};
    QkLayout l;
    if (!qk_layout(s, below, &l)) {
        stage_draw_missing(s, r);
        return;
    }
    canvas_push_clip(s->canvas, r);
    draw_sentence(s, &l, r);
    qk_draw_pairs(s, &l);
    qk_draw_clock(s, &l);
    draw_notes(s, &l);
    qk_draw_row(s, &l);
    qk_draw_curve(s, &l);
    qk_draw_sliders(s, &l);
    canvas_pop_clip(s->canvas);
}

/* ---- what is opened ------------------------------------------------------ */

/* An element of the query or the key: of which row, and where in it. */
static void open_element(const Stage *s, bool turned, int elem, Opened *out) {
    const QkSites sites = qk_sites(s->config->arch);
    const Config *c = s->config;
    const bool key = qk_opens_key(s);
    const int head = key ? s->head / (c->n_heads / c->n_kv_heads) : s->head;
    out->kind = OPENED_CELL;
    out->site = key      ? (turned ? sites.turned_k : sites.k)
                : turned ? sites.turned_q
                         : sites.q;
    out->pos = key ? s->key : s->pos;
    out->index = head * c->head_dim + elem;
}

/* Where they are taken to stand elsewhere: the same numbers there. */
static void open_moved(const Stage *s, QkOp op, int elem, Opened *out) {
    const QkPlaces p = qk_places(s);
    if (op == QK_TURNED) {
        open_element(s, false, elem, out);
        out->kind = OPENED_MADE;
        out->made = study_turned_key(out->site, s->layer, out->pos, out->index,
                                     qk_opens_key(s) ? p.key : p.query);
        return;
    }
    const StudyKey at =
        study_meet_key(s->trace, s->layer, s->head, s->pos, s->key);
    out->kind = OPENED_MADE;
    out->made = study_shifted_key(at, p.shift, p.apart);
    out->made.kind =
        op == QK_SOFTMAX ? STUDY_SHIFTED_WEIGHT : STUDY_SHIFTED_CELL;
}

static void open_op(const Stage *s, QkOp op, int elem, Opened *out) {
    const QkSites sites = qk_sites(s->config->arch);
    const int n_keys = trace_n_keys(s->trace, s->pos);
    if (qk_places(s).moved && op != QK_BEFORE) {
        open_moved(s, op, elem, out);
        return;
    }
    switch (op) {
    case QK_BEFORE:
    case QK_TURNED:
        open_element(s, op == QK_TURNED, elem, out);
        return;
    case QK_PLACES:
        out->kind = OPENED_MADE;
        out->made = qk_place_key(s, qk_place_part(s));
        return;
    case QK_PRODUCT:
        out->kind = OPENED_MADE;
        out->made = study_raw_key(s->trace, s->layer, s->head, s->pos, s->key);
        return;
    case QK_SOFTMAX:
        out->kind = OPENED_SOFTMAX;
        out->head = s->head;
        out->key = s->key;
        return;
    default:
        out->kind = OPENED_CELL;
        out->site = sites.scores;
        out->index = s->head * n_keys + s->key;
    }
}

static const char *text_of(const Stage *s, QkOp op) {
    const bool biased = words_has_bias(s->config, qk_sites(s->config->arch).q);
    return biased && modes[op].biased ? modes[op].biased : modes[op].text;
}

static void opened(const Stage *s, Opened *out) {
    const QkOp op = qk_op(s);
    const int elem = qk_selected(s, qk_meet(s));
    *out = (Opened){.kind = OPENED_LATER,
                    .site = SITE_NONE,
                    .layer = s->layer,
                    .pos = s->pos,
                    .text = text_of(s, op)};
    if (op == QK_SCALED && !is_divided(s))
        out->text = "The sum as it is: dividing it by the root of the number "
                    "of elements is switched off.";
    snprintf(out->kicker, sizeof out->kicker, "Head %d.%d%s", s->layer, s->head,
             !has_both(op)     ? ""
             : qk_opens_key(s) ? ": the key's number"
                               : ": the query's number");
    if (!s->key_known || elem < 0) return;
    const char *const words[] = {s->reads[s->pos], " looks at ",
                                 s->reads[s->key]};
    const Color colors[] = {s->theme->query, s->theme->text, s->theme->key};
    for (int i = 0; i < 3; i++)
        out->title[out->n_title++] = (TextSpan){.text = words[i],
                                                .len = (int)strlen(words[i]),
                                                .face = FACE_BOLD,
                                                .color = colors[i]};
    open_op(s, op, elem, out);
}

/* Its neighbour in the head's vector. */
static int beside(const Stage *s, int dir) {
    const int elem = qk_selected(s, qk_meet(s)) + dir;
    return elem >= 0 && elem < s->config->head_dim ? elem : -1;
}

/* At `distance` Shift and the arrows move the two; elsewhere they go on from
 * the opened element. */
static bool across(const Stage *s, int dir, State *next) {
    const int elem = beside(s, dir);
    if (qk_op(s) == QK_DISTANCE) return qk_move_apart(s, dir, next);
    if (elem >= 0) next->elem = elem;
    return elem >= 0;
}

/* From the query's number down to the key's, where both are shown. */
static bool below(const Stage *s, int dir, State *next) {
    if (qk_op(s) == QK_PLACES) return qk_place_beside(s, dir, next);
    if (qk_op(s) == QK_DISTANCE) return qk_move_both(s, dir, next);
    if (!has_both(qk_op(s))) return across(s, dir, next);
    snprintf(next->part, sizeof next->part, "%s", dir > 0 ? "key" : "none");
    next->elem = qk_selected(s, qk_meet(s));
    return qk_opens_key(s) != (dir > 0) && next->elem >= 0;
}

const View view_qk = {
    .name = "qk",
    .title = "Query · key",
    .key = "5",
    .family = FAMILY_ATTENTION,
    .op = op_at,
    .default_op = "softmax",
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .across = across,
    .below = below,
};
