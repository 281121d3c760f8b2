/* What the lecturer sees and the room does not: what the room sees, the next
 * beat, the notes, the clock and the plan. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"
#include "viz/paint/formula_draw.h"
#include "viz/screen/panel_bar.h"

#include <math.h>
#include <stdio.h>

#define TOP_U    96.0f
#define FOOT_U   56.0f
#define MARGIN_U 28.0f
#define HEAD_U   36.0f
#define BEHIND_S 60 /* a minute off the plan is none */

typedef struct Desk {
    const Scene *scene;
    Screen *s;
    Canvas *c;
    const Theme *t;
    Rect top, now, next, asked, notes, foot;
} Desk;

static void time_text(double seconds, char out[16]) {
    const long n = lround(fabs(seconds));
    if (n >= 3600)
        snprintf(out, 16, "%ld:%02ld:%02ld", n / 3600 % 1000, n / 60 % 60,
                 n % 60);
    else
        snprintf(out, 16, "%ld:%02ld", n / 60, n % 60);
}

static void lay_out(Desk *d, Rect r) {
    const int m = canvas_u(d->c, MARGIN_U), top = canvas_u(d->c, TOP_U);
    const int foot = canvas_u(d->c, FOOT_U), head = canvas_u(d->c, HEAD_U);
    d->top = (Rect){r.x, r.y, r.w, top};
    d->foot = (Rect){r.x, r.y + r.h - foot, r.w, foot};
    Rect body = {r.x + m, r.y + top + m / 2, r.w - 2 * m, r.h - top - foot - m};
    const int left = body.w * 53 / 100 - m / 2;
    d->notes = (Rect){body.x + left + m, body.y, body.w - left - m, body.h};
    const int now_h = num_min(left * 9 / 16, body.h * 62 / 100);
    d->now = (Rect){body.x, body.y + head, left, now_h};
    const int y = d->now.y + now_h + m / 2 + head;
    const int below = body.y + body.h - y;
    const int half = (left - m) / 2;
    d->next = (Rect){body.x, y, half, below};
    d->asked = (Rect){body.x + half + m, y, left - half - m, below};
}

static TextStyle bold(const Desk *d) {
    return text_style(FACE_BOLD, TYPE_BODY, d->t->text);
}

static TextStyle soft(const Desk *d) {
    return text_style(FACE_SANS, TYPE_BODY, d->t->soft);
}

/* A heading over a part, and what is said of it at its right end. */
static void draw_head(const Desk *d, Rect r, const char *name,
                      const char *more) {
    TextStyle right = soft(d);
    const int h = canvas_u(d->c, HEAD_U), y = r.y - h;
    right.align = ALIGN_RIGHT;
    canvas_text_row(d->c, right, r.x + r.w, y, h, more);
    const int w = canvas_text_width(d->c, right, more);
    canvas_text_fit(d->c, bold(d), r.x,
                    y + (h + canvas_metrics(d->c, bold(d)).cap) / 2,
                    num_max(r.w - w - canvas_u(d->c, 12), 0), name);
}

/* ---- time ---------------------------------------------------------------- */

/* A small word and a large number; the x after it. */
static int draw_time(const Desk *d, int x, const char *name, const char *text,
                     Color color) {
    const TextStyle small = text_style(FACE_SANS, TYPE_SMALL, d->t->soft);
    const TextStyle large = text_style(FACE_BOLD, TYPE_DISPLAY, color);
    const int y = d->top.y + canvas_u(d->c, 30);
    canvas_text(d->c, small, x, y, name);
    const int w =
        num_max(canvas_text(d->c, large, x, y + canvas_u(d->c, 42), text),
                canvas_text_width(d->c, small, name));
    return x + w + canvas_u(d->c, 44);
}

/* "1:10 behind"; how long the plan gives until here. */
static void draw_plan(const Desk *d, int x, int right, int y) {
    const Scene *s = d->scene;
    const double off = s->elapsed_s - s->planned_s;
    char by[16], here[16], all[16], text[96];
    time_text(off, by);
    time_text(s->planned_s, here);
    time_text(s->total_s, all);
    snprintf(text, sizeof text, "  planned here: %s of %s", here, all);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, d->t->soft);
    style.align = ALIGN_RIGHT;
    canvas_text(d->c, style, right, y, text);
    const int at = right - canvas_text_width(d->c, style, text);
    const bool late = off > BEHIND_S, early = off < -BEHIND_S;
    TextStyle word = text_style(FACE_BOLD, TYPE_SMALL,
                                late    ? d->t->bad
                                : early ? d->t->accent
                                        : d->t->good);
    word.align = ALIGN_RIGHT;
    snprintf(text, sizeof text, "%s%s", late || early ? by : "",
             late    ? " behind"
             : early ? " ahead"
                     : "on time");
    if (at - canvas_text_width(d->c, word, text) > x)
        canvas_text(d->c, word, at, y, text);
}

