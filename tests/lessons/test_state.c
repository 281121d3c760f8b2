#include "lessons/state.h"
#include "tests/support/bytes.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* Formats into a buffer that the caller frees. */
static char *format(const State *s, StateKeys keys) {
    size_t n = state_format(s, keys, NULL, 0);
    char *text = malloc(n + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(state_format(s, keys, text, n + 1), n);
    ck_assert_uint_eq(strlen(text), n);
    return text;
}

static void ck_same(const State *a, const State *b) {
    char *x = format(a, STATE_ALL), *y = format(b, STATE_ALL);
    ck_assert_str_eq(x, y);
    ck_assert_uint_eq(a->prompt_len, b->prompt_len);
    if (a->prompt_len) ck_assert_mem_eq(a->prompt, b->prompt, a->prompt_len);
    free(x);
    free(y);
}

/* A key within a quoted value is none. */
START_TEST(a_key_is_found_where_it_stands) {
    static const struct {
        const char *text, *found; /* NULL: it is not given */
    } cases[] = {
        {"model=b", "model=b"},
        {"  edit=0.1 model=embedded:gpt2 seed=3", "model=embedded:gpt2"},
        {"prompt=\"a model=x\" model=\"my \\\"own\\\".gguf\"",
         "model=\"my \\\"own\\\".gguf\""},
        {"prompt=\"model=x\"", NULL},
        {"prompt=\" model=x", NULL},
        {"edit=0.1", NULL},
        {"off", NULL},
        {"", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at, n;
        const char *text = cases[i].text, *want = cases[i].found;
        const bool found = state_find(text, STATE_MODEL, &at, &n);
        ck_assert_msg(found == (want != NULL), "%s", text);
        if (!found) continue;
        ck_assert_msg(n == strlen(want) && memcmp(text + at, want, n) == 0,
                      "%s: found %.*s", text, (int)n, text + at);
    }
}
END_TEST

START_TEST(defaults_are_those_documented) {
    State s;
    state_init(&s);
    ck_assert_uint_eq(s.set, 0);
    ck_assert_str_eq(s.view, "attention");
    ck_assert_str_eq(s.op, "");
    ck_assert_str_eq(s.sort, "place");
    ck_assert_str_eq(s.theme, "light");
    ck_assert_str_eq(s.colormap, "viridis");
    ck_assert_int_eq(s.layer, 0);
    ck_assert_int_eq(s.token, -1);
    ck_assert_int_eq(s.key, -1);
    ck_assert_int_eq(s.elem, -1);
    ck_assert(s.sink);
    ck_assert_ptr_null(s.prompt);
    ck_assert_ptr_null(s.then);
    ck_assert_int_eq(s.edits.n, 0);
    ck_assert_float_eq(s.sampler.temperature, 0.8f);
    ck_assert_int_eq(s.sampler.top_k, 40);
    ck_assert_float_eq(s.sampler.top_p, 0.95f);
    ck_assert_float_eq(s.sampler.min_p, 0.0f);
    ck_assert_uint_eq(s.seed, 7);
    ck_assert_float_eq(s.scale, 1.0f);
    /* Nothing differs from the defaults, so there is nothing to say. */
    char *text = format(&s, STATE_ALL);
    ck_assert_str_eq(text, "");
    free(text);
    state_free(&s);
}
END_TEST

START_TEST(every_key_is_read_and_written) {
    const char *text =
        "view=heads layer=2 head=6 token=16 key=14 elem=3 op=softmax "
        "sort=induction sink=off heads=3,1 least=0.2 prompt=\"The cat\" "
        "length=20 then=5,12 "
        "edit=2.6 temperature=0.5 top_k=3 top_p=0.9 min_p=0.1 "
        "seed=18446744073709551615 theme=dark colormap=magma scale=1.5 "
        "slide=4 beat=2 answer=3,-,27.5 votes=15,9,4/6,20,2;;0,1 vote=2 "
        "hints=-,1 row=7";
    State s;
    Err err = {0};
    state_init(&s);
    ck_assert_msg(state_parse(&s, text, &err), "%s", err.msg);
    ck_assert_str_eq(s.prompt, "The cat");
    ck_assert_int_eq(s.n_then, 2);
    ck_assert_int_eq(s.then[1], 12);
    ck_assert_int_eq(s.edits.n, 1);
    ck_assert_uint_eq(s.seed, UINT64_MAX);
    char *out = format(&s, STATE_ALL);
    ck_assert_str_eq(out, text);
    free(out);
    state_free(&s);
    ck_assert_ptr_null(s.prompt);
}
END_TEST

START_TEST(only_the_keys_asked_for_are_written) {
    State s;
    state_init(&s);
    char *out = format(&s, STATE_BIT(STATE_LAYER) | STATE_BIT(STATE_PROMPT));
    ck_assert_str_eq(out, "layer=0 prompt=\"\"");
    free(out);
    ck_assert(state_parse(&s, "layer=3", NULL));
    out = format(&s, s.set);
    ck_assert_str_eq(out, "layer=3");
    free(out);
    state_free(&s);
}
END_TEST

/* Nothing at the end of a list is left out, and a list says no more than a
 * slide has questions. */
START_TEST(lists_of_answers_and_votes_have_their_form) {
    static const struct {
        const char *text, *back; /* NULL: refused */
    } cases[] = {{"answer=1", "answer=1"},
                 {"answer=\"\"", ""},
                 {"answer=-,-", ""},
                 {"answer=0,-,-2.5,-", "answer=0,-,-2.5"},
                 {"answer=1,2,3,4,5,6,7,8", "answer=1,2,3,4,5,6,7,8"},
                 {"answer=1,2,3,4,5,6,7,8,9", NULL},
                 {"answer=1,", NULL},
                 {"answer=,1", NULL},
                 {"answer=x", NULL},
                 {"answer=nan", NULL},
                 {"answer=--", NULL},
                 {"answer=1e10", NULL},
                 {"votes=0,0/0;;", ""},
                 {"votes=3", "votes=3"},
                 {"votes=/1", "votes=/1"},
                 {"votes=;;1/0,2,0", "votes=;;1/0,2"},
                 {"votes=1,2,3,4,5,6/9999", "votes=1,2,3,4,5,6/9999"},
                 {"votes=1,2,3,4,5,6,7", NULL},
                 {"votes=10000", NULL},
                 {"votes=-1", NULL},
                 {"votes=1,", NULL},
                 {"votes=1/2/3", NULL},
                 {"votes=1;1;1;1;1;1;1;1;1", NULL},
                 {"votes=x", NULL},
                 {"vote=3", NULL},
                 {"hints=2,-,4", "hints=2,-,4"},
                 {"hints=5", NULL},
                 {"entry=159", "entry=159"},
                 {"entry=9999", NULL},
                 {"hints=-1", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        State s;
        state_init(&s);
        const bool ok = state_parse(&s, cases[i].text, NULL);
        ck_assert_msg(ok == (cases[i].back != NULL), "%s", cases[i].text);
        char *out = format(&s, STATE_ALL);
        ck_assert_str_eq(out, ok ? cases[i].back : "");
        free(out);
        state_free(&s);
    }
}
END_TEST

/* A copied state is pasted anywhere. */
START_TEST(control_characters_are_copied_as_escapes) {
    static const char prompt[] = "\033\x9B \xC2\x9B \u202E\u00E9\n";
    State s, back;
    state_init(&s);
    state_init(&back);
    ck_assert(state_set_prompt(&s, prompt, sizeof prompt - 1, NULL));
    char *out = format(&s, STATE_BIT(STATE_PROMPT));
    ck_assert_str_eq(out, "prompt=\"\\x1b\\x9b \\xc2\\x9b "
                          "\\xe2\\x80\\xae\u00E9\\n\"");
    ck_assert(state_parse(&back, out, NULL));
    ck_assert_uint_eq(back.prompt_len, sizeof prompt - 1);
    ck_assert_mem_eq(back.prompt, prompt, sizeof prompt);
    free(out);
    state_free(&s);
    state_free(&back);
}
END_TEST

START_TEST(format_cuts_as_snprintf_does) {
    State s;
    char out[8];
    state_init(&s);
    ck_assert(state_parse(&s, "layer=123", NULL));
    memset(out, 'x', sizeof out);
    ck_assert_uint_eq(state_format(&s, STATE_ALL, out, sizeof out), 9);
    ck_assert_str_eq(out, "layer=1");
    state_free(&s);
}
END_TEST

typedef struct Bad {
    const char *text;
    size_t pos;
    const char *says;
} Bad;

static const Bad bad[] = {
    {"layer", 0, "KEY=VALUE"},
    {"  =3", 2, "KEY=VALUE"},
    {"colour=red", 0, "keys are view layer head"},
    {"layer=2 layr=3", 8, "unknown key \"layr\""},
    {"layer=2 layer=3", 8, "given twice"},
    {"layer=x", 6, "whole number from 0"},
    {"layer=-1", 6, "whole number"},
    {"layer=1024", 6, "1023"},
    {"layer=99999999999999999999", 6, "whole number"},
    {"layer=+1", 6, "whole number"},
    {"layer=0x2", 6, "whole number"},
    {"layer=\" 2\"", 6, "whole number"},
    {"layer=", 6, "whole number"},
    {"token=-2", 6, "from -1"},
    {"view=", 5, "a word"},
    {"shape=K=3", 6, "letters D F H G V L"},
    {"shape=D=4,D=8", 10, "each once"},
    {"view=\"a b\"", 5, "a word"},
    {"view=aaaaaaaaaaaaaaaaaaaaaaaa", 5, "a word"},
    {"theme=blue", 6, "light|dark"},
    {"theme=lig", 6, "light|dark"},
    {"sink=yes", 5, "on or off"},
    {"heads=1,", 6, "at most 8 heads"},
    {"heads=1,1", 6, "each once"},
    {"heads=,1", 6, "A,B"},
    {"heads=1024", 6, "from 0 to 1023"},
    {"heads=0,1,2,3,4,5,6,7,8", 6, "at most 8"},
    {"least=1.01", 6, "from 0 to 1"},
    {"temperature=-1", 12, "number from 0"},
    {"temperature=nan", 12, "number from 0"},
    {"temperature=1e99", 12, "number from 0"},
    {"temperature=0x1p2", 12, "number from 0"},
    {"top_p=1.5", 6, "from 0 to 1"},
    {"min_p=1", 6, "min_p"},
    {"scale=5", 6, "0.5 to 4"},
    {"seed=18446744073709551616", 5, "seed"},
    {"seed=-1", 5, "seed"},
    {"then=1,,2", 5, "token ids"},
    {"then=1,", 5, "token ids"},
    {"then=,1", 5, "token ids"},
    {"then=-1", 5, "token ids"},
    {"edit=zz9", 5, "edit"},
    {"prompt=\"abc", 7, "no closing quote"},
    {"prompt=\"a\"b", 10, "blank"},
    {"prompt=a\"b\"", 8, "blank"},
    {"prompt=\"\\q\"", 8, "escape"},
    {"prompt=\"\\x4\"", 8, "escape"},
    {"prompt=\"\\xg0\"", 8, "escape"},
    {"prompt=\"\\x00\"", 11, "NUL"},
    {"prompt=\"\\", 8, "escape"},
};

START_TEST(bad_text_is_refused_with_its_place) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        State s;
        Err err = {0};
        state_init(&s);
        ck_assert(state_parse(&s, "layer=7 prompt=\"old\" then=1", NULL));
        char *before = format(&s, STATE_ALL);
        /* What is right before the mistake must not stay either. */
        char text[128];
        int shift = snprintf(text, sizeof text, "head=3 ");
        snprintf(text + shift, sizeof text - (size_t)shift, "%s", bad[i].text);
        ck_assert_msg(!state_parse(&s, text, &err), "%s", text);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(err.pos == bad[i].pos + (size_t)shift,
                      "%s: pos %zu, need %zu: %s", text, err.pos,
                      bad[i].pos + (size_t)shift, err.msg);
        ck_assert_msg(strstr(err.msg, bad[i].says) != NULL, "%s: %s", text,
                      err.msg);
        char *after = format(&s, STATE_ALL);
        ck_assert_str_eq(before, after);
        ck_assert_uint_eq(s.set, STATE_BIT(STATE_LAYER) |
                                     STATE_BIT(STATE_PROMPT) |
                                     STATE_BIT(STATE_THEN));
        free(before);
        free(after);
        state_free(&s);
    }
}
END_TEST

START_TEST(limits_are_refused) {
    State s;
    Err err = {0};
    state_init(&s);
    size_t n = STATE_TEXT_MAX + 1;
    char *text = malloc(n + 1);
    memset(text, ' ', n);
    text[n] = '\0';
    ck_assert(!state_parse(&s, text, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    text[n - 1] = '\0';
    ck_assert(state_parse(&s, text, NULL));
    memset(text, 'a', n);
    err_clear(&err);
    ck_assert(!state_set_prompt(&s, text, STATE_PROMPT_MAX + 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert(state_set_prompt(&s, text, STATE_PROMPT_MAX, NULL));
    err_clear(&err);
    ck_assert(!state_set_prompt(&s, "a\0b", 3, &err));
    ck_assert_uint_eq(s.prompt_len, STATE_PROMPT_MAX);
    err_clear(&err);
    ck_assert(!state_set_then(&s, NULL, STATE_THEN_MAX + 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    free(text);
    state_free(&s);
}
END_TEST

/* The longest state there can be still fits its own limit. */
START_TEST(longest_state_reads_back) {
    State s, back;
    state_init(&s);
    state_init(&back);
    char *prompt = malloc(STATE_PROMPT_MAX);
    int *ids = malloc(STATE_THEN_MAX * sizeof *ids);
    memset(prompt, 0xFF, STATE_PROMPT_MAX);
    for (int i = 0; i < STATE_THEN_MAX; i++)
        ids[i] = 1048575;
    ck_assert(state_set_prompt(&s, prompt, STATE_PROMPT_MAX, NULL));
    ck_assert(state_set_then(&s, ids, STATE_THEN_MAX, NULL));
    for (int i = 0; i < EDITS_MAX; i++)
        ck_assert(
            edits_set(&s.edits, EDIT_NEURON, 1023, 1048000 + i, -0.123456789f));
    char *text = format(&s, STATE_ALL);
    ck_assert_uint_le(strlen(text), STATE_TEXT_MAX);
    Err err = {0};
    ck_assert_msg(state_parse(&back, text, &err), "%s", err.msg);
    ck_same(&s, &back);
    free(text);
    free(prompt);
    free(ids);
    state_free(&s);
    state_free(&back);
}
END_TEST

/* ---- properties --------------------------------------------------------- */

/* Every kind of thing a prompt may hold. */
static void random_prompt(State *s, uint64_t *seed) {
    static const char *const parts[] = {"a",
                                        " ",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\t",
                                        "\r",
                                        "\x01",
                                        "\x7F",
                                        "\xC3\xA9",
                                        "\xE6\x97\xA5",
                                        "\xF0\x9F\x90\x88",
                                        "\xFF",
                                        "\x80",
                                        "\xC3",
                                        "\xED\xA0\x80",
                                        "-->",
                                        "--",
                                        ">",
                                        "=",
                                        "view=heads",
                                        "\xE2\x90\xA3"};
    char text[256] = "";
    size_t n = 0;
    int count = (int)(random_next(seed) % 20);
    for (int i = 0; i < count; i++) {
        const char *part =
            parts[random_next(seed) % (sizeof parts / sizeof *parts)];
        memcpy(text + n, part, strlen(part));
        n += strlen(part);
    }
    ck_assert(state_set_prompt(s, text, n, NULL));
}

static float random_real(uint64_t *seed) {
    return (float)(random_next(seed) % 1000003) / 1000003.0f;
}

static void random_state(State *s, uint64_t *seed) {
    static const char *const words[] = {"block", "next-2", "a.b_C", "q"};
    random_prompt(s, seed);
    snprintf(s->view, sizeof s->view, "%s", words[random_next(seed) % 4]);
    snprintf(s->op, sizeof s->op, "%s",
             random_next(seed) % 2 ? words[random_next(seed) % 4] : "");
    snprintf(s->theme, sizeof s->theme, "%s",
             random_next(seed) % 2 ? "dark" : "light");
    s->layer = (int)(random_next(seed) % 1024);
    s->shape.n[random_next(seed) % SHAPE_DIMS] = (int)(random_next(seed) % 9);
    s->shape.tied = (ShapeTied)(random_next(seed) % 3);
    s->token = (int)(random_next(seed) % 600) - 1;
    s->key = (int)(random_next(seed) % 3) - 1;
    s->sink = random_next(seed) % 2;
    s->heads.n = (int)(random_next(seed) % (STATE_HEADS_MAX + 1));
    for (int i = 0; i < s->heads.n; i++)
        s->heads.at[i] = (int)(random_next(seed) % 100) * 8 + i;
    s->least = random_real(seed);
    s->sampler.temperature = random_real(seed) * 100;
    s->sampler.top_p = random_real(seed);
    s->sampler.min_p = random_real(seed) * 0.5f;
    s->scale = 0.5f + random_real(seed);
    s->seed = random_next(seed);
    int ids[8], n = (int)(random_next(seed) % 9);
    for (int i = 0; i < n; i++)
        ids[i] = (int)(random_next(seed) % 1048576);
    ck_assert(state_set_then(s, ids, n, NULL));
    for (uint64_t i = random_next(seed) % 5; i > 0; i--)
        ck_assert(edits_set(&s->edits, (EditKind)(random_next(seed) % 4),
                            (int)(random_next(seed) % 9), 0,
                            random_real(seed)));
}

START_TEST(format_then_parse_is_identity) {
    uint64_t seed = 2026;
    for (int i = 0; i < 3000; i++) {
        State s, back;
        Err err = {0};
        state_init(&s);
        state_init(&back);
        random_state(&s, &seed);
        char *text = format(&s, STATE_ALL);
        ck_assert_ptr_null(strchr(text, '\n'));
        ck_assert_ptr_null(strstr(text, "-->"));
        ck_assert_msg(state_parse(&back, text, &err), "%s: %s", text, err.msg);
        ck_same(&s, &back);
        ck_assert(edits_equal(&s.edits, &back.edits));
        ck_assert_mem_eq(&s.sampler, &back.sampler, sizeof s.sampler);
        ck_assert_mem_eq(&s.scale, &back.scale, sizeof s.scale);
        free(text);
        state_free(&s);
        state_free(&back);
    }
}
END_TEST

START_TEST(apply_changes_only_what_is_set) {
    State base, stage;
    state_init(&base);
    state_init(&stage);
    ck_assert(state_parse(&base, "layer=3 prompt=\"a b\" then=1,2", NULL));
    ck_assert(state_parse(&stage, "head=2", NULL));
    ck_assert(state_apply(&base, &stage, NULL));
    ck_assert_int_eq(base.layer, 3);
    ck_assert_int_eq(base.head, 2);
    ck_assert_str_eq(base.prompt, "a b");
    ck_assert_int_eq(base.n_then, 2);
    ck_assert_uint_eq(base.set, STATE_BIT(STATE_LAYER) | STATE_BIT(STATE_HEAD) |
                                    STATE_BIT(STATE_PROMPT) |
                                    STATE_BIT(STATE_THEN));
    state_free(&base);
    state_free(&stage);
}
END_TEST

START_TEST(new_prompt_drops_what_followed_the_old_one) {
    State s;
    state_init(&s);
    ck_assert(state_parse(&s, "prompt=a then=1,2", NULL));
    ck_assert(state_parse(&s, "prompt=b", NULL));
    ck_assert_int_eq(s.n_then, 0);
    ck_assert(state_parse(&s, "prompt=c then=4", NULL));
    ck_assert_int_eq(s.n_then, 1);
    state_free(&s);
}
END_TEST

START_TEST(copy_shares_nothing) {
    State a, b;
    state_init(&a);
    state_init(&b);
    ck_assert(state_parse(&a, "prompt=one then=7", NULL));
    ck_assert(state_copy(&b, &a, NULL));
    ck_assert(state_copy(&a, &a, NULL));
    ck_assert_uint_eq(b.set, a.set);
    a.prompt[0] = 'X';
    ck_assert_str_eq(b.prompt, "one");
    ck_assert(state_set_then(&a, a.then, 1, NULL));
    ck_assert_int_eq(a.then[0], 7);
    state_free(&a);
    ck_assert_str_eq(b.prompt, "one");
    state_free(&b);
}
END_TEST

/* A row of STATE_LIST is all that a key needs: its default, given, is set,
 * kept and written as it stands there. */
START_TEST(every_row_reads_and_writes_its_default) {
    for (int k = 0; k < STATE_KEYS; k++) {
        char text[64], want[64];
        const char *name = state_key_name((StateKey)k);
        const char *value = state_key_default((StateKey)k);
        snprintf(text, sizeof text, "%s=\"%s\"", name, value);
        snprintf(want, sizeof want,
                 k == STATE_PROMPT || k == STATE_AGAINST || k == STATE_WORD ||
                         k == STATE_MODEL
                     ? "%s=\"%s\""
                     : "%s=%s",
                 name, value);
        State s;
        state_init(&s);
        ck_assert_msg(state_parse(&s, text, NULL), "%s", text);
        ck_assert_uint_eq(s.set, STATE_BIT(k));
        char *out = format(&s, s.set);
        ck_assert_str_eq(out, want);
        free(out);
        state_free(&s);
    }
}
END_TEST

START_TEST(keys_are_documented) {
    for (int k = 0; k < STATE_KEYS; k++) {
        ck_assert_str_ne(state_key_name((StateKey)k), "");
        ck_assert_str_ne(state_key_help((StateKey)k), "");
        ck_assert_ptr_nonnull(state_key_default((StateKey)k));
    }
}
END_TEST

/* ---- what it is compared with -------------------------------------------- */

static State parsed(const char *text) {
    State s;
    Err err = {0};
    state_init(&s);
    ck_assert_msg(state_parse(&s, text, &err), "%s: %s", text, err.msg);
    return s;
}

START_TEST(a_run_is_compared_once_something_is_switched_off) {
    static const struct {
        const char *text;
        bool compares;
    } cases[] = {{"", false},
                 {"edit=2.6", true},
                 {"edit=mask", true},
                 {"edit=2.6 against=off", false},
                 {"against=\"edit=2.6\"", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        State s = parsed(cases[i].text);
        ck_assert_msg(state_compares(&s) == cases[i].compares, "%s",
                      cases[i].text);
        state_free(&s);
    }
}
END_TEST

START_TEST(against_names_what_differs) {
    static const struct {
        const char *text, *other;
        bool same_tokens;
    } cases[] = {{"prompt=\"a b\" then=5,6 edit=2.6 temperature=2",
                  "prompt=\"a b\" then=5,6 temperature=2", true},
                 {"prompt=\"a b\" then=5 against=\"edit=1.0,mask\"",
                  "prompt=\"a b\" then=5 edit=1.0,mask", true},
                 {"prompt=\"a b\" then=5 edit=1.0 against=\"prompt=\\\"c\\\"\"",
                  "prompt=\"c\" edit=1.0", false},
                 /* The other run takes from none. */
                 {"prompt=a edit=1.0,freeze,patch0.1@2,steer1@3*2 "
                  "against=\"prompt=b\"",
                  "prompt=b edit=1.0", false},
                 {"prompt=a then=5 against=\"then=6,7 temperature=0\"",
                  "prompt=\"a\" then=6,7 temperature=0", false}};
    const StateKeys keys = STATE_BIT(STATE_PROMPT) | STATE_BIT(STATE_THEN) |
                           STATE_BIT(STATE_EDIT) | STATE_BIT(STATE_TEMPERATURE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        State s = parsed(cases[i].text), want = parsed(cases[i].other), other;
        bool same_tokens;
        state_init(&other);
        ck_assert(state_against(&s, &other, &same_tokens, NULL));
        ck_assert_int_eq(same_tokens, cases[i].same_tokens);
        char *a = format(&other, keys), *b = format(&want, keys);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
        state_free(&s);
        state_free(&want);
        state_free(&other);
    }
}
END_TEST

START_TEST(against_takes_no_other_keys) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"against=\"view=heads\"", "found \"view\", need model, prompt"},
        {"against=\"against=off\"", "found \"against\""},
        {"against=\"edit=9.9.9\"", "against: state: edit"},
        {"against=\"edit=1.0,freeze1.ln1\"", "edit: found freeze1.ln1"},
        {"against=\"edit=patch0.1@2\"", "edit: found patch0.1@2"},
        {"against=\"on\"", "against: state: found \"on\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        State s;
        Err err = {0};
        state_init(&s);
        ck_assert(!state_parse(&s, cases[i].text, &err));
        ck_assert_msg(strstr(err.msg, cases[i].says), "%s", err.msg);
        ck_assert_uint_eq(s.set, 0);
        state_free(&s);
    }
}
END_TEST

TEST_MAIN("state", a_run_is_compared_once_something_is_switched_off,
          against_names_what_differs, against_takes_no_other_keys,
          a_key_is_found_where_it_stands, defaults_are_those_documented,
          every_key_is_read_and_written,
          lists_of_answers_and_votes_have_their_form,
          only_the_keys_asked_for_are_written,
          control_characters_are_copied_as_escapes,
          format_cuts_as_snprintf_does, bad_text_is_refused_with_its_place,
          limits_are_refused, longest_state_reads_back,
          format_then_parse_is_identity, apply_changes_only_what_is_set,
          new_prompt_drops_what_followed_the_old_one, copy_shares_nothing,
          every_row_reads_and_writes_its_default, keys_are_documented)
