/* Linear layers with int8 weights (a scale per output) and activations (a scale per row).
 *
 * Weights lie in panels of 16 outputs; within a panel, GROUP inputs of each output stand together, as one
 * multiply-add instruction reads them:
 *   VNNI   4 unsigned activations (128 added) times 4 signed weights; the surplus 128 * sum(w) is taken off
 *   AVX2   2 int16 activations times 2 weights widened to int16: exact, while vpmaddubsw would saturate
 *   else   plain C that the compiler may vectorise
 * All three give the same integers.
 */
#include "common.h"
#include "team.h"

#define PANEL 16
#define TILE 4 /* rows */
#define AHEAD 12 /* candidates */
#define MAX_ROWS 256
#define MIN_SHARED 500000 /* multiply-adds that are worth waking another thread for */
#define CACHED_BYTES 131072 /* quantized activations that stay in the cache while the weights pass by */

#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
#include <immintrin.h>
#define GROUP 4
#define OFFSET 128
typedef uint8_t quantized;
typedef __m256i half_panel;
typedef __m256i accumulator;
#define ZERO _mm256_setzero_si256()
#define LOAD_HALF(p) _mm256_loadu_si256((const __m256i *)(p))
#define DOT(sum, a, w) _mm256_dpbusd_epi32(sum, _mm256_set1_epi32(a), w)
#define KEEP_ORDER(x, y)
#elif defined(__AVX2__)
#include <immintrin.h>
#define GROUP 2
#define OFFSET 0
typedef int16_t quantized;
typedef __m256i half_panel;
typedef __m256i accumulator;
#define ZERO _mm256_setzero_si256()
#define LOAD_HALF(p) _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p)))
#define DOT(sum, a, w) _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_set1_epi32(a), w))
/* Without it gcc loads all rows' activations first and spills a sum: half the speed. */
#define KEEP_ORDER(x, y) __asm__ volatile("" : "+x"(x), "+x"(y))
#else
#define GROUP 2
#define OFFSET 0
typedef int16_t quantized;
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef struct { i16x8 even, odd; } half_panel;
typedef i32x8 accumulator;
#define ZERO ((i32x8){0})
#define LOAD_HALF(p) load_half(p)
#define DOT(sum, a, w) dot(sum, a, w)
#define KEEP_ORDER(x, y)
INLINE half_panel load_half(const int8_t *p) {
    half_panel w;
    for (int i = 0; i < 8; i++) w.even[i] = p[2 * i], w.odd[i] = p[2 * i + 1];
    return w;
}
INLINE i32x8 dot(i32x8 sum, int32_t pair, half_panel w) {
    int16_t a[2]; /* each within +-127, so two products fit int16 */
    memcpy(a, &pair, sizeof a);
    return sum + __builtin_convertvector(w.even * a[0] + w.odd * a[1], i32x8);
}
#endif

INLINE int64_t groups_of(int64_t inputs) { return (inputs + GROUP - 1) / GROUP; }

/* Bytes of `pack_int8`'s result. */
EXPORT int64_t packed_int8_bytes(int64_t outputs, int64_t inputs) {
    return (outputs + PANEL - 1) / PANEL * PANEL * groups_of(inputs) * GROUP;
}

/* weights (N, K) row-major -> panels; what is missing in the last panel and group is zero.
 * surplus (N rounded up to 16): what `OFFSET` adds to each output's sum. */
EXPORT void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int8_t *packed, int32_t *surplus) {
    int64_t groups = groups_of(inputs), panels = (outputs + PANEL - 1) / PANEL;
    for (int64_t n = 0; n < panels * PANEL; n++) {
        int32_t sum = 0;
        int8_t *column = packed + n / PANEL * PANEL * groups * GROUP + n % PANEL * GROUP;
        for (int64_t k = 0; k < groups * GROUP; k++) {
            int8_t w = n < outputs && k < inputs ? weights[n * inputs + k] : 0;
            column[k / GROUP * PANEL * GROUP + k % GROUP] = w;
            sum += w;
        }
        surplus[n] = OFFSET * sum;
    }
}

/* One row: q = round(x * 127 / max|x|); returns the scale, NaN where the row has a NaN or an infinity. */
INLINE float quantize_row(const float *x, int64_t size, int64_t padded, quantized *q) {
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
        memset(q, 0, padded * sizeof *q);
        return NAN;
    }
    const float round = 12582912.0f;
    float inverse = max > 0 ? 127.0f / max : 0.0f;
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a row of denormal numbers is a row of zeros */
    for (int64_t i = 0; i < size; i++) q[i] = (quantized)((int32_t)((x[i] * inverse + round) - round) + OFFSET);
    for (int64_t i = size; i < padded; i++) q[i] = OFFSET;
    return max / 127.0f;
}

