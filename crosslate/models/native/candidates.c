/* Scores of a few outputs per source: a shortlist's. What a source may choose from does not change while it is
 * decoded, so that the matrix' rows for it are copied side by side once: where they lie far apart, a step waits
 * for memory most of the time. */
#include "int8_rows.h"
#include "kernels.h"

#define BLOCK 8 /* candidates: what is there is padded to whole ones */
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

#define CHUNK 32 /* inputs that are multiplied at once: a row of activations is padded to whole ones */

#if defined(__AVX2__)
#if defined(__AVXVNNI__) && !defined(__AVX512VNNI__)
#define DOT(sum, q, w) _mm256_dpbusd_avx_epi32(sum, q, w)
#elif defined(__AVX512VNNI__)
#define DOT(sum, q, w) _mm256_dpbusd_epi32(sum, q, w)
#else /* q is below RADIX, so that the sum of two products fits in 16 bits */
#define DOT(sum, q, w) \
    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(q, w), _mm256_set1_epi16(1)))
#endif

/* (a, b, c, d), each added up in two halves */
INLINE __m256i add_up(__m256i a, __m256i b, __m256i c, __m256i d) {
    return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

/* Of four rows of weights: the high and the low bytes q times the first `whole`; see `add_up`. */
INLINE void dot_four(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole, __m256i sums[2]) {
    __m256i a[2], b[2], c[2], d[2];
    a[0] = a[1] = b[0] = b[1] = c[0] = c[1] = d[0] = d[1] = _mm256_setzero_si256();
    for (int64_t k = 0; k < whole; k += CHUNK) {
        const __m256i_u *rows = (const __m256i_u *)(w + k);
        __m256i first = rows[0], second = *(const __m256i_u *)(w + inputs + k);
        __m256i third = *(const __m256i_u *)(w + 2 * inputs + k), fourth = *(const __m256i_u *)(w + 3 * inputs + k);
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            __m256i bytes = *(const __m256i_u *)(q + i * width + k);
            a[i] = DOT(a[i], bytes, first), b[i] = DOT(b[i], bytes, second);
            c[i] = DOT(c[i], bytes, third), d[i] = DOT(d[i], bytes, fourth);
        }
    }
    for (int i = 0; i < 2; i++) sums[i] = add_up(a[i], b[i], c[i], d[i]);
}

/* Of a block. */
INLINE void dot_block(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole, i32x8 sums[2]) {
    __m256i low[2], high[2];
    dot_four(q, width, w, inputs, whole, low), dot_four(q, width, w + 4 * inputs, inputs, whole, high);
    for (int i = 0; i < 2; i++)
        sums[i] = (i32x8)_mm256_add_epi32(_mm256_permute2x128_si256(low[i], high[i], 0x20),
                                          _mm256_permute2x128_si256(low[i], high[i], 0x31));
}
#else
INLINE void dot_block(const uint8_t *q, int64_t width, const int8_t *w, int64_t inputs, int64_t whole, i32x8 sums[2]) {
    for (int i = 0; i < 2; i++) {
        sums[i] = (i32x8){0};
        for (int c = 0; c < BLOCK; c++)
            for (int64_t k = 0; k < whole; k++) sums[i][c] += (int32_t)q[i * width + k] * (int32_t)w[c * inputs + k];
    }
}
#endif

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
        dot_block(q, width, w, inputs, whole, sums);
        for (int64_t k = whole; k < inputs; k++)
            for (int i = 0; i < BLOCK; i++) {
                sums[0][i] += (int32_t)q[k] * (int32_t)w[i * inputs + k];
                sums[1][i] += (int32_t)q[width + k] * (int32_t)w[i * inputs + k];
            }
        f32x8 all = __builtin_convertvector(sums[0], f32x8) * (float)RADIX + __builtin_convertvector(sums[1], f32x8);
        f32x8 scores = (all * row.scale + load8(of->sums + c) * row.least) * load8(of->scales + c);
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
