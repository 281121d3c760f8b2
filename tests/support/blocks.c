#include "tests/support/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- halves -------------------------------------------------------------- */

double half_value(uint16_t h) {
    const int e = h >> 10 & 31, m = h & 1023;
    const double size = e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    return h & 0x8000 ? -size : size;
}

uint16_t half_of(float f) {
    const double size = fabs((double)f);
    int e;
    frexp(size, &e); /* size = 0.5..1 * 2^e */
    if (e < -13 || size == 0) e = -13;
    const int bits = (int)lrint(ldexp(size, 11 - e)) + (e + 13) * 1024;
    return (uint16_t)(bits | (f < 0 ? 0x8000 : 0));
}

static void put_half(Bytes *b, uint16_t h) {
    bytes_u8(b, (uint8_t)h);
    bytes_u8(b, (uint8_t)(h >> 8));
}

static uint16_t get_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static double get_half(const uint8_t *p) {
    return half_value(get_u16(p));
}

/* ---- making -------------------------------------------------------------- */

static int clamp(double v, int min, int max) {
    return v < min ? min : v > max ? max : (int)lrint(v);
}

static double max_size(const float *w, int n) {
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs((double)w[i]));
    return most;
}

static void range(const float *w, int n, double *low, double *high) {
    *low = *high = (double)w[0];
    for (int i = 1; i < n; i++) {
        *low = fmin(*low, (double)w[i]);
        *high = fmax(*high, (double)w[i]);
    }
}

/* Numbers of up to five bits, 32 of them: the fifths, then fours. */
static void put_bits(Bytes *b, const int *q, bool fifths) {
    uint32_t high = 0;
    for (int i = 0; i < 32; i++)
        high |= (uint32_t)(q[i] >> 4) << i;
    if (fifths) bytes_u32(b, high);
    for (int i = 0; i < 16; i++)
        bytes_u8(b, (uint8_t)((q[i] & 15) | (q[i + 16] & 15) << 4));
}

static void put_block32(Bytes *b, DType type, const float *w) {
    const bool five = type == DTYPE_Q5_0 || type == DTYPE_Q5_1;
    const bool with_min = type == DTYPE_Q4_1 || type == DTYPE_Q5_1;
    const int middle = type == DTYPE_Q8_0 ? 0 : five ? 16 : 8;
    const int most = type == DTYPE_Q8_0 ? 127 : 2 * middle - 1;
    const int least = type == DTYPE_Q8_0 ? -127 : 0;
    double low, high;
    range(w, 32, &low, &high);
    const uint16_t d =
        half_of((float)(with_min ? (high - low) / most
                                 : max_size(w, 32) / (middle ? middle : 127)));
    const uint16_t m = half_of((float)low);
    const double scale = half_value(d);
    int q[32];
    put_half(b, d);
    if (with_min) put_half(b, m);
    for (int i = 0; i < 32; i++) {
        const double from = with_min ? half_value(m) : -middle * scale;
        q[i] = clamp(scale > 0 ? ((double)w[i] - from) / scale : middle, least,
                     most);
    }
    if (type == DTYPE_Q8_0)
        for (int i = 0; i < 32; i++)
            bytes_u8(b, (uint8_t)q[i]);
    else
        put_bits(b, q, five);
}

/* Eight scales and eight minima of six bits. */
static void put_scales_k(Bytes *b, const int *scale, const int *min) {
    uint8_t s[12] = {0};
    for (int j = 0; j < 4; j++) {
        s[j] = (uint8_t)(scale[j] | scale[j + 4] >> 4 << 6);
        s[j + 4] = (uint8_t)(min[j] | min[j + 4] >> 4 << 6);
        s[j + 8] = (uint8_t)((scale[j + 4] & 15) | (min[j + 4] & 15) << 4);
    }
    bytes_put(b, s, sizeof s);
}

static void put_q45_k(Bytes *b, bool five, const float *w) {
    const int most = five ? 31 : 15;
    double low[8], step[8], max_low = 0, max_step = 0;
    int scale[8], min[8], q[256];
    for (int j = 0; j < 8; j++) {
        double high;
        range(w + 32 * j, 32, &low[j], &high);
        low[j] = fmin(low[j], 0);
        step[j] = (high - low[j]) / most;
        max_low = fmax(max_low, -low[j]);
        max_step = fmax(max_step, step[j]);
    }
    const uint16_t d = half_of((float)(max_step / 63));
    const uint16_t dmin = half_of((float)(max_low / 63));
    put_half(b, d);
    put_half(b, dmin);
    for (int j = 0; j < 8; j++) {
        scale[j] = clamp(step[j] / half_value(d), 0, 63);
        min[j] = clamp(max_low > 0 ? -low[j] / half_value(dmin) : 0, 0, 63);
        for (int i = 32 * j; i < 32 * j + 32; i++) {
            const double unit = half_value(d) * scale[j];
            const double from = (double)w[i] + half_value(dmin) * min[j];
            q[i] = clamp(unit > 0 ? from / unit : 0, 0, most);
        }
    }
    put_scales_k(b, scale, min);
    for (int l = 0; five && l < 32; l++) {
        int bits = 0;
        for (int j = 0; j < 8; j++)
            bits |= (q[32 * j + l] >> 4) << j;
        bytes_u8(b, (uint8_t)bits);
    }
    for (int c = 0; c < 4; c++)
        for (int l = 0; l < 32; l++)
            bytes_u8(b, (uint8_t)((q[64 * c + l] & 15) |
                                  (q[64 * c + 32 + l] & 15) << 4));
}

