/* Memory of a deck, and how blocks, spans and beats are put together. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536
#define SAME_AMONG  64 /* newest warnings that are compared */

struct DeckChunk {
    DeckChunk *next;
    size_t used, size;
    max_align_t data[];
};

/* ---- failures and warnings ---------------------------------------------- */

bool deck_build_ok(const DeckBuild *b) {
    return b->err.code == ERR_NONE;
}

void deck_build_fail(DeckBuild *b, ErrCode code, const char *fmt, ...) {
    char text[sizeof b->err.msg];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_set(&b->err, code, (size_t)b->line, "%s:%d: %s", b->deck->path, b->line,
            text);
}

/* Counts a warning where its words were said often enough of late. */
static bool is_said(DeckBuild *b, const char *text) {
    WarningDraft *all = b->warnings.items, *last = NULL;
    const size_t n = b->warnings.n;
    int times = 0;
    for (size_t i = 1; i <= n && i <= SAME_AMONG; i++) {
        WarningDraft *w = &all[n - i];
        if (!w->warning.text || strcmp(w->warning.text, text) != 0) continue;
        if (!last) last = w;
        times++;
    }
    if (times < DECK_SAME_MAX) return false;
    last->n_more++;
    last->last_line = b->line;
    return true;
}

void deck_build_warn(DeckBuild *b, const char *fmt, ...) {
    char text[sizeof b->err.msg];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *c = text; *c; c++) /* one line, whatever the deck holds */
        if ((unsigned char)*c < ' ' || *c == 0x7F) *c = ' ';
    if (b->warnings.n >= DECK_WARNINGS_MAX || is_said(b, text)) return;
    if (b->warnings.n == DECK_WARNINGS_MAX - 1)
        snprintf(text, sizeof text, "further warnings are left out");
    WarningDraft *w = deck_build_push(b, &b->warnings, sizeof *w);
    if (!w) return;
    w->warning.line = b->line;
    w->warning.text = deck_build_copy(b, text, strlen(text));
}

/* Those there are, their sums told. */
static const DeckWarning *keep_warnings(DeckBuild *b) {
    const size_t n = b->warnings.n;
    const WarningDraft *from = b->warnings.items;
    DeckWarning *all = deck_build_alloc(b, n * sizeof *all);
    char text[2 * sizeof b->err.msg];
    for (size_t i = 0; all && i < n; i++) {
        const WarningDraft *w = &from[i];
        all[i] = w->warning;
        if (w->n_more == 0) continue;
        if (w->n_more == 1)
            snprintf(text, sizeof text, "%s (and once more, on line %d)",
                     w->warning.text, w->last_line);
        else
            snprintf(text, sizeof text, "%s (and %d times more, up to line %d)",
                     w->warning.text, w->n_more, w->last_line);
        all[i].text = deck_build_copy(b, text, strlen(text));
    }
    return all;
}

/* ---- memory ------------------------------------------------------------- */

/* Counts bytes against the deck's limit; false, and failed, beyond it. */
static bool charge(DeckBuild *b, size_t bytes) {
    if (!deck_build_ok(b)) return false;
    if (bytes > DECK_MEMORY_MAX - b->used_bytes) {
        deck_build_fail(b, ERR_LIMIT, "the deck needs more than %u bytes",
                        DECK_MEMORY_MAX);
        return false;
    }
    b->used_bytes += bytes;
    return true;
}

void *deck_build_alloc(DeckBuild *b, size_t size) {
    Deck *d = b->deck;
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) *
           sizeof(max_align_t);
    if (!charge(b, size)) return NULL;
    if (!d->chunks || size > d->chunks->size - d->chunks->used) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        DeckChunk *chunk = calloc(1, sizeof *chunk + room);
        if (!chunk) {
            err_memory(&b->err, d->path, room);
            return NULL;
        }
        chunk->size = room;
        chunk->next = d->chunks;
        d->chunks = chunk;
    }
    void *p = (char *)d->chunks->data + d->chunks->used;
    d->chunks->used += size;
    return p;
}

char *deck_build_copy(DeckBuild *b, const char *text, size_t n) {
    char *copy = deck_build_alloc(b, n + 1);
    if (copy && n > 0) memcpy(copy, text, n);
    return copy;
}