typedef struct {
    const float *scales, *bias; /* per output; bias may be NULL */
    const int32_t *surplus;
    int activation;
} epilogue;

enum { LINEAR, RELU, SILU, GELU_TANH };

INLINE f32x8 activate(f32x8 x, int kind) {
    switch (kind) {
        case RELU: return max8(splat8(0), x);
        case SILU: return x / (1.0f + exp8(-x));
        /* x / 2 (1 + tanh(u)) = x s(2u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
        case GELU_TANH: return x / (1.0f + exp8(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
        default: return x;
    }
}

INLINE void finish(accumulator sums, float row_scale, const epilogue *e, int64_t n, float *out) {
    i32x8 surplus;
    memcpy(&surplus, e->surplus + n, sizeof surplus);
    f32x8 y = __builtin_convertvector((i32x8)sums - surplus, f32x8) * row_scale * load8(e->scales + n);
    if (e->bias) y += load8(e->bias + n);
    store8(out, activate(y, e->activation));
}

/* The group of row `r` that is `g`-th, in the width that DOT takes. */
INLINE int32_t group_at(const quantized *a, int64_t groups, int64_t r, int64_t g) {
    int32_t group;
    memcpy(&group, a + (r * groups + g) * GROUP, sizeof group);
    return group;
}

/* TILE rows times one panel: (4, K) x (K, 16) -> (4, 16). Sums have names, for compilers keep an array of them
 * in memory, which costs half the speed. */
static __attribute__((noinline)) void whole_tile(const quantized *a, int64_t groups, const int8_t *panel,
                                                 accumulator sums[TILE][2]) {
    accumulator a0 = ZERO, a1 = ZERO, b0 = ZERO, b1 = ZERO, c0 = ZERO, c1 = ZERO, d0 = ZERO, d1 = ZERO;
    for (int64_t g = 0; g < groups; g++) {
        half_panel first = LOAD_HALF(panel + g * PANEL * GROUP);
        half_panel second = LOAD_HALF(panel + g * PANEL * GROUP + PANEL / 2 * GROUP);
        int32_t group = group_at(a, groups, 0, g);
        a0 = DOT(a0, group, first), a1 = DOT(a1, group, second);
        KEEP_ORDER(a0, a1);
        group = group_at(a, groups, 1, g);
        b0 = DOT(b0, group, first), b1 = DOT(b1, group, second);
        KEEP_ORDER(b0, b1);
        group = group_at(a, groups, 2, g);
        c0 = DOT(c0, group, first), c1 = DOT(c1, group, second);
        KEEP_ORDER(c0, c1);
        group = group_at(a, groups, 3, g);
        d0 = DOT(d0, group, first), d1 = DOT(d1, group, second);
        KEEP_ORDER(d0, d1);
    }
    sums[0][0] = a0, sums[0][1] = a1, sums[1][0] = b0, sums[1][1] = b1;
    sums[2][0] = c0, sums[2][1] = c1, sums[3][0] = d0, sums[3][1] = d1;
}

/* One row times one panel. */
static __attribute__((noinline)) void single_row(const quantized *a, int64_t groups, const int8_t *panel,
                                                 accumulator sums[TILE][2]) {
    accumulator a0 = ZERO, a1 = ZERO;
    for (int64_t g = 0; g < groups; g++) {
        int32_t group = group_at(a, groups, 0, g);
        a0 = DOT(a0, group, LOAD_HALF(panel + g * PANEL * GROUP));
        a1 = DOT(a1, group, LOAD_HALF(panel + g * PANEL * GROUP + PANEL / 2 * GROUP));
    }
    sums[0][0] = a0, sums[0][1] = a1;
}

/* (rows, 16) finished outputs from column `n` on; the last panel may have fewer. */
static void write_panel(int64_t rows, accumulator sums[TILE][2], const float *row_scales, const epilogue *e,
                        int64_t n, int64_t outputs, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        float line[PANEL], *to = n + PANEL <= outputs ? out + r * outputs + n : line;
        finish(sums[r][0], row_scales[r], e, n, to);
        finish(sums[r][1], row_scales[r], e, n + PANEL / 2, to + PANEL / 2);
        if (to == line) memcpy(out + r * outputs + n, line, (outputs - n) * sizeof(float));
    }
}

typedef struct {
    const quantized *q;
    const float *row_scales;
    int64_t rows, groups, outputs;
    const int8_t *packed;
    epilogue epilogue;
    float *y;
} product;

/* A part of the panels, times all rows. */
static void multiply(void *context, int64_t part, int64_t parts) {
    const product *p = context;
    int64_t padded = p->groups * GROUP, panels = (p->outputs + PANEL - 1) / PANEL;
    accumulator sums[TILE][2];
    for (int64_t i = panels * part / parts; i < panels * (part + 1) / parts; i++) {
        const int8_t *panel = p->packed + i * PANEL * padded;
        for (int64_t r = 0, count; r < p->rows; r += count) {
            count = r + TILE <= p->rows ? TILE : 1;
            (count == TILE ? whole_tile : single_row)(p->q + r * padded, p->groups, panel, sums);
            write_panel(count, sums, p->row_scales + r, &p->epilogue, i * PANEL, p->outputs, p->y + r * p->outputs);
        }
    }
}

/* y = activate(x W^T + b): x (R, K), packed from `pack_int8`, scales, surplus and bias padded to whole panels,
 * y (R, N). Returns 0, or 1 where memory ran out. */
EXPORT int linear_int8(const float *x, int64_t rows, int64_t inputs, const int8_t *packed, const float *scales,
                       const int32_t *surplus, const float *bias, int64_t outputs, int activation,
                       int64_t threads, float *y) {
    int64_t groups = groups_of(inputs), padded = groups * GROUP;
    int64_t at_once = CACHED_BYTES / (padded * (int64_t)sizeof(quantized)) / TILE * TILE;
    at_once = at_once < TILE ? TILE : at_once > MAX_ROWS ? MAX_ROWS : at_once;
    quantized *q = malloc((rows < at_once ? rows : at_once) * padded * sizeof *q);
    if (!q) return 1;
    float row_scales[MAX_ROWS];
    for (int64_t first = 0; first < rows; first += at_once) {
        int64_t count = rows - first < at_once ? rows - first : at_once;
        for (int64_t r = 0; r < count; r++)
            row_scales[r] = quantize_row(x + (first + r) * inputs, inputs, padded, q + r * padded);
        product p = {q, row_scales, count, groups, outputs, packed, {scales, bias, surplus, activation},
                     y + first * outputs};
        share_work(count * inputs * outputs < MIN_SHARED ? 1 : threads, multiply, &p);
    }
    free(q);
    return 0;
}

#if defined(__AVX2__)
INLINE int32_t dot_rows(const int16_t *q, const int8_t *w, int64_t whole) {
    __m256i even = _mm256_setzero_si256(), odd = even;
    for (int64_t k = 0; k < whole; k += 32) {
        __m256i first = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + k)));
        __m256i second = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + k + 16)));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(q + k)), first));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(q + k + 16)), second));
    }
    i32x8 sums = (i32x8)_mm256_add_epi32(even, odd);
    return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}
