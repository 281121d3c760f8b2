/* Looking for a token by its text, while it is typed: the view of the next
 * token shows the one found, or that of the vocabulary.  Where a word's tokens
 * are shown, what is typed is the word. */
#include "viz/app/app_private.h"

#include "engine/base/utf8.h"
#include "viz/views/tokens/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool in_tokens(const App *app) {
    return app_view(app) == view_find("tokens");
}

/* A word is typed, not looked for. */
static bool takes_word(const App *app) {
    return in_tokens(app) && strcmp(app->state.op, "vocabulary") != 0;
}

void app_begin_finding(App *app) {
    app->mode = APP_FINDING;
    app->composed = 0;
    app->needle[0] = '\0';
    if (takes_word(app)) {
        app_set_word(app_change(app)->op, "ladder");
        app_update(app);
        app_say(app, false, "type a word · Enter: done · Esc: the text's own");
        return;
    }
    if (!in_tokens(app)) app_show_view(app, view_find("next"));
    app_say(app, false,
            "find a token: type its text, # and its id, or = and its bytes");
}

static void take_word(App *app) {
    State *s = app_change(app);
    snprintf(s->word, sizeof s->word, "%s", app->needle);
    s->elem = -1;
    app_new_place(app);
    app_update(app);
}

/* How well a piece fits: 3 the very text, 2 begins with it, 1 holds it. */
static int fit_of(const char *text, size_t n, const char *needle) {
    const size_t m = strlen(needle);
    for (size_t at = 0; at + m <= n; at++)
        if (memcmp(text + at, needle, m) == 0)
            return at > 0 ? 1 : n == m ? 3 : 2;
    return 0;
}

/* A number after a sign: "#387"; -1: something else. */
static long number_after(const char *needle, char sign) {
    char *end;
    if (needle[0] != sign || needle[1] < '0' || needle[1] > '9') return -1;
    const long n = strtol(needle + 1, &end, 10);
    return *end ? -1 : n;
}

/* By its id, by how many bytes it has, or by its text without the blank that
 * most words begin with, unless that is looked for. */
static int fit(const App *app, int id) {
    const Piece p = tokenizer_piece(app->tokenizer, id);
    const long wanted = number_after(app->needle, '#');
    const long length = number_after(app->needle, '=');
    if (wanted >= 0) return 3 * (wanted == id);
    if (length >= 0) return 3 * (!p.is_control && p.len == length);
    const bool skip = p.len > 1 && p.bytes[0] == ' ' && app->needle[0] != ' ';
    return fit_of(p.bytes + skip, (size_t)p.len - skip, app->needle);
}

/* The best fit from id `from` on, round to it again; -1: none. */
static int find(const App *app, int from) {
    const int n = tokenizer_n_drawn(app->tokenizer);
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
    const int n = tokenizer_n_drawn(app->tokenizer);
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
    if (!in_tokens(app)) app_set_word(app->state.op, "");
    app->state.elem = id;
    app->state.row = -1;
    app_new_place(app);
    app_update(app);
    app_say(app, false, "find \"%s\": %s · Enter: the next · Esc: done",
            app->needle, label);
}

void app_find_text(App *app, const char *text) {
    const size_t n = strlen(app->needle);
    if (n + strlen(text) < sizeof app->needle)
        memcpy(app->needle + n, text, strlen(text) + 1);
    if (takes_word(app))
        take_word(app);
    else
        show(app, find(app, 0));
}

void app_find_composed(App *app, const char *text) {
    app_say(app, false, "find \"%s%s\"", app->needle, text);
}

void app_find_key(App *app, const char *key) {
    const size_t n = strlen(app->needle);
    const bool word = takes_word(app), enter = strcmp(key, "Enter") == 0;
    if (strcmp(key, "Esc") == 0 || (word && enter)) {
        app->mode = APP_STEPPING;
        app->message[0] = '\0';
        if (word && !enter) app->needle[0] = '\0';
        if (word) take_word(app);
    } else if (strcmp(key, "Backspace") == 0 && n > 0) {
        app->needle[utf8_prev(app->needle, n, n)] = '\0';
        if (word) take_word(app);
    } else if (!word && (enter || strcmp(key, "Ctrl+F") == 0) && n) {
        show(app, find_next(app, app->state.elem < 0 ? 0 : app->state.elem));
    }
    app_touch(app);
}
