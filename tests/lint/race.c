/* A race on purpose, in a job of the kind named: the race detector must see it
 * (race.sh).  Argument: team or parallel. */
#include "engine/base/team.h"

#include <stdio.h>
#include <string.h>

static void add(void *ud, int i) {
    *(int *)ud += i; /* all pieces, with nothing between them */
}

int main(int argc, char **argv) {
    int sum = 0;
    if (argc != 2) return 2;
    if (strcmp(argv[1], "team") == 0) {
        Team *t = team_open(4, NULL);
        for (int job = 0; t && job < 2000; job++)
            team_run(t, add, &sum, 64);
        team_close(t);
    } else {
        team_parallel(add, &sum, 64, 4);
    }
    printf("%d\n", sum);
    return 0;
}
