/* Words: what several views call the parts of an architecture, read off its
 * description, so that no view names what its model does not have.
 *
 * Borrowed, static.  Does NOT draw.
 */
#ifndef VIZ_VIEWS_WORDS_H
#define VIZ_VIEWS_WORDS_H

#include "engine/spec/arch.h"
#include "engine/spec/config.h"

/* "SiLU", "GELU" however it is worked out, "ReLU". */
const char *words_activation(const Config *c);

/* Of a norm, by the site of what it divides by: "RMSNorm" or "LayerNorm"; and
 * what that is: "RMS" or "spread". */
const char *words_norm(const Arch *a, Site scale);
const char *words_size(const Arch *a, Site scale);

/* What the norm that makes a site divides by; SITE_NONE: no norm makes it. */
Site words_scale_of(const Arch *a, Site normed);

/* Whether a bias is added to what makes a site. */
bool words_has_bias(const Config *c, Site site);

#endif
