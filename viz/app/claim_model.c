/* Claims about the model itself, whatever it reads. */
#include "viz/app/claim_private.h"

#include "assets/embed.h"
#include "engine/spec/cost.h"
#include "engine/spec/known.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The digits that a double holds exactly, as a number; or whether all are. */
bool claim_checksum(ClaimWork *k, double *value) {
    const char *is = claim_given_text(k, "is");
    const uint64_t sum = model_checksum(trace_model(k->run->trace));
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, sum);
    *value = is ? strcmp(is, digits) == 0 : (double)(sum >> 12);
    return true;
}

/* ---- sizes --------------------------------------------------------------- */

#define KNOWN_TABLE "assets/known/models.tsv"

/* The one of that name. */
static bool find_known(const Known *list, int n, const char *name, Config *out,
                       Err *err) {
    char names[240] = "";
    for (int i = 0; i < n; i++) {
        const size_t used = strlen(names);
        if (strcmp(list[i].name, name) == 0 && !list[i].arch)
            return err_set(err, ERR_USAGE, 0,
                           "of: the sizes of %s were not published", name);
        if (!list[i].arch) continue;
        *out = known_config(&list[i]);
        if (strcmp(list[i].name, name) == 0) return true;
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                 list[i].name);
    }
    return err_set(err, ERR_USAGE, 0, "of: found \"%s\", need one of %s", name,
                   names);
}

static bool config_of_known(const char *name, Config *out, Err *err) {
    const Embed *e = embed_table;
    Known *list = calloc(KNOWN_MAX, sizeof *list);
    if (!list) return err_memory(err, "known models", sizeof *list);
    while (e->name && strcmp(e->name, KNOWN_TABLE) != 0)
        e++;
    const int n = e->name ? known_parse((const char *)e->begin,
                                        (size_t)(e->end - e->begin), list, err)
                          : 0;
    const bool ok = n >= 0 && find_known(list, n, name, out, err);
    free(list);
    return ok;
}

/* The sizes that are asked about. */
static bool sizes(const ClaimWork *k, Config *out) {
    const char *of = claim_given_text(k, "of");
    const char *text = claim_given_text(k, "shape");
    Shape shape = {0};
    Config own = *trace_config(k->run->trace);
    return (!of || config_of_known(of, &own, k->err)) &&
           (!text || shape_parse(&shape, text, k->err)) &&
           shape_apply(&shape, &own, out, k->err);
}

bool claim_params(ClaimWork *k, double *value) {
    const char *part = claim_given_text(k, "part");
    Config c;
    if (!sizes(k, &c)) return false;
    *value = part ? 0 : (double)params_total(&c);
    for (int i = 0; part && i < PARAMS_PARTS; i++)
        if (strcasecmp(params_part_name((ParamsPart)i), part) == 0)
            *value = (double)params_of_part(&c, (ParamsPart)i);
    return true;
}

bool claim_bytes(ClaimWork *k, double *value) {
    const Trace *t = k->run->trace;
    const char *what = claim_given_text(k, "what");
    int pos;
    if (!claim_position(k, "at", &pos)) return false;
    const uint64_t kept = trace_config(t)->arch->causal /* else nothing is */
                              ? cost_of(trace_config(t)).kept * sizeof(float)
                              : 0;
    *value = what && strcmp(what, "cache") == 0
                 ? (double)kept * (pos + 1)
                 : (double)model_weight_bytes(trace_model(t));
    return true;
}

/* Where a text is one whole there is no cache: its last place costs all. */
bool claim_cost(ClaimWork *k, double *value) {
    const Trace *t = k->run->trace;
    const Cost cost = cost_of(trace_config(t));
    const char *as = claim_given_text(k, "as");
    int pos;
    if (!claim_position(k, "at", &pos)) return false;
    if (!trace_config(t)->arch->causal) {
        *value = (double)cost_anew(&cost, trace_n_pos(t) - 1, false);
        return true;
    }
    const bool anew = as && strcmp(as, "cached") != 0;
    *value = !anew ? (double)cost_cached(&cost, pos)
             : strcmp(as, "first") == 0
                 ? (double)cost_kept_first(&cost, pos)
                 : (double)cost_anew(&cost, pos, strcmp(as, "anew") == 0);
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
