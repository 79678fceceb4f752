/* Attention of new tokens over what is kept of others: see attention.h. */
#include "attention.h"
#include "kernels.h"
#include "team.h"

#define LANES 4 /* that look at the same keys at once */

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

/* out[l][d] = sum over s of weights[l][s] * values[s][d]: `parts` vectors of 8 at once. Lanes and parts are constants
 * where it is inlined. */
INLINE void mix(const int lanes, const int parts, const float *weights, int64_t padded, int64_t size, positions values,
                positions next, float *out, int64_t apart) {
    f32x8 sums[LANES][4] = {0};
    for (int64_t s = 0; s < size; s++) {
        for (int i = 0; i < parts; i += 2) ask_ahead(next, s, 8 * i);
        const float *value = at(values, s);
        for (int l = 0; l < lanes; l++)
            for (int i = 0; i < parts; i++) sums[l][i] += weights[l * padded + s] * load8(value + 8 * i);
    }
    for (int l = 0; l < lanes; l++)
        for (int i = 0; i < parts; i++) store8(out + l * apart + 8 * i, sums[l][i]);
}

INLINE void mix_values(const int lanes, const float *weights, int64_t padded, int64_t size, positions values,
                       positions next, int64_t width, float *out, int64_t apart) {
    const int parts = lanes > 2 ? 2 : 4; /* as many sums as registers hold */
    int64_t d = 0, step = 8 * parts;
    for (; d + step <= width; d += step, values.base += step, next.base += step)
        mix(lanes, parts, weights, padded, size, values, next, out + d, apart);
    for (; d < width; d += 8, values.base += 8, next.base += 8)
        mix(lanes, 1, weights, padded, size, values, next, out + d, apart);
}

/* (a0+a1, a2+a3, b0+b1, b2+b3, then the same of the upper halves) */
INLINE f32x8 add_pairs(f32x8 a, f32x8 b) {
    return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* Scores of `count` (a constant where it is inlined, up to 4) keys from `s` on, added up side by side. */
INLINE void score_four(int count, const float *q, const float *const key[4], int64_t width, float *scores) {
    f32x8 sums[4] = {splat8(0), splat8(0), splat8(0), splat8(0)};
    for (int64_t d = 0; d < width; d += 8) {
        f32x8 part = load8(q + d);
        for (int i = 0; i < count; i++) sums[i] += part * load8(key[i] + d);
    }
    f32x8 all = add_pairs(add_pairs(sums[0], sums[1]), add_pairs(sums[2], sums[3]));
    f32x8 joined = all + __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3);
    memcpy(scores, &joined, count * sizeof *scores);
}

/* The same for all lanes. */
INLINE void score_some(const int lanes, int count, const float *q, int64_t apart, positions keys, int64_t s,
                       positions next, int64_t width, float *scores, int64_t padded) {
    const float *key[4];
    for (int i = 0; i < count; i++) {
        key[i] = at(keys, s + i);
        for (int64_t d = 0; d < width; d += 16) ask_ahead(next, s + i, d);
    }
    for (int l = 0; l < lanes; l++) score_four(count, q + l * apart, key, width, scores + l * padded + s);
}

/* scores (L, size): q (L, D) times keys (S, D). */
INLINE void score_keys(const int lanes, const float *q, int64_t apart, positions keys, int64_t size, positions next,
                       int64_t width, float *scores, int64_t padded) {
    int64_t s = 0;
    for (; s + 4 <= size; s += 4) score_some(lanes, 4, q, apart, keys, s, next, width, scores, padded);
    for (; s < size; s++) score_some(lanes, 1, q, apart, keys, s, next, width, scores, padded);
}

/* Keys and values (R, H, S, D), dense in (S, D), with the strides of a row and of a head. */
typedef struct {
    float *keys, *values;
    int64_t row_stride, head_stride, heads, width;
} cache;

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

/* One head of `lanes` (a constant where it is inlined) queries, the first of which is number `first`, over the same keys
 * of row `r`, some of which other rows hold: see `positions`. scores is scratch space. */
INLINE void attend_head(const int lanes, const cache *c, const queries *n, int64_t first, int64_t r, int64_t size,
                        const int32_t *origin, const float *bias, int64_t h, float *scores) {
    int64_t start = r * c->row_stride + h * c->head_stride, padded = rounded_up(size), inner = c->heads * c->width;
    int64_t onward = h + 1 < c->heads ? c->head_stride : c->row_stride - h * c->head_stride; /* to the next row */
    const float *q = n->q + first * n->q_lane + h * c->width;
    float *out = n->out + first * inner + h * c->width;
    positions keys = {c->keys + start, c->width, c->row_stride, origin}, values = keys;
    values.base = c->values + start;
    positions next_keys = keys, next_values = values;
    next_keys.base += onward, next_values.base += onward;
    score_keys(lanes, q, n->q_lane, keys, size, next_keys, c->width, scores, padded);
    for (int l = 0; l < lanes; l++) {
        finish_scores(scores + l * padded, size, n->scale, bias ? bias + h * n->bias_head : NULL);
        if (n->told)
            memcpy(n->told + (first + l) * n->told_lane + h * n->told_head, scores + l * padded, size * sizeof *scores);
    }
    mix_values(lanes, scores, padded, size, values, next_values, c->width, out, inner);
}

/* One head of all lanes of a row, some at a time: what is read serves all of them. */
static void attend_lanes(const cache *c, const queries *n, int64_t r, int64_t h, float *scores) {
    const float *bias = n->bias ? n->bias + r * n->bias_row : NULL;
    for (int64_t lane = 0, left; (left = n->lanes - lane) > 0; lane += LANES) {
        int64_t first = r * n->lanes + lane, size = n->lengths[r];
        if (left >= 4)
            attend_head(4, c, n, first, r, size, NULL, bias, h, scores);
        else if (left == 3)
            attend_head(3, c, n, first, r, size, NULL, bias, h, scores);
        else if (left == 2)
            attend_head(2, c, n, first, r, size, NULL, bias, h, scores);
        else
            attend_head(1, c, n, first, r, size, NULL, bias, h, scores);
    }
}

