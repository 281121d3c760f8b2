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

/* What a norm divides by, made at this site: "RMS" or "spread". */
const char *words_size(const Arch *a, Site scale);

/* What the norm that makes a site divides by; SITE_NONE: no norm makes it. */
Site words_scale_of(const Arch *a, Site normed);

/* Whether a bias is added to what makes a site. */
bool words_has_bias(const Config *c, Site site);

/* Whether the embedding is multiplied by the root of D before the first layer
 * reads it. */
bool words_is_stretched(const Arch *a);

#endif
