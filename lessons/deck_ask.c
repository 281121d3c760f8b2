/* Questions: .ask has answers to choose from, .guess a number, .do something
 * to be done; .hint helps with the one before it. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 4  /* of a guess or a task */
#define UNIT_MAX  24 /* bytes */

/* The next part up to a bar, "\|" being a bar within it; in the deck's memory,
 * trimmed.  *text and *n move on. */
static char *next_part(DeckBuild *b, const char **text, size_t *n) {
    char *part = deck_build_alloc(b, *n + 1);
    if (!part) return NULL;
    size_t len = 0;
    while (*n > 0 && **text != '|') {
        if (**text == '\\' && *n > 1 && (*text)[1] == '|') {
            ++*text;
            --*n;
        }
        part[len++] = *(*text)++;
        --*n;
    }
    if (*n > 0) { /* the bar */
        ++*text;
        --*n;
    }
    const char *from = part;
    scan_trim(&from, &len);
    memmove(part, from, len);
    part[len] = '\0';
    return part;
}

/* All parts, up to PARTS_MAX; how many, 0: too many or a failure. */
static int all_parts(DeckBuild *b, const char *name, const char *text, size_t n,
                     const char *parts[PARTS_MAX]) {
    int count = 0;
    while (n > 0 && count < PARTS_MAX) {
        parts[count] = next_part(b, &text, &n);
        if (!parts[count++]) return 0;
    }
    if (n > 0)
        deck_build_fail(b, ERR_FORMAT, "%s: found more than %d parts", name,
                        PARTS_MAX);
    return n > 0 ? 0 : count;
}

/* In the deck's memory; NULL after a failure.  It is evaluated while the deck
 * is shown, so it is of the run that is shown. */
static const Claim *keep_claim(DeckBuild *b, const char *name,
                               const Claim *claim) {
    for (int i = 0; i < claim->n_nodes; i++) {
        const ClaimNode *node = &claim->nodes[i];
        if (node->kind != CLAIM_CALL) continue;
        if (node->fn == CLAIM_WITH || node->fn == CLAIM_MEAN ||
            node->fn == CLAIM_ROLE || node->fn == CLAIM_CUT) {
            deck_build_fail(b, ERR_FORMAT,
                            "%s: %s() runs the model again, need a claim on "
                            "the run that is shown",
                            name, claim_fn(node->fn)->name);
            return NULL;
        }
    }
    Claim *copy = deck_build_alloc(b, sizeof *copy);
    if (copy) *copy = *claim;
    return copy;
}

/* ---- .ask --------------------------------------------------------------- */

/* Cuts "Tom = prob(token=" Tom")" into the answer and the expression, which has
 * prob() in it: "y = x" is an answer.  NULL: there is none. */
static const char *cut_says(char *option) {
    char *call = strstr(option, "prob("), *equals = NULL;
    if (!call) return NULL;
    for (char *c = option; c < call; c++)
        if (*c == '=' && scan_is_blank(c[1]) &&
            (c == option || scan_is_blank(c[-1])))
            equals = c;
    if (!equals) return NULL;
    char *end = equals;
    while (end > option && scan_is_blank(end[-1]))
        end--;
    *end = '\0'; /* the equals sign itself, where there is no answer */
    for (equals++; scan_is_blank(*equals);)
        equals++;
    return equals;
}

/* It makes a claim that any probability keeps, so that the check evaluates it:
 * whatever it names must be there. */
static const Claim *read_says(DeckBuild *b, const char *text) {
    const size_t size = strlen(text) + 8;
    char *claim_text = deck_build_alloc(b, size);
    Claim claim;
    Err err = {0};
    if (!claim_text) return NULL;
    snprintf(claim_text, size, "%s >= 0", text);
    if (!claim_parse(&claim, claim_text, strlen(claim_text), &err)) {
        deck_build_fail(b, ERR_FORMAT, "ask: %.60s%s: %s", text,
                        strlen(text) > 60 ? "..." : "", err.msg);
        return NULL;
    }
    const Claim *kept = keep_claim(b, "ask", &claim);
    if (kept) deck_build_claim(b, kept, claim_text, true);
    return kept;
}

