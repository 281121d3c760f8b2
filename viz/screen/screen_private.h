/* The Screen's parts, for screen*.c, commands.c and the panels.  Not for anyone
 * else. */
#ifndef VIZ_SCREEN_SCREEN_PRIVATE_H
#define VIZ_SCREEN_SCREEN_PRIVATE_H

#include "viz/paint/fade.h"
#include "viz/screen/menu.h"
#include "viz/screen/panel.h"
#include "viz/screen/screen.h"

#define SCREEN_PANELS_MAX 20

/* What was asked for by its toggle. */
typedef enum PanelWish { PANEL_AUTO, PANEL_SHOW, PANEL_HIDE } PanelWish;

typedef struct PanelPlace {
    PanelWish wish;
    Rect rect;       /* in the last frame; of width or height 0: not shown */
    int scroll;      /* rows */
    int scroll_most; /* in the last frame, measured by drawing */
} PanelPlace;

/* What hangs over a screen until something is chosen of it. */
typedef enum Menu { MENU_NONE, MENU_VIEWS, MENU_HERE } Menu;

/* A slide drawn small, kept for the next frame. */
typedef struct Thumb {
    Pixmap picture; /* px NULL: none is kept here */
    int slide;
    uint64_t sum;  /* of what it was made for: deck, theme, sizes */
    uint64_t used; /* by the frame of this number */
} Thumb;

#define THUMBS_MAX 64 /* as many as a window shows; others are plain */

/* Where the slides of the overview stand. */
typedef struct OverviewGrid {
    Rect body;
    int columns, rows;    /* that fit */
    int w, h, label, gap; /* of a slide and what stands below; between two */
    int n, first;         /* slides there are; row shown first */
} OverviewGrid;

/* What the last frame was of. */
typedef struct Frame {
    const View *view; /* NULL: nothing was drawn yet */
    Rect stage;
    uint64_t turn, text; /* see scene.h */
    bool is_covered;     /* something lies over the stage, or it is hidden */
    int n_pos;           /* tokens that were there */
    bool is_busy;        /* the engine had not reached the state */
    bool is_whole;       /* nor lacked a number */
} Frame;

/* Where a picture is, and from one to the next. */
typedef struct Spot {
    const View *view;  /* NULL: none */
    uint64_t text;     /* see scene.h */
    int pos, head, op; /* head: of all layers' */
} Spot;
typedef struct Step {
    int pos, head, op;
} Step;

/* What is asked for before it is shown; see screen_ahead.c. */
typedef struct Ahead {
    uint64_t turn, since_ms; /* of the picture, and since when that is */
    int tried;               /* steps that are over with */
    uint64_t tried_ms;       /* since when the next one is tried, */
    int left;                /* and looks at most */
    Spot spot;               /* of the picture */
    Step step;               /* the likeliest from there */
} Ahead;

struct Screen {
    App *app;
    const Panel *const *panels; /* docked in this order; NULL ends it */
    PanelPlace places[SCREEN_PANELS_MAX];

    int width, height;    /* of the last frame; 0: nothing was drawn yet */
    float density;        /* of the display; 1: ordinary */
    Hits hits;            /* of the last frame */
    int mouse_x, mouse_y; /* -1: not here */
    int term;    /* index in hits.terms of the one explained by key; -1: none */
    Pick marked; /* what opens the number marked in the arithmetic */
    bool has_marked;
    Menu menu;
    int menu_line;              /* the one chosen of it */
    MenuLine here[MENU_LINES];  /* MENU_HERE: [n_here], made when it opened, */
    int n_here, here_x, here_y; /* at this point */
    bool dragging;              /* a slider, a strip or a map is held: */
    Hit drag_hit;
    int drag_x, drag_y; /* where it was taken */
    bool holds_factor;  /* the mouse holds the slider of factor.h, or is on it:
                           it stays */
    Edit factor;        /* of this part */
    bool dragged;       /* it has moved, so it is no click */

    /* The presenter's own: the room's screen, what that shows, borrowed both,
     * and whether it stays as it is. */
    Rect room_rect;   /* where that is, in the last frame */
    Screen *presents; /* NULL: it is no presenter's */
    const Pixmap *room;
    bool frozen;
    uint64_t second; /* app_seconds of the last frame */

