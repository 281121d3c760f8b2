/* What kernels do with vectors, whatever their width: for files that have
 * defined KERN_LANES, Vec, vec_load_part, vec_store_part and vec_fma as
 * kern_body.h says.  Inlined everywhere, so that each file gets it in its own
 * instruction set.
 */
#ifndef ENGINE_KERNEL_KERN_BODY_VEC_H
#define ENGINE_KERNEL_KERN_BODY_VEC_H

#ifdef KERN_LANES

#include <stdint.h>
#include <string.h>

typedef int VecInt __attribute__((vector_size(sizeof(Vec))));

#define KERN_INLINE static inline __attribute__((always_inline))

/* Narrow vectors are not unrolled: there it is the time to compile that
 * counts. */
#if KERN_LANES > 4
#define KERN_UNROLL _Pragma("GCC unroll 16")
#else
#define KERN_UNROLL
#endif

KERN_INLINE Vec vec_load(const float *p) {
    Vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

KERN_INLINE void vec_store(float *p, Vec v) {
    memcpy(p, &v, sizeof v);
}

KERN_INLINE Vec vec_set(float f) {
    return f - (Vec){0};
}

KERN_INLINE Vec vec_max(Vec a, Vec b) {
    VecInt above = a > b;
    return (Vec)(((VecInt)a & above) | ((VecInt)b & ~above));
}

KERN_INLINE Vec vec_min(Vec a, Vec b) {
    return -vec_max(-a, -b);
}

/* exp(x) = 2^n * exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, the latter by
 * its Taylor series to r^7, whose next term is below 5.2e-9.  Below -88 the
 * result is 0, above 88 it is that of 88.  ln 2 is taken in two parts, the
 * first with zeros at its end, so that n * ln 2 is exact.
 * Source: Cody & Waite 1980, Software Manual for the Elementary Functions. */
KERN_INLINE Vec vec_exp(Vec x) {
    const float round_magic =
        0x1.8p23f; /* adding it leaves n in the low bits */
    x = vec_max(vec_min(x, vec_set(88.0f)), vec_set(-88.0f));
    Vec shifted = vec_fma(x, vec_set(0x1.715476p0f), vec_set(round_magic));
    Vec n = shifted - round_magic;
    Vec r = vec_fma(n, vec_set(-0x1.62e4p-1f), x);
    r = vec_fma(n, vec_set(-0x1.7f7d1cp-20f), r);
    static const float series[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6,
                                   1.0f / 2,   1.0f,       1.0f};
    Vec y = vec_set(1.0f / 5040);
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        y = vec_fma(y, r, vec_set(series[i]));
    VecInt exponent = (VecInt)shifted - (VecInt)vec_set(round_magic) + 127;
    return y * (Vec)(exponent << 23);
}

/* The share of a standard normal distribution below x, which GELU multiplies
 * by; *bell is exp(-x^2 / 2), its density times sqrt(2 pi).  On the shorter
 * side the share is t (c0 + c1 t + ... + c7 t^7) bell, t = 1 / (1 + 0.3 |x|).
 * The coefficients are ours: least largest relative error, 1.5e-7, for |x| up
 * to 14, beyond which bell is 0.
 * Source: the form is that of Abramowitz & Stegun 1964, 7.1.26. */
KERN_INLINE Vec vec_normal_share(Vec x, Vec *bell) {
    static const float series[] = {-0.157203022f, 0.206353389f,  -0.0536835261f,
                                   0.12856156f,   0.0999135133f, 0.120753953f,
                                   0.119629299f};
    const Vec t = 1.0f / (vec_max(x, -x) * 0.3f + 1.0f);
    *bell = vec_exp(x * x * -0.5f);
    Vec sum = vec_set(0.0356747648f);
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        sum = vec_fma(sum, t, vec_set(series[i]));
    const Vec tail = sum * t * *bell;
    const VecInt above = x > 0.0f;
    return (Vec)(((VecInt)(1.0f - tail) & above) | ((VecInt)tail & ~above));
}

/* The first n <= KERN_LANES floats; a plain load where n is the constant. */
KERN_INLINE Vec vec_load_n(const float *p, int n) {
    return n == KERN_LANES ? vec_load(p) : vec_load_part(p, n);
}

KERN_INLINE void vec_store_n(float *p, Vec v, int n) {
    if (n == KERN_LANES)
        vec_store(p, v);
    else
        vec_store_part(p, v, n);
}

/* Asks for memory that is read next, as far as the cache before the nearest;
 * it may be nobody's. */
KERN_INLINE void ask_for(uintptr_t begin, uintptr_t end) {
    for (; begin < end; begin += 64)
        __builtin_prefetch((const void *)begin, 0, 2);
}

/* Columns of the step at i: KERN_LANES, or what is left. */
KERN_INLINE int lanes_at(int i, int n) {
    return n - i < KERN_LANES ? n - i : KERN_LANES;
}

#endif
#endif
