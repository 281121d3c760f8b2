/* Frequencies and angles, and the two ways in which models stretch them. */
#include "engine/spec/rope.h"

#include <math.h>

double rope_freq(const Config *c, int pair) {
    double freq = pow(c->rope_theta, -(double)(2 * pair) / c->head_dim);
    return c->rope_scaled ? freq / c->rope_divisors[pair] : freq;
}

void rope_turns(float *turns, const Config *c, int pos) {
    for (int i = 0; i < c->head_dim; i += 2) {
        double angle = pos * rope_freq(c, i / 2);
        turns[i] = (float)cos(angle);
        turns[i + 1] = (float)sin(angle);
    }
}

void rope_scale_linear(Config *c, float factor) {
    for (int i = 0; i < c->head_dim / 2; i++)
        c->rope_divisors[i] = factor;
    c->rope_scaled = true;
}

void rope_scale_llama3(Config *c, const RopeLlama3 *s) {
    for (int i = 0; i < c->head_dim / 2; i++) {
        double wave_len = 2 * 3.14159265358979323846 / rope_freq(c, i);
        double blend = (s->seq_len / wave_len - (double)s->low) /
                       ((double)s->high - (double)s->low);
        blend = blend < 0 ? 0 : blend > 1 ? 1 : blend;
        c->rope_divisors[i] =
            (float)(1 / ((1 - blend) / (double)s->factor + blend));
    }
    c->rope_scaled = true;
}
