/* The one place that asks the system what time it is. */
#include "engine/base/clock.h"

#define NS_PER_MS 1000000L
#define NS_PER_S  1000000000L

static struct timespec now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail: Linux has it */
    return t;
}

double clock_seconds(void) {
    const struct timespec t = now();
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct timespec clock_deadline(int timeout_ms) {
    struct timespec t = now();
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * NS_PER_MS;
    if (t.tv_nsec >= NS_PER_S) {
        t.tv_sec++;
        t.tv_nsec -= NS_PER_S;
    }
    return t;
}

void clock_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr); /* none of these can fail on Linux */
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}
