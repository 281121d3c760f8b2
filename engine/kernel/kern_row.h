/* Inside kern: what concerns rows of weights as blocks, for kern.c. */
#ifndef ENGINE_KERNEL_KERN_ROW_H
#define ENGINE_KERNEL_KERN_ROW_H

#include "engine/kernel/kern.h"

/* Whether a table's matmul_quant takes w.  All quantised types but groups of
 * llama2.c that do not split into sixteens; such are multiplied as floats. */
bool kern_is_chunked(const Tensor *w);

/* As matmul_quant, for those others: chunk by chunk of a row as floats.  Slow;
 * such files can be made but nobody makes them. */
void kern_matmul_odd(const Kern *k, float *y, int ldy, const float *x,
                     int n_tok, const Tensor *w, int first, int n_rows);

/* Chunks of a row of n_cols, the last of which may not be whole. */
int kern_n_chunks(int n_cols);

#endif
