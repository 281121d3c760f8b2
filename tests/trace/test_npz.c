/* The .npz: read back by a few lines here byte by byte, and by numpy where it
 * is installed. */
#include "engine/trace/npz.h"
#include "tests/support/every_family.h"
#include "tests/support/folder.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"
#include "tests/support/trace_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define N_POS 7

/* A folder with a place in it for the file. */
typedef struct Place {
    char dir[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX];
} Place;

static Place place_open(void) {
    Place p;
    folder_make(p.dir);
    folder_path(p.file, p.dir, "t.npz");
    return p;
}

typedef struct Bytes {
    uint8_t *at;
    size_t size;
} Bytes;

static Bytes bytes_read(const char *path) {
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    Bytes b = {malloc(st.st_size), st.st_size};
    ck_assert_ptr_nonnull(b.at);
    ck_assert_uint_eq(fread(b.at, 1, b.size, f), b.size);
    fclose(f);
    return b;
}

static uint32_t u32(const uint8_t *p) {
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The member of that name: its .npy header as text, and its data. */
typedef struct Member {
    char header[192];
    const uint8_t *data;
    size_t size;
} Member;

static Member member_find(Bytes zip, const char *name) {
    Member m = {0};
    for (size_t at = 0; u32(zip.at + at) == 0x04034b50;) {
        const uint8_t *local = zip.at + at;
        size_t n_name = local[26] | local[27] << 8;
        size_t n_extra = local[28] | local[29] << 8, size = u32(local + 22);
        const uint8_t *npy = local + 30 + n_name + n_extra;
        ck_assert_uint_eq(local[8] | local[9] << 8, 0); /* not compressed */
        ck_assert_uint_eq(u32(local + 10), 0x00210000); /* a fixed date */
        ck_assert_uint_eq(u32(local + 18), size);
        if (n_name == strlen(name) && memcmp(local + 30, name, n_name) == 0) {
            size_t n_header = npy[8] | npy[9] << 8;
            ck_assert_mem_eq(npy, "\x93NUMPY\1\0", 8);
            ck_assert_uint_eq((10 + n_header) % 64, 0);
            ck_assert_uint_eq(npy[10 + n_header - 1], '\n');
            memcpy(m.header, npy + 10, n_header);
            m.header[strcspn(m.header, "}") + 1] = '\0';
            m.data = npy + 10 + n_header;
            m.size = size - 10 - n_header;
            return m;
        }
        at += 30 + n_name + n_extra + size;
    }
    ck_abort_msg("no member %s", name);
    return m;
}

static float f32(const Member *m, size_t i) {
    uint32_t bits = u32(m->data + 4 * i);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static Bytes saved(const Trace *t, SiteMask mask) {
    Place place = place_open();
    Err err = {0};
    ck_assert_msg(npz_save(t, mask, place.file, &err), "%s", err.msg);
    Bytes b = bytes_read(place.file);
    folder_remove(place.dir);
    return b;
}

START_TEST(arrays_hold_what_the_trace_holds) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, N_POS, 3);
    Bytes b = saved(c.trace, SITE_ALL);

    Member m = member_find(b, "tokens.npy");
    ck_assert_str_eq(
        m.header, "{'descr': '<i4', 'fortran_order': False, 'shape': (7, ), }");
    ck_assert_uint_eq(m.size, N_POS * 4);
    for (int i = 0; i < N_POS; i++)
        ck_assert_int_eq(u32(m.data + 4 * i), trace_token(c.trace, i));

    const int n_kv = tiny_family_now == TINY_GPT2 ? 4 : 2;
    m = member_find(b, "blocks.1.attn.hook_k.npy");
    char want[96];
    snprintf(want, sizeof want,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (7, %d, 4, ), "
             "}",
             n_kv);
    ck_assert_str_eq(m.header, want);
    for (int pos = 0; pos < N_POS; pos++)
        for (int i = 0; i < 4 * n_kv; i++)
            ck_assert_float_eq(f32(&m, pos * 4 * n_kv + i),
                               trace_row(c.trace, SITE_K, 1, pos)[i]);

    m = member_find(b, "ln_final.hook_scale.npy");
    ck_assert_str_eq(
        m.header,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (7, 1, ), }");
    m = member_find(b, "logits.npy");
    ck_assert_float_eq(f32(&m, 6 * 300 + 299),
                       trace_row(c.trace, SITE_LOGITS, 0, 6)[299]);
    free(b.at);
    trace_case_close(&c);
}
END_TEST

