/* Roles over the world's stories: the same however often the reading is
 * stopped, and what a study is told of them. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/roles.h"
#include "viz/app/source.h"
#include "viz/app/source_world.h"

#include <math.h>
#include <string.h>

typedef struct Rig {
    Source source;
    World *world;
} Rig;

static void open_rig(Rig *r) {
    Err err = {0};
    *r = (Rig){.source = {.path = NULL}};
    ck_assert_msg(source_open(&r->source, &err), "%s", err.msg);
    r->world = source_world(NULL, &err);
    ck_assert_msg(r->world != NULL, "%s", err.msg);
}

static void close_rig(Rig *r) {
    world_close(r->world);
    tokenizer_close(r->source.tokenizer);
    model_close(r->source.model);
}

/* Says no every `every`-th time; a story asks once a layer. */
typedef struct Stopper {
    int n, every;
} Stopper;

static bool go_on(void *ud) {
    Stopper *s = ud;
    return ++s->n % s->every != 0;
}

static Roles *read_layers(const Rig *rig, RolesOn on, int n_layers, int n,
                          int every, int *stops) {
    Err err = {0};
    Stopper stopper = {.every = every};
    const RolesOptions o = {.model = rig->source.model,
                            .tokenizer = rig->source.tokenizer,
                            .world = rig->world,
                            .on = on,
                            .n = n,
                            .n_layers = n_layers,
                            .n_threads = 1};
    Roles *r = roles_open(&o, &err);
    ck_assert_msg(r != NULL, "%s", err.msg);
    *stops = 0;
    while (!roles_read(r, (SessionWatch){go_on, &stopper}, &err)) {
        ck_assert_int_eq(err.code, ERR_CANCELLED);
        err = (Err){0};
        /* A story that is stopped each time would never be read. */
        ck_assert_int_lt(++*stops, 1000);
    }
    return r;
}

static Roles *read_all(const Rig *rig, RolesOn on, int n, int every,
                       int *stops) {
    return read_layers(rig, on, 0, n, every, stops);
}

START_TEST(stopped_readings_come_to_the_same) {
    Rig rig;
    open_rig(&rig);
    const Config *c = model_config(rig.source.model);
    static const RolesOn ons[] = {ROLES_ON_STORIES, ROLES_ON_NAMES};
    for (int k = 0; k < 2; k++) {
        int none, stops;
        Roles *a = read_all(&rig, ons[k], 12, 1 << 30, &none);
        Roles *b = read_all(&rig, ons[k], 12, 23, &stops);
        ck_assert_int_eq(none, 0);
        ck_assert_int_gt(stops, 2);
        for (int i = 0; i < c->n_layers * c->n_heads; i++) {
            const int layer = i / c->n_heads, head = i % c->n_heads;
            for (HeadRole r = 0; r < HEAD_ROLES; r++) {
                const float x = roles_score(a, layer, head, r);
                const float y = roles_score(b, layer, head, r);
                ck_assert_msg(memcmp(&x, &y, sizeof x) == 0, "%g, %g",
                              (double)x, (double)y);
            }
        }
        roles_close(a);
        roles_close(b);
    }
    close_rig(&rig);
}
END_TEST

START_TEST(the_first_layers_alone_come_to_the_same) {
    Rig rig;
    open_rig(&rig);
    const Config *c = model_config(rig.source.model);
    int stops;
    Roles *all = read_all(&rig, ROLES_ON_ALL, 3, 1 << 30, &stops);
    for (int n_layers = 1; n_layers <= c->n_layers; n_layers++) {
        Roles *some =
            read_layers(&rig, ROLES_ON_ALL, n_layers, 3, 1 << 30, &stops);
        for (int i = 0; i < n_layers * c->n_heads; i++)
            for (HeadRole r = 0; r < HEAD_ROLES; r++) {
                const int layer = i / c->n_heads, head = i % c->n_heads;
                const float x = roles_score(all, layer, head, r);
                const float y = roles_score(some, layer, head, r);
                ck_assert_msg(memcmp(&x, &y, sizeof x) == 0, "%g, %g",
                              (double)x, (double)y);
            }
        if (n_layers < c->n_layers)
            ck_assert(
                isnan(roles_score(some, n_layers, 0, HEAD_ROLE_PREVIOUS)));
        roles_close(some);
    }
    roles_close(all);
    close_rig(&rig);
}
END_TEST

