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

/* Lane by lane; where either is NaN the result is b. */
#if defined(__AVX__)
#include <immintrin.h>
INLINE f32x8 max8(f32x8 a, f32x8 b) { return (f32x8)_mm256_max_ps((__m256)a, (__m256)b); }
#else
INLINE f32x8 choose8(i32x8 first, f32x8 a, f32x8 b) { return (f32x8)((first & (i32x8)a) | (~first & (i32x8)b)); }
INLINE f32x8 max8(f32x8 a, f32x8 b) { return choose8(a > b, a, b); }
#endif

/* As many floats as a register holds, for what is done to each alone. */
#if defined(__AVX512F__)
#define WIDE 16
#else
#define WIDE 8
#endif

typedef float f32xw __attribute__((vector_size(4 * WIDE)));
typedef int32_t i32xw __attribute__((vector_size(4 * WIDE)));

INLINE f32xw load_wide(const float *p) {
    f32xw v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store_wide(float *p, f32xw v) { memcpy(p, &v, sizeof v); }

/* As `max8`. */
#if WIDE == 16
INLINE f32xw max_wide(f32xw a, f32xw b) { return (f32xw)_mm512_max_ps((__m512)a, (__m512)b); }
#else
INLINE f32xw max_wide(f32xw a, f32xw b) { return max8(a, b); }
#endif

/* Whether any lane is above `x`. */
INLINE int any_above(f32xw v, float x) {
#if WIDE == 16
    return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(x), _CMP_GT_OQ) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_set1_ps(x), _CMP_GT_OQ)) != 0;
#else
    for (int i = 0; i < WIDE; i++)
        if (v[i] > x) return 1;
    return 0;
#endif
}

/* x as it is, in a register: compilers may join a product with a sum that follows, and each where it likes. */
INLINE f32xw rounded(f32xw x) {
#if WIDE == 16
    __asm__("" : "+v"(x));
#elif defined(__AVX__)
    __asm__("" : "+x"(x));
#endif
    return x;
}

INLINE float sum8(f32x8 v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

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
