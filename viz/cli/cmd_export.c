/* export: a picture of any view, or of every beat of a deck, without a display.
 */
#include "engine/base/escape.h"
#include "viz/app/lessons.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"
#include "viz/cli/export.h"
#include "viz/paint/png.h"
#include "viz/screen/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt, *state, *output, *theme, *colormap,
        *lesson, *deck, *format;
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
    {0, "deck", CLI_TEXT, offsetof(Args, deck), "DECK",
     "every beat of this deck, a file or a lesson\n"
     "that is inside, the whole window each: pictures\n"
     "in the folder of -o, or pages of one FILE.pdf\n"
     "with the slides' notes, for handing out",
     0, 0},
    {'o', "output", CLI_TEXT, offsetof(Args, output), "FILE.png",
     "the file to write (-: standard output; default:\n"
     "the next free llantern-VIEW-NNN.png; its name is\n"
     "printed); FILE.pdf, FILE.svg: shapes and letters",
     0, 0},
    {0, "format", CLI_WORD, offsetof(Args, format), "png|pdf|svg",
     "the kind of file, where its name does not say", 0, 0},
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
     "no caption under the figure, no notes in a PDF", 0, 0},
    {0, "window", CLI_FLAG, offsetof(Args, window), NULL,
     "the whole window with its panels, not the figure alone", 0, 0},
    {0}};

/* What pictures of the whole window are made with. */
typedef struct Sheet {
    Fonts *fonts;
    Canvas *canvas;
    char *state; /* scratch [STATE_TEXT_MAX] */
} Sheet;

static void close_sheet(Sheet *s) {
    free(s->state);
    canvas_close(s->canvas);
    fonts_close(s->fonts);
}

static bool open_sheet(Sheet *s, Screen *screen, const Args *a, Err *err) {
    const float scale = screen_scale(screen, a->width, a->height);
    *s = (Sheet){.fonts = fonts_open(err)};
    if (s->fonts)
        s->canvas = canvas_open(a->width, a->height, scale, s->fonts, err);
    if (s->canvas) s->state = malloc(STATE_TEXT_MAX);
    if (s->canvas && !s->state) err_memory(err, "state", STATE_TEXT_MAX);
    if (s->state) return true;
    close_sheet(s);
    return false;
}

static bool save_sheet(const Sheet *s, App *app, Screen *screen,
                       const char *path, Err *err) {
    uint8_t *png = NULL;
    size_t size = 0;
    screen_draw(screen, s->canvas);
    app_state_text(app, s->state, STATE_TEXT_MAX);
    const PngTexts texts = {s->state, app_name(app),
                            fonts_family(s->fonts, FACE_SANS)};
    const bool ok =
        png_encode(canvas_pixels(s->canvas), texts, &png, &size, err) &&
        file_save(path, png, size, err);
    free(png);
    return ok;
}

static bool save_window(App *app, Screen *screen, const Args *a, Err *err) {
    Sheet s;
    if (!open_sheet(&s, screen, a, err)) return false;
    const bool ok = save_sheet(&s, app, screen, a->output, err);
    close_sheet(&s);
    return ok;
}

/* FOLDER/slide-03-beat-1.png: the slide from 1, the beat from 0, as states have
 * them. */
static bool save_beat(const Sheet *s, App *app, Screen *screen, const Args *a,
                      int slide, int beat, Err *err) {
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/slide-%02d-beat-%d.png",
                           a->output, slide + 1, beat);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_LIMIT, 0, "%s: a path that long", a->output);
    return export_go(app, slide, beat, err) && app_spare(app, path, err) &&
           save_sheet(s, app, screen, path, err);
}

static bool save_beats(App *app, Screen *screen, const Args *a, Err *err) {
    Sheet s;
    const Deck *d = app_deck(app);
    bool ok = true;
    if (mkdir(a->output, 0777) != 0 && errno != EEXIST)
        return err_set(err, ERR_IO, 0, "%s: mkdir: %s", a->output,
                       strerror(errno));
    if (!open_sheet(&s, screen, a, err)) return false;
    for (int slide = 0; ok && slide < deck_n_slides(d); slide++)
        for (int i = 0; ok && i < deck_slide(d, slide)->n_beats; i++)
            ok = save_beat(&s, app, screen, a, slide, i, err);
    close_sheet(&s);
    return ok;
}

static bool save_figure(Screen *screen, const Args *a, Err *err) {
    const float scale = screen_scale(screen, a->width, a->height);
    char path[4096];
    if (!screen_export(screen, a->output, a->width, a->height, scale, a->plain,
                       path, sizeof path, err))
        return false;
    if (!a->output) escape_line(stdout, "%s", path);
    return true;
}

