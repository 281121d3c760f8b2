/* Claims about one run: what its trace holds, and what studies make of it. */
#include "viz/app/claim_private.h"

#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- attention ----------------------------------------------------------- */

static bool layer_and_head(const ClaimWork *k, int *layer, int *head) {
    const Config *c = trace_config(k->run->trace);
    return claim_index(k, "layer", c->n_layers, layer) &&
           claim_index(k, "head", c->n_heads, head);
}

/* A head's numbers over the keys of a position. */
static bool head_row(const ClaimWork *k, Site site, int pos,
                     const float **row) {
    const Trace *t = k->run->trace;
    int layer, head;
    if (!layer_and_head(k, &layer, &head)) return false;
    *row = trace_row(t, site, layer, pos) +
           (size_t)head * (size_t)trace_n_keys(t, pos);
    return true;
}

/* Refuses a key that the query does not see. */
static bool sees(const ClaimWork *k, int from, int to) {
    return to < trace_n_keys(k->run->trace, from) ||
           err_set(k->err, ERR_USAGE, 0,
                   "to: position %d comes after position %d, which cannot "
                   "attend to it",
                   to, from);
}

bool claim_attn(ClaimWork *k, double *value) {
    int from, to;
    const float *weights;
    if (!claim_position(k, "from", &from) || !claim_position(k, "to", &to) ||
        !head_row(k, SITE_PATTERN, from, &weights))
        return false;
    if (!sees(k, from, to)) return false;
    *value = (double)weights[to];
    return true;
}

/* Of a key that the mask hides: as the attention view shows it. */
static bool masked_score(ClaimWork *k, int from, int to, double *value) {
    int layer, head;
    const int n_heads = trace_config(k->run->trace)->n_heads;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !layer_and_head(k, &layer, &head)) return false;
    const float *scores =
        claim_made(k, s,
                   (StudyKey){.kind = STUDY_MASKED,
                              .layer = layer,
                              .pos = to,
                              .index = from * n_heads + head});
    if (scores) *value = (double)scores[to - from - 1];
    return scores != NULL;
}

bool claim_score(ClaimWork *k, double *value) {
    int from, to;
    const float *scores;
    if (!claim_position(k, "from", &from) || !claim_position(k, "to", &to))
        return false;
    if (to >= trace_n_keys(k->run->trace, from))
        return masked_score(k, from, to, value);
    if (!head_row(k, SITE_ATTN_SCORES, from, &scores)) return false;
    *value = (double)scores[to];
    return true;
}

/* A number out of a list that a study makes. */
static bool made_at(ClaimWork *k, StudyKey key, int i, double *value) {
    Study *s = claim_study(k, NULL, 0);
    const float *list = s ? claim_made(k, s, key) : NULL;
    if (list) *value = (double)list[i];
    return list != NULL;
}

bool claim_received(ClaimWork *k, double *value) {
    int layer, head, to, at;
    if (!layer_and_head(k, &layer, &head) || !claim_position(k, "to", &to) ||
        !claim_position(k, "at", &at))
        return false;
    if (to > at)
        return err_set(k->err, ERR_USAGE, 0,
                       "to: position %d comes after position %d", to, at);
    const StudyKey key = {
        .kind = STUDY_SUMS, .layer = layer, .pos = at, .index = head};
    return made_at(k, key, to, value);
}

bool claim_valued(ClaimWork *k, double *value) {
    const Trace *t = k->run->trace;
    const int n_heads = trace_config(t)->n_heads;
    int layer, head, from, to;
    if (!layer_and_head(k, &layer, &head) ||
        !claim_position(k, "from", &from) || !claim_position(k, "to", &to) ||
        !sees(k, from, to))
        return false;
    const StudyKey key = {.kind = STUDY_VALUED,
                          .layer = layer,
                          .pos = trace_n_keys(t, from) - 1,
                          .index = from * n_heads + head};
    return made_at(k, key, to, value);
}

