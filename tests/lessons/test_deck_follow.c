/* Where a deck's slides stand in its new version. */
#include "tests/lessons/deck_text.h"

#define CUT "\n\n---\n\n"

typedef struct Change {
    const char *from, *in;
    int to[6];
} Change;

/* Slides by letters: "abc" has three with these titles; a capital has another
 * text below the title of the small letter, a digit has no title. */
static const Change changes[] = {
    {"abc", "abc", {0, 1, 2}},       {"abc", "xabc", {1, 2, 3}},
    {"abc", "axbc", {0, 2, 3}},      {"abc", "abcx", {0, 1, 2}},
    {"abc", "ac", {0, -1, 1}},       {"abc", "c", {-1, -1, 0}},
    {"abc", "Abc", {0, 1, 2}},       {"abc", "xAbc", {1, 2, 3}},
    {"abc", "xyc", {0, 1, 2}}, /* as many: written anew in their place */
    {"abc", "xyzc", {-1, -1, 3}},    {"abcd", "acbd", {0, 2, 1, 3}},
    {"12", "132", {0, 2}},           {"12", "34", {0, 1}},
    {"aAab", "xaAAb", {1, 2, 3, 4}},
};

static Deck *open_slides(const char *letters) {
    char text[800];
    size_t n = 0;
    for (const char *c = letters; *c; c++) {
        const bool changed = *c >= 'A' && *c <= 'Z';
        if (c > letters) n += (size_t)snprintf(text + n, sizeof text - n, CUT);
        n += (size_t)snprintf(
            text + n, sizeof text - n, *c <= '9' ? "text %c" : "# %c\n\n%s",
            changed ? *c + 'a' - 'A' : *c, changed ? "other words" : "words");
    }
    return open_text(text);
}

START_TEST(slides_are_found_again) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const Change *c = &changes[i];
        int to[6];
        Deck *from = open_slides(c->from), *in = open_slides(c->in);
        deck_follow(from, in, to);
        for (int k = 0; k < deck_n_slides(from); k++)
            ck_assert_msg(to[k] == c->to[k], "%s in %s: slide %d is %d, not %d",
                          c->from, c->in, k, to[k], c->to[k]);
        deck_close(from);
        deck_close(in);
    }
}
END_TEST

TEST_MAIN("deck_follow", slides_are_found_again)
