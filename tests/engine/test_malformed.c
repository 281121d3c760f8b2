/* Files damaged in every way that the formats' descriptions name: each is
 * refused with one line that names file and field, or tolerated with a
 * warning, and takes little memory. */
#include "engine/run/session.h"
#include "tests/support/damaged.h"
#include "tests/support/fault.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_MAX (64 << 20) /* bytes, for any of them */

/* How many cases the descriptions name, or more. */
static const int counts_min[MALFORMED_KINDS] = {
    [MALFORMED_V0] = 56,
    [MALFORMED_V1] = 37,
    [MALFORMED_V2] = 45,
    [MALFORMED_TOKENIZER] = 21,
    [MALFORMED_GGUF] = 119,
    [MALFORMED_GGUF_BPE] = 6,
    [MALFORMED_SAFETENSORS] = 49,
    [MALFORMED_SPM] = 24,
    [MALFORMED_TOKENIZER_JSON] = 25,
    [MALFORMED_BYTE_LEVEL] = 3,
    [MALFORMED_CONFIG] = 25,
    [MALFORMED_INDEX] = 18,
    [MALFORMED_WORDPIECE] = 16,
    [MALFORMED_GPT2] = 22,
    [MALFORMED_NANO] = 4,
    [MALFORMED_QWEN2] = 5,
    [MALFORMED_QWEN3] = 4,
    [MALFORMED_GPT2_CONFIG] = 53,
    [MALFORMED_NANO_CONFIG] = 17,
    [MALFORMED_QWEN2_CONFIG] = 10,
    [MALFORMED_QWEN3_CONFIG] = 9,
    [MALFORMED_MISTRAL_CONFIG] = 5,
    [MALFORMED_GPT2_GGUF] = 20,
    [MALFORMED_QWEN2_GGUF] = 4,
    [MALFORMED_QWEN3_GGUF] = 5,
    [MALFORMED_VOCAB_JSON] = 18,
    [MALFORMED_MERGES] = 12,
    [MALFORMED_VOCAB_TXT] = 9,
    [MALFORMED_TOKENIZER_CONFIG] = 13,
};

START_TEST(good_files_open) {
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        Bytes good = malformed_good(kind);
        Damaged d;
        damaged_open(&d, kind, good.data, good.size);
        const char *wrong = damaged_wrong(&d);
        ck_assert_msg(damaged_is_open(&d), "%s: %s", malformed_kind_name(kind),
                      d.err.msg);
        ck_assert_msg(!wrong, "%s: %s", malformed_kind_name(kind), wrong);
        ck_assert_ptr_null(damaged_warning(&d));
        damaged_close(&d);
        bytes_free(&good);
    }
}
END_TEST

/* What is wrong with how a case opens, or NULL; *said: the message. */
static const char *wrong_with(const Malformed *m, const Damaged *d, size_t peak,
                              const char **said) {
    *said = m->tolerated ? damaged_warning(d) : d->err.msg;
    if (!*said) *said = "nothing";
    if (damaged_is_open(d) != m->tolerated)
        return m->tolerated ? "refused" : "opens";
    if (!strstr(*said, m->says)) return "says something else";
    if (peak >= MEMORY_MAX) return "takes too much memory";
    return damaged_wrong(d);
}

/* Prints what is wrong with a case; its bytes are not counted, they are the
 * test's. */
static bool check_case(const Malformed *m) {
    Bytes bytes = malformed_bytes(m);
    const char *said;
    fault_peak_from_here();
    Damaged d;
    damaged_open(&d, m->kind, bytes.data, bytes.size);
    const size_t peak = fault_peak() - bytes.size;
    const char *wrong = wrong_with(m, &d, peak, &said);
    if (wrong)
        printf("  %s: %s: %s: \"%s\"\n", malformed_kind_name(m->kind), m->name,
               wrong, said);
    damaged_close(&d);
    bytes_free(&bytes);
    return !wrong;
}

START_TEST(each_case_gets_its_verdict) {
    int refused[MALFORMED_KINDS] = {0}, tolerated[MALFORMED_KINDS] = {0};
    int n_wrong = 0;
    clock_t slowest = 0;                /* told, not judged: machines differ */
    json_set_alloc_funcs(malloc, free); /* so that they count */
    for (size_t i = 0; i < malformed_count(); i++) {
        const Malformed *m = malformed_case(i);
        const clock_t start = clock();
        n_wrong += !check_case(m);
        if (clock() - start > slowest) slowest = clock() - start;
        *(m->tolerated ? &tolerated[m->kind] : &refused[m->kind]) += 1;
    }
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        printf("  %-28s%4d refused, %d tolerated\n", malformed_kind_name(kind),
               refused[kind], tolerated[kind]);
        ck_assert_int_ge(refused[kind], counts_min[kind]);
    }
    printf("  the slowest took %.0f ms\n",
           1e3 * (double)slowest / CLOCKS_PER_SEC);
    ck_assert_int_eq(n_wrong, 0);
}
END_TEST

/* ---- JSON takes what was asked for --------------------------------------- */