#else
INLINE int32_t dot_rows(const int16_t *q, const int8_t *w, int64_t whole) {
    int32_t sum = 0;
    for (int64_t k = 0; k < whole; k++) sum += (int32_t)q[k] * (int32_t)w[k];
    return sum;
}
#endif

/* Asks for a row of weights that is read a little later: rows lie far apart, and none is in the cache. */
INLINE void prefetch(const int8_t *w, int64_t size) {
    for (int64_t k = 0; k < size; k += 64) __builtin_prefetch(w + k);
}

/* Scores of a few outputs per row, without panels: weights (V, K) row-major int8.
 * ids: the rows' candidates one after the other, offsets (R + 1); y (R, width), -inf behind a row's candidates. */
EXPORT int candidate_scores(const float *x, int64_t rows, int64_t inputs, const int8_t *weights,
                            const float *scales, const float *bias, const int64_t *ids, const int64_t *offsets,
                            int64_t width, float *y) {
    int64_t whole = inputs / 32 * 32;
    int16_t *q = malloc(inputs * sizeof *q);
    if (!q) return 1;
    for (int64_t r = 0; r < rows; r++) {
        float row_scale;
#if OFFSET
        quantized *small = (quantized *)q; /* quantized in place, then widened from the back */
        row_scale = quantize_row(x + r * inputs, inputs, inputs, small);
        for (int64_t k = inputs - 1; k >= 0; k--) q[k] = (int16_t)(small[k] - OFFSET);
#else
        row_scale = quantize_row(x + r * inputs, inputs, inputs, q);
#endif
        const int64_t *candidates = ids + offsets[r];
        int64_t count = offsets[r + 1] - offsets[r];
        float *out = y + r * width;
        for (int64_t c = 0; c < count; c++) {
            if (c + AHEAD < count) prefetch(weights + candidates[c + AHEAD] * inputs, inputs);
            const int8_t *w = weights + candidates[c] * inputs;
            int32_t sum = dot_rows(q, w, whole);
            for (int64_t k = whole; k < inputs; k++) sum += (int32_t)q[k] * (int32_t)w[k];
            float score = (float)sum * row_scale * scales[candidates[c]];
            out[c] = bias ? score + bias[candidates[c]] : score;
        }
        for (int64_t c = count; c < width; c++) out[c] = -INFINITY;
    }
    free(q);
    return 0;
}
