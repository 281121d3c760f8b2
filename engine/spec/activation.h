/* Activation: what bends the numbers between an MLP's matrices.
 *
 * Each is x times the share of it that comes through, 0 to 1.
 * Source: Hendrycks & Gimpel 2016 (GELU, SiLU), arXiv:1606.08415.
 *
 * Does NOT compute rows: kern_activate does.
 */
#ifndef ENGINE_SPEC_ACTIVATION_H
#define ENGINE_SPEC_ACTIVATION_H

typedef enum Activation {
    ACTIVATION_SILU,
    ACTIVATION_GELU_TANH, /* by tanh, as GPT-2 has it */
    ACTIVATION_GELU,      /* by erf */
    ACTIVATION_RELU
} Activation;

/* "SiLU", "GELU (tanh)", "GELU (erf)", "ReLU". */
const char *activation_name(Activation a);

/* The share of x that comes through, in double. */
double activation_share(Activation a, double x);

#endif
