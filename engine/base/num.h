/* Num: the smaller, the larger, the nearest within bounds, and what is written
 * without a sign.
 *
 * Does NOT check for overflow: nothing here can.
 */
#ifndef ENGINE_BASE_NUM_H
#define ENGINE_BASE_NUM_H

static inline int num_min(int a, int b) {
    return a < b ? a : b;
}

static inline int num_max(int a, int b) {
    return a > b ? a : b;
}

/* The number of low..high that is nearest to v; low <= high. */
static inline int num_clamp(int v, int low, int high) {
    return v < low ? low : v > high ? high : v;
}

static inline float num_clamp_float(float v, float low, float high) {
    return v < low ? low : v > high ? high : v;
}

/* v, and 0 for what so many digits after the point would write as "-0.0". */
static inline double num_written(double v, int digits) {
    double least = .5;
    for (int i = 0; i < digits; i++)
        least /= 10;
    return v <= 0 && v >= -least ? 0 : v;
}

#endif
