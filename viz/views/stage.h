/* Stage: everything a view may know, and what views share to draw it: the type
 * scale, headings, tabs, colour bars, numbers as colours and as text.
 *
 * Does NOT compute anything of the model, allocate, or know what stands around
 * it.
 */
#ifndef VIZ_VIEWS_STAGE_H
#define VIZ_VIEWS_STAGE_H

#include "engine/study/study.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/trace.h"
#include "lessons/state.h"
#include "viz/paint/canvas.h"
#include "viz/paint/colormap.h"
#include "viz/paint/paragraph.h"
#include "viz/paint/theme.h"
#include "viz/views/hits.h"
#include "viz/views/live_training.h"
#include "viz/views/tip.h"
#include "viz/views/training.h"

#define STAGE_TOKENS_MAX STUDY_TOKENS_MAX /* of a heatmap drawn at once */
#define STAGE_LABEL_MAX  32 /* bytes of a token's label, NUL included */

typedef struct Stage {
    Canvas *canvas;
    Hits *hits;
    const Theme *theme;
    Colormap map;
    const State *state;
    const Trace *trace; /* at least one position published */
    Study *study;       /* every number is asked for here; see stage_row */
    /* What that is compared with: ask before.h.  against NULL: nothing, or
     * none of it is there yet; else it has at least one position. */
    const Trace *against;
    Study *against_study;
    const State *against_state;
    const char *unlike; /* why nothing can be compared; NULL or "" */
    int before_prefix;  /* positions up to here face the same ones, */
    int before_suffix;  /* and from here on those before_shift later */
    int before_shift;
    const Training *training; /* for views with `walks`; NULL: none is known */
    const LiveTraining *live; /* what is trained now; NULL: nothing is */
    const Model *model;
    const Config *config;
    const Tokenizer *tokenizer;
    StudyTeller teller; /* of what may truly come next; zeroed: nobody */
    int n_pos;          /* positions to show: all published ones */
    int pos;            /* current token, 0 <= pos < n_pos */
    int layer, head;    /* current ones, in range */
    int key; /* opened key position, 0 <= key < n_keys(pos); the strongest
                    one of the current head when none was opened */
    int n_keys_shown; /* that can be opened: those the mask lets through, or
                         all positions where the view shows the others, too */
    bool key_opened;  /* the user or the lesson opened it */
    bool key_known;   /* false: which one is the strongest is still to come */
    int elem;         /* opened element or -1 (not range-checked per site) */
    int op;           /* index into the view's ops */
    const char (*labels)[STAGE_LABEL_MAX]; /* [n_pos] as shown: "␣Lily" */
    const char (*reads)[STAGE_LABEL_MAX];  /* of the tokens that are computed
                                              with: an edit may put others in
                                              the place of the text's */
    int mouse_x, mouse_y;                  /* -1: no mouse */
    Tip *tip;         /* where to note what the mouse is on; NULL: nowhere */
    bool is_guessing; /* the class is: nothing says what comes next */
    bool is_figure;   /* nobody can press anything: buttons stay away */
    bool has_factor;  /* a slider is shown: factor.h, */
    Edit factor;      /* of this part, and where it is now */
    Color *cells;     /* scratch [STAGE_TOKENS_MAX^2] */
} Stage;

/* Fills in what follows from the rest: the caller has set canvas, hits, theme,
 * state, trace, study, what they are compared with, model, tokenizer, labels,
 * reads, cells and mouse; the state's view, layer and head are in range; a
 * frame of the studies has begun.  False while nothing is published. */
bool stage_fill(Stage *s);

/* A row of the trace; NULL: not there yet, it will be in a later frame.  Ask
 * once for each row. */
static inline const float *stage_row(const Stage *s, Site site, int layer,
                                     int pos) {
    return study_row(s->study, site, layer, pos);
}

/* The opened element where it is a token's id, -1: none, or a row of the model
 * that no piece belongs to. */
static inline int stage_opened_token(const Stage *s) {
    return s->elem < tokenizer_n_drawn(s->tokenizer) ? s->elem : -1;
}

/* The token that is computed with at a position: that of reads. */
static inline int stage_read_id(const Stage *s, int pos) {
    return edits_token(trace_edits(s->trace), pos, trace_token(s->trace, pos));
}

/* A token within a sentence: in quotes where it looks like one of its words, as
 * WordPiece's do, which have no blank to be shown. */
#define STAGE_SAID_MAX (STAGE_LABEL_MAX + 6)
void stage_say_token(const Stage *s, int id, char out[STAGE_SAID_MAX]);

/* Short strokes around a rectangle: what is not there yet, or is no longer. */
void stage_dashed(const Stage *s, Rect r, Color color);

/* Marks what is not there yet. */
void stage_draw_missing(const Stage *s, Rect r);