/* How far the clock has come of the whole; the mark is the plan's. */
static void draw_pace(const Desk *d, int x, int right) {
    const Scene *s = d->scene;
    const int y = d->top.y + canvas_u(d->c, 30), h = canvas_u(d->c, 10);
    if (right - x < canvas_u(d->c, 160)) return;
    if (s->total_s <= 0) {
        canvas_text_fit(d->c, text_style(FACE_SANS, TYPE_SMALL, d->t->soft), x,
                        y, right - x,
                        "no plan: --minutes, or data-timing in the slides");
        return;
    }
    draw_plan(d, x, right, y);
    const Rect bar = {x, y + canvas_u(d->c, 22), right - x, h};
    const double done = fmin(s->elapsed_s / s->total_s, 1);
    canvas_round(d->c, bar, (float)h / 2, d->t->well);
    canvas_round(d->c, (Rect){bar.x, bar.y, (int)lround(done * bar.w), bar.h},
                 (float)h / 2, d->t->accent);
    const int mark = (int)lround(s->planned_s / s->total_s * bar.w);
    canvas_fill(d->c,
                (Rect){bar.x + mark - canvas_u(d->c, 1), bar.y - h / 2,
                       canvas_u(d->c, 3), 2 * h},
                d->t->text);
}

/* "slide 3 of 10", at the right end; its left end. */
static int draw_where(const Desk *d, int right) {
    char text[64];
    TextStyle small = text_style(FACE_SANS, TYPE_SMALL, d->t->soft);
    TextStyle large = text_style(FACE_BOLD, TYPE_TITLE, d->t->text);
    small.align = large.align = ALIGN_RIGHT;
    const Deck *deck = d->scene->deck;
    const int y = d->top.y + canvas_u(d->c, 30);
    if (!deck) {
        canvas_text(d->c, large, right, y + canvas_u(d->c, 20), "no lesson");
        return right - canvas_text_width(d->c, large, "no lesson");
    }
    char place[DECK_PLACE_MAX];
    deck_place(deck, d->scene->slide, place);
    snprintf(text, sizeof text, "slide %s", place);
    canvas_text(d->c, large, right, y + canvas_u(d->c, 38), text);
    const int w =
        num_max(canvas_text_width(d->c, large, text), canvas_u(d->c, 200));
    canvas_text_fit(d->c, small, right, y, w, deck_title(deck));
    return right - w;
}

static void draw_top(const Desk *d) {
    const int m = canvas_u(d->c, MARGIN_U);
    char text[16];
    int x = d->top.x + m;
    canvas_fill(d->c, d->top, d->t->panel);
    if (d->scene->clock[0])
        x = draw_time(d, x, "clock", d->scene->clock, d->t->text);
    time_text(d->scene->elapsed_s, text);
    const bool begun = d->scene->clock_runs || d->scene->elapsed_s > 0;
    x = draw_time(d, x,
                  d->scene->clock_runs ? "elapsed"
                  : begun              ? "paused"
                                       : "begins with slide 2",
                  text, d->scene->clock_runs ? d->t->text : d->t->soft);
    const int right = draw_where(d, d->top.x + d->top.w - m);
    draw_pace(d, x, right - canvas_u(d->c, 44));
}

/* ---- what the room sees, and what comes ---------------------------------- */

static Rect fitted(const Pixmap *px, Rect r) {
    int w = r.w, h = (int)((int64_t)r.w * px->h / num_max(px->w, 1));
    if (h > r.h) {
        h = r.h;
        w = (int)((int64_t)r.h * px->w / num_max(px->h, 1));
    }
    return (Rect){r.x, r.y, w, h};
}