/* "b*) Lily": its letter must be the next one, the star marks the answer. */
static bool read_option(DeckBuild *b, DeckAsk *ask, char *part) {
    char letter = (char)('a' + ask->n_options);
    if (ask->n_options == DECK_OPTIONS_MAX) {
        deck_build_fail(b, ERR_LIMIT, "ask: more than %d answers",
                        DECK_OPTIONS_MAX);
        return false;
    }
    bool right = part[0] == letter && part[1] == '*';
    char *rest = part + 1 + right;
    if (part[0] != letter || *rest != ')') {
        deck_build_fail(b, ERR_FORMAT,
                        "ask: found \"%.40s\", need \"%c) ANSWER\"", part,
                        letter);
        return false;
    }
    if (right && ask->answer >= 0) {
        deck_build_fail(b, ERR_FORMAT, "ask: two answers are marked with *");
        return false;
    }
    if (right) ask->answer = ask->n_options;
    for (rest++; scan_is_blank(*rest);)
        rest++;
    const char *says = cut_says(rest);
    if (says && !*rest) {
        deck_build_fail(b, ERR_FORMAT, "ask: need ANSWER before \"= %.40s\"",
                        says);
        return false;
    }
    if (says) ask->says[ask->n_options] = read_says(b, says);
    ask->options[ask->n_options++] = deck_formula_marked(b, rest);
    return deck_build_ok(b);
}

void deck_ask_read(DeckBuild *b, const char *text, size_t n) {
    DeckAsk ask = {.answer = -1, .unit = ""};
    ask.question = next_part(b, &text, &n);
    if (!ask.question) return;
    ask.question = deck_formula_marked(b, ask.question);
    while (n > 0) {
        char *part = next_part(b, &text, &n);
        if (!part || !read_option(b, &ask, part)) return;
    }
    if (!deck_build_ok(b)) return;
    if (!*ask.question || ask.n_options < 2 || ask.answer < 0)
        deck_build_fail(b, ERR_FORMAT,
                        "ask: need QUESTION | a) X | b*) Y with one * at the "
                        "right answer");
    else
        deck_build_ask(b, &ask);
}

/* ---- .guess ------------------------------------------------------------- */

/* "0..100" */
static bool read_range(const char *text, double *low, double *high) {
    const char *dots = strstr(text, "..");
    if (!dots) return false;
    const char *from = text, *to = dots + 2;
    size_t n_from = (size_t)(dots - text), n_to = strlen(to);
    scan_trim(&from, &n_from);
    scan_trim(&to, &n_to);
    return scan_number(from, n_from, low) && scan_number(to, n_to, high);
}

/* "26 %" is a number of *n bytes and its unit. */
static bool read_amount(const char *text, double *value, size_t *n,
                        const char **unit) {
    *n = strspn(text, "+-.0123456789");
    *unit = text + *n;
    const bool apart = **unit == '\0' || scan_is_blank(**unit);
    while (scan_is_blank(**unit))
        ++*unit;
    return (apart || **unit == '%') && scan_number(text, *n, value) &&
           strlen(*unit) < UNIT_MAX && !strpbrk(*unit, "0123456789");
}

/* Half a unit of a number's last digit. */
static double half_unit(const char *number, size_t n) {
    const char *point = memchr(number, '.', n);
    const int places = point ? (int)(number + n - point) - 1 : 0;
    return 0.5 * pow(10, -places);
}

/* "EXPRESSION", or "EXPRESSION within W", and the number make a claim. */
static void claim_guess(DeckBuild *b, const char *text, const char *number,
                        size_t n) {
    const char *within = strstr(text, " within ");
    const size_t size = strlen(text) + n + 64;
    char *claim_text = deck_build_alloc(b, size);
    Claim claim;
    Err err = {0};
    if (!claim_text) return;
    if (within)
        snprintf(claim_text, size, "%.*s == %.*s%s", (int)(within - text), text,
                 (int)n, number, within);
    else
        snprintf(claim_text, size, "%s == %.*s within %.9g", text, (int)n,
                 number, half_unit(number, n));
    if (claim_parse(&claim, claim_text, strlen(claim_text), &err))
        deck_build_claim(b, &claim, claim_text, true);
    else
        deck_build_fail(b, ERR_FORMAT, "guess: %.60s%s: %s", claim_text,
                        strlen(claim_text) > 60 ? "..." : "", err.msg);
}

static bool check_guess(DeckBuild *b, const DeckAsk *ask) {
    const char *wrong =
        !(ask->low < ask->high) ? "a range from low to high"
        : ask->low < -STATE_GUESS_MAX || ask->high > STATE_GUESS_MAX
            ? "a range within a thousand million"
        : ask->value < ask->low || ask->value > ask->high
            ? "the right number within the range"
            : NULL;
    if (wrong)
        deck_build_fail(b, ERR_FORMAT,
                        "guess: found %.9g of %.9g..%.9g, need %s", ask->value,
                        ask->low, ask->high, wrong);
    return !wrong;
}

