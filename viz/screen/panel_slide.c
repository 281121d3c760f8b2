/* The slide: the lesson's text beside the stage.  Beats past are soft, the
 * current one full, so the class sees where the speaker is; those to come are
 * left out, as they would give it away. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ZOOM_MAX       1.8f
#define ZOOM_STEP      0.125f
#define HEADING_LESS   0.35f /* large text needs less of it: an exponent */
#define TITLE_MORE     1.4f  /* for a first heading where nothing follows */
#define COLUMN_GAP_U   28
#define COLUMN_LEAST_U 150
#define LINE_EMS       15 /* the column's width at the least, in ems */

_Static_assert((int)ROLE_MLP == (int)THEME_MLP &&
                   (int)ROLE_KEY == (int)THEME_KEY,
               "a lesson's roles are the theme's");

Color panel_ink(const Page *p, const DeckBlock *b) {
    const Color ink = b->beat == p->beat ? p->t->text : p->t->soft;
    return slide_fragment_ink(p, b->fragment, ink);
}

static Face span_face(const DeckSpan *s) {
    if (s->style & SPAN_CODE) return FACE_MONO;
    if (s->style & SPAN_BOLD) return FACE_BOLD;
    return s->style & SPAN_ITALIC ? FACE_ITALIC : FACE_SANS;
}

/* Where a link leads, behind it: it is shown, never opened. */
static void address_spans(const char *href, float scale, Color color,
                          TextSpan out[2]) {
    out[0] = panel_span(FACE_SANS, color, " ");
    out[1] = panel_span(FACE_MONO, color, href);
    out[0].scale = scale;
    out[1].scale = 0.7f * scale;
}

static float span_scale(const DeckSpan *s) {
    float scale = s->style & (SPAN_SUB | SPAN_SUP) ? 0.7f : 1;
    return s->style & SPAN_SMALL ? scale * 0.75f : scale;
}

/* A span, parted where terms stand that the slide did not have before; alone:
 * no other stands beside it. */
static int put_span(Page *p, TextSpan span, bool plain, bool alone,
                    TextSpan out[PAGE_SPANS_MAX], int n) {
    int at, len, from = 0;
    while (!plain && n + 5 < PAGE_SPANS_MAX) {
        int term =
            alone ? glossary_next(span.text, span.len, from, &at, &len)
                  : glossary_next_within(span.text, span.len, from, &at, &len);
        if (term < 0) break;
        from = at + len;
        alone = false; /* what is left is a part */
        if (term >= PAGE_TERMS_MAX) continue;
        uint64_t *seen = &p->seen.bits[term / 64];
        if (*seen >> term % 64 & 1) continue;
        *seen |= (uint64_t)1 << term % 64;
        TextSpan part = span;
        part.len = at;
        if (at > 0) out[n++] = part;
        part.text += at;
        part.len = len;
        part.dotted = true;
        part.where = &p->where[n];
        p->terms[n] = term;
        out[n++] = part;
        span.text += from;
        span.len -= from;
        from = 0;
    }
    if (span.len > 0) out[n++] = span;
    return n;
}

int panel_put_span(Page *p, TextSpan span, TextSpan out[PAGE_SPANS_MAX],
                   int n) {
    return put_span(p, span, false, true, out, n);
}

void panel_clear_terms(Page *p) {
    for (int i = 0; i < PAGE_SPANS_MAX; i++)
        p->terms[i] = -1;
}

void panel_note_terms(Page *p, int n) {
    for (int i = 0; i < n; i++)
        if (p->terms[i] >= 0 && p->where[i].y >= p->top)
            hits_term(p->hits, p->where[i], p->terms[i]);
}

static bool hides(const Page *p, const DeckBlock *b, const DeckSpan *s) {
    return slide_fragment_hides(p, b->fragment) ||
           slide_fragment_hides(p, s->fragment);
}

static bool strikes(const Page *p, const DeckBlock *b, const DeckSpan *s) {
    return slide_fragment_strikes(p, b->fragment) ||
           slide_fragment_strikes(p, s->fragment);
}

/* Whether n spans are enough for once, the last of them span i - 1: it ends in
 * a blank, or there is no room for another. */
