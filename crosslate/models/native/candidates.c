/* Scores of a few outputs per source: a shortlist's. What a source may choose from does not change while it is
 * decoded, so that the matrix' rows for it are copied side by side once: where they lie far apart, a step waits
 * for memory most of the time. */
#include "candidate_dots.h"
#include "int8_rows.h"
#include "kernels.h"

#define AHEAD 16 /* candidates */

/* One source's candidates: rows of the output matrix, signed 8-bit, their scales and biases; behind the last one
 * the bias is -inf. */
typedef struct {
    const int8_t *weights;
    const float *sums, *scales, *bias; /* sums: of each one's weights */
    const int64_t *ids;
    int64_t count; /* padded */
} candidates;

/* Asks for a row of weights that is read a little later: none of them is in the cache. */
INLINE void prefetch(const int8_t *w, int64_t size) {
    for (int64_t k = 0; k < size; k += 64) __builtin_prefetch(w + k);
}

/* weights (V, K), and sums, scales and bias (V, or NULL for zeros) of `ids` -> (size, K) and thrice (size), where the
 * ids behind the first `count` are any. */
EXPORT void gather_candidates(const int8_t *weights, const float *sums, const float *scales, const float *bias,
                              int64_t inputs, const int64_t *ids, int64_t count, int64_t size, int8_t *own_weights,
                              float *own_sums, float *own_scales, float *own_bias) {
    for (int64_t c = 0; c < size; c++) {
        if (c + AHEAD < size) prefetch(weights + ids[c + AHEAD] * inputs, inputs);
        memcpy(own_weights + c * inputs, weights + ids[c] * inputs, inputs);
        own_sums[c] = sums[ids[c]];
        own_scales[c] = scales[ids[c]];
        own_bias[c] = c >= count ? -INFINITY : bias ? bias[ids[c]] : 0.0f;
    }
}

INLINE int64_t whole_chunks(int64_t inputs) { return (inputs + CHUNK - 1) / CHUNK * CHUNK; }

/* y (padded): the scores of one row's candidates. Their products are few, so that activations have two bytes. */
static void score_row(const float *x, int64_t inputs, const candidates *of, uint8_t *q, float *y) {
    int64_t width = whole_chunks(inputs), whole = inputs / CHUNK * CHUNK;
    range row;
    quantize_rows(x, NULL, 1, inputs, width, FINE_LEVELS, q, &row);
    for (int64_t c = 0; c < of->count; c += BLOCK) {
        const int8_t *w = of->weights + c * inputs;
        for (int64_t i = 0; i < BLOCK && c + i + AHEAD < of->count; i++) prefetch(w + (i + AHEAD) * inputs, inputs);
        i32x8 sums[2];
        dot_block(q, width, w, inputs, whole, of->sums + c, sums);
        for (int64_t k = whole; k < inputs; k++)
            for (int i = 0; i < BLOCK; i++) {
                sums[0][i] += (q[k] - SIGNED_OFFSET) * w[i * inputs + k];
                sums[1][i] += (q[width + k] - SIGNED_OFFSET) * w[i * inputs + k];
            }
        f32x8 low = __builtin_convertvector(sums[1], f32x8);
        f32x8 all = fused8(__builtin_convertvector(sums[0], f32x8), splat8(RADIX), low);
        f32x8 scores = fused8(all, splat8(row.scale), load8(of->sums + c) * row.least) * load8(of->scales + c);
        store8(y + c, scores + load8(of->bias + c));
    }
}

/* x (R * W, K): W lanes of each of R sources; y (R * W, width), -inf behind a row's candidates. Returns 0, or 1
 * where memory ran out. */
EXPORT int candidate_scores(const float *x, int64_t rows, int64_t lanes, int64_t inputs, const candidates *sources,
                            int64_t width, float *y) {
    uint8_t *q = malloc(2 * whole_chunks(inputs));
    if (!q) return 1;
    for (int64_t r = 0; r < rows * lanes; r++, x += inputs, y += width) {
        const candidates *own = &sources[r / lanes];
        score_row(x, inputs, own, q, y);
        for (int64_t c = own->count; c < width; c++) y[c] = -INFINITY;
    }
    free(q);
    return 0;
}

/* The likeliest candidate of each lane and its natural log-probability (NaN where the lane has a NaN): x as above;
 * ids and log_probs (R * W). Returns 0, or 1 where memory ran out. */
EXPORT int best_candidates(const float *x, int64_t rows, int64_t lanes, int64_t inputs, const candidates *sources,
                           int64_t width, int64_t *ids, float *log_probs) {
    uint8_t *q = malloc(2 * whole_chunks(inputs));
    float *y = malloc(width * sizeof *y);
    for (int64_t r = 0; q && y && r < rows * lanes; r++) {
        const candidates *own = &sources[r / lanes];
        score_row(x + r * inputs, inputs, own, q, y);
        highest_scores(y, 1, own->count, 1, ids + r, log_probs + r);
        ids[r] = own->ids[ids[r]];
    }
    int failed = !q || !y;
    free(q), free(y);
    return failed;
}
