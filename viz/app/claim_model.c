/* Claims about the model itself, whatever it reads. */
#include "viz/app/claim_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The digits that a double holds exactly, as a number; or whether all are. */
bool claim_checksum(ClaimWork *k, double *value) {
    const char *is = claim_given_text(k, "is");
    const uint64_t sum = model_checksum(trace_model(k->run->trace));
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, sum);
    *value = is ? strcmp(is, digits) == 0 : (double)(sum >> 12);
    return true;
}

/* ---- cosines ------------------------------------------------------------- */

/* Of two rows of the embedding, as that view shows it. */
static bool cos_of_tokens(ClaimWork *k, double *value) {
    int a, b;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !claim_token(k, "token", &a) || !claim_token(k, "and", &b))
        return false;
    const Explain *ex = claim_made(k, s, study_cosine_key(a, b));
    if (ex) *value = ex->total;
    return ex != NULL;
}

static double dot(const float *a, const float *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static bool cos_of_places(ClaimWork *k, double *value) {
    const Trace *t = k->run->trace;
    int layer, at, to, rows, cols;
    Site site;
    if (!claim_site(k, &site, &layer) || !claim_position(k, "at", &at) ||
        !claim_position(k, "to", &to))
        return false;
    if (site_info(site)->per_key)
        return err_set(k->err, ERR_USAGE, 0,
                       "site: \"%s\" is as long as the text before it",
                       claim_given_text(k, "site"));
    site_shape(site, trace_config(t), 1, &rows, &cols);
    const int n = rows * cols;
    const float *a = trace_row(t, site, layer, at);
    const float *b = trace_row(t, site, layer, to);
    *value = dot(a, b, n) / sqrt(dot(a, a, n) * dot(b, b, n));
    return true;
}

bool claim_cos(ClaimWork *k, double *value) {
    return claim_given(k, "token") ? cos_of_tokens(k, value)
                                   : cos_of_places(k, value);
}
