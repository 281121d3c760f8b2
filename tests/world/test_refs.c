/* References: found where they are, and wrong when they are changed. */
#include "tests/support/test.h"
#include "tests/support/worlds.h"

#include <string.h>

static WorldRefs refs_of(const World *w, const char *text, size_t n) {
    WorldRefs refs;
    Err err = {0};
    ck_assert_msg(world_references(w, WORLD_STORY, text, n, &refs, &err), "%s",
                  err.msg);
    return refs;
}

START_TEST(known_references) {
    static const char text[] = "Bob had a cup. He lost his cup.\n";
    static const struct {
        size_t start, end, source;
        const char *table, *column, *rival;
    } known[] = {
        {15, 17, 0, "person", "she", "She"},
        {23, 26, 15, "person", "her", "her"},
        {27, 30, 8, "thing", "name", "cap"},
    };
    World *w = worlds_open(worlds_small);
    const WorldRefs refs = refs_of(w, text, strlen(text));
    ck_assert_int_eq(refs.n, 3);
    for (int i = 0; i < refs.n; i++) {
        const WorldRef *ref = &refs.list[i];
        ck_assert_uint_eq(ref->start, known[i].start);
        ck_assert_uint_eq(ref->end, known[i].end);
        ck_assert_uint_eq(ref->source, known[i].source);
        ck_assert_str_eq(ref->table, known[i].table);
        ck_assert_str_eq(ref->column, known[i].column);
        ck_assert_str_eq(world_rival(w, ref, 0), known[i].rival);
    }
    ck_assert_str_eq(world_rival(w, &refs.list[2], 1), "hat");
    ck_assert_ptr_null(world_rival(w, &refs.list[2], 2));
    ck_assert_ptr_null(world_rival(w, &refs.list[0], 1));
    world_close(w);
}
END_TEST

/* Where two persons could stand, none is a reference. */
START_TEST(a_free_choice_is_no_reference) {
    World *w = worlds_open("table person: name\n Ann\n Bob\n Cid\n"
                           "rule story\n - {new person a} {new person b} <r>\n"
                           "rule r\n - {a} {b}\n - {b} {a}\n"
                           "rule question\n - y\n");
    const WorldRefs refs = refs_of(w, "Ann Bob Bob Ann\n", 16);
    ck_assert_int_eq(refs.n, 1);
    ck_assert_uint_eq(refs.list[0].start, 12);
    ck_assert_uint_eq(refs.list[0].source, 0);
    world_close(w);
}
END_TEST

/* Told for the first time, or free: all of them. */
START_TEST(known_places) {
    static const char text[] = "Bob had a cup. He lost his cup.\n";
    static const size_t known[][3] = {
        {0, 3, 0}, {8, 13, 8}, {15, 17, 0}, {23, 26, 15}, {27, 30, 8}};
    static WorldRefs places;
    World *w = worlds_open(worlds_small);
    ck_assert(world_places(w, WORLD_STORY, text, strlen(text), &places, NULL));
    ck_assert_int_eq(places.n, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(places.list[i].start, known[i][0]);
        ck_assert_uint_eq(places.list[i].end, known[i][1]);
        ck_assert_uint_eq(places.list[i].source, known[i][2]);
    }
    world_close(w);
}
END_TEST

START_TEST(other_texts_are_refused) {
    World *w = worlds_open(worlds_small);
    WorldRefs refs;
    Err err = {0};
    ck_assert(
        !world_references(w, WORLD_STORY, "Bob had a cat", 13, &refs, &err));
    ck_assert_int_eq(err.code, ERR_FORMAT);
    ck_assert_uint_eq(err.pos, 12);
    err_clear(&err);
    ck_assert(!world_references(w, WORLD_STORY, "Bob had", 7, &refs, &err));
    world_close(w);
}
END_TEST

/* Puts a rival in a reference's place: the story fails there. */
static void assert_refused(const World *w, const WorldStory *x,
                           const WorldRef *ref, const char *rival) {
    char text[2 * WORLD_TEXT_MAX];
    const size_t n = strlen(rival);
    WorldScore score;
    memcpy(text, x->text, ref->start);
    memcpy(text + ref->start, rival, n);
    memcpy(text + ref->start + n, x->text + ref->end, x->n - ref->end);
    ck_assert(world_score(w, WORLD_STORY, text,
                          x->n + n - (ref->end - ref->start), NULL, &score,
                          NULL));
    ck_assert_msg(!score.accepted && score.fail_at >= ref->start &&
                      score.fail_at <= ref->start + n,
                  "%s for %s.%s at %zu, failed at %zu: %s", rival, ref->table,
                  ref->column, ref->start, score.fail_at, x->text);
}

START_TEST(rivals_are_refused) {
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 81);
    int n_refs = 0, n_names = 0, n_pronouns = 0;
    for (int i = 0; i < 100; i++) {
        WorldStory x;
        ck_assert(world_draw(&s, &x, NULL));
        const WorldRefs refs = refs_of(w, x.text, x.n);
        for (int k = 0; k < refs.n; k++) {
            const WorldRef *ref = &refs.list[k];
            const char *rival;
            ck_assert_uint_lt(ref->source, ref->start);
            for (int r = 0; (rival = world_rival(w, ref, r)); r++)
                assert_refused(w, &x, ref, rival);
            const bool is_person = strcmp(ref->table, "person") == 0;
            n_names += is_person && strcmp(ref->column, "name") == 0;
            n_pronouns += is_person && strcmp(ref->column, "name") != 0;
        }
        n_refs += refs.n;
    }
    ck_assert_int_gt(n_refs, 1000);
    ck_assert_int_gt(n_names, 200);
    ck_assert_int_gt(n_pronouns, 100);
    world_close(w);
}
END_TEST

TEST_MAIN("refs", known_references, known_places, a_free_choice_is_no_reference,
          other_texts_are_refused, rivals_are_refused)
