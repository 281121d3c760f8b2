/* Feeding and drawing by turns. */
#include "engine/run/generate.h"

#include "engine/spec/arch.h"

#include <assert.h>
#include <stdlib.h>

static int vocab_size(const Generate *g) {
    return model_config(session_model(g->session))->vocab_size;
}

bool generate_check(const Model *m, Err *err) {
    const Arch *a = model_config(m)->arch;
    if (a->causal) return true;
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: a model of %s %s, it writes no next token",
                   model_path(m), a->title,
                   arch_predicts(a) ? "predicts masked words in their place"
                                    : "predicts nothing");
}

bool generate_init(Generate *g, Session *s, const Tokenizer *t, Err *err) {
    *g = (Generate){.session = s, .tokenizer = t};
    if (!generate_check(session_model(s), err)) return false;
    const size_t n = (size_t)vocab_size(g), size = n * sizeof *g->candidates;
    g->candidates = malloc(size);
    if (!g->candidates) return err_memory(err, "candidates", size);
    if (!t || tokenizer_drawn(t).n_without == 0) return true;
    g->among = malloc(n * sizeof *g->among);
    return g->among || err_memory(err, "logits", n * sizeof *g->among);
}

void generate_free(Generate *g) {
    free(g->candidates);
    free(g->among);
    *g = (Generate){0};
}

/* Runs the first n tokens of the prompt. */
static bool feed_prompt(Generate *g, int n, Err *err) {
    int ids[SESSION_BATCH];
    for (int at = 0; at < n;) {
        int n_ids = 0;
        while (n_ids < SESSION_BATCH && at < n)
            ids[n_ids++] = g->prompt->tokens[at++].id;
        g->logits = session_feed(g->session, ids, n_ids, err);
        if (!g->logits) return false;
    }
    return session_check_finite(g->session, err);
}

bool generate_begin(Generate *g, const Encoding *prompt,
                    const GenerateOptions *opt, Err *err) {
    assert(prompt->n > 0);
    if (!sampler_check(&opt->sampler, err)) return false;
    const int most = session_seq_len(g->session);
    g->prompt = prompt;
    g->opt = *opt;
    if (opt->length == 0 || opt->length > most) g->opt.length = most;
    g->stop = GENERATE_GOES_ON;
    g->pos = -1;
    g->decoder = (Decoder){0};
    session_rewind(g->session, 0);
    return feed_prompt(g, prompt->n < g->opt.length ? prompt->n : g->opt.length,
                       err);
}

int generate_draw(const GenerateOptions *opt, const float *logits,
                  SamplerIds ids, int pos, Candidate *candidates,
                  float *among) {
    return sampler_draw(&opt->sampler, sampler_among(&ids, logits, among),
                        ids.n, sampler_coin(opt->seed, pos), candidates);
}

static bool stop(Generate *g, GenerateStop why) {
    g->stop = why;
    return false;
}

/* Draws the token after the one at hand, which is run first if it was drawn
 * itself. */
static bool draw_next(Generate *g, Err *err) {
    if (session_pos(g->session) == g->pos) {
        g->logits = session_feed(g->session, &g->id, 1, err);
        if (!g->logits || !session_check_finite(g->session, err))
            return stop(g, GENERATE_FAILED);
    }
    const SamplerIds ids = g->tokenizer ? tokenizer_drawn(g->tokenizer)
                                        : (SamplerIds){.n = vocab_size(g)};
    g->id = generate_draw(&g->opt, g->logits, ids, ++g->pos, g->candidates,
                          g->among);
    return true;
}

bool generate_next(Generate *g, Err *err) {
    if (g->stop != GENERATE_GOES_ON) return false;
    if (g->pos == g->opt.length) return stop(g, GENERATE_FULL);
    if (g->pos + 1 < g->prompt->n)
        g->id = g->prompt->tokens[++g->pos].id;
    else if (!draw_next(g, err))
        return false;
    else if (g->tokenizer && tokenizer_is_end(g->tokenizer, g->id))
        return stop(g, GENERATE_END);
    if (g->tokenizer)
        g->n_text = tokenizer_decode(g->tokenizer, &g->decoder, g->id, g->text);
    return true;
}
