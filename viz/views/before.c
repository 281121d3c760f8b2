/* The run that is compared with: its numbers, and the change in words. */
#include "viz/views/before.h"

#include "engine/base/num.h"
#include "viz/views/factor.h"
#include "viz/views/glossary.h"
#include "viz/views/masked.h"
#include "viz/views/number.h"
#include "viz/views/view.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- its numbers --------------------------------------------------------- */

int before_pos(const Stage *s, int pos) {
    if (!s->against) return -1;
    const int n = trace_n_pos(s->against);
    if (pos >= s->before_suffix)
        pos += s->before_shift;
    else if (pos >= s->before_prefix)
        return -1;
    return pos < n ? pos : -1;
}

bool before_has(const Stage *s, Site site) {
    if (!s->against) return false;
    const Config *c = trace_config(s->against);
    int rows, cols, own_rows, own_cols;
    site_shape(site, c, 1, &rows, &cols);
    site_shape(site, s->config, 1, &own_rows, &own_cols);
    return arch_sites(c->arch) & SITE_BIT(site) && rows == own_rows &&
           cols == own_cols &&
           (site != SITE_LOGITS || before_predicts_alike(s));
}

bool before_is_alike(const Stage *s) {
    if (!s->against) return false;
    const Config *c = trace_config(s->against), *own = s->config;
    return c->arch == own->arch && c->hidden_dim == own->hidden_dim &&
           c->n_kv_heads == own->n_kv_heads && c->vocab_size == own->vocab_size;
}

bool before_sums_alike(const Stage *s) {
    return s->against && trace_config(s->against)->arch->norm_after ==
                             s->config->arch->norm_after;
}

bool before_predicts_alike(const Stage *s) {
    if (!s->against) return false;
    const Config *c = trace_config(s->against), *own = s->config;
    return arch_predicts(c->arch) && arch_predicts(own->arch) &&
           arch_ahead(c->arch) == arch_ahead(own->arch) &&
           c->vocab_size == own->vocab_size;
}

const float *before_row(const Stage *s, Site site, int layer, int pos) {
    const int at = before_has(s, site) ? before_pos(s, pos) : -1;
    return at < 0 ? NULL : study_row(s->against_study, site, layer, at);
}

bool before_same_keys(const Stage *s, int pos) {
    const int at = before_pos(s, pos);
    return at == pos &&
           trace_n_keys(s->against, at) == trace_n_keys(s->trace, pos);
}

bool before_is_opened(const Stage *s) {
    return s->against && strcmp(s->state->opened, "before") == 0;
}

const StudyNext *before_next(const Stage *s, int pos) {
    const int at = before_predicts_alike(s) ? before_pos(s, pos) : -1;
    return at < 0 ? NULL : study_next(s->against_study, at);
}

const StudyBest *before_best(const Stage *s, int pos) {
    const int at = before_predicts_alike(s) ? before_pos(s, pos) : -1;
    return at < 0 ? NULL : study_best(s->against_study, at);
}

const Candidate *before_candidate(const StudyNext *next, int id) {
    for (int i = 0; next && i < next->n; i++)
        if (next->candidates[i].id == id) return &next->candidates[i];
    return NULL;
}

/* ---- in words ------------------------------------------------------------ */

/* "Mia (5)": the token at a position; "position 99" where none is. */
static void token_at(const Stage *s, int pos, char *out, size_t size) {
    char token[STAGE_SAID_MAX];
    if (pos >= trace_n_pos(s->trace)) {
        snprintf(out, size, "position %d", pos);
        return;
    }
    stage_say_token(s, trace_token(s->trace, pos), token);
    snprintf(out, size, "%s (%d)", token, pos);
}

/* "4 × (␣Mia − ␣Tom)" */
static void direction_name(const Stage *s, const Edit *e, char *out,
                           size_t size) {
    char toward[STAGE_SAID_MAX], away[STAGE_SAID_MAX];
    stage_say_token(s, e->index, toward);
    if (e->other < 0) {
        snprintf(out, size, "%s × %s", number_round((double)e->scale, 3).s,
                 toward);
        return;
    }
    stage_say_token(s, e->other, away);
    snprintf(out, size, "%s × (%s − %s)", number_round((double)e->scale, 3).s,
             toward, away);
}

