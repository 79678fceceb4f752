/* Several numbers in one register, and what is done to each of them. */
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

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

#if WIDE == 16
INLINE f32xw splat_wide(float x) { return (f32xw){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
#else
INLINE f32xw splat_wide(float x) { return splat8(x); }
#endif

/* What compilers do not find by themselves, in each instruction set's words:
 *   max8, max_wide            lane by lane; where either is NaN the result is b
 *   added_halves              sum and each eight lanes of v, one after the other
 *   any_above                 whether any lane is above x
 *   fused8, fused_wide        a * b + c, rounded once where the CPU can. Compilers are told to join none by themselves
 *                             (-ffp-contract=off): each would where it likes, and one row in another way than several
 *   nearest8, nearest_wide    the nearest integer, of two the even one
 *   max_signed8, max_signed, max_unsigned
 *                             lane by lane, as signed integers and as unsigned ones
 *   highest_signed            of all lanes
 *   store_bytes               the lowest byte of each
 *   store_more_bytes          the same of four registers, of numbers from 0 to 255
 *   store_planes              of four registers the bytes above the lowest RADIX_BITS, and those
 *   store_halves              the lowest 16 bits of each, of numbers that fit in them
 *   add_products, add_wide_products
 *                             to each sum those of the upper and of the lower halves of a and b */
#if defined(__AVX2__)
#include "lanes_x86.h"
#elif defined(__aarch64__)
#include "lanes_neon.h"
#else
#include "lanes_plain.h"
#endif

/* The same of one number. */
INLINE float fused(float a, float b, float c) { return fused8(splat8(a), splat8(b), splat8(c))[0]; }

#if WIDE == 8
INLINE f32xw fused_wide(f32xw a, f32xw b, f32xw c) { return fused8(a, b, c); }

INLINE i32xw nearest_wide(f32xw x) { return nearest8(x); }

INLINE i32xw add_wide_products(i32xw sum, i32xw a, i32xw b) { return add_products(sum, a, b); }
#endif

#if !defined(__AVX2__) /* which packs several registers at once */
INLINE void store_halves(int16_t *to, i32xw x) {
    for (int i = 0; i < WIDE; i++) to[i] = (int16_t)x[i];
}

INLINE void store_more_bytes(uint8_t *q, const i32xw x[4]) {
    for (int i = 0; i < 4; i++) store_bytes(q + i * WIDE, x[i]);
}

INLINE void store_planes(uint8_t *high, uint8_t *low, const i32xw x[4], const int bits) {
    for (int i = 0; i < 4; i++) {
        store_bytes(high + i * WIDE, x[i] >> bits);
        store_bytes(low + i * WIDE, x[i] & ((1 << bits) - 1));
    }
}
#endif
