/* README.md's tables say what the program does: they are compared with the
 * tables in the code.  With DOCS_UPDATE=1 the right rows are printed. */
#include "engine/base/file.h"
#include "lessons/claim.h"
#include "lessons/state.h"
#include "tests/support/test.h"
#include "viz/app/claim_eval.h"
#include "viz/screen/keys.h"
#include "viz/views/glossary.h"
#include "viz/views/view.h"

#include <stdio.h>
#include <string.h>

/* NUL-terminated */
static char *readme, *lessons;

static bool has_line(const char *text, const char *line) {
    const char *at = text;
    size_t n = strlen(line);
    while ((at = strstr(at, line)) != NULL) {
        bool starts = at == text || at[-1] == '\n';
        if (starts && at[n] == '\n') return true;
        at += n;
    }
    return false;
}

static void want(const char *line) {
    if (getenv("DOCS_UPDATE"))
        printf("%s\n", line);
    else
        ck_assert_msg(has_line(readme, line), "README.md lacks the line: %s",
                      line);
}

/* "Space PageDown" -> "`Space` `PageDown`"; a bar must be escaped in tables. */
static void quote_keys(const char *keys, char *out, size_t size) {
    size_t o = 0;
    out[o++] = '`';
    for (; *keys && o + 8 < size; keys++) {
        if (*keys == ' ')
            o += (size_t)snprintf(out + o, size - o, "` `");
        else
            out[o++] = *keys;
    }
    out[o++] = '`';
    out[o] = '\0';
}

START_TEST(readme_lists_every_key) {
    for (const KeyRow *row = keys_table(); row->keys; row++) {
        char keys[128], line[256];
        if (!keys_help(row, NULL)) continue;
        quote_keys(row->keys, keys, sizeof keys);
        snprintf(line, sizeof line, "| %s | %s |", keys, keys_help(row, NULL));
        want(line);
    }
}
END_TEST

START_TEST(readme_lists_every_state_key) {
    for (StateKey k = 0; k < STATE_KEYS; k++) {
        char line[512];
        snprintf(line, sizeof line, "| `%s` | %s |", state_key_name(k),
                 state_key_help(k));
        want(line);
    }
}
END_TEST

START_TEST(readme_explains_every_term) {
    for (int i = 0; i < glossary_count(); i++) {
        char line[512];
        const Term *t = glossary_at(i);
        snprintf(line, sizeof line, "| %s | %s |", t->name, t->text);
        want(line);
    }
}
END_TEST

START_TEST(readme_names_every_view) {
    for (int i = 0; view_at(i); i++) {
        char name[64];
        snprintf(name, sizeof name, "`%s`", view_at(i)->name);
        ck_assert_msg(strstr(readme, name) != NULL,
                      "README.md does not name the view %s", name);
    }
}
END_TEST

/* One of every kind, as the state writes it. */
START_TEST(readme_names_every_intervention) {
    static const Edit each[EDIT_NONE] = {
        [EDIT_HEAD] = {EDIT_HEAD, 2, 6, 0, 0},
        [EDIT_ATTN] = {EDIT_ATTN, 3, 0, 0, 0},
        [EDIT_MLP] = {EDIT_MLP, 1, 0, 0, 0},
        [EDIT_NEURON] = {EDIT_NEURON, 2, 17, 0, 0},
        [EDIT_RAW] = {EDIT_RAW, 2, 6, 0, 0},
        [EDIT_ROPE] = {EDIT_ROPE, 2, 0, 0, 0},
        [EDIT_CUT] = {EDIT_CUT, 0, 5, 0, 0},
        [EDIT_BLIND] = {EDIT_BLIND, 2, 6, 0, 5},
        [EDIT_TOKEN] = {EDIT_TOKEN, 0, 5, 0, 812},
        [EDIT_STEER] = {EDIT_STEER, 2, 812, 4, 790},
        [EDIT_FREEZE] = {EDIT_FREEZE, 3, 0, 0, SITE_LN1_SCALE},
        [EDIT_PATCH] = {EDIT_PATCH, 3, 5, 0, SITE_RESID_POST},
        [EDIT_APART] = {EDIT_APART, 2, 5, 4, 0},
    };
    for (int i = 0; i < EDIT_NONE; i++) {
        char text[EDITS_TEXT_MAX], line[EDITS_TEXT_MAX + 8];
        Edits e = {0};
        ck_assert(edits_put(&e, each[i]));
        edits_format(&e, text, sizeof text);
        snprintf(line, sizeof line, "| `%s` |", text);
        ck_assert_msg(strstr(readme, line), "README.md lacks %s", line);
    }
}
END_TEST

/* Every function with its arguments, in this order and no others. */
START_TEST(lessons_list_every_claim_function) {
    char table[16384] = "| function | value |\n|---|---|\n", takes[256];
    for (int f = 0; f < CLAIM_FNS; f++) {
        const size_t n = strlen(table);
        claim_fn_takes((ClaimFn)f, takes, sizeof takes);
        snprintf(table + n, sizeof table - n, "| `%s(%s)` | %s |\n",
                 claim_fn((ClaimFn)f)->name, takes, claim_fn((ClaimFn)f)->help);
    }
    if (getenv("DOCS_UPDATE")) printf("%s", table);
    const char *at = strstr(lessons, table);
    ck_assert_msg(at || getenv("DOCS_UPDATE"),
                  "lessons/README.md: the table of functions is not\n%s",
                  table);
    ck_assert(!at || at[strlen(table)] == '\n');
}
END_TEST

START_TEST(lessons_tell_the_limits_of_claims) {
    char text[256];
    snprintf(text, sizeof text,
             "A claim holds at most %d numbers, functions and operators, %d "
             "arguments, %d\nbytes of texts, and %d parentheses",
             CLAIM_NODES_MAX, CLAIM_ARGS_MAX, CLAIM_TEXTS_MAX, CLAIM_DEPTH_MAX);
    ck_assert_msg(strstr(lessons, text) != NULL, "no: %s", text);
    snprintf(text, sizeof text, "takes at most\n%d seconds", CLAIM_SECONDS_MAX);
    ck_assert_msg(strstr(lessons, text) != NULL, "no: %s", text);
}
END_TEST

/* The whole file; NULL, and said, when it cannot be read. */
static char *read_whole(const char *path) {
    Err err = {0};
    File f;
    if (!file_open(&f, path, 1 << 20, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return NULL;
    }
    char *text = calloc(f.size + 1, 1);
    if (!text) abort();
    memcpy(text, f.data, f.size);
    file_close(&f);
    return text;
}

int main(void) {
    const TTest *const tests[] = {
        readme_lists_every_key,           readme_lists_every_state_key,
        readme_explains_every_term,       readme_names_every_view,
        readme_names_every_intervention,  lessons_list_every_claim_function,
        lessons_tell_the_limits_of_claims};
    readme = read_whole("README.md");
    lessons = read_whole("lessons/README.md");
    if (!readme || !lessons) return 1;
    int rc = test_run("docs", tests, sizeof tests / sizeof *tests);
    free(readme);
    free(lessons);
    return rc;
}