bool claim_rollout(ClaimWork *k, double *value) {
    const Trace *t = k->run->trace;
    int layer, from, to;
    if (!claim_index(k, "layer", trace_config(t)->n_layers, &layer) ||
        !claim_position(k, "from", &from) || !claim_position(k, "to", &to) ||
        !sees(k, from, to))
        return false;
    const int last = trace_n_keys(t, from) - 1;
    if (last >= STUDY_TOKENS_MAX)
        return err_set(k->err, ERR_LIMIT, 0,
                       "rollout: found %d tokens, allowed %d", last + 1,
                       STUDY_TOKENS_MAX);
    const StudyKey key = {.kind = STUDY_ROLLOUT, .layer = layer, .pos = last};
    return made_at(k, key, from * (last + 1) + to, value);
}

static double entropy_of_weights(const float *w, int n) {
    double bits = 0;
    for (int i = 0; i < n; i++)
        if (w[i] > 0) bits -= (double)w[i] * log2((double)w[i]);
    return bits;
}

/* ---- the next token ------------------------------------------------------ */

static bool place_and_token(const ClaimWork *k, int *pos, int *id) {
    return claim_position(k, "at", pos) && claim_token(k, "token", id);
}

bool claim_logit(ClaimWork *k, double *value) {
    int pos, id;
    if (!place_and_token(k, &pos, &id)) return false;
    *value = (double)trace_row(k->run->trace, SITE_LOGITS, 0, pos)[id];
    return true;
}

bool claim_prob(ClaimWork *k, double *value) {
    int pos, id;
    double logit;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !place_and_token(k, &pos, &id) || !claim_logit(k, &logit))
        return false;
    const StudyBest *best =
        claim_made(k, s, (StudyKey){.kind = STUDY_BEST, .pos = pos});
    if (best) *value = exp(logit - best->log_sum);
    return best != NULL;
}

bool claim_rank(ClaimWork *k, double *value) {
    int pos, id, i = 0;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !place_and_token(k, &pos, &id)) return false;
    const StudyNext *next =
        claim_made(k, s, (StudyKey){.kind = STUDY_NEXT, .pos = pos});
    if (!next) return false;
    while (i < next->n && next->candidates[i].id != id)
        i++;
    *value = i + 1;
    return true;
}

bool claim_entropy(ClaimWork *k, double *value) {
    const float *row;
    int pos;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !claim_position(k, "at", &pos)) return false;
    if (claim_given(k, "head")) {
        if (!head_row(k, SITE_PATTERN, pos, &row)) return false;
        *value = entropy_of_weights(row, trace_n_keys(k->run->trace, pos));
        return true;
    }
    const Explain *bits =
        claim_made(k, s, (StudyKey){.kind = STUDY_ENTROPY, .pos = pos});
    if (bits) *value = bits->total;
    return bits != NULL;
}

/* ---- vectors ------------------------------------------------------------- */

/* The vector that site, layer and at name; *n is its length. */
static bool site_row(const ClaimWork *k, const float **row, int *n) {
    const Trace *t = k->run->trace;
    int layer, pos, rows, cols;
    Site site;
    if (!claim_site(k, &site, &layer) || !claim_position(k, "at", &pos))
        return false;
    site_shape(site, trace_config(t), trace_n_keys(t, pos), &rows, &cols);
    *row = trace_row(t, site, layer, pos);
    *n = rows * cols;
    return true;
}

bool claim_norm(ClaimWork *k, double *value) {
    const float *row;
    double sum = 0;
    int n = 0;
    if (!site_row(k, &row, &n)) return false;
    for (int i = 0; i < n; i++)
        sum += (double)row[i] * (double)row[i];
    *value = sqrt(sum);
    return true;
}

bool claim_act(ClaimWork *k, double *value) {
    const float *row;
    int n = 0, index = 0;
    if (!site_row(k, &row, &n) || !claim_index(k, "index", n, &index))
        return false;
    *value = (double)row[index];
    return true;
}

bool claim_tokens(ClaimWork *k, double *value) {
    *value = trace_n_pos(k->run->trace);
    return true;
}

