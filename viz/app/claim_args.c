/* Arguments of claims, resolved against a run. */
#include "viz/app/claim_private.h"

#include "engine/spec/arch.h"

#include <stdio.h>
#include <string.h>

const ClaimArg *claim_given(const ClaimWork *k, const char *name) {
    return claim_arg(k->claim, k->call, name);
}

const char *claim_given_text(const ClaimWork *k, const char *name) {
    const ClaimArg *arg = claim_given(k, name);
    return arg ? claim_text(k->claim, arg) : NULL;
}

/* Refuses an index that is not below n; claim_parse made it whole. */
static bool below(const ClaimWork *k, const char *name, double v, int n) {
    if (v < n) return true;
    return err_set(k->err, ERR_USAGE, 0, "%s: found %.0f, need 0 to %d", name,
                   v, n - 1);
}

bool claim_index(const ClaimWork *k, const char *name, int n, int *out) {
    const double v = claim_given(k, name)->number;
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

bool claim_position(const ClaimWork *k, const char *name, int *out) {
    const Trace *t = k->run->trace;
    const ClaimArg *arg = claim_given(k, name);
    const int n = trace_n_pos(t);
    *out = n - 1;
    if (!arg) return true;
    if (arg->kind == CLAIM_ARG_NUMBER) return claim_index(k, name, n, out);
    const char *text = claim_text(k->claim, arg);
    for (; *out >= 0; --*out)
        if (reads_as(k->tok, trace_token(t, *out), text)) return true;
    return err_set(k->err, ERR_USAGE, 0,
                   "%s: token \"%s\" is not in the sequence", name, text);
}

bool claim_token(const ClaimWork *k, const char *name, int *out) {
    const ClaimArg *arg = claim_given(k, name);
    if (arg->kind == CLAIM_ARG_NUMBER)
        return claim_index(k, name, tokenizer_n_pieces(k->tok), out);
    const char *text = claim_text(k->claim, arg);
    const size_t n = strlen(text);
    *out = tokenizer_find_text(k->tok, text, (int)n);
    if (*out < 0 && n == 1) /* a newline, say: no piece but a byte */
        *out = tokenizer_byte(k->tok, (uint8_t)text[0]);
    if (*out >= 0) return true;
    return err_set(k->err, ERR_USAGE, 0,
                   "%s: \"%s\" is not one piece of the vocabulary", name, text);
}

/* None, or the end of several. */
static bool refuse_site(const ClaimWork *k, const Arch *arch,
                        const char *name) {
    char list[ERR_MSG_MAX / 2] = "";
    for (int i = 0; i < SITE_COUNT; i++) {
        if (!(arch_sites(arch) & SITE_BIT(i))) continue;
        const size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, " %s", site_short(i));
    }
    return err_set(k->err, ERR_USAGE, 0, "site: found \"%s\", need one of%s",
                   name, list);
}

bool claim_site(const ClaimWork *k, Site *site, int *layer) {
    const char *name = claim_given_text(k, "site");
    int named_layer;
    const Arch *arch = trace_config(k->run->trace)->arch;
    if (!site_find(name, site, &named_layer)) return refuse_site(k, arch, name);
    if (!(arch_sites(arch) & SITE_BIT(*site)))
        return err_set(k->err, ERR_USAGE, 0,
                       "site: found \"%s\", which %s does not have", name,
                       arch->title);
    if (!claim_index(k, "layer", trace_config(k->run->trace)->n_layers, layer))
        return false;
    if (site_info(*site)->per_layer && named_layer >= 0 &&
        named_layer != *layer)
        return err_set(k->err, ERR_USAGE, 0, "layer: found %d, but \"%s\"",
                       *layer, name);
    return true;
}
