/* A bar on a terminal, a plain line now and then elsewhere. */
#include "viz/cli/train/progress.h"

#include "engine/base/clock.h"
#include "engine/base/escape.h"
#include "viz/cli/cli.h"

#include <stdarg.h>
#include <unistd.h>

#define BAR_WIDTH  24
#define TERMINAL_S 0.1 /* between two drawings of the bar */
#define PLAIN_S    5   /* between two lines of the log */

Progress progress_start(FILE *out, int n, int first) {
    const double now = clock_seconds();
    return (Progress){.out = out,
                      .is_terminal = isatty(fileno(out)),
                      .n = n,
                      .first = first,
                      .start_s = now,
                      .shown_s = now};
}

/* "4 s", "3 min 20 s", "1 h 5 min". */
static void time_text(double seconds, char out[32]) {
    const long s = (long)(seconds + 0.5);
    if (s < 60)
        snprintf(out, 32, "%ld s", s);
    else if (s < 3600)
        snprintf(out, 32, "%ld min %ld s", s / 60, s % 60);
    else
        snprintf(out, 32, "%ld h %ld min", s / 3600, s / 60 % 60);
}

static void draw(Progress *p, int done, const char *text, const char *left) {
    char bar[BAR_WIDTH + 1];
    const int filled = (int)((double)BAR_WIDTH * done / p->n);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    /* The rest of the line is cleared: the last one may have been longer. */
    fputc('\r', p->out);
    escape_print(p->out, "[%s] %d/%d  %s  %s left", bar, done, p->n, text,
                 left);
    fputs("\033[K", p->out);
    p->is_drawn = true;
}

void progress_show(Progress *p, int done, const char *text) {
    const double now = clock_seconds();
    if (now - p->shown_s < (p->is_terminal ? TERMINAL_S : PLAIN_S) &&
        done < p->n)
        return;
    p->shown_s = now;
    const int run = done - p->first;
    char left[32] = "?";
    if (run > 0) time_text((now - p->start_s) / run * (p->n - done), left);
    if (p->is_terminal)
        draw(p, done, text, left);
    else
        escape_line(p->out, "step %d/%d  %s  %s left", done, p->n, text, left);
    fflush(p->out);
}

void progress_note(Progress *p, const char *fmt, ...) {
    if (p->is_drawn) fputs("\r\033[K", p->out);
    p->is_drawn = false;
    va_list args;
    va_start(args, fmt);
    escape_vline(p->out, fmt, args);
    va_end(args);
    fflush(p->out);
}

void progress_end(Progress *p) {
    if (p->is_drawn) fputc('\n', p->out);
    p->is_drawn = false;
}
