/* The table of forms, and numbers put into them. */
#include "engine/spec/edit_terms.h"

#include <stdio.h>

static const EditTerm terms[] = {
    {"L.H", "this head adds nothing"},
    {"L.H*0.5", "this head adds half"},
    {"attnL", "the attention of this layer adds nothing"},
    {"mlpL", "the MLP of this layer adds nothing"},
    {"nL.N", "this neuron is 0"},
    {"rawL.H", "this head does not divide its scores by √K"},
    {"rope", "RoPE off in every layer"},
    {"ropeL", "RoPE off in this layer"},
    {"cutP", "no token but itself looks at this position"},
    {"cutL.H=P", "this head does not look at this position"},
    {"mask", "every token looks at every other"},
    {"tokenP=T", "this position reads the embedding of another token"},
    {"steerL=T*4", "the embedding of a token, times 4, is added in this layer"},
    {"steerL@P*4", "how far the other run is from this one is added, times 4"},
    {"patchL.H@P", "this head's output here is the other run's"},
    {"patchL.resid_post@P", "the stream after this layer is the other run's"},
    {"patchL.resid_mid@P", "the stream after its attention is the other run's"},
    {"patchL.attn_out@P", "what its attention adds is the other run's"},
    {"patchL.mlp_out@P", "what its MLP adds is the other run's"},
    {"patch0.resid_pre@P", "the embedding here is the other run's"},
    {"freeze", "every norm divides by the other run's RMS"},
    {"freezeL.ln1", "the norm before its attention has the other run's RMS"},
    {"freezeL.ln2", "the norm before its MLP has the other run's RMS"},
    {"freeze.final", "the final norm has the other run's RMS"},
};

const EditTerm *edit_term(int i) {
    const int n = (int)(sizeof terms / sizeof *terms);
    return i >= 0 && i < n ? &terms[i] : NULL;
}

/* -1: the letter stands for itself. */
static int number_of(char letter, const EditPlace *p) {
    switch (letter) {
    case 'L':
        return p->layer;
    case 'H':
        return p->head;
    case 'N':
        return p->neuron;
    case 'P':
        return p->pos;
    case 'T':
        return p->token;
    default:
        return -1;
    }
}

void edit_term_fill(const EditTerm *t, const EditPlace *p,
                    char out[EDIT_TERM_MAX]) {
    size_t n = 0;
    out[0] = '\0';
    for (const char *c = t->form; *c && n + 1 < EDIT_TERM_MAX; c++) {
        const int number = number_of(*c, p);
        n += (size_t)(number < 0
                          ? snprintf(out + n, EDIT_TERM_MAX - n, "%c", *c)
                          : snprintf(out + n, EDIT_TERM_MAX - n, "%d", number));
    }
}
