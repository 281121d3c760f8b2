/* The operations of a layer on the stage: their formulas with the model's
 * numbers, where their elements are, what is opened, what X switches off. */
#include "viz/views/block/block.h"

#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- where elements are -------------------------------------------------- */

void block_shape(const Stage *s, Site site, int *rows, int *cols) {
    site_shape(site, s->config, trace_n_keys(s->trace, s->pos), rows, cols);
}

static int site_count(const Stage *s, Site site) {
    int rows, cols;
    block_shape(s, site, &rows, &cols);
    return rows * cols;
}

int block_first(const Stage *s, const BlockPlan *p, int strip) {
    int first = 0;
    for (int i = 0; i < strip; i++)
        if (p->strip[i].op == p->strip[strip].op)
            first += site_count(s, p->strip[i].site);
    return first;
}

bool block_find(const Stage *s, const BlockPlan *p, int op, int elem,
                int *strip, int *index) {
    for (int i = 0; i < p->n_strips; i++) {
        if (p->strip[i].op != op) continue;
        *index = elem - block_first(s, p, i);
        *strip = i;
        if (*index >= 0 && *index < site_count(s, p->strip[i].site))
            return true;
    }
    return false;
}

/* The row of a site that is the current head's, or its key-value head's. */
static int row_of_head(const Stage *s, Site site) {
    int rows, cols;
    block_shape(s, site, &rows, &cols);
    return rows == 1 ? 0 : s->head / (s->config->n_heads / rows);
}

int block_strongest(const Stage *s, Site site, const float *v) {
    int rows, cols, best = 0;
    block_shape(s, site, &rows, &cols);
    const int row = row_of_head(s, site);
    v += (size_t)row * cols;
    for (int i = 1; i < cols; i++)
        if (fabsf(v[i]) > fabsf(v[best])) best = i;
    return row * cols + best;
}

void block_ask(const Stage *s, BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    const int shown = block_shows_weights(s, p) ? p->softmax : p->scores;
    b->rows = stage_row(s, p->op[shown].made->out, s->layer, s->pos);
    for (int i = 0; i < p->n_strips; i++) {
        b->v[i] = stage_row(s, p->strip[i].site, s->layer, s->pos);
        b->before[i] = before_row(s, p->strip[i].site, s->layer, s->pos);
    }
}

/* ---- how it is written --------------------------------------------------- */

/* Text with its holes filled: see BlockWords. */
static void fill(const Stage *s, const char *text, bool biased, char *out,
                 size_t size) {
    size_t n = 0;
    for (; *text && n + 1 < size; text++) {
        const bool hole = text[0] == '{' && text[1] && text[2] == '}';
        int used = 1;
        if (hole && text[1] == 'K')
            used = snprintf(out + n, size - n, "%d", s->config->head_dim);
        else if (hole && text[1] == 'A')
            used =
                snprintf(out + n, size - n, "%s", words_activation(s->config));
        else if (hole && text[1] == 'b')
            used = snprintf(out + n, size - n, "%s", biased ? "+b" : "");
        else
            out[n] = *text;
        n += (size_t)used;
        text += hole && strchr("KAb", text[1]) ? 2 : 0;
    }
    out[n < size ? n : size - 1] = '\0';
}

void block_formula(const Stage *s, const BlockPlan *p, char *out, size_t size) {
    if (s->op == p->mask && trace_edits(s->trace)->no_mask) {
        snprintf(out, size, "removed: every token is seen");
        return;
    }
    const char *formula = p->op[s->op].words->formula;
    if (!formula) formula = block_activations[s->config->activation].formula;
    fill(s, formula, words_has_bias(s->config, p->op[s->op].made->out), out,
         size);
}

void block_fill(const Stage *s, const char *text, char *out, size_t size) {
    fill(s, text, false, out, size);
}

static const char *text_of(const Stage *s, const BlockPlan *p, int op) {
    const BlockWords *w = p->op[op].words;
    if (!w->text) return block_activations[s->config->activation].text;
    return w->biased && words_has_bias(s->config, p->op[op].made->out)
               ? w->biased
               : w->text;
}

