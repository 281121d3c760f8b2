/* Generate: a prompt goes on, one token a call.
 *
 *     Generate g = {0};
 *     if (generate_init(&g, session, tokenizer, &err) &&
 *         generate_begin(&g, &prompt, &opt, &err))
 *         while (generate_next(&g, &err))
 *             fwrite(g.text, 1, g.n_text, stdout);   // the prompt's come first
 *     bool ok = g.stop != GENERATE_FAILED;
 *     generate_free(&g);
 *
 * A token stands at a position, the first of the prompt at 0.  A token is run
 * (fed to the session) before the next one is drawn, so the last one is not.
 *
 * Does NOT allocate after generate_init, and keeps nothing of what it gave.
 */
#ifndef ENGINE_RUN_GENERATE_H
#define ENGINE_RUN_GENERATE_H

#include "engine/run/session.h"
#include "engine/spec/sampler.h"
#include "engine/tokenizer/tokenizer.h"

typedef struct GenerateOptions {
    SamplerParams sampler;
    uint64_t seed; /* position p is drawn with sampler_coin(seed, p) */
    int length;    /* tokens to run; the last token given stands there.  0: as
                      many as the session holds; more are clamped to that */
} GenerateOptions;

/* Why generate_next gave no token. */
typedef enum GenerateStop {
    GENERATE_GOES_ON,
    GENERATE_END,    /* a token that ends the text was drawn: g->id */
    GENERATE_FULL,   /* the last token stood at `length` */
    GENERATE_FAILED, /* as session_feed and session_check_finite */
} GenerateStop;

typedef struct Generate {
    /* The newest token, and what it adds to the text (not NUL-terminated).
     * The tail of a cut character is in the decoder: tokenizer_decode_end. */
    int id, pos, n_text;
    char text[TOKENIZER_PIECE_MAX + 8];
    Decoder decoder;
    GenerateStop stop;
    /* Private. */
    Session *session;
    const Tokenizer *tokenizer;
    Candidate *candidates; /* [V] */
    float *among;          /* [V], NULL where all ids may be drawn */
    const Encoding *prompt;
    GenerateOptions opt;
    const float *logits; /* after the last token run */
} Generate;

/* Refuses a model that does not predict the next token, by what it does. */
bool generate_check(const Model *m, Err *err);

/* session and tokenizer are borrowed until generate_free.  tokenizer NULL:
 * there is no text, and no token ends it.  False when out of memory, or by
 * generate_check; generate_free is right then, too. */
bool generate_init(Generate *g, Session *s, const Tokenizer *t, Err *err);
void generate_free(Generate *g); /* zeroed is fine */

/* Starts anew: rewinds the session and runs the prompt (borrowed; n > 0), as
 * far as `length`.  False when the options are out of their range
 * (sampler_check) or as session_feed and session_check_finite. */
bool generate_begin(Generate *g, const Encoding *prompt,
                    const GenerateOptions *opt, Err *err);

/* The next token: of the prompt, then drawn ones.  False when there is none,
 * and g->stop says why; err is only set when it failed. */
bool generate_next(Generate *g, Err *err);

/* The token for position pos, drawn from logits [V]; generate_next's way, for
 * those who keep their own sequence.  candidates: scratch [V]; among: another,
 * not needed where no id is left out. */
int generate_draw(const GenerateOptions *opt, const float *logits,
                  SamplerIds ids, int pos, Candidate *candidates, float *among);

#endif
