/* view: opens the window. */
#include "engine/base/escape.h"
#include "viz/cli/cli.h"
#include "viz/window/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SAVE_TIMES   20       /* tries at the end, */
#define SAVE_WAIT_NS 10000000 /* one after another */

typedef struct Args {
    const char *model, *tokenizer, *prompt, *state, *theme, *lesson;
    float scale;
    int width, height, minutes;
    bool special, fullscreen, no_animation, mirror, no_threads, presenter;
    bool no_history;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    CLI_SPECIAL(Args),
    CLI_STATE(Args),
    CLI_LESSON(Args),
    CLI_SCALE(Args),
    CLI_THEME(Args),
    {0, "width", CLI_INT, offsetof(Args, width), "PIXELS",
     "of the window (default: what fits the screen)", 64, CANVAS_SIZE_MAX},
    {0, "height", CLI_INT, offsetof(Args, height), "PIXELS", "likewise", 64,
     CANVAS_SIZE_MAX},
    {0, "fullscreen", CLI_FLAG, offsetof(Args, fullscreen), NULL,
     "start in full screen", 0, 0},
    {0, "presenter", CLI_FLAG, offsetof(Args, presenter), NULL,
     "a second window for whoever lectures: notes, next\n"
     "beat, clock (S opens and closes it)",
     0, 0},
    {0, "minutes", CLI_INT, offsetof(Args, minutes), "N",
     "that the lecture is planned for (default: what its\n"
     "slides state in data-timing)",
     1, PACE_MINUTES_MAX},
    {0, "no-animation", CLI_FLAG, offsetof(Args, no_animation), NULL,
     "changes show at once, and playing is never faster than\n"
     "3 tokens a second",
     0, 0},
    {0, "no-history", CLI_FLAG, offsetof(Args, no_history), NULL,
     "nothing of this run is kept, nor shown of earlier ones\n"
     "(so too where LLANTERN_NO_HISTORY is set)",
     0, 0},
    /* Not listed: for trying out what a browser and a second window need. */
    {0, "no-threads", CLI_FLAG, offsetof(Args, no_threads), NULL, NULL, 0, 0},
    {0, "mirror", CLI_FLAG, offsetof(Args, mirror), NULL, NULL, 0, 0},
    {0}};

/* Another program may be writing it just now. */
static void save_history(History *h) {
    const struct timespec wait = {0, SAVE_WAIT_NS};
    Err err = {0};
    for (int i = 0;
         i < SAVE_TIMES && !history_save(h, &err) && err.code == ERR_NONE; i++)
        nanosleep(&wait, NULL);
    if (err.code != ERR_NONE)
        escape_line(stderr, "llantern view: history: %s", err.msg);
}

/* Nothing says where to begin. */
static bool starts(const Args *a, const char *deck) {
    return !deck && !a->model && !a->prompt && !a->state && !a->lesson &&
           !a->presenter;
}

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    if (!cli_parse(cli, &a, err)) return false;
    const char *deck = cli->n_operands ? cli->operands[0] : NULL;
    if (!cli_lesson(cli, a.lesson, err)) return false;
    History *history = cli_history(cli, !a.no_history, err);
    if (!history) return false;
    AppOptions app = {.model_path = a.model,
                      .tokenizer_path = a.tokenizer,
                      .deck_path = deck,
                      .lesson = a.lesson,
                      .prompt = a.prompt,
                      .special = a.special,
                      .state = a.state,
                      .start = starts(&a, deck),
                      .history = history,
                      .theme = a.theme,
                      .scale = a.scale,
                      .minutes = a.minutes,
                      .no_animation = a.no_animation,
                      .no_threads = a.no_threads};
    WindowOptions window = {.fullscreen = a.fullscreen,
                            .width = a.width,
                            .height = a.height,
                            .mirror = a.mirror,
                            .presenter = a.presenter};
    const bool ok = window_run(&app, &window, err);
    save_history(history);
    history_close(history);
    return ok;
}

const CliCommand cmd_view = {
    .name = "view",
    .operands = "[DECK.md]",
    .help = "The viewer: explore a model beside a lesson.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
