#include "engine/run/rerun.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/bytes.h"
#include "tests/support/every_family.h"
#include "tests/support/recording.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N 40 /* positions in most tests */

typedef struct Case {
    TinyModel tiny;
    const Config *config;
    int tokens[N];
    Session *s;
    Recording *rec; /* of everything s does */
} Case;

static Session *open_session(const Model *m, const char *edits_text,
                             SessionOptions opt) {
    Err err = {0};
    Edits edits;
    Session *s = session_open(m, &opt, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    const char *text = tiny_edits(edits_text, model_config(m));
    ck_assert(edits_parse(&edits, text, model_config(m), &err));
    ck_assert(session_set_edits(s, &edits, &err));
    return s;
}

static Case case_open(const char *edits_text) {
    Case c = {0};
    TinySpec spec = tiny_spec();
    uint64_t state = 5;
    spec.n_layers = 3;
    ck_assert(tiny_open(&c.tiny, &spec));
    c.config = model_config(c.tiny.model);
    for (int i = 0; i < N; i++)
        c.tokens[i] = (int)(random_next(&state) % spec.vocab_size);
    c.s = open_session(c.tiny.model, edits_text,
                       (SessionOptions){.n_threads = 1});
    c.rec = recording_open(c.config, spec.seq_len);
    session_set_hook(c.s, recording_hook(c.rec, SITE_ALL));
    return c;
}

static void case_close(Case *c) {
    recording_close(c->rec);
    session_close(c->s);
    tiny_close(&c->tiny);
}

/* Feeds all tokens of the case, and expects it to work. */
static const float *feed(Session *s, const int *tokens, int n) {
    Err err = {0};
    const float *logits = session_feed(s, tokens, n, &err);
    ck_assert_msg(logits != NULL, "%s", err.msg);
    return logits;
}

/* ---- the timeline -------------------------------------------------------- */

START_TEST(splits_change_no_bit) {
    static const char *const edits[] = {"", "0.1,n1.3,mlp2*0.5", "mask"};
    for (size_t e = 0; e < 3; e++) {
        Case whole = case_open(edits[e]);
        feed(whole.s, whole.tokens, N);
        for (int step = 1; step < N; step += 6) {
            Case split = case_open(edits[e]);
            for (int pos = 0; pos < N; pos += step)
                feed(split.s, split.tokens + pos,
                     N - pos < step ? N - pos : step);
            ck_assert(recording_equal(whole.rec, split.rec));
            ck_assert_int_eq(session_pos(split.s), N);
            case_close(&split);
        }
        ck_assert_ptr_eq(session_kern(whole.s), kern_get(NULL));
        case_close(&whole);
    }
}
END_TEST

START_TEST(rewinding_and_feeding_again_changes_no_bit) {
    Case straight = case_open(""), detour = case_open("");
    feed(straight.s, straight.tokens, N);
    feed(detour.s, detour.tokens, 17);
    feed(detour.s, straight.tokens + 3, 9); /* the wrong way */
    session_rewind(detour.s, 17);
    ck_assert_int_eq(session_pos(detour.s), 17);
    feed(detour.s, detour.tokens + 17, N - 17);
    ck_assert(recording_equal(straight.rec, detour.rec));
    ck_assert_mem_eq(session_tokens(detour.s), straight.tokens,
                     sizeof straight.tokens);
    case_close(&straight);
    case_close(&detour);
}
END_TEST

START_TEST(a_hook_changes_nothing_and_sees_only_its_sites) {
    Case watched = case_open("");
    Session *bare =
        open_session(watched.tiny.model, "", (SessionOptions){.n_threads = 1});
    const float *logits = feed(watched.s, watched.tokens, N);
    ck_assert_mem_eq(feed(bare, watched.tokens, N), logits,
                     watched.config->vocab_size * sizeof *logits);
    int len;
    ck_assert_mem_eq(recording_row(watched.rec, SITE_LOGITS, 0, N - 1, &len),
                     logits, watched.config->vocab_size * sizeof *logits);
    for (int s = 0; s < SITE_COUNT; s++) {
        if (!tiny_has(watched.config, s)) continue;
        Recording *rec = recording_open(watched.config, N);
        session_rewind(bare, 0);
        session_set_hook(bare, recording_hook(rec, SITE_BIT(s)));
        feed(bare, watched.tokens, N);
        ck_assert_int_eq(recording_count(rec),
                         N * (site_info(s)->per_layer ? 3 : 1));
        for (int pos = 0; pos < N; pos++)
            ck_assert(recording_same(rec, watched.rec, s, 0, pos));
        recording_close(rec);
    }
    session_close(bare);
    case_close(&watched);
}
END_TEST

START_TEST(the_embedding_is_the_first_residual) {
    Case c = case_open("");
    feed(c.s, c.tokens, N);
    const float *table =
        model_tensor(c.tiny.model, TENSOR_TOKEN_EMBED, 0)->data;
    const int dim = c.config->dim;
    for (int pos = 0; pos < N; pos++) {
        int len;
        const float *embed = recording_row(c.rec, SITE_EMBED, 0, pos, &len);
        const Site first = arch_stream_first(c.config->arch);
        ck_assert_mem_eq(recording_row(c.rec, first, 0, pos, &len),
                         recording_row(c.rec, SITE_RESID_PRE, 0, pos, &len),
                         dim * sizeof *embed);
        ck_assert_mem_eq(embed, table + c.tokens[pos] * dim,
                         dim * sizeof *embed);
    }
    case_close(&c);
}
END_TEST

/* Announcements come in the order of the computation. */
typedef struct Order {
    int layer, site, pos, n;
} Order;

static void check_order(void *ud, const Tap *tap) {
    Order *o = ud;
    const int layer = tap->site >= SITE_LN_FINAL_MEAN ? 3
                      : tap->site < SITE_RESID_PRE    ? -1
                                                      : tap->layer;
    /* Scores and patterns alternate, a position at a time. */
    const bool alternates = tap->layer == o->layer &&
                            tap->site == SITE_ATTN_SCORES &&
                            o->site == SITE_PATTERN && tap->pos == o->pos + 1;
    ck_assert(layer > o->layer ||
              (layer == o->layer && (int)tap->site > o->site) || alternates);
    ck_assert_int_eq(tap->n_pos, site_info(tap->site)->per_key ? 1 : 9);
    *o = (Order){layer, tap->site, tap->pos, o->n + 1};
}

START_TEST(sites_are_announced_in_order) {
    Case c = case_open("");
    Order order = {.layer = -2};
    session_set_hook(
        c.s, (SiteHook){.mask = SITE_ALL, .fn = check_order, .ud = &order});
    feed(c.s, c.tokens, 9);
    int n = 0;
    for (int s = 0; s < SITE_COUNT; s++)
        if (tiny_has(c.config, s))
            n += site_info(s)->per_key     ? 3 * 9
                 : site_info(s)->per_layer ? 3
                                           : 1;
    ck_assert_int_eq(order.n, n);
    case_close(&c);
}
END_TEST

/* ---- a hook that keeps rows ---------------------------------------------- */

/* Keeps hook_attn_out and the pattern of layer 1, of the first 5 positions. */
typedef struct Keeper {
    float attn_out[16][16], pattern[16][16 * 8];
    int dim, n_begun, n_ended, n_ends_of_model;
} Keeper;

static SiteMask keeper_begin(void *ud, int pos, int *n) {
    Keeper *k = ud;
    if (pos < 5 && *n > 5 - pos) *n = 5 - pos;
    k->n_begun++;
    return SITE_BIT(SITE_LOGITS) |
           (pos < 5 ? SITE_BIT(SITE_ATTN_OUT) | SITE_BIT(SITE_PATTERN) : 0);
}

static float *keeper_place(void *ud, const Tap *tap) {
    Keeper *k = ud;
    if (tap->layer != 1) return NULL;
    if (tap->site == SITE_PATTERN) return k->pattern[tap->pos];
    return k->attn_out[0] + tap->pos * k->dim;
}

static void keeper_end(void *ud, int pos, int n) {
    Keeper *k = ud;
    ck_assert_int_eq(pos, k->n_ended);
    k->n_ended = pos + n;
}

static void keeper_told(void *ud, const Tap *tap) {
    Keeper *k = ud;
    ck_assert(tap->site == SITE_LOGITS || tap->pos + tap->n_pos <= 5);
    ck_assert(tap->site != SITE_PATTERN);
    k->n_ends_of_model += tap->site == SITE_LOGITS ? tap->n_pos : 0;
}

START_TEST(rows_are_computed_where_a_store_keeps_them) {
    static const SiteStore store = {keeper_begin, keeper_place, keeper_end};
    Case c = case_open("");
    const Config config = *model_config(session_model(c.s));
    Recording *rows = recording_open(&config, 9);
    Keeper k = {.dim = config.dim};
    ck_assert(config.dim <= 16 && config.n_heads <= 8);
    session_set_hook(c.s, recording_hook(rows, SITE_ALL));
    feed(c.s, c.tokens, 9);
    session_rewind(c.s, 0);
    session_set_hook(c.s,
                     (SiteHook){.fn = keeper_told, .ud = &k, .store = &store});
    feed(c.s, c.tokens, 9);
    ck_assert_int_eq(k.n_begun, 2);
    ck_assert_int_eq(k.n_ended, 9);
    ck_assert_int_eq(k.n_ends_of_model, 1); /* as without a hook */
    for (int pos = 0, len; pos < 5; pos++) {
        const float *row = recording_row(rows, SITE_ATTN_OUT, 1, pos, &len);
        ck_assert_mem_eq(k.attn_out[0] + pos * k.dim, row, len * sizeof *row);
        row = recording_row(rows, SITE_PATTERN, 1, pos, &len);
        ck_assert_mem_eq(k.pattern[pos], row, len * sizeof *row);
    }
    recording_close(rows);
    case_close(&c);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

START_TEST(a_refused_feed_changes_nothing) {
    Case c = case_open("");
    feed(c.s, c.tokens, 10);
    const int bad[3] = {1, 300, 2}, negative = -1;
    int many[64] = {0};
    Err err = {0};
    const int n_taps = recording_count(c.rec);
    ck_assert_ptr_null(session_feed(c.s, bad, 3, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_str_eq(err.msg, "token 11: id: found 300, need 0 to 299");
    err_clear(&err);
    ck_assert_ptr_null(session_feed(c.s, &negative, 1, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    err_clear(&err);
    ck_assert_ptr_null(session_feed(c.s, many, 55, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_int_eq(session_pos(c.s), 10);
    ck_assert_mem_eq(session_tokens(c.s), c.tokens, 10 * sizeof(int));
    ck_assert_int_eq(recording_count(c.rec), n_taps);
    ck_assert_ptr_nonnull(session_feed(c.s, many, 54, &err));
    ck_assert_int_eq(session_pos(c.s), 64);
    err_clear(&err);
    ck_assert_ptr_null(session_feed(c.s, many, 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    case_close(&c);
}
END_TEST

/* Lets so many layers pass. */
typedef struct Stopper {
    int n_asked, n_allowed;
} Stopper;

static bool go_on(void *ud) {
    Stopper *s = ud;
    return s->n_asked++ < s->n_allowed;
}

START_TEST(a_feed_stops_between_layers_and_goes_on_as_if_it_had_not) {
    static const char *const edits[] = {"", "mask"};
    enum { FIRST = 10, LAYERS = 3 };
    for (int e = 0; e < 2; e++) {
        Case whole = case_open(edits[e]);
        feed(whole.s, whole.tokens, N);
        for (int allowed = 0; allowed < LAYERS; allowed++) {
            Case c = case_open(edits[e]);
            Err err = {0};
            Stopper stopper = {.n_allowed = LAYERS + allowed};
            session_set_watch(c.s, (SessionWatch){go_on, &stopper});
            feed(c.s, c.tokens, FIRST);
            ck_assert_int_eq(stopper.n_asked, LAYERS);
            ck_assert_ptr_null(
                session_feed(c.s, c.tokens + FIRST, N - FIRST, &err));
            ck_assert_int_eq(err.code, ERR_CANCELLED);
            ck_assert_int_eq(stopper.n_asked, LAYERS + allowed + 1);
            const int pos = session_pos(c.s);
            ck_assert_int_eq(pos, e == 0 ? FIRST : 0);
            session_set_watch(c.s, (SessionWatch){0});
            feed(c.s, c.tokens + pos, N - pos);
            ck_assert(recording_equal(whole.rec, c.rec));
            case_close(&c);
        }
        case_close(&whole);
    }
}
END_TEST

/* At each site of the middle layer in turn. */
START_TEST(a_feed_that_ends_early_is_the_same_as_far_as_it_goes) {
    Case whole = case_open("0.1,n1.3,mlp2*0.5");
    feed(whole.s, whole.tokens, N);
    for (int end = SITE_RESID_PRE; end <= SITE_RESID_POST; end++) {
        if (!tiny_has(whole.config, end)) continue;
        Case c = case_open("0.1,n1.3,mlp2*0.5");
        session_set_end(c.s, 1, (Site)end);
        for (int pos = 0; pos < N; pos += N / 2)
            feed(c.s, c.tokens + pos, N / 2);
        for (int i = 0; i < 3 * SITE_COUNT; i++) {
            const int s = i / 3, layer = site_info(s)->per_layer ? i % 3 : 0;
            const SiteMask last = arch_up_to(whole.config->arch, (Site)end);
            const bool there = !site_info(s)->per_layer ? s < SITE_RESID_PRE
                               : layer == 1 ? (last & SITE_BIT(s)) != 0
                                            : layer == 0;
            int len;
            if (!tiny_has(whole.config, s)) continue;
            ck_assert(there ? recording_same(c.rec, whole.rec, s, layer, N - 1)
                            : !recording_row(c.rec, s, layer, N - 1, &len));
        }
        case_close(&c);
    }
    case_close(&whole);
}
END_TEST

START_TEST(the_context_is_clamped) {
    static const int wanted[][2] = {{0, 64}, {20, 20}, {64, 64}, {9999, 64}};
    Case c = case_open("");
    for (size_t i = 0; i < 4; i++) {
        Session *s = open_session(c.tiny.model, "",
                                  (SessionOptions){.seq_len = wanted[i][0]});
        ck_assert_int_eq(session_seq_len(s), wanted[i][1]);
        session_close(s);
    }
    case_close(&c);
}
END_TEST

static uint64_t need_of(const Model *m, int seq_len) {
    const SessionMemory need = session_memory(m, seq_len);
    return need.weights + need.kv_cache + need.activations + need.taken;
}

START_TEST(the_context_is_what_fits_into_memory) {
    TinySpec spec = tiny_spec();
    spec.seq_len = 5000;
    TinyModel t;
    Err err = {0};
    ck_assert(tiny_open(&t, &spec));
    const struct {
        uint64_t memory_max;
        int seq_len; /* 0: refused */
    } cases[] = {
        {need_of(t.model, 4096), 4096},     {need_of(t.model, 4096) - 1, 2048},
        {need_of(t.model, 2048) - 1, 1024}, {need_of(t.model, 128), 128},
        {need_of(t.model, 128) - 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const SessionOptions opt = {.memory_max = cases[i].memory_max};
        Session *s = session_open(t.model, &opt, &err);
        ck_assert((s != NULL) == (cases[i].seq_len > 0));
        if (!s) continue;
        ck_assert_int_eq(session_seq_len(s), cases[i].seq_len);
        ck_assert_uint_eq(session_memory_left(s),
                          opt.memory_max - need_of(t.model, cases[i].seq_len));
        session_close(s);
    }
    ck_assert_int_eq(err.code, ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.msg, "tiny.bin: memory: found 0.00 GB"));
    /* Who asks for a length gets it, or nothing. */
    const SessionOptions fixed = {.seq_len = 600,
                                  .memory_max = need_of(t.model, 600) - 1};
    ck_assert_ptr_null(session_open(t.model, &fixed, NULL));
    tiny_close(&t);
}
END_TEST

START_TEST(the_mask_stays_on_past_its_limit) {
    TinyModel tiny;
    TinySpec spec = tiny_spec();
    spec.n_layers = 1;
    spec.seq_len = SESSION_NO_MASK_MAX + 1;
    ck_assert(tiny_open(&tiny, &spec));
    Session *s = open_session(tiny.model, "mask", (SessionOptions){0});
    static const int tokens[SESSION_NO_MASK_MAX + 1] = {0};
    Err err = {0};
    ck_assert_ptr_null(session_feed(s, tokens, SESSION_NO_MASK_MAX + 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_int_eq(session_pos(s), 0);
    feed(s, tokens, SESSION_NO_MASK_MAX);
    err_clear(&err);
    ck_assert_ptr_null(session_feed(s, tokens, 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_int_eq(session_pos(s), SESSION_NO_MASK_MAX);
    session_close(s);
    tiny_close(&tiny);
}
END_TEST

START_TEST(edits_rewind_only_when_they_differ) {
    Case c = case_open("0.1");
    Edits e = *session_edits(c.s);
    Err err = {0};
    feed(c.s, c.tokens, 5);
    ck_assert(session_set_edits(c.s, &e, &err));
    ck_assert_int_eq(session_pos(c.s), 5);
    edits_set(&e, EDIT_HEAD, 0, 9, 0);
    ck_assert(!session_set_edits(c.s, &e, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_int_eq(session_pos(c.s), 5);
    ck_assert_int_eq(session_edits(c.s)->n, 1);
    edits_set(&e, EDIT_HEAD, 0, 9, 1);
    edits_set(&e, EDIT_HEAD, 0, 1, 0.5f);
    ck_assert(session_set_edits(c.s, &e, &err));
    ck_assert_int_eq(session_pos(c.s), 0);
    ck_assert(edits_equal(session_edits(c.s), &e));
    case_close(&c);
}
END_TEST

/* ---- interventions ------------------------------------------------------- */

/* Site and layer from which on an edit may show. */
typedef struct Ablation {
    const char *edits;
    int layer;
    Site site;
} Ablation;

static bool is_before(Site s, int layer, const Ablation *a) {
    if (s < SITE_RESID_PRE) return true;
    if (s > SITE_RESID_POST) return false;
    return layer < a->layer || (layer == a->layer && s < a->site);
}

/* Nothing differs before the edited site; that site itself, the stream after
 * it and the logits do, at every position. */
static void check_ablation(const Case *plain, const Ablation *a) {
    static const struct {
        EditKind kind;
        Site stream;
    } streams[] = {{EDIT_HEAD, SITE_RESID_MID},
                   {EDIT_ATTN, SITE_RESID_MID},
                   {EDIT_MLP, SITE_RESID_POST},
                   {EDIT_NEURON, SITE_RESID_POST},
                   [EDIT_STEER] = {EDIT_STEER, SITE_RESID_POST}};
    Case c = case_open(a->edits);
    feed(c.s, c.tokens, N);
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; layer < (site_info(s)->per_layer ? 3 : 1); layer++)
            for (int pos = 0; pos < N; pos++)
                if (tiny_has(c.config, s) && is_before(s, layer, a))
                    ck_assert(recording_same(c.rec, plain->rec, s, layer, pos));
    const EditKind kind = session_edits(c.s)->list[0].kind;
    for (int pos = 0; pos < N; pos++) {
        ck_assert(!recording_same(c.rec, plain->rec, a->site, a->layer, pos));
        ck_assert(!recording_same(c.rec, plain->rec, streams[kind].stream,
                                  a->layer, pos));
        ck_assert(!recording_same(c.rec, plain->rec, SITE_LOGITS, 0, pos));
    }
    case_close(&c);
}

/* What is done to position `at` changes nothing before `first`, and from there
 * on the logits of every position. */
static void check_positions(const char *edits, int first) {
    Case plain = case_open(""), c = case_open(edits);
    feed(plain.s, plain.tokens, N);
    feed(c.s, c.tokens, N);
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; layer < (site_info(s)->per_layer ? 3 : 1); layer++)
            for (int pos = 0; tiny_has(c.config, s) && pos < first; pos++)
                ck_assert_msg(recording_same(c.rec, plain.rec, s, layer, pos),
                              "%s: site %d, position %d", edits, s, pos);
    for (int pos = first; pos < N; pos++)
        ck_assert_msg(!recording_same(c.rec, plain.rec, SITE_LOGITS, 0, pos),
                      "%s: logits of position %d", edits, pos);
    case_close(&plain);
    case_close(&c);
}

START_TEST(what_is_done_to_a_position_changes_none_before) {
    check_positions("token4=7", 4);
    check_positions("cut4", 5); /* it sees itself */
    if (tiny_family_now == TINY_LLAMA)
        check_positions("rope", 1); /* position 0 is turned by no angle */
}
END_TEST

/* The weight of a key that is cut is 0, those of the others sum to 1, and in
 * the first layer the scores are as they were. */
START_TEST(a_cut_key_keeps_its_score_and_has_no_weight) {
    Case plain = case_open(""), c = case_open("cut4");
    feed(plain.s, plain.tokens, N);
    feed(c.s, c.tokens, N);
    for (int layer = 0; layer < 3; layer++)
        for (int pos = 4; pos < N; pos++) {
            int len;
            const float *p =
                recording_row(c.rec, SITE_PATTERN, layer, pos, &len);
            const int n_keys = pos + 1;
            for (int h = 0; h < len / n_keys; h++) {
                double sum = 0;
                for (int key = 0; key < n_keys; key++)
                    sum += (double)p[h * n_keys + key];
                ck_assert_double_eq_tol(sum, 1, 1e-5);
                ck_assert((p[h * n_keys + 4] == 0) == (pos != 4));
            }
            ck_assert(layer > 0 || recording_same(c.rec, plain.rec,
                                                  SITE_ATTN_SCORES, 0, pos));
        }
    case_close(&plain);
    case_close(&c);
}
END_TEST

START_TEST(an_edit_changes_nothing_before_it) {
    static const Ablation some[] = {
        {"0.0", 0, SITE_Z},
        {"1.3", 1, SITE_Z},
        {"2.1*0.5", 2, SITE_Z},
        {"attn1", 1, SITE_ATTN_OUT},
        {"attn2*2", 2, SITE_ATTN_OUT},
        {"mlp0", 0, SITE_MLP_OUT},
        {"mlp2*-1", 2, SITE_MLP_OUT},
        {"n1.5", 1, SITE_MLP_POST},
        {"n2.23*0.1", 2, SITE_MLP_POST},
        {"steer1=3-9", 1, SITE_MLP_OUT},
    };
    Case plain = case_open("");
    feed(plain.s, plain.tokens, N);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        check_ablation(&plain, &some[i]);
    case_close(&plain);
}
END_TEST

/* Only the slice that the edit names is scaled, in the edit's layer. */
static void check_slice(const char *edits, Site site, int begin, int end,
                        float scale) {
    Case plain = case_open(""), cut = case_open(edits);
    feed(plain.s, plain.tokens, N);
    feed(cut.s, cut.tokens, N);
    for (int pos = 0; pos < N; pos++) {
        int len;
        const float *a = recording_row(plain.rec, site, 1, pos, &len);
        const float *b = recording_row(cut.rec, site, 1, pos, &len);
        ck_assert_int_ge(len, end);
        for (int i = 0; i < len; i++)
            ck_assert(b[i] == (i >= begin && i < end ? a[i] * scale : a[i]));
    }
    case_close(&plain);
    case_close(&cut);
}

START_TEST(an_edit_scales_its_part_alone) {
    check_slice("1.2", SITE_Z, 8, 12, 0);
    check_slice("1.0*0.5", SITE_Z, 0, 4, 0.5f);
    check_slice("n1.7", SITE_MLP_POST, 7, 8, 0);
    check_slice("n1.23*3", SITE_MLP_POST, 23, 24, 3);
    check_slice("attn1*2", SITE_ATTN_OUT, 0, 16, 2);
    check_slice("mlp1*-1", SITE_MLP_OUT, 0, 16, -1);
}
END_TEST

START_TEST(switched_off_blocks_leave_the_stream_alone) {
    Case c = case_open("attn0,attn1,attn2,mlp0,mlp1,mlp2");
    feed(c.s, c.tokens, N);
    for (int pos = 0; pos < N; pos++) {
        int len;
        const float *in = recording_row(c.rec, SITE_RESID_PRE, 0, pos, &len);
        const float *out = recording_row(c.rec, SITE_RESID_POST, 2, pos, &len);
        for (int i = 0; i < len; i++)
            ck_assert(in[i] == out[i]);
    }
    case_close(&c);
}
END_TEST

START_TEST(without_the_mask_the_upper_triangle_is_filled) {
    Case masked = case_open(""), open = case_open("mask");
    feed(masked.s, masked.tokens, N);
    feed(open.s, open.tokens, N);
    for (int pos = 0; pos < N; pos++) {
        int len;
        recording_row(masked.rec, SITE_PATTERN, 0, pos, &len);
        ck_assert_int_eq(len, 4 * (pos + 1));
        const float *p = recording_row(open.rec, SITE_PATTERN, 0, pos, &len);
        ck_assert_int_eq(len, 4 * N);
        for (int head = 0; head < 4; head++) {
            double sum = 0;
            for (int key = 0; key < N; key++) {
                ck_assert(p[head * N + key] > 0);
                sum += (double)p[head * N + key];
            }
            ck_assert_double_eq_tol(sum, 1, 1e-5);
        }
        /* The first layer's keys do not depend on who looks at them. */
        ck_assert(recording_same(masked.rec, open.rec,
                                 masked.config->arch->cached_key, 0, pos));
    }
    case_close(&masked);
    case_close(&open);
}
END_TEST

/* ---- one layer at one position ------------------------------------------- */

static void run_layer(const Case *c, Rerun *r, int layer, int pos,
                      const float *x, SiteHook hook, float *out) {
    const Edits *edits = session_edits(c->s);
    rerun_layer(r, &(RerunAsk){.taken = session_taken(c->s),
                               .layer = layer,
                               .pos = pos,
                               .n_keys = edits->no_mask ? N : pos + 1,
                               .x = x,
                               .kv = session_kv(c->s),
                               .hook = hook,
                               .out = out});
}

/* Runs every layer at every position again from what was recorded, for each
 * site alone, and expects the same bits and no other announcement. */
static void check_recompute(const char *edits_text) {
    Case c = case_open(edits_text);
    Err err = {0};
    Rerun *again_from = rerun_open(c.tiny.model, 64, 0, &err);
    ck_assert_msg(again_from != NULL, "%s", err.msg);
    feed(c.s, c.tokens, N);
    Recording *again = recording_open(c.config, N);
    float out[16];
    int len, n_runs = 0;
    for (int pos = 0; pos < N; pos++) {
        for (int layer = 0; layer < 3; layer++) {
            const float *x =
                recording_row(c.rec, SITE_RESID_PRE, layer, pos, &len);
            for (int s = SITE_RESID_PRE; s <= SITE_RESID_POST; s++)
                if (tiny_has(c.config, s) && ++n_runs)
                    run_layer(&c, again_from, layer, pos, x,
                              recording_hook(again, SITE_BIT(s)), NULL);
            run_layer(&c, again_from, layer, pos, x, (SiteHook){0}, out);
            ck_assert_mem_eq(
                out, recording_row(c.rec, SITE_RESID_POST, layer, pos, &len),
                sizeof out);
        }
        rerun_final(again_from, session_taken(c.s), pos,
                    recording_row(c.rec, SITE_RESID_POST, 2, pos, &len),
                    recording_hook(again, SITE_ALL));
        n_runs += tiny_has(c.config, SITE_LN_FINAL_MEAN) ? 5 : 4;
    }
    ck_assert_int_eq(recording_count(again), n_runs);
    for (int s = SITE_RESID_PRE; s < SITE_COUNT; s++)
        for (int layer = 0; layer < (site_info(s)->per_layer ? 3 : 1); layer++)
            for (int pos = 0; tiny_has(c.config, s) && pos < N; pos++)
                ck_assert_msg(recording_same(c.rec, again, s, layer, pos),
                              "site %d, layer %d, position %d", s, layer, pos);
    recording_close(again);
    rerun_close(again_from);
    case_close(&c);
}

START_TEST(recomputing_changes_no_bit) {
    check_recompute("");
    check_recompute("0.1,1.2*0.5,attn2*2,mlp0,n1.3,n2.20*-1");
    check_recompute("mask");
    check_recompute("raw0.1,rope2,cut3,token4=7,steer0=3-9*2");
}
END_TEST

/* Positions that attend together, of heads that share keys and of heads that do
 * not, with and without the mask; nobody watches the pattern. */
START_TEST(positions_that_attend_together_change_no_bit) {
    static const int steps[] = {2, 3, 5, 15, 16, 17, 33, N};
    for (int i = 0; i < 6; i++) {
        Case c = {0};
        TinySpec spec = tiny_spec();
        const char *const edits = i % 2 ? "mask" : "";
        spec.n_kv_heads = 4 >> i / 2;
        ck_assert(tiny_open(&c.tiny, &spec));
        for (int pos = 0; pos < N; pos++)
            c.tokens[pos] = pos * 37 % spec.vocab_size;
        Session *one = open_session(c.tiny.model, edits, (SessionOptions){0});
        const float *want = NULL;
        for (int pos = 0; pos < N; pos++)
            want = feed(one, c.tokens + pos, 1);
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            const float *logits = NULL;
            /* No longer than it must be: nothing may be written behind. */
            Session *s = open_session(c.tiny.model, edits,
                                      (SessionOptions){.seq_len = N});
            for (int pos = 0; pos < N; pos += steps[k])
                logits = feed(s, c.tokens + pos,
                              N - pos < steps[k] ? N - pos : steps[k]);
            ck_assert_mem_eq(logits, want, spec.vocab_size * sizeof *want);
            for (int pos = 0; pos < N; pos++)
                ck_assert_mem_eq(kv_value(session_kv(s), 1, pos),
                                 kv_value(session_kv(one), 1, pos),
                                 session_kv(s)->width * sizeof *want);
            session_close(s);
        }
        session_close(one);
        tiny_close(&c.tiny);
    }
}
END_TEST

START_TEST(the_cache_holds_what_was_announced) {
    Case c = case_open("");
    feed(c.s, c.tokens, N);
    const KvCache *kv = session_kv(c.s);
    ck_assert_int_eq(kv->seq_len, 64);
    ck_assert_int_eq(kv->width, c.config->n_kv_heads * c.config->head_dim);
    for (int layer = 0; layer < 3; layer++)
        for (int pos = 0; pos < N; pos++) {
            int len;
            ck_assert_mem_eq(kv_key(kv, layer, pos),
                             recording_row(c.rec, c.config->arch->cached_key,
                                           layer, pos, &len),
                             kv->width * sizeof(float));
            ck_assert_mem_eq(kv_value(kv, layer, pos),
                             recording_row(c.rec, SITE_V, layer, pos, &len),
                             kv->width * sizeof(float));
        }
    case_close(&c);
}
END_TEST

/* ---- larger than tiny ---------------------------------------------------- */

/* Wide and long enough that matrices and attention are split over threads. */
START_TEST(threads_change_no_bit) {
    TinyModel tiny;
    const TinySpec spec = {.dim = 512,
                           .hidden_dim = 700,
                           .n_layers = 1,
                           .n_heads = 8,
                           .n_kv_heads = 4,
                           .vocab_size = 290,
                           .seq_len = 1040,
                           .shared_classifier = true,
                           .seed = 3};
    static int tokens[1040];
    ck_assert(tiny_open(&tiny, &spec));
    const size_t row = spec.vocab_size * sizeof(float);
    float *want = malloc(row);
    ck_assert_ptr_nonnull(want);
    for (int i = 0; i < spec.seq_len; i++)
        tokens[i] = i * 7 % spec.vocab_size;
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        Session *s = open_session(tiny.model, "",
                                  (SessionOptions){.n_threads = n_threads});
        feed(s, tokens, spec.seq_len - 1);
        const float *logits = feed(s, tokens + spec.seq_len - 1, 1);
        if (n_threads == 1) memcpy(want, logits, row);
        ck_assert_mem_eq(logits, want, row);
        session_close(s);
    }
    free(want);
    tiny_close(&tiny);
}
END_TEST

TEST_MAIN_EVERY_FAMILY(
    "session", splits_change_no_bit, rewinding_and_feeding_again_changes_no_bit,
    a_hook_changes_nothing_and_sees_only_its_sites,
    the_embedding_is_the_first_residual, sites_are_announced_in_order,
    rows_are_computed_where_a_store_keeps_them, a_refused_feed_changes_nothing,
    a_feed_stops_between_layers_and_goes_on_as_if_it_had_not,
    a_feed_that_ends_early_is_the_same_as_far_as_it_goes,
    the_context_is_clamped, the_context_is_what_fits_into_memory,
    the_mask_stays_on_past_its_limit, edits_rewind_only_when_they_differ,
    what_is_done_to_a_position_changes_none_before,
    a_cut_key_keeps_its_score_and_has_no_weight,
    an_edit_changes_nothing_before_it, an_edit_scales_its_part_alone,
    switched_off_blocks_leave_the_stream_alone,
    without_the_mask_the_upper_triangle_is_filled, recomputing_changes_no_bit,
    the_cache_holds_what_was_announced,
    positions_that_attend_together_change_no_bit, threads_change_no_bit)