/* ---- through depth ------------------------------------------------------- */

/* The residual stream's site; what leaves the layer where none is named. */
static bool stream_site(const ClaimWork *k, Site *site, int *layer) {
    const Config *c = trace_config(k->run->trace);
    if (claim_given(k, "site")) {
        if (!claim_site(k, site, layer)) return false;
    } else {
        *site = arch_stream_next(c->arch);
        if (!claim_index(k, "layer", c->n_layers, layer)) return false;
    }
    if (arch_is_stream(c->arch, *site)) return true;
    char list[ERR_MSG_MAX / 2] = "";
    for (int i = 0; i < SITE_COUNT; i++) {
        const size_t n = strlen(list);
        if (arch_sites(c->arch) & SITE_BIT(i) && arch_is_stream(c->arch, i))
            snprintf(list + n, sizeof list - n, " %s", site_short(i));
    }
    return err_set(k->err, ERR_USAGE, 0,
                   "site: found \"%s\", which is not the residual stream; need "
                   "one of%s",
                   claim_given_text(k, "site"), list);
}

bool claim_lens(ClaimWork *k, double *value) {
    int layer, pos, id;
    Site site;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !stream_site(k, &site, &layer) || !place_and_token(k, &pos, &id))
        return false;
    const StudyRank *rank = claim_made(k, s,
                                       (StudyKey){.kind = STUDY_RANK,
                                                  .site = site,
                                                  .layer = layer,
                                                  .pos = pos,
                                                  .index = id});
    if (!rank) return false;
    const char *as = claim_given_text(k, "as");
    *value = as && strcmp(as, "rank") == 0    ? rank->rank
             : as && strcmp(as, "logit") == 0 ? (double)rank->logit
                                              : (double)rank->prob;
    return true;
}

/* ---- direct attribution -------------------------------------------------- */

/* A head, an attention block or an MLP, as edit= has it: parts first.. of
 * StudyWhy, n of them.  `others` says what else could have been named. */
static bool named_part(const ClaimWork *k, const char *text, const char *others,
                       int *first, int *n) {
    const Config *c = trace_config(k->run->trace);
    Edits e = {0};
    Err err = {0};
    const bool read = edits_parse(&e, text, c, &err);
    const Edit *p = &e.list[0];
    const bool one = read && e.n == 1 && !e.no_mask && p->scale == 0;
    const int from = 1 + (c->n_heads + 1) * (one ? p->layer : 0);
    if (one && p->kind == EDIT_HEAD) {
        *first = from + p->index;
        *n = 1;
    } else if (one && p->kind == EDIT_ATTN) {
        *first = from;
        *n = c->n_heads;
    } else if (one && p->kind == EDIT_MLP) {
        *first = from + c->n_heads;
        *n = 1;
    } else {
        return err_set(
            k->err, ERR_USAGE, 0,
            "part: found \"%s\", need \"3.0\", \"attn3\", \"mlp3\"%s; "
            "this model has %d layers of %d heads",
            text, others, c->n_layers, c->n_heads);
    }
    return true;
}

/* The last of StudyWhy's parts, where a model has biases. */
static bool has_biases(const ClaimWork *k) {
    return model_tensor(trace_model(k->run->trace), TENSOR_FINAL_NORM, 0)->bias;
}

/* The parts of StudyWhy that a word names; "rounding" is none of them. */
static bool why_parts(const ClaimWork *k, const char *part, int *first,
                      int *n) {
    const Config *c = trace_config(k->run->trace);
    const int biases = has_biases(k), all = 1 + c->n_layers * (c->n_heads + 1);
    *first = 0;
    *n = 1;
    if (strcmp(part, "embedding") == 0) return true;
    if (strcmp(part, "all") == 0) {
        *n = all + biases;
        return true;
    }
    if (strcmp(part, "rounding") == 0) {
        *n = 0;
        return true;
    }
    *first = all;
    if (biases && strcmp(part, "biases") == 0) return true;
    return named_part(k, part,
                      biases ? ", \"embedding\", \"biases\", \"rounding\" or "
                               "\"all\""
                             : ", \"embedding\", \"rounding\" or \"all\"",
                      first, n);
}

