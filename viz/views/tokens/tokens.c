/* Tokens: how a text became numbers. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <string.h>

static const struct {
    ViewOp op;
    void (*draw)(const Stage *s, Rect r);
    const char *question;
} modes[TOKENS_MODES] = {
    {{"pieces", "pieces"},
     tokens_draw_pieces,
     "How did my text become numbers?"},
    {{"ladder", "ladder"},
     tokens_draw_ladder,
     "How did this word become tokens?"},
    {{"vocabulary", "vocabulary"},
     tokens_draw_vocabulary,
     "Which pieces are there?"},
};

/* ---- what is looked at --------------------------------------------------- */

static bool begins_word(const Stage *s, int pos) {
    const Piece p = tokenizer_piece(s->tokenizer, trace_token(s->trace, pos));
    return p.is_control || (p.len > 0 && strchr(" \n\t", p.bytes[0]));
}

static bool is_control(const Stage *s, int pos) {
    return tokenizer_piece(s->tokenizer, trace_token(s->trace, pos)).is_control;
}

void tokens_word(const Stage *s, int *first, int *last) {
    *first = *last = s->pos;
    while (*first > 0 && s->pos - *first + 1 < TOKENS_WORD_MAX &&
           !begins_word(s, *first) && !is_control(s, *first - 1))
        --*first;
    while (*last + 1 < s->n_pos && *last - *first + 1 < TOKENS_WORD_MAX &&
           !is_control(s, *last) && !begins_word(s, *last + 1))
        ++*last;
}

StudyKey tokens_ladder_key(const Stage *s) {
    StudyKey key = {.kind = STUDY_LADDER, .index = STUDY_LADDER_WORD};
    if (!s->state->word[0]) tokens_word(s, &key.index, &key.pos);
    return key;
}

const StudyLadder *tokens_ladder(const Stage *s, bool *missing) {
    return study_get(s->study, tokens_ladder_key(s), missing);
}

int tokens_merge(const Stage *s, const StudyLadder *l) {
    return s->elem < 0 ? l->n_merges - 1 : num_min(s->elem, l->n_merges - 1);
}

int tokens_opened_piece(const Stage *s) {
    const int opened = stage_opened_token(s);
    return opened >= 0 ? opened : trace_token(s->trace, s->pos);
}

void tokens_box(const Stage *s, const TokensBox *b, const char *text) {
    const float radius = (float)stage_u(s, 5);
    canvas_round(s->canvas, b->r, radius, b->fill);
    canvas_frame(s->canvas, b->r, radius,
                 (float)num_max(stage_u(s, b->line_u), 1), b->frame);
    TextStyle style = text_style(b->face, b->size_u, b->ink);
    const int pad = stage_u(s, 3), room = b->r.w - 2 * pad;
    int w = canvas_text_width(s->canvas, style, text);
    if (w > room) {
        style.size = num_clamp_float(style.size * (float)room / (float)w,
                                     TYPE_TINY, style.size);
        w = canvas_text_width(s->canvas, style, text);
    }
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int x = b->r.x + (w < room ? (b->r.w - w) / 2 : pad);
    if (room > 0)
        canvas_text_fit(s->canvas, style, x, b->r.y + (b->r.h + cap) / 2, room,
                        text);
}

/* ---- the view ------------------------------------------------------------ */

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* every model reads tokens */
    if (i >= TOKENS_MODES) return false;
    *out = modes[i].op;
    return true;
}

static void draw(const Stage *s, Rect r) {
    const char *words[TOKENS_MODES], *titles[TOKENS_MODES];
    for (int i = 0; i < TOKENS_MODES; i++) {
        words[i] = modes[i].op.name;
        titles[i] = modes[i].op.title;
    }
    const int tabs = stage_tabs_width(s, titles, TOKENS_MODES);
    const Rect all = r;
    r = stage_heading_beside(s, r, tabs, view_tokens.title,
                             modes[s->op].question);
    stage_tabs(s, all.x + all.w, all.y, STATE_OP, words, titles, TOKENS_MODES,
               s->op);
    modes[s->op].draw(s, r);
}

