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

/* Integers from 0 to 255. */
INLINE void store_bytes(uint8_t *q, i32xw x) {
#if WIDE == 16
    _mm_storeu_si128((__m128i *)q, _mm512_cvtusepi32_epi8((__m512i)x));
#elif defined(__AVX2__)
    __m256i words = _mm256_packus_epi32((__m256i)x, (__m256i)x);
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
    _mm_storel_epi64((__m128i *)q, _mm256_castsi256_si128(bytes));
#else
    for (int i = 0; i < WIDE; i++) q[i] = (uint8_t)x[i];
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
    int64_t whole = size / WIDE * WIDE;
    *least = *most = x[0];
    if (whole) {
        f32xw low = load_wide(x), high = low;
        i32xw faults = {0};
        for (int64_t i = 0; i < whole; i += WIDE) {
            f32xw v = load_wide(x + i);
            low = min_wide(v, low), high = max_wide(v, high);
            faults |= (i32xw)(v * 0.0f); /* which an infinity or NaN is not */
        }
        *least = -maximum_wide(-low), *most = maximum_wide(high);
        is_finite = !any_wide(faults & 0x7fffffff);
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
    int64_t whole = size / WIDE * WIDE, is_fine = levels > COARSE_LEVELS;
    uint8_t *low = is_fine ? q + width : q;
    float least, most;
    if (!bounds(x, size, &least, &most)) {
        memset(q, 0, width * (1 + is_fine));
        return (range){NAN, NAN};
    }
    float span = most - least, inverse = span > 0 ? (float)levels / span : 0.0f;
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a span of denormal numbers is none */
    if (is_fine)
        for (int64_t i = 0; i < whole; i += WIDE) {
            i32xw wide = __builtin_convertvector((load_wide(x + i) - least) * inverse + 0.5f, i32xw);
            store_bytes(q + i, wide >> RADIX_BITS), store_bytes(low + i, wide & (RADIX - 1));
        }
    else
        for (int64_t i = 0; i < whole; i += WIDE)
            store_bytes(q + i, __builtin_convertvector((load_wide(x + i) - least) * inverse + 0.5f, i32xw));
    for (int64_t i = whole; i < width; i++) {
        int32_t wide = i < size ? (int32_t)((x[i] - least) * inverse + 0.5f) : 0;
        if (is_fine) q[i] = (uint8_t)(wide >> RADIX_BITS), wide &= RADIX - 1;
        low[i] = (uint8_t)wide;
    }
    return (range){span / (float)levels, least};
}

#define PARTS (PANEL / WIDE) /* of a panel */

/* What makes a panel's outputs of its sums, read once for all rows. */
typedef struct {
    f32xw sums[PARTS], scales[PARTS], bias[PARTS];
    int has_bias;
} panel_scales;

/* From output `n` on. */
INLINE panel_scales scales_at(const matrix *m, int64_t n) {
    panel_scales s;
    s.has_bias = m->bias != NULL;
    for (int i = 0; i < PARTS; i++, n += WIDE) {
        s.sums[i] = load_wide(m->sums + n), s.scales[i] = load_wide(m->scales + n);
        s.bias[i] = s.has_bias ? load_wide(m->bias + n) : (f32xw){0};
    }
    return s;
}

/* W q: a part of a panel's sums of a row, which has `planes` of them. */
INLINE f32xw joined(const panel_sums *sums, int part, int64_t planes) {
    f32xw all = __builtin_convertvector(sums[0].part[part], f32xw);
    return planes > 1 ? all * (float)RADIX + __builtin_convertvector(sums[1].part[part], f32xw) : all;
}

/* A part of a row's outputs. */
INLINE f32xw finished(const panel_sums *sums, int part, int64_t planes, range row, const panel_scales *s) {
    f32xw y = joined(sums, part, planes) * row.scale + s->sums[part] * row.least;
    y *= s->scales[part];
    return s->has_bias ? y + s->bias[part] : y;
}