static void draw_now(const Desk *d) {
    const Scene *s = d->scene;
    const Pixmap *room = d->s->room;
    char beat[48] = "";
    if (s->deck)
        snprintf(beat, sizeof beat, "beat %d of %d", s->beat + 1,
                 deck_slide(s->deck, s->slide)->n_beats);
    draw_head(d, d->now,
              d->s->frozen  ? "Now; the room still sees what it saw"
              : s->is_black ? "Now; the room's screen is black"
                            : "Now, as the room sees it",
              beat);
    d->s->room_rect = (Rect){0};
    if (!room || room->w < 1) return;
    const Rect r = fitted(room, d->now);
    d->s->room_rect = r;
    canvas_picture(d->c, r, room, 1);
    canvas_frame(d->c, rect_inset(r, -2, -2), 0, (float)canvas_u(d->c, 2),
                 d->s->frozen ? d->t->bad : d->t->accent);
}

/* The beat after this one; false: it is the last. */
static bool next_beat(const Scene *s, int *slide, int *beat) {
    *slide = s->slide;
    *beat = s->beat + 1;
    if (*beat >= deck_slide(s->deck, *slide)->n_beats) {
        *beat = 0;
        ++*slide;
    }
    return *slide < deck_n_slides(s->deck);
}

/* What it does to the stage, but for the text it is about. */
static void stage_text(const DeckBeat *b, char *out, size_t size) {
    const StateKeys texts = STATE_BIT(STATE_PROMPT) | STATE_BIT(STATE_THEN);
    char text[240];
    state_format(&b->stage, b->stage.set & ~texts, text, sizeof text);
    snprintf(out, size, b->line == 0 ? "the stage stays" : "stage: %.200s",
             text);
}

static void draw_next(const Desk *d) {
    int slide, beat;
    char stage[256];
    PanelPlace none = {0};
    hits_command(&d->s->hits, d->next, CMD_BEAT_NEXT, 0);
    if (!next_beat(d->scene, &slide, &beat)) {
        draw_head(d, d->next, "Next: the end", "");
        return;
    }
    const DeckSlide *s = deck_slide(d->scene->deck, slide);
    char name[160];
    snprintf(name, sizeof name, "Next: %s",
             slide == d->scene->slide ? "on this slide" : s->title);
    draw_head(d, d->next, name, "");
    Rect r = d->next;
    const int foot = canvas_u(d->c, 26);
    stage_text(&s->beats[beat], stage, sizeof stage);
    r.h = num_max(r.h - foot, 0);
    slide_blocks_fitted(
        d->scene, d->s, d->t,
        &(SlideFit){
            .slide = s, .beat = beat, .least = .5f, .most = 1, .place = &none},
        r);
    canvas_text_fit(d->c, text_style(FACE_MONO, TYPE_SMALL, d->t->soft), r.x,
                    r.y + r.h + foot * 3 / 4, r.w, stage);
}

/* ---- the question -------------------------------------------------------- */

/* The one that waits, else the last that was asked. */
static const DeckAsk *asked(const Scene *s) {
    const DeckSlide *slide = deck_slide(s->deck, s->slide);
    const DeckAsk *ask = NULL;
    if (s->question) return s->question;
    for (int i = 0; i < slide->n_blocks; i++)
        if (slide->blocks[i].kind == BLOCK_ASK &&
            slide->blocks[i].beat <= s->beat)
            ask = slide->blocks[i].ask;
    return ask;
}

/* Hands for an answer, in both votes: bars, numbers, and buttons for more. */
static void draw_hands(const Desk *d, const DeckAsk *ask, int i, Rect r) {
    const int(*votes)[STATE_OPTIONS_MAX] =
        d->scene->state->votes.at[ask->number];
    const int most = num_max(num_max(slide_ask_votes(d->scene, ask, 0),
                                     slide_ask_votes(d->scene, ask, 1)),
                             1);
    const int button = canvas_u(d->c, 26), buttons = 2 * button;
    const int label = canvas_u(d->c, 70), h = canvas_u(d->c, 9);
    const int track = num_max(r.w - buttons - label, 0);
    char text[32];
    for (int v = 0; v < 2; v++) {
        const int w = (int)((int64_t)track * votes[v][i] / most);
        const int y = r.y + r.h / 2 + (v ? canvas_u(d->c, 1) : -h);
        if (w > 0)
            slide_ask_bar(d->c, d->t, (Rect){r.x, y, w, h}, v,
                          i == ask->answer ? d->t->good : d->t->query);
    }
    if (slide_ask_votes(d->scene, ask, 1))
        snprintf(text, sizeof text, "%d → %d", votes[0][i], votes[1][i]);
    else
        snprintf(text, sizeof text, "%d", votes[0][i]);
    canvas_text_row(d->c, text_style(FACE_MEDIUM, TYPE_SMALL, d->t->text),
                    r.x + track + canvas_u(d->c, 6), r.y, r.h, text);
    slide_ask_buttons(
        d->c, d->t, &d->s->hits, ask, i,
        (Rect){r.x + r.w - buttons, r.y + (r.h - button) / 2, buttons, button});
}

