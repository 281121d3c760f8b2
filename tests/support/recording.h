/* A hook that keeps a copy of everything it is told, for comparing runs.
 *
 *     Recording *rec = recording_open(config, n);
 *     session_set_hook(s, recording_hook(rec, SITE_ALL));
 *     ... feed ...
 *     ck_assert(recording_same(rec, other, SITE_LOGITS, 0, pos));
 *     recording_close(rec);
 */
#ifndef TESTS_SUPPORT_RECORDING_H
#define TESTS_SUPPORT_RECORDING_H

#include "engine/spec/site.h"

typedef struct Recording Recording;

/* For positions below n_max.  Aborts when out of memory. */
Recording *recording_open(const Config *c, int n_max);
void recording_close(Recording *r);

/* A hook over the sites of mask that writes to r.  What is announced again
 * replaces what was. */
SiteHook recording_hook(Recording *r, SiteMask mask);

/* The row last announced, and its length; NULL if it never was. */
const float *recording_row(const Recording *r, Site s, int layer, int pos,
                           int *len);

/* Rows announced so far, repetitions included. */
int recording_count(const Recording *r);

/* True when both have the row, with the same bits. */
bool recording_same(const Recording *a, const Recording *b, Site s, int layer,
                    int pos);

/* True when a and b have the same rows, with the same bits. */
bool recording_equal(const Recording *a, const Recording *b);

#endif
