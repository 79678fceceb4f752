/* Scores of a few outputs per row: a shortlist's. Weights lie row by row, signed 8-bit, and so do activations:
 * reading rows that are far apart takes longer than multiplying them. */
#include "common.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define AHEAD 12 /* candidates */

#if defined(__AVX2__)
INLINE int32_t dot_rows(const int16_t *q, const int8_t *w, int64_t whole) {
    __m256i even = _mm256_setzero_si256(), odd = even;
    for (int64_t k = 0; k < whole; k += 32) {
        __m256i first = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + k)));
        __m256i second = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + k + 16)));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(q + k)), first));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(q + k + 16)), second));
    }
    i32x8 sums = (i32x8)_mm256_add_epi32(even, odd);
    return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}
#else
INLINE int32_t dot_rows(const int16_t *q, const int8_t *w, int64_t whole) {
    int32_t sum = 0;
    for (int64_t k = 0; k < whole; k++) sum += (int32_t)q[k] * (int32_t)w[k];
    return sum;
}
#endif

/* One row: q = round(x * 127 / max|x|); returns the scale, NaN where the row has a NaN or an infinity. */
INLINE float quantize_signed(const float *x, int64_t size, int16_t *q) {
    int32_t largest = 0; /* positive floats are ordered as their bits are, and NaN is above all of them */
    for (int64_t i = 0; i < size; i++) {
        int32_t bits;
        memcpy(&bits, x + i, 4);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    float max;
    memcpy(&max, &largest, 4);
    if (!isfinite(max)) {
        memset(q, 0, size * sizeof *q);
        return NAN;
    }
    const float round = 12582912.0f;
    float inverse = max > 0 ? 127.0f / max : 0.0f;
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a row of denormal numbers is a row of zeros */
    for (int64_t i = 0; i < size; i++) q[i] = (int16_t)((x[i] * inverse + round) - round);
    return max / 127.0f;
}

/* Asks for a row of weights that is read a little later: rows lie far apart, and none is in the cache. */
INLINE void prefetch(const int8_t *w, int64_t size) {
    for (int64_t k = 0; k < size; k += 64) __builtin_prefetch(w + k);
}

/* Scores of a few outputs per row, without panels: weights (V, K) row-major int8.
 * ids: the rows' candidates one after the other, offsets (R + 1); y (R, width), -inf behind a row's candidates. */
EXPORT int candidate_scores(const float *x, int64_t rows, int64_t inputs, const int8_t *weights,
                            const float *scales, const float *bias, const int64_t *ids, const int64_t *offsets,
                            int64_t width, float *y) {
    int64_t whole = inputs / 32 * 32;
    int16_t *q = malloc(inputs * sizeof *q);
    if (!q) return 1;
    for (int64_t r = 0; r < rows; r++) {
        float row_scale = quantize_signed(x + r * inputs, inputs, q);
        const int64_t *candidates = ids + offsets[r];
        int64_t count = offsets[r + 1] - offsets[r];
        float *out = y + r * width;
        for (int64_t c = 0; c < count; c++) {
            if (c + AHEAD < count) prefetch(weights + candidates[c + AHEAD] * inputs, inputs);
            const int8_t *w = weights + candidates[c] * inputs;
            int32_t sum = dot_rows(q, w, whole);
            for (int64_t k = whole; k < inputs; k++) sum += (int32_t)q[k] * (int32_t)w[k];
            float score = (float)sum * row_scale * scales[candidates[c]];
            out[c] = bias ? score + bias[candidates[c]] : score;
        }
        for (int64_t c = count; c < width; c++) out[c] = -INFINITY;
    }
    free(q);
    return 0;
}
