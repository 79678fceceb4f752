/* Attention of many tokens over each other in integers of 16 bits, two in 32 bits, of which VNNI multiplies twice as many
 * as of floats. Queries, keys and values have a scale for each token and head; so have a query's weights, which values'
 * scales are part of. */
#pragma once

#include "attention_scores.h"
#include "kept.h"

#define QUERIES 4        /* that look at once: a sum alone would wait for itself, and what is read serves all */
#define SEEN (2 * WIDE)  /* keys, or entries of values, that they look at together: a panel of keys */
#define SUMMED_TOKENS 32 /* whose products become floats together */
#define VALUE_LEVELS 4095
#define WEIGHT_LEVELS (INT32_MAX / SUMMED_TOKENS / VALUE_LEVELS)

/* One head of a source, and QUERIES tokens that look at it. */
typedef struct {
    int64_t size, padded, width, levels; /* tokens, whole SUMMED_TOKENS; entries; of queries and keys */
    int32_t *keys;                       /* panels of SEEN keys: (D / 2, SEEN), two entries in each */
    int32_t *values;                     /* (padded / 2, D), two tokens in each */
    float *scores;                       /* (QUERIES, padded) */
    float *key_scales, *value_scales;    /* (padded), zeros behind */
    int32_t *queries;                    /* (QUERIES, D / 2) */
    int16_t *weights;                    /* (QUERIES, padded) */
    float query_scales[QUERIES], weight_scales[QUERIES];
} integer_head;

INLINE int64_t whole_sums(int64_t size) { return (size + SUMMED_TOKENS - 1) / SUMMED_TOKENS * SUMMED_TOKENS; }

INLINE int64_t integer_head_bytes(int64_t size, int64_t width) {
    int64_t padded = whole_sums(size);
    return 4 * (padded * width + QUERIES * padded + 2 * padded + QUERIES * width / 2) + 2 * QUERIES * padded;
}

/* So that the sum of `width` products of two such integers fits in 32 bits. */
INLINE int64_t score_levels(int64_t width) {
    int64_t levels = (int64_t)sqrtf((float)INT32_MAX / (float)width) - 1;
    return levels < SHORT_LEVELS ? levels : SHORT_LEVELS;
}

INLINE integer_head integer_head_in(void *memory, int64_t size, int64_t width) {
    integer_head h = {.size = size, .padded = whole_sums(size), .width = width, .levels = score_levels(width)};
    h.keys = memory;
    h.values = h.keys + h.padded * width / 2;
    h.scores = (float *)(h.values + h.padded * width / 2);
    h.key_scales = h.scores + QUERIES * h.padded;
    h.value_scales = h.key_scales + h.padded;
    h.queries = (int32_t *)(h.value_scales + h.padded);
    h.weights = (int16_t *)(h.queries + QUERIES * width / 2);
    return h;
}

INLINE i32xw pairs_at(const void *p) {
    i32xw pairs;
    memcpy(&pairs, p, sizeof pairs);
    return pairs;
}

INLINE i32xw everywhere(const void *pair) {
    int32_t one;
    memcpy(&one, pair, sizeof one);
    return (i32xw){0} + one;
}

/* A vector's entries as integers, side by side. Returns what these are to be multiplied with. */
INLINE float lay_out_entries(const integer_head *h, const float *x, int32_t *pairs) {
    shortening by = shortening_for(x, h->width, h->levels);
    for (int64_t d = 0; d < h->width; d += WIDE)
        store_halves((int16_t *)pairs + d, nearest_wide(load_wide(x + d) * by.factor));
    return by.scale;
}

/* Each is `token` behind the one before. */
static void lay_out_integer_keys(integer_head *h, const float *k, int64_t token) {
    int64_t half = h->width / 2;
    int32_t *pairs = h->queries; /* which come later */
    memset(h->keys, 0, h->padded * half * sizeof *h->keys);
    memset(h->key_scales, 0, h->padded * sizeof *h->key_scales);
    for (int64_t s = 0; s < h->size; s++) {
        int32_t *panel = h->keys + s / SEEN * SEEN * half + s % SEEN;
        h->key_scales[s] = lay_out_entries(h, k + s * token, pairs);
        for (int64_t d = 0; d < half; d++) panel[d * SEEN] = pairs[d];
    }
}

static void lay_out_integer_values(integer_head *h, const float *v, int64_t token) {
    for (int64_t s = 0; s < h->padded; s += 2) {
        const float *two[2] = {v, v};
        shortening by[2] = {{0, 0}, {0, 0}}; /* what is not there counts for nothing */
        for (int i = 0; i < 2 && s + i < h->size; i++) {
            two[i] = v + (s + i) * token;
            by[i] = shortening_for(two[i], h->width, VALUE_LEVELS);
        }
        for (int i = 0; i < 2; i++) h->value_scales[s + i] = by[i].scale;
        for (int64_t d = 0; d < h->width; d += WIDE) {
            i32xw low = nearest_wide(load_wide(two[0] + d) * by[0].factor) & 0xffff;
            i32xw pairs = nearest_wide(load_wide(two[1] + d) * by[1].factor) << 16 | low;
            memcpy(h->values + s / 2 * h->width + d, &pairs, sizeof pairs);
        }
    }
}

