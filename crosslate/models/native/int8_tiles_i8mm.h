/* See int8_tiles.h. The instruction multiplies two rows with two outputs, eight inputs of each; a panel's eight pairs of
 * outputs follow each other. The last row of an odd number is taken twice. */
#pragma once

#include <arm_neon.h>

#define PAIRS (TILE_ROWS / 2)

/* Inputs `k` to `k` + 16 of two rows, the halves of both side by side. */
INLINE void load_pair(const uint8_t *even, const uint8_t *odd, uint8x16_t halves[2]) {
    uint64x2_t first = vreinterpretq_u64_u8(vld1q_u8(even)), second = vreinterpretq_u64_u8(vld1q_u8(odd));
    halves[0] = vreinterpretq_u8_u64(vzip1q_u64(first, second));
    halves[1] = vreinterpretq_u8_u64(vzip2q_u64(first, second));
}

/* Four outputs of a row, of the sums of two pairs of outputs. */
INLINE int32x4_t even_row(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

INLINE int32x4_t odd_row(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

INLINE void mmla_tile(const int rows, lookahead next, const uint8_t *a, const weight_panels *p, panel_sums *sums) {
    const int pairs = (rows + 1) / 2;
    int32x4_t total[PAIRS][PANEL / 2];
#pragma GCC unroll 2
    for (int i = 0; i < pairs; i++)
#pragma GCC unroll 8
        for (int n = 0; n < PANEL / 2; n++) total[i][n] = vdupq_n_s32(0);
    const int8_t *w = p->weights;
    for (int64_t k = 0; k < p->width; k += STEP) {
        uint8x16_t x[PAIRS][2];
#pragma GCC unroll 2
        for (int i = 0; i < pairs; i++) {
            const uint8_t *even = a + 2 * i * p->width + k;
            load_pair(even, 2 * i + 1 < rows ? even + p->width : even, x[i]);
        }
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++, w += LINE) {
            ask(&next);
#pragma GCC unroll 8
            for (int n = 0; n < PANEL / 2; n++) {
                int8x16_t weights = vld1q_s8(w + n * 16);
#pragma GCC unroll 2
                for (int i = 0; i < pairs; i++) total[i][n] = vusmmlaq_s32(total[i][n], x[i][half], weights);
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        const int32x4_t *own = total[r / 2];
        int32_t *to = (int32_t *)&sums[r];
#pragma GCC unroll 4
        for (int n = 0; n < PANEL / 4; n++)
            vst1q_s32(to + 4 * n, r % 2 ? odd_row(own[2 * n], own[2 * n + 1]) : even_row(own[2 * n], own[2 * n + 1]));
    }
}

/* The first of `rows`. Returns how many. */
static __attribute__((noinline)) int64_t multiply_tile(int64_t rows, int64_t panels, lookahead next, const uint8_t *a,
                                                       const weight_panels *p, panel_sums *sums) {
    (void)panels;
    if (rows >= 4) return mmla_tile(4, next, a, p, sums), 4;
    if (rows >= 2) return mmla_tile(2, next, a, p, sums), 2;
    return mmla_tile(1, next, a, p, sums), 1;
}
