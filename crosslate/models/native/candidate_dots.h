/* A row's two bytes of activations times a block of rows of weights: what candidates.c scores with.
 *
 * `dot_block` takes q (2, width), the high bytes and the low ones, and w (BLOCK, inputs), and adds up the first `whole`
 * inputs, of activations less SIGNED_OFFSET. `weight_sums` (BLOCK) are those of whole rows of w: what all the offsets
 * together take off, rows' ends included, is in the sums already. */
#pragma once

#include "int8_matrix.h"

#define BLOCK 8  /* candidates: what is there is padded to whole ones */
#define CHUNK 32 /* inputs that are multiplied at once: a row of activations is padded to whole ones */

#if defined(__AVX2__)
#if defined(__AVXVNNI__) && !defined(__AVX512VNNI__)
#define DOT(sum, q, w) _mm256_dpbusd_avx_epi32(sum, q, w)
#elif defined(__AVX512VNNI__)
#define DOT(sum, q, w) _mm256_dpbusd_epi32(sum, q, w)
#else /* q is below RADIX, so that the sum of two products fits in 16 bits */
#define DOT(sum, q, w) \
    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(q, w), _mm256_set1_epi16(1)))
#endif

/* (a, b, c, d), each added up in two halves */
INLINE __m256i add_up(__m256i a, __m256i b, __m256i c, __m256i d) {
    return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

/* Of four rows of weights: the high and the low bytes q times the first `whole`; see `add_up`. */
INLINE void dot_four(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole, __m256i sums[2]) {
    __m256i a[2], b[2], c[2], d[2];
    a[0] = a[1] = b[0] = b[1] = c[0] = c[1] = d[0] = d[1] = _mm256_setzero_si256();
    for (int64_t k = 0; k < whole; k += CHUNK) {
        const __m256i_u *rows = (const __m256i_u *)(w + k);
        __m256i first = rows[0], second = *(const __m256i_u *)(w + inputs + k);
        __m256i third = *(const __m256i_u *)(w + 2 * inputs + k), fourth = *(const __m256i_u *)(w + 3 * inputs + k);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            __m256i bytes = *(const __m256i_u *)(q + i * width + k);
            a[i] = DOT(a[i], bytes, first), b[i] = DOT(b[i], bytes, second);
            c[i] = DOT(c[i], bytes, third), d[i] = DOT(d[i], bytes, fourth);
        }
    }
    for (int i = 0; i < 2; i++) sums[i] = add_up(a[i], b[i], c[i], d[i]);
}

/* Of a block. */
INLINE void dot_block(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole,
                      const float *weight_sums, i32x8 sums[2]) {
    (void)weight_sums;
    __m256i low[2], high[2];
    dot_four(q, width, w, inputs, whole, low), dot_four(q, width, w + 4 * inputs, inputs, whole, high);
    for (int i = 0; i < 2; i++)
        sums[i] = (i32x8)_mm256_add_epi32(_mm256_permute2x128_si256(low[i], high[i], 0x20),
                                          _mm256_permute2x128_si256(low[i], high[i], 0x31));
}
#elif defined(__ARM_FEATURE_DOTPROD)
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define DOT(sum, q, w) vusdotq_s32(sum, q, w)
#define NO_SUM(weight_sum) vdupq_n_s32(0)
#else
#define DOT(sum, q, w) vdotq_s32(sum, vreinterpretq_s8_u8(veorq_u8(q, vdupq_n_u8(SIGNED_OFFSET))), w)
#define NO_SUM(weight_sum) vsetq_lane_s32((int32_t)(weight_sum) * SIGNED_OFFSET, vdupq_n_s32(0), 0)
#endif

INLINE int32x4_t add_up(const int32x4_t sums[4]) {
    return vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
}

/* Of four rows of weights: the high and the low bytes q times the first `whole`. */
INLINE void dot_four(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole,
                     const float *weight_sums, int32x4_t sums[2]) {
    int32x4_t high[4], low[4];
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) high[c] = low[c] = NO_SUM(weight_sums[c]);
    for (int64_t k = 0; k < whole; k += CHUNK / 2) {
        uint8x16_t high_bytes = vld1q_u8(q + k), low_bytes = vld1q_u8(q + width + k);
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) {
            int8x16_t weights = vld1q_s8(w + c * inputs + k);
            high[c] = DOT(high[c], high_bytes, weights), low[c] = DOT(low[c], low_bytes, weights);
        }
    }
    sums[0] = add_up(high), sums[1] = add_up(low);
}

/* Of a block. */
INLINE void dot_block(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole,
                      const float *weight_sums, i32x8 sums[2]) {
    int32x4_t first[2], second[2];
    dot_four(q, width, w, inputs, whole, weight_sums, first);
    dot_four(q, width, w + 4 * inputs, inputs, whole, weight_sums + 4, second);
    for (int i = 0; i < 2; i++) sums[i] = both_ints(first[i], second[i]);
}
#else
INLINE void dot_block(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole,
                      const float *weight_sums, i32x8 sums[2]) {
    (void)weight_sums;
    for (int i = 0; i < 2; i++) {
        sums[i] = (i32x8){0};
        for (int c = 0; c < BLOCK; c++)
            for (int64_t k = 0; k < whole; k++) sums[i][c] += (int32_t)q[i * width + k] * (int32_t)w[c * inputs + k];
    }
}
#endif
