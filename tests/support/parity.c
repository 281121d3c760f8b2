#include "tests/support/parity.h"

#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "tests/support/recording.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"

#include <math.h>

#define TOKENS_MAX 64

static void check_row(const Recording *rec, const Reference *ref, Site site,
                      int layer, int pos) {
    const Arch *a = model_config(reference_model(ref))->arch;
    const char *name = site_info(site)->name;
    int len;
    const float *got = recording_row(rec, site, layer, pos, &len);
    const double *want = reference_row(ref, site, layer, pos);
    double most = 0;
    ck_assert_msg(got != NULL, "%s", name);
    /* A mean is the rest of a sum: as large as what is summed. */
    if (arch_op(a, site)->kind == OP_MEAN)
        most = *reference_row(ref, (Site)(site + 1), layer, pos);
    for (int i = 0; i < len; i++)
        most = fmax(most, fabs(want[i]));
    for (int i = 0; i < len; i++)
        ck_assert_msg(fabs((double)got[i] - want[i]) <= 1e-4 * most,
                      "%s[%d] of layer %d at %d: %g, need %g", name, i, layer,
                      pos, (double)got[i], want[i]);
}

void parity_check(const Model *m, int n) {
    const Config *c = model_config(m);
    int tokens[TOKENS_MAX], n_rows = 0;
    Err err = {0};
    ck_assert_int_le(n, TOKENS_MAX);
    for (int i = 0; i < n; i++)
        tokens[i] = (i * 31 + 5) % c->vocab_size;
    Reference *ref = reference_run(m, &(Edits){0}, tokens, n);
    Session *s = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    Recording *rec = recording_open(c, n);
    session_set_hook(s, recording_hook(rec, SITE_ALL));
    ck_assert_msg(session_feed(s, tokens, n, &err), "%s", err.msg);
    for (int site = 0; site < SITE_COUNT; site++) {
        const int n_layers = site_info((Site)site)->per_layer ? c->n_layers : 1;
        for (int layer = 0; reference_has(ref, (Site)site) && layer < n_layers;
             layer++)
            for (int pos = 0; pos < n; pos++, n_rows++)
                check_row(rec, ref, (Site)site, layer, pos);
    }
    ck_assert_int_eq(n_rows, recording_count(rec));
    recording_close(rec);
    session_close(s);
    reference_free(ref);
}
