#include "engine/base/team.h"
#include "engine/kernel/kern.h"
#include "tests/support/test.h"

#include <stdatomic.h>
#include <time.h>

enum { PIECES_MAX = 300 };

static void count_call(void *ud, int i) {
    atomic_fetch_add(&((_Atomic int *)ud)[i], 1);
}

static void check_run(Team *t, int n) {
    _Atomic int calls[PIECES_MAX + 1];
    for (int i = 0; i <= PIECES_MAX; i++)
        atomic_init(&calls[i], 0);
    team_run(t, count_call, calls, n);
    for (int i = 0; i < PIECES_MAX + 1; i++)
        ck_assert_int_eq(calls[i], i < n);
}

START_TEST(every_piece_is_done_once) {
    for (int size = 1; size <= 5; size++) {
        Team *t = team_open(size, NULL);
        ck_assert_ptr_nonnull(t);
        ck_assert_int_eq(team_size(t), size);
        for (int n = 0; n <= PIECES_MAX; n += 1 + n / 3)
            check_run(t, n);
        team_close(t);
    }
}
END_TEST

/* What a job finds is what the caller wrote before it, and the caller finds
 * what the job wrote: one job after the other, on plain memory. */
typedef struct Chain {
    int in, out[4];
} Chain;

static void add_one(void *ud, int i) {
    Chain *c = ud;
    c->out[i] = c->in + 1;
}

START_TEST(jobs_follow_each_other) {
    enum { JOBS = 20000 };
    Team *t = team_open(3, NULL);
    ck_assert_ptr_nonnull(t);
    int last = 0;
    for (int job = 0; job < JOBS; job++) {
        Chain c = {.in = last};
        team_run(t, add_one, &c, 4);
        for (int i = 1; i < 4; i++)
            ck_assert_int_eq(c.out[i], c.out[0]);
        last = c.out[0];
    }
    ck_assert_int_eq(last, JOBS);
    team_close(t);
}
END_TEST

/* Long enough apart for the helpers to fall asleep. */
START_TEST(sleeping_helpers_wake_or_are_not_missed) {
    Team *t = team_open(4, NULL);
    ck_assert_ptr_nonnull(t);
    for (int i = 0; i < 20; i++) {
        check_run(t, 50);
        const struct timespec pause = {.tv_nsec = 3000000};
        nanosleep(&pause, NULL);
    }
    team_close(t);
}
END_TEST

START_TEST(without_a_team_the_caller_does_all) {
    check_run(NULL, 17);
    ck_assert_int_eq(team_size(NULL), 1);
    Team *t = team_open(0, NULL);
    ck_assert_int_eq(team_size(t), team_cores(0));
    team_close(t); /* never used: no thread was started */
    team_close(NULL);
}
END_TEST

TEST_MAIN("team", every_piece_is_done_once, jobs_follow_each_other,
          sleeping_helpers_wake_or_are_not_missed,
          without_a_team_the_caller_does_all)
