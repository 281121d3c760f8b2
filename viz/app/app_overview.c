/* The overview of all slides: which is chosen, and what is typed of it.  Where
 * each stands is the screen's. */
#include "viz/app/app_private.h"
#include "viz/app/slides.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"

#include <string.h>

void app_begin_overview(App *app) {
    if (!app->deck) {
        app_say(app, false, "no lesson is open");
        return;
    }
    app->mode = APP_OVERVIEW;
    app->composed = 0;
    app->needle[0] = '\0';
    app_choose_slide(app, app->slide);
}

void app_end_overview(App *app) {
    if (app->mode != APP_OVERVIEW) return;
    app->mode = APP_STEPPING;
    app_touch(app);
}

void app_choose_slide(App *app, int slide) {
    app->chosen = num_clamp(slide, 0, deck_n_slides(app->deck) - 1);
    app_touch(app);
}

/* The best of those that are left; none: the choice stays. */
static void choose_best(App *app) {
    const int best = slides_best(app->deck, app->needle);
    app_choose_slide(app, app->needle[0] && best >= 0 ? best : app->chosen);
}

/* What a clicker sends: never a text's beginning, so that it works here, too.
 * A title that begins so is found by the letters behind it. */
static bool is_black_key(const char *text) {
    return strcmp(text, "b") == 0 || strcmp(text, "B") == 0 ||
           strcmp(text, ".") == 0;
}

bool app_slide_text(App *app, const char *text) {
    const size_t n = strlen(app->needle);
    if (n == 0 && strcmp(text, ".") == 0) app_toggle_black(app);
    if (n == 0 && (is_black_key(text) || text[0] == ' ')) return false;
    app->black = false;
    if (n + strlen(text) < sizeof app->needle)
        memcpy(app->needle + n, text, strlen(text) + 1);
    app_touch(app);
    return true;
}

bool app_slide_key(App *app, const char *key) {
    const size_t n = strlen(app->needle);
    const bool digit = key[0] >= '0' && key[0] <= '9' && !key[1];
    app_touch(app);
    if (digit) return app_slide_text(app, key);
    if (strcmp(key, "B") == 0 && n == 0)
        app_toggle_black(app);
    else if (strcmp(key, "Backspace") == 0 && n > 0)
        app->needle[utf8_prev(app->needle, n, n)] = '\0';
    else if (strcmp(key, "Ctrl+U") == 0)
        app->needle[0] = '\0';
    else
        return false;
    return true;
}

void app_overview_text(App *app, const char *text) {
    if (app_slide_text(app, text)) choose_best(app);
}

void app_overview_key(App *app, const char *key) {
    if (app_slide_key(app, key)) {
        choose_best(app);
    } else if (strcmp(key, "Esc") == 0) {
        if (!app->black) app_end_overview(app);
        app->black = false;
    }
}
