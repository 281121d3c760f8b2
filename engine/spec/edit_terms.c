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
    {"steerL@P*4", "how far the runs are apart there is added from there on"},
    {"freeze", "every norm divides as in the run compared with"},
    {"freezeL.ln1", "so does the norm before this attention"},
    {"freezeL.ln2", "so does the norm before this MLP"},
    {"freeze.final", "so does the last norm"},
    {"patchL.H@P", "this head there is that of the run compared with"},
    {"patchL.resid_post@P", "this layer's stream there is that run's"},
    {"patchL.attn_out@P", "this layer's attention there is that run's"},
    {"patchL.mlp_out@P", "this layer's MLP there is that run's"},
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
