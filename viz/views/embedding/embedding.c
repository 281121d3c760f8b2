/* Embedding: what the model knows of a token before it reads the neighbours. */
#include "viz/views/embedding/embedding.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"

#include <stdio.h>
#include <string.h>

#define TABLE_U 130.0f
#define ALL_U   980.0f /* the narrowest with lists and map side by side */
#define ROW_H_U 150.0f

static const char question[] =
    "What does the model know before it reads the neighbours?";

static const struct {
    ViewOp op;
    const char *text;
} modes[EMBEDDING_MODES] = {
    [EMBEDDING_ALL] = {{"all", "embedding"},
                       "The cosine of two rows says how far they point the "
                       "same way."},
    [EMBEDDING_ROW] = {{"row", "row"},
                       "A token's embedding is its row of the table: numbers "
                       "that training has set. They are the same wherever the "
                       "token stands; what its neighbours say comes later, in "
                       "the layers."},
    [EMBEDDING_NEAR] = {{"near", "nearest"},
                        "The cosine of two rows: their product, element by "
                        "element, added up and divided by both lengths. 1 is "
                        "the same direction, 0 at right angles."},
    [EMBEDDING_MAP] = {{"map", "map"},
                       "The two directions in which these rows differ most. "
                       "Each is a shadow: what lies beside each other here "
                       "may be far apart in the directions not shown."},
    [EMBEDDING_MOVED] = {{"moved", "through layers"},
                         "The same two directions, but each token where its "
                         "vector points after a layer, made as long as its "
                         "row: one word in two places has one row, but two "
                         "vectors, as its neighbours differ."},
};

const char *embedding_mode(int mode) {
    return modes[mode].op.name;
}

/* ---- what is looked at --------------------------------------------------- */

bool embedding_other_table(const Stage *s) {
    if (!s->against || trace_model(s->against) == s->model) return false;
    const Config *c = trace_config(s->against);
    return c->dim == s->config->dim && c->vocab_size == s->config->vocab_size;
}

int embedding_id_before(const Stage *s, int pos) {
    const int at = before_pos(s, pos);
    if (at < 0) return -1;
    const int id =
        edits_token(trace_edits(s->against), at, trace_token(s->against, at));
    const bool same = id == stage_read_id(s, pos) && !embedding_other_table(s);
    return same ? -1 : id;
}

static bool is_word(const Stage *s, int pos) {
    const Piece p = tokenizer_piece(s->tokenizer, stage_read_id(s, pos));
    return !p.is_control && !p.is_byte && p.len > 2;
}

/* The word before that is another; -1. */
static int word_before(const Stage *s) {
    const int id = stage_read_id(s, s->pos);
    for (int pos = s->pos - 1; pos >= 0; pos--)
        if (is_word(s, pos) && stage_read_id(s, pos) != id) return pos;
    return -1;
}

static void hold(EmbeddingHeld *h, int id, int pos) {
    h->id[h->n] = id;
    h->pos[h->n++] = pos;
}

EmbeddingHeld embedding_held(const Stage *s) {
    EmbeddingHeld h = {.n = 0};
    const int other = s->state->key >= 0 && s->state->key < s->n_pos
                          ? s->state->key
                          : word_before(s);
    const int before = embedding_id_before(s, s->pos);
    hold(&h, stage_read_id(s, s->pos), s->pos);
    if (other >= 0 && other != s->pos) hold(&h, stage_read_id(s, other), other);
    if (before >= 0) hold(&h, before, -1);
    return h;
}

const StudyNear *embedding_near(const Stage *s, const EmbeddingHeld *h,
                                int held) {
    const bool other = h->pos[held] < 0 && embedding_other_table(s);
    return study_near(other ? s->against_study : s->study, h->id[held]);
}

bool embedding_pair(const Stage *s, int *a, int *b) {
    const EmbeddingHeld h = embedding_held(s);
    const int n_vocab = s->config->vocab_size;
    const int held = s->elem < 0 ? 0 : s->elem / n_vocab;
    const int id = s->elem < 0 ? -1 : s->elem % n_vocab;
    const bool is_opened = id >= 0 && held < h.n && id != h.id[held] &&
                           id < tokenizer_n_drawn(s->tokenizer);
    *a = h.id[is_opened ? held : 0];
    *b = is_opened ? id : h.n > 1 ? h.id[1] : -1;
    return *b >= 0;
}

