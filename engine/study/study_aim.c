/* What an element of the residual stream counts for in a logit. */
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

double study_mean_off(const Config *c, const float *v) {
    double mean = 0;
    if (arch_norm_mean(c->arch, SITE_LN_FINAL_SCALE) == SITE_NONE) return 0;
    for (int i = 0; i < c->dim; i++)
        mean += (double)v[i] / c->dim;
    return mean;
}

/* The norm takes the mean off the stream: the same is to take it off what each
 * element counts for. */
static void centre(const Config *c, double *toward) {
    double mean = 0;
    if (arch_norm_mean(c->arch, SITE_LN_FINAL_SCALE) == SITE_NONE) return;
    for (int i = 0; i < c->dim; i++)
        mean += toward[i] / c->dim;
    for (int i = 0; i < c->dim; i++)
        toward[i] -= mean;
}

/* toward = (u_a - u_b) * gain / scale, centred. */
void study_aim(const StudyWork *w, int pos, int a, int b, float *row,
               double *toward) {
    const Model *model = trace_model(w->trace);
    const int dim = trace_config(w->trace)->dim;
    const Tensor *unembed = model_tensor(model, TENSOR_CLASSIFIER, 0);
    kern_row(row, unembed, a);
    for (int i = 0; i < dim; i++)
        toward[i] = row[i];
    if (b >= 0) kern_row(row, unembed, b);
    for (int i = 0; b >= 0 && i < dim; i++)
        toward[i] -= row[i];
    const double scale = w->row(w, SITE_LN_FINAL_SCALE, 0, pos)[0];
    kern_row(row, model_tensor(model, TENSOR_FINAL_NORM, 0), 0);
    for (int i = 0; i < dim; i++)
        toward[i] *= row[i] / scale;
    centre(trace_config(w->trace), toward);
}

double study_aim_bias(const StudyWork *w, int a, int b, float *row) {
    const Model *model = trace_model(w->trace);
    const int dim = trace_config(w->trace)->dim;
    const Tensor *unembed = model_tensor(model, TENSOR_CLASSIFIER, 0);
    const float *norm = model_tensor(model, TENSOR_FINAL_NORM, 0)->bias;
    double sum = 0;
    for (int k = 0; k < (b < 0 ? 1 : 2); k++) {
        const int id = k == 0 ? a : b;
        double own = unembed->bias ? (double)unembed->bias[id] : 0;
        kern_row(row, unembed, id);
        for (int i = 0; norm && i < dim; i++)
            own += (double)row[i] * (double)norm[i];
        sum += k == 0 ? own : -own;
    }
    return sum;
}