/* By --format, or by how the name ends. */
static bool is_format(const Args *a, const char *format) {
    if (a->format) return strcmp(a->format, format) == 0;
    return cli_ends(a->output, format);
}

static bool save_deck(App *app, Screen *screen, const Args *a, Err *err) {
    if (!app_deck(app))
        return err_set(err, ERR_LIMIT, 0, "%s", app_message(app));
    if (!is_format(a, "pdf")) return save_beats(app, screen, a, err);
    return export_deck(&(ExportJob){app, screen, a->width, a->height, a->plain,
                                    true, a->output},
                       err);
}

static bool save_page(App *app, Screen *screen, const Args *a, Err *err) {
    const VectorKind kind = is_format(a, "pdf") ? VECTOR_PDF : VECTOR_SVG;
    return export_page(&(ExportJob){app, screen, a->width, a->height, a->plain,
                                    a->window, a->output},
                       kind, err);
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
    if (a->deck) return save_deck(app, screen, a, err);
    if (!app_spare(app, a->output, err)) return false;
    app_settle(app, -1);
    if (app_message(app)[0]) /* the engine could not get there */
        return err_set(err, ERR_LIMIT, 0, "%s", app_message(app));
    if (is_format(a, "pdf") || is_format(a, "svg"))
        return save_page(app, screen, a, err);
    return a->window ? save_window(app, screen, a, err)
                     : save_figure(screen, a, err);
}

/* What goes with --deck, and what -o is then. */
static bool check_deck(const Cli *cli, const Args *a, Err *err) {
    if (!a->deck) return true;
    if (cli->n_operands > 0)
        return err_set(err, ERR_USAGE, 0, "--deck: found a second deck, \"%s\"",
                       cli->operands[0]);
    if (!a->output)
        return err_set(err, ERR_USAGE, 0, "--deck: needs -o FOLDER");
    if (is_format(a, "svg"))
        return err_set(
            err, ERR_USAGE, 0,
            "--deck: an SVG has one page: need a FOLDER or FILE.pdf");
    if (!is_format(a, "pdf") &&
        (strcmp(a->output, "-") == 0 || strcmp(a->output, "/dev/stdout") == 0))
        return err_set(err, ERR_USAGE, 0,
                       "--deck: found -o %s, need a FOLDER, FILE.pdf or "
                       "--format pdf",
                       a->output);
    if (!is_format(a, "pdf") &&
        !cli_unused(cli, "plain", "not used with --deck and a folder", err))
        return false;
    return cli_unused(cli, "lesson,state,prompt,all-heads,window",
                      "not used with --deck", err);
}

/* The prompt that nobody asked for was cut to the model's context: no failure,
 * unlike what the engine says later, or a lesson that is not opened. */
static void warn_of_opening(const Cli *cli, App *app, bool has_lesson) {
    if (!app_message(app)[0] || (has_lesson && !app_deck(app))) return;
    cli_warn(cli, app_message(app));
    app_say(app, false, "%s", "");
}

/* A name that promises another kind of file than is written. */
static bool check_name(const Args *a, Err *err) {
    static const char *const others[] = {"jpg", "jpeg", "gif", "webp", "bmp",
                                         "tif", "tiff", "eps", "ps"};
    for (size_t i = 0; !a->format && i < sizeof others / sizeof *others; i++)
        if (cli_ends(a->output, others[i]))
            return err_set(err, ERR_USAGE, 0,
                           "-o: found .%s, need .png, .pdf, .svg or --format",
                           others[i]);
    return true;
}

static bool run(Cli *cli, Err *err) {
    Args a = {.width = 1920, .height = 1080};
    if (!cli_parse(cli, &a, err)) return false;
    if (!check_deck(cli, &a, err) || !check_name(&a, err)) return false;
    if (a.window && !cli_unused(cli, "plain", "not used with --window", err))
        return false;
    if (a.format && !a.output)
        return err_set(err, ERR_USAGE, 0, "--format: needs -o FILE");
    if (a.window && !a.output)
        return err_set(err, ERR_USAGE, 0, "--window: needs -o FILE.png");
    const char *deck = cli->n_operands ? cli->operands[0] : NULL;
    if (a.deck && lessons_has(a.deck))
        a.lesson = a.deck;
    else if (a.deck)
        deck = a.deck;
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
    if (app) warn_of_opening(cli, app, deck || a.lesson);
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
    .help = "A picture of any view, or of each beat of a deck, as PNG, PDF or\n"
            "SVG; needs no display.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