    bool folded;     /* in the last frame the slide was a line */
    uint64_t drawn;  /* Scene.changes of the last frame */
    uint64_t opened; /* Scene.opened that the scrolls belong to */
    uint64_t placed; /* Scene.placed that the panels belong to */
    uint64_t turn;   /* Scene.turn that numbers were waited for */
    int n_lacked;    /* drawings that lacked numbers, after the last change */
    Ahead ahead;
    bool dirty; /* for a reason of its own */

    Pixmap under;     /* the last frame without marks, if any are laid over; */
    bool laid;        /* they are */
    uint64_t laid_as; /* app_marked of them */

    Frame frame;      /* the last one */
    Fade strip;       /* what the strip of tokens showed */
    Fade fade;        /* of the stage, begun at */
    uint64_t fade_ms; /* this time */
    bool held;        /* an older picture of the stage is shown, */
    uint64_t held_ms; /* since */

    /* Of the prompt being edited, in the last frame. */
    Rect caret;                      /* of width 0: there is none */
    size_t caret_of;                 /* its byte of the draft */
    size_t caret_above, caret_below; /* the bytes a row up and down from it */

    /* Of the frame being drawn. */
    Canvas *canvas;
    const Stage *stage; /* NULL: nothing is published */

    /* Of the overview: the slides that fit what is typed; their pictures. */
    int found[DECK_SLIDES_MAX]; /* [n_found] */
    int n_found;
    Thumb thumbs[THUMBS_MAX];
    uint64_t thumb_frame; /* 0: none was drawn since it was opened */
    int thumbs_most;      /* that the frame being drawn may make */
    bool thumbs_lack;     /* it would have needed more */

    Tip tip;      /* of the frame being drawn: it lies above all of it */
    Color *cells; /* scratch of the views, [STAGE_TOKENS_MAX^2] */
};

/* ---- screen.c ------------------------------------------------------------ */

/* What screen_draw does, with no more small pictures made than
 * thumbs_most. */
void screen_draw_frame(Screen *s, Canvas *c);

/* The view of a scene in r, as a frame shows it; stage NULL: nothing is
 * published. */
void screen_draw_view(const Scene *scene, Canvas *c, Rect r,
                      const Stage *stage);

/* Fills a Stage for a scene on this screen; c may be NULL where nothing is
 * drawn.  False while nothing is published. */
bool screen_stage(Screen *s, const Scene *scene, Canvas *c, Stage *out);

/* ---- screen_caption.c ---------------------------------------------------- */

/* One line at the foot of r: model, view, place, what is switched off, and as
 * much of the text as there is room for.  Returns what is left of r; all of it
 * where r is too low. */
Rect screen_draw_caption(const Scene *scene, const Stage *s, Rect r);

/* ---- screen_mouse.c ------------------------------------------------------ */

/* Notes whether the mouse is on the slider of factor.h. */
void screen_note_factor(Screen *s);
/* Left and Right move that slider while it is; false: another key. */
bool screen_factor_key(Screen *s, const char *key_name);

/* Does what a click on it would. */
void screen_pick(Screen *s, const Pick *p);
/* The same to a state, but for what it writes. */
void screen_pick_into(State *state, const Pick *p);

/* ---- screen_zoom.c ------------------------------------------------------- */

/* Makes a map larger by steps (< 0: smaller), what is at the point staying
 * there; moves its part by tokens. */
void screen_zoom_on(Screen *s, const Hit *map, int x, int y, int steps);
void screen_pan_on(Screen *s, const Hit *map, int rows, int cols);
/* The same by key: about the current token; by a quarter of what is shown. */
void screen_zoom(Screen *s, int steps);
void screen_zoom_off(Screen *s);
void screen_pan(Screen *s, int down, int right);
/* Moves a map no farther than what was opened just now needs. */
void screen_keep_in_sight(Screen *s);
/* What is held moves with the mouse.  A map: false while it may be a click. */
bool screen_drag_map(Screen *s, int x, int y);
void screen_drag_strip(Screen *s, int x, int y);

/* ---- screen_palette.c ---------------------------------------------------- */

/* True when the palette is open and the key moves or takes a line of it. */
bool screen_palette_key(Screen *s, const char *key_name);
/* Does what a line of the open palette says, the last where there are fewer. */
void screen_take_line(Screen *s, int line);

/* ---- screen_overview.c --------------------------------------------------- */

/* Finds the slides of the open overview and draws those small that will be
 * seen and are not kept, thumbs_most of them at most.  Before the frame, as it
 * reads files. */
