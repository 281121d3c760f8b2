/* Learn: where the numbers of the model came from, step by step of its
 * training. */
#include "viz/views/learn/learn.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/masked.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BOTH_U 900.0f /* the narrowest with curves and stories side by side */
#define NEXT_U 190.0f

enum { OP_CURVES, OP_STORIES, OP_LIVE, OP_LOSS, OP_INDUCTION, OP_WORDS };
enum { TABS = OP_LIVE + 1, LEARN_OPS = OP_WORDS + 1 };
/* After the tabs' each chart alone, with nothing beside it: for a lecture, that
 * shows what it has come to. */
static const ViewOp ops[LEARN_OPS] = {
    {"curves", "loss curves"},        {"stories", "stories in training"},
    {"live", "training now"},         {"loss", "loss alone"},
    {"induction", "induction alone"}, {"words", "next token alone"}};

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* whatever was trained has steps */
    if (i >= LEARN_OPS) return false;
    *out = ops[i];
    return true;
}

int learn_at(const Stage *s) {
    return training_at(s->training, s->state->model);
}

void learn_count_text(int n, char out[16]) {
    if (n < 1000)
        snprintf(out, 16, "%d", n);
    else
        snprintf(out, 16, "%d,%03d", n / 1000, n % 1000);
}

bool learn_leaves_out(const Stage *s) {
    return s->state->edits.n > 0 || s->state->edits.no_mask;
}

/* ---- the two followed ---------------------------------------------------- */

static int best_of(const float *p, int n, int but) {
    int best = but == 0;
    for (int i = 0; i < n; i++)
        if (i != but && p[i] > p[best]) best = i;
    return best;
}

void learn_rivals(const Stage *s, int out[2]) {
    const Training *t = s->training;
    const float *last = t->steps[t->n - 1].after;
    out[0] = out[1] = -1;
    if (!last) return;
    out[0] = s->pos + 1 < s->n_pos ? trace_token(s->trace, s->pos + 1)
                                   : best_of(last, t->n_vocab, -1);
    float most = -1;
    for (int i = 0; i < t->n; i++) {
        const float *p = t->steps[i].after;
        if (!p) continue;
        const int rival = best_of(p, t->n_vocab, out[0]);
        if (p[rival] <= most) continue;
        most = p[rival];
        out[1] = rival;
    }
}

/* ---- in words ------------------------------------------------------------ */

static const char *role_name(TrainingRole role) {
    return role == TRAINING_INDUCTION ? "induction"
           : role == TRAINING_RECALL  ? "recall"
                                      : "previous-token";
}

/* The role that changed most on the way to step i. */
static TrainingRole most_changed(const Training *t, int i) {
    static const TrainingRole roles[] = {TRAINING_RECALL, TRAINING_PREVIOUS};
    const TrainingHead *now = t->steps[i].heads, *was = t->steps[i - 1].heads;
    TrainingRole best = TRAINING_INDUCTION;
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (fabsf(now[roles[k]].score - was[roles[k]].score) >
            fabsf(now[best].score - was[best].score))
            best = roles[k];
    return best;
}

/* "Between steps 400 and 700 the" */
static int say_between(const Training *t, int i, char *out, size_t size) {
    char step[16], before[16];
    learn_count_text(t->steps[i - 1].step, before);
    learn_count_text(t->steps[i].step, step);
    return snprintf(out, size, "Between steps %s and %s the", before, step);
}

/* Of step i: the largest news or, where a chart is alone, its own. */
static void sentence(const Training *t, int i, int op, char *out, size_t size) {
    out[0] = '\0';
    if (op == OP_WORDS || (i == 0 && op == OP_INDUCTION)) return;
    if (i == 0) {
        snprintf(out, size, "Before training it knows nothing: loss %s.",
                 number_fixed((double)t->steps[0].loss, 2).s);
        return;
    }
    const TrainingStep *now = &t->steps[i], *was = now - 1;
    const TrainingRole role =
        op == OP_INDUCTION ? TRAINING_INDUCTION : most_changed(t, i);
    const float a = was->heads[role].score, b = now->heads[role].score;
    const int n = say_between(t, i, out, size);
    if (op == OP_INDUCTION || (op != OP_LOSS && fabsf(b - a) >= .15f))
        snprintf(out + n, size - (size_t)n, " best %s head goes from %s to %s.",
                 role_name(role), number_fixed((double)a, 2).s,
                 number_fixed((double)b, 2).s);
    else if (op != OP_LOSS && now->told > was->told)
        snprintf(out + n, size - (size_t)n,
                 " stories told whole go from %d to %d of %d.", was->told,
                 now->told, now->texts);
    else
        snprintf(out + n, size - (size_t)n, " loss goes from %s to %s.",
                 number_fixed((double)was->loss, 2).s,
                 number_fixed((double)now->loss, 2).s);
}