/* Room for n more items. */
static bool reserve(DeckBuild *b, DeckVec *v, size_t n, size_t item_size) {
    if (!deck_build_ok(b)) return false;
    if (n <= v->cap - v->n) return true;
    size_t cap = v->cap * 2 > v->n + n ? v->cap * 2 : v->n + n + 16;
    if (!charge(b, (cap - v->cap) * item_size)) return false;
    void *items = realloc(v->items, cap * item_size);
    if (!items) return err_memory(&b->err, b->deck->path, cap * item_size);
    v->items = items;
    v->cap = cap;
    return true;
}

void *deck_build_push(DeckBuild *b, DeckVec *v, size_t item_size) {
    if (!reserve(b, v, 1, item_size)) return NULL;
    void *item = (char *)v->items + v->n++ * item_size;
    memset(item, 0, item_size);
    return item;
}

void deck_build_append(DeckBuild *b, DeckVec *v, const char *text, size_t n) {
    if (n == 0 || !reserve(b, v, n, 1)) return;
    memcpy((char *)v->items + v->n, text, n);
    v->n += n;
}

/* The array as it is now, in the deck's memory; v is emptied for reuse. */
static void *keep(DeckBuild *b, DeckVec *v, size_t item_size) {
    void *items = deck_build_alloc(b, v->n * item_size);
    if (items && v->n > 0) memcpy(items, v->items, v->n * item_size);
    v->n = 0;
    return items;
}

void deck_build_init(DeckBuild *b, const char *path) {
    *b = (DeckBuild){.line = 1};
    b->deck = calloc(1, sizeof *b->deck);
    if (!b->deck) {
        err_memory(&b->err, "deck", sizeof *b->deck);
        return;
    }
    b->deck->path = ""; /* until the copy is there: messages name it */
    const char *copy = deck_build_copy(b, path, strlen(path));
    if (copy) b->deck->path = copy;
}

Deck *deck_build_finish(DeckBuild *b, Err *err) {
    Deck *d = b->deck;
    if (deck_build_ok(b)) {
        d->n_slides = (int)b->slides.n;
        d->n_warnings = (int)b->warnings.n;
        d->n_meta = (int)b->meta.n;
        d->slides = keep(b, &b->slides, sizeof(DeckSlide));
        d->warnings = keep_warnings(b);
        d->meta = keep(b, &b->meta, sizeof(DeckMeta));
        d->n_models = (int)b->models.n;
        d->models = keep(b, &b->models, sizeof *d->models);
    }
    if (!deck_build_ok(b)) {
        err_set(err, b->err.code, b->err.pos, "%s", b->err.msg);
        deck_close(d);
        d = NULL;
    }
    DeckVec *all[] = {&b->slides, &b->warnings, &b->meta,      &b->models,
                      &b->blocks, &b->spans,    &b->beats,     &b->claims,
                      &b->text,   &b->html,     &b->fragments, NULL};
    for (DeckVec **v = all; *v; v++)
        free((*v)->items);
    *b = (DeckBuild){0};
    return d;
}

void deck_close(Deck *d) {
    if (!d) return;
    while (d->chunks) {
        DeckChunk *next = d->chunks->next;
        free(d->chunks);
        d->chunks = next;
    }
    free(d);
}

/* ---- text --------------------------------------------------------------- */

static DeckBlock *last_block(const DeckBuild *b) {
    return (DeckBlock *)b->blocks.items + b->blocks.n - 1;
}

static DeckSpan *last_span(const DeckBuild *b) {
    return b->spans.n ? (DeckSpan *)b->spans.items + b->spans.n - 1 : NULL;
}

static DeckSpan *push_span(DeckBuild *b) {
    DeckSpan *span = deck_build_push(b, &b->spans, sizeof *span);
    if (!span) return NULL;
    span->text = deck_build_copy(b, b->text.items, b->text.n);
    span->len = (int)b->text.n;
    span->style = b->text_style;
    span->role = b->text_role;
    span->href = b->text_href;
    span->fragment = b->text_fragment;
    b->text.n = 0;
    return span;
}

/* Blanks at the beginning of a line of text are layout, not text. */
static bool at_line_start(const DeckBuild *b) {
    const DeckSpan *last = last_span(b);
    return b->text.n == 0 && (!last || last->style & (SPAN_BREAK | SPAN_CELL));
}