static bool is_full(const DeckBlock *b, int i, int n) {
    const DeckSpan *last = &b->spans[i - (i > 0)];
    const bool parts = last->len > 0 && last->text[last->len - 1] == ' ';
    return n + 3 >= PAGE_SPANS_MAX || (n >= PAGE_SPANS_MAX * 3 / 4 && parts);
}

int panel_spans(Page *p, const DeckBlock *b, int *from, int to, Color color,
                TextSpan out[PAGE_SPANS_MAX]) {
    const bool alone = to - *from == 1;
    int n = 0, i = *from;
    panel_clear_terms(p);
    for (; i < to && !is_full(b, i, n); i++) {
        const DeckSpan *s = &b->spans[i];
        const bool hidden = hides(p, b, s);
        TextSpan span = {
            .text = s->text,
            .len = s->len,
            .face = span_face(s),
            .color = s->role ? theme_role(p->t, (ThemeRole)s->role)
                             : slide_fragment_ink(p, s->fragment, color),
            .hidden = hidden,
            .background = s->style & SPAN_CODE ? p->t->well : (Color){0},
            .scale = span_scale(s),
            .lift = s->style & SPAN_SUP   ? 0.33f
                    : s->style & SPAN_SUB ? -0.15f
                                          : 0,
            .strike = s->style & SPAN_STRIKE || strikes(p, b, s),
            .underline = s->href != NULL,
            .formula = s->style & SPAN_FORMULA,
            .display = s->style & SPAN_DISPLAY};
        const bool plain = hidden || s->style & (SPAN_CODE | SPAN_FORMULA);
        n = put_span(p, span, plain, alone, out, n);
        bool link_ends = s->href && (i + 1 == to || s[1].href != s->href);
        if (link_ends && strcmp(s->text, s->href) != 0) {
            address_spans(s->href, span_scale(s), p->t->soft, out + n);
            out[n].hidden = out[n + 1].hidden = hidden;
            n += 2;
        }
        if (s->style & SPAN_BREAK)
            out[n++] = panel_span(FACE_SANS, color, "\n");
    }
    *from = i;
    return n;
}

static float block_scale(const DeckBlock *b) {
    static const float scales[] = {0.65f, 0.8f, 1, 1.2f, 1.45f};
    return scales[b->size + 2];
}

static void draw_spans(Page *p, const DeckBlock *b, int indent, float size,
                       Color color) {
    TextSpan spans[PAGE_SPANS_MAX];
    for (int from = 0; from < b->n_spans;) {
        const int n = panel_spans(p, b, &from, b->n_spans, color, spans);
        if (b->kind == BLOCK_PARAGRAPH && p->slide->centred)
            spans[0].align = ALIGN_CENTER;
        p->y += paragraph_text(p->c, p->x + indent, p->y, p->w - indent,
                               size * block_scale(b), 1.45f, spans, n, true);
        panel_note_terms(p, n);
    }
}

bool panel_is_title(const DeckSlide *s) {
    int n = 0;
    while (n < s->n_blocks && s->blocks[n].kind == BLOCK_HEADING)
        n++;
    return n == s->n_blocks;
}

static void draw_heading(Page *p, const DeckBlock *b) {
    TextSpan spans[PAGE_SPANS_MAX];
    float size = b->level <= 2 ? TYPE_DISPLAY : TYPE_TITLE;
    size *= block_scale(b);
    if (!panel_is_title(p->slide))
        size /= powf(p->zoom, HEADING_LESS);
    else if (b->level == 1)
        size *= TITLE_MORE;
    for (int from = 0; from < b->n_spans;) {
        const int n = panel_spans(p, b, &from, b->n_spans, p->t->text, spans);
        for (int i = 0; i < n; i++) /* an italic stands out among bold ones */
            if (spans[i].face != FACE_ITALIC) spans[i].face = FACE_BOLD;
        if (p->slide->centred) spans[0].align = ALIGN_CENTER;
        p->y +=
            paragraph_text(p->c, p->x, p->y, p->w, size, 1.2f, spans, n, true);
        panel_note_terms(p, n);
    }
    p->y += canvas_u(p->c, 14);
}

