/* See int8_tiles.h. The instruction multiplies signed with signed: half their range is taken off the activations as they
 * are read, and sums begin with what that takes off them. */
#pragma once

#include <arm_neon.h>

#define QUADS (PANEL / 4) /* of outputs */

/* A row's next 16 activations, less SIGNED_OFFSET. */
INLINE int8x16_t signed_at(const uint8_t *a) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a), vdupq_n_u8(SIGNED_OFFSET)));
}

INLINE int32x4_t first_sums(const float *sums) { return vmulq_n_s32(vcvtq_s32_f32(vld1q_f32(sums)), SIGNED_OFFSET); }

/* Four inputs of each row times those of all outputs. Which four is part of the instruction. */
#define ADD_GROUP(group)                                                                        \
    {                                                                                           \
        ask(&next);                                                                             \
        for (int n = 0; n < QUADS; n++) {                                                       \
            int8x16_t weights = vld1q_s8(w + group * LINE + n * 16);                            \
            for (int r = 0; r < rows; r++)                                                      \
                total[r][n] = vdotq_laneq_s32(total[r][n], weights, x[r], group);               \
        }                                                                                       \
    }

INLINE void dot_tile(const int rows, lookahead next, const uint8_t *a, const weight_panels *p, panel_sums *sums) {
    int32x4_t total[TILE_ROWS][QUADS];
    for (int n = 0; n < QUADS; n++)
        for (int r = 0; r < rows; r++) total[r][n] = first_sums(p->sums + 4 * n);
    const int8_t *w = p->weights;
    for (int64_t k = 0; k < p->width; k += STEP, w += STEP * PANEL) {
        int8x16_t x[TILE_ROWS];
        for (int r = 0; r < rows; r++) x[r] = signed_at(a + r * p->width + k);
        ADD_GROUP(0)
        ADD_GROUP(1)
        ADD_GROUP(2)
        ADD_GROUP(3)
    }
    for (int r = 0; r < rows; r++)
        for (int n = 0; n < QUADS; n++) vst1q_s32((int32_t *)&sums[r] + 4 * n, total[r][n]);
}

/* The first of `rows`. Returns how many. */
static __attribute__((noinline)) int64_t multiply_tile(int64_t rows, int64_t panels, lookahead next, const uint8_t *a,
                                                       const weight_panels *p, panel_sums *sums) {
    (void)panels;
    if (rows >= 4) return dot_tile(4, next, a, p, sums), 4;
    if (rows >= 2) return dot_tile(2, next, a, p, sums), 2;
    return dot_tile(1, next, a, p, sums), 1;
}
