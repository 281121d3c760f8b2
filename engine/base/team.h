/* Team: threads that share the work of one session.
 *
 *     Team *t = team_open(0, &err);          // one thread per core
 *     team_run(t, multiply_rows, &job, 40);  // rows 0..39, in any order
 *     team_close(t);
 *
 * OpenMP ends a parallel region when the last of its threads has come, also
 * where there was nothing left for it to do; on a machine that does other
 * things too that one may have to wait for a core, and a token has dozens of
 * regions.  Here whoever comes takes the next piece, and the caller, who takes
 * pieces as well, waits for pieces that were begun and for nothing else.
 *
 * Does NOT say who does which piece: results may not depend on it.  One thread
 * at a time may call team_run.
 */
#ifndef ENGINE_BASE_TEAM_H
#define ENGINE_BASE_TEAM_H

#include "engine/base/err.h"

#define TEAM_PIECES_MAX ((1 << 20) - 1)

typedef struct Team Team;

/* Threads that n_threads stands for: itself, or one per core for 0. */
int team_cores(int n_threads);

/* Calls fn(ud, i) once for every i in 0..n-1, on up to n_threads threads (0:
 * one per core), and returns when all are done.  For work that is long and
 * even; a session's is a Team's.  By OpenMP or, built without, by threads that
 * are started each time. */
void team_parallel(void (*fn)(void *ud, int i), void *ud, int n, int n_threads);

/* For up to n_threads threads, the caller being one; 0: one per core.  The
 * others are started when they are needed first; where the system has none
 * left, there are fewer.  NULL and err when out of memory. */
Team *team_open(int n_threads, Err *err);
void team_close(Team *t); /* NULL is fine */

/* Threads that it is for; 1 for NULL. */
int team_size(const Team *t);

/* Calls fn(ud, i) once for every i in 0..n-1 and returns when all are done.
 * 0 <= n <= TEAM_PIECES_MAX.  t NULL: all on the caller's thread. */
void team_run(Team *t, void (*fn)(void *ud, int i), void *ud, int n);

#endif
