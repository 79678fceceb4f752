/* Scaled dot-product attention in float32 over rows of unequal length: no padding is computed, so that what
 * a row gets does not depend on how long the others are. The width of a head is a multiple of 8. */
#include "kernels.h"

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
    for (int64_t i = 0; i < padded; i += 8) {
        f32x8 e = exp8(load8(scores + i) - largest);
        store8(scores + i, e);
        sum += e;
    }
    float inverse = 1.0f / sum8(sum);
    for (int64_t i = 0; i < padded; i += 8) store8(scores + i, load8(scores + i) * inverse);
}

/* Keys or values of one head: position s stands at s * stride, and where `origin` says that another lane wrote
 * it, so many lanes further on. */
typedef struct {
    const float *base;
    int64_t stride, lane_stride;
    const int32_t *origin; /* NULL: all are the lane's own */
} positions;

INLINE const float *at(positions p, int64_t s) {
    return p.base + s * p.stride + (p.origin ? p.origin[s] * p.lane_stride : 0);
}

/* Asks for what the next head reads at position s, 16 numbers from `d` on, while this one is at it: a head's keys are too
 * few for the CPU to see where they lead. Into the second cache, which can await more lines at once than the nearest. */
INLINE void ask_ahead(positions next, int64_t s, int64_t d) { __builtin_prefetch(at(next, s) + d, 0, 2); }

/* sum over s of weights[s] * values[s]: `parts` (a constant where it is inlined) vectors of 8 at once. */
INLINE void mix(int parts, const float *weights, int64_t size, positions values, positions next, float *out) {
    f32x8 sums[4];
    for (int i = 0; i < parts; i++) sums[i] = splat8(0);
    for (int64_t s = 0; s < size; s++) {
        for (int i = 0; i < parts; i += 2) ask_ahead(next, s, 8 * i);
        for (int i = 0; i < parts; i++) sums[i] += weights[s] * load8(at(values, s) + 8 * i);
    }
    for (int i = 0; i < parts; i++) store8(out + 8 * i, sums[i]);
}

INLINE void mix_values(const float *weights, int64_t size, positions values, positions next, int64_t width, float *out) {
    int64_t d = 0;
    for (; d + 32 <= width; d += 32, values.base += 32, next.base += 32) mix(4, weights, size, values, next, out + d);
    for (; d < width; d += 8, values.base += 8, next.base += 8) mix(1, weights, size, values, next, out + d);
}

/* (a0+a1, a2+a3, b0+b1, b2+b3, then the same of the upper halves) */
INLINE f32x8 add_pairs(f32x8 a, f32x8 b) {
    return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* Scores of `count` (a constant where it is inlined, up to 4) keys from `s` on, added up side by side. */
INLINE void score_four(int count, const float *q, positions keys, int64_t s, positions next, int64_t width,
                       float *scores) {
    f32x8 sums[4] = {splat8(0), splat8(0), splat8(0), splat8(0)};
    const float *key[4];
    for (int i = 0; i < count; i++) {
        key[i] = at(keys, s + i);
        for (int64_t d = 0; d < width; d += 16) ask_ahead(next, s + i, d);
    }
    for (int64_t d = 0; d < width; d += 8) {
        f32x8 part = load8(q + d);
        for (int i = 0; i < count; i++) sums[i] += part * load8(key[i] + d);
    }
    f32x8 all = add_pairs(add_pairs(sums[0], sums[1]), add_pairs(sums[2], sums[3]));
    f32x8 joined = all + __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3);
    memcpy(scores + s, &joined, count * sizeof *scores);
}

/* scores (size): q (D) times keys (S, D). */
INLINE void score_keys(const float *q, positions keys, int64_t size, positions next, int64_t width, float *scores) {
    int64_t s = 0;
    for (; s + 4 <= size; s += 4) score_four(4, q, keys, s, next, width, scores);
    for (; s < size; s++) score_four(1, q, keys, s, next, width, scores);
}

/* Keys and values (R, H, S, D), dense in (S, D), with the strides of a row and of a head. */
typedef struct {
    float *keys, *values;
    int64_t row_stride, head_stride, heads, width;
} cache;

