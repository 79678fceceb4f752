/* Scaled dot-product attention in float32 over rows of unequal length: no padding is computed, so that what
 * a row gets does not depend on how long the others are. The width of a head is a multiple of 8. */
#include "common.h"

INLINE int64_t rounded_up(int64_t size) { return (size + 7) / 8 * 8; }

/* scores (size), -inf up to the next multiple of 8 -> weights that sum to 1, zeros behind. */
INLINE void softmax(float *scores, int64_t padded) {
    f32x8 max = load8(scores);
    for (int64_t i = 8; i < padded; i += 8) max = max8(max, load8(scores + i));
    float largest = maximum8(max);
    f32x8 sum = splat8(0);
    for (int64_t i = 0; i < padded; i += 8) {
        f32x8 e = exp8(load8(scores + i) - largest);
        store8(scores + i, e);
        sum += e;
    }
    float inverse = 1.0f / sum8(sum);
    for (int64_t i = 0; i < padded; i += 8) store8(scores + i, load8(scores + i) * inverse);
}

INLINE void finish_scores(float *scores, int64_t size, float scale, const float *bias) {
    int64_t padded = rounded_up(size);
    if (bias)
        for (int64_t s = 0; s < size; s++) scores[s] = scores[s] * scale + bias[s];
    else
        for (int64_t s = 0; s < size; s++) scores[s] *= scale;
    for (int64_t s = size; s < padded; s++) scores[s] = -INFINITY;
    softmax(scores, padded);
}

/* sum over s of weights[s] * values[s]: `parts` (a constant where it is inlined) vectors of 8 at once. */
INLINE void mix(int parts, const float *weights, int64_t size, const float *values, int64_t stride, float *out) {
    f32x8 sums[4];
    for (int i = 0; i < parts; i++) sums[i] = splat8(0);
    for (int64_t s = 0; s < size; s++)
        for (int i = 0; i < parts; i++) sums[i] += weights[s] * load8(values + s * stride + 8 * i);
    for (int i = 0; i < parts; i++) store8(out + 8 * i, sums[i]);
}

INLINE void mix_values(const float *weights, int64_t size, const float *values, int64_t stride, int64_t width,
                       float *out) {
    int64_t d = 0;
    for (; d + 32 <= width; d += 32) mix(4, weights, size, values + d, stride, out + d);
    for (; d < width; d += 8) mix(1, weights, size, values + d, stride, out + d);
}

/* One new query per lane over cached keys.
 *
 * q and out (R, W, H, D), dense; keys and values (R, H, S, D) with the strides of a row and of a head;
 * lengths (R): how many of a row's keys count; bias NULL or (R, H, S) with its strides (0: shared).
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_cached(const float *q, const float *keys, const float *values, const int64_t *lengths,
                         int64_t rows, int64_t lanes, int64_t heads, int64_t width, int64_t row_stride,
                         int64_t head_stride, float scale, const float *bias, int64_t bias_row,
                         int64_t bias_head, float *out) {
    int64_t longest = 8;
    for (int64_t r = 0; r < rows; r++) longest = lengths[r] > longest ? lengths[r] : longest;
    float *scores = malloc(rounded_up(longest) * sizeof *scores);
    if (!scores) return 1;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t lane = 0; lane < lanes; lane++) {
            for (int64_t h = 0; h < heads; h++) {
                int64_t place = ((r * lanes + lane) * heads + h) * width;
                const float *k = keys + r * row_stride + h * head_stride;
                for (int64_t s = 0; s < lengths[r]; s++) {
                    f32x8 sum = splat8(0);
                    for (int64_t d = 0; d < width; d += 8) sum += load8(q + place + d) * load8(k + s * width + d);
                    scores[s] = sum8(sum);
                }
                finish_scores(scores, lengths[r], scale, bias ? bias + r * bias_row + h * bias_head : NULL);
                const float *v = values + r * row_stride + h * head_stride;
                mix_values(scores, lengths[r], v, width, width, out + place);
            }
        }
    }
    free(scores);
    return 0;
}

/* scores[s] = sum over d of q[d] * keys[d][s]: `parts` vectors of 8 keys at once. */
INLINE void score(int parts, const float *q, const float *keys, int64_t width, int64_t stride, float *scores) {
    f32x8 sums[4];
    for (int i = 0; i < parts; i++) sums[i] = splat8(0);
    for (int64_t d = 0; d < width; d++)
        for (int i = 0; i < parts; i++) sums[i] += q[d] * load8(keys + d * stride + 8 * i);
    for (int i = 0; i < parts; i++) store8(scores + 8 * i, sums[i]);
}

/* Every token of a source over every other, sources one after the other without padding.
 *
 * qkv (N, 3, H, D), dense; offsets (B + 1): where each source begins and the last one ends; bias NULL or
 * (H, S, S) for the longest source, with the strides of a head and of a query; out (N, H, D).
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_packed(const float *qkv, const int64_t *offsets, int64_t sources, int64_t heads,
                         int64_t width, float scale, const float *bias, int64_t bias_head, int64_t bias_query,
                         float *out) {
    int64_t longest = 0, token = 3 * heads * width;
    for (int64_t b = 0; b < sources; b++)
        longest = offsets[b + 1] - offsets[b] > longest ? offsets[b + 1] - offsets[b] : longest;
    float *memory = malloc(rounded_up(longest) * (width + 1) * sizeof *memory);
    if (!memory) return 1;
    for (int64_t b = 0; b < sources; b++) {
        int64_t size = offsets[b + 1] - offsets[b], padded = rounded_up(size);
        float *scores = memory, *columns = memory + padded;
        for (int64_t h = 0; h < heads; h++) {
            const float *q = qkv + offsets[b] * token + h * width;
            const float *k = q + heads * width, *v = k + heads * width;
            memset(columns, 0, padded * width * sizeof *columns);
            for (int64_t s = 0; s < size; s++)
                for (int64_t d = 0; d < width; d++) columns[d * padded + s] = k[s * token + d];
            for (int64_t t = 0; t < size; t++) {
                int64_t s = 0;
                for (; s + 32 <= padded; s += 32) score(4, q + t * token, columns + s, width, padded, scores + s);
                for (; s < padded; s += 8) score(1, q + t * token, columns + s, width, padded, scores + s);
                finish_scores(scores, size, scale, bias ? bias + h * bias_head + t * bias_query : NULL);
                mix_values(scores, size, v, token, width, out + ((offsets[b] + t) * heads + h) * width);
            }
        }
    }
    free(memory);
    return 0;
}