/* A label that is a token's: a click on it goes to that token. */
void stage_token_hit(const Stage *s, Rect r, int pos);

/* Design units to pixels. */
static inline int stage_u(const Stage *s, float u) {
    return canvas_u(s->canvas, u);
}

/* Type scale in design units: use these and no other sizes. */
#define TYPE_DISPLAY 34.0f /* slide headings */
#define TYPE_TITLE   25.0f /* a view's name */
#define TYPE_LEAD    20.0f /* slide text */
#define TYPE_BODY    17.0f /* labels, tokens */
#define TYPE_SMALL   14.0f /* axis labels, captions */
#define TYPE_TINY    12.0f /* numbers in cells, indices */

/* A text with formulas in it (formula_next), its terms noted, left of
 * x + max_w; words that do not fit are cut, and formulas left out. */
void stage_text_fit(const Stage *s, TextStyle style, int x, int y, int max_w,
                    const char *text);
/* Draws the line on top of a view: title, then details in soft type.  Returns
 * the rectangle left below it. */
Rect stage_heading(const Stage *s, Rect r, const char *title,
                   const char *details);

/* The same beside something else: the first line leaves `reserved` pixels free
 * at its right end. */
Rect stage_heading_beside(const Stage *s, Rect r, int reserved,
                          const char *title, const char *details);

/* True when title and details fit beside each other in width w. */
bool stage_heading_fits(const Stage *s, int w, const char *title,
                        const char *details);

/* A row of small buttons, right-aligned at (right, y): each sets `key` to the
 * word words[i], as a Pick's part may; `current` is lit. */
void stage_tabs(const Stage *s, int right, int y, StateKey key,
                const char *const *words, const char *const *titles, int n,
                int current);
/* How wide that row is. */
int stage_tabs_width(const Stage *s, const char *const *titles, int n);

/* The same where a view's title has room beside them, in w pixels; else 0. */
int stage_tabs_beside(const Stage *s, int w, const char *title,
                      const char *const *titles, int n);

/* A vertical colour bar: r is the coloured part, its label stands above and
 * its numbers to the right (leave 44 u).  0..hi, spread by square root with
 * sqrt_scale (weights); signed_map: the diverging map over -hi..hi. */
void stage_colorbar(const Stage *s, Rect r, const char *label, float hi,
                    bool signed_map, bool sqrt_scale);

/* The same lying down: its label stands to the left, its numbers below (leave
 * 24 u). */
void stage_colorbar_flat(const Stage *s, Rect r, const char *label, float hi,
                         bool signed_map, bool sqrt_scale);

/* Colour of an attention weight: the map at sqrt(w), so small ones show. */
Color stage_weight_color(const Stage *s, float w);
/* Colour of a signed value on -hi..hi. */
Color stage_value_color(const Stage *s, float v, float hi);
/* The whole table of embeddings, by the root of its numbers: small ones show,
 * too. */
void stage_draw_table(const Stage *s, Rect r, const StudyTable *t);

/* How much of its colour a score keeps that the mask hides. */
#define STAGE_FAINT .3f

/* Of an opened key that stands after the token that looks. */
#define STAGE_MASKED_TITLE "a masked key: weight 0"
#define STAGE_MASKED_TEXT                                                      \
    "This token comes later, so the mask takes its score away: −∞ stands " \
    "in its place before the softmax. e to the power of −∞ is 0, so its "  \
    "weight is 0 and nothing of its value is fetched. Below is the score "     \
    "that it would have had."

/* "1.0", ".48", ".00": a weight in two digits. */
void stage_weight_text(float w, char out[8]);
/* "+12.345", "-0.067": a value in about five digits. */
void stage_value_text(float v, char out[16]);

/* "97.5 %", "99.98 %", "<0.1 %": a probability.  What is not all is never shown
 * as 100.0, nor what is not nothing as 0.0. */
void stage_percent_text(double p, char out[16]);
/* Of a softmax, which gives neither nothing nor all, even where its number is
 * rounded to 0 or 1. */
void stage_probability_text(double p, char out[16]);
/* Where what is not a number has no room to say so: "?". */
void stage_number_fit(const Stage *s, TextStyle style, int room, char *text);
/* "1,234,567" */
void stage_count_text(uint64_t n, char out[32]);
/* "2.15 GB": of a thousand, as disks are sold. */
void stage_bytes_text(double bytes, char out[16]);

/* A click on the probability of a token after a position, at temperature 1: its
 * arithmetic, in the run `opened` ("now" or "before"). */
void stage_hit_probability(const Stage *s, Rect r, int pos, int id,
                           const char *opened);

/* Largest |v| of n values; 0 gives 1, so that it can divide. */
float stage_max_abs(const float *v, int n);

/* First position to draw so that `current` is among the n_visible shown. */
int stage_window(int n, int n_visible, int current);

#endif
