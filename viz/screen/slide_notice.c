/* What stands above a slide when something is amiss with its deck: it is about
 * another model, or its file's newest text cannot be read. */
#include "viz/screen/slide_private.h"

#include "engine/base/file.h"
#include "viz/app/source.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 512

/* The names of the models, as in "tales, answers or step-*". */
static void names_of(const Deck *d, char *out, size_t size) {
    int n = deck_n_models(d);
    size_t used = 0;
    for (int i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 i == 0       ? ""
                                 : i + 1 == n ? " or "
                                              : ", ",
                                 deck_model(d, i));
}

/* A box with a mark at its left, as high as its text; its inner column. */
static void draw_text(Page *p, Color mark, const TextSpan *spans, int n) {
    int pad = canvas_u(p->c, 16), bar = canvas_u(p->c, 4);
    int x = p->x + pad + bar, w = p->w - 2 * pad - bar;
    int h = paragraph_text(p->c, x, 0, w, TYPE_BODY, 1.4f, spans, n, false);
    canvas_fill(p->c, (Rect){p->x, p->y, p->w, h + 2 * pad}, p->t->well);
    canvas_fill(p->c, (Rect){p->x, p->y, bar, h + 2 * pad}, mark);
    paragraph_text(p->c, x, p->y + pad, w, TYPE_BODY, 1.4f, spans, n, true);
    p->y += h + 2 * pad;
}

/* The way to the right model: by key, or by a click on it. */
static void draw_offer(Page *p, const Scene *scene) {
    char text[TEXT_MAX];
    const KeyRow *row = keys_row(CMD_OPEN_MODEL);
    const char *name = file_name(scene->other_model);
    if (strncmp(name, SOURCE_EMBEDDED, strlen(SOURCE_EMBEDDED)) == 0)
        name += strlen(SOURCE_EMBEDDED);
    snprintf(text, sizeof text, "%s: open %s", row->keys, name);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_BODY, p->t->accent_ink);
    int pad = canvas_u(p->c, 14), h = canvas_u(p->c, 36);
    int w = canvas_text_width(p->c, style, text) + 2 * pad;
    if (w > p->w) w = p->w;
    Rect r = {p->x, p->y + canvas_u(p->c, 10), w, h};
    canvas_round(p->c, r, (float)canvas_u(p->c, 8), p->t->accent);
    canvas_text_fit(p->c, style, r.x + pad,
                    r.y + h / 2 + canvas_metrics(p->c, style).cap / 2,
                    w - 2 * pad, text);
    hits_command(p->hits, r, CMD_OPEN_MODEL, 0);
    p->y = r.y + r.h;
}

static void draw_astray(Page *p, const Scene *scene) {
    char names[TEXT_MAX], text[2 * TEXT_MAX];
    names_of(scene->deck, names, sizeof names);
    snprintf(text, sizeof text,
             "It is about %s; open is %s. So its stages are not run, and what "
             "it says need not be true here.%s",
             names, model_name(scene->model),
             scene->other_model[0]
                 ? ""
                 : " Drop that model's file on the window to open it.");
    TextSpan spans[] = {
        panel_span(FACE_BOLD, p->t->text, "A lesson about another model. "),
        panel_span(FACE_SANS, p->t->text, text)};
    draw_text(p, p->t->accent, spans, 2);
    if (scene->other_model[0]) draw_offer(p, scene);
    p->y += canvas_u(p->c, 20);
}

static void draw_error(Page *p, const char *error) {
    TextSpan spans[] = {
        panel_span(FACE_BOLD, p->t->bad, "The changed file has an error. "),
        panel_span(FACE_MONO, p->t->text, error),
        panel_span(FACE_SANS, p->t->soft,
                   "\nBelow is the deck as it was before.")};
    spans[1].scale = 0.85f;
    draw_text(p, p->t->bad, spans, 3);
    p->y += canvas_u(p->c, 20);
}

void slide_notice_draw(Page *p, const Scene *scene) {
    if (scene->deck_error[0]) draw_error(p, scene->deck_error);
    if (scene->deck_is_astray) draw_astray(p, scene);
}
