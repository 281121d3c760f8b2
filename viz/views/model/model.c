/* The model: what is in it, how large that is, and what it costs. */
#include "viz/views/model/model_view.h"

#include <stdio.h>
#include <string.h>

static const struct {
    ViewOp op;
    void (*draw)(const Stage *s, Rect r);
    const char *question;
} modes[MODEL_OPS] = {
    [MODEL_MAP] = {{"map", "map"},
                   map_draw,
                   "What is in here, and where am I?"},
    [MODEL_PARAMS] = {{"params", "params"},
                      model_draw_params,
                      "Where do the parameters sit?"},
    [MODEL_SCALE] = {{"scale", "scale"},
                     model_draw_scale,
                     "How large is large?"},
    [MODEL_HISTORY] = {{"history", "history"},
                       model_draw_history,
                       "How did they grow?"},
    [MODEL_COST] = {{"cost", "cost"},
                    model_draw_cost,
                    "What does one more token cost?"},
};

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* the tables of any say what there is */
    if (i >= MODEL_OPS) return false;
    *out = modes[i].op;
    return true;
}

static const char *question_of(const Stage *s) {
    const bool whole = s->op == MODEL_COST && !s->config->arch->causal;
    return whole ? "What does reading this text cost?" : modes[s->op].question;
}

static void draw(const Stage *s, Rect r) {
    const char *words[MODEL_OPS], *titles[MODEL_OPS];
    for (int i = 0; i < MODEL_OPS; i++) {
        words[i] = modes[i].op.name;
        titles[i] = modes[i].op.title;
    }
    const int tabs = stage_tabs_width(s, titles, MODEL_OPS);
    const Rect all = r;
    r = stage_heading_beside(s, r, tabs, view_model.title, question_of(s));
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, MODEL_OPS,
               s->op);
    modes[s->op].draw(s, r);
}

static void say(const Stage *s, Opened *out, const char *text) {
    out->title[out->n_title++] = (TextSpan){.text = text,
                                            .len = (int)strlen(text),
                                            .face = FACE_BOLD,
                                            .color = s->theme->text};
}

static void open_count(const Stage *s, Opened *out) {
    const bool before = before_is_opened(s) && model_sizes_before(s);
    const Arch *a = before ? trace_config(s->against)->arch : s->config->arch;
    const int all = a->n_tensors;
    int elem = before ? s->elem : model_elem(s);
    if (elem > MODEL_FIRST_COUNT + all + PARAMS_PARTS)
        elem = MODEL_FIRST_COUNT + all;
    const int count = elem < MODEL_FIRST_COUNT ? all : elem - MODEL_FIRST_COUNT;
    Config c;
    Err err = {0};
    if (!model_sizes(s, &c, &err)) return;
    out->kind = OPENED_MADE;
    out->site = SITE_NONE;
    out->made =
        (StudyKey){.kind = STUDY_PARAMS, .pos = STUDY_NO_POS, .index = count};
    snprintf(out->kicker, sizeof out->kicker, "Parameters");
    say(s, out,
        count < all    ? model_tensor_name(&a->tensors[count])
        : count == all ? "all of them"
                       : params_part_name((ParamsPart)(count - all - 1)));
    out->text = c.arch->learned_positions
                    ? "Counted from the table of tensors that a file of this "
                      "architecture holds. D F H G V L are its sizes, S the "
                      "number of its positions; what follows a plus is the "
                      "bias. A doubles the marked letter, Shift+A halves "
                      "it."
                    : "Counted from the table of tensors that a file of this "
                      "architecture holds. D F H G V L are its sizes; A "
                      "doubles the marked letter, Shift+A halves it.";
}

static void open_cost(const Stage *s, Opened *out) {
    out->kind = OPENED_MADE;
    out->site = SITE_NONE;
    out->made = (StudyKey){.kind = STUDY_COST,
                           .pos = s->pos,
                           .index = trace_two_way(s->trace) ? 2 : 0};
    snprintf(out->kicker, sizeof out->kicker, "Token %d", s->pos);
    if (!s->config->arch->causal) {
        out->made.pos = s->n_pos - 1;
        snprintf(out->kicker, sizeof out->kicker, "%d tokens", s->n_pos);
    }
    say(s, out,
        s->config->arch->causal ? "multiply-adds for this token"
                                : "multiply-adds for this text");
    out->text = s->config->arch->causal
                    ? "Each number of a matrix is multiplied with one number "
                      "of a vector and added, once a token. Only the attention "
                      "grows with the text."
                    : "Each number of a matrix is multiplied with one number "
                      "of a vector and added, once a token. Attention grows "
                      "with the square of the tokens.";
}

#define WHOLE_PASS                                                             \
    "From its row of the table at the left to what comes next at the right. "  \
    "Vectors, heads and the stream are those of the current token: a click "   \
    "opens the view where each is made. Zoomed in far enough, every number "   \
    "stands in its cell."
#define WHOLE_TEXT                                                             \
    "From its row of the table at the left through all layers: behind a plus " \
    "the sum is normed, and that is what goes on. Vectors, heads and the "     \
    "stream are those of the current token: a click opens the view where "     \
    "each is made. Zoomed in far enough, every number stands in its cell."

static void opened(const Stage *s, Opened *out) {
    *out = (Opened){.kind = OPENED_NOTHING};
    if (s->op == MODEL_PARAMS) {
        open_count(s, out);
        return;
    }
    if (s->op == MODEL_COST) {
        open_cost(s, out);
        return;
    }
    snprintf(out->kicker, sizeof out->kicker, "This view");
    if (s->op != MODEL_MAP) {
        say(s, out, "Known models");
        out->text = "Their parameters are counted from the sizes that their "
                    "authors published; a row of one table file each. Names "
                    "in papers are rounded.";
        return;
    }
    say(s, out, "The whole pass of one token");
    out->text = s->config->arch->causal ? WHOLE_PASS : WHOLE_TEXT;
}

static int beside(const Stage *s, int dir) {
    if (s->op == MODEL_MAP || s->op == MODEL_COST) return -1;
    if (s->op != MODEL_PARAMS) {
        Known known[KNOWN_MAX];
        const int n = model_known(known), at = model_known_elem(s, n) + dir;
        return at >= 0 && at < n ? at : -1;
    }
    const int elem = s->elem < 0 ? (dir > 0 ? 0 : -1) : s->elem + dir;
    return elem >= 0 && elem < model_n_elems(s) ? elem : -1;
}

static bool turn(const Stage *s, int dir, State *next) {
    return s->op == MODEL_PARAMS && model_turn_letter(s, dir, next);
}

/* The current head; nothing of a run where only sizes are shown. */
static bool part(const Stage *s, EditKind *kind, int *layer, int *index) {
    *kind = EDIT_HEAD;
    *layer = s->layer;
    *index = s->head;
    return s->op == MODEL_MAP;
}

const View view_model = {
    .name = "model",
    .title = "Model",
    .key = "1",
    .family = FAMILY_MODEL,
    .op = op_at,
    .default_op = "map",
    .opens_nothing = true,
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .turn = turn,
    .own_zoom = true,
    .part = part,
};