static void draw_task(Page *p, const DeckBlock *b, int x, int baseline,
                      Color color) {
    int side = canvas_u(p->c, 13), inset = canvas_u(p->c, 3);
    Rect r = {x - side - canvas_u(p->c, 7), baseline - side, side, side};
    canvas_frame(p->c, r, (float)canvas_u(p->c, 2), (float)canvas_u(p->c, 1),
                 color);
    if (b->task == TASK_DONE)
        canvas_fill(p->c,
                    (Rect){r.x + inset, r.y + inset, side - 2 * inset,
                           side - 2 * inset},
                    color);
}

/* As the item's first line is: where none of it is clipped away. */
static bool is_mark_whole(const Page *p, int baseline) {
    const TextStyle style = text_style(FACE_SANS, TYPE_LEAD, p->t->text);
    const FontMetrics m = canvas_metrics(p->c, style);
    const Rect clip = canvas_clip(p->c);
    return baseline - m.cap >= clip.y &&
           baseline + m.descent / 2 <= clip.y + clip.h;
}

/* What stands before an item: its number, its box, its dot. */
static void draw_mark(Page *p, const DeckBlock *b, int indent, Color color) {
    int baseline = p->y + canvas_u(p->c, TYPE_LEAD * 1.08f);
    if (!is_mark_whole(p, baseline)) return;
    if (b->number > 0) {
        char text[16];
        snprintf(text, sizeof text, "%d.", b->number);
        TextStyle style = text_style(FACE_SANS, TYPE_LEAD, color);
        style.align = ALIGN_RIGHT;
        canvas_text(p->c, style, p->x + indent - canvas_u(p->c, 7), baseline,
                    text);
    } else if (b->task) {
        draw_task(p, b, p->x + indent, baseline, color);
    } else {
        bool current = b->beat == p->beat;
        canvas_circle(p->c, (float)(p->x + indent - canvas_u(p->c, 14)),
                      (float)(baseline - canvas_u(p->c, 6)),
                      (float)canvas_u(p->c, 6) / 2,
                      current ? p->t->accent : color);
    }
}

static void draw_item(Page *p, const DeckBlock *b) {
    int indent = canvas_u(p->c, 22) * (b->level + 1);
    Color color = panel_ink(p, b);
    draw_mark(p, b, indent, color);
    draw_spans(p, b, indent, TYPE_LEAD, color);
    p->y += canvas_u(p->c, 9);
}

static void draw_quote(Page *p, const DeckBlock *b) {
    int top = p->y, indent = canvas_u(p->c, 20);
    draw_spans(p, b, indent, TYPE_LEAD, panel_ink(p, b));
    canvas_fill(p->c, (Rect){p->x, top, canvas_u(p->c, 4), p->y - top},
                p->t->rule);
    p->y += canvas_u(p->c, 14);
}

static void draw_rule(Page *p) {
    canvas_fill(p->c, (Rect){p->x, p->y, p->w, canvas_u(p->c, 1)}, p->t->rule);
    p->y += canvas_u(p->c, 16);
}

/* ---- the panel ---------------------------------------------------------- */

/* It comes with a stage to come. */
static bool is_later(const Page *p, const DeckBlock *b) {
    return b->beat > p->beat && !slide_fragment_keeps_place(p, b);
}

/* Draws blocks[0] and, of a table, the rows that belong to it: how many. */
static int draw_kind(Page *p, const DeckBlock *b, int n) {
    switch (b->kind) {
    case BLOCK_HEADING:
        draw_heading(p, b);
        break;
    case BLOCK_PARAGRAPH:
        draw_spans(p, b, 0, TYPE_LEAD, panel_ink(p, b));
        p->y += canvas_u(p->c, 16);
        break;
    case BLOCK_ITEM:
        draw_item(p, b);
        break;
    case BLOCK_QUOTE:
        draw_quote(p, b);
        break;
    case BLOCK_CODE:
        slide_code_draw(p, b);
        break;
    case BLOCK_IMAGE:
    case BLOCK_WEB:
        slide_picture_draw(p, b);
        break;
    case BLOCK_ASK:
        slide_ask_draw(p, b);
        break;
    case BLOCK_RULE:
        draw_rule(p);
        break;
    case BLOCK_ROW:
        return slide_table_draw(p, b, n);
    }
    return 1;
}

