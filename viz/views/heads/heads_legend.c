#include "viz/views/heads/heads.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"

#include <math.h>
#include <stdio.h>

void heads_mean_text(float mean, char out[8]) {
    if (isnan(mean))
        snprintf(out, 8, "–");
    else
        stage_weight_text(mean, out);
}

int heads_described(const Stage *s, const HeadsSheet *sheet) {
    Rect tile;
    for (int i = 0; i < sheet->n; i++)
        if (heads_sheet_tile(sheet, i, &tile) &&
            rect_contains(tile, s->mouse_x, s->mouse_y))
            return i;
    return sheet->current;
}

/* "previous token  .92" over a bar, with a tick from where on a head is called
 * that.  Returns its height. */
static int draw_mean(const Stage *s, Rect r, HeadKind kind,
                     const HeadsItem *item) {
    const Theme *t = s->theme;
    float mean = item->mean[kind];
    bool named = item->kind == kind;
    char text[8];
    heads_mean_text(mean, text);
    TextStyle label = text_style(named ? FACE_MEDIUM : FACE_SANS, TYPE_SMALL,
                                 named ? t->text : t->soft);
    canvas_text(s->canvas, label, r.x, r.y + stage_u(s, 14),
                head_kind_title(kind));
    glossary_note(s->hits, s->canvas, label, r.x, r.y + stage_u(s, 14),
                  head_kind_title(kind));
    label.face = FACE_MONO;
    label.align = ALIGN_RIGHT;
    canvas_text(s->canvas, label, r.x + r.w, r.y + stage_u(s, 14), text);
    Rect bar = {r.x, r.y + stage_u(s, 21), r.w, stage_u(s, 5)};
    float radius = (float)bar.h / 2;
    canvas_round(s->canvas, bar, radius, t->well);
    Rect tick = {bar.x + (int)(head_kind_least(kind) * (float)bar.w),
                 bar.y - stage_u(s, 2), stage_u(s, 1), bar.h + stage_u(s, 4)};
    if (mean > 0) {
        bar.w = (int)lroundf(mean * (float)bar.w);
        canvas_round(s->canvas, bar, radius, named ? t->accent : t->residual);
    }
    heads_hit_mean(s, (Rect){r.x, r.y, r.w, stage_u(s, 32)}, item, kind);
    canvas_fill(s->canvas, tick, t->soft);
    return stage_u(s, 42);
}

static const char *note_over_stories(const Stage *s, const HeadsItem *item) {
    if (!item->known)
        return "The stories are being read: this takes a few seconds.";
    if (!s->config->arch->causal)
        return "Mean weight over stories that the model has not read, nothing "
               "switched off or hidden; right of the mark we call the head by "
               "this name. Same token: on its other places, on both sides.";
    return "Mean weight over stories that the model has not read, nothing "
           "switched off; right of the mark we call the head by this name. "
           "Induction: on random pieces said twice; recall: where a name "
           "must come next, its earlier places.";
}

static const char *note_for(const Stage *s, const HeadsSheet *sheet,
                            const HeadsItem *item) {
    if (heads_over_stories(s)) return note_over_stories(s, item);
    if (item->known && span_is_part(sheet->span))
        return "Mean weight over the text, not over the part shown "
               "alone; "
               "right of the mark we call the head by this name.";
    if (!item->known) return "These numbers are being computed.";
    if (isnan(item->mean[HEAD_PREVIOUS]))
        return "With one token there is nothing to compare: it can only look "
               "at itself.";
    if (sheet->n_tokens <= HEAD_COUNT_MIN)
        return "Mean weight over the tokens shown: too few of them to call a "
               "head by a name.";
    if (!s->config->arch->causal)
        return "Mean weight over the tokens shown; right of the mark we call "
               "the head by this name. Same token: on its other places, on "
               "both sides.";
    if (isnan(item->mean[HEAD_INDUCTION]))
        return "Mean weight over the tokens shown; right of the mark we call "
               "the head by this name. No token comes again in this text, so "
               "nothing can be said about induction.";
    return "Mean weight over the tokens shown; right of the mark we call the "
           "head by this name. Induction: on what followed the same token last "
           "time; recall: where the token that comes next stood before, be it "
           "a name or not.";
}

/* How to see the described head large: the current one opens. */
static const char *opens_by(const Stage *s, const HeadsSheet *sheet,
                            const HeadsItem *item) {
    if (s->is_figure) return "";
    return item == &sheet->items[sheet->current] ? "Enter opens it"
                                                 : "two clicks open it";
}

