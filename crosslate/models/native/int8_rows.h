/* What surrounds the integer products of an int8 linear layer: quantized rows before, float outputs after.
 *
 * x = least + scale * q, so W x = scale * (W q) + least * (sum of W), where W q is a sum of integers. A row's q has
 * one byte or two, which are multiplied as two rows: W q = RADIX * (W high) + W low.
 */
#pragma once

#include "activations.h"
#include "int8_matrix.h"

typedef struct {
    float scale, least;
} range; /* of a row */

/* Eight integers from 0 to 255. */
INLINE void store_bytes(uint8_t *q, i32x8 x) {
#if defined(__AVX2__)
    __m256i words = _mm256_packus_epi32((__m256i)x, (__m256i)x);
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
    _mm_storel_epi64((__m128i *)q, _mm256_castsi256_si128(bytes));
#else
    for (int i = 0; i < 8; i++) q[i] = (uint8_t)x[i];
#endif
}

/* The bits of |x|: ordered as the numbers are, infinity and NaN above all others. */
INLINE int32_t magnitude(float x) {
    int32_t bits;
    memcpy(&bits, &x, 4);
    return bits & 0x7fffffff;
}

/* A row's least and most entry. Returns whether all are finite. */
INLINE int bounds(const float *x, int64_t size, float *least, float *most) {
    const int32_t infinity = 0x7f800000;
    int is_finite = 1;
    int64_t whole = size / 8 * 8;
    *least = *most = x[0];
    if (whole) {
        f32x8 low = load8(x), high = low;
        i32x8 faults = {0};
        for (int64_t i = 0; i < whole; i += 8) {
            f32x8 v = load8(x + i);
            low = min8(v, low), high = max8(v, high);
            faults |= ((i32x8)v & 0x7fffffff) >= infinity;
        }
        *least = -maximum8(-low), *most = maximum8(high);
        for (int i = 0; i < 8; i++) is_finite &= !faults[i];
    }
    for (int64_t i = whole; i < size; i++) {
        *least = x[i] < *least ? x[i] : *least, *most = x[i] > *most ? x[i] : *most;
        is_finite &= magnitude(x[i]) < infinity;
    }
    return is_finite && isfinite(*most - *least);
}

/* One row: q = round((x - least) / scale), 0 to `levels`; (width) bytes or, if they are two each, the high ones and
 * then the low ones. A NaN or an infinity makes the range NaN. */
INLINE range quantize_row(const float *x, int64_t size, int64_t width, int64_t levels, uint8_t *q) {
    int64_t whole = size / 8 * 8, is_fine = levels > COARSE_LEVELS;
    uint8_t *low = is_fine ? q + width : q;
    float least, most;
    if (!bounds(x, size, &least, &most)) {
        memset(q, 0, width * (1 + is_fine));
        return (range){NAN, NAN};
    }
    float span = most - least, inverse = span > 0 ? (float)levels / span : 0.0f;
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a span of denormal numbers is none */
    if (is_fine)
        for (int64_t i = 0; i < whole; i += 8) {
            i32x8 wide = __builtin_convertvector((load8(x + i) - least) * inverse + 0.5f, i32x8);
            store_bytes(q + i, wide >> RADIX_BITS), store_bytes(low + i, wide & (RADIX - 1));
        }
    else
        for (int64_t i = 0; i < whole; i += 8)
            store_bytes(q + i, __builtin_convertvector((load8(x + i) - least) * inverse + 0.5f, i32x8));
    for (int64_t i = whole; i < width; i++) {
        int32_t wide = i < size ? (int32_t)((x[i] - least) * inverse + 0.5f) : 0;
        if (is_fine) q[i] = (uint8_t)(wide >> RADIX_BITS), wide &= RADIX - 1;
        low[i] = (uint8_t)wide;
    }
    return (range){span / (float)levels, least};
}

/* W q: half a panel's sums of a row, which has `planes` of them. */
INLINE f32x8 joined(const panel_sums *sums, int half, int64_t planes) {
    f32x8 all = __builtin_convertvector(sums[0].half[half], f32x8);
    return planes > 1 ? all * (float)RADIX + __builtin_convertvector(sums[1].half[half], f32x8) : all;
}

/* Eight outputs of one row, from output `n` on. */
INLINE f32x8 finished(const panel_sums *sums, int half, int64_t planes, range row, const matrix *m, int64_t n) {
    n += half * (PANEL / 2);
    f32x8 y = joined(sums, half, planes) * row.scale + load8(m->sums + n) * row.least;
    y *= load8(m->scales + n);
    return m->bias ? y + load8(m->bias + n) : y;
}