static void trim_end(DeckVec *text) {
    const char *chars = text->items;
    while (text->n > 0 && scan_is_blank(chars[text->n - 1]))
        text->n--;
}

/* Where text goes that stands in no item, image or code. */
static void open_block(DeckBuild *b) {
    if (b->heading)
        deck_build_block(b, BLOCK_HEADING, b->heading, 0, NULL);
    else
        deck_build_block(
            b, b->n_quotes + b->n_html_quotes ? BLOCK_QUOTE : BLOCK_PARAGRAPH,
            deck_build_lists(b), 0, NULL);
}

int deck_build_lists(const DeckBuild *b) {
    return b->n_lists + b->n_html_lists;
}

DeckBlock *deck_build_last(DeckBuild *b) {
    return b->blocks.n > 0 && deck_build_ok(b) ? last_block(b) : NULL;
}

void deck_build_text(DeckBuild *b, const char *text, size_t n) {
    bool code = b->open && last_block(b)->kind == BLOCK_CODE;
    if (!code && (!b->open || at_line_start(b)))
        for (; n > 0 && scan_is_blank(*text); n--)
            text++;
    if (n == 0) return;
    if (!b->open) open_block(b);
    unsigned style = b->md_style | b->html_style;
    if (b->text.n > 0 &&
        (b->text_style != style || b->text_role != b->role ||
         b->text_href != b->href || b->text_fragment != b->span_fragment))
        push_span(b);
    deck_build_append(b, &b->text, text, n);
    b->text_style = style;
    b->text_role = b->role;
    b->text_href = b->href;
    b->text_fragment = b->span_fragment;
}

void deck_build_formula(DeckBuild *b, const char *text, size_t n,
                        bool display) {
    const unsigned style = b->md_style;
    b->md_style |= display ? SPAN_FORMULA | SPAN_DISPLAY : SPAN_FORMULA;
    deck_build_text(b, text, n);
    if (b->open && b->text.n > 0) push_span(b);
    b->md_style = style;
}

void deck_build_break(DeckBuild *b) {
    if (!b->open) return;
    trim_end(&b->text);
    DeckSpan *span = last_span(b);
    if (b->text.n > 0 || !span) span = push_span(b);
    if (span) span->style |= SPAN_BREAK;
}

void deck_build_cell(DeckBuild *b) {
    if (!b->open || last_block(b)->kind != BLOCK_ROW) return;
    trim_end(&b->text);
    DeckSpan *span = last_span(b);
    if (b->text.n > 0 || !span || span->style & SPAN_CELL) {
        if (b->text.n == 0) b->text_style = 0;
        span = push_span(b);
    }
    if (span) span->style |= SPAN_CELL;
}

void deck_build_cell_of(DeckBuild *b, unsigned style) {
    if (!b->open || last_block(b)->kind != BLOCK_ROW) return;
    deck_build_cell(b);
    DeckSpan *span = last_span(b);
    if (span) span->style |= style;
}

/* ---- blocks ------------------------------------------------------------- */

void deck_build_block_end(DeckBuild *b) {
    if (!b->open || !deck_build_ok(b)) return;
    DeckBlock *block = last_block(b);
    if (block->kind != BLOCK_CODE)
        trim_end(&b->text);
    else if (b->text.n > 0)
        b->text.n--; /* the end of its last line */
    if (block->kind == BLOCK_CODE && b->text.n == 0) {
        b->text_style = 0; /* it has its one span, though empty */
        b->text_role = ROLE_NONE;
        b->text_href = NULL;
        b->text_fragment = 0;
        push_span(b);
    }
    if (b->text.n > 0) push_span(b);
    b->in_pre = false;
    block->n_spans = (int)b->spans.n;
    block->spans = keep(b, &b->spans, sizeof(DeckSpan));
    b->open = false;
}

static int current_beat(const DeckBuild *b) {
    return (int)b->beats.n - 1;
}

static DeckBlock *push_block(DeckBuild *b, BlockKind kind) {
    deck_build_block_end(b);
    DeckBlock *block = deck_build_push(b, &b->blocks, sizeof *block);
    if (!block) return NULL;
    block->kind = kind;
    block->beat = current_beat(b);
    block->line = b->line;
    block->fragment = b->block_fragment;
    deck_columns_block(b, block);
    return block;
}