/* A fragment that is not shown takes its place; a table hides its rows. */
static int draw_block(Page *p, const DeckBlock *b, int n) {
    if (is_later(p, b)) return 1;
    if (b->kind == BLOCK_ROW || !slide_fragment_hides(p, b->fragment))
        return draw_kind(p, b, n);
    const int n_hits = p->hits->n, n_terms = p->hits->n_terms;
    canvas_push_clip(p->c, (Rect){0, 0, 0, 0});
    draw_kind(p, b, n);
    canvas_pop_clip(p->c);
    p->hits->n = n_hits;
    p->hits->n_terms = n_terms;
    return 1;
}

/* Blocks from b on that stand in the same column, or in the same columns. */
static int run_of(const DeckBlock *b, int n, bool column) {
    int i = 1;
    while (i < n && b[i].columns == b->columns &&
           (!column || b[i].column == b->column))
        i++;
    return i;
}

static void draw_run(Page *p, const DeckBlock *b, int n) {
    for (int i = 0; i < n;)
        i += draw_block(p, b + i, n - i);
}

/* Side by side where a line has room for some words, else below each other. */
static void draw_columns(Page *p, const DeckBlock *b, int n) {
    const int x = p->x, w = p->w, top = p->y,
              gap = canvas_u(p->c, COLUMN_GAP_U);
    const int n_columns = b[n - 1].column + 1;
    const int each = (w - (n_columns - 1) * gap) / n_columns;
    int end = top;
    if (each < canvas_u(p->c, COLUMN_LEAST_U)) {
        draw_run(p, b, n);
        return;
    }
    p->w = each;
    for (int i = 0; i < n;) {
        const int run = run_of(b + i, n - i, true);
        p->x = x + b[i].column * (each + gap);
        p->y = top;
        draw_run(p, b + i, run);
        end = num_max(end, p->y);
        i += run;
    }
    p->x = x;
    p->w = w;
    p->y = end;
}

/* A block, rows of a table or columns: how many blocks. */
static int draw_next(Page *p, const DeckBlock *b, int n) {
    if (b->columns == 0) return draw_block(p, b, n);
    const int run = run_of(b, n, false);
    draw_columns(p, b, run);
    return run;
}

static int dot_width(const Page *p, int i) {
    return canvas_u(p->c, i == p->beat ? 24 : 9);
}

int panel_dots_width(const Page *p) {
    int w = 0;
    for (int i = 0; i < p->slide->n_beats; i++)
        w += dot_width(p, i) + canvas_u(p->c, 7);
    return w;
}

/* The current one is long. */
void panel_dots_draw(const Page *p, int middle) {
    const DeckSlide *s = p->slide;
    int x = p->x, h = canvas_u(p->c, 9), y = middle - h / 2;
    for (int i = 0; i < s->n_beats && x < p->x + p->w; i++) {
        bool now = i == p->beat;
        int w = dot_width(p, i);
        canvas_round(p->c, (Rect){x, y, w, h}, (float)h / 2,
                     now           ? p->t->accent
                     : i < p->beat ? p->t->soft
                                   : p->t->rule);
        x += w + canvas_u(p->c, 7);
    }
}

/* Arrows at the right end of the foot: a beat back, a beat forward. */
static void draw_arrows(Page *p, int y) {
    static const struct {
        const char *text;
        Command command;
    } arrows[] = {{"▸", CMD_BEAT_NEXT}, {"◂", CMD_BEAT_PREV}};
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, p->t->soft);
    int side = canvas_u(p->c, 28), x = p->x + p->w;
    for (int i = 0; i < 2; i++) {
        x -= side;
        Rect r = {x, y + canvas_u(p->c, 4) - side / 2, side, side};
        style.align = ALIGN_CENTER;
        canvas_text_row(p->c, style, r.x + r.w / 2, r.y, r.h, arrows[i].text);
        hits_command(p->hits, r, arrows[i].command, 0);
    }
}

/* Where blocks lie. */
typedef struct Extent {
    int end;
    int current; /* where the current beat begins */
    int start;   /* where the first block begins that lies at `least` or below,
                    at most the current beat's */
} Extent;

