/* Scene: what may be known of an App by who draws it, all of it const.
 *
 *     Scene scene;
 *     app_look(app, &scene);      // the trace stands still until ...
 *     draw(&scene, ...);
 *     app_look_away(app);
 *
 * A scene is of one moment and of no surface: how large a picture is, where the
 * mouse is and what is scrolled belongs to a Screen (viz/screen/screen.h).
 */
#ifndef VIZ_APP_SCENE_H
#define VIZ_APP_SCENE_H

#include "lessons/deck.h"
#include "viz/app/catalogue.h"
#include "viz/app/history.h"
#include "viz/app/offers.h"
#include "viz/app/pictures.h"
#include "viz/app/worker.h"
#include "viz/views/view.h"

#define APP_CLOCK_BYTES 8

typedef enum AppMode {
    APP_STEPPING, /* arrow keys step */
    APP_EDITING,  /* keys go to the prompt */
    APP_HELPING,  /* the help screen covers everything */
    APP_GOING,    /* a slide's number or title that is typed */
    APP_COUNTING, /* of votes */
    APP_GUESSING, /* of a guess */
    APP_FINDING,  /* text that is looked for */
    APP_CHOOSING, /* the palette: a name that is typed */
    APP_OVERVIEW, /* all slides cover everything: one is chosen */
} AppMode;

/* Who has the window.  Without a lesson the stage. */
typedef enum Shown {
    SHOWN_SLIDE,
    SHOWN_BOTH,
    SHOWN_STAGE, /* the slide is one line */
} Shown;

/* What lies over the lesson. */
typedef enum AppPage {
    PAGE_NONE,
    PAGE_START, /* the start page, instead of it */
    PAGE_END,   /* a card: what comes after its end */
} AppPage;

typedef struct Scene {
    /* The model, and what it has computed. */
    const Model *model;
    const Tokenizer *tokenizer;
    StudyTeller teller; /* who knows what may truly come next */
    const Trace *trace; /* may have no position yet */
    Study *study; /* a frame of it has begun; asking is all that is done */
    /* What that is compared with; NULL: nothing, or none of it is there yet. */
    const Trace *against;
    Study *against_study;       /* as study, where there is an against */
    const State *against_state; /* where there is */
    const char *unlike;         /* why there cannot be one; "": there can */
    const Training *training;   /* NULL: none is known, or no view shows it */
    const LiveTraining *live;   /* NULL: no view shows it */
    WorkerStatus engine;

    /* Where we are. */
    const State *state; /* in range for model and program */
    const View *view;
    const Theme *theme;
    int n_prompt, seq_len;                 /* tokens */
    const char (*labels)[STAGE_LABEL_MAX]; /* of the published tokens */
    const char (*reads)[STAGE_LABEL_MAX];  /* of those that are computed with */

    /* The lesson. */
    const Deck *deck; /* NULL: none; then the rest is zero */
    int slide, beat;  /* from 0 */
    Shown shown;
    bool deck_is_astray;      /* it is about other models: no stage is run */
    const char *other_model;  /* then: one of these, for -m; "": not found */
    const Pictures *pictures; /* of the slide */
    uint64_t deck_read;       /* other number: another deck, or another text */
    const char *deck_error;   /* why its file's newest text is not shown; "" */
    const DeckAsk *question;  /* of this very beat, that waits; NULL: none */
    /* The model's probability of each answer of the slide's questions, of the
     * run that is shown; STATE_NONE: it is not known, or not yet told. */
    const float (*says)[STATE_OPTIONS_MAX];
    bool is_guessing; /* the class is: its question is this very beat,
                                 and about the text that is shown */

    /* What is going on. */
    AppMode mode;
    const char *draft; /* APP_EDITING: the prompt, [draft_len] */
    size_t draft_len, caret;
    /* Bytes of it, from the caret on, that an input method is composing, and
     * the place among them where it writes. */
    size_t composed, composed_at;
    bool draft_all;       /* all of it is marked */
    int counted;          /* APP_COUNTING: option whose votes are typed, -1 */
    const char *amount;   /* APP_COUNTING, APP_GUESSING: what is typed */
    const char *needle;   /* APP_FINDING, APP_CHOOSING, APP_OVERVIEW, APP_GOING:
                             what is typed */
    int chosen;           /* APP_CHOOSING: which line, may be past the last;
                             APP_OVERVIEW: which slide, from 0 */
    const Offers *offers; /* APP_CHOOSING: what can be opened by its name */
    bool is_black, is_playing;
    float speed;         /* of playing; 1: normal */
    const char *message; /* "": none */
    bool message_is_bad;

    AppPage page;
    int entry;       /* chosen of it, may be past the last */
    bool by_subject; /* PAGE_START: lessons are; else by the lecture's slide */
    const Catalogue *catalogue; /* where there is a page */
    const HistoryList *history; /* NULL: nothing is remembered */
    bool can_go_on; /* no history: the open deck is not at its beginning */

    /* For whoever presents. */
    double elapsed_s;            /* of the lecture so far */
    double planned_s, total_s;   /* up to this beat, in all; -1: no plan */
    bool clock_runs;             /* the lecture's */
    char clock[APP_CLOCK_BYTES]; /* "10:19" of the day; "": nobody presents */

    /* What a screen compares with what it has drawn. */
    uint64_t changes; /* other number, other picture */
    uint64_t turn;    /* other number: a change that numbers are awaited for */
    uint64_t opened;  /* other number, other thing opened: scrolls are as the
                         state says */
    uint64_t placed;  /* other number: panels are as the state says */
    uint64_t text;    /* other number: other tokens */
} Scene;

/* The stage would give the answer away. */
/* Something lies over slide and stage. */
static inline bool scene_covers(AppMode mode, AppPage page) {
    return mode == APP_HELPING || mode == APP_CHOOSING ||
           mode == APP_OVERVIEW || page != PAGE_NONE;
}

static inline bool scene_hides_stage(const Scene *s) {
    return s->is_guessing && s->view->tells_next;
}

#endif