static void check_member(Bytes zip, const Reference *ref, int s, int layer) {
    char name[80];
    int rows, cols;
    const Config *config = model_config(reference_model(ref));
    site_name((Site)s, layer, name, sizeof name - 4);
    memcpy(name + strlen(name), ".npy", 5);
    const Member m = member_find(zip, name);
    site_shape((Site)s, config, 1, &rows, &cols);
    const size_t n = (size_t)rows * (size_t)cols;
    ck_assert_uint_eq(m.size, N_POS * n * sizeof(float));
    for (int pos = 0; pos < N_POS; pos++) {
        const double *want = reference_row(ref, (Site)s, layer, pos);
        double most = 0;
        for (size_t i = 0; i < n; i++)
            most = fmax(most, fabs(want[i]));
        for (size_t i = 0; i < n; i++)
            ck_assert_double_eq_tol((double)f32(&m, (size_t)pos * n + i),
                                    want[i], 1e-4 * most + 1e-9);
    }
}

/* All that the family has and nothing else, and its numbers are the
 * reference's. */
START_TEST(members_are_the_familys_and_hold_the_references_numbers) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    trace_case_feed(&c, N_POS, 3);
    int tokens[N_POS], n = 1; /* tokens.npy */
    for (int i = 0; i < N_POS; i++)
        tokens[i] = trace_token(c.trace, i);
    Reference *ref = reference_run(c.tiny.model, &(Edits){0}, tokens, N_POS);
    Bytes b = saved(c.trace, SITE_ALL);
    for (int s = 0; s < SITE_COUNT; s++) {
        const SiteInfo *info = site_info((Site)s);
        if (!reference_has(ref, (Site)s)) continue;
        const int layers = info->per_layer ? tiny_spec().n_layers : 1;
        n += layers;
        for (int l = 0; l < layers && !info->per_key; l++)
            check_member(b, ref, s, l);
    }
    /* The end of a zip says how many there are. */
    const uint8_t *end = b.at + b.size - 22;
    ck_assert_uint_eq(u32(end), 0x06054b50);
    ck_assert_int_eq(end[10] | end[11] << 8, n);
    free(b.at);
    reference_free(ref);
    trace_case_close(&c);
}
END_TEST

START_TEST(attention_is_square_with_what_masking_gives_above_the_diagonal) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, N_POS, 3);
    Bytes b =
        saved(c.trace, SITE_BIT(SITE_ATTN_SCORES) | SITE_BIT(SITE_PATTERN));
    Member scores = member_find(b, "blocks.1.attn.hook_attn_scores.npy");
    Member pattern = member_find(b, "blocks.1.attn.hook_pattern.npy");
    ck_assert_str_eq(pattern.header, "{'descr': '<f4', 'fortran_order': "
                                     "False, 'shape': (4, 7, 7, ), }");
    for (int h = 0; h < 4; h++)
        for (int q = 0; q < N_POS; q++)
            for (int k = 0; k < N_POS; k++) {
                size_t at = (h * N_POS + q) * N_POS + k, cell = h * (q + 1) + k;
                const float *s = trace_row(c.trace, SITE_ATTN_SCORES, 1, q);
                const float *p = trace_row(c.trace, SITE_PATTERN, 1, q);
                ck_assert_float_eq(f32(&scores, at),
                                   k <= q ? s[cell] : -INFINITY);
                ck_assert_float_eq(f32(&pattern, at), k <= q ? p[cell] : 0);
            }
    free(b.at);
    trace_case_close(&c);
}
END_TEST

