/* The words for a model that tells what stands at a place, hidden or not. */
#include "viz/views/next/next.h"

#include <stdio.h>

void next_masked_details(const Stage *s, const char *count, char *out,
                         size_t size) {
    char token[STAGE_SAID_MAX];
    stage_say_token(s, trace_token(s->trace, s->pos), token);
    snprintf(out, size, NEXT_MASKED_QUESTION "   %s %s (%d) · %s candidates",
             masked_at(s, s->pos) ? "hidden:" : "in the place of", token,
             s->pos, count);
}

/* "rank 2 of 769, 31.0 %" */
static void rank_text(const Stage *s, const StudyNext *next, char *out,
                      size_t size) {
    const int at = next_following(s, next);
    char count[16], place[16], percent[16];
    out[0] = '\0';
    if (at < 0) return;
    next_count_text(next->n, count);
    stage_probability_text(next->candidates[at].prob, percent);
    next_count_text(at + 1, place);
    snprintf(out, size, "rank %s of %s, %s", place, count, percent);
}

/* Nothing was hidden: to tell is to repeat, where the best is what is there. */
static void describe_seen(const Stage *s, const StudyNext *next,
                          const char *best, const char *rank, NextWords *t) {
    const Theme *theme = s->theme;
    char token[STAGE_SAID_MAX];
    stage_say_token(s, trace_token(s->trace, s->pos), token);
    next_say(t, FACE_SANS, theme->soft, "the model is shown ");
    next_say(t, FACE_BOLD, theme->text, "%s", s->labels[s->pos]);
    if (next->candidates[0].id == trace_token(s->trace, s->pos)) {
        next_say(t, FACE_SANS, theme->soft, " here, and tells it back: %s",
                 rank);
    } else {
        next_say(t, FACE_SANS, theme->soft, " here, and tells ");
        next_say(t, FACE_BOLD, theme->text, "%s", best);
        next_say(t, FACE_SANS, theme->soft, " instead: %s is %s", token, rank);
    }
    if (s->is_figure || tokenizer_mask(s->tokenizer) < 0) return;
    next_say(t, FACE_SANS, theme->soft,
             "\nShift+U hides it behind [MASK]: then it is to be guessed from "
             "both sides");
}

void next_masked_describe(const Stage *s, const StudyNext *next, NextWords *t) {
    const Theme *theme = s->theme;
    const int told = masked_told(s, s->pos);
    char best[STAGE_LABEL_MAX], rank[64];
    tokenizer_show(s->tokenizer, next->candidates[0].id, best, sizeof best);
    rank_text(s, next, rank, sizeof rank);
    if (!masked_at(s, s->pos)) {
        describe_seen(s, next, best, rank, t);
        return;
    }
    next_say(t, FACE_SANS, theme->soft,
             "[MASK] hides this place: from the words on both sides the model "
             "fills in ");
    next_say(t, FACE_BOLD, theme->accent, "%s", best);
    if (told >= 0) {
        next_say(t, FACE_SANS, theme->soft, "\nthe text has ");
        next_say(t, FACE_BOLD, theme->text, "%s", s->labels[s->pos]);
        next_say(t, FACE_SANS, theme->soft, ": %s", rank);
    }
    if (s->is_figure) return;
    next_say(t, FACE_SANS, theme->soft, "%s",
             told >= 0 ? "  ·  Shift+U shows it again"
                       : "  ·  a click on a token writes it there");
}

const char *next_masked_text(int op) {
    static const char *const texts[NEXT_OPS] = {
        [NEXT_OP_LOGIT] =
            "The vector of this place goes through the head for masked words: "
            "a matrix, an activation, a norm. What it leaves is multiplied "
            "with this token's row of the output matrix, number by number; "
            "the sum, and a bias of the token's own, is the logit: how well "
            "the two fit. Only its distance to the other logits matters.",
        [NEXT_OP_PROB] =
            "Softmax over the whole vocabulary: e is raised to each logit; a "
            "token's share of the sum is its probability to stand at this "
            "place. All of them together have 100 %.",
        [NEXT_OP_PLAIN] =
            "Softmax over the whole vocabulary: e is raised to each logit; a "
            "token's share of the sum is its probability to stand at this "
            "place. All of them together have 100 %.",
        [NEXT_OP_BARS] =
            "How likely the model holds each token of its list to stand at "
            "this place. All of them together have 100 %.",
        [NEXT_OP_ENTROPY] =
            "How open the choice is: the mean of −log₂ p, each token with the "
            "weight p. With n equally likely tokens it is log₂ n; 0 bits: only "
            "one can stand here.",
        [NEXT_OP_NORM] =
            "The spread of the vector that left the head's activation: the "
            "root of the mean of its squares, once its mean is taken off. The "
            "head's LayerNorm divides by it before the logits are made.",
        [NEXT_OP_SURPRISE] =
            "How much the token that the text has at this place surprises the "
            "model: −log₂ of the probability it has there. Where [MASK] hides "
            "it, that is what training makes small; where nothing does, the "
            "model is shown the token and has but to tell it back."};
    return texts[op];
}
