/* One head's attention: rows ask, columns answer. */
#include "viz/views/attention/attention.h"

#include "viz/paint/formula_draw.h"
#include "viz/views/before.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const ViewOp attention_ops[N_SHOWN] = {
    {"scores", "raw scores"}, {"scaled", "scores + mask"},
    {"weights", "weights"},   {"lines", "lines"},
    {"sums", "sums"},         {"valued", "value-weighted"},
    {"rollout", "rollout"},   {"change", "change"},
};

/* Where nothing is masked. */
static const char scaled_question[] = "What does the softmax get?";

static const char *const questions[N_SHOWN] = {
    [SHOW_SCORES] = "How well does each key fit?",
    [SHOW_SCALED] = "What may each token look at?",
    [SHOW_WEIGHTS] = "Where does each token look?",
    [SHOW_LINES] = "Who looks at whom?",
    [SHOW_SUMS] = "Which token is looked at most?",
    [SHOW_VALUED] = "How much comes from each token?",
    [SHOW_ROLLOUT] = "Roughly, what has met in each?",
    [SHOW_CHANGE] = "Who looks elsewhere now?",
};

/* Of the operations that the formula alone does not explain. */
static const char *const texts[N_SHOWN] = {
    [SHOW_LINES] = "A line is a weight, the thicker the larger, from the token "
                   "that looks to the one looked at. The mouse on a token "
                   "leaves its own lines; a click on a line opens it.",
    [SHOW_SUMS] = "What a token sends is always 1: it shares its attention out "
                  "and makes none. What it receives is up to the others.",
    [SHOW_VALUED] =
        "A weight says how much of a value is taken, not how much there is: "
        "the value of a token that heads only rest on is often short.",
    [SHOW_ROLLOUT] =
        "An approximation: each layer is taken to mix tokens by half the mean "
        "of its heads and half the token itself; what values hold and what "
        "MLPs do is left out. In place of a head that is off stands the token "
        "itself.",
};

static bool op_at(const Arch *a, int i, ViewOp *out) {
    if (i >= N_SHOWN) return false;
    *out = attention_ops[i];
    if (i == SHOW_SCALED && !a->causal) out->title = "scaled scores";
    return true;
}

/* ", switched off" when the head or its layer's attention is. */
static void edit_text(const Stage *s, char *out, size_t size) {
    const float scale = attention_kept(s);
    out[0] = '\0';
    if (scale == 0)
        snprintf(out, size, ", switched off");
    else if (scale != 1)
        snprintf(out, size, ", ×%s", number_round((double)scale, 3).s);
}

/* ---- heading ------------------------------------------------------------- */

static void formula(const Stage *s, char *out, size_t size) {
    const char *mask = trace_two_way(s->trace) ? "" : "+\\mathrm{mask}";
    char root[24] = "";
    if (attention_divisor(s) != 1)
        snprintf(root, sizeof root, "/\\sqrt{%d}", s->config->head_dim);
    switch (s->op) {
    case SHOW_SCORES:
        snprintf(out, size, "raw score " FORMULA("q\\cdot k"));
        return;
    case SHOW_SCALED:
        snprintf(out, size, "score " FORMULA("q\\cdot k%s%s"), root, mask);
        return;
    case SHOW_SUMS:
        snprintf(out, size, "weights added up");
        return;
    case SHOW_VALUED:
        snprintf(out, size, FORMULA("\\text{weight}\\times|v|"));
        return;
    case SHOW_ROLLOUT:
        snprintf(out, size,
                 FORMULA("\\prod(\\tfrac12\\,\\text{mean of "
                         "heads}+\\tfrac12\\,\\text{self})"));
        return;
    case SHOW_CHANGE:
        snprintf(out, size, "weight now − before");
        return;
    default:
        snprintf(out, size, FORMULA("\\mathrm{softmax}(q\\cdot k%s%s)"), root,
                 mask);
    }
}