void screen_prepare_overview(Screen *s, Canvas *c);
/* The picture of a slide, w x h; NULL: there is none. */
const Pixmap *screen_thumb(const Screen *s, int slide, int w, int h);
void screen_free_thumbs(Screen *s);
/* Where they stand on a surface of this size and scale, in pixels. */
OverviewGrid screen_overview_grid(const Screen *s, int w, int h, float scale,
                                  int chosen);
/* True when all slides are shown and the key is theirs. */
bool screen_overview_key(Screen *s, const char *key_name);
void screen_overview(Screen *s, int unused); /* opens it */
void screen_overview_move(Screen *s, int steps);
void screen_to_slide(Screen *s, int slide);

/* ---- screen_lecture.c: what commands do ---------------------------------- */

void screen_count_hands(Screen *s, int unused);
void screen_other_vote(Screen *s, int unused);
void screen_show_hint(Screen *s, int number);
void screen_pause_clock(Screen *s, int unused);
void screen_toggle_notes(Screen *s, int unused);
/* The presenter's, or those under the slide. */
void screen_turn_notes(Screen *s, int pages);
void screen_size_notes(Screen *s, int dir);
/* By a tenth up or down; dir 0: back to 1. */
float screen_step_scale(float now, int dir);

/* ---- screen_marks.c ------------------------------------------------------ */

/* Over a finished picture; and off it again. */
void screen_lay_marks(Screen *s, Canvas *c);
void screen_lift_marks(Screen *s, Canvas *c);
void screen_free_marks(Screen *s);
/* The mouse is there: true, and the pen draws. */
bool screen_point(Screen *s, int x, int y);
bool screen_press_pen(Screen *s, int x, int y);
/* The point is on what the room sees, here or at the presenter's. */
bool screen_is_on_room(const Screen *s, int x, int y);
/* By key: false where there is neither pointer nor magnifier. */
bool screen_point_by(Screen *s, int down, int right);
void screen_next_pointer(Screen *s, int unused);
void screen_next_pen(Screen *s, int unused);
void screen_clear_pen(Screen *s, int unused);
void screen_toggle_lens(Screen *s, int unused);

/* ---- screen_menu.c ------------------------------------------------------- */

/* With this line chosen, from 0. */
void screen_open_menu(Screen *s, Menu menu, int line);
bool screen_close_menu(Screen *s); /* true: there was one */
/* What can be done where one is, somewhat left of and above the middle. */
void screen_open_here(Screen *s);
void screen_take_menu(Screen *s, int line);
/* True when a menu is open and the key is its own; another closes it. */
bool screen_menu_key(Screen *s, const char *key_name);
void screen_draw_menu(const Scene *scene, Screen *s);

/* ---- screen_start.c ------------------------------------------------------ */

/* True when a page lies over the lesson and the key is its own. */
bool screen_page_key(Screen *s, const char *key_name);
/* Does what its entry says, the last where there are fewer. */
void screen_take_entry(Screen *s, int entry);
/* A wheel's steps, > 0: up. */
void screen_page_wheel(Screen *s, int steps);
/* The start page has the window, or the slide. */
bool screen_hides_stage(const Scene *scene);

/* ---- screen_terms.c ------------------------------------------------------ */

/* Draws the glossary's sentence for the term under the mouse or stepped to. */
void screen_draw_term(const Scene *scene, Screen *s);
/* To the next term on the screen, or the one before. */
void screen_step_term(Screen *s, int dir);

/* ---- screen_layout.c ----------------------------------------------------- */

/* Gives every panel its rectangle on c; returns what is left for the stage. */
Rect screen_layout(Screen *s, const Scene *scene, Canvas *c);
/* The last frame had the slide as one line: there was no room for it. */
bool screen_folds_slide(const Screen *s);
PanelPlace *screen_place(Screen *s, const Panel *p);
/* Shows a panel that is not shown, and hides one that is: by its need, if that
 * is enough. */
void screen_toggle(Screen *s, const Panel *p);
/* As far as the last frame had rows. */
void screen_scroll(Screen *s, const Panel *p, int rows);
/* The list that the last frame showed: by so many rows, and how many it
 * shows. */
void screen_scroll_list(Screen *s, int rows);
int screen_list_rows(const Screen *s);
/* Panels and scrolls are as the state says, where that is news. */
void screen_take_places(Screen *s);
/* The state says of panels and scrolls what they are on this screen. */
void screen_say_places(Screen *s);

#endif