void deck_ask_guess(DeckBuild *b, const char *text, size_t n) {
    const char *parts[PARTS_MAX] = {"", "", "", ""};
    DeckAsk ask = {.kind = ASK_GUESS, .question = ""};
    const int count = all_parts(b, "guess", text, n, parts);
    if (!deck_build_ok(b)) return;
    int i = 0;
    size_t digits = 0;
    if (!read_range(parts[0], &ask.low, &ask.high)) ask.question = parts[i++];
    int wrong = -1;
    if (count < i + 2 || count > i + 3)
        wrong = count > i ? i : 0;
    else if (!read_range(parts[i], &ask.low, &ask.high))
        wrong = i;
    else if (!read_amount(parts[i + 1], &ask.value, &digits, &ask.unit))
        wrong = i + 1;
    if (wrong >= 0) {
        deck_build_fail(b, ERR_FORMAT,
                        "guess: found \"%.40s\", need QUESTION | LOW..HIGH | "
                        "NUMBER UNIT, and | EXPRESSION if it is checked",
                        parts[wrong]);
        return;
    }
    if (!check_guess(b, &ask)) return;
    ask.question = deck_formula_marked(b, ask.question);
    deck_build_ask(b, &ask);
    if (count == i + 3) claim_guess(b, parts[i + 2], parts[i + 1], digits);
}

/* ---- .do ---------------------------------------------------------------- */

/* "KEY=...", and no claim, in which a name has parentheses. */
static bool looks_like_state(const char *text) {
    Scan sc = scan_init(text, strlen(text), "do");
    const char *name;
    return scan_name(&sc, &name) > 0 && scan_take(&sc, '=') &&
           scan_peek(&sc) != '=';
}

/* Some key is set, and each is of what is shown. */
static bool can_be_done(const State *goal) {
    for (int k = 0; k < STATE_KEYS; k++)
        if (goal->set & STATE_BIT(k) && !state_key_is_shown((StateKey)k))
            return false;
    return goal->set != 0;
}

static const State *read_goal(DeckBuild *b, const char *text) {
    const State *goal = NULL;
    State s;
    Err err = {0};
    state_init(&s);
    if (!state_parse(&s, text, &err))
        deck_build_fail(b, err.code == ERR_MEMORY ? ERR_MEMORY : ERR_FORMAT,
                        "do: %s", err.msg);
    else if (!can_be_done(&s))
        deck_build_fail(b, ERR_FORMAT,
                        "do: found \"%.40s\", need what is to be shown or "
                        "changed",
                        text);
    else
        goal = deck_build_state(b, &s);
    state_free(&s);
    return goal;
}

static const Claim *read_condition(DeckBuild *b, const char *text) {
    Claim claim;
    Err err = {0};
    if (!strpbrk(text, "<>=!")) { /* words, where a state or claim is missing */
        deck_build_fail(b, ERR_FORMAT,
                        "do: found \"%.40s\" alone, need what is to be done "
                        "behind it: SENTENCE | STATE, as in \"Take it out. | "
                        "edit=3.0\"",
                        text);
        return NULL;
    }
    if (!claim_parse(&claim, text, strlen(text), &err)) {
        deck_build_fail(b, ERR_FORMAT, "do: %s", err.msg);
        return NULL;
    }
    return keep_claim(b, "do", &claim);
}

/* Which part says what is to be done: those before and behind it are the
 * sentence, and the state in which a claim holds. */
static int goal_part(const char *const parts[], int count) {
    if (count != 2) return count == 3;
    return looks_like_state(parts[1]) && strpbrk(parts[0], "<>=") &&
                   strchr(parts[0], '(')
               ? 0
               : 1;
}

void deck_ask_do(DeckBuild *b, const char *text, size_t n) {
    const char *parts[PARTS_MAX] = {"", "", "", ""};
    DeckAsk ask = {.kind = ASK_DO, .question = "", .unit = ""};
    const int count = all_parts(b, "do", text, n, parts);
    if (!deck_build_ok(b)) return;
    const int at = goal_part(parts, count);
    const bool is_state = looks_like_state(parts[at]);
    if (count < 1 || count > 3 || !*parts[at] || (is_state && at + 1 < count)) {
        deck_build_fail(b, ERR_FORMAT,
                        "do: found \"%.40s\", need SENTENCE | STATE, or "
                        "SENTENCE | CLAIM | STATE in which it holds",
                        parts[0]);
        return;
    }
    if (at > 0) ask.question = deck_formula_marked(b, parts[0]);
    ask.goal_text = parts[at];
    if (is_state)
        ask.goal = read_goal(b, parts[at]);
    else
        ask.claim = read_condition(b, parts[at]);
    if (at + 1 < count) ask.goal = read_goal(b, parts[at + 1]);
    if (deck_build_ok(b)) deck_build_ask(b, &ask);
}

/* ---- .hint -------------------------------------------------------------- */

void deck_ask_hint(DeckBuild *b, const char *text, size_t n) {
    scan_trim(&text, &n);
    const char *hint = deck_build_copy(b, text, n);
    if (!hint) return;
    if (*hint)
        deck_build_hint(b, deck_formula_marked(b, hint));
    else
        deck_build_fail(b, ERR_FORMAT, "hint: found nothing, need its text");
}
