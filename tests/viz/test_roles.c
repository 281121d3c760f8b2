/* Roles over the world's stories: the same however often the reading is
 * stopped, and what a study is told of them. */
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

TEST_MAIN("roles", stopped_readings_come_to_the_same,
          the_first_layers_alone_come_to_the_same,
          a_study_is_told_of_all_stories)