Color embedding_color(const Stage *s, int held) {
    return held == 0   ? s->theme->query
           : held == 1 ? s->theme->key
                       : s->theme->bad;
}

void embedding_text(const Stage *s, TextStyle style, int x, int y, int w,
                    const char *text) {
    if (w <= 0) return;
    canvas_text_phrases(s->canvas, style, x, y, w, text);
    if (canvas_text_width(s->canvas, style, text) <= w)
        glossary_note(s->hits, s->canvas, style, x, y, text);
}

/* ---- the view ------------------------------------------------------------ */

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* every model begins with a table */
    if (i >= EMBEDDING_MODES) return false;
    *out = modes[i].op;
    return true;
}

/* The table at the left, and what its row flows into; returns the rest. */
static Rect draw_beside_table(const Stage *s, Rect r, int row_h) {
    const int table_w = num_min(stage_u(s, TABLE_U), r.w / 5);
    const int gap = stage_u(s, 56), x = r.x + table_w + gap;
    const Rect right = {x, r.y, num_max(r.x + r.w - x, 1), r.h};
    Rect strip;
    embedding_draw_row(s, (Rect){x, r.y, right.w, row_h}, &strip);
    embedding_draw_table(s, (Rect){r.x, r.y, table_w, r.h}, strip);
    int used = row_h + stage_u(s, 14);
    const int added = embedding_n_added(s);
    if (added > 0) {
        const int sum_h = num_min(added * stage_u(s, 46), r.h * added / 8);
        embedding_draw_sum(s, (Rect){x, r.y + used, right.w, sum_h});
        used += sum_h + stage_u(s, 8);
    }
    return (Rect){x, r.y + used, right.w, num_max(r.h - used, 0)};
}

static void draw_all(const Stage *s, Rect r) {
    const Rect rest =
        draw_beside_table(s, r, num_min(stage_u(s, ROW_H_U), r.h / 3));
    const int gap = stage_u(s, 36);
    if (rest.w < stage_u(s, ALL_U)) {
        embedding_draw_near(s, rest);
        return;
    }
    const int w = (rest.w - gap) * 46 / 100;
    embedding_draw_near(s, (Rect){rest.x, rest.y, w, rest.h});
    embedding_draw_map(
        s, (Rect){rest.x + w + gap, rest.y, rest.w - w - gap, rest.h}, false);
}

static void draw_mode(const Stage *s, Rect r) {
    switch (s->op) {
    case EMBEDDING_ALL:
        draw_all(s, r);
        return;
    case EMBEDDING_ROW:
        embedding_draw_numbers(
            s, draw_beside_table(s, r, num_min(stage_u(s, 300), r.h * 2 / 5)));
        return;
    case EMBEDDING_NEAR:
        embedding_draw_near(s, r);
        return;
    default:
        embedding_draw_map(s, r, s->op == EMBEDDING_MOVED);
    }
}

static void draw(const Stage *s, Rect r) {
    const char *words[EMBEDDING_MODES], *titles[EMBEDDING_MODES];
    for (int i = 0; i < EMBEDDING_MODES; i++) {
        words[i] = modes[i].op.name;
        titles[i] = modes[i].op.title;
    }
    const int tabs = stage_tabs_width(s, titles, EMBEDDING_MODES);
    const Rect all = r;
    r = stage_heading_beside(s, r, tabs, view_embedding.title, question);
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles,
               EMBEDDING_MODES, s->op);
    canvas_push_clip(s->canvas, r);
    draw_mode(s, r);
    canvas_pop_clip(s->canvas);
}

/* ---- what is opened ------------------------------------------------------ */

static void say(Opened *out, const char *text, Color color) {
    out->title[out->n_title++] = (TextSpan){.text = text,
                                            .len = (int)strlen(text),
                                            .face = FACE_BOLD,
                                            .color = color};
}

static void open_cosine(const Stage *s, Opened *out) {
    int a, b;
    if (!embedding_pair(s, &a, &b)) {
        out->kind = OPENED_NOTHING;
        say(out, "one token alone", s->theme->text);
        return;
    }
    char first[STAGE_LABEL_MAX], second[STAGE_LABEL_MAX];
    tokenizer_show(s->tokenizer, a, first, sizeof first);
    tokenizer_show(s->tokenizer, b, second, sizeof second);
    snprintf(out->kicker, sizeof out->kicker, "%.20s and %.20s", first, second);
    out->kind = OPENED_MADE;
    out->made = study_cosine_key(a, b);
    say(out, "their cosine", s->theme->text);
}