START_TEST(bytes_are_the_same_whatever_the_budget_and_time_zone) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    TraceCase small = trace_case_open(tiny_spec(), 0, "");
    trace_case_feed(&c, N_POS, 3);
    trace_case_feed(&small, N_POS, 3);
    Bytes a = saved(c.trace, SITE_ALL);
    setenv("TZ", "Asia/Kathmandu", 1);
    tzset();
    Bytes b = saved(small.trace, SITE_ALL);
    ck_assert_uint_eq(a.size, b.size);
    ck_assert_mem_eq(a.at, b.at, a.size);
    /* A layer and position was run once, however many sites were written; so
     * was the end, and the start where it is more than a row of a table. */
    const bool starts =
        tiny_family_now == TINY_GPT2 || tiny_family_now == TINY_GEMMA;
    const int n_ends = starts ? 2 : 1;
    ck_assert_uint_eq(trace_stats(small.trace).n_recomputed,
                      N_POS * (tiny_spec().n_layers + n_ends));
    free(a.at);
    free(b.at);
    trace_case_close(&c);
    trace_case_close(&small);
}
END_TEST

START_TEST(size_is_known_before) {
    static const SiteMask masks[] = {SITE_ALL, SITE_BIT(SITE_LOGITS),
                                     SITE_BIT(SITE_PATTERN), 0};
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, N_POS, 3);
    for (int i = 0; i < 4; i++) {
        Bytes b = saved(c.trace, masks[i]);
        ck_assert_uint_eq(npz_size(c.trace, masks[i]), b.size);
        free(b.at);
    }
    trace_case_close(&c);
}
END_TEST

/* 256 heads over 8 layers: 520 positions make 4.4 GB of attention, of which
 * this keeps, and allocates, nothing. */
