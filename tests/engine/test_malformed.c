/* Files damaged in every way that the formats' descriptions name: each is
 * refused with one line that names file and field, or tolerated with a
 * warning, and takes little memory. */
#include "tests/support/damaged.h"
#include "tests/support/fault.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_MAX (64 << 20) /* bytes, for any of them */

/* How many cases the descriptions name, or more. */
static const int counts_min[MALFORMED_KINDS] = {
    [MALFORMED_V0] = 56,
    [MALFORMED_V1] = 37,
    [MALFORMED_V2] = 45,
    [MALFORMED_TOKENIZER] = 22,
    [MALFORMED_GGUF] = 119,
    [MALFORMED_GGUF_BPE] = 7,
    [MALFORMED_SAFETENSORS] = 49,
    [MALFORMED_SPM] = 24,
    [MALFORMED_TOKENIZER_JSON] = 25,
    [MALFORMED_BYTE_LEVEL] = 4,
    [MALFORMED_CONFIG] = 25,
    [MALFORMED_INDEX] = 18,
};

START_TEST(good_files_open) {
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        Bytes good = malformed_good(kind);
        Damaged d = damaged_open(kind, good.data, good.size);
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
    Damaged d = damaged_open(m->kind, bytes.data, bytes.size);
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
    json_set_alloc_funcs(malloc, free); /* so that they count */
    for (size_t i = 0; i < malformed_count(); i++) {
        const Malformed *m = malformed_case(i);
        n_wrong += !check_case(m);
        *(m->tolerated ? &tolerated[m->kind] : &refused[m->kind]) += 1;
    }
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        printf("  %-28s%4d refused, %d tolerated\n", malformed_kind_name(kind),
               refused[kind], tolerated[kind]);
        ck_assert_int_ge(refused[kind], counts_min[kind]);
    }
    ck_assert_int_eq(n_wrong, 0);
}
END_TEST

/* ---- text is text -------------------------------------------------------- */

TEST_MAIN("malformed", good_files_open, each_case_gets_its_verdict)