/* "layer 3", of what a patch puts in its place. */
static void patch_name(const Edit *e, char *out, size_t size) {
    static const struct {
        Site site;
        const char *name;
    } names[] = {{SITE_RESID_PRE, "embedding"},
                 {SITE_ATTN_OUT, "output of attention %d"},
                 {SITE_RESID_MID, "stream after attention %d"},
                 {SITE_MLP_OUT, "output of MLP %d"},
                 {SITE_RESID_POST, "stream after layer %d"}};
    if (edits_site(e) == SITE_Z) {
        snprintf(out, size, "head %d.%d", e->layer, edits_head(e));
        return;
    }
    size_t i = 0;
    while (i + 1 < sizeof names / sizeof *names &&
           names[i].site != edits_site(e))
        i++;
    snprintf(out, size, names[i].name, e->layer);
}

/* Whose size is another run's. */
static void norm_name(const Arch *a, const Edit *e, char *out, size_t size) {
    if (e->layer == EDITS_EVERY_LAYER)
        snprintf(out, size, "all norms");
    else if (e->other == SITE_LN_FINAL_SCALE)
        snprintf(out, size, "final norm");
    else
        snprintf(out, size, "norm %s %s %d", a->norm_after ? "after" : "before",
                 e->other == SITE_LN1_SCALE ? "attention" : "MLP", e->layer);
}

/* What is taken from the other run. */
static void say_taken(const Stage *s, const Edit *e, char *out, size_t size) {
    char name[64], token[2 * STAGE_LABEL_MAX];
    if (e->kind == EDIT_FREEZE) {
        const Arch *a = s->config->arch;
        const bool all = e->layer == EDITS_EVERY_LAYER;
        norm_name(a, e, name, sizeof name);
        snprintf(out, size, "%s with the other run's %s", name,
                 words_size(a, all ? SITE_LN1_SCALE : (Site)e->other));
        return;
    }
    if (e->kind == EDIT_PATCH && e->index == EDITS_EVERY_POS) {
        patch_name(e, name, sizeof name);
        snprintf(out, size, "%s at every token as in the other run", name);
        return;
    }
    token_at(s, e->index, token, sizeof token);
    if (e->kind == EDIT_PATCH) {
        patch_name(e, name, sizeof name);
        snprintf(out, size, "%s at %s as in the other run", name, token);
    } else {
        snprintf(out, size,
                 "with %s × (this − the other run at %s) added in layer "
                 "%d",
                 number_round((double)e->scale, 3).s, token, e->layer);
    }
}

/* What is scaled: "head 3.0". */
static void part_name(const Edit *e, char *out, size_t size) {
    static const char *const names[] = {[EDIT_HEAD] = "head ",
                                        [EDIT_ATTN] = "attention ",
                                        [EDIT_MLP] = "MLP ",
                                        [EDIT_NEURON] = "neuron "};
    const bool has_index = e->kind == EDIT_HEAD || e->kind == EDIT_NEURON;
    const int n = snprintf(out, size, "%s%d", names[e->kind], e->layer);
    if (has_index) snprintf(out + n, size - (size_t)n, ".%d", e->index);
}

void before_part_name(const Edit *e, int mask, char out[EDITS_PART_MAX]) {
    const bool has_name = e->kind == EDIT_HEAD || e->kind == EDIT_ATTN ||
                          e->kind == EDIT_MLP || e->kind == EDIT_NEURON;
    if (has_name)
        part_name(e, out, EDITS_PART_MAX);
    else if (e->kind == EDIT_ROPE && e->layer == EDITS_EVERY_LAYER)
        snprintf(out, EDITS_PART_MAX, "RoPE");
    else if (e->kind == EDIT_ROPE)
        snprintf(out, EDITS_PART_MAX, "RoPE %d", e->layer);
    else if (e->kind == EDIT_TOKEN && e->other == mask)
        snprintf(out, EDITS_PART_MAX, "[MASK] at %d", e->index);
    else
        edits_format_part(e, out);
    const size_t n = strlen(out);
    if (has_name && e->scale != 0)
        snprintf(out + n, EDITS_PART_MAX - n, " × %s",
                 number_round((double)e->scale, 3).s);
}

