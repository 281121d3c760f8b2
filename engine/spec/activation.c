/* Activations by their definitions. */
#include "engine/spec/activation.h"

#include <math.h>

#define SQRT_2_OVER_PI 0.79788456080286536
#define SQRT_HALF      0.70710678118654752

const char *activation_name(Activation a) {
    static const char *const names[] = {[ACTIVATION_SILU] = "SiLU",
                                        [ACTIVATION_GELU_TANH] = "GELU (tanh)",
                                        [ACTIVATION_GELU] = "GELU (erf)",
                                        [ACTIVATION_RELU] = "ReLU"};
    return names[a];
}

double activation_share(Activation a, double x) {
    switch (a) {
    case ACTIVATION_SILU:
        return 1 / (1 + exp(-x));
    case ACTIVATION_GELU_TANH:
        return (1 + tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))) / 2;
    case ACTIVATION_GELU:
        return erfc(-x * SQRT_HALF) / 2;
    case ACTIVATION_RELU:
        return x > 0;
    }
    return 0;
}
