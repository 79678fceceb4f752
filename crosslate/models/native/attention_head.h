/* One head's queries over kept keys and values. */
#pragma once

#include "attention_scores.h"
#include "kept.h"

#define LANES 4 /* that look at the same keys at once */
#define SUMMED 64 /* products of integers, in eight lanes, before they become floats */
#define QUERY_LEVELS (INT32_MAX / (SUMMED / 8) / SHORT_LEVELS) /* so that sums with keys have room */

/* Keys or values of one head: position s stands at s * stride, and where `origin` says that another lane wrote
 * it, so many lanes further on. Strides are in bytes. */
typedef struct {
    const char *base;
    int64_t stride, lane_stride;
    const int32_t *origin; /* NULL: all are the lane's own */
} positions;

INLINE const char *at(positions p, int64_t s) {
    return p.base + s * p.stride + (p.origin ? p.origin[s] * p.lane_stride : 0);
}

#define LINE_BYTES 64 /* that memory gives at once */

/* Asks for what the next head reads at position s, some bytes of it, while this one is at it: a head's keys are too few for
 * the CPU to see where they lead. Into the second cache, which can await more lines at once than the nearest. */
INLINE void ask_ahead(positions next, int64_t s, int64_t first, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += LINE_BYTES) __builtin_prefetch(at(next, s) + first + i, 0, 2);
}

/* Entries of a value, from `first` on, as floats. */
INLINE void open_value(form f, const int parts, const char *value, int64_t first, f32x8 *opened) {
    for (int i = 0; i < parts && f == FLOATS; i++) opened[i] = load8((const float *)value + first + 8 * i);
    for (int i = 0; i < parts && f == SHORTS; i += 2) {
        i32x8 halves = halves_at(value, first + 8 * i);
        opened[i] = upper_floats(halves), opened[i + 1] = lower_floats(halves);
    }
}

/* out[l][d] = sum over s of weights[l][s] * values[s][d], d from `first` on: `parts` vectors of 8 at once. Lanes and parts
 * are constants where it is inlined. */
INLINE void mix(const form f, const int lanes, const int parts, const float *weights, int64_t padded, int64_t size,
                positions values, positions next, int64_t first, int64_t width, float *out, int64_t apart) {
    f32x8 sums[LANES][4] = {0}, opened[4];
    int64_t from = kept_bytes(f, first);
    for (int64_t s = 0; s < size; s++) {
        ask_ahead(next, s, from, parts * (f == FLOATS ? 32 : 16));
        open_value(f, parts, at(values, s), first, opened);
        for (int l = 0; l < lanes; l++)
            for (int i = 0; i < parts; i++) sums[l][i] = fused8(splat8(weights[l * padded + s]), opened[i], sums[l][i]);
    }
    for (int l = 0; l < lanes; l++)
        for (int i = 0; i < parts && first + 8 * i < width; i++) store8(out + l * apart + first + 8 * i, sums[l][i]);
}

INLINE void mix_values(const form f, const int lanes, const float *weights, int64_t padded, int64_t size, positions values,
                       positions next, int64_t width, float *out, int64_t apart) {
    const int parts = lanes > 2 ? 2 : 4, last = f == FLOATS ? 1 : 2; /* as many sums as registers hold */
    int64_t d = 0;
    for (; d + 8 * parts <= width; d += 8 * parts)
        mix(f, lanes, parts, weights, padded, size, values, next, d, width, out, apart);
    for (; d < width; d += 8 * last)
        mix(f, lanes, last, weights, padded, size, values, next, d, width, out, apart);
}

/* weights[s] *= the scale of value s, which its integers lack. */
INLINE void weigh_scales(float *weights, int64_t size, positions values) {
    for (int64_t s = 0; s < size; s++) weights[s] *= scale_of(at(values, s));
}

/* (a0+a1, a2+a3, b0+b1, b2+b3, then the same of the upper halves) */
INLINE f32x8 add_pairs(f32x8 a, f32x8 b) {
    return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* A query and a few keys, multiplied entry by entry, with sums of eight lanes each. `count` is a constant where it is
 * inlined, up to 4. */
INLINE void multiply_floats(int count, const char *q, const char *const key[4], int64_t width, f32x8 sums[4]) {
    for (int64_t d = 0; d < width; d += 8) {
        f32x8 part = load8((const float *)q + d);
        for (int i = 0; i < count; i++) sums[i] = fused8(part, load8((const float *)key[i] + d), sums[i]);
    }
}

INLINE void multiply_shorts(int count, const char *q, const char *const key[4], int64_t width, f32x8 sums[4]) {
    for (int64_t first = 0; first < width; first += SUMMED) {
        i32x8 whole[4] = {0};
        for (int64_t d = first; d < width && d < first + SUMMED; d += GROUP_SIZE) {
            i32x8 part = halves_at(q, d);
            for (int i = 0; i < count; i++) whole[i] = add_products(whole[i], part, halves_at(key[i], d));
        }
        for (int i = 0; i < count; i++)
            sums[i] = fused8(__builtin_convertvector(whole[i], f32x8), splat8(scale_of(key[i])), sums[i]);
    }
}

/* Their scores, added up side by side. */
INLINE void score_four(const form f, int count, const char *q, const char *const key[4], int64_t width, float *scores) {
    f32x8 sums[4] = {splat8(0), splat8(0), splat8(0), splat8(0)};
    if (f == FLOATS)
        multiply_floats(count, q, key, width, sums);
    else
        multiply_shorts(count, q, key, width, sums);
    f32x8 all = add_pairs(add_pairs(sums[0], sums[1]), add_pairs(sums[2], sums[3]));
    f32x8 joined = all + __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3);
    memcpy(scores, &joined, count * sizeof *scores);
}

