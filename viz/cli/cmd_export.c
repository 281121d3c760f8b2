/* export: a picture of any view, without a display. */
#include "engine/base/escape.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"
#include "viz/paint/png.h"
#include "viz/screen/screen.h"

#include <stdlib.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt, *state, *output, *theme, *colormap,
        *lesson;
    int width, height;
    float scale;
    bool special, window, all_heads, plain;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    CLI_SPECIAL(Args),
    CLI_STATE(Args),
    CLI_LESSON(Args),
    {'o', "output", CLI_TEXT, offsetof(Args, output), "FILE.png",
     "the file to write (-: standard output; default:\n"
     "the next free llantern-VIEW-NNN.png; its name is\nprinted)",
     0, 0},
    {0, "width", CLI_INT, offsetof(Args, width), "PIXELS", "default 1920", 64,
     CANVAS_SIZE_MAX},
    {0, "height", CLI_INT, offsetof(Args, height), "PIXELS", "default 1080", 64,
     CANVAS_SIZE_MAX},
    CLI_SCALE(Args),
    CLI_THEME(Args),
    {0, "colormap", CLI_WORD, offsetof(Args, colormap), "viridis|cividis|magma",
     "colours of weights and probabilities", 0, 0},
    {0, "all-heads", CLI_FLAG, offsetof(Args, all_heads), NULL,
     "the grid of all heads: --state view=heads", 0, 0},
    {0, "plain", CLI_FLAG, offsetof(Args, plain), NULL,
     "no caption under the figure", 0, 0},
    {0, "window", CLI_FLAG, offsetof(Args, window), NULL,
     "the whole window with its panels, not the figure alone", 0, 0},
    {0}};

static bool save_window(App *app, Screen *screen, const Args *a, float scale,
                        Err *err) {
    Fonts *fonts = fonts_open(err);
    Canvas *c =
        fonts ? canvas_open(a->width, a->height, scale, fonts, err) : NULL;
    char *state = c ? malloc(STATE_TEXT_MAX) : NULL;
    uint8_t *png = NULL;
    size_t size = 0;
    bool ok = false;
    if (c && !state) err_memory(err, "state", STATE_TEXT_MAX);
    if (state) {
        screen_draw(screen, c);
        app_state_text(app, state, STATE_TEXT_MAX);
        const PngTexts texts = {state, app_name(app),
                                fonts_family(fonts, FACE_SANS)};
        ok = png_encode(canvas_pixels(c), texts, &png, &size, err) &&
             file_save(a->output, png, size, err);
    }
    free(png);
    free(state);
    canvas_close(c);
    fonts_close(fonts);
    return ok;
}

static bool save_figure(Screen *screen, const Args *a, float scale, Err *err) {
    char path[4096];
    if (!screen_export(screen, a->output, a->width, a->height, scale, a->plain,
                       path, sizeof path, err))
        return false;
    if (!a->output) escape_line(stdout, "%s", path);
    return true;
}

/* What the options name wins over --state. */
static bool apply_options(App *app, const Args *a, Err *err) {
    char state[64];
    if (a->all_heads && !app_set_state(app, "view=heads", err)) return false;
    if (!a->colormap) return true;
    snprintf(state, sizeof state, "colormap=%s", a->colormap);
    return app_set_state(app, state, err);
}

static bool draw(App *app, Screen *screen, const Args *a, Err *err) {
    if (!apply_options(app, a, err)) return false;
    if (!app_spare(app, a->output, err)) return false;
    app_settle(app, -1);
    if (app_message(app)[0]) /* the engine could not get there */
        return err_set(err, ERR_LIMIT, 0, "%s", app_message(app));
    float scale = screen_scale(screen, a->width, a->height);
    return a->window ? save_window(app, screen, a, scale, err)
                     : save_figure(screen, a, scale, err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {.width = 1920, .height = 1080};
    if (!cli_parse(cli, &a, err)) return false;
    if (a.window && !cli_unused(cli, "plain", "not used with --window", err))
        return false;
    if (a.window && !a.output)
        return err_set(err, ERR_USAGE, 0, "--window: needs -o FILE.png");
    const char *deck = cli->n_operands ? cli->operands[0] : NULL;
    if (!cli_lesson(cli, a.lesson, err)) return false;
    App *app =
        app_open(&(AppOptions){.model_path = a.model,
                               .tokenizer_path = a.tokenizer,
                               .deck_path = deck,
                               .lesson = a.lesson,
                               .no_deck = !deck && !a.lesson && !a.window,
                               .prompt = a.prompt,
                               .special = a.special,
                               .state = a.state,
                               .theme = a.theme,
                               .scale = a.scale,
                               .no_animation = true},
                 err);
    bool ok = app && cli_spare(a.output, deck, "deck", err) &&
              source_spare(a.output, app_model(app), a.model, a.tokenizer, err);
    Screen *screen = ok ? screen_open(app, err) : NULL;
    ok = screen && draw(app, screen, &a, err);
    screen_close(screen);
    app_close(app);
    return ok;
}

const CliCommand cmd_export = {
    .name = "export",
    .operands = "[DECK.md]",
    .help = "A picture of any view as PNG; needs no display.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
