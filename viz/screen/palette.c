/* Which lines the palette has, and how well each fits what is typed. */
#include "viz/screen/palette.h"

#include "engine/base/num.h"
#include "viz/screen/keys.h"

#include <stdio.h>
#include <string.h>

/* ---- how well a text fits ------------------------------------------------ */

enum { FITS_NOT, FITS_INSIDE, FITS_WORD, FITS_BEGINNING };

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

static bool same_at(const char *text, const char *word, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!text[i] || lower(text[i]) != lower(word[i])) return false;
    return true;
}

static bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static int fit_word(const char *text, const char *word, size_t n) {
    int best = FITS_NOT;
    for (size_t at = 0; text[at] && best < FITS_WORD; at++) {
        if (!same_at(text + at, word, n)) continue;
        if (at == 0) return FITS_BEGINNING;
        best = is_letter(text[at - 1]) ? FITS_INSIDE : FITS_WORD;
    }
    return best;
}

/* The sum over the words that are typed; 0 where one is not there.  All fit
 * while nothing is typed. */
static int fit(const char *text, const char *typed) {
    int sum = 1;
    for (const char *p = typed; *p;) {
        const size_t n = strcspn(p, " ");
        const int word = n ? fit_word(text, p, n) : FITS_INSIDE;
        if (word == FITS_NOT) return 0;
        sum += word;
        p += n + (p[n] == ' ');
    }
    return sum;
}

/* ---- the lines ----------------------------------------------------------- */

typedef struct Search {
    const Scene *scene;
    const char *typed;
    PaletteLine *lines;
    int fits[PALETTE_LINES];
    int n;
} Search;

/* Behind those that fit as well, which came before. */
static void offer(Search *s, const PaletteLine *line, int fits) {
    int at = s->n;
    while (at > 0 && s->fits[at - 1] < fits)
        at--;
    if (fits == 0 || at == PALETTE_LINES) return;
    const int last = s->n < PALETTE_LINES ? s->n++ : PALETTE_LINES - 1;
    for (int i = last; i > at; i--) {
        s->lines[i] = s->lines[i - 1];
        s->fits[i] = s->fits[i - 1];
    }
    s->lines[at] = *line;
    s->fits[at] = fits;
}

static bool is_for_keys_alone(Command c) {
    return c == CMD_PALETTE || c == CMD_ANSWER || c == CMD_VOTE ||
           c == CMD_LEAVE;
}

static void offer_commands(Search *s) {
    const Arch *a = model_config(s->scene->model)->arch;
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        const char *help = keys_help(row, a);
        PaletteLine line = {.kind = PALETTE_COMMAND,
                            .command = row->command,
                            .arg = keys_arg(row)};
        if (!help || is_for_keys_alone(row->command)) continue;
        snprintf(line.text, sizeof line.text, "%s%s",
                 row->command == CMD_VIEW ? "View: " : "", help);
        snprintf(line.detail, sizeof line.detail, "%s", row->keys);
        /* A view is called by its name: it comes before what names it. */
        const bool is_view = row->command == CMD_VIEW;
        const int fits = fit(is_view ? help : line.text, s->typed);
        offer(s, &line, fits && is_view ? fits + 1 : fits);
    }
}

static void offer_slides(Search *s) {
    const Deck *d = s->scene->deck;
    for (int i = 0; d && i < deck_n_slides(d); i++) {
        PaletteLine line = {.kind = PALETTE_SLIDE, .arg = i};
        snprintf(line.text, sizeof line.text, "Slide %d: %s", i + 1,
                 deck_slide(d, i)->title);
        snprintf(line.detail, sizeof line.detail, "slide");
        if (s->typed[0]) offer(s, &line, fit(line.text, s->typed));
    }
}

static void offer_tokens(Search *s) {
    const Trace *t = s->scene->trace;
    for (int i = 0; s->typed[0] && i < trace_n_pos(t); i++) {
        PaletteLine line = {.kind = PALETTE_TOKEN, .arg = i};
        char label[STAGE_LABEL_MAX];
        tokenizer_show(s->scene->tokenizer, trace_token(t, i), label,
                       sizeof label);
        snprintf(line.text, sizeof line.text, "Token %d: %s", i, label);
        snprintf(line.detail, sizeof line.detail, "token");
        offer(s, &line, fit(line.text, s->typed));
    }
}