/* Of the embedded model: names are looked up in its last layer. */
START_TEST(a_study_is_told_of_all_stories) {
    Rig rig;
    open_rig(&rig);
    const Config *c = model_config(rig.source.model);
    Stopper never = {.every = 1 << 30}, soon = {.every = 50};
    RolesKept kept = {0};
    Err err = {0};
    ck_assert_ptr_null(roles_keep(&kept, rig.world, rig.source.tokenizer,
                                  rig.source.model,
                                  (SessionWatch){go_on, &soon}, &err));
    ck_assert_int_eq(err.code, ERR_CANCELLED);
    const StudyRoles *r =
        roles_keep(&kept, rig.world, rig.source.tokenizer, rig.source.model,
                   (SessionWatch){go_on, &never}, &err);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->n_texts, HEAD_TABLE_STORIES);
    const int last = (c->n_layers - 1) * c->n_heads;
    float most = 0;
    for (int h = 0; h < c->n_heads; h++)
        most = fmaxf(most, head_scores_mean(&r->list[last + h], HEAD_RECALL));
    ck_assert_float_gt(most, .8f);
    /* Kept: nothing is asked again. */
    never.n = 0;
    ck_assert_ptr_eq(r, roles_keep(&kept, rig.world, rig.source.tokenizer,
                                   rig.source.model,
                                   (SessionWatch){go_on, &never}, &err));
    ck_assert_int_eq(never.n, 0);
    roles_forget(&kept);
    close_rig(&rig);
}
END_TEST

/* The mean of a head's weight on those of a token's keys that are the role's,
 * from the rows of the pattern, told one by one. */
static double told(const Trace *t, int head, HeadRole r) {
    const int n = trace_n_pos(t);
    double sum = 0;
    int n_counted = 0;
    for (int i = 0; i < n; i++) {
        const float *row = trace_row(t, SITE_PATTERN, 1, i) + head * n;
        double weight = 0;
        bool counts = false;
        for (int j = 0; j < n; j++) {
            const bool is_role =
                r == HEAD_ROLE_PREVIOUS ? j == i - 1
                : r == HEAD_ROLE_NEXT   ? j == i + 1
                : r == HEAD_ROLE_FIRST  ? j == 0 && i > 0
                : r == HEAD_ROLE_LAST
                    ? j == n - 1 && i > 0 && i < n - 1
                    : j != i && i > 0 && j > 0 &&
                          trace_token(t, j) == trace_token(t, i);
            if (is_role) weight += (double)row[j];
            counts |= is_role;
        }
        sum += weight;
        n_counted += counts;
    }
    return n_counted ? sum / n_counted : (double)NAN;
}

/* Where each token sees all others: before, behind, at both ends. */
START_TEST(heads_of_a_bert_are_measured_both_ways) {
    static const char text[] = "zoe went unaffable, zoe went";
    static const HeadRole of[] = {HEAD_ROLE_PREVIOUS, HEAD_ROLE_NEXT,
                                  HEAD_ROLE_FIRST, HEAD_ROLE_LAST,
                                  HEAD_ROLE_SAME};
    AppRig r;
    Err err = {0};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    app_rig_write_bert(path, dir, true);
    app_rig_open(
        &r, (AppOptions){.no_deck = true, .model_path = path, .prompt = text});
    app_rig_frame(&r);
    const Trace *t = app_trace(r.app);
    HeadTable *h =
        head_table_open(app_model(r.app), app_tokenizer(r.app), 1, &err);
    ck_assert_msg(h != NULL, "%s", err.msg);
    ck_assert(head_table_text(h, text, sizeof text - 1, NULL, &err));
    ck_assert(head_table_repeats(h, 1, 2, &err));
    for (int head = 0; head < trace_config(t)->n_heads; head++) {
        for (size_t i = 0; i < sizeof of / sizeof *of; i++)
            ck_assert_double_eq_tol((double)head_table_score(h, 1, head, of[i]),
                                    told(t, head, of[i]), 1e-6);
        ck_assert(isnan(head_table_score(h, 1, head, HEAD_ROLE_INDUCTION)));
        ck_assert(isnan(head_table_score(h, 1, head, HEAD_ROLE_RECALL)));
    }
    head_table_close(h);
    app_rig_close(&r);
    folder_remove(path);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("roles", stopped_readings_come_to_the_same,
          the_first_layers_alone_come_to_the_same,
          a_study_is_told_of_all_stories,
          heads_of_a_bert_are_measured_both_ways)
