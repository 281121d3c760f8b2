/* Looking for a token by its text, while it is typed: the view of the next
 * token shows the one found. */
#include "viz/app/app_private.h"

#include "engine/base/utf8.h"

#include <stdio.h>
#include <string.h>

void app_begin_finding(App *app) {
    app->mode = APP_FINDING;
    app->composed = 0;
    app->needle[0] = '\0';
    app_show_view(app, view_find("next"));
    app_say(app, false, "find a token: type its text");
}

/* How well a piece fits: 3 the very text, 2 begins with it, 1 holds it. */
static int fit_of(const char *text, size_t n, const char *needle) {
    const size_t m = strlen(needle);
    for (size_t at = 0; at + m <= n; at++)
        if (memcmp(text + at, needle, m) == 0)
            return at > 0 ? 1 : n == m ? 3 : 2;
    return 0;
}

/* A piece's text without the blank that most words begin with, unless it is
 * looked for. */
static int fit(const App *app, int id) {
    const Piece p = tokenizer_piece(app->tokenizer, id);
    const bool skip = p.len > 1 && p.bytes[0] == ' ' && app->needle[0] != ' ';
    return fit_of(p.bytes + skip, (size_t)p.len - skip, app->needle);
}

/* The best fit from id `from` on, round to it again; -1: none. */
static int find(const App *app, int from) {
    const int n = model_config(app->model)->vocab_size;
    int best = -1, best_fit = 0;
    for (int i = 0; i < n; i++) {
        const int id = (from + i) % n, f = fit(app, id);
        if (f > best_fit) {
            best_fit = f;
            best = id;
        }
    }
    return best;
}

/* The next one that holds the text at all; -1: none. */
static int find_next(const App *app, int from) {
    const int n = model_config(app->model)->vocab_size;
    for (int i = 1; i <= n; i++)
        if (fit(app, (from + i) % n)) return (from + i) % n;
    return -1;
}

static void show(App *app, int id) {
    char label[STAGE_LABEL_MAX];
    if (id < 0) {
        app_say(app, true, "no token holds \"%s\"", app->needle);
        return;
    }
    tokenizer_show(app->tokenizer, id, label, sizeof label);
    app_set_word(app->state.op, "");
    app->state.elem = id;
    app->state.row = 0;
    app_new_place(app);
    app_update(app);
    app_say(app, false, "find \"%s\": %s · Enter: the next · Esc: done",
            app->needle, label);
}

void app_find_text(App *app, const char *text) {
    const size_t n = strlen(app->needle);
    if (n + strlen(text) < sizeof app->needle)
        memcpy(app->needle + n, text, strlen(text) + 1);
    show(app, find(app, 0));
}

void app_find_composed(App *app, const char *text) {
    app_say(app, false, "find \"%s%s\"", app->needle, text);
}

void app_find_key(App *app, const char *key) {
    const size_t n = strlen(app->needle);
    if (strcmp(key, "Esc") == 0) {
        app->mode = APP_STEPPING;
        app->message[0] = '\0';
    } else if (strcmp(key, "Backspace") == 0 && n > 0) {
        app->needle[utf8_prev(app->needle, n, n)] = '\0';
    } else if ((strcmp(key, "Enter") == 0 || strcmp(key, "Ctrl+F") == 0) && n) {
        show(app, find_next(app, app->state.elem < 0 ? 0 : app->state.elem));
    }
    app_touch(app);
}
