/* lesson check: a lesson parses, every stage exists, every claim holds, every
 * task can be done.
 * lesson list: those that are inside.
 * lesson worksheet: a lesson's questions on paper. */
#include "engine/base/escape.h"
#include "viz/app/catalogue.h"
#include "viz/app/lessons.h"
#include "viz/cli/cli.h"
#include "viz/cli/lesson_check.h"
#include "viz/cli/worksheet.h"

#include <stdio.h>
#include <string.h>

typedef struct Args {
    LessonCheck check;
    const char *output;
} Args;

static const CliOption options[] = {
    CLI_MODEL(LessonCheck), /* Args begins with it */
    CLI_TOKENIZER(LessonCheck),
    {0, "strict", CLI_FLAG, offsetof(Args, check.strict), NULL,
     "warnings are failures", 0, 0},
    {0, "values", CLI_FLAG, offsetof(Args, check.values), NULL,
     "what every claim found, not only those that fail", 0, 0},
    {'o', "output", CLI_TEXT, offsetof(Args, output), "FILE",
     "where the worksheet goes: FILE.md or FILE.pdf\n"
     "(default: Markdown to standard output)",
     0, 0},
    {0}};

/* ---- list ---------------------------------------------------------------- */

static int count_beats(const Deck *d) {
    int n = 0;
    for (int i = 0; i < deck_n_slides(d); i++)
        n += deck_slide(d, i)->n_beats;
    return n;
}

/* "tales" or "tales, step-*"; "any" where the deck names none. */
static void models_text(const Deck *d, char *out, size_t size) {
    size_t o = (size_t)snprintf(out, size, "%s", deck_n_models(d) ? "" : "any");
    for (int i = 0; i < deck_n_models(d) && o < size; i++)
        o += (size_t)snprintf(out + o, size - o, "%s%s", i ? ", " : "",
                              deck_model(d, i));
}

/* "2/4": slides of n that are in the set, of so many. */
static void part_text(const HistorySlides *set, int n, int of, char out[24]) {
    snprintf(out, 24, "%d/%d", history_count(set, n), of);
}

static void list_lesson(const CatalogueLesson *l, const HistoryList *done) {
    const HistoryEntry *past = history_find(done, HISTORY_LESSON, l->name);
    char models[80], seen[24] = "-", answered[24] = "-", slide[16] = "-";
    models_text(l->deck, models, sizeof models);
    if (past) {
        part_text(&past->seen, l->n_slides, l->n_slides, seen);
        part_text(&past->answered, l->n_slides, l->n_asked, answered);
    }
    if (l->slide >= 0) snprintf(slide, sizeof slide, "%d", l->slide + 1);
    escape_line(stdout, "%-24s %-12s %6d %5d %6s %8s  %5s  %-19s  %s", l->name,
                models, l->n_slides, count_beats(l->deck), seen, answered,
                slide, l->subject, l->title);
}

static bool list_lessons(const Cli *cli, Err *err) {
    if (cli->n_operands > 1)
        return err_set(err, ERR_USAGE, 0, "list: found \"%s\", need no more",
                       cli->operands[1]);
    if (!cli_unused(cli, "model,tokenizer,strict,values,output",
                    "not used with list", err))
        return false;
    Catalogue *c = catalogue_open(err);
    History *h = c ? cli_history(cli, true, err) : NULL;
    if (h) {
        escape_line(stdout, "%-24s %-12s %6s %5s %6s %8s  %5s  %-19s  %s",
                    "name", "model", "slides", "beats", "seen", "answered",
                    "slide", "subject", "title");
        if (c->lecture.deck) list_lesson(&c->lecture, history_list(h));
        for (int i = 0; i < c->n; i++)
            list_lesson(&c->lessons[i], history_list(h));
    }
    const bool ok = h != NULL;
    history_close(h);
    catalogue_close(c);
    return ok && cli_flush(err);
}

static bool print_worksheet(const Cli *cli, const char *output, Err *err) {
    if (cli->n_operands != 2)
        return err_set(err, ERR_USAGE, 0,
                       "worksheet: found %d lessons, need one: a NAME of "
                       "lesson list, or DECK.md",
                       cli->n_operands - 1);
    return cli_unused(cli, "model,tokenizer,strict,values",
                      "not used with worksheet", err) &&
           worksheet_save(cli->operands[1], output, err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    if (!cli_parse(cli, &a, err)) return false;
    if (strcmp(cli->operands[0], "worksheet") == 0)
        return print_worksheet(cli, a.output, err);
    if (strcmp(cli->operands[0], "list") == 0) return list_lessons(cli, err);
    if (strcmp(cli->operands[0], "check") != 0)
        return err_set(err, ERR_USAGE, 0,
                       "found \"%s\", need check, list or worksheet",
                       cli->operands[0]);
    if (cli->n_operands < 2)
        return err_set(err, ERR_USAGE, 0, "check: found no deck, need DECK.md");
    return cli_unused(cli, "output", "not used with check", err) &&
           lesson_check(&a.check, cli->operands + 1, cli->n_operands - 1, err);
}

const CliCommand cmd_lesson = {
    .name = "lesson",
    .operands = "check DECK.md... | list | worksheet LESSON",
    .help =
        "check: lessons parse, their stages exist, their claims hold, their\n"
        "tasks can be done.\n"
        "list: the lessons that are inside, for view --lesson NAME, and what\n"
        "is done of them.\n"
        "worksheet: the questions of a lesson, the places to look at, and\n"
        "room for answers, as Markdown or PDF.",
    .options = options,
    .operands_min = 1,
    .operands_max = CLI_MANY,
    .run = run,
};
