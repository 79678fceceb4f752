/* Scores of a few outputs per source: a shortlist's. What a source may choose from does not change while it is
 * decoded, so that the matrix' rows for it are copied side by side once: where they lie far apart, a step waits
 * for memory most of the time. */
#include "common.h"
#include "kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define BLOCK 8 /* candidates: what is there is padded to whole ones */
#define AHEAD 16 /* candidates */

/* One source's candidates: rows of the output matrix, signed 8-bit, their scales and biases; behind the last one
 * the bias is -inf. */
typedef struct {
    const int8_t *weights;
    const float *scales, *bias;
    const int64_t *ids;
    int64_t count; /* padded */
} candidates;

/* Asks for a row of weights that is read a little later: none of them is in the cache. */
INLINE void prefetch(const int8_t *w, int64_t size) {
    for (int64_t k = 0; k < size; k += 64) __builtin_prefetch(w + k);
}

/* weights (V, K), scales (V) and bias (V, or NULL for zeros) of `ids` -> (padded, K), (padded), (padded), where
 * padded ids repeat any one. */
EXPORT void gather_candidates(const int8_t *weights, const float *scales, const float *bias, int64_t inputs,
                              const int64_t *ids, int64_t count, int64_t padded, int8_t *own_weights,
                              float *own_scales, float *own_bias) {
    for (int64_t c = 0; c < padded; c++) {
        if (c + AHEAD < padded) prefetch(weights + ids[c + AHEAD] * inputs, inputs);
        memcpy(own_weights + c * inputs, weights + ids[c] * inputs, inputs);
        own_scales[c] = scales[ids[c]];
        own_bias[c] = c >= count ? -INFINITY : bias ? bias[ids[c]] : 0.0f;
    }
}

/* One row: q = round(x * 127 / max|x|); returns the scale, NaN where the row has a NaN or an infinity. */
INLINE float quantize_signed(const float *x, int64_t size, int8_t *q) {
    int32_t largest = 0; /* positive floats are ordered as their bits are, and NaN is above all of them */
    for (int64_t i = 0; i < size; i++) {
        int32_t bits;
        memcpy(&bits, x + i, 4);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    float max;
    memcpy(&max, &largest, 4);
    if (!isfinite(max)) {
        memset(q, 0, size * sizeof *q);
        return NAN;
    }
    const float round = 12582912.0f;
    float inverse = max > 0 ? 127.0f / max : 0.0f;
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a row of denormal numbers is a row of zeros */
    for (int64_t i = 0; i < size; i++) q[i] = (int8_t)((x[i] * inverse + round) - round);
    return max / 127.0f;
}

#if defined(__AVX2__)
/* Of four rows, q times the first `whole` weights, a multiple of 32; eight sums of each to be added up in pairs.
 * Both are from -127 to 127, so that the sum of two products fits in 16 bits. */
INLINE __m256i dot_four(const int8_t *q, const int8_t *w, int64_t inputs, int64_t whole) {
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a, ones = _mm256_set1_epi16(1);
    for (int64_t k = 0; k < whole; k += 32) {
        __m256i part = _mm256_loadu_si256((const __m256i *)(q + k)), size = _mm256_abs_epi8(part);
#define PRODUCTS(row) \
    _mm256_madd_epi16( \
        _mm256_maddubs_epi16(size, _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(w + row * inputs + k)), part)), \
        ones)
        a = _mm256_add_epi32(a, PRODUCTS(0));
        b = _mm256_add_epi32(b, PRODUCTS(1));
        c = _mm256_add_epi32(c, PRODUCTS(2));
        d = _mm256_add_epi32(d, PRODUCTS(3));
#undef PRODUCTS
    }
    return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

/* Of a block. */
INLINE i32x8 dot_block(const int8_t *q, const int8_t *w, int64_t inputs, int64_t whole) {
    __m256i low = dot_four(q, w, inputs, whole), high = dot_four(q, w + 4 * inputs, inputs, whole);
    return (i32x8)_mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}
#else
INLINE i32x8 dot_block(const int8_t *q, const int8_t *w, int64_t inputs, int64_t whole) {
    i32x8 sums = {0};
    for (int c = 0; c < BLOCK; c++)
        for (int64_t k = 0; k < whole; k++) sums[c] += (int32_t)q[k] * (int32_t)w[c * inputs + k];
    return sums;
}
#endif

/* y (padded): the scores of one row's candidates. */
static void score_row(const float *x, int64_t inputs, const candidates *of, int8_t *q, float *y) {
    float row_scale = quantize_signed(x, inputs, q);
    int64_t whole = inputs / 32 * 32;
    for (int64_t c = 0; c < of->count; c += BLOCK) {
        const int8_t *w = of->weights + c * inputs;
        for (int64_t i = 0; i < BLOCK && c + i + AHEAD < of->count; i++) prefetch(w + (i + AHEAD) * inputs, inputs);
        i32x8 sums = dot_block(q, w, inputs, whole);
        for (int64_t k = whole; k < inputs; k++)
            for (int i = 0; i < BLOCK; i++) sums[i] += (int32_t)q[k] * (int32_t)w[i * inputs + k];
        f32x8 scores = __builtin_convertvector(sums, f32x8) * row_scale * load8(of->scales + c);
        store8(y + c, scores + load8(of->bias + c));
    }
}

/* x (R * W, K): W lanes of each of R sources; y (R * W, width), -inf behind a row's candidates. Returns 0, or 1
 * where memory ran out. */
EXPORT int candidate_scores(const float *x, int64_t rows, int64_t lanes, int64_t inputs, const candidates *sources,
                            int64_t width, float *y) {
    int8_t *q = malloc(inputs);
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
    int8_t *q = malloc(inputs);
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