/* Whether a head up to the layer shown hands nothing on. */
static bool leaves_heads_out(const Stage *s) {
    const Edits *e = trace_edits(s->trace);
    for (int i = 0; i < e->n; i++) {
        const Edit *part = &e->list[i];
        if ((part->kind == EDIT_HEAD || part->kind == EDIT_ATTN) &&
            part->layer <= s->layer && part->scale == 0)
            return true;
    }
    return false;
}

/* Which head it is of; rollout is of all of them. */
static int place_text(const Stage *s, char *out, size_t size) {
    char edit[32], layers[32] = "layer 0";
    if (s->layer > 0) snprintf(layers, sizeof layers, "layers 0–%d", s->layer);
    if (s->op == SHOW_ROLLOUT)
        return snprintf(out, size, "an approximation · %s, all heads%s", layers,
                        leaves_heads_out(s) ? " but those off" : "");
    edit_text(s, edit, sizeof edit);
    return snprintf(out, size, "layer %d (0–%d) · head %d (0–%d)%s", s->layer,
                    s->config->n_layers - 1, s->head, s->config->n_heads - 1,
                    edit);
}

static void heading(const Stage *s, char *out, size_t size) {
    char text[128], place[96];
    formula(s, text, sizeof text);
    place_text(s, place, sizeof place);
    const bool whole = s->op == SHOW_SCALED && trace_two_way(s->trace);
    snprintf(out, size, "%s   %s   %s%s",
             whole ? scaled_question : questions[s->op], place, text,
             s->state->sink ? "" : "   first token set apart");
}

/* Takes the last part off: details are parts three blanks apart. */
static void drop_part(char *details) {
    char *last = details;
    for (char *p = details; (p = strstr(p, "   ")); p++)
        last = p;
    *last = '\0';
}

/* What has no room goes, the last part first: in a low picture that is what
 * does not fit beside the title, as a second line would cost the map more than
 * the words are worth. */
static void shorten(const Stage *s, Rect r, int reserved, char *details) {
    const TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    const bool low = r.h < stage_u(s, 300);
    while (details[0] &&
           !stage_heading_fits(s, r.w - reserved, "Attention", details) &&
           (low || formula_text_width(s->canvas, style, details) > r.w))
        drop_part(details);
}

/* The operations as buttons: beside the title, else on a line of their own
 * where the picture is high enough; Enter steps through them all the same. */
static Rect draw_heading(const Stage *s, Rect r) {
    const char *words[N_SHOWN], *titles[N_SHOWN];
    char details[288];
    for (int i = 0; i < N_SHOWN; i++) {
        ViewOp op = {0};
        op_at(s->config->arch, i, &op);
        words[i] = op.name;
        titles[i] = op.title;
    }
    const int tabs = stage_tabs_width(s, titles, N_SHOWN);
    const bool beside = tabs > 0 && tabs < r.w * 3 / 5;
    const int reserved = beside ? tabs + stage_u(s, 12) : 0;
    const bool under =
        !beside && tabs > 0 && tabs <= r.w && r.h >= stage_u(s, 420);
    heading(s, details, sizeof details);
    shorten(s, r, reserved, details);
    Rect body = stage_heading_beside(s, r, reserved, "Attention", details);
    if (beside)
        stage_tabs(s, r.x + r.w, r.y, STATE_OP, words, titles, N_SHOWN, s->op);
    if (!under) return body;
    stage_tabs(s, body.x + tabs - stage_u(s, 4), body.y - stage_u(s, 8),
               STATE_OP, words, titles, N_SHOWN, s->op);
    body.y += stage_u(s, 30);
    body.h -= stage_u(s, 30);
    return body;
}

/* ---- the steps --------------------------------------------------------- */

static const char *step_name(const Stage *s, int op) {
    static const char *const names[N_STEPS] = {
        "1  raw scores: q·k", "2  scores + mask", "3  weights: softmax"};
    const bool whole = op == SHOW_SCALED && trace_two_way(s->trace);
    return whole ? "2  scaled scores" : names[op];
}

