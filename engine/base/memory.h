/* How much memory this process may have: what is asked before much of it is
 * allocated; and what kind of pages it is to be.
 *
 * The system lets a process allocate more than there is, and ends it, or the
 * whole session's, when it is used.  So a model too large is refused first.
 */
#ifndef ENGINE_BASE_MEMORY_H
#define ENGINE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes: the machine's, or less where a container or a resource limit (ulimit
 * -v, -d) says so.  UINT64_MAX where nothing is known.  Allocates nothing. */
uint64_t memory_limit(void);

/* What of that a model with its session and trace may take: fifteen parts of
 * sixteen.  The program itself, its threads and the system need some, too. */
uint64_t memory_for_model(void);

/* Asks for large pages for allocated or mapped memory of at least 4 MB; less is
 * left alone.  A wish: a system that has none leaves things as they are. */
void memory_prefer_large_pages(void *p, size_t bytes);

/* Memory for free(), on a cache line; from 4 MB on it begins with a large page,
 * and such are asked for.  NULL when out of memory. */
void *memory_alloc(size_t bytes);

/* n floats on cache lines of their own, in whole lines, for free(); NULL when
 * out of memory.  Loads that cross a line cost the kernels twice. */
#define MEMORY_LINE_BYTES 64
float *memory_floats(size_t n);
/* How many floats those lines hold: n rounded up. */
size_t memory_line_floats(size_t n);

#endif