/* "without head 3.0", "with MLP 1 × 0.5", "nobody looks at Mia (5)" */
static void say_edit(const Stage *s, const Edit *e, char *out, size_t size) {
    char name[2 * STAGE_SAID_MAX + 32], said[STAGE_SAID_MAX + 16];
    switch (e->kind) {
    case EDIT_RAW:
        snprintf(out, size, "without ÷ √K in head %d.%d", e->layer, e->index);
        return;
    case EDIT_ROPE:
        if (e->layer == EDITS_EVERY_LAYER)
            snprintf(out, size, "without RoPE");
        else
            snprintf(out, size, "without RoPE in layer %d", e->layer);
        return;
    case EDIT_CUT:
        token_at(s, e->index, name, sizeof name);
        snprintf(out, size, "nobody looks at %s", name);
        return;
    case EDIT_BLIND:
        token_at(s, e->other, name, sizeof name);
        snprintf(out, size, "head %d.%d does not look at %s", e->layer,
                 e->index, name);
        return;
    case EDIT_TOKEN:
        token_at(s, e->index, said, sizeof said);
        stage_say_token(s, e->other, name);
        snprintf(out, size, "with %s read for %s", name, said);
        return;
    case EDIT_STEER:
        direction_name(s, e, name, sizeof name);
        snprintf(out, size, "with %s added in layer %d", name, e->layer);
        return;
    case EDIT_FREEZE:
    case EDIT_PATCH:
    case EDIT_APART:
        say_taken(s, e, out, size);
        return;
    default:
        part_name(e, name, sizeof name);
        if (e->scale == 0)
            snprintf(out, size, "without %s", name);
        else
            snprintf(out, size, "with %s × %s", name,
                     number_round((double)e->scale, 3).s);
    }
}

/* Of a change that names a token which is not there. */
static void say_missing(const Stage *s, const Edit *e, char *out, size_t size) {
    const int pos = edits_position(e);
    const bool other_ends =
        edits_takes(e) && s->against && pos >= trace_n_pos(s->against);
    if (other_ends || pos >= trace_n_pos(s->trace))
        snprintf(out, size, " (does nothing: %s has no such token)",
                 other_ends ? "the other run" : "this run");
}

static const char without[] = "without ";

static bool says_without(const char *text) {
    return strncmp(text, without, sizeof without - 1) == 0;
}

/* "without head 3.0, head 3.1, with MLP 1 × 0.5"; of many how many. */
static void say_edits(const Stage *s, const Edits *e, char *out, size_t size) {
    if (e->n > 3) {
        snprintf(out, size, "with %d interventions%s", e->n,
                 e->no_mask ? ", without the mask" : "");
        return;
    }
    size_t n = 0;
    bool was_off = false;
    out[0] = '\0';
    for (int i = 0; i < e->n && n + 3 < size; i++) {
        n += (size_t)snprintf(out + n, size - n, "%s", i ? ", " : "");
        say_edit(s, &e->list[i], out + n, size - n);
        const size_t end = n + strlen(out + n);
        say_missing(s, &e->list[i], out + end, size - end);
        const bool off = says_without(out + n);
        if (off && was_off)
            memmove(out + n, out + n + sizeof without - 1,
                    strlen(out + n + sizeof without - 1) + 1);
        was_off = off;
        n += strlen(out + n);
    }
    if (e->no_mask && n < size)
        snprintf(out + n, size - n, "%swithout the mask", n ? ", " : "");
}

/* What is taken from the other run, of all that is changed. */
static Edits taken_edits(const Edits *e) {
    Edits out = {0};
    for (int i = 0; i < e->n; i++)
        if (edits_takes(&e->list[i])) out.list[out.n++] = e->list[i];
    return out;
}

/* Of the changes made in the other run. */
static void say_other_missing(const Stage *s, char *out, size_t size) {
    const Edits *e = &s->against_state->edits;
    for (int i = 0; s->against && i < e->n; i++) {
        if (edits_position(&e->list[i]) < trace_n_pos(s->against)) continue;
        char part[EDITS_PART_MAX];
        edits_format_part(&e->list[i], part);
        snprintf(out, size, " (%s does nothing: no such token)", part);
        return;
    }
}

#define ALIKE_MAX                                                              \
    12 /* bytes of what both texts begin with; more are left out */

