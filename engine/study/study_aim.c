/* What an element of the residual stream counts for in a logit. */
#include "engine/kernel/kern.h"
#include "engine/study/study_private.h"

/* toward = (u_a - u_b) * gain / scale. */
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
}
