/* Progress: how a long command shows how far it is.
 *
 *     Progress p = progress_start(stdout, 5000, 0);
 *     for (...) progress_show(&p, step, "loss 2.31");
 *     progress_note(&p, "a line that stays");
 *     progress_end(&p);
 *
 * On a terminal a bar that is drawn over itself, with the time left; else a
 * plain line now and then.  The time left goes by the steps of this run, not
 * by those done before it.
 */
#ifndef VIZ_CLI_TRAIN_PROGRESS_H
#define VIZ_CLI_TRAIN_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

typedef struct Progress {
    FILE *out;
    bool is_terminal, is_drawn;
    int n, first; /* steps in all, and done before this run */
    double start_s, shown_s;
} Progress;

Progress progress_start(FILE *out, int n, int first);

/* `done` of n steps are, and what to say about that.  Shows it if enough time
 * has passed since the last one, or if done is n. */
void progress_show(Progress *p, int done, const char *text);

/* Prints a line, out of the way of the bar. */
void progress_note(Progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Leaves the bar as it is and goes to the next line. */
void progress_end(Progress *p);

#endif