/* Scores of all keys, which lack the queries' scales. */
static void score_integers(const integer_head *h) {
    int64_t half = h->width / 2;
    for (int64_t s = 0; s < h->padded; s += SEEN) {
        const int32_t *panel = h->keys + s * half;
        i32xw sums[QUERIES][2] = {0};
        for (int64_t d = 0; d < half; d++, panel += SEEN) {
            i32xw first = pairs_at(panel), second = pairs_at(panel + WIDE);
            for (int i = 0; i < QUERIES; i++) {
                i32xw query = everywhere(h->queries + i * half + d);
                sums[i][0] = add_wide_products(sums[i][0], query, first);
                sums[i][1] = add_wide_products(sums[i][1], query, second);
            }
        }
        for (int i = 0; i < QUERIES; i++)
            for (int j = 0; j < 2; j++) {
                f32xw scales = load_wide(h->key_scales + s + j * WIDE);
                store_wide(h->scores + i * h->padded + s + j * WIDE,
                           __builtin_convertvector(sums[i][j], f32xw) * scales);
            }
    }
}

/* Scores with their scale and bias, and the most of them; -inf behind the last one. */
INLINE float scale_scores(const integer_head *h, float *scores, float scale, const float *bias) {
    f32xw most = (f32xw){0} - INFINITY;
    int64_t whole = h->size / WIDE * WIDE;
    for (int64_t s = 0; s < whole; s += WIDE) {
        f32xw v = load_wide(scores + s) * scale;
        if (bias) v += load_wide(bias + s);
        store_wide(scores + s, v);
        most = max_wide(most, v);
    }
    for (int64_t s = whole; s < h->size; s++) scores[s] = scores[s] * scale + (bias ? bias[s] : 0);
    for (int64_t s = h->size; s < h->padded; s++) scores[s] = -INFINITY;
    if (whole < h->size) most = max_wide(most, load_wide(scores + whole));
    float largest = most[0];
    for (int i = 1; i < WIDE; i++) largest = most[i] > largest ? most[i] : largest;
    return largest;
}

/* Scores of query i -> weights as integers. Tokens round up at different parts of a unit, so that of many weights far
 * below one as many become one as together they come to. */
static void weigh_integers(integer_head *h, int i, float scale, const float *bias) {
    static const float parts[] = {1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31};
    float *row = h->scores + i * h->padded, largest = scale_scores(h, row, scale, bias);
    f32xw total = {0};
    i32xw most = {0};
    for (int64_t s = 0; s < h->padded; s += WIDE) {
        f32xw e = exp_wide(load_wide(row + s) - largest), weights = e * load_wide(h->value_scales + s);
        total += e;
        most = max_signed(most, (i32xw)weights & INT32_MAX);
        store_wide(row + s, weights);
    }
    float heaviest = float_of(highest_signed(most)), factor = WEIGHT_LEVELS / heaviest;
    int is_fit = isfinite(heaviest) && isfinite(factor); /* of values that are all zero none */
    float sum = sum8(added_halves(splat8(0), total));
    h->weight_scales[i] = is_fit ? heaviest / WEIGHT_LEVELS / sum : isfinite(heaviest) ? 0 : NAN;
    for (int64_t s = 0; s < h->padded; s += WIDE) {
        f32xw part = load_wide(parts + s % 16) * (1.0f / 32);
        f32xw whole = fused_wide(load_wide(row + s), splat_wide(is_fit ? factor : 0), part);
        store_halves(h->weights + i * h->padded + s, __builtin_convertvector(whole, i32xw));
    }
}

/* Entries of the results, from `first` on: `parts` registers, a constant where it is inlined. */
INLINE void mix_integers(const integer_head *h, const int parts, int64_t first, int64_t count, int64_t stride, float *out) {
    f32xw all[QUERIES][2] = {0};
    for (int64_t start = 0; start < h->padded; start += SUMMED_TOKENS) {
        i32xw sums[QUERIES][2] = {0};
        for (int64_t s = start; s < start + SUMMED_TOKENS; s += 2)
            for (int i = 0; i < QUERIES; i++)
                for (int j = 0; j < parts; j++)
                    sums[i][j] = add_wide_products(sums[i][j], everywhere(h->weights + i * h->padded + s),
                                                   pairs_at(h->values + s / 2 * h->width + first + j * WIDE));
        for (int i = 0; i < QUERIES; i++)
            for (int j = 0; j < parts; j++) all[i][j] += __builtin_convertvector(sums[i][j], f32xw);
    }
    for (int i = 0; i < QUERIES && i < count; i++)
        for (int j = 0; j < parts; j++) store_wide(out + i * stride + j * WIDE, all[i][j] * h->weight_scales[i]);
}

static void mix_all_integers(const integer_head *h, int64_t count, int64_t stride, float *out) {
    int64_t d = 0;
    for (; d + SEEN <= h->width; d += SEEN) mix_integers(h, 2, d, count, stride, out + d);
    if (d < h->width) mix_integers(h, 1, d, count, stride, out + d);
}