/* An answer on a line, as much of it as fits before what is said of it. */
static void draw_option(const Desk *d, const DeckAsk *ask, int i, Rect r) {
    const Stage s = {.canvas = d->c, .hits = &d->s->hits};
    const bool right = i == ask->answer;
    const TextStyle style = text_style(right ? FACE_BOLD : FACE_SANS, TYPE_BODY,
                                       right ? d->t->good : d->t->text);
    const int baseline = r.y + canvas_u(d->c, TYPE_BODY);
    char digit[16], said[48];
    snprintf(digit, sizeof digit, "%d  ", i + 1);
    snprintf(said, sizeof said, "%s%s", right ? "  ✓ right" : "",
             slide_ask_chose(d->scene, ask, i) ? "  ← given" : "");
    const int from =
        r.x + canvas_text_fit(d->c, style, r.x, baseline, r.w, digit);
    const int end = r.x + r.w - canvas_text_width(d->c, style, said);
    const int w = formula_text_width(d->c, style, ask->options[i]);
    stage_text_fit(&s, style, from, baseline, num_max(end - from, 0),
                   ask->options[i]);
    canvas_text(d->c, style, num_min(from + w, end), baseline, said);
}

/* The answers, the right one marked, and how many hands they have. */
static int draw_options(const Desk *d, const DeckAsk *ask, Rect r) {
    const int line = canvas_u(d->c, 34);
    const int left = r.w * 56 / 100;
    int y = r.y;
    for (int i = 0; i < ask->n_options && y + line <= r.y + r.h;
         i++, y += line) {
        draw_option(d, ask, i, (Rect){r.x, y, left, line});
        draw_hands(d, ask, i,
                   (Rect){r.x + left + canvas_u(d->c, 8), y,
                          r.w - left - canvas_u(d->c, 8),
                          canvas_u(d->c, TYPE_BODY * 1.4f)});
    }
    return y;
}

static int draw_answer_line(const Desk *d, Rect r, int y, TextStyle style,
                            const char *head, const char *text) {
    const char *const parts[] = {head, text};
    const int h =
        paragraph_parts(d->c, r.x, y, r.w, style, 1.35f, parts, 2, false);
    if (y + h > r.y + r.h) return y;
    paragraph_parts(d->c, r.x, y, r.w, style, 1.35f, parts, 2, true);
    return y + h + canvas_u(d->c, 4);
}

/* What is right, and what was guessed; or how it is done, and whether it is. */
static int draw_right(const Desk *d, const DeckAsk *ask, Rect r) {
    const float given = slide_ask_given(d->scene, ask);
    const TextStyle good = text_style(FACE_BOLD, TYPE_BODY, d->t->good);
    char amount[64];
    int y = r.y;
    if (ask->kind == ASK_DO) {
        y = draw_answer_line(d, r, y, good, "✓ done when: ", ask->goal_text);
        return draw_answer_line(d, r, y, bold(d), "",
                                given > 0 ? "it is done" : "not done yet");
    }
    slide_ask_amount(ask, ask->value, amount, sizeof amount);
    y = draw_answer_line(d, r, y, good, "✓ right: ", amount);
    if (given > STATE_NONE)
        slide_ask_amount(ask, (double)given, amount, sizeof amount);
    return draw_answer_line(d, r, y, bold(d), "guessed: ",
                            given > STATE_NONE ? amount : "nothing yet");
}