static void say(const Stage *s, Opened *out, const char *text) {
    out->title[out->n_title++] = (TextSpan){.text = text,
                                            .len = (int)strlen(text),
                                            .face = FACE_BOLD,
                                            .color = s->theme->text};
}

/* Why this pair and no other. */
static void open_merge(const Stage *s, Opened *out) {
    bool missing;
    const StudyLadder *l = tokens_ladder(s, &missing);
    const int k = l ? tokens_merge(s, l) : -1;
    if (k < 0) {
        out->kind = missing ? OPENED_LATER : OPENED_NOTHING;
        snprintf(out->kicker, sizeof out->kicker, "Tokens");
        say(s, out, missing ? "" : "nothing was merged");
        return;
    }
    out->kind = OPENED_MADE;
    out->site = SITE_NONE;
    out->made = tokens_ladder_key(s);
    out->made.kind = STUDY_CHOICE;
    out->made.layer = k;
    snprintf(out->kicker, sizeof out->kicker, "Merge %d of %d", k + 1,
             l->n_merges);
    say(s, out, "Why this pair?");
    out->text = "Of all neighbours that are a piece together, the pair with "
                "the highest score becomes that piece. A score is minus the "
                "order in which training joined the pair: what was frequent "
                "came first. Sense was never asked.";
}

static void opened(const Stage *s, Opened *out) {
    *out = (Opened){.kind = OPENED_NOTHING};
    if (s->op == TOKENS_LADDER) {
        open_merge(s, out);
        return;
    }
    snprintf(out->kicker, sizeof out->kicker, "Tokens");
    if (s->op == TOKENS_PIECES) {
        say(s, out, "Text, bytes, pieces, ids");
        out->text = "The model never sees letters. A text is cut into pieces "
                    "of the vocabulary, and each piece is a number: its row in "
                    "the table. A character that is no piece is written as the "
                    "bytes it is stored in.";
        return;
    }
    say(s, out, "The vocabulary");
    out->text = "All pieces, by their ids. Ctrl+F finds one by its text, or by "
                "its id after a #. Nearest are the pieces whose rows of the "
                "embedding point the same way: 1 is the same direction.";
}

static bool go_to(State *next, int mode, int elem) {
    snprintf(next->op, sizeof next->op, "%s", modes[mode].op.name);
    next->elem = elem;
    next->set |= STATE_BIT(STATE_OP) | STATE_BIT(STATE_ELEM);
    return true;
}

/* Through the pieces, the merges one by one, and the vocabulary. */
static bool step(const Stage *s, int dir, State *next) {
    bool missing;
    const StudyLadder *l = tokens_ladder(s, &missing);
    const int n = l ? l->n_merges : 0;
    if (s->op == TOKENS_PIECES)
        return dir > 0 && go_to(next, TOKENS_LADDER, n > 0 ? 0 : -1);
    if (s->op == TOKENS_VOCABULARY)
        return dir < 0 && go_to(next, TOKENS_LADDER, -1);
    const int k = l ? tokens_merge(s, l) + dir : 0;
    if (n > 0 && k >= 0 && k < n) return go_to(next, TOKENS_LADDER, k);
    if (dir < 0) return go_to(next, TOKENS_PIECES, -1);
    next->row = num_max(trace_token(s->trace, s->pos) - TOKENS_ABOVE, 0);
    next->set |= STATE_BIT(STATE_ROW);
    return go_to(next, TOKENS_VOCABULARY, -1);
}

/* The next merge, or the next piece. */
static int beside(const Stage *s, int dir) {
    bool missing;
    if (s->op == TOKENS_VOCABULARY) {
        const int id = tokens_opened_piece(s) + dir;
        return id < tokenizer_n_drawn(s->tokenizer) ? id : -1;
    }
    const StudyLadder *l = tokens_ladder(s, &missing);
    if (s->op != TOKENS_LADDER || !l) return -1;
    const int k = tokens_merge(s, l) + dir;
    return k >= 0 && k < l->n_merges ? k : -1;
}

const View view_tokens = {
    .name = "tokens",
    .title = "Tokens",
    .op = op_at,
    .default_op = "pieces",
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .step = step,
};