/* The way to the weights in three small maps, where there is room: raw
 * scores, scaled and masked, softmax.  A click shows one large. */
static void draw_steps(const Map *m, Rect r) {
    const Stage *s = m->s;
    int x, pitch = m->grid.h / N_STEPS, side = attention_steps_side(m, r, &x);
    if (side == 0) return;
    for (int op = 0; op < N_STEPS; op++) {
        Map small = *m;
        small.op = op;
        small.grid =
            (Rect){x, m->grid.y + op * pitch + stage_u(s, 26), side, side};
        small.hi = op == m->op ? m->hi : attention_scale_top(&small);
        attention_draw_cells(&small);
        bool lit = op == m->op;
        canvas_text(s->canvas,
                    text_style(lit ? FACE_MEDIUM : FACE_SANS, TYPE_SMALL,
                               lit ? s->theme->text : s->theme->soft),
                    x, small.grid.y - stage_u(s, 8), step_name(s, op));
        Rect frame = rect_inset(small.grid, -stage_u(s, 3), -stage_u(s, 3));
        if (lit)
            canvas_frame(s->canvas, frame, (float)stage_u(s, 3),
                         (float)stage_u(s, 2), s->theme->accent);
        hits_pick(s->hits, frame, pick_word(STATE_OP, attention_ops[op].name));
    }
}

/* ---- the view ------------------------------------------------------------ */

/* What stands in place of a map that cannot be; NULL: it can. */
static const char *why_not(const Stage *s) {
    if (s->op == SHOW_CHANGE && !s->against)
        return s->config->arch->causal
                   ? "There is no other run to compare with. X switches this "
                     "head off, U removes the mask: then each cell says how "
                     "its weight has moved."
                   : "There is no other run to compare with. X switches this "
                     "head off: then each cell of later layers says how its "
                     "weight has moved.";
    if (s->op == SHOW_ROLLOUT && s->n_pos > STUDY_TOKENS_MAX)
        return "Rollout multiplies whole maps of all layers: it is made for "
               "texts of up to 512 tokens.";
    return NULL;
}

static void draw_why_not(const Stage *s, Rect r, const char *text) {
    const int w = r.w < stage_u(s, 560) ? r.w : stage_u(s, 560);
    canvas_push_clip(s->canvas, r);
    paragraph_plain(s->canvas, r.x + (r.w - w) / 2, r.y + r.h / 3, w,
                    text_style(FACE_SANS, TYPE_LEAD, s->theme->soft), 1.4f,
                    text, true);
    canvas_pop_clip(s->canvas);
}

static void draw(const Stage *s, Rect r) {
    const Rect body = draw_heading(s, r);
    const char *none = why_not(s);
    if (none) {
        draw_why_not(s, body, none);
        return;
    }
    if (s->op == SHOW_LINES) {
        attention_draw_lines(s, body);
        return;
    }
    Map m = attention_lay_out(s, body);
    if (m.grid.w < 1) return;
    Rows rows = {0};
    int x;
    m.rows = &rows;
    attention_ask(&m, attention_steps_side(&m, body, &x) > 0, &rows);
    m.hi = attention_scale_top(&m);
    attention_draw_map(&m);
    attention_draw_bar(&m);
    attention_draw_sums(&m);
    attention_draw_answer(&m, body);
    draw_steps(&m, body);
}

static int n_keys_shown(const Stage *s) {
    return s->op < N_STEPS ? s->n_pos : trace_n_keys(s->trace, s->pos);
}

/* ---- opened -------------------------------------------------------------- */

static void open_made(Opened *out, StudyKey key) {
    out->kind = OPENED_MADE;
    out->made = key;
}

/* The same weight of the other run. */
static void open_other(const Stage *s, Opened *out) {
    const int at = before_pos(s, s->pos), key = before_pos(s, s->key);
    if (at < 0 || key < 0 || key >= trace_n_keys(s->against, at)) return;
    out->compares = true;
    out->was =
        (StudyKey){.kind = STUDY_CELL,
                   .site = SITE_PATTERN,
                   .layer = s->layer,
                   .pos = at,
                   .index = s->head * trace_n_keys(s->against, at) + key};
}

