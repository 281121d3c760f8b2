/* Everything below runs in a signal handler, on any thread: system calls and
 * its own stack, nothing else. */
#include "viz/window/mapfault.h"

#include "engine/base/escape.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAPS "/proc/self/maps"

/* One line of maps, "begin-end perms offset device inode path", read byte by
 * byte. */
typedef struct MapLine {
    uintptr_t begin, end;
    int n_fields; /* complete ones: 0..2 numbers, then words */
    bool in_gap;  /* between words */
    char path[PATH_MAX];
    size_t path_len;
} MapLine;

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The numbers come first; after five fields in all what begins with a slash is
 * the path, which may hold blanks. */
static void take_char(MapLine *l, char c) {
    enum { PATH_FIELD = 6 };
    const int digit = hex_digit(c);
    if (l->n_fields < 2) {
        uintptr_t *number = l->n_fields == 0 ? &l->begin : &l->end;
        if (digit >= 0)
            *number = *number << 4 | (uintptr_t)digit;
        else
            l->n_fields++;
        return;
    }
    if (c == ' ' && l->path_len == 0) {
        l->n_fields += !l->in_gap && l->n_fields < PATH_FIELD;
        l->in_gap = true;
        return;
    }
    l->in_gap = false;
    if (l->n_fields < PATH_FIELD || l->path_len >= sizeof l->path) return;
    l->path[l->path_len++] = c;
}

static bool is_hit(const MapLine *l, uintptr_t address) {
    return l->begin <= address && address < l->end && l->path_len > 0 &&
           l->path[0] == '/';
}

/* The line of the file that is mapped at an address. */
static bool find_map(uintptr_t address, MapLine *line) {
    char buffer[1024];
    ssize_t n = 0;
    bool found = false;
    const int fd = open(MAPS, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    memset(line, 0, sizeof *line);
    while (!found && (n = read(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < n && !found; i++) {
            if (buffer[i] != '\n') {
                take_char(line, buffer[i]);
                continue;
            }
            found = is_hit(line, address);
            if (!found) memset(line, 0, sizeof *line);
        }
    close(fd);
    return found;
}

static void put(const char *text, size_t n) {
    /* There is nobody left to tell that it failed. */
    if (write(STDERR_FILENO, text, n) < 0) return;
}

/* It goes to a terminal, perhaps. */
static void put_path(const MapLine *l) {
    char shown[4 * sizeof l->path + 1];
    put(shown, escape_text(l->path, l->path_len, shown, sizeof shown));
}

/* Threads that come too late wait for the end. */
static void on_bus_error_again(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    for (;;)
        pause();
}

/* Several threads read the weights and may fault at once, but the line is to be
 * told once.  The kernel knows who was first: whoever finds the first handler
 * still in place as he replaces it. */
static bool is_first(void) {
    struct sigaction again = {.sa_flags = SA_SIGINFO}, before;
    again.sa_sigaction = on_bus_error_again;
    sigemptyset(&again.sa_mask);
    return sigaction(SIGBUS, &again, &before) == 0 &&
           before.sa_sigaction != on_bus_error_again;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    static const char before[] = "llantern: ";
    static const char after[] =
        ": read: the file was cut off while it was in use\n";
    MapLine line;
    (void)context;
    if (!is_first()) on_bus_error_again(number, info, NULL);
    if (info->si_code == BUS_ADRERR &&
        find_map((uintptr_t)info->si_addr, &line)) {
        put(before, sizeof before - 1);
        put_path(&line);
        put(after, sizeof after - 1);
        _exit(1);
    }
    /* What would have happened, as soon as this returns. */
    sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    raise(number);
}

void mapfault_install(void) {
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_bus_error;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
