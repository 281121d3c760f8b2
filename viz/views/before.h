/* Before: the run that the one shown is compared with.
 *
 * Views ask here for what was before a change, in the same way as they ask the
 * stage for what is now; NULL where there is no other run, no such position in
 * it, or the number is still to come.  So a view that finds NULL draws as if
 * nothing were compared.
 *
 * Positions are the shown run's.  Where the two texts differ in length, what
 * they have in common at their ends is held against each other from the end.
 *
 * Does NOT say how a view shows a difference: each has its own way.  One
 * convention holds for all: dashed or faint is before, filled is now.
 */
#ifndef VIZ_VIEWS_BEFORE_H
#define VIZ_VIEWS_BEFORE_H

#include "viz/views/stage.h"

/* The position of the other run; -1: none. */
int before_pos(const Stage *s, int pos);

/* A row of the other run, as stage_row; per_key rows have as many keys as there
 * are at before_pos.  before_same_keys: they are those of the shown run's. */
const float *before_row(const Stage *s, Site site, int layer, int pos);
bool before_same_keys(const Stage *s, int pos);

/* NULL, too, where the other model predicts another place's token (arch_ahead)
 * or of other pieces. */
const StudyNext *before_next(const Stage *s, int pos);
const StudyBest *before_best(const Stage *s, int pos);

/* The other run may be of another architecture (shelf_comparable).  Whether it
 * has this site, of the same shape; before_row asks. */
bool before_has(const Stage *s, Site site);
/* Whether it is of the same, so that what is made of several numbers of a layer
 * can be held against each other. */
bool before_is_alike(const Stage *s);
/* Whether at least the stream is a sum of the same parts. */
bool before_sums_alike(const Stage *s);
/* Whether what both predict is about the same place and of the same pieces. */
bool before_predicts_alike(const Stage *s);

/* Whether the opened number is one of the other run's. */
bool before_is_opened(const Stage *s);

/* Probabilities that differ by less are shown as the same. */
#define BEFORE_LEAST 0.0005f

/* The candidate of a token; NULL: next is, or there is none. */
const Candidate *before_candidate(const StudyNext *next, int id);

/* A changed part: "head 3.0", "MLP 1", "RoPE", "[MASK] at 8", mask being that
 * token's id; others as the state says. */
void before_part_name(const Edit *e, int mask, char out[EDITS_PART_MAX]);

/* One line on top of r that says what was changed and what that did to the next
 * token, with the slider of factor.h where there is one; nothing where nothing
 * is compared.  Returns what is left of r. */
Rect before_draw_line(const Stage *s, Rect r);

#endif
