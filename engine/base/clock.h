/* Clock: time that only goes on, whatever is done to the date.
 *
 *     clock_cond_init(&ended);
 *     const struct timespec until = clock_deadline(500);
 *     while (!done && rc == 0)
 *         rc = pthread_cond_timedwait(&ended, &lock, &until);
 *
 * Does NOT know the date.  Drawing is handed its time and asks no clock.
 */
#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include <pthread.h>
#include <time.h>

/* Seconds since some moment that stays the same while the program runs. */
double clock_seconds(void);

/* The moment that is so many milliseconds from now, for a condition that
 * clock_cond_init made.  timeout_ms >= 0. */
struct timespec clock_deadline(int timeout_ms);

/* A condition that waits by this clock. */
void clock_cond_init(pthread_cond_t *cond);

#endif
