/* Each claim function: its arguments resolved, then a sum over a trace row. */
#include "viz/app/claim_eval.h"

#include <math.h>
#include <string.h>

/* What every function below works on. */
typedef struct Case {
    const Claim *claim;
    const Trace *trace;
    const Tokenizer *tok;
    Err *err;
} Case;

/* ---- arguments ---------------------------------------------------------- */

/* Refuses an index that is not below n; claim_parse made it whole. */
static bool below(const Case *k, const char *name, double v, int n) {
    if (v < n) return true;
    return err_set(k->err, ERR_USAGE, 0, "%s: found %.0f, need 0 to %d", name,
                   v, n - 1);
}

/* The number `name`, below n. */
static bool index_of(const Case *k, const char *name, int n, int *out) {
    double v = claim_arg(k->claim, name)->number;
    if (!below(k, name, v, n)) return false;
    *out = (int)v;
    return true;
}

/* True when token id reads as text, a leading space aside. */
static bool reads_as(const Tokenizer *tok, int id, const char *text) {
    char shown[TOKENIZER_PIECE_MAX];
    size_t n = strlen(text);
    Piece piece = tokenizer_piece(tok, id);
    if (piece.is_control) {
        tokenizer_show(tok, id, shown, sizeof shown);
        return strcmp(shown, text) == 0;
    }
    const char *bytes = piece.bytes;
    size_t len = (size_t)piece.len;
    if (len == n && memcmp(bytes, text, n) == 0) return true;
    return len == n + 1 && bytes[0] == ' ' && memcmp(bytes + 1, text, n) == 0;
}

/* A position: a number, or the last token that reads as the text.  Without
 * the argument it is the last one. */
static bool position(const Case *k, const char *name, int *out) {
    const ClaimArg *arg = claim_arg(k->claim, name);
    int n = trace_n_pos(k->trace);
    *out = n - 1;
    if (!arg) return true;
    if (!arg->is_text) return index_of(k, name, n, out);
    for (; *out >= 0; --*out)
        if (reads_as(k->tok, trace_token(k->trace, *out), arg->text))
            return true;
    return err_set(k->err, ERR_USAGE, 0,
                   "%s: token \"%s\" is not in the sequence", name, arg->text);
}

/* A token of the vocabulary: an id, or a piece's exact bytes. */
static bool token(const Case *k, int *out) {
    const ClaimArg *arg = claim_arg(k->claim, "token");
    if (!arg->is_text)
        return index_of(k, "token", tokenizer_n_pieces(k->tok), out);
    size_t n = strlen(arg->text);
    *out = tokenizer_find_piece(k->tok, arg->text, (int)n);
    if (*out < 0 && n == 1) /* a newline, say: no piece but a byte */
        *out = tokenizer_byte(k->tok, (uint8_t)arg->text[0]);
    if (*out >= 0) return true;
    return err_set(k->err, ERR_USAGE, 0,
                   "token: \"%s\" is not one piece of the vocabulary",
                   arg->text);
}

/* ---- distributions ------------------------------------------------------ */

static double log_sum_exp(const float *x, int n) {
    double max = x[0], sum = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > max) max = x[i];
    for (int i = 0; i < n; i++)
        sum += exp(x[i] - max);
    return max + log(sum);
}

static double entropy_of_logits(const float *logits, int n) {
    double log_z = log_sum_exp(logits, n), bits = 0;
    for (int i = 0; i < n; i++) {
        double log_p = logits[i] - log_z;
        bits -= exp(log_p) * log_p / log(2);
    }
    return bits;
}

static double entropy_of_weights(const float *w, int n) {
    double bits = 0;
    for (int i = 0; i < n; i++)
        if (w[i] > 0) bits -= w[i] * log2(w[i]);
    return bits;
}

/* 1 for the highest; the lower id wins a tie, as in the sampler. */
static int rank_of(const float *logits, int n, int id) {
    int rank = 1;
    for (int i = 0; i < n; i++)
        rank += logits[i] > logits[id] || (i < id && logits[i] == logits[id]);
    return rank;
}

/* ---- functions ---------------------------------------------------------- */

