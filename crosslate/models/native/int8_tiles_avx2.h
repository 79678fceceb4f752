/* See int8_tiles.h. Steps of 8 inputs lie in an order of the panel's own: first those whose weights are small enough
 * for the products of 4 inputs to fit in 16 bits, so that two sums of pairs are added before they are widened (the
 * instruction that widens is a multiplication too), then those where only pairs fit. Where not even these do, a
 * step stands there twice, with half of each weight.
 *
 * The instructions are written out: compilers keep the sums in memory here. */
#pragma once

#include <immintrin.h>

/* A group of activations: 0 or 1 of step `s` in row `r`. */
INLINE int32_t group_at(const uint8_t *a, const weight_panels *p, int r, int64_t s, int group) {
    return four_at(a + r * p->width + p->order[s] * STEP + group * GROUP);
}

/* sum += a row's two groups (a, b) of activations times two groups of 8 outputs' weights. */
INLINE __m256i add_joined(__m256i sum, __m256i a, __m256i b, const int8_t *w, __m256i ones) {
    __m256i first, second;
    __asm__("vpmaddubsw %5, %3, %1\n\t"
            "vpmaddubsw %6, %4, %2\n\t"
            "vpaddw %2, %1, %1\n\t"
            "vpmaddwd %7, %1, %1\n\t"
            "vpaddd %1, %0, %0"
            : "+x"(sum), "=&x"(first), "=&x"(second)
            : "x"(a), "x"(b), "m"(*(const __m256i_u *)w), "m"(*(const __m256i_u *)(w + PANEL * GROUP)), "x"(ones));
    return sum;
}

INLINE __m256i add_apart(__m256i sum, __m256i a, __m256i b, const int8_t *w, __m256i ones) {
    __m256i first, second;
    __asm__("vpmaddubsw %5, %3, %1\n\t"
            "vpmaddubsw %6, %4, %2\n\t"
            "vpmaddwd %7, %1, %1\n\t"
            "vpmaddwd %7, %2, %2\n\t"
            "vpaddd %1, %0, %0\n\t"
            "vpaddd %2, %0, %0"
            : "+x"(sum), "=&x"(first), "=&x"(second)
            : "x"(a), "x"(b), "m"(*(const __m256i_u *)w), "m"(*(const __m256i_u *)(w + PANEL * GROUP)), "x"(ones));
    return sum;
}

INLINE void tile(int rows, lookahead next, const uint8_t *a, const weight_panels *p, panel_sums *sums) {
    __m256i low[TILE_ROWS], high[TILE_ROWS], ones = _mm256_set1_epi16(1);
    const int8_t *w = p->weights;
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) low[r] = high[r] = _mm256_setzero_si256();
    for (int64_t s = 0; s < p->joined; s++, w += STEP * PANEL) {
        ask(&next);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            __m256i first = _mm256_set1_epi32(group_at(a, p, r, s, 0));
            __m256i second = _mm256_set1_epi32(group_at(a, p, r, s, 1));
            low[r] = add_joined(low[r], first, second, w, ones);
            high[r] = add_joined(high[r], first, second, w + PANEL / 2 * GROUP, ones);
        }
    }
    for (int64_t s = p->joined; s < p->steps; s++, w += STEP * PANEL) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            __m256i first = _mm256_set1_epi32(group_at(a, p, r, s, 0));
            __m256i second = _mm256_set1_epi32(group_at(a, p, r, s, 1));
            low[r] = add_apart(low[r], first, second, w, ones);
            high[r] = add_apart(high[r], first, second, w + PANEL / 2 * GROUP, ones);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) sums[r].half[0] = (i32x8)low[r], sums[r].half[1] = (i32x8)high[r];
}

/* The first of `rows`. Returns how many. */
static __attribute__((noinline)) int64_t multiply_tile(int64_t rows, int64_t panels, lookahead next, const uint8_t *a,
                                                       const weight_panels *p, panel_sums *sums) {
    (void)panels;
    if (rows >= 4) return next.stride ? tile(4, next, a, p, sums) : tile(4, (lookahead){p->weights, 0, 0}, a, p, sums), 4;
    if (rows >= 2) return tile(2, next, a, p, sums), 2;
    return tile(1, next, a, p, sums), 1;
}