void block_norm_text(const Stage *s, const BlockPlan *p, char out[64]) {
    const Arch *a = s->config->arch;
    const Site scale = s->op == p->mask
                           ? SITE_NONE
                           : words_scale_of(a, p->op[s->op].made->out);
    out[0] = '\0';
    if (scale == SITE_NONE) return;
    const Site mean = arch_norm_mean(a, scale);
    const float *size = stage_row(s, scale, s->layer, s->pos);
    if (size) size += row_of_head(s, scale);
    const float *centre =
        mean == SITE_NONE ? NULL : stage_row(s, mean, s->layer, s->pos);
    if (size && centre)
        snprintf(out, 64, " · mean %s, spread %s",
                 number_round((double)*centre, 3).s,
                 number_round((double)*size, 3).s);
    else if (size && mean == SITE_NONE)
        snprintf(out, 64, " · RMS %s", number_round((double)*size, 3).s);
}

void block_shape_text(int rows, int cols, char *out, size_t size) {
    if (rows == 1)
        snprintf(out, size, "[%d]", cols);
    else
        snprintf(out, size, "[%d, %d]", rows, cols);
}

void block_op_shape(const Stage *s, const BlockPlan *p, char *out,
                    size_t size) {
    int strip, index, rows = s->config->n_heads;
    int cols = trace_n_keys(s->trace, s->pos);
    if (block_find(s, p, s->op, 0, &strip, &index))
        block_shape(s, p->strip[strip].site, &rows, &cols);
    char shape[32];
    block_shape_text(rows, cols, shape, sizeof shape);
    const ArchOp *made = p->op[s->op].made;
    if (made->kind != OP_LINEAR) {
        snprintf(out, size, "%s", shape);
        return;
    }
    int w_rows, w_cols;
    arch_shape(s->config, made->weight, &w_rows, &w_cols);
    snprintf(out, size, "[%d, %d] · [%d] → %s", w_rows, w_cols, w_cols, shape);
}

/* ---- what is opened, what can be switched off ---------------------------- */

/* Behind the elements of a norm comes what it divides by, and the mean that it
 * takes off where there is one; behind those of queries and keys one for
 * either.  Number n of them; SITE_NONE: there are not so many. */
static Site size_at(const Stage *s, const BlockPlan *p, int op, int n) {
    const Arch *a = s->config->arch;
    for (int i = 0; i < p->n_strips; i++) {
        if (p->strip[i].op != op) continue;
        const Site scale = words_scale_of(a, p->strip[i].site);
        if (scale == SITE_NONE) continue;
        if (n-- == 0) return scale;
        const Site mean = arch_norm_mean(a, scale);
        if (mean != SITE_NONE && n-- == 0) return mean;
    }
    return SITE_NONE;
}

static int n_elements(const Stage *s, const BlockPlan *p, int op) {
    int n = 0;
    for (int i = 0; i < p->n_strips; i++)
        if (p->strip[i].op == op) n += site_count(s, p->strip[i].site);
    return n;
}

Site block_opened_size(const Stage *s, const BlockPlan *p) {
    const int behind = s->elem - n_elements(s, p, s->op);
    return behind < 0 ? SITE_NONE : size_at(s, p, s->op, behind);
}

bool block_place(const Stage *s, Site site, Pick *out) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    for (int op = 0; op < p.n_ops && site != SITE_NONE; op++)
        for (int i = 0; i < 2; i++) {
            if (size_at(s, &p, op, i) != site) continue;
            *out = pick_and(pick_word(STATE_OP, p.op[op].words->name),
                            pick_number(STATE_ELEM, n_elements(s, &p, op) + i));
            return true;
        }
    return false;
}

/* The opened element, else the strongest of its strip; the opened key's score
 * where the operation is on the matrix. */