START_TEST(too_large_a_file_is_refused_before_it_is_built) {
    TinySpec wide = {.dim = 512,
                     .hidden_dim = 4,
                     .n_layers = 8,
                     .n_heads = 256,
                     .n_kv_heads = 1,
                     .vocab_size = 8,
                     .seq_len = 520,
                     .shared_classifier = true,
                     .seed = 1};
    TraceCase c = trace_case_open(wide, 0, "");
    trace_case_feed(&c, 520, 1);
    Place place = place_open();
    Err err = {0};
    SiteMask mask = SITE_BIT(SITE_PATTERN) | SITE_BIT(SITE_ATTN_SCORES);
    ck_assert(npz_size(c.trace, mask) > NPZ_SIZE_MAX);
    ck_assert(!npz_save(c.trace, mask, place.file, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    char size[32];
    snprintf(size, sizeof size, "%llu",
             (unsigned long long)npz_size(c.trace, mask));
    ck_assert_ptr_nonnull(strstr(err.msg, size));
    ck_assert_ptr_nonnull(strstr(err.msg, "choose fewer sites"));
    ck_assert_uint_eq(trace_stats(c.trace).n_recomputed, 0);
    ck_assert_int_eq(folder_count(place.dir, ""), 0);
    folder_remove(place.dir);
    trace_case_close(&c);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    Place place = place_open();
    Err err = {0};
    ck_assert(!npz_save(c.trace, SITE_ALL, place.file, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    err_clear(&err);
    trace_case_feed(&c, 1, 3);
    ck_assert(!npz_save(c.trace, SITE_ALL, "/nonexistent/t.npz", &err));
    ck_assert_int_eq(err.code, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent"));
    folder_remove(place.dir);
    trace_case_close(&c);
}
END_TEST

START_TEST(numpy_opens_it) {
    static const char *const families[TINY_FAMILIES] = {
        "llama", "gpt2", "qwen2", "qwen3", "gemma"};
    TinySpec one_kv_head = tiny_spec();
    one_kv_head.n_kv_heads = 1;
    TraceCase c = trace_case_open(one_kv_head, TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 20, 3);
    Place place = place_open();
    ck_assert(npz_save(c.trace, SITE_ALL, place.file, NULL));
    char command[FOLDER_PATH_MAX + 128];
    snprintf(command, sizeof command,
             "/usr/bin/python3 tests/trace/npz_check.py %s "
             "2 4 %d 4 16 24 300 %s",
             place.file, tiny_family_now == TINY_GPT2 ? 4 : 1,
             families[tiny_family_now]);
    int status = system(command);
    folder_remove(place.dir);
    trace_case_close(&c);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 127) test_skip("npz", "there is no python3");
    ck_assert_msg(code == 0 || code == 77 || code == 127, "exit %d", code);
}
END_TEST

START_TEST(sites_are_chosen_by_name) {
    static const struct {
        const char *list;
        SiteMask mask;
    } cases[] = {
        {"all", SITE_ALL},
        {"pattern", SITE_BIT(SITE_PATTERN)},
        {"q", SITE_BIT(SITE_Q)},
        {"attn.hook_q", SITE_BIT(SITE_Q)},
        {"blocks.1.attn.hook_q", SITE_BIT(SITE_Q)},
        {"ln_final.hook_scale", SITE_BIT(SITE_LN_FINAL_SCALE)},
        {"pattern,resid_post,logits", SITE_BIT(SITE_PATTERN) |
                                          SITE_BIT(SITE_RESID_POST) |
                                          SITE_BIT(SITE_LOGITS)},
        {"q,all", SITE_ALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SiteMask mask = 0;
        Err err = {0};
        ck_assert_msg(npz_parse_sites(cases[i].list, &mask, &err), "%s",
                      err.msg);
        ck_assert_uint_eq(mask, cases[i].mask);
    }
}
END_TEST

START_TEST(a_wrong_name_is_answered_with_the_right_ones) {
    static const struct {
        const char *list;
        size_t pos;
    } cases[] = {{"", 0},       {"patern", 0}, {"scale", 0},
                 {"q,,k", 2},   {"q,", 2},     {"pattern, q", 8},
                 {"q,k,vv", 4}, {"ALL", 0},    {"hook_", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SiteMask mask;
        Err err = {0};
        ck_assert_msg(!npz_parse_sites(cases[i].list, &mask, &err), "\"%s\"",
                      cases[i].list);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_uint_eq(err.pos, cases[i].pos);
    }
    /* Every name that the message lists is one that is taken. */
    char wrong[400] = "";
    memset(wrong, 'x', sizeof wrong - 1);
    Err err = {0};
    SiteMask mask, all = 0;
    ck_assert(!npz_parse_sites(wrong, &mask, &err));
    char *list = strstr(err.msg, "all ") + strlen("all ");
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        ck_assert_msg(npz_parse_sites(name, &mask, NULL), "%s", name);
        all |= mask;
    }
    for (int s = 0; s < SITE_COUNT; s++)
        ck_assert_msg(all & SITE_BIT(s), "%s", site_info((Site)s)->name);
}
END_TEST

int main(void) {
    const TTest *const all[] = {
        arrays_hold_what_the_trace_holds,
        members_are_the_familys_and_hold_the_references_numbers,
        attention_is_square_with_what_masking_gives_above_the_diagonal,
        bytes_are_the_same_whatever_the_budget_and_time_zone,
        size_is_known_before,
        too_large_a_file_is_refused_before_it_is_built,
        what_cannot_be_written_is_refused,
        numpy_opens_it,
        sites_are_chosen_by_name,
        a_wrong_name_is_answered_with_the_right_ones};
    /* Limits and names are the same for all. */
    const TTest *const every[] = {
        arrays_hold_what_the_trace_holds,
        members_are_the_familys_and_hold_the_references_numbers,
        attention_is_square_with_what_masking_gives_above_the_diagonal,
        bytes_are_the_same_whatever_the_budget_and_time_zone,
        size_is_known_before,
        numpy_opens_it};
    const int failed = test_run("npz", all, sizeof all / sizeof *all);
    return failed | tiny_run_others("npz", every, sizeof every / sizeof *every);
}
