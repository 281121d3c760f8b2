/* The entries of the start page and of the card after a lesson's end. */
#include "viz/screen/start.h"
#include "viz/screen/panel_bar.h"

#include "engine/base/file.h"
#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

#define SUBJECTS_MAX 16

typedef struct Maker {
    const Scene *scene;
    StartEntry *out;
    int n;
} Maker;

static StartEntry *add(Maker *m, StartKind kind, int arg, int column, int row) {
    if (m->n == START_ENTRIES_MAX) return &m->out[m->n - 1];
    const StartEntry *last = m->n ? &m->out[m->n - 1] : NULL;
    const bool same = last && last->column == column && last->row == row;
    m->out[m->n] = (StartEntry){.kind = kind,
                                .arg = arg,
                                .column = column,
                                .row = row,
                                .at = same ? last->at + 1 : 0};
    return &m->out[m->n++];
}

/* ---- rows of lessons ----------------------------------------------------- */

/* The i-th subject in the course's order; NULL: there are no more. */
static const char *subject_at(const Catalogue *c, int i) {
    for (int k = 0; k < c->n; k++) {
        int before = 0;
        while (before < k &&
               strcmp(c->lessons[before].subject, c->lessons[k].subject) != 0)
            before++;
        if (before == k && i-- == 0) return c->lessons[k].subject;
    }
    return NULL;
}

static int n_rows(const Scene *scene) {
    const Catalogue *c = scene->catalogue;
    int n = 0;
    if (!scene->by_subject && c->lecture.deck) return c->lecture.n_slides;
    while (n < SUBJECTS_MAX && subject_at(c, n))
        n++;
    return n;
}

const char *start_row_title(const Scene *scene, int row) {
    const Catalogue *c = scene->catalogue;
    if (!scene->by_subject && c->lecture.deck)
        return deck_slide(c->lecture.deck, row)->title;
    const char *subject = subject_at(c, row);
    return !subject ? "The lecture" : subject[0] ? subject : "Other lessons";
}

static bool is_in_row(const Scene *scene, const CatalogueLesson *l, int row) {
    const Catalogue *c = scene->catalogue;
    if (!scene->by_subject && c->lecture.deck) return l->slide == row;
    const char *subject = subject_at(c, row);
    return subject && strcmp(l->subject, subject) == 0;
}

/* A lesson that was begun goes on where one was, a finished one begins anew. */
static void add_lesson(Maker *m, int i, int row) {
    const CatalogueLesson *l = start_lesson(m->scene, i);
    const HistoryEntry *past = start_past(m->scene, l);
    StartEntry *e = add(m, START_LESSON, i, 0, row);
    if (!past || history_is_done(past, l->n_slides)) return;
    e->slide = past->slide;
    e->beat = past->beat;
}

static void add_lessons(Maker *m) {
    const Catalogue *c = m->scene->catalogue;
    const bool by_slide = !m->scene->by_subject && c->lecture.deck;
    for (int row = 0; row < n_rows(m->scene); row++) {
        if (by_slide) add(m, START_SLIDE, row, 0, row + 1)->slide = row;
        for (int i = 0; i < c->n; i++)
            if (is_in_row(m->scene, &c->lessons[i], row))
                add_lesson(m, i, row + 1);
    }
    if (!by_slide && c->lecture.deck) add_lesson(m, -1, n_rows(m->scene) + 1);
}

/* ---- all of the start page ----------------------------------------------- */

const HistoryEntry *start_last(const Scene *scene) {
    const HistoryList *h = scene->history;
    for (int i = 0; h && i < h->n; i++)
        if (h->list[i].kind != HISTORY_MODEL) return &h->list[i];
    return NULL;
}

static void add_recent(Maker *m, int row) {
    const HistoryList *h = m->scene->history;
    int shown = 0;
    for (int i = 0; h && i < h->n && shown < START_RECENT_MAX; i++) {
        if (h->list[i].kind == HISTORY_LESSON) continue;
        StartEntry *e = add(m, START_RECENT, i, 1, row + shown++);
        e->slide = h->list[i].slide;
        e->beat = h->list[i].beat;
    }
}

static void add_side(Maker *m) {
    const Catalogue *c = m->scene->catalogue;
    int row = 0;
    for (int i = 0; i < c->n_models; i++)
        add(m, START_MODEL, i, 1, row++);
    if (c->n_steps > 0) add(m, START_STEPS, 0, 1, row++);
    add(m, START_COMMAND, 0, 1, row++)->command = CMD_EDIT_PROMPT;
    add(m, START_COMMAND, 0, 1, row++)->command = CMD_PALETTE;
    add_recent(m, row);
}

static void add_go_on(Maker *m) {
    const HistoryEntry *last = start_last(m->scene);
    StartEntry *e = add(m, START_GO_ON, 0, 0, 0);
    e->slide = last ? last->slide : m->scene->slide;
    e->beat = last ? last->beat : m->scene->beat;
}

