/* llantern: chooses the command, prints its error, gives the exit code. */
#include "engine/base/escape.h"
#include "viz/cli/cli.h"
#include "viz/window/mapfault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_MIN  (512u << 10) /* bytes; twice what the libraries ask for */
#define STACK_HELD (STACK_MIN / 2)

#define COMMAND_ADDRESS(NAME) &cmd_##NAME,
static const CliCommand *const commands[] = {COMMAND_LIST(COMMAND_ADDRESS)
                                                 NULL};

/* Its name, and its help beside that, line by line. */
static void print_command(const CliCommand *c) {
    const char *name = c->name;
    for (const char *line = c->help; line; name = "") {
        const char *end = strchr(line, '\n');
        const int n = (int)(end ? (size_t)(end - line) : strlen(line));
        escape_line(stdout, "  %-10s %.*s", name, n, line);
        line = end ? end + 1 : NULL;
    }
}

static void print_help(void) {
    fputs("usage: llantern [COMMAND] [options]\n\n"
          "Shows what happens inside a language model while it "
          "runs.\n\ncommands:\n",
          stdout);
    for (const CliCommand *const *c = commands; *c; c++)
        print_command(*c);
    fputs("\nWithout a command: view.  Each command explains itself with "
          "--help.\n",
          stdout);
}

static const CliCommand *find_command(const char *name) {
    const CliCommand *const *c = commands;
    while (*c && strcmp((*c)->name, name) != 0)
        c++;
    return *c;
}

/* Started with a standard stream closed, the next file opened would take its
 * number, and what is printed would land in that file. */
static bool hold_standard_streams(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 || close(fd) == 0;
}

/* The system makes the stack larger when it is written to, and ends the program
 * where addresses have run out: so that is done now. */
static char touch_stack(void) {
    volatile char stack[STACK_HELD];
    for (size_t i = STACK_HELD; i >= 1024; i -= 1024)
        stack[i - 1024] = 0;
    return stack[0];
}

/* A stack that is too small ends in no message, and every thread gets one as
 * large as the first's may become. */
static bool hold_stack(Err *err) {
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur < STACK_MIN)
        return err_set(
            err, ERR_LIMIT, 0, "stack: found %llu kB, need %u kB (ulimit -s)",
            (unsigned long long)stack.rlim_cur >> 10, STACK_MIN >> 10);
    void *volatile room = malloc(STACK_MIN); /* or a compiler leaves it out */
    if (!room) return err_memory(err, "stack", STACK_MIN);
    free(room);
    return touch_stack() == 0;
}

/* Writing to a closed pipe, or past a size limit, is an error like others; of
 * the first nothing is said. */
static void ignore_signals(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

static int report(const char *command, const Err *err) {
    if (err->code == ERR_NONE) return 0;
    if (err->code == ERR_CLOSED) return 1; /* there is nobody to tell */
    escape_print(stderr, "llantern%s%s: %s", command ? " " : "",
                 command ? command : "", err->msg);
    if (err->code == ERR_USAGE)
        escape_print(stderr, "; see llantern%s%s --help", command ? " " : "",
                     command ? command : "");
    fputc('\n', stderr);
    return err->code == ERR_USAGE ? 2 : 1;
}

static int run_command(const CliCommand *command, int argc, char **argv) {
    Err err = {0};
    Cli cli = {.command = command, .argc = argc, .argv = argv};
    if (command->run(&cli, &err)) cli_flush(&err);
    return report(command->name, &err);
}

int main(int argc, char **argv) {
    ignore_signals();
    mapfault_install();
    if (!hold_standard_streams()) return 1;
    const char *first = argc > 1 ? argv[1] : "";
    Err err = {0};
    if (!hold_stack(&err)) return report(NULL, &err);
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        print_help();
    } else if (strcmp(first, "--version") == 0) {
        escape_line(stdout, "llantern " LLANTERN_VERSION);
    } else if (argc == 1 || first[0] == '-') {
        return run_command(&cmd_view, argc > 1 ? argc - 1 : 0, argv + 1);
    } else {
        const CliCommand *command = find_command(first);
        if (command) return run_command(command, argc - 2, argv + 2);
        err_set(&err, ERR_USAGE, 0, "unknown command \"%s\"", first);
    }
    cli_flush(&err);
    return report(NULL, &err);
}
