/* Decks: Markdown lessons. */
#include "lessons/deck.h"
#include "tests/fuzz/fuzz.h"

#define NAME "f.md"

static void check_spans(const DeckBlock *b) {
    FUZZ_TRUE(b->n_spans >= 0);
    for (int i = 0; i < b->n_spans; i++) {
        const DeckSpan *s = &b->spans[i];
        FUZZ_TRUE(s->len >= 0 && strlen(s->text) == (size_t)s->len);
        FUZZ_TRUE(s->role <= ROLE_MLP);
        FUZZ_TRUE(s->style < 2 * SPAN_ABOVE);
        FUZZ_TRUE(!s->href || strlen(s->href) < DECK_SIZE_MAX);
    }
}

/* No more cells than columns, each of which says how it is set.  Fewer where
 * web content in a cell ends the row. */
static void check_row(const DeckBlock *b) {
    int n_cells = 0;
    for (int i = 0; i < b->n_spans; i++)
        n_cells += (b->spans[i].style & SPAN_CELL) != 0;
    FUZZ_TRUE(b->number >= 1 && n_cells <= b->number);
    FUZZ_TRUE(b->info && strlen(b->info) == (size_t)b->number);
    FUZZ_TRUE(strspn(b->info, "lcr") == (size_t)b->number);
}

static void check_ask(const DeckAsk *a) {
    FUZZ_TRUE(a->question && a->unit && a->line >= 1 && a->kind <= ASK_DO);
    FUZZ_TRUE(a->number >= 0 && a->number < DECK_ASKS_MAX);
    FUZZ_TRUE(a->n_hints >= 0 && a->n_hints <= DECK_HINTS_MAX);
    for (int i = 0; i < a->n_hints; i++)
        FUZZ_TRUE(a->hints[i] && a->hints[i][0]);
    if (a->kind == ASK_CHOICE) {
        FUZZ_TRUE(a->n_options >= 2 && a->n_options <= DECK_OPTIONS_MAX);
        FUZZ_TRUE(a->answer >= 0 && a->answer < a->n_options);
    }
    if (a->kind == ASK_GUESS)
        FUZZ_TRUE(a->low < a->high && a->value >= a->low &&
                  a->value <= a->high);
    if (a->kind == ASK_DO)
        FUZZ_TRUE(a->goal_text && (a->claim || (a->goal && a->goal->set)));
}

static void check_block(const DeckBlock *b, int n_beats) {
    FUZZ_TRUE(b->kind <= BLOCK_RULE && b->task <= TASK_DONE);
    FUZZ_TRUE(b->size >= -2 && b->size <= 2);
    FUZZ_TRUE(b->width >= 0 && b->height >= 0);
    FUZZ_TRUE((!b->numbered && b->n_lit == 0) || b->kind == BLOCK_CODE);
    FUZZ_TRUE(b->n_lit >= 0 && b->n_lit <= DECK_LINES_MAX && b->n_steps >= 0);
    FUZZ_TRUE(b->fragment >= 0);
    FUZZ_TRUE(b->beat >= 0 && b->beat < n_beats);
    FUZZ_TRUE(b->level >= 0 && b->level <= DECK_DEPTH_MAX);
    check_spans(b);
    if (b->kind == BLOCK_ROW) check_row(b);
    if (b->kind != BLOCK_ASK) return;
    FUZZ_TRUE(b->ask != NULL);
    check_ask(b->ask);
}

static void check_slide(const DeckSlide *s) {
    FUZZ_TRUE(s->title && s->notes && s->line >= 1);
    FUZZ_TRUE(s->n_beats >= 1 && s->n_beats <= DECK_BEATS_MAX);
    for (int i = 0; i < s->n_blocks; i++)
        check_block(&s->blocks[i], s->n_beats);
    for (int i = 0; i < s->n_claims; i++)
        FUZZ_TRUE(s->claims[i].beat >= 0 && s->claims[i].beat < s->n_beats);
}

static void check_states(const Deck *d, int slide) {
    State base, out;
    Err err = {0};
    state_init(&base);
    state_init(&out);
    const int beat = deck_slide(d, slide)->n_beats - 1;
    if (deck_state_at(d, slide, beat, &base, &out, &err))
        FUZZ_TRUE(out.slide == slide + 1 && out.beat == beat);
    else
        FUZZ_TRUE(err.code != ERR_NONE && err.msg[0]);
    state_free(&out);
    state_free(&base);
}

/* Of a document as many pages as its name has letters. */
static int n_letters(void *ud, const char *deck, const char *name) {
    (void)ud;
    FUZZ_TRUE(strcmp(deck, NAME) == 0 && !strpbrk(name, "#?"));
    return (int)strlen(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    const DeckFiles files = {n_letters, NULL};
    Deck *d = deck_open_text(NAME, (const char *)data, size, &files, &err);
    if (!d) return fuzz_refused(&err, NAME);
    const DeckWarning *warnings;
    const int n = deck_n_slides(d), n_warnings = deck_warnings(d, &warnings);
    FUZZ_TRUE(n >= 1 && n <= DECK_SLIDES_MAX && deck_title(d));
    for (int i = 0; i < n; i++)
        check_slide(deck_slide(d, i));
    for (int i = 0; i < n_warnings; i++)
        FUZZ_TRUE(warnings[i].line >= 1 && warnings[i].text[0] &&
                  !strchr(warnings[i].text, '\n'));
    for (int i = 0; i < deck_n_models(d); i++)
        FUZZ_TRUE(deck_model(d, i)[0] && deck_is_about(d, deck_model(d, i)));
    check_states(d, 0);
    check_states(d, n - 1);
    deck_close(d);
    return 0;
}