/* "3.2": as edit= calls a head. */
static void offer_head(Search *s) {
    PaletteLine line = {.kind = PALETTE_HEAD};
    Edits e;
    if (!edits_parse(&e, s->typed, model_config(s->scene->model), NULL) ||
        e.n != 1 || e.list[0].kind != EDIT_HEAD || strchr(s->typed, '*'))
        return;
    line.layer = e.list[0].layer;
    line.arg = e.list[0].index;
    snprintf(line.text, sizeof line.text, "Head %d of layer %d", line.arg,
             line.layer);
    snprintf(line.detail, sizeof line.detail, "head");
    offer(s, &line, 2 * FITS_BEGINNING);
}

static void offer_edit(Search *s) {
    PaletteLine line = {.kind = PALETTE_EDIT};
    if (!s->typed[0] || !edits_parse(&line.edits, s->typed,
                                     model_config(s->scene->model), NULL))
        return;
    snprintf(line.text, sizeof line.text, "Change: %s", s->typed);
    snprintf(line.detail, sizeof line.detail, "edit=");
    offer(s, &line, FITS_BEGINNING + 2); /* more than what it begins */
}

/* The numbers that a word of edit= is completed with: those that are shown. */
static EditPlace place_of(const Scene *scene) {
    const State *s = scene->state;
    const Trace *t = scene->trace;
    const int n = trace_n_pos(t), last = num_max(n - 1, 0);
    const int pos = s->token >= 0 && s->token < n ? s->token : last;
    const int elem = num_max(s->elem, 0);
    return (EditPlace){
        .layer = s->layer,
        .head = s->head,
        .neuron = num_min(elem, model_config(scene->model)->hidden_dim - 1),
        .pos = s->key >= 0 && s->key < n ? s->key : pos,
        .token = n > 0 ? trace_token(t, pos) : 0};
}

/* The letters that a form begins with. */
static size_t word_length(const char *form) {
    size_t n = 0;
    while (form[n] >= 'a' && form[n] <= 'z')
        n++;
    return n;
}

/* One form for the last of the words typed, `before` bytes into them. */
static void offer_term(Search *s, const EditTerm *term, size_t before) {
    const char *typed = s->typed + before;
    const EditPlace place = place_of(s->scene);
    const size_t n_word = word_length(term->form), n = strlen(typed);
    PaletteLine line = {.kind = PALETTE_EDIT};
    char word[EDIT_TERM_MAX];
    edit_term_fill(term, &place, word);
    const bool begins = strncmp(word, typed, n) == 0;
    const bool goes_on = n_word > 0 && n > n_word && !begins &&
                         typed[n_word] >= '0' && typed[n_word] <= '9' &&
                         strncmp(typed, term->form, n_word) == 0;
    if (n == 0 || strcmp(word, typed) == 0 || (!begins && !goes_on)) return;
    snprintf(line.word, sizeof line.word, "%.*s%s", (int)before, s->typed,
             word);
    if (!edits_parse(&line.edits, line.word, model_config(s->scene->model),
                     NULL))
        return;
    if (goes_on) line.kind = PALETTE_FORM;
    snprintf(line.text, sizeof line.text, "%s: %s",
             goes_on ? "As in" : "Change", word);
    snprintf(line.detail, sizeof line.detail, "%s", term->help);
    offer(s, &line, begins ? FITS_BEGINNING + 1 : FITS_WORD);
}

static void offer_terms(Search *s) {
    const char *comma = strrchr(s->typed, ',');
    const size_t before = comma ? (size_t)(comma + 1 - s->typed) : 0;
    for (int i = 0; edit_term(i); i++)
        offer_term(s, edit_term(i), before);
}

/* ---- what can be opened -------------------------------------------------- */

static void offer_files(Search *s) {
    static const char *const kinds[] = {[OFFER_LESSON] = "Lesson",
                                        [OFFER_DECK] = "Lesson file",
                                        [OFFER_MODEL] = "Model"};
    const Offers *o = s->scene->offers;
    for (int i = 0; s->typed[0] && i < o->n; i++) {
        PaletteLine line = {.kind = PALETTE_OFFER, .arg = i};
        snprintf(line.text, sizeof line.text, "%s: %.80s",
                 kinds[o->list[i].kind], o->list[i].name);
        snprintf(line.detail, sizeof line.detail, "%s",
                 o->list[i].kind == OFFER_MODEL ? "model" : "lesson");
        /* As a view, it is called by its name. */
        const int own = fit(o->list[i].name, s->typed);
        offer(s, &line, own ? own : fit(line.text, s->typed));
    }
}

int palette_find(const Scene *scene, const char *typed,
                 PaletteLine out[PALETTE_LINES]) {
    Search s = {.scene = scene, .typed = typed, .lines = out};
    offer_commands(&s);
    offer_head(&s);
    offer_edit(&s);
    offer_terms(&s);
    offer_files(&s);
    offer_slides(&s);
    offer_tokens(&s);
    return s.n;
}
