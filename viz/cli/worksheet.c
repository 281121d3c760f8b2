/* The Markdown of a worksheet. */
#include "viz/cli/worksheet.h"

#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "engine/base/writer.h"
#include "engine/formula/formula.h"
#include "viz/app/lessons.h"
#include "viz/app/pictures.h"
#include "viz/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096 /* bytes of a question; what is longer is cut */

typedef struct Sheet {
    Writer w;
    const Deck *deck;
    char open[2 * TEXT_MAX]; /* the command that opens the lesson */
    int asked;               /* questions so far */
} Sheet;

static void put(Sheet *s, const char *text) {
    writer_bytes(&s->w, text, strlen(text));
}

/* ---- text of others ------------------------------------------------------ */

/* Visible, on one line. */
static void clean(const char *text, int len, char out[TEXT_MAX]) {
    char line[TEXT_MAX];
    int n = 0;
    for (int i = 0; i < len && n + 1 < TEXT_MAX; i++)
        line[n++] = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];
    escape_text(line, n, out, TEXT_MAX);
}

/* Nothing in it is markup; it never begins a line, where more would be. */
static void put_words(Sheet *s, const char *text, int n) {
    char line[TEXT_MAX];
    clean(text, n < TEXT_MAX ? n : TEXT_MAX, line);
    for (const char *p = line; *p; p++) {
        if (strchr("\\`*_[]<>#|&~$", *p)) put(s, "\\");
        writer_bytes(&s->w, p, 1);
    }
}

/* The same, but for formulas. */
static void put_text(Sheet *s, const char *text) {
    FormulaPiece piece;
    char line[TEXT_MAX];
    while (formula_next(&text, &piece)) {
        if (!piece.formula || piece.len >= TEXT_MAX) {
            put_words(s, piece.text, piece.len);
            continue;
        }
        clean(piece.text, piece.len, line);
        put(s, "$");
        put(s, line);
        put(s, "$");
    }
}

/* A word of a command line. */
static void quote(const char *word, char *out, size_t size) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    char line[TEXT_MAX];
    clean(word, (int)strnlen(word, TEXT_MAX), line);
    size_t n = 0;
    const bool plain = line[0] && line[strspn(line, safe)] == '\0';
    if (!plain) out[n++] = '\'';
    for (const char *p = line; *p && n + 8 < size; p++)
        if (*p == '\'')
            n += (size_t)snprintf(out + n, size - n, "'\\''");
        else
            out[n++] = *p;
    if (!plain) out[n++] = '\'';
    out[n] = '\0';
}

/* ---- parts --------------------------------------------------------------- */

static void put_lines(Sheet *s, int n) {
    for (int i = 0; i < n; i++)
        put(s, "\n___\n");
}

static void put_command(Sheet *s, const char *command) {
    const char *fence = strchr(command, '`') ? "````" : "`";
    put(s, fence);
    put(s, command);
    put(s, fence);
}

static void put_place(Sheet *s, int slide, int beat) {
    char command[2 * TEXT_MAX + 64];
    snprintf(command, sizeof command, "%s --state \"slide=%d beat=%d\"",
             s->open, slide + 1, beat);
    put(s, "Open: ");
    put_command(s, command);
    put(s, "\n\n");
}

static void put_number(Sheet *s, double x) {
    char text[40];
    snprintf(text, sizeof text, "%.9g", x);
    put_text(s, text);
}

static void put_choice(Sheet *s, const DeckAsk *ask) {
    for (int i = 0; i < ask->n_options; i++) {
        const char letter[2] = {(char)('a' + i), '\0'};
        put(s, "- [ ] ");
        put(s, letter);
        put(s, ") ");
        put_text(s, ask->options[i]);
        put(s, "\n");
    }
    put(s, "\nBecause:\n");
    put_lines(s, 2);
}

static void put_guess(Sheet *s, const DeckAsk *ask) {
    put(s, "A number from ");
    put_number(s, ask->low);
    put(s, " to ");
    put_number(s, ask->high);
    if (ask->unit[0]) put(s, " ");
    put_text(s, ask->unit);
    put(s, ". My guess, and what it was:\n");
    put_lines(s, 1);
}

static void put_ask(Sheet *s, const DeckAsk *ask) {
    char number[48];
    snprintf(number, sizeof number, "**%s %d.** ",
             ask->kind == ASK_DO ? "Task" : "Question", ++s->asked);
    put(s, number);
    put_text(s, ask->question[0] ? ask->question : "Guess a number.");
    put(s, "\n\n");
    if (ask->kind == ASK_CHOICE)
        put_choice(s, ask);
    else if (ask->kind == ASK_GUESS)
        put_guess(s, ask);
    else {
        put(s, "What I did, and what changed:\n");
        put_lines(s, 2);
    }
    put(s, "\n");
}

static void put_slide(Sheet *s, int i) {
    const DeckSlide *d = deck_slide(s->deck, i);
    char label[DECK_LABEL_MAX];
    int before = s->asked, at = -1;
    deck_label(s->deck, i, label);
    put(s, "\n---\n\n## ");
    put(s, label);
    put(s, ". ");
    put_text(s, d->title[0] ? d->title : "Slide");
    put(s, "\n\n");
    for (int k = 0; k < d->n_blocks; k++) {
        if (d->blocks[k].kind != BLOCK_ASK) continue;
        if (d->blocks[k].beat != at) put_place(s, i, d->blocks[k].beat);
        at = d->blocks[k].beat;
        put_ask(s, d->blocks[k].ask);
    }
    if (s->asked > before) return;
    put_place(s, i, d->n_beats - 1);
    put(s, "What it shows, in a sentence of my own:\n");
    put_lines(s, 2);
}

/* A deck without a heading is known by its file. */
static const char *title(const Deck *d) {
    return deck_title(d)[0] ? deck_title(d) : file_name(deck_path(d));
}

static void put_sheet(Sheet *s) {
    put(s, "# Worksheet: ");
    put_text(s, title(s->deck));
    put(s, "\n\nName and date:\n");
    put_lines(s, 1);
    put(s, "\nThe whole lesson: ");
    put_command(s, s->open);
    put(s, "\n");
    for (int i = 0; i < deck_n_slides(s->deck); i++)
        put_slide(s, i);
}

/* ---- the file ------------------------------------------------------------ */

static bool save(Sheet *s, const char *output, Err *err) {
    size_t n = 0;
    put_sheet(s);
    char *text = writer_take(&s->w, &n, "worksheet", err);
    if (!text) return false;
    bool ok;
    if (cli_ends(output, "pdf"))
        ok = worksheet_save_pdf(text, n, title(s->deck), output, err);
    else if (output)
        ok = file_save(output, text, n, err);
    else {
        cli_text(text, n);
        ok = cli_flush(err);
    }
    free(text);
    return ok;
}

bool worksheet_save(const char *lesson, const char *output, Err *err) {
    const bool inside = lessons_has(lesson);
    if (!inside && !cli_spare(output, lesson, "deck", err)) return false;
    Sheet *s = calloc(1, sizeof *s);
    if (!s) return err_memory(err, "worksheet", sizeof *s);
    Deck *d =
        inside ? lessons_open(lesson, err) : pictures_open_deck(lesson, err);
    s->deck = d;
    char word[TEXT_MAX];
    quote(lesson, word, sizeof word);
    snprintf(s->open, sizeof s->open, "llantern view %s%s",
             inside ? "--lesson " : "", word);
    const bool ok = d && save(s, output, err);
    deck_close(d);
    free(s);
    return ok;
}