/* How tokens of texts of other lengths are paired: see face_before. */
static const char *pairing(const Stage *s) {
    if (!s->against || !s->against_state->prompt || s->before_shift == 0)
        return "";
    return s->before_suffix < s->n_pos ? " from both ends" : " by position";
}

/* "compared with the text "…boy named Max."": from the word on that differs. */
static void say_other_text(const Stage *s, char *out, size_t size) {
    const char *now = s->state->prompt ? s->state->prompt : "";
    const char *text = s->against_state->prompt, *from = text;
    for (size_t i = 0; text[i] && text[i] == now[i]; i++)
        if (text[i] == ' ') from = text + i + 1;
    if (from - text <= ALIKE_MAX) from = text;
    snprintf(out, size, "compared%s with the text \"%s%s\"", pairing(s),
             from > text ? "…" : "", from);
}

/* "compared with gpt2, edit=3.0": the model by its name, as in the header; a
 * text as it is. */
static void say_other(const Stage *s, char *out, size_t size) {
    const char *against = s->state->against;
    size_t at, n;
    if (s->against && s->against_state->prompt &&
        state_find(against, STATE_PROMPT, &at, &n) && at == 0 && !against[n]) {
        say_other_text(s, out, size);
        return;
    }
    if (!s->against || !state_find(against, STATE_MODEL, &at, &n)) {
        snprintf(out, size, "compared%s with %s", pairing(s), against);
        return;
    }
    const char *rest = against + at + n;
    rest += strspn(rest, " ");
    snprintf(out, size, "compared%s with %s%s%.*s%s", pairing(s),
             model_name(trace_model(s->against)), at > 0 || *rest ? ", " : "",
             (int)at, against, rest);
}

/* Why probabilities of the two are not held against each other. */
static void say_other_kind(const Stage *s, char *out, size_t size) {
    if (!s->against || before_predicts_alike(s)) return;
    const Arch *own = s->config->arch, *other = trace_config(s->against)->arch;
    const char *why =
        !arch_predicts(own) || !arch_predicts(other) ? "tells no words"
        : arch_ahead(own) == arch_ahead(other)
            ? "has a vocabulary of another size"
        : arch_ahead(own) ? "tells what [MASK] hides, not what comes next"
                          : "tells what comes next, not what [MASK] hides";
    snprintf(out, size, " (%s %s)", arch_predicts(own) ? "it" : "this model",
             why);
}

static void say_change(const Stage *s, char *out, size_t size) {
    if (!s->state->against[0]) {
        say_edits(s, &s->state->edits, out, size);
        return;
    }
    const Edits taken = taken_edits(&s->state->edits);
    say_edits(s, &taken, out, size);
    const size_t n = strlen(out);
    if (n) snprintf(out + n, size - n, ", ");
    say_other(s, out + strlen(out), size - strlen(out));
    say_other_missing(s, out + strlen(out), size - strlen(out));
    say_other_kind(s, out + strlen(out), size - strlen(out));
}

static double probability(const StudyBest *b, const float *logits, int id) {
    return exp((double)logits[id] - b->log_sum);
}

/* What the line says comes next, and where in it the probabilities stand: they
 * can be opened. */
typedef struct Effect {
    char text[224];
    int n;
    struct {
        int id, at, len;    /* the token; bytes of text */
        const char *opened; /* the run that it is of */
    } part[4];
} Effect;

/* Appends a probability. */
static void say_percent(Effect *out, const char *percent, int id,
                        const char *opened) {
    const size_t n = strlen(out->text);
    out->part[out->n].id = id;
    out->part[out->n].at = (int)n;
    out->part[out->n].len = (int)strlen(percent);
    out->part[out->n++].opened = opened;
    snprintf(out->text + n, sizeof out->text - n, "%s", percent);
}

static void say_text(Effect *out, const char *text) {
    const size_t n = strlen(out->text);
    snprintf(out->text + n, sizeof out->text - n, "%s", text);
}