bool claim_why(ClaimWork *k, double *value) {
    const char *part = claim_given_text(k, "part");
    int pos, id, than = -1, first, n;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !place_and_token(k, &pos, &id) ||
        (claim_given(k, "than") && !claim_token(k, "than", &than)) ||
        !why_parts(k, part, &first, &n))
        return false;
    const StudyWhy *why = claim_made(
        k, s,
        (StudyKey){.kind = STUDY_WHY, .layer = than, .pos = pos, .index = id});
    if (!why) return false;
    *value = n == 0 || n == why->n_parts ? why->rounding : 0;
    for (int i = first; i < first + n; i++)
        *value += why->parts[i];
    return true;
}

/* ---- what is added ------------------------------------------------------- */

/* The part's vector, as study_added_key has it. */
static bool named_vector(const ClaimWork *k, const char *part,
                         StudyVectorKind *kind, int *number, int *layer) {
    const Config *c = trace_config(k->run->trace);
    int first = 0, n = 1;
    *layer = *number = 0;
    *kind = STUDY_VECTOR_EMBED;
    if (strcmp(part, "embedding") == 0) return true;
    if (!named_part(k, part, " or \"embedding\"", &first, &n)) return false;
    const int at = (first - 1) % (c->n_heads + 1);
    const bool heads = at < c->n_heads;
    *layer = (first - 1) / (c->n_heads + 1);
    *kind = heads && n == 1 ? STUDY_VECTOR_HEAD : STUDY_VECTOR_ADDED;
    *number =
        *kind == STUDY_VECTOR_HEAD ? at : study_sum_that_adds(c->arch, heads);
    return *number >= 0;
}

static StudyMeasure named_measure(const char *as) {
    static const char *const words[STUDY_MEASURES] = {[STUDY_LENGTH] = "length",
                                                      [STUDY_ALONG] = "along",
                                                      [STUDY_END] = "end",
                                                      [STUDY_ASKS] = "asks"};
    int m = 0;
    while (as && m + 1 < STUDY_MEASURES && strcmp(as, words[m]) != 0)
        m++;
    return (StudyMeasure)m;
}

bool claim_added(ClaimWork *k, double *value) {
    const StudyMeasure m = named_measure(claim_given_text(k, "as"));
    StudyVectorKind kind;
    int number, layer, pos, token = 0;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !claim_position(k, "at", &pos) ||
        !named_vector(k, claim_given_text(k, "part"), &kind, &number, &layer))
        return false;
    if ((m == STUDY_ASKS) != (claim_given(k, "token") != NULL))
        return err_set(k->err, ERR_USAGE, 0,
                       "added: as=\"asks\" needs token=, and nothing else "
                       "takes it");
    if (m == STUDY_ASKS && !claim_token(k, "token", &token)) return false;
    if (m == STUDY_ALONG && kind == STUDY_VECTOR_EMBED)
        return err_set(k->err, ERR_USAGE, 0,
                       "as: nothing stands before the embedding for it to lie "
                       "along");
    const StudyAdded *added =
        claim_made(k, s, study_added_key(kind, number, layer, pos, token));
    if (added) *value = study_added_value(added, m);
    return added != NULL;
}

bool claim_surprise(ClaimWork *k, double *value) {
    int pos;
    Study *s = claim_study(k, NULL, 0);
    if (!s || !claim_position(k, "at", &pos)) return false;
    const int from = pos - arch_ahead(trace_config(k->run->trace)->arch);
    if (from < 0)
        return err_set(k->err, ERR_USAGE, 0,
                       "surprise: nothing stands before position 0");
    const float *bits = claim_made(
        k, s, study_surprise_key(from, trace_token(k->run->trace, pos)));
    if (bits) *value = (double)*bits;
    return bits != NULL;
}