/* All heads of one query (H, D) over the first `size` keys of row `r`, some of which other rows hold: see
 * `positions`. scores is scratch space; told NULL or (H, S), with the stride of a head, for the weights. */
INLINE void attend_row(const cache *c, int64_t r, const int32_t *origin, const float *q, int64_t size, float scale,
                       const float *bias, int64_t bias_head, float *scores, float *told, int64_t told_head,
                       float *out) {
    for (int64_t h = 0; h < c->heads; h++) {
        int64_t start = r * c->row_stride + h * c->head_stride;
        int64_t onward = h + 1 < c->heads ? c->head_stride : c->row_stride - h * c->head_stride; /* to the next row */
        positions keys = {c->keys + start, c->width, c->row_stride, origin}, values = keys;
        values.base = c->values + start;
        positions next_keys = keys, next_values = values;
        next_keys.base += onward, next_values.base += onward;
        score_keys(q + h * c->width, keys, size, next_keys, c->width, scores);
        finish_scores(scores, size, scale, bias ? bias + h * bias_head : NULL);
        if (told) memcpy(told + h * told_head, scores, size * sizeof *scores);
        mix_values(scores, size, values, next_values, c->width, out + h * c->width);
    }
}

static float *scores_for(const int64_t *lengths, int64_t rows) {
    int64_t longest = 8;
    for (int64_t r = 0; r < rows; r++) longest = lengths[r] > longest ? lengths[r] : longest;
    return malloc(rounded_up(longest) * sizeof(float));
}

/* Queries of each lane over the keys that its row's lanes share.
 *
 * q and out (R, W, H, D), dense; keys and values (R, H, S, D), dense in (S, D), with the strides of a row and
 * of a head; lengths (R): how many of a row's keys count; bias NULL or (R, H, S) with its strides (0: shared);
 * told NULL or (R, W, H, S) with the strides of a lane and of a head, for the weights.
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_cached(const float *q, float *keys, float *values, const int64_t *lengths, int64_t rows,
                         int64_t lanes, int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride,
                         float scale, const float *bias, int64_t bias_row, int64_t bias_head, float *out) {
    return attend_and_tell(q, keys, values, lengths, rows, lanes, heads, width, row_stride, head_stride, scale, bias,
                           bias_row, bias_head, NULL, 0, 0, out);
}

int attend_and_tell(const float *q, float *keys, float *values, const int64_t *lengths, int64_t rows, int64_t lanes,
                    int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                    const float *bias, int64_t bias_row, int64_t bias_head, float *told, int64_t told_lane,
                    int64_t told_head, float *out) {
    cache c = {keys, values, row_stride, head_stride, heads, width};
    float *scores = scores_for(lengths, rows);
    if (!scores) return 1;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t lane = 0; lane < lanes; lane++) {
            int64_t number = r * lanes + lane, place = number * heads * width;
            const float *row_bias = bias ? bias + r * bias_row : NULL;
            attend_row(&c, r, NULL, q + place, lengths[r], scale, row_bias, bias_head, scores,
                       told ? told + number * told_lane : NULL, told_head, out + place);
        }
    }
    free(scores);
    return 0;
}

/* One new token per row: its key and value join the row's cache as the last of `lengths`, then its query looks
 * at them all. qkv (R, 3, H, D), dense; out (R, H, D); the rest as above.
 * Rows are lanes here, `lanes` of them to a sequence; origins NULL or (R, S) with the stride of a row: the lane
 * of the same sequence that wrote each position, which is the lane itself for the new one. */
EXPORT int attend_appended(const float *qkv, float *keys, float *values, const int64_t *lengths,
                           int32_t *origins, int64_t origins_row, int64_t rows, int64_t lanes,
                           int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                           const float *bias, int64_t bias_row, int64_t bias_head, float *out) {
    cache c = {keys, values, row_stride, head_stride, heads, width};
    int64_t inner = heads * width;
    float *scores = scores_for(lengths, rows);
    if (!scores) return 1;
    for (int64_t r = 0; r < rows; r++) {
        const float *q = qkv + r * 3 * inner, *row_bias = bias ? bias + r * bias_row : NULL;
        for (int64_t h = 0; h < heads; h++) {
            int64_t place = r * row_stride + h * head_stride + (lengths[r] - 1) * width;
            memcpy(keys + place, q + inner + h * width, width * sizeof *q);
            memcpy(values + place, q + 2 * inner + h * width, width * sizeof *q);
        }
        if (origins) {
            int32_t *origin = origins + r * origins_row;
            int64_t lane = r % lanes;
            origin[lengths[r] - 1] = (int32_t)lane;
            attend_row(&c, r - lane, origin, q, lengths[r], scale, row_bias, bias_head, scores, NULL, 0,
                       out + r * inner);
        } else
            attend_row(&c, r, NULL, q, lengths[r], scale, row_bias, bias_head, scores, NULL, 0, out + r * inner);
    }
    free(scores);
    return 0;
}