/* Of the sums, what the opened key receives, or what the token sends. */
static void open_sum(const Stage *s, Opened *out) {
    const int key = s->key_opened ? s->key : -1;
    open_made(out, study_sum_key(s->config->n_heads, s->layer, s->head,
                                 key < 0 ? s->pos : s->n_pos - 1, key));
}

static void open_number(const Stage *s, Opened *out) {
    const int n_keys = trace_n_keys(s->trace, s->pos);
    out->kind = OPENED_CELL;
    out->site = s->op < SHOW_WEIGHTS ? SITE_ATTN_SCORES : SITE_PATTERN;
    out->layer = s->layer;
    out->pos = s->pos;
    out->index = s->head * n_keys + s->key;
    const bool masked = s->key >= n_keys; /* stored nowhere */
    if (masked && s->op != SHOW_SCORES) out->text = STAGE_MASKED_TEXT;
    if (s->op == SHOW_SCORES || masked)
        open_made(out,
                  study_raw_key(s->trace, s->layer, s->head, s->pos, s->key));
    if (s->op == SHOW_SUMS) open_sum(s, out);
    if (s->op == SHOW_VALUED)
        open_made(
            out, study_valued_key(s->trace, s->layer, s->head, s->pos, s->key));
    if (s->op == SHOW_ROLLOUT)
        open_made(out,
                  study_rolled_key(s->layer, s->n_pos - 1, s->pos, s->key));
    if (s->op == SHOW_CHANGE) open_other(s, out);
}

/* Words and their colours; text borrowed. */
static void open_title(Opened *out, int n, const char *const *words,
                       const Color *colors) {
    for (int i = 0; i < n; i++)
        out->title[i] = (TextSpan){.text = words[i],
                                   .len = (int)strlen(words[i]),
                                   .face = FACE_BOLD,
                                   .color = colors[i]};
    out->n_title = n;
}

static void name_opened(const Stage *s, Opened *out) {
    const Theme *t = s->theme;
    const char *who = s->reads[s->pos], *whom = s->reads[s->key];
    if (s->op == SHOW_SUMS)
        open_title(
            out, 2,
            (const char *const[]){s->key_opened ? whom : who,
                                  s->key_opened ? " receives" : " sends"},
            (const Color[]){s->key_opened ? t->key : t->query, t->text});
    else if (s->op == SHOW_ROLLOUT)
        open_title(out, 3, (const char *const[]){"What of ", whom, " is here"},
                   (const Color[]){t->text, t->key, t->text});
    else if (s->op == SHOW_WEIGHTS && s->key >= trace_n_keys(s->trace, s->pos))
        open_title(out, 1, (const char *const[]){STAGE_MASKED_TITLE},
                   (const Color[]){t->text});
    else
        open_title(out, 4,
                   (const char *const[]){who, " asks · ", whom, " answers"},
                   (const Color[]){t->query, t->text, t->key, t->text});
}

static void opened(const Stage *s, Opened *out) {
    out->text = texts[s->op];
    if (why_not(s)) return;
    snprintf(out->kicker, sizeof out->kicker, "%s",
             s->op == SHOW_SUMS && !s->key_opened ? "Sum of this row"
             : s->op == SHOW_SUMS                 ? "Sum of a column"
             : s->key_opened                      ? "Opened cell"
                             : "Strongest cell of this row");
    if (!s->key_known) {
        out->kind = OPENED_LATER;
        return;
    }
    open_number(s, out);
    name_opened(s, out);
}

const View view_attention = {
    .name = "attention",
    .title = "Attention",
    .key = "6",
    .family = FAMILY_ATTENTION,
    .op = op_at,
    .default_op = "weights",
    .n_keys = n_keys_shown,
    .draw = draw,
    .opened = opened,
};
