/* A slide by its number or a part of its title, typed after G: what it is
 * completed to stands in the message. */
#include "viz/app/app_private.h"
#include "viz/app/slides.h"

#include <string.h>

static int count_fits(const App *app) {
    int n = 0;
    for (int i = 0; i < deck_n_slides(app->deck); i++)
        n += slides_fit(app->deck, i, app->needle) != SLIDES_NOT;
    return n;
}

static bool is_number(const char *text) {
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

static void refuse(App *app) {
    const Deck *deck = app->deck; /* a stack is one number */
    if (is_number(app->needle))
        app_say(app, true, "slide %s: this lesson has 1 to %d", app->needle,
                deck_slide(deck, deck_n_slides(deck) - 1)->across);
    else
        app_say(app, true, "go to \"%s\": no slide has that in its title",
                app->needle);
}

/* What Enter would lead to. */
static void say(App *app) {
    const int best = slides_best(app->deck, app->needle), n = count_fits(app);
    if (!app->needle[0]) {
        app_say(app, false,
                "go to slide: type its number or a part of its title, then "
                "Enter");
        return;
    }
    if (best < 0) {
        refuse(app);
        return;
    }
    char label[DECK_LABEL_MAX];
    const char *title = deck_slide(app->deck, best)->title;
    deck_label(app->deck, best, label);
    if (n > 1)
        app_say(app, false, "go to \"%s\": %s %s · Enter (%d fit)", app->needle,
                label, title, n);
    else
        app_say(app, false, "go to \"%s\": %s %s · Enter", app->needle, label,
                title);
}

void app_begin_going(App *app) {
    if (!app->deck) {
        app_say(app, false, "no lesson is open");
        return;
    }
    app->mode = APP_GOING;
    app->composed = 0;
    app->needle[0] = '\0';
    say(app);
}

static void end(App *app) {
    app->mode = APP_STEPPING;
    app->message[0] = '\0';
    app_touch(app);
}

static void go(App *app) {
    const int best = slides_best(app->deck, app->needle);
    end(app);
    if (best >= 0 && app->needle[0])
        app_go(app, best, 0);
    else if (app->needle[0])
        refuse(app);
}

void app_going_text(App *app, const char *text) {
    if (app_slide_text(app, text)) say(app);
}

/* What a clicker sends leads on in the lesson. */
static bool is_step(const App *app, const char *key) {
    const bool blank =
        strcmp(key, "Space") == 0 || strcmp(key, "Shift+Space") == 0;
    return strcmp(key, "PageDown") == 0 || strcmp(key, "PageUp") == 0 ||
           (blank && !app->needle[0]);
}

bool app_going_key(App *app, const char *key) {
    if (app_slide_key(app, key)) {
        say(app);
        return true;
    }
    if (strcmp(key, "Enter") == 0)
        go(app);
    else if (strcmp(key, "Esc") == 0 && app->black)
        app_toggle_black(app);
    else if (strcmp(key, "Esc") == 0)
        end(app);
    else if (is_step(app, key)) {
        end(app);
        return false;
    }
    return true;
}