void deck_build_block(DeckBuild *b, BlockKind kind, int level, int number,
                      const char *info) {
    DeckBlock *block = push_block(b, kind);
    if (!block) return;
    block->level = level;
    block->number = number;
    block->info = info;
    b->open = true;
}

void deck_build_ask(DeckBuild *b, const DeckAsk *ask) {
    const int number = b->ask ? b->ask->number + 1 : 0;
    if (number == DECK_ASKS_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d questions on one slide",
                        DECK_ASKS_MAX);
    DeckBlock *block = push_block(b, BLOCK_ASK);
    DeckAsk *copy = deck_build_alloc(b, sizeof *copy);
    if (!block || !copy) return;
    *copy = *ask;
    copy->number = number;
    copy->line = b->line;
    block->ask = b->ask = copy;
}

void deck_build_hint(DeckBuild *b, const char *text) {
    if (!b->ask)
        deck_build_fail(b, ERR_FORMAT,
                        "hint: there is no question before it on this slide");
    else if (b->ask->n_hints == DECK_HINTS_MAX)
        deck_build_fail(b, ERR_LIMIT, "hint: more than %d of one question",
                        DECK_HINTS_MAX);
    else
        b->ask->hints[b->ask->n_hints++] = text;
}

void deck_build_claim(DeckBuild *b, const Claim *claim, const char *text,
                      bool is_after) {
    DeckClaim *c = deck_build_push(b, &b->claims, sizeof *c);
    if (!c) return;
    c->claim = *claim;
    c->text = text;
    c->beat = current_beat(b);
    c->line = b->line;
    c->is_after = is_after;
}

/* ---- beats and slides --------------------------------------------------- */

DeckBeat *deck_build_beat(DeckBuild *b) {
    if (b->beats.n >= DECK_BEATS_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d beats on one slide",
                        DECK_BEATS_MAX);
    if (b->n_beats_all >= DECK_BEATS_ALL)
        deck_build_fail(b, ERR_LIMIT, "more than %d beats in the deck",
                        DECK_BEATS_ALL);
    DeckBeat *beat = deck_build_push(b, &b->beats, sizeof *beat);
    if (!beat) return NULL;
    state_init(&beat->stage);
    b->n_beats_all++;
    return beat;
}

/* True while beat 0 has no stage and only headings stand on the slide. */
static bool beat_is_unused(const DeckBuild *b) {
    const DeckBlock *blocks = b->blocks.items;
    const DeckBeat *beats = b->beats.items;
    if (b->beats.n != 1 || beats[0].line != 0) return false;
    for (size_t i = 0; i < b->blocks.n; i++)
        if (blocks[i].kind != BLOCK_HEADING) return false;
    return true;
}

/* What a state owns, into the deck's memory, so that a deck is freed in one
 * go. */
static void keep_texts(DeckBuild *b, State *s) {
    const size_t then_bytes = (size_t)s->n_then * sizeof *s->then;
    const char *prompt = s->prompt;
    const int *then = s->then;
    s->prompt = NULL;
    s->then = NULL;
    if (prompt) s->prompt = deck_build_copy(b, prompt, s->prompt_len);
    if (then) s->then = deck_build_alloc(b, then_bytes);
    if (s->then) memcpy(s->then, then, then_bytes);
}

const State *deck_build_state(DeckBuild *b, const State *s) {
    State *copy = deck_build_alloc(b, sizeof *copy);
    if (!copy) return NULL;
    *copy = *s;
    keep_texts(b, copy);
    return copy;
}

void deck_build_stage(DeckBuild *b, const State *stage) {
    deck_build_block_end(b);
    if (!deck_build_ok(b)) return;
    DeckBeat *beat = beat_is_unused(b) ? b->beats.items : deck_build_beat(b);
    if (!beat) return;
    beat->stage = *stage;
    beat->line = b->line;
    keep_texts(b, &beat->stage);
}

/* Nothing is open, as where a slide or its notes begin. */
static void begin_page(DeckBuild *b) {
    b->centred = false;
    b->timing = 0;
    b->background = NULL;
    b->background_page = b->n_pages = 0;
    b->ground = (DeckGround){0};
    b->html_style = 0;
    b->heading = b->n_html_lists = b->n_html_quotes = 0;
    b->table = (HtmlTable){0};
    b->columns = (DeckColumns){0};
    b->href = NULL;
    b->in_notes = false;
    b->fragments.n = 0;
    b->ask = NULL;
    b->n_fragment_tags = b->block_fragment = b->span_fragment = 0;
    deck_build_beat(b);
}