/* The same from key s on, for all lanes, whose queries have the keys' form and are `apart` bytes from each other. */
INLINE void score_some(const form f, const int lanes, int count, const char *q, int64_t apart, positions keys, int64_t s,
                       positions next, int64_t width, float *scores, int64_t padded) {
    const char *key[4];
    for (int i = 0; i < count; i++) {
        key[i] = at(keys, s + i);
        ask_ahead(next, s + i, 0, kept_bytes(f, width));
    }
    for (int l = 0; l < lanes; l++) score_four(f, count, q + l * apart, key, width, scores + l * padded + s);
}

/* scores (L, size): q (L, D) times keys (S, D). */
INLINE void score_keys(const form f, const int lanes, const char *q, int64_t apart, positions keys, int64_t size,
                       positions next, int64_t width, float *scores, int64_t padded) {
    int64_t s = 0;
    for (; s + 4 <= size; s += 4) score_some(f, lanes, 4, q, apart, keys, s, next, width, scores, padded);
    for (; s < size; s++) score_some(f, lanes, 1, q, apart, keys, s, next, width, scores, padded);
}

/* Keys and values (R, H, S, D), dense in (S, D), with the strides of a row and of a head in bytes. */
typedef struct {
    char *keys, *values;
    int64_t row_stride, head_stride, heads, width;
} cache;

/* Strides are of entries here; see `kept_bytes`. */
INLINE cache cache_of(form f, void *keys, void *values, int64_t row_stride, int64_t head_stride, int64_t heads,
                      int64_t width) {
    int64_t entry = f == FLOATS ? sizeof(float) : sizeof(int16_t);
    return (cache){keys, values, row_stride * entry, head_stride * entry, heads, width};
}

/* Who looks at a cache: q (R, W, H, D), dense in (H, D), with the stride of a lane; of row r the first lengths[r] keys;
 * bias NULL or (R, H, S) with its strides (0: shared); told NULL or (R, W, H, S) with the strides of a lane and of a
 * head, for the weights; out (R, W, H, D), dense. */
typedef struct {
    const float *q;
    int64_t q_lane;
    const int64_t *lengths;
    int64_t rows, lanes;
    float scale;
    const float *bias;
    int64_t bias_row, bias_head;
    float *told;
    int64_t told_lane, told_head;
    float *out;
} queries;

/* What a head's queries need besides: scores (L, S), and queries as integers (L, D). */
typedef struct {
    float *scores;
    char *shorts;
} scratch;

/* One head of `lanes` (a constant where it is inlined, as the form) queries, the first of which is number `first`, over the
 * same keys of row `r`, some of which other rows hold: see `positions`. */
INLINE void attend_head(const form f, const int lanes, const cache *c, const queries *n, int64_t first, int64_t r,
                        int64_t size, const int32_t *origin, const float *bias, int64_t h, scratch space) {
    int64_t start = r * c->row_stride + h * c->head_stride, padded = rounded_up(size), inner = c->heads * c->width;
    int64_t onward = h + 1 < c->heads ? c->head_stride : c->row_stride - h * c->head_stride; /* to the next row */
    int64_t bytes = kept_bytes(f, c->width);
    const float *q = n->q + first * n->q_lane + h * c->width;
    float *out = n->out + first * inner + h * c->width, *scores = space.scores;
    positions keys = {c->keys + start, bytes, c->row_stride, origin}, values = keys;
    values.base = c->values + start;
    positions next_keys = keys, next_values = values;
    next_keys.base += onward, next_values.base += onward;
    if (f == FLOATS) {
        score_keys(f, lanes, (const char *)q, n->q_lane * sizeof *q, keys, size, next_keys, c->width, scores, padded);
    } else {
        for (int l = 0; l < lanes; l++)
            keep_shorts(0, q + l * n->q_lane, c->width, QUERY_LEVELS, space.shorts + l * bytes);
        score_keys(f, lanes, space.shorts, bytes, keys, size, next_keys, c->width, scores, padded);
    }
    for (int l = 0; l < lanes; l++) {
        float scale = f == FLOATS ? n->scale : n->scale * scale_of(space.shorts + l * bytes);
        finish_scores(scores + l * padded, size, scale, bias ? bias + h * n->bias_head : NULL);
        if (n->told)
            memcpy(n->told + (first + l) * n->told_lane + h * n->told_head, scores + l * padded, size * sizeof *scores);
        if (f == SHORTS) weigh_scales(scores + l * padded, size, values);
    }
    mix_values(f, lanes, scores, padded, size, values, next_values, c->width, out, inner);
}