/* Of the blocks from..n-1. */
static Extent measure_blocks(Page p, int from, int n_blocks, int least) {
    const DeckSlide *s = p.slide;
    const int n_hits = p.hits->n, n_terms = p.hits->n_terms;
    Extent e = {p.y, -1, -1};
    canvas_push_clip(p.c, (Rect){0, 0, 0, 0});
    for (int i = from; i < n_blocks;) {
        const DeckBlock *b = &s->blocks[i];
        const int top = p.y, n = draw_next(&p, b, n_blocks - i);
        for (int k = i; k < i + n && e.current < 0; k++)
            if (s->blocks[k].beat == p.beat) e.current = top;
        if (e.start < 0 && (top >= least || e.current >= 0)) e.start = top;
        i += n;
        if (!is_later(&p, b)) e.end = p.y;
    }
    if (e.current < 0) e.current = e.end;
    if (e.start < 0) e.start = e.end;
    canvas_pop_clip(p.c);
    p.hits->n = n_hits;
    p.hits->n_terms = n_terms;
    return e;
}

int panel_blocks_end(Page p) {
    return measure_blocks(p, 0, p.slide->n_blocks, 0).end;
}

int panel_whole_end(Page p) {
    p.beat = p.slide->n_beats - 1;
    return panel_blocks_end(p);
}

/* How far the page is moved up from block `from` on: it begins where a block
 * does, with the current beat's at the latest, and goes on by pages that have
 * two lines in common. */
static int turn_pages(const Page *p, int from, Rect body) {
    const int n = p->slide->n_blocks;
    const int over = measure_blocks(*p, from, n, 0).end - body.y - body.h;
    const int line = canvas_u(p->c, TYPE_LEAD * 1.45f);
    const int first =
        over > 0 ? measure_blocks(*p, from, n, p->y + over).start - p->y : 0;
    const int step = num_max(body.h - 2 * line, line);
    PanelPlace *place = p->place;
    place->scroll_most = over > first ? (over - first + step - 1) / step : 0;
    const int pages = num_min(place->scroll, place->scroll_most);
    return num_max(num_min(first + pages * step, over), first);
}

/* A word that turns a page, its right end at x; its left end. */
static int draw_turn(Page *p, int x, int y, int h, bool on) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, p->t->accent);
    const char *text = on ? "more ▾" : "▴ back";
    const int w = canvas_text_width(p->c, style, text);
    canvas_text_row(p->c, style, x - w, y, h, text);
    hits_command(p->hits, (Rect){x - w, y, w, h},
                 on ? CMD_BEAT_NEXT : CMD_BEAT_PREV, 0);
    return x - w - canvas_u(p->c, 18);
}

/* The row below a text that has pages. */
static void draw_turns(Page *p, int y, int h) {
    const PanelPlace *place = p->place;
    int x = p->x + p->w;
    if (place->scroll < place->scroll_most) x = draw_turn(p, x, y, h, true);
    if (place->scroll > 0) draw_turn(p, x, y, h, false);
}

/* The headings that the page begins with, where most of the body is left to the
 * text: they stay while that is turned.  How many; *body is what is left. */
static int draw_lasting(Page *p, Rect *body) {
    const DeckSlide *s = p->slide;
    int n = 0;
    while (n < s->n_blocks && s->blocks[n].kind == BLOCK_HEADING &&
           s->blocks[n].columns == 0)
        n++;
    const int end = measure_blocks(*p, 0, n, 0).end;
    if (n == s->n_blocks || 2 * (end - body->y) > body->h) return 0;
    for (int i = 0; i < n; i++)
        draw_next(p, &s->blocks[i], 1);
    body->h -= end - body->y;
    body->y = end;
    return n;
}

void panel_blocks_draw(Page *p, Rect body) {
    const DeckSlide *s = p->slide;
    const int row = canvas_u(p->c, 28);
    const bool turns = panel_blocks_end(*p) > body.y + body.h;
    int first = 0;
    p->top = body.y;
    if (turns) {
        body.h = num_max(body.h - row, 1);
        first = draw_lasting(p, &body);
    }
    const int up = turn_pages(p, first, body);
    p->top = body.y;
    p->y -= up;
    canvas_push_clip(p->c, body);
    for (int i = first; i < s->n_blocks;)
        i += draw_next(p, &s->blocks[i], s->n_blocks - i);
    canvas_pop_clip(p->c);
    if (turns) draw_turns(p, body.y + body.h, row);
}

