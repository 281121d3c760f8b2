#include "engine/base/clock.h"
#include "tests/support/test.h"

#include <errno.h>

static double seconds(struct timespec t) {
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

START_TEST(time_goes_on) {
    double last = clock_seconds();
    for (int i = 0; i < 1000; i++) {
        const double now = clock_seconds();
        ck_assert(now >= last);
        last = now;
    }
}
END_TEST

/* Also where the milliseconds carry into the seconds, as 999 nearly always
 * do. */
START_TEST(a_deadline_is_so_far_away) {
    const int waits[] = {0, 1, 999, 1000, 1999, 60001};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        const double before = clock_seconds();
        const struct timespec until = clock_deadline(waits[i]);
        const double after = clock_seconds();
        ck_assert(until.tv_nsec >= 0 && until.tv_nsec < 1000000000);
        ck_assert(seconds(until) >= before + waits[i] / 1e3 - 1e-6);
        ck_assert(seconds(until) <= after + waits[i] / 1e3 + 1e-6);
    }
}
END_TEST

START_TEST(a_condition_waits_until_then) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    clock_cond_init(&cond);
    const double before = clock_seconds();
    const struct timespec until = clock_deadline(20);
    int rc = 0;
    pthread_mutex_lock(&lock);
    while (rc == 0)
        rc = pthread_cond_timedwait(&cond, &lock, &until);
    pthread_mutex_unlock(&lock);
    ck_assert_int_eq(rc, ETIMEDOUT);
    ck_assert(clock_seconds() - before >= 0.0199);
    pthread_cond_destroy(&cond);
    pthread_mutex_destroy(&lock);
}
END_TEST

TEST_MAIN("clock", time_goes_on, a_deadline_is_so_far_away,
          a_condition_waits_until_then)