static void open_axis(const Stage *s, Opened *out) {
    const int axis = s->elem == 1;
    snprintf(out->kicker, sizeof out->kicker, "Direction %d of %d", axis + 1,
             s->config->dim);
    out->kind = OPENED_MADE;
    out->made = study_variance_key(STUDY_MAP_WORDS, axis);
    say(out, "its share of the variance", s->theme->text);
}

/* Elements that can be opened, of all rows. */
static int n_elements(const Stage *s) {
    return s->config->dim * (1 + embedding_n_added(s));
}

static const char *added_name(const Arch *a, Site site) {
    switch (arch_op(a, site)->kind) {
    case OP_POSITION:
        return "the position's row";
    case OP_SEGMENT:
        return "the segment's row";
    case OP_STRETCH:
        return "the row, stretched";
    case OP_GAIN:
        return "the sum, normed";
    default:
        return "the sum";
    }
}

static void open_element(const Stage *s, Opened *out) {
    const int dim = s->config->dim;
    const bool asked = s->elem >= 0 && s->elem < n_elements(s);
    const bool below = asked && s->elem >= dim;
    const Site site =
        below ? embedding_added(s, s->elem / dim - 1) : SITE_EMBED;
    const float *v = stage_row(s, site, 0, s->pos);
    snprintf(out->kicker, sizeof out->kicker,
             below ? "Below the row" : "A number of the row");
    say(out, below ? added_name(s->config->arch, site) : s->reads[s->pos],
        below ? s->theme->text : s->theme->query);
    if (!v) return;
    out->kind = OPENED_CELL;
    out->site = site;
    out->pos = s->pos;
    for (int i = 0; i < dim; i++)
        if (v[i] > v[out->index]) out->index = i;
    if (asked) out->index = s->elem % dim;
    if (below) out->text = NULL;
}

/* Of models of the stories that are inside. */
static const char alike[] =
    "The cosine of two rows says how far they point the same way. Words that "
    "stand in the same places of stories have come to point alike: nobody "
    "told the model what a name or a colour is.";

static void opened(const Stage *s, Opened *out) {
    const bool of_stories = s->op == EMBEDDING_ALL && s->teller.tell;
    *out = (Opened){.kind = OPENED_LATER,
                    .site = SITE_NONE,
                    .text = of_stories ? alike : modes[s->op].text};
    if (s->op == EMBEDDING_ROW)
        open_element(s, out);
    else if (s->op == EMBEDDING_ALL || s->op == EMBEDDING_NEAR)
        open_cosine(s, out);
    else
        open_axis(s, out);
}

/* ---- keys ---------------------------------------------------------------- */

/* The neighbour below in the lists, one list after the other. */
static int next_neighbour(const Stage *s, int dir) {
    const EmbeddingHeld h = embedding_held(s);
    const int n_vocab = s->config->vocab_size;
    int before = -1;
    for (int k = 0; k < h.n; k++) {
        const StudyNear *near = embedding_near(s, &h, k);
        if (h.pos[k] < 0 && embedding_other_table(s)) break;
        for (int i = 0; near && i < near->n; i++) {
            const int elem = near->rows[i].id + k * n_vocab;
            if (s->elem < 0 && dir > 0) return elem;
            if (dir > 0 && before == s->elem && before >= 0) return elem;
            if (dir < 0 && elem == s->elem) return before;
            before = elem;
        }
    }
    return -1;
}

static bool below(const Stage *s, int dir, State *next) {
    int elem = dir > 0 ? 1 : 0;
    if (s->op == EMBEDDING_ALL || s->op == EMBEDDING_NEAR)
        elem = next_neighbour(s, dir);
    if (s->op == EMBEDDING_ROW) elem = num_max(s->elem, 0) + dir;
    if (elem < 0 || (s->op == EMBEDDING_ROW && elem >= n_elements(s)))
        return false;
    next->elem = elem;
    next->set |= STATE_BIT(STATE_ELEM);
    return true;
}

/* Any position can be held against the current one. */
static int n_keys(const Stage *s) {
    return s->n_pos;
}

const View view_embedding = {
    .name = "embedding",
    .title = "Embedding",
    .key = "3",
    .family = FAMILY_TEXT,
    .op = op_at,
    .default_op = "all",
    .n_keys = n_keys,
    .draw = draw,
    .opened = opened,
    .below = below,
};