/* So many of `item`, in a list or as members, in a config.json. */
static Bytes crowd(const char *item, bool members, int n) {
    Bytes b = bytes_copy("{\"x\":", 5);
    bytes_format(&b, members ? "{" : "[");
    for (int i = 0; i < n; i++)
        if (members)
            bytes_format(&b, "%s\"k%d\":%s", i ? "," : "", i, item);
        else
            bytes_format(&b, "%s%s", i ? "," : "", item);
    bytes_format(&b, members ? "}}" : "]}");
    return b;
}

/* jsonfile.c asks for room before jansson parses, so the most that is held is
 * what it asked for, if that was enough. */
START_TEST(json_needs_no_more_than_was_asked_for) {
    static const char *const items[] = {"{}", "[]", "1", "\"\"", "{\"a\":1}"};
    const int n = 4000;
    json_set_alloc_funcs(malloc, free);
    for (size_t i = 0; i < 2 * sizeof items / sizeof *items; i++) {
        const char *item = items[i / 2];
        Bytes b = crowd(item, i % 2, n);
        fault_peak_from_here();
        Damaged d;
        damaged_open(&d, MALFORMED_CONFIG, b.data, b.size);
        const size_t n_objects = 2 + (size_t)n * (item[0] == '{');
        const size_t n_values = 3 + (size_t)n * (1 + (strlen(item) > 1));
        const size_t asked = 160 * n_values + 480 * n_objects + 2 * b.size;
        /* The file's own bytes are held three times: by the test and, as it is
         * a config, for finding keys that stand twice.  The rest is small:
         * mostly the lines of its errors. */
        ck_assert_uint_le(fault_peak(), asked + 3 * b.size + 16 * sizeof(Err));
        ck_assert_ptr_nonnull(strstr(d.err.msg, "config.json: model_type: "));
        damaged_close(&d);
        bytes_free(&b);
    }
}
END_TEST

/* ---- text is text -------------------------------------------------------- */

/* Things that have been executed, expanded or printed by programs that read
 * them from a model's file. */
static const char *const templates[] = {
    "{{ 1/0 }}",
    "{% for x in ().__class__.__bases__ %}{{ x.system('touch EXECUTED') }}",
    "{{ cycler.__init__.__globals__.os.popen('touch EXECUTED').read() }}",
    "$(touch EXECUTED)`touch EXECUTED`;touch EXECUTED",
    "%s%s%s%s%n%n%n%n%99999999d",
    "\033[2J\033]0;title\007\r\n\r\n",
    "{% include '/etc/passwd' %}{% while true %}{% endwhile %}",
    "",
};

static Damaged open_with(const char *text) {
    GgufSpec s = gguf_spec(tiny_spec());
    s.chat_template = text;
    Bytes b = gguf_bytes(&s);
    Damaged d;
    damaged_open(&d, MALFORMED_GGUF, b.data, b.size);
    bytes_free(&b);
    return d;
}

/* The logits after a text, which tokenizer and model give together. */
static void run_on(const Damaged *d, float logits[300]) {
    Encoding e = {0};
    int ids[16];
    Session *s =
        session_open(d->model, &(SessionOptions){.n_threads = 1}, NULL);
    ck_assert(
        tokenizer_encode(d->tok, "the cat sat", 11, TOKENIZER_BOS, &e, NULL));
    ck_assert(s && e.n <= 16);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    memcpy(logits, session_feed(s, ids, e.n, NULL), 300 * sizeof *logits);
    encoding_free(&e);
    session_close(s);
}

/* Whatever a chat template says, nothing is different. */
START_TEST(a_chat_template_is_never_read) {
    const size_t n = sizeof templates / sizeof *templates;
    float want[300], logits[300];
    for (size_t i = 0; i < n; i++) {
        Damaged d = open_with(templates[i]);
        ck_assert_msg(damaged_is_open(&d), "%s", d.err.msg);
        ck_assert_ptr_null(damaged_warning(&d));
        ck_assert_ptr_null(damaged_wrong(&d));
        run_on(&d, i ? logits : want);
        if (i) ck_assert_mem_eq(logits, want, sizeof want);
        damaged_close(&d);
    }
    ck_assert_int_ne(access("EXECUTED", F_OK), 0);
}
END_TEST

/* A tensor's name that is quoted in the message is a name and no more. */
START_TEST(a_name_is_only_quoted) {
    static const char *const names[] = {"%n%s%n%s", "\033[2J\007\r\n",
                                        "$(touch EXECUTED)"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Bytes b = malformed_good(MALFORMED_GGUF);
        const size_t at = gguf_find(&b, "blk.0.ffn_down.weight");
        memcpy(b.data + at - 21, names[i], strlen(names[i]));
        malformed_u32(&b, at, 0);
        Damaged d;
        damaged_open(&d, MALFORMED_GGUF, b.data, b.size);
        ck_assert_ptr_nonnull(strstr(d.err.msg, ": found 0 dimensions"));
        ck_assert_ptr_null(damaged_wrong(&d));
        damaged_close(&d);
        bytes_free(&b);
    }
    ck_assert_int_ne(access("EXECUTED", F_OK), 0);
}
END_TEST

TEST_MAIN("malformed", good_files_open, each_case_gets_its_verdict,
          json_needs_no_more_than_was_asked_for, a_chat_template_is_never_read,
          a_name_is_only_quoted)