void panel_zoom(Page *p, float scale, float zoom) {
    canvas_rescale(p->c, scale * zoom);
    p->zoom = zoom;
}

void panel_foot_draw(Page *p, int y) {
    panel_dots_draw(p, y + canvas_u(p->c, 9) / 2);
    draw_arrows(p, y);
}

void panel_title_text(const Scene *scene, char *out, size_t size) {
    char place[DECK_PLACE_MAX];
    deck_place(scene->deck, scene->slide, place);
    snprintf(out, size, "%s · slide %s", deck_title(scene->deck), place);
}

static PanelNeed need(const Scene *scene) {
    return scene->shown == SHOWN_BOTH ? PANEL_WANTED : PANEL_ABSENT;
}

static void draw_title(Page *p, const Scene *scene) {
    char text[200];
    panel_title_text(scene, text, sizeof text);
    canvas_text_fit(p->c, text_style(FACE_SANS, TYPE_SMALL, p->t->soft), p->x,
                    p->y + canvas_u(p->c, TYPE_SMALL), p->w, text);
    p->y += canvas_u(p->c, TYPE_SMALL * 2.2f);
}

/* The text is as large as it fits, and lines of some words still stand. */
static void draw_grown(Page *p, Rect body) {
    const float scale = canvas_scale(p->c);
    const float column = (float)p->w / scale / TYPE_LEAD;
    float zoom = fmaxf(fminf(ZOOM_MAX, column / LINE_EMS), 1);
    panel_zoom(p, scale, 1);
    if (panel_whole_end(*p) > body.y + body.h) zoom = 1; /* it has pages */
    panel_zoom(p, scale, zoom);
    while (zoom > 1 && panel_whole_end(*p) > body.y + body.h) {
        zoom = fmaxf(zoom - ZOOM_STEP, 1);
        panel_zoom(p, scale, zoom);
    }
    panel_blocks_draw(p, body);
    panel_zoom(p, scale, 1);
}

static void draw(const Scene *scene, Screen *screen, Rect r) {
    Canvas *c = screen->canvas;
    const DeckSlide *s = deck_slide(scene->deck, scene->slide);
    Theme theme;
    Gradient ground;
    if (slide_ground_take(s, scene->theme, &theme, &ground) &&
        !slide_background_there(scene->pictures, s))
        canvas_gradient(c, r, &ground);
    else
        canvas_fill(c, r, theme.panel);
    hits_add(&screen->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    int m = canvas_u(c, 36);
    Page p = {.c = c,
              .t = &theme,
              .hits = &screen->hits,
              .slide = s,
              .pictures = scene->pictures,
              .place = screen_place(screen, &panel_slide),
              .beat = scene->beat,
              .scene = scene,
              .x = r.x + m,
              .y = r.y + canvas_u(c, 28),
              .w = r.w - 2 * m,
              .zoom = 1,
              .h = r.h};
    if (scene->shown == SHOWN_SLIDE) slide_alone_place(&p, r);
    if (p.w < canvas_u(c, 60)) return;
    slide_background_draw(&p, r);
    if (scene->shown == SHOWN_SLIDE) {
        slide_alone_draw(&p, scene, r);
        return;
    }
    draw_title(&p, scene);
    slide_notice_draw(&p, scene);
    slide_background_missing(&p);
    int foot = r.y + r.h - canvas_u(c, 40);
    Rect body = {r.x, p.y, r.w, foot - p.y - canvas_u(c, 12)};
    if (body.h > 0) draw_grown(&p, body);
    panel_foot_draw(&p, foot);
}

const Panel panel_slide = {
    .name = "slide",
    .side = PANEL_LEFT,
    .wish_u = 519,
    .least_u = 400,
    .share = 0.39f,
    .yields = 2,
    .wheel_rows = 1,
    .scrolled = STATE_PAGE,
    .need = need,
    .draw = draw,
};
