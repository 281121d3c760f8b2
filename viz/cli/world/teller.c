/* What a model says is held against the grammar, or against the true answer. */
#include "viz/cli/world/teller.h"

#include "engine/base/escape.h"
#include "engine/run/generate.h"

#include <stdlib.h>
#include <string.h>

/* What stands before an answer (assets/world/questions.txt). */
#define ANSWER "Answer:"

struct Teller {
    const Tokenizer *tokenizer;
    const World *world;
    Session *session;
    Generate generate;
    Encoding prompt;
    char text[WORLD_TEXT_MAX]; /* what was told last */
    size_t n;
};

Teller *teller_open(const Model *m, const Tokenizer *t, const World *w,
                    Err *err) {
    Teller *r = calloc(1, sizeof *r);
    if (!r) {
        err_memory(err, "teller", sizeof *r);
        return NULL;
    }
    r->tokenizer = t;
    r->world = w;
    r->session = session_open(m, &(SessionOptions){0}, err);
    if (r->session && generate_init(&r->generate, r->session, t, err)) return r;
    teller_close(r);
    return NULL;
}

void teller_close(Teller *t) {
    if (!t) return;
    generate_free(&t->generate);
    session_close(t->session);
    encoding_free(&t->prompt);
    free(t);
}

/* Takes what the model says after `prompt`, up to the end of its text or of
 * the room there is; a text that has an end then ends in '\n'. */
static bool tell(Teller *t, const char *prompt, size_t n,
                 const SamplerParams *params, uint64_t seed, Err *err) {
    Generate *g = &t->generate;
    const GenerateOptions opt = {.sampler = *params, .seed = seed};
    t->n = 0;
    if (!tokenizer_encode(t->tokenizer, prompt, n, TOKENIZER_BOS, &t->prompt,
                          err) ||
        !generate_begin(g, &t->prompt, &opt, err))
        return false;
    while (generate_next(g, err)) {
        if (g->pos < t->prompt.n) continue;
        if ((size_t)g->n_text >= sizeof t->text - t->n) return true;
        memcpy(t->text + t->n, g->text, (size_t)g->n_text);
        t->n += (size_t)g->n_text;
    }
    if (g->stop == GENERATE_END) t->text[t->n++] = '\n';
    return g->stop != GENERATE_FAILED;
}

bool teller_stories(Teller *t, int n, float temperature, uint64_t seed,
                    Err *err) {
    const SamplerParams params = {.temperature = temperature};
    int n_right = 0;
    for (int i = 0; i < n; i++) {
        WorldScore score;
        if (!tell(t, "", 0, &params, seed + (uint64_t)i, err) ||
            !world_score(t->world, WORLD_STORY, t->text, t->n, NULL, &score,
                         err))
            return false;
        n_right += score.accepted;
    }
    escape_line(stdout,
                "told: %d of %d stories are the world's, %.1f %%, at "
                "temperature %g",
                n_right, n, 100.0 * n_right / n, (double)temperature);
    return true;
}

bool teller_questions(Teller *t, int n, uint64_t seed, Err *err) {
    const SamplerParams params = {.temperature = 0};
    WorldStream stream =
        world_stream(t->world, WORLD_QUIZ, WORLD_HELD_OUT, seed);
    WorldStory story;
    int n_right = 0;
    for (int i = 0; i < n; i++) {
        if (!world_draw(&stream, &story, err)) return false;
        const char *at = strstr(story.text + story.story_n, ANSWER);
        if (!at)
            return err_set(err, ERR_FORMAT, 0,
                           "world: question: found no \"%s\" in \"%.60s\"",
                           ANSWER, story.text + story.story_n);
        const char *answer = at + strlen(ANSWER);
        if (!tell(t, story.text, (size_t)(answer - story.text), &params, 0,
                  err))
            return false;
        n_right += t->n == strlen(answer) && memcmp(t->text, answer, t->n) == 0;
    }
    escape_line(stdout, "answered: %d of %d questions right, %.1f %%", n_right,
                n, 100.0 * n_right / n);
    return true;
}