/* "head 2.6  Enter opens it" */
static int draw_name(const Stage *s, const HeadsSheet *sheet,
                     const HeadsItem *item, Rect r) {
    TextStyle bold = text_style(FACE_BOLD, TYPE_BODY, s->theme->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    int baseline = r.y + stage_u(s, 17);
    int w = canvas_textf(s->canvas, bold, r.x, baseline, "head %d.%d",
                         item->layer, item->head) +
            stage_u(s, 12);
    canvas_text_phrases(s->canvas, soft, r.x + w, baseline, r.w - w,
                        opens_by(s, sheet, item));
    return stage_u(s, 36);
}

static void stories_text(const HeadsSheet *sheet, char out[32]) {
    snprintf(out, 32, "over stories");
    if (sheet->n_texts > 0)
        snprintf(out, 32, "over %d stories", sheet->n_texts);
}

/* What the scores are of, where the stories are known; its height. */
static int draw_over(const Stage *s, const HeadsSheet *sheet, Rect r) {
    static const char *const words[] = {"text", "stories"};
    char stories[32];
    if (!heads_has_stories(s) || s->is_figure) return 0;
    stories_text(sheet, stories);
    const char *const titles[] = {"in this text", stories};
    const int w = stage_tabs_width(s, titles, 2);
    if (w > r.w) return 0;
    stage_tabs(s, r.x + w - stage_u(s, 4), r.y, STATE_OVER, words, titles, 2,
               heads_over_stories(s));
    return stage_u(s, 38);
}

int heads_legend_draw(const Stage *s, const HeadsSheet *sheet, Rect r) {
    const HeadsItem *item = &sheet->items[heads_described(s, sheet)];
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    int y = r.y + draw_name(s, sheet, item, r);
    y += draw_over(s, sheet, (Rect){r.x, y, r.w, 0});
    HeadKind k;
    for (int i = 0; (k = heads_kind(s->config->arch, i)) < HEAD_KINDS; i++)
        y += draw_mean(s, (Rect){r.x, y, r.w, 0}, k, item);
    const char *note = note_for(s, sheet, item);
    int h = paragraph_plain(s->canvas, r.x, y, r.w, soft, 1.45f, note, false);
    if (y + h <= r.y + r.h)
        y += paragraph_plain(s->canvas, r.x, y, r.w, soft, 1.45f, note, true);
    return y - r.y;
}

/* The same in a line, where a click takes the other; how wide it is. */
static int say_over(const Stage *s, const HeadsSheet *sheet, Rect r, int x,
                    int baseline) {
    const TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->accent);
    const bool stories = heads_over_stories(s);
    char text[32] = "in this text";
    if (!heads_has_stories(s)) return 0;
    if (stories) stories_text(sheet, text);
    const int w = canvas_text_fit(s->canvas, style, x, baseline,
                                  num_max(r.x + r.w - x, 0), text);
    hits_pick(s->hits, (Rect){x, r.y, w, r.h},
              pick_word(STATE_OVER, stories ? "text" : "stories"));
    return w + stage_u(s, 14);
}

void heads_legend_line(const Stage *s, const HeadsSheet *sheet, Rect r) {
    const HeadsItem *item = &sheet->items[heads_described(s, sheet)];
    const Theme *t = s->theme;
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, t->text);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, t->soft);
    int baseline = r.y + r.h - stage_u(s, 3), end = r.x + r.w;
    int x = r.x + stage_u(s, 14) +
            canvas_textf(s->canvas, bold, r.x, baseline, "head %d.%d",
                         item->layer, item->head);
    x += say_over(s, sheet, r, x, baseline);
    HeadKind k;
    for (int i = 0; (k = heads_kind(s->config->arch, i)) < HEAD_KINDS; i++) {
        char mean[8], text[64];
        heads_mean_text(item->mean[k], mean);
        snprintf(text, sizeof text, "%s%s %s%s", i > 0 ? "  ·  " : "",
                 head_kind_title(k), mean,
                 k == HEAD_INDUCTION && isnan(item->mean[k])
                     ? " (no token comes again)"
                     : "");
        int w =
            canvas_text_phrases(s->canvas, soft, x, baseline, end - x, text);
        if (w == 0) return;
        heads_hit_mean(s, (Rect){x, r.y, w, r.h}, item, k);
        glossary_note(s->hits, s->canvas, soft, x, baseline, text);
        x += w;
    }
    x += stage_u(s, 14);
    canvas_text_phrases(s->canvas, soft, x, baseline, end - x,
                        opens_by(s, sheet, item));
}