static float *scores_for(const queries *n, int64_t lanes) {
    int64_t longest = 8;
    for (int64_t r = 0; r < n->rows; r++) longest = n->lengths[r] > longest ? n->lengths[r] : longest;
    return malloc(rounded_up(longest) * lanes * sizeof(float));
}

/* How many of the threads are worth waking where `lanes` queries look at each row. */
static int64_t worth(const cache *c, const queries *n, int64_t lanes, int64_t threads) {
    int64_t size = 0;
    for (int64_t r = 0; r < n->rows; r++) size += n->lengths[r];
    return threads_for(2 * size * lanes * c->heads * c->width, threads);
}

typedef struct {
    const cache *cache;
    const queries *queries;
    atomic_int failed;
} looking;

/* A part of all rows' heads. */
static void look(void *context, int64_t part, int64_t parts) {
    looking *k = context;
    const queries *n = k->queries;
    int64_t heads = k->cache->heads, all = n->rows * heads;
    float *scores = scores_for(n, n->lanes < LANES ? n->lanes : LANES);
    if (!scores) {
        k->failed = 1;
        return;
    }
    for (int64_t i = all * part / parts; i < all * (part + 1) / parts; i++)
        attend_lanes(k->cache, n, i / heads, i % heads, scores);
    free(scores);
}

/* Queries of each lane over the keys that its row's lanes share.
 *
 * q and out (R, W, H, D), dense; keys and values (R, H, S, D), dense in (S, D), with the strides of a row and
 * of a head; lengths (R): how many of a row's keys count; bias NULL or (R, H, S) with its strides (0: shared);
 * told NULL or (R, W, H, S) with the strides of a lane and of a head, for the weights.
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_cached(const float *q, float *keys, float *values, const int64_t *lengths, int64_t rows,
                         int64_t lanes, int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride,
                         float scale, const float *bias, int64_t bias_row, int64_t bias_head, int64_t threads,
                         float *out) {
    return attend_and_tell(q, keys, values, lengths, rows, lanes, heads, width, row_stride, head_stride, scale, bias,
                           bias_row, bias_head, NULL, 0, 0, threads, out);
}

int attend_and_tell(const float *q, float *keys, float *values, const int64_t *lengths, int64_t rows, int64_t lanes,
                    int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                    const float *bias, int64_t bias_row, int64_t bias_head, float *told, int64_t told_lane,
                    int64_t told_head, int64_t threads, float *out) {
    cache c = {keys, values, row_stride, head_stride, heads, width};
    queries n = {q,    heads * width, lengths,   rows, lanes, scale,
                 bias, bias_row,      bias_head, told, told_lane, told_head, out};
    looking k = {&c, &n, 0};
    share_work(worth(&c, &n, lanes, threads), look, &k);
    return k.failed;
}

typedef struct {
    const cache *cache;
    const queries *queries;
    int32_t *origins;
    int64_t origins_row;
    atomic_int failed;
} appending;

/* The key and the value of row r's new token join its cache. */
static void append(const cache *c, const queries *n, int64_t r) {
    const float *new = n->q + r * n->q_lane + c->heads * c->width;
    for (int64_t h = 0; h < c->heads; h++) {
        int64_t place = r * c->row_stride + h * c->head_stride + (n->lengths[r] - 1) * c->width;
        memcpy(c->keys + place, new + h * c->width, c->width * sizeof *new);
        memcpy(c->values + place, new + (c->heads + h) * c->width, c->width * sizeof *new);
    }
}

/* A part of the rows. */
static void append_and_look(void *context, int64_t part, int64_t parts) {
    appending *k = context;
    const queries *n = k->queries;
    float *scores = scores_for(n, 1);
    if (!scores) {
        k->failed = 1;
        return;
    }
    for (int64_t r = n->rows * part / parts; r < n->rows * (part + 1) / parts; r++) {
        int32_t *origin = k->origins ? k->origins + r * k->origins_row : NULL;
        int64_t lane = origin ? r % n->lanes : 0;
        append(k->cache, n, r);
        if (origin) origin[n->lengths[r] - 1] = (int32_t)lane;
        for (int64_t h = 0; h < k->cache->heads; h++)
            attend_head(1, k->cache, n, r, r - lane, n->lengths[r], origin, n->bias ? n->bias + r * n->bias_row : NULL, h,
                        scores);
    }
    free(scores);
}

/* One new token per row: its key and value join the row's cache as the last of `lengths`, then its query looks
 * at them all. qkv (R, 3, H, D), dense; out (R, H, D); the rest as above.
 * Rows are lanes here, `lanes` of them to a sequence; origins NULL or (R, S) with the stride of a row: the lane
 * of the same sequence that wrote each position, which is the lane itself for the new one. */
EXPORT int attend_appended(const float *qkv, float *keys, float *values, const int64_t *lengths,
                           int32_t *origins, int64_t origins_row, int64_t rows, int64_t lanes,
                           int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                           const float *bias, int64_t bias_row, int64_t bias_head, int64_t threads, float *out) {
    cache c = {keys, values, row_stride, head_stride, heads, width};
    queries n = {qkv, 3 * heads * width, lengths, rows, lanes, scale, bias, bias_row, bias_head, NULL, 0, 0, out};
    appending k = {&c, &n, origins, origins_row, 0};
    share_work(worth(&c, &n, 1, threads), append_and_look, &k);
    return k.failed;
}
