/* What an element of the residual stream counts for in a logit: the logit's row
 * of the output matrix, taken back op by op to where the element stands.
 *
 * Every op on the way is linear in what it reads once what a norm divides by,
 * and of each element the share that an activation lets through, are held at
 * what they are in this run. */
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdlib.h>

double study_mean_off(const Config *c, const float *v) {
    double mean = 0;
    if (arch_norm_mean(c->arch, SITE_LN_FINAL_SCALE) == SITE_NONE) return 0;
    for (int i = 0; i < c->dim; i++)
        mean += (double)v[i] / c->dim;
    return mean;
}

static const Tensor *weight_of(const StudyAim *aim, const ArchOp *op) {
    return model_tensor(trace_model(aim->w->trace), op->weight, aim->layer);
}

/* ---- one op back --------------------------------------------------------- */

static void add_bias(StudyAim *aim, const float *bias) {
    for (int i = 0; bias && i < aim->dim; i++)
        aim->bias += aim->toward[i] * (double)bias[i];
}

/* The norm takes the mean off what it reads: the same is to take it off what
 * each element counts for. */
static void centre(StudyAim *aim) {
    double mean = 0;
    for (int i = 0; i < aim->dim; i++)
        mean += aim->toward[i] / aim->dim;
    for (int i = 0; i < aim->dim; i++)
        aim->toward[i] -= mean;
}

/* Through a norm, gain and division in one; returns what it reads. */
static Site past_norm(StudyAim *aim, const ArchOp *gain) {
    const StudyWork *w = aim->w;
    const Arch *a = trace_config(w->trace)->arch;
    const ArchOp *divide = arch_op(a, gain->in[0]);
    const Tensor *weight = weight_of(aim, gain);
    add_bias(aim, weight->bias);
    const double scale = w->row(w, divide->in[1], aim->layer, aim->pos)[0];
    kern_row(aim->row, weight, 0);
    for (int i = 0; i < aim->dim; i++)
        aim->toward[i] *= aim->row[i] / scale;
    if (arch_norm_mean(a, divide->in[1]) != SITE_NONE) centre(aim);
    return divide->in[0];
}

/* Through a square matrix: its columns, aimed. */
static void past_matrix(StudyAim *aim, const ArchOp *op) {
    const Tensor *weight = weight_of(aim, op);
    add_bias(aim, weight->bias);
    for (int j = 0; j < aim->dim; j++)
        aim->spare[j] = 0;
    for (int i = 0; i < aim->dim; i++) {
        kern_row(aim->row, weight, i);
        for (int j = 0; j < aim->dim; j++)
            aim->spare[j] += aim->toward[i] * aim->row[j];
    }
    double *taken = aim->toward;
    aim->toward = aim->spare;
    aim->spare = taken;
}

static void past_activation(StudyAim *aim, const ArchOp *op) {
    const StudyWork *w = aim->w;
    const Activation bend = trace_config(w->trace)->activation;
    const float *x = w->row(w, op->in[0], aim->layer, aim->pos);
    for (int i = 0; i < aim->dim; i++)
        aim->toward[i] *= activation_share(bend, (double)x[i]);
}

void study_aim_back(StudyAim *aim) {
    const Config *c = trace_config(aim->w->trace);
    const ArchOp *op = arch_op(c->arch, aim->site);
    Site from = op->in[0];
    if (op->kind == OP_GAIN) {
        from = past_norm(aim, op);
    } else if (op->kind == OP_LINEAR) {
        past_matrix(aim, op);
    } else if (op->kind == OP_ACTIVATE) {
        past_activation(aim, op);
    } else if (op->kind == OP_ENTER && aim->layer > 0) {
        from = op->in[1];
        aim->layer--;
    }
    /* The end reads what the last layer leaves. */
    if (op->part == ARCH_END && arch_op(c->arch, from)->part == ARCH_LAYER)
        aim->layer = c->n_layers - 1;
    aim->site = from;
}

/* ---- from the logit ------------------------------------------------------ */

bool study_aim_open(StudyAim *aim, const StudyWork *w, int pos, int a, int b) {
    const Config *c = trace_config(w->trace);
    const ArchOp *op = arch_op(c->arch, SITE_LOGITS);
    const Tensor *unembed = model_tensor(trace_model(w->trace), op->weight, 0);
    const size_t dim = (size_t)c->dim;
    *aim = (StudyAim){.w = w, .pos = pos, .dim = c->dim, .site = op->in[0]};
    aim->toward = malloc(dim * sizeof *aim->toward);
    aim->spare = malloc(dim * sizeof *aim->spare);
    aim->row = malloc(dim * sizeof *aim->row);
    if (!aim->toward || !aim->spare || !aim->row) {
        study_aim_close(aim);
        return false;
    }
    kern_row(aim->row, unembed, a);
    for (int i = 0; i < c->dim; i++)
        aim->toward[i] = aim->row[i];
    if (b >= 0) kern_row(aim->row, unembed, b);
    for (int i = 0; b >= 0 && i < c->dim; i++)
        aim->toward[i] -= aim->row[i];
    if (unembed->bias)
        aim->bias =
            (double)unembed->bias[a] - (b < 0 ? 0 : (double)unembed->bias[b]);
    return true;
}

void study_aim_close(StudyAim *aim) {
    free(aim->toward);
    free(aim->spare);
    free(aim->row);
    *aim = (StudyAim){0};
}

bool study_aim_at(const StudyWork *w, int pos, int a, int b, Site site,
                  int layer, double *toward) {
    StudyAim aim;
    if (!study_aim_open(&aim, w, pos, a, b)) return false;
    while (aim.site != site || aim.layer != layer)
        study_aim_back(&aim);
    for (int i = 0; i < aim.dim; i++)
        toward[i] = aim.toward[i];
    study_aim_close(&aim);
    return true;
}
