/* Rows of unsigned 7-bit activations times a panel of 16 outputs' signed 8-bit weights, in integers.
 *
 * Within a panel, GROUP inputs of each output stand together, as one multiply-add instruction reads them:
 *   VNNI   vpdpbusd: 4 activations times 4 weights, added to 32 bits
 *   AVX2   vpmaddubsw: 2 times 2, added to 16 bits; 127 * 127 * 2 fits. Where the weights are small enough for
 *          the products of 4 inputs to fit as well (nearly everywhere), two such sums are added before they are
 *          widened, for the instruction that widens is a multiplication too
 *   else   plain C that the compiler may vectorise
 * All give the same integers. Sums have names or constant indices after unrolling: in memory they would cost
 * half the speed, which is also why the instructions of AVX2 are written out.
 */
#pragma once

#include "common.h"

#define PANEL 16
#define TILE 4 /* rows */
#define GROUP 4
#define STEP 8 /* inputs, two groups; what is missing in the last step is zero */
#define LEVELS 127

/* Steps lie in an order of the panel's own: those whose sums may be joined in 16 bits first. */
typedef struct {
    const int8_t *weights;
    const uint16_t *order; /* which inputs a step takes, in steps */
    int64_t joined, steps;
} weight_panel;

typedef struct {
    i32x8 half[2];
} panel_sums; /* one row's */

#define ASKING 4 /* tiles */

/* What a tile asks memory for while it multiplies: so many bytes a step, of the next panel. */
typedef struct {
    const int8_t *at;
    int64_t stride;
} lookahead;

/* A panel's first tiles ask for a share each: one alone would ask faster than memory answers. */
INLINE lookahead look_ahead(const weight_panel *p, int64_t tile, int64_t tiles) {
    int64_t asking = tiles < ASKING ? tiles : ASKING, stride = STEP * PANEL / asking;
    if (tile >= asking) return (lookahead){p->weights, 0};
    return (lookahead){p->weights + p->steps * (STEP * PANEL + tile * stride), stride};
}

INLINE void ask(lookahead *next) {
    if (next->stride == 0) return;
    __builtin_prefetch(next->at);
    if (next->stride > 64) __builtin_prefetch(next->at + 64);
    next->at += next->stride;
}

/* A group of activations: 0 or 1 of step `s` in row `r`. */
INLINE int32_t group_at(const uint8_t *a, const weight_panel *p, int r, int64_t s, int group) {
    int32_t four;
    memcpy(&four, a + (r * p->steps + p->order[s]) * STEP + group * GROUP, sizeof four);
    return four;
}

#if defined(__AVX512VNNI__)
#include <immintrin.h>

/* Two sums a row: one alone would wait for itself. */
INLINE void tile(int rows, lookahead next, const uint8_t *a, const weight_panel *p, panel_sums *sums) {
    __m512i total[TILE], other[TILE];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) total[r] = other[r] = _mm512_setzero_si512();
    for (int64_t s = 0; s < p->steps; s++) {
        ask(&next);
        __m512i first = _mm512_loadu_si512(p->weights + s * STEP * PANEL);
        __m512i second = _mm512_loadu_si512(p->weights + s * STEP * PANEL + GROUP * PANEL);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            total[r] = _mm512_dpbusd_epi32(total[r], _mm512_set1_epi32(group_at(a, p, r, s, 0)), first);
            other[r] = _mm512_dpbusd_epi32(other[r], _mm512_set1_epi32(group_at(a, p, r, s, 1)), second);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) _mm512_storeu_si512(&sums[r], _mm512_add_epi32(total[r], other[r]));
}
#elif defined(__AVX2__)
#include <immintrin.h>

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

INLINE void tile(int rows, lookahead next, const uint8_t *a, const weight_panel *p, panel_sums *sums) {
    __m256i low[TILE], high[TILE], ones = _mm256_set1_epi16(1);
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
#else

INLINE void tile(int rows, lookahead next, const uint8_t *a, const weight_panel *p, panel_sums *sums) {
    (void)next;
    for (int r = 0; r < rows; r++) {
        int32_t line[PANEL] = {0};
        for (int64_t s = 0; s < p->steps; s++) {
            const uint8_t *x = a + (r * p->steps + p->order[s]) * STEP;
            const int8_t *first = p->weights + s * STEP * PANEL, *second = first + GROUP * PANEL;
            for (int n = 0; n < PANEL; n++)
                for (int i = 0; i < GROUP; i++)
                    line[n] += x[i] * first[n * GROUP + i] + x[GROUP + i] * second[n * GROUP + i];
        }
        memcpy(&sums[r], line, sizeof line);
    }
}
#endif

/* The first of `rows`, as many as a tile takes: (TILE, K) x (K, 16) -> (TILE, 16). Returns how many. */
static __attribute__((noinline)) int64_t multiply_tile(int64_t rows, lookahead next, const uint8_t *a,
                                                       const weight_panel *p, panel_sums *sums) {
    if (rows >= 4) return next.stride ? tile(4, next, a, p, sums) : tile(4, (lookahead){p->weights, 0}, a, p, sums), 4;
    if (rows >= 2) return tile(2, next, a, p, sums), 2;
    return tile(1, next, a, p, sums), 1;
}
