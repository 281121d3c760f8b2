/* What model.c asks of model_check.c and model_place.c between reading a file
 * and running it.  Public for their tests alone. */
#ifndef ENGINE_MODEL_MODEL_PRIVATE_H
#define ENGINE_MODEL_MODEL_PRIVATE_H

#include "engine/format/model_file.h"
#include "engine/model/model.h"

/* Config, shapes, places and sizes of all tensors; opened: the file that those
 * lie in which name no other. */
bool model_check_shapes(const ModelFile *m, const File *opened, Err *err);

/* That weights are numbers; in a file over MODEL_CHECK_MAX only those of small
 * tensors. */
bool model_check_finite(const ModelFile *m, const File *opened, Err *err);

/* Makes the data of checked tensors what it is for running: copies of what is
 * not aligned or has rows in another order; and, where model_places_all, of
 * everything, on cache lines and in large pages.  A small model's weights are
 * read for every token almost as fast as from the cache, so where they lie
 * counts: at stories15M's shape it is a seventh to a third of the speed.
 * f: that was opened; what is borrowed stays where it is. */
bool model_place(ModelFile *parts, const File *f, const Watch *watch, Err *err);

/* Whether a file with so many bytes of weights is copied, where there is so
 * much memory: at most MODEL_PLACE_MAX, and an eighth of it. */
bool model_places_all(uint64_t weights, uint64_t memory);

#endif