/* ---- after the end ------------------------------------------------------- */

static const CatalogueLesson *following(const Scene *scene) {
    char name[LESSONS_NAME_MAX];
    catalogue_name(scene->deck, name);
    return name[0] ? catalogue_after(scene->catalogue, name) : NULL;
}

static void add_end(Maker *m) {
    const Scene *scene = m->scene;
    int row = 0;
    if (!scene->deck) return;
    const CatalogueLesson *next = following(scene);
    if (next) add_lesson(m, (int)(next - scene->catalogue->lessons), row++);
    const int breaks = catalogue_breaks(scene->deck);
    if (breaks >= 0) {
        StartEntry *e = add(m, START_PLACE, 0, 0, row++);
        e->slide = breaks;
    }
    add(m, START_PLACE, 1, 0, row++);
    add(m, START_HOME, 0, 0, row);
}

int start_list(const Scene *scene, StartEntry out[START_ENTRIES_MAX]) {
    Maker m = {.scene = scene, .out = out};
    if (scene->page == PAGE_END) {
        add_end(&m);
    } else if (scene->page == PAGE_START) {
        add_go_on(&m);
        add_lessons(&m);
        add_side(&m);
    }
    return m.n;
}

/* ---- keys ---------------------------------------------------------------- */

/* The entry of a row that is nearest to place `at`; -1: no such row. */
static int find(const StartEntry *list, int n, int column, int row, int at) {
    int found = -1;
    for (int i = 0; i < n; i++)
        if (list[i].column == column && list[i].row == row && list[i].at <= at)
            found = i;
    return found;
}

static int last_row(const StartEntry *list, int n, int column) {
    int row = -1;
    for (int i = 0; i < n; i++)
        if (list[i].column == column) row = num_max(row, list[i].row);
    return row;
}

/* Down from the end of the first column into the second, and back. */
static int step_row(const StartEntry *list, int n, int i, int dir) {
    const StartEntry *e = &list[i];
    int to = find(list, n, e->column, e->row + dir, e->at);
    if (to < 0 && dir > 0 && e->column == 0) to = find(list, n, 1, 0, 0);
    if (to < 0 && dir < 0 && e->column == 1)
        to = find(list, n, 0, last_row(list, n, 0), 0);
    return to < 0 ? i : to;
}

/* Along the row, then to the same row of the other column. */
static int step_along(const StartEntry *list, int n, int i, int dir) {
    const StartEntry *e = &list[i];
    const int beside = i + dir;
    const int other = e->column == 0 && dir > 0   ? 1
                      : e->column == 1 && dir < 0 ? 0
                                                  : -1;
    if (beside >= 0 && beside < n && list[beside].column == e->column &&
        list[beside].row == e->row)
        return beside;
    if (other < 0) return i;
    const int row = num_min(e->row, last_row(list, n, other));
    const int to = find(list, n, other, row, START_ENTRIES_MAX);
    return to < 0 ? i : to;
}

int start_step(const StartEntry *list, int n, int i, const char *key_name) {
    if (n == 0) return -1;
    i = num_clamp(i, 0, n - 1);
    if (strcmp(key_name, "Down") == 0) return step_row(list, n, i, +1);
    if (strcmp(key_name, "Up") == 0) return step_row(list, n, i, -1);
    if (strcmp(key_name, "Right") == 0) return step_along(list, n, i, +1);
    if (strcmp(key_name, "Left") == 0) return step_along(list, n, i, -1);
    if (strcmp(key_name, "Home") == 0) return 0;
    if (strcmp(key_name, "End") == 0) return n - 1;
    return -1;
}

/* ---- words --------------------------------------------------------------- */

const HistoryEntry *start_past(const Scene *scene, const CatalogueLesson *l) {
    return history_find(scene->history, HISTORY_LESSON, l->name);
}

int start_n_done(const Scene *scene) {
    const Catalogue *c = scene->catalogue;
    int n = 0;
    for (int i = 0; i < c->n; i++)
        n += history_is_done(start_past(scene, &c->lessons[i]),
                             c->lessons[i].n_slides);
    return n;
}

/* "4 slides, 2 with a question", and what is done of it. */
static void lesson_detail(const Scene *scene, const CatalogueLesson *l,
                          char out[START_TEXT_MAX]) {
    const HistoryEntry *past = start_past(scene, l);
    int n = snprintf(out, START_TEXT_MAX, "%d slides, %d with a question",
                     l->n_slides, l->n_asked);
    if (past && n > 0 && n < START_TEXT_MAX)
        snprintf(out + n, START_TEXT_MAX - (size_t)n, " · %d seen, %d answered",
                 history_count(&past->seen, l->n_slides),
                 history_count(&past->answered, l->n_slides));
}

const CatalogueLesson *start_lesson(const Scene *scene, int arg) {
    const Catalogue *c = scene->catalogue;
    return arg < 0 ? &c->lecture : &c->lessons[arg];
}