static Rect draw_sentence(const Stage *s, Rect r) {
    char text[160];
    sentence(s->training, learn_at(s), s->op, text, sizeof text);
    if (!text[0]) return r;
    TextStyle style = text_style(FACE_SANS, TYPE_TITLE, s->theme->text);
    if (canvas_text_width(s->canvas, style, text) > r.w) style.size = TYPE_BODY;
    int h = stage_u(s, style.size * 1.5f);
    if (canvas_text_width(s->canvas, style, text) > r.w) {
        h = paragraph_plain(s->canvas, r.x, r.y, r.w, style, 1.4f, text, true);
    } else {
        const int baseline = r.y + stage_u(s, style.size);
        canvas_text(s->canvas, style, r.x, baseline, text);
        glossary_note(s->hits, s->canvas, style, r.x, baseline, text);
    }
    h += stage_u(s, 12);
    return (Rect){r.x, r.y + h, r.w, num_max(r.h - h, 0)};
}

/* ---- the view ------------------------------------------------------------ */

static void draw_texts(const Stage *s, Rect r) {
    const int next = s->training->reads ? stage_u(s, NEXT_U) : 0;
    const bool fits = next > 0 && r.h >= next + stage_u(s, 150);
    if (fits) learn_draw_next(s, (Rect){r.x, r.y, r.w, next});
    const int used = fits ? next + stage_u(s, 14) : 0;
    learn_draw_stories(s, (Rect){r.x, r.y + used, r.w, num_max(r.h - used, 0)});
}

static void draw_parts(const Stage *s, Rect r) {
    if (s->op >= TABS) {
        learn_draw_chart(s, r, (LearnChart)(s->op - OP_LOSS));
        return;
    }
    const bool both = s->op == OP_CURVES && r.w >= stage_u(s, BOTH_U);
    const int texts = both ? r.w * 36 / 100 : r.w, air = stage_u(s, 24);
    if (s->op == OP_CURVES)
        learn_draw_curves(
            s, (Rect){r.x, r.y, both ? r.w - texts - air : r.w, r.h});
    if (both || s->op == OP_STORIES)
        draw_texts(s, (Rect){r.x + r.w - texts, r.y, texts, r.h});
}

/* Of another model than those it shows the view says which they are. */
static const char *question(const Stage *s) {
    if (!s->training || s->training->is_of_model)
        return "Where did this come from?";
    return s->op == OP_LIVE
               ? "a small LLaMA learns to go on with texts"
               : "the steps of the LLaMA inside: of this model none are kept";
}

static void draw(const Stage *s, Rect r) {
    static const char *const titles[TABS] = {"curves", "stories",
                                             "training now"};
    const char *words[TABS] = {ops[0].name, ops[1].name, ops[2].name};
    const Rect all = r;
    const int tabs = stage_tabs_width(s, titles, TABS);
    r = stage_heading_beside(s, r, tabs, view_learn.title, question(s));
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, TABS, s->op);
    canvas_push_clip(s->canvas, r);
    if (s->op == OP_LIVE)
        learn_draw_live(s, r);
    else if (s->training)
        draw_parts(s, draw_sentence(s, r));
    else
        canvas_text_fit(s->canvas,
                        text_style(FACE_SANS, TYPE_BODY, s->theme->text), r.x,
                        r.y + stage_u(s, 30), r.w,
                        "No steps of a training are embedded in this build.");
    canvas_pop_clip(s->canvas);
}

/* Measured figures have no arithmetic here: only words. */
static void opened(const Stage *s, Opened *out) {
    *out = (Opened){
        .kind = OPENED_NOTHING,
        .text =
            s->op == OP_LIVE
                ? "A small model learns stories of the same world, or the text "
                  "that is shown, again and again. Each step "
                  "takes a batch of text it has not learnt yet: at every "
                  "token −ln p of the one that truly comes next is "
                  "its loss there, and the mean over the batch is the step's "
                  "loss. Every weight then moves a little, so that it would "
                  "have been smaller. The same seed and step give the same "
                  "model."
                : "The steps are those of the embedded model's training. Loss, "
                  "heads and stories were measured once, by evaluate; what "
                  "each step says after this text is computed now."};
}

/* One step of the model in training; else the model of the step beside. */
static bool walk(const Stage *s, int dir, State *next) {
    if (s->op == OP_LIVE) {
        const int step = next->step + dir;
        if (step < 0 || step > LIVE_STEPS_MAX) return false;
        next->step = step;
        return true;
    }
    const int i = s->training ? learn_at(s) + dir : -1;
    if (i < 0 || i >= s->training->n) return false;
    training_model(s->training->steps[i].step, next->model);
    return true;
}

/* Another seed is another training. */
static bool turn(const Stage *s, int dir, State *next) {
    if (s->op != OP_LIVE) return false;
    next->seed += (uint64_t)(int64_t)dir;
    next->step = 0;
    return true;
}

const View view_learn = {
    .name = "learn",
    .title = "Training",
    .key = "Shift+2",
    .family = FAMILY_MODEL,
    .op = op_at,
    .default_op = "curves",
    .opens_nothing = true,
    .tells_next = true,
    .walks = true,
    .draw = draw,
    .opened = opened,
    .across = walk,
    .below = walk,
    .turn = turn,
};
