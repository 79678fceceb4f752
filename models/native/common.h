/* What all kernels share. Plain C for gcc and clang; compiled once per instruction set (see hatch_build.py).
 *
 * Every result is a function of its own row only, and the order of float additions is written out (eight
 * lanes, then a fixed tree), so that the batch changes not a single bit.
 */
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))

typedef float f32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));

INLINE f32x8 load8(const float *p) {
    f32x8 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store8(float *p, f32x8 v) { memcpy(p, &v, sizeof v); }

INLINE f32x8 splat8(float x) { return (f32x8){x, x, x, x, x, x, x, x}; }

/* Lane by lane; a NaN in b wins, so that it is not lost on the way. */
INLINE f32x8 max8(f32x8 a, f32x8 b) {
    i32x8 keep = a > b;
    return (f32x8)((keep & (i32x8)a) | (~keep & (i32x8)b));
}

INLINE f32x8 min8(f32x8 a, f32x8 b) {
    i32x8 keep = a < b;
    return (f32x8)((keep & (i32x8)a) | (~keep & (i32x8)b));
}

INLINE float sum8(f32x8 v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

INLINE float maximum8(f32x8 v) {
    float best = v[0];
    for (int i = 1; i < 8; i++) best = v[i] > best || isnan(v[i]) ? v[i] : best;
    return best;
}

/* e^x, 0 below -87 and e^88 above 88: Cephes' reduction and polynomial, 1e-7 relative. NaN stays NaN. */
INLINE f32x8 exp8(f32x8 x) {
    const float round = 12582912.0f; /* 1.5 * 2^23: adding and taking it away rounds to the nearest integer */
    i32x8 vanishes = x < splat8(-87.0f), explodes = x > splat8(88.0f);
    x = (f32x8)((explodes & (i32x8)splat8(88.0f)) | (~explodes & (i32x8)x));
    f32x8 n = (x * 1.44269504088896341f + round) - round;
    f32x8 r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    f32x8 p = splat8(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    f32x8 y = p * r * r + r + 1.0f;
    i32x8 exponent = __builtin_convertvector(n, i32x8);
    f32x8 power = (f32x8)((exponent + 127) << 23);
    return (f32x8)((i32x8)(y * power) & ~vanishes);
}
