/* Which places a model is not shown, and the sentence where nothing is told. */
#include "viz/views/masked.h"

#include "viz/paint/paragraph.h"

#include <string.h>

bool masked_at(const Stage *s, int pos) {
    return masked_hides(s->tokenizer, trace_edits(s->trace), pos,
                        trace_token(s->trace, pos));
}

int masked_told(const Stage *s, int pos) {
    const int at = pos + arch_ahead(s->config->arch);
    if (at >= s->n_pos) return -1;
    const int id = trace_token(s->trace, at);
    return id == tokenizer_mask(s->tokenizer) ? -1 : id;
}

void masked_draw_headless(const Stage *s, Rect r) {
    static const char text[] =
        "This model predicts nothing: its file has no head for masked words. "
        "What it makes of each token is in the other views.";
    const TextSpan span = {.text = text,
                           .len = (int)strlen(text),
                           .face = FACE_SANS,
                           .color = s->theme->text};
    paragraph_text(s->canvas, r.x, r.y + stage_u(s, 6), r.w, TYPE_BODY, 1.5f,
                   &span, 1, true);
}