#define QUERIES 4 /* that look at once: a sum alone would wait for itself, and what is read serves all */

/* scores[i][s] = sum over d of queries[i][d] * keys[d][s]: `parts` vectors of 8 keys at once. */
INLINE void score(int parts, const float *const queries[QUERIES], const float *keys, int64_t width, int64_t padded,
                  float *scores) {
    f32x8 sums[QUERIES][2];
    for (int i = 0; i < QUERIES; i++)
        for (int j = 0; j < parts; j++) sums[i][j] = splat8(0);
    for (int64_t d = 0; d < width; d++)
        for (int i = 0; i < QUERIES; i++)
            for (int j = 0; j < parts; j++) sums[i][j] += queries[i][d] * load8(keys + d * padded + 8 * j);
    for (int i = 0; i < QUERIES; i++)
        for (int j = 0; j < parts; j++) store8(scores + i * padded + 8 * j, sums[i][j]);
}

/* out[i] = sum over s of weights[i][s] * values[s]: `parts` vectors of 8 at once. */
INLINE void mix_for_all(int parts, const float *weights, int64_t padded, int64_t size, const float *values,
                        int64_t token, int64_t count, int64_t stride, float *out) {
    f32x8 sums[QUERIES][2];
    for (int i = 0; i < QUERIES; i++)
        for (int j = 0; j < parts; j++) sums[i][j] = splat8(0);
    for (int64_t s = 0; s < size; s++)
        for (int i = 0; i < QUERIES; i++)
            for (int j = 0; j < parts; j++) sums[i][j] += weights[i * padded + s] * load8(values + s * token + 8 * j);
    for (int i = 0; i < QUERIES && i < count; i++)
        for (int j = 0; j < parts; j++) store8(out + i * stride + 8 * j, sums[i][j]);
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
    float *memory = malloc(rounded_up(longest) * (width + QUERIES) * sizeof *memory);
    if (!memory) return 1;
    for (int64_t b = 0; b < sources; b++) {
        int64_t size = offsets[b + 1] - offsets[b], padded = rounded_up(size);
        float *scores = memory, *columns = memory + QUERIES * padded;
        for (int64_t h = 0; h < heads; h++) {
            const float *q = qkv + offsets[b] * token + h * width;
            const float *k = q + heads * width, *v = k + heads * width;
            memset(columns, 0, padded * width * sizeof *columns);
            for (int64_t s = 0; s < size; s++)
                for (int64_t d = 0; d < width; d++) columns[d * padded + s] = k[s * token + d];
            for (int64_t t = 0, s, d; t < size; t += QUERIES) {
                int64_t count = size - t < QUERIES ? size - t : QUERIES;
                const float *queries[QUERIES];
                for (int64_t i = 0; i < QUERIES; i++) queries[i] = q + (t + (i < count ? i : 0)) * token;
                for (s = 0; s + 16 <= padded; s += 16) score(2, queries, columns + s, width, padded, scores + s);
                if (s < padded) score(1, queries, columns + s, width, padded, scores + s);
                for (int64_t i = 0; i < count; i++)
                    finish_scores(scores + i * padded, size, scale,
                                  bias ? bias + h * bias_head + (t + i) * bias_query : NULL);
                float *to = out + ((offsets[b] + t) * heads + h) * width;
                for (d = 0; d + 16 <= width; d += 16)
                    mix_for_all(2, scores, padded, size, v + d, token, count, heads * width, to + d);
                if (d < width) mix_for_all(1, scores, padded, size, v + d, token, count, heads * width, to + d);
            }
        }
    }
    free(memory);
    return 0;
}