/* A head's weights over the keys of a position. */
static bool head_row(const Case *k, int pos, const float **weights) {
    const Config *c = trace_config(k->trace);
    int layer, head;
    if (!index_of(k, "layer", c->n_layers, &layer) ||
        !index_of(k, "head", c->n_heads, &head))
        return false;
    *weights = trace_row(k->trace, SITE_PATTERN, layer, pos) +
               (size_t)head * (size_t)trace_n_keys(k->trace, pos);
    return true;
}

static bool attn(const Case *k, double *value) {
    int from, to;
    const float *weights;
    if (!position(k, "from", &from) || !position(k, "to", &to) ||
        !head_row(k, from, &weights))
        return false;
    if (to >= trace_n_keys(k->trace, from))
        return err_set(k->err, ERR_USAGE, 0,
                       "to: position %d comes after position %d, which cannot "
                       "attend to it",
                       to, from);
    *value = weights[to];
    return true;
}

static bool next_token(const Case *k, double *value) {
    int pos, id;
    const int n = tokenizer_n_drawn(k->tok);
    if (!position(k, "at", &pos) || !token(k, &id)) return false;
    const float *logits = trace_row(k->trace, SITE_LOGITS, 0, pos);
    switch (k->claim->fn) {
    case CLAIM_PROB:
        *value = exp(logits[id] - log_sum_exp(logits, n));
        break;
    case CLAIM_RANK:
        *value = rank_of(logits, n, id);
        break;
    default:
        *value = logits[id];
        break;
    }
    return true;
}

/* The vector that site, layer and at name; *n is its length. */
static bool site_row(const Case *k, const float **row, int *n) {
    const char *name = claim_arg(k->claim, "site")->text;
    int layer, named_layer, pos, rows, cols;
    Site site;
    if (!site_find(name, &site, &named_layer))
        return err_set(k->err, ERR_USAGE, 0, "site: there is no \"%s\"", name);
    if (!index_of(k, "layer", trace_config(k->trace)->n_layers, &layer) ||
        !position(k, "at", &pos))
        return false;
    if (site_info(site)->per_layer && named_layer >= 0 && named_layer != layer)
        return err_set(k->err, ERR_USAGE, 0, "layer: found %d, but \"%s\"",
                       layer, name);
    site_shape(site, trace_config(k->trace), trace_n_keys(k->trace, pos), &rows,
               &cols);
    *row = trace_row(k->trace, site, layer, pos);
    *n = rows * cols;
    return true;
}

static bool norm(const Case *k, double *value) {
    const float *row;
    double sum = 0;
    int n = 0;
    if (!site_row(k, &row, &n)) return false;
    for (int i = 0; i < n; i++)
        sum += (double)row[i] * row[i];
    *value = sqrt(sum);
    return true;
}

static bool act(const Case *k, double *value) {
    const float *row;
    int n = 0, index = 0;
    if (!site_row(k, &row, &n) || !index_of(k, "index", n, &index))
        return false;
    *value = row[index];
    return true;
}

static bool entropy(const Case *k, double *value) {
    const float *row;
    int pos;
    if (!position(k, "at", &pos)) return false;
    if (claim_arg(k->claim, "head")) {
        if (!head_row(k, pos, &row)) return false;
        *value = entropy_of_weights(row, trace_n_keys(k->trace, pos));
    } else {
        row = trace_row(k->trace, SITE_LOGITS, 0, pos);
        *value = entropy_of_logits(row, tokenizer_n_drawn(k->tok));
    }
    return true;
}

static bool tokens(const Case *k, double *value) {
    *value = trace_n_pos(k->trace);
    return true;
}

bool claim_eval(const Claim *c, const Trace *t, const Tokenizer *tok,
                double *value, Err *err) {
    static bool (*const fns[CLAIM_FNS])(const Case *, double *) = {
        [CLAIM_ATTN] = attn,       [CLAIM_PROB] = next_token,
        [CLAIM_RANK] = next_token, [CLAIM_LOGIT] = next_token,
        [CLAIM_NORM] = norm,       [CLAIM_ACT] = act,
        [CLAIM_ENTROPY] = entropy, [CLAIM_TOKENS] = tokens,
    };
    const Case k = {.claim = c, .trace = t, .tok = tok, .err = err};
    return fns[c->fn](&k, value);
}