/* Which vote is counted, and the keys for it; or how many hints there are. */
static void draw_asked_foot(const Desk *d, const DeckAsk *ask, Rect r, int y) {
    const State *s = d->scene->state;
    char text[160];
    if (ask->kind == ASK_CHOICE && d->scene->question == ask) {
        snprintf(text, sizeof text,
                 "%s vote, %d counted · Shift+digit: one more · Ctrl+N: type "
                 "them · Shift+Enter: %s vote",
                 s->vote == 2 ? "second" : "first",
                 slide_ask_votes(d->scene, ask, s->vote == 2),
                 s->vote == 2 ? "first" : "second");
        y = draw_answer_line(
            d, r, y, text_style(FACE_SANS, TYPE_SMALL, d->t->soft), "", text);
    }
    for (int i = 0; i < ask->n_hints; i++) {
        snprintf(text, sizeof text, "hint %d%s: ", i + 1,
                 s->hints.at[ask->number] > (float)i ? ", shown" : "");
        y = draw_answer_line(d, r, y,
                             text_style(FACE_SANS, TYPE_SMALL, d->t->soft),
                             text, ask->hints[i]);
    }
}

static void draw_asked(const Desk *d) {
    const DeckAsk *ask = asked(d->scene);
    if (!ask) return;
    const int pad = canvas_u(d->c, 18);
    draw_head(d, d->asked, "Asked: only you see the answer here", "");
    canvas_round(d->c, d->asked, (float)canvas_u(d->c, 8), d->t->panel);
    Rect r = rect_inset(d->asked, pad, pad);
    if (r.w < pad || r.h < pad) return;
    const int h = paragraph_plain(d->c, r.x, r.y, r.w, soft(d), 1.35f,
                                  *ask->question ? ask->question : "?", true) +
                  canvas_u(d->c, 8);
    r.y += h;
    r.h -= h;
    const int y = ask->kind == ASK_CHOICE ? draw_options(d, ask, r)
                                          : draw_right(d, ask, r);
    draw_asked_foot(d, ask, r, y + canvas_u(d->c, 4));
}

/* ---- the foot ------------------------------------------------------------ */

static void draw_foot(const Desk *d) {
    const int m = canvas_u(d->c, MARGIN_U);
    PanelBar k = {.c = d->c,
                  .theme = d->t,
                  .hits = &d->s->hits,
                  .bar = d->foot,
                  .x = d->foot.x + m,
                  .end = d->foot.x + d->foot.w - m};
    canvas_fill(d->c, d->foot, d->t->panel);
    panel_button(&k, FACE_SANS, "Space  next", CMD_BEAT_NEXT, 0);
    panel_gap(&k, 20);
    panel_button(&k, FACE_SANS, "PageUp  back", CMD_BEAT_PREV, 0);
    panel_gap(&k, 20);
    panel_button(&k, FACE_SANS, "B  black", CMD_BLACK, 0);
    panel_gap(&k, 20);
    panel_button(&k, FACE_MEDIUM,
                 d->s->frozen ? "F9  let the room follow" : "F9  freeze room",
                 CMD_FREEZE, 0);
    panel_gap(&k, 20);
    panel_button(&k, FACE_SANS, "Shift+S  swap displays", CMD_SWAP, 0);
    panel_gap(&k, 20);
    panel_button(&k, FACE_SANS,
                 d->scene->clock_runs ? "Ctrl+T  pause the clock"
                                      : "Ctrl+T  start the clock",
                 CMD_PAUSE_CLOCK, 0);
    panel_gap(&k, 20);
    if (d->scene->message[0])
        canvas_text_fit(
            d->c,
            text_style(FACE_SANS, TYPE_SMALL,
                       d->scene->message_is_bad ? d->t->bad : d->t->good),
            k.x, k.bar.y + k.bar.h / 2 + canvas_u(d->c, 5),
            num_max(k.end - k.x, 0), d->scene->message);
}

static void draw(const Scene *scene, Screen *s, Rect r) {
    Desk d = {.scene = scene, .s = s, .c = s->canvas};
    d.t = theme_find("dark"); /* it is read where it is dark */
    lay_out(&d, r);
    canvas_fill(s->canvas, r, d.t->window);
    hits_add(&s->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    draw_top(&d);
    draw_now(&d);
    if (scene->deck) {
        draw_next(&d);
        draw_asked(&d);
        slide_notes_draw(scene, s, d.t, canvas_u(d.c, HEAD_U), d.notes,
                         screen_place(s, &panel_presenter));
    }
    draw_foot(&d);
}

/* It has a window of its own, or none of this one. */
static PanelNeed need(const Scene *scene) {
    (void)scene;
    return PANEL_ABSENT;
}

const Panel panel_presenter = {
    .name = "presenter",
    .side = PANEL_COVER,
    .wheel_rows = 1,
    .need = need,
    .draw = draw,
};
