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

INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

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

/* e^x for x up to 88, 0 below -87; NaN stays NaN. 2^r of what is left beside the nearest power of two, by a polynomial
 * that is off by 1e-7 at most, relative; rounding adds as much, and log2(e) 1.5e-8 |x|. Adding 1.5 * 2^23 rounds to the
 * nearest integer, and 127 more make of its lowest bits the exponent. */
#define DEFINE_EXP(name, floats, ints, splat, fused_all)                                       \
    INLINE floats name(floats x) {                                                             \
        const floats log2e = splat(1.44269504088896341f), round = splat(12582912.0f + 127.0f); \
        ints vanishes = x < splat(-87.0f);                                                     \
        floats shifted = fused_all(x, log2e, round), r = fused_all(x, log2e, round - shifted); \
        floats p = fused_all(r, splat(1.326472731307149e-3f), splat(9.671512991189957e-3f));   \
        p = fused_all(p, r, splat(5.550733581185341e-2f));                                     \
        p = fused_all(p, r, splat(0.24022242426872253f));                                      \
        p = fused_all(p, r, splat(0.6931470036506653f));                                       \
        p = fused_all(p, r, splat(1.0f));                                                      \
        return (floats)((ints)(p * (floats)((ints)shifted << 23)) & ~vanishes);                \
    }

DEFINE_EXP(exp8, f32x8, i32x8, splat8, fused8)
#if WIDE == 16
DEFINE_EXP(exp_wide, f32xw, i32xw, splat_wide, fused_wide)
#else
INLINE f32xw exp_wide(f32xw x) { return exp8(x); }
#endif