static void put_q6_k(Bytes *b, const float *w) {
    const double unit = max_size(w, 256) / 31 / 127;
    const uint16_t d = half_of((float)unit);
    uint8_t low[128] = {0}, high[64] = {0}, scales[16];
    for (int k = 0; k < 16; k++) {
        const double scale = max_size(w + 16 * k, 16) / 31 / half_value(d);
        scales[k] = (uint8_t)clamp(ceil(scale), 1, 127);
        for (int i = 16 * k; i < 16 * k + 16; i++) {
            const int q =
                clamp((double)w[i] / (half_value(d) * scales[k]), -32, 31) + 32;
            /* Where value i is: half, quarter of it, place there. */
            const int half = i / 128, quarter = i % 128 / 32, l = i % 32;
            low[64 * half + quarter % 2 * 32 + l] |=
                (uint8_t)((q & 15) << quarter / 2 * 4);
            high[32 * half + l] |= (uint8_t)(q >> 4 << 2 * quarter);
        }
    }
    bytes_put(b, low, sizeof low);
    bytes_put(b, high, sizeof high);
    bytes_put(b, scales, sizeof scales);
    put_half(b, d);
}

void blocks_put(Bytes *b, DType type, const float *w, int n) {
    const int items = dtype_info(type)->block_items;
    for (int i = 0; i < n; i += items) {
        uint32_t bits;
        memcpy(&bits, w + i, sizeof bits);
        switch (type) {
        case DTYPE_F32:
            bytes_u32(b, bits);
            break;
        case DTYPE_F16:
            put_half(b, half_of(w[i]));
            break;
        case DTYPE_BF16:
            put_half(b, (uint16_t)((bits + 0x8000) >> 16));
            break;
        case DTYPE_Q4_K:
        case DTYPE_Q5_K:
            put_q45_k(b, type == DTYPE_Q5_K, w + i);
            break;
        case DTYPE_Q6_K:
            put_q6_k(b, w + i);
            break;
        default:
            put_block32(b, type, w + i);
        }
    }
}

/* ---- reading ------------------------------------------------------------- */

static double read32(DType type, const uint8_t *p, int j) {
    const double d = get_half(p), m = get_half(p + 2);
    const int shift = j < 16 ? 0 : 4, k = j % 16;
    switch (type) {
    case DTYPE_Q8_0:
        return d * (int8_t)p[2 + j];
    case DTYPE_Q4_0:
        return d * ((p[2 + k] >> shift & 15) - 8);
    case DTYPE_Q4_1:
        return d * (p[4 + k] >> shift & 15) + m;
    case DTYPE_Q5_0:
        return d * ((p[6 + k] >> shift & 15) +
                    (p[2 + j / 8] >> j % 8 & 1) * 16 - 16);
    default: /* DTYPE_Q5_1 */
        return d * ((p[8 + k] >> shift & 15) +
                    (p[4 + j / 8] >> j % 8 & 1) * 16) +
               m;
    }
}

static double read_k45(DType type, const uint8_t *p, int i) {
    const uint8_t *s = p + 4, *qs = p + (type == DTYPE_Q5_K ? 48 : 16);
    const int j = i / 32, l = i % 32;
    const int scale =
        j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
    const int min = j < 4 ? s[j + 4] & 63 : (s[j + 4] >> 4) | (s[j] >> 6) << 4;
    int q = qs[j / 2 * 32 + l] >> j % 2 * 4 & 15;
    if (type == DTYPE_Q5_K) q += (p[16 + l] >> j & 1) * 16;
    return get_half(p) * scale * q - get_half(p + 2) * min;
}

static double read_q6_k(const uint8_t *p, int i) {
    const int half = i / 128, quarter = i % 128 / 32, l = i % 32;
    const uint8_t *low = p + 64 * half, *high = p + 128 + 32 * half;
    const int q = (low[quarter % 2 * 32 + l] >> quarter / 2 * 4 & 15) |
                  (high[l] >> 2 * quarter & 3) << 4;
    return get_half(p + 208) * (int8_t)p[192 + i / 16] * (q - 32);
}

void blocks_read(double *out, DType type, const uint8_t *p, int n) {
    const DTypeInfo *info = dtype_info(type);
    for (int i = 0; i < n; i++) {
        const int in = i % info->block_items;
        const uint8_t *at = p + i / info->block_items * info->block_bytes;
        uint32_t bits;
        float f;
        switch (type) {
        case DTYPE_F32:
        case DTYPE_BF16:
            bits = type == DTYPE_F32
                       ? get_u16(at) | (uint32_t)get_u16(at + 2) << 16
                       : (uint32_t)get_u16(at) << 16;
            memcpy(&f, &bits, sizeof f);
            out[i] = (double)f;
            break;
        case DTYPE_F16:
            out[i] = get_half(at);
            break;
        case DTYPE_Q4_K:
        case DTYPE_Q5_K:
            out[i] = read_k45(type, at, in);
            break;
        case DTYPE_Q6_K:
            out[i] = read_q6_k(at, in);
            break;
        default:
            out[i] = read32(type, at, in);
        }
    }
}
