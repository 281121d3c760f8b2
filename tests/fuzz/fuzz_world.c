/* Grammars of worlds: every text that one tells is one of its texts. */
#include "engine/world/world.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

#define NAME    "f.txt"
#define STORIES 2

static void refused(const Err *err) {
    FUZZ_TRUE(err->code != ERR_NONE && err->msg[0]);
    FUZZ_TRUE(!strchr(err->msg, '\n'));
}

static void check_story(const World *w, const WorldStory *story) {
    WorldScore score;
    Err err = {0};
    FUZZ_TRUE(story->n >= 1 && story->n <= WORLD_TEXT_MAX);
    FUZZ_TRUE(strlen(story->text) == story->n);
    FUZZ_TRUE(strchr(story->text, '\n') == story->text + story->n - 1);
    FUZZ_TRUE(story->log2_prob <= 0 && isfinite(story->log2_prob));
    FUZZ_TRUE(story->entropy >= 0 && isfinite(story->entropy));
    if (!world_score(w, WORLD_STORY, story->text, story->n, NULL, &score,
                     &err)) {
        refused(&err); /* too many derivations */
        return;
    }
    FUZZ_TRUE(score.accepted);
    FUZZ_TRUE(score.log2_prob >= story->log2_prob - 1e-6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const WorldSource source = {NAME, (const char *)data, size};
    static WorldStory story; /* large */
    Err err = {0};
    World *w = world_open(&source, 1, &err);
    if (!w) {
        refused(&err);
        return 0;
    }
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 42);
    for (int i = 0; i < STORIES && world_draw(&s, &story, &err); i++)
        check_story(w, &story);
    if (err.code != ERR_NONE) refused(&err);
    world_close(w);
    return 0;
}
