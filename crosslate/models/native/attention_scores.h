/* Scaled dot-product attention in float32 over rows of unequal length: no padding is computed, so that what
 * a row gets does not depend on how long the others are. The width of a head is a multiple of 8. */
#pragma once

#include "common.h"

INLINE int64_t rounded_up(int64_t size) { return (size + 7) / 8 * 8; }

/* Eight scores with their scale and bias. */
INLINE f32x8 scaled(const float *scores, float scale, const float *bias) {
    return bias ? load8(scores) * scale + load8(bias) : load8(scores) * scale;
}

/* The last scores, fewer than eight; -inf behind them. What is written by bits would be waited for where it is read
 * whole. */
INLINE f32x8 scaled_rest(const float *scores, int64_t size, float scale, const float *bias) {
    const i32x8 places = {0, 1, 2, 3, 4, 5, 6, 7};
    i32x8 is_there = places < (int32_t)size;
    float rest[8];
    if (bias) memcpy(rest, bias, size * sizeof *rest);
    return (f32x8)((is_there & (i32x8)scaled(scores, scale, bias ? rest : NULL)) | (~is_there & (i32x8)splat8(-INFINITY)));
}

#define LONG 128 /* scores; of fewer the first are still on their way to memory, in eights, and would be waited for */

/* scores (size), a multiple of WIDE -> e^(scores - largest); their sum, in the order of eights. */
static __attribute__((noinline)) f32x8 raise_many(float *scores, int64_t size, float largest) {
    f32x8 sum = splat8(0);
    for (int64_t i = 0; i < size; i += WIDE) {
        f32xw e = exp_wide(load_wide(scores + i) - largest);
        store_wide(scores + i, e);
        sum = added_halves(sum, e);
    }
    return sum;
}

/* scores (size), with room up to the next multiple of 8 -> weights that sum to 1, zeros behind. */
INLINE void finish_scores(float *scores, int64_t size, float scale, const float *bias) {
    int64_t padded = rounded_up(size);
    f32x8 max = splat8(-INFINITY), sum = splat8(0);
    for (int64_t i = 0; i < padded; i += 8) {
        const float *added = bias ? bias + i : NULL;
        f32x8 v = size - i >= 8 ? scaled(scores + i, scale, added) : scaled_rest(scores + i, size - i, scale, added);
        store8(scores + i, v);
        max = max8(max, v);
    }
    float largest = maximum8(max);
    int64_t i = padded >= LONG ? padded / WIDE * WIDE : 0;
    if (i) sum = raise_many(scores, i, largest);
    for (; i < padded; i += 8) {
        f32x8 e = exp8(load8(scores + i) - largest);
        store8(scores + i, e);
        sum += e;
    }
    float inverse = 1.0f / sum8(sum);
    for (i = 0; i < padded; i += 8) store8(scores + i, load8(scores + i) * inverse);
}