static void open_cell(const Stage *s, const BlockPlan *p, Opened *out) {
    int strip;
    out->kind = OPENED_CELL;
    if (block_find(s, p, s->op, s->elem, &strip, &out->index)) {
        out->site = p->strip[strip].site;
    } else if (block_opened_size(s, p) != SITE_NONE) {
        out->site = block_opened_size(s, p);
        out->index = row_of_head(s, out->site);
    } else if (block_find(s, p, s->op, 0, &strip, &out->index)) {
        out->site = p->strip[strip].site;
        const float *v = stage_row(s, out->site, s->layer, s->pos);
        if (v)
            out->index = block_strongest(s, out->site, v);
        else
            out->kind = OPENED_LATER;
    } else {
        out->site = p->op[p->scores].made->out;
        out->index = s->head * trace_n_keys(s->trace, s->pos) + s->key;
        if (!s->key_known) out->kind = OPENED_LATER;
    }
}

int block_n_keys(const Stage *s) {
    BlockPlan p;
    int n = trace_n_keys(s->trace, s->pos), later = s->n_pos - n;
    block_plan(s->config->arch, &p);
    if (!block_is_matrix_op(&p, s->op)) return n;
    return n + (later < BLOCK_LATER_MAX ? later : BLOCK_LATER_MAX);
}

static const char *size_title(const Arch *a, Site size) {
    if (site_info(size)->per_head)
        return site_role(arch_op(a, size)->in[0]) == SITE_ROLE_KEY
                   ? "RMS of the head's key"
                   : "RMS of the head's query";
    return arch_op(a, size)->kind == OP_MEAN      ? "mean of all x"
           : arch_norm_mean(a, size) == SITE_NONE ? "RMS of all x"
                                                  : "spread of all x";
}

/* A key that stands after the token: its score is stored nowhere. */
static void open_masked(const Stage *s, const BlockPlan *p, Opened *out) {
    out->kind = OPENED_MADE;
    out->site = p->op[p->scores].made->out;
    out->made = study_raw_key(s->trace, s->layer, s->head, s->pos, s->key);
    if (s->op != p->scores) out->text = STAGE_MASKED_TEXT;
    static const char masked[] = STAGE_MASKED_TITLE;
    out->title[0].text = masked;
    out->title[0].len = (int)sizeof masked - 1;
}

void block_opened(const Stage *s, Opened *out) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    const BlockWords *here = p.op[s->op].words;
    const char *title = here->title;
    snprintf(out->kicker, sizeof out->kicker, "This operation");
    out->title[0] = (TextSpan){.text = title,
                               .len = (int)strlen(title),
                               .face = FACE_BOLD,
                               .color = s->theme->text};
    out->n_title = 1;
    out->text = text_of(s, &p, s->op);
    if (s->op == p.mask && trace_edits(s->trace)->no_mask)
        out->text = block_no_mask_text;
    out->layer = s->layer;
    out->pos = s->pos;
    if (s->key_known && block_is_matrix_op(&p, s->op) &&
        s->key >= trace_n_keys(s->trace, s->pos)) {
        open_masked(s, &p, out);
        return;
    }
    if (s->op == p.softmax) {
        out->kind = s->key_known ? OPENED_SOFTMAX : OPENED_LATER;
        out->site = p.op[p.softmax].made->out;
        out->head = s->head;
        out->key = s->key;
        return;
    }
    open_cell(s, &p, out);
    const Site size = block_opened_size(s, &p);
    if (size != SITE_NONE) {
        out->title[0].text = size_title(s->config->arch, size);
        out->title[0].len = (int)strlen(out->title[0].text);
    }
}

/* The part that X scales is the one that the operation belongs to: of one
 * neuron where its number is opened, else of all. */
bool block_part(const Stage *s, EditKind *kind, int *layer, int *index) {
    BlockPlan p;
    block_plan(s->config->arch, &p);
    *kind = block_edit(&p, s->op);
    if (*kind == EDIT_NONE) return false;
    const bool neuron = s->elem >= 0 && s->elem < s->config->hidden_dim;
    if (*kind == EDIT_NEURON && !neuron) *kind = EDIT_MLP;
    *layer = s->layer;
    *index = *kind == EDIT_HEAD ? s->head : *kind == EDIT_NEURON ? s->elem : 0;
    return true;
}