/* "␣Mia 99.98 % → 5.1 %" */
static void say_move(const Stage *s, int id, double was, double is,
                     Effect *out) {
    char token[STAGE_LABEL_MAX], from[16], to[16];
    tokenizer_show(s->tokenizer, id, token, sizeof token);
    stage_probability_text(was, from);
    stage_probability_text(is, to);
    const bool same = strcmp(from, to) == 0;
    say_text(out, token);
    say_text(out, " ");
    if (!same) {
        say_percent(out, from, id, "before");
        say_text(out, " → ");
    }
    say_percent(out, to, id, "now");
    if (same) say_text(out, ", as before");
}

/* The token that was likeliest and the one that is, with their probabilities
 * before and now; "" while numbers are missing. */
static void say_effect(const Stage *s, Effect *out) {
    const StudyBest *now = study_best(s->study, s->pos);
    const StudyBest *was = before_best(s, s->pos);
    const float *l = stage_row(s, SITE_LOGITS, 0, s->pos);
    const float *k = before_row(s, SITE_LOGITS, 0, s->pos);
    *out = (Effect){0};
    if (s->is_guessing || !now || !was || !l || !k) return;
    snprintf(out->text, sizeof out->text, "%s ",
             masked_tells(s) ? "here" : "next");
    say_move(s, was->id, probability(was, k, was->id),
             probability(now, l, was->id), out);
    if (now->id == was->id) return;
    say_text(out, ", ");
    say_move(s, now->id, probability(was, k, now->id),
             probability(now, l, now->id), out);
}

/* The line from x on, with room for w pixels. */
static void draw_effect(const Stage *s, const Effect *e, int x, int baseline,
                        int w) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_BODY, s->theme->text);
    canvas_text_fit(s->canvas, style, x, baseline, w, e->text);
    const int cap = canvas_metrics(s->canvas, style).cap;
    for (int i = 0; i < e->n; i++) {
        char part[sizeof e->text];
        const int at = e->part[i].at;
        snprintf(part, sizeof part, "%.*s", at, e->text);
        const int from = canvas_text_width(s->canvas, style, part);
        snprintf(part, sizeof part, "%.*s", at + e->part[i].len, e->text);
        const int to = canvas_text_width(s->canvas, style, part);
        Rect r = {x + from, baseline - 2 * cap, to - from, 3 * cap};
        if (to <= w)
            stage_hit_probability(s, r, s->pos, e->part[i].id,
                                  e->part[i].opened);
    }
}

/* The words of the line, in r. */
static void draw_words(const Stage *s, Rect r, bool unlike) {
    Effect effect = {0};
    char change[STATE_AGAINST_MAX + 64];
    if (unlike)
        snprintf(change, sizeof change, "%s", s->unlike);
    else
        say_change(s, change, sizeof change);
    if (!unlike && arch_predicts(s->config->arch)) say_effect(s, &effect);
    TextStyle style = text_style(FACE_BOLD, TYPE_BODY, s->theme->bad);
    const int gap = stage_u(s, 18);
    int used = canvas_text_width(s->canvas, style, change);
    const TextStyle plain = text_style(FACE_MEDIUM, TYPE_BODY, s->theme->text);
    const int beside = canvas_text_width(s->canvas, plain, effect.text) + gap;
    used = num_min(used, effect.n ? num_max(r.w / 2, r.w - beside) : r.w);
    const int baseline = r.y + stage_u(s, TYPE_BODY);
    const bool whole = canvas_text_width(s->canvas, style, change) <= used;
    canvas_text_fit(s->canvas, style, r.x, baseline, used, change);
    if (whole) glossary_mark(s->hits, s->canvas, style, r.x, baseline, change);
    draw_effect(s, &effect, r.x + used + gap, baseline,
                num_max(r.w - used - gap, 0));
}

Rect before_draw_line(const Stage *s, Rect r) {
    const int h = stage_u(s, 30);
    const bool unlike = s->unlike && s->unlike[0], says = s->against || unlike;
    const int slider = factor_width(s, r.w);
    if ((!says && slider == 0) || r.h < 6 * h) return r;
    const int words = slider ? r.w - slider - stage_u(s, 24) : r.w;
    if (says) draw_words(s, (Rect){r.x, r.y, words, h}, unlike);
    if (slider)
        factor_draw(s, (Rect){r.x + r.w - slider, r.y, slider,
                              stage_u(s, TYPE_BODY + 6)});
    return (Rect){r.x, r.y + h, r.w, r.h - h};
}
