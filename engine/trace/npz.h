/* NPZ: a trace as a file that numpy.load opens.
 *
 * Arrays are named as in site.h; per position sites are [T, ...], attention
 * scores and patterns [H, T, T] (query, key), masked scores -inf and masked
 * weights 0, as TransformerLens has them without its batch axis.  Also
 * "tokens" [T] int32.  Stored uncompressed, with a fixed date, so the same
 * trace gives the same bytes.  Little-endian f32.
 * Source: NumPy NEP 1 (npy format 1.0); zip through libzip.
 */
#ifndef ENGINE_TRACE_NPZ_H
#define ENGINE_TRACE_NPZ_H

#include "engine/trace/trace.h"

#define NPZ_SIZE_MAX (4ull << 30) /* bytes; larger is refused, choose sites */

/* Bytes of the file that npz_save would write: its size is known before. */
uint64_t npz_size(const Trace *t, SiteMask mask);

/* Writes sites in mask, all layers, all published positions (one at least),
 * atomically.  The whole file is built in memory first, the arrays of one
 * layer being filled position by position, so that a position that must be
 * recomputed is so once. */
bool npz_save(const Trace *t, SiteMask mask, const char *path, Err *err);

/* Parses "pattern,resid_post,logits" or "all" into a mask: full names, or any
 * unique ending of one ("pattern", "attn.hook_q").  A name stands for its
 * site in every layer.  err lists the names, err.pos is the byte. */
bool npz_parse_sites(const char *list, SiteMask *mask, Err *err);

#endif