/* "slide 4 of 8, Switched off" */
static void place_text(const Deck *d, int slide, char out[START_TEXT_MAX]) {
    const int n = deck_n_slides(d), i = num_clamp(slide, 0, n - 1);
    const char *title = deck_slide(d, i)->title;
    snprintf(out, START_TEXT_MAX, "slide %d of %d%s%s", i + 1, n,
             title[0] ? ", " : "", title);
}

/* Where one was the last time. */
static void last_text(const Scene *scene, const HistoryEntry *last,
                      char text[START_TEXT_MAX], char detail[START_TEXT_MAX]) {
    const CatalogueLesson *l =
        last->kind == HISTORY_LESSON
            ? catalogue_find(scene->catalogue, last->name)
            : NULL;
    snprintf(text, START_TEXT_MAX, "Go on: %.140s",
             l ? l->title : file_name(last->name));
    if (l)
        place_text(l->deck, last->slide, detail);
    else
        snprintf(detail, START_TEXT_MAX, "slide %d of %d", last->slide + 1,
                 last->n_slides);
}

static void go_on_text(const Scene *scene, char text[START_TEXT_MAX],
                       char detail[START_TEXT_MAX]) {
    const HistoryEntry *last = start_last(scene);
    if (last) {
        last_text(scene, last, text, detail);
    } else if (scene->deck) {
        snprintf(text, START_TEXT_MAX, "%s: %.140s",
                 scene->can_go_on ? "Go on" : "Begin", deck_title(scene->deck));
        place_text(scene->deck, scene->slide, detail);
    } else {
        snprintf(text, START_TEXT_MAX, "Explore %.140s",
                 model_name(scene->model));
    }
}

static void model_text(const CatalogueModel *m, char text[START_TEXT_MAX],
                       char detail[START_TEXT_MAX]) {
    snprintf(text, START_TEXT_MAX, "%s", m->title);
    char n[32];
    panel_grouped(m->n_params, n, sizeof n);
    snprintf(detail, START_TEXT_MAX, "%s parameters", n);
}

static void recent_text(const HistoryEntry *e, char text[START_TEXT_MAX],
                        char detail[START_TEXT_MAX]) {
    snprintf(text, START_TEXT_MAX, "%.150s", file_name(e->name));
    if (e->kind == HISTORY_MODEL)
        snprintf(detail, START_TEXT_MAX, "model");
    else
        snprintf(detail, START_TEXT_MAX, "slide %d of %d", e->slide + 1,
                 e->n_slides);
}

static void command_text(Command c, char text[START_TEXT_MAX],
                         char detail[START_TEXT_MAX]) {
    const bool writes = c == CMD_EDIT_PROMPT;
    snprintf(text, START_TEXT_MAX, "%s",
             writes ? "Your own sentence" : "Anything by its name");
    snprintf(detail, START_TEXT_MAX, "%s", writes ? "/" : ":");
}

/* A place of the deck whose end was reached. */
static void end_place_text(const Scene *scene, const StartEntry *e,
                           char text[START_TEXT_MAX],
                           char detail[START_TEXT_MAX]) {
    snprintf(text, START_TEXT_MAX, "%s",
             e->arg ? "Again from the beginning" : "Break something yourself");
    place_text(scene->deck, e->slide, detail);
}

void start_text(const Scene *scene, const StartEntry *e,
                char text[START_TEXT_MAX], char detail[START_TEXT_MAX]) {
    const CatalogueLesson *l;
    text[0] = detail[0] = '\0';
    switch (e->kind) {
    case START_GO_ON:
        go_on_text(scene, text, detail);
        break;
    case START_SLIDE:
        snprintf(text, START_TEXT_MAX, "%.150s",
                 deck_slide(scene->catalogue->lecture.deck, e->arg)->title);
        snprintf(detail, START_TEXT_MAX, "slide %d of the lecture", e->arg + 1);
        break;
    case START_LESSON:
        l = start_lesson(scene, e->arg);
        snprintf(text, START_TEXT_MAX, "%.150s", l->title);
        lesson_detail(scene, l, detail);
        break;
    case START_MODEL:
        model_text(&scene->catalogue->models[e->arg], text, detail);
        break;
    case START_STEPS: /* of the first */
        snprintf(text, START_TEXT_MAX, "%s at %d moments of its training",
                 scene->catalogue->models[0].title, scene->catalogue->n_steps);
        break;
    case START_RECENT:
        recent_text(&scene->history->list[e->arg], text, detail);
        break;
    case START_COMMAND:
        command_text(e->command, text, detail);
        break;
    case START_PLACE:
        end_place_text(scene, e, text, detail);
        break;
    case START_HOME:
        snprintf(text, START_TEXT_MAX, "Start page");
        snprintf(detail, START_TEXT_MAX, "Ctrl+Home");
        break;
    }
}