void deck_build_slide(DeckBuild *b, int line) {
    if (b->slides.n >= DECK_SLIDES_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d slides", DECK_SLIDES_MAX);
    b->slide_line = line;
    begin_page(b);
}

static void end_page(DeckBuild *b) {
    deck_table_tag(b, "table", true, (HtmlCell){0}); /* it may lack its end */
    deck_build_block_end(b);
    deck_columns_end(b);
}

/* The text of the first heading, its spans joined. */
static const char *slide_title(DeckBuild *b) {
    const DeckBlock *blocks = b->blocks.items;
    size_t first = 0, n = 0;
    while (first < b->blocks.n && blocks[first].kind != BLOCK_HEADING)
        first++;
    if (first == b->blocks.n) return "";
    const DeckBlock *block = &blocks[first];
    for (int i = 0; i < block->n_spans; i++)
        n += (size_t)block->spans[i].len + 1;
    char *title = deck_build_alloc(b, n + 1);
    if (!title) return "";
    char *at = title;
    for (int i = 0; i < block->n_spans; i++) {
        const DeckSpan *span = &block->spans[i];
        memcpy(at, span->text, (size_t)span->len);
        at += span->len;
        if (span->style & SPAN_BREAK) *at++ = ' ';
    }
    return title;
}

/* A question's answer is a step of its own, also where nothing follows. */
static bool ends_in_question(const DeckBuild *b) {
    const DeckBlock *blocks = b->blocks.items;
    for (size_t i = b->blocks.n; i > 0; i--)
        if (blocks[i - 1].kind == BLOCK_ASK)
            return blocks[i - 1].beat == current_beat(b);
    return false;
}

/* Claims of a question's answer are of the beat that shows it. */
static void put_after(DeckBuild *b) {
    DeckClaim *claims = b->claims.items;
    for (size_t i = 0; i < b->claims.n; i++)
        claims[i].beat += claims[i].is_after;
}

/* Where the newest slide stands: it may make a stack of the one before it. */
static void place_slide(DeckBuild *b) {
    DeckSlide *all = b->slides.items;
    if (!all || b->slides.n == 0) return;
    DeckSlide *s = all + b->slides.n - 1;
    DeckSlide *before = b->slides.n > 1 ? s - 1 : NULL;
    const bool below = b->below && before;
    s->across = !before ? 1 : before->across + !below;
    if (!below) return;
    if (before->down == 0) before->down = 1;
    s->down = before->down + 1;
}

void deck_build_slide_end(DeckBuild *b, const char *notes) {
    end_page(b);
    const DeckFragment *fragments = deck_fragments_end(b);
    if (deck_build_ok(b) && ends_in_question(b)) deck_build_beat(b);
    put_after(b);
    DeckSlide *s = deck_build_push(b, &b->slides, sizeof *s);
    if (!s) return;
    s->title = slide_title(b);
    s->n_blocks = (int)b->blocks.n;
    s->n_beats = (int)b->beats.n;
    s->n_claims = (int)b->claims.n;
    s->fragments = fragments;
    s->n_fragments = fragments ? (int)b->fragments.n : 0;
    s->blocks = keep(b, &b->blocks, sizeof(DeckBlock));
    s->beats = keep(b, &b->beats, sizeof(DeckBeat));
    s->claims = keep(b, &b->claims, sizeof(DeckClaim));
    s->notes = notes;
    s->centred = b->centred;
    s->timing = b->timing;
    s->background = b->background;
    s->background_page = b->background_page;
    s->ground = b->ground;
    s->background_line = b->background_line;
    s->line = b->slide_line;
    place_slide(b);
}

void deck_build_notes(DeckBuild *b, int line) {
    b->line = line;
    b->n_beats_all--; /* the notes' beat is none of the deck's */
    begin_page(b);
    b->in_notes = true;
}

void deck_build_notes_end(DeckBuild *b) {
    end_page(b);
    if (!deck_build_ok(b)) return;
    DeckSlide *slides = b->slides.items, *s = &slides[b->slides.n - 1];
    s->n_note_blocks = (int)b->blocks.n;
    s->note_blocks = keep(b, &b->blocks, sizeof(DeckBlock));
    b->beats.n = b->claims.n = 0;
}
