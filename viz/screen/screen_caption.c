/* The line under an exported figure: which model, which text, which place. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

#define CAPTION_U 34.0f

/* As they are written: [MASK] by its name. */
static void edits_text(const Stage *s, char out[EDITS_TEXT_MAX]) {
    Edits e = *trace_edits(s->trace);
    const int mask = tokenizer_mask(s->tokenizer);
    for (int i = 0; i < e.n; i++)
        if (e.list[i].kind == EDIT_TOKEN && e.list[i].other == mask)
            e.list[i].other = EDITS_MASK;
    edits_format(&e, out, EDITS_TEXT_MAX);
}

/* "layer 3 · head 3 · token 31 ␣said · changed: 3.0" */
static void place_text(const Stage *s, char *out, size_t size) {
    char edits[EDITS_TEXT_MAX];
    int n = snprintf(out, size, "layer %d · head %d · token %d %s", s->layer,
                     s->head, s->pos, s->reads[s->pos]);
    edits_text(s, edits);
    if (edits[0] && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " · changed: %s", edits);
}

/* A token that the tokenizer put at the text's begin or end. */
static bool is_frame(const Stage *s, int pos) {
    const int id = trace_token(s->trace, pos);
    const bool ends = !s->config->arch->causal && pos == s->n_pos - 1;
    return (pos == 0 || ends) && id != tokenizer_mask(s->tokenizer) &&
           tokenizer_piece(s->tokenizer, id).is_control;
}

/* The text that the model has read, on one line. */
static void prompt_text(const Stage *s, char *out, size_t size) {
    size_t n = 0;
    out[0] = '\0';
    for (int pos = 0; pos < s->n_pos && n + STAGE_LABEL_MAX < size; pos++) {
        const int id = trace_token(s->trace, pos);
        const Piece piece = tokenizer_piece(s->tokenizer, id);
        if (is_frame(s, pos)) continue;
        /* The blank before it is taken as a part of [MASK]. */
        if (id == tokenizer_mask(s->tokenizer) && n > 0) out[n++] = ' ';
        for (int i = 0; i < piece.len && n + 1 < size; i++) {
            const char c = piece.bytes[i];
            out[n++] = c == '\n' || c == '\t' ? ' ' : c;
        }
        out[n] = '\0';
    }
}

Rect screen_draw_caption(const Scene *scene, const Stage *s, Rect r) {
    const int h = stage_u(s, CAPTION_U);
    if (r.h < 6 * h) return r;
    char place[EDITS_TEXT_MAX + 160], prompt[512], text[1024];
    place_text(s, place, sizeof place);
    prompt_text(s, prompt, sizeof prompt);
    snprintf(text, sizeof text, "%s · %s · %.300s · ", model_name(scene->model),
             view_title(scene->view, s->config->arch), place);
    const TextStyle style =
        text_style(FACE_SANS, TYPE_SMALL, scene->theme->soft);
    const int y = r.y + r.h - stage_u(s, 8);
    const int w = num_min(canvas_text_width(s->canvas, style, text), r.w);
    canvas_fill(s->canvas,
                (Rect){r.x, r.y + r.h - h + stage_u(s, 4), r.w, stage_u(s, 1)},
                scene->theme->rule);
    canvas_text_fit(s->canvas, style, r.x, y, r.w, text);
    canvas_text_fit(s->canvas,
                    text_style(FACE_SANS, TYPE_SMALL, scene->theme->text),
                    r.x + w, y, r.w - w, prompt);
    return (Rect){r.x, r.y, r.w, r.h - h};
}
