/* What all kernels share. Plain C for gcc and clang; compiled once per instruction set (see hatch_build.py).
 *
 * Every result is a function of its own row only, and the order of float additions is written out (eight
 * lanes, then a fixed tree), so that the batch changes not a single bit.
 */
#pragma once

#include "lanes.h"

#include <math.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

INLINE float sum8(f32x8 v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

INLINE float float_of(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Where a lane is NaN the result is any of them. */
INLINE float maximum8(f32x8 v) {
    v = max8(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
    v = max8(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
    return max8(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6))[0];
}

/* e^x, 0 below -87 and e^88 above 88: Cephes' reduction and polynomial, 1e-7 relative. NaN stays NaN.
 * Adding 1.5 * 2^23 and taking it away rounds to the nearest integer. */
#define DEFINE_EXP(name, floats, ints)                                                      \
    INLINE floats name(floats x) {                                                          \
        const float round = 12582912.0f;                                                    \
        const floats least = (floats){0} - 87.0f, most = (floats){0} + 88.0f;               \
        ints vanishes = x < least, explodes = x > most;                                     \
        x = (floats)((explodes & (ints)most) | (~explodes & (ints)x));                      \
        floats n = (x * 1.44269504088896341f + round) - round;                              \
        floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;                             \
        floats p = (floats){0} + 1.9875691500e-4f;                                          \
        p = p * r + 1.3981999507e-3f;                                                       \
        p = p * r + 8.3334519073e-3f;                                                       \
        p = p * r + 4.1665795894e-2f;                                                       \
        p = p * r + 1.6666665459e-1f;                                                       \
        p = p * r + 5.0000001201e-1f;                                                       \
        floats y = p * r * r + r + 1.0f;                                                    \
        floats power = (floats)((__builtin_convertvector(n, ints) + 127) << 23);            \
        return (floats)((ints)(y * power) & ~vanishes);                                     \
    }

DEFINE_EXP(exp8, f32x8, i32x8)
#if WIDE == 16
DEFINE_EXP(exp_wide, f32xw, i32xw)
#else
INLINE f32xw exp_wide(f32xw x) { return exp8(x); }
#endif
