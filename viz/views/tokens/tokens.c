/* Tokens: how a text became numbers. */
#include "viz/views/tokens/tokens.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"

#include <math.h>
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

Piece tokens_piece(const Stage *s, int id) {
    Piece p = tokenizer_piece(s->tokenizer, id);
    if (tokenizer_is_wordpiece(s->tokenizer) && p.bytes[0] == ' ') {
        p.bytes++;
        p.len--;
    }
    return p;
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

static StudyKey ladder_key(const Stage *s) {
    StudyKey key = {.kind = STUDY_LADDER, .index = STUDY_LADDER_WORD};
    if (!s->state->word[0]) tokens_word(s, &key.index, &key.pos);
    return key;
}

const StudyLadder *tokens_ladder(const Stage *s, bool *missing) {
    return study_get(s->study, ladder_key(s), missing);
}

int tokens_merge(const Stage *s, const StudyLadder *l) {
    return s->elem < 0 ? l->n_merges - 1 : num_min(s->elem, l->n_merges - 1);
}

int tokens_opened_piece(const Stage *s) {
    const int opened = stage_opened_token(s);
    return opened >= 0 ? opened : trace_token(s->trace, s->pos);
}

bool tokens_name_missing(const Stage *s, const char *text,
                         char out[STAGE_LABEL_MAX]) {
    uint32_t cp;
    const size_t n = strlen(text);
    if (n == 0 || canvas_has(s->canvas, FACE_SANS, text)) return false;
    if ((size_t)utf8_decode(text, n, &cp) != n || cp == UTF8_BAD) return false;
    snprintf(out, STAGE_LABEL_MAX, "U+%04X", (unsigned)cp);
    return true;
}

/* A byte, "<A6>", as it stands in a box with so much room, whatever its
 * digits. */
static const char *byte_text(const Stage *s, TextStyle style, int room,
                             const char *text, char out[3]) {
    style.size = TYPE_TINY;
    if (canvas_text_width(s->canvas, style, "<DD>") <= room) return text;
    snprintf(out, 3, "%s", text[0] == '<' ? text + 1 : text);
    return out;
}

void tokens_box(const Stage *s, const TokensBox *b, const char *text) {
    const float radius = (float)stage_u(s, 5);
    canvas_round(s->canvas, b->r, radius, b->fill);
    canvas_frame(s->canvas, b->r, radius,
                 (float)num_max(stage_u(s, b->line_u), 1), b->frame);
    TextStyle style = text_style(b->face, b->size_u, b->ink);
    const int pad = stage_u(s, 3), room = b->r.w - 2 * pad;
    char digits[3];
    if (b->is_byte) text = byte_text(s, style, room, text, digits);
    int w = canvas_text_width(s->canvas, style, text);
    if (w > room) {
        style.size = num_clamp_float(style.size * (float)room / (float)w,
                                     TYPE_TINY, style.size);
        w = canvas_text_width(s->canvas, style, text);
    }
    /* Letters come in whole pixels, so that they may be wider than that. */
    while (w > room && style.size > TYPE_TINY) {
        style.size = fmaxf(style.size - .5f, TYPE_TINY);
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

/* Why this pair and no other: merge k of a ladder. */
static void open_choice(const Stage *s, StudyKey ladder, const StudyLadder *l,
                        int k, Opened *out) {
    out->kind = OPENED_MADE;
    out->site = SITE_NONE;
    out->made = ladder;
    out->made.kind = STUDY_CHOICE;
    out->made.layer = k;
    snprintf(out->kicker, sizeof out->kicker, "Merge %d of %d", k + 1,
             l->n_merges);
    say(s, out, "Why this pair?");
    out->text = "Of all neighbours that are a piece together, the pair with "
                "the highest merge score becomes that piece. It is minus the "
                "order in which training joined the pair: what was frequent "
                "came first. Sense was never asked.";
}

static void open_merge(const Stage *s, Opened *out) {
    bool missing;
    const StudyLadder *l = tokens_ladder(s, &missing);
    const int k = l ? tokens_merge(s, l) : -1;
    if (k >= 0) {
        open_choice(s, ladder_key(s), l, k, out);
        return;
    }
    out->kind = missing ? OPENED_LATER : OPENED_NOTHING;
    snprintf(out->kicker, sizeof out->kicker, "Tokens");
    say(s, out, missing ? "" : "nothing was merged");
}

/* The ladder of the vocabulary's piece. */
static StudyKey made_key(const Stage *s) {
    return (StudyKey){.kind = STUDY_LADDER,
                      .index = study_piece(tokens_opened_piece(s))};
}

/* How many merges make it, and how many are near it; 0 while not known. */
static int n_made(const Stage *s) {
    bool missing;
    const StudyLadder *l = study_get(s->study, made_key(s), &missing);
    return l ? l->n_merges : 0;
}

static int n_near(const Stage *s) {
    const StudyNear *near = study_near(s->study, tokens_opened_piece(s));
    return near ? near->n : 0;
}

/* What `key` says of the piece: a merge or a cosine; false: neither. */
static bool open_of_piece(const Stage *s, Opened *out) {
    const int key = s->state->key, id = tokens_opened_piece(s);
    bool missing;
    if (key >= 0 && key < n_made(s)) {
        open_choice(s, made_key(s), study_get(s->study, made_key(s), &missing),
                    key, out);
        return true;
    }
    const int at = key - TOKENS_KEY_NEAR;
    if (at < 0 || at >= n_near(s)) return false;
    out->kind = OPENED_MADE;
    out->site = SITE_NONE;
    out->made = study_cosine_key(id, study_near(s->study, id)->rows[at].id);
    snprintf(out->kicker, sizeof out->kicker, "Two rows of the embedding");
    say(s, out, "their cosine");
    out->text = "The product of the rows, element by element, added up and "
                "divided by both lengths: 1 is the same direction, 0 at right "
                "angles.";
    return true;
}

static void opened(const Stage *s, Opened *out) {
    *out = (Opened){.kind = OPENED_NOTHING};
    if (s->op == TOKENS_LADDER) {
        open_merge(s, out);
        return;
    }
    if (s->op == TOKENS_VOCABULARY && open_of_piece(s, out)) return;
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
    out->text =
        "All pieces, by their ids. Ctrl+F finds one by its text, by its "
        "id after a #, or by its bytes after a =. Nearest are the "
        "pieces whose rows of the embedding point the same way: 1 is "
        "the same direction.";
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
    next->row = -1;
    next->key = -1;
    next->set |= STATE_BIT(STATE_ROW) | STATE_BIT(STATE_KEY);
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

/* The next merge that makes the vocabulary's piece, and after these the next
 * of its nearest; elsewhere as to the side. */
static bool below(const Stage *s, int dir, State *next) {
    if (s->op != TOKENS_VOCABULARY) {
        const int elem = beside(s, dir);
        if (elem < 0) return false;
        next->elem = elem;
        next->set |= STATE_BIT(STATE_ELEM);
        return true;
    }
    const int merges = n_made(s), n = merges + n_near(s), key = s->state->key;
    int at = key < 0                  ? -1
             : key >= TOKENS_KEY_NEAR ? key - TOKENS_KEY_NEAR + merges
                                      : key;
    at += dir;
    if (at < -1 || at >= n) return false;
    next->elem = tokens_opened_piece(s);
    next->key = at < merges ? at : TOKENS_KEY_NEAR + at - merges;
    next->set |= STATE_BIT(STATE_ELEM) | STATE_BIT(STATE_KEY);
    return true;
}

const View view_tokens = {
    .name = "tokens",
    .title = "Tokens",
    .key = "2",
    .family = FAMILY_TEXT,
    .op = op_at,
    .default_op = "pieces",
    .draw = draw,
    .opened = opened,
    .beside = beside,
    .below = below,
    .step = step,
};
